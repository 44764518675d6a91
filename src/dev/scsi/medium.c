// SPDX-License-Identifier: Apache-2.0
/*
 * Commands that go to the back end: READ, WRITE, VERIFY, SYNCHRONIZE CACHE,
 * WRITE SAME, UNMAP [SBC-3 5]. Each becomes one block request, UNMAP one after
 * the other.
 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/endian.h"
#include "dev/scsi/task.h"

#define IS_WRITE(opcode) (((opcode)&0x0f) == 0x0a)

static struct scsi_task *task_of(struct block_request *r)
{
	return CONTAINER_OF(r, struct scsi_task, req);
}

/* Are @n blocks from @lba on the medium? Zero blocks at its end are. */
static bool in_range(const struct scsi_task *t, u64 lba, u64 n)
{
	u64 size = block_sectors(t->lu->block);

	return lba <= size && n <= size - lba;
}

static void submit(struct scsi_task *t, enum block_op op, u64 lba, u64 n)
{
	t->req.op = op;
	t->req.offset = lba * SCSI_BLOCK;
	t->req.length = n * SCSI_BLOCK;
	t->bytes = t->req.length;
	block_submit(t->lu->block, &t->req);
}

/* ---- READ and WRITE ---- */

static bool copy_read(struct block_request *r, u64 at, void *buf, size_t n)
{
	struct scsi_task *t = task_of(r);

	return t->put(t, at, buf, n);
}

static bool copy_write(struct block_request *r, u64 at, void *buf, size_t n)
{
	struct scsi_task *t = task_of(r);

	return t->get(t, at, buf, n);
}

static void rw_done(struct block_request *r)
{
	struct scsi_task *t = task_of(r);

	if (r->status) {
		task_fail(t, task_sense_of(r));
		return;
	}
	if (r->op == BLOCK_READ)
		t->in_done = t->bytes;
	else
		t->out_done = t->bytes;
	task_good(t);
}

static void rw(struct scsi_task *t, u64 lba, u64 n)
{
	bool write = IS_WRITE(t->cdb[0]);

	if (!in_range(t, lba, n)) {
		task_fail(t, SENSE_LBA_OUT_OF_RANGE);
		return;
	}
	if (!n) {
		task_good(t);
		return;
	}
	/* a data buffer shorter than the command says */
	if (n * SCSI_BLOCK > (write ? t->out_len : t->in_len)) {
		task_fail(t, SENSE_DATA_PHASE_ERROR);
		return;
	}
	t->req = (struct block_request){
		.stable = write && t->cdb[0] != 0x0a && t->cdb[1] & 0x08, /* FUA */
		.copy = write ? copy_write : copy_read,
		.done = rw_done,
	};
	submit(t, write ? BLOCK_WRITE : BLOCK_READ, lba, n);
}

void scsi_rw_6(struct scsi_task *t)
{
	rw(t, ld_be32(t->cdb) & 0x1fffff, t->cdb[4] ? t->cdb[4] : 256);
}

/* RDPROTECT, WRPROTECT, VRPROTECT: no protection information here. */
static bool protection(struct scsi_task *t)
{
	if (!(t->cdb[1] & 0xe0))
		return false;
	task_bad_field(t, 1);
	return true;
}

void scsi_rw_10(struct scsi_task *t)
{
	if (!protection(t))
		rw(t, ld_be32(&t->cdb[2]), ld_be16(&t->cdb[7]));
}

void scsi_rw_12(struct scsi_task *t)
{
	if (!protection(t))
		rw(t, ld_be32(&t->cdb[2]), ld_be32(&t->cdb[6]));
}

void scsi_rw_16(struct scsi_task *t)
{
	if (!protection(t))
		rw(t, ld_be64(&t->cdb[2]), ld_be32(&t->cdb[10]));
}

