/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four vCPUs: atomics with exact totals, H_PROD, H_CEDE, H_CONFER, H_JOIN,
 * tlbie while others run, IPIs, memory order. This run is with XICS.
 * guest-args: --smp 4 --interrupt-controller xics
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define N 4
#define ROUNDS 20000u
#define T 0x20000000000ULL
#define USR (MSR_USER | MSR_ME)
#define RC (PTE_REF | PTE_CHG)

static bool is_xive;

/* ---- all vCPUs run a step together ---- */

static u32 barrier_count, barrier_round;

static void barrier(void)
{
	u32 round = __atomic_load_n(&barrier_round, __ATOMIC_ACQUIRE);

	if (__atomic_add_fetch(&barrier_count, 1, __ATOMIC_ACQ_REL) == N) {
		barrier_count = 0;
		__atomic_store_n(&barrier_round, round + 1, __ATOMIC_RELEASE);
		return;
	}
	/* few host processors: let the others go on */
	while (__atomic_load_n(&barrier_round, __ATOMIC_ACQUIRE) == round)
		hcall(H_CONFER, ~0ULL, 0);
}

/* ---- counters ---- */

static u64 counter64 __attribute__((aligned(16)));
static u32 counter32;
static u16 counter16;
static u8 counter8;
static u64 quad[2] __attribute__((aligned(16)));
static u64 lock_word, locked_a, locked_b;
static u64 amo64;

static void add16(u16 *p)
{
	u32 v;

	asm volatile("1: lharx %0,0,%1; addi %0,%0,1; sthcx. %0,0,%1; bne- 1b"
		     : "=&r"(v)
		     : "r"(p)
		     : "cr0", "memory");
}

static void add8(u8 *p)
{
	u32 v;

	asm volatile("1: lbarx %0,0,%1; addi %0,%0,1; stbcx. %0,0,%1; bne- 1b"
		     : "=&r"(v)
		     : "r"(p)
		     : "cr0", "memory");
}

/* Adds 1 to one half and 3 to the other, together. */
static void add_quad(u64 *p)
{
	asm volatile(
		".machine \"any\"; 1: lqarx 8,0,%0; addi 8,8,1;"
		"addi 9,9,3; stqcx. 8,0,%0; bne- 1b" ::
			"r"(p)
		: "r8", "r9", "cr0", "memory");
}

static void take(u64 *l)
{
	while (__atomic_exchange_n(l, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(l, __ATOMIC_RELAXED))
			hcall(H_CONFER, ~0ULL, 0);
}

static void counters(unsigned int cpu)
{
	barrier();
	for (u32 i = 0; i < ROUNDS; i++) {
		__atomic_add_fetch(&counter64, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&counter32, 1, __ATOMIC_RELAXED);
		add16(&counter16);
		add8(&counter8);
		add_quad(quad);
		/* stdat: add without a result, function 0 */
		asm volatile(".machine \"any\"; stdat %0,%1,0" ::"r"(1ULL), "r"(&amo64) : "memory");
	}
	for (u32 i = 0; i < ROUNDS / 10; i++) {
		take(&lock_word);
		locked_a++;
		asm volatile("" ::: "memory");
		locked_b += 2;
		__atomic_store_n(&lock_word, 0, __ATOMIC_RELEASE);
	}
	barrier();
	if (cpu)
		return;
	check_eq(counter64, N * ROUNDS, "doubleword counter");
	check_eq(counter32, N * ROUNDS, "word counter");
	check_eq(counter16, (u16)(N * ROUNDS), "halfword counter");
	check_eq(counter8, (u8)(N * ROUNDS), "byte counter");
	check(quad[0] + quad[1] == 4ULL * N * ROUNDS &&
		      (quad[0] == N * ROUNDS || quad[1] == N * ROUNDS),
	      "quadword counter: %llu and %llu", (unsigned long long)quad[0],
	      (unsigned long long)quad[1]);
	check_eq(amo64, N * ROUNDS, "stdat counter");
	check(locked_a == N * ROUNDS / 10 && locked_b == 2 * locked_a, "counters under a lock");
}

/* A store of another processor must end the reservation, whatever it writes. */
static u64 contended __attribute__((aligned(128)));
static u32 stolen;

static void reservations(unsigned int cpu)
{
	u64 v, ok;

	barrier();
	if (cpu == 0) {
		/* the same value again, by ourselves: ldarx; another size; stdcx. elsewhere */
		asm volatile("ldarx %0,0,%2; li %1,1; stdcx. %0,0,%3; bne 1f; li %1,0; 1:"
			     : "=&r"(v), "=&r"(ok)
			     : "r"(&contended), "r"(&counter64)
			     : "cr0", "memory");
		print("stdcx. to another address %s\n", ok ? "fails" : "stores");
		asm volatile(
			"ldarx %0,0,%2; stdcx. %0,0,%2; li %1,1;"
			"stdcx. %0,0,%2; bne 1f; li %1,0; 1:"
			: "=&r"(v), "=&r"(ok)
			: "r"(&contended)
			: "cr0", "memory");
		check(ok, "stdcx. without a reservation fails");
	}
	(void)stolen;
	barrier();
}

/* ---- memory order ---- */

static volatile u64 x __attribute__((aligned(128))), y __attribute__((aligned(128)));
static volatile u64 seen0 __attribute__((aligned(128))), seen1 __attribute__((aligned(128)));

/* vCPUs 0 and 1 meet without a hypercall, so that they are close. */
static u64 meet_at __attribute__((aligned(128)));

static void meet(u64 round)
{
	u32 spins = 0;

	__atomic_add_fetch(&meet_at, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&meet_at, __ATOMIC_ACQUIRE) < 2 * round)
		if (++spins % 1000 == 0)
			hcall(H_CONFER, ~0ULL, 0);
}

