// SPDX-License-Identifier: Apache-2.0
/*
 * Stopping and letting go for a debugger: see hv/debug.h.
 */
#include "hv/debug.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

int hv_debug_attach(struct partition *p, void (*stopped)(void *opaque), void *opaque,
		    struct hypar_err *e)
{
	struct hv_debug *d;

	if (p->debug)
		return err_set(e, -EBUSY, "the machine has a debugger already");
	d = calloc(1, sizeof(*d));
	if (!d)
		return err_set(e, -ENOMEM, "no memory for a debugger");
	d->stopped = stopped;
	d->opaque = opaque;
	p->debug = d;
	return 0;
}

static void let_go(struct partition *p)
{
	if (p->debug->is_held)
		(void)partition_release(p); /* a monitor may have done so */
	p->debug->is_held = false;
}

void hv_debug_detach(struct partition *p)
{
	struct hv_debug *d = p->debug;

	if (!d)
		return;
	d->set.n_breaks = d->set.n_watches = 0;
	hv_debug_changed(p);
	FOR_EACH_VCPU(p, v) {
		debugger_prepare(&v->cpu, false, false);
		vcpu_set_halted(v, false);
	}
	let_go(p);
	p->debug = NULL;
	free(d);
}

void hv_debug_halt(struct partition *p)
{
	FOR_EACH_VCPU(p, v)
		vcpu_set_halted(v, true);
	if (!p->debug->is_held)
		(void)partition_hold(p);
	p->debug->is_held = true;
}

void hv_debug_resume(struct partition *p, const enum hv_run *how)
{
	struct hv_debug *d = p->debug;

	FOR_EACH_VCPU(p, v) {
		enum hv_run run = how[v->index];
		struct cpu *c = &v->cpu;

		/* it may have been let go before and not have run */
		c->pass |= d->is_reported && d->vcpu == v->index && d->pc == c->pc;
		c->stop.kind = CPU_STOP_NONE; /* one that was not told happens again */
		if (run != HV_STAY)
			debugger_prepare(c, run == HV_STEP, c->pass);
		vcpu_set_halted(v, run == HV_STAY);
	}
	d->is_reported = false;
	let_go(p);
}

struct vcpu *hv_debug_reason(struct partition *p)
{
	struct hv_debug *d = p->debug;

	for (unsigned int k = 1; k <= p->max_vcpus; k++) {
		struct vcpu *v = p->vcpus[(d->vcpu + k) % p->max_vcpus];

		if (!v || v->cpu.stop.kind == CPU_STOP_NONE)
			continue;
		d->is_reported = v->cpu.stop.kind != CPU_STOP_STEP;
		d->vcpu = v->index;
		d->pc = v->cpu.pc;
		return v;
	}
	return NULL;
}

void hv_debug_changed(struct partition *p)
{
	FOR_EACH_VCPU(p, v)
		debugger_changed(&v->cpu, &p->debug->set);
}

void hv_debug_joined(struct vcpu *v)
{
	const struct hv_debug *d = v->partition->debug;

	debugger_changed(&v->cpu, &d->set);
	vcpu_set_halted(v, d->is_held);
}

void hv_debug_hit(struct vcpu *v)
{
	struct partition *p = v->partition;
	struct hv_debug *d = p->debug; /* changes only while this thread is parked */

	FOR_EACH_VCPU(p, o) {
		vcpu_set_halted(o, true);
		if (o != v)
			vcpu_kick(o);
	}
	d->stopped(d->opaque);
}
