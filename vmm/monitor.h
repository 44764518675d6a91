/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --monitor: a socket that speaks QMP, with a thread of its own. Several clients
 * may be connected; each hears all events.
 */
#ifndef HYPAR_VMM_MONITOR_H
#define HYPAR_VMM_MONITOR_H

#include "opt.h"

struct monitor;

struct monitor_config {
	const struct options *o;
	/* On the monitor's thread: a client asked for the end; what was traced is to be read. */
	void (*quit)(void *opaque);
	void (*flush_trace)(void *opaque);
	void *opaque;
};

/* Listens at o->monitor_path. NULL with *e set. The machine does not have to be there yet. */
struct monitor *monitor_new(const struct monitor_config *cfg, struct hypar_err *e);

/* Starts the thread. */
int monitor_start(struct monitor *m, hypar_machine *machine, struct hypar_err *e);

/* Tells all clients; any thread, never waits. @reason: QMP's word for RESET and SHUTDOWN. */
void monitor_event(struct monitor *m, const struct hypar_event *ev, const char *reason);

/* The machine has ended: gives clients a second to read what there is, and closes. */
void monitor_free(struct monitor *m);

#endif
