// SPDX-License-Identifier: Apache-2.0
/*
 * The XICS under random operations. The model does not say which of several
 * equal interrupts is presented; it checks that what is presented was waiting,
 * that nothing more favored waits, that nothing is taken back without reason,
 * and that each event is accepted once. A save into a fresh device, in any
 * order, is compared with a twin left alone.
 */
#include <stdlib.h>
#include <string.h>

#include "hypar/kvm.h"
#include "irq/xics/xics.h"
#include "irq_test.h"

#define FIRST XICS_SOURCE_FIRST
#define N_SRC 24 /* numbers FIRST.. ; the last N_LSI are level-sensitive */
#define N_LSI 8
#define N_OPS 200000

struct machine {
	struct test_sink sink;
	struct xics *x;
	struct kdev *k;
};

static bool is_lsi(u32 i)
{
	return i >= N_SRC - N_LSI;
}

static struct machine *machine_new(void)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct xics_config cfg;

	assert_non_null(m);
	cfg = (struct xics_config){ .sink = test_sink_of(&m->sink),
				    .n_servers = TEST_SERVERS,
				    .n_sources = FIRST + N_SRC };
	m->x = xics_new(&cfg, NULL);
	assert_non_null(m->x);
	m->k = xics_kdev(m->x);
	for (u32 i = 0; i < TEST_SERVERS; i++)
		assert_int_equal(kdev_connect(m->k, i), 0);
	return m;
}

static void machine_free(struct machine *m)
{
	xics_free(m->x);
	free(m);
}

static void make_sources(struct machine *m)
{
	for (u32 i = 0; i < N_SRC; i++) {
		u64 w = 0xffULL << KVM_XICS_PRIORITY_SHIFT | KVM_XICS_MASKED |
			(is_lsi(i) ? KVM_XICS_LEVEL_SENSITIVE : 0);

		assert_int_equal(kdev_set_attr(m->k, KVM_DEV_XICS_GRP_SOURCES, FIRST + i, &w), 0);
	}
}

/* ---- one random operation ---- */

enum kind {
	K_RAISE,
	K_LOWER,
	K_ACCEPT,
	K_CPPR,
	K_EOI,
	K_BAD_EOI,
	K_MFRR,
	K_ROUTE,
	K_OFF,
	K_ON,
	K_RESET,
	K_RESET_SERVER,
};

struct op {
	enum kind kind;
	u32 src, server, prio, xirr;
};

/* What the guest has accepted and not ended, per server. */
struct guest {
	u32 n;
	u32 xirr[64];
};

static struct op op_random(u64 *rnd, struct guest *g)
{
	static const u8 prios[] = { 0, 1, 4, 5, 5, 5, 6, 0xfe, 0xff };
	static const u8 weights[] = { 30, 10, 30, 15, 0, 1, 8, 8, 3, 6, 0, 0 };
	struct op o = { .src = test_rnd(rnd, N_SRC),
			.server = test_rnd(rnd, TEST_SERVERS),
			.prio = prios[test_rnd(rnd, 9)] };
	u32 pick = test_rnd(rnd, 111);

	if (g[o.server].n && test_rnd(rnd, 4) == 0) {
		o.kind = K_EOI;
		o.xirr = g[o.server].xirr[--g[o.server].n];
		return o;
	}
	if (test_rnd(rnd, 4000) == 0) {
		o.kind = test_rnd(rnd, 3) ? K_RESET_SERVER : K_RESET;
		return o;
	}
	while (pick >= weights[o.kind])
		pick -= weights[o.kind++];
	if (o.kind == K_BAD_EOI)
		o.xirr = (u32)prios[test_rnd(rnd, 9)] << 24 | test_rnd(rnd, FIRST + N_SRC + 5);
	if (o.kind == K_CPPR && test_rnd(rnd, 2))
		o.prio = 0xff;
	if ((o.kind == K_MFRR || o.kind == K_ROUTE) && test_rnd(rnd, 2))
		o.prio = 5;
	return o;
}

