// SPDX-License-Identifier: Apache-2.0
/*
 * Guest memory slots over anonymous host memory, or over memory of the caller's.
 * The slot array is small (one slot per contiguous range of RAM), sorted by
 * address, and searched by bisection; the last hit is not cached, since the TLB
 * of the CPU does that.
 */
#include "mem/gmem.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/err.h"
#include "mem/range.h"

#define SLOTS_MAX 1024
#define SLOT_ALIGN 0x10000ULL

struct slot {
	u64 base;
	u64 size;
	u8 *host;
	bool is_ours; /* mapped here, to be unmapped here */
};

struct gmem {
	unsigned int n_slots;
	struct slot slots[SLOTS_MAX];
};

struct gmem *gmem_new(void)
{
	return calloc(1, sizeof(struct gmem));
}

static void slot_release(struct slot *s)
{
	if (s->is_ours)
		munmap(s->host, s->size);
}

void gmem_free(struct gmem *m)
{
	if (!m)
		return;
	for (unsigned int i = 0; i < m->n_slots; i++)
		slot_release(&m->slots[i]);
	free(m);
}

/* The first slot that ends above @at, or n_slots. */
static unsigned int slot_after(const struct gmem *m, u64 at)
{
	unsigned int lo = 0, hi = m->n_slots;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;
		const struct slot *s = &m->slots[mid];

		if (s->base + (s->size - 1) < at)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* May RAM be here? *at: its place in the array. */
static int slot_check(const struct gmem *m, gpa base, u64 size, unsigned int *at,
		      struct hypar_err *e)
{
	u64 end;

	if (!size || (size | base.v) & (SLOT_ALIGN - 1) ||
	    __builtin_add_overflow(base.v, size, &end))
		return err_set(e, -EINVAL, "RAM at 0x%llx, size 0x%llx: bad alignment or size",
			       (unsigned long long)base.v, (unsigned long long)size);
	*at = slot_after(m, base.v);
	if (*at < m->n_slots && m->slots[*at].base < end)
		return err_set(e, -EEXIST, "RAM at 0x%llx overlaps other RAM",
			       (unsigned long long)base.v);
	if (m->n_slots == SLOTS_MAX)
		return err_set(e, -ENOSPC, "more than %d ranges of RAM", SLOTS_MAX);
	return 0;
}

static void slot_insert(struct gmem *m, unsigned int at, struct slot s)
{
	memmove(&m->slots[at + 1], &m->slots[at], (m->n_slots - at) * sizeof(m->slots[0]));
	m->slots[at] = s;
	m->n_slots++;
}

int gmem_add_ram(struct gmem *m, gpa base, u64 size, struct hypar_err *e)
{
	unsigned int at;
	void *host;
	int err = slot_check(m, base, size, &at, e);

	if (err)
		return err;
	host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0);
	if (host == MAP_FAILED)
		return err_set(e, -ENOMEM, "the host refuses 0x%llx bytes of memory",
			       (unsigned long long)size);
	slot_insert(m, at, (struct slot){ base.v, size, host, true });
	return 0;
}

int gmem_add_host(struct gmem *m, const struct gmem_host *r, struct hypar_err *e)
{
	unsigned int at;
	int err = slot_check(m, r->base, r->size, &at, e);

	if (err)
		return err;
	if (!r->host || (uintptr_t)r->host & (GMEM_PAGE_SIZE - 1))
		return err_set(e, -EINVAL, "RAM at 0x%llx: host memory not aligned to %llu",
			       (unsigned long long)r->base.v, GMEM_PAGE_SIZE);
	slot_insert(m, at, (struct slot){ r->base.v, r->size, r->host, false });
	return 0;
}

int gmem_remove_ram(struct gmem *m, gpa base, u64 size)
{
	unsigned int at = slot_after(m, base.v);
	struct slot *s = &m->slots[at];

	if (at == m->n_slots || s->base != base.v || s->size != size)
		return -ENOENT;
	slot_release(s);
	m->n_slots--;
	memmove(s, s + 1, (m->n_slots - at) * sizeof(*s));
	return 0;
}

void gmem_clear(struct gmem *m)
{
	for (unsigned int i = 0; i < m->n_slots; i++) {
		struct slot *s = &m->slots[i];

		if (s->is_ours)
			madvise(s->host, s->size, MADV_DONTNEED);
		else
			memset(s->host, 0, s->size);
	}
}

