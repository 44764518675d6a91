/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client interface as a client sees it: argument blocks in guest memory.
 * Each service's good answers, its failures, and what a hostile client tries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/endian.h"
#include "fw/fdt/build.h"
#include "fw/ofw/client.h"
#include "fw/ofw/tree.h"

#define RAM (64u << 20)
#define BLOCK 0x10000u /* argument block */
#define STR 0x11000u   /* strings, 4 KiB for each argument */
#define BUF 0x20000u   /* results */
#define FAIL 0xffffffffu

/* What the fake platform saw and will answer. */
struct world {
	struct gmem *m;
	struct ofw *o;
	void *fdt;
	size_t fdt_size;
	char out[4096];
	size_t n_out;
	const char *in;
	int cas_status;
	u64 cas_vec;
	bool cas_replaces;
	bool rtas_ok;
	unsigned int n_quiesce, n_exit, n_lines;
	char boot[64];
	char line[512];
	u32 ret[16];
};

static size_t w_write(void *opaque, const void *buf, size_t n)
{
	struct world *w = opaque;
	size_t room = sizeof(w->out) - w->n_out;

	n = n < room ? n : room;
	memcpy(w->out + w->n_out, buf, n);
	w->n_out += n;
	return n;
}

static size_t w_read(void *opaque, void *buf, size_t n)
{
	struct world *w = opaque;
	size_t have = w->in ? strlen(w->in) : 0;

	n = n < have ? n : have;
	if (n)
		memcpy(buf, w->in, n);
	w->in = w->in ? w->in + n : NULL;
	return n;
}

static void make_tree(struct world *w, bool second);

static int w_cas(void *opaque, gpa vec)
{
	struct world *w = opaque;

	w->cas_vec = vec.v;
	if (w->cas_replaces) {
		free(w->fdt);
		make_tree(w, true);
		assert_int_equal(ofw_replace_tree(w->o, w->fdt, w->fdt_size, NULL), 0);
	}
	return w->cas_status;
}

static bool w_rtas(void *opaque, gpa base, u32 *entry)
{
	struct world *w = opaque;

	*entry = (u32)base.v + 4;
	return w->rtas_ok && gmem_write(w->m, base, fw_rtas_blob, sizeof(fw_rtas_blob));
}

static void w_quiesce(void *opaque)
{
	((struct world *)opaque)->n_quiesce++;
}

static void w_exit(void *opaque)
{
	((struct world *)opaque)->n_exit++;
}

static void w_boot(void *opaque, const char *spec)
{
	struct world *w = opaque;

	snprintf(w->boot, sizeof(w->boot), "%s", spec);
}

static u64 w_ms(void *opaque UNUSED)
{
	return 0x100000007ULL;
}

static void w_trace(void *opaque, const char *line)
{
	struct world *w = opaque;

	w->n_lines++;
	snprintf(w->line, sizeof(w->line), "%s", line);
}

static const struct ofw_ops ops = {
	.write = w_write,
	.read = w_read,
	.cas = w_cas,
	.instantiate_rtas = w_rtas,
	.quiesce = w_quiesce,
	.exit = w_exit,
	.boot = w_boot,
	.milliseconds = w_ms,
	.trace = w_trace,
};

static void cpu_nodes(struct fdt_build *b, bool second)
{
	fdt_begin(b, "cpus");
	fdt_u32(b, "#address-cells", 1);
	fdt_u32(b, "#size-cells", 0);
	for (u32 i = 0; i < 2; i++) {
		fdt_beginf(b, "PowerPC,POWER9@%x", 8 * i);
		fdt_str(b, "device_type", "cpu");
		fdt_u32(b, "reg", 8 * i);
		if (second)
			fdt_u32(b, "cpu-version", 0x0f000005);
		fdt_end(b);
	}
	fdt_end(b);
}

/* A small pseries tree; the second one is what negotiation makes of it. */
static void make_tree(struct world *w, bool second)
{
	struct fdt_build b;
	struct hypar_err e = { 0 };

	fdt_build_init(&b);
	fdt_begin(&b, "");
	fdt_u32(&b, "#address-cells", 2);
	fdt_u32(&b, "#size-cells", 2);
	fdt_str(&b, "device_type", "chrp");
	fdt_begin(&b, "aliases");
	fdt_str(&b, "hvterm", "/vdevice/vty@71000000");
	fdt_str(&b, "vd", "/vdevice");
	fdt_str(&b, "again", "hvterm");
	fdt_str(&b, "loop", "loop");
	fdt_end(&b);
	fdt_begin(&b, "chosen");
	fdt_str(&b, "bootargs", "console=hvc0");
	fdt_str(&b, "stdout-path", "/vdevice/vty@71000000");
	fdt_str(&b, "ibm,architecture-vec-5-platform-support", "long name");
	fdt_end(&b);
	if (second)
		cpu_nodes(&b, second);
	fdt_begin(&b, "memory@0");
	fdt_str(&b, "device_type", "memory");
	FDT_CELLS(&b, "reg", 0, 0, 0, RAM);
	fdt_end(&b);
	if (!second) {
		fdt_begin(&b, "old");
		fdt_end(&b);
		cpu_nodes(&b, second);
	} else {
		fdt_begin(&b, "new");
		fdt_end(&b);
	}
	fdt_begin(&b, "rtas");
	fdt_end(&b);
	fdt_begin(&b, "vdevice");
	fdt_u32(&b, "#address-cells", 1);
	fdt_u32(&b, "#size-cells", 0);
	fdt_begin(&b, "vty@71000000");
	fdt_u32(&b, "reg", 0x71000000);
	fdt_u32(&b, "phandle", 0x1234);
	fdt_empty(&b, "empty");
	fdt_end(&b);
	fdt_end(&b);
	fdt_end(&b);
	assert_int_equal(fdt_build_finish(&b, &w->fdt, &w->fdt_size, &e), 0);
}

