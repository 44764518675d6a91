/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every device has: a name and a life cycle. A device is created at rest
 * by a function of its own (with its back end, struct dma and irq_lines), then
 *
 *   reset     back to the state after creation; guest-visible state is lost
 *   quiesce   finishes or drops what is under way; when it returns, nothing
 *             more moves (no DMA, no interrupt) until reset or resume
 *   resume    goes on where quiesce stopped it
 *   destroy   frees the device and closes its back end; only after quiesce
 *
 * Threads: these run on one thread at a time, with all vCPUs parked (destroy
 * also when none exists). A device never sees a vCPU, another device or a file
 * descriptor of the host.
 */
#ifndef HYPAR_DEV_DEVICE_H
#define HYPAR_DEV_DEVICE_H

#include "base/compiler.h"
#include "base/types.h"

struct device;

#define DEVICE_ID_MAX 64

struct device_ops {
	const char *type; /* "virtio-blk" ... */
	void (*reset)(struct device *d);
	void (*quiesce)(struct device *d);
	void (*resume)(struct device *d); /* NULL: nothing to do */
	void (*destroy)(struct device *d);
};

/* Where a device says something to the user: one line, no newline. Any thread. */
struct device_log {
	void (*say)(void *opaque, const char *line);
	void *opaque;
};

/* A guest may make its device say things: so many lines in so long are passed on. */
#define DEVICE_SAY_LINES 8u
#define DEVICE_SAY_MS 10000u

struct device {
	const struct device_ops *ops;
	char id[DEVICE_ID_MAX]; /* unique in the machine */
	struct device_log log;
	/* of device_say(), atomic: begin of the period (0: none was), lines, those left out */
	u64 said_ms;
	u32 n_said, n_unsaid;
};

static inline void device_reset(struct device *d)
{
	d->ops->reset(d);
}

static inline void device_quiesce(struct device *d)
{
	d->ops->quiesce(d);
}

static inline void device_resume(struct device *d)
{
	if (d->ops->resume)
		d->ops->resume(d);
}

/* NULL: nothing. */
static inline void device_destroy(struct device *d)
{
	if (d)
		d->ops->destroy(d);
}

/* "ID: text" for the user, or nothing when there were too many. Any thread. */
void device_say(struct device *d, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
