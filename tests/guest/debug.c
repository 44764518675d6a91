/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debug facilities as a kernel uses them for its programs: single step and
 * branch trace in problem state, watchpoints and an instruction breakpoint set
 * by H_SET_MODE [ISA 3.1B III 7.5.15, 10.2-10.4, PAPR 14.5.4.1.10].
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "code.h"

#define USR (MSR_USER | MSR_ME)
#define PRV (MSR_VIRT | MSR_ME)
#define SE BIT(53)
#define BE BIT(54)
#define P10 (mfspr(287) >> 16 >= 0x80)
#define CAUSES \
	(BIT(33) | BIT(34) | BIT(35) | BIT(36) | BIT(42) | BIT(43) | BIT(44) | BIT(45) | BIT(46))
#define TRACE BIT(33)
#define LOAD BIT(35)
#define STORE BIT(36)

#define MODE_CIABR 1
#define MODE_DAWR0 2
#define MODE_DAWR1 5

#define DW 0x40
#define DR 0x20
#define WT 0x10
#define KERNEL 0x02
#define PROGRAM 0x01
#define DSISR_WATCH 0x00400000u
#define DSISR_STORE 0x02000000u

CODE(c_add, "addi 3,3,1; addi 3,3,1");
CODE(c_ld, "ld 5,0(4)");
CODE(c_std, "std 5,0(4)");
CODE(c_b, "addi 3,3,1; b 1f; addi 3,3,1; 1: addi 3,3,1");
CODE(c_tw, "tw 31,0,0");
CODE(c_sc, "sc");
CODE(c_reserve, "1: lwarx 5,0,4; addi 5,5,1; stwcx. 5,0,4; bne 1b");
CODE(c_sum, "mtctr 6; 1: ld 5,0(4); add 3,3,5; std 5,8(4); bdnz 1b");

static u8 *page;
#define DATA (USER + 0x8000)

static void step(void)
{
	R.gpr[3] = 0;
	check_eq(GO(c_add, USR | SE), 0xd00, "single step");
	check_eq(AT, 4, "SRR0");
	check_eq(R.msr & CAUSES, TRACE, "SRR1");
	check_eq(R.msr & ~CAUSES, USR | SE, "SRR1: MSR");
	check_eq(R.gpr[3], 1, "one instruction");
	R.gpr[4] = DATA;
	check_eq(GO(c_ld, USR | SE), 0xd00, "step of a load");
	check_eq(R.msr & CAUSES, TRACE | LOAD, "SRR1");
	check_eq(GO(c_std, USR | SE), 0xd00, "step of a store");
	check_eq(R.msr & CAUSES, TRACE | STORE, "SRR1");
	check_eq(GO(c_tw, USR | SE), 0x700, "a trap is no step");
	check_eq(GO(c_sc, USR | SE), 0xc00, "a system call is no step");
	check_eq(GO(c_add, PRV | SE), 0xd00, "privileged");
	R.gpr[3] = 0;
	check_eq(GO(c_b, USR | BE), 0xd00, "branch trace");
	check_eq(AT, 12, "SRR0");
	check_eq(R.gpr[3], 1, "at the branch");
	R.gpr[4] = USER + 0x100000;
	check_eq(GO(c_ld, USR | SE), 0x300, "a fault is no step");
	check_eq(AT, 0, "SRR0");
}

/* To the end, one instruction after the other. */
static void step_through(void)
{
	u32 n = 0;
	u64 v;

	R.gpr[4] = DATA;
	R.gpr[3] = 0;
	R.gpr[6] = 10;
	*(u64 *)(page + 0x8000) = 5;
	v = GO(c_sum, USR | SE);
	while (v == 0xd00 && n++ < 100) {
		R.msr &= ~CAUSES;
		v = run(&R);
	}
	check_eq(v, 0xc00, "stepped to the end");
	check_eq(n, 41, "steps");
	check_eq(R.gpr[3], 50, "sum");
}

static void watch(u32 resource)
{
	u8 *at = page + 0x8000;

	memset(at, 0, 64);
	R.gpr[4] = DATA + 16;
	R.gpr[5] = 7;
	check_eq(GO(c_std, USR), 0xc00, "before");
	check_eq((u64)hcall(H_SET_MODE, 0, resource, DATA + 16, DW | WT | PROGRAM), 0,
		 "H_SET_MODE");
	R.gpr[5] = 8;
	check_eq(GO(c_std, USR), 0x300, "watched store");
	check_eq(AT, 0, "SRR0");
	check_eq(R.dar, DATA + 16, "DAR");
	check_eq(R.dsisr, DSISR_WATCH | DSISR_STORE, "DSISR");
	check_eq(at[IS_LE ? 16 : 23], 7, "not stored");
	check_eq(GO(c_ld, USR), 0xc00, "a load is not watched");
	check_eq(GO(c_std, PRV), 0xc00, "a privileged store is not watched");
	check_eq(GO(c_reserve, USR), 0x300, "stwcx.");
	check_eq(AT, 8, "SRR0 of stwcx.");
	R.gpr[4] = DATA + 13;
	check_eq(GO(c_std, USR), 0x300, "overlapping store");
	check_eq(R.dar, DATA + 16, "DAR");
	R.gpr[4] = DATA + 24;
	check_eq(GO(c_std, USR), 0xc00, "the next doubleword");
	/* a loop beside it in the page */
	R.gpr[4] = DATA;
	R.gpr[6] = 1000;
	check_eq(GO(c_sum, USR), 0xc00, "loop in the page");
	check_eq((u64)hcall(H_SET_MODE, 0, resource, DATA + 16, DR | WT | PROGRAM | 1 << 10), 0,
		 "range");
	R.gpr[4] = DATA + 24;
	check_eq(GO(c_ld, USR), 0x300, "second doubleword");
	check_eq(R.dsisr, DSISR_WATCH, "DSISR");
	check_eq((u64)hcall(H_SET_MODE, 0, resource, 0, 0), 0, "off");
	check_eq(GO(c_ld, USR), 0xc00, "not watched");
}

static void breakpoint(void)
{
	R.gpr[3] = 0;
	check_eq((u64)hcall(H_SET_MODE, 0, MODE_CIABR, (USER + 4) | 1), 0, "H_SET_MODE CIABR");
	check_eq(GO(c_add, USR), 0xd00, "breakpoint");
	check_eq(AT, 8, "SRR0");
	check_eq(R.msr & CAUSES, TRACE | BIT(43), "SRR1");
	check_eq((u64)hcall(H_SET_MODE, 0, MODE_CIABR, 0), 0, "off");
	check_eq(GO(c_add, USR), 0xc00, "no breakpoint");
}

int main(void)
{
	mmu_init();
	code_init();
	page = code_page;
	step();
	step_through();
	watch(MODE_DAWR0);
	if (P10)
		watch(MODE_DAWR1);
	breakpoint();
	return 0;
}
