// SPDX-License-Identifier: Apache-2.0
/*
 * The virtual SCSI adapter as a driver meets it: registration, initialisation,
 * management datagrams, login, commands with each kind of data buffer, task
 * management, and what happens to a driver that breaks the protocol.
 */
#include "vio_test.h"

#include "dev/vio/crq.h"
#include "dev/vio/srp.h"
#include "dev/vio/vscsi.h"

#define CRQ RAM_BASE
#define CRQ_LEN 4096u
#define IUS (RAM_BASE + 0x2000u) /* 512 bytes each */
#define DATA (RAM_BASE + 0x20000u)
#define TABLE (RAM_BASE + 0x40000u)
#define INFO (RAM_BASE + 0x50000u)
#define IU(i) (IUS + (i)*512ULL)
#define LUN(target) (0x8000000000000000ULL | (u64)(target) << 56)

struct world {
	struct ram ram;
	struct vscsi *v;
	int fd[2];
	u32 cur; /* of the CRQ */
};

static struct world *open_world(void)
{
	struct world *w = test_calloc(1, sizeof(*w));
	struct vio_config c;

	ram_init(&w->ram);
	c = vio_test_config(&w->ram, "vscsi0");
	w->v = vscsi_new(&c);
	assert_non_null(w->v);
	assert_int_equal(vscsi_add_disk(w->v, test_disk(1 << 20, false, &w->fd[0]), "one"), 0);
	assert_int_equal(vscsi_add_disk(w->v, test_disk(1 << 20, true, &w->fd[1]), "two"), 0);
	device_quiesce(vscsi_device(w->v));
	device_reset(vscsi_device(w->v));
	return w;
}

static void close_world(struct world *w)
{
	device_quiesce(vscsi_device(w->v));
	device_destroy(vscsi_device(w->v));
	close(w->fd[0]);
	close(w->fd[1]);
	test_free(w);
}

static u64 send(struct world *w, u64 high, u64 low)
{
	return vscsi_send_crq(w->v, high, low);
}

/* The next entry of the CRQ, which is freed. False: none comes. */
static bool next(struct world *w, u64 *high, u64 *low)
{
	u64 at = CRQ + w->cur * 16ULL;

	for (int i = 0; i < 3000 && !(rd64(&w->ram, at) >> 63); i++)
		a_moment();
	*high = rd64(&w->ram, at);
	*low = rd64(&w->ram, at + 8);
	if (!(*high >> 63))
		return false;
	wr64(&w->ram, at, 0);
	w->cur = (w->cur + 1) % (CRQ_LEN / 16);
	return true;
}

static void expect(struct world *w, u64 high, u64 low)
{
	u64 h = 0, l = 0;

	assert_true(next(w, &h, &l));
	assert_int_equal(h, high);
	assert_int_equal(l, low);
}

static void expect_nothing(struct world *w)
{
	assert_int_equal(rd64(&w->ram, CRQ + w->cur * 16ULL), 0);
}

#define HIGH(valid, format, len) ((u64)(valid) << 56 | (u64)(format) << 48 | (len))

static void reg(struct world *w)
{
	assert_int_equal(vscsi_reg_crq(w->v, CRQ, CRQ_LEN), VIO_SUCCESS);
	w->cur = 0;
}

static void init(struct world *w)
{
	reg(w);
	assert_int_equal(send(w, HIGH(0xc0, 1, 0), 0), VIO_SUCCESS);
	expect(w, HIGH(0xc0, 2, 0), 0);
}

static u8 *iu(struct world *w, unsigned int i, u8 opcode, u64 tag)
{
	u8 *p = ptr(&w->ram, IU(i));

	memset(p, 0, 512);
	p[0] = opcode;
	st_be64(p + 8, tag);
	return p;
}

static void login(struct world *w)
{
	u8 *p;

	init(w);
	p = iu(w, 0, SRP_LOGIN_REQ, 77);
	st_be32(p + 16, 256);
	st_be16(p + 24, 6);
	assert_int_equal(send(w, HIGH(0x80, 1, 64), IU(0)), VIO_SUCCESS);
	expect(w, HIGH(0x80, 1, 52), 77);
	assert_int_equal(p[0], SRP_LOGIN_RSP);
	assert_int_equal(ld_be32(p + 4), VSCSI_REQUESTS);
	assert_int_equal(ld_be64(p + 8), 77);
	assert_true(ld_be32(p + 20) >= 64);
}

