/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events for check-exception and event-scan [PAPR 7.3.3, 10.2]: queues per
 * source, fetched by the guest one at a time.
 */
#ifndef HYPAR_PAPR_EVENT_EVENT_H
#define HYPAR_PAPR_EVENT_EVENT_H

#include <pthread.h>

#include "base/types.h"

#define EVENT_LOG_MAX 2048u /* rtas-error-log-max */
#define EVENT_QUEUE_MAX 64u

/* Masks of the guest's event mask argument. */
#define EVENT_MASK_INTERNAL 0x80000000u
#define EVENT_MASK_EPOW 0x40000000u
#define EVENT_MASK_HOTPLUG 0x10000000u
#define EVENT_MASK_IO 0x08000000u

struct event {
	u32 mask; /* the class it belongs to, one EVENT_MASK_* */
	u32 size;
	u8 log[256];
};

struct papr_events {
	pthread_mutex_t lock;
	struct event queue[EVENT_QUEUE_MAX];
	u32 head, n;
};

struct papr;

void event_init(struct papr_events *q);
void event_fini(struct papr_events *q);

/* Forgets all events and conditions (system reset). */
void event_reset(struct papr_events *q);

/* The user asks the guest to shut down: an EPOW event. On the control thread. */
void event_epow_shutdown(struct papr *p);

#endif
