// SPDX-License-Identifier: Apache-2.0
/*
 * The operator's side of the platform: the display [PAPR 7.3.5]. Indicators,
 * sensors and power domains are in papr/dr/rtas_dr.c.
 */
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

/* The display is the first console. */
rtas_status rtas_display_character(struct rtas_args *a)
{
	const struct papr *p = papr_of(a->vcpu);
	u8 c = (u8)a->arg[0];

	if (p->cfg.host->console_write && !p->cfg.host->console_write(p->cfg.opaque, 0, &c, 1))
		return RTAS_BUSY;
	return RTAS_SUCCESS;
}
