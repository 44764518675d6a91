// SPDX-License-Identifier: Apache-2.0
/*
 * The two interrupt controllers of a machine. Both exist; the one that the
 * guest negotiated is in use. They are configured through their KVM device
 * attributes, as a user of the library would.
 */
#include <errno.h>

#include "base/err.h"
#include "hypar/kvm.h"
#include "papr/papr.h"
#include "papr/pci.h"

static void set_external(void *opaque, u32 cpu, bool level)
{
	struct partition *part = opaque;
	struct vcpu *v = partition_vcpu(part, cpu);

	if (!v)
		return;
	if (UNLIKELY(papr_traces(part->platform, HYPAR_TRACE_IRQ)))
		papr_trace(part->platform, HYPAR_TRACE_IRQ, "cpu%u external interrupt %s", cpu,
			   level ? "raised" : "lowered");
	if (level)
		vcpu_pend(v, PEND_EXT);
	else
		vcpu_unpend(v, PEND_EXT);
}

static const u32 device_irqs[] = { PAPR_IRQ_EPOW, PAPR_IRQ_HOTPLUG };

/* A source that exists, masked. Not level: edge-triggered. */
static int add_source_of(struct papr *p, u32 irq, bool is_level)
{
	u64 xive_word = is_level ? KVM_XIVE_LEVEL_SENSITIVE : 0;
	u64 xics_word = KVM_XICS_MASKED | 0xffULL << KVM_XICS_PRIORITY_SHIFT |
			(is_level ? KVM_XICS_LEVEL_SENSITIVE : 0);
	int ret = kdev_set_attr(xive_kdev(p->xive), KVM_DEV_XIVE_GRP_SOURCE, irq, &xive_word);

	if (ret || irq < XICS_SOURCE_FIRST)
		return ret;
	return kdev_set_attr(xics_kdev(p->xics), KVM_DEV_XICS_GRP_SOURCES, irq, &xics_word);
}

static int add_source(struct papr *p, u32 irq)
{
	return add_source_of(p, irq, false);
}

/* All that VIO devices can have. */
static int add_vio_sources(struct papr *p)
{
	int ret = 0;

	for (u32 i = 0; !ret && i < PAPR_N_VIO_IRQS; i++)
		ret = add_source(p, PAPR_IRQ_VIO + i);
	return ret;
}

/* All that host bridges can have: a bridge that comes later needs no new ones. */
static int add_pci_sources(struct papr *p)
{
	int ret = 0;

	for (u32 i = 0; !ret && i < PAPR_N_PHBS * PHB_LSIS; i++)
		ret = add_source_of(p, PAPR_IRQ_PCI_LSI + i, true);
	for (u32 i = PAPR_IRQ_PCI_MSI; !ret && i < PAPR_N_IRQS; i++)
		ret = add_source(p, i);
	return ret;
}

/* Room for all that can be, and those that are. */
static int connect_servers(struct papr *p, struct kdev *d, u32 ctrl, u32 nr_servers)
{
	int ret = kdev_set_attr(d, ctrl, nr_servers, &p->partition->max_vcpus);

	FOR_EACH_VCPU(p->partition, v)
		if (!ret)
			ret = kdev_connect(d, v->index);
	return ret;
}

int papr_irq_connect(struct papr *p, u32 server, struct hypar_err *e)
{
	int ret;

	papr_irq_disconnect(p, server); /* an embedder may have connected it */
	ret = kdev_connect(xive_kdev(p->xive), server);
	if (!ret) {
		ret = kdev_connect(xics_kdev(p->xics), server);
		if (ret)
			xive_disconnect(p->xive, server);
	}
	return ret ? err_set_errno(e, ret, "interrupt server %u", server) : 0;
}

void papr_irq_disconnect(struct papr *p, u32 server)
{
	xive_disconnect(p->xive, server);
	xics_disconnect(p->xics, server, papr_irq_heir(p, server));
}

u32 papr_irq_heir(const struct papr *p, u32 server)
{
	u32 first = server;

	FOR_EACH_VCPU(p->partition, v) {
		if (v->index == server)
			continue;
		if (!vcpu_is_stopped(v))
			return v->index;
		if (first == server)
			first = v->index;
	}
	return first;
}

static struct irq_sink sink_of(struct papr *p)
{
	return (struct irq_sink){ .set_external = set_external, .opaque = p->partition };
}

