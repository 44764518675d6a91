// SPDX-License-Identifier: Apache-2.0
/*
 * Environmental and power warnings [PAPR 10.2.2, 10.3]: the log that asks a
 * guest to shut down.
 */
#include "papr/event/log.h"
#include "papr/papr.h"

#define EP_SIZE 20u
#define SUBTYPE_NORMAL_SHUTDOWN 0xd0

#define EPOW_SECTION_VERSION 2
#define EPOW_NORMAL_SHUTDOWN 1
#define EPOW_PARTITION_SPECIFIC 1

void event_epow_shutdown(struct papr *p)
{
	static const struct log_head head = { .type = LOG_TYPE_EPOW,
					      .subsystem = LOG_SUBSYSTEM_ENVIRONMENT,
					      .subtype = SUBTYPE_NORMAL_SHUTDOWN };
	struct event ev;
	u8 *ep;

	pthread_mutex_lock(&p->events.lock);
	p->events.epow = EPOW_SYSTEM_SHUTDOWN;
	pthread_mutex_unlock(&p->events.lock);
	log_begin(p, &ev, &head);
	ep = log_section(&ev, "EP", EP_SIZE, EPOW_SECTION_VERSION);
	ep[0] = EPOW_SYSTEM_SHUTDOWN; /* of sensor 0, in the upper half */
	ep[1] = EPOW_NORMAL_SHUTDOWN;
	ep[2] = EPOW_PARTITION_SPECIFIC;
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
