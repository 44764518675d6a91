/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The address of --gdb, and listening there. A port without a host is for this
 * host alone: who reaches it can read and write the guest.
 */
#define _GNU_SOURCE
#include "gdbstub_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

#define HOST_MAX 200

struct tcp_address {
	char host[HOST_MAX];
	char port[8];
};

/* "[HOST:]PORT"; an IPv6 address is in brackets. */
static int split(const char *text, struct tcp_address *a, struct hypar_err *why)
{
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	size_t n = colon ? (size_t)(colon - text) : 0;
	unsigned long v = 0;

	if (n && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	} else if (memchr(text, ':', n)) {
		return err_set(why, -EINVAL, "an IPv6 address has to be in brackets");
	}
	if (colon && !n)
		return err_set(why, -EINVAL, "the host is missing");
	if (n >= sizeof(a->host))
		return err_set(why, -EINVAL, "the host's name is too long");
	for (const char *p = port; *p; p++) {
		if (*p < '0' || *p > '9' || p - port > 5)
			return err_set(why, -EINVAL, "the port is not a number from 1 to 65535");
		v = v * 10 + (unsigned long)(*p - '0');
	}
	if (!v || v > 65535)
		return err_set(why, -EINVAL, "the port is not a number from 1 to 65535");
	memcpy(a->host, n ? text : "127.0.0.1", n ? n : sizeof("127.0.0.1"));
	if (n)
		a->host[n] = 0;
	snprintf(a->port, sizeof(a->port), "%lu", v);
	return 0;
}

int opt_set_gdb(struct options *o, const char *value, struct hypar_err *why)
{
	struct tcp_address a;

	o->gdb = value;
	if (!strncmp(value, "tcp:", 4))
		return split(value + 4, &a, why);
	if (strncmp(value, "unix:", 5) != 0)
		return err_set(why, -EINVAL, "not unix:PATH or tcp:[HOST:]PORT");
	if (!value[5])
		return err_set(why, -EINVAL, "the path is missing");
	o->gdb_path = value + 5;
	return 0;
}

int opt_set_gdb_wait(struct options *o, const char *value, struct hypar_err *why)
{
	(void)value;
	(void)why;
	o->gdb_wait = true;
	return 0;
}

static int bind_to(const struct addrinfo *ai)
{
	int one = 1, ret;
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
			ai->ai_protocol);

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, ai->ai_addr, ai->ai_addrlen) && !listen(fd, 4))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

static int listen_tcp(struct gdb_listener *l, const struct options *o, struct hypar_err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct hypar_err why = { 0 };
	struct addrinfo *all;
	struct tcp_address a;
	int ret = split(o->gdb + 4, &a, &why);

	if (ret)
		return opt_error(e, ret, OPT_gdb, o->gdb, why.text);
	ret = getaddrinfo(a.host, a.port, &hints, &all);
	if (ret)
		return opt_error(e, -EINVAL, OPT_gdb, o->gdb, gai_strerror(ret));
	ret = -EADDRNOTAVAIL;
	for (const struct addrinfo *ai = all; ai && ret < 0; ai = ai->ai_next)
		ret = bind_to(ai);
	freeaddrinfo(all);
	if (ret < 0)
		return opt_error(e, ret, OPT_gdb, o->gdb, strerror(-ret));
	l->fd = ret;
	return 0;
}

int gdb_listen(struct gdb_listener *l, const struct options *o, struct hypar_err *e)
{
	int ret;

	*l = (struct gdb_listener){ .unixsock.fd = -1, .fd = -1 };
	if (!o->gdb_path)
		return listen_tcp(l, o, e);
	ret = unixsock_listen(&l->unixsock, o->gdb_path);
	if (ret)
		return opt_error(e, ret, OPT_gdb, o->gdb, unixsock_error(ret));
	l->fd = l->unixsock.fd;
	return 0;
}

void gdb_listener_close(struct gdb_listener *l)
{
	if (l->unixsock.fd >= 0)
		unixsock_close(&l->unixsock);
	else if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

int gdb_accept(struct gdb_listener *l)
{
	int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;

	/* fails on the other kind of socket, where nothing waits anyway */
	if (fd >= 0 && l->unixsock.fd < 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		errno = 0;
	return fd;
}
