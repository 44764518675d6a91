// SPDX-License-Identifier: Apache-2.0
/*
 * What a host that loses power would lose. Preloaded (LD_PRELOAD) into hypar,
 * it writes a log of what happens to the file HYPAR_POWER_IMAGE: for each write
 * the bytes before and after, and which of them an fdatasync has made stable.
 * crash.py takes back from the image, after it killed hypar, writes that were
 * not stable yet.
 *
 * The log, HYPAR_POWER_LOG, is a row of records: struct record, for RECORD_WRITE
 * with twice "length" bytes behind it. It is written before the image is, so
 * the last record may be cut. HYPAR_POWER_LIE=1 is for a test of the test:
 * fdatasync does nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { RECORD_WRITE = 1, RECORD_WRITTEN, RECORD_SYNC, RECORD_SYNCED };

struct record {
	uint32_t kind;
	uint32_t length;
	uint64_t id;
	uint64_t offset;
};

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at);
int fdatasync(int fd);
int fallocate(int fd, int mode, off_t at, off_t n);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static uint64_t last_id;
static struct stat image;

static void append(const void *data, size_t n)
{
	if (write(log_fd, data, n) != (ssize_t)n)
		abort(); /* a test without a log proves nothing */
}

static bool is_image(int fd)
{
	const char *path = getenv("HYPAR_POWER_IMAGE"), *log = getenv("HYPAR_POWER_LOG");
	struct stat st;

	if (!path || !log)
		return false;
	pthread_mutex_lock(&lock);
	if (log_fd < 0) {
		log_fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
		if (log_fd < 0 || stat(path, &image))
			abort();
	}
	pthread_mutex_unlock(&lock);
	return !fstat(fd, &st) && st.st_dev == image.st_dev && st.st_ino == image.st_ino;
}

static uint64_t record(enum kind kind, uint64_t id)
{
	struct record r = { .kind = kind };

	pthread_mutex_lock(&lock);
	r.id = id ? id : ++last_id;
	append(&r, sizeof(r));
	pthread_mutex_unlock(&lock);
	return r.id;
}

static uint64_t record_write(int fd, const void *buf, size_t n, off_t at)
{
	struct record *r = calloc(1, sizeof(*r) + 2 * n);
	unsigned char *data;
	uint64_t id;

	if (!r)
		abort();
	data = (unsigned char *)(r + 1);
	r->kind = RECORD_WRITE;
	r->length = (uint32_t)n;
	r->offset = (uint64_t)at;
	memcpy(data + n, buf, n);
	pthread_mutex_lock(&lock);
	if (pread(fd, data, n, at) != (ssize_t)n)
		abort();
	id = r->id = ++last_id;
	append(r, sizeof(*r) + 2 * n);
	pthread_mutex_unlock(&lock);
	free(r);
	return id;
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);
	uint64_t id = is_image(fd) ? record_write(fd, buf, n, at) : 0;
	ssize_t ret;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pwrite");
	ret = real(fd, buf, n, at);
	if (id)
		record(RECORD_WRITTEN, id);
	return ret;
}

int fdatasync(int fd)
{
	static int (*real)(int);
	uint64_t id;
	int ret;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
	if (!is_image(fd))
		return real(fd);
	if (getenv("HYPAR_POWER_LIE"))
		return 0;
	id = record(RECORD_SYNC, 0);
	ret = real(fd);
	if (!ret)
		record(RECORD_SYNCED, id);
	return ret;
}

/* Zeroes are written then, and discards not done. */
int fallocate(int fd, int mode, off_t at, off_t n)
{
	static int (*real)(int, int, off_t, off_t);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fallocate");
	if (!is_image(fd))
		return real(fd, mode, at, n);
	errno = EOPNOTSUPP;
	return -1;
}
