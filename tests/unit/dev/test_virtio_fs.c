// SPDX-License-Identifier: Apache-2.0
/*
 * The file system device between a driver and a vhost-user server, both of
 * the test: requests and answers, open flags, stopping and going on, servers
 * that end or misbehave, drivers that do.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dev/backend/vhost.h"
#include "vhost_fake.h"
#include "virtio_test.h"

/* Rings of the second queue: that of the requests. */
#define DESC1 (RAM_BASE + 0x4000u)
#define AVAIL1 (RAM_BASE + 0x5000u)
#define USED1 (RAM_BASE + 0x6000u)

#define OUT DATA
#define IN (DATA + 0x8000u)

#define FUSE_OPEN 14u

struct world {
	struct ram ram;
	pthread_mutex_t ram_lock; /* of what both sides look at */
	struct fake fake;
	struct virtio_dev *v;
	int n_interrupts[2], n_configs, n_lines; /* atomic */
	u16 n_made[2];
};

static void count(int *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_SEQ_CST);
}

static int get(int *n)
{
	return __atomic_load_n(n, __ATOMIC_SEQ_CST);
}

static void t_interrupt(void *opaque, unsigned int q)
{
	struct world *w = opaque;

	count(&w->n_interrupts[q & 1]);
}

static void t_config(void *opaque)
{
	struct world *w = opaque;

	count(&w->n_configs);
}

static void t_say(void *opaque, const char *line)
{
	struct world *w = opaque;

	(void)line;
	count(&w->n_lines);
}

static bool locked_read(struct dma *d, ioba where, void *dst, size_t n)
{
	struct world *w = CONTAINER_OF(d, struct world, ram.dma);
	bool ok;

	pthread_mutex_lock(&w->ram_lock);
	ok = ram_read(d, where, dst, n);
	pthread_mutex_unlock(&w->ram_lock);
	return ok;
}

static bool locked_write(struct dma *d, ioba where, const void *src, size_t n)
{
	struct world *w = CONTAINER_OF(d, struct world, ram.dma);
	bool ok;

	pthread_mutex_lock(&w->ram_lock);
	ok = ram_write(d, where, src, n);
	pthread_mutex_unlock(&w->ram_lock);
	return ok;
}

static const struct dma_ops locked_ops = { locked_read, locked_write };

static struct virtio_dev *new_fs(struct world *w, const char *tag, struct hypar_err *e)
{
	struct device_log log = { t_say, w };
	struct virtio_transport t = { t_interrupt, t_config, NULL, w };
	struct vhost *vh = vhost_open(w->fake.path, VIRTIO_FS_QUEUES, e);
	struct virtio_dev *v = vh ? virtio_fs_new("fs", vh, tag, &log, e) : NULL;

	if (v)
		virtio_attach(v, &w->ram.dma, &t);
	return v;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct hypar_err e = { 0 };

	assert_non_null(w);
	w->ram.dma.ops = &locked_ops;
	pthread_mutex_init(&w->ram_lock, NULL);
	fake_open(&w->fake);
	w->v = new_fs(w, "share", &e);
	assert_non_null(w->v);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	device_quiesce(&w->v->dev);
	device_destroy(&w->v->dev);
	fake_close(&w->fake);
	free(w);
	return 0;
}

/* ---- the driver ---- */

/* A driver that starts with both queues. */
static void drive_both(struct world *w)
{
	const struct virtio_queue_regs q[] = {
		{ .size = N, .desc = DESC, .driver = AVAIL, .device = USED },
		{ .size = N, .desc = DESC1, .driver = AVAIL1, .device = USED1 },
	};

	virtio_set_status(w->v, 0);
	memset(w->ram.bytes, 0, sizeof(w->ram.bytes));
	memset(w->n_made, 0, sizeof(w->n_made));
	virtio_set_driver_features(w->v, 1, (VIRTIO_F_VERSION_1 | VIRTIO_F_ACCESS_PLATFORM) >> 32);
	virtio_set_status(w->v, VIRTIO_FEATURES_OK);
	for (unsigned int i = 0; i < 2; i++) {
		virtio_set_queue(w->v, i, &q[i]);
		virtio_enable_queue(w->v, i);
	}
	virtio_set_status(w->v, VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK);
}

