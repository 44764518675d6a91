/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Methods that clients call on instances: the rows of method.def. A method that
 * does not exist gives a catch result of -1, as does one that has too few
 * arguments.
 */
#include <string.h>

#include "fw/ofw/ofw.h"

/* Negotiation: the client reads the catch result and then the status. */
static u32 m_cas(struct ofw *o, struct call *c)
{
	const struct ofw_ops *ops = o->cfg.ops;

	if (!ops->cas)
		return OFW_FAIL;
	c->rets[1] = (u32)ops->cas(o->cfg.opaque, gpa_of(c->args[2]));
	return 0;
}

static u32 m_instantiate_rtas(struct ofw *o, struct call *c)
{
	const struct ofw_ops *ops = o->cfg.ops;
	u32 entry = 0;

	if (!ops->instantiate_rtas ||
	    !ops->instantiate_rtas(o->cfg.opaque, gpa_of(c->args[2]), &entry))
		return OFW_FAIL;
	c->rets[1] = entry;
	return 0;
}

struct method {
	const char *name;
	u32 (*fn)(struct ofw *o, struct call *c);
	const char *path;
	u32 nargs;
};

#define METHOD(name, fn, path, nargs, spec) { name, fn, path, nargs },
static const struct method methods[] = {
#include "fw/ofw/method.def"
};
#undef METHOD

static const struct method *find(struct ofw *o, const char *name, u32 phandle)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		const struct ofw_node *n;

		if (strcmp(methods[i].name, name))
			continue;
		n = ofw_tree_find(o->tree, methods[i].path, NULL);
		if (n && n->phandle == phandle)
			return &methods[i];
	}
	return NULL;
}

bool ofw_method_exists(struct ofw *o, const char *name, u32 phandle)
{
	return find(o, name, phandle);
}

u32 ofw_method_call(struct ofw *o, const char *name, u32 ih, struct call *c)
{
	const struct ofw_instance *in = ofw_instance(o, ih);
	const struct method *m = in && in->phandle ? find(o, name, in->phandle) : NULL;

	if (!m || c->nargs < 2 + m->nargs)
		return OFW_FAIL;
	return m->fn(o, c);
}
