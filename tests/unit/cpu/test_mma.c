// SPDX-License-Identifier: Apache-2.0
/*
 * Matrix-multiply assist: what the comparison with another implementation
 * (tests/insn/run_vectors.sh) leaves out: results with enabled exceptions,
 * directed rounding of negated sums, exponents beyond a single's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "cpu/interp/fpscr.h"
#include "cpu/interp/interp.h"

#define PC 0x1000ULL
/* at 1, xa 34, xb 35 */
#define GER(xo) (59u << 26 | 1u << 23 | 2u << 16 | 3u << 11 | (u32)(xo) << 3 | 6u)
#define A 34
#define B 35
#define ACC(i) (4 + (i))

static u64 no_time(struct cpu *c)
{
	(void)c;
	return 0;
}

static const struct cpu_ops ops = { .timebase = no_time };

static int setup(void **state)
{
	struct cpu *c = calloc(1, sizeof(*c));

	if (!c)
		return -1;
	c->ops = &ops;
	if (!cpu_init(c))
		return -1;
	cpu_reset(c, 0x00800200);
	cpu_set_msr(c, MSR_SF | MSR_LE | MSR_FP | MSR_VEC | MSR_VSX | MSR_FE0 | MSR_FE1);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	cpu_fini(*state);
	free(*state);
	return 0;
}

/* Every word of A, B and the accumulator. */
static void fill(struct cpu *c, u32 a, u32 b, u32 acc)
{
	for (u32 j = 0; j < 4; j++) {
		c->vsr[A].w[j] = a;
		c->vsr[B].w[j] = b;
		for (u32 i = 0; i < 4; i++)
			c->vsr[ACC(i)].w[j] = acc;
	}
}

static void expect_all(const struct cpu *c, u32 v)
{
	for (u32 i = 0; i < 16; i++)
		assert_int_equal(c->vsr[ACC(i / 4)].w[i % 4], v);
}

static void enabled_overflow(void **state)
{
	struct cpu *c = *state;

	c->fpscr = FPSCR_OE;
	fill(c, 0x7f000000, 0x7f000000, 0x3f800000);
	assert_int_equal(i_xvf32gerpp(c, GER(26), PC), 0x700);
	assert_int_equal(c->spr.srr0, PC);
	assert_true(c->spr.srr1 & SRR1_FP);
	expect_all(c, 0x7f800000);
	assert_int_equal(c->fpscr, FPSCR_OE | FPSCR_FX | FPSCR_FEX | FP_OX | FP_XX);
}

static void enabled_invalid(void **state)
{
	struct cpu *c = *state;

	c->fpscr = FPSCR_VE;
	fill(c, 0x7f800000, 0, 0x3f800000);
	assert_int_equal(i_xvf32gerpp(c, GER(26), PC), 0x700);
	expect_all(c, 0x7fc00000);
	assert_int_equal(c->fpscr, FPSCR_VE | FPSCR_FX | FPSCR_FEX | FPSCR_VX | FP_VXIMZ);
}

static void negates_the_rounded_sum(void **state)
{
	struct cpu *c = *state;

	c->fpscr = FP_RM_PLUS;
	fill(c, 0x3f800001, 0x3f800001, 0);
	assert_int_equal(i_xvf32gernp(c, GER(90), PC), PC + 4);
	expect_all(c, 0xbf800003);
	fill(c, 0x3f800001, 0x3f800001, 0);
	i_xvf32gerpp(c, GER(26), PC);
	expect_all(c, 0x3f800003);
	assert_int_equal(c->fpscr, FP_RM_PLUS | FPSCR_FX | FP_XX);
}

static void wide_sum_of_products(void **state)
{
	struct cpu *c = *state;

	/* 2^254 is finite beside infinity */
	fill(c, 0x7f000000, 0x7f000000, 0xff800000);
	i_xvbf16ger2pp(c, GER(50), PC);
	expect_all(c, 0xff800000);
	assert_int_equal(c->fpscr, 0);
	/* 2^-200 is no underflow */
	fill(c, 0x0d800000, 0x0d800000, 0x3f800000);
	i_xvbf16ger2pp(c, GER(50), PC);
	expect_all(c, 0x3f800000);
	assert_int_equal(c->fpscr, FPSCR_FX | FP_XX);
}

static void rounds_twice(void **state)
{
	struct cpu *c = *state;

	/* 2^-127 + 767 2^-158: a tie after the first rounding */
	fill(c, 0x1f8019d0, 0x20001aec, 0);
	i_xvbf16ger2(c, GER(51), PC);
	expect_all(c, 0x00400002);
	assert_int_equal(c->fpscr, FPSCR_FX | FP_XX | FP_UX);
}

static void masks(void **state)
{
	struct cpu *c = *state;

	fill(c, 0x3c003c00, 0x3c004000, 0x3f800000); /* 1 1, 1 2 */
	c->prefix = 0x07900000 | 1u << 14 | 4u << 4 |
		    3; /* second product, row 1, columns 2 and 3 */
	assert_int_equal(i_pmxvf16ger2pp(c, GER(18), PC), PC + 8);
	c->prefix = 0;
	for (u32 i = 0; i < 4; i++)
		for (u32 j = 0; j < 4; j++)
			assert_int_equal(VSR_W(c->vsr[ACC(i)], j),
					 i == 1 && j >= 2 ? 0x40400000 : 0);
}

static void saturation(void **state)
{
	struct cpu *c = *state;

	fill(c, 0x80008000, 0x80008000, 0);
	i_xvi16ger2(c, GER(75), PC);
	expect_all(c, 0x80000000);
	assert_int_equal(c->vscr, 0);
	i_xvi16ger2s(c, GER(43), PC);
	expect_all(c, 0x7fffffff);
	assert_int_equal(c->vscr, 1);
}

static void moves(void **state)
{
	struct cpu *c = *state;

	memset(c->vsr, 0xff, sizeof(c->vsr));
	assert_int_equal(i_xxmtacc(c, 0x7f810162, PC), PC + 4);
	assert_int_equal(i_xxsetaccz(c, 0x7f830162, PC), PC + 4);
	assert_int_equal(i_xxmfacc(c, 0x7f800162, PC), PC + 4);
	for (u32 i = 0; i < 64; i++)
		assert_true(c->vsr[i].q == (i / 4 == 7 ? 0 : ~(u128)0));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(enabled_overflow),	 T(enabled_invalid), T(negates_the_rounded_sum),
		T(wide_sum_of_products), T(rounds_twice),    T(masks),
		T(saturation),		 T(moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
