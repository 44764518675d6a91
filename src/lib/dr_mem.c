// SPDX-License-Identifier: Apache-2.0
/*
 * Memory of a machine: what its configuration says of it, and what is added and
 * removed while it runs. The latter on the control thread, vCPUs parked.
 */
#include "lib/dr_mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "hypar/dr.h"
#include "lib/machine.h"
#include "papr/dr/mem.h"
#include "papr/numa.h"

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
					"--numa: a distance from node %u to %u: not both are there",
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

/* ---- adding and removing ---- */

/* LMBs from @first on. */
struct run {
	u32 first, n;
};

struct mem_call {
	struct papr *papr;
	const struct hypar_memory *r;
	u32 request;
};

static int ask(struct mem_call *c, struct run run, struct dr_ask a, struct hypar_err *e)
{
	struct hypar_err why = { 0 };
	char what[96];

	a.type = DRC_LMB;
	a.by = a.first ? DR_BY_COUNT_INDEXED : DR_BY_COUNT;
	a.n = run.n;
	a.what = what;
	if (a.first)
		(void)snprintf(what, sizeof(what), "%llu MiB at 0x%llx",
			       run.n * HYPAR_LMB_SIZE >> 20, run.first * HYPAR_LMB_SIZE);
	else
		(void)snprintf(what, sizeof(what), "%llu MiB", run.n * HYPAR_LMB_SIZE >> 20);
	c->request = dr_request(c->papr, &a, &why);
	if (c->request)
		return 0;
	return err_set(e, why.code ? why.code : -EBUSY, "%s", why.text);
}

static bool is_named(const struct drc *d, const char *id)
{
	return d->attached && !strcmp(d->resource, id);
}

static int check_id(struct papr *p, const char *id, struct hypar_err *e)
{
	if (!*id || strlen(id) >= DEVICE_ID_MAX)
		return err_set(e, -EINVAL, "an id has 1 to %d characters", DEVICE_ID_MAX - 1);
	for (const struct drc *d = dr_next(p, 0); d; d = dr_next(p, d->index + 1)) {
		if (is_named(d, id))
			return err_set(e, -EEXIST, "%s: there is something of that name", id);
		if (d->index == ~0u)
			break;
	}
	return 0;
}

/* The first run of @n LMBs that are free. */
static int find_free(struct papr *p, u32 n, struct run *out, struct hypar_err *e)
{
	u32 have = 0, most = 0;

	for (u32 i = 0; i < p->mem->n; i++) {
		have = p->mem->lmb[i].drc->attached ? 0 : have + 1;
		most = have > most ? have : most;
		if (have < n)
			continue;
		*out = (struct run){ i + 1 - n, n };
		return 0;
	}
	return err_set(e, -ENOSPC,
		       "%llu MiB more do not fit: --memory max is %llu MiB, of which %llu MiB are "
		       "free in one piece",
		       n * HYPAR_LMB_SIZE >> 20, (ull)p->cfg.memory_max >> 20,
		       most * HYPAR_LMB_SIZE >> 20);
}

static void detach_run(struct papr *p, struct run run)
{
	for (u32 i = run.first; i < run.first + run.n; i++)
		dr_detach_now(p, p->mem->lmb[i].drc);
}

static int attach_run(struct mem_call *c, struct run run, struct hypar_err *e)
{
	for (u32 i = 0; i < run.n; i++) {
		struct papr_lmb *lmb = &c->papr->mem->lmb[run.first + i];
		int ret = dr_attach(c->papr, lmb->drc, DRC_HOT, c->r->id, e);

		if (ret) {
			detach_run(c->papr, (struct run){ run.first, i });
			return ret;
		}
		lmb->node = (u8)c->r->node;
		lmb->is_hot = true;
	}
	return 0;
}

static int add(void *arg, struct hypar_err *e)
{
	struct mem_call *c = arg;
	struct papr *p = c->papr;
	struct run run = { 0, 0 };
	int ret = 0;

	if (c->r->node >= numa_nodes(p))
		return err_set(e, -EINVAL, "there is no node %u", c->r->node);
	if (c->r->id)
		ret = check_id(p, c->r->id, e);
	if (!ret)
		ret = find_free(p, (u32)(c->r->size / HYPAR_LMB_SIZE), &run, e);
	if (!ret)
		ret = attach_run(c, run, e);
	if (ret)
		return ret;
	ret = ask(c, run, (struct dr_ask){ .first = p->mem->lmb[run.first].drc }, e);
	if (ret)
		detach_run(p, run);
	return ret;
}

