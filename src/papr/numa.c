// SPDX-License-Identifier: Apache-2.0
/*
 * FORM1 associativity [LoPAR 15.3.1] tells distances by domains that nodes have
 * in common: a guest takes 20 for two nodes of one domain at the third level,
 * 40 and 80 at the second and first, and 160 for nothing in common. So the
 * configured distances are rounded, made symmetric and transitive. FORM2 gives
 * them as they are, in a table.
 */
#include "papr/numa.h"

#define DISTANCE_SELF 10
#define DISTANCE_OTHER 20
#define NODE_LEVEL 3 /* FORM1: the node itself */

/* Two nodes at this distance or less share a domain at this level of FORM1. */
static const u32 level_reach[NODE_LEVEL] = { 120, 60, 30 };

u32 numa_nodes(const struct papr *p)
{
	return p->cfg.numa && p->cfg.numa->n_nodes ? p->cfg.numa->n_nodes : 1;
}

u32 numa_node_of_cpu(const struct papr *p, u32 cpu)
{
	return p->cfg.numa && cpu < HYPAR_CPUS_MAX ? p->cfg.numa->cpu_node[cpu] : 0;
}

u32 numa_node_of_phb(const struct papr *p, u32 phb)
{
	return p->cfg.numa && phb < HYPAR_PHBS_MAX ? p->cfg.numa->phb_node[phb] : 0;
}

static bool is_shared_out(const struct hypar_numa *numa)
{
	for (u32 i = 0; i < numa->n_nodes; i++)
		if (numa->memory[i])
			return true;
	return false;
}

u32 numa_node_of_boot_memory(const struct papr *p, gpa at)
{
	const struct hypar_numa *numa = p->cfg.numa;
	u64 end = 0, lmbs = p->cfg.memory / HYPAR_LMB_SIZE, i = at.v / HYPAR_LMB_SIZE;
	u32 n = numa_nodes(p);

	if (n == 1)
		return 0;
	if (!is_shared_out(numa))
		return i < lmbs ? (u32)(i * n / lmbs) : n - 1;
	for (u32 node = 0; node < n; node++) {
		end += numa->memory[node];
		if (at.v < end)
			return node;
	}
	return 0;
}

static u32 distance(const struct papr *p, u32 from, u32 to)
{
	u32 d = p->cfg.numa ? p->cfg.numa->distance[from][to] : 0;

	return from == to ? DISTANCE_SELF : d ? d : DISTANCE_OTHER;
}

/* The lowest node that steps of at most @reach lead to: node 0 has domains 0 alone. */
static u32 domain_of(const struct papr *p, u32 node, u32 reach)
{
	u32 n = numa_nodes(p), seen = 1u << node, old;

	do {
		old = seen;
		for (u32 a = 0; a < n; a++)
			for (u32 b = 0; b < n; b++)
				if (seen >> a & 1 &&
				    (distance(p, a, b) <= reach || distance(p, b, a) <= reach))
					seen |= 1u << b;
	} while (seen != old);
	return (u32)__builtin_ctz(seen);
}

u32 numa_domains(const struct papr *p, u32 node, u32 domain[NUMA_DOMAINS_MAX])
{
	if (p->opt.form2) {
		domain[0] = node;
		return 1;
	}
	for (u32 i = 0; i < NODE_LEVEL; i++)
		domain[i] = domain_of(p, node, level_reach[i]);
	domain[NODE_LEVEL] = node;
	return NODE_LEVEL + 1;
}

void numa_fdt(const struct papr *p, struct fdt_build *b, u32 node)
{
	u32 cells[1 + NUMA_DOMAINS_MAX];

	cells[0] = numa_domains(p, node, cells + 1);
	fdt_cells(b, "ibm,associativity", cells, cells[0] + 1);
}

void numa_fdt_cpu(const struct papr *p, struct fdt_build *b, u32 cpu)
{
	u32 cells[2 + NUMA_DOMAINS_MAX];

	cells[0] = numa_domains(p, numa_node_of_cpu(p, cpu), cells + 1) + 1;
	cells[cells[0]] = cpu;
	fdt_cells(b, "ibm,associativity", cells, cells[0] + 1);
}

/* [LoPAR 15.3.3]: node numbers, then a byte for each pair. */
static void form2_tables(const struct papr *p, struct fdt_build *b)
{
	u32 n = numa_nodes(p), index[1 + HYPAR_NODES_MAX] = { n };
	u8 table[4 + HYPAR_NODES_MAX * HYPAR_NODES_MAX];

	st_be32(table, n * n);
	for (u32 from = 0; from < n; from++) {
		index[1 + from] = from;
		for (u32 to = 0; to < n; to++)
			table[4 + from * n + to] = (u8)distance(p, from, to);
	}
	fdt_cells(b, "ibm,numa-lookup-index-table", index, n + 1);
	fdt_bytes(b, "ibm,numa-distance-table", table, 4 + n * n);
}

void numa_fdt_rtas(const struct papr *p, struct fdt_build *b)
{
	u32 n = numa_nodes(p);

	if (p->opt.form2) {
		FDT_CELLS(b, "ibm,associativity-reference-points", 1);
		FDT_CELLS(b, "ibm,max-associativity-domains", 1, n);
		form2_tables(p, b);
		return;
	}
	FDT_CELLS(b, "ibm,associativity-reference-points", 4, 3, 2, 1);
	FDT_CELLS(b, "ibm,max-associativity-domains", 4, n, n, n, n);
}

void numa_fdt_lookup_arrays(const struct papr *p, struct fdt_build *b)
{
	u32 n = numa_nodes(p), cells[2 + HYPAR_NODES_MAX * NUMA_DOMAINS_MAX] = { n }, at = 2;

	for (u32 node = 0; node < n; node++) {
		cells[1] = numa_domains(p, node, cells + at);
		at += cells[1];
	}
	fdt_cells(b, "ibm,associativity-lookup-arrays", cells, at);
}