/* The adapter has said goodbye; a new registration makes it work again. */
static void expect_broken(struct world *w)
{
	expect(w, HIGH(0xff, 2, 0), 0);
	assert_int_equal(send(w, HIGH(0xc0, 1, 0), 0), VIO_CLOSED);
	assert_int_equal(vscsi_reg_crq(w->v, CRQ, CRQ_LEN), VIO_RESOURCE);
	assert_int_equal(vscsi_free_crq(w->v), VIO_SUCCESS);
	login(w);
	assert_int_equal(vscsi_free_crq(w->v), VIO_SUCCESS);
}

/* ---- the queue ---- */

static void test_register(void **state UNUSED)
{
	struct world *w = open_world();

	assert_int_equal(send(w, HIGH(0xc0, 1, 0), 0), VIO_CLOSED);
	assert_int_equal(vscsi_enable_crq(w->v), VIO_PARAMETER);
	assert_int_equal(vscsi_reg_crq(w->v, CRQ + 16, CRQ_LEN), VIO_PARAMETER);
	assert_int_equal(vscsi_reg_crq(w->v, CRQ, 0), VIO_PARAMETER);
	assert_int_equal(vscsi_reg_crq(w->v, CRQ, 4080), VIO_PARAMETER);
	assert_int_equal(vscsi_reg_crq(w->v, 0, CRQ_LEN), VIO_PARAMETER);
	assert_int_equal(vscsi_reg_crq(w->v, RAM_BASE + RAM_SIZE - 4096, 8192), VIO_PARAMETER);
	assert_int_equal(vscsi_reg_crq(w->v, ~0xfffULL, CRQ_LEN), VIO_PARAMETER);
	assert_int_equal(vscsi_reg_crq(w->v, 0, 1ULL << 63), VIO_PARAMETER);
	w->ram.readonly_from = CRQ;
	assert_int_equal(vscsi_reg_crq(w->v, CRQ, CRQ_LEN), VIO_PARAMETER);
	w->ram.readonly_from = 0;
	reg(w);
	assert_int_equal(vscsi_reg_crq(w->v, CRQ, CRQ_LEN), VIO_RESOURCE);
	assert_int_equal(vscsi_enable_crq(w->v), VIO_SUCCESS);
	assert_int_equal(vscsi_signal(w->v, 2), VIO_PARAMETER);
	assert_int_equal(vscsi_free_crq(w->v), VIO_SUCCESS);
	assert_int_equal(vscsi_free_crq(w->v), VIO_SUCCESS);
	close_world(w);
}

static void test_interrupts(void **state UNUSED)
{
	struct world *w = open_world();

	init(w);
	assert_int_equal(w->ram.n_irqs, 0);
	assert_int_equal(vscsi_signal(w->v, 1), VIO_SUCCESS);
	assert_int_equal(send(w, HIGH(0x80, 6, 0) | 0xf5ULL << 32, 0), VIO_SUCCESS);
	expect(w, HIGH(0x80, 6, 0) | 0xf6ULL << 32, 0);
	assert_int_equal(w->ram.n_irqs, 1);
	assert_int_equal(vscsi_signal(w->v, 0), VIO_SUCCESS);
	assert_int_equal(send(w, HIGH(0x80, 6, 0) | 0xf5ULL << 40, 0), VIO_SUCCESS);
	expect(w, HIGH(0x80, 6, 0) | 0xf6ULL << 40, 0);
	assert_int_equal(w->ram.n_irqs, 1);
	close_world(w);
}

