/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The setters of --disk, --net and --device, which may be given several times:
 * values with commas between their parts. Two commas stand for one in a part.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "opt.h"

/* A value, cut into its parts. */
struct parts {
	char *text; /* what the parts point into; kept as long as the options */
	char *at;   /* the rest; NULL: the end */
};

static int parts_open(struct options *o, struct parts *p, const char *value, struct hypar_err *why)
{
	struct opt_text *t = malloc(sizeof(*t) + strlen(value) + 1);

	if (!t)
		return err_set(why, -ENOMEM, "no memory");
	memcpy(t->text, value, strlen(value) + 1);
	t->next = o->texts;
	o->texts = t;
	p->text = p->at = t->text;
	return 0;
}

/* The next part, or NULL. */
static char *next_part(struct parts *p)
{
	char *from = p->at, *to = from, *in = from;

	if (!from)
		return NULL;
	for (;; in++) {
		if (in[0] == ',' && in[1] == ',')
			in++;
		else if (in[0] == ',' || !in[0])
			break;
		*to++ = *in;
	}
	p->at = *in ? in + 1 : NULL;
	*to = 0;
	return from;
}

/* Is @part "key=..."? Then *value is what follows. */
static bool is_key(char *part, const char *key, const char **value)
{
	size_t n = strlen(key);

	if (strncmp(part, key, n) || part[n] != '=')
		return false;
	*value = part + n + 1;
	return true;
}

static int once(const char **to, const char *value, const char *what, struct hypar_err *why)
{
	if (*to)
		return err_set(why, -EINVAL, "%s given twice", what);
	if (!*value)
		return err_set(why, -EINVAL, "%s is empty", what);
	*to = value;
	return 0;
}

static int unknown(const char *part, struct hypar_err *why)
{
	return err_set(why, -EINVAL, *part ? "unknown part \"%.40s\"" : "an empty part%s", part);
}

/* Room for one more of @n at *array, which the options keep. */
static void *grow(void *array, unsigned int n, size_t size, struct hypar_err *why)
{
	void *more;

	if (n == HYPAR_DEVICES_MAX) {
		err_set(why, -EINVAL, "more than %d of them", HYPAR_DEVICES_MAX);
		return NULL;
	}
	more = realloc(array, (n + 1) * size);
	if (!more)
		err_set(why, -ENOMEM, "no memory");
	else
		memset((char *)more + n * size, 0, size);
	return more;
}

/* phb=N, a digit: which PCI host bridge a virtio device is behind. */
static int set_phb(unsigned int *phb, const char *v, struct hypar_err *why)
{
	if (v[0] < '0' || v[0] >= '0' + HYPAR_PHBS_MAX || v[1])
		return err_set(why, -EINVAL, "phb is not 0 to %d", HYPAR_PHBS_MAX - 1);
	*phb = (unsigned int)(v[0] - '0');
	return 0;
}

/* ---- --disk file=PATH[,if=virtio|vscsi][,readonly][,phb=N][,id=ID] ---- */

static int disk_part(struct hypar_disk *d, char *part, const char **interface,
		     struct hypar_err *why)
{
	const char *v;

	if (is_key(part, "file", &v))
		return once(&d->file, v, "file", why);
	if (is_key(part, "id", &v))
		return once(&d->id, v, "id", why);
	if (is_key(part, "phb", &v))
		return set_phb(&d->phb, v, why);
	if (is_key(part, "if", &v)) {
		if (once(interface, v, "if", why))
			return why->code;
		if (!strcmp(v, "vscsi"))
			d->interface = HYPAR_DISK_VSCSI;
		else if (strcmp(v, "virtio"))
			return err_set(why, -EINVAL, "if is not virtio or vscsi");
		return 0;
	}
	if (!strcmp(part, "readonly") || !strcmp(part, "readonly=on")) {
		d->readonly = true;
		return 0;
	}
	return unknown(part, why);
}

int opt_set_disk(struct options *o, const char *value, struct hypar_err *why)
{
	struct hypar_disk *d = grow(o->disks, o->machine.n_disks, sizeof(*d), why);
	const char *interface = NULL;
	struct parts p;
	char *part;

	if (!d)
		return why->code;
	o->machine.disks = o->disks = d;
	d += o->machine.n_disks++;
	if (parts_open(o, &p, value, why))
		return why->code;
	while ((part = next_part(&p)))
		if (disk_part(d, part, &interface, why))
			return why->code;
	if (d->phb && d->interface != HYPAR_DISK_VIRTIO)
		return err_set(why, -EINVAL, "phb is for if=virtio only");
	return d->file ? 0 : err_set(why, -EINVAL, "file= is missing");
}

