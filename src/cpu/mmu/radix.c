// SPDX-License-Identifier: Apache-2.0
/*
 * Process-scoped radix tree translation [ISA 3.1B III 6.7.10 - 6.7.13]. The
 * tree lies in guest memory, big-endian; guest real addresses need no second
 * stage here. Threads: page-table entries are updated with compare-and-swap,
 * so several processors may walk and set R and C at once.
 */
#include "base/bits.h"
#include "cpu/exception.h"
#include "cpu/mmu/mmu.h"
#include "isa/msr.h"
#include "mem/gmem.h"

/* Process table entry, doubleword 0 [III 6.7.6.2]. */
#define PRTE_RTS1(v) ppc_field(v, 1, 2)
#define PRTE_RPDB(v) ((v)&PPC_MASK(4, 55))
#define PRTE_RTS2(v) ppc_field(v, 56, 58)
#define PRTE_RPDS(v) ppc_field(v, 59, 63)

/* Page directory and page table entries [III 6.7.10.1, 6.7.10.2]. */
#define PDE_VALID PPC_BIT(0)
#define PDE_LEAF PPC_BIT(1)
#define PDE_NLB(v) ((v)&PPC_MASK(4, 55))
#define PDE_NLS(v) ppc_field(v, 59, 63)
#define PTE_RPN PPC_MASK(7, 51)
#define PTE_R PPC_BIT(55)
#define PTE_C PPC_BIT(56)
#define PTE_ATT(v) ppc_field(v, 58, 59)
#define PTE_PRIV PPC_BIT(60)
#define PTE_READ PPC_BIT(61)
#define PTE_WRITE PPC_BIT(62) /* the architecture's Read/Write: loads as well */
#define PTE_EXEC PPC_BIT(63)

#define ATT_NORMAL 0
#define ATT_SAO 1

/* AMR and IAMR bits of key 0, the only one that matters under radix [III 6.7.12.2]. */
#define AMR_NO_WRITE PPC_BIT(0)
#define AMR_NO_READ PPC_BIT(1)
#define IAMR_NO_EXEC PPC_BIT(1)

#define LEVELS_MAX 8
#define PRTBL_SHIFT 0xfffu /* of c->prtbl */

bool mmu_fault(struct cpu *c, u64 ea, enum mmu_access acc, u32 cause)
{
	c->fault.vector = acc == MMU_FETCH ? EXC_ISI : EXC_DSI;
	c->fault.dsisr = cause | (acc == MMU_STORE ? DSISR_STORE : 0);
	c->fault.dar = ea;
	return false;
}

static bool segment_fault(struct cpu *c, u64 ea, enum mmu_access acc)
{
	c->fault.vector = acc == MMU_FETCH ? EXC_ISEG : EXC_DSEG;
	c->fault.dsisr = 0;
	c->fault.dar = ea;
	return false;
}

bool mmu_pid(const struct cpu *c, u64 ea, u32 *pid)
{
	switch (ea >> 62) {
	case 0:
		*pid = (u32)c->spr.pidr;
		return true;
	case 3:
		*pid = 0;
		return true;
	default:
		return false;
	}
}

bool mmu_permits(const struct cpu *c, const struct tlb2_entry *e, enum mmu_access acc, bool user,
		 u32 *cause)
{
	bool priv_page = e->flags & TLB2_PRIV;

	*cause = DSISR_PROTECTION;
	if (user && priv_page)
		return false;
	if (acc == MMU_FETCH) {
		if (!user && !priv_page && c->spr.iamr & IAMR_NO_EXEC)
			return false;
		*cause = DSISR_NOEXEC_OR_GUARD;
		return e->flags & TLB2_EXEC && !(e->flags & TLB2_IO);
	}
	if (!user && !priv_page && c->spr.amr & (acc == MMU_STORE ? AMR_NO_WRITE : AMR_NO_READ))
		return false;
	return e->flags & (acc == MMU_STORE ? TLB2_WRITE : TLB2_READ);
}

/* Finds the root of @pid's tree. False: bad process table. */
static bool tree_root(struct cpu *c, u32 pid, u64 *base, u32 *n_bits, u32 *ea_bits)
{
	/* another processor may register a new table at any time */
	u64 prtbl = __atomic_load_n(&c->prtbl, __ATOMIC_RELAXED);
	u32 prtbl_shift = prtbl & PRTBL_SHIFT;
	u64 entry, offset = (u64)pid * 16;

	if (!__atomic_load_n(&c->radix, __ATOMIC_RELAXED) || prtbl_shift < 12 ||
	    offset >> prtbl_shift ||
	    !gmem_ld_be64(c->mem, gpa_of((prtbl & ~(u64)PRTBL_SHIFT) + offset), &entry))
		return false;
	*base = PRTE_RPDB(entry);
	*n_bits = (u32)PRTE_RPDS(entry);
	*ea_bits = (u32)(PRTE_RTS1(entry) << 3 | PRTE_RTS2(entry)) + 31;
	return *n_bits >= 5 && *n_bits <= 16 && *ea_bits <= 62;
}

