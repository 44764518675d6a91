// SPDX-License-Identifier: Apache-2.0
/*
 * From struct hypar_config to devices: opens back ends, makes devices over
 * them and attaches them. What fails is said with the option's name, the id
 * and the reason.
 *
 * All vSCSI disks are targets of one adapter.
 */
#include "papr/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dev/backend/block.h"
#include "dev/backend/chr.h"
#include "dev/backend/net.h"
#include "dev/backend/vhost.h"
#include "dev/virtio/virtio.h"
#include "papr/pci.h"
#include "papr/vio.h"

#define DISK_QUEUES_MAX 4u

typedef char id_text[DEVICE_ID_MAX];

/* What is asked of a disk later. The device owns the back end. */
struct papr_disk {
	struct block *block;
	id_text id;
};

/* The ids of all devices, while they are made. */
struct ids {
	unsigned int n;
	id_text id[3 * HYPAR_DEVICES_MAX];
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

/* Takes @id, or "@stem@i" if it is NULL, and remembers it. */
static int take_id(struct ids *ids, const char *id, const char *stem, unsigned int i,
		   struct hypar_err *e)
{
	char *to = ids->id[ids->n];

	if (id && check_id(id, e))
		return e->code;
	if (id)
		snprintf(to, DEVICE_ID_MAX, "%s", id);
	else
		snprintf(to, DEVICE_ID_MAX, "%s%u", stem, i);
	for (unsigned int k = 0; k < ids->n; k++)
		if (!strcmp(ids->id[k], to))
			return err_set(e, -EEXIST, "id=%s: another device has that id", to);
	ids->n++;
	return 0;
}

/* The id of the device at hand. */
static const char *last_id(const struct ids *ids)
{
	return ids->id[ids->n - 1];
}

/* ---- one device each ---- */

static struct block *open_disk(struct papr *p, const struct hypar_disk *d, const char *id,
			       struct hypar_err *e)
{
	struct block_config c = { .path = d->file ? d->file : "",
				  .id = id,
				  .readonly = d->readonly,
				  .log = log_of(p) };

	return block_open(&c, e);
}

static int add_virtio_disk(struct papr *p, struct block *b, unsigned int i, const char *id,
			   struct hypar_err *e)
{
	unsigned int n = p->cfg.cpus < DISK_QUEUES_MAX ? p->cfg.cpus : DISK_QUEUES_MAX;
	struct device_log log = log_of(p);
	struct virtio_dev *v = virtio_blk_new(id, b, n, &log, e);

	return v ? papr_pci_plug_virtio(p, v, p->cfg.disks[i].phb, e) : -ENOMEM;
}

static int add_disk(struct papr *p, unsigned int i, struct ids *ids, struct hypar_err *e)
{
	const struct hypar_disk *d = &p->cfg.disks[i];
	struct block *b;

	if (take_id(ids, d->id, "disk", i, e))
		return e->code;
	b = open_disk(p, d, last_id(ids), e);
	if (!b)
		return e->code;
	p->disks[i].block = b;
	snprintf(p->disks[i].id, sizeof(p->disks[i].id), "%s", last_id(ids));
	if (d->interface == HYPAR_DISK_VIRTIO)
		return add_virtio_disk(p, b, i, last_id(ids), e);
	return papr_vio_add_disk(p, b, last_id(ids), e);
}

static struct net *open_net(struct papr *p, const struct hypar_net *n, const char *id,
			    struct hypar_err *e)
{
	struct net_config c = { .kind = n->tap ? NET_TAP : NET_USER,
				.id = id,
				.tap = n->tap,
				.hostfwd = n->hostfwd,
				.n_hostfwd = n->n_hostfwd,
				.log = log_of(p) };

	return net_open(&c, e);
}

static int add_net(struct papr *p, unsigned int i, struct ids *ids, struct hypar_err *e)
{
	const struct hypar_net *n = &p->cfg.nets[i];
	struct device_log log = log_of(p);
	struct virtio_dev *v;
	struct net *net;
	u8 mac[6];

	if (take_id(ids, n->id, "net", i, e))
		return e->code;
	net_mac_default(i, mac);
	if (n->mac && net_mac_parse(n->mac, mac, e))
		return e->code;
	net = open_net(p, n, last_id(ids), e);
	if (!net)
		return e->code;
	if (n->interface == HYPAR_NET_VIRTIO) {
		v = virtio_net_new(last_id(ids), net, mac, &log, e);
		return v ? papr_pci_plug_virtio(p, v, n->phb, e) : -ENOMEM;
	}
	return papr_vio_add_net(p, net, mac, last_id(ids), e);
}

static struct virtio_dev *new_console(struct papr *p, const struct hypar_device *d, const char *id,
				      struct hypar_err *e)
{
	struct device_log log = log_of(p);
	struct chr *c = chr_open(d->chardev ? d->chardev : "null", &log, e);

