/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which function carries out an instruction word: a direct-mapped table keyed
 * by the word. One table for each combination of facilities in c->have, so
 * that an entry needs no check of MSR.
 */
#ifndef HYPAR_CPU_INTERP_DECODED_H
#define HYPAR_CPU_INTERP_DECODED_H

#include "cpu/interp/interp.h"

#define DECODED_BITS 13
#define DECODED_SIZE (1u << DECODED_BITS)
#define DECODED_TABLES 16u /* A_FP, A_VEC, A_VSX, A_PRIV */

/* As insn_fn, and goes on with the instructions after it: see cpu/interp/thread.h. */
typedef u64 thread_fn(struct cpu *c, u32 insn, u64 pc, s64 left);

struct decoded {
	thread_fn *run;
	u32 insn;
	u32 id; /* enum insn_id; INSN_ILLEGAL: the slow path decides */
};

static inline u32 decoded_slot(u32 insn)
{
	return insn * 0x9e3779b1u >> (32 - DECODED_BITS);
}

/* False: no memory. */
bool decode_cache_init(struct cpu *c);
void decode_cache_fini(struct cpu *c);

/* Chooses the table of c->have. */
static inline void decode_cache_select(struct cpu *c)
{
	c->decoded = c->decoded_all + (c->have & (DECODED_TABLES - 1)) * DECODED_SIZE;
}

#endif
