/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split virtqueues with indirect descriptors and event index
 * [VIRTIO 1.2, 2.7]. Everything in them is the driver's to write at any time:
 * each field is fetched once and checked; what cannot be right breaks the
 * device (virtio_break) and the queue gives nothing more until reset.
 *
 * Threads: pop, push and interrupt on any thread, at the same time; the
 * queue's lock orders them.
 */
#ifndef HYPAR_DEV_VIRTIO_VIRTQUEUE_H
#define HYPAR_DEV_VIRTIO_VIRTQUEUE_H

#include <pthread.h>

#include "base/compiler.h"
#include "base/types.h"
#include "dev/dma.h"

#define VIRTQ_SIZE_MAX 256u

struct virtio_dev;

struct virtq {
	struct virtio_dev *dev;
	u16 index;
	/* registers, changed under dev->lock while not enabled */
	u16 size, size_max;
	bool enabled;
	ioba desc, driver, device;
	pthread_mutex_t lock;
	/* under lock */
	u16 next_avail;	    /* the next entry of the available ring */
	u16 next_used;	    /* the next entry of the used ring */
	u16 signalled_used; /* used index at the last decision about an interrupt */
	bool signalled_valid;
	u16 n_inflight;
	u8 inflight[VIRTQ_SIZE_MAX / 8]; /* heads that were popped and not pushed */
};

struct virtq_seg {
	ioba at;
	u32 len;
};

/* One request: what the driver lets us read (out), then what it lets us write (in). */
struct virtq_chain {
	struct virtq *vq;
	u16 head;
	u16 n_out, n_in;     /* segments: seg[0..n_out) and seg[n_out..n_out + n_in) */
	u64 out_len, in_len; /* bytes of each part */
	struct virtq_seg seg[VIRTQ_SIZE_MAX];
};

enum virtq_pop { VIRTQ_EMPTY, VIRTQ_GOT, VIRTQ_BROKEN };

/* The next available chain. */
MUST_CHECK enum virtq_pop virtq_pop(struct virtq *q, struct virtq_chain *c);

/* Gives @head back, with @written bytes written to its in part from the start. */
void virtq_push(struct virtq *q, u16 head, u32 written);

/* The same for several, which the driver sees all at once. */
struct virtq_used {
	u16 head;
	u32 written;
};

void virtq_push_many(struct virtq *q, const struct virtq_used *u, unsigned int n);

/* @head was popped but could not be served: it is the next one again. Last popped only. */
void virtq_unpop(struct virtq *q, u16 head);

/* After one or several pushes: interrupts the driver if it wants that. */
void virtq_interrupt(struct virtq *q);

/*
 * Whether the driver should notify. On: tells it so and returns true when
 * something came meanwhile (then go on popping).
 */
bool virtq_want_notify(struct virtq *q, bool on);

/* Bytes [@at, @at + @n) of the out part or to the in part. False: outside, or DMA refused. */
MUST_CHECK bool virtq_chain_read(const struct virtq_chain *c, u64 at, void *dst, size_t n);
MUST_CHECK bool virtq_chain_write(const struct virtq_chain *c, u64 at, const void *src, size_t n);

/* Buffers popped and not pushed. */
u16 virtq_inflight(struct virtq *q);

/* Of virtio.c: a new queue, its state after reset. */
void virtq_init(struct virtq *q, struct virtio_dev *d, u16 index, u16 size_max);
void virtq_fini(struct virtq *q);
void virtq_reset(struct virtq *q);
/* Checks size and addresses; false: they cannot be. */
bool virtq_enable(struct virtq *q);

#endif
