/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claimed memory. Ranges that touch are merged, so that a client which claims
 * page after page needs one, and the list is sorted and never overlaps.
 */
#include "fw/ofw/claim.h"

#include <string.h>

#include "base/bits.h"

#define TOP_MAX (1ULL << 32)

void claim_init(struct claim_map *c, u64 ram_size)
{
	*c = (struct claim_map){ .top = ram_size < TOP_MAX ? ram_size : TOP_MAX };
}

static u64 end_of(const struct claim_range *r)
{
	return r->base + r->size;
}

/* The first range that ends behind @at; c->n when there is none. */
static unsigned int first_behind(const struct claim_map *c, u64 at)
{
	unsigned int i = 0;

	while (i < c->n && end_of(&c->range[i]) <= at)
		i++;
	return i;
}

static bool inside(const struct claim_map *c, u64 base, u64 size)
{
	return size && size <= c->top && base <= c->top - size;
}

/* Replaces the @n ranges from @i on by [base, end). */
static bool splice(struct claim_map *c, unsigned int i, unsigned int n, struct claim_range r)
{
	if (!n && c->n == CLAIM_RANGES_MAX)
		return false;
	memmove(&c->range[i + 1], &c->range[i + n], (c->n - i - n) * sizeof(c->range[0]));
	c->n = c->n - n + 1;
	c->range[i] = r;
	return true;
}

/* Adds [base, end) and merges it with all it overlaps or touches. */
static bool merge(struct claim_map *c, u64 base, u64 end)
{
	unsigned int i = first_behind(c, base), n = 0;

	if (i && end_of(&c->range[i - 1]) == base)
		i--;
	while (i + n < c->n && c->range[i + n].base <= end) {
		const struct claim_range *r = &c->range[i + n];

		base = r->base < base ? r->base : base;
		end = end_of(r) > end ? end_of(r) : end;
		n++;
	}
	return splice(c, i, n, (struct claim_range){ base, end - base });
}

bool claim_at(struct claim_map *c, u64 base, u64 size)
{
	unsigned int i;

	if (!inside(c, base, size))
		return false;
	i = first_behind(c, base);
	if (i < c->n && c->range[i].base < base + size)
		return false;
	return merge(c, base, base + size);
}

bool claim_reserve(struct claim_map *c, u64 base, u64 size)
{
	u64 end;

	if (!size || base >= c->top)
		return true;
	if (__builtin_add_overflow(base, size, &end) || end > c->top)
		end = c->top;
	return merge(c, base, end);
}

bool claim_any(struct claim_map *c, u64 size, u64 align, u64 *base)
{
	u64 at;

	if (!is_pow2(align) || align > TOP_MAX || size > TOP_MAX)
		return false;
	at = align_up(CLAIM_FLOOR, align);
	for (unsigned int i = first_behind(c, at); i < c->n; i++) {
		if (at + size <= c->range[i].base)
			break;
		at = align_up(end_of(&c->range[i]), align);
	}
	if (!claim_at(c, at, size))
		return false;
	*base = at;
	return true;
}

bool claim_release(struct claim_map *c, u64 base, u64 size)
{
	struct claim_range *r, after;
	unsigned int i;

	if (!inside(c, base, size))
		return false;
	i = first_behind(c, base);
	if (i == c->n || base < c->range[i].base || base + size > end_of(&c->range[i]))
		return false;
	r = &c->range[i];
	after = (struct claim_range){ base + size, end_of(r) - (base + size) };
	if (base == r->base) {
		if (after.size) {
			*r = after;
			return true;
		}
		memmove(r, r + 1, (c->n - i - 1) * sizeof(*r));
		c->n--;
		return true;
	}
	if (after.size && !splice(c, i + 1, 0, after))
		return false;
	r->size = base - r->base;
	return true;
}

unsigned int claim_free_ranges(const struct claim_map *c, struct claim_range *out)
{
	unsigned int n = 0;
	u64 at = 0;

	for (unsigned int i = 0; i < c->n; i++) {
		if (c->range[i].base > at)
			out[n++] = (struct claim_range){ at, c->range[i].base - at };
		at = end_of(&c->range[i]);
	}
	if (at < c->top)
		out[n++] = (struct claim_range){ at, c->top - at };
	return n;
}
