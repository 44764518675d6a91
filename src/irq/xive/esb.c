// SPDX-License-Identifier: Apache-2.0
/*
 * Sources and their event state buffers: the P and Q bits of each source and
 * what triggers, loads and stores do to them [PAPR 14.5.4.7 H_INT_ESB]
 * [KVM devices/xive]. P: an event is with the guest, Q: another one waits
 * for the EOI; P=0 Q=1: the source is off. A level-sensitive source never
 * queues: while its line is high, each move to P=0 Q=0 makes a new event.
 *
 * Threads: see state.h.
 */
#include "irq/xive/state.h"

/* What a source is asked to do; answers in bits 0 and 1 are PQ values. */
enum esb_op {
	ESB_SET_00,
	ESB_SET_01,
	ESB_SET_10,
	ESB_SET_11,
	ESB_TRIGGER,
	ESB_EOI,
	ESB_RAISE,
	ESB_LOWER,
};

/* An event arrives: the new PQ; *notify when it goes out. */
static u8 pq_trigger(u8 pq, bool *notify)
{
	*notify = pq == 0;
	return pq == 0 ? SRC_P : pq == SRC_P ? SRC_PQ : pq;
}

/* The state after @op; *notify: an event goes out. */
static u8 esb_step(u8 old, enum esb_op op, bool *notify)
{
	u8 pq = old & SRC_PQ;
	u8 rest = (u8)(old & ~SRC_PQ);

	*notify = false;
	switch (op) {
	case ESB_SET_00:
	case ESB_SET_01:
	case ESB_SET_10:
	case ESB_SET_11:
		pq = (u8)op;
		break;
	case ESB_EOI:
		if (pq == SRC_PQ) {
			pq = SRC_P;
			*notify = true;
		} else if (pq == SRC_P) {
			pq = 0;
		}
		break;
	case ESB_TRIGGER:
		pq = pq_trigger(pq, notify);
		if (rest & SRC_LSI && pq == SRC_PQ)
			pq = old & SRC_PQ;
		break;
	case ESB_RAISE:
		if (rest & SRC_LSI)
			rest |= SRC_ASSERTED;
		else
			pq = pq_trigger(pq, notify);
		break;
	case ESB_LOWER:
		rest &= (u8)~SRC_ASSERTED;
		break;
	}
	if (rest & SRC_ASSERTED && pq == 0) {
		pq = SRC_P;
		*notify = true;
	}
	return rest | pq;
}

/* The step that sends an event, or finds under the mutex that it no longer does. */
static NOINLINE u8 esb_apply_locked(struct xive *x, struct xive_src *s, enum esb_op op,
				    bool *notify)
{
	struct xive_locked l = xive_lock(x);
	u8 old = atomic_load_explicit(&s->state, memory_order_relaxed);
	u8 next;

	do {
		next = esb_step(old, op, notify);
	} while (!atomic_compare_exchange_weak(&s->state, &old, next));
	if (*notify)
		xive_route(l, s);
	xive_unlock(l);
	return old;
}

/* Does @op to a source and sends what follows. Returns the state before. */
static u8 esb_apply(struct xive *x, struct xive_src *s, enum esb_op op, bool *notify)
{
	u8 old = atomic_load_explicit(&s->state, memory_order_relaxed);
	u8 next;

	do {
		next = esb_step(old, op, notify);
		if (*notify)
			return esb_apply_locked(x, s, op, notify);
	} while (!atomic_compare_exchange_weak(&s->state, &old, next));
	return old;
}

static void esb_do(struct xive *x, u64 lisn, enum esb_op op)
{
	struct xive_src *s = xive_src_get(x, lisn);
	bool notify;

	if (s)
		esb_apply(x, s, op, &notify);
}

u64 xive_esb_load(struct xive *x, u64 lisn, u64 offset)
{
	struct xive_src *s = xive_src_get(x, lisn);
	bool notify;

	if (!s)
		return ~0ULL;
	switch (offset & ~0xffULL) {
	case XIVE_ESB_LOAD_EOI:
	case XIVE_ESB_LOAD_EOI + 0x100:
	case XIVE_ESB_LOAD_EOI + 0x200:
	case XIVE_ESB_LOAD_EOI + 0x300:
		esb_apply(x, s, ESB_EOI, &notify);
		return notify;
	case XIVE_ESB_GET:
	case XIVE_ESB_GET + 0x100:
	case XIVE_ESB_GET + 0x200:
	case XIVE_ESB_GET + 0x300:
		return atomic_load(&s->state) & SRC_PQ;
	case XIVE_ESB_SET_PQ_00:
	case XIVE_ESB_SET_PQ_01:
	case XIVE_ESB_SET_PQ_10:
	case XIVE_ESB_SET_PQ_11:
		return esb_apply(x, s, (enum esb_op)((offset >> 8) & SRC_PQ), &notify) & SRC_PQ;
	default:
		return ~0ULL;
	}
}

