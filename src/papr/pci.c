// SPDX-License-Identifier: Apache-2.0
#include "papr/pci.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "papr/dr/pci.h"

static void pci_irq(void *opaque, u32 source, bool level)
{
	papr_irq_set(opaque, source, level);
}

static void say(void *opaque, const char *line)
{
	papr_notice(opaque, line);
}

/* A bridge without connector; it answers. */
static struct pci_phb *new_bridge(struct papr *p, u32 index, struct hypar_err *e)
{
	struct pci_phb_config c = {
		.index = index,
		.mem = p->partition->mem,
		.mmio = p->partition->mmio,
		.io = gpa_of(PAPR_PCI_IO(index)),
		.mem32 = gpa_of(PAPR_PCI_MEM32(index)),
		.mem64 = gpa_of(PAPR_PCI_MEM64(index)),
		.liobn = PAPR_PHB_LIOBN(index),
		.irq = pci_irq,
		.opaque = p,
		.lsi = PAPR_IRQ_PCI_LSI + index * PHB_LSIS,
		.msi_first = PAPR_IRQ_PCI_MSI + index * PAPR_PHB_N_MSI,
		.n_msi = PAPR_PHB_N_MSI,
		.log = { say, p },
	};

	_Static_assert(PAPR_PHB_N_MSI <= PHB_SOURCES_MAX, "messages of a bridge");
	return phb_new(&c, e);
}

int papr_pci_new(struct papr *p, struct hypar_err *e)
{
	int ret = 0;

	p->bridges = calloc(PAPR_N_PHBS, sizeof(p->bridges[0]));
	if (!p->bridges)
		return err_set(e, -ENOMEM, "no memory for PCI");
	for (u32 i = 0; !ret && i < PAPR_N_PHBS; i++) {
		struct papr_bridge *br = &p->bridges[i];

		br->papr = p;
		br->index = i;
		for (u32 k = 0; k < PHB_SLOTS; k++)
			br->slot[k] = (struct papr_slot){ .bridge = br, .number = k };
		ret = dr_pci_add_bridge(br, e);
	}
	return ret;
}

struct papr_bridge *papr_pci_bridge(const struct papr *p, u32 index)
{
	return index < PAPR_N_PHBS && p->bridges ? &p->bridges[index] : NULL;
}

int papr_pci_attach_bridge(struct papr *p, u32 index, enum drc_attach how, struct hypar_err *e)
{
	struct papr_bridge *br = papr_pci_bridge(p, index);
	char name[16];
	int ret;

	if (!br)
		return err_set(e, -EINVAL, "no PCI host bridge %u: 0 to %u", index,
			       PAPR_N_PHBS - 1);
	if (br->phb)
		return err_set(e, -EEXIST, "PCI host bridge %u is there already", index);
	br->phb = new_bridge(p, index, e);
	if (!br->phb)
		return -ENOMEM;
	if (how == DRC_COLD) {
		papr_tce_add(p, &br->phb->tce);
		p->phb[index] = br->phb;
	} else {
		phb_unmap(br->phb);
	}
	snprintf(name, sizeof(name), "phb%u", index);
	ret = dr_pci_add_slots(br, e);
	if (!ret)
		ret = dr_attach(p, br->drc, how, name, e);
	if (!ret)
		return 0;
	papr_pci_drop_bridge(br);
	return ret;
}

void papr_pci_drop_bridge(struct papr_bridge *br)
{
	struct papr *p = br->papr;

	dr_pci_remove_slots(br);
	if (p->phb[br->index])
		papr_tce_remove(p, &br->phb->tce);
	p->phb[br->index] = NULL;
	phb_free(br->phb);
	br->phb = NULL;
}

static struct papr_slot *choose_slot(struct papr_bridge *br, int slot)
{
	if (slot >= (int)PHB_SLOTS)
		return NULL;
	if (slot >= 0)
		return br->slot[slot].dev ? NULL : &br->slot[slot];
	for (u32 i = 0; i < PHB_SLOTS; i++)
		if (!br->slot[i].dev)
			return &br->slot[i];
	return NULL;
}

