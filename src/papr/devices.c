// SPDX-License-Identifier: Apache-2.0
/*
 * From struct hypar_disk and its like to devices: opens back ends, makes devices
 * over them and attaches them. What fails is said with the option's name, the
 * id and the reason.
 */
#include "papr/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/err.h"
#include "dev/backend/block.h"
#include "dev/backend/chr.h"
#include "dev/backend/net.h"
#include "dev/backend/vhost.h"
#include "dev/virtio/pci.h"
#include "dev/virtio/virtio.h"
#include "papr/pci.h"
#include "papr/vio.h"

#define DISK_QUEUES_MAX 4u

enum sort { DISK, NET, OTHER, SORTS };

struct papr_devices {
	pthread_mutex_t lock; /* the list: written with vCPUs parked as well */
	struct papr_device *first;
	unsigned int n_made[SORTS]; /* over the life: the number in a name that is made up */
};

/*
 * A kind of device. What it makes it attaches to its bus as the specification
 * says; @n is its number among its sort.
 */
struct papr_device_kind {
	enum sort sort;
	int interface;	  /* of disks and networks */
	const char *type; /* of others: "virtio-rng" */
	int (*make)(struct papr *p, struct papr_device *d, const struct papr_device_spec *s,
		    unsigned int n, struct hypar_err *e);
};

static void say(void *opaque, const char *line)
{
	papr_notice(opaque, line);
}

static struct device_log log_of(struct papr *p)
{
	return (struct device_log){ say, p };
}

/* ---- names ---- */

static bool is_id_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_' || c == '.';
}

static int check_id(const char *id, struct hypar_err *e)
{
	size_t n = strlen(id);

	if (!n || n >= DEVICE_ID_MAX)
		return err_set(e, -EINVAL, "id=%.40s: an id has 1 to %d characters", id,
			       DEVICE_ID_MAX - 1);
	for (const char *p = id; *p; p++)
		if (!is_id_char(*p))
			return err_set(e, -EINVAL,
				       "id=%s: an id has letters, digits, \"-\", \"_\", \".\"", id);
	return 0;
}

struct papr_device *papr_device_find(const struct papr *p, const char *id)
{
	struct papr_device *d = p->devices->first;

	while (d && strcmp(d->id, id))
		d = d->next;
	return d;
}

/*
 * Takes @id, or a name made of the number @n of its sort if it is NULL; while
 * the machine runs, of the next number that is free.
 */
static int take_id(struct papr *p, struct papr_device *d, const char *id, unsigned int n,
		   bool is_hot, struct hypar_err *e)
{
	static const char *const stem[SORTS] = { [DISK] = "disk", [NET] = "net", [OTHER] = "dev" };
	int ret = id ? check_id(id, e) : 0;

	if (ret)
		return ret;
	do {
		if (id)
			snprintf(d->id, sizeof(d->id), "%s", id);
		else
			snprintf(d->id, sizeof(d->id), "%s%u", stem[d->kind->sort], n++);
	} while (!id && is_hot && papr_device_find(p, d->id));
	if (papr_device_find(p, d->id) || papr_vio_find(p, d->id))
		return err_set(e, -EEXIST, "id=%s: another device has that id", d->id);
	return 0;
}

/* ---- one device each ---- */

/* Makes @v a PCI function of bridge @bridge. Takes @v over in any case. */
static int plug(struct papr *p, struct papr_device *d, struct virtio_dev *v, u32 bridge,
		enum drc_attach how, struct hypar_err *e)
{
	const struct papr_plug where = { bridge, -1, how };
	struct pci_dev *pci = virtio_pci_new(v, e);
	int ret = pci ? papr_pci_attach(p, pci, &where, &d->slot, e) : -ENOMEM;

	if (!ret)
		d->drc = d->slot->drc;
	return ret;
}

static int open_disk(struct papr *p, struct papr_device *d, const struct hypar_disk *c,
		     struct hypar_err *e)
{
	struct block_config b = { .path = c->file ? c->file : "",
				  .id = d->id,
				  .readonly = c->readonly,
				  .log = log_of(p) };
	struct hypar_err why = { 0 };

