/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What GDB's command "monitor" understands.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gdbstub_int.h"

typedef unsigned long long ull;

/* Text for the user, a line. */
static void say(struct gdb *g, const char *text)
{
	g->reply.n = 0;
	gdb_buf_text(&g->reply, "O");
	gdb_buf_hex(&g->reply, text, strlen(text));
	gdb_buf_hex(&g->reply, "\n", 1);
	gdb_send(g);
}

static void say_line(void *opaque, const char *line)
{
	say(opaque, line);
}

static int help(struct gdb *g, const char *arg)
{
	(void)arg;
	say(g, "registers         of all vCPUs");
	say(g, "stats             counters");
	say(g, "trace             the last trace records");
	say(g, "phys [on|off]     memory by guest real address instead of effective address");
	say(g, "translate ADDRESS the real address of an effective one");
	say(g, "endian [little|big|auto]");
	say(g, "                  byte order of registers; auto: that of the kernel's file");
	say(g, "nmi               a system reset interrupt on all vCPUs");
	say(g, "powerdown         asks the guest to shut down");
	say(g, "reset             restarts the machine when it goes on");
	say(g, "quit              ends the machine");
	return 0;
}

static int report(struct gdb *g, const char *what)
{
	struct hypar_err e = { 0 };

	return hypar_debug_report(g->machine, what, say_line, g, &e);
}

static int registers(struct gdb *g, const char *arg)
{
	(void)arg;
	return report(g, "registers");
}

static int stats(struct gdb *g, const char *arg)
{
	(void)arg;
	return report(g, "stats");
}

static int trace(struct gdb *g, const char *arg)
{
	(void)arg;
	return report(g, "trace");
}

static int phys(struct gdb *g, const char *arg)
{
	if (!strcmp(arg, "on") || !strcmp(arg, "off"))
		g->is_phys = arg[1] == 'n';
	else if (*arg)
		return -EINVAL;
	say(g, g->is_phys ? "memory is by guest real address" : "memory is by effective address");
	return 0;
}

static int translate(struct gdb *g, const char *arg)
{
	struct hypar_debug_place at = { .cpu = g->cpu_g };
	struct hypar_err e = { 0 };
	uint64_t real;
	char text[80];

	if (!strncmp(arg, "0x", 2))
		arg += 2;
	if (!gdb_hex_number(&arg, &at.address) || *arg)
		return -EINVAL;
	if (hypar_debug_translate(g->machine, &at, &real, &e)) {
		say(g, e.text);
		return 0;
	}
	snprintf(text, sizeof(text), "0x%llx", (ull)real);
	say(g, text);
	return 0;
}

static int endian(struct gdb *g, const char *arg)
{
	if (!strcmp(arg, "little") || !strcmp(arg, "big"))
		g->is_le = *arg == 'l';
	else if (!strcmp(arg, "auto"))
		g->is_le = hypar_debug_is_le(g->machine);
	else if (*arg)
		return -EINVAL;
	say(g, g->is_le ? "registers are little-endian" : "registers are big-endian");
	return 0;
}

static int nmi(struct gdb *g, const char *arg)
{
	struct hypar_err e = { 0 };

	(void)arg;
	return hypar_machine_nmi(g->machine, &e);
}

static int powerdown(struct gdb *g, const char *arg)
{
	(void)arg;
	hypar_machine_shutdown(g->machine);
	return 0;
}

static int reset(struct gdb *g, const char *arg)
{
	(void)arg;
	hypar_machine_reset(g->machine);
	return 0;
}

static int quit(struct gdb *g, const char *arg)
{
	(void)arg;
	g->wish = GDB_KILL;
	return 0;
}

void gdb_monitor(struct gdb *g, const char *line)
{
	static const struct {
		const char *name;
		int (*run)(struct gdb *g, const char *arg);
	} commands[] = {
		{ "help", help },	    { "registers", registers },
		{ "stats", stats },	    { "trace", trace },
		{ "phys", phys },	    { "translate", translate },
		{ "endian", endian },	    { "nmi", nmi },
		{ "powerdown", powerdown }, { "reset", reset },
		{ "quit", quit },
	};
	size_t n = strcspn(line, " ");
	const char *arg = line + n + strspn(line + n, " ");

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		int ret;

		if (strlen(commands[i].name) != n || strncmp(commands[i].name, line, n))
			continue;
		ret = commands[i].run(g, arg);
		g->reply.n = 0;
		if (ret)
			gdb_error(g, ret);
		else
			gdb_buf_text(&g->reply, "OK");
		return;
	}
	say(g, "not a command; \"monitor help\" lists them");
	gdb_buf_text(&g->reply, "OK");
}
