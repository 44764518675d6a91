// SPDX-License-Identifier: Apache-2.0
/*
 * The host bridge: slots, windows and the accesses through them.
 */
#include "dev/pci/phb.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/err.h"
#include "mem/range.h"

/* ---- where BARs are ---- */

static int order_of_maps(const void *a, const void *b)
{
	const struct pci_map *x = a, *y = b;

	if (x->is_io != y->is_io)
		return x->is_io ? 1 : -1;
	return x->base < y->base ? -1 : x->base > y->base;
}

void phb_remap(struct pci_phb *p)
{
	p->n_map = 0;
	for (unsigned int i = 0; i < PHB_FUNCTIONS; i++) {
		struct pci_dev *d = p->dev[i];
		u64 at;

		for (u8 k = 0; d && phb_pe_answers(p, i) && k < PCI_BARS; k++)
			if (pci_bar_address(d, k, &at) && p->n_map < p->map_room)
				p->map[p->n_map++] = (struct pci_map){
					.base = at,
					.size = d->bar[k].size,
					.dev = d,
					.bar = k,
					.is_io = d->bar[k].kind == PCI_BAR_IO,
				};
	}
	if (p->n_map)
		qsort(p->map, p->n_map, sizeof(p->map[0]), order_of_maps);
}

/* The BAR that has all of [@at, @at + @n), or NULL. */
static const struct pci_map *map_at(const struct pci_phb *p, bool is_io, u64 at, unsigned int n)
{
	unsigned int lo = 0, hi = p->n_map;

	/* the last one that starts at or below @at */
	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;
		const struct pci_map *m = &p->map[mid];

		if (m->is_io < is_io || (m->is_io == is_io && m->base <= at))
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	lo--;
	if (p->map[lo].is_io != is_io || !RANGE_OK(u64, at, n, p->map[lo].base, p->map[lo].size))
		return NULL;
	return &p->map[lo];
}

/*
 * The processor's bus counts the byte at the lowest address as the most
 * significant one, PCI as the least.
 */
static u64 swap(u64 v, unsigned int n)
{
	return __builtin_bswap64(v) >> (64 - 8 * n);
}

static enum mmio_result window_read(void *opaque, int cpu, u64 offset, unsigned int n, u64 *val)
{
	const struct pci_phb_window *w = opaque;
	struct pci_phb *p = w->phb;
	const struct pci_map *m;
	u64 at = w->base + offset;

	(void)cpu;
	pthread_rwlock_rdlock(&p->lock);
	m = at & (n - 1) ? NULL : map_at(p, w->is_io, at, n);
	/* nobody answers: all ones */
	*val = m ? swap(pci_bar_read(m->dev, m->bar, at - m->base, n), n) : ~0ULL >> (64 - 8 * n);
	pthread_rwlock_unlock(&p->lock);
	return MMIO_OK;
}

static enum mmio_result window_write(void *opaque, int cpu, u64 offset, unsigned int n, u64 val)
{
	const struct pci_phb_window *w = opaque;
	struct pci_phb *p = w->phb;
	const struct pci_map *m;
	u64 at = w->base + offset;

	(void)cpu;
	pthread_rwlock_rdlock(&p->lock);
	m = at & (n - 1) ? NULL : map_at(p, w->is_io, at, n);
	if (m)
		pci_bar_write(m->dev, m->bar, at - m->base, n, swap(val, n));
	pthread_rwlock_unlock(&p->lock);
	return MMIO_OK;
}

static const struct mmio_ops window_ops = { window_read, window_write };

u32 phb_config_read(struct pci_phb *p, unsigned int devfn, unsigned int at, unsigned int n)
{
	struct pci_dev *d;
	u32 val = ~0u >> (32 - 8 * n);

	/* a read may have effects (the capability that reaches BARs) */
	pthread_rwlock_wrlock(&p->lock);
	d = phb_dev(p, devfn);
	if (d && phb_pe_answers(p, devfn))
		val = pci_config_read(d, at, n);
	pthread_rwlock_unlock(&p->lock);
	return val;
}

void phb_config_write(struct pci_phb *p, unsigned int devfn, unsigned int at, unsigned int n,
		      u32 val)
{
	struct pci_dev *d;

	pthread_rwlock_wrlock(&p->lock);
	d = phb_dev(p, devfn);
	if (d && phb_pe_answers(p, devfn) && pci_config_write(d, at, n, val))
		phb_remap(p);
	pthread_rwlock_unlock(&p->lock);
}

