// SPDX-License-Identifier: Apache-2.0
/*
 * vCPUs that come and go while others run: a partition with a platform that
 * does nothing but what these tests need. Its guest makes one hypercall after
 * the other, which invalidate TLBs, ring doorbells, wait and call the control
 * thread. Of use under the thread sanitizer above all.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hv/debug.h"
#include "hv/partition.h"

#define BOOT 2u
#define MAX 12u
#define CODE 0x1000u
#define ROUNDS 40u

struct box {
	struct partition *p;
	pthread_t control;
	bool go_away[MAX]; /* atomic: the vCPU is to stop itself */
	u64 n_hcalls[MAX]; /* atomic */
	u64 n_calls;	   /* of the control thread, on vCPUs' behalf */
};

static int count_call(void *arg, struct hypar_err *e)
{
	struct box *b = arg;

	(void)e;
	b->n_calls++;
	return 0;
}

static void hcall(struct vcpu *v)
{
	static const struct tlb_inval all = { .kind = TLB_INV_ALL };
	struct box *b = v->partition->platform;
	u64 n = __atomic_add_fetch(&b->n_hcalls[v->index], 1, __ATOMIC_SEQ_CST);
	struct vcpu *other = partition_vcpu(v->partition, n % (MAX + 2));
	struct hypar_err e;

	if (__atomic_load_n(&b->go_away[v->index], __ATOMIC_SEQ_CST)) {
		vcpu_stop_after_hcall(v);
		return;
	}
	switch (n % 8) {
	case 0:
		partition_tlb_invalidate(v->partition, v, &all);
		break;
	case 1:
		if (other)
			vcpu_pend(other, PEND_DOORBELL);
		break;
	case 2:
		v->cpu.ops->doorbell(&v->cpu, n / 8 % 4);
		break;
	case 3:
		FOR_EACH_VCPU(v->partition, o)
			vcpu_prod(o);
		break;
	case 4:
		if (n % 64 < 8)
			vcpu_cede(v);
		break;
	case 5:
		if (n % 256 < 8)
			(void)partition_vcpu_call(v, count_call, b, &e);
		break;
	default:
		break;
	}
}

static int reset(struct partition *p, struct hypar_err *e)
{
	(void)e;
	FOR_EACH_VCPU(p, v)
		if (v->index < BOOT)
			vcpu_start(v, CODE, v->index, false);
	return 0;
}

static void event(struct partition *p)
{
	(void)p;
}

static const struct platform_ops ops = { .hcall = hcall, .reset = reset, .event = event };

static int setup(void **state)
{
	struct box *b = calloc(1, sizeof(*b));
	const struct partition_config cfg = { .n_vcpus = BOOT,
					      .max_vcpus = MAX,
					      .threads = 2,
					      .level = V31,
					      .pvr = 0x00801200,
					      .ops = &ops,
					      .platform = b };
	struct hypar_err e = { 0 };

	b->p = partition_new(&cfg, &e);
	assert_non_null(b->p);
	assert_int_equal(gmem_add_ram(b->p->mem, gpa_of(0), 0x10000, &e), 0);
	/* sc 1; b .-4 */
	assert_true(gmem_st_be32(b->p->mem, gpa_of(CODE), 0x44000022));
	assert_true(gmem_st_be32(b->p->mem, gpa_of(CODE + 4), 0x4bfffffc));
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct box *b = *state;

	partition_free(b->p);
	free(b);
	return 0;
}

static void *control(void *arg)
{
	struct box *b = arg;
	struct hypar_err e = { 0 };

	assert_int_equal(partition_run(b->p, &e), PARTITION_STOP);
	return NULL;
}

static int nothing(void *arg, struct hypar_err *e)
{
	(void)arg;
	(void)e;
	return 0;
}

static void run(struct box *b)
{
	struct hypar_err e;

	assert_int_equal(pthread_create(&b->control, NULL, control, b), 0);
	while (partition_call(b->p, nothing, NULL, &e))
		sched_yield();
}

static void end(struct box *b)
{
	partition_stop(b->p);
	assert_int_equal(pthread_join(b->control, NULL), 0);
}

