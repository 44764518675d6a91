/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PAPR platform of one machine: what its hypercalls, RTAS calls, firmware
 * and device tree share.
 *
 * Threads: hypercalls of several vCPUs run at once. Members below "under
 * papr->lock" are guarded by it; the others are constant while vCPUs run, or
 * belong to the boot vCPU's firmware calls (before quiesce).
 */
#ifndef HYPAR_PAPR_PAPR_H
#define HYPAR_PAPR_PAPR_H

#include <pthread.h>

#include "fw/image.h"
#include "fw/ofw/client.h"
#include "hv/partition.h"
#include "hypar/machine.h"
#include "irq/xics/xics.h"
#include "irq/xive/xive.h"
#include "papr/event/event.h"
#include "papr/vty.h"

/* Interrupt numbers: LISN under XIVE, source number under XICS. */
#define PAPR_IRQ_IPI 0u /* + vCPU (XIVE) */
#define PAPR_IRQ_EPOW 0x1000u
#define PAPR_IRQ_HOTPLUG 0x1001u
#define PAPR_IRQ_VIO 0x1100u /* vtys, then other VIO devices: papr/vio.c */
#define PAPR_N_VIO_IRQS 0x40u
#define PAPR_IRQ_PCI_LSI 0x1200u /* PHB_LSIS for each host bridge, level */
#define PAPR_IRQ_PCI_MSI 0x1300u /* messages of all host bridges, to the end */
#define PAPR_N_IRQS 0x2000u
#define PAPR_N_PHBS ((u32)HYPAR_PHBS_MAX)

/* Guest real addresses. */
#define PAPR_ESB_BASE 0x0006010000000000ULL
#define PAPR_TIMA_BASE 0x0006030200000000ULL
#define PAPR_SCM_BASE 0x10000000000ULL /* where NVDIMMs are bound: HYPAR_SCM_MAX bytes */
#define PAPR_FW_BASE 0x4000ULL	       /* the client interface's entry, until quiesce */
#define PAPR_FW_STACK 0xff00ULL	       /* the boot program's stack, down to PAPR_FW_BASE */
#define PAPR_FW_END 0x10000ULL
#define PAPR_FLAT_RTAS_BASE 0x1fff0000ULL /* RTAS of the flat-tree entry, below 512 MiB */
#define PAPR_SLOF_TREE_TOP 0x80000000ULL  /* end of the tree that --firmware gets */
#define PAPR_VTY_BASE 0x71000000u	  /* unit address of the first virtual terminal */
#define PAPR_VTYS_MAX 16u
#define PAPR_NVRAM_UNIT 0x71000100u
#define PAPR_PHANDLE_PIC 0x1111u

enum papr_irq_mode { PAPR_XICS, PAPR_XIVE };

/* What ibm,client-architecture-support settled. */
struct papr_options {
	enum papr_irq_mode irq_mode;
	bool radix, gtse;
	bool drconf, drmem_v2, hp_evt, form2, drc_info;
	u32 cpu_version; /* logical PVR of the cpu nodes; 0: the real one */
	u8 ov5[32];	 /* the answer, /chosen/ibm,architecture-vec-5 */
	u32 ov5_size;	 /* 0: not negotiated */
};

struct papr_vio;
struct pci_phb;
struct papr_devices;
struct papr_bridge;
struct tce_bus;
struct tpm;
struct dr;
struct papr_mem;
struct papr_scm;

/* An injection holds a call of this vCPU (papr/dr/inject.h); of its own thread. */
struct inject_delay {
	u64 until; /* time base; 0: none */
	u64 number;
	s64 status;
	u32 epoch; /* of the injector: others are forgotten */
	bool is_rtas, carry_out;
};

/* Per-vCPU areas that the guest registers. */
struct papr_vcpu {
	gpa vpa, dtl, slb_shadow;
	u64 dtl_size, slb_shadow_size;
	bool has_vpa, has_dtl, has_slb_shadow;
	bool joined;	  /* H_JOIN; under papr->lock */
	bool tpm_started; /* H_TPM_COMM is to be made again; of its own thread */
	struct inject_delay delay;
	bool in_mcheck; /* between a machine check and ibm,nmi-interlock; of its own thread */
};

