// SPDX-License-Identifier: Apache-2.0
/*
 * The device tree of a PAPR machine [PAPR appendix B; LoPAR 1.1 B.6], as the
 * options negotiated so far have it. What it advertises is what exists.
 */
#include <errno.h>
#include <stdlib.h>

#include "fw/fdt/build.h"
#include "papr/dr/dr.h"
#include "papr/dr/mem.h"
#include "papr/fdt_cpu.h"
#include "papr/numa.h"
#include "papr/papr.h"
#include "papr/pci.h"
#include "papr/rtas/rtas.h"
#include "papr/scm.h"
#include "papr/vio.h"

#define VPVR_300 0x0f000005
#define VPVR_310 0x0f000006

static void build_root(struct papr *p, struct fdt_build *b)
{
	fdt_str(b, "model", "IBM pSeries (hypar)");
	FDT_STRS(b, "compatible", "hypar,pseries", "IBM,pSeries");
	fdt_str(b, "device_type", "chrp");
	fdt_str(b, "system-id", "hypar");
	fdt_str(b, "ibm,partition-name", "hypar");
	fdt_u32(b, "ibm,partition-no", 1);
	fdt_u32(b, "#address-cells", 2);
	fdt_u32(b, "#size-cells", 2);
	if (p->opt.irq_mode == PAPR_XIVE)
		/* priority 7 and up belong to the hypervisor */
		FDT_CELLS(b, "ibm,plat-res-int-priorities", 7, 0xf8);
	dr_fdt(p, b, 0, 1u << DRC_PHB | 1u << DRC_LMB | 1u << DRC_PMEM);
}

/* Not after a negotiation with firmware of the guest: the boot loader has put its own there. */
static void build_boot(struct papr *p, struct fdt_build *b)
{
	u64 seed[4];

	for (unsigned int i = 0; i < 4; i++)
		seed[i] = partition_random(p->partition);
	fdt_str(b, "bootargs", p->cfg.append ? p->cfg.append : "");
	fdt_str(b, "stdout-path", "/vdevice/vty@71000000");
	fdt_str(b, "linux,stdout-path", "/vdevice/vty@71000000");
	fdt_bytes(b, "rng-seed", seed, sizeof(seed));
	/* the kernel may move BARs */
	fdt_u32(b, "linux,pci-probe-only", 0);
	if (p->initrd.size) {
		fdt_u64(b, "linux,initrd-start", p->initrd.base.v);
		fdt_u64(b, "linux,initrd-end", p->initrd.base.v + p->initrd.size);
	}
	if (p->cfg.firmware && p->kernel.size) {
		/* where SLOF finds a kernel that it is to start */
		FDT_CELLS(b, "qemu,boot-kernel", FDT_HI_LO(p->kernel.base.v),
			  FDT_HI_LO(p->kernel.size));
		if (p->kernel.is_le)
			fdt_empty(b, "qemu,boot-kernel-le");
	}
}

static void build_chosen(struct papr *p, struct fdt_build *b)
{
	u8 irq_support = p->cfg.irqchip == HYPAR_IRQCHIP_XICS ? 0x00 :
			 p->cfg.irqchip == HYPAR_IRQCHIP_XIVE ? 0x40 :
								0x80;
	/* byte of option vector 5, what it can be */
	const u8 vec5[] = { 23, irq_support, 24, 0x40, 25, 0x00, 26, 0x40 };

	fdt_begin(b, "chosen");
	if (!p->cfg.firmware || !p->opt.ov5_size)
		build_boot(p, b);
	fdt_bytes(b, "ibm,arch-vec-5-platform-support", vec5, sizeof(vec5));
	if (p->opt.ov5_size)
		fdt_bytes(b, "ibm,architecture-vec-5", p->opt.ov5, p->opt.ov5_size);
	fdt_end(b);
}

/* The unit address of a node on the root's two-cell bus. */
static void build_xive(struct papr *p, struct fdt_build *b)
{
	u64 user = PAPR_TIMA_BASE + (3ULL << XIVE_PAGE_SHIFT);
	u64 os = PAPR_TIMA_BASE + ((u64)XIVE_TIMA_OS_PAGE << XIVE_PAGE_SHIFT);

	fdt_beginf(b, "interrupt-controller@%llx", (unsigned long long)user);
	fdt_str(b, "device_type", "power-ivpe");
	fdt_str(b, "compatible", "ibm,power-ivpe");
	FDT_CELLS(b, "reg", FDT_HI_LO(user), 0, 1u << XIVE_PAGE_SHIFT, FDT_HI_LO(os), 0,
		  1u << XIVE_PAGE_SHIFT);
	FDT_CELLS(b, "ibm,xive-eq-sizes", 16);
	FDT_CELLS(b, "ibm,xive-lisn-ranges", PAPR_IRQ_IPI, p->partition->max_vcpus);
	fdt_empty(b, "interrupt-controller");
	fdt_u32(b, "#interrupt-cells", 2);
	fdt_u32(b, "phandle", PAPR_PHANDLE_PIC);
	fdt_u32(b, "linux,phandle", PAPR_PHANDLE_PIC);
	fdt_end(b);
}

