/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firmware-assisted interrupts: ibm,nmi-register, a system reset and a machine
 * check at the registered addresses, ibm,nmi-interlock.
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define RTAS(name, token, handler, ...) T_##handler = token,
enum rtas_tokens {
#include "papr/rtas/rtas.def"
};
#undef RTAS

/* Where vectors_init() has more of them, for AIL 3. */
#define SRESET 0x4100
#define MCHECK 0x4200
#define ENTRY (r.cfar - 0x1c)

static u32 block[20];

static s64 of(const char *service, u32 a0, u32 a1, u32 a2, u32 nargs, u32 nret, u32 *ret)
{
	s64 r3;

	block[0] = be32((u32)(u64)service);
	block[1] = be32(nargs);
	block[2] = be32(nret);
	block[3] = be32(a0);
	block[4] = be32(a1);
	block[5] = be32(a2);
	asm volatile("" ::: "memory");
	r3 = call32(boot_r5, (u64)block);
	asm volatile("" ::: "memory");
	for (u32 i = 0; i < nret; i++)
		ret[i] = be32(block[3 + nargs + i]);
	return r3;
}

static u32 code[16];

int main(void)
{
	static const u32 reset[] = { 0x44000022, I_SC }, load[] = { 0xe8640000, I_SC };
	u32 ih, at, ret[2];
	struct regs r = { 0 };

	check_eq((u64)(s64)rtas(T_rtas_nmi_register, 2, 1, SRESET, MCHECK), (u64)-3,
		 "without RTAS: refused");
	check_eq((u64)(s64)rtas(T_rtas_nmi_interlock, 0, 1), (u64)-3,
		 "interlock outside of a machine check");
	of("open", (u32)(u64) "/rtas", 0, 0, 1, 1, &ih);
	of("claim", 0, 0x10000, 0x10000, 3, 1, &at);
	of("call-method", (u32)(u64) "instantiate-rtas", ih, at, 3, 2, ret);
	check(ret[0] == 0 && ret[1] == at, "instantiate-rtas");
	check_eq((u64)(s64)rtas(T_rtas_nmi_register, 2, 1, 0, MCHECK), (u64)-3, "no handler");
	check_eq((u64)(s64)rtas(T_rtas_nmi_register, 2, 1, SRESET, 0xfffffff0), (u64)-3,
		 "a handler outside of RAM");
	check_eq((u64)(s64)rtas(T_rtas_nmi_register, 2, 1, SRESET + 2, MCHECK), (u64)-3,
		 "a misaligned handler");
	check_eq((u64)(s64)rtas(T_rtas_nmi_register, 2, 1, SRESET, MCHECK), 0, "ibm,nmi-register");

	put_code(code, reset, 2);
	r = (struct regs){ .pc = (u64)code, .msr = MSR_REAL, .gpr[3] = H_SIGNAL_SYS_RESET };
	check_eq(run(&r), 0x100, "system reset");
	check_eq(ENTRY, SRESET, "at the registered address");
	check(r.gpr[3] >= at && r.gpr[3] < at + 0x10000, "r3 points into RTAS: 0x%llx",
	      (unsigned long long)r.gpr[3]);
	check_eq(be64(*(volatile u64 *)r.gpr[3]), 0, "the old r3: H_SUCCESS of the call");
	check_eq((u64)(s64)rtas(T_rtas_nmi_interlock, 0, 1), (u64)-3,
		 "no interlock after a system reset");

	put_code(code, load, 2);
	r = (struct regs){ .pc = (u64)code,
			   .msr = MSR_REAL,
			   .gpr[3] = 0x4711,
			   .gpr[4] = 1ULL << 45 };
	check_eq(run(&r), 0x200, "machine check");
	check_eq(ENTRY, MCHECK, "at the registered address");
	check_eq(be64(*(volatile u64 *)r.gpr[3]), 0x4711, "the old r3");
	check_eq(r.dar, 1ULL << 45, "DAR");
	check_eq(((volatile u8 *)r.gpr[3])[8], 6, "an error log of version 6");
	check_eq((u64)(s64)rtas(T_rtas_nmi_interlock, 0, 1), 0, "ibm,nmi-interlock");
	check_eq((u64)(s64)rtas(T_rtas_nmi_interlock, 0, 1), (u64)-3, "once");
	r = (struct regs){ .pc = (u64)code, .msr = MSR_REAL, .gpr[4] = 1ULL << 45 };
	check_eq(run(&r), 0x200, "another machine check after the interlock");
	check_eq(r.handler_msr & MSR_ME, 0, "ME is off until then");
	check_eq((u64)(s64)rtas(T_rtas_nmi_interlock, 0, 1), 0, "ibm,nmi-interlock");
	return 0;
}
