/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operand table from isa/operand.def, and the operands that are put
 * together from several fields [ISA 3.1B I 1.6]. Constant; no state.
 */
#include "isa/operand.h"

#include "base/bits.h"
#include "isa/fields.h"

typedef s64 operand_get(u32 prefix, u32 insn);

/* An operand whose value does not depend on the prefix. */
#define GET(name, value)                            \
	static s64 get_##name(u32 prefix, u32 insn) \
	{                                           \
		(void)prefix;                       \
		return (value);                     \
	}

#define GET_PREFIX(name, value)                     \
	static s64 get_##name(u32 prefix, u32 insn) \
	{                                           \
		(void)insn;                         \
		return (value);                     \
	}

/* Pairs of VSRs: four bits of an even number, then the bit that adds 32. */
static s64 vsr_pair(u32 insn)
{
	return (insn >> 21 & 0x1e) | (insn >> 16 & 0x20);
}

/* Immediates split between prefix and suffix. */
static s64 imm34(u32 prefix, u32 insn)
{
	return sext64((u64)(prefix & 0x3ffff) << 16 | (insn & 0xffff), 34);
}

GET(DS, f_ds(insn))
GET(DQ, f_dq(insn))
GET(DX, (s16)((insn & 0xffc1) | (insn >> 15 & 0x3e)))
GET(DHASH, sext64(0x200 | (insn << 8 & 0x100) | (insn >> 18 & 0xf8), 10))
GET(BMI, (s16)((insn & 0xffc1) | (insn >> 15 & 0x3e)))
GET(SH6, f_sh6(insn))
GET(MB6, f_mb6(insn))
GET(NB, f_rb(insn) ? f_rb(insn) : 32)
GET(SPR, f_spr(insn))
GET(LI, f_li(insn))
GET(BD, f_ds(insn))
GET(XT, f_xt(insn))
GET(XTRW, f_xt(insn))
GET(XS, f_xt(insn))
GET(XTQ, f_rt(insn) | (insn << 2 & 0x20))
GET(XSQ, f_rt(insn) | (insn << 2 & 0x20))
GET(XTp, vsr_pair(insn))
GET(XSp, vsr_pair(insn))
GET(XA, f_xa(insn))
GET(XAp, f_xa(insn))
GET(XB, f_xb(insn))
GET(XC, f_xc(insn))
GET(DCMXD, f_ra(insn) | (insn << 3 & 0x20) | (insn & 0x40))
GET(P_XT5, f_rt(insn) | (insn >> 21 & 0x20))
GET(P_XS5, f_rt(insn) | (insn >> 21 & 0x20))
GET(P_XT6, f_rt(insn) | (insn >> 11 & 0x20))
GET(P_XT6RW, f_rt(insn) | (insn >> 11 & 0x20))
GET_PREFIX(P_R, prefix >> 20 & 1)
GET_PREFIX(P_UIM3, prefix & 7)
GET_PREFIX(P_UIM8, prefix & 0xff)
GET_PREFIX(P_XMSK, prefix >> 4 & 15)
GET_PREFIX(P_YMSK, prefix & 15)
GET_PREFIX(P_YMSK2, prefix >> 2 & 3)
GET_PREFIX(P_PMSK2, prefix >> 14 & 3)
GET_PREFIX(P_PMSK4, prefix >> 12 & 15)
GET_PREFIX(P_PMSK8, prefix >> 8 & 0xff)

static s64 get_P_D34(u32 prefix, u32 insn)
{
	return imm34(prefix, insn);
}

static s64 get_P_SI34(u32 prefix, u32 insn)
{
	return imm34(prefix, insn);
}

static s64 get_P_IMM32(u32 prefix, u32 insn)
{
	return (s64)((prefix & 0xffff) << 16 | (insn & 0xffff));
}

/* What the operands of kind SPECIAL print as. */
enum {
	S_DS = OK_DISP,
	S_DQ = OK_DISP,
	S_P_D34 = OK_DISP,
	S_DHASH = OK_DISP,
	S_BMI = OK_SIMM,
	S_DX = OK_SIMM,
	S_P_SI34 = OK_SIMM,
	S_SH6 = OK_UIMM,
	S_MB6 = OK_UIMM,
	S_NB = OK_UIMM,
	S_SPR = OK_UIMM,
	S_DCMXD = OK_UIMM,
	S_P_R = OK_UIMM,
	S_P_IMM32 = OK_UIMM,
	S_P_UIM3 = OK_UIMM,
	S_P_UIM8 = OK_UIMM,
	S_P_XMSK = OK_UIMM,
	S_P_YMSK = OK_UIMM,
	S_P_YMSK2 = OK_UIMM,
	S_P_PMSK2 = OK_UIMM,
	S_P_PMSK4 = OK_UIMM,
	S_P_PMSK8 = OK_UIMM,
	S_LI = OK_TARGET,
	S_BD = OK_TARGET,
	S_XT = OK_VSR,
	S_XTRW = OK_VSR,
	S_XS = OK_VSR,
	S_XTQ = OK_VSR,
	S_XSQ = OK_VSR,
	S_XTp = OK_VSR,
	S_XSp = OK_VSR,
	S_XA = OK_VSR,
	S_XAp = OK_VSR,
	S_XB = OK_VSR,
	S_XC = OK_VSR,
	S_P_XT5 = OK_VSR,
	S_P_XS5 = OK_VSR,
	S_P_XT6 = OK_VSR,
	S_P_XT6RW = OK_VSR,
};

/* By the kind column of operand.def: the kind, and the function. */
#define KIND_GPR(name) OK_GPR
#define KIND_GPR0(name) OK_GPR0
#define KIND_FPR(name) OK_FPR
#define KIND_VR(name) OK_VR
#define KIND_VSR(name) OK_VSR
#define KIND_ACC(name) OK_ACC
#define KIND_CRF(name) OK_CRF
#define KIND_CRB(name) OK_CRB
#define KIND_UIMM(name) OK_UIMM
#define KIND_SIMM(name) OK_SIMM
#define KIND_DISP(name) OK_DISP
#define KIND_SPECIAL(name) S_##name
#define GET_GPR(name) NULL
#define GET_GPR0(name) NULL
#define GET_FPR(name) NULL
#define GET_VR(name) NULL
#define GET_VSR(name) NULL
#define GET_ACC(name) NULL
#define GET_CRF(name) NULL
#define GET_CRB(name) NULL
#define GET_UIMM(name) NULL
#define GET_SIMM(name) NULL
#define GET_DISP(name) NULL
#define GET_SPECIAL(name) get_##name

const struct operand_info isa_operands[] = {
#define OPERAND(n, k, r, s, b)                 \
	[OPERAND_##n] = { .name = #n,          \
			  .kind = KIND_##k(n), \
			  .role = OR_##r,      \
			  .get = GET_##k(n),   \
			  .shift = (s),        \
			  .bits = (b) },
#include "isa/operand.def"
};

s64 isa_operand(enum operand op, u32 prefix, u32 insn)
{
	const struct operand_info *o = &isa_operands[op];
	u32 field;

	if (o->get)
		return o->get(prefix, insn);
	field = insn >> o->shift & ((1u << o->bits) - 1);
	if (o->kind == OK_SIMM || o->kind == OK_DISP)
		return sext64(field, o->bits);
	return field;
}

unsigned int isa_operand_registers(enum operand op)
{
	const char *last = isa_operands[op].name;

	while (last[1])
		last++;
	return *last == 'p' ? 2 : 1;
}
