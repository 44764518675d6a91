// SPDX-License-Identifier: Apache-2.0
/*
 * Files as NVDIMMs: opening, labels, flushes, and what is kept of the medium's
 * own state.
 *
 * A file that was cut while it is used stays broken until it is opened again,
 * whatever its size is then. After fdatasync has failed the kernel may have
 * dropped what it could not write: the failure is told once, and the health
 * keeps it.
 */
#define _GNU_SOURCE /* fallocate */
#include "dev/backend/pmem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/endian.h"
#include "base/err.h"
#include "dev/backend/file.h"

#define NS 1000000000ULL
#define TICKETS_MAX 64u
#define TMPFS 0x01021994
#define RAMFS 0x858458f6
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

/* Our page of the file. All zero: a new one. */
#define REC_MAGIC 0x4859504152445031ULL /* "HYPARDP1" */
#define REC_MAGIC_AT 0u
#define REC_SIZE_AT 8u
#define REC_LABEL_AT 16u
#define REC_STATE_AT 20u
#define REC_UUID_AT 24u
#define REC_FAILURES_AT 40u
#define REC_SECONDS_AT 48u
#define REC_SUM_AT 56u
#define REC_BYTES 64u

enum rec_state { REC_CLEAN = 1, REC_OPEN = 2 };

struct ticket {
	u64 number; /* 0: free */
	u64 began;  /* ns */
};

struct pmem {
	int fd;
	char *path;
	struct device who;
	u64 size, total;
	u32 label_size;
	bool is_unarmed, is_unflushed, is_volatile;
	bool was_unclean, had_data; /* as it was found */
	u8 uuid[16];
	u64 failures, seconds_before;
	u64 opened_ns;
	u8 *labels;	   /* of an unarmed one */
	u32 n_lost;	   /* pages that could not be had; atomic */
	u64 n_lookups;	   /* atomic */
	u64 cached_before; /* pages in the host's cache when it was opened */
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	/* under lock */
	bool has_thread, end, was_reset, is_broken, save_failed;
	int error;	  /* of a flush, to be told once */
	u64 wanted, done; /* flushes */
	struct ticket ticket[TICKETS_MAX];
	u64 resets, reset_ns;
	u64 label_reads, label_writes, stored_pages;
	u64 load_ns, store_ns, write_ns;
	pthread_t thread;
};

static u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * NS + (u64)t.tv_nsec;
}

/* ---- UUIDs ---- */

void pmem_uuid_text(const u8 uuid[16], char text[PMEM_UUID_TEXT])
{
	char *at = text;

	for (unsigned int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		(void)snprintf(at, 3, "%02x", uuid[i]);
		at += 2;
	}
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				      -1;
}

bool pmem_uuid_parse(const char *text, u8 uuid[16])
{
	u8 any = 0;

	for (unsigned int i = 0; i < 16; i++, text += 2) {
		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return false;
		if (hex(text[0]) < 0 || hex(text[1]) < 0)
			return false;
		uuid[i] = (u8)(hex(text[0]) << 4 | hex(text[1]));
		any |= uuid[i];
	}
	return !*text && any;
}

static int make_uuid(struct pmem *m, struct hypar_err *e)
{
	if (getrandom(m->uuid, sizeof(m->uuid), 0) != (ssize_t)sizeof(m->uuid))
		return err_set_errno(e, -errno, "%s: no random numbers for a UUID", m->path);
	m->uuid[6] = (u8)((m->uuid[6] & 0x0f) | 0x40);
	m->uuid[8] = (u8)((m->uuid[8] & 0x3f) | 0x80);
	return 0;
}

/* ---- the file ---- */

/* Pages of the file in the host's cache, and those that are not on its disk yet; 0: unknown. */
static void look_at_cache(const struct pmem *m, u64 *cached, u64 *dirty)
{
	struct {
		u64 offset, length;
	} range = { 0, m->size };
	struct {
		u64 cached, dirty, writeback, evicted, recently;
	} st = { 0 };

	if (syscall(SYS_cachestat, m->fd, &range, &st, 0))
		memset(&st, 0, sizeof(st));
	*cached = st.cached + st.evicted;
	*dirty = st.dirty;
}

/* ---- our page ---- */

static u64 sum_of(const u8 *rec)
{
	u64 sum = 0xcbf29ce484222325ULL;

	for (unsigned int i = 0; i < REC_SUM_AT; i++)
		sum = (sum ^ rec[i]) * 0x100000001b3ULL;
	return sum;
}

