/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instruction forms: where the opcode bits are. Each macro expands to the
 * initialisers of .mask and .match. A form's mask covers every bit that is not
 * an operand, so that a word with a reserved bit set is no instruction.
 * Rc and OE are operands of the forms with R and O in their name's suffix.
 */
#ifndef HYPAR_ISA_FORMS_H
#define HYPAR_ISA_FORMS_H

#define FORM_OP(p) ((unsigned int)(p) << 26)

/* Any mask and match. */
#define RAW(m, v) .mask = (m), .match = (v)

#define F_I(p) RAW(0xFC000000u, FORM_OP(p)) /* I-form: AA and LK are operands */
#define F_B(p) RAW(0xFC000000u, FORM_OP(p))
#define F_D(p) RAW(0xFC000000u, FORM_OP(p))
#define F_DS(p, xo) RAW(0xFC000003u, FORM_OP(p) | (xo))
#define F_DQ(p, xo) RAW(0xFC000007u, FORM_OP(p) | (xo))
#define F_DX(p, xo) RAW(0xFC00003Eu, FORM_OP(p) | (xo) << 1)
#define F_M(p) RAW(0xFC000000u, FORM_OP(p))		      /* Rc is an operand */
#define F_MD(p, xo) RAW(0xFC00001Cu, FORM_OP(p) | (xo) << 2)  /* 3-bit xo */
#define F_MDS(p, xo) RAW(0xFC00001Eu, FORM_OP(p) | (xo) << 1) /* 4-bit xo */
#define F_X(p, xo) RAW(0xFC0007FFu, FORM_OP(p) | (xo) << 1)   /* bit 31 reserved */
#define F_XR(p, xo) \
	RAW(0xFC0007FEu, FORM_OP(p) | (xo) << 1) /* Rc, EH or another operand in bit 31 */
#define F_XF(p, xo, fixed) \
	RAW(0xFC0007FFu | (fixed), FORM_OP(p) | (xo) << 1) /* F_X with the zero fields @fixed */
#define F_XRF(p, xo, fixed) \
	RAW(0xFC0007FEu | (fixed), FORM_OP(p) | (xo) << 1)   /* F_XR with the zero fields @fixed */
#define F_XS(p, xo) RAW(0xFC0007FCu, FORM_OP(p) | (xo) << 2) /* 9-bit xo, SH6 and Rc are operands */
#define FZ_RT 0x03E00000u /* for @fixed: whole register fields that are reserved */
#define FZ_RA 0x001F0000u
#define FZ_RB 0x0000F800u
#define F_X1(p, xo) RAW(0xFC0007FFu, FORM_OP(p) | (xo) << 1 | 1) /* bit 31 is one */
#define F_XL(p, xo) RAW(0xFC0007FFu, FORM_OP(p) | (xo) << 1)
#define F_XLL(p, xo) RAW(0xFC0007FEu, FORM_OP(p) | (xo) << 1) /* LK is an operand */
#define F_XOO(p, xo) RAW(0xFC0003FEu, FORM_OP(p) | (xo) << 1) /* OE and Rc are operands */
#define F_XOR(p, xo) RAW(0xFC0007FEu, FORM_OP(p) | (xo) << 1) /* OE = 0, Rc is an operand */
#define F_XOZ(p, xo) \
	RAW(0xFC00FFFEu & ~0x400u, FORM_OP(p) | (xo) << 1) /* RB reserved, OE and Rc operands */
#define F_Z22(p, xo) \
	RAW(0xFC0003FEu, FORM_OP(p) | (xo) << 1) /* 6-bit immediate, Rc is an operand */
#define F_Z23(p, xo) RAW(0xFC0001FEu, FORM_OP(p) | (xo) << 1) /* RMC and Rc are operands */
#define F_A(p, xo) RAW(0xFC00003Eu, FORM_OP(p) | (xo) << 1)   /* Rc is an operand, four registers */
#define F_VX(xo) RAW(0xFC0007FFu, FORM_OP(4) | (xo))
#define F_VC(xo) RAW(0xFC0003FFu, FORM_OP(4) | (xo)) /* Rc (bit 21) is an operand */
#define F_VA(xo) RAW(0xFC00003Fu, FORM_OP(4) | (xo))
#define F_VXA(eo, xo) \
	RAW(0xFC1F07FFu, FORM_OP(4) | (eo) << 16 | (xo))      /* VRA selects, or is reserved */
#define F_VXB0(xo) RAW(0xFC00FFFFu, FORM_OP(4) | (xo))	      /* VRB reserved */
#define F_XX1(p, xo) RAW(0xFC0007FEu, FORM_OP(p) | (xo) << 1) /* TX */
#define F_XX2(p, xo) RAW(0xFC0007FCu, FORM_OP(p) | (xo) << 2) /* TX BX, 9-bit xo */
#define F_XX3(p, xo) RAW(0xFC0007F8u, FORM_OP(p) | (xo) << 3) /* TX AX BX, 8-bit xo */
#define F_XX4(p, xo) RAW(0xFC000030u, FORM_OP(p) | (xo) << 4)

/* Prefixes: type 0 8LS, 1 8RR, 2 MLS, 3 MRR [ISA 3.1B I 1.6.3]. */
#define F_P8LS RAW_P(0xFFEC0000u, 0x04000000u)
#define F_PMLS RAW_P(0xFFEC0000u, 0x06000000u)
#define F_P8RR(open) RAW_P(0xFFFFFFFFu & ~(open), 0x05000000u) /* @open: the bits of an immediate */
#define F_MMIRR(open) RAW_P(0xFFFFFFFFu & ~(open), 0x07900000u) /* the same, for the masks */
#define RAW_P(m, v) .pmask = (m), .pmatch = (v)

#endif
