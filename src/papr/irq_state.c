// SPDX-License-Identifier: Apache-2.0
/*
 * Saving the interrupt controller in use and continuing with a fresh one,
 * through the entry points that a VMM has: device attributes and one-reg words
 * [KVM devices/xive, devices/xics], and loads and stores of ESB pages for PQ.
 * The order is the one that irq/xive/attr.c and irq/xics/attr.c give.
 *
 * The OS reporting line of a vCPU is not among KVM's attributes; it is carried
 * over by the functions behind its hypercalls.
 *
 * Threads: the control thread, all vCPUs parked, irq_lock held against devices.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "hypar/kvm.h"
#include "papr/papr.h"

#define N_QUEUES (XIVE_PRIO_MAX + 1)

struct source {
	bool exists;
	u8 pq; /* XIVE */
	u64 word;
	u64 config; /* XIVE */
};

struct server {
	u64 vp[2]; /* KVM_REG_PPC_VP_STATE */
	u64 icp;   /* KVM_REG_PPC_ICP_STATE */
	u64 reporting_line;
	struct kvm_ppc_xive_eq eq[N_QUEUES];
	bool exists;
	bool external; /* PEND_EXT of the vCPU, to go back to */
};

struct saved {
	u32 n_servers;
	struct server *server;
	struct source source[PAPR_N_IRQS];
};

static u64 eq_attr(u32 server, u32 prio)
{
	return (u64)server << KVM_XIVE_EQ_SERVER_SHIFT | prio;
}

/* ---- XIVE ---- */

/* From here on the old controller sends nothing: its sources are off. */
static void xive_quiesce(struct papr *p, struct saved *s)
{
	struct kdev *d = xive_kdev(p->xive);

	for (u32 i = 0; i < PAPR_N_IRQS; i++) {
		struct source *src = &s->source[i];

		src->exists = !kdev_get_attr(d, KVM_DEV_XIVE_GRP_SOURCE, i, &src->word);
		if (src->exists)
			src->pq = xive_esb_load(p->xive, i, XIVE_ESB_SET_PQ_01) & 3;
	}
}

/* Puts the PQ bits of all sources, the last step of a restore. */
static void xive_set_pq(struct xive *x, const struct saved *s)
{
	for (u32 i = 0; i < PAPR_N_IRQS; i++)
		if (s->source[i].exists)
			xive_esb_store(x, i, XIVE_ESB_SET_PQ_00 + ((u64)s->source[i].pq << 8));
}

static int xive_save(struct papr *p, struct saved *s)
{
	struct kdev *d = xive_kdev(p->xive);
	int ret = kdev_set_attr(d, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_EQ_SYNC, NULL);

	for (u32 i = 0; !ret && i < PAPR_N_IRQS; i++)
		if (s->source[i].exists)
			ret = kdev_get_attr(d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i,
					    &s->source[i].config);
	for (u32 i = 0; !ret && i < s->n_servers; i++) {
		struct server *v = &s->server[i];

		if (!v->exists)
			continue;
		for (u32 prio = 0; !ret && prio < N_QUEUES; prio++)
			ret = kdev_get_attr(d, KVM_DEV_XIVE_GRP_EQ_CONFIG, eq_attr(i, prio),
					    &v->eq[prio]);
		if (!ret)
			ret = kdev_get_reg(d, i, KVM_REG_PPC_VP_STATE, v->vp);
		if (!ret && xive_get_reporting_line(p->xive, i, &v->reporting_line) != XIVE_OK)
			ret = -EINVAL;
	}
	return ret;
}

static int xive_restore_queues(struct xive *x, const struct saved *s)
{
	int ret = 0;

	for (u32 i = 0; !ret && i < s->n_servers; i++)
		for (u32 prio = 0; !ret && s->server[i].exists && prio < N_QUEUES; prio++)
			ret = kdev_set_attr(xive_kdev(x), KVM_DEV_XIVE_GRP_EQ_CONFIG,
					    eq_attr(i, prio), &s->server[i].eq[prio]);
	return ret;
}

