// SPDX-License-Identifier: Apache-2.0
/*
 * Single step, branch trace, CIABR and DAWR, by running words in memory in real
 * mode. Every vector has a hypercall, so that an interrupt ends the run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cpu/cpu.h"
#include "cpu/cr.h"
#include "cpu/exception.h"
#include "isa/msr.h"
#include "mem/gmem.h"

#define CODE 0x10000ULL
#define DATA 0x20000ULL
#define HCALL_WORD 0x44000022u
#define LPCR_ILE PPC_BIT(38)
#define MSR0 (MSR_SF | MSR_LE)

#define ADDI 0x38630001	     /* addi r3,r3,1 */
#define BRANCH 0x48000010    /* b .+16 */
#define NOT_TAKEN 0x40800010 /* bge .+16, with CR0[LT] = 1 */
#define LD 0xe8a40000	     /* ld r5,0(r4) */
#define LWZ_4 0x80a40004     /* lwz r5,4(r4) */
#define LD_8 0xe8a40008	     /* ld r5,8(r4) */
#define STB_M1 0x98a4ffff    /* stb r5,-1(r4) */
#define STD 0xf8a40000	     /* std r5,0(r4) */
#define STD_M4 0xf8a4fffc    /* std r5,-4(r4) */
#define DCBZ 0x7c0027ec	     /* dcbz 0,r4 */
#define LWARX 0x7ca02028     /* lwarx r5,0,r4 */
#define SC 0x44000002
#define TRAP 0x7fe00008
#define RFID 0x4c000024
#define MTMSRD 0x7c600164 /* mtmsrd r3 */

#define TRACE PPC_BIT(33)
#define CAUSES (PPC_MASK(33, 36) | PPC_MASK(42, 47))

static u64 no_time(struct cpu *c)
{
	(void)c;
	return 0;
}

static const struct cpu_ops ops = { .timebase = no_time };

static int setup(void **state)
{
	struct cpu *c = calloc(1, sizeof(*c));
	struct hypar_err e;
	u32 *ram;

	if (!c)
		return -1;
	c->ops = &ops;
	c->mem = gmem_new();
	c->decoder = decoder_new(V31);
	c->radix = true;
	if (!c->mem || !c->decoder || gmem_add_ram(c->mem, gpa_of(0), 0x40000, &e) || !cpu_init(c))
		return -1;
	cpu_reset(c, 0x00800200);
	c->spr.lpcr |= LPCR_ILE;
	ram = (u32 *)(void *)gmem_host_page(c->mem, gpa_of(0));
	for (u32 i = 0; i < 0x12000; i += 4)
		ram[i / 4] = HCALL_WORD;
	c->gpr[4] = DATA;
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct cpu *c = *state;

	decoder_free((struct decoder *)(uintptr_t)c->decoder);
	cpu_fini(c);
	gmem_free(c->mem);
	free(c);
	return 0;
}

/* Runs from CODE; the address of the hypercall that ended it. */
static u64 go(struct cpu *c, u64 msr)
{
	cpu_set_msr(c, MSR0 | msr);
	c->pc = CODE;
	assert_int_equal(cpu_run(c), CPU_EXIT_HCALL);
	return c->pc - 4;
}

static void put(struct cpu *c, const u32 *words, u32 n)
{
	memcpy(gmem_host_page(c->mem, gpa_of(CODE)), words, 4 * n);
}

static u64 run1(struct cpu *c, u32 insn, u64 msr)
{
	put(c, (const u32[]){ insn, HCALL_WORD }, 2);
	return go(c, msr);
}

static void expect_trace(const struct cpu *c, u64 at, u64 more)
{
	assert_int_equal(c->pc, 0xd04);
	assert_int_equal(c->spr.srr0, at);
	assert_int_equal(c->spr.srr1 & CAUSES, TRACE | more);
	assert_int_equal(c->msr & MSR_TE, 0);
}

static void single_step(void **state)
{
	struct cpu *c = *state;

	run1(c, ADDI, MSR_SE);
	expect_trace(c, CODE + 4, 0);
	assert_int_equal(c->gpr[3], 1);
	assert_int_equal(c->spr.siar, CODE);
	assert_int_equal(c->spr.srr1 & ~(CAUSES | MSR_ME), MSR0 | MSR_SE);
	run1(c, LD, MSR_SE);
	expect_trace(c, CODE + 4, PPC_BIT(35));
	run1(c, STD, MSR_SE);
	expect_trace(c, CODE + 4, PPC_BIT(36));
	run1(c, BRANCH, MSR_SE);
	expect_trace(c, CODE + 16, 0);
	put(c, (const u32[]){ 0x06000000, ADDI }, 2); /* paddi */
	go(c, MSR_SE);
	expect_trace(c, CODE + 8, PPC_BIT(34));
	assert_int_equal(c->gpr[3], 2);
	assert_int_equal(run1(c, ADDI, 0), CODE + 4);
}

static void no_step_over_interrupts(void **state)
{
	struct cpu *c = *state;

	assert_int_equal(run1(c, SC, MSR_SE), 0xc00);
	assert_int_equal(c->spr.srr1 & CAUSES, 0);
	assert_int_equal(run1(c, TRAP, MSR_SE), 0x700);
	assert_int_equal(run1(c, 0, MSR_SE), 0x700);
	assert_int_equal(run1(c, HCALL_WORD, MSR_SE), CODE);
}

