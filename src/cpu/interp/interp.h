/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter's instruction functions. Each is small and total: it carries
 * out one instruction at @pc and returns the address of the next one to run,
 * which is NEXT (pc + 4), NEXT8 for a prefixed instruction, a branch target,
 * or what a function of cpu/exception.h returned. Architected state is changed
 * only when the instruction completes. For prefixed instructions @insn is the
 * suffix, and c->prefix the prefix.
 *
 * Facilities (A_FP, A_VEC, A_VSX, A_PRIV of the row) were checked before the call.
 */
#ifndef HYPAR_CPU_INTERP_INTERP_H
#define HYPAR_CPU_INTERP_INTERP_H

#include "cpu/access.h"
#include "cpu/cr.h"
#include "cpu/exception.h"
#include "cpu/state.h"
#include "isa/fields.h"

typedef u64 insn_fn(struct cpu *c, u32 insn, u64 pc);

#define INSN(id, mnemonic, form, ops, attr, level, spec) insn_fn i_##id;
#define PINSN(id, mnemonic, pform, sform, ops, attr, level, spec) insn_fn i_##id;
#include "isa/insn.def"
#undef INSN
#undef PINSN

#define NEXT (pc + 4)
#define NEXT8 (pc + 8)

/* (RA|0) */
static inline u64 ra0(const struct cpu *c, u32 insn)
{
	u32 ra = f_ra(insn);

	return ra ? c->gpr[ra] : 0;
}

/* Effective addresses of D-, DS-, DQ- and X-forms with (RA|0) as base. */
static inline u64 ea_d(const struct cpu *c, u32 insn)
{
	return ea_of(c, ra0(c, insn) + (u64)f_si(insn));
}

static inline u64 ea_ds(const struct cpu *c, u32 insn)
{
	return ea_of(c, ra0(c, insn) + (u64)f_ds(insn));
}

static inline u64 ea_dq(const struct cpu *c, u32 insn)
{
	return ea_of(c, ra0(c, insn) + (u64)f_dq(insn));
}

static inline u64 ea_x(const struct cpu *c, u32 insn)
{
	return ea_of(c, ra0(c, insn) + c->gpr[f_rb(insn)]);
}

/* The test of MSR[VSX] or, for VSR 32-63, MSR[VEC] that A_TXVEC rows make (@xt: 0..63). */
static inline bool vsx_or_vec_off(const struct cpu *c, u32 xt)
{
	return !(c->msr & (xt & 32 ? MSR_VEC : MSR_VSX));
}

COLD u64 vsx_or_vec_unavailable(struct cpu *c, u32 xt, u64 pc);

#endif
