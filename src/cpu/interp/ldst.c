// SPDX-License-Identifier: Apache-2.0
/*
 * Fixed-point loads and stores [ISA 3.1B I 3.3.1-3.3.7] and cache management
 * [ISA 3.1B II 4.3]. Reservations and atomics are in atomic.c, floating-point
 * registers in ldst_fp.c.
 *
 * Update forms with RA = 0, and loads with RA = RT, are invalid forms: they
 * raise the illegal-instruction interrupt. RA is written after the access.
 */
#include "cpu/interp/interp.h"
#include "cpu/interp/thread.h"

#include "cpu/interp/ldst.h"

#define RT c->gpr[f_rt(insn)]
#define RA c->gpr[f_ra(insn)]
#define RB c->gpr[f_rb(insn)]

/*
 * Loads and stores are most of what a guest executes. Each is two functions:
 * one that hits the L1 TLB and calls nothing, so that the compiler saves no
 * registers, and one that starts again and does everything else.
 */

/* Finds an aligned operand of @n bytes if @table has its page. */
ALWAYS_INLINE bool fast_ptr(const struct tlb_entry *table, u64 ea, u32 n, u8 **p)
{
	const struct tlb_entry *e = tlb_slot(table, ea);

	*p = (u8 *)(ea + e->addend);
	return (ea & (TLB_PAGE_MASK | (n - 1))) == e->tag;
}

/*
 * @plain is constant: MSR[SF] = MSR[LE] = 1 is known, as in a thread of
 * functions (cpu/interp/thread.h); otherwise MSR is looked at.
 */
#define EA(form, plain) ((plain) ? form##_plain(c, insn) : form(c, insn))

ALWAYS_INLINE u64 ea_d_plain(const struct cpu *c, u32 insn)
{
	return ra0(c, insn) + (u64)f_si(insn);
}

ALWAYS_INLINE u64 ea_ds_plain(const struct cpu *c, u32 insn)
{
	return ra0(c, insn) + (u64)f_ds(insn);
}

ALWAYS_INLINE u64 ea_x_plain(const struct cpu *c, u32 insn)
{
	return ra0(c, insn) + c->gpr[f_rb(insn)];
}

