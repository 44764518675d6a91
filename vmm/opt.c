/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the options of a command line and hands their values to the setters.
 * What a value means is in value.c, what fits together in config.c.
 */
#include "opt.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

const struct opt_row opt_rows[OPT_COUNT] = {
#define OPT(id, name, argument, dflt, alias, help) \
	[OPT_##id] = { name, argument, dflt, alias, help },
#include "opt.def"
#undef OPT
};

typedef int set_fn(struct options *o, const char *value, struct hypar_err *why);

static set_fn *const setters[OPT_COUNT] = {
#define OPT(id, ...) [OPT_##id] = opt_set_##id,
#include "opt.def"
#undef OPT
};

/* Room for the option and the reason: a path may be longer than an error. */
#define SHOW_MAX 90

int opt_error(struct hypar_err *e, int code, enum opt_id id, const char *value, const char *reason)
{
	const char *name = opt_rows[id].name;
	size_t n = value ? strlen(value) : 0;

	if (!n)
		return err_set(e, code, "--%s%s: %s", name, value ? " \"\"" : "", reason);
	if (n > SHOW_MAX)
		return err_set(e, code, "--%s ...%s: %s", name, value + n - SHOW_MAX, reason);
	return err_set(e, code, "--%s %s: %s", name, value, reason);
}

/* The row that @word names, up to "=" for --name; *value: what follows it, or NULL. */
static enum opt_id find(const char *word, const char **value)
{
	*value = NULL;
	for (unsigned int i = 0; i < OPT_COUNT; i++) {
		const struct opt_row *r = &opt_rows[i];
		size_t n = strlen(r->name);

		if (r->alias && !strcmp(word, r->alias))
			return (enum opt_id)i;
		if (strncmp(word, "--", 2) || strncmp(word + 2, r->name, n))
			continue;
		if (word[2 + n] == '=')
			*value = word + 3 + n;
		if (word[2 + n] == '=' || !word[2 + n])
			return (enum opt_id)i;
	}
	return OPT_COUNT;
}

static int unknown(const char *word, struct hypar_err *e)
{
	size_t n = strcspn(word, "=");

	if (n > SHOW_MAX)
		n = SHOW_MAX;
	if (word[0] == '-' && word[1])
		return err_set(e, -EINVAL, "%.*s: unknown option", (int)n, word);
	return err_set(e, -EINVAL, "\"%.*s\": not an option; the kernel is given with --kernel",
		       SHOW_MAX, word);
}

static int set(struct options *o, enum opt_id id, const char *value, struct hypar_err *e)
{
	struct hypar_err why = { 0 };
	int ret;

	if (value && opt_rows[id].argument && !*value && id != OPT_append)
		return opt_error(e, -EINVAL, id, value, "the value is empty");
	ret = setters[id](o, value, &why);
	return ret ? opt_error(e, ret, id, value, why.text) : 0;
}

/* The word at argv[*at] and, where the option takes one, its value. */
static int parse_word(struct options *o, int argc, char **argv, int *at, struct hypar_err *e)
{
	const char *value, *ignored;
	enum opt_id id = find(argv[*at], &value);
	bool takes;

	if (id == OPT_COUNT)
		return unknown(argv[*at], e);
	takes = opt_rows[id].argument;
	if (!takes && value)
		return opt_error(e, -EINVAL, id, value, "the option takes no value");
	if (takes && !value) {
		if (*at + 1 == argc || find(argv[*at + 1], &ignored) != OPT_COUNT)
			return opt_error(e, -EINVAL, id, NULL, "the value is missing");
		value = argv[++*at];
	}
	if (o->given[id] && id != OPT_disk && id != OPT_net && id != OPT_device && id != OPT_numa &&
	    id != OPT_nvdimm)
		return opt_error(e, -EINVAL, id, value, "the option is given twice");
	o->given[id] = value ? value : "";
	return set(o, id, value, e);
}

int opt_parse(struct options *o, int argc, char **argv, struct hypar_err *e)
{
	int ret = 0;

	memset(o, 0, sizeof(*o));
	for (unsigned int i = 0; i < OPT_COUNT && !ret; i++)
		if (opt_rows[i].dflt)
			ret = set(o, (enum opt_id)i, opt_rows[i].dflt, e);
	for (int i = 0; i < argc && !ret; i++)
		ret = parse_word(o, argc, argv, &i, e);
	return ret;
}
