// SPDX-License-Identifier: Apache-2.0
/*
 * Byte streams: nothing, a new pseudo-terminal, a socket that serves one
 * client at a time, a file. A socket or a pseudo-terminal without a reader
 * drops output, as a line does; a slow reader makes the guest wait.
 */
#define _GNU_SOURCE /* accept4, ptsname_r, thread names */
#include "dev/backend/chr.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"

#define INPUT_MAX 1024u
#define PTY_LOOK_MS 200 /* a pseudo-terminal does not say when it gets a reader */

enum kind { CHR_NULL, CHR_PTY, CHR_UNIX, CHR_FILE };

struct chr {
	enum kind kind;
	char *path; /* of a socket: removed at the end */
	struct device_log log;
	int wake_fd, listen_fd;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	int fd;			     /* the stream; -1: nobody there. Under lock */
	bool blocked;		     /* output waits. Under lock */
	bool end;		     /* atomic */
	bool again;		     /* atomic: the guest takes input again */
	pthread_mutex_t client_lock; /* held while the client is called */
	struct chr_client client;
	bool running, has_run; /* under client_lock */
	/* of the thread */
	u8 input[INPUT_MAX];
	size_t at, n; /* input[at..n) waits for the guest */
	bool hung_up; /* the pseudo-terminal has no reader */
};

static void wake(struct chr *c)
{
	u64 one = 1;

	if (write(c->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/* ---- output ---- */

size_t chr_write(struct chr *c, const u8 *buf, size_t n)
{
	size_t done = n;
	ssize_t ret;

	pthread_mutex_lock(&c->lock);
	if (c->fd >= 0) {
		do
			ret = c->kind == CHR_UNIX ? send(c->fd, buf, n, MSG_NOSIGNAL) :
						    write(c->fd, buf, n);
		while (ret < 0 && errno == EINTR);
		if (ret >= 0)
			done = (size_t)ret;
		else if (errno == EAGAIN && !__atomic_load_n(&c->hung_up, __ATOMIC_RELAXED))
			done = 0;
		c->blocked = done < n;
		if (c->blocked)
			wake(c);
	}
	pthread_mutex_unlock(&c->lock);
	return done;
}

/* ---- the thread ---- */

static void set_fd(struct chr *c, int fd)
{
	int old;

	pthread_mutex_lock(&c->lock);
	old = c->fd;
	c->fd = fd;
	pthread_mutex_unlock(&c->lock);
	if (old >= 0)
		close(old);
}

/* Gives the guest what waits. True: all of it was taken. */
static bool feed(struct chr *c)
{
	pthread_mutex_lock(&c->client_lock);
	if (!c->running || !c->client.input)
		c->at = c->n; /* nobody there: lost */
	else if (c->at < c->n)
		c->at += c->client.input(c->client.opaque, c->input + c->at, c->n - c->at);
	pthread_mutex_unlock(&c->client_lock);
	return c->at == c->n;
}

static void tell_writable(struct chr *c)
{
	bool blocked;

	pthread_mutex_lock(&c->lock);
	blocked = c->blocked;
	c->blocked = false;
	pthread_mutex_unlock(&c->lock);
	if (!blocked)
		return;
	pthread_mutex_lock(&c->client_lock);
	if (c->running && c->client.writable)
		c->client.writable(c->client.opaque);
	pthread_mutex_unlock(&c->client_lock);
}

/* The other side is gone. A pseudo-terminal stays, as its next reader may come. */
static void lost(struct chr *c)
{
	if (c->kind == CHR_UNIX)
		set_fd(c, -1);
	else
		__atomic_store_n(&c->hung_up, true, __ATOMIC_RELAXED);
	tell_writable(c);
}

static void read_input(struct chr *c)
{
	ssize_t n = read(c->fd, c->input, sizeof(c->input));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lost(c);
		return;
	}
	c->at = 0;
	c->n = (size_t)n;
	feed(c);
}

static void accept_client(struct chr *c)
{
	int fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		set_fd(c, fd);
}

static void handle_stream(struct chr *c, short revents)
{
	if (c->kind == CHR_PTY && c->hung_up && !(revents & POLLHUP))
		__atomic_store_n(&c->hung_up, false, __ATOMIC_RELAXED);
	if (revents & POLLOUT)
		tell_writable(c);
	if (revents & POLLIN && c->at == c->n)
		read_input(c);
	else if (revents & (POLLHUP | POLLERR) && c->kind != CHR_FILE && !c->hung_up)
		lost(c);
}

static void *chr_thread(void *opaque)
{
	struct chr *c = opaque;
	u64 ignored;

	pthread_setname_np(pthread_self(), "hypar-chr");
	while (!__atomic_load_n(&c->end, __ATOMIC_SEQ_CST)) {
		struct pollfd p[3] = { { c->wake_fd, POLLIN, 0 }, { -1, 0, 0 }, { -1, POLLIN, 0 } };
		int ms = -1;

		pthread_mutex_lock(&c->lock);
		p[1].fd = c->hung_up ? -1 : c->fd;
		p[1].events = (short)((c->blocked ? POLLOUT : 0) |
				      (c->at == c->n && c->kind != CHR_FILE ? POLLIN : 0));
		if (c->fd < 0)
			p[2].fd = c->listen_fd;
		pthread_mutex_unlock(&c->lock);
		if (c->hung_up) {
			/* a hang-up would end every poll at once: look now and then */
			struct pollfd look = { c->fd, 0, 0 };

			ms = PTY_LOOK_MS;
			if (poll(&look, 1, 0) >= 0 && !(look.revents & POLLHUP))
				handle_stream(c, 0);
		}
		if (poll(p, 3, ms) < 0)
			continue;
		if (p[0].revents && read(c->wake_fd, &ignored, sizeof(ignored)) < 0)
			ignored = 0;
		if (__atomic_exchange_n(&c->again, false, __ATOMIC_SEQ_CST))
			feed(c);
		if (p[1].revents)
			handle_stream(c, p[1].revents);
		if (p[2].revents)
			accept_client(c);
	}
	return NULL;
}

/* ---- for the device ---- */

void chr_set_client(struct chr *c, const struct chr_client *cl)
{
	c->client = *cl;
}

void chr_start(struct chr *c)
{
	pthread_mutex_lock(&c->client_lock);
	/* not when it is opened: the machine may not start at all */
	if (c->kind == CHR_FILE && !c->has_run && ftruncate(c->fd, 0))
		errno = 0; /* a device or a pipe */
	c->has_run = c->running = true;
	pthread_mutex_unlock(&c->client_lock);
}

void chr_stop(struct chr *c)
{
	pthread_mutex_lock(&c->client_lock);
	c->running = false;
	pthread_mutex_unlock(&c->client_lock);
}

void chr_input_again(struct chr *c)
{
	__atomic_store_n(&c->again, true, __ATOMIC_SEQ_CST);
	wake(c);
}

/* ---- open and close ---- */

static int open_pty(struct chr *c, struct hypar_err *e)
{
	char name[64], line[128];
	struct termios t;

	c->kind = CHR_PTY;
	c->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (c->fd < 0 || grantpt(c->fd) || unlockpt(c->fd) || ptsname_r(c->fd, name, sizeof(name)))
		return err_set_errno(e, -errno, "pty");
	if (!tcgetattr(c->fd, &t)) {
		cfmakeraw(&t);
		tcsetattr(c->fd, TCSANOW, &t);
	}
	snprintf(line, sizeof(line), "console on %s", name);
	if (c->log.say)
		c->log.say(c->log.opaque, line);
	return 0;
}

/* A socket that nobody serves any more is in the way; one that is served is not ours. */
static bool is_stale(const struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool stale = fd >= 0 && connect(fd, (const struct sockaddr *)a, sizeof(*a)) &&
		     errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return stale;
}

static int open_unix(struct chr *c, const char *path, struct hypar_err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	c->kind = CHR_UNIX;
	if (!*path || strlen(path) >= sizeof(a.sun_path))
		return err_set(e, -EINVAL, "unix:%.80s: the path is empty or too long", path);
	memcpy(a.sun_path, path, strlen(path));
	c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->listen_fd < 0)
		return err_set_errno(e, -errno, "unix:%s", path);
	if (bind(c->listen_fd, (struct sockaddr *)&a, sizeof(a))) {
		if (errno != EADDRINUSE || !is_stale(&a))
			return err_set_errno(e, -errno, "unix:%s", path);
		unlink(path);
		if (bind(c->listen_fd, (struct sockaddr *)&a, sizeof(a)))
			return err_set_errno(e, -errno, "unix:%s", path);
	}
	c->path = strdup(path);
	if (!c->path || listen(c->listen_fd, 1))
		return err_set_errno(e, c->path ? -errno : -ENOMEM, "unix:%s", path);
	return 0;
}

static int open_file(struct chr *c, const char *path, struct hypar_err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);

	c->kind = CHR_FILE;
	if (fd < 0)
		return err_set_errno(e, -errno, "file:%s", path);
	c->fd = fd;
	return 0;
}

