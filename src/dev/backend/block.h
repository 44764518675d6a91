/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk on the host: a raw file or a block device, locked against a second
 * user. Requests are queued and served by worker threads; a request that fails
 * gives the guest an error and the user a line.
 *
 * Data go through a buffer of the worker, in pieces: copy() moves a piece
 * between that buffer and guest memory, so no request needs memory of its size.
 *
 * Threads: block_submit on any; copy and done on a worker (done may submit).
 */
#ifndef HYPAR_DEV_BACKEND_BLOCK_H
#define HYPAR_DEV_BACKEND_BLOCK_H

#include "base/types.h"
#include "dev/device.h"
#include "hypar/error.h"

#define BLOCK_SECTOR 512u

struct block;

struct block_config {
	const char *path;
	const char *id; /* names the disk in messages */
	bool readonly;
	unsigned int threads; /* workers; 0: a few */
	struct device_log log;
};

enum block_op {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH,	    /* all writes that were done before are on stable storage */
	BLOCK_DISCARD,	    /* content may be lost (reads as zeroes or as before) */
	BLOCK_WRITE_ZEROES, /* deallocates where it can, if unmap */
};

/* The submitter keeps it until done() is called, and embeds it in its own. */
struct block_request {
	enum block_op op;
	bool stable;	    /* a write is on stable storage when done (FUA, write-through) */
	bool unmap;	    /* BLOCK_WRITE_ZEROES may deallocate */
	u64 offset, length; /* bytes; multiples of BLOCK_SECTOR; checked against the size */
	/*
	 * BLOCK_WRITE: fills @buf with the @n bytes at @at (0..length) of the
	 * request; BLOCK_READ: takes them. False: guest memory refused; -EFAULT.
	 */
	bool (*copy)(struct block_request *r, u64 at, void *buf, size_t n);
	void (*done)(struct block_request *r);
	int status; /* at done: 0 or a negative errno; -EINVAL: range, -EROFS, -EFAULT, -EIO ... */
	struct block_request *next; /* of the back end */
};

/*
 * Opens and locks. NULL with *e set, the text starting with @path's problem:
 * missing, a directory, empty, not whole sectors, locked by another process.
 */
struct block *block_open(const struct block_config *c, struct hypar_err *e);
void block_close(struct block *b); /* finishes what is queued first; NULL: nothing */

/* Queues @r; returns at once. */
void block_submit(struct block *b, struct block_request *r);

/* Waits until every request that was submitted is done. */
void block_drain(struct block *b);

u64 block_sectors(const struct block *b);   /* of BLOCK_SECTOR bytes */
u64 block_allocated(const struct block *b); /* bytes that the host keeps for it */
bool block_readonly(const struct block *b);
bool block_can_discard(const struct block *b);
const char *block_path(const struct block *b);
unsigned int
block_physical_size(const struct block *b); /* best write unit, bytes, a power of two */

struct block_stats {
	u64 reads, writes, flushes, discards, errors, read_bytes, write_bytes;
};

void block_stats(struct block *b, struct block_stats *out);

#endif
