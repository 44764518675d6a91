/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "hypar ctl SOCKET COMMAND": people's side of the monitor.
 */
#ifndef HYPAR_VMM_CTL_H
#define HYPAR_VMM_CTL_H

#include <jansson.h>
#include <stdbool.h>

#include "status.h"

#define CTL_WORDS_MAX 3

struct ctl_client;

/* What the command line asks for. */
struct ctl {
	struct ctl_client *client;
	const char *socket;
	const char *words[CTL_WORDS_MAX];
	unsigned int n_words;
	bool is_json;
	/* values of options; NULL: not given, "": a flag */
	const char *cpu, *timeout, *no_wait, *at, *id, *node, *surprise, *count, *drc, *delay,
		*skip;
};

/* A row of ctl.def. */
struct ctl_row {
	const char *name, *words;
	unsigned int min, max;
	const char *help;
};

enum ctl_id {
#define CTL(id, ...) CTL_##id,
#include "ctl.def"
#undef CTL
	CTL_COUNT
};

extern const struct ctl_row ctl_rows[CTL_COUNT];

/* The handlers: a status. */
#define CTL(id, ...) int ctl_##id(struct ctl *c);
#include "ctl.def"
#undef CTL

/* Options besides. */
struct ctl_option {
	const char *name, *argument; /* NULL: none */
	const char *commands;	     /* which take it, with spaces around; NULL: all */
	size_t at;		     /* of its value in struct ctl; 0: none */
	const char *help;
};

#define CTL_OPTIONS 13
extern const struct ctl_option ctl_options[CTL_OPTIONS];

/* Does the command take the option? */
bool ctl_takes(const char *command, const struct ctl_option *o);

/* The words after "ctl". */
int ctl_main(int argc, char **argv);

/* ---- what handlers share, ctl_print.c ---- */

/* Prints @value, which is taken, if JSON was asked for. True: done. */
bool ctl_print_json(const struct ctl *c, json_t *value);
/* Members of an object; "" and 0: not there. */
const char *ctl_text(json_t *o, const char *name);
long long ctl_number(json_t *o, const char *name);
/* Digits, of the option or word @what; false: said so. */
bool ctl_digits(const char *what, const char *text, long long *out);
/* --timeout in ms; -1: for ever; -2: said so. */
int ctl_timeout_ms(const struct ctl *c);

/* ---- the connection, ctl_client.c ---- */

/* Connects and negotiates. NULL: said so. */
struct ctl_client *ctl_connect(const char *path);
void ctl_disconnect(struct ctl_client *c);

/* Runs @command with @args (taken; may be NULL). What it returns, or NULL: said so. */
json_t *ctl_execute(struct ctl_client *c, const char *command, json_t *args);

/*
 * Waits for event @name, at most @ms (-1: for ever); *event is it. STATUS_OK, STATUS_TIMEOUT, or
 * STATUS_HOST: the machine is gone, said so.
 */
enum status ctl_wait_event(struct ctl_client *c, const char *name, int ms, json_t **event);

#endif
