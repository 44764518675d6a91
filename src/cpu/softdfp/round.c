/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rounding and delivery of DFP results [ISA 3.1B I 5.5]. Tininess is decided
 * before rounding, overflow after it. With OE or UE the wrapped result is
 * delivered (5.5.10.3, 5.5.10.4).
 */
#include "cpu/softdfp/round.h"

/* How the discarded part compares with half a unit of the last place. */
static int against_half(u128 rem, u128 unit, bool sticky)
{
	u128 half = unit / 2;

	if (rem != half)
		return rem < half ? -1 : 1;
	return sticky ? 1 : 0;
}

static bool rounds_up(enum dfp_rm rm, bool sign, u32 last_digit, int half)
{
	switch (rm) {
	case DFP_RNE:
		return half > 0 || (half == 0 && (last_digit & 1));
	case DFP_RTPI:
		return !sign;
	case DFP_RTMI:
		return sign;
	case DFP_RNA:
		return half >= 0;
	case DFP_RNTZ:
		return half > 0;
	case DFP_RAZ:
		return true;
	case DFP_RPSP:
		return last_digit == 0 || last_digit == 5;
	case DFP_RTZ:
		break;
	}
	return false;
}

struct u256 dfp_drop_digits(const struct dfp_exact *v, int n, enum dfp_rm rm, u32 *fr_fi)
{
	struct u256 q = v->coef;
	bool sticky = v->sticky;
	u128 unit = 1, rem = 0, last;

	/* All but the last 38 digits to go only matter as being zero or not. */
	for (; n > 38 && !u256_is_zero(q); n -= 38) {
		q = u256_divrem(q, dfp_pow10(38), &rem);
		sticky |= rem != 0;
	}
	rem = 0;
	if (n > 38)
		n = 38;
	if (n > 0) {
		unit = dfp_pow10(n);
		q = u256_divrem(q, unit, &rem);
	}
	*fr_fi = 0;
	if (!rem && !sticky)
		return q;
	*fr_fi = DFP_FI;
	u256_divrem(q, 10, &last);
	if (rounds_up(rm, v->sign, (u32)last, n ? against_half(rem, unit, sticky) : -1)) {
		*fr_fi |= DFP_FR;
		q = u256_add(q, u256_of(1));
	}
	return q;
}

u128 dfp_zero(const struct dfp_fmt *f, bool sign, s32 pref)
{
	s32 max = f->max_bexp - f->bias;

	if (pref > max)
		pref = max;
	if (pref < -f->bias)
		pref = -f->bias;
	return dfp_pack(f, &(struct dfp_num){ DFP_FINITE, sign, pref, 0 });
}

u128 dfp_infinity(const struct dfp_fmt *f, bool sign)
{
	return dfp_pack(f, &(struct dfp_num){ DFP_INF, sign, 0, 0 });
}

u128 dfp_invalid(const struct dfp_fmt *f, struct dfp_env *env, u32 flag)
{
	env->flags |= flag;
	return dfp_default_nan(f);
}

u128 dfp_quiet(const struct dfp_fmt *f, struct dfp_env *env, const struct dfp_num *n)
{
	struct dfp_num q = *n;

	if (q.cls == DFP_SNAN)
		env->flags |= DFP_VXSNAN;
	q.cls = DFP_QNAN;
	return dfp_pack(f, &q);
}

static u128 overflow(const struct dfp_fmt *f, struct dfp_env *env, bool sign)
{
	bool to_inf = true;

	env->flags |= DFP_OX | DFP_XX | DFP_FI;
	switch (env->rm) {
	case DFP_RTZ:
	case DFP_RPSP:
		to_inf = false;
		break;
	case DFP_RTPI:
		to_inf = !sign;
		break;
	case DFP_RTMI:
		to_inf = sign;
		break;
	default:
		break;
	}
	if (to_inf) {
		env->flags |= DFP_FR;
		return dfp_infinity(f, sign);
	}
	return dfp_pack(f, &(struct dfp_num){ DFP_FINITE, sign, f->max_bexp - f->bias,
					      dfp_pow10(f->prec) - 1 });
}

/* Moves an exact result's exponent as close to the preferred one as it goes. */
static void prefer_exponent(const struct dfp_fmt *f, struct dfp_num *n, s32 pref)
{
	u128 limit = dfp_pow10(f->prec - 1);

	while (n->exp < pref && n->coef % 10 == 0) {
		n->coef /= 10;
		n->exp++;
	}
	while (n->exp > pref && n->exp > -f->bias && n->coef < limit) {
		n->coef *= 10;
		n->exp--;
	}
}

/* Rounds to the digits that fit at exponent @qmin or above. */
static struct dfp_num round_to(const struct dfp_fmt *f, enum dfp_rm rm, const struct dfp_exact *v,
			       u32 *fr_fi)
{
	struct dfp_num n = { .cls = DFP_FINITE, .sign = v->sign };
	int drop = u256_n_digits(v->coef) - f->prec;
	int least = -f->bias - v->exp;

	if (drop < least)
		drop = least;
	if (drop < 0)
		drop = 0;
	n.coef = dfp_drop_digits(v, drop, rm, fr_fi).lo;
	n.exp = v->exp + drop;
	if (n.coef == dfp_pow10(f->prec)) {
		n.coef /= 10;
		n.exp++;
	}
	return n;
}

u128 dfp_deliver(const struct dfp_fmt *f, struct dfp_env *env, struct dfp_exact v)
{
	s32 max = f->max_bexp - f->bias;
	struct dfp_num n;
	bool is_tiny;
	u32 fr_fi;

	if (u256_is_zero(v.coef) && !v.sticky)
		return dfp_zero(f, v.sign, v.pref);
	is_tiny = v.exp + u256_n_digits(v.coef) < f->prec - f->bias;
	if (is_tiny && env->ue) {
		env->flags |= DFP_UX;
		v.exp += f->wrap;
		v.pref += f->wrap;
	}
	n = round_to(f, env->rm, &v, &fr_fi);
	if (n.coef && n.exp + dfp_n_digits(n.coef) > max + f->prec) {
		if (!env->oe)
			return overflow(f, env, v.sign);
		env->flags |= DFP_OX;
		n.exp -= f->wrap;
		v.pref -= f->wrap;
	}
	env->flags |= fr_fi;
	if (fr_fi) {
		env->flags |= DFP_XX;
		if (is_tiny)
			env->flags |= DFP_UX;
	} else {
		prefer_exponent(f, &n, v.pref);
	}
	if (n.exp > max) { /* few digits: clamped by adding zeros */
		n.coef *= dfp_pow10(n.exp - max);
		n.exp = max;
	}
	return dfp_pack(f, &n);
}
