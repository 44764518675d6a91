/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Power ISA asks of binary floating point beyond IEEE 754: which
 * invalid-operation bit, which NaN, wrapped exponents, tininess before
 * rounding, saturation, round to odd, estimates, classes and software tests.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "softfp_gen.h"

#define D_INF 0x7ff0000000000000ULL
#define D_NAN 0x7ff8000000000000ULL
#define D_SNAN 0x7ff0000000000001ULL
#define D_ONE 0x3ff0000000000000ULL
#define D_MIN 0x0010000000000000ULL
#define D_MAX 0x7fefffffffffffffULL
#define NEG(x) ((x) | 1ULL << 63)
#define QUIET 0x0008000000000000ULL

static u64 bits(double d)
{
	u64 x;

	memcpy(&x, &d, sizeof(x));
	return x;
}

static u32 bits32(float f)
{
	u32 x;

	memcpy(&x, &f, sizeof(x));
	return x;
}

#define EXPECT(expr, want, want_flags)                   \
	do {                                             \
		env.flags = 0;                           \
		assert_int_equal(expr, want);            \
		assert_int_equal(env.flags, want_flags); \
	} while (0)

#define EXPECT_FRFI(r, i)                    \
	do {                                 \
		assert_int_equal(env.fr, r); \
		assert_int_equal(env.fi, i); \
	} while (0)

/* [ISA 3.1B I 4.4.1] */
static void test_invalid(void **state)
{
	struct fp_env env = { 0 };

	(void)state;
	EXPECT(fp64_add(&env, D_INF, NEG(D_INF)), D_NAN, FP_VXISI);
	EXPECT(fp64_sub(&env, D_INF, D_INF), D_NAN, FP_VXISI);
	EXPECT(fp64_add(&env, D_INF, D_INF), D_INF, 0);
	EXPECT(fp64_mul(&env, D_INF, NEG(0)), D_NAN, FP_VXIMZ);
	EXPECT(fp64_div(&env, D_INF, NEG(D_INF)), D_NAN, FP_VXIDI);
	EXPECT(fp64_div(&env, 0, NEG(0)), D_NAN, FP_VXZDZ);
	EXPECT(fp64_div(&env, NEG(D_ONE), 0), NEG(D_INF), FP_ZX);
	EXPECT(fp64_div(&env, D_INF, 0), D_INF, 0);
	EXPECT(fp64_sqrt(&env, NEG(D_ONE)), D_NAN, FP_VXSQRT);
	EXPECT(fp64_sqrt(&env, NEG(0)), NEG(0), 0);
	EXPECT(fp64_sqrt(&env, NEG(D_NAN)), NEG(D_NAN), 0);
	EXPECT(fp64_fma(&env, D_INF, 0, D_ONE, 0), D_NAN, FP_VXIMZ);
	EXPECT(fp64_fma(&env, D_INF, 0, D_NAN | 5, 0), D_NAN | 5, FP_VXIMZ);
	EXPECT(fp64_fma(&env, D_INF, 0, D_SNAN, 0), D_SNAN | QUIET, FP_VXIMZ | FP_VXSNAN);
	EXPECT(fp64_fma(&env, D_INF, D_ONE, D_INF, FP_NEG_ADDEND), D_NAN, FP_VXISI);
	EXPECT(fp64_fma(&env, D_INF, D_ONE, D_INF, FP_NEG_RESULT), NEG(D_INF), 0);
}

/* The first NaN of A, B, C, quietened; its sign and payload stay. */
static void test_nan_choice(void **state)
{
	struct fp_env env = { 0 };
	u64 a = NEG(D_NAN) | 0xa, b = D_SNAN | 0xb0, c = NEG(D_NAN) | 0xc;
	u32 s = 0xff800123U;

	(void)state;
	EXPECT(fp64_add(&env, a, c), a, 0);
	EXPECT(fp64_add(&env, a, b), a, FP_VXSNAN);
	EXPECT(fp64_sub(&env, b, a), b | QUIET, FP_VXSNAN);
	EXPECT(fp64_mul(&env, D_ONE, c), c, 0);
	/* fmadd FRT, FRA, FRC, FRB computes A * C + B */
	EXPECT(fp64_fma(&env, a, c, b, 0), a, FP_VXSNAN);
	EXPECT(fp64_fma(&env, D_ONE, c, b, FP_NEG_RESULT), b | QUIET, FP_VXSNAN);
	EXPECT(fp64_fma(&env, D_ONE, c, D_ONE, FP_NEG_RESULT), c, 0);
	EXPECT(fp64_fma(&env, D_ONE, D_ONE, a, FP_NEG_ADDEND), a, 0);
	EXPECT(fp32_to_fp64(&env, s), 0xfff8002460000000ULL, FP_VXSNAN);
	EXPECT(fp64_to_fp32(&env, 0xfff0002460000001ULL), 0xffc00123U, FP_VXSNAN);
	EXPECT(fp64_to_fp64r32(&env, a), NEG(D_NAN), 0);
	assert_true(fp32_load_as_fp64(s) == 0xfff0002460000000ULL);
	assert_int_equal(fp64_store_as_fp32(0xfff0002460000000ULL), s);
}

