/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dynamic reconfiguration with the commands that other monitors have: drivers
 * and their properties are mapped to the library's functions. Commands return
 * when the guest has been told; events tell what it makes of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mon.h"

/* ---- objects ---- */

static struct mon_object *find(struct mon *m, const char *id)
{
	struct mon_object *o = m->objects;

	while (o && strcmp(o->id, id) != 0)
		o = o->next;
	return o;
}

/* Remembers what @like says of @id, @text copied; false with the error set. */
static bool keep(struct mon_call *c, const char *id, const struct mon_object *like)
{
	struct mon_object *o = calloc(1, sizeof(*o));
	char *text = like->text ? strdup(like->text) : NULL;

	if (!o || (like->text && !text)) {
		free(o);
		mon_fail(c, "no memory");
		return false;
	}
	*o = *like;
	o->text = text;
	memcpy(o->id, id, strlen(id) + 1);
	o->next = c->mon->objects;
	c->mon->objects = o;
	return true;
}

static void forget(struct mon *m, const char *id)
{
	struct mon_object **at = &m->objects, *o;

	while ((o = *at) && strcmp(o->id, id) != 0)
		at = &o->next;
	if (!o)
		return;
	*at = o->next;
	free(o->text);
	free(o);
}

void mon_free_objects(struct mon *m)
{
	while (m->objects)
		forget(m, m->objects->id);
}

static bool is_good_id(struct mon_call *c, const char *id)
{
	if (!*id || strlen(id) >= sizeof(((struct mon_object *)0)->id)) {
		mon_fail(c, "an id has 1 to 63 characters");
		return false;
	}
	if (find(c->mon, id)) {
		mon_fail(c, "there is a \"%s\" already", id);
		return false;
	}
	return true;
}

static bool is_there(struct mon_call *c, const char *id);

/* The object of device_add's argument @name, not in use; NULL with the error set. */
static struct mon_object *argument(struct mon_call *c, const char *name, enum mon_object_kind kind)
{
	const char *id = mon_string(c, name);
	struct mon_object *o = id ? find(c->mon, id) : NULL;

	if (!id) {
		mon_fail(c, "'%s' property is not set", name);
		return NULL;
	}
	if (!o || o->kind != kind) {
		mon_fail(c, "Device '%.60s' not found", id);
		c->error->class = "DeviceNotFound";
		return NULL;
	}
	if (*o->user && is_there(c, o->user)) {
		mon_fail(c, "'%.60s' is in use by %s", id, o->user);
		return NULL;
	}
	return o;
}

static void set_user(struct mon_object *o, const char *id)
{
	size_t n = id ? strlen(id) : 0;

	if (n >= sizeof(o->user))
		n = sizeof(o->user) - 1;
	if (n)
		memcpy(o->user, id, n);
	o->user[n] = 0;
}

json_t *mon_object_add(struct mon_call *c)
{
	const char *id = mon_string(c, "id");
	uint64_t size = 0;

	if (strcmp(mon_string(c, "qom-type"), "memory-backend-ram") != 0)
		return mon_fail(c, "the one type of objects is memory-backend-ram");
	mon_number(c, "size", &size);
	if (!size || size % HYPAR_LMB_SIZE)
		return mon_fail(c, "the size must be a multiple of %llu MiB, not 0",
				HYPAR_LMB_SIZE >> 20);
	return is_good_id(c, id) &&
			       keep(c, id,
				    &(struct mon_object){ .kind = MON_MEMORY, .value = size }) ?
		       json_object() :
		       NULL;
}

/* Forgets @id of that kind, if nothing uses it. */
static json_t *object_del(struct mon_call *c, const char *id, enum mon_object_kind kind)
{
	struct mon_object *o = find(c->mon, id);

	if (!o || o->kind != kind)
		return mon_fail(c, "'%.60s' not found", id);
	if (*o->user && is_there(c, o->user))
		return mon_fail(c, "'%.60s' is in use by %s", id, o->user);
	forget(c->mon, id);
	return json_object();
}

json_t *mon_object_del(struct mon_call *c)
{
	return object_del(c, mon_string(c, "id"), MON_MEMORY);
}

