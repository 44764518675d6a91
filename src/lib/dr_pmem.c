// SPDX-License-Identifier: Apache-2.0
/*
 * include/hypar/dr.h: NVDIMMs. On the control thread with all vCPUs parked.
 */
#include <errno.h>

#include "base/bits.h"
#include "base/err.h"
#include "hypar/dr.h"
#include "lib/machine.h"
#include "mem/guard.h"
#include "papr/dr/request.h"
#include "papr/scm.h"

bool hypar_handle_sigbus(void *address)
{
	return guard_handle(address);
}

struct nvdimm_call {
	struct papr *papr;
	const struct hypar_nvdimm *nvdimm;
	const char *id;
	u32 request;
	enum hypar_health_change what;
	unsigned int bit;
	u64 health;
};

static int ask(struct nvdimm_call *c, struct scm_dimm *d, bool is_removal, struct hypar_err *e)
{
	const struct dr_ask a = { .is_removal = is_removal,
				  .type = DRC_PMEM,
				  .first = d->drc,
				  .n = 1,
				  .what = d->drc->resource };
	struct hypar_err why = { 0 };

	c->request = dr_request(c->papr, &a, &why);
	return c->request ? 0 : err_set(e, why.code ? why.code : -EBUSY, "%s", why.text);
}

static int add(void *arg, struct hypar_err *e)
{
	struct nvdimm_call *c = arg;
	struct hypar_err why = { 0 };
	struct scm_dimm *d = papr_nvdimm_add(c->papr, c->nvdimm, DRC_HOT, &why);
	int ret;

	if (!d)
		return err_set(e, why.code ? why.code : -EINVAL, "%s", why.text);
	ret = ask(c, d, false, e);
	if (ret)
		dr_detach_now(c->papr, d->drc);
	return ret;
}

static int remove_nvdimm(void *arg, struct hypar_err *e)
{
	struct nvdimm_call *c = arg;
	struct scm_dimm *d = papr_nvdimm_find(c->papr, c->id);
	struct drc *drc;
	int ret;

	if (!d)
		return err_set(e, -ENOENT, "there is no NVDIMM %s", c->id);
	drc = d->drc;
	/* an addition that the guest has not finished with is not waited for any more */
	if (drc->request && !drc->unplug_wanted)
		(void)dr_request_cancel(c->papr, drc->request, NULL);
	if (!drc->attached)
		return 0;
	ret = ask(c, d, true, e);
	if (!ret)
		(void)dr_want_back(c->papr, drc);
	return ret;
}

static int health(void *arg, struct hypar_err *e)
{
	struct nvdimm_call *c = arg;
	struct scm_dimm *d = papr_nvdimm_find(c->papr, c->id);
	u64 bit = PPC_BIT(c->bit);

	if (!d)
		return err_set(e, -ENOENT, "there is no NVDIMM %s", c->id);
	if (c->what != HYPAR_HEALTH_SHOW) {
		d->health_set &= ~bit;
		d->health_clear &= ~bit;
		*(c->what == HYPAR_HEALTH_SET ? &d->health_set : &d->health_clear) |= bit;
	}
	c->health = papr_nvdimm_health(d);
	return 0;
}

int hypar_machine_add_nvdimm(hypar_machine *m, const struct hypar_nvdimm *n, uint32_t *request,
			     struct hypar_err *e)
{
	struct nvdimm_call c = { .papr = machine_papr(m), .nvdimm = n };
	int ret = partition_call(c.papr->partition, add, &c, e);

	if (!ret && request)
		*request = c.request;
	return ret;
}

int hypar_machine_remove_nvdimm(hypar_machine *m, const char *id, uint32_t *request,
				struct hypar_err *e)
{
	struct nvdimm_call c = { .papr = machine_papr(m), .id = id };
	int ret = partition_call(c.papr->partition, remove_nvdimm, &c, e);

	if (!ret && request)
		*request = c.request;
	return ret;
}

int hypar_machine_nvdimm_health(hypar_machine *m, const char *id, enum hypar_health_change what,
				unsigned int bit, uint64_t *value, struct hypar_err *e)
{
	struct nvdimm_call c = { .papr = machine_papr(m), .id = id, .what = what, .bit = bit };
	int ret;

	if (what != HYPAR_HEALTH_SHOW && bit >= HYPAR_NVDIMM_HEALTH_BITS)
		return err_set(e, -EINVAL, "health has bits 0 to %d", HYPAR_NVDIMM_HEALTH_BITS - 1);
	if (what == HYPAR_HEALTH_SHOW)
		c.bit = 0;
	ret = partition_call(c.papr->partition, health, &c, e);
	if (!ret && value)
		*value = c.health;
	return ret;
}
