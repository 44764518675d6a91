/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector instructions with values known from elsewhere (FIPS 197, FIPS 180-4,
 * CRC-32) or worked out from the ISA's text. All instructions with random
 * operands are in tests/insn/test_vmx.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cpu/interp/interp.h"

/* Operands: VRT = 1, VRA = 2, VRB = 3, VRC = 4; GPRs likewise. */
#define REGS (1u << 21 | 2u << 16 | 3u << 11 | 4u << 6)
#define RC10 0x400u
#define SAT 1u

static u8 page[4096] __attribute__((aligned(4096)));
#define PAGE_EA 0x20000ULL

static struct cpu *fresh(void)
{
	static struct tlb_entry entries[TLB_L1_SIZE];
	static struct cpu c;

	memset(&c, 0, sizeof(c));
	for (size_t i = 0; i < TLB_L1_SIZE; i++)
		entries[i] = (struct tlb_entry){ PAGE_EA, (u64)(uintptr_t)page - PAGE_EA };
	c.ea_mask = ~0ULL;
	c.msr = MSR_LE;
	c.rd = c.wr = entries;
	return &c;
}

static union vsr vr(u64 d0, u64 d1)
{
	return (union vsr){ .d = { d1, d0 } };
}

/* fn with the operands in VRA and VRB. */
static union vsr run_ab(struct cpu *c, insn_fn *fn, union vsr a, union vsr b)
{
	c->vsr[34] = a;
	c->vsr[35] = b;
	assert_int_equal(fn(c, REGS, 0x1000), 0x1004);
	return c->vsr[33];
}

static void assert_vr(union vsr v, u64 d0, u64 d1)
{
	assert_int_equal(v.d[1], d0);
	assert_int_equal(v.d[0], d1);
}

/* ---- permute, shift, pack ---- */

static void test_permute(void **state)
{
	const union vsr control = vr(0x00101f0f1e010212, 0x0323334353637383);
	struct cpu *c = fresh();

	(void)state;
	/* Byte i of VRA || VRB is i. vperm counts from the left, vpermr from the right. */
	c->vsr[36] = control;
	assert_vr(run_ab(c, i_vperm, vr(0x0001020304050607, 0x08090a0b0c0d0e0f),
			 vr(0x1011121314151617, 0x18191a1b1c1d1e1f)),
		  0x00101f0f1e010212, 0x0303130313031303);
	assert_vr(run_ab(c, i_vpermr, vr(0x0001020304050607, 0x08090a0b0c0d0e0f),
			 vr(0x1011121314151617, 0x18191a1b1c1d1e1f)),
		  0x1f0f0010011e1d0d, 0x1c1c0c1c0c1c0c1c);
}

static void test_shift_double(void **state)
{
	struct cpu *c = fresh();
	union vsr *t = &c->vsr[33];

	(void)state;
	c->vsr[34] = vr(0x0001020304050607, 0x08090a0b0c0d0e0f);
	c->vsr[35] = vr(0x1011121314151617, 0x18191a1b1c1d1e1f);
	i_vsldoi(c, (REGS & ~0x7c0u) | 3u << 6, 0);
	assert_vr(*t, 0x030405060708090a, 0x0b0c0d0e0f101112);
	i_vsldoi(c, REGS & ~0x7c0u, 0);
	assert_vr(*t, 0x0001020304050607, 0x08090a0b0c0d0e0f);
	i_vsldbi(c, (REGS & ~0x7c0u) | 4u << 6, 0);
	assert_vr(*t, 0x0010203040506070, 0x8090a0b0c0d0e0f1);
	i_vsrdbi(c, (REGS & ~0x7c0u) | 4u << 6, 0);
	assert_vr(*t, 0xf101112131415161, 0x718191a1b1c1d1e1);
}

static void test_pack(void **state)
{
	struct cpu *c = fresh();

	(void)state;
	/* Doublewords to words: negative ones become 0, large ones all ones. */
	assert_vr(run_ab(c, i_vpksdus, vr(5, 0xfffffffffffffffe), vr(0xffffffff, 0x100000000)),
		  0x0000000500000000, 0xffffffffffffffff);
	assert_int_equal(c->vscr, SAT);
	c->vscr = 0;
	assert_vr(run_ab(c, i_vpksdus, vr(5, 6), vr(7, 0xffffffff)), 0x0000000500000006,
		  0x00000007ffffffff);
	assert_int_equal(c->vscr, 0);
	assert_vr(run_ab(c, i_vpkpx, vr(0x01f8f8f800080808, 0xfe07070700000000), vr(0, 0)),
		  0xffff042100000000, 0);
}

