/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encodings of a row and the registers that a word reads and writes, for the
 * test generators and for liveness.
 */
#ifndef HYPAR_ISA_ENCODE_H
#define HYPAR_ISA_ENCODE_H

#include "isa/insn.h"

struct encoding {
	u32 prefix; /* 0: a word instruction */
	u32 insn;
};

/* The encoding of row @id with the bits of @random in all places that the row leaves open. */
struct encoding isa_encode(enum insn_id id, u64 random);

/*
 * Whether a word of row @id is one whose result the architecture defines.
 * False for its invalid forms: pairs that start at an odd register, update
 * forms with RA = 0 or RA = RT, multiple loads over their base, reserved BO.
 */
bool isa_valid_form(enum insn_id id, u32 prefix, u32 insn);

/* Bit n stands for register n, or for CR field n. */
struct reg_set {
	u64 vsr; /* FPR n is VSR n, VR n is VSR 32 + n */
	u32 gpr;
	u8 cr;
};

struct reg_use {
	struct reg_set read;
	struct reg_set write;
};

/*
 * The registers that a word of row @id names and the CR fields it records into.
 * Not included: LR, CTR, XER, FPSCR and VSCR, which are attributes of the row,
 * and the registers of lswx and stswx, whose number is in XER: all GPRs are
 * reported as used.
 */
struct reg_use isa_reg_use(enum insn_id id, u32 prefix, u32 insn);

#endif