static void start(struct world *w, const struct ofw_ops *with)
{
	static const struct ofw_range reserved[] = {
		{ { 0x400000 }, 0x100000 },
		{ { 0x600000 }, 0x10000 },
	};
	struct hypar_err e = { 0 };
	struct ofw_config cfg;

	*w = (struct world){ .m = gmem_new(), .rtas_ok = true };
	assert_int_equal(gmem_add_ram(w->m, gpa_of(0), RAM, NULL), 0);
	make_tree(w, false);
	cfg = (struct ofw_config){ .mem = w->m,
				   .ops = with,
				   .opaque = w,
				   .fdt = w->fdt,
				   .fdt_size = w->fdt_size,
				   .ram_size = RAM,
				   .reserved = reserved,
				   .n_reserved = ARRAY_SIZE(reserved),
				   .trace = true };
	w->o = ofw_new(&cfg, &e);
	if (!w->o)
		fail_msg("%s", e.text);
}

static int setup(void **state)
{
	struct world *w = malloc(sizeof(*w));

	start(w, &ops);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	ofw_free(w->o);
	gmem_free(w->m);
	free(w->fdt);
	free(w);
	return 0;
}

/* Puts an argument block; each letter of @kinds takes an argument: s or x. */
static void put_block(struct world *w, const char *service, const char *kinds, u32 nret, va_list ap)
{
	u32 n = (u32)strlen(kinds);

	assert_true(gmem_write(w->m, gpa_of(STR), service, strlen(service) + 1));
	assert_true(gmem_st_be32(w->m, gpa_of(BLOCK), STR));
	assert_true(gmem_st_be32(w->m, gpa_of(BLOCK + 4), n));
	assert_true(gmem_st_be32(w->m, gpa_of(BLOCK + 8), nret));
	for (u32 i = 0; i < n; i++) {
		u32 v = STR + 0x1000 * (i + 1);

		if (kinds[i] == 's') {
			const char *s = va_arg(ap, const char *);

			assert_true(gmem_write(w->m, gpa_of(v), s, strlen(s) + 1));
		} else {
			v = va_arg(ap, u32);
		}
		assert_true(gmem_st_be32(w->m, gpa_of(BLOCK + 12 + 4 * i), v));
	}
	for (u32 i = 0; i < nret; i++)
		assert_true(gmem_st_be32(w->m, gpa_of(BLOCK + 12 + 4 * (n + i)), 0xdeadbeef));
}

/* Makes a call that must be accepted; returns the first result. */
static u32 call(struct world *w, const char *service, u32 nret, const char *kinds, ...)
{
	va_list ap;

	va_start(ap, kinds);
	put_block(w, service, kinds, nret, ap);
	va_end(ap);
	if (ofw_call(w->o, gpa_of(BLOCK)))
		fail_msg("%s was refused", service);
	for (u32 i = 0; i < nret; i++)
		assert_true(gmem_ld_be32(w->m, gpa_of(BLOCK + 12 + 4 * ((u32)strlen(kinds) + i)),
					 &w->ret[i]));
	return nret ? w->ret[0] : 0;
}

static int refused(struct world *w, const char *service, u32 nret, const char *kinds, ...)
{
	va_list ap;

	va_start(ap, kinds);
	put_block(w, service, kinds, nret, ap);
	va_end(ap);
	return ofw_call(w->o, gpa_of(BLOCK));
}

static u32 find(struct world *w, const char *path)
{
	return call(w, "finddevice", 1, "s", path);
}

static const char *buf(struct world *w)
{
	static char text[4096];

	assert_true(gmem_read(w->m, gpa_of(BUF), text, sizeof(text)));
	text[sizeof(text) - 1] = 0;
	return text;
}

static u32 prop_u32(struct world *w, const char *path, const char *name)
{
	u32 v = 0;

	assert_int_equal(call(w, "getprop", 1, "xsxx", find(w, path), name, BUF, 4), 4);
	assert_true(gmem_ld_be32(w->m, gpa_of(BUF), &v));
	return v;
}

/* ---- tree ---- */

