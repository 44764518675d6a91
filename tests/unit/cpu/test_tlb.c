// SPDX-License-Identifier: Apache-2.0
/*
 * Invalidations at the ends of the address space: they end, and they drop what
 * they name and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cpu/cpu.h"
#include "cpu/mmu/mmu.h"
#include "isa/msr.h"

#define LAST_PAGE 0xfffffffffffff000ULL
#define PID 7

static u64 no_time(struct cpu *c)
{
	(void)c;
	return 0;
}

static const struct cpu_ops ops = { .timebase = no_time };

static int setup(void **state)
{
	struct cpu *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->ops = &ops;
	assert_true(cpu_init(c));
	cpu_reset(c, 0x00801200);
	cpu_set_msr(c, c->msr | MSR_DR | MSR_IR);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	cpu_fini(*state);
	free(*state);
	return 0;
}

static void enter(struct cpu *c, u64 ea)
{
	struct tlb2_entry e = { .page = ea >> TLB_PAGE_SHIFT,
				.pid = PID,
				.flags = TLB2_VALID | TLB2_READ,
				.host = 0x1000 };

	tlb_fill(c, ea, &e, MMU_LOAD);
}

static bool is_there(const struct cpu *c, u64 ea)
{
	return c->tlb.l1[TLB_PRIV].rd[(ea >> TLB_PAGE_SHIFT) & (TLB_L1_SIZE - 1)].tag == ea;
}

/* One range over entries for pages 0, 0x5000 and the last one. */
static void drop(struct cpu *c, u64 start, u64 end)
{
	const struct tlb_inval inv = { .kind = TLB_INV_RANGE,
				       .pid = PID,
				       .start = start,
				       .end = end };

	enter(c, 0);
	enter(c, 0x5000);
	enter(c, LAST_PAGE);
	assert_true(is_there(c, 0) && is_there(c, 0x5000) && is_there(c, LAST_PAGE));
	tlb_invalidate(c, &inv);
}

static void ranges(void **state)
{
	struct cpu *c = *state;

	drop(c, 0x5000, 0x6000);
	assert_true(is_there(c, 0) && !is_there(c, 0x5000) && is_there(c, LAST_PAGE));
	drop(c, 0x5fff, 0x6000);
	assert_false(is_there(c, 0x5000));
	drop(c, 0x6000, 0x6000);
	assert_true(is_there(c, 0x5000));
	drop(c, 0x6000, 0x5000);
	assert_true(is_there(c, 0x5000));
	/* to the last byte but one, and to the last (the end is 2^64) */
	drop(c, LAST_PAGE, ~0ULL);
	assert_true(is_there(c, 0) && is_there(c, 0x5000) && !is_there(c, LAST_PAGE));
	drop(c, LAST_PAGE, 0);
	assert_true(is_there(c, 0) && is_there(c, 0x5000) && !is_there(c, LAST_PAGE));
	drop(c, LAST_PAGE - 0x3f000, ~0ULL);
	assert_true(is_there(c, 0x5000) && !is_there(c, LAST_PAGE));
	drop(c, 0, ~0ULL);
	assert_false(is_there(c, 0) || is_there(c, 0x5000) || is_there(c, LAST_PAGE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ranges, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
