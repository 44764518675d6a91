// SPDX-License-Identifier: Apache-2.0
/*
 * The two TLB levels. L1 entries in quadrant 0, and of pages that are not
 * privileged, depend on PIDR, AMR and IAMR: they are listed in a log and dropped when one of those
 * registers changes. L2 entries carry their PID and permissions and stay.
 */
#include "cpu/mmu/tlb.h"

#include <string.h>

#include "base/pages.h"
#include "cpu/cpu.h"
#include "cpu/debug.h"
#include "cpu/mmu/mmu.h"
#include "isa/msr.h"
#include "mem/gmem.h"

/* Up to this many pages are dropped one by one, more by a scan. */
#define RANGE_PAGES_MAX 64

enum table { TABLE_RD, TABLE_WR, TABLE_EX, TABLE_N };

static void l1_flush(struct tlb *t)
{
	memset(t->l1, 0xff, TLB_N_CTX * sizeof(*t->l1));
	t->n_log = 0;
}

bool tlb_init(struct tlb *t)
{
	t->l1 = pages_alloc(TLB_N_CTX * sizeof(*t->l1));
	t->l2 = pages_alloc(TLB_L2_SIZE * sizeof(*t->l2));
	if (!t->l1 || !t->l2) {
		tlb_fini(t);
		return false;
	}
	l1_flush(t);
	return true;
}

void tlb_fini(struct tlb *t)
{
	pages_free(t->l1, TLB_N_CTX * sizeof(*t->l1));
	pages_free(t->l2, TLB_L2_SIZE * sizeof(*t->l2));
	t->l1 = NULL;
	t->l2 = NULL;
}

void tlb_flush_all(struct cpu *c)
{
	c->tlb.n_flush++;
	l1_flush(&c->tlb);
	memset(c->tlb.l2, 0, TLB_L2_SIZE * sizeof(*c->tlb.l2));
	cpu_set_fetch_page(c, TLB_NONE);
}

void tlb_flush_l1(struct cpu *c)
{
	l1_flush(&c->tlb);
	cpu_set_fetch_page(c, TLB_NONE);
}

static struct tlb_entry *slot_of(struct tlb *t, u32 ctx, enum table table, u32 slot)
{
	struct tlb_l1 *l1 = &t->l1[ctx];

	return table == TABLE_EX ? &l1->ex[slot] :
	       table == TABLE_WR ? &l1->wr[slot] :
				   &l1->rd[slot];
}

static u32 slot_no(u64 ea, enum table table)
{
	return (u32)(ea >> TLB_PAGE_SHIFT) &
	       (table == TABLE_EX ? TLB_FETCH_SIZE - 1 : TLB_L1_SIZE - 1);
}

void tlb_scrub_user(struct cpu *c)
{
	struct tlb *t = &c->tlb;

	if (t->n_log > TLB_LOG_SIZE) {
		memset(&t->l1[TLB_PRIV], 0xff, 2 * sizeof(*t->l1));
		t->n_log = 0;
	}
	for (u32 i = 0; i < t->n_log; i++) {
		u32 l = t->log[i];

		slot_of(t, l >> 24, (enum table)(l >> 16 & 0xff), l & 0xffff)->tag = TLB_NONE;
	}
	t->n_log = 0;
	cpu_set_fetch_page(c, TLB_NONE);
}

static inline u32 l2_slot(u64 page, u32 pid)
{
	u64 h = page ^ page >> 13 ^ page >> 29 ^ (u64)pid * 0x9e5;

	return (u32)h & (TLB_L2_SIZE - 1);
}

const struct tlb2_entry *tlb_lookup(struct cpu *c, u64 ea, enum mmu_access acc)
{
	bool user = c->msr & MSR_PR;
	struct tlb2_entry *e, found;
	u64 page = ea >> TLB_PAGE_SHIFT;
	u32 pid, cause;

	c->tlb.n_miss++;
	if (mmu_pid(c, ea, &pid)) {
		e = &c->tlb.l2[l2_slot(page, pid)];
		if (e->page == page && e->pid == pid && e->flags & TLB2_VALID &&
		    (acc != MMU_STORE || e->flags & TLB2_DIRTY) &&
		    mmu_permits(c, e, acc, user, &cause))
			return e;
	}
	if (!radix_walk(c, ea, acc, user, &found))
		return NULL;
	e = &c->tlb.l2[l2_slot(page, found.pid)];
	*e = found;
	return e;
}

