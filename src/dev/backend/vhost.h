/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The front end of vhost-user: a server of the host (virtiofsd) takes requests
 * from queues in memory that both have mapped. One connection to a socket, one
 * thread for the server's interrupts and for its end.
 *
 * The server sees these queues and the room beside them (vring.h), nothing
 * else of this process or of the guest. It is not trusted to live, to answer,
 * or to answer sensibly.
 *
 * Threads: open, start, stop and close on one thread at a time; kick on any.
 */
#ifndef HYPAR_DEV_BACKEND_VHOST_H
#define HYPAR_DEV_BACKEND_VHOST_H

#include "base/types.h"
#include "dev/backend/vring.h"
#include "hypar/error.h"

#define VHOST_QUEUES_MAX 8u

struct vhost;

/* On the back end's thread, or on that of vhost_stop(); not after it returned. */
struct vhost_client {
	/* The server may have done requests of queue @q. */
	void (*interrupt)(void *opaque, unsigned int q);
	/* The server is gone; nothing comes until the next start. */
	void (*lost)(void *opaque, const char *why);
	void *opaque;
};

/* Connects to the server at socket @path for @n_queues queues. NULL with *e set. */
struct vhost *vhost_open(const char *path, unsigned int n_queues, struct hypar_err *e);
void vhost_close(struct vhost *v); /* NULL: nothing; stopped */

void vhost_set_client(struct vhost *v, const struct vhost_client *c); /* before vhost_start */

/* Queue @q; the same for as long as @v is there. */
struct vring *vhost_ring(struct vhost *v, unsigned int q);

/*
 * Lets the server begin. @is_new: all queues are emptied first, and if the
 * server was lost, the one that listens now takes its place. Otherwise it goes
 * on where it was stopped. Negative errno with *e set: nothing runs.
 */
int vhost_start(struct vhost *v, bool is_new, struct hypar_err *e);

/*
 * Stops the server: waits until it has done what it took, half a minute at
 * most, and passes its last interrupts on. Not running: nothing.
 */
void vhost_stop(struct vhost *v);

/* There is something new in queue @q. Any thread; does not block. */
void vhost_kick(struct vhost *v, unsigned int q);

#endif