static int write_record(struct pmem *m, enum rec_state state)
{
	u8 rec[REC_BYTES] = { 0 };
	int ret;

	st_be64(rec + REC_MAGIC_AT, REC_MAGIC);
	st_be64(rec + REC_SIZE_AT, m->size);
	st_be32(rec + REC_LABEL_AT, m->label_size);
	st_be32(rec + REC_STATE_AT, state);
	memcpy(rec + REC_UUID_AT, m->uuid, 16);
	st_be64(rec + REC_FAILURES_AT, m->failures);
	st_be64(rec + REC_SECONDS_AT, m->seconds_before + (now_ns() - m->opened_ns) / NS);
	st_be64(rec + REC_SUM_AT, sum_of(rec));
	ret = file_write(m->fd, rec, sizeof(rec), m->size + m->label_size);
	return ret ? ret : fdatasync(m->fd) ? -errno : 0;
}

static bool is_zero(const u8 *p, size_t n)
{
	while (n && !*p)
		p++, n--;
	return !n;
}

static int read_record(struct pmem *m, struct hypar_err *e)
{
	u8 rec[REC_BYTES];
	int ret = file_read(m->fd, rec, sizeof(rec), m->size + m->label_size);

	if (ret)
		return err_set_errno(e, ret, "%s", m->path);
	if (is_zero(rec, sizeof(rec)))
		return 0;
	if (ld_be64(rec + REC_MAGIC_AT) != REC_MAGIC || ld_be64(rec + REC_SUM_AT) != sum_of(rec))
		return err_set(e, -EINVAL, "%s: its last 4 KiB are not those of an NVDIMM",
			       m->path);
	if (ld_be64(rec + REC_SIZE_AT) != m->size || ld_be32(rec + REC_LABEL_AT) != m->label_size)
		return err_set(e, -EINVAL, "%s: the NVDIMM in it has size=%llu and label-size=%u",
			       m->path, (unsigned long long)ld_be64(rec + REC_SIZE_AT),
			       ld_be32(rec + REC_LABEL_AT));
	m->had_data = true;
	m->was_unclean = ld_be32(rec + REC_STATE_AT) != REC_CLEAN;
	memcpy(m->uuid, rec + REC_UUID_AT, 16);
	m->failures = ld_be64(rec + REC_FAILURES_AT) + m->was_unclean;
	m->seconds_before = ld_be64(rec + REC_SECONDS_AT);
	return 0;
}

/* ---- opening ---- */

static int open_file(struct pmem *m, struct hypar_err *e)
{
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

	m->fd = m->is_unarmed ? -1 : open(m->path, flags | O_RDWR);
	if (m->fd < 0 && (m->is_unarmed || errno == EACCES || errno == EROFS)) {
		m->fd = open(m->path, flags | O_RDONLY);
		if (m->fd >= 0 && !m->is_unarmed)
			device_say(&m->who, "%s: cannot be written: the NVDIMM is unarmed",
				   m->path);
		m->is_unarmed = true;
	}
	return m->fd < 0 ? err_set_errno(e, -errno, "%s", m->path) : 0;
}

static int lock_medium(const struct pmem *m, struct hypar_err *e)
{
	return file_lock(&(struct file_lock){ m->fd, m->is_unarmed, m->path, "NVDIMM" }, e);
}

