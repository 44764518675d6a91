/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the load and store families share.
 */
#ifndef HYPAR_CPU_INTERP_LDST_H
#define HYPAR_CPU_INTERP_LDST_H

#include "cpu/interp/interp.h"

/* Describes an alignment interrupt in c->fault; returns false, as accesses do. */
static inline bool misaligned(struct cpu *c, u64 ea, bool store)
{
	c->fault = (struct cpu_fault){
		.vector = EXC_ALIGN,
		.dsisr = store ? DSISR_STORE : 0,
		.dar = ea,
	};
	return false;
}

#endif