/* LBA and count of a command of 10, 12 or 16 bytes. */
static void range_of(const struct scsi_task *t, u64 *lba, u64 *n)
{
	switch (t->cdb[0] >> 5) {
	case 4: /* 16 bytes */
		*lba = ld_be64(&t->cdb[2]);
		*n = ld_be32(&t->cdb[10]);
		break;
	case 5: /* 12 bytes */
		*lba = ld_be32(&t->cdb[2]);
		*n = ld_be32(&t->cdb[6]);
		break;
	default:
		*lba = ld_be32(&t->cdb[2]);
		*n = ld_be16(&t->cdb[7]);
	}
}

/* ---- VERIFY ---- */

static bool copy_compare(struct block_request *r, u64 at, void *buf, size_t n)
{
	struct scsi_task *t = task_of(r);
	const u8 *have = buf;
	u8 want[SCSI_BLOCK];

	for (size_t i = 0; i < n && !t->miscompare; i += sizeof(want)) {
		size_t k = n - i < sizeof(want) ? n - i : sizeof(want);

		if (!t->get(t, at + i, want, k))
			return false;
		if (memcmp(have + i, want, k))
			t->miscompare = true;
	}
	return true;
}

static bool copy_nothing(struct block_request *r UNUSED, u64 at UNUSED, void *buf UNUSED,
			 size_t n UNUSED)
{
	return true;
}

static void verify_done(struct block_request *r)
{
	struct scsi_task *t = task_of(r);

	if (r->status)
		task_fail(t, task_sense_of(r));
	else if (t->miscompare)
		task_fail(t, SENSE_MISCOMPARE);
	else
		task_good(t);
}

void scsi_verify(struct scsi_task *t)
{
	u8 bytchk = (t->cdb[1] >> 1) & 3;
	u64 lba, n;

	if (protection(t))
		return;
	range_of(t, &lba, &n);
	if (bytchk > 1) {
		task_bad_field(t, 1);
		return;
	}
	if (!in_range(t, lba, n)) {
		task_fail(t, SENSE_LBA_OUT_OF_RANGE);
		return;
	}
	if (!n) {
		task_good(t);
		return;
	}
	if (bytchk && n * SCSI_BLOCK > t->out_len) {
		task_fail(t, SENSE_DATA_PHASE_ERROR);
		return;
	}
	t->req = (struct block_request){
		.copy = bytchk ? copy_compare : copy_nothing,
		.done = verify_done,
	};
	if (bytchk)
		t->out_done = n * SCSI_BLOCK;
	submit(t, BLOCK_READ, lba, n);
}

/* ---- SYNCHRONIZE CACHE ---- */

static void plain_done(struct block_request *r)
{
	struct scsi_task *t = task_of(r);

	if (r->status)
		task_fail(t, task_sense_of(r));
	else
		task_good(t);
}

void scsi_synchronize_cache(struct scsi_task *t)
{
	u64 lba, n;

	range_of(t, &lba, &n);
	if (!in_range(t, lba, n)) {
		task_fail(t, SENSE_LBA_OUT_OF_RANGE);
		return;
	}
	t->req = (struct block_request){ .done = plain_done };
	submit(t, BLOCK_FLUSH, 0, 0);
}

/* ---- WRITE SAME ---- */

static bool copy_same(struct block_request *r, u64 at, void *buf, size_t n)
{
	struct scsi_task *t = task_of(r);
	u8 *to = buf;

	for (size_t i = 0; i < n; i++)
		to[i] = t->param[(at + i) % SCSI_BLOCK];
	return true;
}

/* The block that is to be written, in t->param. False: the task has ended. */
static bool same_block(struct scsi_task *t, bool none)
{
	t->param = calloc(1, SCSI_BLOCK);
	if (!t->param) {
		task_fail(t, SENSE_INTERNAL_FAILURE);
		return false;
	}
	if (none) /* NDOB: zeroes */
		return true;
	if (t->out_len < SCSI_BLOCK || !t->get(t, 0, t->param, SCSI_BLOCK)) {
		task_fail(t, SENSE_DATA_PHASE_ERROR);
		return false;
	}
	t->out_done = SCSI_BLOCK;
	return true;
}

