// SPDX-License-Identifier: Apache-2.0
/*
 * PCI in the device tree [LoPAR B.6.9, B.6.10]: a node per bridge, and one per
 * function below it, at start and as ibm,configure-connector gives them.
 */
#include <string.h>

#include "papr/pci.h"

#include "base/bits.h"
#include "papr/guest_tree.h"
#include "papr/numa.h"
#include "papr/rtas/rtas.h"

/* The tokens, which ibm,ddw-applicable names. */
#define RTAS(name, token, handler, nargs, nret, gate, statuses, spec) TOKEN_##handler = (token),
enum token {
#include "papr/rtas/rtas.def"
};
#undef RTAS

/* First word of a PCI address [OF PCI binding 2.2.1.1]. */
#define OF_IO 0x01000000u
#define OF_MEM32 0x02000000u
#define OF_MEM64 0x03000000u
#define OF_PREFETCHABLE 0x40000000u
#define OF_ASSIGNED 0x80000000u

#define REG_CELLS 5u

/* Slots share four interrupts: the low bits of the slot and the pin choose. */
static void interrupt_map(struct papr_bridge *br, struct fdt_build *b)
{
	struct pci_phb *phb = br->phb;
	u32 map[PHB_LSIS * 4 * 7], n = 0, pic = guest_tree_pic(br->papr);

	for (u32 slot = 0; slot < PHB_LSIS; slot++)
		for (u32 pin = 1; pin <= 4; pin++) {
			u32 irq = phb->cfg.lsi + (slot + pin - 1) % PHB_LSIS;
			const u32 row[7] = { slot << 11, 0, 0, pin, pic, irq, 1 };

			memcpy(map + n, row, sizeof(row));
			n += 7;
		}
	FDT_CELLS(b, "interrupt-map-mask", (PHB_LSIS - 1) << 11, 0, 0, 7);
	fdt_cells(b, "interrupt-map", map, n);
}

static void dma_properties(struct pci_phb *phb, struct fdt_build *b)
{
	fdt_u32(b, "ibm,#dma-address-cells", 2);
	fdt_u32(b, "ibm,#dma-size-cells", 2);
	FDT_CELLS(b, "ibm,dma-window", phb->cfg.liobn, 0, 0, FDT_HI_LO(PHB_DMA32_SIZE));
	FDT_CELLS(b, "ibm,ddw-applicable", TOKEN_rtas_query_pe_dma_window,
		  TOKEN_rtas_create_pe_dma_window, TOKEN_rtas_remove_pe_dma_window);
	/* two extensions: the token that resets, and a query's block size of 64 bits */
	FDT_CELLS(b, "ibm,ddw-extensions", 2, TOKEN_rtas_reset_pe_dma_window, 1);
}

static u32 space_of(const struct pci_bar *bar)
{
	u32 space = bar->kind == PCI_BAR_IO    ? OF_IO :
		    bar->kind == PCI_BAR_MEM64 ? OF_MEM64 :
						 OF_MEM32;

	return space | (bar->is_prefetchable ? OF_PREFETCHABLE : 0);
}

/* "reg": configuration space, then a row per BAR; "assigned-addresses": where the BARs are. */
static void bar_properties(const struct pci_dev *d, struct fdt_build *b)
{
	u32 reg[REG_CELLS * (PCI_BARS + 1)] = { (u32)d->devfn << 8 }, n = REG_CELLS;
	u32 assigned[REG_CELLS * PCI_BARS], n_assigned = 0;

	for (u32 i = 0; i < PCI_BARS; i++) {
		u32 at = (u32)d->devfn << 8 | (PCI_BAR0 + 4 * i) | space_of(&d->bar[i]);
		u64 size = d->bar[i].size, address = 0;
		const u32 row[REG_CELLS] = { at, 0, 0, FDT_HI_LO(size) };

		if (d->bar[i].kind == PCI_BAR_NONE)
			continue;
		memcpy(reg + n, row, sizeof(row));
		n += REG_CELLS;
		/* as the register has it: firmware in the guest chooses places of its own */
		(void)pci_bar_address(d, i, &address);
		if (!address)
			continue;
		const u32 where[REG_CELLS] = { at | OF_ASSIGNED, FDT_HI_LO(address),
					       FDT_HI_LO(size) };
		memcpy(assigned + n_assigned, where, sizeof(where));
		n_assigned += REG_CELLS;
	}
	fdt_cells(b, "reg", reg, n);
	if (n_assigned)
		fdt_cells(b, "assigned-addresses", assigned, n_assigned);
}

static const char *name_of(u32 class)
{
	static const struct {
		u32 class;
		const char *name;
	} names[] = {
		{ 0x0200, "ethernet" },
		{ 0x0180, "block" }, /* other mass storage */
		{ 0x0100, "scsi" },
		{ 0x0780, "communication-controller" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].class == class >> 8)
			return names[i].name;
	return "unknown";
}

