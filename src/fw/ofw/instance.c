/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instances of nodes [IEEE 1275 2.3.6]: a small table of ihandles, which never
 * are phandles, and the ihandles that /chosen shows.
 *
 * Missing: instances have no state but their path; only the console reads and
 * writes.
 */
#include <stdio.h>
#include <string.h>

#include "base/endian.h"
#include "fw/ofw/ofw.h"

struct ofw_instance *ofw_instance(struct ofw *o, u32 ih)
{
	for (size_t i = 0; ih && i < OFW_INSTANCES_MAX; i++)
		if (o->instance[i].ih == ih)
			return &o->instance[i];
	return NULL;
}

static u32 fresh_ihandle(struct ofw *o)
{
	u32 ih;

	do {
		ih = o->next_ih;
		o->next_ih = ih == OFW_IHANDLE_LAST ? OFW_IHANDLE_BASE : ih + 1;
	} while (ofw_instance(o, ih));
	return ih;
}

static struct ofw_instance *free_slot(struct ofw *o)
{
	for (size_t i = 0; i < OFW_INSTANCES_MAX; i++)
		if (!o->instance[i].ih)
			return &o->instance[i];
	return NULL;
}

u32 ofw_open(struct ofw *o, const char *path)
{
	struct ofw_instance *in = free_slot(o);
	struct ofw_node *n;
	const char *args;
	int len;

	n = in ? ofw_tree_find(o->tree, path, &args) : NULL;
	if (!n)
		return 0;
	len = ofw_node_path(n, in->path, sizeof(in->path));
	if (len < 0)
		return 0;
	in->node_len = (size_t)len;
	if (*args && strlen(args) + 2 <= sizeof(in->path) - in->node_len)
		snprintf(in->path + len, sizeof(in->path) - in->node_len, ":%s", args);
	in->phandle = n->phandle;
	in->is_console = n->phandle == o->console;
	in->ih = fresh_ihandle(o);
	return in->ih;
}

void ofw_close(struct ofw *o, u32 ih)
{
	struct ofw_instance *in = ofw_instance(o, ih);

	if (in)
		in->ih = 0;
}

static const char *console_path(const struct ofw *o)
{
	static const char *const names[] = { "stdout-path", "linux,stdout-path" };
	const struct ofw_node *chosen = ofw_tree_find(o->tree, "/chosen", NULL);

	for (size_t i = 0; chosen && i < ARRAY_SIZE(names); i++) {
		const struct ofw_prop *p = ofw_node_prop(chosen, names[i]);

		if (p && p->len > 1 && !p->data[p->len - 1])
			return (const char *)p->data;
	}
	return NULL;
}

static void find_console(struct ofw *o)
{
	const char *path = console_path(o);
	struct ofw_node *n = path ? ofw_tree_find(o->tree, path, NULL) : NULL;

	o->console = n ? n->phandle : 0;
}

void ofw_rebind(struct ofw *o)
{
	find_console(o);
	for (size_t i = 0; i < OFW_INSTANCES_MAX; i++) {
		struct ofw_instance *in = &o->instance[i];
		char path[OFW_PATH_MAX];
		struct ofw_node *n;

		if (!in->ih)
			continue;
		memcpy(path, in->path, in->node_len);
		path[in->node_len] = 0;
		n = ofw_tree_find(o->tree, path, NULL);
		in->phandle = n ? n->phandle : 0;
	}
}

static struct ofw_node *boot_cpu(const struct ofw *o)
{
	struct ofw_node *cpus = ofw_tree_find(o->tree, "/cpus", NULL);
	struct ofw_node *n;

	for (n = cpus ? cpus->child : NULL; n; n = n->next) {
		const struct ofw_prop *p = ofw_node_prop(n, "device_type");

		if (p && p->len == 4 && !memcmp(p->data, "cpu", 4))
			break;
	}
	return n;
}

static u32 open_node(struct ofw *o, const struct ofw_node *n)
{
	char path[OFW_PATH_MAX];

	return n && ofw_node_path(n, path, sizeof(path)) > 0 ? ofw_open(o, path) : 0;
}

void ofw_open_chosen(struct ofw *o)
{
	struct ofw_node *console;

	find_console(o);
	console = ofw_tree_by_phandle(o->tree, o->console);
	o->ih_stdout = open_node(o, console);
	o->ih_stdin = open_node(o, console);
	o->ih_memory = ofw_open(o, "/memory");
	o->ih_cpu = open_node(o, boot_cpu(o));
	o->ih_mmu = open_node(o, boot_cpu(o));
}

bool ofw_put_chosen(struct ofw *o)
{
	const struct {
		const char *name;
		u32 ih;
	} rows[] = {
		{ "stdout", o->ih_stdout }, { "stdin", o->ih_stdin }, { "memory", o->ih_memory },
		{ "cpu", o->ih_cpu },	    { "mmu", o->ih_mmu },
	};
	struct ofw_node *chosen = ofw_tree_find(o->tree, "/chosen", NULL);

	for (size_t i = 0; chosen && i < ARRAY_SIZE(rows); i++)
		if (ofw_instance(o, rows[i].ih) &&
		    !ofw_prop_put_u32(o->tree, chosen, rows[i].name, rows[i].ih))
			return false;
	return true;
}

/* How many cells the root's children use for an address or a size. */
static unsigned int root_cells(const struct ofw *o, const char *name)
{
	const struct ofw_prop *p = ofw_node_prop(ofw_tree_root(o->tree), name);

	return p && p->len == 4 && ld_be32(p->data) == 1 ? 1 : 2;
}

static u8 *put_cells(u8 *at, u64 v, unsigned int n)
{
	if (n == 2) {
		st_be64(at, v);
		return at + 8;
	}
	st_be32(at, v > UINT32_MAX ? UINT32_MAX : (u32)v);
	return at + 4;
}

bool ofw_put_available(struct ofw *o)
{
	struct ofw_node *memory = ofw_tree_find(o->tree, "/memory", NULL);
	struct claim_range ranges[CLAIM_RANGES_MAX + 1];
	unsigned int a = root_cells(o, "#address-cells"), s = root_cells(o, "#size-cells");
	unsigned int n = claim_free_ranges(&o->claims, ranges);
	u8 buf[sizeof(ranges)], *at = buf;

	if (!memory)
		return true;
	for (unsigned int i = 0; i < n; i++) {
		at = put_cells(at, ranges[i].base, a);
		at = put_cells(at, ranges[i].size, s);
	}
	return ofw_prop_put(o->tree, memory, "available", buf, (u32)(at - buf));
}
