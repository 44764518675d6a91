/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device control: an interrupt controller configured, saved and restored by
 * numbered attributes, with the numbers, structures and errno values of
 * Linux's KVM_SET/GET/HAS_DEVICE_ATTR and, for the words of a vCPU,
 * KVM_SET/GET_ONE_REG [KVM devices, api 4.79..4.81].
 *
 * One table of rows (attr.def of the device) makes all three of has, get and set.
 * The functions may be called on any thread; the device locks.
 */
#ifndef HYPAR_IRQ_KDEV_H
#define HYPAR_IRQ_KDEV_H

#include "base/types.h"

struct kdev;

enum kdev_when {
	KDEV_ANYTIME,
	KDEV_BEFORE_CONNECT, /* -EBUSY once a vCPU is connected */
};

/*
 * A range of attributes of one group. get and set see a value of @size bytes,
 * copied from or to the caller; NULL: not readable, not writable. get may
 * answer KDEV_NO_VALUE: success, but the caller's memory stays as it is.
 */
#define KDEV_NO_VALUE 1

struct kdev_attr {
	u32 group;
	u64 first, last;
	int range; /* errno of get and set outside first..last (has: ENXIO) */
	u32 size;  /* of the value; 0: there is none, and addr may be NULL */
	/* Is the object of @attr there? Asked before the value is looked at. May be NULL. */
	int (*find)(struct kdev *d, u64 attr);
	/*
	 * Value check that comes before -EBUSY of @when. May be NULL.
	 */
	int (*check)(struct kdev *d, const void *val);
	int (*get)(struct kdev *d, u64 attr, void *val);
	int (*set)(struct kdev *d, u64 attr, const void *val);
	enum kdev_when when;
};

/* A one-reg word of the controller, one per server. */
struct kdev_reg {
	u64 id;
	u32 size;
	int (*get)(struct kdev *d, u32 server, void *val);
	int (*set)(struct kdev *d, u32 server, const void *val);
};

struct kdev_type {
	const char *name;
	u32 type; /* KVM_DEV_TYPE_* */
	const struct kdev_attr *attrs;
	u32 n_attrs;
	const struct kdev_reg *regs;
	u32 n_regs;
	/* Adds a server: -EINVAL number too high, -EEXIST already there. */
	int (*connect)(struct kdev *d, u32 server);
	bool (*is_connected)(struct kdev *d); /* any server? */
};

/* The first member of a controller. */
struct kdev {
	const struct kdev_type *type;
};

/* The initialisers that rows ATTR(...) and REG(...) of an attr.def expand to. */
#define KDEV_ATTR(group_, first_, last_, range_, size_, find_, check_, get_, set_, when_) \
	{ .group = group_,                                                                \
	  .first = first_,                                                                \
	  .last = last_,                                                                  \
	  .range = -range_,                                                               \
	  .size = size_,                                                                  \
	  .find = find_,                                                                  \
	  .check = check_,                                                                \
	  .get = get_,                                                                    \
	  .set = set_,                                                                    \
	  .when = when_ },
#define KDEV_REG(id_, size_, get_, set_) { .id = id_, .size = size_, .get = get_, .set = set_ },

#define KDEV_VALUE_MAX 64 /* bytes of the largest value */

/*
 * -ENXIO: unknown group or attribute, or a row that cannot be set (got);
 * -EPERM: no attribute of this device can; -EFAULT: @addr is NULL; otherwise
 * what the row answers. @flags is not looked at, as in Linux.
 */
int kdev_set_attr(struct kdev *d, u32 group, u64 attr, const void *addr);
int kdev_get_attr(struct kdev *d, u32 group, u64 attr, void *addr);

/* 0 or -ENXIO. */
int kdev_has_attr(struct kdev *d, u32 group, u64 attr);

/*
 * The word @id of server @server: -EINVAL unknown id, -EFAULT, -ENXIO the
 * server is not connected, otherwise what the row answers.
 */
int kdev_set_reg(struct kdev *d, u32 server, u64 id, const void *addr);
int kdev_get_reg(struct kdev *d, u32 server, u64 id, void *addr);

/* KVM_CAP_IRQ_XICS, KVM_CAP_PPC_IRQ_XIVE: makes vCPU @server known to the controller. */
int kdev_connect(struct kdev *d, u32 server);

#endif
