// SPDX-License-Identifier: Apache-2.0
/*
 * Reservations, quadword accesses, atomic memory operations, copy-paste and
 * barriers [ISA 3.1B I 3.3.4, II 4.4-4.6].
 *
 * A reservation is the real address and the bytes that l*arx loaded; st*cx. is
 * a compare-and-swap with those bytes. A store that puts the same bytes back
 * goes unseen; no program can tell this from no store but by the lost
 * reservation, which may also be lost or kept for no reason.
 *
 * Every guest access is an access of the host, whose ordering (that of x86 at
 * least) is what lwsync and eieio ask for: those keep the compiler in order.
 *
 * DEVIATION: atomic memory operations on two operands (fetch and increment
 * bounded and its like, store twin) read the second beside the swap of the first.
 */
#include "cpu/interp/interp.h"

#include "base/bits.h"
#include "cpu/interp/ldst.h"

#define RT c->gpr[f_rt(insn)]

#define NO_RESERVATION (~0ULL)

/* ---- values of 1 to 8 bytes in the guest's byte order -------------------- */

static u64 to_guest_order(const struct cpu *c, u64 v, u32 n)
{
	return mem_is_le(c) ? v : __builtin_bswap64(v) >> (64 - 8 * n);
}

static u64 host_load(const u8 *p, u32 n)
{
	switch (n) {
	case 1:
		return __atomic_load_n(p, __ATOMIC_RELAXED);
	case 2:
		return __atomic_load_n((const u16 *)(const void *)p, __ATOMIC_RELAXED);
	case 4:
		return __atomic_load_n((const u32 *)(const void *)p, __ATOMIC_RELAXED);
	default:
		return __atomic_load_n((const u64 *)(const void *)p, __ATOMIC_RELAXED);
	}
}

#define HOST_SWAP(type, p, old, new)                                                            \
	({                                                                                      \
		type expected = (type)(old);                                                    \
		__atomic_compare_exchange_n((type *)(void *)(p), &expected, (type)(new), false, \
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);                \
	})

static bool host_swap(u8 *p, u32 n, u64 old, u64 new)
{
	switch (n) {
	case 1:
		return HOST_SWAP(u8, p, old, new);
	case 2:
		return HOST_SWAP(u16, p, old, new);
	case 4:
		return HOST_SWAP(u32, p, old, new);
	default:
		return HOST_SWAP(u64, p, old, new);
	}
}

/* ---- quadwords ----------------------------------------------------------- */

/* Aligned 16-byte vector moves are single accesses on every x86-64 with AVX. */
typedef u64 quad_vector __attribute__((vector_size(16)));

union quad {
	u128 q;
	quad_vector v;
};

static u128 host_load16(const u8 *p)
{
	union quad u;

	u.v = *(const volatile quad_vector *)(const void *)p;
	return u.q;
}

static void host_store16(u8 *p, u128 v)
{
	union quad u = { .q = v };

	*(volatile quad_vector *)(void *)p = u.v;
}

static bool host_swap16(u8 *p, u128 old, u128 new)
{
	return __sync_bool_compare_and_swap((u128 *)(void *)p, old, new);
}

/* A pair holds a quadword: the even register its more significant half. */
static void set_pair(struct cpu *c, u32 r, u128 v)
{
	if (!mem_is_le(c))
		v = mem_swap128(v);
	c->gpr[r] = (u64)(v >> 64);
	c->gpr[r + 1] = (u64)v;
}

static u128 get_pair(const struct cpu *c, u32 r)
{
	u128 v = (u128)c->gpr[r] << 64 | c->gpr[r + 1];

	return mem_is_le(c) ? v : mem_swap128(v);
}

/* Invalid forms: an odd register, and a base that is overwritten. */
static bool bad_pair(u32 insn, bool load)
{
	return (f_rt(insn) & 1) || (load && f_ra(insn) == f_rt(insn));
}

u64 i_lq(struct cpu *c, u32 insn, u64 pc)
{
	const u8 *p;
	u64 ra;

	if (bad_pair(insn, true))
		return cpu_illegal(c, insn, pc);
	p = mem_atomic_ptr(c, ea_dq(c, insn), 16, false, &ra);
	if (!p)
		return cpu_fault(c, pc);
	set_pair(c, f_rt(insn), host_load16(p));
	return NEXT;
}

