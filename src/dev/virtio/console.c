// SPDX-License-Identifier: Apache-2.0
/*
 * virtio console device [VIRTIO 1.2, 5.3], one port, over a byte stream of the
 * host. Output that the host does not take at once waits in the queue and goes
 * on when the stream says so.
 *
 * Not here: several ports, the window's size, emergency writes.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "dev/backend/chr.h"
#include "dev/virtio/virtio.h"

#define QUEUE_SIZE 64u
#define Q_RX 0u
#define Q_TX 1u
#define PIECE 512u

struct virtio_console {
	struct virtio_dev v;
	struct chr *chr;
	pthread_mutex_t lock;
	/* under lock */
	struct virtq_chain tx; /* being written, up to tx_at */
	bool has_tx;
	u64 tx_at;
};

static struct virtio_console *console_of(struct virtio_dev *d)
{
	return CONTAINER_OF(d, struct virtio_console, v);
}

/* ---- output ---- */

/* Writes on with the chain at hand. False: the host takes no more now, or the device broke. */
static bool write_chain(struct virtio_console *c)
{
	u8 buf[PIECE];

	while (c->tx_at < c->tx.out_len) {
		u64 left = c->tx.out_len - c->tx_at;
		size_t n = left < PIECE ? (size_t)left : PIECE, done;

		if (!virtq_chain_read(&c->tx, c->tx_at, buf, n)) {
			virtio_break(&c->v, "queue 1: a buffer is not in DMA memory");
			return false;
		}
		done = chr_write(c->chr, buf, n);
		c->tx_at += done;
		if (done < n)
			return false;
	}
	virtq_push(c->tx.vq, c->tx.head, 0);
	c->has_tx = false;
	return true;
}

static void transmit(struct virtio_console *c)
{
	struct virtq *q = &c->v.vq[Q_TX];
	enum virtq_pop ret = VIRTQ_EMPTY;

	pthread_mutex_lock(&c->lock);
	do {
		while (c->has_tx || (ret = virtq_pop(q, &c->tx)) == VIRTQ_GOT) {
			if (!c->has_tx)
				c->tx_at = 0;
			c->has_tx = true;
			if (!write_chain(c))
				goto out;
		}
	} while (ret == VIRTQ_EMPTY && virtq_want_notify(q, true));
out:
	pthread_mutex_unlock(&c->lock);
	virtq_interrupt(q);
}

static void writable(void *opaque)
{
	transmit(opaque);
}

/* ---- input, on the stream's thread ---- */

/* The next buffer of the driver. Without one it is asked to say when there is. */
static bool next_buffer(struct virtq *q, struct virtq_chain *c)
{
	enum virtq_pop ret;

	while ((ret = virtq_pop(q, c)) == VIRTQ_EMPTY)
		if (!virtq_want_notify(q, true))
			return false;
	return ret == VIRTQ_GOT;
}

static size_t input(void *opaque, const u8 *buf, size_t n)
{
	struct virtio_console *c = opaque;
	struct virtq *q = &c->v.vq[Q_RX];
	struct virtq_chain chain;
	size_t done = 0;

	while (done < n && next_buffer(q, &chain)) {
		size_t part = n - done < chain.in_len ? n - done : (size_t)chain.in_len;

		if (!part || !virtq_chain_write(&chain, 0, buf + done, part)) {
			virtio_break(&c->v, "queue 0: a buffer is empty or not in DMA memory");
			break;
		}
		virtq_push(q, chain.head, (u32)part);
		done += part;
	}
	if (done)
		virtq_interrupt(q);
	return done;
}

/* ---- the device ---- */

static void notify(struct virtio_dev *d, unsigned int q)
{
	struct virtio_console *c = console_of(d);

	if (q == Q_RX)
		chr_input_again(c->chr);
	else
		transmit(c);
}

static void read_config(struct virtio_dev *d, u8 *c)
{
	(void)d;
	(void)c;
}

static void start(struct virtio_dev *d)
{
	chr_start(console_of(d)->chr);
}

static void stop(struct virtio_dev *d)
{
	struct virtio_console *c = console_of(d);

	chr_stop(c->chr);
}

static void destroy(struct virtio_dev *d)
{
	struct virtio_console *c = console_of(d);

	chr_close(c->chr);
	virtio_fini(d);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void reset(struct virtio_dev *d)
{
	console_of(d)->has_tx = false;
}

static const struct virtio_ops console_ops = {
	.name = "virtio-console",
	.read_config = read_config,
	.start = start,
	.stop = stop,
	.reset = reset,
	.notify = notify,
	.destroy = destroy,
};

struct virtio_dev *virtio_console_new(const char *id, struct chr *chr, const struct device_log *log,
				      struct hypar_err *e)
{
	struct virtio_console *c = calloc(1, sizeof(*c));
	struct virtio_init i = { .ops = &console_ops,
				 .id = id,
				 .type = VIRTIO_ID_CONSOLE,
				 .n_queues = 2,
				 .queue_size = QUEUE_SIZE,
				 .config_size = 4,
				 .log = *log };
	struct chr_client client = { input, writable, c };

	if (!c || virtio_init(&c->v, &i, e)) {
		err_set(e, -ENOMEM, "no memory for a device");
		chr_close(chr);
		free(c);
		return NULL;
	}
	pthread_mutex_init(&c->lock, NULL);
	c->chr = chr;
	chr_set_client(chr, &client);
	return &c->v;
}
