// SPDX-License-Identifier: Apache-2.0
/*
 * Processors as dynamic resources [LoPAR 13.7.2]. A core is reachable while its
 * vCPUs exist: unisolating makes them with their threads, stopped; isolating
 * destroys them, which the guest has stopped before. Their numbers, interrupt
 * servers and IPI sources stay reserved.
 *
 * A guest cannot give back the core that it runs on: it is not stopped. So one
 * is always left, but while the machine starts anew.
 */
#include "papr/dr/cpu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "papr/fdt_cpu.h"
#include "papr/papr.h"

#define NAME_MAX_CORE 24u

static u32 threads_of(const struct papr *p)
{
	return p->partition->threads;
}

/* ---- one vCPU; irq_lock is held ---- */

static void drop_vcpu(struct papr *p, u32 i)
{
	struct hypar_err why = { 0 };

	papr_irq_disconnect(p, i);
	if (partition_remove_vcpu(p->partition, i, &why))
		papr_log(p, "%s", why.text); /* not reached: it is there, and stopped */
	memset(&p->vcpus[i], 0, sizeof(p->vcpus[i]));
}

static int make_vcpu(struct papr *p, u32 i, struct hypar_err *e)
{
	int ret = partition_add_vcpu(p->partition, i, e);

	if (ret)
		return ret;
	memset(&p->vcpus[i], 0, sizeof(p->vcpus[i]));
	partition_vcpu(p->partition, i)->platform = &p->vcpus[i];
	ret = papr_irq_connect(p, i, e);
	if (ret)
		drop_vcpu(p, i);
	return ret;
}

/* ---- what the connector does ---- */

static int core_enable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	u32 n = 0;
	int ret = 0;

	pthread_mutex_lock(&p->irq_lock);
	while (n < threads_of(p) && !ret) {
		ret = make_vcpu(p, d->id + n, e);
		if (!ret)
			n++;
	}
	while (ret && n)
		drop_vcpu(p, d->id + --n);
	pthread_mutex_unlock(&p->irq_lock);
	return ret;
}

static int core_disable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	for (u32 i = d->id; i < d->id + threads_of(p); i++)
		if (!vcpu_is_stopped(partition_vcpu(p->partition, i)))
			return err_set(e, -EBUSY, "vCPU %u is not stopped", i);
	pthread_mutex_lock(&p->irq_lock);
	for (u32 i = d->id; i < d->id + threads_of(p); i++)
		drop_vcpu(p, i);
	pthread_mutex_unlock(&p->irq_lock);
	return 0;
}

static void core_fdt(struct papr *p, const struct drc *d, struct fdt_build *b)
{
	papr_fdt_core(p, b, d->id);
}

static struct drc *next_core(const struct papr *p, const struct drc *d)
{
	struct drc *next = dr_next(p, d ? d->index + 1 : DRC_INDEX(DRC_CPU, 0));

	return next && next->type == DRC_CPU ? next : NULL;
}

static bool is_for_keeps(const struct drc *d)
{
	return d->attached && !d->unplug_wanted;
}

/* One must be left that nobody has asked for. */
static int core_may_remove(struct papr *p, const struct drc *d, struct hypar_err *e)
{
	for (const struct drc *o = next_core(p, NULL); o; o = next_core(p, o))
		if (o != d && is_for_keeps(o))
			return 0;
	return err_set(e, -EBUSY, "core %u is the last one", d->id);
}

static const struct drc_ops core_ops = {
	.enable = core_enable,
	.disable = core_disable,
	.fdt = core_fdt,
	.may_remove = core_may_remove,
};

static int attach(struct papr *p, struct drc *d, enum drc_attach how, struct hypar_err *e)
{
	char name[NAME_MAX_CORE];

	(void)snprintf(name, sizeof(name), "core%u", d->id);
	return dr_attach(p, d, how, name, e);
}

