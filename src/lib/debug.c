// SPDX-License-Identifier: Apache-2.0
/*
 * include/hypar/debug.h: all of it is done by the control thread while the
 * vCPUs are parked (partition_call), so nothing here needs a lock. Registers
 * are in debug_regs.c.
 */
#include "hypar/debug.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/err.h"
#include "hv/debug.h"
#include "lib/debug_regs.h"
#include "lib/machine.h"

#define MOVE_MAX 0x1000000u /* bytes in one call, while everybody waits */

static struct partition *partition_of(hypar_machine *m)
{
	return machine_papr(m)->partition;
}

static int no_debugger(const struct partition *p, struct hypar_err *e)
{
	return p->debug ? 0 : err_set(e, -EPERM, "nobody debugs the machine");
}

/* ---- run control ---- */

struct attach_call {
	struct partition *p;
	bool halt;
	hypar_debug_fn *stopped;
	void *opaque;
};

static int attach(void *arg, struct hypar_err *e)
{
	struct attach_call *a = arg;
	int ret = hv_debug_attach(a->p, a->stopped, a->opaque, e);

	if (!ret && a->halt)
		hv_debug_halt(a->p);
	return ret;
}

int hypar_debug_attach(hypar_machine *m, bool halt, hypar_debug_fn *stopped, void *opaque,
		       struct hypar_err *e)
{
	struct attach_call a = { partition_of(m), halt, stopped, opaque };

	return machine_was_started(m) ? partition_call(a.p, attach, &a, e) : attach(&a, e);
}

static int detach(void *arg, struct hypar_err *e)
{
	struct partition *p = arg;
	int ret = no_debugger(p, e);

	if (!ret)
		hv_debug_detach(p);
	return ret;
}

int hypar_debug_detach(hypar_machine *m, struct hypar_err *e)
{
	return partition_call(partition_of(m), detach, partition_of(m), e);
}

static int stop(void *arg, struct hypar_err *e)
{
	struct partition *p = arg;
	int ret = no_debugger(p, e);

	if (!ret)
		hv_debug_halt(p);
	return ret;
}

int hypar_debug_stop(hypar_machine *m, struct hypar_err *e)
{
	return partition_call(partition_of(m), stop, partition_of(m), e);
}

struct resume_call {
	struct partition *p;
	const enum hypar_debug_run *how;
};

static int resume(void *arg, struct hypar_err *e)
{
	static const enum hv_run to[] = { [HYPAR_DEBUG_STAY] = HV_STAY,
					  [HYPAR_DEBUG_CONTINUE] = HV_CONTINUE,
					  [HYPAR_DEBUG_STEP] = HV_STEP };
	struct resume_call *call = arg;
	enum hv_run how[HYPAR_CPUS_MAX];
	int ret = no_debugger(call->p, e);

	if (ret)
		return ret;
	for (unsigned int i = 0; i < call->p->max_vcpus; i++)
		how[i] = to[call->how[i]];
	hv_debug_resume(call->p, how);
	return 0;
}

int hypar_debug_resume(hypar_machine *m, const enum hypar_debug_run *how, struct hypar_err *e)
{
	struct resume_call call = { partition_of(m), how };

	return partition_call(call.p, resume, &call, e);
}

struct reason_call {
	struct partition *p;
	struct hypar_debug_stop *stop;
};

static int reason(void *arg, struct hypar_err *e)
{
	static const enum hypar_debug_why to[] = { [CPU_STOP_NONE] = HYPAR_DEBUG_NONE,
						   [CPU_STOP_BREAK] = HYPAR_DEBUG_BREAK,
						   [CPU_STOP_WATCH] = HYPAR_DEBUG_WATCH,
						   [CPU_STOP_STEP] = HYPAR_DEBUG_STEPPED };
	struct reason_call *call = arg;
	const struct cpu_stop *s;
	struct vcpu *v;
	int ret = no_debugger(call->p, e);

	if (ret)
		return ret;
	v = hv_debug_reason(call->p);
	if (!v)
		return 0;
	s = &v->cpu.stop;
	*call->stop = (struct hypar_debug_stop){ to[s->kind], v->index, s->ea, s->watch_kinds };
	hv_debug_halt(call->p); /* all are halted; now the clock is, too */
	return 0;
}

int hypar_debug_reason(hypar_machine *m, struct hypar_debug_stop *why, struct hypar_err *e)
{
	struct reason_call call = { partition_of(m), why };

	*why = (struct hypar_debug_stop){ .why = HYPAR_DEBUG_NONE };
	return partition_call(call.p, reason, &call, e);
}

