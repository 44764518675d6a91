/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ibm,client-architecture-support by H_CAS and by the client interface: wrong
 * vectors are refused and change nothing, right ones change the interrupt mode
 * and the tree.
 * guest-args: --smp 2 --memory 512M,max=1G
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define XICS 0x00
#define XIVE 0x40
#define EITHER 0x80
#define HASH 0x00
#define RADIX 0x40
#define GTSE 0x40

static u32 block[20], ret[8];
static u8 vec[8192] __attribute__((aligned(4096)));
static char buf[256];

#define P(s) ((u32)(u64)(s))
static s64 of(const char *service, u32 nargs, u32 nret, const u32 *args)
{
	s64 r3;

	block[0] = be32(P(service));
	block[1] = be32(nargs);
	block[2] = be32(nret);
	for (u32 i = 0; i < nargs; i++)
		block[3 + i] = be32(args[i]);
	asm volatile("" ::: "memory");
	r3 = call32(boot_r5, (u64)block);
	asm volatile("" ::: "memory");
	for (u32 i = 0; i < nret && i < 8; i++)
		ret[i] = be32(block[3 + nargs + i]);
	return r3;
}
#define OF(service, nret, ...) \
	of(service, sizeof((u32[]){ __VA_ARGS__ }) / 4, nret, (const u32[]){ __VA_ARGS__ })

/* Is the tree's controller the XIVE? Both nodes at once would be wrong. */
static bool tree_has_xive(void)
{
	u32 node, n_xive = 0, n_xics = 0;

	OF("peer", 1, 0);
	OF("child", 1, ret[0]);
	for (node = ret[0]; node; node = ret[0]) {
		buf[0] = 0;
		OF("getprop", 1, node, P("compatible"), P(buf), sizeof(buf));
		n_xive += !strcmp(buf, "ibm,power-ivpe");
		n_xics += !strcmp(buf, "IBM,ppc-xicp");
		OF("peer", 1, node);
	}
	expect(n_xive + n_xics == 1, "one interrupt controller: %u, %u", n_xive, n_xics);
	return n_xive;
}

static bool mode_is_xive(void)
{
	return hcall(H_INT_GET_SOURCE_INFO, 0, 0) != H_FUNCTION;
}

/* Byte @n of /chosen/ibm,architecture-vec-5; 0x100: there is no such property. */
static u32 answer(u32 n)
{
	OF("finddevice", 1, P("/chosen"));
	memset(buf, 0, sizeof(buf));
	OF("getprop", 1, ret[0], P("ibm,architecture-vec-5"), P(buf), sizeof(buf));
	asm volatile("" ::: "memory");
	return ret[0] == 0xffffffff ? 0x100 : (u8)((volatile char *)buf)[n];
}

struct ask {
	u32 mask, value; /* of the PVR pair */
	u8 n_vectors, ov5_size, irq, mmu, gtse;
	u8 memory, affinity, events, dr; /* bytes 2, 5, 6, 22 */
};

/* Vectors with the pair, then vectors 1 to 4 of one byte, and 5. */
static u64 build(const struct ask *a)
{
	u8 *p = vec;

	memset(vec, 0, sizeof(vec));
	*(u32 *)p = be32(a->mask);
	*(u32 *)(p + 4) = be32(a->value);
	*(u32 *)(p + 8) = 0; /* the end: a value with bits out of the mask */
	*(u32 *)(p + 12) = be32(1);
	p += 16;
	*p++ = (u8)(a->n_vectors - 1);
	for (u32 i = 1; i < 5; i++, p += 2)
		*p = 0;
	p[0] = (u8)(a->ov5_size - 1);
	if (a->ov5_size >= 26) {
		p[23] = a->irq;
		p[24] = a->mmu;
		p[26] = a->gtse;
		p[2] = a->memory;
		p[5] = a->affinity;
		p[6] = a->events;
		p[22] = a->dr;
	}
	asm volatile("" ::: "memory");
	return (u64)vec;
}

static const struct ask good = { 0xffffffff, 0x0f000005, 5, 26, XIVE, RADIX, GTSE, 0, 0, 0, 0 };

