/* SPDX-License-Identifier: Apache-2.0 */
/*
 * softdfp against laws of its own (encodings round trip, rounding modes agree
 * with each other), against values worked out by hand for what no other
 * implementation here shows (wrapped results, FR, NaNs made narrower), and
 * against the compiler's _Decimal64 and _Decimal128 where it has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cpu/softdfp/softdfp.h"

static u64 seed = 0x9e3779b97f4a7c15ULL;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL;
}

static u32 below(u32 n)
{
	return (u32)((rnd() >> 33) % n);
}

static u128 number(const struct dfp_fmt *f, bool sign, u128 coef, s32 exp)
{
	return dfp_pack(f, &(struct dfp_num){ DFP_FINITE, sign, exp, coef });
}

static u128 p10(int n)
{
	u128 v = 1;

	while (n--)
		v *= 10;
	return v;
}

static u128 rnd_coef(int prec)
{
	u128 v = 0;

	for (int n = (int)below((u32)prec + 1); n; n--)
		v = v * 10 + (below(3) ? below(10) : below(2) * 9);
	return v;
}

static u128 rnd_finite(const struct dfp_fmt *f)
{
	s32 span = below(3) ? 2 * f->prec : f->max_bexp;
	s32 exp = (f->max_bexp + 1) / 2 - span / 2 + (s32)below((u32)span) - f->bias;

	return number(f, rnd() & 1, rnd_coef(f->prec), exp);
}

static void test_declets(void **state)
{
	u32 n_canonical = 0;

	(void)state;
	for (u32 v = 0; v < 1000; v++)
		assert_int_equal(dfp_declet_decode(dfp_declet_encode(v)), v);
	for (u32 d = 0; d < 1024; d++) {
		assert_true(dfp_declet_decode(d) < 1000);
		n_canonical += dfp_declet_encode(dfp_declet_decode(d)) == d;
	}
	assert_int_equal(n_canonical, 1000);
	/* Worked examples of the DPD definition. */
	assert_int_equal(dfp_declet_encode(5), 0x005);
	assert_int_equal(dfp_declet_encode(9), 0x009);
	assert_int_equal(dfp_declet_encode(55), 0x055);
	assert_int_equal(dfp_declet_encode(79), 0x079);
	assert_int_equal(dfp_declet_encode(80), 0x00a);
	assert_int_equal(dfp_declet_encode(99), 0x05f);
	assert_int_equal(dfp_declet_encode(555), 0x2d5);
	assert_int_equal(dfp_declet_encode(999), 0x0ff);
}

static void test_formats(void **state)
{
	const struct dfp_fmt *fmts[] = { &dfp_short, &dfp_long, &dfp_ext };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fmts); i++) {
		const struct dfp_fmt *f = fmts[i];

		assert_int_equal(1 + 5 + f->ecbits + f->tbits, f->width);
		for (int n = 0; n < 2000; n++) {
			struct dfp_num a = { DFP_FINITE, rnd() & 1,
					     (s32)below((u32)f->max_bexp + 1) - f->bias,
					     rnd_coef(f->prec) };
			struct dfp_num b = dfp_unpack(f, dfp_pack(f, &a));

			assert_true(b.cls == a.cls && b.sign == a.sign && b.exp == a.exp &&
				    b.coef == a.coef);
		}
	}
	assert_true(number(&dfp_long, false, 1, 0) == 0x2238000000000001ULL);
	assert_true(number(&dfp_long, true, 0, 0) == 0xa238000000000000ULL);
	assert_true(number(&dfp_long, false, 9999999999999999ULL, 369) == 0x77fcff3fcff3fcffULL);
	assert_true(number(&dfp_ext, false, 1, 0) == ((u128)0x2208000000000000ULL << 64 | 1));
}

/*
 * Each directed result must be the truncated one or its successor, and FR, FI
 * must say which; the nearest ones must agree when there is no tie.
 */
