/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device tree as Open Firmware shows it: nodes and properties that a client
 * may change, made from a flat tree and flattened back. Every node has a
 * phandle and a "name" property. What the client adds is bounded.
 *
 * Threads: one at a time.
 */
#ifndef HYPAR_FW_OFW_TREE_H
#define HYPAR_FW_OFW_TREE_H

#include "base/compiler.h"
#include "base/types.h"
#include "hypar/error.h"

#define OFW_NAME_MAX 64	 /* bytes of a node's or property's name, with NUL */
#define OFW_PATH_MAX 512 /* bytes of a path, with NUL */
#define OFW_NODES_MAX 16384
#define OFW_PHANDLE_BASE 0x20000000u /* the first phandle the tree gives itself */

/* What a client may add by setprop. */
#define OFW_SET_VALUE_MAX 65536u
#define OFW_SET_PROPS_MAX 512u
#define OFW_SET_BYTES_MAX (512u << 10)

struct ofw_prop {
	struct ofw_prop *next;
	char *name;
	u8 *data;
	u32 len;
	bool is_set; /* by the client: survives ofw_tree_replace, counts against the limits */
};

struct ofw_node {
	struct ofw_node *parent, *child, *next;
	struct ofw_prop *props;
	char *name; /* with the unit address; the root's is "" */
	u32 phandle;
};

struct ofw_tree;

/* A tree from a flat one. NULL with *e set: the blob is damaged, or no memory. */
struct ofw_tree *ofw_tree_new(const void *fdt, size_t size, struct hypar_err *e);
void ofw_tree_free(struct ofw_tree *t);

/*
 * Puts the tree of @fdt in the place of @t's. Nodes whose path exists in both
 * keep their phandle (a phandle given by @fdt wins) and the properties that
 * the client set. On failure nothing changes. Node pointers become invalid.
 */
int ofw_tree_replace(struct ofw_tree *t, const void *fdt, size_t size, struct hypar_err *e);

/* The flat tree of @t, for the caller to free(). phandles of all nodes are in it, names are not. */
int ofw_tree_flatten(const struct ofw_tree *t, void **fdt, size_t *size, struct hypar_err *e);

struct ofw_node *ofw_tree_root(const struct ofw_tree *t);
struct ofw_node *ofw_tree_by_phandle(const struct ofw_tree *t, u32 phandle);

/*
 * Finds by a device path: aliases first, unit addresses optional, arguments
 * after ':' ignored [IEEE 1275 4.3]. *args, if wanted, points to those of the
 * last component (or to its end). NULL: no such node.
 */
struct ofw_node *ofw_tree_find(const struct ofw_tree *t, const char *path, const char **args);

/* The full path of @n. Returns its length without NUL, or -1: longer than @size - 1. */
int ofw_node_path(const struct ofw_node *n, char *buf, size_t size);

const struct ofw_prop *ofw_node_prop(const struct ofw_node *n, const char *name);

/* Sets a property for the firmware itself; no limits. False: no memory. */
MUST_CHECK bool ofw_prop_put(struct ofw_tree *t, struct ofw_node *n, const char *name,
			     const void *data, u32 len);
MUST_CHECK bool ofw_prop_put_u32(struct ofw_tree *t, struct ofw_node *n, const char *name, u32 v);

/* The same for the client: within the limits, and not "name" or a phandle. */
MUST_CHECK bool ofw_prop_set(struct ofw_tree *t, struct ofw_node *n, const char *name,
			     const void *data, u32 len);

#endif
