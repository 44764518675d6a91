// SPDX-License-Identifier: Apache-2.0
/*
 * vCPU threads: running guest code, hypercalls, ceding, parking.
 *
 * Order of locks: partition->lock, then vcpu->lock, then mailbox.lock. A
 * thread sets in_guest before it drains its mailbox for the last time, and a
 * sender posts before it reads in_guest; both sequentially consistent, so one
 * of the two always sees the other.
 */
#define _GNU_SOURCE /* gettid */
#include "hv/vcpu.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "hv/debug.h"
#include "hv/partition.h"
#include "isa/msr.h"

static u64 cpu_timebase(struct cpu *c)
{
	const struct vcpu *v = c->owner;

	return partition_timebase(v->partition);
}

static void cpu_tlb_invalidate(struct cpu *c, const struct tlb_inval *inv)
{
	tlb_invalidate(c, inv);
	vcpu_post_inval(c->owner, inv);
}

static void cpu_tlb_sync(struct cpu *c)
{
	struct vcpu *v = c->owner;

	vcpu_wait_mailboxes(v->partition, v);
}

static void cpu_doorbell(struct cpu *c, u32 thread)
{
	struct vcpu *v = c->owner;
	struct partition *p = v->partition;
	struct vcpu *to = partition_vcpu(p, v->index / p->threads * p->threads + thread);

	if (thread < p->threads && to)
		vcpu_pend(to, PEND_DOORBELL);
}

static bool cpu_random(struct cpu *c, u64 *out)
{
	struct vcpu *v = c->owner;

	*out = partition_random(v->partition);
	return true;
}

static void cpu_trace_insn(struct cpu *c, u64 pc, u32 insn, u32 suffix)
{
	struct vcpu *v = c->owner;

	v->partition->ops->trace_insn(v, pc, insn, suffix);
}

static void cpu_trace_exc(struct cpu *c, u32 vector, u64 pc)
{
	struct vcpu *v = c->owner;

	v->partition->ops->trace_exc(v, vector, pc);
}

static u64 cpu_nmi(struct cpu *c, u32 exc)
{
	struct vcpu *v = c->owner;
	const struct platform_ops *ops = v->partition->ops;

	return ops->nmi ? ops->nmi(v, exc) : 0;
}

static const struct cpu_ops vcpu_cpu_ops = {
	.timebase = cpu_timebase,
	.tlb_invalidate = cpu_tlb_invalidate,
	.tlb_sync = cpu_tlb_sync,
	.doorbell = cpu_doorbell,
	.random = cpu_random,
	.trace_insn = cpu_trace_insn,
	.trace_exc = cpu_trace_exc,
	.nmi = cpu_nmi,
};

struct vcpu *vcpu_new(struct partition *p, unsigned int index, struct hypar_err *e)
{
	struct vcpu *v = calloc(1, sizeof(*v));
	pthread_condattr_t attr;

	if (!v)
		goto no_memory;
	v->partition = p;
	v->index = index;
	v->cpu.decoder = p->decoder;
	v->cpu.mem = p->mem;
	v->cpu.mmio = p->mmio;
	v->cpu.ops = &vcpu_cpu_ops;
	v->cpu.owner = v;
	v->cpu.index = (int)index;
	v->cpu.thread = index % p->threads;
	v->cpu.spr.pir = index;
	if (!cpu_init(&v->cpu)) {
		free(v);
		goto no_memory;
	}
	pthread_mutex_init(&v->lock, NULL);
	pthread_mutex_init(&v->mailbox.lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&v->cond, &attr);
	pthread_condattr_destroy(&attr);
	cpu_reset(&v->cpu, p->pvr);
	return v;
no_memory:
	err_set(e, -ENOMEM, "no memory for vCPU %u", index);
	return NULL;
}

