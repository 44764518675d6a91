/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files as NVDIMMs: layout and record, labels, flushes and their tokens, health,
 * files that are cut, and the SIGBUS of a mapping.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/bits.h"
#include "dev/backend/pmem.h"
#include "mem/guard.h"

#define SIZE (4ULL << 20)
#define BLOCK (1ULL << 20)
#define BASE 0x10000000000ULL
#define TOTAL (SIZE + PMEM_LABEL_MIN + PMEM_RECORD_SIZE)
#define UUID "00112233-4455-6677-8899-aabbccddeeff"

struct world {
	char folder[64], path[96];
	int n_lines;
	char line[512];
	struct pmem *m;
};

static void say(void *opaque, const char *line)
{
	struct world *w = opaque;

	w->n_lines++;
	snprintf(w->line, sizeof(w->line), "%s", line);
}

static struct pmem_config config(struct world *w)
{
	return (struct pmem_config){ .path = w->path,
				     .id = "n0",
				     .size = SIZE,
				     .label_size = PMEM_LABEL_MIN,
				     .log = { say, w } };
}

static struct pmem *open_it(struct world *w)
{
	struct pmem_config c = config(w);
	struct hypar_err e = { 0 };

	w->m = pmem_open(&c, &e);
	if (!w->m)
		print_message("%s\n", e.text);
	assert_non_null(w->m);
	return w->m;
}

static void close_it(struct world *w)
{
	pmem_close(w->m);
	w->m = NULL;
}

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->folder, "/var/tmp/hypar-pmem-XXXXXX"); /* no memory: flushes mean something */
	assert_non_null(mkdtemp(w->folder));
	snprintf(w->path, sizeof(w->path), "%s/file", w->folder);
	close(open(w->path, O_CREAT | O_RDWR, 0600));
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	pmem_close(w->m);
	unlink(w->path);
	rmdir(w->folder);
	free(w);
	return 0;
}

static u64 health(struct world *w)
{
	return pmem_health(w->m) & ~PPC_BIT(7); /* where /var/tmp is a memory file system */
}

static enum pmem_flush_state finish(struct pmem *m, u64 number)
{
	enum pmem_flush_state state;
	u64 age;

	pmem_drain(m);
	state = pmem_flush_poll(m, number, &age);
	assert_int_not_equal(state, PMEM_FLUSH_BUSY);
	return state;
}

/* ---- tests ---- */

static void test_life(void **state)
{
	struct world *w = *state;
	u8 uuid[16], b[8] = "";
	struct stat st;

	open_it(w);
	assert_int_equal(stat(w->path, &st), 0);
	assert_int_equal(st.st_size, TOTAL);
	assert_true((u64)st.st_blocks * 512 >= TOTAL);
	assert_int_equal(health(w), PPC_BIT(3));
	memcpy(uuid, pmem_uuid(w->m), 16);
	assert_int_equal(pmem_label_write(w->m, PMEM_LABEL_MIN - 8, "labels!", 8), 0);
	close_it(w);
	open_it(w);
	assert_int_equal(health(w), PPC_BIT(2));
	assert_memory_equal(pmem_uuid(w->m), uuid, 16);
	assert_int_equal(pmem_label_read(w->m, PMEM_LABEL_MIN - 8, b, 8), 0);
	assert_string_equal((char *)b, "labels!");
	assert_int_equal(pmem_failures(w->m), 0);
}

static void test_unclean(void **state)
{
	struct world *w = *state;
	u8 copy[64];
	int fd;

	open_it(w);
	/* what is in the file now is what a killed process leaves */
	fd = open(w->path, O_RDONLY);
	assert_int_equal(pread(fd, copy, sizeof(copy), SIZE + PMEM_LABEL_MIN), sizeof(copy));
	close(fd);
	close_it(w);
	fd = open(w->path, O_WRONLY);
	assert_int_equal(pwrite(fd, copy, sizeof(copy), SIZE + PMEM_LABEL_MIN), sizeof(copy));
	close(fd);
	open_it(w);
	assert_int_equal(health(w), PPC_BIT(1));
	assert_int_equal(pmem_failures(w->m), 1);
	pmem_reset(w->m);
	assert_int_equal(health(w), PPC_BIT(2));
	close_it(w);
	open_it(w);
	assert_int_equal(health(w), PPC_BIT(2));
	assert_int_equal(pmem_failures(w->m), 1);
}

static void test_unarmed(void **state)
{
	struct world *w = *state;
	struct pmem_config c = config(w);
	u8 b[4];

	open_it(w);
	assert_int_equal(pmem_label_write(w->m, 0, "abc", 4), 0);
	close_it(w);
	c.is_unarmed = true;
	w->m = pmem_open(&c, NULL);
	assert_non_null(w->m);
	assert_true(health(w) & PPC_BIT(0));
	assert_true(pmem_file(w->m, 0).is_private);
	assert_int_equal(pmem_label_write(w->m, 0, "xyz", 4), 0);
	assert_int_equal(pmem_label_read(w->m, 0, b, 4), 0);
	assert_string_equal((char *)b, "xyz");
	close_it(w);
	open_it(w);
	assert_int_equal(pmem_label_read(w->m, 0, b, 4), 0);
	assert_string_equal((char *)b, "abc");
}

