// SPDX-License-Identifier: Apache-2.0
/*
 * Virtual terminals [PAPR 16.6]: 16 bytes at a time in two registers.
 */
#include "papr/hcall.h"

#include "base/endian.h"
#include "papr/vio.h"

hstatus h_put_term_char(struct vcpu *v, const struct H_PUT_TERM_CHAR_in *in,
			struct H_PUT_TERM_CHAR_out *out)
{
	struct papr *p = papr_of(v);
	struct papr_vty *t = papr_vio_vty(p, in->vty);
	u8 b[16];

	(void)out;
	if (!t || in->n > 16)
		return H_PARAMETER;
	st_be64(b, in->b0);
	st_be64(b + 8, in->b1);
	if (t->chr)
		return vty_write(t, b, in->n) ? H_SUCCESS : H_BUSY;
	if (p->cfg.host->console_write &&
	    p->cfg.host->console_write(p->cfg.opaque, (unsigned int)(t - p->vty), b, in->n) < in->n)
		return H_BUSY;
	return H_SUCCESS;
}

hstatus h_get_term_char(struct vcpu *v, const struct H_GET_TERM_CHAR_in *in,
			struct H_GET_TERM_CHAR_out *out)
{
	struct papr_vty *t = papr_vio_vty(papr_of(v), in->vty);
	u8 b[16] = { 0 };

	if (!t)
		return H_PARAMETER;
	out->n = vty_read(t, b, sizeof(b));
	out->b0 = ld_be64(b);
	out->b1 = ld_be64(b + 8);
	return H_SUCCESS;
}
