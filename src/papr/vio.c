// SPDX-License-Identifier: Apache-2.0
/*
 * Devices below /vdevice: unit addresses, windows, interrupts, nodes
 * [LoPAR B.6.15].
 */
#include "papr/vio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dev/tce.h"
#include "papr/pci.h"

#define VSCSI_UNIT 0x71000200u
#define LLAN_UNIT 0x71000300u
#define LLANS_MAX HYPAR_DEVICES_MAX

/* Interrupts after those of the terminals. */
#define VSCSI_IRQ (PAPR_IRQ_VIO + PAPR_VTYS_MAX)
#define LLAN_IRQ (VSCSI_IRQ + 1u)
_Static_assert(1 + LLANS_MAX + PAPR_VTYS_MAX <= PAPR_N_VIO_IRQS, "enough interrupts");

/* A window of 256 MiB from 0, in pages of 4 KiB; its LIOBN is the unit address. */
#define WINDOW_SHIFT 12u
#define WINDOW_SIZE (256ULL << 20)

/* What a device has besides itself. */
struct unit {
	u32 address, irq;
	char id[DEVICE_ID_MAX];
	struct tce_bus bus;
	struct vscsi *vscsi; /* one of these */
	struct llan *llan;
	u8 mac[6];
};

struct papr_vio {
	struct unit *vscsi; /* NULL: no disk */
	struct unit *llan[LLANS_MAX];
	u32 n_llans;
};

static void line(void *opaque, u32 irq, bool level)
{
	papr_irq_set(opaque, irq, level);
}

static void say(void *opaque, const char *text)
{
	papr_notice(opaque, text);
}

static struct papr_vio *vio_of(struct papr *p, struct hypar_err *e)
{
	if (!p->vio)
		p->vio = calloc(1, sizeof(*p->vio));
	if (!p->vio)
		err_set(e, -ENOMEM, "no memory for a device");
	return p->vio;
}

static struct device *device_of(const struct unit *u)
{
	return u->vscsi ? vscsi_device(u->vscsi) : llan_device(u->llan);
}

/* ---- units ---- */

static struct unit *new_unit(struct papr *p, u32 address, u32 irq, struct hypar_err *e)
{
	struct tce_window w = { .liobn = address,
				.page_shift = WINDOW_SHIFT,
				.n = WINDOW_SIZE >> WINDOW_SHIFT };
	struct unit *u = calloc(1, sizeof(*u));

	if (!u) {
		err_set(e, -ENOMEM, "no memory for a device");
		return NULL;
	}
	u->address = address;
	u->irq = irq;
	tce_bus_init(&u->bus, p->partition->mem);
	if (tce_bus_add(&u->bus, &w, e)) {
		tce_bus_fini(&u->bus);
		free(u);
		return NULL;
	}
	papr_tce_add(p, &u->bus);
	return u;
}

static void free_unit(struct papr *p, struct unit *u)
{
	if (!u)
		return;
	if (u->vscsi || u->llan)
		device_destroy(device_of(u));
	papr_tce_remove(p, &u->bus);
	tce_bus_fini(&u->bus);
	free(u);
}

static struct vio_config config_of(struct papr *p, struct unit *u, const char *id)
{
	snprintf(u->id, sizeof(u->id), "%s", id);
	return (struct vio_config){ .id = u->id,
				    .dma = &u->bus.dma,
				    .line = { line, p, u->irq },
				    .log = { say, p } };
}

static int add_adapter(struct papr *p, struct papr_vio *vio, struct hypar_err *e)
{
	struct unit *u = new_unit(p, VSCSI_UNIT, VSCSI_IRQ, e);
	struct vio_config c;

	if (!u)
		return -ENOMEM;
	c = config_of(p, u, "vscsi0");
	u->vscsi = vscsi_new(&c);
	if (!u->vscsi) {
		free_unit(p, u);
		return err_set(e, -ENOMEM, "no memory for a device");
	}
	vio->vscsi = u;
	return 0;
}

