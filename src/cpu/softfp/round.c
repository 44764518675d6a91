/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounding to a format, with the overflow, underflow and inexact exceptions
 * [ISA 3.1B I 4.4.3-4.4.5, 4.6], and to an integral value; choice of NaNs.
 */
#include "cpu/softfp/unpack.h"

/* The result that replaces one too large, overflow being disabled. */
static void overflow(struct fp_env *env, const struct fp_format *f, struct unp *u)
{
	bool to_inf = true;

	if (env->oe) {
		env->flags |= FP_OX;
		u->exp -= f->adjust;
		return;
	}
	env->flags |= FP_OX | FP_XX;
	if (env->rm == FP_RM_ZERO || env->rm == FP_RM_ODD)
		to_inf = false;
	else if (env->rm == FP_RM_PLUS)
		to_inf = !u->sign;
	else if (env->rm == FP_RM_MINUS)
		to_inf = u->sign;
	env->fi = true;
	env->fr = to_inf;
	if (to_inf) {
		*u = unp_inf(u->sign);
	} else {
		u->exp = f->emax;
		u->sig = ~(u128)0 << (128 - f->prec);
	}
}

/* Rounds a nonzero finite number so that @f holds it; others stay. */
void fp_round(struct fp_env *env, const struct fp_format *f, struct unp *u)
{
	unsigned int drop = (unsigned int)(128 - f->prec);
	bool tiny, up;
	u128 rest;

	if (u->cls != FP_NORMAL)
		return;
	tiny = u->exp < fp_emin(f);
	if (UNLIKELY(tiny) && env->ue) {
		env->flags |= FP_UX;
		u->exp += f->adjust;
		tiny = false;
	} else if (UNLIKELY(tiny)) {
		u->sig = shr_sticky(u->sig, (u32)(fp_emin(f) - u->exp));
		u->exp = fp_emin(f);
	}

	rest = u->sig & (((u128)1 << drop) - 1);
	if (rest) {
		up = fp_round_up(env->rm, u, rest, drop);
		u->sig -= rest;
		env->flags |= FP_XX | (tiny ? FP_UX : 0);
		env->fi = true;
		env->fr = up;
		if (up) {
			u->sig += (u128)1 << drop;
			if (!u->sig) {
				u->sig = SIG_TOP;
				u->exp++;
			}
		}
	}
	if (UNLIKELY(tiny))
		unp_normalize(u);
	else if (UNLIKELY(u->exp > f->emax))
		overflow(env, f, u);
}

void fp_quieten(struct fp_env *env, struct unp *u)
{
	if (u->cls == FP_SNAN) {
		env->flags |= FP_VXSNAN;
		u->cls = FP_QNAN;
		u->sig |= SIG_QUIET;
	}
}

/* At least one is a NaN; the first of them wins. [ISA 3.1B I 4.3.2] */
struct unp fp_pick_nan(struct fp_env *env, const struct unp *a, const struct unp *b)
{
	struct unp r = unp_is_nan(a) ? *a : *b;

	if (a->cls == FP_SNAN || b->cls == FP_SNAN)
		env->flags |= FP_VXSNAN;
	fp_quieten(env, &r);
	return r;
}

/* The magnitude of a finite number with exp < 128 as an integer; sets FR, FI. */
u128 fp_integer(struct fp_env *env, const struct unp *u, enum fp_rm rm)
{
	struct unp t = *u;
	u128 rest;
	unsigned int drop;

	if (u->cls == FP_ZERO)
		return 0;
	if (u->exp >= 127)
		return u->sig;
	if (t.exp < 0) {
		t.sig = shr_sticky(t.sig, (u32)-t.exp);
		t.exp = 0;
	}
	drop = (unsigned int)(127 - t.exp);
	rest = t.sig & (((u128)1 << drop) - 1);
	if (rest) {
		env->fi = true;
		env->fr = fp_round_up(rm, &t, rest, drop);
	}
	return (t.sig >> drop) + (rest && env->fr);
}

/* [ISA 3.1B I 4.6.7.3] frin and its like, xsrdpi, xsrqpi */
static void rint_unp(struct fp_env *env, struct unp *u, enum fp_rm rm, const struct fp_format *f)
{
	fp_begin(env);
	fp_quieten(env, u);
	if (u->cls != FP_NORMAL || u->exp >= f->prec - 1)
		return;
	u->sig = fp_integer(env, u, rm);
	u->exp = 127;
	unp_normalize(u);
}

static void rint_flags(struct fp_env *env, bool inexact)
{
	if (!inexact)
		fp_begin(env);
	else if (env->fi)
		env->flags |= FP_XX;
}

u32 fp32_rint(struct fp_env *env, u32 x, enum fp_rm rm, bool inexact)
{
	struct unp u = unpack32(x);

	rint_unp(env, &u, rm, &fp_fmt32);
	rint_flags(env, inexact);
	return pack32(&u);
}

u64 fp64_rint(struct fp_env *env, u64 x, enum fp_rm rm, bool inexact)
{
	struct unp u = unpack64(x);

	rint_unp(env, &u, rm, &fp_fmt64);
	rint_flags(env, inexact);
	return pack64(&u);
}

struct f128 fp128_rint(struct fp_env *env, struct f128 x, enum fp_rm rm, bool inexact)
{
	struct unp u = unpack128(x);

	rint_unp(env, &u, rm, &fp_fmt128);
	rint_flags(env, inexact);
	return pack128(&u);
}
