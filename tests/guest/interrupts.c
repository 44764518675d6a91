/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts: vectors, SRR0, SRR1, the new MSR, and the instructions that change
 * MSR [ISA 3.1B III 4.2, 7.5].
 * guest-args: --interrupt-controller xics
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "code.h"

#define HANDLER_MSR (MSR_SF | MSR_ME | MSR_OWN_LE)
#define USR (MSR_USER | MSR_ME)
#define P10 (mfspr(287) >> 16 >= 0x80)
/* The vector's last word branched to the common part. */
#define ENTRY (R.cfar - 0x1c)

CODE(c_sc, "");
CODE(c_illegal, ".long 0");
CODE(c_trap, "nop; tw 31,0,0");
CODE(c_trap_imm, "twi 4,3,5");
CODE(c_mfmsr, "mfmsr 3");
CODE(c_fp, "fadd 1,2,3");
CODE(c_lfd, "lfd 1,0(4)");
CODE(c_vec, "vaddubm 1,2,3");
CODE(c_vsx, "xxlor 1,2,3");
CODE(c_vsx_high, "xxlor 33,34,35");
CODE(c_fdiv, "mtfsf 255,1; fdiv 1,2,2; nop");
CODE(c_tar_w, "mtspr 815,3");
CODE(c_tar_r, "mfspr 3,815");
CODE(c_bctar, "mtspr 815,3; bctar 20,0,0");
CODE(c_dscr, "mfspr 3,3");
CODE(c_ebb, "mfspr 3,804");
CODE(c_rfebb, "rfebb 1");
CODE(c_prefix, ".long 0x06000000, 0x38630001"); /* paddi r3,r3,1 */
CODE(c_scv, "nop; scv 5");
CODE(c_loop, "1: b 1b");
CODE(c_dec_loop, "mtdec 3; 1: addi 5,5,1; b 1b");
CODE(c_lwarx, "lwarx 3,0,4");
CODE(c_ldarx, "ldarx 3,0,4");
CODE(c_lharx, "lharx 3,0,4");
CODE(c_lqarx, "lqarx 6,0,4");
CODE(c_stdcx, "stdcx. 3,0,4");
CODE(c_lmw, ".long 0xbbc40000"); /* lmw r30,0(r4) */
CODE(c_mtmsrd1, "mtmsrd 3,1");
CODE(c_mtmsrd, "mtmsrd 3,0");
CODE(c_mtmsr, "mtmsr 3,0");
CODE(c_hcall, "sc 1; nop; nop");
CODE(c_doorbell, "msgsndp 3; isync; nop; nop");

static void syscalls(void)
{
	static const u64 msrs[] = { MSR_REAL, MSR_VIRT | MSR_ME, USR,
				    USR | MSR_FP | MSR_VEC | MSR_VSX | MSR_FE0 };

	for (u32 i = 0; i < ARRAY_SIZE(msrs); i++) {
		expect(GO(c_sc, msrs[i]) == 0xc00, "sc, msr %u", i);
		expect(AT == 4, "SRR0 of sc, msr %u", i);
		expect(R.msr == msrs[i], "SRR1 of sc, msr %u: 0x%llx", i,
		       (unsigned long long)R.msr);
		expect(R.handler_msr == HANDLER_MSR, "MSR after sc, msr %u: 0x%llx", i,
		       (unsigned long long)R.handler_msr);
		expect(ENTRY == 0xc00, "entered at 0xc00, msr %u: 0x%llx", i,
		       (unsigned long long)ENTRY);
	}
	pass("sc");
}

