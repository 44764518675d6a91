// SPDX-License-Identifier: Apache-2.0
/*
 * Loads and stores: byte orders, update forms, faults that leave registers
 * alone, reservations, atomic memory operations, multiple and string.
 * One page of memory is entered into the TLB by hand, behind real RAM.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "cpu/interp/interp.h"
#include "mem/gmem.h"

#define PC 0x1000ULL
#define AT 0x20000ULL
#define D(op, rt, ra, d) ((u32)(op) << 26 | (u32)(rt) << 21 | (u32)(ra) << 16 | ((u32)(d)&0xffff))
#define X(rt, ra, rb, xo) \
	(31u << 26 | (u32)(rt) << 21 | (u32)(ra) << 16 | (u32)(rb) << 11 | (u32)(xo) << 1)

static u64 no_time(struct cpu *c)
{
	(void)c;
	return 0;
}

static const struct cpu_ops ops = { .timebase = no_time };

static void set_order(struct cpu *c, u64 le)
{
	cpu_set_msr(c, MSR_SF | MSR_FP | le);
}

static int setup(void **state)
{
	struct cpu *c = calloc(1, sizeof(*c));
	struct hypar_err e;

	if (!c)
		return -1;
	c->ops = &ops;
	c->mem = gmem_new();
	if (!c->mem || gmem_add_ram(c->mem, gpa_of(0), 0x40000, &e) || !cpu_init(c))
		return -1;
	c->radix = true;
	cpu_reset(c, 0x004e1202);
	set_order(c, MSR_LE);
	c->gpr[4] = AT;
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct cpu *c = *state;

	cpu_fini(c);
	gmem_free(c->mem);
	free(c);
	return 0;
}

static u8 *memory(struct cpu *c)
{
	return gmem_host_page(c->mem, gpa_of(AT));
}

static void ok(struct cpu *c, insn_fn *fn, u32 insn)
{
	assert_int_equal(fn(c, insn, PC), PC + 4);
}

static void byte_orders(void **state)
{
	struct cpu *c = *state;
	u8 *m = memory(c);

	for (u32 i = 0; i < 16; i++)
		m[i] = (u8)(0x81 + i);
	ok(c, i_lwz, D(32, 3, 4, 0));
	assert_int_equal(c->gpr[3], 0x84838281);
	ok(c, i_lha, D(42, 3, 4, 0));
	assert_int_equal(c->gpr[3], 0xffffffffffff8281ULL);
	ok(c, i_ldbrx, X(3, 0, 4, 532));
	assert_int_equal(c->gpr[3], 0x8182838485868788ULL);
	ok(c, i_lq, D(56, 6, 4, 0));
	assert_int_equal(c->gpr[6], 0x908f8e8d8c8b8a89ULL);
	assert_int_equal(c->gpr[7], 0x8887868584838281ULL);
	set_order(c, 0);
	ok(c, i_lwz, D(32, 3, 4, 0));
	assert_int_equal(c->gpr[3], 0x81828384);
	ok(c, i_lwbrx, X(3, 0, 4, 534));
	assert_int_equal(c->gpr[3], 0x84838281);
	ok(c, i_lq, D(56, 6, 4, 0));
	assert_int_equal(c->gpr[6], 0x8182838485868788ULL);
	ok(c, i_stw, D(36, 3, 4, 32));
	assert_int_equal(m[32], 0x84);
	ok(c, i_stq, D(62, 6, 4, 48 | 2));
	assert_memory_equal(m + 48, m, 16);
}

static void update_forms(void **state)
{
	struct cpu *c = *state;

	c->gpr[1] = AT + 64;
	ok(c, i_stdu, D(62, 1, 1, -32 | 1)); /* stdu r1,-32(r1) */
	assert_int_equal(c->gpr[1], AT + 32);
	assert_int_equal(memory(c)[32], 64);
	ok(c, i_lwzu, D(33, 3, 4, 32));
	assert_int_equal(c->gpr[3], AT + 64);
	assert_int_equal(c->gpr[4], AT + 32);
	assert_int_equal(i_lwzu(c, D(33, 4, 4, 0), PC), 0x700);
	assert_true(c->spr.srr1 & SRR1_ILLEGAL);
	assert_int_equal(c->gpr[4], AT + 32);
}