/* ---- --net user[,hostfwd=...]|tap=NAME[,if=virtio|veth][,mac=...][,phb=N][,id=ID] ---- */

static int add_hostfwd(struct hypar_net *n, const char *value, struct hypar_err *why)
{
	const char **list = (const char **)(uintptr_t)n->hostfwd;

	if (strncmp(value, "tcp:", 4) && strncmp(value, "udp:", 4))
		return err_set(why, -EINVAL,
			       "hostfwd is not tcp:HOSTADDR:HOSTPORT-GUESTADDR:GUESTPORT");
	list = realloc(list, (n->n_hostfwd + 1) * sizeof(*list));
	if (!list)
		return err_set(why, -ENOMEM, "no memory");
	list[n->n_hostfwd++] = value;
	n->hostfwd = list;
	return 0;
}

static int net_part(struct hypar_net *n, char *part, const char **interface, struct hypar_err *why)
{
	const char *v;

	if (is_key(part, "hostfwd", &v))
		return add_hostfwd(n, v, why);
	if (is_key(part, "mac", &v))
		return once(&n->mac, v, "mac", why);
	if (is_key(part, "id", &v))
		return once(&n->id, v, "id", why);
	if (is_key(part, "phb", &v))
		return set_phb(&n->phb, v, why);
	if (is_key(part, "if", &v)) {
		if (once(interface, v, "if", why))
			return why->code;
		if (!strcmp(v, "veth"))
			n->interface = HYPAR_NET_VETH;
		else if (strcmp(v, "virtio"))
			return err_set(why, -EINVAL, "if is not virtio or veth");
		return 0;
	}
	return unknown(part, why);
}

int opt_set_net(struct options *o, const char *value, struct hypar_err *why)
{
	struct hypar_net *n = grow(o->nets, o->machine.n_nets, sizeof(*n), why);
	const char *interface = NULL, *v;
	struct parts p;
	char *part;

	if (!n)
		return why->code;
	o->machine.nets = o->nets = n;
	n += o->machine.n_nets++;
	if (parts_open(o, &p, value, why))
		return why->code;
	part = next_part(&p);
	if (is_key(part, "tap", &v)) {
		if (once(&n->tap, v, "tap", why))
			return why->code;
	} else if (strcmp(part, "user")) {
		return err_set(why, -EINVAL, "does not begin with user or tap=NAME");
	}
	while ((part = next_part(&p)))
		if (net_part(n, part, &interface, why))
			return why->code;
	if (n->phb && n->interface != HYPAR_NET_VIRTIO)
		return err_set(why, -EINVAL, "phb is for if=virtio only");
	if (n->tap && n->n_hostfwd)
		return err_set(why, -EINVAL, "hostfwd is for user only");
	return 0;
}

/*
 * ---- --device virtio-rng|(virtio-console|vty),chardev=SPEC|virtio-fs,socket=PATH,tag=NAME
 *      [,phb=N][,id=ID] ----
 */

static int device_part(struct hypar_device *d, char *part, struct hypar_err *why)
{
	bool is_vty = !strcmp(d->type, "vty"), is_fs = !strcmp(d->type, "virtio-fs");
	bool is_console = is_vty || !strcmp(d->type, "virtio-console");
	const char *v;

	if (is_key(part, "id", &v))
		return once(&d->id, v, "id", why);
	if (is_console && is_key(part, "chardev", &v))
		return once(&d->chardev, v, "chardev", why);
	if (is_fs && is_key(part, "socket", &v))
		return once(&d->socket, v, "socket", why);
	if (is_fs && is_key(part, "tag", &v))
		return once(&d->tag, v, "tag", why);
	if (!is_vty && is_key(part, "phb", &v))
		return set_phb(&d->phb, v, why);
	return unknown(part, why);
}

/* What the device cannot do without. */
static int check_device(const struct hypar_device *d, struct hypar_err *why)
{
	if (!strcmp(d->type, "virtio-rng"))
		return 0;
	if (!strcmp(d->type, "virtio-fs"))
		return d->socket && d->tag ? 0 :
					     err_set(why, -EINVAL, "%s= is missing",
						     d->socket ? "tag" : "socket");
	return d->chardev ? 0 : err_set(why, -EINVAL, "chardev= is missing");
}

