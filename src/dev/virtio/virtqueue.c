// SPDX-License-Identifier: Apache-2.0
/*
 * Split virtqueues, the device's side [VIRTIO 1.2, 2.7].
 *
 * The driver may write all of it at any time. What is read is read once; a
 * head, an index or a length is used only after it was checked. A chain has at
 * most as many segments as the queue has entries, so a loop ends as an error.
 * A head that is with the device already is an error, too: two requests with
 * one head could not be told apart when they come back.
 *
 * Not here: packed queues, in-order use.
 */
#include "dev/virtio/virtqueue.h"

#include <string.h>

#include "base/bits.h"
#include "dev/virtio/virtio.h"

/* Descriptor table [VIRTIO 1.2, 2.7.5]: le64 addr, le32 len, le16 flags, le16 next. */
#define DESC_SIZE 16u
#define DESC_F_NEXT 1u
#define DESC_F_WRITE 2u
#define DESC_F_INDIRECT 4u

/* Available ring: le16 flags, idx, ring[size], used_event. */
#define AVAIL_IDX 2u
#define AVAIL_RING 4u
#define AVAIL_F_NO_INTERRUPT 1u

/* Used ring: le16 flags, idx, { le32 id, len } ring[size], le16 avail_event. */
#define USED_IDX 2u
#define USED_RING 4u
#define USED_ELEM 8u
#define USED_F_NO_NOTIFY 1u

struct desc {
	ioba addr;
	u32 len;
	u16 flags, next;
};

void virtq_init(struct virtq *q, struct virtio_dev *d, u16 index, u16 size_max)
{
	memset(q, 0, sizeof(*q));
	pthread_mutex_init(&q->lock, NULL);
	q->dev = d;
	q->index = index;
	q->size_max = size_max;
	q->size = size_max;
}

void virtq_fini(struct virtq *q)
{
	pthread_mutex_destroy(&q->lock);
}

void virtq_reset(struct virtq *q)
{
	pthread_mutex_lock(&q->lock);
	q->enabled = false;
	q->size = q->size_max;
	q->desc = q->driver = q->device = ioba_of(0);
	q->next_avail = q->next_used = q->signalled_used = q->n_inflight = 0;
	q->signalled_valid = false;
	memset(q->inflight, 0, sizeof(q->inflight));
	pthread_mutex_unlock(&q->lock);
}

/* Does [@at, @at + @n) not wrap? */
static bool fits(ioba at, u64 n)
{
	ioba end;

	return ioba_add(at, n, &end);
}

bool virtq_enable(struct virtq *q)
{
	bool ok = is_pow2(q->size) && q->size <= q->size_max && !(q->desc.v & 15) &&
		  !(q->driver.v & 1) && !(q->device.v & 3) &&
		  fits(q->desc, (u64)q->size * DESC_SIZE) &&
		  fits(q->driver, AVAIL_RING + 2ULL * q->size + 2) &&
		  fits(q->device, USED_RING + (u64)USED_ELEM * q->size + 2);

	pthread_mutex_lock(&q->lock);
	q->enabled = ok;
	pthread_mutex_unlock(&q->lock);
	return ok;
}

/* ---- parts of the rings; virtq_enable() made sure that no sum wraps ---- */

static struct dma *dma_of(const struct virtq *q)
{
	return q->dev->dma;
}

static ioba plus(ioba at, u64 n)
{
	return ioba_of(at.v + n);
}

static bool has_event_idx(const struct virtq *q)
{
	return virtio_has(q->dev, VIRTIO_F_EVENT_IDX);
}

/* Usable: enabled, started, not broken. Under q->lock. */
static bool usable(const struct virtq *q)
{
	return q->enabled && !virtio_is_broken(q->dev);
}

static enum virtq_pop broken(const struct virtq *q, const char *what)
{
	virtio_break(q->dev, "queue %u: %s", q->index, what);
	return VIRTQ_BROKEN;
}

/* How many heads the driver has made available and nobody took; -1: broken. */
static int n_available(struct virtq *q)
{
	u16 idx, n;

	if (!dma_ld_le16(dma_of(q), plus(q->driver, AVAIL_IDX), &idx)) {
		broken(q, "the available ring is not in DMA memory");
		return -1;
	}
	n = (u16)(idx - q->next_avail);
	if (n > q->size) {
		broken(q, "the available index jumps");
		return -1;
	}
	/* entries and buffers are read after the index */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return n;
}

static bool is_inflight(const struct virtq *q, u16 head)
{
	return q->inflight[head / 8] >> head % 8 & 1;
}

static void set_inflight(struct virtq *q, u16 head, bool on)
{
	u8 bit = (u8)(1u << head % 8);

	if (on)
		q->inflight[head / 8] |= bit;
	else
		q->inflight[head / 8] &= (u8)~bit;
	q->n_inflight = (u16)(q->n_inflight + (on ? 1 : -1));
}

