/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events: hotplug and EPOW events in any order, negotiations in between, and a
 * guest that fetches with any mask, buffer and length. A model of the two queues
 * predicts each answer, nothing is written outside of the buffer, and whole logs
 * hold what was put in. The guest also takes its interrupts, and dies of one
 * without an event.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

#define RAM HYPAR_LMB_SIZE
#define BLOCK 0x1000u
#define BUF 0x4000u
#define GUARD 64u
#define LOG_SIZE 116u
#define STEPS_MAX 2000
#define RUN_MAX 5u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a queue should hold. index 0: an EPOW event. */
struct expected {
	u32 index, count;
	bool is_run;
};

struct queue {
	struct expected e[EVENT_QUEUE_MAX];
	u32 n;
};

struct guest {
	struct papr *p;
	struct gmem *m;
	const u8 *in;
	size_t n_in;
	struct queue epow, hotplug;
	u32 last_index;
	u32 xirr; /* in service; 0: none */
};

static void require(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static u32 take(struct guest *g, unsigned int bytes)
{
	u32 v = 0;

	while (bytes-- && g->n_in) {
		v = v << 8 | *g->in++;
		g->n_in--;
	}
	return v;
}

static bool append(struct queue *q, struct expected e)
{
	if (q->n == EVENT_QUEUE_MAX)
		return false;
	q->e[q->n++] = e;
	return true;
}

static struct expected pop(struct queue *q)
{
	struct expected e = q->e[0];

	memmove(&q->e[0], &q->e[1], --q->n * sizeof(q->e[0]));
	return e;
}

static struct queue *queue_of(struct guest *g)
{
	return g->p->opt.hp_evt ? &g->hotplug : &g->epow;
}

static void push(struct guest *g)
{
	u32 kind = take(g, 1);
	struct expected e = { .index = ++g->last_index, .count = 2 + kind % RUN_MAX };
	struct hp_event h = { .type = HP_MEMORY, .action = HP_ADD, .by = HP_BY_INDEX };
	bool ok;

	e.is_run = kind & 0x80;
	h.by = e.is_run ? HP_BY_COUNT_INDEXED : HP_BY_INDEX;
	h.index = e.index;
	h.count = e.count;
	g->last_index += RUN_MAX + 2;
	ok = event_hotplug(g->p, &h);
	if (e.is_run && !g->p->opt.hp_evt)
		require(!ok);
	else
		require(ok == append(queue_of(g), e));
	require(event_hotplug_room(g->p) == EVENT_QUEUE_MAX - queue_of(g)->n);
}

/* As event_renegotiate() says. */
static void renegotiate(struct guest *g)
{
	bool now = !g->p->opt.hp_evt;
	struct queue *from = now ? &g->epow : &g->hotplug, *to = now ? &g->hotplug : &g->epow;

	g->p->opt.hp_evt = now;
	event_renegotiate(g->p);
	for (u32 n = from->n; n; n--) {
		struct expected e = pop(from);

		if (!e.index)
			append(from, e);
		else if (now || !e.is_run)
			append(to, e);
		else if (e.count <= EVENT_QUEUE_MAX - to->n)
			for (u32 i = 0; i < e.count; i++)
				append(to, (struct expected){ .index = e.index + i });
	}
	/* the interrupts go with the negotiation: papr_cas() resets the controller */
	papr_irq_reset(g->p);
	g->xirr = 0;
	xics_set_cppr(g->p->xics, 0, 0xff);
	xics_set_xive(g->p->xics, PAPR_IRQ_HOTPLUG, 0, 5);
	event_announce(g->p);
}

static s32 call(struct guest *g, const char *name, const u32 *arg, u32 n)
{
	u32 token = 0, status;

	require(rtas_by_name(name, &token));
	require(gmem_st_be32(g->m, gpa_of(BLOCK), token));
	require(gmem_st_be32(g->m, gpa_of(BLOCK + 4), n));
	require(gmem_st_be32(g->m, gpa_of(BLOCK + 8), 1));
	for (u32 i = 0; i < n; i++)
		require(gmem_st_be32(g->m, gpa_of(BLOCK + 12 + 4 * i), arg[i]));
	require(rtas_call(g->p->partition->vcpus[0], gpa_of(BLOCK)));
	require(gmem_ld_be32(g->m, gpa_of(BLOCK + 12 + 4 * n), &status));
	return (s32)status;
}

static void check_log(const u8 *log, const struct expected *e)
{
	require(ld_be32(log) == (e->index ? 0x063460e5 : 0x06340040));
	require(ld_be32(log + 4) == LOG_SIZE - 8);
	require(log[24 + 27] == 3);
	if (!e->index)
		return;
	require(!memcmp(log + 96, "HP\0\x14\1", 5));
	require(log[106] == (e->is_run ? HP_BY_COUNT_INDEXED : HP_BY_INDEX));
	require(ld_be32(log + 108) == (e->is_run ? e->count : e->index));
	require(ld_be32(log + 112) == (e->is_run ? e->index : 0));
}

/* check-exception; *got: there was an event. */
static void fetch(struct guest *g, u32 mask, bool is_short, u32 at, u32 len)
{
	struct queue *q = mask & EVENT_MASK_EPOW && g->epow.n	    ? &g->epow :
			  mask & EVENT_MASK_HOTPLUG && g->hotplug.n ? &g->hotplug :
								      NULL;
	u32 arg[6] = { 0x500, 0, mask, is_short, at, len };
	u32 size = is_short ? EVENT_FIXED_SIZE : LOG_SIZE;
	u8 before[GUARD], log[LOG_SIZE + GUARD];
	s32 status;

	size = len < size ? len : size;
	require(gmem_set(g->m, gpa_of(BUF - GUARD), 0xee, 2 * GUARD + LOG_SIZE));
	status = call(g, "check-exception", arg, 6);
	require(status == RTAS_SUCCESS || status == RTAS_NO_EVENT || status == RTAS_HARDWARE);
	require((status == RTAS_NO_EVENT) == !q);
	if (!q)
		return;
	require((status == RTAS_HARDWARE) == !gmem_ok(g->m, gpa_of(at), size));
	if (status == RTAS_HARDWARE)
		return;
	if (at == BUF) {
		require(gmem_read(g->m, gpa_of(BUF - GUARD), before, GUARD));
		require(gmem_read(g->m, gpa_of(BUF), log, sizeof(log)));
		for (u32 i = 0; i < GUARD; i++)
			require(before[i] == 0xee);
		for (u32 i = size; i < sizeof(log); i++)
			require(log[i] == 0xee);
		if (size == LOG_SIZE)
			check_log(log, &q->e[0]);
	}
	pop(q);
}

static void fetch_any(struct guest *g)
{
	static const u32 masks[] = { EVENT_MASK_HOTPLUG, EVENT_MASK_EPOW, 0xffffffff, 0,
				     0x0fffffff };
	static const u32 lengths[] = { 0, 1, 7, 8, 9, LOG_SIZE - 1, LOG_SIZE, 2048, 0xffffffff };
	u32 what = take(g, 2), at = BUF;

	/* the hotplug events are the handler's: see interrupt() */
	if (what & 0x800)
		at = take(g, 4);
	if (at >= BLOCK && at < BLOCK + 64)
		at = BUF;
	fetch(g, masks[what % ARRAY_SIZE(masks)] & ~EVENT_MASK_HOTPLUG, what & 0x100, at,
	      lengths[(what >> 4 & 15) % ARRAY_SIZE(lengths)]);
}

/* What Linux does: one fetch, then the EOI, with anything in between. */
static void interrupt(struct guest *g)
{
	u32 xirr, n;

	if (g->xirr) {
		xics_eoi(g->p->xics, 0, g->xirr);
		g->xirr = 0;
		return;
	}
	xics_accept(g->p->xics, 0, &xirr);
	if (!(xirr & 0xffffff))
		return;
	n = g->hotplug.n;
	require(n); /* an interrupt without an event */
	fetch(g, EVENT_MASK_HOTPLUG, false, BUF, 2048);
	require(g->hotplug.n == n - 1);
	g->xirr = xirr;
}

static void scan(struct guest *g)
{
	u32 arg[4] = { take(g, 1) << 24, 0, BUF, 2048 };

	require(call(g, "event-scan", arg, 4) == RTAS_NO_EVENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hypar_host_ops host;
	const struct hypar_config cfg = { .memory = RAM,
					  .cpus = 1,
					  .threads = 1,
					  .host = &host,
					  .irqchip = HYPAR_IRQCHIP_XICS,
					  .seed = 1 };
	struct guest g = { .in = data, .n_in = size };

	g.p = papr_new(&cfg, NULL);
	require(g.p);
	g.m = g.p->partition->mem;
	xics_set_cppr(g.p->xics, 0, 0xff);
	xics_set_xive(g.p->xics, PAPR_IRQ_HOTPLUG, 0, 5);
	for (int i = 0; i < STEPS_MAX && g.n_in; i++) {
		switch (take(&g, 1) % 8) {
		case 0:
		case 1:
			push(&g);
			break;
		case 2:
			event_epow_shutdown(g.p);
			append(&g.epow, (struct expected){ 0 });
			break;
		case 3:
			renegotiate(&g);
			break;
		case 4:
			scan(&g);
			break;
		case 5:
			fetch_any(&g);
			break;
		default:
			interrupt(&g);
			break;
		}
	}
	papr_free(g.p);
	return 0;
}