void tlb_fill(struct cpu *c, u64 ea, const struct tlb2_entry *e, enum mmu_access acc)
{
	struct tlb *t = &c->tlb;
	enum table table = acc == MMU_FETCH ? TABLE_EX : acc == MMU_STORE ? TABLE_WR : TABLE_RD;
	bool on = c->msr & (acc == MMU_FETCH ? MSR_IR : MSR_DR);
	u32 ctx = !on ? TLB_REAL : c->msr & MSR_PR ? TLB_USER : TLB_PRIV;
	u32 slot = slot_no(ea, table);
	struct tlb_entry *l1 = slot_of(t, ctx, table, slot);

	if (UNLIKELY(c->watch) && debug_keeps_out(c, ea, acc == MMU_FETCH))
		return;
	l1->tag = ea & TLB_PAGE_MASK;
	l1->addend = e->host - l1->tag;
	if (ctx == TLB_REAL || (ea >> 62 && e->flags & TLB2_PRIV))
		return; /* neither PIDR nor AMR nor IAMR matter */
	if (t->n_log < TLB_LOG_SIZE)
		t->log[t->n_log] = ctx << 24 | (u32)table << 16 | slot;
	if (t->n_log <= TLB_LOG_SIZE)
		t->n_log++;
}

static void drop_page(struct tlb *t, u64 ea, u32 pid)
{
	struct tlb2_entry *e = &t->l2[l2_slot(ea >> TLB_PAGE_SHIFT, pid)];

	if (e->page == ea >> TLB_PAGE_SHIFT && e->pid == pid)
		e->flags = 0;
	for (u32 ctx = TLB_PRIV; ctx <= TLB_USER; ctx++)
		for (enum table table = TABLE_RD; table < TABLE_N; table++) {
			struct tlb_entry *l1 = slot_of(t, ctx, table, slot_no(ea, table));

			if (l1->tag == (ea & TLB_PAGE_MASK))
				l1->tag = TLB_NONE;
		}
}

static void drop_matching(struct cpu *c, u32 pid, u64 start, u64 last)
{
	struct tlb2_entry *e = c->tlb.l2;

	for (u32 i = 0; i < TLB_L2_SIZE; i++)
		if (e[i].pid == pid && e[i].page >= start >> TLB_PAGE_SHIFT &&
		    e[i].page <= last >> TLB_PAGE_SHIFT)
			e[i].flags = 0;
	if (pid)
		tlb_scrub_user(c);
	else
		memset(&c->tlb.l1[TLB_PRIV], 0xff, 2 * sizeof(*c->tlb.l1));
}

/* From @start to @last, both included: an end of 2^64 is 0. */
static void drop_range(struct cpu *c, u32 pid, u64 start, u64 last)
{
	u64 more = (last - start) >> TLB_PAGE_SHIFT;

	if (last < start)
		return;
	if (more >= RANGE_PAGES_MAX) {
		drop_matching(c, pid, start, last);
		return;
	}
	for (u64 i = 0; i <= more; i++)
		drop_page(&c->tlb, start + (i << TLB_PAGE_SHIFT), pid);
}

void tlb_invalidate(struct cpu *c, const struct tlb_inval *inv)
{
	c->tlb.n_flush++;
	cpu_set_fetch_page(c, TLB_NONE);
	switch (inv->kind) {
	case TLB_INV_PID:
		drop_matching(c, inv->pid, 0, ~0ULL);
		break;
	case TLB_INV_RANGE:
		drop_range(c, inv->pid, inv->start & TLB_PAGE_MASK, inv->end - 1);
		break;
	default:
		tlb_flush_all(c);
		break;
	}
}

void mmu_real(const struct cpu *c, u64 ea, struct tlb2_entry *out)
{
	/* effective bits 0:3 are ignored [III 6.7.2] */
	out->ra = ea & TLB_PAGE_MASK & ~PPC_MASK(0, 3);
	out->page = ea >> TLB_PAGE_SHIFT;
	out->pid = 0;
	out->flags = TLB2_VALID | TLB2_READ | TLB2_WRITE | TLB2_EXEC | TLB2_DIRTY | TLB2_PRIV;
	out->host = (u64)(uintptr_t)gmem_host_page(c->mem, gpa_of(out->ra));
	if (!out->host)
		out->flags |= TLB2_IO;
}
