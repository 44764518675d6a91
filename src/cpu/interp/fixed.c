// SPDX-License-Identifier: Apache-2.0
/*
 * Fixed-point add, subtract, compare, trap, select, logic, rotate and shift
 * [ISA 3.1B I 3.3.9-3.3.14]. Multiplication and division are in fixed_mul.c,
 * counting and permuting of bits in fixed_bits.c.
 *
 * Status in 32-bit mode [ISA 3.1B I 3.2.2]: CA and OV are those of the low
 * word, as CA32 and OV32 always are; CR0 looks at the low word (cr_record).
 */
#include "cpu/interp/interp.h"
#include "cpu/interp/thread.h"

#define RC 1u
#define OE 0x400u

#define RT c->gpr[f_rt(insn)]
#define RS c->gpr[f_rt(insn)]
#define RA c->gpr[f_ra(insn)]
#define RB c->gpr[f_rb(insn)]

static inline bool is_64bit(const struct cpu *c)
{
	return c->ea_mask == ~0ULL;
}

/* Writes a result to register @r and records it if Rc = 1. */
static inline u64 result(struct cpu *c, u32 insn, u64 pc, u32 r, u64 v)
{
	c->gpr[r] = v;
	if (UNLIKELY(insn & RC))
		cr_record(c, v);
	return NEXT;
}

/* Instructions whose destination is RT have OE, those whose destination is RA do not. */
static inline u64 result_ra(struct cpu *c, u32 insn, u64 pc, u64 v)
{
	return result(c, insn, pc, f_ra(insn), v);
}

/* ---- add and subtract --------------------------------------------------- */

static inline void set_ov(struct cpu *c, u64 a, u64 b, u64 r)
{
	u64 x = (a ^ r) & (b ^ r);

	c->ov32 = x >> 31 & 1;
	c->ov = is_64bit(c) ? (u8)(x >> 63) : c->ov32;
	c->so |= c->ov;
}

/* a + b + carry, with CA and CA32 set. */
static inline u64 add_carrying(struct cpu *c, u64 a, u64 b, u64 carry)
{
	u64 s, r;
	bool out = __builtin_add_overflow(a, b, &s);

	out |= __builtin_add_overflow(s, carry, &r);
	c->ca32 = (a ^ b ^ r) >> 32 & 1;
	c->ca = is_64bit(c) ? out : c->ca32;
	return r;
}

/* XO-form sums: the difference RB - RA is RB + ~RA + 1. */
static inline u64 sum(struct cpu *c, u32 insn, u64 pc, u64 a, u64 b, u64 carry)
{
	u64 r = a + b + carry;

	if (UNLIKELY(insn & OE))
		set_ov(c, a, b, r);
	return result(c, insn, pc, f_rt(insn), r);
}

static inline u64 sum_carrying(struct cpu *c, u32 insn, u64 pc, u64 a, u64 b, u64 carry)
{
	u64 r = add_carrying(c, a, b, carry);

	if (UNLIKELY(insn & OE))
		set_ov(c, a, b, r);
	return result(c, insn, pc, f_rt(insn), r);
}

#define SUM(name, worker, a, b, carry)                         \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)          \
	{                                                      \
		return worker(c, insn, pc, (a), (b), (carry)); \
	}

SUM(add, sum, RA, RB, 0)
SUM(subf, sum, ~RA, RB, 1)
SUM(neg, sum, ~RA, 0, 1)
SUM(addc, sum_carrying, RA, RB, 0)
SUM(subfc, sum_carrying, ~RA, RB, 1)
SUM(adde, sum_carrying, RA, RB, c->ca)
SUM(subfe, sum_carrying, ~RA, RB, c->ca)
SUM(addme, sum_carrying, RA, ~0ULL, c->ca)
SUM(subfme, sum_carrying, ~RA, ~0ULL, c->ca)
SUM(addze, sum_carrying, RA, 0, c->ca)
SUM(subfze, sum_carrying, ~RA, 0, c->ca)

u64 i_addi(struct cpu *c, u32 insn, u64 pc)
{
	RT = ra0(c, insn) + (u64)f_si(insn);
	return NEXT;
}

u64 i_addis(struct cpu *c, u32 insn, u64 pc)
{
	RT = ra0(c, insn) + ((u64)f_si(insn) << 16);
	return NEXT;
}

u64 i_addpcis(struct cpu *c, u32 insn, u64 pc)
{
	u32 d = (insn & 0xffc1) | (insn >> 15 & 0x3e);

	RT = NEXT + ((u64)(s64)(s16)d << 16);
	return NEXT;
}

u64 i_addic(struct cpu *c, u32 insn, u64 pc)
{
	RT = add_carrying(c, RA, (u64)f_si(insn), 0);
	return NEXT;
}

