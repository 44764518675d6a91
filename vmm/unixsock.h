/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets at a path of the file system, for their owner alone.
 */
#ifndef HYPAR_VMM_UNIXSOCK_H
#define HYPAR_VMM_UNIXSOCK_H

#include <sys/types.h>

struct unixsock {
	int fd; /* -1: none */
	const char *path;
	dev_t dev; /* of the socket that was made */
	ino_t ino;
};

/*
 * Listens at @path, not blocking. A socket that nobody listens on any more is
 * replaced. -EEXIST: there is a file that is not a socket; -ENAMETOOLONG;
 * -EADDRINUSE; or what the host says. s->path is @path, which must stay.
 */
int unixsock_listen(struct unixsock *s, const char *path);

/* Closes it and removes it from the file system, if it is still the same. */
void unixsock_close(struct unixsock *s);

/* A connection to @path, blocking, or a negative errno. */
int unixsock_connect(const char *path);

/* What a failure of unixsock_listen() means. */
const char *unixsock_error(int code);

#endif
