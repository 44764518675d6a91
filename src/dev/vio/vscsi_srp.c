// SPDX-License-Identifier: Apache-2.0
/*
 * SRP: login, logout, commands, task management [SRP 16a 6].
 *
 * A block request that was started cannot be called back. So a task management
 * function is answered when the tasks it names have ended by themselves.
 */
#include <string.h>

#include "base/compiler.h"
#include "dev/vio/vscsi_state.h"

/* ---- login ---- */

static void login(struct vscsi *v, struct vscsi_msg *m)
{
	u8 iu[SRP_LOGIN_RSP_SIZE] = { SRP_LOGIN_RSP };
	u16 formats;

	if (v->state == VSCSI_LOGGED_IN || m->n < SRP_LOGIN_REQ_SIZE) {
		vscsi_break(v, "a second or too short SRP login");
		return;
	}
	formats = ld_be16(m->iu + SRP_LOGIN_FORMATS);
	st_be64(iu + SRP_TAG, m->tag);
	st_be16(iu + SRP_LOGIN_FORMATS, SRP_FORMAT_DIRECT | SRP_FORMAT_INDIRECT);
	if (ld_be32(m->iu + SRP_LOGIN_IU_LEN) > SRP_IU_MAX ||
	    formats & ~(SRP_FORMAT_DIRECT | SRP_FORMAT_INDIRECT)) {
		iu[0] = SRP_LOGIN_REJ;
		st_be32(iu + 4, ld_be32(m->iu + SRP_LOGIN_IU_LEN) > SRP_IU_MAX ?
					SRP_REJ_IU_TOO_LARGE :
					SRP_REJ_FORMAT);
		vscsi_answer(v, SRP_FORMAT, m, iu, SRP_LOGIN_REJ_SIZE);
		return;
	}
	v->state = VSCSI_LOGGED_IN;
	/* those of a connection before may still be under way */
	st_be32(iu + SRP_RSP_DELTA, VSCSI_REQUESTS - v->n_used);
	st_be32(iu + 16, SRP_IU_MAX); /* from initiator to target, and back */
	st_be32(iu + 20, SRP_IU_MAX);
	vscsi_answer(v, SRP_FORMAT, m, iu, SRP_LOGIN_RSP_SIZE);
}

/* ---- requests ---- */

static struct vscsi_request *new_request(struct vscsi *v, const struct vscsi_msg *m)
{
	for (u32 i = 0; i < VSCSI_REQUESTS; i++) {
		struct vscsi_request *r = &v->request[i];

		if (r->used)
			continue;
		memset(r, 0, sizeof(*r));
		r->v = v;
		r->used = true;
		r->session = v->session;
		r->seq = v->seq++;
		r->at = m->at;
		r->tag = m->tag;
		v->n_used++;
		return r;
	}
	return NULL;
}

static void free_request(struct vscsi_request *r)
{
	struct vscsi *v = r->v;

	srp_data_free(&r->out);
	srp_data_free(&r->in);
	if (r->is_task_mgmt)
		v->n_task_mgmt--;
	r->used = false;
	if (!--v->n_used)
		pthread_cond_broadcast(&v->idle);
}

static void respond(struct vscsi_request *r, const u8 *iu, u32 n)
{
	struct vscsi_msg m;

	/* only what vscsi_answer looks at; the IU itself is large */
	m.at = r->at;
	m.tag = r->tag;
	if (r->session == r->v->session)
		vscsi_answer(r->v, SRP_FORMAT, &m, iu, n);
}

static void respond_task_mgmt(struct vscsi_request *r, u8 code)
{
	u8 iu[SRP_RSP_SIZE + 4] = { SRP_RSP };

	st_be32(iu + SRP_RSP_DELTA, 1);
	st_be64(iu + SRP_TAG, r->tag);
	iu[SRP_RSP_FLAGS] = SRP_FLAG_RSP;
	st_be32(iu + SRP_RSP_DATA_LEN, 4);
	iu[SRP_RSP_SIZE + 3] = code;
	respond(r, iu, sizeof(iu));
	free_request(r);
}

