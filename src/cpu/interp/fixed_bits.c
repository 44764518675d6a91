// SPDX-License-Identifier: Apache-2.0
/*
 * Counting, permuting and byte-reversing of bits, decimal assistance, moves of
 * CR fields, random numbers and return-address hashes
 * [ISA 3.1B I 3.3.9, 3.3.13, 3.3.15-3.3.18].
 */
#include "cpu/interp/interp.h"

#include "base/bits.h"

#define RC 1u

#define RT c->gpr[f_rt(insn)]
#define RS c->gpr[f_rt(insn)]
#define RA c->gpr[f_ra(insn)]
#define RB c->gpr[f_rb(insn)]

#define EVERY_BYTE(v) (0x0101010101010101ULL * (v))

/* ---- count -------------------------------------------------------------- */

static inline u64 count_result(struct cpu *c, u32 insn, u64 pc, u64 v)
{
	RA = v;
	if (insn & RC)
		cr_record(c, v);
	return NEXT;
}

static u64 leading_zeros(u64 v)
{
	return v ? (u64)__builtin_clzll(v) : 64;
}

static u64 trailing_zeros(u64 v)
{
	return v ? (u64)__builtin_ctzll(v) : 64;
}

u64 i_cntlzw(struct cpu *c, u32 insn, u64 pc)
{
	return count_result(c, insn, pc, leading_zeros((u32)RS) - 32);
}

u64 i_cnttzw(struct cpu *c, u32 insn, u64 pc)
{
	return count_result(c, insn, pc, trailing_zeros(RS | 1ULL << 32));
}

u64 i_cntlzd(struct cpu *c, u32 insn, u64 pc)
{
	return count_result(c, insn, pc, leading_zeros(RS));
}

u64 i_cnttzd(struct cpu *c, u32 insn, u64 pc)
{
	return count_result(c, insn, pc, trailing_zeros(RS));
}

static u64 popcount(u64 v)
{
	return (u64)__builtin_popcountll(v);
}

u64 i_popcntb(struct cpu *c, u32 insn, u64 pc)
{
	u64 v = RS;

	v -= v >> 1 & EVERY_BYTE(0x55);
	v = (v & EVERY_BYTE(0x33)) + (v >> 2 & EVERY_BYTE(0x33));
	RA = (v + (v >> 4)) & EVERY_BYTE(0x0f);
	return NEXT;
}

u64 i_popcntw(struct cpu *c, u32 insn, u64 pc)
{
	u64 v = RS;

	RA = popcount(v >> 32) << 32 | popcount((u32)v);
	return NEXT;
}

u64 i_popcntd(struct cpu *c, u32 insn, u64 pc)
{
	RA = popcount(RS);
	return NEXT;
}

/* Parity of the least significant bits of the bytes. */
u64 i_prtyw(struct cpu *c, u32 insn, u64 pc)
{
	u64 v = RS & EVERY_BYTE(1);

	RA = (popcount(v >> 32) & 1) << 32 | (popcount((u32)v) & 1);
	return NEXT;
}

u64 i_prtyd(struct cpu *c, u32 insn, u64 pc)
{
	RA = popcount(RS & EVERY_BYTE(1)) & 1;
	return NEXT;
}

/* ---- select and permute bits -------------------------------------------- */

u64 i_cmpb(struct cpu *c, u32 insn, u64 pc)
{
	u64 diff = RS ^ RB, r = 0;

	for (u32 i = 0; i < 64; i += 8)
		if (!(u8)(diff >> i))
			r |= 0xffULL << i;
	RA = r;
	return NEXT;
}

u64 i_bpermd(struct cpu *c, u32 insn, u64 pc)
{
	u64 s = RS, b = RB, r = 0;

	for (u32 i = 0; i < 8; i++) {
		u32 index = s >> (8 * i) & 0xff;

		if (index < 64)
			r |= (b >> (63 - index) & 1) << i;
	}
	RA = r;
	return NEXT;
}

/* The bits of @v below the ones of @mask, gathered at the right. */
static u64 extract(u64 v, u64 mask)
{
	u64 r = 0;

	for (u32 n = 0; mask; mask &= mask - 1, n++)
		r |= (v >> __builtin_ctzll(mask) & 1) << n;
	return r;
}

u64 i_pextd(struct cpu *c, u32 insn, u64 pc)
{
	RA = extract(RS, RB);
	return NEXT;
}

