// SPDX-License-Identifier: Apache-2.0
/*
 * Interrupt sources: their lines, their server and priority, and the retry of
 * interrupts that a server refused or gave back [PAPR 7.3.10].
 *
 * Threads: under the mutex of the controller.
 */
#include <errno.h>

#include "irq/xics/state.h"

void xics_set_resend(struct xics_locked l, u32 number, bool on)
{
	struct xics_src *s = &l.x->src[number];

	if (s->to_resend == on)
		return;
	s->to_resend = on;
	l.x->resend[number / 64] ^= 1ULL << (number % 64);
	l.x->n_resend += on ? 1u : ~0u;
}

/* Has @s an event that is not with a server? */
static bool src_has_event(const struct xics_src *s)
{
	return s->is_lsi ? s->is_asserted && !s->is_presented : s->is_presented;
}

/* One try. Answers the interrupt that was displaced and must be sent again, or 0. */
static u32 deliver_one(struct xics_locked l, u32 number)
{
	struct xics_src *s = &l.x->src[number];
	struct xics_icp *icp = xics_icp_get(l, s->server);
	u32 reject = 0;

	xics_set_resend(l, number, false);
	s->masked_pending = false;
	if (!src_has_event(s))
		return 0;
	if (s->prio == XICS_PRIO_MASKED) {
		s->masked_pending = true;
		return 0;
	}
	if (!icp || !xics_icp_present(l, icp, number, &reject)) {
		xics_set_resend(l, number, true);
		return 0;
	}
	if (s->is_lsi)
		s->is_presented = true;
	return reject;
}

/*
 * What is displaced is sent again: to the same server, which refuses it, or,
 * when it was moved meanwhile, to another one, where it may displace in turn.
 * Each time some server is left with a more favored one, so the loop ends.
 */
void xics_deliver(struct xics_locked l, u32 number)
{
	while (number) {
		u32 reject = deliver_one(l, number);

		number = 0;
		if (reject && reject != XICS_IPI) {
			if (l.x->src[reject].is_lsi)
				l.x->src[reject].is_presented = false;
			number = reject;
		}
	}
}

void xics_reject(struct xics_locked l, u32 xisr)
{
	struct xics_src *s = xics_src_get(l, xisr);

	if (!s)
		return;
	if (s->is_lsi)
		s->is_presented = false;
	xics_deliver(l, xisr);
}

void xics_resend(struct xics_locked l, u32 server)
{
	u32 n_words = (l.x->n_sources + 63) / 64;

	for (u32 w = 0; l.x->n_resend && w < n_words; w++) {
		u64 bits = l.x->resend[w];

		for (; bits; bits &= bits - 1) {
			u32 number = w * 64 + (u32)__builtin_ctzll(bits);

			if (l.x->src[number].server == server)
				xics_deliver(l, number);
		}
	}
}

/* ---- lines ---- */

static void lsi_set(struct xics_locked l, u32 number, bool level)
{
	struct xics_src *s = &l.x->src[number];

	if (s->is_asserted == level)
		return;
	s->is_asserted = level;
	if (level) {
		if (!s->is_presented)
			xics_deliver(l, number);
	} else {
		s->masked_pending = false;
		xics_set_resend(l, number, false);
	}
}

void xics_source_set_level(struct xics *x, u32 source, bool level)
{
	struct xics_locked l = xics_lock(x);
	struct xics_src *s = xics_src_get(l, source);

	if (s && s->is_lsi) {
		lsi_set(l, source, level);
	} else if (s && level) {
		if (s->is_presented) {
			s->is_queued = true;
		} else {
			s->is_presented = true;
			xics_deliver(l, source);
		}
	}
	xics_unlock(l);
}

static void line_set(void *opaque, u32 source, bool level)
{
	xics_source_set_level(opaque, source, level);
}

struct irq_line xics_line(struct xics *x, u32 source)
{
	return (struct irq_line){ .set = line_set, .opaque = x, .source = source };
}

/* ---- server and priority ---- */

/* A waiting event is tried anew, for it may be deliverable now. */
static void src_route(struct xics_locked l, u32 number, u32 server, u8 prio)
{
	struct xics_src *s = &l.x->src[number];

	s->server = server;
	s->prio = prio;
	if (prio != XICS_PRIO_MASKED && (s->masked_pending || s->to_resend))
		xics_deliver(l, number);
}

int xics_set_xive(struct xics *x, u32 source, u32 server, u32 prio)
{
	struct xics_locked l = xics_lock(x);
	struct xics_src *s = xics_src_get(l, source);
	int err = 0;

	if (!s || !xics_icp_get(l, server) || prio > 0xff) {
		err = -EINVAL;
	} else {
		s->saved_prio = (u8)prio;
		src_route(l, source, server, (u8)prio);
	}
	xics_unlock(l);
	return err;
}

void xics_leave(struct xics_locked l, u32 server, u32 heir)
{
	bool has_heir = xics_icp_get(l, heir);

	for (u32 i = XICS_SOURCE_FIRST; i < l.x->n_sources; i++) {
		struct xics_src *s = &l.x->src[i];

		if (!s->exists || s->server != server)
			continue;
		if (has_heir)
			s->server = heir;
		else
			s->prio = s->saved_prio = XICS_PRIO_MASKED;
		if (s->to_resend)
			xics_deliver(l, i);
	}
}

int xics_get_xive(struct xics *x, u32 source, u32 *server, u32 *prio)
{
	struct xics_locked l = xics_lock(x);
	struct xics_src *s = xics_src_get(l, source);

	if (s) {
		*server = s->server;
		*prio = s->prio;
	}
	xics_unlock(l);
	return s ? 0 : -EINVAL;
}

int xics_int_off(struct xics *x, u32 source)
{
	struct xics_locked l = xics_lock(x);
	struct xics_src *s = xics_src_get(l, source);

	if (s && s->prio != XICS_PRIO_MASKED) {
		s->saved_prio = s->prio;
		src_route(l, source, s->server, XICS_PRIO_MASKED);
	}
	xics_unlock(l);
	return s ? 0 : -EINVAL;
}

int xics_int_on(struct xics *x, u32 source)
{
	struct xics_locked l = xics_lock(x);
	struct xics_src *s = xics_src_get(l, source);

	if (s && s->prio == XICS_PRIO_MASKED)
		src_route(l, source, s->server, s->saved_prio);
	xics_unlock(l);
	return s ? 0 : -EINVAL;
}
