// SPDX-License-Identifier: Apache-2.0
/*
 * virtio network device [VIRTIO 1.2, 5.1]: one pair of queues. Both directions
 * run on the back end's thread; a notification only wakes it.
 *
 * The driver may leave checksums and the cutting of TCP segments to us, and may
 * take received ones put together. When the other end is the host itself, large
 * frames go to it whole.
 *
 * The interrupt for frames that were sent is late, unless many were: usually the
 * answer comes first, and the driver looks at both then. So is the one for
 * acknowledgements of little data.
 *
 * Not here: the control queue (the card takes every frame it is given), UDP
 * segments, large frames of IPv6 to the guest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/pages.h"
#include "dev/backend/net.h"
#include "dev/checksum.h"
#include "dev/virtio/virtio.h"

#define F_CSUM (1ULL << 0)
#define F_GUEST_CSUM (1ULL << 1)
#define F_MAC (1ULL << 5)
#define F_GUEST_TSO4 (1ULL << 7)
#define F_HOST_TSO4 (1ULL << 11)
#define F_HOST_TSO6 (1ULL << 12)
#define F_MRG_RXBUF (1ULL << 15)
#define F_STATUS (1ULL << 16)
#define S_LINK_UP 1u

#define QUEUE_SIZE 256u
#define Q_RX 0u
#define Q_TX 1u
#define CONFIG_SIZE 8u

/* With VERSION_1 always: flags, gso_type, five le16. */
#define HEADER 12u
#define H_GSO_TYPE 1
#define H_GSO_SIZE 4
#define H_CSUM_START 6
#define H_CSUM_OFFSET 8
#define H_NUM_BUFFERS 10
#define HDR_NEEDS_CSUM 1u
#define HDR_DATA_VALID 2u
#define GSO_TCPV4 1u
#define GSO_TCPV6 4u
#define GSO_ECN 0x80u

#define MSS_MIN 16u
#define RX_BUFFERS 64u /* for one frame */
#define TCP_ACK 0x10u
#define ACK_LATE 8192u
#define TX_LATE 64u /* so many frames are not kept waiting for their interrupt */

struct virtio_net { /* pages of its own */
	struct virtio_dev v;
	struct net *net;
	u8 mac[6];
	/* of the back end's thread */
	unsigned int n_sent;  /* since the last interrupt */
	bool rx_due, rx_late; /* frames of which the driver does not know: at once, or later */
	u32 acked;	      /* by the last acknowledgement of which it was told at once */
	u8 frame[NET_FRAME_MAX], segment[NET_FRAME_MAX];
};

static struct virtio_net *net_of(struct virtio_dev *d)
{
	return CONTAINER_OF(d, struct virtio_net, v);
}

/* ---- to the guest ---- */

static void fill_header(const struct virtio_net *t, const struct net_frame *f, u8 h[HEADER])
{
	memset(h, 0, HEADER);
	if (f->mss) {
		h[0] = HDR_NEEDS_CSUM;
		h[H_GSO_TYPE] = GSO_TCPV4;
		st_le16(h + 2, 14 + 20 + 20); /* a hint */
		st_le16(h + H_GSO_SIZE, f->mss);
		st_le16(h + H_CSUM_START, 14 + 20);
		st_le16(h + H_CSUM_OFFSET, 16);
	} else if (f->is_good && virtio_has(&t->v, F_GUEST_CSUM)) {
		h[0] = HDR_DATA_VALID;
	}
}

/* A buffer of the guest's. VIRTQ_EMPTY: its notification says when there is one. */
static enum virtq_pop next_buffer(struct virtq *q, struct virtq_chain *c)
{
	enum virtq_pop ret;

	while ((ret = virtq_pop(q, c)) == VIRTQ_EMPTY)
		if (!virtq_want_notify(q, true))
			break;
	return ret;
}

/* Bytes of header and frame from @at on, as many as fit into the buffer; -1: no DMA. */
static s64 put_part(const struct virtq_chain *c, const u8 h[HEADER], const struct net_frame *f,
		    size_t at)
{
	size_t n = HEADER + f->n - at, from = at ? 0 : HEADER;

	if (n > c->in_len)
		n = (size_t)c->in_len;
	if (!at && (n < HEADER || !virtq_chain_write(c, 0, h, HEADER)))
		return -1;
	if (!virtq_chain_write(c, from, f->bytes + (at ? at - HEADER : 0), n - from))
		return -1;
	return (s64)n;
}

