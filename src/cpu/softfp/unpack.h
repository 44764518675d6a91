/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inner number of the floating point library: class, sign, exponent and a
 * significand of 128 bits whose top bit is the integer bit. A result that is
 * not exact has the lowest bit set ("sticky"). Packing to and from a format is
 * exact, rounding is fp_round's work. Only src/cpu/softfp includes this.
 */
#ifndef HYPAR_CPU_SOFTFP_UNPACK_H
#define HYPAR_CPU_SOFTFP_UNPACK_H

#include "base/compiler.h"
#include "cpu/softfp/softfp.h"

enum fp_class { FP_ZERO, FP_NORMAL, FP_INF, FP_QNAN, FP_SNAN };

/* value = sig / 2^127 * 2^exp; a NaN has its fraction below bit 127. */
struct unp {
	enum fp_class cls;
	bool sign;
	s32 exp;
	u128 sig;
};

struct fp_format {
	int prec; /* bits of the significand with the integer bit */
	int exp_bits;
	int emax;   /* also the bias */
	int adjust; /* of the exponent in enabled overflow and underflow */
};

static const struct fp_format fp_fmt16 = { 11, 5, 15, 24 };
static const struct fp_format fp_fmt_bf16 = { 8, 8, 127, 192 };
static const struct fp_format fp_fmt32 = { 24, 8, 127, 192 };
static const struct fp_format fp_fmt64 = { 53, 11, 1023, 1536 };
static const struct fp_format fp_fmt128 = { 113, 15, 16383, 24576 };

#define SIG_TOP ((u128)1 << 127)
#define SIG_QUIET ((u128)1 << 126)

static inline int fp_emin(const struct fp_format *f)
{
	return 1 - f->emax;
}

/* @v is not 0. */
static inline int clz128(u128 v)
{
	u64 hi = (u64)(v >> 64);

	return hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((u64)v);
}

/* Shifts right; the bits that fall off are remembered in the lowest bit. */
static inline u128 shr_sticky(u128 v, unsigned int n)
{
	if (n == 0)
		return v;
	if (n >= 128)
		return v != 0;
	return (v >> n) | ((v << (128 - n)) != 0);
}

static inline bool unp_is_nan(const struct unp *u)
{
	return u->cls >= FP_QNAN;
}

static inline struct unp unp_zero(bool sign)
{
	return (struct unp){ FP_ZERO, sign, 0, 0 };
}

static inline struct unp unp_inf(bool sign)
{
	return (struct unp){ FP_INF, sign, 0, SIG_TOP };
}

static inline struct unp unp_default_nan(void)
{
	return (struct unp){ FP_QNAN, false, 0, SIG_TOP | SIG_QUIET };
}

/* Brings the integer bit of a finite number to the top. */
static inline void unp_normalize(struct unp *u)
{
	int n;

	if (!u->sig) {
		u->cls = FP_ZERO;
		return;
	}
	n = clz128(u->sig);
	u->sig <<= n;
	u->exp -= n;
}

ALWAYS_INLINE struct unp fp_unpack(const struct fp_format *f, u128 v)
{
	int frac_bits = f->prec - 1;
	u32 exp_max = (1U << f->exp_bits) - 1;
	u32 e = (u32)(v >> frac_bits) & exp_max;
	struct unp u = {
		.cls = FP_NORMAL,
		.sign = (v >> (frac_bits + f->exp_bits)) & 1,
		.exp = (s32)e - f->emax,
		.sig = v << (128 - frac_bits) >> 1,
	};

	if (e == exp_max) {
		u.cls = !u.sig ? FP_INF : u.sig & SIG_QUIET ? FP_QNAN : FP_SNAN;
		u.sig |= SIG_TOP;
	} else if (e) {
		u.sig |= SIG_TOP;
	} else {
		u.exp = fp_emin(f);
		unp_normalize(&u);
	}
	return u;
}

/* @u has been rounded to @f or to a narrower format. */
ALWAYS_INLINE u128 fp_pack(const struct fp_format *f, const struct unp *u)
{
	int frac_bits = f->prec - 1;
	u32 exp_max = (1U << f->exp_bits) - 1;
	u128 sig = u->sig;
	u32 e = exp_max;

	if (u->cls == FP_ZERO) {
		e = 0;
		sig = 0;
	} else if (u->cls == FP_NORMAL) {
		if (u->exp < fp_emin(f)) {
			e = 0;
			sig = shr_sticky(sig, (u32)(fp_emin(f) - u->exp));
		} else {
			e = (u32)(u->exp + f->emax) & exp_max;
		}
	}
	return (u128)u->sign << (frac_bits + f->exp_bits) | (u128)e << frac_bits |
	       sig << 1 >> (128 - frac_bits);
}

static inline struct unp unpack32(u32 x)
{
	return fp_unpack(&fp_fmt32, x);
}

static inline struct unp unpack64(u64 x)
{
	return fp_unpack(&fp_fmt64, x);
}

static inline struct unp unpack128(struct f128 x)
{
	return fp_unpack(&fp_fmt128, (u128)x.hi << 64 | x.lo);
}

static inline u32 pack32(const struct unp *u)
{
	return (u32)fp_pack(&fp_fmt32, u);
}

static inline u64 pack64(const struct unp *u)
{
	return (u64)fp_pack(&fp_fmt64, u);
}

/* Single as a double: of a NaN the bits that single has [ISA 3.1B I 4.3.2]. */
static inline u64 pack64r32(const struct unp *u)
{
	u64 v = pack64(u);

	return unp_is_nan(u) ? v & ~0x1fffffffULL : v;
}

static inline struct unp unpack64r32(u64 x)
{
	return unpack64(x);
}

static inline struct f128 pack128(const struct unp *u)
{
	u128 v = fp_pack(&fp_fmt128, u);

	return (struct f128){ (u64)(v >> 64), (u64)v };
}

static inline void fp_begin(struct fp_env *env)
{
	env->fr = false;
	env->fi = false;
}

/* Whether a truncated magnitude must be incremented in mode @rm. */
static inline bool fp_round_up(enum fp_rm rm, const struct unp *u, u128 rest, unsigned int drop)
{
	u128 half = (u128)1 << (drop - 1);
	bool odd = (u->sig >> drop) & 1;

	switch (rm) {
	case FP_RM_NEAR:
		return rest > half || (rest == half && odd);
	case FP_RM_ZERO:
		return false;
	case FP_RM_PLUS:
		return rest && !u->sign;
	case FP_RM_MINUS:
		return rest && u->sign;
	case FP_RM_AWAY:
		return rest >= half;
	case FP_RM_ODD:
		return rest && !odd;
	}
	return false;
}

/* round.c */
void fp_round(struct fp_env *env, const struct fp_format *f, struct unp *u);
void fp_quieten(struct fp_env *env, struct unp *u);
struct unp fp_pick_nan(struct fp_env *env, const struct unp *a, const struct unp *b);
u128 fp_integer(struct fp_env *env, const struct unp *u, enum fp_rm rm);

/* arith.c */
struct unp unp_div(struct fp_env *env, const struct unp *a, const struct unp *b);
struct unp unp_sqrt(struct fp_env *env, const struct unp *a, unsigned int bits);

#endif
