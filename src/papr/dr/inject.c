// SPDX-License-Identifier: Apache-2.0
/*
 * Injections into hypercalls and RTAS calls. A delay is waited for as in
 * H_JOIN: without a lock, and given up when the control thread wants the vCPU,
 * which then makes the same call again; what it waits for is in its papr_vcpu.
 */
#include "papr/dr/inject.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "papr/dr/dr.h"
#include "papr/hcall.h"

#define TICKS_PER_US 512u
#define LONG_BUSY_FIRST 9900
#define LONG_BUSY_LAST 9905
#define UNSUPPORTED_FLAG_LAST (-511)

/* Which argument names a connector. */
enum drc_arg {
	IS_INDEX,  /* its index */
	IS_AREA,   /* the address of a work area that begins with it */
	IS_SERVER, /* the number of a thread of a core */
	IS_UNIT,   /* the unit address of a virtual adapter */
};

static const struct {
	const char *call;
	u32 argument;
	enum drc_arg is;
} drc_args[] = {
	{ "set-indicator", 1, IS_INDEX },
	{ "get-sensor-state", 1, IS_INDEX },
	{ "ibm,configure-connector", 0, IS_AREA },
	{ "start-cpu", 0, IS_SERVER },
	{ "query-cpu-stopped-state", 0, IS_SERVER },
	{ "H_REG_CRQ", 0, IS_UNIT },
	{ "H_FREE_CRQ", 0, IS_UNIT },
	{ "H_SEND_CRQ", 0, IS_UNIT },
	{ "H_ENABLE_CRQ", 0, IS_UNIT },
	{ "H_VIO_SIGNAL", 0, IS_UNIT },
	{ "H_REGISTER_LOGICAL_LAN", 0, IS_UNIT },
	{ "H_FREE_LOGICAL_LAN", 0, IS_UNIT },
	{ "H_ADD_LOGICAL_LAN_BUFFER", 0, IS_UNIT },
	{ "H_SEND_LOGICAL_LAN", 0, IS_UNIT },
	{ "H_MULTICAST_CTRL", 0, IS_UNIT },
	{ "H_CHANGE_LOGICAL_LAN_MAC", 0, IS_UNIT },
	{ "H_SCM_READ_METADATA", 0, IS_INDEX },
	{ "H_SCM_WRITE_METADATA", 0, IS_INDEX },
	{ "H_SCM_BIND_MEM", 0, IS_INDEX },
	{ "H_SCM_UNBIND_MEM", 0, IS_INDEX },
	{ "H_SCM_QUERY_BLOCK_MEM_BINDING", 0, IS_INDEX },
	{ "H_SCM_UNBIND_ALL", 1, IS_INDEX },
	{ "H_SCM_HEALTH", 0, IS_INDEX },
	{ "H_SCM_PERFORMANCE_STATS", 0, IS_INDEX },
	{ "H_SCM_FLUSH", 0, IS_INDEX },
};

#define NO_ARG ARRAY_SIZE(drc_args)

struct injection {
	u32 id; /* 0: free */
	bool is_rtas;
	u64 number;		  /* of the hypercall, or token */
	size_t arg;		  /* of drc_args */
	struct hypar_injection i; /* i.call: constant text; i.count, i.skip: what is left */
	bool is_forever;
	u64 hits;
};

struct dr_injector {
	pthread_mutex_t lock;
	struct injection all[INJECTIONS_MAX]; /* ascending ids, free ones at the end */
	u32 n, last_id;
	u32 epoch; /* counts what was taken back; atomic */
};

int injector_new(struct papr *p, struct hypar_err *e)
{
	p->injector = calloc(1, sizeof(*p->injector));
	if (!p->injector)
		return err_set(e, -ENOMEM, "no memory for the machine");
	pthread_mutex_init(&p->injector->lock, NULL);
	return 0;
}

void injector_free(struct papr *p)
{
	if (!p->injector)
		return;
	pthread_mutex_destroy(&p->injector->lock);
	free(p->injector);
	p->injector = NULL;
}

/* ---- what the host asks for ---- */

static bool find_call(struct injection *to, const char *name)
{
	u32 token;

	to->is_rtas = false;
	if (hcall_by_name(name, &to->number)) {
		to->i.call = hcall_name(to->number);
		return true;
	}
	if (!rtas_by_name(name, &token))
		return false;
	to->is_rtas = true;
	to->number = token;
	to->i.call = rtas_name(token);
	return true;
}

static size_t find_arg(const char *call)
{
	size_t i = 0;

	while (i < NO_ARG && strcmp(drc_args[i].call, call) != 0)
		i++;
	return i;
}

