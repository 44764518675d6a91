/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Radix translation: page sizes, permissions, R and C, keys, faults with their
 * exact registers, operands across pages, stale translations, process
 * identifiers, quadrants, real mode and 32-bit mode [ISA 3.1B III 6.7, 7.5].
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "code.h"

#define USR (MSR_USER | MSR_ME)
#define PRV (MSR_VIRT | MSR_ME)
#define T 0x20000000000ULL /* where the tests map things */
#define RW (PTE_R | PTE_W)
#define RWX (RW | PTE_X)
#define RC (PTE_REF | PTE_CHG)

#define NOT_FOUND 0x40000000u
#define PROTECTION 0x08000000u
#define NOEXEC 0x10000000u
#define STORE 0x02000000u
#define KEY 0x00200000u
#define BAD_TREE 0x00080000u
#define SRR1_CAUSES                                                                                \
	(BIT(33) | BIT(34) | BIT(35) | BIT(36) | BIT(42) | BIT(43) | BIT(44) | BIT(45) | BIT(46) | \
	 BIT(47))

CODE(c_ld, "ld 3,0(4)");
CODE(c_std, "std 3,0(4)");
CODE(c_lbz, "lbz 3,0(4)");
CODE(c_lwz, "lwz 3,0(4)");
CODE(c_lhz, "lhz 3,0(4)");
CODE(c_stw, "stw 3,0(4)");
CODE(c_stb, "stb 3,0(4)");
CODE(c_sth, "sth 3,0(4)");
CODE(c_lwarx, "lwarx 3,0,4");
CODE(c_swap, "1: lwarx 5,0,4; stwcx. 3,0,4; bne 1b");
CODE(c_dcbz, "dcbz 0,4");
CODE(c_dcbt, "dcbt 0,4");
CODE(c_dcbst, "dcbst 0,4");
CODE(c_icbi, "icbi 0,4");
CODE(c_stxv, "stxvx 1,0,4");
CODE(c_lxv, "lxvx 1,0,4");
CODE(c_stq, "stq 6,0(4)");
CODE(c_lfd, "lfd 1,0(4)");
CODE(c_stfd, "stfd 1,0(4)");
CODE(c_ldu, "ldu 3,8(4)");
CODE(c_stdu, "stdu 3,8(4)");
CODE(c_pld, ".long 0x04000000, 0xe4640000"); /* pld r3,0(r4) */
CODE(c_blr, "");
CODE(c_nop2, "nop; nop");

static u64 load(u64 ea, u64 msr)
{
	R.gpr[4] = ea;
	R.gpr[3] = 0xdeadULL << 48;
	return GO(c_ld, msr);
}

static u64 store(u64 ea, u64 v, u64 msr)
{
	R.gpr[4] = ea;
	R.gpr[3] = v;
	return GO(c_std, msr);
}

/* Executes at @ea, where there is an sc: 0xc00 when that can be fetched. */
static u64 fetch(u64 ea, u64 msr)
{
	R.pc = ea;
	R.msr = msr;
	return run(&R);
}

static u8 *a, *b; /* 64 KiB each */
static const u32 sc_word[] = { I_SC };

static u64 *as64(u8 *p)
{
	return (u64 *)p;
}

static void page_sizes(void)
{
	static const u8 shifts[] = { 12, 16, 21, 30 };
	u8 *big = alloc(2 << 20, 2 << 20);

	for (u32 i = 0; i < ARRAY_SIZE(shifts); i++) {
		u32 s = shifts[i];
		u64 ea = T + (8ULL << 30) * (i + 1), size = 1ULL << s;
		u64 ra = s == 30 ? 0 : (u64)big, use = s == 30 ? 4 << 20 : size;
		u64 at = s == 30 ? (u64)big : 0;

		if (s == 30)
			use = 1 << 20;
		map(1, ea, ra, s, RWX | RC);
		for (u64 off = 0; off < use; off += use / 4) {
			u64 where = at + off + (off ? 0 : 8);

			*(volatile u64 *)(ra + where) = off + s;
			expect(load(ea + where, USR) == 0xc00 && R.gpr[3] == off + s,
			       "load, 2^%u, +0x%llx", s, (unsigned long long)off);
			expect(store(ea + where, ~off, USR) == 0xc00 &&
				       *(volatile u64 *)(ra + where) == ~off,
			       "store, 2^%u, +0x%llx", s, (unsigned long long)off);
		}
		if (s != 30) {
			expect(load(ea + size - 8, USR) == 0xc00, "last doubleword, 2^%u", s);
			expect(load(ea + size, USR) == 0x300 && R.dar == ea + size,
			       "behind it, 2^%u", s);
			expect(load(ea - 8, USR) == 0x300 && R.dar == ea - 8, "before it, 2^%u", s);
		}
		put_code((void *)(ra + at), sc_word, 1);
		expect(fetch(ea + at, USR) == 0xc00 && R.pc == ea + at + 4, "fetch, 2^%u", s);
	}
	pass("page sizes");
}

