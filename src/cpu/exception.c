// SPDX-License-Identifier: Apache-2.0
/*
 * Delivery of interrupts and everything that depends on MSR
 * [ISA 3.1B III 4.2, 7.5]. The partition has no hypervisor state: HV is 0.
 */
#include "cpu/exception.h"

#include "base/bits.h"
#include "cpu/cpu.h"
#include "cpu/debug.h"
#include "cpu/debugger.h"
#include "cpu/interp/decoded.h"
#include "isa/msr.h"

#define LPCR_ILE PPC_BIT(38)
#define LPCR_AIL(lpcr) ((lpcr) >> 23 & 3)

/* SRR1 bits that an interrupt defines: 33:36 and 42:47. */
#define SRR1_DEFINED (PPC_MASK(33, 36) | PPC_MASK(42, 47))

/* MSR bits an interrupt keeps [ISA 3.1B III 7.5, figure 65]; IR and DR by AIL. */
#define MSR_KEPT (MSR_ME | MSR_HV)

/* Interrupts in a row, without a return from one, that no working guest takes. */
#define EXC_RUN_MAX 20000u

static const struct {
	u32 vector;
	bool ail;
	const char *name;
} excs[] = {
#define EXC(id, vec, text, keep) [EXC_##id] = { .vector = (vec), .ail = (keep), .name = (text) },
#include "isa/exc.def"
#undef EXC
};

const char *cpu_exc_name(enum cpu_exc exc)
{
	return excs[exc].name;
}

u32 cpu_exc_vector(enum cpu_exc exc)
{
	return excs[exc].vector;
}

static void checkstop(struct cpu *c, const char *why)
{
	c->checkstop = why;
	c->exit = CPU_EXIT_CHECKSTOP;
	cpu_attn(c, ATTN_EXIT);
}

void cpu_recheck(struct cpu *c)
{
	if (__atomic_load_n(&c->pending, __ATOMIC_RELAXED))
		cpu_attn(c, ATTN_CHECK);
}

/* Sets MSR as given and what the fast paths derive from it. */
static void load_msr(struct cpu *c, u64 msr)
{
	u64 changed = c->msr ^ msr;
	struct tlb_l1 *l1;

	c->msr = msr;
	c->have = (msr & MSR_FP ? A_FP : 0) | (msr & MSR_VEC ? A_VEC : 0) |
		  (msr & MSR_VSX ? A_VSX : 0) | (msr & MSR_PR ? 0 : A_PRIV);
	decode_cache_select(c);
	if (changed & (MSR_SF | MSR_IR | MSR_DR | MSR_PR | MSR_LE)) {
		c->ea_mask = msr & MSR_SF ? ~0ULL : 0xffffffffULL;
		l1 = &c->tlb.l1[!(msr & MSR_DR) ? TLB_REAL : msr & MSR_PR ? TLB_USER : TLB_PRIV];
		c->rd = l1->rd;
		c->wr = l1->wr;
		c->fetch_swap = !(msr & MSR_LE);
		c->is_plain = (msr & (MSR_SF | MSR_LE)) == (MSR_SF | MSR_LE);
		cpu_set_fetch_page(c, TLB_NONE);
	}
	if (msr & MSR_EE)
		cpu_recheck(c);
	if (UNLIKELY(debug_stepping(c)))
		cpu_attn(c, ATTN_STEP);
}

void cpu_set_msr(struct cpu *c, u64 msr)
{
	msr = (msr & MSR_GUEST & ~MSR_ME) | (c->msr & (MSR_ME | MSR_HV));
	if (msr & MSR_PR)
		msr |= MSR_EE | MSR_IR | MSR_DR;
	load_msr(c, msr);
}

static u64 vector_base(const struct cpu *c, enum cpu_exc exc)
{
	u64 ail = LPCR_AIL(cpu_lpcr(c));

	if (ail < 2 || !excs[exc].ail || (c->msr & (MSR_IR | MSR_DR)) != (MSR_IR | MSR_DR))
		return 0;
	return ail == 2 ? 0x18000 : 0xc000000000004000ULL;
}

u64 cpu_raise(struct cpu *c, enum cpu_exc exc, u64 pc, u64 srr1)
{
	u64 base = vector_base(c, exc);
	u64 msr = (c->msr & MSR_KEPT) | MSR_SF;
	u64 entry = 0;

	*cpu_record_next(&c->records) = (struct cpu_record){
		.kind = CPU_RECORD_EXC,
		.what = excs[exc].vector,
		.pc = pc,
		.a = c->spr.dar,
		.b = c->spr.dsisr,
	};
	if (UNLIKELY(c->trace_excs))
		c->ops->trace_exc(c, excs[exc].vector, pc);
	if (exc == EXC_MCHECK && !(c->msr & MSR_ME)) {
		checkstop(c, "machine check while MSR[ME] = 0");
		return pc;
	}
	if (++c->exc_run > EXC_RUN_MAX) {
		checkstop(c, "interrupts without end: no return from an interrupt in between");
		return pc;
	}
	c->spr.srr0 = pc;
	c->spr.srr1 = (c->msr & ~SRR1_DEFINED) | (srr1 & SRR1_DEFINED);
	if (base)
		msr |= MSR_IR | MSR_DR;
	if (cpu_lpcr(c) & LPCR_ILE)
		msr |= MSR_LE;
	if ((exc == EXC_RESET || exc == EXC_MCHECK) && c->ops->nmi)
		entry = c->ops->nmi(c, exc);
	/* a guest cannot set ME again, so it goes only where ibm,nmi-interlock gives it back */
	if (exc == EXC_MCHECK && entry)
		msr &= ~MSR_ME;
	load_msr(c, msr);
	return entry ? entry : base + excs[exc].vector;
}

