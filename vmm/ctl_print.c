/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commands of "hypar ctl": what they ask the monitor, and its answers as
 * tables. With --json the answers are printed as they come.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "mon.h"
#include "term.h"

bool ctl_print_json(const struct ctl *c, json_t *value)
{
	if (!c->is_json)
		return false;
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
	json_decref(value);
	return true;
}

const char *ctl_text(json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

long long ctl_number(json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

/* A command whose answer is nothing. */
static int plain(struct ctl *c, const char *command)
{
	json_t *ret = ctl_execute(c->client, command, NULL);

	if (!ret)
		return STATUS_HOST;
	if (!ctl_print_json(c, ret))
		json_decref(ret);
	return STATUS_OK;
}

int ctl_stop(struct ctl *c)
{
	return plain(c, "stop");
}

int ctl_cont(struct ctl *c)
{
	return plain(c, "cont");
}

int ctl_powerdown(struct ctl *c)
{
	return plain(c, "system_powerdown");
}

int ctl_reset(struct ctl *c)
{
	return plain(c, "system_reset");
}

int ctl_nmi(struct ctl *c)
{
	return plain(c, "inject-nmi");
}

int ctl_quit(struct ctl *c)
{
	return plain(c, "quit");
}

/* ---- status ---- */

/* "core-id" 0, 0, 2: rows in the order of the monitor. */
static void print_cpus(json_t *cpus)
{
	json_t *cpu;
	size_t i;

	printf("\nvCPU  CORE  STATE    THREAD\n");
	json_array_foreach(cpus, i, cpu)
		printf("%4lld  %4lld  %-7s  %lld\n", ctl_number(cpu, "cpu-index"),
		       ctl_number(json_object_get(cpu, "props"), "core-id"),
		       ctl_text(cpu, "x-hypar-state"), ctl_number(cpu, "thread-id"));
}

int ctl_status(struct ctl *c)
{
	static const char *const commands[] = { "query-status", "query-version",
						"query-memory-size-summary", "query-cpus-fast" };
	json_t *all = json_object(), *part;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		part = ctl_execute(c->client, commands[i], NULL);
		if (!part) {
			json_decref(all);
			return STATUS_HOST;
		}
		json_object_set_new(all, commands[i] + strlen("query-"), part);
	}
	if (ctl_print_json(c, all))
		return STATUS_OK;
	printf("status   %s\n", ctl_text(json_object_get(all, "status"), "status"));
	printf("memory   %lld MiB\n",
	       (ctl_number(json_object_get(all, "memory-size-summary"), "base-memory") +
		ctl_number(json_object_get(all, "memory-size-summary"), "plugged-memory")) >>
		       20);
	printf("program  %s\n", ctl_text(json_object_get(all, "version"), "package"));
	print_cpus(json_object_get(all, "cpus-fast"));
	json_decref(all);
	return STATUS_OK;
}

/* ---- registers, instructions ---- */

bool ctl_digits(const char *what, const char *text, long long *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno)
		return true;
	term_say("ctl: %s \"%.40s\": not a number", what, text);
	return false;
}

/* Arguments with the vCPU of --cpu; NULL: said so. */
static json_t *cpu_args(const struct ctl *c)
{
	json_t *args = json_object();
	long long cpu;

	if (!c->cpu)
		return args;
	if (ctl_digits("--cpu", c->cpu, &cpu)) {
		json_object_set_new(args, "cpu", json_integer(cpu));
		return args;
	}
	json_decref(args);
	return NULL;
}

static void print_registers(json_t *cpu)
{
	json_t *registers = json_object_get(cpu, "registers"), *value;
	const char *name;
	int col = 0;

	printf("cpu%lld", ctl_number(cpu, "cpu"));
	json_object_foreach(registers, name, value)
	{
		const char *text = json_string_value(value);

		printf("%s%-6s %-16s", col++ % 4 ? "  " : "\n  ", name, text ? text + 2 : "");
	}
	putchar('\n');
}

int ctl_registers(struct ctl *c)
{
	json_t *args = cpu_args(c), *ret, *cpu;
	size_t i;

	if (!args)
		return STATUS_USAGE;
	ret = ctl_execute(c->client, "x-hypar-registers", args);
	if (!ret)
		return STATUS_HOST;
	if (ctl_print_json(c, ret))
		return STATUS_OK;
	json_array_foreach(ret, i, cpu) print_registers(cpu);
	json_decref(ret);
	return STATUS_OK;
}

