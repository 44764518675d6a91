// SPDX-License-Identifier: Apache-2.0
/*
 * Interrupt controllers as a VMM without KVM uses them: KVM's sequences and the
 * errno of each wrong request for XICS and XIVE, events through both, and a
 * save and restore into a second device by attributes alone. Public headers
 * and libhypar.so only.
 *
 * One line a check, "ok NAME" or "FAIL NAME"; status 1 when one failed.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypar/hypar.h"
#include "hypar/kvm.h"

#define RAM_BASE 0x40000000ULL
#define RAM_SIZE 0x40000ULL
#define N_SERVERS 4u
#define N_SOURCES 0x40u
#define N_PRIO 7u

#define SERVER(n) ((uint64_t)(n) << KVM_XIVE_EQ_SERVER_SHIFT)
#define PRIO(n) ((uint64_t)(n) << KVM_XICS_PRIORITY_SHIFT)

static unsigned int n_failed;

/* The host's side of a device. */
struct box {
	hypar_irqdev *d;
	uint8_t *ram;
	bool external[N_SERVERS];
	unsigned int n_calls;
};

static void check(bool ok, const char *name)
{
	printf("%s %s\n", ok ? "ok" : "FAIL", name);
	n_failed += !ok;
}

/* An answer: 0 or a negative errno. */
static void answer(long long got, long long want, const char *name)
{
	if (got != want)
		printf("# %lld (%s), not %lld (%s)\n", got, strerror(-(int)got), want,
		       strerror(-(int)want));
	check(got == want, name);
}

static void value(uint64_t got, uint64_t want, const char *name)
{
	if (got != want)
		printf("# 0x%llx, not 0x%llx\n", (unsigned long long)got, (unsigned long long)want);
	check(got == want, name);
}

static void set_external(void *opaque, uint32_t server, bool level)
{
	struct box *b = opaque;

	b->external[server] = level;
	b->n_calls++;
}

static hypar_irqdev *make(struct box *b, uint32_t type)
{
	struct hypar_ram ram = { RAM_BASE, RAM_SIZE, b->ram };
	struct hypar_irqdev_config c = {
		.type = type,
		.n_servers = N_SERVERS,
		.n_sources = N_SOURCES,
		.ram = &ram,
		.n_ram = 1,
		.set_external = set_external,
		.opaque = b,
	};
	struct hypar_err e = { 0 };

	memset(b->external, 0, sizeof(b->external));
	b->n_calls = 0;
	b->d = hypar_irqdev_new(&c, &e);
	if (!b->d) {
		printf("# %s\nFAIL a device of type %u\n", e.text, type);
		exit(1);
	}
	return b->d;
}

static void connect_all(hypar_irqdev *d)
{
	for (uint32_t i = 0; i < N_SERVERS; i++)
		if (hypar_irqdev_connect(d, i))
			check(false, "connect");
}

static int set64(hypar_irqdev *d, uint32_t group, uint64_t attr, uint64_t v)
{
	return hypar_irqdev_set_attr(d, group, attr, &v);
}

static uint64_t get64(hypar_irqdev *d, uint32_t group, uint64_t attr)
{
	uint64_t v = 0;

	return hypar_irqdev_get_attr(d, group, attr, &v) ? ~0ULL : v;
}

/* ---- creation ---- */

static int try_new(struct hypar_irqdev_config c)
{
	struct hypar_err e = { 0 };
	hypar_irqdev *d = hypar_irqdev_new(&c, &e);

	hypar_irqdev_free(d);
	return !d && !e.text[0] ? -1000 : e.code;
}

static void check_new(struct box *b)
{
	struct hypar_ram ram[2] = { { RAM_BASE, RAM_SIZE, b->ram }, { RAM_BASE, 0x10000, b->ram } };
	struct hypar_irqdev_config c = { .type = KVM_DEV_TYPE_XIVE,
					 .n_servers = 1,
					 .n_sources = 32,
					 .ram = ram,
					 .n_ram = 1 };

	answer(try_new(c), 0, "new: without a callback");
	c.n_ram = 2;
	answer(try_new(c), -EEXIST, "new: RAM overlaps");
	ram[1].addr = 0x8000;
	answer(try_new(c), -EINVAL, "new: RAM not aligned");
	ram[1].addr = 0;
	ram[1].host = b->ram + 4;
	answer(try_new(c), -EINVAL, "new: the host's memory not aligned");
	ram[1].host = NULL;
	answer(try_new(c), -EINVAL, "new: no memory");
	c.n_ram = 0;
	c.ram = NULL;
	answer(try_new(c), 0, "new: without RAM");
	c.type = 4;
	answer(try_new(c), -ENODEV, "new: no such type");
	c.type = KVM_DEV_TYPE_XICS;
	answer(try_new(c), 0, "new: XICS");
	c.n_sources = 16;
	answer(try_new(c), -EINVAL, "new: XICS without sources");
	c.n_sources = 32;
	c.n_servers = 0;
	answer(try_new(c), -EINVAL, "new: no servers");
	check(!hypar_irqdev_new(&c, NULL), "new: no error wanted");
	hypar_irqdev_free(NULL);
	memset(b->ram, 0x77, RAM_SIZE);
	hypar_irqdev_free(make(b, KVM_DEV_TYPE_XIVE));
	check(b->ram[0] == 0x77 && b->ram[RAM_SIZE - 1] == 0x77, "free leaves the caller's RAM");
}

/* ---- both: control, connecting ---- */

