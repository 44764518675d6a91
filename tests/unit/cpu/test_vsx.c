/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VSX floating point where QEMU does otherwise than the ISA's text or has no
 * answer: enabled exceptions of vectors, rounding before negation, rounding to
 * odd and to double-extended precision, FR. All instructions with random
 * operands are run by tests/insn/run_vectors.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cpu/interp/fpscr.h"
#include "cpu/interp/interp.h"

#define PC 0x1000ULL
/* XT = 1, XA = 2, XB = 3 */
#define REGS (1u << 21 | 2u << 16 | 3u << 11)
#define T 1
#define A 2
#define B 3
#define RC10 0x400u
#define BF(n) ((u32)(n) << 23)
#define DCMX(n) ((u32)(n) << 16)

#define ONE 0x3ff0000000000000ULL
#define TWO_M54 0x3c90000000000000ULL
#define QNAN 0x7ff8000000000000ULL
#define SNAN 0x7ff0000000000001ULL
#define SIGN (1ULL << 63)
#define OLD 0x1234567890abcdefULL

static struct cpu *fresh(u64 fpscr)
{
	static struct tlb_l1 l1[TLB_N_CTX];
	static struct cpu c;

	memset(&c, 0, sizeof(c));
	c.tlb.l1 = l1;
	c.ea_mask = ~0ULL;
	c.msr = MSR_SF | MSR_FP | MSR_VEC | MSR_VSX | MSR_ME | MSR_LE;
	c.fpscr = fpscr;
	c.vsr[T] = (union vsr){ .d = { OLD, OLD } };
	return &c;
}

static void set(struct cpu *c, u32 n, u64 d0, u64 d1)
{
	c->vsr[n] = (union vsr){ .d = { d1, d0 } };
}

static void assert_target(const struct cpu *c, u64 d0, u64 d1)
{
	assert_int_equal(c->vsr[T].d[1], d0);
	assert_int_equal(c->vsr[T].d[0], d1);
}

/* ---- scalars ---- */

static void test_scalar_keeps_target(void **state)
{
	struct cpu *c = fresh(FPSCR_VE | FPSCR_FR | FPSCR_FI | 0x4000);

	(void)state;
	set(c, A, SNAN, 0);
	set(c, B, ONE, 0);
	assert_int_equal(i_xsadddp(c, REGS, PC), PC + 4);
	assert_target(c, OLD, OLD);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_FEX | FPSCR_VX | FP_VXSNAN | FPSCR_VE | 0x4000);
	/* With MSR[FE0] it is a program interrupt. */
	c->msr |= MSR_FE0;
	assert_int_equal(i_xsadddp(c, REGS, PC), 0x700);
	assert_true(c->spr.srr1 & SRR1_FP);
}

static void test_scalar_result(void **state)
{
	struct cpu *c = fresh(0);

	(void)state;
	set(c, A, ONE, 7);
	set(c, B, TWO_M54, 7);
	i_xsadddp(c, REGS, PC);
	assert_target(c, ONE, 0);
	assert_int_equal(c->fpscr, FPSCR_FX | FP_XX | FPSCR_FI | 0x4000);
}

/* xscmpge, xsmaxc: VE = 1 keeps the target; FPRF, FR and FI stay in any case. */
static void test_masks_and_extremes(void **state)
{
	u64 quiet = FPSCR_FR | FPSCR_FI | 0x11000;
	struct cpu *c = fresh(FPSCR_VE | quiet);

	(void)state;
	set(c, A, QNAN, 0);
	set(c, B, ONE, 0);
	i_xscmpgedp(c, REGS, PC);
	assert_target(c, OLD, OLD);
	assert_int_equal(c->fpscr & ~quiet, FPSCR_FX | FPSCR_FEX | FPSCR_VX | FP_VXVC | FPSCR_VE);
	assert_int_equal(c->fpscr & quiet, quiet);
	/* A quiet NaN is no exception of the equality, nor of the maximum. */
	c = fresh(FPSCR_VE | quiet);
	set(c, A, QNAN, 0);
	set(c, B, ONE, 0);
	i_xscmpeqdp(c, REGS, PC);
	assert_target(c, 0, 0);
	i_xsmaxcdp(c, REGS, PC);
	assert_target(c, ONE, 0);
	i_xsmaxjdp(c, REGS, PC);
	assert_target(c, QNAN, 0);
	i_xsmaxdp(c, REGS, PC);
	assert_target(c, ONE, 0);
	assert_int_equal(c->fpscr, FPSCR_VE | quiet);
	set(c, A, SIGN, 0);
	set(c, B, 0, 0);
	i_xsmaxdp(c, REGS, PC);
	assert_target(c, 0, 0);
	i_xsminjdp(c, REGS, PC);
	assert_target(c, SIGN, 0);
}

