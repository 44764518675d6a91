// SPDX-License-Identifier: Apache-2.0
/*
 * Instructions that few programs have: hypervisor and ultravisor, transactional
 * memory, reserved no-operations, waiting; by running words in memory. Every
 * vector has a hypercall, so that an interrupt ends the run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cpu/cpu.h"
#include "cpu/exception.h"
#include "cpu/interp/decoded.h"
#include "isa/msr.h"
#include "mem/gmem.h"

#define CODE 0x10000ULL
#define DATA 0x20000ULL
#define HCALL_WORD 0x44000022u
#define LPCR_ILE PPC_BIT(38)
#define POWER9 0x004e1202
#define POWER10 0x00800200

static u64 no_time(struct cpu *c)
{
	(void)c;
	return 0;
}

static const struct cpu_ops ops = { .timebase = no_time };

static struct cpu *new_cpu(u32 pvr)
{
	struct cpu *c = calloc(1, sizeof(*c));
	struct hypar_err e;
	u32 *ram;

	assert_non_null(c);
	c->ops = &ops;
	c->mem = gmem_new();
	assert_int_equal(gmem_add_ram(c->mem, gpa_of(0), 0x40000, &e), 0);
	c->decoder = decoder_new(pvr == POWER9 ? V30 : V31);
	c->radix = true;
	assert_true(cpu_init(c));
	cpu_reset(c, pvr);
	c->spr.lpcr |= LPCR_ILE;
	ram = (u32 *)(void *)gmem_host_page(c->mem, gpa_of(0));
	for (u32 i = 0; i < 0x4000; i += 4)
		ram[i / 4] = HCALL_WORD;
	return c;
}

static void free_cpu(struct cpu *c)
{
	decoder_free((struct decoder *)(uintptr_t)c->decoder);
	cpu_fini(c);
	gmem_free(c->mem);
	free(c);
}

/* Runs @insn, then a hypercall; the address of the hypercall that ended it. */
static u64 run(struct cpu *c, u32 insn, u64 msr)
{
	u32 *code = (u32 *)(void *)gmem_host_page(c->mem, gpa_of(CODE));

	code[0] = insn;
	code[1] = c->spr.lpcr & LPCR_ILE ? HCALL_WORD : __builtin_bswap32(HCALL_WORD);
	cpu_set_msr(c, MSR_SF | (c->spr.lpcr & LPCR_ILE ? MSR_LE : 0) | (msr & ~MSR_PR));
	if (msr & MSR_PR) { /* without relocation: there is no page table here */
		c->msr |= MSR_PR;
		c->have &= ~A_PRIV;
		decode_cache_select(c);
	}
	c->pc = CODE;
	assert_int_equal(cpu_run(c), CPU_EXIT_HCALL);
	return c->pc - 4;
}

#define TBEGIN 0x7c00051d
#define TCHECK 0x7d80059c
#define TRECHKPT 0x7c0007dd

static void transactions(void **state)
{
	struct cpu *p9 = new_cpu(POWER9), *p10 = new_cpu(POWER10);

	(void)state;
	assert_int_equal(run(p9, TBEGIN, 0), 0xf60);
	assert_int_equal(p9->spr.fscr >> 56, 5);
	assert_int_equal(run(p9, TCHECK, 0), 0xf60);
	assert_int_equal(run(p9, TRECHKPT, 0), 0xf60);
	assert_int_equal(run(p10, TBEGIN, 0), 0x700);
	assert_true(p10->spr.srr1 & SRR1_ILLEGAL);
	assert_int_equal(run(p10, TRECHKPT, 0), 0x700);
	free_cpu(p9);
	free_cpu(p10);
}

static void hypervisor(void **state)
{
	/* stop, lbzcix, stdcix, hrfid, urfid, msgsnd, msgsndu */
	static const u32 words[] = { 0x4c0002e4, 0x7c642eaa, 0x7c642fea, 0x4c000224,
				     0x4c000264, 0x7c00199c, 0x7c00189c };
	struct cpu *c = new_cpu(POWER10);

	(void)state;
	for (u32 i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		assert_int_equal(run(c, words[i], 0), 0x700);
		assert_true(c->spr.srr1 & SRR1_ILLEGAL);
		assert_int_equal(c->spr.srr0, CODE);
	}
	free_cpu(c);
}

