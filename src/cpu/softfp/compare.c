/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparison, classification and the tests for software division and square
 * root. [ISA 3.1B I 4.2.2, 4.6.8, 4.6.6 ftdiv ftsqrt, 7.6.1.4, 7.6.1.9]
 */
#include "cpu/softfp/unpack.h"

/* @env->ve suppresses VXVC beside VXSNAN, as fcmpo has it. */
static enum fp_order compare(struct fp_env *env, const struct unp *a, const struct unp *b,
			     bool ordered)
{
	bool snan = a->cls == FP_SNAN || b->cls == FP_SNAN;
	bool less;

	fp_begin(env);
	if (unp_is_nan(a) || unp_is_nan(b)) {
		if (snan)
			env->flags |= FP_VXSNAN;
		if (ordered && !(snan && env->ve))
			env->flags |= FP_VXVC;
		return FP_UN;
	}
	if (a->cls == FP_ZERO && b->cls == FP_ZERO)
		return FP_EQ;
	if (a->cls == FP_ZERO)
		return b->sign ? FP_GT : FP_LT;
	if (b->cls == FP_ZERO || a->sign != b->sign)
		return a->sign ? FP_LT : FP_GT;
	if (a->cls != b->cls)
		less = b->cls == FP_INF;
	else if (a->exp != b->exp)
		less = a->exp < b->exp;
	else if (a->sig != b->sig)
		less = a->sig < b->sig;
	else
		return FP_EQ;
	return less != a->sign ? FP_LT : FP_GT;
}

enum fp_order fp32_cmp(struct fp_env *env, u32 x, u32 y, bool ordered)
{
	struct unp a = unpack32(x), b = unpack32(y);

	return compare(env, &a, &b, ordered);
}

enum fp_order fp64_cmp(struct fp_env *env, u64 x, u64 y, bool ordered)
{
	struct unp a = unpack64(x), b = unpack64(y);

	return compare(env, &a, &b, ordered);
}

enum fp_order fp128_cmp(struct fp_env *env, struct f128 x, struct f128 y, bool ordered)
{
	struct unp a = unpack128(x), b = unpack128(y);

	return compare(env, &a, &b, ordered);
}

/* Both codes of a class, for a positive value; the sign changes them. */
struct class_code {
	u8 fprf, fprf_neg, dcmx, dcmx_neg;
};

static struct class_code class_code(const struct unp *u, int emin)
{
	switch (u->cls) {
	case FP_ZERO:
		return (struct class_code){ 0x02, 0x12, 0x08, 0x04 };
	case FP_INF:
		return (struct class_code){ 0x05, 0x09, 0x20, 0x10 };
	case FP_QNAN:
	case FP_SNAN:
		return (struct class_code){ 0x11, 0x11, 0x40, 0x40 };
	case FP_NORMAL:
		break;
	}
	if (u->exp < emin)
		return (struct class_code){ 0x14, 0x18, 0x02, 0x01 };
	return (struct class_code){ 0x04, 0x08, 0, 0 };
}

static unsigned int fprf(const struct unp *u, const struct fp_format *f)
{
	struct class_code c = class_code(u, fp_emin(f));

	return u->sign ? c.fprf_neg : c.fprf;
}

static unsigned int data_class(const struct unp *u, const struct fp_format *f)
{
	struct class_code c = class_code(u, fp_emin(f));

	return u->sign ? c.dcmx_neg : c.dcmx;
}

unsigned int fp32_fprf(u32 x)
{
	struct unp u = unpack32(x);

	return fprf(&u, &fp_fmt32);
}

unsigned int fp64_fprf(u64 x)
{
	unsigned int e = (x >> 52) & 0x7ff;
	struct unp u;

	if (LIKELY(e != 0 && e != 0x7ff))
		return x >> 63 ? 0x08 : 0x04;
	u = unpack64(x);
	return fprf(&u, &fp_fmt64);
}

/* A double that is denormal as a single has the class of the single [A.1]. */
unsigned int fp64r32_fprf(u64 x)
{
	struct unp u = unpack64(x);

	return fprf(&u, &fp_fmt32);
}

unsigned int fp128_fprf(struct f128 x)
{
	struct unp u = unpack128(x);

	return fprf(&u, &fp_fmt128);
}

unsigned int fp32_data_class(u32 x)
{
	struct unp u = unpack32(x);

	return data_class(&u, &fp_fmt32);
}

unsigned int fp64_data_class(u64 x)
{
	struct unp u = unpack64(x);

	return data_class(&u, &fp_fmt64);
}

unsigned int fp128_data_class(struct f128 x)
{
	struct unp u = unpack128(x);

	return data_class(&u, &fp_fmt128);
}

/* The biased exponent field, unbiased: a denormal has emin - 1. */
static int field_exp(const struct unp *u, const struct fp_format *f)
{
	return u->cls == FP_NORMAL && u->exp >= fp_emin(f) ? u->exp : -f->emax;
}

static bool is_denormal(const struct unp *u, const struct fp_format *f)
{
	return u->cls == FP_NORMAL && u->exp < fp_emin(f);
}

static unsigned int tdiv(const struct unp *a, const struct unp *b, const struct fp_format *f)
{
	int ea = field_exp(a, f), eb = field_exp(b, f);
	bool fe, fg;

	fg = a->cls == FP_INF || b->cls == FP_ZERO || b->cls == FP_INF || is_denormal(b, f);
	fe = a->cls >= FP_INF || b->cls != FP_NORMAL || eb <= 1 - f->emax || eb >= f->emax - 2;
	if (!fe && a->cls != FP_ZERO)
		fe = ea - eb >= f->emax || ea - eb <= 2 - f->emax || ea <= f->prec - f->emax;
	return 8U | (fg ? 4U : 0) | (fe ? 2U : 0);
}

static unsigned int tsqrt(const struct unp *b, const struct fp_format *f)
{
	bool fg = b->cls == FP_ZERO || b->cls == FP_INF || is_denormal(b, f);
	bool fe = b->cls != FP_NORMAL || b->sign || field_exp(b, f) <= f->prec - f->emax;

	return 8U | (fg ? 4U : 0) | (fe ? 2U : 0);
}

unsigned int fp32_tdiv(u32 x, u32 y)
{
	struct unp a = unpack32(x), b = unpack32(y);

	return tdiv(&a, &b, &fp_fmt32);
}

unsigned int fp64_tdiv(u64 x, u64 y)
{
	struct unp a = unpack64(x), b = unpack64(y);

	return tdiv(&a, &b, &fp_fmt64);
}

unsigned int fp32_tsqrt(u32 x)
{
	struct unp u = unpack32(x);

	return tsqrt(&u, &fp_fmt32);
}

unsigned int fp64_tsqrt(u64 x)
{
	struct unp u = unpack64(x);

	return tsqrt(&u, &fp_fmt64);
}