static void check_servers(hypar_irqdev *d, uint32_t group, uint64_t attr)
{
	uint32_t n = N_SERVERS + 1;

	answer(hypar_irqdev_has_attr(d, group, attr), 0, "NR_SERVERS: has");
	answer(hypar_irqdev_get_attr(d, group, attr, &n), -ENXIO, "NR_SERVERS: cannot be read");
	answer(hypar_irqdev_set_attr(d, group, attr, NULL), -EFAULT, "NR_SERVERS: no value");
	answer(hypar_irqdev_set_attr(d, group, attr, &n), -EINVAL, "NR_SERVERS: too many");
	n = 0;
	answer(hypar_irqdev_set_attr(d, group, attr, &n), -EINVAL, "NR_SERVERS: none");
	n = 2;
	answer(hypar_irqdev_set_attr(d, group, attr, &n), 0, "NR_SERVERS");
	answer(hypar_irqdev_connect(d, 2), -EINVAL, "connect: beyond NR_SERVERS");
	n = N_SERVERS;
	answer(hypar_irqdev_set_attr(d, group, attr, &n), 0, "NR_SERVERS: again");
	answer(hypar_irqdev_connect(d, 2), 0, "connect");
	answer(hypar_irqdev_connect(d, 2), -EEXIST, "connect: twice");
	answer(hypar_irqdev_connect(d, N_SERVERS), -EINVAL, "connect: number too high");
	answer(hypar_irqdev_set_attr(d, group, attr, &n), -EBUSY, "NR_SERVERS: too late");
	n = 0;
	answer(hypar_irqdev_set_attr(d, group, attr, &n), -EINVAL, "NR_SERVERS: EINVAL first");
	answer(hypar_irqdev_has_attr(d, 0x77, 0), -ENXIO, "has: no such group");
	answer(set64(d, 0x77, 0, 0), -ENXIO, "set: no such group");
	answer(hypar_irqdev_get_attr(d, 0x77, 0, &n), -ENXIO, "get: no such group");
	answer(hypar_irqdev_has_attr(d, group, 0x77), -ENXIO, "has: no such attribute");
	answer(set64(d, group, 0x77, 0), -ENXIO, "set: no such attribute");
}

/* ---- XICS ---- */

#define XICS_WORD(server, prio) ((uint64_t)(server) | PRIO(prio))

static int xics_set(hypar_irqdev *d, uint64_t source, uint64_t word)
{
	return set64(d, KVM_DEV_XICS_GRP_SOURCES, source, word);
}

static uint64_t xics_get(hypar_irqdev *d, uint64_t source)
{
	return get64(d, KVM_DEV_XICS_GRP_SOURCES, source);
}

static void check_xics_sources(hypar_irqdev *d)
{
	const uint32_t g = KVM_DEV_XICS_GRP_SOURCES;
	uint64_t v;

	answer(hypar_irqdev_has_attr(d, g, 15), -ENXIO, "SOURCES: has 15");
	answer(hypar_irqdev_has_attr(d, g, 16), 0, "SOURCES: has 16");
	answer(hypar_irqdev_has_attr(d, g, 0xfffff), 0, "SOURCES: has 0xfffff");
	answer(hypar_irqdev_has_attr(d, g, 0x100000), -ENXIO, "SOURCES: has 0x100000");
	answer(xics_set(d, 15, XICS_WORD(0, 4)), -ENOENT, "SOURCES: set 15");
	answer(xics_set(d, 0x100000, XICS_WORD(0, 4)), -ENOENT, "SOURCES: set 0x100000");
	answer(xics_set(d, N_SOURCES, XICS_WORD(0, 4)), -ENOMEM, "SOURCES: no room");
	answer(hypar_irqdev_set_attr(d, g, 16, NULL), -EFAULT, "SOURCES: set, no value");
	answer(xics_set(d, 16, XICS_WORD(N_SERVERS, 4)), -EINVAL, "SOURCES: no such server");
	answer(hypar_irqdev_get_attr(d, g, 16, &v), -ENOENT, "SOURCES: get, no such source");
	answer(hypar_irqdev_get_attr(d, g, 15, &v), -ENOENT, "SOURCES: get 15");
	answer(xics_set(d, 16, XICS_WORD(1, 4)), 0, "SOURCES: set");
	answer(hypar_irqdev_get_attr(d, g, 16, NULL), -EFAULT, "SOURCES: get, no value");
	value(xics_get(d, 16), XICS_WORD(1, 4), "SOURCES: get");
	v = XICS_WORD(2, 0xff) | KVM_XICS_MASKED | KVM_XICS_LEVEL_SENSITIVE;
	answer(xics_set(d, 17, v), 0, "SOURCES: masked level source");
	value(xics_get(d, 17), v, "SOURCES: get it");
}

static uint64_t icp_word(uint8_t cppr, uint32_t xisr, uint8_t mfrr, uint8_t ppri)
{
	return (uint64_t)cppr << KVM_REG_PPC_ICP_CPPR_SHIFT |
	       (uint64_t)xisr << KVM_REG_PPC_ICP_XISR_SHIFT |
	       (uint64_t)mfrr << KVM_REG_PPC_ICP_MFRR_SHIFT |
	       (uint64_t)ppri << KVM_REG_PPC_ICP_PPRI_SHIFT;
}

static int icp_set(hypar_irqdev *d, uint32_t server, uint64_t v)
{
	return hypar_irqdev_set_reg(d, server, KVM_REG_PPC_ICP_STATE, &v);
}

static uint64_t icp_get(hypar_irqdev *d, uint32_t server)
{
	uint64_t v = 0;

	return hypar_irqdev_get_reg(d, server, KVM_REG_PPC_ICP_STATE, &v) ? ~0ULL : v;
}

