// SPDX-License-Identifier: Apache-2.0
/*
 * Raw disk images and block devices of the host.
 *
 * Plain pread and pwrite on worker threads, never mmap: a file that shrinks or
 * a disk that fails is an error of one request, not a signal. The lock is one
 * of the open file description, so it also holds against a second disk of the
 * same process, and goes with a process that is killed.
 *
 * After fdatasync has failed the kernel may have dropped what it could not
 * write, and the next one succeeds; here every later flush fails, too.
 *
 * Not here: image formats, O_DIRECT.
 */
#define _GNU_SOURCE /* fallocate */
#include "dev/backend/block.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/falloc.h>
#include <linux/fs.h>
#endif

#include "base/bits.h"
#include "base/err.h"
#include "dev/backend/file.h"

#define PIECE (1u << 20)
#define PIECE_ALIGN 4096u
#define THREADS_DEFAULT 4u
#define THREADS_MAX 16u
#define SAY_AGAIN 10 /* seconds until the same error is worth a line again */

struct worker {
	struct block *block;
	void *buf; /* PIECE bytes */
	pthread_t thread;
};

struct block {
	int fd;
	bool readonly, is_device;
	u64 size; /* bytes */
	unsigned int physical;
	char *path;
	struct device who; /* id and log, for messages */
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	/* under lock */
	struct block_request *first, **last;
	unsigned int n_pending; /* queued or being served */
	bool end;
	struct block_stats stats;
	int said;	/* the error of the last line */
	time_t said_at; /* seconds, monotonic */
	u64 n_unsaid;
	/* atomic */
	bool flush_failed, no_punch, no_zero_range;
	unsigned int n_workers;
	struct worker worker[THREADS_MAX];
};

/* ---- messages ---- */

static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static const char *op_name(enum block_op op)
{
	static const char *const names[] = { [BLOCK_READ] = "read",
					     [BLOCK_WRITE] = "write",
					     [BLOCK_FLUSH] = "flush",
					     [BLOCK_DISCARD] = "discard",
					     [BLOCK_WRITE_ZEROES] = "write zeroes" };

	return names[op];
}

/* One line for the first of many equal errors, then one each SAY_AGAIN seconds. */
static void say_error(struct block *b, const struct block_request *r, const char *what)
{
	time_t now = seconds();
	u64 unsaid;
	bool say;

	pthread_mutex_lock(&b->lock);
	b->stats.errors++;
	say = b->said != r->status || now - b->said_at >= SAY_AGAIN;
	unsaid = b->n_unsaid;
	if (say) {
		b->said = r->status;
		b->said_at = now;
		b->n_unsaid = 0;
	} else {
		b->n_unsaid++;
	}
	pthread_mutex_unlock(&b->lock);
	if (!say)
		return;
	device_say(&b->who, "%s: %s of %llu bytes at %llu failed: %s%s", b->path, op_name(r->op),
		   (unsigned long long)r->length, (unsigned long long)r->offset, what,
		   unsaid ? " (not the first one)" : "");
}

/* ---- requests, on a worker ---- */

static const char SHRANK[] = "the file is shorter than at the start";

/* A write behind the end would make a file that shrank long again, with a hole. */
static bool shrank(const struct block *b, u64 end)
{
	struct stat st;

	return !b->is_device && (fstat(b->fd, &st) || (u64)st.st_size < end);
}

static int sync_all(struct block *b)
{
	if (b->readonly)
		return 0;
	if (__atomic_load_n(&b->flush_failed, __ATOMIC_SEQ_CST))
		return -EIO;
	if (fdatasync(b->fd)) {
		__atomic_store_n(&b->flush_failed, true, __ATOMIC_SEQ_CST);
		return -errno;
	}
	return 0;
}

static int serve_read(struct block *b, struct block_request *r, u8 *buf)
{
	for (u64 at = 0; at < r->length;) {
		size_t n = r->length - at < PIECE ? (size_t)(r->length - at) : PIECE;
		int ret = file_read(b->fd, buf, n, r->offset + at);

		if (ret)
			return ret;
		if (!r->copy(r, at, buf, n))
			return -EFAULT;
		at += n;
	}
	return 0;
}

static int serve_write(struct block *b, struct block_request *r, u8 *buf)
{
	if (shrank(b, r->offset + r->length))
		return -ENODATA;
	for (u64 at = 0; at < r->length;) {
		size_t n = r->length - at < PIECE ? (size_t)(r->length - at) : PIECE;
		int ret;

		if (!r->copy(r, at, buf, n))
			return -EFAULT;
		ret = file_write(b->fd, buf, n, r->offset + at);
		if (ret)
			return ret;
		at += n;
	}
	return r->stable ? sync_all(b) : 0;
}

/* 0; 1: the host cannot, for good (*never is set); or a negative errno. */
static int allocate(struct block *b, int mode, const struct block_request *r, bool *never)
{
	if (__atomic_load_n(never, __ATOMIC_RELAXED))
		return 1;
	while (fallocate(b->fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)r->offset, (off_t)r->length)) {
		if (errno == EINTR)
			continue;
		if (errno != EOPNOTSUPP && errno != ENODEV && errno != ENOSYS)
			return -errno;
		__atomic_store_n(never, true, __ATOMIC_RELAXED);
		return 1;
	}
	return 0;
}

