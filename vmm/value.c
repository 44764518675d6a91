/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The setters of opt.def: from the text of a value to the configuration. Each
 * says why it refuses a text; the caller adds the option and the text.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "opt.h"

#define YEARS_10 (10ULL * 366 * 86400)

typedef unsigned long long ull;

/* ---- numbers: digits alone, so no sign, blank or other base slips in ---- */

/* Reads the digits at *p and moves it behind them. */
static int digits(const char **p, unsigned int base, uint64_t *out, struct hypar_err *why)
{
	const char *from = *p;
	uint64_t v = 0;

	for (;; ++*p) {
		char c = **p;
		unsigned int d = c >= '0' && c <= '9' ? (unsigned int)(c - '0') :
				 c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 :
				 c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10 :
							99;

		if (d >= base)
			break;
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v))
			return err_set(why, -ERANGE, "the number is too large");
	}
	if (*p == from)
		return err_set(why, -EINVAL,
			       *from == '-' ? "the number is negative" : "not a number");
	*out = v;
	return 0;
}

static int junk(const char *p, struct hypar_err *why)
{
	return *p ? err_set(why, -EINVAL, "\"%.40s\" follows the number", p) : 0;
}

static int number(const char *text, uint64_t *out, struct hypar_err *why)
{
	int ret = digits(&text, 10, out, why);

	return ret ? ret : junk(text, why);
}

/* One of the words at @words, which ends with NULL; its place, or -EINVAL. */
static int word(const char *text, const char *const *words, struct hypar_err *why)
{
	char all[160] = "";
	size_t n = 0;

	for (int i = 0; words[i]; i++)
		if (!strcmp(text, words[i]))
			return i;
	for (int i = 0; words[i] && n < sizeof(all) - 40; i++) {
		n = strlen(all);
		memcpy(all + n, i ? ", " : "", i ? 3 : 1);
		strncat(all, words[i], 30);
	}
	return err_set(why, -EINVAL, "not one of %s", all);
}

/* ---- files: looked at by config.c ---- */

int opt_set_kernel(struct options *o, const char *value, struct hypar_err *why)
{
	(void)why;
	o->machine.kernel = value;
	return 0;
}

int opt_set_firmware(struct options *o, const char *value, struct hypar_err *why)
{
	(void)why;
	o->machine.firmware = value;
	return 0;
}

int opt_set_initrd(struct options *o, const char *value, struct hypar_err *why)
{
	(void)why;
	o->machine.initrd = value;
	return 0;
}

int opt_set_append(struct options *o, const char *value, struct hypar_err *why)
{
	(void)why;
	o->machine.append = value;
	return 0;
}

int opt_set_nvram(struct options *o, const char *value, struct hypar_err *why)
{
	(void)why;
	o->machine.nvram = value;
	return 0;
}

int opt_set_trace_file(struct options *o, const char *value, struct hypar_err *why)
{
	(void)why;
	o->trace_file = value;
	return 0;
}

/* ---- the machine ---- */

/* How far a suffix shifts; -1: not one. */
static int suffix_shift(char c)
{
	const char *all = "KMGT", *at = c ? strchr(all, c & ~0x20) : NULL;

	return at ? 10 * (int)(at - all + 1) : -1;
}

int opt_digits(const char **p, uint64_t *out, struct hypar_err *why)
{
	return digits(p, 10, out, why);
}

int opt_bytes(const char **p, uint64_t *out, struct hypar_err *why)
{
	int shift = 20, ret;
	uint64_t v;

	ret = digits(p, 10, &v, why);
	if (ret)
		return ret;
	if (suffix_shift(**p) >= 0)
		shift = suffix_shift(*(*p)++);
	if (**p && **p != ',')
		return err_set(why, -EINVAL, "\"%.40s\" follows the size; K, M, G or T may", *p);
	if (v > HYPAR_MEMORY_MAX >> shift)
		return err_set(why, -ERANGE, "more than %llu GiB", (ull)(HYPAR_MEMORY_MAX >> 30));
	*out = v << shift;
	return 0;
}

int opt_size(const char **p, uint64_t *out, struct hypar_err *why)
{
	int ret = opt_bytes(p, out, why);

	if (ret)
		return ret;
	if (!*out)
		return err_set(why, -EINVAL, "must not be zero");
	if (*out % HYPAR_LMB_SIZE)
		return err_set(why, -EINVAL, "not a multiple of %llu MiB",
			       (ull)(HYPAR_LMB_SIZE >> 20));
	return 0;
}

/* The parts of --smp. The first may be without its name. */
struct smp_part {
	const char *name;
	unsigned int *to;
};

/* The part that the text of @n characters at *p gives, behind its "name="; NULL: none. */
static const struct smp_part *smp_find(const struct smp_part *parts, const char **p, size_t n)
{
	for (; parts->name; parts++) {
		size_t len = strlen(parts->name);

		if (n > len && !strncmp(*p, parts->name, len) && (*p)[len] == '=') {
			*p += len + 1;
			return parts;
		}
	}
	return NULL;
}