static void build_xics(struct papr *p, struct fdt_build *b)
{
	fdt_begin(b, "interrupt-controller");
	fdt_str(b, "device_type", "PowerPC-External-Interrupt-Presentation");
	fdt_str(b, "compatible", "IBM,ppc-xicp");
	fdt_empty(b, "interrupt-controller");
	FDT_CELLS(b, "ibm,interrupt-server-ranges", 0, p->partition->max_vcpus);
	fdt_u32(b, "#interrupt-cells", 2);
	fdt_u32(b, "phandle", PAPR_PHANDLE_PIC);
	fdt_u32(b, "linux,phandle", PAPR_PHANDLE_PIC);
	fdt_end(b);
}

static void build_rtas(struct papr *p, struct fdt_build *b)
{
	static const char *const hypertas[] = {
		"hcall-term", "hcall-interrupt", "hcall-splpar",
		"hcall-join", "hcall-set-mode",	 "hcall-sprg0",
		"hcall-copy", "hcall-vphn",	 "hcall-rpt-invalidate",
		"hcall-tce",  "hcall-multi-tce", "hcall-vio",
		"hcall-crq",  "hcall-lLAN",	 "hcall-scm",
	};
	u64 top = p->cfg.memory_max;

	fdt_begin(b, "rtas");
	fdt_strs(b, "ibm,hypertas-functions", hypertas, sizeof(hypertas) / sizeof(hypertas[0]));
	fdt_u32(b, "rtas-size", rtas_size(p));
	fdt_u32(b, "rtas-error-log-max", EVENT_LOG_MAX);
	fdt_u32(b, "rtas-event-scan-rate", 1);
	fdt_u32(b, "rtas-version", 1);
	numa_fdt_rtas(p, b);
	FDT_CELLS(b, "ibm,lrdr-capacity", FDT_HI_LO(top), FDT_HI_LO(HYPAR_LMB_SIZE),
		  p->partition->max_vcpus / p->partition->threads);
	if (p->rtas_base.v && p->cfg.flat_tree) {
		fdt_u32(b, "linux,rtas-base", (u32)p->rtas_base.v);
		fdt_u32(b, "linux,rtas-entry", (u32)p->rtas_base.v);
	}
	rtas_fdt(b);
	fdt_end(b);
}

static void build_vdevice(struct papr *p, struct fdt_build *b)
{
	fdt_begin(b, "vdevice");
	fdt_str(b, "device_type", "vdevice");
	fdt_str(b, "compatible", "IBM,vdevice");
	fdt_u32(b, "#address-cells", 1);
	fdt_u32(b, "#size-cells", 0);
	fdt_u32(b, "#interrupt-cells", 2);
	fdt_empty(b, "interrupt-controller");
	dr_fdt(p, b, 0, 1u << DRC_VIO);
	papr_vio_fdt(p, b);
	fdt_beginf(b, "nvram@%x", PAPR_NVRAM_UNIT);
	fdt_str(b, "device_type", "nvram");
	FDT_STRS(b, "compatible", "qemu,spapr-nvram", "hypar,nvram"); /* the first for SLOF */
	fdt_u32(b, "reg", PAPR_NVRAM_UNIT);
	fdt_u32(b, "#bytes", HYPAR_NVRAM_SIZE);
	fdt_end(b);
	fdt_end(b);
}

static void build_events(struct papr *p, struct fdt_build *b)
{
	fdt_begin(b, "event-sources");
	fdt_u32(b, "#interrupt-cells", 2);
	fdt_empty(b, "interrupt-controller");
	if (p->opt.hp_evt)
		FDT_CELLS(b, "interrupt-ranges", PAPR_IRQ_EPOW, 1, PAPR_IRQ_HOTPLUG, 1);
	else
		FDT_CELLS(b, "interrupt-ranges", PAPR_IRQ_EPOW, 1);
	fdt_begin(b, "epow-events");
	FDT_CELLS(b, "interrupts", PAPR_IRQ_EPOW, 0);
	fdt_end(b);
	if (p->opt.hp_evt) {
		fdt_begin(b, "hot-plug-events");
		FDT_CELLS(b, "interrupts", PAPR_IRQ_HOTPLUG, 0);
		fdt_end(b);
	}
	fdt_end(b);
}

int papr_fdt_build(struct papr *p, void **blob, size_t *size, struct hypar_err *e)
{
	struct fdt_build b;

	fdt_build_init(&b);
	if (p->rtas_base.v && p->cfg.flat_tree)
		fdt_reserve(&b, p->rtas_base.v, 0x10000);
	fdt_begin(&b, "");
	build_root(p, &b);
	build_chosen(p, &b);
	fdt_begin(&b, "aliases");
	fdt_str(&b, "hvc0", "/vdevice/vty@71000000");
	fdt_end(&b);
	papr_mem_fdt(p, &b);
	papr_fdt_cpus(p, &b);
	if (p->opt.irq_mode == PAPR_XIVE)
		build_xive(p, &b);
	else
		build_xics(p, &b);
	build_rtas(p, &b);
	build_vdevice(p, &b);
	papr_pci_fdt(p, &b);
	papr_scm_fdt(p, &b);
	build_events(p, &b);
	fdt_end(&b);
	return fdt_build_finish(&b, blob, size, e);
}
