/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalar floating-point instructions and FPSCR: enabled exceptions, what they
 * leave unwritten, the program interrupt, and moves to and from FPSCR. Results
 * are compared with QEMU's in tests/insn/test_float.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/interp/fpscr.h"
#include "cpu/interp/interp.h"

#define PC 0x10000ULL
#define T 1 /* FRT */
#define A 2
#define B 3

#define INF 0x7ff0000000000000ULL
#define SNAN 0x7ff0000000000001ULL
#define ONE 0x3ff0000000000000ULL
#define HUGE_D 0x7fd0000000000000ULL /* 2^1022 */
#define OLD 0x1234567890abcdefULL

/* FRT, FRA, FRB and Rc. */
#define WORD(rc) (T << 21 | A << 16 | B << 11 | B << 6 | (rc))

static int set_up(void **state)
{
	struct cpu *c = calloc(1, sizeof(*c));

	if (!c)
		return -1;
	c->ea_mask = ~0ULL;
	c->msr = MSR_SF | MSR_FP | MSR_ME;
	c->vsr[T].d[1] = OLD;
	c->vsr[T].d[0] = OLD;
	*state = c;
	return 0;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static void operands(struct cpu *c, u64 a, u64 b)
{
	c->vsr[A].d[1] = a;
	c->vsr[B].d[1] = b;
}

static void test_result(void **state)
{
	struct cpu *c = *state;

	operands(c, ONE, 0x3c90000000000000ULL); /* 1 + 2^-54 */
	c->fpscr = FPSCR_FR;
	assert_int_equal(i_fadd(c, WORD(1), PC), PC + 4);
	assert_true(c->vsr[T].d[1] == ONE && !c->vsr[T].d[0]);
	assert_int_equal(c->fpscr, FPSCR_FX | FP_XX | FPSCR_FI | 0x4000);
	assert_int_equal(cr_get(c), 0x08000000);
	/* FX does not come back while XX is set. */
	c->fpscr &= ~(u64)FPSCR_FX;
	i_fadd(c, WORD(1), PC);
	assert_int_equal(c->fpscr, FP_XX | FPSCR_FI | 0x4000);
	assert_int_equal(cr_get(c), 0);
}

/* [ISA 3.1B I 4.4.1.2] */
static void test_enabled_invalid(void **state)
{
	struct cpu *c = *state;

	c->fpscr = FPSCR_VE | FPSCR_FR | FPSCR_FI | 0x8000;
	operands(c, INF, INF);
	assert_int_equal(i_fsub(c, WORD(1), PC), PC + 4);
	assert_true(c->vsr[T].d[1] == OLD);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_FEX | FPSCR_VX | FP_VXISI | FPSCR_VE | 0x8000);
	assert_int_equal(cr_get(c), 0x0e000000);
	/* disabled: the default NaN */
	c->fpscr = 0;
	i_fsub(c, WORD(0), PC);
	assert_true(c->vsr[T].d[1] == 0x7ff8000000000000ULL);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_VX | FP_VXISI | 0x11000);
}

static void test_enabled_zero_divide(void **state)
{
	struct cpu *c = *state;

	c->fpscr = FPSCR_ZE;
	operands(c, ONE, 0);
	i_fdiv(c, WORD(0), PC);
	assert_true(c->vsr[T].d[1] == OLD);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_FEX | FP_ZX | FPSCR_ZE);
}

/* Overflow writes the adjusted result, then interrupts [ISA 3.1B III 7.5.9]. */
static void test_interrupt(void **state)
{
	struct cpu *c = *state;
	u64 msr;

	c->msr |= MSR_FE0 | MSR_FE1;
	msr = c->msr;
	c->fpscr = FPSCR_OE;
	operands(c, HUGE_D, HUGE_D);
	assert_int_equal(i_fmul(c, WORD(0), PC), 0x700);
	assert_true(c->vsr[T].d[1] == (1023ULL + 2044 - 1536) << 52);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_FEX | FP_OX | FPSCR_OE | 0x4000);
	assert_true(c->spr.srr0 == PC);
	assert_true(c->spr.srr1 == (msr | SRR1_FP));

	/* Another instruction, which raises nothing, goes on. */
	c->msr = msr;
	operands(c, ONE, ONE);
	assert_int_equal(i_fmul(c, WORD(0), PC), PC + 4);
	/* FEX set by a move interrupts as well. */
	assert_int_equal(i_mtfsb1(c, 31u << 21, PC), 0x700);
	c->msr = msr & ~(MSR_FE0 | MSR_FE1);
	assert_int_equal(i_mtfsb1(c, 31u << 21, PC), PC + 4);
}

