/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of interrupt controllers share: a sink that remembers the
 * lines of the processors, and numbers that are random but the same each time.
 */
#ifndef HYPAR_TESTS_UNIT_IRQ_IRQ_TEST_H
#define HYPAR_TESTS_UNIT_IRQ_IRQ_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/types.h"
#include "irq/line.h"

#define TEST_SERVERS 4

struct test_sink {
	bool line[TEST_SERVERS];
	unsigned int changes;
};

static inline void test_sink_set(void *opaque, u32 cpu, bool level)
{
	struct test_sink *s = opaque;

	assert_in_range(cpu, 0, TEST_SERVERS - 1);
	assert_int_not_equal(s->line[cpu], level); /* only changes are reported */
	s->line[cpu] = level;
	s->changes++;
}

static inline struct irq_sink test_sink_of(struct test_sink *s)
{
	return (struct irq_sink){ .set_external = test_sink_set, .opaque = s };
}

static inline u32 test_rnd(u64 *x, u32 n)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (u32)(*x >> 11) % n;
}

#endif