static const char *member(json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

json_t *mon_blockdev_add(struct mon_call *c)
{
	const char *driver = mon_string(c, "driver"), *id = mon_string(c, "node-name");
	json_t *file = json_object_get(c->args, "file"), *at = c->args;
	struct mon_object like = { .kind = MON_BLOCK };
	const char *name;

	like.readonly = json_is_true(json_object_get(c->args, "read-only"));
	if (!strcmp(driver, "raw") && file) {
		at = file;
		driver = member(file, "driver");
	}
	name = member(at, "filename");
	if (!driver || (strcmp(driver, "file") != 0 && strcmp(driver, "host_device") != 0))
		return mon_fail(c, "driver must be file or host_device, or raw with such a file");
	if (!name)
		return mon_fail(c, "argument \"filename\" is missing");
	like.text = (char *)(uintptr_t)name;
	return is_good_id(c, id) && keep(c, id, &like) ? json_object() : NULL;
}

json_t *mon_blockdev_del(struct mon_call *c)
{
	return object_del(c, mon_string(c, "node-name"), MON_BLOCK);
}

json_t *mon_netdev_add(struct mon_call *c)
{
	const char *type = mon_string(c, "type"), *ifname = mon_string(c, "ifname");
	const char *id = mon_string(c, "id");
	struct mon_object like = { .kind = MON_NET, .text = (char *)(uintptr_t)ifname };

	if (strcmp(type, "user") != 0 && strcmp(type, "tap") != 0)
		return mon_fail(c, "type must be user or tap");
	if (!strcmp(type, "tap") != !!ifname)
		return mon_fail(c, "ifname is for tap, which needs it");
	return is_good_id(c, id) && keep(c, id, &like) ? json_object() : NULL;
}

json_t *mon_netdev_del(struct mon_call *c)
{
	return object_del(c, mon_string(c, "id"), MON_NET);
}

/* ---- device_add ---- */

/* What makes a device. */
struct driver {
	const char *name;
	json_t *(*add)(struct mon_call *c, const struct driver *driver, unsigned int phb);
	const char *type; /* of --device */
	bool is_vio;	  /* in a virtual slot */
};

/* The bridge of bus "pci.N", 0 if there is none; false with the error set. */
static bool bridge_of(struct mon_call *c, unsigned int *phb)
{
	const char *bus = mon_string(c, "bus");

	*phb = 0;
	if (!bus)
		return true;
	if (strncmp(bus, "pci.", 4) != 0 || bus[4] < '0' || bus[4] >= '0' + HYPAR_PHBS_MAX ||
	    (bus[5] && strcmp(bus + 5, ".0") != 0)) {
		mon_fail(c, "bus \"%.40s\" not found: it must be pci.0 to pci.%d", bus,
			 HYPAR_PHBS_MAX - 1);
		return false;
	}
	*phb = (unsigned int)(bus[4] - '0');
	return true;
}

static json_t *add_disk(struct mon_call *c, const struct driver *driver, unsigned int phb)
{
	struct hypar_disk d = { .file = mon_string(c, "file"), .id = mon_string(c, "id") };
	struct hypar_err e = { 0 };
	struct mon_object *o = NULL;

	d.phb = phb;
	d.interface = driver->is_vio ? HYPAR_DISK_VSCSI : HYPAR_DISK_VIRTIO;
	d.readonly = json_is_true(json_object_get(c->args, "readonly"));
	if (!d.file) {
		o = argument(c, "drive", MON_BLOCK);
		if (!o)
			return NULL;
		d.file = o->text;
		d.readonly |= o->readonly;
	}
	if (hypar_machine_add_disk(c->mon->machine, &d, NULL, &e))
		return mon_failed(c, &e);
	if (o)
		set_user(o, d.id);
	return json_object();
}

/* Without netdev: a user network. */
static json_t *add_net(struct mon_call *c, const struct driver *driver, unsigned int phb)
{
	struct hypar_net n = { .mac = mon_string(c, "mac"), .id = mon_string(c, "id") };
	struct hypar_err e = { 0 };
	struct mon_object *o = NULL;

	n.phb = phb;
	n.interface = driver->is_vio ? HYPAR_NET_VETH : HYPAR_NET_VIRTIO;
	if (mon_string(c, "netdev")) {
		o = argument(c, "netdev", MON_NET);
		if (!o)
			return NULL;
		n.tap = o->text;
	}
	if (hypar_machine_add_net(c->mon->machine, &n, NULL, &e))
		return mon_failed(c, &e);
	if (o)
		set_user(o, n.id);
	return json_object();
}

static json_t *add_other(struct mon_call *c, const struct driver *driver, unsigned int phb)
{
	const struct hypar_device d = { .type = driver->type,
					.id = mon_string(c, "id"),
					.chardev = mon_string(c, "chardev"),
					.phb = phb };
	struct hypar_err e = { 0 };

	return hypar_machine_add_device(c->mon->machine, &d, NULL, &e) ? mon_failed(c, &e) :
									 json_object();
}

static json_t *add_dimm(struct mon_call *c)
{
	struct mon_object *o = argument(c, "memdev", MON_MEMORY);
	struct hypar_memory r = { .id = mon_string(c, "id") };
	struct hypar_err e = { 0 };
	uint64_t node = 0;

	if (!o)
		return NULL;
	if (!r.id)
		return mon_fail(c, "a pc-dimm needs an id");
	if (mon_number(c, "node", &node) && node > HYPAR_CPUS_MAX)
		return mon_fail(c, "there is no node %llu", (unsigned long long)node);
	r.size = o->value;
	r.node = (unsigned int)node;
	if (hypar_machine_add_memory(c->mon->machine, &r, NULL, &e))
		return mon_failed(c, &e);
	set_user(o, r.id);
	return json_object();
}

/* A core or a bridge: it has a number, and an id only here. */
static json_t *add_numbered(struct mon_call *c, bool is_core)
{
	const char *id = mon_string(c, "id"), *name = is_core ? "core-id" : "index";
	struct hypar_err e = { 0 };
	uint64_t v;
	int ret;

	if (!mon_number(c, name, &v))
		return mon_fail(c, "argument \"%s\" is missing", name);
	if (v > UINT32_MAX)
		return mon_fail(c, "argument \"%s\" is too large", name);
	if (id && !is_good_id(c, id))
		return NULL;
	ret = is_core ? hypar_machine_add_core(c->mon->machine, (unsigned int)v, NULL, &e) :
			hypar_machine_add_phb(c->mon->machine, (unsigned int)v, NULL, &e);
	if (ret)
		return mon_failed(c, &e);
	if (id &&
	    !keep(c, id,
		  &(struct mon_object){ .kind = is_core ? MON_CORE : MON_BRIDGE, .value = v }))
		return NULL;
	return json_object();
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);

	return n > k && !strcmp(text + n - k, end);
}

