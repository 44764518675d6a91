// SPDX-License-Identifier: Apache-2.0
/*
 * Life cycle of a partition, and the control thread's loop.
 */
#include "hv/partition.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/err.h"
#include "hv/debug.h"

static u64 host_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/* 512 MHz: 64 ticks in 125 ns. */
u64 partition_timebase(const struct partition *p)
{
	u64 held_at = __atomic_load_n(&p->held_at, __ATOMIC_RELAXED);
	u64 ns =
		(held_at ? held_at : host_ns()) - __atomic_load_n(&p->clock_base, __ATOMIC_RELAXED);

	return ns / 125 * 64 + ns % 125 * 64 / 125;
}

/* The generator for runs with a given seed: splitmix64. */
static u64 next_of_seed(u64 *state)
{
	u64 z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

u64 partition_random(struct partition *p)
{
	u64 v;

	if (p->seed) {
		pthread_mutex_lock(&p->seed_lock);
		v = next_of_seed(&p->seed);
		pthread_mutex_unlock(&p->seed_lock);
		return v;
	}
	while (getrandom(&v, sizeof(v), 0) != (ssize_t)sizeof(v))
		continue;
	return v;
}

struct partition *partition_new(const struct partition_config *cfg, struct hypar_err *e)
{
	struct partition *p = calloc(1, sizeof(*p));

	if (!p) {
		err_set(e, -ENOMEM, "no memory for a partition");
		return NULL;
	}
	p->ops = cfg->ops;
	p->platform = cfg->platform;
	p->threads = cfg->threads;
	p->pvr = cfg->pvr;
	p->seed = cfg->seed;
	p->clock_base = host_ns();
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->seed_lock, NULL);
	pthread_cond_init(&p->parked_cond, NULL);
	pthread_cond_init(&p->resume_cond, NULL);
	pthread_cond_init(&p->call_cond, NULL);
	sem_init(&p->wake, 0, 0);
	p->mem = gmem_new();
	p->mmio = mmio_new();
	p->decoder = decoder_new(cfg->level);
	if (cfg->level > V30)
		p->older = decoder_new(V30);
	p->active = p->decoder;
	p->max_vcpus = cfg->max_vcpus ? cfg->max_vcpus : cfg->n_vcpus;
	p->vcpus = calloc(p->max_vcpus, sizeof(p->vcpus[0]));
	if (!p->mem || !p->mmio || !p->decoder || !p->vcpus || (cfg->level > V30 && !p->older)) {
		err_set(e, -ENOMEM, "no memory for a partition");
		goto fail;
	}
	while (p->n_vcpus < cfg->n_vcpus)
		if (partition_add_vcpu(p, p->n_vcpus, e))
			goto fail;
	return p;
fail:
	partition_free(p);
	return NULL;
}

void partition_free(struct partition *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; p->vcpus && i < p->max_vcpus; i++)
		vcpu_free(p->vcpus[i]);
	free(p->vcpus);
	free(p->debug);
	decoder_free(p->older);
	decoder_free(p->decoder);
	mmio_free(p->mmio);
	gmem_free(p->mem);
	sem_destroy(&p->wake);
	pthread_cond_destroy(&p->call_cond);
	pthread_cond_destroy(&p->resume_cond);
	pthread_cond_destroy(&p->parked_cond);
	pthread_mutex_destroy(&p->seed_lock);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void partition_request(struct partition *p, enum partition_request what, const char *fmt, ...)
{
	int run = PARTITION_RUN;
	va_list ap;

	pthread_mutex_lock(&p->lock);
	if (__atomic_compare_exchange_n(&p->request, &run, (int)what, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST)) {
		p->reason[0] = 0;
		if (fmt) {
			va_start(ap, fmt);
			if (vsnprintf(p->reason, sizeof(p->reason), fmt, ap) < 0)
				p->reason[0] = 0;
			va_end(ap);
		}
	}
	pthread_mutex_unlock(&p->lock);
	sem_post(&p->wake);
}

void partition_stop(struct partition *p)
{
	/* an end by the user beats a reset that is under way */
	__atomic_store_n(&p->request, PARTITION_STOP, __ATOMIC_SEQ_CST);
	sem_post(&p->wake);
}

