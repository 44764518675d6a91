// SPDX-License-Identifier: Apache-2.0
/*
 * virtio block device [VIRTIO 1.2, 5.2] over a disk of the host.
 *
 * notify, on the vCPU's thread, takes chains from the queue and hands them to
 * the disk's workers; they move data, write the status and interrupt. Without F_FLUSH the driver
 * believes that a write which is done is stable, and so it is.
 *
 * Not here: zoned disks, secure erase, geometry.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/pages.h"
#include "dev/backend/block.h"
#include "dev/virtio/virtio.h"

#define F_SEG_MAX (1ULL << 2)
#define F_RO (1ULL << 5)
#define F_BLK_SIZE (1ULL << 6)
#define F_FLUSH (1ULL << 9)
#define F_TOPOLOGY (1ULL << 10)
#define F_MQ (1ULL << 12)
#define F_DISCARD (1ULL << 13)
#define F_WRITE_ZEROES (1ULL << 14)

/* Request types and statuses. */
#define T_IN 0u
#define T_OUT 1u
#define T_FLUSH 4u
#define T_GET_ID 8u
#define T_DISCARD 11u
#define T_WRITE_ZEROES 13u
#define T_BARRIER 0x80000000u
#define S_OK 0u
#define S_IOERR 1u
#define S_UNSUPP 2u

#define HEADER 16u  /* le32 type, reserved; le64 sector */
#define SEGMENT 16u /* le64 sector, le32 sectors, le32 flags */
#define SEGMENT_UNMAP 1u
#define SEGMENTS_MAX 16u /* of one discard or write zeroes */
#define ID_SIZE 20u
#define QUEUE_SIZE 256u
#define SEG_MAX (QUEUE_SIZE - 2)
#define DISCARD_SECTORS_MAX (1u << 22) /* 2 GiB */
#define CONFIG_SIZE 60u

struct request {
	struct block_request block;
	struct virtio_blk *dev;
	struct virtq_chain chain;
	u32 type;
	/* of discard and write zeroes: one after the other */
	u8 segment[SEGMENTS_MAX * SEGMENT];
	u32 n_segments, segment_at;
};

struct virtio_blk {
	struct virtio_dev v;
	struct block *disk;
	char serial[ID_SIZE];
	/* one for each entry of each queue: that of the chain's head; pages of their own */
	struct request *requests;
	size_t requests_size; /* bytes */
};

static struct virtio_blk *blk_of(struct virtio_dev *d)
{
	return CONTAINER_OF(d, struct virtio_blk, v);
}

/* ---- the end of a request, on a worker or at once ---- */

/* The status is the last byte of the in part; @data bytes of it before were written. */
static void finish(struct request *r, u8 status, u64 data)
{
	struct virtq *q = r->chain.vq;
	bool ok = virtq_chain_write(&r->chain, r->chain.in_len - 1, &status, 1);

	if (!ok)
		virtio_break(q->dev, "queue %u: a request's status is not in DMA memory", q->index);
	/* from here on the driver can send this head again, and r is another request */
	virtq_push(q, r->chain.head, ok && data < UINT32_MAX ? (u32)data + 1 : 0);
	virtq_interrupt(q);
}

static u8 status_of(int err)
{
	return !err ? S_OK : err == -EOPNOTSUPP ? S_UNSUPP : S_IOERR;
}

static void done(struct block_request *br)
{
	struct request *r = CONTAINER_OF(br, struct request, block);

	if (br->status == -EFAULT) {
		/* [VIRTIO 1.2, 2.7]: a buffer that cannot be reached is the driver's error */
		virtio_break(&r->dev->v, "queue %u: a request's data are not in DMA memory",
			     r->chain.vq->index);
	}
	finish(r, status_of(br->status), br->op == BLOCK_READ && !br->status ? br->length : 0);
}

static void submit_segment(struct request *r);

static void segment_done(struct block_request *br)
{
	struct request *r = CONTAINER_OF(br, struct request, block);

	if (br->status || ++r->segment_at == r->n_segments)
		finish(r, status_of(br->status), 0);
	else
		submit_segment(r);
}

/* ---- the start of a request ---- */

static bool copy(struct block_request *br, u64 at, void *buf, size_t n)
{
	struct request *r = CONTAINER_OF(br, struct request, block);

	if (br->op == BLOCK_READ)
		return virtq_chain_write(&r->chain, at, buf, n);
	return virtq_chain_read(&r->chain, HEADER + at, buf, n);
}

