// SPDX-License-Identifier: Apache-2.0
/*
 * Device control over a table of its own: which error each wrong request
 * gets, and that values reach the rows.
 */
#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "irq/kdev.h"
#include "irq_test.h"

struct fake {
	struct kdev kdev;
	u64 val[4];
	bool is_connected;
	unsigned int sets;
};

static struct fake *fake_of(struct kdev *d)
{
	return CONTAINER_OF(d, struct fake, kdev);
}

static int find_odd(struct kdev *d, u64 attr)
{
	(void)d;
	return attr & 1 ? -ENODEV : 0;
}

static int check_small(struct kdev *d, const void *val)
{
	(void)d;
	return *(const u64 *)val < 100 ? 0 : -EINVAL;
}

static int get_val(struct kdev *d, u64 attr, void *val)
{
	memcpy(val, &fake_of(d)->val[attr & 3], 8);
	return fake_of(d)->val[attr & 3] == 77 ? KDEV_NO_VALUE : 0;
}

static int set_val(struct kdev *d, u64 attr, const void *val)
{
	memcpy(&fake_of(d)->val[attr & 3], val, 8);
	return 0;
}

static int set_action(struct kdev *d, u64 attr, const void *val)
{
	(void)attr;
	(void)val;
	fake_of(d)->sets++;
	return 0;
}

static int fake_connect(struct kdev *d, u32 server)
{
	fake_of(d)->is_connected = true;
	return server ? -EINVAL : 0;
}

static bool fake_is_connected(struct kdev *d)
{
	return fake_of(d)->is_connected;
}

static int get_reg(struct kdev *d, u32 server, void *val)
{
	(void)d;
	*(u64 *)val = server + 1000;
	return server > 3 ? -ENXIO : 0;
}

static int set_reg(struct kdev *d, u32 server, const void *val)
{
	fake_of(d)->val[server & 3] = *(const u64 *)val;
	return 0;
}

static const struct kdev_attr rows[] = {
	{ .group = 1, .first = 5, .last = 5, .range = -ENXIO, .set = set_action },
	{ .group = 2,
	  .first = 16,
	  .last = 32,
	  .range = -E2BIG,
	  .size = 8,
	  .find = find_odd,
	  .get = get_val,
	  .set = set_val },
	{ .group = 3, .last = ~0ULL, .size = 8, .get = get_val },
	{ .group = 4,
	  .first = 1,
	  .last = 1,
	  .range = -ENXIO,
	  .size = 8,
	  .check = check_small,
	  .set = set_val,
	  .when = KDEV_BEFORE_CONNECT },
};

static const struct kdev_reg regs[] = {
	{ .id = 0x8c, .size = 8, .get = get_reg, .set = set_reg },
};

static const struct kdev_type fake_type = {
	.name = "fake",
	.type = 99,
	.attrs = rows,
	.n_attrs = ARRAY_SIZE(rows),
	.regs = regs,
	.n_regs = ARRAY_SIZE(regs),
	.connect = fake_connect,
	.is_connected = fake_is_connected,
};

static void test_unknown(void **state)
{
	struct fake f = { .kdev.type = &fake_type };
	u64 v = 1;

	(void)state;
	assert_int_equal(kdev_set_attr(&f.kdev, 9, 0, &v), -ENXIO);
	assert_int_equal(kdev_get_attr(&f.kdev, 9, 0, &v), -ENXIO);
	assert_int_equal(kdev_has_attr(&f.kdev, 9, 0), -ENXIO);
	assert_int_equal(kdev_set_attr(&f.kdev, 1, 4, &v), -ENXIO);
	/* beyond the group's range: its own error, but has says ENXIO */
	assert_int_equal(kdev_set_attr(&f.kdev, 2, 33, &v), -E2BIG);
	assert_int_equal(kdev_get_attr(&f.kdev, 2, 15, &v), -E2BIG);
	assert_int_equal(kdev_has_attr(&f.kdev, 2, 33), -ENXIO);
	assert_int_equal(kdev_has_attr(&f.kdev, 2, 17), 0);
	/* a row without this accessor */
	assert_int_equal(kdev_set_attr(&f.kdev, 3, 0, &v), -ENXIO);
	assert_int_equal(kdev_get_attr(&f.kdev, 1, 5, &v), -ENXIO);
	assert_int_equal(kdev_has_attr(&f.kdev, 3, ~0ULL), 0);
}

