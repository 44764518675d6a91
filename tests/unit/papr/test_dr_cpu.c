// SPDX-License-Identifier: Apache-2.0
/*
 * Processors as dynamic resources: what a guest meets that names one which is
 * not there, what comes and goes with a core, and what the host is refused. The
 * machine has two cores of two threads, of eight vCPUs that there can be; their
 * threads do not run (tests/unit/hv has those).
 */
#include "dr_test.h"
#include "papr/dr/cpu.h"
#include "papr/dr/request.h"
#include "papr/hcall.h"

#define CPUS_MAX 8u
#define CORE(first) DRC_INDEX(DRC_CPU, first)
#define ENTRY 0x3000u

static int open_with(void **state, enum hypar_irqchip chip)
{
	static struct rtas_fixture f;
	const struct hypar_config cfg = { .irqchip = chip, .cpus_max = CPUS_MAX };

	rtas_test_open(&f, &cfg);
	f.p->dr->with_parked = at_once;
	f.p->opt.hp_evt = true;
	*state = &f;
	return 0;
}

static int setup_xics(void **state)
{
	return open_with(state, HYPAR_IRQCHIP_XICS);
}

static int setup_xive(void **state)
{
	return open_with(state, HYPAR_IRQCHIP_XIVE);
}

static s64 hypercall(struct rtas_fixture *f, const char *name, u64 a, u64 b, u64 c)
{
	u64 *r = f->v->cpu.gpr;

	assert_true(hcall_by_name(name, &r[3]));
	r[4] = a;
	r[5] = b;
	r[6] = c;
	papr_hcall(f->v);
	return (s64)r[3];
}

static struct vcpu *vcpu(struct rtas_fixture *f, u32 i)
{
	return partition_vcpu(f->p->partition, i);
}

/* As the guest takes a core; returns how many steps its node had. */
static u32 acquire(struct rtas_fixture *f, u32 first)
{
	u32 n = 1;
	s32 st;

	assert_int_equal(set_indicator(f, 9003, CORE(first), 1), RTAS_SUCCESS);
	assert_null(vcpu(f, first));
	assert_int_equal(set_indicator(f, 9001, CORE(first), 1), RTAS_SUCCESS);
	begin_walk(f, AREA, CORE(first));
	assert_int_equal(configure(f, AREA, 0), RTAS_NEXT_CHILD);
	while ((st = configure(f, AREA, 0)) != RTAS_SUCCESS) {
		assert_int_equal(st, RTAS_NEXT_PROPERTY);
		n++;
	}
	return n;
}

static s32 release(struct rtas_fixture *f, u32 first)
{
	s32 st = set_indicator(f, 9001, CORE(first), 0);

	return st ? st : set_indicator(f, 9003, CORE(first), 0);
}

static u32 add(struct rtas_fixture *f, u32 first, u32 n)
{
	struct hypar_err e = { 0 };
	u32 request = papr_cores_add(f->p, first, n, &e);

	assert_string_equal(e.text, "");
	assert_true(request);
	return request;
}

static enum hypar_dr_state state_of(struct rtas_fixture *f, u32 request)
{
	struct hypar_dr_request r = { .request = request };

	dr_requests_finish(f->p); /* as the control thread does */
	assert_int_equal(dr_request_next(f->p, &r), 0);
	assert_int_equal(r.request, request);
	return r.state;
}

