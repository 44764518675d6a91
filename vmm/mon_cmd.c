/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitor's commands that other monitors have, with their names and what
 * they return. Members that clients do not need are left out; additions begin
 * with x-hypar.
 */
#include "mon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

json_t *mon_qmp_capabilities(struct mon_call *c)
{
	json_t *enable = json_object_get(c->args, "enable");
	struct mon_session *s = c->session;

	if (s->is_ready) {
		mon_fail(c, "the negotiation is over");
		c->error->class = MON_NOT_FOUND;
		return NULL;
	}
	if (json_array_size(enable))
		return mon_fail(c, "there are no capabilities to enable");
	s->is_ready = true;
	return json_object();
}

json_t *mon_query_commands(struct mon_call *c)
{
	json_t *list = json_array();

	(void)c;
	for (unsigned int i = 0; i < MON_COUNT; i++)
		json_array_append_new(list, json_pack("{s:s}", "name", mon_rows[i].name));
	return list;
}

json_t *mon_query_name(struct mon_call *c)
{
	(void)c;
	return json_object();
}

json_t *mon_query_kvm(struct mon_call *c)
{
	(void)c;
	return json_pack("{s:b,s:b}", "enabled", 0, "present", 0);
}

json_t *mon_query_target(struct mon_call *c)
{
	(void)c;
	return json_pack("{s:s}", "arch", "ppc64");
}

json_t *mon_query_machines(struct mon_call *c)
{
	(void)c;
	return json_pack("[{s:s,s:b,s:i,s:b,s:b,s:b,s:s,s:b}]", "name", "pseries", "is-default", 1,
			 "cpu-max", HYPAR_CPUS_MAX, "hotpluggable-cpus", 1, "numa-mem-supported", 1,
			 "deprecated", 0, "default-cpu-type", "power10", "acpi", 0);
}

/* ---- state ---- */

static const char *status_name(enum hypar_status status)
{
	switch (status) {
	case HYPAR_STATUS_NEW:
	case HYPAR_STATUS_FRESH:
		return "prelaunch";
	case HYPAR_STATUS_RUNNING:
		return "running";
	case HYPAR_STATUS_PAUSED:
		return "paused";
	default:
		return "shutdown";
	}
}

json_t *mon_query_status(struct mon_call *c)
{
	enum hypar_status status = hypar_machine_status(c->mon->machine);

	return json_pack("{s:s,s:b}", "status", status_name(status), "running",
			 status == HYPAR_STATUS_RUNNING);
}

static const char *cpu_state(const struct hypar_cpu_info *info)
{
	if (!info->is_started)
		return "stopped";
	return info->is_waiting ? "idle" : "running";
}

json_t *mon_query_cpus_fast(struct mon_call *c)
{
	unsigned int threads = c->mon->o->machine.threads;
	json_t *list = json_array();
	struct hypar_cpu_info info;

	for (unsigned int i = 0; !hypar_machine_cpu_next(c->mon->machine, &i, &info); i++)
		json_array_append_new(
			list, json_pack("{s:i,s:o,s:i,s:s,s:{s:i,s:i},s:s}", "cpu-index", (int)i,
					"qom-path", json_sprintf("/machine/cpu[%u]", i),
					"thread-id", info.thread_id, "target", "ppc64", "props",
					"core-id", (int)(threads ? i / threads * threads : i),
					"node-id", 0, "x-hypar-state", cpu_state(&info)));
	return list;
}

/* Nothing limits a disk's rate. */
static void put_no_limits(json_t *inserted)
{
	static const char *const names[] = { "bps",	"bps_rd",  "bps_wr",	     "iops",
					     "iops_rd", "iops_wr", "write_threshold" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		json_object_set_new(inserted, names[i], json_integer(0));
}

static json_t *block_image(const struct hypar_disk_info *d)
{
	return json_pack("{s:s,s:s,s:I,s:I,s:b}", "filename", d->file, "format", "raw",
			 "virtual-size", (json_int_t)d->size, "actual-size",
			 (json_int_t)d->allocated, "dirty-flag", 0);
}

/* writeback: written data are on stable storage only after a flush. */
static json_t *block_inserted(const struct hypar_disk_info *d)
{
	json_t *o = json_pack("{s:s,s:s,s:s,s:b,s:b,s:b,s:i,s:s,s:{s:b,s:b,s:b},s:o}", "file",
			      d->file, "drv", "raw", "node-name", d->id, "ro", d->readonly,
			      "active", 1, "encrypted", 0, "backing_file_depth", 0, "detect_zeroes",
			      "off", "cache", "writeback", 1, "direct", 0, "no-flush", 0, "image",
			      block_image(d));

	put_no_limits(o);
	return o;
}

json_t *mon_query_block(struct mon_call *c)
{
	json_t *list = json_array();
	struct hypar_disk_info d;

	for (unsigned int i = 0; !hypar_machine_disk_info(c->mon->machine, i, &d); i++)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:b,s:b,s:s,s:o}", "device",
						      d.id, "qdev", d.id, "type", "unknown",
						      "removable", 0, "locked", 0, "io-status",
						      "ok", "inserted", block_inserted(&d)));
	return list;
}

