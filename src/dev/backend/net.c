// SPDX-License-Identifier: Apache-2.0
/*
 * What all networks have in common: a thread that polls, frames that wait in
 * both directions, and the card that is the client.
 *
 * Locks: client_lock is held while a function of the client runs, so that
 * net_stop() waits for it; lock guards the frames from the guest. In that order.
 */
#define _GNU_SOURCE /* thread names */
#include "dev/backend/net.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "dev/backend/net_impl.h"
#include "dev/backend/net_merge.h"

#define FRAMES_MAX 1024u /* that wait, in each direction */
#define LATE_MS 1

struct frames {
	struct frame *first, *last;
	unsigned int n;
};

struct net {
	const struct net_kind_ops *ops;
	void *kind;
	struct device who;
	int wake_fd;
	pthread_t thread;
	bool has_thread;
	struct net_polls polls; /* of the thread */
	pthread_mutex_t client_lock;
	struct net_client client;
	bool running;		/* under client_lock */
	s64 late_at;		/* of the thread; 0: nothing is to be done later */
	struct frames to_guest; /* of the thread, under client_lock */
	pthread_mutex_t lock;
	struct frames from_guest; /* under lock */
	/* atomic */
	bool end, kicked, again;
	unsigned int n_waiting; /* frames to the guest, as the kinds see it */
	struct net_stats stats;
};

/* ---- frames ---- */

static bool frames_put(struct frames *f, const u8 *bytes, size_t n)
{
	struct frame *x = f->n < FRAMES_MAX ? frame_new(bytes, n) : NULL;

	if (!x)
		return false;
	if (f->first)
		f->last->next = x;
	else
		f->first = x;
	f->last = x;
	f->n++;
	return true;
}

static struct frame *frames_take(struct frames *f)
{
	struct frame *x = f->first;

	if (!x)
		return NULL;
	f->first = x->next;
	f->n--;
	return x;
}

static void frames_clear(struct frames *f)
{
	struct frame *x;

	while ((x = frames_take(f)))
		frame_free(x);
}

static s64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (s64)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void count(u64 *which)
{
	__atomic_fetch_add(which, 1, __ATOMIC_RELAXED);
}

/* ---- to the guest ---- */

/* Offers what waits; under client_lock. */
static void offer(struct net *n)
{
	const struct net_client *c = &n->client;
	unsigned int taken = 0;
	struct frame *x;

	while (n->running && (x = n->to_guest.first)) {
		struct net_frame f = { .is_good = n->ops->is_host };

		frame_finish(x);
		x->is_closed = true;
		f.bytes = x->bytes;
		f.n = x->n;
		f.mss = x->mss;
		if (!c->receive(c->opaque, &f))
			break;
		count(&n->stats.rx);
		frame_free(frames_take(&n->to_guest));
		taken++;
	}
	if (taken && c->received)
		c->received(c->opaque);
	__atomic_store_n(&n->n_waiting, n->to_guest.n, __ATOMIC_RELAXED);
}

static bool merge(struct net *n, const u8 *frame, size_t len)
{
	const struct net_client *c = &n->client;

	return n->ops->is_host && n->to_guest.first && c->merges && c->merges(c->opaque) &&
	       frame_merge(n->to_guest.last, frame, len);
}

/* What comes while the network is busy is offered when it is done: see serve(). */
void net_deliver(struct net *n, const u8 *frame, size_t len)
{
	if (len > NET_FRAME_MAX)
		return;
	pthread_mutex_lock(&n->client_lock);
	if (!n->running || (!merge(n, frame, len) && !frames_put(&n->to_guest, frame, len)))
		count(&n->stats.rx_dropped);
	pthread_mutex_unlock(&n->client_lock);
}

bool net_wants_more(const struct net *n)
{
	return __atomic_load_n(&n->n_waiting, __ATOMIC_RELAXED) < FRAMES_MAX / 2;
}

/* ---- from the guest ---- */

