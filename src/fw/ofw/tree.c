/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Open Firmware tree: import from a flat tree, replacement, flattening, and
 * the properties [IEEE 1275 3.2]. Finding nodes is in path.c.
 *
 * Missing: clients cannot make or delete nodes (no service does that).
 */
#include "fw/ofw/tree.h"

#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/endian.h"
#include "base/err.h"
#include "fw/fdt/build.h"
#include "fw/fdt/check.h"

struct ofw_tree {
	struct ofw_node *root;
	struct ofw_node **index; /* all nodes, by phandle */
	size_t n, room;
	u32 next_phandle;
	u32 n_set, set_bytes; /* what the client added */
};

/* ---- properties ---- */

static void prop_free(struct ofw_prop *p)
{
	free(p->name);
	free(p->data);
	free(p);
}

static struct ofw_prop *prop_find(const struct ofw_node *n, const char *name)
{
	struct ofw_prop *p = n->props;

	while (p && strcmp(p->name, name))
		p = p->next;
	return p;
}

const struct ofw_prop *ofw_node_prop(const struct ofw_node *n, const char *name)
{
	return prop_find(n, name);
}

static struct ofw_prop *prop_append(struct ofw_node *n, const char *name)
{
	struct ofw_prop *p = calloc(1, sizeof(*p));
	struct ofw_prop **at = &n->props;

	if (!p)
		return NULL;
	p->name = strdup(name);
	if (!p->name) {
		free(p);
		return NULL;
	}
	while (*at)
		at = &(*at)->next;
	*at = p;
	return p;
}

static void uncount(struct ofw_tree *t, struct ofw_prop *p)
{
	if (!p->is_set)
		return;
	t->n_set--;
	t->set_bytes -= p->len;
	p->is_set = false;
}

bool ofw_prop_put(struct ofw_tree *t, struct ofw_node *n, const char *name, const void *data,
		  u32 len)
{
	struct ofw_prop *p = prop_find(n, name);
	u8 *copy = malloc((size_t)len + 1);

	if (!copy)
		return false;
	if (len)
		memcpy(copy, data, len);
	if (!p)
		p = prop_append(n, name);
	if (!p) {
		free(copy);
		return false;
	}
	uncount(t, p);
	free(p->data);
	p->data = copy;
	p->len = len;
	return true;
}

bool ofw_prop_put_u32(struct ofw_tree *t, struct ofw_node *n, const char *name, u32 v)
{
	be32 x = be32_of(v);

	return ofw_prop_put(t, n, name, &x, sizeof(x));
}

/* A name that a client may give: printable, no blanks, not one that we keep. */
static bool is_settable(const char *name)
{
	size_t n = strlen(name);

	if (!n || n >= OFW_NAME_MAX || !strcmp(name, "name") || !strcmp(name, "phandle") ||
	    !strcmp(name, "linux,phandle"))
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] >= 0x7f || name[i] == '/')
			return false;
	return true;
}

bool ofw_prop_set(struct ofw_tree *t, struct ofw_node *n, const char *name, const void *data,
		  u32 len)
{
	struct ofw_prop *old = prop_find(n, name);
	u32 n_set = t->n_set, bytes = t->set_bytes;

	if (!is_settable(name) || len > OFW_SET_VALUE_MAX)
		return false;
	if (old && old->is_set) {
		n_set--;
		bytes -= old->len;
	}
	if (n_set >= OFW_SET_PROPS_MAX || len > OFW_SET_BYTES_MAX - bytes)
		return false;
	if (!ofw_prop_put(t, n, name, data, len))
		return false;
	prop_find(n, name)->is_set = true;
	t->n_set = n_set + 1;
	t->set_bytes = bytes + len;
	return true;
}

/* ---- nodes ---- */

static void node_free(struct ofw_node *n)
{
	while (n->props) {
		struct ofw_prop *p = n->props;

		n->props = p->next;
		prop_free(p);
	}
	free(n->name);
	free(n);
}

/* No recursion: every node is in the index. */
static void clear(struct ofw_tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		node_free(t->index[i]);
	free(t->index);
	*t = (struct ofw_tree){ .next_phandle = t->next_phandle };
}

void ofw_tree_free(struct ofw_tree *t)
{
	if (!t)
		return;
	clear(t);
	free(t);
}

static struct ofw_node *node_add(struct ofw_tree *t, const char *name)
{
	struct ofw_node *n;

	if (t->n == t->room) {
		size_t room = t->room ? 2 * t->room : 64;
		struct ofw_node **p = realloc(t->index, room * sizeof(struct ofw_node *));

		if (!p)
			return NULL;
		t->index = p;
		t->room = room;
	}
	n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->name = strdup(name);
	if (!n->name) {
		free(n);
		return NULL;
	}
	t->index[t->n++] = n;
	return n;
}

