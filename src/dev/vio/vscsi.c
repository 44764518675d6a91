// SPDX-License-Identifier: Apache-2.0
/*
 * The connection: registration of the CRQ, initialisation messages, what
 * happens when either side leaves.
 */
#include "dev/vio/vscsi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "dev/vio/vscsi_state.h"

static void lock(struct vscsi *v)
{
	pthread_mutex_lock(&v->lock);
}

static void unlock(struct vscsi *v)
{
	pthread_mutex_unlock(&v->lock);
}

/* What is under way belongs to nobody any more. Under lock. */
static void end_session(struct vscsi *v)
{
	__atomic_fetch_add(&v->session, 1, __ATOMIC_SEQ_CST);
	v->has_empty_iu = false;
}

/* SRP_T_LOGOUT, if the guest gave us an IU for it. Under lock. */
static void target_logout(struct vscsi *v)
{
	u8 iu[16] = { SRP_T_LOGOUT };

	if (!v->has_empty_iu)
		return;
	v->has_empty_iu = false;
	iu[7] = 2; /* an invalid IU */
	st_be64(iu + SRP_TAG, v->empty_tag);
	if (dma_write(v->dma, ioba_of(v->empty_at), iu, sizeof(iu)))
		(void)!crq_put(&v->crq, (u64)CRQ_VALID << 56 | (u64)SRP_FORMAT << 48 | sizeof(iu),
			       v->empty_tag);
}

/* Under lock. */
static void hang_up(struct vscsi *v)
{
	target_logout(v);
	/* nothing more can be said to a guest whose queue is full or gone */
	(void)!crq_put(&v->crq, (u64)CRQ_TRANSPORT_EVENT << 56 | (u64)CRQ_PARTNER_FREED << 48, 0);
	end_session(v);
	v->state = VSCSI_BROKEN;
}

void vscsi_break(struct vscsi *v, const char *why)
{
	if (v->state == VSCSI_BROKEN)
		return;
	if (v->n_messages < VIO_MESSAGES_MAX) {
		v->n_messages++;
		device_say(&v->dev, "connection closed: %s", why);
	}
	hang_up(v);
}

void vscsi_answer(struct vscsi *v, u8 format, const struct vscsi_msg *m, const u8 *iu, u32 n)
{
	if (!dma_write(v->dma, ioba_of(m->at), iu, n))
		vscsi_break(v, "an IU is not mapped for writing");
	else if (!crq_put(&v->crq, (u64)CRQ_VALID << 56 | (u64)format << 48 | n, m->tag))
		vscsi_break(v, "the CRQ is full or not mapped");
}

/* ---- hypercalls ---- */

enum vio_status vscsi_reg_crq(struct vscsi *v, u64 queue, u64 len)
{
	enum vio_status st;

	lock(v);
	if (v->state != VSCSI_CLOSED || v->n_used)
		st = VIO_RESOURCE;
	else
		st = crq_register(&v->crq, queue, len);
	if (st == VIO_SUCCESS)
		v->state = VSCSI_OPEN;
	unlock(v);
	return st;
}

enum vio_status vscsi_free_crq(struct vscsi *v)
{
	enum vio_status st;

	lock(v);
	end_session(v);
	crq_free(&v->crq);
	v->state = VSCSI_CLOSED;
	/* the guest may use its memory again only when nothing moves any more */
	st = v->n_used ? VIO_LONG_BUSY : VIO_SUCCESS;
	unlock(v);
	return st;
}

enum vio_status vscsi_enable_crq(struct vscsi *v)
{
	enum vio_status st;

	lock(v);
	st = v->state == VSCSI_CLOSED ? VIO_PARAMETER : VIO_SUCCESS;
	unlock(v);
	return st;
}

enum vio_status vscsi_signal(struct vscsi *v, u64 mode)
{
	enum vio_status st;

	lock(v);
	st = crq_signal(&v->crq, mode);
	unlock(v);
	return st;
}

/* CRQ_INIT. Under lock. */
static void init_message(struct vscsi *v, u8 what)
{
	if (v->state == VSCSI_LOGGED_IN) {
		vscsi_break(v, "an initialisation message on an open connection");
		return;
	}
	if (what != CRQ_INIT_REQUEST && what != CRQ_INIT_COMPLETE) {
		vscsi_break(v, "an unknown initialisation message");
		return;
	}
	v->state = VSCSI_READY;
	if (what == CRQ_INIT_REQUEST &&
	    !crq_put(&v->crq, (u64)CRQ_INIT << 56 | (u64)CRQ_INIT_COMPLETE << 48, 0))
		vscsi_break(v, "the CRQ is full or not mapped");
}