static void starts_after_the_switch(void **state)
{
	static const u32 switched[] = { MTMSRD, 0x60000000, HCALL_WORD };
	static const u32 returned[] = { RFID, HCALL_WORD };
	struct cpu *c = *state;
	u32 *there = (u32 *)(void *)gmem_host_page(c->mem, gpa_of(CODE + 0x1000));

	put(c, switched, 3);
	c->gpr[3] = MSR0 | MSR_SE;
	go(c, 0);
	expect_trace(c, CODE + 8, 0);
	there[0] = there[1] = ADDI;
	c->gpr[3] = 0;
	put(c, returned, 2);
	c->spr.srr0 = CODE + 0x1000;
	c->spr.srr1 = MSR0 | MSR_SE;
	go(c, 0);
	expect_trace(c, CODE + 0x1004, 0);
	assert_int_equal(c->gpr[3], 1);
}

static void branch_trace(void **state)
{
	static const u32 code[] = { ADDI, ADDI, BRANCH, 0, 0, 0, ADDI, NOT_TAKEN, ADDI };
	struct cpu *c = *state;

	put(c, code, ARRAY_SIZE(code));
	go(c, MSR_BE);
	expect_trace(c, CODE + 24, 0);
	assert_int_equal(c->gpr[3], 2);
	cr_set_field(c, 0, 8);
	cpu_set_msr(c, MSR0 | MSR_BE);
	c->pc = CODE + 24;
	assert_int_equal(cpu_run(c), CPU_EXIT_HCALL);
	expect_trace(c, CODE + 32, 0);
	assert_int_equal(c->gpr[3], 3);
}

static void instruction_breakpoint(void **state)
{
	static const u32 code[] = { ADDI, ADDI, ADDI, ADDI, HCALL_WORD };
	struct cpu *c = *state;

	put(c, code, ARRAY_SIZE(code));
	c->spr.ciabr = (CODE + 8) | 2;
	go(c, 0);
	expect_trace(c, CODE + 12, PPC_BIT(43));
	assert_int_equal(c->gpr[3], 3);
	c->spr.ciabr = (CODE + 8) | 1; /* problem state */
	assert_int_equal(go(c, 0), CODE + 16);
	c->spr.ciabr = (CODE + 8) | 3;
	assert_int_equal(go(c, 0), CODE + 16);
	c->spr.ciabr = CODE + 8;
	assert_int_equal(go(c, 0), CODE + 16);
}

#define DW 0x40
#define DR 0x20
#define WT 0x10
#define WTI 0x08
#define PNH 0x02
#define PRO 0x01

static void set_dawr(struct cpu *c, u32 which, u64 ea, u64 x)
{
	*(which ? &c->spr.dawr1 : &c->spr.dawr0) = ea;
	*(which ? &c->spr.dawrx1 : &c->spr.dawrx0) = x;
	cpu_debug_changed(c);
}

static void expect_hit(const struct cpu *c, u64 ea, u32 store)
{
	assert_int_equal(c->pc, 0x304);
	assert_int_equal(c->spr.srr0, CODE);
	assert_int_equal(c->spr.dar, ea);
	assert_int_equal(c->spr.dsisr, DSISR_DAWR | store);
	assert_int_equal(c->gpr[5], 7);
}

static void watchpoint(void **state)
{
	struct cpu *c = *state;

	c->gpr[5] = 7;
	run1(c, STD, 0); /* the page is in the TLB */
	set_dawr(c, 0, DATA, DW | PNH);
	run1(c, STD, 0);
	expect_hit(c, DATA, DSISR_STORE);
	run1(c, STD_M4, 0);
	expect_hit(c, DATA, DSISR_STORE);
	run1(c, DCBZ, 0);
	expect_hit(c, DATA, DSISR_STORE);
	assert_int_equal(run1(c, STB_M1, 0), CODE + 4);
	assert_int_equal(run1(c, LD, 0), CODE + 4);
	c->gpr[5] = 7;
	set_dawr(c, 0, DATA, DR | PNH);
	assert_int_equal(run1(c, STD, 0), CODE + 4);
	run1(c, LWZ_4, 0);
	expect_hit(c, DATA + 4, 0);
	run1(c, LWARX, 0);
	expect_hit(c, DATA, 0);
	assert_int_equal(run1(c, LD_8, 0), CODE + 4);
	c->gpr[5] = 7;
	set_dawr(c, 0, DATA, DR | PNH | 1 << 10); /* two doublewords */
	run1(c, LD_8, 0);
	expect_hit(c, DATA + 8, 0);
	set_dawr(c, 0, 0, 0);
	assert_int_equal(run1(c, STD, 0), CODE + 4);
}

static void watchpoint_conditions(void **state)
{
	struct cpu *c = *state;

	c->gpr[5] = 7;
	set_dawr(c, 1, DATA, DW | DR | PRO);
	assert_int_equal(run1(c, STD, 0), CODE + 4);
	set_dawr(c, 1, DATA, DW | DR | PNH | WT); /* only with DR = 1 */
	assert_int_equal(run1(c, STD, 0), CODE + 4);
	set_dawr(c, 1, DATA, DW | DR | PNH | WT | WTI);
	run1(c, STD, 0);
	expect_hit(c, DATA, DSISR_STORE);
	/* the access is not traced */
	run1(c, LD, MSR_SE);
	expect_hit(c, DATA, 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(single_step),		  T(no_step_over_interrupts), T(starts_after_the_switch),
		T(branch_trace),	  T(instruction_breakpoint),  T(watchpoint),
		T(watchpoint_conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
