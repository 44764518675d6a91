// SPDX-License-Identifier: Apache-2.0
/*
 * Slots below /vdevice: unit addresses, windows, interrupts, nodes
 * [LoPAR B.6.15].
 */
#include "papr/vio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "papr/dr/vio.h"
#include "papr/pci.h"

#define VSCSIS_MAX 16u
#define LLANS_MAX HYPAR_DEVICES_MAX

/* Interrupts follow each other in the order of the kinds. */
static const struct {
	const char *name;
	u32 unit, n;
} kinds[VIO_KINDS] = {
	[VIO_VTY] = { "vty", PAPR_VTY_BASE, PAPR_VTYS_MAX },
	[VIO_VSCSI] = { "v-scsi", 0x71000200u, VSCSIS_MAX },
	[VIO_LLAN] = { "l-lan", 0x71000300u, LLANS_MAX },
};
_Static_assert(PAPR_VTYS_MAX + VSCSIS_MAX + LLANS_MAX == VIO_SLOTS, "an interrupt for each");

/* A window of 256 MiB from 0, in pages of 4 KiB; its LIOBN is the unit address. */
#define WINDOW_SHIFT 12u
#define WINDOW_SIZE (256ULL << 20)

struct papr_vio {
	struct papr_vio_slot slot[VIO_SLOTS];
};

static void line(void *opaque, u32 irq, bool level)
{
	papr_irq_set(opaque, irq, level);
}

static void say(void *opaque, const char *text)
{
	papr_notice(opaque, text);
}

/* ---- slots ---- */

int papr_vio_new(struct papr *p, struct hypar_err *e)
{
	u32 n = 0;

	p->vio = calloc(1, sizeof(*p->vio));
	if (!p->vio)
		return err_set(e, -ENOMEM, "no memory for virtual slots");
	for (u32 kind = 0; kind < VIO_KINDS; kind++)
		for (u32 i = 0; i < kinds[kind].n; i++, n++)
			p->vio->slot[n] = (struct papr_vio_slot){ .papr = p,
								  .kind = (enum vio_kind)kind,
								  .number = i,
								  .unit = kinds[kind].unit + i,
								  .irq = PAPR_IRQ_VIO + n };
	/* the embedder's; nobody could take it from the guest */
	p->vio->slot[0].is_used = p->vio->slot[0].is_live = true;
	for (u32 i = 1; i < VIO_SLOTS; i++)
		if (dr_vio_add_slot(p, &p->vio->slot[i], e))
			return -ENOMEM;
	return 0;
}

static struct papr_vio_slot *first_of(const struct papr *p, enum vio_kind kind)
{
	u32 n = 0;

	for (u32 i = 0; i < (u32)kind; i++)
		n += kinds[i].n;
	return &p->vio->slot[n];
}

/* The slot at @unit that the guest reaches, or NULL. */
static struct papr_vio_slot *slot_at(const struct papr *p, enum vio_kind kind, u64 unit)
{
	u64 i = unit - kinds[kind].unit;
	struct papr_vio_slot *s = i < kinds[kind].n ? first_of(p, kind) + i : NULL;

	return s && s->is_live ? s : NULL;
}

static struct papr_vio_slot *free_slot(const struct papr *p, enum vio_kind kind)
{
	struct papr_vio_slot *s = first_of(p, kind);

	for (u32 i = 0; i < kinds[kind].n; i++)
		if (!s[i].is_used)
			return &s[i];
	return NULL;
}

static struct device *device_of(const struct papr_vio_slot *s)
{
	return s->vscsi ? vscsi_device(s->vscsi) : llan_device(s->llan);
}

static struct papr_vty *vty_of(struct papr *p, const struct papr_vio_slot *s)
{
	return &p->vty[s->number];
}

/* ---- what is there comes and goes ---- */

static void reset_slot(struct papr *p, struct papr_vio_slot *s)
{
	if (s->kind == VIO_VTY) {
		vty_reset(vty_of(p, s));
		return;
	}
	tce_bus_clear(&s->bus);
	device_reset(device_of(s));
}

/* From here on the guest finds it. */
static void go_live(struct papr *p, struct papr_vio_slot *s)
{
	if (s->kind != VIO_VTY)
		papr_tce_add(p, &s->bus);
	s->is_live = true;
}