static void scv(void)
{
	u64 fscr = mfspr(153);

	mtspr(153, fscr & ~BIT(51));
	check_eq(GO(c_scv, USR), 0xf60, "scv without FSCR[SCV]");
	check_eq(mfspr(153) >> 56, 12, "cause");
	check_eq(AT, 4, "SRR0");
	mtspr(153, fscr | BIT(51));
	R.lr = R.ctr = 0;
	check_eq(GO(c_scv, USR), 0x3005, "scv 5");
	check_eq(ENTRY, 0x17000 + 5 * 32, "its entry");
	check_eq(R.lr, USER + 8, "LR is the next instruction");
	check_eq(R.ctr, USR, "CTR is MSR");
	check_eq(R.pc, USER, "SRR0 is not changed");
	check_eq(R.msr, USR, "SRR1 is not changed");
	check_eq(R.handler_msr, HANDLER_MSR | MSR_EE | MSR_RI, "EE and RI stay");
	hcall(H_SET_MODE, 3, 3);
	check_eq(GO(c_scv, USR), 0x3005, "scv 5, AIL 3");
	check_eq(ENTRY, 0xc000000000003000ULL + 5 * 32, "its entry");
	check_eq(R.handler_msr, HANDLER_MSR | MSR_EE | MSR_RI | MSR_IR | MSR_DR, "IR and DR stay");
	hcall(H_SET_MODE, 0, 3);
	mtspr(153, fscr);
}

static void program(void)
{
	check_eq(GO(c_illegal, MSR_REAL), 0x700, "illegal instruction");
	check_eq(R.msr, MSR_REAL | BIT(44), "SRR1: illegal");
	check_eq(AT, 0, "SRR0: the instruction");
	check_eq(GO(c_illegal, USR), 0x700, "illegal instruction in problem state");
	check_eq(R.msr, USR | BIT(44), "SRR1: illegal");
	check_eq(GO(c_trap, USR), 0x700, "trap");
	check_eq(R.msr, USR | BIT(46), "SRR1: trap");
	check_eq(AT, 4, "SRR0: the trap");
	R.gpr[3] = 5;
	check_eq(GO(c_trap_imm, USR), 0x700, "twi eq");
	R.gpr[3] = 4;
	check_eq(GO(c_trap_imm, USR), 0xc00, "twi eq, not equal");
	check_eq(GO(c_mfmsr, USR), 0x700, "mfmsr in problem state");
	check_eq(R.msr, USR | BIT(45), "SRR1: privileged");
}

static void floating(void)
{
	static const u64 fpscr_ve = 0x80;
	u64 *d = (u64 *)(code_page + 0x8000);

	check_eq(GO(c_fp, MSR_REAL), 0x800, "FP unavailable");
	check_eq(R.msr, MSR_REAL, "SRR1");
	check_eq(AT, 0, "SRR0");
	R.gpr[4] = USER + 0x8000;
	check_eq(GO(c_lfd, USR), 0x800, "FP unavailable, lfd in problem state");
	R.gpr[4] = 1; /* the facility comes first: the address is not looked at */
	check_eq(GO(c_lfd, USR), 0x800, "FP unavailable before the storage interrupt");
	check_eq(GO(c_fp, MSR_REAL | MSR_FP), 0xc00, "FP available");
	check_eq(GO(c_vec, MSR_REAL | MSR_FP | MSR_VSX), 0xf20, "VEC unavailable");
	check_eq(GO(c_vec, MSR_REAL | MSR_VEC), 0xc00, "VEC available");
	check_eq(GO(c_vsx, MSR_REAL | MSR_FP | MSR_VEC), 0xf40, "VSX unavailable");
	check_eq(GO(c_vsx_high, USR | MSR_FP | MSR_VEC), 0xf40, "VSX unavailable, high registers");
	check_eq(R.msr, USR | MSR_FP | MSR_VEC, "SRR1");
	check_eq(GO(c_vsx, MSR_REAL | MSR_VSX), 0xc00, "VSX available");
	/* FPSCR from f1: VE; then 0 / 0 in f2 */
	d[0] = fpscr_ve;
	asm volatile(
		"mfmsr 9; ori 9,9,0x2000; mtmsrd 9; .machine \"any\";"
		"lfd 1,0(%0); lfd 2,8(%0)" ::"r"(
			d)
		: "memory", "r9");
	d[1] = 0;
	asm volatile("lfd 2,8(%0)" ::"r"(d) : "memory");
	check_eq(GO(c_fdiv, MSR_REAL | MSR_FP | MSR_FE0 | MSR_FE1), 0x700,
		 "enabled invalid operation");
	check_eq(R.msr, MSR_REAL | MSR_FP | MSR_FE0 | MSR_FE1 | BIT(43), "SRR1: floating point");
	check_eq(AT, 4, "SRR0: the division");
	check_eq(GO(c_fdiv, MSR_REAL | MSR_FP), 0xc00, "FE0 = FE1 = 0: no interrupt");
}

