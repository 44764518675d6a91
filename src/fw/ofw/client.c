/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client interface [IEEE 1275 6.3; its PowerPC binding 8.1]: argument
 * blocks, the services of ofw.def, and the firmware's life. A service that
 * fails in its own terms answers with its result (-1, 0); r3 is -1 only for a
 * damaged argument block, an unknown service, or one with too few arguments.
 *
 * Guest memory is read once into struct call and written once at the end.
 * Whatever a client repeats for ever is bounded: instances (ofw.h), properties
 * (tree.h), claims (claim.h), bytes per read and write (below).
 *
 * Missing: chain, interpret, set-callback, set-symbol-lookup.
 */
#include "fw/ofw/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "base/err.h"
#include "fw/ofw/ofw.h"

#define IO_MAX 65536u /* bytes that one read or write moves */
#define IO_PIECE 256u
#define READ_NOTHING ((u32)-2) /* a read that would have to wait */
#define TRACE_LINE 384

/*
 * 32-bit big-endian code that the platform puts into guest memory; the caller's
 * argument, in r3, becomes that of a private hypercall.
 */
const u8 ofw_entry_code[20] = {
	0x7c, 0x64, 0x1b, 0x78, /* mr   r4,r3 */
	0x3c, 0x60, 0x00, 0x00, /* lis  r3,0 */
	0x60, 0x63, 0xf0, 0x05, /* ori  r3,r3,H_VOF_CLIENT */
	0x44, 0x00, 0x00, 0x22, /* sc   1 */
	0x4e, 0x80, 0x00, 0x20, /* blr */
};

const u8 fw_rtas_blob[20] = {
	0x7c, 0x64, 0x1b, 0x78, /* mr   r4,r3 */
	0x3c, 0x60, 0x00, 0x00, /* lis  r3,0 */
	0x60, 0x63, 0xf0, 0x00, /* ori  r3,r3,H_RTAS_CALL */
	0x44, 0x00, 0x00, 0x22, /* sc   1 */
	0x4e, 0x80, 0x00, 0x20, /* blr */
};

/* ---- arguments ---- */

static bool get_str(const struct ofw *o, u32 at, char *buf, size_t size)
{
	return gmem_read_str(o->cfg.mem, gpa_of(at), buf, size);
}

/* Guest memory, except that no bytes are nowhere. */
static bool get(const struct ofw *o, u64 at, void *p, size_t n)
{
	return !n || gmem_read(o->cfg.mem, gpa_of(at), p, n);
}

static bool put(struct ofw *o, u64 at, const void *p, size_t n)
{
	return !n || gmem_write(o->cfg.mem, gpa_of(at), p, n);
}

/* Stores the NUL-terminated @s of @len bytes, as much of it as @room takes. */
static u32 put_str(struct ofw *o, const char *s, u32 len, u32 at, u32 room)
{
	u32 n = len + 1 < room ? len + 1 : room;

	return put(o, at, s, n) ? len : OFW_FAIL;
}

static u32 put_path(struct ofw *o, const struct ofw_node *n, u32 at, u32 room)
{
	char path[OFW_PATH_MAX];
	int len = n ? ofw_node_path(n, path, sizeof(path)) : -1;

	return len < 0 ? OFW_FAIL : put_str(o, path, (u32)len, at, room);
}

static u32 phandle_of(const struct ofw_node *n)
{
	return n ? n->phandle : 0;
}

/* ---- tree ---- */

static int svc_finddevice(struct ofw *o, struct call *c)
{
	char path[OFW_PATH_MAX];
	struct ofw_node *n = NULL;

	if (get_str(o, c->args[0], path, sizeof(path)))
		n = ofw_tree_find(o->tree, path, NULL);
	c->rets[0] = n ? n->phandle : OFW_FAIL;
	return 0;
}

static int svc_peer(struct ofw *o, struct call *c)
{
	const struct ofw_node *n = ofw_tree_by_phandle(o->tree, c->args[0]);

	if (!c->args[0])
		c->rets[0] = ofw_tree_root(o->tree)->phandle;
	else
		c->rets[0] = phandle_of(n ? n->next : NULL);
	return 0;
}

