// SPDX-License-Identifier: Apache-2.0
/*
 * Vector integer comparison, logic, rotates and shifts [ISA 3.1B I 6.9.2,
 * 6.9.3, 6.9.4].
 */
#include "cpu/interp/vmx.h"

/* ---- comparison ---- */

#define CR10 0x400u /* Rc of the VC-form */

/* Elements for which @cond of x and y holds become ones, the others zeros. */
#define VCMP(name, f, cond)                                         \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)               \
	{                                                           \
		const union vsr a = vra(c, insn), b = vrb(c, insn); \
		union vsr r;                                        \
                                                                    \
		EACH_XY(f, (cond) ? -1 : 0);                        \
		if (insn & CR10)                                    \
			vmx_record(c, r.q == ~(u128)0, r.q == 0);   \
		*vrt(c, insn) = r;                                  \
		return NEXT;                                        \
	}

#define VCMPQ(name, cond)                                          \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)              \
	{                                                          \
		const u128 x = vra(c, insn).q, y = vrb(c, insn).q; \
		const bool is = (cond);                            \
                                                                   \
		if (insn & CR10)                                   \
			vmx_record(c, is, !is);                    \
		vrt(c, insn)->q = is ? ~(u128)0 : 0;               \
		return NEXT;                                       \
	}

VCMP(vcmpequb, b, x == y)
VCMP(vcmpequh, h, x == y)
VCMP(vcmpequw, w, x == y)
VCMP(vcmpequd, d, x == y)
VCMPQ(vcmpequq, x == y)
VCMP(vcmpneb, b, x != y)
VCMP(vcmpneh, h, x != y)
VCMP(vcmpnew, w, x != y)
VCMP(vcmpnezb, b, x != y || x == 0 || y == 0)
VCMP(vcmpnezh, h, x != y || x == 0 || y == 0)
VCMP(vcmpnezw, w, x != y || x == 0 || y == 0)
VCMP(vcmpgtub, b, x > y)
VCMP(vcmpgtuh, h, x > y)
VCMP(vcmpgtuw, w, x > y)
VCMP(vcmpgtud, d, x > y)
VCMPQ(vcmpgtuq, x > y)
VCMP(vcmpgtsb, sb, x > y)
VCMP(vcmpgtsh, sh, x > y)
VCMP(vcmpgtsw, sw, x > y)
VCMP(vcmpgtsd, sd, x > y)
VCMPQ(vcmpgtsq, (s128)x > (s128)y)

/* To a CR field: LT GT EQ and zero. */
u64 i_vcmpuq(struct cpu *c, u32 insn, u64 pc)
{
	u128 x = vra(c, insn).q, y = vrb(c, insn).q;

	cr_set_field(c, f_bf(insn), x < y ? 8 : x > y ? 4 : 2);
	return NEXT;
}

u64 i_vcmpsq(struct cpu *c, u32 insn, u64 pc)
{
	s128 x = (s128)vra(c, insn).q, y = (s128)vrb(c, insn).q;

	cr_set_field(c, f_bf(insn), x < y ? 8 : x > y ? 4 : 2);
	return NEXT;
}

/* ---- logic ---- */

VOP_AB(vand, r.q = a.q & b.q)
VOP_AB(vandc, r.q = a.q & ~b.q)
VOP_AB(vor, r.q = a.q | b.q)
VOP_AB(vorc, r.q = a.q | ~b.q)
VOP_AB(vxor, r.q = a.q ^ b.q)
VOP_AB(vnor, r.q = ~(a.q | b.q))
VOP_AB(vnand, r.q = ~(a.q & b.q))
VOP_AB(veqv, r.q = ~(a.q ^ b.q))

/* ---- shifts and rotates of elements ---- */

VOP_AB(vslb, EACH_XY(b, x << (y & 7)))
VOP_AB(vslh, EACH_XY(h, x << (y & 15)))
VOP_AB(vslw, EACH_XY(w, x << (y & 31)))
VOP_AB(vsld, EACH_XY(d, x << (y & 63)))
VOP_AB(vsrb, EACH_XY(b, x >> (y & 7)))
VOP_AB(vsrh, EACH_XY(h, x >> (y & 15)))
VOP_AB(vsrw, EACH_XY(w, x >> (y & 31)))
VOP_AB(vsrd, EACH_XY(d, x >> (y & 63)))
VOP_AB(vsrab, EACH_XY(sb, x >> (y & 7)))
VOP_AB(vsrah, EACH_XY(sh, x >> (y & 15)))
VOP_AB(vsraw, EACH_XY(sw, x >> (y & 31)))
VOP_AB(vsrad, EACH_XY(sd, x >> (y & 63)))

