// SPDX-License-Identifier: Apache-2.0
/*
 * Hypercalls about processors and translation: H_SET_MODE, process table,
 * invalidations, characteristics, system reset.
 */
#include "papr/hcall.h"

#include "base/bits.h"
#include "isa/msr.h"
#include "papr/numa.h"
#include "papr/papr.h"

/* ---- H_SET_MODE [PAPR 14.5.4.1.10] ---- */

enum { MODE_CIABR = 1, MODE_DAWR0 = 2, MODE_AIL = 3, MODE_LE = 4, MODE_DAWR1 = 5 };

#define LPCR_ILE PPC_BIT(38)
#define LPCR_AIL_SHIFT 23
#define CIABR_PRIV(v) ((v)&3)
#define CIABR_PRIV_HYPER 3
#define DAWRX_HYP PPC_BIT(61)

static void for_all_lpcr(struct vcpu *v, u64 clear, u64 set)
{
	FOR_EACH_VCPU(v->partition, o)
		vcpu_set_lpcr(o, clear, set);
}

static hstatus set_mode_le(struct vcpu *v, const struct H_SET_MODE_in *in)
{
	if (in->value1)
		return H_P3;
	if (in->value2)
		return H_P4;
	if (in->mflags > 1)
		return H_UNSUPPORTED_FLAG;
	for_all_lpcr(v, LPCR_ILE, in->mflags ? LPCR_ILE : 0);
	return H_SUCCESS;
}

static hstatus set_mode_ail(struct vcpu *v, const struct H_SET_MODE_in *in)
{
	if (in->value1)
		return H_P3;
	if (in->value2)
		return H_P4;
	/* 0: off, 3: 0xc000000000004000; 1 is reserved, 2 is gone with ISA 3.1 */
	if (in->mflags == 1 || in->mflags > 3 ||
	    (in->mflags == 2 && v->partition->decoder->level >= V31))
		return H_UNSUPPORTED_FLAG;
	for_all_lpcr(v, 3ULL << LPCR_AIL_SHIFT, in->mflags << LPCR_AIL_SHIFT);
	return H_SUCCESS;
}

static hstatus set_mode_dawr(struct vcpu *v, const struct H_SET_MODE_in *in, u64 *dawr, u64 *dawrx)
{
	if (in->mflags)
		return H_UNSUPPORTED_FLAG;
	if (in->value2 & DAWRX_HYP)
		return H_P4;
	*dawr = in->value1;
	*dawrx = in->value2;
	cpu_debug_changed(&v->cpu);
	return H_SUCCESS;
}

hstatus h_set_mode(struct vcpu *v, const struct H_SET_MODE_in *in, struct H_SET_MODE_out *out)
{
	struct cpu_spr *s = &v->cpu.spr;

	(void)out;
	switch (in->resource) {
	case MODE_CIABR:
		if (in->mflags)
			return H_UNSUPPORTED_FLAG;
		if (in->value2)
			return H_P4;
		if (CIABR_PRIV(in->value1) == CIABR_PRIV_HYPER)
			return H_P3;
		s->ciabr = in->value1;
		return H_SUCCESS;
	case MODE_DAWR0:
		return set_mode_dawr(v, in, &s->dawr0, &s->dawrx0);
	case MODE_AIL:
		return set_mode_ail(v, in);
	case MODE_LE:
		return set_mode_le(v, in);
	case MODE_DAWR1:
		if (v->partition->decoder->level < V31)
			return H_P2;
		return set_mode_dawr(v, in, &s->dawr1, &s->dawrx1);
	default:
		return H_P2;
	}
}

/* ---- H_REGISTER_PROC_TBL [PAPR 14.5.4.1.12] ---- */

#define PROC_TBL_CHANGE 0x18
#define PROC_TBL_NEW 0x18   /* register a new table */
#define PROC_TBL_DEREG 0x10 /* and no other: deregister */
#define PROC_TBL_RADIX 0x04
#define PROC_TBL_HPT_SLB 0x00
#define PROC_TBL_GTSE 0x01
#define PROC_TBL_MASK 0x1f

