/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bus for accesses that do not hit RAM. Regions of handlers at guest real
 * addresses. Values are numbers as a big-endian device sees them: the byte at
 * the lowest address is the most significant one.
 *
 * Threads: mmio_access on any thread; regions are added and removed only while
 * no vCPU runs. A handler does its own locking.
 */
#ifndef HYPAR_MEM_MMIO_H
#define HYPAR_MEM_MMIO_H

#include "base/types.h"
#include "hypar/error.h"
#include "mem/addr.h"

enum mmio_result {
	MMIO_OK,	/* done */
	MMIO_UNHANDLED, /* nothing at this address: the CPU takes a machine check */
	MMIO_FAULT,	/* the device refuses this access (width, direction) */
};

/*
 * @offset is relative to the region, @size 1, 2, 4 or 8. @cpu is the index of
 * the accessing vCPU (or -1: the host). For a read, *val is set.
 */
struct mmio_ops {
	enum mmio_result (*read)(void *opaque, int cpu, u64 offset, unsigned int size, u64 *val);
	enum mmio_result (*write)(void *opaque, int cpu, u64 offset, unsigned int size, u64 val);
};

struct mmio_bus;

struct mmio_bus *mmio_new(void);
void mmio_free(struct mmio_bus *bus);

/* -EINVAL: empty or wraps; -EEXIST: overlap; -ENOSPC: too many regions. */
int mmio_add(struct mmio_bus *bus, gpa base, u64 size, const struct mmio_ops *ops, void *opaque,
	     struct hypar_err *e);

/* Removes the region at exactly @base; -ENOENT. */
int mmio_remove(struct mmio_bus *bus, gpa base);

enum mmio_result mmio_read(struct mmio_bus *bus, int cpu, gpa at, unsigned int size, u64 *val);
enum mmio_result mmio_write(struct mmio_bus *bus, int cpu, gpa at, unsigned int size, u64 val);

#endif