void vcpu_free(struct vcpu *v)
{
	if (!v)
		return;
	cpu_fini(&v->cpu);
	pthread_cond_destroy(&v->cond);
	pthread_mutex_destroy(&v->mailbox.lock);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

void vcpu_add_counts(const struct vcpu *v, struct vcpu_counts *sum)
{
	sum->insns += v->cpu.n_insns;
	sum->hcalls += v->n_hcalls;
	sum->cedes += v->n_cedes;
	sum->misses += v->cpu.tlb.n_miss;
	sum->walks += v->cpu.tlb.n_walk;
	sum->invalidations += v->cpu.tlb.n_flush;
	sum->illegal += v->cpu.n_illegal;
}

/* Wakes @v if it waits in vcpu_cede() or is stopped. */
static void wake(struct vcpu *v)
{
	if (!__atomic_load_n(&v->waiting, __ATOMIC_SEQ_CST))
		return;
	pthread_mutex_lock(&v->lock);
	pthread_cond_signal(&v->cond);
	pthread_mutex_unlock(&v->lock);
}

void vcpu_kick(struct vcpu *v)
{
	cpu_kick(&v->cpu);
	wake(v);
}

void vcpu_pend(struct vcpu *v, u32 bits)
{
	cpu_pend(&v->cpu, bits);
	wake(v);
}

void vcpu_unpend(struct vcpu *v, u32 bits)
{
	cpu_unpend(&v->cpu, bits);
}

bool vcpu_is_pending(const struct vcpu *v, u32 bits)
{
	return __atomic_load_n(&v->cpu.pending, __ATOMIC_SEQ_CST) & bits;
}

void vcpu_prod(struct vcpu *v)
{
	__atomic_store_n(&v->prodded, true, __ATOMIC_SEQ_CST);
	wake(v);
}

bool vcpu_start(struct vcpu *v, u64 entry, u64 r3, bool le)
{
	struct cpu *c = &v->cpu;
	bool ok;

	pthread_mutex_lock(&v->lock);
	ok = v->state == VCPU_STOPPED;
	if (ok) {
		u64 lpcr = c->spr.lpcr;

		cpu_reset(c, v->partition->pvr);
		c->spr.lpcr = lpcr;
		c->gpr[3] = r3;
		c->pc = entry;
		if (le)
			cpu_set_msr(c, c->msr | MSR_LE);
		__atomic_store_n(&v->prodded, false, __ATOMIC_SEQ_CST);
		__atomic_store_n(&v->state, VCPU_RUNNING, __ATOMIC_RELEASE);
		pthread_cond_signal(&v->cond);
	}
	pthread_mutex_unlock(&v->lock);
	return ok;
}

void vcpu_set_lpcr(struct vcpu *v, u64 clear, u64 set)
{
	u64 *lpcr = &v->cpu.spr.lpcr;

	pthread_mutex_lock(&v->lock);
	__atomic_store_n(lpcr, (*lpcr & ~clear) | set, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&v->lock);
}

void vcpu_stop_self(struct vcpu *v)
{
	pthread_mutex_lock(&v->lock);
	__atomic_store_n(&v->state, VCPU_STOPPED, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&v->lock);
}

void vcpu_set_halted(struct vcpu *v, bool halted)
{
	pthread_mutex_lock(&v->lock);
	__atomic_store_n(&v->halted, halted, __ATOMIC_RELEASE);
	pthread_cond_signal(&v->cond);
	pthread_mutex_unlock(&v->lock);
}

bool vcpu_is_stopped(struct vcpu *v)
{
	bool stopped;

	pthread_mutex_lock(&v->lock);
	stopped = v->state == VCPU_STOPPED;
	pthread_mutex_unlock(&v->lock);
	return stopped;
}

void vcpu_stop_after_hcall(struct vcpu *v)
{
	__atomic_store_n(&v->stopping, true, __ATOMIC_SEQ_CST);
}

bool vcpu_is_stopping(const struct vcpu *v)
{
	return __atomic_load_n(&v->stopping, __ATOMIC_SEQ_CST);
}

/* The moment of the host's monotonic clock at which time base reaches @tb. */
static struct timespec deadline(const struct partition *p, u64 tb)
{
	u64 ns = __atomic_load_n(&p->clock_base, __ATOMIC_RELAXED) + (u64)((u128)tb * 125 / 64);

	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000),
				  .tv_nsec = (long)(ns % 1000000000) };
}

static bool kicked(const struct vcpu *v)
{
	return __atomic_load_n(&v->cpu.attn, __ATOMIC_SEQ_CST) & ATTN_KICK;
}

void vcpu_cede(struct vcpu *v)
{
	struct cpu *c = &v->cpu;
	u64 now = partition_timebase(v->partition);
	u64 left = c->dec_expiry - now;
	struct timespec until;

	v->n_cedes++;
	/* a decrementer set beyond a year is off */
	if ((s64)left > (s64)(512000000ULL * 86400 * 365))
		left = 512000000ULL * 86400 * 365;
	until = deadline(v->partition, now + left);
	pthread_mutex_lock(&v->lock);
	__atomic_store_n(&v->waiting, true, __ATOMIC_SEQ_CST);
	for (;;) {
		cpu_tick(c);
		if (cpu_has_pending(c) || kicked(v) ||
		    __atomic_exchange_n(&v->prodded, false, __ATOMIC_SEQ_CST))
			break;
		pthread_cond_timedwait(&v->cond, &v->lock, &until);
	}
	__atomic_store_n(&v->waiting, false, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&v->lock);
	/* PURR and SPURR stand still while the processor is given away */
	now = partition_timebase(v->partition) - now;
	c->spr.purr_base += now;
	c->spr.spurr_base += now;
}