static void check_icp(hypar_irqdev *d)
{
	uint64_t id = KVM_REG_PPC_ICP_STATE, v = 0;

	answer(hypar_irqdev_get_reg(d, 0, id + 1, &v), -EINVAL, "ICP_STATE: no such id");
	answer(hypar_irqdev_set_reg(d, 0, KVM_REG_PPC_VP_STATE, &v), -EINVAL,
	       "ICP_STATE: not XIVE's");
	answer(hypar_irqdev_get_reg(d, 0, id, NULL), -EFAULT, "ICP_STATE: get, no value");
	answer(hypar_irqdev_set_reg(d, 0, id, NULL), -EFAULT, "ICP_STATE: set, no value");
	answer(hypar_irqdev_get_reg(d, N_SERVERS, id, &v), -ENXIO, "ICP_STATE: get, no server");
	answer(icp_set(d, N_SERVERS, icp_word(0, 0, 0xff, 0xff)), -ENXIO,
	       "ICP_STATE: set, no server");
	value(icp_get(d, 0), icp_word(0, 0, 0xff, 0xff), "ICP_STATE: at first");
	answer(icp_set(d, 0, icp_word(0xff, 0, 0xff, 4)), -EINVAL, "ICP_STATE: XISR 0, PPRI 4");
	answer(icp_set(d, 0, icp_word(0xff, 2, 5, 4)), -EINVAL, "ICP_STATE: IPI, PPRI not MFRR");
	answer(icp_set(d, 0, icp_word(4, 2, 4, 4)), -EINVAL, "ICP_STATE: IPI, PPRI not below CPPR");
	answer(icp_set(d, 0, icp_word(4, 16, 0xff, 4)), -EINVAL, "ICP_STATE: PPRI not below CPPR");
	answer(icp_set(d, 0, icp_word(0xff, 16, 4, 4)), -EINVAL, "ICP_STATE: PPRI not below MFRR");
	answer(icp_set(d, 0, icp_word(0xff, N_SOURCES, 0xff, 4)), -EINVAL,
	       "ICP_STATE: no such source");
	answer(icp_set(d, 0, icp_word(0xff, 2, 4, 4)), 0, "ICP_STATE: an IPI");
	value(icp_get(d, 0), icp_word(0xff, 2, 4, 4), "ICP_STATE: the IPI is there");
	answer(icp_set(d, 0, icp_word(0, 0, 0xff, 0xff)), 0, "ICP_STATE: as new");
}

static void check_xics_events(struct box *b)
{
	hypar_irqdev *d = b->d;
	struct hypar_xics_route r = { 0 };
	uint32_t xirr = 0;
	uint8_t mfrr = 0;

	answer(hypar_xics_set_cppr(d, 1, 0xff), 0, "H_CPPR");
	answer(hypar_irqdev_set_irq(d, 16, true), 0, "trigger");
	check(b->external[1] && !b->external[0], "trigger: the input is high");
	answer(hypar_xics_poll(d, 1, &xirr, &mfrr), 0, "H_IPOLL");
	value(xirr, 0xff000010, "H_IPOLL: XIRR");
	value(mfrr, 0xff, "H_IPOLL: MFRR");
	value(xics_get(d, 16), XICS_WORD(1, 4) | KVM_XICS_PRESENTED, "SOURCES: presented");
	answer(hypar_irqdev_set_irq(d, 16, true), 0, "trigger again");
	value(xics_get(d, 16), XICS_WORD(1, 4) | KVM_XICS_PRESENTED | KVM_XICS_QUEUED,
	      "SOURCES: queued");
	answer(hypar_xics_accept(d, 1, &xirr), 0, "H_XIRR");
	value(xirr, 0xff000010, "H_XIRR: XIRR");
	check(!b->external[1], "H_XIRR: the input is low");
	answer(hypar_xics_accept(d, 1, &xirr), 0, "H_XIRR: there is none");
	value(xirr, 0x04000000, "H_XIRR: CPPR is the priority");
	answer(hypar_xics_eoi(d, 1, 0xff000010), 0, "H_EOI");
	check(b->external[1], "H_EOI: the queued one comes");
	hypar_xics_accept(d, 1, &xirr);
	answer(hypar_xics_eoi(d, 1, 0xff000010), 0, "H_EOI: second");
	check(!b->external[1], "H_EOI: none is left");
	answer(hypar_xics_eoi(d, 1, 0xff000012), -EINVAL, "H_EOI: no such source");
	answer(hypar_xics_ipi(d, 1, 5), 0, "H_IPI");
	check(b->external[1], "H_IPI: the input is high");
	hypar_xics_accept(d, 1, &xirr);
	value(xirr, 0xff000002, "H_IPI: XIRR");
	hypar_xics_ipi(d, 1, 0xff);
	answer(hypar_xics_eoi(d, 1, 0xff000002), 0, "H_EOI: IPI");
	check(!b->external[1], "H_EOI: the IPI is over");
	answer(hypar_xics_accept(d, N_SERVERS, &xirr), -EINVAL, "H_XIRR: no such server");
	answer(hypar_xics_set_cppr(d, N_SERVERS, 0), -EINVAL, "H_CPPR: no such server");
	answer(hypar_xics_eoi(d, N_SERVERS, 2), -EINVAL, "H_EOI: no such server");
	answer(hypar_xics_ipi(d, N_SERVERS, 0), -EINVAL, "H_IPI: no such server");
	answer(hypar_xics_poll(d, N_SERVERS, &xirr, &mfrr), -EINVAL, "H_IPOLL: no such server");
	answer(hypar_irqdev_set_irq(d, 18, true), -EINVAL, "set_irq: no such source");
	answer(hypar_xics_get_xive(d, 16, &r), 0, "get-xive");
	check(r.server == 1 && r.priority == 4, "get-xive: answers");
	r = (struct hypar_xics_route){ 3, 7 };
	answer(hypar_xics_set_xive(d, 16, &r), 0, "set-xive");
	answer(hypar_xics_set_xive(d, 18, &r), -EINVAL, "set-xive: no such source");
	answer(hypar_xics_int_off(d, 16), 0, "int-off");
	value(xics_get(d, 16), XICS_WORD(3, 7) | KVM_XICS_MASKED, "int-off: masked");
	hypar_irqdev_set_irq(d, 16, true);
	check(!b->external[3], "int-off: nothing comes");
	value(xics_get(d, 16),
	      XICS_WORD(3, 7) | KVM_XICS_MASKED | KVM_XICS_PENDING | KVM_XICS_PRESENTED,
	      "int-off: pending");
	hypar_xics_set_cppr(d, 3, 0xff);
	answer(hypar_xics_int_on(d, 16), 0, "int-on");
	check(b->external[3], "int-on: it comes");
}