static void build_function(const struct papr_slot *s, struct fdt_build *b)
{
	const struct pci_dev *d = s->dev;
	const u8 *c = d->initial;
	u32 slot = d->devfn >> 3, fn = d->devfn & 7;
	u32 class = c[PCI_CLASS] | (u32)ld_le16(c + PCI_CLASS + 1) << 8;

	if (fn)
		fdt_beginf(b, "%s@%x,%x", name_of(class), slot, fn);
	else
		fdt_beginf(b, "%s@%x", name_of(class), slot);
	fdt_u32(b, "vendor-id", ld_le16(c + PCI_VENDOR_ID));
	fdt_u32(b, "device-id", ld_le16(c + PCI_DEVICE_ID));
	fdt_u32(b, "revision-id", c[PCI_REVISION]);
	fdt_u32(b, "class-code", class);
	fdt_u32(b, "subsystem-vendor-id", ld_le16(c + PCI_SUBSYSTEM_VENDOR));
	fdt_u32(b, "subsystem-id", ld_le16(c + PCI_SUBSYSTEM));
	fdt_u32(b, "min-grant", c[PCI_MIN_GRANT]);
	fdt_u32(b, "max-latency", c[PCI_MAX_LATENCY]);
	fdt_u32(b, "devsel-speed", 0);
	fdt_u32(b, "#address-cells", 3);
	fdt_u32(b, "#size-cells", 2);
	if (c[PCI_INTERRUPT_PIN])
		fdt_u32(b, "interrupts", c[PCI_INTERRUPT_PIN]);
	if (d->vec.n_msi)
		fdt_u32(b, "ibm,req#msi", d->vec.n_msi);
	if (d->vec.n_msix)
		fdt_u32(b, "ibm,req#msi-x", d->vec.n_msix);
	fdt_strf(b, "ibm,loc-code", "hypar-P%u-C%u", s->bridge->index, slot + 1);
	fdt_u32(b, "ibm,my-drc-index", s->drc->index);
	bar_properties(d, b);
	fdt_end(b);
}

void papr_bridge_fdt(struct papr_bridge *br, struct fdt_build *b)
{
	const struct pci_phb_config *c = &br->phb->cfg;
	u64 buid = PAPR_PHB_BUID(c->index);

	fdt_beginf(b, "pci@%llx", (unsigned long long)buid);
	fdt_str(b, "device_type", "pci");
	fdt_str(b, "compatible", "IBM,Logical_PHB");
	FDT_CELLS(b, "reg", FDT_HI_LO(buid), 0, 0);
	fdt_u32(b, "#address-cells", 3);
	fdt_u32(b, "#size-cells", 2);
	fdt_u32(b, "#interrupt-cells", 1);
	FDT_CELLS(b, "bus-range", 0, 0);
	FDT_CELLS(b, "ranges", OF_IO, 0, 0, FDT_HI_LO(c->io.v), FDT_HI_LO(PHB_IO_SIZE), OF_MEM32,
		  FDT_HI_LO(PHB_MEM32_BASE), FDT_HI_LO(c->mem32.v), FDT_HI_LO(PHB_MEM32_SIZE),
		  OF_MEM64, FDT_HI_LO(c->mem64.v), FDT_HI_LO(c->mem64.v),
		  FDT_HI_LO(PHB_MEM64_SIZE));
	fdt_u32(b, "ibm,pci-config-space-type", 1);
	if (br->papr->cfg.firmware)
		fdt_u32(b, "qemu,phb-enumerated", 1); /* SLOF leaves BARs and nodes alone */
	fdt_u32(b, "ibm,pe-total-#msi", c->n_msi);
	fdt_u32(b, "linux,pci-domain", c->index);
	fdt_strf(b, "ibm,loc-code", "hypar-P%u", c->index);
	numa_fdt(br->papr, b, numa_node_of_phb(br->papr, c->index));
	fdt_u32(b, "ibm,my-drc-index", br->drc->index);
	dr_fdt(br->papr, b, br->drc->index, 1u << DRC_PCI);
	interrupt_map(br, b);
	dma_properties(br->phb, b);
	for (u32 i = 0; i < PHB_SLOTS; i++)
		if (br->slot[i].dev && br->slot[i].drc->enabled)
			build_function(&br->slot[i], b);
	fdt_end(b);
}

void papr_slot_fdt(const struct papr_slot *s, struct fdt_build *b)
{
	build_function(s, b);
}

void papr_pci_fdt(struct papr *p, struct fdt_build *b)
{
	for (u32 i = 0; i < PAPR_N_PHBS; i++) {
		struct papr_bridge *br = papr_pci_bridge(p, i);

		if (br->phb && drc_is_in_tree(br->drc))
			papr_bridge_fdt(br, b);
	}
}
