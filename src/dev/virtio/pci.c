// SPDX-License-Identifier: Apache-2.0
/*
 * The PCI transport of virtio 1.x [VIRTIO 1.2, 4.1]: capabilities that say
 * where the structures are in BAR 0, and what reads and writes of them do.
 *
 * Threads: several vCPUs access the structures at once. The select registers
 * are one word each, as a driver that uses them from two processors has to
 * order that itself; ISR and line change together under isr_lock.
 */
#include "dev/virtio/pci.h"

#include <errno.h>
#include <stdlib.h>

#include "base/err.h"

#define VIRTIO_VENDOR 0x1af4
#define VIRTIO_DEVICE 0x1040
#define VIRTIO_SUBSYSTEM 0x1100

/* Structures in BAR 0. */
#define BAR_SIZE 0x8000u
#define COMMON 0x0000u
#define COMMON_SIZE 56u
#define ISR 0x1000u
#define CONFIG 0x2000u
#define NOTIFY 0x3000u
#define NOTIFY_STEP 4u
#define PAGE 0x1000u
#define MSIX_TABLE 0x4000u
#define MSIX_PBA 0x7000u

/* struct virtio_pci_cap, from the start of the capability. */
#define CAP_TYPE 3u
#define CAP_BAR 4u
#define CAP_OFFSET 8u
#define CAP_LENGTH 12u
#define CAP_SIZE 16u
#define CAP_EXTRA 16u /* notify: step; PCI access: data */

#define TYPE_COMMON 1
#define TYPE_NOTIFY 2
#define TYPE_ISR 3
#define TYPE_DEVICE 4
#define TYPE_PCI_ACCESS 5

#define ISR_QUEUE 1u
#define ISR_CONFIG 2u
#define NO_VECTOR 0xffffu

/* Fields of the common structure. */
enum common {
	DEVICE_FEATURE_SELECT = 0,
	DEVICE_FEATURE = 4,
	DRIVER_FEATURE_SELECT = 8,
	DRIVER_FEATURE = 12,
	CONFIG_VECTOR = 16,
	NUM_QUEUES = 18,
	DEVICE_STATUS = 20,
	CONFIG_GENERATION = 21,
	QUEUE_SELECT = 22,
	QUEUE_SIZE = 24,
	QUEUE_VECTOR = 26,
	QUEUE_ENABLE = 28,
	QUEUE_NOTIFY_OFF = 30,
	QUEUE_DESC = 32,
	QUEUE_DRIVER = 40,
	QUEUE_DEVICE = 48,
};

struct virtio_pci {
	struct pci_dev pci;
	struct virtio_dev *v;
	u8 access_cap;
	/* atomic */
	u32 device_feature_select, driver_feature_select;
	u16 queue_select, config_vector;
	u16 queue_vector[VIRTIO_QUEUES_MAX];
	pthread_mutex_t isr_lock;
	u8 isr;
};

#define GET(x) __atomic_load_n(&(x), __ATOMIC_ACQUIRE)
#define SET(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELEASE)

static struct virtio_pci *of(struct pci_dev *d)
{
	return CONTAINER_OF(d, struct virtio_pci, pci);
}

/* ---- interrupts ---- */

static void set_isr(struct virtio_pci *p, u8 bit)
{
	pthread_mutex_lock(&p->isr_lock);
	p->isr |= bit;
	pci_intx_set(&p->pci, true);
	pthread_mutex_unlock(&p->isr_lock);
}

static u8 take_isr(struct virtio_pci *p)
{
	u8 was;

	pthread_mutex_lock(&p->isr_lock);
	was = p->isr;
	p->isr = 0;
	pci_intx_set(&p->pci, false);
	pthread_mutex_unlock(&p->isr_lock);
	return was;
}

static void interrupt_by(struct virtio_pci *p, u16 vector, u8 isr)
{
	if (!pci_vectors_on(&p->pci))
		set_isr(p, isr);
	else if (vector != NO_VECTOR)
		(void)pci_vector_send(&p->pci, vector);
}

static void interrupt(void *opaque, unsigned int q)
{
	struct virtio_pci *p = opaque;

	if (q < VIRTIO_QUEUES_MAX)
		interrupt_by(p, GET(p->queue_vector[q]), ISR_QUEUE);
}

