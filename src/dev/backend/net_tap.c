// SPDX-License-Identifier: Apache-2.0
/*
 * A tap device of the host, which exists already or may be made.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "base/err.h"
#include "dev/backend/net_impl.h"

#define FRAMES_AT_ONCE 64

struct tap {
	struct net *net;
	int fd, at; /* at: its place in the polls, or -1 */
	bool failed;
	u8 frame[NET_FRAME_MAX];
};

/* A full queue of the interface drops, as a wire does. */
static void tap_send(void *kind, const u8 *frame, size_t n)
{
	struct tap *t = kind;

	while (write(t->fd, frame, n) < 0 && errno == EINTR)
		;
}

static void tap_prepare(void *kind, struct net_polls *p, int *ms)
{
	struct tap *t = kind;

	(void)ms;
	t->at = !t->failed && net_wants_more(t->net) ? net_polls_add(p, t->fd, POLLIN) : -1;
}

static void tap_handle(void *kind, struct net_polls *p, bool failed)
{
	struct tap *t = kind;

	if (failed || t->at < 0 || !p->fd[t->at].revents)
		return;
	for (int i = 0; i < FRAMES_AT_ONCE && net_wants_more(t->net); i++) {
		ssize_t n = read(t->fd, t->frame, sizeof(t->frame));

		if (n > 0) {
			net_deliver(t->net, t->frame, (size_t)n);
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		t->failed = true;
		net_say(t->net, "the tap device is gone; nothing is received any more");
		return;
	}
}

static void tap_close(void *kind)
{
	struct tap *t = kind;

	close(t->fd);
	free(t);
}

static const struct net_kind_ops tap_ops = { tap_send, tap_prepare, tap_handle, tap_close, false };

void *net_tap_open(struct net *n, const struct net_config *c, const struct net_kind_ops **ops,
		   struct hypar_err *e)
{
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	struct tap *t;
	int fd;

	*ops = &tap_ops;
	if (!*c->tap || strlen(c->tap) >= IFNAMSIZ) {
		err_set(e, -EINVAL, "tap=%.40s: a name has 1 to %d characters", c->tap,
			IFNAMSIZ - 1);
		return NULL;
	}
	memcpy(r.ifr_name, c->tap, strlen(c->tap));
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		err_set_errno(e, -errno, "tap=%s: /dev/net/tun", c->tap);
		return NULL;
	}
	if (ioctl(fd, TUNSETIFF, &r)) {
		err_set_errno(e, -errno, "tap=%s", c->tap);
		close(fd);
		return NULL;
	}
	t = calloc(1, sizeof(*t));
	if (!t) {
		err_set(e, -ENOMEM, "no memory for a network");
		close(fd);
		return NULL;
	}
	t->net = n;
	t->fd = fd;
	t->at = -1;
	return t;
}
