// SPDX-License-Identifier: Apache-2.0
/*
 * Frames from and to the guest.
 */
#include <string.h>

#include "dev/checksum.h"
#include "dev/vio/llan_state.h"

#define FRAME_MIN 14u
#define DROPPED_AT 4088u /* in the page of the buffer list */

/* ---- to the guest ---- */

bool llan_take(struct llan_pool *p, u32 *at)
{
	if (!p->n)
		return false;
	*at = p->at[p->head];
	p->head = (p->head + 1) % LLAN_POOL_BUFFERS;
	p->n--;
	return true;
}

/* The guest took its queue or its list out of the TCE table. */
static void give_up(struct llan *l)
{
	if (l->n_messages < VIO_MESSAGES_MAX) {
		l->n_messages++;
		device_say(&l->dev, "stopped: its receive queue is not mapped any more");
	}
	l->registered = false;
	l->signal = false;
}

void llan_enqueue(struct llan *l, u32 flags, u32 n, const u8 handle[HANDLE_SIZE])
{
	u64 at = l->queue + (u64)l->queue_next * QUEUE_ENTRY;
	u8 rest[12];

	st_be32(rest, n);
	memcpy(rest + 4, handle, HANDLE_SIZE);
	if (!dma_write(l->dma, ioba_of(at + 4), rest, sizeof(rest))) {
		give_up(l);
		return;
	}
	/* the toggle publishes the entry */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (!dma_st_be32(l->dma, ioba_of(at), flags | (l->toggle ? ENTRY_TOGGLE : 0))) {
		give_up(l);
		return;
	}
	if (++l->queue_next == l->queue_n) {
		l->queue_next = 0;
		l->toggle = !l->toggle;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (l->signal)
		irq_set(&l->line, true);
}

static bool is_for_us(const struct llan *l, const u8 *frame)
{
	static const u8 broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	u8 mac[8] = { 0 };

	if (!memcmp(frame, l->mac, 6) || !memcmp(frame, broadcast, 6))
		return true;
	if (!(frame[0] & 1) || !l->multicast)
		return false;
	if (!l->filtering)
		return true;
	memcpy(mac + 2, frame, 6);
	for (u32 i = 0; i < l->n_filters; i++)
		if (l->filter[i] == ld_be64(mac))
			return true;
	return false;
}

static void drop(struct llan *l)
{
	l->dropped++;
	if (!dma_st_be64(l->dma, ioba_of(l->buffer_list + DROPPED_AT), l->dropped))
		give_up(l);
}

static u32 checksum_flag(const struct llan *l, const u8 *frame, size_t n)
{
	struct tcp_part p;

	if (!(l->attributes & (LLAN_IPV4_CHECKSUM | LLAN_IPV6_CHECKSUM)) ||
	    !tcp_find(frame, n, &p) ||
	    !(l->attributes & (p.is_v6 ? LLAN_IPV6_CHECKSUM : LLAN_IPV4_CHECKSUM)))
		return 0;
	return tcp_is_good(frame, &p) ? ENTRY_CHECKSUM_GOOD : 0;
}

/* Puts the frame into the buffer at @at. */
static void fill(struct llan *l, u32 at, const u8 *frame, size_t n)
{
	u8 handle[HANDLE_SIZE];

	/* a buffer that is not mapped any more is lost, as its handle is in it */
	if (!dma_read(l->dma, ioba_of(at), handle, sizeof(handle)) ||
	    !dma_write(l->dma, ioba_of((u64)at + HANDLE_SIZE), frame, n)) {
		drop(l);
		return;
	}
	llan_enqueue(l, ENTRY_VALID | checksum_flag(l, frame, n) | HANDLE_SIZE, (u32)n, handle);
}

/* False: the frame has to wait for a buffer. */
static bool receive(struct llan *l, const u8 *frame, size_t n)
{
	bool fits = false;
	u32 at;

	if (!l->registered || n < FRAME_MIN || !is_for_us(l, frame))
		return true;
	for (u32 i = 0; i < l->n_pools; i++) {
		if (l->pool[i].size < n + HANDLE_SIZE)
			continue;
		fits = true;
		if (llan_take(&l->pool[i], &at)) {
			fill(l, at, frame, n);
			return true;
		}
	}
	if (fits) {
		l->waiting = true;
		l->wanted = (u32)(n + HANDLE_SIZE);
		return false;
	}
	drop(l);
	return true;
}

bool llan_receive(void *opaque, const struct net_frame *f)
{
	struct llan *l = opaque;
	bool ok;

	pthread_mutex_lock(&l->lock);
	ok = receive(l, f->bytes, f->n);
	pthread_mutex_unlock(&l->lock);
	return ok;
}

/* ---- from the guest ---- */

/* The frame in l->tx; 0: a bad descriptor. Under tx_lock. */
static size_t gather(struct llan *l, const u64 desc[LLAN_BUFFERS])
{
	size_t n = 0;

	for (u32 i = 0; i < LLAN_BUFFERS; i++) {
		u32 k = DESC_LENGTH(desc[i]);

		if (!(desc[i] & DESC_VALID) || !k)
			break;
		if (k > NET_FRAME_MAX - n ||
		    !dma_read(l->dma, ioba_of(DESC_ADDRESS(desc[i])), l->tx + n, k))
			return 0;
		n += k;
	}
	return n < FRAME_MIN ? 0 : n;
}

#define MSS_MIN 16u

static bool emit(void *opaque, const u8 *frame, size_t n)
{
	return net_send(opaque, frame, n);
}

/* The frame in l->tx, whole or in segments. Under tx_lock. */
static enum vio_status transmit(struct llan *l, size_t n, bool fill_in, u64 mss)
{
	struct tcp_sink to = { emit, l->net, l->segment };
	struct tcp_part p;
	bool is_tcp = (fill_in || mss) && tcp_find(l->tx, n, &p);

	if (mss && !is_tcp)
		return VIO_PARAMETER;
	if (mss && p.n > mss + 20 && !net_takes_large(l->net))
		return tcp_segment(l->tx, &p, mss, &to) ? VIO_SUCCESS : VIO_DROPPED;
	if (is_tcp)
		tcp_fill(l->tx, &p);
	return net_send(l->net, l->tx, n) ? VIO_SUCCESS : VIO_DROPPED;
}

enum vio_status llan_send(struct llan *l, const u64 desc[LLAN_BUFFERS], u64 mss)
{
	enum vio_status st = VIO_PARAMETER;
	bool registered;
	size_t n;

	pthread_mutex_lock(&l->lock);
	registered = l->registered;
	if (!(l->attributes & LLAN_LARGE_ENABLED))
		mss = 0; /* then the register holds anything */
	pthread_mutex_unlock(&l->lock);
	if (!registered)
		return VIO_DROPPED;
	if (mss && (mss < MSS_MIN || mss > NET_FRAME_MAX))
		return VIO_PARAMETER;
	pthread_mutex_lock(&l->tx_lock);
	n = gather(l, desc);
	if (n)
		st = transmit(l, n, desc[0] & DESC_NO_CHECKSUM, mss);
	pthread_mutex_unlock(&l->tx_lock);
	return st;
}
