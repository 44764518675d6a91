// SPDX-License-Identifier: Apache-2.0
/*
 * Matrix-multiply assist: outer products of floating-point numbers
 * [ISA 3.1B I 7.6.3]. The results are always those of disabled exceptions and
 * are always written; FR, FI and FPRF stay.
 *
 * Products of halves and bfloat16s are exact doubles. Their sum is rounded to
 * the 24 bits of a single's significand, its exponent being unbounded, which a
 * double's is for that purpose; then the accumulator is added to it.
 */
#include "cpu/interp/fpscr.h"
#include "cpu/interp/mma.h"
#include "cpu/softfp/fastfp.h"

#define SIGN64 (1ULL << 63)
#define UP(x) fp32_load_as_fp64(x)
#define DOWN(x) fp64_store_as_fp32(x)

/* What becomes of product and accumulator. */
#define SET 0u
#define ADD 1u
#define NEG_PRODUCT 2u
#define NEG_ADDEND 4u

#define PP ADD
#define PN (ADD | NEG_ADDEND)
#define NP (ADD | NEG_PRODUCT)
#define NN (ADD | NEG_PRODUCT | NEG_ADDEND)

static inline struct fp_env mma_env(const struct cpu *c)
{
	return (struct fp_env){ .rm = (u8)(c->fpscr & FPSCR_RN) };
}

static u64 finish(struct cpu *c, u32 flags, u64 pc, u64 next)
{
	const struct fp_env env = { .flags = flags };

	fpscr_raise(c, flags);
	return fpscr_complete(c, &env, pc, next);
}

/* ---- singles and doubles: one fused multiplication ---- */

/* -(x y) + z is -(x y - z), and so on: what is negated was rounded. */
static inline unsigned int fma_op(u32 how)
{
	bool neg = how & NEG_PRODUCT;

	return (neg ? FP_NEG_RESULT : 0) | (neg != !!(how & NEG_ADDEND) ? FP_NEG_ADDEND : 0);
}

static NOINLINE u32 ger32(struct cpu *c, u32 insn, struct mma_masks m, u32 how)
{
	const union vsr a = vxa(c, insn), b = vxb(c, insn);
	union vsr *acc = mma_acc(c, insn);
	struct fp_env env = mma_env(c);
	unsigned int op = fma_op(how);

	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < 4; j++) {
			u64 x = UP(VSR_W(a, i)), y = UP(VSR_W(b, j));
			u32 *t = &VSR_W(acc[i], j);

			if (!mma_in(m.x, 4, i) || !mma_in(m.y, 4, j))
				*t = 0;
			else if (how & ADD)
				*t = DOWN(fast64r32_fma(&env, x, y, UP(*t), op));
			else
				*t = DOWN(fast64r32_mul(&env, x, y));
		}
	return env.flags;
}

/* Rows are the doublewords of a pair of registers; there are two columns. */
static NOINLINE u32 ger64(struct cpu *c, u32 insn, struct mma_masks m, u32 how)
{
	const union vsr a[2] = { c->vsr[f_xa(insn) & ~1u], c->vsr[f_xa(insn) | 1] };
	const union vsr b = vxb(c, insn);
	union vsr *acc = mma_acc(c, insn);
	struct fp_env env = mma_env(c);
	unsigned int op = fma_op(how);

	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < 2; j++) {
			u64 x = VSR_D(a[i / 2], i % 2), y = VSR_D(b, j);
			u64 *t = &VSR_D(acc[i], j);

			if (!mma_in(m.x, 4, i) || !mma_in(m.y, 4, j))
				*t = 0;
			else if (how & ADD)
				*t = fast64_fma(&env, x, y, *t, op);
			else
				*t = fast64_mul(&env, x, y);
		}
	return env.flags;
}

/* ---- halves and bfloat16s: two products ---- */

static u64 half_as_fp64(u32 h)
{
	u32 e = h >> 10 & 31, frac = h & 0x3ff;
	u64 sign = (u64)(h & 0x8000) << 48;

	if (e == 31)
		return sign | 0x7ffULL << 52 | (u64)frac << 42;
	if (e)
		return sign | (u64)(e + 1023 - 15) << 52 | (u64)frac << 42;
	return sign | fast_bits64((double)frac * 0x1p-24);
}

static u64 bf16_as_fp64(u32 h)
{
	return UP(h << 16);
}