u64 i_addic_(struct cpu *c, u32 insn, u64 pc)
{
	u64 r = add_carrying(c, RA, (u64)f_si(insn), 0);

	RT = r;
	cr_record(c, r);
	return NEXT;
}

u64 i_subfic(struct cpu *c, u32 insn, u64 pc)
{
	RT = add_carrying(c, ~RA, (u64)f_si(insn), 1);
	return NEXT;
}

/* OV is a second carry here, and SO is left alone. CY other than 0 is reserved. */
u64 i_addex(struct cpu *c, u32 insn, u64 pc)
{
	u64 a = RA, b = RB, s, r;
	bool out;

	if (UNLIKELY(insn & 0x600))
		return cpu_illegal(c, insn, pc);
	out = __builtin_add_overflow(a, b, &s);
	out |= __builtin_add_overflow(s, (u64)c->ov, &r);
	c->ov32 = (a ^ b ^ r) >> 32 & 1;
	c->ov = is_64bit(c) ? out : c->ov32;
	RT = r;
	return NEXT;
}

/* ---- compare ------------------------------------------------------------ */

#define CMP_L 0x200000u

static inline u64 compare_signed(struct cpu *c, u32 insn, u64 pc, u64 b)
{
	bool dword = insn & CMP_L;
	s64 x = dword ? (s64)RA : (s32)RA;
	s64 y = dword ? (s64)b : (s32)b;
	bool lt = x < y;
	bool gt = x > y;

	cr_set_cmp(c, f_bf(insn), lt, gt);
	return NEXT;
}

static inline u64 compare_unsigned(struct cpu *c, u32 insn, u64 pc, u64 b)
{
	bool dword = insn & CMP_L;
	u64 x = dword ? RA : (u32)RA;
	u64 y = dword ? b : (u32)b;
	bool lt = x < y;
	bool gt = x > y;

	cr_set_cmp(c, f_bf(insn), lt, gt);
	return NEXT;
}

u64 i_cmp(struct cpu *c, u32 insn, u64 pc)
{
	return compare_signed(c, insn, pc, RB);
}

u64 i_cmpi(struct cpu *c, u32 insn, u64 pc)
{
	return compare_signed(c, insn, pc, (u64)f_si(insn));
}

u64 i_cmpl(struct cpu *c, u32 insn, u64 pc)
{
	return compare_unsigned(c, insn, pc, RB);
}

u64 i_cmpli(struct cpu *c, u32 insn, u64 pc)
{
	return compare_unsigned(c, insn, pc, f_ui(insn));
}

/* Is the low byte of RA within one (L = 0) or either (L = 1) range of RB? GT is the answer. */
u64 i_cmprb(struct cpu *c, u32 insn, u64 pc)
{
	u64 b = RB;
	u8 v = (u8)RA;
	bool in = v >= (u8)b && v <= (u8)(b >> 8);

	if (insn & CMP_L)
		in |= v >= (u8)(b >> 16) && v <= (u8)(b >> 24);
	cr_set_field(c, f_bf(insn), in ? 4 : 0);
	return NEXT;
}

u64 i_cmpeqb(struct cpu *c, u32 insn, u64 pc)
{
	u64 b = RB;
	u8 v = (u8)RA;
	bool in = false;

	for (u32 i = 0; i < 64; i += 8)
		in |= v == (u8)(b >> i);
	cr_set_field(c, f_bf(insn), in ? 4 : 0);
	return NEXT;
}

/* ---- trap, select, set boolean ------------------------------------------ */

/* TO: less, greater, equal, less unsigned, greater unsigned, from the left. */
static inline u64 trap_if(struct cpu *c, u32 insn, u64 pc, bool trap)
{
	(void)insn;
	return UNLIKELY(trap) ? cpu_program(c, pc, SRR1_TRAP) : NEXT;
}

static inline u64 trap_word(struct cpu *c, u32 insn, u64 pc, u32 b)
{
	u32 a = (u32)RA, to = f_rt(insn);
	u32 is = (u32)((s32)a < (s32)b) << 4 | (u32)((s32)a > (s32)b) << 3 | (u32)(a == b) << 2 |
		 (u32)(a < b) << 1 | (u32)(a > b);

	return trap_if(c, insn, pc, is & to);
}

static inline u64 trap_dword(struct cpu *c, u32 insn, u64 pc, u64 b)
{
	u64 a = RA;
	u32 to = f_rt(insn);
	u32 is = (u32)((s64)a < (s64)b) << 4 | (u32)((s64)a > (s64)b) << 3 | (u32)(a == b) << 2 |
		 (u32)(a < b) << 1 | (u32)(a > b);

	return trap_if(c, insn, pc, is & to);
}

