// SPDX-License-Identifier: Apache-2.0
/*
 * Requests of the host: the events that tell the guest, and what the core says
 * that the guest did with the connectors. There is no answer of the guest: an
 * addition is done when all its connectors are configured and refused when it
 * gave them back; a removal is done when they are released, and refused when it
 * unisolates what it was asked for. A guest that does nothing leaves it as it is.
 */
#include "papr/dr/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "dev/device.h"
#include "papr/dr/core.h"
#include "papr/event/event.h"
#include "papr/papr.h"

#define PROGRESS_NS 100000000u /* between two events that only tell of progress */

struct request {
	struct hypar_dr_request pub; /* pub.request 0: none; age_ms unused */
	bool is_any;		     /* removal of any connectors of the kind */
	bool is_run;		     /* one event tells of several connectors */
	u32 failed;		     /* connectors with which the guest did the opposite */
	u64 began_ns, ended_ns, told_ns;
	char failed_name[DRC_NAME_MAX]; /* the last of them */
	bool is_refused; /* it ends when dr_requests_finish() has taken back the rest */
	char device[DEVICE_ID_MAX];
};

struct dr_requests {
	pthread_mutex_t lock;
	struct request ring[DR_REQUESTS_MAX]; /* by number, modulo */
	u32 last;			      /* number */
	bool has_refused;		      /* some request is; atomic */
};

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

int dr_requests_new(struct papr *p, struct hypar_err *e)
{
	p->requests = calloc(1, sizeof(*p->requests));
	if (!p->requests)
		return err_set(e, -ENOMEM, "no memory for the machine");
	pthread_mutex_init(&p->requests->lock, NULL);
	return 0;
}

void dr_requests_free(struct papr *p)
{
	if (!p->requests)
		return;
	pthread_mutex_destroy(&p->requests->lock);
	free(p->requests);
	p->requests = NULL;
}

static bool has_ended(const struct request *q)
{
	return q->pub.state >= HYPAR_DR_DONE;
}

/* Nothing that the guest does counts any more. */
static bool is_over(const struct request *q)
{
	return q->is_refused || has_ended(q);
}

/* The lock is held. NULL: there is none, or it is over. */
static struct request *find(struct papr *p, u32 number)
{
	struct request *q = &p->requests->ring[number % DR_REQUESTS_MAX];

	return number && q->pub.request == number && !is_over(q) ? q : NULL;
}

static bool is_asked(struct papr *p, const struct drc *d)
{
	bool asked;

	pthread_mutex_lock(&p->requests->lock);
	asked = find(p, d->request);
	pthread_mutex_unlock(&p->requests->lock);
	return asked;
}

/* ---- what the embedder hears ---- */

/* What happened, to be told when the lock is not held. */
struct news {
	bool is_told;
	struct hypar_dr_request pub;
	char device[DEVICE_ID_MAX];
};

/* The lock is held. Progress alone is told now and then. */
static void note_news(struct request *q, bool is_new_state, struct news *n)
{
	u64 now = now_ns();

	if (!is_new_state && now - q->told_ns < PROGRESS_NS)
		return;
	q->told_ns = now;
	n->is_told = true;
	n->pub = q->pub;
	n->pub.age_ms = (now - q->began_ns) / 1000000;
	memcpy(n->device, q->device, sizeof(n->device));
}

static void tell(struct papr *p, enum hypar_event_kind kind, const struct news *n, u64 size)
{
	struct hypar_event ev = { .kind = kind,
				  .reason = "",
				  .request = &n->pub,
				  .device = n->device,
				  .size = size };

	if (p->cfg.host->event)
		p->cfg.host->event(p->cfg.opaque, &ev);
}

static void tell_news(struct papr *p, const struct news *n)
{
	const struct hypar_dr_request *r = &n->pub;
	bool is_over_now = r->state >= HYPAR_DR_DONE;
	u64 lmbs = r->is_removal ? r->wanted - r->done : r->done;

	if (!n->is_told)
		return;
	if (is_over_now && r->type == HYPAR_DRC_LMB && r->done)
		tell(p, HYPAR_EVENT_MEMORY_DEVICE_SIZE_CHANGE, n, lmbs * HYPAR_LMB_SIZE);
	if (r->is_removal && r->state == HYPAR_DR_DONE)
		tell(p, HYPAR_EVENT_DEVICE_DELETED, n, 0);
	if (r->is_removal && r->state == HYPAR_DR_REFUSED)
		tell(p, HYPAR_EVENT_DEVICE_UNPLUG_GUEST_ERROR, n, 0);
	tell(p, HYPAR_EVENT_DR_REQUEST, n, 0);
}

