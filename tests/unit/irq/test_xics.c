// SPDX-License-Identifier: Apache-2.0
/*
 * The XICS: directed cases of presentation, rejection, level and edge sources
 * and attributes. test_xics_model.c has the random ones.
 */
#include <errno.h>
#include <string.h>

#include "hypar/kvm.h"
#include "irq/xics/xics.h"
#include "irq_test.h"

#define MSI 16u
#define MSI2 17u
#define LSI 18u
#define LEVEL KVM_XICS_LEVEL_SENSITIVE
#define MASKED KVM_XICS_MASKED
#define PENDING KVM_XICS_PENDING
#define PRESENTED KVM_XICS_PRESENTED
#define QUEUED KVM_XICS_QUEUED

struct fixture {
	struct test_sink sink;
	struct xics *x;
	struct kdev *k;
};

static u64 word(u32 server, u32 prio, u64 flags)
{
	return server | (u64)prio << KVM_XICS_PRIORITY_SHIFT | flags;
}

static void set_source(struct fixture *f, u32 source, u64 w)
{
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, source, &w), 0);
}

static u64 get_source(struct fixture *f, u32 source)
{
	u64 w;

	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, source, &w), 0);
	return w;
}

static u64 icp_word(u32 cppr, u32 xisr, u32 mfrr, u32 ppri)
{
	return (u64)cppr << 56 | (u64)xisr << 32 | (u64)mfrr << 24 | ppri << 16;
}

static int set_icp(struct fixture *f, u32 server, u64 w)
{
	return kdev_set_reg(f->k, server, KVM_REG_PPC_ICP_STATE, &w);
}

static u64 get_icp(struct fixture *f, u32 server)
{
	u64 w;

	assert_int_equal(kdev_get_reg(f->k, server, KVM_REG_PPC_ICP_STATE, &w), 0);
	return w;
}

static u32 accept(struct fixture *f, u32 server)
{
	u32 xirr;

	assert_int_equal(xics_accept(f->x, server, &xirr), 0);
	return xirr;
}

static int setup(void **state)
{
	static struct fixture f;
	struct xics_config cfg;

	memset(&f, 0, sizeof(f));
	cfg = (struct xics_config){ .sink = test_sink_of(&f.sink),
				    .n_servers = TEST_SERVERS,
				    .n_sources = 64 };
	f.x = xics_new(&cfg, NULL);
	assert_non_null(f.x);
	f.k = xics_kdev(f.x);
	assert_int_equal(kdev_connect(f.k, 0), 0);
	assert_int_equal(kdev_connect(f.k, 1), 0);
	set_source(&f, MSI, word(0, 0xff, MASKED));
	set_source(&f, MSI2, word(0, 0xff, MASKED));
	set_source(&f, LSI, word(0, 0xff, LEVEL | MASKED));
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	xics_free(f->x);
	return 0;
}

/* All sources to server 1 at priority 5, server 1 open. */
static void open_all(struct fixture *f)
{
	for (u32 i = MSI; i <= LSI; i++)
		assert_int_equal(xics_set_xive(f->x, i, 1, 5), 0);
	assert_int_equal(xics_set_cppr(f->x, 1, 0xff), 0);
}

static void test_edge(void **state)
{
	struct fixture *f = *state;

	open_all(f);
	xics_source_set_level(f->x, MSI, false);
	assert_int_equal(f->sink.changes, 0);
	xics_source_set_level(f->x, MSI, true);
	assert_true(f->sink.line[1]);
	assert_int_equal(get_icp(f, 1), icp_word(0xff, MSI, 0xff, 5));
	xics_source_set_level(f->x, MSI, true);
	xics_source_set_level(f->x, MSI, true);
	assert_int_equal(get_source(f, MSI), word(1, 5, PRESENTED | QUEUED));
	assert_int_equal(accept(f, 1), 0xff000000 | MSI);
	assert_false(f->sink.line[1]);
	assert_int_equal(accept(f, 1), 0x05000000);
	/* the second trigger comes after the EOI, the third was lost in it */
	assert_int_equal(xics_eoi(f->x, 1, 0xff000000 | MSI), 0);
	assert_int_equal(accept(f, 1), 0xff000000 | MSI);
	assert_int_equal(xics_eoi(f->x, 1, 0xff000000 | MSI), 0);
	assert_int_equal(accept(f, 1), 0xff000000);
	assert_int_equal(get_source(f, MSI), word(1, 5, 0));
}