static void finddevice(void **state)
{
	struct world *w = *state;
	u32 vty = find(w, "/vdevice/vty@71000000");
	static const char *const same[] = {
		"/vdevice/vty",
		"/vdevice/vty@071000000",
		"/vdevice/@71000000",
		"hvterm",
		"again",
		"/vdevice/vty:args",
		"hvterm:9600",
		"vd/vty",
		"//vdevice//vty//",
		"/vdevice:x/vty@71000000:y",
	};
	static const char *const none[] = {
		"",
		"x",
		"/x",
		"/vdevice/vty@71000001",
		"/vdevice/vt",
		"loop",
		"/memory@1",
		"/memory@0/mem",
		"/vdevic",
		"/aliases/hvterm",
		"name",
		":",
	};

	assert_int_equal(vty, 0x1234);
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		if (find(w, same[i]) != vty)
			fail_msg("%s", same[i]);
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		if (find(w, none[i]) != FAIL)
			fail_msg("%s", none[i]);
	assert_int_equal(find(w, "/memory"), find(w, "/memory@0"));
	assert_int_equal(find(w, "/"), call(w, "peer", 1, "x", 0));
}

static u32 count_nodes(struct world *w, u32 ph, u32 parent)
{
	u32 n = 1;

	assert_int_equal(call(w, "parent", 1, "x", ph), parent);
	for (u32 c = call(w, "child", 1, "x", ph); c; c = call(w, "peer", 1, "x", c))
		n += count_nodes(w, c, ph);
	return n;
}

static void walk(void **state)
{
	struct world *w = *state;

	assert_int_equal(count_nodes(w, call(w, "peer", 1, "x", 0), 0), 11);
	assert_int_equal(call(w, "child", 1, "x", 0x99), 0);
	assert_int_equal(call(w, "peer", 1, "x", 0x99), 0);
	assert_int_equal(call(w, "parent", 1, "x", FAIL), 0);
}

static void paths(void **state)
{
	struct world *w = *state;
	u32 vty = find(w, "hvterm");

	assert_int_equal(call(w, "package-to-path", 1, "xxx", vty, BUF, 100), 21);
	assert_string_equal(buf(w), "/vdevice/vty@71000000");
	assert_true(gmem_set(w->m, gpa_of(BUF), 'z', 64));
	assert_int_equal(call(w, "package-to-path", 1, "xxx", vty, BUF, 8), 21);
	assert_memory_equal(buf(w), "/vdevicezz", 10);
	assert_int_equal(call(w, "package-to-path", 1, "xxx", find(w, "/"), BUF, 100), 1);
	assert_string_equal(buf(w), "/");
	assert_int_equal(call(w, "package-to-path", 1, "xxx", 77, BUF, 100), FAIL);
	assert_int_equal(call(w, "package-to-path", 1, "xxx", vty, RAM, 100), FAIL);
	assert_int_equal(call(w, "package-to-path", 1, "xxx", vty, RAM - 1, FAIL), FAIL);
	assert_int_equal(call(w, "canon", 1, "sxx", "hvterm", BUF, 100), 21);
	assert_int_equal(call(w, "canon", 1, "sxx", "nothing", BUF, 100), FAIL);
}

/* ---- properties ---- */

static void getprop(void **state)
{
	struct world *w = *state;
	u32 chosen = find(w, "/chosen"), vty = find(w, "hvterm");

	assert_int_equal(call(w, "getproplen", 1, "xs", chosen, "bootargs"), 13);
	assert_int_equal(call(w, "getproplen", 1, "xs", chosen, "none"), FAIL);
	assert_int_equal(call(w, "getproplen", 1, "xs", vty, "empty"), 0);
	assert_int_equal(call(w, "getproplen", 1, "xs", 5, "reg"), FAIL);
	assert_int_equal(call(w, "getprop", 1, "xsxx", chosen, "bootargs", BUF, 100), 13);
	assert_string_equal(buf(w), "console=hvc0");
	assert_true(gmem_set(w->m, gpa_of(BUF), 'z', 64));
	assert_int_equal(call(w, "getprop", 1, "xsxx", chosen, "bootargs", BUF, 3), 13);
	assert_memory_equal(buf(w), "conz", 4);
	assert_int_equal(call(w, "getprop", 1, "xsxx", chosen, "bootargs", RAM, 0), 13);
	assert_int_equal(call(w, "getprop", 1, "xsxx", chosen, "bootargs", RAM - 4, 100), FAIL);
	assert_int_equal(call(w, "getprop", 1, "xsxx", vty, "empty", BUF, 100), 0);
	assert_int_equal(call(w, "getprop", 1, "xsxx", vty, "name", BUF, 100), 4);
	assert_string_equal(buf(w), "vty");
	assert_int_equal(prop_u32(w, "/vdevice/vty", "phandle"), 0x1234);
}

