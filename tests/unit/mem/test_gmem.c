// SPDX-License-Identifier: Apache-2.0
/*
 * Guest memory: slots, all-or-nothing accesses, byte order, and what lies
 * outside.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mem/gmem.h"

#define LOW 0x10000ULL
#define SIZE 0x20000ULL

static struct gmem *with_ram(void)
{
	struct gmem *m = gmem_new();

	assert_non_null(m);
	assert_int_equal(gmem_add_ram(m, gpa_of(LOW), SIZE, NULL), 0);
	return m;
}

static void test_slots(void **state)
{
	struct gmem *m = with_ram();
	struct hypar_err e = { 0 };

	(void)state;
	assert_int_equal(gmem_add_ram(m, gpa_of(LOW), SIZE, &e), -EEXIST);
	assert_true(e.text[0] != 0);
	assert_int_equal(gmem_add_ram(m, gpa_of(LOW + 0x10000), 0x10000, NULL), -EEXIST);
	assert_int_equal(gmem_add_ram(m, gpa_of(0), 0x20000, NULL), -EEXIST);
	assert_int_equal(gmem_add_ram(m, gpa_of(0), 0, NULL), -EINVAL);
	assert_int_equal(gmem_add_ram(m, gpa_of(0x8000), 0x10000, NULL), -EINVAL);
	assert_int_equal(gmem_add_ram(m, gpa_of(0), 0x8000, NULL), -EINVAL);
	assert_int_equal(gmem_add_ram(m, gpa_of(~0xffffULL), 0x20000, NULL), -EINVAL);
	/* below and above are free */
	assert_int_equal(gmem_add_ram(m, gpa_of(0), 0x10000, NULL), 0);
	assert_int_equal(gmem_add_ram(m, gpa_of(LOW + SIZE), 0x10000, NULL), 0);
	assert_int_equal(gmem_ram_size(m), SIZE + 0x20000);
	assert_int_equal(gmem_remove_ram(m, gpa_of(LOW), 0x10000), -ENOENT);
	assert_int_equal(gmem_remove_ram(m, gpa_of(LOW), SIZE), 0);
	assert_int_equal(gmem_remove_ram(m, gpa_of(LOW), SIZE), -ENOENT);
	assert_false(gmem_ok(m, gpa_of(LOW), 1));
	assert_true(gmem_ok(m, gpa_of(LOW + SIZE), 0x10000));
	gmem_free(m);
}

static void test_bounds(void **state)
{
	struct gmem *m = with_ram();
	u8 buf[16] = { 0 };
	u64 v;

	(void)state;
	assert_true(gmem_ok(m, gpa_of(LOW), SIZE));
	assert_false(gmem_ok(m, gpa_of(LOW), SIZE + 1));
	assert_false(gmem_ok(m, gpa_of(LOW - 1), 2));
	assert_false(gmem_ok(m, gpa_of(~0ULL), 1));
	assert_false(gmem_ok(m, gpa_of(LOW), ~0ULL));
	assert_true(gmem_read(m, gpa_of(LOW + SIZE - 16), buf, 16));
	assert_false(gmem_read(m, gpa_of(LOW + SIZE - 15), buf, 16));
	assert_true(gmem_ld_be64(m, gpa_of(LOW + SIZE - 8), &v));
	assert_false(gmem_ld_be64(m, gpa_of(LOW + SIZE - 7), &v));
	assert_null(gmem_host_page(m, gpa_of(LOW + SIZE)));
	assert_non_null(gmem_host_page(m, gpa_of(LOW + SIZE - 1)));
	gmem_free(m);
}