u64 i_stq(struct cpu *c, u32 insn, u64 pc)
{
	u8 *p;
	u64 ra;

	if (bad_pair(insn, false))
		return cpu_illegal(c, insn, pc);
	p = mem_atomic_ptr(c, ea_ds(c, insn), 16, true, &ra);
	if (!p)
		return cpu_fault(c, pc);
	host_store16(p, get_pair(c, f_rt(insn)));
	return NEXT;
}

/* ---- reservations -------------------------------------------------------- */

static inline u64 load_reserve(struct cpu *c, u32 insn, u64 pc, u32 n)
{
	u64 ra, v;
	const u8 *p = mem_atomic_ptr(c, ea_x(c, insn), n, false, &ra);

	if (UNLIKELY(!p))
		return cpu_fault(c, pc);
	v = host_load(p, n);
	c->resv = (struct cpu_resv){ .ra = ra, .val = v, .size = n };
	RT = to_guest_order(c, v, n);
	return NEXT;
}

/* The reservation is gone whatever came of it. CR0 = 0b00 || success || SO. */
static inline u64 conditional_done(struct cpu *c, u64 pc, bool success)
{
	c->resv.ra = NO_RESERVATION;
	cr_set_field(c, 0, (u32)success << 1 | c->so);
	return NEXT;
}

static inline u64 store_conditional(struct cpu *c, u32 insn, u64 pc, u32 n)
{
	u64 ra;
	u8 *p = mem_atomic_ptr(c, ea_x(c, insn), n, true, &ra);

	if (UNLIKELY(!p))
		return cpu_fault(c, pc);
	return conditional_done(c, pc,
				c->resv.ra == ra && c->resv.size == n &&
					host_swap(p, n, (u64)c->resv.val,
						  to_guest_order(c, RT, n)));
}

#define RESERVATION(larx, stcx, n)                        \
	u64 i_##larx(struct cpu *c, u32 insn, u64 pc)     \
	{                                                 \
		return load_reserve(c, insn, pc, n);      \
	}                                                 \
	u64 i_##stcx(struct cpu *c, u32 insn, u64 pc)     \
	{                                                 \
		return store_conditional(c, insn, pc, n); \
	}

RESERVATION(lbarx, stbcx_, 1)
RESERVATION(lharx, sthcx_, 2)
RESERVATION(lwarx, stwcx_, 4)
RESERVATION(ldarx, stdcx_, 8)

u64 i_lqarx(struct cpu *c, u32 insn, u64 pc)
{
	const u8 *p;
	u64 ra;
	u128 v;

	if (bad_pair(insn, true) || f_rb(insn) == f_rt(insn))
		return cpu_illegal(c, insn, pc);
	p = mem_atomic_ptr(c, ea_x(c, insn), 16, false, &ra);
	if (!p)
		return cpu_fault(c, pc);
	v = host_load16(p);
	c->resv = (struct cpu_resv){ .ra = ra, .val = v, .size = 16 };
	set_pair(c, f_rt(insn), v);
	return NEXT;
}

u64 i_stqcx_(struct cpu *c, u32 insn, u64 pc)
{
	u64 ra;
	u8 *p;

	if (bad_pair(insn, false))
		return cpu_illegal(c, insn, pc);
	p = mem_atomic_ptr(c, ea_x(c, insn), 16, true, &ra);
	if (!p)
		return cpu_fault(c, pc);
	return conditional_done(c, pc,
				c->resv.ra == ra && c->resv.size == 16 &&
					host_swap16(p, c->resv.val, get_pair(c, f_rt(insn))));
}

/* ---- atomic memory operations -------------------------------------------- */

