// SPDX-License-Identifier: Apache-2.0
/*
 * Memory of a machine: what its configuration says of it, and what is added and
 * removed while it runs. The latter on the control thread, vCPUs parked.
 */
#include "lib/dr_mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

struct mem_call {
	struct papr *papr;
	const struct hypar_memory *r;
	u32 request;
};

/* For the @n LMBs of @list, ascending; NULL: any. */
static int ask(struct mem_call *c, struct drc *const *list, u32 n, bool is_removal,
	       struct hypar_err *e)
{
	struct hypar_err why = { 0 };
	char what[96];
	struct dr_ask a = { .is_removal = is_removal,
			    .type = DRC_LMB,
			    .list = list,
			    .n = n,
			    .what = what };

	if (list && list[n - 1]->id - list[0]->id == n - 1)
		(void)snprintf(what, sizeof(what), "%llu MiB at 0x%llx", n * HYPAR_LMB_SIZE >> 20,
			       list[0]->id * HYPAR_LMB_SIZE);
	else
		(void)snprintf(what, sizeof(what), "%llu MiB", n * HYPAR_LMB_SIZE >> 20);
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

/* @n LMBs that are free, ascending: the first ones in one piece if there are such. */
static int find_free(struct mem_call *c, u32 n, struct drc **list, struct hypar_err *e)
{
	const struct papr_mem *mem = c->papr->mem;
	u32 run = 0, all = 0;

	for (u32 i = 0; i < mem->n && run < n; i++) {
		struct drc *d = mem->lmb[i].drc;

		run = d->attached ? 0 : run + 1;
		if (!d->attached && all < n)
			list[all++] = d;
		for (u32 k = 0; run == n && k < n; k++)
			list[k] = mem->lmb[i + 1 - n + k].drc;
	}
	if (all == n)
		return 0;
	return err_set(e, -ENOSPC,
		       "%llu MiB more do not fit: --memory max is %llu MiB, of which %llu MiB are "
		       "free",
		       n * HYPAR_LMB_SIZE >> 20, (ull)c->papr->cfg.memory_max >> 20,
		       all * HYPAR_LMB_SIZE >> 20);
}

static void detach_all(struct papr *p, struct drc *const *list, u32 n)
{
	for (u32 i = 0; i < n; i++)
		dr_detach_now(p, list[i]);
}

static int attach_all(struct mem_call *c, struct drc *const *list, u32 n, struct hypar_err *e)
{
	for (u32 i = 0; i < n; i++) {
		struct papr_lmb *lmb = &c->papr->mem->lmb[list[i]->id];
		int ret = dr_attach(c->papr, lmb->drc, DRC_HOT, c->r->id, e);

		if (ret) {
			detach_all(c->papr, list, i);
			return ret;
		}
		lmb->node = (u8)c->r->node;
		lmb->is_hot = true;
	}
	return 0;
}

/* @list: room for the LMBs. */
static int add_lmbs(struct mem_call *c, struct drc **list, u32 n, struct hypar_err *e)
{
	int ret = find_free(c, n, list, e);

	if (!ret)
		ret = attach_all(c, list, n, e);
	if (ret)
		return ret;
	ret = ask(c, list, n, false, e);
	if (ret)
		detach_all(c->papr, list, n);
	return ret;
}

static int add(void *arg, struct hypar_err *e)
{
	struct mem_call *c = arg;
	u32 n = (u32)(c->r->size / HYPAR_LMB_SIZE);
	struct drc **list;
	int ret = 0;

	if (c->r->node >= numa_nodes(c->papr))
		return err_set(e, -EINVAL, "there is no node %u", c->r->node);
	if (c->r->id)
		ret = check_id(c->papr, c->r->id, e);
	if (ret)
		return ret;
	list = calloc(n, sizeof(struct drc *));
	if (!list)
		return err_set(e, -ENOMEM, "no memory for a request");
	ret = add_lmbs(c, list, n, e);
	free(list);
	return ret;
}

/* How many LMBs a removal is for, at most. */
static u32 most_of(const struct mem_call *c)
{
	return c->r->id ? c->papr->mem->n : (u32)(c->r->size / HYPAR_LMB_SIZE);
}

/* The LMBs of block @id, into @list. */
static int find_named(struct mem_call *c, struct drc **list, u32 *n, struct hypar_err *e)
{
	const struct papr_mem *mem = c->papr->mem;

	for (u32 i = 0; i < mem->n; i++)
		if (is_named(mem->lmb[i].drc, c->r->id))
			list[(*n)++] = mem->lmb[i].drc;
	return *n ? 0 : err_set(e, -ENOENT, "%s: there is no such memory", c->r->id);
}

/* Those at an address. */
static int find_at(struct mem_call *c, struct drc **list, u32 *n, struct hypar_err *e)
{
	u64 at = c->r->address, max = c->papr->cfg.memory_max;

	if (at % HYPAR_LMB_SIZE)
		return err_set(e, -EINVAL, "the address is not a multiple of %llu MiB",
			       HYPAR_LMB_SIZE >> 20);
	if (at > max || c->r->size > max - at)
		return err_set(e, -ENOENT, "0x%llx: there is no such memory", (ull)at);
	for (; *n < most_of(c); at += HYPAR_LMB_SIZE) {
		struct drc *d = c->papr->mem->lmb[at / HYPAR_LMB_SIZE].drc;

		if (!d->attached)
			return err_set(e, -ENOENT, "0x%llx: there is no such memory", (ull)at);
		list[(*n)++] = d;
	}
	return 0;
}

/* @list: room for most_of() LMBs. */
static int remove_lmbs(struct mem_call *c, struct drc **list, struct hypar_err *e)
{
	u32 n = 0;
	int ret = c->r->id ? find_named(c, list, &n, e) : find_at(c, list, &n, e);

	for (u32 i = 0; i < n && !ret; i++) {
		ret = papr_mem_may_remove(c->papr, list[i], e);
		if (!ret && list[i]->unplug_wanted)
			ret = err_set(e, -EBUSY, "0x%llx: the guest was asked for it already",
				      list[i]->id * HYPAR_LMB_SIZE);
	}
	return ret ? ret : ask(c, list, n, true, e);
}

/* Whichever the guest likes to give. */
static int remove_any(struct mem_call *c, struct hypar_err *e)
{
	u32 n = (u32)(c->r->size / HYPAR_LMB_SIZE), has = 0;
	struct papr *p = c->papr;

	for (u32 i = p->mem->n_rma; i < p->mem->n; i++)
		has += p->mem->lmb[i].drc->enabled && !p->mem->lmb[i].drc->unplug_wanted;
	if (n > has)
		return err_set(e, -EBUSY, "the guest has %llu MiB that can be removed",
			       has * HYPAR_LMB_SIZE >> 20);
	return ask(c, NULL, n, true, e);
}

static int remove_memory(void *arg, struct hypar_err *e)
{
	struct mem_call *c = arg;
	struct drc **list;
	int ret;

	if (!c->r->id && !c->r->address)
		return remove_any(c, e);
	list = calloc(most_of(c), sizeof(struct drc *));
	if (!list)
		return err_set(e, -ENOMEM, "no memory for a request");
	ret = remove_lmbs(c, list, e);
	free(list);
	return ret;
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