/* ---- DMA ---- */

/* May it send anything: data or messages? */
static bool may_send(const struct pci_dev *d)
{
	return __atomic_load_n(&d->is_master, __ATOMIC_ACQUIRE) &&
	       !__atomic_load_n(&d->is_stopped, __ATOMIC_ACQUIRE);
}

static bool refused(struct pci_dev *d, bool ok, const char *what, ioba at, size_t n)
{
	u64 count;

	if (LIKELY(ok))
		return true;
	count = __atomic_add_fetch(&d->n_dma_refused, 1, __ATOMIC_RELAXED);
	if (tce_refusal_is_news(count))
		device_say(&d->dev, "DMA %s of %zu bytes at 0x%llx refused: %s (%llu so far)", what,
			   n, (unsigned long long)at.v,
			   __atomic_load_n(&d->is_stopped, __ATOMIC_ACQUIRE) ?
				   "the slot is stopped after an error" :
			   __atomic_load_n(&d->is_master, __ATOMIC_ACQUIRE) ?
				   "the guest's TCEs do not grant it" :
				   "the function is no bus master",
			   (unsigned long long)count);
	return false;
}

bool phb_dma_read(struct pci_dev *d, ioba at, void *dst, size_t n)
{
	bool ok = may_send(d) && tce_read(&d->phb->tce, at, dst, n);

	return refused(d, ok, "read", at, n);
}

bool phb_dma_write(struct pci_dev *d, ioba at, const void *src, size_t n)
{
	bool ok = may_send(d) && tce_write(&d->phb->tce, at, src, n);

	return refused(d, ok, "write", at, n);
}

/* ---- interrupts ---- */

void phb_message(struct pci_dev *d, u64 address, u32 data)
{
	struct pci_phb *p = d->phb;
	u64 count;

	if (__atomic_load_n(&d->is_stopped, __ATOMIC_ACQUIRE))
		return;
	if (may_send(d) && address == PHB_MSI_ADDRESS && data - d->sources.first < d->sources.n) {
		p->cfg.irq(p->cfg.opaque, data, true);
		return;
	}
	count = __atomic_add_fetch(&d->n_msi_refused, 1, __ATOMIC_RELAXED);
	if (tce_refusal_is_news(count))
		device_say(&d->dev,
			   "message 0x%x to 0x%llx dropped: not of this function (%llu so far)",
			   data, (unsigned long long)address, (unsigned long long)count);
}

void phb_intx_update(struct pci_dev *d)
{
	struct pci_phb *p = d->phb;
	unsigned int line, word;
	u64 bit, before = 0, after = 0;
	bool on;

	if (!p)
		return;
	line = (d->devfn >> 3) % PHB_LSIS;
	word = d->devfn / 64;
	bit = 1ULL << (d->devfn % 64);
	pthread_mutex_lock(&p->lsi_lock);
	on = __atomic_load_n(&d->intx, __ATOMIC_ACQUIRE) &&
	     !__atomic_load_n(&d->is_intx_off, __ATOMIC_ACQUIRE) &&
	     !__atomic_load_n(&d->is_stopped, __ATOMIC_ACQUIRE) && !pci_vectors_on(d);
	for (unsigned int i = 0; i < PHB_FUNCTIONS / 64; i++)
		before |= p->lsi_raised[line][i];
	if (on)
		p->lsi_raised[line][word] |= bit;
	else
		p->lsi_raised[line][word] &= ~bit;
	for (unsigned int i = 0; i < PHB_FUNCTIONS / 64; i++)
		after |= p->lsi_raised[line][i];
	if (!before != !after)
		p->cfg.irq(p->cfg.opaque, p->cfg.lsi + line, after);
	pthread_mutex_unlock(&p->lsi_lock);
}

/* ---- slots ---- */

