/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One virtual processor: life cycle, running, and what other threads may do
 * to it. Everything not marked "any thread" belongs to the thread that runs it.
 */
#ifndef HYPAR_CPU_CPU_H
#define HYPAR_CPU_CPU_H

#include "cpu/exception.h"
#include "cpu/state.h"

/*
 * Prepares @c (zeroed by the caller, with decoder, mem, mmio, ops, owner and
 * index set). False: no memory.
 */
bool cpu_init(struct cpu *c);
void cpu_fini(struct cpu *c);

/*
 * The state after a partition's start: real mode, big-endian, 64-bit,
 * interrupts off, everything else 0. @pvr is what mfpvr answers.
 */
void cpu_reset(struct cpu *c, u64 pvr);

/* From now on instructions are those of @d. */
void cpu_set_decoder(struct cpu *c, const struct decoder *d);

/* Runs the guest from c->pc until something needs the hypervisor; c->pc is exact afterwards. */
enum cpu_exit cpu_run(struct cpu *c);

/* Any thread: makes cpu_run() return CPU_EXIT_KICK soon. Also when called before it. */
void cpu_kick(struct cpu *c);

/* Any thread: sets or clears PEND_* interrupt @bits; they are taken when MSR allows. */
void cpu_pend(struct cpu *c, u32 bits);
void cpu_unpend(struct cpu *c, u32 bits);

/* Is an interrupt pending that would end H_CEDE (MSR[EE] taken as 1)? */
bool cpu_has_pending(const struct cpu *c);

/* The decrementer against the clock: sets or clears PEND_DEC. */
void cpu_tick(struct cpu *c);

/* Any thread: LPCR, which the platform changes for all processors at once. */
static inline u64 cpu_lpcr(const struct cpu *c)
{
	return __atomic_load_n(&c->spr.lpcr, __ATOMIC_RELAXED);
}

/* SPRs by number, privileged state, as mfspr and mtspr. False: no such register. */
bool cpu_spr_get(struct cpu *c, u32 num, u64 *out);
bool cpu_spr_set(struct cpu *c, u32 num, u64 v);
const char *cpu_spr_name(u32 num);

/* After DAWR0, DAWR1 or their DAWRX were written (by the thread of the processor). */
void cpu_debug_changed(struct cpu *c);

/* XER as one register. */
u64 cpu_xer_get(const struct cpu *c);
void cpu_xer_set(struct cpu *c, u64 v);

/* Effective to real address without side effects, for debuggers and reports; false: not mapped. */
bool cpu_translate_debug(struct cpu *c, u64 ea, u64 *ra);

#endif
