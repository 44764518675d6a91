/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dynamic Resource Connectors [LoPAR 13]: what the guest acquires, configures,
 * isolates and gives back. A connector is there for the life of the machine
 * (those of PCI slots: of their bridge); a resource is attached to it by the
 * host, and detached when the guest released it after the host asked for it.
 *
 * Three things are told apart:
 *   attached   the host has assigned a resource to the partition
 *   enabled    the guest can reach it: memory is mapped, a core has threads, a
 *              function answers on its bus. From unisolate to isolate.
 *   state      what the guest has done with the connector (drc_state.def)
 *
 * A guest may isolate and release what nobody asked for (drmgr does, on an
 * administrator's behalf); it stays attached, and the guest may take it again.
 *
 * Threads: dr->lock guards every member that changes. enable, disable and
 * detach run on the control thread with all vCPUs parked, without dr->lock.
 */
#ifndef HYPAR_PAPR_DR_DRC_H
#define HYPAR_PAPR_DR_DRC_H

#include "fw/fdt/build.h"
#include "hypar/dr.h"
#include "papr/papr.h"

#define DRC_NAME_MAX 24u
#define DRC_INDEX(type, id) ((u32)(type) << 28 | (u32)(id))
#define DRC_POWER_LIVE 0xffffffffu /* domain of what is never switched off */

/* Numbers are those of the index and of HYPAR_DRC_*. */
enum drc_type {
	DRC_CPU = 1, /* id: vCPU number of the core's first thread */
	DRC_PHB = 2, /* bridge */
	DRC_VIO = 3, /* unit address & 0xffff */
	DRC_PCI = 4, /* bridge << 16 | bus << 8 | devfn of function 0 */
	DRC_LMB = 8, /* address / HYPAR_LMB_SIZE */
	DRC_PMEM = 9,
};

enum drc_state {
	DRC_UNUSABLE,	/* logical: not the guest's */
	DRC_EXCHANGE,	/* logical: a spare that the guest took by 9003 = 2 */
	DRC_RECOVERY,	/* logical: taken back by 9003 = 3, not usable yet */
	DRC_AVAILABLE,	/* logical: the guest's, isolated */
	DRC_ISOLATED,	/* physical: powered, isolated (or empty) */
	DRC_UNISOLATED, /* both: to be configured */
	DRC_CONFIGURED, /* both: in the guest's device tree */
	DRC_STATES
};

struct drc;

/* What a kind of resource does. NULL members: nothing to do. */
struct drc_ops {
	/* It becomes reachable. -errno with *e set: the guest gets HARDWARE, the state stays. */
	int (*enable)(struct papr *p, struct drc *d, struct hypar_err *e);
	/* Nothing of it is reachable or moves any more. -EBUSY: refused, a thread still runs. */
	int (*disable)(struct papr *p, struct drc *d, struct hypar_err *e);
	/* Back to the host: destroys the resource, which is disabled. */
	void (*detach)(struct papr *p, struct drc *d);
	/*
	 * Its node with all below it, as the boot tree would have it, with
	 * ibm,my-drc-index: exactly one. With all vCPUs parked.
	 */
	void (*fdt)(struct papr *p, const struct drc *d, struct fdt_build *b);
	/* Before the host asks for removal. -EBUSY with *e set: never (last CPU, RMA). */
	int (*may_remove)(struct papr *p, const struct drc *d, struct hypar_err *e);
};

struct drc_walk; /* ibm,configure-connector: papr/dr/connector.c */

struct drc {
	u32 index;
	enum drc_type type;
	u32 id;
	char name[DRC_NAME_MAX];      /* "LMB 3", "C65536" */
	char resource[DEVICE_ID_MAX]; /* id of the attached device, or "" */
	const struct drc_ops *ops;
	void *opaque;	  /* of ops */
	u32 power_domain; /* DRC_POWER_LIVE: none */
	u32 parent;	  /* of slots: the PHB's connector; else 0 */
	enum drc_state state;
	bool attached, enabled;
	bool is_spare;	       /* attached for 9003 = 2 alone */
	bool was_released;     /* the guest had it once: 9003 = 3 is possible */
	bool was_configured;   /* ... has or had it in its tree since it took it */
	bool unplug_wanted;    /* the host asked for it back */
	bool unplug_offered;   /* ... or for any of its kind; dr/request.c */
	u8 indicator;	       /* 9002 */
	bool is_identified;    /* 9007, of PCI slots */
	u8 power;	       /* level of the domain, 0..100 */
	u32 request;	       /* of the host, 0: none (dr/request.h) */
	bool has_failed;       /* ... and the guest did the opposite */
	struct drc_walk *walk; /* NULL: at its start */
	/* what the guest last asked of it, and was told: for "drc" */
	u32 last_call, last_value; /* token of the RTAS call; see drc_last_call() */
	s32 last_status;
	u64 n_calls;
};

#endif
