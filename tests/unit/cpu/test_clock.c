// SPDX-License-Identifier: Apache-2.0
/*
 * The clock is looked at however short the pieces are in which a guest runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "isa/msr.h"
#include "mem/gmem.h"

#define RFID 0x4c000024u
#define TICKS 10u

static unsigned int n_ticks;

static u64 timebase(struct cpu *c)
{
	if (++n_ticks == TICKS)
		cpu_kick(c);
	return n_ticks;
}

/* An external interrupt that is never lowered: after each rfid it is taken again. */
static void interrupts_in_a_row(void **state)
{
	static const struct cpu_ops ops = { .timebase = timebase };
	static struct cpu c;

	(void)state;
	c.ops = &ops;
	c.mem = gmem_new();
	c.decoder = decoder_new(V31);
	assert_int_equal(gmem_add_ram(c.mem, gpa_of(0), 0x10000, NULL), 0);
	assert_true(gmem_st_be32(c.mem, gpa_of(0x500), RFID));
	assert_true(cpu_init(&c));
	cpu_reset(&c, 0x00801200);
	cpu_set_msr(&c, MSR_SF | MSR_EE);
	c.pc = 0x1000;
	cpu_pend(&c, PEND_EXT);
	n_ticks = 0;
	alarm(20);
	assert_int_equal(cpu_run(&c), CPU_EXIT_KICK);
	alarm(0);
	assert_true(c.n_insns > TICKS);
	cpu_fini(&c);
	decoder_free((struct decoder *)(uintptr_t)c.decoder);
	gmem_free(c.mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupts_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
