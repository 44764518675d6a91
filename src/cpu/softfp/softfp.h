/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary floating point as the Power ISA has it, on raw bit patterns: half,
 * bfloat16, single, double and quad. [ISA 3.1B I 4.2-4.6, 7.3]
 * Tininess is detected before rounding; NaN operands win in the order A, B, C.
 * No state but the caller's struct fp_env, so any thread may call anything.
 * The default result is always returned: whether it is written (VE, ZE) is the
 * caller's business. Decimal floating point is elsewhere.
 */
#ifndef HYPAR_CPU_SOFTFP_SOFTFP_H
#define HYPAR_CPU_SOFTFP_SOFTFP_H

#include "base/types.h"

/* Rounding modes; the first four are those of FPSCR_RN. */
enum fp_rm {
	FP_RM_NEAR = 0, /* ties to even */
	FP_RM_ZERO = 1,
	FP_RM_PLUS = 2,
	FP_RM_MINUS = 3,
	FP_RM_AWAY = 4, /* to nearest, ties away from zero */
	FP_RM_ODD = 5,
};

/* The exceptions, each at its bit in the FPSCR. */
#define FP_OX 0x10000000U
#define FP_UX 0x08000000U
#define FP_ZX 0x04000000U
#define FP_XX 0x02000000U
#define FP_VXSNAN 0x01000000U
#define FP_VXISI 0x00800000U
#define FP_VXIDI 0x00400000U
#define FP_VXZDZ 0x00200000U
#define FP_VXIMZ 0x00100000U
#define FP_VXVC 0x00080000U
#define FP_VXSQRT 0x00000200U
#define FP_VXCVI 0x00000100U
#define FP_VX_ALL \
	(FP_VXSNAN | FP_VXISI | FP_VXIDI | FP_VXZDZ | FP_VXIMZ | FP_VXVC | FP_VXSQRT | FP_VXCVI)

struct fp_env {
	/* Inputs. With oe or ue the exponent of a result out of range is wrapped. */
	u8 rm; /* enum fp_rm */
	bool ve, oe, ue;
	/* Outputs: flags collects; fi and fr are those of the last operation. */
	bool fr, fi;
	u32 flags;
};

/* A quad precision number; hi holds the sign, the exponent and 48 bits. */
struct f128 {
	u64 hi, lo;
};

/* The result of a comparison, as it goes to a CR field and to FPCC. */
enum fp_order { FP_LT = 8, FP_GT = 4, FP_EQ = 2, FP_UN = 1 };

/* fma variants: x * y - z; and the negated sum. NaNs keep their sign. */
#define FP_NEG_ADDEND 1U
#define FP_NEG_RESULT 2U

/*
 * add, sub, mul, div, sqrt, fma for fp32, fp64, fp128 and fp64r32. The latter
 * takes doubles, rounds the exact result once to single, returns a double:
 * fadds and its like.
 * fma is x * y + z. A NaN is taken from x, then z, then y, which are the
 * operands A, B, C of fmadd and src1, src2, src3 of xsmadd.
 */
#define FP_DECLARE_ARITH(name, type)                         \
	type name##_add(struct fp_env *env, type x, type y); \
	type name##_sub(struct fp_env *env, type x, type y); \
	type name##_mul(struct fp_env *env, type x, type y); \
	type name##_div(struct fp_env *env, type x, type y); \
	type name##_sqrt(struct fp_env *env, type x);        \
	type name##_fma(struct fp_env *env, type x, type y, type z, unsigned op);

FP_DECLARE_ARITH(fp32, u32)
FP_DECLARE_ARITH(fp64, u64)
FP_DECLARE_ARITH(fp64r32, u64)
FP_DECLARE_ARITH(fp128, struct f128)

/* To an integral value. Sets FR, FI and XX only if @inexact is asked for. */
u32 fp32_rint(struct fp_env *env, u32 x, enum fp_rm rm, bool inexact);
u64 fp64_rint(struct fp_env *env, u64 x, enum fp_rm rm, bool inexact);
struct f128 fp128_rint(struct fp_env *env, struct f128 x, enum fp_rm rm, bool inexact);

/* Unordered sets VXSNAN for a signalling NaN; @ordered adds VXVC as fcmpo does. */
enum fp_order fp32_cmp(struct fp_env *env, u32 x, u32 y, bool ordered);
enum fp_order fp64_cmp(struct fp_env *env, u64 x, u64 y, bool ordered);
enum fp_order fp128_cmp(struct fp_env *env, struct f128 x, struct f128 y, bool ordered);