/* The ring goes round; when nobody empties it the connection ends. */
static void test_wrap_and_full(void **state UNUSED)
{
	struct world *w = open_world();

	init(w);
	for (u32 i = 0; i < 2 * CRQ_LEN / 16; i++) {
		assert_int_equal(send(w, HIGH(0x80, 6, 0) | 0xf5ULL << 32, 0), VIO_SUCCESS);
		expect(w, HIGH(0x80, 6, 0) | 0xf6ULL << 32, 0);
	}
	for (u32 i = 0; i < CRQ_LEN / 16; i++)
		assert_int_equal(send(w, HIGH(0x80, 6, 0) | 0xf5ULL << 32, 0), VIO_SUCCESS);
	assert_int_equal(w->ram.n_lines, 0);
	assert_int_equal(send(w, HIGH(0x80, 6, 0) | 0xf5ULL << 32, 0), VIO_SUCCESS);
	assert_int_equal(w->ram.n_lines, 1);
	assert_int_equal(send(w, HIGH(0x80, 6, 0) | 0xf5ULL << 32, 0), VIO_CLOSED);
	close_world(w);
}

/* ---- management datagrams ---- */

static u16 mad(struct world *w, u32 type, u16 len, u64 buffer, u32 n)
{
	u8 *p = iu(w, 1, 0, 0xdeadbeef00000001);

	st_be32(p, type);
	st_be16(p + 6, len);
	st_be64(p + 16, buffer);
	assert_int_equal(send(w, HIGH(0x80, 2, n), IU(1)), VIO_SUCCESS);
	expect(w, HIGH(0x80, 2, n), 0xdeadbeef00000001);
	return ld_be16(p + 4);
}

static void test_datagrams(void **state UNUSED)
{
	struct world *w = open_world();
	u8 *info = ptr(&w->ram, INFO);

	init(w);
	memset(info, 0xee, 256);
	assert_int_equal(mad(w, MAD_ADAPTER_INFO, 144, INFO, 24), MAD_SUCCESS);
	assert_string_equal((char *)info, "16.a");
	assert_string_equal((char *)info + 8, "hypar");
	assert_int_equal(ld_be32(info + 112), 2);
	assert_int_equal(ld_be32(info + 116), VSCSI_TRANSFER_MAX);
	assert_int_equal(info[144], 0xee);
	/* no more than the guest has room for */
	memset(info, 0xee, 256);
	assert_int_equal(mad(w, MAD_ADAPTER_INFO, 10, INFO, 24), MAD_SUCCESS);
	assert_int_equal(info[10], 0xee);
	assert_int_equal(mad(w, MAD_ADAPTER_INFO, 144, 0, 24), MAD_FAILED);
	assert_int_equal(mad(w, MAD_ADAPTER_INFO, 144, INFO, 16), MAD_FAILED);
	memset(info, 0, 256);
	st_be32(info, 4);
	st_be32(info + 68, 1);
	st_be16(info + 72, 12);
	st_be16(info + 74, 1);
	st_be32(info + 80, 2);
	st_be16(info + 84, 12);
	st_be16(info + 86, 1);
	assert_int_equal(mad(w, MAD_CAPABILITIES, 92, INFO, 24), MAD_SUCCESS);
	assert_int_equal(ld_be32(info), 0);
	assert_int_equal(ld_be16(info + 74), 0);
	assert_int_equal(ld_be16(info + 86), 0);
	assert_int_equal(mad(w, MAD_CAPABILITIES, 67, INFO, 24), MAD_FAILED);
	st_be16(info + 72, 0); /* a list that does not advance */
	assert_int_equal(mad(w, MAD_CAPABILITIES, 92, INFO, 24), MAD_SUCCESS);
	assert_int_equal(mad(w, MAD_FAST_FAIL, 16, 0, 16), MAD_SUCCESS);
	assert_int_equal(mad(w, MAD_ERROR_LOG, 24, INFO, 24), MAD_SUCCESS);
	assert_int_equal(mad(w, 4, 24, INFO, 24), MAD_NOT_SUPPORTED);
	assert_int_equal(mad(w, MAD_EMPTY_IU, 16, 0, 16), MAD_FAILED);
	close_world(w);
}