/* Until vCPU @i has made so many more hypercalls. */
static void wait_for(struct box *b, unsigned int i, u64 n)
{
	u64 until = __atomic_load_n(&b->n_hcalls[i], __ATOMIC_SEQ_CST) + n;

	while (__atomic_load_n(&b->n_hcalls[i], __ATOMIC_SEQ_CST) < until)
		sched_yield();
}

struct job {
	struct box *b;
	unsigned int i, n;
};

/* One core, as the platform does it. */
static int add(void *arg, struct hypar_err *e)
{
	struct job *j = arg;
	struct partition *p = j->b->p;
	unsigned int before = p->n_vcpus;

	for (unsigned int i = j->i; i < j->i + j->n; i++) {
		int ret = partition_add_vcpu(p, i, e);

		if (ret)
			return ret;
		assert_int_equal(p->n_parked + p->n_calling, p->n_vcpus);
		assert_true(vcpu_is_stopped(p->vcpus[i]));
		__atomic_store_n(&j->b->go_away[i], false, __ATOMIC_SEQ_CST);
		assert_true(vcpu_start(p->vcpus[i], CODE, 0, false));
	}
	assert_int_equal(p->n_vcpus, before + j->n);
	return 0;
}

static int del(void *arg, struct hypar_err *e)
{
	struct job *j = arg;
	struct partition *p = j->b->p;

	for (unsigned int i = j->i; i < j->i + j->n; i++) {
		int ret = partition_remove_vcpu(p, i, e);

		if (ret)
			return ret;
		assert_null(p->vcpus[i]);
		assert_int_equal(p->n_parked + p->n_calling, p->n_vcpus);
	}
	return 0;
}

static int all_stopped(void *arg, struct hypar_err *e)
{
	struct job *j = arg;

	(void)e;
	for (unsigned int i = j->i; i < j->i + j->n; i++)
		if (!vcpu_is_stopped(j->b->p->vcpus[i]))
			return 0;
	return 1;
}

static void send_away(struct box *b, struct job *j)
{
	struct hypar_err e;

	for (unsigned int i = j->i; i < j->i + j->n; i++)
		__atomic_store_n(&b->go_away[i], true, __ATOMIC_SEQ_CST);
	while (partition_call(b->p, all_stopped, j, &e) != 1)
		sched_yield();
}

static void test_come_and_go(void **state)
{
	struct box *b = *state;
	struct hypar_err e = { 0 };

	run(b);
	for (unsigned int k = 0; k < ROUNDS; k++) {
		struct job j = { b, BOOT + k % ((MAX - BOOT) / 2) * 2, 2 };

		assert_int_equal(partition_call(b->p, add, &j, &e), 0);
		wait_for(b, j.i + k % 2, 100);
		send_away(b, &j);
		assert_int_equal(partition_call(b->p, del, &j, &e), 0);
	}
	/* it counts what they did, too */
	end(b);
	assert_int_equal(b->p->n_vcpus, BOOT);
	{
		struct vcpu_counts sum;
		u64 n = 0;

		for (unsigned int i = 0; i < MAX; i++)
			n += b->n_hcalls[i];
		partition_counts(b->p, &sum);
		assert_int_equal(sum.hcalls, n);
	}
	assert_true(b->n_calls);
}

/* All cores at once, and resets in between. */
static void test_all(void **state)
{
	struct box *b = *state;
	struct job j = { b, BOOT, MAX - BOOT };
	struct hypar_err e = { 0 };

	run(b);
	for (unsigned int k = 0; k < 4; k++) {
		assert_int_equal(partition_call(b->p, add, &j, &e), 0);
		for (unsigned int i = 0; i < MAX; i++)
			wait_for(b, i, 20);
		if (k % 2)
			send_away(b, &j);
		else
			partition_request(b->p, PARTITION_RESET, NULL);
		while (partition_call(b->p, all_stopped, &j, &e) != 1)
			sched_yield();
		assert_int_equal(partition_call(b->p, del, &j, &e), 0);
	}
	end(b);
}

