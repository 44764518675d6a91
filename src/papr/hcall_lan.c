// SPDX-License-Identifier: Apache-2.0
/*
 * The logical LAN by hypercall [PAPR 16.4.3].
 */
#include "papr/hcall.h"

#include "papr/vio.h"

hstatus h_register_logical_lan(struct vcpu *v, const struct H_REGISTER_LOGICAL_LAN_in *in,
			       struct H_REGISTER_LOGICAL_LAN_out *out)
{
	struct llan *l = papr_vio_llan(papr_of(v), in->unit);
	struct llan_register r = { in->buffer_list, in->queue, in->filter_list, in->mac };

	(void)out;
	return l ? vio_hstatus(llan_register(l, &r)) : H_PARAMETER;
}

hstatus h_free_logical_lan(struct vcpu *v, const struct H_FREE_LOGICAL_LAN_in *in,
			   struct H_FREE_LOGICAL_LAN_out *out)
{
	struct llan *l = papr_vio_llan(papr_of(v), in->unit);

	(void)out;
	return l ? vio_hstatus(llan_free(l)) : H_PARAMETER;
}

hstatus h_add_logical_lan_buffer(struct vcpu *v, const struct H_ADD_LOGICAL_LAN_BUFFER_in *in,
				 struct H_ADD_LOGICAL_LAN_BUFFER_out *out)
{
	struct llan *l = papr_vio_llan(papr_of(v), in->unit);

	(void)out;
	return l ? vio_hstatus(llan_add_buffer(l, in->buffer)) : H_PARAMETER;
}

hstatus h_free_logical_lan_buffer(struct vcpu *v, const struct H_FREE_LOGICAL_LAN_BUFFER_in *in,
				  struct H_FREE_LOGICAL_LAN_BUFFER_out *out)
{
	struct llan *l = papr_vio_llan(papr_of(v), in->unit);

	(void)out;
	return l ? vio_hstatus(llan_free_buffer(l, in->size)) : H_PARAMETER;
}

/* Never suspended, so there is never a continue token to hand out or to accept. */
hstatus h_send_logical_lan(struct vcpu *v, const struct H_SEND_LOGICAL_LAN_in *in,
			   struct H_SEND_LOGICAL_LAN_out *out)
{
	struct llan *l = papr_vio_llan(papr_of(v), in->unit);
	const u64 desc[LLAN_BUFFERS] = { in->b1, in->b2, in->b3, in->b4, in->b5, in->b6 };

	out->token = 0;
	return l && !in->token ? vio_hstatus(llan_send(l, desc, in->mss)) : H_PARAMETER;
}

hstatus h_multicast_ctrl(struct vcpu *v, const struct H_MULTICAST_CTRL_in *in,
			 struct H_MULTICAST_CTRL_out *out)
{
	struct llan *l = papr_vio_llan(papr_of(v), in->unit);

	return l ? vio_hstatus(llan_multicast(l, in->flags, in->mac, &out->state)) : H_PARAMETER;
}

hstatus h_change_logical_lan_mac(struct vcpu *v, const struct H_CHANGE_LOGICAL_LAN_MAC_in *in,
				 struct H_CHANGE_LOGICAL_LAN_MAC_out *out)
{
	struct llan *l = papr_vio_llan(papr_of(v), in->unit);

	(void)out;
	return l ? vio_hstatus(llan_change_mac(l, in->mac)) : H_PARAMETER;
}

hstatus h_illan_attributes(struct vcpu *v, const struct H_ILLAN_ATTRIBUTES_in *in,
			   struct H_ILLAN_ATTRIBUTES_out *out)
{
	struct llan *l = papr_vio_llan(papr_of(v), in->unit);

	return l ? vio_hstatus(llan_attributes(l, in->reset, in->set, &out->attributes)) :
		   H_PARAMETER;
}
