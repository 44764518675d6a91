// SPDX-License-Identifier: Apache-2.0
/*
 * The user-mode network: libslirp behaves like a router 10.0.2.2 with DHCP and
 * DNS (10.0.2.3) in front of the host's sockets; the guest is 10.0.2.15. The
 * host's own loopback is reached at 10.0.2.2.
 *
 * Everything of libslirp runs on the network's thread, but creation and end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <slirp/libslirp.h>

#include "base/err.h"
#include "dev/backend/net_impl.h"

struct timer {
	struct timer *next;
	SlirpTimerCb call;
	void *opaque;
	s64 at_ms; /* -1: not set */
};

struct user {
	struct net *net;
	Slirp *slirp;
	struct timer *timers;
	struct net_polls *polls; /* during prepare and handle */
};

static s64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (s64)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- what libslirp calls ---- */

static ssize_t cb_send(const void *buf, size_t n, void *opaque)
{
	struct user *u = opaque;

	net_deliver(u->net, buf, n);
	return (ssize_t)n;
}

/* Odd packets are the guest's affair. */
static void cb_guest_error(const char *text, void *opaque)
{
	(void)text;
	(void)opaque;
}

static int64_t cb_clock(void *opaque)
{
	(void)opaque;
	return now_ns();
}

static void *cb_timer_new(SlirpTimerCb call, void *cb_opaque, void *opaque)
{
	struct user *u = opaque;
	struct timer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	*t = (struct timer){ u->timers, call, cb_opaque, -1 };
	u->timers = t;
	return t;
}

static void cb_timer_free(void *timer, void *opaque)
{
	struct user *u = opaque;

	for (struct timer **p = &u->timers; *p; p = &(*p)->next) {
		if (*p != timer)
			continue;
		*p = (*p)->next;
		free(timer);
		return;
	}
}

static void cb_timer_mod(void *timer, int64_t at_ms, void *opaque)
{
	struct timer *t = timer;

	(void)opaque;
	if (t)
		t->at_ms = at_ms;
}

static void cb_poll_fd(int fd, void *opaque)
{
	(void)fd;
	(void)opaque;
}

static void cb_notify(void *opaque)
{
	net_wake(((struct user *)opaque)->net);
}

static const SlirpCb callbacks = {
	.send_packet = cb_send,
	.guest_error = cb_guest_error,
	.clock_get_ns = cb_clock,
	.timer_new = cb_timer_new,
	.timer_free = cb_timer_free,
	.timer_mod = cb_timer_mod,
	.register_poll_fd = cb_poll_fd,
	.unregister_poll_fd = cb_poll_fd,
	.notify = cb_notify,
};

/* ---- what net.c calls ---- */

static void user_send(void *kind, const u8 *frame, size_t n)
{
	struct user *u = kind;

	slirp_input(u->slirp, frame, (int)n);
}

/* Both sets of bits, each with its meaning. */
static const struct {
	int slirp;
	short poll;
} events[] = {
	{ SLIRP_POLL_IN, POLLIN },   { SLIRP_POLL_OUT, POLLOUT }, { SLIRP_POLL_PRI, POLLPRI },
	{ SLIRP_POLL_ERR, POLLERR }, { SLIRP_POLL_HUP, POLLHUP },
};

static int add_poll(int fd, int want, void *opaque)
{
	struct user *u = opaque;
	short bits = 0;

	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (want & events[i].slirp)
			bits |= events[i].poll;
	return net_polls_add(u->polls, fd, bits);
}

static int get_revents(int i, void *opaque)
{
	struct user *u = opaque;
	int bits = 0;

	if (i < 0)
		return 0;
	for (size_t k = 0; k < ARRAY_SIZE(events); k++)
		if (u->polls->fd[i].revents & events[k].poll)
			bits |= events[k].slirp;
	return bits;
}

static void user_prepare(void *kind, struct net_polls *p, int *ms)
{
	struct user *u = kind;
	u32 wait = UINT32_MAX;
	s64 now = now_ns() / 1000000;

	u->polls = p;
	slirp_pollfds_fill(u->slirp, &wait, add_poll, u);
	for (const struct timer *t = u->timers; t; t = t->next) {
		s64 left = t->at_ms - now;

		if (t->at_ms >= 0 && left < (s64)wait)
			wait = left > 0 ? (u32)left : 0;
	}
	if (wait <= INT32_MAX && (*ms < 0 || (int)wait < *ms))
		*ms = (int)wait;
}