struct ofw_node *ofw_tree_root(const struct ofw_tree *t)
{
	return t->root;
}

static int by_phandle(const void *a, const void *b)
{
	u32 x = (*(struct ofw_node *const *)a)->phandle;
	u32 y = (*(struct ofw_node *const *)b)->phandle;

	return (x > y) - (x < y);
}

static void sort_index(struct ofw_tree *t)
{
	if (t->n)
		qsort(t->index, t->n, sizeof(struct ofw_node *), by_phandle);
}

struct ofw_node *ofw_tree_by_phandle(const struct ofw_tree *t, u32 phandle)
{
	struct ofw_node key = { .phandle = phandle }, *k = &key;
	struct ofw_node **at;

	if (!phandle || !t->n)
		return NULL;
	at = bsearch(&k, t->index, t->n, sizeof(struct ofw_node *), by_phandle);
	return at ? *at : NULL;
}

/* ---- import ---- */

/* One import: the flat tree, the tree that grows, the one it will replace. */
struct import {
	const void *fdt;
	struct ofw_tree *t;
	const struct ofw_tree *old; /* or NULL */
	struct ofw_node *open[FDT_DEPTH_MAX + 1];
	struct ofw_node *last_child[FDT_DEPTH_MAX + 1];
	struct hypar_err *e;
};

static int no_memory(struct hypar_err *e)
{
	return err_set(e, -ENOMEM, "device tree: no memory");
}

/* "name" is the node's name without the unit address; the root has an empty one. */
static bool put_name(struct ofw_tree *t, struct ofw_node *n)
{
	size_t len = strcspn(n->name, "@");
	char name[OFW_NAME_MAX] = { 0 };

	memcpy(name, n->name, len);
	return ofw_prop_put(t, n, "name", name, (u32)len + 1);
}

static int import_props(struct import *im, int at, struct ofw_node *n)
{
	int p;

	if (!put_name(im->t, n))
		return no_memory(im->e);
	fdt_for_each_property_offset(p, im->fdt, at)
	{
		const char *name;
		int len;
		const void *v = fdt_getprop_by_offset(im->fdt, p, &name, &len);

		if (!v || !*name || strlen(name) >= OFW_NAME_MAX)
			return err_set(im->e, -EINVAL, "device tree: %s: a bad property", n->name);
		if (!strcmp(name, "name"))
			continue;
		if (!strcmp(name, "phandle")) {
			n->phandle = len == 4 ? ld_be32(v) : 0;
			if (!n->phandle || n->phandle == ~0u)
				return err_set(im->e, -EINVAL, "device tree: %s: a bad phandle",
					       n->name);
		}
		if (!ofw_prop_put(im->t, n, name, v, (u32)len))
			return no_memory(im->e);
	}
	return 0;
}

static bool has_child(const struct ofw_node *n, const char *name)
{
	const struct ofw_node *c = n->child;

	while (c && strcmp(c->name, name))
		c = c->next;
	return c;
}

static int import_node(struct import *im, int at, int depth)
{
	const char *name = fdt_get_name(im->fdt, at, NULL);
	struct ofw_node *n;

	if (!name || strlen(name) >= OFW_NAME_MAX || !*name != !depth || strchr(name, '/'))
		return err_set(im->e, -EINVAL, "device tree: a node with a bad name");
	if (depth && has_child(im->open[depth - 1], name))
		return err_set(im->e, -EINVAL, "device tree: %s is there twice", name);
	if (im->t->n == OFW_NODES_MAX)
		return err_set(im->e, -EINVAL, "device tree: more than %d nodes", OFW_NODES_MAX);
	n = node_add(im->t, name);
	if (!n)
		return no_memory(im->e);
	if (depth) {
		n->parent = im->open[depth - 1];
		if (im->last_child[depth - 1])
			im->last_child[depth - 1]->next = n;
		else
			n->parent->child = n;
		im->last_child[depth - 1] = n;
	} else {
		im->t->root = n;
	}
	im->open[depth] = n;
	im->last_child[depth] = NULL;
	return import_props(im, at, n);
}

static int import_nodes(struct import *im)
{
	int depth = 0;

	for (int at = 0; at >= 0 && depth >= 0; at = fdt_next_node(im->fdt, at, &depth)) {
		int ret;

		if (depth > FDT_DEPTH_MAX || (at && !depth))
			return err_set(im->e, -EINVAL, "device tree: too deep, or two roots");
		ret = import_node(im, at, depth);
		if (ret)
			return ret;
	}
	return 0;
}

