// SPDX-License-Identifier: Apache-2.0
/*
 * The XIVE: directed cases of sources, queues, rings and attributes, as a
 * guest and as a user of device control see them. test_xive_model.c has the
 * random ones.
 */
#include <errno.h>
#include <string.h>

#include "base/compiler.h"
#include "hypar/kvm.h"
#include "irq/xive/xive.h"
#include "irq_test.h"

#define MSI 3u
#define LSI 7u
#define EQ_AT 0x100000ULL
#define OS_PAGE ((u64)XIVE_TIMA_OS_PAGE << XIVE_PAGE_SHIFT)

struct fixture {
	struct gmem *mem;
	struct test_sink sink;
	struct xive *x;
	struct kdev *k;
};

static void make_source(struct fixture *f, u32 lisn, u64 word)
{
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE, lisn, &word), 0);
}

static int setup(void **state)
{
	static struct fixture f;
	struct xive_config cfg;

	memset(&f, 0, sizeof(f));
	f.mem = gmem_new();
	assert_int_equal(gmem_add_ram(f.mem, gpa_of(0), 1 << 24, NULL), 0);
	cfg = (struct xive_config){ .mem = f.mem,
				    .sink = test_sink_of(&f.sink),
				    .n_servers = TEST_SERVERS,
				    .n_sources = 64,
				    .eq_shifts = 1 << 12 | 1 << 16 };
	f.x = xive_new(&cfg, NULL);
	assert_non_null(f.x);
	f.k = xive_kdev(f.x);
	for (u32 i = 0; i < 2; i++)
		assert_int_equal(kdev_connect(f.k, i), 0);
	make_source(&f, MSI, 0);
	make_source(&f, LSI, KVM_XIVE_LEVEL_SENSITIVE);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	xive_free(f->x);
	gmem_free(f->mem);
	return 0;
}

static u64 tima_read(struct fixture *f, u32 server, u64 offset, unsigned int size)
{
	u64 val = 0;

	assert_int_equal(xive_tima_ops.read(f->x, (int)server, OS_PAGE + offset, size, &val),
			 MMIO_OK);
	return val;
}

static void tima_write(struct fixture *f, u32 server, u64 offset, unsigned int size, u64 val)
{
	assert_int_equal(xive_tima_ops.write(f->x, (int)server, OS_PAGE + offset, size, val),
			 MMIO_OK);
}

static u64 esb_read(struct fixture *f, u32 lisn, u64 offset)
{
	u64 val = 0;

	assert_int_equal(xive_esb_ops.read(f->x, 0, XIVE_ESB_EOI_PAGE(lisn) + offset, 8, &val),
			 MMIO_OK);
	return val;
}

static void esb_write(struct fixture *f, u64 at)
{
	assert_int_equal(xive_esb_ops.write(f->x, 0, at, 8, 0), MMIO_OK);
}

/* Queue of 4 KiB or 64 KiB for server 1, priority 6, and both sources routed to it. */
static void route_all(struct fixture *f, u32 qshift)
{
	struct xive_queue q = { .qaddr = gpa_of(EQ_AT), .qshift = qshift, .always_notify = true };
	struct xive_source_config c = { .target = 1, .prio = 6, .eisn = 0x1234 };

	assert_int_equal(xive_set_queue_config(f->x, 1, 6, &q), XIVE_OK);
	assert_int_equal(xive_set_source_config(f->x, MSI, &c), XIVE_OK);
	c.eisn = 0x77777777;
	assert_int_equal(xive_set_source_config(f->x, LSI, &c), XIVE_OK);
	esb_read(f, MSI, XIVE_ESB_SET_PQ_00);
	esb_read(f, LSI, XIVE_ESB_SET_PQ_00);
	tima_write(f, 1, 0x11, 1, 0xff);
}

static u32 entry(struct fixture *f, u32 index)
{
	u32 v;

	assert_true(gmem_ld_be32(f->mem, gpa_of(EQ_AT + index * 4), &v));
	return v;
}

static void test_new_is_off(void **state)
{
	struct fixture *f = *state;

	/* sources start off, rings closed */
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_GET), 1);
	assert_int_equal(esb_read(f, LSI, XIVE_ESB_GET), 1);
	assert_int_equal(tima_read(f, 0, 0x10, 8), 0x000000ffff00ffffULL);
	esb_write(f, XIVE_ESB_TRIGGER_PAGE(MSI));
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_GET), 1);
	assert_int_equal(f->sink.changes, 0);
	/* no source, no meaning: all ones */
	assert_int_equal(esb_read(f, 5, XIVE_ESB_GET), ~0ULL);
	assert_int_equal(esb_read(f, MSI, 0x400), ~0ULL);
	assert_int_equal(xive_esb_load(f->x, ~0ULL, XIVE_ESB_GET), ~0ULL);
}

