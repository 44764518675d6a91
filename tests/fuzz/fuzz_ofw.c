/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that calls Open Firmware: the input is a list of calls, with
 * arguments from strings that mean something, edges of RAM, earlier results
 * and plain numbers. Afterwards the tree must still be whole and small.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "fw/fdt/build.h"
#include "fw/ofw/client.h"
#include "fw/ofw/tree.h"

#define RAM (8u << 20)
#define BLOCK 0x1000u
#define STRINGS 0x2000u
#define STRING_SIZE 64u
#define BUF 0x8000u
#define CALLS_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OFW(name, fn, args, nret, when, spec) name,
#define METHOD(name, fn, path, nargs, spec) name,
static const char *const strings[] = {
#include "fw/ofw/ofw.def"
#include "fw/ofw/method.def"
	"/",
	"/chosen",
	"/chosen:args",
	"/memory@0",
	"/rtas",
	"/vdevice/vty@71000000",
	"hvterm",
	"loop",
	"/gone",
	"/cpus/PowerPC,POWER9@0",
	"reg",
	"name",
	"phandle",
	"available",
	"bootargs",
	"stdout",
	"",
	"a-name-that-fills-its-place-up-to-the-last-byte-and-has-no-end-",
};
#undef OFW
#undef METHOD

struct input {
	const uint8_t *p;
	size_t n;
};

struct client {
	struct gmem *m;
	struct ofw *o;
	struct input in;
	u32 last[4]; /* results */
	unsigned int n;
};

static void require(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static u32 take(struct input *in, unsigned int bytes)
{
	u32 v = 0;

	while (bytes-- && in->n) {
		v = v << 8 | *in->p++;
		in->n--;
	}
	return v;
}

static void *make_tree(bool second, size_t *size)
{
	struct fdt_build b;
	void *fdt;

	fdt_build_init(&b);
	fdt_begin(&b, "");
	fdt_begin(&b, "aliases");
	fdt_str(&b, "hvterm", "/vdevice/vty");
	fdt_str(&b, "loop", "loop/x");
	fdt_end(&b);
	fdt_begin(&b, "chosen");
	fdt_str(&b, "stdout-path", "/vdevice/vty@71000000");
	fdt_str(&b, "bootargs", "quiet");
	fdt_end(&b);
	if (second) {
		fdt_begin(&b, "gone");
		fdt_end(&b);
	}
	fdt_begin(&b, "memory@0");
	fdt_end(&b);
	fdt_begin(&b, "rtas");
	fdt_end(&b);
	fdt_begin(&b, "vdevice");
	fdt_begin(&b, "vty@71000000");
	fdt_u32(&b, "phandle", second ? 0x20000001 : 3);
	fdt_end(&b);
	fdt_end(&b);
	fdt_end(&b);
	require(!fdt_build_finish(&b, &fdt, size, NULL));
	return fdt;
}

static int cas(void *opaque, gpa vec)
{
	struct client *c = opaque;
	size_t size;
	void *fdt = make_tree(vec.v & 1, &size);

	require(!ofw_replace_tree(c->o, fdt, size, NULL));
	free(fdt);
	return (int)(vec.v & 2);
}

static bool instantiate_rtas(void *opaque, gpa base, u32 *entry)
{
	struct client *c = opaque;

	*entry = (u32)base.v;
	return gmem_write(c->m, base, fw_rtas_blob, sizeof(fw_rtas_blob));
}

static size_t console_write(void *opaque UNUSED, const void *buf, size_t n)
{
	return n && *(const u8 *)buf ? n : n / 2;
}

static size_t console_read(void *opaque UNUSED, void *buf, size_t n)
{
	memset(buf, 'r', n);
	return n;
}

static void nothing(void *opaque UNUSED)
{
}

static void line(void *opaque UNUSED, const char *text)
{
	require(strlen(text) < 1024);
}

static const struct ofw_ops ops = {
	.write = console_write,
	.read = console_read,
	.cas = cas,
	.instantiate_rtas = instantiate_rtas,
	.quiesce = nothing,
	.exit = nothing,
	.trace = line,
};

static u32 string_at(u32 i)
{
	return STRINGS + STRING_SIZE * (i % ARRAY_SIZE(strings));
}

static u32 argument(struct client *c)
{
	static const u32 edges[] = {
		0, 1, RAM - 1, RAM - 4, RAM, 0x400000, 0x7fffffff, 0xfffffffc, 0xffffffff,
	};
	u32 kind = take(&c->in, 1);

	switch (kind >> 5) {
	case 0:
	case 1:
		return string_at(kind);
	case 2:
		return c->last[kind % ARRAY_SIZE(c->last)];
	case 3:
		return edges[kind % ARRAY_SIZE(edges)];
	case 4:
		return BUF + 8 * (kind & 31);
	case 5:
		return kind & 31;
	case 6:
		return take(&c->in, 2);
	default:
		return take(&c->in, 4);
	}
}

static void call(struct client *c)
{
	u32 head = take(&c->in, 2);
	u32 nargs = head >> 8 & 7, nret = head >> 11 & 3, first;

	if (head >> 13 == 7) {
		nargs = take(&c->in, 4);
		nret = take(&c->in, 4);
	}
	require(gmem_st_be32(c->m, gpa_of(BLOCK), string_at(head & 0xff)));
	require(gmem_st_be32(c->m, gpa_of(BLOCK + 4), nargs));
	require(gmem_st_be32(c->m, gpa_of(BLOCK + 8), nret));
	for (u32 i = 0; i < nargs && i < 20; i++)
		require(gmem_st_be32(c->m, gpa_of(BLOCK + 12 + 4 * i), argument(c)));
	if (ofw_call(c->o, gpa_of(BLOCK)) || !nret)
		return;
	require(nargs <= 16 && nret <= 16);
	require(gmem_ld_be32(c->m, gpa_of(BLOCK + 12 + 4 * nargs), &first));
	c->last[c->n++ % ARRAY_SIZE(c->last)] = first;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ofw_range kernel = { { 0x400000 }, 0x10000 };
	struct client c = { .m = gmem_new(), .in = { data, size } };
	struct ofw_config cfg = { .mem = c.m,
				  .ops = &ops,
				  .opaque = &c,
				  .ram_size = RAM,
				  .reserved = &kernel,
				  .n_reserved = 1,
				  .trace = true };
	struct ofw_tree *t;
	void *fdt;

	require(c.m && !gmem_add_ram(c.m, gpa_of(0), RAM, NULL));
	for (u32 i = 0; i < ARRAY_SIZE(strings); i++)
		require(gmem_write(c.m, gpa_of(string_at(i)), strings[i], strlen(strings[i]) + 1));
	fdt = make_tree(false, &cfg.fdt_size);
	cfg.fdt = fdt;
	c.o = ofw_new(&cfg, NULL);
	free(fdt);
	require(c.o);
	for (unsigned int i = 0; i < CALLS_MAX && c.in.n; i++)
		call(&c);
	require(!ofw_flatten(c.o, &fdt, &size, NULL));
	require(size < 2u << 20);
	t = ofw_tree_new(fdt, size, NULL);
	require(t);
	ofw_tree_free(t);
	free(fdt);
	ofw_free(c.o);
	gmem_free(c.m);
	return 0;
}