static void test_target_logout(void **state UNUSED)
{
	struct world *w = open_world();
	u8 *p;

	init(w);
	p = iu(w, 2, 0, 4711);
	st_be32(p, MAD_EMPTY_IU);
	st_be64(p + 16, IU(3));
	assert_int_equal(send(w, HIGH(0x80, 2, 28), IU(2)), VIO_SUCCESS);
	expect_nothing(w);
	assert_int_equal(send(w, HIGH(0x80, 7, 0), 0), VIO_SUCCESS);
	expect(w, HIGH(0x80, 1, 16), 4711);
	p = ptr(&w->ram, IU(3));
	assert_int_equal(p[0], SRP_T_LOGOUT);
	assert_int_equal(ld_be64(p + 8), 4711);
	expect_broken(w);
	close_world(w);
}

/* ---- login ---- */

static void test_login(void **state UNUSED)
{
	struct world *w = open_world();
	u8 *p;

	init(w);
	/* refused, without harm */
	p = iu(w, 0, SRP_LOGIN_REQ, 5);
	st_be32(p + 16, SRP_IU_MAX + 1);
	assert_int_equal(send(w, HIGH(0x80, 1, 64), IU(0)), VIO_SUCCESS);
	expect(w, HIGH(0x80, 1, 32), 5);
	assert_int_equal(p[0], SRP_LOGIN_REJ);
	assert_int_equal(ld_be32(p + 4), SRP_REJ_IU_TOO_LARGE);
	p = iu(w, 0, SRP_LOGIN_REQ, 6);
	st_be16(p + 24, 1);
	assert_int_equal(send(w, HIGH(0x80, 1, 64), IU(0)), VIO_SUCCESS);
	expect(w, HIGH(0x80, 1, 32), 6);
	assert_int_equal(ld_be32(p + 4), SRP_REJ_FORMAT);
	/* logout, and again from the start */
	assert_int_equal(vscsi_free_crq(w->v), VIO_SUCCESS);
	login(w);
	iu(w, 0, SRP_I_LOGOUT, 8);
	assert_int_equal(send(w, HIGH(0x80, 1, 16), IU(0)), VIO_SUCCESS);
	expect_nothing(w);
	assert_int_equal(send(w, HIGH(0xc0, 1, 0), 0), VIO_SUCCESS);
	expect(w, HIGH(0xc0, 2, 0), 0);
	close_world(w);
}

/* ---- commands ---- */

#define CMD(w, i, tag, lun) command_iu(w, i, tag, lun)

static u8 *command_iu(struct world *w, unsigned int i, u64 tag, u64 lun)
{
	u8 *p = iu(w, i, SRP_CMD, tag);

	st_be64(p + SRP_CMD_LUN, lun);
	return p;
}

static void direct(u8 *p, bool out, u64 at, u32 n)
{
	p[SRP_CMD_BUF_FORMAT] = out ? 0x10 : 0x01;
	st_be64(p + 48, at);
	st_be32(p + 60, n);
}

/* Sends IU @i and waits; answers the SCSI status. */
static u8 run(struct world *w, unsigned int i, u32 len)
{
	u8 *p = ptr(&w->ram, IU(i));
	u64 tag = ld_be64(p + 8), high, low;

	assert_int_equal(send(w, HIGH(0x80, 1, len), IU(i)), VIO_SUCCESS);
	assert_true(next(w, &high, &low));
	assert_int_equal(high >> 48, 0x8001);
	assert_int_equal(low, tag);
	assert_int_equal(p[0], SRP_RSP);
	assert_int_equal(ld_be32(p + SRP_RSP_DELTA), 1);
	assert_int_equal(ld_be64(p + SRP_TAG), tag);
	return p[SRP_RSP_STATUS];
}

/* The power-on attention of both disks. */
static void clear_attention(struct world *w)
{
	for (unsigned int i = 0; i < 2; i++) {
		CMD(w, 0, 1, LUN(i));
		assert_int_equal(run(w, 0, 48), 2);
		CMD(w, 0, 1, LUN(i));
		assert_int_equal(run(w, 0, 48), 0);
	}
}