static void faults_change_nothing(void **state)
{
	struct cpu *c = *state;

	c->gpr[3] = 7;
	cpu_set_msr(c, MSR_SF | MSR_LE | MSR_IR | MSR_DR); /* without page tables */
	assert_int_equal(i_lwzu(c, D(33, 3, 4, 8), PC), 0x300);
	assert_int_equal(c->gpr[3], 7);
	assert_int_equal(c->gpr[4], AT);
	assert_int_equal(c->spr.dar, AT + 8);
	assert_false(c->spr.dsisr & DSISR_STORE);
	cpu_set_msr(c, MSR_SF | MSR_LE | MSR_IR | MSR_DR);
	assert_int_equal(i_stwu(c, D(37, 3, 4, 8), PC), 0x300);
	assert_int_equal(c->gpr[4], AT);
	assert_true(c->spr.dsisr & DSISR_STORE);
}

static void multiple_and_string(void **state)
{
	struct cpu *c = *state;
	u8 *m = memory(c);

	assert_int_equal(i_lmw(c, D(46, 30, 4, 0), PC), 0x600); /* little-endian */
	assert_int_equal(c->spr.dar, AT);
	set_order(c, 0);
	for (u32 i = 0; i < 16; i++)
		m[i] = (u8)(i + 1);
	ok(c, i_lmw, D(46, 30, 4, 0));
	assert_int_equal(c->gpr[30], 0x01020304);
	assert_int_equal(c->gpr[31], 0x05060708);
	ok(c, i_lswi, X(31, 4, 6, 597)); /* six bytes: r31, r0 */
	assert_int_equal(c->gpr[31], 0x01020304);
	assert_int_equal(c->gpr[0], 0x05060000);
	c->xer_count = 5;
	ok(c, i_stswx, X(30, 0, 4, 661));
	assert_memory_equal(m, "\1\2\3\4\1\6", 6);
	c->xer_count = 0;
	ok(c, i_lswx, X(30, 0, 4, 533));
}

static void reservations(void **state)
{
	struct cpu *c = *state;
	u32 *m = (u32 *)(void *)memory(c);

	m[0] = 5;
	c->gpr[5] = 9;
	c->so = 1;
	ok(c, i_stwcx_, X(5, 0, 4, 150) | 1);
	assert_int_equal(cr_field(c, 0), 1);
	assert_int_equal(m[0], 5);
	ok(c, i_lwarx, X(3, 0, 4, 20));
	assert_int_equal(c->gpr[3], 5);
	ok(c, i_stwcx_, X(5, 0, 4, 150) | 1);
	assert_int_equal(cr_field(c, 0), 3);
	assert_int_equal(m[0], 9);
	ok(c, i_stwcx_, X(5, 0, 4, 150) | 1); /* once only */
	assert_int_equal(cr_field(c, 0), 1);
	ok(c, i_lwarx, X(3, 0, 4, 20));
	m[0] = 10; /* somebody else */
	ok(c, i_stwcx_, X(5, 0, 4, 150) | 1);
	assert_int_equal(cr_field(c, 0), 1);
	assert_int_equal(m[0], 10);
	ok(c, i_lwarx, X(3, 0, 4, 20));
	ok(c, i_stdcx_, X(5, 0, 4, 214) | 1); /* of another size */
	assert_int_equal(cr_field(c, 0), 1);
	c->gpr[4] = AT + 2;
	assert_int_equal(i_lwarx(c, X(3, 0, 4, 20), PC), 0x600);
}

static void quadword_reservations(void **state)
{
	struct cpu *c = *state;
	u64 *m = (u64 *)(void *)memory(c);

	m[0] = 1;
	m[1] = 2;
	ok(c, i_lqarx, X(6, 0, 4, 276));
	assert_int_equal(c->gpr[6], 2);
	assert_int_equal(c->gpr[7], 1);
	c->gpr[6] = 3;
	ok(c, i_stqcx_, X(6, 0, 4, 182) | 1);
	assert_int_equal(cr_field(c, 0), 2);
	assert_int_equal(m[1], 3);
	assert_int_equal(i_lqarx(c, X(7, 0, 4, 276), PC), 0x700); /* odd */
}

