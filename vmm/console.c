/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output goes through a bounded ring, which the polling thread empties. What
 * happens when it is full depends on the kind: on standard output and in a file
 * the guest waits (H_BUSY), so that nothing is lost; for a pseudo-terminal or a
 * socket, whose reader may be gone for long, the newest bytes are dropped.
 *
 * Input goes through a second ring, so that bytes the guest does not take yet
 * wait there, and so that the keys of the program work in the meantime.
 */
#include "console.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "endpoint.h"
#include "term.h"

#define OUT_SIZE 65536u
#define IN_SIZE 65536u
#define PIECE 1024u	 /* a terminal that is ready takes it without blocking for long */
#define ALL_OR_NONE 256u /* H_PUT_TERM_CHAR repeats a call that was not taken whole */
#define LOOK_AGAIN_MS 250

struct ring {
	unsigned char *buf;
	size_t size, head, n;
};

struct console {
	struct endpoint ep;
	pthread_mutex_t lock; /* of out and is_deaf */
	struct ring out;
	bool is_deaf; /* nobody will read: output is dropped */
	int wake_fd;
	struct ring in;
	bool in_escape;
};

/* ---- rings ---- */

static bool ring_new(struct ring *r, size_t size)
{
	*r = (struct ring){ .buf = malloc(size), .size = size };
	return r->buf;
}

static size_t ring_put(struct ring *r, const void *buf, size_t n)
{
	size_t at = (r->head + r->n) % r->size, first;

	if (n > r->size - r->n)
		n = r->size - r->n;
	first = n < r->size - at ? n : r->size - at;
	memcpy(r->buf + at, buf, first);
	memcpy(r->buf, (const unsigned char *)buf + first, n - first);
	r->n += n;
	return n;
}

/* The oldest bytes that lie in one piece. */
static size_t ring_peek(const struct ring *r, const void **buf)
{
	*buf = r->buf + r->head;
	return r->n < r->size - r->head ? r->n : r->size - r->head;
}

static void ring_drop(struct ring *r, size_t n)
{
	r->head = (r->head + n) % r->size;
	r->n -= n;
}

/* ---- life ---- */

struct console *console_new(const struct options *o, struct hypar_err *e)
{
	struct console *c = calloc(1, sizeof(*c));
	bool ok;

	if (!c) {
		err_set(e, -ENOMEM, "no memory for the console");
		return NULL;
	}
	pthread_mutex_init(&c->lock, NULL);
	ok = ring_new(&c->out, OUT_SIZE) && ring_new(&c->in, IN_SIZE);
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!ok || c->wake_fd < 0)
		err_set(e, -ENOMEM, "no memory for the console");
	if (endpoint_open(&c->ep, o, e) || !ok || c->wake_fd < 0) {
		console_free(c);
		return NULL;
	}
	return c;
}

void console_free(struct console *c)
{
	if (!c)
		return;
	endpoint_close(&c->ep);
	if (c->wake_fd >= 0)
		close(c->wake_fd);
	pthread_mutex_destroy(&c->lock);
	free(c->out.buf);
	free(c->in.buf);
	free(c);
}

static void set_deaf(struct console *c, bool is_deaf)
{
	pthread_mutex_lock(&c->lock);
	c->is_deaf = is_deaf;
	if (is_deaf)
		c->out.head = c->out.n = 0;
	pthread_mutex_unlock(&c->lock);
}

void console_start(struct console *c)
{
	endpoint_start(&c->ep);
	set_deaf(c, c->ep.out_fd < 0);
}

void console_resume(struct console *c)
{
	if (c->ep.has_keys)
		c->ep.background = true;
	endpoint_look(&c->ep);
}

int console_wake_fd(const struct console *c)
{
	return c->wake_fd;
}

void console_wake(struct console *c)
{
	const uint64_t one = 1;

	/* an event that is full is set, too */
	if (write(c->wake_fd, &one, sizeof(one)) < 0)
		return;
}

/* ---- output ---- */

size_t console_put(struct console *c, const void *buf, size_t n)
{
	bool was_empty;
	size_t room;

	pthread_mutex_lock(&c->lock);
	room = c->out.size - c->out.n;
	was_empty = !c->out.n;
	if (c->is_deaf || (room < n && c->ep.is_lossy))
		room = 0;
	else if (room >= n || n > ALL_OR_NONE)
		n = ring_put(&c->out, buf, n);
	else
		n = 0;
	pthread_mutex_unlock(&c->lock);
	if (was_empty && n)
		console_wake(c);
	return n;
}

