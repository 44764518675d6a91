/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of "hypar ctl", by the table ctl.def.
 */
#include "ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "help.h"
#include "term.h"

const struct ctl_row ctl_rows[CTL_COUNT] = {
#define CTL(id, name, words, min, max, help) [CTL_##id] = { name, words, min, max, help },
#include "ctl.def"
#undef CTL
};

static int (*const handlers[CTL_COUNT])(struct ctl *c) = {
#define CTL(id, ...) [CTL_##id] = ctl_##id,
#include "ctl.def"
#undef CTL
};

const struct ctl_option ctl_options[CTL_OPTIONS] = {
	{ "--json", NULL, "Print what the monitor answers, as JSON." },
	{ "--cpu", "N", "The vCPU of registers and disassemble." },
	{ "--timeout", "S", "How many seconds wait waits; then the status is 124." },
	{ "--help", NULL, "Print this and exit." },
};

static int usage(const char *what, const char *why)
{
	term_say("ctl: %s%s%s; see hypar ctl --help", what, *what ? ": " : "", why);
	return STATUS_USAGE;
}

/* The value of the option at argv[*at], which may follow "=" or be the next word. */
static const char *option_value(const char *name, int argc, char **argv, int *at)
{
	size_t n = strlen(name);

	if (argv[*at][n] == '=')
		return argv[*at] + n + 1;
	return *at + 1 < argc ? argv[++*at] : NULL;
}

static bool is_option(const char *word, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(word, name, n) && (!word[n] || word[n] == '=');
}

struct line {
	struct ctl ctl;
	const char *command;
	bool help;
};

/* A word that is no option. STATUS_OK, or said so. */
static int take_word(struct line *l, const char *word)
{
	if (!l->ctl.socket)
		l->ctl.socket = word;
	else if (!l->command)
		l->command = word;
	else if (l->ctl.n_words < CTL_WORDS_MAX)
		l->ctl.words[l->ctl.n_words++] = word;
	else
		return usage(word, "one word too many");
	return STATUS_OK;
}

static int parse(struct line *l, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		const char **value = is_option(argv[i], "--cpu")     ? &l->ctl.cpu :
				     is_option(argv[i], "--timeout") ? &l->ctl.timeout :
								       NULL;
		const char *word = argv[i];
		int ret = STATUS_OK;

		if (value) {
			*value = option_value(value == &l->ctl.cpu ? "--cpu" : "--timeout", argc,
					      argv, &i);
			if (!*value)
				return usage(word, "the value is missing");
		} else if (!strcmp(word, "--json")) {
			l->ctl.is_json = true;
		} else if (!strcmp(word, "--help")) {
			l->help = true;
		} else if (word[0] == '-') {
			return usage(word, "unknown option");
		} else {
			ret = take_word(l, word);
		}
		if (ret)
			return ret;
	}
	return STATUS_OK;
}

static int carry_out(struct line *l)
{
	unsigned int i;
	int ret;

	for (i = 0; i < CTL_COUNT && strcmp(l->command, ctl_rows[i].name) != 0; i++)
		continue;
	if (i == CTL_COUNT)
		return usage(l->command, "unknown command");
	if (l->ctl.n_words < ctl_rows[i].min)
		return usage(l->command, "a word is missing");
	if (l->ctl.n_words > ctl_rows[i].max)
		return usage(l->ctl.words[ctl_rows[i].max], "one word too many");
	if (l->ctl.cpu && i != CTL_registers && i != CTL_disassemble)
		return usage("--cpu", "only registers and disassemble take it");
	if (l->ctl.timeout && i != CTL_wait)
		return usage("--timeout", "only wait takes it");
	l->ctl.client = ctl_connect(l->ctl.socket);
	if (!l->ctl.client)
		return STATUS_HOST;
	ret = handlers[i](&l->ctl);
	ctl_disconnect(l->ctl.client);
	return ret;
}

int ctl_main(int argc, char **argv)
{
	struct line l = { 0 };
	int ret = parse(&l, argc, argv);

	if (ret)
		return ret;
	if (l.help)
		help_ctl(stdout);
	else if (!l.ctl.socket || !l.command)
		return usage("", l.ctl.socket ? "no command given" : "no socket given");
	else
		ret = carry_out(&l);
	if (fflush(stdout) || ferror(stdout)) {
		term_say("standard output: %s", strerror(errno));
		return STATUS_HOST;
	}
	return ret;
}