static bool read_desc(const struct virtq *q, ioba table, u32 i, struct desc *out)
{
	u8 raw[DESC_SIZE];

	if (!dma_read(dma_of(q), plus(table, (u64)i * DESC_SIZE), raw, sizeof(raw)))
		return false;
	out->addr = ioba_of(ld_le64(raw));
	out->len = ld_le32(raw + 8);
	out->flags = ld_le16(raw + 12);
	out->next = ld_le16(raw + 14);
	return true;
}

/* NULL, or what is wrong. */
static const char *add_segment(struct virtq_chain *c, const struct desc *d, u32 max)
{
	bool in = d->flags & DESC_F_WRITE;
	u32 n = (u32)c->n_out + c->n_in;

	if (n >= max)
		return "a chain has more descriptors than the queue";
	if (!in && c->n_in)
		return "a readable descriptor follows a writable one";
	if (!fits(d->addr, d->len))
		return "a descriptor wraps around the address space";
	c->seg[n] = (struct virtq_seg){ d->addr, d->len };
	if (in) {
		c->n_in++;
		c->in_len += d->len;
	} else {
		c->n_out++;
		c->out_len += d->len;
	}
	return NULL;
}

/* The chain that begins at @i of a table with @size entries. */
static const char *walk(struct virtq *q, ioba table, u32 size, u32 i, struct virtq_chain *c)
{
	bool indirect = table.v != q->desc.v || size != q->size;
	const char *wrong;
	struct desc d;

	for (;;) {
		if (!read_desc(q, table, i, &d))
			return "a descriptor is not in DMA memory";
		if (d.flags & DESC_F_INDIRECT)
			return indirect ? "an indirect table has an indirect descriptor" :
					  "an indirect descriptor is not alone";
		wrong = add_segment(c, &d, q->size);
		if (wrong || !(d.flags & DESC_F_NEXT))
			return wrong;
		if (d.next >= size)
			return "a descriptor's next is outside the table";
		i = d.next;
	}
}

static const char *walk_indirect(struct virtq *q, const struct desc *d, struct virtq_chain *c)
{
	u32 n = d->len / DESC_SIZE;

	if (!virtio_has(q->dev, VIRTIO_F_INDIRECT_DESC))
		return "an indirect descriptor was not negotiated";
	if (d->flags & DESC_F_NEXT)
		return "an indirect descriptor has a next one";
	if (d->len % DESC_SIZE || !n || n > 65536 || !fits(d->addr, d->len))
		return "the size of an indirect table is wrong";
	return walk(q, d->addr, n, 0, c);
}

static const char *read_chain(struct virtq *q, u16 head, struct virtq_chain *c)
{
	struct desc d;

	c->vq = q;
	c->head = head;
	c->n_out = c->n_in = 0;
	c->out_len = c->in_len = 0;
	if (!read_desc(q, q->desc, head, &d))
		return "a descriptor is not in DMA memory";
	if (d.flags & DESC_F_INDIRECT)
		return walk_indirect(q, &d, c);
	/* reads the first one again: what counts is the second reading, all of it */
	return walk(q, q->desc, q->size, head, c);
}

static enum virtq_pop pop_locked(struct virtq *q, struct virtq_chain *c)
{
	const char *wrong;
	u16 head;
	int n;

	if (!usable(q))
		return VIRTQ_BROKEN;
	n = n_available(q);
	if (n <= 0)
		return n ? VIRTQ_BROKEN : VIRTQ_EMPTY;
	if (!dma_ld_le16(dma_of(q),
			 plus(q->driver, AVAIL_RING + 2ULL * (q->next_avail & (q->size - 1u))),
			 &head))
		return broken(q, "the available ring is not in DMA memory");
	if (head >= q->size)
		return broken(q, "an available entry is outside the table");
	if (is_inflight(q, head))
		return broken(q, "a descriptor is made available twice");
	wrong = read_chain(q, head, c);
	if (wrong)
		return broken(q, wrong);
	set_inflight(q, head, true);
	q->next_avail++;
	return VIRTQ_GOT;
}

enum virtq_pop virtq_pop(struct virtq *q, struct virtq_chain *c)
{
	enum virtq_pop ret;

	pthread_mutex_lock(&q->lock);
	ret = pop_locked(q, c);
	pthread_mutex_unlock(&q->lock);
	return ret;
}

void virtq_unpop(struct virtq *q, u16 head)
{
	pthread_mutex_lock(&q->lock);
	if (is_inflight(q, head)) {
		set_inflight(q, head, false);
		q->next_avail--;
	}
	pthread_mutex_unlock(&q->lock);
}

