// SPDX-License-Identifier: Apache-2.0
/*
 * Vector pack, unpack, merge, splat, permute, select, shifts of the whole
 * register, and moves of single elements [ISA 3.1B I 6.8]. Where an index
 * makes the ISA's result undefined, bytes outside of the source read as zero
 * and those outside of the target are dropped.
 */
#include "cpu/interp/vmx.h"

/* ---- pack: the left half of the target comes from VRA ---- */

/* Element i, in host order, of the 2n wide elements of VRA || VRB. */
#define WIDE(f, i) ((i) < ARRAY_SIZE(b.f) ? b.f[i] : a.f[(i)-ARRAY_SIZE(b.f)])

/* Without limits: two loops, which compilers make vector code of. */
#define PACK(to, from)                                              \
	for (u32 i = 0; i < ARRAY_SIZE(r.from); i++) {              \
		r.to[i] = (ELEM(to))b.from[i];                      \
		r.to[i + ARRAY_SIZE(r.from)] = (ELEM(to))a.from[i]; \
	}

VOP_AB(vpkuhum, PACK(b, h))
VOP_AB(vpkuwum, PACK(h, w))
VOP_AB(vpkudum, PACK(w, d))

VOP_AB(vpkuhus, EACH_SAT(b, s32, 0, 0xff, WIDE(h, i)))
VOP_AB(vpkuwus, EACH_SAT(h, s64, 0, 0xffff, WIDE(w, i)))
VOP_AB(vpkudus, EACH_SAT(w, s128, 0, 0xffffffffLL, WIDE(d, i)))
VOP_AB(vpkshus, EACH_SAT(b, s32, 0, 0xff, WIDE(sh, i)))
VOP_AB(vpkswus, EACH_SAT(h, s32, 0, 0xffff, WIDE(sw, i)))
VOP_AB(vpksdus, EACH_SAT(w, s64, 0, 0xffffffffLL, WIDE(sd, i)))
VOP_AB(vpkshss, EACH_SAT(sb, s32, INT8_MIN, INT8_MAX, WIDE(sh, i)))
VOP_AB(vpkswss, EACH_SAT(sh, s32, INT16_MIN, INT16_MAX, WIDE(sw, i)))
VOP_AB(vpksdss, EACH_SAT(sw, s64, INT32_MIN, INT32_MAX, WIDE(sd, i)))

/* Pixels: 8:8:8:8 to 1:5:5:5, and back. */
static u16 pack_pixel(u32 v)
{
	return (u16)((v >> 9 & 0x8000) | (v >> 9 & 0x7c00) | (v >> 6 & 0x3e0) | (v >> 3 & 0x1f));
}

static u32 unpack_pixel(u16 v)
{
	return (v & 0x8000 ? 0xff000000u : 0) | (v & 0x7c00u) << 6 | (v & 0x3e0u) << 3 |
	       (v & 0x1fu);
}

VOP_AB(vpkpx, EACH(h, pack_pixel(WIDE(w, i))))

/* ---- unpack: the left half (high) or the right half, sign-extended ---- */

#define UNPACK_HIGH(to, from) EACH(to, b.from[i + ARRAY_SIZE(r.to)])
#define UNPACK_LOW(to, from) EACH(to, b.from[i])

VOP_B(vupkhsb, UNPACK_HIGH(sh, sb))
VOP_B(vupkhsh, UNPACK_HIGH(sw, sh))
VOP_B(vupkhsw, UNPACK_HIGH(sd, sw))
VOP_B(vupklsb, UNPACK_LOW(sh, sb))
VOP_B(vupklsh, UNPACK_LOW(sw, sh))
VOP_B(vupklsw, UNPACK_LOW(sd, sw))
VOP_B(vupkhpx, EACH(w, unpack_pixel(b.h[i + 4])))
VOP_B(vupklpx, EACH(w, unpack_pixel(b.h[i])))

/* ---- merge: elements of VRA and VRB in turn, of the half that starts at @from ---- */

#define MERGE(f, from)                                  \
	for (u32 i = 0; i < ARRAY_SIZE(r.f) / 2; i++) { \
		r.f[2 * i] = b.f[i + (from)];           \
		r.f[2 * i + 1] = a.f[i + (from)];       \
	}

VOP_AB(vmrghb, MERGE(b, 8))
VOP_AB(vmrghh, MERGE(h, 4))
VOP_AB(vmrghw, MERGE(w, 2))
VOP_AB(vmrglb, MERGE(b, 0))
VOP_AB(vmrglh, MERGE(h, 0))
VOP_AB(vmrglw, MERGE(w, 0))
VOP_AB(vmrgew, EACH(w, i & 1 ? a.w[i] : b.w[i + 1]))
VOP_AB(vmrgow, EACH(w, i & 1 ? a.w[i - 1] : b.w[i]))

/* ---- splat ---- */