/* Both the way Linux walks, and every node has a phandle and a name. */
static void nextprop(void **state)
{
	static const char *const want[] = {
		"name",	   "bootargs", "stdout-path", "ibm,architecture-vec-5-platform-support",
		"phandle", "stdout",   "stdin",	      "memory",
		"cpu",	   "mmu",
	};
	struct world *w = *state;
	u32 chosen = find(w, "/chosen");
	char prev[64] = "";

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(call(w, "nextprop", 1, "xsx", chosen, prev, BUF), 1);
		assert_string_equal(buf(w), want[i]);
		snprintf(prev, sizeof(prev), "%.63s", buf(w));
	}
	assert_int_equal(call(w, "nextprop", 1, "xsx", chosen, prev, BUF), 0);
	assert_int_equal(call(w, "nextprop", 1, "xsx", chosen, "none", BUF), FAIL);
	assert_int_equal(call(w, "nextprop", 1, "xsx", 77, "", BUF), FAIL);
	assert_int_equal(call(w, "nextprop", 1, "xxx", chosen, 0, BUF), 1);
	assert_int_equal(call(w, "nextprop", 1, "xsx", chosen, "", RAM), FAIL);
}

static void setprop(void **state)
{
	struct world *w = *state;
	u32 chosen = find(w, "/chosen");

	assert_true(gmem_write(w->m, gpa_of(BUF), "hello", 6));
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "linux,x", BUF, 6), 6);
	assert_int_equal(call(w, "getproplen", 1, "xs", chosen, "linux,x"), 6);
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "linux,x", BUF, 2), 2);
	assert_int_equal(call(w, "getproplen", 1, "xs", chosen, "linux,x"), 2);
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "empty", 0, 0), 0);
	assert_int_equal(call(w, "getproplen", 1, "xs", chosen, "empty"), 0);
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "phandle", BUF, 4), FAIL);
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "name", BUF, 4), FAIL);
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "", BUF, 4), FAIL);
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "a b", BUF, 4), FAIL);
	assert_int_equal(call(w, "setprop", 1, "xsxx", 77, "p", BUF, 4), FAIL);
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "p", RAM, 4), FAIL);
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "p", BUF, FAIL), FAIL);
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "p", BUF, OFW_SET_VALUE_MAX + 1),
			 FAIL);
}

static void setprop_limits(void **state)
{
	struct world *w = *state;
	u32 chosen = find(w, "/chosen"), n;
	char name[16];

	for (n = 0; n < 100000; n++) {
		snprintf(name, sizeof(name), "p%u", n);
		if (call(w, "setprop", 1, "xsxx", chosen, name, BUF, 1) == FAIL)
			break;
	}
	assert_int_equal(n, OFW_SET_PROPS_MAX);
	/* One that is there can still change, until the bytes are used up. */
	for (n = 0; n < 100; n++) {
		snprintf(name, sizeof(name), "p%u", n);
		if (call(w, "setprop", 1, "xsxx", chosen, name, BUF, OFW_SET_VALUE_MAX) == FAIL)
			break;
	}
	assert_int_equal(n, OFW_SET_BYTES_MAX / OFW_SET_VALUE_MAX - 1);
	assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "p0", BUF, 4), 4);
	for (n = 0; n < 100; n++)
		assert_int_equal(call(w, "setprop", 1, "xsxx", chosen, "p0", BUF, 1000), 1000);
}

/* ---- instances ---- */

static void console(void **state)
{
	struct world *w = *state;
	u32 out = prop_u32(w, "/chosen", "stdout"), in = prop_u32(w, "/chosen", "stdin");
	u32 memory = prop_u32(w, "/chosen", "memory");

	assert_int_not_equal(out, in);
	assert_int_equal(call(w, "instance-to-package", 1, "x", out), 0x1234);
	assert_int_equal(call(w, "instance-to-package", 1, "x", 77), FAIL);
	assert_int_equal(call(w, "instance-to-path", 1, "xxx", out, BUF, 255), 21);
	assert_string_equal(buf(w), "/vdevice/vty@71000000");
	assert_int_equal(call(w, "instance-to-path", 1, "xxx", 77, BUF, 255), FAIL);
	assert_true(gmem_write(w->m, gpa_of(BUF), "hello\r\n", 7));
	assert_int_equal(call(w, "write", 1, "xxx", out, BUF, 7), 7);
	assert_memory_equal(w->out, "hello\r\n", 7);
	assert_int_equal(call(w, "write", 1, "xxx", out, BUF, 0), 0);
	assert_int_equal(call(w, "write", 1, "xxx", memory, BUF, 7), FAIL);
	assert_int_equal(call(w, "write", 1, "xxx", 77, BUF, 7), FAIL);
	assert_int_equal(call(w, "write", 1, "xxx", out, RAM, 7), FAIL);
	assert_int_equal(call(w, "write", 1, "xxx", out, FAIL, FAIL), FAIL);
	/* The sink takes 4096 bytes in all. */
	assert_int_equal(call(w, "write", 1, "xxx", out, 0, FAIL), 4096 - 7);
	assert_int_equal(call(w, "read", 1, "xxx", in, BUF, 10), (u32)-2);
	w->in = "abcdef";
	assert_int_equal(call(w, "read", 1, "xxx", in, BUF, 4), 4);
	assert_memory_equal(buf(w), "abcd", 4);
	assert_int_equal(call(w, "read", 1, "xxx", in, RAM - 1, 2), FAIL);
	assert_int_equal(call(w, "read", 1, "xxx", in, BUF, FAIL), 2);
	assert_int_equal(call(w, "read", 1, "xxx", memory, BUF, 4), FAIL);
	assert_int_equal(call(w, "seek", 1, "xxx", in, 0, 0), FAIL);
	assert_int_equal(call(w, "instance-to-package", 1, "x", prop_u32(w, "/chosen", "cpu")),
			 find(w, "/cpus/PowerPC,POWER9@0"));
}