static bool makes_sense(const struct injection *in, s64 status)
{
	if (status >= LONG_BUSY_FIRST && status <= LONG_BUSY_LAST)
		return true;
	if (in->is_rtas)
		return status >= INT32_MIN && status <= INT32_MAX &&
		       rtas_status_name((rtas_status)status);
	return hstatus_name(status) ||
	       (status >= UNSUPPORTED_FLAG_LAST && status <= H_UNSUPPORTED_FLAG);
}

/* A name of hstatus.def or rtas/status.def, or digits. */
static bool read_status(const struct injection *in, const char *text, s64 *status)
{
	static const struct {
		const char *name;
		bool is_rtas;
		s64 value;
	} names[] = {
#define HSTATUS(name, value) { #name, false, value },
#include "papr/hstatus.def"
#undef HSTATUS
#define RTAS_STATUS(name, value) { #name, true, value },
#include "papr/rtas/status.def"
#undef RTAS_STATUS
	};
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].is_rtas == in->is_rtas && !strcmp(names[i].name, text)) {
			*status = names[i].value;
			return true;
		}
	errno = 0;
	*status = strtoll(text, &end, 10);
	return *text && !*end && !errno && strchr("-0123456789", *text);
}

int inject_status(const char *call, const char *text, s64 *status, struct hypar_err *e)
{
	struct injection in = { .id = 0 };

	if (!find_call(&in, call))
		return err_set(e, -ENOENT, "there is no hypercall or RTAS call \"%.60s\"", call);
	if (!read_status(&in, text, status) || !makes_sense(&in, *status))
		return err_set(e, -EINVAL, "\"%.40s\" is no status of %s", text, in.i.call);
	return 0;
}

static int check(struct papr *p, struct injection *in, const struct hypar_injection *i,
		 struct hypar_err *e)
{
	if (!i->call || !find_call(in, i->call))
		return err_set(e, -ENOENT, "there is no hypercall or RTAS call \"%.60s\"",
			       i->call ? i->call : "");
	if (!i->carry_out && !makes_sense(in, i->status))
		return err_set(e, -EINVAL, "%lld is no status of %s", (long long)i->status,
			       in->i.call);
	if (i->carry_out && !i->delay_us)
		return err_set(e, -EINVAL, "%s: neither a status nor a delay", in->i.call);
	in->arg = find_arg(in->i.call);
	if (i->drc && in->arg == NO_ARG)
		return err_set(e, -EINVAL, "%s names no connector", in->i.call);
	if (i->drc && !dr_find(p, i->drc))
		return err_set(e, -ENOENT, "there is no connector 0x%x", i->drc);
	return 0;
}

static bool is_live(const struct injection *in)
{
	return in->id && (in->is_forever || in->i.count);
}

/* The lock is held. One with a delay may be used up while a vCPU still waits for it. */
static void arm(struct papr *p)
{
	u32 n = 0;

	for (u32 i = 0; i < p->injector->n; i++)
		n += is_live(&p->injector->all[i]) || p->injector->all[i].i.delay_us;
	__atomic_store_n(&p->n_injections, n, __ATOMIC_RELAXED);
}

static void drop(struct dr_injector *j, u32 at)
{
	j->n--;
	memmove(&j->all[at], &j->all[at + 1], (j->n - at) * sizeof(j->all[0]));
	j->all[j->n].id = 0;
}

/* Room for one more: what is used up goes when it is needed. */
static bool make_room(struct dr_injector *j)
{
	for (u32 i = 0; j->n == INJECTIONS_MAX && i < j->n; i++)
		if (!is_live(&j->all[i]))
			drop(j, i);
	return j->n < INJECTIONS_MAX;
}

int inject_add(struct papr *p, const struct hypar_injection *i, u32 *id, struct hypar_err *e)
{
	struct dr_injector *j = p->injector;
	struct injection in = { .id = 0 };
	int ret = check(p, &in, i, e);
	const char *call = in.i.call;

	if (ret)
		return ret;
	in.i = *i;
	in.i.call = call;
	in.is_forever = !i->count;
	pthread_mutex_lock(&j->lock);
	if (make_room(j)) {
		in.id = ++j->last_id;
		*id = in.id;
		j->all[j->n++] = in;
		arm(p);
	} else {
		ret = err_set(e, -ENOSPC, "there are %u injections already", INJECTIONS_MAX);
	}
	pthread_mutex_unlock(&j->lock);
	return ret;
}

int inject_clear(struct papr *p, u32 id, struct hypar_err *e)
{
	struct dr_injector *j = p->injector;
	int ret = id ? -ENOENT : 0;

	pthread_mutex_lock(&j->lock);
	for (u32 i = j->n; i-- > 0;)
		if (!id || j->all[i].id == id) {
			drop(j, i);
			ret = 0;
		}
	__atomic_add_fetch(&j->epoch, 1, __ATOMIC_RELAXED);
	arm(p);
	pthread_mutex_unlock(&j->lock);
	return ret ? err_set(e, ret, "there is no injection %u", id) : 0;
}