/* A message without an IU; PING is the only one. Under lock. */
static void crq_message(struct vscsi *v, u64 high)
{
	/* the text has it in the third byte, its structure in the fourth */
	for (unsigned int shift = 40; shift >= 32; shift -= 8)
		if (((high >> shift) & 0xff) == CRQ_PING) {
			u64 answer = (high & ~(0xffULL << shift)) | (u64)CRQ_PING_RESPONSE << shift;

			if (!crq_put(&v->crq, answer, 0))
				vscsi_break(v, "the CRQ is full or not mapped");
			return;
		}
}

/* A message with an IU. Under lock. */
static void iu_message(struct vscsi *v, u64 high, u64 low, struct vscsi_request **run)
{
	u8 format = (u8)(high >> 48);
	struct vscsi_msg m = { .at = low, .n = high & 0xffff };

	if (v->state == VSCSI_OPEN) {
		vscsi_break(v, "a message before initialisation");
		return;
	}
	if (m.n < MAD_SIZE || m.n > SRP_IU_MAX) {
		vscsi_break(v, "an IU of impossible length");
		return;
	}
	if (!dma_read(v->dma, ioba_of(m.at), m.iu, m.n)) {
		vscsi_break(v, "an IU is not mapped");
		return;
	}
	m.tag = ld_be64(m.iu + SRP_TAG);
	if (format == MAD_FORMAT)
		vscsi_mad(v, &m);
	else
		vscsi_srp(v, &m, run);
}

/* Under lock. */
static void message(struct vscsi *v, u64 high, u64 low, struct vscsi_request **run)
{
	u8 header = (u8)(high >> 56), format = (u8)(high >> 48);

	if (header == CRQ_INIT)
		init_message(v, format);
	else if (header != CRQ_VALID)
		vscsi_break(v, "a reserved header in a message");
	else if (format == CRQ_FORMAT)
		crq_message(v, high);
	else if (format == SRP_FORMAT || format == MAD_FORMAT)
		iu_message(v, high, low, run);
	else
		vscsi_break(v, "a message of unknown format");
}

enum vio_status vscsi_send_crq(struct vscsi *v, u64 high, u64 low)
{
	struct vscsi_request *run = NULL;
	u8 header = (u8)(high >> 56);

	if (!(header & CRQ_VALID) || header == CRQ_TRANSPORT_EVENT)
		return VIO_PARAMETER;
	lock(v);
	if (v->state == VSCSI_CLOSED || v->state == VSCSI_BROKEN) {
		unlock(v);
		return VIO_CLOSED;
	}
	message(v, high, low, &run);
	unlock(v);
	if (run)
		vscsi_run(run);
	return VIO_SUCCESS;
}

/* ---- life ---- */

static struct vscsi *of(struct device *d)
{
	return CONTAINER_OF(d, struct vscsi, dev);
}

static void quiesce(struct device *d)
{
	struct vscsi *v = of(d);

	lock(v);
	while (v->n_used)
		pthread_cond_wait(&v->idle, &v->lock);
	unlock(v);
}

static void reset(struct device *d)
{
	struct vscsi *v = of(d);

	lock(v);
	end_session(v);
	crq_free(&v->crq);
	v->state = VSCSI_CLOSED;
	v->n_messages = 0;
	unlock(v);
	for (u32 i = 0; i < v->n_disks; i++)
		scsi_lu_reset(&v->disk[i], SENSE_POWER_ON);
}

static void destroy(struct device *d)
{
	struct vscsi *v = of(d);

	for (u32 i = 0; i < v->n_disks; i++)
		block_close(v->disk[i].block);
	pthread_cond_destroy(&v->idle);
	pthread_mutex_destroy(&v->lock);
	free(v);
}

static const struct device_ops ops = {
	.type = "vscsi",
	.reset = reset,
	.quiesce = quiesce,
	.destroy = destroy,
};

struct vscsi *vscsi_new(const struct vio_config *c)
{
	struct vscsi *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->dev.ops = &ops;
	v->dev.log = c->log;
	strncpy(v->dev.id, c->id, sizeof(v->dev.id) - 1);
	v->dma = c->dma;
	crq_init(&v->crq, c->dma, c->line);
	pthread_mutex_init(&v->lock, NULL);
	pthread_cond_init(&v->idle, NULL);
	for (u32 i = 0; i < VSCSI_REQUESTS; i++)
		v->request[i].v = v;
	return v;
}

int vscsi_add_disk(struct vscsi *v, struct block *b, const char *serial)
{
	u32 i = v->n_disks;

	if (i == VSCSI_TARGETS_MAX)
		return -ENOSPC;
	scsi_lu_init(&v->disk[i], b, serial);
	v->luns[8 * i] = (u8)(0x80 | i); /* target i of bus 0, unit 0 */
	v->n_disks++;
	return 0;
}

u32 vscsi_disks(const struct vscsi *v)
{
	return v->n_disks;
}

void vscsi_leave(struct vscsi *v)
{
	lock(v);
	if (v->state != VSCSI_CLOSED && v->state != VSCSI_BROKEN)
		hang_up(v);
	unlock(v);
}

struct device *vscsi_device(struct vscsi *v)
{
	return &v->dev;
}