/* Memory of the caller's: the same bytes on both sides, and still there afterwards. */
static void test_host(void **state)
{
	struct gmem *m = with_ram();
	struct gmem_host r = { gpa_of(1ULL << 40), 0x10000, NULL };
	struct hypar_err e = { 0 };
	u8 *host = aligned_alloc(0x10000, 0x10000);
	u32 w;

	(void)state;
	assert_non_null(host);
	memset(host, 0x5a, 0x10000);
	assert_int_equal(gmem_add_host(m, &r, &e), -EINVAL);
	r.host = host + 8;
	assert_int_equal(gmem_add_host(m, &r, &e), -EINVAL);
	r.host = host;
	r.size = 0x8000;
	assert_int_equal(gmem_add_host(m, &r, &e), -EINVAL);
	r.size = 0x10000;
	r.base = gpa_of(LOW);
	assert_int_equal(gmem_add_host(m, &r, &e), -EEXIST);
	r.base = gpa_of(1ULL << 40);
	assert_int_equal(gmem_add_host(m, &r, &e), 0);
	assert_true(gmem_ld_be32(m, r.base, &w));
	assert_int_equal(w, 0x5a5a5a5a);
	assert_true(gmem_st_be32(m, gpa_of((1ULL << 40) + 0xfffc), 0x01020304));
	assert_int_equal(host[0xfffc], 1);
	assert_int_equal(host[0xffff], 4);
	assert_false(gmem_ok(m, gpa_of((1ULL << 40) + 0xfffd), 4));
	assert_int_equal(gmem_remove_ram(m, r.base, r.size), 0);
	assert_int_equal(host[0xffff], 4);
	assert_int_equal(gmem_add_host(m, &r, &e), 0);
	gmem_clear(m);
	assert_int_equal(host[0xffff], 0);
	host[5] = 6;
	gmem_free(m);
	assert_int_equal(host[5], 6);
	free(host);
}

/* A write that does not fit stores nothing. */
static void test_all_or_nothing(void **state)
{
	struct gmem *m = with_ram();
	u8 buf[16], got[8];

	(void)state;
	memset(buf, 0xaa, sizeof(buf));
	assert_false(gmem_write(m, gpa_of(LOW + SIZE - 8), buf, 16));
	assert_true(gmem_read(m, gpa_of(LOW + SIZE - 8), got, 8));
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(got[i], 0);
	assert_false(gmem_set(m, gpa_of(LOW), 1, SIZE + 1));
	assert_false(gmem_copy(m, gpa_of(LOW), gpa_of(LOW + SIZE), 1));
	gmem_free(m);
}

static void test_byte_order(void **state)
{
	struct gmem *m = with_ram();
	u8 b[8];
	u16 h;
	u32 w;
	u64 d;

	(void)state;
	for (u64 at = LOW; at < LOW + 9; at++) {
		assert_true(gmem_st_be64(m, gpa_of(at), 0x0102030405060708ULL));
		assert_true(gmem_read(m, gpa_of(at), b, 8));
		for (unsigned int i = 0; i < 8; i++)
			assert_int_equal(b[i], i + 1);
		assert_true(gmem_ld_be64(m, gpa_of(at), &d));
		assert_true(gmem_ld_be32(m, gpa_of(at), &w));
		assert_true(gmem_ld_be16(m, gpa_of(at), &h));
		assert_int_equal(d, 0x0102030405060708ULL);
		assert_int_equal(w, 0x01020304);
		assert_int_equal(h, 0x0102);
	}
	gmem_free(m);
}

static void test_cmpxchg(void **state)
{
	struct gmem *m = with_ram();
	bool done;
	u64 v;

	(void)state;
	assert_true(gmem_st_be64(m, gpa_of(LOW), 5));
	assert_true(gmem_cmpxchg_be64(m, gpa_of(LOW), 4, 9, &done));
	assert_false(done);
	assert_true(gmem_cmpxchg_be64(m, gpa_of(LOW), 5, 9, &done));
	assert_true(done);
	assert_true(gmem_ld_be64(m, gpa_of(LOW), &v));
	assert_int_equal(v, 9);
	assert_false(gmem_cmpxchg_be64(m, gpa_of(LOW + 4), 9, 1, &done));
	assert_false(gmem_cmpxchg_be64(m, gpa_of(LOW + SIZE), 9, 1, &done));
	gmem_free(m);
}

