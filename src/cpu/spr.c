// SPDX-License-Identifier: Apache-2.0
/*
 * Special-purpose registers: access rights from cpu/spr.def, and the ones
 * whose reading or writing does more than moving a value. A number without a
 * row is undefined: privileged state ignores accesses to it, problem state
 * takes a program interrupt [ISA 3.1B III 5.4.4].
 */
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "cpu/cpu.h"
#include "cpu/interp/interp.h"
#include "isa/msr.h"

#define LPCR_LD PPC_BIT(46)

/* FSCR bits and their interrupt causes [III 6.2.10]. */
#define FSCR_TAR PPC_BIT(55)
#define FSCR_EBB PPC_BIT(56)
#define FSCR_DSCR PPC_BIT(61)
#define CAUSE_DSCR 2
#define CAUSE_PMU 3
#define CAUSE_EBB 7
#define CAUSE_TAR 8

u64 cpu_xer_get(const struct cpu *c)
{
	return (u64)c->so << 31 | (u64)c->ov << 30 | (u64)c->ca << 29 | (u64)c->ov32 << 19 |
	       (u64)c->ca32 << 18 | (u64)c->xer_rest << 7 | c->xer_count;
}

void cpu_xer_set(struct cpu *c, u64 v)
{
	c->so = v >> 31 & 1;
	c->ov = v >> 30 & 1;
	c->ca = v >> 29 & 1;
	c->ov32 = v >> 19 & 1;
	c->ca32 = v >> 18 & 1;
	c->xer_rest = v >> 7 & 0x1ff;
	c->xer_count = v & 0x7f;
}

static u64 get_xer(struct cpu *c)
{
	return cpu_xer_get(c);
}

static void set_xer(struct cpu *c, u64 v)
{
	cpu_xer_set(c, v);
}

static u64 get_dscr_u(struct cpu *c)
{
	return c->spr.dscr;
}

static void set_dscr_u(struct cpu *c, u64 v)
{
	c->spr.dscr = v;
}

static u64 get_dsisr(struct cpu *c)
{
	return c->spr.dsisr;
}

static void set_dsisr(struct cpu *c, u64 v)
{
	c->spr.dsisr = (u32)v;
}

/* A large decrementer has 56 bits, sign-extended when read [III 7.3]. */
static u64 get_dec(struct cpu *c)
{
	u64 v = c->dec_expiry - c->ops->timebase(c);

	return cpu_lpcr(c) & LPCR_LD ? (u64)sext64(v, 56) : (u32)v;
}

static void set_dec(struct cpu *c, u64 v)
{
	s64 n = cpu_lpcr(c) & LPCR_LD ? sext64(v, 56) : (s32)v;

	c->dec_expiry = c->ops->timebase(c) + (u64)n;
	if (n < 0)
		cpu_pend(c, PEND_DEC);
	else
		cpu_unpend(c, PEND_DEC);
}

static void set_amr(struct cpu *c, u64 v)
{
	if (c->spr.amr == v)
		return;
	c->spr.amr = v;
	tlb_scrub_user(c);
}

/* Problem state may change the keys that UAMOR allows. */
static void set_amr_u(struct cpu *c, u64 v)
{
	u64 mask = c->msr & MSR_PR ? c->spr.uamor : ~0ULL;

	set_amr(c, (c->spr.amr & ~mask) | (v & mask));
}

static void set_iamr(struct cpu *c, u64 v)
{
	if (c->spr.iamr == v)
		return;
	c->spr.iamr = v;
	tlb_scrub_user(c);
}

static void set_pidr(struct cpu *c, u64 v)
{
	v = (u32)v;
	if (c->spr.pidr == v)
		return;
	c->spr.pidr = v;
	tlb_scrub_user(c);
}

/* CTRL: the RUN bit, and in the thread's state field a copy of it [III 5.3.7]. */
static u64 get_ctrl(struct cpu *c)
{
	u64 run = c->spr.ctrl & 1;

	return c->msr & MSR_PR ? run : run | run << 15;
}

static u64 get_dpdes(struct cpu *c)
{
	return __atomic_load_n(&c->pending, __ATOMIC_RELAXED) & PEND_DOORBELL ? 1 : 0;
}

static u64 get_vrsave(struct cpu *c)
{
	return (u32)c->spr.vrsave;
}

static void set_vrsave(struct cpu *c, u64 v)
{
	c->spr.vrsave = (u32)v;
}

static u64 get_tb(struct cpu *c)
{
	return c->ops->timebase(c);
}

static u64 get_tbu(struct cpu *c)
{
	return c->ops->timebase(c) >> 32;
}

/* The time base without the time in H_CEDE, which the hypervisor adds to purr_base. */
static u64 get_purr(struct cpu *c)
{
	return c->ops->timebase(c) - c->spr.purr_base;
}

static u64 get_vtb(struct cpu *c)
{
	return c->ops->timebase(c) - c->spr.vtb_offset;
}

static u64 get_ic(struct cpu *c)
{
	return c->n_insns;
}

static u64 get_tir(struct cpu *c)
{
	return c->thread;
}

static void set_bescrs(struct cpu *c, u64 v)
{
	c->spr.bescr |= v;
}

static void set_bescrr(struct cpu *c, u64 v)
{
	c->spr.bescr &= ~v;
}

static void set_bescrsu(struct cpu *c, u64 v)
{
	c->spr.bescr |= v << 32;
}

static void set_bescrru(struct cpu *c, u64 v)
{
	c->spr.bescr &= ~(v << 32);
}

