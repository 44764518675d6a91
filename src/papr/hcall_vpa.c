// SPDX-License-Identifier: Apache-2.0
/*
 * Shared-processor services [PAPR 14.11.3]: virtual processor areas, ceding,
 * prodding, conferring, joining.
 *
 * The yield count of a VPA is even while its vCPU is dispatched and odd while
 * it waits; every wait makes it step twice.
 */
#include "papr/hcall.h"

#include <sched.h>

#include "isa/msr.h"
#include "papr/papr.h"

/*
 * Areas are registered under papr->lock, by any vCPU for any. The address of a
 * VPA, 0 for none, is also read without it.
 */

/* Offsets in a VPA. */
#define VPA_SIZE_AT 4
#define VPA_STATUS_AT 9
#define VPA_YIELD_COUNT_AT 0x100
#define VPA_MIN_SIZE 640u
#define VPA_ALIGN 64u
#define VPA_SHARED_PROC 2

enum vpa_function {
	REG_VPA = 1,
	REG_DTL = 2,
	REG_SLB_SHADOW = 3,
	DEREG_VPA = 5,
	DEREG_DTL = 6,
	DEREG_SLB_SHADOW = 7,
};

#define VPA_FUNCTION(flags) ((flags) >> 45 & 7)

static void set_vpa(struct papr_vcpu *t, u64 at)
{
	t->has_vpa = at != 0;
	__atomic_store_n(&t->vpa.v, at, __ATOMIC_RELAXED);
}

/* Where the yield count of @t is. False: it has no VPA. */
static bool yield_count_at(const struct papr_vcpu *t, gpa *at)
{
	u64 vpa = __atomic_load_n(&t->vpa.v, __ATOMIC_RELAXED);

	*at = gpa_of(vpa + VPA_YIELD_COUNT_AT);
	return vpa != 0;
}

static hstatus register_vpa(struct vcpu *v, struct papr_vcpu *t, u64 at)
{
	struct gmem *m = v->partition->mem;
	u16 size;
	u8 status;

	if (!at || at % VPA_ALIGN || !gmem_ld_be16(m, gpa_of(at + VPA_SIZE_AT), &size))
		return H_PARAMETER;
	if (size < VPA_MIN_SIZE || (at & ~0xfffULL) != ((at + size - 1) & ~0xfffULL) ||
	    !gmem_ok(m, gpa_of(at), size))
		return H_PARAMETER;
	if (!gmem_ld_u8(m, gpa_of(at + VPA_STATUS_AT), &status) ||
	    !gmem_st_u8(m, gpa_of(at + VPA_STATUS_AT), status | VPA_SHARED_PROC))
		return H_PARAMETER;
	set_vpa(t, at);
	return H_SUCCESS;
}

/* A buffer whose size stands at its offset 4. */
static hstatus check_buffer(struct vcpu *v, u64 at, u32 min, u64 *size)
{
	u32 n;

	if (!at || at % 8 || !gmem_ld_be32(v->partition->mem, gpa_of(at + 4), &n) || n < min ||
	    !gmem_ok(v->partition->mem, gpa_of(at), n))
		return H_PARAMETER;
	*size = n;
	return H_SUCCESS;
}

static hstatus register_dtl(struct vcpu *v, struct papr_vcpu *t, u64 at)
{
	hstatus st = check_buffer(v, at, 48, &t->dtl_size);

	if (st != H_SUCCESS)
		return st;
	if (!t->has_vpa)
		return H_RESOURCE;
	t->dtl = gpa_of(at);
	t->has_dtl = true;
	return H_SUCCESS;
}

static hstatus register_slb_shadow(struct vcpu *v, struct papr_vcpu *t, u64 at)
{
	u64 size;
	hstatus st = check_buffer(v, at, 8, &size);

	if (st != H_SUCCESS)
		return st;
	if ((at & ~0xfffULL) != ((at + size - 1) & ~0xfffULL))
		return H_PARAMETER;
	if (!t->has_vpa)
		return H_RESOURCE;
	t->slb_shadow = gpa_of(at);
	t->slb_shadow_size = size;
	t->has_slb_shadow = true;
	return H_SUCCESS;
}

