// SPDX-License-Identifier: Apache-2.0
/*
 * From a source to a server: where a source is routed (H_INT_*_SOURCE_CONFIG),
 * and the event queues (H_INT_*_QUEUE_*), rings of big-endian words in guest
 * memory. Bit 0 of an entry is the generation, which changes at each wrap and
 * is 1 in the first round; the other 31 bits are the source's EISN.
 *
 * UNIMPL: END ESB pages. A queue without "always notify" notifies always, which
 * a guest that uses the END ESB cannot tell from events that did not coalesce.
 *
 * Threads: under the mutex of the controller.
 */
#include "irq/xive/state.h"

#define EQ_GENERATION_SHIFT 31
#define EQ_EISN_MASK 0x7fffffffu
#define EQ_ENTRY_SIZE 4
#define REPORTING_LINE_SIZE 128

/*
 * Puts one entry. A queue that is not there, or whose RAM went away, loses the
 * event without notification.
 */
static bool eq_push(struct xive_locked l, struct xive_eq *q, u32 eisn)
{
	u32 entries;

	if (!q->qshift)
		return false;
	entries = (1u << q->qshift) / EQ_ENTRY_SIZE;
	if (!gmem_st_be32(l.x->mem, gpa_of(q->qaddr + (u64)q->index * EQ_ENTRY_SIZE),
			  q->toggle << EQ_GENERATION_SHIFT | (eisn & EQ_EISN_MASK)))
		return false;
	q->index = (q->index + 1) & (entries - 1);
	if (!q->index)
		q->toggle ^= 1;
	return true;
}

void xive_route(struct xive_locked l, const struct xive_src *s)
{
	struct xive_vp *vp;

	if (s->is_masked)
		return;
	vp = xive_vp_get(l, s->target);
	if (vp && eq_push(l, &vp->eq[s->prio], s->eisn))
		xive_vp_notify(l, s->target, s->prio);
}

/* ---- sources ---- */

enum xive_status xive_get_source_info(struct xive *x, u64 lisn, struct xive_source_info *out)
{
	struct xive_src *s = xive_src_get(x, lisn);

	if (!s)
		return XIVE_BAD_LISN;
	out->is_lsi = atomic_load(&s->state) & SRC_LSI;
	return XIVE_OK;
}

enum xive_status xive_set_source_config(struct xive *x, u64 lisn,
					const struct xive_source_config *c)
{
	struct xive_src *s = xive_src_get(x, lisn);
	enum xive_status st = XIVE_OK;
	struct xive_locked l;

	if (!s)
		return XIVE_BAD_LISN;
	if (!c->is_masked && c->prio > XIVE_PRIO_MAX)
		return XIVE_BAD_PRIO;
	l = xive_lock(x);
	if (c->is_masked) {
		s->is_masked = true;
	} else if (!xive_vp_get(l, c->target)) {
		st = XIVE_BAD_TARGET;
	} else {
		s->target = c->target;
		s->prio = c->prio;
		s->eisn = c->eisn & EQ_EISN_MASK;
		s->is_masked = false;
	}
	xive_unlock(l);
	return st;
}

enum xive_status xive_get_source_config(struct xive *x, u64 lisn, struct xive_source_config *c)
{
	struct xive_src *s = xive_src_get(x, lisn);
	struct xive_locked l;

	if (!s)
		return XIVE_BAD_LISN;
	l = xive_lock(x);
	c->target = s->target;
	c->prio = s->prio;
	c->is_masked = s->is_masked;
	c->eisn = s->eisn;
	xive_unlock(l);
	return XIVE_OK;
}

/* Events are sent with the mutex held, so having had it once is enough. */
enum xive_status xive_source_sync(struct xive *x, u64 lisn)
{
	if (!xive_src_get(x, lisn))
		return XIVE_BAD_LISN;
	xive_unlock(xive_lock(x));
	return XIVE_OK;
}

/* ---- queues ---- */

static enum xive_status eq_find(struct xive_locked l, u64 target, u64 prio, struct xive_eq **q)
{
	struct xive_vp *vp = xive_vp_get(l, target);

	if (!vp)
		return XIVE_BAD_TARGET;
	if (prio > XIVE_PRIO_MAX)
		return XIVE_BAD_PRIO;
	*q = &vp->eq[prio];
	return XIVE_OK;
}

enum xive_status xive_check_queue(struct xive *x, u64 target, u64 prio)
{
	struct xive_locked l = xive_lock(x);
	struct xive_eq *q;
	enum xive_status st = eq_find(l, target, prio, &q);

	xive_unlock(l);
	return st;
}

/* Is the size offered and the memory there? */
static enum xive_status eq_check(struct xive *x, const struct xive_queue *q)
{
	if (q->qshift > 24 || !(x->eq_shifts >> q->qshift & 1))
		return XIVE_BAD_SIZE;
	if (q->qaddr.v & ((1ULL << q->qshift) - 1) || !gmem_ok(x->mem, q->qaddr, 1ULL << q->qshift))
		return XIVE_BAD_QUEUE;
	return XIVE_OK;
}

enum xive_status xive_set_queue_config(struct xive *x, u64 target, u64 prio,
				       const struct xive_queue *q)
{
	struct xive_locked l = xive_lock(x);
	struct xive_eq *eq;
	enum xive_status st = eq_find(l, target, prio, &eq);

	if (st == XIVE_OK && q->qshift)
		st = eq_check(x, q);
	if (st == XIVE_OK)
		*eq = q->qshift ? (struct xive_eq){ .qaddr = q->qaddr.v,
						    .qshift = q->qshift,
						    .toggle = 1,
						    .always_notify = q->always_notify } :
				  (struct xive_eq){ 0 };
	xive_unlock(l);
	return st;
}

enum xive_status xive_get_queue_config(struct xive *x, u64 target, u64 prio, struct xive_queue *q)
{
	struct xive_locked l = xive_lock(x);
	struct xive_eq *eq;
	enum xive_status st = eq_find(l, target, prio, &eq);

	if (st == XIVE_OK)
		*q = (struct xive_queue){ .qaddr = gpa_of(eq->qaddr),
					  .qshift = eq->qshift,
					  .always_notify = eq->always_notify,
					  .generation = eq->toggle,
					  .index = eq->index };
	xive_unlock(l);
	return st;
}

/* ---- reporting lines ---- */

enum xive_status xive_set_reporting_line(struct xive *x, u64 target, u64 addr)
{
	struct xive_locked l = xive_lock(x);
	struct xive_vp *vp = xive_vp_get(l, target);
	enum xive_status st = XIVE_OK;

	if (!vp)
		st = XIVE_BAD_TARGET;
	else if (addr != ~0ULL && (addr & (REPORTING_LINE_SIZE - 1) ||
				   !gmem_ok(x->mem, gpa_of(addr), REPORTING_LINE_SIZE)))
		st = XIVE_BAD_QUEUE;
	else
		vp->reporting_line = addr;
	xive_unlock(l);
	return st;
}

enum xive_status xive_get_reporting_line(struct xive *x, u64 target, u64 *addr)
{
	struct xive_locked l = xive_lock(x);
	struct xive_vp *vp = xive_vp_get(l, target);

	if (vp)
		*addr = vp->reporting_line;
	xive_unlock(l);
	return vp ? XIVE_OK : XIVE_BAD_TARGET;
}