void dr_tell_deleted(struct papr *p, const char *device)
{
	struct news n = { .pub = { .state = HYPAR_DR_DONE, .is_removal = true } };

	(void)snprintf(n.device, sizeof(n.device), "%s", device);
	tell(p, HYPAR_EVENT_DEVICE_DELETED, &n, 0);
}

/* ---- making one ---- */

static enum hp_type hp_type(enum drc_type type)
{
	switch (type) {
	case DRC_CPU:
		return HP_CPU;
	case DRC_PHB:
		return HP_PHB;
	case DRC_VIO:
		return HP_SLOT;
	case DRC_PCI:
		return HP_PCI;
	case DRC_PMEM:
		return HP_PMEM;
	default:
		return HP_MEMORY;
	}
}

/* The @n connectors of a request, in order. False: they are not there, or asked for already. */
static bool collect(struct papr *p, const struct dr_ask *a, struct drc **list, struct hypar_err *e)
{
	struct drc *d = a->first;

	for (u32 i = 0; i < a->n; i++) {
		if (a->list)
			d = a->list[i];
		if (!d || d->type != a->type) {
			err_set(e, -EINVAL, "%s: there are %u connectors, not %u", a->what, i,
				a->n);
			return false;
		}
		if (is_asked(p, d)) {
			err_set(e, -EBUSY, "%s: request %u is not over yet", a->what, d->request);
			return false;
		}
		list[i] = d;
		d = dr_next(p, d->index + 1);
	}
	return true;
}

/* What is wanted back from a guest that does not have it needs no event. */
static bool needs_guest(const struct dr_ask *a, const struct drc *d)
{
	return !a->is_removal || (d->attached && d->state != drc_first_state(d));
}

/*
 * Calls event_hotplug() for each event of the request, or with @send false only
 * counts them. Runs of LMBs are one event; of other resources guests know
 * indexes only. A guest without modern events gets one for each LMB.
 */
static u32 events(struct papr *p, const struct dr_ask *a, struct drc **list, struct hp_event *h,
		  bool send)
{
	bool runs = a->type == DRC_LMB && p->opt.hp_evt;
	u32 n = 0, k;

	for (u32 i = 0; i < a->n; i = k) {
		k = i + 1;
		if (!needs_guest(a, list[i]))
			continue;
		while (runs && k < a->n && needs_guest(a, list[k]) &&
		       list[k]->index == list[i]->index + (k - i))
			k++;
		n++;
		h->index = list[i]->index;
		h->count = k - i;
		h->by = k - i > 1 ? HP_BY_COUNT_INDEXED : HP_BY_INDEX;
		if (send)
			(void)event_hotplug(p, h);
	}
	return n;
}

static struct hp_event event_of(const struct dr_ask *a)
{
	return (struct hp_event){ .type = hp_type(a->type),
				  .action = a->is_removal ? HP_REMOVE : HP_ADD,
				  .by = HP_BY_COUNT,
				  .count = a->n };
}

/*
 * Is the guest told of a number alone? Also when it knows no runs and does not
 * fetch as many events: what is added is all that it can take then.
 */
static bool is_count(struct papr *p, const struct dr_ask *a, struct drc **list)
{
	struct hp_event h = event_of(a);

	return !list || (a->type == DRC_LMB && !a->is_removal && !p->opt.hp_evt &&
			 events(p, a, list, &h, false) > event_hotplug_room(p));
}

static void send_events(struct papr *p, const struct dr_ask *a, struct drc **list, u32 number)
{
	struct hp_event h = event_of(a);

	h.request = number;
	if (is_count(p, a, list))
		(void)event_hotplug(p, &h);
	else
		events(p, a, list, &h, true);
}