/* The free run of a window from its base on that a BAR of @size fits in. 0: none. */
static u64 find_free(const struct pci_phb *p, const struct pci_dev *self, bool is_io, u64 from,
		     u64 end, u64 size)
{
	u64 at = align_up(from, size);
	bool moved = true;

	while (moved && size <= end - from && at <= end - size) {
		moved = false;
		for (unsigned int i = 0; i < PHB_FUNCTIONS; i++)
			for (unsigned int k = 0; p->dev[i] && k < PCI_BARS; k++) {
				const struct pci_dev *d = p->dev[i];
				u64 base = d->home[k], n = d->bar[k].size;

				if (!base || (d->bar[k].kind == PCI_BAR_IO) != is_io || d == self ||
				    at >= base + n || base >= at + size)
					continue;
				at = align_up(base + n, size);
				moved = true;
			}
		for (unsigned int k = 0; k < PCI_BARS; k++) {
			u64 base = self->home[k], n = self->bar[k].size;

			if (!base || (self->bar[k].kind == PCI_BAR_IO) != is_io || at >= base + n ||
			    base >= at + size)
				continue;
			at = align_up(base + n, size);
			moved = true;
		}
	}
	return size <= end - from && at <= end - size ? at : 0;
}

/* Where each BAR of @d is from each reset on. */
static int choose_homes(const struct pci_phb *p, struct pci_dev *d)
{
	u64 mem64 = p->cfg.mem64.v;

	memset(d->home, 0, sizeof(d->home));
	for (unsigned int i = 0; i < PCI_BARS; i++) {
		u64 size = d->bar[i].size, at;

		if (d->bar[i].kind == PCI_BAR_NONE)
			continue;
		if (d->bar[i].kind == PCI_BAR_IO)
			at = find_free(p, d, true, 0x1000, PHB_IO_SIZE, size);
		else if (d->bar[i].kind == PCI_BAR_MEM32)
			at = find_free(p, d, false, PHB_MEM32_BASE, PHB_MEM32_BASE + PHB_MEM32_SIZE,
				       size);
		else
			at = find_free(p, d, false, mem64, mem64 + PHB_MEM64_SIZE, size);
		if (!at)
			return -ENOSPC;
		d->home[i] = at;
	}
	return 0;
}

static void assign_bars(struct pci_dev *d)
{
	for (unsigned int i = 0; i < PCI_BARS; i++) {
		u8 *reg = d->config + PCI_BAR0 + 4 * i;

		if (!d->home[i])
			continue;
		st_le32(reg, (u32)d->home[i] | (ld_le32(reg) & 15));
		if (d->bar[i].kind == PCI_BAR_MEM64)
			st_le32(reg + 4, (u32)(d->home[i] >> 32));
	}
}

static int free_slot(const struct pci_phb *p)
{
	for (unsigned int i = 0; i < PHB_SLOTS; i++)
		if (!p->dev[PCI_DEVFN(i, 0)])
			return (int)i;
	return -1;
}

int phb_plug(struct pci_phb *p, struct pci_dev *d, int slot, struct hypar_err *e)
{
	struct pci_map *map;
	int ret;

	if (slot < 0)
		slot = free_slot(p);
	if (slot < 0 || slot >= (int)PHB_SLOTS || p->dev[PCI_DEVFN(slot, 0)])
		return err_set(e, -EBUSY, "%s: no free slot on PCI host bridge %u", d->dev.id,
			       p->cfg.index);
	map = realloc(p->map, (p->map_room + PCI_BARS) * sizeof(*map));
	if (!map)
		return err_set(e, -ENOMEM, "%s: no memory", d->dev.id);
	p->map = map;
	p->map_room += PCI_BARS;
	ret = choose_homes(p, d);
	if (ret)
		return err_set(e, ret, "%s: no room in the windows of PCI host bridge %u",
			       d->dev.id, p->cfg.index);
	memcpy(d->initial, d->config, sizeof(d->initial));
	d->devfn = (u8)PCI_DEVFN(slot, 0);
	d->phb = p;
	pthread_rwlock_wrlock(&p->lock);
	p->dev[d->devfn] = d;
	p->pe[slot] = PHB_PE_NORMAL;
	d->is_stopped = false;
	pci_dev_reset(d);
	assign_bars(d);
	phb_remap(p);
	pthread_rwlock_unlock(&p->lock);
	return 0;
}

static void release_sources(struct pci_phb *p, struct pci_dev *d)
{
	pthread_mutex_lock(&d->vec.lock);
	for (u32 i = 0; i < d->sources.n; i++)
		p->used[d->sources.first - p->cfg.msi_first + i] = false;
	d->sources = (struct pci_sources){ 0 };
	pthread_mutex_unlock(&d->vec.lock);
}

