/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of connectors share: a platform as in rtas_test.h, connectors
 * of a kind made up here, and calls as the guest makes them. What runs on the
 * control thread in a machine runs at once.
 */
#ifndef HYPAR_TESTS_UNIT_PAPR_DR_TEST_H
#define HYPAR_TESTS_UNIT_PAPR_DR_TEST_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/endian.h"
#include "base/err.h"
#include "papr/devices.h"
#include "papr/dr/core.h"
#include "rtas_test.h"

#define AREA 0x10000u
#define EXTENT 0x20000u

#define DISK_PATH 32 /* bytes that the name of a disk's file takes */

/* What is below a fake connector; counts what the core called. */
struct fake {
	unsigned int n_enable, n_disable, n_detach;
	int fail; /* what enable and disable answer */
	bool on;
	u32 big; /* bytes of the property "big"; 0: none */
};

static inline int fake_enable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	struct fake *k = d->opaque;

	(void)p;
	assert_false(k->on);
	k->n_enable++;
	if (k->fail)
		return err_set(e, k->fail, "no");
	k->on = true;
	return 0;
}

static inline int fake_disable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	struct fake *k = d->opaque;

	(void)p;
	assert_true(k->on);
	k->n_disable++;
	if (k->fail)
		return err_set(e, k->fail, "no");
	k->on = false;
	return 0;
}

static inline void fake_detach(struct papr *p, struct drc *d)
{
	struct fake *k = d->opaque;

	(void)p;
	k->n_detach++;
	k->on = false;
}

/*
 * top { index, [big], a { b { deep }, c }, d }: child, sibling and parent in
 * every order that there is.
 */
static inline void fake_fdt(struct papr *p, const struct drc *d, struct fdt_build *b)
{
	const struct fake *k = d->opaque;
	u8 big[20000];

	(void)p;
	fdt_beginf(b, "top@%x", d->id);
	fdt_u32(b, "ibm,my-drc-index", d->index);
	fdt_empty(b, "empty");
	for (u32 i = 0; i < k->big; i++)
		big[i] = (u8)(i * 7);
	if (k->big)
		fdt_bytes(b, "big", big, k->big);
	fdt_begin(b, "a");
	fdt_begin(b, "b");
	fdt_str(b, "deep", "down");
	fdt_end(b);
	fdt_begin(b, "c");
	fdt_end(b);
	fdt_end(b);
	fdt_begin(b, "d");
	fdt_end(b);
	fdt_end(b);
}

static const struct drc_ops fake_ops = {
	.enable = fake_enable,
	.disable = fake_disable,
	.detach = fake_detach,
	.fdt = fake_fdt,
};

/* The statuses of a walk without "big". */
static const s32 fake_walk[] = {
	RTAS_NEXT_CHILD,   RTAS_NEXT_PROPERTY, RTAS_NEXT_PROPERTY, RTAS_NEXT_CHILD,
	RTAS_NEXT_CHILD,   RTAS_NEXT_PROPERTY, RTAS_NEXT_SIBLING,  RTAS_PREV_PARENT,
	RTAS_NEXT_SIBLING, RTAS_PREV_PARENT,   RTAS_SUCCESS,
};
#define FAKE_WALK (sizeof(fake_walk) / sizeof(fake_walk[0]))

static inline int at_once(struct vcpu *v, int (*fn)(void *arg, struct hypar_err *e), void *arg,
			  struct hypar_err *e)
{
	(void)v;
	return fn(arg, e);
}

static inline int not_now(struct vcpu *v, int (*fn)(void *arg, struct hypar_err *e), void *arg,
			  struct hypar_err *e)
{
	(void)v;
	(void)fn;
	(void)arg;
	return err_set(e, -ESRCH, "not now");
}

static inline struct drc *fake_drc(struct rtas_fixture *f, enum drc_type type, u32 id,
				   struct fake *k)
{
	struct drc_config c = { .type = type,
				.id = id,
				.ops = &fake_ops,
				.opaque = k,
				.power_domain = DRC_POWER_LIVE };
	struct hypar_err e = { 0 };
	struct drc *d = dr_add_connector(f->p, &c, &e);

	assert_string_equal(e.text, "");
	assert_non_null(d);
	return d;
}

static inline void attach(struct rtas_fixture *f, struct drc *d, enum drc_attach how)
{
	struct hypar_err e = { 0 };

	if (how == DRC_COLD)
		((struct fake *)d->opaque)->on = true;
	assert_int_equal(dr_attach(f->p, d, how, "it", &e), 0);
}

/* A file for a disk, which the caller removes; its name goes to @path, of DISK_PATH bytes. */
static inline void make_disk(char *path)
{
	int fd;

	(void)snprintf(path, DISK_PATH, "/tmp/hypar-dr-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 1 << 20), 0);
	close(fd);
}

/* The guest starts anew. */
static inline void restart(struct papr *p)
{
	papr_devices_quiesce(p);
	dr_reset(p);
	papr_devices_reset(p);
}

static inline s32 set_indicator(struct rtas_fixture *f, u32 what, u32 index, u32 value)
{
	return RTAS_CALL(f, "set-indicator", 1, what, index, value);
}

/* The value is in f->ret[1]. */
static inline s32 get_sensor(struct rtas_fixture *f, u32 what, u32 index)
{
	return RTAS_CALL(f, "get-sensor-state", 2, what, index);
}

/* The value of a sensor that has one. */
static inline u32 sense(struct rtas_fixture *f, u32 what, u32 index)
{
	assert_int_equal(get_sensor(f, what, index), RTAS_SUCCESS);
	return f->ret[1];
}

static inline s32 configure(struct rtas_fixture *f, u32 area, u32 extent)
{
	return RTAS_CALL(f, "ibm,configure-connector", 1, area, extent);
}

/* Prepares the area for the first call. */
static inline void begin_walk(struct rtas_fixture *f, u32 area, u32 index)
{
	assert_true(gmem_set(f->m, gpa_of(area), 0xcc, 4096));
	assert_true(gmem_st_be32(f->m, gpa_of(area), index));
	assert_true(gmem_st_be32(f->m, gpa_of(area + 4), 0));
}

/* The guest takes what is there; the number of nodes that it was given. */
static inline u32 walk_to_end(struct rtas_fixture *f, u32 index)
{
	u32 nodes = 0;
	s32 status;

	begin_walk(f, AREA, index);
	do {
		status = configure(f, AREA, 0);
		assert_in_range(status, 0, 4);
		nodes += status == RTAS_NEXT_CHILD || status == RTAS_NEXT_SIBLING;
	} while (status);
	return nodes;
}

static inline u32 word(struct rtas_fixture *f, u32 at)
{
	u32 v;

	assert_true(gmem_ld_be32(f->m, gpa_of(at), &v));
	return v;
}

#endif
