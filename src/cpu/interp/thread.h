/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threaded dispatch: after an instruction, its function finds the next one and
 * jumps there, so that the host's branch predictor sees each pair on its own.
 * Only little-endian code in 64-bit mode runs like
 * this (struct cpu's is_plain). An instruction function i_<id> knows
 * nothing of it: THREAD(id) wraps it, in the file that defines it, for the rows
 * of hot.def; all others are called by thread_call().
 *
 * The jump is a sibling call: a build without optimisation, or a sanitizer,
 * returns to the loop instead.
 */
#ifndef HYPAR_CPU_INTERP_THREAD_H
#define HYPAR_CPU_INTERP_THREAD_H

#include "cpu/interp/decoded.h"

#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && \
	!defined(HYPAR_NO_THREAD)
#define THREAD_JUMPS 1
#else
#define THREAD_JUMPS 0
#endif

/* Any instruction: calls i_<id>, then goes on (run.c). */
thread_fn thread_call;

/*
 * Goes on at @pc, with @left instructions left of the slice; returns where it
 * stopped, c->left says how many are left then. @counts: stop when none is
 * left, which branches alone do, since code without one ends with its page.
 */
ALWAYS_INLINE u64 thread_go(struct cpu *c, u64 pc, s64 left, bool counts)
{
	const struct decoded *d;
	u32 insn;

	if (!THREAD_JUMPS || UNLIKELY((pc & TLB_PAGE_MASK) != cpu_fetch_page(c)) ||
	    (counts && UNLIKELY(left <= 0))) {
		c->left = left;
		return pc;
	}
	insn = *(const u32 *)(pc + c->fetch_addend);
	d = &c->decoded[decoded_slot(insn)];
	if (UNLIKELY(d->insn != insn)) {
		c->left = left;
		return pc;
	}
	return d->run(c, insn, pc, left);
}

ALWAYS_INLINE u64 thread_next(struct cpu *c, u64 pc, s64 left)
{
	return thread_go(c, pc, left - 1, false);
}

ALWAYS_INLINE u64 thread_branch(struct cpu *c, u64 pc, s64 left)
{
	return thread_go(c, pc, left - 1, true);
}

#define THREAD_BY(id, go)                                                                    \
	__attribute__((flatten)) u64 thread_##id(struct cpu *c, u32 insn, u64 pc, s64 left); \
	u64 thread_##id(struct cpu *c, u32 insn, u64 pc, s64 left)                           \
	{                                                                                    \
		return go(c, i_##id(c, insn, pc), left);                                     \
	}

#define THREAD(id) THREAD_BY(id, thread_next)
#define THREAD_BRANCH(id) THREAD_BY(id, thread_branch)

/*
 * The same where bool fast_<id>(c, insn, plain) does it all, or nothing and
 * answers false.
 */
#define THREAD_FAST(id)                                                                   \
	thread_fn thread_##id;                                                            \
	u64 thread_##id(struct cpu *c, u32 insn, u64 pc, s64 left)                        \
	{                                                                                 \
		return LIKELY(fast_##id(c, insn, true)) ? thread_next(c, NEXT, left) :    \
							  thread_call(c, insn, pc, left); \
	}

#endif