static int add_only(void *arg, struct hypar_err *e)
{
	struct job *j = arg;

	return partition_add_vcpu(j->b->p, j->i, e);
}

/* Comes and goes within one pause, before its thread did anything. */
static int add_and_remove(void *arg, struct hypar_err *e)
{
	struct job *j = arg;
	int ret = partition_add_vcpu(j->b->p, j->i, e);

	return ret ? ret : partition_remove_vcpu(j->b->p, j->i, e);
}

static void refused(int (*fn)(void *arg, struct hypar_err *e), struct job *j, int ret,
		    const char *text)
{
	struct hypar_err e = { 0 };

	assert_int_equal(partition_call(j->b->p, fn, j, &e), ret);
	assert_string_equal(e.text, text);
}

static void test_refused(void **state)
{
	struct box *b = *state;
	struct job j = { b, 0, 1 };
	struct hypar_err e = { 0 };

	run(b);
	refused(add_only, &j, -EEXIST, "there is a vCPU 0 already");
	j.i = MAX;
	refused(add_only, &j, -EINVAL, "there can be no vCPU 12, only 0 to 11");
	refused(del, &j, -ENOENT, "there is no vCPU 12");
	j.i = 1;
	refused(del, &j, -EBUSY, "vCPU 1 is not stopped");
	send_away(b, &j);
	assert_int_equal(partition_call(b->p, del, &j, &e), 0);
	refused(del, &j, -ENOENT, "there is no vCPU 1");
	j.i = 0;
	send_away(b, &j);
	j.i = 7;
	for (unsigned int k = 0; k < ROUNDS; k++)
		assert_int_equal(partition_call(b->p, add_and_remove, &j, &e), 0);
	assert_int_equal(partition_call(b->p, add_only, &j, &e), 0);
	j.i = 0;
	assert_int_equal(partition_call(b->p, del, &j, &e), 0);
	assert_ptr_equal(partition_next_vcpu(b->p, 0), b->p->vcpus[7]);
	/* while none is there, calls go on */
	j.i = 7;
	assert_int_equal(partition_call(b->p, del, &j, &e), 0);
	assert_null(partition_next_vcpu(b->p, 0));
	assert_int_equal(partition_call(b->p, add_only, &j, &e), 0);
	end(b);
}

/* Before and after it ran there are no threads to wait for. */
static void test_without_threads(void **state)
{
	struct box *b = *state;
	struct hypar_err e = { 0 };

	assert_int_equal(partition_add_vcpu(b->p, 9, &e), 0);
	assert_int_equal(partition_remove_vcpu(b->p, 0, &e), 0);
	assert_int_equal(b->p->n_vcpus, 2);
	run(b);
	wait_for(b, 1, 10);
	end(b);
	assert_int_equal(partition_remove_vcpu(b->p, 9, &e), 0);
	assert_int_equal(b->p->n_vcpus, 1);
}

/* What the guest set up for all processors is there on the one that comes. */
static void test_takes_after(void **state)
{
	struct box *b = *state;
	struct hypar_err e = { 0 };
	struct vcpu *v = b->p->vcpus[0];

	vcpu_set_lpcr(v, 0, 1ull << 25);
	v->cpu.radix = true;
	v->cpu.prtbl = 0x123400c;
	v->cpu.trace_excs = true;
	assert_int_equal(hv_debug_attach(b->p, NULL, NULL, &e), 0);
	hv_debug_halt(b->p);
	assert_int_equal(partition_add_vcpu(b->p, 4, &e), 0);
	assert_int_equal(b->p->vcpus[4]->cpu.spr.lpcr, v->cpu.spr.lpcr);
	assert_true(b->p->vcpus[4]->cpu.radix);
	assert_int_equal(b->p->vcpus[4]->cpu.prtbl, 0x123400c);
	assert_true(b->p->vcpus[4]->cpu.trace_excs);
	assert_int_equal(b->p->vcpus[4]->cpu.spr.pir, 4);
	assert_true(b->p->vcpus[4]->halted);
	hv_debug_detach(b->p);
	assert_false(b->p->vcpus[4]->halted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_come_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_without_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_takes_after, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
