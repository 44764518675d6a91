/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dynamic reconfiguration [LoPAR 13]: memory, processors, PCI host bridges, PCI
 * functions and virtual adapters added to and taken from a running machine.
 *
 * The host attaches a resource and tells the guest by a hotplug event; the
 * guest takes it when it gets to it, or never. A removal is a request that the
 * guest grants by releasing the resource, or refuses. So the functions return at
 * once with the number of a request; hypar_machine_dr_request() shows how far
 * the guest has come, and events tell of its end.
 *
 * Threads and errors as in hypar/control.h.
 */
#ifndef HYPAR_DR_H
#define HYPAR_DR_H

#include "hypar/machine.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hypar_drc_type {
	HYPAR_DRC_CPU = 1,
	HYPAR_DRC_PHB = 2,
	HYPAR_DRC_VIO = 3,
	HYPAR_DRC_PCI = 4,
	HYPAR_DRC_LMB = 8,
	HYPAR_DRC_PMEM = 9,
};

/*
 * Memory: @size bytes, a multiple of HYPAR_LMB_SIZE, in one request; where there
 * is room, in one piece if there is such a one.
 * -ENOSPC: more than max; -EINVAL; -EEXIST: the id is in use.
 */
struct hypar_memory {
	uint64_t size;
	uint64_t address;  /* remove: from there; 0: the guest chooses which */
	const char *id;	   /* add: unique, or NULL; remove: that block, or NULL */
	unsigned int node; /* add: NUMA node */
};

int hypar_machine_add_memory(hypar_machine *m, const struct hypar_memory *r, uint32_t *request,
			     struct hypar_err *e);
/* -EBUSY: part of the RMA, or the last memory; -ENOENT: no such block. */
int hypar_machine_remove_memory(hypar_machine *m, const struct hypar_memory *r, uint32_t *request,
				struct hypar_err *e);

/* @n vCPU threads, a multiple of those of a core; remove: the highest cores first. */
int hypar_machine_add_cpus(hypar_machine *m, unsigned int n, uint32_t *request,
			   struct hypar_err *e);
int hypar_machine_remove_cpus(hypar_machine *m, unsigned int n, uint32_t *request,
			      struct hypar_err *e);
/* One core, by the number of its first thread. */
int hypar_machine_add_core(hypar_machine *m, unsigned int first, uint32_t *request,
			   struct hypar_err *e);
int hypar_machine_remove_core(hypar_machine *m, unsigned int first, uint32_t *request,
			      struct hypar_err *e);

/*
 * Devices, as in the configuration: PCI functions or virtual adapters, by their
 * interface. The name of one that had none is the request's @what. -ENOTSUP:
 * a kind that stays. *request is 0 when there is nothing to wait for: what is
 * behind a bridge that the guest does not have yet comes with the bridge.
 */
int hypar_machine_add_disk(hypar_machine *m, const struct hypar_disk *d, uint32_t *request,
			   struct hypar_err *e);
int hypar_machine_add_net(hypar_machine *m, const struct hypar_net *n, uint32_t *request,
			  struct hypar_err *e);
int hypar_machine_add_device(hypar_machine *m, const struct hypar_device *d, uint32_t *request,
			     struct hypar_err *e);
/* @surprise: without asking the guest, as if it were pulled out. -ENOENT, -EBUSY: asked already. */
int hypar_machine_remove_device(hypar_machine *m, const char *id, bool surprise, uint32_t *request,
				struct hypar_err *e);

/*
 * Stops the slot of a PCI device as an error on its bus does: the guest sees
 * all ones, the device no memory, until the guest resets the slot (EEH).
 */
int hypar_machine_freeze_device(hypar_machine *m, const char *id, struct hypar_err *e);

/* A host bridge, 0 to HYPAR_PHBS_MAX - 1, with whatever is behind it. */
int hypar_machine_add_phb(hypar_machine *m, unsigned int index, uint32_t *request,
			  struct hypar_err *e);
int hypar_machine_remove_phb(hypar_machine *m, unsigned int index, uint32_t *request,
			     struct hypar_err *e);

/* Persistent memory, as in the configuration. */
int hypar_machine_add_nvdimm(hypar_machine *m, const struct hypar_nvdimm *n, uint32_t *request,
			     struct hypar_err *e);
