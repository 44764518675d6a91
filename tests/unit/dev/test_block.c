/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks of the host: what is written is there, what cannot be opened says why,
 * what fails is an error of the request and a line for the user.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dev/backend/block.h"

#define SIZE (4u << 20)

struct world {
	char folder[64], path[96];
	pthread_mutex_t lock;
	int n_lines;
	char line[512];
	struct block *b;
};

struct request {
	struct block_request r;
	u8 *data;
	bool refuse;
};

static void say(void *opaque, const char *line)
{
	struct world *w = opaque;

	pthread_mutex_lock(&w->lock);
	w->n_lines++;
	snprintf(w->line, sizeof(w->line), "%s", line);
	pthread_mutex_unlock(&w->lock);
}

static struct block *try_open(struct world *w, const char *path, bool readonly, struct hypar_err *e)
{
	struct block_config c = { .path = path,
				  .id = "d0",
				  .readonly = readonly,
				  .threads = 3,
				  .log = { say, w } };

	return block_open(&c, e);
}

static void make(const char *path, off_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct hypar_err e = { 0 };

	pthread_mutex_init(&w->lock, NULL);
	snprintf(w->folder, sizeof(w->folder), "/tmp/hypar-block-XXXXXX");
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/disk", w->folder);
	make(w->path, SIZE);
	w->b = try_open(w, w->path, false, &e);
	assert_non_null(w->b);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	block_close(w->b);
	unlink(w->path);
	assert_int_equal(rmdir(w->folder), 0);
	pthread_mutex_destroy(&w->lock);
	free(w);
	return 0;
}

static bool copy(struct block_request *br, u64 at, void *buf, size_t n)
{
	struct request *r = CONTAINER_OF(br, struct request, r);

	if (r->refuse)
		return false;
	if (br->op == BLOCK_READ)
		memcpy(r->data + at, buf, n);
	else
		memcpy(buf, r->data + at, n);
	return true;
}

static void done(struct block_request *br)
{
	(void)br;
}

static void fill(struct request *r, enum block_op op, u64 offset, u64 length, u8 *data)
{
	*r = (struct request){ .r = { .op = op,
				      .offset = offset,
				      .length = length,
				      .copy = copy,
				      .done = done,
				      .status = 1 },
			       .data = data };
}

static int one(struct world *w, enum block_op op, u64 offset, u64 length, u8 *data)
{
	struct request r;

	fill(&r, op, offset, length, data);
	block_submit(w->b, &r.r);
	block_drain(w->b);
	return r.r.status;
}

static void pattern(u8 *p, size_t n, u32 seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (u8)((i * 2654435761u + seed) >> 13);
}

static void reads_what_was_written(void **state)
{
	struct world *w = *state;
	u8 *a = malloc(SIZE), *b = malloc(SIZE);
	struct block_stats s;

	pattern(a, SIZE, 1);
	/* longer than a piece, and at an odd sector */
	assert_int_equal(one(w, BLOCK_WRITE, 512, SIZE - 512, a), 0);
	assert_int_equal(one(w, BLOCK_FLUSH, 0, 0, NULL), 0);
	assert_int_equal(one(w, BLOCK_READ, 512, SIZE - 512, b), 0);
	assert_memory_equal(a, b, SIZE - 512);
	assert_int_equal(one(w, BLOCK_READ, 0, 512, b), 0);
	assert_int_equal(b[0] | b[511], 0);
	assert_int_equal(one(w, BLOCK_READ, 0, 0, b), 0);
	block_stats(w->b, &s);
	assert_int_equal(s.writes, 1);
	assert_int_equal(s.write_bytes, SIZE - 512);
	assert_int_equal(s.reads, 3);
	assert_int_equal(s.flushes, 1);
	assert_int_equal(w->n_lines, 0);
	assert_int_equal(block_sectors(w->b), SIZE / 512);
	free(a);
	free(b);
}

static void many_at_once(void **state)
{
	struct world *w = *state;
	struct request r[256];
	u8 *a = malloc(256 * 4096), *b = malloc(256 * 4096);

	pattern(a, 256 * 4096, 7);
	for (unsigned int i = 0; i < 256; i++) {
		fill(&r[i], BLOCK_WRITE, i * 4096, 4096, a + i * 4096);
		block_submit(w->b, &r[i].r);
	}
	block_drain(w->b);
	for (unsigned int i = 0; i < 256; i++) {
		assert_int_equal(r[i].r.status, 0);
		fill(&r[i], BLOCK_READ, i * 4096, 4096, b + i * 4096);
		block_submit(w->b, &r[i].r);
	}
	block_drain(w->b);
	assert_memory_equal(a, b, 256 * 4096);
	free(a);
	free(b);
}

static void zeroes_and_discard(void **state)
{
	struct world *w = *state;
	u8 a[8192], b[8192];
	struct stat before, after;
	struct request r;

	pattern(a, sizeof(a), 3);
	assert_int_equal(one(w, BLOCK_WRITE, 0, sizeof(a), a), 0);
	assert_int_equal(one(w, BLOCK_WRITE_ZEROES, 512, 1024, NULL), 0);
	assert_int_equal(one(w, BLOCK_READ, 0, sizeof(b), b), 0);
	memset(a + 512, 0, 1024);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(one(w, BLOCK_FLUSH, 0, 0, NULL), 0);
	stat(w->path, &before);
	assert_int_equal(one(w, BLOCK_DISCARD, 0, sizeof(a), NULL), 0);
	stat(w->path, &after);
	assert_int_equal(after.st_size, SIZE);
	assert_true(after.st_blocks <= before.st_blocks);
	assert_int_equal(one(w, BLOCK_WRITE, 0, sizeof(a), a), 0);
	fill(&r, BLOCK_WRITE_ZEROES, 0, 4096, NULL);
	r.r.unmap = r.r.stable = true;
	block_submit(w->b, &r.r);
	block_drain(w->b);
	assert_int_equal(r.r.status, 0);
	assert_int_equal(one(w, BLOCK_READ, 0, sizeof(b), b), 0);
	memset(a, 0, 4096);
	assert_memory_equal(a, b, sizeof(a));
}