/* Function codes [ISA 3.1B II 4.5, figures 3 and 4]. */
enum amo_fc {
	AMO_ADD = 0,
	AMO_XOR = 1,
	AMO_OR = 2,
	AMO_AND = 3,
	AMO_MAX_UNSIGNED = 4,
	AMO_MAX_SIGNED = 5,
	AMO_MIN_UNSIGNED = 6,
	AMO_MIN_SIGNED = 7,
	AMO_SWAP = 8, /* loads only, as the rest but the last */
	AMO_SWAP_NOT_EQUAL = 16,
	AMO_INC_BOUNDED = 24,
	AMO_INC_EQUAL = 25,
	AMO_DEC_BOUNDED = 28,
	AMO_STORE_TWIN = 24, /* stores only */
};

/* The fault of a function code that does not exist. */
static u64 amo_invalid(struct cpu *c, u64 pc, u64 ea)
{
	c->fault = (struct cpu_fault){ .vector = EXC_DSI, .dsisr = DSISR_BAD_AMO, .dar = ea };
	return cpu_fault(c, pc);
}

/* The new value of memory that holds @t, with operand @v, for the codes 0 to 8. */
static u64 amo_combine(u32 fc, u64 t, u64 v, u32 n)
{
	s64 st = sext64(t, 8 * n), sv = sext64(v, 8 * n);

	switch (fc) {
	case AMO_ADD:
		return t + v;
	case AMO_XOR:
		return t ^ v;
	case AMO_OR:
		return t | v;
	case AMO_AND:
		return t & v;
	case AMO_MAX_UNSIGNED:
		return t > v ? t : v;
	case AMO_MAX_SIGNED:
		return st > sv ? t : v;
	case AMO_MIN_UNSIGNED:
		return t < v ? t : v;
	case AMO_MIN_SIGNED:
		return st < sv ? t : v;
	default:
		return v;
	}
}

static u64 low_bytes(u64 v, u32 n)
{
	return n == 4 ? (u32)v : v;
}

/* One of the codes 0 to 8 and 16; returns what memory held. */
static u64 amo_update(struct cpu *c, u32 insn, u8 *p, u32 n)
{
	u32 fc = f_rb(insn), r = f_rt(insn);
	bool load = (insn >> 1 & 0x3ff) < 700; /* lwat, ldat; the others take RS itself */
	u64 v = low_bytes(c->gpr[load ? (r + 1) & 31 : r], n);

	for (;;) {
		u64 raw = host_load(p, n), t = to_guest_order(c, raw, n), new;

		if (fc != AMO_SWAP_NOT_EQUAL)
			new = amo_combine(fc, t, v, n);
		else if (t != v)
			new = c->gpr[(r + 2) & 31];
		else
			return t;
		if (host_swap(p, n, raw, to_guest_order(c, low_bytes(new, n), n)))
			return t;
	}
}

/* The codes that look at a second operand at @other; returns RT. */
static u64 amo_bounded(const struct cpu *c, u32 fc, u8 *p, const u8 *other, u32 n)
{
	for (;;) {
		u64 raw = host_load(p, n), t = to_guest_order(c, raw, n);
		u64 bound = to_guest_order(c, host_load(other, n), n);
		u64 new = fc == AMO_DEC_BOUNDED ? t - 1 : t + 1;

		if ((t == bound) != (fc == AMO_INC_EQUAL))
			return 1ULL << (8 * n - 1);
		if (host_swap(p, n, raw, to_guest_order(c, low_bytes(new, n), n)))
			return t;
	}
}

/* Both operands are in one aligned block of 32 bytes, else there is an alignment interrupt. */
static bool amo_pair_fits(struct cpu *c, u64 ea, u32 n, bool down)
{
	u64 from = down ? ea - n : ea;

	return (from & 31) + 2 * n <= 32 || misaligned(c, ea, true);
}

static u64 amo_load(struct cpu *c, u32 insn, u64 pc, u32 n)
{
	u32 fc = f_rb(insn);
	u64 ea = ea_of(c, ra0(c, insn)), ra;
	bool bounded = fc == AMO_INC_BOUNDED || fc == AMO_INC_EQUAL || fc == AMO_DEC_BOUNDED;
	u8 *p;

	if (fc > AMO_SWAP && fc != AMO_SWAP_NOT_EQUAL && !bounded)
		return amo_invalid(c, pc, ea);
	if (bounded && !amo_pair_fits(c, ea, n, fc == AMO_DEC_BOUNDED))
		return cpu_fault(c, pc);
	p = mem_atomic_ptr(c, ea, n, true, &ra);
	if (!p)
		return cpu_fault(c, pc);
	if (bounded)
		RT = amo_bounded(c, fc, p, fc == AMO_DEC_BOUNDED ? p - n : p + n, n);
	else
		RT = amo_update(c, insn, p, n);
	return NEXT;
}