/* ---- breakpoints and watchpoints ---- */

struct set_call {
	struct partition *p;
	const struct debugger_watch *watch; /* NULL: a breakpoint at @ea */
	u64 ea;
	bool is_set;
};

static int change(struct debugger *d, const struct set_call *call)
{
	if (!call->watch)
		return call->is_set ? debugger_add_break(d, call->ea) :
				      debugger_del_break(d, call->ea);
	return call->is_set ? debugger_add_watch(d, call->watch) :
			      debugger_del_watch(d, call->watch);
}

static int set(void *arg, struct hypar_err *e)
{
	const struct set_call *call = arg;
	const char *what = call->watch ? "watchpoint" : "breakpoint";
	int ret = no_debugger(call->p, e);

	if (ret)
		return ret;
	ret = change(&call->p->debug->set, call);
	hv_debug_changed(call->p);
	switch (ret) {
	case 0:
		return 0;
	case -EEXIST:
		return err_set(e, ret, "there is such a %s already", what);
	case -ENOENT:
		return err_set(e, ret, "there is no such %s", what);
	default:
		return err_set(e, ret, "there are %u %ss, and no more",
			       call->watch ? DEBUGGER_WATCHES : DEBUGGER_BREAKS, what);
	}
}

int hypar_debug_set_break(hypar_machine *m, uint64_t ea, struct hypar_err *e)
{
	struct set_call call = { partition_of(m), NULL, ea, true };

	if (ea & 3)
		return err_set(e, -EINVAL, "instructions lie at multiples of 4");
	return partition_call(call.p, set, &call, e);
}

int hypar_debug_clear_break(hypar_machine *m, uint64_t ea, struct hypar_err *e)
{
	struct set_call call = { partition_of(m), NULL, ea, false };

	return partition_call(call.p, set, &call, e);
}

static int set_watch(hypar_machine *m, const struct hypar_debug_watch *w, bool is_set,
		     struct hypar_err *e)
{
	struct debugger_watch watch = { w->ea, w->ea + w->size - 1,
					(w->kinds & HYPAR_DEBUG_READ ? DEBUGGER_READ : 0) |
						(w->kinds & HYPAR_DEBUG_WRITE ? DEBUGGER_WRITE :
										0) };
	struct set_call call = { partition_of(m), &watch, 0, is_set };

	if (!w->size || watch.last < watch.first || !watch.kinds)
		return err_set(e, -EINVAL, "a watchpoint needs an address range and an access");
	return partition_call(call.p, set, &call, e);
}

int hypar_debug_set_watch(hypar_machine *m, const struct hypar_debug_watch *w, struct hypar_err *e)
{
	return set_watch(m, w, true, e);
}

int hypar_debug_clear_watch(hypar_machine *m, const struct hypar_debug_watch *w,
			    struct hypar_err *e)
{
	return set_watch(m, w, false, e);
}

/* ---- registers ---- */

struct reg_call {
	struct partition *p;
	unsigned int cpu, reg, n;
	struct hypar_debug_value *out;
	const struct hypar_debug_value *in;
};

static int move_regs(void *arg, struct hypar_err *e)
{
	const struct reg_call *call = arg;
	struct vcpu *v = machine_vcpu(call->p, call->cpu, e);

	if (!v)
		return -ENOENT;
	for (unsigned int i = 0; i < call->n; i++)
		if (call->out)
			call->out[i] = debug_reg_get(&v->cpu, call->reg + i);
		else
			debug_reg_set(&v->cpu, call->reg + i, &call->in[i]);
	return 0;
}

static int access_regs(hypar_machine *m, struct reg_call *call, struct hypar_err *e)
{
	if (call->reg >= debug_regs_count() || call->n > debug_regs_count() - call->reg)
		return err_set(e, -ENOENT, "there is no register %u", call->reg + call->n);
	call->p = partition_of(m);
	return partition_call(call->p, move_regs, call, e);
}

int hypar_debug_read_regs(hypar_machine *m, unsigned int cpu, unsigned int reg, unsigned int n,
			  struct hypar_debug_value *v, struct hypar_err *e)
{
	struct reg_call call = { .cpu = cpu, .reg = reg, .n = n, .out = v };

	return access_regs(m, &call, e);
}