/* [ISA 3.1B I 4.4.3, 4.4.4] */
static void test_range(void **state)
{
	struct fp_env env = { 0 };
	u64 tiny = bits(0x1.8p-1000);

	(void)state;
	EXPECT(fp64_mul(&env, D_MAX, bits(2.0)), D_INF, FP_OX | FP_XX);
	EXPECT_FRFI(1, 1);
	env.rm = FP_RM_ZERO;
	EXPECT(fp64_mul(&env, D_MAX, bits(2.0)), D_MAX, FP_OX | FP_XX);
	EXPECT_FRFI(0, 1);
	env.rm = FP_RM_MINUS;
	EXPECT(fp64_mul(&env, NEG(D_MAX), bits(2.0)), NEG(D_INF), FP_OX | FP_XX);
	EXPECT(fp64_mul(&env, D_MAX, bits(2.0)), D_MAX, FP_OX | FP_XX);
	env.rm = FP_RM_ODD;
	EXPECT(fp64_mul(&env, D_MAX, bits(2.0)), D_MAX, FP_OX | FP_XX);

	/* Enabled: the exponent is adjusted, the result rounded as usual. */
	env = (struct fp_env){ .oe = true, .ue = true };
	EXPECT(fp64_mul(&env, bits(0x1.8p1000), bits(0x1p100)), bits(0x1.8p-436), FP_OX);
	EXPECT_FRFI(0, 0);
	EXPECT(fp64_mul(&env, tiny, tiny), bits(0x1.2p-463), FP_UX);
	EXPECT(fp64r32_mul(&env, bits(0x1.8p100), bits(0x1p100)), bits(0x1.8p8), FP_OX);
	EXPECT(fp64_to_fp64r32(&env, bits(0x1.8p-140)), bits(0x1.8p52), FP_UX);
	EXPECT(fp64_add(&env, D_MIN, NEG(D_MIN) | 1), bits(-0x1p462), FP_UX);

	/* Disabled: underflow needs a loss of accuracy. */
	env = (struct fp_env){ 0 };
	EXPECT(fp64_mul(&env, D_MIN, bits(0.5)), D_MIN >> 1, 0);
	EXPECT(fp64_mul(&env, D_MIN | 1, bits(0.5)), D_MIN >> 1, FP_UX | FP_XX);
	EXPECT_FRFI(0, 1);
	/* Tiny before rounding though the result is the least normal number. */
	EXPECT(fp64_mul(&env, D_MIN, bits(0x1.fffffffffffffp-1)), D_MIN, FP_UX | FP_XX);
	EXPECT_FRFI(1, 1);
	EXPECT(fp64_to_fp32(&env, bits(0x1p-150)), 0, FP_UX | FP_XX);
	EXPECT(fp64_to_fp32(&env, bits(0x1.8p-150)), 1, FP_UX | FP_XX);
	env.rm = FP_RM_PLUS;
	EXPECT(fp64_to_fp32(&env, bits(0x1p-1000)), 1, FP_UX | FP_XX);
}

static void test_compare(void **state)
{
	struct fp_env env = { 0 };

	(void)state;
	EXPECT(fp64_cmp(&env, 0, NEG(0), true), FP_EQ, 0);
	EXPECT(fp64_cmp(&env, NEG(D_ONE), D_ONE, true), FP_LT, 0);
	EXPECT(fp64_cmp(&env, NEG(D_ONE), NEG(D_INF), true), FP_GT, 0);
	EXPECT(fp64_cmp(&env, 1, D_MIN, true), FP_LT, 0);
	EXPECT(fp64_cmp(&env, NEG(1), 0, true), FP_LT, 0);
	EXPECT(fp64_cmp(&env, D_NAN, D_ONE, false), FP_UN, 0);
	EXPECT(fp64_cmp(&env, D_NAN, D_ONE, true), FP_UN, FP_VXVC);
	EXPECT(fp64_cmp(&env, D_ONE, D_SNAN, false), FP_UN, FP_VXSNAN);
	EXPECT(fp64_cmp(&env, D_ONE, D_SNAN, true), FP_UN, FP_VXSNAN | FP_VXVC);
	env.ve = true;
	EXPECT(fp64_cmp(&env, D_ONE, D_SNAN, true), FP_UN, FP_VXSNAN);
	EXPECT(fp64_cmp(&env, D_NAN, D_ONE, true), FP_UN, FP_VXVC);
}

