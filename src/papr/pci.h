/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI host bridges of a machine: where their windows and interrupts are,
 * and their place in the device tree [LoPAR B.6.9, B.6.10].
 *
 * A function that is plugged belongs to its bridge: papr_pci_quiesce, _reset
 * and _free take care of it.
 */
#ifndef HYPAR_PAPR_PCI_H
#define HYPAR_PAPR_PCI_H

#include "dev/pci/phb.h"
#include "dev/virtio/virtio.h"
#include "fw/fdt/build.h"
#include "papr/papr.h"

#define PAPR_PHB_BUID(i) (0x0800000020000000ULL + (i))
#define PAPR_PHB_LIOBN(i) (0x80000000u | (u32)(i) << 8)

/* Guest real addresses of the windows of bridge @i. */
#define PAPR_PCI_IO(i) (0x0000020000000000ULL + ((u64)(i) << 16))
#define PAPR_PCI_MEM32(i) (0x0000020100000000ULL + ((u64)(i) << 31))
#define PAPR_PCI_MEM64(i) (0x0000021000000000ULL + ((u64)(i) << 36))

/* Sources: four level interrupts per bridge, and an equal part of the messages. */
#define PAPR_PHB_N_MSI ((PAPR_N_IRQS - PAPR_IRQ_PCI_MSI) / PAPR_N_PHBS)

/* Adds bridge @index; -EEXIST, -EINVAL (up to PAPR_N_PHBS), -ENOMEM. */
int papr_pci_add_bridge(struct papr *p, u32 index, struct hypar_err *e);

/*
 * Plugs function @d, which is taken over on success and on failure, into @slot
 * (-1: the first free one) of bridge @index, which is made if it is not there.
 */
int papr_pci_plug(struct papr *p, struct pci_dev *d, u32 index, int slot, struct hypar_err *e);

/* Makes @v a PCI function in the first free slot of bridge @index. Takes @v over in any case. */
int papr_pci_plug_virtio(struct papr *p, struct virtio_dev *v, u32 index, struct hypar_err *e);

void papr_pci_quiesce(struct papr *p);
void papr_pci_reset(struct papr *p); /* everything as at start */
void papr_pci_free(struct papr *p);

void papr_pci_fdt(struct papr *p, struct fdt_build *b);

/* The bridge with this unit address, or NULL. */
struct pci_phb *papr_pci_find(const struct papr *p, u64 buid);

/* The I/O bus of window @liobn, or NULL. Buses come and go with all vCPUs parked. */
struct tce_bus *papr_tce_find(struct papr *p, u32 liobn);
void papr_tce_add(struct papr *p, struct tce_bus *b);
void papr_tce_remove(struct papr *p, struct tce_bus *b);

#endif