int papr_cpus_new(struct papr *p, struct hypar_err *e)
{
	for (u32 first = 0; first < p->partition->max_vcpus; first += threads_of(p)) {
		const struct drc_config c = { .type = DRC_CPU,
					      .id = first,
					      .ops = &core_ops,
					      .power_domain = DRC_POWER_LIVE };
		struct drc *d = dr_add_connector(p, &c, e);
		int ret = 0;

		if (!d)
			return -ENOMEM;
		if (partition_vcpu(p->partition, first))
			ret = attach(p, d, DRC_COLD, e);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- what the host asks for ---- */

/* The connector of core @first, or NULL with *e set. */
static struct drc *core_at(const struct papr *p, u32 first, struct hypar_err *e)
{
	struct drc *d = first < p->partition->max_vcpus ? dr_find(p, DRC_INDEX(DRC_CPU, first)) :
							  NULL;

	if (!d)
		err_set(e, -ENOENT, "no core begins with vCPU %u: multiples of %u below %u do",
			first, threads_of(p), p->partition->max_vcpus);
	return d;
}

/* What the guest gave back of its own accord it can be given again. */
static bool is_to_be_had(const struct drc *d)
{
	return !d->attached || (d->was_released && d->state == DRC_UNUSABLE && !d->unplug_wanted);
}

static u32 ask(struct papr *p, struct drc **list, u32 n, bool is_removal, struct hypar_err *e)
{
	char what[48];
	struct dr_ask a = { .is_removal = is_removal,
			    .type = DRC_CPU,
			    .list = list,
			    .n = n,
			    .what = what };

	if (n == 1)
		(void)snprintf(what, sizeof(what), "core %u", list[0]->id);
	else
		(void)snprintf(what, sizeof(what), "%u cores of %u thread%s", n, threads_of(p),
			       threads_of(p) == 1 ? "" : "s");
	return dr_request(p, &a, e);
}

/* Attaches those that are not, and asks the guest to take them all. */
static u32 give(struct papr *p, struct drc **list, u32 n, struct hypar_err *e)
{
	bool is_new[HYPAR_CPUS_MAX] = { false };
	u32 request = 0, i;

	for (i = 0; i < n; i++) {
		is_new[i] = !list[i]->attached;
		if (is_new[i] && attach(p, list[i], DRC_HOT, e))
			break;
	}
	if (i == n)
		request = ask(p, list, n, false, e);
	while (!request && i--)
		if (is_new[i])
			dr_detach_now(p, list[i]);
	return request;
}

u32 papr_cores_add(struct papr *p, u32 first, u32 n, struct hypar_err *e)
{
	struct drc *list[HYPAR_CPUS_MAX], *d;
	u32 found = 0;

	if (first != PAPR_CORE_ANY) {
		d = core_at(p, first, e);
		if (!d)
			return 0;
		if (is_to_be_had(d))
			return give(p, &d, 1, e);
		err_set(e, -EEXIST, "core %u is there already", first);
		return 0;
	}
	for (d = next_core(p, NULL); d && found < n; d = next_core(p, d))
		if (is_to_be_had(d))
			list[found++] = d;
	if (n && found == n)
		return give(p, list, n, e);
	err_set(e, -ENOSPC, "there is room for %u more vCPUs, not %u", found * threads_of(p),
		n * threads_of(p));
	return 0;
}

u32 papr_cores_remove(struct papr *p, u32 first, u32 n, struct hypar_err *e)
{
	struct drc *list[HYPAR_CPUS_MAX], *d;
	u32 all = 0;

	if (first != PAPR_CORE_ANY) {
		d = core_at(p, first, e);
		if (!d)
			return 0;
		if (d->attached)
			return core_may_remove(p, d, e) ? 0 : ask(p, &d, 1, true, e);
		err_set(e, -ENOENT, "there is no core %u", first);
		return 0;
	}
	for (d = next_core(p, NULL); d; d = next_core(p, d))
		if (is_for_keeps(d))
			list[all++] = d;
	if (n && n < all)
		return ask(p, list + all - n, n, true, e);
	err_set(e, -EBUSY, "of %u vCPUs, %u cannot go", all * threads_of(p), n * threads_of(p));
	return 0;
}
