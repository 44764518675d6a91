// SPDX-License-Identifier: Apache-2.0
/*
 * The XIVE against a plain model under random operations; and the save by
 * attributes into a fresh device against a twin that was left alone.
 */
#include <stdlib.h>
#include <string.h>

#include "hypar/kvm.h"
#include "irq/xive/xive.h"
#include "irq_test.h"

#define N_SRC 24 /* the last N_LSI are level-sensitive */
#define N_LSI 8
#define N_OPS 400000
#define RAM (32ULL << 20)
#define OS_PAGE ((u64)XIVE_TIMA_OS_PAGE << XIVE_PAGE_SHIFT)

/* ---- a machine: the device, its memory and its lines ---- */

struct machine {
	struct gmem *mem;
	struct test_sink sink;
	struct xive *x;
};

/* Its servers are there; sources are not. */
static struct machine *machine_new(u32 eq_shifts)
{
	struct machine *m = calloc(1, sizeof(*m));
	struct xive_config cfg;

	assert_non_null(m);
	m->mem = gmem_new();
	assert_int_equal(gmem_add_ram(m->mem, gpa_of(0), RAM, NULL), 0);
	cfg = (struct xive_config){ .mem = m->mem,
				    .sink = test_sink_of(&m->sink),
				    .n_servers = TEST_SERVERS,
				    .n_sources = N_SRC,
				    .eq_shifts = eq_shifts };
	m->x = xive_new(&cfg, NULL);
	assert_non_null(m->x);
	for (u32 i = 0; i < TEST_SERVERS; i++)
		assert_int_equal(kdev_connect(xive_kdev(m->x), i), 0);
	return m;
}

static void machine_free(struct machine *m)
{
	xive_free(m->x);
	gmem_free(m->mem);
	free(m);
}

static void make_sources(struct machine *m)
{
	for (u32 i = 0; i < N_SRC; i++) {
		u64 word = i >= N_SRC - N_LSI ? KVM_XIVE_LEVEL_SENSITIVE : 0;

		assert_int_equal(kdev_set_attr(xive_kdev(m->x), KVM_DEV_XIVE_GRP_SOURCE, i, &word),
				 0);
	}
}

/* ---- one random operation, the same on every machine ---- */

enum kind {
	K_TRIGGER,
	K_RAISE,
	K_LOWER,
	K_ESB_LOAD,
	K_ESB_STORE,
	K_ACK,
	K_CPPR,
	K_PENDING,
	K_ROUTE,
	K_MASK,
	K_QUEUE,
	K_RESET,
	K_RESET_SERVER,
};

struct op {
	enum kind kind;
	u32 src, server, prio, eisn, offset, shift;
};

static struct op op_random(u64 *rnd, bool small_queues)
{
	static const u32 offsets[] = { 0x000, 0x400, 0x800, 0xc00, 0xd00, 0xe00, 0xf00, 0x000 };
	static const u8 weights[] = { 20, 8, 8, 20, 10, 25, 25, 4, 8, 1, 2, 0, 0 };
	struct op o = { .src = test_rnd(rnd, N_SRC),
			.server = test_rnd(rnd, TEST_SERVERS),
			.prio = test_rnd(rnd, 3) ? 6 : test_rnd(rnd, 7),
			.eisn = test_rnd(rnd, 1u << 31),
			.offset = offsets[test_rnd(rnd, 8)],
			.shift = 16 };
	u32 pick = test_rnd(rnd, 131);

	if (test_rnd(rnd, 60000) == 0) {
		o.kind = K_RESET;
		return o;
	}
	if (test_rnd(rnd, 1500) == 0) {
		o.kind = K_RESET_SERVER;
		return o;
	}
	if (small_queues)
		o.shift = 12;
	if (test_rnd(rnd, 4) == 0)
		o.shift = 0;
	if (test_rnd(rnd, 2))
		o.server = 0;
	while (pick >= weights[o.kind])
		pick -= weights[o.kind++];
	if (o.kind == K_CPPR)
		o.prio = test_rnd(rnd, 3) ? 0xff : test_rnd(rnd, 9);
	if (o.kind == K_QUEUE && test_rnd(rnd, 2000))
		o.kind = K_CPPR, o.prio = 0xff; /* queues live longer */
	return o;
}

