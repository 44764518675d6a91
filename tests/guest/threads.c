/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cores of four threads: thread numbers, doorbells between threads, also to one
 * that has ceded, and not to another core; yield counts of a vCPU that waits.
 * guest-args: --smp 8,threads=4
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define N 8

static u32 code[GUEST_CPUS][16];
static volatile u32 arrived, got[GUEST_CPUS], mode;
static u8 *vpa;

static void doorbell(u32 thread)
{
	asm volatile(".machine \"any\"; sync; msgsndp %0" ::"r"(5ULL << 27 | thread) : "memory");
}

static void pause(u64 ticks)
{
	for (u64 tb = timebase(); timebase() - tb < ticks;)
		hcall(H_CONFER, ~0ULL, 0);
}

/* Waits for one doorbell: in a loop (mode 0) or having ceded (mode 1). */
static void waiter(unsigned int cpu)
{
	static const u32 loop[] = { 0x48000000 }, cede[] = { 0x44000022, I_SC };
	struct regs r = { .pc = (u64)code[cpu], .msr = MSR_REAL | MSR_EE, .gpr[3] = H_CEDE };

	mtspr(22, 0x7fffffffffffULL);
	put_code(code[cpu], mode ? cede : loop, mode ? 2 : 1);
	if (mode)
		r.msr = MSR_REAL;
	expect(mfspr(446) == cpu % 4, "TIR of vCPU %u: %llu", cpu, (unsigned long long)mfspr(446));
	expect(mfspr(1023) == cpu, "PIR of vCPU %u", cpu);
	__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL);
	got[cpu] = (u32)run(&r);
}

static void yield_counts(unsigned int cpu)
{
	static const u32 cede[] = { 0x44000022, I_SC };
	struct regs r = { .pc = (u64)code[cpu], .msr = MSR_REAL, .gpr[3] = H_CEDE };

	mtspr(22, 0x7fffffffffffULL);
	put_code(code[cpu], cede, 2);
	expect(!hcall(H_REGISTER_VPA, 1ULL << 45, cpu, (u64)vpa), "VPA");
	__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL);
	got[cpu] = (u32)run(&r);
	hcall(H_REGISTER_VPA, 5ULL << 45, cpu, 0);
}

static u32 yield_count(void)
{
	return be32(*(volatile u32 *)(vpa + 0x100));
}

int main(void)
{
	check_eq(mfspr(446), 0, "TIR");
	for (mode = 0; mode < 2; mode++) {
		arrived = 0;
		for (u32 i = 1; i < N; i++) {
			got[i] = 0;
			while (!start_cpu(i, waiter))
				hcall(H_CONFER, ~0ULL, 0);
		}
		while (arrived != N - 1)
			hcall(H_CONFER, ~0ULL, 0);
		pause(5120000);
		for (u32 i = 1; i < 4; i++)
			doorbell(i);
		/* threads that there are not */
		doorbell(4);
		doorbell(127);
		pause(25600000);
		for (u32 i = 1; i < 4; i++)
			check_eq(got[i], 0xa00, "mode %u: doorbell of thread %u", mode, i);
		for (u32 i = 4; i < N; i++)
			check_eq(got[i], 0, "mode %u: vCPU %u is of another core", mode, i);
		hcall(H_SIGNAL_SYS_RESET, (u64)-2);
		for (u32 i = 4; i < N; i++) {
			while (!got[i])
				hcall(H_CONFER, ~0ULL, 0);
			check_eq(got[i], 0x100, "mode %u: system reset of vCPU %u", mode, i);
		}
		for (u32 i = 1; i < N; i++)
			do
				rtas(0x2005, 1, 2, i);
			while (rret[0]);
	}
	vpa = alloc(4096, 4096);
	memset(vpa, 0, 4096);
	*(volatile u16 *)(vpa + 4) = be16(640);
	arrived = 0;
	got[1] = 0;
	check(start_cpu(1, yield_counts), "start-cpu");
	while (!arrived)
		hcall(H_CONFER, ~0ULL, 0);
	pause(5120000);
	check(yield_count() & 1, "the yield count is odd while the vCPU waits: %u", yield_count());
	check_eq((u64)hcall(H_CONFER, 1, yield_count()), 0, "H_CONFER to it");
	hcall(H_PROD, 1);
	while (!got[1])
		hcall(H_CONFER, ~0ULL, 0);
	check_eq(got[1], 0xc00, "H_PROD wakes it");
	check(!(yield_count() & 1), "and even while it runs: %u", yield_count());
	return 0;
}
