// SPDX-License-Identifier: Apache-2.0
/*
 * Quad precision: moves, arithmetic, comparison, rounding, conversion, parts
 * and classes [ISA 3.1B I 7.6.3]. Operands are VSR 32-63 as a whole. Forms
 * whose name ends in o (RO, bit 31) round to odd.
 */
#include "cpu/interp/vsx_fp.h"

#define SIGN (1ULL << 63)
#define EXP_MAX 0x7fffu
#define FRACTION 0x0000ffffffffffffULL

static inline struct f128 f128_of(union vsr v)
{
	return (struct f128){ v.d[1], v.d[0] };
}

static inline union vsr vsr_of(struct f128 x)
{
	return (union vsr){ .d = { x.lo, x.hi } };
}

static inline u32 exponent(struct f128 x)
{
	return (u32)(x.hi >> 48) & EXP_MAX;
}

#define A f128_of(vra(c, insn))
#define B f128_of(vrb(c, insn))
#define T f128_of(*vrt(c, insn))

/* ---- results ---- */

static u64 finish(struct cpu *c, u32 insn, u64 pc, const struct fp_env *env, union vsr r, u32 fprf)
{
	if (fpscr_scalar(c, env)) {
		*vrt(c, insn) = r;
		fpscr_set_fprf(c, fprf);
	}
	return fpscr_complete(c, env, pc, NEXT);
}

static u64 finish_quad(struct cpu *c, u32 insn, u64 pc, const struct fp_env *env, struct f128 r)
{
	return finish(c, insn, pc, env, vsr_of(r), fp128_fprf(r));
}

/* An instruction that computes a quad @value with @env. */
#define QUAD_INSN(name, value)                                  \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)           \
	{                                                       \
		struct fp_env env = fpscr_env(c);               \
                                                                \
		return finish_quad(c, insn, pc, &env, (value)); \
	}

/* The same, and with RO = 1. */
#define QUAD_ODD(name, value)                                   \
	QUAD_INSN(name, value)                                  \
	u64 i_##name##o(struct cpu *c, u32 insn, u64 pc)        \
	{                                                       \
		struct fp_env env = fpscr_env(c);               \
                                                                \
		env.rm = FP_RM_ODD;                             \
		return finish_quad(c, insn, pc, &env, (value)); \
	}

/* ---- moves ---- */

#define MOVE_INSN(name, high)                         \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		struct f128 a = A, b = B;             \
                                                      \
		(void)a;                              \
		b.hi = (high);                        \
		*vrt(c, insn) = vsr_of(b);            \
		return NEXT;                          \
	}

MOVE_INSN(xsabsqp, b.hi & ~SIGN)
MOVE_INSN(xsnabsqp, b.hi | SIGN)
MOVE_INSN(xsnegqp, b.hi ^ SIGN)
MOVE_INSN(xscpsgnqp, (a.hi & SIGN) | (b.hi & ~SIGN))

/* ---- arithmetic ---- */

QUAD_ODD(xsaddqp, fp128_add(&env, A, B))
QUAD_ODD(xssubqp, fp128_sub(&env, A, B))
QUAD_ODD(xsmulqp, fp128_mul(&env, A, B))
QUAD_ODD(xsdivqp, fp128_div(&env, A, B))
QUAD_ODD(xssqrtqp, fp128_sqrt(&env, B))
QUAD_ODD(xsmaddqp, fp128_fma(&env, A, B, T, 0))
QUAD_ODD(xsmsubqp, fp128_fma(&env, A, B, T, FP_NEG_ADDEND))
QUAD_ODD(xsnmaddqp, fp128_fma(&env, A, B, T, FP_NEG_RESULT))
QUAD_ODD(xsnmsubqp, fp128_fma(&env, A, B, T, FP_NEG_ADDEND | FP_NEG_RESULT))

/* ---- comparison, maximum and minimum ---- */

u64 i_xscmpuqp(struct cpu *c, u32 insn, u64 pc)
{
	struct fp_env env = fpscr_env(c);
	u32 cc = fp128_cmp(&env, A, B, false);

	return finish_compare(c, insn, pc, &env, cc);
}

u64 i_xscmpoqp(struct cpu *c, u32 insn, u64 pc)
{
	struct fp_env env = fpscr_env(c);
	u32 cc = fp128_cmp(&env, A, B, true);

	return finish_compare(c, insn, pc, &env, cc);
}

u64 i_xscmpexpqp(struct cpu *c, u32 insn, u64 pc)
{
	struct fp_env env = fpscr_env(c);
	struct f128 a = A, b = B;
	u32 ea = exponent(a), eb = exponent(b);
	u32 cc = ea < eb ? FP_LT : ea > eb ? FP_GT : FP_EQ;

	if (fp128_is_nan(a) || fp128_is_nan(b))
		cc = FP_UN;
	return finish_compare(c, insn, pc, &env, cc);
}