static void permissions(void)
{
	u64 ea = T + 0x100000;

	put_code(a, sc_word, 1);
	for (u32 pte = 0; pte < 16; pte++)
		for (u32 user = 0; user < 2; user++) {
			u64 msr = user ? USR : PRV;
			bool may = !(user && pte & PTE_PRIV);
			bool r = may && pte & (PTE_R | PTE_W); /* EAA bit 2 is for both */
			bool w = may && pte & PTE_W, x = may && pte & PTE_X;
			u64 *leaf = map(1, ea, (u64)a, 16, pte), e;

			tlbie_page(1, ea, 16);
			expect(load(ea, msr) == (r ? 0xc00 : 0x300), "EAA %x, PR %u: load", pte,
			       user);
			if (!r)
				expect(R.dsisr == PROTECTION && R.dar == ea && R.msr == msr,
				       "EAA %x, PR %u: load: DSISR 0x%llx", pte, user,
				       (unsigned long long)R.dsisr);
			e = be64(*leaf);
			expect(!(e & PTE_REF) == !r && !(e & PTE_CHG),
			       "EAA %x, PR %u: R and C of a load: 0x%llx", pte, user,
			       (unsigned long long)e);
			expect(store(ea + 8, 1, msr) == (w ? 0xc00 : 0x300), "EAA %x, PR %u: store",
			       pte, user);
			if (!w)
				expect(R.dsisr == (PROTECTION | STORE) && R.dar == ea + 8,
				       "EAA %x, PR %u: store: DSISR 0x%llx", pte, user,
				       (unsigned long long)R.dsisr);
			e = be64(*leaf);
			expect(!(e & PTE_CHG) == !w, "EAA %x, PR %u: C of a store: 0x%llx", pte,
			       user, (unsigned long long)e);
			expect(fetch(ea, msr) == (x ? 0xc00 : 0x400), "EAA %x, PR %u: fetch", pte,
			       user);
			if (!x) {
				u64 cause = R.msr & SRR1_CAUSES;

				expect(R.pc == ea && (R.msr & ~SRR1_CAUSES) == msr &&
					       (cause == NOEXEC ||
						(user && pte & PTE_PRIV && cause == PROTECTION)),
				       "EAA %x, PR %u: fetch: SRR1 0x%llx", pte, user,
				       (unsigned long long)R.msr);
			}
		}
	pass("permissions");
}

static void changed_by_fetch(void)
{
	u64 ea = T + 0x100000, *leaf = map(1, ea, (u64)a, 16, RWX);

	tlbie_page(1, ea, 16);
	fetch(ea, USR);
	check_eq(be64(*leaf) & RC, PTE_REF, "a fetch sets R alone");
	map(1, ea, (u64)a, 16, RWX);
	tlbie_page(1, ea, 16);
	load(ea, USR);
	store(ea + 8, 1, USR);
	check_eq(be64(*leaf) & RC, RC, "C is set by a store that follows a load");
	map(1, ea, (u64)a, 16, RWX);
	R.gpr[4] = ea;
	tlbie_page(1, ea, 16);
	GO(c_swap, USR);
	check_eq(be64(*leaf) & RC, RC, "stwcx. sets C");
}

