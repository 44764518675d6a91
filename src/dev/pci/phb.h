/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PCI host bridge of a PAPR machine [LoPAR 7.3.4, 7.3.10.5, 8.2.6]: one bus
 * with 32 slots, windows for I/O, 32-bit and 64-bit memory, DMA through TCEs,
 * four level interrupts shared by the slots and a range of message interrupts.
 * Firmware's part is here, too: assigning BARs and messages.
 *
 * Threads: phb_new, phb_free, phb_plug, phb_unplug, phb_reset, phb_quiesce and
 * phb_resume with all vCPUs parked; everything else on any thread. @lock: slots,
 * BARs, sources; its read side is held while a device handles an access. Order:
 * lock, locks of the device, lsi_lock, pci_vectors.lock; tce_bus.lock is last.
 */
#ifndef HYPAR_DEV_PCI_PHB_H
#define HYPAR_DEV_PCI_PHB_H

#include <pthread.h>

#include "dev/pci/pci.h"
#include "dev/tce.h"
#include "irq/line.h"
#include "mem/mmio.h"

#define PHB_SLOTS 32u
#define PHB_FUNCTIONS 256u
#define PHB_LSIS 4u
#define PHB_SOURCES_MAX 1024u

/* Addresses on the bus; those of 64-bit memory are real addresses. */
#define PHB_IO_SIZE 0x10000ULL
#define PHB_MEM32_BASE 0x80000000ULL
#define PHB_MEM32_SIZE 0x7fff0000ULL
#define PHB_MEM64_SIZE (1ULL << 36)
#define PHB_MSI_ADDRESS 0xffff0000ULL /* where messages are written to */

/* DMA windows: the one that is always there, and the dynamic one. */
#define PHB_DMA32_SIZE (1ULL << 30)
#define PHB_DMA32_SHIFT 12u
#define PHB_DMA64_BASE 0x0800000000000000ULL

struct pci_phb_config {
	u32 index;
	struct gmem *mem;
	struct mmio_bus *mmio;
	gpa io, mem32, mem64; /* the windows, as the processor sees them */
	u32 liobn;	      /* of the first window; the dynamic one has the next number */
	void (*irq)(void *opaque, u32 source, bool level);
	void *opaque;
	u32 lsi;	      /* first of PHB_LSIS level interrupts */
	u32 msi_first, n_msi; /* message interrupts */
	struct device_log log;
};

struct pci_phb_window {
	struct pci_phb *phb;
	u64 base; /* on the bus */
	bool is_io;
};

/*
 * A slot is a partitionable endpoint [LoPAR 4.4.2]: what happens to it after an
 * error happens to all of its functions. Numbers are those of
 * ibm,read-slot-reset-state2.
 */
enum phb_pe_state {
	PHB_PE_NORMAL = 0,
	PHB_PE_RESET = 1,	/* held in reset */
	PHB_PE_STOPPED = 2,	/* no accesses either way */
	PHB_PE_DMA_STOPPED = 4, /* the processor reaches it, it does not reach memory */
	PHB_PE_GONE = 5,	/* pulled out: for good */
};

/* A BAR that decodes. */
struct pci_map {
	u64 base, size;
	struct pci_dev *dev;
	u8 bar;
	bool is_io;
};

struct pci_phb {
	struct pci_phb_config cfg;
	struct pci_phb_window io, mem32, mem64;
	struct tce_bus tce;
	pthread_rwlock_t lock;
	struct pci_dev *dev[PHB_FUNCTIONS];
	struct pci_map *map; /* sorted: memory first, then by address */
	unsigned int n_map, map_room;
	bool used[PHB_SOURCES_MAX]; /* message interrupts, from cfg.msi_first */
	u8 pe[PHB_SLOTS];	    /* enum phb_pe_state */
	bool is_mapped;		    /* windows; with all vCPUs parked */
	pthread_mutex_t lsi_lock;
	u64 lsi_raised[PHB_LSIS][PHB_FUNCTIONS / 64];
};

/* Its windows are in the processor's address space. NULL with *e set. */
struct pci_phb *phb_new(const struct pci_phb_config *c, struct hypar_err *e);
/* Destroys the devices, which have been quiesced. NULL: nothing. */
void phb_free(struct pci_phb *p);

/*
 * Takes the windows out of the processor's address space, and puts them back.
 * All vCPUs are parked. Both are nothing to do when it is so.
 */