static void range(void **state)
{
	static const struct {
		u64 offset, length;
	} bad[] = { { SIZE, 512 },	    { SIZE - 512, 1024 }, { ~0ULL - 511, 512 },
		    { 0, ~0ULL & ~511ULL }, { 1, 512 },		  { 0, 100 } };
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		for (int op = BLOCK_READ; op <= BLOCK_WRITE_ZEROES; op++)
			if (op != BLOCK_FLUSH)
				assert_int_equal(one(w, (enum block_op)op, bad[i].offset,
						     bad[i].length, NULL),
						 -EINVAL);
	assert_int_equal(one(w, BLOCK_READ, SIZE, 0, NULL), 0);
	assert_int_equal(w->n_lines, 0);
}

static void memory_refused(void **state)
{
	struct world *w = *state;
	struct request r;

	for (int op = BLOCK_READ; op <= BLOCK_WRITE; op++) {
		fill(&r, (enum block_op)op, 0, 512, NULL);
		r.refuse = true;
		block_submit(w->b, &r.r);
		block_drain(w->b);
		assert_int_equal(r.r.status, -EFAULT);
	}
	assert_int_equal(w->n_lines, 0);
}

static void shrinks(void **state)
{
	struct world *w = *state;
	u8 a[4096] = { 1 };
	struct stat st;

	assert_int_equal(truncate(w->path, 1 << 20), 0);
	assert_int_equal(one(w, BLOCK_READ, 2 << 20, 4096, a), -EIO);
	assert_int_equal(w->n_lines, 1);
	assert_non_null(strstr(w->line, "shorter"));
	assert_non_null(strstr(w->line, w->path));
	assert_int_equal(one(w, BLOCK_WRITE, 2 << 20, 4096, a), -EIO);
	assert_int_equal(one(w, BLOCK_WRITE_ZEROES, 2 << 20, 4096, a), -EIO);
	/* said once, not each time; and not made long again */
	assert_int_equal(w->n_lines, 1);
	stat(w->path, &st);
	assert_int_equal(st.st_size, 1 << 20);
	assert_int_equal(one(w, BLOCK_WRITE, 0, 4096, a), 0);
}

static void host_refuses(void **state)
{
	struct world *w = *state;
	struct rlimit old, limit;
	u8 a[4096] = { 1 };

	/* a limit of the process: SIGXFSZ must not end it */
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = 65536;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(one(w, BLOCK_WRITE, 1 << 20, 4096, a), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(w->n_lines, 1);
	assert_int_equal(one(w, BLOCK_WRITE, 1 << 20, 4096, a), 0);
}

static void cannot_open(struct world *w, const char *path, bool readonly, int code,
			const char *text)
{
	struct hypar_err e = { 0 };

	assert_null(try_open(w, path, readonly, &e));
	assert_int_equal(e.code, code);
	assert_non_null(strstr(e.text, path));
	if (!strstr(e.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, e.text);
	assert_null(strchr(e.text, '\n'));
}

static void bad_files(void **state)
{
	struct world *w = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/none", w->folder);
	cannot_open(w, path, false, -ENOENT, "No such file");
	cannot_open(w, w->folder, false, -EISDIR, "directory");
	cannot_open(w, w->folder, true, -EISDIR, "directory");
	make(path, 0);
	cannot_open(w, path, false, -EINVAL, "empty");
	make(path, 1000);
	cannot_open(w, path, false, -EINVAL, "whole sectors");
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	cannot_open(w, path, true, -EINVAL, "neither");
	unlink(path);
	cannot_open(w, "/dev/null", false, -EINVAL, "neither");
}

static void locks(void **state)
{
	struct world *w = *state;
	struct hypar_err e = { 0 };
	struct block *r1, *r2;

	cannot_open(w, w->path, false, -EBUSY, "in use");
	cannot_open(w, w->path, true, -EBUSY, "in use");
	block_close(w->b);
	r1 = try_open(w, w->path, true, &e);
	r2 = try_open(w, w->path, true, &e);
	assert_non_null(r1);
	assert_non_null(r2);
	cannot_open(w, w->path, false, -EBUSY, "in use");
	block_close(r1);
	w->b = r2;
	assert_true(block_readonly(r2));
	assert_false(block_can_discard(r2));
	assert_int_equal(one(w, BLOCK_WRITE, 0, 512, NULL), -EROFS);
	assert_int_equal(one(w, BLOCK_DISCARD, 0, 512, NULL), -EROFS);
	assert_int_equal(one(w, BLOCK_WRITE_ZEROES, 0, 512, NULL), -EROFS);
	assert_int_equal(one(w, BLOCK_FLUSH, 0, 0, NULL), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_was_written),
		TEST(many_at_once),
		TEST(zeroes_and_discard),
		TEST(range),
		TEST(memory_refused),
		TEST(shrinks),
		TEST(host_refuses),
		TEST(bad_files),
		TEST(locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