/* Makes descriptor @head available in queue @q and notifies. */
static void request_at(struct world *w, unsigned int q, u16 head)
{
	u8 *avail = at(&w->ram, q ? AVAIL1 : AVAIL);

	pthread_mutex_lock(&w->ram_lock);
	st_le16(avail + 4 + 2 * (w->n_made[q] % N), head);
	st_le16(avail + 2, ++w->n_made[q]);
	pthread_mutex_unlock(&w->ram_lock);
	virtio_notify(w->v, q);
}

static void request(struct world *w, unsigned int q)
{
	request_at(w, q, 0);
}

/* A header for @opcode, arguments with @flags first, and room for an answer. */
static void put_open(struct world *w, u32 opcode, u32 flags)
{
	memset(at(&w->ram, OUT), 0, 64);
	st_le32(at(&w->ram, OUT), 48);
	st_le32(at(&w->ram, OUT) + 4, opcode);
	st_le32(at(&w->ram, OUT) + 40, flags);
	put_desc(&w->ram, DESC1, 0, OUT, 40, F_NEXT, 1);
	put_desc(&w->ram, DESC1, 1, OUT + 40, 8, F_NEXT, 2);
	put_desc(&w->ram, DESC1, 2, IN, 16, F_NEXT | F_WRITE, 3);
	put_desc(&w->ram, DESC1, 3, IN + 0x100, 16, F_WRITE, 0);
}

static u16 done(struct world *w, unsigned int q)
{
	u16 ret;

	pthread_mutex_lock(&w->ram_lock);
	ret = ld_le16(at(&w->ram, q ? USED1 : USED) + 2);
	pthread_mutex_unlock(&w->ram_lock);
	return ret;
}

static bool wait_done(struct world *w, unsigned int q, u16 n)
{
	for (int i = 0; i < 5000 && done(w, q) != n; i++)
		usleep(1000);
	return done(w, q) == n;
}

static bool wait_broken(struct world *w)
{
	for (int i = 0; i < 5000 && !virtio_is_broken(w->v); i++)
		usleep(1000);
	return virtio_is_broken(w->v);
}

/* ---- the tests ---- */

static void test_config(void **state)
{
	struct world *w = *state;

	assert_int_equal(w->v->type, 26);
	assert_int_equal(virtio_read_config(w->v, 0, 4), 0x72616873); /* "shar" */
	assert_int_equal(virtio_read_config(w->v, 4, 4), 'e');
	assert_int_equal(virtio_read_config(w->v, 32, 4), 0);
	assert_int_equal(virtio_read_config(w->v, 36, 4), 1);
	assert_true(virtio_get_features(w->v) & VIRTIO_F_ACCESS_PLATFORM);
}

static void test_request(void **state)
{
	struct world *w = *state;

	drive_both(w);
	put_open(w, FUSE_OPEN, 02 | 040000 | 0100000 | 0200000 | 02000000);
	request(w, 1);
	assert_true(wait_done(w, 1, 1));
	assert_int_equal(ld_le32(at(&w->ram, USED1) + 8), 16);
	for (u32 i = 0; i < 16; i++)
		assert_int_equal(*at(&w->ram, IN + i), 0xa0 + i);
	assert_int_equal(*at(&w->ram, IN + 0x100), 0);
	/* what the server saw: two pieces out, two in, the flags of this host */
	assert_int_equal(fake_pieces(&w->fake), 4);
	assert_int_equal(fake_last(&w->fake, 4), FUSE_OPEN);
	assert_int_equal(fake_last(&w->fake, 40), 02 | O_DIRECTORY | O_NOFOLLOW | 02000000);
	for (int i = 0; i < 1000 && !get(&w->n_interrupts[1]); i++)
		usleep(1000);
	assert_true(get(&w->n_interrupts[1]) > 0);
	assert_int_equal(get(&w->n_lines), 0);
}

