// SPDX-License-Identifier: Apache-2.0
/*
 * Configuration space: the header, BARs, the capability list. What the guest
 * may change are the bits of wmask; a BAR's size is the zeroes below its mask,
 * so that writing ones and reading back tells it [PCI Local Bus 3.0, 6.2.5.1].
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bits.h"
#include "dev/pci/pci.h"
#include "dev/pci/phb.h"

static bool pci_dma_read(struct dma *d, ioba at, void *dst, size_t n)
{
	return phb_dma_read(CONTAINER_OF(d, struct pci_dev, dma), at, dst, n);
}

static bool pci_dma_write(struct dma *d, ioba at, const void *src, size_t n)
{
	return phb_dma_write(CONTAINER_OF(d, struct pci_dev, dma), at, src, n);
}

static const struct dma_ops pci_dma_ops = { pci_dma_read, pci_dma_write };

void pci_dev_init(struct pci_dev *d, const struct pci_dev_ops *ops, const struct pci_ids *ids,
		  const char *id, const struct device_log *log)
{
	u8 *c = d->config;

	d->ops = ops;
	d->dev.ops = &ops->life;
	(void)snprintf(d->dev.id, sizeof(d->dev.id), "%s", id);
	d->dev.log = *log;
	d->dma.ops = &pci_dma_ops;
	pthread_mutex_init(&d->vec.lock, NULL);
	st_le16(c + PCI_VENDOR_ID, ids->vendor);
	st_le16(c + PCI_DEVICE_ID, ids->device);
	c[PCI_REVISION] = ids->revision;
	c[PCI_CLASS] = (u8)ids->class;
	st_le16(c + PCI_CLASS + 1, (u16)(ids->class >> 8));
	st_le16(c + PCI_SUBSYSTEM_VENDOR, ids->subsystem_vendor);
	st_le16(c + PCI_SUBSYSTEM, ids->subsystem);
	st_le16(d->wmask + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
						PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
						PCI_COMMAND_INTX_OFF);
	d->wmask[PCI_CACHE_LINE] = d->wmask[PCI_LATENCY] = d->wmask[PCI_INTERRUPT_LINE] = 0xff;
	d->cap_next = PCI_CAPS_FIRST;
}

void pci_bar_add(struct pci_dev *d, unsigned int i, const struct pci_bar *bar)
{
	unsigned int at = PCI_BAR0 + 4 * i;
	u64 mask = ~(bar->size - 1);
	u32 type = bar->kind == PCI_BAR_IO    ? PCI_BAR_IS_IO :
		   bar->kind == PCI_BAR_MEM64 ? PCI_BAR_IS_64 :
						0;

	d->bar[i] = *bar;
	if (bar->is_prefetchable)
		type |= PCI_BAR_IS_PREFETCH;
	st_le32(d->config + at, type);
	st_le32(d->wmask + at, (u32)mask & (bar->kind == PCI_BAR_IO ? ~3u : ~15u));
	if (bar->kind == PCI_BAR_MEM64)
		st_le32(d->wmask + at + 4, (u32)(mask >> 32));
}

u8 pci_cap_add(struct pci_dev *d, u8 id, u8 size)
{
	u8 at = d->cap_next;

	if (at + (unsigned int)size > PCI_CONFIG_SIZE - 4)
		return 0;
	d->config[d->cap_last ? d->cap_last + 1u : PCI_CAP_POINTER] = at;
	d->config[PCI_STATUS] |= PCI_STATUS_CAPS;
	d->config[at] = id;
	d->cap_last = at;
	d->cap_next = (u8)align_up(at + (u64)size, 4);
	return at;
}

void pci_intx_add(struct pci_dev *d)
{
	d->config[PCI_INTERRUPT_PIN] = 1;
}

void pci_intx_set(struct pci_dev *d, bool level)
{
	__atomic_store_n(&d->intx, level, __ATOMIC_RELEASE);
	phb_intx_update(d);
}

u32 pci_config_read(struct pci_dev *d, unsigned int at, unsigned int n)
{
	u32 v = 0;

	if (at >= PCI_CONFIG_SIZE || n > PCI_CONFIG_SIZE - at)
		return ~0u >> (32 - 8 * n);
	if (d->ops->config_read)
		d->ops->config_read(d, at, n);
	/* the pending bits of MSI change on other threads */
	pthread_mutex_lock(&d->vec.lock);
	for (unsigned int i = 0; i < n; i++)
		v |= (u32)d->config[at + i] << (8 * i);
	pthread_mutex_unlock(&d->vec.lock);
	if (at <= PCI_STATUS && PCI_STATUS < at + n && __atomic_load_n(&d->intx, __ATOMIC_ACQUIRE))
		v |= PCI_STATUS_INTX << (8 * (PCI_STATUS - at));
	return v;
}