	d->block = block_open(&b, &why);
	if (!d->block)
		return err_set(e, why.code ? why.code : -EINVAL, "%s", why.text);
	d->file = strdup(b.path);
	if (d->file)
		return 0;
	block_close(d->block);
	d->block = NULL;
	return err_set(e, -ENOMEM, "%s: no memory", d->id);
}

static int make_virtio_disk(struct papr *p, struct papr_device *d, const struct papr_device_spec *s,
			    unsigned int n, struct hypar_err *e)
{
	unsigned int queues = p->cfg.cpus < DISK_QUEUES_MAX ? p->cfg.cpus : DISK_QUEUES_MAX;
	struct device_log log = log_of(p);
	int ret = open_disk(p, d, s->disk, e);
	struct virtio_dev *v;

	(void)n;
	if (ret)
		return ret;
	v = virtio_blk_new(d->id, d->block, queues, &log, e);
	return v ? plug(p, d, v, s->disk->phb, s->how, e) : -ENOMEM;
}

static int make_vscsi_disk(struct papr *p, struct papr_device *d, const struct papr_device_spec *s,
			   unsigned int n, struct hypar_err *e)
{
	struct papr_vio_slot *slot;
	int ret = open_disk(p, d, s->disk, e);

	(void)n;
	if (!ret)
		ret = papr_vio_add_disk(p, d->block, d->id, s->how, &slot, e);
	if (!ret)
		d->drc = slot->drc;
	return ret;
}

/* The network, and the address of the card. NULL with *e set. */
static struct net *open_net(struct papr *p, const struct papr_device *d, const struct hypar_net *c,
			    struct hypar_err *e)
{
	struct net_config n = { .kind = c->tap ? NET_TAP : NET_USER,
				.id = d->id,
				.tap = c->tap,
				.hostfwd = c->hostfwd,
				.n_hostfwd = c->n_hostfwd,
				.log = log_of(p) };

	return net_open(&n, e);
}

static int choose_mac(const struct hypar_net *c, unsigned int n, u8 mac[6], struct hypar_err *e)
{
	net_mac_default(n, mac);
	return c->mac ? net_mac_parse(c->mac, mac, e) : 0;
}

static int make_virtio_net(struct papr *p, struct papr_device *d, const struct papr_device_spec *s,
			   unsigned int n, struct hypar_err *e)
{
	struct device_log log = log_of(p);
	struct virtio_dev *v;
	struct net *net;
	u8 mac[6];
	int ret = choose_mac(s->net, n, mac, e);

	if (ret)
		return ret;
	net = open_net(p, d, s->net, e);
	v = net ? virtio_net_new(d->id, net, mac, &log, e) : NULL;
	return v ? plug(p, d, v, s->net->phb, s->how, e) : -EINVAL;
}

static int make_veth(struct papr *p, struct papr_device *d, const struct papr_device_spec *s,
		     unsigned int n, struct hypar_err *e)
{
	struct papr_vio_slot *slot;
	struct vio_card card;
	int ret = choose_mac(s->net, n, card.mac, e);

	if (ret)
		return ret;
	card.net = open_net(p, d, s->net, e);
	if (!card.net)
		return -EINVAL;
	ret = papr_vio_add_net(p, &card, d->id, s->how, &slot, e);
	if (!ret)
		d->drc = slot->drc;
	return ret;
}

static struct chr *open_chr(struct papr *p, const struct papr_device_spec *s, struct hypar_err *e)
{
	struct device_log log = log_of(p);

	return chr_open(s->device->chardev ? s->device->chardev : "null", &log, e);
}

static int make_console(struct papr *p, struct papr_device *d, const struct papr_device_spec *s,
			unsigned int n, struct hypar_err *e)
{
	struct device_log log = log_of(p);
	struct chr *c = open_chr(p, s, e);
	struct virtio_dev *v = c ? virtio_console_new(d->id, c, &log, e) : NULL;

	(void)n;
	return v ? plug(p, d, v, s->device->phb, s->how, e) : -EINVAL;
}

static int make_rng(struct papr *p, struct papr_device *d, const struct papr_device_spec *s,
		    unsigned int n, struct hypar_err *e)
{
	struct device_log log = log_of(p);
	struct virtio_dev *v = virtio_rng_new(d->id, p->cfg.seed ? p->cfg.seed + n : 0, &log, e);

	return v ? plug(p, d, v, s->device->phb, s->how, e) : -ENOMEM;
}

