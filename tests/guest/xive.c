/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XIVE exploitation mode as a guest drives it: ESB and TIMA by loads and stores
 * in real mode, event queues in memory.
 * guest-args: --interrupt-controller xive
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define ESB_BASE 0x0006010000000000ULL
#define TIMA 0x0006030200000000ULL
#define OS (TIMA + 0x20000)
#define TRIGGER(l) (ESB_BASE + ((u64)(l) << 17))
#define MANAGE(l) (TRIGGER(l) + 0x10000)
#define EPOW 0x1000u
#define VIO 0x1100u
#define ENTRIES 16384u

static u64 rd8(u64 at)
{
	return *(volatile u8 *)at;
}
static u64 rd16(u64 at)
{
	return be16(*(volatile u16 *)at);
}
static u64 rd32(u64 at)
{
	return be32(*(volatile u32 *)at);
}
static u64 rd64(u64 at)
{
	return be64(*(volatile u64 *)at);
}
static void wr8(u64 at, u64 v)
{
	*(volatile u8 *)at = (u8)v;
}
static void wr64(u64 at, u64 v)
{
	*(volatile u64 *)at = be64(v);
}

static u32 code[16];

/* The vector that comes with EE = 1: 0xc00 when there is none. */
static u64 interrupted(void)
{
	static const u32 body[] = { I_NOP, I_SC };
	struct regs r = { .pc = (u64)code, .msr = MSR_REAL | MSR_EE };

	put_code(code, body, 2);
	return run(&r);
}

static volatile u32 *queue_of(u32 prio)
{
	u32 *eq = alloc(65536, 65536);

	memset(eq, 0, 65536);
	check(!hcall(H_INT_SET_QUEUE_CONFIG, 1, 0, prio, (u64)eq, 16), "queue of priority %u",
	      prio);
	return eq;
}

/* NSR, CPPR, IPB ... as one word. */
static void expect_ring(u32 nsr, u32 cppr, u32 ipb, const char *when)
{
	u32 w = (u32)rd32(OS + 0x10);

	check(w == (nsr << 24 | cppr << 16 | ipb << 8 | 0xff), "%s: ring 0x%08x", when, w);
}

static void one_source(void)
{
	volatile u32 *eq5 = queue_of(5);

	check_eq((u64)hcall(H_INT_GET_SOURCE_INFO, 0, 0), 0, "source info");
	check_eq(hret[1], MANAGE(0), "management page");
	check_eq(hret[2], TRIGGER(0), "trigger page");
	check(!hcall(H_INT_SET_SOURCE_CONFIG, 2, 0, 0, 5, 0x1234), "source 0: priority 5");
	check_eq(rd64(MANAGE(0) + 0x800), 1, "PQ is 01: off");
	wr64(TRIGGER(0), 0);
	check_eq(eq5[0], 0, "no event while it is off");
	check_eq(rd64(MANAGE(0) + 0xc00), 1, "set PQ 00 answers the old one");
	expect_ring(0, 0, 0, "before");
	wr64(TRIGGER(0), 0);
	check_eq(be32(eq5[0]), 0x80001234, "event in the queue");
	check_eq(rd64(MANAGE(0) + 0x800), 2, "PQ is 10: pending");
	expect_ring(0, 0, 0x04, "CPPR 0: pending, not presented");
	check_eq(rd8(OS + 0x17), 5, "PIPR");
	check_eq(interrupted(), 0xc00, "no interrupt");
	wr8(OS + 0x11, 5);
	check_eq(interrupted(), 0xc00, "CPPR 5 is not less favored than 5");
	wr8(OS + 0x11, 6);
	expect_ring(0x80, 6, 0x04, "CPPR 6: presented");
	check_eq(interrupted(), 0x500, "external interrupt");
	check_eq(interrupted(), 0x500, "until it is acknowledged");
	check_eq(rd16(OS + 0x810), 0x8005, "acknowledge: NSR, CPPR");
	expect_ring(0, 5, 0, "acknowledged");
	check_eq(rd16(OS + 0x810), 0x0005, "nothing to acknowledge");
	check_eq(interrupted(), 0xc00, "no interrupt any more");
	wr64(TRIGGER(0), 0);
	check_eq(rd64(MANAGE(0) + 0x800), 3, "PQ is 11: queued behind the first");
	check_eq(eq5[1], 0, "and no second event yet");
	check_eq(rd64(MANAGE(0)), 1, "EOI by load: another one was waiting");
	check_eq(be32(eq5[1]), 0x80001234, "second event");
	check_eq(rd64(MANAGE(0) + 0x800), 2, "PQ is 10");
	check_eq(rd64(MANAGE(0)), 0, "EOI by load: none was waiting");
	check_eq(rd64(MANAGE(0) + 0x800), 0, "PQ is 00");
	wr64(TRIGGER(0), 0);
	wr64(TRIGGER(0), 0);
	wr64(MANAGE(0) + 0x400, 0);
	check_eq(be32(eq5[3]), 0x80001234, "EOI by store sends the waiting one");
	wr64(MANAGE(0) + 0x400, 0);
	check_eq(rd64(MANAGE(0) + 0x800), 0, "PQ is 00");
	/* all of this is one pending priority */
	wr8(OS + 0x11, 0xff);
	check_eq(rd16(OS + 0x810), 0x8005, "acknowledge once for all");
	check_eq(rd16(OS + 0x810), 0x0005, "no more");
	wr8(OS + 0x11, 0xff);
}

