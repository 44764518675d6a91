// SPDX-License-Identifier: Apache-2.0
/*
 * Fixed-point instructions: what the comparison with another implementation
 * (tests/insn/run_vectors.sh) cannot show: 32-bit mode, division overflow,
 * traps, and the hash with a known key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cpu/cpu.h"
#include "cpu/interp/interp.h"

#define PC 0x1000ULL
#define XO(rt, ra, rb, xo) \
	(31u << 26 | (u32)(rt) << 21 | (u32)(ra) << 16 | (u32)(rb) << 11 | (u32)(xo) << 1)
#define OE 0x400u
#define RC 1u
#define CR0(c) cr_field(c, 0)

static u64 no_time(struct cpu *c)
{
	(void)c;
	return 0;
}

static bool fixed_random(struct cpu *c, u64 *out)
{
	(void)c;
	*out = 0x123456789abcdef0ULL;
	return true;
}

static const struct cpu_ops ops = { .timebase = no_time, .random = fixed_random };

static int setup(void **state)
{
	struct cpu *c = calloc(1, sizeof(*c));

	if (!c)
		return -1;
	c->ops = &ops;
	if (!cpu_init(c))
		return -1;
	cpu_reset(c, 0x004e1202);
	cpu_set_msr(c, MSR_SF | MSR_LE);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	cpu_fini(*state);
	free(*state);
	return 0;
}

static u64 run(struct cpu *c, insn_fn *fn, u32 insn, u64 a, u64 b)
{
	c->gpr[4] = a;
	c->gpr[5] = b;
	assert_int_equal(fn(c, insn, PC), PC + 4);
	return c->gpr[3];
}

static void carry_by_mode(void **state)
{
	struct cpu *c = *state;

	assert_int_equal(run(c, i_addc, XO(3, 4, 5, 10), 0xffffffff, 1), 1ULL << 32);
	assert_int_equal(c->ca, 0);
	assert_int_equal(c->ca32, 1);
	assert_int_equal(run(c, i_addc, XO(3, 4, 5, 10), ~0ULL, 1), 0);
	assert_int_equal(c->ca, 1);
	cpu_set_msr(c, MSR_LE); /* SF = 0 */
	run(c, i_addc, XO(3, 4, 5, 10), 0xffffffff, 1);
	assert_int_equal(c->ca, 1);
	run(c, i_addc, XO(3, 4, 5, 10), 0xffffffff00000000ULL, 1ULL << 32);
	assert_int_equal(c->ca, 0);
	run(c, i_subfc, XO(3, 4, 5, 8), 1, 1);
	assert_int_equal(c->ca, 1);
	run(c, i_subfc, XO(3, 4, 5, 8), 2, 0xffffffff00000001ULL);
	assert_int_equal(c->ca, 0);
}

static void overflow_and_record_by_mode(void **state)
{
	struct cpu *c = *state;

	run(c, i_add, XO(3, 4, 5, 266) | OE | RC, 0x7fffffff, 1);
	assert_int_equal(c->ov, 0);
	assert_int_equal(c->ov32, 1);
	assert_int_equal(c->so, 0);
	assert_int_equal(CR0(c), 4);
	cpu_set_msr(c, MSR_LE);
	run(c, i_add, XO(3, 4, 5, 266) | OE | RC, 0x7fffffff, 1);
	assert_int_equal(c->ov, 1);
	assert_int_equal(c->so, 1);
	assert_int_equal(CR0(c), 9); /* the low word is negative; SO */
	run(c, i_add, XO(3, 4, 5, 266) | OE | RC, 1ULL << 32, 0);
	assert_int_equal(c->ov, 0);
	assert_int_equal(c->so, 1);
	assert_int_equal(CR0(c), 3);
	cpu_set_msr(c, MSR_LE | MSR_SF);
	run(c, i_neg, XO(3, 4, 0, 104) | OE, 1ULL << 63, 0);
	assert_int_equal(c->ov, 1);
	assert_int_equal(c->ov32, 0);
}

