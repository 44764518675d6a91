/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of "hypar run", by the table opt.def.
 */
#ifndef HYPAR_VMM_OPT_H
#define HYPAR_VMM_OPT_H

#include <stdbool.h>
#include <stdint.h>

#include "hypar/hypar.h"

enum opt_id {
#define OPT(id, ...) OPT_##id,
#include "opt.def"
#undef OPT
	OPT_COUNT
};

/* A row of the table. */
struct opt_row {
	const char *name, *argument, *dflt, *alias, *help;
};

extern const struct opt_row opt_rows[OPT_COUNT];

enum console_kind { CONSOLE_STDIO, CONSOLE_PTY, CONSOLE_UNIX, CONSOLE_FILE, CONSOLE_NULL };

/* A text that setters cut into parts. */
struct opt_text {
	struct opt_text *next;
	char text[];
};

struct options {
	const char *given[OPT_COUNT]; /* the value's text, "" for a flag; NULL: not given */
	struct hypar_config machine;
	enum console_kind console;
	const char *console_path; /* of unix: and file: */
	uint64_t timeout;	  /* seconds; 0: none */
	const char *trace_file;	  /* or NULL */
	const char *monitor_path; /* or NULL */
	const char *gdb;	  /* where GDB connects, or NULL */
	const char *gdb_path;	  /* of unix: */
	bool gdb_wait;
	bool stats;
	bool help;
	/* owned: what machine points to */
	struct opt_text *texts;
	struct hypar_disk *disks;
	struct hypar_net *nets;
	struct hypar_device *devices;
	struct hypar_nvdimm *nvdimms;
	struct opt_numa *numa; /* memory.c */
};

/*
 * Reads the @argc words at @argv, those after "run". Strings are not copied.
 * Fails with one line that names the option, its value and what is wrong.
 * opt_free() after either.
 */
int opt_parse(struct options *o, int argc, char **argv, struct hypar_err *e);
void opt_free(struct options *o);

/* "--name VALUE: reason", the value shortened where it is long. */
int opt_error(struct hypar_err *e, int code, enum opt_id id, const char *value, const char *reason);

/* Digits, or a size with K, M, G or T behind it, at *p, which is moved behind it. */
int opt_digits(const char **p, uint64_t *out, struct hypar_err *why);
/* Any number of bytes, in the same form; then sizes of memory. */
int opt_bytes(const char **p, uint64_t *out, struct hypar_err *why);
int opt_size(const char **p, uint64_t *out, struct hypar_err *why);

/* What --trace can name, up to a name of NULL. */
struct opt_trace_name {
	const char *name;
	uint32_t bits;
};

extern const struct opt_trace_name opt_trace_names[];

/* HYPAR_TRACE_* of a list such as "hcall,rtas". @why gets the reason alone. */
int opt_trace_list(const char *list, uint32_t *mask, struct hypar_err *why);

/* The setters of the rows, in value.c and devices.c: @why gets the reason alone. */
#define OPT(id, ...) int opt_set_##id(struct options *o, const char *value, struct hypar_err *why);
#include "opt.def"
#undef OPT

#endif