static void check_modes(const struct dfp_fmt *f, u128 a, u128 b,
			u128 (*fn)(const struct dfp_fmt *, struct dfp_env *, u128, u128))
{
	u128 r[8];
	u32 flags[8];

	for (int rm = 0; rm < 8; rm++) {
		struct dfp_env env = { .rm = (enum dfp_rm)rm };

		r[rm] = fn(f, &env, a, b);
		flags[rm] = env.flags;
		assert_int_equal(flags[rm] & DFP_FI, flags[0] & DFP_FI);
		assert_int_equal(!!(flags[rm] & DFP_XX), !!(flags[rm] & DFP_FI));
		if (!(flags[rm] & DFP_FI))
			assert_int_equal(flags[rm], flags[0]);
	}
	for (int rm = 0; rm < 8; rm++) {
		if (flags[rm] & DFP_FI)
			assert_int_equal(!!(flags[rm] & DFP_FR), r[rm] != r[DFP_RTZ]);
		assert_true(r[rm] == r[DFP_RTZ] || r[rm] == r[DFP_RAZ] || !(flags[rm] & DFP_FI));
	}
	if (flags[0] & DFP_FI) {
		bool sign = dfp_unpack(f, r[DFP_RTZ]).sign;

		assert_true(r[DFP_RTPI] == r[sign ? DFP_RTZ : DFP_RAZ]);
		assert_true(r[DFP_RTMI] == r[sign ? DFP_RAZ : DFP_RTZ]);
		assert_true(r[DFP_RNE] == r[DFP_RNA] || r[DFP_RNE] == r[DFP_RNTZ]);
		assert_true(r[DFP_RAZ] != r[DFP_RTZ]);
	}
}

static void test_rounding_modes(void **state)
{
	const struct dfp_fmt *fmts[] = { &dfp_long, &dfp_ext };

	(void)state;
	for (int i = 0; i < 3000; i++) {
		const struct dfp_fmt *f = fmts[i & 1];
		u128 a = rnd_finite(f), b = rnd_finite(f);

		check_modes(f, a, b, dfp_add);
		check_modes(f, a, b, dfp_sub);
		check_modes(f, a, b, dfp_mul);
		check_modes(f, a, b, dfp_div);
		check_modes(f, a, b, dfp_quantize);
	}
}

/* Enabled overflow and underflow: the exponent is out by 576, all digits stay. */
static void test_wrapped(void **state)
{
	struct dfp_env env = { .rm = DFP_RNE, .oe = true, .ue = true };
	u128 big = number(&dfp_long, false, 9000000000000000ULL, 369);
	u128 small = number(&dfp_long, true, 1234567890123456ULL, -398);
	u128 r;

	(void)state;
	r = dfp_mul(&dfp_long, &env, big, number(&dfp_long, false, 2, 0));
	assert_true(r == number(&dfp_long, false, 1800000000000000ULL, 370 - 576));
	assert_int_equal(env.flags, DFP_OX);
	env.flags = 0;
	r = dfp_mul(&dfp_long, &env, small, number(&dfp_long, false, 11, -5));
	assert_true(r == number(&dfp_long, true, 1358024679135802ULL, -402 + 576));
	assert_int_equal(env.flags, DFP_UX | DFP_XX | DFP_FI | DFP_FR);
	/* Tiny and exact: reported only when enabled. */
	env.flags = 0;
	r = dfp_mul(&dfp_long, &env, number(&dfp_long, false, 1, -390),
		    number(&dfp_long, false, 1, 0));
	assert_int_equal(env.flags, DFP_UX);
	assert_true(r == number(&dfp_long, false, 1, -390 + 576));
	env = (struct dfp_env){ .rm = DFP_RNE };
	r = dfp_mul(&dfp_long, &env, number(&dfp_long, false, 1, -390),
		    number(&dfp_long, false, 1, 0));
	assert_int_equal(env.flags, 0);
	assert_true(r == number(&dfp_long, false, 1, -390));
	/* Rounding to short: by 192, in the format of the source. */
	env = (struct dfp_env){ .rm = DFP_RNE, .oe = true };
	r = dfp_long_to_short(&env, (u64)big);
	assert_true(dfp_is_wrapped(&env));
	assert_int_equal(env.flags, DFP_OX);
	assert_true(dfp_unpack(&dfp_long, r).exp + dfp_n_digits(dfp_unpack(&dfp_long, r).coef) ==
		    385 - 192);
}