static int make_fs(struct papr *p, struct papr_device *d, const struct papr_device_spec *s,
		   unsigned int n, struct hypar_err *e)
{
	const struct hypar_device *c = s->device;
	struct device_log log = log_of(p);
	struct vhost *h = vhost_open(c->socket ? c->socket : "", VIRTIO_FS_QUEUES, e);
	struct virtio_dev *v = h ? virtio_fs_new(d->id, h, c->tag ? c->tag : "", &log, e) : NULL;

	(void)n;
	return v ? plug(p, d, v, c->phb, s->how, e) : -EINVAL;
}

static int make_vty(struct papr *p, struct papr_device *d, const struct papr_device_spec *s,
		    unsigned int n, struct hypar_err *e)
{
	struct chr *c = open_chr(p, s, e);
	struct papr_vio_slot *slot;
	int ret;

	(void)n;
	if (!c)
		return -EINVAL;
	ret = papr_vio_add_vty(p, c, d->id, s->how, &slot, e);
	if (!ret)
		d->drc = slot->drc;
	return ret;
}

static const struct papr_device_kind kinds[] = {
	{ DISK, HYPAR_DISK_VIRTIO, NULL, make_virtio_disk },
	{ DISK, HYPAR_DISK_VSCSI, NULL, make_vscsi_disk },
	{ NET, HYPAR_NET_VIRTIO, NULL, make_virtio_net },
	{ NET, HYPAR_NET_VETH, NULL, make_veth },
	{ OTHER, 0, "vty", make_vty },
	{ OTHER, 0, "virtio-rng", make_rng },
	{ OTHER, 0, "virtio-console", make_console },
	{ OTHER, 0, "virtio-fs", make_fs },
};

/* ---- the list ---- */

static const struct papr_device_kind *kind_of(const struct papr_device_spec *s)
{
	enum sort sort = s->disk ? DISK : s->net ? NET : OTHER;
	int interface = s->disk ? (int)s->disk->interface : s->net ? (int)s->net->interface : 0;
	const char *type = s->device && s->device->type ? s->device->type : "";

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].sort == sort && kinds[i].interface == interface &&
		    (sort != OTHER || !strcmp(kinds[i].type, type)))
			return &kinds[i];
	return NULL;
}

static const char *id_of(const struct papr_device_spec *s)
{
	return s->disk ? s->disk->id : s->net ? s->net->id : s->device->id;
}

static void append(struct papr_devices *all, struct papr_device *d)
{
	struct papr_device **at = &all->first;

	pthread_mutex_lock(&all->lock);
	while (*at)
		at = &(*at)->next;
	*at = d;
	pthread_mutex_unlock(&all->lock);
}

static void drop(struct papr_device *d)
{
	if (d)
		free(d->file);
	free(d);
}

struct papr_device *papr_device_add(struct papr *p, const struct papr_device_spec *s,
				    struct hypar_err *e)
{
	struct papr_device *d = calloc(1, sizeof(*d));
	unsigned int n;
	int ret;

	if (!d) {
		err_set(e, -ENOMEM, "no memory for a device");
		return NULL;
	}
	d->kind = kind_of(s);
	if (!d->kind) {
		err_set(e, -EINVAL, "%s: not vty, virtio-rng, virtio-console or virtio-fs",
			s->device && s->device->type ? s->device->type : "");
		goto fail;
	}
	n = p->devices->n_made[d->kind->sort]++;
	if (take_id(p, d, id_of(s), n, s->how != DRC_COLD, e))
		goto fail;
	ret = d->kind->make(p, d, s, n, e);
	if (ret) {
		err_set(e, ret, "%s: the device cannot be made", d->id);
		goto fail;
	}
	append(p->devices, d);
	return d;
fail:
	drop(d);
	return NULL;
}

/* Takes one of those at @drc out of the list, or NULL. */
static struct papr_device *take_out(struct papr_devices *all, const struct drc *drc)
{
	struct papr_device **at = &all->first, *d;

	pthread_mutex_lock(&all->lock);
	while (*at && (*at)->drc != drc)
		at = &(*at)->next;
	d = *at;
	if (d)
		*at = d->next;
	pthread_mutex_unlock(&all->lock);
	return d;
}

