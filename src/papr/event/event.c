// SPDX-License-Identifier: Apache-2.0
/*
 * Queues of events, one per class. The interrupts are edges: one for each
 * event, and another after each fetch that leaves events behind, so that a
 * guest that fetches one per interrupt gets them all.
 */
#include "papr/event/event.h"

#include <string.h>

#include "base/endian.h"
#include "papr/papr.h"

static const struct {
	u32 mask;
	u32 irq; /* 0: for event-scan */
} classes[EVENT_CLASSES] = {
	[EVENT_INTERNAL] = { EVENT_MASK_INTERNAL, 0 },
	[EVENT_EPOW] = { EVENT_MASK_EPOW, PAPR_IRQ_EPOW },
	[EVENT_HOTPLUG] = { EVENT_MASK_HOTPLUG, PAPR_IRQ_HOTPLUG },
	[EVENT_IO] = { EVENT_MASK_IO, 0 },
};

void event_init(struct papr_events *e)
{
	pthread_mutex_init(&e->lock, NULL);
}

void event_fini(struct papr_events *e)
{
	pthread_mutex_destroy(&e->lock);
}

void event_reset(struct papr_events *e)
{
	pthread_mutex_lock(&e->lock);
	for (unsigned int i = 0; i < EVENT_CLASSES; i++)
		e->queue[i].head = e->queue[i].n = 0;
	e->epow = EPOW_RESET;
	pthread_mutex_unlock(&e->lock);
}

static void announce(struct papr *p, enum event_class class)
{
	if (classes[class].irq)
		papr_irq_set(p, classes[class].irq, true);
}

bool event_push(struct papr *p, enum event_class class, const struct event *ev)
{
	struct event_queue *q = &p->events.queue[class];
	bool ok;

	pthread_mutex_lock(&p->events.lock);
	ok = q->n < EVENT_QUEUE_MAX;
	if (ok)
		q->event[(q->head + q->n++) % EVENT_QUEUE_MAX] = *ev;
	pthread_mutex_unlock(&p->events.lock);
	announce(p, class);
	return ok;
}

void event_announce(struct papr *p)
{
	bool waiting[EVENT_CLASSES];

	pthread_mutex_lock(&p->events.lock);
	for (unsigned int i = 0; i < EVENT_CLASSES; i++)
		waiting[i] = p->events.queue[i].n > 0;
	pthread_mutex_unlock(&p->events.lock);
	for (unsigned int i = 0; i < EVENT_CLASSES; i++)
		if (waiting[i])
			announce(p, (enum event_class)i);
}

static struct event_queue *first_of(struct papr_events *e, u32 mask, enum event_class *class)
{
	for (unsigned int i = 0; i < EVENT_CLASSES; i++)
		if (mask & classes[i].mask && e->queue[i].n) {
			*class = (enum event_class)i;
			return &e->queue[i];
		}
	return NULL;
}

static bool give(const struct papr *p, const struct event *ev, const struct event_buffer *to)
{
	u32 size = to->is_short ? EVENT_FIXED_SIZE : ev->size;
	u8 log[sizeof(ev->log)];

	memcpy(log, ev->log, size);
	if (to->is_short) {
		log[1] &= (u8)~EVENT_EXTENDED;
		st_be32(log + 4, 0);
	}
	return gmem_write(p->partition->mem, to->at, log, size < to->size ? size : to->size);
}

enum event_fetched event_fetch(struct papr *p, u32 mask, const struct event_buffer *to)
{
	enum event_class class = EVENT_INTERNAL;
	enum event_fetched result = EVENT_NONE;
	struct event_queue *q;
	bool more = false;

	pthread_mutex_lock(&p->events.lock);
	q = first_of(&p->events, mask, &class);
	if (q) {
		result = EVENT_NOT_RAM;
		if (give(p, &q->event[q->head], to)) {
			result = EVENT_FETCHED;
			q->head = (q->head + 1) % EVENT_QUEUE_MAX;
			more = --q->n > 0;
		}
	}
	pthread_mutex_unlock(&p->events.lock);
	if (more)
		announce(p, class);
	return result;
}
