// SPDX-License-Identifier: Apache-2.0
/*
 * Matrix-multiply assist: moves of accumulators, and outer products of integers
 * [ISA 3.1B I 7.6.3]. Those of floating-point numbers are in mma_float.c.
 */
#include "cpu/interp/mma.h"

/* The accumulator is in its VSRs already. */
u64 i_xxmfacc(struct cpu *c, u32 insn, u64 pc)
{
	(void)c;
	(void)insn;
	return NEXT;
}

u64 i_xxmtacc(struct cpu *c, u32 insn, u64 pc)
{
	(void)c;
	(void)insn;
	return NEXT;
}

u64 i_xxsetaccz(struct cpu *c, u32 insn, u64 pc)
{
	memset(mma_acc(c, insn), 0, 4 * sizeof(union vsr));
	return NEXT;
}

/* The sum of the products of the parts of two words that @p selects, first part first. */
typedef s64 dot_fn(u32 x, u32 y, u32 p);

static inline s64 dot4(u32 x, u32 y, u32 p)
{
	s64 sum = 0;

	for (u32 k = 0; k < 8; k++)
		if (mma_in(p, 8, k))
			sum += (s64)((s32)(x << 4 * k) >> 28) * ((s32)(y << 4 * k) >> 28);
	return sum;
}

/* Signed times unsigned. */
static inline s64 dot8(u32 x, u32 y, u32 p)
{
	s64 sum = 0;

	for (u32 k = 0; k < 4; k++)
		if (mma_in(p, 4, k))
			sum += (s64)((s32)(x << 8 * k) >> 24) * (s64)(y << 8 * k >> 24);
	return sum;
}

static inline s64 dot16(u32 x, u32 y, u32 p)
{
	s64 sum = 0;

	for (u32 k = 0; k < 2; k++)
		if (mma_in(p, 2, k))
			sum += (s64)((s32)(x << 16 * k) >> 16) * ((s32)(y << 16 * k) >> 16);
	return sum;
}

#define ADD 1u	    /* to what the accumulator holds */
#define SATURATE 2u /* else modulo 2^32 */

static inline s32 saturate(struct cpu *c, s64 v)
{
	s64 w = v < INT32_MIN ? INT32_MIN : v > INT32_MAX ? INT32_MAX : v;

	if (v != w)
		c->vscr |= VSCR_SAT;
	return (s32)w;
}

ALWAYS_INLINE void integer_ger(struct cpu *c, u32 insn, struct mma_masks m, dot_fn *dot, u32 how)
{
	const union vsr a = vxa(c, insn), b = vxb(c, insn);
	union vsr *acc = mma_acc(c, insn);

	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < 4; j++) {
			u32 *t = &VSR_W(acc[i], j);
			s64 v;

			if (!mma_in(m.x, 4, i) || !mma_in(m.y, 4, j)) {
				*t = 0;
				continue;
			}
			v = dot(VSR_W(a, i), VSR_W(b, j), m.p) + (how & ADD ? (s32)*t : 0);
			*t = how & SATURATE ? (u32)saturate(c, v) : (u32)v;
		}
}

#define INTEGER_GER(name, products, dot, how)                                    \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                            \
	{                                                                        \
		integer_ger(c, insn, mma_all(), dot, how);                       \
		return NEXT;                                                     \
	}                                                                        \
	u64 i_pm##name(struct cpu *c, u32 insn, u64 pc)                          \
	{                                                                        \
		integer_ger(c, insn, mma_prefix(c->prefix, products), dot, how); \
		return NEXT8;                                                    \
	}

INTEGER_GER(xvi4ger8, 8, dot4, 0)
INTEGER_GER(xvi4ger8pp, 8, dot4, ADD)
INTEGER_GER(xvi8ger4, 4, dot8, 0)
INTEGER_GER(xvi8ger4pp, 4, dot8, ADD)
INTEGER_GER(xvi8ger4spp, 4, dot8, ADD | SATURATE)
INTEGER_GER(xvi16ger2, 2, dot16, 0)
INTEGER_GER(xvi16ger2pp, 2, dot16, ADD)
INTEGER_GER(xvi16ger2s, 2, dot16, SATURATE)
INTEGER_GER(xvi16ger2spp, 2, dot16, ADD | SATURATE)