void phb_unmap(struct pci_phb *p);
int phb_map(struct pci_phb *p, struct hypar_err *e);

/* Puts @d at function 0 of @slot, or of the first free one (slot < 0), and assigns its BARs. */
int phb_plug(struct pci_phb *p, struct pci_dev *d, int slot, struct hypar_err *e);
/* The device is the caller's again. */
void phb_unplug(struct pci_dev *d);

/* Bridge and devices as after power-on; BARs are assigned. */
void phb_reset(struct pci_phb *p);
void phb_quiesce(struct pci_phb *p);
void phb_resume(struct pci_phb *p);

/* NULL: no such function. The device stays while vCPUs run. */
static inline struct pci_dev *phb_dev(const struct pci_phb *p, unsigned int devfn)
{
	return devfn < PHB_FUNCTIONS ? p->dev[devfn] : NULL;
}

/* Configuration accesses: @n is 1, 2 or 4, @at aligned. Nothing there: all ones, ignored. */
u32 phb_config_read(struct pci_phb *p, unsigned int devfn, unsigned int at, unsigned int n);
void phb_config_write(struct pci_phb *p, unsigned int devfn, unsigned int at, unsigned int n,
		      u32 val);

/* The level interrupt of pin A of @slot. */
static inline u32 phb_lsi(const struct pci_phb *p, unsigned int slot)
{
	return p->cfg.lsi + slot % PHB_LSIS;
}

/* ---- ibm,change-msi ---- */

enum phb_vectors { PHB_ANY, PHB_MSI, PHB_MSIX };

/*
 * Gives the function @n message interrupts in place of those it has; fewer if
 * it cannot use or get so many. Answers how many, or -ENODEV, -ENOTSUP (not of
 * this kind), -ENOSPC (none left; it then has none).
 */
int phb_set_vectors(struct pci_phb *p, unsigned int devfn, enum phb_vectors kind, u32 n);
/* What it has. False: no such function. */
bool phb_get_vectors(struct pci_phb *p, unsigned int devfn, struct pci_sources *out);

/* ---- errors of a slot: eeh.c ---- */

enum phb_pe_state phb_pe_state(struct pci_phb *p, unsigned int slot);

/* What the hardware does: stops the slot, or finds it gone. A slot that is gone stays so. */
void phb_pe_set(struct pci_phb *p, unsigned int slot, enum phb_pe_state state);

/*
 * Resets the slot's function and holds it so (PHB_PE_RESET); then its
 * configuration space is that of power-on, with BARs of 0. -ENODEV: gone.
 */
int phb_pe_reset(struct pci_phb *p, unsigned int slot);

/* ---- dynamic DMA windows ---- */

/*
 * Adds a window of 2^@window_shift bytes in pages of 2^@page_shift (12 or
 * 16: docs/decisions/020-dma-pages.md). -EINVAL,
 * -ENOSPC (larger than phb_dma_largest), -EEXIST, -ENOMEM.
 */
int phb_dma_create(struct pci_phb *p, unsigned int page_shift, unsigned int window_shift,
		   struct tce_window *out);
int phb_dma_remove(struct pci_phb *p, u32 liobn); /* -ENOENT */
/* The first window alone, empty. */
void phb_dma_reset(struct pci_phb *p);
/* How many windows can still be created, and the most entries that one can have. */
unsigned int phb_dma_free(struct pci_phb *p);
u64 phb_dma_largest(const struct pci_phb *p);

/* ---- for eeh.c ---- */

/* After every change of a BAR, a command register or a slot's state; lock is held for writing. */
void phb_remap(struct pci_phb *p);

/* Do accesses of the processor arrive? */
static inline bool phb_pe_answers(const struct pci_phb *p, unsigned int devfn)
{
	return p->pe[devfn >> 3] == PHB_PE_NORMAL || p->pe[devfn >> 3] == PHB_PE_DMA_STOPPED;
}

/* ---- for functions ---- */

bool phb_dma_read(struct pci_dev *d, ioba at, void *dst, size_t n);
bool phb_dma_write(struct pci_dev *d, ioba at, const void *src, size_t n);
/* A message; pci_vectors.lock is held. */
void phb_message(struct pci_dev *d, u64 address, u32 data);
/* Sets the line of the function's pin to what its state asks for. */
void phb_intx_update(struct pci_dev *d);

#endif