void papr_device_gone(struct papr *p, const struct drc *drc)
{
	struct papr_device *d;

	while ((d = take_out(p->devices, drc)) != NULL)
		drop(d);
}

/* ---- those of the configuration ---- */

static int add_cold(struct papr *p, const char *option, const struct papr_device_spec *s,
		    struct hypar_err *e)
{
	struct hypar_err why = { 0 };

	return papr_device_add(p, s, &why) ? 0 : err_set(e, why.code, "%s %s", option, why.text);
}

static int add_all(struct papr *p, struct hypar_err *e)
{
	const struct hypar_config *c = &p->cfg;
	int ret = 0;

	if (c->n_disks > HYPAR_DEVICES_MAX || c->n_nets > HYPAR_DEVICES_MAX ||
	    c->n_devices > HYPAR_DEVICES_MAX)
		return err_set(e, -EINVAL, "%s: more than %d",
			       c->n_disks > HYPAR_DEVICES_MAX ? "--disk" :
			       c->n_nets > HYPAR_DEVICES_MAX  ? "--net" :
								"--device",
			       HYPAR_DEVICES_MAX);
	for (unsigned int i = 0; !ret && i < c->n_disks; i++)
		ret = add_cold(p, "--disk",
			       &(struct papr_device_spec){ .disk = &c->disks[i], .how = DRC_COLD },
			       e);
	for (unsigned int i = 0; !ret && i < c->n_nets; i++)
		ret = add_cold(p, "--net",
			       &(struct papr_device_spec){ .net = &c->nets[i], .how = DRC_COLD },
			       e);
	for (unsigned int i = 0; !ret && i < c->n_devices; i++)
		ret = add_cold(
			p, "--device",
			&(struct papr_device_spec){ .device = &c->devices[i], .how = DRC_COLD }, e);
	return ret;
}

int papr_devices_new(struct papr *p, struct hypar_err *e)
{
	int ret;

	p->devices = calloc(1, sizeof(*p->devices));
	if (!p->devices)
		return err_set(e, -ENOMEM, "no memory for devices");
	pthread_mutex_init(&p->devices->lock, NULL);
	ret = papr_pci_new(p, e);
	if (!ret)
		ret = papr_vio_new(p, e);
	if (!ret)
		ret = papr_pci_attach_bridge(p, 0, DRC_COLD, e);
	return ret ? ret : add_all(p, e);
}

void papr_devices_quiesce(struct papr *p)
{
	papr_pci_quiesce(p);
	papr_vio_quiesce(p);
}

void papr_devices_reset(struct papr *p)
{
	papr_pci_reset(p);
	papr_vio_reset(p);
}

void papr_devices_free(struct papr *p)
{
	if (!p->devices)
		return;
	papr_devices_quiesce(p);
	papr_pci_free(p);
	papr_vio_free(p);
	while (p->devices->first) {
		struct papr_device *d = p->devices->first;

		p->devices->first = d->next;
		drop(d);
	}
	pthread_mutex_destroy(&p->devices->lock);
	free(p->devices);
	p->devices = NULL;
}

static void disk_info(const struct papr_device *d, struct hypar_disk_info *info)
{
	struct block_stats s;

	block_stats(d->block, &s);
	*info = (struct hypar_disk_info){
		.interface = (enum hypar_disk_if)d->kind->interface,
		.readonly = block_readonly(d->block),
		.size = block_sectors(d->block) * BLOCK_SECTOR,
		.allocated = block_allocated(d->block),
		.reads = s.reads,
		.writes = s.writes,
		.flushes = s.flushes,
		.discards = s.discards,
		.errors = s.errors,
		.read_bytes = s.read_bytes,
		.write_bytes = s.write_bytes,
	};
	snprintf(info->id, sizeof(info->id), "%s", d->id);
	snprintf(info->file, sizeof(info->file), "%s", d->file);
}

int papr_disk_info(const struct papr *p, unsigned int i, struct hypar_disk_info *info)
{
	struct papr_device *d;

	/* while the lock is held, no disk is removed */
	pthread_mutex_lock(&p->devices->lock);
	for (d = p->devices->first; d; d = d->next)
		if (d->block && !i--)
			break;
	if (d)
		disk_info(d, info);
	pthread_mutex_unlock(&p->devices->lock);
	return d ? 0 : -ENOENT;
}