static void litmus(unsigned int cpu)
{
	u64 bad_mp = 0, bad_sb = 0, round = 0;

	barrier();
	if (cpu > 1)
		goto out;
	for (u32 i = 1; i <= 3000; i++) {
		/* message passing with lwsync */
		if (cpu == 0) {
			x = i;
			asm volatile("lwsync" ::: "memory");
			y = i;
		} else {
			u64 b = y, a;

			asm volatile("lwsync" ::: "memory");
			a = x;
			bad_mp += b == i && a != i;
		}
		meet(++round);
	}
	for (u32 i = 0; i < 3000; i++) {
		if (cpu == 0)
			x = 0;
		else
			y = 0;
		meet(++round);
		/* store buffering with hwsync */
		if (cpu == 0) {
			x = 1;
			asm volatile("sync" ::: "memory");
			seen0 = y;
		} else {
			y = 1;
			asm volatile("sync" ::: "memory");
			seen1 = x;
		}
		meet(++round);
		bad_sb += seen0 == 0 && seen1 == 0;
		meet(++round);
	}
	expect(bad_mp == 0, "message passing, vCPU %u: %llu", cpu, (unsigned long long)bad_mp);
	expect(bad_sb == 0, "store buffering, vCPU %u: %llu", cpu, (unsigned long long)bad_sb);
out:
	barrier();
	if (!cpu)
		pass("memory order");
}

/* ---- H_CEDE, H_PROD, H_JOIN ---- */

static u64 token __attribute__((aligned(128)));

/* Ceding in C would leave EE set: sc 1; sc in run(). Answers the status. */
static u64 cede(unsigned int cpu)
{
	static u32 code[GUEST_CPUS][16];
	static const u32 body[] = { 0x44000022, I_SC };
	struct regs r = { .pc = (u64)code[cpu], .msr = MSR_REAL, .gpr[3] = H_CEDE };

	put_code(code[cpu], body, 2);
	mtspr(22, 0x7fffffffffffULL);
	return run(&r) == 0xc00 ? r.gpr[3] : ~0ULL;
}

