/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of papr/dr: what the files of the core share. Kinds of resources and
 * everybody else use dr.h.
 */
#ifndef HYPAR_PAPR_DR_CORE_H
#define HYPAR_PAPR_DR_CORE_H

#include <pthread.h>

#include "papr/dr/dr.h"

#define DRC_INDICATOR_MAX 3u /* 9002: action */
#define DR_POWER_OFF 0u
#define DR_POWER_FULL 100u

enum dr_indicator {
	DR_ISOLATION = 9001,
	DR_INDICATOR = 9002,
	DR_ALLOCATION = 9003, /* as a sensor: dr-entity-sense */
};

/* What the sensor 9003 says. */
enum dr_sense { DR_EMPTY, DR_PRESENT, DR_UNUSABLE, DR_EXCHANGE, DR_RECOVER };

/* What can happen to a connector: columns of drc_state.def. */
enum drc_input {
	DRC_ISOLATE,	   /* 9001 = 0 */
	DRC_UNISOLATE,	   /* 9001 = 1 */
	DRC_MAKE_UNUSABLE, /* 9003 = 0 ... */
	DRC_MAKE_USABLE,
	DRC_MAKE_EXCHANGE,
	DRC_MAKE_RECOVER,
	DRC_CONFIGURE, /* ibm,configure-connector came to the end of the tree */
	DRC_INPUTS
};

enum drc_condition { ALWAYS, IF_ATTACHED, IF_SPARE, IF_RELEASED, IF_WANTED, IF_UNPOWERED };

/* What a row does besides going to its state; carried out in this order. */
enum drc_action {
	NOTHING = 0,
	ENABLE = 1 << 0,
	DISABLE = 1 << 1,
	RELEASE = 1 << 2, /* the guest gave it back */
	DETACH = 1 << 3,
	REFUSE = 1 << 4, /* the guest keeps what it was asked for */
	FINISH = 1 << 5, /* the guest has it in its tree */
};

struct drc_row {
	enum drc_condition condition;
	unsigned int actions;
	enum drc_state next;
	rtas_status status;
};

/* A power domain: all connectors with its number. */
struct dr_domain {
	u32 id;
	u32 n; /* connectors */
	u8 level;
};

struct dr {
	pthread_mutex_t lock;
	/* these two: changed with vCPUs parked, ascending */
	struct drc **drc;
	u32 n_drcs;
	struct dr_domain *domain; /* its level: under lock */
	u32 n_domains;
	u32 last_walk; /* under lock */
	/* partition_vcpu_call(); tests have no threads */
	int (*with_parked)(struct vcpu *v, int (*fn)(void *arg, struct hypar_err *e), void *arg,
			   struct hypar_err *e);
};

/* Virtual slots are logical: there is nothing to plug in, and drmgr allocates them. */
static inline bool drc_is_logical(const struct drc *d)
{
	return d->type != DRC_PCI;
}

/* The row that holds for @d now. dr->lock is held. */
const struct drc_row *drc_row(const struct drc *d, enum drc_input input);

/* The guest does @input: on @v's thread, without dr->lock. Afterwards @d may be gone. */
rtas_status drc_input(struct vcpu *v, struct drc *d, enum drc_input input);

/* The same with all vCPUs parked, or for rows that do not need it. dr->lock is held; see drc.c. */
rtas_status drc_apply(struct papr *p, struct drc *d, enum drc_input input);

/* The level of @d's domain is not zero. dr->lock is held. */
bool drc_is_powered(const struct drc *d);

/* The state of a connector whose resource the guest does not have. */
enum drc_state drc_first_state(const struct drc *d);

/*
 * Enables or disables it, if it is not yet. -errno (logged), and nothing has
 * changed, if the kind of resource says no. As drc_take_away() otherwise.
 */
int drc_change_reach(struct papr *p, struct drc *d, bool on);

/* Disables and detaches, whatever it takes. dr->lock is held and given up meanwhile. */
void drc_take_away(struct papr *p, struct drc *d);

/* NULL: no such domain, or the live one. */
struct dr_domain *dr_domain(const struct dr *dr, u32 id);

#define DRC_NO_VALUE 0xffffu

/* What drc_note() is told: the indicator and its value, or the sensor and DRC_NO_VALUE. */
static inline u32 drc_note_of(u32 indicator, u32 value)
{
	return indicator << 16 | (value & 0xffff);
}

/* Remembers for the user what the guest asked for. dr->lock is held. */
void drc_note(struct drc *d, const struct rtas_args *a, u32 what, rtas_status status);

/* ---- connector.c; dr->lock is held ---- */

void drc_walk_drop(struct drc *d);

#endif
