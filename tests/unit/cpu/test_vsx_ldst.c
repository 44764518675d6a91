/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VSX loads and stores in both byte orders, byte by byte from the ISA's text,
 * and the facility that each register needs. Little-endian is compared with
 * QEMU as well, by tests/insn/run_vectors.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cpu/interp/interp.h"

#define PC 0x1000ULL
#define PAGE_EA 0x20000ULL
#define AT 64u /* of the operand in the page */

/* XT = 33, RA = 2, RB = 3; TX of the DQ-form is bit 28. */
#define WORD (1u << 21 | 2u << 16 | 3u << 11 | 1)
#define WORD_DQ (1u << 21 | 2u << 16 | 8)
#define WORD_DS (1u << 21 | 2u << 16)
#define WORD_PAIR (4u << 21 | 2u << 16 | 3u << 11)
#define WORD_PREFIXED (1u << 21 | 2u << 16 | 1u << 26)
#define T 33

static u8 page[4096] __attribute__((aligned(4096)));

static struct cpu *fresh(bool le)
{
	static struct tlb_entry entries[TLB_L1_SIZE];
	static struct tlb_l1 l1[TLB_N_CTX];
	static struct cpu c;

	memset(&c, 0, sizeof(c));
	c.tlb.l1 = l1;
	for (size_t i = 0; i < TLB_L1_SIZE; i++)
		entries[i] = (struct tlb_entry){ PAGE_EA, (u64)(uintptr_t)page - PAGE_EA };
	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (u8)(0x81 + 7 * i);
	c.ea_mask = ~0ULL;
	c.msr = MSR_SF | MSR_FP | MSR_VEC | MSR_VSX | (le ? MSR_LE : 0);
	c.rd = c.wr = entries;
	c.gpr[2] = PAGE_EA + AT - 5;
	c.gpr[3] = 5;
	c.vsr[T].q = ~(u128)0 / 15 * 7;
	return &c;
}

static void assert_bytes(union vsr v, const u8 *want)
{
	for (u32 i = 0; i < 16; i++)
		assert_int_equal(VSR_B(v, i), want[i]);
}

/* ---- whole registers ---- */

static const struct subject {
	insn_fn *load, *store;
	u32 word;
	u32 size; /* of an element, which alone has the byte order of MSR[LE] */
	u32 low;  /* added to RA's and RB's sum: forms without RB */
} whole[] = {
	{ i_lxvd2x, i_stxvd2x, WORD, 8, 0 }, { i_lxvw4x, i_stxvw4x, WORD, 4, 0 },
	{ i_lxvh8x, i_stxvh8x, WORD, 2, 0 }, { i_lxvb16x, i_stxvb16x, WORD, 1, 0 },
	{ i_lxvx, i_stxvx, WORD, 16, 0 },    { i_lxv, i_stxv, WORD_DQ, 16, 5 },
};

static void whole_register(bool le)
{
	for (u32 n = 0; n < ARRAY_SIZE(whole); n++) {
		const struct subject *s = &whole[n];
		struct cpu *c = fresh(le);
		u8 want[16], before[4096];

		c->gpr[2] += s->low;
		for (u32 i = 0; i < 16; i++) {
			u32 first = i / s->size * s->size, k = i % s->size;

			want[i] = page[AT + first + (le ? s->size - 1 - k : k)];
		}
		assert_int_equal(s->load(c, s->word, PC), PC + 4);
		assert_bytes(c->vsr[T], want);
		memcpy(before, page, sizeof(page));
		memset(page + AT, 0, 16);
		assert_int_equal(s->store(c, s->word, PC), PC + 4);
		assert_memory_equal(page, before, sizeof(page));
	}
}

static void test_whole_be(void **state)
{
	(void)state;
	whole_register(false);
}

static void test_whole_le(void **state)
{
	(void)state;
	whole_register(true);
}

/* ---- with length ---- */

static void with_length(bool le, bool left_always)
{
	insn_fn *load = left_always ? i_lxvll : i_lxvl, *store = left_always ? i_stxvll : i_stxvl;
	bool left = left_always || !le;

	for (u32 n = 0; n <= 20; n++) {
		struct cpu *c = fresh(le);
		u32 len = n < 16 ? n : 16;
		u8 want[16] = { 0 }, before[4096];

		c->gpr[2] = PAGE_EA + AT;
		c->gpr[3] = (u64)n << 56 | 0x123456;
		for (u32 i = 0; i < len; i++)
			want[left ? i : 15 - i] = page[AT + i];
		assert_int_equal(load(c, WORD, PC), PC + 4);
		assert_bytes(c->vsr[T], want);
		memcpy(before, page, sizeof(page));
		memset(page + AT, 0, len);
		assert_int_equal(store(c, WORD, PC), PC + 4);
		assert_memory_equal(page, before, sizeof(page));
	}
}

