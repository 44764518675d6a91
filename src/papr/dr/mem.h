/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory in logical memory blocks (LMBs) of HYPAR_LMB_SIZE: each of those that
 * there can be has a connector.
 *
 * Threads: changed on the control thread with all vCPUs parked, or before any
 * runs; read by whoever keeps the guest from running on meanwhile.
 */
#ifndef HYPAR_PAPR_DR_MEM_H
#define HYPAR_PAPR_DR_MEM_H

#include "papr/dr/dr.h"

struct papr_lmb {
	struct drc *drc;
	u8 node;     /* NUMA, of attached ones */
	bool is_hot; /* attached while the machine ran, not there from the start */
};

struct papr_mem {
	u32 n;	   /* LMBs that there can be: cfg.memory_max */
	u32 n_rma; /* the first ones, which cannot go: kernel, initrd, firmware */
	struct papr_lmb lmb[];
};

/* RAM of the start, and the connectors; after dr_new(). */
int papr_mem_new(struct papr *p, struct hypar_err *e);
void papr_mem_free(struct papr *p);

/* From what p->kernel and p->initrd are now. */
void papr_mem_set_rma(struct papr *p);

/* Bytes of RAM from 0 on without a hole. */
u64 papr_mem_contiguous(const struct papr *p);

/* May the guest lose it? -EBUSY with *e set: no. */
int papr_mem_may_remove(struct papr *p, const struct drc *d, struct hypar_err *e);

/*
 * memory@..., and ibm,dynamic-reconfiguration-memory when it was negotiated.
 * Children of the open node.
 */
void papr_mem_fdt(struct papr *p, struct fdt_build *b);

#endif
