// SPDX-License-Identifier: Apache-2.0
/*
 * include/hypar/machine.h over the PAPR platform.
 */
#include "hypar/machine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bits.h"
#include "base/err.h"
#include "lib/dr_mem.h"
#include "lib/machine.h"
#include "isa/disasm.h"
#include "cpu/cr.h"
#include "lib/irqchip.h"
#include "papr/hcall.h"
#include "papr/papr.h"

#define TRACE_RECORDS 64
#define TRACE_LINE 200

/* The last trace records, for reports. Under lock. */
struct trace_ring {
	pthread_mutex_t lock;
	char line[TRACE_RECORDS][TRACE_LINE];
	unsigned int next, n;
};

struct hypar_machine {
	struct papr *papr;
	struct hypar_host_ops host; /* what the platform calls: ours, passing on to the user's */
	const struct hypar_host_ops *user;
	void *opaque;
	struct trace_ring ring;
	u64 run_from, run_ns; /* of the host's clock; 0: not yet; atomic */
	char reason[160];
	struct hypar_irqdev irqdev;
};

static size_t host_console_write(void *opaque, unsigned int vty, const void *buf, size_t n)
{
	struct hypar_machine *m = opaque;

	return m->user->console_write ? m->user->console_write(m->opaque, vty, buf, n) : n;
}

static void host_trace(void *opaque, const char *line)
{
	struct hypar_machine *m = opaque;
	struct trace_ring *r = &m->ring;

	pthread_mutex_lock(&r->lock);
	snprintf(r->line[r->next], TRACE_LINE, "%s", line);
	r->next = (r->next + 1) % TRACE_RECORDS;
	if (r->n < TRACE_RECORDS)
		r->n++;
	pthread_mutex_unlock(&r->lock);
	if (m->user->trace)
		m->user->trace(m->opaque, line);
}

static void host_notice(void *opaque, const char *line)
{
	struct hypar_machine *m = opaque;

	if (m->user->notice)
		m->user->notice(m->opaque, line);
	else if (m->user->log)
		m->user->log(m->opaque, line);
}

static void host_log(void *opaque, const char *line)
{
	struct hypar_machine *m = opaque;

	if (m->user->log)
		m->user->log(m->opaque, line);
}

static void host_event(void *opaque, const struct hypar_event *ev)
{
	struct hypar_machine *m = opaque;

	if (m->user->event)
		m->user->event(m->opaque, ev);
}

static int check_config(const struct hypar_config *c, struct hypar_err *e)
{
	if (c->firmware && c->flat_tree)
		return err_set(e, -EINVAL, "--flat-tree: conflicts with --firmware");
	if (!c->kernel && c->initrd)
		return err_set(e, -EINVAL, "--initrd: there is no kernel");
	if (!c->kernel && !c->firmware)
		return err_set(e, -EINVAL, "--kernel: no kernel given");
	if (!c->cpus || c->cpus > HYPAR_CPUS_MAX)
		return err_set(e, -EINVAL, "--smp: must be 1 to %d", HYPAR_CPUS_MAX);
	if (!is_pow2(c->threads) || c->threads > HYPAR_THREADS_MAX)
		return err_set(e, -EINVAL, "--smp: threads must be 1, 2, 4 or 8");
	if (c->cpus % c->threads)
		return err_set(e, -EINVAL, "--smp: %u vCPUs are no whole cores of %u threads",
			       c->cpus, c->threads);
	if (c->cpus_max && (c->cpus_max < c->cpus || c->cpus_max > HYPAR_CPUS_MAX))
		return err_set(e, -EINVAL, "--smp: max must be %u to %d", c->cpus, HYPAR_CPUS_MAX);
	if (c->cpus_max % c->threads)
		return err_set(e, -EINVAL,
			       "--smp: at most %u vCPUs are no whole cores of %u threads",
			       c->cpus_max, c->threads);
	return machine_check_memory(c, e);
}

