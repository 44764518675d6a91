/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a processor did last: interrupts and hypercalls, kept always, for the
 * report after a checkstop. Written by the processor's own thread.
 */
#ifndef HYPAR_CPU_RECORD_H
#define HYPAR_CPU_RECORD_H

#include "base/types.h"

#define CPU_RECORDS 32u /* a power of two */

enum cpu_record_kind { CPU_RECORD_EXC, CPU_RECORD_HCALL };

struct cpu_record {
	u32 kind;
	u32 what;   /* vector, or number of the hypercall */
	u64 pc;	    /* SRR0, or the address after sc */
	u64 a, b;   /* DAR and DSISR, or the first two arguments */
	s64 result; /* of the hypercall */
};

struct cpu_records {
	u32 n; /* ever written */
	struct cpu_record record[CPU_RECORDS];
};

/* The next record to fill; the oldest one goes. */
static inline struct cpu_record *cpu_record_next(struct cpu_records *r)
{
	return &r->record[r->n++ % CPU_RECORDS];
}

#endif
