/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the mma*.c files share [ISA 3.1B I 7.2.1.3]. Accumulator n is kept in
 * VSR 4n to 4n + 3 at all times, which the architecture allows: what these
 * registers hold while the accumulator is in use is undefined. Row i of it is
 * VSR 4n + i.
 */
#ifndef HYPAR_CPU_INTERP_MMA_H
#define HYPAR_CPU_INTERP_MMA_H

#include "cpu/interp/vsx.h"

/* Rows, columns and products that take part; the field's first bit is the first of them. */
struct mma_masks {
	u32 x, y, p;
};

static inline bool mma_in(u32 mask, u32 bits, u32 i)
{
	return mask >> (bits - 1 - i) & 1;
}

/* Of the word instructions. */
static inline struct mma_masks mma_all(void)
{
	return (struct mma_masks){ .x = 15, .y = 15, .p = 0xff };
}

/* Of a prefix whose product mask is @products bits wide. */
static inline struct mma_masks mma_prefix(u32 prefix, u32 products)
{
	return (struct mma_masks){
		.x = prefix >> 4 & 15,
		.y = prefix & 15,
		.p = (prefix >> 8 & 0xff) >> (8 - products),
	};
}

static inline union vsr *mma_acc(struct cpu *c, u32 insn)
{
	return &c->vsr[4 * f_bf(insn)];
}

#endif
