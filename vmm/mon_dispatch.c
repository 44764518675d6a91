/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a message to its answer: JSON, the negotiation, the row of the command,
 * its arguments. Everything a client sends is checked here, so that handlers
 * only see arguments that their row allows.
 */
#include "mon.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

const struct mon_row mon_rows[MON_COUNT] = {
#define MON(id, name, args, help) [MON_##id] = { name, args, help },
#include "mon.def"
#undef MON
};

typedef json_t *handler(struct mon_call *c);

static handler *const handlers[MON_COUNT] = {
#define MON(id, ...) [MON_##id] = mon_##id,
#include "mon.def"
#undef MON
};

const char *const mon_event_names[MON_EVENTS] = {
#define MON_EVENT(name, when) [HYPAR_EVENT_##name] = #name,
#include "mon_event.def"
#undef MON_EVENT
};

#define SHOW_MAX 60 /* of what a client wrote, in errors */

static void fail(struct mon_error *e, const char *class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void fail(struct mon_error *e, const char *class, const char *fmt, ...)
{
	va_list ap;

	e->class = class;
	va_start(ap, fmt);
	if (vsnprintf(e->text, sizeof(e->text), fmt, ap) < 0)
		e->text[0] = 0;
	va_end(ap);
}

json_t *mon_fail(struct mon_call *c, const char *fmt, ...)
{
	va_list ap;

	c->error->class = MON_GENERIC;
	va_start(ap, fmt);
	if (vsnprintf(c->error->text, sizeof(c->error->text), fmt, ap) < 0)
		c->error->text[0] = 0;
	va_end(ap);
	return NULL;
}

/* ---- arguments ---- */

/* "0x..." or decimal digits and nothing else. */
static bool address_text(const char *s, uint64_t *value)
{
	int base = s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10;
	const char *digits = base == 16 ? s + 2 : s;
	char *end;

	if (!*digits ||
	    strspn(digits, base == 16 ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return false;
	errno = 0;
	*value = strtoull(digits, &end, base);
	return !errno && !*end;
}

bool mon_number(const struct mon_call *c, const char *name, uint64_t *value)
{
	json_t *v = json_object_get(c->args, name);

	if (!v)
		return false;
	if (json_is_string(v))
		return address_text(json_string_value(v), value);
	*value = (uint64_t)json_integer_value(v);
	return true;
}

const char *mon_string(const struct mon_call *c, const char *name)
{
	return json_string_value(json_object_get(c->args, name));
}

json_t *mon_hex(uint64_t value, unsigned int bytes)
{
	return json_sprintf("0x%0*llx", (int)(2 * bytes), (unsigned long long)value);
}

static const char *type_name(char type)
{
	switch (type) {
	case 's':
		return "a string";
	case 'i':
		return "a whole number, not negative";
	case 'b':
		return "true or false";
	case 'l':
		return "a list";
	case 'o':
		return "an object";
	default:
		return "an address: a number, or a string such as \"0xc000000000000000\"";
	}
}

static bool has_type(json_t *v, char type)
{
	uint64_t value;

	switch (type) {
	case 's':
		return json_is_string(v);
	case 'b':
		return json_is_boolean(v);
	case 'l':
		return json_is_array(v);
	case 'o':
		return json_is_object(v);
	default:
		if (type == 'a' && json_is_string(v))
			return address_text(json_string_value(v), &value);
		return json_is_integer(v) && json_integer_value(v) >= 0;
	}
}

/* The name of @n bytes at @name in a row's arguments, and behind it; NULL: not there. */
static const char *find_arg(const char *args, const char *name, size_t n)
{
	while (*args) {
		size_t len = strcspn(args, ":");

		if (len == n && !memcmp(args, name, n))
			return args + len;
		args += strcspn(args, " ");
		args += strspn(args, " ");
	}
	return NULL;
}

static bool check_args(const struct mon_row *r, json_t *args, struct mon_error *e)
{
	const char *name, *at;
	json_t *v;

	json_object_foreach(args, name, v)
	{
		at = find_arg(r->args, name, strlen(name));
		if (!at) {
			fail(e, MON_GENERIC, "%s has no argument \"%.*s\"", r->name, SHOW_MAX,
			     name);
			return false;
		}
		if (!has_type(v, at[1])) {
			fail(e, MON_GENERIC, "argument \"%s\" of %s must be %s", name, r->name,
			     type_name(at[1]));
			return false;
		}
	}
	for (at = r->args; *at; at += strspn(at, " ")) {
		int len = (int)strcspn(at, ":");
		char key[40];

		snprintf(key, sizeof(key), "%.*s", len, at);
		if (at[len + 2] != '?' && !json_object_get(args, key)) {
			fail(e, MON_GENERIC, "argument \"%s\" of %s is missing", key, r->name);
			return false;
		}
		at += strcspn(at, " ");
	}
	return true;
}

/* ---- messages ---- */

static enum mon_id find(const char *name)
{
	for (unsigned int i = 0; i < MON_COUNT; i++)
		if (!strcmp(mon_rows[i].name, name))
			return (enum mon_id)i;
	return MON_COUNT;
}

static bool check_members(json_t *message, struct mon_error *e)
{
	const char *name;
	json_t *v;

	if (!json_is_object(message)) {
		fail(e, MON_GENERIC, "a message must be an object");
		return false;
	}
	json_object_foreach(message, name, v) if (strcmp(name, "execute") != 0 &&
						  strcmp(name, "arguments") != 0 &&
						  strcmp(name, "id") != 0)
	{
		fail(e, MON_GENERIC, "a message has no member \"%.*s\"", SHOW_MAX, name);
		return false;
	}
	if (!json_is_string(json_object_get(message, "execute"))) {
		fail(e, MON_GENERIC, "member \"execute\" must be there and a string");
		return false;
	}
	v = json_object_get(message, "arguments");
	if (v && !json_is_object(v)) {
		fail(e, MON_GENERIC, "member \"arguments\" must be an object");
		return false;
	}
	return true;
}

static json_t *execute(struct mon *m, struct mon_session *s, json_t *message, struct mon_error *e)
{
	struct mon_call c = { .mon = m, .session = s, .error = e };
	const char *name;
	enum mon_id id;
	json_t *ret;

	if (!check_members(message, e))
		return NULL;
	name = json_string_value(json_object_get(message, "execute"));
	id = find(name);
	if (!s->is_ready && id != MON_qmp_capabilities) {
		fail(e, MON_NOT_FOUND, "the first command must be qmp_capabilities, not \"%.*s\"",
		     SHOW_MAX, name);
		return NULL;
	}
	if (id == MON_COUNT) {
		fail(e, MON_NOT_FOUND, "there is no command \"%.*s\"", SHOW_MAX, name);
		return NULL;
	}
	c.args = json_incref(json_object_get(message, "arguments"));
	if (!c.args)
		c.args = json_object();
	ret = check_args(&mon_rows[id], c.args, e) ? handlers[id](&c) : NULL;
	json_decref(c.args);
	return ret;
}

/* @object as a line; takes the reference. */
static char *line_of(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT), *line = NULL;
	size_t n = text ? strlen(text) : 0;

	if (text)
		line = realloc(text, n + 3);
	if (line)
		memcpy(line + n, "\r\n", 3);
	else
		free(text);
	json_decref(object);
	return line;
}

/* Takes the reference of @id, which may be NULL. */
static char *error_line(const struct mon_error *e, json_t *id)
{
	json_t *o = json_pack("{s:{s:s,s:s}}", "error", "class", e->class, "desc", e->text);

	/* what a client wrote may have been cut within a character */
	if (!o)
		o = json_pack("{s:{s:s,s:s}}", "error", "class", e->class, "desc", "bad message");
	if (id)
		json_object_set_new(o, "id", id);
	return line_of(o);
}

char *mon_answer(struct mon *m, struct mon_session *s, const char *text, size_t n)
{
	struct mon_error e = { .class = MON_GENERIC, .text = "no memory" };
	json_error_t why;
	json_t *message = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why), *ret, *id;

	if (!message) {
		fail(&e, MON_GENERIC, "not JSON: %s, at byte %d", why.text, why.position);
		return error_line(&e, NULL);
	}
	id = json_incref(json_object_get(message, "id"));
	ret = execute(m, s, message, &e);
	json_decref(message);
	if (!ret)
		return error_line(&e, id);
	ret = json_pack("{s:o}", "return", ret);
	if (id)
		json_object_set_new(ret, "id", id);
	return line_of(ret);
}

char *mon_refuse(const char *reason)
{
	struct mon_error e;

	fail(&e, MON_GENERIC, "%s", reason);
	return error_line(&e, NULL);
}

/* The three numbers of HYPAR_VERSION, under the key that clients read. */
static json_t *version(void)
{
	int major = 0, minor = 0, micro = 0;

	if (sscanf(HYPAR_VERSION, "%d.%d.%d", &major, &minor, &micro) != 3)
		micro = 0;
	return json_pack("{s:{s:i,s:i,s:i},s:s}", "qemu", "major", major, "minor", minor, "micro",
			 micro, "package", "hypar " HYPAR_VERSION);
}

json_t *mon_query_version(struct mon_call *c)
{
	(void)c;
	return version();
}

char *mon_greeting(void)
{
	return line_of(json_pack("{s:{s:o,s:[]}}", "QMP", "version", version(), "capabilities"));
}

static const char *const request_states[] = {
	[HYPAR_DR_WAITING] = "waiting",	  [HYPAR_DR_SEEN] = "seen",
	[HYPAR_DR_PROGRESS] = "progress", [HYPAR_DR_DONE] = "done",
	[HYPAR_DR_REFUSED] = "refused",	  [HYPAR_DR_CANCELLED] = "cancelled",
};

const char *mon_drc_type(enum hypar_drc_type type)
{
	switch (type) {
	case HYPAR_DRC_CPU:
		return "cpu";
	case HYPAR_DRC_PHB:
		return "phb";
	case HYPAR_DRC_VIO:
		return "slot";
	case HYPAR_DRC_PCI:
		return "pci";
	case HYPAR_DRC_PMEM:
		return "pmem";
	default:
		return "memory";
	}
}

json_t *mon_request(const struct hypar_dr_request *r)
{
	return json_pack("{s:I,s:s,s:s,s:s,s:s,s:i,s:i,s:I,s:s}", "request", (json_int_t)r->request,
			 "state", request_states[r->state], "action",
			 r->is_removal ? "remove" : "add", "type", mon_drc_type(r->type), "what",
			 r->what, "done", (int)r->done, "wanted", (int)r->wanted, "age-ms",
			 (json_int_t)r->age_ms, "why", r->why);
}

/* Of the events of dynamic reconfiguration. */
static json_t *dr_data(const struct hypar_event *ev)
{
	bool is_size = ev->kind == HYPAR_EVENT_MEMORY_DEVICE_SIZE_CHANGE;
	json_t *data;

	if (ev->kind == HYPAR_EVENT_DR_REQUEST)
		return mon_request(ev->request);
	data = json_pack("{s:o,s:I}", is_size ? "qom-path" : "path",
			 *ev->device ? json_sprintf("/machine/peripheral/%s", ev->device) :
				       json_sprintf("/machine/unattached/request[%u]",
						    ev->request->request),
			 "x-hypar-request", (json_int_t)ev->request->request);
	if (*ev->device)
		json_object_set_new(data, is_size ? "id" : "device", json_string(ev->device));
	if (is_size)
		json_object_set_new(data, "size", json_integer((json_int_t)ev->size));
	if (ev->kind == HYPAR_EVENT_DEVICE_UNPLUG_GUEST_ERROR)
		json_object_set_new(data, "x-hypar-reason", json_string(ev->request->why));
	return data;
}

char *mon_event_line(const struct hypar_event *ev, const char *reason)
{
	json_t *o, *data = NULL;
	struct timeval now;

	gettimeofday(&now, NULL);
	o = json_pack("{s:s,s:{s:I,s:I}}", "event", mon_event_names[ev->kind], "timestamp",
		      "seconds", (json_int_t)now.tv_sec, "microseconds", (json_int_t)now.tv_usec);
	if (ev->request)
		data = dr_data(ev);
	else if (ev->kind == HYPAR_EVENT_RESET || ev->kind == HYPAR_EVENT_SHUTDOWN)
		data = json_pack("{s:b,s:s}", "guest", ev->by_guest, "reason", reason);
	else if (ev->kind == HYPAR_EVENT_GUEST_PANICKED) {
		data = json_pack("{s:s}", "action", "poweroff");
		/* text of the guest's: set only if it is UTF-8 */
		json_object_set_new(data, "x-hypar-reason", json_string(ev->reason));
	}
	if (data)
		json_object_set_new(o, "data", data);
	return line_of(o);
}
