// SPDX-License-Identifier: Apache-2.0
/*
 * Requests of the host and injections: which events they make, how each ends,
 * what the embedder hears, and what is left behind.
 */
#include "dr_test.h"
#include "papr/dr/inject.h"
#include "papr/dr/request.h"
#include "papr/hcall.h"

#define N 6u
#define FIRST 8u

struct guest {
	struct rtas_fixture f; /* the first member */
	struct fake fake[N];
	struct drc *d[N];
	struct hypar_event last; /* what the embedder heard */
	struct hypar_dr_request last_request;
	unsigned int n_kind[16];
};

/* It is heard on the vCPU's thread: the one that there is. */
static struct guest *heard_by;

static void hear(void *opaque, const struct hypar_event *ev)
{
	(void)opaque;
	heard_by->last = *ev;
	heard_by->n_kind[ev->kind]++;
	if (ev->request)
		heard_by->last_request = *ev->request;
}

static int setup(void **state)
{
	static struct guest g;
	static struct hypar_host_ops host;
	const struct hypar_config cfg = { .irqchip = HYPAR_IRQCHIP_XICS };

	memset(&g, 0, sizeof(g));
	rtas_test_open(&g.f, &cfg);
	host = rtas_test_host;
	host.event = hear;
	heard_by = &g;
	g.f.p->cfg.host = &host;
	g.f.p->dr->with_parked = at_once;
	g.f.p->opt.hp_evt = true;
	/* the machine's own are in the way: tests make memory of theirs */
	for (struct drc *d; (d = dr_next(g.f.p, DRC_INDEX(DRC_PMEM, 0)));)
		dr_remove_connector(g.f.p, d);
	for (u32 i = 0; i < N; i++)
		g.d[i] = fake_drc(&g.f, DRC_PMEM, FIRST + i, &g.fake[i]);
	*state = &g;
	return 0;
}

static int teardown(void **state)
{
	struct guest *g = *state;

	papr_free(g->f.p);
	return 0;
}

/* As LMBs: runs of these are one event. */
static void as_memory(struct guest *g)
{
	for (u32 i = 0; i < N; i++)
		g->d[i]->type = DRC_LMB;
}

static u32 ask(struct guest *g, struct dr_ask a)
{
	struct hypar_err e = { 0 };
	u32 number;

	a.type = a.first ? a.first->type : DRC_LMB;
	a.what = "something";
	number = dr_request(g->f.p, &a, &e);
	assert_int_equal(!number, !!*e.text);
	return number;
}

static u32 add(struct guest *g, u32 first, u32 n)
{
	for (u32 i = 0; i < n; i++)
		attach(&g->f, g->d[first + i], DRC_HOT);
	return ask(g, (struct dr_ask){ .first = g->d[first], .n = n });
}

static u32 take_back(struct guest *g, u32 first, u32 n)
{
	return ask(g, (struct dr_ask){ .is_removal = true, .first = g->d[first], .n = n });
}

static struct hypar_dr_request get(struct guest *g, u32 number)
{
	struct hypar_dr_request r = { .request = number };

	assert_int_equal(dr_request_next(g->f.p, &r), 0);
	assert_int_equal(r.request, number);
	return r;
}

static void expect(struct guest *g, u32 number, enum hypar_dr_state state, u32 done)
{
	struct hypar_dr_request r = get(g, number);

	assert_int_equal(r.state, state);
	assert_int_equal(r.done, done);
	assert_int_equal(!!*r.why, state == HYPAR_DR_REFUSED);
}

/* The identifier and words of the next event, if there is one. */
static bool fetch(struct guest *g, u32 *by, u32 *a, u32 *b)
{
	s32 st = RTAS_CALL(&g->f, "check-exception", 1, 0x500, 0, 0xffffffff, 0, TEST_BUF, 2048);
	u8 id;

	if (st == RTAS_NO_EVENT)
		return false;
	assert_int_equal(st, RTAS_SUCCESS);
	assert_true(gmem_ld_u8(g->f.m, gpa_of(TEST_BUF + 106), &id));
	*by = id;
	*a = word(&g->f, TEST_BUF + 108);
	*b = word(&g->f, TEST_BUF + 112);
	return true;
}

