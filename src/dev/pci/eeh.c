// SPDX-License-Identifier: Apache-2.0
/*
 * Enhanced error handling of a host bridge [LoPAR 4.4.2, 7.3.11]: a slot that
 * erred is stopped, so that nothing wrong goes on, until the guest has looked
 * at it, reset it and released it.
 *
 * As there is no hardware that errs, states come from outside: a function that
 * was pulled out, or an error that the user injects.
 */
#include <errno.h>

#include "dev/pci/phb.h"

enum phb_pe_state phb_pe_state(struct pci_phb *p, unsigned int slot)
{
	enum phb_pe_state state;

	pthread_rwlock_rdlock(&p->lock);
	state = (enum phb_pe_state)p->pe[slot];
	pthread_rwlock_unlock(&p->lock);
	return state;
}

/* The lock is held for writing. */
static void set_state(struct pci_phb *p, unsigned int slot, enum phb_pe_state state)
{
	p->pe[slot] = (u8)state;
	for (unsigned int fn = 0; fn < 8; fn++) {
		struct pci_dev *d = p->dev[PCI_DEVFN(slot, fn)];

		if (!d)
			continue;
		__atomic_store_n(&d->is_stopped, state != PHB_PE_NORMAL, __ATOMIC_RELEASE);
		phb_intx_update(d);
	}
	phb_remap(p);
}

void phb_pe_set(struct pci_phb *p, unsigned int slot, enum phb_pe_state state)
{
	pthread_rwlock_wrlock(&p->lock);
	if (p->pe[slot] != PHB_PE_GONE)
		set_state(p, slot, state);
	pthread_rwlock_unlock(&p->lock);
}

int phb_pe_reset(struct pci_phb *p, unsigned int slot)
{
	phb_pe_set(p, slot, PHB_PE_RESET);
	if (phb_pe_state(p, slot) == PHB_PE_GONE)
		return -ENODEV;
	/*
	 * Nothing reaches the functions any more, so none starts anything; a
	 * device waits for what is under way, which needs no lock of ours.
	 */
	for (unsigned int fn = 0; fn < 8; fn++)
		if (p->dev[PCI_DEVFN(slot, fn)])
			device_reset(&p->dev[PCI_DEVFN(slot, fn)]->dev);
	pthread_rwlock_wrlock(&p->lock);
	for (unsigned int fn = 0; fn < 8; fn++)
		if (p->dev[PCI_DEVFN(slot, fn)])
			pci_dev_reset(p->dev[PCI_DEVFN(slot, fn)]);
	phb_remap(p);
	pthread_rwlock_unlock(&p->lock);
	return 0;
}