/* The entry that comes @i behind the last published one. False: broken, or it was not ours. */
static bool put_used(struct virtq *q, const struct virtq_used *u, u16 i)
{
	u16 slot = (u16)(q->next_used + i) & (u16)(q->size - 1u);
	u8 elem[USED_ELEM];

	if (!is_inflight(q, u->head))
		return false;
	set_inflight(q, u->head, false);
	if (!usable(q))
		return false;
	st_le32(elem, u->head);
	st_le32(elem + 4, u->written);
	if (dma_write(dma_of(q), plus(q->device, USED_RING + (u64)USED_ELEM * slot), elem,
		      sizeof(elem)))
		return true;
	broken(q, "the used ring is not in DMA memory");
	return false;
}

void virtq_push_many(struct virtq *q, const struct virtq_used *u, unsigned int n)
{
	u16 done = 0;

	pthread_mutex_lock(&q->lock);
	for (unsigned int i = 0; i < n; i++)
		if (put_used(q, &u[i], done))
			done++;
	if (done && usable(q)) {
		/* the index says that the entries and the buffers are written */
		__atomic_thread_fence(__ATOMIC_RELEASE);
		q->next_used = (u16)(q->next_used + done);
		if (!dma_st_le16(dma_of(q), plus(q->device, USED_IDX), q->next_used))
			broken(q, "the used ring is not in DMA memory");
	}
	pthread_mutex_unlock(&q->lock);
}

void virtq_push(struct virtq *q, u16 head, u32 written)
{
	virtq_push_many(q, &(struct virtq_used){ head, written }, 1);
}

/* [VIRTIO 1.2, 2.7.10] with the event index, [2.7.7] without. */
static bool wants_interrupt(struct virtq *q)
{
	u16 v, old = q->signalled_used;
	bool valid = q->signalled_valid;
	ioba at = has_event_idx(q) ? plus(q->driver, AVAIL_RING + 2ULL * q->size) : q->driver;

	if (!usable(q))
		return false;
	/* the driver writes the word, then looks at the index; we the other way round */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!dma_ld_le16(dma_of(q), at, &v)) {
		broken(q, "the available ring is not in DMA memory");
		return false;
	}
	if (!has_event_idx(q))
		return !(v & AVAIL_F_NO_INTERRUPT);
	q->signalled_used = q->next_used;
	q->signalled_valid = true;
	return !valid || (u16)(q->next_used - v - 1) < (u16)(q->next_used - old);
}

void virtq_interrupt(struct virtq *q)
{
	struct virtio_transport *t = &q->dev->transport;
	bool wants;

	pthread_mutex_lock(&q->lock);
	wants = wants_interrupt(q);
	pthread_mutex_unlock(&q->lock);
	if (wants && t->interrupt)
		t->interrupt(t->opaque, q->index);
}

/* The event index cannot be switched off: one that was passed does not ask again. */
static bool tell_notify(struct virtq *q, bool on)
{
	if (has_event_idx(q))
		return !on ||
		       dma_st_le16(dma_of(q), plus(q->device, USED_RING + (u64)USED_ELEM * q->size),
				   q->next_avail);
	return dma_st_le16(dma_of(q), q->device, on ? 0 : USED_F_NO_NOTIFY);
}

bool virtq_want_notify(struct virtq *q, bool on)
{
	bool more = false;

	pthread_mutex_lock(&q->lock);
	if (usable(q)) {
		if (!tell_notify(q, on))
			broken(q, "the used ring is not in DMA memory");
		else if (on) {
			__atomic_thread_fence(__ATOMIC_SEQ_CST);
			more = n_available(q) > 0;
		}
	}
	pthread_mutex_unlock(&q->lock);
	return more;
}

u16 virtq_inflight(struct virtq *q)
{
	u16 n;

	pthread_mutex_lock(&q->lock);
	n = q->n_inflight;
	pthread_mutex_unlock(&q->lock);
	return n;
}

/* ---- the buffers of a chain ---- */

/* Moves [@at, @at + @n) of the @n_segs segments at @s, to (@in) or from @buf. */
static bool copy(const struct virtq_chain *c, bool in, u64 at, void *buf, size_t n)
{
	const struct virtq_seg *s = in ? c->seg + c->n_out : c->seg;
	const struct virtq_seg *end = s + (in ? c->n_in : c->n_out);
	struct dma *dma = dma_of(c->vq);
	u8 *p = buf;

	for (; n && s < end; s++) {
		size_t part;

		if (at >= s->len) {
			at -= s->len;
			continue;
		}
		part = s->len - at < n ? (size_t)(s->len - at) : n;
		if (in ? !dma_write(dma, plus(s->at, at), p, part) :
			 !dma_read(dma, plus(s->at, at), p, part))
			return false;
		p += part;
		n -= part;
		at = 0;
	}
	return !n;
}

bool virtq_chain_read(const struct virtq_chain *c, u64 at, void *dst, size_t n)
{
	return copy(c, false, at, dst, n);
}

bool virtq_chain_write(const struct virtq_chain *c, u64 at, const void *src, size_t n)
{
	return copy(c, true, at, (void *)(uintptr_t)src, n);
}