u64 gmem_ram_size(const struct gmem *m)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < m->n_slots; i++)
		sum += m->slots[i].size;
	return sum;
}

/* The host address of @n bytes at @at, or NULL if they are not in one slot. */
static inline u8 *host_of(const struct gmem *m, gpa at, u64 n)
{
	unsigned int i = slot_after(m, at.v);
	const struct slot *s = &m->slots[i];

	if (i == m->n_slots || !RANGE_OK(u64, at.v, n, s->base, s->size))
		return NULL;
	return s->host + (at.v - s->base);
}

bool gmem_ok(const struct gmem *m, gpa at, u64 n)
{
	return host_of(m, at, n) != NULL;
}

bool gmem_read(const struct gmem *m, gpa at, void *dst, size_t n)
{
	const u8 *p = host_of(m, at, n);

	if (!p)
		return false;
	memcpy(dst, p, n);
	return true;
}

bool gmem_write(struct gmem *m, gpa at, const void *src, size_t n)
{
	u8 *p = host_of(m, at, n);

	if (!p)
		return false;
	memcpy(p, src, n);
	return true;
}

bool gmem_set(struct gmem *m, gpa at, u8 byte, u64 n)
{
	u8 *p = host_of(m, at, n);

	if (!p)
		return false;
	memset(p, byte, n);
	return true;
}

bool gmem_copy(struct gmem *m, gpa to, gpa from, u64 n)
{
	const u8 *src = host_of(m, from, n);
	u8 *dst = host_of(m, to, n);

	if (!src || !dst)
		return false;
	memmove(dst, src, n);
	return true;
}

bool gmem_read_str(const struct gmem *m, gpa at, char *dst, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const u8 *p = host_of(m, gpa_of(at.v + i), 1);

		if (!p)
			return false;
		dst[i] = (char)*p;
		if (!dst[i])
			return true;
	}
	return false;
}

bool gmem_ld_u8(const struct gmem *m, gpa at, u8 *out)
{
	const u8 *p = host_of(m, at, 1);

	if (!p)
		return false;
	*out = __atomic_load_n(p, __ATOMIC_RELAXED);
	return true;
}

bool gmem_st_u8(struct gmem *m, gpa at, u8 v)
{
	u8 *p = host_of(m, at, 1);

	if (!p)
		return false;
	__atomic_store_n(p, v, __ATOMIC_RELAXED);
	return true;
}

#define LD_ST_BE(n)                                                                        \
	bool gmem_ld_be##n(const struct gmem *m, gpa at, u##n *out)                        \
	{                                                                                  \
		const u8 *p = host_of(m, at, n / 8);                                       \
                                                                                           \
		if (!p)                                                                    \
			return false;                                                      \
		if (at.v % (n / 8))                                                        \
			*out = ld_be##n(p);                                                \
		else                                                                       \
			*out = ENDIAN_BE(n, __atomic_load_n((const u##n *)(const void *)p, \
							    __ATOMIC_ACQUIRE));            \
		return true;                                                               \
	}                                                                                  \
	bool gmem_st_be##n(struct gmem *m, gpa at, u##n v)                                 \
	{                                                                                  \
		u8 *p = host_of(m, at, n / 8);                                             \
                                                                                           \
		if (!p)                                                                    \
			return false;                                                      \
		if (at.v % (n / 8))                                                        \
			st_be##n(p, v);                                                    \
		else                                                                       \
			__atomic_store_n((u##n *)(void *)p, (u##n)ENDIAN_BE(n, v),         \
					 __ATOMIC_RELEASE);                                \
		return true;                                                               \
	}

LD_ST_BE(16)
LD_ST_BE(32)
LD_ST_BE(64)

bool gmem_cmpxchg_be64(struct gmem *m, gpa at, u64 expect, u64 new, bool *done)
{
	u8 *p = host_of(m, at, 8);
	u64 old = ENDIAN_BE(64, expect);

	if (!p || at.v % 8)
		return false;
	*done = __atomic_compare_exchange_n((u64 *)(void *)p, &old, ENDIAN_BE(64, new), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return true;
}

u8 *gmem_host_page(struct gmem *m, gpa at)
{
	return host_of(m, gpa_of(at.v & ~(GMEM_PAGE_SIZE - 1)), GMEM_PAGE_SIZE);
}
