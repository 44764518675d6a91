/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host FPU's fast paths against the library: result, flags, FR and FI must
 * be the same for whatever operands, also where the fast path steps aside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "cpu/softfp/fastfp.h"
#include "softfp_gen.h"

#define ROUNDS 400000

static void same(const char *what, u64 got, const struct fp_env *ge, u64 want,
		 const struct fp_env *we)
{
	if (got == want && ge->flags == we->flags && ge->fr == we->fr && ge->fi == we->fi)
		return;
	fail_msg("%s rm %u: fast %016llx %08x fr %d fi %d, slow %016llx %08x "
		 "fr %d fi %d",
		 what, ge->rm, (unsigned long long)got, ge->flags, ge->fr, ge->fi,
		 (unsigned long long)want, we->flags, we->fr, we->fi);
}

#define SAME(f, ...)                                                \
	do {                                                        \
		struct fp_env ge = { .rm = rm }, we = { .rm = rm }; \
		u64 got = fast##f(&ge, __VA_ARGS__);                \
		u64 want = fp##f(&we, __VA_ARGS__);                 \
		same(#f, got, &ge, want, &we);                      \
	} while (0)

static void all_double(u8 rm, u64 x, u64 y, u64 z)
{
	SAME(64_add, x, y);
	SAME(64_sub, x, y);
	SAME(64_mul, x, y);
	SAME(64_div, x, y);
	SAME(64_sqrt, x);
	SAME(64_fma, x, y, z, (unsigned int)(z & 3));
}

static void all_single(u8 rm, u64 x, u64 y, u64 z)
{
	SAME(64r32_add, x, y);
	SAME(64r32_sub, x, y);
	SAME(64r32_mul, x, y);
	SAME(64r32_div, x, y);
	SAME(64r32_sqrt, x);
	SAME(64r32_fma, x, y, z, (unsigned int)(z >> 29 & 3));
}

static void test_double(void **state)
{
	struct gen g = { 11 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		all_double(i % 16 ? FP_RM_NEAR : (u8)(i >> 4 & 3), gen64(&g), gen64(&g), gen64(&g));
}

static void test_single(void **state)
{
	struct gen g = { 12 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		all_single(i % 16 ? FP_RM_NEAR : (u8)(i >> 4 & 3), fp32_load_as_fp64(gen32(&g)),
			   fp32_load_as_fp64(gen32(&g)),
			   i & 1 ? fp32_load_as_fp64(gen32(&g)) : gen64(&g));
}

/* An addend that nearly cancels the product, and quotients near ties. */
static void test_cancellation(void **state)
{
	struct gen g = { 13 };

	(void)state;
	for (int i = 0; i < ROUNDS / 2; i++) {
		struct fp_env env = { 0 };
		u64 x = gen64(&g), y = gen64(&g);
		u64 p = fp64_mul(&env, x, y) + gen_below(&g, 5) - 2;
		u64 sx = fp32_load_as_fp64(gen32(&g));
		u64 sy = fp32_load_as_fp64(gen32(&g));
		u64 sp = fp64r32_mul(&env, sx, sy) + ((gen_below(&g, 5) - 2) << 29);

		all_double(FP_RM_NEAR, x, y, p);
		all_double(FP_RM_NEAR, p, y, p);
		all_double(FP_RM_NEAR, x, p, p ^ 1ULL << 63);
		all_single(FP_RM_NEAR, sx, sy, sp);
		all_single(FP_RM_NEAR, sp, sy, sp ^ 1ULL << 63);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_double),
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_cancellation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
