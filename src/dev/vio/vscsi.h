/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual SCSI adapter, the server's side [LoPAR, A Protocol for VSCSI
 * Communications]: the guest's driver sends SRP information units through
 * H_SEND_CRQ, answers come back through its CRQ. Disks are targets 0, 1 ... of
 * bus 0, each with logical unit 0.
 *
 * A guest that breaks the protocol gets a transport event and H_CLOSED until it
 * frees and registers its CRQ anew.
 */
#ifndef HYPAR_DEV_VIO_VSCSI_H
#define HYPAR_DEV_VIO_VSCSI_H

#include "dev/backend/block.h"
#include "dev/vio/vio.h"

#define VSCSI_TARGETS_MAX 63u
#define VSCSI_REQUESTS 100u	     /* at a time, granted at login */
#define VSCSI_TRANSFER_MAX 0x100000u /* bytes of one request */

struct vscsi;

/* NULL: no memory. */
struct vscsi *vscsi_new(const struct vio_config *c);
struct device *vscsi_device(struct vscsi *v);

/*
 * Adds a disk as the next target, with all vCPUs parked; takes @b over, unless
 * it fails: -ENOSPC, no more targets.
 */
int vscsi_add_disk(struct vscsi *v, struct block *b, const char *serial);

/* How many there are; vCPUs parked. */
u32 vscsi_disks(const struct vscsi *v);

/*
 * The server goes, after quiesce: a guest that has its CRQ registered gets a
 * transport event [PAPR 16.2.3.1.5], as if the partner's had been freed.
 */
void vscsi_leave(struct vscsi *v);

enum vio_status vscsi_reg_crq(struct vscsi *v, u64 queue, u64 len);
enum vio_status vscsi_free_crq(struct vscsi *v);
enum vio_status vscsi_send_crq(struct vscsi *v, u64 high, u64 low);
enum vio_status vscsi_enable_crq(struct vscsi *v);
enum vio_status vscsi_signal(struct vscsi *v, u64 mode);

#endif