/* All words of one device into another. */
static void copy_xics(hypar_irqdev *from, hypar_irqdev *to)
{
	for (uint64_t i = 16; i < N_SOURCES; i++) {
		uint64_t v;

		if (!hypar_irqdev_get_attr(from, KVM_DEV_XICS_GRP_SOURCES, i, &v) &&
		    xics_set(to, i, v))
			check(false, "restore a source");
	}
	for (uint32_t i = 0; i < N_SERVERS; i++)
		if (icp_set(to, i, icp_get(from, i)))
			check(false, "restore an ICP");
}

static void check_xics_state(struct box *b)
{
	struct box b2 = { .ram = b->ram };
	uint32_t xirr = 0;
	bool same = true;

	hypar_irqdev_set_irq(b->d, 16, true); /* queued behind the presented one */
	hypar_xics_set_cppr(b->d, 2, 0xff);
	hypar_xics_ipi(b->d, 2, 3);
	hypar_xics_set_xive(b->d, 17, &(struct hypar_xics_route){ 2, 6 });
	hypar_irqdev_set_irq(b->d, 17, true); /* refused by server 2: waits */
	make(&b2, KVM_DEV_TYPE_XICS);
	connect_all(b2.d);
	copy_xics(b->d, b2.d);
	for (uint32_t i = 16; i < N_SOURCES; i++)
		same &= xics_get(b->d, i) == xics_get(b2.d, i);
	for (uint32_t i = 0; i < N_SERVERS; i++)
		same &= icp_get(b->d, i) == icp_get(b2.d, i);
	check(same, "restored: the same words");
	check(!memcmp(b->external, b2.external, sizeof(b2.external)), "restored: the same inputs");
	hypar_xics_accept(b2.d, 3, &xirr);
	value(xirr, 0xff000010, "restored: the presented one is accepted");
	hypar_xics_eoi(b2.d, 3, 0xff000010);
	check(b2.external[3], "restored: the queued one comes");
	hypar_xics_accept(b2.d, 2, &xirr);
	value(xirr, 0xff000002, "restored: the IPI is accepted");
	hypar_xics_ipi(b2.d, 2, 0xff);
	hypar_xics_eoi(b2.d, 2, 0xff000002);
	hypar_xics_accept(b2.d, 2, &xirr);
	value(xirr, 0xff000011, "restored: the level source follows");
	hypar_irqdev_set_irq(b2.d, 17, false);
	hypar_xics_eoi(b2.d, 2, 0xff000011);
	check(!b2.external[2], "restored: its line is low, it is over");
	hypar_irqdev_free(b2.d);
}

static void check_xics(struct box *b)
{
	struct hypar_irqdev_access a = { 0, 8, HYPAR_XIVE_TIMA_OS };
	uint64_t v = 0;

	make(b, KVM_DEV_TYPE_XICS);
	value(hypar_irqdev_type(b->d), KVM_DEV_TYPE_XICS, "XICS: type");
	check_servers(b->d, KVM_DEV_XICS_GRP_CTRL, KVM_DEV_XICS_NR_SERVERS);
	hypar_irqdev_free(b->d);
	connect_all(make(b, KVM_DEV_TYPE_XICS));
	answer(hypar_irqdev_load(b->d, &a, &v), -ENODEV, "XICS: no pages to load from");
	answer(hypar_irqdev_store(b->d, &a, 0), -ENODEV, "XICS: no pages to store to");
	check_xics_sources(b->d);
	check_icp(b->d);
	check_xics_events(b);
	check_xics_state(b);
	hypar_irqdev_free(b->d);
}

/* ---- XIVE ---- */

#define QUEUE (RAM_BASE + 0x10000)
#define XIVE_WORD(server, prio, eisn)                                            \
	((uint64_t)(prio) | (uint64_t)(server) << KVM_XIVE_SOURCE_SERVER_SHIFT | \
	 (uint64_t)(eisn) << KVM_XIVE_SOURCE_EISN_SHIFT)

static int eq_set(hypar_irqdev *d, uint64_t attr, const struct kvm_ppc_xive_eq *eq)
{
	return hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_EQ_CONFIG, attr, eq);
}

