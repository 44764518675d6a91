// SPDX-License-Identifier: Apache-2.0
/*
 * Guest memory slots over anonymous host memory, or over memory of the caller's.
 * A slot of blocks reserves addresses of the host for all of it; a bit per block
 * says whether it is there. Devices read the bits at any time, so a block's
 * addresses stay accessible once they were. The slot array is small (one slot
 * per contiguous range of RAM), sorted by address, and searched by bisection;
 * the last hit is not cached, since the TLB of the CPU does that.
 */
#include "mem/gmem.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/bits.h"
#include "base/err.h"
#include "mem/guard.h"
#include "mem/range.h"

#define SLOTS_MAX 1024
#define SLOT_ALIGN 0x10000ULL

/* The files in a window; the signal handler looks at it. */
struct slot_files {
	u8 *host;
	u64 size;
	unsigned int block_shift;
	bool is_guarded;
	struct gmem_file block[]; /* n_lookups NULL: none */
};

struct slot {
	u64 base;
	u64 size;
	u8 *host;
	bool is_ours; /* mapped here, to be unmapped here */
	unsigned int block_shift;
	u64 *present;		  /* a bit per block, atomic; NULL: all of it is there, always */
	struct slot_files *files; /* NULL: no window */
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
	if (s->files && s->files->is_guarded)
		guard_remove(s->files);
	if (s->is_ours)
		munmap(s->host, s->size);
	free(s->present);
	free(s->files);
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

static void *map(u64 size, int prot, struct hypar_err *e)
{
	void *host = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (host != MAP_FAILED)
		return host;
	err_set(e, -ENOMEM, "the host refuses 0x%llx bytes of memory", (unsigned long long)size);
	return NULL;
}

int gmem_add_ram(struct gmem *m, gpa base, u64 size, struct hypar_err *e)
{
	unsigned int at;
	void *host;
	int err = slot_check(m, base, size, &at, e);

	if (err)
		return err;
	host = map(size, PROT_READ | PROT_WRITE, e);
	if (!host)
		return -ENOMEM;
	slot_insert(m, at,
		    (struct slot){ .base = base.v, .size = size, .host = host, .is_ours = true });
	return 0;
}

static int add_room(struct gmem *m, struct slot s, u64 block, struct hypar_err *e)
{
	gpa base = gpa_of(s.base);
	u64 size = s.size;
	unsigned int at;
	int err = slot_check(m, base, size, &at, e);

	if (err)
		return err;
	if (!is_pow2(block) || block % SLOT_ALIGN || (size | base.v) % block)
		return err_set(e, -EINVAL, "RAM in blocks of 0x%llx: bad alignment or size",
			       (unsigned long long)block);
	s.block_shift = (unsigned int)__builtin_ctzll(block);
	s.present = calloc(((size >> s.block_shift) + 63) / 64, sizeof(u64));
	if (!s.present)
		return err_set(e, -ENOMEM, "no memory for guest memory");
	s.host = map(size, PROT_NONE, e);
	if (!s.host) {
		free(s.present);
		return -ENOMEM;
	}
	slot_insert(m, at, s);
	return 0;
}

int gmem_add_room(struct gmem *m, gpa base, u64 size, u64 block, struct hypar_err *e)
{
	return add_room(m, (struct slot){ .base = base.v, .size = size, .is_ours = true }, block,
			e);
}

int gmem_add_window(struct gmem *m, gpa base, u64 size, u64 block, struct hypar_err *e)
{
	struct slot s = { .base = base.v, .size = size, .is_ours = true };
	u64 n = block ? size / block : 0;
	int ret;

	s.files = calloc(1, sizeof(*s.files) + n * sizeof(s.files->block[0]));
	if (!s.files)
		return err_set(e, -ENOMEM, "no memory for guest memory");
	ret = add_room(m, s, block, e);
	if (ret)
		free(s.files);
	return ret;
}

static bool is_present(const struct slot *s, u64 block)
{
	return __atomic_load_n(&s->present[block / 64], __ATOMIC_ACQUIRE) >> (block % 64) & 1;
}

static void set_present(struct slot *s, u64 first, u64 n, bool present)
{
	for (u64 i = first; i < first + n; i++)
		if (present)
			__atomic_or_fetch(&s->present[i / 64], 1ULL << (i % 64), __ATOMIC_SEQ_CST);
		else
			__atomic_and_fetch(&s->present[i / 64], ~(1ULL << (i % 64)),
					   __ATOMIC_SEQ_CST);
}

/* The slot whose whole blocks these are, all of them @present or none; */
static int find_blocks(struct gmem *m, gpa base, u64 size, bool present, struct slot **out)
{
	unsigned int i = slot_after(m, base.v);
	struct slot *s = &m->slots[i];
	u64 block;

	if (i == m->n_slots || !size || !RANGE_OK(u64, base.v, size, s->base, s->size) ||
	    !s->present || (base.v | size) & ((1ULL << s->block_shift) - 1))
		return -EINVAL;
	block = (base.v - s->base) >> s->block_shift;
	for (u64 k = 0; k < size >> s->block_shift; k++)
		if (is_present(s, block + k) != present)
			return present ? -ENOENT : -EEXIST;
	*out = s;
	return 0;
}

/* Zeroes by giving the pages back. */
static void give_back(const struct slot *s, u64 offset, u64 size)
{
	madvise(s->host + offset, size, MADV_DONTNEED);
}

int gmem_plug(struct gmem *m, gpa base, u64 size, struct hypar_err *e)
{
	struct slot *s;
	u64 offset;
	int err = find_blocks(m, base, size, false, &s);

	if (!err && s->files)
		err = -EINVAL;
	if (err)
		return err_set(e, err, "0x%llx bytes at 0x%llx cannot become RAM",
			       (unsigned long long)size, (unsigned long long)base.v);
	offset = base.v - s->base;
	if (mprotect(s->host + offset, size, PROT_READ | PROT_WRITE))
		return err_set(e, -ENOMEM, "the host refuses 0x%llx bytes of memory",
			       (unsigned long long)size);
	/* a device may have written since it was unplugged */
	give_back(s, offset, size);
	set_present(s, offset >> s->block_shift, size >> s->block_shift, true);
	return 0;
}

/* ---- files ---- */

/* Zeroed pages in place of what is at @host; async-signal-safe. */
static bool put_zeroes(u8 *host, u64 size)
{
	return mmap(host, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

/*
 * In the signal handler: the page at @address cannot be had. Behind the end of
 * the file nothing can, up to the end of the block; else it is the one page.
 */
static bool lose(void *opaque, u8 *address)
{
	struct slot_files *files = opaque;
	u64 at = (u64)(address - files->host) & ~(GMEM_PAGE_SIZE - 1);
	u64 block = at >> files->block_shift, in_block = at & ((1ULL << files->block_shift) - 1);
	u64 rest = (1ULL << files->block_shift) - in_block;
	const struct gmem_file *f = &files->block[block];
	struct stat st;

	if (!__atomic_load_n(&f->n_lookups, __ATOMIC_ACQUIRE))
		return false;
	if (!fstat(f->fd, &st) && (u64)st.st_size >= f->offset + in_block + GMEM_PAGE_SIZE &&
	    put_zeroes(files->host + at, GMEM_PAGE_SIZE))
		rest = 0;
	if (rest && !put_zeroes(files->host + at, rest))
		return false;
	__atomic_add_fetch(f->n_lost, 1, __ATOMIC_RELAXED);
	return true;
}

static int guard(struct slot *s, struct hypar_err *e)
{
	struct slot_files *files = s->files;

	if (files->is_guarded)
		return 0;
	files->host = s->host;
	files->size = s->size;
	files->block_shift = s->block_shift;
	if (!guard_add(&(struct guard){ s->host, s->size, lose, files }))
		return err_set(e, -ENOSPC, "too many machines with files as memory");
	files->is_guarded = true;
	return 0;
}

int gmem_plug_file(struct gmem *m, gpa base, u64 size, const struct gmem_file *f,
		   struct hypar_err *e)
{
	struct slot *s;
	u64 offset, first, n;
	int err = find_blocks(m, base, size, false, &s);

	if (err || !s->files || f->offset % GMEM_PAGE_SIZE)
		return err_set(e, err ? err : -EINVAL, "0x%llx bytes at 0x%llx cannot be a file",
			       (unsigned long long)size, (unsigned long long)base.v);
	err = guard(s, e);
	if (err)
		return err;
	offset = base.v - s->base;
	first = offset >> s->block_shift;
	n = size >> s->block_shift;
	if (mmap(s->host + offset, size, PROT_READ | PROT_WRITE,
		 MAP_FIXED | (f->is_private ? MAP_PRIVATE | MAP_NORESERVE : MAP_SHARED), f->fd,
		 (off_t)f->offset) == MAP_FAILED)
		return err_set(e, -ENOMEM, "the host refuses 0x%llx bytes of memory",
			       (unsigned long long)size);
	for (u64 i = 0; i < n; i++) {
		struct gmem_file *to = &s->files->block[first + i];

		to->fd = f->fd;
		to->offset = f->offset + (i << s->block_shift);
		to->is_private = f->is_private;
		to->n_lost = f->n_lost;
		__atomic_store_n(&to->n_lookups, f->n_lookups, __ATOMIC_RELEASE);
	}
	set_present(s, first, n, true);
	return 0;
}

/* A device may be writing: what it finds is memory of nobody's. */
static int take_files(struct slot *s, u64 offset, u64 size)
{
	if (!put_zeroes(s->host + offset, size))
		return -ENOMEM;
	for (u64 i = offset >> s->block_shift; i < (offset + size) >> s->block_shift; i++)
		__atomic_store_n(&s->files->block[i].n_lookups, NULL, __ATOMIC_RELEASE);
	return 0;
}

int gmem_unplug(struct gmem *m, gpa base, u64 size, struct hypar_err *e)
{
	struct slot *s;
	u64 offset;
	int err = find_blocks(m, base, size, true, &s);

	if (err)
		return err_set(e, err, "0x%llx bytes at 0x%llx are not RAM that can be removed",
			       (unsigned long long)size, (unsigned long long)base.v);
	offset = base.v - s->base;
	set_present(s, offset >> s->block_shift, size >> s->block_shift, false);
	if (s->files && take_files(s, offset, size))
		return err_set(e, -ENOMEM, "the host refuses to unmap 0x%llx bytes",
			       (unsigned long long)size);
	if (!s->files)
		give_back(s, offset, size);
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
	slot_insert(m, at, (struct slot){ .base = r->base.v, .size = r->size, .host = r->host });
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

		if (s->files)
			continue;
		if (s->is_ours)
			give_back(s, 0, s->size);
		else
			memset(s->host, 0, s->size);
	}
}

static u64 size_there(const struct slot *s)
{
	u64 n = 0;

	if (s->files)
		return 0;
	if (!s->present)
		return s->size;
	for (u64 i = 0; i < s->size >> s->block_shift; i++)
		n += is_present(s, i);
	return n << s->block_shift;
}

u64 gmem_ram_size(const struct gmem *m)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < m->n_slots; i++)
		sum += size_there(&m->slots[i]);
	return sum;
}

