/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an instruction word to its row. A decoder belongs to an ISA level; its
 * tables are built once from isa/insn.def and constant afterwards.
 */
#ifndef HYPAR_ISA_DECODE_H
#define HYPAR_ISA_DECODE_H

#include "isa/insn.h"

/*
 * For each primary opcode: which low bits of the word index its table, and the
 * table of row numbers. The row found is only a candidate: the caller compares
 * mask and match, and asks decode() when they do not fit.
 */
struct decode_prim {
	u32 mask;
	u32 at; /* start in decoder->rows */
};

struct decoder {
	struct decode_prim prim[64];
	enum isa_level level;
	u16 *rows;	  /* enum insn_id */
	u16 *next;	  /* by id: the next candidate with the same index, or INSN_ILLEGAL */
	u16 prefixed[64]; /* by the suffix's primary opcode: the first candidate */
	u16 any_suffix;	  /* the row that takes any suffix (pnop), or INSN_ILLEGAL */
};

/* NULL: no memory. Rows above @level do not exist for this decoder. */
struct decoder *decoder_new(enum isa_level level);
void decoder_free(struct decoder *d);

/* The row of word @insn, or INSN_ILLEGAL. Not for prefixed instructions. */
u16 decode(const struct decoder *d, u32 insn);

/* The row of a prefix (primary opcode 1) and its suffix, or INSN_ILLEGAL. */
u16 decode_prefixed(const struct decoder *d, u32 prefix, u32 suffix);

/* The first candidate for @insn: constant time, not yet compared. */
static inline u16 decode_candidate(const struct decoder *d, u32 insn)
{
	const struct decode_prim *p = &d->prim[insn >> 26];

	return d->rows[p->at + (insn & p->mask)];
}

#endif