static int svc_child(struct ofw *o, struct call *c)
{
	const struct ofw_node *n = ofw_tree_by_phandle(o->tree, c->args[0]);

	c->rets[0] = phandle_of(n ? n->child : NULL);
	return 0;
}

static int svc_parent(struct ofw *o, struct call *c)
{
	const struct ofw_node *n = ofw_tree_by_phandle(o->tree, c->args[0]);

	c->rets[0] = phandle_of(n ? n->parent : NULL);
	return 0;
}

static int svc_package_to_path(struct ofw *o, struct call *c)
{
	c->rets[0] = put_path(o, ofw_tree_by_phandle(o->tree, c->args[0]), c->args[1], c->args[2]);
	return 0;
}

static int svc_canon(struct ofw *o, struct call *c)
{
	char path[OFW_PATH_MAX];

	c->rets[0] = OFW_FAIL;
	if (get_str(o, c->args[0], path, sizeof(path)))
		c->rets[0] =
			put_path(o, ofw_tree_find(o->tree, path, NULL), c->args[1], c->args[2]);
	return 0;
}

/* ---- properties ---- */

static const struct ofw_prop *get_prop(struct ofw *o, u32 phandle, u32 name_at)
{
	const struct ofw_node *n = ofw_tree_by_phandle(o->tree, phandle);
	char name[OFW_NAME_MAX];

	if (!n || !get_str(o, name_at, name, sizeof(name)))
		return NULL;
	return ofw_node_prop(n, name);
}

static int svc_getproplen(struct ofw *o, struct call *c)
{
	const struct ofw_prop *p = get_prop(o, c->args[0], c->args[1]);

	c->rets[0] = p ? p->len : OFW_FAIL;
	return 0;
}

static int svc_getprop(struct ofw *o, struct call *c)
{
	const struct ofw_prop *p = get_prop(o, c->args[0], c->args[1]);
	u32 n;

	c->rets[0] = OFW_FAIL;
	if (!p)
		return 0;
	n = p->len < c->args[3] ? p->len : c->args[3];
	if (put(o, c->args[2], p->data, n))
		c->rets[0] = p->len;
	return 0;
}

/* The property after the one named; a null pointer and "" ask for the first. */
static int svc_nextprop(struct ofw *o, struct call *c)
{
	const struct ofw_node *n = ofw_tree_by_phandle(o->tree, c->args[0]);
	const struct ofw_prop *p;
	char name[OFW_NAME_MAX] = "";

	c->rets[0] = OFW_FAIL;
	if (!n || (c->args[1] && !get_str(o, c->args[1], name, sizeof(name))))
		return 0;
	p = n->props;
	if (*name) {
		p = ofw_node_prop(n, name);
		if (!p)
			return 0;
		p = p->next;
	}
	if (!p)
		c->rets[0] = 0;
	else if (put(o, c->args[2], p->name, strlen(p->name) + 1))
		c->rets[0] = 1;
	return 0;
}

static int svc_setprop(struct ofw *o, struct call *c)
{
	struct ofw_node *n = ofw_tree_by_phandle(o->tree, c->args[0]);
	char name[OFW_NAME_MAX];
	u32 len = c->args[3];
	u8 *buf;

	c->rets[0] = OFW_FAIL;
	if (!n || len > OFW_SET_VALUE_MAX || !get_str(o, c->args[1], name, sizeof(name)))
		return 0;
	buf = malloc((size_t)len + 1);
	if (buf && get(o, c->args[2], buf, len) && ofw_prop_set(o->tree, n, name, buf, len))
		c->rets[0] = len;
	free(buf);
	return 0;
}

/* ---- instances ---- */

static int svc_open(struct ofw *o, struct call *c)
{
	char path[OFW_PATH_MAX];

	if (get_str(o, c->args[0], path, sizeof(path)))
		c->rets[0] = ofw_open(o, path);
	return 0;
}