static json_t *pci_regions(const struct hypar_pci_info *info)
{
	json_t *list = json_array(), *o;

	for (int i = 0; i < HYPAR_PCI_REGIONS; i++) {
		const struct hypar_pci_region *r = &info->regions[i];

		if (!r->size)
			continue;
		o = json_pack("{s:i,s:s,s:I,s:I}", "bar", i, "type", r->is_io ? "io" : "memory",
			      "address", (json_int_t)r->address, "size", (json_int_t)r->size);
		if (!r->is_io)
			json_object_update_new(o, json_pack("{s:b,s:b}", "prefetch",
							    r->is_prefetchable, "mem_type_64",
							    r->is_64bit));
		json_array_append_new(list, o);
	}
	return list;
}

/* Base classes [PCI Code and ID Assignment 1.1]. */
static const char *class_name(unsigned int code)
{
	switch (code >> 8) {
	case 0x01:
		return "Mass storage controller";
	case 0x02:
		return "Network controller";
	case 0x07:
		return "Communication controller";
	default:
		return "Other device";
	}
}

static json_t *pci_function(const struct hypar_pci_info *info)
{
	json_t *class = json_pack("{s:i,s:s}", "class", (int)info->class_code, "desc",
				  class_name(info->class_code));

	return json_pack("{s:i,s:i,s:i,s:s,s:o,s:{s:i,s:i,s:i,s:i},s:i,s:i,s:o}", "bus", 0, "slot",
			 (int)info->slot, "function", (int)info->function, "qdev_id", info->id,
			 "class_info", class, "id", "vendor", (int)info->vendor, "device",
			 (int)info->device, "subsystem-vendor", (int)info->subsystem_vendor,
			 "subsystem", (int)info->subsystem, "irq", (int)info->irq, "irq_pin",
			 (int)info->pin, "regions", pci_regions(info));
}

/* The bus of bridge @bridge in @list, made if it is a new one. */
static json_t *pci_bus(json_t *list, unsigned int bridge)
{
	json_t *bus = json_array_get(list, json_array_size(list) - 1);

	if (!bus || json_integer_value(json_object_get(bus, "bus")) != (json_int_t)bridge) {
		bus = json_pack("{s:i,s:[]}", "bus", (int)bridge, "devices");
		json_array_append_new(list, bus);
	}
	return bus;
}

json_t *mon_query_pci(struct mon_call *c)
{
	struct hypar_pci_info info = { 0 };
	struct hypar_err e = { 0 };
	json_t *list = json_array();
	int ret;

	while (!(ret = hypar_machine_pci_next(c->mon->machine, &info, &e))) {
		json_array_append_new(json_object_get(pci_bus(list, info.bridge), "devices"),
				      pci_function(&info));
		info.function++;
	}
	if (ret == -ENOENT)
		return list;
	json_decref(list);
	return mon_fail(c, "%s", e.text);
}

/* ---- control ---- */

/* {} or the error of the library. */
static json_t *done(struct mon_call *c, int ret, const struct hypar_err *e)
{
	return ret ? mon_fail(c, "%s", e->text) : json_object();
}

json_t *mon_stop(struct mon_call *c)
{
	struct hypar_err e = { 0 };
	struct mon *m = c->mon;
	int ret = m->is_held ? 0 : hypar_machine_pause(m->machine, &e);

	m->is_held = !ret;
	return done(c, ret, &e);
}

json_t *mon_cont(struct mon_call *c)
{
	struct hypar_err e = { 0 };
	struct mon *m = c->mon;
	int ret = m->is_held ? hypar_machine_resume(m->machine, &e) : 0;

	m->is_held = m->is_held && ret;
	return done(c, ret, &e);
}

json_t *mon_system_reset(struct mon_call *c)
{
	hypar_machine_reset(c->mon->machine);
	return json_object();
}

json_t *mon_system_powerdown(struct mon_call *c)
{
	hypar_machine_shutdown(c->mon->machine);
	return json_object();
}

json_t *mon_inject_nmi(struct mon_call *c)
{
	struct hypar_err e = { 0 };

	return done(c, hypar_machine_nmi(c->mon->machine, &e), &e);
}

json_t *mon_quit(struct mon_call *c)
{
	c->mon->quit(c->mon->opaque);
	return json_object();
}

json_t *mon_human_command(struct mon_call *c)
{
	struct hypar_cpu_info info;
	unsigned int first = 0;
	uint64_t cpu;
	char *text;
	json_t *ret;

	(void)hypar_machine_cpu_next(c->mon->machine, &first, &info);
	cpu = first;
	mon_number(c, "cpu-index", &cpu);
	if (cpu >= HYPAR_CPUS_MAX ||
	    hypar_machine_cpu_info(c->mon->machine, (unsigned int)cpu, &info))
		return mon_fail(c, "there is no vCPU %llu", (unsigned long long)cpu);
	text = mon_human(c, mon_string(c, "command-line"), (unsigned int)cpu);
	if (!text)
		return NULL;
	ret = json_string(text);
	free(text);
	return ret ? ret : mon_fail(c, "the line was cut within a character");
}