static void masking(void)
{
	u64 index;

	hcall(H_INT_GET_QUEUE_CONFIG, 1, 0, 5);
	index = hret[4];
	hcall(H_INT_SET_SOURCE_CONFIG, 0, 0, 0, 0xff, 0);
	wr64(TRIGGER(0), 0);
	hcall(H_INT_GET_QUEUE_CONFIG, 1, 0, 5);
	check_eq(hret[4], index, "masked by H_INT_SET_SOURCE_CONFIG: no event");
	rd64(MANAGE(0) + 0xc00);
	hcall(H_INT_SET_SOURCE_CONFIG, 2, 0, 0, 5, 0x1234);
	check_eq(rd64(MANAGE(0) + 0xd00), 0, "masked by PQ 01");
	wr64(TRIGGER(0), 0);
	check_eq(rd64(MANAGE(0) + 0x800), 1, "a trigger changes nothing");
	hcall(H_INT_GET_QUEUE_CONFIG, 1, 0, 5);
	check_eq(hret[4], index, "no event");
	wr64(MANAGE(0) + 0xe00, 0);
	check_eq(rd64(MANAGE(0) + 0x800), 2, "a store to set PQ 10");
	rd64(MANAGE(0) + 0xc00);
	check_eq(interrupted(), 0xc00, "nothing came");
}

static void priorities(void)
{
	volatile u32 *eq3 = queue_of(3), *eq6 = queue_of(6);

	hcall(H_INT_SET_SOURCE_CONFIG, 2, EPOW, 0, 6, 0x66);
	hcall(H_INT_SET_SOURCE_CONFIG, 2, VIO, 0, 3, 0x33);
	rd64(MANAGE(EPOW) + 0xc00);
	rd64(MANAGE(VIO) + 0xc00);
	wr8(OS + 0x11, 0xff);
	wr64(TRIGGER(EPOW), 0);
	wr64(TRIGGER(0), 0);
	wr64(TRIGGER(VIO), 0);
	check_eq(be32(eq3[0]), 0x80000033, "event of priority 3");
	check_eq(be32(eq6[0]), 0x80000066, "event of priority 6");
	check_eq(rd8(OS + 0x12), 0x16, "IPB: 3, 5, 6");
	check_eq(rd16(OS + 0x810), 0x8003, "3 first");
	check_eq(interrupted(), 0xc00, "5 and 6 wait for CPPR");
	wr8(OS + 0x11, 6);
	check_eq(interrupted(), 0x500, "5 comes with CPPR 6");
	check_eq(rd16(OS + 0x810), 0x8005, "5 next");
	wr8(OS + 0x11, 0xff);
	check_eq(rd16(OS + 0x810), 0x8006, "6 last");
	wr8(OS + 0x11, 0xff);
	check_eq(interrupted(), 0xc00, "no more");
	rd64(MANAGE(EPOW));
	rd64(MANAGE(VIO));
	rd64(MANAGE(0));
	/* a store to CPPR of values that do not exist */
	wr8(OS + 0x11, 0x80);
	check_eq(rd8(OS + 0x11), 0xff, "CPPR above 7 is 0xff");
	/* the OS sets a priority pending itself */
	wr8(OS + 0x812, 4);
	check_eq(rd16(OS + 0x810), 0x8004, "set OS pending");
	wr8(OS + 0x11, 0xff);
}

static void wrap(void)
{
	volatile u32 *eq = queue_of(2);
	u32 wrong = 0;

	hcall(H_INT_SET_SOURCE_CONFIG, 2, VIO, 0, 2, 0x7ffffffe);
	for (u32 i = 0; i < ENTRIES + 3; i++) {
		wr64(TRIGGER(VIO), 0);
		wrong += be32(eq[i % ENTRIES]) != ((i < ENTRIES ? 0x80000000u : 0) | 0x7ffffffe);
		wrong += rd64(MANAGE(VIO)) != 0;
	}
	check_eq(wrong, 0, "the queue wraps, the generation changes");
	hcall(H_INT_GET_QUEUE_CONFIG, 1, 0, 2);
	check(hret[3] == 0 && hret[4] == 3, "its state");
	rd16(OS + 0x810);
	wr8(OS + 0x11, 0xff);
	/* the queue goes, the source stays: events are lost and nothing happens */
	hcall(H_INT_SET_QUEUE_CONFIG, 0, 0, 2, 0, 0);
	wr64(TRIGGER(VIO), 0);
	check_eq(interrupted(), 0xc00, "without a queue");
	rd64(MANAGE(VIO));
}