int inject_next(struct papr *p, u32 *id, struct hypar_injection *i, u64 *hits)
{
	struct dr_injector *j = p->injector;
	int ret = -ENOENT;

	pthread_mutex_lock(&j->lock);
	for (u32 k = 0; ret && k < j->n; k++) {
		const struct injection *in = &j->all[k];

		if (in->id < *id)
			continue;
		*id = in->id;
		*i = in->i;
		i->is_over = !is_live(in);
		*hits = in->hits;
		ret = 0;
	}
	pthread_mutex_unlock(&j->lock);
	return ret;
}

/* ---- what the guest calls ---- */

struct made {
	struct vcpu *v;
	bool is_rtas;
	u64 number;
	u64 arg[9];
	u32 n_args;
};

/* Does argument @value, which is of kind @is, name @drc? */
static bool names(const struct made *c, enum drc_arg is, u64 value, u32 drc)
{
	const struct partition *part = c->v->partition;
	u32 index;

	switch (is) {
	case IS_AREA:
		return gmem_ld_be32(part->mem, gpa_of(value), &index) && index == drc;
	case IS_SERVER:
		return DRC_INDEX(DRC_CPU, value / part->threads * part->threads) == drc;
	case IS_UNIT:
		return DRC_INDEX(DRC_VIO, value & 0xffff) == drc;
	default:
		return value == drc;
	}
}

static bool strikes(const struct injection *in, const struct made *c)
{
	if (!is_live(in) || in->is_rtas != c->is_rtas || in->number != c->number)
		return false;
	if (!in->i.drc)
		return true;
	return drc_args[in->arg].argument < c->n_args &&
	       names(c, drc_args[in->arg].is, c->arg[drc_args[in->arg].argument], in->i.drc);
}

/* The injection that strikes @c, copied; false: none. It counts. */
static bool strike(struct papr *p, const struct made *c, struct injection *copy)
{
	struct dr_injector *j = p->injector;
	bool found = false;

	pthread_mutex_lock(&j->lock);
	for (u32 i = 0; !found && i < j->n; i++) {
		struct injection *in = &j->all[i];

		if (!strikes(in, c))
			continue;
		if (in->i.skip) {
			in->i.skip--;
			continue;
		}
		*copy = *in;
		in->hits++;
		in->i.count -= !in->is_forever;
		found = true;
	}
	if (found)
		arm(p);
	pthread_mutex_unlock(&j->lock);
	return found;
}

/* Waits for as long as the injection wants, perhaps in several turns. */
static enum inject_result finish(struct vcpu *v, struct inject_delay *d, s64 *status)
{
	if (!vcpu_wait_until(v, d->until)) {
		vcpu_retry_hcall(v);
		return INJECT_AGAIN;
	}
	*status = d->status;
	d->until = 0;
	return d->carry_out ? INJECT_NOTHING : INJECT_ANSWER;
}

static enum inject_result inject(const struct made *c, s64 *status)
{
	struct inject_delay *d = &papr_vcpu_of(c->v)->delay;
	u32 epoch = __atomic_load_n(&papr_of(c->v)->injector->epoch, __ATOMIC_RELAXED);
	struct injection in;

	if (d->until && d->epoch == epoch && d->is_rtas == c->is_rtas && d->number == c->number)
		return finish(c->v, d, status);
	if (!strike(papr_of(c->v), c, &in))
		return INJECT_NOTHING;
	*status = in.i.status;
	if (!in.i.delay_us)
		return INJECT_ANSWER;
	/* a vCPU that is wanted meanwhile makes the call again, and ends up above */
	*d = (struct inject_delay){ .until = partition_timebase(c->v->partition) +
					     (u64)in.i.delay_us * TICKS_PER_US,
				    .number = c->number,
				    .epoch = epoch,
				    .status = in.i.status,
				    .is_rtas = c->is_rtas,
				    .carry_out = in.i.carry_out };
	return finish(c->v, d, status);
}

enum inject_result inject_hcall(struct vcpu *v, u64 nr, s64 *status)
{
	struct made c = { .v = v, .number = nr, .n_args = 9 };

	memcpy(c.arg, &v->cpu.gpr[4], sizeof(c.arg));
	return inject(&c, status);
}

enum inject_result inject_rtas(const struct rtas_args *a, s64 *status)
{
	struct made c = { .v = a->vcpu, .is_rtas = true, .number = a->token };

	for (c.n_args = 0; c.n_args < a->nargs && c.n_args < ARRAY_SIZE(c.arg); c.n_args++)
		c.arg[c.n_args] = a->arg[c.n_args];
	return inject(&c, status);
}