VOP_B(vspltb, const u8 v = VSR_B(b, f_ra(insn) & 15); EACH(b, v))
VOP_B(vsplth, const u16 v = VSR_H(b, f_ra(insn) & 7); EACH(h, v))
VOP_B(vspltw, const u32 v = VSR_W(b, f_ra(insn) & 3); EACH(w, v))

/* SIM, 5 bits with sign. */
static inline s32 f_sim(u32 insn)
{
	return (s32)(f_ra(insn) ^ 16) - 16;
}

#define SPLAT_IMM(name, f)                            \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		union vsr r;                          \
                                                      \
		EACH(f, f_sim(insn));                 \
		*vrt(c, insn) = r;                    \
		return NEXT;                          \
	}

SPLAT_IMM(vspltisb, sb)
SPLAT_IMM(vspltish, sh)
SPLAT_IMM(vspltisw, sw)

/* ---- permute and select ---- */

/* The 32 bytes VRA || VRB in host order: byte i of the ISA is at 31 - i. */
union pair {
	union vsr v[2]; /* VRB, VRA */
	u8 b[32];
};

VOP_ABC(vperm, const union pair p = { { b, a } }; EACH(b, p.b[~m.b[i] & 31]))
VOP_ABC(vpermr, const union pair p = { { b, a } }; EACH(b, p.b[m.b[i] & 31]))
VOP_ABC(vpermxor, EACH(b, VSR_B(a, m.b[i] >> 4) ^ VSR_B(b, m.b[i] & 15)))
VOP_ABC(vsel, r.q = (a.q & ~m.q) | (b.q & m.q))

/* ---- shifts of the whole register ---- */

/* The 128 bits of VRA || VRB from bit @n, 0 to 127, on. */
static inline u128 shift_pair(u128 a, u128 b, u32 n)
{
	return n ? a << n | b >> (128 - n) : a;
}

VOP_AB(vsldoi, r.q = shift_pair(a.q, b.q, 8 * (f_rc(insn) & 15)))
VOP_AB(vsldbi, r.q = shift_pair(a.q, b.q, f_rc(insn) & 7))
VOP_AB(vsrdbi, const u32 n = f_rc(insn) & 7; r.q = n ? shift_pair(a.q, b.q, 128 - n) : b.q)

/* By bits: the ISA wants the same count in all bytes of VRB; the last one is used. */
VOP_AB(vsl, r.q = a.q << (b.b[0] & 7))
VOP_AB(vsr, r.q = a.q >> (b.b[0] & 7))
VOP_AB(vslo, r.q = a.q << (b.b[0] & 0x78))
VOP_AB(vsro, r.q = a.q >> (b.b[0] & 0x78))

/* Each byte by its own count, with bits coming from the neighbour. */
VOP_AB(vslv, EACH(b, (a.b[i] << 8 | (i > 0 ? a.b[i - 1] : 0)) << (b.b[i] & 7) >> 8))
VOP_AB(vsrv, EACH(b, (a.b[i] | (i < 15 ? a.b[i + 1] << 8 : 0)) >> (b.b[i] & 7)))

/* Bytes to keep: VRB is RB here, a count of any size. */
u64 i_vclrlb(struct cpu *c, u32 insn, u64 pc)
{
	u64 n = c->gpr[f_rb(insn)];
	u128 keep = n >= 16 ? ~(u128)0 : ~(~(u128)0 << 8 * n);

	vrt(c, insn)->q = vra(c, insn).q & keep;
	return NEXT;
}

u64 i_vclrrb(struct cpu *c, u32 insn, u64 pc)
{
	u64 n = c->gpr[f_rb(insn)];
	u128 keep = n >= 16 ? ~(u128)0 : ~(~(u128)0 >> 8 * n);

	vrt(c, insn)->q = vra(c, insn).q & keep;
	return NEXT;
}

/* ---- extract ---- */

/* @n bytes, at most 8, of @v from byte element @at on. */
static u64 extract(u128 v, u32 at, u32 n)
{
	u128 left = v << 8 * at;

	return (u64)(left >> 64) >> (64 - 8 * n);
}

/* The result is the right end of doubleword 0. */
#define VEXTRACT(name, n)                                            \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                \
	{                                                            \
		u64 v = extract(vrb(c, insn).q, f_ra(insn) & 15, n); \
                                                                     \
		vrt(c, insn)->q = (u128)v << 64;                     \
		return NEXT;                                         \
	}

VEXTRACT(vextractub, 1)
VEXTRACT(vextractuh, 2)
VEXTRACT(vextractuw, 4)
VEXTRACT(vextractd, 8)

