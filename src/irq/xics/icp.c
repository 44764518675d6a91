// SPDX-License-Identifier: Apache-2.0
/*
 * Presentation of interrupts to processors: H_XIRR, H_CPPR, H_EOI, H_IPI and
 * H_IPOLL [PAPR 14.5.4.5]. A presented interrupt is given back to its source
 * when a more favored one arrives, or when CPPR no longer admits it.
 *
 * Threads: under the mutex of the controller.
 */
#include <errno.h>

#include "irq/xics/state.h"

#define XIRR_CPPR_SHIFT 24
#define XIRR_XISR_MASK 0xffffffu

void xics_icp_init(struct xics_icp *icp)
{
	icp->cppr = 0;
	icp->mfrr = 0xff;
	icp->pending_prio = 0xff;
	icp->xisr = 0;
}

void xics_icp_update(struct xics_locked l, struct xics_icp *icp)
{
	bool line = icp->xisr != 0;

	if (line != icp->line) {
		icp->line = line;
		l.x->sink.set_external(l.x->sink.opaque, (u32)(icp - l.x->icp), line);
	}
}

static u32 icp_xirr(const struct xics_icp *icp)
{
	return (u32)icp->cppr << XIRR_CPPR_SHIFT | icp->xisr;
}

/* Puts an interrupt into XISR, or none (0, 0xff). Answers what was there. */
static u32 icp_show(struct xics_locked l, struct xics_icp *icp, u32 xisr, u8 prio)
{
	u32 old = icp->xisr;

	if (old >= XICS_SOURCE_FIRST)
		l.x->src[old].is_shown = false;
	if (xisr >= XICS_SOURCE_FIRST)
		l.x->src[xisr].is_shown = true;
	icp->xisr = xisr;
	icp->pending_prio = prio;
	return old;
}

bool xics_icp_present(struct xics_locked l, struct xics_icp *icp, u32 number, u32 *reject)
{
	u8 prio = l.x->src[number].prio;

	if (prio >= icp->cppr || prio >= icp->mfrr || prio >= icp->pending_prio)
		return false;
	*reject = icp_show(l, icp, number, prio);
	xics_icp_update(l, icp);
	return true;
}

/*
 * After CPPR or MFRR changed. What CPPR no longer admits goes back, an IPI
 * displaces what is not more favored, and refused sources are tried again.
 */
static void icp_evaluate(struct xics_locked l, struct xics_icp *icp)
{
	u32 reject = 0;

	if (icp->xisr == XICS_IPI || (icp->xisr && icp->pending_prio >= icp->cppr))
		reject = icp_show(l, icp, 0, 0xff);
	if (icp->mfrr < icp->cppr && icp->mfrr <= icp->pending_prio) {
		u32 old = icp_show(l, icp, XICS_IPI, icp->mfrr);

		reject = old ? old : reject;
	}
	xics_icp_update(l, icp);
	if (reject && reject != XICS_IPI)
		xics_reject(l, reject);
	if (l.x->n_resend)
		xics_resend(l, (u32)(icp - l.x->icp));
}

int xics_accept(struct xics *x, u32 server, u32 *xirr)
{
	struct xics_locked l = xics_lock(x);
	struct xics_icp *icp = xics_icp_get(l, server);

	if (icp) {
		*xirr = icp_xirr(icp);
		if (icp->xisr) {
			icp->cppr = icp->pending_prio;
			icp_show(l, icp, 0, 0xff);
			xics_icp_update(l, icp);
		}
	}
	xics_unlock(l);
	return icp ? 0 : -EINVAL;
}

int xics_set_cppr(struct xics *x, u32 server, u8 cppr)
{
	struct xics_locked l = xics_lock(x);
	struct xics_icp *icp = xics_icp_get(l, server);

	if (icp) {
		icp->cppr = cppr;
		icp_evaluate(l, icp);
	}
	xics_unlock(l);
	return icp ? 0 : -EINVAL;
}

/*
 * An edge source sends what queued, a level source what is still asserted. The
 * event of an interrupt that was not accepted, or waits, is not ended by
 * a guest that says so: its source would be out of step with its server.
 */
static void src_eoi(struct xics_locked l, u32 number)
{
	struct xics_src *s = &l.x->src[number];

	if (!s->is_presented || s->to_resend || s->masked_pending || s->is_shown)
		return;
	s->is_presented = s->is_queued;
	s->is_queued = false;
	xics_deliver(l, number);
}

int xics_eoi(struct xics *x, u32 server, u32 xirr)
{
	struct xics_locked l = xics_lock(x);
	struct xics_icp *icp = xics_icp_get(l, server);
	u32 number = xirr & XIRR_XISR_MASK;
	bool known = number == XICS_IPI || xics_src_get(l, number);

	if (icp) {
		icp->cppr = (u8)(xirr >> XIRR_CPPR_SHIFT);
		icp_evaluate(l, icp);
		if (known && number != XICS_IPI)
			src_eoi(l, number);
	}
	xics_unlock(l);
	return icp && known ? 0 : -EINVAL;
}

int xics_set_mfrr(struct xics *x, u32 server, u8 mfrr)
{
	struct xics_locked l = xics_lock(x);
	struct xics_icp *icp = xics_icp_get(l, server);

	if (icp) {
		icp->mfrr = mfrr;
		icp_evaluate(l, icp);
	}
	xics_unlock(l);
	return icp ? 0 : -EINVAL;
}

int xics_poll(struct xics *x, u32 server, u32 *xirr, u8 *mfrr)
{
	struct xics_locked l = xics_lock(x);
	struct xics_icp *icp = xics_icp_get(l, server);

	if (icp) {
		*xirr = icp_xirr(icp);
		*mfrr = icp->mfrr;
	}
	xics_unlock(l);
	return icp ? 0 : -EINVAL;
}

void xics_icp_load(struct xics_locked l, struct xics_icp *icp, const struct xics_icp *from)
{
	icp->cppr = from->cppr;
	icp->mfrr = from->mfrr;
	icp_show(l, icp, from->xisr, from->pending_prio);
	icp_evaluate(l, icp);
}

void xics_reset_server(struct xics *x, u32 server)
{
	struct xics_locked l = xics_lock(x);
	struct xics_icp *icp = xics_icp_get(l, server);

	if (icp) {
		u32 reject = icp_show(l, icp, 0, 0xff);

		xics_icp_init(icp);
		xics_icp_update(l, icp);
		xics_reject(l, reject);
	}
	xics_unlock(l);
}

void xics_disconnect(struct xics *x, u32 server, u32 heir)
{
	struct xics_locked l = xics_lock(x);
	struct xics_icp *icp = xics_icp_get(l, server);

	if (icp) {
		u32 reject = icp_show(l, icp, 0, 0xff);

		xics_icp_init(icp);
		xics_icp_update(l, icp);
		icp->is_connected = false;
		x->n_connected--;
		xics_reject(l, reject);
		xics_leave(l, server, heir);
	}
	xics_unlock(l);
}
