// SPDX-License-Identifier: Apache-2.0
/*
 * virtio file system device [VIRTIO 1.2, 5.11]: a folder of the host, served
 * by a vhost-user server (virtiofsd). One queue for urgent requests, one for
 * the others.
 *
 * A request is copied from the guest's queue to that of the server, and its
 * answer back: the open flags in it have to be translated (fuse.h), the
 * guest's memory stays out of the server's reach, and DMA goes through the TCE
 * tables as that of any other device.
 *
 * Not here: several request queues, notifications of the server, the DAX window.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dev/backend/vhost.h"
#include "dev/virtio/fuse.h"
#include "dev/virtio/virtio.h"

#define QUEUES VIRTIO_FS_QUEUES
#define QUEUE_SIZE 128u
#define TAG_SIZE 36u

/* Configuration: u8 tag[36], le32 num_request_queues. */
#define CONFIG_QUEUES 36u
#define CONFIG_SIZE 40u

struct fs_queue {
	pthread_mutex_t lock;
	/* under lock */
	struct vring *ring;
	bool open;				  /* takes new requests */
	struct virtq_chain chain[VRING_REQUESTS]; /* of each request with the server */
};

struct virtio_fs {
	struct virtio_dev v;
	struct vhost *vhost;
	char tag[TAG_SIZE + 1];
	bool was_started; /* since the driver's last reset; under v.lock */
	struct fs_queue q[QUEUES];
};

static struct virtio_fs *fs_of(struct virtio_dev *d)
{
	return CONTAINER_OF(d, struct virtio_fs, v);
}

/* ---- from the guest to the server ---- */

/* The pieces of the guest's request: header and arguments are its first segments. */
static void shape_of(const struct virtq_chain *c, struct vring_shape *s)
{
	*s = (struct vring_shape){ .out = { c->seg[0].len } };
	if (c->n_out > 1)
		s->out[1] = c->seg[1].len;
	s->out[2] = (u32)(c->out_len - s->out[0] - s->out[1]);
	if (c->n_in)
		s->in[0] = c->seg[c->n_out].len;
	s->in[1] = (u32)(c->in_len - s->in[0]);
}

/* Is it a request that a server can be bothered with? */
static bool is_request(struct virtio_fs *f, const struct virtq_chain *c)
{
	unsigned int q = c->vq->index;

	if (c->out_len + c->in_len > VRING_ROOM - 64)
		virtio_break(&f->v, "queue %u: a request of %llu bytes", q,
			     (unsigned long long)(c->out_len + c->in_len));
	else if (!c->n_out || c->out_len < FUSE_IN_HEADER ||
		 (c->in_len && c->in_len < FUSE_OUT_HEADER))
		virtio_break(&f->v, "queue %u: a request without headers", q);
	else
		return true;
	return false;
}

static bool put(struct virtio_fs *f, struct fs_queue *fq, unsigned int i)
{
	const struct virtq_chain *c = &fq->chain[i];
	u8 *out = vring_out(fq->ring, i);
	struct vring_shape s;

	if (!is_request(f, c))
		return false;
	if (!virtq_chain_read(c, 0, out, (size_t)c->out_len)) {
		virtio_break(&f->v, "queue %u: a buffer is not in DMA memory", c->vq->index);
		return false;
	}
	fuse_to_host(out, (size_t)c->out_len);
	shape_of(c, &s);
	vring_put(fq->ring, i, &s);
	return true;
}

/* Hands over what the guest made available, as long as there is room. Under fq->lock. */
static void put_all(struct virtio_fs *f, unsigned int q)
{
	struct fs_queue *fq = &f->q[q];
	struct virtq *vq = &f->v.vq[q];
	enum virtq_pop ret = VIRTQ_EMPTY;
	bool any = false;
	int i;

	if (!fq->open)
		return;
	do {
		while ((i = vring_take(fq->ring)) >= 0) {
			ret = virtq_pop(vq, &fq->chain[i]);
			if (ret != VIRTQ_GOT || !put(f, fq, (unsigned int)i)) {
				vring_give(fq->ring, (unsigned int)i);
				break;
			}
			any = true;
		}
	} while (i >= 0 && ret == VIRTQ_EMPTY && virtq_want_notify(vq, true));
	if (any)
		vhost_kick(f->vhost, q);
}

static void notify(struct virtio_dev *d, unsigned int q)
{
	struct virtio_fs *f = fs_of(d);

	pthread_mutex_lock(&f->q[q].lock);
	put_all(f, q);
	pthread_mutex_unlock(&f->q[q].lock);
}

