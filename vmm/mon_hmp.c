/* SPDX-License-Identifier: Apache-2.0 */
/*
 * human-monitor-command: a few lines that clients and people send, answered as
 * text. Most of them run a command of mon.def.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mon.h"

struct human {
	struct mon_call *c;
	FILE *f;
	const char *rest; /* of the line */
	unsigned int cpu;
};

static void put_error(const struct human *h)
{
	fprintf(h->f, "Error: %s\n", h->c->error->text);
}

/* ---- info ---- */

static void registers_of(const struct human *h, unsigned int cpu)
{
	struct hypar_register r[HYPAR_REGISTERS_MAX];
	struct hypar_err e = { 0 };
	int n = hypar_machine_registers(h->c->mon->machine, cpu, r, &e), col = 0;

	if (n < 0) {
		fprintf(h->f, "Error: %s\n", e.text);
		return;
	}
	fprintf(h->f, "CPU#%u\n", cpu);
	for (int i = 0; i < n; i++) {
		fprintf(h->f, "%-7s%0*llx%s", r[i].name, (int)(2 * r[i].size),
			(unsigned long long)r[i].value, ++col % 4 && i + 1 < n ? " " : "\n");
	}
}

static void info_registers(const struct human *h)
{
	struct hypar_cpu_info info;

	if (strcmp(h->rest, "-a") != 0) {
		registers_of(h, h->cpu);
		return;
	}
	for (unsigned int i = 0; !hypar_machine_cpu_next(h->c->mon->machine, &i, &info); i++)
		registers_of(h, i);
}

static void info_status(const struct human *h)
{
	enum hypar_status s = hypar_machine_status(h->c->mon->machine);

	fprintf(h->f, "VM status: %s\n",
		s == HYPAR_STATUS_RUNNING ? "running" :
		s == HYPAR_STATUS_PAUSED  ? "paused" :
					    "not running");
}

static void info_cpus(const struct human *h)
{
	struct hypar_cpu_info info;

	for (unsigned int i = 0; !hypar_machine_cpu_next(h->c->mon->machine, &i, &info); i++)
		fprintf(h->f, "%c CPU #%u: thread_id=%d%s\n", i == h->cpu ? '*' : ' ', i,
			info.thread_id,
			!info.is_started ? " (stopped)" :
			info.is_waiting	 ? " (idle)" :
					   "");
}

static void info_version(const struct human *h)
{
	fprintf(h->f, "hypar %s\n", HYPAR_VERSION);
}

static void info_kvm(const struct human *h)
{
	fputs("kvm support: not compiled\n", h->f);
}

static void info_help(const struct human *h);

static const struct info {
	const char *name;
	void (*fn)(const struct human *h);
	const char *help;
} infos[] = {
	{ "registers", info_registers, "registers [-a]  registers of this vCPU, or of all" },
	{ "status", info_status, "status  whether the machine runs" },
	{ "cpus", info_cpus, "cpus  vCPUs and their threads" },
	{ "version", info_version, "version  of hypar" },
	{ "kvm", info_kvm, "kvm  there is none" },
	{ "help", info_help, "help  this" },
};

static void info_help(const struct human *h)
{
	for (size_t i = 0; i < sizeof(infos) / sizeof(infos[0]); i++)
		fprintf(h->f, "info %s\n", infos[i].help);
}

/* ---- lines ---- */

/* Takes the first word of the line; its length. */
static size_t next_word(struct human *h, const char **word)
{
	size_t n = strcspn(h->rest, " ");

	*word = h->rest;
	h->rest += n;
	h->rest += strspn(h->rest, " ");
	return n;
}

static bool is_word(const char *word, size_t n, const char *name)
{
	return strlen(name) == n && !memcmp(word, name, n);
}

static void human_info(struct human *h)
{
	const char *word;
	size_t n = next_word(h, &word);

	for (size_t i = 0; i < sizeof(infos) / sizeof(infos[0]); i++)
		if (is_word(word, n, infos[i].name)) {
			infos[i].fn(h);
			return;
		}
	fprintf(h->f, "unknown: info %.*s\n", n < 40 ? (int)n : 40, word);
	info_help(h);
}

/* Lines that are a command without arguments and an answer. */
static const struct {
	const char *name;
	json_t *(*fn)(struct mon_call *c);
} plain[] = {
	{ "stop", mon_stop },
	{ "cont", mon_cont },
	{ "c", mon_cont },
	{ "system_reset", mon_system_reset },
	{ "system_powerdown", mon_system_powerdown },
	{ "nmi", mon_inject_nmi },
	{ "quit", mon_quit },
	{ "q", mon_quit },
};

static void human_line(struct human *h)
{
	const char *word;
	size_t n = next_word(h, &word);
	json_t *ret;

	if (is_word(word, n, "info")) {
		human_info(h);
		return;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (!is_word(word, n, plain[i].name))
			continue;
		ret = plain[i].fn(h->c);
		if (!ret)
			put_error(h);
		json_decref(ret);
		return;
	}
	if (n && !is_word(word, n, "help"))
		fprintf(h->f, "unknown command: %.*s\n", n < 40 ? (int)n : 40, word);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		fprintf(h->f, "%s\n", plain[i].name);
	info_help(h);
}

char *mon_human(struct mon_call *c, const char *line, unsigned int cpu)
{
	struct human h = { .c = c, .rest = line + strspn(line, " "), .cpu = cpu };
	char *text = NULL;
	size_t n;

	h.f = open_memstream(&text, &n);
	if (!h.f) {
		mon_fail(c, "no memory");
		return NULL;
	}
	human_line(&h);
	if (fclose(h.f)) {
		free(text);
		mon_fail(c, "no memory");
		return NULL;
	}
	return text;
}
