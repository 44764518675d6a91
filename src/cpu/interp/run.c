// SPDX-License-Identifier: Apache-2.0
/*
 * The interpreter's loop: fetch, decode, call. What a word decodes to is cached
 * by the word itself, not by its address, so self-modifying code needs no care.
 */
#include <string.h>

#include "base/compiler.h"
#include "base/pages.h"
#include "cpu/cpu.h"
#include "cpu/debug.h"
#include "cpu/debugger.h"
#include "cpu/interp/interp.h"
#include "cpu/interp/thread.h"
#include "isa/forms.h"

/* Instructions between two looks at the clock. */
#define SLICE 8192

struct op {
	u32 mask, match;
	insn_fn *fn;
	u32 need; /* facilities */
};

static const struct op ops[INSN_COUNT + 1] = {
#define INSN(id, mn, form, operands, a, lvl, clause) \
	[INSN_##id] = { form, .fn = i_##id, .need = (a)&A_FACILITIES },
#define PINSN(id, mn, pform, sform, operands, a, lvl, clause) \
	[INSN_##id] = { sform, .fn = i_##id, .need = (a)&A_FACILITIES },
#include "isa/insn.def"
#undef INSN
#undef PINSN
	/* matches nothing: the slow path decides */
	[INSN_ILLEGAL] = { .mask = 0, .match = 1, .fn = NULL },
};

/* The interrupt for facilities that the instruction needs and MSR does not enable. */
static COLD u64 unavailable(struct cpu *c, const struct op *op, u32 insn, u64 pc)
{
	u32 missing = op->need & ~c->have;

	if (missing & A_HV)
		return cpu_program(c, pc, c->msr & MSR_PR ? SRR1_PRIV : SRR1_ILLEGAL);
	if (missing & A_PRIV)
		return cpu_program(c, pc, SRR1_PRIV);
	if (missing & A_FP)
		return cpu_raise(c, EXC_FP, pc, c->prefix ? SRR1_PREFIXED : 0);
	if (missing & A_VEC)
		return cpu_raise(c, EXC_VEC, pc, c->prefix ? SRR1_PREFIXED : 0);
	if (missing & A_VSX)
		return cpu_raise(c, EXC_VSX, pc, c->prefix ? SRR1_PREFIXED : 0);
	return op->fn(c, insn, pc);
}

u64 vsx_or_vec_unavailable(struct cpu *c, u32 xt, u64 pc)
{
	return cpu_raise(c, xt & 32 ? EXC_VEC : EXC_VSX, pc, c->prefix ? SRR1_PREFIXED : 0);
}

#define FSCR_PREFIX PPC_BIT(50)
#define FSCR_CAUSE_PREFIX 13

static COLD u64 run_prefixed(struct cpu *c, u32 prefix, u64 pc)
{
	u32 suffix;
	u16 id;
	u64 next;

	if (c->decoder->level < V31)
		return cpu_illegal(c, prefix, pc);
	if ((pc & 63) == 60) { /* may not cross a 64-byte boundary: alignment interrupt */
		c->spr.dar = pc;
		return cpu_raise(c, EXC_ALIGN, pc, PPC_BIT(35) | SRR1_PREFIXED);
	}
	if (c->msr & MSR_PR && !(c->spr.fscr & FSCR_PREFIX))
		return cpu_facility(c, pc, FSCR_CAUSE_PREFIX);
	if (!mem_fetch(c, ea_of(c, NEXT), &suffix))
		return cpu_fault(c, pc);
	id = decode_prefixed(c->decoder, prefix, suffix);
	if (id == INSN_ILLEGAL)
		return cpu_illegal(c, prefix, pc);
	c->prefix = prefix;
	next = ops[id].need & ~c->have ? unavailable(c, &ops[id], suffix, pc) :
					 ops[id].fn(c, suffix, pc);
	c->prefix = 0;
	return next;
}

/* Not what the first candidate is: another row of the same index, a prefix, a missing facility. */
static COLD u64 run_slow(struct cpu *c, u32 insn, u64 pc)
{
	const struct op *op;
	u16 id;

	if (insn >> 26 == 1)
		return run_prefixed(c, insn, pc);
	id = decode(c->decoder, insn);
	if (id == INSN_ILLEGAL)
		return cpu_illegal(c, insn, pc);
	op = &ops[id];
	return op->need & ~c->have ? unavailable(c, op, insn, pc) : op->fn(c, insn, pc);
}

static COLD void trace_insn(struct cpu *c, u32 insn, u64 pc)
{
	u32 suffix = 0;

	if (insn >> 26 == 1 && !mem_fetch(c, ea_of(c, NEXT), &suffix))
		suffix = 0;
	c->ops->trace_insn(c, pc, insn, suffix);
}

/* Any instruction in a thread of functions. */
u64 thread_call(struct cpu *c, u32 insn, u64 pc, s64 left)
{
	u32 id = c->decoded[decoded_slot(insn)].id;

	pc = id == INSN_ILLEGAL ? run_slow(c, insn, pc) : ops[id].fn(c, insn, pc);
	return thread_branch(c, pc, left);
}

#define HOT(id) thread_fn thread_##id;
#include "cpu/interp/hot.def"
#undef HOT

static thread_fn *const threads[INSN_COUNT + 1] = {
#define HOT(id) [INSN_##id] = thread_##id,
#include "cpu/interp/hot.def"
#undef HOT
};

/* What to do with @insn while the facilities are those of MSR now. */
static COLD void decode_into(const struct cpu *c, struct decoded *d, u32 insn)
{
	u32 id = insn >> 26 == 1 ? (u32)INSN_ILLEGAL : decode(c->decoder, insn);

	/* c->have does not change while this entry's table is the current one */
	if (id != INSN_ILLEGAL && ops[id].need & ~c->have)
		id = INSN_ILLEGAL;
	d->insn = insn;
	d->id = id;
	d->run = threads[id] ? threads[id] : thread_call;
}

#define DECODED_BYTES (DECODED_TABLES * DECODED_SIZE * sizeof(struct decoded))

/* A zeroed entry can only match the word 0, in the slot of that word. */
static void decode_word_0(struct cpu *c)
{
	for (u32 i = 0; i < DECODED_TABLES; i++) {
		struct decoded *d = &c->decoded_all[i * DECODED_SIZE + decoded_slot(0)];

		d->id = INSN_ILLEGAL;
		d->run = thread_call;
	}
}

bool decode_cache_init(struct cpu *c)
{
	c->decoded_all = pages_alloc(DECODED_BYTES);
	if (!c->decoded_all)
		return false;
	decode_word_0(c);
	c->decoded = c->decoded_all;
	return true;
}

void cpu_set_decoder(struct cpu *c, const struct decoder *d)
{
	if (LIKELY(c->decoder == d))
		return;
	c->decoder = d;
	memset(c->decoded_all, 0, DECODED_BYTES);
	decode_word_0(c);
}

void decode_cache_fini(struct cpu *c)
{
	pages_free(c->decoded_all, DECODED_BYTES);
	c->decoded_all = NULL;
}

/*
 * Up to @n instructions from @pc; returns where it stopped, and how many are
 * left in *left. Two copies are compiled: @plain for little-endian 64-bit code,
 * by threads of functions, and one for the rest.
 */
ALWAYS_INLINE u64 run_slice(struct cpu *c, u64 pc, s64 n, s64 *left, bool plain)
{
	while (n > 0 && !__atomic_load_n(&c->attn, __ATOMIC_RELAXED)) {
		struct decoded *d;
		u32 insn;

		if ((pc & TLB_PAGE_MASK) != cpu_fetch_page(c)) {
			if (plain && !c->is_plain)
				break;
			pc &= c->ea_mask;
			if (!mem_fetch_window(c, pc)) {
				if (c->fault.vector == FAULT_ONE_BY_ONE)
					break;
				pc = cpu_fault(c, pc);
				n--;
				continue;
			}
		}
		insn = *(const u32 *)(pc + c->fetch_addend);
		if (!plain && c->fetch_swap)
			insn = __builtin_bswap32(insn);
		d = &c->decoded[decoded_slot(insn)];
		if (UNLIKELY(d->insn != insn))
			decode_into(c, d, insn);
		if (!plain) {
			pc = d->id == INSN_ILLEGAL ? run_slow(c, insn, pc) :
						     ops[d->id].fn(c, insn, pc);
			n--;
		} else {
			pc = d->run(c, insn, pc, n);
			n = c->left;
		}
	}
	*left = n;
	return pc;
}

static NOINLINE u64 run_slice_plain(struct cpu *c, u64 pc, s64 n, s64 *left)
{
	return run_slice(c, pc, n, left, true);
}

static NOINLINE u64 run_slice_any(struct cpu *c, u64 pc, s64 n, s64 *left)
{
	return run_slice(c, pc, n, left, false);
}

/* Must the instruction at @pc be executed by itself? */
static bool is_stepped(const struct cpu *c, u64 pc)
{
	return c->trace_insns || debug_stepping(c) || debugger_slow(c, pc & c->ea_mask);
}

/* One instruction at a time: each is reported, or may end in a trace interrupt or at a debugger. */
static COLD u64 run_slice_stepped(struct cpu *c, u64 pc, s64 n, s64 *left)
{
	s64 rest = n, one;

	c->one_by_one = true;
	while (rest > 0 && !__atomic_load_n(&c->attn, __ATOMIC_RELAXED) && is_stepped(c, pc)) {
		u64 at = pc & c->ea_mask;
		struct debug_step step = { 0 };
		u32 insn;

		if (mem_fetch(c, at, &insn)) {
			if (debugger_before(c, at))
				break;
			step = debug_before(c, at, insn);
			if (c->trace_insns)
				trace_insn(c, insn, at);
		}
		pc = run_slice_any(c, pc, 1, &one);
		if (one) /* called away before it */
			break;
		rest--;
		pc = debug_after(c, &step, pc);
		debugger_after(c);
	}
	c->one_by_one = false;
	cpu_set_fetch_page(c, TLB_NONE);
	*left = rest;
	return pc;
}

static u64 run_some(struct cpu *c, u64 pc, s64 *left)
{
	if (UNLIKELY(is_stepped(c, pc)))
		return run_slice_stepped(c, pc, SLICE, left);
	return c->is_plain ? run_slice_plain(c, pc, SLICE, left) :
			     run_slice_any(c, pc, SLICE, left);
}

enum cpu_exit cpu_run(struct cpu *c)
{
	u64 pc = c->pc;
	s64 left, since_tick = 0;
	u32 attn;

	c->exit = CPU_EXIT_NONE;
	cpu_tick(c);
	for (;;) {
		pc = run_some(c, pc, &left);
		c->n_insns += (u64)(SLICE - left);
		since_tick += SLICE - left;
		attn = __atomic_load_n(&c->attn, __ATOMIC_ACQUIRE);
		if (attn & ATTN_EXIT) {
			__atomic_and_fetch(&c->attn, ~ATTN_EXIT, __ATOMIC_SEQ_CST);
			c->pc = pc & c->ea_mask;
			return c->exit;
		}
		if (attn & ATTN_KICK) {
			__atomic_and_fetch(&c->attn, ~ATTN_KICK, __ATOMIC_SEQ_CST);
			c->pc = pc & c->ea_mask;
			return CPU_EXIT_KICK;
		}
		if (attn & ATTN_STEP) /* run_some() looks */
			__atomic_and_fetch(&c->attn, ~ATTN_STEP, __ATOMIC_SEQ_CST);
		/* slices may be cut short all the time, by interrupts in a row */
		if (since_tick >= SLICE) {
			cpu_tick(c);
			since_tick = 0;
		}
		if (!(__atomic_load_n(&c->attn, __ATOMIC_RELAXED) & ATTN_CHECK))
			continue;
		if (LIKELY(!c->single && !c->pass))
			pc = cpu_attend(c, pc & c->ea_mask);
		else /* asked for again when the debugger's step is over */
			__atomic_and_fetch(&c->attn, ~ATTN_CHECK, __ATOMIC_SEQ_CST);
	}
}
