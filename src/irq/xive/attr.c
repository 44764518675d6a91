// SPDX-License-Identifier: Apache-2.0
/*
 * The XIVE as a KVM device: the functions behind attr.def [KVM devices/xive].
 *
 * Saving a machine whose vCPUs are stopped: store PQ=01 by ESB into every
 * source and keep what the load answers, EQ_SYNC, then read SOURCE,
 * SOURCE_CONFIG, EQ_CONFIG and VP_STATE. Restoring: connect the servers, set
 * SOURCE, EQ_CONFIG, SOURCE_CONFIG and VP_STATE in this order, then store the
 * kept PQ values. Guest memory, which holds the queues, comes first.
 *
 * Threads: see state.h.
 */
#include <errno.h>

#include "hypar/kvm.h"
#include "irq/xive/state.h"

static struct xive *xive_of(struct kdev *d)
{
	return CONTAINER_OF(d, struct xive, kdev);
}

/* ---- control ---- */

static int set_reset(struct kdev *d, u64 attr, const void *val)
{
	(void)attr;
	(void)val;
	xive_reset(xive_of(d));
	return 0;
}

/* Queue entries are in guest memory before the mutex is given back. */
static int set_eq_sync(struct kdev *d, u64 attr, const void *val)
{
	(void)attr;
	(void)val;
	xive_unlock(xive_lock(xive_of(d)));
	return 0;
}

static int check_nr_servers(struct kdev *d, const void *val)
{
	const u32 *n = val;

	return *n && *n <= xive_of(d)->max_servers ? 0 : -EINVAL;
}

static int set_nr_servers(struct kdev *d, u64 attr, const void *val)
{
	struct xive_locked l = xive_lock(xive_of(d));
	int err = l.x->n_connected ? -EBUSY : 0;

	(void)attr;
	if (!err)
		l.x->n_servers = *(const u32 *)val;
	xive_unlock(l);
	return err;
}

/* ---- sources ---- */

/* Numbers that this machine has no room for are like a source block that Linux cannot get. */
static int room_find(struct kdev *d, u64 attr)
{
	return attr < xive_of(d)->n_sources ? 0 : -ENOMEM;
}

/* Linux says EINVAL only in a block of sources where another one exists. */
static int source_find(struct kdev *d, u64 attr)
{
	if (attr >= xive_of(d)->n_sources)
		return -ENOENT;
	return xive_src_get(xive_of(d), attr) ? 0 : -EINVAL;
}

static int set_source(struct kdev *d, u64 attr, const void *val)
{
	u64 v = *(const u64 *)val;
	struct xive_locked l = xive_lock(xive_of(d));

	xive_src_make(l, (u32)attr, v & KVM_XIVE_LEVEL_SENSITIVE, v & KVM_XIVE_LEVEL_ASSERTED);
	xive_unlock(l);
	return 0;
}

static int get_source(struct kdev *d, u64 attr, void *val)
{
	struct xive_src *s = xive_src_get(xive_of(d), attr);
	u8 state;

	if (!s)
		return -ENOENT;
	state = atomic_load(&s->state);
	*(u64 *)val = (state & SRC_LSI ? KVM_XIVE_LEVEL_SENSITIVE : 0) |
		      (state & SRC_ASSERTED ? KVM_XIVE_LEVEL_ASSERTED : 0);
	return 0;
}

/* A masked source keeps its fields, which the guest may ask for. */
static int set_source_config(struct kdev *d, u64 attr, const void *val)
{
	u64 v = *(const u64 *)val;
	u8 prio = v & KVM_XIVE_SOURCE_PRIORITY_MASK;
	u32 server = (u32)((v & KVM_XIVE_SOURCE_SERVER_MASK) >> KVM_XIVE_SOURCE_SERVER_SHIFT);
	bool masked = v & KVM_XIVE_SOURCE_MASKED_MASK;
	struct xive_locked l;
	struct xive_vp *vp;
	struct xive_src *s;
	int err = 0;

	if (prio > XIVE_PRIO_MAX)
		return -EINVAL;
	l = xive_lock(xive_of(d));
	s = &l.x->src[attr];
	vp = xive_vp_get(l, server);
	if (!masked && !vp)
		err = -EINVAL;
	else if (!masked && !vp->eq[prio].qshift)
		err = -ENXIO;
	if (!err) {
		s->prio = prio;
		s->target = server;
		s->is_masked = masked;
		s->eisn = (u32)(v >> KVM_XIVE_SOURCE_EISN_SHIFT);
	}
	xive_unlock(l);
	return err;
}

/*
 * A source whose queue the guest removed is read as masked, since it could not
 * be set otherwise. Its events are lost either way.
 */
static int get_source_config(struct kdev *d, u64 attr, void *val)
{
	struct xive_locked l = xive_lock(xive_of(d));
	const struct xive_src *s = &l.x->src[attr];
	const struct xive_vp *vp = xive_vp_get(l, s->target);
	bool masked = s->is_masked || !vp || !vp->eq[s->prio].qshift;

	*(u64 *)val = (u64)s->prio | (u64)s->target << KVM_XIVE_SOURCE_SERVER_SHIFT |
		      (masked ? KVM_XIVE_SOURCE_MASKED_MASK : 0) |
		      (u64)s->eisn << KVM_XIVE_SOURCE_EISN_SHIFT;
	xive_unlock(l);
	return 0;
}

