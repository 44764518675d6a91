/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices of a machine: those that the configuration names, made at start,
 * and those that are added while it runs. They are attached to the PCI bus or
 * the VIO bus, reset with the machine, and gone when they are removed or at its
 * end.
 *
 * Threads: on one at a time, with all vCPUs parked or before any exists, unless
 * it says otherwise.
 */
#ifndef HYPAR_PAPR_DEVICES_H
#define HYPAR_PAPR_DEVICES_H

#include "hypar/control.h"
#include "papr/dr/dr.h"
#include "papr/papr.h"

struct papr_slot;

/* After the buses exist. 0, or a negative errno with *e set (names the option or file). */
int papr_devices_new(struct papr *p, struct hypar_err *e);
/* Nothing moves any more: before RAM, interrupt controllers or buses change. */
void papr_devices_quiesce(struct papr *p);
/* All devices as they were at start. */
void papr_devices_reset(struct papr *p);
void papr_devices_free(struct papr *p);

/* One of the three is set; @how: DRC_COLD, DRC_HOT. */
struct papr_device_spec {
	const struct hypar_disk *disk;
	const struct hypar_net *net;
	const struct hypar_device *device;
	enum drc_attach how;
};

struct papr_device {
	struct papr_device *next;
	char id[DEVICE_ID_MAX];
	const struct papr_device_kind *kind;
	struct drc *drc;	/* where it is attached, perhaps with others */
	struct papr_slot *slot; /* of PCI; NULL: on the VIO bus */
	/* disks: what is asked of them. The device owns the back end. */
	struct block *block;
	char *file;
};

/*
 * Opens the back end, makes the device and attaches it. -EEXIST: the id is in
 * use, -ENOTSUP: not while the machine runs, -ENOSPC: no slot.
 */
struct papr_device *papr_device_add(struct papr *p, const struct papr_device_spec *spec,
				    struct hypar_err *e);

/* NULL: no device has that id. */
struct papr_device *papr_device_find(const struct papr *p, const char *id);

/* By a bus: what is attached to @d is about to be destroyed. */
void papr_device_gone(struct papr *p, const struct drc *d);

/* The @i-th disk, oldest first; any thread. -ENOENT. */
int papr_disk_info(const struct papr *p, unsigned int i, struct hypar_disk_info *info);

#endif