/* -ENOENT, -EBUSY: asked already. */
int hypar_machine_remove_nvdimm(hypar_machine *m, const char *id, uint32_t *request,
				struct hypar_err *e);

#define HYPAR_NVDIMM_HEALTH_BITS 11 /* bit 0 is the leftmost of what the guest gets */

enum hypar_health_change { HYPAR_HEALTH_SHOW, HYPAR_HEALTH_SET, HYPAR_HEALTH_CLEAR };

/*
 * Makes a bit of H_SCM_HEALTH 1 or 0 whatever the medium's condition is; *health
 * is what the guest gets then. -ENOENT, -EINVAL: no such bit.
 */
int hypar_machine_nvdimm_health(hypar_machine *m, const char *id, enum hypar_health_change what,
				unsigned int bit, uint64_t *health, struct hypar_err *e);

/* Gives up waiting for a request; what the guest has done so far stays. -ENOENT. */
int hypar_machine_dr_cancel(hypar_machine *m, uint32_t request, struct hypar_err *e);

enum hypar_dr_state {
	HYPAR_DR_WAITING,  /* the guest has not fetched the event yet */
	HYPAR_DR_SEEN,	   /* fetched, nothing done yet */
	HYPAR_DR_PROGRESS, /* some of it is done */
	HYPAR_DR_DONE,
	HYPAR_DR_REFUSED,   /* the guest said no, or gave up half-way */
	HYPAR_DR_CANCELLED, /* by the host, a reset included */
};

struct hypar_dr_request {
	uint32_t request;
	enum hypar_dr_state state;
	bool is_removal;
	enum hypar_drc_type type;
	unsigned int done, wanted; /* connectors */
	uint64_t age_ms;	   /* since it was made; until its end */
	char what[96];		   /* "4096 MiB at 0x80000000", "disk2" */
	char why[96];		   /* of REFUSED: what the guest did */
};

/* The request with this number; the next one at or behind @r->request. -ENOENT. */
int hypar_machine_dr_request(hypar_machine *m, struct hypar_dr_request *r, struct hypar_err *e);

struct hypar_drc_info {
	uint32_t index;
	enum hypar_drc_type type;
	char name[24];
	const char *state; /* "configured", constant text */
	char resource[64]; /* what is attached; "": nothing */
	bool is_attached, is_enabled, unplug_wanted;
	unsigned int node;	       /* NUMA, of attached memory */
	unsigned int indicator, power; /* 9002; level of its power domain */
	char last_call[40];	       /* "set-indicator 9003 = 1"; "": none */
	char last_status[24];	       /* "SUCCESS" */
	uint64_t n_calls;
};

/* The next connector at or behind @d->index (0: the first). -ENOENT: there is none. */
int hypar_machine_drc_next(hypar_machine *m, struct hypar_drc_info *d, struct hypar_err *e);

/*
 * Makes the guest's next @count calls of hypercall or RTAS call @call answer
 * @status, without carrying them out (@delay_us: after that time; with
 * @carry_out they are carried out, and the delay is all that changes). @drc: only calls that
 * name this connector; 0: all. @count 0: until it is taken back. @skip: so many
 * such calls are let through first.
 */
struct hypar_injection {
	const char *call; /* "H_SCM_BIND_MEM", "ibm,configure-connector" */
	int64_t status;
	uint64_t count;
	uint32_t drc;
	uint32_t delay_us;
	uint32_t skip;
	bool carry_out;
	bool is_over; /* of hypar_machine_inject_next(): it was used up */
};

/*
 * The status that @text means for @call: a number, or a name such as "H_BUSY" or
 * "HARDWARE". -ENOENT: no such call; -EINVAL: it does not answer such a status.
 */
int hypar_status_value(const char *call, const char *text, int64_t *status, struct hypar_err *e);

/* -ENOENT: no such call; -ENOSPC: too many. *id is its number. */
int hypar_machine_inject(hypar_machine *m, const struct hypar_injection *i, uint32_t *id,
			 struct hypar_err *e);
/* @id 0: all. */
int hypar_machine_inject_clear(hypar_machine *m, uint32_t id, struct hypar_err *e);
/* The next at or behind *id; i->count is what is left, *hits how often it struck. -ENOENT. */
int hypar_machine_inject_next(hypar_machine *m, uint32_t *id, struct hypar_injection *i,
			      uint64_t *hits, struct hypar_err *e);

#ifdef __cplusplus
}
#endif

#endif
