// SPDX-License-Identifier: Apache-2.0
/*
 * Virtual slots as dynamic resources [LoPAR 13.7.5, 16.2]: what the core's state
 * machine does to them. All of them are there from the start, so the guest knows
 * the name of each; unit address, interrupt and window are those of the slot.
 */
#include "papr/dr/vio.h"

#include <errno.h>

#include "papr/devices.h"

static int slot_enable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	(void)e;
	papr_vio_enable(p, d->opaque);
	return 0;
}

static int slot_disable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	(void)e;
	papr_vio_disable(p, d->opaque);
	return 0;
}

static void slot_detach(struct papr *p, struct drc *d)
{
	papr_device_gone(p, d);
	papr_vio_empty(d->opaque);
}

static void slot_fdt(struct papr *p, const struct drc *d, struct fdt_build *b)
{
	(void)p;
	papr_vio_slot_fdt(d->opaque, b);
}

static const struct drc_ops slot_ops = {
	.enable = slot_enable,
	.disable = slot_disable,
	.detach = slot_detach,
	.fdt = slot_fdt,
};

int dr_vio_add_slot(struct papr *p, struct papr_vio_slot *s, struct hypar_err *e)
{
	const struct drc_config c = {
		.type = DRC_VIO,
		.id = s->unit & 0xffff,
		.ops = &slot_ops,
		.opaque = s,
		.power_domain = DRC_POWER_LIVE,
	};

	s->drc = dr_add_connector(p, &c, e);
	return s->drc ? 0 : -ENOMEM;
}