static void drain(struct guest *g)
{
	u32 a, b, c;

	while (fetch(g, &a, &b, &c))
		continue;
}

static void acquire(struct guest *g, u32 i)
{
	assert_int_equal(set_indicator(&g->f, DR_ALLOCATION, g->d[i]->index, 1), RTAS_SUCCESS);
	assert_int_equal(set_indicator(&g->f, DR_ISOLATION, g->d[i]->index, 1), RTAS_SUCCESS);
}

static void take(struct guest *g, u32 i)
{
	acquire(g, i);
	walk_to_end(&g->f, g->d[i]->index);
}

static void give(struct guest *g, u32 i)
{
	assert_int_equal(set_indicator(&g->f, DR_ISOLATION, g->d[i]->index, 0), RTAS_SUCCESS);
	assert_int_equal(set_indicator(&g->f, DR_ALLOCATION, g->d[i]->index, 0), RTAS_SUCCESS);
}

static void test_add_and_remove(void **state)
{
	struct guest *g = *state;
	u32 n, by, a, b;

	as_memory(g);
	n = add(g, 1, 3);
	expect(g, n, HYPAR_DR_WAITING, 0);
	assert_true(fetch(g, &by, &a, &b));
	assert_int_equal(by, HP_BY_COUNT_INDEXED);
	assert_int_equal(a, 3);
	assert_int_equal(b, g->d[1]->index);
	expect(g, n, HYPAR_DR_SEEN, 0);
	assert_false(fetch(g, &by, &a, &b));
	take(g, 1);
	expect(g, n, HYPAR_DR_PROGRESS, 1);
	take(g, 2);
	take(g, 3);
	expect(g, n, HYPAR_DR_DONE, 3);
	assert_int_equal(g->n_kind[HYPAR_EVENT_MEMORY_DEVICE_SIZE_CHANGE], 1);
	assert_int_equal(g->n_kind[HYPAR_EVENT_DEVICE_DELETED], 0);
	assert_int_equal(g->last_request.state, HYPAR_DR_DONE);

	n = take_back(g, 1, 3);
	assert_true(fetch(g, &by, &a, &b));
	give(g, 2);
	assert_int_equal(g->fake[2].n_detach, 1);
	expect(g, n, HYPAR_DR_PROGRESS, 1);
	give(g, 1);
	give(g, 3);
	expect(g, n, HYPAR_DR_DONE, 3);
	assert_int_equal(g->n_kind[HYPAR_EVENT_DEVICE_DELETED], 1);
	assert_false(g->d[1]->attached);
}

/* What is no memory is told one by one; before the negotiation memory is, too. */
static void test_identifiers(void **state)
{
	struct guest *g = *state;
	u32 by, a, b;

	assert_int_not_equal(add(g, 0, 2), 0);
	for (u32 i = 0; i < 2; i++) {
		assert_true(fetch(g, &by, &a, &b));
		assert_int_equal(by, HP_BY_INDEX);
		assert_int_equal(a, g->d[i]->index);
	}
	assert_false(fetch(g, &by, &a, &b));
	as_memory(g);
	g->f.p->opt.hp_evt = false;
	assert_int_not_equal(add(g, 2, 2), 0);
	for (u32 i = 2; i < 4; i++) {
		assert_true(fetch(g, &by, &a, &b));
		assert_int_equal(by, HP_BY_INDEX);
		assert_int_equal(a, g->d[i]->index);
	}
	assert_false(fetch(g, &by, &a, &b));
	g->f.p->opt.hp_evt = true;
	assert_int_not_equal(add(g, 4, 1), 0);
	assert_true(fetch(g, &by, &a, &b));
	assert_int_equal(by, HP_BY_INDEX);
}