void papr_vio_enable(struct papr *p, struct papr_vio_slot *s)
{
	reset_slot(p, s);
	go_live(p, s);
}

void papr_vio_disable(struct papr *p, struct papr_vio_slot *s)
{
	s->is_live = false;
	if (s->kind == VIO_VTY) {
		vty_quiesce(vty_of(p, s));
		return;
	}
	device_quiesce(device_of(s));
	/* a driver that still has its queue is told, as long as it can be */
	if (s->vscsi)
		vscsi_leave(s->vscsi);
	papr_tce_remove(p, &s->bus);
	tce_bus_clear(&s->bus);
}

void papr_vio_empty(struct papr_vio_slot *s)
{
	struct papr *p = s->papr;

	if (s->kind == VIO_VTY) {
		vty_disconnect(vty_of(p, s));
	} else {
		if (s->vscsi || s->llan)
			device_destroy(device_of(s));
		tce_bus_fini(&s->bus);
		s->vscsi = NULL;
		s->llan = NULL;
	}
	s->is_used = false;
}

/* An adapter's slot with a window and no device yet; NULL with *e set. */
static struct papr_vio_slot *open_slot(struct papr *p, enum vio_kind kind, const char *id,
				       struct hypar_err *e)
{
	struct papr_vio_slot *s = free_slot(p, kind);
	struct tce_window w = { .page_shift = WINDOW_SHIFT, .n = WINDOW_SIZE >> WINDOW_SHIFT };

	if (!s) {
		err_set(e, -ENOSPC, "%s: no more than %u %s", id, kinds[kind].n,
			kind == VIO_VSCSI ? "vSCSI adapters" : "veth cards");
		return NULL;
	}
	w.liobn = s->unit;
	tce_bus_init(&s->bus, p->partition->mem);
	if (tce_bus_add(&s->bus, &w, e)) {
		tce_bus_fini(&s->bus);
		return NULL;
	}
	(void)snprintf(s->id, sizeof(s->id), "%s", id);
	s->is_used = true;
	return s;
}

static struct vio_config config_of(struct papr_vio_slot *s)
{
	return (struct vio_config){ .id = s->id,
				    .dma = &s->bus.dma,
				    .line = { line, s->papr, s->irq },
				    .log = { say, s->papr } };
}

/* The device is in its slot: the connector has it. Or the slot is empty again. */
static int attach(struct papr *p, struct papr_vio_slot *s, enum drc_attach how, const char *id,
		  struct hypar_err *e)
{
	int ret = dr_attach(p, s->drc, how, id, e);

	if (ret)
		papr_vio_empty(s);
	else if (how == DRC_COLD)
		go_live(p, s); /* the reset of the start comes */
	return ret;
}

/* An adapter without disks. */
static int new_adapter(struct papr *p, const char *name, struct papr_vio_slot **out,
		       struct hypar_err *e)
{
	struct papr_vio_slot *s = open_slot(p, VIO_VSCSI, name, e);
	struct vio_config c;

	if (!s)
		return -ENOSPC;
	c = config_of(s);
	s->vscsi = vscsi_new(&c);
	if (!s->vscsi) {
		papr_vio_empty(s);
		return err_set(e, -ENOMEM, "no memory for a device");
	}
	*out = s;
	return 0;
}

static void name_adapter(const struct papr_vio_slot *s, char *name, size_t size)
{
	(void)snprintf(name, size, "vscsi%u", s->number);
}

/* One more disk on the adapter of the configuration, which has a name of its own then. */
static int share_adapter(struct papr_vio_slot *s, struct block *b, const char *id,
			 struct hypar_err *e)
{
	int ret = vscsi_add_disk(s->vscsi, b, id);

	if (ret)
		return err_set(e, ret, "%s: no more than %u disks on a vSCSI adapter", id,
			       VSCSI_TARGETS_MAX);
	name_adapter(s, s->drc->resource, sizeof(s->drc->resource));
	return 0;
}

int papr_vio_add_disk(struct papr *p, struct block *b, const char *id, enum drc_attach how,
		      struct papr_vio_slot **out, struct hypar_err *e)
{
	struct papr_vio_slot *s = first_of(p, VIO_VSCSI);
	char name[16];
	int ret;

