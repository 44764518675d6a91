/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Radix trees [ISA 3.1B III 6.7.10]: 52 bits in levels of 13, 9, 9 and 9 (5 for
 * 64 KiB pages). Every tree maps the first 512 MiB to itself for privileged
 * state, so that code, stacks and vectors are the same everywhere.
 */
#include "guest.h"

#define PROCESS_TABLE_SHIFT 16
#define PIDS (1u << (PROCESS_TABLE_SHIFT - 4))

static u64 *process_table;
static struct tree trees[PIDS];

static u64 *new_level(unsigned int bits)
{
	u64 size = 8ULL << bits;
	u64 *t = alloc(size, size < 4096 ? 4096 : size);

	memset(t, 0, size);
	return t;
}

void process_entry(u32 pid, u64 v)
{
	process_table[2 * pid] = be64(v);
}

u64 process_entry_get(u32 pid)
{
	return be64(process_table[2 * pid]);
}

static u64 *descend(u64 *table, u64 index, unsigned int bits)
{
	u64 e = be64(table[index]);

	if (!e) {
		e = PTE_VALID | (u64)new_level(bits) | bits;
		table[index] = be64(e);
	}
	return (u64 *)(e & 0x0fffffffffffff00ULL);
}

u64 *map(u32 pid, u64 ea, u64 ra, unsigned int shift, u64 pte)
{
	u64 *t = tree_of(pid)->root, *leaf;

	ea &= (1ULL << 52) - 1;
	t = descend(t, ea >> 39, 9);
	leaf = &t[ea >> 30 & 511];
	if (shift < 30) {
		t = descend(t, ea >> 30 & 511, 9);
		leaf = &t[ea >> 21 & 511];
	}
	if (shift == 16) {
		t = descend(t, ea >> 21 & 511, 5);
		leaf = &t[ea >> 16 & 31];
	} else if (shift == 12) {
		t = descend(t, ea >> 21 & 511, 9);
		leaf = &t[ea >> 12 & 511];
	}
	*leaf = be64(PTE_VALID | PTE_LEAF | ra | pte);
	asm volatile("ptesync" ::: "memory");
	return leaf;
}

void unmap(u64 *leaf)
{
	*leaf = 0;
	asm volatile("ptesync" ::: "memory");
}

struct tree *tree_of(u32 pid)
{
	struct tree *t = &trees[pid];

	if (t->root)
		return t;
	t->root = new_level(13);
	/* RTS = 52 - 31 = 0b10101, split; the root has 13 bits */
	process_entry(pid, 2ULL << 61 | (u64)t->root | 5u << 5 | 13);
	for (u64 at = 0; at < 512ULL << 20; at += 2ULL << 20)
		map(pid, at, at, 21, PTE_PRIV | PTE_R | PTE_W | PTE_X | PTE_REF | PTE_CHG);
	return t;
}

void mmu_init(void)
{
	u64 size = 1ULL << PROCESS_TABLE_SHIFT;

	process_table = alloc(size, size);
	memset(process_table, 0, size);
	tree_of(0);
	/* new, radix, guest translation shootdown enabled */
	if (hcall(H_REGISTER_PROC_TBL, 0x18 | 4 | 1, (u64)process_table, 0,
		  PROCESS_TABLE_SHIFT - 12))
		check(false, "H_REGISTER_PROC_TBL");
	mtspr(48, 0);
}

static u64 ap_of(unsigned int shift)
{
	return shift == 12 ? 0 : shift == 16 ? 5 : shift == 21 ? 1 : 2;
}

void tlbie_page(u32 pid, u64 ea, unsigned int shift)
{
	u64 rb = (ea & ~0xfffULL) | ap_of(shift) << 5, rs = (u64)pid << 32;

	/* tlbie RB,RS,RIC=0,PRS=1,R=1 */
	asm volatile("ptesync; tlbie %0,%1,0,1,1; eieio; tlbsync; ptesync" ::"r"(rb), "r"(rs)
		     : "memory");
}

void tlbie_pid(u32 pid)
{
	u64 rb = 1ULL << 10, rs = (u64)pid << 32;

	asm volatile("ptesync; tlbie %0,%1,2,1,1; eieio; tlbsync; ptesync" ::"r"(rb), "r"(rs)
		     : "memory");
}

void tlbie_all(void)
{
	u64 rb = 3ULL << 10, rs = 0;

	asm volatile("ptesync; tlbie %0,%1,2,1,1; eieio; tlbsync; ptesync" ::"r"(rb), "r"(rs)
		     : "memory");
}
