/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that misuses PCI: configuration space, BARs, messages, DMA windows
 * and their entries, and functions that do DMA meanwhile. Each step is a byte
 * that says what, then its operands.
 *
 * Held against it: interrupts come only from sources that were given out, no
 * source belongs to two functions, read-only configuration bits stay, and DMA
 * succeeds exactly where an entry grants it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dev/pci/phb.h"
#include "dev/virtio/pci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAM (1ULL << 20)
#define IO 0x10000000000ULL
#define MEM32 0x20000000000ULL
#define MEM64 0x30000000000ULL
#define LSI 0x1200u
#define MSI 0x1300u
#define N_MSI 8u
#define LIOBN 0x80000000u
#define N_GADGETS 2u
#define STEPS_MAX 3000

#define MUST(cond)                                                                 \
	do {                                                                       \
		if (!(cond)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                   \
		}                                                                  \
	} while (0)

struct input {
	const uint8_t *p;
	size_t n;
};

struct world {
	struct gmem *m;
	struct mmio_bus *bus;
	struct pci_phb *phb;
	struct input in;
	bool level[PHB_LSIS];
};

static u64 take(struct input *in, unsigned int bytes)
{
	u64 v = 0;

	while (bytes-- && in->n) {
		v = v << 8 | *in->p++;
		in->n--;
	}
	return v;
}

/* Whose is message @source? */
static unsigned int owners(const struct world *w, u32 source)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < PHB_FUNCTIONS; i++) {
		const struct pci_dev *d = phb_dev(w->phb, i);

		n += d && source - d->sources.first < d->sources.n;
	}
	return n;
}

static void irq(void *opaque, u32 source, bool level)
{
	struct world *w = opaque;

	if (source - LSI < PHB_LSIS) {
		MUST(w->level[source - LSI] != level);
		w->level[source - LSI] = level;
	} else {
		MUST(source - MSI < N_MSI && level && owners(w, source) == 1);
	}
}

static void say(void *opaque, const char *line)
{
	(void)opaque;
	MUST(strlen(line) < 1000);
}

/* ---- a function with everything ---- */

static u64 bar_read(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size)
{
	MUST(size <= 4 && !(offset & (size - 1)) && offset + size <= d->bar[bar].size);
	return offset * 3;
}

static void bar_write(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size, u64 val)
{
	MUST(size <= 4 && !(offset & (size - 1)) && offset + size <= d->bar[bar].size);
	MUST(val >> (8 * size) == 0);
}

static void nothing(struct device *d)
{
	(void)d;
}

static void destroy(struct device *dev)
{
	struct pci_dev *d = CONTAINER_OF(dev, struct pci_dev, dev);

	pci_dev_fini(d);
	free(d);
}

static const struct pci_dev_ops ops = {
	.life = { .type = "gadget", .reset = nothing, .quiesce = nothing, .destroy = destroy },
	.bar_read = bar_read,
	.bar_write = bar_write,
};

static struct pci_dev *gadget(const struct device_log *log)
{
	static const struct pci_ids ids = { 0x1234, 0x5678, 0x9abc, 0xdef0, 0x010203, 4 };
	struct pci_dev *d = calloc(1, sizeof(*d));

	MUST(d);
	pci_dev_init(d, &ops, &ids, "gadget", log);
	pci_bar_add(d, 0, &(const struct pci_bar){ .kind = PCI_BAR_IO, .size = 32 });
	pci_bar_add(d, 1, &(const struct pci_bar){ .kind = PCI_BAR_MEM32, .size = 0x1000 });
	pci_bar_add(d, 4, &(const struct pci_bar){ .kind = PCI_BAR_MEM64, .size = 0x10000 });
	pci_intx_add(d);
	MUST(!pci_msi_add(d, 4, NULL) && !pci_msix_add(d, 70, 1, 0x400, 0x900, NULL));
	return d;
}

