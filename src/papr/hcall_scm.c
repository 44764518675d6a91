// SPDX-License-Identifier: Apache-2.0
/*
 * H_SCM_*: labels, binding, health and flushes of NVDIMMs, in the
 * register forms that Linux uses.
 *
 * What changes the map of the guest is done with all vCPUs parked, SCM_BATCH
 * blocks at a time; a call for more answers that it is to be made again with the token
 * it gave: H_BUSY for binding, H_BUSY or H_LONG_BUSY_* for unbinding. The
 * token holds for a call with the same other arguments.
 */
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "base/endian.h"
#include "papr/hcall.h"
#include "papr/scm.h"

#define SCM_BATCH 2u
#define ANY_ADDRESS (~0ULL)
#define FLUSH_WAIT_US 1000u
#define SCOPE_ALL 1u
#define SCOPE_DRC 2u
#define ALL_DIMMS ((u32)HYPAR_NVDIMMS_MAX)

static u32 number_of(const struct papr_scm *s, const struct scm_dimm *d)
{
	return (u32)(d - s->dimm);
}

/* ---- labels ---- */

static bool is_label_size(u64 n)
{
	return n == 1 || n == 2 || n == 4 || n == 8;
}

static bool is_in_labels(const struct scm_dimm *d, u64 at, u64 n)
{
	return at < d->label_size && n <= d->label_size - at;
}

hstatus h_scm_read_metadata(struct vcpu *v, const struct H_SCM_READ_METADATA_in *in,
			    struct H_SCM_READ_METADATA_out *out)
{
	struct scm_dimm *d = scm_find_dimm(papr_of(v), in->drc);
	u8 b[8] = { 0 };

	if (!d || !d->label_size)
		return H_PARAMETER;
	if (!is_in_labels(d, in->offset, 1))
		return H_P2;
	if (!is_label_size(in->size))
		return H_P3;
	if (!is_in_labels(d, in->offset, in->size))
		return H_P2;
	if (pmem_label_read(d->medium, in->offset, b + 8 - in->size, in->size))
		return H_HARDWARE;
	out->data = ld_be64(b);
	return H_SUCCESS;
}

hstatus h_scm_write_metadata(struct vcpu *v, const struct H_SCM_WRITE_METADATA_in *in,
			     struct H_SCM_WRITE_METADATA_out *out)
{
	struct scm_dimm *d = scm_find_dimm(papr_of(v), in->drc);
	u8 b[8];

	(void)out;
	if (!d || !d->label_size)
		return H_PARAMETER;
	if (!is_in_labels(d, in->offset, 1))
		return H_P2;
	if (!is_label_size(in->size))
		return H_P4;
	if (!is_in_labels(d, in->offset, in->size))
		return H_P2;
	st_be64(b, in->data);
	return pmem_label_write(d->medium, in->offset, b + 8 - in->size, in->size) ? H_HARDWARE :
										     H_SUCCESS;
}

/* ---- binding ---- */

/* A call that changes the map, on the control thread. */
struct map_call {
	struct papr *papr;
	struct scm_dimm *dimm; /* NULL: all */
	enum scm_op_kind kind;
	u32 first, n, place;
	u64 target, token;
	/* answers */
	hstatus status;
	u32 done;
};

/* False: not now; the guest is to make the call again. */
static bool carry_out(struct vcpu *v, struct map_call *c, int (*fn)(void *arg, struct hypar_err *e))
{
	c->papr = papr_of(v);
	return !dr_with_parked(v, fn, c, NULL);
}

static u32 whose(const struct map_call *c)
{
	return c->dimm ? number_of(c->papr->scm, c->dimm) : ALL_DIMMS;
}

/* The operation of the token, if it is this one. */
static struct scm_op *resume(const struct map_call *c)
{
	struct papr_scm *s = c->papr->scm;
	struct scm_op *op = scm_find_op(s, c->token);

	if (!op || op->kind != c->kind || op->dimm != whose(c))
		return NULL;
	if (c->kind == SCM_UNBIND_ALL)
		return op;
	if (op->n != c->n)
		return NULL;
	if (c->kind == SCM_UNBIND)
		return op->place == c->place ? op : NULL;
	return op->first == c->first &&
			       (op->target == c->target || scm_address(op->place).v == c->target) ?
		       op :
		       NULL;
}