static int eq_get(hypar_irqdev *d, uint64_t attr, struct kvm_ppc_xive_eq *eq)
{
	return hypar_irqdev_get_attr(d, KVM_DEV_XIVE_GRP_EQ_CONFIG, attr, eq);
}

static const struct kvm_ppc_xive_eq good_eq = { .flags = KVM_XIVE_EQ_ALWAYS_NOTIFY,
						.qshift = 16,
						.qaddr = QUEUE,
						.qtoggle = 1 };

static void check_xive_sources(hypar_irqdev *d)
{
	const uint32_t g = KVM_DEV_XIVE_GRP_SOURCE, c = KVM_DEV_XIVE_GRP_SOURCE_CONFIG;
	uint64_t v;

	answer(hypar_irqdev_has_attr(d, g, 0), 0, "SOURCE: has 0");
	answer(hypar_irqdev_has_attr(d, g, 0xfffff), 0, "SOURCE: has 0xfffff");
	answer(hypar_irqdev_has_attr(d, g, 0x100000), -ENXIO, "SOURCE: has 0x100000");
	answer(set64(d, g, 0x100000, 0), -E2BIG, "SOURCE: set 0x100000");
	answer(set64(d, g, N_SOURCES, 0), -ENOMEM, "SOURCE: no room");
	answer(hypar_irqdev_set_attr(d, g, 1, NULL), -EFAULT, "SOURCE: set, no value");
	answer(hypar_irqdev_get_attr(d, g, 1, &v), -ENOENT, "SOURCE: get, no such source");
	answer(set64(d, c, 1, 0), -EINVAL, "SOURCE_CONFIG: no such source");
	answer(set64(d, g, 1, 0), 0, "SOURCE: an MSI");
	answer(set64(d, g, 2, KVM_XIVE_LEVEL_SENSITIVE), 0, "SOURCE: an LSI");
	value(get64(d, g, 2), KVM_XIVE_LEVEL_SENSITIVE, "SOURCE: get");
	hypar_irqdev_set_irq(d, 2, true);
	value(get64(d, g, 2), KVM_XIVE_LEVEL_SENSITIVE | KVM_XIVE_LEVEL_ASSERTED,
	      "SOURCE: asserted");
	hypar_irqdev_set_irq(d, 2, false);
	check(get64(d, c, 1) & KVM_XIVE_SOURCE_MASKED_MASK, "SOURCE: new ones are masked");
	answer(hypar_irqdev_has_attr(d, c, 0xfffff), 0, "SOURCE_CONFIG: has");
	answer(set64(d, c, 0x100000, 0), -ENOENT, "SOURCE_CONFIG: 0x100000");
	answer(set64(d, c, N_SOURCES, 0), -ENOENT, "SOURCE_CONFIG: beyond all sources");
	answer(hypar_irqdev_set_attr(d, c, 1, NULL), -EFAULT, "SOURCE_CONFIG: no value");
	answer(set64(d, c, 1, XIVE_WORD(0, 7, 0)), -EINVAL, "SOURCE_CONFIG: priority 7");
	answer(set64(d, c, 1, XIVE_WORD(N_SERVERS, 6, 0)), -EINVAL, "SOURCE_CONFIG: no server");
	answer(set64(d, c, 1, XIVE_WORD(3, 6, 0)), -ENXIO, "SOURCE_CONFIG: no queue");
	v = XIVE_WORD(3, 6, 9) | KVM_XIVE_SOURCE_MASKED_MASK;
	answer(set64(d, c, 1, v), 0, "SOURCE_CONFIG: masked, no queue");
	value(get64(d, c, 1), v, "SOURCE_CONFIG: get");
}

static void check_xive_queues(hypar_irqdev *d)
{
	uint64_t at = SERVER(1) | 6;
	struct kvm_ppc_xive_eq eq = good_eq, got;

	memset(&got, 0x55, sizeof(got));
	answer(eq_get(d, at, &got), 0, "EQ_CONFIG: get, none there");
	check(got.qshift == 0x55555555, "EQ_CONFIG: nothing is written");
	answer(hypar_irqdev_has_attr(d, KVM_DEV_XIVE_GRP_EQ_CONFIG, at), 0, "EQ_CONFIG: has");
	answer(eq_set(d, SERVER(N_SERVERS) | 6, &eq), -ENOENT, "EQ_CONFIG: no such server");
	answer(eq_get(d, SERVER(N_SERVERS) | 6, &got), -ENOENT, "EQ_CONFIG: get, no such server");
	answer(eq_set(d, SERVER(1) | 7, &eq), -EINVAL, "EQ_CONFIG: priority 7");
	answer(eq_get(d, SERVER(1) | 7, &got), -EINVAL, "EQ_CONFIG: get, priority 7");
	answer(eq_set(d, at, NULL), -EFAULT, "EQ_CONFIG: no value");
	eq.flags = 0;
	answer(eq_set(d, at, &eq), -EINVAL, "EQ_CONFIG: flags 0");
	eq.flags = 3;
	answer(eq_set(d, at, &eq), -EINVAL, "EQ_CONFIG: flags 3");
	eq = good_eq;
	for (uint32_t shift = 1; shift < 32; shift++) {
		eq.qshift = shift;
		if (shift != 16 && eq_set(d, at, &eq) != -EINVAL)
			check(false, "EQ_CONFIG: size");
	}
	eq = good_eq;
	eq.qaddr += 0x1000;
	answer(eq_set(d, at, &eq), -EINVAL, "EQ_CONFIG: address not aligned");
	eq.qaddr = RAM_BASE + RAM_SIZE;
	answer(eq_set(d, at, &eq), -EINVAL, "EQ_CONFIG: not RAM");
	eq = good_eq;
	eq.qtoggle = 0;
	eq.qindex = 0x3ffe;
	answer(eq_set(d, at, &eq), 0, "EQ_CONFIG: set");
	answer(eq_get(d, at, NULL), -EFAULT, "EQ_CONFIG: get, no value");
	answer(eq_get(d, at, &got), 0, "EQ_CONFIG: get");
	check(!memcmp(&got, &eq, sizeof(eq)), "EQ_CONFIG: what was set, toggle and index too");
	eq = (struct kvm_ppc_xive_eq){ 0 };
	answer(eq_set(d, at, &eq), 0, "EQ_CONFIG: size 0 takes it away");
	memset(&got, 0x55, sizeof(got));
	check(!eq_get(d, at, &got) && got.qshift == 0x55555555, "EQ_CONFIG: it is gone");
}

