/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second machine check before ibm,nmi-interlock: a checkstop.
 * guest-status: 4
 * guest-expect: ^first$
 * guest-expect: machine check
 */
#define main nmi_main
#include "nmi.c"
#undef main

int main(void)
{
	static const u32 load[] = { 0xe8640000, I_SC };
	u32 ih, at, ret[2];
	struct regs r;

	(void)nmi_main;
	of("open", (u32)(u64) "/rtas", 0, 0, 1, 1, &ih);
	of("claim", 0, 0x10000, 0x10000, 3, 1, &at);
	of("call-method", (u32)(u64) "instantiate-rtas", ih, at, 3, 2, ret);
	check(!rtas(T_rtas_nmi_register, 2, 1, SRESET, MCHECK), "ibm,nmi-register");
	put_code(code, load, 2);
	for (u32 i = 0; i < 2; i++) {
		r = (struct regs){ .pc = (u64)code, .msr = MSR_REAL, .gpr[4] = 1ULL << 45 };
		run(&r);
		print(i ? "second\n" : "first\n");
	}
	return 0;
}
