/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver's side for tests of VIO devices: DMA memory that is an array, an
 * interrupt that is counted, a disk in a file without a name.
 */
#ifndef VIO_TEST_H
#define VIO_TEST_H

#define _GNU_SOURCE /* memfd_create */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "dev/backend/block.h"
#include "dev/vio/vio.h"

#define RAM_SIZE 0x80000u
#define RAM_BASE 0x10000u /* I/O address of the first byte */

struct ram {
	struct dma dma;
	pthread_mutex_t lock; /* as the guest's accesses are atomic and ordered */
	u64 readonly_from;    /* writes at and behind this address are refused; 0: none */
	u64 end;	      /* accesses at and behind it are refused */
	u8 bytes[RAM_SIZE];
	unsigned int n_irqs, n_lines;
	char line[256];
};

static inline bool ram_ok(const struct ram *r, ioba at, size_t n)
{
	return at.v >= RAM_BASE && at.v <= r->end && n <= r->end - at.v;
}

static bool ram_read(struct dma *d, ioba at, void *dst, size_t n)
{
	struct ram *r = CONTAINER_OF(d, struct ram, dma);
	bool ok = ram_ok(r, at, n);

	pthread_mutex_lock(&r->lock);
	if (ok)
		memcpy(dst, r->bytes + (at.v - RAM_BASE), n);
	pthread_mutex_unlock(&r->lock);
	return ok;
}

static bool ram_write(struct dma *d, ioba at, const void *src, size_t n)
{
	struct ram *r = CONTAINER_OF(d, struct ram, dma);
	bool ok = ram_ok(r, at, n) && !(r->readonly_from && at.v + n > r->readonly_from);

	pthread_mutex_lock(&r->lock);
	if (ok)
		memcpy(r->bytes + (at.v - RAM_BASE), src, n);
	pthread_mutex_unlock(&r->lock);
	return ok;
}

static const struct dma_ops ram_ops = { ram_read, ram_write };

static inline void ram_init(struct ram *r)
{
	memset(r, 0, sizeof(*r));
	r->dma.ops = &ram_ops;
	r->end = RAM_BASE + RAM_SIZE;
	pthread_mutex_init(&r->lock, NULL);
}

static inline void *ptr(struct ram *r, u64 at)
{
	return r->bytes + (at - RAM_BASE);
}

/* What the driver reads while the device may write. */
static inline u64 rd64(struct ram *r, u64 at)
{
	u64 v;

	pthread_mutex_lock(&r->lock);
	v = ld_be64(ptr(r, at));
	pthread_mutex_unlock(&r->lock);
	return v;
}

static inline u32 rd32(struct ram *r, u64 at)
{
	u32 v;

	pthread_mutex_lock(&r->lock);
	v = ld_be32(ptr(r, at));
	pthread_mutex_unlock(&r->lock);
	return v;
}

static inline void wr64(struct ram *r, u64 at, u64 v)
{
	pthread_mutex_lock(&r->lock);
	st_be64(ptr(r, at), v);
	pthread_mutex_unlock(&r->lock);
}

static inline void test_irq(void *opaque, u32 source UNUSED, bool level UNUSED)
{
	struct ram *r = opaque;

	__atomic_fetch_add(&r->n_irqs, 1, __ATOMIC_SEQ_CST);
}

static inline void test_say(void *opaque, const char *line)
{
	struct ram *r = opaque;

	r->n_lines++;
	snprintf(r->line, sizeof(r->line), "%s", line);
}

static inline struct vio_config vio_test_config(struct ram *r, const char *id)
{
	return (struct vio_config){ .id = id,
				    .dma = &r->dma,
				    .line = { test_irq, r, 0x1100 },
				    .log = { test_say, r } };
}

static inline void a_moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* A disk of @size bytes; *fd sees what is on it. */
static inline struct block *test_disk(u64 size, bool readonly, int *fd)
{
	char path[] = "/tmp/hypar-vio-XXXXXX";
	struct block_config c = { .path = path, .id = "disk0", .readonly = readonly };
	struct block *b;

	*fd = mkstemp(path);
	assert_true(*fd >= 0);
	assert_int_equal(ftruncate(*fd, (off_t)size), 0);
	b = block_open(&c, NULL);
	unlink(path);
	assert_non_null(b);
	return b;
}

#endif