int hypar_debug_write_reg(hypar_machine *m, unsigned int cpu, unsigned int reg,
			  const struct hypar_debug_value *v, struct hypar_err *e)
{
	struct reg_call call = { .cpu = cpu, .reg = reg, .n = 1, .in = v };

	return access_regs(m, &call, e);
}

/* ---- memory ---- */

struct move_call {
	struct partition *p;
	struct hypar_debug_place place;
	u8 *out;
	const u8 *in;
	u64 n;
};

/* @c is NULL for real addresses. */
static bool locate(struct cpu *c, u64 at, u64 *real)
{
	*real = at;
	return !c || cpu_translate_debug(c, at, real);
}

/* The processor whose translation @place means; NULL: none. -ENOENT: that vCPU is not there. */
static int processor_of(const struct partition *p, const struct hypar_debug_place *place,
			struct cpu **c, struct hypar_err *e)
{
	struct vcpu *v = machine_vcpu(p, place->cpu, e);

	if (!v)
		return -ENOENT;
	*c = place->is_real ? NULL : &v->cpu;
	return 0;
}

/* Page by page, until the end or what is not RAM. */
static int move(void *arg, struct hypar_err *e)
{
	const struct move_call *call = arg;
	u64 done = 0, n, real;
	struct cpu *c;
	int ret = processor_of(call->p, &call->place, &c, e);

	if (ret)
		return ret;
	for (; done < call->n; done += n) {
		u64 at = call->place.address + done;
		bool ok;

		n = GMEM_PAGE_SIZE - (at & (GMEM_PAGE_SIZE - 1));
		if (n > call->n - done)
			n = call->n - done;
		if (!locate(c, at, &real))
			break;
		ok = call->out ? gmem_read(call->p->mem, gpa_of(real), call->out + done, n) :
				 gmem_write(call->p->mem, gpa_of(real), call->in + done, n);
		if (!ok)
			break;
	}
	if (!done && call->n)
		return err_set(e, -EFAULT, "there is no memory at 0x%llx",
			       (unsigned long long)call->place.address);
	return (int)done;
}

static long access_memory(hypar_machine *m, const struct hypar_debug_place *at,
			  struct move_call *call, struct hypar_err *e)
{
	if (call->n > MOVE_MAX)
		call->n = MOVE_MAX;
	call->p = partition_of(m);
	call->place = *at;
	return partition_call(call->p, move, call, e);
}

long hypar_debug_read(hypar_machine *m, const struct hypar_debug_place *at, void *buf, size_t n,
		      struct hypar_err *e)
{
	struct move_call call = { .out = buf, .n = n };

	return access_memory(m, at, &call, e);
}

long hypar_debug_write(hypar_machine *m, const struct hypar_debug_place *at, const void *buf,
		       size_t n, struct hypar_err *e)
{
	struct move_call call = { .in = buf, .n = n };

	return access_memory(m, at, &call, e);
}

struct translate_call {
	struct partition *p;
	struct hypar_debug_place place;
	u64 *real;
};

static int translate(void *arg, struct hypar_err *e)
{
	const struct translate_call *call = arg;
	struct cpu *c;
	int ret = processor_of(call->p, &call->place, &c, e);

	if (ret)
		return ret;
	return locate(c, call->place.address, call->real) ?
		       0 :
		       err_set(e, -EFAULT, "0x%llx is not mapped",
			       (unsigned long long)call->place.address);
}

int hypar_debug_translate(hypar_machine *m, const struct hypar_debug_place *at, uint64_t *real,
			  struct hypar_err *e)
{
	struct translate_call call = { partition_of(m), *at, real };

	return partition_call(call.p, translate, &call, e);
}

/* ---- the rest ---- */

unsigned int hypar_debug_cpus(hypar_machine *m)
{
	return partition_of(m)->max_vcpus;
}

bool hypar_debug_is_le(hypar_machine *m)
{
	return machine_papr(m)->kernel.is_le;
}

struct report_call {
	hypar_machine *m;
	const char *what;
	void (*out)(void *opaque, const char *line);
	void *opaque;
};

static int report(void *arg, struct hypar_err *e)
{
	const struct report_call *call = arg;
	int ret = hypar_machine_report(call->m, call->what, call->out, call->opaque);

	return ret ? err_set(e, ret, "there is no report \"%s\"", call->what) : 0;
}

int hypar_debug_report(hypar_machine *m, const char *what,
		       void (*out)(void *opaque, const char *line), void *opaque,
		       struct hypar_err *e)
{
	struct report_call call = { m, what, out, opaque };

	return partition_call(partition_of(m), report, &call, e);
}
