// SPDX-License-Identifier: Apache-2.0
/*
 * Loads and stores of floating-point registers [ISA 3.1B I 4.6]. Singles are
 * converted without arithmetic: no exception, and signalling NaNs stay so.
 * Loading FPR n clears doubleword 1 of VSR n, which 3.0B left undefined and
 * 3.1 defines.
 */
#include "cpu/interp/interp.h"

#include "cpu/softfp/softfp.h"

#define RA c->gpr[f_ra(insn)]

static inline void set_fpr(struct cpu *c, u32 n, u64 v)
{
	c->vsr[n].d[1] = v;
	c->vsr[n].d[0] = 0;
}

#define FRS c->vsr[f_rt(insn)].d[1]

#define LOAD(name, bits, convert, ea_form)                            \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                 \
	{                                                             \
		u##bits v;                                            \
                                                                      \
		if (UNLIKELY(!mem_ld##bits(c, ea_form(c, insn), &v))) \
			return cpu_fault(c, pc);                      \
		set_fpr(c, f_rt(insn), (u64)convert(v));              \
		return NEXT;                                          \
	}

#define LOAD_UPDATE(name, bits, convert, ea_form)        \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)    \
	{                                                \
		u64 ea = ea_form(c, insn);               \
		u##bits v;                               \
                                                         \
		if (UNLIKELY(f_ra(insn) == 0))           \
			return cpu_illegal(c, insn, pc); \
		if (UNLIKELY(!mem_ld##bits(c, ea, &v)))  \
			return cpu_fault(c, pc);         \
		set_fpr(c, f_rt(insn), (u64)convert(v)); \
		RA = ea;                                 \
		return NEXT;                             \
	}

#define STORE(name, bits, convert, ea_form)                                              \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                                    \
	{                                                                                \
		if (UNLIKELY(!mem_st##bits(c, ea_form(c, insn), (u##bits)convert(FRS)))) \
			return cpu_fault(c, pc);                                         \
		return NEXT;                                                             \
	}

#define STORE_UPDATE(name, bits, convert, ea_form)                         \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                      \
	{                                                                  \
		u64 ea = ea_form(c, insn);                                 \
                                                                           \
		if (UNLIKELY(f_ra(insn) == 0))                             \
			return cpu_illegal(c, insn, pc);                   \
		if (UNLIKELY(!mem_st##bits(c, ea, (u##bits)convert(FRS)))) \
			return cpu_fault(c, pc);                           \
		RA = ea;                                                   \
		return NEXT;                                               \
	}

#define FAMILY(KIND, name, bits, convert)  \
	KIND(name, bits, convert, ea_d)    \
	KIND(name##x, bits, convert, ea_x) \
	KIND##_UPDATE(name##u, bits, convert, ea_d) KIND##_UPDATE(name##ux, bits, convert, ea_x)

#define AS_IS(v) (v)
#define SIGNED_WORD(v) (s64)(s32)(v)

FAMILY(LOAD, lfs, 32, fp32_load_as_fp64)
FAMILY(LOAD, lfd, 64, AS_IS)
FAMILY(STORE, stfs, 32, fp64_store_as_fp32)
FAMILY(STORE, stfd, 64, AS_IS)

LOAD(lfiwax, 32, SIGNED_WORD, ea_x)
LOAD(lfiwzx, 32, AS_IS, ea_x)
STORE(stfiwx, 32, AS_IS, ea_x)

/*
 * Pairs, for quad-precision decimals: the even register is the doubleword at
 * the lower address in either byte order. An odd register is an invalid form.
 */
static u64 load_pair(struct cpu *c, u32 insn, u64 pc, u64 ea)
{
	u32 r = f_rt(insn);
	u64 first, second;

	if (r & 1)
		return cpu_illegal(c, insn, pc);
	if (!mem_ld64(c, ea, &first) || !mem_ld64(c, ea_of(c, ea + 8), &second))
		return cpu_fault(c, pc);
	set_fpr(c, r, first);
	set_fpr(c, r + 1, second);
	return NEXT;
}

static u64 store_pair(struct cpu *c, u32 insn, u64 pc, u64 ea)
{
	u32 r = f_rt(insn);

	if (r & 1)
		return cpu_illegal(c, insn, pc);
	/* A fault of the second store may leave the first done: the instruction is done again. */
	if (!mem_st64(c, ea, c->vsr[r].d[1]) || !mem_st64(c, ea_of(c, ea + 8), c->vsr[r + 1].d[1]))
		return cpu_fault(c, pc);
	return NEXT;
}

u64 i_lfdp(struct cpu *c, u32 insn, u64 pc)
{
	return load_pair(c, insn, pc, ea_ds(c, insn));
}

u64 i_lfdpx(struct cpu *c, u32 insn, u64 pc)
{
	return load_pair(c, insn, pc, ea_x(c, insn));
}

u64 i_stfdp(struct cpu *c, u32 insn, u64 pc)
{
	return store_pair(c, insn, pc, ea_ds(c, insn));
}

u64 i_stfdpx(struct cpu *c, u32 insn, u64 pc)
{
	return store_pair(c, insn, pc, ea_x(c, insn));
}
