/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random streams of guest accesses and attribute calls against both interrupt
 * controllers: nothing may crash, and a save of what results must be accepted by
 * a fresh device and read back the same. Each step is five bytes: what, then a
 * little number, then three bytes of value.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypar/kvm.h"
#include "irq/xics/xics.h"
#include "irq/xive/xive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define N_SERVERS 4
#define N_SOURCES 40
#define RAM (1ULL << 20)
#define MAX_STEPS 4096

#define MUST(cond)                                                                 \
	do {                                                                       \
		if (!(cond)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                   \
		}                                                                  \
	} while (0)

struct world {
	struct gmem *mem;
	struct xive *xive;
	struct xics *xics;
	bool line[2][N_SERVERS];
};

static void sink_set(void *opaque, u32 cpu, bool level)
{
	bool *line = opaque;

	MUST(cpu < N_SERVERS && line[cpu] != level);
	line[cpu] = level;
}

static void world_new(struct world *w)
{
	struct xive_config v = { .n_servers = N_SERVERS, .n_sources = N_SOURCES };
	struct xics_config c = { .n_servers = N_SERVERS, .n_sources = N_SOURCES };

	memset(w, 0, sizeof(*w));
	w->mem = gmem_new();
	MUST(w->mem && !gmem_add_ram(w->mem, gpa_of(0), RAM, NULL));
	v.mem = w->mem;
	v.sink = (struct irq_sink){ .set_external = sink_set, .opaque = w->line[0] };
	c.sink = (struct irq_sink){ .set_external = sink_set, .opaque = w->line[1] };
	w->xive = xive_new(&v, NULL);
	w->xics = xics_new(&c, NULL);
	MUST(w->xive && w->xics);
	for (u32 i = 0; i < N_SERVERS - 1; i++)
		MUST(!kdev_connect(xive_kdev(w->xive), i) && !kdev_connect(xics_kdev(w->xics), i));
}

static void world_free(struct world *w)
{
	xive_free(w->xive);
	xics_free(w->xics);
	gmem_free(w->mem);
}

static void attr(struct kdev *k, u8 n, u32 val)
{
	static const u64 numbers[] = { 0, 1, 2, 3, 16, 17, 30, 39, 40, 0xfffff, 0x100000, ~0ULL };
	u64 v[8] = { val | (u64)(val >> 16) << 32, val * 0x10001ULL, 0 };
	u64 number = val & 1 ? numbers[val / 2 % 12] : val / 2 % 64;
	u32 group = n & 7;

	switch (n >> 6) {
	case 0:
		kdev_set_attr(k, group, number, v);
		break;
	case 1:
		kdev_get_attr(k, group, number, v);
		kdev_has_attr(k, group, number);
		break;
	case 2:
		v[0] = (u64)val << 40 | (val & 0xff) << 16 | (u64)(val >> 8 & 63) << 32 | val << 24;
		kdev_set_reg(k, group, n & 8 ? KVM_REG_PPC_VP_STATE : KVM_REG_PPC_ICP_STATE, v);
		break;
	default:
		kdev_get_reg(k, group, KVM_REG_PPC_VP_STATE, v);
		kdev_set_attr(k, group, number, NULL);
		break;
	}
}

/* A queue that is likely to be accepted. */
static void eq(struct world *w, u8 n, u32 val)
{
	struct kvm_ppc_xive_eq q = { .flags = !(val & 0x100),
				     .qshift = val & 0xe00 ? 16 : 12,
				     .qaddr = (u64)(val & 31) << 16,
				     .qtoggle = val >> 12,
				     .qindex = val >> 16 };
	struct xive_queue x = { .qaddr = gpa_of(q.qaddr), .qshift = q.qshift };

	if (val & 0x80)
		kdev_set_attr(xive_kdev(w->xive), KVM_DEV_XIVE_GRP_EQ_CONFIG, n, &q);
	else
		xive_set_queue_config(w->xive, n >> 3, n & 7, &x);
}

