/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores of the guest at effective addresses. The fast path is one
 * probe of the L1 TLB; everything else (misses, page crossers, MMIO, faults)
 * is in cpu/mmu/access.c. A function that returns false has filled c->fault,
 * and the instruction ends with `return cpu_fault(c, pc);`.
 *
 * Effective addresses must have gone through ea_of(). Values are in the
 * guest's byte order for MSR[LE]; the _rev forms are for byte-reversed loads.
 */
#ifndef HYPAR_CPU_ACCESS_H
#define HYPAR_CPU_ACCESS_H

#include <string.h>

#include "base/compiler.h"
#include "cpu/state.h"
#include "isa/msr.h"

/* In 32-bit mode effective addresses are truncated [ISA 3.1B I 1.10.3]. */
static inline u64 ea_of(const struct cpu *c, u64 v)
{
	return v & c->ea_mask;
}

/*
 * The slow paths: @n bytes, 1, 2, 4, 8 or 16, in memory order. Any alignment;
 * both pages of a page crosser are checked before a byte is stored.
 */
MUST_CHECK bool mem_load_slow(struct cpu *c, u64 ea, u32 n, void *bytes);
MUST_CHECK bool mem_store_slow(struct cpu *c, u64 ea, u32 n, const void *bytes);

/*
 * Are @n bytes (up to 4096) at @ea accessible? For instructions of several
 * accesses that must not stop half-way.
 */
MUST_CHECK bool mem_probe(struct cpu *c, u64 ea, u32 n, bool store);

/*
 * The host address of a naturally aligned operand in RAM, for atomics: NULL
 * with c->fault set when it is misaligned (alignment interrupt), not RAM (data
 * storage interrupt) or not permitted. *ra gets its real address.
 */
u8 *mem_atomic_ptr(struct cpu *c, u64 ea, u32 n, bool store, u64 *ra);

/* The same for @n bytes within a page without regard to alignment (dcbz, vector stores). */
u8 *mem_store_ptr(struct cpu *c, u64 ea, u32 n);

/* Translates for a cache-management instruction: permission as for a load; no data moves. */
MUST_CHECK bool mem_touch(struct cpu *c, u64 ea);

/* Instruction fetch of one word; false: c->fault is an instruction storage interrupt. */
MUST_CHECK bool mem_fetch(struct cpu *c, u64 ea, u32 *insn);

/* Refills the fetch window of @c for the page of @ea. */
MUST_CHECK bool mem_fetch_window(struct cpu *c, u64 ea);

static inline const struct tlb_entry *tlb_slot(const struct tlb_entry *table, u64 ea)
{
	return &table[(ea >> TLB_PAGE_SHIFT) & (TLB_L1_SIZE - 1)];
}

static inline bool mem_is_le(const struct cpu *c)
{
	return c->msr & MSR_LE;
}

#define MEM_ACCESS(n)                                                                 \
	MUST_CHECK ALWAYS_INLINE bool mem_raw_ld##n(struct cpu *c, u64 ea, u##n *out) \
	{                                                                             \
		const struct tlb_entry *e = tlb_slot(c->rd, ea);                      \
                                                                                      \
		if (UNLIKELY((ea & (TLB_PAGE_MASK | (n / 8 - 1))) != e->tag))         \
			return mem_load_slow(c, ea, n / 8, out);                      \
		memcpy(out, (const void *)(ea + e->addend), n / 8);                   \
		return true;                                                          \
	}                                                                             \
	MUST_CHECK ALWAYS_INLINE bool mem_raw_st##n(struct cpu *c, u64 ea, u##n v)    \
	{                                                                             \
		const struct tlb_entry *e = tlb_slot(c->wr, ea);                      \
                                                                                      \
		if (UNLIKELY((ea & (TLB_PAGE_MASK | (n / 8 - 1))) != e->tag))         \
			return mem_store_slow(c, ea, n / 8, &v);                      \
		memcpy((void *)(ea + e->addend), &v, n / 8);                          \
		return true;                                                          \
	}

