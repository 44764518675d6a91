/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operands of an instruction: what they name, whether they are read or
 * written, and their value in a word.
 */
#ifndef HYPAR_ISA_OPERAND_H
#define HYPAR_ISA_OPERAND_H

#include "isa/insn.h"

enum operand_kind {
	OK_NONE,
	OK_GPR,
	OK_GPR0, /* register 0 stands for the value 0 */
	OK_FPR,
	OK_VR,
	OK_VSR,
	OK_ACC, /* an accumulator: four VSRs */
	OK_CRF, /* a field of CR */
	OK_CRB, /* a bit of CR */
	OK_UIMM,
	OK_SIMM,
	OK_DISP,   /* the next operand is its base register */
	OK_TARGET, /* a branch's displacement, or address with AA = 1 */
};

enum operand_role {
	OR_N,
	OR_R = 1,
	OR_W = 2,
	OR_RW = 3,
};

struct operand_info {
	const char *name;
	u8 kind; /* enum operand_kind */
	u8 role; /* enum operand_role */
	u8 shift;
	u8 bits;
	s64 (*get)(u32 prefix, u32 insn); /* NULL: the plain field at shift, bits */
};

/* OPERAND_COUNT entries, by enum operand. */
extern const struct operand_info isa_operands[];

/*
 * The value of operand @op: a register's number, an immediate, or a
 * displacement in bytes. @prefix is 0 for word instructions.
 */
s64 isa_operand(enum operand op, u32 prefix, u32 insn);

/* How many registers, starting at that number: two for the pairs, whose names end in p. */
unsigned int isa_operand_registers(enum operand op);

#endif
