/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each virtio device type over its queues: block, network, entropy, console.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "dev/backend/block.h"
#include "dev/backend/chr.h"
#include "dev/backend/net.h"
#include "dev/checksum.h"
#include "virtio_test.h"

#define SECTORS 2048u
#define BLK_F_FLUSH (1ULL << 9)

/* Rings of the second queue. */
#define DESC1 (RAM_BASE + 0x4000u)
#define AVAIL1 (RAM_BASE + 0x5000u)
#define USED1 (RAM_BASE + 0x6000u)

struct world {
	struct ram ram;
	struct virtio_dev *v;
	char path[64];
	int n_interrupts, n_lines; /* atomic */
};

static void t_interrupt(void *opaque, unsigned int q)
{
	struct world *w = opaque;

	(void)q;
	__atomic_fetch_add(&w->n_interrupts, 1, __ATOMIC_SEQ_CST);
}

static void t_say(void *opaque, const char *line)
{
	struct world *w = opaque;

	(void)line;
	__atomic_fetch_add(&w->n_lines, 1, __ATOMIC_SEQ_CST);
}

static struct device_log log_of(struct world *w)
{
	return (struct device_log){ t_say, w };
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->ram.dma.ops = &ram_ops;
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	if (w->v) {
		device_quiesce(&w->v->dev);
		device_destroy(&w->v->dev);
	}
	if (*w->path)
		unlink(w->path);
	free(w);
	return 0;
}

static void attach(struct world *w)
{
	struct virtio_transport t = { .interrupt = t_interrupt, .opaque = w };

	assert_non_null(w->v);
	virtio_attach(w->v, &w->ram.dma, &t);
}

/* Waits for used entries of the ring at @used. */
static void wait_used(struct world *w, u64 used, u16 n)
{
	for (int i = 0; i < 20000; i++) {
		if (__atomic_load_n((u16 *)(void *)(at(&w->ram, used) + 2), __ATOMIC_SEQ_CST) == n)
			return;
		usleep(500);
	}
	fail_msg("used index is not %u", n);
}

/* ---- block ---- */

static void open_disk(struct world *w, bool readonly)
{
	struct block_config c = { .path = w->path, .id = "d", .readonly = readonly };
	struct device_log log = log_of(w);
	struct hypar_err e = { 0 };
	int fd;

	snprintf(w->path, sizeof(w->path), "/tmp/hypar-blk-XXXXXX");
	fd = mkstemp(w->path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SECTORS * 512), 0);
	close(fd);
	w->v = virtio_blk_new("disk0", block_open(&c, &e), 1, &log, &e);
	attach(w);
	drive(w->v, BLK_F_FLUSH);
}

/* A request whose data are at DATA; answers its status. */
static u8 request(struct world *w, u32 type, u64 sector, u32 n, bool in)
{
	u8 *h = at(&w->ram, DATA - 64), *s = at(&w->ram, DATA - 32);
	u16 done = used_idx(&w->ram);

	st_le32(h, type);
	st_le32(h + 4, 0);
	st_le64(h + 8, sector);
	*s = 0xee;
	put_desc(&w->ram, DESC, 0, DATA - 64, 16, F_NEXT, n ? 1 : 2);
	put_desc(&w->ram, DESC, 1, DATA, n, F_NEXT | (in ? F_WRITE : 0), 2);
	put_desc(&w->ram, DESC, 2, DATA - 32, 1, F_WRITE, 0);
	make_avail(&w->ram, 0);
	virtio_notify(w->v, 0);
	wait_used(w, USED, (u16)(done + 1));
	return *s;
}

