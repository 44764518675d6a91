// SPDX-License-Identifier: Apache-2.0
/*
 * include/hypar/irqchip.h over device control (irq/kdev.h) and the typed entry
 * points of XIVE and XICS. Nothing is implemented here: each function finds the
 * controller and passes on.
 *
 * Threads: the controllers lock themselves. What a machine uses is held in place
 * by papr.irq_lock while it is called.
 */
#include "lib/irqchip.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/err.h"
#include "hypar/kvm.h"

_Static_assert(HYPAR_MACHINE_SOURCES == PAPR_N_IRQS, "sources of a machine");

/* The controller that a call is for: one of both, until chip_put(). */
struct chip {
	struct papr *papr;
	struct kdev *kdev;
	struct xive *xive;
	struct xics *xics;
};

static struct chip chip_get(hypar_irqdev *d)
{
	struct chip c = { .papr = d->papr, .xive = d->xive, .xics = d->xics };

	if (c.papr) {
		pthread_mutex_lock(&c.papr->irq_lock);
		if (c.papr->opt.irq_mode == PAPR_XIVE)
			c.xive = c.papr->xive;
		else
			c.xics = c.papr->xics;
	}
	c.kdev = c.xive ? xive_kdev(c.xive) : xics_kdev(c.xics);
	return c;
}

/* Returns @ret, so that callers end with it. */
static int chip_put(const struct chip *c, int ret)
{
	if (c->papr)
		pthread_mutex_unlock(&c->papr->irq_lock);
	return ret;
}

/* ---- make and free ---- */

static void set_external(void *opaque, u32 cpu, bool level)
{
	hypar_irqdev *d = opaque;

	if (d->set_external)
		d->set_external(d->opaque, cpu, level);
}

static int add_ram(hypar_irqdev *d, const struct hypar_irqdev_config *cfg, struct hypar_err *e)
{
	int ret = 0;

	d->mem = gmem_new();
	if (!d->mem)
		return err_set(e, -ENOMEM, "no memory for the interrupt controller");
	for (u32 i = 0; !ret && i < cfg->n_ram; i++) {
		const struct hypar_ram *r = &cfg->ram[i];

		ret = gmem_add_host(d->mem,
				    &(struct gmem_host){ gpa_of(r->addr), r->size, r->host }, e);
	}
	return ret;
}

static int make_chip(hypar_irqdev *d, const struct hypar_irqdev_config *cfg, struct hypar_err *e)
{
	struct irq_sink sink = { .set_external = set_external, .opaque = d };
	struct xive_config xive = { .mem = d->mem,
				    .sink = sink,
				    .n_servers = cfg->n_servers,
				    .n_sources = cfg->n_sources };
	struct xics_config xics = { .sink = sink,
				    .n_servers = cfg->n_servers,
				    .n_sources = cfg->n_sources };

	switch (cfg->type) {
	case KVM_DEV_TYPE_XIVE:
		d->xive = xive_new(&xive, e);
		break;
	case KVM_DEV_TYPE_XICS:
		d->xics = xics_new(&xics, e);
		break;
	default:
		return err_set(e, -ENODEV, "no interrupt controller of type %u", cfg->type);
	}
	return d->xive || d->xics ? 0 : -EINVAL;
}

hypar_irqdev *hypar_irqdev_new(const struct hypar_irqdev_config *cfg, struct hypar_err *e)
{
	hypar_irqdev *d = calloc(1, sizeof(*d));

	if (!d) {
		err_set(e, -ENOMEM, "no memory for the interrupt controller");
		return NULL;
	}
	d->set_external = cfg->set_external;
	d->opaque = cfg->opaque;
	if (!add_ram(d, cfg, e) && !make_chip(d, cfg, e))
		return d;
	hypar_irqdev_free(d);
	return NULL;
}

void hypar_irqdev_free(hypar_irqdev *d)
{
	if (!d || d->papr)
		return;
	xive_free(d->xive);
	xics_free(d->xics);
	gmem_free(d->mem);
	free(d);
}

/* ---- device control ---- */

uint32_t hypar_irqdev_type(hypar_irqdev *d)
{
	struct chip c = chip_get(d);

	return (u32)chip_put(&c, (int)c.kdev->type->type);
}

int hypar_irqdev_has_attr(hypar_irqdev *d, uint32_t group, uint64_t attr)
{
	struct chip c = chip_get(d);

	return chip_put(&c, kdev_has_attr(c.kdev, group, attr));
}

int hypar_irqdev_get_attr(hypar_irqdev *d, uint32_t group, uint64_t attr, void *addr)
{
	struct chip c = chip_get(d);

	return chip_put(&c, kdev_get_attr(c.kdev, group, attr, addr));
}

int hypar_irqdev_set_attr(hypar_irqdev *d, uint32_t group, uint64_t attr, const void *addr)
{
	struct chip c = chip_get(d);

	return chip_put(&c, kdev_set_attr(c.kdev, group, attr, addr));
}

int hypar_irqdev_connect(hypar_irqdev *d, uint32_t server)
{
	struct chip c = chip_get(d);

	return chip_put(&c, kdev_connect(c.kdev, server));
}

int hypar_irqdev_get_reg(hypar_irqdev *d, uint32_t server, uint64_t id, void *addr)
{
	struct chip c = chip_get(d);

	return chip_put(&c, kdev_get_reg(c.kdev, server, id, addr));
}

int hypar_irqdev_set_reg(hypar_irqdev *d, uint32_t server, uint64_t id, const void *addr)
{
	struct chip c = chip_get(d);

	return chip_put(&c, kdev_set_reg(c.kdev, server, id, addr));
}

