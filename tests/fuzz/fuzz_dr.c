/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that plays with connectors while the host attaches and takes away:
 * indicators, sensors, power levels, ibm,configure-connector with areas and
 * extents anywhere, lists. Each answer must be one that its row lists, walks
 * must end, and a connector must be in a state that its facts allow.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/endian.h"
#include "base/err.h"
#include "base/xmacro.h"
#include "papr/dr/core.h"
#include "papr/papr.h"

#define RAM HYPAR_LMB_SIZE
#define BLOCK 0x1000u
#define AREA 0x10000u /* 4 KiB for each connector */
#define EXTENT 0x100000u
#define GUARD 0xa5
#define STEPS_MAX 400
#define N 6u
#define N_LOGICAL 3u
#define DOMAIN 0x400u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *p;
	size_t n;
};

/* Of a connector: a resource that fails when told to, with properties of any size. */
struct kind {
	bool on, fails;
	u32 prop_size, nodes;
};

struct world {
	struct papr *p;
	struct gmem *m;
	struct input in;
	struct drc *d[N];
	struct kind kind[N];
	bool not_now;
};

#define MAY_BE(name) || status == RTAS_##name
#define S(...) (false XM_EACH(MAY_BE, __VA_ARGS__))
#define MAYBE_UNUSED __attribute__((unused))
#define RTAS(name, token, handler, nargs, nret, gate, statuses, spec) \
	enum { T_##handler = token };                                 \
	static bool MAYBE_UNUSED may_##handler(rtas_status status)    \
	{                                                             \
		return statuses;                                      \
	}
#include "papr/rtas/rtas.def"
#undef RTAS

static void require(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static u32 take(struct input *in, unsigned int bytes)
{
	u32 v = 0;

	while (bytes-- && in->n) {
		v = v << 8 | *in->p++;
		in->n--;
	}
	return v;
}

/* ---- the resource ---- */

static int enable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	struct kind *k = d->opaque;

	(void)p;
	require(!k->on);
	if (k->fails)
		return err_set(e, -EIO, "no");
	k->on = true;
	return 0;
}

static int disable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	struct kind *k = d->opaque;

	(void)p;
	require(k->on);
	if (k->fails)
		return err_set(e, -EBUSY, "no");
	k->on = false;
	return 0;
}

static void detach(struct papr *p, struct drc *d)
{
	struct kind *k = d->opaque;

	(void)p;
	k->on = false;
}

static void fdt(struct papr *p, const struct drc *d, struct fdt_build *b)
{
	const struct kind *k = d->opaque;
	u32 size = k->prop_size, open = 0;
	u8 *value = calloc(1, size + 1);

	(void)p;
	require(value);
	fdt_beginf(b, "n@%x", d->id);
	fdt_bytes(b, "p", value, size);
	fdt_u32(b, "ibm,my-drc-index", d->index);
	for (u32 i = 0; i < (k->nodes & 15); i++) {
		fdt_beginf(b, "c@%x", i);
		fdt_u32(b, "reg", i);
		open++;
		while (open && !(k->nodes >> (4 + i) & 1)) {
			fdt_end(b);
			open--;
			break;
		}
		if (open > 8) {
			fdt_end(b);
			open--;
		}
	}
	while (open--)
		fdt_end(b);
	fdt_end(b);
	free(value);
}

static const struct drc_ops ops = {
	.enable = enable,
	.disable = disable,
	.detach = detach,
	.fdt = fdt,
};

static int with_parked(struct vcpu *v, int (*fn)(void *arg, struct hypar_err *e), void *arg,
		       struct hypar_err *e)
{
	const struct world *w = papr_of(v)->cfg.opaque;

	return w->not_now ? err_set(e, -ESRCH, "not now") : fn(arg, e);
}

/* ---- calls ---- */

static s32 call(struct world *w, u32 token, u32 nargs, u32 nret, const u32 *arg)
{
	u64 at = BLOCK;
	u32 status;

	require(gmem_st_be32(w->m, gpa_of(at), token));
	require(gmem_st_be32(w->m, gpa_of(at + 4), nargs));
	require(gmem_st_be32(w->m, gpa_of(at + 8), nret));
	for (u32 i = 0; i < nargs; i++)
		require(gmem_st_be32(w->m, gpa_of(at + 12 + 4 * i), arg[i]));
	(void)rtas_call(w->p->partition->vcpus[0], gpa_of(at));
	require(gmem_ld_be32(w->m, gpa_of(at + 12 + 4 * nargs), &status));
	return (s32)status;
}