void phb_unplug(struct pci_dev *d)
{
	struct pci_phb *p = d->phb;

	pthread_rwlock_wrlock(&p->lock);
	release_sources(p, d);
	pci_dev_reset(d);
	p->dev[d->devfn] = NULL;
	p->pe[d->devfn >> 3] = PHB_PE_NORMAL;
	p->map_room -= PCI_BARS;
	phb_remap(p);
	pthread_rwlock_unlock(&p->lock);
	d->phb = NULL;
}

void phb_reset(struct pci_phb *p)
{
	for (unsigned int i = 0; i < PHB_FUNCTIONS; i++)
		if (p->dev[i])
			device_reset(&p->dev[i]->dev);
	pthread_rwlock_wrlock(&p->lock);
	memset(p->pe, PHB_PE_NORMAL, sizeof(p->pe));
	for (unsigned int i = 0; i < PHB_FUNCTIONS; i++) {
		if (!p->dev[i])
			continue;
		release_sources(p, p->dev[i]);
		__atomic_store_n(&p->dev[i]->is_stopped, false, __ATOMIC_RELEASE);
		pci_dev_reset(p->dev[i]);
		assign_bars(p->dev[i]);
	}
	phb_remap(p);
	pthread_rwlock_unlock(&p->lock);
	phb_dma_reset(p);
}

void phb_quiesce(struct pci_phb *p)
{
	for (unsigned int i = 0; i < PHB_FUNCTIONS; i++)
		if (p->dev[i])
			device_quiesce(&p->dev[i]->dev);
}

void phb_resume(struct pci_phb *p)
{
	for (unsigned int i = 0; i < PHB_FUNCTIONS; i++)
		if (p->dev[i])
			device_resume(&p->dev[i]->dev);
}

/* ---- ibm,change-msi ---- */

/* A free run of @n sources; those of MSI are aligned, as its low data bits count. */
static int take_sources(struct pci_phb *p, u32 n, u32 align, u32 *first)
{
	for (u32 at = 0; at + n <= p->cfg.n_msi;) {
		u32 i = 0;

		if ((p->cfg.msi_first + at) % align) {
			at++;
			continue;
		}
		while (i < n && !p->used[at + i])
			i++;
		if (i == n) {
			memset(p->used + at, true, n);
			*first = p->cfg.msi_first + at;
			return 0;
		}
		at += i + 1;
	}
	return -ENOSPC;
}

static u32 pow2_below(u32 n)
{
	return n ? 1u << (31 - __builtin_clz(n)) : 0;
}

static int set_vectors(struct pci_phb *p, struct pci_dev *d, enum phb_vectors kind, u32 n)
{
	bool is_msix = kind == PHB_MSIX || (kind == PHB_ANY && d->vec.n_msix);
	u32 most = is_msix ? d->vec.n_msix : d->vec.n_msi, first = 0;

	if (!most && n)
		return -ENOTSUP;
	release_sources(p, d);
	if (!n)
		return 0;
	n = n < most ? n : most;
	n = is_msix ? n : pow2_below(n);
	/* as many as there are */
	while (n && take_sources(p, n, is_msix ? 1 : n, &first))
		n /= 2;
	if (!n)
		return -ENOSPC;
	pthread_mutex_lock(&d->vec.lock);
	d->sources = (struct pci_sources){ first, n, is_msix };
	pthread_mutex_unlock(&d->vec.lock);
	pci_vectors_program(d, PHB_MSI_ADDRESS);
	return (int)n;
}

int phb_set_vectors(struct pci_phb *p, unsigned int devfn, enum phb_vectors kind, u32 n)
{
	struct pci_dev *d;
	int ret = -ENODEV;

	pthread_rwlock_wrlock(&p->lock);
	d = phb_dev(p, devfn);
	if (d)
		ret = set_vectors(p, d, kind, n);
	pthread_rwlock_unlock(&p->lock);
	return ret;
}

bool phb_get_vectors(struct pci_phb *p, unsigned int devfn, struct pci_sources *out)
{
	struct pci_dev *d;

	pthread_rwlock_rdlock(&p->lock);
	d = phb_dev(p, devfn);
	if (d)
		*out = d->sources;
	pthread_rwlock_unlock(&p->lock);
	return d;
}

/* ---- DMA windows ---- */

static int add_dma32(struct pci_phb *p, struct hypar_err *e)
{
	struct tce_window w = { .liobn = p->cfg.liobn,
				.page_shift = PHB_DMA32_SHIFT,
				.n = PHB_DMA32_SIZE >> PHB_DMA32_SHIFT };

	return tce_bus_add(&p->tce, &w, e);
}

