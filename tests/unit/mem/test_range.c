// SPDX-License-Identifier: Apache-2.0
/*
 * RANGE_OK against the definition of what it decides, for every combination of
 * 8-bit values: the same macro text serves all widths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/types.h"
#include "mem/range.h"

/*
 * [at, at + n) lies in [base, base + size), in numbers without a limit. An
 * empty range lies in it if its start does, the end included.
 */
static bool model(unsigned int at, unsigned int n, unsigned int base, unsigned int size)
{
	return at >= base && at + n <= base + size;
}

/* The end of a slot is a number: gmem_add_ram refuses others. */
static bool is_slot(unsigned int base, unsigned int size)
{
	return base + size < 256;
}

static void test_all_bytes(void **state)
{
	unsigned long wrong = 0, cases = 0, accepted = 0;

	(void)state;
	for (unsigned int base = 0; base < 256; base++)
		for (unsigned int size = 0; size < 256 && is_slot(base, size); size++)
			for (unsigned int at = 0; at < 256; at++)
				for (unsigned int n = 0; n < 256; n++) {
					bool got = RANGE_OK(u8, at, n, base, size);

					wrong += got != model(at, n, base, size);
					accepted += got;
					cases++;
				}
	assert_int_equal(wrong, 0);
	/* the test looked at something, and saw both answers */
	assert_true(cases > 2000000000ul && accepted > 100000000ul && accepted < cases);
}

static bool ok64(u64 at, u64 n, u64 base, u64 size)
{
	return RANGE_OK(u64, at, n, base, size);
}

static void test_64_bit_edges(void **state)
{
	(void)state;
	assert_true(ok64(0x1000, 0, 0x1000, 0x1000));
	assert_true(ok64(0x1000, 0x1000, 0x1000, 0x1000));
	assert_false(ok64(0x1000, 0x1001, 0x1000, 0x1000));
	assert_false(ok64(0xfff, 1, 0x1000, 0x1000));
	assert_true(ok64(0x1fff, 1, 0x1000, 0x1000));
	assert_false(ok64(0x1fff, 2, 0x1000, 0x1000));
	assert_false(ok64(0x1800, ~0ULL, 0x1000, 0x1000));
	assert_false(ok64(~0ULL, 2, 0x1000, 0x1000));
	assert_true(ok64(~0ULL, 1, ~0ULL, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_64_bit_edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