static void put_back(struct virtq *q, const struct virtq_used *u, unsigned int n)
{
	while (n)
		virtq_unpop(q, u[--n].head);
}

/* One frame in several buffers. */
static bool may_spread(const struct virtio_net *t)
{
	return virtio_has(&t->v, F_MRG_RXBUF);
}

/*
 * An acknowledgement without data of less than ACK_LATE bytes may come late: who
 * writes little at a time then sends more in a frame.
 */
static bool is_patient(struct virtio_net *t, const struct net_frame *f)
{
	struct tcp_part p;
	u32 ack;

	if (f->mss || !tcp_find(f->bytes, f->n, &p) ||
	    p.n != (size_t)(f->bytes[p.at + 12] >> 4) * 4 || f->bytes[p.at + 13] != TCP_ACK)
		return false;
	ack = ld_be32(f->bytes + p.at + 8);
	if (ack - t->acked < ACK_LATE)
		return true;
	t->acked = ack;
	return false;
}

static bool receive(void *opaque, const struct net_frame *f)
{
	struct virtio_net *t = opaque;
	struct virtq *q = &t->v.vq[Q_RX];
	struct virtq_used used[RX_BUFFERS];
	struct virtq_chain first, more, *c = &first;
	unsigned int n = 0;
	enum virtq_pop ret;
	u8 h[HEADER];
	size_t at = 0;

	fill_header(t, f, h);
	for (; at < HEADER + f->n; c = &more) {
		s64 part;

		ret = n < RX_BUFFERS ? next_buffer(q, c) : VIRTQ_BROKEN;
		if (ret != VIRTQ_GOT) {
			/* without an end in sight the frame is lost, not the buffers */
			put_back(q, used, n);
			return ret != VIRTQ_EMPTY;
		}
		used[n++].head = c->head;
		if (c->in_len < HEADER || (c->in_len < HEADER + f->n && !may_spread(t))) {
			put_back(q, used, n);
			return true;
		}
		part = put_part(c, h, f, at);
		if (part < 0) {
			virtio_break(&t->v, "queue 0: a buffer is not in DMA memory");
			return true;
		}
		used[n - 1].written = (u32)part;
		at += (size_t)part;
	}
	st_le16(h + H_NUM_BUFFERS, (u16)n);
	if (!virtq_chain_write(&first, H_NUM_BUFFERS, h + H_NUM_BUFFERS, 2))
		virtio_break(&t->v, "queue 0: a buffer is not in DMA memory");
	virtq_push_many(q, used, n);
	if (is_patient(t, f))
		t->rx_late = true;
	else
		t->rx_due = true;
	return true;
}

static void received(void *opaque)
{
	struct virtio_net *t = opaque;

	if (!t->rx_due) {
		if (t->rx_late)
			net_later(t->net);
		return;
	}
	t->rx_due = t->rx_late = false;
	virtq_interrupt(&t->v.vq[Q_RX]);
}

static bool merges(void *opaque)
{
	struct virtio_net *t = opaque;

	return virtio_has(&t->v, F_GUEST_TSO4) && virtio_has(&t->v, F_GUEST_CSUM);
}

/* ---- from the guest ---- */

static bool emit(void *opaque, const u8 *frame, size_t n)
{
	return net_send(opaque, frame, n);
}

static void send_large(struct virtio_net *t, const u8 h[HEADER], size_t n)
{
	struct tcp_sink to = { emit, t->net, t->segment };
	u16 mss = ld_le16(h + H_GSO_SIZE);
	struct tcp_part p;

	if (mss < MSS_MIN || !tcp_find(t->frame, n, &p))
		return;
	if (!net_takes_large(t->net)) {
		(void)tcp_segment(t->frame, &p, mss, &to);
		return;
	}
	tcp_fill(t->frame, &p);
	net_send(t->net, t->frame, n);
}