static void test_edge(void **state)
{
	struct fixture *f = *state;

	route_all(f, 16);
	esb_write(f, XIVE_ESB_TRIGGER_PAGE(MSI));
	assert_int_equal(entry(f, 0), 0x80001234);
	assert_true(f->sink.line[1]);
	assert_int_equal(tima_read(f, 1, 0x10, 8), 0x80ff02ffff00ff06ULL);
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_GET), 2);
	/* a second one queues, a third is lost in it */
	esb_write(f, XIVE_ESB_TRIGGER_PAGE(MSI));
	esb_write(f, XIVE_ESB_TRIGGER_PAGE(MSI));
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_GET), 3);
	assert_int_equal(entry(f, 1), 0);
	/* acknowledge */
	assert_int_equal(tima_read(f, 1, 0x810, 2), 0x8006);
	assert_false(f->sink.line[1]);
	assert_int_equal(tima_read(f, 1, 0x810, 2), 0x0006);
	/* EOI sends the queued one, which waits for CPPR */
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_LOAD_EOI), 1);
	assert_int_equal(entry(f, 1), 0x80001234);
	assert_false(f->sink.line[1]);
	tima_write(f, 1, 0x11, 1, 0xff);
	assert_true(f->sink.line[1]);
	assert_int_equal(tima_read(f, 1, 0x810, 2), 0x8006);
	esb_write(f, XIVE_ESB_EOI_PAGE(MSI) + XIVE_ESB_STORE_EOI);
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_GET), 0);
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_SET_PQ_11 | 0x10), 0);
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_SET_PQ_10), 3);
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_SET_PQ_01), 2);
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_SET_PQ_00), 1);
}

static void test_level(void **state)
{
	struct fixture *f = *state;
	struct irq_line line = xive_line(f->x, LSI);

	route_all(f, 16);
	irq_set(&line, true);
	assert_int_equal(entry(f, 0), 0xf7777777);
	assert_int_equal(tima_read(f, 1, 0x810, 2), 0x8006);
	/* still asserted: EOI sends again; it never queues */
	irq_set(&line, true);
	assert_int_equal(esb_read(f, LSI, XIVE_ESB_GET), 2);
	assert_int_equal(esb_read(f, LSI, XIVE_ESB_LOAD_EOI), 1);
	assert_int_equal(entry(f, 1), 0xf7777777);
	irq_set(&line, false);
	assert_int_equal(esb_read(f, LSI, XIVE_ESB_LOAD_EOI), 0);
	assert_int_equal(esb_read(f, LSI, XIVE_ESB_GET), 0);
	/* asserted while off: sent when it is switched on */
	esb_read(f, LSI, XIVE_ESB_SET_PQ_01);
	irq_set(&line, true);
	assert_int_equal(entry(f, 2), 0);
	esb_read(f, LSI, XIVE_ESB_SET_PQ_00);
	assert_int_equal(entry(f, 2), 0xf7777777);
}

static void test_queue_wraps(void **state)
{
	struct fixture *f = *state;
	struct xive_queue q;

	route_all(f, 12);
	for (u32 i = 0; i < 2048 + 3; i++) {
		xive_source_trigger(f->x, MSI);
		assert_int_equal(entry(f, i % 1024), i / 1024 == 1 ? 0x00001234 : 0x80001234);
		xive_esb_load(f->x, MSI, XIVE_ESB_LOAD_EOI);
	}
	assert_int_equal(xive_get_queue_config(f->x, 1, 6, &q), XIVE_OK);
	assert_int_equal(q.index, 3);
	assert_int_equal(q.generation, 1);
	assert_int_equal(q.qshift, 12);
	/* setting it starts over */
	assert_int_equal(xive_set_queue_config(f->x, 1, 6, &q), XIVE_OK);
	assert_int_equal(xive_get_queue_config(f->x, 1, 6, &q), XIVE_OK);
	assert_int_equal(q.index, 0);
	assert_int_equal(q.generation, 1);
}

