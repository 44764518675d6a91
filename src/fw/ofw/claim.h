/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which real memory is in use, for the client services claim and release: a
 * sorted list of ranges in [0, top), bounded in number.
 */
#ifndef HYPAR_FW_OFW_CLAIM_H
#define HYPAR_FW_OFW_CLAIM_H

#include "base/compiler.h"
#include "base/types.h"

#define CLAIM_RANGES_MAX 512
#define CLAIM_FLOOR \
	0x400000ULL /* claims without an address begin here: kernels copy themselves to 0 */

struct claim_range {
	u64 base, size;
};

struct claim_map {
	u64 top; /* at most 4 GiB: the interface has cells of 32 bits */
	unsigned int n;
	struct claim_range range[CLAIM_RANGES_MAX];
};

void claim_init(struct claim_map *c, u64 ram_size);

/* Takes [base, base + size). False: empty, outside, in use, or too many ranges. */
MUST_CHECK bool claim_at(struct claim_map *c, u64 base, u64 size);

/* The same, and parts of it may be in use already or lie outside. */
MUST_CHECK bool claim_reserve(struct claim_map *c, u64 base, u64 size);

/* Takes the lowest free @size bytes at a multiple of @align, a power of two. */
MUST_CHECK bool claim_any(struct claim_map *c, u64 size, u64 align, u64 *base);

/* Gives back. False: not wholly in use, or too many ranges. */
MUST_CHECK bool claim_release(struct claim_map *c, u64 base, u64 size);

/* The free ranges; returns how many (at most CLAIM_RANGES_MAX + 1 of them). */
unsigned int claim_free_ranges(const struct claim_map *c, struct claim_range *out);

#endif
