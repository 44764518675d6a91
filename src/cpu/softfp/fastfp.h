/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single and double arithmetic on the host's floating point unit where that is
 * known to give the very same result and flags as softfp.h, which does the rest.
 * The host computes the result to nearest; the rounding error, which is again a
 * floating point number, is then computed exactly by error-free transformation:
 * its presence is FI and XX, its sign FR. Exponents are kept away from the ends
 * of the range, so that neither step can overflow or underflow.
 * The host thread must have its default rounding mode and no flush to zero.
 * Compile without -ffast-math; contraction to fma is harmless.
 */
#ifndef HYPAR_CPU_SOFTFP_FASTFP_H
#define HYPAR_CPU_SOFTFP_FASTFP_H

#include <string.h>

#include "base/compiler.h"
#include "cpu/softfp/softfp.h"

ALWAYS_INLINE double fast_double(u64 x)
{
	double d;

	memcpy(&d, &x, sizeof(d));
	return d;
}

ALWAYS_INLINE u64 fast_bits64(double d)
{
	u64 x;

	memcpy(&x, &d, sizeof(x));
	return x;
}

ALWAYS_INLINE float fast_float(u32 x)
{
	float f;

	memcpy(&f, &x, sizeof(f));
	return f;
}

ALWAYS_INLINE u32 fast_bits32(float f)
{
	u32 x;

	memcpy(&x, &f, sizeof(x));
	return x;
}

/* Whether the exponent field of a double lies in [lo, hi]. */
ALWAYS_INLINE bool fast_exp_in(u64 x, u32 lo, u32 hi)
{
	return ((u32)(x >> 52) & 0x7ff) - lo <= hi - lo;
}

/* Whether a double is a normal number of the single format, or a zero. */
ALWAYS_INLINE bool fast_is_single(u64 x)
{
	return !(x & 0x1fffffffULL) && (fast_exp_in(x, 897, 1150) || !(x << 1));
}

/* Stores FR, FI and XX for result @r whose exact value is r + err. */
ALWAYS_INLINE void fast_flags(struct fp_env *env, double r, double err)
{
	bool inexact = err != 0.0;

	env->fi = inexact;
	env->fr = inexact && (err < 0.0) != (r < 0.0);
	env->flags |= inexact ? FP_XX : 0;
}

/* a + b - s for s = a + b rounded. */
ALWAYS_INLINE double fast_sum_error(double a, double b, double s)
{
	double t = s - a;

	return (a - (s - t)) + (b - t);
}

/* a * b - p for p near the product. */
ALWAYS_INLINE double fast_product_error(double a, double b, double p)
{
#ifdef __FP_FAST_FMA
	return __builtin_fma(a, b, -p);
#else
	/* Halves of 26 bits, whose products are exact. */
	double ta = a * 134217729.0, tb = b * 134217729.0;
	double ah = ta - (ta - a), al = a - ah;
	double bh = tb - (tb - b), bl = b - bh;

	return ((ah * bh - p) + ah * bl + al * bh) + al * bl;
#endif
}

ALWAYS_INLINE u64 fast64_add(struct fp_env *env, u64 x, u64 y)
{
	double a = fast_double(x), b = fast_double(y), r = a + b;

	/* A sum of numbers in range is exact or has an error in range. */
	if (UNLIKELY(env->rm != FP_RM_NEAR || !fast_exp_in(fast_bits64(r), 1, 2040) ||
		     !fast_exp_in(x, 0, 2040)))
		return fp64_add(env, x, y);
	fast_flags(env, r, fast_sum_error(a, b, r));
	return fast_bits64(r);
}

ALWAYS_INLINE u64 fast64_sub(struct fp_env *env, u64 x, u64 y)
{
	double a = fast_double(x), b = fast_double(y), r = a - b;

	if (UNLIKELY(env->rm != FP_RM_NEAR || !fast_exp_in(fast_bits64(r), 1, 2040) ||
		     !fast_exp_in(x, 0, 2040)))
		return fp64_sub(env, x, y);
	fast_flags(env, r, fast_sum_error(a, -b, r));
	return fast_bits64(r);
}

