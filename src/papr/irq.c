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

static void set_external(void *opaque, u32 cpu, bool level)
{
	struct partition *part = opaque;

	if (cpu >= part->n_vcpus)
		return;
	if (level)
		vcpu_pend(part->vcpus[cpu], PEND_EXT);
	else
		vcpu_unpend(part->vcpus[cpu], PEND_EXT);
}

static const u32 device_irqs[] = { PAPR_IRQ_EPOW, PAPR_IRQ_HOTPLUG, PAPR_IRQ_VIO };

/* A source that exists, edge-triggered, masked. */
static int add_source(struct papr *p, u32 irq)
{
	u64 xive_word = 0, xics_word = KVM_XICS_MASKED | 0xffULL << KVM_XICS_PRIORITY_SHIFT;
	int ret = kdev_set_attr(xive_kdev(p->xive), KVM_DEV_XIVE_GRP_SOURCE, irq, &xive_word);

	if (ret || irq < XICS_SOURCE_FIRST)
		return ret;
	return kdev_set_attr(xics_kdev(p->xics), KVM_DEV_XICS_GRP_SOURCES, irq, &xics_word);
}

static int connect_servers(struct papr *p)
{
	u32 n = p->partition->n_vcpus;
	int ret;

	ret = kdev_set_attr(xive_kdev(p->xive), KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_NR_SERVERS, &n);
	if (!ret)
		ret = kdev_set_attr(xics_kdev(p->xics), KVM_DEV_XICS_GRP_CTRL,
				    KVM_DEV_XICS_NR_SERVERS, &n);
	for (u32 i = 0; !ret && i < n; i++) {
		ret = kdev_connect(xive_kdev(p->xive), i);
		if (!ret)
			ret = kdev_connect(xics_kdev(p->xics), i);
	}
	return ret;
}

int papr_irq_new(struct papr *p, struct hypar_err *e)
{
	struct irq_sink sink = { .set_external = set_external, .opaque = p->partition };
	struct xive_config xive_cfg = { .mem = p->partition->mem,
					.sink = sink,
					.n_servers = p->partition->n_vcpus,
					.n_sources = PAPR_N_IRQS };
	struct xics_config xics_cfg = { .sink = sink,
					.n_servers = p->partition->n_vcpus,
					.n_sources = PAPR_N_IRQS };
	int ret;

	p->xive = xive_new(&xive_cfg, e);
	p->xics = xics_new(&xics_cfg, e);
	if (!p->xive || !p->xics)
		return -ENOMEM;
	ret = connect_servers(p);
	for (u32 i = 0; !ret && i < p->partition->n_vcpus; i++)
		ret = add_source(p, PAPR_IRQ_IPI + i);
	for (size_t i = 0; !ret && i < ARRAY_SIZE(device_irqs); i++)
		ret = add_source(p, device_irqs[i]);
	if (ret)
		return err_set_errno(e, ret, "interrupt controllers");
	ret = mmio_add(p->partition->mmio, gpa_of(PAPR_TIMA_BASE), XIVE_TIMA_SIZE, &xive_tima_ops,
		       p->xive, e);
	if (!ret)
		ret = mmio_add(p->partition->mmio, gpa_of(PAPR_ESB_BASE),
			       XIVE_ESB_SIZE(PAPR_N_IRQS), &xive_esb_ops, p->xive, e);
	return ret;
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
	for (u32 i = 0; i < p->partition->n_vcpus; i++) {
		xive_reset_server(p->xive, i);
		xics_reset_server(p->xics, i);
		vcpu_unpend(p->partition->vcpus[i], PEND_EXT);
	}
}

void papr_irq_set(struct papr *p, u32 irq, bool level)
{
	if (p->opt.irq_mode == PAPR_XIVE)
		xive_source_set_level(p->xive, irq, level);
	else
		xics_source_set_level(p->xics, irq, level);
}