static void submit(struct request *r, enum block_op op, u64 sector, u64 length)
{
	r->block = (struct block_request){ .op = op,
					   .stable = !virtio_has(&r->dev->v, F_FLUSH),
					   .length = length,
					   .copy = copy,
					   .done = done };
	/* a sector too large to count in bytes is one behind the end */
	if (__builtin_mul_overflow(sector, BLOCK_SECTOR, &r->block.offset))
		finish(r, S_IOERR, 0);
	else
		block_submit(r->dev->disk, &r->block);
}

/* Sectors and flags were checked when the request came. */
static void submit_segment(struct request *r)
{
	const u8 *s = r->segment + r->segment_at * SEGMENT;

	r->block = (struct block_request){
		.op = r->type == T_DISCARD ? BLOCK_DISCARD : BLOCK_WRITE_ZEROES,
		.stable = !virtio_has(&r->dev->v, F_FLUSH),
		.unmap = ld_le32(s + 12) & SEGMENT_UNMAP,
		.offset = ld_le64(s) * BLOCK_SECTOR,
		.length = (u64)ld_le32(s + 8) * BLOCK_SECTOR,
		.done = segment_done,
	};
	block_submit(r->dev->disk, &r->block);
}

/* [VIRTIO 1.2, 5.2.6.2]: S_OK, or what to answer. */
static u8 check_segment(const struct virtio_blk *b, const u8 *s, u32 type)
{
	u64 sector = ld_le64(s), end;
	u32 n = ld_le32(s + 8), flags = ld_le32(s + 12);

	if (flags & ~SEGMENT_UNMAP || (type == T_DISCARD && flags))
		return S_UNSUPP;
	if (n > DISCARD_SECTORS_MAX || __builtin_add_overflow(sector, n, &end) ||
	    end > block_sectors(b->disk))
		return S_IOERR;
	return S_OK;
}

static void start_segments(struct request *r)
{
	u64 n = r->chain.out_len - HEADER;
	u8 status = S_OK;

	if (!n || n % SEGMENT || n > sizeof(r->segment)) {
		finish(r, S_IOERR, 0);
		return;
	}
	if (!virtq_chain_read(&r->chain, HEADER, r->segment, (size_t)n)) {
		virtio_break(&r->dev->v, "queue %u: a request's data are not in DMA memory",
			     r->chain.vq->index);
		finish(r, S_IOERR, 0);
		return;
	}
	r->n_segments = (u32)(n / SEGMENT);
	r->segment_at = 0;
	for (u32 i = 0; i < r->n_segments && status == S_OK; i++)
		status = check_segment(r->dev, r->segment + i * SEGMENT, r->type);
	if (status == S_OK && block_readonly(r->dev->disk))
		status = S_IOERR;
	if (status != S_OK)
		finish(r, status, 0);
	else
		submit_segment(r);
}

static void get_id(struct request *r)
{
	u64 n = r->chain.in_len - 1 < ID_SIZE ? r->chain.in_len - 1 : ID_SIZE;
	bool ok = virtq_chain_write(&r->chain, 0, r->dev->serial, (size_t)n);

	finish(r, ok ? S_OK : S_IOERR, ok ? n : 0);
}

static void start_request(struct request *r)
{
	u8 header[HEADER];
	u64 sector;

	if (r->chain.out_len < HEADER || !r->chain.in_len ||
	    !virtq_chain_read(&r->chain, 0, header, HEADER)) {
		virtio_break(&r->dev->v, "queue %u: a request without a header or a status",
			     r->chain.vq->index);
		virtq_push(r->chain.vq, r->chain.head, 0);
		return;
	}
	/* SLOF sets a bit of the specification before 1.0, which asks for nothing here */
	r->type = ld_le32(header) & ~T_BARRIER;
	sector = ld_le64(header + 8);
	switch (r->type) {
	case T_IN:
		submit(r, BLOCK_READ, sector, r->chain.in_len - 1);
		return;
	case T_OUT:
		submit(r, BLOCK_WRITE, sector, r->chain.out_len - HEADER);
		return;
	case T_FLUSH:
		submit(r, BLOCK_FLUSH, 0, 0);
		return;
	case T_DISCARD:
	case T_WRITE_ZEROES:
		start_segments(r);
		return;
	case T_GET_ID:
		get_id(r);
		return;
	default:
		finish(r, S_UNSUPP, 0);
	}
}