static void test_sense_and_residual(void **state UNUSED)
{
	struct world *w = open_world();
	u8 *p;

	login(w);
	p = CMD(w, 0, 9, LUN(0));
	direct(p, false, DATA, 100);
	assert_int_equal(run(w, 0, 64), 2);
	assert_int_equal(p[SRP_RSP_FLAGS], SRP_FLAG_SENSE | SRP_FLAG_IN_UNDER);
	assert_int_equal(ld_be32(p + SRP_RSP_SENSE_LEN), 18);
	assert_int_equal(ld_be32(p + SRP_RSP_IN_RESIDUAL), 100);
	assert_int_equal(p[SRP_RSP_SIZE + 2], 6);
	assert_int_equal(p[SRP_RSP_SIZE + 12], 0x29);
	p = CMD(w, 0, 9, LUN(0));
	direct(p, false, DATA, 100);
	p[SRP_CMD_CDB] = 0x12;
	p[SRP_CMD_CDB + 4] = 36;
	assert_int_equal(run(w, 0, 64), 0);
	assert_int_equal(p[SRP_RSP_FLAGS], SRP_FLAG_IN_UNDER);
	assert_int_equal(ld_be32(p + SRP_RSP_IN_RESIDUAL), 64);
	assert_memory_equal((u8 *)ptr(&w->ram, DATA) + 8, "HYPAR", 5);
	close_world(w);
}

static void test_luns(void **state UNUSED)
{
	static const u64 none[] = {
		LUN(2),	    LUN(0) | 1ULL << 48, LUN(0) | 0x20ULL << 48,
		LUN(0) | 1, 0x0001000000000000,	 0,
	};
	struct world *w = open_world();
	u8 *p, *data = ptr(&w->ram, DATA);

	login(w);
	clear_attention(w);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		p = CMD(w, 0, 1, none[i]);
		assert_int_equal(run(w, 0, 48), 2);
		assert_int_equal(p[SRP_RSP_SIZE + 12], 0x25);
		p = CMD(w, 0, 1, none[i]);
		direct(p, false, DATA, 36);
		p[SRP_CMD_CDB] = 0x12;
		p[SRP_CMD_CDB + 4] = 36;
		assert_int_equal(run(w, 0, 64), 0);
		assert_int_equal(data[0], 0x7f);
	}
	/* the adapter lists all targets, a target its one unit */
	p = CMD(w, 0, 1, 0);
	direct(p, false, DATA, 256);
	p[SRP_CMD_CDB] = 0xa0;
	p[SRP_CMD_CDB + 9] = 255;
	assert_int_equal(run(w, 0, 64), 0);
	assert_int_equal(ld_be32(data), 16);
	assert_int_equal(ld_be64(data + 8), LUN(0));
	assert_int_equal(ld_be64(data + 16), LUN(1));
	p = CMD(w, 0, 1, LUN(1));
	direct(p, false, DATA, 256);
	p[SRP_CMD_CDB] = 0xa0;
	p[SRP_CMD_CDB + 9] = 255;
	assert_int_equal(run(w, 0, 64), 0);
	assert_int_equal(ld_be32(data), 8);
	assert_int_equal(ld_be64(data + 8), 0);
	close_world(w);
}

static void rw_cdb(u8 *p, u8 opcode, u8 lba, u8 n)
{
	p[SRP_CMD_CDB] = opcode;
	p[SRP_CMD_CDB + 5] = lba;
	p[SRP_CMD_CDB + 8] = n;
}

