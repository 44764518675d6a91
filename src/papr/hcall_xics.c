// SPDX-License-Identifier: Apache-2.0
/*
 * The presentation controller by hypercall [PAPR 14.5.4.5].
 */
#include "papr/hcall.h"

#include "papr/papr.h"

hstatus h_eoi(struct vcpu *v, const struct H_EOI_in *in, struct H_EOI_out *out)
{
	(void)out;
	return xics_eoi(papr_of(v)->xics, v->index, (u32)in->xirr) ? H_PARAMETER : H_SUCCESS;
}

hstatus h_cppr(struct vcpu *v, const struct H_CPPR_in *in, struct H_CPPR_out *out)
{
	(void)out;
	return xics_set_cppr(papr_of(v)->xics, v->index, (u8)in->cppr) ? H_PARAMETER : H_SUCCESS;
}

hstatus h_ipi(struct vcpu *v, const struct H_IPI_in *in, struct H_IPI_out *out)
{
	(void)out;
	if (in->server >> 32 || xics_set_mfrr(papr_of(v)->xics, (u32)in->server, (u8)in->mfrr))
		return H_PARAMETER;
	return H_SUCCESS;
}

hstatus h_ipoll(struct vcpu *v, const struct H_IPOLL_in *in, struct H_IPOLL_out *out)
{
	u32 xirr;
	u8 mfrr;

	if (in->server >> 32 || xics_poll(papr_of(v)->xics, (u32)in->server, &xirr, &mfrr))
		return H_PARAMETER;
	out->xirr = xirr;
	out->mfrr = mfrr;
	return H_SUCCESS;
}

hstatus h_xirr(struct vcpu *v, const struct H_XIRR_in *in, struct H_XIRR_out *out)
{
	u32 xirr = 0;

	(void)in;
	/* every vCPU is a server, so this cannot fail */
	if (xics_accept(papr_of(v)->xics, v->index, &xirr))
		xirr = 0;
	out->xirr = xirr;
	return H_SUCCESS;
}

hstatus h_xirr_x(struct vcpu *v, const struct H_XIRR_X_in *in, struct H_XIRR_X_out *out)
{
	u32 xirr = 0;

	(void)in;
	if (xics_accept(papr_of(v)->xics, v->index, &xirr))
		xirr = 0;
	out->xirr = xirr;
	out->timestamp = partition_timebase(v->partition);
	return H_SUCCESS;
}
