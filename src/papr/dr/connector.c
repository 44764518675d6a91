// SPDX-License-Identifier: Apache-2.0
/*
 * ibm,configure-connector [LoPAR 13.5.3.5]: gives the guest the nodes below a
 * connector item by item, through a work area of 4 KiB:
 *
 *	word 0	DRC index
 *	word 1	0 begins a walk; RTAS puts the walk's number there
 *	word 2	offset of the node's or property's name
 *	word 3	length of the property's value
 *	word 4	offset of the value, which may lie in an extent; modulo 2^32
 *
 * The position is the connector's, so walks of several connectors may be
 * interleaved; a second walk of the same connector ends the first, whose next
 * call answers PARAMETER. The tree is built at the first call and kept until
 * the last item or until the guest isolates.
 *
 * An item for which the area is too small answers MORE_MEMORY. The next call
 * names an extent of 4 KiB, and if it answers MORE_MEMORY again, the one after
 * names the 4 KiB behind. They stay the walk's until its end, and the values of
 * all later properties that do not fit into the area go there. DEVIATION: LoPAR
 * has all results in the area's first page, where a longer value has no place;
 * and its extents, which only RTAS uses, may lie anywhere.
 *
 * Threads: the tree is built with all vCPUs parked; the rest is under dr->lock.
 */
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "fw/fdt/walk.h"
#include "papr/dr/core.h"

#define AREA_SIZE 4096u
#define HEAD_SIZE 20u

struct drc_walk {
	u32 number; /* word 1; never 0 */
	void *tree;
	int at; /* the item that comes next */
	u32 depth;
	bool wants_extent; /* the last call answered MORE_MEMORY */
	gpa extent;
	u32 extent_size;
};

/* What a call answers, and where that leaves the walk. */
struct step {
	rtas_status status;
	const char *name;
	const void *value;
	u32 size;
	int next;
	u32 depth;
};

void drc_walk_drop(struct drc *d)
{
	if (!d->walk)
		return;
	free(d->walk->tree);
	free(d->walk);
	d->walk = NULL;
}

/* A node comes: @status tells where from. */
static struct step node_step(const struct drc_walk *w, struct fdt_item it, rtas_status status)
{
	return (struct step){ status, it.name, NULL, 0, it.next, w->depth + 1 };
}

/* A node ends: its sibling comes, or its parent does, or that was all. */
static struct step end_step(const struct drc_walk *w, struct fdt_item end)
{
	struct fdt_item it = fdt_item_at(w->tree, end.next);

	/* the root is a wrapper of ours */
	if (!w->depth || (it.kind != FDT_ITEM_NODE && w->depth == 1))
		return (struct step){ .status = RTAS_SUCCESS };
	if (it.kind == FDT_ITEM_NODE)
		return (struct step){ RTAS_NEXT_SIBLING, it.name, NULL, 0, it.next, w->depth };
	return (struct step){ RTAS_PREV_PARENT, NULL, NULL, 0, end.next, w->depth - 1 };
}

static struct step next_step(const struct drc_walk *w)
{
	struct fdt_item it = fdt_item_at(w->tree, w->at);

	switch (it.kind) {
	case FDT_ITEM_NODE:
		return node_step(w, it, RTAS_NEXT_CHILD);
	case FDT_ITEM_PROP:
		return (struct step){
			RTAS_NEXT_PROPERTY, it.name, it.value, it.size, it.next, w->depth
		};
	case FDT_ITEM_NODE_END:
		return end_step(w, it);
	default:
		return (struct step){ .status = RTAS_SUCCESS };
	}
}

static bool is_open(const struct drc *d)
{
	return d->state == DRC_UNISOLATED || d->state == DRC_CONFIGURED;
}

struct build {
	struct papr *p;
	u32 index;
	u32 number;	    /* of the walk */
	rtas_status status; /* SUCCESS: it has begun */
};

/* The tree of @d in a wrapper. NULL: there is no memory for it. */
static void *build_tree(struct papr *p, const struct drc *d)
{
	struct hypar_err e = { 0 };
	struct fdt_build b;
	void *tree = NULL;
	size_t size;

	fdt_build_init(&b);
	b.is_unchecked = true; /* the parents' cells are not in it */
	fdt_begin(&b, "");
	if (d->ops && d->ops->fdt)
		d->ops->fdt(p, d, &b);
	fdt_end(&b);
	if (fdt_build_finish(&b, &tree, &size, &e))
		papr_log(p, "%s: %s", d->name, e.text);
	return tree;
}

/* With all vCPUs parked: begins a walk, if there is something to walk. */
static int begin_walk(void *arg, struct hypar_err *e)
{
	struct build *to = arg;
	struct papr *p = to->p;
	struct drc *d = dr_find(p, to->index);
	struct drc_walk *w;

	(void)e;
	/* a call before this one took it away? Nobody else is there to change it */
	if (!d || !is_open(d)) {
		to->status = RTAS_CANNOT_CONFIGURE;
		return 0;
	}
	to->status = RTAS_HARDWARE;
	w = calloc(1, sizeof(*w));
	if (!w)
		return 0;
	w->tree = build_tree(p, d);
	if (!w->tree) {
		free(w);
		return 0;
	}
	w->at = fdt_item_at(w->tree, 0).next;
	dr_lock(p);
	drc_walk_drop(d);
	p->dr->last_walk += p->dr->last_walk == UINT32_MAX ? 2 : 1;
	to->number = w->number = p->dr->last_walk;
	d->walk = w;
	dr_unlock(p);
	to->status = RTAS_SUCCESS;
	return 0;
}

