// SPDX-License-Identifier: Apache-2.0
/*
 * include/hypar/dr.h: devices and host bridges. All of it on the control thread
 * with all vCPUs parked.
 */
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "hypar/dr.h"
#include "lib/machine.h"
#include "papr/devices.h"
#include "papr/dr/request.h"
#include "papr/pci.h"
#include "papr/vio.h"

static int call(hypar_machine *m, int (*fn)(void *arg, struct hypar_err *e), void *arg,
		struct hypar_err *e)
{
	return partition_call(machine_papr(m)->partition, fn, arg, e);
}

/* 0, with its number in *@out if that is wanted. */
static int ask(struct papr *p, struct drc *d, bool is_removal, const char *what, u32 *out,
	       struct hypar_err *e)
{
	const struct dr_ask a = { .is_removal = is_removal,
				  .type = d->type,
				  .first = d,
				  .n = 1,
				  .what = what };
	struct hypar_err why = { 0 };
	u32 number = dr_request(p, &a, &why);

	if (!number)
		return err_set(e, why.code ? why.code : -EBUSY, "%s", why.text);
	if (out)
		*out = number;
	return 0;
}

/* ---- devices ---- */

struct add_call {
	struct papr *papr;
	struct papr_device_spec spec;
	u32 *request;
};

/* Behind a bridge that the guest does not have it comes with the bridge. */
static bool is_reachable(const struct papr *p, const struct papr_device *d)
{
	return !d->slot || p->phb[d->slot->bridge->index];
}

static int add(void *arg, struct hypar_err *e)
{
	struct add_call *c = arg;
	struct hypar_err why = { 0 };
	struct papr_device *d;
	int ret = 0;

	if (c->request)
		*c->request = 0;
	d = papr_device_add(c->papr, &c->spec, &why);
	if (!d)
		return err_set(e, why.code ? why.code : -EINVAL, "%s", why.text);
	if (is_reachable(c->papr, d))
		ret = ask(c->papr, d->drc, false, d->id, c->request, e);
	if (ret)
		dr_detach_now(c->papr, d->drc);
	return ret;
}

static int add_device(hypar_machine *m, struct papr_device_spec spec, u32 *request,
		      struct hypar_err *e)
{
	struct add_call c = { machine_papr(m), spec, request };

	c.spec.how = DRC_HOT;
	return call(m, add, &c, e);
}

int hypar_machine_add_disk(hypar_machine *m, const struct hypar_disk *d, uint32_t *request,
			   struct hypar_err *e)
{
	return add_device(m, (struct papr_device_spec){ .disk = d }, request, e);
}

int hypar_machine_add_net(hypar_machine *m, const struct hypar_net *n, uint32_t *request,
			  struct hypar_err *e)
{
	return add_device(m, (struct papr_device_spec){ .net = n }, request, e);
}

int hypar_machine_add_device(hypar_machine *m, const struct hypar_device *d, uint32_t *request,
			     struct hypar_err *e)
{
	return add_device(m, (struct papr_device_spec){ .device = d }, request, e);
}

struct id_call {
	struct papr *papr;
	const char *id;
	bool surprise;
	u32 *request;
};

/* An addition that the guest has not finished with is not waited for any more. */
static void cancel_addition(struct papr *p, const struct drc *d)
{
	if (d->request && !d->unplug_wanted)
		(void)dr_request_cancel(p, d->request, NULL);
}

/* Where @id is attached; *slot is set for PCI functions. An adapter of several disks has a name. */
static int find(struct papr *p, const char *id, struct drc **drc, struct papr_slot **slot,
		struct hypar_err *e)
{
	const struct papr_device *d = papr_device_find(p, id);

	*slot = NULL;
	*drc = papr_vio_find(p, id);
	if (*drc)
		return 0;
	if (!d)
		return err_set(e, -ENOENT, "there is no device %s", id);
	*drc = d->drc;
	*slot = d->slot;
	if (papr_vio_disks(d->drc) > 1)
		return err_set(e, -EBUSY, "%s is one of %u disks of %s, which goes as a whole", id,
			       papr_vio_disks(d->drc), d->drc->resource);
	return 0;
}

