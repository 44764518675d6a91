// SPDX-License-Identifier: Apache-2.0
/*
 * Command/response queues and interrupts of VIO devices [PAPR 16.2.3.1.5].
 */
#include "papr/hcall.h"

#include "papr/vio.h"

hstatus vio_hstatus(enum vio_status st)
{
	switch (st) {
	case VIO_SUCCESS:
		return H_SUCCESS;
	case VIO_CLOSED:
		return H_CLOSED;
	case VIO_LONG_BUSY:
		return H_LONG_BUSY_10_MS;
	case VIO_NOT_FOUND:
		return H_NOT_FOUND;
	case VIO_DROPPED:
		return H_DROPPED;
	case VIO_RESOURCE:
		return H_RESOURCE;
	case VIO_CONSTRAINED:
		return H_CONSTRAINED;
	case VIO_PARAMETER:
		break;
	}
	return H_PARAMETER;
}

hstatus h_reg_crq(struct vcpu *v, const struct H_REG_CRQ_in *in, struct H_REG_CRQ_out *out)
{
	struct vscsi *d = papr_vio_vscsi(papr_of(v), in->unit);

	(void)out;
	return d ? vio_hstatus(vscsi_reg_crq(d, in->queue, in->len)) : H_PARAMETER;
}

hstatus h_free_crq(struct vcpu *v, const struct H_FREE_CRQ_in *in, struct H_FREE_CRQ_out *out)
{
	struct vscsi *d = papr_vio_vscsi(papr_of(v), in->unit);

	(void)out;
	return d ? vio_hstatus(vscsi_free_crq(d)) : H_PARAMETER;
}

hstatus h_send_crq(struct vcpu *v, const struct H_SEND_CRQ_in *in, struct H_SEND_CRQ_out *out)
{
	struct vscsi *d = papr_vio_vscsi(papr_of(v), in->unit);

	(void)out;
	return d ? vio_hstatus(vscsi_send_crq(d, in->high, in->low)) : H_PARAMETER;
}

hstatus h_enable_crq(struct vcpu *v, const struct H_ENABLE_CRQ_in *in, struct H_ENABLE_CRQ_out *out)
{
	struct vscsi *d = papr_vio_vscsi(papr_of(v), in->unit);

	(void)out;
	return d ? vio_hstatus(vscsi_enable_crq(d)) : H_PARAMETER;
}

hstatus h_vio_signal(struct vcpu *v, const struct H_VIO_SIGNAL_in *in, struct H_VIO_SIGNAL_out *out)
{
	struct papr *p = papr_of(v);
	struct vscsi *s = papr_vio_vscsi(p, in->unit);
	struct llan *l = papr_vio_llan(p, in->unit);

	(void)out;
	if (s)
		return vio_hstatus(vscsi_signal(s, in->mode));
	return l ? vio_hstatus(llan_signal(l, in->mode)) : H_PARAMETER;
}
