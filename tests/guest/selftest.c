/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime itself: registers through run(), hypercalls, paging, both byte
 * orders of handlers.
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

static u32 code[16];

int main(void)
{
	static const u32 body[] = { 0x38630001, I_SC }; /* addi r3,r3,1; sc */
	struct regs r = { 0 };

	put_code(code, body, 2);
	r.pc = (u64)code;
	r.msr = MSR_REAL;
	for (int i = 0; i < 32; i++)
		r.gpr[i] = 0x1000u + (u32)i;
	r.lr = 0x1234;
	r.ctr = 0x5678;
	r.cr = 0x12345678;
	r.xer = 0x20000000;
	check_eq(run(&r), 0xc00, "vector of sc");
	check_eq(r.pc, (u64)code + 8, "SRR0 of sc");
	check_eq(r.msr, MSR_REAL, "SRR1 of sc");
	for (int i = 0; i < 32; i++)
		expect(r.gpr[i] == 0x1000u + (u32)i + (i == 3), "r%d", i);
	pass("registers");
	check_eq(r.lr, 0x1234, "LR");
	check_eq(r.ctr, 0x5678, "CTR");
	check_eq(r.cr, 0x12345678, "CR");
	check_eq(r.xer, 0x20000000, "XER");
	check_eq(r.handler_msr, MSR_SF | MSR_OWN_LE | MSR_ME, "MSR in the handler");
	vectors_endian(!IS_LE);
	r.pc = (u64)code;
	check_eq(run(&r), 0xc00, "vector of sc, handler of the other byte order");
	check_eq(r.pc, (u64)code + 8, "SRR0");
	check_eq(r.gpr[12], 0x1000 + 12, "r12");
	check_eq(r.swapped, 1, "entered in the other byte order");
	vectors_endian(IS_LE);
	mmu_init();
	r.pc = (u64)code;
	r.msr = MSR_VIRT;
	check_eq(run(&r), 0xc00, "sc with relocation on");
	check_eq(r.handler_msr, MSR_SF | MSR_OWN_LE | MSR_ME, "MSR in the handler, AIL 0");
	return 0;
}