/* All space that the file needs. File systems that cannot promise it may fail later. */
static int allocate(struct pmem *m, struct hypar_err *e)
{
	static const struct timespec now;
	sigset_t too_large, before;
	int ret;

	/* a limit of the process is an error here, not a signal */
	sigemptyset(&too_large);
	sigaddset(&too_large, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &too_large, &before);
	do
		ret = fallocate(m->fd, 0, 0, (off_t)m->total) ? errno : 0;
	while (ret == EINTR);
	if (ret == EFBIG)
		(void)sigtimedwait(&too_large, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = ret;
	if (!ret || errno == EOPNOTSUPP || errno == ENOSYS)
		return 0;
	return err_set_errno(e, -errno, "%s: %llu bytes", m->path, (unsigned long long)m->total);
}

static int lay_out(struct pmem *m, struct hypar_err *e)
{
	int ret;

	if (m->is_unarmed)
		return err_set(e, -EINVAL, "%s: the file is empty and would have to be written",
			       m->path);
	ret = allocate(m, e);
	if (!ret && ftruncate(m->fd, (off_t)m->total))
		ret = err_set_errno(e, -errno, "%s", m->path);
	if (ret && ftruncate(m->fd, 0))
		return ret; /* it stays half-made, and is refused next time */
	return ret;
}

static int measure(struct pmem *m, struct hypar_err *e)
{
	struct stat st;

	if (fstat(m->fd, &st))
		return err_set_errno(e, -errno, "%s", m->path);
	if (S_ISDIR(st.st_mode))
		return err_set_errno(e, -EISDIR, "%s", m->path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, -EINVAL, "%s: not a regular file", m->path);
	if (!st.st_size)
		return lay_out(m, e);
	if ((u64)st.st_size != m->total)
		return err_set(
			e, -EINVAL,
			"%s: the file is too %s: %llu bytes, and blocks, labels and a page of "
			"hypar's make %llu",
			m->path, (u64)st.st_size < m->total ? "small" : "large",
			(unsigned long long)st.st_size, (unsigned long long)m->total);
	return m->is_unarmed ? 0 : allocate(m, e);
}

static int open_labels(struct pmem *m, struct hypar_err *e)
{
	int ret = 0;

	if (!m->is_unarmed || !m->label_size)
		return 0;
	m->labels = malloc(m->label_size);
	if (m->labels)
		ret = file_read(m->fd, m->labels, m->label_size, m->size);
	return m->labels ? (ret ? err_set_errno(e, ret, "%s", m->path) : 0) :
			   err_set(e, -ENOMEM, "no memory for labels");
}

static int open_state(struct pmem *m, const struct pmem_config *c, struct hypar_err *e)
{
	struct statfs fs;
	u64 dirty;
	int ret = read_record(m, e);

	if (ret)
		return ret;
	if (c->uuid && !pmem_uuid_parse(c->uuid, m->uuid))
		return err_set(e, -EINVAL, "uuid=%.40s: not a UUID", c->uuid);
	if (is_zero(m->uuid, sizeof(m->uuid)))
		ret = make_uuid(m, e);
	if (!ret)
		ret = open_labels(m, e);
	if (ret)
		return ret;
	m->is_volatile = !fstatfs(m->fd, &fs) &&
			 ((u64)fs.f_type == TMPFS || (u64)fs.f_type == RAMFS);
	look_at_cache(m, &m->cached_before, &dirty);
	ret = m->is_unarmed ? 0 : write_record(m, REC_OPEN);
	return ret ? err_set_errno(e, ret, "%s", m->path) : 0;
}

static int check_sizes(const struct pmem_config *c, struct hypar_err *e)
{
	if (c->label_size && (c->label_size % PMEM_RECORD_SIZE || c->label_size < PMEM_LABEL_MIN ||
			      c->label_size > PMEM_LABEL_MAX))
		return err_set(e, -EINVAL,
			       "label-size must be 0, or a multiple of 4K from %uK to %uM",
			       PMEM_LABEL_MIN >> 10, PMEM_LABEL_MAX >> 20);
	return 0;
}

/* ---- flushes ---- */

/* 0, or what is wrong with the file now. */
static int look_at_file(struct pmem *m)
{
	struct stat st;

	if (fstat(m->fd, &st))
		return -errno;
	return (u64)st.st_size < m->total || __atomic_load_n(&m->n_lost, __ATOMIC_RELAXED) ?
		       -ENODATA :
		       0;
}

int pmem_check(struct pmem *m)
{
	int ret = look_at_file(m);
	bool is_news;

	pthread_mutex_lock(&m->lock);
	is_news = ret && !m->is_broken;
	m->is_broken |= ret != 0;
	if (!ret && m->is_broken)
		ret = -ENODATA;
	pthread_mutex_unlock(&m->lock);
	if (is_news)
		device_say(&m->who, "%s: %s: what the guest stores there is lost", m->path,
			   ret == -ENODATA ? "the file was cut, or parts of it cannot be read" :
					     strerror(-ret));
	return ret;
}

static int sync_file(struct pmem *m, u64 *pages)
{
	u64 cached;

	*pages = 0;
	if (m->is_unarmed)
		return 0;
	look_at_cache(m, &cached, pages);
	return fdatasync(m->fd) ? -errno : 0;
}

static int run_flush(struct pmem *m)
{
	u64 from = now_ns(), pages;
	int ret = sync_file(m, &pages), broken = pmem_check(m);

	if (ret)
		device_say(&m->who, "%s: flush failed: %s", m->path, strerror(-ret));
	pthread_mutex_lock(&m->lock);
	m->stored_pages += pages;
	m->write_ns += now_ns() - from;
	m->save_failed |= ret != 0;
	pthread_mutex_unlock(&m->lock);
	return ret ? ret : broken;
}

static void *worker(void *opaque)
{
	struct pmem *m = opaque;

	pthread_setname_np(pthread_self(), "hypar-nvdimm");
	pthread_mutex_lock(&m->lock);
	for (;;) {
		u64 now;
		int ret;

		while (m->done == m->wanted && !m->end)
			pthread_cond_wait(&m->work, &m->lock);
		if (m->done == m->wanted)
			break;
		now = m->wanted;
		pthread_mutex_unlock(&m->lock);
		ret = run_flush(m);
		pthread_mutex_lock(&m->lock);
		m->done = now;
		if (ret)
			m->error = ret;
		pthread_cond_broadcast(&m->idle);
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

static int start_worker(struct pmem *m, struct hypar_err *e)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	sigdelset(&all, SIGBUS); /* mem/guard.h */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&m->thread, NULL, worker, m);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	m->has_thread = !ret;
	return ret ? err_set_errno(e, -ret, "no thread for %s", m->path) : 0;
}

/* The lock is held. */
static u64 ask(struct pmem *m)
{
	m->wanted++;
	pthread_cond_signal(&m->work);
	return m->wanted;
}

u64 pmem_flush(struct pmem *m)
{
	struct ticket *t = &m->ticket[0];
	u64 number;

	pthread_mutex_lock(&m->lock);
	/* a free one, or the oldest */
	for (unsigned int i = 1; i < TICKETS_MAX; i++)
		if (m->ticket[i].number < t->number)
			t = &m->ticket[i];
	number = ask(m);
	*t = (struct ticket){ number, now_ns() };
	pthread_mutex_unlock(&m->lock);
	return number;
}

static struct ticket *find_ticket(struct pmem *m, u64 number)
{
	for (unsigned int i = 0; number && i < TICKETS_MAX; i++)
		if (m->ticket[i].number == number)
			return &m->ticket[i];
	return NULL;
}

void pmem_flush_wait(struct pmem *m, u64 number, u64 us)
{
	struct timespec end;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += (long)(us * 1000);
	end.tv_sec += end.tv_nsec / (long)NS;
	end.tv_nsec %= (long)NS;
	pthread_mutex_lock(&m->lock);
	while (!ret && find_ticket(m, number) && m->done < number)
		ret = pthread_cond_timedwait(&m->idle, &m->lock, &end);
	pthread_mutex_unlock(&m->lock);
}

enum pmem_flush_state pmem_flush_poll(struct pmem *m, u64 number, u64 *age_us)
{
	enum pmem_flush_state state = PMEM_FLUSH_UNKNOWN;
	struct ticket *t;

	pthread_mutex_lock(&m->lock);
	t = find_ticket(m, number);
	if (t && m->done < number) {
		state = PMEM_FLUSH_BUSY;
		*age_us = (now_ns() - t->began) / 1000;
	} else if (t) {
		state = m->error ? PMEM_FLUSH_FAILED : PMEM_FLUSH_DONE;
		m->error = 0;
		t->number = 0;
	}
	pthread_mutex_unlock(&m->lock);
	return state;
}

void pmem_drain(struct pmem *m)
{
	pthread_mutex_lock(&m->lock);
	while (m->done != m->wanted)
		pthread_cond_wait(&m->idle, &m->lock);
	pthread_mutex_unlock(&m->lock);
}

/* ---- open and close ---- */

struct pmem *pmem_open(const struct pmem_config *c, struct hypar_err *e)
{
	struct pmem *m;

	if (check_sizes(c, e))
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m) {
		err_set(e, -ENOMEM, "no memory for an NVDIMM");
		return NULL;
	}
	m->fd = -1;
	m->size = c->size;
	m->label_size = c->label_size;
	m->total = c->size + c->label_size + PMEM_RECORD_SIZE;
	m->is_unarmed = c->is_unarmed;
	m->is_unflushed = c->is_unflushed;
	m->opened_ns = m->reset_ns = now_ns();
	(void)snprintf(m->who.id, sizeof(m->who.id), "%s", c->id);
	m->who.log = c->log;
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->work, NULL);
	pthread_cond_init(&m->idle, NULL);
	m->path = strdup(c->path);
	if (!m->path)
		err_set(e, -ENOMEM, "no memory for an NVDIMM");
	if (!m->path || open_file(m, e) || lock_medium(m, e) || measure(m, e) ||
	    open_state(m, c, e) || start_worker(m, e)) {
		pmem_close(m);
		return NULL;
	}
	return m;
}