static u64 compare_to_mask(struct cpu *c, u32 insn, u64 pc, u32 orders)
{
	struct fp_env env = fpscr_env(c);
	u32 cc = fp128_cmp(&env, A, B, orders != FP_EQ);
	union vsr r = { .q = cc & orders ? ~(u128)0 : 0 };

	return finish_quiet(c, pc, &env, vrt(c, insn), r);
}

u64 i_xscmpeqqp(struct cpu *c, u32 insn, u64 pc)
{
	return compare_to_mask(c, insn, pc, FP_EQ);
}

u64 i_xscmpgeqp(struct cpu *c, u32 insn, u64 pc)
{
	return compare_to_mask(c, insn, pc, FP_GT | FP_EQ);
}

u64 i_xscmpgtqp(struct cpu *c, u32 insn, u64 pc)
{
	return compare_to_mask(c, insn, pc, FP_GT);
}

/* As C has `a < b ? b : a` and `a < b ? a : b`; with a NaN, B as it is. */
static u64 extreme_c(struct cpu *c, u32 insn, u64 pc, bool max)
{
	struct fp_env env = fpscr_env(c);
	struct f128 a = A, b = B;
	enum fp_order o = fp128_cmp(&env, a, b, false);
	bool first = o != FP_UN && (o == FP_LT) != max;

	return finish_quiet(c, pc, &env, vrt(c, insn), vsr_of(first ? a : b));
}

u64 i_xsmaxcqp(struct cpu *c, u32 insn, u64 pc)
{
	return extreme_c(c, insn, pc, true);
}

u64 i_xsmincqp(struct cpu *c, u32 insn, u64 pc)
{
	return extreme_c(c, insn, pc, false);
}

/* ---- rounding ---- */

/* R || RMC: R = 0 is to nearest, ties away from zero, or by RN; RMC 1 and 2 are reserved then. */
static enum fp_rm rounding_of(const struct fp_env *env, u32 insn)
{
	static const u8 modes[] = { FP_RM_AWAY, FP_RM_AWAY, FP_RM_AWAY, FP_RM_NEAR,
				    FP_RM_NEAR, FP_RM_ZERO, FP_RM_PLUS, FP_RM_MINUS };
	u32 n = (insn >> 14 & 4) | (insn >> 9 & 3);

	return (enum fp_rm)(n == 3 ? env->rm : modes[n]);
}

QUAD_INSN(xsrqpi, fp128_rint(&env, B, rounding_of(&env, insn), false))
QUAD_INSN(xsrqpix, fp128_rint(&env, B, rounding_of(&env, insn), true))

#define XP_DROP 49 /* fraction bits that double-extended precision does not have */
#define EXP_ADJUST 24576
#define QUAD_BIT(n) ((u128)1 << (n))

/* A denormal magnitude, normalised, its exponent wrapped as enabled underflow asks. */
static u128 adjust_tiny(u128 mag)
{
	u32 n = (u32)(mag >> 64 ? __builtin_clzll((u64)(mag >> 64)) :
				  64 + __builtin_clzll((u64)mag)) -
		15;

	return (mag << n & (QUAD_BIT(112) - 1)) | (u128)(1 - (s32)n + EXP_ADJUST) << 112;
}

static bool away_from_zero(enum fp_rm rm, bool sign, u128 mag)
{
	u128 rest = mag & (QUAD_BIT(XP_DROP) - 1), half = QUAD_BIT(XP_DROP - 1);

	switch (rm) {
	case FP_RM_NEAR:
		return rest > half || (rest == half && mag >> XP_DROP & 1);
	case FP_RM_AWAY:
		return rest >= half;
	case FP_RM_PLUS:
		return rest && !sign;
	case FP_RM_MINUS:
		return rest && sign;
	default:
		return false;
	}
}

/*
 * Rounds to the 64 bits of double-extended precision, whose range is that of
 * quad. The sum of a magnitude's image and a unit carries into the exponent.
 */
static struct f128 round_extended(struct fp_env *env, struct f128 x, enum fp_rm rm)
{
	bool sign = x.hi >> 63, tiny, up;
	u128 mag = (u128)(x.hi & ~SIGN) << 64 | x.lo;

