/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endian-typed values. A be32 is a struct, so that arithmetic on a value in
 * guest byte order does not compile. ld_* and st_* move bytes at any alignment.
 */
#ifndef HYPAR_BASE_ENDIAN_H
#define HYPAR_BASE_ENDIAN_H

#include <string.h>

#include "base/types.h"

typedef struct {
	u16 raw;
} be16;
typedef struct {
	u32 raw;
} be32;
typedef struct {
	u64 raw;
} be64;
typedef struct {
	u16 raw;
} le16;
typedef struct {
	u32 raw;
} le32;
typedef struct {
	u64 raw;
} le64;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ENDIAN_BE(n, v) __builtin_bswap##n(v)
#define ENDIAN_LE(n, v) (v)
#else
#define ENDIAN_BE(n, v) (v)
#define ENDIAN_LE(n, v) __builtin_bswap##n(v)
#endif

/* For each width: be32_get, be32_of, le32_get, le32_of, ld_be32, st_be32, ... */
#define ENDIAN_DEFINE(n)                             \
	static inline u##n be##n##_get(be##n v)      \
	{                                            \
		return ENDIAN_BE(n, v.raw);          \
	}                                            \
	static inline be##n be##n##_of(u##n v)       \
	{                                            \
		return (be##n){ ENDIAN_BE(n, v) };   \
	}                                            \
	static inline u##n le##n##_get(le##n v)      \
	{                                            \
		return ENDIAN_LE(n, v.raw);          \
	}                                            \
	static inline le##n le##n##_of(u##n v)       \
	{                                            \
		return (le##n){ ENDIAN_LE(n, v) };   \
	}                                            \
	static inline u##n ld_be##n(const void *p)   \
	{                                            \
		u##n v;                              \
		memcpy(&v, p, sizeof(v));            \
		return ENDIAN_BE(n, v);              \
	}                                            \
	static inline u##n ld_le##n(const void *p)   \
	{                                            \
		u##n v;                              \
		memcpy(&v, p, sizeof(v));            \
		return ENDIAN_LE(n, v);              \
	}                                            \
	static inline void st_be##n(void *p, u##n v) \
	{                                            \
		v = ENDIAN_BE(n, v);                 \
		memcpy(p, &v, sizeof(v));            \
	}                                            \
	static inline void st_le##n(void *p, u##n v) \
	{                                            \
		v = ENDIAN_LE(n, v);                 \
		memcpy(p, &v, sizeof(v));            \
	}

ENDIAN_DEFINE(16)
ENDIAN_DEFINE(32)
ENDIAN_DEFINE(64)

#undef ENDIAN_DEFINE

#endif
