// SPDX-License-Identifier: Apache-2.0
/*
 * TPM messages [TPM 2.0 part 1, 18]: a header of tag, size and code, all
 * big-endian; the size counts the header. A TPM that is slow is waited for as
 * long as the configuration says; one that goes away, or whose answer is not a
 * message of its own size, fails the command and loses the session.
 */
#define _GNU_SOURCE /* thread names */
#include "dev/backend/tpm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/endian.h"
#include "base/err.h"

#define SOCKET_PREFIX "unix:"

struct tpm {
	struct tpm_config cfg;
	char *path;
	bool is_socket;
	int cancel_fd; /* readable: give up */
	pthread_t thread;
	bool has_thread; /* under lock, as all below */
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	bool end;
	enum tpm_state state;
	u32 owner;
	bool is_close;
	u32 size; /* of message */
	u8 message[TPM_MESSAGE_MAX];
	int fd; /* the session; of the thread while state is BUSY; -1: none */
};

static void say(const struct tpm *t, const char *text)
{
	if (t->cfg.log.say)
		t->cfg.log.say(t->cfg.log.opaque, text);
}

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * 1000 + (u64)ts.tv_nsec / 1000000;
}

/* ---- the session ---- */

static void close_session(struct tpm *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static int connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, path, strlen(path) + 1);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool open_session(struct tpm *t)
{
	if (t->fd >= 0)
		return true;
	t->fd = t->is_socket ? connect_to(t->path) : open(t->path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	return t->fd >= 0;
}

/* Waits for @events. False: time is up, or it is to give up. */
static bool wait_for(const struct tpm *t, short events, u64 until)
{
	struct pollfd p[2] = { { t->fd, events, 0 }, { t->cancel_fd, POLLIN, 0 } };
	u64 now = now_ms();
	int ret;

	if (now >= until)
		return false;
	do
		ret = poll(p, 2, (int)(until - now));
	while (ret < 0 && errno == EINTR);
	return ret > 0 && !p[1].revents;
}

static bool send_all(struct tpm *t, u64 until)
{
	u32 done = 0;

	while (done < t->size) {
		ssize_t n = t->is_socket ?
				    send(t->fd, t->message + done, t->size - done, MSG_NOSIGNAL) :
				    write(t->fd, t->message + done, t->size - done);

		if (n > 0)
			done += (u32)n;
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return false;
		else if (!wait_for(t, POLLOUT, until))
			return false;
	}
	return true;
}

/* Reads until there is as much as the header promises; more, or less, is a failure. */
static bool receive(struct tpm *t, u64 until)
{
	u8 buf[TPM_MESSAGE_MAX + 1]; /* one more shows what is too long */
	u32 n = 0, want = TPM_HEADER;

	while (n < want) {
		ssize_t got = read(t->fd, buf + n, sizeof(buf) - n);

		if (got > 0) {
			n += (u32)got;
			if (n >= TPM_HEADER)
				want = ld_be32(buf + 2);
			if (want < TPM_HEADER || want > TPM_MESSAGE_MAX || (n > want))
				return false;
		} else if (got == 0 && t->is_socket) {
			return false;
		} else if (got < 0 && errno != EAGAIN && errno != EINTR) {
			return false;
		} else if (!wait_for(t, POLLIN, until)) {
			return false;
		}
	}
	memcpy(t->message, buf, n);
	t->size = n;
	return true;
}

/* An answer to a command that was given up must not be taken for the next one's. */
static bool is_quiet(const struct tpm *t)
{
	struct pollfd p = { t->fd, POLLIN, 0 };

	return poll(&p, 1, 0) == 0;
}

static enum tpm_state exchange(struct tpm *t)
{
	u64 until = now_ms() + t->cfg.timeout_s * 1000ULL;

	/* a session that ended meanwhile is opened anew */
	if (t->fd >= 0 && !is_quiet(t))
		close_session(t);
	if (!open_session(t)) {
		say(t, "the TPM cannot be opened");
		return TPM_FAILED;
	}
	if (send_all(t, until) && receive(t, until))
		return TPM_DONE;
	close_session(t);
	say(t, now_ms() >= until ? "the TPM does not answer; its session is closed" :
				   "the TPM failed; its session is closed");
	return TPM_FAILED;
}

static void *run(void *arg)
{
	struct tpm *t = arg;
	enum tpm_state result;

	pthread_mutex_lock(&t->lock);
	for (;;) {
		while (!t->end && t->state != TPM_BUSY)
			pthread_cond_wait(&t->work, &t->lock);
		if (t->end)
			break;
		pthread_mutex_unlock(&t->lock);
		result = TPM_DONE;
		if (t->is_close) {
			close_session(t);
			t->size = 0;
		} else {
			result = exchange(t);
		}
		pthread_mutex_lock(&t->lock);
		t->state = result;
		pthread_cond_broadcast(&t->idle);
		pthread_mutex_unlock(&t->lock);
		t->cfg.done(t->cfg.opaque);
		pthread_mutex_lock(&t->lock);
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

/* ---- jobs ---- */

/* The thread is made with the first job. The lock is held. */
static bool has_thread(struct tpm *t)
{
	if (!t->has_thread && !pthread_create(&t->thread, NULL, run, t)) {
		pthread_setname_np(t->thread, "tpm");
		t->has_thread = true;
	}
	return t->has_thread;
}

bool tpm_start(struct tpm *t, u32 owner, const u8 *cmd, u32 size)
{
	bool is_free;

	pthread_mutex_lock(&t->lock);
	is_free = t->state == TPM_FREE;
	if (is_free) {
		t->owner = owner;
		t->is_close = !cmd;
		t->size = size;
		if (cmd)
			memcpy(t->message, cmd, size);
		t->state = has_thread(t) ? TPM_BUSY : TPM_FAILED;
		pthread_cond_signal(&t->work);
	}
	pthread_mutex_unlock(&t->lock);
	return is_free;
}

enum tpm_state tpm_poll(struct tpm *t, u32 owner, u8 *out, u32 *size)
{
	enum tpm_state s = TPM_FREE;

	pthread_mutex_lock(&t->lock);
	if (t->state != TPM_FREE && t->owner == owner)
		s = t->state;
	if (s == TPM_DONE) {
		*size = t->size;
		memcpy(out, t->message, t->size);
	}
	if (s == TPM_DONE || s == TPM_FAILED)
		t->state = TPM_FREE;
	pthread_mutex_unlock(&t->lock);
	return s;
}

static void signal_cancel(struct tpm *t)
{
	u64 one = 1;

	if (write(t->cancel_fd, &one, sizeof(one)) < 0)
		return;
}

void tpm_reset(struct tpm *t)
{
	u64 n;

	pthread_mutex_lock(&t->lock);
	if (t->state == TPM_BUSY)
		signal_cancel(t);
	while (t->state == TPM_BUSY)
		pthread_cond_wait(&t->idle, &t->lock);
	if (read(t->cancel_fd, &n, sizeof(n)) < 0)
		n = 0; /* it was not signalled */
	t->state = TPM_FREE;
	close_session(t);
	pthread_mutex_unlock(&t->lock);
}

/* ---- life cycle ---- */

static int check_where(struct tpm *t, struct hypar_err *e)
{
	const char *where = t->cfg.where;
	struct stat st;

	t->is_socket = !strncmp(where, SOCKET_PREFIX, strlen(SOCKET_PREFIX));
	t->path = strdup(t->is_socket ? where + strlen(SOCKET_PREFIX) : where);
	if (!t->path)
		return err_set(e, -ENOMEM, "no memory for a TPM");
	if (t->is_socket &&
	    (!t->path[0] || strlen(t->path) >= sizeof(((struct sockaddr_un *)0)->sun_path)))
		return err_set(e, -EINVAL, "%s: not the path of a socket", where);
	if (stat(t->path, &st))
		return err_set_errno(e, -errno, "%s", t->path);
	if (t->is_socket ? !S_ISSOCK(st.st_mode) : !S_ISCHR(st.st_mode))
		return err_set(e, -EINVAL, "%s: not a %s", t->path,
			       t->is_socket ? "socket" : "character device; a socket is unix:PATH");
	return 0;
}

struct tpm *tpm_new(const struct tpm_config *c, struct hypar_err *e)
{
	struct tpm *t = calloc(1, sizeof(*t));

	if (!t) {
		err_set(e, -ENOMEM, "no memory for a TPM");
		return NULL;
	}
	t->cfg = *c;
	t->fd = t->cancel_fd = -1;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->work, NULL);
	pthread_cond_init(&t->idle, NULL);
	if (check_where(t, e)) {
		tpm_free(t);
		return NULL;
	}
	t->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (t->cancel_fd < 0) {
		err_set_errno(e, -errno, "TPM");
		tpm_free(t);
		return NULL;
	}
	return t;
}

void tpm_free(struct tpm *t)
{
	if (!t)
		return;
	if (t->has_thread) {
		tpm_reset(t);
		pthread_mutex_lock(&t->lock);
		t->end = true;
		pthread_cond_signal(&t->work);
		pthread_mutex_unlock(&t->lock);
		pthread_join(t->thread, NULL);
	}
	close_session(t);
	if (t->cancel_fd >= 0)
		close(t->cancel_fd);
	pthread_cond_destroy(&t->idle);
	pthread_cond_destroy(&t->work);
	pthread_mutex_destroy(&t->lock);
	free(t->path);
	free(t);
}