u64 i_tw(struct cpu *c, u32 insn, u64 pc)
{
	return trap_word(c, insn, pc, (u32)RB);
}

u64 i_twi(struct cpu *c, u32 insn, u64 pc)
{
	return trap_word(c, insn, pc, (u32)f_si(insn));
}

u64 i_td(struct cpu *c, u32 insn, u64 pc)
{
	return trap_dword(c, insn, pc, RB);
}

u64 i_tdi(struct cpu *c, u32 insn, u64 pc)
{
	return trap_dword(c, insn, pc, (u64)f_si(insn));
}

u64 i_isel(struct cpu *c, u32 insn, u64 pc)
{
	RT = cr_bit(c, f_rc(insn)) ? ra0(c, insn) : RB;
	return NEXT;
}

u64 i_setb(struct cpu *c, u32 insn, u64 pc)
{
	u32 f = cr_field(c, f_bfa(insn));

	RT = f & 8 ? ~0ULL : f >> 2 & 1;
	return NEXT;
}

#define SET_BOOLEAN(name, value)                      \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		u64 bit = cr_bit(c, f_ra(insn));      \
                                                      \
		RT = (value);                         \
		return NEXT;                          \
	}

SET_BOOLEAN(setbc, bit)
SET_BOOLEAN(setbcr, bit ^ 1)
SET_BOOLEAN(setnbc, -bit)
SET_BOOLEAN(setnbcr, bit - 1)

/* ---- logic -------------------------------------------------------------- */

#define LOGIC(name, expr)                              \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)  \
	{                                              \
		u64 s = RS, b = RB;                    \
                                                       \
		return result_ra(c, insn, pc, (expr)); \
	}

LOGIC(and, s &b)
LOGIC(andc, s & ~b)
LOGIC(or, s | b)
LOGIC(orc, s | ~b)
LOGIC(xor, s ^ b)
LOGIC(nand, ~(s &b))
LOGIC(nor, ~(s | b))
LOGIC(eqv, ~(s ^ b))

#define LOGIC_IMMEDIATE(name, expr)                   \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		u64 s = RS, ui = f_ui(insn);          \
                                                      \
		RA = (expr);                          \
		return NEXT;                          \
	}

LOGIC_IMMEDIATE(ori, s | ui)
LOGIC_IMMEDIATE(oris, s | ui << 16)
LOGIC_IMMEDIATE(xori, s ^ ui)
LOGIC_IMMEDIATE(xoris, s ^ ui << 16)

u64 i_andi_(struct cpu *c, u32 insn, u64 pc)
{
	return result_ra(c, RC | insn, pc, RS & f_ui(insn));
}

u64 i_andis_(struct cpu *c, u32 insn, u64 pc)
{
	return result_ra(c, RC | insn, pc, RS & (u64)f_ui(insn) << 16);
}

#define EXTEND(name, type)                                         \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)              \
	{                                                          \
		return result_ra(c, insn, pc, (u64)(s64)(type)RS); \
	}

EXTEND(extsb, s8)
EXTEND(extsh, s16)
EXTEND(extsw, s32)

/* ---- rotate ------------------------------------------------------------- */

/* MASK(mb, me): ones from IBM bit mb to me, wrapping around when mb > me. */
static inline u64 mask64(u32 mb, u32 me)
{
	u64 from = ~0ULL >> mb, to = ~0ULL << (63 - me);

	return mb <= me ? from & to : from | to;
}

/* ROTL32: the low word rotated, in both halves. */
static inline u64 rotl32x2(u64 v, u32 n)
{
	u64 r = rotl32((u32)v, n);

	return r << 32 | r;
}

u64 i_rlwinm(struct cpu *c, u32 insn, u64 pc)
{
	u64 m = mask64(f_mb5(insn) + 32, f_me5(insn) + 32);

	return result_ra(c, insn, pc, rotl32x2(RS, f_sh5(insn)) & m);
}

u64 i_rlwnm(struct cpu *c, u32 insn, u64 pc)
{
	u64 m = mask64(f_mb5(insn) + 32, f_me5(insn) + 32);

	return result_ra(c, insn, pc, rotl32x2(RS, (u32)RB & 31) & m);
}

u64 i_rlwimi(struct cpu *c, u32 insn, u64 pc)
{
	u64 m = mask64(f_mb5(insn) + 32, f_me5(insn) + 32);

	return result_ra(c, insn, pc, (rotl32x2(RS, f_sh5(insn)) & m) | (RA & ~m));
}

u64 i_rldicl(struct cpu *c, u32 insn, u64 pc)
{
	return result_ra(c, insn, pc, rotl64(RS, f_sh6(insn)) & ~0ULL >> f_mb6(insn));
}

