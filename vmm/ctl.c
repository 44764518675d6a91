/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of "hypar ctl", by the table ctl.def.
 */
#include "ctl.h"

#include <errno.h>
#include <stddef.h>
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

#define ADDS " add-memory add-cpu add-pci add-slot add-phb add-nvdimm "
#define REMOVES " remove-memory remove-cpu remove-pci remove-slot remove-phb remove-nvdimm "
#define AT(member) offsetof(struct ctl, member)

const struct ctl_option ctl_options[CTL_OPTIONS] = {
	{ "--json", NULL, NULL, 0, "Print what the monitor answers, as JSON." },
	{ "--cpu", "N", " registers disassemble ", AT(cpu),
	  "The vCPU of registers and disassemble." },
	{ "--timeout", "S", " wait" ADDS REMOVES, AT(timeout),
	  "How many seconds wait waits, and the commands that add and remove; then the status is "
	  "124. Without it, the latter wait as long as the guest comes further within a minute." },
	{ "--no-wait", NULL, ADDS REMOVES, AT(no_wait),
	  "Add or remove: return when the guest has been asked." },
	{ "--at", "ADDR", " remove-memory ", AT(at), "The memory from there on." },
	{ "--id", "ID", " add-memory ", AT(id), "Its name, for remove-memory; otherwise memN." },
	{ "--node", "N", " add-memory ", AT(node),
	  "The NUMA node that it is added to; otherwise 0." },
	{ "--surprise", NULL, " remove-pci remove-slot ", AT(surprise), "Do not ask the guest." },
	{ "--count", "N", " inject ", AT(count),
	  "The next N calls; 0: all until it is taken back. Otherwise 1." },
	{ "--drc", "INDEX", " inject ", AT(drc), "Only calls that name this connector." },
	{ "--delay", "US", " inject ", AT(delay),
	  "The answer comes that many microseconds later." },
	{ "--skip", "N", " inject ", AT(skip), "So many such calls are let through first." },
	{ "--help", NULL, NULL, 0, "Print this and exit." },
};

bool ctl_takes(const char *command, const struct ctl_option *o)
{
	char word[40];

	if (!o->commands)
		return true;
	snprintf(word, sizeof(word), " %s ", command);
	return strstr(o->commands, word);
}

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

static const struct ctl_option *find_option(const char *word)
{
	for (size_t i = 0; i < CTL_OPTIONS; i++)
		if (is_option(word, ctl_options[i].name))
			return &ctl_options[i];
	return NULL;
}

static const char **place_of(struct ctl *c, const struct ctl_option *o)
{
	return (const char **)(void *)((char *)c + o->at);
}

/* The option at argv[*at]. */
static int take_option(struct line *l, int argc, char **argv, int *at)
{
	const char *word = argv[*at], *value = "";
	const struct ctl_option *o = find_option(word);

	if (!o || (!o->argument && strchr(word, '=')))
		return usage(word, "unknown option");
	if (o->argument)
		value = option_value(o->name, argc, argv, at);
	if (!value)
		return usage(word, "the value is missing");
	if (o->at)
		*place_of(&l->ctl, o) = value;
	else if (!strcmp(o->name, "--json"))
		l->ctl.is_json = true;
	else
		l->help = true;
	return STATUS_OK;
}

/* A negative number is a word. */
static bool is_word(const char *text)
{
	return text[0] != '-' || (text[1] >= '0' && text[1] <= '9');
}

static int parse(struct line *l, int argc, char **argv)
{
	int ret = STATUS_OK;

	for (int i = 0; !ret && i < argc; i++)
		ret = is_word(argv[i]) ? take_word(l, argv[i]) : take_option(l, argc, argv, &i);
	return ret;
}

/* Options that the command does not take. */
static int check_options(struct line *l)
{
	char why[200];

	for (size_t i = 0; i < CTL_OPTIONS; i++) {
		const struct ctl_option *o = &ctl_options[i];

		if (!o->at || !*place_of(&l->ctl, o) || ctl_takes(l->command, o))
			continue;
		snprintf(why, sizeof(why), "%s does not take it", l->command);
		return usage(o->name, why);
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
	ret = check_options(l);
	if (ret)
		return ret;
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