static u64 facility(const u32 *code, const u32 *end, u64 bit, const char *name, u32 cause)
{
	u64 fscr = mfspr(153);

	mtspr(153, fscr & ~bit);
	expect(go_at(code, end, USR, 0) == 0xf60, "%s: vector 0x%llx", name,
	       (unsigned long long)R.vector);
	expect(mfspr(153) >> 56 == cause, "%s: cause %llu", name,
	       (unsigned long long)(mfspr(153) >> 56));
	expect(R.msr == USR && AT == 0, "%s: SRR1 0x%llx, SRR0 +0x%llx", name,
	       (unsigned long long)R.msr, (unsigned long long)AT);
	expect(go_at(code, end, MSR_VIRT | MSR_ME, 0) == 0xc00, "%s: privileged state may", name);
	mtspr(153, fscr | bit);
	expect(go_at(code, end, USR, 0) == 0xc00, "%s: with its FSCR bit, vector 0x%llx", name,
	       (unsigned long long)R.vector);
	mtspr(153, fscr);
	pass(name);
	return 0;
}

#define FACILITY(name, bit, cause) facility(name, name##_end, bit, #name " unavailable", cause)

static void facilities(void)
{
	FACILITY(c_tar_w, BIT(55), 8);
	FACILITY(c_tar_r, BIT(55), 8);
	FACILITY(c_dscr, BIT(61), 2);
	FACILITY(c_ebb, BIT(56), 7);
	if (P10) {
		u64 fscr = mfspr(153);

		FACILITY(c_prefix, BIT(50), 13);
		/* a prefixed instruction across a 64-byte boundary: alignment */
		mtspr(153, fscr | BIT(50));
		check_eq(go_at(c_prefix, c_prefix_end, USR, 60), 0x600,
			 "prefixed at 60 of 64 bytes");
		check_eq(R.msr & (BIT(34) | BIT(35)), BIT(34) | BIT(35),
			 "SRR1: prefixed, boundary");
		check_eq(AT, 60, "SRR0");
		mtspr(153, fscr);
	} else {
		check_eq(GO(c_prefix, USR), 0x700, "prefixed instructions are illegal before 3.1");
	}
	mtspr(153, mfspr(153) & ~BIT(55));
	R.gpr[3] = USER + 16;
	check_eq(GO(c_bctar, USR), 0xf60, "bctar needs TAR");
	mtspr(153, mfspr(153) | BIT(55));
	mtspr(153, mfspr(153) & ~BIT(56));
	check_eq(GO(c_rfebb, USR), 0xf60, "rfebb needs EBB");
	mtspr(153, mfspr(153) | BIT(56));
}

static void decrementer(void)
{
	u64 t0, dec;

	mtspr(22, 0x7fffffffffffffULL);
	dec = mfspr(22);
	check(dec <= 0x7fffffffffffffULL && dec > 0x7ffffffff00000ULL, "56 bits");
	mtspr(22, 0x8fffffffffffffULL);
	check((s64)mfspr(22) < 0 && mfspr(22) >> 56 == 0xff, "bit 8 is the sign, and is extended");
	mtspr(22, 0x70000000);
	t0 = timebase();
	R.gpr[3] = 512000 / 2;
	R.gpr[5] = 0;
	check_eq(GO(c_dec_loop, MSR_REAL | MSR_EE), 0x900, "decrementer");
	check(timebase() - t0 >= 512000 / 2, "not early");
	check(AT == 4 || AT == 8, "SRR0 is in the loop");
	check_eq(R.msr, MSR_REAL | MSR_EE, "SRR1");
	check_eq(R.handler_msr, HANDLER_MSR, "EE and RI are off afterwards");
	R.gpr[5] = 0;
	check_eq(GO(c_loop, MSR_REAL | MSR_EE), 0x900, "still pending while negative");
	check_eq(AT, 0, "at once");
	R.gpr[3] = ~0ULL;
	check_eq(GO(c_dec_loop, MSR_REAL | MSR_EE), 0x900, "-1 interrupts");
	check_eq(GO(c_sc, MSR_REAL), 0xc00, "EE = 0: it waits");
	mtspr(22, 0x70000000);
	check_eq(GO(c_sc, MSR_REAL | MSR_EE), 0xc00, "positive again: no longer pending");
	mtspr(22, ~0ULL);
	R.gpr[3] = MSR_EE | MSR_RI;
	check_eq(GO(c_mtmsrd1, MSR_REAL), 0x900, "mtmsrd that sets EE");
	check_eq(AT, 4, "taken before the next instruction");
	mtspr(22, 0x70000000);
}