/*
 * The operation that the call goes on with, or a new one once @check allows it.
 * NULL: c->status is the answer; @bad_token, if the token is of no such operation.
 */
static struct scm_op *begin(struct map_call *c, hstatus bad_token,
			    hstatus (*check)(struct map_call *c))
{
	struct scm_op *op;

	if (c->token) {
		c->status = bad_token;
		return resume(c);
	}
	c->status = check(c);
	if (c->status != H_SUCCESS)
		return NULL;
	op = scm_new_op(c->papr->scm);
	op->kind = c->kind;
	op->dimm = whose(c);
	op->first = c->first;
	op->n = c->n;
	op->place = c->place;
	op->target = c->target;
	return op;
}

/* Before anything changes. Fixes c->place. */
static hstatus check_bind(struct map_call *c)
{
	const struct papr_scm *s = c->papr->scm;

	for (u32 i = 0; i < c->n; i++)
		if (c->dimm->place[c->first + i] != SCM_UNBOUND)
			return H_OVERLAP;
	if (c->target == ANY_ADDRESS) {
		c->place = scm_find_places(s, c->n);
		return c->place == SCM_UNBOUND ? H_TOO_BIG : H_SUCCESS;
	}
	if (c->n > SCM_PLACES - c->place)
		return H_TOO_BIG;
	for (u32 i = 0; i < c->n; i++)
		if (s->place[c->place + i].dimm || scm_is_promised(s, c->place + i))
			return H_OVERLAP;
	return H_SUCCESS;
}

static hstatus bind_batch(struct map_call *c, struct scm_op *op)
{
	for (u32 i = 0; i < SCM_BATCH && op->done < op->n; i++) {
		u32 block = op->first + op->done;

		/* bound by somebody else meanwhile */
		if (c->dimm->place[block] != SCM_UNBOUND)
			return H_OVERLAP;
		if (scm_bind_block(c->papr, c->dimm, block, op->place + op->done))
			return H_TOO_BIG;
		op->done++;
	}
	return op->done < op->n ? H_BUSY : H_SUCCESS;
}

static bool is_busy(hstatus st)
{
	return st == H_BUSY || st == H_LONG_BUSY_1_MS || st == H_LONG_BUSY_10_MS;
}

/* The answer, and the end of an operation that is over. */
static void answer(struct map_call *c, struct scm_op *op, hstatus st)
{
	c->status = st;
	c->done = op->done;
	c->place = op->place;
	c->token = is_busy(st) ? op->token : 0;
	if (!is_busy(st))
		op->token = 0;
}

static int bind(void *arg, struct hypar_err *e)
{
	struct map_call *c = arg;
	struct scm_op *op = begin(c, H_P5, check_bind);

	(void)e;
	if (!op)
		return 0;
	answer(c, op, bind_batch(c, op));
	scm_flush_tlbs(c->papr);
	return 0;
}

/* A block of the window that begins at @at. */
static bool is_place(u64 at, u32 *place)
{
	u64 offset = at - PAPR_SCM_BASE;

	if (at < PAPR_SCM_BASE || offset >= HYPAR_SCM_MAX || offset % HYPAR_SCM_BLOCK_SIZE)
		return false;
	*place = (u32)(offset / HYPAR_SCM_BLOCK_SIZE);
	return true;
}

hstatus h_scm_bind_mem(struct vcpu *v, const struct H_SCM_BIND_MEM_in *in,
		       struct H_SCM_BIND_MEM_out *out)
{
	struct map_call c = { .kind = SCM_BIND, .target = in->target, .token = in->token };

	c.dimm = scm_find_dimm(papr_of(v), in->drc);
	if (!c.dimm)
		return H_PARAMETER;
	if (in->first >= c.dimm->n_blocks)
		return H_P2;
	if (!in->n || in->n > c.dimm->n_blocks - in->first)
		return H_P3;
	if (in->target != ANY_ADDRESS && !is_place(in->target, &c.place))
		return H_P4;
	c.first = (u32)in->first;
	c.n = (u32)in->n;
	if (!carry_out(v, &c, bind)) {
		out->token = in->token;
		return H_BUSY;
	}
	if (c.status != H_SUCCESS && c.status != H_BUSY)
		return c.status;
	out->token = c.token;
	out->at = scm_address(c.place).v;
	out->n = c.done;
	return c.status;
}