/* Does task management @f wait for @r? */
static bool waits_for(const struct vscsi_request *f, const struct vscsi_request *r)
{
	if (!r->used || r->is_task_mgmt || r->session != f->session || r->seq > f->seq ||
	    memcmp(r->lun, f->lun, sizeof(r->lun)))
		return false;
	return f->function != SRP_TSK_ABORT_TASK || r->tag == f->task_tag;
}

/* Answers task management that has nothing to wait for any more. Under lock. */
static void check_task_mgmt(struct vscsi *v)
{
	for (u32 i = 0; i < VSCSI_REQUESTS && v->n_task_mgmt; i++) {
		struct vscsi_request *f = &v->request[i];
		bool waits = false;

		if (!f->used || !f->is_task_mgmt)
			continue;
		for (u32 k = 0; k < VSCSI_REQUESTS && !waits; k++)
			waits = waits_for(f, &v->request[k]);
		if (!waits)
			respond_task_mgmt(f, SRP_TSK_COMPLETE);
	}
}

/*
 * The logical unit of an SRP LUN: logical unit addressing (method 2) with
 * target, bus and unit [SAM-2 4.9.4]. NULL: there is none.
 */
static struct scsi_lu *find_lu(struct vscsi *v, const u8 *lun)
{
	static const u8 rest[6];

	if (lun[0] >> 6 != 2 || lun[1] || memcmp(lun + 2, rest, sizeof(rest)) ||
	    (lun[0] & 0x3f) >= v->n_disks)
		return NULL;
	return &v->disk[lun[0] & 0x3f];
}

/* ---- commands ---- */

static struct vscsi_request *of(struct scsi_task *t)
{
	return CONTAINER_OF(t, struct vscsi_request, task);
}

/* Is the guest still there that asked for this? */
static bool wanted(const struct vscsi_request *r)
{
	return __atomic_load_n(&r->v->session, __ATOMIC_SEQ_CST) == r->session;
}

static bool put(struct scsi_task *t, u64 at, const void *buf, size_t n)
{
	struct vscsi_request *r = of(t);

	return wanted(r) && srp_write(r->v->dma, &r->in, at, buf, n);
}

static bool get(struct scsi_task *t, u64 at, void *buf, size_t n)
{
	struct vscsi_request *r = of(t);

	return wanted(r) && srp_read(r->v->dma, &r->out, at, buf, n);
}

static u32 clamp32(u64 v)
{
	return v > 0xffffffff ? 0xffffffff : (u32)v;
}

static void done(struct scsi_task *t)
{
	struct vscsi_request *r = of(t);
	struct vscsi *v = r->v;
	u8 iu[SRP_RSP_SIZE + SCSI_SENSE_SIZE] = { SRP_RSP };

	st_be32(iu + SRP_RSP_DELTA, 1);
	st_be64(iu + SRP_TAG, r->tag);
	iu[SRP_RSP_STATUS] = t->status;
	if (r->out.length > t->out_done) {
		iu[SRP_RSP_FLAGS] |= SRP_FLAG_OUT_UNDER;
		st_be32(iu + SRP_RSP_OUT_RESIDUAL, clamp32(r->out.length - t->out_done));
	}
	if (r->in.length > t->in_done) {
		iu[SRP_RSP_FLAGS] |= SRP_FLAG_IN_UNDER;
		st_be32(iu + SRP_RSP_IN_RESIDUAL, clamp32(r->in.length - t->in_done));
	}
	if (t->sense_len) {
		iu[SRP_RSP_FLAGS] |= SRP_FLAG_SENSE;
		st_be32(iu + SRP_RSP_SENSE_LEN, t->sense_len);
		memcpy(iu + SRP_RSP_SIZE, t->sense, t->sense_len);
	}
	pthread_mutex_lock(&v->lock);
	respond(r, iu, SRP_RSP_SIZE + t->sense_len);
	free_request(r);
	check_task_mgmt(v);
	pthread_mutex_unlock(&v->lock);
}

