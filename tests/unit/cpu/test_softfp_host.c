/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floating point library against the host's: single and double by its FPU,
 * quad by the compiler's __float128, in all four rounding modes, results and
 * exceptions. The host detects tininess after rounding, so that UX is not
 * compared where the result is the least normal number.
 */
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "softfp_gen.h"

#define ROUNDS 60000

static const int host_rm[4] = { FE_TONEAREST, FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD };

/* Through a pointer: compilers expand rint as if the mode were to nearest. */
static double (*volatile host_rint)(double) = rint;

static u32 host_flags(void)
{
	int e = fetestexcept(FE_ALL_EXCEPT);

	return (e & FE_INEXACT ? FP_XX : 0) | (e & FE_OVERFLOW ? FP_OX : 0) |
	       (e & FE_UNDERFLOW ? FP_UX : 0) | (e & FE_DIVBYZERO ? FP_ZX : 0) |
	       (e & FE_INVALID ? FP_VX_ALL : 0);
}

static u32 own_flags(const struct fp_env *env)
{
	return (env->flags & ~FP_VX_ALL) | (env->flags & FP_VX_ALL ? FP_VX_ALL : 0);
}

/* One comparison; @least says that the result is the least normal number. */
struct outcome {
	const char *what;
	u128 got, want;
	bool both_nan, least;
};

static void check(const struct outcome *o, const struct fp_env *env, u32 host)
{
	u32 own = own_flags(env), skip = o->least ? FP_UX : 0;
	bool same = o->both_nan || o->got == o->want;

	if (same && !((own ^ host) & ~skip) && env->fi == !!(own & FP_XX))
		return;
	fail_msg("%s rm %u: %016llx%016llx flags %08x fi %d, host "
		 "%016llx%016llx %08x",
		 o->what, env->rm, (unsigned long long)(o->got >> 64), (unsigned long long)o->got,
		 own, env->fi, (unsigned long long)(o->want >> 64), (unsigned long long)o->want,
		 host);
}