/* Flags stay what they are in requests that have none; urgent ones need no answer. */
static void test_others(void **state)
{
	struct world *w = *state;

	drive_both(w);
	put_open(w, 1, 0740000);
	request(w, 1);
	assert_true(wait_done(w, 1, 1));
	assert_int_equal(fake_last(&w->fake, 40), 0740000);
	put_desc(&w->ram, DESC, 0, OUT, 48, 0, 0);
	request(w, 0);
	assert_true(wait_done(w, 0, 1));
	assert_int_equal(ld_le32(at(&w->ram, USED) + 8), 0);
	assert_int_equal(fake_pieces(&w->fake), 1);
	for (u16 i = 2; i < 300; i++) {
		request(w, 1);
		assert_true(wait_done(w, 1, i));
	}
	assert_int_equal(get(&w->n_lines), 0);
}

/* What is with the server when the device is stopped comes back when it goes on. */
static void test_stop_and_go(void **state)
{
	struct world *w = *state;

	drive_both(w);
	put_open(w, FUSE_OPEN, 0);
	request(w, 1);
	assert_true(wait_done(w, 1, 1));
	fake_set(&w->fake, FAKE_HOLD);
	request(w, 1);
	device_quiesce(&w->v->dev);
	/* a second one, while it stands still */
	put_desc(&w->ram, DESC1, 4, OUT, 48, F_NEXT, 5);
	put_desc(&w->ram, DESC1, 5, IN + 0x200, 16, F_WRITE, 0);
	request_at(w, 1, 4);
	fake_set(&w->fake, FAKE_GOOD);
	usleep(20000);
	assert_int_equal(done(w, 1), 1);
	device_resume(&w->v->dev);
	assert_true(wait_done(w, 1, 3));
	/* a reset forgets it all */
	fake_set(&w->fake, FAKE_HOLD);
	request(w, 1);
	device_reset(&w->v->dev);
	fake_set(&w->fake, FAKE_GOOD);
	drive_both(w);
	put_open(w, FUSE_OPEN, 0);
	request(w, 1);
	assert_true(wait_done(w, 1, 1));
	usleep(10000);
	assert_int_equal(done(w, 1), 1);
	assert_int_equal(get(&w->n_lines), 0);
}

/* A server that ends breaks the device once; after a reset another one serves. */
static void test_server_ends(void **state)
{
	struct world *w = *state;

	drive_both(w);
	fake_leave(&w->fake);
	assert_true(wait_broken(w));
	assert_int_equal(get(&w->n_lines), 1);
	assert_int_equal(get(&w->n_configs), 1);
	put_open(w, FUSE_OPEN, 0);
	request(w, 1);
	drive_both(w);
	assert_false(virtio_is_broken(w->v));
	put_open(w, FUSE_OPEN, 0);
	request(w, 1);
	assert_true(wait_done(w, 1, 1));
	assert_int_equal(__atomic_load_n(&w->fake.n_clients, __ATOMIC_SEQ_CST), 2);
}

/* The guest's files are the first server's: another one cannot go on with them. */
static void test_server_ends_while_stopped(void **state)
{
	struct world *w = *state;

	drive_both(w);
	device_quiesce(&w->v->dev);
	fake_leave(&w->fake);
	usleep(20000);
	assert_false(virtio_is_broken(w->v));
	device_resume(&w->v->dev);
	assert_true(wait_broken(w));
	assert_int_equal(__atomic_load_n(&w->fake.n_clients, __ATOMIC_SEQ_CST), 1);
}

static void test_bad_server(void **state)
{
	const enum fake_mode modes[] = { FAKE_BAD_ID,  FAKE_BAD_LEN,  FAKE_BAD_IDX,
					 FAKE_REFUSES, FAKE_HANGS_UP, FAKE_WRONG_ANSWER };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		fake_set(&w->fake, modes[i]);
		drive_both(w);
		put_open(w, FUSE_OPEN, 0);
		request(w, 1);
		assert_true(wait_broken(w));
		assert_int_equal(done(w, 1), 0);
		fake_set(&w->fake, FAKE_GOOD);
		drive_both(w);
		assert_false(virtio_is_broken(w->v));
		put_open(w, FUSE_OPEN, 0);
		request(w, 1);
		assert_true(wait_done(w, 1, 1));
	}
	fake_set(&w->fake, FAKE_BAD_BASE);
	device_quiesce(&w->v->dev);
	assert_true(virtio_is_broken(w->v));
}