static void test_length(void **state)
{
	(void)state;
	with_length(false, false);
	with_length(true, false);
	with_length(false, true);
	with_length(true, true);
}

/* The bytes behind the operand are not accessed: they are on no page here. */
static void test_length_at_page_end(void **state)
{
	struct cpu *c = fresh(true);

	(void)state;
	c->gpr[2] = PAGE_EA + 4096 - 6;
	c->gpr[3] = 6ULL << 56;
	assert_int_equal(i_lxvl(c, WORD, PC), PC + 4);
	assert_int_equal(c->vsr[T].b[5], page[4095]);
	assert_int_equal(c->vsr[T].d[1], 0);
	assert_int_equal(i_stxvl(c, WORD, PC), PC + 4);
	/* No byte, no access. */
	c->gpr[2] = 0x123000;
	c->gpr[3] = 0;
	assert_int_equal(i_lxvl(c, WORD, PC), PC + 4);
	assert_true(c->vsr[T].q == 0);
	assert_int_equal(i_stxvl(c, WORD, PC), PC + 4);
}

/* ---- scalars, splats, rightmost elements ---- */

static u64 number(bool le, u32 n)
{
	u64 v = 0;

	for (u32 i = 0; i < n; i++)
		v = v << 8 | page[AT + (le ? n - 1 - i : i)];
	return v;
}

static void scalars(bool le)
{
	static const struct {
		insn_fn *fn;
		u32 size;
		bool sign;
	} loads[] = {
		{ i_lxsdx, 8, false },	 { i_lxsiwzx, 4, false }, { i_lxsiwax, 4, true },
		{ i_lxsihzx, 2, false }, { i_lxsibzx, 1, false },
	};
	struct cpu *c;
	u64 v;

	for (u32 n = 0; n < ARRAY_SIZE(loads); n++) {
		c = fresh(le);
		v = number(le, loads[n].size);
		assert_int_equal(loads[n].fn(c, WORD, PC), PC + 4);
		assert_int_equal(c->vsr[T].d[1], loads[n].sign ? (u64)(s32)v : v);
		assert_int_equal(c->vsr[T].d[0], 0);
	}
	c = fresh(le);
	c->gpr[2] += 5;
	i_lxsd(c, WORD_DS, PC);
	assert_int_equal(c->vsr[T].d[1], number(le, 8));
	assert_int_equal(c->vsr[T].d[0], 0);
	c->gpr[2] -= 5;
	i_lxvdsx(c, WORD, PC);
	assert_int_equal(c->vsr[T].d[1], number(le, 8));
	assert_int_equal(c->vsr[T].d[0], number(le, 8));
	i_lxvwsx(c, WORD, PC);
	for (u32 i = 0; i < 4; i++)
		assert_int_equal(c->vsr[T].w[i], number(le, 4));
	i_lxvrhx(c, WORD, PC);
	assert_true(c->vsr[T].q == number(le, 2));
	i_lxvrdx(c, WORD, PC);
	assert_true(c->vsr[T].q == number(le, 8));
	memset(page + AT, 0, 8);
	i_stxvrdx(c, WORD, PC);
	assert_true(c->vsr[T].d[0] == number(le, 8));
}

static void test_scalars(void **state)
{
	(void)state;
	scalars(false);
	scalars(true);
}

static void test_stores_of_words(void **state)
{
	struct cpu *c = fresh(false);

	(void)state;
	c->vsr[T].d[1] = 0x0011223344556677ULL;
	i_stxsiwx(c, WORD, PC);
	assert_int_equal(number(false, 4), 0x44556677);
	i_stxsihx(c, WORD, PC);
	assert_int_equal(number(false, 2), 0x6677);
	i_stxsibx(c, WORD, PC);
	assert_int_equal(page[AT], 0x77);
	c->vsr[T].d[1] = 0x3ff8000000000000ULL;
	i_stxsspx(c, WORD, PC);
	assert_int_equal(number(false, 4), 0x3fc00000);
	i_lxsspx(c, WORD, PC);
	assert_int_equal(c->vsr[T].d[1], 0x3ff8000000000000ULL);
}

/* ---- pairs ---- */