static void mmio(struct world *w, u8 n, u32 val)
{
	int cpu = (int)(n >> 3 & 7) - 1;
	unsigned int size = 1u << (n >> 6);
	u64 out;

	if (n & 1) {
		u64 at = (u64)XIVE_TIMA_OS_PAGE << XIVE_PAGE_SHIFT;

		at = val & 0x800000 ? val & (XIVE_TIMA_SIZE - 1) :
				      at | (val & 0x400000 ? 0x810 : 0x10) | (val & 15);
		if (n & 2)
			xive_tima_ops.write(w->xive, cpu, at, size, val >> 8);
		else
			xive_tima_ops.read(w->xive, cpu, at, size, &out);
	} else {
		u64 at = XIVE_ESB_TRIGGER_PAGE(val % (N_SOURCES + 2)) + (val >> 8 & 0x10fff);

		if (n & 2)
			xive_esb_ops.write(w->xive, cpu, at, size, 0);
		else
			xive_esb_ops.read(w->xive, cpu, at, size, &out);
	}
}

static void xics_call(struct world *w, u8 n, u32 val)
{
	u32 server = n & 7, a, b;
	u8 c;

	switch (n >> 4) {
	case 0:
	case 1:
		xics_accept(w->xics, server, &a);
		break;
	case 2:
		xics_set_cppr(w->xics, server, (u8)val);
		break;
	case 3:
		xics_eoi(w->xics, server, (val & 0xff) << 24 | (val >> 8 & 63));
		break;
	case 4:
		xics_set_mfrr(w->xics, server, (u8)val);
		break;
	case 5:
		xics_poll(w->xics, server, &a, &c);
		xics_get_xive(w->xics, val & 63, &a, &b);
		break;
	case 6:
		xics_int_off(w->xics, val & 63);
		break;
	case 7:
		xics_int_on(w->xics, val & 63);
		break;
	case 8:
		xics_reset_server(w->xics, server);
		xive_reset_server(w->xive, server);
		break;
	case 9:
		if (val % 64 == 0)
			xics_reset(w->xics);
		break;
	default:
		xics_set_xive(w->xics, val & 63, server, val >> 8 & 0x1ff);
		break;
	}
}

static void step(struct world *w, const uint8_t *p)
{
	u32 val = p[2] | (u32)p[3] << 8 | (u32)p[4] << 16;
	struct xive_source_config c = { .target = p[1] & 7,
					.prio = p[1] >> 3 & 7,
					.eisn = val,
					.is_masked = p[1] & 0x80 };
	u64 line;

	switch (p[0] & 7) {
	case 0:
		attr(xive_kdev(w->xive), p[1], val);
		break;
	case 1:
		attr(xics_kdev(w->xics), p[1], val);
		break;
	case 2:
		eq(w, p[1], val);
		break;
	case 3:
		mmio(w, p[1], val);
		break;
	case 4:
		xics_call(w, p[1], val);
		break;
	case 5:
		xive_set_source_config(w->xive, val & 63, &c);
		break;
	case 6:
		xive_source_set_level(w->xive, p[1], val & 1);
		xics_source_set_level(w->xics, p[1], val & 1);
		break;
	default:
		xive_set_reporting_line(w->xive, p[1], val);
		xive_get_reporting_line(w->xive, p[1], &line);
		xive_get_source_config(w->xive, val, &c);
		break;
	}
}

/* Copies an attribute; false: the old device has no such object. */
static bool move_attr(struct kdev *to, struct kdev *from, u32 group, u64 number)
{
	u64 v[8] = { 0 }, again[8] = { 0 };

	if (kdev_get_attr(from, group, number, v))
		return false;
	MUST(!kdev_set_attr(to, group, number, v));
	MUST(!kdev_get_attr(to, group, number, again));
	if (group != KVM_DEV_XICS_GRP_SOURCES || to->type->type != KVM_DEV_TYPE_XICS)
		MUST(!memcmp(v, again, sizeof(v)));
	return true;
}

