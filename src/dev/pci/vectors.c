// SPDX-License-Identifier: Apache-2.0
/*
 * MSI and MSI-X [PCI Local Bus 3.0, 6.8]: masks, pending bits, the table in a
 * BAR. A message is a write of data to an address on the bus, which the host
 * bridge takes for an interrupt source if both are what ibm,change-msi gave.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/err.h"
#include "dev/pci/pci.h"
#include "dev/pci/phb.h"

int pci_msi_add(struct pci_dev *d, unsigned int n, struct hypar_err *e)
{
	u8 at;

	if (!is_pow2(n) || n > PCI_MSI_MAX)
		return err_set(e, -EINVAL, "%s: %u message interrupts", d->dev.id, n);
	at = pci_cap_add(d, PCI_CAP_MSI, PCI_MSI_SIZE);
	if (!at)
		return err_set(e, -ENOSPC, "%s: no room for MSI", d->dev.id);
	d->vec.msi_cap = at;
	d->vec.n_msi = (u16)n;
	st_le16(d->config + at + PCI_MSI_CONTROL,
		(u16)(PCI_MSI_64 | PCI_MSI_MASKS | (u32)__builtin_ctz(n) << PCI_MSI_CAPABLE_SHIFT));
	st_le16(d->wmask + at + PCI_MSI_CONTROL, PCI_MSI_ON | 7u << PCI_MSI_COUNT_SHIFT);
	st_le32(d->wmask + at + PCI_MSI_ADDRESS, ~3u);
	st_le32(d->wmask + at + PCI_MSI_ADDRESS + 4, ~0u);
	st_le16(d->wmask + at + PCI_MSI_DATA, 0xffff);
	st_le32(d->wmask + at + PCI_MSI_MASK, ~0u >> (32 - n));
	return 0;
}

int pci_msix_add(struct pci_dev *d, unsigned int n, unsigned int bar, u32 table, u32 pba,
		 struct hypar_err *e)
{
	u64 size = d->bar[bar].size;
	u8 at;

	if (!n || n > PCI_MSIX_MAX || table % 8 || pba % 8 || table + n * PCI_MSIX_ENTRY > size ||
	    pba + align_up(n, 64) / 8 > size)
		return err_set(e, -EINVAL, "%s: bad MSI-X table", d->dev.id);
	at = pci_cap_add(d, PCI_CAP_MSIX, PCI_MSIX_SIZE);
	if (!at)
		return err_set(e, -ENOSPC, "%s: no room for MSI-X", d->dev.id);
	d->vec.entry = calloc(n, sizeof(d->vec.entry[0]));
	d->vec.pending = calloc(align_up(n, 64) / 64, sizeof(u64));
	if (!d->vec.entry || !d->vec.pending)
		return err_set(e, -ENOMEM, "%s: no memory", d->dev.id);
	d->vec.msix_cap = at;
	d->vec.n_msix = (u16)n;
	d->vec.msix_bar = (u8)bar;
	d->vec.table = table;
	d->vec.pba = pba;
	st_le16(d->config + at + PCI_MSIX_CONTROL, (u16)(n - 1));
	st_le16(d->wmask + at + PCI_MSIX_CONTROL, PCI_MSIX_ON | PCI_MSIX_ALL_MASKED);
	st_le32(d->config + at + PCI_MSIX_TABLE, table | bar);
	st_le32(d->config + at + PCI_MSIX_PBA, pba | bar);
	return 0;
}

void pci_vectors_reset(struct pci_dev *d)
{
	struct pci_vectors *v = &d->vec;

	pthread_mutex_lock(&v->lock);
	v->msi_on = v->msix_on = v->msix_masked = false;
	v->msi_pending = 0;
	for (unsigned int i = 0; i < v->n_msix; i++) {
		v->entry[i] = (struct pci_msix_entry){ .control = PCI_MSIX_MASKED };
		v->pending[i / 64] = 0;
	}
	pthread_mutex_unlock(&v->lock);
}

/* ---- sending; all under the lock ---- */

