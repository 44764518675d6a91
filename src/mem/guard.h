/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mapped files whose pages can vanish: a file that is cut, or a disk that
 * fails, makes an access to its mapping a SIGBUS. Ranges of host addresses are
 * guarded: the handler of the process gives the address to the range's owner,
 * which puts other memory there, and the access is made again.
 *
 * The handler is installed with the first range and taken out with the last;
 * what was installed before gets the signals that are not ours. Threads that
 * touch guarded memory must not block SIGBUS.
 *
 * Threads: any.
 */
#ifndef HYPAR_MEM_GUARD_H
#define HYPAR_MEM_GUARD_H

#include "base/types.h"

struct guard {
	u8 *start;
	u64 size;
	/* In the signal handler. False: @address stays what it is. */
	bool (*lose)(void *opaque, u8 *address);
	void *opaque; /* also names the range */
};

/* False: too many. */
bool guard_add(const struct guard *g);
void guard_remove(const void *opaque);

/* Async-signal-safe: hypar_handle_sigbus(). */
bool guard_handle(void *address);

#endif
