// SPDX-License-Identifier: Apache-2.0
/*
 * A debugger's breakpoints, watchpoints and steps, by running words in memory
 * in real mode, little-endian and big-endian. Every other word is a hypercall,
 * which ends the run.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cpu/cpu.h"
#include "cpu/debugger.h"
#include "cpu/exception.h"
#include "isa/msr.h"
#include "mem/gmem.h"

#define CODE 0x10000ULL
#define FAR 0x12000ULL
#define DATA 0x20000ULL
#define HCALL_WORD 0x44000022u
#define LPCR_ILE PPC_BIT(38)
#define ADDI 0x38630001u   /* addi r3,r3,1 */
#define TO_FAR 0x48001ff8u /* b .+0x1ff8, at CODE + 8 */
#define BDNZ_4 0x4200fffcu /* bdnz .-4 */
#define LD 0xe8a40000u	   /* ld r5,0(r4) */
#define STD 0xf8640000u	   /* std r3,0(r4) */
#define STB_7 0x98640007u  /* stb r3,7(r4) */
#define TRAP 0x7fe00008u

struct env {
	struct cpu c;
	struct debugger set;
	bool be;
};

static u64 no_time(struct cpu *c)
{
	(void)c;
	return 0;
}

static const struct cpu_ops ops = { .timebase = no_time };

static void put(struct env *x, u64 at, const u32 *words, u32 n)
{
	u32 *p = (u32 *)(void *)(gmem_host_page(x->c.mem, gpa_of(at)) + (at & 0xfff));

	for (u32 i = 0; i < n; i++)
		p[i] = x->be ? __builtin_bswap32(words[i]) : words[i];
}

static int setup_as(void **state, bool be)
{
	static const u32 hcall = HCALL_WORD;
	struct env *x = calloc(1, sizeof(*x));
	struct hypar_err e;

	if (!x)
		return -1;
	x->be = be;
	x->c.ops = &ops;
	x->c.mem = gmem_new();
	x->c.decoder = decoder_new(V31);
	if (!x->c.mem || !x->c.decoder || gmem_add_ram(x->c.mem, gpa_of(0), 0x40000, &e) ||
	    !cpu_init(&x->c))
		return -1;
	cpu_reset(&x->c, 0x00800200);
	x->c.spr.lpcr |= be ? 0 : LPCR_ILE;
	cpu_set_msr(&x->c, MSR_SF | (be ? 0 : MSR_LE));
	for (u64 at = 0; at < 0x14000; at += 4)
		put(x, at, &hcall, 1);
	x->c.gpr[4] = DATA;
	x->c.pc = CODE;
	*state = x;
	return 0;
}

static int setup_le(void **state)
{
	return setup_as(state, false);
}

static int setup_be(void **state)
{
	return setup_as(state, true);
}

static int teardown(void **state)
{
	struct env *x = *state;

	decoder_free((struct decoder *)(uintptr_t)x->c.decoder);
	cpu_fini(&x->c);
	gmem_free(x->c.mem);
	free(x);
	return 0;
}

static void break_at(struct env *x, u64 ea)
{
	assert_int_equal(debugger_add_break(&x->set, ea), 0);
	debugger_changed(&x->c, &x->set);
}

static void watch(struct env *x, u64 first, u64 last, u32 kinds)
{
	assert_int_equal(
		debugger_add_watch(&x->set, &(struct debugger_watch){ first, last, kinds }), 0);
	debugger_changed(&x->c, &x->set);
}

static void expect_stop(struct env *x, enum cpu_stop_kind kind, u64 pc)
{
	assert_int_equal(cpu_run(&x->c), CPU_EXIT_DEBUG);
	assert_int_equal(x->c.stop.kind, kind);
	assert_int_equal(x->c.pc, pc);
}

static void expect_end(struct env *x, u64 pc)
{
	assert_int_equal(cpu_run(&x->c), CPU_EXIT_HCALL);
	assert_int_equal(x->c.pc, pc + 4);
}

/* Goes on from what it stopped at. */
static void pass(struct env *x, bool single)
{
	debugger_prepare(&x->c, single, true);
}

static void breakpoint(void **state)
{
	struct env *x = *state;

	put(x, CODE, (const u32[]){ ADDI, ADDI, TO_FAR }, 3);
	put(x, FAR, (const u32[]){ ADDI, ADDI }, 2);
	break_at(x, CODE + 4);
	break_at(x, FAR + 4);
	expect_stop(x, CPU_STOP_BREAK, CODE + 4);
	assert_int_equal(x->c.gpr[3], 1);
	assert_int_equal(x->c.stop.ea, CODE + 4);
	/* nothing has happened: it stops again, until it is passed over */
	expect_stop(x, CPU_STOP_BREAK, CODE + 4);
	pass(x, false);
	expect_stop(x, CPU_STOP_BREAK, FAR + 4);
	assert_int_equal(x->c.gpr[3], 3);
	assert_int_equal(debugger_del_break(&x->set, FAR + 4), 0);
	debugger_changed(&x->c, &x->set);
	expect_end(x, FAR + 8);
	assert_int_equal(x->c.gpr[3], 4);
	/* once none is left, the page runs at full speed again */
	assert_int_equal(debugger_del_break(&x->set, CODE + 4), 0);
	debugger_changed(&x->c, &x->set);
	assert_null(x->c.debugger);
	x->c.pc = CODE;
	expect_end(x, FAR + 8);
	assert_true(x->c.tlb.l1[TLB_REAL].ex[CODE >> 12 & (TLB_FETCH_SIZE - 1)].tag == CODE);
}

