/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed memory against a model that has one flag for each unit of memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/compiler.h"
#include "fw/ofw/claim.h"

#define MB 0x100000ULL
#define UNITS 64 /* of 1 MB */

static struct claim_map map;

static void fixed(void **state UNUSED)
{
	claim_init(&map, 64 * MB);
	assert_true(claim_at(&map, MB, MB));
	assert_false(claim_at(&map, MB, MB));
	assert_false(claim_at(&map, 2 * MB - 1, 1));
	assert_false(claim_at(&map, 0, 64 * MB));
	assert_false(claim_at(&map, 0, MB + 1));
	assert_true(claim_at(&map, 2 * MB, 1));
	assert_int_equal(map.n, 1);
	assert_true(claim_at(&map, 63 * MB, MB));
	assert_false(claim_at(&map, 64 * MB, 1));
	assert_false(claim_at(&map, 5 * MB, 0));
	assert_false(claim_at(&map, ~0ULL, 2));
	assert_false(claim_at(&map, 1, ~0ULL));
	assert_false(claim_at(&map, 0xffffffff, 0xffffffff));
}

static void any(void **state UNUSED)
{
	u64 at = 0;

	claim_init(&map, 64 * MB);
	assert_true(claim_any(&map, 100, 0x1000, &at));
	assert_int_equal(at, CLAIM_FLOOR);
	assert_true(claim_any(&map, 0x1000, 0x1000, &at));
	assert_int_equal(at, CLAIM_FLOOR + 0x1000);
	assert_true(claim_any(&map, MB, 16 * MB, &at));
	assert_int_equal(at, 16 * MB);
	assert_true(claim_any(&map, 11 * MB, 1, &at));
	assert_int_equal(at, CLAIM_FLOOR + 0x2000);
	assert_true(claim_any(&map, 11 * MB, MB, &at));
	assert_int_equal(at, 17 * MB);
	assert_false(claim_any(&map, 48 * MB, MB, &at));
	assert_false(claim_any(&map, 1, 3, &at));
	assert_false(claim_any(&map, 1, 0, &at));
	assert_false(claim_any(&map, ~0ULL, MB, &at));
	assert_false(claim_any(&map, 0, MB, &at));
	assert_false(claim_any(&map, 1, 1ULL << 63, &at));
	claim_init(&map, MB);
	assert_false(claim_any(&map, 1, 1, &at));
}

static void four_gib(void **state UNUSED)
{
	struct claim_range free[CLAIM_RANGES_MAX + 1];

	claim_init(&map, 1ULL << 40);
	assert_true(claim_at(&map, 0xfffff000, 0x1000));
	assert_false(claim_at(&map, 0x100000000, 1));
	assert_int_equal(claim_free_ranges(&map, free), 1);
	assert_int_equal(free[0].size, 0xfffff000);
}

static void limit(void **state UNUSED)
{
	struct claim_range free[CLAIM_RANGES_MAX + 1];

	claim_init(&map, 64 * MB);
	for (unsigned int i = 0; i < CLAIM_RANGES_MAX; i++)
		assert_true(claim_at(&map, 0x1000 + 0x2000 * i, 0x1000));
	assert_false(claim_at(&map, 32 * MB, 1));
	assert_int_equal(claim_free_ranges(&map, free), CLAIM_RANGES_MAX + 1);
	assert_false(claim_release(&map, 0x1010, 16)); /* would make two of one */
	assert_true(claim_release(&map, 0x1000, 16));
	assert_true(claim_at(&map, 0x2000, 0x1000)); /* joins two */
	assert_true(claim_at(&map, 32 * MB, 1));
}

static void check(const bool *model)
{
	struct claim_range free[CLAIM_RANGES_MAX + 1];
	unsigned int n = claim_free_ranges(&map, free);
	bool seen[UNITS];

	memset(seen, true, sizeof(seen));
	for (unsigned int i = 0; i < n; i++) {
		assert_true(!i || free[i].base > free[i - 1].base + free[i - 1].size);
		for (u64 u = free[i].base / MB; u < (free[i].base + free[i].size) / MB; u++)
			seen[u] = false;
	}
	assert_memory_equal(seen, model, sizeof(seen));
	for (unsigned int i = 1; i < map.n; i++)
		assert_true(map.range[i].base > map.range[i - 1].base + map.range[i - 1].size);
}

static unsigned int taken(const bool *model, unsigned int at, unsigned int n)
{
	unsigned int k = 0;

	for (unsigned int i = 0; i < n; i++)
		k += model[at + i];
	return k;
}

/* The lowest free place, or UNITS. */
static unsigned int lowest(const bool *model, unsigned int n, unsigned int align)
{
	unsigned int at = 4 + (align - 4 % align) % align; /* from CLAIM_FLOOR on */

	while (at + n <= UNITS && taken(model, at, n))
		at += align;
	return at + n <= UNITS ? at : UNITS;
}

static void model_based(void **state UNUSED)
{
	bool model[UNITS] = { false };
	u32 x = 1;

	claim_init(&map, UNITS * MB);
	for (unsigned int i = 0; i < 200000; i++) {
		unsigned int at, n, used;
		u64 got = 0;
		bool ok = false;

		x = x * 1664525 + 1013904223;
		at = x >> 26;
		n = 1 + (x >> 20) % 12;
		if (at + n > UNITS)
			n = UNITS - at;
		used = taken(model, at, n);
		switch ((x >> 16) % 16) {
		case 0 ... 4:
			assert_int_equal(claim_at(&map, at * MB, n * MB), !used);
			ok = !used;
			break;
		case 5 ... 7:
			at = lowest(model, n, 1u << (x >> 24) % 5);
			ok = claim_any(&map, n * MB, MB << (x >> 24) % 5, &got);
			assert_int_equal(ok, at < UNITS);
			if (ok)
				assert_int_equal(got, at * MB);
			break;
		case 8:
			assert_true(claim_reserve(&map, at * MB, n * MB));
			ok = true;
			break;
		default:
			assert_int_equal(claim_release(&map, at * MB, n * MB), used == n);
			if (used == n)
				memset(model + at, false, n);
		}
		if (ok)
			memset(model + at, true, n);
		check(model);
	}
}

static void reserve(void **state UNUSED)
{
	claim_init(&map, 64 * MB);
	assert_true(claim_reserve(&map, 63 * MB, ~0ULL - 1));
	assert_true(claim_reserve(&map, 100 * MB, MB));
	assert_true(claim_reserve(&map, 0, 0));
	assert_int_equal(map.n, 1);
	assert_int_equal(map.range[0].size, MB);
	assert_true(claim_reserve(&map, 10 * MB, MB));
	assert_true(claim_reserve(&map, 12 * MB, MB));
	assert_true(claim_reserve(&map, 9 * MB, 60 * MB));
	assert_int_equal(map.n, 1);
	assert_int_equal(map.range[0].base, 9 * MB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed), cmocka_unit_test(any),	    cmocka_unit_test(four_gib),
		cmocka_unit_test(limit), cmocka_unit_test(reserve), cmocka_unit_test(model_based),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
