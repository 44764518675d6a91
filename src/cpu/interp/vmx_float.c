// SPDX-License-Identifier: Apache-2.0
/*
 * Vector floating point: single precision, rounded to nearest, no exceptions
 * and no status but VSCR[SAT] [ISA 3.1B I 6.6, 6.10]. With VSCR[NJ] denormal
 * operands and results are zeros of their sign. A NaN operand is the result,
 * made quiet, from VRA, VRB, VRC in this order.
 */
#include "cpu/interp/vmx.h"
#include "cpu/softfp/fastfp.h"
#include "cpu/softfp/softfp.h"

#define SIGN 0x80000000u
#define QUIET 0x00400000u
#define INFINITY_BITS 0x7f800000u

/* @v, or a zero for a denormal number with NJ. */
static inline u32 flush(const struct cpu *c, u32 v)
{
	return c->vscr & VSCR_NJ && !(v & INFINITY_BITS) ? v & SIGN : v;
}

static union vsr flushed(const struct cpu *c, union vsr v)
{
	for (u32 i = 0; i < 4; i++)
		v.w[i] = flush(c, v.w[i]);
	return v;
}

#define ENV struct fp_env env = { .rm = FP_RM_NEAR }

/*
 * A result: with NJ a zero if it was tiny before it was rounded, even when it
 * was rounded to the least normal number. @env is that of this operation alone.
 */
static inline u32 result(const struct cpu *c, struct fp_env *env, u32 v)
{
	bool underflow = env->flags & FP_UX;

	env->flags = 0;
	return c->vscr & VSCR_NJ && underflow ? v & SIGN : flush(c, v);
}

/* x, y and z are the elements of VRA, VRB and VRC. */
#define VF_XY(name, expr)                                     \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)         \
	{                                                     \
		const union vsr a = flushed(c, vra(c, insn)); \
		const union vsr b = flushed(c, vrb(c, insn)); \
		ENV;                                          \
		union vsr r;                                  \
                                                              \
		EACH_XY(w, result(c, &env, expr));            \
		*vrt(c, insn) = r;                            \
		return NEXT;                                  \
	}

#define VF_Y(name, expr)                                      \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)         \
	{                                                     \
		const union vsr b = flushed(c, vrb(c, insn)); \
		union vsr r;                                  \
                                                              \
		EACH_Y(w, flush(c, expr));                    \
		*vrt(c, insn) = r;                            \
		return NEXT;                                  \
	}

/* ---- arithmetic ---- */

/*
 * A zero, or a number between 2^-32 and 2^32: sums and products are then normal
 * numbers or zeros, which the host's arithmetic rounds as ours.
 */
static inline bool in_middle(u32 v)
{
	return (v >> 23 & 255) - 95 < 64 || !(v << 1);
}

static u32 add(struct fp_env *env, u32 x, u32 y)
{
	if (LIKELY(in_middle(x) && in_middle(y)))
		return fast_bits32(fast_float(x) + fast_float(y));
	return fp32_add(env, x, y);
}

/* x * y + z. The product is exact as a double; the sum is rounded to odd, then to single. */
static u32 fma32(struct fp_env *env, u32 x, u32 y, u32 z, u32 op)
{
	double product, addend, sum, error;
	u64 bits;
	u32 r;

	if (UNLIKELY(!in_middle(x) || !in_middle(y) || !in_middle(z)))
		return fp32_fma(env, x, y, z, op);
	product = (double)fast_float(x) * (double)fast_float(y);
	addend = fast_float(op & FP_NEG_ADDEND ? z ^ SIGN : z);
	sum = product + addend;
	error = fast_sum_error(product, addend, sum);
	bits = fast_bits64(sum);
	if (error != 0.0 && !(bits & 1))
		bits += (error > 0.0) == (sum > 0.0) ? 1 : -1ULL;
	r = fast_bits32((float)fast_double(bits));
	return op & FP_NEG_RESULT ? r ^ SIGN : r;
}

VF_XY(vaddfp, add(&env, x, y))
VF_XY(vsubfp, fp32_is_nan(y) ? fp32_sub(&env, x, y) : add(&env, x, y ^ SIGN))

static u64 multiply_add(struct cpu *c, u32 insn, u64 pc, u32 op)
{
	const union vsr a = flushed(c, vra(c, insn)), b = flushed(c, vrb(c, insn));
	const union vsr m = flushed(c, vrc(c, insn));
	union vsr *t = vrt(c, insn);
	ENV;

	for (u32 i = 0; i < 4; i++)
		t->w[i] = result(c, &env, fma32(&env, a.w[i], m.w[i], b.w[i], op));
	return NEXT;
}

u64 i_vmaddfp(struct cpu *c, u32 insn, u64 pc)
{
	return multiply_add(c, insn, pc, 0);
}

u64 i_vnmsubfp(struct cpu *c, u32 insn, u64 pc)
{
	return multiply_add(c, insn, pc, FP_NEG_ADDEND | FP_NEG_RESULT);
}

/* Orders numbers as integers do; -0 is less than +0. */
static inline s32 order(u32 v)
{
	return v & SIGN ? (s32)(~v | SIGN) : (s32)v;
}

static u32 maximum(u32 x, u32 y)
{
	if (fp32_is_nan(x))
		return x | QUIET;
	if (fp32_is_nan(y))
		return y | QUIET;
	return order(x) > order(y) ? x : y;
}

static u32 minimum(u32 x, u32 y)
{
	if (fp32_is_nan(x))
		return x | QUIET;
	if (fp32_is_nan(y))
		return y | QUIET;
	return order(x) < order(y) ? x : y;
}