/* Format conversions that round, quieten NaNs and raise exceptions. */
u64 fp32_to_fp64(struct fp_env *env, u32 x);
u32 fp64_to_fp32(struct fp_env *env, u64 x);
u64 fp64_to_fp64r32(struct fp_env *env, u64 x); /* frsp */
struct f128 fp64_to_fp128(struct fp_env *env, u64 x);
u64 fp128_to_fp64(struct fp_env *env, struct f128 x);
u64 fp16_to_fp64(struct fp_env *env, u16 x);
u16 fp64_to_fp16(struct fp_env *env, u64 x);
u32 fp16_to_fp32(struct fp_env *env, u16 x);
u16 fp32_to_fp16(struct fp_env *env, u32 x);
u32 bf16_to_fp32(struct fp_env *env, u16 x);
u16 fp32_to_bf16(struct fp_env *env, u32 x);

/* DOUBLE and SINGLE of lfs and stfs: a signalling NaN stays what it is. */
u64 fp32_load_as_fp64(u32 x);
u32 fp64_store_as_fp32(u64 x);

/* From integers. */
u32 fp32_from_s64(struct fp_env *env, s64 v);
u32 fp32_from_u64(struct fp_env *env, u64 v);
u64 fp64_from_s64(struct fp_env *env, s64 v);
u64 fp64_from_u64(struct fp_env *env, u64 v);
u64 fp64r32_from_s64(struct fp_env *env, s64 v);
u64 fp64r32_from_u64(struct fp_env *env, u64 v);
struct f128 fp128_from_s64(struct fp_env *env, s64 v);
struct f128 fp128_from_u64(struct fp_env *env, u64 v);
struct f128 fp128_from_s128(struct fp_env *env, s128 v);
struct f128 fp128_from_u128(struct fp_env *env, u128 v);

/* To integers: saturated, with VXCVI, when out of range; a NaN is 0 or least. */
#define FP_DECLARE_TO_INT(name, type)                                 \
	s32 name##_to_s32(struct fp_env *env, type x, enum fp_rm rm); \
	u32 name##_to_u32(struct fp_env *env, type x, enum fp_rm rm); \
	s64 name##_to_s64(struct fp_env *env, type x, enum fp_rm rm); \
	u64 name##_to_u64(struct fp_env *env, type x, enum fp_rm rm);

FP_DECLARE_TO_INT(fp32, u32)
FP_DECLARE_TO_INT(fp64, u64)
FP_DECLARE_TO_INT(fp128, struct f128)
s128 fp128_to_s128(struct fp_env *env, struct f128 x, enum fp_rm rm);
u128 fp128_to_u128(struct fp_env *env, struct f128 x, enum fp_rm rm);

/* Estimates: 1/x and 1/sqrt(x), correctly rounded; never XX, FR or FI. */
u32 fp32_re(struct fp_env *env, u32 x);
u64 fp64_re(struct fp_env *env, u64 x);
u64 fp64r32_re(struct fp_env *env, u64 x);
u32 fp32_rsqrte(struct fp_env *env, u32 x);
u64 fp64_rsqrte(struct fp_env *env, u64 x);
u64 fp64r32_rsqrte(struct fp_env *env, u64 x);

/* vexptefp and vlogefp: 2^x and log2(x), to nearest. No flags. */
u32 fp32_exp2(u32 x);
u32 fp32_log2(u32 x);

/* The five bits C || FPCC of a result [ISA 3.1B I 4.2.2]. */
unsigned int fp32_fprf(u32 x);
unsigned int fp64_fprf(u64 x);
unsigned int fp64r32_fprf(u64 x);
unsigned int fp128_fprf(struct f128 x);

/* The one bit of DCMX that describes the value, for xststdc. */
unsigned int fp32_data_class(u32 x);
unsigned int fp64_data_class(u64 x);
unsigned int fp128_data_class(struct f128 x);

/* ftdiv and ftsqrt: the CR field 1 || FG || FE || 0. */
unsigned int fp32_tdiv(u32 x, u32 y);
unsigned int fp64_tdiv(u64 x, u64 y);
unsigned int fp32_tsqrt(u32 x);
unsigned int fp64_tsqrt(u64 x);

static inline bool fp32_is_nan(u32 x)
{
	return (x & 0x7fffffffU) > 0x7f800000U;
}

static inline bool fp64_is_nan(u64 x)
{
	return (x & ~(1ULL << 63)) > 0x7ff0000000000000ULL;
}

static inline bool fp128_is_nan(struct f128 x)
{
	u64 m = x.hi & ~(1ULL << 63);

	return m > 0x7fff000000000000ULL || (m == 0x7fff000000000000ULL && x.lo);
}

static inline bool fp32_is_snan(u32 x)
{
	return fp32_is_nan(x) && !(x & 0x00400000U);
}

static inline bool fp64_is_snan(u64 x)
{
	return fp64_is_nan(x) && !(x & 0x0008000000000000ULL);
}

static inline bool fp128_is_snan(struct f128 x)
{
	return fp128_is_nan(x) && !(x.hi & 0x0000800000000000ULL);
}

#endif