/* The guest gives back what it had taken of a run: none of it stays attached. */
static void test_rollback(void **state)
{
	struct guest *g = *state;
	u32 n;

	as_memory(g);
	n = add(g, 0, 4);
	take(g, 0);
	take(g, 1);
	take(g, 2);
	acquire(g, 3);
	give(g, 3); /* it failed there */
	expect(g, n, HYPAR_DR_PROGRESS, 3);
	give(g, 2);
	give(g, 0);
	give(g, 1);
	dr_requests_finish(g->f.p);
	expect(g, n, HYPAR_DR_REFUSED, 0);
	for (u32 i = 0; i < 4; i++) {
		assert_false(g->d[i]->attached);
		assert_int_equal(g->fake[i].n_detach, 1);
		assert_int_equal(g->d[i]->state, DRC_UNUSABLE);
	}
	/* and again, now well */
	n = add(g, 0, 4);
	for (u32 i = 0; i < 4; i++)
		take(g, i);
	expect(g, n, HYPAR_DR_DONE, 4);
}

/* Of several events one fails; a guest that tries again may have it. */
static void test_partial(void **state)
{
	struct guest *g = *state;
	u32 n = add(g, 0, 3);

	acquire(g, 0);
	give(g, 0);
	expect(g, n, HYPAR_DR_PROGRESS, 0);
	take(g, 1);
	take(g, 0);
	expect(g, n, HYPAR_DR_PROGRESS, 2);
	acquire(g, 2);
	give(g, 2);
	dr_requests_finish(g->f.p);
	expect(g, n, HYPAR_DR_REFUSED, 2);
	assert_string_equal(get(g, n).why, "the guest gave back PMEM 10, 2 of 3 are done");
	assert_true(g->d[0]->enabled);
	assert_true(g->d[1]->enabled);
	assert_false(g->d[2]->attached);
}

static void test_refused_removal(void **state)
{
	struct guest *g = *state;
	u32 n;

	attach(&g->f, g->d[0], DRC_COLD);
	n = take_back(g, 0, 1);
	/* twice is an error, and changes nothing */
	assert_int_equal(take_back(g, 0, 1), 0);
	assert_int_equal(set_indicator(&g->f, DR_ISOLATION, g->d[0]->index, 1), RTAS_SUCCESS);
	dr_requests_finish(g->f.p);
	expect(g, n, HYPAR_DR_REFUSED, 0);
	assert_int_equal(g->n_kind[HYPAR_EVENT_DEVICE_UNPLUG_GUEST_ERROR], 1);
	assert_false(g->d[0]->unplug_wanted);
	assert_true(g->d[0]->enabled);
	n = take_back(g, 0, 1);
	give(g, 0);
	expect(g, n, HYPAR_DR_DONE, 1);
}

/* Any of its kind: which, the guest says by giving them back. */
static void test_any(void **state)
{
	struct guest *g = *state;
	u32 n, by, a, b;

	as_memory(g);
	for (u32 i = 0; i < N; i++) {
		attach(&g->f, g->d[i], DRC_COLD);
		g->d[i]->index = DRC_INDEX(DRC_LMB, FIRST + i);
	}
	/* unasked: it stays attached */
	give(g, 5);
	assert_true(g->d[5]->attached);
	n = ask(g, (struct dr_ask){ .is_removal = true, .n = 2 });
	assert_true(fetch(g, &by, &a, &b));
	assert_int_equal(by, HP_BY_COUNT);
	assert_int_equal(a, 2);
	give(g, 3);
	expect(g, n, HYPAR_DR_PROGRESS, 1);
	assert_false(g->d[3]->attached);
	give(g, 1);
	expect(g, n, HYPAR_DR_DONE, 2);
	give(g, 0);
	assert_true(g->d[0]->attached);
	expect(g, n, HYPAR_DR_DONE, 2);
}

static void test_cancel(void **state)
{
	struct guest *g = *state;
	struct hypar_err e = { 0 };
	u32 n = add(g, 0, 3);

	take(g, 0);
	acquire(g, 1);
	assert_int_equal(dr_request_cancel(g->f.p, n, &e), 0);
	expect(g, n, HYPAR_DR_CANCELLED, 1);
	assert_true(g->d[0]->attached);
	assert_true(g->d[1]->attached); /* it has begun with it */
	assert_false(g->d[2]->attached);
	assert_int_equal(dr_request_cancel(g->f.p, n, &e), -EINVAL);
	e = (struct hypar_err){ 0 };
	assert_int_equal(dr_request_cancel(g->f.p, n + 1, &e), -ENOENT);
	/* the guest may finish */
	begin_walk(&g->f, AREA, g->d[1]->index);
	while (configure(&g->f, AREA, 0) > 0)
		continue;
	expect(g, n, HYPAR_DR_CANCELLED, 1);
	n = take_back(g, 0, 2);
	e = (struct hypar_err){ 0 };
	assert_int_equal(dr_request_cancel(g->f.p, n, &e), 0);
	assert_false(g->d[0]->unplug_wanted);
	give(g, 0);
	assert_true(g->d[0]->attached);
}