/* The node of @t with the path of @n, a node of another tree. */
static struct ofw_node *same_path(const struct ofw_tree *t, const struct ofw_node *n)
{
	struct ofw_node *up, *c;

	if (!n->parent)
		return t->root;
	up = same_path(t, n->parent);
	for (c = up ? up->child : NULL; c; c = c->next)
		if (!strcmp(c->name, n->name))
			break;
	return c;
}

/* A number that no node of the old and of the new tree has. */
static u32 fresh_phandle(struct import *im)
{
	u32 ph;

	do {
		ph = im->t->next_phandle++;
		if (im->t->next_phandle == ~0u)
			im->t->next_phandle = OFW_PHANDLE_BASE;
	} while (ofw_tree_by_phandle(im->t, ph) || (im->old && ofw_tree_by_phandle(im->old, ph)));
	return ph;
}

/*
 * Phandles in the flat tree stand, because properties refer to them; then
 * nodes that were there before keep theirs; the rest get new ones.
 */
static int give_phandles(struct import *im)
{
	struct ofw_tree *t = im->t;
	u32 *given = calloc(t->n, sizeof(*given));
	size_t i;

	if (!given)
		return no_memory(im->e);
	sort_index(t);
	for (i = 0; i < t->n; i++) {
		const struct ofw_node *was = im->old ? same_path(im->old, t->index[i]) : NULL;

		if (t->index[i]->phandle)
			continue;
		given[i] = was && !ofw_tree_by_phandle(t, was->phandle) ? was->phandle :
									  fresh_phandle(im);
	}
	for (i = 0; i < t->n; i++)
		if (given[i])
			t->index[i]->phandle = given[i];
	free(given);
	sort_index(t);
	for (i = 0; i < t->n; i++) {
		if (i && t->index[i]->phandle == t->index[i - 1]->phandle)
			return err_set(im->e, -EINVAL, "device tree: phandle 0x%x is there twice",
				       t->index[i]->phandle);
		if (!ofw_prop_put_u32(t, t->index[i], "phandle", t->index[i]->phandle))
			return no_memory(im->e);
	}
	return 0;
}

/* Carries over what the client set on nodes that are still there. */
static int keep_set(struct import *im)
{
	for (size_t i = 0; im->old && i < im->old->n; i++) {
		const struct ofw_node *was = im->old->index[i];
		struct ofw_node *now = NULL;

		for (const struct ofw_prop *p = was->props; p; p = p->next) {
			if (!p->is_set)
				continue;
			if (!now)
				now = same_path(im->t, was);
			if (!now)
				break;
			if (!ofw_prop_set(im->t, now, p->name, p->data, p->len))
				return no_memory(im->e);
		}
	}
	return 0;
}

static int import(struct import *im, size_t size)
{
	int ret = fdt_check_blob(im->fdt, size, im->e);

	if (!ret)
		ret = import_nodes(im);
	if (!ret)
		ret = give_phandles(im);
	if (!ret)
		ret = keep_set(im);
	return ret;
}

struct ofw_tree *ofw_tree_new(const void *fdt, size_t size, struct hypar_err *e)
{
	struct ofw_tree *t = calloc(1, sizeof(*t));
	struct import im = { .fdt = fdt, .t = t, .e = e };

	if (!t) {
		no_memory(e);
		return NULL;
	}
	t->next_phandle = OFW_PHANDLE_BASE;
	if (import(&im, size)) {
		ofw_tree_free(t);
		return NULL;
	}
	return t;
}

int ofw_tree_replace(struct ofw_tree *t, const void *fdt, size_t size, struct hypar_err *e)
{
	struct ofw_tree fresh = { .next_phandle = t->next_phandle };
	struct import im = { .fdt = fdt, .t = &fresh, .old = t, .e = e };
	int ret = import(&im, size);

	if (ret) {
		clear(&fresh);
		return ret;
	}
	clear(t);
	*t = fresh;
	return 0;
}

/* ---- flatten ---- */

static void flatten(struct fdt_build *b, const struct ofw_node *n)
{
	fdt_begin(b, n->name);
	for (const struct ofw_prop *p = n->props; p; p = p->next)
		if (strcmp(p->name, "name"))
			fdt_bytes(b, p->name, p->data, p->len);
	for (const struct ofw_node *c = n->child; c; c = c->next)
		flatten(b, c);
	fdt_end(b);
}

int ofw_tree_flatten(const struct ofw_tree *t, void **fdt, size_t *size, struct hypar_err *e)
{
	struct fdt_build b;

	fdt_build_init(&b);
	b.is_unchecked = true; /* the client may have set anything */
	flatten(&b, t->root);
	return fdt_build_finish(&b, fdt, size, e);
}
