// SPDX-License-Identifier: Apache-2.0
/*
 * Prefixed fixed-point and floating-point loads and stores, paddi and pnop
 * [ISA 3.1B I 3.3, 4.6]. Those of VSX are in prefix_vsx.c.
 */
#include "cpu/interp/prefix.h"

#include "cpu/interp/ldst.h"
#include "cpu/softfp/softfp.h"
#include "isa/encode.h"

#define RT c->gpr[f_rt(insn)]

static inline void set_fpr(struct cpu *c, u32 n, u64 v)
{
	c->vsr[n].d[1] = v;
	c->vsr[n].d[0] = 0;
}

/* @take assigns v to the target. */
#define LOAD(name, bits, take)                                \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)         \
	{                                                     \
		u##bits v;                                    \
		u64 ea;                                       \
                                                              \
		if (!prefixed_ea(c, insn, pc, &ea))           \
			return cpu_illegal(c, c->prefix, pc); \
		if (UNLIKELY(!mem_ld##bits(c, ea, &v)))       \
			return cpu_fault(c, pc);              \
		take;                                         \
		return NEXT8;                                 \
	}

#define STORE(name, bits, value)                                      \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                 \
	{                                                             \
		u64 ea;                                               \
                                                                      \
		if (!prefixed_ea(c, insn, pc, &ea))                   \
			return cpu_illegal(c, c->prefix, pc);         \
		if (UNLIKELY(!mem_st##bits(c, ea, (u##bits)(value)))) \
			return cpu_fault(c, pc);                      \
		return NEXT8;                                         \
	}

LOAD(plbz, 8, RT = v)
LOAD(plhz, 16, RT = v)
LOAD(plha, 16, RT = (u64)(s16)v)
LOAD(plwz, 32, RT = v)
LOAD(plwa, 32, RT = (u64)(s32)v)
LOAD(pld, 64, RT = v)
LOAD(plfs, 32, set_fpr(c, f_rt(insn), fp32_load_as_fp64(v)))
LOAD(plfd, 64, set_fpr(c, f_rt(insn), v))

#define FRS c->vsr[f_rt(insn)].d[1]

STORE(pstb, 8, RT)
STORE(psth, 16, RT)
STORE(pstw, 32, RT)
STORE(pstd, 64, RT)
STORE(pstfs, 32, fp64_store_as_fp32(FRS))
STORE(pstfd, 64, FRS)

u64 i_paddi(struct cpu *c, u32 insn, u64 pc)
{
	u64 sum;

	if (!prefixed_sum(c, insn, pc, &sum))
		return cpu_illegal(c, c->prefix, pc);
	RT = sum;
	return NEXT8;
}

u64 i_pnop(struct cpu *c, u32 insn, u64 pc)
{
	if (!isa_valid_form(INSN_pnop, c->prefix, insn))
		return cpu_illegal(c, c->prefix, pc);
	return NEXT8;
}

/* ---- quadword ---- */

/* An aligned vector move is a single access on every x86-64 with AVX. */
typedef u64 quad_vector __attribute__((vector_size(16)));

union quad {
	quad_vector v;
	u64 d[2];
};

/*
 * Unlike lq and stq, the even register is the doubleword at the lower address
 * in both byte orders. Misaligned accesses are done, but not as one.
 */
static bool bad_pair(u32 insn, bool load)
{
	return (f_rt(insn) & 1) || (load && f_ra(insn) && f_rt(insn) == f_ra(insn));
}

static inline u64 in_order(const struct cpu *c, u64 v)
{
	return mem_is_le(c) ? v : __builtin_bswap64(v);
}

static bool load_quad(struct cpu *c, u64 ea, union quad *u)
{
	const u8 *p;
	u64 ra;

	if (ea & 15)
		return mem_raw_ld64(c, ea, &u->d[0]) && mem_raw_ld64(c, ea_of(c, ea + 8), &u->d[1]);
	p = mem_atomic_ptr(c, ea, 16, false, &ra);
	if (!p)
		return false;
	u->v = *(const volatile quad_vector *)(const void *)p;
	return true;
}

static bool store_quad(struct cpu *c, u64 ea, const union quad *u)
{
	u8 *p;
	u64 ra;

	/* A fault of the second store may leave the first done: the instruction is done again. */
	if (ea & 15)
		return mem_raw_st64(c, ea, u->d[0]) && mem_raw_st64(c, ea_of(c, ea + 8), u->d[1]);
	p = mem_atomic_ptr(c, ea, 16, true, &ra);
	if (!p)
		return false;
	*(volatile quad_vector *)(void *)p = u->v;
	return true;
}

u64 i_plq(struct cpu *c, u32 insn, u64 pc)
{
	union quad u;
	u64 ea;

	if (!prefixed_ea(c, insn, pc, &ea) || bad_pair(insn, true))
		return cpu_illegal(c, c->prefix, pc);
	if (!load_quad(c, ea, &u))
		return cpu_fault(c, pc);
	c->gpr[f_rt(insn)] = in_order(c, u.d[0]);
	c->gpr[f_rt(insn) + 1] = in_order(c, u.d[1]);
	return NEXT8;
}

u64 i_pstq(struct cpu *c, u32 insn, u64 pc)
{
	union quad u;
	u64 ea;

	if (!prefixed_ea(c, insn, pc, &ea) || bad_pair(insn, false))
		return cpu_illegal(c, c->prefix, pc);
	u.d[0] = in_order(c, c->gpr[f_rt(insn)]);
	u.d[1] = in_order(c, c->gpr[f_rt(insn) + 1]);
	if (!store_quad(c, ea, &u))
		return cpu_fault(c, pc);
	return NEXT8;
}
