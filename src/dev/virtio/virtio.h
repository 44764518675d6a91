/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio 1.x device without its transport [VIRTIO 1.2, 2]: the device type
 * gives struct virtio_ops, a transport (PCI) calls the functions below and is
 * called through struct virtio_transport.
 *
 *   transport                        device
 *   virtio_get_features ...    --->  virtio.c, virtqueue.c
 *   virtio_set_status(DRIVER_OK) ->  ops->start
 *   virtio_notify(queue)       --->  ops->notify
 *   transport->interrupt       <---  virtq_interrupt, virtio_config_changed
 *
 * Only VERSION_1 drivers: little-endian everywhere. A driver that breaks a
 * rule of the queues breaks its device: DEVICE_NEEDS_RESET, a line for the
 * user, and nothing more moves until it writes 0 to the status.
 *
 * Threads: what the transport calls may come from several vCPUs at once;
 * d->lock orders it. A queue has a lock of its own (see virtqueue.h).
 */
#ifndef HYPAR_DEV_VIRTIO_VIRTIO_H
#define HYPAR_DEV_VIRTIO_VIRTIO_H

#include <pthread.h>

#include "base/bits.h"
#include "dev/device.h"
#include "dev/dma.h"
#include "dev/virtio/virtqueue.h"
#include "hypar/error.h"

/* Device types [VIRTIO 1.2, 5]. The PCI device id is 0x1040 + type. */
#define VIRTIO_ID_NET 1
#define VIRTIO_ID_BLOCK 2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_RNG 4
#define VIRTIO_ID_FS 26

/* Device status [VIRTIO 1.2, 2.1]. */
#define VIRTIO_ACKNOWLEDGE 1u
#define VIRTIO_DRIVER 2u
#define VIRTIO_DRIVER_OK 4u
#define VIRTIO_FEATURES_OK 8u
#define VIRTIO_NEEDS_RESET 64u
#define VIRTIO_FAILED 128u

/* Feature bits of all devices [VIRTIO 1.2, 6]. */
#define VIRTIO_F_INDIRECT_DESC (1ULL << 28)
#define VIRTIO_F_EVENT_IDX (1ULL << 29)
#define VIRTIO_F_VERSION_1 (1ULL << 32)
#define VIRTIO_F_ACCESS_PLATFORM (1ULL << 33)

struct virtio_dev;

/* How a device reaches its driver. Any thread, also with d->lock or a queue's lock held. */
struct virtio_transport {
	/* Used buffers in queue @q: its MSI-X vector, or ISR bit 0 and the line. */
	void (*interrupt)(void *opaque, unsigned int q);
	/* The configuration (or NEEDS_RESET) changed: config vector, or ISR bit 1 and the line. */
	void (*config_interrupt)(void *opaque);
	/* The device was reset by the driver: vectors and pending bits go. NULL: nothing. */
	void (*was_reset)(void *opaque);
	void *opaque;
};

/* A device type. All called with d->lock held, but notify. */
struct virtio_ops {
	const char *name; /* "virtio-blk" */
	/* The config space as it is now, @n bytes or less, little-endian fields. */
	void (*read_config)(struct virtio_dev *d, u8 *config);
	/* The driver changed bytes [@at, @at + @n) of @config. NULL: read-only. */
	void (*write_config)(struct virtio_dev *d, u8 *config, u32 at, u32 n);
	/* DRIVER_OK: d->negotiated and the queues are final. */
	void (*start)(struct virtio_dev *d);
	/*
	 * Waits until no request is under way and none will be started; called
	 * before each reset and by quiesce. May be called without start.
	 */
	void (*stop)(struct virtio_dev *d);
	/* After stop, when the queues are forgotten: so is what came from them. NULL: nothing. */
	void (*reset)(struct virtio_dev *d);
	/* The driver made buffers available in @q. On the vCPU's thread: hand over and return. */
	void (*notify)(struct virtio_dev *d, unsigned int q);
	/* Frees what the type allocated (the whole object; called last). */
	void (*destroy)(struct virtio_dev *d);
};

#define VIRTIO_CONFIG_MAX 256
#define VIRTIO_QUEUES_MAX 16

struct virtio_dev {
	struct device dev;
	const struct virtio_ops *ops;
	u16 type; /* VIRTIO_ID_* */
	u16 n_queues;
	u32 config_size;
	u64 features; /* offered */
	struct dma *dma;
	struct virtio_transport transport;
	pthread_mutex_t lock;
	/* under lock, but read atomically by queues */
	u8 status;
	u8 generation; /* of the configuration */
	u64 negotiated;
	bool started;		  /* atomic */
	unsigned int n_notifying; /* atomic: notifications under way */
	struct virtq *vq;	  /* n_queues */
};