/* All that memory can become by the smallest pages: nobody needs more. */
u64 phb_dma_largest(const struct pci_phb *p)
{
	u64 pages = gmem_room_size(p->cfg.mem) >> 12;

	return pages > 1 ? 1ULL << (64 - __builtin_clzll(pages - 1)) : 1;
}

int phb_dma_create(struct pci_phb *p, unsigned int page_shift, unsigned int window_shift,
		   struct tce_window *out)
{
	struct tce_window w = { .liobn = p->cfg.liobn + 1,
				.page_shift = page_shift,
				.base = PHB_DMA64_BASE };

	if ((page_shift != 12 && page_shift != 16) || window_shift < page_shift ||
	    window_shift > 56)
		return -EINVAL;
	w.n = 1ULL << (window_shift - page_shift);
	if (w.n > phb_dma_largest(p))
		return -ENOSPC;
	*out = w;
	return tce_bus_add(&p->tce, &w, NULL);
}

int phb_dma_remove(struct pci_phb *p, u32 liobn)
{
	return tce_bus_remove(&p->tce, liobn);
}

void phb_dma_reset(struct pci_phb *p)
{
	(void)tce_bus_remove(&p->tce, p->cfg.liobn + 1);
	/* it fails when it is still there: then it is made empty */
	if (add_dma32(p, NULL))
		tce_bus_clear(&p->tce);
}

unsigned int phb_dma_free(struct pci_phb *p)
{
	return !tce_bus_has(&p->tce, p->cfg.liobn + 1);
}

/* ---- the bridge ---- */

void phb_unmap(struct pci_phb *p)
{
	/* those that were not added are not there */
	(void)mmio_remove(p->cfg.mmio, p->cfg.io);
	(void)mmio_remove(p->cfg.mmio, p->cfg.mem32);
	(void)mmio_remove(p->cfg.mmio, p->cfg.mem64);
	p->is_mapped = false;
}

int phb_map(struct pci_phb *p, struct hypar_err *e)
{
	struct mmio_bus *bus = p->cfg.mmio;
	int ret;

	if (p->is_mapped)
		return 0;
	p->io = (struct pci_phb_window){ p, 0, true };
	p->mem32 = (struct pci_phb_window){ p, PHB_MEM32_BASE, false };
	p->mem64 = (struct pci_phb_window){ p, p->cfg.mem64.v, false };
	ret = mmio_add(bus, p->cfg.io, PHB_IO_SIZE, &window_ops, &p->io, e);
	if (!ret)
		ret = mmio_add(bus, p->cfg.mem32, PHB_MEM32_SIZE, &window_ops, &p->mem32, e);
	if (!ret)
		ret = mmio_add(bus, p->cfg.mem64, PHB_MEM64_SIZE, &window_ops, &p->mem64, e);
	if (ret)
		phb_unmap(p);
	p->is_mapped = !ret;
	return ret;
}

struct pci_phb *phb_new(const struct pci_phb_config *c, struct hypar_err *e)
{
	struct pci_phb *p = calloc(1, sizeof(*p));
	pthread_rwlockattr_t attr;

	if (!p || c->n_msi > PHB_SOURCES_MAX) {
		free(p);
		err_set(e, -ENOMEM, "no memory for PCI host bridge %u", c->index);
		return NULL;
	}
	p->cfg = *c;
	pthread_rwlockattr_init(&attr);
	/* nobody takes the read side twice, and guests may poll a BAR for ever */
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&p->lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	pthread_mutex_init(&p->lsi_lock, NULL);
	tce_bus_init(&p->tce, c->mem);
	if (phb_map(p, e) || add_dma32(p, e)) {
		phb_free(p);
		return NULL;
	}
	return p;
}

void phb_free(struct pci_phb *p)
{
	if (!p)
		return;
	for (unsigned int i = 0; i < PHB_FUNCTIONS; i++) {
		struct pci_dev *d = p->dev[i];

		if (!d)
			continue;
		phb_unplug(d);
		device_destroy(&d->dev);
	}
	phb_unmap(p);
	tce_bus_fini(&p->tce);
	free(p->map);
	pthread_mutex_destroy(&p->lsi_lock);
	pthread_rwlock_destroy(&p->lock);
	free(p);
}
