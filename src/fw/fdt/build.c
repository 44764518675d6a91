/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The builder of fw/fdt/build.h over libfdt's sequential writer. When the
 * buffer is full, it doubles and the call is made again.
 */
#include "fw/fdt/build.h"

#include <errno.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "base/err.h"
#include "fw/fdt/check.h"

#define FIRST_SIZE 65536
#define NAME_SIZE 128

static void fail(struct fdt_build *b, int err, const char *what)
{
	if (b->err)
		return;
	b->err = err;
	snprintf(b->what, sizeof(b->what), "%s", what);
}

void fdt_build_init(struct fdt_build *b)
{
	*b = (struct fdt_build){ .size = FIRST_SIZE };
	b->buf = malloc(b->size);
	if (!b->buf)
		fail(b, -ENOMEM, "start");
	else if (fdt_create(b->buf, (int)b->size))
		fail(b, -EINVAL, "start");
}

void fdt_build_fini(struct fdt_build *b)
{
	free(b->buf);
	*b = (struct fdt_build){ .err = -EINVAL };
}

static bool grow(struct fdt_build *b)
{
	size_t size = b->size * 2;
	void *buf;

	if (size > FDT_BUILD_MAX)
		return false;
	buf = malloc(size);
	if (!buf)
		return false;
	if (fdt_resize(b->buf, buf, (int)size)) {
		free(buf);
		return false;
	}
	free(b->buf);
	b->buf = buf;
	b->size = size;
	return true;
}

/* Should the call that returned @ret be made again? Notes what went wrong. */
static bool again(struct fdt_build *b, int ret, const char *what)
{
	if (ret == -FDT_ERR_NOSPACE) {
		if (grow(b))
			return true;
		fail(b, -ENOMEM, what);
	} else if (ret) {
		fail(b, -EINVAL, what);
	}
	return false;
}

/* libfdt wants the (possibly empty) list of reservations before the first node. */
static void end_reservations(struct fdt_build *b)
{
	int ret;

	if (b->has_nodes || b->err)
		return;
	b->has_nodes = true;
	do
		ret = fdt_finish_reservemap(b->buf);
	while (again(b, ret, "reservations"));
}

void fdt_reserve(struct fdt_build *b, u64 at, u64 size)
{
	int ret;

	if (b->has_nodes)
		fail(b, -EINVAL, "reservation after a node");
	if (b->err)
		return;
	do
		ret = fdt_add_reservemap_entry(b->buf, at, size);
	while (again(b, ret, "reservation"));
}

void fdt_begin(struct fdt_build *b, const char *name)
{
	int ret;

	end_reservations(b);
	if (!b->err && (b->depth >= FDT_DEPTH_MAX || !*name != !b->depth))
		fail(b, -EINVAL, name);
	if (b->err)
		return;
	do
		ret = fdt_begin_node(b->buf, name);
	while (again(b, ret, name));
	b->depth++;
	b->is_closed = false;
}

void fdt_beginf(struct fdt_build *b, const char *fmt, ...)
{
	char name[NAME_SIZE];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(name))
		fail(b, -EINVAL, fmt);
	else
		fdt_begin(b, name);
}

void fdt_end(struct fdt_build *b)
{
	int ret;

	if (!b->err && !b->depth)
		fail(b, -EINVAL, "end without a node");
	if (b->err)
		return;
	do
		ret = fdt_end_node(b->buf);
	while (again(b, ret, "end of a node"));
	b->depth--;
	b->is_closed = true;
}

void fdt_bytes(struct fdt_build *b, const char *name, const void *v, size_t n)
{
	int ret;

	if (!b->err && (!b->depth || b->is_closed || n > FDT_BUILD_MAX))
		fail(b, -EINVAL, name);
	if (b->err)
		return;
	do
		ret = fdt_property(b->buf, name, v, (int)n);
	while (again(b, ret, name));
}

void fdt_empty(struct fdt_build *b, const char *name)
{
	fdt_bytes(b, name, "", 0);
}

void fdt_u32(struct fdt_build *b, const char *name, u32 v)
{
	be32 x = be32_of(v);

	fdt_bytes(b, name, &x, sizeof(x));
}

void fdt_u64(struct fdt_build *b, const char *name, u64 v)
{
	be64 x = be64_of(v);

	fdt_bytes(b, name, &x, sizeof(x));
}

void fdt_cells(struct fdt_build *b, const char *name, const u32 *v, size_t n)
{
	u8 *p;

	if (b->err)
		return;
	if (n > FDT_BUILD_MAX / 4) {
		fail(b, -EINVAL, name);
		return;
	}
	p = malloc(n * 4 + 1);
	if (!p) {
		fail(b, -ENOMEM, name);
		return;
	}
	for (size_t i = 0; i < n; i++)
		st_be32(p + 4 * i, v[i]);
	fdt_bytes(b, name, p, n * 4);
	free(p);
}

void fdt_str(struct fdt_build *b, const char *name, const char *v)
{
	fdt_bytes(b, name, v, strlen(v) + 1);
}

void fdt_strf(struct fdt_build *b, const char *name, const char *fmt, ...)
{
	char buf[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(buf))
		fail(b, -EINVAL, name);
	else
		fdt_str(b, name, buf);
}

void fdt_strs(struct fdt_build *b, const char *name, const char *const *v, size_t n)
{
	size_t len = 0;
	char *p, *at;

	if (b->err)
		return;
	for (size_t i = 0; i < n; i++)
		len += strlen(v[i]) + 1;
	p = malloc(len + 1);
	if (!p) {
		fail(b, -ENOMEM, name);
		return;
	}
	at = p;
	for (size_t i = 0; i < n; i++) {
		size_t one = strlen(v[i]) + 1;

		memcpy(at, v[i], one);
		at += one;
	}
	fdt_bytes(b, name, p, len);
	free(p);
}

static int finish(struct fdt_build *b, struct hypar_err *e)
{
	int ret;

	if (!b->err && (b->depth || !b->has_nodes))
		fail(b, -EINVAL, "a node that was not ended");
	if (b->err)
		return err_set_errno(e, b->err, "device tree, at %s", b->what);
	do
		ret = fdt_finish(b->buf);
	while (again(b, ret, "the end"));
	if (b->err)
		return err_set_errno(e, b->err, "device tree, at %s", b->what);
	return b->is_unchecked ? 0 : fdt_check_tree(b->buf, fdt_totalsize(b->buf), e);
}

int fdt_build_finish(struct fdt_build *b, void **blob, size_t *size, struct hypar_err *e)
{
	int ret = finish(b, e);

	if (!ret) {
		*blob = b->buf;
		*size = fdt_totalsize(b->buf);
		b->buf = NULL;
	}
	fdt_build_fini(b);
	return ret;
}