/* ---- unbinding ---- */

/* How long a guest that has @left blocks to unbind had better wait. */
static hstatus busy_for(u32 left)
{
	return !left		     ? H_SUCCESS :
	       left <= SCM_BATCH     ? H_BUSY :
	       left <= 2 * SCM_BATCH ? H_LONG_BUSY_1_MS :
				       H_LONG_BUSY_10_MS;
}

/* All of it is bound, to this NVDIMM, and may go. */
static hstatus check_unbind(struct map_call *c)
{
	const struct papr_scm *s = c->papr->scm;
	u32 owner = number_of(s, c->dimm) + 1;

	if (s->place[c->place].dimm != owner)
		return H_P2;
	for (u32 i = 0; i < c->n; i++)
		if (s->place[c->place + i].dimm != owner)
			return H_OVERLAP;
	for (u32 i = 0; i < c->n; i++)
		if (scm_is_in_use(c->papr, c->place + i))
			return H_IN_USE;
	return H_SUCCESS;
}

static void unbind_batch(struct map_call *c, struct scm_op *op)
{
	for (u32 i = 0; i < SCM_BATCH && op->done < op->n; i++) {
		u32 place = op->place + op->done++;

		/* it may have been unbound, and bound by another, meanwhile */
		if (c->papr->scm->place[place].dimm == op->dimm + 1)
			scm_unbind_place(c->papr, place);
	}
}

static int unbind(void *arg, struct hypar_err *e)
{
	struct map_call *c = arg;
	struct scm_op *op = begin(c, H_P4, check_unbind);

	(void)e;
	if (!op)
		return 0;
	unbind_batch(c, op);
	answer(c, op, busy_for(op->n - op->done));
	scm_flush_tlbs(c->papr);
	return 0;
}

hstatus h_scm_unbind_mem(struct vcpu *v, const struct H_SCM_UNBIND_MEM_in *in,
			 struct H_SCM_UNBIND_MEM_out *out)
{
	struct map_call c = { .kind = SCM_UNBIND, .token = in->token };

	c.dimm = scm_find_dimm(papr_of(v), in->drc);
	if (!c.dimm)
		return H_PARAMETER;
	if (!is_place(in->at, &c.place))
		return H_P2;
	if (!in->n || in->n > SCM_PLACES - c.place)
		return H_P3;
	c.n = (u32)in->n;
	if (!carry_out(v, &c, unbind)) {
		out->token = in->token;
		return H_BUSY;
	}
	if (c.status != H_SUCCESS && !is_busy(c.status))
		return c.status;
	out->token = c.token;
	out->n = c.done;
	return c.status;
}

static bool is_meant(const struct map_call *c, u32 place)
{
	u32 dimm = c->papr->scm->place[place].dimm;

	return dimm && (!c->dimm || dimm == number_of(c->papr->scm, c->dimm) + 1);
}

static hstatus check_unbind_all(struct map_call *c)
{
	for (u32 i = 0; i < SCM_PLACES; i++)
		if (is_meant(c, i) && scm_is_in_use(c->papr, i))
			return H_IN_USE;
	return H_SUCCESS;
}

static u32 unbind_all_batch(struct map_call *c, struct scm_op *op)
{
	u32 n = 0, left = 0;

	for (u32 i = 0; i < SCM_PLACES; i++) {
		if (!is_meant(c, i))
			continue;
		if (n < SCM_BATCH) {
			scm_unbind_place(c->papr, i);
			op->done++;
			n++;
		} else {
			left++;
		}
	}
	return left;
}

static int unbind_all(void *arg, struct hypar_err *e)
{
	struct map_call *c = arg;
	struct scm_op *op = begin(c, H_P3, check_unbind_all);

	(void)e;
	if (!op)
		return 0;
	answer(c, op, busy_for(unbind_all_batch(c, op)));
	scm_flush_tlbs(c->papr);
	return 0;
}

