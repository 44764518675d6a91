/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trace interrupts: single steps, branches, and the breakpoint and watchpoints
 * of H_SET_MODE [ISA 3.1B III 7.5.13, 8].
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "code.h"

#define MSR_SE BIT(53)
#define MSR_BE BIT(54)
#define USR (MSR_USER | MSR_ME)
#define CAUSES                                                                                     \
	(BIT(33) | BIT(34) | BIT(35) | BIT(36) | BIT(42) | BIT(43) | BIT(44) | BIT(45) | BIT(46) | \
	 BIT(47))
#define MODE_CIABR 1
#define MODE_DAWR0 2

CODE(c_steps, "addi 3,3,1; addi 3,3,2; b 1f; nop; 1: addi 3,3,4");
CODE(c_loop, "mtctr 3; 1: addi 5,5,1; bdnz 1b");
CODE(c_fault, "ld 3,0(4); nop");
CODE(c_trap, "trap; nop");
CODE(c_ld, "ld 3,0(4); nop");
CODE(c_std, "std 3,0(4); nop");

/* Goes on where the last interrupt left it. */
static u64 resume(u64 msr)
{
	R.msr = msr;
	return run(&R);
}

static void steps(u64 msr, const char *state)
{
	static const u32 after[] = { 4, 8, 16, 20 };

	R.gpr[3] = 0;
	GO(c_steps, msr | MSR_SE);
	for (u32 i = 0; i < ARRAY_SIZE(after); i++) {
		check(R.vector == 0xd00 && AT == after[i], "%s: step %u: vector 0x%llx at %llu",
		      state, i, (unsigned long long)R.vector, (unsigned long long)AT);
		expect((R.msr & ~CAUSES) == (msr | MSR_SE), "SRR1 0x%llx",
		       (unsigned long long)R.msr);
		resume(msr | MSR_SE);
	}
	check_eq(R.vector, 0xc00, "%s: sc is not traced", state);
	check_eq(R.gpr[3], 7, "%s: each instruction was executed once", state);
	R.gpr[4] = 1ULL << 41;
	check_eq(GO(c_fault, msr | MSR_SE), msr & MSR_DR ? 0x300 : 0x200,
		 "%s: a fault comes instead", state);
	check_eq(GO(c_trap, msr | MSR_SE), 0x700, "%s: a trap comes instead", state);
}

static void branches(void)
{
	R.gpr[3] = 3;
	R.gpr[5] = 0;
	GO(c_loop, USR | MSR_BE);
	for (u32 i = 1; i <= 3; i++) {
		check(R.vector == 0xd00 && R.gpr[5] == i && AT == (i < 3 ? 4 : 12),
		      "branch trace %u: vector 0x%llx at %llu", i, (unsigned long long)R.vector,
		      (unsigned long long)AT);
		resume(USR | MSR_BE);
	}
	check_eq(R.vector, 0xc00, "then sc");
}

/* DAWRX: which privilege, loads, stores; and how many doublewords less one. */
#define DAWRX_USER 1u
#define DAWRX_KERNEL 2u
#define DAWRX_LOAD BIT(58)
#define DAWRX_STORE BIT(57)
#define DAWRX_WT BIT(59) /* matches with relocation on, without it with relocation off */
#define DAWRX_MORE(n) ((u64)(n) << 10)

static void watch(u64 at, u64 how)
{
	expect(!hcall(H_SET_MODE, 0, MODE_DAWR0, at, how), "H_SET_MODE DAWR0");
}

static u64 access(const u32 *code, const u32 *end, u64 ea, u64 msr)
{
	R.gpr[3] = 0x4711;
	R.gpr[4] = ea;
	return go_at(code, end, msr, 0);
}

#define LD(ea, msr) access(c_ld, c_ld_end, ea, msr)
#define STD(ea, msr) access(c_std, c_std_end, ea, msr)

static void watchpoints(void)
{
	u64 at = USER + 0x8000;

	watch(at, DAWRX_USER | DAWRX_LOAD | DAWRX_WT);
	check_eq(LD(at, USR), 0x300, "a watched load");
	check(R.dsisr == 0x00400000 && (R.dar & ~7ULL) == at && AT == 0 && R.gpr[3] == 0x4711,
	      "DSISR 0x%llx, DAR 0x%llx, not executed", (unsigned long long)R.dsisr,
	      (unsigned long long)R.dar);
	check_eq(LD(at - 4, USR), 0x300, "one that overlaps it");
	check_eq(LD(at + 8, USR), 0xc00, "the next doubleword");
	check_eq(LD(at - 8, USR), 0xc00, "the one before");
	check_eq(STD(at, USR), 0xc00, "a store");
	check_eq(LD(at, MSR_VIRT | MSR_ME), 0xc00, "privileged state");
	watch(at, DAWRX_KERNEL | DAWRX_STORE | DAWRX_WT | DAWRX_MORE(3));
	*(volatile u64 *)(code_page + 0x8018) = 1;
	check_eq(STD(at + 24, MSR_VIRT | MSR_ME), 0x300, "a store to the last of four, privileged");
	check(R.dsisr == (0x00400000 | 0x02000000), "DSISR 0x%llx", (unsigned long long)R.dsisr);
	check_eq(*(volatile u64 *)(code_page + 0x8018), 1, "nothing was stored");
	check_eq(STD(at + 32, MSR_VIRT | MSR_ME), 0xc00, "behind the last");
	check_eq(STD(at + 24, USR), 0xc00, "problem state");
	watch(0, 0);
	check_eq(LD(at, USR), 0xc00, "off");
}

static void breakpoint(void)
{
	check(!hcall(H_SET_MODE, 0, MODE_CIABR, USER + 4 + 1), "H_SET_MODE CIABR: problem state");
	R.gpr[3] = 0;
	check_eq(GO(c_steps, USR), 0xd00, "breakpoint");
	check(AT == 8 && R.gpr[3] == 3, "after the instruction at 4");
	check(R.msr & BIT(43), "SRR1 0x%llx", (unsigned long long)R.msr);
	check_eq(GO(c_steps, MSR_VIRT | MSR_ME), 0xc00, "not in privileged state");
	check(!hcall(H_SET_MODE, 0, MODE_CIABR, 0), "off");
	check_eq(GO(c_steps, USR), 0xc00, "no breakpoint");
}

int main(void)
{
	mmu_init();
	code_init();
	mtspr(22, 0x7fffffffffffULL);
	steps(USR, "problem state");
	steps(MSR_VIRT | MSR_ME, "privileged state");
	branches();
	watchpoints();
	breakpoint();
	return 0;
}
