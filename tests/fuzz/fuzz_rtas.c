/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that calls RTAS: the input is a list of calls, rows of rtas.def or
 * any token, with the row's counts or others, and arguments from edges of RAM
 * and NVRAM, small numbers and plain words. Each answer must be one that its
 * row lists, and nothing may be written where no RAM is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/xmacro.h"
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

#define RAM HYPAR_LMB_SIZE
#define BLOCK 0x1000u
#define BUF 0x2000u
#define CALLS_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *p;
	size_t n;
};

struct guest {
	struct papr *p;
	struct gmem *m;
	struct input in;
};

/* What a row says: its counts, and the answers it may give. */
struct row {
	u32 token;
	const char *nargs, *nret; /* as written: "3", or "6 ... 7" */
	bool (*may)(rtas_status status);
};

#define MAY_BE(name) || status == RTAS_##name
#define S(...) (false XM_EACH(MAY_BE, __VA_ARGS__))
#define RTAS(name, token, handler, nargs, nret, gate, statuses, spec) \
	static bool may_##handler(rtas_status status)                 \
	{                                                             \
		return statuses;                                      \
	}
#include "papr/rtas/rtas.def"
#undef RTAS

#define RTAS(name, token_, handler, nargs_, nret_, gate, statuses, spec) \
	{ .token = (token_), .nret = #nret_, .nargs = #nargs_, .may = may_##handler },
static const struct row rows[] = {
#include "papr/rtas/rtas.def"
};
#undef RTAS

static void require(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static u32 take(struct input *in, unsigned int bytes)
{
	u32 v = 0;

	while (bytes-- && in->n) {
		v = v << 8 | *in->p++;
		in->n--;
	}
	return v;
}

static u32 argument(struct input *in)
{
	static const u32 edges[] = {
		RAM - 1,    RAM - 2,	   RAM - 4,	    RAM - 116,	      RAM,
		0xffffffff, 0xfffffff0,	   0x80000000,	    HYPAR_NVRAM_SIZE, HYPAR_NVRAM_SIZE - 1,
		BUF,	    BUF + 1,	   PAPR_IRQ_EPOW,   PAPR_IRQ_VIO,     PAPR_N_IRQS,
		0x500,	    EVENT_LOG_MAX, EVENT_MASK_EPOW, EVENT_MASK_IO,    0x7fffffff,
	};
	u32 kind = take(in, 1);

	switch (kind >> 6) {
	case 0:
		return edges[kind % ARRAY_SIZE(edges)];
	case 1:
		return kind & 63;
	case 2:
		return take(in, 2);
	default:
		return take(in, 4);
	}
}

static u64 block_at(struct input *in)
{
	u32 kind = take(in, 1);

	switch (kind >> 6) {
	case 2:
		return RAM - (kind & 63);
	case 3:
		return 0 - (u64)(kind & 63);
	default:
		return BLOCK + (kind & 63);
	}
}

static void put(struct guest *g, u64 at, u32 word)
{
	/* what is beyond RAM stays beyond the guest's reach */
	(void)!gmem_st_be32(g->m, gpa_of(at), word);
}

static void call(struct guest *g)
{
	struct vcpu *v = g->p->partition->vcpus[0];
	u32 head = take(&g->in, 2), nargs, nret, token, status;
	const struct row *row = NULL;
	u64 at = block_at(&g->in);
	bool ok;

	if (head >> 8 < 0xf0) {
		row = &rows[(head >> 8) % ARRAY_SIZE(rows)];
		token = row->token;
		nargs = (u32)strtoul(row->nargs, NULL, 0); /* the fewest */
		nret = (u32)strtoul(row->nret, NULL, 0);
	} else {
		token = argument(&g->in);
		nargs = head & 15;
		nret = head >> 4 & 15;
	}
	if ((head & 0xe0) == 0xe0) {
		nargs = argument(&g->in);
		row = NULL;
	}
	put(g, at, token);
	put(g, at + 4, nargs);
	put(g, at + 8, nret);
	for (u32 i = 0; i < nargs && i < RTAS_ARGS_MAX; i++)
		put(g, at + 12 + 4 * i, argument(&g->in));
	ok = rtas_call(v, gpa_of(at));
	if (ok && row && !vcpu_is_stopping(v)) {
		require(gmem_ld_be32(g->m, gpa_of(at + 12 + 4 * nargs), &status));
		require(row->may((rtas_status)status));
	}
	v->stopping = false;
	g->p->partition->request = PARTITION_RUN;
}

static size_t console(void *opaque UNUSED, unsigned int vty, const void *buf, size_t n)
{
	require(vty == 0 && n == 1);
	return *(const u8 *)buf & 1;
}

static void line(void *opaque UNUSED, const char *text)
{
	require(strlen(text) < 1024);
}

static const struct hypar_host_ops host = {
	.console_write = console,
	.trace = line,
	.log = line,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hypar_config cfg = {
		.memory = RAM,
		.cpus = 2,
		.threads = 1,
		.host = &host,
		.seed = 1,
	};
	struct guest g = { .in = { data, size } };
	u32 flags = take(&g.in, 1);

	cfg.irqchip = flags & 1 ? HYPAR_IRQCHIP_XIVE : HYPAR_IRQCHIP_XICS;
	cfg.trace = flags & 2 ? HYPAR_TRACE_RTAS : 0;
	g.p = papr_new(&cfg, NULL);
	require(g.p);
	g.m = g.p->partition->mem;
	for (unsigned int i = 0; i < CALLS_MAX && g.in.n; i++) {
		if (*g.in.p == 0xff)
			event_epow_shutdown(g.p);
		call(&g);
	}
	papr_free(g.p);
	return 0;
}
