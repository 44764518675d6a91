/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --help and the man page, from the tables.
 */
#include "help.h"

#include <stdbool.h>
#include <string.h>

#include "ctl.h"
#include "opt.h"

#define WIDTH 79
#define INDENT 8

static const struct {
	int number;
	const char *meaning;
} statuses[] = {
#define STATUS(id, number, meaning) { number, meaning },
#include "status.def"
#undef STATUS
};

static const char *const keys[][2] = {
	{ "Ctrl-A x", "stop the machine and quit" },
	{ "Ctrl-A h", "list the keys" },
	{ "Ctrl-A Ctrl-A", "send one Ctrl-A to the guest (Ctrl-A a, too)" },
};

static const char *const signals[][2] = {
	{ "SIGTERM", "asks the guest to shut down; the second one stops the machine" },
	{ "SIGINT, SIGHUP, SIGQUIT", "stop the machine" },
	{ "SIGTSTP, SIGCONT", "give the terminal back and take it again" },
};

/* @text in lines of WIDTH, each after @indent blanks. */
static void wrapped(FILE *f, const char *text, int indent)
{
	int col = 0;

	while (*text) {
		int n = (int)strcspn(text, " ");

		if (col && col + 1 + n > WIDTH) {
			fputc('\n', f);
			col = 0;
		}
		col += fprintf(f, "%*s%.*s", col ? 1 : indent, "", n, text);
		text += n;
		text += strspn(text, " ");
	}
	fputc('\n', f);
}

/* @text from column @col on; where it is long, it goes on below before "[" or "|". */
static void put_argument(FILE *f, const char *text, int col)
{
	while (*text) {
		int n = 1 + (int)strcspn(text + 1, "[|");

		if (col + n > WIDTH - 1)
			col = fprintf(f, "\n%*s", INDENT, "") - 1;
		col += fprintf(f, "%.*s", n, text);
		text += n;
	}
}

void help_program(FILE *f)
{
	fputs("Usage: hypar run --kernel FILE [OPTION...]\n"
	      "       hypar run --help\n"
	      "       hypar ctl SOCKET COMMAND\n"
	      "       hypar ctl --help\n"
	      "       hypar --help | --version | --man | --completion bash\n"
	      "\n"
	      "hypar runs unmodified ppc64 kernels on the PAPR (pseries) platform, in user\n"
	      "space and with its own CPU engine.\n"
	      "\n"
	      "  run        boot a kernel; \"hypar run --help\" lists the options\n"
	      "  ctl        look at and steer a machine that runs with --monitor\n"
	      "  --help     print this and exit\n"
	      "  --version  print the version and exit\n"
	      "  --man      print the manual page in roff and exit\n"
	      "  --completion bash\n"
	      "             print completion for that shell and exit\n",
	      f);
}

void help_ctl(FILE *f)
{
	fputs("Usage: hypar ctl SOCKET COMMAND [WORD...] [OPTION...]\n"
	      "\n"
	      "SOCKET is that of hypar run --monitor unix:SOCKET.\n"
	      "\n"
	      "Commands:\n",
	      f);
	for (int i = 0; i < CTL_COUNT; i++) {
		const struct ctl_row *r = &ctl_rows[i];

		fprintf(f, "  %s%s%s\n", r->name, *r->words ? " " : "", r->words);
		wrapped(f, r->help, INDENT);
	}
	fputs("\nOptions:\n", f);
	for (int i = 0; i < CTL_OPTIONS; i++) {
		const struct ctl_option *o = &ctl_options[i];

		fprintf(f, "  %s%s%s\n", o->name, o->argument ? " " : "",
			o->argument ? o->argument : "");
		wrapped(f, o->help, INDENT);
	}
	fputs("\nExit status: 0, 1 when the machine is gone or refused, 2 when the command line\n"
	      "is wrong, 124 when --timeout was over.\n",
	      f);
}

void help_run(FILE *f)
{
	fputs("Usage: hypar run --kernel FILE [OPTION...]\n\nOptions:\n", f);
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct opt_row *r = &opt_rows[i];

		int col = fprintf(f, "  --%s%s", r->name, r->argument ? " " : "");

		if (r->argument)
			put_argument(f, r->argument, col);
		if (r->alias)
			fprintf(f, ", %s", r->alias);
		if (r->dflt)
			fprintf(f, "  [%s]", r->dflt);
		fputc('\n', f);
		wrapped(f, r->help, INDENT);
	}
	fputs("\nKeys, when the console is this terminal:\n", f);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		fprintf(f, "  %-14s %s\n", keys[i][0], keys[i][1]);
	fputs("\nSignals:\n", f);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		fprintf(f, "  %s\n%*s%s\n", signals[i][0], INDENT, "", signals[i][1]);
	fputs("\nExit status:\n", f);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		fprintf(f, "  %d\n", statuses[i].number);
		wrapped(f, statuses[i].meaning, INDENT);
	}
}

