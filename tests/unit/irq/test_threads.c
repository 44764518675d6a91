// SPDX-License-Identifier: Apache-2.0
/*
 * Devices and processors on threads of their own: every event that a source
 * took is handled exactly once, in both controllers. A trigger that comes
 * while another is queued melts into it, so the devices trigger only after the
 * one before was handled. For the thread sanitizer, too.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "hypar/kvm.h"
#include "irq/xics/xics.h"
#include "irq/xive/xive.h"
#include "irq_test.h"

#define N_SRC 8
#define N_EVENTS 3000 /* of each source */
#define FIRST 16u
#define OS_PAGE ((u64)XIVE_TIMA_OS_PAGE << XIVE_PAGE_SHIFT)
#define QUEUE_SHIFT 16

struct world {
	struct xive *xive;
	struct xics *xics;
	struct gmem *mem;
	atomic_bool line[TEST_SERVERS];
	atomic_bool stop;
	atomic_uint handled[N_SRC];
};

struct cpu {
	struct world *w;
	u32 server;
	u32 index, generation; /* of the queue: what the guest expects next */
};

static void sink_set(void *opaque, u32 cpu, bool level)
{
	struct world *w = opaque;

	atomic_store(&w->line[cpu], level);
}

static gpa queue_of(u32 server)
{
	return gpa_of((u64)server << QUEUE_SHIFT);
}

/* What Linux does: acknowledge, read the queue, EOI by load, open CPPR. */
static void xive_handle(struct cpu *c)
{
	struct world *w = c->w;
	u64 ack, pq;
	u32 v;

	(void)xive_tima_read(w->xive, c->server, OS_PAGE + 0x810, 2, &ack);
	while (ack & 0x8000 &&
	       gmem_ld_be32(w->mem, gpa_of(queue_of(c->server).v + c->index * 4), &v) &&
	       v >> 31 == c->generation) {
		c->index = (c->index + 1) & ((1u << QUEUE_SHIFT) / 4 - 1);
		c->generation ^= !c->index;
		atomic_fetch_add(&w->handled[(v & 0x7fffffff) - FIRST], 1);
		pq = xive_esb_load(w->xive, v & 0x7fffffff, XIVE_ESB_SET_PQ_00);
		if (pq & 1)
			xive_source_trigger(w->xive, v & 0x7fffffff);
	}
	(void)xive_tima_write(w->xive, c->server, OS_PAGE + 0x11, 1, 0xff);
}

static void xics_handle(struct cpu *c)
{
	u32 xirr = 0;

	xics_accept(c->w->xics, c->server, &xirr);
	if (!(xirr & 0xffffff))
		return;
	atomic_fetch_add(&c->w->handled[(xirr & 0xffffff) - FIRST], 1);
	xics_eoi(c->w->xics, c->server, xirr);
}

static void *cpu_main(void *arg)
{
	struct cpu *c = arg;

	while (!atomic_load(&c->w->stop)) {
		if (!atomic_load(&c->w->line[c->server]))
			sched_yield();
		else if (c->w->xive)
			xive_handle(c);
		else
			xics_handle(c);
	}
	return NULL;
}

/* A device with half of the sources; it moves them between servers as it goes. */
static void *device_main(void *arg)
{
	struct cpu *d = arg;
	struct world *w = d->w;

	for (u32 n = 0; n < N_EVENTS; n++) {
		for (u32 i = d->server; i < N_SRC; i += 2) {
			struct xive_source_config c = { .target = (n + i) % TEST_SERVERS,
							.prio = 6,
							.eisn = FIRST + i };

			while (atomic_load(&w->handled[i]) != n)
				sched_yield();
			if (w->xive && n % 16 == 0)
				xive_set_source_config(w->xive, FIRST + i, &c);
			if (w->xics && n % 16 == 0)
				xics_set_xive(w->xics, FIRST + i, c.target, 5);
			if (w->xive)
				xive_source_trigger(w->xive, FIRST + i);
			else
				xics_source_set_level(w->xics, FIRST + i, true);
		}
	}
	return NULL;
}