static void align_case(const u32 *code, const u32 *end, u64 ea, u64 msr, const char *name)
{
	R.gpr[4] = ea;
	expect(go_at(code, end, msr, 0) == 0x600, "%s: vector 0x%llx", name,
	       (unsigned long long)R.vector);
	expect(R.dar == ea, "%s: DAR 0x%llx", name, (unsigned long long)R.dar);
	expect(AT == 0 && R.msr == msr, "%s: SRR0, SRR1 0x%llx", name, (unsigned long long)R.msr);
}

static void alignment(void)
{
	align_case(c_lharx, c_lharx_end, USER + 0x8001, USR, "lharx at 1");
	align_case(c_lwarx, c_lwarx_end, USER + 0x8002, USR, "lwarx at 2");
	align_case(c_ldarx, c_ldarx_end, (u64)code_page + 0x8004, MSR_REAL,
		   "ldarx at 4, real mode");
	align_case(c_lqarx, c_lqarx_end, USER + 0x8008, USR, "lqarx at 8");
	align_case(c_stdcx, c_stdcx_end, USER + 0x8004, USR, "stdcx. at 4");
	if (IS_LE)
		align_case(c_lmw, c_lmw_end, USER + 0x8000, USR, "lmw, little-endian");
	pass("alignment");
}

static void external(void)
{
	hcall(H_CPPR, 0xff);
	hcall(H_IPI, 0, 5);
	check_eq(GO(c_sc, MSR_REAL), 0xc00, "EE = 0: the external interrupt waits");
	check_eq(GO(c_sc, USR), 0x500, "external interrupt");
	check_eq(AT, 0, "nothing was executed");
	check_eq(R.msr, USR, "SRR1");
	check_eq(R.handler_msr, HANDLER_MSR, "MSR");
	hcall(H_XIRR, 0xff);
	check_eq(hret[0], 0xff000002, "it is the IPI");
	hcall(H_IPI, 0, 0xff);
	hcall(H_EOI, 0xff000002);
	check_eq(GO(c_sc, USR), 0xc00, "the line is low again");
	/* priorities: reset before external before decrementer */
	hcall(H_IPI, 0, 5);
	mtspr(22, ~0ULL);
	check_eq(GO(c_sc, USR), 0x500, "external before decrementer");
	hcall(H_XIRR, 0xff);
	hcall(H_IPI, 0, 0xff);
	hcall(H_EOI, 0xff000002);
	check_eq(GO(c_sc, USR), 0x900, "then the decrementer");
	mtspr(22, 0x70000000);
	hcall(H_CPPR, 0);
}

static void system_reset(void)
{
	R.gpr[3] = H_SIGNAL_SYS_RESET;
	R.gpr[4] = 0;
	check_eq(GO(c_hcall, MSR_REAL), 0x100, "system reset by H_SIGNAL_SYS_RESET, EE = 0");
	check_eq(R.gpr[3], 0, "H_SUCCESS");
	check_eq(AT, 4, "after the hypercall");
	check_eq(R.msr & (BIT(42) | BIT(43) | BIT(44) | BIT(45)), BIT(43), "SRR1 42:45");
	check_eq(R.msr & ~(BIT(42) | BIT(43) | BIT(44) | BIT(45)), MSR_REAL, "the rest of SRR1");
	R.gpr[3] = H_SIGNAL_SYS_RESET;
	R.gpr[4] = ~0ULL;
	check_eq(GO(c_hcall, MSR_VIRT | MSR_ME), 0x100, "to all");
	R.gpr[3] = H_SIGNAL_SYS_RESET;
	R.gpr[4] = (u64)-2;
	check_eq(GO(c_hcall, MSR_REAL), 0xc00, "to all others");
}