static u64 amo(struct cpu *c, u32 fc, u32 memory_value, u32 operand)
{
	((u32 *)(void *)memory(c))[4] = memory_value;
	c->gpr[4] = AT + 16;
	c->gpr[6] = operand;
	c->gpr[7] = 77;
	ok(c, i_lwat, X(5, 4, fc, 582));
	return ((u32 *)(void *)memory(c))[4];
}

static void atomic_operations(void **state)
{
	struct cpu *c = *state;
	u32 *m = (u32 *)(void *)memory(c);

	assert_int_equal(amo(c, 0, 0xffffffff, 2), 1);
	assert_int_equal(c->gpr[5], 0xffffffff);
	assert_int_equal(amo(c, 4, 0x80000000, 1), 0x80000000);
	assert_int_equal(amo(c, 5, 0x80000000, 1), 1);
	assert_int_equal(amo(c, 6, 0x80000000, 1), 1);
	assert_int_equal(amo(c, 7, 0x80000000, 1), 0x80000000);
	assert_int_equal(amo(c, 8, 3, 4), 4);
	assert_int_equal(amo(c, 16, 3, 4), 77);
	assert_int_equal(amo(c, 16, 3, 3), 3);
	m[5] = 10;
	assert_int_equal(amo(c, 24, 9, 0), 10);
	assert_int_equal(c->gpr[5], 9);
	assert_int_equal(amo(c, 24, 10, 0), 10);
	assert_int_equal(c->gpr[5], 0x80000000);
	assert_int_equal(amo(c, 25, 10, 0), 11);
	m[3] = 2;
	assert_int_equal(amo(c, 28, 3, 0), 2);
	assert_int_equal(amo(c, 28, 2, 0), 2);
	assert_int_equal(c->gpr[5], 0x80000000);
	c->gpr[5] = 0x80000000;
	m[4] = 1;
	ok(c, i_stwat, X(5, 4, 7, 710)); /* minimum signed */
	assert_int_equal(m[4], 0x80000000);
	m[5] = m[4];
	c->gpr[5] = 6;
	ok(c, i_stwat, X(5, 4, 24, 710)); /* store twin */
	assert_int_equal(m[4], 6);
	assert_int_equal(m[5], 6);
	assert_int_equal(i_lwat(c, X(5, 4, 9, 582), PC), 0x300);
	assert_int_equal(c->spr.dsisr, 4);
}

static void cache_and_copy(void **state)
{
	struct cpu *c = *state;
	u8 *m = memory(c);

	m[127] = m[128] = m[255] = m[256] = 1;
	c->gpr[4] = AT + 200;
	ok(c, i_dcbz, X(0, 0, 4, 1014));
	assert_int_equal(m[127] & m[256], 1);
	assert_int_equal(m[128] | m[255], 0);
	ok(c, i_icbi, X(0, 0, 4, 982));
	assert_int_equal(i_copy(c, X(1, 0, 4, 774), PC), 0x600);
	c->gpr[4] = AT + 128;
	ok(c, i_copy, X(1, 0, 4, 774));
	cr_set_field(c, 0, 15);
	ok(c, i_paste_, X(1, 0, 4, 902) | 1);
	assert_int_equal(cr_field(c, 0), 0);
}

static void floating_point(void **state)
{
	struct cpu *c = *state;
	u8 *m = memory(c);

	((u32 *)(void *)m)[0] = 0x7f800001; /* a signalling NaN stays one */
	c->vsr[1].d[0] = 5;
	ok(c, i_lfs, D(48, 1, 4, 0));
	assert_int_equal(c->vsr[1].d[1], 0x7ff0000020000000ULL);
	assert_int_equal(c->vsr[1].d[0], 0);
	ok(c, i_stfs, D(52, 1, 4, 8));
	assert_memory_equal(m, m + 8, 4);
	((u64 *)(void *)m)[0] = 1;
	((u64 *)(void *)m)[1] = 2;
	ok(c, i_lfdp, D(57, 2, 4, 0));
	assert_int_equal(c->vsr[2].d[1], 1);
	assert_int_equal(c->vsr[3].d[1], 2);
	assert_int_equal(i_lfdp(c, D(57, 3, 4, 0), PC), 0x700);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(byte_orders),		T(update_forms),   T(faults_change_nothing),
		T(multiple_and_string), T(reservations),   T(quadword_reservations),
		T(atomic_operations),	T(cache_and_copy), T(floating_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
