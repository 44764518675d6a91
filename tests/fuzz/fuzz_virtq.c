/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drivers that do anything, against each virtio device: whatever they write to
 * their rings and registers, nothing outside of DMA memory is touched, nothing
 * hangs, and after a reset the device has no request left.
 *
 * First byte: the device. Then steps of eight bytes: what, a size, an offset
 * (u16), a value (u32). Queues are set up in good order before the first step.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dev/backend/block.h"
#include "dev/backend/chr.h"
#include "dev/backend/net.h"
#include "dev/virtio/virtio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                                 \
	do {                                                                       \
		if (!(cond)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                   \
		}                                                                  \
	} while (0)

#define RAM 0x10000u
#define DISK (64u << 10)
#define MAX_STEPS 512
#define QUEUE_AREA 0x2000u
#define QUEUE_SIZE 8u

struct world {
	struct dma dma;
	struct virtio_dev *v;
	int disk_fd;
	unsigned int n_lines;
	u8 ram[RAM];
};

static bool in_ram(ioba at, size_t n)
{
	return at.v <= RAM && n <= RAM - at.v;
}

/* Byte by byte, atomically: the driver writes at the same time, as a guest may. */
static bool ram_read(struct dma *d, ioba at, void *dst, size_t n)
{
	struct world *w = CONTAINER_OF(d, struct world, dma);

	if (!in_ram(at, n))
		return false;
	for (size_t i = 0; i < n; i++)
		((u8 *)dst)[i] = __atomic_load_n(&w->ram[at.v + i], __ATOMIC_RELAXED);
	return true;
}

static bool ram_write(struct dma *d, ioba at, const void *src, size_t n)
{
	struct world *w = CONTAINER_OF(d, struct world, dma);

	if (!in_ram(at, n))
		return false;
	for (size_t i = 0; i < n; i++)
		__atomic_store_n(&w->ram[at.v + i], ((const u8 *)src)[i], __ATOMIC_RELAXED);
	return true;
}

static const struct dma_ops dma_ops = { ram_read, ram_write };

static void say(void *opaque, const char *line)
{
	struct world *w = opaque;

	MUST(strlen(line) < 600);
	__atomic_fetch_add(&w->n_lines, 1, __ATOMIC_RELAXED);
}

static void interrupt(void *opaque, unsigned int q)
{
	struct world *w = opaque;

	MUST(q < w->v->n_queues);
}

static void config_interrupt(void *opaque)
{
	(void)opaque;
}

/* ---- devices ---- */

static struct virtio_dev *new_disk(struct world *w, const struct device_log *log, bool readonly)
{
	char path[64];
	struct block_config c = { .path = path,
				  .id = "d",
				  .threads = 2,
				  .readonly = readonly,
				  .log = *log };

	w->disk_fd = memfd_create("disk", MFD_CLOEXEC);
	MUST(w->disk_fd >= 0 && !ftruncate(w->disk_fd, DISK));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", w->disk_fd);
	return virtio_blk_new("d", block_open(&c, NULL), 2, log, NULL);
}

static void world_new(struct world *w, u8 which)
{
	static const u8 mac[6] = { 2 };
	struct device_log log = { say, w };
	struct net_config net = { .kind = NET_ECHO, .id = "n", .log = log };
	struct virtio_transport t = { interrupt, config_interrupt, NULL, w };

	memset(w, 0, sizeof(*w));
	w->dma.ops = &dma_ops;
	w->disk_fd = -1;
	switch (which % 5) {
	case 0:
	case 1:
		w->v = new_disk(w, &log, which % 5);
		break;
	case 2:
		w->v = virtio_net_new("n", net_open(&net, NULL), mac, &log, NULL);
		break;
	case 3:
		w->v = virtio_rng_new("r", 1, &log, NULL);
		break;
	default:
		w->v = virtio_console_new("c", chr_open("null", &log, NULL), &log, NULL);
	}
	MUST(w->v);
	virtio_attach(w->v, &w->dma, &t);
}

