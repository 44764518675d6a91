/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest addresses as types, so that the compiler finds a mix-up: gpa is a
 * guest real address, ioba an address on an I/O bus (behind a TCE table).
 * Effective addresses live in src/cpu only and are plain u64 there.
 */
#ifndef HYPAR_MEM_ADDR_H
#define HYPAR_MEM_ADDR_H

#include "base/compiler.h"
#include "base/types.h"

typedef struct {
	u64 v;
} gpa;

typedef struct {
	u64 v;
} ioba;

static inline gpa gpa_of(u64 v)
{
	return (gpa){ v };
}

/* @a + @n; false when that wraps. */
MUST_CHECK static inline bool gpa_add(gpa a, u64 n, gpa *out)
{
	return !__builtin_add_overflow(a.v, n, &out->v);
}

#endif