static void instances(void **state)
{
	struct world *w = *state;
	u32 ih = call(w, "open", 1, "s", "hvterm:9600,n"), n, last = 0;

	assert_int_equal(call(w, "instance-to-path", 1, "xxx", ih, BUF, 255), 28);
	assert_string_equal(buf(w), "/vdevice/vty@71000000:9600,n");
	assert_int_equal(call(w, "write", 1, "xxx", ih, BUF, 1), 1);
	call(w, "close", 0, "x", ih);
	assert_int_equal(call(w, "write", 1, "xxx", ih, BUF, 1), FAIL);
	call(w, "close", 0, "x", ih);
	assert_int_equal(call(w, "open", 1, "s", "/nothing"), 0);
	for (n = 0; n < 1000; n++) {
		ih = call(w, "open", 1, "s", "/");
		if (!ih)
			break;
		assert_int_not_equal(ih, last);
		last = ih;
	}
	assert_true(n > 8 && n < 100);
	call(w, "close", 0, "x", last);
	assert_int_not_equal(call(w, "open", 1, "s", "/"), 0);
}

/* ---- methods ---- */

static void cas(void **state)
{
	struct world *w = *state;
	u32 root = call(w, "open", 1, "s", "/");
	u32 rtas = call(w, "open", 1, "s", "/rtas");
	static const char name[] = "ibm,client-architecture-support";

	assert_int_equal(call(w, "call-method", 2, "sxx", name, root, 0x5000), 0);
	assert_int_equal(w->ret[1], 0);
	assert_int_equal(w->cas_vec, 0x5000);
	w->cas_status = -1;
	assert_int_equal(call(w, "call-method", 2, "sxx", name, root, 0x5000), 0);
	assert_int_equal(w->ret[1], FAIL);
	assert_int_equal(call(w, "call-method", 2, "sxx", name, rtas, 0), FAIL);
	assert_int_equal(call(w, "call-method", 2, "sxx", name, 77, 0), FAIL);
	assert_int_equal(call(w, "call-method", 2, "sx", name, root), FAIL);
	assert_int_equal(call(w, "call-method", 2, "sxx", "other", root, 0), FAIL);
	assert_int_equal(call(w, "test-method", 1, "xs", find(w, "/"), name), 0);
	assert_int_equal(call(w, "test-method", 1, "xs", find(w, "/rtas"), name), FAIL);
}

/* Handles and what the client set live on; the rest is the new tree's. */
static void cas_replaces(void **state)
{
	struct world *w = *state;
	u32 root = call(w, "open", 1, "s", "/"), old = call(w, "open", 1, "s", "/old");
	u32 chosen = find(w, "/chosen"), cpu = find(w, "/cpus/@8"), gone = find(w, "/old");
	u32 out = prop_u32(w, "/chosen", "stdout");

	assert_int_not_equal(gone, FAIL);
	assert_true(gmem_write(w->m, gpa_of(BUF), "mine", 5));
	call(w, "setprop", 1, "xsxx", chosen, "linux,stdout-path", BUF, 5);
	call(w, "setprop", 1, "xsxx", chosen, "bootargs", BUF, 5);
	call(w, "setprop", 1, "xsxx", gone, "lost", BUF, 5);
	w->cas_replaces = true;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(call(w, "call-method", 2, "sxx", "ibm,client-architecture-support",
				      root, 0x5000),
				 0);
		assert_int_equal(w->ret[1], 0);
		assert_int_equal(find(w, "/chosen"), chosen);
		assert_int_equal(find(w, "/cpus/@8"), cpu);
		assert_int_equal(find(w, "/old"), FAIL);
		assert_int_not_equal(find(w, "/new"), FAIL);
		assert_int_not_equal(find(w, "/new"), gone);
		assert_int_equal(find(w, "/vdevice/vty"), 0x1234);
		assert_int_equal(prop_u32(w, "/cpus/@8", "cpu-version"), 0x0f000005);
		assert_int_equal(prop_u32(w, "/chosen", "stdout"), out);
		assert_int_equal(call(w, "getprop", 1, "xsxx", chosen, "bootargs", BUF, 100), 5);
		assert_string_equal(buf(w), "mine");
		assert_int_equal(call(w, "getproplen", 1, "xs", chosen, "linux,stdout-path"), 5);
		assert_int_equal(call(w, "instance-to-package", 1, "x", root), find(w, "/"));
		assert_int_equal(call(w, "instance-to-package", 1, "x", old), FAIL);
		assert_int_equal(call(w, "getproplen", 1, "xs", gone, "lost"), FAIL);
		assert_int_equal(call(w, "write", 1, "xxx", out, BUF, 4), 4);
	}
}