u64 gmem_room_size(const struct gmem *m)
{
	u64 sum = 0;

	for (unsigned int i = 0; i < m->n_slots; i++)
		sum += m->slots[i].files ? 0 : m->slots[i].size;
	return sum;
}

/* Are the blocks of @n bytes at @offset all there? They lie in the slot. */
static inline bool are_present(const struct slot *s, u64 offset, u64 n)
{
	u64 last = (offset + (n ? n - 1 : 0)) >> s->block_shift;

	for (u64 i = offset >> s->block_shift; i <= last; i++)
		if (!is_present(s, i))
			return false;
	return true;
}

/* The host address of @n bytes at @at, or NULL if they are not in one slot. */
static inline u8 *host_of(const struct gmem *m, gpa at, u64 n)
{
	unsigned int i = slot_after(m, at.v);
	const struct slot *s = &m->slots[i];

	if (i == m->n_slots || !RANGE_OK(u64, at.v, n, s->base, s->size))
		return NULL;
	if (s->present && !are_present(s, at.v - s->base, n))
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

static void count_lookup(const struct slot *s, u64 offset)
{
	u64 *n = __atomic_load_n(&s->files->block[offset >> s->block_shift].n_lookups,
				 __ATOMIC_RELAXED);

	if (n)
		__atomic_add_fetch(n, 1, __ATOMIC_RELAXED);
}

u8 *gmem_host_page(struct gmem *m, gpa at)
{
	u64 page = at.v & ~(GMEM_PAGE_SIZE - 1);
	u8 *host = host_of(m, gpa_of(page), GMEM_PAGE_SIZE);
	const struct slot *s;

	if (host) {
		s = &m->slots[slot_after(m, page)];
		if (UNLIKELY(s->files))
			count_lookup(s, page - s->base);
	}
	return host;
}