/* The register's value of memory bytes and back; _rev for byte-reversed instructions. */
#define ORDER(bits)                                                                                \
	ALWAYS_INLINE u##bits order##bits(const struct cpu *c, bool plain, u##bits v)              \
	{                                                                                          \
		return plain || LIKELY(mem_is_le(c)) ? v : (u##bits)MEM_SWAP##bits(v);             \
	}                                                                                          \
	UNUSED ALWAYS_INLINE u##bits order##bits##_rev(const struct cpu *c, bool plain, u##bits v) \
	{                                                                                          \
		return plain || LIKELY(mem_is_le(c)) ? (u##bits)MEM_SWAP##bits(v) : v;             \
	}

ORDER(8)
ORDER(16)
ORDER(32)
ORDER(64)

/* The interpreter's function from the two. */
#define BOTH(name)                                                                            \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc)                                         \
	{                                                                                     \
		return LIKELY(fast_##name(c, insn, false)) ? NEXT : slow_##name(c, insn, pc); \
	}

/* ---- loads -------------------------------------------------------------- */

/* @type is the signedness of the result, @rev empty or _rev. */
#define LOAD(name, bits, type, ea_form, rev)                                      \
	static NOINLINE u64 slow_##name(struct cpu *c, u32 insn, u64 pc)          \
	{                                                                         \
		u##bits v;                                                        \
                                                                                  \
		if (!mem_ld##bits##rev(c, ea_form(c, insn), &v))                  \
			return cpu_fault(c, pc);                                  \
		RT = (u64)(type)v;                                                \
		return NEXT;                                                      \
	}                                                                         \
	ALWAYS_INLINE bool fast_##name(struct cpu *c, u32 insn, bool plain)       \
	{                                                                         \
		u8 *p;                                                            \
		u##bits v;                                                        \
                                                                                  \
		if (UNLIKELY(!fast_ptr(c->rd, EA(ea_form, plain), bits / 8, &p))) \
			return false;                                             \
		memcpy(&v, p, bits / 8);                                          \
		RT = (u64)(type)order##bits##rev(c, plain, v);                    \
		return true;                                                      \
	}                                                                         \
	BOTH(name)

#define LOAD_UPDATE(name, bits, type, ea_form)                                           \
	static NOINLINE u64 slow_##name(struct cpu *c, u32 insn, u64 pc)                 \
	{                                                                                \
		u64 ea = ea_form(c, insn);                                               \
		u##bits v;                                                               \
                                                                                         \
		if (f_ra(insn) == 0 || f_ra(insn) == f_rt(insn))                         \
			return cpu_illegal(c, insn, pc);                                 \
		if (!mem_ld##bits(c, ea, &v))                                            \
			return cpu_fault(c, pc);                                         \
		RT = (u64)(type)v;                                                       \
		RA = ea;                                                                 \
		return NEXT;                                                             \
	}                                                                                \
	ALWAYS_INLINE bool fast_##name(struct cpu *c, u32 insn, bool plain)              \
	{                                                                                \
		u64 ea = EA(ea_form, plain);                                             \
		u8 *p;                                                                   \
		u32 ra = f_ra(insn), rt = f_rt(insn);                                    \
		u##bits v;                                                               \
                                                                                         \
		if (UNLIKELY(!fast_ptr(c->rd, ea, bits / 8, &p) || ra == 0 || ra == rt)) \
			return false;                                                    \
		memcpy(&v, p, bits / 8);                                                 \
		c->gpr[rt] = (u64)(type)order##bits(c, plain, v);                        \
		c->gpr[ra] = ea;                                                         \
		return true;                                                             \
	}                                                                                \
	BOTH(name)

#define LOAD_FAMILY(name, bits, type)          \
	LOAD(name, bits, type, ea_d, )         \
	LOAD(name##x, bits, type, ea_x, )      \
	LOAD_UPDATE(name##u, bits, type, ea_d) \
	LOAD_UPDATE(name##ux, bits, type, ea_x)

LOAD_FAMILY(lbz, 8, u64)
LOAD_FAMILY(lhz, 16, u64)
LOAD_FAMILY(lha, 16, s16)
LOAD_FAMILY(lwz, 32, u64)

LOAD(lwa, 32, s32, ea_ds, )
LOAD(lwax, 32, s32, ea_x, )
LOAD_UPDATE(lwaux, 32, s32, ea_x)
LOAD(ld, 64, u64, ea_ds, )
LOAD(ldx, 64, u64, ea_x, )
LOAD_UPDATE(ldu, 64, u64, ea_ds)
LOAD_UPDATE(ldux, 64, u64, ea_x)
LOAD(lhbrx, 16, u64, ea_x, _rev)
LOAD(lwbrx, 32, u64, ea_x, _rev)
LOAD(ldbrx, 64, u64, ea_x, _rev)

/* ---- stores ------------------------------------------------------------- */

#define STORE(name, bits, ea_form, rev)                                           \
	static NOINLINE u64 slow_##name(struct cpu *c, u32 insn, u64 pc)          \
	{                                                                         \
		if (!mem_st##bits##rev(c, ea_form(c, insn), (u##bits)RT))         \
			return cpu_fault(c, pc);                                  \
		return NEXT;                                                      \
	}                                                                         \
	ALWAYS_INLINE bool fast_##name(struct cpu *c, u32 insn, bool plain)       \
	{                                                                         \
		u8 *p;                                                            \
		u##bits v = order##bits##rev(c, plain, (u##bits)RT);              \
                                                                                  \
		if (UNLIKELY(!fast_ptr(c->wr, EA(ea_form, plain), bits / 8, &p))) \
			return false;                                             \
		memcpy(p, &v, bits / 8);                                          \
		return true;                                                      \
	}                                                                         \
	BOTH(name)

#define STORE_UPDATE(name, bits, ea_form)                                            \
	static NOINLINE u64 slow_##name(struct cpu *c, u32 insn, u64 pc)             \
	{                                                                            \
		u64 ea = ea_form(c, insn);                                           \
                                                                                     \
		if (f_ra(insn) == 0)                                                 \
			return cpu_illegal(c, insn, pc);                             \
		if (!mem_st##bits(c, ea, (u##bits)RT))                               \
			return cpu_fault(c, pc);                                     \
		RA = ea;                                                             \
		return NEXT;                                                         \
	}                                                                            \
	ALWAYS_INLINE bool fast_##name(struct cpu *c, u32 insn, bool plain)          \
	{                                                                            \
		u64 ea = EA(ea_form, plain);                                         \
		u8 *p;                                                               \
		u##bits v = order##bits(c, plain, (u##bits)RT);                      \
                                                                                     \
		if (UNLIKELY(!fast_ptr(c->wr, ea, bits / 8, &p) || f_ra(insn) == 0)) \
			return false;                                                \
		memcpy(p, &v, bits / 8);                                             \
		RA = ea;                                                             \
		return true;                                                         \
	}                                                                            \
	BOTH(name)

#define STORE_FAMILY(name, bits, ea_disp)    \
	STORE(name, bits, ea_disp, )         \
	STORE(name##x, bits, ea_x, )         \
	STORE_UPDATE(name##u, bits, ea_disp) \
	STORE_UPDATE(name##ux, bits, ea_x)

STORE_FAMILY(stb, 8, ea_d)
STORE_FAMILY(sth, 16, ea_d)
STORE_FAMILY(stw, 32, ea_d)
STORE_FAMILY(std, 64, ea_ds)
STORE(sthbrx, 16, ea_x, _rev)
STORE(stwbrx, 32, ea_x, _rev)
STORE(stdbrx, 64, ea_x, _rev)

/* ---- multiple and string ------------------------------------------------ */

/*
 * Little-endian: an alignment interrupt. Big-endian they are done here. All
 * bytes are checked first, so that no store is half done.
 */
static bool move_allowed(struct cpu *c, u64 ea, u32 n, bool store)
{
	if (mem_is_le(c))
		return misaligned(c, ea, store);
	return n == 0 || mem_probe(c, ea, n, store);
}

/* Words from @ea on to registers @r and following, wrapping; @n bytes. */
static u64 load_bytes(struct cpu *c, u64 pc, u64 ea, u32 r, u32 n)
{
	if (!move_allowed(c, ea, n, false))
		return cpu_fault(c, pc);
	for (u32 i = 0; i < n; i++) {
		u8 b;

		if (!mem_ld8(c, ea_of(c, ea + i), &b))
			return cpu_fault(c, pc);
		if (i % 4 == 0)
			c->gpr[(r + i / 4) & 31] = 0;
		c->gpr[(r + i / 4) & 31] |= (u64)b << (24 - 8 * (i % 4));
	}
	return NEXT;
}

static u64 store_bytes(struct cpu *c, u64 pc, u64 ea, u32 r, u32 n)
{
	if (!move_allowed(c, ea, n, true))
		return cpu_fault(c, pc);
	for (u32 i = 0; i < n; i++) {
		u8 b = (u8)(c->gpr[(r + i / 4) & 31] >> (24 - 8 * (i % 4)));

		if (!mem_st8(c, ea_of(c, ea + i), b))
			return cpu_fault(c, pc);
	}
	return NEXT;
}

/* NB of lswi and stswi: 0 is 32. */
static u32 string_length(u32 insn)
{
	return f_rb(insn) ? f_rb(insn) : 32;
}

u64 i_lmw(struct cpu *c, u32 insn, u64 pc)
{
	u32 r = f_rt(insn);

	return load_bytes(c, pc, ea_d(c, insn), r, 4 * (32 - r));
}

u64 i_stmw(struct cpu *c, u32 insn, u64 pc)
{
	u32 r = f_rt(insn);

	return store_bytes(c, pc, ea_d(c, insn), r, 4 * (32 - r));
}

u64 i_lswi(struct cpu *c, u32 insn, u64 pc)
{
	return load_bytes(c, pc, ea_of(c, ra0(c, insn)), f_rt(insn), string_length(insn));
}

u64 i_lswx(struct cpu *c, u32 insn, u64 pc)
{
	return load_bytes(c, pc, ea_x(c, insn), f_rt(insn), c->xer_count);
}

u64 i_stswi(struct cpu *c, u32 insn, u64 pc)
{
	return store_bytes(c, pc, ea_of(c, ra0(c, insn)), f_rt(insn), string_length(insn));
}

u64 i_stswx(struct cpu *c, u32 insn, u64 pc)
{
	return store_bytes(c, pc, ea_x(c, insn), f_rt(insn), c->xer_count);
}

/* ---- cache management --------------------------------------------------- */

#define CACHE_BLOCK 128u

/* Storage is coherent here: what is left of icbi, dcbst and dcbf is their interrupts. */
static inline u64 cache_touch(struct cpu *c, u32 insn, u64 pc)
{
	if (UNLIKELY(!mem_touch(c, ea_x(c, insn))))
		return cpu_fault(c, pc);
	return NEXT;
}

u64 i_icbi(struct cpu *c, u32 insn, u64 pc)
{
	return cache_touch(c, insn, pc);
}

u64 i_dcbst(struct cpu *c, u32 insn, u64 pc)
{
	return cache_touch(c, insn, pc);
}

u64 i_dcbf(struct cpu *c, u32 insn, u64 pc)
{
	return cache_touch(c, insn, pc);
}

u64 i_dcbz(struct cpu *c, u32 insn, u64 pc)
{
	u8 *block = mem_store_ptr(c, ea_x(c, insn) & ~(u64)(CACHE_BLOCK - 1), CACHE_BLOCK);

	if (UNLIKELY(!block))
		return cpu_fault(c, pc);
	memset(block, 0, CACHE_BLOCK);
	return NEXT;
}

/* Hints: never an interrupt. */
#define CACHE_HINT(name)                              \
	u64 i_##name(struct cpu *c, u32 insn, u64 pc) \
	{                                             \
		(void)c;                              \
		(void)insn;                           \
		return NEXT;                          \
	}

CACHE_HINT(icbt)
CACHE_HINT(dcbt)
CACHE_HINT(dcbtst)

THREAD_FAST(lbz)
THREAD_FAST(lbzx)
THREAD_FAST(lbzu)
THREAD_FAST(lhz)
THREAD_FAST(lhzx)
THREAD_FAST(lha)
THREAD_FAST(lwz)
THREAD_FAST(lwzx)
THREAD_FAST(lwzu)
THREAD_FAST(lwa)
THREAD_FAST(ld)
THREAD_FAST(ldx)
THREAD_FAST(ldu)
THREAD_FAST(stb)
THREAD_FAST(stbx)
THREAD_FAST(stbu)
THREAD_FAST(sth)
THREAD_FAST(stw)
THREAD_FAST(stwx)
THREAD_FAST(stwu)
THREAD_FAST(std)
THREAD_FAST(stdx)
THREAD_FAST(stdu)
