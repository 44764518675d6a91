/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a device reaches guest memory: by addresses on its I/O bus, which a TCE
 * table translates (or refuses). All or nothing for each access; false: some
 * byte is not mapped, or not for this direction. Naturally aligned accesses of
 * 2, 4 and 8 bytes are single (not torn).
 *
 * Threads: any. An access that began before a mapping was taken away may still
 * finish; one that begins afterwards is refused.
 */
#ifndef HYPAR_DEV_DMA_H
#define HYPAR_DEV_DMA_H

#include "base/compiler.h"
#include "base/endian.h"
#include "base/types.h"
#include "mem/addr.h"

struct dma;

struct dma_ops {
	bool (*read)(struct dma *d, ioba at, void *dst, size_t n);
	bool (*write)(struct dma *d, ioba at, const void *src, size_t n);
};

/* Embedded in what translates (a TCE window, a test's buffer). */
struct dma {
	const struct dma_ops *ops;
};

static inline ioba ioba_of(u64 v)
{
	return (ioba){ v };
}

/* @a + @n; false when that wraps. */
MUST_CHECK static inline bool ioba_add(ioba a, u64 n, ioba *out)
{
	return !__builtin_add_overflow(a.v, n, &out->v);
}

/* @n may be 0: then nothing is looked at. */
MUST_CHECK static inline bool dma_read(struct dma *d, ioba at, void *dst, size_t n)
{
	return !n || d->ops->read(d, at, dst, n);
}

MUST_CHECK static inline bool dma_write(struct dma *d, ioba at, const void *src, size_t n)
{
	return !n || d->ops->write(d, at, src, n);
}

/* dma_ld_be16 ... dma_st_le64: one value in guest byte order. */
#define DMA_DEFINE(end, n)                                                               \
	MUST_CHECK static inline bool dma_ld_##end##n(struct dma *d, ioba at, u##n *out) \
	{                                                                                \
		end##n v;                                                                \
		if (!d->ops->read(d, at, &v, sizeof(v)))                                 \
			return false;                                                    \
		*out = end##n##_get(v);                                                  \
		return true;                                                             \
	}                                                                                \
	MUST_CHECK static inline bool dma_st_##end##n(struct dma *d, ioba at, u##n val)  \
	{                                                                                \
		end##n v = end##n##_of(val);                                             \
		return d->ops->write(d, at, &v, sizeof(v));                              \
	}

DMA_DEFINE(be, 16)
DMA_DEFINE(be, 32)
DMA_DEFINE(be, 64)
DMA_DEFINE(le, 16)
DMA_DEFINE(le, 32)
DMA_DEFINE(le, 64)

#undef DMA_DEFINE

#endif
