/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the vsx_*.c files share: access to the operands by their six-bit
 * numbers, and macros that make an instruction of an expression. The macros
 * for elements are those of cpu/interp/vmx.h. Operands are copied before the
 * target is written, since they may be the same register.
 */
#ifndef HYPAR_CPU_INTERP_VSX_H
#define HYPAR_CPU_INTERP_VSX_H

#include "cpu/interp/vmx.h"

static inline union vsr *vxt(struct cpu *c, u32 insn)
{
	return &c->vsr[f_xt(insn)];
}

static inline union vsr vxa(const struct cpu *c, u32 insn)
{
	return c->vsr[f_xa(insn)];
}

static inline union vsr vxb(const struct cpu *c, u32 insn)
{
	return c->vsr[f_xb(insn)];
}

static inline union vsr vxc(const struct cpu *c, u32 insn)
{
	return c->vsr[f_xc(insn)];
}

/* A scalar result: doubleword 0, and the other is cleared [ISA 3.1B I 7.2.1]. */
static inline void set_scalar(union vsr *t, u64 v)
{
	t->d[1] = v;
	t->d[0] = 0;
}

/* r = f(a, b): the body sets r. */
#define XOP_AB(name, ...)                                           \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)               \
	{                                                           \
		const union vsr a = vxa(c, insn), b = vxb(c, insn); \
		union vsr r;                                        \
                                                                    \
		__VA_ARGS__;                                        \
		*vxt(c, insn) = r;                                  \
		return NEXT;                                        \
	}

#define XOP_B(name, ...)                              \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		const union vsr b = vxb(c, insn);     \
		union vsr r;                          \
                                                      \
		__VA_ARGS__;                          \
		*vxt(c, insn) = r;                    \
		return NEXT;                          \
	}

#define NEED_VSX_OR_VEC(x)                                       \
	do {                                                     \
		if (UNLIKELY(vsx_or_vec_off(c, x)))              \
			return vsx_or_vec_unavailable(c, x, pc); \
	} while (0)

/* [ISA 3.1B I 7.6.3] xxgenpcv, xvtstdc and the like write all ones for true. */
#define TRUE64(cond) ((cond) ? ~0ULL : 0)
#define TRUE32(cond) ((cond) ? ~0u : 0)

#endif
