/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of fastfp.h that need instructions a header cannot ask for: square
 * root without errno, and the fused multiply-add, which x86 has since 2013 only
 * and which is looked for at run time.
 */
#include "cpu/softfp/fastfp.h"

#ifdef __SSE2__
#include <emmintrin.h>

static double host_sqrt(double a)
{
	__m128d v = _mm_set_sd(a);

	return _mm_cvtsd_f64(_mm_sqrt_sd(v, v));
}

u64 fast64_sqrt(struct fp_env *env, u64 x)
{
	double a = fast_double(x), r;

	if (env->rm != FP_RM_NEAR || x >> 63 || !fast_exp_in(x, 120, 1990))
		return fp64_sqrt(env, x);
	r = host_sqrt(a);
	fast_flags(env, r, -fast_product_error(r, r, a));
	return fast_bits64(r);
}

u64 fast64r32_sqrt(struct fp_env *env, u64 x)
{
	double a = fast_double(x);
	float r;

	if (env->rm != FP_RM_NEAR || x >> 63 || !(x << 1) || !fast_is_single(x))
		return fp64r32_sqrt(env, x);
	/* A root in double cannot lie beside a tie of single: no double rounding. */
	r = (float)host_sqrt(a);
	fast_flags(env, r, a - (double)r * (double)r);
	return fast_bits64((double)r);
}

#else

u64 fast64_sqrt(struct fp_env *env, u64 x)
{
	return fp64_sqrt(env, x);
}

u64 fast64r32_sqrt(struct fp_env *env, u64 x)
{
	return fp64r32_sqrt(env, x);
}

#endif

#if defined(__x86_64__)
#define TARGET_FMA __attribute__((target("fma")))
#define HAVE_FMA __builtin_cpu_supports("fma")
/* Keeps the compiler from contracting the rounded product into the next sum. */
#define OPAQUE(v) __asm__("" : "+x"(v))
#elif defined(__aarch64__)
#define TARGET_FMA
#define HAVE_FMA true
#define OPAQUE(v) __asm__("" : "+w"(v))
#endif

#ifdef TARGET_FMA

/*
 * The error of a fused multiply-add is the sum of two numbers; the first one of
 * them says whether it is 0 and which sign it has.
 */
TARGET_FMA static double fma_with_error(double a, double b, double c, double *err)
{
	double r = __builtin_fma(a, b, c);
	double p = a * b;
	double p_low, s, s_low, t, t_low;

	OPAQUE(p);
	p_low = __builtin_fma(a, b, -p);
	s = c + p_low;
	s_low = fast_sum_error(c, p_low, s);
	t = p + s;
	t_low = fast_sum_error(p, s, t);
	*err = ((t - r) + t_low) + s_low;
	return r;
}

u64 fast64_fma_host(struct fp_env *env, u64 x, u64 y, u64 z, unsigned int op)
{
	double c = fast_double(z), r, err;

	if (!HAVE_FMA)
		return fp64_fma(env, x, y, z, op);
	if (op & FP_NEG_ADDEND)
		c = -c;
	r = fma_with_error(fast_double(x), fast_double(y), c, &err);
	fast_flags(env, r, err);
	return fast_bits64(op & FP_NEG_RESULT ? -r : r);
}

#else

u64 fast64_fma_host(struct fp_env *env, u64 x, u64 y, u64 z, unsigned int op)
{
	return fp64_fma(env, x, y, z, op);
}

#endif
