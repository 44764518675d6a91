// SPDX-License-Identifier: Apache-2.0
/*
 * Vector operations on bits: counts, parity, gathers and bit permutes [ISA
 * 3.1B I 6.12 - 6.15], element masks and strings [ISA 3.1B I 6.16].
 */
#include "cpu/interp/vmx.h"

/* ---- counts ---- */

/* __builtin_clz and _ctz of zero are undefined: a bit is set beyond the element. */
VOP_B(vclzb, EACH_Y(b, __builtin_clz((u32)y << 24 | 1u << 23)))
VOP_B(vclzh, EACH_Y(h, __builtin_clz((u32)y << 16 | 1u << 15)))
VOP_B(vclzw, EACH_Y(w, y ? __builtin_clz(y) : 32))
VOP_B(vclzd, EACH_Y(d, y ? __builtin_clzll(y) : 64))
VOP_B(vctzb, EACH_Y(b, __builtin_ctz(y | 1u << 8)))
VOP_B(vctzh, EACH_Y(h, __builtin_ctz(y | 1u << 16)))
VOP_B(vctzw, EACH_Y(w, y ? __builtin_ctz(y) : 32))
VOP_B(vctzd, EACH_Y(d, y ? __builtin_ctzll(y) : 64))
VOP_B(vpopcntb, EACH_Y(b, __builtin_popcount(y)))
VOP_B(vpopcnth, EACH_Y(h, __builtin_popcount(y)))
VOP_B(vpopcntw, EACH_Y(w, __builtin_popcount(y)))
VOP_B(vpopcntd, EACH_Y(d, __builtin_popcountll(y)))

/* Parity of the last bits of the bytes. */
#define LAST_BITS 0x0101010101010101ULL

VOP_B(vprtybw, EACH_Y(w, __builtin_parity(y &(u32)LAST_BITS)))
VOP_B(vprtybd, EACH_Y(d, __builtin_parityll(y &LAST_BITS)))
VOP_B(vprtybq, r.q = (u32)__builtin_parityll((b.d[0] ^ b.d[1]) & LAST_BITS))

/* Bytes with an even value (last bit zero) before the first odd one. */
u64 i_vclzlsbb(struct cpu *c, u32 insn, u64 pc)
{
	const union vsr b = vrb(c, insn);
	u32 n = 0;

	while (n < 16 && !(VSR_B(b, n) & 1))
		n++;
	c->gpr[f_rt(insn)] = n;
	return NEXT;
}

u64 i_vctzlsbb(struct cpu *c, u32 insn, u64 pc)
{
	const union vsr b = vrb(c, insn);
	u32 n = 0;

	while (n < 16 && !(VSR_B(b, 15 - n) & 1))
		n++;
	c->gpr[f_rt(insn)] = n;
	return NEXT;
}

/* ---- bits under a mask, per doubleword ---- */

/* The bits of @v where @mask has ones, moved to the right end. */
static u64 extract_bits(u64 v, u64 mask)
{
	u64 r = 0;

	for (u32 n = 0; mask; mask &= mask - 1, n++)
		r |= (v >> __builtin_ctzll(mask) & 1) << n;
	return r;
}

/* The reverse: the right end of @v to where @mask has ones. */
static u64 deposit_bits(u64 v, u64 mask)
{
	u64 r = 0;

	for (; mask; mask &= mask - 1, v >>= 1)
		r |= (v & 1) << __builtin_ctzll(mask);
	return r;
}

/* Those with a zero in the mask to the left, those with a one to the right. */
static u64 centrifuge(u64 v, u64 mask)
{
	u64 left = extract_bits(v, ~mask);
	u32 ones = (u32)__builtin_popcountll(mask);

	return (ones < 64 ? left << ones : 0) | extract_bits(v, mask);
}

/* Zeros of @v under @mask before the first one from the left, from the right. */
static u64 leading_zeros_masked(u64 v, u64 mask)
{
	v &= mask;
	return (u64)__builtin_popcountll(v ? mask & ~(~0ULL >> __builtin_clzll(v)) : mask);
}

static u64 trailing_zeros_masked(u64 v, u64 mask)
{
	v &= mask;
	return (u64)__builtin_popcountll(v ? mask & ((v & -v) - 1) : mask);
}

VOP_AB(vpextd, EACH_XY(d, extract_bits(x, y)))
VOP_AB(vpdepd, EACH_XY(d, deposit_bits(x, y)))
VOP_AB(vcfuged, EACH_XY(d, centrifuge(x, y)))
VOP_AB(vclzdm, EACH_XY(d, leading_zeros_masked(x, y)))
VOP_AB(vctzdm, EACH_XY(d, trailing_zeros_masked(x, y)))

/* ---- gather and bit permute ---- */

/* An 8 by 8 matrix of bits, transposed. */
static u64 transpose(u64 v)
{
	u64 t;

	t = (v ^ v >> 7) & 0x00aa00aa00aa00aaULL;
	v ^= t ^ t << 7;
	t = (v ^ v >> 14) & 0x0000cccc0000ccccULL;
	v ^= t ^ t << 14;
	t = (v ^ v >> 28) & 0x00000000f0f0f0f0ULL;
	return v ^ t ^ t << 28;
}

