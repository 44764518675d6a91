// SPDX-License-Identifier: Apache-2.0
/*
 * The operator's side of the platform: display, indicators, sensors, power
 * domains [PAPR 7.3.5, 7.3.6]. Sensors and indicators of dynamic
 * reconfiguration are not there yet.
 */
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

#define SENSOR_EPOW 9u

#define POWER_DOMAIN_LIVE 0xffffffffu /* of what is never switched off */
#define POWER_LEVEL_FULL 100u

/* The display is the first console. */
rtas_status rtas_display_character(struct rtas_args *a)
{
	const struct papr *p = papr_of(a->vcpu);
	u8 c = (u8)a->arg[0];

	if (p->cfg.host->console_write && !p->cfg.host->console_write(p->cfg.opaque, 0, &c, 1))
		return RTAS_BUSY;
	return RTAS_SUCCESS;
}

/* (indicator, index, state) */
rtas_status rtas_set_indicator(struct rtas_args *a)
{
	(void)a;
	return RTAS_PARAMETER;
}

/* (sensor, index) */
rtas_status rtas_get_sensor_state(struct rtas_args *a)
{
	if (a->arg[0] != SENSOR_EPOW || a->arg[1] != 0)
		return RTAS_PARAMETER;
	a->ret[1] = event_epow_state(papr_of(a->vcpu));
	return RTAS_SUCCESS;
}

/* (domain, level): the level that it has now */
rtas_status rtas_set_power_level(struct rtas_args *a)
{
	if (a->arg[0] != POWER_DOMAIN_LIVE || a->arg[1] > POWER_LEVEL_FULL)
		return RTAS_PARAMETER;
	a->ret[1] = POWER_LEVEL_FULL;
	return RTAS_SUCCESS;
}

/* (domain) */
rtas_status rtas_get_power_level(struct rtas_args *a)
{
	if (a->arg[0] != POWER_DOMAIN_LIVE)
		return RTAS_PARAMETER;
	a->ret[1] = POWER_LEVEL_FULL;
	return RTAS_SUCCESS;
}
