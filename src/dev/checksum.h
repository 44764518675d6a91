/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP checksums and TCP segments of Ethernet frames, for those who leave them
 * to the adapter.
 */
#ifndef HYPAR_DEV_CHECKSUM_H
#define HYPAR_DEV_CHECKSUM_H

#include "base/types.h"

/* Where TCP is in a frame. */
struct tcp_part {
	size_t at, n; /* of header and data */
	size_t ip;    /* where the IP header is */
	u32 pseudo;   /* sum of the pseudo header */
	bool is_v6;
};

/* The folded sum of big-endian words, to be inverted [RFC 1071]; @start: what is added. */
u32 inet_sum(const u8 *p, size_t n, u32 start);

/* False: no IPv4 or IPv6 frame with TCP, cut short, or a fragment. */
bool tcp_find(const u8 *frame, size_t n, struct tcp_part *out);

/* Puts the checksum into the TCP header. */
void tcp_fill(u8 *frame, const struct tcp_part *p);
bool tcp_is_good(const u8 *frame, const struct tcp_part *p);

/*
 * Cuts a frame into frames with up to @mss bytes of data each, with lengths,
 * sequence numbers, flags and checksums of their own, and gives each to @emit,
 * until that says false. @buf has room for a frame: header and @mss bytes.
 * False: the TCP header is malformed, or @emit said it.
 */
struct tcp_sink {
	bool (*emit)(void *opaque, const u8 *frame, size_t n);
	void *opaque;
	u8 *buf;
};

bool tcp_segment(const u8 *frame, const struct tcp_part *p, size_t mss, const struct tcp_sink *to);

#endif
