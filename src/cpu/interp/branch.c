// SPDX-License-Identifier: Apache-2.0
/*
 * Branches and condition-register logic [ISA 3.1B I 2.4, 2.5].
 */
#include "cpu/interp/interp.h"
#include "cpu/interp/thread.h"

#define LK 1u
#define AA 2u

static inline u64 link_to(struct cpu *c, u32 insn, u64 pc, u64 target)
{
	if (insn & LK)
		c->lr = NEXT;
	c->cfar = pc;
	return ea_of(c, target);
}

/* BO and BI decide [ISA 3.1B I 2.4, figure 40]; decrements CTR when BO says so. */
static inline bool taken(struct cpu *c, u32 insn)
{
	u32 bo = f_rt(insn);
	bool ctr_ok = true;

	if (!(bo & 4)) {
		c->ctr--;
		ctr_ok = ((c->ctr & c->ea_mask) != 0) ^ (bo >> 1 & 1);
	}
	return ctr_ok && (bo & 16 || cr_bit(c, f_ra(insn)) == (bo >> 3 & 1));
}

u64 i_b(struct cpu *c, u32 insn, u64 pc)
{
	return link_to(c, insn, pc, (u64)f_li(insn) + (insn & AA ? 0 : pc));
}

u64 i_bc(struct cpu *c, u32 insn, u64 pc)
{
	if (!taken(c, insn)) {
		if (insn & LK)
			c->lr = NEXT;
		return NEXT;
	}
	return link_to(c, insn, pc, (u64)f_ds(insn) + (insn & AA ? 0 : pc));
}

/* Branch to a register. The target is read before LR is written. */
static inline u64 branch_to_reg(struct cpu *c, u32 insn, u64 pc, u64 target)
{
	if (!taken(c, insn)) {
		if (insn & LK)
			c->lr = NEXT;
		return NEXT;
	}
	return link_to(c, insn, pc, target & ~3ULL);
}

u64 i_bclr(struct cpu *c, u32 insn, u64 pc)
{
	return branch_to_reg(c, insn, pc, c->lr);
}

u64 i_bcctr(struct cpu *c, u32 insn, u64 pc)
{
	/* BO that decrements CTR is an invalid form: the target is CTR before that. */
	return branch_to_reg(c, insn, pc, c->ctr);
}

u64 i_bctar(struct cpu *c, u32 insn, u64 pc)
{
	return branch_to_reg(c, insn, pc, c->spr.tar);
}

#define CR_LOGIC(name, expr)                                              \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                     \
	{                                                                 \
		u32 a = cr_bit(c, f_ra(insn)), b = cr_bit(c, f_rb(insn)); \
                                                                          \
		cr_set_bit(c, f_rt(insn), (expr)&1);                      \
		return NEXT;                                              \
	}

CR_LOGIC(crand, a &b)
CR_LOGIC(crandc, a & ~b)
CR_LOGIC(creqv, ~(a ^ b))
CR_LOGIC(crnand, ~(a &b))
CR_LOGIC(crnor, ~(a | b))
CR_LOGIC(cror, a | b)
CR_LOGIC(crorc, a | ~b)
CR_LOGIC(crxor, a ^ b)

u64 i_mcrf(struct cpu *c, u32 insn, u64 pc)
{
	cr_set_field(c, f_bf(insn), cr_field(c, f_bfa(insn)));
	return NEXT;
}

THREAD_BRANCH(b)

/*
 * The conditional branch that compilers make: one CR bit decides, CTR, LR and
 * absolute addresses stay out of it.
 */
thread_fn thread_bc;
u64 thread_bc(struct cpu *c, u32 insn, u64 pc, s64 left)
{
	if (UNLIKELY((insn & (0x14u << 21 | LK | AA)) != 4u << 21))
		return thread_branch(c, i_bc(c, insn, pc), left);
	if (cr_bit(c, f_ra(insn)) == (insn >> 24 & 1)) {
		c->cfar = pc;
		pc += (u64)f_ds(insn);
	} else {
		pc += 4;
	}
	return thread_branch(c, pc, left);
}

THREAD_BRANCH(bclr)
THREAD_BRANCH(bcctr)
