/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a GDB can connect: a socket of the file system or a TCP port.
 */
#ifndef HYPAR_VMM_GDBSTUB_LISTEN_H
#define HYPAR_VMM_GDBSTUB_LISTEN_H

#include "opt.h"
#include "unixsock.h"

struct gdb_listener {
	struct unixsock unixsock; /* its fd is -1 for TCP */
	int fd;
};

/* At the value of --gdb. */
int gdb_listen(struct gdb_listener *l, const struct options *o, struct hypar_err *e);
void gdb_listener_close(struct gdb_listener *l);

/* A client, not blocking, or -1. */
int gdb_accept(struct gdb_listener *l);

#endif