static void check_xive_rest(hypar_irqdev *d)
{
	uint64_t vp[2] = { 0 };

	answer(set64(d, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_EQ_SYNC, 0), 0, "EQ_SYNC");
	answer(hypar_irqdev_get_attr(d, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_EQ_SYNC, vp), -ENXIO,
	       "EQ_SYNC: cannot be read");
	answer(hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE_SYNC, 1, NULL), 0, "SOURCE_SYNC");
	answer(hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE_SYNC, 3, NULL), -EINVAL,
	       "SOURCE_SYNC: no such source");
	answer(hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE_SYNC, 0x100000, NULL), -ENOENT,
	       "SOURCE_SYNC: beyond all sources");
	answer(hypar_irqdev_get_reg(d, 0, KVM_REG_PPC_ICP_STATE, vp), -EINVAL,
	       "VP_STATE: not XICS's");
	answer(hypar_irqdev_get_reg(d, N_SERVERS, KVM_REG_PPC_VP_STATE, vp), -ENXIO,
	       "VP_STATE: no such server");
	answer(hypar_irqdev_get_reg(d, 0, KVM_REG_PPC_VP_STATE, NULL), -EFAULT,
	       "VP_STATE: no value");
	answer(hypar_irqdev_set_reg(d, 0, KVM_REG_PPC_VP_STATE, NULL), -EFAULT,
	       "VP_STATE: set, no value");
	answer(hypar_irqdev_set_reg(d, N_SERVERS, KVM_REG_PPC_VP_STATE, vp), -ENXIO,
	       "VP_STATE: set, no such server");
}

static uint64_t load(hypar_irqdev *d, uint32_t server, uint64_t at, uint32_t size)
{
	struct hypar_irqdev_access a = { server, size, at };
	uint64_t v = 0;

	if (hypar_irqdev_load(d, &a, &v))
		check(false, "load");
	return v;
}

static int try_load(hypar_irqdev *d, uint32_t server, uint64_t at, uint32_t size)
{
	struct hypar_irqdev_access a = { server, size, at };
	uint64_t v = 0;

	return hypar_irqdev_load(d, &a, &v);
}

static int store(hypar_irqdev *d, uint32_t server, uint64_t at, uint32_t size, uint64_t v)
{
	return hypar_irqdev_store(d, &(struct hypar_irqdev_access){ server, size, at }, v);
}

static void check_xive_pages(hypar_irqdev *d)
{
	const uint64_t os = HYPAR_XIVE_TIMA_OS;

	answer(try_load(d, 0, os + 0x10, 8), 0, "TIMA: OS page");
	answer(try_load(d, 0, 0x10, 8), -EFAULT, "TIMA: page 0");
	answer(try_load(d, 0, HYPAR_XIVE_PAGE_SIZE + 0x10, 8), -EFAULT, "TIMA: page 1");
	answer(try_load(d, 0, 3 * HYPAR_XIVE_PAGE_SIZE + 0x10, 8), -EFAULT, "TIMA: page 3");
	answer(store(d, 0, 0x11, 1, 0), -EFAULT, "TIMA: store to page 0");
	answer(try_load(d, N_SERVERS, os + 0x10, 8), -EFAULT, "TIMA: no such server");
	answer(try_load(d, 1u << 31, os + 0x10, 8), -EFAULT, "TIMA: not a server number");
	answer(try_load(d, 0, os + 0x10, 3), -EINVAL, "pages: 3 bytes");
	answer(try_load(d, 0, os + 0x10, 0), -EINVAL, "pages: 0 bytes");
	answer(try_load(d, 0, os + 0x10, 16), -EINVAL, "pages: 16 bytes");
	answer(try_load(d, 0, os + 0x12, 4), -EINVAL, "pages: not aligned");
	value(load(d, 0, HYPAR_XIVE_ESB_MANAGE(1) + 0x800, 8), 1, "ESB: a new source is off");
	value(load(d, 0, HYPAR_XIVE_ESB_MANAGE(3) + 0x800, 8), ~0ULL, "ESB: no such source");
	value(load(d, 0, HYPAR_XIVE_ESB_TRIGGER(1), 4), 0xffffffff, "ESB: trigger page");
	answer(try_load(d, 0, HYPAR_XIVE_ESB_MANAGE(0xfffff), 8), 0, "ESB: the last page");
	answer(try_load(d, 0, HYPAR_XIVE_ESB_TRIGGER(0x100000), 8), -EFAULT, "ESB: beyond");
	answer(try_load(d, 0, ~7ULL, 8), -EFAULT, "pages: the last address");
}