static void blk_works(void **state)
{
	struct world *w = *state;

	open_disk(w, false);
	assert_int_equal(virtio_read_config(w->v, 0, 8), SECTORS);
	memset(at(&w->ram, DATA), 0x5a, 1024);
	assert_int_equal(request(w, 1, 10, 1024, false), 0);
	assert_int_equal(used_len(&w->ram, 0), 1);
	assert_int_equal(request(w, 4, 0, 0, false), 0);
	memset(at(&w->ram, DATA), 0, 1536);
	assert_int_equal(request(w, 0, 10, 1536, true), 0);
	assert_int_equal(used_len(&w->ram, 2), 1537);
	assert_int_equal(at(&w->ram, DATA)[0], 0x5a);
	assert_int_equal(at(&w->ram, DATA)[1023], 0x5a);
	assert_int_equal(at(&w->ram, DATA)[1024], 0);
	/* the id, the unknown, the end of the disk, half a sector */
	assert_int_equal(request(w, 8, 0, 20, true), 0);
	assert_string_equal((char *)at(&w->ram, DATA), "disk0");
	assert_int_equal(request(w, 99, 0, 20, true), 2);
	assert_int_equal(request(w, 0, SECTORS - 1, 1024, true), 1);
	assert_int_equal(request(w, 0, ~0ULL, 512, true), 1);
	assert_int_equal(request(w, 1, ~0ULL >> 9, 512, false), 1);
	assert_int_equal(request(w, 0, 0, 100, true), 1);
	assert_int_equal(virtio_get_status(w->v), 15);
}

static void put_segment(struct world *w, u32 i, u64 sector, u32 n, u32 flags)
{
	u8 *p = at(&w->ram, DATA) + 16 * i;

	st_le64(p, sector);
	st_le32(p + 8, n);
	st_le32(p + 12, flags);
}

static void blk_zeroes(void **state)
{
	struct world *w = *state;

	open_disk(w, false);
	memset(at(&w->ram, DATA), 0x5a, 4096);
	assert_int_equal(request(w, 1, 0, 4096, false), 0);
	put_segment(w, 0, 1, 1, 0);
	put_segment(w, 1, 3, 2, 1);
	assert_int_equal(request(w, 13, 0, 32, false), 0);
	assert_int_equal(request(w, 0, 0, 4096, true), 0);
	for (unsigned int s = 0; s < 8; s++)
		assert_int_equal(at(&w->ram, DATA)[512 * s], s == 1 || s == 3 || s == 4 ? 0 : 0x5a);
	put_segment(w, 0, 0, 8, 0);
	assert_int_equal(request(w, 11, 0, 16, false), 0);
	put_segment(w, 0, 0, 8, 1);
	assert_int_equal(request(w, 11, 0, 16, false), 2);
	put_segment(w, 0, SECTORS, 1, 0);
	assert_int_equal(request(w, 11, 0, 16, false), 1);
	put_segment(w, 0, ~0ULL, 2, 0);
	assert_int_equal(request(w, 13, 0, 16, false), 1);
	put_segment(w, 0, 0, 1, 0);
	assert_int_equal(request(w, 13, 0, 15, false), 1);
	assert_int_equal(request(w, 13, 0, 0, false), 1);
	assert_int_equal(request(w, 13, 0, 17 * 16, false), 1);
	assert_int_equal(virtio_get_status(w->v), 15);
}

static void blk_readonly(void **state)
{
	struct world *w = *state;

	open_disk(w, true);
	assert_true(virtio_get_features(w->v) & 1 << 5);
	assert_false(virtio_get_features(w->v) & 1 << 13);
	assert_int_equal(request(w, 1, 0, 512, false), 1);
	assert_int_equal(request(w, 11, 0, 16, false), 1);
	assert_int_equal(request(w, 0, 0, 512, true), 0);
	assert_int_equal(request(w, 4, 0, 0, false), 0);
}

