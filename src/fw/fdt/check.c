/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of flat device trees [Devicetree Specification 0.4, 2.2 to 2.4].
 * fdt_check_blob is for bytes from anywhere, fdt_check_tree finds mistakes of
 * whoever built the tree. Pure.
 */
#include "fw/fdt/check.h"

#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/endian.h"
#include "base/err.h"

#define PATH_SIZE 256

int fdt_check_blob(const void *blob, size_t size, struct hypar_err *e)
{
	int node, depth = 0;
	int ret;

	if (size > INT32_MAX || (uintptr_t)blob & 7)
		return err_set(e, -EINVAL, "device tree: too large or not aligned");
	/* libfdt 1.6 follows null pointers in trees of versions before 16. */
	if (size >= FDT_V17_SIZE && fdt_version(blob) != 17)
		return err_set(e, -EINVAL, "device tree: version %u; it takes 17",
			       fdt_version(blob));
	ret = size < FDT_V17_SIZE ? -FDT_ERR_TRUNCATED : fdt_check_full(blob, size);
	if (ret)
		return err_set(e, -EINVAL, "device tree: %s", fdt_strerror(ret));
	for (node = fdt_next_node(blob, -1, &depth); node >= 0;
	     node = fdt_next_node(blob, node, &depth)) {
		if (depth < 0)
			break;
		if (depth > FDT_DEPTH_MAX)
			return err_set(e, -EINVAL, "device tree: deeper than %d nodes",
				       FDT_DEPTH_MAX);
	}
	return 0;
}

struct check {
	const void *blob;
	struct hypar_err *e;
	u32 *phandles;
	size_t n, room;
};

static int complain(const struct check *c, int node, const char *what)
{
	char path[PATH_SIZE];

	if (fdt_get_path(c->blob, node, path, sizeof(path)))
		snprintf(path, sizeof(path), "a node");
	return err_set(c->e, -EINVAL, "device tree: %s: %s", path, what);
}

/* A cell-count property of @node, or what the specification has for none. */
static u32 cells_of(const void *blob, int node, const char *name, u32 absent)
{
	int len;
	const void *p = fdt_getprop(blob, node, name, &len);

	return p && len == 4 ? ld_be32(p) : absent;
}

/* The unit address is the text of reg's first address; a few buses write it otherwise. */
static int check_unit(const struct check *c, int node, const u8 *reg, u32 addr_cells)
{
	const char *name = fdt_get_name(c->blob, node, NULL);
	const char *at = name ? strchr(name, '@') : NULL;
	u64 unit, v = 0;
	char *end;

	if (!at)
		return 0;
	unit = strtoull(at + 1, &end, 16);
	if (*end || addr_cells > 2)
		return 0;
	for (u32 i = 0; i < addr_cells; i++)
		v = v << 32 | ld_be32(reg + (size_t)4 * i);
	return unit == v ? 0 : complain(c, node, "the unit address is not that of reg");
}

static int check_reg(const struct check *c, int parent, int node)
{
	u32 a = cells_of(c->blob, parent, "#address-cells", 2);
	u32 s = cells_of(c->blob, parent, "#size-cells", 1);
	int len;
	const void *reg = fdt_getprop(c->blob, node, "reg", &len);

	if (a > 4 || s > 4)
		return complain(c, parent, "too many address or size cells");
	if (!reg)
		return 0;
	if (!len || len % 4 || !(a + s) || (u32)len % (4 * (a + s)))
		return complain(c, node, "reg is not a whole number of entries");
	return check_unit(c, node, reg, a);
}

static int check_names(const struct check *c, int node)
{
	int p, q;

	fdt_for_each_property_offset(p, c->blob, node)
	{
		const char *name, *other;

		if (!fdt_getprop_by_offset(c->blob, p, &name, NULL))
			return complain(c, node, "a damaged property");
		if (!*name || strlen(name) > 63)
			return complain(c, node, "a property's name is empty or too long");
		for (q = fdt_next_property_offset(c->blob, p); q >= 0;
		     q = fdt_next_property_offset(c->blob, q))
			if (fdt_getprop_by_offset(c->blob, q, &other, NULL) && !strcmp(name, other))
				return complain(c, node, "a property is there twice");
	}
	return 0;
}

static int check_children(const struct check *c, int node)
{
	int i, j;

	fdt_for_each_subnode(i, c->blob, node)
	{
		const char *name = fdt_get_name(c->blob, i, NULL);

		if (!name || !*name || strlen(name) > 63)
			return complain(c, node, "a child's name is empty or too long");
		for (j = fdt_next_subnode(c->blob, i); j >= 0; j = fdt_next_subnode(c->blob, j)) {
			const char *other = fdt_get_name(c->blob, j, NULL);

			if (other && !strcmp(name, other))
				return complain(c, i, "is there twice");
		}
		if (check_reg(c, node, i))
			return -EINVAL;
	}
	return 0;
}

static int note_phandle(struct check *c, int node)
{
	u32 ph = fdt_get_phandle(c->blob, node);

	if (!fdt_getprop(c->blob, node, "phandle", NULL))
		return 0;
	if (!ph || ph == ~0u)
		return complain(c, node, "phandle is 0 or -1");
	if (c->n == c->room) {
		size_t room = c->room ? 2 * c->room : 64;
		u32 *p = realloc(c->phandles, room * sizeof(*p));

		if (!p)
			return err_set(c->e, -ENOMEM, "device tree: no memory");
		c->phandles = p;
		c->room = room;
	}
	c->phandles[c->n++] = ph;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

/* Is every interrupt-parent the phandle of a node? */
static int check_parents(const struct check *c)
{
	for (int node = fdt_next_node(c->blob, -1, NULL); node >= 0;
	     node = fdt_next_node(c->blob, node, NULL)) {
		int len;
		const void *p = fdt_getprop(c->blob, node, "interrupt-parent", &len);
		u32 ph;

		if (!p)
			continue;
		if (len != 4)
			return complain(c, node, "interrupt-parent is not one cell");
		ph = ld_be32(p);
		if (!c->n || !bsearch(&ph, c->phandles, c->n, sizeof(ph), by_value))
			return complain(c, node, "interrupt-parent is no node");
	}
	return 0;
}

static int check_all(struct check *c)
{
	for (int node = fdt_next_node(c->blob, -1, NULL); node >= 0;
	     node = fdt_next_node(c->blob, node, NULL)) {
		int ret = check_names(c, node);

		if (!ret)
			ret = check_children(c, node);
		if (!ret)
			ret = note_phandle(c, node);
		if (ret)
			return ret;
	}
	if (c->n)
		qsort(c->phandles, c->n, sizeof(*c->phandles), by_value);
	for (size_t i = 1; i < c->n; i++)
		if (c->phandles[i] == c->phandles[i - 1])
			return err_set(c->e, -EINVAL, "device tree: phandle 0x%x is there twice",
				       c->phandles[i]);
	return check_parents(c);
}

int fdt_check_tree(const void *blob, size_t size, struct hypar_err *e)
{
	struct check c = { .blob = blob, .e = e };
	int ret = fdt_check_blob(blob, size, e);

	if (!ret)
		ret = check_all(&c);
	free(c.phandles);
	return ret;
}
