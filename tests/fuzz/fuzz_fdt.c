/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flat trees to Open Firmware trees: any bytes. What is imported has unique
 * phandles, flattens, and can be imported again with the same phandles.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fw/fdt/check.h"
#include "fw/ofw/tree.h"
#include "papr/guest_tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void walk(const struct ofw_tree *t, const struct ofw_node *n)
{
	char path[OFW_PATH_MAX];

	require(n->phandle && ofw_tree_by_phandle(t, n->phandle) == n);
	require(ofw_node_prop(n, "name") && ofw_node_prop(n, "phandle"));
	if (ofw_node_path(n, path, sizeof(path)) > 0)
		(void)ofw_tree_find(t, path, NULL);
	for (const struct ofw_node *c = n->child; c; c = c->next) {
		require(c->parent == n);
		walk(t, c);
	}
}

static void reimport(struct ofw_tree *t)
{
	u32 root = ofw_tree_root(t)->phandle;
	size_t size;
	void *fdt;

	if (ofw_tree_flatten(t, &fdt, &size, NULL))
		return;
	require(!ofw_tree_replace(t, fdt, size, NULL));
	require(ofw_tree_root(t)->phandle == root);
	walk(t, ofw_tree_root(t));
	free(fdt);
}

/* As H_UPDATE_DT takes it: refused and forgotten, or kept whole. */
static void as_guest_tree(const void *data, size_t size)
{
	struct partition part = { .n_vcpus = 1, .max_vcpus = 1, .mem = gmem_new() };
	struct papr p = { .partition = &part };
	size_t n;
	void *blob = malloc(size + 1), *copy;

	if (!part.mem || !blob || pthread_mutex_init(&p.lock, NULL))
		abort();
	memcpy(blob, data, size);
	if (!guest_tree_set(&p, blob, size, NULL)) {
		require(!guest_tree_copy(&p, &copy, &n, NULL) && n == size &&
			!memcmp(copy, data, size));
		free(copy);
	}
	(void)guest_tree_pic(&p);
	guest_tree_drop(&p);
	require(guest_tree_pic(&p) == PAPR_PHANDLE_PIC);
	pthread_mutex_destroy(&p.lock);
	gmem_free(part.mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hypar_err e = { 0 };
	struct ofw_tree *t;
	void *copy = NULL;

	if (posix_memalign(&copy, 16, size + 1))
		return 0;
	if (size)
		memcpy(copy, data, size);
	(void)fdt_check_tree(copy, size, NULL);
	as_guest_tree(copy, size);
	t = ofw_tree_new(copy, size, &e);
	if (t) {
		walk(t, ofw_tree_root(t));
		(void)ofw_tree_find(t, "alias/x", NULL);
		require(!ofw_tree_replace(t, copy, size, NULL));
		walk(t, ofw_tree_root(t));
		reimport(t);
		ofw_tree_free(t);
	} else {
		require(e.text[0]);
	}
	free(copy);
	return 0;
}
