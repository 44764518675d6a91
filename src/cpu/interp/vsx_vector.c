// SPDX-License-Identifier: Apache-2.0
/*
 * VSX vector double and single precision: sign manipulation, arithmetic,
 * comparison, maximum and minimum, rounding, parts and classes
 * [ISA 3.1B I 7.6.3]. FR, FI and FPRF stay; an enabled exception of any
 * element keeps the whole target. Conversions are in vsx_convert.c.
 */
#include "cpu/interp/vsx_fp.h"
#include "cpu/softfp/fastfp.h"

#define SIGN64 (1ULL << 63)
#define SIGN32 (1U << 31)

/* ---- the end of an instruction ---- */

static inline u64 finish(struct cpu *c, u32 insn, u64 pc, const struct fp_env *env, union vsr r)
{
	if (LIKELY(fpscr_vector(c, env)))
		*vxt(c, insn) = r;
	return fpscr_complete(c, env, pc, NEXT);
}

/* From left to right: @value of x, y, z, the elements of A, B and T. @f is d or w. */
#define VECTOR_INSN(name, f, value)                                                    \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                                  \
	{                                                                              \
		const union vsr a = vxa(c, insn), b = vxb(c, insn), t = *vxt(c, insn); \
		struct fp_env env = fpscr_env(c);                                      \
		union vsr r;                                                           \
                                                                                       \
		for (u32 i = ARRAY_SIZE(r.f); i-- > 0;) {                              \
			const ELEM(f) x = a.f[i], y = b.f[i], z = t.f[i];              \
                                                                                       \
			(void)x;                                                       \
			(void)z;                                                       \
			r.f[i] = (value);                                              \
		}                                                                      \
		return finish(c, insn, pc, &env, r);                                   \
	}

/* ---- moves ---- */

XOP_B(xvabsdp, EACH_Y(d, y & ~SIGN64))
XOP_B(xvabssp, EACH_Y(w, y & ~SIGN32))
XOP_B(xvnabsdp, EACH_Y(d, y | SIGN64))
XOP_B(xvnabssp, EACH_Y(w, y | SIGN32))
XOP_B(xvnegdp, EACH_Y(d, y ^ SIGN64))
XOP_B(xvnegsp, EACH_Y(w, y ^ SIGN32))
XOP_AB(xvcpsgndp, EACH_XY(d, (x & SIGN64) | (y & ~SIGN64)))
XOP_AB(xvcpsgnsp, EACH_XY(w, (x & SIGN32) | (y & ~SIGN32)))

/* ---- arithmetic ---- */

/*
 * Singles go through the operations on doubles that round once to single:
 * those have fast paths. What enabled overflow and underflow make of a result
 * does not matter here, since it is not written.
 */
#define UP(x) fp32_load_as_fp64(x)
#define DOWN(x) fp64_store_as_fp32(x)

