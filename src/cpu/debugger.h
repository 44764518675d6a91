/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A debugger outside of the guest: breakpoints and watchpoints by effective
 * address, and single steps, none of which the guest can see. Pages with a
 * breakpoint get no fetch window, so that they alone are executed one
 * instruction at a time; pages with a watched range are kept out of the L1 TLB.
 * While nothing is set, cpu->debugger is NULL and nothing looks at it.
 *
 * The processor stops before the instruction at a breakpoint and before the
 * access to a watched range: cpu_run() returns CPU_EXIT_DEBUG, cpu->stop says
 * why. A step stops after its instruction, or at the vector of the interrupt
 * that it took. Asynchronous interrupts wait while a processor is
 * stepped.
 *
 * Threads: the set is shared by all processors of a machine, and changed only
 * while none of them runs.
 */
#ifndef HYPAR_CPU_DEBUGGER_H
#define HYPAR_CPU_DEBUGGER_H

#include "base/compiler.h"
#include "cpu/state.h"

#define DEBUGGER_BREAKS 512u
#define DEBUGGER_WATCHES 64u

/* Kinds of access, or'd. */
#define DEBUGGER_READ 1u
#define DEBUGGER_WRITE 2u

struct debugger_watch {
	u64 first, last; /* bytes */
	u32 kinds;
};

struct debugger {
	u64 breaks[DEBUGGER_BREAKS]; /* ascending */
	u32 n_breaks, n_watches;
	struct debugger_watch watches[DEBUGGER_WATCHES];
};

/* c->fault.vector of accesses that end in no interrupt. */
#define FAULT_DEBUGGER 0x100u	/* a watched range: c->stop is set */
#define FAULT_ONE_BY_ONE 0x101u /* a fetch from a page with a breakpoint */

/* 0, -EEXIST, -ENOSPC; -ENOENT. Afterwards debugger_changed() on all processors. */
int debugger_add_break(struct debugger *d, u64 ea);
int debugger_del_break(struct debugger *d, u64 ea);
int debugger_add_watch(struct debugger *d, const struct debugger_watch *w);
int debugger_del_watch(struct debugger *d, const struct debugger_watch *w);
void debugger_changed(struct cpu *c, const struct debugger *d);

/*
 * The next cpu_run() ends after one instruction, or (@single false) does not.
 * @pass: breakpoints and watchpoints do not count for its first instruction.
 */
void debugger_prepare(struct cpu *c, bool single, bool pass);

/* Does the page of @ea hold a breakpoint, or a part of a watched range? */
bool debugger_breaks_page(const struct cpu *c, u64 ea);
bool debugger_watches_page(const struct cpu *c, u64 ea);

/* For the loop: must the instruction at @pc run by itself? */
static inline bool debugger_slow(const struct cpu *c, u64 pc)
{
	return c->single || c->pass || (c->debugger && debugger_breaks_page(c, pc));
}

/* For the loop: is the instruction at @at not to be executed? c->exit is set then. */
bool debugger_before(struct cpu *c, u64 at);

/* For the loop: an instruction is over. */
void debugger_after(struct cpu *c);

/* Is an access watched? c->fault and c->stop are set then. */
bool debugger_watch_hit(struct cpu *c, u64 ea, u32 n, bool store);

/* The instruction that met FAULT_DEBUGGER ends here. */
void debugger_stop(struct cpu *c);

#endif
