// SPDX-License-Identifier: Apache-2.0
/*
 * System instructions of a guest [ISA 3.1B III 4.3, 5.4, 6.9.3, 10.4]. The
 * partition is radix: segment look-aside buffer instructions have no effect
 * beyond the translations that slbia drops.
 */
#include "base/bits.h"
#include "cpu/cpu.h"
#include "cpu/interp/interp.h"
#include "isa/msr.h"

#define FSCR_SCV PPC_BIT(51)
#define FSCR_EBB PPC_BIT(56)
#define CAUSE_SCV 12
#define CAUSE_TM 5
#define CAUSE_EBB 7

static void leave(struct cpu *c, enum cpu_exit why)
{
	c->exit = why;
	cpu_attn(c, ATTN_EXIT);
}

u64 i_sc(struct cpu *c, u32 insn, u64 pc)
{
	u32 lev = insn >> 5 & 0x7f;

	if (lev == 0)
		return cpu_raise(c, EXC_SC, NEXT, 0);
	if (lev != 1)
		return cpu_illegal(c, insn, pc);
	leave(c, CPU_EXIT_HCALL);
	return NEXT;
}

/* System call vectored [III 7.5.15]: saves to LR and CTR, leaves EE, RI, SRR0 and SRR1 alone. */
u64 i_scv(struct cpu *c, u32 insn, u64 pc)
{
	u64 lev = insn >> 5 & 0x7f, msr = c->msr, srr0 = c->spr.srr0, srr1 = c->spr.srr1;
	bool ail = (cpu_lpcr(c) >> 23 & 3) == 3;

	if (!(c->spr.fscr & FSCR_SCV))
		return cpu_facility(c, pc, CAUSE_SCV);
	cpu_raise(c, EXC_SCV, NEXT, 0);
	c->spr.srr0 = srr0;
	c->spr.srr1 = srr1;
	c->lr = NEXT;
	c->ctr = msr & ~(PPC_MASK(33, 36) | PPC_MASK(42, 47));
	cpu_set_msr(c, c->msr | (msr & (MSR_EE | MSR_RI)) |
			       (ail && msr & MSR_IR && msr & MSR_DR ? MSR_IR | MSR_DR : 0));
	return (ail ? 0xc000000000003000ULL : 0x17000) + lev * 32;
}

u64 i_rfid(struct cpu *c, u32 insn, u64 pc)
{
	(void)insn;
	(void)pc;
	c->exc_run = 0;
	c->cfar = pc;
	cpu_set_msr(c, c->spr.srr1);
	return ea_of(c, c->spr.srr0 & ~3ULL);
}

u64 i_rfscv(struct cpu *c, u32 insn, u64 pc)
{
	(void)insn;
	c->exc_run = 0;
	c->cfar = pc;
	cpu_set_msr(c, c->ctr);
	return ea_of(c, c->lr & ~3ULL);
}

/* Never called: their rows need hypervisor state, which no guest has. */
#define HV_ONLY(name)                                 \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		return cpu_illegal(c, insn, pc);      \
	}

HV_ONLY(hrfid)
HV_ONLY(stop)
HV_ONLY(msgsnd)
HV_ONLY(msgclr)
HV_ONLY(msgsync)
HV_ONLY(lbzcix)
HV_ONLY(lhzcix)
HV_ONLY(lwzcix)
HV_ONLY(ldcix)
HV_ONLY(stbcix)
HV_ONLY(sthcix)
HV_ONLY(stwcix)
HV_ONLY(stdcix)
HV_ONLY(rmieg)
HV_ONLY(urfid)
HV_ONLY(msgsndu)
HV_ONLY(msgclru)

/*
 * Transactional memory. MSR[TM] is always 0, so POWER9 takes a facility
 * unavailable interrupt [ISA 3.0B III 6.5.28]; from ISA 3.1 on there is no such
 * instruction.
 */
static COLD u64 transactional(struct cpu *c, u32 insn, u64 pc, bool privileged)
{
	if (c->decoder->level >= V31)
		return cpu_illegal(c, insn, pc);
	if (privileged && c->msr & MSR_PR)
		return cpu_program(c, pc, SRR1_PRIV);
	return cpu_facility(c, pc, CAUSE_TM);
}

#define TRANSACTIONAL(name, privileged)                        \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)          \
	{                                                      \
		return transactional(c, insn, pc, privileged); \
	}

TRANSACTIONAL(tbegin, false)
TRANSACTIONAL(tend, false)
TRANSACTIONAL(tabort, false)
TRANSACTIONAL(tabortwc, false)
TRANSACTIONAL(tabortwci, false)
TRANSACTIONAL(tabortdc, false)
TRANSACTIONAL(tabortdci, false)
TRANSACTIONAL(tsr, false)
TRANSACTIONAL(tcheck, false)
TRANSACTIONAL(treclaim, true)
TRANSACTIONAL(trechkpt, true)

/* Return from event-based branch [II 6.4]: BESCR[GE] = S. */
u64 i_rfebb(struct cpu *c, u32 insn, u64 pc)
{
	if (c->msr & MSR_PR && !(c->spr.fscr & FSCR_EBB))
		return cpu_facility(c, pc, CAUSE_EBB);
	c->spr.bescr = (c->spr.bescr & ~PPC_BIT(0)) | (insn & 0x800 ? PPC_BIT(0) : 0);
	return ea_of(c, c->spr.ebbrr & ~3ULL);
}