int papr_vio_add_disk(struct papr *p, struct block *b, const char *id, struct hypar_err *e)
{
	struct papr_vio *vio = vio_of(p, e);
	int ret = vio ? 0 : -ENOMEM;

	if (!ret && !vio->vscsi)
		ret = add_adapter(p, vio, e);
	if (!ret) {
		ret = vscsi_add_disk(vio->vscsi->vscsi, b, id);
		if (ret)
			err_set(e, ret, "%s: no more than %u disks on a vSCSI adapter", id,
				VSCSI_TARGETS_MAX);
	}
	if (ret)
		block_close(b);
	return ret;
}

int papr_vio_add_net(struct papr *p, struct net *n, const u8 mac[6], const char *id,
		     struct hypar_err *e)
{
	struct papr_vio *vio = vio_of(p, e);
	struct unit *u = NULL;
	struct vio_config c;
	int ret = -ENOMEM;

	if (vio && vio->n_llans == LLANS_MAX)
		ret = err_set(e, -ENOSPC, "%s: no more than %u veth cards", id, LLANS_MAX);
	else if (vio)
		u = new_unit(p, LLAN_UNIT + vio->n_llans, LLAN_IRQ + vio->n_llans, e);
	if (!u) {
		net_close(n);
		return ret;
	}
	c = config_of(p, u, id);
	memcpy(u->mac, mac, sizeof(u->mac));
	u->llan = llan_new(&c, n, mac);
	if (!u->llan) {
		net_close(n);
		free_unit(p, u);
		return err_set(e, -ENOMEM, "no memory for a device");
	}
	vio->llan[vio->n_llans++] = u;
	return 0;
}

int papr_vio_add_vty(struct papr *p, struct chr *c, const char *id, struct hypar_err *e)
{
	if (p->n_vtys == PAPR_VTYS_MAX) {
		chr_close(c);
		return err_set(e, -ENOSPC, "%s: no more than %u virtual terminals", id,
			       PAPR_VTYS_MAX);
	}
	vty_connect(&p->vty[p->n_vtys++], c);
	return 0;
}

/* ---- all of them ---- */

static u32 units(const struct papr *p, struct unit **u)
{
	u32 n = 0;

	if (!p->vio)
		return 0;
	if (p->vio->vscsi)
		u[n++] = p->vio->vscsi;
	for (u32 i = 0; i < p->vio->n_llans; i++)
		u[n++] = p->vio->llan[i];
	return n;
}

void papr_vio_quiesce(struct papr *p)
{
	struct unit *u[1 + LLANS_MAX];
	u32 n = units(p, u);

	for (u32 i = 0; i < n; i++)
		device_quiesce(device_of(u[i]));
	for (u32 i = 0; i < p->n_vtys; i++)
		vty_quiesce(&p->vty[i]);
}

void papr_vio_reset(struct papr *p)
{
	struct unit *u[1 + LLANS_MAX];
	u32 n = units(p, u);

	for (u32 i = 0; i < n; i++) {
		tce_bus_clear(&u[i]->bus);
		device_reset(device_of(u[i]));
	}
	for (u32 i = 0; i < p->n_vtys; i++)
		vty_reset(&p->vty[i]);
}

void papr_vio_forget(struct papr *p)
{
	struct unit *u[1 + LLANS_MAX];
	u32 n = units(p, u);

	for (u32 i = 0; i < n; i++) {
		device_quiesce(device_of(u[i]));
		tce_bus_clear(&u[i]->bus);
		device_reset(device_of(u[i]));
	}
}

void papr_vio_free(struct papr *p)
{
	struct unit *u[1 + LLANS_MAX];
	u32 n = units(p, u);

	for (u32 i = 0; i < n; i++)
		free_unit(p, u[i]);
	free(p->vio);
	p->vio = NULL;
}

