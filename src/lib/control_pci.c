// SPDX-License-Identifier: Apache-2.0
/*
 * The PCI functions of a machine, for monitors: include/hypar/control.h. Read
 * from their configuration space, as the guest would, with all vCPUs parked.
 */
#include <errno.h>
#include <stdio.h>

#include "dev/pci/phb.h"
#include "hypar/control.h"
#include "lib/machine.h"

_Static_assert(HYPAR_PCI_REGIONS == PCI_BARS, "regions");

static u32 config(struct pci_dev *d, unsigned int at, unsigned int n)
{
	return phb_config_read(d->phb, d->devfn, at, n);
}

static void read_region(struct pci_dev *d, unsigned int i, struct hypar_pci_region *r)
{
	const struct pci_bar *bar = &d->bar[i];
	u32 low = config(d, PCI_BAR0 + 4 * i, 4);

	if (bar->kind == PCI_BAR_NONE)
		return;
	r->size = bar->size;
	r->is_io = bar->kind == PCI_BAR_IO;
	r->is_64bit = bar->kind == PCI_BAR_MEM64;
	r->is_prefetchable = bar->is_prefetchable;
	r->address = low & (r->is_io ? ~0x3u : ~0xfu);
	if (r->is_64bit)
		r->address |= (u64)config(d, PCI_BAR0 + 4 * i + 4, 4) << 32;
}

static void read_function(struct pci_dev *d, struct hypar_pci_info *info)
{
	snprintf(info->id, sizeof(info->id), "%s", d->dev.id);
	info->vendor = (u16)config(d, PCI_VENDOR_ID, 2);
	info->device = (u16)config(d, PCI_DEVICE_ID, 2);
	info->class_code = (u16)config(d, PCI_CLASS + 1, 2);
	info->subsystem_vendor = (u16)config(d, PCI_SUBSYSTEM_VENDOR, 2);
	info->subsystem = (u16)config(d, PCI_SUBSYSTEM, 2);
	info->pin = (u8)config(d, PCI_INTERRUPT_PIN, 1);
	for (unsigned int i = 0; i < PCI_BARS; i++)
		read_region(d, i, &info->regions[i]);
}

struct next_call {
	struct papr *papr;
	struct hypar_pci_info *info;
};

static int next(void *arg, struct hypar_err *e)
{
	struct next_call *call = arg;
	struct hypar_pci_info *info = call->info;
	unsigned int devfn = info->slot * 8 + info->function;

	for (unsigned int b = info->bridge; b < PAPR_N_PHBS; b++, devfn = 0) {
		struct pci_phb *p = call->papr->phb[b];

		for (; p && devfn < PHB_FUNCTIONS; devfn++) {
			struct pci_dev *d = phb_dev(p, devfn);

			if (!d)
				continue;
			*info = (struct hypar_pci_info){ .bridge = b,
							 .slot = devfn / 8,
							 .function = devfn % 8 };
			read_function(d, info);
			if (info->pin)
				info->irq = phb_lsi(p, info->slot + info->pin - 1);
			return 0;
		}
	}
	(void)e;
	return -ENOENT;
}

int hypar_machine_pci_next(hypar_machine *m, struct hypar_pci_info *info, struct hypar_err *e)
{
	struct next_call call = { machine_papr(m), info };

	return partition_call(call.papr->partition, next, &call, e);
}
