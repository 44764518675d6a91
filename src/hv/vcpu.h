/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual processor of a partition and its thread.
 */
#ifndef HYPAR_HV_VCPU_H
#define HYPAR_HV_VCPU_H

#include <pthread.h>

#include "cpu/cpu.h"
#include "hypar/error.h"

struct partition;

#define VCPU_MAILBOX 32

/* Invalidations other vCPUs asked for. */
struct tlb_mailbox {
	pthread_mutex_t lock;
	struct tlb_inval inval[VCPU_MAILBOX];
	unsigned int n; /* above VCPU_MAILBOX: overflowed, drop everything */
	u64 n_posted;	/* atomic */
	u64 n_done;	/* atomic */
};

enum vcpu_state {
	VCPU_STOPPED, /* not started, or stopped itself (RTAS stop-self) */
	VCPU_RUNNING,
};

/* What statistics show. */
struct vcpu_counts {
	u64 insns, hcalls, cedes, misses, walks, invalidations, illegal;
};

struct vcpu {
	struct cpu cpu;
	struct partition *partition;
	unsigned int index; /* also the server number and ibm,ppc-interrupt-server# */
	pthread_t thread;
	int tid; /* of the host; 0: not running; atomic */
	pthread_mutex_t lock;
	pthread_cond_t cond;
	enum vcpu_state state; /* written under lock; atomic */
	bool waiting;	       /* in H_CEDE; atomic */
	bool prodded;	       /* atomic */
	bool in_guest;	       /* running guest code; atomic */
	bool retrying;	       /* the hypercall is made again; of its own thread */
	bool stopping;	       /* to be stopped when its hypercall is over; atomic */
	bool halted;	       /* by a debugger; written under lock; atomic */
	bool leaving;	       /* its thread is to end; under partition->lock */
	struct tlb_mailbox mailbox;
	void *platform; /* the platform's state of this vCPU */
	u64 n_hcalls;
	u64 n_cedes;
};

/* NULL with *e set. The thread is started by vcpu_thread_start(). */
struct vcpu *vcpu_new(struct partition *p, unsigned int index, struct hypar_err *e);
void vcpu_free(struct vcpu *v);
int vcpu_thread_start(struct vcpu *v, struct hypar_err *e);

/* Adds @v's to *sum. */
void vcpu_add_counts(const struct vcpu *v, struct vcpu_counts *sum);

/*
 * Starts a stopped vCPU at @entry in real mode, r3 = @r3, with a fresh state.
 * False: it is not stopped. Any thread.
 */
bool vcpu_start(struct vcpu *v, u64 entry, u64 r3, bool le);

/* Any thread: clears and sets bits of LPCR, which vcpu_start() keeps. */
void vcpu_set_lpcr(struct vcpu *v, u64 clear, u64 set);

/* On @v's own thread: stops it after this instruction. */
void vcpu_stop_self(struct vcpu *v);
bool vcpu_is_stopped(struct vcpu *v);

/*
 * On @v's own thread, in a hypercall: stops it once the platform is done with
 * the hypercall and its registers. Nobody can start it before.
 */
void vcpu_stop_after_hcall(struct vcpu *v);
bool vcpu_is_stopping(const struct vcpu *v);

/*
 * On @v's own thread (H_CEDE): waits until an interrupt is pending, another
 * vCPU prods it, or the control thread wants it.
 */
void vcpu_cede(struct vcpu *v);

/*
 * On @v's own thread (H_JOIN): waits for H_PROD or a system reset, whatever
 * interrupts are pending. False: the control thread wants the vCPU first; the
 * hypercall is to be made again (vcpu_retry_hcall).
 */
bool vcpu_join(struct vcpu *v);

/*
 * On @v's own thread, in a hypercall: waits until the time base is @tb. False:
 * the control thread wants the vCPU first (vcpu_retry_hcall).
 */
bool vcpu_wait_until(struct vcpu *v, u64 tb);

/*
 * On @v's own thread, in a hypercall that has changed no register: the guest
 * makes the same hypercall again when the vCPU runs next.
 */
void vcpu_retry_hcall(struct vcpu *v);

/*
 * On @v's own thread, in a hypercall: waits until is_over(arg) is true, which is
 * asked again after each vcpu_notify(). False: as vcpu_join().
 */
bool vcpu_wait(struct vcpu *v, bool (*is_over)(void *arg), void *arg);

/* Any thread: has vcpu_wait() ask again. */
void vcpu_notify(struct vcpu *v);

/* Any thread: H_PROD. */
void vcpu_prod(struct vcpu *v);

/* Any thread: PEND_* bits on or off, waking a ceded vCPU. */
void vcpu_pend(struct vcpu *v, u32 bits);
void vcpu_unpend(struct vcpu *v, u32 bits);
bool vcpu_is_pending(const struct vcpu *v, u32 bits);

/* Any thread: a halted vCPU runs no guest code, whatever its state; it looks when it is kicked. */
void vcpu_set_halted(struct vcpu *v, bool halted);

/* Any thread: makes the vCPU leave the guest and look around. */
void vcpu_kick(struct vcpu *v);

/* On @v's own thread: carries out what its mailbox holds. */
void vcpu_drain_mailbox(struct vcpu *v);

/* On @self's thread: posts @inv to all others; vcpu_wait_mailboxes() waits for them. */
void vcpu_post_inval(struct vcpu *self, const struct tlb_inval *inv);
void vcpu_wait_mailboxes(struct partition *p, struct vcpu *self);

#endif