/* ---- by unit address ---- */

struct vscsi *papr_vio_vscsi(const struct papr *p, u64 unit)
{
	return p->vio && p->vio->vscsi && unit == VSCSI_UNIT ? p->vio->vscsi->vscsi : NULL;
}

struct llan *papr_vio_llan(const struct papr *p, u64 unit)
{
	u64 i = unit - LLAN_UNIT;

	return p->vio && i < p->vio->n_llans ? p->vio->llan[i]->llan : NULL;
}

struct tce_bus *papr_vio_bus(const struct papr *p, u64 unit)
{
	struct unit *u[1 + LLANS_MAX];
	u32 n = units(p, u);

	for (u32 i = 0; i < n; i++)
		if (u[i]->address == unit)
			return &u[i]->bus;
	return NULL;
}

struct papr_vty *papr_vio_vty(struct papr *p, u64 unit)
{
	/* unit 0 means the first one, as early consoles use it */
	u64 i = unit ? unit - PAPR_VTY_BASE : 0;

	return i < p->n_vtys ? &p->vty[i] : NULL;
}

/* ---- the device tree ---- */

static void unit_properties(const struct unit *u, struct fdt_build *b)
{
	fdt_u32(b, "reg", u->address);
	FDT_CELLS(b, "interrupts", u->irq, 0);
	fdt_strf(b, "ibm,loc-code", "hypar-V%u", u->address & 0xffff);
	fdt_u32(b, "ibm,#dma-address-cells", 2);
	fdt_u32(b, "ibm,#dma-size-cells", 2);
	FDT_CELLS(b, "ibm,my-dma-window", u->address, FDT_HI_LO(0), FDT_HI_LO(WINDOW_SIZE));
}

static void vscsi_node(const struct unit *u, struct fdt_build *b)
{
	fdt_beginf(b, "v-scsi@%x", u->address);
	fdt_str(b, "device_type", "vscsi");
	fdt_str(b, "compatible", "IBM,v-scsi");
	fdt_u32(b, "#address-cells", 2); /* of the disks that SLOF adds */
	fdt_u32(b, "#size-cells", 0);
	unit_properties(u, b);
	fdt_end(b);
}

static void llan_node(const struct unit *u, struct fdt_build *b)
{
	fdt_beginf(b, "l-lan@%x", u->address);
	fdt_str(b, "device_type", "network");
	fdt_str(b, "compatible", "IBM,l-lan");
	unit_properties(u, b);
	fdt_bytes(b, "local-mac-address", u->mac, sizeof(u->mac));
	fdt_bytes(b, "mac-address", u->mac, sizeof(u->mac));
	fdt_u32(b, "ibm,mac-address-filters", LLAN_MAC_FILTERS);
	fdt_empty(b, "ibm,illan-options");
	fdt_str(b, "supported-network-types", "ethernet,1000,rj45,full");
	fdt_str(b, "chosen-network-type", "ethernet,1000,rj45,full");
	fdt_u32(b, "max-frame-size", NET_FRAME_MAX);
	fdt_u32(b, "address-bits", 48);
	fdt_end(b);
}

void papr_vio_fdt(struct papr *p, struct fdt_build *b)
{
	for (u32 i = 0; i < p->n_vtys; i++) {
		fdt_beginf(b, "vty@%x", PAPR_VTY_BASE + i);
		fdt_str(b, "device_type", "serial");
		fdt_str(b, "compatible", "hvterm1");
		fdt_u32(b, "reg", PAPR_VTY_BASE + i);
		FDT_CELLS(b, "interrupts", PAPR_IRQ_VIO + i, 0);
		fdt_end(b);
	}
	if (!p->vio)
		return;
	if (p->vio->vscsi)
		vscsi_node(p->vio->vscsi, b);
	for (u32 i = 0; i < p->vio->n_llans; i++)
		llan_node(p->vio->llan[i], b);
}