/* ---- sums ---- */

static void test_sums(void **state)
{
	struct cpu *c = fresh();

	(void)state;
	assert_vr(run_ab(c, i_vsumsws, vr(0x0000000100000002, 0x00000003fffffffe),
			 vr(0x1111111122222222, 0x3333333300000010)),
		  0, 0x14);
	assert_int_equal(c->vscr, 0);
	/* Only the total saturates. */
	assert_vr(run_ab(c, i_vsumsws, vr(0x7fffffff7fffffff, 0x8000000080000000), vr(0, 5)), 0, 3);
	assert_int_equal(c->vscr, 0);
	assert_vr(run_ab(c, i_vsum2sws, vr(0x7fffffff00000001, 0x0000000100000002),
			 vr(0x9999999900000000, 0x99999999fffffffe)),
		  0x000000007fffffff, 0x0000000000000001);
	assert_int_equal(c->vscr, SAT);
}

static void test_quad_carry(void **state)
{
	const union vsr ones = vr(~0ULL, ~0ULL);
	struct cpu *c = fresh();

	(void)state;
	c->vsr[36] = vr(0, 1);
	assert_vr(run_ab(c, i_vaddeuqm, ones, vr(0, 0)), 0, 0);
	assert_vr(run_ab(c, i_vaddecuq, ones, vr(0, 0)), 0, 1);
	assert_vr(run_ab(c, i_vaddecuq, ones, ones), 0, 1);
	assert_vr(run_ab(c, i_vsubecuq, vr(0, 5), vr(0, 5)), 0, 1);
	assert_vr(run_ab(c, i_vsubcuq, vr(0, 5), vr(0, 6)), 0, 0);
	/* (2^64 - 1)^2 twice, plus 2^128 - 1: two carries. */
	c->vsr[36] = ones;
	assert_vr(run_ab(c, i_vmsumcud, ones, ones), 0, 2);
}

/* CR6 of a comparison: all, none, some. */
static void test_compare_cr6(void **state)
{
	struct cpu *c = fresh();

	(void)state;
	c->vsr[34] = c->vsr[35] = vr(1, 2);
	i_vcmpequb(c, REGS | RC10, 0);
	assert_int_equal(cr_field(c, 6), 8);
	c->vsr[35] = vr(~1ULL, ~2ULL);
	i_vcmpequb(c, REGS | RC10, 0);
	assert_int_equal(cr_field(c, 6), 2);
	c->vsr[35] = vr(1, ~2ULL);
	i_vcmpequb(c, REGS | RC10, 0);
	assert_int_equal(cr_field(c, 6), 0);
	/* Without Rc CR6 stays. */
	cr_set_field(c, 6, 5);
	i_vcmpequb(c, REGS, 0);
	assert_int_equal(cr_field(c, 6), 5);
}

/* ---- AES, SHA, CRC ---- */

/* FIPS 197, appendix B: rounds 1 and 10, and the inverse of round 10. */
static void test_aes(void **state)
{
	struct cpu *c = fresh();

	(void)state;
	assert_vr(run_ab(c, i_vcipher, vr(0x193de3bea0f4e22b, 0x9ac68d2ae9f84808),
			 vr(0xa0fafe1788542cb1, 0x23a339392a6c7605)),
		  0xa49c7ff2689f352b, 0x6b5bea43026a5049);
	assert_vr(run_ab(c, i_vcipherlast, vr(0xeb40f21e592e3884, 0x8ba113e71bc342d2),
			 vr(0xd014f9a8c9ee2589, 0xe13f0cc8b6630ca6)),
		  0x3925841d02dc09fb, 0xdc118597196a0b32);
	assert_vr(run_ab(c, i_vncipher, vr(0xe9317db5cb322c72, 0x3d2e895faf090794),
			 vr(0xac7766f319fadc21, 0x28d12941575c006e)),
		  0x876e46a6f24ce78c, 0x4d904ad897ecc395);
	/* The last step of decryption gives back the plain text. */
	assert_vr(run_ab(c, i_vncipherlast, vr(0xd4bf5d30e0b452ae, 0xb84111f11e2798e5),
			 vr(0x2b7e151628aed2a6, 0xabf7158809cf4f3c)),
		  0x3243f6a8885a308d, 0x313198a2e0370734);
}

static u64 sigma_insn(u32 st, u32 six)
{
	return (REGS & ~0xffc0u) | st << 15 | six << 11;
}

