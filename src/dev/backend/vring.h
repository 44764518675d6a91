/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's side of a split virtqueue [VIRTIO 1.2, 2.7] in memory that a
 * server maps: a fixed number of requests, each with a room of its own for
 * its bytes. What the server writes is checked before it is believed.
 *
 * Threads: the caller orders all calls for one ring.
 */
#ifndef HYPAR_DEV_BACKEND_VRING_H
#define HYPAR_DEV_BACKEND_VRING_H

#include "base/compiler.h"
#include "base/types.h"

#define VRING_REQUESTS 32u
#define VRING_OUTS 3u /* pieces of a request, at most */
#define VRING_INS 2u
#define VRING_DESCS 8u /* descriptors that each request owns */
#define VRING_SIZE (VRING_REQUESTS * VRING_DESCS)
/* Linux asks for 124 pages of 64 KiB at once, in a queue of 128. */
#define VRING_ROOM 0x840000ULL
#define VRING_PARTS 0x10000ULL
#define VRING_BYTES (VRING_PARTS + VRING_REQUESTS * VRING_ROOM)

/* Where the parts are, from the start of the ring's memory. */
#define VRING_DESC 0x0u
#define VRING_AVAIL 0x2000u
#define VRING_USED 0x4000u

struct vring {
	u8 *mem; /* VRING_BYTES */
	u64 at;	 /* its address for the server */
	u16 next_avail, next_used;
	u32 taken, with_server; /* bits: requests */
	u32 out_len[VRING_REQUESTS], in_len[VRING_REQUESTS];
};

/* Lengths in bytes; zeroes are left out. Together at most VRING_ROOM - 64. */
struct vring_shape {
	u32 out[VRING_OUTS], in[VRING_INS];
};

/* Empty, nothing taken. */
void vring_reset(struct vring *r);

/* Takes a request that is free: its number, or -1. */
int vring_take(struct vring *r);
void vring_give(struct vring *r, unsigned int i);

/* VRING_ROOM bytes: what goes out, from the start, and what has come in, after vring_put(). */
u8 *vring_out(const struct vring *r, unsigned int i);
const u8 *vring_in(const struct vring *r, unsigned int i);

/* Makes request @i available. */
void vring_put(struct vring *r, unsigned int i, const struct vring_shape *s);

enum vring_done { VRING_NONE, VRING_DONE, VRING_BROKEN };

/* The next request that the server has done, which is still taken; @n: bytes that came in. */
MUST_CHECK enum vring_done vring_next(struct vring *r, unsigned int *i, u32 *n);

/* Can the server have come to entry @base of the available ring? */
bool vring_base_ok(const struct vring *r, u32 base);

#endif
