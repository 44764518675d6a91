// SPDX-License-Identifier: Apache-2.0
/*
 * Trace interrupts and watchpoints: see cpu/debug.h. Not set: SDAR of a traced
 * load or store. Used by the thread of its processor alone.
 */
#include "cpu/debug.h"

#include "base/bits.h"
#include "cpu/access.h"
#include "cpu/cpu.h"
#include "cpu/debugger.h"
#include "isa/decode.h"
#include "isa/fields.h"
#include "isa/insn.h"

/* SRR1 of a trace interrupt [ISA 3.1B III 7.5.15]. */
#define SRR1_TRACE PPC_BIT(33)
#define SRR1_TRACE_LOAD PPC_BIT(35)
#define SRR1_TRACE_STORE PPC_BIT(36)
#define SRR1_TRACE_CIABR PPC_BIT(43)

/* ---- instructions ---- */

static u32 extended(u32 insn)
{
	return insn >> 1 & 0x3ff;
}

/* Returns from interrupts, and stop, are never traced. */
static bool is_exempt(u32 insn)
{
	static const u16 xo[] = { 18, 82, 274, 306, 370 }; /* rfid, rfscv, hrfid, urfid, stop */

	if (insn >> 26 != 19)
		return false;
	for (u32 i = 0; i < ARRAY_SIZE(xo); i++)
		if (extended(insn) == xo[i])
			return true;
	return false;
}

static bool is_branch(u32 insn)
{
	u32 xo = extended(insn);

	switch (insn >> 26) {
	case 16:
	case 18:
		return true;
	case 19: /* bclr, bcctr, bctar */
		return xo == 16 || xo == 528 || xo == 560;
	default:
		return false;
	}
}

static u64 kind_of(struct cpu *c, const struct debug_step *s)
{
	bool prefixed = s->insn >> 26 == 1;
	u32 suffix, id, attr;

	if (!prefixed)
		id = decode(c->decoder, s->insn);
	else if (mem_fetch(c, (s->at + 4) & c->ea_mask, &suffix))
		id = decode_prefixed(c->decoder, s->insn, suffix);
	else
		id = INSN_ILLEGAL;
	attr = id == INSN_ILLEGAL ? 0 : isa_insns[id].attr;
	return (prefixed ? SRR1_PREFIXED : 0) | (attr & A_LOAD ? SRR1_TRACE_LOAD : 0) |
	       (attr & A_STORE ? SRR1_TRACE_STORE : 0);
}

struct debug_step debug_before(const struct cpu *c, u64 at, u32 insn)
{
	u32 own = c->msr & MSR_PR ? CIABR_PRIV_PROBLEM : CIABR_PRIV_SUPERVISOR;

	return (struct debug_step){
		.at = at,
		.msr = c->msr,
		.insn = insn,
		.exc_run = c->exc_run,
		.stepping = debug_stepping(c),
		.breakpoint = CIABR_PRIV(c->spr.ciabr) == own && (c->spr.ciabr & ~3ULL) == at,
	};
}

u64 debug_after(struct cpu *c, const struct debug_step *s, u64 pc)
{
	bool stepped = s->msr & MSR_SE || (s->msr & MSR_BE && is_branch(s->insn));
	u64 srr1 = SRR1_TRACE;

	if (!s->stepping || !(stepped || s->breakpoint) || is_exempt(s->insn))
		return pc;
	/* one that ended in another interrupt, or calls the hypervisor, is not complete */
	if (c->exc_run != s->exc_run || __atomic_load_n(&c->attn, __ATOMIC_RELAXED) & ATTN_EXIT)
		return pc;
	c->spr.siar = s->at;
	srr1 |= kind_of(c, s) | (s->breakpoint ? SRR1_TRACE_CIABR : 0);
	return cpu_raise(c, EXC_TRACE, pc & c->ea_mask, srr1);
}

/* ---- data ---- */

#define DAWRX_MRD(v) ((v) >> 10 & 63) /* doublewords less one */
#define DAWRX_DW 0x40u
#define DAWRX_DR 0x20u
#define DAWRX_WT 0x10u
#define DAWRX_WTI 0x08u
#define DAWRX_PNH 0x02u /* privileged */
#define DAWRX_PRO 0x01u /* problem state */

struct watch {
	u64 start, last; /* bytes */
	u64 x;
};

static bool is_enabled(u64 x)
{
	return x & (DAWRX_DW | DAWRX_DR) && x & (DAWRX_PNH | DAWRX_PRO);
}

static struct watch watch_of(const struct cpu *c, u32 i)
{
	struct watch w = { .start = i ? c->spr.dawr1 : c->spr.dawr0,
			   .x = i ? c->spr.dawrx1 : c->spr.dawrx0 };

	w.start &= ~7ULL;
	w.last = w.start + 8 * (DAWRX_MRD(w.x) + 1) - 1;
	return w;
}

static bool overlaps(const struct watch *w, u64 first, u64 last)
{
	return is_enabled(w->x) && first <= w->last && last >= w->start;
}

bool debug_keeps_out(const struct cpu *c, u64 ea, bool is_fetch)
{
	if (is_fetch)
		return c->debugger && debugger_breaks_page(c, ea);
	if (c->debugger && debugger_watches_page(c, ea))
		return true;
	for (u32 i = 0; i < 2; i++) {
		struct watch w = watch_of(c, i);

		if (overlaps(&w, ea & TLB_PAGE_MASK, ea | ~TLB_PAGE_MASK))
			return true;
	}
	return false;
}

/* Privilege, translation and kind of access. */
static bool applies(const struct cpu *c, u64 x, bool store)
{
	if (!(x & (c->msr & MSR_PR ? DAWRX_PRO : DAWRX_PNH)) ||
	    !(x & (store ? DAWRX_DW : DAWRX_DR)))
		return false;
	return x & DAWRX_WTI || !(x & DAWRX_WT) == !(c->msr & MSR_DR);
}

bool debug_watch_hit(struct cpu *c, u64 ea, u32 n, bool store)
{
	if (c->debugger && debugger_watch_hit(c, ea, n, store))
		return true;
	for (u32 i = 0; i < 2; i++) {
		struct watch w = watch_of(c, i);

		if (!overlaps(&w, ea, ea + n - 1) || !applies(c, w.x, store))
			continue;
		c->fault.vector = EXC_DSI;
		c->fault.dsisr = DSISR_DAWR | (store ? DSISR_STORE : 0);
		c->fault.dar = ea > w.start ? ea : w.start;
		return true;
	}
	return false;
}

void cpu_debug_changed(struct cpu *c)
{
	bool was = c->watch;

	c->watch = is_enabled(c->spr.dawrx0) || is_enabled(c->spr.dawrx1) || c->debugger;
	if (was || c->watch)
		tlb_flush_l1(c);
}
