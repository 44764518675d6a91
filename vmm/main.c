/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program: its commands. What "run" does is in run.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "complete.h"
#include "ctl.h"
#include "help.h"
#include "opt.h"
#include "run.h"
#include "status.h"
#include "term.h"

static int usage(const char *what, const char *why)
{
	term_say("%s%s%s; see hypar --help", what, *what ? ": " : "", why);
	return STATUS_USAGE;
}

/* Text for the user, which may be on its way to a full disk. */
static int print(void (*page)(FILE *f))
{
	page(stdout);
	if (fflush(stdout) || ferror(stdout)) {
		term_say("standard output: %s", strerror(errno));
		return STATUS_HOST;
	}
	return STATUS_OK;
}

static void version(FILE *f)
{
	fputs("hypar " HYPAR_VERSION "\n", f);
}

static int run(int argc, char **argv)
{
	struct hypar_err e = { 0 };
	struct options o;
	int status = STATUS_USAGE;

	if (opt_parse(&o, argc, argv, &e))
		term_say("%s", e.text);
	else
		status = o.help ? print(help_run) : (int)run_machine(&o);
	opt_free(&o);
	return status;
}

/* Files that are opened must not become standard input, output or error. */
static void fill_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*page)(FILE *f);
	} pages[] = { { "--help", help_program }, { "--version", version }, { "--man", help_man } };

	fill_standard_files();
	if (argc < 2)
		return usage("", "no command given");
	if (!strcmp(argv[1], "run"))
		return run(argc - 2, argv + 2);
	if (!strcmp(argv[1], "ctl"))
		return ctl_main(argc - 2, argv + 2);
	if (!strcmp(argv[1], "--completion"))
		return argc == 3 && !strcmp(argv[2], "bash") ?
			       print(complete_bash) :
			       usage("--completion", "takes one word, \"bash\"");
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		if (strcmp(argv[1], pages[i].name))
			continue;
		return argc > 2 ? usage(argv[2], "unexpected") : print(pages[i].page);
	}
	return usage(argv[1], argv[1][0] == '-' ? "unknown option" : "unknown command");
}
