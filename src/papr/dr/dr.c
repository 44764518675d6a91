// SPDX-License-Identifier: Apache-2.0
/*
 * The connectors of a machine: making and finding them, what the host attaches
 * and takes away, and what a reset makes of them.
 *
 * Threads: the array changes only on the control thread with vCPUs parked, so
 * that vCPUs and the control thread may look something up without dr->lock.
 */
#include "papr/dr/dr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "papr/dr/core.h"

static u32 lower_bound(const struct dr *dr, u32 index)
{
	u32 from = 0, to = dr->n_drcs;

	while (from < to) {
		u32 mid = from + (to - from) / 2;

		if (dr->drc[mid]->index < index)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

struct drc *dr_next(const struct papr *p, u32 index)
{
	u32 i = lower_bound(p->dr, index);

	return i < p->dr->n_drcs ? p->dr->drc[i] : NULL;
}

struct drc *dr_find(const struct papr *p, u32 index)
{
	struct drc *d = dr_next(p, index);

	return d && d->index == index ? d : NULL;
}

void dr_lock(struct papr *p)
{
	pthread_mutex_lock(&p->dr->lock);
}

void dr_unlock(struct papr *p)
{
	pthread_mutex_unlock(&p->dr->lock);
}

static u32 domain_bound(const struct dr *dr, u32 id)
{
	u32 from = 0, to = dr->n_domains;

	while (from < to) {
		u32 mid = from + (to - from) / 2;

		if (dr->domain[mid].id < id)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

struct dr_domain *dr_domain(const struct dr *dr, u32 id)
{
	u32 i = domain_bound(dr, id);

	return i < dr->n_domains && dr->domain[i].id == id ? &dr->domain[i] : NULL;
}

/* A domain comes with its first connector, at full power. */
static int join_domain(struct dr *dr, u32 id)
{
	struct dr_domain *dom = dr_domain(dr, id);
	u32 i = domain_bound(dr, id);

	if (id == DRC_POWER_LIVE)
		return 0;
	if (dom) {
		dom->n++;
		return 0;
	}
	dom = realloc(dr->domain, (dr->n_domains + 1) * sizeof(*dom));
	if (!dom)
		return -ENOMEM;
	dr->domain = dom;
	memmove(dom + i + 1, dom + i, (dr->n_domains - i) * sizeof(*dom));
	dom[i] = (struct dr_domain){ id, 1, DR_POWER_FULL };
	dr->n_domains++;
	return 0;
}

static void leave_domain(struct dr *dr, u32 id)
{
	struct dr_domain *dom = id == DRC_POWER_LIVE ? NULL : dr_domain(dr, id);

	if (!dom || --dom->n)
		return;
	memmove(dom, dom + 1, (size_t)(dr->domain + dr->n_domains - (dom + 1)) * sizeof(*dom));
	dr->n_domains--;
}

/* Prefixes of names; the number behind them is the id, also in ibm,drc-info. */
const char *drc_name_prefix(enum drc_type type)
{
	switch (type) {
	case DRC_CPU:
		return "CPU ";
	case DRC_PHB:
		return "PHB ";
	case DRC_VIO:
		return "V1-C";
	case DRC_PCI:
		return "C";
	case DRC_LMB:
		return "LMB ";
	case DRC_PMEM:
		return "PMEM ";
	}
	return "?";
}

/* Puts @d into the array. */
static int insert(struct dr *dr, struct drc *d)
{
	u32 i = lower_bound(dr, d->index);
	struct drc **all;

	if (i < dr->n_drcs && dr->drc[i]->index == d->index)
		return -EEXIST;
	all = realloc(dr->drc, (dr->n_drcs + 1) * sizeof(struct drc *));
	if (!all)
		return -ENOMEM;
	dr->drc = all;
	if (join_domain(dr, d->power_domain))
		return -ENOMEM;
	memmove(all + i + 1, all + i, (dr->n_drcs - i) * sizeof(struct drc *));
	all[i] = d;
	dr->n_drcs++;
	return 0;
}

struct drc *dr_add_connector(struct papr *p, const struct drc_config *c, struct hypar_err *e)
{
	struct drc *d = calloc(1, sizeof(*d));
	int ret;

	if (!d) {
		err_set(e, -ENOMEM, "no memory for a connector");
		return NULL;
	}
	d->index = DRC_INDEX(c->type, c->id);
	d->type = c->type;
	d->id = c->id;
	d->ops = c->ops;
	d->opaque = c->opaque;
	d->power_domain = c->power_domain;
	d->parent = c->parent;
	d->state = drc_first_state(d);
	(void)snprintf(d->name, sizeof(d->name), "%s%u", drc_name_prefix(d->type), d->id);
	dr_lock(p);
	ret = insert(p->dr, d);
	if (!ret && d->power_domain != DRC_POWER_LIVE)
		d->power = dr_domain(p->dr, d->power_domain)->level;
	else
		d->power = DR_POWER_FULL;
	dr_unlock(p);
	if (!ret)
		return d;
	err_set(e, ret,
		ret == -EEXIST ? "there is a connector 0x%x already" :
				 "no memory for connector 0x%x",
		d->index);
	free(d);
	return NULL;
}

static void free_connector(struct drc *d)
{
	drc_walk_drop(d);
	free(d);
}

void dr_remove_connector(struct papr *p, struct drc *d)
{
	struct dr *dr = p->dr;
	u32 i = lower_bound(dr, d->index);

	if (d->attached)
		dr_detach_now(p, d);
	dr_lock(p);
	memmove(dr->drc + i, dr->drc + i + 1, (dr->n_drcs - i - 1) * sizeof(struct drc *));
	dr->n_drcs--;
	leave_domain(dr, d->power_domain);
	dr_unlock(p);
	free_connector(d);
}

int dr_attach(struct papr *p, struct drc *d, enum drc_attach how, const char *name,
	      struct hypar_err *e)
{
	int ret = 0;

	dr_lock(p);
	if (d->attached) {
		ret = err_set(e, -EEXIST, "%s is in use by %s", d->name, d->resource);
	} else {
		d->attached = true;
		d->enabled = how == DRC_COLD;
		d->is_spare = how == DRC_SPARE;
		d->unplug_wanted = d->was_released = d->was_configured = false;
		d->state = how == DRC_COLD ? DRC_CONFIGURED : drc_first_state(d);
		d->was_configured = how == DRC_COLD;
		(void)snprintf(d->resource, sizeof(d->resource), "%s", name ? name : "");
	}
	dr_unlock(p);
	return ret;
}

void dr_detach_now(struct papr *p, struct drc *d)
{
	dr_lock(p);
	if (d->attached)
		drc_take_away(p, d);
	dr_unlock(p);
}

bool dr_want_back(struct papr *p, struct drc *d)
{
	bool is_gone;

	dr_lock(p);
	if (d->attached) {
		d->unplug_wanted = true;
		/* the guest does not have it: there is nobody to ask */
		if (d->state == drc_first_state(d))
			drc_take_away(p, d);
	}
	is_gone = !d->attached;
	dr_unlock(p);
	return is_gone;
}

bool drc_is_in_tree(const struct drc *d)
{
	return d->enabled && d->state == DRC_CONFIGURED;
}

/* A guest that starts now has what is attached, without doing anything for it. */
static void enable_for_start(struct papr *p, struct drc *d)
{
	bool is_new = d->state != DRC_CONFIGURED;

	if (drc_change_reach(p, d, true)) {
		d->state = drc_first_state(d);
		d->was_configured = false;
		return;
	}
	d->state = DRC_CONFIGURED;
	d->was_configured = true;
	if (is_new)
		dr_request_note(p, d, DR_CONFIGURED);
}

/* A spare waits for the guest to take it anew. */
static void put_spare_back(struct papr *p, struct drc *d)
{
	/* if it cannot be disabled it stays so, and is not enabled again */
	(void)drc_change_reach(p, d, false);
	d->was_configured = false;
	d->state = drc_first_state(d);
}

static void reset_connector(struct papr *p, struct drc *d)
{
	drc_walk_drop(d);
	d->was_released = false;
	d->indicator = 0;
	d->is_identified = false;
	if (!d->attached)
		d->state = drc_first_state(d);
	else if (d->unplug_wanted)
		drc_take_away(p, d);
	else if (d->is_spare)
		put_spare_back(p, d);
	else
		enable_for_start(p, d);
}

void dr_reset(struct papr *p)
{
	struct drc *d;

	dr_lock(p);
	for (u32 i = 0; i < p->dr->n_domains; i++)
		p->dr->domain[i].level = DR_POWER_FULL;
	/* by index: taking a bridge away takes connectors with it */
	for (u32 at = 0; (d = dr_next(p, at)) != NULL;) {
		at = d->index + 1;
		d->power = DR_POWER_FULL;
		reset_connector(p, d);
		if (!at)
			break;
	}
	dr_unlock(p);
	dr_requests_reset(p);
}

int dr_with_parked(struct vcpu *v, int (*fn)(void *arg, struct hypar_err *e), void *arg,
		   struct hypar_err *e)
{
	return papr_of(v)->dr->with_parked(v, fn, arg, e);
}

int dr_new(struct papr *p, struct hypar_err *e)
{
	struct dr *dr = calloc(1, sizeof(*dr));

	if (!dr)
		return err_set(e, -ENOMEM, "no memory for connectors");
	pthread_mutex_init(&dr->lock, NULL);
	dr->with_parked = partition_vcpu_call;
	p->dr = dr;
	return 0;
}

void dr_free(struct papr *p)
{
	struct dr *dr = p->dr;

	if (!dr)
		return;
	for (u32 i = 0; i < dr->n_drcs; i++)
		free_connector(dr->drc[i]);
	free(dr->drc);
	free(dr->domain);
	pthread_mutex_destroy(&dr->lock);
	free(dr);
	p->dr = NULL;
}