static int svc_close(struct ofw *o, struct call *c)
{
	ofw_close(o, c->args[0]);
	return 0;
}

static int svc_ih_to_package(struct ofw *o, struct call *c)
{
	const struct ofw_instance *in = ofw_instance(o, c->args[0]);

	c->rets[0] = in && in->phandle ? in->phandle : OFW_FAIL;
	return 0;
}

static int svc_ih_to_path(struct ofw *o, struct call *c)
{
	const struct ofw_instance *in = ofw_instance(o, c->args[0]);

	c->rets[0] = in ? put_str(o, in->path, (u32)strlen(in->path), c->args[1], c->args[2]) :
			  OFW_FAIL;
	return 0;
}

static int svc_write(struct ofw *o, struct call *c)
{
	const struct ofw_instance *in = ofw_instance(o, c->args[0]);
	u32 want = c->args[2] < IO_MAX ? c->args[2] : IO_MAX;
	u8 piece[IO_PIECE];
	u32 done = 0;

	c->rets[0] = OFW_FAIL;
	if (!in || !in->is_console)
		return 0;
	while (done < want) {
		u32 n = want - done < IO_PIECE ? want - done : IO_PIECE;
		size_t took = n;

		if (!get(o, (u64)c->args[1] + done, piece, n))
			break;
		if (o->cfg.ops->write)
			took = o->cfg.ops->write(o->cfg.opaque, piece, n);
		done += took < n ? (u32)took : n;
		if (took < n)
			break;
	}
	if (done || !want)
		c->rets[0] = done;
	return 0;
}

static int svc_read(struct ofw *o, struct call *c)
{
	const struct ofw_instance *in = ofw_instance(o, c->args[0]);
	u32 want = c->args[2] < IO_PIECE ? c->args[2] : IO_PIECE;
	u8 piece[IO_PIECE];
	size_t got = 0;

	c->rets[0] = OFW_FAIL;
	/* Bytes are gone once read: see first whether there is a place for them. */
	if (!in || !in->is_console || (want && !gmem_ok(o->cfg.mem, gpa_of(c->args[1]), want)))
		return 0;
	if (o->cfg.ops->read && want)
		got = o->cfg.ops->read(o->cfg.opaque, piece, want);
	if (got > want)
		got = want;
	if (put(o, c->args[1], piece, got))
		c->rets[0] = got || !want ? (u32)got : READ_NOTHING;
	return 0;
}

static int svc_seek(struct ofw *o UNUSED, struct call *c)
{
	c->rets[0] = OFW_FAIL;
	return 0;
}

static int svc_call_method(struct ofw *o, struct call *c)
{
	char name[OFW_NAME_MAX];

	c->rets[0] = OFW_FAIL;
	if (get_str(o, c->args[0], name, sizeof(name)))
		c->rets[0] = ofw_method_call(o, name, c->args[1], c);
	return 0;
}

static int svc_test_method(struct ofw *o, struct call *c)
{
	char name[OFW_NAME_MAX];

	c->rets[0] = OFW_FAIL;
	if (get_str(o, c->args[1], name, sizeof(name)) && ofw_method_exists(o, name, c->args[0]))
		c->rets[0] = 0;
	return 0;
}

static int svc_interpret(struct ofw *o UNUSED, struct call *c)
{
	c->rets[0] = OFW_FAIL;
	return 0;
}

/* ---- memory ---- */

static int svc_claim(struct ofw *o, struct call *c)
{
	u64 at = c->args[0], size = c->args[1], align = c->args[2];
	bool ok = align ? claim_any(&o->claims, size, align, &at) : claim_at(&o->claims, at, size);

	c->rets[0] = OFW_FAIL;
	if (!ok)
		return 0;
	/* RAM that the configuration speaks of may have a hole. */
	if (gmem_ok(o->cfg.mem, gpa_of(at), size) && ofw_put_available(o)) {
		c->rets[0] = (u32)at;
		return 0;
	}
	return claim_release(&o->claims, at, size) ? 0 : -1;
}

