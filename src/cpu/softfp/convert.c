/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conversions between the binary formats and to and from integers.
 * [ISA 3.1B I 4.6.7, 7.6.1.5-7.6.1.7, A.1-A.3]
 */
#include "cpu/softfp/unpack.h"

/* Widening is exact, but a signalling NaN is quietened like everywhere. */
static struct unp convert(struct fp_env *env, const struct fp_format *to, struct unp u)
{
	fp_begin(env);
	fp_quieten(env, &u);
	fp_round(env, to, &u);
	return u;
}

u64 fp32_to_fp64(struct fp_env *env, u32 x)
{
	struct unp u = convert(env, &fp_fmt64, unpack32(x));

	return pack64(&u);
}

u32 fp64_to_fp32(struct fp_env *env, u64 x)
{
	struct unp u = convert(env, &fp_fmt32, unpack64(x));

	return pack32(&u);
}

u64 fp64_to_fp64r32(struct fp_env *env, u64 x)
{
	struct unp u = convert(env, &fp_fmt32, unpack64(x));

	return pack64r32(&u);
}

struct f128 fp64_to_fp128(struct fp_env *env, u64 x)
{
	struct unp u = convert(env, &fp_fmt128, unpack64(x));

	return pack128(&u);
}

u64 fp128_to_fp64(struct fp_env *env, struct f128 x)
{
	struct unp u = convert(env, &fp_fmt64, unpack128(x));

	return pack64(&u);
}

u64 fp16_to_fp64(struct fp_env *env, u16 x)
{
	struct unp u = convert(env, &fp_fmt64, fp_unpack(&fp_fmt16, x));

	return pack64(&u);
}

u16 fp64_to_fp16(struct fp_env *env, u64 x)
{
	struct unp u = convert(env, &fp_fmt16, unpack64(x));

	return (u16)fp_pack(&fp_fmt16, &u);
}

u32 fp16_to_fp32(struct fp_env *env, u16 x)
{
	struct unp u = convert(env, &fp_fmt32, fp_unpack(&fp_fmt16, x));

	return pack32(&u);
}

u16 fp32_to_fp16(struct fp_env *env, u32 x)
{
	struct unp u = convert(env, &fp_fmt16, unpack32(x));

	return (u16)fp_pack(&fp_fmt16, &u);
}

u32 bf16_to_fp32(struct fp_env *env, u16 x)
{
	struct unp u = convert(env, &fp_fmt32, fp_unpack(&fp_fmt_bf16, x));

	return pack32(&u);
}

u16 fp32_to_bf16(struct fp_env *env, u32 x)
{
	struct unp u = convert(env, &fp_fmt_bf16, unpack32(x));

	return (u16)fp_pack(&fp_fmt_bf16, &u);
}

/* [ISA 3.1B I 4.6.2] DOUBLE */
u64 fp32_load_as_fp64(u32 x)
{
	u32 e = (x >> 23) & 0xff;
	u64 sign = (u64)(x >> 31) << 63;
	u64 frac = (u64)(x & 0x7fffffU) << 29;
	unsigned int n;

	if (e == 0xff)
		return sign | 0x7ffULL << 52 | frac;
	if (e)
		return sign | (u64)(e + 896) << 52 | frac;
	if (!frac)
		return sign;
	n = (unsigned int)__builtin_clzll(frac) - 11;
	return sign | (u64)(897 - n) << 52 | ((frac << n) & 0xfffffffffffffULL);
}

/* [ISA 3.1B I 4.6.3] SINGLE; what it leaves undefined becomes a zero. */
u32 fp64_store_as_fp32(u64 x)
{
	u32 e = (x >> 52) & 0x7ff;
	u32 sign = (u32)(x >> 63) << 31;

	if (e > 896)
		return ((u32)(x >> 62) << 30) | ((u32)(x >> 29) & 0x3fffffffU);
	if (e < 874)
		return sign;
	return sign | (u32)(((x & 0xfffffffffffffULL) | 1ULL << 52) >> (926 - e));
}

