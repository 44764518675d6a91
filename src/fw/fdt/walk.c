// SPDX-License-Identifier: Apache-2.0
/*
 * Items of a flat device tree in their order. The blob has been checked.
 */
#include "fw/fdt/walk.h"

#include <libfdt.h>

struct fdt_item fdt_item_at(const void *blob, int at)
{
	struct fdt_item it = { .kind = FDT_ITEM_TREE_END, .next = at };
	int next, len = 0;
	uint32_t tag = fdt_next_tag(blob, at, &next);

	for (; tag == FDT_NOP; tag = fdt_next_tag(blob, at, &next))
		at = next;
	switch (tag) {
	case FDT_BEGIN_NODE:
		it.kind = FDT_ITEM_NODE;
		it.name = fdt_get_name(blob, at, &len);
		break;
	case FDT_PROP:
		it.kind = FDT_ITEM_PROP;
		it.value = fdt_getprop_by_offset(blob, at, &it.name, &len);
		it.size = len > 0 ? (u32)len : 0;
		break;
	case FDT_END_NODE:
		it.kind = FDT_ITEM_NODE_END;
		break;
	default:
		return it;
	}
	if (len < 0 || (it.kind != FDT_ITEM_NODE_END && !it.name))
		return (struct fdt_item){ .kind = FDT_ITEM_TREE_END, .next = at };
	it.next = next;
	return it;
}