static void set_translation(struct vcpu *v, bool radix, u64 base, u32 shift)
{
	struct partition *p = v->partition;
	static const struct tlb_inval all = { .kind = TLB_INV_ALL };

	FOR_EACH_VCPU(p, o) {
		__atomic_store_n(&o->cpu.radix, radix, __ATOMIC_RELAXED);
		__atomic_store_n(&o->cpu.prtbl, base | shift, __ATOMIC_RELAXED);
	}
	partition_tlb_invalidate(p, v, &all);
}

hstatus h_register_proc_tbl(struct vcpu *v, const struct H_REGISTER_PROC_TBL_in *in,
			    struct H_REGISTER_PROC_TBL_out *out)
{
	struct papr *p = papr_of(v);
	bool radix = in->flags & PROC_TBL_RADIX;
	u64 bytes;

	(void)out;
	if (in->flags & ~(u64)PROC_TBL_MASK)
		return H_PARAMETER;
	if ((in->flags & PROC_TBL_CHANGE) == PROC_TBL_DEREG) {
		set_translation(v, false, 0, 0);
		return H_SUCCESS;
	}
	if ((in->flags & PROC_TBL_CHANGE) != PROC_TBL_NEW)
		return (in->flags & PROC_TBL_CHANGE) ? H_PARAMETER : H_NOT_AVAILABLE;
	/* UNIMPL: hash translation; the guest learns that no such table can be had */
	if (!radix || !p->opt.radix)
		return H_NOT_AVAILABLE;
	if (in->table_size > 24)
		return H_P4;
	bytes = 1ULL << (12 + in->table_size);
	if (in->base & (bytes - 1) || in->base >> 60)
		return H_P2;
	if (in->page_size)
		return H_P3;
	if (!gmem_ok(v->partition->mem, gpa_of(in->base), 4096))
		return H_P2;
	set_translation(v, true, in->base, (u32)(12 + in->table_size));
	return H_SUCCESS;
}

/* ---- H_RPT_INVALIDATE [PAPR 14.5.4.1.13] ---- */

#define RPTI_TARGET_CMMU 1
#define RPTI_TARGET_CMMU_LOCAL 2
#define RPTI_TARGET_NMMU 4
#define RPTI_TYPE_NESTED 1
#define RPTI_TYPE_TLB 2
#define RPTI_TYPE_PWC 4
#define RPTI_TYPE_PRT 8
#define RPTI_PAGE_ALL 0xf

hstatus h_rpt_invalidate(struct vcpu *v, const struct H_RPT_INVALIDATE_in *in,
			 struct H_RPT_INVALIDATE_out *out)
{
	struct tlb_inval inv = { .kind = TLB_INV_RANGE, .start = in->start, .end = in->end };

	(void)out;
	if (!papr_of(v)->opt.radix)
		return H_NOT_AVAILABLE;
	if (in->id >> 32)
		return H_PARAMETER;
	if (in->target & ~7ULL || !in->target)
		return H_P2;
	if (in->type & ~0xfULL || !in->type || in->type & RPTI_TYPE_NESTED)
		return H_P3; /* no nested guests yet */
	if (in->page_sizes & ~(u64)RPTI_PAGE_ALL || !in->page_sizes)
		return H_P4;
	if (in->end < in->start)
		return H_P6;
	inv.pid = (u32)in->id;
	if (in->type & RPTI_TYPE_PRT || (in->start == 0 && in->end == ~0ULL))
		inv.kind = TLB_INV_PID;
	if (in->target == RPTI_TARGET_CMMU_LOCAL)
		tlb_invalidate(&v->cpu, &inv);
	else
		partition_tlb_invalidate(v->partition, v, &inv);
	return H_SUCCESS;
}

