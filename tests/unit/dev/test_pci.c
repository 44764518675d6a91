// SPDX-License-Identifier: Apache-2.0
/*
 * A function on a host bridge: configuration space, BARs through the windows,
 * level interrupts, MSI and MSI-X with their masks, DMA.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dev/pci/phb.h"

#define IO 0x10000000000ULL
#define MEM32 0x20000000000ULL
#define MEM64 0x30000000000ULL
#define LSI 0x1200u
#define MSI 0x1300u
#define N_MSI 16u
#define TABLE 0x1000u
#define PBA 0x1800u

struct board {
	struct gmem *m;
	struct mmio_bus *bus;
	struct pci_phb *phb;
	struct pci_dev *d;
	u32 raised[64]; /* messages, from MSI */
	bool level[PHB_LSIS];
	unsigned int n_lines;
	/* the last access of a BAR */
	unsigned int bar, size;
	u64 offset, value;
	unsigned int n_destroyed;
};

struct gadget {
	struct pci_dev pci;
	struct board *b;
};

static void irq(void *opaque, u32 source, bool level)
{
	struct board *b = opaque;

	if (source >= MSI && source < MSI + 64) {
		assert_true(level);
		b->raised[source - MSI]++;
	} else {
		assert_in_range(source, LSI, LSI + PHB_LSIS - 1);
		b->level[source - LSI] = level;
	}
}

static void say(void *opaque, const char *line)
{
	(void)line;
	((struct board *)opaque)->n_lines++;
}

static struct gadget *of(struct pci_dev *d)
{
	return CONTAINER_OF(d, struct gadget, pci);
}

static u64 bar_read(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size)
{
	struct board *b = of(d)->b;

	b->bar = bar;
	b->offset = offset;
	b->size = size;
	return 0x8877665544332211ULL + offset;
}

static void bar_write(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size, u64 val)
{
	struct board *b = of(d)->b;

	b->bar = bar;
	b->offset = offset;
	b->size = size;
	b->value = val;
}

static void nothing(struct device *d)
{
	(void)d;
}

static void destroy(struct device *dev)
{
	struct gadget *g = of(CONTAINER_OF(dev, struct pci_dev, dev));

	g->b->n_destroyed++;
	pci_dev_fini(&g->pci);
	free(g);
}

static const struct pci_dev_ops ops = {
	.life = { .type = "gadget", .reset = nothing, .quiesce = nothing, .destroy = destroy },
	.bar_read = bar_read,
	.bar_write = bar_write,
};

static struct pci_dev *gadget(struct board *b, const char *id)
{
	static const struct pci_ids ids = { 0x1234, 0x5678, 0x9abc, 0xdef0, 0x010203, 4 };
	struct gadget *g = calloc(1, sizeof(*g));
	struct device_log log = { say, b };

	assert_non_null(g);
	g->b = b;
	pci_dev_init(&g->pci, &ops, &ids, id, &log);
	pci_bar_add(&g->pci, 0, &(const struct pci_bar){ .kind = PCI_BAR_IO, .size = 32 });
	pci_bar_add(&g->pci, 1, &(const struct pci_bar){ .kind = PCI_BAR_MEM32, .size = 0x2000 });
	pci_bar_add(&g->pci, 2,
		    &(const struct pci_bar){ .kind = PCI_BAR_MEM64,
					     .is_prefetchable = true,
					     .size = 1ULL << 33 });
	pci_intx_add(&g->pci);
	assert_int_equal(pci_msi_add(&g->pci, 4, NULL), 0);
	assert_int_equal(pci_msix_add(&g->pci, 5, 1, TABLE, PBA, NULL), 0);
	return &g->pci;
}

