/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The setters of --memory and --numa: values of parts between commas.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "opt.h"

#define SLOTS_MAX 65536
#define DISTANCE_SELF 10
#define DISTANCE_MIN 11
#define DISTANCE_MAX 254

static int unknown(const char *p, struct hypar_err *why)
{
	size_t n = strcspn(p, ",");

	if (!n)
		return err_set(why, -EINVAL, "an empty part");
	return err_set(why, -EINVAL, "unknown part \"%.*s\"", n < 40 ? (int)n : 40, p);
}

/* Is there "key=" at *p? Then *p is moved behind it. */
static bool key(const char **p, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(*p, name, n) || (*p)[n] != '=')
		return false;
	*p += n + 1;
	return true;
}

/* A number up to @max, with nothing behind it in its part. */
static int number(const char **p, uint64_t max, unsigned int *out, struct hypar_err *why)
{
	uint64_t v;
	int ret = opt_digits(p, &v, why);

	if (ret)
		return ret;
	if (**p && **p != ',')
		return err_set(why, -EINVAL, "\"%.40s\" follows the number", *p);
	if (v > max)
		return err_set(why, -ERANGE, "%llu is more than %llu", (unsigned long long)v,
			       (unsigned long long)max);
	*out = (unsigned int)v;
	return 0;
}

/* ---- --memory SIZE[,max=SIZE] ---- */

static int size_once(const char **p, uint64_t *to, const char *what, struct hypar_err *why)
{
	if (*to)
		return err_set(why, -EINVAL, "%s given twice", what);
	return opt_size(p, to, why);
}

static int memory_part(struct options *o, const char **p, bool is_first, struct hypar_err *why)
{
	unsigned int slots;

	if (key(p, "max") || key(p, "maxmem"))
		return size_once(p, &o->machine.memory_max, "max", why);
	if (key(p, "slots"))
		return number(p, SLOTS_MAX, &slots, why);
	if (key(p, "size") || is_first)
		return size_once(p, &o->machine.memory, "the size", why);
	return unknown(*p, why);
}

int opt_set_memory(struct options *o, const char *value, struct hypar_err *why)
{
	const char *p = value;

	o->machine.memory = o->machine.memory_max = 0;
	for (;;) {
		int ret = memory_part(o, &p, p == value, why);

		if (ret)
			return ret;
		if (!*p)
			break;
		p++;
	}
	if (!o->machine.memory)
		return err_set(why, -EINVAL, "the size is missing");
	if (o->machine.memory_max && o->machine.memory_max < o->machine.memory)
		return err_set(why, -EINVAL, "max is less than the size");
	return 0;
}

/* ---- --numa ---- */

struct opt_numa {
	struct hypar_numa numa;
	bool has_node[HYPAR_NODES_MAX], has_cpu[HYPAR_CPUS_MAX], has_phb[HYPAR_PHBS_MAX];
};

struct node_parts {
	unsigned int id, n_ranges, phbs; /* bits of host bridges */
	uint64_t memory;
	unsigned int first[HYPAR_CPUS_MAX], last[HYPAR_CPUS_MAX];
};

static int cpu_range(const char **p, struct node_parts *n, struct hypar_err *why)
{
	unsigned int *first = &n->first[n->n_ranges], *last = &n->last[n->n_ranges];
	uint64_t a, b;
	int ret = opt_digits(p, &a, why);

	if (ret)
		return ret;
	b = a;
	if (**p == '-') {
		++*p;
		ret = opt_digits(p, &b, why);
		if (ret)
			return ret;
	}
	if (**p && **p != ',')
		return err_set(why, -EINVAL, "\"%.40s\" follows the vCPUs", *p);
	if (a > b || b >= HYPAR_CPUS_MAX)
		return err_set(why, -EINVAL, "vCPUs are 0 to %d, the lower first",
			       HYPAR_CPUS_MAX - 1);
	if (n->n_ranges == HYPAR_CPUS_MAX - 1)
		return err_set(why, -EINVAL, "cpus= too often");
	*first = (unsigned int)a;
	*last = (unsigned int)b;
	n->n_ranges++;
	return 0;
}

