/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices below /vdevice that have a DMA window and an interrupt [PAPR 16]: a
 * virtual SCSI adapter, a logical LAN. The platform finds a device by its unit
 * address and calls the functions of its kind; they answer with a vio_status,
 * which is what the hypercall answers.
 *
 * Threads: hypercalls on several vCPUs at once; each device has a lock.
 */
#ifndef HYPAR_DEV_VIO_VIO_H
#define HYPAR_DEV_VIO_VIO_H

#include "base/types.h"
#include "dev/device.h"
#include "dev/dma.h"
#include "irq/line.h"

enum vio_status {
	VIO_SUCCESS,
	VIO_CLOSED,
	VIO_LONG_BUSY, /* call again, in about 10 ms */
	VIO_PARAMETER,
	VIO_NOT_FOUND,
	VIO_DROPPED,
	VIO_RESOURCE,
	VIO_CONSTRAINED,
};

/* What a device is made with. */
struct vio_config {
	const char *id;
	struct dma *dma;
	struct irq_line line;
	struct device_log log;
};

/* Messages about what a guest did wrong: so many, then the device is silent until reset. */
#define VIO_MESSAGES_MAX 8u

#endif
