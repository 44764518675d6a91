/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of the guest's console: the user's terminal or pipes, a
 * pseudo-terminal, a socket, a file or nothing.
 *
 * console_put is for any thread and does not wait; the rest is for the one
 * thread that polls, or for the main thread while there is no such thread.
 */
#ifndef HYPAR_VMM_CONSOLE_H
#define HYPAR_VMM_CONSOLE_H

#include <poll.h>
#include <stddef.h>

#include "opt.h"

struct console;

/* Opens what the options name; nothing is read, written or cut yet. */
struct console *console_new(const struct options *o, struct hypar_err *e);
void console_free(struct console *c);

/* The machine starts: a file is emptied, the terminal becomes raw, a pty's name is said. */
void console_start(struct console *c);

/* The program went on after a stop. */
void console_resume(struct console *c);

/* Output of the guest. Returns how many bytes were taken; all those nobody will read are. */
size_t console_put(struct console *c, const void *buf, size_t n);

/* An event that console_put sets when there is something to write. */
int console_wake_fd(const struct console *c);
void console_wake(struct console *c);

#define CONSOLE_FDS 3

/* Fills @fds for poll; returns after how many ms to come back at the latest, or -1. */
int console_prepare(struct console *c, struct pollfd fds[CONSOLE_FDS]);

/* What the user asked of the program, not of the guest. */
enum console_key { CONSOLE_KEY_NONE, CONSOLE_KEY_QUIT };

/* Reads and writes what poll found. */
enum console_key console_handle(struct console *c, const struct pollfd fds[CONSOLE_FDS]);

/* Input for the guest: where it is and how much; taken bytes are reported back. */
size_t console_input(const struct console *c, const void **buf);
void console_input_taken(struct console *c, size_t n);

/* Writes what is left, for so many ms at most. */
void console_drain(struct console *c, int ms);

#endif