static void test_bad_driver(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 5; i++) {
		drive_both(w);
		put_open(w, FUSE_OPEN, 0);
		if (i == 0) /* half a header */
			put_desc(&w->ram, DESC1, 0, OUT, 20, 0, 0);
		else if (i == 1) /* room for half an answer */
			put_desc(&w->ram, DESC1, 2, IN, 8, F_WRITE, 0);
		else if (i == 2) /* a request outside of memory */
			put_desc(&w->ram, DESC1, 1, RAM_BASE + RAM_SIZE - 4, 8, F_NEXT, 2);
		else if (i == 3) /* an answer outside of memory */
			put_desc(&w->ram, DESC1, 2, RAM_BASE + RAM_SIZE - 4, 16, F_WRITE, 0);
		else /* more than there is room for */
			put_desc(&w->ram, DESC1, 1, OUT, 16u << 20, F_NEXT, 2);
		request(w, 1);
		assert_true(wait_broken(w));
		assert_int_equal(done(w, 1), 0);
		assert_int_equal(get(&w->n_lines), i + 1);
	}
	drive_both(w);
	put_open(w, FUSE_OPEN, 0);
	request(w, 1);
	assert_true(wait_done(w, 1, 1));
}

/* Where each request has its open flags; the rest of it stays as it is. */
static void test_flags(void **state)
{
	static const struct {
		u32 opcode, at;
	} rows[] = { { 14, 40 }, { 15, 72 }, { 16, 72 }, { 18, 48 }, { 27, 40 },
		     { 28, 72 }, { 29, 48 }, { 35, 40 }, { 44, 72 }, { 51, 40 } };
	const u32 power = 02 | 040000 | 0100000 | 0200000 | 0400000;
	const u32 host = 02 | O_DIRECTORY | O_NOFOLLOW | O_DIRECT;
	u8 m[80];

	(void)state;
	for (u32 opcode = 0; opcode < 60; opcode++)
		for (u32 n = 40; n <= sizeof(m); n += 4) {
			for (u32 i = 0; i < sizeof(m); i += 4)
				st_le32(m + i, i == 4 ? opcode : power);
			fuse_to_host(m, n);
			for (u32 i = 8; i < sizeof(m); i += 4) {
				bool is_flags = false;

				for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
					is_flags |= rows[k].opcode == opcode && rows[k].at == i;
				assert_int_equal(ld_le32(m + i),
						 is_flags && i + 4 <= n ? host : power);
			}
		}
}

static void check_refused(struct world *w, const char *tag, int code)
{
	struct hypar_err e = { 0 };

	assert_null(new_fs(w, tag, &e));
	assert_int_equal(e.code, code);
	assert_true(e.text[0] != 0);
}

static void test_open(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	(void)state;
	assert_non_null(w);
	fake_open(&w->fake);
	check_refused(w, "", -EINVAL);
	check_refused(w, "123456789-123456789-123456789-1234567", -EINVAL);
	fake_set(&w->fake, FAKE_NO_VIRTIO1);
	check_refused(w, "t", -ENOTSUP);
	fake_set(&w->fake, FAKE_ONE_QUEUE);
	check_refused(w, "t", -ENOTSUP);
	fake_set(&w->fake, FAKE_WRONG_ANSWER);
	check_refused(w, "t", -EPROTO);
	fake_close(&w->fake);
	check_refused(w, "t", -ENOENT);
	memset(w->fake.path, 0, sizeof(w->fake.path));
	check_refused(w, "t", -EINVAL);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_config, setup, teardown),
		cmocka_unit_test_setup_teardown(test_request, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stop_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_server_ends_while_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_server, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_driver, setup, teardown),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