static bool msix_is_masked(const struct pci_vectors *v, unsigned int i)
{
	return v->msix_masked || v->entry[i].control & PCI_MSIX_MASKED;
}

static void msix_send(struct pci_dev *d, unsigned int i)
{
	const struct pci_msix_entry *x = &d->vec.entry[i];

	phb_message(d, x->address, x->data);
}

/* A message has as many vectors as the guest allowed; the low bits of data tell them apart. */
static void msi_send(struct pci_dev *d, unsigned int i)
{
	const u8 *cap = d->config + d->vec.msi_cap;
	u32 count = 1u << ((ld_le16(cap + PCI_MSI_CONTROL) >> PCI_MSI_COUNT_SHIFT) & 7);
	u32 data = ld_le16(cap + PCI_MSI_DATA);

	if (count > d->vec.n_msi)
		count = d->vec.n_msi;
	phb_message(d, ld_le64(cap + PCI_MSI_ADDRESS), (data & ~(count - 1)) | (i & (count - 1)));
}

static u32 msi_masks(const struct pci_dev *d)
{
	return ld_le32(d->config + d->vec.msi_cap + PCI_MSI_MASK);
}

static void show_msi_pending(struct pci_dev *d)
{
	st_le32(d->config + d->vec.msi_cap + PCI_MSI_PENDING, d->vec.msi_pending);
}

/* Sends what waited for a mask that is gone. */
static void send_pending(struct pci_dev *d)
{
	struct pci_vectors *v = &d->vec;

	for (unsigned int i = 0; v->msix_on && i < v->n_msix; i++) {
		u64 bit = 1ULL << (i % 64);

		if (!(v->pending[i / 64] & bit) || msix_is_masked(v, i))
			continue;
		v->pending[i / 64] &= ~bit;
		msix_send(d, i);
	}
	for (unsigned int i = 0; v->msi_on && i < v->n_msi; i++) {
		if (!(v->msi_pending & ~msi_masks(d) & 1u << i))
			continue;
		v->msi_pending &= ~(1u << i);
		msi_send(d, i);
	}
	if (v->msi_cap)
		show_msi_pending(d);
}

bool pci_vector_send(struct pci_dev *d, unsigned int i)
{
	struct pci_vectors *v = &d->vec;
	bool on;

	pthread_mutex_lock(&v->lock);
	on = v->msix_on || v->msi_on;
	if (v->msix_on && i < v->n_msix) {
		if (msix_is_masked(v, i))
			v->pending[i / 64] |= 1ULL << (i % 64);
		else
			msix_send(d, i);
	} else if (v->msi_on && i < v->n_msi) {
		if (msi_masks(d) & 1u << i) {
			v->msi_pending |= 1u << i;
			show_msi_pending(d);
		} else {
			msi_send(d, i);
		}
	}
	pthread_mutex_unlock(&v->lock);
	return on;
}

bool pci_vectors_on(struct pci_dev *d)
{
	bool on;

	pthread_mutex_lock(&d->vec.lock);
	on = d->vec.msix_on || d->vec.msi_on;
	pthread_mutex_unlock(&d->vec.lock);
	return on;
}

/* ---- registers ---- */

void pci_vectors_config_written(struct pci_dev *d, unsigned int at, unsigned int n)
{
	struct pci_vectors *v = &d->vec;
	bool msi = v->msi_cap && at < v->msi_cap + PCI_MSI_SIZE && v->msi_cap < at + n;
	bool msix = v->msix_cap && at < v->msix_cap + PCI_MSIX_SIZE && v->msix_cap < at + n;
	u16 control;

	if (!msi && !msix)
		return;
	pthread_mutex_lock(&v->lock);
	if (msi)
		v->msi_on = ld_le16(d->config + v->msi_cap + PCI_MSI_CONTROL) & PCI_MSI_ON;
	if (msix) {
		control = ld_le16(d->config + v->msix_cap + PCI_MSIX_CONTROL);
		v->msix_on = control & PCI_MSIX_ON;
		v->msix_masked = control & PCI_MSIX_ALL_MASKED;
	}
	send_pending(d);
	pthread_mutex_unlock(&v->lock);
	phb_intx_update(d);
}

