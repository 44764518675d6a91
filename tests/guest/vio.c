/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VIO devices by hypercall: each status of the CRQ and logical LAN calls, then a
 * disk read and written through virtual SCSI, and an ARP question answered by
 * the user network. run_vio.py brings the disk, a second terminal, and looks at
 * what was written.
 * guest-run: no
 */
#include "guest.h"

#define VTY1 0x71000001u
#define SCSI 0x71000200u
#define LAN 0x71000300u
#define NONE 0x71000fffu
#define SCSI_IRQ 0x1110u
#define LAN_IRQ 0x1120u
#define RTAS_SET_XIVE 0x200a
#define VALID (1ULL << 63)

#define H(status, nr, ...)                                          \
	check_eq((u64)hcall(nr, ##__VA_ARGS__), (u64)(s64)(status), \
		 #nr "(" #__VA_ARGS__ ") = " #status)

struct entry {
	u64 high, low;
};

static volatile struct entry *crq;
static u32 cur;
static u8 *iu, *data, *list, *queue, *buffers;
static u64 word; /* of a disk's serial number of commands */

/* ioba = real address, 64 KiB from @p. */
static void map_for(u64 liobn, const void *p)
{
	for (u64 at = (u64)p; at < (u64)p + 65536; at += 4096)
		if (hcall(H_PUT_TCE, liobn, at, at | 3))
			check(false, "H_PUT_TCE");
}

static u64 rd64(const volatile void *p)
{
	return be64(*(const volatile u64 *)p);
}

static u32 rd32(const volatile void *p)
{
	return be32(*(const volatile u32 *)p);
}

static void put64(void *p, u64 v)
{
	*(volatile u64 *)p = be64(v);
}

static void put32(void *p, u32 v)
{
	*(volatile u32 *)p = be32(v);
}

/* The next entry of the CRQ; high 0: none comes within two seconds. */
static struct entry next(void)
{
	volatile struct entry *e = &crq[cur];
	struct entry got = { 0, 0 };
	u64 end = timebase() + 2 * 512000000ULL;

	while (!(rd64(&e->high) >> 63))
		if (timebase() > end)
			return got;
	asm volatile("lwsync" ::: "memory");
	got = (struct entry){ rd64(&e->high), rd64(&e->low) };
	*(volatile u8 *)e = 0;
	cur = (cur + 1) % 256;
	return got;
}

static void registration(void)
{
	u64 at = (u64)crq;

	H(H_PARAMETER, H_REG_CRQ, NONE, at, 4096);
	H(H_PARAMETER, H_REG_CRQ, LAN, at, 4096);
	H(H_PARAMETER, H_REG_CRQ, SCSI, at, 4096); /* not mapped yet */
	map_for(SCSI, (void *)at);
	map_for(SCSI, iu);
	map_for(SCSI, data);
	H(H_PARAMETER, H_REG_CRQ, SCSI, at + 16, 4096);
	H(H_PARAMETER, H_REG_CRQ, SCSI, at, 0);
	H(H_PARAMETER, H_REG_CRQ, SCSI, at, 100);
	H(H_PARAMETER, H_FREE_CRQ, NONE);
	H(H_SUCCESS, H_FREE_CRQ, SCSI);
	H(H_PARAMETER, H_SEND_CRQ, NONE, VALID, 0);
	H(H_CLOSED, H_SEND_CRQ, SCSI, 0xc001ULL << 48, 0);
	H(H_PARAMETER, H_SEND_CRQ, SCSI, 0, 0);
	H(H_PARAMETER, H_SEND_CRQ, SCSI, 0xffULL << 56, 0);
	H(H_PARAMETER, H_ENABLE_CRQ, NONE);
	H(H_PARAMETER, H_ENABLE_CRQ, SCSI);
	H(H_PARAMETER, H_VIO_SIGNAL, NONE, 1);
	H(H_PARAMETER, H_VIO_SIGNAL, SCSI, 2);
	H(H_SUCCESS, H_REG_CRQ, SCSI, at, 4096);
	H(H_RESOURCE, H_REG_CRQ, SCSI, at, 4096);
	H(H_SUCCESS, H_ENABLE_CRQ, SCSI);
}

static void clear_iu(u8 opcode)
{
	memset(iu, 0, 256);
	iu[0] = opcode;
	put64(iu + 8, ++word);
}

/* Sends the IU; the answer's operation code, or -1. */
static int send_iu(u64 format, u64 n)
{
	struct entry e;

	if (hcall(H_SEND_CRQ, SCSI, VALID | format << 48 | n, (u64)iu))
		return -1;
	e = next();
	return e.high >> 48 == (0x8000 | format) && e.low == word ? iu[0] : -1;
}

static void connect(void)
{
	struct entry e;

	H(H_SUCCESS, H_SEND_CRQ, SCSI, 0xc001ULL << 48, 0);
	e = next();
	check_eq(e.high, 0xc002ULL << 48, "initialisation is answered");
	clear_iu(0);
	put32(iu, 3);
	*(volatile u16 *)(iu + 6) = be16(144);
	put64(iu + 16, (u64)data);
	check_eq((u64)send_iu(2, 24), 0, "adapter information");
	check(!memcmp(data, "16.a", 5) && !memcmp(data + 8, "hypar", 6), "of the partner");
	clear_iu(0); /* SRP_LOGIN_REQ */
	put32(iu + 16, 256);
	*(volatile u16 *)(iu + 24) = be16(6);
	check_eq((u64)send_iu(1, 64), 0xc0, "SRP login");
	check(rd32(iu + 4) > 1, "requests are granted: %u", rd32(iu + 4));
}

/* A command with a direct buffer; answers the SCSI status. */
static int command(const u8 *cdb, u8 format, u32 n)
{
	clear_iu(2);
	iu[5] = format;
	iu[20] = 0x80;
	memcpy(iu + 32, cdb, 16);
	put64(iu + 48, (u64)data);
	put32(iu + 60, n);
	if (send_iu(1, 64) != 0xc1)
		return -1;
	return iu[19];
}

#define COMMAND(format, n, ...) command((const u8[16]){ __VA_ARGS__ }, format, n)

static void disk(void)
{
	check_eq((u64)COMMAND(0, 0, 0), 2, "power on: unit attention");
	check(iu[36 + 2] == 6 && iu[36 + 12] == 0x29, "its sense data");
	check_eq((u64)COMMAND(0, 0, 0), 0, "TEST UNIT READY");
	check_eq((u64)COMMAND(1, 36, 0x12, 0, 0, 0, 36), 0, "INQUIRY");
	check(!memcmp(data + 8, "HYPAR   VDISK", 13), "of a disk");
	check_eq((u64)COMMAND(1, 8, 0x25), 0, "READ CAPACITY");
	check_eq(rd32(data), 2047, "1 MiB");
	for (u32 i = 0; i < 4096; i++)
		data[i] = (u8)(i * 31 + (i >> 8));
	check_eq((u64)COMMAND(0x10, 4096, 0x2a, 0, 0, 0, 0, 16, 0, 0, 8), 0, "WRITE");
	check_eq((u64)COMMAND(0, 0, 0x35), 0, "SYNCHRONIZE CACHE");
	memset(data, 0, 4096);
	check_eq((u64)COMMAND(1, 4096, 0x28, 0, 0, 0, 0, 16, 0, 0, 8), 0, "READ");
	for (u32 i = 0; i < 4096; i++)
		if (data[i] != (u8)(i * 31 + (i >> 8))) {
			check(false, "byte %u", i);
			break;
		}
	check_eq((u64)COMMAND(1, 512, 0x28, 0, 0, 0, 8, 0, 0, 0, 1), 2, "READ behind the end");
	check_eq(iu[36 + 12], 0x21, "its sense data");
}

static void interrupts(u64 unit, u32 irq, void (*event)(void))
{
	rtas(RTAS_SET_XIVE, 3, 1, irq, 0, 5);
	hcall(H_CPPR, 0xff);
	check_eq((u64)hcall(H_VIO_SIGNAL, unit, 0), 0, "no interrupts");
	event();
	hcall(H_XIRR, 0xff);
	check_eq(hret[0], 0xff000000, "none came");
	check_eq((u64)hcall(H_VIO_SIGNAL, unit, 1), 0, "interrupts");
	event();
	for (u64 end = timebase() + 512000000ULL; timebase() < end;) {
		hcall(H_XIRR, 0xff);
		if (hret[0] != 0xff000000)
			break;
	}
	check_eq(hret[0], 0xff000000 | irq, "one came");
	hcall(H_EOI, hret[0]);
	hcall(H_VIO_SIGNAL, unit, 0);
}

static void ping(void)
{
	hcall(H_SEND_CRQ, SCSI, VALID | 6ULL << 48 | 0xf5ULL << 32, 0);
	check_eq(next().high, VALID | 6ULL << 48 | 0xf6ULL << 32, "ping is answered");
}

/* What breaks the protocol closes the connection, and only this one. */
static void breaking(void)
{
	H(H_SUCCESS, H_SEND_CRQ, SCSI, 0x85ULL << 56, 0);
	check_eq(next().high, 0xff02ULL << 48, "transport event");
	H(H_CLOSED, H_SEND_CRQ, SCSI, 0xc001ULL << 48, 0);
	H(H_SUCCESS, H_FREE_CRQ, SCSI);
	H(H_SUCCESS, H_REG_CRQ, SCSI, (u64)crq, 4096);
	cur = 0;
	connect();
	/* the queue is taken away under it */
	for (u64 at = (u64)crq; at < (u64)crq + 65536; at += 4096)
		hcall(H_PUT_TCE, SCSI, at, 0);
	H(H_SUCCESS, H_SEND_CRQ, SCSI, VALID | 6ULL << 48 | 0xf5ULL << 32, 0);
	H(H_CLOSED, H_SEND_CRQ, SCSI, VALID | 6ULL << 48 | 0xf5ULL << 32, 0);
	H(H_SUCCESS, H_FREE_CRQ, SCSI);
}

/* ---- the logical LAN ---- */

#define DESC(p, n) (VALID | (u64)(n) << 32 | (u64)(p))
#define SLOTS 4u

static u32 slot;
static bool toggle = true;

static u32 receive(u32 *n, u64 *handle)
{
	volatile u8 *e = queue + 16 * slot;
	u64 end = timebase() + 2 * 512000000ULL;

	while (rd32(e) >> 31 != toggle)
		if (timebase() > end)
			return 0;
	asm volatile("lwsync" ::: "memory");
	*n = rd32(e + 4);
	*handle = rd64(e + 8);
	if (++slot == SLOTS) {
		slot = 0;
		toggle = !toggle;
		return rd32(e) | 1u << 31;
	}
	return rd32(e) | 1u << 31;
}

static void lan_registration(void)
{
	u64 q = DESC(queue, SLOTS * 16), filter = (u64)list + 4096;

	H(H_PARAMETER, H_REGISTER_LOGICAL_LAN, NONE, (u64)list, q, filter, 0);
	H(H_PARAMETER, H_REGISTER_LOGICAL_LAN, SCSI, (u64)list, q, filter, 0);
	H(H_PARAMETER, H_REGISTER_LOGICAL_LAN, LAN, (u64)list, q, filter, 0);
	map_for(LAN, list);
	map_for(LAN, queue);
	map_for(LAN, buffers);
	H(H_PARAMETER, H_REGISTER_LOGICAL_LAN, LAN, (u64)list + 8, q, filter, 0);
	H(H_PARAMETER, H_REGISTER_LOGICAL_LAN, LAN, (u64)list, q & ~VALID, filter, 0);
	H(H_PARAMETER, H_FREE_LOGICAL_LAN, NONE);
	H(H_SUCCESS, H_FREE_LOGICAL_LAN, LAN);
	H(H_PARAMETER, H_ADD_LOGICAL_LAN_BUFFER, NONE, DESC(buffers, 2048));
	H(H_RESOURCE, H_ADD_LOGICAL_LAN_BUFFER, LAN, DESC(buffers, 2048));
	H(H_DROPPED, H_SEND_LOGICAL_LAN, LAN, DESC(buffers, 60));
	H(H_SUCCESS, H_ILLAN_ATTRIBUTES, LAN, 0, 6);
	check_eq(hret[0], 0xa006, "checksum offload");
	H(H_PARAMETER, H_ILLAN_ATTRIBUTES, NONE, 0, 0);
	H(H_SUCCESS, H_REGISTER_LOGICAL_LAN, LAN, (u64)list, q, filter, 0x525400123456);
	H(H_RESOURCE, H_REGISTER_LOGICAL_LAN, LAN, (u64)list, q, filter, 0x525400123456);
	H(H_CONSTRAINED, H_ILLAN_ATTRIBUTES, LAN, 2, 0);
	H(H_PARAMETER, H_ADD_LOGICAL_LAN_BUFFER, LAN, DESC(0, 2048));
	H(H_PARAMETER, H_FREE_LOGICAL_LAN_BUFFER, NONE, 2048);
	H(H_NOT_FOUND, H_FREE_LOGICAL_LAN_BUFFER, LAN, 2048);
	H(H_PARAMETER, H_SEND_LOGICAL_LAN, NONE, DESC(buffers, 60));
	H(H_PARAMETER, H_SEND_LOGICAL_LAN, LAN, DESC(0, 60));
	H(H_PARAMETER, H_SEND_LOGICAL_LAN, LAN, DESC(buffers, 60), 0, 0, 0, 0, 0, 1);
	H(H_PARAMETER, H_MULTICAST_CTRL, NONE, 0, 0);
	H(H_PARAMETER, H_MULTICAST_CTRL, LAN, 4, 0);
	H(H_SUCCESS, H_MULTICAST_CTRL, LAN, 0xa0001, 0x01005e000001);
	check_eq(hret[0], 0x20001, "multicast, one filter");
	H(H_NOT_FOUND, H_MULTICAST_CTRL, LAN, 2, 0x01005e000002);
	for (u64 i = 0; i < 254; i++)
		if (hcall(H_MULTICAST_CTRL, LAN, 1, 0x010000000000 + i))
			check(false, "filter %u", (u32)i);
	H(H_CONSTRAINED, H_MULTICAST_CTRL, LAN, 1, 0x010000000fff);
	H(H_PARAMETER, H_CHANGE_LOGICAL_LAN_MAC, NONE, 0);
	H(H_SUCCESS, H_CHANGE_LOGICAL_LAN_MAC, LAN, 0x525400123456);
}

static void add(u32 i)
{
	put64(buffers + 4096 * i, 0x700 + i);
	check_eq((u64)hcall(H_ADD_LOGICAL_LAN_BUFFER, LAN, DESC(buffers + 4096 * i, 2048)), 0,
		 "buffer %u", i);
}

static void arp(void)
{
	static const u8 question[42] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 10, 0, 2, 15,
		0, 0, 0, 0, 0, 0, 10, 0, 2, 2,
	};
	u8 *f = list + 8192;
	u32 n = 0, flags;
	u64 handle = 0;

	memcpy(f, question, sizeof(question));
	add(1);
	check_eq((u64)hcall(H_SEND_LOGICAL_LAN, LAN, DESC(f, 20), DESC(f + 20, 22)), 0,
		 "an ARP question");
	flags = receive(&n, &handle);
	check_eq(flags, 0xc0000008, "an answer");
	check_eq(handle, 0x701, "in the buffer with this handle");
	f = buffers + 4096 + 8;
	check(n >= 42 && f[20] == 0 && f[21] == 2 && f[31] == 2 && !memcmp(f, question + 6, 6),
	      "10.0.2.2 says where it is");
}

static void give_back(void)
{
	u64 handle = 0;
	u32 n;

	add(2);
	H(H_SUCCESS, H_FREE_LOGICAL_LAN_BUFFER, LAN, 2048);
	check_eq(receive(&n, &handle), 0x80000000, "the buffer comes back");
	check_eq(handle, 0x702, "by its handle");
}

/* ---- the second terminal ---- */

static void terminal(void)
{
	u64 end = timebase() + 5 * 512000000ULL;

	H(H_PARAMETER, H_PUT_TERM_CHAR, VTY1 + 1, 1, 0x61ULL << 56, 0);
	H(H_PARAMETER, H_GET_TERM_CHAR, VTY1 + 1);
	do
		hcall(H_GET_TERM_CHAR, VTY1);
	while (!hret[0] && timebase() < end);
	check(hret[0] && hret[1] >> 56 == 'x', "what was typed there arrives");
	/* now somebody listens */
	H(H_SUCCESS, H_PUT_TERM_CHAR, VTY1, 8, 0x7365636f6e640d0a, 0);
}

int main(void)
{
	crq = alloc(65536, 65536);
	iu = alloc(65536, 65536);
	data = alloc(65536, 65536);
	list = alloc(65536, 65536);
	queue = alloc(65536, 65536);
	buffers = alloc(65536, 65536);
	registration();
	connect();
	disk();
	interrupts(SCSI, SCSI_IRQ, ping);
	breaking();
	lan_registration();
	arp();
	give_back();
	interrupts(LAN, LAN_IRQ, give_back);
	H(H_SUCCESS, H_FREE_LOGICAL_LAN, LAN);
	terminal();
	finish();
}
