// SPDX-License-Identifier: Apache-2.0
/*
 * VSX scalar double and single precision: sign manipulation, arithmetic,
 * rounding and conversion [ISA 3.1B I 7.6.3]. FPSCR is kept exact by
 * cpu/interp/fpscr.h. A result is doubleword 0 of the target, the other one is
 * cleared. Comparison and classes are in vsx_scalar_cmp.c.
 */
#include "cpu/interp/vsx_fp.h"
#include "cpu/softfp/fastfp.h"

#define SIGN (1ULL << 63)

#define A (c->vsr[f_xa(insn)].d[1])
#define B (c->vsr[f_xb(insn)].d[1])
#define T (c->vsr[f_xt(insn)].d[1])

/* ---- results ---- */

ALWAYS_INLINE u64 finish(struct cpu *c, u32 insn, u64 pc, const struct fp_env *env, u64 r, u32 fprf)
{
	if (LIKELY(fpscr_scalar(c, env))) {
		set_scalar(vxt(c, insn), r);
		fpscr_set_fprf(c, fprf);
	}
	return fpscr_complete(c, env, pc, NEXT);
}

#define CLASS_DOUBLE(env, r) fpscr_class64(r)
#define CLASS_SINGLE(env, r) fpscr_class_single(env, r)
#define CLASS_WORD(env, r) fp32_fprf((u32)(r))
#define CLASS_HALF(env, r) class_half((u16)(r))
#define CLASS_INT(env, r) fprf_now(c)

/* An instruction that computes @value with @env. */
#define FP_INSN(name, class, value)                                          \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                        \
	{                                                                    \
		struct fp_env env = fpscr_env(c);                            \
		u64 r = (value);                                             \
                                                                             \
		return finish(c, insn, pc, &env, r, CLASS_##class(&env, r)); \
	}

/* Moves raise nothing and look at bits alone. */
#define MOVE_INSN(name, value)                        \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		set_scalar(vxt(c, insn), (value));    \
		return NEXT;                          \
	}

MOVE_INSN(xsabsdp, B & ~SIGN)
MOVE_INSN(xsnabsdp, B | SIGN)
MOVE_INSN(xsnegdp, B ^ SIGN)
MOVE_INSN(xscpsgndp, (A & SIGN) | (B & ~SIGN))

/* ---- arithmetic ---- */

#define ARITH(op)                                            \
	FP_INSN(xs##op##dp, DOUBLE, fast64_##op(&env, A, B)) \
	FP_INSN(xs##op##sp, SINGLE, fast64r32_##op(&env, A, B))

ARITH(add)
ARITH(sub)
ARITH(mul)
ARITH(div)

FP_INSN(xssqrtdp, DOUBLE, fast64_sqrt(&env, B))
FP_INSN(xssqrtsp, SINGLE, fast64r32_sqrt(&env, B))
FP_INSN(xsredp, DOUBLE, fp64_re(&env, B))
FP_INSN(xsresp, SINGLE, fp64r32_re(&env, B))
FP_INSN(xsrsqrtedp, DOUBLE, fp64_rsqrte(&env, B))
FP_INSN(xsrsqrtesp, SINGLE, fp64r32_rsqrte(&env, B))

/* The A forms add to the target, the M forms multiply it. */
#define FMA(name, op)                                                    \
	FP_INSN(xs##name##adp, DOUBLE, fast64_fma(&env, A, B, T, op))    \
	FP_INSN(xs##name##mdp, DOUBLE, fast64_fma(&env, A, T, B, op))    \
	FP_INSN(xs##name##asp, SINGLE, fast64r32_fma(&env, A, B, T, op)) \
	FP_INSN(xs##name##msp, SINGLE, fast64r32_fma(&env, A, T, B, op))

FMA(madd, 0)
FMA(msub, FP_NEG_ADDEND)
FMA(nmadd, FP_NEG_RESULT)
FMA(nmsub, FP_NEG_ADDEND | FP_NEG_RESULT)

u64 i_xstdivdp(struct cpu *c, u32 insn, u64 pc)
{
	cr_set_field(c, f_bf(insn), fp64_tdiv(A, B));
	return NEXT;
}

u64 i_xstsqrtdp(struct cpu *c, u32 insn, u64 pc)
{
	cr_set_field(c, f_bf(insn), fp64_tsqrt(B));
	return NEXT;
}

/* ---- rounding ---- */

FP_INSN(xsrdpi, DOUBLE, fp64_rint(&env, B, FP_RM_AWAY, false))
FP_INSN(xsrdpic, DOUBLE, fp64_rint(&env, B, env.rm, true))
FP_INSN(xsrdpim, DOUBLE, fp64_rint(&env, B, FP_RM_MINUS, false))
FP_INSN(xsrdpip, DOUBLE, fp64_rint(&env, B, FP_RM_PLUS, false))
FP_INSN(xsrdpiz, DOUBLE, fp64_rint(&env, B, FP_RM_ZERO, false))
FP_INSN(xsrsp, SINGLE, fast64_to_fp64r32(&env, B))

/* ---- conversion ---- */

/* Results of 32 bits are in both words of doubleword 0. */
static inline u64 twice(u32 v)
{
	return (u64)v << 32 | v;
}

static u32 class_half(u16 x)
{
	u32 e = x >> 10 & 31, frac = x & 0x3ff, neg = x >> 15;

	if (e == 31 && frac)
		return 0x11;
	if (e == 31)
		return neg ? 0x09 : 0x05;
	if (e)
		return neg ? 0x08 : 0x04;
	if (frac)
		return neg ? 0x18 : 0x14;
	return neg ? 0x12 : 0x02;
}

FP_INSN(xscvdpsp, WORD, twice(fp64_to_fp32(&env, B)))
FP_INSN(xscvspdp, DOUBLE, fp32_to_fp64(&env, (u32)(B >> 32)))
FP_INSN(xscvdphp, HALF, fp64_to_fp16(&env, B))
FP_INSN(xscvhpdp, DOUBLE, fp16_to_fp64(&env, (u16)B))

FP_INSN(xscvdpsxds, INT, (u64)fast64_to_s64z(&env, B))
FP_INSN(xscvdpuxds, INT, fp64_to_u64(&env, B, FP_RM_ZERO))
FP_INSN(xscvdpsxws, INT, twice((u32)fast64_to_s32z(&env, B)))
FP_INSN(xscvdpuxws, INT, twice(fp64_to_u32(&env, B, FP_RM_ZERO)))

FP_INSN(xscvsxddp, DOUBLE, fast64_from_s64(&env, (s64)B))
FP_INSN(xscvuxddp, DOUBLE, fp64_from_u64(&env, B))
FP_INSN(xscvsxdsp, SINGLE, fp64r32_from_s64(&env, (s64)B))
FP_INSN(xscvuxdsp, SINGLE, fp64r32_from_u64(&env, B))

/* Without exceptions: a change of format, as stfs and lfs have it. */
MOVE_INSN(xscvdpspn, twice(fp64_store_as_fp32(B)))
MOVE_INSN(xscvspdpn, fp32_load_as_fp64((u32)(B >> 32)))