int hypar_irqdev_set_irq(hypar_irqdev *d, uint32_t source, bool level)
{
	struct chip c = chip_get(d);
	struct xive_source_info info;
	u32 server, prio;
	int ret = -EINVAL;

	if (c.xive && xive_get_source_info(c.xive, source, &info) == XIVE_OK) {
		xive_source_set_level(c.xive, source, level);
		ret = 0;
	} else if (c.xics && !xics_get_xive(c.xics, source, &server, &prio)) {
		xics_source_set_level(c.xics, source, level);
		ret = 0;
	}
	return chip_put(&c, ret);
}

/* ---- XIVE: its pages ---- */

#define ESB_BASE ((u64)KVM_XIVE_ESB_PAGE_OFFSET << XIVE_PAGE_SHIFT)

_Static_assert(HYPAR_XIVE_PAGE_SIZE == 1ULL << XIVE_PAGE_SHIFT, "page size");
_Static_assert(HYPAR_XIVE_TIMA_OS == (u64)XIVE_TIMA_OS_PAGE << XIVE_PAGE_SHIFT, "TIMA first");
_Static_assert(HYPAR_XIVE_ESB_MANAGE(3) == ESB_BASE + XIVE_ESB_EOI_PAGE(3), "then ESB");
_Static_assert(ESB_BASE == XIVE_TIMA_SIZE, "TIMA ends where ESB begins");

/* Where an access goes: the handlers, and the place relative to them. */
struct page {
	const struct mmio_ops *ops;
	u64 at;
};

static int page_find(const struct chip *c, const struct hypar_irqdev_access *a, struct page *p)
{
	if (!c->xive)
		return -ENODEV;
	if (!is_pow2(a->size) || a->size > 8 || a->at & (a->size - 1))
		return -EINVAL;
	if (a->server >= XIVE_SERVERS_MAX || a->at >= ESB_BASE + XIVE_ESB_SIZE(XIVE_SOURCES_MAX))
		return -EFAULT;
	if (a->at < ESB_BASE)
		*p = (struct page){ &xive_tima_ops, a->at };
	else
		*p = (struct page){ &xive_esb_ops, a->at - ESB_BASE };
	return 0;
}

int hypar_irqdev_load(hypar_irqdev *d, const struct hypar_irqdev_access *a, uint64_t *val)
{
	struct chip c = chip_get(d);
	struct page p;
	int ret = page_find(&c, a, &p);

	if (!ret && p.ops->read(c.xive, (int)a->server, p.at, a->size, val) != MMIO_OK)
		ret = -EFAULT;
	return chip_put(&c, ret);
}

int hypar_irqdev_store(hypar_irqdev *d, const struct hypar_irqdev_access *a, uint64_t val)
{
	struct chip c = chip_get(d);
	struct page p;
	int ret = page_find(&c, a, &p);

	if (!ret && p.ops->write(c.xive, (int)a->server, p.at, a->size, val) != MMIO_OK)
		ret = -EFAULT;
	return chip_put(&c, ret);
}

/* ---- XICS: hypercalls and RTAS calls ---- */

int hypar_xics_accept(hypar_irqdev *d, uint32_t server, uint32_t *xirr)
{
	struct chip c = chip_get(d);

	return chip_put(&c, c.xics ? xics_accept(c.xics, server, xirr) : -ENODEV);
}

int hypar_xics_set_cppr(hypar_irqdev *d, uint32_t server, uint8_t cppr)
{
	struct chip c = chip_get(d);

	return chip_put(&c, c.xics ? xics_set_cppr(c.xics, server, cppr) : -ENODEV);
}

int hypar_xics_eoi(hypar_irqdev *d, uint32_t server, uint32_t xirr)
{
	struct chip c = chip_get(d);

	return chip_put(&c, c.xics ? xics_eoi(c.xics, server, xirr) : -ENODEV);
}

int hypar_xics_ipi(hypar_irqdev *d, uint32_t server, uint8_t mfrr)
{
	struct chip c = chip_get(d);

	return chip_put(&c, c.xics ? xics_set_mfrr(c.xics, server, mfrr) : -ENODEV);
}

int hypar_xics_poll(hypar_irqdev *d, uint32_t server, uint32_t *xirr, uint8_t *mfrr)
{
	struct chip c = chip_get(d);

	return chip_put(&c, c.xics ? xics_poll(c.xics, server, xirr, mfrr) : -ENODEV);
}

int hypar_xics_set_xive(hypar_irqdev *d, uint32_t source, const struct hypar_xics_route *r)
{
	struct chip c = chip_get(d);

	return chip_put(&c,
			c.xics ? xics_set_xive(c.xics, source, r->server, r->priority) : -ENODEV);
}

int hypar_xics_get_xive(hypar_irqdev *d, uint32_t source, struct hypar_xics_route *r)
{
	struct chip c = chip_get(d);

	return chip_put(&c,
			c.xics ? xics_get_xive(c.xics, source, &r->server, &r->priority) : -ENODEV);
}

int hypar_xics_int_off(hypar_irqdev *d, uint32_t source)
{
	struct chip c = chip_get(d);

	return chip_put(&c, c.xics ? xics_int_off(c.xics, source) : -ENODEV);
}

int hypar_xics_int_on(hypar_irqdev *d, uint32_t source)
{
	struct chip c = chip_get(d);

	return chip_put(&c, c.xics ? xics_int_on(c.xics, source) : -ENODEV);
}
