/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dynamic reconfiguration for clients of hypar's own: the commands x-hypar-*
 * of memory, processors, devices and bridges, requests, connectors, injections.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mon.h"

#define NAMES_MAX 65536u /* of memory without an id */

static const char *const types[] = { "cpu", "phb", "slot", "pci", "memory", "pmem" };

/* {"request": N}, or the error of the library. */
static json_t *asked(struct mon_call *c, int ret, const uint32_t *request,
		     const struct hypar_err *e)
{
	return ret ? mon_failed(c, e) : json_pack("{s:I}", "request", (json_int_t)*request);
}

/* A number of 32 bits; false with the error set. */
static bool small(struct mon_call *c, const char *name, unsigned int *value)
{
	uint64_t v = 0;

	mon_number(c, name, &v);
	if (v > UINT32_MAX) {
		mon_fail(c, "argument \"%s\" is too large", name);
		return false;
	}
	*value = (unsigned int)v;
	return true;
}

/* ---- memory ---- */

json_t *mon_add_memory(struct mon_call *c)
{
	struct hypar_memory r = { .id = mon_string(c, "id") };
	struct hypar_err e = { 0 };
	bool is_named = r.id;
	uint32_t request = 0;
	char id[16];
	int ret = -EEXIST;

	mon_number(c, "size", &r.size);
	if (!small(c, "node", &r.node))
		return NULL;
	for (unsigned int i = 0; ret == -EEXIST && i < NAMES_MAX; i++) {
		snprintf(id, sizeof(id), "mem%u", i);
		if (!is_named)
			r.id = id;
		e = (struct hypar_err){ 0 };
		ret = hypar_machine_add_memory(c->mon->machine, &r, &request, &e);
		if (is_named)
			break;
	}
	return ret ? mon_failed(c, &e) :
		     json_pack("{s:I,s:s}", "request", (json_int_t)request, "id", r.id);
}

json_t *mon_remove_memory(struct mon_call *c)
{
	struct hypar_memory r = { .id = mon_string(c, "id") };
	bool has_size = mon_number(c, "size", &r.size), has_address;
	struct hypar_err e = { 0 };
	uint32_t request = 0;

	has_address = mon_number(c, "address", &r.address);
	if (r.id ? has_size || has_address : !has_size)
		return mon_fail(c, "an id, or a size and perhaps an address, and nothing else");
	if (has_address && !r.address)
		return mon_fail(c, "memory at 0 is needed for real mode and cannot be removed");
	return asked(c, hypar_machine_remove_memory(c->mon->machine, &r, &request, &e), &request,
		     &e);
}

/* ---- processors, bridges, devices ---- */

typedef int count_fn(hypar_machine *m, unsigned int n, uint32_t *request, struct hypar_err *e);

/* What takes one number, argument @name. */
static json_t *by_number(struct mon_call *c, const char *name, count_fn *ask)
{
	struct hypar_err e = { 0 };
	uint32_t request = 0;
	unsigned int n;

	if (!small(c, name, &n))
		return NULL;
	return asked(c, ask(c->mon->machine, n, &request, &e), &request, &e);
}

json_t *mon_add_cpus(struct mon_call *c)
{
	return by_number(c, "count", hypar_machine_add_cpus);
}

json_t *mon_remove_cpus(struct mon_call *c)
{
	return by_number(c, "count", hypar_machine_remove_cpus);
}

json_t *mon_add_phb(struct mon_call *c)
{
	return by_number(c, "index", hypar_machine_add_phb);
}

json_t *mon_freeze_device(struct mon_call *c)
{
	struct hypar_err e = { 0 };
	int ret = hypar_machine_freeze_device(c->mon->machine, mon_string(c, "id"), &e);

	return ret ? mon_failed(c, &e) : json_object();
}

json_t *mon_remove_phb(struct mon_call *c)
{
	return by_number(c, "index", hypar_machine_remove_phb);
}

/* Is @spec "word,..."? Then *rest is what follows. */
static bool is_kind(const char *spec, const char *word, const char **rest)
{
	size_t n = strlen(word);

	if (strncmp(spec, word, n) != 0 || spec[n] != ',')
		return false;
	*rest = spec + n + 1;
	return true;
}