static void test_buffers(void **state UNUSED)
{
	struct world *w = open_world();
	u8 *data = ptr(&w->ram, DATA), *table = ptr(&w->ram, TABLE);
	u8 want[2048], *p;

	login(w);
	clear_attention(w);
	for (size_t i = 0; i < sizeof(want); i++)
		want[i] = data[i] = (u8)(i * 13 + (i >> 8));
	p = CMD(w, 0, 1, LUN(0));
	direct(p, true, DATA, 2048);
	rw_cdb(p, 0x2a, 3, 4);
	assert_int_equal(run(w, 0, 64), 0);
	assert_int_equal(p[SRP_RSP_FLAGS], 0);
	/* back through a table in the IU, behind four bytes of additional CDB */
	p = CMD(w, 0, 1, LUN(0));
	p[SRP_CMD_BUF_FORMAT] = 0x02;
	p[SRP_CMD_IN_COUNT] = 3;
	p[SRP_CMD_ADD_CDB] = 4;
	rw_cdb(p, 0x28, 3, 4);
	st_be64(p + 52, 1); /* the table's address is not needed */
	st_be32(p + 52 + 12, 48);
	st_be32(p + 52 + 16, 2048);
	for (int i = 0; i < 3; i++) {
		static const u32 n[] = { 100, 0, 1948 };

		st_be64(p + 72 + 16 * i, DATA + 0x1000 * (u64)(i + 1));
		st_be32(p + 72 + 16 * i + 12, n[i]);
	}
	assert_int_equal(run(w, 0, 120), 0);
	assert_memory_equal(data + 0x1000, want, 100);
	assert_memory_equal(data + 0x3000, want + 100, 1948);
	/* and through one elsewhere, byte by byte */
	for (int i = 0; i < 512; i++) {
		st_be64(table + 16 * i, DATA + 0x4000 + 2 * (u64)i);
		st_be32(table + 16 * i + 12, 1);
	}
	p = CMD(w, 0, 1, LUN(0));
	p[SRP_CMD_BUF_FORMAT] = 0x02;
	p[SRP_CMD_IN_COUNT] = 1;
	rw_cdb(p, 0x28, 3, 1);
	st_be64(p + 48, TABLE);
	st_be32(p + 60, 512 * 16);
	st_be32(p + 64, 512);
	assert_int_equal(run(w, 0, 84), 0);
	for (int i = 0; i < 512; i++)
		assert_int_equal(data[0x4000 + 2 * i], want[i]);
	/* memory that refuses: the command fails, the connection does not */
	p = CMD(w, 0, 1, LUN(0));
	direct(p, false, RAM_BASE + RAM_SIZE - 256, 512);
	rw_cdb(p, 0x28, 3, 1);
	assert_int_equal(run(w, 0, 64), 2);
	assert_int_equal(p[SRP_RSP_SIZE + 2], 0xb);
	p = CMD(w, 0, 1, LUN(0));
	direct(p, false, ~0ULL - 10, 512);
	rw_cdb(p, 0x28, 3, 1);
	assert_int_equal(run(w, 0, 64), 2);
	CMD(w, 0, 1, LUN(0));
	assert_int_equal(run(w, 0, 48), 0);
	close_world(w);
}

/* Many at once, on both disks. */
static void test_many(void **state UNUSED)
{
	struct world *w = open_world();
	u64 high, low, seen = 0;

	login(w);
	clear_attention(w);
	for (unsigned int round = 0; round < 20; round++) {
		for (unsigned int i = 0; i < 60; i++) {
			u8 *p = CMD(w, i, i, LUN(i & 1));

			direct(p, false, DATA + 1024ULL * i, 1024);
			rw_cdb(p, 0x28, (u8)i, 2);
			assert_int_equal(send(w, HIGH(0x80, 1, 64), IU(i)), VIO_SUCCESS);
		}
		seen = 0;
		for (unsigned int i = 0; i < 60; i++) {
			assert_true(next(w, &high, &low));
			assert_true(low < 60);
			seen |= 1ULL << low;
		}
		assert_int_equal(seen, (1ULL << 60) - 1);
	}
	close_world(w);
}

/* ---- task management ---- */

static u32 manage(struct world *w, u64 lun, u8 function, u64 task)
{
	u8 *p = iu(w, 2, SRP_TSK_MGMT, 99);

	st_be64(p + SRP_TSK_LUN, lun);
	p[SRP_TSK_FUNCTION] = function;
	st_be64(p + SRP_TSK_TAG, task);
	assert_int_equal(run(w, 2, 48), 0);
	assert_int_equal(p[SRP_RSP_FLAGS], SRP_FLAG_RSP);
	assert_int_equal(ld_be32(p + SRP_RSP_DATA_LEN), 4);
	return ld_be32(p + SRP_RSP_SIZE);
}

