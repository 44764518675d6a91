// SPDX-License-Identifier: Apache-2.0
/*
 * Decimal integers in vector registers [ISA 3.1B I 6.17]: signed (31 digits and
 * a sign code), unsigned (32 digits), national (7 halfwords and a sign) and
 * zoned (16 bytes). CR6 gets LT, GT, EQ and overflow, or SO alone for an
 * operand that is no number; the target, undefined then, becomes 0.
 */
#include "cpu/interp/vmx.h"

#define CR_LT 8u
#define CR_GT 4u
#define CR_EQ 2u
#define CR_OX 1u /* or an invalid operand */

#define F_PS(insn) ((insn) >> 9 & 1)

#define DIGITS_SIGNED (~(u128)15)

/* All nibbles of @digits are decimal digits. */
static bool are_digits(u128 digits)
{
	u64 high = (u64)(digits >> 64), low = (u64)digits;
	const u64 eights = 0x8888888888888888ULL, sixes = eights >> 1 | eights >> 2;

	/* 8 with 4 or 2 is 10 or more. */
	return !((high & eights) >> 1 & (high & sixes)) &&
	       !((high & eights) >> 2 & (high & sixes)) && !((low & eights) >> 1 & (low & sixes)) &&
	       !((low & eights) >> 2 & (low & sixes));
}

static bool is_signed(u128 v)
{
	return (v & 15) >= 10 && are_digits(v & DIGITS_SIGNED);
}

static bool is_negative(u128 v)
{
	return (v & 15) == 0xb || (v & 15) == 0xd;
}

/* The sign code for a result: PS chooses among those for plus. */
static u32 sign_code(bool negative, u32 ps)
{
	return negative ? 0xd : ps ? 0xf : 0xc;
}

/* LT, GT or EQ for the signed decimal @v. */
static u32 order_of(u128 v)
{
	if (!(v & DIGITS_SIGNED))
		return CR_EQ;
	return is_negative(v) ? CR_LT : CR_GT;
}

static u64 finish(struct cpu *c, u32 insn, u64 pc, u128 v, u32 cr)
{
	vrt(c, insn)->q = v;
	cr_set_field(c, 6, cr);
	return NEXT;
}

static u64 invalid(struct cpu *c, u32 insn, u64 pc)
{
	return finish(c, insn, pc, 0, CR_OX);
}

/* The value of @n digits, the last one in the right nibble. */
static u128 to_binary(u128 digits, u32 n)
{
	u128 v = 0;

	while (n--)
		v = v * 10 + (digits >> 4 * n & 15);
	return v;
}

/* The last @n digits of @v; *overflow: there are more. */
static u128 to_digits(u128 v, u32 n, bool *overflow)
{
	u128 digits = 0;

	for (u32 i = 0; i < n; i++, v /= 10)
		digits |= (v % 10) << 4 * i;
	*overflow = v != 0;
	return digits;
}

/* ---- addition and subtraction ---- */

static s128 signed_value(u128 v)
{
	s128 m = (s128)to_binary(v >> 4, 31);

	return is_negative(v) ? -m : m;
}

static u64 put_signed(struct cpu *c, u32 insn, u64 pc, s128 v)
{
	bool overflow, negative = v < 0;
	u128 digits = to_digits(negative ? -(u128)v : (u128)v, 31, &overflow);
	u32 cr = v < 0 ? CR_LT : v > 0 ? CR_GT : CR_EQ;

	return finish(c, insn, pc, digits << 4 | sign_code(negative, F_PS(insn)),
		      cr | (overflow ? CR_OX : 0));
}

u64 i_bcdadd(struct cpu *c, u32 insn, u64 pc)
{
	u128 a = vra(c, insn).q, b = vrb(c, insn).q;

	if (!is_signed(a) || !is_signed(b))
		return invalid(c, insn, pc);
	return put_signed(c, insn, pc, signed_value(a) + signed_value(b));
}

u64 i_bcdsub(struct cpu *c, u32 insn, u64 pc)
{
	u128 a = vra(c, insn).q, b = vrb(c, insn).q;

	if (!is_signed(a) || !is_signed(b))
		return invalid(c, insn, pc);
	return put_signed(c, insn, pc, signed_value(a) - signed_value(b));
}

/* ---- conversions ---- */

u64 i_bcdcfsq(struct cpu *c, u32 insn, u64 pc)
{
	return put_signed(c, insn, pc, (s128)vrb(c, insn).q);
}