/* With the function in the slot already. */
static int attach(struct papr *p, struct papr_slot *s, enum drc_attach how, struct hypar_err *e)
{
	int ret = how == DRC_COLD ? phb_plug(s->bridge->phb, s->dev, (int)s->number, e) : 0;

	if (ret)
		return ret;
	ret = dr_attach(p, s->drc, how, s->dev->dev.id, e);
	if (ret && how == DRC_COLD)
		phb_unplug(s->dev);
	return ret;
}

int papr_pci_attach(struct papr *p, struct pci_dev *d, const struct papr_plug *plug,
		    struct papr_slot **out, struct hypar_err *e)
{
	struct papr_bridge *br = papr_pci_bridge(p, plug->bridge);
	struct papr_slot *s = NULL;
	int ret = 0;

	if (!br || (!br->phb && plug->how == DRC_COLD))
		ret = papr_pci_attach_bridge(p, plug->bridge, DRC_COLD, e);
	else if (!br->phb)
		ret = err_set(e, -ENODEV, "there is no PCI host bridge %u", plug->bridge);
	if (!ret) {
		s = choose_slot(br, plug->slot);
		ret = s ? 0 :
			  err_set(e, -EBUSY, "%s: no free slot on PCI host bridge %u", d->dev.id,
				  plug->bridge);
	}
	if (!ret) {
		s->dev = d;
		ret = attach(p, s, plug->how, e);
	}
	if (ret) {
		if (s)
			s->dev = NULL;
		device_destroy(&d->dev);
		return ret;
	}
	if (out)
		*out = s;
	return 0;
}

void papr_pci_surprise(struct papr *p, struct papr_slot *s)
{
	struct pci_phb *phb = s->bridge->phb;
	bool was_seen = s->drc->enabled && p->phb[s->bridge->index];

	dr_detach_now(p, s->drc);
	if (was_seen)
		phb_pe_set(phb, s->number, PHB_PE_GONE);
}

void papr_pci_quiesce(struct papr *p)
{
	for (u32 i = 0; i < PAPR_N_PHBS; i++)
		if (p->phb[i])
			phb_quiesce(p->phb[i]);
}

void papr_pci_reset(struct papr *p)
{
	for (u32 i = 0; i < PAPR_N_PHBS; i++)
		if (p->phb[i])
			phb_reset(p->phb[i]);
}

void papr_pci_free(struct papr *p)
{
	for (u32 i = 0; p->bridges && i < PAPR_N_PHBS; i++) {
		struct papr_bridge *br = &p->bridges[i];

		if (!br->phb)
			continue;
		for (u32 k = 0; k < PHB_SLOTS; k++) {
			struct pci_dev *d = br->slot[k].dev;

			if (d && d->phb)
				phb_unplug(d);
			if (d)
				device_destroy(&d->dev);
		}
		if (p->phb[i])
			papr_tce_remove(p, &br->phb->tce);
		p->phb[i] = NULL;
		phb_free(br->phb);
	}
	free(p->bridges);
	p->bridges = NULL;
}

struct pci_phb *papr_pci_find(const struct papr *p, u64 buid)
{
	u64 i = buid - PAPR_PHB_BUID(0);

	return i < PAPR_N_PHBS ? p->phb[i] : NULL;
}

/* ---- I/O buses ---- */

struct tce_bus *papr_tce_find(struct papr *p, u32 liobn)
{
	struct tce_bus *b = p->tce_buses;

	while (b && !tce_bus_has(b, liobn))
		b = b->next;
	return b;
}

void papr_tce_add(struct papr *p, struct tce_bus *b)
{
	b->next = p->tce_buses;
	p->tce_buses = b;
}

void papr_tce_remove(struct papr *p, struct tce_bus *b)
{
	for (struct tce_bus **at = &p->tce_buses; *at; at = &(*at)->next)
		if (*at == b) {
			*at = b->next;
			return;
		}
}
