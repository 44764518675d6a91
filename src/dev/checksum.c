// SPDX-License-Identifier: Apache-2.0
/*
 * The internet checksum over TCP [RFC 9293 3.1, RFC 8200 8.1].
 */
#include "dev/checksum.h"

#include <string.h>

#include "base/endian.h"

#define ETHERNET_HEAD 14u
#define TYPE_IPV4 0x0800u
#define TYPE_IPV6 0x86ddu
#define PROTOCOL_TCP 6u
#define IPV6_HEAD 40u
#define TCP_HEAD 20u
#define TCP_CHECKSUM 16u

/* Words are added as they lie in memory; the order of bytes does not matter to the sum. */
u32 inet_sum(const u8 *p, size_t n, u32 start)
{
	u64 s = 0;
	u16 w;
	u32 d;

	for (; n >= 4; p += 4, n -= 4) {
		memcpy(&d, p, 4);
		s += d;
	}
	if (n >= 2) {
		memcpy(&w, p, 2);
		s += w;
		p += 2;
		n -= 2;
	}
	if (n) {
		u8 last[2] = { *p, 0 };

		memcpy(&w, last, 2);
		s += w;
	}
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	w = (u16)s;
	s = (u64)ld_be16((const u8 *)&w) + start;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (u32)s;
}

static bool find_v4(const u8 *ip, size_t n, struct tcp_part *out)
{
	size_t head, total;

	if (n < 20 || ip[0] >> 4 != 4)
		return false;
	head = (ip[0] & 0xfu) * 4;
	total = ld_be16(ip + 2); /* what follows it is padding */
	if (head < 20 || total > n || total < head + TCP_HEAD || ip[9] != PROTOCOL_TCP ||
	    ld_be16(ip + 6) & 0x3fff)
		return false;
	out->at = ETHERNET_HEAD + head;
	out->ip = ETHERNET_HEAD;
	out->n = total - head;
	out->pseudo = inet_sum(ip + 12, 8, (u32)(PROTOCOL_TCP + out->n));
	out->is_v6 = false;
	return true;
}

/* Headers before TCP: hop-by-hop, routing, destination options; others are not ours. */
static bool find_v6(const u8 *ip, size_t n, struct tcp_part *out)
{
	size_t at = IPV6_HEAD, end;
	u8 next;

	if (n < IPV6_HEAD || ip[0] >> 4 != 6)
		return false;
	end = IPV6_HEAD + ld_be16(ip + 4);
	next = ip[6];
	if (end > n)
		return false;
	while (next == 0 || next == 60) {
		if (end - at < 8)
			return false;
		next = ip[at];
		at += 8 + (size_t)ip[at + 1] * 8;
		if (at > end)
			return false;
	}
	if (next != PROTOCOL_TCP || end - at < TCP_HEAD)
		return false;
	out->at = ETHERNET_HEAD + at;
	out->ip = ETHERNET_HEAD;
	out->n = end - at;
	out->pseudo = inet_sum(ip + 8, 32, (u32)(PROTOCOL_TCP + out->n));
	out->is_v6 = true;
	return true;
}

bool tcp_find(const u8 *frame, size_t n, struct tcp_part *out)
{
	if (n < ETHERNET_HEAD)
		return false;
	switch (ld_be16(frame + 12)) {
	case TYPE_IPV4:
		return find_v4(frame + ETHERNET_HEAD, n - ETHERNET_HEAD, out);
	case TYPE_IPV6:
		return find_v6(frame + ETHERNET_HEAD, n - ETHERNET_HEAD, out);
	default:
		return false;
	}
}

void tcp_fill(u8 *frame, const struct tcp_part *p)
{
	st_be16(frame + p->at + TCP_CHECKSUM, 0);
	st_be16(frame + p->at + TCP_CHECKSUM, (u16)~inet_sum(frame + p->at, p->n, p->pseudo));
}

bool tcp_is_good(const u8 *frame, const struct tcp_part *p)
{
	return inet_sum(frame + p->at, p->n, p->pseudo) == 0xffff;
}

/* ---- segments ---- */

#define TCP_FIN 0x01u
#define TCP_PSH 0x08u
#define TCP_CWR 0x80u

/* The IP header of segment @i, whose part from TCP on has @n bytes. */
static void segment_ip(u8 *f, const struct tcp_part *p, u32 i, size_t n)
{
	u8 *ip = f + p->ip;

	if (p->is_v6) {
		st_be16(ip + 4, (u16)(p->at - p->ip - IPV6_HEAD + n));
		return;
	}
	st_be16(ip + 2, (u16)(p->at - p->ip + n));
	st_be16(ip + 4, (u16)(ld_be16(ip + 4) + i));
	st_be16(ip + 10, 0);
	st_be16(ip + 10, (u16)~inet_sum(ip, p->at - p->ip, 0));
}

bool tcp_segment(const u8 *frame, const struct tcp_part *p, size_t mss, const struct tcp_sink *to)
{
	size_t head = (size_t)(frame[p->at + 12] >> 4) * 4, left, at = 0;
	u8 *tcp = to->buf + p->at;
	struct tcp_part part = *p;

	if (head < TCP_HEAD || head > p->n || !mss)
		return false;
	left = p->n - head;
	for (u32 i = 0; left; i++) {
		size_t n = left < mss ? left : mss;

		memcpy(to->buf, frame, p->at + head);
		memcpy(tcp + head, frame + p->at + head + at, n);
		segment_ip(to->buf, p, i, head + n);
		st_be32(tcp + 4, ld_be32(tcp + 4) + (u32)at);
		if (n < left)
			tcp[13] &= (u8) ~(TCP_FIN | TCP_PSH);
		if (i)
			tcp[13] &= (u8)~TCP_CWR;
		part.n = head + n;
		/* the length is in the pseudo header */
		part.pseudo = inet_sum(NULL, 0, p->pseudo + 0xffffu * 2 - (u32)p->n + (u32)part.n);
		tcp_fill(to->buf, &part);
		if (!to->emit(to->opaque, to->buf, p->at + part.n))
			return false;
		at += n;
		left -= n;
	}
	return true;
}
