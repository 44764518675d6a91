/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of Open Firmware: every service of the client interface, in 32-bit
 * big-endian real mode, with right and wrong arguments.
 * guest-args: --smp 2 --append "one two"
 * guest-expect: ^written by the firmware$
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

static u32 block[20];
static u32 ret[8];

/* A call; the r3 that comes back. ret[] gets the results. */
static s64 of(const char *service, u32 nargs, u32 nret, const u32 *args)
{
	s64 r3;

	block[0] = be32((u32)(u64)service);
	block[1] = be32(nargs);
	block[2] = be32(nret);
	for (u32 i = 0; i < nargs; i++)
		block[3 + i] = be32(args[i]);
	for (u32 i = 0; i < nret; i++)
		block[3 + nargs + i] = be32(0x5555);
	asm volatile("" ::: "memory");
	r3 = call32(boot_r5, (u64)block);
	asm volatile("" ::: "memory");
	for (u32 i = 0; i < nret && i < 8; i++)
		ret[i] = be32(block[3 + nargs + i]);
	return r3;
}

#define P(s) ((u32)(u64)(s))
#define OF(service, nret, ...)                                         \
	of(service, sizeof((u32[]){ 0, ##__VA_ARGS__ }) / 4 - 1, nret, \
	   (const u32[]){ 0, ##__VA_ARGS__ } + 1)
#define NONE 0xffffffffu
#define NOWHERE 0xfffff000u

static char buf[4096] __attribute__((aligned(4096)));

static u32 find(const char *path)
{
	OF("finddevice", 1, P(path));
	return ret[0];
}

static u32 cell(u32 node, const char *name)
{
	buf[0] = buf[1] = buf[2] = buf[3] = 0;
	OF("getprop", 1, node, P(name), P(buf), 4);
	asm volatile("" ::: "memory");
	return ret[0] == 4 ? be32(*(volatile u32 *)buf) : NONE;
}

static void tree(void)
{
	u32 root, chosen, cpus, n = 0, cpu;

	check_eq((u64)OF("peer", 1, 0), 0, "peer(0)");
	root = ret[0];
	check(root && root != NONE, "is the root");
	check_eq(find("/"), root, "finddevice(/)");
	chosen = find("/chosen");
	check(chosen && chosen != NONE, "/chosen");
	check_eq(find("/nothing"), NONE, "finddevice of what is not there");
	OF("finddevice", 1, NOWHERE);
	check_eq(ret[0], NONE, "finddevice of no string");
	OF("parent", 1, chosen);
	check_eq(ret[0], root, "parent");
	OF("parent", 1, root);
	check_eq(ret[0], 0, "the root has no parent");
	OF("child", 1, root);
	check(ret[0] && ret[0] != NONE, "child");
	for (n = 0; ret[0] && n < 100; n++)
		OF("peer", 1, ret[0]);
	check(n > 4 && n < 100, "%u children of the root", n);
	OF("child", 1, 0x12345);
	check(ret[0] == 0 || ret[0] == NONE, "child of a wrong handle");
	OF("peer", 1, 0x12345);
	check(ret[0] == 0 || ret[0] == NONE, "peer of a wrong handle");
	cpus = find("/cpus");
	n = 0;
	OF("child", 1, cpus);
	for (cpu = ret[0]; cpu; cpu = ret[0]) {
		n++;
		OF("getprop", 1, cpu, P("device_type"), P(buf), sizeof(buf));
		check(!strcmp(buf, "cpu"), "a node of /cpus is a cpu");
		check_eq(cell(cpu, "timebase-frequency"), 512000000, "timebase-frequency");
		OF("peer", 1, cpu);
	}
	check_eq(n, 2, "two processors");
	OF("package-to-path", 1, chosen, P(buf), sizeof(buf));
	check(ret[0] == 7 && !strcmp(buf, "/chosen"), "package-to-path");
	memset(buf, 'x', 16);
	OF("package-to-path", 1, chosen, P(buf), 4);
	check(ret[0] == 7 && !memcmp(buf, "/chox", 5),
	      "cut to the buffer, the whole length is returned");
	OF("package-to-path", 1, 0x12345, P(buf), 16);
	check_eq(ret[0], NONE, "of a wrong handle");
	OF("package-to-path", 1, chosen, NOWHERE, 16);
	check_eq(ret[0], NONE, "to no memory");
	OF("canon", 1, P("/chosen"), P(buf), sizeof(buf));
	check(ret[0] == 7 && !strcmp(buf, "/chosen"), "canon");
	OF("canon", 1, P("/nowhere"), P(buf), sizeof(buf));
	check_eq(ret[0], NONE, "canon of what is not there");
}

static void properties(void)
{
	u32 chosen = find("/chosen"), n = 0, seen = 0;
	char previous[64] = "", name[64];

	OF("getproplen", 1, chosen, P("bootargs"));
	check_eq(ret[0], 8, "getproplen");
	OF("getprop", 1, chosen, P("bootargs"), P(buf), sizeof(buf));
	check(ret[0] == 8 && !strcmp(buf, "one two"), "getprop");
	memset(buf, 'x', 16);
	OF("getprop", 1, chosen, P("bootargs"), P(buf), 3);
	check(ret[0] == 8 && !memcmp(buf, "onex", 4),
	      "cut to the buffer, the whole length is returned");
	OF("getprop", 1, chosen, P("bootargs"), NOWHERE, 16);
	check_eq(ret[0], NONE, "getprop to no memory");
	OF("getprop", 1, chosen, P("none"), P(buf), 16);
	check_eq(ret[0], NONE, "getprop of what is not there");
	OF("getprop", 1, 0x12345, P("bootargs"), P(buf), 16);
	check_eq(ret[0], NONE, "getprop of a wrong handle");
	OF("getproplen", 1, chosen, P("none"));
	check_eq(ret[0], NONE, "getproplen of what is not there");
	for (n = 0; n < 100; n++) {
		OF("nextprop", 1, chosen, P(previous), P(name));
		if (ret[0] != 1)
			break;
		seen += !strcmp(name, "bootargs");
		memcpy(previous, name, sizeof(name));
	}
	check(ret[0] == 0 && n > 3 && seen == 1, "nextprop: %u properties", n);
	OF("nextprop", 1, chosen, P("none"), P(name));
	check(ret[0] == NONE || ret[0] == 0, "nextprop after what is not there");
	OF("nextprop", 1, 0x12345, P(""), P(name));
	check_eq(ret[0], NONE, "nextprop of a wrong handle");
	OF("setprop", 1, chosen, P("guest,new"), P("value"), 6);
	check_eq(ret[0], 6, "setprop");
	OF("getprop", 1, chosen, P("guest,new"), P(buf), 16);
	check(ret[0] == 6 && !strcmp(buf, "value"), "the value that was set");
	OF("setprop", 1, chosen, P("guest,new"), P(buf), 0);
	check_eq(ret[0], 0, "setprop to nothing");
	OF("getproplen", 1, chosen, P("guest,new"));
	check_eq(ret[0], 0, "an empty property");
	OF("setprop", 1, chosen, P("guest,huge"), P(buf), 0xffffffff);
	check_eq(ret[0], NONE, "setprop of 4 GiB");
	OF("setprop", 1, chosen, P("guest,bad"), NOWHERE, 16);
	check_eq(ret[0], NONE, "setprop from no memory");
	OF("setprop", 1, 0x12345, P("guest,new"), P("value"), 6);
	check_eq(ret[0], NONE, "setprop of a wrong handle");
}

static void instances(void)
{
	static u32 many[300];
	u32 out = cell(find("/chosen"), "stdout"), in = cell(find("/chosen"), "stdin"), root;

	check(out && out != NONE, "/chosen stdout");
	OF("write", 1, out, P("written by the firmware\n"), 24);
	check_eq(ret[0], 24, "write");
	OF("write", 1, out, NOWHERE, 16);
	check_eq(ret[0], NONE, "write of no memory");
	OF("write", 1, 0x12345, P("x"), 1);
	check_eq(ret[0], NONE, "write to a wrong handle");
	OF("read", 1, in, P(buf), 16);
	check_eq(ret[0], (u32)-2, "read: nothing typed");
	OF("read", 1, in, NOWHERE, 16);
	check_eq(ret[0], NONE, "read to no memory");
	OF("seek", 1, out, 0, 0);
	check_eq(ret[0], NONE, "seek");
	OF("instance-to-package", 1, out);
	check(ret[0] && ret[0] == find("/vdevice/vty@71000000"), "instance-to-package");
	OF("instance-to-package", 1, 0x12345);
	check_eq(ret[0], NONE, "of a wrong handle");
	OF("instance-to-path", 1, out, P(buf), sizeof(buf));
	check(!memcmp(buf, "/vdevice/vty@71000000", 21), "instance-to-path");
	OF("instance-to-path", 1, 0x12345, P(buf), sizeof(buf));
	check_eq(ret[0], NONE, "of a wrong handle");
	OF("open", 1, P("/"));
	root = ret[0];
	check(root && root != NONE, "open(/)");
	OF("open", 1, P("/nothing"));
	check(ret[0] == 0, "open of what is not there");
	check_eq((u64)OF("close", 0, root), 0, "close");
	OF("instance-to-package", 1, root);
	check_eq(ret[0], NONE, "a closed handle");
	/* more than there is room for must fail, not break */
	for (u32 i = 0; i < 300; i++) {
		OF("open", 1, P("/"));
		many[i] = ret[0];
	}
	check(many[0] && !many[299], "300 opens: not all of them");
	for (u32 i = 0; i < 300; i++)
		if (many[i])
			OF("close", 0, many[i]);
	check_eq((u64)OF("close", 0, 0x12345), 0, "close of a wrong handle");
}

static void memory(void)
{
	u32 first;

	OF("claim", 1, 0, 0x100000, 0x100000);
	first = ret[0];
	check(first && first != NONE && !(first & 0xfffff), "claim, aligned: 0x%x", first);
	OF("claim", 1, first, 0x1000, 0);
	check_eq(ret[0], NONE, "claim of what is taken");
	OF("claim", 1, 0x400000, 0x1000, 0);
	check_eq(ret[0], NONE, "claim of the kernel's place");
	OF("claim", 1, 0, 0x4000, 0);
	check_eq(ret[0], NONE, "claim of the vectors");
	OF("claim", 1, 0x4000000, 0x10000, 0);
	check_eq(ret[0], 0x4000000, "claim of a free place");
	OF("claim", 1, NOWHERE, 0x1000, 0);
	check_eq(ret[0], NONE, "claim of no memory");
	OF("claim", 1, 0, 0xffffffff, 4096);
	check_eq(ret[0], NONE, "claim of 4 GiB");
	OF("claim", 1, 0, 0x1000, 3);
	check(ret[0] == NONE || ret[0] % 3 == 0 || !(ret[0] & 3),
	      "claim with an alignment that is no power of two: 0x%x", ret[0]);
	check_eq((u64)OF("release", 0, 0x4000000, 0x10000), 0, "release");
	OF("claim", 1, 0x4000000, 0x1000, 0);
	check_eq(ret[0], 0x4000000, "claim again");
	OF("release", 0, 0x4000000, 0x1000);
	OF("release", 0, 0x5000000, 0x1000);
	pass("release of what was not claimed");
}

static void methods(void)
{
	u32 rtas, ih;

	check_eq((u64)OF("test", 1, P("claim")), 0, "test");
	check_eq(ret[0], 0, "claim exists");
	OF("test", 1, P("nonsense"));
	check_eq(ret[0], NONE, "nonsense does not");
	rtas = find("/rtas");
	OF("test-method", 1, rtas, P("instantiate-rtas"));
	check_eq(ret[0], 0, "test-method");
	OF("test-method", 1, rtas, P("nonsense"));
	check_eq(ret[0], NONE, "of what is not there");
	OF("open", 1, P("/rtas"));
	ih = ret[0];
	OF("call-method", 2, P("nonsense"), ih, 0);
	check(ret[0] != 0, "call-method of what is not there");
	OF("call-method", 2, P("instantiate-rtas"), 0x12345, 0);
	check(ret[0] != 0, "call-method of a wrong handle");
	OF("call-method", 2, P("instantiate-rtas"), ih, NOWHERE);
	check(ret[0] != 0, "instantiate-rtas to no memory");
	OF("claim", 1, 0, 0x10000, 0x10000);
	if (check(ret[0] != NONE, "claim for RTAS")) {
		u32 at = ret[0];
		u32 *args = (u32 *)buf;

		OF("call-method", 2, P("instantiate-rtas"), ih, at);
		check(ret[0] == 0 && ret[1] == at, "instantiate-rtas");
		/* get-time-of-day by its 32-bit entry */
		memset(buf, 0xff, 64);
		args[0] = be32(cell(rtas, "get-time-of-day"));
		memset(buf + 4, 0xff, 60);
		args[0] = be32(0x2001);
		args[1] = 0;
		args[2] = be32(8);
		asm volatile("" ::: "memory");
		call32(at, (u64)args);
		asm volatile("" ::: "memory");
		check(((volatile u32 *)args)[3] == 0 && be32(args[4]) > 2000, "RTAS by its entry");
	}
	OF("interpret", 1, P("1 2 +"));
	check(ret[0] != 0, "interpret");
	OF("milliseconds", 1);
	ih = ret[0];
	for (u64 tb = timebase(); timebase() - tb < 512000 * 5;)
		continue;
	OF("milliseconds", 1);
	check(ret[0] - ih >= 4 && ret[0] - ih < 1000, "milliseconds: %u", ret[0] - ih);
	check_eq((u64)OF("enter", 0), 0, "enter returns");
	check_eq((u64)OF("chain", 0, 0, 0, 0, 0, 0), (u64)-1, "chain");
}

static void blocks(void)
{
	check_eq((u64)OF("nonsense", 1, 0), (u64)-1, "an unknown service");
	check_eq((u64)OF("getprop", 1, find("/chosen")), (u64)-1, "too few arguments");
	check_eq((u64)call32(boot_r5, NOWHERE), (u64)-1, "no block");
	block[0] = be32(NOWHERE);
	check_eq((u64)call32(boot_r5, (u64)block), (u64)-1, "no name");
	block[0] = be32(P("finddevice"));
	block[1] = be32(0xffffffff);
	check_eq((u64)call32(boot_r5, (u64)block), (u64)-1, "2^32 - 1 arguments");
	block[1] = be32(1);
	block[2] = be32(0x80000000);
	check_eq((u64)call32(boot_r5, (u64)block), (u64)-1, "2^31 results");
	check_eq((u64)OF("finddevice", 0, P("/")), 0, "results may be left out");
}

int main(void)
{
	if (!check(boot_r5 != 0, "there is a client interface"))
		return 0;
	tree();
	properties();
	instances();
	memory();
	methods();
	blocks();
	check_eq((u64)OF("quiesce", 0), 0, "quiesce");
	OF("claim", 1, 0, 0x1000, 0x1000);
	check(ret[0] == NONE || ret[0] == 0x5555, "no claim after quiesce");
	check(find("/chosen") != NONE, "the tree can still be read");
	return 0;
}
