/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI functions: configuration space with write masks, BARs, capabilities, MSI
 * and MSI-X [PCI Local Bus 3.0, 6]. A device embeds struct pci_dev, fills it in
 * before it is plugged into a host bridge (phb.h), and is called through its
 * struct pci_dev_ops. Values are little-endian numbers as the device means
 * them; the host bridge has swapped them.
 *
 * Threads: configuration accesses and the attaching of BARs are ordered by the
 * bridge's lock (writers alone; BAR accesses of several vCPUs at once under its
 * read side). pci_dev.dma, pci_intx_set() and pci_vector_send() are for any
 * thread, with any lock but the bridge's held.
 *
 * UNIMPL: bridges (bus 0 of each host bridge only), expansion ROMs, power
 * management, PCI Express capabilities.
 */
#ifndef HYPAR_DEV_PCI_PCI_H
#define HYPAR_DEV_PCI_PCI_H

#include <pthread.h>

#include "dev/device.h"
#include "dev/dma.h"
#include "dev/pci/regs.h"
#include "hypar/error.h"

#define PCI_CONFIG_SIZE 256u
#define PCI_BARS 6u
#define PCI_MSI_MAX 32u
#define PCI_MSIX_MAX 2048u
#define PCI_DEVFN(slot, fn) ((unsigned int)((slot) << 3 | (fn)))

struct pci_dev;
struct pci_phb;

struct pci_dev_ops {
	struct device_ops life; /* of the whole device; destroy frees it */
	/* @size is 1, 2 or 4; @offset is aligned and inside the BAR. NULL: the BAR reads as 0. */
	u64 (*bar_read)(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size);
	void (*bar_write)(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size,
			  u64 val);
	/* Before bytes [@at, @at + @n) are read, after they were written. May be NULL. */
	void (*config_read)(struct pci_dev *d, unsigned int at, unsigned int n);
	void (*config_written)(struct pci_dev *d, unsigned int at, unsigned int n);
};

enum pci_bar_kind { PCI_BAR_NONE, PCI_BAR_IO, PCI_BAR_MEM32, PCI_BAR_MEM64 };

struct pci_bar {
	enum pci_bar_kind kind; /* MEM64: this BAR and the next, which stays NONE */
	bool is_prefetchable;
	u64 size; /* a power of two */
};

struct pci_msix_entry {
	u64 address;
	u32 data, control;
};

#define PCI_MSIX_MASKED 1u /* of control */

/* Vectors of either kind. Its lock comes after all others but the interrupt controller's. */
struct pci_vectors {
	pthread_mutex_t lock;
	u8 msi_cap, msix_cap; /* offsets; 0: none */
	u16 n_msi, n_msix;    /* that the device has */
	u8 msix_bar;
	u32 table, pba; /* offsets in the BAR */
	/* under lock */
	bool msi_on, msix_on, msix_masked; /* copies of the control bits */
	u32 msi_pending;
	struct pci_msix_entry *entry; /* n_msix */
	u64 *pending;
};

/* What ibm,change-msi gave: sources @first .. @first + @n - 1 belong to the function. */
struct pci_sources {
	u32 first, n;
	bool is_msix;
};

struct pci_dev {
	struct device dev;
	const struct pci_dev_ops *ops;
	struct pci_phb *phb; /* while plugged */
	u8 devfn;
	u8 config[PCI_CONFIG_SIZE];
	u8 wmask[PCI_CONFIG_SIZE];   /* bits that the guest writes */
	u8 initial[PCI_CONFIG_SIZE]; /* config after reset; taken when plugged */
	u8 cap_last, cap_next;	     /* end of the capability list, free space */
	struct pci_bar bar[PCI_BARS];
	struct pci_vectors vec;
	struct pci_sources sources;	  /* under vec.lock */
	struct dma dma;			  /* for the device; refused without bus mastering */
	bool is_master;			  /* atomic: PCI_COMMAND_MASTER */
	bool is_intx_off;		  /* atomic: PCI_COMMAND_INTX_OFF */
	bool is_stopped;		  /* atomic: its slot is, after an error */
	bool intx;			  /* atomic: the level that the device wants */
	u64 home[PCI_BARS];		  /* bus addresses that firmware assigns; 0: none */
	u64 n_dma_refused, n_msi_refused; /* atomic */
};

struct pci_ids {
	u16 vendor, device, subsystem_vendor, subsystem;
	u32 class; /* 24 bits: class, subclass, programming interface */
	u8 revision;
};

/* @d is zeroed. Sets the header up; @id and @log name the device to the user. */
void pci_dev_init(struct pci_dev *d, const struct pci_dev_ops *ops, const struct pci_ids *ids,
		  const char *id, const struct device_log *log);
void pci_dev_fini(struct pci_dev *d); /* by ops->life.destroy; unplugged */

/* BAR @i, before plugging. */
void pci_bar_add(struct pci_dev *d, unsigned int i, const struct pci_bar *bar);

/*
 * A capability of @size bytes, read-only but for what the caller sets in
 * wmask. Answers its offset; 0: no room.
 */
u8 pci_cap_add(struct pci_dev *d, u8 id, u8 size);

/* @n (1 .. PCI_MSI_MAX, a power of two) message interrupts with 64-bit address and masks. */
int pci_msi_add(struct pci_dev *d, unsigned int n, struct hypar_err *e);

/* @n vectors whose table and pending bits are in BAR @bar, at @table and @pba. */
int pci_msix_add(struct pci_dev *d, unsigned int n, unsigned int bar, u32 table, u32 pba,
		 struct hypar_err *e);

/* Uses interrupt pin A. */
void pci_intx_add(struct pci_dev *d);

/* ---- while plugged ---- */

/* The level of interrupt pin A; nothing while MSI or MSI-X is on. */
void pci_intx_set(struct pci_dev *d, bool level);

/* Vector @v of MSI-X or MSI, whichever is on. False: neither is. */
bool pci_vector_send(struct pci_dev *d, unsigned int v);
bool pci_vectors_on(struct pci_dev *d);

/* Configuration bytes back to their state when plugged: BARs and command 0, no vectors. */
void pci_dev_reset(struct pci_dev *d);

/* ---- for the host bridge ---- */

u32 pci_config_read(struct pci_dev *d, unsigned int at, unsigned int n);
/* True: where BARs are may have changed. */
bool pci_config_write(struct pci_dev *d, unsigned int at, unsigned int n, u32 val);

/* The bus address BAR @i decodes at present; false: none. */
bool pci_bar_address(const struct pci_dev *d, unsigned int i, u64 *at);

u64 pci_bar_read(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size);
void pci_bar_write(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size, u64 val);

/* Writes the messages of d->sources into the MSI or MSI-X registers (ibm,change-msi). */
void pci_vectors_program(struct pci_dev *d, u64 address);

/* vectors.c, for config.c */
void pci_vectors_reset(struct pci_dev *d);
void pci_vectors_config_written(struct pci_dev *d, unsigned int at, unsigned int n);
bool pci_msix_covers(const struct pci_dev *d, unsigned int bar, u64 offset);
u64 pci_msix_read(struct pci_dev *d, u64 offset, unsigned int size);
void pci_msix_write(struct pci_dev *d, u64 offset, unsigned int size, u64 val);

#endif
