/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DFP add, subtract, multiply, divide [ISA 3.1B I 5.6.2]. Each makes an exact
 * intermediate result, or one with a sticky bit and digits to spare, and has
 * it delivered by round.c.
 */
#include "cpu/softdfp/round.h"

struct pair {
	struct dfp_num a, b;
};

static struct pair unpack_pair(const struct dfp_fmt *f, u128 a, u128 b)
{
	return (struct pair){ dfp_unpack(f, a), dfp_unpack(f, b) };
}

/* SNaNs first, then the left operand. */
static bool propagate_nan(const struct dfp_fmt *f, struct dfp_env *env, const struct pair *p,
			  u128 *result)
{
	const struct dfp_num *n;

	if (p->a.cls == DFP_SNAN)
		n = &p->a;
	else if (p->b.cls == DFP_SNAN)
		n = &p->b;
	else if (p->a.cls == DFP_QNAN)
		n = &p->a;
	else if (p->b.cls == DFP_QNAN)
		n = &p->b;
	else
		return false;
	*result = dfp_quiet(f, env, n);
	return true;
}

/*
 * Both coefficients at one exponent. Where the exponents are far apart the
 * higher operand gets 37 more digits and what remains of the lower one is cut
 * off there; that leaves more than prec + 1 digits whatever cancels.
 */
static struct dfp_exact add_magnitudes(const struct dfp_num *hi, const struct dfp_num *lo)
{
	struct dfp_exact r = { .sign = hi->sign, .pref = lo->exp };
	int diff = hi->exp - lo->exp;
	struct u256 a, b = u256_of(lo->coef);
	u128 rem;

	if (!hi->coef) {
		r.sign = lo->sign;
		r.exp = lo->exp;
		r.coef = b;
		return r;
	}
	if (diff > 37) {
		int cut = diff - 37;

		if (cut > 38)
			cut = 38;
		b = u256_divrem(b, dfp_pow10(cut), &rem);
		r.sticky = rem != 0;
		diff = 37;
	}
	a = u256_scale(u256_of(hi->coef), diff);
	r.exp = hi->exp - diff;
	if (hi->sign == lo->sign) {
		r.coef = u256_add(a, b);
	} else if (u256_cmp(a, b) >= 0) {
		r.coef = u256_sub(a, b);
		if (r.sticky)
			r.coef = u256_sub(r.coef, u256_of(1));
	} else {
		r.coef = u256_sub(b, a);
		r.sign = lo->sign;
	}
	return r;
}

static u128 add_numbers(const struct dfp_fmt *f, struct dfp_env *env, const struct pair *p)
{
	struct dfp_exact r;

	if (p->a.cls == DFP_INF && p->b.cls == DFP_INF && p->a.sign != p->b.sign)
		return dfp_invalid(f, env, DFP_VXISI);
	if (p->a.cls == DFP_INF)
		return dfp_infinity(f, p->a.sign);
	if (p->b.cls == DFP_INF)
		return dfp_infinity(f, p->b.sign);
	r = p->a.exp >= p->b.exp ? add_magnitudes(&p->a, &p->b) : add_magnitudes(&p->b, &p->a);
	if (u256_is_zero(r.coef))
		r.sign = p->a.sign == p->b.sign ? p->a.sign : env->rm == DFP_RTMI;
	return dfp_deliver(f, env, r);
}

u128 dfp_add(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b)
{
	struct pair p = unpack_pair(f, a, b);
	u128 r;

	if (propagate_nan(f, env, &p, &r))
		return r;
	return add_numbers(f, env, &p);
}

u128 dfp_sub(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b)
{
	struct pair p = unpack_pair(f, a, b);
	u128 r;

	if (propagate_nan(f, env, &p, &r))
		return r;
	p.b.sign = !p.b.sign;
	return add_numbers(f, env, &p);
}

u128 dfp_mul(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b)
{
	struct pair p = unpack_pair(f, a, b);
	struct dfp_exact v = { .sign = p.a.sign != p.b.sign };
	u128 r;

	if (propagate_nan(f, env, &p, &r))
		return r;
	if (p.a.cls == DFP_INF || p.b.cls == DFP_INF) {
		if ((p.a.cls == DFP_FINITE && !p.a.coef) || (p.b.cls == DFP_FINITE && !p.b.coef))
			return dfp_invalid(f, env, DFP_VXIMZ);
		return dfp_infinity(f, v.sign);
	}
	v.exp = v.pref = p.a.exp + p.b.exp;
	v.coef = u256_mul(p.a.coef, p.b.coef);
	return dfp_deliver(f, env, v);
}

/* The quotient of finite, nonzero numbers to at least prec + 2 digits. */
static struct dfp_exact quotient(const struct dfp_fmt *f, const struct pair *p)
{
	struct dfp_exact v = { .pref = p->a.exp - p->b.exp };
	int more = f->prec + 2 + dfp_n_digits(p->b.coef) - dfp_n_digits(p->a.coef);
	u128 rem;

	v.coef = u256_divrem(u256_scale(u256_of(p->a.coef), more), p->b.coef, &rem);
	v.sticky = rem != 0;
	v.exp = v.pref - more;
	return v;
}

u128 dfp_div(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b)
{
	struct pair p = unpack_pair(f, a, b);
	bool sign = p.a.sign != p.b.sign;
	struct dfp_exact v;
	u128 r;

	if (propagate_nan(f, env, &p, &r))
		return r;
	if (p.a.cls == DFP_INF)
		return p.b.cls == DFP_INF ? dfp_invalid(f, env, DFP_VXIDI) : dfp_infinity(f, sign);
	if (p.b.cls == DFP_INF)
		return dfp_zero(f, sign, -f->bias);
	if (!p.b.coef) {
		if (!p.a.coef)
			return dfp_invalid(f, env, DFP_VXZDZ);
		env->flags |= DFP_ZX;
		return dfp_infinity(f, sign);
	}
	if (!p.a.coef)
		return dfp_zero(f, sign, p.a.exp - p.b.exp);
	v = quotient(f, &p);
	v.sign = sign;
	return dfp_deliver(f, env, v);
}