/* The end is clean if everything that was stored is in the file. */
static void close_record(struct pmem *m)
{
	u64 pages;

	if (m->is_unarmed || !m->has_thread)
		return;
	if (!sync_file(m, &pages) && !pmem_check(m) && !m->save_failed)
		(void)write_record(m, REC_CLEAN);
}

void pmem_close(struct pmem *m)
{
	if (!m)
		return;
	pthread_mutex_lock(&m->lock);
	m->end = true;
	pthread_cond_broadcast(&m->work);
	pthread_mutex_unlock(&m->lock);
	if (m->has_thread)
		pthread_join(m->thread, NULL);
	close_record(m);
	if (m->fd >= 0)
		close(m->fd);
	pthread_cond_destroy(&m->work);
	pthread_cond_destroy(&m->idle);
	pthread_mutex_destroy(&m->lock);
	free(m->labels);
	free(m->path);
	free(m);
}

/* ---- what it is ---- */

struct gmem_file pmem_file(struct pmem *m, u64 offset)
{
	return (struct gmem_file){ .fd = m->fd,
				   .offset = offset,
				   .is_private = m->is_unarmed,
				   .n_lost = &m->n_lost,
				   .n_lookups = &m->n_lookups };
}

bool pmem_is_unarmed(const struct pmem *m)
{
	return m->is_unarmed;
}

