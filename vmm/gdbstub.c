/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread behind --gdb: sockets, and when a conversation begins and ends.
 * What is said is in gdbstub_cmd.c and gdbstub_run.c.
 *
 * The machine's threads and this one share the event descriptor, and ended.
 */
#define _GNU_SOURCE
#include "gdbstub.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "gdbstub_int.h"
#include "gdbstub_listen.h"
#include "term.h"

#define NOT_YET_MS 10
#define WRITE_MS 10000 /* a client that does not read for so long is gone */

struct gdbstub {
	const struct options *o;
	hypar_machine *machine;
	void (*quit)(void *opaque);
	void *opaque;
	struct gdb_listener listener;
	int event_fd;
	int client_fd; /* -1: none */
	pthread_t thread;
	bool is_started, is_attached;
	int ended;	     /* atomic: the machine did */
	unsigned int status; /* before ended */
	struct gdb gdb;
};

static void wake(void *opaque)
{
	const struct gdbstub *s = opaque;
	uint64_t one = 1;

	if (write(s->event_fd, &one, sizeof(one)) < 0)
		errno = 0; /* full: it is awake */
}

static bool has_ended(const struct gdbstub *s)
{
	return __atomic_load_n(&s->ended, __ATOMIC_SEQ_CST);
}

/* ---- conversations ---- */

/* Sends what there is. False: the client is gone, or reads nothing. */
static bool flush(struct gdbstub *s)
{
	struct gdb_buf *b = &s->gdb.out;
	size_t done = 0;

	while (done < b->n && !b->is_lost) {
		struct pollfd p = { .fd = s->client_fd, .events = POLLOUT };
		ssize_t n =
			send(s->client_fd, b->p + done, b->n - done, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n >= 0) {
			done += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || has_ended(s) || poll(&p, 1, WRITE_MS) <= 0)
			return false;
	}
	b->n = 0;
	return !b->is_lost;
}

/* Stops the machine, which may be only about to start. False: it ended. */
static bool hold_machine(struct gdbstub *s)
{
	struct hypar_err e = { 0 };

	for (;;) {
		int ret = 0;

		if (!s->is_attached)
			ret = hypar_machine_status(s->machine) == HYPAR_STATUS_NEW ?
				      -ESRCH :
				      hypar_debug_attach(s->machine, true, wake, s, &e);
		s->is_attached |= !ret;
		if (!ret)
			ret = hypar_debug_stop(s->machine, &e);
		if (!ret)
			return true;
		if (ret != -ESRCH || has_ended(s)) {
			if (!has_ended(s))
				term_say("--gdb: %s", e.text);
			return false;
		}
		usleep(NOT_YET_MS * 1000);
	}
}

static void let_go(struct gdbstub *s)
{
	struct hypar_err e = { 0 };

	close(s->client_fd);
	s->client_fd = -1;
	gdb_fini(&s->gdb);
	/* fails where the machine has ended */
	if (!hypar_debug_detach(s->machine, &e))
		s->is_attached = false;
}

static void listen_to_client(struct gdbstub *s)
{
	uint8_t bytes[4096];
	ssize_t n = recv(s->client_fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	bool is_over = !n || (n < 0 && errno != EAGAIN && errno != EINTR);
	enum gdb_wish wish;

	if (n > 0)
		gdb_input(&s->gdb, bytes, (size_t)n);
	wish = s->gdb.wish;
	is_over |= wish != GDB_GO_ON;
	if (!flush(s))
		is_over = true;
	if (wish == GDB_KILL)
		s->quit(s->opaque);
	if (is_over)
		let_go(s);
}

/* Has the client hung up, though what it sent is not all read? */
static bool is_leaving(const struct gdbstub *s)
{
	struct pollfd p = { .fd = s->client_fd, .events = POLLRDHUP };

	return s->client_fd >= 0 && poll(&p, 1, 0) > 0 &&
	       p.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

static void welcome(struct gdbstub *s)
{
	int fd = gdb_accept(&s->listener);

	if (fd < 0)
		return;
	while (is_leaving(s))
		listen_to_client(s);
	if (s->client_fd >= 0 || !hold_machine(s)) { /* one at a time */
		close(fd);
		return;
	}
	s->client_fd = fd;
	gdb_init(&s->gdb, s->machine);
}

static void *stub_thread(void *opaque)
{
	struct gdbstub *s = opaque;
	uint64_t count;

	pthread_setname_np(pthread_self(), "hypar-gdb");
	while (!has_ended(s)) {
		struct pollfd fds[] = {
			{ .fd = s->event_fd, .events = POLLIN },
			{ .fd = s->listener.fd, .events = POLLIN },
			{ .fd = s->client_fd, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		/* the event says only: look */
		if (fds[0].revents && read(s->event_fd, &count, sizeof(count)) < 0)
			count = 0;
		if (fds[2].revents)
			listen_to_client(s);
		else if (fds[0].revents && s->client_fd >= 0) {
			gdb_look(&s->gdb);
			if (!flush(s))
				let_go(s);
		}
		if (fds[1].revents)
			welcome(s);
	}
	if (s->client_fd >= 0) {
		gdb_exited(&s->gdb, s->status);
		(void)flush(s);
		let_go(s);
	}
	return NULL;
}

/* ---- life ---- */

struct gdbstub *gdbstub_new(const struct options *o, struct hypar_err *e)
{
	struct gdbstub *s = calloc(1, sizeof(*s));

	if (!s) {
		err_set(e, -ENOMEM, "no memory for --gdb");
		return NULL;
	}
	s->o = o;
	s->client_fd = -1;
	s->listener.fd = s->listener.unixsock.fd = -1;
	s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->event_fd < 0)
		err_set_errno(e, -errno, "eventfd");
	else if (!gdb_listen(&s->listener, o, e))
		return s;
	gdbstub_free(s);
	return NULL;
}

int gdbstub_start(struct gdbstub *s, hypar_machine *m, void (*quit)(void *opaque), void *opaque,
		  struct hypar_err *e)
{
	int ret = 0;

	s->machine = m;
	s->quit = quit;
	s->opaque = opaque;
	if (s->o->gdb_wait) {
		ret = hypar_debug_attach(m, true, wake, s, e);
		if (ret)
			return ret;
		s->is_attached = true;
		term_say("--gdb-wait: the machine waits for GDB at %s", s->o->gdb);
	}
	ret = pthread_create(&s->thread, NULL, stub_thread, s);
	if (ret)
		return err_set_errno(e, -ret, "no thread for --gdb");
	s->is_started = true;
	return 0;
}

void gdbstub_end(struct gdbstub *s, unsigned int status)
{
	if (!s || !s->is_started)
		return;
	s->status = status;
	__atomic_store_n(&s->ended, 1, __ATOMIC_SEQ_CST);
	wake(s);
	pthread_join(s->thread, NULL);
	s->is_started = false;
}

void gdbstub_free(struct gdbstub *s)
{
	if (!s)
		return;
	gdb_listener_close(&s->listener);
	if (s->event_fd >= 0)
		close(s->event_fd);
	free(s);
}