static void test_task_management(void **state UNUSED)
{
	struct world *w = open_world();

	login(w);
	clear_attention(w);
	assert_int_equal(manage(w, LUN(0), SRP_TSK_ABORT_TASK, 5), SRP_TSK_COMPLETE);
	assert_int_equal(manage(w, LUN(0), SRP_TSK_ABORT_TASK_SET, 0), SRP_TSK_COMPLETE);
	assert_int_equal(manage(w, LUN(5), SRP_TSK_ABORT_TASK, 5), SRP_TSK_FIELDS_INVALID);
	assert_int_equal(manage(w, LUN(0), 0x40, 0), SRP_TSK_NOT_SUPPORTED);
	assert_int_equal(manage(w, LUN(0), SRP_TSK_LUN_RESET, 0), SRP_TSK_COMPLETE);
	CMD(w, 0, 1, LUN(0));
	assert_int_equal(run(w, 0, 48), 2);
	CMD(w, 0, 1, LUN(1));
	assert_int_equal(run(w, 0, 48), 0);
	close_world(w);
}

/* A function that names tasks under way is answered after them. */
static void test_abort_order(void **state UNUSED)
{
	struct world *w = open_world();
	u64 high, low;
	bool reset_seen = false;

	login(w);
	clear_attention(w);
	for (unsigned int i = 10; i < 60; i++) {
		u8 *p = CMD(w, i, i, LUN(0));

		direct(p, false, DATA, 0x10000);
		rw_cdb(p, 0x28, 0, 128);
		assert_int_equal(send(w, HIGH(0x80, 1, 64), IU(i)), VIO_SUCCESS);
	}
	{
		u8 *p = iu(w, 2, SRP_TSK_MGMT, 99);

		st_be64(p + SRP_TSK_LUN, LUN(0));
		p[SRP_TSK_FUNCTION] = SRP_TSK_LUN_RESET;
		assert_int_equal(send(w, HIGH(0x80, 1, 48), IU(2)), VIO_SUCCESS);
	}
	for (unsigned int i = 0; i < 51; i++) {
		assert_true(next(w, &high, &low));
		assert_false(reset_seen);
		reset_seen = low == 99;
	}
	assert_true(reset_seen);
	close_world(w);
}

/* H_FREE_CRQ in the middle: busy until nothing moves, and no answers after it. */
static void test_free_while_busy(void **state UNUSED)
{
	struct world *w = open_world();
	enum vio_status st;

	login(w);
	clear_attention(w);
	for (unsigned int i = 10; i < 60; i++) {
		u8 *p = CMD(w, i, i, LUN(0));

		direct(p, false, DATA, 0x10000);
		rw_cdb(p, 0x28, 0, 128);
		assert_int_equal(send(w, HIGH(0x80, 1, 64), IU(i)), VIO_SUCCESS);
	}
	while ((st = vscsi_free_crq(w->v)) == VIO_LONG_BUSY)
		a_moment();
	assert_int_equal(st, VIO_SUCCESS);
	login(w);
	expect_nothing(w);
	close_world(w);
}

/* ---- a driver that breaks the protocol ---- */

static void break_it(const char *why, u64 high, u64 low, void (*before)(struct world *w),
		     void (*prepare)(u8 *p))
{
	struct world *w = open_world();
	u8 *p;

	before(w);
	p = iu(w, 4, 0, 3);
	if (prepare)
		prepare(p);
	assert_int_equal(send(w, high, low), VIO_SUCCESS);
	expect_broken(w);
	assert_non_null(strstr(w->ram.line, why));
	close_world(w);
}

static void is_command(u8 *p)
{
	p[0] = SRP_CMD;
}

static void is_long_table(u8 *p)
{
	p[0] = SRP_CMD;
	p[SRP_CMD_BUF_FORMAT] = 2;
	st_be32(p + 60, (SRP_PIECES_MAX + 1) * 16);
}

static void is_lost_table(u8 *p)
{
	p[0] = SRP_CMD;
	p[SRP_CMD_BUF_FORMAT] = 2;
	st_be32(p + 60, 32);
}

static void is_odd_format(u8 *p)
{
	p[0] = SRP_CMD;
	p[SRP_CMD_BUF_FORMAT] = 3;
}

static void is_missing_buffer(u8 *p)
{
	p[0] = SRP_CMD;
	p[SRP_CMD_BUF_FORMAT] = 0x11;
}

static void is_task_mgmt(u8 *p)
{
	p[0] = SRP_TSK_MGMT;
}

static void is_unknown(u8 *p)
{
	p[0] = 0x41;
}