static void keys(void)
{
	u64 ea = T + 0x100000;

	map(1, ea, (u64)a, 16, RWX | RC);
	map(1, ea + 0x10000, (u64)b, 16, RWX | RC | PTE_PRIV);
	put_code(b, sc_word, 1);
	tlbie_pid(1);
	load(ea, PRV); /* into the TLB before the keys change */
	store(ea + 8, 1, PRV);
	fetch(ea, PRV);
	mtspr(29, BIT(0));
	check_eq(load(ea, PRV), 0xc00, "AMR: stores are off: load");
	check_eq(store(ea, 1, PRV), 0x300, "AMR: stores are off: store");
	check(R.dsisr == (PROTECTION | STORE) || R.dsisr == (KEY | STORE), "DSISR");
	check_eq(store(ea + 8, 1, USR), 0xc00, "problem state still may");
	check_eq(store(ea + 0x10008, 1, PRV), 0xc00, "a privileged page may");
	mtspr(29, BIT(1));
	check_eq(load(ea, PRV), 0x300, "AMR: loads are off: load");
	check_eq(store(ea + 8, 1, PRV), 0xc00, "AMR: loads are off: store");
	check_eq(load(ea + 0x10000, PRV), 0xc00, "a privileged page may");
	mtspr(29, 0);
	check_eq(load(ea, PRV), 0xc00, "AMR 0: load");
	put_code(a, sc_word, 1);
	mtspr(61, BIT(1));
	check_eq(fetch(ea, PRV), 0x400, "IAMR: no execution of problem state's pages");
	check_eq(R.pc, ea, "SRR0");
	check_eq(fetch(ea, USR), 0xc00, "problem state still may");
	check_eq(fetch(ea + 0x10000, PRV), 0xc00, "a privileged page may");
	mtspr(61, 0);
	check_eq(fetch(ea, PRV), 0xc00, "IAMR 0");
}

