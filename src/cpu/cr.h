/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The condition register: a byte (0 or 1) per bit, ordered so that a field is
 * one aligned word SO EQ GT LT from the lowest address; CR bit i is crb[i ^ 3].
 */
#ifndef HYPAR_CPU_CR_H
#define HYPAR_CPU_CR_H

#include <string.h>

#include "cpu/state.h"

static inline u32 cr_bit(const struct cpu *c, u32 bit)
{
	return c->crb[bit ^ 3];
}

static inline void cr_set_bit(struct cpu *c, u32 bit, u32 v)
{
	c->crb[bit ^ 3] = (u8)v;
}

/* Field @f as the nibble LT GT EQ SO. */
static inline u32 cr_field(const struct cpu *c, u32 f)
{
	const u8 *p = &c->crb[f * 4];

	return (u32)(p[3] << 3 | p[2] << 2 | p[1] << 1 | p[0]);
}

static inline void cr_set_field(struct cpu *c, u32 f, u32 nibble)
{
	u32 w = (nibble & 1) | (nibble & 2) << 7 | (nibble & 4) << 14 | (nibble & 8) << 21;

	memcpy(&c->crb[f * 4], &w, 4);
}

/* Sets field @f from a comparison, with SO copied from XER. */
static inline void cr_set_cmp(struct cpu *c, u32 f, bool lt, bool gt)
{
	u32 w = (u32)c->so | (u32)(!lt & !gt) << 8 | (u32)gt << 16 | (u32)lt << 24;

	memcpy(&c->crb[f * 4], &w, 4);
}

static inline u32 cr_get(const struct cpu *c)
{
	u32 v = 0;

	for (u32 f = 0; f < 8; f++)
		v = v << 4 | cr_field(c, f);
	return v;
}

static inline void cr_set(struct cpu *c, u32 v)
{
	for (u32 f = 0; f < 8; f++)
		cr_set_field(c, f, v >> (28 - 4 * f) & 15);
}

/* CR0 from a result: Rc = 1 of fixed-point instructions [ISA 3.1B I 3.3.8]. */
static inline void cr_record(struct cpu *c, u64 result)
{
	s64 v = c->ea_mask == ~0ULL ? (s64)result : (s32)result;

	cr_set_cmp(c, 0, v<0, v> 0);
}

#endif
