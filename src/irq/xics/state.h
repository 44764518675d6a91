/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the XICS, shared by the files of this folder only.
 *
 * Locking: one mutex for everything. struct xics_locked is the evidence.
 */
#ifndef HYPAR_IRQ_XICS_STATE_H
#define HYPAR_IRQ_XICS_STATE_H

#include <pthread.h>

#include "irq/xics/xics.h"

/*
 * An edge source holds an event from its trigger to its EOI (is_presented),
 * and at most one more (is_queued). A level source is_asserted by its line and
 * is_presented from its presentation to its EOI. An event that the server
 * refused waits as to_resend, one that came while masked as masked_pending.
 */
struct xics_src {
	u32 server;
	u8 prio;       /* XICS_PRIO_MASKED: masked */
	u8 saved_prio; /* what ibm,int-on restores */
	bool exists;
	bool is_lsi;
	bool is_asserted;
	bool is_presented;
	bool is_queued;
	bool is_shown; /* in the XISR of some server */
	bool masked_pending;
	bool to_resend;
};

/*
 * Invariants: xisr 0 has pending_prio 0xff; an IPI has pending_prio == mfrr; a
 * source has pending_prio < mfrr; with xisr not 0, pending_prio < cppr and
 * the line of the processor is high.
 */
struct xics_icp {
	bool is_connected;
	bool line;
	u8 cppr;
	u8 mfrr;
	u8 pending_prio;
	u32 xisr;
};

struct xics {
	struct kdev kdev; /* first */
	struct irq_sink sink;
	u32 n_sources;
	u32 max_servers; /* elements of icp */
	u32 n_servers;	 /* servers that may connect; NR_SERVERS */
	u32 n_connected;
	u32 n_resend; /* sources with to_resend */
	struct xics_src *src;
	struct xics_icp *icp;
	u64 *resend; /* a bit per source: to_resend */
	pthread_mutex_t mutex;
};

/* Evidence that the mutex is held. */
struct xics_locked {
	struct xics *x;
};

static inline struct xics_locked xics_lock(struct xics *x)
{
	pthread_mutex_lock(&x->mutex);
	return (struct xics_locked){ x };
}

static inline void xics_unlock(struct xics_locked l)
{
	pthread_mutex_unlock(&l.x->mutex);
}

/* The source, or NULL: not made yet, or no such number. */
static inline struct xics_src *xics_src_get(struct xics_locked l, u64 number)
{
	if (number >= l.x->n_sources || !l.x->src[number].exists)
		return NULL;
	return &l.x->src[number];
}

/* The connected server, or NULL. */
static inline struct xics_icp *xics_icp_get(struct xics_locked l, u64 server)
{
	if (server >= l.x->max_servers || !l.x->icp[server].is_connected)
		return NULL;
	return &l.x->icp[server];
}

extern const struct kdev_type xics_kdev_type;

/* ics.c */
/* Sends the event of source @number to its server, or notes why it waits. */
void xics_deliver(struct xics_locked l, u32 number);
/* Tries again the sources of @server that wait because it refused them. */
void xics_resend(struct xics_locked l, u32 server);
/* An interrupt that was presented is taken back. */
void xics_reject(struct xics_locked l, u32 xisr);
void xics_set_resend(struct xics_locked l, u32 number, bool on);
/* Gives the sources of @server, which is not connected any more, to @heir, or masks them. */
void xics_leave(struct xics_locked l, u32 server, u32 heir);

/* icp.c */
void xics_icp_init(struct xics_icp *icp);
/* Presents a source if it is more favored than all else; *reject: what it displaced. */
bool xics_icp_present(struct xics_locked l, struct xics_icp *icp, u32 number, u32 *reject);
/* The line of the processor follows XISR. */
void xics_icp_update(struct xics_locked l, struct xics_icp *icp);
/* Sets all four fields, which satisfy the invariants. */
void xics_icp_load(struct xics_locked l, struct xics_icp *icp, const struct xics_icp *from);

#endif