void partition_wake(struct partition *p)
{
	sem_post(&p->wake);
}

static void wait_for_parked(struct partition *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->n_parked + p->n_calling < p->n_vcpus)
		pthread_cond_wait(&p->parked_cond, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void partition_pause(struct partition *p)
{
	pthread_mutex_lock(&p->lock);
	__atomic_store_n(&p->pausing, true, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&p->lock);
	FOR_EACH_VCPU(p, v)
		vcpu_kick(v);
	wait_for_parked(p);
}

void partition_resume(struct partition *p)
{
	pthread_mutex_lock(&p->lock);
	__atomic_store_n(&p->pausing, false, __ATOMIC_SEQ_CST);
	pthread_cond_broadcast(&p->resume_cond);
	pthread_mutex_unlock(&p->lock);
}

/* All of @vcpus that have one, which are those below number @end. */
static void end_threads(struct partition *p, unsigned int end)
{
	__atomic_store_n(&p->ending, true, __ATOMIC_SEQ_CST);
	FOR_EACH_VCPU(p, v)
		if (v->index < end)
			vcpu_kick(v);
	partition_resume(p);
	FOR_EACH_VCPU(p, v)
		if (v->index < end)
			pthread_join(v->thread, NULL);
	p->threads_on = false;
}

/* ---- vCPUs that come and go ---- */

static void put_vcpu(struct partition *p, unsigned int index, struct vcpu *v)
{
	pthread_mutex_lock(&p->lock);
	p->vcpus[index] = v;
	if (v)
		p->n_vcpus++;
	else
		p->n_vcpus--;
	pthread_mutex_unlock(&p->lock);
}

/* What all vCPUs have in common. */
static void take_after(struct vcpu *v, const struct vcpu *other)
{
	v->cpu.spr.lpcr = other->cpu.spr.lpcr;
	v->cpu.radix = other->cpu.radix;
	v->cpu.prtbl = other->cpu.prtbl;
	v->cpu.trace_insns = other->cpu.trace_insns;
	v->cpu.trace_excs = other->cpu.trace_excs;
}

int partition_add_vcpu(struct partition *p, unsigned int index, struct hypar_err *e)
{
	const struct vcpu *other = partition_next_vcpu(p, 0);
	struct vcpu *v;
	int ret;

	if (index >= p->max_vcpus)
		return err_set(e, -EINVAL, "there can be no vCPU %u, only 0 to %u", index,
			       p->max_vcpus - 1);
	if (p->vcpus[index])
		return err_set(e, -EEXIST, "there is a vCPU %u already", index);
	v = vcpu_new(p, index, e);
	if (!v)
		return -ENOMEM;
	if (other)
		take_after(v, other);
	if (p->debug)
		hv_debug_joined(v);
	ret = p->threads_on ? vcpu_thread_start(v, e) : 0;
	if (ret) {
		vcpu_free(v);
		return ret;
	}
	put_vcpu(p, index, v);
	if (p->threads_on)
		wait_for_parked(p);
	return 0;
}

int partition_remove_vcpu(struct partition *p, unsigned int index, struct hypar_err *e)
{
	struct vcpu *v = partition_vcpu(p, index);

	if (!v)
		return err_set(e, -ENOENT, "there is no vCPU %u", index);
	if (!vcpu_is_stopped(v))
		return err_set(e, -EBUSY, "vCPU %u is not stopped", index);
	put_vcpu(p, index, NULL);
	if (p->threads_on) {
		pthread_mutex_lock(&p->lock);
		v->leaving = true;
		pthread_cond_broadcast(&p->resume_cond);
		pthread_mutex_unlock(&p->lock);
		pthread_join(v->thread, NULL);
	}
	vcpu_add_counts(v, &p->gone);
	vcpu_free(v);
	return 0;
}

void partition_counts(const struct partition *p, struct vcpu_counts *sum)
{
	*sum = p->gone;
	FOR_EACH_VCPU(p, v)
		vcpu_add_counts(v, sum);
}

/* All vCPUs stopped with a fresh state, then the platform's part. */
static int reset_all(struct partition *p, struct hypar_err *e)
{
	FOR_EACH_VCPU(p, v) {
		vcpu_stop_self(v);
		vcpu_drain_mailbox(v);
		v->prodded = false;
		cpu_reset(&v->cpu, p->pvr);
	}
	return p->ops->reset(p, e);
}

void partition_notify(struct partition *p)
{
	pthread_mutex_lock(&p->lock);
	FOR_EACH_VCPU(p, v)
		vcpu_notify(v);
	pthread_mutex_unlock(&p->lock);
}

/* ---- calls ---- */

/* Lives on the caller's stack. */
struct partition_call {
	int (*fn)(void *arg, struct hypar_err *e);
	void *arg;
	struct hypar_err *e;
	int ret;
	bool done;
	struct partition_call *next;
};

/* p->lock is held. */
static void append_call(struct partition *p, struct partition_call *call)
{
	struct partition_call **at = &p->calls;

	while (*at)
		at = &(*at)->next;
	*at = call;
	sem_post(&p->wake);
}

int partition_call(struct partition *p, int (*fn)(void *arg, struct hypar_err *e), void *arg,
		   struct hypar_err *e)
{
	struct partition_call call = { .fn = fn, .arg = arg, .e = e };

	pthread_mutex_lock(&p->lock);
	if (!p->is_running) {
		pthread_mutex_unlock(&p->lock);
		return err_set(e, -ESRCH, "the machine is not running");
	}
	append_call(p, &call);
	while (!call.done)
		pthread_cond_wait(&p->call_cond, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return call.ret;
}

int partition_vcpu_call(struct vcpu *v, int (*fn)(void *arg, struct hypar_err *e), void *arg,
			struct hypar_err *e)
{
	struct partition_call call = { .fn = fn, .arg = arg, .e = e };
	struct partition *p = v->partition;

	pthread_mutex_lock(&p->lock);
	if (!p->is_running || p->refuses_calls) {
		pthread_mutex_unlock(&p->lock);
		return err_set(e, -ESRCH, "the machine is not running");
	}
	append_call(p, &call);
	p->n_calling++;
	pthread_cond_signal(&p->parked_cond);
	while (!call.done)
		pthread_cond_wait(&p->call_cond, &p->lock);
	while (p->pausing && !p->refuses_calls)
		pthread_cond_wait(&p->resume_cond, &p->lock);
	p->n_calling--;
	pthread_cond_signal(&p->parked_cond);
	pthread_mutex_unlock(&p->lock);
	return call.ret;
}

/* The oldest call, or NULL. It stays its caller's, who waits for end_call(). */
static struct partition_call *take_call(struct partition *p)
{
	struct partition_call *call;

	pthread_mutex_lock(&p->lock);
	call = p->calls;
	if (call)
		p->calls = call->next;
	pthread_mutex_unlock(&p->lock);
	return call;
}

static void end_call(struct partition *p, struct partition_call *call, int ret)
{
	pthread_mutex_lock(&p->lock);
	call->ret = ret;
	call->done = true;
	pthread_cond_broadcast(&p->call_cond);
	pthread_mutex_unlock(&p->lock);
}

static void do_calls(struct partition *p)
{
	struct partition_call *call = take_call(p);

	if (!call)
		return;
	partition_pause(p);
	for (; call; call = take_call(p))
		end_call(p, call, call->fn(call->arg, call->e));
	if (!p->n_holds)
		partition_resume(p);
}

/* The clock of the guest stands still: its time base goes on where it was. */
unsigned int partition_hold(struct partition *p)
{
	unsigned int n = __atomic_add_fetch(&p->n_holds, 1, __ATOMIC_SEQ_CST);

	if (n == 1)
		__atomic_store_n(&p->held_at, host_ns(), __ATOMIC_SEQ_CST);
	return n;
}

int partition_release(struct partition *p)
{
	if (!p->n_holds)
		return -EINVAL;
	if (!__atomic_sub_fetch(&p->n_holds, 1, __ATOMIC_SEQ_CST)) {
		__atomic_add_fetch(&p->clock_base, host_ns() - p->held_at, __ATOMIC_SEQ_CST);
		__atomic_store_n(&p->held_at, 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&p->is_fresh, false, __ATOMIC_SEQ_CST);
	}
	sem_post(&p->wake); /* for what waited */
	return 0;
}

bool partition_is_held(const struct partition *p)
{
	return __atomic_load_n(&p->n_holds, __ATOMIC_SEQ_CST);
}

bool partition_is_fresh(const struct partition *p)
{
	return __atomic_load_n(&p->is_fresh, __ATOMIC_SEQ_CST);
}

static void set_running(struct partition *p, bool is_running)
{
	struct partition_call *call;

	pthread_mutex_lock(&p->lock);
	p->is_running = is_running;
	pthread_mutex_unlock(&p->lock);
	while (!is_running && (call = take_call(p)))
		end_call(p, call, err_set(call->e, -ESRCH, "the machine has ended"));
}

/* Carries out all calls with all vCPUs parked; only then does any caller go on. */
static void do_calls_together(struct partition *p)
{
	struct partition_call *done = NULL, *call;

	while ((call = take_call(p))) {
		call->ret = call->fn(call->arg, call->e);
		call->next = done;
		done = call;
	}
	while ((call = done)) {
		done = call->next;
		end_call(p, call, call->ret);
	}
}

/*
 * Parks all vCPUs outside of hypercalls, for a reset: those that wait for a
 * call have it carried out first, and make no further ones.
 */
static void pause_for_reset(struct partition *p)
{
	pthread_mutex_lock(&p->lock);
	p->refuses_calls = true;
	pthread_cond_broadcast(&p->resume_cond);
	pthread_mutex_unlock(&p->lock);
	partition_pause(p);
	do_calls_together(p);
	pthread_mutex_lock(&p->lock);
	while (p->n_calling || p->n_parked < p->n_vcpus)
		pthread_cond_wait(&p->parked_cond, &p->lock);
	p->refuses_calls = false;
	pthread_mutex_unlock(&p->lock);
}

static enum partition_request wait_for_request(struct partition *p)
{
	for (;;) {
		int what;

		while (sem_wait(&p->wake) && errno == EINTR)
			continue;
		what = __atomic_load_n(&p->request, __ATOMIC_SEQ_CST);
		/* a guest that is held does not end; it can be reset and stays held */
		if (what == PARTITION_STOP || what == PARTITION_RESET ||
		    (what != PARTITION_RUN && !p->n_holds))
			return (enum partition_request)what;
		do_calls(p);
		if (!p->n_holds)
			p->ops->event(p);
	}
}

/* Takes a request for a reset back, so that one that comes during the reset makes another. */
static void begin_reset(struct partition *p)
{
	int was = PARTITION_RESET;

	pthread_mutex_lock(&p->lock);
	p->is_restart = __atomic_compare_exchange_n(&p->request, &was, PARTITION_RUN, false,
						    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	memcpy(p->restart_reason, p->reason, sizeof(p->reason));
	pthread_mutex_unlock(&p->lock);
}

enum partition_request partition_run(struct partition *p, struct hypar_err *e)
{
	enum partition_request what = PARTITION_ERROR;
	unsigned int end = p->max_vcpus;

	p->pausing = true; /* threads start parked */
	FOR_EACH_VCPU(p, v)
		if (vcpu_thread_start(v, e)) {
			end = v->index;
			goto out;
		}
	p->threads_on = true;
	set_running(p, true);
	for (;;) {
		pause_for_reset(p);
		begin_reset(p);
		__atomic_store_n(&p->is_fresh, true, __ATOMIC_SEQ_CST);
		if (reset_all(p, e)) {
			what = PARTITION_ERROR;
			break;
		}
		if (!p->n_holds) {
			__atomic_store_n(&p->is_fresh, false, __ATOMIC_SEQ_CST);
			partition_resume(p);
		}
		what = wait_for_request(p);
		if (what != PARTITION_RESET)
			break;
	}
	set_running(p, false);
out:
	end_threads(p, end);
	return what;
}

void partition_set_level(struct partition *p, enum isa_level level)
{
	const struct decoder *d = p->older && level < p->decoder->level ? p->older : p->decoder;

	__atomic_store_n(&p->active, d, __ATOMIC_SEQ_CST);
	FOR_EACH_VCPU(p, v)
		vcpu_kick(v);
}

void partition_tlb_invalidate(struct partition *p, struct vcpu *self, const struct tlb_inval *inv)
{
	tlb_invalidate(&self->cpu, inv);
	vcpu_post_inval(self, inv);
	vcpu_wait_mailboxes(p, self);
}