static int open_spec(struct chr *c, const char *spec, struct hypar_err *e)
{
	if (!strcmp(spec, "null"))
		return 0;
	if (!strcmp(spec, "pty"))
		return open_pty(c, e);
	if (!strncmp(spec, "unix:", 5))
		return open_unix(c, spec + 5, e);
	if (!strncmp(spec, "file:", 5))
		return open_file(c, spec + 5, e);
	return err_set(e, -EINVAL, "%.60s: not null, pty, unix:PATH or file:PATH", spec);
}

static int start_thread(struct chr *c, struct hypar_err *e)
{
	sigset_t all, old;
	int ret;

	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake_fd < 0)
		return err_set_errno(e, -errno, "eventfd");
	sigfillset(&all);
	sigdelset(&all, SIGBUS); /* mem/guard.h */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&c->thread, NULL, chr_thread, c);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		return err_set_errno(e, -ret, "no thread for a console");
	c->has_thread = true;
	return 0;
}

struct chr *chr_open(const char *spec, const struct device_log *log, struct hypar_err *e)
{
	struct chr *c = calloc(1, sizeof(*c));

	if (!c) {
		err_set(e, -ENOMEM, "no memory for a console");
		return NULL;
	}
	c->fd = c->listen_fd = c->wake_fd = -1;
	c->log = *log;
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->client_lock, NULL);
	if (open_spec(c, spec, e) || start_thread(c, e)) {
		chr_close(c);
		return NULL;
	}
	return c;
}

void chr_close(struct chr *c)
{
	int fds[3];

	if (!c)
		return;
	__atomic_store_n(&c->end, true, __ATOMIC_SEQ_CST);
	if (c->has_thread) {
		wake(c);
		pthread_join(c->thread, NULL);
	}
	fds[0] = c->fd;
	fds[1] = c->listen_fd;
	fds[2] = c->wake_fd;
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (c->path)
		unlink(c->path);
	free(c->path);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->client_lock);
	free(c);
}