static void division_without_quotient(void **state)
{
	static const struct {
		insn_fn *fn;
		u32 xo;
		u64 a, b;
	} cases[] = {
		{ i_divw, 491, 5, 0 },
		{ i_divw, 491, 0x80000000, 0xffffffff },
		{ i_divwu, 459, 5, 1ULL << 32 },
		{ i_divd, 489, 1ULL << 63, ~0ULL },
		{ i_divdu, 457, 5, 0 },
		{ i_divwe, 427, 0x40000000, 0x7fffffff },
		{ i_divwe, 427, 0x80000000, 0xffffffff },
		{ i_divweu, 395, 5, 5 },
		{ i_divde, 425, 1ULL << 63, ~0ULL },
		{ i_divde, 425, 1ULL << 62, 0x7fffffffffffffffULL },
		{ i_divde, 425, 0xb3b3b3b3b3b3b3b3ULL, 0x7f80808080808080ULL },
		{ i_divdeu, 393, 5, 5 },
	};
	struct cpu *c = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		c->so = c->ov = c->ov32 = 0;
		assert_int_equal(run(c, cases[i].fn, XO(3, 4, 5, cases[i].xo) | OE, cases[i].a,
				     cases[i].b),
				 0);
		assert_int_equal(c->so & c->ov & c->ov32, 1);
	}
	assert_int_equal(run(c, i_divde, XO(3, 4, 5, 425) | OE, 1, 4), 1ULL << 62);
	assert_int_equal(c->ov | c->ov32, 0);
	assert_int_equal(c->so, 1);
	assert_int_equal(run(c, i_modsd, XO(3, 4, 5, 777), 7, 0), 0);
	assert_int_equal(run(c, i_modsw, XO(3, 4, 5, 779), 0x80000000, ~0ULL), 0);
}

static void traps(void **state)
{
	struct cpu *c = *state;

	c->gpr[4] = 1;
	c->gpr[5] = 2;
	assert_int_equal(i_tw(c, XO(8, 4, 5, 4), PC), PC + 4);	/* greater than */
	assert_int_equal(i_td(c, XO(16, 4, 5, 68), PC), 0x700); /* less than */
	assert_int_equal(c->spr.srr0, PC);
	assert_true(c->spr.srr1 & SRR1_TRAP);
}

static void random_numbers(void **state)
{
	struct cpu *c = *state;

	assert_int_equal(run(c, i_darn, XO(3, 0, 0, 755), 0, 0), 0x9abcdef0);
	assert_int_equal(run(c, i_darn, XO(3, 1, 0, 755), 0, 0), 0x123456789abcdef0ULL);
	assert_int_equal(run(c, i_darn, XO(3, 3, 0, 755), 0, 0), ~0ULL);
}

/* The digest was computed by qemu 7.2 with this key. */
static void return_address_hash(void **state)
{
	const u32 hashst = XO(31, 4, 5, 722) | 1, hashchk = XO(31, 4, 5, 754) | 1;
	struct cpu *c = *state;
	u8 page[4096] __attribute__((aligned(4096))) = { 0 };
	struct tlb_entry e = { 0x40000000, (u64)(uintptr_t)page - 0x40000000 };

	c->rd[0x40000000 >> TLB_PAGE_SHIFT & (TLB_L1_SIZE - 1)] = e;
	c->wr[0x40000000 >> TLB_PAGE_SHIFT & (TLB_L1_SIZE - 1)] = e;
	c->spr.hashkeyr = 0x68da5e9a5c471ad4ULL;
	run(c, i_hashst, hashst, 0x40000100, 0x0123456789abcdefULL);
	assert_int_equal(page[0xf8], 0); /* DEXCR[NPHIE] = 0: nothing happens */
	c->spr.dexcr = PPC_BIT(5);
	run(c, i_hashst, hashst, 0x40000100, 0x0123456789abcdefULL);
	assert_memory_equal(&page[0xf8], "\x6f\xb6\xd6\x18\x6f\xeb\xdf\xa2", 8);
	run(c, i_hashchk, hashchk, 0x40000100, 0x0123456789abcdefULL);
	page[0xf8] ^= 1;
	assert_int_equal(i_hashchk(c, hashchk, PC), 0x700);
	assert_true(c->spr.srr1 & SRR1_TRAP);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(carry_by_mode),
		T(overflow_and_record_by_mode),
		T(division_without_quotient),
		T(traps),
		T(random_numbers),
		T(return_address_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