static u64 queue_at(u32 server, u32 prio)
{
	return (u64)(server * 8 + prio) << 16;
}

/* Does it; answers what a guest would see. */
static u64 op_do(struct machine *m, const struct op *o)
{
	struct xive_source_config c = { .target = o->server, .prio = (u8)o->prio, .eisn = o->eisn };
	struct xive_queue q = { .qaddr = gpa_of(queue_at(o->server, o->prio)),
				.qshift = o->shift,
				.always_notify = true };
	u64 val = 0;

	switch (o->kind) {
	case K_TRIGGER:
		xive_esb_ops.write(m->x, 0, XIVE_ESB_TRIGGER_PAGE(o->src), 8, 0);
		return 0;
	case K_RAISE:
	case K_LOWER:
		xive_source_set_level(m->x, o->src, o->kind == K_RAISE);
		return 0;
	case K_ESB_LOAD:
		return xive_esb_load(m->x, o->src, o->offset);
	case K_ESB_STORE:
		xive_esb_store(m->x, o->src, o->offset);
		return 0;
	case K_ACK:
		assert_true(xive_tima_read(m->x, o->server, OS_PAGE + 0x810, 2, &val));
		return val;
	case K_CPPR:
		assert_true(xive_tima_write(m->x, o->server, OS_PAGE + 0x11, 1, o->prio));
		return 0;
	case K_PENDING:
		assert_true(xive_tima_write(m->x, o->server, OS_PAGE + 0x812, 1, o->prio));
		return 0;
	case K_MASK:
	case K_ROUTE:
		c.is_masked = o->kind == K_MASK;
		return xive_set_source_config(m->x, o->src, &c);
	case K_QUEUE:
		return xive_set_queue_config(m->x, o->server, o->prio, &q);
	case K_RESET:
		xive_reset(m->x);
		return 0;
	case K_RESET_SERVER:
		xive_reset_server(m->x, o->server);
		return 0;
	}
	return 0;
}

/* ---- the model ---- */

struct model {
	struct {
		bool p, q, lsi, high, routed;
		u32 server, prio, eisn;
	} src[N_SRC];
	struct {
		bool pending[8];
		u32 cppr;
		struct {
			u32 entries, next;
			bool odd; /* generation */
		} queue[8];
	} cpu[TEST_SERVERS];
	u32 wraps;
	u32 ram[TEST_SERVERS][8][16384];
};

static u32 model_best(const struct model *m, u32 server)
{
	for (u32 p = 0; p < 8; p++)
		if (m->cpu[server].pending[p])
			return p;
	return 255;
}

static void model_send(struct model *m, u32 i)
{
	u32 server = m->src[i].server, prio = m->src[i].prio, n;

	if (!m->src[i].routed || !m->cpu[server].queue[prio].entries)
		return;
	n = m->cpu[server].queue[prio].next;
	m->ram[server][prio][n] = m->src[i].eisn | (m->cpu[server].queue[prio].odd ? 1u << 31 : 0);
	if (++n == m->cpu[server].queue[prio].entries) {
		n = 0;
		m->wraps += !m->cpu[server].queue[prio].odd; /* second ones only */
		m->cpu[server].queue[prio].odd = !m->cpu[server].queue[prio].odd;
	}
	m->cpu[server].queue[prio].next = n;
	m->cpu[server].pending[prio] = true;
}

/* A level source whose line is high is never idle. */
static bool model_level(struct model *m, u32 i)
{
	if (!m->src[i].lsi || !m->src[i].high || m->src[i].p || m->src[i].q)
		return false;
	m->src[i].p = true;
	model_send(m, i);
	return true;
}