/* From integers */

static struct unp from_int(struct fp_env *env, const struct fp_format *f, bool sign, u128 mag)
{
	struct unp u = { FP_NORMAL, sign, 127, mag };

	fp_begin(env);
	unp_normalize(&u);
	fp_round(env, f, &u);
	return u;
}

static u128 abs128(s128 v)
{
	return v < 0 ? -(u128)v : (u128)v;
}

#define DEFINE_FROM_INT(name, type, f, io)                         \
	type name##_from_s64(struct fp_env *env, s64 v)            \
	{                                                          \
		struct unp u = from_int(env, f, v < 0, abs128(v)); \
		return pack##io(&u);                               \
	}                                                          \
	type name##_from_u64(struct fp_env *env, u64 v)            \
	{                                                          \
		struct unp u = from_int(env, f, false, v);         \
		return pack##io(&u);                               \
	}

DEFINE_FROM_INT(fp32, u32, &fp_fmt32, 32)
DEFINE_FROM_INT(fp64, u64, &fp_fmt64, 64)
DEFINE_FROM_INT(fp64r32, u64, &fp_fmt32, 64r32)
DEFINE_FROM_INT(fp128, struct f128, &fp_fmt128, 128)

struct f128 fp128_from_s128(struct fp_env *env, s128 v)
{
	struct unp u = from_int(env, &fp_fmt128, v < 0, abs128(v));

	return pack128(&u);
}

struct f128 fp128_from_u128(struct fp_env *env, u128 v)
{
	struct unp u = from_int(env, &fp_fmt128, false, v);

	return pack128(&u);
}

/* To integers */

struct int_range {
	u128 max, neg; /* the greatest magnitudes above and below 0 */
};

#define RANGE_S(n)                                           \
	{                                                    \
		((u128)1 << ((n)-1)) - 1, (u128)1 << ((n)-1) \
	}
#define RANGE_U(n)                         \
	{                                  \
		~(u128)0 >> (128 - (n)), 0 \
	}

/* Two's complement of the result, in as many bits as the caller takes. */
static u128 to_int(struct fp_env *env, const struct unp *u, enum fp_rm rm, struct int_range lim)
{
	u128 limit = u->sign ? lim.neg : lim.max, mag = 0;
	bool fits;

	fp_begin(env);
	if (unp_is_nan(u)) {
		env->flags |= FP_VXCVI | (u->cls == FP_SNAN ? FP_VXSNAN : 0);
		return -lim.neg;
	}
	fits = u->cls != FP_INF && u->exp < 128;
	if (fits)
		mag = fp_integer(env, u, rm);
	if (!fits || mag > limit) {
		fp_begin(env);
		env->flags |= FP_VXCVI;
		mag = limit;
	} else if (env->fi) {
		env->flags |= FP_XX;
	}
	return u->sign ? -mag : mag;
}

#define DEFINE_TO(name, type, io, kind, range)                             \
	kind name(struct fp_env *env, type x, enum fp_rm rm)               \
	{                                                                  \
		struct unp u = unpack##io(x);                              \
		return (kind)to_int(env, &u, rm, (struct int_range)range); \
	}

#define DEFINE_TO_INT(name, type, io)                        \
	DEFINE_TO(name##_to_s32, type, io, s32, RANGE_S(32)) \
	DEFINE_TO(name##_to_u32, type, io, u32, RANGE_U(32)) \
	DEFINE_TO(name##_to_s64, type, io, s64, RANGE_S(64)) \
	DEFINE_TO(name##_to_u64, type, io, u64, RANGE_U(64))

DEFINE_TO_INT(fp32, u32, 32)
DEFINE_TO_INT(fp64, u64, 64)
DEFINE_TO_INT(fp128, struct f128, 128)
DEFINE_TO(fp128_to_s128, struct f128, 128, s128, RANGE_S(128))
DEFINE_TO(fp128_to_u128, struct f128, 128, u128, RANGE_U(128))