	if (how == DRC_COLD && s->is_used) {
		ret = share_adapter(s, b, id, e);
	} else {
		s = free_slot(p, VIO_VSCSI);
		if (s)
			name_adapter(s, name, sizeof(name));
		ret = new_adapter(p, s ? name : id, &s, e);
		if (!ret) {
			(void)!vscsi_add_disk(s->vscsi, b, id); /* there is room for the first */
			ret = attach(p, s, how, id, e);
			if (ret)
				return ret;
		}
	}
	if (ret)
		block_close(b);
	else
		*out = s;
	return ret;
}

int papr_vio_add_net(struct papr *p, const struct vio_card *card, const char *id,
		     enum drc_attach how, struct papr_vio_slot **out, struct hypar_err *e)
{
	struct papr_vio_slot *s = open_slot(p, VIO_LLAN, id, e);
	struct vio_config c;
	int ret;

	if (!s) {
		net_close(card->net);
		return -ENOSPC;
	}
	c = config_of(s);
	memcpy(s->mac, card->mac, sizeof(s->mac));
	s->llan = llan_new(&c, card->net, card->mac);
	if (!s->llan) {
		net_close(card->net);
		papr_vio_empty(s);
		return err_set(e, -ENOMEM, "no memory for a device");
	}
	ret = attach(p, s, how, id, e);
	if (!ret)
		*out = s;
	return ret;
}

int papr_vio_add_vty(struct papr *p, struct chr *c, const char *id, enum drc_attach how,
		     struct papr_vio_slot **out, struct hypar_err *e)
{
	struct papr_vio_slot *s = free_slot(p, VIO_VTY);
	int ret;

	if (!s) {
		chr_close(c);
		return err_set(e, -ENOSPC, "%s: no more than %u virtual terminals", id,
			       PAPR_VTYS_MAX);
	}
	s->is_used = true;
	vty_connect(vty_of(p, s), c);
	ret = attach(p, s, how, id, e);
	if (!ret)
		*out = s;
	return ret;
}

/* ---- all of them ---- */

/* The next one behind @s, or the first, that the guest reaches; NULL: no more. */
static struct papr_vio_slot *next_live(const struct papr *p, struct papr_vio_slot *s)
{
	struct papr_vio_slot *end = p->vio ? p->vio->slot + VIO_SLOTS : NULL;

	if (!end)
		return NULL;
	for (s = s ? s + 1 : p->vio->slot; s < end; s++)
		if (s->is_live)
			return s;
	return NULL;
}

#define FOR_EACH_LIVE(p, s) \
	for (struct papr_vio_slot *s = next_live(p, NULL); s; s = next_live(p, s))

void papr_vio_quiesce(struct papr *p)
{
	FOR_EACH_LIVE(p, s)
	{
		if (s->kind == VIO_VTY)
			vty_quiesce(vty_of(p, s));
		else
			device_quiesce(device_of(s));
	}
}

void papr_vio_reset(struct papr *p)
{
	FOR_EACH_LIVE(p, s)
	reset_slot(p, s);
}

void papr_vio_forget(struct papr *p)
{
	FOR_EACH_LIVE(p, s)
	{
		if (s->kind == VIO_VTY)
			continue;
		device_quiesce(device_of(s));
		reset_slot(p, s);
	}
}

void papr_vio_free(struct papr *p)
{
	if (!p->vio)
		return;
	for (u32 i = 1; i < VIO_SLOTS; i++) {
		struct papr_vio_slot *s = &p->vio->slot[i];

		if (s->is_live)
			papr_vio_disable(p, s);
		if (s->is_used)
			papr_vio_empty(s);
	}
	free(p->vio);
	p->vio = NULL;
}

/* ---- by unit address, by name ---- */

struct vscsi *papr_vio_vscsi(const struct papr *p, u64 unit)
{
	const struct papr_vio_slot *s = slot_at(p, VIO_VSCSI, unit);

	return s ? s->vscsi : NULL;
}

struct llan *papr_vio_llan(const struct papr *p, u64 unit)
{
	const struct papr_vio_slot *s = slot_at(p, VIO_LLAN, unit);

	return s ? s->llan : NULL;
}

struct tce_bus *papr_vio_bus(const struct papr *p, u64 unit)
{
	struct papr_vio_slot *s = slot_at(p, VIO_VSCSI, unit);