static void test_priorities(void **state)
{
	struct fixture *f = *state;

	tima_write(f, 0, 0x11, 1, 5);
	tima_write(f, 0, 0x812, 1, 6);
	assert_false(f->sink.line[0]);
	tima_write(f, 0, 0x812, 1, 5);
	assert_false(f->sink.line[0]);
	tima_write(f, 0, 0x812, 1, 2);
	assert_true(f->sink.line[0]);
	assert_int_equal(tima_read(f, 0, 0x10, 4), 0x800526ff);
	assert_int_equal(tima_read(f, 0, 0x17, 1), 2);
	/* closing CPPR takes the exception back, opening it raises it */
	tima_write(f, 0, 0x11, 1, 2);
	assert_false(f->sink.line[0]);
	tima_write(f, 0, 0x10, 4, 0x00ff0000); /* word 0: only CPPR counts */
	assert_true(f->sink.line[0]);
	assert_int_equal(tima_read(f, 0, 0x810, 2), 0x8002);
	tima_write(f, 0, 0x11, 1, 0x55);
	assert_int_equal(tima_read(f, 0, 0x11, 1), 0xff);
	assert_int_equal(tima_read(f, 0, 0x810, 2), 0x8005);
	tima_write(f, 0, 0x812, 1, 8); /* no such priority */
	assert_int_equal(tima_read(f, 0, 0x12, 1), 0x02);
	xive_reset_server(f->x, 0);
	assert_int_equal(tima_read(f, 0, 0x10, 8), 0x000000ffff00ffffULL);
	assert_false(f->sink.line[0]);
}

static void test_disconnect(void **state)
{
	struct fixture *f = *state;
	struct xive_source_config c = { .target = 1, .prio = 6 };
	struct xive_queue q;
	u64 val, word;

	route_all(f, 16);
	esb_write(f, XIVE_ESB_TRIGGER_PAGE(MSI));
	assert_true(f->sink.line[1]);
	xive_disconnect(f->x, 1);
	assert_false(f->sink.line[1]);
	/* nobody is there */
	assert_int_equal(xive_check_queue(f->x, 1, 6), XIVE_BAD_TARGET);
	assert_int_equal(xive_get_queue_config(f->x, 1, 6, &q), XIVE_BAD_TARGET);
	assert_int_equal(xive_set_source_config(f->x, MSI, &c), XIVE_BAD_TARGET);
	assert_int_equal(xive_tima_ops.read(f->x, 1, OS_PAGE + 0x10, 1, &val), MMIO_FAULT);
	assert_int_equal(kdev_get_reg(f->k, 1, KVM_REG_PPC_VP_STATE, &val), -ENXIO);
	/* its events are lost, and the source can be saved and restored */
	esb_read(f, MSI, XIVE_ESB_SET_PQ_00);
	esb_write(f, XIVE_ESB_TRIGGER_PAGE(MSI));
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, MSI, &word), 0);
	assert_true(word & KVM_XIVE_SOURCE_MASKED_MASK);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, MSI, &word), 0);
	xive_disconnect(f->x, 1); /* again: nothing happens */
	/* a fresh one: no queue, nothing pending */
	assert_int_equal(kdev_connect(f->k, 1), 0);
	assert_int_equal(tima_read(f, 1, 0x10, 8), 0x000000ffff00ffffULL);
	assert_int_equal(xive_get_queue_config(f->x, 1, 6, &q), XIVE_OK);
	assert_int_equal(q.qshift, 0);
	route_all(f, 16);
	esb_write(f, XIVE_ESB_TRIGGER_PAGE(MSI));
	assert_true(f->sink.line[1]);
}

static void test_tima_refuses(void **state)
{
	struct fixture *f = *state;
	u64 val;

	for (u64 page = 0; page < 4; page++)
		assert_int_equal(xive_tima_ops.read(f->x, 0, (page << 16) + 0x10, 1, &val),
				 page == XIVE_TIMA_OS_PAGE ? MMIO_OK : MMIO_FAULT);
	assert_int_equal(xive_tima_ops.read(f->x, -1, OS_PAGE + 0x10, 1, &val), MMIO_FAULT);
	assert_int_equal(xive_tima_ops.read(f->x, 3, OS_PAGE + 0x10, 1, &val), MMIO_FAULT);
	assert_int_equal(xive_tima_ops.read(f->x, 0, OS_PAGE + 0x810, 4, &val), MMIO_FAULT);
	assert_int_equal(xive_tima_ops.read(f->x, 0, OS_PAGE + 0x11, 2, &val), MMIO_FAULT);
	assert_int_equal(xive_tima_ops.read(f->x, 0, OS_PAGE + 0x20, 8, &val), MMIO_FAULT);
	assert_int_equal(xive_tima_ops.write(f->x, 0, OS_PAGE + 0x812, 2, 0), MMIO_FAULT);
	assert_int_equal(xive_tima_ops.write(f->x, 0, OS_PAGE + 0x14, 1, 0), MMIO_OK);
	assert_int_equal(tima_read(f, 0, 0x10, 8), 0x000000ffff00ffffULL);
	assert_int_equal(tima_read(f, 0, 0x0, 8), 0);
	assert_int_equal(tima_read(f, 0, 0x18, 8), 0);
}