/* What a device type calls to set itself up: fill @i, then virtio_init. */
struct virtio_init {
	const struct virtio_ops *ops;
	const char *id;
	u16 type, n_queues;
	u16 queue_size; /* largest, a power of two up to VIRTQ_SIZE_MAX */
	u32 config_size;
	u64 features; /* of the type; the common ones are added */
	struct device_log log;
};

int virtio_init(struct virtio_dev *d, const struct virtio_init *i, struct hypar_err *e);
void virtio_fini(struct virtio_dev *d); /* by ops->destroy */

/* ---- for the transport ---- */

/* Before anything else: where DMA goes and how interrupts travel. */
void virtio_attach(struct virtio_dev *d, struct dma *dma, const struct virtio_transport *t);

static inline u64 virtio_get_features(const struct virtio_dev *d)
{
	return d->features;
}

/* Half @word (0: low, 1: high) of what the driver accepts; ignored after FEATURES_OK. */
void virtio_set_driver_features(struct virtio_dev *d, u32 word, u32 bits);
u32 virtio_get_driver_features(struct virtio_dev *d, u32 word);

/*
 * The driver writes the status; 0 resets, and waits for what is under way.
 * FEATURES_OK may not stick: the driver reads the status back.
 */
void virtio_set_status(struct virtio_dev *d, u8 status);
u8 virtio_get_status(struct virtio_dev *d);
u8 virtio_get_generation(struct virtio_dev *d);

/* 1, 2, 4 or 8 bytes (little-endian value) at @at; outside: zeroes, ignored. */
u64 virtio_read_config(struct virtio_dev *d, u32 at, unsigned int size);
void virtio_write_config(struct virtio_dev *d, u32 at, unsigned int size, u64 val);

/* Queue @q's registers; @q out of range reads as all zeroes and ignores writes. */
struct virtio_queue_regs {
	u16 size;     /* 0: no such queue */
	u16 size_max; /* read-only */
	bool enabled;
	u64 desc, driver, device;
};

void virtio_get_queue(struct virtio_dev *d, unsigned int q, struct virtio_queue_regs *out);
/* Size and addresses, while the queue is not enabled; a bad size is refused when enabling. */
void virtio_set_queue(struct virtio_dev *d, unsigned int q, const struct virtio_queue_regs *in);
/* queue_enable = 1. A size or address that cannot be breaks the device. */
void virtio_enable_queue(struct virtio_dev *d, unsigned int q);

/* The driver notifies queue @q. Any vCPU; returns soon. */
void virtio_notify(struct virtio_dev *d, unsigned int q);

/* ---- for device types ---- */

static inline bool virtio_has(const struct virtio_dev *d, u64 feature)
{
	return d->negotiated & feature;
}

/* The configuration changed: new generation, interrupt. d->lock not held. */
void virtio_config_changed(struct virtio_dev *d);

/* The driver broke a rule: DEVICE_NEEDS_RESET, a line for the user (once per reset). Any thread. */
void virtio_break(struct virtio_dev *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

static inline bool virtio_is_broken(const struct virtio_dev *d)
{
	return __atomic_load_n(&d->status, __ATOMIC_ACQUIRE) & VIRTIO_NEEDS_RESET;
}

/* ---- device types ---- */

struct block;
struct net;
struct chr;
struct vhost;

/* Each takes over the back end, on success and on failure. NULL with *e set. */
struct virtio_dev *virtio_blk_new(const char *id, struct block *b, unsigned int n_queues,
				  const struct device_log *log, struct hypar_err *e);
struct virtio_dev *virtio_net_new(const char *id, struct net *n, const u8 mac[6],
				  const struct device_log *log, struct hypar_err *e);
/* @seed: 0: random numbers of the host; else a function of it. */
struct virtio_dev *virtio_rng_new(const char *id, u64 seed, const struct device_log *log,
				  struct hypar_err *e);
struct virtio_dev *virtio_console_new(const char *id, struct chr *c, const struct device_log *log,
				      struct hypar_err *e);

/* @v: a server of file systems with VIRTIO_FS_QUEUES queues; @tag: what the guest mounts. */
#define VIRTIO_FS_QUEUES 2u
struct virtio_dev *virtio_fs_new(const char *id, struct vhost *v, const char *tag,
				 const struct device_log *log, struct hypar_err *e);

#endif
