// SPDX-License-Identifier: Apache-2.0
/*
 * include/hypar/dr.h: what is common to all kinds of resources. Requests,
 * connectors and injections are looked at under their locks, while the machine
 * goes on; only what changes connectors parks the vCPUs.
 */
#include "hypar/dr.h"

#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "lib/machine.h"
#include "papr/dr/inject.h"
#include "papr/dr/mem.h"
#include "papr/dr/request.h"
#include "papr/event/event.h"

/* ---- requests ---- */

int hypar_machine_dr_request(hypar_machine *m, struct hypar_dr_request *r, struct hypar_err *e)
{
	struct papr *p = machine_papr(m);
	uint32_t asked = r->request;

	if (dr_request_next(p, r))
		return err_set(e, -ENOENT, "there is no request %u or later", asked);
	/* somebody waits: perhaps the guest switched the source on meanwhile */
	if (r->state == HYPAR_DR_WAITING)
		event_announce(p);
	return 0;
}

struct cancel_call {
	struct papr *papr;
	u32 request;
};

static int cancel(void *arg, struct hypar_err *e)
{
	struct cancel_call *c = arg;

	return dr_request_cancel(c->papr, c->request, e);
}

int hypar_machine_dr_cancel(hypar_machine *m, uint32_t request, struct hypar_err *e)
{
	struct cancel_call c = { machine_papr(m), request };

	return partition_call(c.papr->partition, cancel, &c, e);
}

/* ---- connectors ---- */

static void status_text(const struct drc *d, char *text, size_t size)
{
	const char *name = rtas_answer_name(d->last_call, (rtas_status)d->last_status);

	if (!d->last_call)
		(void)snprintf(text, size, "%s", "");
	else if (name)
		(void)snprintf(text, size, "%s", name);
	else
		(void)snprintf(text, size, "%d", d->last_status);
}

int hypar_machine_drc_next(hypar_machine *m, struct hypar_drc_info *info, struct hypar_err *e)
{
	struct papr *p = machine_papr(m);
	const struct drc *d;

	dr_lock(p);
	d = dr_next(p, info->index);
	if (d) {
		*info = (struct hypar_drc_info){ .index = d->index,
						 .type = (enum hypar_drc_type)d->type,
						 .state = drc_state_name(d->state),
						 .is_attached = d->attached,
						 .is_enabled = d->enabled,
						 .unplug_wanted = d->unplug_wanted,
						 .indicator = d->indicator,
						 .power = d->power,
						 .n_calls = d->n_calls };
		if (d->type == DRC_LMB)
			info->node = p->mem->lmb[d->id].node;
		(void)snprintf(info->name, sizeof(info->name), "%s", d->name);
		(void)snprintf(info->resource, sizeof(info->resource), "%s", d->resource);
		drc_last_call(d, info->last_call, sizeof(info->last_call));
		status_text(d, info->last_status, sizeof(info->last_status));
	}
	dr_unlock(p);
	return d ? 0 : err_set(e, -ENOENT, "there is no further connector");
}

/* ---- injections ---- */

int hypar_status_value(const char *call, const char *text, int64_t *status, struct hypar_err *e)
{
	return inject_status(call, text, status, e);
}

int hypar_machine_inject(hypar_machine *m, const struct hypar_injection *i, uint32_t *id,
			 struct hypar_err *e)
{
	u32 number;
	int ret = inject_add(machine_papr(m), i, &number, e);

	if (!ret && id)
		*id = number;
	return ret;
}

int hypar_machine_inject_clear(hypar_machine *m, uint32_t id, struct hypar_err *e)
{
	return inject_clear(machine_papr(m), id, e);
}

int hypar_machine_inject_next(hypar_machine *m, uint32_t *id, struct hypar_injection *i,
			      uint64_t *hits, struct hypar_err *e)
{
	if (!inject_next(machine_papr(m), id, i, hits))
		return 0;
	return err_set(e, -ENOENT, "there is no further injection");
}
