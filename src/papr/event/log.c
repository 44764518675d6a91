// SPDX-License-Identifier: Apache-2.0
/*
 * Building logs: what EPOW and hotplug events have in common. Lengths and the
 * count of sections follow from the sections that were appended.
 */
#include "papr/event/log.h"

#include <string.h>

#include "base/endian.h"
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

/* The fixed part: severity event, not recovered, an extended part follows. */
#define LOG_VERSION_6 6
#define LOG_SEVERITY_EVENT (1u << 5)
#define LOG_NOT_RECOVERED (2u << 3)
#define LOG_LENGTH_AT 4u

#define EXT_VALID 0x80
#define EXT_NEW 0x04
#define EXT_BIG_ENDIAN 0x02
#define EXT_POWERPC 0x80
#define EXT_PLATFORM_EVENT 0x0e
#define EXT_SIZE 16u

#define PH_SIZE 48u /* main section A, private header */
#define UH_SIZE 24u /* main section B, user header */
#define PH_COUNT_AT (EVENT_FIXED_SIZE + EXT_SIZE + 27u)

static u8 bcd(int v)
{
	return (u8)(v / 10 % 10 << 4 | v % 10);
}

/* yyyymmdd hhmmss and hundredths */
static void put_time(u8 *to, const struct tm *tm, u32 ns)
{
	to[0] = bcd((tm->tm_year + 1900) / 100);
	to[1] = bcd(tm->tm_year + 1900);
	to[2] = bcd(tm->tm_mon + 1);
	to[3] = bcd(tm->tm_mday);
	to[4] = bcd(tm->tm_hour);
	to[5] = bcd(tm->tm_min);
	to[6] = bcd(tm->tm_sec);
	to[7] = bcd((int)(ns / 10000000));
}

u8 *log_section(struct event *ev, const char *id, u32 size, u8 version)
{
	u8 *to = ev->log + ev->size;

	if (size % 4 || size < LOG_SECTION_HEAD || size > sizeof(ev->log) - ev->size)
		return NULL;
	memcpy(to, id, 2);
	st_be16(to + 2, (u16)size);
	to[4] = version;
	ev->size += size;
	ev->log[PH_COUNT_AT]++;
	st_be32(ev->log + LOG_LENGTH_AT, ev->size - EVENT_FIXED_SIZE);
	return to + LOG_SECTION_HEAD;
}

static u32 new_id(struct papr *p)
{
	u32 id;

	pthread_mutex_lock(&p->events.lock);
	id = ++p->events.last_id;
	pthread_mutex_unlock(&p->events.lock);
	return id;
}

void log_begin(struct papr *p, struct event *ev, const struct log_head *h)
{
	u8 *log = ev->log, *ext = log + EVENT_FIXED_SIZE, *ph, *uh;
	u32 ns, id = new_id(p);
	struct tm tm;

	_Static_assert(EVENT_FIXED_SIZE + EXT_SIZE + PH_SIZE + UH_SIZE <= sizeof(ev->log), "fits");
	memset(ev, 0, sizeof(*ev));
	log[0] = LOG_VERSION_6;
	log[1] = LOG_SEVERITY_EVENT | LOG_NOT_RECOVERED | EVENT_EXTENDED;
	log[2] = (u8)(h->initiator << 4);
	log[3] = h->type;

	ext[0] = EXT_VALID | EXT_NEW | EXT_BIG_ENDIAN;
	ext[2] = EXT_POWERPC | EXT_PLATFORM_EVENT;
	memcpy(ext + 12, "IBM", 4);
	ev->size = EVENT_FIXED_SIZE + EXT_SIZE;

	rtas_time_now(p, &tm, &ns);
	ph = log_section(ev, "PH", PH_SIZE, 1);
	put_time(ph, &tm, ns);
	put_time(ph + 8, &tm, ns);
	ph[16] = 'H'; /* made by the hypervisor */
	st_be32(ph + 32, id);
	st_be32(ph + 36, id);

	uh = log_section(ev, "UH", UH_SIZE, 1);
	uh[0] = h->subsystem;
	uh[3] = h->subtype;
}
