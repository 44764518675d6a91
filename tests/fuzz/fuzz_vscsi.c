/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that sends the virtual SCSI adapter and the logical LAN whatever comes
 * to its mind: CRQ messages, SRP and management IUs, task management, frames,
 * descriptors, all in memory that it changes meanwhile. Nothing may crash, no
 * access may leave its window, and at the end a correct driver must be able to
 * register, log in and read.
 *
 * A step is a byte that tells what, then arguments: see step().
 */
#define _GNU_SOURCE /* memfd_create */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/compiler.h"
#include "dev/vio/crq.h"
#include "dev/vio/llan.h"
#include "dev/vio/srp.h"
#include "dev/vio/vscsi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RAM 0x20000u
#define MAX_STEPS 300
#define DISK (1u << 18)

#define MUST(cond)                                                                 \
	do {                                                                       \
		if (!(cond)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                   \
		}                                                                  \
	} while (0)

struct world {
	struct dma dma;
	pthread_mutex_t lock;
	u8 ram[RAM]; /* I/O addresses from 0 */
	struct vscsi *v;
	struct llan *l;
	int fd;
};

struct input {
	const u8 *p;
	size_t n;
};

static bool ram_read(struct dma *d, ioba at, void *dst, size_t n)
{
	struct world *w = CONTAINER_OF(d, struct world, dma);

	if (at.v > RAM || n > RAM - at.v)
		return false;
	pthread_mutex_lock(&w->lock);
	memcpy(dst, w->ram + at.v, n);
	pthread_mutex_unlock(&w->lock);
	return true;
}

/* The last page can only be read. */
static bool ram_write(struct dma *d, ioba at, const void *src, size_t n)
{
	struct world *w = CONTAINER_OF(d, struct world, dma);

	if (at.v > RAM - 4096 || n > RAM - 4096 - at.v)
		return false;
	pthread_mutex_lock(&w->lock);
	memcpy(w->ram + at.v, src, n);
	pthread_mutex_unlock(&w->lock);
	return true;
}

static const struct dma_ops ram_ops = { ram_read, ram_write };

static void irq(void *opaque, u32 source, bool level)
{
	(void)opaque;
	(void)source;
	(void)level;
}

static u64 take(struct input *in, unsigned int n)
{
	u64 v = 0;

	for (; n; n--) {
		v = v << 8 | (in->n ? *in->p : 0);
		if (in->n)
			in->p++, in->n--;
	}
	return v;
}

/* An address that is mostly good. */
static u64 address(struct input *in)
{
	u64 v = take(in, 2);

	return v == 0xffff ? ~0ULL - take(in, 1) : v << 1;
}

static void poke(struct world *w, struct input *in)
{
	u64 at = address(in), n = take(in, 1) % 80;
	u8 buf[80];

	for (u64 i = 0; i < n; i++)
		buf[i] = (u8)take(in, 1);
	(void)!ram_write(&w->dma, ioba_of(at), buf, n);
}

/* Frees a few entries of the CRQ, as a driver does. */
static void drain(struct world *w)
{
	pthread_mutex_lock(&w->lock);
	for (u32 i = 0; i < 4096; i += 16)
		w->ram[i] = 0;
	pthread_mutex_unlock(&w->lock);
}

static void send_iu(struct world *w, u8 format, u64 at, u64 n)
{
	(void)vscsi_send_crq(w->v, 0x80ULL << 56 | (u64)format << 48 | (n & 0xffff), at);
}

static void login(struct world *w)
{
	u8 iu[64] = { 0 };

	(void)vscsi_send_crq(w->v, 0xc001ULL << 48, 0);
	MUST(ram_write(&w->dma, ioba_of(0x2000), iu, sizeof(iu)));
	send_iu(w, SRP_FORMAT, 0x2000, sizeof(iu));
}

/* A command that is nearly right: the input says which. */
static void command(struct world *w, struct input *in)
{
	u8 iu[96] = { SRP_CMD };
	u64 at = 0x3000 + take(in, 1) * 128;

	iu[SRP_CMD_BUF_FORMAT] = (u8)take(in, 1);
	iu[SRP_CMD_OUT_COUNT] = iu[SRP_CMD_IN_COUNT] = (u8)take(in, 1) & 3;
	iu[SRP_CMD_LUN] = (u8)(0x80 | (take(in, 1) & 1));
	for (unsigned int i = 0; i < 16; i++)
		iu[SRP_CMD_CDB + i] = (u8)take(in, 1);
	st_be64(iu + 48, address(in));
	st_be32(iu + 60, (u32)take(in, 2));
	st_be32(iu + 64, (u32)take(in, 2));
	if (ram_write(&w->dma, ioba_of(at), iu, sizeof(iu)))
		send_iu(w, SRP_FORMAT, at, sizeof(iu));
}

