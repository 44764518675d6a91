// SPDX-License-Identifier: Apache-2.0
/*
 * include/hypar/dr.h: processors. All of it on the control thread with all
 * vCPUs parked.
 */
#include <errno.h>

#include "base/err.h"
#include "hypar/dr.h"
#include "lib/machine.h"
#include "papr/dr/cpu.h"

struct cpu_call {
	struct papr *papr;
	u32 (*fn)(struct papr *p, u32 first, u32 n, struct hypar_err *e);
	u32 first, n;
	uint32_t *request;
};

static int run(void *arg, struct hypar_err *e)
{
	const struct cpu_call *c = arg;
	struct hypar_err why = { 0 };
	u32 request = c->fn(c->papr, c->first, c->n, &why);

	if (!request)
		return err_set(e, why.code ? why.code : -EBUSY, "%s", why.text);
	if (c->request)
		*c->request = request;
	return 0;
}

static int call(hypar_machine *m, struct cpu_call c, struct hypar_err *e)
{
	c.papr = machine_papr(m);
	if (c.request)
		*c.request = 0;
	return partition_call(c.papr->partition, run, &c, e);
}

/* The same with a number of vCPUs. */
static int call_any(hypar_machine *m, struct cpu_call c, struct hypar_err *e)
{
	u32 threads = machine_papr(m)->partition->threads;

	if (!c.n || c.n % threads)
		return err_set(e, -EINVAL, "%u vCPUs are no whole cores of %u threads", c.n,
			       threads);
	c.n /= threads;
	c.first = PAPR_CORE_ANY;
	return call(m, c, e);
}

int hypar_machine_add_cpus(hypar_machine *m, unsigned int n, uint32_t *request, struct hypar_err *e)
{
	return call_any(m, (struct cpu_call){ .fn = papr_cores_add, .n = n, .request = request },
			e);
}

int hypar_machine_remove_cpus(hypar_machine *m, unsigned int n, uint32_t *request,
			      struct hypar_err *e)
{
	return call_any(m, (struct cpu_call){ .fn = papr_cores_remove, .n = n, .request = request },
			e);
}

int hypar_machine_add_core(hypar_machine *m, unsigned int first, uint32_t *request,
			   struct hypar_err *e)
{
	return call(m,
		    (struct cpu_call){ .fn = papr_cores_add,
				       .first = first,
				       .n = 1,
				       .request = request },
		    e);
}

int hypar_machine_remove_core(hypar_machine *m, unsigned int first, uint32_t *request,
			      struct hypar_err *e)
{
	return call(m,
		    (struct cpu_call){ .fn = papr_cores_remove,
				       .first = first,
				       .n = 1,
				       .request = request },
		    e);
}
