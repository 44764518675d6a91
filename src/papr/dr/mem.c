// SPDX-License-Identifier: Apache-2.0
/*
 * LMBs as resources of connectors: what becomes reachable when the guest
 * unisolates one, and what goes when it isolates it. Memory that was there from
 * the start is removable too, but for the first LMBs, in which the guest starts.
 */
#include "papr/dr/mem.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "papr/numa.h"

/* Room behind what is loaded, for what a boot program claims: tree, RTAS, its stack. */
#define RMA_ROOM (64ULL << 20)
#define FLAT_RTAS_ROOM 0x10000u

static gpa address_of(const struct drc *d)
{
	return gpa_of(d->id * HYPAR_LMB_SIZE);
}

/* Translations hold host addresses, and that nothing is there. */
static void flush_tlbs(struct papr *p)
{
	static const struct tlb_inval all = { .kind = TLB_INV_ALL };

	FOR_EACH_VCPU(p->partition, v)
		tlb_invalidate(&v->cpu, &all);
}

static int enable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	int ret = gmem_plug(p->partition->mem, address_of(d), HYPAR_LMB_SIZE, e);

	if (!ret)
		flush_tlbs(p);
	return ret;
}

int papr_mem_may_remove(struct papr *p, const struct drc *d, struct hypar_err *e)
{
	if (d->id >= p->mem->n_rma)
		return 0;
	return err_set(e, -EBUSY, "the first %llu MiB of memory cannot be removed",
		       p->mem->n_rma * HYPAR_LMB_SIZE >> 20);
}

static int disable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	int ret = papr_mem_may_remove(p, d, e);

	if (!ret)
		ret = gmem_unplug(p->partition->mem, address_of(d), HYPAR_LMB_SIZE, e);
	if (!ret)
		flush_tlbs(p);
	return ret;
}

static void detach(struct papr *p, struct drc *d)
{
	p->mem->lmb[d->id].is_hot = false;
}

static void node_of(struct papr *p, const struct drc *d, struct fdt_build *b)
{
	u64 at = address_of(d).v;

	fdt_beginf(b, "memory@%llx", (unsigned long long)at);
	fdt_str(b, "device_type", "memory");
	FDT_CELLS(b, "reg", FDT_HI_LO(at), FDT_HI_LO(HYPAR_LMB_SIZE));
	fdt_u32(b, "ibm,my-drc-index", d->index);
	numa_fdt(p, b, p->mem->lmb[d->id].node);
	fdt_end(b);
}

static const struct drc_ops lmb_ops = {
	.enable = enable,
	.disable = disable,
	.detach = detach,
	.fdt = node_of,
	.may_remove = papr_mem_may_remove,
};

int papr_mem_new(struct papr *p, struct hypar_err *e)
{
	u32 n = (u32)(p->cfg.memory_max / HYPAR_LMB_SIZE);
	int ret = gmem_add_room(p->partition->mem, gpa_of(0), p->cfg.memory_max, HYPAR_LMB_SIZE, e);

	if (ret)
		return ret;
	ret = gmem_plug(p->partition->mem, gpa_of(0), p->cfg.memory, e);
	if (ret)
		return ret;
	p->mem = calloc(1, sizeof(*p->mem) + n * sizeof(p->mem->lmb[0]));
	if (!p->mem)
		return err_set(e, -ENOMEM, "no memory for the machine");
	p->mem->n = n;
	p->mem->n_rma = 1;
	for (u32 i = 0; i < n && !ret; i++) {
		struct papr_lmb *lmb = &p->mem->lmb[i];
		const struct drc_config c = { .type = DRC_LMB,
					      .id = i,
					      .ops = &lmb_ops,
					      .power_domain = DRC_POWER_LIVE };

		lmb->drc = dr_add_connector(p, &c, e);
		if (!lmb->drc)
			return -ENOMEM;
		lmb->node = (u8)numa_node_of_boot_memory(p, address_of(lmb->drc));
		if (address_of(lmb->drc).v < p->cfg.memory)
			ret = dr_attach(p, lmb->drc, DRC_COLD, "", e);
	}
	return ret;
}

void papr_mem_free(struct papr *p)
{
	free(p->mem);
	p->mem = NULL;
}

u64 papr_mem_contiguous(const struct papr *p)
{
	u32 i = 0;

	while (i < p->mem->n && p->mem->lmb[i].drc->enabled)
		i++;
	return i * HYPAR_LMB_SIZE;
}

void papr_mem_set_rma(struct papr *p)
{
	u64 end = p->kernel.base.v + p->kernel.size, there = papr_mem_contiguous(p);

	if (p->initrd.size && p->initrd.base.v + p->initrd.size > end)
		end = p->initrd.base.v + p->initrd.size;
	if (p->cfg.firmware) /* its tree, and it takes the end of the first memory */
		end = PAPR_SLOF_TREE_TOP;
	else if (p->cfg.flat_tree && end < PAPR_FLAT_RTAS_BASE + FLAT_RTAS_ROOM)
		end = PAPR_FLAT_RTAS_BASE + FLAT_RTAS_ROOM;
	else
		end += RMA_ROOM;
	if (end > there)
		end = there;
	p->mem->n_rma = (u32)((end + HYPAR_LMB_SIZE - 1) / HYPAR_LMB_SIZE);
}
