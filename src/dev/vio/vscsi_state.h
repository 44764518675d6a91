/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the virtual SCSI adapter, for vscsi.c (connection), vscsi_mad.c
 * (management datagrams) and vscsi_srp.c (SRP).
 *
 * Lock: vscsi.lock guards everything but the disks. It is not held while a
 * SCSI command is carried out, nor while data are moved.
 */
#ifndef HYPAR_DEV_VIO_VSCSI_STATE_H
#define HYPAR_DEV_VIO_VSCSI_STATE_H

#include <pthread.h>

#include "dev/scsi/scsi.h"
#include "dev/vio/crq.h"
#include "dev/vio/srp.h"
#include "dev/vio/vscsi.h"

enum vscsi_state {
	VSCSI_CLOSED, /* no CRQ */
	VSCSI_OPEN,   /* CRQ, not initialised */
	VSCSI_READY,  /* initialised */
	VSCSI_LOGGED_IN,
	VSCSI_BROKEN, /* CRQ, but we are gone */
};

/* A message as it came: where its IU is, where the answer goes. */
struct vscsi_msg {
	u64 at;
	u32 n;
	u64 tag;
	u8 iu[SRP_IU_MAX];
};

/* An SRP_CMD or SRP_TSK_MGMT under way. */
struct vscsi_request {
	struct vscsi *v;
	bool used, is_task_mgmt;
	u64 session; /* nothing is answered to an older one, nor moved */
	u64 seq;     /* order of arrival */
	u64 at, tag;
	u8 lun[8];
	u8 function; /* SRP_TSK_MGMT */
	u64 task_tag;
	struct srp_data out, in;
	struct scsi_task task;
};

struct vscsi {
	struct device dev;
	struct dma *dma;
	pthread_mutex_t lock;
	pthread_cond_t idle; /* n_used became 0 */
	struct crq crq;
	enum vscsi_state state;
	u64 session; /* changed under lock, read anywhere: atomic */
	u64 seq;
	u32 n_used, n_task_mgmt;
	struct vscsi_request request[VSCSI_REQUESTS];
	bool has_empty_iu; /* MAD_EMPTY_IU: where a target logout may be put */
	u64 empty_at, empty_tag;
	u32 n_messages;
	u32 n_disks;
	struct scsi_lu disk[VSCSI_TARGETS_MAX];
	u8 luns[VSCSI_TARGETS_MAX * 8]; /* of all disks */
};

/* Under lock: the guest broke the protocol, or its memory is gone. */
void vscsi_break(struct vscsi *v, const char *why);

/* Under lock: writes @n bytes of @iu where the request was, and tells the guest. */
void vscsi_answer(struct vscsi *v, u8 format, const struct vscsi_msg *m, const u8 *iu, u32 n);

/* Under lock. */
void vscsi_mad(struct vscsi *v, struct vscsi_msg *m);

/* Under lock; *run is a command that the caller carries out without it, or NULL. */
void vscsi_srp(struct vscsi *v, struct vscsi_msg *m, struct vscsi_request **run);
void vscsi_run(struct vscsi_request *r);

#endif
