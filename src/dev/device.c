// SPDX-License-Identifier: Apache-2.0
#include "dev/device.h"

#include <stdarg.h>
#include <stdio.h>

void device_say(const struct device *d, const char *fmt, ...)
{
	char text[256], line[256 + DEVICE_ID_MAX + 4];
	va_list ap;
	int n;

	if (!d->log.say)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	snprintf(line, sizeof(line), "%s: %s", d->id, text);
	d->log.say(d->log.opaque, line);
}