static u32 align4(u32 n)
{
	return (n + 3) & ~3u;
}

/* An extent that was asked for: the 4 KiB behind those before. */
static rtas_status take_extent(struct papr *p, struct drc_walk *w, u32 at)
{
	if (!w->wants_extent)
		return RTAS_SUCCESS;
	if (!at)
		return RTAS_MORE_MEMORY;
	if (w->extent_size && at != (u32)(w->extent.v + w->extent_size))
		return RTAS_PARAMETER;
	if (!gmem_ok(p->partition->mem, gpa_of(at), AREA_SIZE))
		return RTAS_HARDWARE;
	if (!w->extent_size)
		w->extent = gpa_of(at);
	w->extent_size += AREA_SIZE;
	w->wants_extent = false;
	return RTAS_SUCCESS;
}

/* Puts what @s says to the guest's memory; MORE_MEMORY if there is not enough. */
static rtas_status put_step(struct papr *p, struct drc_walk *w, const struct step *s, gpa area)
{
	struct gmem *m = p->partition->mem;
	u32 n_name = s->name ? (u32)strlen(s->name) + 1 : 0;
	u32 value_at = align4(HEAD_SIZE + n_name), used = HEAD_SIZE;
	u8 b[AREA_SIZE] = { 0 };

	/* no node or property has such a name */
	if (value_at > AREA_SIZE)
		return RTAS_HARDWARE;
	if (s->name) {
		st_be32(b + 8, HEAD_SIZE);
		memcpy(b + HEAD_SIZE, s->name, n_name);
		used = value_at;
	}
	if (s->size <= AREA_SIZE - value_at) {
		if (s->size)
			memcpy(b + value_at, s->value, s->size);
		used = s->size ? value_at + s->size : used;
	} else if (s->size > w->extent_size) {
		w->wants_extent = true;
		return RTAS_MORE_MEMORY;
	} else {
		if (!gmem_write(m, w->extent, s->value, s->size))
			return RTAS_HARDWARE;
		value_at = (u32)(w->extent.v - area.v);
	}
	st_be32(b + 12, s->size);
	st_be32(b + 16, s->status == RTAS_NEXT_PROPERTY ? value_at : 0);
	/* the index and the number stay */
	if (!gmem_write(m, gpa_of(area.v + 8), b + 8, used - 8))
		return RTAS_HARDWARE;
	return s->status;
}

/* dr->lock is held. */
static rtas_status advance(struct papr *p, struct drc *d, gpa area, u32 extent)
{
	struct drc_walk *w = d->walk;
	struct step s;
	rtas_status status = take_extent(p, w, extent);

	if (status != RTAS_SUCCESS)
		return status;
	s = next_step(w);
	if (s.status == RTAS_SUCCESS) {
		drc_walk_drop(d);
		return drc_apply(p, d, DRC_CONFIGURE);
	}
	status = put_step(p, w, &s, area);
	if (status == s.status) {
		w->at = s.next;
		w->depth = s.depth;
	}
	return status;
}

/* Word 1 is @number. dr->lock is held. */
static rtas_status go_on(struct rtas_args *a, struct drc *d, u32 number)
{
	struct papr *p = papr_of(a->vcpu);
	gpa area = gpa_of(a->arg[0]);

	if (!d)
		return RTAS_PARAMETER;
	if (!is_open(d))
		return RTAS_CANNOT_CONFIGURE;
	if (!d->walk || d->walk->number != number)
		return RTAS_PARAMETER;
	if (!gmem_st_be32(p->partition->mem, gpa_of(area.v + 4), number))
		return RTAS_HARDWARE;
	return advance(p, d, area, a->arg[1]);
}

/* Of connector @index, which may be gone afterwards. */
static rtas_status configure(struct rtas_args *a, u32 index, u32 number)
{
	struct papr *p = papr_of(a->vcpu);
	struct build to = { .p = p, .index = index };
	struct drc *d = dr_find(p, index);
	struct hypar_err e = { 0 };
	rtas_status status;
	bool begins;

	if (!d)
		return RTAS_PARAMETER;
	dr_lock(p);
	begins = !number && is_open(d);
	dr_unlock(p);
	if (begins) {
		if (p->dr->with_parked(a->vcpu, begin_walk, &to, &e))
			return RTAS_BUSY;
		if (to.status != RTAS_SUCCESS)
			return to.status;
		number = to.number;
	}
	/* the other vCPUs went on meanwhile */
	d = dr_find(p, index);
	dr_lock(p);
	status = go_on(a, d, number);
	dr_unlock(p);
	return status;
}

/* (work area, extent) */
rtas_status rtas_configure_connector(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	const struct gmem *m = p->partition->mem;
	gpa area = gpa_of(a->arg[0]);
	rtas_status status;
	u32 index, number;
	struct drc *d;

	if (!gmem_ok(m, area, AREA_SIZE) || !gmem_ld_be32(m, area, &index) ||
	    !gmem_ld_be32(m, gpa_of(area.v + 4), &number))
		return RTAS_HARDWARE;
	status = configure(a, index, number);
	d = dr_find(p, index);
	dr_lock(p);
	if (d)
		drc_note(d, a, 0, status);
	dr_unlock(p);
	return status;
}