/* The page is left and entered again and again; only the breakpoint stops. */
static void neighbours(void **state)
{
	struct env *x = *state;

	put(x, CODE, (const u32[]){ ADDI, BDNZ_4 }, 2);
	x->c.ctr = 20000;
	break_at(x, CODE + 8);
	expect_stop(x, CPU_STOP_BREAK, CODE + 8);
	assert_int_equal(x->c.gpr[3], 20000);
	assert_int_equal(x->c.n_insns, 40000);
}

static void steps(void **state)
{
	struct env *x = *state;

	put(x, CODE, (const u32[]){ ADDI, TRAP }, 2);
	debugger_prepare(&x->c, true, false);
	/* an interrupt waits */
	cpu_pend(&x->c, PEND_EXT);
	cpu_set_msr(&x->c, x->c.msr | MSR_EE);
	expect_stop(x, CPU_STOP_STEP, CODE + 4);
	expect_stop(x, CPU_STOP_STEP, 0x700);
	assert_int_equal(x->c.spr.srr0, CODE + 4);
	/* a hypercall is its caller's */
	expect_end(x, 0x700);
	/* and comes when nobody steps */
	x->c.pc = CODE;
	cpu_set_msr(&x->c, x->c.msr | MSR_EE);
	debugger_prepare(&x->c, false, false);
	expect_end(x, 0x500);
	assert_int_equal(x->c.spr.srr0, CODE);
}

static void watchpoint(void **state)
{
	struct env *x = *state;

	put(x, CODE, (const u32[]){ ADDI, LD, STD, STB_7 }, 4);
	watch(x, DATA + 7, DATA + 7, DEBUGGER_WRITE);
	expect_stop(x, CPU_STOP_WATCH, CODE + 8);
	assert_int_equal(x->c.stop.ea, DATA + 7);
	assert_true(x->c.stop.is_store);
	assert_int_equal(*gmem_host_page(x->c.mem, gpa_of(DATA)), 0);
	pass(x, true);
	expect_stop(x, CPU_STOP_STEP, CODE + 12);
	assert_int_equal(gmem_host_page(x->c.mem, gpa_of(DATA))[x->be ? 7 : 0], 1);
	debugger_prepare(&x->c, false, false);
	expect_stop(x, CPU_STOP_WATCH, CODE + 12);
	watch(x, DATA - 8, DATA, DEBUGGER_READ);
	x->c.pc = CODE;
	expect_stop(x, CPU_STOP_WATCH, CODE + 4);
	assert_int_equal(x->c.stop.ea, DATA);
	assert_false(x->c.stop.is_store);
	/* passed over, the store by itself */
	pass(x, false);
	expect_stop(x, CPU_STOP_WATCH, CODE + 8);
}

static void set_of_them(void **state)
{
	struct env *x = *state;
	struct debugger_watch w = { 0, ~0ULL, DEBUGGER_READ };

	for (u64 i = 0; i < DEBUGGER_BREAKS; i++)
		assert_int_equal(debugger_add_break(&x->set, i * 0x61803400 % (1ULL << 40)), 0);
	for (u32 i = 1; i < DEBUGGER_BREAKS; i++)
		assert_true(x->set.breaks[i - 1] < x->set.breaks[i]);
	assert_int_equal(debugger_add_break(&x->set, 4), -ENOSPC);
	assert_int_equal(debugger_add_break(&x->set, 0), -EEXIST);
	assert_int_equal(debugger_del_break(&x->set, 4), -ENOENT);
	for (u32 i = 0; i < DEBUGGER_WATCHES; i++, w.last--)
		assert_int_equal(debugger_add_watch(&x->set, &w), 0);
	assert_int_equal(debugger_add_watch(&x->set, &w), -ENOSPC);
	assert_int_equal(debugger_del_watch(&x->set, &w), -ENOENT);
	w.last++;
	assert_int_equal(debugger_add_watch(&x->set, &w), -EEXIST);
	assert_int_equal(debugger_del_watch(&x->set, &w), 0);
}

#define LE(f) cmocka_unit_test_setup_teardown(f, setup_le, teardown)
#define BE(f) cmocka_unit_test_setup_teardown(f, setup_be, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LE(breakpoint), BE(breakpoint), LE(neighbours), BE(neighbours),	 LE(steps),
		BE(steps),	LE(watchpoint), BE(watchpoint), LE(set_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