static int smp_check(const char *name, uint64_t v, struct hypar_err *why)
{
	if (!strcmp(name, "threads"))
		return v && v <= HYPAR_THREADS_MAX && !(v & (v - 1)) ?
			       0 :
			       err_set(why, -EINVAL, "threads must be 1, 2, 4 or 8");
	if (v && v <= HYPAR_CPUS_MAX)
		return 0;
	return err_set(why, -EINVAL, "%s must be 1 to %d",
		       strcmp(name, "cpus") ? name : "the number of vCPUs", HYPAR_CPUS_MAX);
}

/* One part of --smp, between commas. */
static int smp_part(const struct smp_part *parts, const char *p, size_t n, bool first,
		    struct hypar_err *why)
{
	const char *end = p + n;
	const struct smp_part *part = smp_find(parts, &p, n);
	uint64_t v;
	int ret;

	if (!part && first && (!memchr(p, '=', n) || *p == '='))
		part = &parts[0];
	if (!part)
		return err_set(why, -EINVAL, "unknown part \"%.*s\"", n < 40 ? (int)n : 40, p);
	if (*part->to)
		return err_set(why, -EINVAL, "%s given twice", part->name);
	ret = digits(&p, 10, &v, why);
	if (ret)
		return ret;
	if (p != end)
		return err_set(why, -EINVAL, "\"%.*s\" follows the number",
			       end - p < 40 ? (int)(end - p) : 40, p);
	ret = smp_check(part->name, v, why);
	if (!ret)
		*part->to = (unsigned int)v;
	return ret;
}

static int smp_parts(const struct smp_part *parts, const char *value, struct hypar_err *why)
{
	for (const char *p = value;;) {
		size_t n = strcspn(p, ",");
		int ret = smp_part(parts, p, n, p == value, why);

		if (ret || !p[n])
			return ret;
		p += n + 1;
	}
}

int opt_set_smp(struct options *o, const char *value, struct hypar_err *why)
{
	struct hypar_config *c = &o->machine;
	const struct smp_part parts[] = { { "cpus", &c->cpus },
					  { "threads", &c->threads },
					  { "max", &c->cpus_max },
					  { "maxcpus", &c->cpus_max },
					  { NULL, NULL } };
	int ret;

	c->cpus = c->threads = c->cpus_max = 0;
	ret = smp_parts(parts, value, why);
	if (ret)
		return ret;
	if (!c->cpus)
		return err_set(why, -EINVAL, "the number of vCPUs is missing");
	if (!c->threads)
		c->threads = 1;
	if (c->cpus % c->threads)
		return err_set(why, -EINVAL, "%u vCPUs are not whole cores of %u threads", c->cpus,
			       c->threads);
	if (c->cpus_max && c->cpus_max < c->cpus)
		return err_set(why, -EINVAL, "max is less than the %u vCPUs", c->cpus);
	if (c->cpus_max % c->threads)
		return err_set(why, -EINVAL, "at most %u vCPUs are not whole cores of %u threads",
			       c->cpus_max, c->threads);
	return 0;
}

int opt_set_cpu(struct options *o, const char *value, struct hypar_err *why)
{
	static const char *const
		names[] = { [HYPAR_CPU_POWER9] = "power9", [HYPAR_CPU_POWER10] = "power10", NULL };
	int i = word(value, names, why);

	if (i < 0)
		return i;
	o->machine.cpu = (enum hypar_cpu_model)i;
	return 0;
}

int opt_set_interrupt_controller(struct options *o, const char *value, struct hypar_err *why)
{
	static const char *const names[] = { [HYPAR_IRQCHIP_AUTO] = "auto",
					     [HYPAR_IRQCHIP_XICS] = "xics",
					     [HYPAR_IRQCHIP_XIVE] = "xive",
					     NULL };
	int i = word(value, names, why);

	if (i < 0)
		return i;
	o->machine.irqchip = (enum hypar_irqchip)i;
	return 0;
}

int opt_set_flat_tree(struct options *o, const char *value, struct hypar_err *why)
{
	(void)value;
	(void)why;
	o->machine.flat_tree = true;
	return 0;
}

int opt_set_seed(struct options *o, const char *value, struct hypar_err *why)
{
	bool hex = value[0] == '0' && (value[1] | 0x20) == 'x';
	const char *p = value + (hex ? 2 : 0);
	int ret = digits(&p, hex ? 16 : 10, &o->machine.seed, why);

	if (!ret)
		ret = junk(p, why);
	if (!ret && !o->machine.seed)
		return err_set(why, -EINVAL, "must not be zero");
	return ret;
}

/* ---- the clock ---- */

/* @n digits, then the character @after. */
static bool field(const char **p, unsigned int n, char after, int *out)
{
	*out = 0;
	for (; n; n--, ++*p) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return *(*p)++ == after;
}