/* What the guest never took needs no answer of it. */
static void test_not_taken(void **state)
{
	struct guest *g = *state;
	u32 n, by, a, b;

	add(g, 0, 1);
	assert_int_equal(dr_request_cancel(g->f.p, 1, &(struct hypar_err){ 0 }), 0);
	attach(&g->f, g->d[0], DRC_HOT);
	attach(&g->f, g->d[1], DRC_COLD);
	drain(g);
	n = take_back(g, 0, 2);
	expect(g, n, HYPAR_DR_PROGRESS, 1);
	assert_true(fetch(g, &by, &a, &b));
	assert_int_equal(a, g->d[1]->index);
	assert_false(fetch(g, &by, &a, &b));
	give(g, 1);
	expect(g, n, HYPAR_DR_DONE, 2);
}

/* No room for its events: nothing has happened. */
static void test_full(void **state)
{
	struct guest *g = *state;
	struct hp_event h = { .type = HP_PCI, .action = HP_ADD, .by = HP_BY_INDEX };

	attach(&g->f, g->d[0], DRC_COLD);
	attach(&g->f, g->d[1], DRC_COLD);
	while (event_hotplug_room(g->f.p) > 1)
		assert_true(event_hotplug(g->f.p, &h));
	assert_int_equal(take_back(g, 0, 2), 0);
	assert_false(g->d[0]->unplug_wanted);
	assert_int_equal(g->d[0]->request, 0);
	assert_int_equal(event_hotplug_room(g->f.p), 1);
	assert_int_not_equal(take_back(g, 0, 1), 0);
	assert_int_equal(take_back(g, 1, 1), 0);
}

static void test_reset(void **state)
{
	struct guest *g = *state;
	u32 added = add(g, 0, 2), removed, any;

	attach(&g->f, g->d[2], DRC_COLD);
	removed = take_back(g, 2, 1);
	any = ask(g, (struct dr_ask){ .is_removal = true, .n = 1 });
	dr_requests_finish(g->f.p);
	dr_reset(g->f.p);
	dr_requests_reset(g->f.p);
	expect(g, added, HYPAR_DR_DONE, 2);
	expect(g, removed, HYPAR_DR_DONE, 1);
	expect(g, any, HYPAR_DR_CANCELLED, 0);
	assert_true(g->d[0]->enabled);
	assert_false(g->d[2]->attached);
}

/* The oldest is forgotten, but none that is not over. */
static void test_many(void **state)
{
	struct guest *g = *state;
	struct hypar_dr_request r = { .request = 0 };
	u32 n = 0;

	for (u32 i = 0; i < 3 * DR_REQUESTS_MAX; i++) {
		n = add(g, 0, 1);
		take(g, 0);
		n = take_back(g, 0, 1);
		give(g, 0);
		drain(g);
	}
	assert_int_equal(n, 6 * DR_REQUESTS_MAX);
	assert_int_equal(dr_request_next(g->f.p, &r), 0);
	assert_int_equal(r.request, n - DR_REQUESTS_MAX + 1);
	for (u32 i = 0; i < DR_REQUESTS_MAX; i++) {
		assert_int_not_equal(ask(g, (struct dr_ask){ .is_removal = true, .n = 1 }), 0);
		drain(g);
	}
	assert_int_equal(ask(g, (struct dr_ask){ .is_removal = true, .n = 1 }), 0);
}

/* ---- injections ---- */