const u8 *pmem_uuid(const struct pmem *m)
{
	return m->uuid;
}

u64 pmem_failures(const struct pmem *m)
{
	return m->failures;
}

void pmem_reset(struct pmem *m)
{
	pthread_mutex_lock(&m->lock);
	m->was_reset = true;
	m->resets++;
	m->reset_ns = now_ns();
	for (unsigned int i = 0; i < TICKETS_MAX; i++)
		m->ticket[i].number = 0;
	pthread_mutex_unlock(&m->lock);
}

/* ---- labels ---- */

int pmem_label_read(struct pmem *m, u64 at, void *buf, size_t n)
{
	u64 from = now_ns();
	int ret = 0;

	pthread_mutex_lock(&m->lock);
	if (m->labels)
		memcpy(buf, m->labels + at, n);
	else
		ret = file_read(m->fd, buf, n, m->size + at);
	m->label_reads++;
	m->load_ns += now_ns() - from;
	pthread_mutex_unlock(&m->lock);
	if (ret)
		(void)pmem_check(m);
	return ret;
}

int pmem_label_write(struct pmem *m, u64 at, const void *buf, size_t n)
{
	u64 from = now_ns();
	/* a write would make a file that was cut long again */
	int ret = m->labels ? 0 : pmem_check(m);

	if (ret)
		return ret;
	pthread_mutex_lock(&m->lock);
	if (m->labels) {
		memcpy(m->labels + at, buf, n);
	} else {
		ret = file_write(m->fd, buf, n, m->size + at);
		if (m->done == m->wanted)
			ask(m);
	}
	m->label_writes++;
	m->store_ns += now_ns() - from;
	pthread_mutex_unlock(&m->lock);
	return ret;
}

/* ---- health and counters ---- */

u64 pmem_health(struct pmem *m)
{
	bool broken = pmem_check(m);
	u64 h;

	pthread_mutex_lock(&m->lock);
	h = (m->is_unarmed ? PPC_BIT(0) : 0) |
	    (m->was_reset   ? PPC_BIT(2) :
	     m->was_unclean ? PPC_BIT(1) :
	     m->had_data    ? PPC_BIT(2) :
			      PPC_BIT(3)) |
	    (broken || m->save_failed ? PPC_BIT(6) : 0) |
	    (m->is_volatile || (m->is_unflushed && !m->is_unarmed) ? PPC_BIT(7) : 0) |
	    (m->save_failed ? PPC_BIT(10) : 0);
	pthread_mutex_unlock(&m->lock);
	return h;
}

void pmem_stats(struct pmem *m, struct pmem_stats *out)
{
	u64 cached, dirty, now = now_ns(), loads;
	struct statvfs fs;

	look_at_cache(m, &cached, &dirty);
	loads = __atomic_load_n(&m->n_lookups, __ATOMIC_RELAXED);
	pthread_mutex_lock(&m->lock);
	*out = (struct pmem_stats){
		.resets = m->resets,
		.reset_seconds = (now - m->reset_ns) / NS,
		.power_on_seconds = m->seconds_before + (now - m->opened_ns) / NS,
		.loads = loads + m->label_reads,
		.stores = m->stored_pages + dirty + m->label_writes,
		.load_ns = m->load_ns,
		.store_ns = m->store_ns,
		.medium_reads = cached > m->cached_before ? cached - m->cached_before : 0,
		.medium_writes = m->stored_pages,
		.medium_read_ns = m->load_ns,
		.medium_write_ns = m->write_ns,
	};
	pthread_mutex_unlock(&m->lock);
	if (!fstatvfs(m->fd, &fs) && fs.f_blocks)
		out->fill_percent = 100 - (u64)fs.f_bavail * 100 / (u64)fs.f_blocks;
}