static void take(struct virtio_blk *b, unsigned int q, const struct virtq_chain *c)
{
	struct request *r = &b->requests[q * QUEUE_SIZE + c->head];
	size_t n = (size_t)c->n_out + c->n_in;

	r->dev = b;
	memcpy(&r->chain, c, offsetof(struct virtq_chain, seg) + n * sizeof(c->seg[0]));
	start_request(r);
}

static void notify(struct virtio_dev *d, unsigned int q)
{
	struct virtq *vq = &d->vq[q];
	struct virtq_chain c;
	enum virtq_pop ret;

	do {
		virtq_want_notify(vq, false);
		while ((ret = virtq_pop(vq, &c)) == VIRTQ_GOT)
			take(blk_of(d), q, &c);
	} while (ret == VIRTQ_EMPTY && virtq_want_notify(vq, true));
}

/* ---- the device ---- */

/* [VIRTIO 1.2, 5.2.4] */
static void read_config(struct virtio_dev *d, u8 *c)
{
	struct virtio_blk *b = blk_of(d);
	unsigned int phys = block_physical_size(b->disk);
	u8 exp = 0;

	while (BLOCK_SECTOR << exp < phys)
		exp++;
	st_le64(c, block_sectors(b->disk));
	st_le32(c + 12, SEG_MAX);
	st_le32(c + 20, BLOCK_SECTOR);
	c[24] = exp;			   /* physical_block_exp */
	st_le16(c + 26, (u16)(1u << exp)); /* min_io_size, in blocks */
	st_le16(c + 34, d->n_queues);
	st_le32(c + 36, DISCARD_SECTORS_MAX);
	st_le32(c + 40, SEGMENTS_MAX);
	st_le32(c + 44, 1u << exp); /* discard_sector_alignment */
	st_le32(c + 48, DISCARD_SECTORS_MAX);
	st_le32(c + 52, SEGMENTS_MAX);
	c[56] = 1; /* write_zeroes_may_unmap */
}

static void start(struct virtio_dev *d)
{
	(void)d;
}

static void stop(struct virtio_dev *d)
{
	block_drain(blk_of(d)->disk);
}

static void destroy(struct virtio_dev *d)
{
	struct virtio_blk *b = blk_of(d);

	block_close(b->disk);
	virtio_fini(d);
	pages_free(b->requests, b->requests_size);
	free(b);
}

static const struct virtio_ops blk_ops = {
	.name = "virtio-blk",
	.read_config = read_config,
	.start = start,
	.stop = stop,
	.notify = notify,
	.destroy = destroy,
};

struct virtio_dev *virtio_blk_new(const char *id, struct block *disk, unsigned int n_queues,
				  const struct device_log *log, struct hypar_err *e)
{
	struct virtio_blk *b = calloc(1, sizeof(*b));
	struct virtio_init i = {
		.ops = &blk_ops,
		.id = id,
		.type = VIRTIO_ID_BLOCK,
		.n_queues = (u16)n_queues,
		.queue_size = QUEUE_SIZE,
		.config_size = CONFIG_SIZE,
		.features = F_SEG_MAX | F_BLK_SIZE | F_FLUSH | F_TOPOLOGY,
		.log = *log,
	};

	if (n_queues > 1)
		i.features |= F_MQ;
	if (block_readonly(disk))
		i.features |= F_RO;
	else if (block_can_discard(disk))
		i.features |= F_DISCARD | F_WRITE_ZEROES;
	if (b) {
		b->requests_size = (size_t)n_queues * QUEUE_SIZE * sizeof(b->requests[0]);
		b->requests = pages_alloc(b->requests_size);
	}
	if (!b || !b->requests) {
		err_set(e, -ENOMEM, "no memory for a disk");
		goto fail;
	}
	if (virtio_init(&b->v, &i, e))
		goto fail;
	b->disk = disk;
	memcpy(b->serial, id, strnlen(id, ID_SIZE));
	return &b->v;
fail:
	block_close(disk);
	if (b)
		pages_free(b->requests, b->requests_size);
	free(b);
	return NULL;
}
