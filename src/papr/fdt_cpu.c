// SPDX-License-Identifier: Apache-2.0
/*
 * Processors in the device tree [LoPAR B.6.2.1]: /cpus, and the node of one
 * core, which is also what ibm,configure-connector gives out when it comes.
 *
 * Threads: as papr_fdt_build().
 */
#include "papr/fdt_cpu.h"

#include "isa/insn.h"
#include "papr/dr/dr.h"
#include "papr/numa.h"

#define TIMEBASE_HZ 512000000u
#define CLOCK_HZ 2000000000u
#define CACHE_LINE 128

/*
 * Processor features [LoPAR B.6.2.1 ibm,pa-features]: a length byte, a type
 * byte, then bits. Only what exists: no segment tables, no
 * transactional memory, no performance monitor, no event-based branches.
 */
static void build_pa_features(const struct papr *p, struct fdt_build *b)
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

void papr_fdt_core(const struct papr *p, struct fdt_build *b, u32 first)
{
	const struct partition *part = p->partition;
	bool p10 = part->decoder->level >= V31;
	u32 n = part->threads;
	u32 servers[HYPAR_THREADS_MAX], gservers[2 * HYPAR_THREADS_MAX];

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
	fdt_u32(b, "ibm,chip-id", first / n);
	numa_fdt_cpu(p, b, first);
	fdt_cells(b, "ibm,ppc-interrupt-server#s", servers, n);
	fdt_cells(b, "ibm,ppc-interrupt-gserver#s", gservers, 2 * n);
	build_pa_features(p, b);
	fdt_u32(b, "ibm,my-drc-index", DRC_INDEX(DRC_CPU, first));
	fdt_end(b);
}

/* Is the core of the first thread @first a guest's that starts now? */
static bool is_in_tree(const struct papr *p, u32 first)
{
	const struct drc *d = dr_find(p, DRC_INDEX(DRC_CPU, first));

	return d && drc_is_in_tree(d);
}

void papr_fdt_cpus(struct papr *p, struct fdt_build *b)
{
	const struct partition *part = p->partition;

	fdt_begin(b, "cpus");
	fdt_u32(b, "#address-cells", 1);
	fdt_u32(b, "#size-cells", 0);
	dr_fdt(p, b, 0, 1u << DRC_CPU);
	for (u32 first = 0; first < part->max_vcpus; first += part->threads)
		if (is_in_tree(p, first))
			papr_fdt_core(p, b, first);
	fdt_end(b);
}
