// SPDX-License-Identifier: Apache-2.0
/*
 * Bits in IBM's numbering, endian-typed values, and error texts.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/endian.h"
#include "base/err.h"

static void test_bits(void **state)
{
	(void)state;
	assert_int_equal(PPC_BIT(0), 0x8000000000000000ULL);
	assert_int_equal(PPC_BIT(63), 1);
	assert_int_equal(PPC_BIT32(31), 1);
	assert_int_equal(PPC_MASK(0, 63), ~0ULL);
	assert_int_equal(PPC_MASK(48, 63), 0xffff);
	assert_int_equal(PPC_MASK(0, 0), PPC_BIT(0));
	assert_int_equal(ppc_field(0x123456789abcdef0ULL, 4, 11), 0x23);
	assert_int_equal(ppc_field(~0ULL, 0, 63), ~0ULL);
	assert_int_equal(rotl64(0x8000000000000001ULL, 1), 3);
	assert_int_equal(rotl64(5, 64), 5);
	assert_int_equal(rotl32(0x80000001u, 1), 3);
	assert_int_equal(rotl32(7, 32), 7);
	assert_true(sext64(0x80, 8) == -128);
	assert_true(sext64(0x7f, 8) == 127);
	assert_true(is_pow2(64) && !is_pow2(0) && !is_pow2(65));
	assert_int_equal(align_up(0x10001, 0x10000), 0x20000);
}

static void test_endian(void **state)
{
	u8 b[8];

	(void)state;
	st_be32(b, 0x01020304);
	assert_memory_equal(b, "\1\2\3\4", 4);
	st_le32(b, 0x01020304);
	assert_memory_equal(b, "\4\3\2\1", 4);
	assert_int_equal(ld_be16("\1\2"), 0x0102);
	assert_int_equal(ld_le64("\1\0\0\0\0\0\0\x80"), 0x8000000000000001ULL);
	assert_int_equal(be64_get(be64_of(0x1122334455667788ULL)), 0x1122334455667788ULL);
	assert_int_equal(le16_get(le16_of(0x1234)), 0x1234);
}

static void test_errors(void **state)
{
	struct hypar_err e = { 0 };
	char longer[2 * HYPAR_ERR_TEXT];

	(void)state;
	assert_int_equal(err_set(NULL, -EIO, "nobody listens"), -EIO);
	assert_int_equal(err_set(&e, -EINVAL, "--memory: %d", 7), -EINVAL);
	assert_string_equal(e.text, "--memory: 7");
	/* the first description wins */
	assert_int_equal(err_set(&e, -EIO, "later"), -EIO);
	assert_int_equal(e.code, -EINVAL);
	assert_string_equal(e.text, "--memory: 7");
	e.code = 0;
	assert_int_equal(err_set_errno(&e, -ENOENT, "file %s", "x"), -ENOENT);
	assert_non_null(strstr(e.text, "file x: No such file"));
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	e.code = 0;
	err_set_errno(&e, -ENOENT, "%s", longer);
	assert_int_equal(strlen(e.text), HYPAR_ERR_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_endian),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
