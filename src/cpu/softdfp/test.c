/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DFP compares and tests [ISA 3.1B I 5.6.3, 5.6.4]. dfp_compare() reports
 * VXSNAN only; VXVC of the ordered compare depends on VE and is the caller's.
 */
#include "cpu/softdfp/round.h"

enum { LT = 8, GT = 4, EQ = 2, UN = 1 };

/* |a| against |b|, both finite and not zero. */
static int compare_magnitude(const struct dfp_num *a, const struct dfp_num *b)
{
	int top_a = a->exp + dfp_n_digits(a->coef);
	int top_b = b->exp + dfp_n_digits(b->coef);
	struct u256 ca = u256_of(a->coef), cb = u256_of(b->coef);

	if (top_a != top_b)
		return top_a < top_b ? -1 : 1;
	/* Then the exponents differ by less than the digits of a format. */
	if (a->exp > b->exp)
		ca = u256_scale(ca, a->exp - b->exp);
	else
		cb = u256_scale(cb, b->exp - a->exp);
	return u256_cmp(ca, cb);
}

static u32 compare_numbers(const struct dfp_num *a, const struct dfp_num *b)
{
	bool zero_a = a->cls == DFP_FINITE && !a->coef;
	bool zero_b = b->cls == DFP_FINITE && !b->coef;
	int order;

	if (zero_a && zero_b)
		return EQ;
	if (zero_a)
		return b->sign ? GT : LT;
	if (zero_b || a->sign != b->sign)
		return a->sign ? LT : GT;
	if (a->cls == DFP_INF || b->cls == DFP_INF)
		order = (a->cls == DFP_INF) - (b->cls == DFP_INF);
	else
		order = compare_magnitude(a, b);
	if (!order)
		return EQ;
	return (order < 0) != a->sign ? LT : GT;
}

u32 dfp_compare(const struct dfp_fmt *f, struct dfp_env *env, u128 a, u128 b)
{
	struct dfp_num na = dfp_unpack(f, a), nb = dfp_unpack(f, b);

	if (dfp_num_is_nan(&na) || dfp_num_is_nan(&nb)) {
		if (na.cls == DFP_SNAN || nb.cls == DFP_SNAN)
			env->flags |= DFP_VXSNAN;
		return UN;
	}
	return compare_numbers(&na, &nb);
}

u32 dfp_compare_exp(const struct dfp_fmt *f, u128 a, u128 b)
{
	struct dfp_num na = dfp_unpack(f, a), nb = dfp_unpack(f, b);

	if (na.cls == DFP_FINITE && nb.cls == DFP_FINITE) {
		if (na.exp == nb.exp)
			return EQ;
		return na.exp < nb.exp ? LT : GT;
	}
	if ((na.cls == DFP_INF && nb.cls == DFP_INF) ||
	    (dfp_num_is_nan(&na) && dfp_num_is_nan(&nb)))
		return EQ;
	return UN;
}

static u32 sign_and_match(const struct dfp_num *n, bool match)
{
	return (n->sign ? 8u : 0u) | (match ? 2u : 0u);
}

u32 dfp_test_class(const struct dfp_fmt *f, u128 a, u32 dcm)
{
	struct dfp_num n = dfp_unpack(f, a);
	u32 bit = 0;

	switch (n.cls) {
	case DFP_FINITE:
		bit = !n.coef ? 0x20 : dfp_is_subnormal(f, &n) ? 0x10 : 0x08;
		break;
	case DFP_INF:
		bit = 0x04;
		break;
	case DFP_QNAN:
		bit = 0x02;
		break;
	case DFP_SNAN:
		bit = 0x01;
		break;
	}
	return sign_and_match(&n, dcm & bit);
}

u32 dfp_test_group(const struct dfp_fmt *f, u128 a, u32 dgm)
{
	struct dfp_num n = dfp_unpack(f, a);
	bool is_extreme = n.exp == -f->bias || n.exp == f->max_bexp - f->bias;
	u32 bit;

	if (n.cls != DFP_FINITE)
		bit = 0x01;
	else if (!n.coef)
		bit = is_extreme ? 0x10 : 0x20;
	else if (is_extreme || dfp_is_subnormal(f, &n))
		bit = 0x08;
	else
		bit = n.coef < dfp_pow10(f->prec - 1) ? 0x04 : 0x02;
	return sign_and_match(&n, dgm & bit);
}

u32 dfp_test_signif(const struct dfp_fmt *f, u32 k, u128 b)
{
	struct dfp_num n = dfp_unpack(f, b);
	u32 n_digits = (u32)dfp_n_digits(n.coef);

	if (n.cls != DFP_FINITE)
		return UN;
	if (!k || k > n_digits)
		return GT;
	return k < n_digits ? LT : EQ;
}