static void pairs(bool le)
{
	struct cpu *c = fresh(le);
	u8 first[16], second[16], before[4096];

	for (u32 i = 0; i < 16; i++) {
		first[i] = page[AT + (le ? 31 - i : i)];
		second[i] = page[AT + (le ? 15 - i : 16 + i)];
	}
	assert_int_equal(i_lxvpx(c, WORD_PAIR, PC), PC + 4);
	assert_bytes(c->vsr[4], first);
	assert_bytes(c->vsr[5], second);
	memcpy(before, page, sizeof(page));
	memset(page + AT, 0, 32);
	assert_int_equal(i_stxvpx(c, WORD_PAIR, PC), PC + 4);
	assert_memory_equal(page, before, sizeof(page));
}

static void test_pairs(void **state)
{
	(void)state;
	pairs(false);
	pairs(true);
}

/* ---- prefixed ---- */

/* MLS and 8LS: R and the upper part of the displacement. */
#define PREFIX(r, d) (0x04000000u | (r) << 20 | (u32)((d) >> 16 & 0x3ffff))

static void test_prefixed_address(void **state)
{
	struct cpu *c = fresh(false);
	s64 d = -0x123456789LL;

	(void)state;
	c->gpr[2] = PAGE_EA + AT - (u64)d;
	c->prefix = PREFIX(0u, (u64)d);
	assert_int_equal(i_plxv(c, WORD_PREFIXED | (u32)(d & 0xffff), PC), PC + 8);
	assert_bytes(c->vsr[T], page + AT);
	/* Relative to the instruction. */
	c->vsr[T].q = 0;
	d = (s64)(PAGE_EA + AT - PC);
	c->prefix = PREFIX(1u, (u64)d);
	assert_int_equal(i_plxv(c, (WORD_PREFIXED & ~0x1f0000u) | (u32)(d & 0xffff), PC), PC + 8);
	assert_bytes(c->vsr[T], page + AT);
	/* Both is an invalid form. */
	assert_int_equal(i_plxv(c, WORD_PREFIXED, PC), 0x700);
	assert_true(c->spr.srr1 & SRR1_ILLEGAL);
}

static void test_prefixed_add(void **state)
{
	struct cpu *c = fresh(true);

	(void)state;
	c->gpr[2] = 1;
	c->prefix = 0x06000000u | 0x1ffff;
	assert_int_equal(i_paddi(c, 1u << 21 | 2u << 16 | 0xffff, PC), PC + 8);
	assert_int_equal(c->gpr[1], 0x200000000ULL);
	c->prefix = 0x06000000u | 0x20000;
	i_paddi(c, 1u << 21, PC);
	assert_int_equal(c->gpr[1], -0x200000000ULL);
	c->prefix = 0x06100000u;
	i_paddi(c, 1u << 21 | 4, PC);
	assert_int_equal(c->gpr[1], PC + 4);
}

/* ---- facilities ---- */

#define LOW_REGISTER (WORD & ~1u)

static void facility(u64 off, insn_fn *fn, u32 word, u64 vector)
{
	struct cpu *c = fresh(true);

	c->msr &= ~off;
	assert_int_equal(fn(c, word, PC), vector);
	if (vector != PC + 4)
		assert_int_equal(c->spr.srr0, PC);
}

static void test_facilities(void **state)
{
	(void)state;
	facility(MSR_VEC, i_lxvx, WORD, 0xf20);
	facility(MSR_VSX, i_lxvx, WORD, PC + 4);
	facility(MSR_VSX, i_lxvx, LOW_REGISTER, 0xf40);
	facility(MSR_VEC, i_lxvx, LOW_REGISTER, PC + 4);
	facility(MSR_VEC, i_stxvl, WORD, 0xf20);
	facility(MSR_VSX, i_xxspltib, LOW_REGISTER, 0xf40);
	facility(MSR_FP, i_mtvsrd, LOW_REGISTER, 0x800);
	facility(MSR_VSX, i_mtvsrd, LOW_REGISTER, PC + 4);
	facility(MSR_VEC, i_mfvsrd, WORD, 0xf20);
	facility(MSR_VSX, i_mfvsrld, LOW_REGISTER, 0xf40);
	facility(MSR_VEC, i_mtvsrdd, WORD, 0xf20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_be),     cmocka_unit_test(test_whole_le),
		cmocka_unit_test(test_length),	     cmocka_unit_test(test_length_at_page_end),
		cmocka_unit_test(test_scalars),	     cmocka_unit_test(test_stores_of_words),
		cmocka_unit_test(test_pairs),	     cmocka_unit_test(test_prefixed_address),
		cmocka_unit_test(test_prefixed_add), cmocka_unit_test(test_facilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
