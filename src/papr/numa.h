/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NUMA nodes, and how the device tree tells of them [LoPAR 15.3]: FORM1 until
 * the guest negotiates FORM2.
 *
 * Threads: any; what is read here changes with p->opt alone.
 */
#ifndef HYPAR_PAPR_NUMA_H
#define HYPAR_PAPR_NUMA_H

#include "fw/fdt/build.h"
#include "papr/papr.h"

#define NUMA_DOMAINS_MAX 4u

/* How many there are, at least 1. */
u32 numa_nodes(const struct papr *p);

/* Where a vCPU, a host bridge, and memory of the start are. */
u32 numa_node_of_cpu(const struct papr *p, u32 cpu);
u32 numa_node_of_phb(const struct papr *p, u32 phb);
u32 numa_node_of_boot_memory(const struct papr *p, gpa at);

/* The associativity domains of a node, the widest first. Returns how many there are. */
u32 numa_domains(const struct papr *p, u32 node, u32 domain[NUMA_DOMAINS_MAX]);

/* ibm,associativity of what is in @node, and of a vCPU, which is a domain of its own. */
void numa_fdt(const struct papr *p, struct fdt_build *b, u32 node);
void numa_fdt_cpu(const struct papr *p, struct fdt_build *b, u32 cpu);

/* The properties of /rtas. */
void numa_fdt_rtas(const struct papr *p, struct fdt_build *b);

/* ibm,associativity-lookup-arrays: a row per node, in order. */
void numa_fdt_lookup_arrays(const struct papr *p, struct fdt_build *b);

#endif
