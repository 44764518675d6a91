// SPDX-License-Identifier: Apache-2.0
/*
 * DMA windows: what an entry grants, what is refused, and that a refused
 * access moves nothing.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "dev/tce.h"

#define RAM (1ULL << 20)
#define LIOBN 7u
#define BASE 0x10000ULL

struct fixture {
	struct gmem *m;
	struct tce_bus bus;
};

static const struct tce_window small = { .liobn = LIOBN, .page_shift = 12, .base = BASE, .n = 16 };

static int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	f->m = gmem_new();
	assert_non_null(f->m);
	assert_int_equal(gmem_add_ram(f->m, gpa_of(0), RAM, NULL), 0);
	tce_bus_init(&f->bus, f->m);
	assert_int_equal(tce_bus_add(&f->bus, &small, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tce_bus_fini(&f->bus);
	gmem_free(f->m);
	test_free(f);
	return 0;
}

static enum tce_status put(struct fixture *f, u64 at, u64 tce)
{
	return tce_put(&f->bus, LIOBN, ioba_of(at), &tce, 1, true);
}

static u64 get(struct fixture *f, u64 at)
{
	u64 tce = ~0ULL;

	assert_int_equal(tce_get(&f->bus, LIOBN, ioba_of(at), &tce), TCE_OK);
	return tce;
}

static void test_entries(void **state)
{
	struct fixture *f = *state;
	u64 list[16], tce;

	assert_int_equal(get(f, BASE), 0);
	assert_int_equal(put(f, BASE + 0x2fff, 0x5003), TCE_OK);
	assert_int_equal(get(f, BASE + 0x2000), 0x5003);
	assert_int_equal(get(f, BASE + 0x3000), 0);
	assert_int_equal(put(f, BASE - 1, 0x5003), TCE_BAD_ADDRESS);
	assert_int_equal(put(f, BASE + 0x10000, 0x5003), TCE_BAD_ADDRESS);
	assert_int_equal(put(f, 0, 0x5003), TCE_BAD_ADDRESS);
	assert_int_equal(put(f, ~0ULL, 0x5003), TCE_BAD_ADDRESS);
	/* no RAM: granted never, but an entry that grants nothing may say anything */
	assert_int_equal(put(f, BASE, RAM | TCE_READ), TCE_BAD_PAGE);
	assert_int_equal(put(f, BASE, ~0ULL), TCE_BAD_PAGE);
	assert_int_equal(put(f, BASE, RAM), TCE_OK);
	tce = 0;
	assert_int_equal(tce_put(&f->bus, LIOBN + 1, ioba_of(BASE), &tce, 1, true), TCE_NO_WINDOW);
	assert_int_equal(tce_get(&f->bus, 0, ioba_of(BASE), &tce), TCE_NO_WINDOW);
	/* all or nothing */
	for (u64 i = 0; i < 16; i++)
		list[i] = i << 12 | 3;
	assert_int_equal(tce_put(&f->bus, LIOBN, ioba_of(BASE), list, 16, false), TCE_OK);
	assert_int_equal(get(f, BASE + 0xf000), 0xf003);
	assert_int_equal(tce_put(&f->bus, LIOBN, ioba_of(BASE + 0x1000), list, 16, false),
			 TCE_BAD_ADDRESS);
	list[0] = 0;
	list[15] = RAM | 1;
	assert_int_equal(tce_put(&f->bus, LIOBN, ioba_of(BASE), list, 16, false), TCE_BAD_PAGE);
	assert_int_equal(get(f, BASE), 0x3);
	assert_int_equal(tce_put(&f->bus, LIOBN, ioba_of(BASE), list, ~0ULL, false),
			 TCE_BAD_ADDRESS);
	assert_int_equal(tce_put(&f->bus, LIOBN, ioba_of(BASE), list, 0, false), TCE_OK);
	tce_bus_clear(&f->bus);
	assert_int_equal(get(f, BASE + 0xf000), 0);
}

static void test_access(void **state)
{
	struct fixture *f = *state;
	u8 buf[0x2000], out[0x2000];

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (u8)(i * 7 + i / 256);
	assert_int_equal(put(f, BASE, 0x8000 | TCE_WRITE), TCE_OK);
	assert_int_equal(put(f, BASE + 0x1000, 0x3000 | TCE_READ | TCE_WRITE), TCE_OK);
	/* across two pages that are not neighbours */
	assert_true(dma_write(&f->bus.dma, ioba_of(BASE + 0x800), buf, 0x1000));
	assert_true(gmem_read(f->m, gpa_of(0x8800), out, 0x800));
	assert_memory_equal(out, buf, 0x800);
	assert_true(gmem_read(f->m, gpa_of(0x3000), out, 0x800));
	assert_memory_equal(out, buf + 0x800, 0x800);
	assert_int_equal(f->bus.n_refused, 0);
	/* the first may only be written */
	assert_false(dma_read(&f->bus.dma, ioba_of(BASE + 0xfff), out, 2));
	assert_false(dma_read(&f->bus.dma, ioba_of(BASE), out, 1));
	assert_true(dma_read(&f->bus.dma, ioba_of(BASE + 0x1000), out, 0x1000));
	/* over the end: nothing is written */
	memset(out, 0xaa, sizeof(out));
	assert_false(dma_write(&f->bus.dma, ioba_of(BASE + 0x1ff8), out, 9));
	assert_true(gmem_read(f->m, gpa_of(0x3ff8), out, 8));
	assert_int_not_equal(out[0], 0xaa);
	assert_false(dma_write(&f->bus.dma, ioba_of(BASE - 1), out, 2));
	assert_false(dma_write(&f->bus.dma, ioba_of(~0ULL), out, 2));
	assert_false(dma_read(&f->bus.dma, ioba_of(0), out, 1));
	assert_int_equal(f->bus.n_refused, 6);
	/* zero bytes are nothing */
	assert_true(dma_read(&f->bus.dma, ioba_of(0), out, 0));
}