static void test_guest_errors(void **state)
{
	struct fixture *f = *state;
	struct xive_source_config c = { .target = 1, .prio = 6, .eisn = 1 }, got;
	struct xive_queue q = { .qaddr = gpa_of(EQ_AT), .qshift = 16 };
	struct xive_source_info info;
	u64 line;

	assert_int_equal(xive_set_source_config(f->x, 5, &c), XIVE_BAD_LISN);
	assert_int_equal(xive_set_source_config(f->x, 1ULL << 32 | MSI, &c), XIVE_BAD_LISN);
	assert_int_equal(xive_set_source_config(f->x, MSI, &c), XIVE_OK);
	c.target = 2;
	assert_int_equal(xive_set_source_config(f->x, MSI, &c), XIVE_BAD_TARGET);
	c.prio = 7;
	assert_int_equal(xive_set_source_config(f->x, MSI, &c), XIVE_BAD_PRIO);
	c.is_masked = true;
	assert_int_equal(xive_set_source_config(f->x, MSI, &c), XIVE_OK);
	assert_int_equal(xive_get_source_config(f->x, MSI, &got), XIVE_OK);
	assert_true(got.is_masked && got.target == 1 && got.prio == 6 && got.eisn == 1);
	assert_int_equal(xive_get_source_config(f->x, 64, &got), XIVE_BAD_LISN);
	assert_int_equal(xive_get_source_info(f->x, LSI, &info), XIVE_OK);
	assert_true(info.is_lsi);
	assert_int_equal(xive_get_source_info(f->x, 0, &info), XIVE_BAD_LISN);
	assert_int_equal(xive_source_sync(f->x, MSI), XIVE_OK);
	assert_int_equal(xive_source_sync(f->x, 0), XIVE_BAD_LISN);

	assert_int_equal(xive_set_queue_config(f->x, 2, 6, &q), XIVE_BAD_TARGET);
	assert_int_equal(xive_set_queue_config(f->x, ~0ULL, 6, &q), XIVE_BAD_TARGET);
	assert_int_equal(xive_set_queue_config(f->x, 0, 7, &q), XIVE_BAD_PRIO);
	assert_int_equal(xive_check_queue(f->x, 0, 8), XIVE_BAD_PRIO);
	assert_int_equal(xive_check_queue(f->x, 0, 0), XIVE_OK);
	q.qshift = 21; /* not offered */
	assert_int_equal(xive_set_queue_config(f->x, 0, 6, &q), XIVE_BAD_SIZE);
	q.qshift = 200;
	assert_int_equal(xive_set_queue_config(f->x, 0, 6, &q), XIVE_BAD_SIZE);
	q.qshift = 16;
	q.qaddr = gpa_of(EQ_AT + 0x1000);
	assert_int_equal(xive_set_queue_config(f->x, 0, 6, &q), XIVE_BAD_QUEUE);
	q.qaddr = gpa_of(1 << 24);
	assert_int_equal(xive_set_queue_config(f->x, 0, 6, &q), XIVE_BAD_QUEUE);

	assert_int_equal(xive_get_reporting_line(f->x, 0, &line), XIVE_OK);
	assert_int_equal(line, ~0ULL);
	assert_int_equal(xive_set_reporting_line(f->x, 0, 0x1000), XIVE_OK);
	assert_int_equal(xive_set_reporting_line(f->x, 0, 0x1001), XIVE_BAD_QUEUE);
	assert_int_equal(xive_set_reporting_line(f->x, 9, 0), XIVE_BAD_TARGET);
	assert_int_equal(xive_get_reporting_line(f->x, 0, &line), XIVE_OK);
	assert_int_equal(line, 0x1000);
}