static void test_absent(void **state)
{
	struct rtas_fixture *f = *state;

	for (u32 i = 4; i < CPUS_MAX + 2; i++) {
		assert_null(vcpu(f, i));
		assert_int_equal(RTAS_CALL(f, "start-cpu", 1, i, ENTRY, 0), RTAS_PARAMETER);
		assert_int_equal(RTAS_CALL(f, "query-cpu-stopped-state", 2, i), RTAS_PARAMETER);
		assert_int_equal(hypercall(f, "H_PROD", i, 0, 0), H_PARAMETER);
		assert_int_equal(hypercall(f, "H_IPI", i, 4, 0), H_PARAMETER);
		assert_int_equal(hypercall(f, "H_SIGNAL_SYS_RESET", i, 0, 0), H_PARAMETER);
		assert_int_equal(hypercall(f, "H_REGISTER_VPA", 1ULL << 45, i, 0x8000),
				 H_PARAMETER);
		assert_int_equal(hypercall(f, "H_CONFER", i, 1, 0), H_PARAMETER);
	}
	assert_int_equal(hypercall(f, "H_SIGNAL_SYS_RESET", ~0ULL, 0, 0), H_SUCCESS);
	/* interrupts of what could be there go to who is */
	vcpu_start(f->v, ENTRY, 0, false);
	assert_int_equal(RTAS_CALL(f, "ibm,set-xive", 1, PAPR_IRQ_EPOW, 6, 5), RTAS_SUCCESS);
	assert_int_equal(RTAS_CALL(f, "ibm,get-xive", 3, PAPR_IRQ_EPOW), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 0);
	assert_int_equal(RTAS_CALL(f, "ibm,set-xive", 1, PAPR_IRQ_EPOW, CPUS_MAX, 5),
			 RTAS_PARAMETER);
}

static void test_come_and_go(void **state)
{
	struct rtas_fixture *f = *state;
	u32 request = add(f, 6, 1);

	assert_int_equal(get_sensor(f, 9003, CORE(4)), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 2);
	assert_int_equal(set_indicator(f, 9003, CORE(4), 1), RTAS_PARAMETER);
	assert_true(acquire(f, 6) > 20);
	assert_int_equal(state_of(f, request), HYPAR_DR_DONE);
	assert_int_equal(f->p->partition->n_vcpus, 6);
	assert_true(vcpu_is_stopped(vcpu(f, 6)) && vcpu_is_stopped(vcpu(f, 7)));
	assert_int_equal(hypercall(f, "H_IPI", 7, 4, 0), H_SUCCESS);
	assert_int_equal(RTAS_CALL(f, "start-cpu", 1, 7, ENTRY, 0), RTAS_SUCCESS);
	papr_vcpu_of(vcpu(f, 7))->joined = true;
	papr_vcpu_of(vcpu(f, 7))->has_vpa = true;
	/* one of its threads runs */
	assert_int_equal(release(f, 6), RTAS_HARDWARE);
	assert_int_equal(f->p->partition->n_vcpus, 6);
	vcpu_stop_self(vcpu(f, 7));
	assert_int_equal(release(f, 6), RTAS_SUCCESS);
	assert_int_equal(f->p->partition->n_vcpus, 4);
	assert_null(vcpu(f, 6));
	/* nobody asked: it is still the guest's, and fresh when it takes it again */
	acquire(f, 6);
	assert_false(papr_vcpu_of(vcpu(f, 7))->joined || papr_vcpu_of(vcpu(f, 7))->has_vpa);
	assert_false(vcpu_is_pending(vcpu(f, 7), PEND_EXT));
	/* and the host can give what the guest has given back */
	assert_int_equal(release(f, 6), RTAS_SUCCESS);
	request = add(f, 6, 1);
	acquire(f, 6);
	assert_int_equal(state_of(f, request), HYPAR_DR_DONE);
}

static void test_remove(void **state)
{
	struct rtas_fixture *f = *state;
	struct hypar_err e = { 0 };
	u32 request;

	vcpu_start(f->v, ENTRY, 0, false);
	request = papr_cores_remove(f->p, PAPR_CORE_ANY, 1, &e);
	assert_true(request);
	assert_int_equal(state_of(f, request), HYPAR_DR_WAITING);
	/* the guest says no */
	assert_int_equal(set_indicator(f, 9001, CORE(2), 1), RTAS_SUCCESS);
	assert_int_equal(state_of(f, request), HYPAR_DR_REFUSED);
	request = papr_cores_remove(f->p, 2, 1, &e);
	assert_int_equal(release(f, 2), RTAS_SUCCESS);
	assert_int_equal(state_of(f, request), HYPAR_DR_DONE);
	assert_int_equal(f->p->partition->n_vcpus, 2);
	assert_int_equal(get_sensor(f, 9003, CORE(2)), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 2);
	/* the guest's own core is not stopped */
	assert_int_equal(release(f, 0), RTAS_HARDWARE);
	assert_int_equal(f->p->partition->n_vcpus, 2);
}