/* A finite double to 24 bits of significand. */
static u64 round_significand(struct fp_env *env, u64 v)
{
	u64 rest = v & 0x1fffffff, half = 0x10000000;
	bool up = false;

	if (!rest)
		return v;
	env->flags |= FP_XX;
	if (env->rm == FP_RM_NEAR)
		up = rest > half || (rest == half && v & 0x20000000);
	else if (env->rm != FP_RM_ZERO)
		up = (env->rm == FP_RM_MINUS) == (v >> 63);
	return v - rest + (up ? 0x20000000 : 0);
}

/* x1 y1 + x2 y2 */
static u64 two_products(struct fp_env *env, const u64 x[2], const u64 y[2])
{
	double p = fast_double(x[0]) * fast_double(y[0]);
	double q = fast_double(x[1]) * fast_double(y[1]);
	double s = p + q, e;
	u64 v = fast_bits64(s);

	if (UNLIKELY(!fast_exp_in(v, 1, 2046))) /* zero, or no number */
		return fp64_fma(env, x[1], y[1], fp64_mul(env, x[0], y[0]), 0);
	e = fast_sum_error(p, q, s);
	if (e != 0.0 && !(v & 1)) /* to odd */
		v += (e < 0.0) == (s < 0.0) ? 1ULL : ~0ULL;
	return round_significand(env, v);
}

static u64 negated(u64 v, bool yes)
{
	return yes && !fp64_is_nan(v) ? v ^ SIGN64 : v;
}

typedef u64 widen_fn(u32 h);

ALWAYS_INLINE u32 ger16(struct cpu *c, u32 insn, struct mma_masks m, u32 how, widen_fn *widen)
{
	const union vsr a = vxa(c, insn), b = vxb(c, insn);
	union vsr *acc = mma_acc(c, insn);
	struct fp_env env = mma_env(c);
	u64 x[4][2], y[4][2];

	for (u32 i = 0; i < 4; i++)
		for (u32 k = 0; k < 2; k++) {
			x[i][k] = mma_in(m.p, 2, k) ? widen(VSR_H(a, 2 * i + k)) : 0;
			y[i][k] = mma_in(m.p, 2, k) ? widen(VSR_H(b, 2 * i + k)) : 0;
		}
	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < 4; j++) {
			u32 *t = &VSR_W(acc[i], j);
			u64 v;

			if (!mma_in(m.x, 4, i) || !mma_in(m.y, 4, j)) {
				*t = 0;
				continue;
			}
			v = negated(two_products(&env, x[i], y[j]), how & NEG_PRODUCT);
			if (how & ADD)
				v = fast64r32_add(&env, v, negated(UP(*t), how & NEG_ADDEND));
			else
				v = fast64_to_fp64r32(&env, v);
			*t = DOWN(v);
		}
	return env.flags;
}

static NOINLINE u32 ger_half(struct cpu *c, u32 insn, struct mma_masks m, u32 how)
{
	return ger16(c, insn, m, how, half_as_fp64);
}

static NOINLINE u32 ger_bf16(struct cpu *c, u32 insn, struct mma_masks m, u32 how)
{
	return ger16(c, insn, m, how, bf16_as_fp64);
}

/* ---- the instructions ---- */

#define FLOAT_GER(name, products, ger, how)                                                      \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                                            \
	{                                                                                        \
		return finish(c, ger(c, insn, mma_all(), how), pc, NEXT);                        \
	}                                                                                        \
	u64 i_pm##name(struct cpu *c, u32 insn, u64 pc)                                          \
	{                                                                                        \
		return finish(c, ger(c, insn, mma_prefix(c->prefix, products), how), pc, NEXT8); \
	}

#define FLOAT_GERS(name, products, ger)        \
	FLOAT_GER(name, products, ger, SET)    \
	FLOAT_GER(name##pp, products, ger, PP) \
	FLOAT_GER(name##pn, products, ger, PN) \
	FLOAT_GER(name##np, products, ger, NP) \
	FLOAT_GER(name##nn, products, ger, NN)

FLOAT_GERS(xvbf16ger2, 2, ger_bf16)
FLOAT_GERS(xvf16ger2, 2, ger_half)
FLOAT_GERS(xvf32ger, 2, ger32)
FLOAT_GERS(xvf64ger, 2, ger64)
