/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 256-bit unsigned integers for the intermediate results of softdfp: the
 * product of two 34-digit coefficients has 68 digits and needs 226 bits.
 * Private to this folder.
 */
#ifndef HYPAR_CPU_SOFTDFP_WIDE_H
#define HYPAR_CPU_SOFTDFP_WIDE_H

#include "base/types.h"

struct u256 {
	u128 hi, lo;
};

/* 10^n for n in 0..38. */
u128 dfp_pow10(int n);
/* Decimal digits of @v, 0 for 0. */
int u256_n_digits(struct u256 v);
struct u256 u256_mul(u128 a, u128 b);
/* @v * @m; the caller knows that the product fits. */
struct u256 u256_mul_small(struct u256 v, u128 m);
/* @v * 10^@n, likewise. */
struct u256 u256_scale(struct u256 v, int n);
/* @v / @d, with the remainder in *@rem. @d is not 0. */
struct u256 u256_divrem(struct u256 v, u128 d, u128 *rem);

static inline struct u256 u256_of(u128 v)
{
	return (struct u256){ 0, v };
}

static inline bool u256_is_zero(struct u256 v)
{
	return !(v.hi | v.lo);
}

static inline int u256_cmp(struct u256 a, struct u256 b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	if (a.lo != b.lo)
		return a.lo < b.lo ? -1 : 1;
	return 0;
}

static inline struct u256 u256_add(struct u256 a, struct u256 b)
{
	struct u256 r = { a.hi + b.hi, a.lo + b.lo };

	r.hi += r.lo < a.lo;
	return r;
}

static inline struct u256 u256_sub(struct u256 a, struct u256 b)
{
	return (struct u256){ a.hi - b.hi - (a.lo < b.lo), a.lo - b.lo };
}

#endif