static void model_trigger(struct model *m, u32 i)
{
	if (m->src[i].p) {
		m->src[i].q = m->src[i].q || !m->src[i].lsi;
	} else if (!m->src[i].q) {
		m->src[i].p = true;
		model_send(m, i);
	}
}

static bool model_eoi(struct model *m, u32 i)
{
	if (m->src[i].p && m->src[i].q) {
		m->src[i].q = false;
		model_send(m, i);
		return true;
	}
	if (m->src[i].p)
		m->src[i].p = false;
	return model_level(m, i);
}

static u64 model_esb(struct model *m, u32 i, u32 offset, bool is_load)
{
	u64 pq = (m->src[i].p ? 2 : 0) | (m->src[i].q ? 1 : 0);

	if (offset == 0 && !is_load) {
		model_trigger(m, i);
	} else if (offset == 0 || (offset == 0x400 && !is_load)) {
		return model_eoi(m, i);
	} else if (offset == 0x400) {
		return ~0ULL;
	} else if (offset >= 0xc00) {
		m->src[i].p = offset & 0x200;
		m->src[i].q = offset & 0x100;
		model_level(m, i);
	}
	return pq;
}

static u64 model_ack(struct model *m, u32 server)
{
	u32 best = model_best(m, server);

	if (best >= m->cpu[server].cppr)
		return m->cpu[server].cppr;
	m->cpu[server].cppr = best;
	m->cpu[server].pending[best] = false;
	return 0x8000 | best;
}

static void model_reset(struct model *m)
{
	for (u32 i = 0; i < N_SRC; i++) {
		m->src[i].p = false;
		m->src[i].q = true;
		m->src[i].lsi = i >= N_SRC - N_LSI;
		m->src[i].routed = false;
	}
	for (u32 s = 0; s < TEST_SERVERS; s++)
		memset(m->cpu[s].queue, 0, sizeof(m->cpu[s].queue));
}

static u64 model_do(struct model *m, const struct op *o)
{
	switch (o->kind) {
	case K_TRIGGER:
		model_trigger(m, o->src);
		return 0;
	case K_RAISE:
		m->src[o->src].high = true;
		if (m->src[o->src].lsi)
			model_level(m, o->src);
		else
			model_trigger(m, o->src);
		return 0;
	case K_LOWER:
		m->src[o->src].high = false;
		return 0;
	case K_ESB_LOAD:
		return model_esb(m, o->src, o->offset, true);
	case K_ESB_STORE:
		model_esb(m, o->src, o->offset, false);
		return 0;
	case K_ACK:
		return model_ack(m, o->server);
	case K_CPPR:
		m->cpu[o->server].cppr = o->prio > 7 ? 255 : o->prio;
		return 0;
	case K_PENDING:
		m->cpu[o->server].pending[o->prio] = true;
		return 0;
	case K_ROUTE:
		m->src[o->src].server = o->server;
		m->src[o->src].prio = o->prio;
		m->src[o->src].eisn = o->eisn;
		m->src[o->src].routed = true;
		return 0;
	case K_MASK:
		m->src[o->src].routed = false;
		return 0;
	case K_QUEUE:
		m->cpu[o->server].queue[o->prio].entries = o->shift ? (1u << o->shift) / 4 : 0;
		m->cpu[o->server].queue[o->prio].next = 0;
		m->cpu[o->server].queue[o->prio].odd = true;
		return 0;
	case K_RESET:
		model_reset(m);
		return 0;
	case K_RESET_SERVER:
		memset(m->cpu[o->server].pending, 0, sizeof(m->cpu[o->server].pending));
		m->cpu[o->server].cppr = 0;
		return 0;
	}
	return 0;
}

/* ---- comparisons ---- */

