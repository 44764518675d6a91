// SPDX-License-Identifier: Apache-2.0
/*
 * VSX scalar double precision: comparison, maximum and minimum, and access to
 * the parts and the class of a number [ISA 3.1B I 7.6.3].
 */
#include "cpu/interp/vsx_fp.h"
#include "cpu/softfp/fastfp.h"

#define A (c->vsr[f_xa(insn)].d[1])
#define B (c->vsr[f_xb(insn)].d[1])

#define SIGN (1ULL << 63)
#define FRACTION 0x000fffffffffffffULL

static inline u32 exponent(u64 x)
{
	return (u32)(x >> 52) & 0x7ff;
}

/* ---- comparison ---- */

u64 i_xscmpudp(struct cpu *c, u32 insn, u64 pc)
{
	struct fp_env env = fpscr_env(c);
	u32 cc = fast64_cmp(&env, A, B, false);

	return finish_compare(c, insn, pc, &env, cc);
}

u64 i_xscmpodp(struct cpu *c, u32 insn, u64 pc)
{
	struct fp_env env = fpscr_env(c);
	u32 cc = fast64_cmp(&env, A, B, true);

	return finish_compare(c, insn, pc, &env, cc);
}

/* The exponents as integers; NaNs are unordered but raise nothing. */
u64 i_xscmpexpdp(struct cpu *c, u32 insn, u64 pc)
{
	struct fp_env env = fpscr_env(c);
	u32 a = exponent(A), b = exponent(B);
	u32 cc = a < b ? FP_LT : a > b ? FP_GT : FP_EQ;

	if (fp64_is_nan(A) || fp64_is_nan(B))
		cc = FP_UN;
	return finish_compare(c, insn, pc, &env, cc);
}

/* True when the order is one of @orders: doubleword 0 becomes ones, else zeros. */
static inline u64 compare_to_mask(struct cpu *c, u32 insn, u64 pc, u32 orders)
{
	struct fp_env env = fpscr_env(c);
	u32 cc = fast64_cmp(&env, A, B, orders != FP_EQ);
	union vsr r;

	set_scalar(&r, TRUE64(cc & orders));
	return finish_quiet(c, pc, &env, vxt(c, insn), r);
}

u64 i_xscmpeqdp(struct cpu *c, u32 insn, u64 pc)
{
	return compare_to_mask(c, insn, pc, FP_EQ);
}

u64 i_xscmpgedp(struct cpu *c, u32 insn, u64 pc)
{
	return compare_to_mask(c, insn, pc, FP_GT | FP_EQ);
}

u64 i_xscmpgtdp(struct cpu *c, u32 insn, u64 pc)
{
	return compare_to_mask(c, insn, pc, FP_GT);
}

/* ---- maximum and minimum ---- */

/* As C has `a < b ? b : a` and `a < b ? a : b`; with a NaN, B as it is. */
static u64 extreme_c(struct fp_env *env, u64 x, u64 y, bool max)
{
	enum fp_order o = fast64_cmp(env, x, y, false);

	if (o == FP_UN)
		return y;
	return (o == FP_LT) != max ? x : y;
}

/*
 * As Math.max of Java has it: the first NaN as it is, and +0 is greater than -0.
 * A signalling NaN behind another one does not count.
 */
static u64 extreme_j(struct fp_env *env, u64 x, u64 y, bool max)
{
	enum fp_order o;

	if (fp64_is_nan(x)) {
		env->flags |= fp64_is_snan(x) ? FP_VXSNAN : 0;
		return x;
	}
	o = fast64_cmp(env, x, y, false);
	if (o == FP_UN)
		return y;
	if (o == FP_EQ)
		return max ? x & y : x | y;
	return (o == FP_GT) == max ? x : y;
}

#define EXTREME(name, function, max)                               \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)              \
	{                                                          \
		struct fp_env env = fpscr_env(c);                  \
		union vsr r;                                       \
                                                                   \
		set_scalar(&r, function(&env, A, B, max));         \
		return finish_quiet(c, pc, &env, vxt(c, insn), r); \
	}

EXTREME(xsmaxdp, fp64_extreme, true)
EXTREME(xsmindp, fp64_extreme, false)
EXTREME(xsmaxcdp, extreme_c, true)
EXTREME(xsmincdp, extreme_c, false)
EXTREME(xsmaxjdp, extreme_j, true)
EXTREME(xsminjdp, extreme_j, false)

/* ---- parts ---- */

u64 i_xsiexpdp(struct cpu *c, u32 insn, u64 pc)
{
	u64 sig = c->gpr[f_ra(insn)], e = c->gpr[f_rb(insn)] & 0x7ff;

	set_scalar(vxt(c, insn), (sig & (SIGN | FRACTION)) | e << 52);
	return NEXT;
}

u64 i_xsxexpdp(struct cpu *c, u32 insn, u64 pc)
{
	c->gpr[f_rt(insn)] = exponent(B);
	return NEXT;
}

/* With the implicit bit of a normal number. */
u64 i_xsxsigdp(struct cpu *c, u32 insn, u64 pc)
{
	u32 e = exponent(B);

	c->gpr[f_rt(insn)] = (B & FRACTION) | (u64)(e != 0 && e != 0x7ff) << 52;
	return NEXT;
}

/* ---- classes ---- */

/* DCMX, bits 9:15. */
static inline u32 f_dcmx(u32 insn)
{
	return insn >> 16 & 0x7f;
}

static u64 test_class(struct cpu *c, u32 insn, u64 pc, u32 cc)
{
	if (B & SIGN)
		cc |= 8;
	cr_set_field(c, f_bf(insn), cc);
	fpscr_set_fpcc(c, cc);
	return NEXT;
}

u64 i_xststdcdp(struct cpu *c, u32 insn, u64 pc)
{
	return test_class(c, insn, pc, fp64_data_class(B) & f_dcmx(insn) ? 2 : 0);
}

/*
 * The class that the number has as a single: below its normal range a denormal.
 * The last bit says that it is no single.
 */
u64 i_xststdcsp(struct cpu *c, u32 insn, u64 pc)
{
	u32 e = exponent(B), class = fp64_data_class(B);
	bool inexact = fp32_load_as_fp64(fp64_store_as_fp32(B)) != B;

	if (e > 0 && e < 0x381)
		class = B & SIGN ? 1 : 2;
	return test_class(c, insn, pc, (class & f_dcmx(insn) ? 2 : 0) | inexact);
}
