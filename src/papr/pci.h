/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI host bridges of a machine: where their windows and interrupts are,
 * and their place in the device tree [LoPAR B.6.9, B.6.10].
 *
 * A function belongs to the slot that it is attached to, whether the guest
 * can reach it or not: papr_pci_quiesce, _reset and _free take care of it. The
 * connectors of bridges and slots are in papr/dr/pci.c.
 */
#ifndef HYPAR_PAPR_PCI_H
#define HYPAR_PAPR_PCI_H

#include "dev/pci/phb.h"
#include "fw/fdt/build.h"
#include "papr/dr/dr.h"
#include "papr/papr.h"

#define PAPR_PHB_BUID(i) (0x0800000020000000ULL + (i))
#define PAPR_PHB_LIOBN(i) (0x80000000u | (u32)(i) << 8)

/* Guest real addresses of the windows of bridge @i. */
#define PAPR_PCI_IO(i) (0x0000020000000000ULL + ((u64)(i) << 16))
#define PAPR_PCI_MEM32(i) (0x0000020100000000ULL + ((u64)(i) << 31))
#define PAPR_PCI_MEM64(i) (0x0000021000000000ULL + ((u64)(i) << 36))

/* Sources: four level interrupts per bridge, and an equal part of the messages. */
#define PAPR_PHB_N_MSI ((PAPR_N_IRQS - PAPR_IRQ_PCI_MSI) / PAPR_N_PHBS)

struct papr_bridge;

struct papr_slot {
	struct papr_bridge *bridge;
	struct drc *drc;     /* for the life of the bridge */
	struct pci_dev *dev; /* attached; plugged while drc->enabled. NULL: empty */
	u32 number;
};

/* A possible bridge. Changes while all vCPUs are parked, as papr->phb does. */
struct papr_bridge {
	struct papr *papr;
	u32 index;
	struct drc *drc;     /* for the life of the machine */
	struct pci_phb *phb; /* attached; also papr->phb[index] while the guest can reach it */
	struct papr_slot slot[PHB_SLOTS];
};

/* The possible bridges with their connectors, before any device. */
int papr_pci_new(struct papr *p, struct hypar_err *e);

/*
 * Attaches bridge @index (@how: COLD, HOT); -EEXIST, -EINVAL (up to
 * PAPR_N_PHBS), -ENOMEM. vCPUs are parked, or none runs.
 */
int papr_pci_attach_bridge(struct papr *p, u32 index, enum drc_attach how, struct hypar_err *e);

/* Frees a bridge that is detached, with nothing behind it. */
void papr_pci_drop_bridge(struct papr_bridge *br);

/*
 * Attaches function @d, which is taken over on success and on failure, to
 * @slot (-1: the first free one) of bridge @index. COLD: the bridge is made if
 * it is not there. HOT: -ENODEV, if it is not; behind a bridge that the guest
 * has not taken yet, it comes with the bridge. @out may be NULL.
 */
struct papr_plug {
	u32 bridge;
	int slot;
	enum drc_attach how;
};
int papr_pci_attach(struct papr *p, struct pci_dev *d, const struct papr_plug *plug,
		    struct papr_slot **out, struct hypar_err *e);

/* NULL: none of that number is possible. */
struct papr_bridge *papr_pci_bridge(const struct papr *p, u32 index);

/*
 * Takes the function of @s away at once, whatever the guest does with it, as
 * if it were pulled out: its slot answers as EEH has it [LoPAR 7.3.11].
 */
void papr_pci_surprise(struct papr *p, struct papr_slot *s);

void papr_pci_quiesce(struct papr *p);
void papr_pci_reset(struct papr *p); /* everything as at start */
void papr_pci_free(struct papr *p);

void papr_pci_fdt(struct papr *p, struct fdt_build *b);
/* One bridge with what is behind it, one slot's functions: pci_fdt.c. */
void papr_bridge_fdt(struct papr_bridge *br, struct fdt_build *b);
void papr_slot_fdt(const struct papr_slot *s, struct fdt_build *b);

/* The bridge with this unit address, or NULL: the guest cannot reach it. */
struct pci_phb *papr_pci_find(const struct papr *p, u64 buid);

/* The I/O bus of window @liobn, or NULL. Buses come and go with all vCPUs parked. */
struct tce_bus *papr_tce_find(struct papr *p, u32 liobn);
void papr_tce_add(struct papr *p, struct tce_bus *b);
void papr_tce_remove(struct papr *p, struct tce_bus *b);

#endif