static void test_values(void **state)
{
	struct fixture *f = *state;
	u16 h;
	u32 w;
	u64 d;

	assert_int_equal(put(f, BASE, 3), TCE_OK);
	assert_true(dma_st_le32(&f->bus.dma, ioba_of(BASE + 4), 0x11223344));
	assert_true(gmem_ld_be32(f->m, gpa_of(4), &w));
	assert_int_equal(w, 0x44332211);
	assert_true(dma_st_be64(&f->bus.dma, ioba_of(BASE + 8), 0x0102030405060708));
	assert_true(dma_ld_le64(&f->bus.dma, ioba_of(BASE + 8), &d));
	assert_true(d == 0x0807060504030201);
	/* unaligned */
	assert_true(dma_ld_be16(&f->bus.dma, ioba_of(BASE + 9), &h));
	assert_int_equal(h, 0x0203);
}

static void test_windows(void **state)
{
	struct fixture *f = *state;
	struct tce_window w = { .liobn = 9, .page_shift = 16, .base = 1ULL << 59, .n = 16 }, bad;
	u8 byte = 1;
	u64 tce = 3;

	assert_int_equal(tce_bus_add(&f->bus, &small, NULL), -EEXIST);
	bad = small;
	bad.liobn = 8;
	bad.base = BASE + 0xf000;
	assert_int_equal(tce_bus_add(&f->bus, &bad, NULL), -EEXIST);
	bad = w;
	bad.base += 0x1000;
	assert_int_equal(tce_bus_add(&f->bus, &bad, NULL), -EINVAL);
	bad = w;
	bad.n = 0;
	assert_int_equal(tce_bus_add(&f->bus, &bad, NULL), -EINVAL);
	bad.n = 1ULL << 63;
	assert_int_equal(tce_bus_add(&f->bus, &bad, NULL), -EINVAL);
	bad = w;
	bad.base = ~0ULL << 16;
	bad.n = 2;
	assert_int_equal(tce_bus_add(&f->bus, &bad, NULL), -EINVAL);
	bad = w;
	bad.page_shift = 11;
	assert_int_equal(tce_bus_add(&f->bus, &bad, NULL), -EINVAL);
	bad.page_shift = 64;
	assert_int_equal(tce_bus_add(&f->bus, &bad, NULL), -EINVAL);
	assert_int_equal(tce_bus_add(&f->bus, &w, NULL), 0);
	bad = w;
	bad.liobn = 10;
	bad.base <<= 1;
	assert_int_equal(tce_bus_add(&f->bus, &bad, NULL), -ENOSPC);

	/* 64 KiB pages: the last one of RAM, and one behind it */
	tce = (RAM - 0x10000) | 3;
	assert_int_equal(tce_put(&f->bus, 9, ioba_of(w.base + 0xf0000), &tce, 1, true), TCE_OK);
	tce = RAM | 3;
	assert_int_equal(tce_put(&f->bus, 9, ioba_of(w.base), &tce, 1, true), TCE_BAD_PAGE);
	assert_true(dma_write(&f->bus.dma, ioba_of(w.base + 0xfffff), &byte, 1));
	assert_true(gmem_ld_u8(f->m, gpa_of(RAM - 1), &byte));
	assert_int_equal(byte, 1);
	assert_false(dma_write(&f->bus.dma, ioba_of(w.base + 0x100000), &byte, 1));

	/* RAM that goes leaves an entry that grants nothing */
	assert_int_equal(gmem_remove_ram(f->m, gpa_of(0), RAM), 0);
	assert_false(dma_write(&f->bus.dma, ioba_of(w.base + 0xfffff), &byte, 1));

	assert_true(tce_bus_has(&f->bus, 9));
	assert_int_equal(tce_bus_remove(&f->bus, 9), 0);
	assert_int_equal(tce_bus_remove(&f->bus, 9), -ENOENT);
	assert_int_equal(tce_bus_remove(&f->bus, 0), -ENOENT);
	assert_false(dma_write(&f->bus.dma, ioba_of(w.base + 0xfffff), &byte, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_access, setup, teardown),
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_windows, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