static void test_level(void **state)
{
	struct fixture *f = *state;
	struct irq_line line = xics_line(f->x, LSI);

	open_all(f);
	irq_set(&line, true);
	assert_int_equal(accept(f, 1), 0xff000000 | LSI);
	irq_set(&line, true);
	assert_int_equal(xics_eoi(f->x, 1, 0xff000000 | LSI), 0);
	assert_true(f->sink.line[1]); /* still asserted */
	assert_int_equal(accept(f, 1), 0xff000000 | LSI);
	irq_set(&line, false);
	assert_int_equal(xics_eoi(f->x, 1, 0xff000000 | LSI), 0);
	assert_false(f->sink.line[1]);
	assert_int_equal(get_source(f, LSI), word(1, 5, LEVEL));
	/* asserted and gone while refused: nothing is left */
	xics_set_cppr(f->x, 1, 0);
	irq_set(&line, true);
	assert_int_equal(get_source(f, LSI), word(1, 5, LEVEL | PENDING | PRESENTED));
	irq_set(&line, false);
	xics_set_cppr(f->x, 1, 0xff);
	assert_int_equal(f->sink.line[1], false);
}

static void test_priorities(void **state)
{
	struct fixture *f = *state;

	open_all(f);
	xics_set_xive(f->x, MSI2, 1, 3);
	xics_source_set_level(f->x, MSI, true);
	assert_int_equal(get_icp(f, 1), icp_word(0xff, MSI, 0xff, 5));
	/* a more favored one displaces it, an IPI displaces an equal one */
	xics_source_set_level(f->x, MSI2, true);
	assert_int_equal(get_icp(f, 1), icp_word(0xff, MSI2, 0xff, 3));
	assert_int_equal(get_source(f, MSI), word(1, 5, PENDING | PRESENTED));
	xics_set_mfrr(f->x, 1, 3);
	assert_int_equal(get_icp(f, 1), icp_word(0xff, XICS_IPI, 3, 3));
	assert_int_equal(accept(f, 1), 0xff000000 | XICS_IPI);
	xics_set_mfrr(f->x, 1, 0xff);
	assert_false(f->sink.line[1]); /* CPPR 3 */
	assert_int_equal(xics_eoi(f->x, 1, 0x05000000 | XICS_IPI), 0);
	assert_int_equal(accept(f, 1), 0x05000000 | MSI2);
	/* the one at 5 waits until CPPR admits it */
	assert_int_equal(xics_eoi(f->x, 1, 0x05000000 | MSI2), 0);
	assert_false(f->sink.line[1]);
	xics_set_cppr(f->x, 1, 6);
	assert_int_equal(get_icp(f, 1), icp_word(6, MSI, 0xff, 5));
	/* and is rejected when CPPR closes */
	xics_set_cppr(f->x, 1, 5);
	assert_int_equal(get_icp(f, 1), icp_word(5, 0, 0xff, 0xff));
	assert_int_equal(get_source(f, MSI), word(1, 5, PENDING | PRESENTED));
}

static void test_ipi(void **state)
{
	struct fixture *f = *state;
	u32 xirr;
	u8 mfrr;

	assert_int_equal(xics_set_mfrr(f->x, 1, 4), 0);
	assert_false(f->sink.line[1]);
	xics_set_cppr(f->x, 1, 0xff);
	assert_true(f->sink.line[1]);
	assert_int_equal(xics_poll(f->x, 1, &xirr, &mfrr), 0);
	assert_int_equal(xirr, 0xff000002);
	assert_int_equal(mfrr, 4);
	/* not accepted and taken back: gone */
	xics_set_mfrr(f->x, 1, 0xff);
	assert_false(f->sink.line[1]);
	/* not taken back: comes again after the EOI */
	xics_set_mfrr(f->x, 1, 4);
	assert_int_equal(accept(f, 1), 0xff000002);
	assert_int_equal(xics_eoi(f->x, 1, 0xff000002), 0);
	assert_true(f->sink.line[1]);
}