static void replace_fails(void **state)
{
	struct world *w = *state;
	struct hypar_err e = { 0 };
	u32 chosen = find(w, "/chosen");

	((u8 *)w->fdt)[0] ^= 1;
	assert_int_equal(ofw_replace_tree(w->o, w->fdt, w->fdt_size, &e), -EINVAL);
	assert_int_equal(find(w, "/chosen"), chosen);
	assert_int_not_equal(find(w, "/old"), FAIL);
}

static void rtas(void **state)
{
	struct world *w = *state;
	u32 ih = call(w, "open", 1, "s", "/rtas");
	u8 got[sizeof(fw_rtas_blob)];

	assert_int_equal(call(w, "call-method", 2, "sxx", "instantiate-rtas", ih, 0x700000), 0);
	assert_int_equal(w->ret[1], 0x700004);
	assert_true(gmem_read(w->m, gpa_of(0x700000), got, sizeof(got)));
	assert_memory_equal(got, fw_rtas_blob, sizeof(got));
	assert_int_equal(call(w, "call-method", 2, "sxx", "instantiate-rtas", ih, RAM), FAIL);
	w->rtas_ok = false;
	assert_int_equal(call(w, "call-method", 2, "sxx", "instantiate-rtas", ih, 0x700000), FAIL);
}

/* ---- memory ---- */

static void claim(void **state)
{
	struct world *w = *state;
	u64 v;

	assert_int_equal(call(w, "claim", 1, "xxx", 0x400000, 0x1000, 0), FAIL);
	assert_int_equal(call(w, "claim", 1, "xxx", 0x3ff000, 0x1001, 0), FAIL);
	assert_int_equal(call(w, "claim", 1, "xxx", 0x3ff000, 0x1000, 0), 0x3ff000);
	assert_int_equal(call(w, "claim", 1, "xxx", 0, 0x100001, 0x1000), 0x610000);
	assert_int_equal(call(w, "claim", 1, "xxx", 0, 0x100000, 0x1000), 0x500000);
	assert_int_equal(call(w, "claim", 1, "xxx", RAM - 0x1000, 0x1000, 0), RAM - 0x1000);
	assert_int_equal(call(w, "claim", 1, "xxx", RAM, 0x1000, 0), FAIL);
	assert_int_equal(call(w, "claim", 1, "xxx", 0, FAIL, 1), FAIL);
	assert_int_equal(call(w, "claim", 1, "xxx", FAIL, FAIL, 0), FAIL);
	assert_int_equal(call(w, "claim", 1, "xxx", 0, 1, 3), FAIL);
	/* available: 0..3ff000, 711000..RAM-1000 without the odd byte */
	assert_int_equal(call(w, "getprop", 1, "xsxx", find(w, "/memory"), "available", BUF, 256),
			 32);
	assert_true(gmem_ld_be64(w->m, gpa_of(BUF + 8), &v));
	assert_int_equal(v, 0x3ff000);
	assert_true(gmem_ld_be64(w->m, gpa_of(BUF + 16), &v));
	assert_int_equal(v, 0x710001);
	call(w, "release", 0, "xx", 0x3ff000, 0x1000);
	call(w, "release", 0, "xx", 0x3ff000, 0x1000);
	call(w, "release", 0, "xx", FAIL, FAIL);
	assert_int_equal(call(w, "claim", 1, "xxx", 0x3ff000, 0x1000, 0), 0x3ff000);
}

/* Claims page by page for ever: bounded, and what is free stays consistent. */
static void claim_limits(void **state)
{
	struct world *w = *state;
	u32 n = 0;

	for (u32 at = 0x800000; at < RAM; at += 0x2000)
		n += call(w, "claim", 1, "xxx", at, 0x1000, 0) != FAIL;
	assert_true(n > 100 && n < 1000);
	assert_int_equal(call(w, "getproplen", 1, "xs", find(w, "/memory"), "available"),
			 16 * (n + 3));
}

/* ---- control ---- */

static void control(void **state)
{
	struct world *w = *state;
	u32 out = prop_u32(w, "/chosen", "stdout");

	assert_int_equal(call(w, "test", 1, "s", "finddevice"), 0);
	assert_int_equal(call(w, "test", 1, "s", "start-cpu"), FAIL);
	assert_int_equal(call(w, "milliseconds", 1, ""), 7);
	assert_int_equal(call(w, "interpret", 1, "s", "boot"), FAIL);
	assert_int_equal(refused(w, "chain", 0, "xxxxx", 0, 0, 0, 0, 0), -1);
	call(w, "enter", 0, "");
	call(w, "boot", 0, "s", "disk:2 linux");
	assert_string_equal(w->boot, "disk:2 linux");
	call(w, "exit", 0, "");
	assert_int_equal(w->n_exit, 1);
	call(w, "quiesce", 0, "");
	call(w, "quiesce", 0, "");
	assert_int_equal(w->n_quiesce, 1);
	assert_int_equal(call(w, "write", 1, "xxx", out, BUF, 1), 1);
	assert_int_equal(refused(w, "claim", 1, "xxx", 0x800000, 0x1000, 0), -1);
	assert_int_equal(refused(w, "open", 1, "s", "/"), -1);
	assert_int_equal(refused(w, "setprop", 1, "xsxx", find(w, "/"), "p", BUF, 1), -1);
	assert_int_equal(refused(w, "call-method", 2, "sxx", "x", out, 0), -1);
}

