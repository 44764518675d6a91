// SPDX-License-Identifier: Apache-2.0
/*
 * The device tree of a PAPR machine [PAPR appendix B; LoPAR 1.1 B.6], as the
 * options negotiated so far have it. What it advertises is what exists.
 */
#include <errno.h>
#include <stdlib.h>

#include "fw/fdt/build.h"
#include "isa/insn.h"
#include "papr/papr.h"
#include "papr/pci.h"
#include "papr/rtas/rtas.h"
#include "papr/vio.h"

#define TIMEBASE_HZ 512000000u
#define CLOCK_HZ 2000000000u
#define CACHE_LINE 128
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

static void build_memory(struct papr *p, struct fdt_build *b)
{
	fdt_begin(b, "memory@0");
	fdt_str(b, "device_type", "memory");
	FDT_CELLS(b, "reg", 0, 0, FDT_HI_LO(p->cfg.memory));
	FDT_CELLS(b, "ibm,associativity", 4, 0, 0, 0, 0);
	fdt_end(b);
}

/*
 * Processor features [LoPAR B.6.2.1 ibm,pa-features]: a length byte, a type
 * byte, then bits. Only what exists: no segment tables, no
 * transactional memory, no performance monitor, no event-based branches.
 */
static void build_pa_features(struct papr *p, struct fdt_build *b)
{
	u8 f[2 + 66] = { sizeof(f) - 2, 0 };
	u8 *bit = f + 2;

	bit[0] = 0x80 | 0x40 | 0x10 | 0x02; /* MMU, FPU, CTRL[RUN], no-execute */
	bit[1] = 0x10 | 0x04;		    /* fri*, SPRG3 readable */
	bit[2] = 0x01 | 0x40;		    /* PPR and friends */
	bit[3] = 0x80 | 0x40;
	bit[5] = 0x80 | 0x40 | 0x20 | 0x10; /* little-endian, CFAR, lq and stq */
	bit[6] = 0x80;
	bit[16] = bit[18] = bit[20] = 0x80; /* VMX, VSX, vector XOR */
	bit[24] = bit[26] = 0x80;	    /* large decrementer, 64-bit features */
	bit[30] = bit[32] = 0x80;	    /* register moves, little-endian atomics */
	bit[36] = bit[38] = 0x80;	    /* SPR order, copy and paste */
	bit[40] = p->opt.radix ? 0x80 : 0;  /* radix, and GTSE below */
	bit[44] = bit[46] = 0x80;	    /* addpcis, scv */
	bit[48] = bit[50] = bit[52] = 0x80; /* SIMD, quad precision, string */
	bit[54] = bit[56] = bit[58] = 0x80; /* decimal, integer, SHA */
	bit[60] = bit[62] = 0x80;	    /* atomics near memory, darn */
	if (p->partition->decoder->level >= V31)
		bit[64] = 0x80; /* DAWR1 */
	fdt_bytes(b, "ibm,pa-features", f, sizeof(f));
}

static void build_cpu(struct papr *p, struct fdt_build *b, unsigned int core)
{
	const struct partition *part = p->partition;
	bool p10 = part->decoder->level >= V31;
	u32 first = core * part->threads, n = part->n_vcpus - first;
	u32 servers[HYPAR_THREADS_MAX], gservers[2 * HYPAR_THREADS_MAX];

	if (n > part->threads)
		n = part->threads;
	for (u32 i = 0; i < n; i++) {
		servers[i] = first + i;
		gservers[2 * i] = first + i;
		gservers[2 * i + 1] = 0;
	}
	fdt_beginf(b, "PowerPC,POWER%d@%x", p10 ? 10 : 9, first);
	fdt_str(b, "device_type", "cpu");
	fdt_u32(b, "reg", first);
	fdt_str(b, "status", "okay");
	fdt_u32(b, "cpu-version", p->opt.cpu_version ? p->opt.cpu_version : (u32)part->pvr);
	fdt_u32(b, "timebase-frequency", TIMEBASE_HZ);
	fdt_u32(b, "clock-frequency", CLOCK_HZ);
	fdt_u32(b, "d-cache-block-size", CACHE_LINE);
	fdt_u32(b, "d-cache-line-size", CACHE_LINE);
	fdt_u32(b, "i-cache-block-size", CACHE_LINE);
	fdt_u32(b, "i-cache-line-size", CACHE_LINE);
	fdt_u32(b, "d-cache-size", 0x8000);
	fdt_u32(b, "i-cache-size", 0x8000);
	FDT_CELLS(b, "ibm,processor-radix-AP-encodings", 0x0000000c, 0xa0000010, 0x20000015,
		  0x4000001e);
	fdt_u32(b, "ibm,dec-bits", 56);
	fdt_u32(b, "ibm,vmx", 2);
	fdt_u32(b, "ibm,dfp", 1);
	fdt_empty(b, "64-bit");
	fdt_u32(b, "ibm,purr", 1);
	fdt_u32(b, "ibm,spurr", 1);
	fdt_u32(b, "ibm,chip-id", core);
	FDT_CELLS(b, "ibm,associativity", 5, 0, 0, 0, 0, first);
	fdt_cells(b, "ibm,ppc-interrupt-server#s", servers, n);
	fdt_cells(b, "ibm,ppc-interrupt-gserver#s", gservers, 2 * n);
	build_pa_features(p, b);
	fdt_end(b);
}