bool net_send(struct net *n, const u8 *frame, size_t len)
{
	bool ok, is_first;

	if (len > NET_FRAME_MAX || !len)
		return false;
	count(&n->stats.tx);
	if (n->has_thread && pthread_equal(pthread_self(), n->thread)) {
		n->ops->send(n->kind, frame, len);
		return true;
	}
	pthread_mutex_lock(&n->lock);
	is_first = !n->from_guest.first;
	ok = frames_put(&n->from_guest, frame, len);
	pthread_mutex_unlock(&n->lock);
	if (!ok)
		count(&n->stats.tx_dropped);
	else if (is_first)
		net_wake(n); /* the thread takes them until there are none */
	return ok;
}

static void send_queued(struct net *n)
{
	struct frame *x;

	for (;;) {
		pthread_mutex_lock(&n->lock);
		x = frames_take(&n->from_guest);
		pthread_mutex_unlock(&n->lock);
		if (!x)
			return;
		n->ops->send(n->kind, x->bytes, x->n);
		frame_free(x);
	}
}

/*
 * transmit sends frames, and a network may answer at once with net_deliver();
 * so the lock is one that its owner may take again.
 */
static void serve_client(struct net *n)
{
	bool kicked = __atomic_exchange_n(&n->kicked, false, __ATOMIC_SEQ_CST);

	send_queued(n);
	pthread_mutex_lock(&n->client_lock);
	if (kicked && n->running && n->client.transmit)
		n->client.transmit(n->client.opaque);
	pthread_mutex_unlock(&n->client_lock);
}

static void offer_all(struct net *n)
{
	__atomic_store_n(&n->again, false, __ATOMIC_SEQ_CST);
	pthread_mutex_lock(&n->client_lock);
	offer(n);
	if (n->late_at && now_ns() >= n->late_at) {
		n->late_at = 0;
		if (n->running)
			n->client.late(n->client.opaque);
	}
	pthread_mutex_unlock(&n->client_lock);
}

/* ---- the thread ---- */

int net_polls_add(struct net_polls *p, int fd, short events)
{
	if (p->n == p->room) {
		unsigned int room = p->room ? 2 * p->room : 32;
		struct pollfd *more = realloc(p->fd, room * sizeof(*more));

		if (!more)
			return -1;
		p->fd = more;
		p->room = room;
	}
	p->fd[p->n] = (struct pollfd){ .fd = fd, .events = events };
	return (int)p->n++;
}

void net_wake(struct net *n)
{
	u64 one = 1;

	/* full means that it is awake */
	if (write(n->wake_fd, &one, sizeof(one)) < 0)
		return;
}

static void *net_thread(void *opaque)
{
	struct net *n = opaque;
	struct net_polls *p = &n->polls;
	u64 ignored;

	pthread_setname_np(pthread_self(), "hypar-net");
	while (!__atomic_load_n(&n->end, __ATOMIC_SEQ_CST)) {
		int ms = -1, got;

		p->n = 0;
		net_polls_add(p, n->wake_fd, POLLIN); /* there is room since net_open */
		n->ops->prepare(n->kind, p, &ms);
		if (n->late_at && (ms < 0 || ms > LATE_MS))
			ms = LATE_MS;
		got = poll(p->fd, p->n, ms);
		if (got > 0 && p->fd[0].revents && read(n->wake_fd, &ignored, sizeof(ignored)) < 0)
			ignored = 0;
		serve_client(n);
		n->ops->handle(n->kind, p, got < 0);
		offer_all(n);
	}
	return NULL;
}

/* ---- for the device ---- */

void net_set_client(struct net *n, const struct net_client *c)
{
	pthread_mutex_lock(&n->client_lock);
	n->client = *c;
	pthread_mutex_unlock(&n->client_lock);
}

void net_start(struct net *n)
{
	pthread_mutex_lock(&n->client_lock);
	n->running = n->client.receive;
	pthread_mutex_unlock(&n->client_lock);
	net_kick(n);
}

void net_stop(struct net *n)
{
	pthread_mutex_lock(&n->client_lock);
	n->running = false;
	frames_clear(&n->to_guest);
	pthread_mutex_unlock(&n->client_lock);
}

void net_kick(struct net *n)
{
	if (!__atomic_exchange_n(&n->kicked, true, __ATOMIC_SEQ_CST))
		net_wake(n);
}