static void test_strings(void **state)
{
	struct gmem *m = with_ram();
	char s[8];

	(void)state;
	assert_true(gmem_write(m, gpa_of(LOW), "hello", 6));
	assert_true(gmem_read_str(m, gpa_of(LOW), s, sizeof(s)));
	assert_string_equal(s, "hello");
	assert_false(gmem_read_str(m, gpa_of(LOW), s, 5));
	/* runs into the end of RAM */
	assert_true(gmem_write(m, gpa_of(LOW + SIZE - 3), "abc", 3));
	assert_false(gmem_read_str(m, gpa_of(LOW + SIZE - 3), s, sizeof(s)));
	gmem_free(m);
}

static void test_clear(void **state)
{
	struct gmem *m = with_ram();
	u64 v;

	(void)state;
	assert_true(gmem_st_be64(m, gpa_of(LOW + 0x1000), ~0ULL));
	gmem_clear(m);
	assert_true(gmem_ld_be64(m, gpa_of(LOW + 0x1000), &v));
	assert_int_equal(v, 0);
	gmem_free(m);
}

#define BLOCK 0x10000ULL

/* Blocks that are there are one range; the others are not there. */
static void test_blocks(void **state)
{
	struct gmem *m = gmem_new();
	struct hypar_err e = { 0 };
	u8 *host;
	u64 v;

	(void)state;
	assert_int_equal(gmem_add_room(m, gpa_of(0), 70 * BLOCK, 0x8000, &e), -EINVAL);
	assert_int_equal(gmem_add_room(m, gpa_of(0), 70 * BLOCK, 3 * BLOCK, &e), -EINVAL);
	assert_int_equal(gmem_add_room(m, gpa_of(0), 3 * BLOCK, 2 * BLOCK, &e), -EINVAL);
	assert_int_equal(gmem_add_room(m, gpa_of(0), 70 * BLOCK, BLOCK, &e), 0);
	assert_int_equal(gmem_add_ram(m, gpa_of(BLOCK), BLOCK, &e), -EEXIST);
	assert_false(gmem_ok(m, gpa_of(0), 1));
	assert_null(gmem_host_page(m, gpa_of(0)));
	assert_int_equal(gmem_room_size(m), 70 * BLOCK);
	assert_int_equal(gmem_ram_size(m), 0);
	assert_int_equal(gmem_unplug(m, gpa_of(0), BLOCK, &e), -ENOENT);
	assert_int_equal(gmem_plug(m, gpa_of(0), 0, &e), -EINVAL);
	assert_int_equal(gmem_plug(m, gpa_of(0x1000), BLOCK, &e), -EINVAL);
	assert_int_equal(gmem_plug(m, gpa_of(69 * BLOCK), 2 * BLOCK, &e), -EINVAL);
	assert_int_equal(gmem_plug(m, gpa_of(62 * BLOCK), 4 * BLOCK, &e), 0);
	assert_int_equal(gmem_plug(m, gpa_of(65 * BLOCK), 2 * BLOCK, &e), -EEXIST);
	assert_false(gmem_ok(m, gpa_of(66 * BLOCK), 1));
	assert_true(gmem_ok(m, gpa_of(62 * BLOCK), 4 * BLOCK));
	assert_true(gmem_ok(m, gpa_of(66 * BLOCK - 1), 1));
	assert_false(gmem_ok(m, gpa_of(66 * BLOCK - 1), 2));
	assert_false(gmem_ok(m, gpa_of(62 * BLOCK - 1), 2));
	assert_true(gmem_set(m, gpa_of(62 * BLOCK), 0xff, 4 * BLOCK));
	host = gmem_host_page(m, gpa_of(63 * BLOCK));
	assert_non_null(host);
	/* a hole in the middle: nothing across it, what is beside it keeps its bytes */
	assert_int_equal(gmem_unplug(m, gpa_of(63 * BLOCK), BLOCK, &e), 0);
	assert_int_equal(gmem_unplug(m, gpa_of(62 * BLOCK), 4 * BLOCK, &e), -ENOENT);
	assert_false(gmem_ok(m, gpa_of(62 * BLOCK), 4 * BLOCK));
	assert_false(gmem_ld_be64(m, gpa_of(63 * BLOCK), &v));
	assert_null(gmem_host_page(m, gpa_of(63 * BLOCK)));
	assert_int_equal(gmem_ram_size(m), 3 * BLOCK);
	assert_true(gmem_ld_be64(m, gpa_of(64 * BLOCK), &v));
	assert_int_equal(v, ~0ULL);
	/* it comes back as zeroes, whatever was written through an old address */
	host[5] = 1;
	assert_int_equal(gmem_plug(m, gpa_of(63 * BLOCK), BLOCK, &e), 0);
	assert_true(gmem_ld_be64(m, gpa_of(63 * BLOCK), &v));
	assert_int_equal(v, 0);
	gmem_clear(m);
	assert_true(gmem_ld_be64(m, gpa_of(64 * BLOCK), &v));
	assert_int_equal(v, 0);
	assert_int_equal(gmem_ram_size(m), 4 * BLOCK);
	assert_int_equal(gmem_remove_ram(m, gpa_of(0), 70 * BLOCK), 0);
	gmem_free(m);
}

