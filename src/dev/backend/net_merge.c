// SPDX-License-Identifier: Apache-2.0
/*
 * Only TCP over IPv4 without IP options is put together, and only segments that
 * are equal but for sequence number, length, identification, checksums, PSH and
 * the window; so that the guest could make the same segments out of the whole.
 */
#include "dev/backend/net_merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "dev/checksum.h"

#define IP 14u
#define TCP 34u
#define TCP_ACK 0x10u
#define TCP_PSH 0x08u
#define LARGE_MAX 65535u /* of an IP packet */

struct frame *frame_new(const u8 *bytes, size_t n)
{
	struct frame *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->bytes = malloc(n);
	if (!f->bytes) {
		free(f);
		return NULL;
	}
	memcpy(f->bytes, bytes, n);
	f->n = f->room = n;
	return f;
}

void frame_free(struct frame *f)
{
	if (f)
		free(f->bytes);
	free(f);
}

/* Where the data of a segment begins that may be one of many; 0: it may not. */
static size_t data_of(const u8 *b, size_t n, size_t *end)
{
	size_t head;

	if (n < TCP + 20 || ld_be16(b + 12) != 0x0800 || b[IP] != 0x45 || b[IP + 9] != 6 ||
	    ld_be16(b + IP + 6) & 0xbfff)
		return 0;
	*end = IP + (size_t)ld_be16(b + IP + 2);
	head = TCP + (size_t)(b[TCP + 12] >> 4) * 4;
	if (*end > n || head < TCP + 20 || head >= *end || (b[TCP + 13] & ~TCP_PSH) != TCP_ACK)
		return 0;
	return head;
}

static bool is_same_flow(const u8 *a, const u8 *b, size_t head)
{
	return !memcmp(a, b, IP + 2) &&			/* Ethernet, TOS */
	       !memcmp(a + IP + 6, b + IP + 6, 4) &&	/* fragment, TTL, protocol */
	       !memcmp(a + IP + 12, b + IP + 12, 12) && /* addresses, ports */
	       !memcmp(a + TCP + 8, b + TCP + 8, 5) &&	/* acknowledgement, header's length */
	       !memcmp(a + TCP + 18, b + TCP + 18, head - TCP - 18); /* urgent, options */
}

static bool grow(struct frame *f, size_t n)
{
	size_t room = f->room;
	u8 *more;

	while (room < n)
		room *= 2;
	more = room > f->room ? realloc(f->bytes, room) : f->bytes;
	if (!more)
		return false;
	f->bytes = more;
	f->room = room;
	return true;
}

bool frame_merge(struct frame *f, const u8 *bytes, size_t n)
{
	size_t end, from = data_of(bytes, n, &end), f_end = f->n, head, mss, len;

	if (f->is_closed || !from)
		return false;
	head = from;
	if (!f->mss && data_of(f->bytes, f->n, &f_end) != head)
		return false;
	mss = f->mss ? f->mss : f_end - head;
	len = end - from;
	if (len > mss || f_end + len > IP + LARGE_MAX || !is_same_flow(f->bytes, bytes, head) ||
	    ld_be32(f->bytes + TCP + 4) + (u32)(f_end - head) != ld_be32(bytes + TCP + 4) ||
	    !grow(f, f_end + len))
		return false;
	memcpy(f->bytes + f_end, bytes + from, len);
	f->n = f_end + len;
	f->mss = (u16)mss;
	f->bytes[TCP + 13] |= bytes[TCP + 13];
	memcpy(f->bytes + TCP + 14, bytes + TCP + 14, 2); /* the newest window */
	f->is_closed = len < mss || bytes[TCP + 13] & TCP_PSH;
	return true;
}

void frame_finish(struct frame *f)
{
	u8 *ip = f->bytes + IP;

	if (!f->mss)
		return;
	st_be16(ip + 2, (u16)(f->n - IP));
	st_be16(ip + 10, 0);
	st_be16(ip + 10, (u16)~inet_sum(ip, 20, 0));
	/* the receiver adds the rest */
	st_be16(f->bytes + TCP + 16, (u16)inet_sum(ip + 12, 8, (u32)(6 + f->n - TCP)));
}