void net_receive_again(struct net *n)
{
	if (!__atomic_exchange_n(&n->again, true, __ATOMIC_SEQ_CST))
		net_wake(n);
}

void net_later(struct net *n)
{
	if (!n->late_at)
		n->late_at = now_ns() + LATE_MS * 1000000;
}

bool net_takes_large(const struct net *n)
{
	return n->ops->is_host;
}

void net_stats(struct net *n, struct net_stats *out)
{
	out->rx = __atomic_load_n(&n->stats.rx, __ATOMIC_RELAXED);
	out->tx = __atomic_load_n(&n->stats.tx, __ATOMIC_RELAXED);
	out->rx_dropped = __atomic_load_n(&n->stats.rx_dropped, __ATOMIC_RELAXED);
	out->tx_dropped = __atomic_load_n(&n->stats.tx_dropped, __ATOMIC_RELAXED);
}

void net_say(struct net *n, const char *text)
{
	device_say(&n->who, "%s", text);
}

/* ---- open and close ---- */

static void init_locks(struct net *n)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&n->client_lock, &a);
	pthread_mutexattr_destroy(&a);
	pthread_mutex_init(&n->lock, NULL);
}

static int start_thread(struct net *n, struct hypar_err *e)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	sigdelset(&all, SIGBUS); /* mem/guard.h */
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&n->thread, NULL, net_thread, n);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret)
		return err_set_errno(e, -ret, "no thread for the network");
	n->has_thread = true;
	return 0;
}

struct net *net_open(const struct net_config *c, struct hypar_err *e)
{
	struct net *n = calloc(1, sizeof(*n));

	if (!n) {
		err_set(e, -ENOMEM, "no memory for a network");
		return NULL;
	}
	init_locks(n);
	snprintf(n->who.id, sizeof(n->who.id), "%s", c->id);
	n->who.log = c->log;
	n->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (n->wake_fd < 0 || net_polls_add(&n->polls, n->wake_fd, POLLIN) < 0) {
		err_set_errno(e, n->wake_fd < 0 ? -errno : -ENOMEM, "network");
		net_close(n);
		return NULL;
	}
	switch (c->kind) {
	case NET_USER:
		n->kind = net_user_open(n, c, &n->ops, e);
		break;
	case NET_TAP:
		n->kind = net_tap_open(n, c, &n->ops, e);
		break;
	case NET_ECHO:
		n->kind = net_echo_open(n, &n->ops);
		break;
	}
	if (!n->kind || start_thread(n, e)) {
		net_close(n);
		return NULL;
	}
	return n;
}

void net_close(struct net *n)
{
	if (!n)
		return;
	__atomic_store_n(&n->end, true, __ATOMIC_SEQ_CST);
	if (n->has_thread) {
		net_wake(n);
		pthread_join(n->thread, NULL);
	}
	if (n->kind)
		n->ops->close(n->kind);
	if (n->wake_fd >= 0)
		close(n->wake_fd);
	frames_clear(&n->to_guest);
	frames_clear(&n->from_guest);
	free(n->polls.fd);
	pthread_mutex_destroy(&n->client_lock);
	pthread_mutex_destroy(&n->lock);
	free(n);
}

/* ---- addresses of cards ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int net_mac_parse(const char *text, u8 mac[6], struct hypar_err *e)
{
	const char *p = text;

	for (int i = 0; i < 6; i++, p += 3) {
		if (hex(p[0]) < 0 || hex(p[1]) < 0 || p[2] != (i < 5 ? ':' : 0))
			return err_set(e, -EINVAL,
				       "mac=%.40s: not an address like 52:54:00:12:34:56", text);
		mac[i] = (u8)(hex(p[0]) << 4 | hex(p[1]));
	}
	if (mac[0] & 1)
		return err_set(e, -EINVAL, "mac=%s: an address of a group, not of a card", text);
	return 0;
}

void net_mac_default(unsigned int index, u8 mac[6])
{
	static const u8 first[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

	memcpy(mac, first, 6);
	mac[5] = (u8)(mac[5] + index);
}
