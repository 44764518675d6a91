/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floating-point status and control register [ISA 3.1B I 4.2.2], for all
 * instructions on binary floating point: scalar, VSX and quad. One of them runs
 *
 *	struct fp_env env = fpscr_env(c);
 *	u64 r = fp64_add(&env, x, y);
 *
 *	if (fpscr_scalar(c, &env)) {
 *		... write r, fpscr_set_fprf(c, fp64_fprf(r)) ...
 *	}
 *	return fpscr_complete(c, &env, pc, NEXT);
 *
 * and a vector one calls fpscr_vector() in place of fpscr_scalar().
 */
#ifndef HYPAR_CPU_INTERP_FPSCR_H
#define HYPAR_CPU_INTERP_FPSCR_H

#include "cpu/cr.h"
#include "cpu/exception.h"
#include "cpu/softfp/softfp.h"
#include "cpu/state.h"
#include "isa/msr.h"

/* Exceptions and FX, FEX, VX are at the bits that FP_OX ... of softfp.h name. */
#define FPSCR_FX 0x80000000U
#define FPSCR_FEX 0x40000000U
#define FPSCR_VX 0x20000000U
#define FPSCR_FR 0x00040000U
#define FPSCR_FI 0x00020000U
#define FPSCR_FPRF 0x0001f000U
#define FPSCR_FPCC 0x0000f000U
#define FPSCR_VXSOFT 0x00000400U
#define FPSCR_VE 0x00000080U
#define FPSCR_OE 0x00000040U
#define FPSCR_UE 0x00000020U
#define FPSCR_ZE 0x00000010U
#define FPSCR_XE 0x00000008U
#define FPSCR_NI 0x00000004U
#define FPSCR_RN 0x00000003U
#define FPSCR_DRN 0x0000000700000000ULL

#define FPSCR_VX_ALL (FP_VX_ALL | FPSCR_VXSOFT)
#define FPSCR_ENABLES (FPSCR_VE | FPSCR_OE | FPSCR_UE | FPSCR_ZE | FPSCR_XE)

/* What software may set; VX and FEX are computed, bit 52 is reserved. */
#define FPSCR_WRITABLE (FPSCR_DRN | (0xffffffffU & ~(FPSCR_FEX | FPSCR_VX | 0x800U)))

/* The library's environment of one instruction. */
static inline struct fp_env fpscr_env(const struct cpu *c)
{
	u32 f = (u32)c->fpscr;

	return (struct fp_env){ .rm = f & FPSCR_RN,
				.ve = f & FPSCR_VE,
				.oe = f & FPSCR_OE,
				.ue = f & FPSCR_UE };
}

/* Which of the exceptions in @flags are enabled by FPSCR @f. */
static inline bool fpscr_enabled(u32 f, u32 flags)
{
	return (flags & FPSCR_VX_ALL && f & FPSCR_VE) || (flags & FP_OX && f & FPSCR_OE) ||
	       (flags & FP_UX && f & FPSCR_UE) || (flags & FP_ZX && f & FPSCR_ZE) ||
	       (flags & FP_XX && f & FPSCR_XE);
}

/* @f with VX and FEX as its other bits have them. */
static inline u64 fpscr_summary(u64 f)
{
	f &= ~(u64)(FPSCR_VX | FPSCR_FEX);
	if (f & FPSCR_VX_ALL)
		f |= FPSCR_VX;
	if (fpscr_enabled((u32)f, (u32)f))
		f |= FPSCR_FEX;
	return f;
}

/* Sets the sticky exception bits @flags and FX, VX, FEX with them. */
static inline void fpscr_raise(struct cpu *c, u32 flags)
{
	if (LIKELY(!(flags & ~(u32)c->fpscr)))
		return;
	c->fpscr = fpscr_summary(c->fpscr | flags | FPSCR_FX);
}

/* Whether an enabled invalid operation or zero divide keeps the target as it is. */
static inline bool fpscr_keeps_target(const struct cpu *c, const struct fp_env *env)
{
	u32 f = (u32)c->fpscr;

	return (env->flags & FP_VX_ALL && f & FPSCR_VE) || (env->flags & FP_ZX && f & FPSCR_ZE);
}

static inline void fpscr_set_fprf(struct cpu *c, u32 fprf)
{
	c->fpscr = (c->fpscr & ~(u64)FPSCR_FPRF) | (u64)fprf << 12;
}

/* FPCC alone, as comparisons set it; C stays. */
static inline void fpscr_set_fpcc(struct cpu *c, u32 fpcc)
{
	c->fpscr = (c->fpscr & ~(u64)FPSCR_FPCC) | (u64)fpcc << 12;
}

/* The class of a double result. */
static inline u32 fpscr_class64(u64 r)
{
	u32 e = (u32)(r >> 52) & 0x7ff;

	return LIKELY(e - 1 < 0x7fe) ? 4u << (r >> 63) : fp64_fprf(r);
}

/*
 * The class of a single result in double format: a denormal single is one,
 * unless enabled underflow has normalised it.
 */
static inline u32 fpscr_class_single(const struct fp_env *env, u64 r)
{
	u32 e = (u32)(r >> 52) & 0x7ff;

	if (LIKELY(e - 897 < 0x7ff - 897))
		return 4u << (r >> 63);
	return env->ue ? fp64_fprf(r) : fp64r32_fprf(r);
}

/* After a scalar operation: FR, FI, exceptions. True: the result is written. */
static inline bool fpscr_scalar(struct cpu *c, const struct fp_env *env)
{
	c->fpscr = (c->fpscr & ~(u64)(FPSCR_FR | FPSCR_FI)) | (env->fr ? FPSCR_FR : 0) |
		   (env->fi ? FPSCR_FI : 0);
	fpscr_raise(c, env->flags);
	return !fpscr_keeps_target(c, env);
}

/*
 * After all elements of a vector operation, which leaves FR, FI and FPRF as
 * they are. True: the result is written; any enabled exception in any element
 * keeps the whole target. [ISA 3.1B I 7.4]
 */
static inline bool fpscr_vector(struct cpu *c, const struct fp_env *env)
{
	fpscr_raise(c, env->flags);
	return !fpscr_enabled((u32)c->fpscr, env->flags);
}

/* Rc = 1: CR1 becomes FX FEX VX OX. */
static inline void fpscr_record(struct cpu *c, u32 insn)
{
	if (insn & 1)
		cr_set_field(c, 1, (u32)c->fpscr >> 28);
}

/*
 * Where the guest goes on: @next, or a program interrupt if the instruction at
 * @pc raised an enabled exception and MSR asks for it [ISA 3.1B III 7.5.9].
 */
static inline u64 fpscr_complete(struct cpu *c, const struct fp_env *env, u64 pc, u64 next)
{
	if (UNLIKELY(c->fpscr & FPSCR_FEX) && c->msr & (MSR_FE0 | MSR_FE1) &&
	    fpscr_enabled((u32)c->fpscr, env->flags))
		return cpu_program(c, pc, SRR1_FP);
	return next;
}

#endif