static int svc_release(struct ofw *o, struct call *c)
{
	if (claim_release(&o->claims, c->args[0], c->args[1]) && !ofw_put_available(o))
		return -1;
	return 0;
}

/* ---- control ---- */

static int svc_boot(struct ofw *o, struct call *c)
{
	char spec[OFW_PATH_MAX];

	if (!get_str(o, c->args[0], spec, sizeof(spec)))
		spec[0] = 0;
	if (!o->cfg.ops->boot)
		return -1;
	o->cfg.ops->boot(o->cfg.opaque, spec);
	return 0;
}

/* There is no command interpreter to enter: the client goes on at once. */
static int svc_enter(struct ofw *o UNUSED, struct call *c UNUSED)
{
	return 0;
}

static int svc_exit(struct ofw *o, struct call *c UNUSED)
{
	if (!o->cfg.ops->exit)
		return -1;
	o->cfg.ops->exit(o->cfg.opaque);
	return 0;
}

static int svc_chain(struct ofw *o UNUSED, struct call *c UNUSED)
{
	return -1;
}

/* Linux still prints afterwards, and nothing stands against that. */
static int svc_quiesce(struct ofw *o, struct call *c UNUSED)
{
	if (!o->is_quiet && o->cfg.ops->quiesce)
		o->cfg.ops->quiesce(o->cfg.opaque);
	o->is_quiet = true;
	return 0;
}

static int svc_milliseconds(struct ofw *o, struct call *c)
{
	if (!o->cfg.ops->milliseconds)
		return -1;
	c->rets[0] = (u32)o->cfg.ops->milliseconds(o->cfg.opaque);
	return 0;
}

static int svc_test(struct ofw *o, struct call *c);

/* ---- dispatch ---- */

enum when { ANY, BEFORE };

struct service {
	const char *name;
	int (*fn)(struct ofw *o, struct call *c);
	const char *args;
	u32 nret;
	enum when when;
};

#define OFW(name, fn, args, nret, when, spec) { name, fn, args, nret, when },
static const struct service services[] = {
#include "fw/ofw/ofw.def"
};
#undef OFW

static const struct service *find_service(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (!strcmp(services[i].name, name))
			return &services[i];
	return NULL;
}

static int svc_test(struct ofw *o, struct call *c)
{
	char name[OFW_NAME_MAX];

	c->rets[0] = OFW_FAIL;
	if (get_str(o, c->args[0], name, sizeof(name)) && find_service(name))
		c->rets[0] = 0;
	return 0;
}

/* A line such as: finddevice("/chosen") = 0x20000004 */
static void trace(struct ofw *o, const struct service *s, const struct call *c, int ret)
{
	char line[TRACE_LINE], text[OFW_NAME_MAX];
	size_t at = (size_t)snprintf(line, sizeof(line), "%s(", s->name);

	if (!o->cfg.trace || !o->cfg.ops->trace)
		return;
	for (u32 i = 0; i < c->nargs && at < sizeof(line) - 100; i++) {
		const char *comma = i ? ", " : "";
		bool is_str = i < strlen(s->args) && s->args[i] == 's' &&
			      get_str(o, c->args[i], text, sizeof(text));

		if (is_str)
			at += (size_t)snprintf(line + at, sizeof(line) - at, "%s\"%s\"", comma,
					       text);
		else
			at += (size_t)snprintf(line + at, sizeof(line) - at, "%s0x%x", comma,
					       c->args[i]);
	}
	at += (size_t)snprintf(line + at, sizeof(line) - at, ")");
	if (ret)
		snprintf(line + at, sizeof(line) - at, ": refused");
	else
		for (u32 i = 0; i < c->nret && at < sizeof(line) - 16; i++)
			at += (size_t)snprintf(line + at, sizeof(line) - at, "%s0x%x",
					       i ? ", " : " = ", c->rets[i]);
	o->cfg.ops->trace(o->cfg.opaque, line);
}