static int node_part(const char **p, struct node_parts *n, struct hypar_err *why)
{
	unsigned int phb;

	if (key(p, "phb")) {
		int ret = number(p, HYPAR_PHBS_MAX - 1, &phb, why);

		n->phbs |= ret ? 0 : 1u << phb;
		return ret;
	}
	if (key(p, "nodeid"))
		return number(p, HYPAR_NODES_MAX - 1, &n->id, why);
	if (key(p, "mem"))
		return size_once(p, &n->memory, "mem", why);
	if (key(p, "cpus"))
		return cpu_range(p, n, why);
	return unknown(*p, why);
}

static int add_cpus(struct opt_numa *o, const struct node_parts *n, struct hypar_err *why)
{
	for (unsigned int r = 0; r < n->n_ranges; r++)
		for (unsigned int c = n->first[r]; c <= n->last[r]; c++) {
			if (o->has_cpu[c])
				return err_set(why, -EINVAL, "vCPU %u is in two nodes", c);
			o->has_cpu[c] = true;
			o->numa.cpu_node[c] = (uint8_t)n->id;
		}
	return 0;
}

static int add_node(struct opt_numa *o, const struct node_parts *n, struct hypar_err *why)
{
	if (n->id >= HYPAR_NODES_MAX)
		return err_set(why, -EINVAL, "more than %d nodes", HYPAR_NODES_MAX);
	if (o->has_node[n->id])
		return err_set(why, -EINVAL, "node %u given twice", n->id);
	o->has_node[n->id] = true;
	if (n->id >= o->numa.n_nodes)
		o->numa.n_nodes = n->id + 1;
	o->numa.memory[n->id] = n->memory;
	for (unsigned int i = 0; i < HYPAR_PHBS_MAX; i++) {
		if (!(n->phbs >> i & 1))
			continue;
		if (o->has_phb[i])
			return err_set(why, -EINVAL, "phb %u is in two nodes", i);
		o->has_phb[i] = true;
		o->numa.phb_node[i] = (uint8_t)n->id;
	}
	return add_cpus(o, n, why);
}

static int set_node(struct opt_numa *o, const char *p, struct hypar_err *why)
{
	struct node_parts n = { .id = 0 };

	while (n.id < HYPAR_NODES_MAX && o->has_node[n.id])
		n.id++;
	while (*p++ == ',') {
		int ret = node_part(&p, &n, why);

		if (ret)
			return ret;
	}
	return add_node(o, &n, why);
}

static int set_distance(struct opt_numa *o, const char *p, struct hypar_err *why)
{
	unsigned int from = HYPAR_NODES_MAX, to = HYPAR_NODES_MAX, d = 0;

	while (*p++ == ',') {
		int ret = key(&p, "src") ? number(&p, HYPAR_NODES_MAX - 1, &from, why) :
			  key(&p, "dst") ? number(&p, HYPAR_NODES_MAX - 1, &to, why) :
			  key(&p, "val") ? number(&p, DISTANCE_MAX, &d, why) :
					   unknown(p, why);

		if (ret)
			return ret;
	}
	if (from == HYPAR_NODES_MAX || to == HYPAR_NODES_MAX || !d)
		return err_set(why, -EINVAL, "src, dst or val is missing");
	if (from == to ? d != DISTANCE_SELF : d < DISTANCE_MIN)
		return err_set(why, -EINVAL, "a node is %d from itself and %d to %d from others",
			       DISTANCE_SELF, DISTANCE_MIN, DISTANCE_MAX);
	o->numa.distance[from][to] = (uint8_t)d;
	if (!o->numa.distance[to][from])
		o->numa.distance[to][from] = (uint8_t)d;
	return 0;
}

int opt_set_numa(struct options *o, const char *value, struct hypar_err *why)
{
	size_t n = strcspn(value, ",");

	if (!o->numa)
		o->numa = calloc(1, sizeof(*o->numa));
	if (!o->numa)
		return err_set(why, -ENOMEM, "no memory");
	o->machine.numa = &o->numa->numa;
	if (n == 4 && !strncmp(value, "node", n))
		return set_node(o->numa, value + n, why);
	if (n == 4 && !strncmp(value, "dist", n))
		return set_distance(o->numa, value + n, why);
	return err_set(why, -EINVAL, "begins with neither node nor dist");
}
