/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is below /vdevice besides the NVRAM: slots for virtual terminals,
 * virtual SCSI adapters and logical LAN adapters [LoPAR 13.7.5, PAPR 16]. A slot
 * has a unit address, an interrupt and a connector for the life of the machine;
 * what is in it comes and goes, with a DMA window of its own but for terminals.
 *
 * The vSCSI disks of the configuration are targets of one adapter; a disk that
 * comes later gets an adapter of its own. The first terminal stays.
 *
 * Devices are added with all vCPUs parked, or before any exists.
 */
#ifndef HYPAR_PAPR_VIO_H
#define HYPAR_PAPR_VIO_H

#include "dev/backend/block.h"
#include "dev/backend/chr.h"
#include "dev/backend/net.h"
#include "dev/tce.h"
#include "dev/vio/llan.h"
#include "dev/vio/vscsi.h"
#include "fw/fdt/build.h"
#include "papr/dr/dr.h"
#include "papr/hcall.h"
#include "papr/papr.h"

#define VIO_SLOTS PAPR_N_VIO_IRQS

struct papr_vio;

enum vio_kind { VIO_VTY, VIO_VSCSI, VIO_LLAN, VIO_KINDS };

struct papr_vio_slot {
	struct papr *papr;
	enum vio_kind kind;
	u32 number; /* among its kind */
	u32 unit, irq;
	struct drc *drc; /* NULL: the first terminal has none */
	bool is_used;	 /* something is there */
	bool is_live;	 /* ... and the guest reaches it */
	/* adapters */
	char id[DEVICE_ID_MAX];
	struct tce_bus bus;
	struct vscsi *vscsi;
	struct llan *llan;
	u8 mac[6];
};

/* The slots, empty but for the first terminal. */
int papr_vio_new(struct papr *p, struct hypar_err *e);

/* Each takes the back end over, on success and on failure; *out: where it is. */
int papr_vio_add_disk(struct papr *p, struct block *b, const char *id, enum drc_attach how,
		      struct papr_vio_slot **out, struct hypar_err *e);

struct vio_card {
	struct net *net;
	u8 mac[6];
};

int papr_vio_add_net(struct papr *p, const struct vio_card *c, const char *id, enum drc_attach how,
		     struct papr_vio_slot **out, struct hypar_err *e);
int papr_vio_add_vty(struct papr *p, struct chr *c, const char *id, enum drc_attach how,
		     struct papr_vio_slot **out, struct hypar_err *e);

/*
 * What the connectors do (papr/dr/vio.c): from its reset state on the guest
 * reaches it, or not any more; what is there is destroyed. vCPUs parked.
 */
void papr_vio_enable(struct papr *p, struct papr_vio_slot *s);
void papr_vio_disable(struct papr *p, struct papr_vio_slot *s);
void papr_vio_empty(struct papr_vio_slot *s);

void papr_vio_quiesce(struct papr *p);
void papr_vio_reset(struct papr *p); /* everything as at start */
/* Firmware of the guest is done: adapters as at start, and no bypass. All vCPUs parked. */
void papr_vio_forget(struct papr *p);
void papr_vio_free(struct papr *p); /* after papr_vio_quiesce */

/* The DMA of the adapter at @unit, or NULL. */
struct tce_bus *papr_vio_bus(const struct papr *p, u64 unit);

/* The nodes, into the open /vdevice. */
void papr_vio_fdt(struct papr *p, struct fdt_build *b);
/*
 * That of a slot where something is, by itself: with a property "name", which
 * only a whole tree can do without (lsslot looks for it).
 */
void papr_vio_slot_fdt(const struct papr_vio_slot *s, struct fdt_build *b);

/* The device at a unit address, or NULL. */
struct vscsi *papr_vio_vscsi(const struct papr *p, u64 unit);
struct llan *papr_vio_llan(const struct papr *p, u64 unit);
struct papr_vty *papr_vio_vty(struct papr *p, u64 unit);

/* The connector of the adapter with this id ("vscsi0" of several disks), or NULL. */
struct drc *papr_vio_find(const struct papr *p, const char *id);
/* How many disks are on the adapter with this connector; 0: no such adapter. */
u32 papr_vio_disks(const struct drc *d);

/* What a hypercall answers for a status of src/dev/vio. */
hstatus vio_hstatus(enum vio_status st);

#endif
