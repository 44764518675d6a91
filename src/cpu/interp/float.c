/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalar binary floating point: arithmetic, rounding and conversion, comparison,
 * selection and moves [ISA 3.1B I 4.6.5-4.6.9]. FPSCR is kept exact by
 * cpu/interp/fpscr.h; moves between it and registers are in float_status.c.
 * An FPR is doubleword 0 of a VSR, whose other doubleword becomes 0.
 */
#include "cpu/interp/interp.h"

#include "cpu/interp/fpscr.h"
#include "cpu/softfp/fastfp.h"

#define SIGN (1ULL << 63)

#define FRA c->vsr[f_ra(insn)].d[1]
#define FRB c->vsr[f_rb(insn)].d[1]
#define FRC c->vsr[f_rc(insn)].d[1]

static inline void set_fpr(struct cpu *c, u32 n, u64 v)
{
	c->vsr[n].d[1] = v;
	c->vsr[n].d[0] = 0;
}

/* ---- results ---- */

/* Status first, then the target if it is to be written. */
ALWAYS_INLINE u64 finish(struct cpu *c, u32 insn, u64 pc, const struct fp_env *env, u64 r, u32 fprf)
{
	if (LIKELY(fpscr_scalar(c, env))) {
		set_fpr(c, f_rt(insn), r);
		fpscr_set_fprf(c, fprf);
	}
	fpscr_record(c, insn);
	return fpscr_complete(c, env, pc, NEXT);
}

/* A conversion to integer leaves FPRF, which is undefined, as it is. */
ALWAYS_INLINE u64 finish_int(struct cpu *c, u32 insn, u64 pc, const struct fp_env *env, u64 r)
{
	return finish(c, insn, pc, env, r, (u32)c->fpscr >> 12 & 0x1f);
}

#define CLASS_DOUBLE(env, r) fpscr_class64(r)
#define CLASS_SINGLE(env, r) fpscr_class_single(env, r)

