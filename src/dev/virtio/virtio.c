// SPDX-License-Identifier: Apache-2.0
/*
 * Status, features, configuration and queue registers of a virtio device
 * [VIRTIO 1.2, 2 and 3.1], for any transport.
 */
#include "dev/virtio/virtio.h"

#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static struct virtio_dev *dev_of(struct device *d)
{
	return CONTAINER_OF(d, struct virtio_dev, dev);
}

static u8 status_of(const struct virtio_dev *d)
{
	return __atomic_load_n(&d->status, __ATOMIC_ACQUIRE);
}

/* ---- life cycle ---- */

static void stop_locked(struct virtio_dev *d)
{
	__atomic_store_n(&d->started, false, __ATOMIC_SEQ_CST);
	/* a notification on another vCPU that still saw "started" may start requests */
	while (__atomic_load_n(&d->n_notifying, __ATOMIC_SEQ_CST))
		sched_yield();
	d->ops->stop(d);
}

static void reset_locked(struct virtio_dev *d)
{
	stop_locked(d);
	for (u32 i = 0; i < d->n_queues; i++)
		virtq_reset(&d->vq[i]);
	if (d->ops->reset)
		d->ops->reset(d);
	d->negotiated = 0;
	__atomic_store_n(&d->status, 0, __ATOMIC_RELEASE);
}

static void dev_reset(struct device *dev)
{
	struct virtio_dev *d = dev_of(dev);

	pthread_mutex_lock(&d->lock);
	reset_locked(d);
	pthread_mutex_unlock(&d->lock);
}

static void dev_quiesce(struct device *dev)
{
	struct virtio_dev *d = dev_of(dev);

	pthread_mutex_lock(&d->lock);
	stop_locked(d);
	pthread_mutex_unlock(&d->lock);
}

static void start_locked(struct virtio_dev *d)
{
	__atomic_store_n(&d->started, true, __ATOMIC_SEQ_CST);
	d->ops->start(d);
}

static void dev_resume(struct device *dev)
{
	struct virtio_dev *d = dev_of(dev);
	bool go;

	pthread_mutex_lock(&d->lock);
	go = !d->started && status_of(d) & VIRTIO_DRIVER_OK && !virtio_is_broken(d);
	if (go)
		start_locked(d);
	pthread_mutex_unlock(&d->lock);
	/* whatever was made available meanwhile */
	for (u32 i = 0; go && i < d->n_queues; i++)
		virtio_notify(d, i);
}

static void dev_destroy(struct device *dev)
{
	struct virtio_dev *d = dev_of(dev);

	d->ops->destroy(d);
}

static const struct device_ops device_ops = {
	.type = "virtio",
	.reset = dev_reset,
	.quiesce = dev_quiesce,
	.resume = dev_resume,
	.destroy = dev_destroy,
};

int virtio_init(struct virtio_dev *d, const struct virtio_init *i, struct hypar_err *e)
{
	if (!is_pow2(i->queue_size) || i->queue_size > VIRTQ_SIZE_MAX ||
	    i->n_queues > VIRTIO_QUEUES_MAX || i->config_size > VIRTIO_CONFIG_MAX)
		return err_set(e, -EINVAL, "%s: queues or configuration too large", i->ops->name);
	d->vq = calloc(i->n_queues ? i->n_queues : 1, sizeof(d->vq[0]));
	if (!d->vq)
		return err_set(e, -ENOMEM, "no memory for %s", i->ops->name);
	d->dev.ops = &device_ops;
	snprintf(d->dev.id, sizeof(d->dev.id), "%s", i->id);
	d->dev.log = i->log;
	d->ops = i->ops;
	d->type = i->type;
	d->n_queues = i->n_queues;
	d->config_size = i->config_size;
	d->features = i->features | VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC |
		      VIRTIO_F_EVENT_IDX | VIRTIO_F_ACCESS_PLATFORM;
	pthread_mutex_init(&d->lock, NULL);
	for (u16 q = 0; q < d->n_queues; q++)
		virtq_init(&d->vq[q], d, q, i->queue_size);
	return 0;
}

void virtio_fini(struct virtio_dev *d)
{
	for (u32 i = 0; i < d->n_queues; i++)
		virtq_fini(&d->vq[i]);
	free(d->vq);
	pthread_mutex_destroy(&d->lock);
}

void virtio_attach(struct virtio_dev *d, struct dma *dma, const struct virtio_transport *t)
{
	d->dma = dma;
	d->transport = *t;
}

/* ---- features and status ---- */

void virtio_set_driver_features(struct virtio_dev *d, u32 word, u32 bits)
{
	u32 shift = word * 32;

	if (word > 1)
		return;
	pthread_mutex_lock(&d->lock);
	if (!(status_of(d) & VIRTIO_FEATURES_OK))
		d->negotiated = (d->negotiated & ~(0xffffffffULL << shift)) | (u64)bits << shift;
	pthread_mutex_unlock(&d->lock);
}

u32 virtio_get_driver_features(struct virtio_dev *d, u32 word)
{
	u32 ret;

	pthread_mutex_lock(&d->lock);
	ret = word > 1 ? 0 : (u32)(d->negotiated >> word * 32);
	pthread_mutex_unlock(&d->lock);
	return ret;
}

/* [VIRTIO 1.2, 2.2.2 and 6.1]: nothing that was not offered; DMA is always translated. */
static bool features_fit(const struct virtio_dev *d)
{
	u64 needs = VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM;

	return !(d->negotiated & ~d->features) && (d->negotiated & needs) == needs;
}

