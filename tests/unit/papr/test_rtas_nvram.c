// SPDX-License-Identifier: Apache-2.0
/*
 * NVRAM: fetch and store at its bounds and those of RAM, the file behind it,
 * and the partitions of a new one.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/endian.h"
#include "rtas_test.h"

static s32 store(struct rtas_fixture *f, u32 at, u32 buf, u32 n)
{
	return RTAS_CALL(f, "nvram-store", 2, at, buf, n);
}

static s32 fetch(struct rtas_fixture *f, u32 at, u32 buf, u32 n)
{
	return RTAS_CALL(f, "nvram-fetch", 2, at, buf, n);
}

static void test_copy(void **state)
{
	struct rtas_fixture *f = *state;
	char b[16] = { 0 };

	assert_true(gmem_write(f->m, gpa_of(TEST_BUF), "non-volatile", 12));
	assert_int_equal(store(f, 0x8001, TEST_BUF, 12), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 12);
	assert_int_equal(fetch(f, 0x8004, TEST_BUF + 100, 8), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 8);
	assert_true(gmem_read(f->m, gpa_of(TEST_BUF + 100), b, 16));
	assert_string_equal(b, "-volatil");
}

static void test_bounds(void **state)
{
	struct rtas_fixture *f = *state;
	const u32 size = HYPAR_NVRAM_SIZE;
	const u32 wrong[][3] = {
		{ 0, TEST_BUF, size + 1 },
		{ 1, TEST_BUF, size },
		{ size - 1, TEST_BUF, 2 },
		{ size, TEST_BUF, 1 },
		{ size + 1, TEST_BUF, 0 },
		{ 0xffffffff, TEST_BUF, 1 },
		{ 0xffffffff, TEST_BUF, 2 },
		{ 1, TEST_BUF, 0xffffffff },
		{ 0, TEST_RAM - size + 1, size },
		{ 0, TEST_RAM, 1 },
		{ 0, 0xffffffff, 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(store(f, wrong[i][0], wrong[i][1], wrong[i][2]), RTAS_PARAMETER);
		assert_int_equal(f->ret[1], 0);
		assert_int_equal(fetch(f, wrong[i][0], wrong[i][1], wrong[i][2]), RTAS_PARAMETER);
		assert_int_equal(f->ret[1], 0);
	}
	assert_int_equal(store(f, 0, TEST_RAM - size, size), RTAS_SUCCESS);
	assert_int_equal(fetch(f, 0, TEST_RAM - size, size), RTAS_SUCCESS);
	assert_int_equal(store(f, size, TEST_BUF, 0), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 0);
	assert_int_equal(store(f, size - 1, TEST_BUF, 1), RTAS_SUCCESS);
}

/* Bytes of a header add up, carries included, to the second one [PAPR 8.3]. */
static u8 checksum(const u8 *h)
{
	unsigned int sum = h[0];

	for (int i = 2; i < 16; i++) {
		sum += h[i];
		if (sum > 0xff)
			sum -= 0xff;
	}
	return (u8)sum;
}

static void test_partitions(void **state)
{
	struct rtas_fixture *f = *state;
	u32 at = 0, n = 0;
	u8 h[16];

	while (at < HYPAR_NVRAM_SIZE) {
		assert_int_equal(fetch(f, at, TEST_BUF, 16), RTAS_SUCCESS);
		assert_true(gmem_read(f->m, gpa_of(TEST_BUF), h, 16));
		assert_int_equal(h[1], checksum(h));
		assert_int_not_equal(ld_be16(h + 2), 0);
		if (n == 0)
			assert_memory_equal(h + 4, "common\0\0\0\0\0\0", 12);
		else
			assert_memory_equal(h + 4, "wwwwwwwwwwww", 12);
		assert_int_equal(h[0], n ? 0x7f : 0x70);
		at += 16u * ld_be16(h + 2);
		n++;
	}
	assert_int_equal(at, HYPAR_NVRAM_SIZE);
	assert_int_equal(n, 2);
}

static void test_file(void **state)
{
	char path[] = "/tmp/hypar-nvram-XXXXXX", b[4] = { 0 };
	const struct hypar_config cfg = { .nvram = path };
	struct rtas_fixture f;
	int fd = mkstemp(path), fd2;

	(void)state;
	assert_true(fd >= 0);
	rtas_test_open(&f, &cfg);
	assert_true(gmem_write(f.m, gpa_of(TEST_BUF), "kept", 4));
	assert_int_equal(store(&f, HYPAR_NVRAM_SIZE - 4, TEST_BUF, 4), RTAS_SUCCESS);
	assert_int_equal(pread(fd, b, 4, HYPAR_NVRAM_SIZE - 4), 4);
	assert_memory_equal(b, "kept", 4);
	assert_int_equal(pread(fd, b, 1, 0), 1);
	assert_int_equal(b[0], 0x70);
	/* the host refuses */
	fd2 = open(path, O_RDONLY);
	assert_int_equal(dup2(fd2, f.p->nvram_fd), f.p->nvram_fd);
	assert_int_equal(store(&f, 0, TEST_BUF, 4), RTAS_HARDWARE);
	assert_int_equal(f.ret[1], 0);
	papr_free(f.p);
	/* the next machine finds it */
	rtas_test_open(&f, &cfg);
	assert_int_equal(fetch(&f, HYPAR_NVRAM_SIZE - 4, TEST_BUF + 8, 4), RTAS_SUCCESS);
	assert_true(gmem_read(f.m, gpa_of(TEST_BUF + 8), b, 4));
	assert_memory_equal(b, "kept", 4);
	papr_free(f.p);
	close(fd2);
	close(fd);
	unlink(path);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, rtas_test_setup, rtas_test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_copy),
		TEST(test_bounds),
		TEST(test_partitions),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
