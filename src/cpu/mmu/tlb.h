/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation look-aside buffers of one processor. Two levels behind one
 * interface: L1, direct-mapped per context (real, privileged, problem state)
 * with separate read and write tables and probed inline (cpu/access.h); L2,
 * hashed and tagged by PID, which survives writes to PIDR. Only 4 KiB pieces
 * are entered; larger pages are several pieces.
 *
 * Threads: used by the thread of its processor alone. Invalidations by others
 * arrive as struct tlb_inval through the hypervisor's mailbox.
 */
#ifndef HYPAR_CPU_MMU_TLB_H
#define HYPAR_CPU_MMU_TLB_H

#include "base/types.h"

#define TLB_PAGE_SHIFT 12
#define TLB_PAGE_MASK (~0xfffULL)
#define TLB_L1_BITS 10
#define TLB_L1_SIZE (1u << TLB_L1_BITS)
#define TLB_FETCH_SIZE 256u
#define TLB_L2_BITS 13
#define TLB_L2_SIZE (1u << TLB_L2_BITS)
#define TLB_LOG_SIZE 256u

#define TLB_NONE (~0ULL) /* a tag that no aligned address equals */

/* Host address = EA + addend, when the EA's page equals tag. */
struct tlb_entry {
	u64 tag;
	u64 addend;
};

enum tlb_ctx {
	TLB_REAL, /* DR = 0 */
	TLB_PRIV, /* DR = 1, PR = 0 */
	TLB_USER, /* DR = 1, PR = 1 */
	TLB_N_CTX,
};

struct tlb_l1 {
	struct tlb_entry rd[TLB_L1_SIZE];
	struct tlb_entry wr[TLB_L1_SIZE];
	struct tlb_entry ex[TLB_FETCH_SIZE];
};

/* L2: what a page-table walk found. */
#define TLB2_VALID 1u
#define TLB2_READ 2u
#define TLB2_WRITE 4u /* permission; with TLB2_DIRTY the C bit is set too */
#define TLB2_EXEC 8u
#define TLB2_PRIV 0x10u /* EAA[0]: no access in problem state */
#define TLB2_DIRTY 0x20u
#define TLB2_IO 0x40u /* not RAM: no host page */

struct tlb2_entry {
	u64 page; /* EA >> 12 */
	u32 pid;
	u32 flags;
	u64 ra;	  /* real address of the page */
	u64 host; /* host address of the page, 0 for TLB2_IO */
};

/* An invalidation as tlbie, tlbiel or H_RPT_INVALIDATE ask for. */
enum tlb_inval_kind {
	TLB_INV_ALL,   /* everything of this partition */
	TLB_INV_PID,   /* all of one PID */
	TLB_INV_RANGE, /* [start, end) of one PID; end 0 is 2^64 */
};

struct tlb_inval {
	enum tlb_inval_kind kind;
	u32 pid;
	u64 start, end;
};

struct tlb {
	struct tlb_l1 *l1; /* TLB_N_CTX of them */
	struct tlb2_entry *l2;
	/* L1 entries that PIDR, AMR and IAMR decide on: (context, table, slot) packed */
	u32 log[TLB_LOG_SIZE];
	u32 n_log; /* above TLB_LOG_SIZE: the log overflowed */
	u64 n_miss, n_walk, n_flush;
};

struct cpu;

bool tlb_init(struct tlb *t);
void tlb_fini(struct tlb *t);

/* Empties both levels. */
void tlb_flush_all(struct cpu *c);

/* Empties L1 alone. */
void tlb_flush_l1(struct cpu *c);

/* Drops L1 entries whose validity depends on PIDR, AMR or IAMR (not L2). */
void tlb_scrub_user(struct cpu *c);

/* Carries out @inv on this processor. */
void tlb_invalidate(struct cpu *c, const struct tlb_inval *inv);

#endif