static u64 get_ppr32(struct cpu *c)
{
	return c->spr.ppr >> 32;
}

static void set_ppr32(struct cpu *c, u64 v)
{
	c->spr.ppr = v << 32 | (u32)c->spr.ppr;
}

struct spr {
	u16 num;
	const char *name;
	const char *access;
	u64 (*get)(struct cpu *c);
	void (*set)(struct cpu *c, u64 v);
	u32 member;
	bool get_member, set_member, keep;
};

#define G(fn) .get = get_##fn
#define S(fn) .set = set_##fn
#define SPR_GET_M .get_member = true
#define SPR_SET_M .set_member = true
#define SPR_GET_K .keep = true
#define SPR_SET_N .set = NULL
#define SPR_GET_G(fn) .get = get_##fn
#define SPR_SET_S(fn) .set = set_##fn

static const struct spr sprs[] = {
#define SPR(number, nm, rights, g, s, m) \
	{ .num = (number),               \
	  .name = #nm,                   \
	  .access = (rights),            \
	  SPR_GET_##g,                   \
	  SPR_SET_##s,                   \
	  .member = offsetof(struct cpu, m) },
#include "cpu/spr.def"
#undef SPR
};

/* Rows are sorted by number. */
static const struct spr *find(u32 num)
{
	u32 lo = 0, hi = ARRAY_SIZE(sprs);

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (sprs[mid].num < num)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < ARRAY_SIZE(sprs) && sprs[lo].num == num ? &sprs[lo] : NULL;
}

static u64 *member_of(struct cpu *c, const struct spr *s)
{
	return (u64 *)(void *)((u8 *)c + s->member);
}

static bool allowed(const struct cpu *c, const struct spr *s, bool write)
{
	char need = c->msr & MSR_PR ? (write ? 'U' : 'u') : (write ? 'P' : 'p');

	return strchr(s->access, need) != NULL;
}

/* Problem state needs FSCR for some registers: the cause of the interrupt, or 0. */
static u32 facility_cause(const struct cpu *c, u32 num)
{
	u64 fscr = c->spr.fscr;

	if (!(c->msr & MSR_PR))
		return 0;
	if (num == 3 && !(fscr & FSCR_DSCR))
		return CAUSE_DSCR;
	if (num == 815 && !(fscr & FSCR_TAR))
		return CAUSE_TAR;
	if (num >= 800 && num <= 806 && !(fscr & FSCR_EBB))
		return CAUSE_EBB;
	/* the performance monitor by MMCR0[PMCC]: 00 allows reading only, 01 nothing */
	return 0;
}

/* An SPR that does not exist, or not for this state and direction [III 5.4.4]. */
static COLD u64 no_such_spr(struct cpu *c, u32 insn, u64 pc, u32 num)
{
	if (c->msr & MSR_PR)
		return num & 0x10 ? cpu_program(c, pc, SRR1_PRIV) : cpu_illegal(c, insn, pc);
	if (num == 0 || num == 4 || num == 5 || num == 6)
		return cpu_illegal(c, insn, pc);
	return NEXT;
}

u64 i_mfspr(struct cpu *c, u32 insn, u64 pc)
{
	u32 num = f_spr(insn), cause;
	const struct spr *s;

	if (num == 8) {
		c->gpr[f_rt(insn)] = c->lr;
		return NEXT;
	}
	if (num == 9) {
		c->gpr[f_rt(insn)] = c->ctr;
		return NEXT;
	}
	s = find(num);
	if (UNLIKELY(!s || !allowed(c, s, false)))
		return no_such_spr(c, insn, pc, num);
	cause = facility_cause(c, num);
	if (UNLIKELY(cause))
		return cpu_facility(c, pc, cause);
	if (s->get_member)
		c->gpr[f_rt(insn)] = *member_of(c, s);
	else if (s->get)
		c->gpr[f_rt(insn)] = s->get(c);
	return NEXT;
}

u64 i_mtspr(struct cpu *c, u32 insn, u64 pc)
{
	u32 num = f_spr(insn), cause;
	u64 v = c->gpr[f_rt(insn)];
	const struct spr *s;

	if (num == 8) {
		c->lr = v;
		return NEXT;
	}
	if (num == 9) {
		c->ctr = v;
		return NEXT;
	}
	s = find(num);
	if (UNLIKELY(!s || !allowed(c, s, true)))
		return no_such_spr(c, insn, pc, num);
	cause = facility_cause(c, num);
	if (UNLIKELY(cause))
		return cpu_facility(c, pc, cause);
	if (s->set_member)
		*member_of(c, s) = v;
	else if (s->set)
		s->set(c, v);
	return NEXT;
}

u64 i_mftb(struct cpu *c, u32 insn, u64 pc)
{
	return i_mfspr(c, insn, pc);
}

bool cpu_spr_get(struct cpu *c, u32 num, u64 *out)
{
	const struct spr *s = find(num);

	if (!s || s->keep)
		return false;
	*out = s->get_member ? *member_of(c, s) : s->get ? s->get(c) : 0;
	return true;
}

bool cpu_spr_set(struct cpu *c, u32 num, u64 v)
{
	const struct spr *s = find(num);

	if (!s)
		return false;
	if (s->set_member)
		*member_of(c, s) = v;
	else if (s->set)
		s->set(c, v);
	return true;
}

const char *cpu_spr_name(u32 num)
{
	const struct spr *s = find(num);

	return s ? s->name : NULL;
}
