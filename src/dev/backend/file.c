// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE /* locks of open files */
#include "dev/backend/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"

int file_read(int fd, u8 *buf, size_t n, u64 at)
{
	while (n) {
		ssize_t done = pread(fd, buf, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -ENODATA;
		buf += done;
		at += (u64)done;
		n -= (size_t)done;
	}
	return 0;
}

int file_write(int fd, const u8 *buf, size_t n, u64 at)
{
	while (n) {
		ssize_t done = pwrite(fd, buf, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -EIO;
		buf += done;
		at += (u64)done;
		n -= (size_t)done;
	}
	return 0;
}

int file_lock(const struct file_lock *l, struct hypar_err *e)
{
	struct flock f = { .l_type = l->is_shared ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET };

	if (!fcntl(l->fd, F_OFD_SETLK, &f))
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return err_set(e, -EBUSY, "%s: in use: locked by another %s or process", l->path,
			       l->what);
	return err_set_errno(e, -errno, "%s: cannot be locked", l->path);
}