void virtio_set_status(struct virtio_dev *d, u8 status)
{
	u8 old, new;

	pthread_mutex_lock(&d->lock);
	old = status_of(d);
	if (!status) {
		reset_locked(d);
		pthread_mutex_unlock(&d->lock);
		if (d->transport.was_reset)
			d->transport.was_reset(d->transport.opaque);
		return;
	}
	new = status &(VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_DRIVER_OK | VIRTIO_FEATURES_OK |
		       VIRTIO_FAILED);
	/* bits are cleared by reset only; NEEDS_RESET is ours */
	new |= old;
	if (new & ~old & VIRTIO_FEATURES_OK && !features_fit(d))
		new &= (u8)~VIRTIO_FEATURES_OK;
	if (!(new &VIRTIO_FEATURES_OK))
		new &= (u8)~VIRTIO_DRIVER_OK;
	__atomic_fetch_or(&d->status, new, __ATOMIC_SEQ_CST);
	if (new & ~old & VIRTIO_DRIVER_OK && !virtio_is_broken(d))
		start_locked(d);
	pthread_mutex_unlock(&d->lock);
}

u8 virtio_get_status(struct virtio_dev *d)
{
	return status_of(d);
}

void virtio_break(struct virtio_dev *d, const char *fmt, ...)
{
	u8 old = __atomic_fetch_or(&d->status, VIRTIO_NEEDS_RESET, __ATOMIC_SEQ_CST);
	char text[160];
	va_list ap;
	int n;

	if (old & VIRTIO_NEEDS_RESET)
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	device_say(&d->dev, "%s stands still until the guest resets it: %s", d->ops->name,
		   n < 0 ? "?" : text);
	if (old & VIRTIO_DRIVER_OK && d->transport.config_interrupt)
		d->transport.config_interrupt(d->transport.opaque);
}

/* ---- configuration ---- */

u8 virtio_get_generation(struct virtio_dev *d)
{
	return __atomic_load_n(&d->generation, __ATOMIC_ACQUIRE);
}

static bool in_config(const struct virtio_dev *d, u32 at, unsigned int size)
{
	return at < d->config_size && size <= 8;
}

u64 virtio_read_config(struct virtio_dev *d, u32 at, unsigned int size)
{
	u8 config[VIRTIO_CONFIG_MAX + 8] = { 0 };

	if (!in_config(d, at, size))
		return 0;
	pthread_mutex_lock(&d->lock);
	d->ops->read_config(d, config);
	pthread_mutex_unlock(&d->lock);
	/* what lies behind the last field reads as zero */
	memset(config + d->config_size, 0, sizeof(config) - d->config_size);
	return ld_le64(config + at) & (size < 8 ? (1ULL << size * 8) - 1 : ~0ULL);
}

void virtio_write_config(struct virtio_dev *d, u32 at, unsigned int size, u64 val)
{
	u8 config[VIRTIO_CONFIG_MAX + 8] = { 0 }, bytes[8];

	if (!in_config(d, at, size) || !d->ops->write_config)
		return;
	st_le64(bytes, val);
	pthread_mutex_lock(&d->lock);
	d->ops->read_config(d, config);
	memcpy(config + at, bytes, size);
	d->ops->write_config(d, config, at, size);
	pthread_mutex_unlock(&d->lock);
}

void virtio_config_changed(struct virtio_dev *d)
{
	__atomic_fetch_add(&d->generation, 1, __ATOMIC_ACQ_REL);
	if (status_of(d) & VIRTIO_DRIVER_OK && d->transport.config_interrupt)
		d->transport.config_interrupt(d->transport.opaque);
}

/* ---- queues ---- */

void virtio_get_queue(struct virtio_dev *d, unsigned int q, struct virtio_queue_regs *out)
{
	memset(out, 0, sizeof(*out));
	if (q >= d->n_queues)
		return;
	pthread_mutex_lock(&d->lock);
	*out = (struct virtio_queue_regs){
		.size = d->vq[q].size,
		.size_max = d->vq[q].size_max,
		.enabled = d->vq[q].enabled,
		.desc = d->vq[q].desc.v,
		.driver = d->vq[q].driver.v,
		.device = d->vq[q].device.v,
	};
	pthread_mutex_unlock(&d->lock);
}

void virtio_set_queue(struct virtio_dev *d, unsigned int q, const struct virtio_queue_regs *in)
{
	struct virtq *vq = q < d->n_queues ? &d->vq[q] : NULL;

	if (!vq)
		return;
	pthread_mutex_lock(&d->lock);
	if (!vq->enabled) {
		vq->size = in->size;
		vq->desc = ioba_of(in->desc);
		vq->driver = ioba_of(in->driver);
		vq->device = ioba_of(in->device);
	}
	pthread_mutex_unlock(&d->lock);
}

void virtio_enable_queue(struct virtio_dev *d, unsigned int q)
{
	struct virtq *vq = q < d->n_queues ? &d->vq[q] : NULL;
	bool ok;

	if (!vq)
		return;
	pthread_mutex_lock(&d->lock);
	ok = vq->enabled || virtq_enable(vq);
	pthread_mutex_unlock(&d->lock);
	if (!ok)
		virtio_break(d, "queue %u: size or addresses cannot be", q);
}

void virtio_notify(struct virtio_dev *d, unsigned int q)
{
	if (q >= d->n_queues)
		return;
	__atomic_fetch_add(&d->n_notifying, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&d->started, __ATOMIC_SEQ_CST) && !virtio_is_broken(d))
		d->ops->notify(d, q);
	__atomic_fetch_sub(&d->n_notifying, 1, __ATOMIC_SEQ_CST);
}