static int add_device(struct mon_call *c, const char *spec, uint32_t *request, struct hypar_err *e)
{
	hypar_machine *m = c->mon->machine;
	struct options o = { .stats = false };
	const char *value;
	int ret;

	if (is_kind(spec, "disk", &value)) {
		ret = opt_set_disk(&o, value, e);
		if (!ret)
			ret = hypar_machine_add_disk(m, &o.disks[0], request, e);
	} else if (is_kind(spec, "net", &value)) {
		ret = opt_set_net(&o, value, e);
		if (!ret)
			ret = hypar_machine_add_net(m, &o.nets[0], request, e);
	} else if (is_kind(spec, "device", &value)) {
		ret = opt_set_device(&o, value, e);
		if (!ret)
			ret = hypar_machine_add_device(m, &o.devices[0], request, e);
	} else {
		ret = e->code = -EINVAL;
		snprintf(e->text, sizeof(e->text),
			 "it does not begin with \"disk,\", \"net,\" or \"device,\"");
	}
	opt_free(&o);
	return ret;
}

json_t *mon_add_device(struct mon_call *c)
{
	struct hypar_err e = { 0 };
	uint32_t request = 0;

	return asked(c, add_device(c, mon_string(c, "spec"), &request, &e), &request, &e);
}

json_t *mon_remove_device(struct mon_call *c)
{
	bool surprise = json_is_true(json_object_get(c->args, "surprise"));
	struct hypar_err e = { 0 };
	uint32_t request = 0;
	int ret = hypar_machine_remove_device(c->mon->machine, mon_string(c, "id"), surprise,
					      &request, &e);

	return asked(c, ret, &request, &e);
}

/* ---- NVDIMMs ---- */

json_t *mon_add_nvdimm(struct mon_call *c)
{
	struct options o = { .stats = false };
	struct hypar_err e = { 0 };
	uint32_t request = 0;
	int ret = opt_set_nvdimm(&o, mon_string(c, "spec"), &e);

	if (!ret)
		ret = hypar_machine_add_nvdimm(c->mon->machine, &o.nvdimms[0], &request, &e);
	opt_free(&o);
	return asked(c, ret, &request, &e);
}

json_t *mon_remove_nvdimm(struct mon_call *c)
{
	struct hypar_err e = { 0 };
	uint32_t request = 0;
	int ret = hypar_machine_remove_nvdimm(c->mon->machine, mon_string(c, "id"), &request, &e);

	return asked(c, ret, &request, &e);
}

json_t *mon_nvdimm_health(struct mon_call *c)
{
	enum hypar_health_change what = HYPAR_HEALTH_SHOW;
	uint64_t set = 0, clear = 0, health = 0;
	struct hypar_err e = { 0 };

	if (mon_number(c, "set", &set))
		what = HYPAR_HEALTH_SET;
	if (mon_number(c, "clear", &clear)) {
		if (what != HYPAR_HEALTH_SHOW)
			return mon_fail(c, "set or clear, not both");
		what = HYPAR_HEALTH_CLEAR;
		set = clear;
	}
	if (set > HYPAR_NVDIMM_HEALTH_BITS)
		set = HYPAR_NVDIMM_HEALTH_BITS;
	if (hypar_machine_nvdimm_health(c->mon->machine, mon_string(c, "id"), what,
					(unsigned int)set, &health, &e))
		return mon_failed(c, &e);
	return json_pack("{s:o}", "health", mon_hex(health, 8));
}

/* ---- requests, connectors ---- */

json_t *mon_query_requests(struct mon_call *c)
{
	struct hypar_dr_request r = { .request = 0 };
	struct hypar_err e = { 0 };
	unsigned int only;
	json_t *list;

	if (!small(c, "request", &only))
		return NULL;
	if (only) {
		r.request = only;
		if (hypar_machine_dr_request(c->mon->machine, &r, &e) || r.request != only)
			return mon_fail(c, "there is no request %u, or it was long ago", only);
		return mon_request(&r);
	}
	list = json_array();
	for (; !hypar_machine_dr_request(c->mon->machine, &r, &e); r.request++)
		json_array_append_new(list, mon_request(&r));
	return list;
}