/* False: nothing more can be written now. */
static bool write_some(struct console *c)
{
	unsigned char piece[PIECE];
	const void *from;
	ssize_t done;
	size_t n;

	pthread_mutex_lock(&c->lock);
	n = ring_peek(&c->out, &from);
	n = n < PIECE ? n : PIECE;
	memcpy(piece, from, n);
	pthread_mutex_unlock(&c->lock);
	if (!n)
		return false;
	done = endpoint_write(&c->ep, piece, n);
	if (done < 0) {
		set_deaf(c, c->ep.out_fd < 0);
		return false;
	}
	pthread_mutex_lock(&c->lock);
	ring_drop(&c->out, (size_t)done);
	pthread_mutex_unlock(&c->lock);
	return done;
}

static bool has_output(struct console *c)
{
	bool has;

	pthread_mutex_lock(&c->lock);
	has = c->out.n;
	pthread_mutex_unlock(&c->lock);
	return has;
}

void console_drain(struct console *c, int ms)
{
	while (c->ep.out_fd >= 0 && has_output(c) && ms > 0) {
		struct pollfd p = { .fd = c->ep.out_fd, .events = POLLOUT };

		if (poll(&p, 1, 10) <= 0 || !(p.revents & POLLOUT))
			ms -= 10;
		if (p.revents & (POLLERR | POLLNVAL) || (p.revents && !write_some(c)))
			ms -= 10;
	}
}

/* ---- input ---- */

#define CTRL_A 1

static void help(void)
{
	term_say("Ctrl-A x stops the machine and quits");
	term_say("Ctrl-A h lists these keys");
	term_say("Ctrl-A Ctrl-A sends one Ctrl-A to the guest");
}

/* The byte after Ctrl-A. */
static enum console_key escape(struct console *c, unsigned char byte)
{
	const unsigned char ctrl_a = CTRL_A;

	switch (byte) {
	case 'x':
	case 'X':
		return CONSOLE_KEY_QUIT;
	case 'h':
	case 'H':
	case '?':
		help();
		break;
	case 'c':
	case 'C':
		term_say("Ctrl-A c: there is no monitor");
		break;
	case 'a':
	case CTRL_A:
		ring_put(&c->in, &ctrl_a, 1);
		break;
	default:
		break;
	}
	return CONSOLE_KEY_NONE;
}

/* A terminal's bytes that do not fit are lost, as its keys must keep working. */
static enum console_key read_some(struct console *c)
{
	unsigned char piece[PIECE];
	size_t room = c->in.size - c->in.n, n = sizeof(piece);
	enum console_key key = CONSOLE_KEY_NONE;

	if (!c->ep.has_keys && room < n)
		n = room;
	n = endpoint_read(&c->ep, piece, n);
	if (!c->ep.has_keys) {
		ring_put(&c->in, piece, n);
		return key;
	}
	for (size_t i = 0; i < n && key == CONSOLE_KEY_NONE; i++) {
		if (c->in_escape)
			key = escape(c, piece[i]);
		else if (piece[i] != CTRL_A)
			ring_put(&c->in, piece + i, 1);
		c->in_escape = !c->in_escape && piece[i] == CTRL_A;
	}
	return key;
}

size_t console_input(const struct console *c, const void **buf)
{
	return ring_peek(&c->in, buf);
}

void console_input_taken(struct console *c, size_t n)
{
	ring_drop(&c->in, n);
}

/* ---- polling ---- */

int console_prepare(struct console *c, struct pollfd fds[CONSOLE_FDS])
{
	bool room = c->in.n < c->in.size || c->ep.has_keys;
	struct endpoint *ep = &c->ep;

	fds[0] = (struct pollfd){ .fd = endpoint_may_read(ep) ? ep->in_fd : -1,
				  .events = room && !ep->is_eof ? POLLIN : 0 };
	fds[1] = (struct pollfd){ .fd = has_output(c) ? ep->out_fd : -1, .events = POLLOUT };
	fds[2] = (struct pollfd){ .fd = ep->sock.fd, .events = POLLIN };
	/* a pipe's end is an event that cannot be masked */
	if (!room && ep->kind == CONSOLE_STDIO)
		fds[0].fd = -1;
	return endpoint_must_look(ep) ? LOOK_AGAIN_MS : -1;
}

enum console_key console_handle(struct console *c, const struct pollfd fds[CONSOLE_FDS])
{
	enum console_key key = CONSOLE_KEY_NONE;
	unsigned int client = c->ep.n_clients;
	int was = c->ep.out_fd;

	if (fds[0].revents & POLLIN)
		key = read_some(c);
	else if (fds[0].revents)
		endpoint_hangup(&c->ep);
	if (fds[1].revents & POLLOUT && c->ep.out_fd >= 0)
		write_some(c);
	else if (fds[1].revents)
		endpoint_lost(&c->ep);
	if (fds[2].revents)
		endpoint_accept(&c->ep);
	if (endpoint_must_look(&c->ep))
		endpoint_look(&c->ep);
	if (was != c->ep.out_fd || client != c->ep.n_clients) {
		set_deaf(c, true); /* what was for the last client is not for the next */
		set_deaf(c, c->ep.out_fd < 0);
	}
	return key;
}
