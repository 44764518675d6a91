// SPDX-License-Identifier: Apache-2.0
/*
 * Hypercalls on translation control entries: what devices may reach
 * [PAPR 14.5.4.1.2 to 14.5.4.1.4, 14.5.4.2.2]. A call changes all entries that
 * it names or none; an entry that grants something has to name RAM.
 */
#include "papr/hcall.h"

#include "base/endian.h"
#include "papr/papr.h"
#include "papr/pci.h"

#define TCES_MAX 512u /* of one call */
#define LIST_ALIGN 4096u

static struct tce_bus *bus_of(struct vcpu *v, u64 liobn)
{
	return liobn == (u32)liobn ? papr_tce_find(papr_of(v), (u32)liobn) : NULL;
}

static hstatus put(struct vcpu *v, u64 liobn, u64 at, const u64 *tce, u64 n, bool is_same)
{
	struct tce_bus *b = bus_of(v, liobn);

	if (!b || tce_put(b, (u32)liobn, ioba_of(at), tce, n, is_same) != TCE_OK)
		return H_PARAMETER;
	return H_SUCCESS;
}

hstatus h_put_tce(struct vcpu *v, const struct H_PUT_TCE_in *in, struct H_PUT_TCE_out *out)
{
	(void)out;
	return put(v, in->liobn, in->at, &in->tce, 1, true);
}

hstatus h_stuff_tce(struct vcpu *v, const struct H_STUFF_TCE_in *in, struct H_STUFF_TCE_out *out)
{
	(void)out;
	if (in->n > TCES_MAX)
		return H_PARAMETER;
	return put(v, in->liobn, in->at, &in->tce, in->n, true);
}

hstatus h_put_tce_indirect(struct vcpu *v, const struct H_PUT_TCE_INDIRECT_in *in,
			   struct H_PUT_TCE_INDIRECT_out *out)
{
	u64 tce[TCES_MAX];

	(void)out;
	if (in->n > TCES_MAX || in->list % LIST_ALIGN ||
	    !gmem_read(v->partition->mem, gpa_of(in->list), tce, in->n * sizeof(tce[0])))
		return H_PARAMETER;
	for (u64 i = 0; i < in->n; i++)
		tce[i] = ld_be64(&tce[i]);
	return put(v, in->liobn, in->at, tce, in->n, false);
}

hstatus h_get_tce(struct vcpu *v, const struct H_GET_TCE_in *in, struct H_GET_TCE_out *out)
{
	struct tce_bus *b = bus_of(v, in->liobn);
	u64 tce;

	if (!b || tce_get(b, (u32)in->liobn, ioba_of(in->at), &tce) != TCE_OK)
		return H_PARAMETER;
	out->tce = tce;
	return H_SUCCESS;
}
