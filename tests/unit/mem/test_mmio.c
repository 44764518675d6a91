// SPDX-License-Identifier: Apache-2.0
/*
 * The bus: who gets an access, and with what.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "mem/mmio.h"

struct fake {
	int cpu;
	u64 offset, value;
	unsigned int size, n;
};

static enum mmio_result fake_read(void *opaque, int cpu, u64 offset, unsigned int size, u64 *val)
{
	struct fake *f = opaque;

	*f = (struct fake){ cpu, offset, 0, size, f->n + 1 };
	*val = 0x1234;
	return size == 1 ? MMIO_FAULT : MMIO_OK;
}

static enum mmio_result fake_write(void *opaque, int cpu, u64 offset, unsigned int size, u64 val)
{
	struct fake *f = opaque;

	*f = (struct fake){ cpu, offset, val, size, f->n + 1 };
	return MMIO_OK;
}

static const struct mmio_ops ops = { fake_read, fake_write };

static void test_dispatch(void **state)
{
	struct mmio_bus *bus = mmio_new();
	struct fake a = { 0 }, b = { 0 };
	u64 v = 0;

	(void)state;
	assert_int_equal(mmio_add(bus, gpa_of(0x2000), 0x1000, &ops, &b, NULL), 0);
	assert_int_equal(mmio_add(bus, gpa_of(0x1000), 0x1000, &ops, &a, NULL), 0);
	assert_int_equal(mmio_read(bus, 3, gpa_of(0x1ff8), 8, &v), MMIO_OK);
	assert_int_equal(v, 0x1234);
	assert_int_equal(a.offset, 0xff8);
	assert_int_equal(a.cpu, 3);
	assert_int_equal(mmio_write(bus, 1, gpa_of(0x2000), 4, 77), MMIO_OK);
	assert_int_equal(b.offset, 0);
	assert_int_equal(b.value, 77);
	assert_int_equal(mmio_read(bus, 0, gpa_of(0x1000), 1, &v), MMIO_FAULT);
	/* an access over the end of a region belongs to nobody */
	a.n = b.n = 0;
	assert_int_equal(mmio_read(bus, 0, gpa_of(0x1ffc), 8, &v), MMIO_UNHANDLED);
	assert_int_equal(mmio_write(bus, 0, gpa_of(0x2ffd), 4, 1), MMIO_UNHANDLED);
	assert_int_equal(mmio_write(bus, 0, gpa_of(0xfff), 1, 1), MMIO_UNHANDLED);
	assert_int_equal(mmio_write(bus, 0, gpa_of(~0ULL), 8, 1), MMIO_UNHANDLED);
	assert_int_equal(a.n + b.n, 0);
	mmio_free(bus);
}

static void test_regions(void **state)
{
	struct mmio_bus *bus = mmio_new();
	struct hypar_err e = { 0 };
	struct fake f = { 0 };
	u64 v;

	(void)state;
	assert_int_equal(mmio_add(bus, gpa_of(0x1000), 0, &ops, &f, NULL), -EINVAL);
	assert_int_equal(mmio_add(bus, gpa_of(~0ULL), 2, &ops, &f, NULL), -EINVAL);
	assert_int_equal(mmio_add(bus, gpa_of(0x1000), 0x1000, &ops, &f, NULL), 0);
	assert_int_equal(mmio_add(bus, gpa_of(0x1fff), 1, &ops, &f, &e), -EEXIST);
	assert_int_equal(mmio_add(bus, gpa_of(0), 0x1001, &ops, &f, NULL), -EEXIST);
	assert_int_equal(mmio_remove(bus, gpa_of(0x1001)), -ENOENT);
	assert_int_equal(mmio_remove(bus, gpa_of(0x1000)), 0);
	assert_int_equal(mmio_read(bus, 0, gpa_of(0x1000), 4, &v), MMIO_UNHANDLED);
	mmio_free(bus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dispatch),
		cmocka_unit_test(test_regions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
