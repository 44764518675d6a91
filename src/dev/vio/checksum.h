/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP checksums of Ethernet frames, for those who leave them to the adapter.
 */
#ifndef HYPAR_DEV_VIO_CHECKSUM_H
#define HYPAR_DEV_VIO_CHECKSUM_H

#include "base/types.h"

/* Where TCP is in a frame. */
struct tcp_part {
	size_t at, n; /* of header and data */
	u32 pseudo;   /* sum of the pseudo header */
	bool is_v6;
};

/* False: no IPv4 or IPv6 frame with TCP, cut short, or a fragment. */
bool tcp_find(const u8 *frame, size_t n, struct tcp_part *out);

/* Puts the checksum into the TCP header. */
void tcp_fill(u8 *frame, const struct tcp_part *p);
bool tcp_is_good(const u8 *frame, const struct tcp_part *p);

#endif
