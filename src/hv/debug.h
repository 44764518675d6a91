/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A debugger's hold on a partition: when one vCPU stops, all do; each goes on,
 * makes one step or stays as the debugger says. What makes a processor stop is
 * cpu/debugger.h's. A vCPU that stays is "halted", whatever else it is; while
 * all do, the partition is held too (partition_hold), so its clock stands still.
 *
 * Threads: everything but hv_debug_hit() runs on the control thread with all
 * vCPUs parked (partition_call), or before partition_run().
 */
#ifndef HYPAR_HV_DEBUG_H
#define HYPAR_HV_DEBUG_H

#include "cpu/debugger.h"
#include "hv/partition.h"

enum hv_run { HV_STAY, HV_CONTINUE, HV_STEP };

struct hv_debug {
	struct debugger set;
	void (*stopped)(void *opaque); /* on any vCPU's thread: one of them stopped */
	void *opaque;
	bool is_held;
	bool is_reported; /* a stop was told, of this vCPU at this address */
	unsigned int vcpu;
	u64 pc;
};

/* -EBUSY: there is one. */
int hv_debug_attach(struct partition *p, void (*stopped)(void *opaque), void *opaque,
		    struct hypar_err *e);

/* Forgets all breakpoints; everything goes on. */
void hv_debug_detach(struct partition *p);

/* Nothing runs from now on until hv_debug_resume(). */
void hv_debug_halt(struct partition *p);

/* @how: for each number of a vCPU. A stop that was told is passed over, not met again. */
void hv_debug_resume(struct partition *p, const enum hv_run *how);

/* A vCPU that a breakpoint, watchpoint or step stopped, which is told by this; NULL: none. */
struct vcpu *hv_debug_reason(struct partition *p);

/* After p->debug->set was changed. */
void hv_debug_changed(struct partition *p);

/* @v is new. */
void hv_debug_joined(struct vcpu *v);

/* On @v's thread: its processor stopped. */
void hv_debug_hit(struct vcpu *v);

#endif