static void test_overflow(void **state)
{
	static const bool to_inf[2][8] = {
		{ true, false, true, false, true, true, true, false },
		{ true, false, false, true, true, true, true, false },
	};

	(void)state;
	for (int sign = 0; sign < 2; sign++) {
		for (int rm = 0; rm < 8; rm++) {
			struct dfp_env env = { .rm = (enum dfp_rm)rm };
			u128 max = number(&dfp_long, sign, 9999999999999999ULL, 369);
			u128 r = dfp_add(&dfp_long, &env, max, max);

			if (to_inf[sign][rm])
				assert_true(r ==
					    (sign ? 0xf800000000000000ULL : 0x7800000000000000ULL));
			else
				assert_true(r == max);
			assert_int_equal(env.flags, DFP_OX | DFP_XX | DFP_FI |
							    (to_inf[sign][rm] ? DFP_FR : 0));
		}
	}
}

/* As POWER processors do: the digits on the right stay. */
static void test_narrow_nan(void **state)
{
	struct dfp_env env = { .rm = DFP_RNE };

	(void)state;
	assert_true(dfp_long_to_short(&env, 0xfe000000d0e0a0d0ULL) == 0xfe00a0d0ULL);
	assert_int_equal(env.flags, 0);
	assert_true(dfp_ext_to_long(&env, (u128)0x7e00000000000000ULL << 64 |
						  0xfe000000d0e0a0d0ULL) == 0x7c000000d0e0a0d0ULL);
	assert_int_equal(env.flags, DFP_VXSNAN);
	env.flags = 0;
	assert_true(dfp_ext_to_long(&env, (u128)0xfc00000000000000ULL << 64 |
						  0xc00100035b007700ULL) == 0xfc0100035b007700ULL);
	assert_int_equal(env.flags, 0);
	/* An infinity has no exponent that dquai could give it. */
	assert_true(dfp_quantize_exp(&dfp_long, &env, 0, 0xf800000000000000ULL) ==
		    0x7c00000000000000ULL);
	assert_int_equal(env.flags, DFP_VXCVI);
}

static void test_fprf(void **state)
{
	(void)state;
	assert_int_equal(dfp_fprf(&dfp_long, 0x7c00000000000000ULL), 0x11);
	assert_int_equal(dfp_fprf(&dfp_long, 0x7e00000000000000ULL), 0x01);
	assert_int_equal(dfp_fprf(&dfp_long, 0xf800000000000000ULL), 0x09);
	assert_int_equal(dfp_fprf(&dfp_long, 0x7800000000000000ULL), 0x05);
	assert_int_equal(dfp_fprf(&dfp_long, number(&dfp_long, true, 0, 5)), 0x12);
	assert_int_equal(dfp_fprf(&dfp_long, number(&dfp_long, false, 0, 5)), 0x02);
	assert_int_equal(dfp_fprf(&dfp_long, number(&dfp_long, false, 999999999999999, -398)),
			 0x14);
	assert_int_equal(dfp_fprf(&dfp_long, number(&dfp_long, true, 1, -384)), 0x18);
	assert_int_equal(dfp_fprf(&dfp_long, number(&dfp_long, false, 1, -383)), 0x04);
	assert_int_equal(dfp_fprf(&dfp_long, number(&dfp_long, true, p10(15), -398)), 0x08);
}