struct leaf {
	u64 pte;
	gpa at;
	u32 shift; /* log2 of the page size */
};

/* Descends to the leaf; 0, or the cause of the fault. */
static u32 descend(struct cpu *c, u64 ea, u32 pid, struct leaf *leaf)
{
	u64 base, e;
	u32 n_bits, shift;

	if (!tree_root(c, pid, &base, &n_bits, &shift))
		return DSISR_PRTABLE;
	for (int level = 0; level < LEVELS_MAX; level++) {
		if (n_bits > shift || shift - n_bits < TLB_PAGE_SHIFT)
			return DSISR_PRTABLE;
		shift -= n_bits;
		leaf->at = gpa_of(base + ((ea >> shift & ((1ULL << n_bits) - 1)) << 3));
		if (!gmem_ld_be64(c->mem, leaf->at, &e))
			return DSISR_PRTABLE;
		if (!(e & PDE_VALID))
			return DSISR_NOT_FOUND;
		if (e & PDE_LEAF) {
			leaf->pte = e;
			leaf->shift = shift;
			return 0;
		}
		base = PDE_NLB(e);
		n_bits = (u32)PDE_NLS(e);
		if (!n_bits)
			break;
	}
	return DSISR_PRTABLE;
}

static void entry_of_leaf(struct cpu *c, u64 ea, const struct leaf *l, struct tlb2_entry *out)
{
	u64 in_page = (1ULL << l->shift) - 1;
	u64 pte = l->pte;

	out->page = ea >> TLB_PAGE_SHIFT;
	out->flags = TLB2_VALID | (pte & PTE_PRIV ? TLB2_PRIV : 0) |
		     (pte & (PTE_READ | PTE_WRITE) ? TLB2_READ : 0) |
		     (pte & PTE_WRITE ? TLB2_WRITE : 0) | (pte & PTE_EXEC ? TLB2_EXEC : 0) |
		     (pte & PTE_C ? TLB2_DIRTY : 0);
	out->ra = ((pte & PTE_RPN & ~in_page) | (ea & in_page)) & TLB_PAGE_MASK;
	out->host = (u64)(uintptr_t)gmem_host_page(c->mem, gpa_of(out->ra));
	if (!out->host || PTE_ATT(pte) > ATT_SAO)
		out->flags |= TLB2_IO;
}

/* Sets R, and C for a store. False: the entry changed under us, look again. */
static bool update_rc(struct cpu *c, struct leaf *l, enum mmu_access acc)
{
	u64 want = l->pte | PTE_R | (acc == MMU_STORE ? PTE_C : 0);
	bool done;

	if (want == l->pte)
		return true;
	if (!gmem_cmpxchg_be64(c->mem, l->at, l->pte, want, &done) || !done)
		return false;
	l->pte = want;
	return true;
}

/* EA bits between the quadrant and the tree's reach must be zero [III 6.7.5.1]. */
static bool ea_in_reach(struct cpu *c, u64 ea, u32 pid)
{
	u64 base;
	u32 n_bits, ea_bits;

	if (!tree_root(c, pid, &base, &n_bits, &ea_bits))
		return true; /* reported by descend() */
	return !(ea & ~(3ULL << 62) & ~((1ULL << ea_bits) - 1));
}

bool radix_walk(struct cpu *c, u64 ea, enum mmu_access acc, bool user, struct tlb2_entry *out)
{
	struct leaf leaf;
	u32 cause, pid;

	c->tlb.n_walk++;
	if (!mmu_pid(c, ea, &pid) || !ea_in_reach(c, ea, pid))
		return segment_fault(c, ea, acc);
	do {
		cause = descend(c, ea, pid, &leaf);
		if (cause)
			return mmu_fault(c, ea, acc, cause);
		entry_of_leaf(c, ea, &leaf, out);
		out->pid = pid;
		if (!mmu_permits(c, out, acc, user, &cause))
			return mmu_fault(c, ea, acc, cause);
	} while (!update_rc(c, &leaf, acc));
	if (leaf.pte & PTE_C)
		out->flags |= TLB2_DIRTY;
	return true;
}