static u32 op_do(struct machine *m, const struct op *o)
{
	u32 n = FIRST + o->src, xirr = 0;

	switch (o->kind) {
	case K_RAISE:
	case K_LOWER:
		xics_source_set_level(m->x, n, o->kind == K_RAISE);
		return 0;
	case K_ACCEPT:
		assert_int_equal(xics_accept(m->x, o->server, &xirr), 0);
		return xirr;
	case K_CPPR:
		return (u32)xics_set_cppr(m->x, o->server, (u8)o->prio);
	case K_EOI:
	case K_BAD_EOI:
		return (u32)xics_eoi(m->x, o->server, o->xirr);
	case K_MFRR:
		return (u32)xics_set_mfrr(m->x, o->server, (u8)o->prio);
	case K_ROUTE:
		return (u32)xics_set_xive(m->x, n, o->server, o->prio);
	case K_OFF:
		return (u32)xics_int_off(m->x, n);
	case K_ON:
		return (u32)xics_int_on(m->x, n);
	case K_RESET:
		xics_reset(m->x);
		return 0;
	case K_RESET_SERVER:
		xics_reset_server(m->x, o->server);
		return 0;
	}
	return 0;
}

/* The guest keeps what it accepted, to end it in reverse order. */
static void guest_note(struct guest *g, const struct op *o, u32 xirr)
{
	if (o->kind == K_ACCEPT && xirr & 0xffffff && g[o->server].n < 64)
		g[o->server].xirr[g[o->server].n++] = xirr;
}

/* ---- the model ---- */

enum where { IDLE, WAITS, SHOWN, IN_SERVICE };

struct model {
	struct {
		enum where where;
		bool high, again;
		u32 server, prio, saved;
	} src[N_SRC];
	struct {
		u32 cppr, mfrr, shown, shown_prio; /* shown: a number, 0 none, 2 IPI */
	} cpu[TEST_SERVERS];
};

static void model_event(struct model *m, u32 i)
{
	if (m->src[i].where == IDLE)
		m->src[i].where = WAITS;
	else if (!is_lsi(i))
		m->src[i].again = true;
}

static void model_end(struct model *m, u32 i)
{
	bool more = is_lsi(i) ? m->src[i].high : m->src[i].again;

	if (m->src[i].where != IN_SERVICE)
		return;
	m->src[i].again = false;
	m->src[i].where = more ? WAITS : IDLE;
}

/* What a server shows goes back to its source. */
static void model_unshow(struct model *m, u32 s)
{
	u32 n = m->cpu[s].shown;

	m->cpu[s].shown = 0;
	m->cpu[s].shown_prio = 0xff;
	if (n < FIRST)
		return;
	m->src[n - FIRST].where = is_lsi(n - FIRST) && !m->src[n - FIRST].high ? IDLE : WAITS;
}

static void model_reset(struct model *m, bool sources)
{
	for (u32 s = 0; s < TEST_SERVERS; s++) {
		m->cpu[s].cppr = 0;
		m->cpu[s].mfrr = m->cpu[s].shown_prio = 0xff;
		m->cpu[s].shown = 0;
	}
	for (u32 i = 0; sources && i < N_SRC; i++) {
		m->src[i].where = m->src[i].high && is_lsi(i) ? WAITS : IDLE;
		m->src[i].again = false;
		m->src[i].server = 0;
		m->src[i].prio = m->src[i].saved = 0xff;
	}
}

static u32 model_accept(struct model *m, u32 s)
{
	u32 xirr = m->cpu[s].cppr << 24 | m->cpu[s].shown;

	if (m->cpu[s].shown) {
		m->cpu[s].cppr = m->cpu[s].shown_prio;
		if (m->cpu[s].shown >= FIRST)
			m->src[m->cpu[s].shown - FIRST].where = IN_SERVICE;
	}
	m->cpu[s].shown = 0;
	m->cpu[s].shown_prio = 0xff;
	return xirr;
}