/* ---- from the server to the guest ---- */

/* Answers of the server; false: it does what no server does. Under fq->lock. */
static bool take_answers(struct virtio_fs *f, struct fs_queue *fq)
{
	enum vring_done ret;
	unsigned int i;
	u32 n;

	while ((ret = vring_next(fq->ring, &i, &n)) == VRING_DONE) {
		const struct virtq_chain *c = &fq->chain[i];

		if (virtq_chain_write(c, 0, vring_in(fq->ring, i), n))
			virtq_push(c->vq, c->head, n);
		else
			virtio_break(&f->v, "queue %u: a buffer is not in DMA memory",
				     c->vq->index);
		vring_give(fq->ring, i);
	}
	return ret != VRING_BROKEN;
}

static void answered(void *opaque, unsigned int q)
{
	struct virtio_fs *f = opaque;
	struct fs_queue *fq = &f->q[q];

	pthread_mutex_lock(&fq->lock);
	if (!take_answers(f, fq)) {
		virtio_break(&f->v, "queue %u: the server's answer is none", q);
		fq->open = false;
	}
	put_all(f, q);
	pthread_mutex_unlock(&fq->lock);
	virtq_interrupt(&f->v.vq[q]);
}

static void lost(void *opaque, const char *why)
{
	struct virtio_fs *f = opaque;

	virtio_break(&f->v, "%s", why);
}

/* ---- the device ---- */

static void set_open(struct virtio_fs *f, bool on)
{
	for (unsigned int q = 0; q < QUEUES; q++) {
		pthread_mutex_lock(&f->q[q].lock);
		f->q[q].open = on && f->v.vq[q].enabled;
		put_all(f, q);
		pthread_mutex_unlock(&f->q[q].lock);
	}
}

static void start(struct virtio_dev *d)
{
	struct virtio_fs *f = fs_of(d);
	struct hypar_err why = { 0 };
	bool is_new = !f->was_started;

	f->was_started = true;
	if (vhost_start(f->vhost, is_new, &why))
		virtio_break(d, "%s", why.text);
	else
		set_open(f, true);
}

static void stop(struct virtio_dev *d)
{
	struct virtio_fs *f = fs_of(d);

	set_open(f, false);
	vhost_stop(f->vhost);
}

static void reset(struct virtio_dev *d)
{
	fs_of(d)->was_started = false;
}

static void read_config(struct virtio_dev *d, u8 *c)
{
	struct virtio_fs *f = fs_of(d);

	memcpy(c, f->tag, TAG_SIZE);
	st_le32(c + CONFIG_QUEUES, QUEUES - 1);
}

static void destroy(struct virtio_dev *d)
{
	struct virtio_fs *f = fs_of(d);

	vhost_close(f->vhost);
	for (unsigned int q = 0; q < QUEUES; q++)
		pthread_mutex_destroy(&f->q[q].lock);
	virtio_fini(d);
	free(f);
}

static const struct virtio_ops fs_ops = {
	.name = "virtio-fs",
	.read_config = read_config,
	.start = start,
	.stop = stop,
	.reset = reset,
	.notify = notify,
	.destroy = destroy,
};

struct virtio_dev *virtio_fs_new(const char *id, struct vhost *v, const char *tag,
				 const struct device_log *log, struct hypar_err *e)
{
	struct virtio_init i = { .ops = &fs_ops,
				 .id = id,
				 .type = VIRTIO_ID_FS,
				 .n_queues = QUEUES,
				 .queue_size = QUEUE_SIZE,
				 .config_size = CONFIG_SIZE,
				 .log = *log };
	struct vhost_client client = { .interrupt = answered, .lost = lost };
	struct virtio_fs *f = NULL;
	size_t n = strlen(tag);

	if (!n || n > TAG_SIZE) {
		err_set(e, -EINVAL, "tag=%.40s: a tag has 1 to %u bytes", tag, TAG_SIZE);
		goto fail;
	}
	f = calloc(1, sizeof(*f));
	if (!f || virtio_init(&f->v, &i, e)) {
		err_set(e, -ENOMEM, "no memory for a device");
		goto fail;
	}
	for (unsigned int q = 0; q < QUEUES; q++) {
		pthread_mutex_init(&f->q[q].lock, NULL);
		f->q[q].ring = vhost_ring(v, q);
	}
	memcpy(f->tag, tag, n);
	f->vhost = v;
	client.opaque = f;
	vhost_set_client(v, &client);
	return &f->v;
fail:
	vhost_close(v);
	free(f);
	return NULL;
}
