// SPDX-License-Identifier: Apache-2.0
/*
 * The slow paths of loads, stores and fetches: L1 misses, operands that cross
 * a page, memory-mapped I/O, and the operands of atomics.
 */
#include "cpu/access.h"

#include "cpu/cpu.h"
#include "cpu/debug.h"
#include "cpu/debugger.h"
#include "cpu/mmu/mmu.h"
#include "mem/mmio.h"

/* The page of @ea for @acc with the current context; NULL: c->fault is set. @real is scratch. */
static const struct tlb2_entry *page_of(struct cpu *c, u64 ea, enum mmu_access acc,
					struct tlb2_entry *real)
{
	const struct tlb2_entry *e = real;

	if (c->msr & (acc == MMU_FETCH ? MSR_IR : MSR_DR))
		e = tlb_lookup(c, ea, acc);
	else
		mmu_real(c, ea, real);
	if (e && !(e->flags & TLB2_IO))
		tlb_fill(c, ea, e, acc);
	return e;
}

static bool machine_check(struct cpu *c, u64 ea)
{
	c->fault.vector = EXC_MCHECK;
	c->fault.dar = ea;
	c->fault.dsisr = PPC_BIT32(16); /* uncorrectable error of a load or store */
	return false;
}

static u64 swap_by_size(u64 v, u32 n)
{
	return __builtin_bswap64(v) >> (64 - 8 * n);
}

/* An access outside of RAM; at most a doubleword. */
static bool io_load(struct cpu *c, u64 ea, const struct tlb2_entry *e, u32 n, void *bytes)
{
	gpa at = gpa_of(e->ra | (ea & ~TLB_PAGE_MASK));
	u64 v = 0;

	if (n > 8 || mmio_read(c->mmio, c->index, at, n, &v) != MMIO_OK)
		return machine_check(c, ea);
	v = swap_by_size(v, n);
	memcpy(bytes, &v, n);
	return true;
}

static bool io_store(struct cpu *c, u64 ea, const struct tlb2_entry *e, u32 n, const void *bytes)
{
	gpa at = gpa_of(e->ra | (ea & ~TLB_PAGE_MASK));
	u64 v = 0;

	if (n > 8)
		return machine_check(c, ea);
	memcpy(&v, bytes, n);
	if (mmio_write(c->mmio, c->index, at, n, swap_by_size(v, n)) != MMIO_OK)
		return machine_check(c, ea);
	return true;
}

static u8 *host_at(const struct tlb2_entry *e, u64 ea)
{
	return (u8 *)(uintptr_t)(e->host + (ea & ~TLB_PAGE_MASK));
}

/* Bytes of an @n byte operand at @ea that lie in its first page. */
static u32 in_first_page(u64 ea, u32 n)
{
	u64 room = 0x1000 - (ea & ~TLB_PAGE_MASK);

	return room < n ? (u32)room : n;
}

/* Bytes from or to guest memory, which others may change meanwhile: see tests/tsan.supp. */
static void guest_bytes(void *to, const void *from, u32 n)
{
	memcpy(to, from, n);
}

/* A watchpoint on the operand, which is accessible: c->fault is set. */
static inline bool is_watched(struct cpu *c, u64 ea, u32 n, bool store)
{
	return UNLIKELY(c->watch) && debug_watch_hit(c, ea, n, store);
}

bool mem_load_slow(struct cpu *c, u64 ea, u32 n, void *bytes)
{
	struct tlb2_entry real, first;
	u32 n1 = in_first_page(ea, n);
	const struct tlb2_entry *e = page_of(c, ea, MMU_LOAD, &real);
	u64 ea2;

	if (!e)
		return false;
	if (n1 == n) {
		if (is_watched(c, ea, n, false))
			return false;
		if (UNLIKELY(!e->host))
			return io_load(c, ea, e, n, bytes);
		guest_bytes(bytes, host_at(e, ea), n);
		return true;
	}
	first = *e;
	ea2 = ea_of(c, ea + n1);
	e = page_of(c, ea2, MMU_LOAD, &real);
	if (!e || is_watched(c, ea, n, false))
		return false;
	if (!first.host || !e->host)
		return machine_check(c, ea);
	guest_bytes(bytes, host_at(&first, ea), n1);
	guest_bytes((u8 *)bytes + n1, host_at(e, ea2), n - n1);
	return true;
}

bool mem_store_slow(struct cpu *c, u64 ea, u32 n, const void *bytes)
{
	struct tlb2_entry real, first;
	u32 n1 = in_first_page(ea, n);
	const struct tlb2_entry *e = page_of(c, ea, MMU_STORE, &real);
	u64 ea2;

	if (!e)
		return false;
	if (n1 == n) {
		if (is_watched(c, ea, n, true))
			return false;
		if (UNLIKELY(!e->host))
			return io_store(c, ea, e, n, bytes);
		guest_bytes(host_at(e, ea), bytes, n);
		return true;
	}
	first = *e;
	ea2 = ea_of(c, ea + n1);
	e = page_of(c, ea2, MMU_STORE, &real);
	if (!e || is_watched(c, ea, n, true))
		return false;
	if (!first.host || !e->host)
		return machine_check(c, ea);
	guest_bytes(host_at(&first, ea), bytes, n1);
	guest_bytes(host_at(e, ea2), (const u8 *)bytes + n1, n - n1);
	return true;
}