/* ---- the rest ---- */

hstatus h_set_sprg0(struct vcpu *v, const struct H_SET_SPRG0_in *in, struct H_SET_SPRG0_out *out)
{
	(void)out;
	v->cpu.spr.sprg[0] = in->value;
	return H_SUCCESS;
}

/*
 * No speculation leaves the interpreter, so no mitigation is needed: nothing
 * of the cache flushes and barriers that a kernel could do is asked for.
 */
#define BEHAVIOUR_FAVOUR_SECURITY PPC_BIT(0)
#define BEHAVIOUR_NO_L1D_FLUSH_ENTRY PPC_BIT(7)
#define BEHAVIOUR_NO_L1D_FLUSH_UACCESS PPC_BIT(8)
#define BEHAVIOUR_NO_STF_BARRIER PPC_BIT(9)

hstatus h_get_cpu_characteristics(struct vcpu *v, const struct H_GET_CPU_CHARACTERISTICS_in *in,
				  struct H_GET_CPU_CHARACTERISTICS_out *out)
{
	(void)v;
	(void)in;
	out->characteristics = 0;
	out->behaviour = BEHAVIOUR_NO_L1D_FLUSH_ENTRY | BEHAVIOUR_NO_L1D_FLUSH_UACCESS |
			 BEHAVIOUR_NO_STF_BARRIER;
	return H_SUCCESS;
}

#define HOME_NODE_VPHN 1
#define HOME_NODE_PHYSICAL 2

/*
 * The associativity domains of a processor [PAPR 14.11.6], as in its node: 16
 * bits each, the first of which is set; what is not used is ones.
 */
hstatus h_home_node_associativity(struct vcpu *v, const struct H_HOME_NODE_ASSOCIATIVITY_in *in,
				  struct H_HOME_NODE_ASSOCIATIVITY_out *out)
{
	const struct papr *p = papr_of(v);
	u32 domain[NUMA_DOMAINS_MAX + 1], n;
	u64 a[2] = { ~0ULL, ~0ULL };

	if (in->flags != HOME_NODE_VPHN && in->flags != HOME_NODE_PHYSICAL)
		return H_PARAMETER;
	if (!papr_vcpu_by_number(p, in->cpu))
		return H_P2;
	n = numa_domains(p, numa_node_of_cpu(p, (u32)in->cpu), domain);
	domain[n++] = (u32)in->cpu;
	for (u32 i = 0; i < n; i++) {
		unsigned int shift = 48 - i % 4 * 16;

		a[i / 4] &= ~(0xffffULL << shift);
		a[i / 4] |= (0x8000ULL | domain[i]) << shift;
	}
	out->a0 = a[0];
	out->a1 = a[1];
	out->a2 = out->a3 = out->a4 = out->a5 = ~0ULL;
	return H_SUCCESS;
}

hstatus h_random(struct vcpu *v, const struct H_RANDOM_in *in, struct H_RANDOM_out *out)
{
	(void)in;
	out->value = partition_random(v->partition);
	return H_SUCCESS;
}

#define RESET_ALL (-1LL)
#define RESET_ALL_OTHERS (-2LL)

hstatus h_signal_sys_reset(struct vcpu *v, const struct H_SIGNAL_SYS_RESET_in *in,
			   struct H_SIGNAL_SYS_RESET_out *out)
{
	struct partition *p = v->partition;
	struct vcpu *one;

	(void)out;
	if ((s64)in->target == RESET_ALL || (s64)in->target == RESET_ALL_OTHERS) {
		FOR_EACH_VCPU(p, o)
			if (o != v || (s64)in->target == RESET_ALL)
				vcpu_pend(o, PEND_RESET);
		return H_SUCCESS;
	}
	one = papr_vcpu_by_number(papr_of(v), in->target);
	if (!one)
		return H_PARAMETER;
	vcpu_pend(one, PEND_RESET);
	return H_SUCCESS;
}
