// SPDX-License-Identifier: Apache-2.0
/*
 * Connectors in the device tree [LoPAR 13.5.2]: four arrays of equal order, or
 * ibm,drc-info, which describes runs of them, once the guest negotiated it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "papr/dr/core.h"

static const char *type_name(enum drc_type type)
{
	switch (type) {
	case DRC_CPU:
		return "CPU";
	case DRC_PHB:
		return "PHB";
	case DRC_VIO:
		return "SLOT";
	case DRC_PCI:
		return "28"; /* PCI Express, hot-plug */
	case DRC_LMB:
		return "MEM";
	case DRC_PMEM:
		return "PMEM";
	}
	return "?";
}

/* The value of a property that grows; one that could not is NULL. */
struct value {
	u8 *buf;
	size_t size, room;
	bool failed;
};

static void put(struct value *v, const void *bytes, size_t n)
{
	if (v->size + n > v->room) {
		size_t room = 2 * (v->size + n) + 64;
		u8 *buf = realloc(v->buf, room);

		if (!buf) {
			v->failed = true;
			return;
		}
		v->buf = buf;
		v->room = room;
	}
	memcpy(v->buf + v->size, bytes, n);
	v->size += n;
}

static void put_u32(struct value *v, u32 n)
{
	u8 b[4];

	st_be32(b, n);
	put(v, b, sizeof(b));
}

static void put_str(struct value *v, const char *s)
{
	put(v, s, strlen(s) + 1);
}

static void give(struct fdt_build *b, const char *name, struct value *v)
{
	if (v->failed && !b->err)
		b->err = -ENOMEM;
	else
		fdt_bytes(b, name, v->buf, v->size);
	free(v->buf);
}

/* The connectors of @parent with types in @mask, ascending. */
struct chosen {
	const struct drc **drc;
	u32 n;
};

static void put_arrays(struct fdt_build *b, const struct chosen *c)
{
	struct value indexes = { 0 }, names = { 0 }, domains = { 0 }, types = { 0 };

	put_u32(&indexes, c->n);
	put_u32(&names, c->n);
	put_u32(&domains, c->n);
	put_u32(&types, c->n);
	for (u32 i = 0; i < c->n; i++) {
		put_u32(&indexes, c->drc[i]->index);
		put_str(&names, c->drc[i]->name);
		put_u32(&domains, c->drc[i]->power_domain);
		put_str(&types, type_name(c->drc[i]->type));
	}
	give(b, "ibm,drc-indexes", &indexes);
	give(b, "ibm,drc-names", &names);
	give(b, "ibm,drc-power-domains", &domains);
	give(b, "ibm,drc-types", &types);
}

/* How many from @i on are alike and a constant step apart. */
static u32 run_length(const struct chosen *c, u32 i, u32 *step)
{
	const struct drc *d = c->drc[i];
	u32 n = 1;

	*step = i + 1 < c->n ? c->drc[i + 1]->index - d->index : 1;
	while (i + n < c->n && c->drc[i + n]->type == d->type &&
	       c->drc[i + n]->power_domain == d->power_domain &&
	       c->drc[i + n]->index - c->drc[i + n - 1]->index == *step)
		n++;
	if (n == 1)
		*step = 1;
	return n;
}

/* A run: type, prefix of the names, first index, first suffix, how many, step, domain. */
static void put_info(struct fdt_build *b, const struct chosen *c)
{
	struct value runs = { 0 };
	u32 n_runs = 0, step, n;

	for (u32 i = 0; i < c->n; i += run_length(c, i, &step))
		n_runs++;
	put_u32(&runs, n_runs);
	for (u32 i = 0; i < c->n; i += n) {
		n = run_length(c, i, &step);
		put_str(&runs, type_name(c->drc[i]->type));
		put_str(&runs, drc_name_prefix(c->drc[i]->type));
		put_u32(&runs, c->drc[i]->index);
		put_u32(&runs, c->drc[i]->id);
		put_u32(&runs, n);
		put_u32(&runs, step);
		put_u32(&runs, c->drc[i]->power_domain);
	}
	give(b, "ibm,drc-info", &runs);
}

void dr_fdt(struct papr *p, struct fdt_build *b, u32 parent, u32 mask)
{
	struct dr *dr = p->dr;
	struct chosen c = { calloc(dr->n_drcs + 1, sizeof(c.drc[0])), 0 };

	if (!c.drc) {
		b->err = b->err ? b->err : -ENOMEM;
		return;
	}
	for (u32 i = 0; i < dr->n_drcs; i++)
		if (dr->drc[i]->parent == parent && mask & 1u << dr->drc[i]->type)
			c.drc[c.n++] = dr->drc[i];
	/*
	 * Of the slots of a bridge, too: rpaphp takes the first run for one slot. Of
	 * arrays it makes a slot of each, forgets one of them alone when the bridge
	 * goes, and follows stale pointers of the others later.
	 */
	if (c.n && p->opt.drc_info)
		put_info(b, &c);
	else if (c.n)
		put_arrays(b, &c);
	free(c.drc);
}
