/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DFP format operations: BCD, biased exponents, digit shifts
 * [ISA 3.1B I 5.6.7]. The significand of an infinity or NaN is its trailing
 * significand field with a zero digit on the left; that is how dfp_unpack()
 * presents it, and dfp_pack() drops the leftmost digit again.
 */
#include "cpu/softdfp/round.h"

u128 dfp_to_bcd(const struct dfp_fmt *f, u128 b, u32 sp)
{
	struct dfp_num n = dfp_unpack(f, b);
	int width = f->width == 128 ? 128 : 64;
	int at = 0;
	u128 bcd = 0;

	if (sp & 2) {
		bcd = n.sign ? 0xd : sp & 1 ? 0xf : 0xc;
		at = 4;
	}
	for (; at < width; at += 4) {
		bcd |= (n.coef % 10) << at;
		n.coef /= 10;
	}
	return bcd;
}

u128 dfp_from_bcd(const struct dfp_fmt *f, struct dfp_env *env, u128 bcd, bool is_signed)
{
	struct dfp_num n = { .cls = DFP_FINITE };
	u32 sign = (u32)bcd & 0xf;

	if (is_signed && sign < 0xa)
		return dfp_invalid(f, env, DFP_VXCVI);
	if (is_signed)
		n.sign = sign == 0xb || sign == 0xd;
	for (int at = f->width - 4; at >= (is_signed ? 4 : 0); at -= 4) {
		u32 digit = (u32)(bcd >> at) & 0xf;

		if (digit > 9)
			return dfp_invalid(f, env, DFP_VXCVI);
		n.coef = n.coef * 10 + digit;
	}
	return dfp_pack(f, &n);
}

s64 dfp_extract_exp(const struct dfp_fmt *f, u128 b)
{
	struct dfp_num n = dfp_unpack(f, b);

	switch (n.cls) {
	case DFP_INF:
		return -1;
	case DFP_QNAN:
		return -2;
	case DFP_SNAN:
		return -3;
	default:
		return n.exp + f->bias;
	}
}

u128 dfp_insert_exp(const struct dfp_fmt *f, s64 bexp, u128 b)
{
	struct dfp_num n = dfp_unpack(f, b);

	if (bexp >= 0 && bexp <= f->max_bexp) {
		n.cls = DFP_FINITE;
		n.exp = (s32)bexp - f->bias;
	} else if (bexp == -1) {
		n.cls = DFP_INF;
	} else if (bexp == -3) {
		n.cls = DFP_SNAN;
	} else {
		n.cls = DFP_QNAN;
	}
	return dfp_pack(f, &n);
}

u128 dfp_shift_left(const struct dfp_fmt *f, u128 a, u32 n)
{
	struct dfp_num v = dfp_unpack(f, a);

	if (n >= (u32)f->prec)
		v.coef = 0;
	else
		v.coef = v.coef % dfp_pow10(f->prec - (int)n) * dfp_pow10((int)n);
	return dfp_pack(f, &v);
}

u128 dfp_shift_right(const struct dfp_fmt *f, u128 a, u32 n)
{
	struct dfp_num v = dfp_unpack(f, a);

	v.coef = n >= (u32)f->prec ? 0 : v.coef / dfp_pow10((int)n);
	return dfp_pack(f, &v);
}
