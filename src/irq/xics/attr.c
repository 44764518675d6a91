// SPDX-License-Identifier: Apache-2.0
/*
 * The XICS as a KVM device: the functions behind attr.def [KVM devices/xics].
 *
 * Saving a machine whose vCPUs are stopped: read SOURCES and ICP_STATE.
 * Restoring into a fresh device: connect the servers, then set both, in any order.
 *
 * The word of a source is Linux's, with one more meaning: QUEUED of a
 * level-sensitive source says that its interrupt is presented or in service.
 * Linux leaves that bit 0 for level sources and presents an asserted one
 * again after a restore.
 *
 * Threads: under the mutex of the controller.
 */
#include <errno.h>

#include "hypar/kvm.h"
#include "irq/xics/state.h"

static struct xics *xics_of(struct kdev *d)
{
	return CONTAINER_OF(d, struct xics, kdev);
}

/* ---- control ---- */

static int check_nr_servers(struct kdev *d, const void *val)
{
	const u32 *n = val;

	return *n && *n <= xics_of(d)->max_servers ? 0 : -EINVAL;
}

static int set_nr_servers(struct kdev *d, u64 attr, const void *val)
{
	struct xics_locked l = xics_lock(xics_of(d));
	int err = l.x->n_connected ? -EBUSY : 0;

	(void)attr;
	if (!err)
		l.x->n_servers = *(const u32 *)val;
	xics_unlock(l);
	return err;
}

/* ---- sources ---- */

static u64 source_word(const struct xics_src *s)
{
	u8 prio = s->prio == XICS_PRIO_MASKED ? s->saved_prio : s->prio;
	u64 v = s->server | (u64)prio << KVM_XICS_PRIORITY_SHIFT;

	if (s->prio == XICS_PRIO_MASKED)
		v |= KVM_XICS_MASKED;
	if (s->is_lsi) {
		v |= KVM_XICS_LEVEL_SENSITIVE;
		v |= s->is_asserted ? KVM_XICS_PENDING | KVM_XICS_PRESENTED : 0;
		v |= s->is_presented ? KVM_XICS_QUEUED : 0;
	} else {
		v |= s->masked_pending || s->to_resend ? KVM_XICS_PENDING : 0;
		v |= s->is_presented ? KVM_XICS_PRESENTED : 0;
		v |= s->is_queued ? KVM_XICS_QUEUED : 0;
	}
	return v;
}

static struct xics_src source_of_word(u64 v)
{
	u8 prio = (v >> KVM_XICS_PRIORITY_SHIFT) & KVM_XICS_PRIORITY_MASK;
	struct xics_src s = { .server = (u32)(v & KVM_XICS_DESTINATION_MASK),
			      .prio = v & KVM_XICS_MASKED ? XICS_PRIO_MASKED : prio,
			      .saved_prio = prio,
			      .exists = true,
			      .is_lsi = v & KVM_XICS_LEVEL_SENSITIVE };

	if (s.is_lsi) {
		s.is_asserted = v & (KVM_XICS_PENDING | KVM_XICS_PRESENTED);
		s.is_presented = v & KVM_XICS_QUEUED;
	} else {
		/* Words of old kernels have PENDING only. */
		s.is_presented = v & (KVM_XICS_PENDING | KVM_XICS_PRESENTED);
		s.is_queued = v & KVM_XICS_QUEUED;
	}
	return s;
}

static int get_source(struct kdev *d, u64 attr, void *val)
{
	struct xics_locked l = xics_lock(xics_of(d));
	struct xics_src *s = xics_src_get(l, attr);

	if (s)
		*(u64 *)val = source_word(s);
	xics_unlock(l);
	return s ? 0 : -ENOENT;
}

static int set_source(struct kdev *d, u64 attr, const void *val)
{
	u64 v = *(const u64 *)val;
	struct xics_src s = source_of_word(v);
	struct xics_locked l = xics_lock(xics_of(d));
	int err = 0;

	if (attr >= l.x->n_sources) {
		err = -ENOMEM;
	} else if (s.saved_prio != XICS_PRIO_MASKED && !xics_icp_get(l, s.server)) {
		err = -EINVAL;
	} else {
		xics_set_resend(l, (u32)attr, false);
		s.is_shown = l.x->src[attr].is_shown; /* ICPs may be restored first */
		l.x->src[attr] = s;
		if (v & KVM_XICS_PENDING)
			xics_deliver(l, (u32)attr);
	}
	xics_unlock(l);
	return err;
}

