/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage-class memory: NVDIMMs, and which of their blocks are where in guest
 * real addresses. An NVDIMM is attached to a connector (papr/dr/pmem.c); its
 * blocks become memory when the guest binds them (papr/hcall_scm.c), in the
 * window of PAPR_SCM_BASE.
 *
 * Threads: everything here changes on the control thread with all vCPUs parked,
 * or before any runs; vCPUs look at it.
 */
#ifndef HYPAR_PAPR_SCM_H
#define HYPAR_PAPR_SCM_H

#include "dev/backend/pmem.h"
#include "papr/dr/dr.h"

#define SCM_PLACES ((u32)(HYPAR_SCM_MAX / HYPAR_SCM_BLOCK_SIZE))
#define SCM_OPS_MAX 8u
#define SCM_UNBOUND (~0u)

struct scm_dimm {
	struct drc *drc;
	struct pmem *medium; /* NULL: none is attached */
	u32 n_blocks, label_size;
	bool is_flushed;	      /* ibm,hcall-flush-required */
	u32 *place;		      /* of each block, or SCM_UNBOUND */
	u64 health_set, health_clear; /* by the host */
};

/* What is bound in a block of the window. */
struct scm_place {
	u32 dimm; /* + 1; 0: nothing */
	u32 block;
};

enum scm_op_kind { SCM_BIND, SCM_UNBIND, SCM_UNBIND_ALL };

/* A call that takes several calls. */
struct scm_op {
	u64 token; /* 0: free */
	enum scm_op_kind kind;
	u32 dimm;    /* of SCM_UNBIND_ALL: HYPAR_NVDIMMS_MAX for all */
	u32 first;   /* bind: block */
	u32 place;   /* first; not of SCM_UNBIND_ALL */
	u32 n, done; /* of SCM_UNBIND_ALL, done alone */
	u64 target;  /* bind: as the guest asked */
};

struct papr_scm {
	bool has_window;
	struct scm_dimm dimm[HYPAR_NVDIMMS_MAX];
	struct scm_place place[SCM_PLACES];
	struct scm_op op[SCM_OPS_MAX];
	u64 serial; /* of tokens */
};

static inline gpa scm_address(u32 place)
{
	return gpa_of(PAPR_SCM_BASE + place * HYPAR_SCM_BLOCK_SIZE);
}

/* ---- papr/dr/pmem.c ---- */

int papr_scm_new(struct papr *p, struct hypar_err *e);
void papr_scm_free(struct papr *p);
void papr_scm_fdt(struct papr *p, struct fdt_build *b);

/* The machine starts anew: nothing is bound. */
void papr_scm_reset(struct papr *p);

/* Opens the file and attaches it to a connector. NULL with *e set. */
struct scm_dimm *papr_nvdimm_add(struct papr *p, const struct hypar_nvdimm *n, enum drc_attach how,
				 struct hypar_err *e);
/* NULL: no NVDIMM has that id. */
struct scm_dimm *papr_nvdimm_find(const struct papr *p, const char *id);

/* What the guest gets, also for the host. */
#define SCM_HEALTH_VALID (~0ULL << (64 - HYPAR_NVDIMM_HEALTH_BITS))
u64 papr_nvdimm_health(const struct scm_dimm *d);

/* ---- papr/scm.c: the binding; the caller flushes all TLBs ---- */

/* -errno: the host has no room; nothing has changed. */
int scm_bind_block(struct papr *p, struct scm_dimm *d, u32 block, u32 place);
void scm_unbind_place(struct papr *p, u32 place);

/* The first of @n places in a row that nothing has nor is promised; SCM_UNBOUND: there are none. */
u32 scm_find_places(const struct papr_scm *s, u32 n);
bool scm_is_promised(const struct papr_scm *s, u32 place);

struct scm_op *scm_find_op(struct papr_scm *s, u64 token);
struct scm_op *scm_new_op(struct papr_scm *s);

/* Of one NVDIMM, with what goes on for it; of all. With their TLB flush. */
void scm_unbind_dimm(struct papr *p, struct scm_dimm *d);
void papr_scm_unbind(struct papr *p);

void scm_flush_tlbs(struct papr *p);

/* NULL: no connector of an NVDIMM that the guest has. Any thread of a vCPU. */
struct scm_dimm *scm_find_dimm(const struct papr *p, u64 index);

/* Does the hypervisor use memory of that place for the guest: areas of vCPUs, the process table? */
bool scm_is_in_use(const struct papr *p, u32 place);

#endif
