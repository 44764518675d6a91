/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the XIVE, shared by the files of this folder only.
 *
 * Locking: one mutex for queues, targets, rings and the lines to the
 * processors. The state of a source (enum xive_src_bits) is one atomic byte:
 * a change that sends no event is a compare-and-swap without the mutex, one
 * that sends is made with the mutex held. So whoever takes the mutex knows
 * that no event is half way between a source and its queue.
 */
#ifndef HYPAR_IRQ_XIVE_STATE_H
#define HYPAR_IRQ_XIVE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "irq/xive/xive.h"

enum xive_src_bits {
	SRC_Q = 1,
	SRC_P = 2,
	SRC_PQ = 3,
	SRC_VALID = 4,
	SRC_LSI = 8,
	SRC_ASSERTED = 16,
};

struct xive_src {
	_Atomic u8 state;
	u8 prio;
	bool is_masked;
	u32 target;
	u32 eisn;
};

struct xive_eq {
	u64 qaddr;
	u32 qshift; /* 0: no queue */
	u32 toggle;
	u32 index;
	bool always_notify;
};

/* Bytes of the OS ring, words 0 and 1 [PAPR 14.5.4.7]. */
enum xive_ring {
	RING_NSR,
	RING_CPPR,
	RING_IPB,
	RING_LSMFB,
	RING_ACK,
	RING_INC,
	RING_AGE,
	RING_PIPR,
	RING_SIZE,
};

#define NSR_EO 0x80 /* OS exception is signalled */

struct xive_vp {
	bool is_connected;
	u8 ring[RING_SIZE];
	u64 reporting_line;
	struct xive_eq eq[XIVE_N_PRIO];
};

struct xive {
	struct kdev kdev; /* first */
	struct gmem *mem;
	struct irq_sink sink;
	u32 eq_shifts;
	u32 n_sources;
	u32 max_servers; /* elements of vp */
	u32 n_servers;	 /* servers that may connect; NR_SERVERS */
	u32 n_connected;
	struct xive_src *src;
	struct xive_vp *vp;
	pthread_mutex_t mutex;
};

/* Evidence that the mutex is held. */
struct xive_locked {
	struct xive *x;
};

static inline struct xive_locked xive_lock(struct xive *x)
{
	pthread_mutex_lock(&x->mutex);
	return (struct xive_locked){ x };
}

static inline void xive_unlock(struct xive_locked l)
{
	pthread_mutex_unlock(&l.x->mutex);
}

/* The source, or NULL: not made yet, or no such number. */
static inline struct xive_src *xive_src_get(struct xive *x, u64 lisn)
{
	if (lisn >= x->n_sources ||
	    !(atomic_load_explicit(&x->src[lisn].state, memory_order_acquire) & SRC_VALID))
		return NULL;
	return &x->src[lisn];
}

/* The connected server, or NULL. */
static inline struct xive_vp *xive_vp_get(struct xive_locked l, u64 server)
{
	if (server >= l.x->max_servers || !l.x->vp[server].is_connected)
		return NULL;
	return &l.x->vp[server];
}

extern const struct kdev_type xive_kdev_type;

/* route.c: sends the event of @s to its queue and server. */
void xive_route(struct xive_locked l, const struct xive_src *s);

/* esb.c: a source appears, masked (PQ 01). */
void xive_src_make(struct xive_locked l, u32 lisn, bool is_lsi, bool level);
/* esb.c: a source that may exist is masked and its configuration forgotten. */
void xive_src_reset(struct xive_locked l, u32 lisn);

/* tima.c */
void xive_vp_init(struct xive_vp *vp);
/* Computes PIPR and NSR from IPB and CPPR, and sets the line of the processor. */
void xive_vp_update(struct xive_locked l, u32 server);
void xive_vp_set_cppr(struct xive_locked l, u32 server, u8 cppr);
void xive_vp_notify(struct xive_locked l, u32 server, u8 prio);

#endif