/* A token goes round; whoever waits for it has ceded with EE = 0 and is prodded. */
static void prods(unsigned int cpu)
{
	u32 wrong = 0;
	u64 tb;

	barrier();
	tb = timebase();
	for (u64 i = cpu; i < 400; i += N) {
		while (__atomic_load_n(&token, __ATOMIC_ACQUIRE) != i) {
			wrong += cede(cpu) != 0;
			if (timebase() - tb > 10 * 512000000ULL) {
				expect(false, "vCPU %u waits for a prod", cpu);
				i = 400;
				break;
			}
		}
		__atomic_store_n(&token, i + 1, __ATOMIC_RELEASE);
		wrong += hcall(H_PROD, (cpu + 1) % N) != 0;
	}
	expect(!wrong, "H_CEDE and H_PROD of vCPU %u: %u wrong", cpu, wrong);
	barrier();
	if (!cpu)
		pass("a token passed by H_PROD");
}

static u32 joined;

static void joins(unsigned int cpu)
{
	barrier();
	/* H_JOIN takes a prod that is left over, as H_CEDE does: be sure that there is none */
	hcall(H_PROD, cpu);
	cede(cpu);
	barrier();
	for (u32 i = 0; i < 20; i++) {
		s64 st;

		barrier();
		joined = 0;
		barrier();
		st = hcall(H_JOIN);
		/* one of them is the last; it wakes the others */
		if (st == H_CONTINUE) {
			__atomic_add_fetch(&joined, 1, __ATOMIC_RELAXED);
			for (u32 k = 0; k < N; k++)
				if (k != cpu)
					hcall(H_PROD, k);
		} else {
			expect(st == H_SUCCESS, "H_JOIN = %lld", (unsigned long long)st);
		}
		barrier();
		if (!cpu)
			expect(joined == 1, "one vCPU was the last to join: %u", joined);
		barrier();
	}
	barrier();
	if (!cpu)
		pass("H_JOIN");
}

/* ---- translation ---- */

static u8 *pages[2];
static u32 user_code_page[1024] __attribute__((aligned(4096)));
static volatile u32 stop_readers;
static u32 n_reads[GUEST_CPUS];

#define UCODE 0x10000000000ULL

/* loop: lbz r3,0(r4); add r6,r6,r3; addi r5,r5,-1; cmpdi r5,0; bne loop; sc */
static const u32 read_loop[] = { 0x88640000, 0x7cc61a14, 0x38a5ffff, 0x2c250000, 0x4082fff0, I_SC };

/*
 * vCPU 0 swaps the page behind an address, and makes it go away, with tlbie;
 * once that is done nobody may see the old page. Pages hold 1 and 2; the old
 * one is poisoned with 0x80 while it is unmapped.
 */
static void shootdown(unsigned int cpu)
{
	u32 bad = 0, rounds = 0, faults = 0;
	u64 ea = T;
	u64 *leaf;

	mtspr(48, 1);
	barrier();
	if (cpu == 0) {
		for (u32 i = 0; i < 300; i++) {
			u32 now = i & 1;

			memset(pages[now], (int)now + 1, 16);
			leaf = map(1, ea, (u64)pages[now], 12, PTE_R | PTE_W | RC);
			for (u64 tb = timebase(); timebase() - tb < 20000;)
				continue;
			unmap(leaf);
			if (i % 3 == 0)
				tlbie_page(1, ea, 12);
			else if (i % 3 == 1)
				tlbie_pid(1);
			else
				hcall(H_RPT_INVALIDATE, 1, 1, 2, 1, ea, ea + 4096);
			pages[now][0] = 0x80;
		}
		stop_readers = 1;
	} else {
		struct regs r = { 0 };

		while (!stop_readers) {
			r.pc = UCODE;
			r.msr = USR;
			r.gpr[4] = ea;
			r.gpr[5] = 50;
			r.gpr[6] = 0;
			mtspr(22, 0x7fffffffffffULL);
			if (run(&r) == 0x300)
				faults++;
			else
				n_reads[cpu]++;
			rounds++;
			/* a poisoned byte makes the sum too large, or an odd value of r3 */
			bad += r.gpr[6] > 100 || r.gpr[3] & 0x80;
		}
	}
	barrier();
	expect(!bad, "vCPU %u saw a page that was gone: %u of %u", cpu, bad, rounds);
	if (!cpu)
		pass("tlbie while others run");
	else
		print("vCPU %u: %u reads, %u faults\n", cpu, n_reads[cpu], faults);
	barrier();
}

