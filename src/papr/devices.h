/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices that the configuration names: made at start, attached to the
 * PCI bus or the VIO bus, reset with the machine, freed at its end.
 */
#ifndef HYPAR_PAPR_DEVICES_H
#define HYPAR_PAPR_DEVICES_H

#include "hypar/control.h"
#include "papr/papr.h"

/* After the buses exist. 0, or a negative errno with *e set (names the option or file). */
int papr_devices_new(struct papr *p, struct hypar_err *e);
/* Nothing moves any more: before RAM, interrupt controllers or buses change. */
void papr_devices_quiesce(struct papr *p);
/* All devices as they were at start. All vCPUs parked. */
void papr_devices_reset(struct papr *p);
void papr_devices_free(struct papr *p);

/* Disk @i of the configuration; any thread. -ENOENT. */
int papr_disk_info(const struct papr *p, unsigned int i, struct hypar_disk_info *info);

#endif