static u32 inject_one(struct guest *g, const char *call, s64 status, u64 count, u32 drc)
{
	const struct hypar_injection i = { .call = call,
					   .status = status,
					   .count = count,
					   .drc = drc };
	struct hypar_err e = { 0 };
	u32 id = 0;

	assert_int_equal(inject_add(g->f.p, &i, &id, &e), 0);
	return id;
}

static void test_inject(void **state)
{
	struct guest *g = *state;
	u32 x = g->d[0]->index, y = g->d[1]->index, id = 0;
	struct hypar_injection i;
	u64 hits;

	attach(&g->f, g->d[0], DRC_HOT);
	attach(&g->f, g->d[1], DRC_HOT);
	assert_false(inject_is_armed(g->f.p));
	inject_one(g, "set-indicator", -1, 2, y);
	inject_one(g, "ibm,configure-connector", 9900, 1, x);
	assert_true(inject_is_armed(g->f.p));
	assert_int_equal(set_indicator(&g->f, DR_ALLOCATION, y, 1), RTAS_HARDWARE);
	assert_int_equal(g->d[1]->state, DRC_UNUSABLE);
	assert_int_equal(set_indicator(&g->f, DR_ALLOCATION, x, 1), RTAS_SUCCESS);
	assert_int_equal(set_indicator(&g->f, DR_ISOLATION, x, 1), RTAS_SUCCESS);
	begin_walk(&g->f, AREA, x);
	assert_int_equal(configure(&g->f, AREA, 0), 9900);
	assert_int_equal(configure(&g->f, AREA, 0), RTAS_NEXT_CHILD);
	assert_int_equal(set_indicator(&g->f, DR_ALLOCATION, y, 1), RTAS_HARDWARE);
	assert_int_equal(set_indicator(&g->f, DR_ALLOCATION, y, 1), RTAS_SUCCESS);
	assert_false(inject_is_armed(g->f.p));
	assert_int_equal(inject_next(g->f.p, &id, &i, &hits), 0);
	assert_int_equal(hits, 2);
	assert_true(i.is_over);
	assert_string_equal(i.call, "set-indicator");
	/* until it is taken back */
	id = inject_one(g, "get-sensor-state", -9001, 0, 0);
	for (int k = 0; k < 100; k++)
		assert_int_equal(get_sensor(&g->f, DR_ALLOCATION, x), RTAS_NOT_POWERED);
	assert_int_equal(inject_clear(g->f.p, id, &(struct hypar_err){ 0 }), 0);
	assert_int_equal(get_sensor(&g->f, DR_ALLOCATION, x), RTAS_SUCCESS);
	assert_int_equal(inject_clear(g->f.p, id, &(struct hypar_err){ 0 }), -ENOENT);
	assert_int_equal(inject_clear(g->f.p, 0, &(struct hypar_err){ 0 }), 0);
	id = 0;
	assert_int_equal(inject_next(g->f.p, &id, &i, &hits), -ENOENT);
}

static void test_inject_hcall(void **state)
{
	struct guest *g = *state;
	struct cpu *c = &g->f.v->cpu;
	u64 nr;

	assert_true(hcall_by_name("H_RANDOM", &nr));
	inject_one(g, "H_RANDOM", H_HARDWARE, 1, 0);
	c->gpr[3] = nr;
	c->gpr[4] = 0x1234;
	papr_hcall(g->f.v);
	assert_int_equal(c->gpr[3], (u64)H_HARDWARE);
	assert_int_equal(c->gpr[4], 0x1234);
	c->gpr[3] = nr;
	papr_hcall(g->f.v);
	assert_int_equal(c->gpr[3], H_SUCCESS);
}

