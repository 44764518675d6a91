/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the host that are a medium of the guest's: whole reads and writes,
 * and the lock that keeps others away.
 */
#ifndef HYPAR_DEV_BACKEND_FILE_H
#define HYPAR_DEV_BACKEND_FILE_H

#include "base/types.h"
#include "hypar/error.h"

/* All of it, or a negative errno; -ENODATA: the file ends before. */
int file_read(int fd, u8 *buf, size_t n, u64 at);
int file_write(int fd, const u8 *buf, size_t n, u64 at);

struct file_lock {
	int fd;
	bool is_shared;	  /* for reading alone */
	const char *path; /* both for the error */
	const char *what; /* "disk" */
};

/* Until the file is closed. -EBUSY: another one has it. */
int file_lock(const struct file_lock *l, struct hypar_err *e);

#endif