static void no_platform(void **state UNUSED)
{
	static const struct ofw_ops none;
	struct world *w = malloc(sizeof(*w));
	void *p = w;
	u32 root;

	start(w, &none);
	root = call(w, "open", 1, "s", "/");
	assert_int_equal(call(w, "write", 1, "xxx", prop_u32(w, "/chosen", "stdout"), 0, 5), 5);
	assert_int_equal(call(w, "read", 1, "xxx", prop_u32(w, "/chosen", "stdin"), 0, 5), (u32)-2);
	assert_int_equal(
		call(w, "call-method", 2, "sxx", "ibm,client-architecture-support", root, 0), FAIL);
	assert_int_equal(refused(w, "exit", 0, ""), -1);
	assert_int_equal(refused(w, "boot", 0, "s", ""), -1);
	assert_int_equal(refused(w, "milliseconds", 1, ""), -1);
	call(w, "quiesce", 0, "");
	teardown(&p);
}

/* ---- the argument block ---- */

static void bad_blocks(void **state)
{
	struct world *w = *state;
	char name[200];

	assert_int_equal(ofw_call(w->o, gpa_of(RAM)), -1);
	assert_int_equal(ofw_call(w->o, gpa_of(RAM - 11)), -1);
	assert_int_equal(ofw_call(w->o, gpa_of(0xfffffffc)), -1);
	assert_int_equal(ofw_call(w->o, gpa_of(~0ULL)), -1);
	assert_int_equal(refused(w, "no-such-service", 1, "s", ""), -1);
	assert_int_equal(refused(w, "", 1, "s", ""), -1);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = 0;
	assert_int_equal(refused(w, name, 1, "s", ""), -1);
	assert_int_equal(refused(w, "getprop", 1, "xsx", 1, "", BUF), -1);
	assert_int_equal(find(w, name), FAIL);
	assert_int_equal(call(w, "getproplen", 1, "xs", find(w, "/"), name), FAIL);

	/* Counts. */
	find(w, "/");
	assert_true(gmem_st_be32(w->m, gpa_of(BLOCK + 4), 17));
	assert_int_equal(ofw_call(w->o, gpa_of(BLOCK)), -1);
	assert_true(gmem_st_be32(w->m, gpa_of(BLOCK + 4), FAIL));
	assert_int_equal(ofw_call(w->o, gpa_of(BLOCK)), -1);
	find(w, "/");
	assert_true(gmem_st_be32(w->m, gpa_of(BLOCK + 8), FAIL));
	assert_int_equal(ofw_call(w->o, gpa_of(BLOCK)), -1);

	/* Results that do not fit, an unterminated name at the end of RAM. */
	find(w, "/");
	assert_true(gmem_copy(w->m, gpa_of(RAM - 16), gpa_of(BLOCK), 16));
	assert_int_equal(ofw_call(w->o, gpa_of(RAM - 16)), -1);
	assert_true(gmem_set(w->m, gpa_of(RAM - 8), 'x', 8));
	assert_int_equal(call(w, "finddevice", 1, "x", RAM - 8), FAIL);
	assert_int_equal(call(w, "open", 1, "x", FAIL), 0);
	assert_int_equal(call(w, "getproplen", 1, "xx", find(w, "/"), RAM - 8), FAIL);
	assert_int_equal(call(w, "call-method", 1, "xx", RAM - 8, 0), FAIL);
	find(w, "/");
	assert_true(gmem_st_be32(w->m, gpa_of(BLOCK), RAM - 8));
	assert_int_equal(ofw_call(w->o, gpa_of(BLOCK)), -1);

	/* A client that is in 32-bit mode leaves the upper half undefined. */
	find(w, "/");
	assert_int_equal(ofw_call(w->o, gpa_of(BLOCK | 0xabcd00000000ULL)), 0);

	/* Fewer and more results than the service has. */
	find(w, "/");
	call(w, "finddevice", 0, "s", "/");
	call(w, "finddevice", 4, "s", "/");
	assert_int_equal(w->ret[3], 0);
}