static void wrong_accesses(void)
{
	static const u32 ld[] = { 0xe8640000, I_SC }, ldhi[] = { 0xa0640000, I_SC },
			 st[] = { 0xf8640000, I_SC };
	static const struct {
		u64 at;
		const u32 *body;
		u64 vector;
		const char *name;
	} list[] = {
		{ TIMA, ld, 0x200, "load from the hardware page" },
		{ TIMA + 0x10000, ld, 0x200, "load from the hypervisor page" },
		{ TIMA + 0x30000, ld, 0x200, "load from the user page" },
		{ OS + 0x11, ldhi, 0x200, "misaligned load" },
		{ OS + 0x700, ld, 0x200, "load from where nothing is" },
		{ OS + 0x700, st, 0x200, "store to where nothing is" },
		{ TRIGGER(0x2000), ld, 0x200, "load behind the last source" },
		{ MANAGE(2), ld, 0xc00, "load of a source that does not exist" },
		{ TRIGGER(2), st, 0xc00, "trigger of a source that does not exist" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(list); i++) {
		struct regs r = { .pc = (u64)code, .msr = MSR_REAL, .gpr[4] = list[i].at };
		put_code(code, list[i].body, 2);
		check_eq(run(&r), list[i].vector, "%s", list[i].name);
		if (list[i].vector == 0x200)
			expect(r.dar == list[i].at && r.pc == (u64)code, "its DAR, SRR0");
	}
}

/* The pages as a kernel maps them, and what cannot be done with them. */
static void mapped(void)
{
	static const u32 ld[] = { 0xe8640000, I_SC }, lwarx[] = { 0x7c602028, I_SC };
	static const u32 dcbz[] = { 0x7c0027ec, I_SC }, lxv[] = { 0xf4240001, I_SC };
	const u64 ea = 0xc000020000000000ULL, attr_io = 0x20;
	u64 vsx = MSR_VSX | MSR_VEC | MSR_FP;
	u8 *ram = alloc(65536, 65536);
	struct regs r;

	mmu_init();
	map(0, ea, MANAGE(0), 16, attr_io | PTE_PRIV | PTE_R | PTE_W | PTE_X | PTE_REF | PTE_CHG);
	map(0, ea + 0x10000, (u64)ram, 16,
	    attr_io | PTE_PRIV | PTE_R | PTE_W | PTE_X | PTE_REF | PTE_CHG);
	*(volatile u64 *)ram = 0x4711;
	rd64(MANAGE(0) + 0xd00);
	put_code(code, ld, 2);
	r = (struct regs){ .pc = (u64)code, .msr = MSR_VIRT | MSR_ME, .gpr[4] = ea + 0x800 };
	check_eq(run(&r), 0xc00, "load by a mapping");
	check_eq(be64(r.gpr[3]), 1, "PQ");
	r = (struct regs){ .pc = (u64)code, .msr = MSR_VIRT | MSR_ME, .gpr[4] = ea + 0x10000 };
	check_eq(run(&r), 0xc00, "load of RAM that is mapped as I/O");
	check_eq(r.gpr[3], 0x4711, "its value");
	r = (struct regs){ .pc = ea, .msr = MSR_VIRT | MSR_ME };
	check_eq(run(&r), 0x400, "code in I/O");
	check_eq(r.msr & 0x78000000, BIT(35), "SRR1: guarded");
	put_code(code, lwarx, 2);
	for (u32 i = 0; i < 2; i++) {
		r = (struct regs){ .pc = (u64)code,
				   .msr = MSR_VIRT | MSR_ME,
				   .gpr[4] = ea + 0x10000 * i };
		check_eq(run(&r), 0x300, "lwarx of I/O");
		check(r.dsisr == 0x04000000 && r.dar == ea + 0x10000 * i, "DSISR 0x%llx",
		      (unsigned long long)r.dsisr);
	}
	put_code(code, dcbz, 2);
	r = (struct regs){ .pc = (u64)code, .msr = MSR_VIRT | MSR_ME, .gpr[4] = ea + 0x10000 };
	check_eq(run(&r), 0x600, "dcbz of I/O");
	put_code(code, lxv, 2);
	r = (struct regs){ .pc = (u64)code,
			   .msr = MSR_VIRT | MSR_ME | vsx,
			   .gpr[4] = ea + 0x10000 };
	run(&r);
	check(r.vector == 0xc00 || r.vector == 0x600, "lxv of RAM mapped as I/O: 0x%llx",
	      (unsigned long long)r.vector);
}

static void reset(void)
{
	hcall(H_INT_RESET, 0);
	check_eq(rd64(MANAGE(0) + 0x800), 1, "after H_INT_RESET: PQ 01");
	hcall(H_INT_GET_QUEUE_CONFIG, 1, 0, 5);
	check_eq(hret[2], 0, "no queue");
	hcall(H_INT_GET_SOURCE_CONFIG, 0, 0);
	check_eq(hret[1], 0xff, "masked");
	wr64(TRIGGER(0), 0);
	check_eq(interrupted(), 0xc00, "no interrupt");
}

int main(void)
{
	mtspr(22, 0x7fffffffffffULL);
	one_source();
	masking();
	priorities();
	wrap();
	mapped();
	wrong_accesses();
	reset();
	return 0;
}