static const struct driver drivers[] = {
	{ "virtio-blk-pci", add_disk, NULL, false },
	{ "virtio-net-pci", add_net, NULL, false },
	{ "virtio-rng-pci", add_other, "virtio-rng", false },
	{ "spapr-vscsi", add_disk, NULL, true },
	{ "spapr-vlan", add_net, NULL, true },
	{ "spapr-vty", add_other, "vty", true },
};

json_t *mon_device_add(struct mon_call *c)
{
	const char *driver = mon_string(c, "driver");
	unsigned int phb;

	if (!strcmp(driver, "pc-dimm"))
		return add_dimm(c);
	if (!strcmp(driver, "spapr-pci-host-bridge"))
		return add_numbered(c, false);
	if (ends_with(driver, "-spapr-cpu-core"))
		return add_numbered(c, true);
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (strcmp(driver, drivers[i].name) != 0)
			continue;
		if (json_object_get(c->args, "addr"))
			return mon_fail(c, "the slot cannot be chosen: leave addr out");
		if (drivers[i].is_vio && json_object_get(c->args, "bus"))
			return mon_fail(c, "a virtual slot is behind no bridge: leave bus out");
		return bridge_of(c, &phb) ? drivers[i].add(c, &drivers[i], phb) : NULL;
	}
	return mon_fail(c, "'%.60s' is not a valid device model name", driver);
}

/* The first connector that holds @id, if there is one. */
static bool holder(struct mon_call *c, const char *id, struct hypar_drc_info *d)
{
	struct hypar_err e = { 0 };

	*d = (struct hypar_drc_info){ .index = 0 };
	for (; !hypar_machine_drc_next(c->mon->machine, d, &e); d->index++)
		if (!strcmp(d->resource, id))
			return true;
	return false;
}

static bool is_there(struct mon_call *c, const char *id)
{
	struct hypar_drc_info d;

	return holder(c, id, &d);
}

static bool is_memory(struct mon_call *c, const char *id)
{
	struct hypar_drc_info d;

	return holder(c, id, &d) && d.type == HYPAR_DRC_LMB;
}

