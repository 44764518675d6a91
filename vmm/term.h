/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's terminal: raw while the machine runs, as it was at every end, and
 * the program's own lines on standard error.
 */
#ifndef HYPAR_VMM_TERM_H
#define HYPAR_VMM_TERM_H

#include <stdbool.h>

/* Standard input is a terminal whose foreground process group is ours. */
bool term_is_ours(void);

/*
 * Sets the terminal raw; the first time, remembers how it was and arranges for
 * that state at exit and at a crash. Nothing happens when it is not ours.
 */
void term_raw(void);

/* Sets the terminal as it was. Also for signal handlers. */
void term_restore(void);

/* One line on standard error, at once; control characters in it are shown. */
void term_line(const char *line);
void term_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
