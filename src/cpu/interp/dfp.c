// SPDX-License-Identifier: Apache-2.0
/*
 * Decimal floating point [ISA 3.1B I 5.6]: operands from the FPRs, the
 * operation by cpu/softdfp, then FPSCR, target and CR. A datum in DFP extended
 * is in an even-odd pair of FPRs; an odd number is an invalid form and taken
 * as an illegal instruction.
 */
#include "cpu/interp/interp.h"

#include "cpu/interp/fpscr.h"
#include "cpu/softdfp/softdfp.h"

#define DFP_STICKY (DFP_OX | DFP_UX | DFP_ZX | DFP_XX | DFP_VX_ANY)

/* One instruction on its way. */
struct dfp_insn {
	struct cpu *c;
	u32 insn;
	u64 pc;
	const struct dfp_fmt *fmt; /* of the result */
	struct dfp_env env;
};

typedef u128 dfp_fn2(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b);

static struct dfp_insn begin(struct cpu *c, u32 insn, u64 pc, const struct dfp_fmt *fmt)
{
	return (struct dfp_insn){
		c,
		insn,
		pc,
		fmt,
		{ .rm = (enum dfp_rm)(c->fpscr >> 32 & 7),
		  .oe = c->fpscr & FPSCR_OE,
		  .ue = c->fpscr & FPSCR_UE },
	};
}

/* ---- registers ---- */

static u128 get(const struct cpu *c, const struct dfp_fmt *f, u32 r)
{
	if (f != &dfp_ext)
		return c->vsr[r].d[1];
	return (u128)c->vsr[r].d[1] << 64 | c->vsr[r + 1].d[1];
}

static void put64(struct cpu *c, u32 r, u64 v)
{
	c->vsr[r].d[1] = v;
	c->vsr[r].d[0] = 0;
}

static void put(struct cpu *c, const struct dfp_fmt *f, u32 r, u128 v)
{
	if (f == &dfp_ext) {
		put64(c, r, (u64)(v >> 64));
		r++;
	}
	put64(c, r, (u64)v);
}

/* The fields of a word that name FPR pairs. */
#define PAIR_T 0x00200000u
#define PAIR_A 0x00010000u
#define PAIR_B 0x00000800u

static bool bad_pairs(const struct dfp_fmt *f, u32 insn, u32 pairs)
{
	return f == &dfp_ext && (insn & pairs);
}

/* ---- status ---- */

/*
 * The next address, or that of the program interrupt that an enabled exception
 * among @flags raises [ISA 3.1B III 7.5.9].
 */
static u64 complete(const struct dfp_insn *i, u32 flags)
{
	struct cpu *c = i->c;
	u64 pc = i->pc;

	if ((c->msr & (MSR_FE0 | MSR_FE1)) && fpscr_enabled((u32)c->fpscr, flags))
		return cpu_program(c, pc, SRR1_FP);
	return NEXT;
}

/* An enabled invalid operation or zero divide leaves the target alone. */
static bool is_suppressed(const struct dfp_insn *i)
{
	return fpscr_enabled((u32)i->c->fpscr, i->env.flags & (DFP_VX_ANY | DFP_ZX));
}

/* FR, FI and the exceptions of the operation; false: no result is written. */
static bool update_status(struct dfp_insn *i)
{
	struct cpu *c = i->c;

	c->fpscr &= ~(u64)(FPSCR_FR | FPSCR_FI);
	c->fpscr |= i->env.flags & (DFP_FR | DFP_FI);
	fpscr_raise(c, i->env.flags & DFP_STICKY);
	return !is_suppressed(i);
}

static u64 finish(struct dfp_insn *i, u128 result)
{
	struct cpu *c = i->c;

	if (update_status(i)) {
		put(c, i->fmt, f_rt(i->insn), result);
		fpscr_set_fprf(c, dfp_fprf(i->fmt, result));
	}
	fpscr_record(c, i->insn);
	return complete(i, i->env.flags);
}

/* ---- arithmetic ---- */

