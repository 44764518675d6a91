// SPDX-License-Identifier: Apache-2.0
/*
 * A VMM's use of an interrupt controller of libhypar, without a machine: the
 * example of docs/howto/use-irqchips.md. It plays the guest, too. Exit status: 0
 * if everything happened as it says.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hypar/hypar.h>
#include <hypar/kvm.h>

#define RAM_SIZE 0x100000ULL
#define N_SERVERS 2
#define N_SOURCES 64
#define N_PRIORITIES 7
#define DISK 17u	 /* a source */
#define QUEUE 0x20000ULL /* the guest's event queue, 64 KiB */
#define QUEUE_SHIFT 16
#define EISN 0x1234u /* what the guest wants to find in its queue */

struct vmm {
	uint8_t *ram;
	bool external[N_SERVERS]; /* the vCPUs' interrupt inputs */
};

static void set_external(void *opaque, uint32_t server, bool level)
{
	struct vmm *v = opaque;

	v->external[server] = level;
}

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "failed: %s\n", what);
	exit(1);
}

/* ---- make ---- */

static hypar_irqdev *make(struct vmm *v)
{
	struct hypar_ram ram = { .addr = 0, .size = RAM_SIZE, .host = v->ram };
	struct hypar_irqdev_config cfg = {
		.type = KVM_DEV_TYPE_XIVE,
		.n_servers = N_SERVERS,
		.n_sources = N_SOURCES,
		.ram = &ram,
		.n_ram = 1,
		.set_external = set_external,
		.opaque = v,
	};
	struct hypar_err err = { 0 };
	hypar_irqdev *d = hypar_irqdev_new(&cfg, &err);

	need(d, err.text);
	for (uint32_t i = 0; i < N_SERVERS; i++)
		need(!hypar_irqdev_connect(d, i), "connect");
	return d;
}

/* ---- run ---- */

/* The guest's hypercalls H_INT_SET_QUEUE_CONFIG and H_INT_SET_SOURCE_CONFIG. */
static void configure(hypar_irqdev *d)
{
	uint64_t server = 1, priority = 6;
	uint64_t source = 0; /* an MSI; KVM_XIVE_LEVEL_SENSITIVE for an LSI */
	uint64_t config = priority | server << KVM_XIVE_SOURCE_SERVER_SHIFT |
			  (uint64_t)EISN << KVM_XIVE_SOURCE_EISN_SHIFT;
	struct kvm_ppc_xive_eq eq = {
		.flags = KVM_XIVE_EQ_ALWAYS_NOTIFY,
		.qshift = QUEUE_SHIFT,
		.qaddr = QUEUE,
		.qtoggle = 1,
	};

	need(!hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE, DISK, &source), "source");
	need(!hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_EQ_CONFIG,
				    server << KVM_XIVE_EQ_SERVER_SHIFT | priority, &eq),
	     "queue");
	need(!hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, DISK, &config), "config");
}

/* A load by vCPU @server's guest that left the vCPU for its MMIO address. */
static uint64_t load(hypar_irqdev *d, uint32_t server, uint64_t at, uint32_t size)
{
	struct hypar_irqdev_access a = { .server = server, .size = size, .at = at };
	uint64_t val = 0;

	need(!hypar_irqdev_load(d, &a, &val), "load");
	return val;
}

static void store(hypar_irqdev *d, uint32_t server, uint64_t at, uint32_t size, uint64_t val)
{
	struct hypar_irqdev_access a = { .server = server, .size = size, .at = at };

	need(!hypar_irqdev_store(d, &a, val), "store");
}