/* [ISA 3.1B I 4.6.7.2, 7.6.1.7] */
static void test_to_integer(void **state)
{
	struct fp_env env = { 0 };

	(void)state;
	EXPECT(fp64_to_s32(&env, D_NAN, FP_RM_ZERO), INT32_MIN, FP_VXCVI);
	EXPECT(fp64_to_s32(&env, D_SNAN, FP_RM_ZERO), INT32_MIN, FP_VXCVI | FP_VXSNAN);
	EXPECT(fp64_to_u32(&env, D_NAN, FP_RM_ZERO), 0, FP_VXCVI);
	EXPECT(fp64_to_s32(&env, D_INF, FP_RM_ZERO), INT32_MAX, FP_VXCVI);
	EXPECT(fp64_to_s32(&env, bits(2147483647.5), FP_RM_ZERO), INT32_MAX, FP_XX);
	EXPECT(fp64_to_s32(&env, bits(2147483647.5), FP_RM_NEAR), INT32_MAX, FP_VXCVI);
	EXPECT_FRFI(0, 0);
	EXPECT(fp64_to_s32(&env, bits(-2147483648.5), FP_RM_NEAR), INT32_MIN, FP_XX);
	EXPECT(fp64_to_u32(&env, bits(-0.5), FP_RM_NEAR), 0, FP_XX);
	EXPECT(fp64_to_u32(&env, bits(-0.75), FP_RM_NEAR), 0, FP_VXCVI);
	EXPECT(fp64_to_u64(&env, bits(0x1p64), FP_RM_NEAR), UINT64_MAX, FP_VXCVI);
	EXPECT(fp64_to_s64(&env, bits(-0x1p63), FP_RM_NEAR), INT64_MIN, 0);
	EXPECT(fp64_to_s64(&env, bits(2.5), FP_RM_AWAY), 3, FP_XX);
	EXPECT_FRFI(1, 1);
	EXPECT(fp64_rint(&env, bits(-2.5), FP_RM_AWAY, false), bits(-3.0), 0);
	EXPECT_FRFI(0, 0);
	EXPECT(fp64_rint(&env, bits(-0.25), FP_RM_NEAR, true), NEG(0), FP_XX);
	EXPECT_FRFI(0, 1);
	EXPECT(fp64_rint(&env, D_SNAN, FP_RM_NEAR, false), D_SNAN | QUIET, FP_VXSNAN);
}

static bool eq128(struct f128 a, u64 hi, u64 lo)
{
	return a.hi == hi && a.lo == lo;
}

static void test_quad(void **state)
{
	struct fp_env env = { .rm = FP_RM_ODD }, near = { 0 };
	struct f128 x, y = { 0x3fff000000000000ULL, 1 }, m;

	(void)state;
	/* to odd, then to single, rounds once */
	x = fp64_to_fp128(&near, bits(0x1.000001p0));
	x.lo |= 1;
	assert_int_equal(fp64_to_fp32(&near, fp128_to_fp64(&env, x)), bits32(0x1.000002p0f));
	/* (1 + e)^2 - (1 + 2e) = e^2 */
	m = fp128_mul(&near, y, y);
	assert_true(eq128(m, 0x3fff000000000000ULL, 2));
	near.flags = 0;
	x = fp128_fma(&near, y, y, m, FP_NEG_ADDEND);
	assert_true(eq128(x, (u64)(16383 - 224) << 48, 0));
	assert_int_equal(near.flags, 0);
	x = fp128_fma(&near, y, y, m, FP_NEG_RESULT);
	assert_true(eq128(x, 0xc000000000000000ULL, 2));
	assert_int_equal(near.flags, FP_XX);
	assert_true(fp128_to_s128(&near, fp128_from_s128(&near, -5), FP_RM_ZERO) == -5);
	near.flags = 0;
	assert_true(fp128_to_u128(&near, (struct f128){ 0xbfff000000000000ULL, 0 }, FP_RM_ZERO) ==
		    0);
	assert_int_equal(near.flags, FP_VXCVI);
}

