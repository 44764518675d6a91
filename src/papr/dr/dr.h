/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All connectors of a machine, and what the platform, RTAS, the device tree
 * and the host ask of them. Kinds of resources add theirs at machine creation
 * (papr/dr/{mem,cpu,pci,vio}.c) and keep nothing of the state machine.
 *
 * Threads: any, unless it says otherwise; dr->lock inside.
 */
#ifndef HYPAR_PAPR_DR_DR_H
#define HYPAR_PAPR_DR_DR_H

#include "papr/dr/drc.h"
#include "papr/rtas/rtas.h"

struct dr; /* papr->dr */

int dr_new(struct papr *p, struct hypar_err *e);
void dr_free(struct papr *p);

/* partition_vcpu_call(), but in tests, which have no threads. */
int dr_with_parked(struct vcpu *v, int (*fn)(void *arg, struct hypar_err *e), void *arg,
		   struct hypar_err *e);

/* ---- connectors: vCPUs parked, or none exists yet ---- */

struct drc_config {
	enum drc_type type;
	u32 id;
	const struct drc_ops *ops;
	void *opaque;
	u32 power_domain; /* DRC_POWER_LIVE, or a domain of its own */
	u32 parent;
};

/* NULL with *e set. It stays until dr_free or dr_remove_connector. */
struct drc *dr_add_connector(struct papr *p, const struct drc_config *c, struct hypar_err *e);
/* Of a slot whose bridge goes. It is detached. */
void dr_remove_connector(struct papr *p, struct drc *d);

/* NULL: no such connector. */
struct drc *dr_find(const struct papr *p, u32 index);
/* The next one at or behind @index in ascending order, or NULL. */
struct drc *dr_next(const struct papr *p, u32 index);

enum drc_attach { DRC_COLD, DRC_HOT, DRC_SPARE };

/*
 * The resource @name is there. COLD: part of the machine from the start, it is
 * enabled already and the state becomes CONFIGURED. HOT: the guest is to take
 * it. On the control thread with vCPUs parked, or before any runs. -EEXIST.
 */
int dr_attach(struct papr *p, struct drc *d, enum drc_attach how, const char *name,
	      struct hypar_err *e);
/* The host takes it away at once, whatever the guest does: disable and detach. vCPUs parked. */
void dr_detach_now(struct papr *p, struct drc *d);

/*
 * The host wants it back: unplug_wanted, or, if the guest does not have it,
 * it is detached at once (noted as DR_RELEASED). True: it is gone. vCPUs parked.
 */
bool dr_want_back(struct papr *p, struct drc *d);

/*
 * For several connectors at once, and for papr/dr/request.c. It is held while
 * dr_request_note() runs, and not while drc_ops do. dr_find and dr_next do
 * without: connectors come and go with vCPUs parked.
 */
void dr_lock(struct papr *p);
void dr_unlock(struct papr *p);

/* Is it in the tree that is built now, for a start or by CAS: enabled and CONFIGURED? */
bool drc_is_in_tree(const struct drc *d);

/* ---- life cycle, on the control thread with vCPUs parked ---- */

/*
 * The machine starts anew: what the host wanted back goes, what it attached
 * becomes enabled and CONFIGURED, requests that are thereby done are ended,
 * the others cancelled. Before the memory is cleared and the tree is built.
 */
void dr_reset(struct papr *p);

/* ---- the device tree ---- */

/*
 * ibm,drc-indexes, -names, -power-domains and -types of the connectors of
 * @parent and the types in @mask (1 << drc_type), or ibm,drc-info when it was
 * negotiated, into the open node. Nothing, if there are none.
 */
void dr_fdt(struct papr *p, struct fdt_build *b, u32 parent, u32 mask);

/* ---- what the guest asks: rows of rtas.def are in papr/dr/rtas_dr.c ---- */

/* For the user: "configured". */
const char *drc_state_name(enum drc_state s);
/* "set-indicator 9003 = 1"; "": none yet. dr->lock is held. */
void drc_last_call(const struct drc *d, char *text, size_t size);
/* "LMB ", the name without the id. */
const char *drc_name_prefix(enum drc_type type);

/* ---- requests of the host: papr/dr/request.c ---- */

/*
 * A request for @n connectors, and the hotplug events that tell the guest: those
 * from @first on, or those of @list (ascending), or, for a removal of LMBs, with
 * neither, any. Connectors have been attached (add), or get unplug_wanted here
 * (remove). vCPUs parked. Answers the number, or 0 with *e set.
 */
struct dr_ask {
	bool is_removal;
	enum drc_type type;
	struct drc *first;
	struct drc *const *list;
	u32 n;
	const char *what; /* for the user */
};
u32 dr_request(struct papr *p, const struct dr_ask *a, struct hypar_err *e);

/* The core tells requests what happened to a connector; dr->lock is held. */
enum dr_happening {
	DR_CONFIGURED, /* the guest finished configure-connector */
	DR_RELEASED,   /* ... gave it back */
	DR_REFUSED,    /* ... unisolated what it was asked to give back */
	DR_DROPPED,    /* ... gave back what it was given before it was configured */
};
void dr_request_note(struct papr *p, struct drc *d, enum dr_happening what);

/* The end of dr_reset(): requests for certain connectors are carried out, the others cancelled. */
void dr_requests_reset(struct papr *p);

#endif