static void test_single_rounds_once(void **state)
{
	struct cpu *c = fresh(0);

	(void)state;
	/* A tie of singles, but for a number far too small to show in a double. */
	set(c, A, 0x0010000000000003ULL, 0);
	set(c, B, 0xbfdba87bd0000000ULL, 0);
	i_xssubsp(c, REGS, PC);
	assert_target(c, 0x3fdba87be0000000ULL, 0);
	assert_true(c->fpscr & FPSCR_FR);
}

static void test_rounds_then_negates(void **state)
{
	struct cpu *c = fresh(FP_RM_PLUS);

	(void)state;
	set(c, A, ONE, ONE);
	set(c, B, ONE, ONE);
	set(c, T, 0x3c30000000000000ULL, 0xbc30000000000000ULL); /* 2^-60, -2^-60 */
	i_xsnmaddadp(c, REGS, PC);
	assert_target(c, 0xbff0000000000001ULL, 0);
	set(c, T, 0x3c30000000000000ULL, 0xbc30000000000000ULL);
	i_xvnmsubadp(c, REGS, PC);
	assert_target(c, 0xbff0000000000000ULL, 0xbff0000000000001ULL);
}

static void test_class_of_single(void **state)
{
	struct cpu *c = fresh(0);

	(void)state;
	/* 2^-200: below the denormal singles, but no zero; and it is no single. */
	set(c, B, (1023ULL - 200) << 52, 0);
	i_xststdcsp(c, BF(7) | B << 11 | DCMX(2), PC);
	assert_int_equal(cr_field(c, 7), 3);
	assert_int_equal(c->fpscr, 0x3000);
	i_xststdcsp(c, BF(7) | B << 11 | DCMX(8), PC);
	assert_int_equal(cr_field(c, 7), 1);
	c->vsr[B].d[1] |= SIGN;
	i_xststdcsp(c, BF(7) | B << 11 | DCMX(1), PC);
	assert_int_equal(cr_field(c, 7), 11);
}

static void test_half(void **state)
{
	struct cpu *c = fresh(0);

	(void)state;
	set(c, B, 0x3f10000000000000ULL, 0); /* 2^-14 */
	i_xscvdphp(c, REGS, PC);
	assert_target(c, 0x0400, 0);
	assert_int_equal(c->fpscr, 0x4000);
	set(c, B, 0x3ef8000000000000ULL | SIGN, 0); /* -1.5 * 2^-16 */
	i_xscvdphp(c, REGS, PC);
	assert_target(c, 0x8180, 0);
	assert_int_equal(c->fpscr, 0x18000);
}

/* ---- vectors ---- */

static void test_vector_exception(void **state)
{
	u64 kept = FPSCR_FR | FPSCR_FI | 0x4000;
	struct cpu *c = fresh(FPSCR_XE | kept);

	(void)state;
	set(c, A, ONE, ONE);
	set(c, B, ONE, TWO_M54);
	assert_int_equal(i_xvadddp(c, REGS, PC), PC + 4);
	assert_target(c, OLD, OLD);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_FEX | FP_XX | FPSCR_XE | kept);
	c->msr |= MSR_FE1;
	assert_int_equal(i_xvadddp(c, REGS, PC), 0x700);
	/* Not enabled: FR, FI and FPRF still stay. */
	c = fresh(0);
	set(c, A, ONE, ONE);
	set(c, B, ONE, TWO_M54);
	i_xvadddp(c, REGS, PC);
	assert_target(c, 0x4000000000000000ULL, ONE);
	assert_int_equal(c->fpscr, FPSCR_FX | FP_XX);
}

/* Every element is looked at, whatever those before it raise. */
static void test_vector_collects(void **state)
{
	struct cpu *c = fresh(FPSCR_ZE);

	(void)state;
	set(c, A, 0x3f80000000000000ULL, 0x7f7fffff3f800000ULL); /* 1, 0, max, 1 */
	set(c, B, 0, 0x0080000040400000ULL);			 /* 0, 0, min, 3 */
	i_xvdivsp(c, REGS, PC);
	assert_target(c, OLD, OLD);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_FEX | FPSCR_VX | FP_ZX | FP_VXZDZ | FP_OX |
					   FP_XX | FPSCR_ZE);
}

static void test_vector_compare(void **state)
{
	struct cpu *c = fresh(FPSCR_VE);

	(void)state;
	set(c, A, ONE, QNAN);
	set(c, B, ONE, ONE);
	cr_set_field(c, 6, 5);
	i_xvcmpgedp(c, REGS | RC10, PC);
	assert_target(c, OLD, OLD);
	assert_int_equal(cr_field(c, 6), 5);
	assert_true(c->fpscr & FP_VXVC);
	c = fresh(0);
	set(c, A, ONE, SNAN);
	set(c, B, ONE, ONE);
	i_xvcmpgedp(c, REGS | RC10, PC);
	assert_target(c, ~0ULL, 0);
	assert_int_equal(cr_field(c, 6), 0);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_VX | FP_VXSNAN | FP_VXVC);
}

