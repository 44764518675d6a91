// SPDX-License-Identifier: Apache-2.0
/*
 * Memory in the device tree [LoPAR C.6.6]. The RMA is a memory node always.
 * What is beyond it is a row of ibm,dynamic-reconfiguration-memory once the
 * guest says that it can read that, and before a memory node for each LMB.
 */
#include <errno.h>
#include <stdlib.h>

#include "papr/dr/mem.h"
#include "papr/numa.h"

/* Flags of an LMB [LoPAR C.6.6.2]. */
#define LMB_ASSIGNED 0x08u
#define LMB_DRC_INVALID 0x20u
#define LMB_RESERVED 0x80u
#define LMB_HOTREMOVABLE 0x100u
#define NO_NODE 0xffffffffu /* index into ibm,associativity-lookup-arrays */

#define FLAGS_MASK 0xffu
#define ROW_CELLS 6u /* of both versions */

struct row {
	u32 node, flags;
};

/*
 * The RMA is not the table's to give and take: its LMBs are reserved there. The
 * guest has those others that it can reach, if it started with them.
 */
static struct row row_of(const struct papr *p, u32 i)
{
	const struct papr_lmb *l = &p->mem->lmb[i];

	if (i < p->mem->n_rma)
		return (struct row){ l->node, LMB_RESERVED | LMB_DRC_INVALID };
	if (drc_is_in_tree(l->drc))
		return (struct row){ l->node, LMB_ASSIGNED | (l->is_hot ? LMB_HOTREMOVABLE : 0) };
	return (struct row){ NO_NODE, 0 };
}

static u32 *put_row(u32 *at, u64 address, u32 index)
{
	at[0] = (u32)(address >> 32);
	at[1] = (u32)address;
	at[2] = index;
	return at + 3;
}

/* A row per LMB: address, index, reserved, node, flags. */
static void dynamic_memory(const struct papr *p, struct fdt_build *b, u32 *cells)
{
	u32 *at = cells;

	*at++ = p->mem->n;
	for (u32 i = 0; i < p->mem->n; i++) {
		struct row r = row_of(p, i);

		at = put_row(at, i * HYPAR_LMB_SIZE, p->mem->lmb[i].drc->index);
		*at++ = 0;
		*at++ = r.node;
		*at++ = r.flags;
	}
	fdt_cells(b, "ibm,dynamic-memory", cells, (size_t)(at - cells));
}

/* A row per run of LMBs that are alike: how many, address, index, node, flags. */
static void dynamic_memory_v2(const struct papr *p, struct fdt_build *b, u32 *cells)
{
	u32 *at = cells + 1, sets = 0;

	for (u32 i = 0, n; i < p->mem->n; i += n) {
		struct row r = row_of(p, i), next = r;

		for (n = 1; i + n < p->mem->n; n++) {
			next = row_of(p, i + n);
			if (next.node != r.node || next.flags != r.flags)
				break;
		}
		*at++ = n;
		at = put_row(at, i * HYPAR_LMB_SIZE, p->mem->lmb[i].drc->index);
		*at++ = r.node;
		*at++ = r.flags;
		sets++;
	}
	cells[0] = sets;
	fdt_cells(b, "ibm,dynamic-memory-v2", cells, (size_t)(at - cells));
}

static void reconfiguration_memory(const struct papr *p, struct fdt_build *b)
{
	u32 *cells = calloc(1 + p->mem->n * (size_t)ROW_CELLS, sizeof(*cells));

	if (!cells) {
		b->err = b->err ? b->err : -ENOMEM;
		return;
	}
	fdt_begin(b, "ibm,dynamic-reconfiguration-memory");
	FDT_CELLS(b, "ibm,lmb-size", FDT_HI_LO(HYPAR_LMB_SIZE));
	fdt_u32(b, "ibm,memory-flags-mask", FLAGS_MASK);
	fdt_u32(b, "ibm,memory-preservation-time", 0);
	numa_fdt_lookup_arrays(p, b);
	if (p->opt.drmem_v2)
		dynamic_memory_v2(p, b, cells);
	else
		dynamic_memory(p, b, cells);
	fdt_end(b);
	free(cells);
}

/* A node per run of the RMA that is of one NUMA node. */
static void rma_nodes(const struct papr *p, struct fdt_build *b)
{
	const struct papr_mem *mem = p->mem;

	for (u32 i = 0, n; i < mem->n_rma; i += n) {
		u64 at = i * HYPAR_LMB_SIZE;

		for (n = 1; i + n < mem->n_rma && mem->lmb[i + n].node == mem->lmb[i].node;)
			n++;
		fdt_beginf(b, "memory@%llx", (unsigned long long)at);
		fdt_str(b, "device_type", "memory");
		FDT_CELLS(b, "reg", FDT_HI_LO(at), FDT_HI_LO(n * HYPAR_LMB_SIZE));
		numa_fdt(p, b, mem->lmb[i].node);
		fdt_end(b);
	}
}

void papr_mem_fdt(struct papr *p, struct fdt_build *b)
{
	rma_nodes(p, b);
	if (p->opt.drconf) {
		reconfiguration_memory(p, b);
		return;
	}
	for (u32 i = p->mem->n_rma; i < p->mem->n; i++)
		if (drc_is_in_tree(p->mem->lmb[i].drc))
			p->mem->lmb[i].drc->ops->fdt(p, p->mem->lmb[i].drc, b);
}