/* Frames with a header that cannot be are dropped, as a wire would. */
static void send_frame(struct virtio_net *t, const u8 h[HEADER], size_t n)
{
	size_t from = ld_le16(h + H_CSUM_START), at = from + ld_le16(h + H_CSUM_OFFSET);
	unsigned int gso = h[H_GSO_TYPE] & ~GSO_ECN;
	u16 sum;

	if (gso == GSO_TCPV4 || gso == GSO_TCPV6) {
		send_large(t, h, n);
		return;
	}
	if (gso)
		return;
	if (h[0] & HDR_NEEDS_CSUM) {
		if (at + 2 > n)
			return;
		sum = (u16)~inet_sum(t->frame + from, n - from, 0);
		st_be16(t->frame + at, sum ? sum : 0xffff);
	}
	net_send(t->net, t->frame, n);
}

static void send_chain(struct virtio_net *t, const struct virtq_chain *c)
{
	u8 h[HEADER];
	size_t n;

	if (c->out_len < HEADER) {
		virtio_break(&t->v, "queue 1: a frame without a header");
	} else if (c->out_len <= HEADER + NET_FRAME_MAX) {
		n = (size_t)(c->out_len - HEADER);
		if (!virtq_chain_read(c, 0, h, HEADER) || !virtq_chain_read(c, HEADER, t->frame, n))
			virtio_break(&t->v, "queue 1: a buffer is not in DMA memory");
		else
			send_frame(t, h, n);
	}
	virtq_push(c->vq, c->head, 0);
}

static void sent(struct virtio_net *t)
{
	t->n_sent = 0;
	virtq_interrupt(&t->v.vq[Q_TX]);
}

static void late(void *opaque)
{
	struct virtio_net *t = opaque;

	if (t->rx_late) {
		t->rx_due = true;
		received(t);
	}
	if (t->n_sent)
		sent(t);
}

static void transmit(void *opaque)
{
	struct virtio_net *t = opaque;
	struct virtq *q = &t->v.vq[Q_TX];
	struct virtq_chain c;
	enum virtq_pop ret;
	unsigned int n = 0;

	virtq_want_notify(q, false);
	while ((ret = virtq_pop(q, &c)) == VIRTQ_GOT) {
		send_chain(t, &c);
		/* the other direction wants its turn, too */
		if (++n == TX_LATE)
			break;
	}
	t->n_sent += n;
	if (t->n_sent >= TX_LATE)
		sent(t);
	else if (t->n_sent)
		net_later(t->net);
	if (ret == VIRTQ_GOT || (ret == VIRTQ_EMPTY && virtq_want_notify(q, true)))
		net_kick(t->net);
}

static void notify(struct virtio_dev *d, unsigned int q)
{
	if (q == Q_RX)
		net_receive_again(net_of(d)->net);
	else
		net_kick(net_of(d)->net);
}

static void read_config(struct virtio_dev *d, u8 *c)
{
	memcpy(c, net_of(d)->mac, 6);
	st_le16(c + 6, S_LINK_UP);
}

static void start(struct virtio_dev *d)
{
	net_start(net_of(d)->net);
}

static void stop(struct virtio_dev *d)
{
	net_stop(net_of(d)->net);
}

static void destroy(struct virtio_dev *d)
{
	struct virtio_net *t = net_of(d);

	net_close(t->net);
	virtio_fini(d);
	pages_free(t, sizeof(*t));
}

static const struct virtio_ops net_ops = {
	.name = "virtio-net",
	.read_config = read_config,
	.start = start,
	.stop = stop,
	.notify = notify,
	.destroy = destroy,
};

struct virtio_dev *virtio_net_new(const char *id, struct net *net, const u8 mac[6],
				  const struct device_log *log, struct hypar_err *e)
{
	struct virtio_net *t = pages_alloc(sizeof(*t));
	struct virtio_init i = { .ops = &net_ops,
				 .id = id,
				 .type = VIRTIO_ID_NET,
				 .n_queues = 2,
				 .queue_size = QUEUE_SIZE,
				 .config_size = CONFIG_SIZE,
				 .features = F_CSUM | F_GUEST_CSUM | F_MAC | F_GUEST_TSO4 |
					     F_HOST_TSO4 | F_HOST_TSO6 | F_MRG_RXBUF | F_STATUS,
				 .log = *log };
	struct net_client client = { receive, transmit, t, received, merges, late };

	if (!t || virtio_init(&t->v, &i, e)) {
		err_set(e, -ENOMEM, "no memory for a network card");
		net_close(net);
		pages_free(t, sizeof(*t));
		return NULL;
	}
	t->net = net;
	memcpy(t->mac, mac, 6);
	net_set_client(net, &client);
	return &t->v;
}