/* r is the correctly rounded root where r^2 lies beside x within half an ulp. */
static void test_quad_sqrt(void **state)
{
	struct gen g = { 21 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct fp_env dn = { .rm = FP_RM_ZERO }, up = { .rm = FP_RM_PLUS };
		struct f128 x = gen128(&g), lo, hi, zero = { 0, 0 };

		x.hi &= ~(1ULL << 63);
		if (fp128_is_nan(x) || x.hi < 0x0100000000000000ULL ||
		    x.hi >= 0x7fff000000000000ULL)
			continue;
		lo = fp128_sqrt(&dn, x);
		hi = fp128_sqrt(&up, x);
		assert_true((u64)(hi.lo - lo.lo) == (u64)(dn.flags == FP_XX));
		/* lo^2 - x <= 0 <= hi^2 - x, exact sign by fma */
		assert_true(fp128_cmp(&dn, fp128_fma(&dn, lo, lo, x, FP_NEG_ADDEND), zero, false) &
			    (FP_LT | FP_EQ));
		assert_true(fp128_cmp(&up, fp128_fma(&up, hi, hi, x, FP_NEG_ADDEND), zero, false) &
			    (FP_GT | FP_EQ));
	}
}

static void test_half(void **state)
{
	struct fp_env env = { 0 };

	(void)state;
	for (u32 h = 0; h < 0x10000; h++) {
		u64 d = fp16_to_fp64(&env, (u16)h);
		u32 f = bf16_to_fp32(&env, (u16)h);
		bool nan = (h & 0x7fff) > 0x7c00, bnan = (h & 0x7fff) > 0x7f80;

		assert_int_equal(fp64_to_fp16(&env, d), nan ? h | 0x200 : h);
		assert_int_equal(fp16_to_fp32(&env, (u16)h), fp64_to_fp32(&env, d));
		assert_int_equal(f >> 16, bnan ? h | 0x40 : h);
		assert_int_equal(fp32_to_bf16(&env, f), f >> 16);
	}
	assert_int_equal(env.flags, FP_VXSNAN);
	assert_true(fp16_to_fp64(&env, 1) == bits(0x1p-24));
	EXPECT(fp64_to_fp16(&env, bits(65520.0)), 0x7c00, FP_OX | FP_XX);
	EXPECT(fp32_to_fp16(&env, bits32(65519.0f)), 0x7bff, FP_XX);
	EXPECT(fp32_to_bf16(&env, 0x3f808000U), 0x3f80, FP_XX);
	EXPECT(fp32_to_bf16(&env, 0x3f818000U), 0x3f82, FP_XX);
}

/* lfs and stfs: every class of single goes through unchanged. */
static void test_load_store(void **state)
{
	struct gen g = { 22 };

	(void)state;
	for (int i = 0; i < 100000; i++) {
		u32 x = gen32(&g);
		struct fp_env env = { 0 };

		assert_int_equal(fp64_store_as_fp32(fp32_load_as_fp64(x)), x);
		if (!fp32_is_nan(x))
			assert_true(fp32_load_as_fp64(x) == fp32_to_fp64(&env, x));
	}
	assert_int_equal(fp64_store_as_fp32(bits(0x1p-200)), 0);
}

static void test_estimates(void **state)
{
	struct fp_env env = { 0 };
	struct gen g = { 23 };

	(void)state;
	EXPECT(fp64_re(&env, NEG(0)), NEG(D_INF), FP_ZX);
	EXPECT(fp64_re(&env, bits(3.0)), bits(1.0 / 3.0), 0);
	EXPECT_FRFI(0, 0);
	EXPECT(fp64_re(&env, NEG(D_INF)), NEG(0), 0);
	EXPECT(fp64_re(&env, 1), D_INF, FP_OX);
	EXPECT(fp64_re(&env, D_SNAN), D_SNAN | QUIET, FP_VXSNAN);
	EXPECT(fp64_rsqrte(&env, bits(0.25)), bits(2.0), 0);
	EXPECT(fp64_rsqrte(&env, NEG(0)), NEG(D_INF), FP_ZX);
	EXPECT(fp64_rsqrte(&env, NEG(D_ONE)), D_NAN, FP_VXSQRT);
	EXPECT(fp64_rsqrte(&env, D_INF), 0, 0);
	EXPECT(fp32_rsqrte(&env, bits32(2.0f)), bits32(0x1.6a09e6p-1f), 0);
	for (int i = 0; i < 20000; i++) {
		u64 x = gen64(&g) >> 1;
		long double want;
		double a, got;
		u64 r;

		memcpy(&a, &x, 8);
		if (!(a > 0) || isinf(a))
			continue;
		r = fp64_rsqrte(&env, x);
		memcpy(&got, &r, 8);
		want = 1.0L / sqrtl((long double)a);
		assert_true(fabsl(got - want) <= want * 0x1.01p-53L);
	}
}