/* R and C are set by one vCPU while another changes a software bit: neither is lost. */
static void rc_updates(unsigned int cpu)
{
	static u64 *leaf;
	static volatile u64 go;
	u64 ea = T + 0x10000, lost = 0;

	if (cpu == 0)
		leaf = map(1, ea, (u64)pages[0], 12, PTE_R | PTE_W);
	barrier();
	if (cpu > 1)
		goto out;
	for (u32 i = 0; i < 300; i++) {
		if (cpu == 0) {
			__atomic_store_n(leaf,
					 be64(PTE_VALID | PTE_LEAF | (u64)pages[0] | PTE_R | PTE_W),
					 __ATOMIC_RELEASE);
			tlbie_page(1, ea, 12);
			__atomic_store_n(&go, 2 * i + 1, __ATOMIC_RELEASE);
			/* 64 flips of software's bit 0x200: each must find its own value */
			for (u32 k = 0; k < 64; k++) {
				u64 old = __atomic_fetch_xor(leaf, be64(0x200), __ATOMIC_RELAXED);

				lost += (be64(old) >> 9 & 1) != (k & 1);
			}
			while (__atomic_load_n(&go, __ATOMIC_ACQUIRE) != 2 * i + 2)
				hcall(H_CONFER, 1, 0);
			lost += (be64(*leaf) & RC) != RC;
			lost += be64(*leaf) >> 9 & 1;
		} else {
			struct regs r = { .pc = UCODE + 64, .msr = USR, .gpr[4] = ea };

			while (__atomic_load_n(&go, __ATOMIC_ACQUIRE) != 2 * i + 1)
				hcall(H_CONFER, 0, 0);
			mtspr(22, 0x7fffffffffffULL);
			lost += run(&r) != 0xc00;
			__atomic_store_n(&go, 2 * i + 2, __ATOMIC_RELEASE);
		}
	}
	expect(!lost, "R, C and software's bits, vCPU %u: %llu lost", cpu,
	       (unsigned long long)lost);
out:
	barrier();
	if (!cpu)
		pass("R and C updates are atomic");
}

/* ---- IPIs ---- */

#define ESB(lisn, off) (0x0006010000000000ULL + ((u64)(lisn) << 17) + (off))
#define TIMA_OS 0x0006030200020000ULL
static u64 ipi_token __attribute__((aligned(128)));
static u32 *eq[GUEST_CPUS];

static u64 io_read(u64 at, u32 size)
{
	hcall(H_LOGICAL_CI_LOAD, size, at);
	return hret[0];
}

static void io_write(u64 at, u32 size, u64 v)
{
	hcall(H_LOGICAL_CI_STORE, size, at, v);
}

static void ipi_init(unsigned int cpu)
{
	if (!is_xive) {
		hcall(H_CPPR, 0xff);
		return;
	}
	eq[cpu] = (u32 *)(pages[0] + 0x100000 + 65536ULL * cpu);
	memset(eq[cpu], 0, 65536);
	expect(!hcall(H_INT_SET_QUEUE_CONFIG, 1, cpu, 5, (u64)eq[cpu], 16), "queue of %u", cpu);
	expect(!hcall(H_INT_SET_SOURCE_CONFIG, 2, cpu, cpu, 5, 0x100 + cpu), "source %u", cpu);
	hcall(H_INT_ESB, 0, cpu, 0xc00, 0); /* PQ = 00 */
	io_write(TIMA_OS + 0x11, 1, 0xff);
}

static void ipi_send(unsigned int to)
{
	if (is_xive)
		io_write(ESB(to, 0), 8, 0);
	else
		hcall(H_IPI, to, 4);
}

/* Takes the interrupt at the controller; 0: it was not the IPI. */
static bool ipi_take(unsigned int cpu, u32 n)
{
	if (is_xive) {
		u64 ack = io_read(TIMA_OS + 0x810, 2);
		u32 entry = be32(((volatile u32 *)eq[cpu])[n % 16384]);
		bool ok = ack == 0x8005 && entry == (0x80000000u | (0x100 + cpu));

		io_read(ESB(cpu, 0x10000), 8); /* EOI by load */
		io_write(TIMA_OS + 0x11, 1, 0xff);
		return ok;
	}
	hcall(H_XIRR, 0xff);
	if ((u32)hret[0] != 0xff000002)
		return false;
	hcall(H_IPI, cpu, 0xff);
	hcall(H_EOI, 0xff000002);
	return true;
}

