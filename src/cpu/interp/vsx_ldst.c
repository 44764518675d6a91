// SPDX-License-Identifier: Apache-2.0
/*
 * VSX loads and stores, and moves between VSRs and GPRs [ISA 3.1B I 7.6.3,
 * 3.3.16]. Each element has the byte order of MSR[LE]; the order of elements is
 * that of lxvd2x, lxvw4x, lxvh8x and lxvb16x: element 0 at the lowest address.
 * lxv, lxvx and lxvp take a quadword as one number instead.
 */
#include "cpu/interp/vsx.h"

#include "cpu/softfp/softfp.h"

/* ---- scalars: doubleword 0 of the target, the other one is cleared ---- */

#define AS_IS(v) (v)
#define SIGNED_WORD(v) (s64)(s32)(v)

#define LOAD_SCALAR(name, bits, convert, target, ea)          \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)         \
	{                                                     \
		u##bits v;                                    \
                                                              \
		if (UNLIKELY(!mem_ld##bits(c, ea, &v)))       \
			return cpu_fault(c, pc);              \
		set_scalar(target(c, insn), (u64)convert(v)); \
		return NEXT;                                  \
	}

#define STORE_SCALAR(name, bits, convert, target, ea)                \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                \
	{                                                            \
		u##bits v = (u##bits)convert(target(c, insn)->d[1]); \
                                                                     \
		if (UNLIKELY(!mem_st##bits(c, ea, v)))               \
			return cpu_fault(c, pc);                     \
		return NEXT;                                         \
	}

LOAD_SCALAR(lxsdx, 64, AS_IS, vxt, ea_x(c, insn))
LOAD_SCALAR(lxsspx, 32, fp32_load_as_fp64, vxt, ea_x(c, insn))
LOAD_SCALAR(lxsiwax, 32, SIGNED_WORD, vxt, ea_x(c, insn))
LOAD_SCALAR(lxsiwzx, 32, AS_IS, vxt, ea_x(c, insn))
LOAD_SCALAR(lxsibzx, 8, AS_IS, vxt, ea_x(c, insn))
LOAD_SCALAR(lxsihzx, 16, AS_IS, vxt, ea_x(c, insn))
LOAD_SCALAR(lxsd, 64, AS_IS, vrt, ea_ds(c, insn))
LOAD_SCALAR(lxssp, 32, fp32_load_as_fp64, vrt, ea_ds(c, insn))

STORE_SCALAR(stxsdx, 64, AS_IS, vxt, ea_x(c, insn))
STORE_SCALAR(stxsspx, 32, fp64_store_as_fp32, vxt, ea_x(c, insn))
STORE_SCALAR(stxsiwx, 32, AS_IS, vxt, ea_x(c, insn))
STORE_SCALAR(stxsibx, 8, AS_IS, vxt, ea_x(c, insn))
STORE_SCALAR(stxsihx, 16, AS_IS, vxt, ea_x(c, insn))
STORE_SCALAR(stxsd, 64, AS_IS, vrt, ea_ds(c, insn))
STORE_SCALAR(stxssp, 32, fp64_store_as_fp32, vrt, ea_ds(c, insn))

/* ---- vectors ---- */

/* From a number in the order of MSR[LE] to one whose element 0 had the lowest address, and back. */
static inline u128 order_d(u128 v)
{
	return v << 64 | v >> 64;
}

static inline u128 order_w(u128 v)
{
	const union vsr a = { .q = v };
	union vsr r;

	EACH(w, a.w[3 - i]);
	return r.q;
}

static inline u128 order_h(u128 v)
{
	const union vsr a = { .q = v };
	union vsr r;

	EACH(h, a.h[7 - i]);
	return r.q;
}

#define IN_ORDER(c, order, v) (LIKELY(mem_is_le(c)) ? order(v) : (v))

#define LDST_ELEMENTS(name, order, check)                                          \
	u64 i_l##name(struct cpu *c, u32 insn, u64 pc)                             \
	{                                                                          \
		u128 v;                                                            \
                                                                                   \
		check;                                                             \
		if (UNLIKELY(!mem_ld128(c, ea_x(c, insn), &v)))                    \
			return cpu_fault(c, pc);                                   \
		vxt(c, insn)->q = IN_ORDER(c, order, v);                           \
		return NEXT;                                                       \
	}                                                                          \
	u64 i_st##name(struct cpu *c, u32 insn, u64 pc)                            \
	{                                                                          \
		u128 v = vxt(c, insn)->q;                                          \
                                                                                   \
		check;                                                             \
		if (UNLIKELY(!mem_st128(c, ea_x(c, insn), IN_ORDER(c, order, v)))) \
			return cpu_fault(c, pc);                                   \
		return NEXT;                                                       \
	}

#define NO_CHECK (void)0
#define CHECK_XT NEED_VSX_OR_VEC(f_xt(insn))

LDST_ELEMENTS(xvd2x, order_d, NO_CHECK)
LDST_ELEMENTS(xvw4x, order_w, NO_CHECK)
LDST_ELEMENTS(xvh8x, order_h, CHECK_XT)
LDST_ELEMENTS(xvb16x, mem_swap128, CHECK_XT)
LDST_ELEMENTS(xvx, AS_IS, CHECK_XT)

u64 i_lxvdsx(struct cpu *c, u32 insn, u64 pc)
{
	union vsr *t = vxt(c, insn);
	u64 v;

	if (UNLIKELY(!mem_ld64(c, ea_x(c, insn), &v)))
		return cpu_fault(c, pc);
	t->d[0] = v;
	t->d[1] = v;
	return NEXT;
}

u64 i_lxvwsx(struct cpu *c, u32 insn, u64 pc)
{
	union vsr r;
	u32 v;

	CHECK_XT;
	if (UNLIKELY(!mem_ld32(c, ea_x(c, insn), &v)))
		return cpu_fault(c, pc);
	EACH(w, v);
	*vxt(c, insn) = r;
	return NEXT;
}

/* DQ-form: the sixth bit of the register is bit 28. */
static inline u32 f_xtq(u32 insn)
{
	return f_rt(insn) | (insn << 2 & 0x20);
}

u64 i_lxv(struct cpu *c, u32 insn, u64 pc)
{
	u32 xt = f_xtq(insn);
	u128 v;

	NEED_VSX_OR_VEC(xt);
	if (UNLIKELY(!mem_ld128(c, ea_dq(c, insn), &v)))
		return cpu_fault(c, pc);
	c->vsr[xt].q = v;
	return NEXT;
}

u64 i_stxv(struct cpu *c, u32 insn, u64 pc)
{
	u32 xs = f_xtq(insn);

	NEED_VSX_OR_VEC(xs);
	if (UNLIKELY(!mem_st128(c, ea_dq(c, insn), c->vsr[xs].q)))
		return cpu_fault(c, pc);
	return NEXT;
}

/* ---- with length: bits 0:7 of RB, at most 16 ---- */

static inline u32 length_of(const struct cpu *c, u32 insn)
{
	u64 n = c->gpr[f_rb(insn)] >> 56;

	return n < 16 ? (u32)n : 16;
}

/* Whether @n bytes at @ea are on the page of @e. */
static inline bool within_page(const struct tlb_entry *e, u64 ea, u32 n)
{
	return (ea & TLB_PAGE_MASK) == e->tag && (ea & ~TLB_PAGE_MASK) + n <= 4096;
}

static bool load_bytes(struct cpu *c, u64 ea, u32 n, u8 *bytes)
{
	const struct tlb_entry *e = tlb_slot(c->rd, ea);

	if (LIKELY(within_page(e, ea, n))) {
		memcpy(bytes, (const void *)(ea + e->addend), n);
		return true;
	}
	for (u32 i = 0; i < n; i++)
		if (!mem_raw_ld8(c, ea_of(c, ea + i), &bytes[i]))
			return false;
	return true;
}

static bool store_bytes(struct cpu *c, u64 ea, u32 n, const u8 *bytes)
{
	const struct tlb_entry *e = tlb_slot(c->wr, ea);

	if (LIKELY(within_page(e, ea, n))) {
		memcpy((void *)(ea + e->addend), bytes, n);
		return true;
	}
	if (n && !mem_probe(c, ea, n, true))
		return false;
	for (u32 i = 0; i < n; i++)
		if (!mem_raw_st8(c, ea_of(c, ea + i), bytes[i]))
			return false;
	return true;
}

/*
 * @left: the bytes are the left ones of the register, in memory order, as
 * lxvll and big-endian lxvl have them; else the right ones as a little-endian
 * number. The rest of the register is zero.
 */
static u64 load_length(struct cpu *c, u32 insn, u64 pc, bool left)
{
	union vsr v = { .q = 0 };

	CHECK_XT;
	if (!load_bytes(c, ea_of(c, ra0(c, insn)), length_of(c, insn), v.b))
		return cpu_fault(c, pc);
	vxt(c, insn)->q = left ? mem_swap128(v.q) : v.q;
	return NEXT;
}

static u64 store_length(struct cpu *c, u32 insn, u64 pc, bool left)
{
	union vsr v = *vxt(c, insn);

	CHECK_XT;
	if (left)
		v.q = mem_swap128(v.q);
	if (!store_bytes(c, ea_of(c, ra0(c, insn)), length_of(c, insn), v.b))
		return cpu_fault(c, pc);
	return NEXT;
}

u64 i_lxvl(struct cpu *c, u32 insn, u64 pc)
{
	return load_length(c, insn, pc, !mem_is_le(c));
}

u64 i_lxvll(struct cpu *c, u32 insn, u64 pc)
{
	return load_length(c, insn, pc, true);
}

u64 i_stxvl(struct cpu *c, u32 insn, u64 pc)
{
	return store_length(c, insn, pc, !mem_is_le(c));
}

u64 i_stxvll(struct cpu *c, u32 insn, u64 pc)
{
	return store_length(c, insn, pc, true);
}

/* ---- moves between VSRs and GPRs [ISA 3.1B I 3.3.16] ---- */

/* Those of doubleword 0 ask for MSR[FP] when the register is an FPR. */
static inline bool fp_or_vec_off(const struct cpu *c, u32 xt)
{
	return !(c->msr & (xt & 32 ? MSR_VEC : MSR_FP));
}

static COLD u64 fp_or_vec_unavailable(struct cpu *c, u32 xt, u64 pc)
{
	return cpu_raise(c, xt & 32 ? EXC_VEC : EXC_FP, pc, 0);
}

#define MOVE_FROM(name, type)                                            \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                    \
	{                                                                \
		if (UNLIKELY(fp_or_vec_off(c, f_xt(insn))))              \
			return fp_or_vec_unavailable(c, f_xt(insn), pc); \
		c->gpr[f_ra(insn)] = (type)vxt(c, insn)->d[1];           \
		return NEXT;                                             \
	}

#define MOVE_TO(name, type)                                              \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                    \
	{                                                                \
		if (UNLIKELY(fp_or_vec_off(c, f_xt(insn))))              \
			return fp_or_vec_unavailable(c, f_xt(insn), pc); \
		set_scalar(vxt(c, insn), (u64)(type)c->gpr[f_ra(insn)]); \
		return NEXT;                                             \
	}

MOVE_FROM(mfvsrd, u64)
MOVE_FROM(mfvsrwz, u32)
MOVE_TO(mtvsrd, u64)
MOVE_TO(mtvsrwa, s32)
MOVE_TO(mtvsrwz, u32)

u64 i_mfvsrld(struct cpu *c, u32 insn, u64 pc)
{
	CHECK_XT;
	c->gpr[f_ra(insn)] = vxt(c, insn)->d[0];
	return NEXT;
}

u64 i_mtvsrdd(struct cpu *c, u32 insn, u64 pc)
{
	union vsr *t = vxt(c, insn);

	CHECK_XT;
	t->d[1] = ra0(c, insn);
	t->d[0] = c->gpr[f_rb(insn)];
	return NEXT;
}

u64 i_mtvsrws(struct cpu *c, u32 insn, u64 pc)
{
	union vsr r;

	CHECK_XT;
	EACH(w, c->gpr[f_ra(insn)]);
	*vxt(c, insn) = r;
	return NEXT;
}

/* ---- ISA 3.1: pairs of registers, rightmost elements, constants ---- */

/* Pairs: four bits of an even number, then the bit that adds 32. */
static inline u32 f_xtp(u32 insn)
{
	return (insn >> 21 & 0x1e) | (insn >> 16 & 0x20);
}

/* The 32 bytes are one number: little-endian, the second register comes first. */
static u64 load_pair(struct cpu *c, u32 insn, u64 pc, u64 ea)
{
	u32 first = f_xtp(insn) + (mem_is_le(c) ? 1 : 0);
	u128 v, w;

	if (!mem_ld128(c, ea, &v) || !mem_ld128(c, ea_of(c, ea + 16), &w))
		return cpu_fault(c, pc);
	c->vsr[first].q = v;
	c->vsr[first ^ 1].q = w;
	return NEXT;
}

static u64 store_pair(struct cpu *c, u32 insn, u64 pc, u64 ea)
{
	u32 first = f_xtp(insn) + (mem_is_le(c) ? 1 : 0);

	/* A fault of the second store may leave the first done: the instruction is done again. */
	if (!mem_st128(c, ea, c->vsr[first].q) ||
	    !mem_st128(c, ea_of(c, ea + 16), c->vsr[first ^ 1].q))
		return cpu_fault(c, pc);
	return NEXT;
}

u64 i_lxvp(struct cpu *c, u32 insn, u64 pc)
{
	return load_pair(c, insn, pc, ea_dq(c, insn));
}

u64 i_lxvpx(struct cpu *c, u32 insn, u64 pc)
{
	return load_pair(c, insn, pc, ea_x(c, insn));
}

u64 i_stxvp(struct cpu *c, u32 insn, u64 pc)
{
	return store_pair(c, insn, pc, ea_dq(c, insn));
}

u64 i_stxvpx(struct cpu *c, u32 insn, u64 pc)
{
	return store_pair(c, insn, pc, ea_x(c, insn));
}

#define LDST_RIGHTMOST(letter, bits)                                              \
	u64 i_lxvr##letter##x(struct cpu *c, u32 insn, u64 pc)                    \
	{                                                                         \
		u##bits v;                                                        \
                                                                                  \
		if (!mem_ld##bits(c, ea_x(c, insn), &v))                          \
			return cpu_fault(c, pc);                                  \
		vxt(c, insn)->q = v;                                              \
		return NEXT;                                                      \
	}                                                                         \
	u64 i_stxvr##letter##x(struct cpu *c, u32 insn, u64 pc)                   \
	{                                                                         \
		if (!mem_st##bits(c, ea_x(c, insn), (u##bits)vxt(c, insn)->d[0])) \
			return cpu_fault(c, pc);                                  \
		return NEXT;                                                      \
	}

LDST_RIGHTMOST(b, 8)
LDST_RIGHTMOST(h, 16)
LDST_RIGHTMOST(w, 32)
LDST_RIGHTMOST(d, 64)

/* The left words of the quad precision constants; 0: reserved. From 16 on they are negative. */
static const u32 quad_constants[] = {
	[1] = 0x3fff0000,  /* 1 */
	[2] = 0x40000000,  /* 2 */
	[3] = 0x40008000,  /* 3 */
	[4] = 0x40010000,  /* 4 */
	[5] = 0x40014000,  /* 5 */
	[6] = 0x40018000,  /* 6 */
	[7] = 0x4001c000,  /* 7 */
	[8] = 0x7fff0000,  /* infinity */
	[9] = 0x7fff8000,  /* quiet NaN */
	[16] = 0x80000000, /* -0 */
	[17] = 0xbfff0000, /* -1 */
	[18] = 0xc0000000, [19] = 0xc0008000, [20] = 0xc0010000, [21] = 0xc0014000,
	[22] = 0xc0018000, [23] = 0xc001c000, [24] = 0xffff0000, /* -infinity */
};

u64 i_lxvkq(struct cpu *c, u32 insn, u64 pc)
{
	u32 n = f_rb(insn);

	if (n >= ARRAY_SIZE(quad_constants) || !quad_constants[n])
		return cpu_illegal(c, insn, pc);
	vxt(c, insn)->q = (u128)quad_constants[n] << 96;
	return NEXT;
}