/* Each of these breaks it; a reset heals. */
static void blk_breaks(void **state)
{
	static const struct {
		u64 header, data;
		u32 header_len;
		bool status;
	} bad[] = {
		{ DATA - 64, DATA, 15, true },	 /* short header */
		{ 0x10, DATA, 16, true },	 /* header not in memory */
		{ DATA - 64, DATA, 16, false },	 /* no status */
		{ DATA - 64, 0x1000, 16, true }, /* data not in memory */
	};
	struct world *w = *state;

	open_disk(w, false);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(w->ram.bytes, 0, sizeof(w->ram.bytes));
		drive(w->v, BLK_F_FLUSH);
		st_le32(at(&w->ram, DATA - 64), 1);
		put_desc(&w->ram, DESC, 0, bad[i].header, bad[i].header_len, 0, 1);
		if (bad[i].status) {
			put_desc(&w->ram, DESC, 0, bad[i].header, bad[i].header_len, F_NEXT, 1);
			put_desc(&w->ram, DESC, 1, bad[i].data, 512, F_NEXT, 2);
			put_desc(&w->ram, DESC, 2, DATA - 32, 1, F_WRITE, 0);
		}
		if (bad[i].header_len < 16)
			put_desc(&w->ram, DESC, 0, bad[i].header, 15, F_NEXT, 2);
		make_avail(&w->ram, 0);
		virtio_notify(w->v, 0);
		device_quiesce(&w->v->dev);
		assert_true(virtio_is_broken(w->v));
		assert_int_equal(w->n_lines, i + 1);
	}
	memset(w->ram.bytes, 0, sizeof(w->ram.bytes));
	drive(w->v, BLK_F_FLUSH);
	assert_int_equal(request(w, 0, 0, 512, true), 0);
}

/* A reset in the middle of requests waits for them and leaves nothing behind. */
static void blk_reset_in_flight(void **state)
{
	struct world *w = *state;

	open_disk(w, false);
	for (int round = 0; round < 200; round++) {
		memset(w->ram.bytes, 0, sizeof(w->ram.bytes));
		drive(w->v, BLK_F_FLUSH);
		st_le32(at(&w->ram, DATA - 64), round & 1);
		put_desc(&w->ram, DESC, 0, DATA - 64, 16, F_NEXT, 1);
		put_desc(&w->ram, DESC, 1, DATA, 32768, F_NEXT | (round & 1 ? 0 : F_WRITE), 2);
		put_desc(&w->ram, DESC, 2, DATA - 32, 1, F_WRITE, 0);
		make_avail(&w->ram, 0);
		virtio_notify(w->v, 0);
		virtio_set_status(w->v, 0);
		assert_int_equal(virtq_inflight(&w->v->vq[0]), 0);
		memset(w->ram.bytes, 0xcc, sizeof(w->ram.bytes));
		for (unsigned int i = 0; i < RAM_SIZE; i += 4096)
			assert_int_equal(w->ram.bytes[i], 0xcc);
	}
	assert_int_equal(w->n_lines, 0);
}

/* ---- network ---- */

static void second_queue(struct world *w)
{
	struct virtio_queue_regs q = { .size = N, .desc = DESC1 };

	q.driver = AVAIL1;
	q.device = USED1;
	virtio_set_queue(w->v, 1, &q);
	virtio_enable_queue(w->v, 1);
}

static void make_avail1(struct world *w, u16 head)
{
	u8 *a = at(&w->ram, AVAIL1);
	u16 idx = ld_le16(a + 2);

	st_le16(a + 4 + 2 * (idx % N), head);
	st_le16(a + 2, (u16)(idx + 1));
}

