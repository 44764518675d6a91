/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reciprocal, reciprocal square root, power and logarithm to base 2. The ISA
 * leaves the low bits open; here they are correctly rounded, so that every
 * host gives the same. [ISA 3.1B I 4.6.6 fre frsqrte, 6.10.4]
 */
#include "cpu/softfp/unpack.h"

static const struct unp unp_one = { FP_NORMAL, false, 0, SIG_TOP };

/* An estimate raises everything but inexact, and leaves no FR and FI. */
static struct unp finish(struct fp_env *env, const struct fp_format *f, struct unp r)
{
	u32 xx = env->flags & FP_XX;

	fp_round(env, f, &r);
	env->flags = (env->flags & ~FP_XX) | xx;
	fp_begin(env);
	return r;
}

static struct unp reciprocal(struct fp_env *env, const struct fp_format *f, struct unp u)
{
	if (unp_is_nan(&u)) {
		fp_quieten(env, &u);
		fp_begin(env);
		return u;
	}
	return finish(env, f, unp_div(env, &unp_one, &u));
}

/* Root and quotient carry 113 bits or more, so that no tie can be missed. */
static struct unp rsqrt(struct fp_env *env, const struct fp_format *f, struct unp u)
{
	if (unp_is_nan(&u)) {
		fp_quieten(env, &u);
		fp_begin(env);
		return u;
	}
	u = unp_sqrt(env, &u, 116);
	if (unp_is_nan(&u)) {
		fp_begin(env);
		return u;
	}
	return finish(env, f, unp_div(env, &unp_one, &u));
}

#define DEFINE_ESTIMATES(name, type, f, io)                       \
	type name##_re(struct fp_env *env, type x)                \
	{                                                         \
		struct unp u = reciprocal(env, f, unpack##io(x)); \
		return pack##io(&u);                              \
	}                                                         \
	type name##_rsqrte(struct fp_env *env, type x)            \
	{                                                         \
		struct unp u = rsqrt(env, f, unpack##io(x));      \
		return pack##io(&u);                              \
	}

DEFINE_ESTIMATES(fp32, u32, &fp_fmt32, 32)
DEFINE_ESTIMATES(fp64, u64, &fp_fmt64, 64)
DEFINE_ESTIMATES(fp64r32, u64, &fp_fmt32, 64r32)

/* The series below run in quad precision, far beyond what single needs. */
#define SERIES_TERMS 24

static struct f128 small_int(s64 v)
{
	struct fp_env env = { 0 };

	return fp128_from_s64(&env, v);
}

static struct f128 ln2(void)
{
	return (struct f128){ 0x3ffe62e42fefa39eULL, 0xf35793c7673007e6ULL };
}

static struct f128 quad_of_single(struct fp_env *env, u32 x)
{
	return fp64_to_fp128(env, fp32_to_fp64(env, x));
}

/* A quad rounded to single, once. */
static u32 single_of_quad(struct f128 x)
{
	struct fp_env odd = { .rm = FP_RM_ODD }, near = { 0 };

	return fp64_to_fp32(&near, fp128_to_fp64(&odd, x));
}

u32 fp32_exp2(u32 x)
{
	struct fp_env e = { 0 };
	struct f128 f, r;
	struct unp u;
	u64 scale;
	s32 n;

	if (fp32_is_nan(x))
		return x | 0x00400000U;
	n = fp32_to_s32(&e, x, FP_RM_NEAR);
	if (n > 128)
		return 0x7f800000U;
	if (n < -151)
		return 0;
	/* 2^f = e^(f ln 2), |f| <= 1/2 */
	f = fp128_sub(&e, quad_of_single(&e, x), small_int(n));
	f = fp128_mul(&e, f, ln2());
	r = small_int(1);
	for (int i = SERIES_TERMS; i > 0; i--) {
		r = fp128_mul(&e, r, fp128_div(&e, f, small_int(i)));
		r = fp128_add(&e, r, small_int(1));
	}
	u = (struct unp){ FP_NORMAL, false, n, SIG_TOP };
	scale = pack64(&u);
	return single_of_quad(fp128_mul(&e, r, fp64_to_fp128(&e, scale)));
}

u32 fp32_log2(u32 x)
{
	struct unp u = unpack32(x);
	struct fp_env e = { 0 };
	struct f128 z, z2, r, num, den;
	s32 n = u.exp;

	if (unp_is_nan(&u))
		return x | 0x00400000U;
	if (u.cls == FP_ZERO)
		return 0xff800000U;
	if (u.sign)
		return 0x7fc00000U;
	if (u.cls == FP_INF)
		return x;
	/* x = m 2^n with m between about 0.7 and 1.4 */
	u.exp = 0;
	if (u.sig >> 120 > 0xb5) {
		u.exp = -1;
		n++;
	}
	/* ln m = 2 artanh z, z = (m - 1) / (m + 1) */
	num = fp128_sub(&e, pack128(&u), small_int(1));
	den = fp128_add(&e, pack128(&u), small_int(1));
	z = fp128_div(&e, num, den);
	z2 = fp128_mul(&e, z, z);
	r = small_int(0);
	for (int i = SERIES_TERMS; i >= 0; i--) {
		r = fp128_mul(&e, r, z2);
		r = fp128_add(&e, r, fp128_div(&e, small_int(2), small_int(2 * i + 1)));
	}
	r = fp128_div(&e, fp128_mul(&e, r, z), ln2());
	return single_of_quad(fp128_add(&e, r, small_int(n)));
}
