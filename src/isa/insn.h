/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instruction table: what Power instructions are, not what they do.
 * isa/insn.def holds one row per instruction; from it come the decoder, the
 * disassembler, the table of interpreter functions (cpu/interp) and the test
 * generators. Columns of a row:
 *
 * INSN(id, "mnemonic", form, OPS(operands), attributes, level, "clause")
 * PINSN(id, "mnemonic", prefix form, suffix form, OPS(...), attributes, level, "clause")
 *
 *   id         C identifier; the interpreter function is i_<id>
 *   mnemonic   without "o" and "."; attributes OE and RC add them
 *   form       a macro of isa/forms.h that expands to .mask and .match: all bits
 *              that are not operands are in the mask, reserved ones as zero
 *   operands   of isa/operand.def, in assembler order, with their read/write role
 *   attributes below, or'd
 *   level      V30: POWER9 and later, V31: POWER10 and later
 *   clause     of Power ISA 3.1B: book and section
 */
#ifndef HYPAR_ISA_INSN_H
#define HYPAR_ISA_INSN_H

#include "base/types.h"

enum insn_id {
#define INSN(id, mnemonic, form, ops, attr, level, spec) INSN_##id,
#define PINSN(id, mnemonic, pform, sform, ops, attr, level, spec) INSN_##id,
#include "isa/insn.def"
#undef INSN
#undef PINSN
	INSN_COUNT,
	INSN_ILLEGAL = INSN_COUNT,
};

enum operand {
	OPERAND_NONE,
#define OPERAND(name, kind, role, shift, bits) OPERAND_##name,
#include "isa/operand.def"
#undef OPERAND
	OPERAND_COUNT,
};

#define INSN_OPERANDS_MAX 6

/* Attributes. The first byte are facilities, checked before the interpreter function runs. */
#define A_NONE 0u
#define A_FP 0x01u   /* MSR[FP], else floating-point unavailable */
#define A_VEC 0x02u  /* MSR[VEC] */
#define A_VSX 0x04u  /* MSR[VSX]; those that test VEC or VSX by TX do it themselves */
#define A_PRIV 0x08u /* MSR[PR] = 0, else privileged-instruction program interrupt */
#define A_HV 0x10u   /* hypervisor-privileged: privileged-instruction interrupt for every guest */
#define A_FACILITIES 0xffu
#define A_RC 0x100u	  /* bit 31 records into CR0 (FP: CR1), mnemonic gains "." */
#define A_OE 0x200u	  /* bit 21 sets OV, OV32, SO, mnemonic gains "o" */
#define A_RC10 0x400u	  /* VC-form: bit 21 records into CR6 */
#define A_RCALWAYS 0x800u /* sets CR0 (CR1, CR6) always, "." is in the mnemonic */
#define A_LOAD 0x1000u	  /* may raise a storage interrupt */
#define A_STORE 0x2000u
#define A_BRANCH 0x4000u /* may continue elsewhere than at the next instruction */
#define A_CTX 0x8000u	 /* may change MSR, translation or other machine context */
#define A_RCA 0x10000u	 /* reads CA */
#define A_WCA 0x20000u	 /* writes CA, CA32 */
#define A_RLR 0x40000u
#define A_WLR 0x80000u
#define A_RCTR 0x100000u
#define A_WCTR 0x200000u
#define A_FPSCR 0x400000u  /* reads and writes FPSCR */
#define A_VSCR 0x800000u   /* may set VSCR[SAT] */
#define A_LK 0x1000000u	   /* bit 31 is LK: mnemonic gains "l" */
#define A_AA 0x2000000u	   /* bit 30 is AA: mnemonic gains "a" */
#define A_TXVEC 0x4000000u /* VSX, but with TX = 1 tests MSR[VEC] in place of MSR[VSX] */

enum isa_level {
	V30, /* POWER9: Power ISA 3.0B */
	V31, /* POWER10: Power ISA 3.1B */
};

struct insn_info {
	const char *mnemonic;
	u32 mask, match;   /* word instruction, or suffix */
	u32 pmask, pmatch; /* prefix; pmask 0: not prefixed */
	u32 attr;
	u8 level;
	u8 ops[INSN_OPERANDS_MAX]; /* enum operand, OPERAND_NONE at the end */
	const char *spec;
};

/* INSN_COUNT rows, by enum insn_id. */
extern const struct insn_info isa_insns[];

#endif
