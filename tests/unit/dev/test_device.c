// SPDX-License-Identifier: Apache-2.0
/*
 * What a device tells the user: a line at once, but not as many as a guest
 * likes; and the one device does not silence the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dev/device.h"

struct heard {
	unsigned int n;
	char last[512];
};

static void say(void *opaque, const char *line)
{
	struct heard *h = opaque;

	h->n++;
	snprintf(h->last, sizeof(h->last), "%s", line);
}

static void test_limit(void **state)
{
	struct heard h = { 0 };
	struct device a = { .id = "a", .log = { say, &h } }, b = { .id = "b", .log = { say, &h } };

	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		device_say(&a, "line %u", i);
	assert_int_equal(h.n, DEVICE_SAY_LINES);
	assert_string_equal(h.last, "a: line 7");
	device_say(&b, "x");
	assert_int_equal(h.n, DEVICE_SAY_LINES + 1);
	assert_string_equal(h.last, "b: x");
	/* as if the period were over */
	a.said_ms -= DEVICE_SAY_MS;
	device_say(&a, "again");
	assert_string_equal(h.last, "a: again (and 92 lines before)");
	device_say(&a, "again");
	assert_string_equal(h.last, "a: again");
}

static void test_long(void **state)
{
	struct heard h = { 0 };
	struct device a = { .id = "a", .log = { say, &h } };
	char text[1000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	device_say(&a, "%s", text);
	assert_int_equal(strlen(h.last), 3 + 255);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
