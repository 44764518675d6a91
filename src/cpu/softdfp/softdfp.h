/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal floating point on raw register images [ISA 3.1B I 5]: arithmetic,
 * compares, tests, quantum adjustment and conversions of the DPD formats
 * short (32), long (64) and extended (128 bits). Images are right-justified
 * in a u128. Pure functions: everything an operation needs or reports is in
 * struct dfp_env, so any thread may call them.
 *
 * Whether a result is written at all (VE, ZE), FX/VX/FEX, Rc and FPRF belong
 * to the caller; dfp_fprf() gives the class code of a result.
 */
#ifndef HYPAR_CPU_SOFTDFP_SOFTDFP_H
#define HYPAR_CPU_SOFTDFP_SOFTDFP_H

#include "base/types.h"

/* FPSCR.DRN [ISA 3.1B I 5.2.2]. */
enum dfp_rm {
	DFP_RNE = 0,  /* to nearest, ties to even */
	DFP_RTZ = 1,  /* toward zero */
	DFP_RTPI = 2, /* toward +infinity */
	DFP_RTMI = 3, /* toward -infinity */
	DFP_RNA = 4,  /* to nearest, ties away from zero */
	DFP_RNTZ = 5, /* to nearest, ties toward zero */
	DFP_RAZ = 6,  /* away from zero */
	DFP_RPSP = 7, /* to prepare for shorter precision */
};

/* What an operation reports, in dfp_env.flags, at the bits of the FPSCR. */
#define DFP_OX 0x10000000u
#define DFP_UX 0x08000000u
#define DFP_ZX 0x04000000u
#define DFP_XX 0x02000000u
#define DFP_VXSNAN 0x01000000u
#define DFP_VXISI 0x00800000u
#define DFP_VXIDI 0x00400000u
#define DFP_VXZDZ 0x00200000u
#define DFP_VXIMZ 0x00100000u
#define DFP_VXVC 0x00080000u
#define DFP_FR 0x00040000u
#define DFP_FI 0x00020000u
#define DFP_VXCVI 0x00000100u
#define DFP_VX_ANY \
	(DFP_VXSNAN | DFP_VXISI | DFP_VXIDI | DFP_VXZDZ | DFP_VXIMZ | DFP_VXVC | DFP_VXCVI)

struct dfp_env {
	enum dfp_rm rm;
	bool oe, ue; /* FPSCR.OE and UE: deliver wrapped results */
	u32 flags;   /* DFP_*, added to by each operation */
};

enum dfp_class { DFP_FINITE, DFP_INF, DFP_QNAN, DFP_SNAN };

/*
 * A datum taken apart. The value of a finite one is coef * 10^exp; for the
 * others coef is the trailing significand read as a number.
 */
struct dfp_num {
	enum dfp_class cls;
	bool sign;
	s32 exp;
	u128 coef;
};

struct dfp_fmt {
	int width;  /* bits of the whole image */
	int ecbits; /* exponent continuation bits */
	int tbits;  /* trailing significand bits */
	int prec;   /* digits */
	int bias;
	int max_bexp; /* largest biased exponent */
	int wrap;     /* exponent adjustment of enabled OX and UX */
};

extern const struct dfp_fmt dfp_short, dfp_long, dfp_ext;

/* ---- encoding (dpd.c) ---- */
u32 dfp_declet_encode(u32 value);  /* 0..999 to 10 bits */
u32 dfp_declet_decode(u32 declet); /* any 10 bits to 0..999 */
struct dfp_num dfp_unpack(const struct dfp_fmt *f, u128 raw);
u128 dfp_pack(const struct dfp_fmt *f, const struct dfp_num *n);
u128 dfp_default_nan(const struct dfp_fmt *f);
/* The five bits of FPSCR.FPRF, right-justified. */
u32 dfp_fprf(const struct dfp_fmt *f, u128 raw);
/* Number of decimal digits, 0 for 0. */
int dfp_n_digits(u128 coef);
bool dfp_is_subnormal(const struct dfp_fmt *f, const struct dfp_num *n);

/* ---- arithmetic (arith.c) ---- */
u128 dfp_add(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b);
u128 dfp_sub(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b);
u128 dfp_mul(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b);
u128 dfp_div(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b);

/* ---- quantum adjustment (quantum.c) ---- */
/* @b with exponent @exp (dquai), rounded as env->rm says. */
u128 dfp_quantize_exp(const struct dfp_fmt *f, struct dfp_env *env, s32 exp, u128 b);
/* @b with the exponent of @a (dqua). */
u128 dfp_quantize(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b);
/* @b rounded to @k significant digits (drrnd). */
u128 dfp_reround(const struct dfp_fmt *f, struct dfp_env *env, u32 k, u128 b);
/* @b rounded to an integral value; @exact reports XX, FR, FI (drintx). */
u128 dfp_rint(const struct dfp_fmt *f, struct dfp_env *env, u128 b, bool exact);

/* ---- conversion (convert.c) ---- */
u128 dfp_short_to_long(u32 b);
u128 dfp_long_to_ext(struct dfp_env *env, u64 b);
/*
 * Rounding to the next shorter format. A wrapped result (enabled OX or UX)
 * would not fit there and is delivered in the format of the source.
 */
u64 dfp_long_to_short(struct dfp_env *env, u64 b);
u128 dfp_ext_to_long(struct dfp_env *env, u128 b);
/* Tells so, after either of them. */
static inline bool dfp_is_wrapped(const struct dfp_env *env)
{
	return (env->oe && (env->flags & DFP_OX)) || (env->ue && (env->flags & DFP_UX));
}
u128 dfp_from_s128(const struct dfp_fmt *f, struct dfp_env *env, s128 v);
/* To a signed integer of 64 or 128 bits, saturating. */
s128 dfp_to_int(const struct dfp_fmt *f, struct dfp_env *env, u128 b, int bits);

/* ---- compares and tests (test.c) ---- */
/* A 4-bit CR field: 8 less, 4 greater, 2 equal, 1 unordered. */
u32 dfp_compare(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b);
u32 dfp_compare_exp(const struct dfp_fmt *f, u128 a, u128 b);
u32 dfp_test_class(const struct dfp_fmt *f, u128 a, u32 dcm);
u32 dfp_test_group(const struct dfp_fmt *f, u128 a, u32 dgm);
u32 dfp_test_signif(const struct dfp_fmt *f, u32 k, u128 b);
bool dfp_is_nan(const struct dfp_fmt *f, u128 a);

/* ---- format (format.c) ---- */
/* @sp as in ddedpd: bit 2 signed, bit 1 plus is 0xf instead of 0xc. */
u128 dfp_to_bcd(const struct dfp_fmt *f, u128 b, u32 sp);
u128 dfp_from_bcd(const struct dfp_fmt *f, struct dfp_env *env, u128 bcd, bool is_signed);
s64 dfp_extract_exp(const struct dfp_fmt *f, u128 b);
u128 dfp_insert_exp(const struct dfp_fmt *f, s64 bexp, u128 b);
u128 dfp_shift_left(const struct dfp_fmt *f, u128 a, u32 n);
u128 dfp_shift_right(const struct dfp_fmt *f, u128 a, u32 n);

#endif
