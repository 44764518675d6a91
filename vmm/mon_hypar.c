/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's own commands, x-hypar-*.
 */
#include <stdlib.h>
#include <string.h>

#include "dts.h"
#include "mon.h"

#define COUNT_MAX 1024u
#define COUNT_DEFAULT 16u

json_t *mon_failed(struct mon_call *c, const struct hypar_err *e)
{
	return mon_fail(c, "%s", e->text);
}

/* The vCPU of argument "cpu", or the first. False with the error set: there is no such one. */
static bool cpu_arg(struct mon_call *c, unsigned int *cpu)
{
	struct hypar_cpu_info info;
	uint64_t v;

	*cpu = 0;
	if (!mon_number(c, "cpu", &v)) {
		(void)hypar_machine_cpu_next(c->mon->machine, cpu, &info);
		return true;
	}
	*cpu = (unsigned int)v;
	if (v < HYPAR_CPUS_MAX && !hypar_machine_cpu_info(c->mon->machine, *cpu, &info))
		return true;
	mon_fail(c, "there is no vCPU %llu", (unsigned long long)v);
	return false;
}

/* ---- registers, instructions ---- */

static json_t *registers_of(struct mon_call *c, unsigned int cpu)
{
	struct hypar_register r[HYPAR_REGISTERS_MAX];
	struct hypar_err e = { 0 };
	int n = hypar_machine_registers(c->mon->machine, cpu, r, &e);
	json_t *all;

	if (n < 0)
		return mon_failed(c, &e);
	all = json_object();
	for (int i = 0; i < n; i++)
		json_object_set_new(all, r[i].name, mon_hex(r[i].value, r[i].size));
	return json_pack("{s:i,s:o}", "cpu", (int)cpu, "registers", all);
}

json_t *mon_registers(struct mon_call *c)
{
	struct hypar_cpu_info info;
	unsigned int from;
	json_t *list, *one;

	if (!cpu_arg(c, &from))
		return NULL;
	list = json_array();
	for (unsigned int i = from; !hypar_machine_cpu_next(c->mon->machine, &i, &info); i++) {
		one = registers_of(c, i);
		if (!one) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, one);
		if (json_object_get(c->args, "cpu"))
			break;
	}
	return list;
}

static json_t *instruction(const struct hypar_insn *x)
{
	json_t *o = json_pack("{s:o,s:o,s:s}", "address", mon_hex(x->address, 8), "word",
			      mon_hex(x->word, 4), "text", x->text);

	if (x->size == 8)
		json_object_set_new(o, "suffix", mon_hex(x->suffix, 4));
	return o;
}

json_t *mon_disassemble(struct mon_call *c)
{
	struct hypar_disassembly what = { 0 };
	uint64_t count = COUNT_DEFAULT;
	struct hypar_insn *insns;
	struct hypar_err e = { 0 };
	json_t *list;
	int n;

	mon_number(c, "count", &count);
	if (!count || count > COUNT_MAX)
		return mon_fail(c, "argument \"count\" must be 1 to %u", COUNT_MAX);
	what.n = (unsigned int)count;
	if (!cpu_arg(c, &what.cpu))
		return NULL;
	what.from_here = !mon_number(c, "address", &what.address);
	insns = calloc(count, sizeof(*insns));
	if (!insns)
		return mon_fail(c, "no memory");
	n = hypar_machine_disassemble(c->mon->machine, &what, insns, &e);
	list = n < 0 ? mon_failed(c, &e) : json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, instruction(&insns[i]));
	free(insns);
	return list ? json_pack("{s:i,s:o}", "cpu", (int)what.cpu, "instructions", list) : NULL;
}

/* ---- device tree ---- */

/* [RFC 4648 4]; to be freed. */
static char *base64(const unsigned char *p, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789+/";
	char *text = malloc((n + 2) / 3 * 4 + 1), *q = text;

	for (size_t i = 0; text && i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		if (i + 1 < n)
			v |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < n)
			v |= p[i + 2];
		*q++ = digit[v >> 18];
		*q++ = digit[v >> 12 & 63];
		*q++ = i + 1 < n ? digit[v >> 6 & 63] : '=';
		*q++ = i + 2 < n ? digit[v & 63] : '=';
	}
	if (text)
		*q = 0;
	return text;
}

json_t *mon_device_tree(struct mon_call *c)
{
	const char *format = mon_string(c, "format");
	struct hypar_err e = { 0 };
	json_t *data = NULL;
	void *dtb = NULL;
	char *text;
	size_t size;

	if (!format)
		format = "dtb";
	if (strcmp(format, "dtb") != 0 && strcmp(format, "dts") != 0)
		return mon_fail(c, "argument \"format\" must be dtb or dts");
	if (hypar_machine_device_tree(c->mon->machine, &dtb, &size, &e))
		return mon_failed(c, &e);
	text = format[2] == 'b' ? base64(dtb, size) : dts_of(dtb, size);
	free(dtb);
	if (text)
		data = json_pack("{s:s,s:s}", "format", format, "data", text);
	free(text);
	return data ? data : mon_fail(c, "no memory for the text of the tree");
}

/* ---- trace, counters ---- */

json_t *mon_trace(struct mon_call *c)
{
	json_t *enable = json_object_get(c->args, "enable"), *list;
	const char *names = mon_string(c, "list");
	uint32_t mask = c->mon->trace;
	struct hypar_err e = { 0 };

	if (names && !enable)
		return mon_fail(c, "argument \"list\" needs argument \"enable\"");
	if (json_is_false(enable) && names)
		return mon_fail(c, "all of the trace is switched off, without a list");
	if (json_is_true(enable)) {
		mask = c->mon->o->machine.trace;
		if (!mask)
			mask = HYPAR_TRACE_HCALL | HYPAR_TRACE_RTAS;
		if (names && opt_trace_list(names, &mask, &e))
			return mon_failed(c, &e);
	}
	if (json_is_false(enable))
		mask = 0;
	if (enable && hypar_machine_set_trace(c->mon->machine, mask, NULL, &e))
		return mon_failed(c, &e);
	c->mon->trace = mask;
	c->mon->flush_trace(c->mon->opaque);
	list = json_array();
	for (size_t i = 0; opt_trace_names[i].name; i++)
		if (mask & opt_trace_names[i].bits)
			json_array_append_new(list, json_string(opt_trace_names[i].name));
	return json_pack("{s:o}", "list", list);
}

json_t *mon_stats(struct mon_call *c)
{
	struct hypar_stat s[HYPAR_STATS_MAX];
	struct hypar_err e = { 0 };
	int n = hypar_machine_stats(c->mon->machine, s, &e);
	json_t *all;

	if (n < 0)
		return mon_failed(c, &e);
	all = json_object();
	for (int i = 0; i < n; i++)
		json_object_set_new(all, s[i].name, json_integer((json_int_t)s[i].value));
	return all;
}