MEM_ACCESS(8)
MEM_ACCESS(16)
MEM_ACCESS(32)
MEM_ACCESS(64)
#undef MEM_ACCESS

#define MEM_SWAP8(v) (v)
#define MEM_SWAP16(v) __builtin_bswap16(v)
#define MEM_SWAP32(v) __builtin_bswap32(v)
#define MEM_SWAP64(v) __builtin_bswap64(v)

/* mem_ld16(c, ea, &v), mem_st16(c, ea, v), mem_ld16_rev, mem_st16_rev; 8, 32 and 64 likewise. */
#define MEM_VALUE(n)                                                                             \
	MUST_CHECK ALWAYS_INLINE bool mem_ld##n(struct cpu *c, u64 ea, u##n *out)                \
	{                                                                                        \
		if (UNLIKELY(!mem_raw_ld##n(c, ea, out)))                                        \
			return false;                                                            \
		if (UNLIKELY(!mem_is_le(c)))                                                     \
			*out = (u##n)MEM_SWAP##n(*out);                                          \
		return true;                                                                     \
	}                                                                                        \
	MUST_CHECK ALWAYS_INLINE bool mem_st##n(struct cpu *c, u64 ea, u##n v)                   \
	{                                                                                        \
		return mem_raw_st##n(c, ea, UNLIKELY(!mem_is_le(c)) ? (u##n)MEM_SWAP##n(v) : v); \
	}                                                                                        \
	MUST_CHECK ALWAYS_INLINE bool mem_ld##n##_rev(struct cpu *c, u64 ea, u##n *out)          \
	{                                                                                        \
		if (UNLIKELY(!mem_raw_ld##n(c, ea, out)))                                        \
			return false;                                                            \
		if (LIKELY(mem_is_le(c)))                                                        \
			*out = (u##n)MEM_SWAP##n(*out);                                          \
		return true;                                                                     \
	}                                                                                        \
	MUST_CHECK ALWAYS_INLINE bool mem_st##n##_rev(struct cpu *c, u64 ea, u##n v)             \
	{                                                                                        \
		return mem_raw_st##n(c, ea, LIKELY(mem_is_le(c)) ? (u##n)MEM_SWAP##n(v) : v);    \
	}

MEM_VALUE(8)
MEM_VALUE(16)
MEM_VALUE(32)
MEM_VALUE(64)
#undef MEM_VALUE

static inline u128 mem_swap128(u128 v)
{
	return (u128)__builtin_bswap64((u64)v) << 64 | __builtin_bswap64((u64)(v >> 64));
}

/* A quadword at any alignment, as the number that MSR[LE] makes of it: a VSR image. */
MUST_CHECK ALWAYS_INLINE bool mem_ld128(struct cpu *c, u64 ea, u128 *out)
{
	const struct tlb_entry *e = tlb_slot(c->rd, ea);

	if (LIKELY((ea & TLB_PAGE_MASK) == e->tag && (ea & ~TLB_PAGE_MASK) <= 4096 - 16))
		memcpy(out, (const void *)(ea + e->addend), 16);
	else if (!mem_load_slow(c, ea, 16, out))
		return false;
	if (UNLIKELY(!mem_is_le(c)))
		*out = mem_swap128(*out);
	return true;
}

MUST_CHECK ALWAYS_INLINE bool mem_st128(struct cpu *c, u64 ea, u128 v)
{
	const struct tlb_entry *e = tlb_slot(c->wr, ea);

	if (UNLIKELY(!mem_is_le(c)))
		v = mem_swap128(v);
	if (LIKELY((ea & TLB_PAGE_MASK) == e->tag && (ea & ~TLB_PAGE_MASK) <= 4096 - 16)) {
		memcpy((void *)(ea + e->addend), &v, 16);
		return true;
	}
	return mem_store_slow(c, ea, 16, &v);
}

#endif