static void net_echoes(void **state)
{
	static const u8 mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
	struct world *w = *state;
	struct net_config c = { .kind = NET_ECHO, .id = "n" };
	struct device_log log = log_of(w);
	struct hypar_err e = { 0 };

	w->v = virtio_net_new("net0", net_open(&c, &e), mac, &log, &e);
	attach(w);
	assert_int_equal(virtio_read_config(w->v, 0, 4), 0x01005452);
	assert_int_equal(virtio_read_config(w->v, 6, 2), 1);
	second_queue(w);
	drive(w->v, 1 << 5);
	/* reset took the second queue away */
	second_queue(w);
	put_desc(&w->ram, DESC1, 0, DATA, 12 + 100, 0, 0);
	memset(at(&w->ram, DATA), 0, 12);
	memset(at(&w->ram, DATA + 12), 0x77, 100);
	make_avail1(w, 0);
	virtio_notify(w->v, 1);
	wait_used(w, USED1, 1);
	/* it waits until there is a buffer */
	put_desc(&w->ram, DESC, 4, DATA + 4096, 2048, F_WRITE, 0);
	make_avail(&w->ram, 4);
	virtio_notify(w->v, 0);
	wait_used(w, USED, 1);
	assert_int_equal(used_id(&w->ram, 0), 4);
	assert_int_equal(used_len(&w->ram, 0), 112);
	assert_int_equal(ld_le16(at(&w->ram, DATA + 4096 + 10)), 1);
	assert_int_equal(at(&w->ram, DATA + 4096 + 12)[99], 0x77);
	/* a buffer that is too small loses the frame, and is the next one still */
	put_desc(&w->ram, DESC, 5, DATA + 4096, 50, F_WRITE, 0);
	make_avail(&w->ram, 5);
	make_avail1(w, 0);
	virtio_notify(w->v, 1);
	wait_used(w, USED1, 2);
	put_desc(&w->ram, DESC1, 0, DATA, 12 + 38, 0, 0);
	make_avail1(w, 0);
	virtio_notify(w->v, 1);
	wait_used(w, USED, 2);
	assert_int_equal(used_len(&w->ram, 1), 50);
	assert_int_equal(w->n_lines, 0);
	/* no room for a header */
	put_desc(&w->ram, DESC1, 0, DATA, 11, 0, 0);
	make_avail1(w, 0);
	virtio_notify(w->v, 1);
	for (int i = 0; i < 20000 && !virtio_is_broken(w->v); i++)
		usleep(500);
	assert_true(virtio_is_broken(w->v));
}

/* A frame of TCP over IPv4 with 250 bytes of data behind a header that leaves the work to us. */
static void put_large(u8 *b, u16 mss)
{
	u8 *f = b + 12;

	memset(b, 0, 12 + 54);
	memset(f + 54, 0x5a, 250);
	b[0] = 1;
	b[1] = 1;
	st_le16(b + 4, mss);
	st_le16(b + 6, 34);
	st_le16(b + 8, 16);
	st_be16(f + 12, 0x0800);
	f[14] = 0x45;
	st_be16(f + 16, 40 + 250);
	f[23] = 6;
	f[46] = 0x50;
	f[47] = 0x18;
}

static void send_large(struct world *w, u16 mss)
{
	put_large(at(&w->ram, DATA), mss);
	put_desc(&w->ram, DESC1, 0, DATA, 12 + 54 + 250, 0, 0);
	make_avail1(w, 0);
	virtio_notify(w->v, 1);
}

/* It is cut into segments, and each comes back in several buffers. */
static void net_offloads(void **state)
{
	static const u8 mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
	static const u32 want[6] = { 100, 66, 100, 66, 100, 16 };
	struct world *w = *state;
	struct net_config c = { .kind = NET_ECHO, .id = "n" };
	struct device_log log = log_of(w);
	struct hypar_err e = { 0 };
	struct tcp_part p;
	u8 frame[200];

	w->v = virtio_net_new("net0", net_open(&c, &e), mac, &log, &e);
	attach(w);
	/* CSUM, HOST_TSO4, MRG_RXBUF */
	drive(w->v, 1 << 0 | 1 << 5 | 1 << 11 | 1 << 15);
	second_queue(w);
	send_large(w, 0); /* no size of segments: lost */
	wait_used(w, USED1, 1);
	send_large(w, 100);
	wait_used(w, USED1, 2);
	/* the first segment needs two buffers, so nothing comes into one */
	for (u16 i = 0; i < 6; i++)
		put_desc(&w->ram, DESC, i, DATA + 4096 + 256 * i, 100, F_WRITE, 0);
	make_avail(&w->ram, 0);
	virtio_notify(w->v, 0);
	usleep(5000);
	assert_int_equal(ld_le16(at(&w->ram, USED + 2)), 0);
	for (u16 i = 1; i < 6; i++)
		make_avail(&w->ram, i);
	virtio_notify(w->v, 0);
	wait_used(w, USED, 6);
	for (u16 i = 0; i < 6; i++) {
		assert_int_equal(used_id(&w->ram, i), i);
		assert_int_equal(used_len(&w->ram, i), want[i]);
	}
	for (u16 i = 0; i < 6; i += 2) {
		const u8 *b = at(&w->ram, DATA + 4096 + 256 * i);
		u32 n = want[i] + want[i + 1] - 12;

		assert_int_equal(ld_le16(b + 10), 2);
		memcpy(frame, b + 12, 88);
		memcpy(frame + 88, b + 256, n - 88);
		assert_true(tcp_find(frame, n, &p));
		assert_true(tcp_is_good(frame, &p));
		assert_int_equal(ld_be32(frame + 38), i / 2 * 100);
	}
	assert_int_equal(w->n_lines, 0);
}