static void test_inject_bad(void **state)
{
	static const struct {
		const char *call;
		s64 status;
		u32 drc;
		int ret;
	} bad[] = {
		{ "H_NOTHING", 0, 0, -ENOENT },
		{ "set-indicator", 17, 0, -EINVAL },
		{ "set-indicator", 1LL << 40, 0, -EINVAL },
		{ "H_RANDOM", -9001, 0, -EINVAL },
		{ "H_RANDOM", -1, 0x10000000, -EINVAL }, /* it names no connector */
		{ "set-indicator", -1, 0x12345678, -ENOENT },
		{ NULL, 0, 0, -ENOENT },
	};
	struct guest *g = *state;
	struct hypar_injection i = { .call = "H_RANDOM", .carry_out = true };
	struct hypar_err e = { 0 };
	s64 status;
	u32 id;

	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
		const struct hypar_injection b = { .call = bad[k].call,
						   .status = bad[k].status,
						   .drc = bad[k].drc };

		e = (struct hypar_err){ 0 };
		assert_int_equal(inject_add(g->f.p, &b, &id, &e), bad[k].ret);
		assert_true(*e.text);
	}
	assert_int_equal(inject_add(g->f.p, &i, &id, &e), -EINVAL);
	assert_int_equal(inject_status("H_RANDOM", "H_BUSY", &status, &e), 0);
	assert_int_equal(status, H_BUSY);
	assert_int_equal(inject_status("set-indicator", "HARDWARE", &status, &e), 0);
	assert_int_equal(status, -1);
	assert_int_equal(inject_status("set-indicator", "9905", &status, &e), 0);
	assert_int_equal(inject_status("set-indicator", "H_BUSY", &status, &e), -EINVAL);
	assert_int_equal(inject_status("set-indicator", " -1", &status, &e), -EINVAL);
	assert_int_equal(inject_status("set-indicator", "", &status, &e), -EINVAL);
	assert_int_equal(inject_status("frob", "-1", &status, &e), -ENOENT);
	for (u32 k = 0; k < INJECTIONS_MAX; k++)
		inject_one(g, "H_RANDOM", -1, 1, 0);
	i = (struct hypar_injection){ .call = "H_RANDOM", .status = -1, .count = 1 };
	assert_int_equal(inject_add(g->f.p, &i, &id, &e), -ENOSPC);
}

static void test_inject_skip(void **state)
{
	struct guest *g = *state;
	const struct hypar_injection i = { .call = "get-time-of-day",
					   .status = -1,
					   .count = 1,
					   .skip = 2 };
	struct hypar_err e = { 0 };
	u32 id;

	assert_int_equal(inject_add(g->f.p, &i, &id, &e), 0);
	for (u32 n = 0; n < 4; n++)
		assert_int_equal(RTAS_CALL0(&g->f, "get-time-of-day", 8),
				 n == 2 ? RTAS_HARDWARE : RTAS_SUCCESS);
}

/* The answer comes later, in as many turns as the vCPU is wanted elsewhere. */
static void test_inject_delay(void **state)
{
	struct guest *g = *state;
	const struct hypar_injection i = { .call = "get-time-of-day",
					   .count = 1,
					   .delay_us = 20000,
					   .carry_out = true };
	struct hypar_err e = { 0 };
	u64 begin;
	u32 id;

	assert_int_equal(inject_add(g->f.p, &i, &id, &e), 0);
	begin = partition_timebase(g->f.p->partition);
	cpu_kick(&g->f.v->cpu);
	RTAS_CALL0(&g->f, "get-time-of-day", 8);
	assert_int_equal(g->f.ret[0], 0xdeadbeef); /* not yet */
	assert_true(g->f.v->retrying);
	g->f.v->retrying = false;
	__atomic_store_n(&g->f.v->cpu.attn, 0, __ATOMIC_SEQ_CST);
	assert_int_equal(RTAS_CALL0(&g->f, "get-time-of-day", 8), RTAS_SUCCESS);
	assert_true(partition_timebase(g->f.p->partition) - begin >= 20000 * 512);
	assert_in_range(g->f.ret[1], 2020, 2200);
	begin = partition_timebase(g->f.p->partition);
	RTAS_CALL0(&g->f, "get-time-of-day", 8);
	assert_true(partition_timebase(g->f.p->partition) - begin < 20000 * 512);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_add_and_remove),
		TEST(test_identifiers),
		TEST(test_rollback),
		TEST(test_partial),
		TEST(test_refused_removal),
		TEST(test_any),
		TEST(test_cancel),
		TEST(test_not_taken),
		TEST(test_full),
		TEST(test_reset),
		TEST(test_many),
		TEST(test_inject),
		TEST(test_inject_hcall),
		TEST(test_inject_bad),
		TEST(test_inject_skip),
		TEST(test_inject_delay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
