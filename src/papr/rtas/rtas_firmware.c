// SPDX-License-Identifier: Apache-2.0
/*
 * What firmware in the guest asks for while it is there [KVMPPC]: DMA without
 * translation for virtual adapters, and that they forget it at the end.
 */
#include "dev/tce.h"
#include "papr/papr.h"
#include "papr/rtas/rtas.h"
#include "papr/vio.h"

/* (unit, enable) */
rtas_status rtas_set_tce_bypass(struct rtas_args *a)
{
	struct tce_bus *bus = papr_vio_bus(papr_of(a->vcpu), a->arg[0]);

	if (!bus)
		return RTAS_PARAMETER;
	tce_bus_bypass(bus, a->arg[1]);
	return RTAS_SUCCESS;
}

static int forget(void *arg, struct hypar_err *e)
{
	(void)e;
	papr_vio_forget(arg);
	return 0;
}

rtas_status rtas_quiesce(struct rtas_args *a)
{
	/* -ESRCH: a reset is on its way, which does it as well */
	(void)partition_vcpu_call(a->vcpu, forget, papr_of(a->vcpu), NULL);
	return RTAS_SUCCESS;
}
