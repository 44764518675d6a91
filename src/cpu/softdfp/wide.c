/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 256-bit helpers of softdfp. Division works in base 2^64 when the divisor
 * fits a doubleword (all of DFP long) and bit by bit otherwise.
 */
#include "cpu/softdfp/wide.h"

#define P19 ((u128)10000000000000000000ULL)

static const u64 pow10_tab[20] = {
	1ULL,
	10ULL,
	100ULL,
	1000ULL,
	10000ULL,
	100000ULL,
	1000000ULL,
	10000000ULL,
	100000000ULL,
	1000000000ULL,
	10000000000ULL,
	100000000000ULL,
	1000000000000ULL,
	10000000000000ULL,
	100000000000000ULL,
	1000000000000000ULL,
	10000000000000000ULL,
	100000000000000000ULL,
	1000000000000000000ULL,
	10000000000000000000ULL,
};

u128 dfp_pow10(int n)
{
	return n < 20 ? pow10_tab[n] : P19 * pow10_tab[n - 19];
}

struct u256 u256_mul(u128 a, u128 b)
{
	u64 a0 = (u64)a, a1 = (u64)(a >> 64);
	u64 b0 = (u64)b, b1 = (u64)(b >> 64);
	u128 p00 = (u128)a0 * b0, p01 = (u128)a0 * b1;
	u128 p10 = (u128)a1 * b0, p11 = (u128)a1 * b1;
	u128 mid = (p00 >> 64) + (u64)p01 + (u64)p10;

	return (struct u256){
		p11 + (p01 >> 64) + (p10 >> 64) + (mid >> 64),
		(mid << 64) | (u64)p00,
	};
}

struct u256 u256_mul_small(struct u256 v, u128 m)
{
	struct u256 r = u256_mul(v.lo, m);

	r.hi += v.hi * m;
	return r;
}

struct u256 u256_scale(struct u256 v, int n)
{
	while (n > 38) {
		v = u256_mul_small(v, dfp_pow10(38));
		n -= 38;
	}
	return u256_mul_small(v, dfp_pow10(n));
}

static struct u256 divrem64(struct u256 v, u64 d, u128 *rem)
{
	u64 limb[4] = { (u64)(v.hi >> 64), (u64)v.hi, (u64)(v.lo >> 64), (u64)v.lo };
	u128 r = 0;

	for (int i = 0; i < 4; i++) {
		r = (r << 64) | limb[i];
		limb[i] = (u64)(r / d);
		r %= d;
	}
	*rem = r;
	return (struct u256){ ((u128)limb[0] << 64) | limb[1], ((u128)limb[2] << 64) | limb[3] };
}

struct u256 u256_divrem(struct u256 v, u128 d, u128 *rem)
{
	struct u256 q = { 0, 0 };
	u128 r;

	if (!(d >> 64))
		return divrem64(v, (u64)d, rem);
	if (!v.hi) {
		*rem = v.lo % d;
		return u256_of(v.lo / d);
	}
	q.hi = v.hi / d;
	r = v.hi % d;
	for (int i = 127; i >= 0; i--) {
		bool carry = r >> 127;

		r = (r << 1) | ((v.lo >> i) & 1);
		if (carry || r >= d) {
			r -= d;
			q.lo |= (u128)1 << i;
		}
	}
	*rem = r;
	return q;
}

int u256_n_digits(struct u256 v)
{
	int n = 0;
	u128 rem;

	if (v.hi) {
		v = u256_divrem(v, dfp_pow10(38), &rem);
		n = 38;
		if (v.hi) {
			v = u256_divrem(v, dfp_pow10(38), &rem);
			n = 76;
		}
	}
	if (v.lo >= P19 * P19)
		return n + 39;
	if (v.lo >= P19) {
		v.lo /= P19;
		n += 19;
	}
	for (int i = 0; i < 20; i++)
		if (v.lo < pow10_tab[i])
			return n + i;
	return n + 20;
}