json_t *mon_cancel_request(struct mon_call *c)
{
	struct hypar_err e = { 0 };
	unsigned int n;

	if (!small(c, "request", &n))
		return NULL;
	return hypar_machine_dr_cancel(c->mon->machine, n, &e) ? mon_failed(c, &e) : json_object();
}

static const char *owner(const struct hypar_drc_info *d)
{
	if (!d->is_attached)
		return "host";
	return d->is_enabled ? "guest" : "none";
}

static json_t *connector(const struct hypar_drc_info *d)
{
	return json_pack("{s:o,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:b,s:i,s:i,s:s,s:s,s:I}", "index",
			 mon_hex(d->index, 4), "name", d->name, "type", mon_drc_type(d->type),
			 "state", d->state, "owner", owner(d), "resource", d->resource, "attached",
			 d->is_attached, "enabled", d->is_enabled, "wanted-back", d->unplug_wanted,
			 "indicator", (int)d->indicator, "power", (int)d->power, "last-call",
			 d->last_call, "last-status", d->last_status, "calls",
			 (json_int_t)d->n_calls);
}

json_t *mon_query_connectors(struct mon_call *c)
{
	const char *type = mon_string(c, "type");
	struct hypar_drc_info d = { .index = 0 };
	struct hypar_err e = { 0 };
	bool is_known = !type;
	json_t *list;

	for (size_t i = 0; !is_known && i < sizeof(types) / sizeof(types[0]); i++)
		is_known = !strcmp(type, types[i]);
	if (!is_known)
		return mon_fail(c, "argument \"type\" must be cpu, phb, slot, pci, memory or pmem");
	list = json_array();
	for (; !hypar_machine_drc_next(c->mon->machine, &d, &e); d.index++)
		if (!type || !strcmp(type, mon_drc_type(d.type)))
			json_array_append_new(list, connector(&d));
	return list;
}

/* ---- injections ---- */

json_t *mon_inject(struct mon_call *c)
{
	const char *status = mon_string(c, "status");
	struct hypar_injection i = { .call = mon_string(c, "call"), .carry_out = !status };
	uint64_t drc = 0, count = 1;
	struct hypar_err e = { 0 };
	uint32_t id = 0;

	mon_number(c, "count", &count);
	i.count = count;
	if (mon_number(c, "drc", &drc) && (!drc || drc > UINT32_MAX))
		return mon_fail(c, "argument \"drc\" must be the index of a connector");
	i.drc = (uint32_t)drc;
	if (!small(c, "delay-us", &i.delay_us) || !small(c, "skip", &i.skip))
		return NULL;
	if (status && hypar_status_value(i.call, status, &i.status, &e))
		return mon_failed(c, &e);
	if (hypar_machine_inject(c->mon->machine, &i, &id, &e))
		return mon_failed(c, &e);
	return json_pack("{s:I}", "id", (json_int_t)id);
}

json_t *mon_query_injections(struct mon_call *c)
{
	json_t *list = json_array(), *o;
	struct hypar_injection i;
	struct hypar_err e = { 0 };
	uint32_t id = 0;
	uint64_t hits;

	for (; !hypar_machine_inject_next(c->mon->machine, &id, &i, &hits, &e); id++) {
		o = json_pack("{s:I,s:s,s:I,s:I,s:I,s:b,s:I}", "id", (json_int_t)id, "call", i.call,
			      "skip", (json_int_t)i.skip, "left", (json_int_t)i.count, "hits",
			      (json_int_t)hits, "over", i.is_over, "delay-us",
			      (json_int_t)i.delay_us);
		if (!i.carry_out)
			json_object_set_new(o, "status", json_integer(i.status));
		if (i.drc)
			json_object_set_new(o, "drc", mon_hex(i.drc, 4));
		json_array_append_new(list, o);
	}
	return list;
}

json_t *mon_clear_injections(struct mon_call *c)
{
	struct hypar_err e = { 0 };
	unsigned int id;

	if (!small(c, "id", &id))
		return NULL;
	return hypar_machine_inject_clear(c->mon->machine, id, &e) ? mon_failed(c, &e) :
								     json_object();
}
