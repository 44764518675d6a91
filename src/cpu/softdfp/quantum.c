/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DFP quantum adjustment: quantize, reround, round to integral value
 * [ISA 3.1B I 5.6.5]. None of these overflows or underflows.
 */
#include "cpu/softdfp/round.h"

/* @n with exponent @exp; false when its digits do not fit there. */
static bool rescale(const struct dfp_fmt *f, struct dfp_env *env, struct dfp_num *n, s32 exp)
{
	struct dfp_exact v = { .sign = n->sign, .coef = u256_of(n->coef) };
	int grow = n->exp - exp;
	u32 fr_fi;

	n->exp = exp;
	if (!n->coef)
		return true;
	if (grow >= 0) {
		if (grow + dfp_n_digits(n->coef) > f->prec)
			return false;
		n->coef *= dfp_pow10(grow);
		return true;
	}
	n->coef = dfp_drop_digits(&v, -grow, env->rm, &fr_fi).lo;
	env->flags |= fr_fi ? fr_fi | DFP_XX : 0;
	return true;
}

static u128 quantize_finite(const struct dfp_fmt *f, struct dfp_env *env, s32 exp, struct dfp_num n)
{
	if (!rescale(f, env, &n, exp))
		return dfp_invalid(f, env, DFP_VXCVI);
	return dfp_pack(f, &n);
}

u128 dfp_quantize_exp(const struct dfp_fmt *f, struct dfp_env *env, s32 exp, u128 b)
{
	struct dfp_num n = dfp_unpack(f, b);

	if (dfp_num_is_nan(&n))
		return dfp_quiet(f, env, &n);
	if (n.cls == DFP_INF)
		return dfp_invalid(f, env, DFP_VXCVI);
	return quantize_finite(f, env, exp, n);
}

u128 dfp_quantize(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b)
{
	struct dfp_num na = dfp_unpack(f, a), nb = dfp_unpack(f, b);

	if (nb.cls == DFP_SNAN && na.cls != DFP_SNAN)
		return dfp_quiet(f, env, &nb);
	if (dfp_num_is_nan(&na))
		return dfp_quiet(f, env, &na);
	if (nb.cls == DFP_QNAN)
		return dfp_quiet(f, env, &nb);
	if (na.cls != nb.cls)
		return dfp_invalid(f, env, DFP_VXCVI);
	if (nb.cls == DFP_INF)
		return dfp_infinity(f, nb.sign);
	return quantize_finite(f, env, na.exp, nb);
}

u128 dfp_reround(const struct dfp_fmt *f, struct dfp_env *env, u32 k, u128 b)
{
	struct dfp_num n = dfp_unpack(f, b);
	u32 n_digits, before = env->flags;

	if (dfp_num_is_nan(&n))
		return dfp_quiet(f, env, &n);
	if (n.cls == DFP_INF)
		return dfp_infinity(f, n.sign);
	n_digits = (u32)dfp_n_digits(n.coef);
	if (k && k < n_digits) {
		rescale(f, env, &n, n.exp + (s32)(n_digits - k));
		if (n.coef == dfp_pow10((int)k)) {
			n.coef /= 10;
			n.exp++;
		}
		if (n.exp > f->max_bexp - f->bias) {
			env->flags = before;
			return dfp_invalid(f, env, DFP_VXCVI);
		}
	}
	return dfp_pack(f, &n);
}

u128 dfp_rint(const struct dfp_fmt *f, struct dfp_env *env, u128 b, bool exact)
{
	struct dfp_num n = dfp_unpack(f, b);
	u32 before = env->flags;

	if (dfp_num_is_nan(&n))
		return dfp_quiet(f, env, &n);
	if (n.cls == DFP_INF)
		return dfp_infinity(f, n.sign);
	if (n.exp < 0)
		rescale(f, env, &n, 0);
	if (!exact)
		env->flags = before;
	return dfp_pack(f, &n);
}
