/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debug facilities of a guest: single step and branch trace by MSR[TE], the
 * instruction breakpoint CIABR, the data watchpoints DAWR0 and DAWR1
 * [ISA 3.1B III 7.5.15, 10.2-10.4]. While one of the first three may match,
 * cpu_run() executes one instruction at a time. Pages of a watched range are
 * kept out of the L1 TLB, so that all their accesses take the slow path.
 */
#ifndef HYPAR_CPU_DEBUG_H
#define HYPAR_CPU_DEBUG_H

#include "base/compiler.h"
#include "cpu/state.h"
#include "isa/msr.h"

#define CIABR_PRIV(v) ((v)&3)
#define CIABR_PRIV_PROBLEM 1
#define CIABR_PRIV_SUPERVISOR 2

/* Can an instruction now end in a trace interrupt? */
static inline bool debug_stepping(const struct cpu *c)
{
	u32 own = c->msr & MSR_PR ? CIABR_PRIV_PROBLEM : CIABR_PRIV_SUPERVISOR;

	return c->msr & MSR_TE || CIABR_PRIV(c->spr.ciabr) == own;
}

/* An instruction to be executed. */
struct debug_step {
	u64 at, msr;
	u32 insn;
	u32 exc_run;
	bool stepping, breakpoint;
};

/* Before @insn at @at runs; after it, with the address to go on at, which it may change. */
struct debug_step debug_before(const struct cpu *c, u64 at, u32 insn);
u64 debug_after(struct cpu *c, const struct debug_step *step, u64 pc);

/* Must the page of @ea stay out of the L1 TLB: a watched range, or code to stop at? */
bool debug_keeps_out(const struct cpu *c, u64 ea, bool is_fetch);

/*
 * Must an access to @n bytes at @ea end in a data storage interrupt, or at a
 * debugger? Then c->fault is set.
 */
MUST_CHECK bool debug_watch_hit(struct cpu *c, u64 ea, u32 n, bool store);

#endif
