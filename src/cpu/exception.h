/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts, and the machine state register [ISA 3.1B III 7]. The functions
 * that raise an interrupt change the state and return the address at which the
 * guest goes on; an instruction returns that in place of its next address.
 */
#ifndef HYPAR_CPU_EXCEPTION_H
#define HYPAR_CPU_EXCEPTION_H

#include "base/compiler.h"
#include "cpu/state.h"

enum cpu_exc {
#define EXC(id, vector, name, ail) EXC_##id,
#include "isa/exc.def"
#undef EXC
	EXC_COUNT,
};

/* The interrupt @exc; SRR0 = @pc, SRR1 = MSR with @srr1 in the bits that interrupts define. */
COLD u64 cpu_raise(struct cpu *c, enum cpu_exc exc, u64 pc, u64 srr1);

/* A program interrupt by the instruction at @pc; @cause is SRR1_FP, _PRIV or _TRAP. */
COLD u64 cpu_program(struct cpu *c, u64 pc, u64 cause);

/* The illegal-instruction program interrupt; counted. */
COLD u64 cpu_illegal(struct cpu *c, u32 insn, u64 pc);

/* The storage (segment, alignment) interrupt described by c->fault. */
COLD u64 cpu_fault(struct cpu *c, u64 pc);

/* Facility unavailable 0xf60: @cause is the FSCR interrupt cause, bits 0:7. */
COLD u64 cpu_facility(struct cpu *c, u64 pc, u32 cause);

/* Sets MSR as rfid would (a guest cannot have all bits), and what follows from it. */
void cpu_set_msr(struct cpu *c, u64 msr);

/* Looks at what is pending and takes an interrupt if MSR allows: the address to go on at. */
u64 cpu_attend(struct cpu *c, u64 pc);

/* After MSR[EE] or pending changed: asks the fast loop to call cpu_attend(). */
void cpu_recheck(struct cpu *c);

const char *cpu_exc_name(enum cpu_exc exc);
u32 cpu_exc_vector(enum cpu_exc exc);

#endif