static void config_interrupt(void *opaque)
{
	struct virtio_pci *p = opaque;

	interrupt_by(p, GET(p->config_vector), ISR_CONFIG);
}

static void was_reset(void *opaque)
{
	struct virtio_pci *p = opaque;

	SET(p->device_feature_select, 0);
	SET(p->driver_feature_select, 0);
	SET(p->queue_select, 0);
	SET(p->config_vector, NO_VECTOR);
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++)
		SET(p->queue_vector[i], NO_VECTOR);
	(void)take_isr(p);
}

/* ---- the common structure ---- */

static void common_image(struct virtio_pci *p, u8 *c)
{
	struct virtio_dev *v = p->v;
	struct virtio_queue_regs q = { 0 };
	u16 n = GET(p->queue_select);
	u32 device = GET(p->device_feature_select), driver = GET(p->driver_feature_select);
	bool exists = n < v->n_queues && n < VIRTIO_QUEUES_MAX;

	virtio_get_queue(v, n, &q);
	st_le32(c + DEVICE_FEATURE_SELECT, device);
	st_le32(c + DEVICE_FEATURE,
		device < 2 ? (u32)(virtio_get_features(v) >> (32 * device)) : 0);
	st_le32(c + DRIVER_FEATURE_SELECT, driver);
	st_le32(c + DRIVER_FEATURE, driver < 2 ? virtio_get_driver_features(v, driver) : 0);
	st_le16(c + CONFIG_VECTOR, GET(p->config_vector));
	st_le16(c + NUM_QUEUES, v->n_queues);
	c[DEVICE_STATUS] = virtio_get_status(v);
	c[CONFIG_GENERATION] = virtio_get_generation(v);
	st_le16(c + QUEUE_SELECT, n);
	st_le16(c + QUEUE_SIZE, q.size);
	st_le16(c + QUEUE_VECTOR, exists ? GET(p->queue_vector[n]) : NO_VECTOR);
	st_le16(c + QUEUE_ENABLE, q.enabled);
	st_le16(c + QUEUE_NOTIFY_OFF, exists ? n : 0);
	st_le64(c + QUEUE_DESC, q.desc);
	st_le64(c + QUEUE_DRIVER, q.driver);
	st_le64(c + QUEUE_DEVICE, q.device);
}

/* A vector that does not exist reads back as none. */
static u16 vector_of(const struct virtio_pci *p, u32 val)
{
	return val < p->pci.vec.n_msix ? (u16)val : NO_VECTOR;
}

static void write_half(u64 *field, unsigned int at, u32 val)
{
	*field = at & 4 ? (u32)*field | (u64)val << 32 : (*field & ~0xffffffffULL) | val;
}

/* Size and addresses of the selected queue. */
static void write_queue(struct virtio_pci *p, unsigned int at, u32 val)
{
	struct virtio_queue_regs q = { 0 };
	u16 n = GET(p->queue_select);

	virtio_get_queue(p->v, n, &q);
	if (at == QUEUE_SIZE)
		q.size = (u16)val;
	else
		write_half(at < QUEUE_DRIVER ? &q.desc :
			   at < QUEUE_DEVICE ? &q.driver :
					       &q.device,
			   at, val);
	virtio_set_queue(p->v, n, &q);
}

static void write_word(struct virtio_pci *p, unsigned int at, u32 val)
{
	switch (at) {
	case DEVICE_FEATURE_SELECT:
		SET(p->device_feature_select, val);
		break;
	case DRIVER_FEATURE_SELECT:
		SET(p->driver_feature_select, val);
		break;
	case DRIVER_FEATURE:
		if (GET(p->driver_feature_select) < 2)
			virtio_set_driver_features(p->v, GET(p->driver_feature_select), val);
		break;
	default:
		if (at >= QUEUE_DESC)
			write_queue(p, at, val);
	}
}

static void write_half_word(struct virtio_pci *p, unsigned int at, u16 val)
{
	u16 n = GET(p->queue_select);

	switch (at) {
	case CONFIG_VECTOR:
		SET(p->config_vector, vector_of(p, val));
		break;
	case QUEUE_SELECT:
		SET(p->queue_select, val);
		break;
	case QUEUE_SIZE:
		write_queue(p, at, val);
		break;
	case QUEUE_VECTOR:
		if (n < VIRTIO_QUEUES_MAX)
			SET(p->queue_vector[n], vector_of(p, val));
		break;
	case QUEUE_ENABLE:
		if (val == 1)
			virtio_enable_queue(p->v, n);
		break;
	default:
		break;
	}
}

