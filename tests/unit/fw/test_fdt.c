/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device-tree builder: what comes out is what went in, dtc reads it, it
 * grows, errors stick; and each rule of the checks is broken once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/endian.h"
#include "fw/fdt/build.h"
#include "fw/fdt/check.h"

static void root(struct fdt_build *b)
{
	fdt_build_init(b);
	fdt_begin(b, "");
	fdt_u32(b, "#address-cells", 2);
	fdt_u32(b, "#size-cells", 2);
}

static int done(struct fdt_build *b, void **blob, size_t *size, struct hypar_err *e)
{
	*e = (struct hypar_err){ 0 };
	fdt_end(b);
	return fdt_build_finish(b, blob, size, e);
}

static void expect_prop(const void *blob, const char *path, const char *name, const void *v, int n)
{
	int len, node = fdt_path_offset(blob, path);
	const void *p;

	assert_true(node >= 0);
	p = fdt_getprop(blob, node, name, &len);
	assert_non_null(p);
	assert_int_equal(len, n);
	assert_memory_equal(p, v, (size_t)n);
}

static void run_dtc(const void *blob, size_t size)
{
	char path[] = "/tmp/test_fdt.XXXXXX", cmd[128];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, blob, size), (ssize_t)size);
	close(fd);
	if (!system("dtc --version >/dev/null 2>&1")) {
		snprintf(cmd, sizeof(cmd), "dtc -q -I dtb -O dts %s >/dev/null", path);
		assert_int_equal(system(cmd), 0);
	}
	unlink(path);
}

static void properties(void **state UNUSED)
{
	static const char *const list[] = { "a", "", "bcd" };
	struct hypar_err e;
	struct fdt_build b;
	void *blob;
	size_t size;

	fdt_build_init(&b);
	fdt_reserve(&b, 0x1000, 0x2000);
	fdt_begin(&b, "");
	fdt_u32(&b, "#address-cells", 2);
	fdt_u32(&b, "#size-cells", 2);
	fdt_empty(&b, "nothing");
	fdt_u64(&b, "u64", 0x1122334455667788ULL);
	fdt_str(&b, "str", "text");
	fdt_strf(&b, "strf", "%s-%d", "x", 7);
	fdt_strs(&b, "strs", list, ARRAY_SIZE(list));
	FDT_STRS(&b, "macro", "one", "two");
	fdt_bytes(&b, "bytes", "\x01\x02\x03", 3);
	fdt_beginf(&b, "memory@%x", 0x80000000u);
	fdt_str(&b, "device_type", "memory");
	FDT_CELLS(&b, "reg", FDT_HI_LO(0x80000000ULL), FDT_HI_LO(0x123456789ULL));
	fdt_end(&b);
	assert_int_equal(done(&b, &blob, &size, &e), 0);
	assert_int_equal(fdt_num_mem_rsv(blob), 1);
	expect_prop(blob, "/", "nothing", "", 0);
	expect_prop(blob, "/", "#size-cells", "\0\0\0\2", 4);
	expect_prop(blob, "/", "u64", "\x11\x22\x33\x44\x55\x66\x77\x88", 8);
	expect_prop(blob, "/", "str", "text", 5);
	expect_prop(blob, "/", "strf", "x-7", 4);
	expect_prop(blob, "/", "strs", "a\0\0bcd", 7);
	expect_prop(blob, "/", "macro", "one\0two", 8);
	expect_prop(blob, "/", "bytes", "\1\2\3", 3);
	expect_prop(blob, "/memory@80000000", "reg", "\0\0\0\0\x80\0\0\0\0\0\0\1\x23\x45\x67\x89",
		    16);
	assert_int_equal(fdt_totalsize(blob), size);
	run_dtc(blob, size);
	free(blob);
}

static void grows(void **state UNUSED)
{
	static u8 big[300000];
	struct hypar_err e;
	struct fdt_build b;
	void *blob;
	size_t size;

	memset(big, 0xa5, sizeof(big));
	root(&b);
	fdt_bytes(&b, "big", big, sizeof(big));
	for (unsigned int i = 0; i < 2000; i++) {
		fdt_beginf(&b, "node-%u", i);
		fdt_u32(&b, "value", i);
		fdt_strf(&b, "name-of-its-own", "this is node %u", i);
		fdt_end(&b);
	}
	assert_int_equal(done(&b, &blob, &size, &e), 0);
	expect_prop(blob, "/", "big", big, sizeof(big));
	expect_prop(blob, "/node-1999", "value", "\0\0\x07\xcf", 4);
	run_dtc(blob, size);
	free(blob);
}

static void too_large(void **state UNUSED)
{
	u8 *big = calloc(1, 1 << 20);
	struct hypar_err e;
	struct fdt_build b;
	void *blob;
	size_t size;

	root(&b);
	for (int i = 0; i < 20; i++) {
		char name[16];

		snprintf(name, sizeof(name), "p%d", i);
		fdt_bytes(&b, name, big, 1 << 20);
	}
	assert_int_equal(done(&b, &blob, &size, &e), -ENOMEM);
	assert_non_null(strstr(e.text, "p15"));
	free(big);
}