static void run_timers(struct user *u)
{
	s64 now = now_ns() / 1000000;
	struct timer *t = u->timers, *next;

	for (; t; t = next) {
		next = t->next;
		if (t->at_ms < 0 || t->at_ms > now)
			continue;
		t->at_ms = -1;
		t->call(t->opaque);
	}
}

static void user_handle(void *kind, struct net_polls *p, bool failed)
{
	struct user *u = kind;

	u->polls = p;
	slirp_pollfds_poll(u->slirp, failed, get_revents, u);
	run_timers(u);
}

static void user_close(void *kind)
{
	struct user *u = kind;

	if (u->slirp)
		slirp_cleanup(u->slirp);
	while (u->timers)
		cb_timer_free(u->timers, u);
	free(u);
}

static const struct net_kind_ops user_ops = { user_send, user_prepare, user_handle, user_close,
					      .is_host = true };

/* ---- port forwards: tcp:HOSTADDR:HOSTPORT-GUESTADDR:GUESTPORT ---- */

struct forward {
	bool is_udp;
	struct in_addr host, guest;
	u16 host_port, guest_port;
};

/* Digits up to @stop, 1 to 65535. */
static bool read_port(const char **p, char stop, u16 *out)
{
	u32 v = 0;
	const char *s = *p;

	for (; *s >= '0' && *s <= '9' && v < 65536; s++)
		v = v * 10 + (u32)(*s - '0');
	if (*s != stop || s == *p || !v || v > 65535)
		return false;
	*out = (u16)v;
	*p = s + 1;
	return true;
}

/* An address up to ":", or nothing, which leaves *out. */
static bool read_addr(const char **p, struct in_addr *out)
{
	size_t n = strcspn(*p, ":");
	char text[INET_ADDRSTRLEN];

	if ((*p)[n] != ':' || n >= sizeof(text))
		return false;
	memcpy(text, *p, n);
	text[n] = 0;
	*p += n + 1;
	return !n || inet_pton(AF_INET, text, out) == 1;
}

static bool read_forward(const char *text, struct forward *f)
{
	memset(f, 0, sizeof(*f));
	f->is_udp = !strncmp(text, "udp:", 4);
	if (!f->is_udp && strncmp(text, "tcp:", 4))
		return false;
	text += 4;
	return read_addr(&text, &f->host) && read_port(&text, '-', &f->host_port) &&
	       read_addr(&text, &f->guest) && read_port(&text, 0, &f->guest_port);
}

static int add_forward(struct user *u, const char *text, struct hypar_err *e)
{
	struct forward f;
	int code;

	if (!read_forward(text, &f))
		return err_set(e, -EINVAL,
			       "hostfwd=%s: not tcp:HOSTADDR:HOSTPORT-GUESTADDR:GUESTPORT", text);
	errno = 0;
	if (!slirp_add_hostfwd(u->slirp, f.is_udp, f.host, f.host_port, f.guest, f.guest_port))
		return 0;
	code = errno ? -errno : -EADDRINUSE;
	if (code == -EADDRINUSE)
		return err_set(e, code, "hostfwd=%s: port %u of the host is in use", text,
			       f.host_port);
	return err_set_errno(e, code, "hostfwd=%s", text);
}

void *net_user_open(struct net *n, const struct net_config *c, const struct net_kind_ops **ops,
		    struct hypar_err *e)
{
	struct user *u = calloc(1, sizeof(*u));
	SlirpConfig cfg = {
		.version = 1,
		.in_enabled = true,
		.vnetwork.s_addr = htonl(0x0a000200),
		.vnetmask.s_addr = htonl(0xffffff00),
		.vhost.s_addr = htonl(0x0a000202),
		.vdhcp_start.s_addr = htonl(0x0a00020f),
		.vnameserver.s_addr = htonl(0x0a000203),
		.in6_enabled = true,
		.vprefix_len = 64,
	};

	*ops = &user_ops;
	inet_pton(AF_INET6, "fec0::", &cfg.vprefix_addr6);
	inet_pton(AF_INET6, "fec0::2", &cfg.vhost6);
	inet_pton(AF_INET6, "fec0::3", &cfg.vnameserver6);
	if (!u) {
		err_set(e, -ENOMEM, "no memory for a network");
		return NULL;
	}
	u->net = n;
	u->slirp = slirp_new(&cfg, &callbacks, u);
	if (!u->slirp) {
		err_set(e, -ENOMEM, "no memory for a network");
		user_close(u);
		return NULL;
	}
	for (unsigned int i = 0; i < c->n_hostfwd; i++) {
		if (add_forward(u, c->hostfwd[i], e)) {
			user_close(u);
			return NULL;
		}
	}
	return u;
}
