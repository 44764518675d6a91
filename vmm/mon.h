/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's commands [QEMU Machine Protocol]: from a message to an answer,
 * without sockets. One thread uses all of it.
 */
#ifndef HYPAR_VMM_MON_H
#define HYPAR_VMM_MON_H

#include <jansson.h>

#include "hypar/dr.h"
#include "opt.h"

/* What object-add, blockdev-add, netdev_add and device_add were told of an id. */
enum mon_object_kind { MON_MEMORY, MON_BLOCK, MON_NET, MON_CORE, MON_BRIDGE };

struct mon_object {
	struct mon_object *next;
	enum mon_object_kind kind;
	uint64_t value; /* size; core; index */
	char *text;	/* file of a block node, interface of a net; or NULL */
	bool readonly;
	char id[64];
	char user[64]; /* the device that has it, or "" */
};

/* What commands work on. */
struct mon {
	hypar_machine *machine;
	const struct options *o;
	void (*quit)(void *opaque);
	void (*flush_trace)(void *opaque);
	void *opaque;
	bool is_held;	/* paused by us */
	uint32_t trace; /* HYPAR_TRACE_* now */
	struct mon_object *objects;
};

void mon_free_objects(struct mon *m);

/* Of one client. */
struct mon_session {
	bool is_ready; /* the negotiation is over */
};

/* Classes of errors. */
#define MON_GENERIC "GenericError"
#define MON_NOT_FOUND "CommandNotFound"

struct mon_error {
	const char *class;
	char text[HYPAR_ERR_TEXT];
};

struct mon_call {
	struct mon *mon;
	struct mon_session *session;
	json_t *args; /* an object; checked against the row */
	struct mon_error *error;
};

/* A row of mon.def. */
struct mon_row {
	const char *name, *args, *help;
};

enum mon_id {
#define MON(id, ...) MON_##id,
#include "mon.def"
#undef MON
	MON_COUNT
};

extern const struct mon_row mon_rows[MON_COUNT];

/* The handlers: what "return" holds, or NULL with c->error set. */
#define MON(id, ...) json_t *mon_##id(struct mon_call *c);
#include "mon.def"
#undef MON

/* Of the library's errors; always NULL. */
json_t *mon_failed(struct mon_call *c, const struct hypar_err *e);

/* Sets the error of class GenericError; always NULL. */
json_t *mon_fail(struct mon_call *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* An argument, which its row says is a number or an address; false: not given. */
bool mon_number(const struct mon_call *c, const char *name, uint64_t *value);
const char *mon_string(const struct mon_call *c, const char *name);

/* 64-bit values travel as text: most readers of JSON lose bits above 2^53. */
json_t *mon_hex(uint64_t value, unsigned int bytes);

/* The text of the human monitor's @line, to be freed; NULL with c->error set. */
char *mon_human(struct mon_call *c, const char *line, unsigned int cpu);

/* What the message @text of @n bytes is answered, as a line; NULL: no memory. To be freed. */
char *mon_answer(struct mon *m, struct mon_session *s, const char *text, size_t n);

/* The same for a message that could not be read, and what a new client hears. */
char *mon_refuse(const char *reason);
char *mon_greeting(void);

/* An event as a line, with the time of now; @reason: QMP's word for RESET and SHUTDOWN. */
char *mon_event_line(const struct hypar_event *ev, const char *reason);

/* A request as clients see it. */
json_t *mon_request(const struct hypar_dr_request *r);
const char *mon_drc_type(enum hypar_drc_type type);

/* Names of the HYPAR_EVENT_*. */
#define MON_EVENTS 10
extern const char *const mon_event_names[MON_EVENTS];

#endif