bool mem_probe(struct cpu *c, u64 ea, u32 n, bool store)
{
	struct tlb2_entry real;
	enum mmu_access acc = store ? MMU_STORE : MMU_LOAD;
	u32 n1 = in_first_page(ea, n);

	if (!n)
		return true;
	if (!page_of(c, ea, acc, &real))
		return false;
	if (n1 != n && !page_of(c, ea_of(c, ea + n1), acc, &real))
		return false;
	return !is_watched(c, ea, n, store);
}

u8 *mem_atomic_ptr(struct cpu *c, u64 ea, u32 n, bool store, u64 *ra)
{
	enum mmu_access acc = store ? MMU_STORE : MMU_LOAD;
	struct tlb2_entry real;
	const struct tlb2_entry *e;

	if (ea & (n - 1)) {
		c->fault.vector = EXC_ALIGN;
		c->fault.dar = ea;
		c->fault.dsisr = 0;
		return NULL;
	}
	e = page_of(c, ea, acc, &real);
	if (!e)
		return NULL;
	if (e->flags & TLB2_IO) {
		mmu_fault(c, ea, acc, DSISR_BAD_ATTR);
		return NULL;
	}
	if (is_watched(c, ea, n, store))
		return NULL;
	*ra = e->ra | (ea & ~TLB_PAGE_MASK);
	return host_at(e, ea);
}

u8 *mem_store_ptr(struct cpu *c, u64 ea, u32 n)
{
	struct tlb2_entry real;
	const struct tlb2_entry *e = page_of(c, ea, MMU_STORE, &real);

	if (!e)
		return NULL;
	if (e->flags & TLB2_IO || in_first_page(ea, n) < n) {
		c->fault.vector = EXC_ALIGN;
		c->fault.dar = ea;
		c->fault.dsisr = 0;
		return NULL;
	}
	return is_watched(c, ea, n, true) ? NULL : host_at(e, ea);
}

bool mem_touch(struct cpu *c, u64 ea)
{
	struct tlb2_entry real;

	return page_of(c, ea, MMU_LOAD, &real) != NULL;
}

/* A page with a breakpoint has a window only while the loop takes one instruction at a time. */
static COLD bool window_kept_out(struct cpu *c, u64 ea, const struct tlb2_entry *e)
{
	if (!c->one_by_one) {
		c->fault.vector = FAULT_ONE_BY_ONE;
		return false;
	}
	cpu_set_fetch_page(c, ea & TLB_PAGE_MASK);
	c->fetch_addend = e->host - (ea & TLB_PAGE_MASK);
	return true;
}

bool mem_fetch_window(struct cpu *c, u64 ea)
{
	bool on = c->msr & MSR_IR;
	u32 ctx = !on ? TLB_REAL : c->msr & MSR_PR ? TLB_USER : TLB_PRIV;
	const struct tlb_entry *x =
		&c->tlb.l1[ctx].ex[(ea >> TLB_PAGE_SHIFT) & (TLB_FETCH_SIZE - 1)];
	struct tlb2_entry real;
	const struct tlb2_entry *e;

	if (UNLIKELY(x->tag != (ea & TLB_PAGE_MASK))) {
		e = page_of(c, ea, MMU_FETCH, &real);
		if (!e)
			return false;
		if (e->flags & TLB2_IO) /* nothing to execute there */
			return mmu_fault(c, ea, MMU_FETCH, DSISR_NOEXEC_OR_GUARD);
		if (UNLIKELY(x->tag != (ea & TLB_PAGE_MASK)))
			return window_kept_out(c, ea, e);
	}
	cpu_set_fetch_page(c, x->tag);
	c->fetch_addend = x->addend;
	return true;
}

bool mem_fetch(struct cpu *c, u64 ea, u32 *insn)
{
	u32 v;

	if ((ea & TLB_PAGE_MASK) != cpu_fetch_page(c) && !mem_fetch_window(c, ea))
		return false;
	v = *(const u32 *)(uintptr_t)(ea + c->fetch_addend);
	*insn = c->fetch_swap ? __builtin_bswap32(v) : v;
	return true;
}

bool cpu_translate_debug(struct cpu *c, u64 ea, u64 *ra)
{
	struct cpu_fault saved = c->fault;
	struct tlb2_entry e;
	bool ok = true;

	if (!(c->msr & MSR_DR))
		mmu_real(c, ea, &e);
	else
		/* as who may: AMR can keep user pages from the kernel */
		ok = radix_walk(c, ea, MMU_LOAD, false, &e) ||
		     radix_walk(c, ea, MMU_LOAD, true, &e);
	c->fault = saved;
	*ra = ok ? e.ra | (ea & ~TLB_PAGE_MASK) : 0;
	return ok;
}
