/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between net.c (thread, queues, client) and the kinds of networks. All
 * functions of a kind run on the network's thread, but open and close.
 */
#ifndef HYPAR_DEV_BACKEND_NET_IMPL_H
#define HYPAR_DEV_BACKEND_NET_IMPL_H

#include <poll.h>

#include "dev/backend/net.h"

/* What poll looks at for a kind; grows as needed. */
struct net_polls {
	struct pollfd *fd;
	unsigned int n, room;
};

/* Its place, or -1: no memory. */
int net_polls_add(struct net_polls *p, int fd, short events);

struct net_kind_ops {
	/* A frame of the guest. */
	void (*send)(void *kind, const u8 *frame, size_t n);
	/* Adds what to wait for; *ms (-1: for ever) is lowered if the kind needs it. */
	void (*prepare)(void *kind, struct net_polls *p, int *ms);
	void (*handle)(void *kind, struct net_polls *p, bool failed);
	void (*close)(void *kind);
	bool is_host; /* its frames are the host's own, and it takes those of any size */
};

/* Each returns its object and sets *ops; NULL with *e set. */
void *net_user_open(struct net *n, const struct net_config *c, const struct net_kind_ops **ops,
		    struct hypar_err *e);
void *net_tap_open(struct net *n, const struct net_config *c, const struct net_kind_ops **ops,
		   struct hypar_err *e);

void *net_echo_open(struct net *n, const struct net_kind_ops **ops);

/* A frame for the guest, copied. */
void net_deliver(struct net *n, const u8 *frame, size_t len);
/* False: the frames for the guest wait; one that can, should wait as well. */
bool net_wants_more(const struct net *n);
void net_say(struct net *n, const char *text);
void net_wake(struct net *n);

#endif