static int setup(void **state)
{
	struct board *b = test_calloc(1, sizeof(*b));
	struct pci_phb_config c = { .mmio = mmio_new(),
				    .io = gpa_of(IO),
				    .mem32 = gpa_of(MEM32),
				    .mem64 = gpa_of(MEM64),
				    .liobn = 0x80000000,
				    .irq = irq,
				    .opaque = b,
				    .lsi = LSI,
				    .msi_first = MSI,
				    .n_msi = N_MSI,
				    .log = { say, b } };

	b->m = c.mem = gmem_new();
	b->bus = c.mmio;
	assert_int_equal(gmem_add_ram(b->m, gpa_of(0), 1 << 20, NULL), 0);
	b->phb = phb_new(&c, NULL);
	assert_non_null(b->phb);
	b->d = gadget(b, "gadget0");
	assert_int_equal(phb_plug(b->phb, b->d, 3, NULL), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct board *b = *state;

	phb_free(b->phb);
	mmio_free(b->bus);
	gmem_free(b->m);
	test_free(b);
	return 0;
}

static u32 rd(struct board *b, unsigned int at, unsigned int n)
{
	return phb_config_read(b->phb, b->d->devfn, at, n);
}

static void wr(struct board *b, unsigned int at, unsigned int n, u32 val)
{
	phb_config_write(b->phb, b->d->devfn, at, n, val);
}

/* As a little-endian driver on a big-endian bus does it. */
static u64 load(struct board *b, u64 at, unsigned int n)
{
	u64 v = 0;

	assert_int_equal(mmio_read(b->bus, 0, gpa_of(at), n, &v), MMIO_OK);
	return __builtin_bswap64(v) >> (64 - 8 * n);
}

static void store(struct board *b, u64 at, unsigned int n, u64 val)
{
	assert_int_equal(mmio_write(b->bus, 0, gpa_of(at), n,
				    __builtin_bswap64(val) >> (64 - 8 * n)),
			 MMIO_OK);
}

#define ON (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER)

static void test_header(void **state)
{
	struct board *b = *state;

	assert_int_equal(rd(b, 0, 4), 0x56781234);
	assert_int_equal(rd(b, 2, 2), 0x5678);
	assert_int_equal(rd(b, 8, 4), 0x01020304);
	assert_int_equal(rd(b, 0x2c, 4), 0xdef09abc);
	assert_int_equal(rd(b, PCI_INTERRUPT_PIN, 1), 1);
	assert_int_equal(rd(b, PCI_STATUS, 2), PCI_STATUS_CAPS);
	assert_int_equal(rd(b, 0x30, 4), 0); /* no ROM */
	/* read-only bits stay */
	for (unsigned int at = 0; at < PCI_CONFIG_SIZE; at += 4) {
		u32 before = rd(b, at, 4), after;

		if (at >= PCI_COMMAND && at < PCI_BAR0 + 4 * PCI_BARS)
			continue;
		wr(b, at, 4, ~before);
		after = rd(b, at, 4);
		assert_int_equal((after ^ before) & ~ld_le32(b->d->wmask + at), 0);
	}
	wr(b, PCI_COMMAND, 2, 0xffff);
	assert_int_equal(rd(b, PCI_COMMAND, 2), 0x0547);
	/* single bytes */
	wr(b, PCI_INTERRUPT_LINE, 1, 0x5a);
	assert_int_equal(rd(b, 0x3c, 4), 0x15a);
	/* behind the end, and nobody there */
	assert_int_equal(rd(b, 0x100, 4), ~0u);
	assert_int_equal(rd(b, 0xffc, 2), 0xffff);
	assert_int_equal(phb_config_read(b->phb, 0, 0, 4), ~0u);
	assert_int_equal(phb_config_read(b->phb, 999, 0, 1), 0xff);
	phb_config_write(b->phb, 0, 0, 4, 0);
	wr(b, 0x100, 4, 0);
}

static void test_capabilities(void **state)
{
	struct board *b = *state;
	u32 at = rd(b, PCI_CAP_POINTER, 1);

	assert_int_equal(rd(b, at, 1), PCI_CAP_MSI);
	at = rd(b, at + 1, 1);
	assert_int_equal(rd(b, at, 1), PCI_CAP_MSIX);
	assert_int_equal(rd(b, at + 1, 1), 0);
	assert_int_equal(rd(b, at + PCI_MSIX_CONTROL, 2), 4);
	assert_int_equal(rd(b, at + PCI_MSIX_TABLE, 4), TABLE | 1);
	assert_int_equal(rd(b, at + PCI_MSIX_PBA, 4), PBA | 1);
}

static void test_sizing(void **state)
{
	static const u32 type[] = { 1, 0, 12, 0, 0, 0 };
	static const u32 mask[] = { 0xffffffe1, 0xffffe000, 0x0000000c, 0xfffffffe, 0, 0 };
	struct board *b = *state;

	wr(b, PCI_COMMAND, 2, ON);
	for (unsigned int i = 0; i < PCI_BARS; i++) {
		u32 was = rd(b, PCI_BAR0 + 4 * i, 4);

		assert_int_equal(was & 15 & ~(i == 0 ? 14u : 0), type[i] & (i == 3 ? 0 : 15));
		wr(b, PCI_BAR0 + 4 * i, 4, ~0u);
		assert_int_equal(rd(b, PCI_BAR0 + 4 * i, 4), mask[i]);
		wr(b, PCI_BAR0 + 4 * i, 4, 0);
		assert_int_equal(rd(b, PCI_BAR0 + 4 * i, 4), type[i]);
		wr(b, PCI_BAR0 + 4 * i, 4, was);
		assert_int_equal(rd(b, PCI_BAR0 + 4 * i, 4), was);
	}
}

static void test_windows(void **state)
{
	struct board *b = *state;
	u64 mem = MEM32,
	    mem64 = (u64)rd(b, PCI_BAR0 + 12, 4) << 32 | (rd(b, PCI_BAR0 + 8, 4) & ~15u);
	u64 io = IO + (rd(b, PCI_BAR0, 4) & ~3u);

	/* firmware has put the BARs into the windows, aligned; this one is the first */
	assert_int_equal(rd(b, PCI_BAR0 + 4, 4), PHB_MEM32_BASE);
	assert_true(mem64 >= MEM64 && mem64 % (1ULL << 33) == 0);
	/* they do not decode yet */
	assert_int_equal(load(b, mem, 4), ~0u);
	assert_true(load(b, mem64, 8) == ~0ULL);
	assert_int_equal(load(b, io, 1), 0xff);
	wr(b, PCI_COMMAND, 2, PCI_COMMAND_IO);
	assert_int_equal(load(b, mem, 4), ~0u);
	assert_int_equal(load(b, io + 31, 1), 0x30);
	assert_int_equal(b->bar, 0);
	assert_int_equal(b->offset, 31);
	assert_int_equal(load(b, io + 32, 1), 0xff);
	wr(b, PCI_COMMAND, 2, ON);
	assert_int_equal(load(b, mem + 4, 2), 0x2215);
	store(b, mem64 + 0x123450, 4, 0xa1b2c3d4);
	assert_int_equal(b->bar, 2);
	assert_int_equal(b->offset, 0x123450);
	assert_int_equal(b->value, 0xa1b2c3d4);
	/* two words, the lower one first; not aligned: nobody */
	store(b, mem64 + 8, 8, 0x1112131415161718ULL);
	assert_int_equal(b->offset, 12);
	assert_int_equal(b->value, 0x11121314);
	b->offset = 77;
	store(b, mem64 + 2, 4, 0);
	assert_int_equal(b->offset, 77);
	assert_int_equal(load(b, mem64 + 1, 2), 0xffff);
	/* the BAR moves, also out of the window */
	wr(b, PCI_BAR0 + 4, 4, PHB_MEM32_BASE + 0x100000);
	assert_int_equal(load(b, mem, 4), ~0u);
	assert_int_equal(load(b, mem + 0x100004, 2), 0x2215);
	wr(b, PCI_BAR0 + 4, 4, 0x1000);
	assert_int_equal(load(b, mem + 0x100004, 2), 0xffff);
	phb_reset(b->phb);
	assert_int_equal(rd(b, PCI_BAR0 + 4, 4), PHB_MEM32_BASE);
	assert_int_equal(rd(b, PCI_COMMAND, 2), 0);
}

static void test_intx(void **state)
{
	struct board *b = *state;
	struct pci_dev *other = gadget(b, "gadget1");

	/* slots 3 and 7 share a line */
	assert_int_equal(phb_plug(b->phb, other, 7, NULL), 0);
	assert_int_equal(phb_lsi(b->phb, 7), LSI + 3);
	pci_intx_set(b->d, true);
	assert_true(b->level[3]);
	pci_intx_set(other, true);
	pci_intx_set(b->d, false);
	assert_true(b->level[3]);
	pci_intx_set(other, false);
	assert_false(b->level[3]);
	pci_intx_set(b->d, true);
	assert_int_equal(rd(b, PCI_STATUS, 2), PCI_STATUS_CAPS | PCI_STATUS_INTX);
	wr(b, PCI_COMMAND, 2, PCI_COMMAND_INTX_OFF);
	assert_false(b->level[3]);
	assert_int_equal(rd(b, PCI_STATUS, 2), PCI_STATUS_CAPS | PCI_STATUS_INTX);
	wr(b, PCI_COMMAND, 2, 0);
	assert_true(b->level[3]);
	/* messages take over */
	wr(b, b->d->vec.msix_cap + PCI_MSIX_CONTROL, 2, PCI_MSIX_ON);
	assert_false(b->level[3]);
	phb_reset(b->phb);
	assert_false(b->level[3]);
	assert_int_equal(rd(b, PCI_STATUS, 2), PCI_STATUS_CAPS);
	/* a function that goes takes its level along */
	pci_intx_set(b->d, true);
	phb_unplug(b->d);
	assert_false(b->level[3]);
	assert_int_equal(phb_config_read(b->phb, PCI_DEVFN(3, 0), 0, 4), ~0u);
	device_destroy(&b->d->dev);
	assert_int_equal(b->n_destroyed, 1);
}

static void test_msix(void **state)
{
	struct board *b = *state;
	u32 cap = b->d->vec.msix_cap;
	u64 table = MEM32 + TABLE;

	wr(b, PCI_COMMAND, 2, ON);
	assert_false(pci_vector_send(b->d, 0));
	assert_int_equal(phb_set_vectors(b->phb, b->d->devfn, PHB_MSIX, 3), 3);
	assert_int_equal(load(b, table, 4), PHB_MSI_ADDRESS);
	assert_int_equal(load(b, table + 16 + 8, 4), MSI + 1);
	assert_int_equal(load(b, table + 12, 4), PCI_MSIX_MASKED);
	wr(b, cap + PCI_MSIX_CONTROL, 2, PCI_MSIX_ON | PCI_MSIX_ALL_MASKED);
	store(b, table + 12, 4, 0);
	assert_true(pci_vector_send(b->d, 0));
	assert_true(pci_vector_send(b->d, 2));
	assert_true(pci_vector_send(b->d, 99));
	assert_int_equal(load(b, MEM32 + PBA, 8), 5);
	assert_int_equal(b->raised[0], 0);
	/* pending bits are read-only; narrow writes do nothing */
	store(b, MEM32 + PBA, 4, 0);
	store(b, table + 16 + 12, 1, 0);
	assert_int_equal(load(b, MEM32 + PBA, 4), 5);
	assert_int_equal(load(b, table + 16 + 12, 1), PCI_MSIX_MASKED);
	wr(b, cap + PCI_MSIX_CONTROL, 2, PCI_MSIX_ON);
	assert_int_equal(b->raised[0], 1);
	assert_int_equal(b->raised[2], 0);
	assert_int_equal(load(b, MEM32 + PBA, 4), 4);
	store(b, table + 32 + 12, 4, ~0u << 1);
	assert_int_equal(b->raised[2], 1);
	assert_int_equal(load(b, MEM32 + PBA, 4), 0);
	assert_int_equal(load(b, table + 32 + 12, 4), 0);
	/* foreign data and addresses */
	assert_int_equal(b->n_lines, 0);
	store(b, table + 8, 4, MSI + 3);
	assert_true(pci_vector_send(b->d, 0));
	store(b, table + 8, 4, MSI - 1);
	assert_true(pci_vector_send(b->d, 0));
	store(b, table + 8, 4, MSI);
	store(b, table + 4, 4, 1);
	assert_true(pci_vector_send(b->d, 0));
	store(b, table, 8, PHB_MSI_ADDRESS);
	wr(b, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	assert_true(pci_vector_send(b->d, 0));
	assert_int_equal(b->d->n_msi_refused, 4);
	assert_int_equal(b->n_lines, 3);
	assert_int_equal(b->raised[0] + b->raised[3], 1);
	/* released sources are nobody's */
	wr(b, PCI_COMMAND, 2, ON);
	assert_int_equal(phb_set_vectors(b->phb, b->d->devfn, PHB_ANY, 0), 0);
	assert_true(pci_vector_send(b->d, 0));
	assert_int_equal(b->raised[0], 1);
}

static void test_msi(void **state)
{
	struct board *b = *state;
	u32 cap = b->d->vec.msi_cap;

	wr(b, PCI_COMMAND, 2, ON);
	assert_int_equal(rd(b, cap + PCI_MSI_CONTROL, 2), PCI_MSI_64 | PCI_MSI_MASKS | 2 << 1);
	assert_int_equal(phb_set_vectors(b->phb, b->d->devfn, PHB_MSI, 3), 2);
	assert_int_equal(rd(b, cap + PCI_MSI_DATA, 2), MSI);
	wr(b, cap + PCI_MSI_MASK, 4, 2);
	wr(b, cap + PCI_MSI_CONTROL, 2, 0x10 | PCI_MSI_ON);
	assert_int_equal(rd(b, cap + PCI_MSI_CONTROL, 2),
			 PCI_MSI_64 | PCI_MSI_MASKS | 2 << 1 | 0x10 | PCI_MSI_ON);
	assert_true(pci_vector_send(b->d, 0));
	assert_true(pci_vector_send(b->d, 1));
	assert_int_equal(b->raised[0], 1);
	assert_int_equal(b->raised[1], 0);
	assert_int_equal(rd(b, cap + PCI_MSI_PENDING, 4), 2);
	wr(b, cap + PCI_MSI_MASK, 4, 0);
	assert_int_equal(b->raised[1], 1);
	assert_int_equal(rd(b, cap + PCI_MSI_PENDING, 4), 0);
	/* a count field that says more than there are */
	wr(b, cap + PCI_MSI_CONTROL, 2, 0x70 | PCI_MSI_ON);
	assert_true(pci_vector_send(b->d, 3));
	assert_int_equal(b->d->n_msi_refused, 1);
}

static void test_sources(void **state)
{
	struct board *b = *state;
	struct pci_dev *other = gadget(b, "gadget1");
	struct pci_sources s;

	assert_int_equal(phb_plug(b->phb, other, -1, NULL), 0);
	assert_int_equal(other->devfn, 0);
	assert_int_equal(phb_set_vectors(b->phb, 5, PHB_ANY, 1), -ENODEV);
	assert_int_equal(phb_set_vectors(b->phb, other->devfn, PHB_MSIX, 1), 1);
	/* aligned, so not 1 */
	assert_int_equal(phb_set_vectors(b->phb, b->d->devfn, PHB_MSI, 4), 4);
	assert_true(phb_get_vectors(b->phb, b->d->devfn, &s));
	assert_int_equal(s.first, MSI + 4);
	assert_false(s.is_msix);
	/* no more than the table has */
	assert_int_equal(phb_set_vectors(b->phb, b->d->devfn, PHB_ANY, 1000), 5);
	assert_true(phb_get_vectors(b->phb, b->d->devfn, &s));
	assert_int_equal(s.first, MSI + 1);
	assert_true(s.is_msix);
	memset(b->phb->used, true, sizeof(b->phb->used));
	b->phb->used[9] = false;
	assert_int_equal(phb_set_vectors(b->phb, other->devfn, PHB_MSIX, 5), 1);
	b->phb->used[0] = b->phb->used[9] = true;
	memset(b->phb->used, true, sizeof(b->phb->used));
	assert_true(phb_get_vectors(b->phb, other->devfn, &s));
	assert_int_equal(s.n, 1);
	phb_reset(b->phb);
	assert_true(phb_get_vectors(b->phb, other->devfn, &s));
	assert_int_equal(s.n, 0);
	memset(b->phb->used, true, sizeof(b->phb->used));
	assert_int_equal(phb_set_vectors(b->phb, other->devfn, PHB_MSIX, 5), -ENOSPC);
	memset(b->phb->used, false, sizeof(b->phb->used));
}

static void test_dma(void **state)
{
	struct board *b = *state;
	u64 tce = 0x3003;
	struct tce_window w;
	u32 word = 0x12345678;

	assert_int_equal(tce_put(&b->phb->tce, 0x80000000, ioba_of(0x4000), &tce, 1, true), TCE_OK);
	assert_false(dma_write(&b->d->dma, ioba_of(0x4000), &word, 4));
	wr(b, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	assert_true(dma_write(&b->d->dma, ioba_of(0x4000), &word, 4));
	assert_false(dma_write(&b->d->dma, ioba_of(0x5000), &word, 4));
	assert_int_equal(b->d->n_dma_refused, 2);
	assert_int_equal(b->n_lines, 2);
	for (unsigned int i = 0; i < 62; i++)
		assert_false(dma_read(&b->d->dma, ioba_of(~0ULL), &word, 4));
	assert_int_equal(b->d->n_dma_refused, 64);
	assert_int_equal(b->n_lines, 7); /* 1, 2, 4, 8, 16, 32, 64 */
	/* the dynamic window */
	assert_int_equal(phb_dma_free(b->phb), 1);
	assert_int_equal(phb_dma_create(b->phb, 13, 20, &w), -EINVAL);
	assert_int_equal(phb_dma_create(b->phb, 16, 15, &w), -EINVAL);
	assert_int_equal(phb_dma_create(b->phb, 12, 21, &w), -ENOSPC);
	assert_int_equal(phb_dma_create(b->phb, 12, ~0u, &w), -EINVAL);
	assert_int_equal(phb_dma_create(b->phb, 16, 20, &w), 0);
	assert_int_equal(phb_dma_create(b->phb, 16, 20, &w), -EEXIST);
	assert_int_equal(phb_dma_free(b->phb), 0);
	tce = 3;
	assert_int_equal(tce_put(&b->phb->tce, w.liobn, ioba_of(w.base), &tce, 1, true), TCE_OK);
	assert_true(dma_read(&b->d->dma, ioba_of(w.base + 0x3000), &word, 4));
	assert_int_equal(word, 0x12345678);
	assert_int_equal(phb_dma_remove(b->phb, 0x80000000), 0);
	assert_false(dma_read(&b->d->dma, ioba_of(0x4000), &word, 4));
	phb_dma_reset(b->phb);
	assert_int_equal(phb_dma_free(b->phb), 1);
	assert_false(dma_read(&b->d->dma, ioba_of(0x4000), &word, 4));
	assert_int_equal(tce_get(&b->phb->tce, 0x80000000, ioba_of(0x4000), &tce), TCE_OK);
	assert_int_equal(tce, 0);
}

static void test_slots(void **state)
{
	struct board *b = *state;
	struct pci_dev *d = gadget(b, "gadget1");

	assert_int_equal(phb_plug(b->phb, d, 3, NULL), -EBUSY);
	assert_int_equal(phb_plug(b->phb, d, 32, NULL), -EBUSY);
	/* each has a prefetchable BAR of 8 GiB: the window holds eight of them, at most */
	for (int n = 1;; n++) {
		int ret = phb_plug(b->phb, d, -1, NULL);

		if (ret) {
			assert_int_equal(ret, -ENOSPC);
			assert_int_equal(n, 8);
			break;
		}
		d = gadget(b, "gadgets");
	}
	device_destroy(&d->dev);
	/* and when one goes there is room again */
	d = phb_dev(b->phb, PCI_DEVFN(2, 0));
	phb_unplug(d);
	assert_int_equal(phb_plug(b->phb, d, 31, NULL), 0);
	for (unsigned int i = 0; i < PHB_FUNCTIONS; i++)
		for (unsigned int k = 0; k < i; k++) {
			const struct pci_dev *x = phb_dev(b->phb, i), *y = phb_dev(b->phb, k);

			for (unsigned int bar = 0; x && y && bar < 3; bar++)
				assert_true(x->home[bar] != y->home[bar]);
		}
}

/* A slot is stopped after an error, looked at, reset, and gone. */
static void test_errors(void **state)
{
	struct board *b = *state;
	u64 dma = 0;

	wr(b, PCI_COMMAND, 2, ON);
	pci_intx_set(b->d, true);
	assert_true(b->level[3]);
	assert_int_equal(phb_pe_state(b->phb, 3), PHB_PE_NORMAL);

	/* stopped: nothing arrives, in either direction */
	phb_pe_set(b->phb, 3, PHB_PE_STOPPED);
	assert_false(b->level[3]);
	assert_int_equal(rd(b, 0, 4), ~0u);
	wr(b, PCI_COMMAND, 2, 0);
	assert_int_equal(load(b, IO + b->d->home[0], 4), 0xffffffff);
	b->size = 0;
	store(b, IO + b->d->home[0], 4, 0);
	assert_int_equal(b->size, 0);
	assert_false(phb_dma_read(b->d, ioba_of(0), &dma, 8));

	/* the processor reaches it again, then memory can be reached as well */
	phb_pe_set(b->phb, 3, PHB_PE_DMA_STOPPED);
	assert_int_equal(rd(b, PCI_COMMAND, 2), ON);
	assert_int_equal(load(b, IO + b->d->home[0], 4), 0x44332211);
	assert_false(b->level[3]);
	phb_pe_set(b->phb, 3, PHB_PE_NORMAL);
	assert_true(b->level[3]);

	/* reset: as after power-on, and BARs are for the guest to restore */
	assert_int_equal(phb_pe_reset(b->phb, 3), 0);
	assert_int_equal(phb_pe_state(b->phb, 3), PHB_PE_RESET);
	assert_false(b->level[3]);
	assert_int_equal(rd(b, 0, 4), ~0u);
	phb_pe_set(b->phb, 3, PHB_PE_NORMAL);
	assert_int_equal(rd(b, 0, 4), 0x56781234);
	assert_int_equal(rd(b, PCI_COMMAND, 2), 0);
	assert_int_equal(rd(b, PCI_BAR0, 4), PCI_BAR_IS_IO);

	/* gone, until there is another one */
	phb_pe_set(b->phb, 3, PHB_PE_GONE);
	phb_pe_set(b->phb, 3, PHB_PE_NORMAL);
	assert_int_equal(phb_pe_state(b->phb, 3), PHB_PE_GONE);
	assert_int_equal(phb_pe_reset(b->phb, 3), -ENODEV);
	assert_int_equal(rd(b, 0, 4), ~0u);
	phb_unplug(b->d);
	assert_int_equal(phb_pe_state(b->phb, 3), PHB_PE_NORMAL);
	phb_pe_set(b->phb, 3, PHB_PE_GONE);
	assert_int_equal(phb_plug(b->phb, b->d, 3, NULL), 0);
	assert_int_equal(phb_pe_state(b->phb, 3), PHB_PE_NORMAL);
	assert_int_equal(rd(b, 0, 4), 0x56781234);
	/* a bridge that starts anew has no errors */
	phb_pe_set(b->phb, 3, PHB_PE_STOPPED);
	phb_reset(b->phb);
	assert_int_equal(phb_pe_state(b->phb, 3), PHB_PE_NORMAL);
}

/* The windows of a bridge can go, and others may take their place. */
static void test_unmap(void **state)
{
	struct board *b = *state;
	u64 v;

	phb_unmap(b->phb);
	assert_int_equal(mmio_read(b->bus, 0, gpa_of(MEM32), 4, &v), MMIO_UNHANDLED);
	phb_unmap(b->phb);
	assert_int_equal(phb_map(b->phb, NULL), 0);
	assert_int_equal(phb_map(b->phb, NULL), 0);
	assert_int_equal(mmio_read(b->bus, 0, gpa_of(MEM32), 4, &v), MMIO_OK);
	assert_int_equal(v, 0xffffffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unmap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header, setup, teardown),
		cmocka_unit_test_setup_teardown(test_capabilities, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_windows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_intx, setup, teardown),
		cmocka_unit_test_setup_teardown(test_msix, setup, teardown),
		cmocka_unit_test_setup_teardown(test_msi, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sources, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dma, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slots, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
