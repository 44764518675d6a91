// SPDX-License-Identifier: Apache-2.0
/*
 * The way into RTAS: the blob in guest memory, and the hypercall it makes.
 */
#include "papr/hcall.h"
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

hstatus h_rtas(struct vcpu *v, const struct H_RTAS_in *in, struct H_RTAS_out *out)
{
	(void)out;
	return rtas_call(v, gpa_of(in->args)) ? H_SUCCESS : H_PARAMETER;
}

bool papr_rtas_instantiate(struct papr *p, gpa base)
{
	struct gmem *m = p->partition->mem;

	if (!gmem_ok(m, base, rtas_size(p)) ||
	    !gmem_write(m, base, fw_rtas_blob, sizeof(fw_rtas_blob)))
		return false;
	p->rtas_base = base;
	return true;
}
