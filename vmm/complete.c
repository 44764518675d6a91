/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A completion function for bash, from the tables of options, ctl commands,
 * events and trace points. It asks no running program.
 */
#include "complete.h"

#include <stdbool.h>
#include <string.h>

#include "ctl.h"
#include "mon.h"
#include "opt.h"

/* Is @argument a choice of words, such as "auto|xics|xive"? */
static bool is_choice(const char *argument)
{
	return strchr(argument, '|') &&
	       strspn(argument, "abcdefghijklmnopqrstuvwxyz0123456789|:=,PATHD+SECON") ==
		       strlen(argument);
}

/* The words of a choice; what comes before a value in capitals stays as it is. */
static void put_choice(FILE *f, const char *argument)
{
	while (*argument) {
		size_t n = strcspn(argument, "|"), word = 0;

		while (word < n && !(argument[word] >= 'A' && argument[word] <= 'Z') &&
		       argument[word] != '+')
			word++;
		if (word)
			fprintf(f, "%.*s ", (int)word, argument);
		argument += n + (argument[n] == '|');
	}
}

static void put_trace_words(FILE *f)
{
	for (size_t i = 0; opt_trace_names[i].name; i++)
		fprintf(f, "%s ", opt_trace_names[i].name);
	fputs("all", f);
}

/* The cases of options whose value can be completed. */
static void put_values(FILE *f)
{
	for (unsigned int i = 0; i < OPT_COUNT; i++) {
		const struct opt_row *r = &opt_rows[i];

		if (!r->argument)
			continue;
		fprintf(f, "\t--%s", r->name);
		if (r->alias)
			fprintf(f, "|%s", r->alias);
		fputs(")\n", f);
		if (i == OPT_trace) {
			fputs("\t\t_hypar_list \"", f);
			put_trace_words(f);
			fputs("\"\n", f);
		} else if (!strcmp(r->argument, "FILE")) {
			fputs("\t\t_hypar_files\n", f);
		} else if (is_choice(r->argument) || !strncmp(r->argument, "unix:", 5)) {
			fputs("\t\t_hypar_words \"", f);
			put_choice(f, r->argument);
			fputs("\"\n", f);
		} else {
			fputs("\t\tCOMPREPLY=()\n", f);
		}
		fputs("\t\treturn ;;\n", f);
	}
}

static void put_run(FILE *f)
{
	fputs("_hypar_run()\n{\n\tcase $prev in\n", f);
	put_values(f);
	fputs("\tesac\n\t_hypar_words \"", f);
	for (unsigned int i = 0; i < OPT_COUNT; i++)
		fprintf(f, "--%s ", opt_rows[i].name);
	fputs("\"\n}\n\n", f);
}

/* "--cpu|--timeout": the options with a value. */
static void put_valued(FILE *f, const char *between)
{
	bool first = true;

	for (unsigned int i = 0; i < CTL_OPTIONS; i++)
		if (ctl_options[i].argument) {
			fprintf(f, "%s%s", first ? "" : between, ctl_options[i].name);
			first = false;
		}
}

/* The words that may follow the name of a command. */
static const struct {
	const char *command, *words;
} ctl_words[] = {
	{ "drc", "cpu phb slot pci memory pmem" },
	{ "events", "cancel" },
	{ "inject", "list clear ibm,configure-connector set-indicator get-sensor-state" },
	{ "add-pci", "disk,file= net,user net,tap= device,virtio-rng" },
	{ "add-slot", "disk,file= net,user,if=veth device,vty,chardev=" },
};

static void put_ctl_words(FILE *f)
{
	for (size_t i = 0; i < sizeof(ctl_words) / sizeof(ctl_words[0]); i++)
		fprintf(f,
			"\telif [[ ${words[1]} == %s && ${#words[@]} == 2 ]]; then\n"
			"\t\t_hypar_words \"%s\"\n",
			ctl_words[i].command, ctl_words[i].words);
}

static void put_ctl(FILE *f)
{
	fputs("_hypar_ctl()\n{\n"
	      "\tlocal i words=()\n"
	      "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t",
	      f);
	put_valued(f, "|");
	fputs(") ((i++)) ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*) words+=(\"${COMP_WORDS[i]}\") ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tif [[ \" ",
	      f);
	put_valued(f, " ");
	fputs(" \" == *\" $prev \"* ]]; then\n"
	      "\t\tCOMPREPLY=()\n"
	      "\telif [[ $cur == -* ]]; then\n"
	      "\t\t_hypar_words \"",
	      f);
	for (unsigned int i = 0; i < CTL_OPTIONS; i++)
		fprintf(f, "%s ", ctl_options[i].name);
	fputs("\"\n"
	      "\telif [[ ${#words[@]} == 0 ]]; then\n"
	      "\t\t_hypar_files\n"
	      "\telif [[ ${#words[@]} == 1 ]]; then\n"
	      "\t\t_hypar_words \"",
	      f);
	for (unsigned int i = 0; i < CTL_COUNT; i++)
		fprintf(f, "%s ", ctl_rows[i].name);
	fputs("\"\n"
	      "\telif [[ ${words[1]} == wait && ${#words[@]} == 2 ]]; then\n"
	      "\t\t_hypar_words \"",
	      f);
	for (unsigned int i = 0; i < MON_EVENTS; i++)
		fprintf(f, "%s ", mon_event_names[i]);
	fputs("\"\n"
	      "\telif [[ ${words[1]} == trace && ${#words[@]} == 2 ]]; then\n"
	      "\t\t_hypar_words \"on off\"\n"
	      "\telif [[ ${words[1]} == trace && ${words[2]} == on ]]; then\n"
	      "\t\t_hypar_list \"",
	      f);
	put_trace_words(f);
	fputs("\"\n", f);
	put_ctl_words(f);
	fputs("\tfi\n}\n\n", f);
}

void complete_bash(FILE *f)
{
	fputs("# bash completion for hypar; made by \"hypar --completion bash\"\n\n"
	      "_hypar_words()\n{\n"
	      "\tCOMPREPLY=($(compgen -W \"$1\" -- \"$cur\"))\n"
	      "}\n\n"
	      "_hypar_files()\n{\n"
	      "\tcompopt -o filenames 2>/dev/null\n"
	      "\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	      "}\n\n"
	      "# Words between commas.\n"
	      "_hypar_list()\n{\n"
	      "\tlocal before=\n"
	      "\t[[ $cur == *,* ]] && before=${cur%,*},\n"
	      "\tCOMPREPLY=($(compgen -P \"$before\" -W \"$1\" -- \"${cur##*,}\"))\n"
	      "}\n\n",
	      f);
	put_run(f);
	put_ctl(f);
	fputs("_hypar()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [[ $prev == : ]]; then\n"
	      "\t\t_hypar_files\n"
	      "\telif [[ $COMP_CWORD == 1 ]]; then\n"
	      "\t\t_hypar_words \"run ctl --help --version --man --completion\"\n"
	      "\telif [[ ${COMP_WORDS[1]} == run ]]; then\n"
	      "\t\t_hypar_run\n"
	      "\telif [[ ${COMP_WORDS[1]} == ctl ]]; then\n"
	      "\t\t_hypar_ctl\n"
	      "\telif [[ ${COMP_WORDS[1]} == --completion && $COMP_CWORD == 2 ]]; then\n"
	      "\t\t_hypar_words bash\n"
	      "\tfi\n"
	      "}\n\n"
	      "complete -F _hypar hypar\n",
	      f);
}
