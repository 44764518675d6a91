/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XICS presentation by hypercall: XIRR, CPPR, MFRR, EOI, IPOLL, with two vCPUs'
 * registers seen from one. Sources of devices are in rtas.c and console tests.
 * guest-args: --smp 2 --interrupt-controller xics
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

static u32 code[16];

static u64 interrupted(void)
{
	static const u32 body[] = { I_NOP, I_SC };
	struct regs r = { .pc = (u64)code, .msr = MSR_REAL | MSR_EE };

	put_code(code, body, 2);
	return run(&r);
}

static void poll(u32 server, u32 xirr, u32 mfrr, const char *when)
{
	hcall(H_IPOLL, server);
	check(hret[0] == xirr && hret[1] == mfrr, "%s: XIRR 0x%08x, MFRR 0x%02x", when,
	      (u32)hret[0], (u32)hret[1]);
}

int main(void)
{
	mtspr(22, 0x7fffffffffffULL);
	poll(0, 0, 0xff, "at the start");
	hcall(H_IPI, 0, 4);
	poll(0, 0, 4, "an IPI while CPPR is 0");
	check_eq(interrupted(), 0xc00, "no interrupt");
	hcall(H_CPPR, 4);
	check_eq(interrupted(), 0xc00, "CPPR 4 does not admit 4");
	hcall(H_CPPR, 5);
	poll(0, 0x05000002, 4, "CPPR 5");
	check_eq(interrupted(), 0x500, "external interrupt");
	poll(0, 0x05000002, 4, "H_IPOLL accepts nothing");
	hcall(H_CPPR, 3);
	poll(0, 0x03000000, 4, "taken back by CPPR 3");
	check_eq(interrupted(), 0xc00, "no interrupt");
	hcall(H_CPPR, 0xff);
	hcall(H_XIRR, 0xff);
	check_eq(hret[0], 0xff000002, "H_XIRR");
	poll(0, 0x04000000, 4, "accepted: CPPR is its priority");
	check_eq(interrupted(), 0xc00, "no interrupt");
	hcall(H_XIRR, 0xff);
	check_eq(hret[0], 0x04000000, "H_XIRR again: nothing");
	/* a more favored IPI while this one is in service */
	hcall(H_IPI, 0, 1);
	poll(0, 0x04000002, 1, "a more favored one");
	check_eq(interrupted(), 0x500, "external interrupt");
	hcall(H_XIRR, 0xff);
	check_eq(hret[0], 0x04000002, "H_XIRR, nested");
	hcall(H_IPI, 0, 0xff);
	check_eq((u64)hcall(H_EOI, 0x04000002), 0, "H_EOI of the inner one");
	poll(0, 0x04000000, 0xff, "back at 4");
	check_eq((u64)hcall(H_EOI, 0xff000002), 0, "H_EOI of the outer one");
	poll(0, 0xff000000, 0xff, "back at 0xff");
	/* MFRR that stays makes the IPI come again after EOI */
	hcall(H_IPI, 0, 7);
	hcall(H_XIRR, 0xff);
	hcall(H_EOI, 0xff000002);
	poll(0, 0xff000002, 7, "again after EOI");
	hcall(H_IPI, 0, 0xff);
	poll(0, 0xff000000, 0xff, "gone with MFRR 0xff");
	check_eq(interrupted(), 0xc00, "no interrupt");
	/* another server */
	hcall(H_IPI, 1, 3);
	poll(1, 0, 3, "server 1");
	poll(0, 0xff000000, 0xff, "server 0 has nothing of it");
	check_eq(interrupted(), 0xc00, "no interrupt here");
	hcall(H_IPI, 1, 0xff);
	hcall(H_XIRR_X, 0xff);
	check_eq(hret[0], 0xff000000, "H_XIRR_X: nothing");
	return 0;
}