static void check_server(struct model *m, struct machine *d, u32 s)
{
	u32 best = model_best(m, s), ipb = 0;
	u64 val;

	for (u32 p = 0; p < 8; p++)
		ipb |= m->cpu[s].pending[p] ? 0x80u >> p : 0;
	assert_true(xive_tima_read(d->x, s, OS_PAGE + 0x10, 8, &val));
	assert_int_equal(val >> 56, best < m->cpu[s].cppr ? 0x80 : 0);
	assert_int_equal(val >> 48 & 0xff, m->cpu[s].cppr);
	assert_int_equal(val >> 40 & 0xff, ipb);
	assert_int_equal(val & 0xff, best);
	assert_int_equal(d->sink.line[s], best < m->cpu[s].cppr);
}

static void check_all(struct model *m, struct machine *d)
{
	for (u32 i = 0; i < N_SRC; i++)
		assert_int_equal(xive_esb_load(d->x, i, XIVE_ESB_GET),
				 (m->src[i].p ? 2 : 0) | (m->src[i].q ? 1 : 0));
	for (u32 s = 0; s < TEST_SERVERS; s++)
		check_server(m, d, s);
}

/* Every entry ever written, of queues of 4 KiB. */
static void check_ram(struct model *m, struct machine *d)
{
	for (u32 s = 0; s < TEST_SERVERS; s++) {
		for (u32 p = 0; p < 7; p++) {
			for (u32 i = 0; i < 1024; i++) {
				u32 v;

				assert_true(
					gmem_ld_be32(d->mem, gpa_of(queue_at(s, p) + i * 4), &v));
				assert_int_equal(v, m->ram[s][p][i]);
			}
		}
	}
}

static void test_model(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	struct machine *d = machine_new(1 << 12);
	u64 rnd = 0x9e3779b97f4a7c15;
	u64 events = 0;

	(void)state;
	make_sources(d);
	assert_non_null(m);
	model_reset(m);
	for (u32 i = 0; i < N_OPS; i++) {
		struct op o = op_random(&rnd, true);
		u64 want;

		if (o.kind == K_ROUTE && !m->cpu[o.server].queue[o.prio].entries) {
			struct op queue = o;

			queue.kind = K_QUEUE;
			queue.shift = 12;
			assert_int_equal(op_do(d, &queue), model_do(m, &queue));
		}
		want = model_do(m, &o);
		assert_int_equal(op_do(d, &o), want);
		events += o.kind == K_ACK && want & 0x8000;
		check_all(m, d);
		if (i % 20000 == 0)
			check_ram(m, d);
	}
	check_ram(m, d);
	print_message("%u second wraps, %llu events\n", m->wraps, (unsigned long long)events);
	/* the mix is a live one */
	assert_in_range(events, 2000, N_OPS);
	assert_in_range(m->wraps, 1, N_OPS);
	free(m);
	machine_free(d);
}

/* ---- save, restore ---- */

struct saved {
	u64 source[N_SRC], config[N_SRC], pq[N_SRC];
	struct kvm_ppc_xive_eq eq[TEST_SERVERS][8];
	u64 vp[TEST_SERVERS][2];
};

/* The sequence of [KVM devices/xive], Migration. */
static void save(struct machine *m, struct saved *s)
{
	struct kdev *k = xive_kdev(m->x);

	memset(s, 0, sizeof(*s));
	for (u32 i = 0; i < N_SRC; i++)
		s->pq[i] = xive_esb_load(m->x, i, XIVE_ESB_SET_PQ_01);
	assert_int_equal(kdev_set_attr(k, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_EQ_SYNC, NULL), 0);
	for (u32 i = 0; i < N_SRC; i++) {
		assert_int_equal(kdev_get_attr(k, KVM_DEV_XIVE_GRP_SOURCE, i, &s->source[i]), 0);
		assert_int_equal(kdev_get_attr(k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i, &s->config[i]),
				 0);
	}
	for (u32 c = 0; c < TEST_SERVERS; c++) {
		for (u32 p = 0; p < 7; p++)
			assert_int_equal(kdev_get_attr(k, KVM_DEV_XIVE_GRP_EQ_CONFIG, c << 3 | p,
						       &s->eq[c][p]),
					 0);
		assert_int_equal(kdev_get_reg(k, c, KVM_REG_PPC_VP_STATE, s->vp[c]), 0);
	}
}