static bool touches(unsigned int at, unsigned int n, unsigned int reg, unsigned int size)
{
	return at < reg + size && reg < at + n;
}

static void command_written(struct pci_dev *d)
{
	u16 command = ld_le16(d->config + PCI_COMMAND);

	__atomic_store_n(&d->is_master, !!(command & PCI_COMMAND_MASTER), __ATOMIC_RELEASE);
	__atomic_store_n(&d->is_intx_off, !!(command & PCI_COMMAND_INTX_OFF), __ATOMIC_RELEASE);
	phb_intx_update(d);
}

bool pci_config_write(struct pci_dev *d, unsigned int at, unsigned int n, u32 val)
{
	if (at >= PCI_CONFIG_SIZE || n > PCI_CONFIG_SIZE - at)
		return false;
	pthread_mutex_lock(&d->vec.lock);
	for (unsigned int i = 0; i < n; i++) {
		u8 mask = d->wmask[at + i], *c = &d->config[at + i];

		*c = (u8)((*c & ~mask) | ((val >> (8 * i)) & mask));
	}
	pthread_mutex_unlock(&d->vec.lock);
	if (touches(at, n, PCI_COMMAND, 2))
		command_written(d);
	pci_vectors_config_written(d, at, n);
	if (d->ops->config_written)
		d->ops->config_written(d, at, n);
	return touches(at, n, PCI_COMMAND, 2) || touches(at, n, PCI_BAR0, 4 * PCI_BARS);
}

bool pci_bar_address(const struct pci_dev *d, unsigned int i, u64 *at)
{
	const struct pci_bar *b = &d->bar[i];
	const u8 *reg = d->config + PCI_BAR0 + 4 * i;
	u16 command = ld_le16(d->config + PCI_COMMAND);

	switch (b->kind) {
	case PCI_BAR_IO:
		*at = ld_le32(reg) & ~3u;
		return command & PCI_COMMAND_IO;
	case PCI_BAR_MEM32:
		*at = ld_le32(reg) & ~15u;
		return command & PCI_COMMAND_MEMORY;
	case PCI_BAR_MEM64:
		*at = (ld_le32(reg) & ~15u) | (u64)ld_le32(reg + 4) << 32;
		return command & PCI_COMMAND_MEMORY;
	default:
		return false;
	}
}

void pci_dev_reset(struct pci_dev *d)
{
	memcpy(d->config, d->initial, sizeof(d->config));
	command_written(d);
	pci_vectors_reset(d);
	pci_intx_set(d, false);
}

/* ---- BARs ---- */

/* Doublewords are two words, the lower one first. */
u64 pci_bar_read(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size)
{
	if (size == 8)
		return pci_bar_read(d, bar, offset, 4) | pci_bar_read(d, bar, offset + 4, 4) << 32;
	if (pci_msix_covers(d, bar, offset))
		return pci_msix_read(d, offset, size);
	return d->ops->bar_read ? d->ops->bar_read(d, bar, offset, size) : 0;
}

void pci_bar_write(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size, u64 val)
{
	if (size == 8) {
		pci_bar_write(d, bar, offset, 4, (u32)val);
		pci_bar_write(d, bar, offset + 4, 4, val >> 32);
	} else if (pci_msix_covers(d, bar, offset)) {
		pci_msix_write(d, offset, size, val);
	} else if (d->ops->bar_write) {
		d->ops->bar_write(d, bar, offset, size, val);
	}
}

void pci_dev_fini(struct pci_dev *d)
{
	pthread_mutex_destroy(&d->vec.lock);
	free(d->vec.entry);
	free(d->vec.pending);
}