/* An instruction that computes a floating point number @value with @env. */
#define FP_INSN(name, class, value)                                          \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                        \
	{                                                                    \
		struct fp_env env = fpscr_env(c);                            \
		u64 r = (value);                                             \
                                                                             \
		return finish(c, insn, pc, &env, r, CLASS_##class(&env, r)); \
	}

#define INT_INSN(name, value)                            \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)    \
	{                                                \
		struct fp_env env = fpscr_env(c);        \
		u64 r = (value);                         \
                                                         \
		return finish_int(c, insn, pc, &env, r); \
	}

/* ---- arithmetic [ISA 3.1B I 4.6.6] ---- */

FP_INSN(fadd, DOUBLE, fast64_add(&env, FRA, FRB))
FP_INSN(fadds, SINGLE, fast64r32_add(&env, FRA, FRB))
FP_INSN(fsub, DOUBLE, fast64_sub(&env, FRA, FRB))
FP_INSN(fsubs, SINGLE, fast64r32_sub(&env, FRA, FRB))
FP_INSN(fmul, DOUBLE, fast64_mul(&env, FRA, FRC))
FP_INSN(fmuls, SINGLE, fast64r32_mul(&env, FRA, FRC))
FP_INSN(fdiv, DOUBLE, fast64_div(&env, FRA, FRB))
FP_INSN(fdivs, SINGLE, fast64r32_div(&env, FRA, FRB))
FP_INSN(fsqrt, DOUBLE, fast64_sqrt(&env, FRB))
FP_INSN(fsqrts, SINGLE, fast64r32_sqrt(&env, FRB))
FP_INSN(fre, DOUBLE, fp64_re(&env, FRB))
FP_INSN(fres, SINGLE, fp64r32_re(&env, FRB))
FP_INSN(frsqrte, DOUBLE, fp64_rsqrte(&env, FRB))
FP_INSN(frsqrtes, SINGLE, fp64r32_rsqrte(&env, FRB))

#define FMA_INSN(name, op)                                         \
	FP_INSN(name, DOUBLE, fast64_fma(&env, FRA, FRC, FRB, op)) \
	FP_INSN(name##s, SINGLE, fast64r32_fma(&env, FRA, FRC, FRB, op))

FMA_INSN(fmadd, 0)
FMA_INSN(fmsub, FP_NEG_ADDEND)
FMA_INSN(fnmadd, FP_NEG_RESULT)
FMA_INSN(fnmsub, FP_NEG_ADDEND | FP_NEG_RESULT)

u64 i_ftdiv(struct cpu *c, u32 insn, u64 pc)
{
	cr_set_field(c, f_bf(insn), fp64_tdiv(FRA, FRB));
	return NEXT;
}

u64 i_ftsqrt(struct cpu *c, u32 insn, u64 pc)
{
	cr_set_field(c, f_bf(insn), fp64_tsqrt(FRB));
	return NEXT;
}

/* ---- rounding and conversion [ISA 3.1B I 4.6.7] ---- */

FP_INSN(frsp, SINGLE, fast64_to_fp64r32(&env, FRB))
FP_INSN(frin, DOUBLE, fp64_rint(&env, FRB, FP_RM_AWAY, false))
FP_INSN(friz, DOUBLE, fp64_rint(&env, FRB, FP_RM_ZERO, false))
FP_INSN(frip, DOUBLE, fp64_rint(&env, FRB, FP_RM_PLUS, false))
FP_INSN(frim, DOUBLE, fp64_rint(&env, FRB, FP_RM_MINUS, false))
FP_INSN(fcfid, DOUBLE, fast64_from_s64(&env, (s64)FRB))
FP_INSN(fcfidu, DOUBLE, fp64_from_u64(&env, FRB))
FP_INSN(fcfids, SINGLE, fp64r32_from_s64(&env, (s64)FRB))
FP_INSN(fcfidus, SINGLE, fp64r32_from_u64(&env, FRB))

/* The left word of a word result is undefined: the extension of the right one. */
INT_INSN(fctid, (u64)fp64_to_s64(&env, FRB, env.rm))
INT_INSN(fctidz, (u64)fast64_to_s64z(&env, FRB))
INT_INSN(fctidu, fp64_to_u64(&env, FRB, env.rm))
INT_INSN(fctiduz, fp64_to_u64(&env, FRB, FP_RM_ZERO))
INT_INSN(fctiw, (u64)(s64)fp64_to_s32(&env, FRB, env.rm))
INT_INSN(fctiwz, (u64)(s64)fast64_to_s32z(&env, FRB))
INT_INSN(fctiwu, fp64_to_u32(&env, FRB, env.rm))
INT_INSN(fctiwuz, fp64_to_u32(&env, FRB, FP_RM_ZERO))

/* ---- comparison and selection [ISA 3.1B I 4.6.8, 4.6.9] ---- */

ALWAYS_INLINE u64 compare(struct cpu *c, u32 insn, u64 pc, bool ordered)
{
	struct fp_env env = fpscr_env(c);
	u32 cc = fast64_cmp(&env, FRA, FRB, ordered);

	cr_set_field(c, f_bf(insn), cc);
	fpscr_set_fpcc(c, cc);
	fpscr_raise(c, env.flags);
	return fpscr_complete(c, &env, pc, NEXT);
}

u64 i_fcmpu(struct cpu *c, u32 insn, u64 pc)
{
	return compare(c, insn, pc, false);
}

u64 i_fcmpo(struct cpu *c, u32 insn, u64 pc)
{
	return compare(c, insn, pc, true);
}

/* Moves raise nothing and look at nothing but bits; Rc still records. */
#define MOVE_INSN(name, value)                        \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		set_fpr(c, f_rt(insn), (value));      \
		fpscr_record(c, insn);                \
		return NEXT;                          \
	}

static inline bool is_at_least_zero(u64 x)
{
	return !fp64_is_nan(x) && (!(x & SIGN) || x == SIGN);
}

MOVE_INSN(fsel, is_at_least_zero(FRA) ? FRC : FRB)
MOVE_INSN(fmr, FRB)
MOVE_INSN(fneg, FRB ^ SIGN)
MOVE_INSN(fabs, FRB & ~SIGN)
MOVE_INSN(fnabs, FRB | SIGN)
MOVE_INSN(fcpsgn, (FRA & SIGN) | (FRB & ~SIGN))

/* The even or the odd words of two registers; there is no Rc. */
u64 i_fmrgew(struct cpu *c, u32 insn, u64 pc)
{
	set_fpr(c, f_rt(insn), (FRA & ~0xffffffffULL) | FRB >> 32);
	return NEXT;
}

u64 i_fmrgow(struct cpu *c, u32 insn, u64 pc)
{
	set_fpr(c, f_rt(insn), FRA << 32 | (FRB & 0xffffffffULL));
	return NEXT;
}