u64 i_bcdctsq(struct cpu *c, u32 insn, u64 pc)
{
	u128 b = vrb(c, insn).q;

	if (!is_signed(b))
		return invalid(c, insn, pc);
	return finish(c, insn, pc, (u128)signed_value(b), order_of(b));
}

/* National: U+0030 to U+0039, then U+002B or U+002D. */
u64 i_bcdcfn(struct cpu *c, u32 insn, u64 pc)
{
	const union vsr b = vrb(c, insn);
	u128 v = sign_code(b.h[0] == 0x2d, F_PS(insn));

	if (b.h[0] != 0x2b && b.h[0] != 0x2d)
		return invalid(c, insn, pc);
	for (u32 i = 1; i < 8; i++) {
		if (b.h[i] < 0x30 || b.h[i] > 0x39)
			return invalid(c, insn, pc);
		v |= (u128)(b.h[i] & 15) << 4 * i;
	}
	return finish(c, insn, pc, v, order_of(v));
}

u64 i_bcdctn(struct cpu *c, u32 insn, u64 pc)
{
	u128 b = vrb(c, insn).q;
	union vsr r;

	if (!is_signed(b))
		return invalid(c, insn, pc);
	r.h[0] = is_negative(b) ? 0x2d : 0x2b;
	for (u32 i = 1; i < 8; i++)
		r.h[i] = (u16)(0x30 | (b >> 4 * i & 15));
	return finish(c, insn, pc, r.q, order_of(b) | (b >> 32 ? CR_OX : 0));
}

/*
 * Zoned: the left nibbles are 3 (PS = 0) or F (PS = 1) but for the last, the
 * sign: with PS = 0 its bit of value 4 is minus; with PS = 1 it is a sign code.
 */
u64 i_bcdcfz(struct cpu *c, u32 insn, u64 pc)
{
	const union vsr b = vrb(c, insn);
	u32 ps = F_PS(insn), sign = b.b[0] >> 4;
	bool negative = ps ? sign == 0xb || sign == 0xd : sign & 4;
	u128 v = sign_code(negative, 0);

	if (ps && sign < 10)
		return invalid(c, insn, pc);
	for (u32 i = 0; i < 16; i++) {
		if ((b.b[i] & 15) > 9 || (i && b.b[i] >> 4 != (ps ? 15 : 3)))
			return invalid(c, insn, pc);
		v |= (u128)(b.b[i] & 15) << (4 * i + 4);
	}
	return finish(c, insn, pc, v, order_of(v));
}

u64 i_bcdctz(struct cpu *c, u32 insn, u64 pc)
{
	u128 b = vrb(c, insn).q;
	u32 ps = F_PS(insn), zone = ps ? 0xf0 : 0x30;
	union vsr r;

	if (!is_signed(b))
		return invalid(c, insn, pc);
	for (u32 i = 0; i < 16; i++)
		r.b[i] = (u8)(zone | (b >> (4 * i + 4) & 15));
	if (is_negative(b))
		r.b[0] = (u8)((ps ? 0xd0 : 0x70) | (r.b[0] & 15));
	else if (ps)
		r.b[0] = (u8)(0xc0 | (r.b[0] & 15));
	return finish(c, insn, pc, r.q, order_of(b) | (b >> 68 ? CR_OX : 0));
}

/* ---- signs ---- */

u64 i_bcdcpsgn(struct cpu *c, u32 insn, u64 pc)
{
	u128 a = vra(c, insn).q, b = vrb(c, insn).q, v = (a & DIGITS_SIGNED) | (b & 15);

	if (!is_signed(a) || !is_signed(b))
		return invalid(c, insn, pc);
	return finish(c, insn, pc, v, order_of(v));
}

u64 i_bcdsetsgn(struct cpu *c, u32 insn, u64 pc)
{
	u128 b = vrb(c, insn).q;

	if (!is_signed(b))
		return invalid(c, insn, pc);
	return finish(c, insn, pc, (b & DIGITS_SIGNED) | sign_code(is_negative(b), F_PS(insn)),
		      order_of(b));
}

/* ---- shifts and truncations ---- */

/* By how many digits: byte element 7 of VRA, to the left when positive; at most @max. */
static s32 shift_count(union vsr a, s32 max)
{
	s32 n = (s8)VSR_B(a, 7);

	return n > max ? max : n < -max ? -max : n;
}