	return c ? virtio_console_new(id, c, &log, e) : NULL;
}

static int add_vty(struct papr *p, const struct hypar_device *d, const char *id,
		   struct hypar_err *e)
{
	struct device_log log = log_of(p);
	struct chr *c = chr_open(d->chardev ? d->chardev : "null", &log, e);

	return c ? papr_vio_add_vty(p, c, id, e) : e->code;
}

static struct virtio_dev *new_fs(struct papr *p, const struct hypar_device *d, const char *id,
				 struct hypar_err *e)
{
	struct device_log log = log_of(p);
	struct vhost *v = vhost_open(d->socket ? d->socket : "", VIRTIO_FS_QUEUES, e);

	return v ? virtio_fs_new(id, v, d->tag ? d->tag : "", &log, e) : NULL;
}

static int add_device(struct papr *p, unsigned int i, struct ids *ids, struct hypar_err *e)
{
	const struct hypar_device *d = &p->cfg.devices[i];
	struct device_log log = log_of(p);
	struct virtio_dev *v;

	if (take_id(ids, d->id, "dev", i, e))
		return e->code;
	if (d->type && !strcmp(d->type, "vty"))
		return add_vty(p, d, last_id(ids), e);
	if (d->type && !strcmp(d->type, "virtio-rng"))
		v = virtio_rng_new(last_id(ids), p->cfg.seed ? p->cfg.seed + i : 0, &log, e);
	else if (d->type && !strcmp(d->type, "virtio-console"))
		v = new_console(p, d, last_id(ids), e);
	else if (d->type && !strcmp(d->type, "virtio-fs"))
		v = new_fs(p, d, last_id(ids), e);
	else
		return err_set(e, -EINVAL, "%s: not vty, virtio-rng, virtio-console or virtio-fs",
			       d->type ? d->type : "");
	return v ? papr_pci_plug_virtio(p, v, d->phb, e) : e->code;
}

/* ---- all of them ---- */

typedef int add_fn(struct papr *p, unsigned int i, struct ids *ids, struct hypar_err *e);

static int add_all(struct papr *p, const char *option, unsigned int n, add_fn *add, struct ids *ids,
		   struct hypar_err *e)
{
	if (n > HYPAR_DEVICES_MAX)
		return err_set(e, -EINVAL, "%s: more than %d", option, HYPAR_DEVICES_MAX);
	for (unsigned int i = 0; i < n; i++) {
		struct hypar_err why = { 0 };
		int ret = add(p, i, ids, &why);

		if (ret)
			return err_set(e, ret, "%s %s", option, why.text);
	}
	return 0;
}

int papr_devices_new(struct papr *p, struct hypar_err *e)
{
	struct ids *ids = calloc(1, sizeof(*ids));
	int ret;

	p->disks = calloc(p->cfg.n_disks + 1, sizeof(p->disks[0]));
	if (!ids || !p->disks) {
		free(ids);
		return err_set(e, -ENOMEM, "no memory for devices");
	}
	ret = papr_pci_add_bridge(p, 0, e);
	if (!ret)
		ret = add_all(p, "--disk", p->cfg.n_disks, add_disk, ids, e);
	if (!ret)
		ret = add_all(p, "--net", p->cfg.n_nets, add_net, ids, e);
	if (!ret)
		ret = add_all(p, "--device", p->cfg.n_devices, add_device, ids, e);
	free(ids);
	return ret;
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
	papr_devices_quiesce(p);
	papr_pci_free(p);
	papr_vio_free(p);
	free(p->disks);
	p->disks = NULL;
}

int papr_disk_info(const struct papr *p, unsigned int i, struct hypar_disk_info *info)
{
	struct block_stats s;

	if (i >= p->cfg.n_disks)
		return -ENOENT;
	block_stats(p->disks[i].block, &s);
	*info = (struct hypar_disk_info){
		.id = p->disks[i].id,
		.file = p->cfg.disks[i].file,
		.interface = p->cfg.disks[i].interface,
		.readonly = p->cfg.disks[i].readonly,
		.size = block_sectors(p->disks[i].block) * BLOCK_SECTOR,
		.allocated = block_allocated(p->disks[i].block),
		.reads = s.reads,
		.writes = s.writes,
		.flushes = s.flushes,
		.discards = s.discards,
		.errors = s.errors,
		.read_bytes = s.read_bytes,
		.write_bytes = s.write_bytes,
	};
	return 0;
}