static void doorbell(void)
{
	R.gpr[3] = 5ULL << 27;
	check_eq(GO(c_doorbell, MSR_REAL), 0xc00, "msgsndp with EE = 0");
	check_eq(mfspr(176), 1, "DPDES");
	check_eq(GO(c_sc, MSR_REAL | MSR_EE), 0xa00, "directed privileged doorbell");
	check_eq(AT, 0, "SRR0");
	check_eq(mfspr(176), 0, "DPDES is clear");
	check_eq(GO(c_sc, MSR_REAL | MSR_EE), 0xc00, "once");
	R.gpr[3] = 5ULL << 27;
	GO(c_doorbell, MSR_REAL);
	asm volatile(".machine \"any\"; msgclrp %0" ::"r"(5ULL << 27));
	check_eq(GO(c_sc, MSR_REAL | MSR_EE), 0xc00, "msgclrp takes it back");
	R.gpr[3] = 4ULL << 27;
	GO(c_doorbell, MSR_REAL);
	check_eq(mfspr(176), 0, "another message type does nothing");
}

static void ail(void)
{
	hcall(H_SET_MODE, 3, 3);
	check_eq(GO(c_sc, USR), 0xc00, "sc, AIL 3");
	check_eq(ENTRY, 0xc000000000004c00ULL, "entry");
	check_eq(R.handler_msr, HANDLER_MSR | MSR_IR | MSR_DR, "relocation stays on");
	check_eq(GO(c_sc, MSR_REAL), 0xc00, "sc in real mode, AIL 3");
	check_eq(ENTRY, 0xc00, "entry");
	check_eq(R.handler_msr, HANDLER_MSR, "relocation stays off");
	check_eq(GO(c_sc, MSR_REAL | MSR_IR), 0xc00, "sc with IR alone");
	check_eq(ENTRY, 0xc00, "entry");
	check_eq(R.handler_msr, HANDLER_MSR, "relocation is off");
	R.gpr[3] = H_SIGNAL_SYS_RESET;
	R.gpr[4] = 0;
	check_eq(GO(c_hcall, MSR_VIRT | MSR_ME), 0x100, "system reset, AIL 3");
	check_eq(ENTRY, 0x100, "its entry is not moved");
	check_eq(R.handler_msr, HANDLER_MSR, "and relocation is off");
	check_eq(GO(c_illegal, USR), 0x700, "program, AIL 3");
	check_eq(ENTRY, 0xc000000000004700ULL, "entry");
	hcall(H_SET_MODE, 0, 3);
}

static void endian(void)
{
	vectors_endian(!IS_LE);
	check_eq(GO(c_sc, USR), 0xc00, "sc, handler of the other byte order");
	check_eq(R.swapped, 1, "it was");
	check_eq(R.msr, USR, "SRR1");
	check_eq(GO(c_trap, USR), 0x700, "trap, handler of the other byte order");
	check_eq(R.msr, USR | BIT(46), "SRR1");
	/* and code of the other byte order with a handler of ours */
	vectors_endian(IS_LE);
	put_code_swapped(code_page, c_sc, 1);
	R.pc = USER;
	R.msr = USR ^ MSR_LE;
	check_eq(run(&R), 0xc00, "sc, code of the other byte order");
	check_eq(R.msr, USR ^ MSR_LE, "SRR1");
	check_eq(R.handler_msr, HANDLER_MSR, "MSR");
}