static void test_protocol(void **state UNUSED)
{
	struct world *w = open_world();

	reg(w);
	assert_int_equal(send(w, HIGH(0x7f, 1, 0), 0), VIO_PARAMETER);
	assert_int_equal(send(w, HIGH(0xff, 1, 0), 0), VIO_PARAMETER);
	close_world(w);
	break_it("before init", HIGH(0x80, 1, 64), IU(4), reg, NULL);
	break_it("reserved header", HIGH(0x81, 1, 64), IU(4), init, NULL);
	break_it("unknown init", HIGH(0xc0, 3, 0), 0, reg, NULL);
	break_it("unknown format", HIGH(0x80, 5, 64), IU(4), init, NULL);
	break_it("impossible length", HIGH(0x80, 1, 15), IU(4), init, NULL);
	break_it("impossible length", HIGH(0x80, 2, SRP_IU_MAX + 1), IU(4), init, NULL);
	break_it("not mapped", HIGH(0x80, 1, 64), 0, init, NULL);
	break_it("not mapped", HIGH(0x80, 2, 64), ~0ULL, init, NULL);
	break_it("before login", HIGH(0x80, 1, 64), IU(4), init, is_task_mgmt);
	break_it("second", HIGH(0x80, 1, 64), IU(4), login, NULL);
	break_it("too short", HIGH(0x80, 1, 63), IU(4), init, NULL);
	break_it("open connection", HIGH(0xc0, 1, 0), 0, login, NULL);
	break_it("too short", HIGH(0x80, 1, 47), IU(4), login, is_command);
	break_it("too short", HIGH(0x80, 1, 47), IU(4), login, is_task_mgmt);
	break_it("unknown SRP", HIGH(0x80, 1, 64), IU(4), login, is_unknown);
	break_it("descriptors", HIGH(0x80, 1, 84), IU(4), login, is_long_table);
	break_it("descriptors", HIGH(0x80, 1, 84), IU(4), login, is_lost_table);
	break_it("descriptors", HIGH(0x80, 1, 64), IU(4), login, is_odd_format);
	break_it("descriptors", HIGH(0x80, 1, 64), IU(4), login, is_missing_buffer);
}

/* An IU that can be read but not written: no answer is possible. */
static void test_unwritable(void **state UNUSED)
{
	struct world *w = open_world();

	login(w);
	CMD(w, 0, 1, LUN(0));
	memcpy(ptr(&w->ram, RAM_BASE + RAM_SIZE - 512), ptr(&w->ram, IU(0)), 64);
	w->ram.readonly_from = RAM_BASE + RAM_SIZE - 512;
	assert_int_equal(send(w, HIGH(0x80, 1, 48), w->ram.readonly_from), VIO_SUCCESS);
	expect_broken(w);
	close_world(w);
}

/* Messages about a guest that does nothing else end some time. */
static void test_quiet(void **state UNUSED)
{
	struct world *w = open_world();

	for (int i = 0; i < 100; i++) {
		reg(w);
		assert_int_equal(send(w, HIGH(0x80, 9, 0), 0), VIO_SUCCESS);
		assert_int_equal(vscsi_free_crq(w->v), VIO_SUCCESS);
	}
	assert_int_equal(w->ram.n_lines, VIO_MESSAGES_MAX);
	close_world(w);
}

static void test_reset(void **state UNUSED)
{
	struct world *w = open_world();

	login(w);
	device_quiesce(vscsi_device(w->v));
	device_reset(vscsi_device(w->v));
	assert_int_equal(send(w, HIGH(0xc0, 1, 0), 0), VIO_CLOSED);
	login(w);
	clear_attention(w);
	close_world(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_register),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_wrap_and_full),
		cmocka_unit_test(test_datagrams),
		cmocka_unit_test(test_target_logout),
		cmocka_unit_test(test_login),
		cmocka_unit_test(test_sense_and_residual),
		cmocka_unit_test(test_luns),
		cmocka_unit_test(test_buffers),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_task_management),
		cmocka_unit_test(test_abort_order),
		cmocka_unit_test(test_free_while_busy),
		cmocka_unit_test(test_protocol),
		cmocka_unit_test(test_unwritable),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
