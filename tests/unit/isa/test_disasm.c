/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operand printing and cut-off; tests/insn/objdump_check.py covers every row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/compiler.h"
#include "isa/disasm.h"

struct text_case {
	u64 pc;
	u32 insn, suffix;
	const char *text;
};

static const struct text_case cases[] = {
	{ 0, 0x4bffffe0, 0, "b 0xffffffffffffffe0" },
	{ 0x1000, 0x48000011, 0, "bl 0x1010" },
	{ 0x1000, 0x48000013, 0, "bla 0x10" },
	{ 0xc, 0x41820010, 0, "bc 12,eq,0x1c" },
	{ 0x14, 0x4182fff3, 0, "bcla 12,eq,0xfffffffffffffff0" },
	{ 0, 0x4e920820, 0, "bclr 20,4*cr4+eq,1" },
	{ 0, 0x4c41a102, 0, "crandc eq,gt,4*cr5+lt" },
	{ 0, 0x4d0e0000, 0, ".long 0x4d0e0000" },
	{ 0, 0x00000000, 0, ".long 0x0" },
	{ 0, 0x04000000, 0x00000000, ".long 0x4000000" },
};

static void test_text(void **state)
{
	struct decoder *d = decoder_new(V31);
	char buf[80];

	(void)state;
	assert_non_null(d);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct text_case *t = &cases[i];
		size_t n = isa_disasm(d, t->pc, t->insn, t->suffix, buf, sizeof(buf));

		assert_string_equal(buf, t->text);
		assert_int_equal(n, strlen(t->text));
	}
	decoder_free(d);
}

static void test_cut(void **state)
{
	struct decoder *d = decoder_new(V31);
	char buf[8] = "~~~~~~~";

	(void)state;
	assert_non_null(d);
	for (size_t size = 0; size < sizeof(buf); size++) {
		memset(buf, '~', sizeof(buf));
		assert_int_equal(isa_disasm(d, 0, 0x4c41a102, 0, buf, size), 21);
		if (size) {
			assert_int_equal(strlen(buf), size - 1);
			assert_memory_equal(buf, "crandc eq", size - 1);
		}
		assert_int_equal(buf[size], '~');
	}
	assert_int_equal(isa_disasm(d, 0, 0x4c41a102, 0, NULL, 0), 21);
	decoder_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