static void refused(struct rtas_fixture *f, u32 (*fn)(struct papr *, u32, u32, struct hypar_err *),
		    const u32 args[2], const struct hypar_err *want)
{
	struct hypar_err e = { 0 };

	assert_int_equal(fn(f->p, args[0], args[1], &e), 0);
	assert_string_equal(e.text, want->text);
	assert_int_equal(e.code, want->code);
}

#define REFUSED(f, fn, first, n, ...) \
	refused(f, fn, (const u32[]){ first, n }, &(struct hypar_err){ __VA_ARGS__ })

static void test_refused(void **state)
{
	struct rtas_fixture *f = *state;
	struct hypar_err e = { 0 };

	REFUSED(f, papr_cores_add, PAPR_CORE_ANY, 3, .code = -ENOSPC,
		.text = "there is room for 4 more vCPUs, not 6");
	REFUSED(f, papr_cores_add, 2, 1, .code = -EEXIST, .text = "core 2 is there already");
	REFUSED(f, papr_cores_add, 3, 1, .code = -ENOENT,
		.text = "no core begins with vCPU 3: multiples of 2 below 8 do");
	REFUSED(f, papr_cores_add, 8, 1, .code = -ENOENT,
		.text = "no core begins with vCPU 8: multiples of 2 below 8 do");
	REFUSED(f, papr_cores_remove, 4, 1, .code = -ENOENT, .text = "there is no core 4");
	REFUSED(f, papr_cores_remove, PAPR_CORE_ANY, 2, .code = -EBUSY,
		.text = "of 4 vCPUs, 4 cannot go");
	assert_true(papr_cores_remove(f->p, 0, 1, &e));
	REFUSED(f, papr_cores_remove, 2, 1, .code = -EBUSY, .text = "core 2 is the last one");
}

/* All that the guest had given back of its own accord is there when it starts anew. */
static void test_reset(void **state)
{
	struct rtas_fixture *f = *state;
	struct hypar_err e = { 0 };
	u32 request;

	add(f, 4, 1);
	assert_int_equal(release(f, 2), RTAS_SUCCESS);
	assert_int_equal(f->p->partition->n_vcpus, 2);
	request = papr_cores_remove(f->p, 0, 1, &e);
	assert_true(request);
	dr_reset(f->p);
	assert_int_equal(state_of(f, request), HYPAR_DR_DONE);
	assert_null(vcpu(f, 0));
	assert_non_null(vcpu(f, 2));
	assert_non_null(vcpu(f, 5));
	assert_int_equal(f->p->partition->n_vcpus, 4);
	f->v = vcpu(f, 2);
	assert_int_equal(hypercall(f, "H_PROD", 5, 0, 0), H_SUCCESS);
	assert_int_equal(hypercall(f, "H_PROD", 0, 0, 0), H_PARAMETER);
}

/* A fresh controller has those servers that there are, and takes the others later. */
static void test_renew(void **state)
{
	struct rtas_fixture *f = *state;
	struct hypar_err e = { 0 };

	assert_int_equal(release(f, 2), RTAS_SUCCESS);
	assert_int_equal(papr_irq_renew(f->p, &e), 0);
	assert_string_equal(e.text, "");
	add(f, 4, 1);
	acquire(f, 4);
	acquire(f, 2);
	assert_int_equal(papr_irq_renew(f->p, &e), 0);
	assert_int_equal(f->p->partition->n_vcpus, 6);
	assert_int_equal(release(f, 4), RTAS_SUCCESS);
	assert_int_equal(papr_irq_renew(f->p, &e), 0);
}

#define TEST(name, chip) cmocka_unit_test_setup_teardown(name, setup_##chip, rtas_test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_absent, xics), TEST(test_come_and_go, xics), TEST(test_remove, xics),
		TEST(test_remove, xive), TEST(test_refused, xive),     TEST(test_reset, xics),
		TEST(test_renew, xics),	 TEST(test_renew, xive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
