// SPDX-License-Identifier: Apache-2.0
/*
 * Prefixed VSX loads, stores, constants and permutation [ISA 3.1B I 7.6.3].
 */
#include "cpu/interp/prefix.h"
#include "cpu/interp/vsx.h"

#include "cpu/softfp/softfp.h"

/* ---- loads and stores ---- */

#define PREFIXED_EA(ea)                     \
	u64 ea;                             \
                                            \
	if (!prefixed_ea(c, insn, pc, &ea)) \
	return cpu_illegal(c, c->prefix, pc)

#define LOAD_SCALAR(name, bits, value)                  \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)   \
	{                                               \
		u##bits v;                              \
		PREFIXED_EA(ea);                        \
                                                        \
		if (UNLIKELY(!mem_ld##bits(c, ea, &v))) \
			return cpu_fault(c, pc);        \
		set_scalar(vrt(c, insn), value);        \
		return NEXT8;                           \
	}

#define STORE_SCALAR(name, bits, value)                    \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)      \
	{                                                  \
		PREFIXED_EA(ea);                           \
                                                           \
		if (UNLIKELY(!mem_st##bits(c, ea, value))) \
			return cpu_fault(c, pc);           \
		return NEXT8;                              \
	}

LOAD_SCALAR(plxsd, 64, v)
LOAD_SCALAR(plxssp, 32, fp32_load_as_fp64(v))
STORE_SCALAR(pstxsd, 64, vrt(c, insn)->d[1])
STORE_SCALAR(pstxssp, 32, fp64_store_as_fp32(vrt(c, insn)->d[1]))

/* The sixth bit of the register is bit 5 of the suffix. */
static inline u32 f_xt5(u32 insn)
{
	return f_rt(insn) | (insn >> 21 & 0x20);
}

u64 i_plxv(struct cpu *c, u32 insn, u64 pc)
{
	u32 xt = f_xt5(insn);
	u128 v;
	PREFIXED_EA(ea);

	NEED_VSX_OR_VEC(xt);
	if (UNLIKELY(!mem_ld128(c, ea, &v)))
		return cpu_fault(c, pc);
	c->vsr[xt].q = v;
	return NEXT8;
}

u64 i_pstxv(struct cpu *c, u32 insn, u64 pc)
{
	u32 xs = f_xt5(insn);
	PREFIXED_EA(ea);

	NEED_VSX_OR_VEC(xs);
	if (UNLIKELY(!mem_st128(c, ea, c->vsr[xs].q)))
		return cpu_fault(c, pc);
	return NEXT8;
}

/* The register of a pair that has the lower address: little-endian the odd one. */
static inline u32 first_of_pair(const struct cpu *c, u32 insn)
{
	return (insn >> 21 & 0x1e) | (insn >> 16 & 0x20) | (mem_is_le(c) ? 1 : 0);
}

u64 i_plxvp(struct cpu *c, u32 insn, u64 pc)
{
	u32 first = first_of_pair(c, insn);
	u128 v, w;
	PREFIXED_EA(ea);

	if (!mem_ld128(c, ea, &v) || !mem_ld128(c, ea_of(c, ea + 16), &w))
		return cpu_fault(c, pc);
	c->vsr[first].q = v;
	c->vsr[first ^ 1].q = w;
	return NEXT8;
}

u64 i_pstxvp(struct cpu *c, u32 insn, u64 pc)
{
	u32 first = first_of_pair(c, insn);
	PREFIXED_EA(ea);

	/* A fault of the second store may leave the first done: the instruction is done again. */
	if (!mem_st128(c, ea, c->vsr[first].q) ||
	    !mem_st128(c, ea_of(c, ea + 16), c->vsr[first ^ 1].q))
		return cpu_fault(c, pc);
	return NEXT8;
}

/* ---- constants ---- */

static inline u32 imm32(const struct cpu *c, u32 insn)
{
	return c->prefix << 16 | (insn & 0xffff);
}

/* 8RR-D-form: the sixth bit of the register is bit 15 of the suffix. */
static inline union vsr *xt6(struct cpu *c, u32 insn)
{
	return &c->vsr[f_rt(insn) | (insn >> 11 & 0x20)];
}

u64 i_xxspltiw(struct cpu *c, u32 insn, u64 pc)
{
	union vsr r;

	EACH(w, imm32(c, insn));
	*xt6(c, insn) = r;
	return NEXT8;
}

/* A denormal single is an undefined result: its value. */
u64 i_xxspltidp(struct cpu *c, u32 insn, u64 pc)
{
	u64 v = fp32_load_as_fp64(imm32(c, insn));
	union vsr r;

	EACH(d, v);
	*xt6(c, insn) = r;
	return NEXT8;
}

/* IX chooses the left or right words of both doublewords. */
u64 i_xxsplti32dx(struct cpu *c, u32 insn, u64 pc)
{
	union vsr *t = xt6(c, insn);
	u32 ix = insn >> 17 & 1;

	VSR_W(*t, ix) = imm32(c, insn);
	VSR_W(*t, 2 + ix) = imm32(c, insn);
	return NEXT8;
}

/* ---- permutation and logic: r of a, b and m, the contents of XA, XB and XC ---- */

#define XOP_ABC(name, ...)                                          \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)               \
	{                                                           \
		const union vsr a = vxa(c, insn), b = vxb(c, insn); \
		const union vsr m = vxc(c, insn);                   \
		union vsr r;                                        \
                                                                    \
		__VA_ARGS__;                                        \
		*vxt(c, insn) = r;                                  \
		return NEXT8;                                       \
	}

XOP_ABC(xxblendvb, EACH(b, m.sb[i] < 0 ? b.b[i] : a.b[i]))
XOP_ABC(xxblendvh, EACH(h, m.sh[i] < 0 ? b.h[i] : a.h[i]))
XOP_ABC(xxblendvw, EACH(w, m.sw[i] < 0 ? b.w[i] : a.w[i]))
XOP_ABC(xxblendvd, EACH(d, m.sd[i] < 0 ? b.d[i] : a.d[i]))

/* A byte of XA || XB where the left three bits of the index are UIM, else 0. */
static union vsr perm_extended(union vsr a, union vsr b, union vsr m, u32 uim)
{
	union vsr r;

	for (u32 i = 0; i < 16; i++) {
		u32 index = m.b[i];

		if (index >> 5 != uim)
			r.b[i] = 0;
		else
			r.b[i] = index & 16 ? VSR_B(b, index & 15) : VSR_B(a, index & 15);
	}
	return r;
}

XOP_ABC(xxpermx, r = perm_extended(a, b, m, c->prefix & 7))

/* IMM is the truth table: its bit 4a + 2b + c, from the left, is the result. */
static u128 ternary(u128 a, u128 b, u128 m, u32 imm)
{
	u128 r = 0;

	for (u32 i = 0; i < 8; i++)
		if (imm & 0x80 >> i)
			r |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? m : ~m);
	return r;
}

XOP_ABC(xxeval, r.q = ternary(a.q, b.q, m.q, c->prefix & 0xff))