#define ARITH(op)                                           \
	VECTOR_INSN(xv##op##dp, d, fast64_##op(&env, x, y)) \
	VECTOR_INSN(xv##op##sp, w, DOWN(fast64r32_##op(&env, UP(x), UP(y))))

ARITH(add)
ARITH(sub)
ARITH(mul)
ARITH(div)

VECTOR_INSN(xvsqrtdp, d, fast64_sqrt(&env, y))
VECTOR_INSN(xvsqrtsp, w, DOWN(fast64r32_sqrt(&env, UP(y))))
VECTOR_INSN(xvredp, d, fp64_re(&env, y))
VECTOR_INSN(xvresp, w, fp32_re(&env, y))
VECTOR_INSN(xvrsqrtedp, d, fp64_rsqrte(&env, y))
VECTOR_INSN(xvrsqrtesp, w, fp32_rsqrte(&env, y))

/* The A forms add to the target, the M forms multiply it. */
#define FMA(name, op)                                                                     \
	VECTOR_INSN(xv##name##adp, d, fast64_fma(&env, x, y, z, op))                      \
	VECTOR_INSN(xv##name##mdp, d, fast64_fma(&env, x, z, y, op))                      \
	VECTOR_INSN(xv##name##asp, w, DOWN(fast64r32_fma(&env, UP(x), UP(y), UP(z), op))) \
	VECTOR_INSN(xv##name##msp, w, DOWN(fast64r32_fma(&env, UP(x), UP(z), UP(y), op)))

FMA(madd, 0)
FMA(msub, FP_NEG_ADDEND)
FMA(nmadd, FP_NEG_RESULT)
FMA(nmsub, FP_NEG_ADDEND | FP_NEG_RESULT)

/* A bit of the field is set when any element sets it. */
#define TEST_INSN(name, f, value)                             \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)         \
	{                                                     \
		const union vsr a = vxa(c, insn);             \
		const union vsr b = vxb(c, insn);             \
		u32 cc = 0;                                   \
                                                              \
		for (u32 i = 0; i < ARRAY_SIZE(b.f); i++) {   \
			const ELEM(f) x = a.f[i], y = b.f[i]; \
                                                              \
			(void)x;                              \
			cc |= (value);                        \
		}                                             \
		cr_set_field(c, f_bf(insn), cc);              \
		return NEXT;                                  \
	}

TEST_INSN(xvtdivdp, d, fp64_tdiv(x, y))
TEST_INSN(xvtdivsp, w, fp32_tdiv(x, y))
TEST_INSN(xvtsqrtdp, d, fp64_tsqrt(y))
TEST_INSN(xvtsqrtsp, w, fp32_tsqrt(y))

/* ---- comparison, maximum and minimum ---- */

#define RC 0x400u

/* @r is all ones and zeros. CR6 stays, as the target does, when an enabled exception occurs. */
static u64 finish_mask(struct cpu *c, u32 insn, u64 pc, const struct fp_env *env, union vsr r)
{
	if (insn & RC && !fpscr_enabled((u32)c->fpscr, env->flags))
		vmx_record(c, r.q == ~(u128)0, r.q == 0);
	return finish(c, insn, pc, env, r);
}

#define COMPARE(name, f, true_if, order)                               \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                  \
	{                                                              \
		const union vsr a = vxa(c, insn), b = vxb(c, insn);    \
		struct fp_env env = fpscr_env(c);                      \
		union vsr r;                                           \
                                                                       \
		for (u32 i = 0; i < ARRAY_SIZE(r.f); i++) {            \
			const ELEM(f) x = a.f[i], y = b.f[i];          \
                                                                       \
			r.f[i] = (ELEM(f))TRUE64((order) & (true_if)); \
		}                                                      \
		return finish_mask(c, insn, pc, &env, r);              \
	}

#define ORDER64(ordered) fast64_cmp(&env, x, y, ordered)
#define ORDER32(ordered) fast64_cmp(&env, UP(x), UP(y), ordered)

COMPARE(xvcmpeqdp, d, FP_EQ, ORDER64(false))
COMPARE(xvcmpeqsp, w, FP_EQ, ORDER32(false))
COMPARE(xvcmpgedp, d, FP_GT | FP_EQ, ORDER64(true))
COMPARE(xvcmpgesp, w, FP_GT | FP_EQ, ORDER32(true))
COMPARE(xvcmpgtdp, d, FP_GT, ORDER64(true))
COMPARE(xvcmpgtsp, w, FP_GT, ORDER32(true))

VECTOR_INSN(xvmaxdp, d, fp64_extreme(&env, x, y, true))
VECTOR_INSN(xvmaxsp, w, fp32_extreme(&env, x, y, true))
VECTOR_INSN(xvmindp, d, fp64_extreme(&env, x, y, false))
VECTOR_INSN(xvminsp, w, fp32_extreme(&env, x, y, false))

/* ---- rounding ---- */

#define RINT(suffix, rm, inexact)                                       \
	VECTOR_INSN(xvrdpi##suffix, d, fp64_rint(&env, y, rm, inexact)) \
	VECTOR_INSN(xvrspi##suffix, w, fp32_rint(&env, y, rm, inexact))

RINT(, FP_RM_AWAY, false)
RINT(c, env.rm, true)
RINT(m, FP_RM_MINUS, false)
RINT(p, FP_RM_PLUS, false)
RINT(z, FP_RM_ZERO, false)

/* ---- parts and classes ---- */

#define EXP64(v) ((v) >> 52 & 0x7ff)
#define EXP32(v) ((v) >> 23 & 0xff)
#define FRACTION64 0x000fffffffffffffULL
#define FRACTION32 0x007fffffU

XOP_AB(xviexpdp, EACH_XY(d, (x & (SIGN64 | FRACTION64)) | (y & 0x7ff) << 52))
XOP_AB(xviexpsp, EACH_XY(w, (x & (SIGN32 | FRACTION32)) | (y & 0xff) << 23))
XOP_B(xvxexpdp, EACH_Y(d, EXP64(y)))
XOP_B(xvxexpsp, EACH_Y(w, EXP32(y)))
/* With the implicit bit of a normal number. */
XOP_B(xvxsigdp, EACH_Y(d, (y & FRACTION64) | (u64)(EXP64(y) != 0 && EXP64(y) != 0x7ff) << 52))
XOP_B(xvxsigsp, EACH_Y(w, (y & FRACTION32) | (u32)(EXP32(y) != 0 && EXP32(y) != 0xff) << 23))

/* dc || dm || dx, bits 25, 29 and 11:15 */
static inline u32 f_dcmxd(u32 insn)
{
	return f_ra(insn) | (insn << 3 & 0x20) | (insn & 0x40);
}

XOP_B(xvtstdcdp, EACH_Y(d, TRUE64(fp64_data_class(y) & f_dcmxd(insn))))
XOP_B(xvtstdcsp, EACH_Y(w, TRUE32(fp32_data_class(y) & f_dcmxd(insn))))