/* A token by IPI; the receivers have ceded. */
static void ipis(unsigned int cpu)
{
	static u32 code[GUEST_CPUS][16];
	static const u32 body[] = { 0x44000022,
				    0x4bfffffc }; /* 1: sc 1; b 1b, until an interrupt */
	struct regs r = { 0 };
	u32 bad = 0, n = 0;

	put_code(code[cpu], body, 2);
	ipi_init(cpu);
	mtspr(22, 0x7fffffffffffULL);
	barrier();
	if (cpu == 0)
		ipi_send(1);
	for (u64 i = cpu ? cpu : N; i <= 400; i += N) {
		u64 vector;

		mtspr(22, 10 * 512000000ULL);
		r.pc = (u64)code[cpu];
		r.msr = MSR_REAL | MSR_EE;
		r.gpr[3] = H_CEDE;
		/* H_CEDE changes r3; it is a number that no call has afterwards */
		vector = run(&r);
		if (vector != 0x500) {
			expect(false, "vCPU %u: vector 0x%llx instead of an IPI", cpu,
			       (unsigned long long)vector);
			finish();
		}
		bad += !ipi_take(cpu, n++);
		bad += __atomic_add_fetch(&ipi_token, 1, __ATOMIC_ACQ_REL) != i;
		ipi_send((cpu + 1) % N);
	}
	expect(!bad, "IPIs of vCPU %u: %u wrong", cpu, bad);
	barrier();
	if (!cpu)
		pass(is_xive ? "IPIs by XIVE" : "IPIs by XICS");
	barrier();
}

/* ---- system reset of others ---- */

static volatile u32 resets;
static void reset_others(unsigned int cpu)
{
	static u32 code[GUEST_CPUS][16];
	static const u32 body[] = { 0x48000000 }; /* b . */
	struct regs r = { 0 };

	put_code(code[cpu], body, 1);
	barrier();
	if (cpu) {
		r.pc = (u64)code[cpu];
		r.msr = MSR_REAL;
		__atomic_add_fetch(&resets, 1, __ATOMIC_ACQ_REL);
		expect(run(&r) == 0x100, "system reset of vCPU %u", cpu);
		expect((r.msr & ~(BIT(42) | BIT(43) | BIT(44) | BIT(45))) == MSR_REAL, "its SRR1");
	} else {
		while (resets != N - 1)
			hcall(H_CONFER, ~0ULL, 0);
		/* they have said so, and are about to enter */
		for (u64 tb = timebase(); timebase() - tb < 25600000;)
			continue;
		expect(!hcall(H_SIGNAL_SYS_RESET, (u64)-2), "H_SIGNAL_SYS_RESET all others");
	}
	barrier();
	if (!cpu)
		pass("system reset of all others");
}

static void all(unsigned int cpu)
{
	counters(cpu);
	reservations(cpu);
	litmus(cpu);
	prods(cpu);
	joins(cpu);
	shootdown(cpu);
	rc_updates(cpu);
	ipis(cpu);
	reset_others(cpu);
}

int main(void)
{
	static const u32 store_once[] = { 0x98640000, I_SC }; /* stb r3,0(r4); sc */

	is_xive = hcall(H_INT_RESET, 0) == H_SUCCESS;
	print("mode %s\n", is_xive ? "xive" : "xics");
	mmu_init();
	pages[0] = alloc(0x100000 + 65536 * N, 65536);
	pages[1] = pages[0] + 65536;
	pages[0] = (u8 *)(((u64)pages[0] + 65535) & ~65535ULL);
	put_code(user_code_page, read_loop, ARRAY_SIZE(read_loop));
	put_code(user_code_page + 16, store_once, 2);
	map(1, UCODE, (u64)user_code_page, 12, PTE_R | PTE_X | PTE_REF);
	for (u32 i = 1; i < N; i++)
		check(start_cpu(i, all), "start-cpu %u", i);
	all(0);
	return 0;
}