/* The argument block: service, counts, arguments, room for the results. */
static const struct service *fetch(const struct ofw *o, gpa block, struct call *c)
{
	char name[OFW_NAME_MAX];
	be32 head[3], args[OFW_CELLS_MAX];

	if (!get(o, block.v, head, sizeof(head)))
		return NULL;
	*c = (struct call){ .nargs = be32_get(head[1]), .nret = be32_get(head[2]) };
	if (c->nargs > OFW_CELLS_MAX || c->nret > OFW_CELLS_MAX ||
	    !get(o, block.v + sizeof(head), args, 4 * (size_t)c->nargs))
		return NULL;
	for (u32 i = 0; i < c->nargs; i++)
		c->args[i] = be32_get(args[i]);
	if (!get_str(o, be32_get(head[0]), name, sizeof(name)))
		return NULL;
	return find_service(name);
}

static bool answer(struct ofw *o, gpa block, const struct call *c)
{
	be32 rets[OFW_CELLS_MAX];

	for (u32 i = 0; i < c->nret; i++)
		rets[i] = be32_of(c->rets[i]);
	return put(o, block.v + 4 * (3 + (u64)c->nargs), rets, 4 * (size_t)c->nret);
}

int ofw_call(struct ofw *o, gpa args)
{
	const struct service *s;
	struct call c;
	int ret;

	args.v = (u32)args.v; /* the client is a 32-bit program */
	s = fetch(o, args, &c);
	if (!s || c.nargs < strlen(s->args))
		return -1;
	ret = s->when == BEFORE && o->is_quiet ? -1 : s->fn(o, &c);
	trace(o, s, &c, ret);
	if (ret || !answer(o, args, &c))
		return -1;
	return 0;
}

/* ---- life ---- */

struct ofw *ofw_new(const struct ofw_config *cfg, struct hypar_err *e)
{
	struct ofw *o = calloc(1, sizeof(*o));

	if (!o) {
		err_set(e, -ENOMEM, "firmware: no memory");
		return NULL;
	}
	o->cfg = *cfg;
	o->cfg.fdt = NULL;
	o->cfg.reserved = NULL;
	o->next_ih = OFW_IHANDLE_BASE;
	o->tree = ofw_tree_new(cfg->fdt, cfg->fdt_size, e);
	if (!o->tree)
		goto fail;
	if (!ofw_tree_find(o->tree, "/chosen", NULL)) {
		err_set(e, -EINVAL, "firmware: the device tree has no /chosen");
		goto fail;
	}
	claim_init(&o->claims, cfg->ram_size);
	for (size_t i = 0; i < cfg->n_reserved; i++)
		if (!claim_reserve(&o->claims, cfg->reserved[i].base.v, cfg->reserved[i].size)) {
			err_set(e, -ENOSPC, "firmware: too many reserved areas");
			goto fail;
		}
	ofw_open_chosen(o);
	if (!ofw_put_chosen(o) || !ofw_put_available(o)) {
		err_set(e, -ENOMEM, "firmware: no memory");
		goto fail;
	}
	return o;
fail:
	ofw_free(o);
	return NULL;
}

void ofw_free(struct ofw *o)
{
	if (!o)
		return;
	ofw_tree_free(o->tree);
	free(o);
}

int ofw_replace_tree(struct ofw *o, const void *fdt, size_t size, struct hypar_err *e)
{
	int ret = ofw_tree_replace(o->tree, fdt, size, e);

	if (ret)
		return ret;
	ofw_rebind(o);
	if (!ofw_put_chosen(o) || !ofw_put_available(o))
		return err_set(e, -ENOMEM, "firmware: no memory");
	return 0;
}

void ofw_set_trace(struct ofw *o, bool on)
{
	o->cfg.trace = on;
}

int ofw_flatten(const struct ofw *o, void **fdt, size_t *size, struct hypar_err *e)
{
	return ofw_tree_flatten(o->tree, fdt, size, e);
}
