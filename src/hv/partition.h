/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition: guest memory, virtual processors and the threads that run them.
 * What the guest sees beyond the processor is the platform's (struct
 * platform_ops); PAPR is one.
 *
 * Threads: one per vCPU, and the control thread, which runs partition_run().
 * The control thread alone resets the partition and ends it, with all vCPU
 * threads parked: they neither run guest code nor handle a hypercall. So it
 * does when vCPUs come and go; who is neither a vCPU nor the control thread
 * holds partition->lock while it uses one.
 */
#ifndef HYPAR_HV_PARTITION_H
#define HYPAR_HV_PARTITION_H

#include <pthread.h>
#include <semaphore.h>

#include "hv/vcpu.h"
#include "hypar/error.h"
#include "mem/gmem.h"
#include "mem/mmio.h"

struct partition;

struct platform_ops {
	/* sc 1 by @v: number and arguments in v->cpu.gpr[3..]. On the vCPU's thread. */
	void (*hcall)(struct vcpu *v);
	/* The machine's initial state; starts its first vCPU. All threads are parked. */
	int (*reset)(struct partition *p, struct hypar_err *e);
	/* The control thread was woken by partition_wake(). No thread is parked, nor held. */
	void (*event)(struct partition *p);
	/* One executed instruction, one interrupt: for traces. On the vCPU's thread. */
	void (*trace_insn)(struct vcpu *v, u64 pc, u32 insn, u32 suffix);
	void (*trace_exc)(struct vcpu *v, u32 vector, u64 pc);
	/* cpu_ops.nmi, or NULL. On the vCPU's thread. */
	u64 (*nmi)(struct vcpu *v, u32 exc);
};

/* What the control thread is asked to do. The first request for an end wins. */
enum partition_request {
	PARTITION_RUN,
	PARTITION_RESET,
	PARTITION_POWEROFF,
	PARTITION_STOP,
	PARTITION_OS_TERM,
	PARTITION_CHECKSTOP,
	PARTITION_ERROR,
};

struct partition {
	struct gmem *mem;
	struct mmio_bus *mmio;
	struct decoder *decoder;      /* of the processor itself */
	struct decoder *older;	      /* of the level below it, or NULL */
	const struct decoder *active; /* which of them all vCPUs use (atomic) */
	const struct platform_ops *ops;
	void *platform;
	unsigned int n_vcpus;	 /* present; changes like vcpus */
	unsigned int max_vcpus;	 /* room in vcpus */
	unsigned int threads;	 /* per core */
	struct vcpu **vcpus;	 /* NULL: absent. Changed with all parked, under lock */
	struct vcpu_counts gone; /* of vCPUs that were removed */
	u64 pvr;
	u64 clock_base; /* ns of the host's clock at time base 0; atomic */
	u64 held_at;	/* of the same clock, when it was stopped; 0: it goes; atomic */
	u64 seed;	/* state of the generator for darn and H_RANDOM; 0: the host's */
	pthread_mutex_t seed_lock;
	/* run control */
	pthread_mutex_t lock;
	pthread_cond_t parked_cond; /* a vCPU parked */
	pthread_cond_t resume_cond; /* the control thread lets them go */
	bool pausing, ending;	    /* under lock; pausing is read without */
	unsigned int n_parked;
	unsigned int n_calling; /* vCPUs in partition_vcpu_call(); under lock */
	bool refuses_calls;	/* of vCPUs: a reset is on its way; under lock */
	sem_t wake;
	int request;		      /* enum partition_request, atomic */
	bool is_running;	      /* calls are taken; under lock */
	unsigned int n_holds;	      /* written by the control thread; atomic */
	bool is_fresh;		      /* nothing ran since the reset; atomic */
	struct partition_call *calls; /* waiting for the control thread, oldest first; under lock */
	pthread_cond_t call_cond;     /* one of them is over */
	struct hv_debug *debug;	      /* NULL: no debugger; changed while all vCPUs are parked */
	char reason[160];	      /* of the end, one line; set by whoever won the request */
	bool is_restart;	      /* what is under way is no first start, but a reset ... */
	char restart_reason[160];     /* ... for this reason; of the control thread */
	bool threads_on;	      /* vCPUs have their threads; of the control thread */
};

struct partition_config {
	unsigned int n_vcpus;	/* from number 0 on */
	unsigned int max_vcpus; /* numbers that there can be; 0: n_vcpus */
	unsigned int threads;
	enum isa_level level;
	u64 pvr;
	u64 seed;
	const struct platform_ops *ops;
	void *platform;
};

