// SPDX-License-Identifier: Apache-2.0
/*
 * virtio entropy device [VIRTIO 1.2, 5.4]: the host's random numbers, or a
 * sequence made from a seed. Buffers are filled while the driver notifies, up
 * to REQUEST_MAX bytes each; the driver asks again when it wants more.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/err.h"
#include "dev/virtio/virtio.h"

#define QUEUE_SIZE 64u
#define REQUEST_MAX 4096u

struct virtio_rng {
	struct virtio_dev v;
	u64 seed;	      /* 0: the host's */
	pthread_mutex_t lock; /* of state */
	u64 state;
};

static struct virtio_rng *rng_of(struct virtio_dev *d)
{
	return CONTAINER_OF(d, struct virtio_rng, v);
}

/* splitmix64: repeatable, not secret. */
static u64 next(struct virtio_rng *r)
{
	u64 z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* How many of @n bytes there are. */
static size_t fill(struct virtio_rng *r, u8 *buf, size_t n)
{
	size_t at = 0;

	if (r->seed) {
		pthread_mutex_lock(&r->lock);
		for (; at < n; at += 8)
			st_le64(buf + at, next(r));
		pthread_mutex_unlock(&r->lock);
		return n;
	}
	while (at < n) {
		ssize_t got = getrandom(buf + at, n - at, 0);

		if (got < 0 && errno != EINTR)
			break;
		at += got > 0 ? (size_t)got : 0;
	}
	return at;
}

static void serve(struct virtio_rng *r, const struct virtq_chain *c)
{
	u8 buf[REQUEST_MAX + 8];
	size_t n = c->in_len < REQUEST_MAX ? (size_t)c->in_len : REQUEST_MAX;

	n = fill(r, buf, n);
	if (!virtq_chain_write(c, 0, buf, n)) {
		virtio_break(&r->v, "queue 0: a buffer is not in DMA memory");
		n = 0;
	}
	virtq_push(c->vq, c->head, (u32)n);
}

static void notify(struct virtio_dev *d, unsigned int q)
{
	struct virtq *vq = &d->vq[q];
	struct virtq_chain c;
	enum virtq_pop ret;

	do {
		while ((ret = virtq_pop(vq, &c)) == VIRTQ_GOT)
			serve(rng_of(d), &c);
		virtq_interrupt(vq);
	} while (ret == VIRTQ_EMPTY && virtq_want_notify(vq, true));
}

static void read_config(struct virtio_dev *d, u8 *c)
{
	(void)d;
	(void)c;
}

static void nothing(struct virtio_dev *d)
{
	(void)d;
}

static void destroy(struct virtio_dev *d)
{
	struct virtio_rng *r = rng_of(d);

	virtio_fini(d);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static const struct virtio_ops rng_ops = {
	.name = "virtio-rng",
	.read_config = read_config,
	.start = nothing,
	.stop = nothing,
	.notify = notify,
	.destroy = destroy,
};

struct virtio_dev *virtio_rng_new(const char *id, u64 seed, const struct device_log *log,
				  struct hypar_err *e)
{
	struct virtio_rng *r = calloc(1, sizeof(*r));
	struct virtio_init i = { .ops = &rng_ops,
				 .id = id,
				 .type = VIRTIO_ID_RNG,
				 .n_queues = 1,
				 .queue_size = QUEUE_SIZE,
				 .log = *log };

	if (!r || virtio_init(&r->v, &i, e)) {
		err_set(e, -ENOMEM, "no memory for a device");
		free(r);
		return NULL;
	}
	pthread_mutex_init(&r->lock, NULL);
	r->seed = r->state = seed;
	return &r->v;
}
