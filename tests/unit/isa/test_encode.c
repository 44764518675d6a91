/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encodings decode to their row, and register sets of chosen words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/compiler.h"
#include "isa/decode.h"
#include "isa/encode.h"

/* A special case of the row (a longer mask) may win. */
static void test_encodings_decode(void **state)
{
	struct decoder *d = decoder_new(V31);
	u64 s = 0x9e3779b97f4a7c15u;

	(void)state;
	assert_non_null(d);
	for (u32 id = 0; id < INSN_COUNT; id++) {
		for (int i = 0; i < 100; i++) {
			struct encoding e = isa_encode(id, s);
			u16 got = e.prefix ? decode_prefixed(d, e.prefix, e.insn) :
					     decode(d, e.insn);

			s = s * 6364136223846793005u + 1442695040888963407u;
			if (got == id)
				continue;
			assert_int_not_equal(got, INSN_ILLEGAL);
			assert_int_equal(isa_insns[got].mask & isa_insns[id].mask,
					 isa_insns[id].mask);
		}
	}
	decoder_free(d);
}

struct use_case {
	u32 prefix, insn;
	u32 gpr_read, gpr_write;
	u64 vsr_read, vsr_write;
	u8 cr_read, cr_write;
};

#define BIT(n) (1ull << (n))

static const struct use_case cases[] = {
	/* add. r3,r4,r5 */
	{ 0, 0x7c642a15, 1u << 4 | 1u << 5, 1u << 3, 0, 0, 0, 1 },
	/* addi r3,0,1 */
	{ 0, 0x38600001, 0, 1u << 3, 0, 0, 0, 0 },
	/* stdu r3,16(r1) */
	{ 0, 0xf8610011, 1u << 3 | 1u << 1, 1u << 1, 0, 0, 0, 0 },
	/* bc 12,4*cr5+eq and bc 20 */
	{ 0, 0x41960010, 0, 0, 0, 0, 1u << 5, 0 },
	{ 0, 0x42960010, 0, 0, 0, 0, 0, 0 },
	/* crandc eq,gt,4*cr5+lt keeps the other bits of CR0 */
	{ 0, 0x4c41a102, 0, 0, 0, 0, 1u << 0 | 1u << 5, 1u << 0 },
	/* fadd. f1,f2,f3 */
	{ 0, 0xfc22182b, 0, 0, BIT(2) | BIT(3), BIT(1), 0, 1u << 1 },
	/* vcmpequb. v0,v1,v2 */
	{ 0, 0x10011406, 0, 0, BIT(33) | BIT(34), BIT(32), 0, 1u << 6 },
	/* lmw r29,0(r1), mtcrf 48,r3 */
	{ 0, 0xbba10000, 1u << 1, 7u << 29, 0, 0, 0, 0 },
	{ 0, 0x7c630120, 1u << 3, 0, 0, 0, 0, 1u << 2 | 1u << 3 },
	/* lq r4,16(r3) */
	{ 0, 0xe0830010, 1u << 3, 3u << 4, 0, 0, 0, 0 },
};

static void test_register_sets(void **state)
{
	struct decoder *d = decoder_new(V31);

	(void)state;
	assert_non_null(d);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct use_case *t = &cases[i];
		u16 id = t->prefix ? decode_prefixed(d, t->prefix, t->insn) : decode(d, t->insn);
		struct reg_use u;

		assert_int_not_equal(id, INSN_ILLEGAL);
		u = isa_reg_use(id, t->prefix, t->insn);
		if (u.read.gpr != t->gpr_read || u.write.gpr != t->gpr_write ||
		    u.read.vsr != t->vsr_read || u.write.vsr != t->vsr_write ||
		    u.read.cr != t->cr_read || u.write.cr != t->cr_write)
			fail_msg("%08x %s: gpr %x %x vsr %llx %llx cr %x %x", t->insn,
				 isa_insns[id].mnemonic, u.read.gpr, u.write.gpr,
				 (unsigned long long)u.read.vsr, (unsigned long long)u.write.vsr,
				 u.read.cr, u.write.cr);
	}
	decoder_free(d);
}

struct form_case {
	u32 insn;
	bool valid;
};

static const struct form_case forms[] = {
	{ 0x84640004, true },			      /* lwzu r3,4(r4) */
	{ 0x84630004, false },			      /* lwzu r3,4(r3) */
	{ 0x84600004, false },			      /* lwzu r3,4(r0) */
	{ 0x94630004, true },			      /* stwu r3,4(r3) */
	{ 0xbba10000, true },			      /* lmw r29,0(r1) */
	{ 0xbbbe0000, false },			      /* lmw r29,0(r30) */
	{ 0xe0830010, true },			      /* lq r4,16(r3) */
	{ 0xe0a30010, false },			      /* lq r5 */
	{ 0xe0840010, false },			      /* lq r4,16(r4) */
	{ 0x41820010, true },			      /* bc 12 */
	{ 0x41a20010, false },			      /* bc 13: at = 01 */
	{ 0x4e800020, true },  { 0x4c000420, false }, /* bcctr that decrements */
};

static void test_invalid_forms(void **state)
{
	struct decoder *d = decoder_new(V31);

	(void)state;
	assert_non_null(d);
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		u16 id = decode(d, forms[i].insn);

		assert_int_not_equal(id, INSN_ILLEGAL);
		if (isa_valid_form(id, 0, forms[i].insn) != forms[i].valid)
			fail_msg("%08x %s", forms[i].insn, isa_insns[id].mnemonic);
	}
	decoder_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings_decode),
		cmocka_unit_test(test_register_sets),
		cmocka_unit_test(test_invalid_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