static void traces(void **state)
{
	struct world *w = *state;

	w->n_lines = 0;
	find(w, "/vdevice/vty");
	assert_int_equal(w->n_lines, 1);
	assert_string_equal(w->line, "finddevice(\"/vdevice/vty\") = 0x1234");
	assert_int_equal(refused(w, "chain", 0, "xxxxx", 1, 2, 3, 4, 5), -1);
	assert_string_equal(w->line, "chain(0x1, 0x2, 0x3, 0x4, 0x5): refused");
	call(w, "call-method", 16, "sxxxxxxxxxxxxxxx", "0123456789012345678901234567890123456789",
	     1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	assert_true(strlen(w->line) < 384);
}

/* ---- trees ---- */

static void flattened(void **state)
{
	struct world *w = *state;
	u32 chosen = find(w, "/chosen");
	const void *p;
	size_t size;
	void *fdt;
	int len;

	assert_true(gmem_write(w->m, gpa_of(BUF), "mine", 5));
	call(w, "setprop", 1, "xsxx", chosen, "linux,mine", BUF, 5);
	call(w, "setprop", 1, "xsxx", chosen, "reg", BUF, 3);
	assert_int_equal(ofw_flatten(w->o, &fdt, &size, NULL), 0);
	p = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "linux,mine", &len);
	assert_non_null(p);
	assert_string_equal(p, "mine");
	assert_null(fdt_getprop(fdt, 0, "name", &len));
	assert_int_equal(fdt_get_phandle(fdt, fdt_path_offset(fdt, "/chosen")), chosen);
	/* It is a tree that a firmware can be made of again. */
	assert_int_equal(ofw_replace_tree(w->o, fdt, size, NULL), 0);
	assert_int_equal(find(w, "/chosen"), chosen);
	free(fdt);
}

/* One node and what is below it, through the services a kernel uses. */
static void flatten_as_client(struct world *w, struct fdt_build *b, u32 node)
{
	static u8 value[4096];
	char path[512], prev[64] = "";
	u32 len = call(w, "package-to-path", 1, "xxx", node, BUF, sizeof(path));

	assert_true(len < sizeof(path));
	snprintf(path, sizeof(path), "%.511s", buf(w));
	fdt_begin(b, strrchr(path, '/') + 1);
	while (call(w, "nextprop", 1, "xsx", node, prev, BUF) == 1) {
		snprintf(prev, sizeof(prev), "%.63s", buf(w));
		if (!strcmp(prev, "name"))
			continue;
		len = call(w, "getproplen", 1, "xs", node, prev);
		assert_true(len <= sizeof(value));
		assert_int_equal(call(w, "getprop", 1, "xsxx", node, prev, BUF, len), len);
		assert_true(gmem_read(w->m, gpa_of(BUF), value, sizeof(value)));
		fdt_bytes(b, prev, value, len);
	}
	for (u32 c = call(w, "child", 1, "x", node); c; c = call(w, "peer", 1, "x", c))
		flatten_as_client(w, b, c);
	fdt_end(b);
}

/* What a kernel sees by asking is what ofw_flatten() gives. */
static void client_flattens(void **state)
{
	struct world *w = *state;
	struct hypar_err e = { 0 };
	struct fdt_build b;
	void *mine, *theirs;
	size_t n, m;

	fdt_build_init(&b);
	flatten_as_client(w, &b, call(w, "peer", 1, "x", 0));
	if (fdt_build_finish(&b, &mine, &n, &e))
		fail_msg("%s", e.text);
	assert_int_equal(ofw_flatten(w->o, &theirs, &m, NULL), 0);
	assert_int_equal(n, m);
	assert_memory_equal(mine, theirs, n);
	free(mine);
	free(theirs);
}

static void bad_trees(void **state UNUSED)
{
	struct hypar_err e = { 0 };
	struct fdt_build b;
	struct ofw_config cfg = { .ops = &ops, .mem = gmem_new() };
	void *fdt;
	size_t size;

	fdt_build_init(&b);
	fdt_begin(&b, "");
	fdt_end(&b);
	assert_int_equal(fdt_build_finish(&b, &fdt, &size, NULL), 0);
	cfg.fdt = fdt;
	cfg.fdt_size = size;
	assert_null(ofw_new(&cfg, &e));
	assert_non_null(strstr(e.text, "/chosen"));
	cfg.fdt_size = size - 1;
	assert_null(ofw_new(&cfg, NULL));
	cfg.fdt_size = 0;
	assert_null(ofw_new(&cfg, NULL));
	free(fdt);

	fdt_build_init(&b);
	b.is_unchecked = true;
	fdt_begin(&b, "");
	for (u32 i = 0; i < 2; i++) {
		fdt_beginf(&b, "n%u", i);
		fdt_u32(&b, "phandle", 7);
		fdt_end(&b);
	}
	fdt_end(&b);
	assert_int_equal(fdt_build_finish(&b, &fdt, &size, NULL), 0);
	e = (struct hypar_err){ 0 };
	assert_null(ofw_tree_new(fdt, size, &e));
	assert_non_null(strstr(e.text, "0x7"));
	free(fdt);
	gmem_free(cfg.mem);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(finddevice),
		T(walk),
		T(paths),
		T(getprop),
		T(nextprop),
		T(setprop),
		T(setprop_limits),
		T(console),
		T(instances),
		T(cas),
		T(cas_replaces),
		T(replace_fails),
		T(rtas),
		T(claim),
		T(claim_limits),
		T(control),
		T(bad_blocks),
		T(traces),
		T(flattened),
		T(client_flattens),
		cmocka_unit_test(no_platform),
		cmocka_unit_test(bad_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
