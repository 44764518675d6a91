/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest memory: the only way to the guest's RAM. Slots of host memory at guest
 * real addresses; every access is checked completely before a byte moves, and
 * moves once. False means that the guest named memory that is not there: the
 * caller answers with the status its interface has for that.
 *
 * Threads: accesses may run on any thread at the same time. Slots are added
 * and removed only while no vCPU runs and no device moves; RAM is plugged into
 * a slot, and unplugged, while all vCPUs are parked, whatever devices do.
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

/*
 * Adds room for RAM, none of which is there yet: a slot in blocks of @block
 * bytes, a power of two and a multiple of 64 KiB that divides @base and @size.
 * Blocks that are there make one range, as if they were slots of one. Errors as
 * above.
 */
int gmem_add_room(struct gmem *m, gpa base, u64 size, u64 block, struct hypar_err *e);

/*
 * Makes blocks of such a slot RAM, zeroed. -EINVAL: not whole blocks of one
 * slot; -EEXIST: one of them is there; -ENOMEM.
 */
int gmem_plug(struct gmem *m, gpa base, u64 size, struct hypar_err *e);

/*
 * Takes blocks away and gives their pages to the host. What a device writes
 * there at the same time is lost. Errors as above, -ENOENT: one is not there.
 * The caller flushes all TLBs, after gmem_plug() too: they know that nothing
 * was there.
 */
int gmem_unplug(struct gmem *m, gpa base, u64 size, struct hypar_err *e);

/*
 * Room of the same kind for files alone, which is no RAM: not counted as such
 * and not cleared by gmem_clear().
 */
int gmem_add_window(struct gmem *m, gpa base, u64 size, u64 block, struct hypar_err *e);

/* Part of a file as memory. */
struct gmem_file {
	int fd;		 /* open as long as it is plugged */
	u64 offset;	 /* a multiple of GMEM_PAGE_SIZE */
	bool is_private; /* what is written does not reach the file */
	u32 *n_lost;	 /* atomic, as long as the guest memory: counts see below */
	u64 *n_lookups;	 /* ... of pages by gmem_host_page() */
};

/*
 * Puts a file into blocks of a window; gmem_unplug() takes it out. Errors as
 * above. Where the file ends early, or cannot be read, an access is no signal
 * for the process (mem/guard.h): it finds zeroes from then on, and *n_lost grows.
 */
int gmem_plug_file(struct gmem *m, gpa base, u64 size, const struct gmem_file *f,
		   struct hypar_err *e);

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

/* Bytes of RAM in all slots; with room that nothing is plugged into. */
u64 gmem_ram_size(const struct gmem *m);
u64 gmem_room_size(const struct gmem *m);

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
 * until the slot is removed or its block is unplugged; whoever does that flushes all TLBs.
 */
u8 *gmem_host_page(struct gmem *m, gpa at);

#endif