/* ---- roff ---- */

/* A hyphen that may be typed is "\-"; a line must not begin with a control character. */
static void roff(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", f);
		else if (*text == '\\')
			fputs("\\e", f);
		else
			fputc(*text, f);
	}
}

static void item(FILE *f, const char *head, const char *text)
{
	fputs(".TP\n.B \"", f);
	roff(f, head);
	fputs("\"\n", f);
	roff(f, text);
	fputc('\n', f);
}

static void man_option(FILE *f, const struct opt_row *r)
{
	fputs(".TP\n\\fB\\-\\-", f);
	roff(f, r->name);
	fputs("\\fR", f);
	if (r->argument) {
		fputs(" \\fI", f);
		roff(f, r->argument);
		fputs("\\fR", f);
	}
	if (r->alias) {
		fputs(", \\fB", f);
		roff(f, r->alias);
		fputs("\\fR", f);
	}
	fputc('\n', f);
	roff(f, r->help);
	if (r->dflt) {
		fputs(" The default is ", f);
		roff(f, r->dflt);
		fputc('.', f);
	}
	fputc('\n', f);
}

static void man_row(FILE *f, const char *name, const char *argument, const char *help)
{
	fputs(".TP\n\\fB", f);
	roff(f, name);
	fputs("\\fR", f);
	if (argument && *argument) {
		fputs(" \\fI", f);
		roff(f, argument);
		fputs("\\fR", f);
	}
	fputc('\n', f);
	roff(f, help);
	fputc('\n', f);
}

static void man_ctl(FILE *f)
{
	fputs(".SH CONTROL\n"
	      "hypar ctl asks a machine that was started with \\-\\-monitor unix:\\fISOCKET\\fR:\n",
	      f);
	for (int i = 0; i < CTL_COUNT; i++)
		man_row(f, ctl_rows[i].name, ctl_rows[i].words, ctl_rows[i].help);
	fputs(".PP\nIts options:\n", f);
	for (int i = 0; i < CTL_OPTIONS; i++)
		man_row(f, ctl_options[i].name, ctl_options[i].argument, ctl_options[i].help);
	fputs(".PP\nIts status is 0, 1 when the machine is gone or refused, 2 when the\n"
	      "command line is wrong, 124 when the time was over.\n",
	      f);
}

void help_man(FILE *f)
{
	fputs(".TH HYPAR 1 \"\" \"hypar " HYPAR_VERSION "\" \"User Commands\"\n"
	      ".SH NAME\nhypar \\- run ppc64 kernels on the PAPR platform in user space\n"
	      ".SH SYNOPSIS\n"
	      ".B hypar run \\-\\-kernel\n.I FILE\n[\\fIOPTION\\fR...]\n.br\n"
	      ".B hypar run \\-\\-help\n.br\n"
	      ".B hypar ctl\n.I SOCKET COMMAND\n[\\fIWORD\\fR...] [\\fIOPTION\\fR...]\n.br\n"
	      ".B hypar \\-\\-help | \\-\\-version | \\-\\-man | \\-\\-completion bash\n"
	      ".SH DESCRIPTION\n"
	      "hypar is a hypervisor in user space for the PAPR (pseries) platform, with its\n"
	      "own CPU engine. It boots unmodified ppc64 and ppc64le kernels. A guest that\n"
	      "reboots starts again with the same configuration; when it powers off, hypar\n"
	      "ends.\n"
	      ".PP\n"
	      "A value follows its option as the next word or after \"=\". No option may be\n"
	      "given twice, but \\-\\-disk, \\-\\-net and \\-\\-device.\n"
	      ".SH OPTIONS\n",
	      f);
	for (int i = 0; i < OPT_COUNT; i++)
		man_option(f, &opt_rows[i]);
	man_ctl(f);
	fputs(".SH KEYS\nWhen the console is a terminal, every key goes to the guest but:\n", f);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		item(f, keys[i][0], keys[i][1]);
	fputs(".SH SIGNALS\n", f);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		item(f, signals[i][0], signals[i][1]);
	fputs(".SH EXIT STATUS\n", f);
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		char head[16];

		snprintf(head, sizeof(head), "%d", statuses[i].number);
		item(f, head, statuses[i].meaning);
	}
	fputs(".PP\nAfter 4 and 5 the reason, the registers and the last trace records are on\n"
	      "standard error.\n"
	      ".SH EXAMPLE\n.nf\n"
	      "hypar run \\-\\-kernel vmlinux \\-\\-initrd initrd.img \\e\n"
	      "    \\-\\-append console=hvc0 \\-\\-memory 4G \\-\\-smp 2\n.fi\n",
	      f);
}
