/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Densely packed decimal and the three DFP interchange formats: sign,
 * combination field (leftmost digit and two exponent bits, or a special
 * symbol), exponent continuation, trailing significand in declets of three
 * digits [ISA 3.1B I 5.4].
 */
#include "cpu/softdfp/softdfp.h"

#include "cpu/softdfp/wide.h"

const struct dfp_fmt dfp_short = {
	.width = 32,
	.ecbits = 6,
	.tbits = 20,
	.prec = 7,
	.bias = 101,
	.max_bexp = 191,
	.wrap = 0,
};
const struct dfp_fmt dfp_long = {
	.width = 64,
	.ecbits = 8,
	.tbits = 50,
	.prec = 16,
	.bias = 398,
	.max_bexp = 767,
	.wrap = 576,
};
const struct dfp_fmt dfp_ext = {
	.width = 128,
	.ecbits = 12,
	.tbits = 110,
	.prec = 34,
	.bias = 6176,
	.max_bexp = 12287,
	.wrap = 9216,
};

int dfp_n_digits(u128 coef)
{
	return u256_n_digits(u256_of(coef));
}

/*
 * Of each digit the three low bits or, when it is 8 or 9, the lowest bit
 * only are stored; which digits are large is told by the low nibble and,
 * when two are, by bits 6:5 [ISA 3.1B I 5.4.1, Appendix B].
 */
u32 dfp_declet_encode(u32 value)
{
	u32 h = value / 100, t = value / 10 % 10, u = value % 10;
	u32 low = (h & 1) << 7 | (t & 1) << 4 | (u & 1);
	u32 h2 = h & 6, t2 = t & 6, u2 = u & 6; /* the two bits above */

	switch ((h >> 3) << 2 | (t >> 3) << 1 | u >> 3) {
	case 0:
		return low | h2 << 7 | t2 << 4 | u2;
	case 1:
		return low | h2 << 7 | t2 << 4 | 0x8;
	case 2:
		return low | h2 << 7 | u2 << 4 | 0xa;
	case 3:
		return low | h2 << 7 | 0x40 | 0xe;
	case 4:
		return low | u2 << 7 | t2 << 4 | 0xc;
	case 5:
		return low | t2 << 7 | 0x20 | 0xe;
	case 6:
		return low | u2 << 7 | 0xe;
	default:
		return low | 0x60 | 0xe;
	}
}

u32 dfp_declet_decode(u32 d)
{
	u32 pq = d >> 7 & 6, st = d >> 4 & 6, wx = d & 6;
	u32 r = d >> 7 & 1, u = d >> 4 & 1, y = d & 1;
	u32 big = 8;
	u32 h, t, n;

	if (!(d & 8)) {
		h = pq, t = st, n = wx;
	} else if (wx == 0) {
		h = pq, t = st, n = big;
	} else if (wx == 2) {
		h = pq, t = big, n = st;
	} else if (wx == 4) {
		h = big, t = st, n = pq;
	} else if (st == 0) {
		h = big, t = big, n = pq;
	} else if (st == 2) {
		h = big, t = pq, n = big;
	} else if (st == 4) {
		h = pq, t = big, n = big;
	} else {
		h = big, t = big, n = big;
	}
	return (h | r) * 100 + (t | u) * 10 + (n | y);
}

static u128 trailing_decode(const struct dfp_fmt *f, u128 raw)
{
	u128 v = 0;

	for (int at = f->tbits - 10; at >= 0; at -= 10)
		v = v * 1000 + dfp_declet_decode((u32)(raw >> at) & 0x3ff);
	return v;
}

static u128 trailing_encode(const struct dfp_fmt *f, u128 v)
{
	u128 raw = 0;

	for (int at = 0; at < f->tbits; at += 10) {
		u32 three;

		if (v >> 64) {
			three = (u32)(v % 1000);
			v /= 1000;
		} else {
			u64 low = (u64)v;

			three = (u32)(low % 1000);
			v = low / 1000;
		}
		raw |= (u128)dfp_declet_encode(three) << at;
	}
	return raw;
}

struct dfp_num dfp_unpack(const struct dfp_fmt *f, u128 raw)
{
	struct dfp_num n = { .sign = (raw >> (f->width - 1)) & 1 };
	u32 comb = (u32)(raw >> (f->width - 6)) & 0x1f;
	int shift = f->tbits;
	u32 cont = (u32)(raw >> shift) & ((1u << f->ecbits) - 1);
	u32 lead;

	n.coef = trailing_decode(f, raw);
	if (comb >= 0x1e) {
		n.cls = comb == 0x1e ? DFP_INF : cont >> (f->ecbits - 1) ? DFP_SNAN : DFP_QNAN;
		return n;
	}
	n.cls = DFP_FINITE;
	if (comb >= 0x18) {
		lead = 8 | (comb & 1);
		comb = comb >> 1 & 3;
	} else {
		lead = comb & 7;
		comb >>= 3;
	}
	n.exp = (s32)(comb << f->ecbits | cont) - f->bias;
	n.coef += lead * dfp_pow10(f->prec - 1);
	return n;
}

u128 dfp_pack(const struct dfp_fmt *f, const struct dfp_num *n)
{
	u128 unit = dfp_pow10(f->prec - 1);
	u128 raw = trailing_encode(f, n->coef % unit);
	u32 top; /* combination and exponent continuation */

	if (n->cls == DFP_FINITE) {
		u32 lead = (u32)(n->coef / unit);
		u32 bexp = (u32)(n->exp + f->bias);
		u32 two = bexp >> f->ecbits;
		u32 comb = lead < 8 ? two << 3 | lead : 0x18 | two << 1 | (lead & 1);

		top = comb << f->ecbits | (bexp & ((1u << f->ecbits) - 1));
	} else if (n->cls == DFP_INF) {
		top = 0x1eu << f->ecbits;
	} else {
		top = 0x1fu << f->ecbits;
		if (n->cls == DFP_SNAN)
			top |= 1u << (f->ecbits - 1);
	}
	return raw | (u128)top << f->tbits | (u128)n->sign << (f->width - 1);
}

u128 dfp_default_nan(const struct dfp_fmt *f)
{
	return dfp_pack(f, &(struct dfp_num){ .cls = DFP_QNAN });
}

bool dfp_is_subnormal(const struct dfp_fmt *f, const struct dfp_num *n)
{
	return n->cls == DFP_FINITE && n->coef &&
	       n->exp + dfp_n_digits(n->coef) < f->prec - f->bias;
}

u32 dfp_fprf(const struct dfp_fmt *f, u128 raw)
{
	struct dfp_num n = dfp_unpack(f, raw);

	switch (n.cls) {
	case DFP_INF:
		return n.sign ? 0x09 : 0x05;
	case DFP_QNAN:
		return 0x11;
	case DFP_SNAN: /* of decimal results only */
		return 0x01;
	default:
		break;
	}
	if (!n.coef)
		return n.sign ? 0x12 : 0x02;
	if (dfp_is_subnormal(f, &n))
		return n.sign ? 0x18 : 0x14;
	return n.sign ? 0x08 : 0x04;
}

bool dfp_is_nan(const struct dfp_fmt *f, u128 a)
{
	return ((u32)(a >> (f->width - 6)) & 0x1f) == 0x1f;
}
