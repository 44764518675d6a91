// SPDX-License-Identifier: Apache-2.0
/*
 * Dispatch of SCSI commands, sense data, and the commands that move no data of
 * the medium.
 */
#include "dev/scsi/scsi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/endian.h"
#include "dev/scsi/task.h"

#define ATTENTION 1u
#define NO_LU 2u
#define MEDIUM 4u
#define WRITES 8u
#define ATTRS(x) (x)

struct command {
	u8 opcode, attrs;
	void (*handler)(struct scsi_task *t);
	const char *name;
};

static const struct command commands[] = {
#define SCSI(op, id, fn, attrs_, spec) { op, attrs_, fn, #id },
#include "dev/scsi/cmd.def"
#undef SCSI
};

static const struct command *find(u8 opcode)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].opcode == opcode)
			return &commands[i];
	return NULL;
}

const char *scsi_name(u8 opcode)
{
	const struct command *c = find(opcode);

	return c ? c->name : NULL;
}

/* ---- ends of tasks ---- */

void scsi_fixed_sense(u8 out[SCSI_SENSE_SIZE], u32 sense)
{
	memset(out, 0, SCSI_SENSE_SIZE);
	out[0] = 0x70; /* current error, fixed format [SPC-4 4.5.3] */
	out[2] = (sense >> 16) & 0xf;
	out[7] = SCSI_SENSE_SIZE - 8;
	out[12] = (u8)(sense >> 8);
	out[13] = (u8)sense;
}

static void finish(struct scsi_task *t, u8 status)
{
	t->status = status;
	free(t->param);
	t->param = NULL;
	t->done(t);
}

void task_good(struct scsi_task *t)
{
	finish(t, SCSI_GOOD);
}

void task_fail(struct scsi_task *t, enum scsi_sense sense)
{
	scsi_fixed_sense(t->sense, sense);
	t->sense_len = SCSI_SENSE_SIZE;
	finish(t, SCSI_CHECK_CONDITION);
}

void task_bad_field(struct scsi_task *t, unsigned int byte)
{
	scsi_fixed_sense(t->sense, SENSE_INVALID_FIELD_IN_CDB);
	t->sense[15] = 0xc0; /* the field pointer is valid and points into the CDB */
	st_be16(&t->sense[16], (u16)byte);
	t->sense_len = SCSI_SENSE_SIZE;
	finish(t, SCSI_CHECK_CONDITION);
}

void task_data(struct scsi_task *t, const void *buf, size_t n, u64 alloc)
{
	if (n > alloc)
		n = alloc;
	if (n > t->in_len)
		n = t->in_len;
	if (n && !t->put(t, 0, buf, n)) {
		task_fail(t, SENSE_DATA_PHASE_ERROR);
		return;
	}
	t->in_done = n;
	task_good(t);
}

enum scsi_sense task_sense_of(const struct block_request *r)
{
	switch (r->status) {
	case -EFAULT:
		return SENSE_DATA_PHASE_ERROR;
	case -EINVAL:
		return SENSE_LBA_OUT_OF_RANGE;
	case -EROFS:
		return SENSE_WRITE_PROTECTED;
	case -ENOSPC:
	case -EDQUOT:
		return SENSE_SPACE_ALLOCATION_FAILED;
	case -EIO:
		return r->op == BLOCK_READ ? SENSE_READ_ERROR : SENSE_WRITE_ERROR;
	default:
		return SENSE_INTERNAL_FAILURE;
	}
}

/* ---- logical units ---- */

void scsi_lu_init(struct scsi_lu *lu, struct block *b, const char *serial)
{
	memset(lu, 0, sizeof(*lu));
	lu->block = b;
	snprintf(lu->serial, sizeof(lu->serial), "%s", serial);
	lu->attention = SENSE_POWER_ON;
}

void scsi_lu_reset(struct scsi_lu *lu, enum scsi_sense why)
{
	__atomic_store_n(&lu->stopped, false, __ATOMIC_SEQ_CST);
	__atomic_store_n(&lu->attention, (u32)why, __ATOMIC_SEQ_CST);
}

u32 scsi_take_attention(struct scsi_lu *lu)
{
	return __atomic_exchange_n(&lu->attention, (u32)SENSE_NONE, __ATOMIC_SEQ_CST);
}

