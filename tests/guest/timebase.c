/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time base: 512 MHz against the time of day, never backwards across
 * vCPUs; the decrementer is not early; H_CEDE waits for it.
 * guest-args: --smp 2
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define HZ 512000000ULL

static u64 nanoseconds(void)
{
	rtas(0x2001, 0, 8);
	return (((u64)rret[3] * 60 + rret[4]) * 60 + rret[5]) * 1000000000ULL + rret[6];
}

static void frequency(void)
{
	u64 best = ~0ULL, ticks = 0;

	/* the shortest of several measurements has the least noise */
	for (u32 i = 0; i < 3; i++) {
		u64 n0 = nanoseconds(), t0 = timebase(), n1, t1;

		while (timebase() - t0 < HZ / 5)
			continue;
		t1 = timebase();
		n1 = nanoseconds();
		if (n1 > n0 && n1 - n0 < best) {
			best = n1 - n0;
			ticks = t1 - t0;
		}
	}
	print("%llu ticks in %llu ns\n", (unsigned long long)ticks, (unsigned long long)best);
	check(ticks * 1000 > best * 512 / 100 * 95 && ticks * 1000 < best * 512 / 100 * 105,
	      "512 MHz");
}

static u64 last;
static volatile u32 go, done;

/* Each reads the other's latest time base first: its own may not be before. */
static void monotone(unsigned int cpu)
{
	u32 back = 0;

	__atomic_add_fetch(&go, 1, __ATOMIC_ACQ_REL);
	while (go < 2)
		continue;
	for (u32 i = 0; i < 50000; i++) {
		u64 seen = __atomic_load_n(&last, __ATOMIC_ACQUIRE), tb;

		asm volatile("isync" ::: "memory");
		tb = timebase();
		back += tb < seen;
		if (tb > seen)
			__atomic_store_n(&last, tb, __ATOMIC_RELEASE);
	}
	expect(!back, "vCPU %u saw the time base go back %u times", cpu, back);
	__atomic_add_fetch(&done, 1, __ATOMIC_ACQ_REL);
}

static u32 code[16];

static void decrementer(void)
{
	static const u32 loop[] = { 0x7c7603a6, 0x48000000 }; /* mtdec r3; b . */
	static const u32 cede[] = { 0x44000022, I_SC };
	u32 early = 0, late = 0;

	for (u64 n = 1000; n <= 4096000; n *= 4) {
		struct regs r = { .pc = (u64)code, .msr = MSR_REAL | MSR_EE, .gpr[3] = n };
		u64 t0, t;

		mtspr(22, 0x7fffffffffffULL);
		put_code(code, loop, 2);
		t0 = timebase();
		expect(run(&r) == 0x900, "vector 0x%llx", (unsigned long long)r.vector);
		t = timebase() - t0;
		early += t < n;
		late += t > n + HZ / 2;
		/* H_CEDE returns with the interrupt pending, and takes it */
		put_code(code, cede, 2);
		r = (struct regs){ .pc = (u64)code, .msr = MSR_REAL, .gpr[3] = H_CEDE };
		mtspr(22, n);
		t0 = timebase();
		expect(run(&r) == 0x900, "H_CEDE: vector 0x%llx", (unsigned long long)r.vector);
		t = timebase() - t0;
		early += t + 1 < n - n / 16 - 500;
		late += t > n + HZ / 2;
	}
	check_eq(early, 0, "decrementer interrupts are not early");
	check_eq(late, 0, "nor half a second late");
}

int main(void)
{
	u32 halves = 0;

	mtspr(22, 0x7fffffffffffULL);
	for (u32 i = 0; i < 1000; i++) {
		u64 hi = mfspr(269), tb = timebase(), hi2 = mfspr(269);

		halves += tb >> 32 == hi || tb >> 32 == hi2;
	}
	check_eq(halves, 1000, "TBU is the high half");
	frequency();
	check(start_cpu(1, monotone), "start-cpu");
	monotone(0);
	while (done < 2)
		continue;
	pass("monotone");
	decrementer();
	return 0;
}