/* The LMBs of block @id; what went already may be among them. */
static int run_of_id(struct papr *p, const char *id, struct run *out, struct hypar_err *e)
{
	u32 first = p->mem->n, last = 0;

	for (u32 i = 0; i < p->mem->n; i++)
		if (is_named(p->mem->lmb[i].drc, id)) {
			first = i < first ? i : first;
			last = i;
		}
	if (first == p->mem->n)
		return err_set(e, -ENOENT, "%s: there is no such memory", id);
	for (u32 i = first; i <= last; i++)
		if (p->mem->lmb[i].drc->attached && !is_named(p->mem->lmb[i].drc, id))
			return err_set(e, -EBUSY,
				       "%s is in pieces with other memory between: give addresses",
				       id);
	*out = (struct run){ first, last + 1 - first };
	return 0;
}

static int run_at(struct papr *p, const struct hypar_memory *r, struct run *out,
		  struct hypar_err *e)
{
	u64 max = p->cfg.memory_max;

	if (r->address % HYPAR_LMB_SIZE)
		return err_set(e, -EINVAL, "the address is not a multiple of %llu MiB",
			       HYPAR_LMB_SIZE >> 20);
	if (r->address > max || r->size > max - r->address)
		return err_set(e, -ENOENT, "0x%llx: there is no such memory", (ull)r->address);
	*out = (struct run){ (u32)(r->address / HYPAR_LMB_SIZE), (u32)(r->size / HYPAR_LMB_SIZE) };
	for (u32 i = out->first; i < out->first + out->n; i++)
		if (!p->mem->lmb[i].drc->attached)
			return err_set(e, -ENOENT, "0x%llx: there is no such memory",
				       i * HYPAR_LMB_SIZE);
	return 0;
}

static int remove_run(struct mem_call *c, struct run run, struct hypar_err *e)
{
	struct papr *p = c->papr;

	for (u32 i = run.first; i < run.first + run.n; i++) {
		const struct drc *d = p->mem->lmb[i].drc;
		int ret = papr_mem_may_remove(p, d, e);

		if (ret)
			return ret;
		if (d->unplug_wanted)
			return err_set(e, -EBUSY, "0x%llx: the guest was asked for it already",
				       i * HYPAR_LMB_SIZE);
	}
	return ask(c, run,
		   (struct dr_ask){ .is_removal = true, .first = p->mem->lmb[run.first].drc }, e);
}

/* Whichever the guest likes to give. */
static int remove_any(struct mem_call *c, struct hypar_err *e)
{
	struct run run = { 0, (u32)(c->r->size / HYPAR_LMB_SIZE) };
	struct papr *p = c->papr;
	u32 has = 0;

	for (u32 i = p->mem->n_rma; i < p->mem->n; i++)
		has += p->mem->lmb[i].drc->enabled && !p->mem->lmb[i].drc->unplug_wanted;
	if (run.n > has)
		return err_set(e, -EBUSY, "the guest has %llu MiB that can be removed",
			       has * HYPAR_LMB_SIZE >> 20);
	return ask(c, run, (struct dr_ask){ .is_removal = true }, e);
}

static int remove_memory(void *arg, struct hypar_err *e)
{
	struct mem_call *c = arg;
	struct run run = { 0, 0 };
	int ret;

	if (!c->r->id && !c->r->address)
		return remove_any(c, e);
	ret = c->r->id ? run_of_id(c->papr, c->r->id, &run, e) : run_at(c->papr, c->r, &run, e);
	return ret ? ret : remove_run(c, run, e);
}

static int check_size(const struct hypar_memory *r, struct hypar_err *e)
{
	if (!r->size || r->size % HYPAR_LMB_SIZE)
		return err_set(e, -EINVAL, "the size must be a multiple of %llu MiB, not 0",
			       HYPAR_LMB_SIZE >> 20);
	if (r->size > HYPAR_MEMORY_MAX)
		return err_set(e, -ENOSPC, "more than %llu GiB", HYPAR_MEMORY_MAX >> 30);
	return 0;
}

int hypar_machine_add_memory(hypar_machine *m, const struct hypar_memory *r, uint32_t *request,
			     struct hypar_err *e)
{
	struct mem_call c = { .papr = machine_papr(m), .r = r };
	int ret = check_size(r, e);

	if (!ret)
		ret = partition_call(c.papr->partition, add, &c, e);
	if (!ret && request)
		*request = c.request;
	return ret;
}

int hypar_machine_remove_memory(hypar_machine *m, const struct hypar_memory *r, uint32_t *request,
				struct hypar_err *e)
{
	struct mem_call c = { .papr = machine_papr(m), .r = r };
	int ret = r->id ? 0 : check_size(r, e);

	if (!ret)
		ret = partition_call(c.papr->partition, remove_memory, &c, e);
	if (!ret && request)
		*request = c.request;
	return ret;
}