#if defined(__DEC64_MANT_DIG__) && defined(__x86_64__)

/* The compiler's decimal types are in the BID encoding on this host. */
static u64 to_bid64(u128 raw)
{
	struct dfp_num n = dfp_unpack(&dfp_long, raw);
	u64 e = (u64)(n.exp + 398), c = (u64)n.coef;
	u64 v = c >> 53 ? 3ULL << 61 | e << 51 | (c & ((1ULL << 51) - 1)) : e << 53 | c;

	return v | (u64)n.sign << 63;
}

static u128 from_bid64(u64 v)
{
	struct dfp_num n = { .sign = v >> 63 };

	if ((v >> 59 & 0xf) == 0xf) {
		n.cls = (v >> 58 & 1) ? DFP_QNAN : DFP_INF;
		n.sign = n.cls == DFP_INF && n.sign;
	} else if ((v >> 61 & 3) == 3) {
		n.exp = (s32)(v >> 51 & 0x3ff) - 398;
		n.coef = (v & ((1ULL << 51) - 1)) | 1ULL << 53;
	} else {
		n.exp = (s32)(v >> 53 & 0x3ff) - 398;
		n.coef = v & ((1ULL << 53) - 1);
	}
	return dfp_pack(&dfp_long, &n);
}

static u128 to_bid128(u128 raw)
{
	struct dfp_num n = dfp_unpack(&dfp_ext, raw);

	return (u128)n.sign << 127 | (u128)(n.exp + 6176) << 113 | n.coef;
}

static u128 from_bid128(u128 v)
{
	u64 top = (u64)(v >> 64);
	struct dfp_num n = { .sign = top >> 63 };

	if ((top >> 59 & 0xf) == 0xf) {
		n.cls = (top >> 58 & 1) ? DFP_QNAN : DFP_INF;
		n.sign = n.cls == DFP_INF && n.sign;
	} else {
		n.exp = (s32)(top >> 49 & 0x3fff) - 6176;
		n.coef = v & (((u128)1 << 113) - 1);
	}
	return dfp_pack(&dfp_ext, &n);
}

#define BID_OPS(name, type, bits, to, from, fmt)                     \
	static void name(u128 a, u128 b)                             \
	{                                                            \
		struct dfp_env env = { .rm = DFP_RNE };              \
		bits x = to(a), y = to(b), z[4];                     \
		type p, q, r[4];                                     \
                                                                     \
		memcpy(&p, &x, sizeof(x));                           \
		memcpy(&q, &y, sizeof(y));                           \
		r[0] = p + q;                                        \
		r[1] = p - q;                                        \
		r[2] = p * q;                                        \
		r[3] = p / q;                                        \
		memcpy(z, r, sizeof(z));                             \
		assert_true(dfp_add(fmt, &env, a, b) == from(z[0])); \
		assert_true(dfp_sub(fmt, &env, a, b) == from(z[1])); \
		assert_true(dfp_mul(fmt, &env, a, b) == from(z[2])); \
		assert_true(dfp_div(fmt, &env, a, b) == from(z[3])); \
	}

BID_OPS(check_dec64, _Decimal64, u64, to_bid64, from_bid64, &dfp_long)
BID_OPS(check_dec128, _Decimal128, u128, to_bid128, from_bid128, &dfp_ext)

static void test_compiler(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		check_dec64(rnd_finite(&dfp_long), rnd_finite(&dfp_long));
		check_dec128(rnd_finite(&dfp_ext), rnd_finite(&dfp_ext));
	}
}

#else

static void test_compiler(void **state)
{
	(void)state;
	skip();
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declets),	       cmocka_unit_test(test_formats),
		cmocka_unit_test(test_rounding_modes), cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_overflow),       cmocka_unit_test(test_narrow_nan),
		cmocka_unit_test(test_fprf),	       cmocka_unit_test(test_compiler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
