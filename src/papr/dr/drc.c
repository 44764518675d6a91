// SPDX-License-Identifier: Apache-2.0
/*
 * The state machines of connectors [LoPAR 13.5.3]: an executor for the rows of
 * drc_state.def.
 *
 * A row that enables, disables or detaches runs on the control thread with all
 * vCPUs parked, as a whole: it is looked up there, carried out and completed,
 * so nobody sees a connector half-way. If the control thread does not take the
 * call (a reset is on its way), nothing has happened and the guest is told to
 * try again. dr->lock is given up around the functions of drc_ops; nobody but
 * the control thread could change a connector then.
 *
 * A disable that is refused, e.g. as a thread of the core still runs, answers
 * HARDWARE: Linux takes it for an error and reports it, while it would repeat
 * the call for BUSY and 990x without end.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "papr/dr/core.h"

/* ANY: all that have no rows of their own. */
#define DRC_ANY DRC_STATES
#define DRC_SAME DRC_STATES

/* The rows of a machine, in the order of the table. */
struct table_row {
	enum drc_input input;
	enum drc_state state;
	struct drc_row row;
};

#define ROW(input, state, condition, actions, next, status, clause) \
	{ DRC_##input, DRC_##state, { condition, actions, DRC_##next, RTAS_##status } },

static const struct table_row logical[] = {
#define LOGICAL ROW
#define PHYSICAL(...)
#include "papr/dr/drc_state.def"
#undef LOGICAL
#undef PHYSICAL
};

static const struct table_row physical[] = {
#define LOGICAL(...)
#define PHYSICAL ROW
#include "papr/dr/drc_state.def"
#undef LOGICAL
#undef PHYSICAL
};

static bool holds(const struct drc *d, enum drc_condition c)
{
	switch (c) {
	case ALWAYS:
		return true;
	case IF_ATTACHED:
		return d->attached;
	case IF_SPARE:
		return d->attached && d->is_spare;
	case IF_RELEASED:
		return d->attached && d->was_released;
	case IF_WANTED:
		return d->unplug_wanted || d->unplug_offered;
	case IF_UNPOWERED:
		return !drc_is_powered(d);
	}
	return false;
}

bool drc_is_powered(const struct drc *d)
{
	return d->power != DR_POWER_OFF;
}

enum drc_state drc_first_state(const struct drc *d)
{
	return drc_is_logical(d) ? DRC_UNUSABLE : DRC_ISOLATED;
}

const struct drc_row *drc_row(const struct drc *d, enum drc_input input)
{
	const struct table_row *t = drc_is_logical(d) ? logical : physical;
	size_t n = drc_is_logical(d) ? sizeof(logical) / sizeof(logical[0]) :
				       sizeof(physical) / sizeof(physical[0]);

	for (size_t i = 0; i < n; i++)
		if (t[i].input == input && (t[i].state == d->state || t[i].state == DRC_ANY) &&
		    holds(d, t[i].row.condition))
			return &t[i].row;
	/* not reached: ANY or all states are there */
	return &t[n - 1].row;
}

const char *drc_state_name(enum drc_state s)
{
	static const char *const name[DRC_STATES] = {
		[DRC_UNUSABLE] = "unusable",	 [DRC_EXCHANGE] = "exchange",
		[DRC_RECOVERY] = "recovery",	 [DRC_AVAILABLE] = "available",
		[DRC_ISOLATED] = "isolated",	 [DRC_UNISOLATED] = "unisolated",
		[DRC_CONFIGURED] = "configured",
	};

	return s < DRC_STATES ? name[s] : "?";
}

int drc_change_reach(struct papr *p, struct drc *d, bool on)
{
	struct hypar_err e = { 0 };
	int (*fn)(struct papr *, struct drc *, struct hypar_err *) = !d->ops ? NULL :
								     on	     ? d->ops->enable :
									       d->ops->disable;
	int ret = 0;

	if (d->enabled == on)
		return 0;
	if (fn) {
		dr_unlock(p);
		ret = fn(p, d, &e);
		dr_lock(p);
	}
	if (ret)
		papr_log(p, "%s: %s", d->name, e.text);
	else
		d->enabled = on;
	return ret;
}

static void detach(struct papr *p, struct drc *d)
{
	if (d->ops && d->ops->detach) {
		dr_unlock(p);
		d->ops->detach(p, d);
		dr_lock(p);
	}
	d->attached = d->enabled = d->is_spare = false;
	d->unplug_wanted = d->was_released = d->was_configured = false;
	d->resource[0] = 0;
}

void drc_take_away(struct papr *p, struct drc *d)
{
	drc_walk_drop(d);
	/* it goes whatever it says */
	(void)drc_change_reach(p, d, false);
	detach(p, d);
	d->state = drc_first_state(d);
	dr_request_note(p, d, DR_RELEASED);
}

rtas_status drc_apply(struct papr *p, struct drc *d, enum drc_input input)
{
	const struct drc_row *row = drc_row(d, input);
	bool was_configured = d->was_configured || row->actions & DETACH;

	if (row->actions & (ENABLE | DISABLE) && drc_change_reach(p, d, row->actions & ENABLE))
		return RTAS_HARDWARE;
	if (row->actions & DISABLE)
		drc_walk_drop(d);
	if (row->next != DRC_SAME)
		d->state = row->next;
	if (row->actions & RELEASE) {
		d->was_released = true;
		d->was_configured = false;
	}
	if (row->actions & DETACH)
		detach(p, d);
	if (row->actions & RELEASE)
		dr_request_note(p, d, was_configured ? DR_RELEASED : DR_DROPPED);
	if (row->actions & REFUSE) {
		d->unplug_wanted = false;
		dr_request_note(p, d, DR_REFUSED);
	}
	if (row->actions & FINISH) {
		d->was_configured = true;
		dr_request_note(p, d, DR_CONFIGURED);
	}
	return row->status;
}

/* By index: a call that came before may have taken a bridge with its slots away. */
struct job {
	struct papr *p;
	u32 index;
	enum drc_input input;
	rtas_status status;
};

static int run_parked(void *arg, struct hypar_err *e)
{
	struct job *j = arg;
	struct drc *d = dr_find(j->p, j->index);

	(void)e;
	dr_lock(j->p);
	j->status = d ? drc_apply(j->p, d, j->input) : RTAS_PARAMETER;
	dr_unlock(j->p);
	return 0;
}

rtas_status drc_input(struct vcpu *v, struct drc *d, enum drc_input input)
{
	struct job j = { papr_of(v), d->index, input, RTAS_BUSY };
	struct hypar_err e = { 0 };
	bool parks;

	dr_lock(j.p);
	parks = drc_row(d, input)->actions & (ENABLE | DISABLE | DETACH);
	if (!parks)
		j.status = drc_apply(j.p, d, input);
	dr_unlock(j.p);
	/* not taken: nothing happened, and the guest may not be there for long */
	if (parks && j.p->dr->with_parked(v, run_parked, &j, &e))
		return RTAS_BUSY;
	return j.status;
}

void drc_note(struct drc *d, const struct rtas_args *a, u32 what, rtas_status status)
{
	d->last_call = a->token;
	d->last_value = what;
	d->last_status = (s32)status;
	d->n_calls++;
}