static u32 new_number(struct papr *p, const struct dr_ask *a, struct drc **list, struct news *n)
{
	struct dr_requests *r = p->requests;
	struct hp_event h = event_of(a);
	bool is_run = list && a->n > 1 && !is_count(p, a, list) &&
		      events(p, a, list, &h, false) == 1;
	struct request *q;
	u32 number;

	pthread_mutex_lock(&r->lock);
	number = ++r->last ? r->last : ++r->last;
	q = &r->ring[number % DR_REQUESTS_MAX];
	*q = (struct request){ .is_any = !list, .is_run = is_run, .began_ns = now_ns() };
	q->pub.request = number;
	q->pub.state = HYPAR_DR_WAITING;
	q->pub.is_removal = a->is_removal;
	q->pub.type = (enum hypar_drc_type)a->type;
	q->pub.wanted = a->n;
	(void)snprintf(q->pub.what, sizeof(q->pub.what), "%s", a->what);
	if (list)
		(void)snprintf(q->device, sizeof(q->device), "%s", list[0]->resource);
	note_news(q, true, n);
	pthread_mutex_unlock(&r->lock);
	return number;
}

/* Is the place of the next request free, and are those of its events? */
static int check_room(struct papr *p, const struct dr_ask *a, struct drc **list,
		      struct hypar_err *e)
{
	struct dr_requests *r = p->requests;
	struct hp_event h = event_of(a);
	const struct request *q;
	bool is_taken;
	u32 n, room = event_hotplug_room(p);

	pthread_mutex_lock(&r->lock);
	q = &r->ring[(r->last + 1) % DR_REQUESTS_MAX];
	is_taken = q->pub.request && !has_ended(q);
	pthread_mutex_unlock(&r->lock);
	if (is_taken)
		return err_set(e, -EBUSY, "%s: the guest has %u requests that it has not finished",
			       a->what, DR_REQUESTS_MAX);
	n = is_count(p, a, list) ? 1 : events(p, a, list, &h, false);
	if (n > room)
		return err_set(e, -EBUSY,
			       "%s: the guest would have to fetch %u events, there is room for %u",
			       a->what, n, room);
	return 0;
}

/* Any connectors of the kind are as good, while there is such a request. dr->lock is held. */
static void offer(struct papr *p, enum drc_type type, bool on)
{
	for (struct drc *d = dr_next(p, DRC_INDEX(type, 0)); d && d->type == type;
	     d = dr_next(p, d->index + 1))
		d->unplug_offered = on;
}

/* It was detached before. */
static void note_gone(struct papr *p, struct drc *d)
{
	dr_lock(p);
	dr_request_note(p, d, DR_RELEASED);
	dr_unlock(p);
}

static void begin(struct papr *p, const struct dr_ask *a, struct drc **list, u32 number)
{
	dr_lock(p);
	for (u32 i = 0; list && i < a->n; i++) {
		list[i]->request = number;
		list[i]->has_failed = false;
	}
	if (!list)
		offer(p, a->type, true);
	dr_unlock(p);
	send_events(p, a, list, number);
	/* what the guest does not have is done herewith */
	for (u32 i = 0; list && a->is_removal && i < a->n; i++)
		if (list[i]->attached)
			(void)dr_want_back(p, list[i]);
		else
			note_gone(p, list[i]);
}

u32 dr_request(struct papr *p, const struct dr_ask *a, struct hypar_err *e)
{
	struct drc **list = NULL;
	struct news news = { .is_told = false };
	u32 number = 0;

	if (!a->n) {
		err_set(e, -EINVAL, "%s: nothing", a->what);
		return 0;
	}
	if (a->first || a->list) {
		list = calloc(a->n, sizeof(list[0]));
		if (!list) {
			err_set(e, -ENOMEM, "%s: no memory", a->what);
			return 0;
		}
	}
	if ((!list || collect(p, a, list, e)) && !check_room(p, a, list, e)) {
		number = new_number(p, a, list, &news);
		tell_news(p, &news);
		begin(p, a, list, number);
	}
	free(list);
	return number;
}

/* ---- what the guest does ---- */

/* The oldest removal of any connectors of @type that is not over. The lock is held. */
static struct request *find_by_count(struct papr *p, enum drc_type type)
{
	struct request *oldest = NULL;

	for (u32 i = 0; i < DR_REQUESTS_MAX; i++) {
		struct request *q = &p->requests->ring[i];

		if (q->pub.request && !is_over(q) && q->is_any && (u32)q->pub.type == (u32)type &&
		    (!oldest || q->pub.request < oldest->pub.request))
			oldest = q;
	}
	return oldest;
}