u64 i_rldicr(struct cpu *c, u32 insn, u64 pc)
{
	return result_ra(c, insn, pc, rotl64(RS, f_sh6(insn)) & ~0ULL << (63 - f_mb6(insn)));
}

u64 i_rldic(struct cpu *c, u32 insn, u64 pc)
{
	u32 sh = f_sh6(insn);

	return result_ra(c, insn, pc, rotl64(RS, sh) & mask64(f_mb6(insn), 63 - sh));
}

u64 i_rldimi(struct cpu *c, u32 insn, u64 pc)
{
	u32 sh = f_sh6(insn);
	u64 m = mask64(f_mb6(insn), 63 - sh);

	return result_ra(c, insn, pc, (rotl64(RS, sh) & m) | (RA & ~m));
}

u64 i_rldcl(struct cpu *c, u32 insn, u64 pc)
{
	return result_ra(c, insn, pc, rotl64(RS, (u32)RB & 63) & ~0ULL >> f_mb6(insn));
}

u64 i_rldcr(struct cpu *c, u32 insn, u64 pc)
{
	return result_ra(c, insn, pc, rotl64(RS, (u32)RB & 63) & ~0ULL << (63 - f_mb6(insn)));
}

/* ---- shift -------------------------------------------------------------- */

u64 i_slw(struct cpu *c, u32 insn, u64 pc)
{
	u32 n = (u32)RB & 63;

	return result_ra(c, insn, pc, n < 32 ? (u32)RS << n : 0);
}

u64 i_srw(struct cpu *c, u32 insn, u64 pc)
{
	u32 n = (u32)RB & 63;

	return result_ra(c, insn, pc, (u64)(u32)RS >> n);
}

u64 i_sld(struct cpu *c, u32 insn, u64 pc)
{
	u32 n = (u32)RB & 127;

	return result_ra(c, insn, pc, n < 64 ? RS << n : 0);
}

u64 i_srd(struct cpu *c, u32 insn, u64 pc)
{
	u32 n = (u32)RB & 127;

	return result_ra(c, insn, pc, n < 64 ? RS >> n : 0);
}

/*
 * Arithmetic shifts right by up to 63 (a word: sign-extended before): CA says
 * that the operand is negative and ones were shifted out.
 */
static inline u64 shift_arithmetic(struct cpu *c, u32 insn, u64 pc, s64 v, u32 n)
{
	bool lost = v & (s64)((1ULL << n) - 1);

	c->ca = c->ca32 = v < 0 && lost;
	return result_ra(c, insn, pc, (u64)(v >> n));
}

u64 i_sraw(struct cpu *c, u32 insn, u64 pc)
{
	return shift_arithmetic(c, insn, pc, (s32)RS, (u32)RB & 63);
}

u64 i_srawi(struct cpu *c, u32 insn, u64 pc)
{
	return shift_arithmetic(c, insn, pc, (s32)RS, f_sh5(insn));
}

u64 i_sradi(struct cpu *c, u32 insn, u64 pc)
{
	return shift_arithmetic(c, insn, pc, (s64)RS, f_sh6(insn));
}

u64 i_srad(struct cpu *c, u32 insn, u64 pc)
{
	s64 v = (s64)RS;
	u32 n = (u32)RB & 127;

	if (n < 64)
		return shift_arithmetic(c, insn, pc, v, n);
	c->ca = c->ca32 = v < 0;
	return result_ra(c, insn, pc, (u64)(v >> 63));
}

u64 i_extswsli(struct cpu *c, u32 insn, u64 pc)
{
	return result_ra(c, insn, pc, (u64)(s64)(s32)RS << f_sh6(insn));
}

THREAD(addi)
THREAD(addis)
THREAD(add)
THREAD(addc)
THREAD(adde)
THREAD(addze)
THREAD(subf)
THREAD(subfc)
THREAD(subfe)
THREAD(neg)
THREAD(cmp)
THREAD(cmpi)
THREAD(cmpl)
THREAD(cmpli)
THREAD(isel)
THREAD(and)
THREAD(andc)
THREAD(or)
THREAD(xor)
THREAD(nor)
THREAD(ori)
THREAD(oris)
THREAD(xori)
THREAD(andi_)
THREAD(andis_)
THREAD(extsb)
THREAD(extsh)
THREAD(extsw)
THREAD(rlwinm)
THREAD(rlwimi)
THREAD(rldicl)
THREAD(rldicr)
THREAD(rldic)
THREAD(rldimi)
THREAD(slw)
THREAD(srw)
THREAD(sld)
THREAD(srd)
THREAD(srawi)
THREAD(sradi)
THREAD(extswsli)