static hstatus register_area(struct vcpu *v, struct papr_vcpu *t,
			     const struct H_REGISTER_VPA_in *in)
{
	switch (VPA_FUNCTION(in->flags)) {
	case REG_VPA:
		return register_vpa(v, t, in->at);
	case REG_DTL:
		return register_dtl(v, t, in->at);
	case REG_SLB_SHADOW:
		return register_slb_shadow(v, t, in->at);
	case DEREG_VPA:
		if (t->has_dtl || t->has_slb_shadow)
			return H_RESOURCE;
		set_vpa(t, 0);
		return H_SUCCESS;
	case DEREG_DTL:
		t->has_dtl = false;
		return H_SUCCESS;
	case DEREG_SLB_SHADOW:
		t->has_slb_shadow = false;
		return H_SUCCESS;
	default:
		return H_PARAMETER;
	}
}

hstatus h_register_vpa(struct vcpu *v, const struct H_REGISTER_VPA_in *in,
		       struct H_REGISTER_VPA_out *out)
{
	struct papr *p = papr_of(v);
	struct vcpu *target = papr_vcpu_by_number(p, in->cpu);
	hstatus st;

	(void)out;
	if (!target)
		return H_PARAMETER;
	pthread_mutex_lock(&p->lock);
	st = register_area(v, papr_vcpu_of(target), in);
	pthread_mutex_unlock(&p->lock);
	return st;
}

static void step_yield_count(struct vcpu *v)
{
	struct gmem *m = v->partition->mem;
	gpa at;
	u32 n;

	/* memory that has gone since it was registered is the guest's loss */
	if (yield_count_at(papr_vcpu_of(v), &at) && gmem_ld_be32(m, at, &n))
		(void)!gmem_st_be32(m, at, n + 1);
}

hstatus h_cede(struct vcpu *v, const struct H_CEDE_in *in, struct H_CEDE_out *out)
{
	struct cpu *c = &v->cpu;

	(void)in;
	(void)out;
	cpu_set_msr(c, c->msr | MSR_EE);
	step_yield_count(v);
	vcpu_cede(v);
	step_yield_count(v);
	return H_SUCCESS;
}

hstatus h_prod(struct vcpu *v, const struct H_PROD_in *in, struct H_PROD_out *out)
{
	struct vcpu *target = papr_vcpu_by_number(papr_of(v), in->cpu);

	(void)out;
	if (!target)
		return H_PARAMETER;
	vcpu_prod(target);
	return H_SUCCESS;
}

#define CONFER_ALL (-1LL)

/* Gives the time slice away: the host's scheduler chooses who gets it. */
hstatus h_confer(struct vcpu *v, const struct H_CONFER_in *in, struct H_CONFER_out *out)
{
	struct vcpu *target = papr_vcpu_by_number(papr_of(v), in->cpu);
	u32 count;
	gpa at;

	(void)out;
	if ((s64)in->cpu == CONFER_ALL) {
		sched_yield();
		return H_SUCCESS;
	}
	if (!target || target == v)
		return H_PARAMETER;
	/* only while the holder is still not dispatched (odd), as the caller saw it */
	if (yield_count_at(papr_vcpu_of(target), &at) &&
	    gmem_ld_be32(v->partition->mem, at, &count) && count != (u32)in->yield_count)
		return H_SUCCESS;
	sched_yield();
	return H_SUCCESS;
}

/* The last vCPU to join is not suspended: it gets H_CONTINUE [PAPR 14.11.3.6]. */
hstatus h_join(struct vcpu *v, const struct H_JOIN_in *in, struct H_JOIN_out *out)
{
	struct papr *p = papr_of(v);
	bool last = true;

	(void)in;
	(void)out;
	if (v->cpu.msr & MSR_EE)
		return H_BAD_MODE;
	pthread_mutex_lock(&p->lock);
	FOR_EACH_VCPU(p->partition, o)
		if (o != v && !vcpu_is_stopped(o) && !papr_vcpu_of(o)->joined)
			last = false;
	papr_vcpu_of(v)->joined = !last;
	pthread_mutex_unlock(&p->lock);
	if (last)
		return H_CONTINUE;
	if (!vcpu_join(v))
		vcpu_retry_hcall(v);
	pthread_mutex_lock(&p->lock);
	papr_vcpu_of(v)->joined = false;
	pthread_mutex_unlock(&p->lock);
	return H_SUCCESS;
}