static void msr_rules(void)
{
	/* rfid */
	check_eq(GO(c_sc, MSR_REAL | MSR_PR), 0xc00, "rfid to problem state without EE, IR, DR");
	check_eq(R.msr, USR, "they are forced");
	check_eq(GO(c_sc, MSR_REAL | BIT(3)), 0xc00, "rfid with HV");
	check_eq(R.msr, MSR_REAL, "HV stays 0");
	check_eq(GO(c_sc, MSR_REAL & ~MSR_ME), 0xc00, "rfid without ME");
	check_eq(R.msr, MSR_REAL, "ME stays 1");
	R.gpr[3] = MSR_EE;
	mtspr(22, 0x70000000);
	check_eq(GO(c_mtmsrd1, MSR_REAL | MSR_FP), 0xc00, "mtmsrd L=1");
	check_eq(R.msr, (MSR_REAL | MSR_FP | MSR_EE) & ~MSR_RI, "EE and RI alone");
	R.gpr[3] = MSR_PR | MSR_RI;
	check_eq(GO(c_mtmsrd1, MSR_REAL | MSR_EE), 0xc00, "mtmsrd L=1 with PR");
	check_eq(R.msr, MSR_REAL, "PR is not changed");
	R.gpr[3] = (MSR_REAL | MSR_FP | BIT(3)) ^ MSR_LE ^ MSR_ME;
	check_eq(GO(c_mtmsrd, MSR_REAL), 0xc00, "mtmsrd L=0");
	check_eq(R.msr, MSR_REAL | MSR_FP, "HV, LE and ME stay");
	R.gpr[3] = MSR_RI | MSR_FP;
	check_eq(GO(c_mtmsr, MSR_REAL | MSR_VEC), 0xc00, "mtmsr");
	check_eq(R.msr, MSR_REAL | MSR_FP, "the high half stays, the low half is the register's");
	/* 32-bit mode: SRR0 is whole, the interrupt goes to 64 bits */
	check_eq(GO(c_sc, MSR_REAL & ~MSR_SF), 0xc00, "sc in 32-bit mode");
	check_eq(R.msr, MSR_REAL & ~MSR_SF, "SRR1");
	check_eq(R.handler_msr, HANDLER_MSR, "64-bit mode");
	R.gpr[3] = MSR_REAL | MSR_PR;
	check_eq(GO(c_mtmsrd, MSR_VIRT | MSR_ME), 0x400,
		 "mtmsrd with PR: the code is not the user's");
	check_eq(R.msr & ~(BIT(33) | BIT(34) | BIT(35) | BIT(36)), USR, "PR forces EE, IR, DR");
}

CODE(p_mtmsr, "mtmsr 3");
CODE(p_mtmsrd, "mtmsrd 3");
CODE(p_rfid, "rfid");
CODE(p_rfscv, ".long 0x4c0000a4");
CODE(p_tlbie, "tlbie 3,4,0,1,1");
CODE(p_tlbiel, "tlbiel 3,4,0,1,1");
CODE(p_tlbsync, "tlbsync");
CODE(p_slbia, "slbia");
CODE(p_slbie, "slbie 3");
CODE(p_slbmte, "slbmte 3,4");
CODE(p_slbmfee, "slbmfee 3,4");
CODE(p_srr0, "mfspr 3,26");
CODE(p_srr1, "mtspr 27,3");
CODE(p_dar, "mfspr 3,19");
CODE(p_dec, "mtdec 3");
CODE(p_pid, "mtspr 48,3");
CODE(p_sprg0, "mfspr 3,272");
CODE(p_pvr, "mfspr 3,287");
CODE(p_iamr, "mfspr 3,61");
CODE(p_fscr, "mtspr 153,3");
CODE(p_msgsndp, "msgsndp 3");
CODE(p_lwzcix, "lwzcix 3,0,4");
CODE(p_unknown_priv, "mfspr 3,31");
CODE(u_unknown, "mfspr 3,2");
CODE(u_sprg3, "mfspr 3,259");
CODE(u_tb, "mfspr 3,268");
CODE(u_ctrl, "mfspr 3,136");
CODE(h_hrfid, "hrfid");
CODE(h_stop, "stop");
CODE(h_mtlpcr, "mtspr 318,3");
CODE(h_hsrr0, "mfspr 3,314");
CODE(s_unknown_r, "mfspr 3,31");
CODE(s_unknown_w, "mtspr 31,3");
CODE(s_zero_r, "mfspr 3,0");
CODE(s_zero_w, "mtspr 0,3");
CODE(s_four_r, "mfspr 3,4");