u64 i_pdepd(struct cpu *c, u32 insn, u64 pc)
{
	u64 v = RS, r = 0;

	for (u64 mask = RB; mask; mask &= mask - 1, v >>= 1)
		if (v & 1)
			r |= mask & -mask;
	RA = r;
	return NEXT;
}

/* Bits below a zero of the mask to the left, those below a one to the right. */
u64 i_cfuged(struct cpu *c, u32 insn, u64 pc)
{
	u64 s = RS, mask = RB;
	u64 right = extract(s, mask), left = extract(s, ~mask);

	RA = mask ? right | (~mask ? left << popcount(mask) : 0) : left;
	return NEXT;
}

u64 i_cntlzdm(struct cpu *c, u32 insn, u64 pc)
{
	u64 mask = RB;

	RA = leading_zeros(extract(RS, mask)) - (64 - popcount(mask));
	return NEXT;
}

u64 i_cnttzdm(struct cpu *c, u32 insn, u64 pc)
{
	u64 mask = RB, n = popcount(mask), zeros = trailing_zeros(extract(RS, mask));

	RA = zeros < n ? zeros : n;
	return NEXT;
}

u64 i_brh(struct cpu *c, u32 insn, u64 pc)
{
	u64 v = RS;

	RA = (v & 0x00ff00ff00ff00ffULL) << 8 | (v >> 8 & 0x00ff00ff00ff00ffULL);
	return NEXT;
}

u64 i_brw(struct cpu *c, u32 insn, u64 pc)
{
	u64 v = RS;

	RA = (u64)__builtin_bswap32((u32)(v >> 32)) << 32 | __builtin_bswap32((u32)v);
	return NEXT;
}

u64 i_brd(struct cpu *c, u32 insn, u64 pc)
{
	RA = __builtin_bswap64(RS);
	return NEXT;
}

/* ---- decimal assistance ------------------------------------------------- */

/*
 * A declet p q r s t u v w x y to three BCD digits [ISA 3.1B I B.2]. v says
 * that a digit is 8 or 9, w x (and s t) which.
 */
static u32 dpd_to_bcd(u32 declet)
{
	u32 r = declet >> 7 & 1, u = declet >> 4 & 1, y = declet & 1;
	u32 pq = declet >> 8 & 3, st = declet >> 5 & 3, wx = declet >> 1 & 3;
	u32 d2 = pq << 1 | r, d1 = st << 1 | u, d0 = wx << 1 | y;

	if (!(declet & 8))
		return d2 << 8 | d1 << 4 | d0;
	switch (wx) {
	case 0:
		return d2 << 8 | d1 << 4 | 8 | y;
	case 1:
		return d2 << 8 | (8 | u) << 4 | st << 1 | y;
	case 2:
		return (8 | r) << 8 | d1 << 4 | pq << 1 | y;
	}
	switch (st) {
	case 0:
		return (8 | r) << 8 | (8 | u) << 4 | pq << 1 | y;
	case 1:
		return (8 | r) << 8 | (pq << 1 | u) << 4 | 8 | y;
	case 2:
		return d2 << 8 | (8 | u) << 4 | 8 | y;
	}
	return (8 | r) << 8 | (8 | u) << 4 | 8 | y;
}

/* Three BCD digits to a declet. Of digits above 9 only bits 3 and 0 count, as for 8 and 9. */
static u32 bcd_to_dpd(u32 bcd)
{
	u32 d2 = bcd >> 8 & 15, d1 = bcd >> 4 & 15, d0 = bcd & 15;
	u32 odd = (d2 & 1) << 7 | (d1 & 1) << 4 | (d0 & 1);
	u32 h2 = d2 >> 1 & 3, h1 = d1 >> 1 & 3, h0 = d0 >> 1 & 3;

	switch ((d2 & 8) >> 1 | (d1 & 8) >> 2 | (d0 & 8) >> 3) {
	case 0:
		return odd | h2 << 8 | h1 << 5 | h0 << 1;
	case 1:
		return odd | h2 << 8 | h1 << 5 | 8;
	case 2:
		return odd | h2 << 8 | h0 << 5 | 8 | 2;
	case 4:
		return odd | h0 << 8 | h1 << 5 | 8 | 4;
	case 6:
		return odd | h0 << 8 | 8 | 6;
	case 5:
		return odd | h1 << 8 | 1 << 5 | 8 | 6;
	case 3:
		return odd | h2 << 8 | 2 << 5 | 8 | 6;
	}
	return odd | 3 << 5 | 8 | 6;
}

