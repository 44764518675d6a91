/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an intermediate result of unbounded exponent and more than enough
 * digits to a datum of a format: rounding, overflow, underflow, preferred
 * exponent, NaN propagation. Private to this folder.
 */
#ifndef HYPAR_CPU_SOFTDFP_ROUND_H
#define HYPAR_CPU_SOFTDFP_ROUND_H

#include "cpu/softdfp/softdfp.h"
#include "cpu/softdfp/wide.h"

/*
 * The value coef * 10^exp, plus something less than 10^exp when sticky; coef
 * has more digits than the target format then. pref is the preferred exponent.
 */
struct dfp_exact {
	bool sign, sticky;
	s32 exp, pref;
	struct u256 coef;
};

/*
 * coef / 10^n rounded to an integer as @rm says. *@fr_fi becomes DFP_FI when
 * something was lost, with DFP_FR when the magnitude grew, else 0.
 */
struct u256 dfp_drop_digits(const struct dfp_exact *v, int n, enum dfp_rm rm, u32 *fr_fi);
u128 dfp_deliver(const struct dfp_fmt *f, struct dfp_env *env, struct dfp_exact v);
u128 dfp_zero(const struct dfp_fmt *f, bool sign, s32 pref);
u128 dfp_infinity(const struct dfp_fmt *f, bool sign);
/* A default NaN that @flag accounts for. */
u128 dfp_invalid(const struct dfp_fmt *f, struct dfp_env *env, u32 flag);
/* NaN @n as a QNaN; VXSNAN when it was signalling. */
u128 dfp_quiet(const struct dfp_fmt *f, struct dfp_env *env, const struct dfp_num *n);

static inline bool dfp_num_is_nan(const struct dfp_num *n)
{
	return n->cls == DFP_QNAN || n->cls == DFP_SNAN;
}

#endif