struct xive *papr_xive_new(struct papr *p, struct hypar_err *e)
{
	struct xive_config cfg = { .mem = p->partition->mem,
				   .sink = sink_of(p),
				   .n_servers = p->partition->max_vcpus,
				   .n_sources = PAPR_N_IRQS };
	struct xive *x = xive_new(&cfg, e);
	int ret = x ? connect_servers(p, xive_kdev(x), KVM_DEV_XIVE_GRP_CTRL,
				      KVM_DEV_XIVE_NR_SERVERS) :
		      0;

	if (!ret)
		return x;
	err_set_errno(e, ret, "XIVE");
	xive_free(x);
	return NULL;
}

struct xics *papr_xics_new(struct papr *p, struct hypar_err *e)
{
	struct xics_config cfg = { .sink = sink_of(p),
				   .n_servers = p->partition->max_vcpus,
				   .n_sources = PAPR_N_IRQS };
	struct xics *x = xics_new(&cfg, e);
	int ret = x ? connect_servers(p, xics_kdev(x), KVM_DEV_XICS_GRP_CTRL,
				      KVM_DEV_XICS_NR_SERVERS) :
		      0;

	if (!ret)
		return x;
	err_set_errno(e, ret, "XICS");
	xics_free(x);
	return NULL;
}

int papr_xive_map(struct papr *p, struct xive *x, struct hypar_err *e)
{
	struct mmio_bus *bus = p->partition->mmio;
	int ret = mmio_add(bus, gpa_of(PAPR_TIMA_BASE), XIVE_TIMA_SIZE, &xive_tima_ops, x, e);

	if (!ret)
		ret = mmio_add(bus, gpa_of(PAPR_ESB_BASE), XIVE_ESB_SIZE(PAPR_N_IRQS),
			       &xive_esb_ops, x, e);
	return ret;
}

void papr_xive_unmap(struct papr *p)
{
	(void)mmio_remove(p->partition->mmio, gpa_of(PAPR_TIMA_BASE));
	(void)mmio_remove(p->partition->mmio, gpa_of(PAPR_ESB_BASE));
}

int papr_irq_new(struct papr *p, struct hypar_err *e)
{
	int ret = 0;

	p->xive = papr_xive_new(p, e);
	p->xics = p->xive ? papr_xics_new(p, e) : NULL;
	if (!p->xics)
		return -ENOMEM;
	for (u32 i = 0; !ret && i < p->partition->max_vcpus; i++)
		ret = add_source(p, PAPR_IRQ_IPI + i);
	for (size_t i = 0; !ret && i < ARRAY_SIZE(device_irqs); i++)
		ret = add_source(p, device_irqs[i]);
	if (!ret)
		ret = add_vio_sources(p);
	if (!ret)
		ret = add_pci_sources(p);
	if (ret)
		return err_set_errno(e, ret, "interrupt controllers");
	return papr_xive_map(p, p->xive, e);
}

void papr_irq_free(struct papr *p)
{
	xive_free(p->xive);
	xics_free(p->xics);
}

void papr_irq_reset(struct papr *p)
{
	xive_reset(p->xive);
	xics_reset(p->xics);
	FOR_EACH_VCPU(p->partition, v) {
		xive_reset_server(p->xive, v->index);
		xics_reset_server(p->xics, v->index);
		vcpu_unpend(v, PEND_EXT);
	}
}

void papr_irq_set(struct papr *p, u32 irq, bool level)
{
	if (UNLIKELY(papr_traces(p, HYPAR_TRACE_IRQ)))
		papr_trace(p, HYPAR_TRACE_IRQ, "source 0x%x %s", irq, level ? "raised" : "lowered");
	pthread_mutex_lock(&p->irq_lock);
	if (p->opt.irq_mode == PAPR_XIVE)
		xive_source_set_level(p->xive, irq, level);
	else
		xics_source_set_level(p->xics, irq, level);
	pthread_mutex_unlock(&p->irq_lock);
}

bool papr_irq_is_idle(struct papr *p, u32 irq)
{
	const u64 busy = KVM_XICS_PENDING | KVM_XICS_PRESENTED | KVM_XICS_QUEUED;
	u64 word = 0;
	bool idle;

	pthread_mutex_lock(&p->irq_lock);
	if (p->opt.irq_mode == PAPR_XIVE)
		idle = !xive_esb_load(p->xive, irq, XIVE_ESB_GET);
	else
		idle = !kdev_get_attr(xics_kdev(p->xics), KVM_DEV_XICS_GRP_SOURCES, irq, &word) &&
		       !(word & busy);
	pthread_mutex_unlock(&p->irq_lock);
	return idle;
}
