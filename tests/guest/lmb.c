/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that goes and comes back: isolated LMBs are not there for any access
 * of any vCPU, nor for hypercalls and RTAS, whatever was cached before; the
 * first ones do not go.
 * guest-args: --smp 2 --memory 1G,max=2G
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "code.h"

#define RTAS(name, token, handler, ...) T_##handler = token,
enum rtas_tokens {
#include "papr/rtas/rtas.def"
};
#undef RTAS

#define ISOLATION 9001
#define ALLOCATION 9003
#define LMB_SIZE 0x10000000ULL
#define INDEX(lmb) (0x80000000u | (lmb))
#define PRV (MSR_VIRT | MSR_ME)
#define MCHECK 0x200
#define SC 0xc00
#define AT_LMB (LMB_SIZE + 0x20000) /* in LMB 1, which the identity map of mmu_init() has, too */

CODE(c_ld, "ld 3,0(4)");
CODE(c_std, "std 3,0(4)");
CODE(c_dcbz, "dcbz 0,4");
CODE(c_lwarx, "lwarx 3,0,4");
CODE(c_spin, "1: ld 3,0(4); cmpdi 3,0; bne 1b");

static u64 set(u32 type, unsigned int lmb, u32 value)
{
	return (u64)(s64)rtas(T_rtas_set_indicator, 3, 1, type, INDEX(lmb), value);
}

static u64 sense(unsigned int lmb)
{
	return rtas(T_rtas_get_sensor_state, 2, 2, ALLOCATION, INDEX(lmb)) ? ~0ULL : rret[0];
}

static u64 access(const u32 *code, const u32 *end, u64 ea, u64 msr)
{
	R.gpr[4] = ea;
	R.gpr[3] = 0x4711;
	return go_at(code, end, msr, 0);
}

#define ACCESS(name, ea, msr) access(name, name##_end, ea, msr)

/* Jumps to @ea, where an sc was. */
static u64 jump(u64 ea, u64 msr)
{
	R.pc = ea;
	R.msr = msr;
	return run(&R);
}

static void every_access(u64 vector, const char *when)
{
	check_eq(ACCESS(c_ld, AT_LMB, MSR_REAL), vector, "%s: load, real mode", when);
	check_eq(ACCESS(c_ld, AT_LMB, PRV), vector, "%s: load, translated", when);
	check_eq(ACCESS(c_std, AT_LMB + 8, MSR_REAL), vector, "%s: store, real mode", when);
	check_eq(ACCESS(c_std, AT_LMB + 8, PRV), vector, "%s: store, translated", when);
	/* what only memory can do: the interrupts for what is no memory */
	check_eq(ACCESS(c_lwarx, AT_LMB, PRV), vector == SC ? SC : 0x300, "%s: load and reserve",
		 when);
	check_eq(ACCESS(c_dcbz, AT_LMB + 0x1000, PRV), vector == SC ? SC : 0x600, "%s: dcbz", when);
	/* across the border of the LMB */
	check_eq(ACCESS(c_ld, LMB_SIZE - 4, PRV), vector, "%s: load across its start", when);
	check_eq(ACCESS(c_ld, 2 * LMB_SIZE - 4, MSR_REAL), vector, "%s: load across its end", when);
}

static void hypercalls(bool is_there)
{
	u64 st = is_there ? H_SUCCESS : (u64)H_PARAMETER;
	static u8 page[4096] __attribute__((aligned(4096)));
	u32 *block = (u32 *)(AT_LMB + 0x4000);

	check_eq((u64)hcall(H_PAGE_INIT, BIT(48), AT_LMB), st, "H_PAGE_INIT to it");
	check_eq((u64)hcall(H_PAGE_INIT, BIT(49), (u64)page, AT_LMB), st, "H_PAGE_INIT from it");
	check_eq((u64)hcall(H_LOGICAL_CI_LOAD, 8, AT_LMB), st, "H_LOGICAL_CI_LOAD");
	check_eq((u64)hcall(H_LOGICAL_CI_STORE, 8, AT_LMB, 0), st, "H_LOGICAL_CI_STORE");
	check_eq((u64)hcall(H_LOGICAL_DCBF, 2 * LMB_SIZE - 1), st, "H_LOGICAL_DCBF");
	if (is_there) {
		block[0] = be32(T_rtas_get_time_of_day);
		block[1] = 0;
		block[2] = be32(8);
	}
	check(!rtas_block((u64)block) == is_there, "an RTAS argument block");
}

/* An area that stays registered while its memory goes: the hypervisor lives with that. */
#define VPA_AT (AT_LMB + 0x8000)
#define REG_VPA (1ULL << 45)
#define DEREG_VPA (5ULL << 45)