static int serve_discard(struct block *b, const struct block_request *r)
{
	int ret = allocate(b, FALLOC_FL_PUNCH_HOLE, r, &b->no_punch);

	return ret < 0 ? ret : 0; /* a hint: nothing need happen */
}

static int serve_zeroes(struct block *b, struct block_request *r, u8 *buf)
{
	int ret = 1;

	if (shrank(b, r->offset + r->length))
		return -ENODATA;
	if (r->unmap)
		ret = allocate(b, FALLOC_FL_PUNCH_HOLE, r, &b->no_punch);
	if (ret == 1)
		ret = allocate(b, FALLOC_FL_ZERO_RANGE, r, &b->no_zero_range);
	if (ret == 1) {
		memset(buf, 0, PIECE);
		ret = 0;
		for (u64 at = 0; !ret && at < r->length; at += PIECE)
			ret = file_write(b->fd, buf,
					 r->length - at < PIECE ? (size_t)(r->length - at) : PIECE,
					 r->offset + at);
	}
	if (!ret && r->stable)
		ret = sync_all(b);
	return ret;
}

static int check(const struct block *b, const struct block_request *r)
{
	if (r->op == BLOCK_FLUSH)
		return 0;
	if (r->op != BLOCK_READ && b->readonly)
		return -EROFS;
	if (r->offset % BLOCK_SECTOR || r->length % BLOCK_SECTOR || r->offset > b->size ||
	    r->length > b->size - r->offset)
		return -EINVAL;
	return 0;
}

static int serve_op(struct block *b, struct block_request *r, u8 *buf)
{
	int ret = check(b, r);

	if (ret || (!r->length && r->op != BLOCK_FLUSH))
		return ret;
	switch (r->op) {
	case BLOCK_READ:
		return serve_read(b, r, buf);
	case BLOCK_WRITE:
		return serve_write(b, r, buf);
	case BLOCK_FLUSH:
		return sync_all(b);
	case BLOCK_DISCARD:
		return serve_discard(b, r);
	case BLOCK_WRITE_ZEROES:
		return serve_zeroes(b, r, buf);
	}
	return -EINVAL;
}

static void count(struct block *b, const struct block_request *r)
{
	struct block_stats *s = &b->stats;

	switch (r->op) {
	case BLOCK_READ:
		s->reads++;
		s->read_bytes += r->status ? 0 : r->length;
		break;
	case BLOCK_WRITE:
	case BLOCK_WRITE_ZEROES:
		s->writes++;
		s->write_bytes += r->status ? 0 : r->length;
		break;
	case BLOCK_FLUSH:
		s->flushes++;
		break;
	case BLOCK_DISCARD:
		s->discards++;
		break;
	}
}

static void serve(struct block *b, struct block_request *r, u8 *buf)
{
	r->status = serve_op(b, r, buf);
	if (r->status == -ENODATA) {
		r->status = -EIO;
		say_error(b, r, SHRANK);
	} else if (r->status && r->status != -EINVAL && r->status != -EROFS &&
		   r->status != -EFAULT) {
		/* those three are the guest's mistakes */
		say_error(b, r, strerror(-r->status));
	}
	pthread_mutex_lock(&b->lock);
	count(b, r);
	pthread_mutex_unlock(&b->lock);
	r->done(r);
}

/* ---- the queue ---- */

void block_submit(struct block *b, struct block_request *r)
{
	pthread_mutex_lock(&b->lock);
	r->next = NULL;
	*b->last = r;
	b->last = &r->next;
	b->n_pending++;
	pthread_cond_signal(&b->work);
	pthread_mutex_unlock(&b->lock);
}

void block_drain(struct block *b)
{
	pthread_mutex_lock(&b->lock);
	while (b->n_pending)
		pthread_cond_wait(&b->idle, &b->lock);
	pthread_mutex_unlock(&b->lock);
}

/* The next request, or NULL at the end. Under lock. */
static struct block_request *take(struct block *b)
{
	struct block_request *r;

	while (!b->first && !b->end)
		pthread_cond_wait(&b->work, &b->lock);
	r = b->first;
	if (r) {
		b->first = r->next;
		if (!b->first)
			b->last = &b->first;
	}
	return r;
}