u64 cpu_program(struct cpu *c, u64 pc, u64 cause)
{
	if (c->prefix)
		cause |= SRR1_PREFIXED;
	return cpu_raise(c, EXC_PROGRAM, pc, cause);
}

u64 cpu_illegal(struct cpu *c, u32 insn, u64 pc)
{
	c->n_illegal++;
	for (u32 i = 0; i < CPU_ILLEGAL_MAX; i++) {
		if (c->illegal[i].n && c->illegal[i].insn != insn)
			continue;
		c->illegal[i].insn = insn;
		c->illegal[i].n++;
		break;
	}
	return cpu_program(c, pc, SRR1_ILLEGAL);
}

u64 cpu_fault(struct cpu *c, u64 pc)
{
	const struct cpu_fault *f = &c->fault;
	u64 srr1 = c->prefix ? SRR1_PREFIXED : 0;

	switch (f->vector) {
	case EXC_ISI:
		return cpu_raise(c, EXC_ISI, pc, f->dsisr);
	case EXC_ISEG:
		return cpu_raise(c, EXC_ISEG, pc, 0);
	case EXC_MCHECK:
		c->spr.dar = f->dar;
		c->spr.dsisr = f->dsisr;
		/* a load or store that met an uncorrectable error [POWER9 UM 4.4] */
		return cpu_raise(c, EXC_MCHECK, pc, PPC_BIT(42));
	case EXC_DSI:
	case EXC_ALIGN:
		c->spr.dsisr = f->dsisr;
		break;
	case FAULT_DEBUGGER: /* not executed */
		debugger_stop(c);
		return pc;
	case FAULT_ONE_BY_ONE:
		return pc;
	default:
		break;
	}
	c->spr.dar = f->dar;
	return cpu_raise(c, (enum cpu_exc)f->vector, pc, srr1);
}

u64 cpu_facility(struct cpu *c, u64 pc, u32 cause)
{
	c->spr.fscr = (c->spr.fscr & ~PPC_MASK(0, 7)) | (u64)cause << 56;
	return cpu_raise(c, EXC_FAC, pc, c->prefix ? SRR1_PREFIXED : 0);
}

u64 cpu_attend(struct cpu *c, u64 pc)
{
	u32 p;

	__atomic_and_fetch(&c->attn, ~ATTN_CHECK, __ATOMIC_SEQ_CST);
	p = __atomic_load_n(&c->pending, __ATOMIC_SEQ_CST);
	if (p & PEND_RESET) {
		cpu_unpend(c, PEND_RESET);
		/* SRR1 42:45 = 0b0100: a reset asked for by software [ISA 3.1B III 7.5.1] */
		pc = cpu_raise(c, EXC_RESET, pc, PPC_BIT(43));
		cpu_recheck(c);
		return pc;
	}
	if (!(c->msr & MSR_EE))
		return pc;
	if (p & PEND_EXT)
		return cpu_raise(c, EXC_EXTERNAL, pc, 0);
	if (p & PEND_DOORBELL) {
		cpu_unpend(c, PEND_DOORBELL);
		return cpu_raise(c, EXC_DOORBELL, pc, 0);
	}
	if (p & PEND_DEC)
		return cpu_raise(c, EXC_DEC, pc, 0);
	return pc;
}

void cpu_pend(struct cpu *c, u32 bits)
{
	__atomic_or_fetch(&c->pending, bits, __ATOMIC_SEQ_CST);
	cpu_attn(c, ATTN_CHECK);
}

void cpu_unpend(struct cpu *c, u32 bits)
{
	__atomic_and_fetch(&c->pending, ~bits, __ATOMIC_SEQ_CST);
}

void cpu_kick(struct cpu *c)
{
	cpu_attn(c, ATTN_KICK);
}

bool cpu_has_pending(const struct cpu *c)
{
	return __atomic_load_n(&c->pending, __ATOMIC_SEQ_CST) != 0;
}

void cpu_tick(struct cpu *c)
{
	if ((s64)(c->ops->timebase(c) - c->dec_expiry) >= 0)
		cpu_pend(c, PEND_DEC);
	else
		cpu_unpend(c, PEND_DEC);
}