static u64 amo_store(struct cpu *c, u32 insn, u64 pc, u32 n)
{
	u32 fc = f_rb(insn);
	u64 ea = ea_of(c, ra0(c, insn)), ra, v, old;
	u8 *p;

	if (fc > AMO_MIN_SIGNED && fc != AMO_STORE_TWIN)
		return amo_invalid(c, pc, ea);
	if (fc == AMO_STORE_TWIN && !amo_pair_fits(c, ea, n, false))
		return cpu_fault(c, pc);
	p = mem_atomic_ptr(c, ea, n, true, &ra);
	if (!p)
		return cpu_fault(c, pc);
	if (fc != AMO_STORE_TWIN) {
		amo_update(c, insn, p, n);
		return NEXT;
	}
	v = to_guest_order(c, low_bytes(RT, n), n);
	old = host_load(p, n);
	if (old == host_load(p + n, n) && host_swap(p, n, old, v))
		host_swap(p + n, n, old, v);
	return NEXT;
}

u64 i_lwat(struct cpu *c, u32 insn, u64 pc)
{
	return amo_load(c, insn, pc, 4);
}

u64 i_ldat(struct cpu *c, u32 insn, u64 pc)
{
	return amo_load(c, insn, pc, 8);
}

u64 i_stwat(struct cpu *c, u32 insn, u64 pc)
{
	return amo_store(c, insn, pc, 4);
}

u64 i_stdat(struct cpu *c, u32 insn, u64 pc)
{
	return amo_store(c, insn, pc, 8);
}

/* ---- copy and paste ------------------------------------------------------ */

/*
 * There is no accelerator to paste to. copy keeps its interrupts, paste. says
 * that the copy was not accepted, which programs must expect at any time.
 */
#define COPY_BLOCK 128u

u64 i_copy(struct cpu *c, u32 insn, u64 pc)
{
	u64 ea = ea_x(c, insn);

	if (ea & (COPY_BLOCK - 1) && !misaligned(c, ea, false))
		return cpu_fault(c, pc);
	if (!mem_touch(c, ea))
		return cpu_fault(c, pc);
	return NEXT;
}

u64 i_paste_(struct cpu *c, u32 insn, u64 pc)
{
	u64 ea = ea_x(c, insn);

	if (ea & (COPY_BLOCK - 1) && !misaligned(c, ea, true))
		return cpu_fault(c, pc);
	cr_set_field(c, 0, c->so);
	return NEXT;
}

u64 i_cp_abort(struct cpu *c, u32 insn, u64 pc)
{
	(void)c;
	(void)insn;
	return NEXT;
}

/* ---- barriers ------------------------------------------------------------ */

/* L: 0 hwsync, 1 lwsync, 2 ptesync, 4 and 5 the persistent forms of 3.1. */
u64 i_sync(struct cpu *c, u32 insn, u64 pc)
{
	u32 l = insn >> 21 & 7;

	if (l == 1) {
		__atomic_thread_fence(__ATOMIC_ACQ_REL);
		return NEXT;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (l == 2 && !(c->msr & MSR_PR) && c->ops->tlb_sync)
		c->ops->tlb_sync(c);
	return NEXT;
}

u64 i_eieio(struct cpu *c, u32 insn, u64 pc)
{
	(void)c;
	(void)insn;
	__atomic_thread_fence(__ATOMIC_ACQ_REL);
	return NEXT;
}

/* Instructions are fetched one at a time: nothing to discard. */
u64 i_isync(struct cpu *c, u32 insn, u64 pc)
{
	(void)c;
	(void)insn;
	return NEXT;
}

/* Waiting may end for any reason [ISA 3.1B II 4.6.4]; it ends at once. */
u64 i_wait(struct cpu *c, u32 insn, u64 pc)
{
	(void)c;
	(void)insn;
	return NEXT;
}
