/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The medium of an NVDIMM: a regular file of the host, locked against a second
 * user. Its layout: the blocks, then the label area, then a page of ours:
 * who it is, and how its last use ended.
 *
 * The blocks are mapped by whoever binds them (pmem_file), shared, so that they
 * outlive this process; a flush puts them onto stable storage, by a worker. The
 * label area is read and written by file operations.
 *
 * Threads: any, unless it says otherwise.
 */
#ifndef HYPAR_DEV_BACKEND_PMEM_H
#define HYPAR_DEV_BACKEND_PMEM_H

#include "base/types.h"
#include "dev/device.h"
#include "hypar/error.h"
#include "mem/gmem.h"

#define PMEM_RECORD_SIZE 4096u /* behind the label area */
#define PMEM_LABEL_MIN 0x20000u
#define PMEM_LABEL_MAX 0x1000000u
#define PMEM_UUID_TEXT 37u

struct pmem;

struct pmem_config {
	const char *path;
	const char *id;
	u64 size;	   /* of the blocks, bytes */
	u32 label_size;	   /* a multiple of 4 KiB from PMEM_LABEL_MIN to _MAX, or 0 */
	const char *uuid;  /* NULL: that of the file, or a new one */
	bool is_unarmed;   /* nothing that is written gets to the file */
	bool is_unflushed; /* the guest will not ask for flushes */
	struct device_log log;
};

/*
 * Opens, locks and, if the file is empty, lays it out. The host's disk space is
 * taken here: a full disk is an error now, not later. NULL with *e set.
 */
struct pmem *pmem_open(const struct pmem_config *c, struct hypar_err *e);
/* Writes everything out and notes a clean end. The blocks are mapped no more. NULL: nothing. */
void pmem_close(struct pmem *m);

/* What gmem_plug_file() takes for the block of @offset. */
struct gmem_file pmem_file(struct pmem *m, u64 offset);

bool pmem_is_unarmed(const struct pmem *m); /* also a file that cannot be written */
const u8 *pmem_uuid(const struct pmem *m);  /* 16 bytes */
void pmem_uuid_text(const u8 uuid[16], char text[PMEM_UUID_TEXT]);
/* False: not a UUID, or the null one. */
bool pmem_uuid_parse(const char *text, u8 uuid[16]);
u64 pmem_failures(const struct pmem *m); /* how often its use did not end cleanly, ever */

/* Within the label area: checked by the caller. 0, or a negative errno (said to the user). */
int pmem_label_read(struct pmem *m, u64 at, void *buf, size_t n);
/* It is on stable storage a moment later, or after the next flush. */
int pmem_label_write(struct pmem *m, u64 at, const void *buf, size_t n);

/* Starts a flush of what was stored before; its number, never 0. */
u64 pmem_flush(struct pmem *m);

enum pmem_flush_state {
	PMEM_FLUSH_UNKNOWN, /* no such flush, or its end was told already */
	PMEM_FLUSH_BUSY,
	PMEM_FLUSH_DONE,
	PMEM_FLUSH_FAILED,
};

/* Waits until it is done, but not longer than that. */
void pmem_flush_wait(struct pmem *m, u64 number, u64 us);

/* *age_us: since it was started. A failure of any flush before is told once. */
enum pmem_flush_state pmem_flush_poll(struct pmem *m, u64 number, u64 *age_us);
void pmem_drain(struct pmem *m);

/* Can it be read and written as it could at start? Else an errno, said to the user once. */
int pmem_check(struct pmem *m);

/* The machine starts anew: contents are those of before. */
void pmem_reset(struct pmem *m);

/* Conditions of the medium: bits of H_SCM_HEALTH (scm/health.def counts from the left). */
u64 pmem_health(struct pmem *m);

struct pmem_stats {
	u64 resets, reset_seconds; /* since the last one */
	u64 power_on_seconds;	   /* of all uses */
	u64 fill_percent;	   /* of the host's file system */
	u64 loads, stores;	   /* pages looked up by processors, found changed; labels */
	u64 load_ns, store_ns;	   /* of label accesses, and of flushes */
	u64 medium_reads, medium_writes, medium_read_ns, medium_write_ns; /* pages */
};

void pmem_stats(struct pmem *m, struct pmem_stats *out);

#endif
