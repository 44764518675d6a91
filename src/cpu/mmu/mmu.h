/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the MMU: translation of one page, shared by tlb.c, radix.c, access.c.
 */
#ifndef HYPAR_CPU_MMU_MMU_H
#define HYPAR_CPU_MMU_MMU_H

#include "base/bits.h"
#include "base/compiler.h"
#include "cpu/state.h"

enum mmu_access { MMU_LOAD, MMU_STORE, MMU_FETCH };

/*
 * Walks the process-scoped radix tree for the page of @ea (relocation is on)
 * and fills *out, R and C updated as @acc needs. @user is MSR[PR]. False:
 * c->fault is set.
 */
MUST_CHECK bool radix_walk(struct cpu *c, u64 ea, enum mmu_access acc, bool user,
			   struct tlb2_entry *out);

/* Does @e permit @acc now (MSR[PR], AMR, IAMR)? If not, *cause gets the DSISR or SRR1 bits. */
MUST_CHECK bool mmu_permits(const struct cpu *c, const struct tlb2_entry *e, enum mmu_access acc,
			    bool user, u32 *cause);

/* The PID that @ea belongs to: quadrant 0 PIDR, quadrant 3 process 0; false: another quadrant. */
MUST_CHECK bool mmu_pid(const struct cpu *c, u64 ea, u32 *pid);

/* The page of @ea, from L2 or a walk; NULL: c->fault is set. */
const struct tlb2_entry *tlb_lookup(struct cpu *c, u64 ea, enum mmu_access acc);

/* Enters the page of @ea into the L1 table for @acc of the current context. */
void tlb_fill(struct cpu *c, u64 ea, const struct tlb2_entry *e, enum mmu_access acc);

/* Real-mode page of @ea: guest real address, host address or 0. */
void mmu_real(const struct cpu *c, u64 ea, struct tlb2_entry *out);

/* Sets c->fault for @acc; returns false. */
bool mmu_fault(struct cpu *c, u64 ea, enum mmu_access acc, u32 cause);

#endif
