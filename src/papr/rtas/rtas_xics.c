// SPDX-License-Identifier: Apache-2.0
/*
 * Interrupt sources under XICS [PAPR 7.3.10]. The rows are closed in XIVE mode.
 */
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

static rtas_status status_of_errno(int ret)
{
	return ret ? RTAS_PARAMETER : RTAS_SUCCESS;
}

/*
 * DEVIATION: server 0 is also the global one of ibm,ppc-interrupt-gserver#s, and
 * Linux goes on naming the processor that it was started on after that has gone.
 * What is for a processor that could be there is given to one that is.
 */
rtas_status rtas_set_xive(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	u32 server = a->arg[1];

	if (server < p->partition->max_vcpus && !partition_vcpu(p->partition, server))
		server = papr_irq_heir(p, server);
	return status_of_errno(xics_set_xive(p->xics, a->arg[0], server, a->arg[2]));
}

rtas_status rtas_get_xive(struct rtas_args *a)
{
	u32 server = 0, prio = 0;
	int ret = xics_get_xive(papr_of(a->vcpu)->xics, a->arg[0], &server, &prio);

	a->ret[1] = server;
	a->ret[2] = prio;
	return status_of_errno(ret);
}

rtas_status rtas_int_off(struct rtas_args *a)
{
	return status_of_errno(xics_int_off(papr_of(a->vcpu)->xics, a->arg[0]));
}

rtas_status rtas_int_on(struct rtas_args *a)
{
	return status_of_errno(xics_int_on(papr_of(a->vcpu)->xics, a->arg[0]));
}