static void test_mask(void **state)
{
	struct fixture *f = *state;
	u32 server, prio;

	open_all(f);
	assert_int_equal(xics_int_off(f->x, MSI), 0);
	assert_int_equal(xics_int_off(f->x, MSI), 0);
	xics_source_set_level(f->x, MSI, true);
	assert_false(f->sink.line[1]);
	assert_int_equal(get_source(f, MSI), word(1, 5, MASKED | PENDING | PRESENTED));
	assert_int_equal(xics_get_xive(f->x, MSI, &server, &prio), 0);
	assert_int_equal(server, 1);
	assert_int_equal(prio, 0xff);
	assert_int_equal(xics_int_on(f->x, MSI), 0);
	assert_true(f->sink.line[1]);
	/* masking does not take back what is presented; a rejection then waits masked */
	xics_int_off(f->x, MSI);
	assert_true(f->sink.line[1]);
	xics_set_cppr(f->x, 1, 0);
	assert_int_equal(get_source(f, MSI), word(1, 5, MASKED | PENDING | PRESENTED));
	xics_set_cppr(f->x, 1, 0xff);
	assert_false(f->sink.line[1]);
	/* moved to another server when it is switched on */
	xics_set_cppr(f->x, 0, 0xff);
	assert_int_equal(xics_set_xive(f->x, MSI, 0, 5), 0);
	assert_true(f->sink.line[0]);
}

static void test_reset(void **state)
{
	struct fixture *f = *state;

	open_all(f);
	xics_source_set_level(f->x, LSI, true);
	xics_source_set_level(f->x, MSI, true);
	xics_reset_server(f->x, 1);
	assert_int_equal(get_icp(f, 1), icp_word(0, 0, 0xff, 0xff));
	assert_int_equal(get_source(f, LSI), word(1, 5, LEVEL | PENDING | PRESENTED));
	xics_set_cppr(f->x, 1, 0xff);
	assert_true(f->sink.line[1]);
	xics_reset(f->x);
	assert_false(f->sink.line[1]);
	assert_int_equal(get_source(f, MSI), word(0, 0xff, MASKED));
	assert_int_equal(get_source(f, LSI), word(0, 0xff, MASKED | LEVEL | PENDING | PRESENTED));
	open_all(f);
	assert_int_equal(accept(f, 1), 0xff000000 | LSI);
	assert_int_equal(xics_eoi(f->x, 1, 0xff000000 | LSI), 0);
}

static void test_disconnect(void **state)
{
	struct fixture *f = *state;
	u8 mfrr;
	u32 xirr;

	open_all(f);
	assert_int_equal(xics_set_cppr(f->x, 0, 0xff), 0);
	xics_source_set_level(f->x, MSI, true);
	assert_true(f->sink.line[1]);
	/* what it had not taken goes to the one that stays */
	xics_disconnect(f->x, 1, 0);
	assert_false(f->sink.line[1]);
	assert_true(f->sink.line[0]);
	assert_int_equal(accept(f, 0), 0xff000000 | MSI);
	assert_int_equal(xics_eoi(f->x, 0, 0xff000000 | MSI), 0);
	assert_int_equal(get_source(f, LSI), word(0, 5, LEVEL));
	/* nobody is there */
	assert_int_equal(xics_set_mfrr(f->x, 1, 4), -EINVAL);
	assert_int_equal(xics_poll(f->x, 1, &xirr, &mfrr), -EINVAL);
	assert_int_equal(xics_set_cppr(f->x, 1, 0xff), -EINVAL);
	assert_int_equal(xics_accept(f->x, 1, &xirr), -EINVAL);
	assert_int_equal(xics_set_xive(f->x, MSI, 1, 5), -EINVAL);
	xics_disconnect(f->x, 1, 0); /* again: nothing happens */
	/* a fresh one */
	assert_int_equal(kdev_connect(f->k, 1), 0);
	assert_int_equal(get_icp(f, 1), icp_word(0, 0, 0xff, 0xff));
	/* without an heir, events wait until the guest names a server */
	open_all(f);
	xics_set_cppr(f->x, 1, 0);
	xics_source_set_level(f->x, LSI, true);
	xics_source_set_level(f->x, MSI2, true);
	xics_disconnect(f->x, 1, 1);
	assert_int_equal(get_source(f, MSI2), word(1, 0xff, MASKED | PENDING | PRESENTED));
	assert_false(f->sink.line[0] || f->sink.line[1]);
	assert_int_equal(xics_set_xive(f->x, MSI2, 0, 5), 0);
	assert_int_equal(accept(f, 0), 0xff000000 | MSI2);
	xics_set_cppr(f->x, 0, 0xff);
	assert_int_equal(xics_set_xive(f->x, LSI, 0, 5), 0);
	assert_int_equal(accept(f, 0), 0xff000000 | LSI);
}