/* YYYY-MM-DDTHH:MM:SS, UTC. A day that the month has not moves under timegm. */
static bool date(const char *p, time_t *out)
{
	struct tm t = { 0 }, back;

	if (!field(&p, 4, '-', &t.tm_year) || !field(&p, 2, '-', &t.tm_mon) ||
	    !field(&p, 2, 'T', &t.tm_mday) || !field(&p, 2, ':', &t.tm_hour) ||
	    !field(&p, 2, ':', &t.tm_min) || !field(&p, 2, 0, &t.tm_sec))
		return false;
	t.tm_year -= 1900;
	t.tm_mon -= 1;
	back = t;
	*out = timegm(&back);
	return back.tm_year == t.tm_year && back.tm_mon == t.tm_mon && back.tm_mday == t.tm_mday &&
	       back.tm_hour == t.tm_hour && back.tm_min == t.tm_min && back.tm_sec == t.tm_sec;
}

int opt_set_rtc(struct options *o, const char *value, struct hypar_err *why)
{
	time_t now = time(NULL), then;
	struct tm local;
	uint64_t v;
	int ret;

	if (!strcmp(value, "utc")) {
		o->machine.rtc_offset = 0;
	} else if (!strcmp(value, "localtime")) {
		localtime_r(&now, &local);
		o->machine.rtc_offset = local.tm_gmtoff;
	} else if (value[0] == '+' || value[0] == '-') {
		ret = number(value + 1, &v, why);
		if (ret)
			return ret;
		if (v > 10 * YEARS_10)
			return err_set(why, -ERANGE, "more than 100 years");
		o->machine.rtc_offset = value[0] == '-' ? -(int64_t)v : (int64_t)v;
	} else if (!date(value, &then)) {
		return err_set(why, -EINVAL,
			       "not utc, localtime, a date like 2026-11-20T12:00:00 or +SECONDS");
	} else if (then < 0) {
		return err_set(why, -ERANGE, "before 1970");
	} else {
		o->machine.rtc_offset = then - now;
	}
	return 0;
}

/* ---- the program ---- */

int opt_set_console(struct options *o, const char *value, struct hypar_err *why)
{
	static const char *const names[] = {
		[CONSOLE_STDIO] = "stdio",    [CONSOLE_PTY] = "pty",   [CONSOLE_UNIX] = "unix:PATH",
		[CONSOLE_FILE] = "file:PATH", [CONSOLE_NULL] = "null", NULL
	};
	bool is_unix = !strncmp(value, "unix:", 5), is_file = !strncmp(value, "file:", 5);
	int i;

	if (is_unix || is_file) {
		if (!value[5])
			return err_set(why, -EINVAL, "the path is missing");
		o->console = is_unix ? CONSOLE_UNIX : CONSOLE_FILE;
		o->console_path = value + 5;
		return 0;
	}
	i = word(value, names, why);
	if (i < 0)
		return i;
	o->console = (enum console_kind)i;
	return 0;
}

int opt_set_timeout(struct options *o, const char *value, struct hypar_err *why)
{
	int ret = number(value, &o->timeout, why);

	if (ret)
		return ret;
	if (!o->timeout)
		return err_set(why, -EINVAL, "must not be zero");
	return o->timeout > YEARS_10 ? err_set(why, -ERANGE, "more than ten years") : 0;
}

int opt_set_stats(struct options *o, const char *value, struct hypar_err *why)
{
	(void)value;
	(void)why;
	o->stats = true;
	return 0;
}

const struct opt_trace_name opt_trace_names[] = {
	{ "hcall", HYPAR_TRACE_HCALL },
	{ "rtas", HYPAR_TRACE_RTAS },
	{ "exc", HYPAR_TRACE_EXC },
	{ "insn", HYPAR_TRACE_INSN },
	{ "irq", HYPAR_TRACE_IRQ },
	{ "of", HYPAR_TRACE_OF },
	{ NULL, 0 },
};

int opt_trace_list(const char *list, uint32_t *mask, struct hypar_err *why)
{
	const char *p = list;
	uint32_t bits = 0;

	for (;;) {
		size_t n = strcspn(p, ","), i;
		bool is_all = n == 3 && !memcmp(p, "all", n);

		for (i = 0; opt_trace_names[i].name && !is_all; i++)
			if (strlen(opt_trace_names[i].name) == n &&
			    !memcmp(p, opt_trace_names[i].name, n))
				break;
		if (!is_all && !opt_trace_names[i].name)
			return err_set(
				why, -EINVAL,
				"\"%.*s\" is not one of hcall, rtas, exc, insn, irq, of, all",
				n < 40 ? (int)n : 40, p);
		bits |= is_all ? ~0u : opt_trace_names[i].bits;
		if (!p[n])
			break;
		p += n + 1;
	}
	*mask = bits;
	return 0;
}

int opt_set_trace(struct options *o, const char *value, struct hypar_err *why)
{
	return opt_trace_list(value, &o->machine.trace, why);
}

int opt_set_monitor(struct options *o, const char *value, struct hypar_err *why)
{
	if (strncmp(value, "unix:", 5) != 0)
		return err_set(why, -EINVAL, "not unix:PATH");
	if (!value[5])
		return err_set(why, -EINVAL, "the path is missing");
	o->monitor_path = value + 5;
	return 0;
}

int opt_set_help(struct options *o, const char *value, struct hypar_err *why)
{
	(void)value;
	(void)why;
	o->help = true;
	return 0;
}