static int set_source_sync(struct kdev *d, u64 attr, const void *val)
{
	(void)val;
	return xive_source_sync(xive_of(d), attr) == XIVE_OK ? 0 : -EINVAL;
}

/* ---- queues ---- */

/* The queue that an attribute names; only its low word is looked at. */
static int eq_find(struct xive_locked l, u64 attr, struct xive_eq **q)
{
	struct xive_vp *vp =
		xive_vp_get(l, (attr & KVM_XIVE_EQ_SERVER_MASK) >> KVM_XIVE_EQ_SERVER_SHIFT);
	u32 prio = attr & KVM_XIVE_EQ_PRIORITY_MASK;

	if (!vp)
		return -ENOENT;
	if (prio > XIVE_PRIO_MAX)
		return -EINVAL;
	*q = &vp->eq[prio];
	return 0;
}

static int eq_check(struct xive *x, const struct kvm_ppc_xive_eq *k)
{
	if (k->flags != KVM_XIVE_EQ_ALWAYS_NOTIFY)
		return -EINVAL;
	if (k->qshift != 16)
		return -EINVAL;
	if (k->qaddr & 0xffff || !gmem_ok(x->mem, gpa_of(k->qaddr), 0x10000))
		return -EINVAL;
	return 0;
}

static int set_eq_config(struct kdev *d, u64 attr, const void *val)
{
	const struct kvm_ppc_xive_eq *k = val;
	struct xive_locked l = xive_lock(xive_of(d));
	struct xive_eq *q;
	int err = eq_find(l, attr, &q);

	if (!err && !k->qshift) {
		*q = (struct xive_eq){ 0 };
	} else if (!err) {
		err = eq_check(l.x, k);
		if (!err)
			*q = (struct xive_eq){ .qaddr = k->qaddr,
					       .qshift = k->qshift,
					       .toggle = k->qtoggle & 1,
					       .index = k->qindex & ((1u << k->qshift) / 4 - 1),
					       .always_notify = true };
	}
	xive_unlock(l);
	return err;
}

static int get_eq_config(struct kdev *d, u64 attr, void *val)
{
	struct kvm_ppc_xive_eq *k = val;
	struct xive_locked l = xive_lock(xive_of(d));
	struct xive_eq *q;
	int err = eq_find(l, attr, &q);

	if (!err && !q->qshift)
		err = KDEV_NO_VALUE;
	if (!err)
		*k = (struct kvm_ppc_xive_eq){ .flags = KVM_XIVE_EQ_ALWAYS_NOTIFY,
					       .qshift = q->qshift,
					       .qaddr = q->qaddr,
					       .qtoggle = q->toggle,
					       .qindex = q->index };
	xive_unlock(l);
	return err;
}

/* ---- servers ---- */

static int get_vp_state(struct kdev *d, u32 server, void *val)
{
	struct xive_locked l = xive_lock(xive_of(d));
	struct xive_vp *vp = xive_vp_get(l, server);

	if (vp)
		memcpy(val, vp->ring, RING_SIZE);
	xive_unlock(l);
	return vp ? 0 : -ENXIO;
}

/* NSR and PIPR follow from the other bytes. */
static int set_vp_state(struct kdev *d, u32 server, const void *val)
{
	struct xive_locked l = xive_lock(xive_of(d));
	struct xive_vp *vp = xive_vp_get(l, server);

	if (vp) {
		u8 nsr = vp->ring[RING_NSR];

		memcpy(vp->ring, val, RING_SIZE);
		vp->ring[RING_NSR] = nsr;
		xive_vp_set_cppr(l, server, vp->ring[RING_CPPR]);
	}
	xive_unlock(l);
	return vp ? 0 : -ENXIO;
}

static int connect_server(struct kdev *d, u32 server)
{
	struct xive_locked l = xive_lock(xive_of(d));
	int err = 0;

	if (server >= l.x->n_servers) {
		err = -EINVAL;
	} else if (l.x->vp[server].is_connected) {
		err = -EEXIST;
	} else {
		xive_vp_init(&l.x->vp[server]);
		l.x->vp[server].reporting_line = ~0ULL;
		l.x->vp[server].is_connected = true;
		l.x->n_connected++;
	}
	xive_unlock(l);
	return err;
}

static bool is_connected(struct kdev *d)
{
	struct xive_locked l = xive_lock(xive_of(d));
	bool yes = l.x->n_connected;

	xive_unlock(l);
	return yes;
}

/* ---- tables ---- */

#define ATTR(...) KDEV_ATTR(__VA_ARGS__)
#define REG(...)
static const struct kdev_attr attrs[] = {
#include "irq/xive/attr.def"
};
#undef ATTR
#undef REG

#define ATTR(...)
#define REG(...) KDEV_REG(__VA_ARGS__)
static const struct kdev_reg regs[] = {
#include "irq/xive/attr.def"
};
#undef ATTR
#undef REG

_Static_assert(sizeof(struct kvm_ppc_xive_eq) == 64, "the size in attr.def");

const struct kdev_type xive_kdev_type = {
	.name = "xive",
	.type = KVM_DEV_TYPE_XIVE,
	.attrs = attrs,
	.n_attrs = ARRAY_SIZE(attrs),
	.regs = regs,
	.n_regs = ARRAY_SIZE(regs),
	.connect = connect_server,
	.is_connected = is_connected,
};