static void test_guest_errors(void **state)
{
	struct fixture *f = *state;
	u32 a, b;
	u8 c;

	open_all(f);
	assert_int_equal(xics_set_xive(f->x, 15, 0, 0), -EINVAL);
	assert_int_equal(xics_set_xive(f->x, ~0u, 0, 0), -EINVAL);
	assert_int_equal(xics_set_xive(f->x, 20, 0, 0), -EINVAL);
	assert_int_equal(xics_set_xive(f->x, MSI, 2, 0), -EINVAL);
	assert_int_equal(xics_set_xive(f->x, MSI, 0, 0x100), -EINVAL);
	assert_int_equal(xics_get_xive(f->x, 64, &a, &b), -EINVAL);
	assert_int_equal(xics_int_off(f->x, 19), -EINVAL);
	assert_int_equal(xics_int_on(f->x, 19), -EINVAL);
	assert_int_equal(xics_accept(f->x, 2, &a), -EINVAL);
	assert_int_equal(xics_set_cppr(f->x, ~0u, 0), -EINVAL);
	assert_int_equal(xics_set_mfrr(f->x, 4, 0), -EINVAL);
	assert_int_equal(xics_poll(f->x, 3, &a, &c), -EINVAL);
	assert_int_equal(xics_eoi(f->x, 1, 0xff000013), -EINVAL);
	assert_int_equal(xics_eoi(f->x, 1, 0xfffffffe), -EINVAL);
	assert_int_equal(xics_eoi(f->x, 2, 0xff000010), -EINVAL);
	/* EOI of what was not accepted changes nothing but CPPR */
	xics_source_set_level(f->x, MSI, true);
	assert_int_equal(xics_eoi(f->x, 1, 0x80000000 | MSI), 0);
	assert_int_equal(get_icp(f, 1), icp_word(0x80, MSI, 0xff, 5));
	assert_int_equal(get_source(f, MSI), word(1, 5, PRESENTED));
	xics_source_set_level(f->x, 3, true);
	xics_source_set_level(f->x, 1 << 30, true);
}

static void test_attr_sources(void **state)
{
	struct fixture *f = *state;
	u64 w = word(1, 5, 0);

	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, 15, &w), -ENOENT);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, 1 << 20, &w), -ENOENT);
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, 15, &w), -ENOENT);
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, 40, &w), -ENOENT);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, 64, &w), -ENOMEM);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, 20, NULL), -EFAULT);
	assert_int_equal(kdev_has_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, 0xfffff), 0);
	assert_int_equal(kdev_has_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, 15), -ENXIO);
	w = word(2, 5, MASKED);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, 20, &w), -EINVAL);
	w = word(2, 0xff, MASKED);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XICS_GRP_SOURCES, 20, &w), 0);
	assert_int_equal(get_source(f, 20), w);
	/* pending is sent; a word with PENDING alone is presented as well */
	xics_set_cppr(f->x, 1, 0xff);
	set_source(f, 21, word(1, 5, PENDING));
	assert_true(f->sink.line[1]);
	assert_int_equal(get_source(f, 21), word(1, 5, PRESENTED));
	/* Linux's word of an asserted level source */
	set_source(f, 22, word(1, 2, LEVEL | PENDING | PRESENTED));
	assert_int_equal(get_icp(f, 1), icp_word(0xff, 22, 0xff, 2));
	assert_int_equal(get_source(f, 22), word(1, 2, LEVEL | PENDING | PRESENTED | QUEUED));
}