/* A masked source, and one whose queue is not there, lose the event but keep P. */
static void test_lost_events(void **state)
{
	struct fixture *f = *state;
	struct xive_source_config c = { .is_masked = true };
	struct xive_queue none = { .qshift = 0 };

	route_all(f, 16);
	assert_int_equal(xive_set_source_config(f->x, MSI, &c), XIVE_OK);
	xive_source_trigger(f->x, MSI);
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_GET), 2);
	assert_int_equal(xive_set_queue_config(f->x, 1, 6, &none), XIVE_OK);
	xive_source_set_level(f->x, LSI, true);
	assert_int_equal(esb_read(f, LSI, XIVE_ESB_GET), 2);
	assert_int_equal(entry(f, 0), 0);
	assert_int_equal(f->sink.changes, 0);
	/* RAM that goes away */
	xive_source_set_level(f->x, LSI, false);
	route_all(f, 16);
	assert_int_equal(gmem_remove_ram(f->mem, gpa_of(0), 1 << 24), 0);
	xive_source_trigger(f->x, MSI);
	assert_int_equal(f->sink.changes, 0);
}

static void test_reset(void **state)
{
	struct fixture *f = *state;
	struct xive_source_config c;
	struct xive_queue q;

	route_all(f, 16);
	xive_source_set_level(f->x, LSI, true);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_RESET, NULL), 0);
	assert_int_equal(esb_read(f, MSI, XIVE_ESB_GET), 1);
	assert_int_equal(esb_read(f, LSI, XIVE_ESB_GET), 1);
	assert_int_equal(xive_get_source_config(f->x, LSI, &c), XIVE_OK);
	assert_true(c.is_masked);
	assert_int_equal(xive_get_queue_config(f->x, 1, 6, &q), XIVE_OK);
	assert_int_equal(q.qshift, 0);
	/* the level is still there */
	route_all(f, 16);
	assert_int_equal(entry(f, 0), 0xf7777777);
}

static void test_attr_sources(void **state)
{
	struct fixture *f = *state;
	u64 v = 0;

	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE, 1 << 20, &v), -E2BIG);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE, 64, &v), -ENOMEM);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE, 1, NULL), -EFAULT);
	assert_int_equal(kdev_has_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE, (1 << 20) - 1), 0);
	assert_int_equal(kdev_has_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE, 1 << 20), -ENXIO);
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE, LSI, &v), 0);
	assert_int_equal(v, KVM_XIVE_LEVEL_SENSITIVE);
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE, 5, &v), -ENOENT);

	v = 6 | 1 << 3 | 0x1234ULL << 33;
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, 64, &v), -ENOENT);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, 1 << 20, &v), -ENOENT);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, 5, &v), -EINVAL);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, MSI, &v), -ENXIO);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, MSI, NULL), -EFAULT);
	route_all(f, 16);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, MSI, &v), 0);
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, MSI, &v), 0);
	assert_int_equal(v, 6 | 1 << 3 | 0x1234ULL << 33);
	v = 7 | 1 << 3;
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, MSI, &v), -EINVAL);
	v = 6 | 3 << 3;
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, MSI, &v), -EINVAL);

	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_SYNC, MSI, NULL), 0);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_SYNC, 5, NULL), -EINVAL);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_SOURCE_SYNC, 64, NULL), -ENOENT);
}

static int eq_set(struct fixture *f, u64 attr, struct kvm_ppc_xive_eq eq)
{
	return kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_EQ_CONFIG, attr, &eq);
}