	if (fp128_is_nan(x)) {
		env->flags |= fp128_is_snan(x) ? FP_VXSNAN : 0;
		mag = (mag >> XP_DROP << XP_DROP) | QUAD_BIT(111);
	} else if (exponent(x) != EXP_MAX && mag) {
		tiny = exponent(x) == 0;
		if (tiny && env->ue) {
			env->flags |= FP_UX;
			mag = adjust_tiny(mag);
			tiny = false;
		}
		up = away_from_zero(rm, sign, mag);
		env->fi = mag & (QUAD_BIT(XP_DROP) - 1);
		env->fr = up;
		env->flags |= env->fi ? FP_XX | (tiny ? FP_UX : 0) : 0;
		mag = (mag >> XP_DROP << XP_DROP) + (up ? QUAD_BIT(XP_DROP) : 0);
		if (mag >> 112 == EXP_MAX) {
			env->flags |= FP_OX;
			mag -= env->oe ? (u128)EXP_ADJUST << 112 : 0;
		}
	}
	return (struct f128){ (u64)(mag >> 64) | (u64)sign << 63, (u64)mag };
}

QUAD_INSN(xsrqpxp, round_extended(&env, B, rounding_of(&env, insn)))

/* ---- conversion: narrow values are in doubleword 0 ---- */

QUAD_INSN(xscvdpqp, fp64_to_fp128(&env, vrb(c, insn).d[1]))
QUAD_INSN(xscvsdqp, fp128_from_s64(&env, (s64)vrb(c, insn).d[1]))
QUAD_INSN(xscvudqp, fp128_from_u64(&env, vrb(c, insn).d[1]))
QUAD_INSN(xscvsqqp, fp128_from_s128(&env, (s128)vrb(c, insn).q))
QUAD_INSN(xscvuqqp, fp128_from_u128(&env, vrb(c, insn).q))

static u64 to_double(struct cpu *c, u32 insn, u64 pc, bool odd)
{
	struct fp_env env = fpscr_env(c);
	union vsr r = { .q = 0 };

	if (odd)
		env.rm = FP_RM_ODD;
	r.d[1] = fp128_to_fp64(&env, B);
	return finish(c, insn, pc, &env, r, fp64_fprf(r.d[1]));
}

u64 i_xscvqpdp(struct cpu *c, u32 insn, u64 pc)
{
	return to_double(c, insn, pc, false);
}

u64 i_xscvqpdpo(struct cpu *c, u32 insn, u64 pc)
{
	return to_double(c, insn, pc, true);
}

/* To integers, truncated; FPRF, which is undefined, stays. Words are extended to doublewords. */
#define TO_INT(name, member, value)                               \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)             \
	{                                                         \
		struct fp_env env = fpscr_env(c);                 \
		union vsr r = { .q = 0 };                         \
                                                                  \
		r.member = (value);                               \
		return finish(c, insn, pc, &env, r, fprf_now(c)); \
	}

TO_INT(xscvqpsdz, d[1], (u64)fp128_to_s64(&env, B, FP_RM_ZERO))
TO_INT(xscvqpudz, d[1], fp128_to_u64(&env, B, FP_RM_ZERO))
TO_INT(xscvqpswz, d[1], (u64)(s64)fp128_to_s32(&env, B, FP_RM_ZERO))
TO_INT(xscvqpuwz, d[1], fp128_to_u32(&env, B, FP_RM_ZERO))
TO_INT(xscvqpsqz, q, (u128)fp128_to_s128(&env, B, FP_RM_ZERO))
TO_INT(xscvqpuqz, q, fp128_to_u128(&env, B, FP_RM_ZERO))

/* ---- parts and classes ---- */

u64 i_xsiexpqp(struct cpu *c, u32 insn, u64 pc)
{
	struct f128 r = A;
	u64 e = vrb(c, insn).d[1] & EXP_MAX;

	r.hi = (r.hi & (SIGN | FRACTION)) | e << 48;
	*vrt(c, insn) = vsr_of(r);
	return NEXT;
}

u64 i_xsxexpqp(struct cpu *c, u32 insn, u64 pc)
{
	set_scalar(vrt(c, insn), exponent(B));
	return NEXT;
}

/* With the implicit bit of a normal number. */
u64 i_xsxsigqp(struct cpu *c, u32 insn, u64 pc)
{
	struct f128 b = B;
	u32 e = exponent(b);

	b.hi = (b.hi & FRACTION) | (u64)(e != 0 && e != EXP_MAX) << 48;
	*vrt(c, insn) = vsr_of(b);
	return NEXT;
}

u64 i_xststdcqp(struct cpu *c, u32 insn, u64 pc)
{
	struct f128 b = B;
	u32 cc = (b.hi & SIGN ? 8 : 0) | (fp128_data_class(b) & (insn >> 16 & 0x7f) ? 2 : 0);

	cr_set_field(c, f_bf(insn), cc);
	fpscr_set_fpcc(c, cc);
	return NEXT;
}