static int remove_device(void *arg, struct hypar_err *e)
{
	struct id_call *c = arg;
	struct papr_slot *slot;
	struct drc *drc;
	int ret = find(c->papr, c->id, &drc, &slot, e);
	bool was_asked;

	if (c->request)
		*c->request = 0;
	if (ret)
		return ret;
	was_asked = drc->unplug_wanted;
	cancel_addition(c->papr, drc);
	if (drc->attached && c->surprise && slot)
		papr_pci_surprise(c->papr, slot);
	else if (drc->attached && c->surprise)
		dr_detach_now(c->papr, drc);
	if (!drc->attached) {
		/* else its request tells of it */
		if (!was_asked)
			dr_tell_deleted(c->papr, c->id);
		return 0;
	}
	ret = drc->ops->may_remove ? drc->ops->may_remove(c->papr, drc, e) : 0;
	if (!ret)
		ret = ask(c->papr, drc, true, c->id, c->request, e);
	if (!ret)
		(void)dr_want_back(c->papr, drc);
	return ret;
}

int hypar_machine_remove_device(hypar_machine *m, const char *id, bool surprise, uint32_t *request,
				struct hypar_err *e)
{
	struct id_call c = { machine_papr(m), id, surprise, request };

	return call(m, remove_device, &c, e);
}

static int freeze(void *arg, struct hypar_err *e)
{
	struct id_call *c = arg;
	struct papr_slot *slot;
	struct drc *drc;
	int ret = find(c->papr, c->id, &drc, &slot, e);

	if (ret)
		return ret;
	if (!slot || !drc->enabled)
		return err_set(e, -EINVAL, "%s: no PCI function that the guest has", c->id);
	phb_pe_set(slot->bridge->phb, slot->number, PHB_PE_STOPPED);
	return 0;
}

int hypar_machine_freeze_device(hypar_machine *m, const char *id, struct hypar_err *e)
{
	struct id_call c = { .papr = machine_papr(m), .id = id };

	return call(m, freeze, &c, e);
}

/* ---- bridges ---- */

struct phb_call {
	struct papr *papr;
	u32 index;
	u32 *request;
};

static void name_phb(u32 index, char name[32])
{
	(void)snprintf(name, 32, "PCI host bridge %u", index);
}

static int add_phb(void *arg, struct hypar_err *e)
{
	struct phb_call *c = arg;
	struct drc *drc;
	char name[32];
	int ret = papr_pci_attach_bridge(c->papr, c->index, DRC_HOT, e);

	if (ret)
		return ret;
	name_phb(c->index, name);
	drc = papr_pci_bridge(c->papr, c->index)->drc;
	ret = ask(c->papr, drc, false, name, c->request, e);
	if (ret)
		dr_detach_now(c->papr, drc);
	return ret;
}

int hypar_machine_add_phb(hypar_machine *m, unsigned int index, uint32_t *request,
			  struct hypar_err *e)
{
	struct phb_call c = { machine_papr(m), index, request };

	return call(m, add_phb, &c, e);
}

static int remove_phb(void *arg, struct hypar_err *e)
{
	struct phb_call *c = arg;
	struct papr_bridge *br = papr_pci_bridge(c->papr, c->index);
	char name[32];
	int ret;

	if (c->request)
		*c->request = 0;
	if (!br || !br->phb)
		return err_set(e, -ENOENT, "there is no PCI host bridge %u", c->index);
	name_phb(c->index, name);
	cancel_addition(c->papr, br->drc);
	if (!br->drc->attached) {
		dr_tell_deleted(c->papr, name);
		return 0;
	}
	ret = ask(c->papr, br->drc, true, name, c->request, e);
	if (!ret)
		(void)dr_want_back(c->papr, br->drc);
	return ret;
}

int hypar_machine_remove_phb(hypar_machine *m, unsigned int index, uint32_t *request,
			     struct hypar_err *e)
{
	struct phb_call c = { machine_papr(m), index, request };

	return call(m, remove_phb, &c, e);
}