hypar_machine *hypar_machine_new(const struct hypar_config *cfg, struct hypar_err *e)
{
	static const struct hypar_host_ops none;
	struct hypar_config c = *cfg;
	struct hypar_machine *m;

	if (check_config(cfg, e))
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m) {
		err_set(e, -ENOMEM, "no memory for the machine");
		return NULL;
	}
	pthread_mutex_init(&m->ring.lock, NULL);
	m->user = cfg->host ? cfg->host : &none;
	m->opaque = cfg->opaque;
	m->host = (struct hypar_host_ops){ host_console_write, host_trace, host_log, host_event,
					   host_notice };
	c.host = &m->host;
	c.opaque = m;
	m->papr = papr_new(&c, e);
	if (!m->papr || papr_check_files(m->papr, e)) {
		hypar_machine_free(m);
		return NULL;
	}
	m->irqdev.papr = m->papr;
	return m;
}

void hypar_machine_free(hypar_machine *m)
{
	if (!m)
		return;
	papr_free(m->papr);
	pthread_mutex_destroy(&m->ring.lock);
	free(m);
}

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

struct papr *machine_papr(hypar_machine *m)
{
	return m->papr;
}

struct vcpu *machine_vcpu(const struct partition *p, unsigned int cpu, struct hypar_err *e)
{
	struct vcpu *v = partition_vcpu(p, cpu);

	if (!v)
		err_set(e, -ENOENT, "there is no vCPU %u", cpu);
	return v;
}

bool machine_was_started(const hypar_machine *m)
{
	return __atomic_load_n(&m->run_from, __ATOMIC_SEQ_CST);
}

bool machine_has_ended(const hypar_machine *m)
{
	return __atomic_load_n(&m->run_ns, __ATOMIC_SEQ_CST);
}

u64 machine_run_ns(const hypar_machine *m)
{
	u64 from = __atomic_load_n(&m->run_from, __ATOMIC_SEQ_CST);
	u64 ns = __atomic_load_n(&m->run_ns, __ATOMIC_SEQ_CST);

	return ns || !from ? ns : now_ns() - from;
}

static void tell_end(struct hypar_machine *m, enum partition_request why)
{
	struct hypar_event ev = { .kind = HYPAR_EVENT_GUEST_PANICKED,
				  .by_guest = true,
				  .reason = m->reason };

	if (why == PARTITION_OS_TERM || why == PARTITION_CHECKSTOP)
		host_event(m, &ev);
	ev = (struct hypar_event){ .kind = HYPAR_EVENT_SHUTDOWN,
				   .by_guest = why != PARTITION_STOP && why != PARTITION_ERROR,
				   .reason = "" };
	host_event(m, &ev);
}

enum hypar_end hypar_machine_run(hypar_machine *m, struct hypar_err *e)
{
	struct partition *part = m->papr->partition;
	u64 from = now_ns();
	enum partition_request why;

	__atomic_store_n(&m->run_from, from, __ATOMIC_SEQ_CST);
	why = partition_run(part, e);
	__atomic_store_n(&m->run_ns, now_ns() - from, __ATOMIC_SEQ_CST);
	snprintf(m->reason, sizeof(m->reason), "%s", part->reason);
	tell_end(m, why);
	switch (why) {
	case PARTITION_POWEROFF:
		return HYPAR_END_POWEROFF;
	case PARTITION_STOP:
		return HYPAR_END_STOPPED;
	case PARTITION_OS_TERM:
		return HYPAR_END_OS_TERM;
	case PARTITION_CHECKSTOP:
		return HYPAR_END_CHECKSTOP;
	default:
		return HYPAR_END_ERROR;
	}
}

void hypar_machine_shutdown(hypar_machine *m)
{
	__atomic_store_n(&m->papr->shutdown_asked, true, __ATOMIC_SEQ_CST);
	partition_wake(m->papr->partition);
}

void hypar_machine_stop(hypar_machine *m)
{
	partition_stop(m->papr->partition);
}

