// SPDX-License-Identifier: Apache-2.0
/*
 * SCSI commands against a disk in a file: data, residuals, sense data.
 */
#include "vio_test.h"

#include "dev/scsi/scsi.h"

#define DISK (1u << 20)
#define LAST (DISK / SCSI_BLOCK - 1)

struct unit {
	struct scsi_lu lu;
	int fd;
	u8 data[1 << 16]; /* the initiator's buffer, in both directions */
	struct scsi_task t;
	bool refuse; /* the initiator's memory refuses */
	int done;    /* atomic */
};

static bool put(struct scsi_task *t, u64 at, const void *buf, size_t n)
{
	struct unit *u = CONTAINER_OF(t, struct unit, t);

	assert_true(at + n <= t->in_len);
	if (!u->refuse)
		memcpy(u->data + at, buf, n);
	return !u->refuse;
}

static bool get(struct scsi_task *t, u64 at, void *buf, size_t n)
{
	struct unit *u = CONTAINER_OF(t, struct unit, t);

	assert_true(at + n <= t->out_len);
	if (!u->refuse)
		memcpy(buf, u->data + at, n);
	return !u->refuse;
}

static void done(struct scsi_task *t)
{
	struct unit *u = CONTAINER_OF(t, struct unit, t);

	__atomic_fetch_add(&u->done, 1, __ATOMIC_SEQ_CST);
}

static void run_on(struct unit *u, struct scsi_lu *lu, u64 in, u64 out, const u8 *cdb, size_t n)
{
	static const u8 unit_0[8];

	memset(&u->t, 0, sizeof(u->t));
	memcpy(u->t.cdb, cdb, n);
	u->t.in_len = in;
	u->t.out_len = out;
	u->t.put = put;
	u->t.get = get;
	u->t.done = done;
	u->t.luns = unit_0;
	u->t.n_luns = 1;
	u->done = 0;
	scsi_execute(lu, &u->t);
	for (int i = 0; i < 5000 && !__atomic_load_n(&u->done, __ATOMIC_SEQ_CST); i++)
		a_moment();
	assert_int_equal(u->done, 1);
}

#define RUN(u, in, out, ...)                                      \
	run_on(u, &(u)->lu, in, out, (const u8[]){ __VA_ARGS__ }, \
	       sizeof((const u8[]){ __VA_ARGS__ }))

static u32 sense_of(const struct unit *u)
{
	if (u->t.status == SCSI_GOOD)
		return 0;
	assert_int_equal(u->t.status, SCSI_CHECK_CONDITION);
	assert_int_equal(u->t.sense_len, SCSI_SENSE_SIZE);
	assert_int_equal(u->t.sense[0], 0x70);
	return (u32)u->t.sense[2] << 16 | (u32)u->t.sense[12] << 8 | u->t.sense[13];
}

#define GOOD(u, ...)                                       \
	do {                                               \
		RUN(u, __VA_ARGS__);                       \
		assert_int_equal(sense_of(u), SENSE_NONE); \
	} while (0)
#define SENSE(u, sense, ...)                          \
	do {                                          \
		RUN(u, __VA_ARGS__);                  \
		assert_int_equal(sense_of(u), sense); \
	} while (0)
/* INVALID FIELD IN CDB that points at @byte. */
#define BAD(u, byte, ...)                                           \
	do {                                                        \
		SENSE(u, SENSE_INVALID_FIELD_IN_CDB, __VA_ARGS__);  \
		assert_int_equal((u)->t.sense[15], 0xc0);           \
		assert_int_equal(ld_be16(&(u)->t.sense[16]), byte); \
	} while (0)

static struct unit *open_unit(bool readonly)
{
	struct unit *u = test_calloc(1, sizeof(*u));

	scsi_lu_init(&u->lu, test_disk(DISK, readonly, &u->fd), "disk0");
	SENSE(u, SENSE_POWER_ON, 0, 0, 0x00);
	GOOD(u, 0, 0, 0x00);
	return u;
}

static void close_unit(struct unit *u)
{
	block_close(u->lu.block);
	close(u->fd);
	test_free(u);
}