u64 i_cdtbcd(struct cpu *c, u32 insn, u64 pc)
{
	u64 s = RS, r = 0;

	for (u32 w = 0; w < 64; w += 32) {
		u32 v = (u32)(s >> w);

		r |= (u64)(dpd_to_bcd(v >> 10 & 0x3ff) << 12 | dpd_to_bcd(v & 0x3ff)) << w;
	}
	RA = r;
	return NEXT;
}

u64 i_cbcdtd(struct cpu *c, u32 insn, u64 pc)
{
	u64 s = RS, r = 0;

	for (u32 w = 0; w < 64; w += 32) {
		u32 v = (u32)(s >> w);

		r |= (u64)(bcd_to_dpd(v >> 12) << 10 | bcd_to_dpd(v)) << w;
	}
	RA = r;
	return NEXT;
}

/* 6 in every digit out of which the sum RA + RB has no carry. */
u64 i_addg6s(struct cpu *c, u32 insn, u64 pc)
{
	u64 a = RA, b = RB, r = a + b;
	u64 carries = (a & b) | ((a | b) & ~r);
	u64 none = ~carries & 0x8888888888888888ULL;

	RT = none >> 1 | none >> 2;
	return NEXT;
}

/* ---- condition register, XER -------------------------------------------- */

u64 i_mfcr(struct cpu *c, u32 insn, u64 pc)
{
	RT = cr_get(c);
	return NEXT;
}

/* A mask of the CR bits that the ones of FXM select. */
static u32 fxm_mask(u32 insn)
{
	u32 m = 0;

	for (u32 f = 0; f < 8; f++)
		if (insn >> 12 & 1u << f)
			m |= 15u << (4 * f);
	return m;
}

/* The fields not selected are undefined: zero. */
u64 i_mfocrf(struct cpu *c, u32 insn, u64 pc)
{
	RT = cr_get(c) & fxm_mask(insn);
	return NEXT;
}

u64 i_mtcrf(struct cpu *c, u32 insn, u64 pc)
{
	u32 v = (u32)RS;

	for (u32 f = 0; f < 8; f++)
		if (insn & 0x80000u >> f)
			cr_set_field(c, f, v >> (28 - 4 * f) & 15);
	return NEXT;
}

u64 i_mtocrf(struct cpu *c, u32 insn, u64 pc)
{
	return i_mtcrf(c, insn, pc);
}

u64 i_mcrxrx(struct cpu *c, u32 insn, u64 pc)
{
	cr_set_field(c, f_bf(insn), (u32)(c->ov << 3 | c->ov32 << 2 | c->ca << 1 | c->ca32));
	return NEXT;
}

/* ---- random number ------------------------------------------------------ */

/* L: 0 a conditioned word, 1 a conditioned, 2 a raw doubleword. All ones: none. */
u64 i_darn(struct cpu *c, u32 insn, u64 pc)
{
	u32 l = f_ra(insn) & 3;
	u64 v;

	if (l == 3 || !c->ops->random || !c->ops->random(c, &v))
		v = ~0ULL;
	else if (l == 0)
		v = (u32)v;
	RT = v;
	return NEXT;
}

/* ---- return-address hashes ---------------------------------------------- */

static u16 rotl16(u16 v, u32 n)
{
	return (u16)(v << n | v >> (16 - n));
}

/*
 * The block cipher of the hash [ISA 3.1B I 3.3.18], after Simon32/64: 32-bit
 * blocks, 64-bit key, 32 rounds. Round i uses the key word that @lane permutes
 * within its group of four.
 */
static u32 hash_cipher(u32 block, u64 key, u32 lane)
{
	const u64 z = 0xfa2561cdf44ac398ULL;
	u16 k[32];
	u16 left = (u16)block, right = (u16)(block >> 16);

	for (u32 i = 0; i < 4; i++)
		k[i] = (u16)(key >> (48 - 16 * i));
	for (u32 i = 0; i < 28; i++) {
		u16 t = rotl16(k[i + 3], 13) ^ k[i + 1];

		k[i + 4] = (u16)(0xfffc ^ (z >> (63 - i) & 1) ^ k[i] ^ t ^ rotl16(t, 15));
	}
	for (u32 i = 0; i < 32; i++) {
		u16 f = (rotl16(left, 1) & rotl16(left, 8)) ^ rotl16(left, 2);
		u16 next = right ^ f ^ k[(i & ~3u) + ((i + lane) & 3)];

		right = left;
		left = next;
	}
	return (u32)right << 16 | left;
}