	if (!s)
		s = slot_at(p, VIO_LLAN, unit);
	return s ? &s->bus : NULL;
}

struct papr_vty *papr_vio_vty(struct papr *p, u64 unit)
{
	/* unit 0 means the first one, as early consoles use it */
	const struct papr_vio_slot *s = slot_at(p, VIO_VTY, unit ? unit : PAPR_VTY_BASE);

	return s ? vty_of(p, s) : NULL;
}

struct drc *papr_vio_find(const struct papr *p, const char *id)
{
	for (u32 i = 1; i < VIO_SLOTS; i++) {
		const struct papr_vio_slot *s = &p->vio->slot[i];

		if (s->drc->attached && !strcmp(s->drc->resource, id))
			return s->drc;
	}
	return NULL;
}

u32 papr_vio_disks(const struct drc *d)
{
	const struct papr_vio_slot *s = d->type == DRC_VIO ? d->opaque : NULL;

	return s && s->vscsi ? vscsi_disks(s->vscsi) : 0;
}

/* ---- the device tree ---- */

/* The location is that of the connector's name, which drmgr looks for in it. */
static void slot_properties(const struct papr_vio_slot *s, struct fdt_build *b)
{
	fdt_u32(b, "reg", s->unit);
	FDT_CELLS(b, "interrupts", s->irq, 0);
	fdt_strf(b, "ibm,loc-code", "hypar-%s%u", drc_name_prefix(DRC_VIO), s->unit & 0xffff);
	if (s->drc)
		fdt_u32(b, "ibm,my-drc-index", s->drc->index);
}

static void unit_properties(const struct papr_vio_slot *s, struct fdt_build *b)
{
	slot_properties(s, b);
	fdt_u32(b, "ibm,#dma-address-cells", 2);
	fdt_u32(b, "ibm,#dma-size-cells", 2);
	FDT_CELLS(b, "ibm,my-dma-window", s->unit, FDT_HI_LO(0), FDT_HI_LO(WINDOW_SIZE));
}

static void vty_node(const struct papr_vio_slot *s, struct fdt_build *b)
{
	fdt_str(b, "device_type", "serial");
	fdt_str(b, "compatible", "hvterm1");
	slot_properties(s, b);
}

static void vscsi_node(const struct papr_vio_slot *s, struct fdt_build *b)
{
	fdt_str(b, "device_type", "vscsi");
	fdt_str(b, "compatible", "IBM,v-scsi");
	fdt_u32(b, "#address-cells", 2); /* of the disks that SLOF adds */
	fdt_u32(b, "#size-cells", 0);
	unit_properties(s, b);
}

static void llan_node(const struct papr_vio_slot *s, struct fdt_build *b)
{
	fdt_str(b, "device_type", "network");
	fdt_str(b, "compatible", "IBM,l-lan");
	unit_properties(s, b);
	fdt_bytes(b, "local-mac-address", s->mac, sizeof(s->mac));
	fdt_bytes(b, "mac-address", s->mac, sizeof(s->mac));
	fdt_u32(b, "ibm,mac-address-filters", LLAN_MAC_FILTERS);
	fdt_empty(b, "ibm,illan-options");
	fdt_str(b, "supported-network-types", "ethernet,1000,rj45,full");
	fdt_str(b, "chosen-network-type", "ethernet,1000,rj45,full");
	fdt_u32(b, "max-frame-size", NET_FRAME_MAX);
	fdt_u32(b, "address-bits", 48);
}

static void node(const struct papr_vio_slot *s, bool is_alone, struct fdt_build *b)
{
	fdt_beginf(b, "%s@%x", kinds[s->kind].name, s->unit);
	if (is_alone)
		fdt_str(b, "name", kinds[s->kind].name);
	switch (s->kind) {
	case VIO_VTY:
		vty_node(s, b);
		break;
	case VIO_VSCSI:
		vscsi_node(s, b);
		break;
	default:
		llan_node(s, b);
		break;
	}
	fdt_end(b);
}

void papr_vio_slot_fdt(const struct papr_vio_slot *s, struct fdt_build *b)
{
	node(s, true, b);
}

void papr_vio_fdt(struct papr *p, struct fdt_build *b)
{
	FOR_EACH_LIVE(p, s)
	{
		if (!s->drc || drc_is_in_tree(s->drc))
			node(s, false, b);
	}
}
