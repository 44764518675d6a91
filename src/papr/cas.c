// SPDX-License-Identifier: Apache-2.0
/*
 * ibm,client-architecture-support [PAPR B.6.2.3; LoPAR B.5.3]: the guest's
 * vectors against what this machine has; then the device tree is made anew.
 * Nothing changes unless all of it can be granted.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "isa/insn.h"
#include "papr/papr.h"

#define PVR_PAIRS_MAX 512
#define VECTORS_MAX 16
#define LOGICAL_PVR_300 0x0f000005u
#define LOGICAL_PVR_310 0x0f000006u

/* Option vector 5 from the first byte after its length: LoPAR's byte n is [n - 1]. */
#define OV5_BYTE(v, n) ((n) <= (v)->size ? (v)->byte[(n)-1] : 0)
#define OV5_MEMORY_BYTE 2
#define OV5_DRCONF 0x20
#define OV5_AFFINITY_BYTE 5
#define OV5_FORM1 0x80
#define OV5_FORM2 0x20
#define OV5_EVENTS_BYTE 6
#define OV5_HP_EVT 0x04
#define OV5_DR_BYTE 22
#define OV5_DRMEM_V2 0x80
#define OV5_DRC_INFO 0x40
#define OV5_XIVE_BYTE 23
#define OV5_XIVE_MASK 0xc0
#define OV5_XIVE_LEGACY 0x00
#define OV5_XIVE_EXPLOIT 0x40
#define OV5_XIVE_EITHER 0x80
#define OV5_MMU_BYTE 24
#define OV5_MMU_MASK 0xc0
#define OV5_MMU_RADIX 0x40
#define OV5_MMU_EITHER 0x80
#define OV5_MMU_DYNAMIC 0xc0
#define OV5_RADIX_BYTE 26
#define OV5_GTSE 0x40
#define OV5_ANSWER_SIZE 0x19

struct vec5 {
	u32 size; /* 0: the guest has none */
	u8 byte[256];
};

/*
 * The highest logical level that a pair of the list covers. Pairs end with the
 * first whose value has bits outside of its mask. *at is moved behind the list.
 */
static bool read_pvrs(struct papr *p, gpa *at, u32 *cpu_version)
{
	bool p10 = p->partition->decoder->level >= V31;
	const u32 levels[] = { p10 ? LOGICAL_PVR_310 : LOGICAL_PVR_300, LOGICAL_PVR_300 };
	u32 pvr = (u32)p->partition->pvr, mask, value;
	bool raw = false, level[2] = { false, false };

	for (unsigned int i = 0; i < PVR_PAIRS_MAX; i++) {
		if (!gmem_ld_be32(p->partition->mem, *at, &mask) ||
		    !gmem_ld_be32(p->partition->mem, gpa_of(at->v + 4), &value))
			return false;
		at->v += 8;
		raw |= (pvr & mask) == value;
		for (unsigned int k = 0; k < 2; k++)
			level[k] |= (levels[k] & mask) == value;
		if (value & ~mask) {
			*cpu_version = level[0] ? levels[0] : level[1] ? levels[1] : 0;
			return *cpu_version || raw;
		}
	}
	return false;
}

/* Finds option vector 5 of the vectors at @at. False: they are not readable. */
static bool read_vec5(struct papr *p, gpa at, struct vec5 *out)
{
	struct gmem *m = p->partition->mem;
	u8 n, len;

	out->size = 0;
	if (!gmem_ld_u8(m, at, &n))
		return false;
	/* the count is of the vectors after the first */
	if (n + 1u > VECTORS_MAX)
		return false;
	at.v++;
	for (unsigned int i = 1; i <= n + 1u; i++) {
		if (!gmem_ld_u8(m, at, &len))
			return false;
		/* the byte is the size minus one */
		if (i == 5) {
			out->size = len + 1u;
			return gmem_read(m, gpa_of(at.v + 1), out->byte, out->size);
		}
		at.v += len + 2u;
	}
	return true;
}

static bool choose_irq_mode(struct papr *p, const struct vec5 *v, struct papr_options *opt)
{
	u8 want = OV5_BYTE(v, OV5_XIVE_BYTE) & OV5_XIVE_MASK;
	bool can_xics = p->cfg.irqchip != HYPAR_IRQCHIP_XIVE;
	bool can_xive = p->cfg.irqchip != HYPAR_IRQCHIP_XICS;

	switch (want) {
	case OV5_XIVE_EXPLOIT:
		opt->irq_mode = PAPR_XIVE;
		return can_xive;
	case OV5_XIVE_EITHER:
		opt->irq_mode = can_xive ? PAPR_XIVE : PAPR_XICS;
		return true;
	case OV5_XIVE_LEGACY:
		opt->irq_mode = PAPR_XICS;
		return can_xics;
	default:
		return false;
	}
}

