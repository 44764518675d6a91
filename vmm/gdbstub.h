/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GDB's remote protocol for a machine (--gdb): a thread that waits for one
 * client at a time. A client that comes stops the machine; one that goes takes
 * its breakpoints with it and the machine goes on.
 */
#ifndef HYPAR_VMM_GDBSTUB_H
#define HYPAR_VMM_GDBSTUB_H

#include "opt.h"

struct gdbstub;

/* Listens where --gdb says. NULL with *e set. */
struct gdbstub *gdbstub_new(const struct options *o, struct hypar_err *e);

/*
 * Before hypar_machine_run(@m): starts the thread. @quit is called on it when
 * the client wants the machine to end.
 */
int gdbstub_start(struct gdbstub *s, hypar_machine *m, void (*quit)(void *opaque), void *opaque,
		  struct hypar_err *e);

/* The machine ended, with @status: tells the client and ends the thread. */
void gdbstub_end(struct gdbstub *s, unsigned int status);

void gdbstub_free(struct gdbstub *s);

#endif