#define CALL(w, handler, nret, ...)                                                         \
	({                                                                                  \
		const u32 arg_[] = { __VA_ARGS__ };                                         \
		s32 st_ = call((w), T_##handler, sizeof(arg_) / sizeof(u32), (nret), arg_); \
		require(may_##handler((rtas_status)st_));                                   \
		st_;                                                                        \
	})

static u32 index_of(struct world *w, u32 kind)
{
	return kind < N ? w->d[kind]->index : take(&w->in, 4);
}

static u32 value_of(struct world *w)
{
	u32 kind = take(&w->in, 1);

	return kind < 0xf0 ? kind & 7 : take(&w->in, 4);
}

static u32 what_of(struct world *w)
{
	u32 kind = take(&w->in, 1);

	return kind < 0xf0 ? 9001 + kind % 3 : 8995 + (kind & 15);
}

/* Mostly the one that has location codes. */
static u32 light_of(struct world *w)
{
	return take(&w->in, 1) < 0xf0 ? 9007 : what_of(w);
}

static u32 address_of(struct world *w, u32 usual)
{
	u32 kind = take(&w->in, 1);

	return kind < 0xe0 ? usual :
	       kind < 0xf0 ? (u32)RAM - 4096 + (kind & 15) * 4 :
	       kind < 0xf8 ? usual + take(&w->in, 2) :
			     take(&w->in, 4);
}

/* Nothing behind the area changes unless the area is somewhere else. */
static void configure(struct world *w, u32 i, u32 extent)
{
	u32 usual = AREA + (i % N) * 0x2000, at = address_of(w, usual), kind = take(&w->in, 1);
	u8 guard;

	if (!(kind & 7)) {
		(void)!gmem_st_be32(w->m, gpa_of(at), index_of(w, i));
		(void)!gmem_st_be32(w->m, gpa_of((u64)at + 4), kind & 0x80 ? kind : 0);
	}
	if (at == usual)
		require(gmem_set(w->m, gpa_of(usual + 4096), GUARD, 4096));
	(void)CALL(w, rtas_configure_connector, 1, at, extent);
	for (u32 k = 0; at == usual && k < 4096 && extent - usual >= 0x2000; k += 61) {
		require(gmem_ld_u8(w->m, gpa_of(usual + 4096 + k), &guard));
		require(guard == GUARD);
	}
}

/* A walk from its start, with extents as they are asked for: it has an end. */
static void walk(struct world *w, u32 i)
{
	u32 at = AREA + i * 0x2000, extent = 0;

	require(gmem_st_be32(w->m, gpa_of(at), w->d[i]->index));
	require(gmem_st_be32(w->m, gpa_of(at + 4), 0));
	for (u32 n = 0;; n++) {
		s32 status = CALL(w, rtas_configure_connector, 1, at, extent);
		u32 offset, size;

		require(n < 200);
		if (status == RTAS_MORE_MEMORY)
			extent = extent ? extent + 4096 : EXTENT;
		if (status <= 0)
			break;
		if (status != RTAS_NEXT_PROPERTY)
			continue;
		require(gmem_ld_be32(w->m, gpa_of(at + 12), &size));
		require(gmem_ld_be32(w->m, gpa_of(at + 16), &offset));
		require(gmem_ok(w->m, gpa_of(at + offset), size));
		require((offset >= 20 && offset + size <= 4096) || at + offset == EXTENT);
	}
}

static void list(struct world *w)
{
	u32 at = address_of(w, EXTENT), size = take(&w->in, 2), start = take(&w->in, 1);

	if (start > 1)
		start = take(&w->in, 4);
	require(gmem_set(w->m, gpa_of(EXTENT), GUARD, 0x20000));
	if (CALL(w, rtas_get_indices, 2, value_of(w) & 1, light_of(w), at, size, start) >= 0 &&
	    at == EXTENT)
		require(gmem_ok(w->m, gpa_of(EXTENT), size));
}

static void by_location(struct world *w, u32 i)
{
	const char *name = w->d[i % N]->name;
	u32 at = address_of(w, EXTENT), len = take(&w->in, 1);

	if (gmem_ok(w->m, gpa_of(at), 128)) {
		require(gmem_write(w->m, gpa_of(at + 4), name, strlen(name) + 1));
		require(gmem_st_be32(w->m, gpa_of(at),
				     len < 0x80 ? (u32)strlen(name) + 1 : take(&w->in, 4)));
	}
	if (len & 1)
		(void)CALL(w, rtas_set_dynamic_indicator, 1, light_of(w), value_of(w), at);
	else
		(void)CALL(w, rtas_get_dynamic_sensor_state, 2, light_of(w), at);
}

static void guest(struct world *w, u32 what, u32 i)
{
	switch (what) {
	case 0 ... 4:
		(void)CALL(w, rtas_set_indicator, 1, what_of(w), index_of(w, i), value_of(w));
		break;
	case 5:
		(void)CALL(w, rtas_get_sensor_state, 2, what_of(w), index_of(w, i));
		break;
	case 6 ... 7:
		configure(w, i, what & 1 ? address_of(w, EXTENT) : 0);
		break;
	case 8:
		if (i < N)
			walk(w, i);
		break;
	case 9:
		(void)CALL(w, rtas_set_power_level, 2, DOMAIN + (i & 1), value_of(w) * 20);
		(void)CALL(w, rtas_get_power_level, 2, DOMAIN + (i & 1));
		break;
	case 10:
		list(w);
		break;
	default:
		by_location(w, i);
		break;
	}
}

static void host(struct world *w, u32 what, u32 i)
{
	struct hypar_err e = { 0 };
	struct kind *k = &w->kind[i];

	switch (what) {
	case 12:
		if (!dr_attach(w->p, w->d[i], take(&w->in, 1) & 1 ? DRC_HOT : DRC_SPARE, "it",
			       &e)) {
			k->prop_size = take(&w->in, 2);
			k->nodes = take(&w->in, 3);
		}
		break;
	case 13:
		if (take(&w->in, 1) & 3)
			(void)dr_want_back(w->p, w->d[i]);
		else
			dr_detach_now(w->p, w->d[i]);
		break;
	case 14:
		k->fails = !k->fails;
		break;
	default:
		if (i)
			w->not_now = !w->not_now;
		else
			dr_reset(w->p);
		break;
	}
}

/* What holds between any two calls. */
static void check(const struct world *w)
{
	for (u32 i = 0; i < N; i++) {
		const struct drc *d = w->d[i];
		bool connected = d->state == DRC_UNISOLATED || d->state == DRC_CONFIGURED;

		require(d->enabled == w->kind[i].on);
		require(!connected || d->enabled);
		require(!d->enabled || d->attached);
		require(connected || !d->enabled || d->is_spare); /* failed at a reset */
		require(d->attached || d->state == drc_first_state(d));
		require(!d->walk || connected);
		require(!d->unplug_wanted || d->attached);
		require(drc_is_logical(d) == (i < N_LOGICAL));
		require(!drc_is_logical(d) || d->state != DRC_ISOLATED);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hypar_host_ops host_ops = { .log = NULL };
	struct world w = { .in = { data, size } };
	struct hypar_config cfg = { .memory = RAM,
				    .cpus = 1,
				    .threads = 1,
				    .host = &host_ops,
				    .opaque = &w };
	struct hypar_err e;

	w.p = papr_new(&cfg, &e);
	require(w.p);
	w.m = w.p->partition->mem;
	w.p->dr->with_parked = with_parked;
	for (u32 i = 0; i < N; i++) {
		bool is_slot = i >= N_LOGICAL;
		struct drc_config c = { is_slot ? DRC_PCI : DRC_PMEM,
					is_slot ? 0x7f0000 + 8 * i : 0x700 + i,
					&ops,
					&w.kind[i],
					is_slot ? DOMAIN + (i & 1) : DRC_POWER_LIVE,
					0 };

		w.d[i] = dr_add_connector(w.p, &c, &e);
		require(w.d[i]);
	}
	for (u32 n = 0; n < STEPS_MAX && w.in.n; n++) {
		u32 step = take(&w.in, 1);

		if (step >> 4 < 12)
			guest(&w, step >> 4, step & 15);
		else
			host(&w, step >> 4, (step & 15) % N);
		check(&w);
	}
	papr_free(w.p);
	return 0;
}