#define FAULT(name, ea, vec, cause)                                                        \
	do {                                                                               \
		R.gpr[3] = 0x1111;                                                         \
		R.gpr[4] = (ea);                                                           \
		expect(GO(name, USR) == (vec), #name ": vector 0x%llx",                    \
		       (unsigned long long)R.vector);                                      \
		expect(R.dar == (ea) && AT == 0 && R.msr == USR,                           \
		       #name ": DAR 0x%llx, SRR0, SRR1 0x%llx", (unsigned long long)R.dar, \
		       (unsigned long long)R.msr);                                         \
		expect((vec) != 0x300 || R.dsisr == (cause), #name ": DSISR 0x%llx",       \
		       (unsigned long long)R.dsisr);                                       \
		expect(R.gpr[3] == 0x1111 && R.gpr[4] == (ea), #name ": registers");       \
	} while (0)

static void faults(void)
{
	u64 no = T + 0x7000123ULL, saved;
	u64 *leaf;

	FAULT(c_ld, no, 0x300, NOT_FOUND);
	FAULT(c_std, no, 0x300, NOT_FOUND | STORE);
	FAULT(c_lbz, no, 0x300, NOT_FOUND);
	FAULT(c_stb, no, 0x300, NOT_FOUND | STORE);
	FAULT(c_lwarx, no + 1, 0x300, NOT_FOUND);
	FAULT(c_dcbz, no & ~127ULL, 0x300, NOT_FOUND | STORE); /* DAR: any byte of the block */
	FAULT(c_dcbst, no, 0x300, NOT_FOUND);
	FAULT(c_icbi, no, 0x300, NOT_FOUND);
	R.gpr[4] = no;
	expect(GO(c_dcbt, USR) == 0xc00, "dcbt does not fault");
	R.gpr[4] = no - 8;
	expect(GO(c_ldu, USR) == 0x300 && R.gpr[4] == no - 8 && R.dar == no, "ldu does not update");
	R.gpr[4] = no - 8;
	expect(GO(c_stdu, USR) == 0x300 && R.gpr[4] == no - 8 && R.dar == no,
	       "stdu does not update");
	expect(fetch(T + 0x7000000, USR) == 0x400 && R.pc == T + 0x7000000 &&
		       R.msr == (USR | NOT_FOUND),
	       "fetch: SRR0 0x%llx SRR1 0x%llx", (unsigned long long)R.pc,
	       (unsigned long long)R.msr);
	pass("no translation");
	/* from invalid to valid needs no invalidation */
	leaf = map(1, T + 0x7000000, (u64)a, 12, RWX | RC);
	expect(load(T + 0x7000008, USR) == 0xc00, "a page that has become valid");
	expect(fetch(T + 0x7000000, USR) == 0xc00, "fetch from it");
	unmap(leaf);
	tlbie_page(1, T + 0x7000000, 12);
	/* quadrants and reach */
	FAULT(c_ld, 0x4000000000000000ULL + 16, 0x380, 0);
	FAULT(c_std, 0x8000000000000000ULL + 16, 0x380, 0);
	FAULT(c_ld, 1ULL << 52, 0x380, 0);
	FAULT(c_std, 1ULL << 61, 0x380, 0);
	FAULT(c_ld, 0xc000000000000000ULL + (1ULL << 55), 0x380, 0);
	expect(fetch(0x4000000000000000ULL, USR) == 0x480 && R.pc == 0x4000000000000000ULL &&
		       R.msr == USR,
	       "fetch from quadrant 1: SRR1 0x%llx", (unsigned long long)R.msr);
	expect(fetch(1ULL << 52, USR) == 0x480, "fetch out of reach");
	pass("segment interrupts");
	/* trees that are wrong: of process 2, which nothing has used yet */
	tree_of(2);
	map(2, USER, (u64)code_page, 16, RWX | RC);
	saved = process_entry_get(2);
	mtspr(48, 2);
	process_entry(2, (saved & ~31ULL) | 4);
	tlbie_pid(2);
	expect(fetch(T, PRV) == 0x400 && (R.msr & SRR1_CAUSES) == BAD_TREE,
	       "root of 4 bits: 0x%llx", (unsigned long long)R.msr);
	process_entry(2, (saved & ~PTE_VALID) | 1ULL << 58);
	tlbie_pid(2);
	expect(fetch(T, PRV) == 0x400, "root not in RAM: 0x%llx", (unsigned long long)R.vector);
	process_entry(2, saved);
	mtspr(48, 0x5000);
	expect(fetch(T, PRV) == 0x400 && (R.msr & SRR1_CAUSES) == BAD_TREE,
	       "PID beyond the process table: 0x%llx", (unsigned long long)R.msr);
	mtspr(48, 2);
	tlbie_pid(2);
	/* a directory whose next level has no size */
	leaf = map(2, T + (4ULL << 30), (u64)a, 30, 0);
	*leaf = be64(PTE_VALID | (u64)a);
	tlbie_pid(2);
	R.gpr[4] = T + (4ULL << 30) + 8;
	expect(GO(c_ld, USR) == 0x300 && R.dsisr == BAD_TREE && R.dar == T + (4ULL << 30) + 8,
	       "next level of 0 bits: 0x%llx", (unsigned long long)R.dsisr);
	*leaf = be64(PTE_VALID | 1ULL << 56 | 9);
	R.gpr[4] = T + (4ULL << 30) + 8;
	expect(GO(c_ld, USR) == 0x300, "next level not in RAM");
	mtspr(48, 1);
	tlbie_pid(2);
	pass("wrong trees");
}

/* a is mapped at ea, and b (or nothing) behind it. */
static void crossing(void)
{
	u64 ea = T + 0x200000, next = ea + 0x10000, *leaf;

	map(1, ea, (u64)a, 16, RWX | RC);
	memset(a + 0xfff0, 0x77, 16);
	for (u32 off = 1; off < 8; off++) {
		R.gpr[4] = next - off;
		R.gpr[3] = 0x1122334455667788ULL;
		expect(GO(c_std, USR) == 0x300 && R.dar == next && R.dsisr == (NOT_FOUND | STORE),
		       "std, %u bytes before the end: DAR 0x%llx", off, (unsigned long long)R.dar);
		expect(as64(a + 0xfff8)[0] == 0x7777777777777777ULL, "nothing was stored");
		R.gpr[4] = next - off;
		R.gpr[3] = 0x55;
		expect(GO(c_ld, USR) == 0x300 && R.dar == next && R.gpr[3] == 0x55,
		       "ld, %u bytes before the end", off);
	}
	R.gpr[4] = next - 8;
	expect(GO(c_stxv, USR | MSR_VSX | MSR_VEC | MSR_FP) == 0x300 && R.dar == next, "stxvx");
	expect(as64(a + 0xfff8)[0] == 0x7777777777777777ULL, "nothing was stored");
	R.gpr[4] = next - 4;
	expect(GO(c_lxv, USR | MSR_VSX | MSR_VEC | MSR_FP) == 0x300 && R.dar == next, "lxvx");
	R.gpr[4] = next - 4;
	expect(GO(c_stfd, USR | MSR_FP) == 0x300 && R.dar == next, "stfd");
	/* first page missing: its address */
	R.gpr[4] = ea - 3;
	expect(GO(c_std, USR) == 0x300 && R.dar == ea - 3, "first page missing: DAR 0x%llx",
	       (unsigned long long)R.dar);
	/* second page read-only */
	leaf = map(1, next, (u64)b, 16, PTE_R | PTE_REF);
	memset(b, 0x33, 16);
	R.gpr[4] = next - 2;
	expect(GO(c_std, USR) == 0x300 && R.dar == next && R.dsisr == (PROTECTION | STORE),
	       "second page read-only");
	expect(as64(a + 0xfff8)[0] == 0x7777777777777777ULL && b[0] == 0x33, "nothing was stored");
	*leaf = be64(be64(*leaf) | PTE_W);
	tlbie_page(1, next, 16);
	for (u32 off = 1; off < 8; off++) {
		u64 v = 0x0102030405060708ULL * off;
		u8 bytes[8];

		expect(store(next - off, v, USR) == 0xc00, "std across, %u", off);
		memcpy(bytes, a + 0x10000 - off, off);
		memcpy(bytes + off, b, 8 - off);
		expect(!memcmp(bytes, &v, 8), "its bytes, %u", off);
		expect(load(next - off, USR) == 0xc00 && R.gpr[3] == v, "ld across, %u", off);
	}
	expect(be64(*leaf) & PTE_CHG, "C of the second page");
	/* code runs from one page into one that is missing */
	put_code(a + 0xfff8, c_nop2, 2);
	unmap(leaf);
	tlbie_page(1, next, 16);
	expect(fetch(next - 8, USR) == 0x400 && R.pc == next && R.msr == (USR | NOT_FOUND),
	       "code into a missing page");
	pass("operands across pages");
	for (u32 off = 0; off < 24; off++) {
		u64 v = 0;

		for (u32 i = 0; i < 64; i++)
			a[i] = (u8)(i * 7 + 1);
		memcpy(&v, a + off, 8);
		expect(load(ea + off, USR) == 0xc00 && R.gpr[3] == v, "unaligned ld %u", off);
		memcpy(&v, a + off, 4);
		v = IS_LE ? (u32)v : v >> 32;
		R.gpr[4] = ea + off;
		expect(GO(c_lwz, USR) == 0xc00 && R.gpr[3] == v, "unaligned lwz %u", off);
		R.gpr[4] = ea + off;
		R.gpr[3] = 0xa1b2c3d4;
		expect(GO(c_stw, USR) == 0xc00, "unaligned stw %u", off);
		R.gpr[4] = ea + off;
		expect(GO(c_lwz, USR) == 0xc00 && R.gpr[3] == 0xa1b2c3d4, "its value %u", off);
	}
	pass("unaligned");
}

static void tlbiel_page(u32 pid, u64 ea)
{
	asm volatile("ptesync; tlbiel %0,%1,0,1,1; ptesync" ::"r"((ea & ~0xfffULL) | 5 << 5),
		     "r"((u64)pid << 32)
		     : "memory");
}

static void tlbiel_pid(u32 pid)
{
	asm volatile("ptesync; tlbiel %0,%1,2,1,1; ptesync" ::"r"(1ULL << 10), "r"((u64)pid << 32)
		     : "memory");
}

static void tlbiel_all(void)
{
	asm volatile("ptesync; tlbiel %0,%1,2,1,1; ptesync" ::"r"(3ULL << 10), "r"(0ULL)
		     : "memory");
}

static void invalidate(u32 how, u64 ea)
{
	switch (how) {
	case 0:
		tlbie_page(1, ea, 16);
		break;
	case 1:
		tlbie_pid(1);
		break;
	case 2:
		tlbie_all();
		break;
	case 3:
		tlbiel_page(1, ea);
		break;
	case 4:
		tlbiel_pid(1);
		break;
	case 5:
		tlbiel_all();
		break;
	case 6: /* by address range, 64 KiB pages */
		hcall(H_RPT_INVALIDATE, 1, 1, 2, 4, ea, ea + 0x10000);
		break;
	case 7: /* all of the process */
		hcall(H_RPT_INVALIDATE, 1, 1, 2, 0xf, 0, ~0ULL);
		break;
	case 8: /* a large range */
		hcall(H_RPT_INVALIDATE, 1, 1, 2, 4, ea - 0x100000, ea + 0x1000000);
		break;
	default:
		/* the process table: all caches of the process */
		hcall(H_RPT_INVALIDATE, 1, 1, 0xe, 0xf, 0, ~0ULL);
		break;
	}
}

static void stale(void)
{
	u64 ea = T + 0x300000;

	for (u32 how = 0; how < 10; how++)
		for (u32 user = 0; user < 2; user++) {
			u64 msr = user ? USR : PRV, *leaf;
			u8 x, y;

			/* in all 4 KiB parts of it, for loads, stores and fetches */
			map(1, ea, (u64)a, 16, RWX | RC);
			invalidate(how, ea);
			for (u32 off = 0; off < 0x10000; off += 0x1000) {
				put_code(a + off, sc_word, 1);
				put_code(b + off, sc_word, 1);
				a[off + 16] = 1;
				b[off + 16] = 2;
				R.gpr[4] = ea + off + 16;
				GO(c_lbz, msr);
				store(ea + off + 32, 3, msr);
				fetch(ea + off, msr);
			}
			leaf = map(1, ea, (u64)b, 16, RWX | RC);
			invalidate(how, ea);
			x = y = 0;
			for (u32 off = 0; off < 0x10000; off += 0x1000) {
				R.gpr[4] = ea + off + 16;
				GO(c_lbz, msr);
				x += R.gpr[3] == 2;
				R.gpr[4] = ea + off + 16;
				R.gpr[3] = 4;
				GO(c_stb, msr);
				y += b[off + 16] == 4 && a[off + 16] == 1;
			}
			expect(x == 16 && y == 16,
			       "invalidation %u, PR %u: %u loads, %u stores went to the new page",
			       how, user, x, y);
			*leaf = be64(be64(*leaf) & ~(u64)PTE_W);
			invalidate(how, ea);
			expect(store(ea + 64, 1, msr) == 0x300, "invalidation %u, PR %u: read-only",
			       how, user);
			*leaf = be64(be64(*leaf) & ~(u64)PTE_X);
			invalidate(how, ea);
			expect(fetch(ea, msr) == 0x400, "invalidation %u, PR %u: no execute", how,
			       user);
			unmap(leaf);
			invalidate(how, ea);
			expect(load(ea + 16, msr) == 0x300 && load(ea + 0xf000, msr) == 0x300,
			       "invalidation %u, PR %u: gone", how, user);
		}
	pass("no stale translations");
}

static void stale_large(void)
{
	u64 ea = T + (1ULL << 30), *leaf, hits = 0;

	leaf = map(1, ea, 0, 21, RW | RC);
	tlbie_page(1, ea, 21);
	for (u64 off = 0; off < 2 << 20; off += 0x11000)
		hits += load(ea + (off & ~7ULL), USR) == 0xc00;
	unmap(leaf);
	tlbie_page(1, ea, 21);
	for (u64 off = 0; off < 2 << 20; off += 0x11000)
		hits += load(ea + (off & ~7ULL), USR) == 0xc00;
	check_eq(hits, ((2 << 20) + 0x10fff) / 0x11000, "2 MiB: all gone after tlbie");
	hits = 0;
	leaf = map(1, T + (2ULL << 30), 0, 30, RW | RC);
	for (u64 off = 0; off < 1 << 30; off += 0x1111000)
		hits += load(T + (2ULL << 30) + off, USR) == 0xc00;
	unmap(leaf);
	tlbie_page(1, T + (2ULL << 30), 30);
	for (u64 off = 0; off < 1 << 30; off += 0x1111000)
		hits += load(T + (2ULL << 30) + off, USR) == 0xc00;
	check_eq(hits, ((1 << 30) + 0x1110fff) / 0x1111000, "1 GiB: all gone after tlbie");
}

/* The same addresses in two processes, and in quadrant 3. */
static void processes(void)
{
	u64 ea = T + 0x400000, kernel = 0xc000000000000000ULL + T, good = 0;

	map(1, ea, (u64)a, 16, RWX | RC);
	map(2, ea, (u64)b, 16, RWX | RC);
	map(2, USER, (u64)code_page, 16, RWX | RC);
	map(0, T, (u64)a, 16, RW | RC | PTE_PRIV);
	for (u32 i = 0; i < 50; i++) {
		u32 pid = 1 + (i & 1);

		as64(a)[1] = 0xa0 + i;
		as64(b)[1] = 0xb0 + i;
		mtspr(48, pid);
		asm volatile("isync");
		good += load(ea + 8, USR) == 0xc00 && R.gpr[3] == (pid == 1 ? 0xa0 : 0xb0) + i;
		good += store(ea + 16, i, i & 2 ? USR : PRV) == 0xc00 &&
			as64(pid == 1 ? a : b)[2] == i;
		good += load(kernel + 8, PRV) == 0xc00 && R.gpr[3] == 0xa0 + i;
		good += load(kernel + 8, USR) == 0x300 && R.dsisr == PROTECTION;
	}
	check_eq(good, 200, "two processes and the kernel");
	/* another process's page goes while it is not current */
	mtspr(48, 1);
	map(2, ea, (u64)a, 16, RWX | RC);
	tlbie_page(2, ea, 16);
	mtspr(48, 2);
	load(ea + 8, USR);
	check_eq(R.gpr[3], as64(a)[1], "tlbie of another process");
	map(2, ea, (u64)b, 16, RWX | RC);
	mtspr(48, 1);
	tlbie_pid(2);
	mtspr(48, 2);
	load(ea + 8, USR);
	check_eq(R.gpr[3], as64(b)[1], "tlbie of all of another process");
	mtspr(48, 1);
	/* quadrant 3 belongs to process 0 */
	map(0, T, (u64)b, 16, RW | RC | PTE_PRIV);
	tlbie_page(0, kernel, 16);
	load(kernel + 8, PRV);
	check_eq(R.gpr[3], as64(b)[1], "tlbie of process 0 for quadrant 3");
	map(0, T, (u64)a, 16, RW | RC | PTE_PRIV);
	tlbie_pid(0);
	load(kernel + 8, PRV);
	check_eq(R.gpr[3], as64(a)[1], "tlbie of all of process 0");
}

static void modes(void)
{
	u64 at = (u64)a + 64;

	as64(a)[8] = 0x4711;
	check_eq(load(0xc000000000000000ULL | at, MSR_REAL), 0xc00,
		 "real mode, top bits of the address");
	check_eq(R.gpr[3], 0x4711, "are ignored");
	check_eq(load(0xf000000000000000ULL | at, MSR_REAL), 0xc00, "all four");
	check_eq(R.gpr[3], 0x4711, "are ignored");
	load(0x1234567800000000ULL | at, MSR_REAL & ~MSR_SF);
	check_eq(R.vector, 0xc00, "32-bit mode");
	check_eq(R.gpr[3], 0x4711, "the high half of the address is ignored");
	load(0xffffffff00000000ULL | at, PRV & ~MSR_SF);
	check_eq(R.gpr[3], 0x4711, "32-bit mode with translation");
	R.gpr[4] = 0xfffffffffffffff8ULL;
	GO(c_ldu, MSR_REAL & ~MSR_SF);
	check_eq(R.gpr[4], 0, "ldu around the end of 32 bits");
	/* the data side translated, the instruction side not, and the reverse */
	map(1, T + 0x500000, (u64)a, 16, RWX | RC);
	check_eq(load(T + 0x500040, MSR_REAL | MSR_DR), 0xc00, "DR alone");
	check_eq(R.gpr[3], 0x4711, "value");
	check_eq(load(at, MSR_REAL | MSR_IR), 0xc00, "IR alone");
	check_eq(R.gpr[3], 0x4711, "value");
	check_eq(load(1ULL << 45, MSR_REAL), 0x200, "real address without memory: machine check");
	if (mfspr(287) >> 16 >= 0x80) {
		R.gpr[4] = T + 0x7000000;
		check_eq(GO(c_pld, PRV), 0x300, "pld faults");
		check_eq(R.msr & SRR1_CAUSES, BIT(34), "SRR1: a prefixed instruction");
	}
}

int main(void)
{
	mmu_init();
	code_init();
	map(1, USER, (u64)code_page, 16, RWX | RC);
	a = alloc(65536, 65536);
	b = alloc(65536, 65536);
	memset(a, 0, 65536);
	memset(b, 0, 65536);
	mtspr(48, 1);
	mtspr(22, 0x7fffffffffffULL);
	page_sizes();
	permissions();
	changed_by_fetch();
	keys();
	faults();
	crossing();
	stale();
	stale_large();
	processes();
	modes();
	return 0;
}
