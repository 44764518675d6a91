// SPDX-License-Identifier: Apache-2.0
/*
 * Host bridges and PCI slots as dynamic resources [LoPAR 13.7.4, 13.7.5]: what
 * the core's state machine does to them.
 *
 * A slot's function is plugged into its bridge while it is enabled. What is
 * behind a bridge comes and goes with it: the guest finds it in the bridge's
 * node, and need not configure it once more.
 */
#include "papr/dr/pci.h"

#include <errno.h>

#include "base/err.h"
#include "papr/devices.h"
#include "papr/dr/core.h"

/* ---- slots ---- */

static int slot_enable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	struct papr_slot *s = d->opaque;

	(void)p;
	device_reset(&s->dev->dev);
	return phb_plug(s->bridge->phb, s->dev, (int)s->number, e);
}

static int slot_disable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	struct papr_slot *s = d->opaque;

	(void)p;
	(void)e;
	device_quiesce(&s->dev->dev);
	phb_unplug(s->dev);
	return 0;
}

static void slot_detach(struct papr *p, struct drc *d)
{
	struct papr_slot *s = d->opaque;
	struct pci_dev *dev = s->dev;

	s->dev = NULL;
	papr_device_gone(p, d);
	device_destroy(&dev->dev);
}

static void slot_fdt(struct papr *p, const struct drc *d, struct fdt_build *b)
{
	(void)p;
	papr_slot_fdt(d->opaque, b);
}

static const struct drc_ops slot_ops = {
	.enable = slot_enable,
	.disable = slot_disable,
	.detach = slot_detach,
	.fdt = slot_fdt,
};

static void remove_slots(struct papr_bridge *br, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		dr_remove_connector(br->papr, br->slot[i].drc);
		br->slot[i].drc = NULL;
	}
}

int dr_pci_add_slots(struct papr_bridge *br, struct hypar_err *e)
{
	for (u32 i = 0; i < PHB_SLOTS; i++) {
		const struct drc_config c = {
			.type = DRC_PCI,
			.id = br->index << 16 | PCI_DEVFN(i, 0),
			.ops = &slot_ops,
			.opaque = &br->slot[i],
			.power_domain = br->index * PHB_SLOTS + i + 1,
			.parent = br->drc->index,
		};

		br->slot[i].drc = dr_add_connector(br->papr, &c, e);
		if (!br->slot[i].drc) {
			remove_slots(br, i);
			return -ENOMEM;
		}
	}
	return 0;
}

void dr_pci_remove_slots(struct papr_bridge *br)
{
	if (br->slot[0].drc)
		remove_slots(br, PHB_SLOTS);
}

/* ---- bridges ---- */

/* The guest gets, or loses, what is behind a bridge together with it. */
static void move_slots(struct papr_bridge *br, bool in)
{
	struct papr *p = br->papr;

	for (u32 i = 0; i < PHB_SLOTS; i++) {
		struct drc *d = br->slot[i].drc;

		if (!br->slot[i].dev)
			continue;
		pthread_mutex_lock(&p->dr->lock);
		if (!in)
			(void)drc_apply(p, d, DRC_ISOLATE);
		else if (!drc_apply(p, d, DRC_UNISOLATE))
			(void)drc_apply(p, d, DRC_CONFIGURE);
		pthread_mutex_unlock(&p->dr->lock);
	}
}

static int bridge_enable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	struct papr_bridge *br = d->opaque;
	int ret = phb_map(br->phb, e);

	if (ret)
		return ret;
	papr_tce_add(p, &br->phb->tce);
	p->phb[br->index] = br->phb;
	move_slots(br, true);
	return 0;
}

static int bridge_disable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	struct papr_bridge *br = d->opaque;

	(void)e;
	move_slots(br, false);
	phb_reset(br->phb);
	p->phb[br->index] = NULL;
	papr_tce_remove(p, &br->phb->tce);
	phb_unmap(br->phb);
	return 0;
}

static void bridge_detach(struct papr *p, struct drc *d)
{
	struct papr_bridge *br = d->opaque;

	for (u32 i = 0; i < PHB_SLOTS; i++)
		if (br->slot[i].dev)
			dr_detach_now(p, br->slot[i].drc);
	papr_pci_drop_bridge(br);
}

static void bridge_fdt(struct papr *p, const struct drc *d, struct fdt_build *b)
{
	(void)p;
	papr_bridge_fdt(d->opaque, b);
}

static const struct drc_ops bridge_ops = {
	.enable = bridge_enable,
	.disable = bridge_disable,
	.detach = bridge_detach,
	.fdt = bridge_fdt,
};

int dr_pci_add_bridge(struct papr_bridge *br, struct hypar_err *e)
{
	const struct drc_config c = {
		.type = DRC_PHB,
		.id = br->index,
		.ops = &bridge_ops,
		.opaque = br,
		.power_domain = DRC_POWER_LIVE,
	};

	br->drc = dr_add_connector(br->papr, &c, e);
	return br->drc ? 0 : -ENOMEM;
}