void scsi_write_same(struct scsi_task *t)
{
	static const u8 zero[SCSI_BLOCK];
	bool none = t->cdb[0] == 0x93 && t->cdb[1] & 1;
	u64 lba, n;

	if (protection(t))
		return;
	if (t->cdb[1] & 0x10) { /* ANCHOR */
		task_bad_field(t, 1);
		return;
	}
	range_of(t, &lba, &n);
	if (!n || n > WRITE_SAME_MAX) {
		task_bad_field(t, t->cdb[0] == 0x93 ? 10 : 7);
		return;
	}
	if (!in_range(t, lba, n)) {
		task_fail(t, SENSE_LBA_OUT_OF_RANGE);
		return;
	}
	if (!same_block(t, none))
		return;
	t->req = (struct block_request){
		.unmap = t->cdb[1] & 0x08,
		.copy = copy_same,
		.done = plain_done,
	};
	submit(t, memcmp(t->param, zero, SCSI_BLOCK) ? BLOCK_WRITE : BLOCK_WRITE_ZEROES, lba, n);
}

/* ---- UNMAP ---- */

static void unmap_next(struct scsi_task *t);

static void unmap_done(struct block_request *r)
{
	struct scsi_task *t = task_of(r);

	if (r->status)
		task_fail(t, task_sense_of(r));
	else
		unmap_next(t);
}

static void unmap_next(struct scsi_task *t)
{
	while (t->next_param < t->n_param) {
		const u8 *d = t->param + 16 * (size_t)t->next_param++;

		if (!ld_be32(d + 8))
			continue;
		t->req = (struct block_request){ .unmap = true, .done = unmap_done };
		submit(t, BLOCK_DISCARD, ld_be64(d), ld_be32(d + 8));
		return;
	}
	task_good(t);
}

/* All ranges are good, before any is touched. */
static bool unmap_check(struct scsi_task *t)
{
	u64 total = 0;

	for (u32 i = 0; i < t->n_param; i++) {
		const u8 *d = t->param + 16 * (size_t)i;

		total += ld_be32(d + 8);
		if (!in_range(t, ld_be64(d), ld_be32(d + 8))) {
			task_fail(t, SENSE_LBA_OUT_OF_RANGE);
			return false;
		}
	}
	if (t->n_param > UNMAP_DESCRIPTORS_MAX || total > UNMAP_BLOCKS_MAX) {
		task_fail(t, SENSE_INVALID_FIELD_IN_PARAMETERS);
		return false;
	}
	return true;
}

void scsi_unmap(struct scsi_task *t)
{
	u32 n = ld_be16(&t->cdb[7]);
	u8 head[8];
	u32 list;

	if (t->cdb[1] & 1 || !block_can_discard(t->lu->block)) { /* ANCHOR */
		task_bad_field(t, 1);
		return;
	}
	if (!n) {
		task_good(t);
		return;
	}
	if (n < sizeof(head)) {
		task_fail(t, SENSE_PARAMETER_LIST_LENGTH);
		return;
	}
	if (n > t->out_len || !t->get(t, 0, head, sizeof(head))) {
		task_fail(t, SENSE_DATA_PHASE_ERROR);
		return;
	}
	list = ld_be16(head + 2) & ~15u;
	if (list > n - sizeof(head))
		list = (n - (u32)sizeof(head)) & ~15u;
	t->n_param = list / 16;
	t->next_param = 0;
	t->param = list ? malloc(list) : NULL;
	if (list && (!t->param || !t->get(t, sizeof(head), t->param, list))) {
		task_fail(t, t->param ? SENSE_DATA_PHASE_ERROR : SENSE_INTERNAL_FAILURE);
		return;
	}
	t->out_done = sizeof(head) + list;
	if (unmap_check(t))
		unmap_next(t);
}
