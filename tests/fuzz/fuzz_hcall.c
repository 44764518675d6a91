// SPDX-License-Identifier: Apache-2.0
/*
 * A guest that makes hypercalls: the input is a list of calls, rows of
 * hcall.def or any number, by two vCPUs, with arguments from the ends of RAM,
 * device pages, small numbers and plain words; between them it writes words to
 * RAM and has its interrupt controller renewed. Each answer must be one that
 * its row lists, registers that are no results stay, and a renewed controller
 * has the state of the old one.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/xmacro.h"
#include "hypar/kvm.h"
#include "isa/msr.h"
#include "papr/dr/core.h"
#include "papr/hcall.h"
#include "papr/papr.h"

#define RAM HYPAR_LMB_SIZE
#define BUF 0x2000u
#define N_CPUS 2u
#define CALLS_MAX 200
#define NVDIMM 0x90000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *p;
	size_t n;
};

struct guest {
	struct papr *p;
	struct input in;
};

/* What a row says: how many arguments and results, and the answers it may give. */
struct row {
	u64 nr;
	unsigned int n_in, n_out;
	bool (*may)(s64 status);
};

#define MAY_BE(name) || status == H_##name
#define S(...) (false XM_EACH(MAY_BE, __VA_ARGS__))
#define HCALL(id, nr, handler, in, out, gate, statuses, spec) \
	static bool may_##handler(s64 status)                 \
	{                                                     \
		return statuses;                              \
	}
#include "papr/hcall.def"
#undef HCALL