/* Headers that cannot be: the frame is lost, and nothing else. */
static void net_bad_offloads(void **state)
{
	static const struct {
		u8 flags, gso;
		u16 size, start, offset;
	} bad[] = { { 1, 0, 0, 303, 0 },      { 1, 0, 0, 65535, 65535 }, { 1, 3, 100, 34, 16 },
		    { 1, 1, 1, 34, 16 },      { 0, 4, 100, 0, 0 },	 { 1, 0, 0, 0, 65535 },
		    { 0, 0x7f, 9000, 34, 16 } };
	static const u8 mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
	struct world *w = *state;
	struct net_config c = { .kind = NET_ECHO, .id = "n" };
	struct device_log log = log_of(w);
	struct hypar_err e = { 0 };

	w->v = virtio_net_new("net0", net_open(&c, &e), mac, &log, &e);
	attach(w);
	drive(w->v, 1 << 0 | 1 << 5 | 1 << 11);
	second_queue(w);
	for (u16 i = 0; i < ARRAY_SIZE(bad); i++) {
		u8 *b = at(&w->ram, DATA);

		put_large(b, bad[i].size);
		b[0] = bad[i].flags;
		b[1] = bad[i].gso;
		st_le16(b + 6, bad[i].start);
		st_le16(b + 8, bad[i].offset);
		if (bad[i].gso == 4)
			b[12 + 23] = 17; /* no TCP */
		put_desc(&w->ram, DESC1, 0, DATA, 12 + 54 + 250, 0, 0);
		make_avail1(w, 0);
		virtio_notify(w->v, 1);
		wait_used(w, USED1, (u16)(i + 1));
	}
	assert_false(virtio_is_broken(w->v));
	assert_int_equal(w->n_lines, 0);
	put_desc(&w->ram, DESC, 0, DATA + 4096, 2048, F_WRITE, 0);
	make_avail(&w->ram, 0);
	virtio_notify(w->v, 0);
	usleep(5000);
	assert_int_equal(ld_le16(at(&w->ram, USED + 2)), 0);
}

static void macs(void **state)
{
	static const char *const bad[] = { "",
					   "52:54:00:12:34",
					   "52:54:00:12:34:56:78",
					   "52:54:00:12:34:5",
					   "52-54-00-12-34-56",
					   "53:54:00:12:34:56",
					   "52:54:00:12:34:5g" };
	struct hypar_err e = { 0 };
	u8 mac[6];

	(void)state;
	assert_int_equal(net_mac_parse("52:54:00:Ab:cD:ef", mac, &e), 0);
	assert_memory_equal(mac, "\x52\x54\x00\xab\xcd\xef", 6);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_true(net_mac_parse(bad[i], mac, &e) < 0);
}

static void forwards(void **state)
{
	static const char *const bad[] = { "tcp",
					   "tcp:",
					   "icmp::1-:1",
					   "tcp::0-:80",
					   "tcp::65536-:80",
					   "tcp:1.2.3:80-:80",
					   "tcp::80-:80x",
					   "tcp::80:80",
					   "tcp:localhost:80-:80",
					   "tcp:127.0.0.1:99999999999999999999-:80" };
	struct hypar_err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct net_config c = { .kind = NET_USER,
					.id = "n",
					.hostfwd = &bad[i],
					.n_hostfwd = 1 };

		memset(&e, 0, sizeof(e));
		assert_null(net_open(&c, &e));
		assert_true(e.code < 0);
		assert_non_null(strstr(e.text, "hostfwd="));
	}
}