static void test_attr_ctrl(void **state)
{
	struct fixture *f = *state;
	struct xics_config cfg = { .sink = test_sink_of(&f->sink),
				   .n_servers = 4,
				   .n_sources = 64 };
	struct xics *x;
	u32 n = 5;

	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XICS_GRP_CTRL, KVM_DEV_XICS_NR_SERVERS, &n),
			 -EINVAL);
	n = 4;
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XICS_GRP_CTRL, KVM_DEV_XICS_NR_SERVERS, &n),
			 -EBUSY);
	assert_int_equal(kdev_get_attr(f->k, KVM_DEV_XICS_GRP_CTRL, KVM_DEV_XICS_NR_SERVERS, &n),
			 -ENXIO);
	assert_int_equal(kdev_set_attr(f->k, KVM_DEV_XICS_GRP_CTRL, 2, &n), -ENXIO);
	assert_int_equal(kdev_connect(f->k, 4), -EINVAL);
	assert_int_equal(kdev_connect(f->k, 0), -EEXIST);
	x = xics_new(&cfg, NULL);
	n = 1;
	assert_int_equal(
		kdev_set_attr(xics_kdev(x), KVM_DEV_XICS_GRP_CTRL, KVM_DEV_XICS_NR_SERVERS, &n), 0);
	assert_int_equal(kdev_connect(xics_kdev(x), 1), -EINVAL);
	xics_free(x);
	cfg.n_sources = 16;
	assert_null(xics_new(&cfg, NULL));
}

static void test_icp_state(void **state)
{
	struct fixture *f = *state;
	u64 w;

	assert_int_equal(get_icp(f, 0), icp_word(0, 0, 0xff, 0xff));
	assert_int_equal(set_icp(f, 0, icp_word(0xff, 0, 0xff, 5)), -EINVAL);
	assert_int_equal(set_icp(f, 0, icp_word(0xff, XICS_IPI, 4, 5)), -EINVAL);
	assert_int_equal(set_icp(f, 0, icp_word(4, XICS_IPI, 4, 4)), -EINVAL);
	assert_int_equal(set_icp(f, 0, icp_word(0xff, MSI, 5, 5)), -EINVAL);
	assert_int_equal(set_icp(f, 0, icp_word(5, MSI, 0xff, 5)), -EINVAL);
	assert_int_equal(set_icp(f, 0, icp_word(0xff, 64, 0xff, 5)), -EINVAL);
	assert_int_equal(set_icp(f, 0, icp_word(0xff, 3, 0xff, 5)), -EINVAL);
	assert_int_equal(set_icp(f, 2, icp_word(0, 0, 0xff, 0xff)), -ENXIO);
	assert_int_equal(kdev_get_reg(f->k, 2, KVM_REG_PPC_ICP_STATE, &w), -ENXIO);
	assert_false(f->sink.line[0]);
	w = icp_word(0xff, MSI, 0xff, 5);
	assert_int_equal(set_icp(f, 0, w | 0x1234), 0); /* the unused bits */
	assert_int_equal(get_icp(f, 0), w);
	assert_true(f->sink.line[0]);
	assert_int_equal(set_icp(f, 0, icp_word(0xff, XICS_IPI, 4, 4)), 0);
	assert_int_equal(accept(f, 0), 0xff000002);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_edge),	   T(test_level),     T(test_priorities),   T(test_ipi),
		T(test_mask),	   T(test_reset),     T(test_guest_errors), T(test_attr_sources),
		T(test_attr_ctrl), T(test_icp_state), T(test_disconnect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