static void build_cpus(struct papr *p, struct fdt_build *b)
{
	const struct partition *part = p->partition;

	fdt_begin(b, "cpus");
	fdt_u32(b, "#address-cells", 1);
	fdt_u32(b, "#size-cells", 0);
	for (unsigned int core = 0; core * part->threads < part->n_vcpus; core++)
		build_cpu(p, b, core);
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
	FDT_CELLS(b, "ibm,xive-lisn-ranges", PAPR_IRQ_IPI, p->partition->n_vcpus);
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
	FDT_CELLS(b, "ibm,interrupt-server-ranges", 0, p->partition->n_vcpus);
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
		"hcall-crq",  "hcall-lLAN",
	};
	u64 top = p->cfg.memory;

	fdt_begin(b, "rtas");
	fdt_strs(b, "ibm,hypertas-functions", hypertas, sizeof(hypertas) / sizeof(hypertas[0]));
	fdt_u32(b, "rtas-size", rtas_size(p));
	fdt_u32(b, "rtas-error-log-max", EVENT_LOG_MAX);
	fdt_u32(b, "rtas-event-scan-rate", 1);
	fdt_u32(b, "rtas-version", 1);
	FDT_CELLS(b, "ibm,associativity-reference-points", 4, 4, 2);
	FDT_CELLS(b, "ibm,max-associativity-domains", 4, 1, 1, 1, p->partition->n_vcpus);
	FDT_CELLS(b, "ibm,lrdr-capacity", FDT_HI_LO(top), FDT_HI_LO(HYPAR_LMB_SIZE),
		  p->partition->n_vcpus / p->partition->threads);
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
	papr_vio_fdt(p, b);
	fdt_beginf(b, "nvram@%x", PAPR_NVRAM_UNIT);
	fdt_str(b, "device_type", "nvram");
	FDT_STRS(b, "compatible", "qemu,spapr-nvram", "hypar,nvram"); /* the first for SLOF */
	fdt_u32(b, "reg", PAPR_NVRAM_UNIT);
	fdt_u32(b, "#bytes", HYPAR_NVRAM_SIZE);
	fdt_end(b);
	fdt_end(b);
}

static void build_events(struct fdt_build *b)
{
	fdt_begin(b, "event-sources");
	fdt_u32(b, "#interrupt-cells", 2);
	fdt_empty(b, "interrupt-controller");
	FDT_CELLS(b, "interrupt-ranges", PAPR_IRQ_EPOW, 1);
	fdt_begin(b, "epow-events");
	FDT_CELLS(b, "interrupts", PAPR_IRQ_EPOW, 0);
	fdt_end(b);
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
	build_memory(p, &b);
	build_cpus(p, &b);
	if (p->opt.irq_mode == PAPR_XIVE)
		build_xive(p, &b);
	else
		build_xics(p, &b);
	build_rtas(p, &b);
	build_vdevice(p, &b);
	papr_pci_fdt(p, &b);
	build_events(&b);
	fdt_end(&b);
	return fdt_build_finish(&b, blob, size, e);
}