bool pci_msix_covers(const struct pci_dev *d, unsigned int bar, u64 offset)
{
	const struct pci_vectors *v = &d->vec;

	return v->msix_cap && bar == v->msix_bar &&
	       (offset - v->table < v->n_msix * PCI_MSIX_ENTRY ||
		offset - v->pba < align_up(v->n_msix, 64) / 8);
}

/* Bytes [@offset, @offset + @size) of table and pending bits as the guest sees them, by words. */
static u32 msix_word(const struct pci_vectors *v, u64 offset)
{
	const struct pci_msix_entry *x;

	if (offset - v->pba < align_up(v->n_msix, 64) / 8)
		return (u32)(v->pending[(offset - v->pba) / 8] >> ((offset & 4) * 8));
	x = &v->entry[(offset - v->table) / PCI_MSIX_ENTRY];
	switch ((offset - v->table) % PCI_MSIX_ENTRY) {
	case 0:
		return (u32)x->address;
	case 4:
		return (u32)(x->address >> 32);
	case 8:
		return x->data;
	default:
		return x->control;
	}
}

u64 pci_msix_read(struct pci_dev *d, u64 offset, unsigned int size)
{
	u32 word;

	pthread_mutex_lock(&d->vec.lock);
	word = msix_word(&d->vec, offset & ~3ULL);
	pthread_mutex_unlock(&d->vec.lock);
	return (word >> (8 * (offset & 3))) & (~0u >> (32 - 8 * size));
}

static void set_word(struct pci_msix_entry *x, u64 at, u32 val)
{
	switch (at) {
	case 0:
		x->address = (x->address & ~0xffffffffULL) | (val & ~3u);
		break;
	case 4:
		x->address = (u32)x->address | (u64)val << 32;
		break;
	case 8:
		x->data = val;
		break;
	default:
		x->control = val & PCI_MSIX_MASKED;
	}
}

/* Only words: narrower writes are undefined [6.8.2] and do nothing. Pending bits are read-only. */
void pci_msix_write(struct pci_dev *d, u64 offset, unsigned int size, u64 val)
{
	struct pci_vectors *v = &d->vec;

	if (size != 4 || offset - v->table >= v->n_msix * PCI_MSIX_ENTRY)
		return;
	pthread_mutex_lock(&v->lock);
	set_word(&v->entry[(offset - v->table) / PCI_MSIX_ENTRY],
		 (offset - v->table) % PCI_MSIX_ENTRY, (u32)val);
	send_pending(d);
	pthread_mutex_unlock(&v->lock);
}

void pci_vectors_program(struct pci_dev *d, u64 address)
{
	struct pci_vectors *v = &d->vec;
	const struct pci_sources *s = &d->sources;
	u8 *msi = d->config + v->msi_cap;
	u16 control;

	pthread_mutex_lock(&v->lock);
	for (u32 i = 0; s->is_msix && i < s->n && i < v->n_msix; i++) {
		v->entry[i].address = address;
		v->entry[i].data = s->first + i;
	}
	if (!s->is_msix && s->n) {
		st_le64(msi + PCI_MSI_ADDRESS, address);
		st_le16(msi + PCI_MSI_DATA, (u16)s->first);
		control = (u16)(ld_le16(msi + PCI_MSI_CONTROL) & ~(7u << PCI_MSI_COUNT_SHIFT));
		control |= (u16)((u32)__builtin_ctz(s->n) << PCI_MSI_COUNT_SHIFT);
		st_le16(msi + PCI_MSI_CONTROL, control);
	}
	pthread_mutex_unlock(&v->lock);
}
