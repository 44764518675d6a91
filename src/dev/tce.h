/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation control entries: the windows through which the devices of one
 * I/O bus (a PCI host bridge, a VIO device) reach guest memory [PAPR 14.5.4.1.2
 * H_PUT_TCE; LoPAR 14.5.3]. A window is a table of entries for pages of one
 * size; its number is the LIOBN. An entry is the page's real address and two
 * permissions. What an entry does not grant is refused and counted.
 *
 * Threads: all functions on any thread; the lock of the bus keeps an entry for
 * as long as an access uses it, so when tce_put() returns nothing moves by
 * what it replaced.
 */
#ifndef HYPAR_DEV_TCE_H
#define HYPAR_DEV_TCE_H

#include <pthread.h>

#include "dev/dma.h"
#include "hypar/error.h"
#include "mem/gmem.h"

#define TCE_READ 1ULL  /* the device may read the page */
#define TCE_WRITE 2ULL /* the device may write the page */
#define TCE_PERMISSIONS (TCE_READ | TCE_WRITE)

#define TCE_WINDOWS_MAX 2u

struct tce_window {
	u32 liobn; /* 0: none */
	unsigned int page_shift;
	u64 base; /* on the I/O bus, a multiple of the page size */
	u64 n;	  /* entries */
	u64 *entry;
};

struct tce_bus {
	struct dma dma; /* of a device that has the bus for itself */
	struct gmem *mem;
	struct tce_bus *next; /* of the owner's list */
	u64 n_refused;	      /* atomic: accesses */
	pthread_rwlock_t lock;
	/* under lock */
	struct tce_window window[TCE_WINDOWS_MAX];
	bool is_bypassed; /* addresses are real ones, and all is granted */
};

enum tce_status {
	TCE_OK,
	TCE_NO_WINDOW,	 /* no such LIOBN on this bus */
	TCE_BAD_ADDRESS, /* outside of the window */
	TCE_BAD_PAGE,	 /* the entry names what is not RAM; nothing changed */
};

void tce_bus_init(struct tce_bus *b, struct gmem *mem);
void tce_bus_fini(struct tce_bus *b);

/*
 * Adds a window of @n pages of 2^@page_shift bytes at @base, all entries 0.
 * -EINVAL: sizes or alignment, -EEXIST: overlap or LIOBN, -ENOSPC, -ENOMEM.
 */
int tce_bus_add(struct tce_bus *b, const struct tce_window *w, struct hypar_err *e);

/* -ENOENT: no such window. */
int tce_bus_remove(struct tce_bus *b, u32 liobn);

/* Is window @liobn on the bus? */
bool tce_bus_has(struct tce_bus *b, u32 liobn);

/* Firmware of the guest does without translation [KVMPPC ibm,set-tce-bypass]. */
void tce_bus_bypass(struct tce_bus *b, bool on);

/* All entries of all windows become 0; no bypass. */
void tce_bus_clear(struct tce_bus *b);

/*
 * Sets the entries of @n pages from @at (low bits are ignored): to @tce[0],
 * @tce[1] ..., or all to *@tce if @is_same. All or nothing.
 */
enum tce_status tce_put(struct tce_bus *b, u32 liobn, ioba at, const u64 *tce, u64 n, bool is_same);
enum tce_status tce_get(struct tce_bus *b, u32 liobn, ioba at, u64 *tce);

/* All or nothing; false: refused (counted in n_refused). */
MUST_CHECK bool tce_read(struct tce_bus *b, ioba at, void *dst, size_t n);
MUST_CHECK bool tce_write(struct tce_bus *b, ioba at, const void *src, size_t n);

/* Is the @count-th refused access worth a line for the user? The first ones, then ever fewer. */
static inline bool tce_refusal_is_news(u64 count)
{
	return !(count & (count - 1));
}

#endif