VOP_AB(vrlb, EACH_XY(b, x << (y & 7) | x >> (-y & 7)))
VOP_AB(vrlh, EACH_XY(h, x << (y & 15) | x >> (-y & 15)))
VOP_AB(vrlw, EACH_XY(w, x << (y & 31) | x >> (-y & 31)))
VOP_AB(vrld, EACH_XY(d, x << (y & 63) | x >> (-y & 63)))

static u128 rotl128(u128 v, u32 n)
{
	return v << (n & 127) | v >> (-n & 127);
}

/* Counts of quadwords are in bits 57:63, the low end of doubleword 0. */
VOP_AB(vslq, r.q = a.q << (b.d[1] & 127))
VOP_AB(vsrq, r.q = a.q >> (b.d[1] & 127))
VOP_AB(vsraq, r.q = (u128)((s128)a.q >> (b.d[1] & 127)))
VOP_AB(vrlq, r.q = rotl128(a.q, b.d[1] & 127))

/* MASK(mb, me): ones from bit mb to bit me, wrapping around when mb > me. */
#define ROTATE_MASK(u, bits)                                                 \
	static u rotate_mask##bits(u32 mb, u32 me)                           \
	{                                                                    \
		u from = (u) ~(u)0 >> mb, to = (u) ~(u)0 << (bits - 1 - me); \
                                                                             \
		return mb <= me ? from & to : from | to;                     \
	}

ROTATE_MASK(u32, 32)
ROTATE_MASK(u64, 64)
ROTATE_MASK(u128, 128)

/* Shift, MB and ME are in the three low bytes of each element of VRB. */
static u32 rotate_word(u32 x, u32 y, u32 *mask)
{
	*mask = rotate_mask32(y >> 16 & 31, y >> 8 & 31);
	return x << (y & 31) | x >> (-y & 31);
}

static u64 rotate_dword(u64 x, u64 y, u64 *mask)
{
	*mask = rotate_mask64(y >> 16 & 63, y >> 8 & 63);
	return x << (y & 63) | x >> (-y & 63);
}

static u128 rotate_qword(u128 x, u64 y, u128 *mask)
{
	*mask = rotate_mask128(y >> 16 & 127, y >> 8 & 127);
	return rotl128(x, y & 127);
}

u64 i_vrlwnm(struct cpu *c, u32 insn, u64 pc)
{
	const union vsr a = vra(c, insn), b = vrb(c, insn);
	union vsr *t = vrt(c, insn);

	for (u32 i = 0; i < 4; i++) {
		u32 mask, v = rotate_word(a.w[i], b.w[i], &mask);

		t->w[i] = v & mask;
	}
	return NEXT;
}

u64 i_vrlwmi(struct cpu *c, u32 insn, u64 pc)
{
	const union vsr a = vra(c, insn), b = vrb(c, insn);
	union vsr *t = vrt(c, insn);

	for (u32 i = 0; i < 4; i++) {
		u32 mask, v = rotate_word(a.w[i], b.w[i], &mask);

		t->w[i] = (v & mask) | (t->w[i] & ~mask);
	}
	return NEXT;
}

u64 i_vrldnm(struct cpu *c, u32 insn, u64 pc)
{
	const union vsr a = vra(c, insn), b = vrb(c, insn);
	union vsr *t = vrt(c, insn);

	for (u32 i = 0; i < 2; i++) {
		u64 mask, v = rotate_dword(a.d[i], b.d[i], &mask);

		t->d[i] = v & mask;
	}
	return NEXT;
}

u64 i_vrldmi(struct cpu *c, u32 insn, u64 pc)
{
	const union vsr a = vra(c, insn), b = vrb(c, insn);
	union vsr *t = vrt(c, insn);

	for (u32 i = 0; i < 2; i++) {
		u64 mask, v = rotate_dword(a.d[i], b.d[i], &mask);

		t->d[i] = (v & mask) | (t->d[i] & ~mask);
	}
	return NEXT;
}

u64 i_vrlqnm(struct cpu *c, u32 insn, u64 pc)
{
	u128 mask, v = rotate_qword(vra(c, insn).q, vrb(c, insn).d[1], &mask);

	vrt(c, insn)->q = v & mask;
	return NEXT;
}

u64 i_vrlqmi(struct cpu *c, u32 insn, u64 pc)
{
	u128 mask, v = rotate_qword(vra(c, insn).q, vrb(c, insn).d[1], &mask);
	union vsr *t = vrt(c, insn);

	t->q = (v & mask) | (t->q & ~mask);
	return NEXT;
}