/* UNIMPL: hash translation. A guest that asks for it alone gets a failure. */
static bool choose_mmu(const struct vec5 *v, struct papr_options *opt)
{
	u8 want = OV5_BYTE(v, OV5_MMU_BYTE) & OV5_MMU_MASK;

	opt->radix = want == OV5_MMU_RADIX || want == OV5_MMU_EITHER || want == OV5_MMU_DYNAMIC;
	opt->gtse = opt->radix && OV5_BYTE(v, OV5_RADIX_BYTE) & OV5_GTSE;
	return opt->radix;
}

/* What the guest asks for of dynamic reconfiguration and affinity, it gets. */
static void choose_forms(const struct vec5 *v, struct papr_options *opt)
{
	opt->drconf = OV5_BYTE(v, OV5_MEMORY_BYTE) & OV5_DRCONF;
	opt->form2 = OV5_BYTE(v, OV5_AFFINITY_BYTE) & OV5_FORM2;
	opt->hp_evt = OV5_BYTE(v, OV5_EVENTS_BYTE) & OV5_HP_EVT;
	opt->drmem_v2 = OV5_BYTE(v, OV5_DR_BYTE) & OV5_DRMEM_V2;
	opt->drc_info = OV5_BYTE(v, OV5_DR_BYTE) & OV5_DRC_INFO;
}

static void answer(const struct vec5 *v, struct papr_options *opt)
{
	u8 *a = opt->ov5;

	memset(opt->ov5, 0, sizeof(opt->ov5));
	a[0] = OV5_ANSWER_SIZE;
	a[OV5_MEMORY_BYTE] = opt->drconf ? OV5_DRCONF : 0;
	/* one form, the newer */
	a[OV5_AFFINITY_BYTE] = opt->form2 ? OV5_FORM2 : OV5_BYTE(v, OV5_AFFINITY_BYTE) & OV5_FORM1;
	a[OV5_EVENTS_BYTE] = opt->hp_evt ? OV5_HP_EVT : 0;
	a[OV5_DR_BYTE] =
		(u8)((opt->drmem_v2 ? OV5_DRMEM_V2 : 0) | (opt->drc_info ? OV5_DRC_INFO : 0));
	a[OV5_XIVE_BYTE] = opt->irq_mode == PAPR_XIVE ? OV5_XIVE_EXPLOIT : OV5_XIVE_LEGACY;
	a[OV5_MMU_BYTE] = OV5_MMU_RADIX;
	a[OV5_RADIX_BYTE] = opt->gtse ? OV5_GTSE : 0;
	opt->ov5_size = OV5_ANSWER_SIZE + 2;
}

/* The guest's other processors would run on with what is being replaced. */
static bool is_only_one_running(const struct papr *p)
{
	unsigned int n = 0;

	FOR_EACH_VCPU(p->partition, v)
		n += !vcpu_is_stopped(v);
	return n <= 1;
}

static void set_options(struct papr *p, const struct papr_options *opt)
{
	pthread_mutex_lock(&p->irq_lock);
	p->opt = *opt;
	pthread_mutex_unlock(&p->irq_lock);
}

int papr_cas(struct papr *p, gpa vec)
{
	struct papr_options old = p->opt, opt = p->opt;
	struct hypar_err e = { 0 };
	struct vec5 v5;
	void *fdt;
	size_t size;
	int ret;

	if (!is_only_one_running(p) || !read_pvrs(p, &vec, &opt.cpu_version) ||
	    !read_vec5(p, vec, &v5) || !choose_irq_mode(p, &v5, &opt) || !choose_mmu(&v5, &opt)) {
		papr_log(p, "client-architecture-support: the guest asks for what is not there");
		return -1;
	}
	choose_forms(&v5, &opt);
	answer(&v5, &opt);
	set_options(p, &opt);
	ret = papr_fdt_build(p, &fdt, &size, &e);
	if (!ret) {
		ret = p->ofw ? ofw_replace_tree(p->ofw, fdt, size, &e) : 0;
		free(fdt);
	}
	if (ret) {
		set_options(p, &old);
		papr_log(p, "client-architecture-support: %s", e.text);
		return -1;
	}
	partition_set_level(p->partition, opt.cpu_version == LOGICAL_PVR_300 ? V30 : V31);
	/* hotplug interrupts that are on their way belong to the other source, too */
	if (opt.irq_mode != old.irq_mode || opt.hp_evt != old.hp_evt)
		papr_irq_reset(p);
	event_renegotiate(p);
	return 0;
}