/* @until: of the host's monotonic clock; NULL: as long as it takes. */
static bool wait_for(struct vcpu *v, bool (*is_over)(void *arg), void *arg,
		     const struct timespec *until)
{
	bool over;

	pthread_mutex_lock(&v->lock);
	__atomic_store_n(&v->waiting, true, __ATOMIC_SEQ_CST);
	while (!(over = is_over(arg)) && !kicked(v)) {
		if (until)
			pthread_cond_timedwait(&v->cond, &v->lock, until);
		else
			pthread_cond_wait(&v->cond, &v->lock);
	}
	__atomic_store_n(&v->waiting, false, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&v->lock);
	return over;
}

bool vcpu_wait(struct vcpu *v, bool (*is_over)(void *arg), void *arg)
{
	return wait_for(v, is_over, arg, NULL);
}

static bool join_is_over(void *arg)
{
	struct vcpu *v = arg;

	return vcpu_is_pending(v, PEND_RESET) ||
	       __atomic_exchange_n(&v->prodded, false, __ATOMIC_SEQ_CST);
}

bool vcpu_join(struct vcpu *v)
{
	return wait_for(v, join_is_over, v, NULL);
}

struct moment {
	const struct partition *partition;
	u64 tb;
};

static bool is_past(void *arg)
{
	const struct moment *m = arg;

	return partition_timebase(m->partition) >= m->tb;
}

bool vcpu_wait_until(struct vcpu *v, u64 tb)
{
	struct timespec until = deadline(v->partition, tb);
	struct moment m = { v->partition, tb };

	return wait_for(v, is_past, &m, &until);
}

void vcpu_notify(struct vcpu *v)
{
	wake(v);
}

void vcpu_retry_hcall(struct vcpu *v)
{
	v->retrying = true;
}

static bool has_mail(const struct vcpu *v)
{
	return __atomic_load_n(&v->mailbox.n_posted, __ATOMIC_SEQ_CST) !=
	       __atomic_load_n(&v->mailbox.n_done, __ATOMIC_RELAXED);
}

void vcpu_drain_mailbox(struct vcpu *v)
{
	struct tlb_mailbox *mb = &v->mailbox;
	struct tlb_inval inval[VCPU_MAILBOX];
	static const struct tlb_inval all = { .kind = TLB_INV_ALL };
	unsigned int n;
	u64 posted;

	if (!has_mail(v))
		return;
	pthread_mutex_lock(&mb->lock);
	n = mb->n;
	posted = mb->n_posted;
	if (n <= VCPU_MAILBOX)
		memcpy(inval, mb->inval, n * sizeof(inval[0]));
	mb->n = 0;
	pthread_mutex_unlock(&mb->lock);
	if (n > VCPU_MAILBOX)
		tlb_invalidate(&v->cpu, &all);
	else
		for (unsigned int i = 0; i < n; i++)
			tlb_invalidate(&v->cpu, &inval[i]);
	__atomic_store_n(&mb->n_done, posted, __ATOMIC_SEQ_CST);
}

void vcpu_post_inval(struct vcpu *self, const struct tlb_inval *inv)
{
	struct partition *p = self->partition;

	FOR_EACH_VCPU(p, v) {
		struct tlb_mailbox *mb = &v->mailbox;

		if (v == self)
			continue;
		pthread_mutex_lock(&mb->lock);
		if (mb->n < VCPU_MAILBOX)
			mb->inval[mb->n] = *inv;
		if (mb->n <= VCPU_MAILBOX)
			mb->n++;
		__atomic_add_fetch(&mb->n_posted, 1, __ATOMIC_SEQ_CST);
		pthread_mutex_unlock(&mb->lock);
		if (__atomic_load_n(&v->in_guest, __ATOMIC_SEQ_CST))
			cpu_kick(&v->cpu);
	}
}

void vcpu_wait_mailboxes(struct partition *p, struct vcpu *self)
{
	FOR_EACH_VCPU(p, v) {
		u64 want = __atomic_load_n(&v->mailbox.n_posted, __ATOMIC_SEQ_CST);

		if (v == self)
			continue;
		while (__atomic_load_n(&v->in_guest, __ATOMIC_SEQ_CST) &&
		       __atomic_load_n(&v->mailbox.n_done, __ATOMIC_SEQ_CST) < want) {
			cpu_kick(&v->cpu);
			if (self)
				vcpu_drain_mailbox(self);
			sched_yield();
		}
	}
}