#define CHECK(name, expr_own, htype, expr_host, nan, min)   \
	do {                                                \
		struct fp_env env = { .rm = (u8)rm };       \
		struct outcome o = { .what = name };        \
		volatile htype h;                           \
		u32 hf;                                     \
		o.got = expr_own;                           \
		fesetround(host_rm[rm]);                    \
		feclearexcept(FE_ALL_EXCEPT);               \
		h = expr_host;                              \
		hf = host_flags();                          \
		fesetround(FE_TONEAREST);                   \
		{                                           \
			htype hv = h;                       \
			memcpy(&o.want, &hv, sizeof(hv));   \
		}                                           \
		o.both_nan = nan(o.got) && nan(o.want);     \
		o.least = (o.got << 1 & min##_MASK) == min; \
		check(&o, &env, hf);                        \
	} while (0)

#define MIN32 ((u128)0x01000000U)
#define MIN32_MASK ((u128)0xffffffffU)
#define MIN64 ((u128)1 << 53)
#define MIN64_MASK ((u128)~0ULL)
#define MIN128 ((u128)1 << 113)
#define MIN128_MASK (~(u128)0)
#define NAN32(v) fp32_is_nan((u32)(v))
#define NAN64(v) fp64_is_nan((u64)(v))
#define NAN128(v) fp128_is_nan((struct f128){ (u64)((v) >> 64), (u64)(v) })

static void test_double(void **state)
{
	struct gen g = { 1 };

	(void)state;
	for (int i = 0; i < ROUNDS * 4; i++) {
		int rm = i & 3;
		u64 x = gen64(&g), y = gen64(&g), z = gen64(&g);
		volatile double a, b, c;
		double t;

		memcpy(&t, &x, 8);
		a = t;
		memcpy(&t, &y, 8);
		b = t;
		memcpy(&t, &z, 8);
		c = t;
		CHECK("add", fp64_add(&env, x, y), double, a + b, NAN64, MIN64);
		CHECK("sub", fp64_sub(&env, x, y), double, a - b, NAN64, MIN64);
		CHECK("mul", fp64_mul(&env, x, y), double, a *b, NAN64, MIN64);
		CHECK("div", fp64_div(&env, x, y), double, a / b, NAN64, MIN64);
		CHECK("sqrt", fp64_sqrt(&env, x), double, sqrt(a), NAN64, MIN64);
		if (!NAN64(z))
			CHECK("fma", fp64_fma(&env, x, y, z, 0), double, fma(a, b, c), NAN64,
			      MIN64);
		CHECK("to single", fp64_to_fp32(&env, x), float, (float)a, NAN32, MIN32);
		CHECK("rint", fp64_rint(&env, x, (enum fp_rm)rm, true), double, host_rint(a), NAN64,
		      MIN64);
		CHECK("from s64", fp64_from_s64(&env, (s64)x), double, (double)(s64)x, NAN64,
		      MIN64);
	}
}

static void test_single(void **state)
{
	struct gen g = { 2 };

	(void)state;
	for (int i = 0; i < ROUNDS * 4; i++) {
		int rm = i & 3;
		u32 x = gen32(&g), y = gen32(&g), z = gen32(&g);
		volatile float a, b, c;
		float t;

		memcpy(&t, &x, 4);
		a = t;
		memcpy(&t, &y, 4);
		b = t;
		memcpy(&t, &z, 4);
		c = t;
		CHECK("adds", fp32_add(&env, x, y), float, a + b, NAN32, MIN32);
		CHECK("subs", fp32_sub(&env, x, y), float, a - b, NAN32, MIN32);
		CHECK("muls", fp32_mul(&env, x, y), float, a *b, NAN32, MIN32);
		CHECK("divs", fp32_div(&env, x, y), float, a / b, NAN32, MIN32);
		CHECK("sqrts", fp32_sqrt(&env, x), float, sqrtf(a), NAN32, MIN32);
		if (!NAN32(z))
			CHECK("fmas", fp32_fma(&env, x, y, z, 0), float, fmaf(a, b, c), NAN32,
			      MIN32);
		CHECK("to double", fp32_to_fp64(&env, x), double, (double)a, NAN64, MIN64);
		CHECK("from u64", fp32_from_u64(&env, (u64)x << 31 | y), float,
		      (float)((u64)x << 31 | y), NAN32, MIN32);
	}
}

#ifdef __SIZEOF_FLOAT128__
static u128 bits128(struct f128 v)
{
	return (u128)v.hi << 64 | v.lo;
}

static void test_quad(void **state)
{
	struct gen g = { 3 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		int rm = i & 3;
		struct f128 x = gen128(&g), y = gen128(&g);
		u128 bx = bits128(x), by = bits128(y);
		volatile __float128 a, b;
		__float128 t;

		memcpy(&t, &bx, 16);
		a = t;
		memcpy(&t, &by, 16);
		b = t;
		CHECK("addq", bits128(fp128_add(&env, x, y)), __float128, a + b, NAN128, MIN128);
		CHECK("subq", bits128(fp128_sub(&env, x, y)), __float128, a - b, NAN128, MIN128);
		CHECK("mulq", bits128(fp128_mul(&env, x, y)), __float128, a *b, NAN128, MIN128);
		CHECK("divq", bits128(fp128_div(&env, x, y)), __float128, a / b, NAN128, MIN128);
		CHECK("quad to double", fp128_to_fp64(&env, x), double, (double)a, NAN64, MIN64);
		CHECK("quad from u128", bits128(fp128_from_u128(&env, by)), __float128,
		      (__float128)by, NAN128, MIN128);
	}
}
#endif

/* Conversions to integers, where the host's are defined. */
static void test_to_integer(void **state)
{
	struct gen g = { 4 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct fp_env env = { 0 };
		u64 x = gen64(&g);
		volatile double a, r;
		double t;

		memcpy(&t, &x, 8);
		a = t;
		for (int rm = 0; rm < 4; rm++) {
			fesetround(host_rm[rm]);
			r = host_rint(a);
			fesetround(FE_TONEAREST);
			env.flags = 0;
			if (fabs(r) < 0x1p63) {
				assert_int_equal(fp64_to_s64(&env, x, (enum fp_rm)rm), (s64)r);
				assert_int_equal(env.flags, r == a ? 0 : FP_XX);
				assert_int_equal(env.fi, r != a);
				assert_int_equal(env.fr, fabs(r) > fabs(a));
			} else {
				s64 want = r > 0 ? INT64_MAX : INT64_MIN;
				bool ok = r == -0x1p63;

				assert_int_equal(fp64_to_s64(&env, x, (enum fp_rm)rm), want);
				assert_int_equal(env.flags & FP_VXCVI, ok ? 0 : FP_VXCVI);
			}
			env.flags = 0;
			if (fabs(r) < 0x1p31)
				assert_int_equal(fp64_to_s32(&env, x, (enum fp_rm)rm), (s32)r);
			if (r >= 0 && r < 0x1p64)
				assert_true(fp64_to_u64(&env, x, (enum fp_rm)rm) == (u64)r);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_double),
		cmocka_unit_test(test_single),
#ifdef __SIZEOF_FLOAT128__
		cmocka_unit_test(test_quad),
#endif
		cmocka_unit_test(test_to_integer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
