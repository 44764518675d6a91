// SPDX-License-Identifier: Apache-2.0
/*
 * VSX vector conversions between formats, and to and from integers
 * [ISA 3.1B I 7.6.3]. Where elements differ in width, the narrow ones are the
 * left words of doublewords (and right halfwords of words); a narrow result
 * is also written to the word at its right, which ISA 3.0 left undefined.
 */
#include "cpu/interp/vsx_fp.h"
#include "cpu/softfp/fastfp.h"

static u64 finish(struct cpu *c, u32 insn, u64 pc, const struct fp_env *env, union vsr r)
{
	if (LIKELY(fpscr_vector(c, env)))
		*vxt(c, insn) = r;
	return fpscr_complete(c, env, pc, NEXT);
}

static inline u64 twice(u32 v)
{
	return (u64)v << 32 | v;
}

/* @value of the element y of B, and for doublewords of its left word. */
#define CONVERT(name, f, value)                             \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)       \
	{                                                   \
		const union vsr b = vxb(c, insn);           \
		struct fp_env env = fpscr_env(c);           \
		union vsr r;                                \
                                                            \
		for (u32 i = 0; i < ARRAY_SIZE(r.f); i++) { \
			const ELEM(f) y = b.f[i];           \
                                                            \
			r.f[i] = (ELEM(f))(value);          \
		}                                           \
		return finish(c, insn, pc, &env, r);        \
	}

#define LEFT (u32)(y >> 32)

/* between formats */
CONVERT(xvcvdpsp, d, twice(fp64_to_fp32(&env, y)))
CONVERT(xvcvspdp, d, fp32_to_fp64(&env, LEFT))
CONVERT(xvcvhpsp, w, fp16_to_fp32(&env, (u16)y))
CONVERT(xvcvsphp, w, fp32_to_fp16(&env, y))
CONVERT(xvcvspbf16, w, fp32_to_bf16(&env, y))
XOP_B(xvcvbf16spn, EACH_Y(w, y << 16))

/* to integers, truncated */
CONVERT(xvcvdpsxds, d, fast64_to_s64z(&env, y))
CONVERT(xvcvdpuxds, d, fp64_to_u64(&env, y, FP_RM_ZERO))
CONVERT(xvcvdpsxws, d, twice((u32)fast64_to_s32z(&env, y)))
CONVERT(xvcvdpuxws, d, twice(fp64_to_u32(&env, y, FP_RM_ZERO)))
CONVERT(xvcvspsxds, d, fp32_to_s64(&env, LEFT, FP_RM_ZERO))
CONVERT(xvcvspuxds, d, fp32_to_u64(&env, LEFT, FP_RM_ZERO))
CONVERT(xvcvspsxws, w, fp32_to_s32(&env, y, FP_RM_ZERO))
CONVERT(xvcvspuxws, w, fp32_to_u32(&env, y, FP_RM_ZERO))

/* from integers */
CONVERT(xvcvsxddp, d, fast64_from_s64(&env, (s64)y))
CONVERT(xvcvuxddp, d, fp64_from_u64(&env, y))
CONVERT(xvcvsxdsp, d, twice(fp32_from_s64(&env, (s64)y)))
CONVERT(xvcvuxdsp, d, twice(fp32_from_u64(&env, y)))
CONVERT(xvcvsxwdp, d, fast64_from_s64(&env, (s32)LEFT))
CONVERT(xvcvuxwdp, d, fast64_from_s64(&env, (s64)LEFT))
CONVERT(xvcvsxwsp, w, fp32_from_s64(&env, (s32)y))
CONVERT(xvcvuxwsp, w, fp32_from_u64(&env, y))