/* The effect on sources and registers. What is then presented is settle()'s. */
static u32 model_do(struct model *m, const struct op *o)
{
	u32 n = o->xirr & 0xffffff;

	switch (o->kind) {
	case K_RAISE:
		if (!is_lsi(o->src) || !m->src[o->src].high)
			model_event(m, o->src);
		m->src[o->src].high = true;
		return 0;
	case K_LOWER:
		m->src[o->src].high = false;
		if (is_lsi(o->src) && m->src[o->src].where == WAITS)
			m->src[o->src].where = IDLE;
		return 0;
	case K_ACCEPT:
		return model_accept(m, o->server);
	case K_CPPR:
		m->cpu[o->server].cppr = o->prio;
		return 0;
	case K_EOI:
	case K_BAD_EOI:
		m->cpu[o->server].cppr = o->xirr >> 24;
		if (n >= FIRST && n < FIRST + N_SRC)
			model_end(m, n - FIRST);
		else if (n != XICS_IPI)
			return (u32)-22;
		return 0;
	case K_MFRR:
		m->cpu[o->server].mfrr = o->prio;
		return 0;
	case K_ROUTE:
		m->src[o->src].server = o->server;
		m->src[o->src].prio = m->src[o->src].saved = o->prio;
		return 0;
	case K_OFF:
		if (m->src[o->src].prio != 0xff)
			m->src[o->src].saved = m->src[o->src].prio;
		m->src[o->src].prio = 0xff;
		return 0;
	case K_ON:
		if (m->src[o->src].prio == 0xff)
			m->src[o->src].prio = m->src[o->src].saved;
		return 0;
	case K_RESET:
		model_reset(m, true);
		return 0;
	case K_RESET_SERVER:
		model_unshow(m, o->server);
		m->cpu[o->server].cppr = 0;
		m->cpu[o->server].mfrr = 0xff;
		return 0;
	}
	return 0;
}

/* Server @s no longer shows what it did: there must be a reason. */
static void check_taken_back(const struct model *m, u32 s, u32 xisr, u32 prio)
{
	u32 old = m->cpu[s].shown, old_prio = m->cpu[s].shown_prio;

	if (!old || old == xisr)
		return;
	if (old == XICS_IPI)
		assert_true(m->cpu[s].mfrr != old_prio || old_prio >= m->cpu[s].cppr ||
			    prio < old_prio);
	else
		assert_true(old_prio >= m->cpu[s].cppr || prio < old_prio ||
			    (xisr == XICS_IPI && prio == old_prio));
}

/* Reads what the device presents and takes it over, if it may. */
static void settle(struct model *m, struct machine *d)
{
	u32 xisr[TEST_SERVERS], prio[TEST_SERVERS];

	for (u32 s = 0; s < TEST_SERVERS; s++) {
		u64 w;

		assert_int_equal(kdev_get_reg(d->k, s, KVM_REG_PPC_ICP_STATE, &w), 0);
		assert_int_equal(w >> 56, m->cpu[s].cppr);
		assert_int_equal(w >> 24 & 0xff, m->cpu[s].mfrr);
		xisr[s] = w >> 32 & 0xffffff;
		prio[s] = w >> 16 & 0xff;
		check_taken_back(m, s, xisr[s], prio[s]);
		if (m->cpu[s].shown != xisr[s])
			model_unshow(m, s);
	}
	for (u32 s = 0; s < TEST_SERVERS; s++) {
		u32 i = xisr[s] - FIRST;

		assert_int_equal(d->sink.line[s], xisr[s] != 0);
		if (xisr[s] >= FIRST && m->cpu[s].shown != xisr[s]) {
			assert_in_range(i, 0, N_SRC - 1);
			assert_int_equal(m->src[i].where, WAITS);
			assert_int_equal(m->src[i].server, s);
			assert_int_equal(m->src[i].prio, prio[s]);
			m->src[i].where = SHOWN;
		}
		m->cpu[s].shown = xisr[s];
		m->cpu[s].shown_prio = prio[s];
		assert_true(xisr[s] ? prio[s] < m->cpu[s].cppr : prio[s] == 0xff);
		if (xisr[s] == XICS_IPI)
			assert_int_equal(prio[s], m->cpu[s].mfrr);
		else
			assert_true(m->cpu[s].mfrr > prio[s] || m->cpu[s].mfrr >= m->cpu[s].cppr);
	}
}

/* Nothing waits that could be presented, and the words of the sources tell it all. */
static void check_sources(struct model *m, struct machine *d)
{
	for (u32 i = 0; i < N_SRC; i++) {
		u32 s = m->src[i].server, p = m->src[i].prio;
		bool out = m->src[i].where == SHOWN || m->src[i].where == IN_SERVICE;
		bool high = is_lsi(i) && m->src[i].high;
		bool waits = m->src[i].where == WAITS;
		u64 w, want = s | (u64)(p == 0xff ? m->src[i].saved : p) << 32;

		if (waits)
			assert_true(p == 0xff || p >= m->cpu[s].cppr || p >= m->cpu[s].mfrr ||
				    p >= m->cpu[s].shown_prio);
		want |= p == 0xff ? KVM_XICS_MASKED : 0;
		if (is_lsi(i))
			want |= KVM_XICS_LEVEL_SENSITIVE | (out ? KVM_XICS_QUEUED : 0) |
				(high ? KVM_XICS_PENDING | KVM_XICS_PRESENTED : 0);
		else
			want |= (waits ? KVM_XICS_PENDING : 0) |
				(m->src[i].where != IDLE ? KVM_XICS_PRESENTED : 0) |
				(m->src[i].again ? KVM_XICS_QUEUED : 0);
		assert_int_equal(kdev_get_attr(d->k, KVM_DEV_XICS_GRP_SOURCES, FIRST + i, &w), 0);
		assert_int_equal(w, want);
	}
}

