// SPDX-License-Identifier: Apache-2.0
/*
 * The interpreter's loop: fetch, decode, call. Nothing is cached but the host
 * address of the current page of code, so self-modifying code needs no care.
 */
#include "base/compiler.h"
#include "cpu/cpu.h"
#include "cpu/interp/interp.h"
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
	[INSN_##id] = { form, .fn = i_##id, .need = (a) & A_FACILITIES },
#define PINSN(id, mn, pform, sform, operands, a, lvl, clause) \
	[INSN_##id] = { sform, .fn = i_##id, .need = (a) & A_FACILITIES },
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

/* Up to @n instructions from @pc; returns where it stopped, and how many are left in *left. */
static u64 run_slice(struct cpu *c, u64 pc, s64 n, s64 *left)
{
	const struct decoder *d = c->decoder;

	do {
		const struct op *op;
		u32 insn;

		if (UNLIKELY(__atomic_load_n(&c->attn, __ATOMIC_RELAXED)))
			break;
		if (UNLIKELY((pc & TLB_PAGE_MASK) != c->fetch_page)) {
			pc &= c->ea_mask;
			if (!mem_fetch_window(c, pc)) {
				pc = cpu_fault(c, pc);
				continue;
			}
		}
		insn = *(const u32 *)(pc + c->fetch_addend);
		if (UNLIKELY(c->fetch_swap))
			insn = __builtin_bswap32(insn);
		if (UNLIKELY(c->trace_insns))
			trace_insn(c, insn, pc);
		op = &ops[decode_candidate(d, insn)];
		if (UNLIKELY(((insn & op->mask) ^ op->match) | (op->need & ~c->have)))
			pc = run_slow(c, insn, pc);
		else
			pc = op->fn(c, insn, pc);
	} while (--n > 0);
	*left = n;
	return pc;
}

enum cpu_exit cpu_run(struct cpu *c)
{
	u64 pc = c->pc;
	s64 left;
	u32 attn;

	c->exit = CPU_EXIT_NONE;
	cpu_tick(c);
	for (;;) {
		pc = run_slice(c, pc, SLICE, &left);
		c->n_insns += (u64)(SLICE - left);
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
		if (left <= 0)
			cpu_tick(c);
		if (__atomic_load_n(&c->attn, __ATOMIC_RELAXED) & ATTN_CHECK)
			pc = cpu_attend(c, pc & c->ea_mask);
	}
}
