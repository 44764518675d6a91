// SPDX-License-Identifier: Apache-2.0
#include "papr/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"

/* Copies the string at *s in place; false: no memory, and then NULL. */
static bool own(const char **s)
{
	if (!*s)
		return true;
	*s = strdup(*s);
	return *s;
}

static void drop(const char *s)
{
	free((void *)(uintptr_t)s);
}

/* An array of one's own, or NULL (also when it is empty). */
static void *own_array(const void *from, size_t n, size_t size)
{
	void *to = n ? calloc(n, size) : NULL;

	if (to)
		memcpy(to, from, n * size);
	return to;
}

static bool own_hostfwd(struct hypar_net *n)
{
	const char **list = own_array((const void *)n->hostfwd, n->n_hostfwd, sizeof(*list));
	bool ok = list || !n->n_hostfwd;

	n->hostfwd = list;
	if (!list)
		n->n_hostfwd = 0;
	for (unsigned int i = 0; i < n->n_hostfwd; i++)
		ok &= own(&list[i]);
	return ok;
}

static bool own_nvdimms(struct hypar_config *to, const struct hypar_config *from)
{
	struct hypar_nvdimm *n = own_array(from->nvdimms, from->n_nvdimms, sizeof(*n));
	bool ok = n || !to->n_nvdimms;

	to->nvdimms = n;
	if (!n)
		to->n_nvdimms = 0;
	for (unsigned int i = 0; i < to->n_nvdimms; i++) {
		ok &= own(&n[i].file);
		ok &= own(&n[i].id);
		ok &= own(&n[i].uuid);
	}
	return ok;
}

static bool own_devices(struct hypar_config *to, const struct hypar_config *from)
{
	struct hypar_disk *disks = own_array(from->disks, from->n_disks, sizeof(*disks));
	struct hypar_net *nets = own_array(from->nets, from->n_nets, sizeof(*nets));
	struct hypar_device *devices = own_array(from->devices, from->n_devices, sizeof(*devices));
	bool ok = (disks || !to->n_disks) && (nets || !to->n_nets) && (devices || !to->n_devices);

	to->disks = disks;
	to->nets = nets;
	to->devices = devices;
	if (!disks)
		to->n_disks = 0;
	if (!nets)
		to->n_nets = 0;
	if (!devices)
		to->n_devices = 0;
	for (unsigned int i = 0; i < to->n_disks; i++) {
		ok &= own(&disks[i].file);
		ok &= own(&disks[i].id);
	}
	for (unsigned int i = 0; i < to->n_nets; i++) {
		ok &= own(&nets[i].tap);
		ok &= own(&nets[i].mac);
		ok &= own(&nets[i].id);
		ok &= own_hostfwd(&nets[i]);
	}
	for (unsigned int i = 0; i < to->n_devices; i++) {
		ok &= own(&devices[i].type);
		ok &= own(&devices[i].id);
		ok &= own(&devices[i].chardev);
		ok &= own(&devices[i].socket);
		ok &= own(&devices[i].tag);
	}
	return ok;
}

bool papr_config_copy(struct hypar_config *to, const struct hypar_config *from)
{
	bool ok = true;

	*to = *from;
	ok &= own(&to->firmware);
	ok &= own(&to->kernel);
	ok &= own(&to->initrd);
	ok &= own(&to->append);
	ok &= own(&to->nvram);
	ok &= own(&to->tpm_comm);
	ok &= own_devices(to, from);
	ok &= own_nvdimms(to, from);
	to->numa = own_array(from->numa, from->numa != NULL, sizeof(*from->numa));
	ok &= to->numa || !from->numa;
	if (!to->memory_max)
		to->memory_max = to->memory;
	return ok;
}

void papr_config_free(struct hypar_config *c)
{
	const char *strings[] = { c->firmware, c->kernel, c->initrd,
				  c->append,   c->nvram,  c->tpm_comm };

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		drop(strings[i]);
	for (unsigned int i = 0; i < c->n_disks; i++) {
		drop(c->disks[i].file);
		drop(c->disks[i].id);
	}
	for (unsigned int i = 0; i < c->n_nets; i++) {
		for (unsigned int k = 0; k < c->nets[i].n_hostfwd; k++)
			drop(c->nets[i].hostfwd[k]);
		free((void *)(uintptr_t)c->nets[i].hostfwd);
		drop(c->nets[i].tap);
		drop(c->nets[i].mac);
		drop(c->nets[i].id);
	}
	for (unsigned int i = 0; i < c->n_devices; i++) {
		drop(c->devices[i].type);
		drop(c->devices[i].id);
		drop(c->devices[i].chardev);
		drop(c->devices[i].socket);
		drop(c->devices[i].tag);
	}
	for (unsigned int i = 0; i < c->n_nvdimms; i++) {
		drop(c->nvdimms[i].file);
		drop(c->nvdimms[i].id);
		drop(c->nvdimms[i].uuid);
	}
	free((void *)(uintptr_t)c->nvdimms);
	free((void *)(uintptr_t)c->numa);
	free((void *)(uintptr_t)c->disks);
	free((void *)(uintptr_t)c->nets);
	free((void *)(uintptr_t)c->devices);
}
