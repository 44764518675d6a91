/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the vmx_*.c files share: access to the operands, and the macros that
 * make an instruction of an expression over elements. Operands are copied
 * before the target is written, since they may be the same register.
 *
 * Members of union vsr are in the order of the host's memory: element 0 of the
 * ISA is the last. "Even" elements of the ISA are those of odd index here.
 */
#ifndef HYPAR_CPU_INTERP_VMX_H
#define HYPAR_CPU_INTERP_VMX_H

#include "base/compiler.h"
#include "cpu/interp/interp.h"

#define VSCR_SAT 1u
#define VSCR_NJ 0x10000u

static inline union vsr *vrt(struct cpu *c, u32 insn)
{
	return &c->vsr[32 + f_rt(insn)];
}

static inline union vsr vra(const struct cpu *c, u32 insn)
{
	return c->vsr[32 + f_ra(insn)];
}

static inline union vsr vrb(const struct cpu *c, u32 insn)
{
	return c->vsr[32 + f_rb(insn)];
}

static inline union vsr vrc(const struct cpu *c, u32 insn)
{
	return c->vsr[32 + f_rc(insn)];
}

/* CR6 of the vector comparisons: LT all elements true, EQ none. */
static inline void vmx_record(struct cpu *c, bool all, bool none)
{
	cr_set_field(c, 6, (u32)all << 3 | (u32)none << 1);
}

/* v << n and v >> n for n up to 128. */
static inline u128 shl128(u128 v, u32 n)
{
	return n < 128 ? v << n : 0;
}

static inline u128 shr128(u128 v, u32 n)
{
	return n < 128 ? v >> n : 0;
}

/* The type of the elements in member @f. */
#define ELEM(f) __typeof__(((union vsr *)0)->f[0])

/* r = f(a, b), the whole registers: the body sets r. */
#define VOP_AB(name, ...)                                           \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)               \
	{                                                           \
		const union vsr a = vra(c, insn), b = vrb(c, insn); \
		union vsr r;                                        \
                                                                    \
		__VA_ARGS__;                                        \
		*vrt(c, insn) = r;                                  \
		return NEXT;                                        \
	}

#define VOP_B(name, ...)                              \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		const union vsr b = vrb(c, insn);     \
		union vsr r;                          \
                                                      \
		__VA_ARGS__;                          \
		*vrt(c, insn) = r;                    \
		return NEXT;                          \
	}

#define VOP_ABC(name, ...)                                          \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)               \
	{                                                           \
		const union vsr a = vra(c, insn), b = vrb(c, insn); \
		const union vsr m = vrc(c, insn);                   \
		union vsr r;                                        \
                                                                    \
		__VA_ARGS__;                                        \
		*vrt(c, insn) = r;                                  \
		return NEXT;                                        \
	}

/* A body that assigns @expr to each element of r.f, i being the host index. */
#define EACH(f, expr)                             \
	for (u32 i = 0; i < ARRAY_SIZE(r.f); i++) \
	r.f[i] = (ELEM(f))(expr)

/* The same, of x and y, the elements of a and b. */
#define EACH_XY(f, expr)                              \
	for (u32 i = 0; i < ARRAY_SIZE(r.f); i++) {   \
		const ELEM(f) x = a.f[i], y = b.f[i]; \
                                                      \
		r.f[i] = (ELEM(f))(expr);             \
	}

/* The same, of y alone. */
#define EACH_Y(f, expr)                             \
	for (u32 i = 0; i < ARRAY_SIZE(r.f); i++) { \
		const ELEM(f) y = b.f[i];           \
                                                    \
		r.f[i] = (ELEM(f))(expr);           \
	}

/*
 * The same, of wide values limited to lo..hi; sets VSCR[SAT]. @wide is a type
 * that holds any value of @expr.
 */
#define EACH_SAT(f, wide, lo, hi, expr)                                       \
	do {                                                                  \
		u32 sat = 0;                                                  \
                                                                              \
		for (u32 i = 0; i < ARRAY_SIZE(r.f); i++) {                   \
			const wide v = (expr);                                \
			const wide w = v < (lo) ? (lo) : v > (hi) ? (hi) : v; \
                                                                              \
			sat |= v != w;                                        \
			r.f[i] = (ELEM(f))w;                                  \
		}                                                             \
		c->vscr |= sat;                                               \
	} while (0)

#endif