struct looker {
	struct gmem *m;
	bool stop; /* atomic */
	u64 n_there, n_gone, n_torn, n_set;
};

/* A device, which moves whatever the host does: all of what it reads, or nothing. */
static void *look(void *opaque)
{
	struct looker *l = opaque;
	u8 buf[256];

	while (!__atomic_load_n(&l->stop, __ATOMIC_RELAXED)) {
		buf[0] = 1;
		if (gmem_read(l->m, gpa_of(2 * BLOCK - 128), buf, sizeof(buf)))
			__atomic_add_fetch(&l->n_there, 1, __ATOMIC_RELAXED);
		else
			__atomic_add_fetch(&l->n_gone, 1, __ATOMIC_RELAXED);
		l->n_torn += gmem_read(l->m, gpa_of(3 * BLOCK), buf, 1);
		l->n_set += gmem_set(l->m, gpa_of(BLOCK), 0x55, 64);
	}
	return NULL;
}

static u64 count(const u64 *n)
{
	return __atomic_load_n(n, __ATOMIC_RELAXED);
}

static void test_blocks_threads(void **state)
{
	struct looker l = { .m = gmem_new() };
	pthread_t t;
	u64 v;

	(void)state;
	assert_int_equal(gmem_add_room(l.m, gpa_of(0), 4 * BLOCK, BLOCK, NULL), 0);
	assert_int_equal(gmem_plug(l.m, gpa_of(0), 3 * BLOCK, NULL), 0);
	assert_int_equal(pthread_create(&t, NULL, look, &l), 0);
	for (int i = 0; i < 30; i++) {
		u64 there = count(&l.n_there), gone = count(&l.n_gone);

		while (count(&l.n_there) == there)
			sched_yield();
		assert_int_equal(gmem_unplug(l.m, gpa_of(BLOCK), BLOCK, NULL), 0);
		while (count(&l.n_gone) == gone)
			sched_yield();
		assert_int_equal(gmem_plug(l.m, gpa_of(BLOCK), BLOCK, NULL), 0);
		assert_true(gmem_ld_be64(l.m, gpa_of(2 * BLOCK - 8), &v));
		assert_int_equal(v, 0);
	}
	__atomic_store_n(&l.stop, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	assert_int_equal(l.n_torn, 0);
	assert_true(l.n_set);
	gmem_free(l.m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slots),	       cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_all_or_nothing), cmocka_unit_test(test_byte_order),
		cmocka_unit_test(test_cmpxchg),	       cmocka_unit_test(test_strings),
		cmocka_unit_test(test_clear),	       cmocka_unit_test(test_host),
		cmocka_unit_test(test_blocks),	       cmocka_unit_test(test_blocks_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
