/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events for check-exception and event-scan [PAPR 7.3.3, 10.2]: a queue per
 * class, fetched by the guest one at a time. Classes with an interrupt are
 * announced by it and belong to check-exception, the others to event-scan.
 *
 * There are never more interrupts on their way than events in the queue: Linux
 * takes for granted that there is an event behind a hotplug interrupt. So they
 * are raised with the lock held, and what may have been lost is announced again
 * only when the controller has nothing of it.
 *
 * Threads: any. papr_events.lock guards the queues; it is followed by
 * papr.irq_lock.
 */
#ifndef HYPAR_PAPR_EVENT_EVENT_H
#define HYPAR_PAPR_EVENT_EVENT_H

#include <pthread.h>

#include "base/types.h"
#include "mem/addr.h"
#include "papr/event/hotplug.h"

struct papr;

#define EVENT_LOG_MAX 2048u /* rtas-error-log-max */
#define EVENT_QUEUE_MAX 64u /* of a class */
#define EVENT_FIXED_SIZE 8u /* what every log begins with */
#define EVENT_EXTENDED 0x04 /* of its second byte: more follows */

/* Bits of the guest's event mask argument. */
#define EVENT_MASK_INTERNAL 0x80000000u
#define EVENT_MASK_EPOW 0x40000000u
#define EVENT_MASK_HOTPLUG 0x10000000u
#define EVENT_MASK_IO 0x08000000u
/* Those whose interrupts /event-sources lists. */
#define EVENT_MASK_ANNOUNCED (EVENT_MASK_EPOW | EVENT_MASK_HOTPLUG)

enum event_class { EVENT_INTERNAL, EVENT_EPOW, EVENT_HOTPLUG, EVENT_IO, EVENT_CLASSES };

/* Values of the EPOW sensor, and actions of an EPOW log [PAPR 10.2.2]. */
enum epow_action { EPOW_RESET = 0, EPOW_SYSTEM_SHUTDOWN = 3 };

struct event {
	u32 size;	 /* of log, EVENT_FIXED_SIZE at least */
	bool is_hotplug; /* hp says what of; its name is not kept */
	struct hp_event hp;
	u8 log[256];
};

struct event_queue {
	struct event event[EVENT_QUEUE_MAX];
	u32 head, n;
};

struct papr_events {
	pthread_mutex_t lock;
	struct event_queue queue[EVENT_CLASSES];
	enum epow_action epow; /* what the EPOW sensor shows */
	u32 last_id;	       /* platform log identifier */
};

void event_init(struct papr_events *e);
void event_fini(struct papr_events *e);
void event_reset(struct papr_events *e);

/* Queues @ev and raises the interrupt of its class. False: the queue is full. */
bool event_push(struct papr *p, enum event_class class, const struct event *ev);

/* How many more events the class takes. */
u32 event_room(struct papr *p, enum event_class class);

/*
 * Raises the interrupts of all classes that have events waiting, unless one is
 * on its way: those that came while their source was off.
 */
void event_announce(struct papr *p);

/*
 * The guest negotiated anew: hotplug events that wait go to the source that
 * tells of them now, in the format that the guest knows.
 */
void event_renegotiate(struct papr *p);

struct event_buffer {
	gpa at;
	u32 size;
	bool is_short; /* the fixed part of the log is enough */
};

enum event_fetched { EVENT_FETCHED, EVENT_NONE, EVENT_NOT_RAM };

/*
 * Takes the oldest event of the first class in @mask that has one; its log is
 * cut to the size of the buffer. EVENT_NOT_RAM leaves it in the queue.
 */
enum event_fetched event_fetch(struct papr *p, u32 mask, const struct event_buffer *to);

/* Asks the guest to shut down: an EPOW event, system shutdown, normal. */
void event_epow_shutdown(struct papr *p);

/* What the EPOW sensor shows. */
u32 event_epow_state(struct papr *p);

#endif