/* ---- entropy ---- */

static void rng_fills(void **state)
{
	struct world *w = *state;
	struct device_log log = log_of(w);
	struct hypar_err e = { 0 };
	u8 first[64];

	w->v = virtio_rng_new("rng0", 5, &log, &e);
	attach(w);
	drive(w->v, 0);
	put_desc(&w->ram, DESC, 0, DATA, 64, F_WRITE, 0);
	put_desc(&w->ram, DESC, 1, DATA + 64, 8192, F_WRITE, 0);
	make_avail(&w->ram, 0);
	make_avail(&w->ram, 1);
	virtio_notify(w->v, 0);
	assert_int_equal(used_idx(&w->ram), 2);
	assert_int_equal(used_len(&w->ram, 0), 64);
	assert_int_equal(used_len(&w->ram, 1), 4096);
	memcpy(first, at(&w->ram, DATA), 64);
	assert_memory_not_equal(first, at(&w->ram, DATA + 64), 64);
	/* the same seed, the same numbers */
	device_quiesce(&w->v->dev);
	device_destroy(&w->v->dev);
	w->v = virtio_rng_new("rng0", 5, &log, &e);
	attach(w);
	memset(w->ram.bytes, 0, sizeof(w->ram.bytes));
	drive(w->v, 0);
	put_desc(&w->ram, DESC, 0, DATA, 64, F_WRITE, 0);
	make_avail(&w->ram, 0);
	virtio_notify(w->v, 0);
	assert_memory_equal(first, at(&w->ram, DATA), 64);
	put_desc(&w->ram, DESC, 1, 0, 64, F_WRITE, 0);
	make_avail(&w->ram, 1);
	virtio_notify(w->v, 0);
	assert_true(virtio_is_broken(w->v));
}

/* ---- console ---- */

static void console_writes(void **state)
{
	struct world *w = *state;
	struct device_log log = log_of(w);
	struct hypar_err e = { 0 };
	char spec[80], back[8] = "";
	int fd;

	snprintf(w->path, sizeof(w->path), "/tmp/hypar-con-XXXXXX");
	fd = mkstemp(w->path);
	assert_int_equal(write(fd, "older text", 10), 10);
	snprintf(spec, sizeof(spec), "file:%s", w->path);
	w->v = virtio_console_new("con0", chr_open(spec, &log, &e), &log, &e);
	attach(w);
	drive(w->v, 0);
	second_queue(w);
	memcpy(at(&w->ram, DATA), "hello\n", 6);
	put_desc(&w->ram, DESC1, 0, DATA, 6, 0, 0);
	make_avail1(w, 0);
	virtio_notify(w->v, 1);
	wait_used(w, USED1, 1);
	assert_int_equal(pread(fd, back, sizeof(back), 0), 6);
	assert_memory_equal(back, "hello\n", 6);
	close(fd);
}

static void chr_specs(void **state)
{
	static const char *const bad[] = { "",	    "pty:",   "unix:",
					   "file:", "file:/", "unix:/nonexistent/x" };
	struct world *w = *state;
	struct device_log log = log_of(w);

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct hypar_err e = { 0 };

		assert_null(chr_open(bad[i], &log, &e));
		assert_true(e.code < 0 && *e.text);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(blk_works),    TEST(blk_zeroes),	       TEST(blk_readonly),
		TEST(blk_breaks),   TEST(blk_reset_in_flight), TEST(net_echoes),
		TEST(net_offloads), TEST(net_bad_offloads),    TEST(macs),
		TEST(forwards),	    TEST(rng_fills),	       TEST(console_writes),
		TEST(chr_specs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