/* ---- servers ---- */

static int get_icp_state(struct kdev *d, u32 server, void *val)
{
	struct xics_locked l = xics_lock(xics_of(d));
	struct xics_icp *icp = xics_icp_get(l, server);

	if (icp)
		*(u64 *)val = (u64)icp->cppr << KVM_REG_PPC_ICP_CPPR_SHIFT |
			      (u64)icp->xisr << KVM_REG_PPC_ICP_XISR_SHIFT |
			      (u64)icp->mfrr << KVM_REG_PPC_ICP_MFRR_SHIFT |
			      (u64)icp->pending_prio << KVM_REG_PPC_ICP_PPRI_SHIFT;
	xics_unlock(l);
	return icp ? 0 : -ENXIO;
}

/* The invariants of struct xics_icp. A presented source may be made later. */
static bool icp_is_consistent(const struct xics *x, const struct xics_icp *n)
{
	if (!n->xisr)
		return n->pending_prio == 0xff;
	if (n->pending_prio >= n->cppr)
		return false;
	if (n->xisr == XICS_IPI)
		return n->pending_prio == n->mfrr;
	return n->pending_prio < n->mfrr && n->xisr >= XICS_SOURCE_FIRST && n->xisr < x->n_sources;
}

static int set_icp_state(struct kdev *d, u32 server, const void *val)
{
	u64 v = *(const u64 *)val;
	struct xics_icp n = {
		.cppr = (u8)(v >> KVM_REG_PPC_ICP_CPPR_SHIFT),
		.xisr = (v >> KVM_REG_PPC_ICP_XISR_SHIFT) & KVM_REG_PPC_ICP_XISR_MASK,
		.mfrr = (u8)(v >> KVM_REG_PPC_ICP_MFRR_SHIFT),
		.pending_prio = (u8)(v >> KVM_REG_PPC_ICP_PPRI_SHIFT),
	};
	struct xics_locked l = xics_lock(xics_of(d));
	struct xics_icp *icp = xics_icp_get(l, server);
	int err = 0;

	if (!icp)
		err = -ENXIO;
	else if (!icp_is_consistent(l.x, &n))
		err = -EINVAL;
	else
		xics_icp_load(l, icp, &n);
	xics_unlock(l);
	return err;
}

static int connect_server(struct kdev *d, u32 server)
{
	struct xics_locked l = xics_lock(xics_of(d));
	int err = 0;

	if (server >= l.x->n_servers) {
		err = -EINVAL;
	} else if (l.x->icp[server].is_connected) {
		err = -EEXIST;
	} else {
		xics_icp_init(&l.x->icp[server]);
		l.x->icp[server].is_connected = true;
		l.x->n_connected++;
	}
	xics_unlock(l);
	return err;
}

static bool is_connected(struct kdev *d)
{
	struct xics_locked l = xics_lock(xics_of(d));
	bool yes = l.x->n_connected;

	xics_unlock(l);
	return yes;
}

/* ---- tables ---- */

#define ATTR(...) KDEV_ATTR(__VA_ARGS__)
#define REG(...)
static const struct kdev_attr attrs[] = {
#include "irq/xics/attr.def"
};
#undef ATTR
#undef REG

#define ATTR(...)
#define REG(...) KDEV_REG(__VA_ARGS__)
static const struct kdev_reg regs[] = {
#include "irq/xics/attr.def"
};
#undef ATTR
#undef REG

const struct kdev_type xics_kdev_type = {
	.name = "xics",
	.type = KVM_DEV_TYPE_XICS,
	.attrs = attrs,
	.n_attrs = ARRAY_SIZE(attrs),
	.regs = regs,
	.n_regs = ARRAY_SIZE(regs),
	.connect = connect_server,
	.is_connected = is_connected,
};