static void restore(struct machine *m, const struct saved *s)
{
	struct kdev *k = xive_kdev(m->x);

	for (u32 i = 0; i < N_SRC; i++)
		assert_int_equal(kdev_set_attr(k, KVM_DEV_XIVE_GRP_SOURCE, i, &s->source[i]), 0);
	for (u32 c = 0; c < TEST_SERVERS; c++)
		for (u32 p = 0; p < 7; p++)
			if (s->eq[c][p].qshift)
				assert_int_equal(kdev_set_attr(k, KVM_DEV_XIVE_GRP_EQ_CONFIG,
							       c << 3 | p, &s->eq[c][p]),
						 0);
	for (u32 i = 0; i < N_SRC; i++)
		assert_int_equal(kdev_set_attr(k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i, &s->config[i]),
				 0);
	for (u32 c = 0; c < TEST_SERVERS; c++)
		assert_int_equal(kdev_set_reg(k, c, KVM_REG_PPC_VP_STATE, s->vp[c]), 0);
	for (u32 i = 0; i < N_SRC; i++)
		xive_esb_load(m->x, i, XIVE_ESB_SET_PQ_00 + (s->pq[i] << 8));
}

static void copy_ram(struct machine *to, struct machine *from)
{
	u64 size = queue_at(TEST_SERVERS, 0);
	u8 *buf = malloc(size);

	assert_non_null(buf);
	assert_true(gmem_read(from->mem, gpa_of(0), buf, size));
	assert_true(gmem_write(to->mem, gpa_of(0), buf, size));
	free(buf);
}

static void check_twins(struct machine *a, struct machine *b)
{
	u64 size = queue_at(TEST_SERVERS, 0);
	u8 *buf = malloc(2 * size);

	assert_non_null(buf);
	assert_true(gmem_read(a->mem, gpa_of(0), buf, size));
	assert_true(gmem_read(b->mem, gpa_of(0), buf + size, size));
	assert_memory_equal(buf, buf + size, size);
	free(buf);
}

/* Does both and compares what a guest sees. */
static void both(struct machine *a, struct machine *b, const struct op *o)
{
	assert_int_equal(op_do(a, o), op_do(b, o));
	assert_memory_equal(a->sink.line, b->sink.line, sizeof(a->sink.line));
}

static void test_save_restore(void **state)
{
	struct saved s;
	struct machine *twin = machine_new(0), *now = machine_new(0), *next;
	u64 rnd = 0x123456789abcdef1;

	(void)state;
	make_sources(twin);
	make_sources(now);
	for (u32 round = 0; round < 150; round++) {
		for (u32 i = 0; i < 300; i++) {
			struct op o = op_random(&rnd, false);

			/* no routes to missing queues: they are restored masked */
			if (o.kind == K_QUEUE && !o.shift)
				continue;
			if (o.kind == K_ROUTE) {
				struct op queue = o;
				struct xive_queue q;

				queue.kind = K_QUEUE;
				queue.shift = 16;
				assert_int_equal(xive_get_queue_config(twin->x, o.server, o.prio,
								       &q),
						 XIVE_OK);
				if (!q.qshift)
					both(twin, now, &queue);
			}
			both(twin, now, &o);
		}
		save(now, &s);
		next = machine_new(0);
		copy_ram(next, now);
		restore(next, &s);
		machine_free(now);
		now = next;
		assert_memory_equal(now->sink.line, twin->sink.line, sizeof(now->sink.line));
		check_twins(twin, now);
		for (u32 i = 0; i < N_SRC; i++)
			assert_int_equal(xive_esb_load(twin->x, i, XIVE_ESB_GET),
					 xive_esb_load(now->x, i, XIVE_ESB_GET));
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