static void register_vpa(void)
{
	for (u64 cpu = 0; cpu < 2; cpu++) {
		u64 at = VPA_AT + cpu * 0x1000;

		*(volatile u16 *)(at + 4) = be16(640);
		check_eq((u64)hcall(H_REGISTER_VPA, REG_VPA, cpu, at), H_SUCCESS, "a VPA there");
	}
}

static void without_vpa(void)
{
	check_eq((u64)hcall(H_PROD, 0), H_SUCCESS, "H_PROD with the VPA gone");
	check_eq((u64)hcall(H_CEDE), H_SUCCESS, "H_CEDE");
	check_eq((u64)hcall(H_CONFER, 1, 0), H_SUCCESS, "H_CONFER");
	check_eq((u64)hcall(H_REGISTER_VPA, REG_VPA, 0, VPA_AT), (u64)H_PARAMETER,
		 "no VPA where nothing is");
	check_eq((u64)hcall(H_REGISTER_VPA, DEREG_VPA, 0, 0), H_SUCCESS, "it is taken back");
}

/* ---- another vCPU looks at it all the time ---- */

static struct regs spin_regs;
static u8 *spin_code;
static volatile u64 spin_state, spin_vector;

static void spin(unsigned int cpu)
{
	(void)cpu;
	spin_regs.pc = (u64)spin_code;
	spin_regs.msr = MSR_REAL;
	spin_regs.gpr[4] = AT_LMB + 0x100;
	spin_state = 1;
	spin_vector = run(&spin_regs);
	spin_state = 2;
	for (;;)
		rtas(RTAS_STOP_SELF, 0, 0);
}

static void wait_for(u64 state)
{
	u64 end = timebase() + 512000000ULL * 20;

	while (spin_state != state && timebase() < end)
		;
	check_eq(spin_state, state, "the other vCPU is in step %llu", (unsigned long long)state);
}

static void take_away(void)
{
	u64 now;

	spin_code = alloc(4096, 4096);
	put_code(spin_code, c_spin, (unsigned int)(c_spin_end - c_spin));
	*(volatile u64 *)(AT_LMB + 0x100) = 1;
	check(start_cpu(1, spin), "another vCPU starts");
	wait_for(1);
	for (now = timebase(); timebase() < now + 5120000;)
		;
	check_eq(set(ISOLATION, 1, 0), 0, "LMB 1 is isolated");
	wait_for(2);
	check_eq(spin_vector, MCHECK, "and the other vCPU has a machine check");
}

static void rma(void)
{
	check_eq(set(ISOLATION, 0, 0), (u64)-1, "LMB 0 cannot be isolated");
	check_eq(set(ALLOCATION, 0, 0), (u64)-3, "nor given back");
	check_eq(ACCESS(c_ld, 0x100000, MSR_REAL), SC, "it is still there");
}

int main(void)
{
	mmu_init();
	code_init();
	rma();
	memset((void *)AT_LMB, 0x5a, 0x2000);
	put_code((void *)(AT_LMB + 0x800), (const u32[]){ I_SC }, 1);
	every_access(SC, "before");
	check_eq(jump(AT_LMB + 0x800, MSR_REAL), SC, "before: fetch, real mode");
	check_eq(jump(AT_LMB + 0x800, PRV), SC, "before: fetch, translated");
	hypercalls(true);
	register_vpa();
	take_away();
	every_access(MCHECK, "isolated");
	check_eq(jump(AT_LMB + 0x800, MSR_REAL), 0x400, "isolated: fetch, real mode");
	check_eq(jump(AT_LMB + 0x800, PRV), 0x400, "isolated: fetch, translated");
	check_eq(ACCESS(c_ld, 2 * LMB_SIZE, MSR_REAL), SC, "what is beside it stays");
	hypercalls(false);
	without_vpa();
	check_eq(sense(1), 1, "it is still the guest's");
	check_eq(set(ALLOCATION, 1, 0), 0, "it is given back");
	check_eq(set(ISOLATION, 1, 1), (u64)-3, "and not the guest's");
	check_eq(set(ALLOCATION, 1, 1), 0, "nobody wants it: the guest takes it again");
	check_eq(ACCESS(c_ld, AT_LMB, PRV), MCHECK, "that makes no memory yet");
	check_eq(set(ISOLATION, 1, 1), 0, "unisolated");
	check_eq(ACCESS(c_ld, AT_LMB, PRV), SC, "it is there");
	check_eq(R.gpr[3], 0, "and clear");
	every_access(SC, "again");
	hypercalls(true);
	check_eq(set(ALLOCATION, 4, 1), (u64)-3, "LMB 4 is room for more, nothing else");
	check_eq(ACCESS(c_ld, 4 * LMB_SIZE, MSR_REAL), MCHECK, "where nothing is");
	check_eq(set(ISOLATION, 8, 1), (u64)-3, "there is no LMB 8");
	finish();
}