static void wrong(void)
{
	static const struct {
		struct ask a;
		const char *why;
	} list[] = {
		{ { 0xffffffff, 0x00010203, 5, 26, XICS, RADIX, GTSE, 0, 0, 0, 0 },
		  "another processor" },
		{ { 0xffffffff, 0x0f000001, 5, 26, XICS, RADIX, GTSE, 0, 0, 0, 0 },
		  "an old level" },
		{ { 0xffffffff, 0x0f000005, 5, 26, 0xc0, RADIX, GTSE, 0, 0, 0, 0 },
		  "reserved interrupt mode" },
		{ { 0xffffffff, 0x0f000005, 5, 26, XIVE, HASH, 0, 0, 0, 0, 0 },
		  "hash translation alone" },
		{ { 0xffffffff, 0x0f000005, 5, 20, XIVE, RADIX, 0, 0, 0, 0, 0 },
		  "a vector 5 too short to ask for radix" },
		{ { 0xffffffff, 0x0f000005, 200, 26, XIVE, RADIX, 0, 0, 0, 0, 0 }, "200 vectors" },
		{ { 0xffffffff, 0x0f000005, 4, 26, XIVE, RADIX, 0, 0, 0, 0, 0 }, "no vector 5" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(list); i++) {
		bool was_xive = mode_is_xive();
		u32 was_answer = answer(23);

		check_eq((u64)hcall(H_CAS, build(&list[i].a), 0, 0), (u64)H_HARDWARE, "%s",
			 list[i].why);
		expect(mode_is_xive() == was_xive && tree_has_xive() == was_xive &&
			       answer(23) == was_answer,
		       "%s: nothing changed", list[i].why);
	}
	/* lists that do not end, and vectors at the end of memory */
	memset(vec, 0xff, sizeof(vec));
	check_eq((u64)hcall(H_CAS, (u64)vec, 0, 0), (u64)H_HARDWARE, "PVR pairs without end");
	check_eq((u64)hcall(H_CAS, 1ULL << 41, 0, 0), (u64)H_HARDWARE, "vectors outside of RAM");
	check_eq((u64)hcall(H_CAS, (u64)-8, 0, 0), (u64)H_HARDWARE,
		 "vectors at the end of the address space");
}

static void right(u8 irq, bool xive, bool gtse)
{
	struct ask a = good;

	a.irq = irq;
	a.gtse = gtse ? GTSE : 0;
	check_eq((u64)hcall(H_CAS, build(&a), 0, 0), 0, "interrupt mode 0x%02x", irq);
	check_eq(mode_is_xive(), xive, "the mode in use");
	check_eq(tree_has_xive(), xive, "the tree's controller");
	check_eq(answer(23), xive ? XIVE : XICS, "answer: interrupt mode");
	check_eq(answer(24), RADIX, "answer: radix");
	check_eq(answer(26), gtse ? GTSE : 0, "answer: GTSE");
}

static bool has_node(const char *path)
{
	OF("finddevice", 1, P(path));
	return ret[0] && ret[0] != 0xffffffff;
}

static bool has_property(const char *path, const char *name)
{
	OF("finddevice", 1, P(path));
	OF("getproplen", 1, ret[0], P(name));
	return ret[0] != 0xffffffff;
}

#define DRMEM "/ibm,dynamic-reconfiguration-memory"
#define DRCONF 0x20
#define FORM1 0x80
#define FORM2 0x20
#define HP_EVT 0x04
#define DRMEM_V2 0x80
#define DRC_INFO 0x40

/* Every combination of what can be asked for, and bits that mean something else. */
static void dynamic_reconfiguration(void)
{
	for (u32 i = 0; i < 64; i++) {
		struct ask a = good;
		bool conf = i & 1, v2 = i & 2, info = i & 4, evt = i & 8, one = i & 16,
		     two = i & 32;

		a.memory = (u8)((conf ? DRCONF : 0) | 0x80);
		a.dr = (u8)((v2 ? DRMEM_V2 : 0) | (info ? DRC_INFO : 0) | 0x01);
		a.events = (u8)((evt ? HP_EVT : 0) | 0x80);
		a.affinity = (u8)((one ? FORM1 : 0) | (two ? FORM2 : 0) | 0x01);
		expect(!hcall(H_CAS, build(&a), 0, 0), "combination %u", i);
		expect(answer(2) == (conf ? DRCONF : 0), "%u: byte 2 is 0x%x", i, answer(2));
		expect(answer(5) == (two ? FORM2 :
				     one ? FORM1 :
					   0),
		       "%u: byte 5 is 0x%x", i, answer(5));
		expect(answer(6) == (evt ? HP_EVT : 0), "%u: byte 6 is 0x%x", i, answer(6));
		expect(answer(22) == (a.dr & (DRMEM_V2 | DRC_INFO)), "%u: byte 22 is 0x%x", i,
		       answer(22));
		expect(has_node(DRMEM) == conf, "%u: " DRMEM, i);
		expect(!conf || has_property(DRMEM, "ibm,dynamic-memory-v2") == v2, "%u: v2", i);
		expect(!conf || has_property(DRMEM, "ibm,dynamic-memory") != v2, "%u: v1", i);
		expect(has_property("/", "ibm,drc-info") == info, "%u: runs", i);
		expect(has_property("/", "ibm,drc-indexes") != info, "%u: arrays", i);
		expect(has_property("/cpus", "ibm,drc-info") == info, "%u: runs of cores", i);
		expect(has_property("/cpus", "ibm,drc-names") != info, "%u: arrays of cores", i);
		expect(has_node("/event-sources/hot-plug-events") == evt, "%u: events", i);
	}
	pass("dynamic reconfiguration and affinity, as asked for");
}

static void by_client_interface(void)
{
	u32 ih;

	OF("open", 1, P("/"));
	ih = ret[0];
	build(&good);
	check_eq((u64)OF("call-method", 2, P("ibm,client-architecture-support"), ih, P(vec)), 0,
		 "by call-method");
	check(ret[0] == 0 && ret[1] == 0, "catch result and status");
	check(mode_is_xive() && tree_has_xive(), "XIVE");
	memset(vec, 0xff, sizeof(vec));
	OF("call-method", 2, P("ibm,client-architecture-support"), ih, P(vec));
	check(ret[0] == 0 && ret[1] != 0, "wrong vectors by call-method: status");
	check(mode_is_xive() && tree_has_xive(), "nothing changed");
	OF("close", 0, ih);
}

int main(void)
{
	check(!mode_is_xive(), "XICS before negotiation");
	check_eq(answer(0), 0x100, "no answer before");
	wrong();
	right(EITHER, true, true);
	right(XICS, false, true);
	right(XIVE, true, false);
	wrong();
	right(XICS, false, true);
	dynamic_reconfiguration();
	by_client_interface();
	return 0;
}
