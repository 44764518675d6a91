/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest memory: the only way to the guest's RAM. Slots of host memory at guest
 * real addresses; every access is checked completely before a byte moves, and
 * moves once. False means that the guest named memory that is not there: the
 * caller answers with the status its interface has for that.
 *
 * Threads: accesses may run on any thread at the same time. Slots are added
 * and removed only while no vCPU runs.
 */
#ifndef HYPAR_MEM_GMEM_H
#define HYPAR_MEM_GMEM_H

#include "base/compiler.h"
#include "base/endian.h"
#include "base/types.h"
#include "hypar/error.h"
#include "mem/addr.h"

struct gmem;

#define GMEM_PAGE_SHIFT 12
#define GMEM_PAGE_SIZE (1ULL << GMEM_PAGE_SHIFT)

/* A new, empty guest memory; NULL when the host has no memory. */
struct gmem *gmem_new(void);
void gmem_free(struct gmem *m);

/*
 * Adds @size bytes of zeroed RAM at @base, both multiples of 64 KiB. The host
 * gives pages as they are touched. -EINVAL: alignment, zero, wrap; -EEXIST:
 * overlap; -ENOSPC: too many slots; -ENOMEM.
 */
int gmem_add_ram(struct gmem *m, gpa base, u64 size, struct hypar_err *e);

/* Memory of the caller's as RAM. */
struct gmem_host {
	gpa base;
	u64 size;
	void *host; /* of @size bytes, aligned to GMEM_PAGE_SIZE */
};

/*
 * Adds RAM that the caller owns: it is neither zeroed now nor unmapped later,
 * and has to stay until the slot is gone. Errors as above; -EINVAL also for
 * the alignment of the host's address.
 */
int gmem_add_host(struct gmem *m, const struct gmem_host *r, struct hypar_err *e);

/* Removes the RAM of exactly this range. -ENOENT: no such slot. */
int gmem_remove_ram(struct gmem *m, gpa base, u64 size);

/* Zeroes all RAM, ours by giving its pages back to the host (system reset). */
void gmem_clear(struct gmem *m);

/* Bytes of RAM in all slots. */
u64 gmem_ram_size(const struct gmem *m);

/* Is [at, at + n) wholly RAM (of one slot)? */
bool gmem_ok(const struct gmem *m, gpa at, u64 n);

/* All or nothing, one copy. @n may be 0. */
MUST_CHECK bool gmem_read(const struct gmem *m, gpa at, void *dst, size_t n);
MUST_CHECK bool gmem_write(struct gmem *m, gpa at, const void *src, size_t n);
MUST_CHECK bool gmem_set(struct gmem *m, gpa at, u8 byte, u64 n);
MUST_CHECK bool gmem_copy(struct gmem *m, gpa to, gpa from, u64 n);

/*
 * Copies a NUL-terminated string of at most @size - 1 bytes to @dst. False:
 * not RAM, or no NUL within @size bytes.
 */
MUST_CHECK bool gmem_read_str(const struct gmem *m, gpa at, char *dst, size_t size);

/* Single accesses, atomic where naturally aligned. */
MUST_CHECK bool gmem_ld_u8(const struct gmem *m, gpa at, u8 *out);
MUST_CHECK bool gmem_st_u8(struct gmem *m, gpa at, u8 v);
MUST_CHECK bool gmem_ld_be16(const struct gmem *m, gpa at, u16 *out);
MUST_CHECK bool gmem_ld_be32(const struct gmem *m, gpa at, u32 *out);
MUST_CHECK bool gmem_ld_be64(const struct gmem *m, gpa at, u64 *out);
MUST_CHECK bool gmem_st_be16(struct gmem *m, gpa at, u16 v);
MUST_CHECK bool gmem_st_be32(struct gmem *m, gpa at, u32 v);
MUST_CHECK bool gmem_st_be64(struct gmem *m, gpa at, u64 v);

/*
 * Atomically replaces the aligned big-endian doubleword at @at by @new if it
 * still is @expect. *done tells whether it was. False: not RAM or unaligned.
 */
MUST_CHECK bool gmem_cmpxchg_be64(struct gmem *m, gpa at, u64 expect, u64 new, bool *done);

/*
 * The host address of the 4 KiB page that holds @at, or NULL. For the TLB of
 * the CPU engine only; everybody else uses the accessors above. It stays valid
 * until the slot is removed; whoever removes a slot flushes all TLBs.
 */
u8 *gmem_host_page(struct gmem *m, gpa at);

#endif