/* A partition without memory; its vCPUs are stopped. NULL with *e set. */
struct partition *partition_new(const struct partition_config *cfg, struct hypar_err *e);
void partition_free(struct partition *p);

/* The first vCPU that is present at or behind number @index, or NULL. */
static inline struct vcpu *partition_next_vcpu(const struct partition *p, unsigned int index)
{
	for (; index < p->max_vcpus; index++)
		if (p->vcpus[index])
			return p->vcpus[index];
	return NULL;
}

/* Number @index, or NULL: absent, or no number of a vCPU. */
static inline struct vcpu *partition_vcpu(const struct partition *p, u64 index)
{
	return index < p->max_vcpus ? p->vcpus[index] : NULL;
}

/* All vCPUs that are present, in ascending order; @v must not be freed meanwhile. */
#define FOR_EACH_VCPU(p, v)                                 \
	for (struct vcpu *v = partition_next_vcpu(p, 0); v; \
	     v = partition_next_vcpu(p, v->index + 1))

/*
 * A vCPU comes, stopped, or goes with all it holds. On the control thread with
 * all vCPUs parked, or before partition_run(); nobody else may look for that
 * number meanwhile. The first: -EEXIST, -EINVAL: no such number. The second:
 * -ENOENT, -EBUSY: it is not stopped.
 */
int partition_add_vcpu(struct partition *p, unsigned int index, struct hypar_err *e);
int partition_remove_vcpu(struct partition *p, unsigned int index, struct hypar_err *e);

/* Sums over all vCPUs that are there or were. They are parked, or have ended. */
void partition_counts(const struct partition *p, struct vcpu_counts *sum);

/*
 * Runs until an end is requested; performs resets on the way. Returns what
 * ended it. The control thread is the caller.
 */
enum partition_request partition_run(struct partition *p, struct hypar_err *e);

/*
 * Any thread: asks for a reset or an end. @fmt (may be NULL) is the reason,
 * kept if this is the first request.
 */
void partition_request(struct partition *p, enum partition_request what, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Any thread, and signal handlers: PARTITION_STOP, and platform_ops.event. */
void partition_stop(struct partition *p);
void partition_wake(struct partition *p);

/*
 * Any thread but a vCPU's and the control thread's: has @fn called by the
 * control thread with all vCPUs parked, and waits for its answer. -ESRCH: the
 * partition does not run (yet, or any more).
 */
int partition_call(struct partition *p, int (*fn)(void *arg, struct hypar_err *e), void *arg,
		   struct hypar_err *e);

/*
 * On @v's own thread, in a hypercall: the same for what a hypercall of the
 * guest's changes for all vCPUs. @v counts as parked until it returns, which is
 * when the others go on as well. @fn must not touch @v's registers. -ESRCH: not
 * now (a reset, or the end); the guest may try again.
 */
int partition_vcpu_call(struct vcpu *v, int (*fn)(void *arg, struct hypar_err *e), void *arg,
			struct hypar_err *e);

/* Any thread: vcpu_notify() for all vCPUs. */
void partition_notify(struct partition *p);

/* The time base: 512 MHz since the partition was made. Any thread. */
u64 partition_timebase(const struct partition *p);

/* Random bytes from the partition's source. Any thread. */
u64 partition_random(struct partition *p);

/*
 * The ISA level that the guest agreed on [PAPR B.6.2.3]: instructions above it
 * are illegal. Each vCPU takes it up before it runs guest code again. Any thread.
 */
void partition_set_level(struct partition *p, enum isa_level level);

/* Carries out @inv on every vCPU but @self (NULL: all), and waits for it. On @self's thread. */
void partition_tlb_invalidate(struct partition *p, struct vcpu *self, const struct tlb_inval *inv);

/*
 * On the control thread: parks all vCPU threads, so that the caller may change
 * what they all use; ends with partition_resume(). The time base goes on.
 */
void partition_pause(struct partition *p);
void partition_resume(struct partition *p);

/*
 * Within partition_call: the vCPU threads stay parked after it, until there
 * were as many releases (-EINVAL: there was no hold). Meanwhile calls go on,
 * resets happen, events and an end by the guest wait, the time base stands still,
 * and PARTITION_STOP ends it. partition_hold() returns how many there are now.
 */
unsigned int partition_hold(struct partition *p);
int partition_release(struct partition *p);

/* Any thread. */
bool partition_is_held(const struct partition *p);
bool partition_is_fresh(const struct partition *p); /* nothing ran since the reset */

#endif
