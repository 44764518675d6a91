/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the VSX floating-point files share: how an instruction ends, and the
 * choices between two numbers that scalar and vector instructions make alike.
 */
#ifndef HYPAR_CPU_INTERP_VSX_FP_H
#define HYPAR_CPU_INTERP_VSX_FP_H

#include "cpu/interp/fpscr.h"
#include "cpu/interp/vsx.h"

/* FPRF as it is: for results, like integers, that leave it undefined. */
static inline u32 fprf_now(const struct cpu *c)
{
	return (u32)c->fpscr >> 12 & 0x1f;
}

/* An instruction that may raise @env->flags but does not touch FR, FI and FPRF: writes @r. */
static inline u64 finish_quiet(struct cpu *c, u64 pc, const struct fp_env *env, union vsr *t,
			       union vsr r)
{
	fpscr_raise(c, env->flags);
	if (!fpscr_keeps_target(c, env))
		*t = r;
	return fpscr_complete(c, env, pc, NEXT);
}

/* The end of a comparison into CR field BF and FPCC. */
static inline u64 finish_compare(struct cpu *c, u32 insn, u64 pc, const struct fp_env *env, u32 cc)
{
	cr_set_field(c, f_bf(insn), cc);
	fpscr_set_fpcc(c, cc);
	fpscr_raise(c, env->flags);
	return fpscr_complete(c, env, pc, NEXT);
}

/*
 * xsmaxdp, xvmaxsp and the like: a number is preferred to a quiet NaN, a
 * signalling NaN wins in the order of the operands, +0 is greater than -0.
 */
#define DEFINE_MAX_MIN(fp, type, quiet)                                               \
	static inline type fp##_extreme(struct fp_env *env, type x, type y, bool max) \
	{                                                                             \
		enum fp_order o = fp##_cmp(env, x, y, false);                         \
                                                                                      \
		if (o == FP_UN) {                                                     \
			if (fp##_is_nan(x) && (fp##_is_snan(x) || fp##_is_nan(y)))    \
				return x | (quiet);                                   \
			if (fp##_is_snan(y))                                          \
				return y | (quiet);                                   \
			return fp##_is_nan(x) ? y : x;                                \
		}                                                                     \
		if (o == FP_EQ)                                                       \
			return max ? x & y : x | y;                                   \
		return (o == FP_GT) == max ? x : y;                                   \
	}

DEFINE_MAX_MIN(fp64, u64, 0x0008000000000000ULL)
DEFINE_MAX_MIN(fp32, u32, 0x00400000U)

#endif