static void test_vector_to_integer(void **state)
{
	struct cpu *c = fresh(0);

	(void)state;
	set(c, B, QNAN, 0x4014000000000000ULL);
	i_xvcvdpsxws(c, REGS, PC);
	assert_target(c, 0x8000000080000000ULL, 0x0000000500000005ULL);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_VX | FP_VXCVI);
}

/* ---- quad: the registers are VSR 33, 34 and 35 ---- */

static void test_round_to_odd(void **state)
{
	struct cpu *c = fresh(0);

	(void)state;
	set(c, 33, 0x41f170007f7fffffULL, 0x3f8000000000000cULL);
	set(c, 34, 0x3236323633373038ULL, 0x3432353139333838ULL);
	set(c, 35, 0x8eb273ba89c8da55ULL, 0);
	i_xsnmsubqpo(c, REGS, PC);
	assert_int_equal(c->vsr[33].d[1], 0x41f170007f7fffffULL);
	assert_int_equal(c->vsr[33].d[0], 0x3f8000000000000dULL);
}

#define R_RMC(r, rmc) ((u32)(r) << 16 | (u32)(rmc) << 9)
#define QUAD(r, rmc) (1u << 21 | 3u << 11 | R_RMC(r, rmc))

static void test_round_by_rn(void **state)
{
	struct cpu *c = fresh(FP_RM_ZERO);

	(void)state;
	set(c, 35, 0xbffd333333333333ULL, 0); /* -0.3 */
	i_xsrqpi(c, QUAD(0, 3), PC);
	assert_int_equal(c->vsr[33].d[1], SIGN);
	assert_int_equal(c->fpscr, FP_RM_ZERO | 0x12000);
	c->fpscr = FP_RM_MINUS;
	i_xsrqpix(c, QUAD(0, 3), PC);
	assert_int_equal(c->vsr[33].d[1], 0xbfff000000000000ULL);
	assert_int_equal(c->fpscr, FP_RM_MINUS | FPSCR_FX | FP_XX | FPSCR_FR | FPSCR_FI | 0x8000);
}

static void extended(struct cpu *c, u32 word, u64 hi, u64 lo)
{
	i_xsrqpxp(c, word, PC);
	assert_int_equal(c->vsr[33].d[1], hi);
	assert_int_equal(c->vsr[33].d[0], lo);
}

static void test_extended(void **state)
{
	struct cpu *c = fresh(0);

	(void)state;
	/* the greatest quad */
	set(c, 35, 0x7ffeffffffffffffULL, ~0ULL);
	extended(c, QUAD(1, 0), 0x7fff000000000000ULL, 0);
	assert_int_equal(c->fpscr, FPSCR_FX | FP_OX | FP_XX | FPSCR_FR | FPSCR_FI | 0x5000);
	c->fpscr = 0;
	extended(c, QUAD(1, 1), 0x7ffeffffffffffffULL, 0xfffe000000000000ULL);
	assert_int_equal(c->fpscr, FPSCR_FX | FP_XX | FPSCR_FI | 0x4000);
	c->fpscr = FPSCR_OE;
	extended(c, QUAD(1, 0), (u64)(0x7fff - 24576) << 48, 0);
	/* a tie */
	c->fpscr = 0;
	set(c, 35, 0x3fff000000000000ULL, 0x0001000000000000ULL);
	extended(c, QUAD(1, 0), 0x3fff000000000000ULL, 0);
	extended(c, QUAD(0, 0), 0x3fff000000000000ULL, 0x0002000000000000ULL);
	/* the least denormal */
	c->fpscr = 0;
	set(c, 35, 0, 1);
	extended(c, QUAD(1, 2), 0, 1ULL << 49);
	assert_int_equal(c->fpscr, FPSCR_FX | FP_UX | FP_XX | FPSCR_FR | FPSCR_FI | 0x14000);
	c->fpscr = FPSCR_UE;
	extended(c, QUAD(1, 2), 0x5f91000000000000ULL, 0);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_FEX | FP_UX | FPSCR_UE | 0x4000);
	/* NaNs fit the format too */
	c->fpscr = 0;
	set(c, 35, 0x7fff000000000000ULL, ~0ULL);
	extended(c, QUAD(1, 0), 0x7fff800000000000ULL, 0xfffe000000000000ULL);
	assert_int_equal(c->fpscr, FPSCR_FX | FPSCR_VX | FP_VXSNAN | 0x11000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalar_keeps_target),
		cmocka_unit_test(test_scalar_result),
		cmocka_unit_test(test_masks_and_extremes),
		cmocka_unit_test(test_single_rounds_once),
		cmocka_unit_test(test_rounds_then_negates),
		cmocka_unit_test(test_class_of_single),
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_vector_exception),
		cmocka_unit_test(test_vector_collects),
		cmocka_unit_test(test_vector_compare),
		cmocka_unit_test(test_vector_to_integer),
		cmocka_unit_test(test_round_to_odd),
		cmocka_unit_test(test_round_by_rn),
		cmocka_unit_test(test_extended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