void xive_esb_store(struct xive *x, u64 lisn, u64 offset)
{
	switch (offset & ~0xffULL) {
	case XIVE_ESB_STORE_TRIGGER:
	case XIVE_ESB_STORE_TRIGGER + 0x100:
	case XIVE_ESB_STORE_TRIGGER + 0x200:
	case XIVE_ESB_STORE_TRIGGER + 0x300:
		esb_do(x, lisn, ESB_TRIGGER);
		break;
	case XIVE_ESB_STORE_EOI:
	case XIVE_ESB_STORE_EOI + 0x100:
	case XIVE_ESB_STORE_EOI + 0x200:
	case XIVE_ESB_STORE_EOI + 0x300:
		esb_do(x, lisn, ESB_EOI);
		break;
	case XIVE_ESB_SET_PQ_00:
	case XIVE_ESB_SET_PQ_01:
	case XIVE_ESB_SET_PQ_10:
	case XIVE_ESB_SET_PQ_11:
		esb_do(x, lisn, (enum esb_op)((offset >> 8) & SRC_PQ));
		break;
	default:
		break;
	}
}

void xive_source_trigger(struct xive *x, u32 lisn)
{
	esb_do(x, lisn, ESB_TRIGGER);
}

void xive_source_set_level(struct xive *x, u32 lisn, bool level)
{
	esb_do(x, lisn, level ? ESB_RAISE : ESB_LOWER);
}

static void line_set(void *opaque, u32 source, bool level)
{
	xive_source_set_level(opaque, source, level);
}

struct irq_line xive_line(struct xive *x, u32 lisn)
{
	return (struct irq_line){ .set = line_set, .opaque = x, .source = lisn };
}

static void src_mask(struct xive_src *s)
{
	s->prio = 0;
	s->is_masked = true;
	s->target = 0;
	s->eisn = 0;
}

void xive_src_make(struct xive_locked l, u32 lisn, bool is_lsi, bool level)
{
	struct xive_src *s = &l.x->src[lisn];
	u8 state = SRC_VALID | SRC_Q;

	if (is_lsi)
		state |= level ? SRC_LSI | SRC_ASSERTED : SRC_LSI;
	src_mask(s);
	atomic_store_explicit(&s->state, state, memory_order_release);
}

/* The level stays, and may change at any time. */
void xive_src_reset(struct xive_locked l, u32 lisn)
{
	struct xive_src *s = &l.x->src[lisn];

	src_mask(s);
	atomic_fetch_or(&s->state, SRC_Q);
	atomic_fetch_and(&s->state, (u8)~SRC_P);
}

/* ---- the region: two pages per source ---- */

static enum mmio_result esb_read(void *opaque, int cpu, u64 offset, unsigned int size, u64 *val)
{
	u64 page_mask = (1ULL << XIVE_PAGE_SHIFT) - 1;

	(void)cpu;
	*val = ~0ULL;
	if (offset & (page_mask + 1))
		*val = xive_esb_load(opaque, offset >> XIVE_ESB_SHIFT, offset & page_mask);
	if (size < 8)
		*val &= (1ULL << (8 * size)) - 1;
	return MMIO_OK;
}

/* Any store to the trigger page triggers; the value is not looked at. */
static enum mmio_result esb_write(void *opaque, int cpu, u64 offset, unsigned int size, u64 val)
{
	u64 page_mask = (1ULL << XIVE_PAGE_SHIFT) - 1;

	(void)cpu;
	(void)size;
	(void)val;
	if (offset & (page_mask + 1))
		xive_esb_store(opaque, offset >> XIVE_ESB_SHIFT, offset & page_mask);
	else
		esb_do(opaque, offset >> XIVE_ESB_SHIFT, ESB_TRIGGER);
	return MMIO_OK;
}

const struct mmio_ops xive_esb_ops = { .read = esb_read, .write = esb_write };
