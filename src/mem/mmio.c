// SPDX-License-Identifier: Apache-2.0
/*
 * Regions in an array sorted by address, found by bisection.
 */
#include "mem/mmio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "mem/range.h"

#define REGIONS_MAX 512

struct region {
	u64 base;
	u64 size;
	const struct mmio_ops *ops;
	void *opaque;
};

struct mmio_bus {
	unsigned int n_regions;
	struct region regions[REGIONS_MAX];
};

struct mmio_bus *mmio_new(void)
{
	return calloc(1, sizeof(struct mmio_bus));
}

void mmio_free(struct mmio_bus *bus)
{
	free(bus);
}

/* The first region that ends above @at, or n_regions. */
static unsigned int region_after(const struct mmio_bus *bus, u64 at)
{
	unsigned int lo = 0, hi = bus->n_regions;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;
		const struct region *r = &bus->regions[mid];

		if (r->base + (r->size - 1) < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int mmio_add(struct mmio_bus *bus, gpa base, u64 size, const struct mmio_ops *ops, void *opaque,
	     struct hypar_err *e)
{
	unsigned int at = region_after(bus, base.v);
	u64 last;

	if (!size || __builtin_add_overflow(base.v, size - 1, &last))
		return err_set(e, -EINVAL, "MMIO region at 0x%llx: bad size",
			       (unsigned long long)base.v);
	if (at < bus->n_regions && bus->regions[at].base <= last)
		return err_set(e, -EEXIST, "MMIO region at 0x%llx overlaps another",
			       (unsigned long long)base.v);
	if (bus->n_regions == REGIONS_MAX)
		return err_set(e, -ENOSPC, "more than %d MMIO regions", REGIONS_MAX);
	memmove(&bus->regions[at + 1], &bus->regions[at],
		(bus->n_regions - at) * sizeof(bus->regions[0]));
	bus->regions[at] = (struct region){ base.v, size, ops, opaque };
	bus->n_regions++;
	return 0;
}

int mmio_remove(struct mmio_bus *bus, gpa base)
{
	unsigned int at = region_after(bus, base.v);

	if (at == bus->n_regions || bus->regions[at].base != base.v)
		return -ENOENT;
	bus->n_regions--;
	memmove(&bus->regions[at], &bus->regions[at + 1],
		(bus->n_regions - at) * sizeof(bus->regions[0]));
	return 0;
}

static struct region *region_of(struct mmio_bus *bus, gpa at, unsigned int size)
{
	unsigned int i = region_after(bus, at.v);
	struct region *r = &bus->regions[i];

	if (i == bus->n_regions || !RANGE_OK(u64, at.v, size, r->base, r->size))
		return NULL;
	return r;
}

enum mmio_result mmio_read(struct mmio_bus *bus, int cpu, gpa at, unsigned int size, u64 *val)
{
	struct region *r = region_of(bus, at, size);

	if (!r)
		return MMIO_UNHANDLED;
	return r->ops->read(r->opaque, cpu, at.v - r->base, size, val);
}

enum mmio_result mmio_write(struct mmio_bus *bus, int cpu, gpa at, unsigned int size, u64 val)
{
	struct region *r = region_of(bus, at, size);

	if (!r)
		return MMIO_UNHANDLED;
	return r->ops->write(r->opaque, cpu, at.v - r->base, size, val);
}
