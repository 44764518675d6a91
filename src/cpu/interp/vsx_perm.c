// SPDX-License-Identifier: Apache-2.0
/*
 * VSX logic, merge, splat, permute, select, byte reversal and moves of words
 * [ISA 3.1B I 7.6.3]. Where an index makes the ISA's result undefined, bytes
 * outside of the source read as zero and those outside of the target are
 * dropped. The 8RR-form relatives are in prefix_vsx.c.
 */
#include "cpu/interp/vsx.h"

/* ---- logic ---- */

XOP_AB(xxland, r.q = a.q & b.q)
XOP_AB(xxlandc, r.q = a.q & ~b.q)
XOP_AB(xxlor, r.q = a.q | b.q)
XOP_AB(xxlorc, r.q = a.q | ~b.q)
XOP_AB(xxlxor, r.q = a.q ^ b.q)
XOP_AB(xxlnor, r.q = ~(a.q | b.q))
XOP_AB(xxleqv, r.q = ~(a.q ^ b.q))
XOP_AB(xxlnand, r.q = ~(a.q & b.q))

u64 i_xxsel(struct cpu *c, u32 insn, u64 pc)
{
	u128 m = vxc(c, insn).q;

	vxt(c, insn)->q = (vxa(c, insn).q & ~m) | (vxb(c, insn).q & m);
	return NEXT;
}

/* ---- doublewords and words ---- */

/* DM and SHW, bits 22:23. */
static inline u32 f_dm(u32 insn)
{
	return insn >> 8 & 3;
}

XOP_AB(xxpermdi, r.d[1] = VSR_D(a, f_dm(insn) >> 1); r.d[0] = VSR_D(b, f_dm(insn) & 1))
XOP_AB(xxsldwi, const u32 n = 32 * f_dm(insn); r.q = n ? a.q << n | b.q >> (128 - n) : a.q)
XOP_AB(xxmrghw, EACH(w, i & 1 ? a.w[i / 2 + 2] : b.w[i / 2 + 2]))
XOP_AB(xxmrglw, EACH(w, i & 1 ? a.w[i / 2] : b.w[i / 2]))
XOP_B(xxspltw, const u32 v = VSR_W(b, f_ra(insn) & 3); EACH(w, v))

u64 i_xxspltib(struct cpu *c, u32 insn, u64 pc)
{
	NEED_VSX_OR_VEC(f_xt(insn));
	memset(vxt(c, insn), insn >> 11 & 0xff, 16);
	return NEXT;
}

/* UIM, bits 12:15: the byte at which the word starts. */
static inline u32 f_uim4(u32 insn)
{
	return insn >> 16 & 15;
}

u64 i_xxextractuw(struct cpu *c, u32 insn, u64 pc)
{
	u128 v = vxb(c, insn).q << 8 * f_uim4(insn);

	set_scalar(vxt(c, insn), (u64)(v >> 96));
	return NEXT;
}

u64 i_xxinsertw(struct cpu *c, u32 insn, u64 pc)
{
	union vsr *t = vxt(c, insn);
	u128 v = (u128)VSR_W(vxb(c, insn), 1) << 96 >> 8 * f_uim4(insn);
	u128 m = (u128)~0u << 96 >> 8 * f_uim4(insn);

	t->q = (t->q & ~m) | v;
	return NEXT;
}

/* ---- bytes ---- */

XOP_B(xxbrh, EACH_Y(h, __builtin_bswap16(y)))
XOP_B(xxbrw, EACH_Y(w, __builtin_bswap32(y)))
XOP_B(xxbrd, EACH_Y(d, __builtin_bswap64(y)))
XOP_B(xxbrq, r.q = mem_swap128(b.q))

/* The bytes of XA || XT in host order: byte i of the ISA is at 31 - i. */
union pair {
	union vsr v[2];
	u8 b[32];
};

XOP_AB(xxperm, const union pair p = { { *vxt(c, insn), a } }; EACH(b, p.b[~b.b[i] & 31]))
XOP_AB(xxpermr, const union pair p = { { *vxt(c, insn), a } }; EACH(b, p.b[b.b[i] & 31]))

/* The least significant bits of all bytes: LT all ones, EQ all zeros. */
u64 i_xvtlsbb(struct cpu *c, u32 insn, u64 pc)
{
	const union vsr b = vxb(c, insn);
	const u64 lsb = 0x0101010101010101ULL;
	bool all = (b.d[0] & b.d[1] & lsb) == lsb, none = !((b.d[0] | b.d[1]) & lsb);

	cr_set_field(c, f_bf(insn), (u32)all << 3 | (u32)none << 1);
	return NEXT;
}

/*
 * Permute controls that expand (IMM 0, 2) or compress (1, 3) the elements
 * whose mask bit, the sign of VRB's element, is set; big-endian (0, 1) counts
 * from the left, little-endian from the right. Undefined bytes are zero.
 */
struct genpcv {
	u32 size; /* bytes of an element */
	u32 imm;
};

static union vsr genpcv(union vsr mask, struct genpcv g)
{
	bool le = g.imm & 2, compress = g.imm & 1;
	u32 next = 0;
	union vsr r = { .q = 0 };

	/* at: the ISA's number of byte @i, counted in the order that @imm has */
#define AT(i) (le ? 15 - (i) : (i))
	for (u32 i = 0; i < 16; i += g.size) {
		u32 first = le ? AT(i + g.size - 1) : i;
		bool set = VSR_B(mask, first) & 0x80;

		for (u32 k = 0; k < g.size; k++) {
			if (compress && set)
				VSR_B(r, AT(next + k)) = (u8)(i + k);
			else if (!compress)
				VSR_B(r, AT(i + k)) = (u8)(set ? next + k : 16 + i + k);
		}
		next += set ? g.size : 0;
	}
#undef AT
	return r;
}

static u64 gen_control(struct cpu *c, u32 insn, u64 pc, u32 size)
{
	u32 imm = f_ra(insn);

	if (imm > 3)
		return cpu_illegal(c, insn, pc);
	*vxt(c, insn) = genpcv(vrb(c, insn), (struct genpcv){ size, imm });
	return NEXT;
}

#define GENPCV(letter, size)                                       \
	u64 i_xxgenpcv##letter##m(struct cpu *c, u32 insn, u64 pc) \
	{                                                          \
		return gen_control(c, insn, pc, size);             \
	}

GENPCV(b, 1)
GENPCV(h, 2)
GENPCV(w, 4)
GENPCV(d, 8)