static void test_model(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	struct machine *d = machine_new();
	struct guest g[TEST_SERVERS] = { 0 };
	u64 rnd = 0x2545f4914f6cdd1d;
	u32 accepted = 0;

	(void)state;
	assert_non_null(m);
	make_sources(d);
	model_reset(m, true);
	for (u32 i = 0; i < N_OPS; i++) {
		struct op o = op_random(&rnd, g);
		u32 want = model_do(m, &o), got = op_do(d, &o);

		assert_int_equal(got, want);
		guest_note(g, &o, got);
		accepted += o.kind == K_ACCEPT && got & 0xffffff;
		settle(m, d);
		check_sources(m, d);
	}
	print_message("%u accepted\n", accepted);
	assert_in_range(accepted, 5000, N_OPS);
	free(m);
	machine_free(d);
}

/* ---- save, restore ---- */

/* Sources and servers one after the other from random starting points. */
static struct machine *moved(struct machine *from, u64 *rnd)
{
	struct machine *to = machine_new();
	u32 at = test_rnd(rnd, N_SRC + TEST_SERVERS);

	for (u32 n = 0; n < N_SRC + TEST_SERVERS; n++) {
		/* 13 and 28 have no common divisor: each comes once */
		u32 i = (at + 13 * n) % (N_SRC + TEST_SERVERS);
		u64 w;

		if (i < N_SRC) {
			assert_int_equal(
				kdev_get_attr(from->k, KVM_DEV_XICS_GRP_SOURCES, FIRST + i, &w), 0);
			assert_int_equal(
				kdev_set_attr(to->k, KVM_DEV_XICS_GRP_SOURCES, FIRST + i, &w), 0);
		} else {
			assert_int_equal(
				kdev_get_reg(from->k, i - N_SRC, KVM_REG_PPC_ICP_STATE, &w), 0);
			assert_int_equal(kdev_set_reg(to->k, i - N_SRC, KVM_REG_PPC_ICP_STATE, &w),
					 0);
		}
	}
	machine_free(from);
	return to;
}

static void check_twins(struct machine *a, struct machine *b)
{
	u64 v, w;

	assert_memory_equal(a->sink.line, b->sink.line, sizeof(a->sink.line));
	for (u32 i = 0; i < N_SRC; i++) {
		assert_int_equal(kdev_get_attr(a->k, KVM_DEV_XICS_GRP_SOURCES, FIRST + i, &v), 0);
		assert_int_equal(kdev_get_attr(b->k, KVM_DEV_XICS_GRP_SOURCES, FIRST + i, &w), 0);
		assert_int_equal(v, w);
	}
	for (u32 s = 0; s < TEST_SERVERS; s++) {
		assert_int_equal(kdev_get_reg(a->k, s, KVM_REG_PPC_ICP_STATE, &v), 0);
		assert_int_equal(kdev_get_reg(b->k, s, KVM_REG_PPC_ICP_STATE, &w), 0);
		assert_int_equal(v, w);
	}
}

static void test_save_restore(void **state)
{
	struct machine *twin = machine_new(), *now = machine_new();
	struct guest g[TEST_SERVERS] = { 0 };
	u64 rnd = 0x5deece66d1234567;

	(void)state;
	make_sources(twin);
	make_sources(now);
	for (u32 round = 0; round < 3000; round++) {
		for (u32 i = 0; i < 20; i++) {
			struct op o = op_random(&rnd, g);
			u32 got = op_do(twin, &o);

			guest_note(g, &o, got);
			assert_int_equal(op_do(now, &o), got);
			check_twins(twin, now);
		}
		now = moved(now, &rnd);
		check_twins(twin, now);
	}
	machine_free(twin);
	machine_free(now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_save_restore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
