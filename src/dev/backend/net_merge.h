/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames for the guest that wait, and TCP segments that follow each other put
 * together to one frame, as receivers of large frames want it.
 */
#ifndef HYPAR_DEV_BACKEND_NET_MERGE_H
#define HYPAR_DEV_BACKEND_NET_MERGE_H

#include "base/types.h"

struct frame {
	struct frame *next;
	size_t n, room;
	u16 mss;	/* 0: one segment, or no TCP */
	bool is_closed; /* nothing follows it */
	u8 *bytes;
};

/* NULL: no memory. */
struct frame *frame_new(const u8 *bytes, size_t n);
void frame_free(struct frame *f);

/* Appends the data of a TCP segment to @f, if it is the next one. False: it is not. */
bool frame_merge(struct frame *f, const u8 *bytes, size_t n);

/* Before a frame with mss is handed over: lengths and checksums of the whole. */
void frame_finish(struct frame *f);

#endif