ALWAYS_INLINE u64 fast64_mul(struct fp_env *env, u64 x, u64 y)
{
	double a = fast_double(x), b = fast_double(y), r = a * b;

	if (UNLIKELY(env->rm != FP_RM_NEAR || !fast_exp_in(x, 1, 1990) ||
		     !fast_exp_in(y, 1, 1990) || !fast_exp_in(fast_bits64(r), 120, 1990)))
		return fp64_mul(env, x, y);
	fast_flags(env, r, fast_product_error(a, b, r));
	return fast_bits64(r);
}

ALWAYS_INLINE u64 fast64_div(struct fp_env *env, u64 x, u64 y)
{
	double a = fast_double(x), b = fast_double(y), r = a / b, rem, err;

	if (UNLIKELY(env->rm != FP_RM_NEAR || !fast_exp_in(x, 120, 1990) ||
		     !fast_exp_in(y, 1, 1990) || !fast_exp_in(fast_bits64(r), 2, 1990)))
		return fp64_div(env, x, y);
	/* The remainder a - r b is exact; the error is rem / b. */
	rem = -fast_product_error(r, b, a);
	err = b < 0.0 ? -rem : rem;
	fast_flags(env, r, err);
	return fast_bits64(r);
}

/* These are in fastfp.c; each goes the slow path where the host has no way. */
u64 fast64_sqrt(struct fp_env *env, u64 x);
u64 fast64r32_sqrt(struct fp_env *env, u64 x);
u64 fast64_fma_host(struct fp_env *env, u64 x, u64 y, u64 z, unsigned int op);

ALWAYS_INLINE u64 fast64_fma(struct fp_env *env, u64 x, u64 y, u64 z, unsigned int op)
{
	if (UNLIKELY(env->rm != FP_RM_NEAR || !fast_exp_in(x, 623, 1423) ||
		     !fast_exp_in(y, 623, 1423) || !fast_exp_in(z, 323, 1723)))
		return fp64_fma(env, x, y, z, op);
	return fast64_fma_host(env, x, y, z, op);
}

/* The result of a single operation; false where the slow path is needed. */
ALWAYS_INLINE bool fast_single_ok(const struct fp_env *env, float r)
{
	u32 e = (fast_bits32(r) >> 23) & 0xff;

	return env->rm == FP_RM_NEAR && e - 1 < 254;
}

ALWAYS_INLINE u64 fast64r32_add(struct fp_env *env, u64 x, u64 y)
{
	double a = fast_double(x), b = fast_double(y), s = a + b;
	float r = (float)a + (float)b;

	if (UNLIKELY(!fast_is_single(x) || !fast_is_single(y) || !fast_single_ok(env, r)))
		return fp64r32_add(env, x, y);
	/* Both terms are exact and the second is less than an ulp of the first. */
	{
		double e = s - (double)r;

		fast_flags(env, r, e != 0.0 ? e : fast_sum_error(a, b, s));
	}
	return fast_bits64((double)r);
}

ALWAYS_INLINE u64 fast64r32_sub(struct fp_env *env, u64 x, u64 y)
{
	double a = fast_double(x), b = fast_double(y), s = a - b;
	float r = (float)a - (float)b;

	if (UNLIKELY(!fast_is_single(x) || !fast_is_single(y) || !fast_single_ok(env, r)))
		return fp64r32_sub(env, x, y);
	{
		double e = s - (double)r;

		fast_flags(env, r, e != 0.0 ? e : fast_sum_error(a, -b, s));
	}
	return fast_bits64((double)r);
}

ALWAYS_INLINE u64 fast64r32_mul(struct fp_env *env, u64 x, u64 y)
{
	double p = fast_double(x) * fast_double(y);
	float r = (float)p;

	/* The product of two singles is an exact double. */
	if (UNLIKELY(!fast_is_single(x) || !fast_is_single(y) || !fast_single_ok(env, r) ||
		     !fast_exp_in(fast_bits64(p), 897, 1150)))
		return fp64r32_mul(env, x, y);
	fast_flags(env, r, p - (double)r);
	return fast_bits64((double)r);
}

