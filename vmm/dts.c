/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values are strings where they can be, words where their length allows, else
 * bytes [Devicetree Specification 0.4, 6.2].
 */
#include "dts.h"

#include <libfdt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_text(const unsigned char *p, int n)
{
	if (!n || p[n - 1])
		return false;
	for (int i = 0; i < n; i++) {
		bool is_end = !p[i];

		/* an empty string within is no list of names */
		if (is_end ? !i || !p[i - 1] : p[i] < ' ' || p[i] > '~')
			return false;
	}
	return true;
}

static void put_text(FILE *f, const char *p, int n)
{
	fputs(" = \"", f);
	for (int i = 0; i < n - 1; i++) {
		if (!p[i])
			fputs("\", \"", f);
		else if (p[i] == '"' || p[i] == '\\')
			fprintf(f, "\\%c", p[i]);
		else
			fputc(p[i], f);
	}
	fputs("\";\n", f);
}

static void put_value(FILE *f, const unsigned char *p, int n)
{
	int step = n % 4 ? 1 : 4;

	if (!n) {
		fputs(";\n", f);
		return;
	}
	if (is_text(p, n)) {
		put_text(f, (const char *)p, n);
		return;
	}
	fputs(step == 4 ? " = <" : " = [", f);
	for (int i = 0; i < n; i += step) {
		if (i)
			fputc(' ', f);
		if (step == 4)
			fprintf(f, "0x%x", fdt32_ld((const fdt32_t *)(const void *)(p + i)));
		else
			fprintf(f, "%02x", p[i]);
	}
	fputs(step == 4 ? ">;\n" : "];\n", f);
}

static void indent(FILE *f, int depth)
{
	for (int i = 0; i < depth; i++)
		fputc('\t', f);
}

static void put_properties(FILE *f, const void *dtb, int node, int depth)
{
	int at, n;

	fdt_for_each_property_offset(at, dtb, node)
	{
		const char *name;
		const void *value = fdt_getprop_by_offset(dtb, at, &name, &n);

		if (!value)
			continue;
		indent(f, depth);
		fputs(name, f);
		put_value(f, value, n);
	}
}

static void put_tree(FILE *f, const void *dtb)
{
	int depth = 0, at_depth = 0;

	for (int node = 0; node >= 0; node = fdt_next_node(dtb, node, &depth)) {
		const char *name = fdt_get_name(dtb, node, NULL);

		if (depth < 0)
			break;
		for (; at_depth > depth; at_depth--) {
			indent(f, at_depth - 1);
			fputs("};\n", f);
		}
		indent(f, depth);
		fprintf(f, "%s {\n", depth && name ? name : "/");
		put_properties(f, dtb, node, depth + 1);
		at_depth = depth + 1;
	}
	for (; at_depth > 0; at_depth--) {
		indent(f, at_depth - 1);
		fputs("};\n", f);
	}
}

char *dts_of(const void *dtb, size_t size)
{
	char *text = NULL;
	size_t n;
	FILE *f;

	if (fdt_check_full(dtb, size))
		return NULL;
	f = open_memstream(&text, &n);
	if (!f)
		return NULL;
	fputs("/dts-v1/;\n\n", f);
	for (int i = 0; i < fdt_num_mem_rsv(dtb); i++) {
		uint64_t base, len;

		if (!fdt_get_mem_rsv(dtb, i, &base, &len))
			fprintf(f, "/memreserve/ 0x%llx 0x%llx;\n", (unsigned long long)base,
				(unsigned long long)len);
	}
	put_tree(f, dtb);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