/* The first @n of the 32 digits of @v, at the right end. */
static u128 first_digits(u128 v, u32 n)
{
	return shr128(v, 4 * (32 - n));
}

/* Signed: the 31 digits of VRB, moved. @round: half up, as to the magnitude. */
static u64 shift_signed(struct cpu *c, u32 insn, u64 pc, bool round)
{
	const u128 b = vrb(c, insn).q, digits = b & DIGITS_SIGNED;
	s32 n = shift_count(vra(c, insn), 31);
	bool overflow = false;
	u128 v;

	if (!is_signed(b))
		return invalid(c, insn, pc);
	if (n >= 0) {
		overflow = first_digits(digits, (u32)n) != 0;
		v = digits << 4 * n;
	} else {
		u32 last = digits >> (-4 * n) & 15;

		v = shr128(digits, (u32)(-4 * n)) & DIGITS_SIGNED;
		if (round && last >= 5)
			v = to_digits(to_binary(v >> 4, 31) + 1, 31, &overflow) << 4;
	}
	v |= sign_code(is_negative(b), F_PS(insn));
	return finish(c, insn, pc, v, order_of(v) | (overflow ? CR_OX : 0));
}

u64 i_bcds(struct cpu *c, u32 insn, u64 pc)
{
	return shift_signed(c, insn, pc, false);
}

u64 i_bcdsr(struct cpu *c, u32 insn, u64 pc)
{
	return shift_signed(c, insn, pc, true);
}

u64 i_bcdus(struct cpu *c, u32 insn, u64 pc)
{
	const u128 b = vrb(c, insn).q;
	s32 n = shift_count(vra(c, insn), 32);
	u128 v = n >= 0 ? shl128(b, (u32)(4 * n)) : shr128(b, (u32)(-4 * n));
	bool overflow = n > 0 && first_digits(b, (u32)n);

	if (!are_digits(b))
		return invalid(c, insn, pc);
	return finish(c, insn, pc, v, (v ? CR_GT : CR_EQ) | (overflow ? CR_OX : 0));
}

/* To the last so many digits: halfword element 3 of VRA. */
u64 i_bcdtrunc(struct cpu *c, u32 insn, u64 pc)
{
	const u128 b = vrb(c, insn).q;
	u32 n = VSR_H(vra(c, insn), 3);
	u128 kept, v;

	if (!is_signed(b))
		return invalid(c, insn, pc);
	kept = n < 31 ? ~(~(u128)0 << (4 * n + 4)) : ~(u128)0;
	v = (b & kept & DIGITS_SIGNED) | sign_code(is_negative(b), F_PS(insn));
	return finish(c, insn, pc, v, order_of(v) | (b & ~kept ? CR_OX : 0));
}

u64 i_bcdutrunc(struct cpu *c, u32 insn, u64 pc)
{
	const u128 b = vrb(c, insn).q;
	u32 n = VSR_H(vra(c, insn), 3);
	u128 kept = n < 32 ? ~(~(u128)0 << 4 * n) : ~(u128)0;

	if (!are_digits(b))
		return invalid(c, insn, pc);
	return finish(c, insn, pc, b & kept, (b & kept ? CR_GT : CR_EQ) | (b & ~kept ? CR_OX : 0));
}

/* ---- multiplication by ten, of binary quadwords ---- */

/* v * 10 + digit, 132 bits; returns what is beyond 128. */
static u32 times_ten(u128 v, u32 digit, u128 *low)
{
	u128 right = (u128)(u64)v * 10 + digit;
	u128 left = (v >> 64) * 10 + (right >> 64);

	*low = left << 64 | (u64)right;
	return (u32)(left >> 64);
}

VOP_AB(vmul10euq, times_ten(a.q, b.b[0] & 15, &r.q))
VOP_AB(vmul10ecuq, u128 low; r.q = times_ten(a.q, b.b[0] & 15, &low))

/* VRB is reserved, and 0, in these. */
u64 i_vmul10uq(struct cpu *c, u32 insn, u64 pc)
{
	u128 low;

	times_ten(vra(c, insn).q, 0, &low);
	vrt(c, insn)->q = low;
	return NEXT;
}

u64 i_vmul10cuq(struct cpu *c, u32 insn, u64 pc)
{
	u128 low;

	vrt(c, insn)->q = times_ten(vra(c, insn).q, 0, &low);
	return NEXT;
}