/* SHA-256 of "abc": message schedule words 17 and 18, and the sums of round 0. */
static void test_sha(void **state)
{
	struct cpu *c = fresh();

	(void)state;
	c->vsr[34] = vr(0x0000001861626380, 0x0000001861626380);
	i_vshasigmaw(c, (u32)sigma_insn(0, 15), 0);
	assert_vr(c->vsr[33], 0x000f00007da86405, 0x000f00007da86405);
	c->vsr[34] = vr(0x510e527f6a09e667, 0x510e527f6a09e667);
	i_vshasigmaw(c, (u32)sigma_insn(1, 8), 0);
	assert_int_equal(VSR_W(c->vsr[33], 0), 0x3587272b);
	assert_int_equal(VSR_W(c->vsr[33], 1), 0xce20b47e);
	/* SHA-512: bits 0 and 2 of SIX choose; sigma0 of 1 is x >>> 1 ^ x >>> 8. */
	c->vsr[34] = vr(1, 1);
	i_vshasigmad(c, (u32)sigma_insn(0, 2), 0);
	assert_vr(c->vsr[33], 0x8100000000000000, 1ULL << 45 | 1ULL << 3);
}

#define CRC_POLY 0x04c11db7u

static u32 crc_bits(u64 m)
{
	u32 crc = 0;

	for (int i = 63; i >= 0; i--) {
		bool top = (crc >> 31) ^ (m >> i & 1);

		crc = crc << 1 ^ (top ? CRC_POLY : 0);
	}
	return crc;
}

/* Barrett's reduction with vpmsumd gives the CRC of eight bytes. */
static void test_crc(void **state)
{
	const u64 messages[] = { 0, 1, 0x3132333435363738, ~0ULL, 0x8000000000000001 };
	struct cpu *c = fresh();
	u64 mu = 0;
	u128 rest = (u128)CRC_POLY << 64; /* x^96 less its first step, x^64 times the polynomial */

	(void)state;
	for (int i = 63; i >= 0; i--)
		if (rest >> (i + 32) & 1) {
			mu |= 1ULL << i;
			rest ^= ((u128)1 << 32 | CRC_POLY) << i;
		}
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
		u64 m = messages[i], q, crc;

		q = run_ab(c, i_vpmsumd, vr(0, m), vr(0, mu)).d[1] ^ m;
		crc = run_ab(c, i_vpmsumd, vr(q, 0), vr(CRC_POLY, m)).d[0] & 0xffffffff;
		assert_int_equal(crc, crc_bits(m));
	}
}

/* ---- decimal ---- */

static u32 bcd(struct cpu *c, insn_fn *fn, union vsr a, union vsr b)
{
	run_ab(c, fn, a, b);
	return cr_field(c, 6);
}

static void test_decimal(void **state)
{
	const union vsr nines = vr(0x9999999999999999, 0x999999999999999c);
	struct cpu *c = fresh();

	(void)state;
	assert_int_equal(bcd(c, i_bcdadd, vr(0, 0x19c), vr(0, 0x25f)), 4);
	assert_vr(c->vsr[33], 0, 0x44c);
	assert_int_equal(bcd(c, i_bcdadd, vr(0, 0x5d), vr(0, 0x3a)), 8);
	assert_vr(c->vsr[33], 0, 0x2d);
	/* Minus zero is zero. */
	assert_int_equal(bcd(c, i_bcdadd, vr(0, 0xd), vr(0, 0xb)), 2);
	assert_vr(c->vsr[33], 0, 0xc);
	assert_int_equal(bcd(c, i_bcdadd, nines, vr(0, 0x1c)), 5);
	assert_vr(c->vsr[33], 0, 0xc);
	assert_int_equal(bcd(c, i_bcdsub, vr(0, 0x1d), nines), 9);
	assert_vr(c->vsr[33], 0, 0xd);
	assert_int_equal(bcd(c, i_bcdadd, vr(0, 0xa1c), vr(0, 0x1c)), 1);
	assert_int_equal(bcd(c, i_bcdadd, vr(0, 0x19), vr(0, 0x1c)), 1);
	/* Rounded shift by one digit to the right. */
	assert_int_equal(bcd(c, i_bcdsr, vr(0xff, 0), vr(0, 0x1995d)), 8);
	assert_vr(c->vsr[33], 0, 0x200d);
	assert_int_equal(bcd(c, i_bcdus, vr(1, 0), vr(0x9000000000000000, 5)), 5);
	assert_vr(c->vsr[33], 0, 0x50);
	assert_int_equal(bcd(c, i_bcdctz, vr(0, 0), vr(0, 0x123d)), 8);
	assert_vr(c->vsr[33], 0x3030303030303030, 0x3030303030313273);
}

/* ---- floating point ---- */