#define PROBLEM(name, bit)                                                                        \
	do {                                                                                      \
		R.gpr[3] = R.gpr[4] = USER + 0x8000;                                              \
		expect(GO(name, USR) == 0x700, #name ": vector 0x%llx",                           \
		       (unsigned long long)R.vector);                                             \
		expect(R.msr == (USR | (bit)), #name ": SRR1 0x%llx", (unsigned long long)R.msr); \
	} while (0)

static void privilege(void)
{
	PROBLEM(p_mtmsr, BIT(45));
	PROBLEM(p_mtmsrd, BIT(45));
	PROBLEM(p_rfid, BIT(45));
	PROBLEM(p_rfscv, BIT(45));
	PROBLEM(p_tlbie, BIT(45));
	PROBLEM(p_tlbiel, BIT(45));
	PROBLEM(p_tlbsync, BIT(45));
	PROBLEM(p_slbia, BIT(45));
	PROBLEM(p_slbie, BIT(45));
	PROBLEM(p_slbmte, BIT(45));
	PROBLEM(p_slbmfee, BIT(45));
	PROBLEM(p_srr0, BIT(45));
	PROBLEM(p_srr1, BIT(45));
	PROBLEM(p_dar, BIT(45));
	PROBLEM(p_dec, BIT(45));
	PROBLEM(p_pid, BIT(45));
	PROBLEM(p_sprg0, BIT(45));
	PROBLEM(p_pvr, BIT(45));
	PROBLEM(p_iamr, BIT(45));
	PROBLEM(p_fscr, BIT(45));
	PROBLEM(p_msgsndp, BIT(45));
	PROBLEM(p_lwzcix, BIT(45));
	PROBLEM(p_unknown_priv, BIT(45));
	PROBLEM(h_hrfid, BIT(45));
	PROBLEM(h_stop, BIT(45));
	PROBLEM(h_mtlpcr, BIT(45));
	PROBLEM(u_unknown, BIT(44));
	expect(GO(u_sprg3, USR) == 0xc00, "USPRG3 is readable");
	expect(GO(u_tb, USR) == 0xc00, "TB is readable");
	expect(GO(u_ctrl, USR) == 0xc00, "CTRL is readable");
	pass("problem state");
	R.gpr[3] = 0x4711;
	check_eq(GO(s_unknown_r, MSR_REAL), 0xc00, "unknown SPR in privileged state: no operation");
	check_eq(R.gpr[3], 0x4711, "the register stays");
	check_eq(GO(s_unknown_w, MSR_REAL), 0xc00, "and for writing");
	check_eq(GO(s_zero_r, MSR_REAL), 0x700, "mfspr 0");
	check_eq(R.msr, MSR_REAL | BIT(44), "illegal");
	check_eq(GO(s_four_r, MSR_REAL), 0x700, "mfspr 4");
	check_eq(GO(h_mtlpcr, MSR_REAL), 0xc00,
		 "LPCR in privileged state without HV: no operation");
	check_eq(GO(h_hsrr0, MSR_REAL), 0xc00, "HSRR0: no operation");
	check_eq(R.gpr[3], 0x4711, "the register stays");
	check_eq(GO(h_hrfid, MSR_REAL), 0x700, "hrfid in privileged state without HV");
	print("hrfid: SRR1 0x%llx\n", (unsigned long long)R.msr);
}

int main(void)
{
	mmu_init();
	code_init();
	mtspr(22, 0x70000000);
	syscalls();
	scv();
	program();
	floating();
	facilities();
	decrementer();
	alignment();
	external();
	system_reset();
	doorbell();
	ail();
	endian();
	msr_rules();
	privilege();
	return 0;
}
