// SPDX-License-Identifier: Apache-2.0
/*
 * Which block of which NVDIMM is where, and calls that are under way. A block
 * that is bound is a piece of the medium's file in the window of guest memory.
 */
#include "papr/scm.h"

#include <string.h>

struct scm_dimm *scm_find_dimm(const struct papr *p, u64 index)
{
	struct drc *drc = index > UINT32_MAX ? NULL : dr_find(p, (u32)index);

	if (!drc || drc->type != DRC_PMEM || !__atomic_load_n(&drc->enabled, __ATOMIC_ACQUIRE))
		return NULL;
	return drc->opaque;
}

static u32 number_of(const struct papr_scm *s, const struct scm_dimm *d)
{
	return (u32)(d - s->dimm);
}

void scm_flush_tlbs(struct papr *p)
{
	static const struct tlb_inval all = { .kind = TLB_INV_ALL };

	FOR_EACH_VCPU(p->partition, v)
		tlb_invalidate(&v->cpu, &all);
}

int scm_bind_block(struct papr *p, struct scm_dimm *d, u32 block, u32 place)
{
	const struct gmem_file f = pmem_file(d->medium, block * HYPAR_SCM_BLOCK_SIZE);
	int ret = gmem_plug_file(p->partition->mem, scm_address(place), HYPAR_SCM_BLOCK_SIZE, &f,
				 NULL);

	if (ret)
		return ret;
	d->place[block] = place;
	p->scm->place[place] = (struct scm_place){ number_of(p->scm, d) + 1, block };
	return 0;
}

void scm_unbind_place(struct papr *p, u32 place)
{
	struct scm_place *at = &p->scm->place[place];

	if (!at->dimm)
		return;
	(void)gmem_unplug(p->partition->mem, scm_address(place), HYPAR_SCM_BLOCK_SIZE, NULL);
	p->scm->dimm[at->dimm - 1].place[at->block] = SCM_UNBOUND;
	at->dimm = 0;
}

bool scm_is_promised(const struct papr_scm *s, u32 place)
{
	for (u32 i = 0; i < SCM_OPS_MAX; i++) {
		const struct scm_op *op = &s->op[i];

		if (op->token && op->kind == SCM_BIND && place >= op->place + op->done &&
		    place - op->place < op->n)
			return true;
	}
	return false;
}

u32 scm_find_places(const struct papr_scm *s, u32 n)
{
	u32 free = 0;

	for (u32 i = 0; i < SCM_PLACES; i++) {
		free = s->place[i].dimm || scm_is_promised(s, i) ? 0 : free + 1;
		if (free == n)
			return i + 1 - n;
	}
	return SCM_UNBOUND;
}

struct scm_op *scm_find_op(struct papr_scm *s, u64 token)
{
	for (u32 i = 0; token && i < SCM_OPS_MAX; i++)
		if (s->op[i].token == token)
			return &s->op[i];
	return NULL;
}

struct scm_op *scm_new_op(struct papr_scm *s)
{
	struct scm_op *op = &s->op[0];

	/* a free one, or the oldest, which is given up */
	for (u32 i = 1; i < SCM_OPS_MAX; i++)
		if (s->op[i].token < op->token)
			op = &s->op[i];
	*op = (struct scm_op){ .token = ++s->serial };
	return op;
}

void scm_unbind_dimm(struct papr *p, struct scm_dimm *d)
{
	struct papr_scm *s = p->scm;

	for (u32 i = 0; i < SCM_OPS_MAX; i++)
		if (s->op[i].kind != SCM_UNBIND_ALL && s->op[i].dimm == number_of(s, d))
			s->op[i].token = 0;
	for (u32 i = 0; i < d->n_blocks; i++)
		if (d->place[i] != SCM_UNBOUND)
			scm_unbind_place(p, d->place[i]);
	scm_flush_tlbs(p);
}

void papr_scm_unbind(struct papr *p)
{
	for (u32 i = 0; p->scm && i < HYPAR_NVDIMMS_MAX; i++)
		if (p->scm->dimm[i].medium)
			scm_unbind_dimm(p, &p->scm->dimm[i]);
}

/* ---- what the hypervisor keeps there for the guest ---- */

static bool meets(u32 place, u64 at, u64 size)
{
	u64 from = scm_address(place).v;

	return size && at < from + HYPAR_SCM_BLOCK_SIZE && at + size > from;
}

static bool has_areas(const struct papr_vcpu *v, u32 place)
{
	return (v->has_vpa && meets(place, v->vpa.v, 1)) ||
	       (v->has_dtl && meets(place, v->dtl.v, v->dtl_size)) ||
	       (v->has_slb_shadow && meets(place, v->slb_shadow.v, v->slb_shadow_size));
}

bool scm_is_in_use(const struct papr *p, u32 place)
{
	FOR_EACH_VCPU(p->partition, v) {
		u64 table = v->cpu.prtbl;

		if (has_areas(papr_vcpu_of(v), place) ||
		    (v->cpu.radix && table && meets(place, table & ~0xfffULL, 1)))
			return true;
	}
	return false;
}
