/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the decoder's tables from isa/insn.def and walks them.
 *
 * A primary opcode's table is indexed by those of the word's low eleven bits
 * that any of its rows looks at: one entry for D-forms, 32 for MD-forms, 2048
 * where the extended opcode is eleven bits wide. Rows that share an index are
 * chained, the one with the most mask bits first. Immutable once built, so any
 * number of threads may use one decoder.
 */
#include "isa/decode.h"

#include <stdlib.h>

#define INDEX_BITS 0x7ffu
#define PRIMARIES 64

/* What building needs and throws away; used for one index at a time. */
struct builder {
	u16 order[INSN_COUNT + 1];  /* most specific first; + 1: no empty array */
	u16 parent[INSN_COUNT + 1]; /* union-find: rows that share an index, also indirectly */
	u16 tail[INSN_COUNT + 1];   /* by root: the end of the chain so far */
};

static u32 primary_of(const struct insn_info *row)
{
	return row->match >> 26;
}

/* Prefix and suffix together: longer is tried first. */
static int specificity(const struct insn_info *row)
{
	return __builtin_popcount(row->mask) + __builtin_popcount(row->pmask);
}

static bool exists(const struct insn_info *row, bool prefixed, enum isa_level level)
{
	return (row->pmask != 0) == prefixed && row->level <= level;
}

/* Inserts @id behind the rows that are at least as specific; the number of rows then. */
static u32 insert(u16 *order, u32 n, u16 id)
{
	u32 at = n;

	while (at && specificity(&isa_insns[order[at - 1]]) < specificity(&isa_insns[id])) {
		order[at] = order[at - 1];
		at--;
	}
	order[at] = id;
	return n + 1;
}

static u16 root_of(const u16 *parent, u16 id)
{
	while (parent[id] != id)
		id = parent[id];
	return id;
}

/* A table indexed by the bits @mask of a word shifted right by @shift. */
struct index {
	u16 *rows;
	u32 mask;
	u32 shift;
};

/* Enters @id at every index that it can have; the first row to come keeps the entry. */
static void enter(struct builder *b, const struct index *ix, u16 id)
{
	const struct insn_info *row = &isa_insns[id];
	u32 base = row->match >> ix->shift & ix->mask;
	u32 open = ~row->mask >> ix->shift & ix->mask;
	u32 bits = 0;

	b->parent[id] = id;
	do { /* every subset of the open bits */
		u16 *entry = &ix->rows[base | bits];

		if (*entry == INSN_ILLEGAL)
			*entry = id;
		else
			b->parent[root_of(b->parent, id)] = root_of(b->parent, *entry);
		bits = (bits - open) & open;
	} while (bits);
}

/*
 * A row has one successor, though it can be at several indices: all rows that
 * are connected through shared indices make one chain. That is still every
 * candidate of an index, in order, and mostly one or two.
 */
static void fill(struct builder *b, const struct index *ix, u16 *next, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		enter(b, ix, b->order[i]);
		b->tail[b->order[i]] = INSN_ILLEGAL;
	}
	for (u32 i = 0; i < n; i++) {
		u16 id = b->order[i];
		u16 root = root_of(b->parent, id);

		if (b->tail[root] != INSN_ILLEGAL)
			next[b->tail[root]] = id;
		b->tail[root] = id;
	}
}

static void build_words(struct decoder *d, struct builder *b)
{
	for (u32 p = 0; p < PRIMARIES; p++) {
		struct index ix = { .rows = d->rows + d->prim[p].at, .mask = d->prim[p].mask };
		u32 n = 0;

		for (u32 id = 0; id < INSN_COUNT; id++)
			if (exists(&isa_insns[id], false, d->level) &&
			    primary_of(&isa_insns[id]) == p)
				n = insert(b->order, n, (u16)id);
		fill(b, &ix, d->next, n);
	}
}

/*
 * By the suffix's primary opcode. Some suffixes keep an operand bit there
 * (plxv is 50 and 51), so one index takes all rows.
 */
static void build_prefixed(struct decoder *d, struct builder *b)
{
	struct index ix = { .rows = d->prefixed, .mask = PRIMARIES - 1, .shift = 26 };
	u32 n = 0;

	d->any_suffix = INSN_ILLEGAL;
	for (u32 p = 0; p < PRIMARIES; p++)
		d->prefixed[p] = INSN_ILLEGAL;
	for (u32 id = 0; id < INSN_COUNT; id++) {
		if (!exists(&isa_insns[id], true, d->level))
			continue;
		/* It would be at every index, and so make one chain of all rows. */
		if (!isa_insns[id].mask)
			d->any_suffix = (u16)id;
		else
			n = insert(b->order, n, (u16)id);
	}
	fill(b, &ix, d->next, n);
}

/* Chooses the index masks; the number of table entries that they need. */
static u32 layout(struct decoder *d)
{
	u32 total = 0;

	for (u32 id = 0; id < INSN_COUNT; id++) {
		const struct insn_info *row = &isa_insns[id];

		if (exists(row, false, d->level))
			d->prim[primary_of(row)].mask |= row->mask & INDEX_BITS;
	}
	for (u32 p = 0; p < PRIMARIES; p++) {
		d->prim[p].at = total;
		total += d->prim[p].mask + 1;
	}
	return total;
}

struct decoder *decoder_new(enum isa_level level)
{
	struct decoder *d = calloc(1, sizeof(*d));
	struct builder *b = calloc(1, sizeof(*b));
	u32 total;

	if (!d || !b)
		goto fail;
	d->level = level;
	total = layout(d);
	d->rows = calloc(total, sizeof(*d->rows));
	d->next = calloc(INSN_COUNT + 1, sizeof(*d->next));
	if (!d->rows || !d->next)
		goto fail;
	for (u32 i = 0; i < total; i++)
		d->rows[i] = INSN_ILLEGAL;
	for (u32 i = 0; i <= INSN_COUNT; i++)
		d->next[i] = INSN_ILLEGAL;
	build_words(d, b);
	build_prefixed(d, b);
	free(b);
	return d;
fail:
	free(b);
	decoder_free(d);
	return NULL;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	free(d->rows);
	free(d->next);
	free(d);
}

u16 decode(const struct decoder *d, u32 insn)
{
	u16 id = decode_candidate(d, insn);

	while (id != INSN_ILLEGAL && (insn & isa_insns[id].mask) != isa_insns[id].match)
		id = d->next[id];
	return id;
}

u16 decode_prefixed(const struct decoder *d, u32 prefix, u32 suffix)
{
	u16 id = d->prefixed[suffix >> 26];

	while (id != INSN_ILLEGAL) {
		const struct insn_info *row = &isa_insns[id];

		if ((prefix & row->pmask) == row->pmatch && (suffix & row->mask) == row->match)
			return id;
		id = d->next[id];
	}
	id = d->any_suffix;
	if (id != INSN_ILLEGAL && (prefix & isa_insns[id].pmask) != isa_insns[id].pmatch)
		id = INSN_ILLEGAL;
	return id;
}
