// SPDX-License-Identifier: Apache-2.0
/*
 * Indicators, sensors and power domains [LoPAR 7.3.5, 7.3.6, 13.5.3]: those of
 * connectors, and the sensor of power warnings.
 */
#include <stdio.h>

#include "papr/dr/core.h"

#define SENSOR_EPOW 9u

/* ---- 9001, 9002, 9003 ---- */

static rtas_status set_dr_indicator(struct papr *p, struct drc *d, u32 value)
{
	if (drc_is_logical(d) || value > DRC_INDICATOR_MAX)
		return RTAS_PARAMETER;
	dr_lock(p);
	d->indicator = (u8)value;
	dr_unlock(p);
	return RTAS_SUCCESS;
}

static rtas_status set_drc(struct rtas_args *a, struct drc *d, u32 value)
{
	static const enum drc_input isolation[] = { DRC_ISOLATE, DRC_UNISOLATE };
	static const enum drc_input allocation[] = { DRC_MAKE_UNUSABLE, DRC_MAKE_USABLE,
						     DRC_MAKE_EXCHANGE, DRC_MAKE_RECOVER };

	switch (a->arg[0]) {
	case DR_ISOLATION:
		return value < 2 ? drc_input(a->vcpu, d, isolation[value]) : RTAS_PARAMETER;
	case DR_ALLOCATION:
		return value < 4 ? drc_input(a->vcpu, d, allocation[value]) : RTAS_PARAMETER;
	default:
		return set_dr_indicator(papr_of(a->vcpu), d, value);
	}
}

void drc_last_call(const struct drc *d, char *text, size_t size)
{
	const char *name = d->last_call ? rtas_name(d->last_call) : NULL;
	u32 indicator = d->last_value >> 16, value = d->last_value & 0xffff;

	if (!name)
		(void)snprintf(text, size, "%s", "");
	else if (!indicator)
		(void)snprintf(text, size, "%s", name);
	else if (value == DRC_NO_VALUE)
		(void)snprintf(text, size, "%s %u", name, indicator);
	else
		(void)snprintf(text, size, "%s %u = %u", name, indicator, value);
}

static bool is_of_connector(u32 indicator)
{
	return indicator == DR_ISOLATION || indicator == DR_INDICATOR || indicator == DR_ALLOCATION;
}

static rtas_status set_by_index(struct rtas_args *a, struct drc *d, u32 value)
{
	struct papr *p = papr_of(a->vcpu);
	rtas_status status;
	u32 index;

	if (!d || !is_of_connector(a->arg[0]))
		return RTAS_PARAMETER;
	index = d->index;
	status = set_drc(a, d, value);
	/* it may be gone */
	d = dr_find(p, index);
	dr_lock(p);
	if (d)
		drc_note(d, a, drc_note_of(a->arg[0], value), status);
	dr_unlock(p);
	return status;
}

/* (indicator, index, value) */
rtas_status rtas_set_indicator(struct rtas_args *a)
{
	return set_by_index(a, dr_find(papr_of(a->vcpu), a->arg[1]), a->arg[2]);
}

/* What is there, as the state tells it. A slot without power cannot tell. */
static rtas_status entity_sense(const struct drc *d, u32 *value)
{
	if (!drc_is_logical(d)) {
		*value = d->attached ? DR_PRESENT : DR_EMPTY;
		if (drc_is_powered(d))
			return RTAS_SUCCESS;
		*value = 0;
		return RTAS_NOT_POWERED;
	}
	*value = d->state == DRC_UNUSABLE ? DR_UNUSABLE :
		 d->state == DRC_EXCHANGE ? DR_EXCHANGE :
		 d->state == DRC_RECOVERY ? DR_RECOVER :
					    DR_PRESENT;
	return RTAS_SUCCESS;
}

/* dr->lock is held. */
static rtas_status get_drc(const struct drc *d, u32 sensor, u32 *value)
{
	switch (sensor) {
	case DR_ISOLATION:
		*value = d->state == DRC_UNISOLATED || d->state == DRC_CONFIGURED;
		return RTAS_SUCCESS;
	case DR_ALLOCATION:
		return entity_sense(d, value);
	default:
		/* which only slots have */
		*value = d->indicator;
		return drc_is_logical(d) ? RTAS_PARAMETER : RTAS_SUCCESS;
	}
}

static rtas_status get_by_index(struct rtas_args *a, struct drc *d)
{
	struct papr *p = papr_of(a->vcpu);
	rtas_status status;

	if (!d || !is_of_connector(a->arg[0]))
		return RTAS_PARAMETER;
	dr_lock(p);
	status = get_drc(d, a->arg[0], &a->ret[1]);
	drc_note(d, a, drc_note_of(a->arg[0], DRC_NO_VALUE), status);
	dr_unlock(p);
	return status;
}

/* (sensor, index) */
rtas_status rtas_get_sensor_state(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);

	if (a->arg[0] == SENSOR_EPOW && a->arg[1] == 0) {
		a->ret[1] = event_epow_state(p);
		return RTAS_SUCCESS;
	}
	return get_by_index(a, dr_find(p, a->arg[1]));
}

/* ---- power domains ---- */

/* What is unisolated would lose its power. dr->lock is held. */
static bool is_in_use(const struct dr *dr, u32 domain)
{
	for (u32 i = 0; i < dr->n_drcs; i++) {
		const struct drc *d = dr->drc[i];

		if (d->power_domain == domain && d->enabled)
			return true;
	}
	return false;
}

static rtas_status set_level(struct dr *dr, struct dr_domain *dom, u8 level)
{
	if (!level && is_in_use(dr, dom->id))
		return RTAS_MULTI_LEVEL;
	dom->level = level;
	for (u32 i = 0; i < dr->n_drcs; i++)
		if (dr->drc[i]->power_domain == dom->id)
			dr->drc[i]->power = level;
	return RTAS_SUCCESS;
}

/*
 * (domain, level): the level that it has now. A slot has power or not, so what
 * lies between is full power.
 */
rtas_status rtas_set_power_level(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	struct dr_domain *dom;
	rtas_status status = RTAS_PARAMETER;

	if (a->arg[1] > DR_POWER_FULL)
		return RTAS_PARAMETER;
	if (a->arg[0] == DRC_POWER_LIVE) {
		a->ret[1] = DR_POWER_FULL;
		return RTAS_SUCCESS;
	}
	dr_lock(p);
	dom = dr_domain(p->dr, a->arg[0]);
	if (dom) {
		status = set_level(p->dr, dom, a->arg[1] ? DR_POWER_FULL : DR_POWER_OFF);
		a->ret[1] = dom->level;
	}
	dr_unlock(p);
	return status;
}

/* (domain) */
rtas_status rtas_get_power_level(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	const struct dr_domain *dom;

	a->ret[1] = DR_POWER_FULL;
	if (a->arg[0] == DRC_POWER_LIVE)
		return RTAS_SUCCESS;
	dr_lock(p);
	dom = dr_domain(p->dr, a->arg[0]);
	a->ret[1] = dom ? dom->level : 0;
	dr_unlock(p);
	return dom ? RTAS_SUCCESS : RTAS_PARAMETER;
}