static void world_new(struct world *w)
{
	struct device_log log = { say, w };
	struct pci_phb_config c = { .io = gpa_of(IO),
				    .mem32 = gpa_of(MEM32),
				    .mem64 = gpa_of(MEM64),
				    .liobn = LIOBN,
				    .irq = irq,
				    .opaque = w,
				    .lsi = LSI,
				    .msi_first = MSI,
				    .n_msi = N_MSI,
				    .log = log };
	struct virtio_dev *v;

	w->m = c.mem = gmem_new();
	w->bus = c.mmio = mmio_new();
	MUST(w->m && w->bus && !gmem_add_ram(w->m, gpa_of(0), RAM, NULL));
	w->phb = phb_new(&c, NULL);
	MUST(w->phb);
	for (unsigned int i = 0; i < N_GADGETS; i++)
		MUST(!phb_plug(w->phb, gadget(&log), -1, NULL));
	v = virtio_rng_new("rng", 1, &log, NULL);
	MUST(v && !phb_plug(w->phb, virtio_pci_new(v, NULL), -1, NULL));
	for (unsigned int i = 0; i <= N_GADGETS; i++)
		phb_config_write(w->phb, PCI_DEVFN(i, 0), PCI_COMMAND, 2,
				 PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void world_free(struct world *w)
{
	phb_quiesce(w->phb);
	phb_free(w->phb);
	mmio_free(w->bus);
	gmem_free(w->m);
}

/* ---- steps ---- */

static unsigned int a_devfn(struct world *w)
{
	return (unsigned int)(take(&w->in, 1) % 5) << 3;
}

static void config(struct world *w, bool is_write)
{
	unsigned int devfn = a_devfn(w), n = 1u << take(&w->in, 1) % 3;
	unsigned int at = (unsigned int)take(&w->in, 1) & ~(n - 1);
	struct pci_dev *d = phb_dev(w->phb, devfn);
	u8 before[PCI_CONFIG_SIZE];

	if (!is_write) {
		u32 v = phb_config_read(w->phb, devfn, at, n);

		MUST(n == 4 || v >> (8 * n) == 0);
		return;
	}
	if (d)
		memcpy(before, d->config, sizeof(before));
	phb_config_write(w->phb, devfn, at, n, (u32)take(&w->in, 4));
	/* pending bits of MSI are the device's */
	for (unsigned int i = 0; d && i < PCI_CONFIG_SIZE; i++)
		MUST(!((before[i] ^ d->config[i]) & ~d->wmask[i]) ||
		     (i >= d->vec.msi_cap + PCI_MSI_PENDING && i < d->vec.msi_cap + PCI_MSI_SIZE));
}

static u64 an_address(struct world *w)
{
	static const u64 windows[] = { IO, MEM32, MEM64 };
	struct pci_dev *d = phb_dev(w->phb, a_devfn(w));
	u64 how = take(&w->in, 1), offset = take(&w->in, 2), at;

	if (how & 0x80 || !d || !pci_bar_address(d, how % PCI_BARS, &at))
		return windows[how % 3] + offset;
	at += offset % d->bar[how % PCI_BARS].size;
	if (d->bar[how % PCI_BARS].kind == PCI_BAR_IO)
		return IO + at;
	return d->bar[how % PCI_BARS].kind == PCI_BAR_MEM32 ? MEM32 + at - PHB_MEM32_BASE : at;
}

static void memory(struct world *w, bool is_write)
{
	u64 at = an_address(w), v = 0;
	unsigned int n = 1u << take(&w->in, 1) % 4;

	if (is_write)
		(void)mmio_write(w->bus, 0, gpa_of(at), n,
				 take(&w->in, n > 4 ? 4 : n) << (n > 4 ? 32 : 0));
	else
		(void)mmio_read(w->bus, 0, gpa_of(at), n, &v);
}

/* Near the edges of windows, or anywhere. */
static u64 an_ioba(struct world *w)
{
	u64 how = take(&w->in, 1), low = take(&w->in, 2);

	switch (how & 7) {
	case 0:
		return PHB_DMA32_SIZE - low;
	case 1:
		return PHB_DMA64_BASE + low;
	case 2:
		return PHB_DMA64_BASE + RAM - low;
	case 3:
		return take(&w->in, 8);
	default:
		return low;
	}
}

static void entries(struct world *w)
{
	u32 liobn = LIOBN + (u32)(take(&w->in, 1) & 1);
	u64 at = an_ioba(w), n = take(&w->in, 1) % 20;
	u64 list[20], old = 0, now = 0;
	bool had = tce_get(&w->phb->tce, liobn, ioba_of(at), &old) == TCE_OK;
	enum tce_status st;

	for (u64 i = 0; i < 20; i++) {
		u64 v = take(&w->in, 2);

		/* sometimes behind RAM */
		list[i] = (v >> 4 & 0xff) << 12 | (v >> 15) << 20 | (v & 3);
	}
	st = tce_put(&w->phb->tce, liobn, ioba_of(at), list, n, n & 1);
	if (!had)
		return;
	MUST(tce_get(&w->phb->tce, liobn, ioba_of(at), &now) == TCE_OK);
	MUST(now == (st == TCE_OK && n ? list[0] : old));
}

/* May a byte at @at be accessed? By the tables, page by page. */
static bool may(struct world *w, u64 at, u64 need)
{
	for (u32 i = 0; i < TCE_WINDOWS_MAX; i++) {
		const struct tce_window *x = &w->phb->tce.window[i];
		u64 tce;

		if (!x->liobn || at < x->base || (at - x->base) >> x->page_shift >= x->n)
			continue;
		MUST(tce_get(&w->phb->tce, x->liobn, ioba_of(at), &tce) == TCE_OK);
		return tce & need;
	}
	return false;
}

static void dma(struct world *w)
{
	struct pci_dev *d = phb_dev(w->phb, a_devfn(w));
	u64 at = an_ioba(w), n = 1 + take(&w->in, 1) % 200;
	bool is_write = n & 1, want, ok;
	u8 buf[200] = { 0x5a };

	if (!d)
		return;
	want = ld_le16(d->config + PCI_COMMAND) & PCI_COMMAND_MASTER;
	for (u64 i = 0; want && i < n; i++)
		want = at + i >= at && may(w, at + i, is_write ? TCE_WRITE : TCE_READ);
	ok = is_write ? dma_write(&d->dma, ioba_of(at), buf, n) :
			dma_read(&d->dma, ioba_of(at), buf, n);
	MUST(ok == want);
}

static void windows(struct world *w)
{
	u64 how = take(&w->in, 1);
	struct tce_window x;

	switch (how & 3) {
	case 0:
		(void)phb_dma_create(w->phb, (unsigned int)take(&w->in, 1) % 30,
				     (unsigned int)take(&w->in, 1), &x);
		break;
	case 1:
		(void)phb_dma_create(w->phb, 16, 20, &x);
		break;
	case 2:
		(void)phb_dma_remove(w->phb, LIOBN + (u32)(how >> 2 & 1));
		break;
	default:
		phb_dma_reset(w->phb);
	}
}

static void vectors(struct world *w)
{
	unsigned int devfn = a_devfn(w);
	u64 how = take(&w->in, 1);
	struct pci_dev *d = phb_dev(w->phb, devfn);
	u32 n = (u32)take(&w->in, 1);
	int got;

	if (how & 0x80) {
		if (d)
			(void)pci_vector_send(d, n);
		return;
	}
	if (how & 0x40) {
		/* a virtio device sets its own */
		if (d && !virtio_pci_device(d))
			pci_intx_set(d, how & 1);
		return;
	}
	got = phb_set_vectors(w->phb, devfn, (enum phb_vectors)(how % 3), n);
	MUST(got <= (int)n && got <= (int)N_MSI);
	for (u32 i = 0; i < N_MSI; i++)
		MUST(owners(w, MSI + i) <= 1 && w->phb->used[i] == owners(w, MSI + i));
}

static void step(struct world *w)
{
	switch (take(&w->in, 1) % 16) {
	case 0 ... 3:
		config(w, true);
		break;
	case 4:
		config(w, false);
		break;
	case 5 ... 7:
		memory(w, true);
		break;
	case 8:
		memory(w, false);
		break;
	case 9:
	case 10:
		entries(w);
		break;
	case 11:
	case 12:
		dma(w);
		break;
	case 13:
		windows(w);
		break;
	case 14:
		vectors(w);
		break;
	default:
		if (take(&w->in, 1) == 0)
			phb_reset(w->phb);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world w = { .in = { data, size } };

	world_new(&w);
	for (unsigned int i = 0; i < STEPS_MAX && w.in.n; i++)
		step(&w);
	world_free(&w);
	return 0;
}