static void test_float(void **state)
{
	struct cpu *c = fresh();

	(void)state;
	/* NaNs: VRA before VRB, made quiet. */
	assert_vr(run_ab(c, i_vaddfp, vr(0x7f8123453f800000, 0x7f800000ff800000),
			 vr(0xffc000017f800001, 0xff800000ff800000)),
		  0x7fc123457fc00001, 0x7fc00000ff800000);
	/* Denormals count with NJ = 0 and are zeros with NJ = 1. */
	assert_vr(run_ab(c, i_vaddfp, vr(0x0000000180000001, 0), vr(0, 0)), 0x0000000180000001, 0);
	c->vscr = 0x10000;
	assert_vr(run_ab(c, i_vaddfp, vr(0x0000000180000001, 0), vr(0, 0x8000000080000000)), 0, 0);
	/* Tiny before rounding, though it would round to the least normal number. */
	c->vsr[36] = vr(0x3f000000, 0);
	assert_vr(run_ab(c, i_vmaddfp, vr(0x00ffffff, 0), vr(0, 0)), 0, 0);
	/* Bounds: NaNs are out on both sides. */
	assert_vr(run_ab(c, i_vcmpbfp, vr(0x400000003f800000, 0xc00000007fc00000),
			 vr(0x3f8000003f800000, 0x3f8000003f800000)),
		  0x8000000000000000, 0x40000000c0000000);
}

/* ---- storage ---- */

static void fill_page(void)
{
	for (u32 i = 0; i < sizeof(page); i++)
		page[i] = (u8)i;
}

static void test_load_store(void **state)
{
	struct cpu *c = fresh();

	(void)state;
	fill_page();
	c->gpr[2] = PAGE_EA + 0x10;
	c->gpr[3] = 7;
	i_lvx(c, REGS, 0); /* the low four bits of the address are dropped */
	assert_vr(c->vsr[33], 0x1f1e1d1c1b1a1918, 0x1716151413121110);
	i_lvehx(c, REGS, 0);
	assert_int_equal(c->vsr[33].h[3], 0x1716);
	c->vsr[33] = vr(0xa0a1a2a3a4a5a6a7, 0xa8a9aaabacadaeaf);
	i_stvewx(c, REGS, 0);
	assert_memory_equal(&page[0x14], "\xab\xaa\xa9\xa8", 4);
	assert_int_equal(page[0x13], 0x13);
	assert_int_equal(page[0x18], 0x18);

	/* Big-endian: element 0 is at the lowest address. */
	c->msr = 0;
	fill_page();
	i_lvx(c, REGS, 0);
	assert_vr(c->vsr[33], 0x1011121314151617, 0x18191a1b1c1d1e1f);
	i_lvebx(c, REGS, 0);
	assert_int_equal(VSR_B(c->vsr[33], 7), 0x17);
	i_lvehx(c, REGS, 0);
	assert_int_equal(VSR_H(c->vsr[33], 3), 0x1617);
	c->vsr[33] = vr(0xa0a1a2a3a4a5a6a7, 0xa8a9aaabacadaeaf);
	i_stvewx(c, REGS, 0);
	assert_memory_equal(&page[0x14], "\xa4\xa5\xa6\xa7", 4);
	i_stvx(c, REGS, 0);
	assert_memory_equal(&page[0x10], "\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab", 12);
}

static void test_permute_control(void **state)
{
	struct cpu *c = fresh();

	(void)state;
	c->gpr[2] = 0x123;
	i_lvsl(c, REGS, 0);
	assert_vr(c->vsr[33], 0x030405060708090a, 0x0b0c0d0e0f101112);
	i_lvsr(c, REGS, 0);
	assert_vr(c->vsr[33], 0x0d0e0f1011121314, 0x15161718191a1b1c);
}

static void test_vscr(void **state)
{
	struct cpu *c = fresh();

	(void)state;
	c->vsr[35] = vr(~0ULL, ~0ULL);
	i_mtvscr(c, REGS, 0);
	assert_int_equal(c->vscr, 0x10001); /* reserved bits are zero */
	i_mfvscr(c, REGS, 0);
	assert_vr(c->vsr[33], 0, 0x10001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_permute),
		cmocka_unit_test(test_shift_double),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_quad_carry),
		cmocka_unit_test(test_compare_cr6),
		cmocka_unit_test(test_aes),
		cmocka_unit_test(test_sha),
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_decimal),
		cmocka_unit_test(test_float),
		cmocka_unit_test(test_load_store),
		cmocka_unit_test(test_permute_control),
		cmocka_unit_test(test_vscr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