int ctl_disassemble(struct ctl *c)
{
	json_t *args = cpu_args(c), *ret, *insn;
	long long n;
	size_t i;

	if (!args || (c->n_words > 1 && !ctl_digits("N", c->words[1], &n))) {
		json_decref(args);
		return STATUS_USAGE;
	}
	if (c->n_words > 0)
		json_object_set_new(args, "address", json_string(c->words[0]));
	if (c->n_words > 1)
		json_object_set_new(args, "count", json_integer(n));
	ret = ctl_execute(c->client, "x-hypar-disassemble", args);
	if (!ret)
		return STATUS_HOST;
	if (ctl_print_json(c, ret))
		return STATUS_OK;
	json_array_foreach(json_object_get(ret, "instructions"), i, insn)
	{
		const char *suffix = ctl_text(insn, "suffix");

		printf("%s  %s %-8s  %s\n", ctl_text(insn, "address") + 2,
		       ctl_text(insn, "word") + 2, *suffix ? suffix + 2 : "",
		       ctl_text(insn, "text"));
	}
	json_decref(ret);
	return STATUS_OK;
}

/* ---- the rest ---- */

int ctl_device_tree(struct ctl *c)
{
	json_t *ret = ctl_execute(c->client, "x-hypar-device-tree",
				  json_pack("{s:s}", "format", c->is_json ? "dtb" : "dts"));

	if (!ret)
		return STATUS_HOST;
	if (ctl_print_json(c, ret))
		return STATUS_OK;
	fputs(ctl_text(ret, "data"), stdout);
	json_decref(ret);
	return STATUS_OK;
}

int ctl_trace(struct ctl *c)
{
	bool on = c->n_words && !strcmp(c->words[0], "on");
	json_t *args = json_object(), *ret, *name;
	size_t i;

	if ((c->n_words && !on && strcmp(c->words[0], "off") != 0) || (c->n_words > 1 && !on)) {
		term_say("ctl: trace takes \"on\", a list after it, or \"off\"");
		json_decref(args);
		return STATUS_USAGE;
	}
	if (c->n_words)
		json_object_set_new(args, "enable", json_boolean(on));
	if (c->n_words > 1)
		json_object_set_new(args, "list", json_string(c->words[1]));
	ret = ctl_execute(c->client, "x-hypar-trace", args);
	if (!ret)
		return STATUS_HOST;
	if (ctl_print_json(c, ret))
		return STATUS_OK;
	printf("traced:");
	json_array_foreach(json_object_get(ret, "list"), i, name)
		printf(" %s", json_string_value(name));
	printf("%s\n", i ? "" : " nothing");
	json_decref(ret);
	return STATUS_OK;
}

int ctl_stats(struct ctl *c)
{
	json_t *ret = ctl_execute(c->client, "x-hypar-stats", NULL), *value;
	const char *name;

	if (!ret)
		return STATUS_HOST;
	if (ctl_print_json(c, ret))
		return STATUS_OK;
	json_object_foreach(ret, name, value)
		printf("%-24s %15lld\n", name, json_integer_value(value));
	json_decref(ret);
	return STATUS_OK;
}

/* Seconds, with a fraction perhaps. */
int ctl_timeout_ms(const struct ctl *c)
{
	double s;
	char *end;

	if (!c->timeout)
		return -1;
	s = strtod(c->timeout, &end);
	if (*c->timeout >= '0' && *c->timeout <= '9' && !*end && s >= 0 && s < 2000000)
		return (int)(s * 1000);
	term_say("ctl: --timeout \"%.40s\": not a number of seconds", c->timeout);
	return -2;
}

int ctl_wait(struct ctl *c)
{
	int ms = ctl_timeout_ms(c), known = 0;
	json_t *event = NULL;
	enum status status;

	for (int i = 0; i < MON_EVENTS; i++)
		known += !strcmp(c->words[0], mon_event_names[i]);
	if (!known)
		term_say("ctl: wait \"%.40s\": there is no such event", c->words[0]);
	if (!known || ms < -1)
		return STATUS_USAGE;
	status = ctl_wait_event(c->client, c->words[0], ms, &event);
	if (status == STATUS_TIMEOUT)
		term_say("ctl: no %s within %s s", c->words[0], c->timeout);
	if (event && !ctl_print_json(c, event)) {
		json_t *data = json_object_get(event, "data");
		const char *reason = ctl_text(data, "reason");

		printf("%s%s%s\n", c->words[0], *reason ? " " : "", reason);
		json_decref(event);
	}
	return (int)status;
}
