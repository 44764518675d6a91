/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file descriptors behind a console, and whether anybody is at the other
 * end. One thread uses it.
 */
#ifndef HYPAR_VMM_ENDPOINT_H
#define HYPAR_VMM_ENDPOINT_H

#include <sys/types.h>

#include "opt.h"
#include "unixsock.h"

struct endpoint {
	enum console_kind kind;
	int in_fd;		/* -1: no input, now or ever */
	int out_fd;		/* -1: nobody reads */
	struct unixsock sock;	/* unix: else fd is -1 */
	int master_fd;		/* pty, or -1 */
	bool is_lossy;		/* a reader that is slow loses output */
	bool has_keys;		/* a terminal: Ctrl-A is ours */
	bool is_eof;		/* the client sends no more, but may read */
	bool background;	/* the terminal is another job's now */
	bool is_socket;		/* out_fd is one */
	unsigned int n_clients; /* changes with each client */
	const char *path;
	char pts[64];
};

int endpoint_open(struct endpoint *ep, const struct options *o, struct hypar_err *e);
void endpoint_close(struct endpoint *ep);
void endpoint_start(struct endpoint *ep);

bool endpoint_may_read(const struct endpoint *ep);

/* Bytes that were read; 0: none. The end of input is noted. */
size_t endpoint_read(struct endpoint *ep, void *buf, size_t n);

/* Bytes that were written, 0: not now, -1: nobody reads any more. */
ssize_t endpoint_write(struct endpoint *ep, const void *buf, size_t n);

/* poll says that the input, or the output, is gone. */
void endpoint_hangup(struct endpoint *ep);
void endpoint_lost(struct endpoint *ep);

/* A client knocks. */
void endpoint_accept(struct endpoint *ep);

/* Something that poll does not tell has to be looked at now and then. */
bool endpoint_must_look(const struct endpoint *ep);
void endpoint_look(struct endpoint *ep);

#endif