json_t *mon_device_del(struct mon_call *c)
{
	const char *id = mon_string(c, "id");
	struct mon_object *o = find(c->mon, id);
	hypar_machine *m = c->mon->machine;
	struct hypar_memory r = { .id = id };
	struct hypar_err e = { 0 };
	int ret;

	if (o && o->kind == MON_CORE)
		ret = hypar_machine_remove_core(m, (unsigned int)o->value, NULL, &e);
	else if (o && o->kind == MON_BRIDGE)
		ret = hypar_machine_remove_phb(m, (unsigned int)o->value, NULL, &e);
	else if (is_memory(c, id))
		ret = hypar_machine_remove_memory(m, &r, NULL, &e);
	else
		ret = hypar_machine_remove_device(m, id, false, NULL, &e);
	if (ret) {
		mon_failed(c, &e);
		if (ret == -ENOENT)
			c->error->class = "DeviceNotFound";
		return NULL;
	}
	if (o && (o->kind == MON_CORE || o->kind == MON_BRIDGE))
		forget(c->mon, id);
	return json_object();
}

/* ---- questions ---- */

json_t *mon_query_memory_size(struct mon_call *c)
{
	struct hypar_drc_info d = { .index = 0 };
	uint64_t base = 0, plugged = 0;
	struct hypar_err e = { 0 };

	for (; !hypar_machine_drc_next(c->mon->machine, &d, &e); d.index++)
		if (d.type == HYPAR_DRC_LMB && d.is_attached)
			*(*d.resource ? &plugged : &base) += HYPAR_LMB_SIZE;
	if (!base)
		base = c->mon->o->machine.memory;
	return json_pack("{s:I,s:I}", "base-memory", (json_int_t)base, "plugged-memory",
			 (json_int_t)plugged);
}

/* Of a pc-dimm; other memory has none but itself. */
static const char *memdev_of(struct mon_call *c, const char *dimm)
{
	const struct mon_object *o = c->mon->objects;

	while (o && (o->kind != MON_MEMORY || strcmp(o->user, dimm) != 0))
		o = o->next;
	return o ? o->id : dimm;
}

json_t *mon_query_memory_devices(struct mon_call *c)
{
	struct hypar_drc_info d = { .index = 0 };
	json_t *list = json_array(), *data = NULL;
	struct hypar_err e = { 0 };
	char last[64] = "";
	uint64_t end = 0, size = 0;

	for (; !hypar_machine_drc_next(c->mon->machine, &d, &e); d.index++) {
		uint64_t at = (d.index & 0xfffffff) * HYPAR_LMB_SIZE;

		if (d.type != HYPAR_DRC_LMB || !d.is_attached || !*d.resource)
			continue;
		if (strcmp(last, d.resource) != 0 || at != end) {
			size = 0;
			data = json_pack("{s:s,s:I,s:i,s:i,s:o,s:b,s:b}", "id", d.resource, "addr",
					 (json_int_t)at, "slot", (int)json_array_size(list), "node",
					 (int)d.node, "memdev",
					 json_sprintf("/objects/%s", memdev_of(c, d.resource)),
					 "hotplugged", 1, "hotpluggable", 1);
			json_array_append_new(list,
					      json_pack("{s:s,s:o}", "type", "dimm", "data", data));
			memcpy(last, d.resource, sizeof(last));
		}
		end = at + HYPAR_LMB_SIZE;
		size += HYPAR_LMB_SIZE;
		json_object_set_new(data, "size", json_integer((json_int_t)size));
	}
	return list;
}

json_t *mon_query_hotpluggable_cpus(struct mon_call *c)
{
	unsigned int threads = c->mon->o->machine.threads;
	const char *type = c->mon->o->machine.cpu == HYPAR_CPU_POWER9 ?
				   "power9_v2.2-spapr-cpu-core" :
				   "power10_v2.0-spapr-cpu-core";
	struct hypar_drc_info d = { .index = 0 };
	json_t *list = json_array(), *o;
	struct hypar_err e = { 0 };

	for (; !hypar_machine_drc_next(c->mon->machine, &d, &e); d.index++) {
		unsigned int core = d.index & 0xfffffff;

		if (d.type != HYPAR_DRC_CPU)
			continue;
		o = json_pack("{s:{s:i},s:i,s:s}", "props", "core-id", (int)core, "vcpus-count",
			      (int)(threads ? threads : 1), "type", type);
		if (d.is_attached)
			json_object_set_new(o, "qom-path",
					    json_sprintf("/machine/unattached/core[%u]", core));
		json_array_append_new(list, o);
	}
	return list;
}
