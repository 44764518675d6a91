// SPDX-License-Identifier: Apache-2.0
/*
 * Device control over the attribute table of a device [KVM api 4.79..4.81].
 * The order of the checks is the one Linux's devices have: the row, the
 * object, the address, the value, whether it is too late.
 */
#include "irq/kdev.h"

#include <errno.h>
#include <string.h>

#include "base/compiler.h"

/*
 * The row of an attribute. NULL with *err set: -ENXIO for an unknown one, or
 * what the group says for attributes beyond its range.
 */
static const struct kdev_attr *find_row(const struct kdev *d, u32 group, u64 attr, int *err)
{
	*err = -ENXIO;
	for (u32 i = 0; i < d->type->n_attrs; i++) {
		const struct kdev_attr *row = &d->type->attrs[i];

		if (row->group != group)
			continue;
		if (attr >= row->first && attr <= row->last)
			return row;
		*err = row->range;
	}
	return NULL;
}

/* Does any row of the device have this accessor? */
static bool has_accessor(const struct kdev *d, bool is_set)
{
	for (u32 i = 0; i < d->type->n_attrs; i++)
		if (is_set ? d->type->attrs[i].set != NULL : d->type->attrs[i].get != NULL)
			return true;
	return false;
}

int kdev_set_attr(struct kdev *d, u32 group, u64 attr, const void *addr)
{
	const struct kdev_attr *row;
	u64 val[KDEV_VALUE_MAX / sizeof(u64)];
	int err;

	if (!has_accessor(d, true))
		return -EPERM;
	row = find_row(d, group, attr, &err);
	if (!row)
		return err;
	if (!row->set || row->size > sizeof(val))
		return -ENXIO;
	err = row->find ? row->find(d, attr) : 0;
	if (err)
		return err;
	if (row->size) {
		if (!addr)
			return -EFAULT;
		memcpy(val, addr, row->size);
		err = row->check ? row->check(d, val) : 0;
		if (err)
			return err;
	}
	if (row->when == KDEV_BEFORE_CONNECT && d->type->is_connected(d))
		return -EBUSY;
	return row->set(d, attr, val);
}

int kdev_get_attr(struct kdev *d, u32 group, u64 attr, void *addr)
{
	const struct kdev_attr *row;
	u64 val[KDEV_VALUE_MAX / sizeof(u64)] = { 0 };
	int err;

	if (!has_accessor(d, false))
		return -EPERM;
	row = find_row(d, group, attr, &err);
	if (!row)
		return err;
	if (!row->get || row->size > sizeof(val))
		return -ENXIO;
	err = row->find ? row->find(d, attr) : 0;
	if (err)
		return err;
	err = row->get(d, attr, val);
	if (err)
		return err == KDEV_NO_VALUE ? 0 : err;
	if (!addr)
		return -EFAULT;
	memcpy(addr, val, row->size);
	return 0;
}

int kdev_has_attr(struct kdev *d, u32 group, u64 attr)
{
	int err;

	return find_row(d, group, attr, &err) ? 0 : -ENXIO;
}

static const struct kdev_reg *find_reg(const struct kdev *d, u64 id)
{
	for (u32 i = 0; i < d->type->n_regs; i++)
		if (d->type->regs[i].id == id && d->type->regs[i].size <= KDEV_VALUE_MAX)
			return &d->type->regs[i];
	return NULL;
}

int kdev_set_reg(struct kdev *d, u32 server, u64 id, const void *addr)
{
	const struct kdev_reg *reg = find_reg(d, id);
	u64 val[KDEV_VALUE_MAX / sizeof(u64)];

	if (!reg)
		return -EINVAL;
	if (!addr)
		return -EFAULT;
	memcpy(val, addr, reg->size);
	return reg->set(d, server, val);
}

int kdev_get_reg(struct kdev *d, u32 server, u64 id, void *addr)
{
	const struct kdev_reg *reg = find_reg(d, id);
	u64 val[KDEV_VALUE_MAX / sizeof(u64)] = { 0 };
	int err;

	if (!reg)
		return -EINVAL;
	err = reg->get(d, server, val);
	if (err)
		return err;
	if (!addr)
		return -EFAULT;
	memcpy(addr, val, reg->size);
	return 0;
}

int kdev_connect(struct kdev *d, u32 server)
{
	return d->type->connect(d, server);
}