VOP_B(vgbbd, EACH_Y(d, transpose(y)))

/* Every Nth bit, from the left; N less than 2 is an invalid form: 0. */
u64 i_vgnb(struct cpu *c, u32 insn, u64 pc)
{
	const u128 b = vrb(c, insn).q;
	u32 n = f_ra(insn) & 7;
	u64 r = 0;

	for (u32 i = 0; n >= 2 && i * n < 128; i++)
		r |= (u64)(b >> (127 - i * n) & 1) << (63 - i);
	c->gpr[f_rt(insn)] = r;
	return NEXT;
}

/* Bits of VRA selected by the bytes of VRB; 0 for numbers that are too large. */
VOP_AB(vbpermq, u64 bits = 0; for (u32 i = 0; i < 16; i++) bits |=
			      (b.b[i] < 128 ? (u64)(a.q >> (127 - b.b[i]) & 1) : 0) << i;
       r.q = (u128)bits << 64)

static u64 bit_permute(u64 v, u64 numbers)
{
	u64 r = 0;

	for (u32 i = 0; i < 8; i++, numbers >>= 8)
		r |= ((numbers & 255) < 64 ? v >> (63 - (numbers & 63)) & 1 : 0) << i;
	return r;
}

VOP_AB(vbpermd, EACH_XY(d, bit_permute(x, y)))

/* ---- masks of elements ---- */

VOP_B(vexpandbm, EACH_Y(sb, y < 0 ? -1 : 0))
VOP_B(vexpandhm, EACH_Y(sh, y < 0 ? -1 : 0))
VOP_B(vexpandwm, EACH_Y(sw, y < 0 ? -1 : 0))
VOP_B(vexpanddm, EACH_Y(sd, y < 0 ? -1 : 0))
VOP_B(vexpandqm, r.q = b.sd[1] < 0 ? ~(u128)0 : 0)

/* The first bits of the elements, at the right end of a GPR; the reverse; how many are MP. */
#define MASKS(letter, f, count_shift)                              \
	u64 i_vextract##letter##m(struct cpu *c, u32 insn, u64 pc) \
	{                                                          \
		const union vsr b = vrb(c, insn);                  \
		u64 v = 0;                                         \
                                                                   \
		for (u32 i = 0; i < ARRAY_SIZE(b.f); i++)          \
			v |= (u64)(b.f[i] < 0) << i;               \
		c->gpr[f_rt(insn)] = v;                            \
		return NEXT;                                       \
	}                                                          \
	u64 i_mtvsr##letter##m(struct cpu *c, u32 insn, u64 pc)    \
	{                                                          \
		u64 v = c->gpr[f_rb(insn)];                        \
		union vsr r;                                       \
                                                                   \
		EACH(f, v >> i & 1 ? -1 : 0);                      \
		*vrt(c, insn) = r;                                 \
		return NEXT;                                       \
	}                                                          \
	u64 i_vcntmb##letter(struct cpu *c, u32 insn, u64 pc)      \
	{                                                          \
		const union vsr b = vrb(c, insn);                  \
		u64 n = 0;                                         \
                                                                   \
		for (u32 i = 0; i < ARRAY_SIZE(b.f); i++)          \
			n += (b.f[i] < 0) == (f_ra(insn) & 1);     \
		c->gpr[f_rt(insn)] = n << (count_shift);           \
		return NEXT;                                       \
	}

/* The count is of bytes, in bits 0:7. */
MASKS(b, sb, 56)
MASKS(h, sh, 57)
MASKS(w, sw, 58)
MASKS(d, sd, 59)

u64 i_vextractqm(struct cpu *c, u32 insn, u64 pc)
{
	c->gpr[f_rt(insn)] = vrb(c, insn).d[1] >> 63;
	return NEXT;
}

u64 i_mtvsrqm(struct cpu *c, u32 insn, u64 pc)
{
	vrt(c, insn)->q = c->gpr[f_rb(insn)] & 1 ? ~(u128)0 : 0;
	return NEXT;
}

u64 i_mtvsrbmi(struct cpu *c, u32 insn, u64 pc)
{
	/* b0 || b1 || b2, as in the DX-form */
	u32 v = (insn & 0xffc0) | (f_ra(insn) << 1) | (insn & 1);
	union vsr r;

	EACH(sb, v >> i & 1 ? -1 : 0);
	*vrt(c, insn) = r;
	return NEXT;
}

/* ---- strings: what comes after the first zero element is cleared ---- */

#define CR10 0x400u

#define VSTRI(name, f, at)                                   \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)        \
	{                                                    \
		const union vsr b = vrb(c, insn);            \
		bool found = false;                          \
		union vsr r;                                 \
                                                             \
		for (u32 i = 0; i < ARRAY_SIZE(b.f); i++) {  \
			found |= b.f[at] == 0;               \
			r.f[at] = found ? 0 : b.f[at];       \
		}                                            \
		if (insn & CR10)                             \
			cr_set_field(c, 6, (u32)found << 1); \
		*vrt(c, insn) = r;                           \
		return NEXT;                                 \
	}

VSTRI(vstribl, b, 15 - i)
VSTRI(vstribr, b, i)
VSTRI(vstrihl, h, 7 - i)
VSTRI(vstrihr, h, i)