static uint32_t queue_entry(const struct vmm *v, uint32_t n)
{
	const uint8_t *p = v->ram + QUEUE + 4 * n;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What the guest does with an interrupt that waits: acknowledge, look, EOI. */
static void handle(struct vmm *v, hypar_irqdev *d, uint32_t n)
{
	need(load(d, 1, HYPAR_XIVE_TIMA_OS + 0x810, 2) == 0x8006, "acknowledge");
	need(!v->external[1], "the input is low again");
	need(queue_entry(v, n) == (0x80000000u | EISN), "the queue's entry");
	load(d, 1, HYPAR_XIVE_ESB_MANAGE(DISK), 8);	 /* EOI */
	store(d, 1, HYPAR_XIVE_TIMA_OS + 0x11, 1, 0xff); /* CPPR */
}

/* ---- save and restore ---- */

struct saved {
	uint64_t source[N_SOURCES], config[N_SOURCES], pq[N_SOURCES];
	bool exists[N_SOURCES];
	struct kvm_ppc_xive_eq eq[N_SERVERS][N_PRIORITIES];
	uint64_t vp[N_SERVERS][2];
};

static uint64_t eq_attr(uint32_t server, uint32_t priority)
{
	return (uint64_t)server << KVM_XIVE_EQ_SERVER_SHIFT | priority;
}

/* With all vCPUs stopped. Afterwards the device sends nothing any more. */
static void save(hypar_irqdev *d, struct saved *s)
{
	for (uint32_t i = 0; i < N_SOURCES; i++) {
		s->exists[i] = !hypar_irqdev_get_attr(d, KVM_DEV_XIVE_GRP_SOURCE, i, &s->source[i]);
		if (s->exists[i]) /* sets PQ to 01, off, and answers what it was */
			s->pq[i] = load(d, 0, HYPAR_XIVE_ESB_MANAGE(i) + 0xd00, 8);
	}
	need(!hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_CTRL, KVM_DEV_XIVE_EQ_SYNC, NULL), "sync");
	for (uint32_t i = 0; i < N_SOURCES; i++)
		need(!s->exists[i] || !hypar_irqdev_get_attr(d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i,
							     &s->config[i]),
		     "get SOURCE_CONFIG");
	for (uint32_t i = 0; i < N_SERVERS; i++) {
		for (uint32_t prio = 0; prio < N_PRIORITIES; prio++)
			need(!hypar_irqdev_get_attr(d, KVM_DEV_XIVE_GRP_EQ_CONFIG, eq_attr(i, prio),
						    &s->eq[i][prio]),
			     "get EQ_CONFIG");
		need(!hypar_irqdev_get_reg(d, i, KVM_REG_PPC_VP_STATE, s->vp[i]), "get VP_STATE");
	}
}

/* Into a device whose servers are connected; guest memory, with the queues, came first. */
static void restore(hypar_irqdev *d, const struct saved *s)
{
	for (uint32_t i = 0; i < N_SOURCES; i++)
		need(!s->exists[i] ||
			     !hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE, i, &s->source[i]),
		     "set SOURCE");
	for (uint32_t i = 0; i < N_SERVERS; i++)
		for (uint32_t prio = 0; prio < N_PRIORITIES; prio++)
			need(!hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_EQ_CONFIG, eq_attr(i, prio),
						    &s->eq[i][prio]),
			     "set EQ_CONFIG");
	for (uint32_t i = 0; i < N_SOURCES; i++)
		need(!s->exists[i] || !hypar_irqdev_set_attr(d, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i,
							     &s->config[i]),
		     "set SOURCE_CONFIG");
	for (uint32_t i = 0; i < N_SERVERS; i++)
		need(!hypar_irqdev_set_reg(d, i, KVM_REG_PPC_VP_STATE, s->vp[i]), "set VP_STATE");
	for (uint32_t i = 0; i < N_SOURCES; i++)
		if (s->exists[i])
			load(d, 0, HYPAR_XIVE_ESB_MANAGE(i) + 0xc00 + (s->pq[i] << 8), 8);
}

int main(void)
{
	struct vmm v = { .ram = aligned_alloc(0x10000, RAM_SIZE) };
	struct saved s = { 0 };
	hypar_irqdev *d, *second;

	need(v.ram, "memory");
	memset(v.ram, 0, RAM_SIZE);
	d = make(&v);
	configure(d);
	store(d, 1, HYPAR_XIVE_TIMA_OS + 0x11, 1, 0xff);    /* CPPR: admit all */
	load(d, 0, HYPAR_XIVE_ESB_MANAGE(DISK) + 0xc00, 8); /* PQ 00: unmask */

	need(!hypar_irqdev_set_irq(d, DISK, true), "the disk's interrupt");
	need(v.external[1], "the input is high");
	handle(&v, d, 0);

	/* one interrupt is on its way when the device is saved */
	need(!hypar_irqdev_set_irq(d, DISK, true), "the disk's second interrupt");
	save(d, &s);
	hypar_irqdev_free(d);
	memset(v.external, 0, sizeof(v.external));
	second = make(&v);
	restore(second, &s);
	need(v.external[1], "the input is high again");
	handle(&v, second, 1);
	need(!hypar_irqdev_set_irq(second, DISK, true), "the disk's third interrupt");
	need(v.external[1], "the input is high");
	handle(&v, second, 2);
	hypar_irqdev_free(second);
	free(v.ram);
	return 0;
}
