/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conversions between the DFP formats and from and to binary integers
 * [ISA 3.1B I 5.6.6].
 */
#include "cpu/softdfp/round.h"

static u128 pow2(int n)
{
	return (u128)1 << n;
}

u128 dfp_short_to_long(u32 b)
{
	struct dfp_num n = dfp_unpack(&dfp_short, b);

	/* Like a load: an SNaN stays one and is not reported. */
	if (n.cls == DFP_INF)
		n.coef = 0;
	return dfp_pack(&dfp_long, &n);
}

u128 dfp_long_to_ext(struct dfp_env *env, u64 b)
{
	struct dfp_num n = dfp_unpack(&dfp_long, b);

	if (dfp_num_is_nan(&n))
		return dfp_quiet(&dfp_ext, env, &n);
	if (n.cls == DFP_INF)
		n.coef = 0;
	return dfp_pack(&dfp_ext, &n);
}

/* Finite @n from format @src to @dst, with exponent adjustment @wrap. */
static u128 narrow(const struct dfp_fmt *dst, const struct dfp_fmt *src, struct dfp_env *env,
		   struct dfp_num n)
{
	struct dfp_exact v = { .sign = n.sign,
			       .exp = n.exp,
			       .pref = n.exp,
			       .coef = u256_of(n.coef) };
	struct dfp_env probe = { .rm = env->rm };
	int wrap = src == &dfp_long ? 192 : 3072;
	int drop = dfp_n_digits(n.coef) - dst->prec;
	bool is_tiny = n.coef && n.exp + dfp_n_digits(n.coef) < dst->prec - dst->bias;
	u128 r = dfp_deliver(dst, &probe, v);
	u32 fr_fi;

	if (!(is_tiny && env->ue) && !((probe.flags & DFP_OX) && env->oe)) {
		env->flags |= probe.flags;
		return r;
	}
	if (drop < 0)
		drop = 0;
	n.coef = dfp_drop_digits(&v, drop, env->rm, &fr_fi).lo;
	n.exp += drop + (is_tiny ? wrap : -wrap);
	if (n.coef == dfp_pow10(dst->prec)) {
		n.coef /= 10;
		n.exp++;
	}
	env->flags |= (is_tiny ? DFP_UX : DFP_OX) | fr_fi | (fr_fi ? DFP_XX : 0);
	return dfp_pack(src, &n);
}

u64 dfp_long_to_short(struct dfp_env *env, u64 b)
{
	struct dfp_num n = dfp_unpack(&dfp_long, b);

	if (n.cls == DFP_FINITE)
		return (u64)narrow(&dfp_short, &dfp_long, env, n);
	/* Like a store: an SNaN stays one and is not reported. */
	if (n.cls == DFP_INF)
		n.coef = 0;
	return (u64)dfp_pack(&dfp_short, &n);
}

u128 dfp_ext_to_long(struct dfp_env *env, u128 b)
{
	struct dfp_num n = dfp_unpack(&dfp_ext, b);

	if (dfp_num_is_nan(&n))
		return dfp_quiet(&dfp_long, env, &n);
	if (n.cls == DFP_INF)
		return dfp_infinity(&dfp_long, n.sign);
	return narrow(&dfp_long, &dfp_ext, env, n);
}

u128 dfp_from_s128(const struct dfp_fmt *f, struct dfp_env *env, s128 v)
{
	struct dfp_exact e = { .sign = v < 0 };

	e.coef = u256_of(v < 0 ? -(u128)v : (u128)v);
	return dfp_deliver(f, env, e);
}

s128 dfp_to_int(const struct dfp_fmt *f, struct dfp_env *env, u128 b, int bits)
{
	struct dfp_num n = dfp_unpack(f, b);
	struct dfp_exact v = { .sign = n.sign, .coef = u256_of(n.coef) };
	u128 max = pow2(bits - 1) - 1;
	u32 fr_fi = 0;

	if (dfp_num_is_nan(&n)) {
		env->flags |= DFP_VXCVI;
		if (n.cls == DFP_SNAN)
			env->flags |= DFP_VXSNAN;
		return -(s128)max - 1;
	}
	if (n.cls == DFP_INF || (n.coef && n.exp + dfp_n_digits(n.coef) > 39)) {
		env->flags |= DFP_VXCVI;
		return n.sign ? -(s128)max - 1 : (s128)max;
	}
	if (n.exp < 0)
		v.coef = dfp_drop_digits(&v, -n.exp, env->rm, &fr_fi);
	else if (n.coef)
		v.coef = u256_scale(v.coef, n.exp);
	if (v.coef.hi || v.coef.lo > max + n.sign) {
		env->flags |= DFP_VXCVI;
		return n.sign ? -(s128)max - 1 : (s128)max;
	}
	env->flags |= fr_fi ? fr_fi | DFP_XX : 0;
	return (s128)(n.sign ? -v.coef.lo : v.coef.lo);
}
