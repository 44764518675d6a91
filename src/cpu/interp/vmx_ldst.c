// SPDX-License-Identifier: Apache-2.0
/*
 * Vector loads and stores, lvsl and lvsr [ISA 3.1B I 6.7]. The low bits of the
 * address are dropped, so nothing here is ever misaligned. lvebx and its like
 * leave the rest of the register, which is undefined, as it was.
 */
#include "cpu/interp/vmx.h"

static u64 load_quad(struct cpu *c, u32 insn, u64 pc)
{
	u128 v;

	if (!mem_ld128(c, ea_x(c, insn) & ~15ULL, &v))
		return cpu_fault(c, pc);
	vrt(c, insn)->q = v;
	return NEXT;
}

static u64 store_quad(struct cpu *c, u32 insn, u64 pc)
{
	if (!mem_st128(c, ea_x(c, insn) & ~15ULL, vrt(c, insn)->q))
		return cpu_fault(c, pc);
	return NEXT;
}

u64 i_lvx(struct cpu *c, u32 insn, u64 pc)
{
	return load_quad(c, insn, pc);
}

u64 i_lvxl(struct cpu *c, u32 insn, u64 pc)
{
	return load_quad(c, insn, pc);
}

u64 i_stvx(struct cpu *c, u32 insn, u64 pc)
{
	return store_quad(c, insn, pc);
}

u64 i_stvxl(struct cpu *c, u32 insn, u64 pc)
{
	return store_quad(c, insn, pc);
}

/* The element, in host order, that belongs to address @ea. */
#define ELEMENT_AT(c, f, ea) \
	((((ea)&15) / sizeof(ELEM(f))) ^ (mem_is_le(c) ? 0 : ARRAY_SIZE(((union vsr *)0)->f) - 1))

#define ELEMENT_LDST(width, f, bits)                                             \
	u64 i_lve##width##x(struct cpu *c, u32 insn, u64 pc)                     \
	{                                                                        \
		u64 ea = ea_x(c, insn) & ~(u64)(bits / 8 - 1);                   \
		u##bits v;                                                       \
                                                                                 \
		if (!mem_ld##bits(c, ea, &v))                                    \
			return cpu_fault(c, pc);                                 \
		vrt(c, insn)->f[ELEMENT_AT(c, f, ea)] = v;                       \
		return NEXT;                                                     \
	}                                                                        \
	u64 i_stve##width##x(struct cpu *c, u32 insn, u64 pc)                    \
	{                                                                        \
		u64 ea = ea_x(c, insn) & ~(u64)(bits / 8 - 1);                   \
                                                                                 \
		if (!mem_st##bits(c, ea, vrt(c, insn)->f[ELEMENT_AT(c, f, ea)])) \
			return cpu_fault(c, pc);                                 \
		return NEXT;                                                     \
	}

ELEMENT_LDST(b, b, 8)
ELEMENT_LDST(h, h, 16)
ELEMENT_LDST(w, w, 32)

/* Byte elements @first, @first + 1 ... */
static void permute_control(union vsr *t, u32 first)
{
	for (u32 i = 0; i < 16; i++)
		VSR_B(*t, i) = (u8)(first + i);
}

u64 i_lvsl(struct cpu *c, u32 insn, u64 pc)
{
	permute_control(vrt(c, insn), ea_x(c, insn) & 15);
	return NEXT;
}

u64 i_lvsr(struct cpu *c, u32 insn, u64 pc)
{
	permute_control(vrt(c, insn), 16 - (ea_x(c, insn) & 15));
	return NEXT;
}

/* ---- VSCR [ISA 3.1B I 6.3.2] ---- */

u64 i_mfvscr(struct cpu *c, u32 insn, u64 pc)
{
	vrt(c, insn)->q = c->vscr;
	return NEXT;
}

u64 i_mtvscr(struct cpu *c, u32 insn, u64 pc)
{
	c->vscr = vrb(c, insn).w[0] & (VSCR_NJ | VSCR_SAT);
	return NEXT;
}