static void test_exp2_log2(void **state)
{
	struct gen g = { 24 };

	(void)state;
	assert_int_equal(fp32_exp2(bits32(3.0f)), bits32(8.0f));
	assert_int_equal(fp32_exp2(bits32(-149.0f)), 1);
	assert_int_equal(fp32_exp2(bits32(128.0f)), bits32(INFINITY));
	assert_int_equal(fp32_exp2(bits32(-INFINITY)), 0);
	assert_int_equal(fp32_log2(bits32(0.0f)), bits32(-INFINITY));
	assert_int_equal(fp32_log2(bits32(-1.0f)), 0x7fc00000U);
	assert_int_equal(fp32_log2(bits32(1.0f)), 0);
	assert_int_equal(fp32_log2(1), bits32(-149.0f));
	for (int i = 0; i < 3000; i++) {
		u32 x = gen32(&g);
		float f, y;

		memcpy(&f, &x, 4);
		if (!isfinite(f))
			continue;
		y = (float)exp2l((long double)f);
		assert_int_equal(fp32_exp2(x), bits32(y));
		if (f <= 0)
			continue;
		y = (float)log2l((long double)f);
		assert_int_equal(fp32_log2(x), bits32(y));
	}
}

static void test_classes(void **state)
{
	static const struct {
		u64 x;
		u8 fprf, dcmx;
	} rows[] = {
		{ 0, 0x02, 0x08 },	{ NEG(0), 0x12, 0x04 },	    { 1, 0x14, 0x02 },
		{ NEG(1), 0x18, 0x01 }, { D_ONE, 0x04, 0 },	    { NEG(D_ONE), 0x08, 0 },
		{ D_INF, 0x05, 0x20 },	{ NEG(D_INF), 0x09, 0x10 }, { NEG(D_NAN), 0x11, 0x40 },
		{ D_SNAN, 0x11, 0x40 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(fp64_fprf(rows[i].x), rows[i].fprf);
		assert_int_equal(fp64_data_class(rows[i].x), rows[i].dcmx);
	}
	assert_int_equal(fp64r32_fprf(bits(-0x1p-130)), 0x18);
	assert_int_equal(fp64_fprf(bits(-0x1p-130)), 0x08);
}

/* [ISA 3.1B I 4.6.6.1] ftdiv, ftsqrt */
static void test_software_tests(void **state)
{
	(void)state;
	assert_int_equal(fp64_tdiv(D_ONE, D_ONE), 8);
	assert_int_equal(fp64_tdiv(D_ONE, 0), 8 | 4 | 2);
	assert_int_equal(fp64_tdiv(D_INF, D_ONE), 8 | 4 | 2);
	assert_int_equal(fp64_tdiv(D_NAN, D_ONE), 8 | 2);
	assert_int_equal(fp64_tdiv(D_ONE, bits(0x1p1021)), 8 | 2);
	assert_int_equal(fp64_tdiv(D_ONE, bits(0x1p1020)), 8);
	assert_int_equal(fp64_tdiv(D_ONE, D_MIN), 8 | 2);
	assert_int_equal(fp64_tdiv(bits(0x1p-970), D_ONE), 8 | 2);
	assert_int_equal(fp64_tdiv(0, D_ONE), 8);
	assert_int_equal(fp64_tsqrt(D_ONE), 8);
	assert_int_equal(fp64_tsqrt(NEG(D_ONE)), 8 | 2);
	assert_int_equal(fp64_tsqrt(bits(0x1p-970)), 8 | 2);
	assert_int_equal(fp64_tsqrt(bits(0x1p-969)), 8);
	assert_int_equal(fp64_tsqrt(1), 8 | 4 | 2);
	assert_int_equal(fp32_tsqrt(bits32(0x1p-103f)), 8 | 2);
	assert_int_equal(fp32_tdiv(bits32(1.0f), bits32(0x1p125f)), 8 | 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_invalid),	       cmocka_unit_test(test_nan_choice),
		cmocka_unit_test(test_range),	       cmocka_unit_test(test_compare),
		cmocka_unit_test(test_to_integer),     cmocka_unit_test(test_quad),
		cmocka_unit_test(test_quad_sqrt),      cmocka_unit_test(test_half),
		cmocka_unit_test(test_load_store),     cmocka_unit_test(test_estimates),
		cmocka_unit_test(test_exp2_log2),      cmocka_unit_test(test_classes),
		cmocka_unit_test(test_software_tests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
