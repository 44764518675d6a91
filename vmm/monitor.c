/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets of the monitor. One thread polls them and carries out commands,
 * one after the other; other threads only put events into a bounded queue.
 *
 * A client that does not read: no more of its commands are carried out while
 * more than OUT_BUSY bytes wait for it, and it is dropped when events make that
 * OUT_MAX. Nobody else waits for it.
 */
#define _GNU_SOURCE
#include "monitor.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "mon.h"
#include "mon_frame.h"
#include "unixsock.h"

#define CLIENTS_MAX 16
#define EVENTS_MAX 256 /* that wait for the thread; the oldest go first */
#define IN_SIZE 4096
#define OUT_BUSY 65536u
#define OUT_MAX 1048576u
#define END_MS 1000

struct client {
	int fd; /* -1: none */
	struct mon_session session;
	struct mon_frame frame;
	char in[IN_SIZE]; /* read, not handled yet: n_in bytes at in_at */
	size_t in_at, n_in;
	char *out;
	size_t n_out, out_size;
	bool is_over; /* it sends no more */
};

struct monitor {
	struct mon mon;
	struct unixsock sock;
	struct client clients[CLIENTS_MAX];
	pthread_t thread;
	bool has_thread;
	int wake_fd;
	bool ending; /* atomic */
	pthread_mutex_t lock;
	char *events[EVENTS_MAX]; /* under lock; the oldest at head */
	unsigned int head, n_events;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- clients ---- */

static void drop(struct client *c)
{
	close(c->fd);
	mon_frame_fini(&c->frame);
	free(c->out);
	*c = (struct client){ .fd = -1 };
}

/* Writes what the socket takes now. False: the client was dropped. */
static bool flush(struct client *c)
{
	size_t at = 0;

	while (at < c->n_out) {
		ssize_t n = send(c->fd, c->out + at, c->n_out - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			drop(c);
			return false;
		}
		if (n < 0)
			break;
		at += (size_t)n;
	}
	c->n_out -= at;
	memmove(c->out, c->out + at, c->n_out);
	return true;
}

/* Appends @line, which may be NULL: no memory. False: the client was dropped. */
static bool put(struct client *c, const char *line)
{
	size_t n = line ? strlen(line) : 0, size = c->out_size ? c->out_size : IN_SIZE;
	char *out;

	while (size < c->n_out + n)
		size *= 2;
	out = size > c->out_size ? realloc(c->out, size) : c->out;
	if (!line || !out) {
		drop(c);
		return false;
	}
	c->out = out;
	c->out_size = size;
	memcpy(c->out + c->n_out, line, n);
	c->n_out += n;
	return true;
}

/* The same with a line to be freed. */
static bool put_new(struct client *c, char *line)
{
	bool ok = put(c, line);

	free(line);
	return ok;
}

static void accept_client(struct monitor *m)
{
	int fd = accept4(m->sock.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	char *line;

	if (fd < 0)
		return;
	for (unsigned int i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &m->clients[i];

		if (c->fd >= 0)
			continue;
		c->fd = fd;
		put_new(c, mon_greeting());
		return;
	}
	line = mon_refuse("the monitor has 16 clients already");
	if (line && send(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		errno = 0; /* it will see that it is closed */
	free(line);
	close(fd);
}

/* ---- events ---- */

static char *next_event(struct monitor *m)
{
	char *line = NULL;

	pthread_mutex_lock(&m->lock);
	if (m->n_events) {
		line = m->events[m->head];
		m->head = (m->head + 1) % EVENTS_MAX;
		m->n_events--;
	}
	pthread_mutex_unlock(&m->lock);
	return line;
}

static void send_events(struct monitor *m)
{
	char *line;

	while ((line = next_event(m))) {
		for (unsigned int i = 0; i < CLIENTS_MAX; i++) {
			struct client *c = &m->clients[i];

			if (c->fd < 0 || !c->session.is_ready)
				continue;
			/* what the socket takes does not count */
			if (c->n_out > OUT_MAX && (!flush(c) || c->n_out > OUT_MAX)) {
				if (c->fd >= 0)
					drop(c);
				continue;
			}
			put(c, line);
		}
		free(line);
	}
}

static void wake(struct monitor *m)
{
	const uint64_t one = 1;

	if (write(m->wake_fd, &one, sizeof(one)) < 0)
		return; /* it is full, so it is set */
}

void monitor_event(struct monitor *m, const struct hypar_event *ev, const char *reason)
{
	char *line = mon_event_line(ev, reason);

	if (!line)
		return;
	pthread_mutex_lock(&m->lock);
	if (m->n_events == EVENTS_MAX) {
		free(m->events[m->head]);
		m->head = (m->head + 1) % EVENTS_MAX;
		m->n_events--;
	}
	m->events[(m->head + m->n_events++) % EVENTS_MAX] = line;
	pthread_mutex_unlock(&m->lock);
	wake(m);
}

/* ---- commands ---- */

/* One message, or what is wrong with it. False: the client was dropped. */
static bool answer(struct monitor *m, struct client *c, enum mon_frame_result result)
{
	char *line;

	if (result != MON_FRAME_WHOLE)
		return put_new(c, mon_refuse(mon_frame_error(result)));
	line = mon_answer(&m->mon, &c->session, c->frame.buf, c->frame.n);
	/* events that the command made come before its answer */
	send_events(m);
	if (c->fd >= 0)
		return put_new(c, line);
	free(line);
	return false;
}

/* Carries out what was read, as long as the client reads the answers. */
static void handle_input(struct monitor *m, struct client *c)
{
	enum mon_frame_result result;

	while (c->fd >= 0 && c->n_in && c->n_out <= OUT_BUSY) {
		size_t n = mon_frame_feed(&c->frame, c->in + c->in_at, c->n_in, &result);

		c->in_at += n;
		c->n_in -= n;
		if (result != MON_FRAME_MORE && !answer(m, c, result))
			return;
		if (c->n_out > OUT_BUSY && !flush(c))
			return;
	}
}

static void read_some(struct client *c)
{
	ssize_t n = recv(c->fd, c->in, sizeof(c->in), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		drop(c);
		return;
	}
	c->is_over = !n;
	c->in_at = 0;
	c->n_in = (size_t)n;
}

static void handle_client(struct monitor *m, struct client *c, short revents)
{
	if (revents & POLLOUT && !flush(c))
		return;
	if (revents & (POLLERR | POLLNVAL)) {
		drop(c);
		return;
	}
	if (revents & (POLLIN | POLLHUP) && !c->n_in && !c->is_over)
		read_some(c);
	if (c->fd >= 0)
		handle_input(m, c);
	/* a client that only stopped sending reads what is left */
	if (c->fd >= 0 && c->is_over && !c->n_in && (!c->n_out || revents & POLLHUP))
		drop(c);
}

static short events_of(const struct client *c)
{
	short ev = c->n_out ? POLLOUT : 0;

	if (!c->n_in && !c->is_over && c->n_out <= OUT_BUSY)
		ev |= POLLIN;
	return ev;
}

static bool has_output(const struct monitor *m)
{
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		if (m->clients[i].fd >= 0 && m->clients[i].n_out)
			return true;
	return false;
}

static void poll_once(struct monitor *m, int ms)
{
	struct pollfd fds[2 + CLIENTS_MAX];
	uint64_t count;

	fds[0] = (struct pollfd){ .fd = m->wake_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = m->sock.fd, .events = POLLIN };
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		fds[2 + i] = (struct pollfd){ .fd = m->clients[i].fd,
					      .events = events_of(&m->clients[i]) };
	if (poll(fds, ARRAY_SIZE(fds), ms) < 0)
		return;
	if (fds[0].revents && read(m->wake_fd, &count, sizeof(count)) < 0)
		count = 0;
	send_events(m);
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		if (m->clients[i].fd >= 0 && fds[2 + i].fd == m->clients[i].fd &&
		    fds[2 + i].revents)
			handle_client(m, &m->clients[i], fds[2 + i].revents);
	if (fds[1].revents)
		accept_client(m);
}

static void *monitor_thread(void *opaque)
{
	struct monitor *m = opaque;
	int64_t end;

	pthread_setname_np(pthread_self(), "hypar-monitor");
	while (!__atomic_load_n(&m->ending, __ATOMIC_SEQ_CST))
		poll_once(m, -1);
	send_events(m);
	for (end = now_ms() + END_MS; has_output(m) && now_ms() < end;)
		poll_once(m, 50);
	return NULL;
}

/* ---- life ---- */

struct monitor *monitor_new(const struct monitor_config *cfg, struct hypar_err *e)
{
	struct monitor *m = calloc(1, sizeof(*m));
	int ret;

	if (!m) {
		err_set(e, -ENOMEM, "no memory for the monitor");
		return NULL;
	}
	m->mon = (struct mon){ .o = cfg->o,
			       .quit = cfg->quit,
			       .flush_trace = cfg->flush_trace,
			       .opaque = cfg->opaque,
			       .trace = cfg->o->machine.trace };
	pthread_mutex_init(&m->lock, NULL);
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		m->clients[i].fd = -1;
	m->sock.fd = -1;
	m->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = m->wake_fd < 0 ? -errno : unixsock_listen(&m->sock, cfg->o->monitor_path);
	if (!ret)
		return m;
	opt_error(e, ret, OPT_monitor, cfg->o->given[OPT_monitor], unixsock_error(ret));
	monitor_free(m);
	return NULL;
}

int monitor_start(struct monitor *m, hypar_machine *machine, struct hypar_err *e)
{
	int ret;

	m->mon.machine = machine;
	ret = pthread_create(&m->thread, NULL, monitor_thread, m);
	m->has_thread = !ret;
	return ret ? err_set_errno(e, -ret, "no thread for the monitor") : 0;
}

void monitor_free(struct monitor *m)
{
	char *line;

	if (!m)
		return;
	__atomic_store_n(&m->ending, true, __ATOMIC_SEQ_CST);
	if (m->has_thread) {
		wake(m);
		pthread_join(m->thread, NULL);
	}
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		if (m->clients[i].fd >= 0)
			drop(&m->clients[i]);
	while ((line = next_event(m)))
		free(line);
	mon_free_objects(&m->mon);
	unixsock_close(&m->sock);
	if (m->wake_fd >= 0)
		close(m->wake_fd);
	pthread_mutex_destroy(&m->lock);
	free(m);
}