static void test_attention(void **state UNUSED)
{
	struct unit *u = open_unit(false);

	scsi_lu_reset(&u->lu, SENSE_DEVICE_RESET);
	/* not taken by these */
	GOOD(u, 96, 0, 0x12, 0, 0, 0, 96, 0);
	GOOD(u, 16, 0, 0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16);
	SENSE(u, SENSE_DEVICE_RESET, 0, 0, 0x00);
	GOOD(u, 0, 0, 0x00);
	/* REQUEST SENSE gives it as data, once */
	scsi_lu_reset(&u->lu, SENSE_POWER_ON);
	GOOD(u, 18, 0, 0x03, 0, 0, 0, 18, 0);
	assert_int_equal(u->data[2], 6);
	assert_int_equal(u->data[12], 0x29);
	GOOD(u, 8, 0, 0x03, 1, 0, 0, 252, 0);
	assert_int_equal(u->t.in_done, 8);
	assert_int_equal(u->data[0], 0x72);
	assert_int_equal(u->data[1], 0);
	/* an unknown command takes it as well */
	scsi_lu_reset(&u->lu, SENSE_POWER_ON);
	SENSE(u, SENSE_POWER_ON, 0, 0, 0xff);
	SENSE(u, SENSE_INVALID_OPCODE, 0, 0, 0xff);
	close_unit(u);
}

static void test_inquiry(void **state UNUSED)
{
	struct unit *u = open_unit(false);

	GOOD(u, 255, 0, 0x12, 0, 0, 0, 255, 0);
	assert_int_equal(u->t.in_done, u->data[4] + 5);
	assert_int_equal(u->data[0], 0);
	assert_memory_equal(u->data + 8, "HYPAR   VDISK           ", 24);
	/* not more than was allowed, by the command or by the buffer */
	GOOD(u, 255, 0, 0x12, 0, 0, 0, 5, 0);
	assert_int_equal(u->t.in_done, 5);
	GOOD(u, 7, 0, 0x12, 0, 0, 0, 255, 0);
	assert_int_equal(u->t.in_done, 7);
	GOOD(u, 0, 0, 0x12, 0, 0, 0, 0, 0);
	BAD(u, 2, 255, 0, 0x12, 0, 1, 0, 255, 0);
	/* where there is no unit */
	run_on(u, NULL, 255, 0, (const u8[]){ 0x12, 0, 0, 0, 255, 0 }, 6);
	assert_int_equal(u->t.status, SCSI_GOOD);
	assert_int_equal(u->data[0], 0x7f);
	run_on(u, NULL, 0, 0, (const u8[]){ 0 }, 1);
	assert_int_equal(sense_of(u), SENSE_LUN_NOT_SUPPORTED);
	u->refuse = true;
	SENSE(u, SENSE_DATA_PHASE_ERROR, 96, 0, 0x12, 0, 0, 0, 96, 0);
	close_unit(u);
}

static void test_vital_data(void **state UNUSED)
{
	static const u8 pages[] = { 0x00, 0x80, 0x83, 0xb0, 0xb1, 0xb2 };
	struct unit *u = open_unit(false);

	for (size_t i = 0; i < sizeof(pages); i++) {
		GOOD(u, 255, 0, 0x12, 1, pages[i], 0, 255, 0);
		assert_int_equal(u->data[1], pages[i]);
		assert_int_equal(u->t.in_done, ld_be16(u->data + 2) + 4);
	}
	GOOD(u, 255, 0, 0x12, 1, 0x00, 0, 255, 0);
	assert_memory_equal(u->data + 4, pages, sizeof(pages));
	GOOD(u, 255, 0, 0x12, 1, 0x80, 0, 255, 0);
	assert_memory_equal(u->data + 4, "disk0", 5);
	GOOD(u, 255, 0, 0x12, 1, 0x83, 0, 255, 0);
	assert_memory_equal(u->data + 8, "HYPAR   disk0", 13);
	GOOD(u, 255, 0, 0x12, 1, 0xb0, 0, 255, 0);
	assert_int_equal(u->t.in_done, 64);
	GOOD(u, 255, 0, 0x12, 1, 0xb1, 0, 255, 0);
	assert_int_equal(ld_be16(u->data + 4), 1);
	BAD(u, 2, 255, 0, 0x12, 1, 0xc0, 0, 255, 0);
	close_unit(u);
}