static void test_attr_eq(void **state)
{
	struct fixture *f = *state;
	struct kvm_ppc_xive_eq eq = { .flags = 1,
				      .qshift = 16,
				      .qaddr = EQ_AT,
				      .qtoggle = 0,
				      .qindex = 5 },
			       bad, got;

	memset(&got, 0xee, sizeof(got));
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XIVE_GRP_EQ_CONFIG, 1 << 3 | 6, &got), 0);
	assert_int_equal(got.qshift, 0xeeeeeeee); /* unset: nothing is written */
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_EQ_CONFIG, 2 << 3, NULL), -EFAULT);
	assert_int_equal(eq_set(f, 2 << 3 | 6, eq), -ENOENT);
	assert_int_equal(eq_set(f, 1 << 3 | 7, eq), -EINVAL);
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XIVE_GRP_EQ_CONFIG, 2 << 3, &got), -ENOENT);
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XIVE_GRP_EQ_CONFIG, 7, &got), -EINVAL);
	for (u32 i = 0; i < 6; i++) {
		bad = eq;
		bad.flags = i == 0 ? 0 : i == 1 ? 3 : 1;
		bad.qshift = i == 2 ? 12 : i == 3 ? 17 : 16;
		bad.qaddr = i == 4 ? EQ_AT + 0x8000 : i == 5 ? 1 << 24 : EQ_AT;
		assert_int_equal(eq_set(f, 1 << 3 | 6, bad), -EINVAL);
	}
	assert_int_equal(eq_set(f, 1ULL << 32 | 1 << 3 | 6, eq), 0);
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XIVE_GRP_EQ_CONFIG, 1 << 3 | 6, &got), 0);
	assert_memory_equal(&got, &eq, sizeof(eq));
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XIVE_GRP_EQ_CONFIG, 1 << 3 | 6, NULL),
			 -EFAULT);
	eq.qshift = 0;
	eq.flags = 0;
	assert_int_equal(eq_set(f, 1 << 3 | 6, eq), 0);
	got.qaddr = 1;
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XIVE_GRP_EQ_CONFIG, 1 << 3 | 6, &got), 0);
	assert_int_equal(got.qaddr, 1);
}

static void test_attr_ctrl(void **state)
{
	struct fixture *f = *state;
	u32 n = 2;

	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_NR_SERVERS, &n),
			 -EBUSY);
	n = 0;
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_NR_SERVERS, &n),
			 -EINVAL);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_EQ_SYNC, NULL), 0);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XIVE_GRP_CTRL, 4, NULL), -ENXIO);
	assert_int_equal(kdev_has_attr(f->k, KVM_DEV_XIVE_GRP_CTRL, 3), 0);
	assert_int_equal(kdev_has_attr(f->k, KVM_DEV_XIVE_GRP_CTRL, 4), -ENXIO);
	assert_int_equal(kdev_connect(f->k, 1), -EEXIST);
	assert_int_equal(kdev_connect(f->k, TEST_SERVERS), -EINVAL);
	{
		struct xive_config cfg = { .mem = f->mem,
					   .sink = test_sink_of(&f->sink),
					   .n_servers = TEST_SERVERS,
					   .n_sources = 64 };
		struct xive *x = xive_new(&cfg, NULL);

		n = 1;
		assert_int_equal(kdev_set_attr(xive_kdev(x), KVM_DEV_XIVE_GRP_CTRL,
					       KVM_DEV_XIVE_NR_SERVERS, &n),
				 0);
		assert_int_equal(kdev_connect(xive_kdev(x), 1), -EINVAL);
		assert_int_equal(kdev_connect(xive_kdev(x), 0), 0);
		xive_free(x);
		cfg.n_servers = 0;
		assert_null(xive_new(&cfg, NULL));
	}
}

static void test_vp_state(void **state)
{
	struct fixture *f = *state;
	u8 v[16] = { 0 };

	tima_write(f, 1, 0x11, 1, 4);
	tima_write(f, 1, 0x812, 1, 3);
	assert_int_equal(kdev_get_reg(f->k, 1, KVM_REG_PPC_VP_STATE, v), 0);
	assert_memory_equal(v, "\x80\x04\x10\xff\xff\x00\xff\x03\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(kdev_set_reg(f->k, 0, KVM_REG_PPC_VP_STATE, v), 0);
	assert_true(f->sink.line[0]);
	assert_int_equal(tima_read(f, 0, 0x810, 2), 0x8003);
	/* what NSR says does not matter */
	v[0] = 0;
	assert_int_equal(kdev_set_reg(f->k, 0, KVM_REG_PPC_VP_STATE, v), 0);
	assert_true(f->sink.line[0]);
	assert_int_equal(kdev_get_reg(f->k, 3, KVM_REG_PPC_VP_STATE, v), -ENXIO);
	assert_int_equal(kdev_get_reg(f->k, 0, KVM_REG_PPC_ICP_STATE, v), -EINVAL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_new_is_off),  T(test_edge),	 T(test_level),	       T(test_queue_wraps),
		T(test_priorities),  T(test_disconnect), T(test_tima_refuses), T(test_guest_errors),
		T(test_lost_events), T(test_reset),	 T(test_attr_sources), T(test_attr_eq),
		T(test_attr_ctrl),   T(test_vp_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