static int xive_restore(struct xive *x, const struct saved *s)
{
	struct kdev *d = xive_kdev(x);
	int ret = 0;

	for (u32 i = 0; !ret && i < PAPR_N_IRQS; i++)
		if (s->source[i].exists)
			ret = kdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE, i, &s->source[i].word);
	if (!ret)
		ret = xive_restore_queues(x, s);
	for (u32 i = 0; !ret && i < PAPR_N_IRQS; i++)
		if (s->source[i].exists)
			ret = kdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i,
					    &s->source[i].config);
	for (u32 i = 0; !ret && i < s->n_servers; i++) {
		if (!s->server[i].exists)
			continue;
		ret = kdev_set_reg(d, i, KVM_REG_PPC_VP_STATE, s->server[i].vp);
		if (!ret && xive_set_reporting_line(x, i, s->server[i].reporting_line) != XIVE_OK)
			ret = -EINVAL;
	}
	if (!ret)
		xive_set_pq(x, s);
	return ret;
}

static int renew_xive(struct papr *p, struct saved *s, struct hypar_err *e)
{
	struct xive *fresh = papr_xive_new(p, e), *old = p->xive;
	int ret;

	if (!fresh)
		return -ENOMEM;
	xive_quiesce(p, s);
	ret = xive_save(p, s);
	if (!ret)
		ret = xive_restore(fresh, s);
	if (ret) {
		xive_set_pq(old, s);
		xive_free(fresh);
		return err_set_errno(e, ret, "XIVE");
	}
	papr_xive_unmap(p);
	p->xive = fresh;
	xive_free(old);
	return papr_xive_map(p, fresh, e);
}

/* ---- XICS ---- */

static int xics_save(struct papr *p, struct saved *s)
{
	struct kdev *d = xics_kdev(p->xics);
	int ret = 0;

	for (u32 i = XICS_SOURCE_FIRST; i < PAPR_N_IRQS; i++)
		s->source[i].exists =
			!kdev_get_attr(d, KVM_DEV_XICS_GRP_SOURCES, i, &s->source[i].word);
	for (u32 i = 0; !ret && i < s->n_servers; i++)
		if (s->server[i].exists)
			ret = kdev_get_reg(d, i, KVM_REG_PPC_ICP_STATE, &s->server[i].icp);
	return ret;
}

static int xics_restore(struct xics *x, const struct saved *s)
{
	struct kdev *d = xics_kdev(x);
	int ret = 0;

	for (u32 i = XICS_SOURCE_FIRST; !ret && i < PAPR_N_IRQS; i++)
		if (s->source[i].exists)
			ret = kdev_set_attr(d, KVM_DEV_XICS_GRP_SOURCES, i, &s->source[i].word);
	for (u32 i = 0; !ret && i < s->n_servers; i++)
		if (s->server[i].exists)
			ret = kdev_set_reg(d, i, KVM_REG_PPC_ICP_STATE, &s->server[i].icp);
	return ret;
}

static int renew_xics(struct papr *p, struct saved *s, struct hypar_err *e)
{
	struct xics *fresh = papr_xics_new(p, e);
	int ret;

	if (!fresh)
		return -ENOMEM;
	ret = xics_save(p, s);
	if (!ret)
		ret = xics_restore(fresh, s);
	if (ret) {
		xics_free(fresh);
		return err_set_errno(e, ret, "XICS");
	}
	xics_free(p->xics);
	p->xics = fresh;
	return 0;
}

/* ---- both ---- */

/* The lines to the processors are low at first: the fresh controller raises those it has to. */
static void lower_lines(struct papr *p, struct saved *s)
{
	FOR_EACH_VCPU(p->partition, v) {
		s->server[v->index].exists = true;
		s->server[v->index].external = vcpu_is_pending(v, PEND_EXT);
		vcpu_unpend(v, PEND_EXT);
	}
}

static void put_lines_back(struct papr *p, const struct saved *s)
{
	FOR_EACH_VCPU(p->partition, v) {
		vcpu_unpend(v, PEND_EXT);
		if (s->server[v->index].external)
			vcpu_pend(v, PEND_EXT);
	}
}

int papr_irq_renew(struct papr *p, struct hypar_err *e)
{
	struct saved *s = calloc(1, sizeof(*s));
	int ret;

	if (s) {
		s->n_servers = p->partition->max_vcpus;
		s->server = calloc(s->n_servers, sizeof(s->server[0]));
	}
	if (!s || !s->server) {
		free(s);
		return err_set(e, -ENOMEM, "no memory to save the interrupt controller");
	}
	pthread_mutex_lock(&p->irq_lock);
	lower_lines(p, s);
	ret = p->opt.irq_mode == PAPR_XIVE ? renew_xive(p, s, e) : renew_xics(p, s, e);
	if (ret)
		put_lines_back(p, s);
	pthread_mutex_unlock(&p->irq_lock);
	free(s->server);
	free(s);
	return ret;
}