#define HCALL(id, number, handler, in, out, gate, statuses, spec) \
	{ .nr = (number),                                         \
	  .n_in = sizeof(struct id##_in) / 8,                     \
	  .n_out = sizeof(struct id##_out) / 8,                   \
	  .may = may_##handler },
static const struct row rows[] = {
#include "papr/hcall.def"
};
#undef HCALL

static void require(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static u64 take(struct input *in, unsigned int bytes)
{
	u64 v = 0;

	while (bytes-- && in->n) {
		v = v << 8 | *in->p++;
		in->n--;
	}
	return v;
}

static u64 argument(struct input *in)
{
	static const u64 edges[] = {
		RAM - 1,
		RAM - 4,
		RAM - 8,
		RAM - 0x1000,
		RAM - 0x10000,
		RAM,
		~0ULL,
		~0ULL - 7,
		~0ULL << 12,
		1ULL << 63,
		BUF,
		BUF + 8,
		0x10000,
		PAPR_IRQ_VIO,
		PAPR_IRQ_EPOW,
		PAPR_N_IRQS,
		PAPR_N_IRQS - 1,
		PAPR_ESB_BASE,
		0xff,
		0xffffffff,
		PAPR_TIMA_BASE,
		1ULL << 32,
		0x71000000,
		1ULL << 45,
		5ULL << 45,
		0xffULL << 24,
		0x05000002,
		PAPR_ESB_BASE + 8,
		1ULL << 60,
		0x2004,
		NVDIMM,
		PAPR_SCM_BASE,
		HYPAR_SCM_BLOCK_SIZE,
		PAPR_SCM_BASE + HYPAR_SCM_BLOCK_SIZE,
	};
	u64 kind = take(in, 1);

	switch (kind >> 6) {
	case 0:
		return edges[kind % ARRAY_SIZE(edges)];
	case 1:
	case 2:
		return kind & 31;
	default:
		return kind & 1 ? take(in, 2) : take(in, 8);
	}
}

/* ---- the state of the controller in use ---- */

static u64 mix(u64 h, const void *bytes, size_t n)
{
	const u8 *b = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3ULL;
	return h;
}

static u64 source_state(struct papr *p, u32 irq)
{
	u64 word = 0, config = 0, pq = 0;
	u64 h = 0;

	if (p->opt.irq_mode == PAPR_XICS) {
		kdev_get_attr(xics_kdev(p->xics), KVM_DEV_XICS_GRP_SOURCES, irq, &word);
	} else {
		kdev_get_attr(xive_kdev(p->xive), KVM_DEV_XIVE_GRP_SOURCE, irq, &word);
		kdev_get_attr(xive_kdev(p->xive), KVM_DEV_XIVE_GRP_SOURCE_CONFIG, irq, &config);
		pq = xive_esb_load(p->xive, irq, XIVE_ESB_GET);
	}
	h = mix(h, &word, sizeof(word));
	h = mix(h, &config, sizeof(config));
	return mix(h, &pq, sizeof(pq));
}

static u64 server_state(struct papr *p, u32 server)
{
	u64 vp[2] = { 0 }, line = 0, h = 0;
	bool external = vcpu_is_pending(p->partition->vcpus[server], PEND_EXT);

	h = mix(h, &external, sizeof(external));
	if (p->opt.irq_mode == PAPR_XICS) {
		kdev_get_reg(xics_kdev(p->xics), server, KVM_REG_PPC_ICP_STATE, vp);
		return mix(h, vp, sizeof(vp));
	}
	kdev_get_reg(xive_kdev(p->xive), server, KVM_REG_PPC_VP_STATE, vp);
	xive_get_reporting_line(p->xive, server, &line);
	h = mix(mix(h, vp, sizeof(vp)), &line, sizeof(line));
	for (u32 prio = 0; prio <= XIVE_PRIO_MAX; prio++) {
		struct kvm_ppc_xive_eq eq = { 0 };

		kdev_get_attr(xive_kdev(p->xive), KVM_DEV_XIVE_GRP_EQ_CONFIG,
			      (u64)server << KVM_XIVE_EQ_SERVER_SHIFT | prio, &eq);
		h = mix(h, &eq, sizeof(eq));
	}
	return h;
}

static u64 irq_state(struct papr *p)
{
	u64 h = 0;

	for (u32 i = 0; i < N_CPUS; i++)
		h = h * 3 + server_state(p, i) + source_state(p, PAPR_IRQ_IPI + i);
	h = h * 3 + source_state(p, PAPR_IRQ_EPOW);
	return h * 3 + source_state(p, PAPR_IRQ_VIO);
}

static void renew(struct guest *g)
{
	u64 before = irq_state(g->p);

	require(papr_irq_renew(g->p, NULL) == 0);
	require(irq_state(g->p) == before);
}

/* ---- calls ---- */

static void check(const struct cpu *c, const u64 *before, const struct row *row)
{
	s64 status = (s64)c->gpr[3];
	unsigned int n_out = row && status != H_FUNCTION ? row->n_out : 0;

	require(status == H_FUNCTION || (row && row->may(status)));
	require(!memcmp(c->gpr, before, 3 * sizeof(u64)));
	require(!memcmp(&c->gpr[4 + n_out], &before[4 + n_out], (28 - n_out) * sizeof(u64)));
}

static void call(struct guest *g, u64 head)
{
	struct vcpu *v = g->p->partition->vcpus[head & 1];
	const struct row *row = NULL;
	struct cpu *c = &v->cpu;
	u64 before[32];

	if (head >> 1 < 0x70)
		row = &rows[(head >> 1) % ARRAY_SIZE(rows)];
	c->gpr[3] = row ? row->nr : argument(&g->in);
	for (unsigned int i = 0; i < (row ? row->n_in : 2); i++)
		c->gpr[4 + i] = argument(&g->in);
	memcpy(before, c->gpr, sizeof(before));
	for (size_t i = 0; !row && i < ARRAY_SIZE(rows); i++)
		if (rows[i].nr == c->gpr[3])
			row = &rows[i];
	/* a call that waits comes back at once */
	vcpu_kick(v);
	papr_hcall(v);
	if (!v->retrying)
		check(c, before, row);
	v->retrying = false;
	v->stopping = false;
}

static void step(struct guest *g)
{
	u64 head = take(&g->in, 1);
	struct vcpu *v = g->p->partition->vcpus[head & 1];

	switch (head >> 1) {
	case 0x70 ... 0x75:
		/* what is beyond RAM stays beyond the guest's reach */
		(void)!gmem_st_be64(g->p->partition->mem, gpa_of(argument(&g->in)),
				    argument(&g->in));
		break;
	case 0x76:
		papr_irq_set(g->p, PAPR_IRQ_EPOW, true);
		break;
	case 0x77:
		papr_irq_set(g->p, PAPR_IRQ_VIO, true);
		break;
	case 0x78:
		cpu_set_msr(&v->cpu, v->cpu.msr ^ MSR_EE);
		break;
	case 0x79:
		vcpu_prod(v);
		break;
	case 0x7a ... 0x7b:
		renew(g);
		break;
	default:
		call(g, head);
	}
}

/* Nobody runs. */
static int call_at_once(struct vcpu *v, int (*fn)(void *arg, struct hypar_err *e), void *arg,
			struct hypar_err *e)
{
	(void)v;
	return fn(arg, e);
}

/* A file that is gone with the process. */
static const char *nvdimm_file(void)
{
	static char path[32];
	char name[] = "/var/tmp/fuzz-hcall-XXXXXX";
	int fd;

	if (path[0])
		return path;
	fd = mkstemp(name);
	require(fd >= 0);
	unlink(name);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

static size_t console_write(void *opaque, unsigned int vty, const void *buf, size_t n)
{
	(void)opaque;
	(void)vty;
	(void)buf;
	return n;
}

static const struct hypar_host_ops host = { .console_write = console_write };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hypar_config cfg = { .memory = RAM,
				    .cpus = N_CPUS,
				    .threads = 1,
				    .cpu = HYPAR_CPU_POWER10,
				    .seed = 1,
				    .host = &host };
	struct hypar_nvdimm nvdimm = { .size = 3 * HYPAR_SCM_BLOCK_SIZE,
				       .label_size = HYPAR_LABEL_SIZE };
	struct guest g = { .in = { data, size } };
	u64 options = take(&g.in, 1);

	cfg.irqchip = options & 1 ? HYPAR_IRQCHIP_XICS : HYPAR_IRQCHIP_XIVE;
	cfg.cpu = options & 2 ? HYPAR_CPU_POWER9 : HYPAR_CPU_POWER10;
	if (options & 8) {
		nvdimm.file = nvdimm_file();
		cfg.nvdimms = &nvdimm;
		cfg.n_nvdimms = 1;
	}
	g.p = papr_new(&cfg, NULL);
	require(g.p);
	g.p->dr->with_parked = call_at_once;
	for (u32 i = 0; i < (options & 4 ? 1 : N_CPUS); i++)
		vcpu_start(g.p->partition->vcpus[i], 0x100, 0, true);
	for (int n = 0; g.in.n && n < CALLS_MAX; n++)
		step(&g);
	renew(&g);
	papr_free(g.p);
	return 0;
}