static void run(struct world *w)
{
	pthread_t cpu[TEST_SERVERS], dev[2];
	struct cpu c[TEST_SERVERS], d[2];

	for (u32 i = 0; i < TEST_SERVERS; i++) {
		c[i] = (struct cpu){ .w = w, .server = i, .generation = 1 };
		assert_int_equal(pthread_create(&cpu[i], NULL, cpu_main, &c[i]), 0);
	}
	for (u32 i = 0; i < 2; i++) {
		d[i] = (struct cpu){ .w = w, .server = i };
		assert_int_equal(pthread_create(&dev[i], NULL, device_main, &d[i]), 0);
	}
	for (u32 i = 0; i < 2; i++)
		pthread_join(dev[i], NULL);
	for (u32 i = 0; i < N_SRC; i++)
		while (atomic_load(&w->handled[i]) < N_EVENTS)
			sched_yield();
	atomic_store(&w->stop, true);
	for (u32 i = 0; i < TEST_SERVERS; i++)
		pthread_join(cpu[i], NULL);
	for (u32 i = 0; i < N_SRC; i++)
		assert_int_equal(w->handled[i], N_EVENTS);
}

static void test_xive(void **state)
{
	struct world w = { 0 };
	struct xive_config cfg;
	u64 msi = 0;

	(void)state;
	w.mem = gmem_new();
	assert_int_equal(gmem_add_ram(w.mem, gpa_of(0), 1 << 20, NULL), 0);
	cfg = (struct xive_config){ .mem = w.mem,
				    .n_servers = TEST_SERVERS,
				    .n_sources = FIRST + N_SRC,
				    .sink = { .set_external = sink_set, .opaque = &w } };
	w.xive = xive_new(&cfg, NULL);
	assert_non_null(w.xive);
	for (u32 s = 0; s < TEST_SERVERS; s++) {
		struct xive_queue q = { .qaddr = queue_of(s), .qshift = QUEUE_SHIFT };

		assert_int_equal(kdev_connect(xive_kdev(w.xive), s), 0);
		assert_int_equal(xive_set_queue_config(w.xive, s, 6, &q), XIVE_OK);
		assert_true(xive_tima_write(w.xive, s, OS_PAGE + 0x11, 1, 0xff));
	}
	for (u32 i = FIRST; i < FIRST + N_SRC; i++) {
		assert_int_equal(kdev_set_attr(xive_kdev(w.xive), KVM_DEV_XIVE_GRP_SOURCE, i, &msi),
				 0);
		xive_esb_load(w.xive, i, XIVE_ESB_SET_PQ_00);
	}
	run(&w);
	xive_free(w.xive);
	gmem_free(w.mem);
}

static void test_xics(void **state)
{
	struct world w = { 0 };
	struct xics_config cfg = { .n_servers = TEST_SERVERS,
				   .n_sources = FIRST + N_SRC,
				   .sink = { .set_external = sink_set, .opaque = &w } };
	u64 msi = 0xffULL << KVM_XICS_PRIORITY_SHIFT;

	(void)state;
	w.xics = xics_new(&cfg, NULL);
	assert_non_null(w.xics);
	for (u32 s = 0; s < TEST_SERVERS; s++) {
		assert_int_equal(kdev_connect(xics_kdev(w.xics), s), 0);
		assert_int_equal(xics_set_cppr(w.xics, s, 0xff), 0);
	}
	for (u32 i = FIRST; i < FIRST + N_SRC; i++)
		assert_int_equal(
			kdev_set_attr(xics_kdev(w.xics), KVM_DEV_XICS_GRP_SOURCES, i, &msi), 0);
	run(&w);
	xics_free(w.xics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xive),
		cmocka_unit_test(test_xics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