static void test_uuid(void **state)
{
	struct world *w = *state;
	struct pmem_config c = config(w);
	char text[PMEM_UUID_TEXT];
	u8 uuid[16];

	assert_true(pmem_uuid_parse(UUID, uuid));
	pmem_uuid_text(uuid, text);
	assert_string_equal(text, UUID);
	assert_false(pmem_uuid_parse("", uuid));
	assert_false(pmem_uuid_parse(UUID "0", uuid));
	assert_false(pmem_uuid_parse("00112233445566778899aabbccddeeff", uuid));
	assert_false(pmem_uuid_parse("00000000-0000-0000-0000-000000000000", uuid));
	assert_false(pmem_uuid_parse("0011223g-4455-6677-8899-aabbccddeeff", uuid));
	for (size_t n = 0; n < sizeof(UUID) - 1; n++) {
		memcpy(text, UUID, n);
		text[n] = 0;
		assert_false(pmem_uuid_parse(text, uuid));
	}
	c.uuid = UUID;
	w->m = pmem_open(&c, NULL);
	pmem_uuid_text(pmem_uuid(w->m), text);
	assert_string_equal(text, UUID);
	close_it(w);
	open_it(w);
	pmem_uuid_text(pmem_uuid(w->m), text);
	assert_string_equal(text, UUID);
}

static void refuse(struct world *w, struct pmem_config c, int code, const char *words)
{
	struct hypar_err e = { 0 };

	(void)w;
	assert_null(pmem_open(&c, &e));
	assert_int_equal(e.code, code);
	if (!strstr(e.text, words))
		fail_msg("\"%s\" lacks \"%s\"", e.text, words);
}

static void test_bad(void **state)
{
	struct world *w = *state;
	struct pmem_config c = config(w);

	for (u32 n = 1; n < 4; n++) {
		c.label_size = (u32[]){ 0, 4096, PMEM_LABEL_MIN + 1, PMEM_LABEL_MAX + 4096 }[n];
		refuse(w, c, -EINVAL, "label-size");
	}
	c = config(w);
	assert_int_equal(truncate(w->path, TOTAL - 1), 0);
	refuse(w, c, -EINVAL, "too small");
	assert_int_equal(truncate(w->path, TOTAL + 1), 0);
	refuse(w, c, -EINVAL, "too large");
	assert_int_equal(truncate(w->path, 0), 0);
	open_it(w);
	refuse(w, c, -EBUSY, "locked");
	close_it(w);
	c.size += BLOCK;
	c.label_size = 0;
	refuse(w, c, -EINVAL, "too");
	c = config(w);
	c.path = w->folder;
	refuse(w, c, -EISDIR, "directory");
	c.path = "/nothing/there";
	refuse(w, c, -ENOENT, "/nothing/there");
}

static void test_flush(void **state)
{
	struct world *w = *state;
	struct pmem *m = open_it(w);
	u64 first, second, age, old;

	assert_int_equal(pmem_flush_poll(m, 0, &age), PMEM_FLUSH_UNKNOWN);
	assert_int_equal(pmem_flush_poll(m, 1, &age), PMEM_FLUSH_UNKNOWN);
	first = pmem_flush(m);
	second = pmem_flush(m);
	assert_true(first && second && first != second);
	assert_int_equal(finish(m, second), PMEM_FLUSH_DONE);
	assert_int_equal(finish(m, second), PMEM_FLUSH_UNKNOWN);
	assert_int_equal(finish(m, first), PMEM_FLUSH_DONE);
	/* nobody asks for the first of many */
	old = pmem_flush(m);
	for (int i = 0; i < 64; i++)
		second = pmem_flush(m);
	assert_int_equal(finish(m, old), PMEM_FLUSH_UNKNOWN);
	assert_int_equal(finish(m, second), PMEM_FLUSH_DONE);
	first = pmem_flush(m);
	pmem_reset(m);
	assert_int_equal(finish(m, first), PMEM_FLUSH_UNKNOWN);
}

static void test_cut(void **state)
{
	struct world *w = *state;
	struct pmem *m = open_it(w);
	u8 b[8];
	u64 n;

	assert_int_equal(truncate(w->path, SIZE), 0);
	assert_int_equal(finish(m, pmem_flush(m)), PMEM_FLUSH_FAILED);
	assert_int_equal(w->n_lines, 1);
	assert_true(health(w) & PPC_BIT(6));
	assert_int_not_equal(pmem_label_read(m, 0, b, 8), 0);
	assert_int_not_equal(pmem_label_write(m, 0, b, 8), 0);
	/* no longer for good */
	assert_int_equal(truncate(w->path, TOTAL), 0);
	assert_int_equal(finish(m, pmem_flush(m)), PMEM_FLUSH_FAILED);
	n = pmem_flush(m);
	assert_int_equal(finish(m, n), PMEM_FLUSH_FAILED);
	assert_int_equal(w->n_lines, 1);
}