static void end(struct request *q, enum hypar_dr_state state)
{
	q->pub.state = state;
	q->ended_ns = now_ns();
}

static void refuse(struct papr *p, struct request *q)
{
	const char *did = q->pub.is_removal ? "keeps" : "gave back";

	if (q->pub.wanted == 1)
		(void)snprintf(q->pub.why, sizeof(q->pub.why), "the guest %s %s", did,
			       q->failed_name);
	else
		(void)snprintf(q->pub.why, sizeof(q->pub.why), "the guest %s %s, %u of %u are done",
			       did, q->failed_name, q->pub.done, q->pub.wanted);
	q->pub.state = HYPAR_DR_PROGRESS;
	q->is_refused = true;
	__atomic_store_n(&p->requests->has_refused, true, __ATOMIC_SEQ_CST);
	partition_wake(p->partition);
}

static void note_failed(struct request *q, const struct drc *d)
{
	memcpy(q->failed_name, d->name, sizeof(q->failed_name));
}

static void add_note(struct request *q, struct drc *d, enum dr_happening what)
{
	if (what == DR_CONFIGURED) {
		q->failed -= d->has_failed;
		d->has_failed = false;
		q->pub.done++;
	} else if (what == DR_RELEASED || what == DR_DROPPED) {
		q->pub.done -= what == DR_RELEASED && q->pub.done && !d->has_failed;
		q->failed += !d->has_failed;
		d->has_failed = true;
		note_failed(q, d);
	}
}

static void removal_note(struct request *q, struct drc *d, enum dr_happening what)
{
	if (what == DR_RELEASED) {
		q->pub.done++;
		d->request = 0;
	} else if (what == DR_REFUSED) {
		q->failed++;
		note_failed(q, d);
		d->unplug_wanted = false;
		d->request = 0;
	}
}

/*
 * Is nothing more to be expected of a request that did not go well? A guest that
 * fails within a run gives the rest of it back, so the end is when it has none.
 */
static bool is_hopeless(const struct request *q)
{
	return q->failed &&
	       (q->is_run && !q->pub.is_removal ? !q->pub.done :
						  q->pub.done + q->failed >= q->pub.wanted);
}

static void settle(struct papr *p, struct request *q, struct news *n)
{
	enum hypar_dr_state was = q->pub.state;

	if (q->pub.done == q->pub.wanted)
		end(q, HYPAR_DR_DONE);
	else if (is_hopeless(q))
		refuse(p, q);
	else if (q->pub.done || q->failed)
		q->pub.state = HYPAR_DR_PROGRESS;
	note_news(q, q->pub.state != was, n);
}

void dr_request_note(struct papr *p, struct drc *d, enum dr_happening what)
{
	struct dr_requests *r = p->requests;
	struct news news = { .is_told = false };
	struct request *q;

	pthread_mutex_lock(&r->lock);
	q = find(p, d->request);
	/* one of any: the core has detached it */
	if (!q && what == DR_RELEASED && !d->attached && d->unplug_offered)
		q = find_by_count(p, d->type);
	if (q) {
		if (q->pub.is_removal)
			removal_note(q, d, what);
		else
			add_note(q, d, what);
		settle(p, q, &news);
		if (is_over(q) && d->unplug_offered && !find_by_count(p, d->type))
			offer(p, d->type, false);
	}
	pthread_mutex_unlock(&r->lock);
	tell_news(p, &news);
}

void dr_request_fetched(struct papr *p, u32 request)
{
	struct dr_requests *r = p->requests;
	struct news news = { .is_told = false };
	struct request *q;

	pthread_mutex_lock(&r->lock);
	q = find(p, request);
	if (q && q->pub.state == HYPAR_DR_WAITING) {
		q->pub.state = HYPAR_DR_SEEN;
		note_news(q, true, &news);
	}
	pthread_mutex_unlock(&r->lock);
	tell_news(p, &news);
}

/* ---- the end ---- */

