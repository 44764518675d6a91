// SPDX-License-Identifier: Apache-2.0
/*
 * virtio network device [VIRTIO 1.2, 5.1]: one pair of queues, no offloads.
 * Both directions run on the back end's thread; a notification only wakes it.
 *
 * Not here: checksum and segmentation offloads, mergeable buffers, the control
 * queue (the card takes every frame it is given).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dev/backend/net.h"
#include "dev/virtio/virtio.h"

#define F_MAC (1ULL << 5)
#define F_STATUS (1ULL << 16)
#define S_LINK_UP 1u

#define QUEUE_SIZE 256u
#define Q_RX 0u
#define Q_TX 1u
#define HEADER 12u /* with VERSION_1 always: flags, gso_type, five le16, num_buffers the last */
#define CONFIG_SIZE 8u

struct virtio_net {
	struct virtio_dev v;
	struct net *net;
	u8 mac[6];
	u8 frame[NET_FRAME_MAX]; /* of the back end's thread */
};

static struct virtio_net *net_of(struct virtio_dev *d)
{
	return CONTAINER_OF(d, struct virtio_net, v);
}

/* A frame for the guest. False: it has no buffer; its notification says when it has. */
static bool receive(void *opaque, const u8 *frame, size_t n)
{
	static const u8 header[HEADER] = { [10] = 1 }; /* num_buffers */
	struct virtio_net *t = opaque;
	struct virtq *q = &t->v.vq[Q_RX];
	struct virtq_chain c;
	enum virtq_pop ret;

	while ((ret = virtq_pop(q, &c)) == VIRTQ_EMPTY)
		if (!virtq_want_notify(q, true))
			return false;
	if (ret != VIRTQ_GOT)
		return true;
	if (c.in_len < HEADER + n) {
		/* too long for this buffer: the frame is lost, not the buffer */
		virtq_unpop(q, c.head);
		return true;
	}
	if (!virtq_chain_write(&c, 0, header, HEADER) || !virtq_chain_write(&c, HEADER, frame, n)) {
		virtio_break(&t->v, "queue 0: a buffer is not in DMA memory");
		return true;
	}
	virtq_push(q, c.head, (u32)(HEADER + n));
	virtq_interrupt(q);
	return true;
}

static void send_chain(struct virtio_net *t, const struct virtq_chain *c)
{
	size_t n;

	if (c->out_len < HEADER) {
		virtio_break(&t->v, "queue 1: a frame without a header");
	} else if (c->out_len <= HEADER + NET_FRAME_MAX) {
		n = (size_t)(c->out_len - HEADER);
		if (!virtq_chain_read(c, HEADER, t->frame, n))
			virtio_break(&t->v, "queue 1: a buffer is not in DMA memory");
		else
			net_send(t->net, t->frame, n);
	}
	virtq_push(c->vq, c->head, 0);
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
		if (++n == QUEUE_SIZE)
			break;
	}
	virtq_interrupt(q);
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
	free(t);
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
	struct virtio_net *t = calloc(1, sizeof(*t));
	struct virtio_init i = { .ops = &net_ops,
				 .id = id,
				 .type = VIRTIO_ID_NET,
				 .n_queues = 2,
				 .queue_size = QUEUE_SIZE,
				 .config_size = CONFIG_SIZE,
				 .features = F_MAC | F_STATUS,
				 .log = *log };
	struct net_client client = { receive, transmit, t };

	if (!t || virtio_init(&t->v, &i, e)) {
		err_set(e, -ENOMEM, "no memory for a network card");
		net_close(net);
		free(t);
		return NULL;
	}
	t->net = net;
	memcpy(t->mac, mac, 6);
	net_set_client(net, &client);
	return &t->v;
}
