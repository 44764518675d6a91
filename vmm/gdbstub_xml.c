/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target description: the registers of include/hypar/debug.h under the
 * names of features that GDB knows, and the list of threads.
 */
#include <stdio.h>
#include <string.h>

#include "gdbstub_int.h"

static const char *const features[] = {
	[HYPAR_DEBUG_CORE] = "org.gnu.gdb.power.core",
	[HYPAR_DEBUG_FPU] = "org.gnu.gdb.power.fpu",
	[HYPAR_DEBUG_ALTIVEC] = "org.gnu.gdb.power.altivec",
	[HYPAR_DEBUG_VSX] = "org.gnu.gdb.power.vsx",
	[HYPAR_DEBUG_PPR] = "org.gnu.gdb.power.ppr",
	[HYPAR_DEBUG_DSCR] = "org.gnu.gdb.power.dscr",
	[HYPAR_DEBUG_TAR] = "org.gnu.gdb.power.tar",
	[HYPAR_DEBUG_EBB] = "org.gnu.gdb.power.ebb",
	[HYPAR_DEBUG_PMU] = "org.gnu.gdb.power.linux.pmu",
	[HYPAR_DEBUG_SPR] = "hypar.power.spr",
};

/* A vector register as what GDB shows of it. */
static const char vector_types[] = "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
				   "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>"
				   "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>"
				   "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>"
				   "<union id=\"vec128\">"
				   "<field name=\"uint128\" type=\"uint128\"/>"
				   "<field name=\"v4_float\" type=\"v4f\"/>"
				   "<field name=\"v4_int32\" type=\"v4i32\"/>"
				   "<field name=\"v8_int16\" type=\"v8i16\"/>"
				   "<field name=\"v16_int8\" type=\"v16i8\"/>"
				   "</union>";

static const char *type_of(const struct hypar_debug_reg *r)
{
	if (!strcmp(r->name, "pc") || !strcmp(r->name, "lr"))
		return "code_ptr";
	if (r->group == HYPAR_DEBUG_FPU && r->name[1] != 'p')
		return "ieee_double";
	return r->bits == 128 ? "vec128" : r->bits == 32 ? "uint32" : "uint64";
}

static const char *group_of(const struct hypar_debug_reg *r)
{
	switch (r->group) {
	case HYPAR_DEBUG_CORE:
		return "general";
	case HYPAR_DEBUG_FPU:
		return "float";
	case HYPAR_DEBUG_ALTIVEC:
	case HYPAR_DEBUG_VSX:
		return "vector";
	default:
		return "system";
	}
}

/* The core's registers are not all neighbours, so each feature looks at all. */
static void add_feature(struct gdb_buf *b, enum hypar_debug_group group)
{
	struct hypar_debug_reg r;

	gdb_buf_text(b, "<feature name=\"%s\">", features[group]);
	if (group == HYPAR_DEBUG_ALTIVEC)
		gdb_buf_add(b, vector_types, sizeof(vector_types) - 1);
	for (unsigned int i = 0; !hypar_debug_reg_at(i, &r); i++)
		if (r.group == group)
			gdb_buf_text(b,
				     "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%u\" "
				     "group=\"%s\"/>",
				     r.name, r.bits, type_of(&r), i, group_of(&r));
	gdb_buf_text(b, "</feature>");
}

static void make_target(struct gdb_buf *b)
{
	gdb_buf_text(b, "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">"
			"<target version=\"1.0\"><architecture>powerpc:common64</architecture>");
	for (unsigned int i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		add_feature(b, (enum hypar_debug_group)i);
	gdb_buf_text(b, "</target>");
}

static void make_threads(struct gdb *g)
{
	struct hypar_cpu_info info;

	gdb_buf_text(&g->xml, "<?xml version=\"1.0\"?><threads>");
	for (unsigned int i = 0; !hypar_machine_cpu_next(g->machine, &i, &info); i++)
		gdb_buf_text(&g->xml, "<thread id=\"%x\" name=\"vCPU %u\">%s</thread>", i + 1, i,
			     info.is_started ? "" : "not started");
	gdb_buf_text(&g->xml, "</threads>");
}

bool gdb_make_xml(struct gdb *g, const char *object, const char *annex)
{
	g->xml.n = 0;
	if (!strcmp(object, "features") && !strcmp(annex, "target.xml"))
		make_target(&g->xml);
	else if (!strcmp(object, "threads") && !*annex)
		make_threads(g);
	else
		return false;
	return true;
}
