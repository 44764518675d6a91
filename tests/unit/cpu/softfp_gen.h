/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operands for the floating point tests: corners of a format, values near
 * them, and random numbers whose exponents and bit patterns provoke carries,
 * cancellation and ties. Deterministic.
 */
#ifndef HYPAR_TESTS_SOFTFP_GEN_H
#define HYPAR_TESTS_SOFTFP_GEN_H

#include "cpu/softfp/softfp.h"

struct gen {
	u64 s;
};

static inline u64 gen_u64(struct gen *g)
{
	u64 z = g->s += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline u64 gen_below(struct gen *g, u64 n)
{
	return gen_u64(g) % n;
}

/* A number of an IEEE format with @ebits of exponent and @fbits of fraction. */
static inline u128 gen_fp(struct gen *g, unsigned int ebits, unsigned int fbits)
{
	u128 frac = (u128)gen_u64(g) << 64 | gen_u64(g), e, mask;
	u64 emax = (1ULL << ebits) - 1, kind = gen_u64(g);

	mask = ((u128)1 << fbits) - 1;
	switch (kind & 7) {
	case 0: /* few bits */
		frac = (u128)1 << gen_below(g, fbits);
		frac |= (u128)(kind >> 8 & 1) << gen_below(g, fbits);
		break;
	case 1: /* a run of ones */
		frac = mask >> gen_below(g, fbits) << gen_below(g, fbits);
		break;
	case 2:
		frac = kind >> 9 & 1 ? 0 : mask;
		break;
	case 3: /* short */
		frac <<= gen_below(g, fbits);
		break;
	default:
		break;
	}
	switch (kind >> 16 & 15) {
	case 0:
		e = 0;
		break;
	case 1:
		e = emax;
		break;
	case 2:
	case 3:
		e = gen_below(g, 4);
		break;
	case 4:
		e = emax - gen_below(g, 4);
		break;
	case 5:
	case 6:
		e = gen_u64(g) & emax;
		break;
	case 7:
		e = emax / 2 + gen_below(g, 2 * fbits) - fbits;
		e &= emax;
		break;
	default:
		e = emax / 2 + gen_below(g, 8) - 4;
		break;
	}
	if ((kind >> 24 & 31) == 0) {
		e = 0;
		frac = 0;
	} else if ((kind >> 24 & 31) == 1) {
		e = emax;
		frac = 0;
	}
	return (u128)(kind >> 32 & 1) << (ebits + fbits) | e << fbits | (frac & mask);
}

static inline u32 gen32(struct gen *g)
{
	return (u32)gen_fp(g, 8, 23);
}

static inline u64 gen64(struct gen *g)
{
	return (u64)gen_fp(g, 11, 52);
}

static inline struct f128 gen128(struct gen *g)
{
	u128 v = gen_fp(g, 15, 112);

	return (struct f128){ (u64)(v >> 64), (u64)v };
}

#endif
