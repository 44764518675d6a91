// SPDX-License-Identifier: Apache-2.0
/*
 * Environmental and power warnings [PAPR 10.2.2, 10.3]: the log that asks a
 * guest to shut down, in the platform event format of version 6. Everything in
 * it is big-endian, dates are BCD.
 */
#include <string.h>

#include "base/endian.h"
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

/* The fixed part: severity event, not recovered, an extended part follows. */
#define LOG_VERSION_6 6
#define LOG_SEVERITY_EVENT (1u << 5)
#define LOG_NOT_RECOVERED (2u << 3)
#define LOG_TYPE_EPOW 0x40

#define EXT_VALID 0x80
#define EXT_NEW 0x04
#define EXT_BIG_ENDIAN 0x02
#define EXT_POWERPC 0x80
#define EXT_PLATFORM_EVENT 0x0e

#define EXT_SIZE 16u
#define PH_SIZE 48u /* main section A, private header */
#define UH_SIZE 24u /* main section B, user header */
#define EP_SIZE 20u
#define N_SECTIONS 3

#define SUBSYSTEM_ENVIRONMENT 0xa0
#define SUBTYPE_NORMAL_SHUTDOWN 0xd0

#define EPOW_SECTION_VERSION 2
#define EPOW_NORMAL_SHUTDOWN 1
#define EPOW_PARTITION_SPECIFIC 1

#define LOG_SIZE (EVENT_FIXED_SIZE + EXT_SIZE + PH_SIZE + UH_SIZE + EP_SIZE)
_Static_assert(LOG_SIZE <= sizeof(((struct event *)0)->log), "an EPOW log fits");

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

static void put_head(u8 *to, const char *id, u32 size, u8 version)
{
	memcpy(to, id, 2);
	st_be16(to + 2, (u16)size);
	to[4] = version;
}

static void build_shutdown(struct papr *p, u32 id, struct event *ev)
{
	u8 *log = ev->log, *ext = log + EVENT_FIXED_SIZE, *ph = ext + EXT_SIZE, *uh = ph + PH_SIZE,
	   *ep = uh + UH_SIZE;
	struct tm tm;
	u32 ns;

	memset(ev, 0, sizeof(*ev));
	ev->size = LOG_SIZE;
	log[0] = LOG_VERSION_6;
	log[1] = LOG_SEVERITY_EVENT | LOG_NOT_RECOVERED | EVENT_EXTENDED;
	log[3] = LOG_TYPE_EPOW;
	st_be32(log + 4, LOG_SIZE - EVENT_FIXED_SIZE);

	ext[0] = EXT_VALID | EXT_NEW | EXT_BIG_ENDIAN;
	ext[2] = EXT_POWERPC | EXT_PLATFORM_EVENT;
	memcpy(ext + 12, "IBM", 4);

	rtas_time_now(p, &tm, &ns);
	put_head(ph, "PH", PH_SIZE, 1);
	put_time(ph + 8, &tm, ns);
	put_time(ph + 16, &tm, ns);
	ph[24] = 'H'; /* made by the hypervisor */
	ph[27] = N_SECTIONS;
	st_be32(ph + 40, id);
	st_be32(ph + 44, id);

	put_head(uh, "UH", UH_SIZE, 1);
	uh[8] = SUBSYSTEM_ENVIRONMENT;
	uh[11] = SUBTYPE_NORMAL_SHUTDOWN;

	put_head(ep, "EP", EP_SIZE, EPOW_SECTION_VERSION);
	ep[8] = EPOW_SYSTEM_SHUTDOWN; /* of sensor 0, in the upper half */
	ep[9] = EPOW_NORMAL_SHUTDOWN;
	ep[10] = EPOW_PARTITION_SPECIFIC;
}

void event_epow_shutdown(struct papr *p)
{
	struct event ev;
	u32 id;

	pthread_mutex_lock(&p->events.lock);
	p->events.epow = EPOW_SYSTEM_SHUTDOWN;
	id = ++p->events.last_id;
	pthread_mutex_unlock(&p->events.lock);
	build_shutdown(p, id, &ev);
	if (!event_push(p, EVENT_EPOW, &ev))
		papr_log(p, "the guest does not fetch its EPOW events");
}

u32 event_epow_state(struct papr *p)
{
	u32 state;

	pthread_mutex_lock(&p->events.lock);
	state = (u32)p->events.epow;
	pthread_mutex_unlock(&p->events.lock);
	return state;
}
