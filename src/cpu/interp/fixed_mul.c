// SPDX-License-Identifier: Apache-2.0
/*
 * Fixed-point multiplication, division and modulo [ISA 3.1B I 3.3.9, 3.3.9.1].
 *
 * What the ISA leaves undefined: a quotient that does not exist or does not
 * fit is 0, as is the remainder; the upper word of the results of word
 * instructions is 0, but divwe and modsw sign-extend.
 */
#include "cpu/interp/interp.h"
#include "cpu/interp/thread.h"

#define RC 1u
#define OE 0x400u

#define RT c->gpr[f_rt(insn)]
#define RA c->gpr[f_ra(insn)]
#define RB c->gpr[f_rb(insn)]

static inline u64 result(struct cpu *c, u32 insn, u64 pc, u64 v)
{
	RT = v;
	if (insn & RC)
		cr_record(c, v);
	return NEXT;
}

/* For instructions with OE; OV and OV32 are the same in multiplication and division. */
static inline u64 result_ov(struct cpu *c, u32 insn, u64 pc, u64 v, bool ov)
{
	if (insn & OE) {
		c->ov = c->ov32 = ov;
		c->so |= c->ov;
	}
	return result(c, insn, pc, v);
}

/* ---- multiply ----------------------------------------------------------- */

u64 i_mulli(struct cpu *c, u32 insn, u64 pc)
{
	RT = RA * (u64)f_si(insn);
	return NEXT;
}

u64 i_mullw(struct cpu *c, u32 insn, u64 pc)
{
	s64 p = (s64)(s32)RA * (s32)RB;

	return result_ov(c, insn, pc, (u64)p, p != (s32)p);
}

u64 i_mulhw(struct cpu *c, u32 insn, u64 pc)
{
	s64 p = (s64)(s32)RA * (s32)RB;

	return result(c, insn, pc, (u64)p >> 32);
}

u64 i_mulhwu(struct cpu *c, u32 insn, u64 pc)
{
	return result(c, insn, pc, (u64)(u32)RA * (u32)RB >> 32);
}

u64 i_mulld(struct cpu *c, u32 insn, u64 pc)
{
	s64 p;
	bool ov = __builtin_mul_overflow((s64)RA, (s64)RB, &p);

	return result_ov(c, insn, pc, (u64)p, ov);
}

u64 i_mulhd(struct cpu *c, u32 insn, u64 pc)
{
	return result(c, insn, pc, (u64)((u128)((s128)(s64)RA * (s64)RB) >> 64));
}

u64 i_mulhdu(struct cpu *c, u32 insn, u64 pc)
{
	return result(c, insn, pc, (u64)((u128)RA * RB >> 64));
}

u64 i_maddhd(struct cpu *c, u32 insn, u64 pc)
{
	s128 r = (s128)(s64)RA * (s64)RB + (s64)c->gpr[f_rc(insn)];

	RT = (u64)((u128)r >> 64);
	return NEXT;
}

u64 i_maddhdu(struct cpu *c, u32 insn, u64 pc)
{
	RT = (u64)(((u128)RA * RB + c->gpr[f_rc(insn)]) >> 64);
	return NEXT;
}

u64 i_maddld(struct cpu *c, u32 insn, u64 pc)
{
	RT = RA * RB + c->gpr[f_rc(insn)];
	return NEXT;
}

/* ---- divide ------------------------------------------------------------- */

u64 i_divw(struct cpu *c, u32 insn, u64 pc)
{
	s32 a = (s32)RA, b = (s32)RB;
	bool ov = b == 0 || (a == INT32_MIN && b == -1);

	return result_ov(c, insn, pc, ov ? 0 : (u32)(a / b), ov);
}

u64 i_divwu(struct cpu *c, u32 insn, u64 pc)
{
	u32 a = (u32)RA, b = (u32)RB;

	return result_ov(c, insn, pc, b ? a / b : 0, b == 0);
}

/* divwe, divweu, divde, divdeu: the dividend is RA with as many zeros appended as RA is wide. */
u64 i_divwe(struct cpu *c, u32 insn, u64 pc)
{
	s64 a = (s64)(RA << 32), b = (s32)RB;
	bool ov = b == 0 || (a == INT64_MIN && b == -1);
	s64 q = ov ? 0 : a / b;

	ov |= q != (s32)q;
	return result_ov(c, insn, pc, ov ? 0 : (u64)q, ov);
}

u64 i_divweu(struct cpu *c, u32 insn, u64 pc)
{
	u64 a = RA << 32, b = (u32)RB;
	bool ov = (u32)RA >= b;

	return result_ov(c, insn, pc, ov ? 0 : a / b, ov);
}

u64 i_divd(struct cpu *c, u32 insn, u64 pc)
{
	s64 a = (s64)RA, b = (s64)RB;
	bool ov = b == 0 || (a == INT64_MIN && b == -1);

	return result_ov(c, insn, pc, ov ? 0 : (u64)(a / b), ov);
}

u64 i_divdu(struct cpu *c, u32 insn, u64 pc)
{
	u64 a = RA, b = RB;

	return result_ov(c, insn, pc, b ? a / b : 0, b == 0);
}

u64 i_divde(struct cpu *c, u32 insn, u64 pc)
{
	s128 a = (s128)((u128)RA << 64), b = (s64)RB;
	/* -2^127 / -1, the quotient that does not even fit 128 bits, included */
	bool ov = b == 0 || (b == -1 && a != 0);
	s128 q = ov ? 0 : a / b;

	ov |= q != (s64)q;
	return result_ov(c, insn, pc, ov ? 0 : (u64)q, ov);
}

u64 i_divdeu(struct cpu *c, u32 insn, u64 pc)
{
	u64 a = RA, b = RB;
	bool ov = a >= b;

	return result_ov(c, insn, pc, ov ? 0 : (u64)(((u128)a << 64) / b), ov);
}

u64 i_modsw(struct cpu *c, u32 insn, u64 pc)
{
	s32 a = (s32)RA, b = (s32)RB;
	bool undefined = b == 0 || b == -1; /* n % -1 is 0 anyway */

	RT = undefined ? 0 : (u64)(s64)(a % b);
	return NEXT;
}

u64 i_moduw(struct cpu *c, u32 insn, u64 pc)
{
	u32 a = (u32)RA, b = (u32)RB;

	RT = b ? a % b : 0;
	return NEXT;
}

u64 i_modsd(struct cpu *c, u32 insn, u64 pc)
{
	s64 a = (s64)RA, b = (s64)RB;
	bool undefined = b == 0 || b == -1;

	RT = undefined ? 0 : (u64)(a % b);
	return NEXT;
}

u64 i_modud(struct cpu *c, u32 insn, u64 pc)
{
	u64 a = RA, b = RB;

	RT = b ? a % b : 0;
	return NEXT;
}

THREAD(mulli)
THREAD(mulld)
THREAD(mullw)
THREAD(mulhdu)
