/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves to and from the floating-point status and control register
 * [ISA 3.1B I 4.6.10]. FEX and VX follow the other bits and cannot be written;
 * bits 0:28 and 52 are reserved and stay 0.
 */
#include "cpu/interp/interp.h"

#include "cpu/interp/fpscr.h"

/* What mcrfs clears: FX and the exceptions. */
#define STICKY (FPSCR_FX | FP_OX | FP_UX | FP_ZX | FP_XX | FPSCR_VX_ALL)

/* What mffscdrn and its like copy: DRN, the enables, NI and RN. */
#define CONTROL (FPSCR_DRN | FPSCR_ENABLES | FPSCR_NI | FPSCR_RN)

static inline void set_frt(struct cpu *c, u32 insn, u64 v)
{
	c->vsr[f_rt(insn)].d[1] = v;
	c->vsr[f_rt(insn)].d[0] = 0;
}

/* The bits of @mask become those of @v. */
static void change(struct cpu *c, u64 mask, u64 v)
{
	mask &= FPSCR_WRITABLE;
	c->fpscr = fpscr_summary((c->fpscr & ~mask) | (v & mask));
}

/* A move that leaves an enabled exception standing raises the interrupt. */
static u64 changed(struct cpu *c, u32 insn, u64 pc)
{
	fpscr_record(c, insn);
	if (c->fpscr & FPSCR_FEX && c->msr & (MSR_FE0 | MSR_FE1))
		return cpu_program(c, pc, SRR1_FP);
	return NEXT;
}

u64 i_mffs(struct cpu *c, u32 insn, u64 pc)
{
	set_frt(c, insn, c->fpscr);
	fpscr_record(c, insn);
	return NEXT;
}

u64 i_mffsce(struct cpu *c, u32 insn, u64 pc)
{
	set_frt(c, insn, c->fpscr);
	change(c, FPSCR_ENABLES, 0);
	return NEXT;
}

/* Reads the controls and then sets those of @mask. */
static void swap_control(struct cpu *c, u32 insn, u64 mask, u64 v)
{
	u64 old = c->fpscr & CONTROL;

	change(c, mask, v);
	set_frt(c, insn, old);
}

u64 i_mffscdrn(struct cpu *c, u32 insn, u64 pc)
{
	swap_control(c, insn, FPSCR_DRN, c->vsr[f_rb(insn)].d[1]);
	return NEXT;
}

u64 i_mffscdrni(struct cpu *c, u32 insn, u64 pc)
{
	swap_control(c, insn, FPSCR_DRN, (u64)(f_rb(insn) & 7) << 32);
	return NEXT;
}

u64 i_mffscrn(struct cpu *c, u32 insn, u64 pc)
{
	swap_control(c, insn, FPSCR_RN, c->vsr[f_rb(insn)].d[1]);
	return NEXT;
}

u64 i_mffscrni(struct cpu *c, u32 insn, u64 pc)
{
	swap_control(c, insn, FPSCR_RN, f_rb(insn) & 3);
	return NEXT;
}

u64 i_mffsl(struct cpu *c, u32 insn, u64 pc)
{
	set_frt(c, insn, c->fpscr & (CONTROL | FPSCR_FR | FPSCR_FI | FPSCR_FPRF));
	return NEXT;
}

u64 i_mcrfs(struct cpu *c, u32 insn, u64 pc)
{
	unsigned int shift = 28 - 4 * f_bfa(insn);

	cr_set_field(c, f_bf(insn), (u32)c->fpscr >> shift & 15);
	change(c, STICKY & (15u << shift), 0);
	return NEXT;
}

/* FLM selects fields of the low word, with W = 1 of the high one; L all. */
u64 i_mtfsf(struct cpu *c, u32 insn, u64 pc)
{
	u32 flm = insn >> 17 & 0xff;
	bool all = insn >> 25 & 1, high = insn >> 16 & 1;
	u64 mask = 0;

	for (u32 i = 0; i < 8; i++)
		if (flm & (0x80 >> i))
			mask |= 0xf0000000ULL >> 4 * i;
	if (high)
		mask <<= 32;
	change(c, all ? ~0ULL : mask, c->vsr[f_rb(insn)].d[1]);
	return changed(c, insn, pc);
}

u64 i_mtfsfi(struct cpu *c, u32 insn, u64 pc)
{
	unsigned int shift = 28 - 4 * f_bf(insn) + (insn >> 16 & 1 ? 32 : 0);

	change(c, 15ULL << shift, (u64)(insn >> 12 & 15) << shift);
	return changed(c, insn, pc);
}

u64 i_mtfsb0(struct cpu *c, u32 insn, u64 pc)
{
	change(c, 0x80000000U >> f_rt(insn), 0);
	return changed(c, insn, pc);
}

/* Unlike mtfsf, this sets FX if it sets an exception. */
u64 i_mtfsb1(struct cpu *c, u32 insn, u64 pc)
{
	u64 bit = 0x80000000U >> f_rt(insn);

	if (bit & STICKY && !(c->fpscr & bit))
		bit |= FPSCR_FX;
	change(c, bit, bit);
	return changed(c, insn, pc);
}