static void test_no_accessor(void **state)
{
	const struct kdev_type none = { .name = "none" };
	struct kdev d = { .type = &none };
	u64 v = 0;

	(void)state;
	assert_int_equal(kdev_set_attr(&d, 1, 0, &v), -EPERM);
	assert_int_equal(kdev_get_attr(&d, 1, 0, &v), -EPERM);
	assert_int_equal(kdev_has_attr(&d, 1, 0), -ENXIO);
}

static void test_values(void **state)
{
	struct fake f = { .kdev.type = &fake_type };
	u64 v = 42, w = 0;

	(void)state;
	assert_int_equal(kdev_set_attr(&f.kdev, 2, 16, &v), 0);
	assert_int_equal(kdev_get_attr(&f.kdev, 2, 16, &w), 0);
	assert_int_equal(w, 42);
	/* the object is asked for before the address */
	assert_int_equal(kdev_set_attr(&f.kdev, 2, 17, NULL), -ENODEV);
	assert_int_equal(kdev_set_attr(&f.kdev, 2, 16, NULL), -EFAULT);
	assert_int_equal(kdev_get_attr(&f.kdev, 2, 16, NULL), -EFAULT);
	/* no value needs no address */
	assert_int_equal(kdev_set_attr(&f.kdev, 1, 5, NULL), 0);
	assert_int_equal(f.sets, 1);
	/* success without a value leaves the caller's memory */
	f.val[0] = 77;
	w = 5;
	assert_int_equal(kdev_get_attr(&f.kdev, 2, 16, &w), 0);
	assert_int_equal(w, 5);
	assert_int_equal(kdev_get_attr(&f.kdev, 2, 16, NULL), 0);
}

static void test_when(void **state)
{
	struct fake f = { .kdev.type = &fake_type };
	u64 good = 99, bad = 100;

	(void)state;
	assert_int_equal(kdev_set_attr(&f.kdev, 4, 1, &bad), -EINVAL);
	assert_int_equal(kdev_set_attr(&f.kdev, 4, 1, &good), 0);
	assert_int_equal(kdev_connect(&f.kdev, 1), -EINVAL);
	assert_int_equal(kdev_connect(&f.kdev, 0), 0);
	assert_int_equal(kdev_set_attr(&f.kdev, 4, 1, &good), -EBUSY);
	assert_int_equal(kdev_set_attr(&f.kdev, 4, 1, &bad), -EINVAL);
	assert_int_equal(kdev_set_attr(&f.kdev, 4, 1, NULL), -EFAULT);
}

static void test_regs(void **state)
{
	struct fake f = { .kdev.type = &fake_type };
	u64 v = 7;

	(void)state;
	assert_int_equal(kdev_set_reg(&f.kdev, 2, 0x8c, &v), 0);
	assert_int_equal(f.val[2], 7);
	assert_int_equal(kdev_get_reg(&f.kdev, 3, 0x8c, &v), 0);
	assert_int_equal(v, 1003);
	assert_int_equal(kdev_get_reg(&f.kdev, 4, 0x8c, &v), -ENXIO);
	assert_int_equal(kdev_get_reg(&f.kdev, 1, 0x8d, &v), -EINVAL);
	assert_int_equal(kdev_set_reg(&f.kdev, 1, 0x8d, &v), -EINVAL);
	assert_int_equal(kdev_get_reg(&f.kdev, 1, 0x8c, NULL), -EFAULT);
	assert_int_equal(kdev_set_reg(&f.kdev, 1, 0x8c, NULL), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_no_accessor),
		cmocka_unit_test(test_values),	cmocka_unit_test(test_when),
		cmocka_unit_test(test_regs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