/* Fields are written whole [4.1.3.1]; anything else does nothing. */
static void common_write(struct virtio_pci *p, unsigned int at, unsigned int size, u32 val)
{
	if (at == DEVICE_STATUS && size == 1)
		virtio_set_status(p->v, (u8)val);
	else if (size == 2)
		write_half_word(p, at, (u16)val);
	else if (size == 4)
		write_word(p, at, val);
}

/* ---- BAR 0 ---- */

static u64 bar_read(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size)
{
	struct virtio_pci *p = of(d);
	u8 c[COMMON_SIZE + 4] = { 0 };
	u32 at = (u32)offset % PAGE;

	(void)bar;
	switch ((u32)offset - at) {
	case COMMON:
		if (at >= COMMON_SIZE)
			return 0;
		common_image(p, c);
		return ld_le32(c + (at & ~3u)) >> (8 * (at & 3)) & (~0u >> (32 - 8 * size));
	case ISR:
		return at ? 0 : take_isr(p);
	case CONFIG:
		return virtio_read_config(p->v, at, size);
	default:
		return 0;
	}
}

static void bar_write(struct pci_dev *d, unsigned int bar, u64 offset, unsigned int size, u64 val)
{
	struct virtio_pci *p = of(d);
	u32 at = (u32)offset % PAGE;

	(void)bar;
	switch ((u32)offset - at) {
	case COMMON:
		if (at < COMMON_SIZE)
			common_write(p, at, size, (u32)val);
		break;
	case CONFIG:
		virtio_write_config(p->v, at, size, val);
		break;
	case NOTIFY:
		/* the place says which queue, and the value again */
		if (at / NOTIFY_STEP < p->v->n_queues)
			virtio_notify(p->v, at / NOTIFY_STEP);
		break;
	default:
		break;
	}
}

/* ---- the capability that reaches BARs from configuration space [4.1.4.9] ---- */

/* What it asks for; false: nothing that is allowed. */
static bool access_of(struct pci_dev *d, unsigned int *bar, u32 *offset, u32 *size)
{
	const u8 *c = d->config + of(d)->access_cap;

	*bar = c[CAP_BAR];
	*offset = ld_le32(c + CAP_OFFSET);
	*size = ld_le32(c + CAP_LENGTH);
	return *bar == 0 && (*size == 1 || *size == 2 || *size == 4) && !(*offset & (*size - 1)) &&
	       *offset <= BAR_SIZE - *size;
}

static bool touches_data(struct pci_dev *d, unsigned int at, unsigned int n)
{
	unsigned int data = of(d)->access_cap + CAP_EXTRA;

	return at < data + 4 && data < at + n;
}

static void config_read(struct pci_dev *d, unsigned int at, unsigned int n)
{
	unsigned int bar;
	u32 offset, size;

	if (touches_data(d, at, n) && access_of(d, &bar, &offset, &size))
		st_le32(d->config + of(d)->access_cap + CAP_EXTRA,
			(u32)pci_bar_read(d, bar, offset, size));
}

static void config_written(struct pci_dev *d, unsigned int at, unsigned int n)
{
	unsigned int bar;
	u32 offset, size, val;

	if (!touches_data(d, at, n) || !access_of(d, &bar, &offset, &size))
		return;
	val = ld_le32(d->config + of(d)->access_cap + CAP_EXTRA) & (~0u >> (32 - 8 * size));
	pci_bar_write(d, bar, offset, size, val);
}

/* ---- life ---- */

static struct virtio_pci *of_device(struct device *d)
{
	return of(CONTAINER_OF(d, struct pci_dev, dev));
}

static void life_reset(struct device *d)
{
	struct virtio_pci *p = of_device(d);

	device_reset(&p->v->dev);
	was_reset(p);
}

static void life_quiesce(struct device *d)
{
	device_quiesce(&of_device(d)->v->dev);
}

static void life_resume(struct device *d)
{
	device_resume(&of_device(d)->v->dev);
}

