/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver's side for tests: DMA memory that is an array, rings in it, and a
 * transport that counts interrupts.
 */
#ifndef VIRTIO_TEST_H
#define VIRTIO_TEST_H

#include <string.h>

#include "dev/virtio/virtio.h"

#define RAM_SIZE 0x20000u
#define RAM_BASE 0x100000u /* I/O address of the first byte */
#define N 8u		   /* entries of the queue */

#define DESC (RAM_BASE + 0x0u)
#define AVAIL (RAM_BASE + 0x1000u)
#define USED (RAM_BASE + 0x2000u)
#define DATA (RAM_BASE + 0x10000u)

#define F_NEXT 1u
#define F_WRITE 2u
#define F_INDIRECT 4u

struct ram {
	struct dma dma;
	u64 readonly_from; /* writes at and behind this address are refused; 0: none */
	u8 bytes[RAM_SIZE];
};

static inline bool ram_ok(ioba at, size_t n)
{
	return at.v >= RAM_BASE && at.v - RAM_BASE <= RAM_SIZE && n <= RAM_SIZE - (at.v - RAM_BASE);
}

static bool ram_read(struct dma *d, ioba at, void *dst, size_t n)
{
	struct ram *r = CONTAINER_OF(d, struct ram, dma);

	if (!ram_ok(at, n))
		return false;
	memcpy(dst, r->bytes + (at.v - RAM_BASE), n);
	return true;
}

static bool ram_write(struct dma *d, ioba at, const void *src, size_t n)
{
	struct ram *r = CONTAINER_OF(d, struct ram, dma);

	if (!ram_ok(at, n) || (r->readonly_from && at.v + n > r->readonly_from))
		return false;
	memcpy(r->bytes + (at.v - RAM_BASE), src, n);
	return true;
}

static const struct dma_ops ram_ops = { ram_read, ram_write };

/* What the driver does to its memory. */
/* Not inlined: gcc 12 then takes bytes for dma. */
static NOINLINE UNUSED u8 *at(struct ram *r, u64 a)
{
	return r->bytes + (a - RAM_BASE);
}

static inline void put_desc(struct ram *r, u64 table, u32 i, u64 addr, u32 len, u16 flags, u16 next)
{
	u8 *p = at(r, table) + i * 16;

	st_le64(p, addr);
	st_le32(p + 8, len);
	st_le16(p + 12, flags);
	st_le16(p + 14, next);
}

static inline u16 avail_idx(struct ram *r)
{
	return ld_le16(at(r, AVAIL) + 2);
}

static inline void make_avail(struct ram *r, u16 head)
{
	u16 idx = avail_idx(r);

	st_le16(at(r, AVAIL) + 4 + 2 * (idx % N), head);
	st_le16(at(r, AVAIL) + 2, (u16)(idx + 1));
}

static inline u16 used_idx(struct ram *r)
{
	return ld_le16(at(r, USED) + 2);
}

static inline u32 used_id(struct ram *r, u16 i)
{
	return ld_le32(at(r, USED) + 4 + 8 * (i % N));
}

static inline u32 used_len(struct ram *r, u16 i)
{
	return ld_le32(at(r, USED) + 8 + 8 * (i % N));
}

/* A driver that accepts @features and sets queue 0 up. */
static inline void drive(struct virtio_dev *d, u64 features)
{
	struct virtio_queue_regs q = { .size = N, .desc = DESC, .driver = AVAIL, .device = USED };

	virtio_set_status(d, 0);
	virtio_set_status(d, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	features |= VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM;
	virtio_set_driver_features(d, 0, (u32)features);
	virtio_set_driver_features(d, 1, (u32)(features >> 32));
	virtio_set_status(d, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK);
	virtio_set_queue(d, 0, &q);
	virtio_enable_queue(d, 0);
	virtio_set_status(d, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK |
				     VIRTIO_DRIVER_OK);
}

#endif
