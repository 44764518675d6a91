// SPDX-License-Identifier: Apache-2.0
/*
 * Queues of events, one per class. The interrupts are edges: one for each
 * event, and another after each fetch that leaves events behind, so that a
 * guest that fetches one per interrupt gets them all.
 */
#include "papr/event/event.h"

#include <string.h>

#include "base/endian.h"
#include "papr/dr/request.h"
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

/* The lock is held: so that no fetch comes between an event and its interrupt. */
static void announce(struct papr *p, enum event_class class)
{
	if (classes[class].irq)
		papr_irq_set(p, classes[class].irq, true);
}

/* The lock is held. */
static bool append(struct papr *p, enum event_class class, const struct event *ev)
{
	struct event_queue *q = &p->events.queue[class];

	if (q->n == EVENT_QUEUE_MAX)
		return false;
	q->event[(q->head + q->n++) % EVENT_QUEUE_MAX] = *ev;
	return true;
}

bool event_push(struct papr *p, enum event_class class, const struct event *ev)
{
	bool ok;

	pthread_mutex_lock(&p->events.lock);
	ok = append(p, class, ev);
	if (ok)
		announce(p, class);
	pthread_mutex_unlock(&p->events.lock);
	return ok;
}

u32 event_room(struct papr *p, enum event_class class)
{
	u32 n;

	pthread_mutex_lock(&p->events.lock);
	n = EVENT_QUEUE_MAX - p->events.queue[class].n;
	pthread_mutex_unlock(&p->events.lock);
	return n;
}

void event_announce(struct papr *p)
{
	pthread_mutex_lock(&p->events.lock);
	for (unsigned int i = 0; i < EVENT_CLASSES; i++)
		if (p->events.queue[i].n && classes[i].irq && papr_irq_is_idle(p, classes[i].irq))
			announce(p, (enum event_class)i);
	pthread_mutex_unlock(&p->events.lock);
}

/* Takes the oldest event. The lock is held. */
static struct event take(struct event_queue *q)
{
	struct event ev = q->event[q->head];

	q->head = (q->head + 1) % EVENT_QUEUE_MAX;
	q->n--;
	return ev;
}

/* @ev in words that a guest without modern events knows. False: there is no room. */
static bool append_legacy(struct papr *p, struct event *ev)
{
	u32 first = ev->hp.index, n = ev->hp.count;

	if (ev->hp.by != HP_BY_COUNT_INDEXED)
		return append(p, EVENT_EPOW, ev);
	if (n > EVENT_QUEUE_MAX - p->events.queue[EVENT_EPOW].n)
		return false;
	for (u32 i = 0; i < n; i++) {
		hotplug_narrow(ev, first + i);
		append(p, EVENT_EPOW, ev);
	}
	return true;
}

void event_renegotiate(struct papr *p)
{
	enum event_class from = p->opt.hp_evt ? EVENT_EPOW : EVENT_HOTPLUG;
	struct event_queue *q = &p->events.queue[from];

	pthread_mutex_lock(&p->events.lock);
	for (u32 n = q->n; n; n--) {
		struct event ev = take(q);

		if (!ev.is_hotplug)
			append(p, from, &ev);
		else if (p->opt.hp_evt ? !append(p, EVENT_HOTPLUG, &ev) : !append_legacy(p, &ev))
			papr_log(p, "a hotplug event was lost: the guest fetches none");
	}
	pthread_mutex_unlock(&p->events.lock);
	event_announce(p);
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
	struct event ev = { .is_hotplug = false };
	struct event_queue *q;

	pthread_mutex_lock(&p->events.lock);
	q = first_of(&p->events, mask, &class);
	if (q) {
		result = EVENT_NOT_RAM;
		if (give(p, &q->event[q->head], to)) {
			result = EVENT_FETCHED;
			ev = take(q);
			if (q->n)
				announce(p, class);
		}
	}
	pthread_mutex_unlock(&p->events.lock);
	if (ev.is_hotplug && ev.hp.request)
		dr_request_fetched(p, ev.hp.request);
	return result;
}
