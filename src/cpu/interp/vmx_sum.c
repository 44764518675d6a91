// SPDX-License-Identifier: Apache-2.0
/*
 * Vector multiply-add, multiply-sum and sum-across [ISA 3.1B I 6.9.1]. The sums
 * of the saturating ones are of infinite precision: they fit into 64 bits.
 */
#include "cpu/interp/vmx.h"

#define LIMITS_SH INT16_MIN, INT16_MAX
#define LIMITS_SW INT32_MIN, INT32_MAX
#define LIMITS_UW 0, 0xffffffffLL

/* EACH_SAT with its limits as one argument. */
#define EACH_SAT_L(f, wide, limits, expr) EACH_SAT_E(f, wide, limits, expr)
#define EACH_SAT_E(f, wide, lo, hi, expr) EACH_SAT(f, wide, lo, hi, expr)

VOP_ABC(vmhaddshs, EACH_SAT_L(sh, s32, LIMITS_SH, ((a.sh[i] * b.sh[i]) >> 15) + m.sh[i]))
VOP_ABC(vmhraddshs, EACH_SAT_L(sh, s32, LIMITS_SH, ((a.sh[i] * b.sh[i] + 0x4000) >> 15) + m.sh[i]))
VOP_ABC(vmladduhm, EACH(h, (u32)a.h[i] * b.h[i] + m.h[i]))

/* Sums of the products of the elements of each result. */
#define PRODUCT(fa, fb, j) ((s64)a.fa[j] * b.fb[j])
#define PRODUCT32(fa, fb, j) (a.fa[j] * b.fb[j]) /* of bytes */
#define PRODUCTS2(f) (PRODUCT(f, f, 2 * i) + PRODUCT(f, f, 2 * i + 1))
#define PRODUCTS4(fa, fb)                                                                         \
	(PRODUCT32(fa, fb, 4 * i) + PRODUCT32(fa, fb, 4 * i + 1) + PRODUCT32(fa, fb, 4 * i + 2) + \
	 PRODUCT32(fa, fb, 4 * i + 3))

VOP_ABC(vmsumubm, EACH(w, (u32)PRODUCTS4(b, b) + m.w[i]))
VOP_ABC(vmsummbm, EACH(w, (u32)PRODUCTS4(sb, b) + m.w[i]))
VOP_ABC(vmsumuhm, EACH(w, PRODUCTS2(h) + m.w[i]))
VOP_ABC(vmsumshm, EACH(w, PRODUCTS2(sh) + m.w[i]))
VOP_ABC(vmsumuhs, EACH_SAT_L(w, s64, LIMITS_UW, PRODUCTS2(h) + m.w[i]))
VOP_ABC(vmsumshs, EACH_SAT_L(sw, s64, LIMITS_SW, PRODUCTS2(sh) + m.sw[i]))

VOP_ABC(vmsumudm, r.q = (u128)a.d[0] * b.d[0] + (u128)a.d[1] * b.d[1] + m.q)

/* The carries out of vmsumudm, 0 to 2. */
static u32 vmsum_carry(const union vsr *a, const union vsr *b, u128 addend)
{
	u128 p = (u128)a->d[0] * b->d[0];
	u128 sum = p + (u128)a->d[1] * b->d[1];
	u32 carry = sum < p;

	sum += addend;
	return carry + (sum < addend);
}

VOP_ABC(vmsumcud, r.q = vmsum_carry(&a, &b, m.q))

VOP_AB(vsum4ubs,
       EACH_SAT_L(w, s64, LIMITS_UW,
		  (s64)b.w[i] + a.b[4 * i] + a.b[4 * i + 1] + a.b[4 * i + 2] + a.b[4 * i + 3]))
VOP_AB(vsum4sbs,
       EACH_SAT_L(sw, s64, LIMITS_SW,
		  (s64)b.sw[i] + a.sb[4 * i] + a.sb[4 * i + 1] + a.sb[4 * i + 2] + a.sb[4 * i + 3]))
VOP_AB(vsum4shs, EACH_SAT_L(sw, s64, LIMITS_SW, (s64)b.sw[i] + a.sh[2 * i] + a.sh[2 * i + 1]))

static u32 sat_word(struct cpu *c, s64 v)
{
	if (v > INT32_MAX || v < INT32_MIN) {
		c->vscr |= VSCR_SAT;
		return v < 0 ? 0x80000000u : 0x7fffffffu;
	}
	return (u32)v;
}

/* The sums go to the right word of each doubleword, of the register. */
VOP_AB(vsum2sws, EACH(d, sat_word(c, (s64)b.sw[2 * i] + a.sw[2 * i] + a.sw[2 * i + 1])))
VOP_AB(vsumsws, r.q = sat_word(c, (s64)b.sw[0] + a.sw[0] + a.sw[1] + a.sw[2] + a.sw[3]))
