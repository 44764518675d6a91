/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fields of instruction words, by their names in the Power ISA [I 1.6.2].
 */
#ifndef HYPAR_ISA_FIELDS_H
#define HYPAR_ISA_FIELDS_H

#include "base/types.h"

#define ISA_FIELD(name, shift, bits)                             \
	static inline u32 f_##name(u32 insn)                     \
	{                                                        \
		return (insn >> (shift)) & ((1u << (bits)) - 1); \
	}

ISA_FIELD(rt, 21, 5)
ISA_FIELD(ra, 16, 5)
ISA_FIELD(rb, 11, 5)
ISA_FIELD(rc, 6, 5) /* fourth register: RC, FRC, VRC */
ISA_FIELD(bf, 23, 3)
ISA_FIELD(bfa, 18, 3)
ISA_FIELD(sh5, 11, 5)
ISA_FIELD(mb5, 6, 5)
ISA_FIELD(me5, 1, 5)
ISA_FIELD(ui, 0, 16)
#undef ISA_FIELD

static inline s64 f_si(u32 insn)
{
	return (s16)insn;
}

static inline s64 f_ds(u32 insn)
{
	return (s16)(insn & 0xfffc);
}

static inline s64 f_dq(u32 insn)
{
	return (s16)(insn & 0xfff0);
}

static inline u32 f_sh6(u32 insn)
{
	return ((insn >> 11) & 31) | ((insn & 2) << 4);
}

/* MB or ME of MD-forms: five low bits, then the high bit. */
static inline u32 f_mb6(u32 insn)
{
	return ((insn >> 6) & 31) | (insn & 0x20);
}

static inline s64 f_li(u32 insn)
{
	return (s64)((u64)(insn & 0x03fffffc) << 38) >> 38;
}

/* SPR and TBR numbers have their halves swapped. */
static inline u32 f_spr(u32 insn)
{
	return ((insn >> 16) & 31) | ((insn >> 6) & 0x3e0);
}

/* Six-bit VSX registers: the fifth bit's position depends on the form. */
static inline u32 f_xt(u32 insn)
{
	return ((insn >> 21) & 31) | (insn & 1) << 5;
}

static inline u32 f_xa(u32 insn)
{
	return ((insn >> 16) & 31) | (insn & 4) << 3;
}

static inline u32 f_xb(u32 insn)
{
	return ((insn >> 11) & 31) | (insn & 2) << 4;
}

static inline u32 f_xc(u32 insn)
{
	return ((insn >> 6) & 31) | (insn & 8) << 2;
}

#endif