static void tell(struct hypar_machine *m, enum hypar_event_kind kind)
{
	struct hypar_event ev = { .kind = kind, .reason = "" };

	host_event(m, &ev);
}

static int hold(void *machine, struct hypar_err *e)
{
	struct hypar_machine *m = machine;

	(void)e;
	if (partition_hold(m->papr->partition) == 1)
		tell(m, HYPAR_EVENT_STOP);
	return 0;
}

int hypar_machine_pause(hypar_machine *m, struct hypar_err *e)
{
	return partition_call(m->papr->partition, hold, m, e);
}

static int release(void *machine, struct hypar_err *e)
{
	struct hypar_machine *m = machine;

	if (partition_release(m->papr->partition))
		return err_set(e, -EINVAL, "the machine is not paused");
	if (!partition_is_held(m->papr->partition))
		tell(m, HYPAR_EVENT_RESUME);
	return 0;
}

int hypar_machine_resume(hypar_machine *m, struct hypar_err *e)
{
	return partition_call(m->papr->partition, release, m, e);
}

hypar_irqdev *hypar_machine_irqdev(hypar_machine *m)
{
	return &m->irqdev;
}

static int renew_irqchip(void *papr, struct hypar_err *e)
{
	return papr_irq_renew(papr, e);
}

int hypar_machine_renew_irqchip(hypar_machine *m, struct hypar_err *e)
{
	return partition_call(m->papr->partition, renew_irqchip, m->papr, e);
}

const char *hypar_machine_reason(const hypar_machine *m)
{
	return m->reason;
}

size_t hypar_console_input(hypar_machine *m, unsigned int vty, const void *buf, size_t n)
{
	/* the others have streams of their own */
	return !vty ? vty_input(&m->papr->vty[0], buf, n) : 0;
}

/* ---- reports ---- */

struct report {
	void (*out)(void *opaque, const char *line);
	void *opaque;
};

static void PRINTF_LIKE(2, 3) put(const struct report *r, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(line, sizeof(line), fmt, ap) >= 0)
		r->out(r->opaque, line);
	va_end(ap);
}

typedef unsigned long long ull;

static void report_cpu(const struct report *r, struct vcpu *v)
{
	struct cpu *c = &v->cpu;

	put(r, "cpu%u nia %016llx msr %016llx lr %016llx ctr %016llx", v->index, (ull)c->pc,
	    (ull)c->msr, (ull)c->lr, (ull)c->ctr);
	put(r, "  cr %08x xer %08llx cfar %016llx%s", cr_get(c), (ull)cpu_xer_get(c), (ull)c->cfar,
	    v->state == VCPU_STOPPED ? " (stopped)" : "");
	for (unsigned int i = 0; i < 32; i += 4)
		put(r, "  r%02u %016llx %016llx %016llx %016llx", i, (ull)c->gpr[i],
		    (ull)c->gpr[i + 1], (ull)c->gpr[i + 2], (ull)c->gpr[i + 3]);
	put(r, "  srr0 %016llx srr1 %016llx dar %016llx dsisr %08llx", (ull)c->spr.srr0,
	    (ull)c->spr.srr1, (ull)c->spr.dar, (ull)c->spr.dsisr);
	put(r, "  sprg0-3 %016llx %016llx %016llx %016llx pidr %llx lpcr %016llx",
	    (ull)c->spr.sprg[0], (ull)c->spr.sprg[1], (ull)c->spr.sprg[2], (ull)c->spr.sprg[3],
	    (ull)c->spr.pidr, (ull)c->spr.lpcr);
}

static void report_registers(hypar_machine *m, const struct report *r)
{
	struct partition *part = m->papr->partition;

	FOR_EACH_VCPU(part, v)
		report_cpu(r, v);
}