int opt_set_device(struct options *o, const char *value, struct hypar_err *why)
{
	static const char *const types[] = { "virtio-rng", "virtio-console", "virtio-fs", "vty" };
	struct hypar_device *d = grow(o->devices, o->machine.n_devices, sizeof(*d), why);
	bool known = false;
	struct parts p;
	char *part;

	if (!d)
		return why->code;
	o->machine.devices = o->devices = d;
	d += o->machine.n_devices++;
	if (parts_open(o, &p, value, why))
		return why->code;
	d->type = next_part(&p);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		known |= !strcmp(d->type, types[i]);
	if (!known)
		return err_set(why, -EINVAL,
			       "does not begin with virtio-rng, virtio-console, virtio-fs or vty");
	while ((part = next_part(&p)))
		if (device_part(d, part, why))
			return why->code;
	return check_device(d, why);
}

/* ---- --nvdimm file=PATH,size=SIZE[,...] ---- */

static int set_size(uint64_t *to, const char *v, const char *what, struct hypar_err *why)
{
	if (opt_bytes(&v, to, why))
		return why->code;
	return *v ? err_set(why, -EINVAL, "\"%.40s\" follows %s", v, what) : 0;
}

static int nvdimm_part(struct hypar_nvdimm *n, char *part, struct hypar_err *why)
{
	uint64_t size;
	const char *v;

	if (is_key(part, "file", &v))
		return once(&n->file, v, "file", why);
	if (is_key(part, "id", &v))
		return once(&n->id, v, "id", why);
	if (is_key(part, "uuid", &v))
		return once(&n->uuid, v, "uuid", why);
	if (is_key(part, "size", &v))
		return set_size(&n->size, v, "size", why);
	if (is_key(part, "label-size", &v)) {
		if (set_size(&size, v, "label-size", why))
			return why->code;
		n->label_size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
		return 0;
	}
	if (is_key(part, "flush", &v)) {
		n->no_flush = !strcmp(v, "none");
		return n->no_flush || !strcmp(v, "hcall") ?
			       0 :
			       err_set(why, -EINVAL, "flush is not hcall or none");
	}
	if (!strcmp(part, "unarmed") || !strcmp(part, "unarmed=on")) {
		n->unarmed = true;
		return 0;
	}
	return unknown(part, why);
}

int opt_set_nvdimm(struct options *o, const char *value, struct hypar_err *why)
{
	struct hypar_nvdimm *n = grow(o->nvdimms, o->machine.n_nvdimms, sizeof(*n), why);
	struct parts p;
	char *part;

	if (!n)
		return why->code;
	o->machine.nvdimms = o->nvdimms = n;
	n += o->machine.n_nvdimms++;
	n->label_size = HYPAR_LABEL_SIZE;
	if (o->machine.n_nvdimms > HYPAR_NVDIMMS_MAX)
		return err_set(why, -EINVAL, "more than %d of them", HYPAR_NVDIMMS_MAX);
	if (parts_open(o, &p, value, why))
		return why->code;
	while ((part = next_part(&p)))
		if (nvdimm_part(n, part, why))
			return why->code;
	if (!n->file)
		return err_set(why, -EINVAL, "file= is missing");
	return n->size ? 0 : err_set(why, -EINVAL, "size= is missing");
}

void opt_free(struct options *o)
{
	struct opt_text *t;

	while ((t = o->texts)) {
		o->texts = t->next;
		free(t);
	}
	for (unsigned int i = 0; i < o->machine.n_nets; i++)
		free((void *)(uintptr_t)o->nets[i].hostfwd);
	free(o->numa);
	free(o->disks);
	free(o->nets);
	free(o->devices);
	free(o->nvdimms);
}

/* ---- --tpm-comm unix:PATH|DEVICE[,timeout=SECONDS] ---- */

static int set_seconds(unsigned int *to, const char *v, struct hypar_err *why)
{
	char *end;
	unsigned long n = v[0] >= '1' && v[0] <= '9' ? strtoul(v, &end, 10) : 0;

	if (!n || *end || n > 86400)
		return err_set(why, -EINVAL, "timeout is not 1 to 86400");
	*to = (unsigned int)n;
	return 0;
}

int opt_set_tpm_comm(struct options *o, const char *value, struct hypar_err *why)
{
	struct parts p;
	const char *v;
	char *part;

	if (parts_open(o, &p, value, why))
		return why->code;
	o->machine.tpm_comm = next_part(&p);
	if (!*o->machine.tpm_comm)
		return err_set(why, -EINVAL, "it names no TPM");
	while ((part = next_part(&p))) {
		if (!is_key(part, "timeout", &v))
			return unknown(part, why);
		if (set_seconds(&o->machine.tpm_timeout, v, why))
			return why->code;
	}
	return 0;
}
