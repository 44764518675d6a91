/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is below /vdevice besides the NVRAM: virtual terminals, one virtual SCSI
 * adapter for all its disks, logical LAN adapters. Each has a unit address, an
 * interrupt and, but for terminals, a DMA window of its own.
 *
 * Devices are added with all vCPUs parked, or before any exists.
 */
#ifndef HYPAR_PAPR_VIO_H
#define HYPAR_PAPR_VIO_H

#include "dev/backend/block.h"
#include "dev/backend/chr.h"
#include "dev/backend/net.h"
#include "dev/vio/llan.h"
#include "dev/vio/vscsi.h"
#include "fw/fdt/build.h"
#include "papr/hcall.h"
#include "papr/papr.h"

struct papr_vio;

/* Each takes the back end over, on success and on failure. */
int papr_vio_add_disk(struct papr *p, struct block *b, const char *id, struct hypar_err *e);
int papr_vio_add_net(struct papr *p, struct net *n, const u8 mac[6], const char *id,
		     struct hypar_err *e);
int papr_vio_add_vty(struct papr *p, struct chr *c, const char *id, struct hypar_err *e);

void papr_vio_quiesce(struct papr *p);
void papr_vio_reset(struct papr *p); /* everything as at start */
/* Firmware of the guest is done: adapters as at start, and no bypass. All vCPUs parked. */
void papr_vio_forget(struct papr *p);
void papr_vio_free(struct papr *p); /* after papr_vio_quiesce */

/* The DMA of the adapter at @unit, or NULL. */
struct tce_bus *papr_vio_bus(const struct papr *p, u64 unit);

/* The nodes, into the open /vdevice. */
void papr_vio_fdt(struct papr *p, struct fdt_build *b);

/* The device at a unit address, or NULL. */
struct vscsi *papr_vio_vscsi(const struct papr *p, u64 unit);
struct llan *papr_vio_llan(const struct papr *p, u64 unit);
struct papr_vty *papr_vio_vty(struct papr *p, u64 unit);

/* What a hypercall answers for a status of src/dev/vio. */
hstatus vio_hstatus(enum vio_status st);

#endif