hstatus h_scm_unbind_all(struct vcpu *v, const struct H_SCM_UNBIND_ALL_in *in,
			 struct H_SCM_UNBIND_ALL_out *out)
{
	struct map_call c = { .kind = SCM_UNBIND_ALL, .token = in->token };

	if (in->scope != SCOPE_ALL && in->scope != SCOPE_DRC)
		return H_PARAMETER;
	if (in->scope == SCOPE_DRC) {
		c.dimm = scm_find_dimm(papr_of(v), in->drc);
		if (!c.dimm)
			return H_P2;
	}
	if (!carry_out(v, &c, unbind_all)) {
		out->token = in->token;
		return H_BUSY;
	}
	if (c.status != H_SUCCESS && !is_busy(c.status))
		return c.status;
	out->token = c.token;
	out->n = c.done;
	return c.status;
}

/* ---- queries ---- */

hstatus h_scm_query_block_mem_binding(struct vcpu *v,
				      const struct H_SCM_QUERY_BLOCK_MEM_BINDING_in *in,
				      struct H_SCM_QUERY_BLOCK_MEM_BINDING_out *out)
{
	const struct scm_dimm *d = scm_find_dimm(papr_of(v), in->drc);

	if (!d)
		return H_PARAMETER;
	if (in->block >= d->n_blocks)
		return H_P2;
	if (d->place[in->block] == SCM_UNBOUND)
		return H_NOT_FOUND;
	out->at = scm_address(d->place[in->block]).v;
	return H_SUCCESS;
}

/* P2, which this call has no second parameter for: bits that no real address has [ISA III 6.7]. */
hstatus h_scm_query_logical_mem_binding(struct vcpu *v,
					const struct H_SCM_QUERY_LOGICAL_MEM_BINDING_in *in,
					struct H_SCM_QUERY_LOGICAL_MEM_BINDING_out *out)
{
	const struct papr *p = papr_of(v);
	const struct scm_place *at;

	if (in->at & PPC_MASK(0, 3))
		return H_P2;
	if (in->at < p->cfg.memory_max)
		return H_NOT_FOUND;
	if (in->at < PAPR_SCM_BASE || in->at >= PAPR_SCM_BASE + HYPAR_SCM_MAX)
		return H_PARAMETER;
	at = &p->scm->place[(in->at - PAPR_SCM_BASE) / HYPAR_SCM_BLOCK_SIZE];
	if (!at->dimm)
		return H_NOT_FOUND;
	out->drc = p->scm->dimm[at->dimm - 1].drc->index;
	out->block = at->block;
	return H_SUCCESS;
}

/* ---- health, flushes ---- */

hstatus h_scm_health(struct vcpu *v, const struct H_SCM_HEALTH_in *in, struct H_SCM_HEALTH_out *out)
{
	const struct scm_dimm *d = scm_find_dimm(papr_of(v), in->drc);

	if (!d)
		return H_PARAMETER;
	out->health = papr_nvdimm_health(d);
	out->valid = SCM_HEALTH_VALID;
	return H_SUCCESS;
}

hstatus h_scm_flush(struct vcpu *v, const struct H_SCM_FLUSH_in *in, struct H_SCM_FLUSH_out *out)
{
	struct scm_dimm *d = scm_find_dimm(papr_of(v), in->drc);
	u64 age_us = 0;

	if (!d)
		return H_PARAMETER;
	if (!in->token) {
		out->token = pmem_flush(d->medium);
		return H_BUSY;
	}
	/* a disk that is fast enough spares the guest the time of its timer */
	pmem_flush_wait(d->medium, in->token, FLUSH_WAIT_US);
	switch (pmem_flush_poll(d->medium, in->token, &age_us)) {
	case PMEM_FLUSH_UNKNOWN:
		return H_P2;
	case PMEM_FLUSH_DONE:
		out->token = 0;
		return H_SUCCESS;
	case PMEM_FLUSH_FAILED:
		return H_HARDWARE;
	case PMEM_FLUSH_BUSY:
		break;
	}
	out->token = in->token;
	return age_us < 20000  ? H_LONG_BUSY_1_MS :
	       age_us < 500000 ? H_LONG_BUSY_10_MS :
				 H_LONG_BUSY_100_MS;
}