/* To a GPR; "right" indexes count bytes from the right end. */
#define VEXTU(letter, n)                                                                        \
	u64 i_vextu##letter##lx(struct cpu *c, u32 insn, u64 pc)                                \
	{                                                                                       \
		c->gpr[f_rt(insn)] = extract(vrb(c, insn).q, c->gpr[f_ra(insn)] & 15, n);       \
		return NEXT;                                                                    \
	}                                                                                       \
	u64 i_vextu##letter##rx(struct cpu *c, u32 insn, u64 pc)                                \
	{                                                                                       \
		u32 at = c->gpr[f_ra(insn)] & 15;                                               \
                                                                                                \
		c->gpr[f_rt(insn)] = (u64)(vrb(c, insn).q >> 8 * at) & (~0ULL >> (64 - 8 * n)); \
		return NEXT;                                                                    \
	}

VEXTU(b, 1)
VEXTU(h, 2)
VEXTU(w, 4)

/* The @n bytes of VRA || VRB whose last one is @right bytes from the right end. */
static u64 extract_pair(const union pair *p, s32 right, u32 n)
{
	u64 v = 0;

	for (s32 i = (s32)n - 1; i >= 0; i--)
		v = v << 8 | (right + i >= 0 && right + i < 32 ? p->b[right + i] : 0);
	return v;
}

#define VEXTD(name, n)                                                          \
	u64 i_vextd##name##vlx(struct cpu *c, u32 insn, u64 pc)                 \
	{                                                                       \
		const union pair p = { { vrb(c, insn), vra(c, insn) } };        \
		s32 at = c->gpr[f_rc(insn)] & 31;                               \
                                                                                \
		vrt(c, insn)->q = (u128)extract_pair(&p, 32 - n - at, n) << 64; \
		return NEXT;                                                    \
	}                                                                       \
	u64 i_vextd##name##vrx(struct cpu *c, u32 insn, u64 pc)                 \
	{                                                                       \
		const union pair p = { { vrb(c, insn), vra(c, insn) } };        \
		s32 at = c->gpr[f_rc(insn)] & 31;                               \
                                                                                \
		vrt(c, insn)->q = (u128)extract_pair(&p, at, n) << 64;          \
		return NEXT;                                                    \
	}

VEXTD(ub, 1)
VEXTD(uh, 2)
VEXTD(uw, 4)
VEXTD(d, 8)

/* ---- insert ---- */

/* Puts the low @n bytes of @v where their last one is @right bytes from the right end. */
static void insert(union vsr *t, s32 right, u64 v, u32 n)
{
	for (u32 i = 0; i < n; i++, v >>= 8)
		if (right + (s32)i >= 0 && right + (s32)i < 16)
			t->b[right + (s32)i] = (u8)v;
}

#define VINSERT_AT(name, at_left, value, n)                                  \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                        \
	{                                                                    \
		insert(vrt(c, insn), 16 - (n) - (s32)(at_left), (value), n); \
		return NEXT;                                                 \
	}
#define VINSERT_RIGHT(name, at_right, value, n)                    \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)              \
	{                                                          \
		insert(vrt(c, insn), (s32)(at_right), (value), n); \
		return NEXT;                                       \
	}

/* From the right end of doubleword 0 of VRB, to a place in the instruction. */
#define AT_UIM (f_ra(insn) & 15)
#define FROM_VRB (vrb(c, insn).d[1])
VINSERT_AT(vinsertb, AT_UIM, FROM_VRB, 1)
VINSERT_AT(vinserth, AT_UIM, FROM_VRB, 2)
VINSERT_AT(vinsertw, AT_UIM, FROM_VRB, 4)
VINSERT_AT(vinsertd, AT_UIM, FROM_VRB, 8)

#define AT_GPR (c->gpr[f_ra(insn)] & 15)
#define FROM_GPR (c->gpr[f_rb(insn)])
VINSERT_AT(vinsw, AT_UIM, FROM_GPR, 4)
VINSERT_AT(vinsd, AT_UIM, FROM_GPR, 8)
VINSERT_AT(vinsblx, AT_GPR, FROM_GPR, 1)
VINSERT_AT(vinshlx, AT_GPR, FROM_GPR, 2)
VINSERT_AT(vinswlx, AT_GPR, FROM_GPR, 4)
VINSERT_AT(vinsdlx, AT_GPR, FROM_GPR, 8)
VINSERT_RIGHT(vinsbrx, AT_GPR, FROM_GPR, 1)
VINSERT_RIGHT(vinshrx, AT_GPR, FROM_GPR, 2)
VINSERT_RIGHT(vinswrx, AT_GPR, FROM_GPR, 4)
VINSERT_RIGHT(vinsdrx, AT_GPR, FROM_GPR, 8)
VINSERT_AT(vinsbvlx, AT_GPR, FROM_VRB, 1)
VINSERT_AT(vinshvlx, AT_GPR, FROM_VRB, 2)
VINSERT_AT(vinswvlx, AT_GPR, FROM_VRB, 4)
VINSERT_RIGHT(vinsbvrx, AT_GPR, FROM_VRB, 1)
VINSERT_RIGHT(vinshvrx, AT_GPR, FROM_VRB, 2)
VINSERT_RIGHT(vinswvrx, AT_GPR, FROM_VRB, 4)