static void move_reg(struct kdev *to, struct kdev *from, u32 server, u64 id)
{
	u64 v[2] = { 0 };

	MUST(!kdev_get_reg(from, server, id, v));
	MUST(!kdev_set_reg(to, server, id, v));
}

/* The words of both XICS are the same after all is moved. */
static void same_xics(struct world *a, struct world *b)
{
	for (u32 i = 16; i < N_SOURCES; i++) {
		u64 v = 0, w = 0;

		kdev_get_attr(xics_kdev(a->xics), KVM_DEV_XICS_GRP_SOURCES, i, &v);
		kdev_get_attr(xics_kdev(b->xics), KVM_DEV_XICS_GRP_SOURCES, i, &w);
		MUST(v == w);
	}
	MUST(!memcmp(a->line[1], b->line[1], sizeof(a->line[1])));
}

static void move(struct world *from, bool compare_xics)
{
	struct kdev *xive = xive_kdev(from->xive), *xics = xics_kdev(from->xics);
	struct world to;

	world_new(&to);
	for (u32 i = 0; i < N_SOURCES; i++)
		move_attr(xive_kdev(to.xive), xive, KVM_DEV_XIVE_GRP_SOURCE, i);
	for (u32 i = 0; i < (N_SERVERS - 1) << 3; i++) {
		struct kvm_ppc_xive_eq q = { 0 };

		if ((i & 7) <= XIVE_PRIO_MAX &&
		    !kdev_get_attr(xive, KVM_DEV_XIVE_GRP_EQ_CONFIG, i, &q) && q.qshift)
			move_attr(xive_kdev(to.xive), xive, KVM_DEV_XIVE_GRP_EQ_CONFIG, i);
	}
	for (u32 i = 0; i < N_SOURCES; i++)
		move_attr(xive_kdev(to.xive), xive, KVM_DEV_XIVE_GRP_SOURCE_CONFIG, i);
	for (u32 i = 0; i < N_SERVERS - 1; i++)
		move_reg(xive_kdev(to.xive), xive, i, KVM_REG_PPC_VP_STATE);
	for (u32 i = 16; i < N_SOURCES; i++)
		move_attr(xics_kdev(to.xics), xics, KVM_DEV_XICS_GRP_SOURCES, i);
	for (u32 i = 0; i < N_SERVERS - 1; i++)
		move_reg(xics_kdev(to.xics), xics, i, KVM_REG_PPC_ICP_STATE);
	MUST(!memcmp(from->line[0], to.line[0], sizeof(to.line[0])));
	if (compare_xics)
		same_xics(from, &to);
	world_free(&to);
}

static void make_sources(struct world *w)
{
	for (u32 i = 20; i < 36; i++) {
		u64 v = i & 1 ? KVM_XIVE_LEVEL_SENSITIVE : 0;
		u64 c = 0xffULL << KVM_XICS_PRIORITY_SHIFT | (i & 1 ? KVM_XICS_LEVEL_SENSITIVE : 0);

		MUST(!kdev_set_attr(xive_kdev(w->xive), KVM_DEV_XIVE_GRP_SOURCE, i, &v));
		MUST(!kdev_set_attr(xics_kdev(w->xics), KVM_DEV_XICS_GRP_SOURCES, i, &c));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w;
	bool host_wrote_xics = false;

	world_new(&w);
	make_sources(&w);
	for (size_t n = 0; n < MAX_STEPS && size >= 5; n++, data += 5, size -= 5) {
		/* words that no device made may say that one interrupt is in two places */
		host_wrote_xics |= (data[0] & 7) == 1;
		step(&w, data);
	}
	move(&w, !host_wrote_xics);
	world_free(&w);
	return 0;
}