static void test_capacity(void **state UNUSED)
{
	struct unit *u = open_unit(false);

	GOOD(u, 8, 0, 0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	assert_int_equal(ld_be32(u->data), LAST);
	assert_int_equal(ld_be32(u->data + 4), SCSI_BLOCK);
	GOOD(u, 32, 0, 0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32);
	assert_int_equal(ld_be64(u->data), LAST);
	assert_int_equal(ld_be32(u->data + 8), SCSI_BLOCK);
	assert_int_equal(u->t.in_done, 32);
	BAD(u, 1, 32, 0, 0x9e, 0x12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32);
	close_unit(u);
}

static void test_mode_sense(void **state UNUSED)
{
	struct unit *u = open_unit(false), *ro = open_unit(true);

	GOOD(u, 255, 0, 0x1a, 0, 0x3f, 0, 255, 0);
	assert_int_equal(u->t.in_done, u->data[0] + 1);
	assert_int_equal(u->data[2], 0x10);
	assert_int_equal(u->data[3], 8);
	assert_int_equal(ld_be32(u->data + 4), LAST + 1);
	/* without the block descriptor: the caching page with WCE */
	GOOD(u, 255, 0, 0x1a, 8, 0x08, 0, 255, 0);
	assert_int_equal(u->t.in_done, 4 + 20);
	assert_int_equal(u->data[4], 0x08);
	assert_int_equal(u->data[6], 0x04);
	/* changeable: nothing is */
	GOOD(u, 255, 0, 0x1a, 8, 0x48, 0, 255, 0);
	assert_int_equal(u->data[6], 0);
	GOOD(u, 255, 0, 0x5a, 0x10, 0x3f, 0xff, 0, 0, 0, 0, 255, 0);
	assert_int_equal(u->t.in_done, ld_be16(u->data) + 2);
	assert_int_equal(u->data[4], 1);
	assert_int_equal(ld_be16(u->data + 6), 16);
	assert_int_equal(ld_be64(u->data + 8), LAST + 1);
	SENSE(u, SENSE_SAVING_NOT_SUPPORTED, 255, 0, 0x1a, 0, 0xc8, 0, 255, 0);
	BAD(u, 2, 255, 0, 0x1a, 0, 0x02, 0, 255, 0);
	BAD(u, 3, 255, 0, 0x1a, 0, 0x08, 1, 255, 0);
	GOOD(ro, 255, 0, 0x1a, 0, 0x3f, 0, 255, 0);
	assert_int_equal(ro->data[2], 0x90);
	close_unit(ro);
	close_unit(u);
}

static void test_read_write(void **state UNUSED)
{
	struct unit *u = open_unit(false);
	u8 back[4096];

	for (size_t i = 0; i < sizeof(back); i++)
		u->data[i] = (u8)(i * 7);
	memcpy(back, u->data, sizeof(back));
	/* each length of command, at its own place */
	GOOD(u, 0, 4096, 0x0a, 0, 0, 8, 8, 0);
	GOOD(u, 0, 4096, 0x2a, 8, 0, 0, 0, 16, 0, 0, 8, 0);
	GOOD(u, 0, 4096, 0xaa, 0, 0, 0, 0, 24, 0, 0, 0, 8, 0, 0);
	GOOD(u, 0, 4096, 0x8a, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 8, 0, 0);
	assert_int_equal(u->t.out_done, 4096);
	for (int lba = 8; lba <= 32; lba += 8) {
		u8 disk[4096];

		assert_int_equal(pread(u->fd, disk, sizeof(disk), lba * 512), sizeof(disk));
		assert_memory_equal(disk, back, sizeof(disk));
	}
	memset(u->data, 0, sizeof(u->data));
	GOOD(u, 8192, 0, 0x28, 0, 0, 0, 0, 16, 0, 0, 8, 0);
	assert_int_equal(u->t.in_done, 4096);
	assert_memory_equal(u->data, back, 4096);
	/* 0 blocks: of 6 bytes 256, else none */
	GOOD(u, 0, 0, 0x28, 0, 0, 0, 0, 16, 0, 0, 0, 0);
	memset(u->data, 0, sizeof(u->data));
	SENSE(u, SENSE_DATA_PHASE_ERROR, 65536, 0, 0x08, 0, 0, 8, 0, 0);
	/* the end */
	GOOD(u, 512, 0, 0x28, 0, 0, 0, LAST >> 8, LAST & 255, 0, 0, 1, 0);
	SENSE(u, SENSE_LBA_OUT_OF_RANGE, 1024, 0, 0x28, 0, 0, 0, LAST >> 8, LAST & 255, 0, 0, 2, 0);
	SENSE(u, SENSE_LBA_OUT_OF_RANGE, 512, 0, 0x88, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	      0xff, 0, 0, 0, 1, 0, 0);
	SENSE(u, SENSE_LBA_OUT_OF_RANGE, 512, 0, 0xa8, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0);
	/* protection information, buffers that are too short, memory that is not there */
	BAD(u, 1, 512, 0, 0x28, 0x20, 0, 0, 0, 0, 0, 0, 1, 0);
	SENSE(u, SENSE_DATA_PHASE_ERROR, 511, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	SENSE(u, SENSE_DATA_PHASE_ERROR, 0, 511, 0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	u->refuse = true;
	SENSE(u, SENSE_DATA_PHASE_ERROR, 512, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	SENSE(u, SENSE_DATA_PHASE_ERROR, 0, 512, 0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	close_unit(u);
}

static void test_readonly(void **state UNUSED)
{
	struct unit *u = open_unit(true);

	GOOD(u, 512, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	SENSE(u, SENSE_WRITE_PROTECTED, 0, 512, 0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	SENSE(u, SENSE_WRITE_PROTECTED, 0, 512, 0x41, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	SENSE(u, SENSE_WRITE_PROTECTED, 0, 24, 0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0);
	GOOD(u, 0, 0, 0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	close_unit(u);
}

static void test_shrunk(void **state UNUSED)
{
	struct unit *u = open_unit(false);

	assert_int_equal(ftruncate(u->fd, DISK / 2), 0);
	RUN(u, 512, 0, 0x28, 0, 0, 0, LAST >> 8, LAST & 255, 0, 0, 1, 0);
	assert_int_equal(u->t.status, SCSI_CHECK_CONDITION);
	close_unit(u);
}

static void test_verify(void **state UNUSED)
{
	struct unit *u = open_unit(false);

	memset(u->data, 0x5a, 1024);
	GOOD(u, 0, 1024, 0x2a, 0, 0, 0, 0, 4, 0, 0, 2, 0);
	GOOD(u, 0, 0, 0x2f, 0, 0, 0, 0, 4, 0, 0, 2, 0);
	GOOD(u, 0, 1024, 0x2f, 2, 0, 0, 0, 4, 0, 0, 2, 0);
	u->data[1023] = 0;
	SENSE(u, SENSE_MISCOMPARE, 0, 1024, 0x2f, 2, 0, 0, 0, 4, 0, 0, 2, 0);
	SENSE(u, SENSE_MISCOMPARE, 0, 1024, 0xaf, 2, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0);
	SENSE(u, SENSE_MISCOMPARE, 0, 1024, 0x8f, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0);
	SENSE(u, SENSE_DATA_PHASE_ERROR, 0, 1023, 0x2f, 2, 0, 0, 0, 4, 0, 0, 2, 0);
	BAD(u, 1, 0, 512, 0x2f, 6, 0, 0, 0, 4, 0, 0, 2, 0);
	SENSE(u, SENSE_LBA_OUT_OF_RANGE, 0, 0, 0x2f, 0, 0, 0, LAST >> 8, LAST & 255, 0, 0, 2, 0);
	GOOD(u, 0, 0, 0x2f, 0, 0, 0, 0, 4, 0, 0, 0, 0);
	close_unit(u);
}

static void test_write_same(void **state UNUSED)
{
	struct unit *u = open_unit(false);
	u8 disk[2048];

	for (int i = 0; i < 512; i++)
		u->data[i] = (u8)(i ^ 0x33);
	GOOD(u, 0, 512, 0x41, 0, 0, 0, 0, 8, 0, 0, 4, 0);
	assert_int_equal(pread(u->fd, disk, sizeof(disk), 8 * 512), sizeof(disk));
	for (int i = 0; i < 2048; i++)
		assert_int_equal(disk[i], (u8)((i % 512) ^ 0x33));
	/* zeroes, from the initiator or without a block */
	memset(u->data, 0, 512);
	GOOD(u, 0, 512, 0x93, 8, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0);
	GOOD(u, 0, 0, 0x93, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0);
	assert_int_equal(pread(u->fd, disk, sizeof(disk), 8 * 512), sizeof(disk));
	for (int i = 0; i < 1024; i++)
		assert_int_equal(disk[i], 0);
	assert_int_equal(disk[1024], 0x33);
	BAD(u, 7, 0, 512, 0x41, 0, 0, 0, 0, 8, 0, 0, 0, 0);
	BAD(u, 1, 0, 512, 0x41, 0x10, 0, 0, 0, 8, 0, 0, 1, 0);
	BAD(u, 10, 0, 512, 0x93, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0xff, 0, 0, 1, 0, 0);
	SENSE(u, SENSE_LBA_OUT_OF_RANGE, 0, 512, 0x41, 0, 0, 0, LAST >> 8, LAST & 255, 0, 0, 2, 0);
	SENSE(u, SENSE_DATA_PHASE_ERROR, 0, 511, 0x41, 0, 0, 0, 0, 8, 0, 0, 1, 0);
	close_unit(u);
}

static void test_unmap(void **state UNUSED)
{
	struct unit *u = open_unit(false);

	if (!block_can_discard(u->lu.block)) {
		close_unit(u);
		skip();
	}
	memset(u->data, 0, 64);
	st_be16(u->data, 8 + 32 - 2);
	st_be16(u->data + 2, 32);
	st_be64(u->data + 8, 8);
	st_be32(u->data + 16, 8);
	st_be64(u->data + 24, LAST);
	st_be32(u->data + 32, 1);
	GOOD(u, 0, 40, 0x42, 0, 0, 0, 0, 0, 0, 0, 40, 0);
	st_be32(u->data + 32, 2);
	SENSE(u, SENSE_LBA_OUT_OF_RANGE, 0, 40, 0x42, 0, 0, 0, 0, 0, 0, 0, 40, 0);
	GOOD(u, 0, 0, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	GOOD(u, 0, 8, 0x42, 0, 0, 0, 0, 0, 0, 0, 8, 0);
	SENSE(u, SENSE_PARAMETER_LIST_LENGTH, 0, 7, 0x42, 0, 0, 0, 0, 0, 0, 0, 7, 0);
	SENSE(u, SENSE_DATA_PHASE_ERROR, 0, 39, 0x42, 0, 0, 0, 0, 0, 0, 0, 40, 0);
	BAD(u, 1, 0, 40, 0x42, 1, 0, 0, 0, 0, 0, 0, 40, 0);
	/* more descriptors than page B0 allows */
	memset(u->data, 0, 8 + 65 * 16);
	st_be16(u->data + 2, 65 * 16);
	SENSE(u, SENSE_INVALID_FIELD_IN_PARAMETERS, 0, 8 + 65 * 16, 0x42, 0, 0, 0, 0, 0, 0,
	      (8 + 65 * 16) >> 8, (8 + 65 * 16) & 255, 0);
	close_unit(u);
}

static void test_start_stop(void **state UNUSED)
{
	struct unit *u = open_unit(false);

	GOOD(u, 0, 0, 0x1b, 0, 0, 0, 0, 0);
	SENSE(u, SENSE_NOT_READY_STOPPED, 0, 0, 0x00);
	SENSE(u, SENSE_NOT_READY_STOPPED, 512, 0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	GOOD(u, 96, 0, 0x12, 0, 0, 0, 96, 0);
	GOOD(u, 0, 0, 0x1b, 0, 0, 0, 1, 0);
	GOOD(u, 0, 0, 0x00);
	GOOD(u, 0, 0, 0x1b, 0, 0, 0, 0x30, 0);
	GOOD(u, 0, 0, 0x00);
	BAD(u, 4, 0, 0, 0x1b, 0, 0, 0, 0x50, 0);
	GOOD(u, 0, 0, 0x1b, 0, 0, 0, 0, 0);
	scsi_lu_reset(&u->lu, SENSE_DEVICE_RESET);
	SENSE(u, SENSE_DEVICE_RESET, 0, 0, 0x00);
	GOOD(u, 0, 0, 0x00);
	close_unit(u);
}

static void test_sync(void **state UNUSED)
{
	struct unit *u = open_unit(false);

	GOOD(u, 0, 0, 0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	GOOD(u, 0, 0, 0x91, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	SENSE(u, SENSE_LBA_OUT_OF_RANGE, 0, 0, 0x35, 0, 0, 0, LAST >> 8, LAST & 255, 0, 0, 2, 0);
	close_unit(u);
}

static void test_names(void **state UNUSED)
{
	assert_string_equal(scsi_name(0x88), "READ_16");
	assert_null(scsi_name(0xff));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attention),  cmocka_unit_test(test_inquiry),
		cmocka_unit_test(test_vital_data), cmocka_unit_test(test_capacity),
		cmocka_unit_test(test_mode_sense), cmocka_unit_test(test_read_write),
		cmocka_unit_test(test_readonly),   cmocka_unit_test(test_shrunk),
		cmocka_unit_test(test_verify),	   cmocka_unit_test(test_write_same),
		cmocka_unit_test(test_unmap),	   cmocka_unit_test(test_start_stop),
		cmocka_unit_test(test_sync),	   cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