void scsi_execute(struct scsi_lu *lu, struct scsi_task *t)
{
	const struct command *c = find(t->cdb[0]);
	u32 attention;

	t->lu = lu;
	t->status = SCSI_GOOD;
	t->sense_len = 0;
	t->in_done = t->out_done = 0;
	t->miscompare = false;
	t->param = NULL;
	if (!lu && (!c || !(c->attrs & NO_LU))) {
		task_fail(t, SENSE_LUN_NOT_SUPPORTED);
		return;
	}
	if (lu && (!c || !(c->attrs & ATTENTION))) {
		attention = scsi_take_attention(lu);
		if (attention) {
			task_fail(t, attention);
			return;
		}
	}
	if (!c)
		task_fail(t, SENSE_INVALID_OPCODE);
	else if (lu && c->attrs & MEDIUM && __atomic_load_n(&lu->stopped, __ATOMIC_SEQ_CST))
		task_fail(t, SENSE_NOT_READY_STOPPED);
	else if (lu && c->attrs & WRITES && block_readonly(lu->block))
		task_fail(t, SENSE_WRITE_PROTECTED);
	else
		c->handler(t);
}

/* ---- commands ---- */

void scsi_test_unit_ready(struct scsi_task *t)
{
	task_good(t);
}

void scsi_request_sense(struct scsi_task *t)
{
	u32 sense = t->lu ? scsi_take_attention(t->lu) : (u32)SENSE_LUN_NOT_SUPPORTED;
	u8 data[SCSI_SENSE_SIZE];

	if (t->cdb[1] & 1) { /* DESC: descriptor format [SPC-4 4.5.2] */
		const u8 desc[8] = { 0x72, (u8)(sense >> 16), (u8)(sense >> 8), (u8)sense };

		task_data(t, desc, sizeof(desc), t->cdb[4]);
		return;
	}
	scsi_fixed_sense(data, sense);
	task_data(t, data, sizeof(data), t->cdb[4]);
}

void scsi_start_stop_unit(struct scsi_task *t)
{
	u8 power = t->cdb[4] >> 4;

	/* 1 ACTIVE, 2 IDLE, 3 STANDBY, 7 and up: timers; nothing to do for a file */
	if (power) {
		if (power > 3)
			task_bad_field(t, 4);
		else
			task_good(t);
		return;
	}
	if (!(t->cdb[4] & 2)) /* LOEJ has no meaning for a fixed medium */
		__atomic_store_n(&t->lu->stopped, !(t->cdb[4] & 1), __ATOMIC_SEQ_CST);
	task_good(t);
}

void scsi_report_luns(struct scsi_task *t)
{
	u8 head[8] = { 0 };
	u64 alloc = ld_be32(&t->cdb[6]), n = 0, list;

	/* 0: addressable, 1: well-known (none), 2: all [SPC-4 6.33] */
	if (t->cdb[2] > 2) {
		task_bad_field(t, 2);
		return;
	}
	if (alloc > t->in_len)
		alloc = t->in_len;
	list = t->cdb[2] == 1 ? 0 : t->n_luns * 8ULL;
	st_be32(head, (u32)list);
	n = alloc < sizeof(head) ? alloc : sizeof(head);
	if (alloc - n < list)
		list = alloc - n;
	if ((n && !t->put(t, 0, head, n)) || (list && !t->put(t, n, t->luns, list))) {
		task_fail(t, SENSE_DATA_PHASE_ERROR);
		return;
	}
	t->in_done = n + list;
	task_good(t);
}

void scsi_read_capacity_10(struct scsi_task *t)
{
	u64 last = block_sectors(t->lu->block) - 1;
	u8 data[8];

	st_be32(data, last > 0xffffffff ? 0xffffffff : (u32)last);
	st_be32(data + 4, SCSI_BLOCK);
	task_data(t, data, sizeof(data), sizeof(data));
}

#define READ_CAPACITY_16 0x10

void scsi_service_action_in(struct scsi_task *t)
{
	u8 data[32] = { 0 };
	unsigned int exponent = 0;

	if ((t->cdb[1] & 0x1f) != READ_CAPACITY_16) {
		task_bad_field(t, 1);
		return;
	}
	while (exponent < 15 && SCSI_BLOCK << exponent < block_physical_size(t->lu->block))
		exponent++;
	st_be64(data, block_sectors(t->lu->block) - 1);
	st_be32(data + 8, SCSI_BLOCK);
	data[13] = (u8)exponent;
	if (block_can_discard(t->lu->block))
		data[14] = 0x80; /* LBPME; unmapped blocks may read as anything */
	task_data(t, data, sizeof(data), ld_be32(&t->cdb[10]));
}