/* A guest's memory with all four blocks of it. */
static struct gmem *plug(struct world *w)
{
	struct gmem *g = gmem_new();
	struct gmem_file f;

	assert_int_equal(gmem_add_window(g, gpa_of(BASE), 8 * BLOCK, BLOCK, NULL), 0);
	assert_int_equal(gmem_plug(g, gpa_of(BASE), BLOCK, NULL), -EINVAL);
	for (u64 at = 0; at < SIZE; at += BLOCK) {
		f = pmem_file(w->m, at);
		assert_int_equal(gmem_plug_file(g, gpa_of(BASE + at), BLOCK, &f, NULL), 0);
	}
	assert_int_equal(gmem_plug_file(g, gpa_of(BASE), BLOCK, &f, NULL), -EEXIST);
	return g;
}

static void test_memory(void **state)
{
	struct world *w = *state;
	struct gmem *g;
	u64 v = 0;

	open_it(w);
	g = plug(w);
	assert_int_equal(gmem_ram_size(g), 0);
	assert_int_equal(gmem_room_size(g), 0);
	assert_true(gmem_st_be64(g, gpa_of(BASE + SIZE - 8), 0x1234));
	assert_false(gmem_st_be64(g, gpa_of(BASE + SIZE - 4), 1));
	gmem_clear(g);
	assert_true(gmem_ld_be64(g, gpa_of(BASE + SIZE - 8), &v));
	assert_int_equal(v, 0x1234);
	assert_int_equal(gmem_unplug(g, gpa_of(BASE + SIZE - BLOCK), BLOCK, NULL), 0);
	assert_false(gmem_ld_be64(g, gpa_of(BASE + SIZE - 8), &v));
	gmem_free(g);
	close_it(w);
	open_it(w);
	g = plug(w);
	assert_true(gmem_ld_be64(g, gpa_of(BASE + SIZE - 8), &v));
	assert_int_equal(v, 0x1234);
	gmem_free(g);
}

static void test_sigbus(void **state)
{
	struct world *w = *state;
	struct sigaction before, now;
	struct gmem *g;
	u64 v = 1;

	assert_int_equal(sigaction(SIGBUS, NULL, &before), 0);
	open_it(w);
	g = plug(w);
	assert_true(gmem_st_be64(g, gpa_of(BASE), 7));
	assert_true(gmem_st_be64(g, gpa_of(BASE + 3 * BLOCK), 7));
	assert_int_equal(truncate(w->path, BLOCK + 4096), 0);
	assert_true(gmem_ld_be64(g, gpa_of(BASE + 3 * BLOCK), &v));
	assert_int_equal(v, 0);
	assert_true(gmem_st_be64(g, gpa_of(BASE + BLOCK + 4096), 5));
	assert_true(gmem_st_be64(g, gpa_of(BASE + BLOCK), 6));
	assert_true(gmem_ld_be64(g, gpa_of(BASE), &v));
	assert_int_equal(v, 7);
	assert_int_equal(*pmem_file(w->m, 0).n_lost, 2);
	assert_true(health(w) & PPC_BIT(6));
	assert_false(guard_handle(&v));
	gmem_free(g);
	assert_int_equal(sigaction(SIGBUS, NULL, &now), 0);
	assert_true(now.sa_handler == before.sa_handler);
}

static sigjmp_buf back;

static void foreign(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

/* A SIGBUS that is not ours goes to whoever was there before. */
static void test_foreign(void **state)
{
	struct sigaction theirs = { .sa_handler = foreign }, before;
	struct world *w = *state;
	volatile bool caught = false;
	struct gmem *g;

	assert_int_equal(sigaction(SIGBUS, &theirs, &before), 0);
	open_it(w);
	g = plug(w);
	if (sigsetjmp(back, 1))
		caught = true;
	else
		raise(SIGBUS);
	assert_true(caught);
	gmem_free(g);
	assert_int_equal(sigaction(SIGBUS, &before, &theirs), 0);
	assert_true(theirs.sa_handler == foreign);
}

static void test_stats(void **state)
{
	struct world *w = *state;
	struct pmem_stats a, b;
	struct gmem *g;
	u8 label[8] = { 1 };

	open_it(w);
	g = plug(w);
	pmem_stats(w->m, &a);
	assert_int_equal(pmem_label_write(w->m, 0, label, 8), 0);
	assert_int_equal(pmem_label_read(w->m, 0, label, 8), 0);
	assert_non_null(gmem_host_page(g, gpa_of(BASE + 4096)));
	pmem_reset(w->m);
	assert_int_equal(finish(w->m, pmem_flush(w->m)), PMEM_FLUSH_DONE);
	pmem_stats(w->m, &b);
	assert_int_equal(b.resets, a.resets + 1);
	assert_true(b.loads >= a.loads + 2);
	assert_true(b.stores > a.stores);
	assert_true(b.fill_percent <= 100);
	gmem_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(test_life),	T(test_unclean), T(test_unarmed), T(test_uuid),
		T(test_bad),	T(test_flush),	 T(test_cut),	  T(test_memory),
		T(test_sigbus), T(test_foreign), T(test_stats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