ALWAYS_INLINE u64 fast64r32_div(struct fp_env *env, u64 x, u64 y)
{
	double a = fast_double(x), b = fast_double(y), rem;
	float r = (float)a / (float)b;

	if (UNLIKELY(!fast_is_single(x) || !fast_is_single(y) || !fast_single_ok(env, r) ||
		     !fast_exp_in(fast_bits64(a / b), 897, 1150)))
		return fp64r32_div(env, x, y);
	rem = a - (double)r * b;
	fast_flags(env, r, b < 0.0 ? -rem : rem);
	return fast_bits64((double)r);
}

ALWAYS_INLINE u64 fast64r32_fma(struct fp_env *env, u64 x, u64 y, u64 z, unsigned int op)
{
	double p = fast_double(x) * fast_double(y), c = fast_double(z), s, e;
	u64 odd;
	float r;

	if (op & FP_NEG_ADDEND)
		c = -c;
	/*
	 * The product is exact. The sum, rounded to odd in double, carries all
	 * that rounding to single needs.
	 */
	s = p + c;
	e = fast_sum_error(p, c, s);
	odd = fast_bits64(s);
	if (e != 0.0 && !(odd & 1))
		odd += (e < 0.0) == (s < 0.0) ? 1ULL : ~0ULL;
	s = fast_double(odd);
	r = (float)s;
	if (UNLIKELY(!fast_is_single(x) || !fast_is_single(y) || !fast_is_single(z) ||
		     !fast_single_ok(env, r) || !fast_exp_in(odd, 897, 1150)))
		return fp64r32_fma(env, x, y, z, op);
	fast_flags(env, r, s - (double)r);
	return fast_bits64((double)(op & FP_NEG_RESULT ? -r : r));
}

/* frsp */
ALWAYS_INLINE u64 fast64_to_fp64r32(struct fp_env *env, u64 x)
{
	double a = fast_double(x);
	float r = (float)a;

	if (UNLIKELY(!fast_exp_in(x, 897, 1150) || !fast_single_ok(env, r)))
		return fp64_to_fp64r32(env, x);
	fast_flags(env, (double)r, a - (double)r);
	return fast_bits64((double)r);
}

/* Truncation, as casts do it. */
ALWAYS_INLINE s64 fast64_to_s64z(struct fp_env *env, u64 x)
{
	double a = fast_double(x);
	s64 v;

	if (UNLIKELY(!fast_exp_in(x, 0, 1023 + 61)))
		return fp64_to_s64(env, x, FP_RM_ZERO);
	v = (s64)a;
	fast_flags(env, 1.0, a - (double)v != 0.0 ? 1.0 : 0.0);
	return v;
}

ALWAYS_INLINE s32 fast64_to_s32z(struct fp_env *env, u64 x)
{
	if (UNLIKELY(!fast_exp_in(x, 0, 1023 + 30)))
		return fp64_to_s32(env, x, FP_RM_ZERO);
	return (s32)fast64_to_s64z(env, x);
}

ALWAYS_INLINE u64 fast64_from_s64(struct fp_env *env, s64 v)
{
	if (UNLIKELY((u64)v + (1ULL << 53) > 1ULL << 54))
		return fp64_from_s64(env, v);
	env->fr = false;
	env->fi = false;
	return fast_bits64((double)v);
}

ALWAYS_INLINE enum fp_order fast64_cmp(struct fp_env *env, u64 x, u64 y, bool ordered)
{
	double a = fast_double(x), b = fast_double(y);

	if (UNLIKELY(fp64_is_nan(x) || fp64_is_nan(y)))
		return fp64_cmp(env, x, y, ordered);
	return a < b ? FP_LT : a > b ? FP_GT : FP_EQ;
}

#endif
