// SPDX-License-Identifier: Apache-2.0
/*
 * Breakpoints, watchpoints and steps of a debugger: see cpu/debugger.h.
 */
#include "cpu/debugger.h"

#include <errno.h>
#include <string.h>

#include "cpu/cpu.h"
#include "cpu/mmu/tlb.h"

/* ---- the set ---- */

/* The place of the first breakpoint at or above @ea. */
static u32 place(const struct debugger *d, u64 ea)
{
	u32 lo = 0, hi = d->n_breaks;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (d->breaks[mid] < ea)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int debugger_add_break(struct debugger *d, u64 ea)
{
	u32 at = place(d, ea);

	if (at < d->n_breaks && d->breaks[at] == ea)
		return -EEXIST;
	if (d->n_breaks == DEBUGGER_BREAKS)
		return -ENOSPC;
	memmove(&d->breaks[at + 1], &d->breaks[at], (d->n_breaks - at) * sizeof(d->breaks[0]));
	d->breaks[at] = ea;
	d->n_breaks++;
	return 0;
}

int debugger_del_break(struct debugger *d, u64 ea)
{
	u32 at = place(d, ea);

	if (at == d->n_breaks || d->breaks[at] != ea)
		return -ENOENT;
	d->n_breaks--;
	memmove(&d->breaks[at], &d->breaks[at + 1], (d->n_breaks - at) * sizeof(d->breaks[0]));
	return 0;
}

static bool is_same(const struct debugger_watch *a, const struct debugger_watch *b)
{
	return a->first == b->first && a->last == b->last && a->kinds == b->kinds;
}

int debugger_add_watch(struct debugger *d, const struct debugger_watch *w)
{
	for (u32 i = 0; i < d->n_watches; i++)
		if (is_same(&d->watches[i], w))
			return -EEXIST;
	if (d->n_watches == DEBUGGER_WATCHES)
		return -ENOSPC;
	d->watches[d->n_watches++] = *w;
	return 0;
}

int debugger_del_watch(struct debugger *d, const struct debugger_watch *w)
{
	for (u32 i = 0; i < d->n_watches; i++)
		if (is_same(&d->watches[i], w)) {
			d->watches[i] = d->watches[--d->n_watches];
			return 0;
		}
	return -ENOENT;
}

void debugger_changed(struct cpu *c, const struct debugger *d)
{
	c->debugger = d->n_breaks || d->n_watches ? d : NULL;
	cpu_debug_changed(c);
	tlb_flush_l1(c);
}

void debugger_prepare(struct cpu *c, bool single, bool pass)
{
	c->single = single;
	c->pass = pass;
	c->stop.kind = CPU_STOP_NONE;
	cpu_recheck(c); /* interrupts may have waited for a step */
}

/* ---- the processor ---- */

bool debugger_breaks_page(const struct cpu *c, u64 ea)
{
	const struct debugger *d = c->debugger;
	u32 at = place(d, ea & TLB_PAGE_MASK);

	return at < d->n_breaks && d->breaks[at] <= (ea | ~TLB_PAGE_MASK);
}

bool debugger_watches_page(const struct cpu *c, u64 ea)
{
	const struct debugger *d = c->debugger;

	for (u32 i = 0; i < d->n_watches; i++)
		if (d->watches[i].first <= (ea | ~TLB_PAGE_MASK) &&
		    d->watches[i].last >= (ea & TLB_PAGE_MASK))
			return true;
	return false;
}

void debugger_stop(struct cpu *c)
{
	c->exit = CPU_EXIT_DEBUG;
	cpu_attn(c, ATTN_EXIT);
}

bool debugger_before(struct cpu *c, u64 at)
{
	const struct debugger *d = c->debugger;
	u32 i;

	if (!d || c->pass)
		return false;
	i = place(d, at);
	if (i == d->n_breaks || d->breaks[i] != at)
		return false;
	c->stop = (struct cpu_stop){ .kind = CPU_STOP_BREAK, .ea = at };
	debugger_stop(c);
	return true;
}

void debugger_after(struct cpu *c)
{
	if (c->pass) {
		c->pass = false;
		cpu_recheck(c); /* what waited */
	}
	/* a hypercall is part of its instruction: whoever carries it out stops then */
	if (!c->single || __atomic_load_n(&c->attn, __ATOMIC_RELAXED) & ATTN_EXIT)
		return;
	c->stop = (struct cpu_stop){ .kind = CPU_STOP_STEP };
	debugger_stop(c);
}

bool debugger_watch_hit(struct cpu *c, u64 ea, u32 n, bool store)
{
	const struct debugger *d = c->debugger;
	u64 last = ea + n - 1 < ea ? ~0ULL : ea + n - 1;

	if (c->pass)
		return false;
	for (u32 i = 0; i < d->n_watches; i++) {
		const struct debugger_watch *w = &d->watches[i];

		if (ea > w->last || last < w->first ||
		    !(w->kinds & (store ? DEBUGGER_WRITE : DEBUGGER_READ)))
			continue;
		c->stop = (struct cpu_stop){ .kind = CPU_STOP_WATCH,
					     .ea = ea > w->first ? ea : w->first,
					     .is_store = store,
					     .watch_kinds = w->kinds };
		c->fault.vector = FAULT_DEBUGGER;
		return true;
	}
	return false;
}