/* Of requests for any connectors that are over. */
static void withdraw_offers(struct papr *p)
{
	bool has_lmbs;

	pthread_mutex_lock(&p->requests->lock);
	has_lmbs = find_by_count(p, DRC_LMB);
	pthread_mutex_unlock(&p->requests->lock);
	dr_lock(p);
	if (!has_lmbs)
		offer(p, DRC_LMB, false);
	dr_unlock(p);
}

/*
 * With vCPUs parked: no connector belongs to @number any more. What the guest
 * had not begun with is as if nothing had been asked.
 */
static void let_go(struct papr *p, u32 number, bool is_removal)
{
	struct drc *next;

	withdraw_offers(p);
	for (struct drc *d = dr_next(p, 0); d; d = next) {
		next = d->index == 0xffffffff ? NULL : dr_next(p, d->index + 1);
		if (d->request != number)
			continue;
		dr_lock(p);
		d->request = 0;
		d->has_failed = false;
		if (is_removal)
			d->unplug_wanted = false;
		dr_unlock(p);
		if (!is_removal && !d->enabled && d->state == drc_first_state(d))
			dr_detach_now(p, d);
	}
}

void dr_requests_finish(struct papr *p)
{
	struct dr_requests *r = p->requests;

	for (u32 i = 0; i < DR_REQUESTS_MAX; i++) {
		struct news news = { .is_told = false };
		struct request *q = &r->ring[i];

		/* with vCPUs parked nobody else changes it */
		if (!q->is_refused)
			continue;
		let_go(p, q->pub.request, q->pub.is_removal);
		pthread_mutex_lock(&r->lock);
		q->is_refused = false;
		end(q, HYPAR_DR_REFUSED);
		note_news(q, true, &news);
		pthread_mutex_unlock(&r->lock);
		tell_news(p, &news);
	}
}

void dr_requests_work(struct papr *p)
{
	if (!__atomic_exchange_n(&p->requests->has_refused, false, __ATOMIC_SEQ_CST))
		return;
	partition_pause(p->partition);
	dr_requests_finish(p);
	partition_resume(p->partition);
}

int dr_request_cancel(struct papr *p, u32 request, struct hypar_err *e)
{
	struct dr_requests *r = p->requests;
	struct news news = { .is_told = false };
	struct request *q;
	bool is_removal = false, is_known;

	pthread_mutex_lock(&r->lock);
	is_known = request && r->ring[request % DR_REQUESTS_MAX].pub.request == request;
	q = find(p, request);
	if (q) {
		is_removal = q->pub.is_removal;
		end(q, HYPAR_DR_CANCELLED);
		note_news(q, true, &news);
	}
	pthread_mutex_unlock(&r->lock);
	if (!is_known)
		return err_set(e, -ENOENT, "there is no request %u", request);
	if (!q)
		return err_set(e, -EINVAL, "request %u is over", request);
	let_go(p, request, is_removal);
	tell_news(p, &news);
	return 0;
}

void dr_requests_reset(struct papr *p)
{
	struct dr_requests *r = p->requests;

	for (u32 i = 0; i < DR_REQUESTS_MAX; i++) {
		struct news news = { .is_told = false };
		struct request *q = &r->ring[i];

		pthread_mutex_lock(&r->lock);
		if (q->pub.request && !is_over(q)) {
			bool any = q->is_any;

			if (!any)
				q->pub.done = q->pub.wanted;
			end(q, any ? HYPAR_DR_CANCELLED : HYPAR_DR_DONE);
			note_news(q, true, &news);
		}
		pthread_mutex_unlock(&r->lock);
		tell_news(p, &news);
	}
	withdraw_offers(p);
}

/* ---- questions ---- */

int dr_request_next(struct papr *p, struct hypar_dr_request *out)
{
	struct dr_requests *r = p->requests;
	const struct request *q, *best = NULL;
	int ret = -ENOENT;

	pthread_mutex_lock(&r->lock);
	for (u32 i = 0; i < DR_REQUESTS_MAX; i++) {
		q = &r->ring[i];
		if (q->pub.request && q->pub.request >= out->request &&
		    (!best || q->pub.request < best->pub.request))
			best = q;
	}
	if (best) {
		*out = best->pub;
		out->age_ms =
			((has_ended(best) ? best->ended_ns : now_ns()) - best->began_ns) / 1000000;
		ret = 0;
	}
	pthread_mutex_unlock(&r->lock);
	return ret;
}
