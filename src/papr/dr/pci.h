/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connectors of PCI host bridges (logical) and of their slots (physical, each
 * a power domain of its own).
 *
 * Threads: all vCPUs parked, or none runs.
 */
#ifndef HYPAR_PAPR_DR_PCI_H
#define HYPAR_PAPR_DR_PCI_H

#include "papr/pci.h"

/* The connector of @br, for the life of the machine. */
int dr_pci_add_bridge(struct papr_bridge *br, struct hypar_err *e);

/* The connectors of its slots; remove: nothing is attached to them. */
int dr_pci_add_slots(struct papr_bridge *br, struct hypar_err *e);
void dr_pci_remove_slots(struct papr_bridge *br);

#endif