static void report_record(const struct report *r, unsigned int cpu, const struct cpu_record *x)
{
	const char *name = hcall_name(x->what), *status = hstatus_name(x->result);

	if (x->kind == CPU_RECORD_EXC)
		put(r, "cpu%u interrupt 0x%x at %016llx dar %016llx dsisr %08llx", cpu, x->what,
		    (ull)x->pc, (ull)x->a, (ull)x->b);
	else if (name)
		put(r, "cpu%u hcall %s(0x%llx, 0x%llx ...) = %s", cpu, name, (ull)x->a, (ull)x->b,
		    status ? status : "flag");
	else
		put(r, "cpu%u hcall 0x%x(0x%llx, 0x%llx ...) = H_FUNCTION", cpu, x->what, (ull)x->a,
		    (ull)x->b);
}

/* What each vCPU did last, oldest first; the same record many times is one line. */
static void report_records(hypar_machine *m, const struct report *r)
{
	struct partition *part = m->papr->partition;

	FOR_EACH_VCPU(part, v) {
		const struct cpu_records *x = &v->cpu.records;
		u32 n = x->n < CPU_RECORDS ? x->n : CPU_RECORDS, repeats = 0;

		for (u32 k = x->n - n; k != x->n; k++) {
			const struct cpu_record *this = &x->record[k % CPU_RECORDS];

			if (k + 1 != x->n &&
			    !memcmp(this, &x->record[(k + 1) % CPU_RECORDS], sizeof(*this))) {
				repeats++;
				continue;
			}
			report_record(r, v->index, this);
			if (repeats)
				put(r, "cpu%u   the same %u times before", v->index, repeats);
			repeats = 0;
		}
	}
}

static void report_trace(hypar_machine *m, const struct report *r)
{
	struct trace_ring *t = &m->ring;

	report_records(m, r);
	pthread_mutex_lock(&t->lock);
	for (unsigned int i = 0; i < t->n; i++)
		r->out(r->opaque, t->line[(t->next + TRACE_RECORDS - t->n + i) % TRACE_RECORDS]);
	pthread_mutex_unlock(&t->lock);
}

static void report_illegal(const struct report *r, const struct cpu *c, unsigned int cpu)
{
	char text[96];

	for (unsigned int i = 0; i < CPU_ILLEGAL_MAX && c->illegal[i].n; i++) {
		isa_disasm(c->decoder, 0, c->illegal[i].insn, 0, text, sizeof(text));
		put(r, "illegal-instruction: cpu%u %08x %s, %llu times", cpu, c->illegal[i].insn,
		    text, (ull)c->illegal[i].n);
	}
}

static void report_stats(hypar_machine *m, const struct report *r)
{
	struct partition *part = m->papr->partition;
	struct vcpu_counts sum;

	partition_counts(part, &sum);
	put(r, "instructions: %llu", (ull)sum.insns);
	put(r, "run-time-ns: %llu", (ull)m->run_ns);
	if (sum.insns)
		put(r, "ns-per-instruction: %.2f", (double)m->run_ns / (double)sum.insns);
	put(r, "hypercalls: %llu", (ull)sum.hcalls);
	put(r, "cedes: %llu", (ull)sum.cedes);
	put(r, "tlb-l1-misses: %llu", (ull)sum.misses);
	put(r, "tlb-walks: %llu", (ull)sum.walks);
	put(r, "tlb-invalidations: %llu", (ull)sum.invalidations);
	put(r, "illegal-instructions: %llu", (ull)sum.illegal);
	FOR_EACH_VCPU(part, v)
		report_illegal(r, &v->cpu, v->index);
}

int hypar_machine_report(hypar_machine *m, const char *what,
			 void (*out)(void *opaque, const char *line), void *opaque)
{
	struct report r = { out, opaque };

	if (!strcmp(what, "registers"))
		report_registers(m, &r);
	else if (!strcmp(what, "trace"))
		report_trace(m, &r);
	else if (!strcmp(what, "stats"))
		report_stats(m, &r);
	else
		return -ENOENT;
	return 0;
}
