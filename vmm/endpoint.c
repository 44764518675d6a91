/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening, reading and writing the console's file descriptors. None of them
 * blocks: where standard output cannot be opened anew (its flags belong to
 * others, too), it is written only after poll, in small pieces.
 */
#define _GNU_SOURCE
#include "endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/err.h"
#include "term.h"

static int failed(struct hypar_err *e, const struct options *o, int code)
{
	return opt_error(e, code, OPT_console, o->given[OPT_console], strerror(-code));
}

/* ---- standard input and output ---- */

static int open_stdio(struct endpoint *ep)
{
	struct stat st = { 0 };

	fstat(STDOUT_FILENO, &st);
	ep->in_fd = STDIN_FILENO;
	ep->out_fd = STDOUT_FILENO;
	ep->has_keys = isatty(STDIN_FILENO);
	ep->is_socket = S_ISSOCK(st.st_mode);
	if (isatty(STDOUT_FILENO) || S_ISFIFO(st.st_mode)) {
		int fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

		if (fd >= 0)
			ep->out_fd = fd;
	}
	return 0;
}

/* ---- file ---- */

static int open_file(struct endpoint *ep, const struct options *o, struct hypar_err *e)
{
	ep->out_fd = open(ep->path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
	return ep->out_fd < 0 ? failed(e, o, -errno) : 0;
}

/* ---- pseudo-terminal ---- */

/* The guest has a line discipline of its own. */
static int make_raw(const char *pts)
{
	int fd = open(pts, O_RDWR | O_NOCTTY | O_CLOEXEC), ret = 0;
	struct termios t;

	if (fd < 0)
		return -errno;
	if (tcgetattr(fd, &t))
		ret = -errno;
	cfmakeraw(&t);
	if (!ret && tcsetattr(fd, TCSANOW, &t))
		ret = -errno;
	close(fd);
	return ret;
}

static int open_pty(struct endpoint *ep, const struct options *o, struct hypar_err *e)
{
	int ret;

	ep->is_lossy = true;
	ep->master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (ep->master_fd < 0 || grantpt(ep->master_fd) || unlockpt(ep->master_fd))
		return failed(e, o, -errno);
	ret = ptsname_r(ep->master_fd, ep->pts, sizeof(ep->pts));
	if (!ret)
		ret = -make_raw(ep->pts);
	return ret ? failed(e, o, -ret) : 0;
}

/* ---- socket ---- */

static int open_unix(struct endpoint *ep, const struct options *o, struct hypar_err *e)
{
	int ret = unixsock_listen(&ep->sock, ep->path);

	ep->is_lossy = true;
	ep->is_socket = true;
	return ret ? opt_error(e, ret, OPT_console, o->given[OPT_console], unixsock_error(ret)) : 0;
}

/* ---- all ---- */

int endpoint_open(struct endpoint *ep, const struct options *o, struct hypar_err *e)
{
	*ep = (struct endpoint){ .kind = o->console, .path = o->console_path };
	ep->in_fd = ep->out_fd = ep->sock.fd = ep->master_fd = -1;
	switch (ep->kind) {
	case CONSOLE_STDIO:
		return open_stdio(ep);
	case CONSOLE_PTY:
		return open_pty(ep, o, e);
	case CONSOLE_UNIX:
		return open_unix(ep, o, e);
	case CONSOLE_FILE:
		return open_file(ep, o, e);
	default:
		return 0;
	}
}

static void drop_client(struct endpoint *ep)
{
	if (ep->kind == CONSOLE_UNIX && ep->out_fd >= 0)
		close(ep->out_fd);
	ep->in_fd = ep->out_fd = -1;
	ep->is_eof = false;
}

void endpoint_close(struct endpoint *ep)
{
	drop_client(ep);
	unixsock_close(&ep->sock);
	if (ep->master_fd >= 0)
		close(ep->master_fd);
	ep->master_fd = -1;
}

void endpoint_start(struct endpoint *ep)
{
	struct stat st;

	if (ep->kind == CONSOLE_PTY)
		term_say("the console is %s", ep->pts);
	if (ep->kind == CONSOLE_FILE && !fstat(ep->out_fd, &st) && S_ISREG(st.st_mode) &&
	    ftruncate(ep->out_fd, 0))
		endpoint_lost(ep);
	if (!ep->has_keys)
		return;
	ep->background = !term_is_ours();
	term_raw();
	if (!ep->background)
		term_say("Ctrl-A x quits, Ctrl-A h helps");
}

bool endpoint_may_read(const struct endpoint *ep)
{
	return ep->in_fd >= 0 && !ep->background;
}

size_t endpoint_read(struct endpoint *ep, void *buf, size_t n)
{
	ssize_t got = read(ep->in_fd, buf, n);

	if (got > 0)
		return (size_t)got;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (ep->has_keys && got < 0 && !term_is_ours())
		ep->background = true;
	else if (got < 0 || ep->kind != CONSOLE_UNIX)
		endpoint_hangup(ep);
	else
		ep->is_eof = true;
	return 0;
}

ssize_t endpoint_write(struct endpoint *ep, const void *buf, size_t n)
{
	ssize_t done = ep->is_socket ? send(ep->out_fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL) :
				       write(ep->out_fd, buf, n);

	if (done >= 0)
		return done;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	if (ep->kind == CONSOLE_FILE)
		term_say("--console file:%s: %s", ep->path, strerror(errno));
	endpoint_lost(ep);
	return -1;
}

/* The end of standard input ends nothing else; a client that hung up is gone. */
void endpoint_hangup(struct endpoint *ep)
{
	if (ep->kind == CONSOLE_STDIO)
		ep->in_fd = -1;
	else
		drop_client(ep);
}

void endpoint_lost(struct endpoint *ep)
{
	if (ep->kind == CONSOLE_STDIO)
		ep->out_fd = -1;
	else
		drop_client(ep);
}

/* Closed by the client, not only for sending. */
static bool has_left(const struct endpoint *ep)
{
	struct pollfd p = { .fd = ep->out_fd };

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR);
}

void endpoint_accept(struct endpoint *ep)
{
	static const char busy[] = "hypar: the console has a client already\r\n";
	int fd = accept4(ep->sock.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	if (ep->out_fd >= 0 && has_left(ep))
		drop_client(ep);
	if (ep->out_fd >= 0) {
		if (send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			errno = 0; /* it will see that it is closed */
		close(fd);
		return;
	}
	ep->in_fd = ep->out_fd = fd;
	ep->n_clients++;
}

bool endpoint_must_look(const struct endpoint *ep)
{
	return ep->background || (ep->master_fd >= 0 && ep->out_fd < 0);
}

/* A pty's master says "hung up" until somebody opens the slave. */
void endpoint_look(struct endpoint *ep)
{
	struct pollfd p = { .fd = ep->master_fd };

	if (ep->background && term_is_ours()) {
		ep->background = false;
		term_raw();
	}
	if (ep->master_fd >= 0 && ep->out_fd < 0 && !poll(&p, 1, 0)) {
		ep->in_fd = ep->out_fd = ep->master_fd;
		ep->n_clients++;
	}
}