static void test_compare(void **state)
{
	struct cpu *c = *state;
	u32 bf = 5u << 23 | A << 16 | B << 11;

	operands(c, ONE, SNAN);
	c->fpscr = FPSCR_FR | FPSCR_FI | 0x10000;
	i_fcmpu(c, bf, PC);
	assert_int_equal(cr_field(c, 5), 1);
	/* FR, FI and C stay */
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_VX | FP_VXSNAN | FPSCR_FR | FPSCR_FI | 0x11000);
	operands(c, 1ULL << 63, 0);
	i_fcmpo(c, bf, PC);
	assert_int_equal(cr_field(c, 5), 2);
}

static void test_moves(void **state)
{
	struct cpu *c = *state;

	/* FEX, VX and the reserved bits cannot be written */
	operands(c, 0, ~0ULL);
	i_mtfsf(c, 1u << 25 | B << 11, PC);
	assert_true(c->fpscr == (FPSCR_DRN | (0xffffffffULL & ~0x800ULL)));
	operands(c, 0, 0x6000000000000000ULL | FPSCR_FEX | FPSCR_VX);
	i_mtfsf(c, 1u << 25 | B << 11, PC);
	assert_int_equal(c->fpscr, 0);
	/* one field of the low word, one of the high word */
	operands(c, 0, ~0ULL);
	i_mtfsf(c, 0x01u << 17 | B << 11, PC);
	assert_int_equal(c->fpscr, 0xf);
	i_mtfsf(c, 0x01u << 17 | 1u << 16 | B << 11, PC);
	assert_true(c->fpscr == (FPSCR_DRN | 0xf));
	i_mtfsfi(c, 7u << 23 | 5u << 12, PC);
	assert_true(c->fpscr == (FPSCR_DRN | 5));
	/* mtfsb1 sets FX with an exception, and VX and FEX follow */
	c->fpscr = FPSCR_VE;
	i_mtfsb1(c, 7u << 21, PC);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_FEX | FPSCR_VX | FP_VXSNAN | FPSCR_VE);
	/* mcrfs takes FX, FEX, VX, OX and clears what is an exception */
	i_mcrfs(c, 3u << 23 | 0u << 18, PC);
	assert_int_equal(cr_field(c, 3), 0xe);
	assert_int_equal(c->fpscr, FPSCR_FEX | FPSCR_VX | FP_VXSNAN | FPSCR_VE);
	i_mcrfs(c, 3u << 23 | 1u << 18, PC);
	assert_int_equal(cr_field(c, 3), 1);
	assert_int_equal(c->fpscr, FPSCR_VE);
}

static void test_reads(void **state)
{
	struct cpu *c = *state;
	u64 v = 0x300000000ULL | 0xca07c0a1ULL;

	c->fpscr = v;
	i_mffs(c, T << 21 | 1, PC);
	assert_true(c->vsr[T].d[1] == v && !c->vsr[T].d[0]);
	assert_int_equal(cr_field(c, 1), 12);
	i_mffsl(c, T << 21, PC);
	assert_true(c->vsr[T].d[1] == (v & 0x70007f0ffULL));
	i_mffscrni(c, T << 21 | 2u << 11, PC);
	assert_true(c->vsr[T].d[1] == (v & 0x7000000ffULL));
	assert_int_equal(c->fpscr & 3, 2);
	i_mffscdrni(c, T << 21 | 5u << 11, PC);
	assert_int_equal(c->fpscr >> 32, 5);
	i_mffsce(c, T << 21, PC);
	assert_true(c->vsr[T].d[1] == ((v & 0xfffffffcULL) | 0x500000002ULL));
	assert_int_equal(c->fpscr & 0xff, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_result, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_enabled_invalid, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_enabled_zero_divide, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_interrupt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_compare, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_moves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reads, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