static uint32_t entry(const struct box *b, uint64_t queue, uint32_t n)
{
	const uint8_t *p = b->ram + (queue - RAM_BASE) + 4 * n;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A source's trigger, the entry in the caller's RAM, acknowledge, EOI. */
static void check_xive_events(struct box *b)
{
	hypar_irqdev *d = b->d;
	const uint64_t esb = HYPAR_XIVE_ESB_MANAGE(1), os = HYPAR_XIVE_TIMA_OS;
	struct kvm_ppc_xive_eq got;

	memset(b->ram, 0, RAM_SIZE);
	answer(eq_set(d, SERVER(1) | 6, &good_eq), 0, "a queue");
	answer(set64(d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, 1, XIVE_WORD(1, 6, 0x1abcdef)), 0,
	       "a source's queue");
	answer(store(d, 1, os + 0x11, 1, 0xff), 0, "CPPR");
	value(load(d, 0, esb + 0xc00, 8), 1, "unmask: PQ was 01");
	answer(store(d, 0, HYPAR_XIVE_ESB_TRIGGER(1), 8, 0), 0, "trigger by a store");
	check(b->external[1] && !b->external[0], "trigger: the input is high");
	value(entry(b, QUEUE, 0), 0x81abcdef, "trigger: the entry");
	value(load(d, 0, esb + 0x800, 8), 2, "trigger: PQ is 10");
	answer(hypar_irqdev_set_irq(d, 1, true), 0, "trigger by the line");
	value(load(d, 0, esb + 0x800, 8), 3, "trigger: PQ is 11");
	value(entry(b, QUEUE, 1), 0, "trigger: no second entry");
	value(load(d, 1, os + 0x10, 8), 0x80ff02ffff00ff06, "TIMA: the ring");
	value(load(d, 1, os + 0x810, 2), 0x8006, "TIMA: acknowledge");
	check(!b->external[1], "acknowledge: the input is low");
	value(load(d, 1, os + 0x810, 2), 0x0006, "TIMA: nothing to acknowledge");
	value(load(d, 0, esb, 8), 1, "EOI: the other one comes");
	value(entry(b, QUEUE, 1), 0x81abcdef, "EOI: its entry");
	check(!b->external[1], "EOI: CPPR does not admit it");
	store(d, 1, os + 0x11, 1, 0xff);
	check(b->external[1], "CPPR: it is admitted");
	value(load(d, 1, os + 0x810, 2), 0x8006, "TIMA: acknowledge the second");
	answer(store(d, 0, esb + 0x400, 8, 0), 0, "EOI by a store");
	value(load(d, 0, esb + 0x800, 8), 0, "EOI: PQ is 00");
	check(!eq_get(d, SERVER(1) | 6, &got) && got.qindex == 2 && got.qtoggle == 1,
	      "EQ_CONFIG: the index moved");
	answer(hypar_irqdev_set_irq(d, 3, true), -EINVAL, "set_irq: no such source");
	answer(hypar_irqdev_set_irq(d, N_SOURCES, true), -EINVAL, "set_irq: beyond all sources");
	answer(hypar_xics_set_cppr(d, 0, 0), -ENODEV, "XIVE has no H_CPPR");
	store(d, 1, os + 0x11, 1, 0xff);
}

struct xive_saved {
	uint64_t word[N_SOURCES], config[N_SOURCES], pq[N_SOURCES];
	bool exists[N_SOURCES];
	struct kvm_ppc_xive_eq eq[N_SERVERS][N_PRIO];
	uint64_t vp[N_SERVERS][2];
	bool failed;
};

/* The steps of docs/howto/use-irqchips.md, for all of it. */
static void save_xive(hypar_irqdev *d, struct xive_saved *s)
{
	for (uint32_t i = 0; i < N_SOURCES; i++) {
		s->exists[i] = !hypar_irqdev_get_attr(d, KVM_DEV_XIVE_GRP_SOURCE, i, &s->word[i]);
		if (s->exists[i])
			s->pq[i] = load(d, 0, HYPAR_XIVE_ESB_MANAGE(i) + 0xd00, 8);
	}
	s->failed |= set64(d, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_EQ_SYNC, 0);
	for (uint32_t i = 0; i < N_SOURCES; i++)
		if (s->exists[i])
			s->config[i] = get64(d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i);
	for (uint32_t i = 0; i < N_SERVERS; i++) {
		for (uint32_t p = 0; p < N_PRIO; p++)
			s->failed |= eq_get(d, SERVER(i) | p, &s->eq[i][p]);
		s->failed |= hypar_irqdev_get_reg(d, i, KVM_REG_PPC_VP_STATE, s->vp[i]);
	}
}

static void restore_xive(hypar_irqdev *d, struct xive_saved *s)
{
	for (uint32_t i = 0; i < N_SOURCES; i++)
		if (s->exists[i])
			s->failed |= set64(d, KVM_DEV_XIVE_GRP_SOURCE, i, s->word[i]);
	for (uint32_t i = 0; i < N_SERVERS; i++)
		for (uint32_t p = 0; p < N_PRIO; p++)
			s->failed |= eq_set(d, SERVER(i) | p, &s->eq[i][p]);
	for (uint32_t i = 0; i < N_SOURCES; i++)
		if (s->exists[i])
			s->failed |= set64(d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i, s->config[i]);
	for (uint32_t i = 0; i < N_SERVERS; i++)
		s->failed |= hypar_irqdev_set_reg(d, i, KVM_REG_PPC_VP_STATE, s->vp[i]);
	for (uint32_t i = 0; i < N_SOURCES; i++)
		if (s->exists[i])
			load(d, 0, HYPAR_XIVE_ESB_MANAGE(i) + 0xc00 + (s->pq[i] << 8), 8);
}

static void check_xive_state(struct box *b)
{
	struct kvm_ppc_xive_eq eq = good_eq;
	struct xive_saved s = { 0 }, t = { 0 };
	struct box b2 = { .ram = b->ram };

	/* source 1: an event in the queue and another behind; source 2: asserted, off */
	hypar_irqdev_set_irq(b->d, 1, true);
	hypar_irqdev_set_irq(b->d, 1, true);
	eq.qaddr += 0x10000;
	eq.qindex = 0x3fff; /* the next entry is the last of the round */
	eq_set(b->d, SERVER(2) | 3, &eq);
	set64(b->d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, 2, XIVE_WORD(2, 3, 0x22));
	store(b->d, 2, HYPAR_XIVE_TIMA_OS + 0x11, 1, 0xff);
	hypar_irqdev_set_irq(b->d, 2, true);
	save_xive(b->d, &s);
	make(&b2, KVM_DEV_TYPE_XIVE);
	connect_all(b2.d);
	restore_xive(b2.d, &s);
	check(!s.failed, "restored: no error");
	check(!memcmp(b->external, b2.external, sizeof(b2.external)), "restored: the same inputs");
	value(load(b2.d, 1, HYPAR_XIVE_TIMA_OS + 0x810, 2), 0x8006, "restored: acknowledge");
	value(entry(&b2, QUEUE, 2), 0x81abcdef, "restored: the entry of before");
	value(load(b2.d, 0, HYPAR_XIVE_ESB_MANAGE(1), 8), 1, "restored: the one behind comes");
	value(entry(&b2, QUEUE, 3), 0x81abcdef, "restored: its entry");
	check(!b2.external[2], "restored: the level source is off");
	load(b2.d, 0, HYPAR_XIVE_ESB_MANAGE(2) + 0xc00, 8);
	check(b2.external[2], "restored: it comes when it is on");
	value(entry(&b2, QUEUE + 0x10000, 0x3fff), 0x80000022, "restored: at the old index");
	check(!eq_get(b2.d, SERVER(2) | 3, &eq) && eq.qindex == 0 && eq.qtoggle == 0,
	      "restored: the queue wraps");
	/* a third device from the second one: the same words */
	save_xive(b2.d, &s);
	hypar_irqdev_free(b2.d);
	make(&b2, KVM_DEV_TYPE_XIVE);
	connect_all(b2.d);
	restore_xive(b2.d, &s);
	save_xive(b2.d, &t);
	check(!s.failed && !memcmp(&s, &t, sizeof(s)), "restored: the same words");
	answer(set64(b2.d, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_RESET, 0), 0, "RESET");
	check(get64(b2.d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, 1) & KVM_XIVE_SOURCE_MASKED_MASK,
	      "RESET: masked");
	memset(&eq, 0x55, sizeof(eq));
	check(!eq_get(b2.d, SERVER(1) | 6, &eq) && eq.qshift == 0x55555555, "RESET: no queue");
	hypar_irqdev_free(b2.d);
}

static void check_xive(struct box *b)
{
	make(b, KVM_DEV_TYPE_XIVE);
	value(hypar_irqdev_type(b->d), KVM_DEV_TYPE_XIVE, "XIVE: type");
	check_servers(b->d, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_NR_SERVERS);
	hypar_irqdev_free(b->d);
	connect_all(make(b, KVM_DEV_TYPE_XIVE));
	check_xive_sources(b->d);
	check_xive_queues(b->d);
	check_xive_rest(b->d);
	check_xive_pages(b->d);
	check_xive_events(b);
	check_xive_state(b);
	hypar_irqdev_free(b->d);
}

/* ---- threads ---- */

#define ROUNDS 20000u

static void *trigger(void *arg)
{
	for (unsigned int i = 0; i < ROUNDS; i++)
		hypar_irqdev_set_irq(arg, 16, true);
	return NULL;
}

/* Triggers from one thread, the guest's side on another: none is lost, all end. */
static void check_threads(struct box *b)
{
	unsigned int n = 0;
	uint32_t xirr = 0;
	pthread_t t;

	connect_all(make(b, KVM_DEV_TYPE_XICS));
	xics_set(b->d, 16, XICS_WORD(0, 4));
	hypar_xics_set_cppr(b->d, 0, 0xff);
	if (pthread_create(&t, NULL, trigger, b->d)) {
		check(false, "a thread");
		return;
	}
	for (unsigned int i = 0; i < ROUNDS; i++) {
		hypar_xics_accept(b->d, 0, &xirr);
		if (!(xirr & 0xffffff))
			continue;
		n++;
		hypar_xics_eoi(b->d, 0, 0xff000010);
	}
	pthread_join(t, NULL);
	for (hypar_xics_accept(b->d, 0, &xirr); xirr & 0xffffff; n++) {
		hypar_xics_eoi(b->d, 0, 0xff000010);
		hypar_xics_accept(b->d, 0, &xirr);
	}
	check(n >= 1 && n <= ROUNDS && xics_get(b->d, 16) == XICS_WORD(0, 4) && !b->external[0],
	      "two threads");
	hypar_irqdev_free(b->d);
}

int main(void)
{
	struct box b = { .ram = aligned_alloc(0x10000, RAM_SIZE) };

	if (!b.ram)
		return 2;
	check_new(&b);
	check_xics(&b);
	check_xive(&b);
	check_threads(&b);
	free(b.ram);
	return n_failed != 0;
}