enum mistake {
	OPEN_NODE,
	EMPTY_TREE,
	END_ALONE,
	ROOT_NAMED,
	CHILD_UNNAMED,
	LATE_RESERVE,
	PROP_AFTER_CHILD,
	TOO_DEEP,
	LONG_NAME,
	PROP_TWICE,
	NODE_TWICE,
	PHANDLE_TWICE,
	PHANDLE_ZERO,
	REG_PART,
	REG_UNIT,
	IRQ_PARENT,
	IRQ_PARENT_LEN,
	N_MISTAKES
};

static void build_wrong(struct fdt_build *b, enum mistake what)
{
	switch (what) {
	case OPEN_NODE:
		fdt_begin(b, "open");
		break;
	case END_ALONE:
		fdt_end(b);
		break;
	case CHILD_UNNAMED:
		fdt_begin(b, "");
		fdt_end(b);
		break;
	case LATE_RESERVE:
		fdt_reserve(b, 0, 1);
		break;
	case PROP_AFTER_CHILD:
		fdt_begin(b, "child");
		fdt_end(b);
		fdt_u32(b, "late", 1);
		break;
	case TOO_DEEP:
		for (int i = 0; i < FDT_DEPTH_MAX; i++)
			fdt_begin(b, "deep");
		for (int i = 0; i < FDT_DEPTH_MAX; i++)
			fdt_end(b);
		break;
	case LONG_NAME:
		fdt_u32(b, "a-name-of-64-bytes-which-is-one-more-than-a-client-can-take-----", 1);
		break;
	case PROP_TWICE:
		fdt_u32(b, "twice", 1);
		fdt_u32(b, "twice", 2);
		break;
	case NODE_TWICE:
		for (int i = 0; i < 2; i++) {
			fdt_begin(b, "twin");
			fdt_end(b);
		}
		break;
	case PHANDLE_TWICE:
		for (u32 i = 0; i < 2; i++) {
			fdt_beginf(b, "n%u", i);
			fdt_u32(b, "phandle", 5);
			fdt_end(b);
		}
		break;
	case PHANDLE_ZERO:
		fdt_u32(b, "phandle", 0);
		break;
	case REG_PART:
		fdt_begin(b, "n@0");
		FDT_CELLS(b, "reg", 0, 0, 1);
		fdt_end(b);
		break;
	case REG_UNIT:
		fdt_begin(b, "n@10");
		FDT_CELLS(b, "reg", 0, 0x11, 0, 1);
		fdt_end(b);
		break;
	case IRQ_PARENT:
		fdt_u32(b, "interrupt-parent", 77);
		break;
	case IRQ_PARENT_LEN:
		fdt_u64(b, "interrupt-parent", 77);
		break;
	default:
		break;
	}
}

static void mistakes(void **state UNUSED)
{
	for (enum mistake i = 0; i < N_MISTAKES; i++) {
		struct hypar_err e;
		struct fdt_build b;
		void *blob = NULL;
		size_t size;

		if (i == EMPTY_TREE || i == ROOT_NAMED)
			fdt_build_init(&b);
		else
			root(&b);
		if (i == ROOT_NAMED)
			fdt_begin(&b, "root");
		build_wrong(&b, i);
		if (done(&b, &blob, &size, &e) >= 0 || !e.text[0])
			fail_msg("mistake %d was not found", i);
	}
}

static void fini_unfinished(void **state UNUSED)
{
	struct hypar_err e = { 0 };
	struct fdt_build b;
	void *blob;
	size_t size;

	root(&b);
	fdt_build_fini(&b);
	fdt_build_fini(&b);
	fdt_u32(&b, "after", 1);
	assert_true(fdt_build_finish(&b, &blob, &size, &e) < 0);
}

/* No byte of a good tree may be changed or cut so that the check reads outside. */
static void damaged(void **state UNUSED)
{
	struct hypar_err e;
	struct fdt_build b;
	void *blob;
	size_t size;
	u8 *copy;

	root(&b);
	fdt_begin(&b, "n@0");
	FDT_CELLS(&b, "reg", 0, 0, 0, 1);
	fdt_end(&b);
	assert_int_equal(done(&b, &blob, &size, &e), 0);
	for (size_t i = 0; i < size; i++) {
		copy = malloc(size);
		memcpy(copy, blob, size);
		copy[i] ^= 0xff;
		fdt_check_tree(copy, size, NULL);
		assert_int_equal(fdt_check_blob(blob, i, NULL), -EINVAL);
		free(copy);
	}
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties), cmocka_unit_test(grows),
		cmocka_unit_test(too_large),  cmocka_unit_test(mistakes),
		cmocka_unit_test(damaged),    cmocka_unit_test(fini_unfinished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
