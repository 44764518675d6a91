// SPDX-License-Identifier: Apache-2.0
/*
 * TCP segments that are put together for the guest: what tcp_segment() cuts,
 * frame_merge() makes whole again, and what does not belong together stays apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/endian.h"
#include "dev/backend/net_merge.h"
#include "dev/checksum.h"

#define HEAD 54u
#define MSS 1460u

/* A frame with @n bytes of data. */
static size_t make(u8 *f, size_t n, u32 seq, u8 flags)
{
	struct tcp_part p;

	memset(f, 0, HEAD);
	memset(f, 0x52, 12);
	st_be16(f + 12, 0x0800);
	f[14] = 0x45;
	st_be16(f + 16, (u16)(40 + n));
	f[22] = 64;
	f[23] = 6;
	st_be32(f + 26, 0x0a000202);
	st_be32(f + 30, 0x0a00020f);
	st_be16(f + 24, (u16)~inet_sum(f + 14, 20, 0));
	st_be16(f + 34, 80);
	st_be16(f + 36, 4711);
	st_be32(f + 38, seq);
	st_be32(f + 42, 99);
	f[46] = 0x50;
	f[47] = flags;
	st_be16(f + 48, 500);
	for (size_t i = 0; i < n; i++)
		f[HEAD + i] = (u8)((seq + i) * 7 >> 3);
	assert_true(tcp_find(f, HEAD + n, &p));
	tcp_fill(f, &p);
	assert_true(tcp_is_good(f, &p));
	return HEAD + n;
}

struct sink {
	struct frame *whole;
	unsigned int n, n_merged;
};

static bool emit(void *opaque, const u8 *frame, size_t n)
{
	struct sink *s = opaque;
	struct tcp_part p;

	assert_true(tcp_find(frame, n, &p));
	assert_true(tcp_is_good(frame, &p));
	s->n++;
	if (!s->whole)
		s->whole = frame_new(frame, n);
	else
		s->n_merged += frame_merge(s->whole, frame, n);
	return true;
}

static void test_whole_again(void **state)
{
	static u8 f[65550], buf[65550];
	static const size_t sizes[] = { 1461, 2920, 9999, 60000, 65495 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		/* the sequence number wraps */
		size_t n = make(f, sizes[i], 0xfffff000u, 0x18);
		struct sink s = { 0 };
		struct tcp_sink to = { emit, &s, buf };
		struct tcp_part p;

		assert_true(tcp_find(f, n, &p));
		assert_true(tcp_segment(f, &p, MSS, &to));
		assert_int_equal(s.n, (sizes[i] + MSS - 1) / MSS);
		assert_int_equal(s.n_merged, s.n - 1);
		assert_int_equal(s.whole->mss, MSS);
		frame_finish(s.whole);
		assert_int_equal(s.whole->n, n);
		/* the checksum is the pseudo header's: all else is as before */
		tcp_fill(s.whole->bytes, &p);
		assert_memory_equal(s.whole->bytes, f, n);
		frame_free(s.whole);
	}
}

/* A first segment and one behind it that differs at byte @at. */
static bool merges(size_t first, size_t second, int at, u8 val)
{
	u8 a[2000], b[2000];
	size_t n = make(a, first, 1000, 0x10), k = make(b, second, 1000 + (u32)first, 0x10);
	struct frame *f = frame_new(a, n);
	bool ok;

	if (at >= 0)
		b[at] = val;
	ok = frame_merge(f, b, k);
	assert_int_equal(f->n, ok ? n + second : n);
	frame_free(f);
	return ok;
}

static void test_stays_apart(void **state)
{
	u8 a[2000];
	struct frame *f;
	size_t n;

	(void)state;
	assert_true(merges(1000, 1000, -1, 0));
	assert_true(merges(1000, 500, -1, 0));
	assert_true(merges(1000, 1000, 49, 7)); /* window */
	assert_false(merges(1000, 1001, -1, 0));
	assert_false(merges(1000, 0, -1, 0)); /* no data */
	assert_false(merges(0, 1000, -1, 0));
	static const struct {
		int at;
		u8 val;
	} other[] = { { 0, 1 },	    { 12, 0x86 }, { 14, 0x46 }, { 15, 4 },  { 17, 20 },
		      { 20, 0x20 }, { 21, 1 },	  { 22, 63 },	{ 23, 17 }, { 29, 9 },
		      { 35, 81 },   { 37, 1 },	  { 41, 200 },	{ 45, 98 }, { 46, 0x60 },
		      { 46, 0 },    { 47, 0x11 }, { 47, 0x12 }, { 47, 4 },  { 47, 0x30 },
		      { 53, 1 },    { 16, 0xff } };

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_false(merges(1000, 1000, other[i].at, other[i].val));
	/* a short one ends it, and so does PSH */
	n = make(a, 1000, 0, 0x18);
	f = frame_new(a, n);
	n = make(a, 400, 1000, 0x10);
	assert_true(frame_merge(f, a, n));
	n = make(a, 400, 1400, 0x10);
	assert_false(frame_merge(f, a, n));
	frame_free(f);
	/* no frame at all */
	f = frame_new(a, 3);
	assert_false(frame_merge(f, a, 3));
	frame_finish(f);
	frame_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_again),
		cmocka_unit_test(test_stays_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