/* The bytes of RA in ascending order alternate with those of RB in descending order. */
static u64 hash_digest(u64 a, u64 b, u64 key)
{
	u64 high = 0, low = 0;

	for (u32 i = 0; i < 4; i++) {
		high |= (a >> (32 + 8 * i) & 0xff) << (16 * i);
		high |= (b >> (8 * i) & 0xff) << (56 - 16 * i);
		low |= (a >> (8 * i) & 0xff) << (16 * i);
		low |= (b >> (32 + 8 * i) & 0xff) << (56 - 16 * i);
	}
	return ((u64)hash_cipher((u32)(high >> 32), key, 0) << 32 |
		hash_cipher((u32)high, key, 1)) ^
	       ((u64)hash_cipher((u32)(low >> 32), key, 2) << 32 | hash_cipher((u32)low, key, 3));
}

/*
 * Without their aspect in DEXCR (of the privilege in question; HDEXCR
 * enforces) these are no-operations [ISA 3.1B III 3.1.2].
 */
#define DEXCR_NPHIE PPC_BIT32(5)
#define DEXCR_PHIE PPC_BIT32(6)

static bool hash_enabled(const struct cpu *c, u32 aspect)
{
	u64 own = c->msr & MSR_PR ? c->spr.dexcr : c->spr.dexcr >> 32;

	return (own | c->spr.hdexcr) & aspect;
}

/* The displacement is -512 to -8. */
static u64 hash_ea(const struct cpu *c, u32 insn)
{
	u64 d = ~0x1ffULL | (insn & 1) << 8 | f_rt(insn) << 3;

	return ea_of(c, RA + d);
}

static u64 hash_misaligned(struct cpu *c, u64 pc, u64 ea, u32 dsisr)
{
	c->fault = (struct cpu_fault){ .vector = EXC_ALIGN, .dsisr = dsisr, .dar = ea };
	return cpu_fault(c, pc);
}

static u64 hash_store(struct cpu *c, u32 insn, u64 pc, u64 key)
{
	u64 ea = hash_ea(c, insn);

	if (ea & 7)
		return hash_misaligned(c, pc, ea, DSISR_STORE);
	if (!mem_st64(c, ea, hash_digest(RA, RB, key)))
		return cpu_fault(c, pc);
	return NEXT;
}

static u64 hash_check(struct cpu *c, u32 insn, u64 pc, u64 key)
{
	u64 ea = hash_ea(c, insn), v;

	if (ea & 7)
		return hash_misaligned(c, pc, ea, 0);
	if (!mem_ld64(c, ea, &v))
		return cpu_fault(c, pc);
	if (v != hash_digest(RA, RB, key))
		return cpu_program(c, pc, SRR1_TRAP);
	return NEXT;
}

u64 i_hashst(struct cpu *c, u32 insn, u64 pc)
{
	return hash_enabled(c, DEXCR_NPHIE) ? hash_store(c, insn, pc, c->spr.hashkeyr) : NEXT;
}

u64 i_hashchk(struct cpu *c, u32 insn, u64 pc)
{
	return hash_enabled(c, DEXCR_NPHIE) ? hash_check(c, insn, pc, c->spr.hashkeyr) : NEXT;
}

/* Of the privileged ones the hypervisor has the key; a guest cannot read it. */
u64 i_hashstp(struct cpu *c, u32 insn, u64 pc)
{
	return hash_enabled(c, DEXCR_PHIE) ? hash_store(c, insn, pc, c->spr.hashpkeyr) : NEXT;
}

u64 i_hashchkp(struct cpu *c, u32 insn, u64 pc)
{
	return hash_enabled(c, DEXCR_PHIE) ? hash_check(c, insn, pc, c->spr.hashpkeyr) : NEXT;
}

/* Reserved no-operations, so that programs with hashes run on older processors. */
u64 i_resnop(struct cpu *c, u32 insn, u64 pc)
{
	(void)c;
	(void)insn;
	return NEXT;
}