#define HASHST (31u << 26 | 4 << 16 | 5 << 11 | 722 << 1 | 1) /* hashst r5,-256(r4) */
#define HASHSTP (31u << 26 | 4 << 16 | 5 << 11 | 658 << 1 | 1)
#define HASHCHKP (31u << 26 | 4 << 16 | 5 << 11 | 690 << 1 | 1)

static void hashes(void **state)
{
	struct cpu *p9 = new_cpu(POWER9), *p10 = new_cpu(POWER10);
	u64 *at = (u64 *)(void *)(gmem_host_page(p10->mem, gpa_of(DATA)) + 0x100);

	(void)state;
	/* no-operations before ISA 3.1, with any operand */
	p9->gpr[4] = 3;
	assert_int_equal(run(p9, HASHST, 0), CODE + 4);
	assert_int_equal(run(p9, HASHSTP, 0), CODE + 4);
	assert_int_equal(run(p9, 0x7c000424, 0), CODE + 4);
	p10->gpr[4] = DATA + 0x200;
	p10->gpr[5] = 0x0123456789abcdefULL;
	assert_int_equal(run(p10, 0x7c000424, 0), CODE + 4);
	assert_int_equal(run(p10, HASHSTP, 0), CODE + 4);
	assert_int_equal(*at, 0);
	p10->spr.dexcr = PPC_BIT(5) | PPC_BIT(6);
	p10->spr.hashkeyr = 1;
	assert_int_equal(run(p10, HASHSTP, 0), CODE + 4);
	assert_int_not_equal(*at, 0);
	assert_int_equal(run(p10, HASHCHKP, 0), CODE + 4);
	*at ^= 1;
	assert_int_equal(run(p10, HASHCHKP, 0), 0x700);
	assert_true(p10->spr.srr1 & SRR1_TRAP);
	assert_int_equal(run(p10, HASHSTP, MSR_PR), 0x700);
	assert_true(p10->spr.srr1 & SRR1_PRIV);
	free_cpu(p9);
	free_cpu(p10);
}

static void without_effect(void **state)
{
	/* wait 0,0; wait 2,0 (pause); cp_abort; slbiag r3 */
	static const u32 words[] = { 0x7c00003c, 0x7c40003c, 0x7c00068c, 0x7c6006a4 };
	struct cpu *c = new_cpu(POWER10);

	(void)state;
	for (u32 i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(run(c, words[i], 0), CODE + 4);
	assert_int_equal(run(c, words[3], MSR_PR), 0x700);
	assert_true(c->spr.srr1 & SRR1_PRIV);
	free_cpu(c);
}

#define LSWX 0x7cc0242a /* lswx r6,0,r4 */

static void string_by_xer(void **state)
{
	struct cpu *c = new_cpu(POWER9);
	u8 *m = gmem_host_page(c->mem, gpa_of(DATA));

	(void)state;
	for (u32 i = 0; i < 128; i++)
		m[i] = (u8)(i + 1);
	c->gpr[4] = DATA;
	c->gpr[7] = ~0ULL;
	c->xer_count = 5;
	assert_int_equal(run(c, LSWX, 0), 0x600); /* little-endian */
	assert_int_equal(c->gpr[7], ~0ULL);
	/* The same code as big-endian: the rest of the last register is cleared. */
	c->spr.lpcr &= ~LPCR_ILE;
	assert_int_equal(run(c, __builtin_bswap32(LSWX), 0), CODE + 4);
	assert_int_equal(c->gpr[6], 0x01020304);
	assert_int_equal(c->gpr[7], 0x05000000);
	c->gpr[7] = ~0ULL;
	c->xer_count = 0; /* nothing is loaded, not even looked at */
	c->gpr[4] = 1ULL << 40;
	run(c, __builtin_bswap32(LSWX), 0);
	assert_int_equal(c->gpr[7], ~0ULL);
	/* 127 bytes are all 32 registers */
	c->gpr[4] = DATA;
	c->xer_count = 127;
	assert_int_equal(run(c, __builtin_bswap32(LSWX), 0), CODE + 4);
	assert_int_equal(c->gpr[5], 0x7d7e7f00);
	free_cpu(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transactions),	 cmocka_unit_test(hypervisor),
		cmocka_unit_test(hashes),	 cmocka_unit_test(without_effect),
		cmocka_unit_test(string_by_xer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