static void lan(struct world *w, struct input *in)
{
	u64 what = take(in, 1), a = take(in, 4) << 32 | address(in), b = address(in);
	u64 out;

	switch (what & 7) {
	case 0:
		(void)llan_register(w->l,
				    &(struct llan_register){ 0x4000, 0x80000080ULL << 32 | 0x5000,
							     0x6000, 0x525400123456 });
		break;
	case 1:
		(void)llan_register(w->l, &(struct llan_register){ b, a, 0x6000, a });
		break;
	case 2:
		(void)llan_free(w->l);
		break;
	case 3:
		(void)llan_add_buffer(w->l, what & 8 ? a : (0x80000200ULL << 32 | (b & ~7ULL)));
		break;
	case 4:
		(void)llan_free_buffer(w->l, what & 8 ? a : 0x200);
		break;
	case 5:
		(void)llan_send(w->l,
				(const u64[LLAN_BUFFERS]){ a, 0x80000040ULL << 32 | b,
							   0x82000040ULL << 32 | b },
				what >> 4);
		break;
	case 6:
		(void)llan_send(w->l,
				(const u64[LLAN_BUFFERS]){ 0x83000040ULL << 32 | (b & 0xffff) },
				what & 16 ? 16 : a & 0xfff);
		break;
	default:
		(void)llan_multicast(w->l, a, b, &out);
		(void)llan_attributes(w->l, a, b, &out);
		(void)llan_signal(w->l, a & 1);
	}
}

static void step(struct world *w, struct input *in)
{
	u64 what = take(in, 1);

	switch (what & 15) {
	case 0:
		(void)vscsi_reg_crq(w->v, 0, 4096);
		break;
	case 1:
		(void)vscsi_reg_crq(w->v, address(in), take(in, 2));
		break;
	case 2:
		(void)vscsi_free_crq(w->v);
		break;
	case 3:
		login(w);
		break;
	case 4:
	case 5:
	case 6:
		command(w, in);
		break;
	case 7:
		send_iu(w, (u8)take(in, 1) & 7, address(in), take(in, 2));
		break;
	case 8:
		send_iu(w, what & 16 ? MAD_FORMAT : SRP_FORMAT, address(in), take(in, 1));
		break;
	case 9:
		(void)vscsi_send_crq(w->v, take(in, 8), take(in, 8));
		break;
	case 10:
	case 11:
		poke(w, in);
		break;
	case 12:
		drain(w);
		break;
	case 13:
		(void)vscsi_signal(w->v, take(in, 1) & 3);
		(void)vscsi_enable_crq(w->v);
		break;
	default:
		lan(w, in);
	}
}

static void wait_free(struct world *w)
{
	while (vscsi_free_crq(w->v) != VIO_SUCCESS)
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

/* TEST UNIT READY by a driver that does it right: GOOD, or the attention. */
static void must_work(struct world *w)
{
	u8 iu[48] = { SRP_CMD };
	u8 head = 0, back[20];

	wait_free(w);
	MUST(vscsi_reg_crq(w->v, 0, 4096) == VIO_SUCCESS);
	login(w);
	iu[SRP_CMD_LUN] = 0x80;
	MUST(ram_write(&w->dma, ioba_of(0x3000), iu, sizeof(iu)));
	send_iu(w, SRP_FORMAT, 0x3000, sizeof(iu));
	MUST(ram_read(&w->dma, ioba_of(32), &head, 1) && head == 0x80);
	MUST(ram_read(&w->dma, ioba_of(0x3000), back, sizeof(back)));
	MUST(back[0] == SRP_RSP && (back[SRP_RSP_STATUS] == 0 || back[SRP_RSP_STATUS] == 2));
	wait_free(w);
}

static void world_new(struct world *w)
{
	static const u8 mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
	struct vio_config c = { .id = "fuzz", .dma = &w->dma, .line = { irq, w, 0 } };
	struct net_config nc = { .kind = NET_ECHO, .id = "net0" };
	struct block_config bc = { .id = "disk0", .threads = 1 };
	struct block *b;
	struct net *n;
	char path[64];

	memset(w, 0, sizeof(*w));
	w->dma.ops = &ram_ops;
	pthread_mutex_init(&w->lock, NULL);
	snprintf(path, sizeof(path), "/tmp/hypar-fuzz-XXXXXX");
	w->fd = mkstemp(path);
	MUST(w->fd >= 0 && !ftruncate(w->fd, DISK));
	bc.path = path;
	b = block_open(&bc, NULL);
	unlink(path);
	n = net_open(&nc, NULL);
	MUST(b && n);
	w->v = vscsi_new(&c);
	w->l = llan_new(&c, n, mac);
	MUST(w->v && w->l && !vscsi_add_disk(w->v, b, "disk0"));
	device_reset(vscsi_device(w->v));
	device_reset(llan_device(w->l));
}

static void world_free(struct world *w)
{
	device_quiesce(vscsi_device(w->v));
	device_quiesce(llan_device(w->l));
	device_destroy(vscsi_device(w->v));
	device_destroy(llan_device(w->l));
	pthread_mutex_destroy(&w->lock);
	close(w->fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct world *w = malloc(sizeof(*w));

	MUST(w);
	world_new(w);
	for (unsigned int i = 0; i < MAX_STEPS && in.n; i++)
		step(w, &in);
	must_work(w);
	world_free(w);
	free(w);
	return 0;
}