struct papr {
	struct partition *partition;
	struct hypar_config cfg; /* strings owned */
	struct xive *xive;	 /* both: changed only with all vCPUs parked and irq_lock held */
	struct xics *xics;
	pthread_mutex_t irq_lock; /* keeps them in place for device interrupts, from any thread */
	struct papr_options opt;
	struct fw_loaded kernel, initrd;
	struct ofw *ofw; /* until quiesce */
	struct papr_vty vty[PAPR_VTYS_MAX];
	struct papr_vio *vio; /* which of them are there, and adapters */
	struct papr_events events;
	struct dr_requests *requests; /* of the host: papr/dr/request.h */
	struct dr_injector *injector; /* papr/dr/inject.h */
	u32 n_injections;	      /* that strike; atomic */
	pthread_mutex_t lock;
	/* under lock */
	u8 *nvram;			  /* HYPAR_NVRAM_SIZE bytes */
	int nvram_fd;			  /* -1: none */
	s64 rtc_offset;			  /* seconds added to the host's clock */
	gpa nmi_sreset, nmi_mcheck;	  /* ibm,nmi-register; 0: none */
	gpa rtas_base;			  /* 0: not instantiated */
	bool shutdown_asked;		  /* atomic: hypar_machine_shutdown() since last looked */
	struct papr_vcpu *vcpus;	  /* for each number that a vCPU can have */
	struct pci_phb *phb[PAPR_N_PHBS]; /* these and the I/O buses: while vCPUs are parked */
	struct papr_bridge *bridges;	  /* PAPR_N_PHBS, reachable or not */
	struct tce_bus *tce_buses;
	struct papr_devices *devices;
	struct dr *dr;	      /* connectors: papr/dr/dr.h */
	struct papr_mem *mem; /* papr/dr/mem.h */
	struct papr_scm *scm; /* papr/scm.h */
	struct tpm *tpm;      /* NULL: none */
	void *guest_tree;     /* papr/guest_tree.h; these three under lock */
	size_t guest_tree_size;
	u32 guest_pic; /* atomic */
};

/* A platform with its partition, devices and RAM. NULL with *e set. */
struct papr *papr_new(const struct hypar_config *cfg, struct hypar_err *e);
void papr_free(struct papr *p);

/* Tries to load kernel and initrd, so that bad files are reported before anything runs. */
int papr_check_files(struct papr *p, struct hypar_err *e);

static inline struct papr *papr_of(const struct vcpu *v)
{
	return v->partition->platform;
}

static inline struct papr_vcpu *papr_vcpu_of(const struct vcpu *v)
{
	return v->platform;
}

/* The vCPU of server number @n, or NULL. */
struct vcpu *papr_vcpu_by_number(const struct papr *p, u64 n);

/* Sets the level of interrupt @irq at the controller in use (edge: a trigger). */
void papr_irq_set(struct papr *p, u32 irq, bool level);

/* Is nothing of edge source @irq on its way to the guest, and would a trigger be noticed? */
bool papr_irq_is_idle(struct papr *p, u32 irq);

/* Switches to the controller of p->opt.irq_mode: fresh state, all sources masked. */
void papr_irq_reset(struct papr *p);
int papr_irq_new(struct papr *p, struct hypar_err *e);
void papr_irq_free(struct papr *p);

/* A vCPU comes or goes: both controllers. Control thread, vCPUs parked, irq_lock held. */
int papr_irq_connect(struct papr *p, u32 server, struct hypar_err *e);
void papr_irq_disconnect(struct papr *p, u32 server);

/* Who gets the interrupts of a server that is not there: a running one if there is any. */
u32 papr_irq_heir(const struct papr *p, u32 server);

/* A controller with those vCPUs connected that there are, and no source; NULL with *e set. */
struct xive *papr_xive_new(struct papr *p, struct hypar_err *e);
struct xics *papr_xics_new(struct papr *p, struct hypar_err *e);

/* The XIVE's pages in the guest's address space. */
int papr_xive_map(struct papr *p, struct xive *x, struct hypar_err *e);
void papr_xive_unmap(struct papr *p);

/*
 * On the control thread, with all vCPUs parked: saves the controller in use
 * and continues with a fresh one that was restored from it. On failure the
 * old one stays in use.
 */
int papr_irq_renew(struct papr *p, struct hypar_err *e);

/* The device tree as p->opt has it; the caller frees it. */
int papr_fdt_build(struct papr *p, void **blob, size_t *size, struct hypar_err *e);

/*
 * The vectors of ibm,client-architecture-support at @vec: 0, or -1 and nothing
 * changed. Under papr->lock. -1 while more than one vCPU runs.
 */
int papr_cas(struct papr *p, gpa vec);

/* Defaults of p->opt before any negotiation. */
void papr_options_init(struct papr *p);

/* Makes @p's radix, LPCR and process table state that of a fresh partition. */
void papr_cpus_reset(struct papr *p);

/* Puts the RTAS blob to @base. False: not RAM. */
bool papr_rtas_instantiate(struct papr *p, gpa base);

/* A line for the trace sink, if @what (HYPAR_TRACE_*) is on. */
void papr_trace(struct papr *p, u32 what, const char *fmt, ...) PRINTF_LIKE(3, 4);
void papr_log(struct papr *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* For the user, at once: devices and their back ends. */
void papr_notice(struct papr *p, const char *line);

static inline bool papr_traces(const struct papr *p, u32 what)
{
	return __atomic_load_n(&p->cfg.trace, __ATOMIC_RELAXED) & what;
}

/* With all vCPUs parked: what is traced from now on. Returns what was. */
u32 papr_set_trace(struct papr *p, u32 mask);

/* The reason of a PARTITION_RESET that the guest did not ask for. */
#define PAPR_RESET_BY_HOST "reset"

#endif