static void world_free(struct world *w)
{
	struct virtio_dev *v = w->v;
	u8 before[RAM];

	virtio_set_status(v, 0);
	MUST(!virtio_get_status(v));
	for (unsigned int q = 0; q < v->n_queues; q++)
		MUST(!virtq_inflight(&v->vq[q]));
	/* and nothing moves any more */
	memcpy(before, w->ram, RAM);
	for (unsigned int q = 0; q < v->n_queues; q++)
		virtio_notify(v, q);
	device_quiesce(&v->dev);
	MUST(!memcmp(before, w->ram, RAM));
	device_destroy(&v->dev);
	if (w->disk_fd >= 0)
		close(w->disk_fd);
}

/* ---- the driver ---- */

/* Descriptors, available and used ring of queue @q, 4 KiB each 16 KiB apart. */
static void good_order(struct world *w, u32 features)
{
	virtio_set_status(w->v, 0);
	virtio_set_status(w->v, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	virtio_set_driver_features(w->v, 0, features & (u32)virtio_get_features(w->v));
	virtio_set_driver_features(w->v, 1, 3);
	virtio_set_status(w->v, VIRTIO_FEATURES_OK);
	for (unsigned int q = 0; q < w->v->n_queues; q++) {
		u64 at = (u64)q * QUEUE_AREA;
		struct virtio_queue_regs r = { .size = QUEUE_SIZE,
					       .desc = at,
					       .driver = at + 0x100,
					       .device = at + 0x200 };

		virtio_set_queue(w->v, q, &r);
		virtio_enable_queue(w->v, q);
	}
	virtio_set_status(w->v, VIRTIO_DRIVER_OK);
}

static void store(struct world *w, u32 at, const void *p, size_t n)
{
	if (!ram_write(&w->dma, ioba_of(at), p, n))
		return;
}

/* A descriptor that is likely to be good, and its head made available. */
static void offer(struct world *w, unsigned int q, u16 slot, u32 v)
{
	u32 area = q * QUEUE_AREA;
	u8 desc[16], idx[2];

	st_le64(desc, 0x4000 + (v & 0x7fff));
	st_le32(desc + 8, v >> 16 & 0xfff);
	st_le16(desc + 12, (u16)(v >> 28 & 7));
	st_le16(desc + 14, (u16)((slot + 1) % QUEUE_SIZE));
	store(w, area + (slot % QUEUE_SIZE) * 16u, desc, 16);
	if (slot & 0x80) {
		u16 n;

		MUST(dma_ld_le16(&w->dma, ioba_of(area + 0x102), &n));
		st_le16(idx, slot >> 8 & 7);
		store(w, area + 0x104 + 2u * (n % QUEUE_SIZE), idx, 2);
		st_le16(idx, (u16)(n + 1));
		store(w, area + 0x102, idx, 2);
	}
}

static void step(struct world *w, const u8 *p)
{
	u8 n = p[1];
	u16 at = ld_le16(p + 2);
	u32 v = ld_le32(p + 4);
	struct virtio_queue_regs r;
	u8 fill[256];

	switch (p[0] % 12) {
	case 0:
	case 1:
		store(w, at, p + 4, n % 5);
		break;
	case 2:
	case 3:
	case 4:
		offer(w, n % 3, at, v);
		break;
	case 5:
	case 6:
		virtio_notify(w->v, n % 3);
		break;
	case 7:
		memset(fill, (int)v, sizeof(fill));
		store(w, at, fill, n);
		break;
	case 8:
		(void)virtio_read_config(w->v, at, 1u << n % 4);
		virtio_write_config(w->v, at % 64, 1u << n % 4, v);
		break;
	case 9:
		virtio_set_status(w->v, (u8)v);
		break;
	case 10:
		virtio_get_queue(w->v, n % 4, &r);
		r.desc = n & 4 ? r.desc : v;
		r.driver = n & 8 ? r.driver : v;
		r.device = n & 16 ? r.device : v;
		r.size = at;
		virtio_set_queue(w->v, n % 4, &r);
		virtio_enable_queue(w->v, n % 4);
		break;
	default:
		if (n & 1)
			good_order(w, v);
		else
			device_quiesce(&w->v->dev);
		if (n & 2)
			device_resume(&w->v->dev);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world *w;

	if (!size)
		return 0;
	w = malloc(sizeof(*w));
	MUST(w);
	world_new(w, data[0]);
	good_order(w, ~0u);
	for (size_t i = 1, n = 0; i + 8 <= size && n < MAX_STEPS; i += 8, n++)
		step(w, data + i);
	world_free(w);
	free(w);
	return 0;
}