/* Waits while the control thread has the partition paused. False: the vCPU goes. */
static bool park(struct vcpu *v)
{
	struct partition *p = v->partition;
	bool stays;

	pthread_mutex_lock(&p->lock);
	if (p->pausing) {
		p->n_parked++;
		pthread_cond_signal(&p->parked_cond);
		while (p->pausing && !v->leaving)
			pthread_cond_wait(&p->resume_cond, &p->lock);
		p->n_parked--;
	}
	stays = !v->leaving;
	pthread_mutex_unlock(&p->lock);
	return stays;
}

/* Waits until the vCPU is to run. False: the thread ends. */
static bool wait_for_work(struct vcpu *v)
{
	struct partition *p = v->partition;

	for (;;) {
		bool running;

		if (LIKELY(__atomic_load_n(&v->state, __ATOMIC_ACQUIRE) == VCPU_RUNNING &&
			   !__atomic_load_n(&v->halted, __ATOMIC_ACQUIRE) &&
			   !__atomic_load_n(&p->pausing, __ATOMIC_SEQ_CST) &&
			   !__atomic_load_n(&p->ending, __ATOMIC_SEQ_CST)))
			return true;
		if (!park(v) || __atomic_load_n(&p->ending, __ATOMIC_SEQ_CST))
			return false;
		pthread_mutex_lock(&v->lock);
		__atomic_store_n(&v->waiting, true, __ATOMIC_SEQ_CST);
		while ((v->state == VCPU_STOPPED || v->halted) && !kicked(v))
			pthread_cond_wait(&v->cond, &v->lock);
		__atomic_store_n(&v->waiting, false, __ATOMIC_SEQ_CST);
		running = v->state == VCPU_RUNNING && !v->halted;
		__atomic_and_fetch(&v->cpu.attn, ~ATTN_KICK, __ATOMIC_SEQ_CST);
		pthread_mutex_unlock(&v->lock);
		if (running && !__atomic_load_n(&p->pausing, __ATOMIC_SEQ_CST) &&
		    !__atomic_load_n(&p->ending, __ATOMIC_SEQ_CST))
			return true;
	}
}

static void checkstop(struct vcpu *v)
{
	partition_request(v->partition, PARTITION_CHECKSTOP, "vCPU %u at 0x%llx: %s", v->index,
			  (unsigned long long)v->cpu.pc, v->cpu.checkstop);
	vcpu_stop_self(v);
}

#define SC_SIZE 4

static void hypercall(struct vcpu *v)
{
	u64 r3 = v->cpu.gpr[3];

	v->n_hcalls++;
	v->partition->ops->hcall(v);
	if (UNLIKELY(v->retrying)) {
		v->retrying = false;
		v->cpu.gpr[3] = r3;
		v->cpu.pc -= SC_SIZE;
	}
}

/* A debugger stops it: something that cpu_run() met, or a step that the caller completed. */
static void debugged(struct vcpu *v, enum cpu_exit why)
{
	if (why == CPU_EXIT_KICK)
		return;
	if (why != CPU_EXIT_DEBUG)
		v->cpu.stop = (struct cpu_stop){ .kind = CPU_STOP_STEP };
	v->cpu.single = false;
	hv_debug_hit(v);
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;

	__atomic_store_n(&v->tid, gettid(), __ATOMIC_RELAXED);
	while (wait_for_work(v)) {
		enum cpu_exit why;

		/*
		 * Whoever posted it may wait for a third vCPU, whose thread shares this
		 * processor of the host: it goes first, not when a time slice is over.
		 */
		if (has_mail(v))
			sched_yield();
		__atomic_store_n(&v->in_guest, true, __ATOMIC_SEQ_CST);
		vcpu_drain_mailbox(v);
		cpu_set_decoder(&v->cpu, __atomic_load_n(&v->partition->active, __ATOMIC_SEQ_CST));
		why = cpu_run(&v->cpu);
		__atomic_store_n(&v->in_guest, false, __ATOMIC_SEQ_CST);
		if (why == CPU_EXIT_HCALL) {
			hypercall(v);
			if (UNLIKELY(vcpu_is_stopping(v))) {
				vcpu_stop_self(v);
				__atomic_store_n(&v->stopping, false, __ATOMIC_SEQ_CST);
			}
		} else if (why == CPU_EXIT_CHECKSTOP) {
			checkstop(v);
		}
		if (UNLIKELY(why == CPU_EXIT_DEBUG || v->cpu.single))
			debugged(v, why);
	}
	__atomic_store_n(&v->tid, 0, __ATOMIC_RELAXED);
	return NULL;
}

int vcpu_thread_start(struct vcpu *v, struct hypar_err *e)
{
	int ret = pthread_create(&v->thread, NULL, vcpu_thread, v);

	return ret ? err_set_errno(e, -ret, "cannot start the thread of vCPU %u", v->index) : 0;
}
