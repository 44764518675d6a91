// SPDX-License-Identifier: Apache-2.0
/*
 * Tables are mapped without reserving, as a window may be as large as memory
 * and is mostly empty.
 */
#include "dev/tce.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/err.h"

#define SHIFT_MIN 12u
#define SHIFT_MAX 34u
#define ENTRIES_MAX (1ULL << 32)

static bool dma_op_read(struct dma *d, ioba at, void *dst, size_t n)
{
	return tce_read(CONTAINER_OF(d, struct tce_bus, dma), at, dst, n);
}

static bool dma_op_write(struct dma *d, ioba at, const void *src, size_t n)
{
	return tce_write(CONTAINER_OF(d, struct tce_bus, dma), at, src, n);
}

static const struct dma_ops dma_ops = { dma_op_read, dma_op_write };

void tce_bus_init(struct tce_bus *b, struct gmem *mem)
{
	pthread_rwlockattr_t attr;

	memset(b, 0, sizeof(*b));
	b->dma.ops = &dma_ops;
	b->mem = mem;
	pthread_rwlockattr_init(&attr);
	/* or a busy device would keep the guest's H_PUT_TCE waiting; nobody takes it twice */
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&b->lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

static void drop(struct tce_window *w)
{
	if (w->entry)
		munmap(w->entry, w->n * sizeof(u64));
	memset(w, 0, sizeof(*w));
}

void tce_bus_fini(struct tce_bus *b)
{
	for (unsigned int i = 0; i < TCE_WINDOWS_MAX; i++)
		drop(&b->window[i]);
	pthread_rwlock_destroy(&b->lock);
}

static struct tce_window *find(struct tce_bus *b, u32 liobn)
{
	for (unsigned int i = 0; i < TCE_WINDOWS_MAX; i++)
		if (liobn && b->window[i].liobn == liobn)
			return &b->window[i];
	return NULL;
}

/* A free place, or NULL with *ret set. */
static struct tce_window *place_for(struct tce_bus *b, const struct tce_window *w, int *ret)
{
	struct tce_window *to = NULL;
	u64 last = w->base + ((w->n << w->page_shift) - 1);

	*ret = -ENOSPC;
	for (unsigned int i = 0; i < TCE_WINDOWS_MAX; i++) {
		struct tce_window *x = &b->window[i];

		if (!x->liobn) {
			to = to ? to : x;
		} else if (x->liobn == w->liobn ||
			   (x->base <= last &&
			    w->base <= x->base + ((x->n << x->page_shift) - 1))) {
			*ret = -EEXIST;
			return NULL;
		}
	}
	return to;
}

int tce_bus_add(struct tce_bus *b, const struct tce_window *w, struct hypar_err *e)
{
	struct tce_window *to;
	u64 page = 1ULL << (w->page_shift & 63), size;
	void *table;
	int ret = 0;

	if (!w->liobn || w->page_shift < SHIFT_MIN || w->page_shift > SHIFT_MAX || !w->n ||
	    w->n > ENTRIES_MAX || w->base & (page - 1) ||
	    __builtin_mul_overflow(w->n, page, &size) ||
	    __builtin_add_overflow(w->base, size - 1, &size))
		return err_set(e, -EINVAL, "DMA window 0x%x: bad size or address", w->liobn);
	table = mmap(NULL, w->n * sizeof(u64), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (table == MAP_FAILED)
		return err_set(e, -ENOMEM, "DMA window 0x%x: the host has no memory", w->liobn);
	pthread_rwlock_wrlock(&b->lock);
	to = place_for(b, w, &ret);
	if (to) {
		*to = *w;
		to->entry = table;
		ret = 0;
	}
	pthread_rwlock_unlock(&b->lock);
	if (!to)
		munmap(table, w->n * sizeof(u64));
	return ret ? err_set_errno(e, ret, "DMA window 0x%x", w->liobn) : 0;
}

int tce_bus_remove(struct tce_bus *b, u32 liobn)
{
	struct tce_window old = { 0 }, *w;

	pthread_rwlock_wrlock(&b->lock);
	w = find(b, liobn);
	if (w) {
		old = *w;
		memset(w, 0, sizeof(*w));
	}
	pthread_rwlock_unlock(&b->lock);
	drop(&old);
	return w ? 0 : -ENOENT;
}

bool tce_bus_has(struct tce_bus *b, u32 liobn)
{
	bool has;

	pthread_rwlock_rdlock(&b->lock);
	has = find(b, liobn);
	pthread_rwlock_unlock(&b->lock);
	return has;
}

void tce_bus_bypass(struct tce_bus *b, bool on)
{
	pthread_rwlock_wrlock(&b->lock);
	b->is_bypassed = on;
	pthread_rwlock_unlock(&b->lock);
}

void tce_bus_clear(struct tce_bus *b)
{
	pthread_rwlock_wrlock(&b->lock);
	b->is_bypassed = false;
	for (unsigned int i = 0; i < TCE_WINDOWS_MAX; i++)
		if (b->window[i].entry)
			madvise(b->window[i].entry, b->window[i].n * sizeof(u64), MADV_DONTNEED);
	pthread_rwlock_unlock(&b->lock);
}

/* ---- entries ---- */

/* The first of @n entries from @at, or NULL. */
static u64 *entries(const struct tce_window *w, ioba at, u64 n)
{
	u64 first = (at.v - w->base) >> w->page_shift;

	if (at.v < w->base || first >= w->n || n > w->n - first)
		return NULL;
	return w->entry + first;
}

static gpa page_of(const struct tce_window *w, u64 tce)
{
	return gpa_of(tce & ~0ULL << w->page_shift);
}

static bool is_valid(const struct tce_bus *b, const struct tce_window *w, u64 tce)
{
	return !(tce & TCE_PERMISSIONS) || gmem_ok(b->mem, page_of(w, tce), 1ULL << w->page_shift);
}

static enum tce_status put(struct tce_bus *b, struct tce_window *w, ioba at, const u64 *tce, u64 n,
			   bool is_same)
{
	u64 *to = entries(w, at, n);

	if (!to)
		return TCE_BAD_ADDRESS;
	for (u64 i = 0; i < (is_same ? 1 : n); i++)
		if (!is_valid(b, w, tce[i]))
			return TCE_BAD_PAGE;
	for (u64 i = 0; i < n; i++)
		to[i] = tce[is_same ? 0 : i];
	return TCE_OK;
}

enum tce_status tce_put(struct tce_bus *b, u32 liobn, ioba at, const u64 *tce, u64 n, bool is_same)
{
	struct tce_window *w;
	enum tce_status st = TCE_NO_WINDOW;

	pthread_rwlock_wrlock(&b->lock);
	w = find(b, liobn);
	if (w)
		st = n ? put(b, w, at, tce, n, is_same) : TCE_OK;
	pthread_rwlock_unlock(&b->lock);
	return st;
}

enum tce_status tce_get(struct tce_bus *b, u32 liobn, ioba at, u64 *tce)
{
	struct tce_window *w;
	enum tce_status st = TCE_NO_WINDOW;
	const u64 *from;

	pthread_rwlock_rdlock(&b->lock);
	w = find(b, liobn);
	if (w) {
		from = entries(w, at, 1);
		st = from ? TCE_OK : TCE_BAD_ADDRESS;
		*tce = from ? *from : 0;
	}
	pthread_rwlock_unlock(&b->lock);
	return st;
}

/* ---- translation ---- */

static const struct tce_window *window_at(const struct tce_bus *b, u64 at)
{
	for (unsigned int i = 0; i < TCE_WINDOWS_MAX; i++) {
		const struct tce_window *w = &b->window[i];

		if (w->liobn && at >= w->base && (at - w->base) >> w->page_shift < w->n)
			return w;
	}
	return NULL;
}

/* One piece of an access: up to @max bytes from @at that are contiguous in memory. 0: refused. */
static size_t translate(const struct tce_bus *b, u64 at, size_t max, u64 need, gpa *to)
{
	const struct tce_window *w = window_at(b, at);
	u64 tce, page, in_page;

	if (b->is_bypassed) {
		*to = gpa_of(at);
		return max;
	}
	if (!w)
		return 0;
	tce = w->entry[(at - w->base) >> w->page_shift];
	if (!(tce & need))
		return 0;
	page = 1ULL << w->page_shift;
	in_page = at & (page - 1);
	*to = gpa_of(page_of(w, tce).v + in_page);
	return max < page - in_page ? max : (size_t)(page - in_page);
}

/* Every page of it, before a byte moves. */
static bool is_granted(const struct tce_bus *b, u64 at, size_t n, u64 need)
{
	while (n) {
		gpa to;
		size_t piece = translate(b, at, n, need, &to);

		if (!piece || !gmem_ok(b->mem, to, piece) ||
		    (n > piece && __builtin_add_overflow(at, piece, &at)))
			return false;
		n -= piece;
	}
	return true;
}

/* Aligned 2, 4 and 8 bytes in one piece. */
static bool read_piece(const struct gmem *m, gpa from, u8 *dst, size_t n)
{
	u16 h;
	u32 w;
	u64 d;

	switch (from.v & (n - 1) ? 0 : n) {
	case 2:
		if (!gmem_ld_be16(m, from, &h))
			return false;
		st_be16(dst, h);
		return true;
	case 4:
		if (!gmem_ld_be32(m, from, &w))
			return false;
		st_be32(dst, w);
		return true;
	case 8:
		if (!gmem_ld_be64(m, from, &d))
			return false;
		st_be64(dst, d);
		return true;
	default:
		return gmem_read(m, from, dst, n);
	}
}

static bool write_piece(struct gmem *m, gpa to, const u8 *src, size_t n)
{
	switch (to.v & (n - 1) ? 0 : n) {
	case 2:
		return gmem_st_be16(m, to, ld_be16(src));
	case 4:
		return gmem_st_be32(m, to, ld_be32(src));
	case 8:
		return gmem_st_be64(m, to, ld_be64(src));
	default:
		return gmem_write(m, to, src, n);
	}
}

static bool refuse(struct tce_bus *b)
{
	__atomic_add_fetch(&b->n_refused, 1, __ATOMIC_RELAXED);
	return false;
}

bool tce_read(struct tce_bus *b, ioba at, void *dst, size_t n)
{
	u8 *to = dst;
	bool ok;

	pthread_rwlock_rdlock(&b->lock);
	ok = is_granted(b, at.v, n, TCE_READ);
	while (ok && n) {
		gpa from;
		size_t piece = translate(b, at.v, n, TCE_READ, &from);

		ok = piece && read_piece(b->mem, from, to, piece);
		to += piece;
		at.v += piece;
		n -= piece;
	}
	pthread_rwlock_unlock(&b->lock);
	return ok || refuse(b);
}

bool tce_write(struct tce_bus *b, ioba at, const void *src, size_t n)
{
	const u8 *from = src;
	bool ok;

	pthread_rwlock_rdlock(&b->lock);
	ok = is_granted(b, at.v, n, TCE_WRITE);
	while (ok && n) {
		gpa to;
		size_t piece = translate(b, at.v, n, TCE_WRITE, &to);

		ok = piece && write_piece(b->mem, to, from, piece);
		from += piece;
		at.v += piece;
		n -= piece;
	}
	pthread_rwlock_unlock(&b->lock);
	return ok || refuse(b);
}