static void life_destroy(struct device *d)
{
	struct virtio_pci *p = of_device(d);

	device_destroy(&p->v->dev);
	pci_dev_fini(&p->pci);
	pthread_mutex_destroy(&p->isr_lock);
	free(p);
}

static const struct pci_dev_ops virtio_pci_ops = {
	.life = { .type = "virtio-pci",
		  .reset = life_reset,
		  .quiesce = life_quiesce,
		  .resume = life_resume,
		  .destroy = life_destroy },
	.bar_read = bar_read,
	.bar_write = bar_write,
	.config_read = config_read,
	.config_written = config_written,
};

static u32 class_of(u16 type)
{
	switch (type) {
	case VIRTIO_ID_NET:
		return 0x020000; /* Ethernet controller */
	case VIRTIO_ID_BLOCK:
	case VIRTIO_ID_FS:
		return 0x018000; /* other mass storage */
	case VIRTIO_ID_CONSOLE:
		return 0x078000; /* other communication device */
	default:
		return 0x00ff00; /* no class code fits */
	}
}

static u8 add_cap(struct pci_dev *d, u8 type, u32 offset, u32 length, u8 size)
{
	u8 at = pci_cap_add(d, PCI_CAP_VENDOR, size);

	d->config[at + 2] = size;
	d->config[at + CAP_TYPE] = type;
	st_le32(d->config + at + CAP_OFFSET, offset);
	st_le32(d->config + at + CAP_LENGTH, length);
	return at;
}

static void add_caps(struct virtio_pci *p)
{
	struct pci_dev *d = &p->pci;
	u8 notify;

	(void)add_cap(d, TYPE_COMMON, COMMON, COMMON_SIZE, CAP_SIZE);
	(void)add_cap(d, TYPE_ISR, ISR, 1, CAP_SIZE);
	if (p->v->config_size)
		(void)add_cap(d, TYPE_DEVICE, CONFIG, p->v->config_size, CAP_SIZE);
	notify = add_cap(d, TYPE_NOTIFY, NOTIFY, p->v->n_queues * NOTIFY_STEP, CAP_SIZE + 4);
	st_le32(d->config + notify + CAP_EXTRA, NOTIFY_STEP);
	p->access_cap = add_cap(d, TYPE_PCI_ACCESS, 0, 0, CAP_SIZE + 4);
	d->wmask[p->access_cap + CAP_BAR] = 0xff;
	memset(d->wmask + p->access_cap + CAP_OFFSET, 0xff, 12);
}

struct pci_dev *virtio_pci_new(struct virtio_dev *v, struct hypar_err *e)
{
	const struct pci_ids ids = { .vendor = VIRTIO_VENDOR,
				     .device = (u16)(VIRTIO_DEVICE + v->type),
				     .subsystem_vendor = VIRTIO_VENDOR,
				     .subsystem = VIRTIO_SUBSYSTEM,
				     .class = class_of(v->type),
				     .revision = 1 };
	const struct pci_bar bar = { .kind = PCI_BAR_MEM64, .size = BAR_SIZE };
	struct virtio_pci *p = calloc(1, sizeof(*p));

	if (!p) {
		err_set(e, -ENOMEM, "%s: no memory", v->dev.id);
		device_destroy(&v->dev);
		return NULL;
	}
	p->v = v;
	pthread_mutex_init(&p->isr_lock, NULL);
	pci_dev_init(&p->pci, &virtio_pci_ops, &ids, v->dev.id, &v->dev.log);
	pci_bar_add(&p->pci, 0, &bar);
	pci_intx_add(&p->pci);
	if (pci_msix_add(&p->pci, v->n_queues + 1u, 0, MSIX_TABLE, MSIX_PBA, e)) {
		device_destroy(&p->pci.dev);
		return NULL;
	}
	add_caps(p);
	was_reset(p);
	virtio_attach(v, &p->pci.dma,
		      &(const struct virtio_transport){ .interrupt = interrupt,
							.config_interrupt = config_interrupt,
							.was_reset = was_reset,
							.opaque = p });
	return &p->pci;
}

struct virtio_dev *virtio_pci_device(struct pci_dev *d)
{
	return d->ops == &virtio_pci_ops ? of(d)->v : NULL;
}