u64 i_mfmsr(struct cpu *c, u32 insn, u64 pc)
{
	c->gpr[f_rt(insn)] = c->msr;
	return NEXT;
}

/* L = 1 changes EE and RI alone; otherwise LE and (by mtmsr) the high half stay. */
static u64 move_to_msr(struct cpu *c, u32 insn, u64 pc, u64 changes)
{
	u64 v = c->gpr[f_rt(insn)];

	if (insn & 0x10000)
		changes = MSR_EE | MSR_RI;
	cpu_set_msr(c, (c->msr & ~changes) | (v & changes));
	return NEXT;
}

u64 i_mtmsrd(struct cpu *c, u32 insn, u64 pc)
{
	return move_to_msr(c, insn, pc, ~(MSR_LE | MSR_HV | MSR_ME));
}

u64 i_mtmsr(struct cpu *c, u32 insn, u64 pc)
{
	return move_to_msr(c, insn, pc, 0xffffffffULL & ~(MSR_LE | MSR_ME));
}

/* Page size of the AP field of RB [III 6.7.10.4]; 0: none. */
static u64 ap_bytes(u64 rb)
{
	switch (rb >> 5 & 7) {
	case 0:
		return 1ULL << 12;
	case 5:
		return 1ULL << 16;
	case 1:
		return 1ULL << 21;
	case 2:
		return 1ULL << 30;
	default:
		return 0;
	}
}

/* RB, RS and RIC to what shall be dropped; false: nothing. */
static bool inval_of(struct cpu *c, u32 insn, struct tlb_inval *inv)
{
	u64 rb = c->gpr[f_rb(insn)], rs = c->gpr[f_rt(insn)];
	u32 is = rb >> 10 & 3, ric = insn >> 18 & 3;
	bool prs = insn >> 17 & 1;
	u64 size = ap_bytes(rb);

	inv->pid = (u32)(rs >> 32);
	if (!(insn & 0x10000) || !prs || is >= 2 || (is == 0 && !size)) {
		inv->kind = TLB_INV_ALL;
	} else if (is == 1) {
		/* the sets are visited one by one by software: the first one does it all */
		if (rb >> 12 & 0xfff && (insn >> 1 & 0x3ff) == 274)
			return false;
		inv->kind = TLB_INV_PID;
	} else {
		inv->kind = TLB_INV_RANGE;
		inv->start = rb & ~(size - 1);
		inv->end = inv->start + size;
	}
	/* RIC = 1 is the page-walk cache alone, which does not exist here */
	return ric != 1;
}

u64 i_tlbie(struct cpu *c, u32 insn, u64 pc)
{
	struct tlb_inval inv = { 0 };

	if (inval_of(c, insn, &inv))
		c->ops->tlb_invalidate(c, &inv);
	return NEXT;
}

u64 i_tlbiel(struct cpu *c, u32 insn, u64 pc)
{
	struct tlb_inval inv = { 0 };

	if (inval_of(c, insn, &inv))
		tlb_invalidate(c, &inv);
	return NEXT;
}

u64 i_tlbsync(struct cpu *c, u32 insn, u64 pc)
{
	(void)insn;
	c->ops->tlb_sync(c);
	return NEXT;
}

u64 i_slbia(struct cpu *c, u32 insn, u64 pc)
{
	(void)insn;
	tlb_scrub_user(c);
	return NEXT;
}

/* L or not: all translations of the thread, which segments are not part of. */
u64 i_slbiag(struct cpu *c, u32 insn, u64 pc)
{
	return i_slbia(c, insn, pc);
}

#define NO_EFFECT(name)                               \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		(void)c;                              \
		(void)insn;                           \
		return NEXT;                          \
	}

NO_EFFECT(slbie)
NO_EFFECT(slbieg)
NO_EFFECT(slbsync)
NO_EFFECT(slbmte)
NO_EFFECT(clrbhrb)
NO_EFFECT(dst)
NO_EFFECT(dstst)
NO_EFFECT(dss)

#define ZERO_RESULT(name)                             \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		c->gpr[f_rt(insn)] = 0;               \
		return NEXT;                          \
	}

ZERO_RESULT(slbmfev)
ZERO_RESULT(slbmfee)
ZERO_RESULT(mfbhrbe)

u64 i_slbfee(struct cpu *c, u32 insn, u64 pc)
{
	c->gpr[f_rt(insn)] = 0;
	cr_set_field(c, 0, c->so);
	return NEXT;
}

/* Directed privileged doorbells: message type 5, the thread's number in TIRTAG. */
u64 i_msgsndp(struct cpu *c, u32 insn, u64 pc)
{
	u64 rb = c->gpr[f_rb(insn)];

	if ((rb >> 27 & 31) == 5)
		c->ops->doorbell(c, rb & 0x7f);
	return NEXT;
}

u64 i_msgclrp(struct cpu *c, u32 insn, u64 pc)
{
	if ((c->gpr[f_rb(insn)] >> 27 & 31) == 5)
		cpu_unpend(c, PEND_DOORBELL);
	return NEXT;
}