VOP_AB(vmaxfp, EACH_XY(w, maximum(flush(c, x), flush(c, y))))
VOP_AB(vminfp, EACH_XY(w, minimum(flush(c, x), flush(c, y))))

/* ---- estimates ---- */

static u32 re(const struct cpu *c, u32 y)
{
	ENV;

	y = fp32_re(&env, y);
	return result(c, &env, y);
}

static u32 rsqrte(u32 y)
{
	ENV;

	return fp32_rsqrte(&env, y);
}

VF_Y(vrefp, re(c, y))
VF_Y(vrsqrtefp, rsqrte(y))
VF_Y(vexptefp, fp32_exp2(y))
VF_Y(vlogefp, fp32_log2(y))

/* ---- comparison ---- */

#define CR10 0x400u

static bool compare_eq(u32 x, u32 y)
{
	return !fp32_is_nan(x) && !fp32_is_nan(y) && (x == y || !((x | y) & ~SIGN));
}

static bool compare_gt(u32 x, u32 y)
{
	return !fp32_is_nan(x) && !fp32_is_nan(y) && !compare_eq(x, y) && order(x) > order(y);
}

static bool compare_ge(u32 x, u32 y)
{
	return compare_gt(x, y) || compare_eq(x, y);
}

#define VF_CMP(name, cond)                                        \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)             \
	{                                                         \
		const union vsr a = flushed(c, vra(c, insn));     \
		const union vsr b = flushed(c, vrb(c, insn));     \
		union vsr r;                                      \
                                                                  \
		EACH_XY(w, cond(x, y) ? ~0u : 0);                 \
		if (insn & CR10)                                  \
			vmx_record(c, r.q == ~(u128)0, r.q == 0); \
		*vrt(c, insn) = r;                                \
		return NEXT;                                      \
	}

VF_CMP(vcmpeqfp, compare_eq)
VF_CMP(vcmpgtfp, compare_gt)
VF_CMP(vcmpgefp, compare_ge)

/* Within -VRB..VRB? Bit 0: above, bit 1: below. CR6: EQ when all are within. */
u64 i_vcmpbfp(struct cpu *c, u32 insn, u64 pc)
{
	const union vsr a = flushed(c, vra(c, insn)), b = flushed(c, vrb(c, insn));
	union vsr r;

	EACH_XY(w, (compare_ge(y, x) ? 0 : SIGN) | (compare_ge(x, y ^ SIGN) ? 0 : SIGN >> 1));
	if (insn & CR10)
		vmx_record(c, false, r.q == 0);
	*vrt(c, insn) = r;
	return NEXT;
}

/* ---- rounding and conversion ---- */

static u32 rint32(u32 y, enum fp_rm rm)
{
	ENV;

	return fp32_rint(&env, y, rm, false);
}

VF_Y(vrfin, rint32(y, FP_RM_NEAR))
VF_Y(vrfiz, rint32(y, FP_RM_ZERO))
VF_Y(vrfip, rint32(y, FP_RM_PLUS))
VF_Y(vrfim, rint32(y, FP_RM_MINUS))

/* @v / 2^@scale for a number that was an integer: exact, never denormal. */
static u32 scale_down(u32 v, u32 scale)
{
	return v ? v - (scale << 23) : 0;
}

static u32 from_u32(u32 v, u32 scale)
{
	ENV;

	return scale_down(fp32_from_u64(&env, v), scale);
}

static u32 from_s32(s32 v, u32 scale)
{
	ENV;

	return scale_down(fp32_from_s64(&env, v), scale);
}

VOP_B(vcfux, EACH(w, from_u32(b.w[i], f_ra(insn))))
VOP_B(vcfsx, EACH(w, from_s32(b.sw[i], f_ra(insn))))

/* |@v| * 2^@scale truncated; 2^63 for what is not less than 2^32. @v is no NaN. */
static u64 magnitude(u32 v, u32 scale)
{
	u64 m = (v & 0x007fffffu) | 0x00800000u;
	s32 e = (s32)(v >> 23 & 255) - 127 + (s32)scale;

	if (e < 0)
		return 0;
	if (e > 31 || (v & INFINITY_BITS) == INFINITY_BITS)
		return 1ULL << 63;
	return e > 23 ? m << (e - 23) : m >> (23 - e);
}

/* VSCR[SAT] is set for what is out of range; a NaN gives 0. */
static u32 to_u32(struct cpu *c, u32 v, u32 scale)
{
	u64 m;

	if (fp32_is_nan(v))
		return 0;
	m = magnitude(v, scale);
	if (v & SIGN && m) {
		c->vscr |= VSCR_SAT;
		return 0;
	}
	if (m > UINT32_MAX) {
		c->vscr |= VSCR_SAT;
		return UINT32_MAX;
	}
	return (u32)m;
}

static u32 to_s32(struct cpu *c, u32 v, u32 scale)
{
	u64 m, limit = v & SIGN ? 0x80000000u : 0x7fffffffu;

	if (fp32_is_nan(v))
		return 0;
	m = magnitude(v, scale);
	if (m > limit) {
		c->vscr |= VSCR_SAT;
		m = limit;
	}
	return v & SIGN ? -(u32)m : (u32)m;
}

VOP_B(vctuxs, EACH(w, to_u32(c, b.w[i], f_ra(insn))))
VOP_B(vctsxs, EACH(w, to_s32(c, b.w[i], f_ra(insn))))