void vscsi_run(struct vscsi_request *r)
{
	static const u8 nothing[8], unit_0[8];
	struct vscsi *v = r->v;
	struct scsi_lu *lu = find_lu(v, r->lun);

	r->task.in_len = r->in.length;
	r->task.out_len = r->out.length;
	r->task.put = put;
	r->task.get = get;
	r->task.done = done;
	if (lu) {
		r->task.luns = unit_0;
		r->task.n_luns = 1;
	} else if (!memcmp(r->lun, nothing, sizeof(nothing))) {
		/* LUN 0: the adapter itself lists what it has */
		r->task.luns = v->luns;
		r->task.n_luns = v->n_disks;
	}
	scsi_execute(lu, &r->task);
}

static void command(struct vscsi *v, struct vscsi_msg *m, struct vscsi_request **run)
{
	struct vscsi_request *r;

	if (m->n < SRP_CMD_SIZE) {
		vscsi_break(v, "an SRP command that is too short");
		return;
	}
	r = new_request(v, m);
	if (!r) {
		vscsi_break(v, "more requests than were granted");
		return;
	}
	memcpy(r->lun, m->iu + SRP_CMD_LUN, sizeof(r->lun));
	memcpy(r->task.cdb, m->iu + SRP_CMD_CDB, sizeof(r->task.cdb));
	if (!srp_buffers(v->dma, m->iu, m->n, &r->out, &r->in)) {
		free_request(r);
		vscsi_break(v, "malformed data buffer descriptors");
		return;
	}
	*run = r;
}

/* ---- task management ---- */

static void task_mgmt(struct vscsi *v, struct vscsi_msg *m)
{
	struct vscsi_request *r = m->n < SRP_TSK_SIZE ? NULL : new_request(v, m);
	struct scsi_lu *lu;

	if (!r) {
		vscsi_break(v, m->n < SRP_TSK_SIZE ? "task management that is too short" :
						     "more requests than were granted");
		return;
	}
	r->is_task_mgmt = true;
	v->n_task_mgmt++;
	memcpy(r->lun, m->iu + SRP_TSK_LUN, sizeof(r->lun));
	r->function = m->iu[SRP_TSK_FUNCTION];
	r->task_tag = ld_be64(m->iu + SRP_TSK_TAG);
	lu = find_lu(v, r->lun);
	switch (r->function) {
	case SRP_TSK_LUN_RESET:
		if (lu)
			scsi_lu_reset(lu, SENSE_DEVICE_RESET);
		break;
	case SRP_TSK_ABORT_TASK:
	case SRP_TSK_ABORT_TASK_SET:
	case SRP_TSK_CLEAR_TASK_SET:
		break;
	default:
		respond_task_mgmt(r, SRP_TSK_NOT_SUPPORTED);
		return;
	}
	if (!lu)
		respond_task_mgmt(r, SRP_TSK_FIELDS_INVALID);
	else
		check_task_mgmt(v);
}

void vscsi_srp(struct vscsi *v, struct vscsi_msg *m, struct vscsi_request **run)
{
	u8 opcode = m->iu[0];

	if (opcode == SRP_LOGIN_REQ) {
		login(v, m);
		return;
	}
	/* SLOF sends commands without any login */
	if (v->state != VSCSI_LOGGED_IN && !(v->state == VSCSI_READY && opcode == SRP_CMD)) {
		vscsi_break(v, "an SRP request before login");
		return;
	}
	switch (opcode) {
	case SRP_CMD:
		command(v, m, run);
		break;
	case SRP_TSK_MGMT:
		task_mgmt(v, m);
		break;
	case SRP_I_LOGOUT:
		__atomic_fetch_add(&v->session, 1, __ATOMIC_SEQ_CST);
		v->state = VSCSI_OPEN;
		break;
	default:
		vscsi_break(v, "an unknown SRP request");
	}
}