static u64 arith(struct dfp_insn i, dfp_fn2 *fn)
{
	u128 a, b;

	if (bad_pairs(i.fmt, i.insn, PAIR_T | PAIR_A | PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	a = get(i.c, i.fmt, f_ra(i.insn));
	b = get(i.c, i.fmt, f_rb(i.insn));
	return finish(&i, fn(i.fmt, &i.env, a, b));
}

/* A long and a quad instruction carried out by one worker. */
#define BOTH(name, worker, ...)                                            \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                      \
	{                                                                  \
		return worker(begin(c, insn, pc, &dfp_long), __VA_ARGS__); \
	}                                                                  \
	u64 i_##name##q(struct cpu *c, u32 insn, u64 pc)                   \
	{                                                                  \
		return worker(begin(c, insn, pc, &dfp_ext), __VA_ARGS__);  \
	}

BOTH(dadd, arith, dfp_add)
BOTH(dsub, arith, dfp_sub)
BOTH(dmul, arith, dfp_mul)
BOTH(ddiv, arith, dfp_div)

/* ---- compares and tests ---- */

static u64 set_cr_fpcc(const struct dfp_insn *i, u32 nibble, u32 flags)
{
	struct cpu *c = i->c;

	fpscr_raise(c, flags);
	fpscr_set_fpcc(c, nibble);
	cr_set_field(c, f_bf(i->insn), nibble);
	return complete(i, flags);
}

static u64 compare(struct dfp_insn i, bool ordered)
{
	u128 a, b;
	u32 cc;

	if (bad_pairs(i.fmt, i.insn, PAIR_A | PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	a = get(i.c, i.fmt, f_ra(i.insn));
	b = get(i.c, i.fmt, f_rb(i.insn));
	cc = dfp_compare(i.fmt, &i.env, a, b);
	/* With VE an SNaN is reported as such only. */
	if (ordered && cc == 1 && !((i.env.flags & DFP_VXSNAN) && (i.c->fpscr & FPSCR_VE)))
		i.env.flags |= DFP_VXVC;
	return set_cr_fpcc(&i, cc, i.env.flags);
}

BOTH(dcmpo, compare, true)
BOTH(dcmpu, compare, false)

static u64 test_mask(struct dfp_insn i, u32 (*fn)(const struct dfp_fmt *f, u128 a, u32 mask))
{
	if (bad_pairs(i.fmt, i.insn, PAIR_A))
		return cpu_illegal(i.c, i.insn, i.pc);
	return set_cr_fpcc(&i, fn(i.fmt, get(i.c, i.fmt, f_ra(i.insn)), i.insn >> 10 & 0x3f), 0);
}

BOTH(dtstdc, test_mask, dfp_test_class)
BOTH(dtstdg, test_mask, dfp_test_group)

static u64 test_exponent(struct dfp_insn i, u32 (*fn)(const struct dfp_fmt *f, u128 a, u128 b))
{
	if (bad_pairs(i.fmt, i.insn, PAIR_A | PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	return set_cr_fpcc(
		&i, fn(i.fmt, get(i.c, i.fmt, f_ra(i.insn)), get(i.c, i.fmt, f_rb(i.insn))), 0);
}

BOTH(dtstex, test_exponent, dfp_compare_exp)

static u64 test_signif(struct dfp_insn i, u32 k)
{
	if (bad_pairs(i.fmt, i.insn, PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	return set_cr_fpcc(&i, dfp_test_signif(i.fmt, k & 0x3f, get(i.c, i.fmt, f_rb(i.insn))), 0);
}

BOTH(dtstsf, test_signif, (u32)c->vsr[f_ra(insn)].d[1])

#define TEST_SIGNIF_IMM(name, fmt)                                          \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                       \
	{                                                                   \
		return test_signif(begin(c, insn, pc, &(fmt)), insn >> 16); \
	}

TEST_SIGNIF_IMM(dtstsfi, dfp_long)
TEST_SIGNIF_IMM(dtstsfiq, dfp_ext)

/* ---- quantum adjustment ---- */

/* RMC, primary encoding [ISA 3.1B I 5.5.2]; 3 is FPSCR.DRN. */
static void set_rmc(struct dfp_insn *i)
{
	static const u8 primary[4] = { DFP_RNE, DFP_RTZ, DFP_RNA, 0 };
	u32 rmc = i->insn >> 9 & 3;

	if (rmc != 3)
		i->env.rm = (enum dfp_rm)primary[rmc];
}

static u64 quantize(struct dfp_insn i, dfp_fn2 *fn)
{
	set_rmc(&i);
	return arith(i, fn);
}

BOTH(dqua, quantize, dfp_quantize)

static u64 quantize_imm(struct dfp_insn i, s32 exp)
{
	if (bad_pairs(i.fmt, i.insn, PAIR_T | PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	set_rmc(&i);
	return finish(&i, dfp_quantize_exp(i.fmt, &i.env, exp, get(i.c, i.fmt, f_rb(i.insn))));
}

#define QUANTIZE_IMM(name, fmt)                                                           \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                                     \
	{                                                                                 \
		return quantize_imm(begin(c, insn, pc, &(fmt)), (s32)(insn << 11) >> 27); \
	}

QUANTIZE_IMM(dquai, dfp_long)
QUANTIZE_IMM(dquaiq, dfp_ext)

static u64 reround(struct dfp_insn i, u32 k)
{
	if (bad_pairs(i.fmt, i.insn, PAIR_T | PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	set_rmc(&i);
	return finish(&i, dfp_reround(i.fmt, &i.env, k & 0x3f, get(i.c, i.fmt, f_rb(i.insn))));
}

BOTH(drrnd, reround, (u32)c->vsr[f_ra(insn)].d[1])

static u64 round_to_integral(struct dfp_insn i, bool exact)
{
	static const u8 secondary[4] = { DFP_RTPI, DFP_RTMI, DFP_RAZ, DFP_RNTZ };

	if (bad_pairs(i.fmt, i.insn, PAIR_T | PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	if (i.insn & 0x10000)
		i.env.rm = (enum dfp_rm)secondary[i.insn >> 9 & 3];
	else
		set_rmc(&i);
	return finish(&i, dfp_rint(i.fmt, &i.env, get(i.c, i.fmt, f_rb(i.insn)), exact));
}

#define ROUND_TO_INTEGRAL(name, fmt, exact)                                  \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                        \
	{                                                                    \
		return round_to_integral(begin(c, insn, pc, &(fmt)), exact); \
	}

ROUND_TO_INTEGRAL(drintx, dfp_long, true)
ROUND_TO_INTEGRAL(drintxq, dfp_ext, true)
ROUND_TO_INTEGRAL(drintn, dfp_long, false)
ROUND_TO_INTEGRAL(drintnq, dfp_ext, false)

/* ---- conversion ---- */

u64 i_dctdp(struct cpu *c, u32 insn, u64 pc)
{
	struct dfp_insn i = begin(c, insn, pc, &dfp_long);

	return finish(&i, dfp_short_to_long((u32)get(c, i.fmt, f_rb(insn))));
}

u64 i_dctqpq(struct cpu *c, u32 insn, u64 pc)
{
	struct dfp_insn i = begin(c, insn, pc, &dfp_ext);

	if (bad_pairs(i.fmt, insn, PAIR_T))
		return cpu_illegal(c, insn, pc);
	return finish(&i, dfp_long_to_ext(&i.env, c->vsr[f_rb(insn)].d[1]));
}

u64 i_drsp(struct cpu *c, u32 insn, u64 pc)
{
	struct dfp_insn i = begin(c, insn, pc, &dfp_short);
	u64 r = dfp_long_to_short(&i.env, c->vsr[f_rb(insn)].d[1]);

	if (dfp_is_wrapped(&i.env))
		i.fmt = &dfp_long;
	return finish(&i, r);
}

/* The DFP long result is in the even register, the odd one becomes zero. */
u64 i_drdpq(struct cpu *c, u32 insn, u64 pc)
{
	struct dfp_insn i = begin(c, insn, pc, &dfp_ext);
	u128 r;

	if (bad_pairs(i.fmt, insn, PAIR_T | PAIR_B))
		return cpu_illegal(c, insn, pc);
	r = dfp_ext_to_long(&i.env, get(c, i.fmt, f_rb(insn)));
	if (!dfp_is_wrapped(&i.env)) {
		i.fmt = &dfp_long;
		if (!is_suppressed(&i))
			put64(c, f_rt(insn) + 1, 0);
	}
	return finish(&i, r);
}

static u64 from_fixed(struct dfp_insn i, s128 v)
{
	if (bad_pairs(i.fmt, i.insn, PAIR_T))
		return cpu_illegal(i.c, i.insn, i.pc);
	return finish(&i, dfp_from_s128(i.fmt, &i.env, v));
}

BOTH(dcffix, from_fixed, c->vsr[f_rb(insn)].sd[1])

/* Targets are no DFP data here; FPRF is left as it is. */
static u64 to_fixed(struct dfp_insn i, int bits)
{
	struct cpu *c = i.c;
	u32 rt = f_rt(i.insn);
	s128 v;

	if (bad_pairs(i.fmt, i.insn, PAIR_B))
		return cpu_illegal(c, i.insn, i.pc);
	v = dfp_to_int(i.fmt, &i.env, get(c, i.fmt, f_rb(i.insn)), bits);
	if (update_status(&i)) {
		if (bits == 128)
			c->vsr[32 + rt].q = (u128)v;
		else
			put64(c, rt, (u64)v);
	}
	if (bits == 64)
		fpscr_record(c, i.insn);
	return complete(&i, i.env.flags);
}

BOTH(dctfix, to_fixed, 64)

u64 i_dcffixqq(struct cpu *c, u32 insn, u64 pc)
{
	return from_fixed(begin(c, insn, pc, &dfp_ext), (s128)c->vsr[32 + f_rb(insn)].q);
}

u64 i_dctfixqq(struct cpu *c, u32 insn, u64 pc)
{
	return to_fixed(begin(c, insn, pc, &dfp_ext), 128);
}

/* ---- format ---- */

/* These do not touch FPSCR. */
static u64 finish_quietly(const struct dfp_insn *i, u128 result)
{
	u64 pc = i->pc;

	put(i->c, i->fmt, f_rt(i->insn), result);
	fpscr_record(i->c, i->insn);
	return NEXT;
}

static u64 to_bcd(struct dfp_insn i, u32 sp)
{
	if (bad_pairs(i.fmt, i.insn, PAIR_T | PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	return finish_quietly(&i, dfp_to_bcd(i.fmt, get(i.c, i.fmt, f_rb(i.insn)), sp & 3));
}

BOTH(ddedpd, to_bcd, insn >> 19)

static u64 from_bcd(struct dfp_insn i, bool is_signed)
{
	if (bad_pairs(i.fmt, i.insn, PAIR_T | PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	return finish(&i, dfp_from_bcd(i.fmt, &i.env, get(i.c, i.fmt, f_rb(i.insn)), is_signed));
}

BOTH(denbcd, from_bcd, insn >> 20 & 1)

static u64 extract_exp(struct dfp_insn i, const struct dfp_fmt *source)
{
	if (bad_pairs(source, i.insn, PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	return finish_quietly(&i, (u64)dfp_extract_exp(source, get(i.c, source, f_rb(i.insn))));
}

u64 i_dxex(struct cpu *c, u32 insn, u64 pc)
{
	return extract_exp(begin(c, insn, pc, &dfp_long), &dfp_long);
}

u64 i_dxexq(struct cpu *c, u32 insn, u64 pc)
{
	return extract_exp(begin(c, insn, pc, &dfp_long), &dfp_ext);
}

static u64 insert_exp(struct dfp_insn i, s64 exp)
{
	if (bad_pairs(i.fmt, i.insn, PAIR_T | PAIR_B))
		return cpu_illegal(i.c, i.insn, i.pc);
	return finish_quietly(&i, dfp_insert_exp(i.fmt, exp, get(i.c, i.fmt, f_rb(i.insn))));
}

BOTH(diex, insert_exp, c->vsr[f_ra(insn)].sd[1])

static u64 shift(struct dfp_insn i, u128 (*fn)(const struct dfp_fmt *f, u128 a, u32 n))
{
	if (bad_pairs(i.fmt, i.insn, PAIR_T | PAIR_A))
		return cpu_illegal(i.c, i.insn, i.pc);
	return finish_quietly(&i, fn(i.fmt, get(i.c, i.fmt, f_ra(i.insn)), i.insn >> 10 & 0x3f));
}

BOTH(dscli, shift, dfp_shift_left)
BOTH(dscri, shift, dfp_shift_right)
