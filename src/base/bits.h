/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bit numbering as IBM's documents have it: bit 0 is the most significant of
 * 64 (PPC_BIT) or of 32 (PPC_BIT32). Fields are inclusive ranges from..to.
 */
#ifndef HYPAR_BASE_BITS_H
#define HYPAR_BASE_BITS_H

#include "base/types.h"

#define PPC_BIT(n) (1ULL << (63 - (n)))
#define PPC_BIT32(n) (1U << (31 - (n)))

/* A mask of the IBM bits from..to of a doubleword. */
#define PPC_MASK(from, to) ((~0ULL >> (from)) & (~0ULL << (63 - (to))))

/* The value of the IBM bits from..to of doubleword @v, right-justified. */
static inline u64 ppc_field(u64 v, unsigned int from, unsigned int to)
{
	return (v >> (63 - to)) & (~0ULL >> (63 - (to - from)));
}

static inline u64 rotl64(u64 v, unsigned int n)
{
	return n & 63 ? (v << (n & 63)) | (v >> (64 - (n & 63))) : v;
}

static inline u32 rotl32(u32 v, unsigned int n)
{
	return n & 31 ? (v << (n & 31)) | (v >> (32 - (n & 31))) : v;
}

/* Sign-extends the low @bits bits of @v, 1..64. */
static inline s64 sext64(u64 v, unsigned int bits)
{
	return (s64)(v << (64 - bits)) >> (64 - bits);
}

static inline bool is_pow2(u64 v)
{
	return v && !(v & (v - 1));
}

/* Rounds @v up to a multiple of @to, a power of two. The caller excludes wrap. */
static inline u64 align_up(u64 v, u64 to)
{
	return (v + to - 1) & ~(to - 1);
}

#endif