static void *worker(void *opaque)
{
	struct worker *w = opaque;
	struct block *b = w->block;
	struct block_request *r;

	pthread_setname_np(pthread_self(), "hypar-disk");
	pthread_mutex_lock(&b->lock);
	while ((r = take(b))) {
		pthread_mutex_unlock(&b->lock);
		serve(b, r, w->buf);
		pthread_mutex_lock(&b->lock);
		if (!--b->n_pending)
			pthread_cond_broadcast(&b->idle);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

/* ---- open and close ---- */

/* The kind and size of what was opened. */
static int measure(struct block *b, struct hypar_err *e)
{
	struct stat st;

	if (fstat(b->fd, &st))
		return err_set_errno(e, -errno, "%s", b->path);
	b->physical = 4096;
	if (S_ISDIR(st.st_mode))
		return err_set_errno(e, -EISDIR, "%s", b->path);
	if (S_ISREG(st.st_mode)) {
		b->size = (u64)st.st_size;
	} else if (S_ISBLK(st.st_mode)) {
		unsigned int phys = 0;

		b->is_device = true;
		if (ioctl(b->fd, BLKGETSIZE64, &b->size))
			return err_set_errno(e, -errno, "%s", b->path);
		if (!ioctl(b->fd, BLKPBSZGET, &phys) && is_pow2(phys) && phys >= BLOCK_SECTOR &&
		    phys <= 65536)
			b->physical = phys;
	} else {
		return err_set(e, -EINVAL, "%s: neither a regular file nor a block device",
			       b->path);
	}
	if (!b->size)
		return err_set(e, -EINVAL, "%s: the disk is empty", b->path);
	if (b->size % BLOCK_SECTOR)
		return err_set(e, -EINVAL, "%s: %llu bytes are not whole sectors of %u", b->path,
			       (unsigned long long)b->size, BLOCK_SECTOR);
	return 0;
}

static int lock_disk(const struct block *b, struct hypar_err *e)
{
	return file_lock(&(struct file_lock){ b->fd, b->readonly, b->path, "disk" }, e);
}

static int open_file(struct block *b, struct hypar_err *e)
{
	int flags = (b->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct stat st;

	/* a block device that is mounted is not opened for writing */
	if (!b->readonly && !stat(b->path, &st) && S_ISBLK(st.st_mode))
		flags |= O_EXCL;
	b->fd = open(b->path, flags);
	if (b->fd < 0)
		return err_set_errno(e, -errno, "%s", b->path);
	return 0;
}

static int start_worker(struct block *b)
{
	struct worker *w = &b->worker[b->n_workers];
	int ret;

	w->block = b;
	ret = posix_memalign(&w->buf, PIECE_ALIGN, PIECE);
	if (ret)
		return ret;
	ret = pthread_create(&w->thread, NULL, worker, w);
	if (ret)
		free(w->buf);
	else
		b->n_workers++;
	return ret;
}

/* Signals are for other threads; SIGXFSZ stays pending, and the write fails with EFBIG. */
static int start_workers(struct block *b, unsigned int n, struct hypar_err *e)
{
	sigset_t all, old;
	int ret = 0;

	sigfillset(&all);
	sigdelset(&all, SIGBUS); /* mem/guard.h */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (!ret && b->n_workers < n)
		ret = start_worker(b);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ret ? err_set_errno(e, -ret, "no thread for %s", b->path) : 0;
}

struct block *block_open(const struct block_config *c, struct hypar_err *e)
{
	struct block *b = calloc(1, sizeof(*b));
	unsigned int n = c->threads ? c->threads : THREADS_DEFAULT;

	if (!b) {
		err_set(e, -ENOMEM, "no memory for a disk");
		return NULL;
	}
	b->fd = -1;
	b->readonly = c->readonly;
	b->last = &b->first;
	snprintf(b->who.id, sizeof(b->who.id), "%s", c->id);
	b->who.log = c->log;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->work, NULL);
	pthread_cond_init(&b->idle, NULL);
	b->path = strdup(c->path);
	if (!b->path)
		err_set(e, -ENOMEM, "no memory for a disk");
	if (!b->path || open_file(b, e) || measure(b, e) || lock_disk(b, e) ||
	    start_workers(b, n < THREADS_MAX ? n : THREADS_MAX, e)) {
		block_close(b);
		return NULL;
	}
	return b;
}

void block_close(struct block *b)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->end = true;
	pthread_cond_broadcast(&b->work);
	pthread_mutex_unlock(&b->lock);
	for (unsigned int i = 0; i < b->n_workers; i++) {
		pthread_join(b->worker[i].thread, NULL);
		free(b->worker[i].buf);
	}
	if (b->fd >= 0)
		close(b->fd);
	pthread_cond_destroy(&b->idle);
	pthread_cond_destroy(&b->work);
	pthread_mutex_destroy(&b->lock);
	free(b->path);
	free(b);
}

u64 block_sectors(const struct block *b)
{
	return b->size / BLOCK_SECTOR;
}

u64 block_allocated(const struct block *b)
{
	struct stat st;

	/* st_blocks counts 512 bytes whatever the file system's block is */
	return b->is_device || fstat(b->fd, &st) ? b->size : (u64)st.st_blocks * 512;
}

bool block_readonly(const struct block *b)
{
	return b->readonly;
}

bool block_can_discard(const struct block *b)
{
	return !b->readonly;
}

const char *block_path(const struct block *b)
{
	return b->path;
}

unsigned int block_physical_size(const struct block *b)
{
	return b->physical;
}

void block_stats(struct block *b, struct block_stats *out)
{
	pthread_mutex_lock(&b->lock);
	*out = b->stats;
	pthread_mutex_unlock(&b->lock);
}
