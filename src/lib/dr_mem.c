// SPDX-License-Identifier: Apache-2.0
/*
 * Memory of a machine: what its configuration says of it.
 */
#include "lib/dr_mem.h"

#include <errno.h>

#include "base/err.h"

#define DISTANCE_SELF 10
#define DISTANCE_MIN 11
#define DISTANCE_MAX 254

typedef unsigned long long ull;

static int check_nodes(const struct hypar_config *c, struct hypar_err *e)
{
	const struct hypar_numa *numa = c->numa;
	unsigned int cpus = c->cpus_max > c->cpus ? c->cpus_max : c->cpus;
	uint64_t sum = 0;

	for (unsigned int i = 0; i < HYPAR_NODES_MAX; i++) {
		if (numa->memory[i] && i >= numa->n_nodes)
			return err_set(e, -EINVAL, "--numa: there is no node %u", i);
		if (numa->memory[i] % HYPAR_LMB_SIZE)
			return err_set(e, -EINVAL,
				       "--numa: memory of node %u must be a multiple of %llu MiB",
				       i, HYPAR_LMB_SIZE >> 20);
		if (numa->memory[i] > c->memory - sum)
			return err_set(e, -EINVAL,
				       "--numa: the nodes have more memory than --memory says");
		sum += numa->memory[i];
	}
	if (sum && sum != c->memory)
		return err_set(e, -EINVAL,
			       "--numa: the nodes have %llu MiB, --memory says %llu MiB",
			       (ull)sum >> 20, (ull)c->memory >> 20);
	for (unsigned int i = 0; i < cpus; i++) {
		if (numa->cpu_node[i] >= numa->n_nodes)
			return err_set(e, -EINVAL, "--numa: there is no node %u for vCPU %u",
				       numa->cpu_node[i], i);
		if (numa->cpu_node[i] != numa->cpu_node[i - i % c->threads])
			return err_set(e, -EINVAL,
				       "--numa: vCPU %u is in another node than its core", i);
	}
	for (unsigned int i = 0; i < HYPAR_PHBS_MAX; i++)
		if (numa->phb_node[i] >= numa->n_nodes)
			return err_set(e, -EINVAL, "--numa: there is no node %u for phb %u",
				       numa->phb_node[i], i);
	return 0;
}

static int check_distances(const struct hypar_numa *numa, struct hypar_err *e)
{
	for (unsigned int from = 0; from < HYPAR_NODES_MAX; from++)
		for (unsigned int to = 0; to < HYPAR_NODES_MAX; to++) {
			unsigned int d = numa->distance[from][to];

			if (!d)
				continue;
			if (from >= numa->n_nodes || to >= numa->n_nodes)
				return err_set(
					e, -EINVAL,
					"--numa: a distance from node %u to %u, which are not both there",
					from, to);
			if (from == to ? d != DISTANCE_SELF : d < DISTANCE_MIN || d > DISTANCE_MAX)
				return err_set(
					e, -EINVAL,
					"--numa: the distance from node %u to %u cannot be %u",
					from, to, d);
		}
	return 0;
}

int machine_check_memory(const struct hypar_config *c, struct hypar_err *e)
{
	int ret;

	if (!c->memory || c->memory % HYPAR_LMB_SIZE)
		return err_set(e, -EINVAL, "--memory: must be a multiple of %llu MiB, not 0",
			       HYPAR_LMB_SIZE >> 20);
	if (c->memory > HYPAR_MEMORY_MAX || c->memory_max > HYPAR_MEMORY_MAX)
		return err_set(e, -EINVAL, "--memory: more than %llu GiB", HYPAR_MEMORY_MAX >> 30);
	if (c->memory < 2 * HYPAR_LMB_SIZE)
		return err_set(e, -EINVAL, "--memory: kernels need %llu MiB at least",
			       2 * HYPAR_LMB_SIZE >> 20);
	if (c->memory_max % HYPAR_LMB_SIZE)
		return err_set(e, -EINVAL, "--memory: max must be a multiple of %llu MiB",
			       HYPAR_LMB_SIZE >> 20);
	if (c->memory_max && c->memory_max < c->memory)
		return err_set(e, -EINVAL, "--memory: max is less than the size");
	if (!c->numa)
		return 0;
	if (!c->numa->n_nodes || c->numa->n_nodes > HYPAR_NODES_MAX)
		return err_set(e, -EINVAL, "--numa: 1 to %d nodes", HYPAR_NODES_MAX);
	ret = check_nodes(c, e);
	return ret ? ret : check_distances(c->numa, e);
}
