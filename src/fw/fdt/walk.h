/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a flat device tree of our own making, item by item in its order.
 */
#ifndef HYPAR_FW_FDT_WALK_H
#define HYPAR_FW_FDT_WALK_H

#include "base/types.h"

enum fdt_item_kind { FDT_ITEM_NODE, FDT_ITEM_PROP, FDT_ITEM_NODE_END, FDT_ITEM_TREE_END };

struct fdt_item {
	enum fdt_item_kind kind;
	const char *name; /* of a node (with unit address) or property */
	const void *value;
	u32 size;
	int next; /* where the next item is */
};

/* The item at @at; the root is at 0. Whatever is malformed is the end of the tree. */
struct fdt_item fdt_item_at(const void *blob, int at);

#endif
