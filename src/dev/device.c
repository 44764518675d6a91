// SPDX-License-Identifier: Apache-2.0
#include "dev/device.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000 + 1;
}

/* Two threads at the turn of a period may both begin it; then a line more is passed on. */
static bool may_say(struct device *d, u32 *unsaid)
{
	u64 now = now_ms(), since = __atomic_load_n(&d->said_ms, __ATOMIC_RELAXED);

	*unsaid = 0;
	if (!since || now - since >= DEVICE_SAY_MS) {
		__atomic_store_n(&d->said_ms, now, __ATOMIC_RELAXED);
		__atomic_store_n(&d->n_said, 0, __ATOMIC_RELAXED);
		*unsaid = __atomic_exchange_n(&d->n_unsaid, 0, __ATOMIC_RELAXED);
	}
	if (__atomic_fetch_add(&d->n_said, 1, __ATOMIC_RELAXED) < DEVICE_SAY_LINES)
		return true;
	__atomic_fetch_add(&d->n_unsaid, 1, __ATOMIC_RELAXED);
	return false;
}

void device_say(struct device *d, const char *fmt, ...)
{
	char text[256], line[256 + DEVICE_ID_MAX + 32], more[32] = "";
	va_list ap;
	u32 unsaid;
	int n;

	if (!d->log.say || !may_say(d, &unsaid))
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if (unsaid)
		snprintf(more, sizeof(more), " (and %u lines before)", unsaid);
	snprintf(line, sizeof(line), "%s: %s%s", d->id, text, more);
	d->log.say(d->log.opaque, line);
}
