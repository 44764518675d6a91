/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI as firmware and drivers use it: every RTAS call and hypercall of PCI with
 * right and wrong arguments, then a virtio entropy device by hand: DMA through
 * TCEs and through a dynamic window, messages, the level interrupt, and what
 * happens when it is sent to memory that it may not reach.
 * guest-args: --interrupt-controller xics --device virtio-rng --device virtio-rng
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define RTAS(name, token, handler, ...) T_##handler = token,
enum rtas_tokens {
#include "papr/rtas/rtas.def"
};
#undef RTAS

#define SUCCESS 0
#define NO_EVENT 1
#define HARDWARE (-1)
#define PARAMETER (-3)

#define ST(status, call, nargs, nret, ...)                                                      \
	check_eq((u64)(s64)rtas(T_rtas_##call, nargs, nret, ##__VA_ARGS__), (u64)(s64)(status), \
		 #call "(" #__VA_ARGS__ ") = " #status)
#define H(status, nr, ...)                                          \
	check_eq((u64)hcall(nr, ##__VA_ARGS__), (u64)(s64)(status), \
		 #nr "(" #__VA_ARGS__ ") = " #status)

#define HI 0x08000000u
#define LO 0x20000000u
#define DEV0 0u
#define DEV1 0x800u
#define NONE 0xf800u /* slot 31 */
#define LIOBN 0x80000000u
#define LSI 0x1200u
#define MSI 0x1300u
#define DMA32_SIZE (1ULL << 30)
#define DDW 0x0800000000000000ULL

static u64 bar; /* of device 0, a real address */

static u32 cfg_read(u32 addr, u32 n)
{
	rtas(T_rtas_ibm_read_pci_config, 4, 2, addr, HI, LO, n);
	return rret[0];
}

static void cfg_write(u32 addr, u32 n, u32 val)
{
	rtas(T_rtas_ibm_write_pci_config, 5, 1, addr, HI, LO, n, val);
}

static u64 le(u64 v, u32 n)
{
	return IS_LE ? v : swap64(v) >> (64 - 8 * n);
}

static u32 rd(u64 at, u32 n)
{
	at += bar;
	return (u32)le(n == 1 ? *(volatile u8 *)at :
		       n == 2 ? *(volatile u16 *)at :
				*(volatile u32 *)at,
		       n);
}

static void wr(u64 at, u32 n, u64 v)
{
	at += bar;
	v = le(v, n);
	if (n == 1)
		*(volatile u8 *)at = (u8)v;
	else if (n == 2)
		*(volatile u16 *)at = (u16)v;
	else if (n == 4)
		*(volatile u32 *)at = (u32)v;
	else
		*(volatile u64 *)at = v;
}

static void config_space(void)
{
	ST(SUCCESS, ibm_read_pci_config, 4, 2, DEV0, HI, LO, 4);
	check_eq(rret[0], 0x10441af4, "virtio-rng in slot 0");
	ST(SUCCESS, ibm_read_pci_config, 4, 2, NONE, HI, LO, 2);
	check_eq(rret[0], 0xffff, "nobody in slot 31");
	ST(SUCCESS, ibm_read_pci_config, 4, 2, 0x00010000, HI, LO, 1);
	check_eq(rret[0], 0xff, "no bus 1");
	ST(SUCCESS, ibm_read_pci_config, 4, 2, 0x10000000, HI, LO, 4);
	check_eq(rret[0], 0xffffffff, "no extended configuration space");
	ST(PARAMETER, ibm_read_pci_config, 4, 2, DEV0, HI, LO, 3);
	ST(PARAMETER, ibm_read_pci_config, 4, 2, DEV0, HI, LO, 0);
	ST(PARAMETER, ibm_read_pci_config, 4, 2, DEV0, HI, LO, 8);
	ST(PARAMETER, ibm_read_pci_config, 4, 2, DEV0 | 2, HI, LO, 4);
	ST(PARAMETER, ibm_read_pci_config, 4, 2, DEV0, HI, LO + 1, 4);
	ST(PARAMETER, ibm_read_pci_config, 4, 2, DEV0, HI, LO - 1, 4);
	ST(PARAMETER, ibm_read_pci_config, 4, 2, DEV0, 0, 0, 4);
	ST(SUCCESS, ibm_write_pci_config, 5, 1, DEV0 | 0x3c, HI, LO, 1, 0x1234);
	check_eq(cfg_read(DEV0 | 0x3c, 2), 0x0134, "interrupt line; the pin stays");
	ST(SUCCESS, ibm_write_pci_config, 5, 1, NONE, HI, LO, 4, 0);
	ST(PARAMETER, ibm_write_pci_config, 5, 1, DEV0 | 1, HI, LO, 2, 0);
	ST(PARAMETER, ibm_write_pci_config, 5, 1, DEV0, ~0u, LO, 4, 0);
	ST(SUCCESS, read_pci_config, 2, 2, DEV0 | 0x3c, 1);
	check_eq(rret[0], 0x34, "the first bridge, without saying so");
	ST(PARAMETER, read_pci_config, 2, 2, DEV0, 5);
	ST(SUCCESS, write_pci_config, 3, 1, DEV0 | 0x3c, 1, 0);
	ST(PARAMETER, write_pci_config, 3, 1, DEV0 | 3, 2, 0);
}

static void bars(void)
{
	u32 low = cfg_read(DEV0 | 0x10, 4), high = cfg_read(DEV0 | 0x14, 4);

	check_eq(low & 15, 4, "BAR 0 is memory of 64 bits");
	bar = (u64)high << 32 | (low & ~15u);
	check_eq(bar >> 36, 0x21, "firmware put it into the window");
	check_eq(rd(0, 4), 0xffffffff, "it does not decode yet");
	cfg_write(DEV0 | 0x10, 4, ~0u);
	cfg_write(DEV0 | 0x14, 4, ~0u);
	check_eq(cfg_read(DEV0 | 0x10, 4), 0xffff8004, "sizing: 32 KiB");
	check_eq(cfg_read(DEV0 | 0x14, 4), 0xffffffff, "sizing: upper half");
	cfg_write(DEV0 | 0x10, 4, low);
	cfg_write(DEV0 | 0x14, 4, high);
	cfg_write(DEV0 | 4, 2, 6);
	check_eq(rd(18, 2), 1, "one queue");
	check_eq(*(volatile u64 *)(bar + 0x100000), ~0ULL, "nobody behind the BARs");
	*(volatile u32 *)0x0000020100000000ULL = 0;
	check_eq(*(volatile u32 *)0x0000020100000000ULL, ~0u, "nobody in 32-bit memory");
	check_eq(*(volatile u8 *)0x0000020000000010ULL, 0xff, "nobody in I/O");
}

static void interrupts(void)
{
	ST(SUCCESS, change_msi, 6, 4, DEV0, HI, LO, 0, 0, 77);
	check_eq(rret[0], 0, "none at first");
	check_eq(rret[1], 77, "sequence number");
	ST(SUCCESS, query_interrupt_source_number, 4, 3, DEV0, HI, LO, 0);
	check_eq(rret[0], LSI, "the level interrupt");
	check_eq(rret[1], 0, "level");
	ST(SUCCESS, query_interrupt_source_number, 4, 3, DEV1, HI, LO, 0);
	check_eq(rret[0], LSI + 1, "that of slot 1");
	ST(PARAMETER, query_interrupt_source_number, 4, 3, DEV0, HI, LO, 1);
	ST(PARAMETER, query_interrupt_source_number, 4, 3, NONE, HI, LO, 0);
	ST(PARAMETER, query_interrupt_source_number, 4, 3, DEV0, HI, 0, 0);
	ST(PARAMETER, change_msi, 6, 4, DEV0, HI, LO, 3, 1, 1);
	ST(PARAMETER, change_msi, 6, 4, DEV0, HI, LO, 7, 1, 1);
	ST(PARAMETER, change_msi, 6, 4, DEV0, HI, LO, ~0u, 1, 1);
	ST(PARAMETER, change_msi, 6, 4, NONE, HI, LO, 4, 1, 1);
	ST(PARAMETER, change_msi, 6, 4, DEV0, 0, LO, 4, 1, 1);
	ST(PARAMETER, change_msi, 6, 4, DEV0 | 0x10000, HI, LO, 4, 1, 1);
	ST(SUCCESS, change_msi, 6, 3, DEV0, HI, LO, 1, 0, 1);
	check_eq(rret[0], 0, "none given back");
	ST(SUCCESS, change_msi, 6, 4, DEV0, HI, LO, 4, ~0u, 1);
	check_eq(rret[0], 2, "as many as the table has");
	check_eq(rret[2], 2, "MSI-X");
	ST(SUCCESS, change_msi, 6, 3, DEV1, HI, LO, 1, 1, 1);
	ST(SUCCESS, query_interrupt_source_number, 4, 3, DEV1, HI, LO, 0);
	check_eq(rret[0], MSI + 2, "another function, another source");
	ST(SUCCESS, change_msi, 6, 3, DEV1, HI, LO, 2, 9, 1);
	check_eq(rret[0], 0, "reset: none");
	ST(SUCCESS, query_interrupt_source_number, 4, 3, DEV0, HI, LO, 1);
	check_eq(rret[0], MSI + 1, "the second message");
	check_eq(rret[1], 1, "edge");
	ST(PARAMETER, query_interrupt_source_number, 4, 3, DEV0, HI, LO, 2);
	ST(SUCCESS, change_msi, 6, 4, DEV0, HI, LO, 0, 0, 1);
	check_eq(rret[0], 2, "query");
}

#define PE1 (DEV1 | 1) /* the endpoint of slot 1 */
#define DRC1 0x40000008u

static void error_handling(void)
{
	u32 at = cfg_read(DEV1 | 0x10, 4);

	ST(SUCCESS, set_eeh_option, 4, 1, DEV0, HI, LO, 0);
	ST(SUCCESS, set_eeh_option, 4, 1, DEV0, HI, LO, 1);
	ST(PARAMETER, set_eeh_option, 4, 1, DEV0, HI, LO, 4);
	ST(PARAMETER, set_eeh_option, 4, 1, NONE, HI, LO, 0);
	ST(PARAMETER, set_eeh_option, 4, 1, DEV0, HI, LO + 1, 1);
	ST(PARAMETER, set_eeh_option, 4, 1, DEV0 | 2, HI, LO, 1);
	ST(PARAMETER, set_eeh_option, 4, 1, DEV0 | 0x10000, HI, LO, 1);
	ST(SUCCESS, get_config_addr_info2, 4, 2, DEV1, HI, LO, 1);
	check_eq(rret[0], 1, "an endpoint of its own");
	ST(SUCCESS, get_config_addr_info2, 4, 2, DEV1, HI, LO, 0);
	check_eq(rret[0], PE1, "its address is not 0");
	ST(PARAMETER, get_config_addr_info2, 4, 2, DEV1, HI, LO, 2);
	ST(PARAMETER, get_config_addr_info2, 4, 2, NONE, HI, LO, 1);
	ST(SUCCESS, read_slot_reset_state2, 3, 4, PE1, HI, LO);
	check_eq(rret[0], 0, "it works");
	check_eq(rret[1], 1, "capable of EEH");
	ST(SUCCESS, read_slot_reset_state2, 3, 5, DEV0, HI, LO);
	ST(PARAMETER, read_slot_reset_state2, 3, 5, NONE, HI, LO);
	ST(SUCCESS, set_eeh_option, 4, 1, PE1, HI, LO, 2);
	ST(SUCCESS, set_eeh_option, 4, 1, PE1, HI, LO, 3);
	ST(SUCCESS, configure_pe, 3, 1, PE1, HI, LO);
	ST(NO_EVENT, slot_error_detail, 8, 1, DEV0, HI, LO, 0, 0, 0, 0, 1);
	ST(PARAMETER, slot_error_detail, 8, 1, DEV0, HI, LO, 0, 0, 0, 0, 3);
	ST(PARAMETER, slot_error_detail, 8, 1, NONE, HI, LO, 0, 0, 0, 0, 1);
	/* the slot is reset, and held so: BARs and command are for us to restore */
	cfg_write(DEV1 | 4, 2, 6);
	ST(PARAMETER, set_slot_reset, 4, 1, PE1, HI, LO, 2);
	ST(PARAMETER, set_slot_reset, 4, 1, NONE, HI, LO, 1);
	for (u32 how = 1; how <= 3; how += 2) {
		ST(SUCCESS, set_slot_reset, 4, 1, PE1, HI, LO, how);
		ST(SUCCESS, read_slot_reset_state2, 3, 4, PE1, HI, LO);
		check_eq(rret[0], 1, "held in reset");
		check_eq(cfg_read(DEV1, 4), 0xffffffff, "it does not answer");
		ST(PARAMETER, set_eeh_option, 4, 1, PE1, HI, LO, 2);
		ST(PARAMETER, configure_pe, 3, 1, PE1, HI, LO);
		ST(SUCCESS, set_slot_reset, 4, 1, PE1, HI, LO, 0);
		check_eq(cfg_read(DEV1, 4), 0x10441af4, "it answers again");
		check_eq(cfg_read(DEV1 | 4, 2), 0, "command is cleared");
		check_eq(cfg_read(DEV1 | 0x10, 4), 4, "the BAR as well");
	}
	ST(SUCCESS, set_slot_reset, 4, 1, PE1, HI, LO, 0);
	cfg_write(DEV1 | 0x10, 4, at);
	check_eq(cfg_read(DEV0, 4), 0x10441af4, "the other slot noticed nothing");
}

/* What is behind a slot goes, with its power, and comes back as at start. */
static void slot_power(void)
{
	u32 low, high;

	ST(SUCCESS, set_indicator, 3, 1, 9001, DRC1, 0);
	check_eq(cfg_read(DEV1, 4), 0xffffffff, "isolated: nobody in slot 1");
	ST(PARAMETER, change_msi, 6, 4, DEV1, HI, LO, 4, 1, 1);
	ST(PARAMETER, set_eeh_option, 4, 1, DEV1, HI, LO, 1);
	ST(SUCCESS, set_power_level, 2, 2, 2, 0);
	check_eq(rret[0], 0, "the domain of slot 1 is off");
	ST(-9001, get_sensor_state, 2, 2, 9003, DRC1);
	check_eq((u64)rtas(T_rtas_set_indicator, 3, 1, 9001, DRC1, 1) != 0, 1, "no power");
	ST(SUCCESS, set_power_level, 2, 2, 2, 100);
	ST(SUCCESS, get_sensor_state, 2, 2, 9003, DRC1);
	check_eq(rret[0], 1, "present");
	ST(SUCCESS, set_indicator, 3, 1, 9001, DRC1, 1);
	check_eq(cfg_read(DEV1, 4), 0x10441af4, "unisolated: it is there");
	low = cfg_read(DEV1 | 0x10, 4);
	high = cfg_read(DEV1 | 0x14, 4);
	check_eq(((u64)high << 32 | (low & ~15u)) >> 36, 0x21, "with an address for its BAR");
	check_eq(cfg_read(DEV1 | 4, 2), 0, "it does not decode yet");
}

static u64 list[512] __attribute__((aligned(4096)));

static void entries(void)
{
	u64 last = DMA32_SIZE - 4096;

	H(H_SUCCESS, H_PUT_TCE, LIOBN, 0x1fff, 0x5003);
	H(H_SUCCESS, H_GET_TCE, LIOBN, 0x1000);
	check_eq(hret[0], 0x5003, "the entry");
	H(H_PARAMETER, H_PUT_TCE, LIOBN + 1, 0, 0x5003);
	H(H_PARAMETER, H_PUT_TCE, 1ULL << 32 | LIOBN, 0, 0x5003);
	H(H_PARAMETER, H_PUT_TCE, 0, 0, 0x5003);
	H(H_PARAMETER, H_PUT_TCE, LIOBN, DMA32_SIZE, 0x5003);
	H(H_PARAMETER, H_PUT_TCE, LIOBN, ~0ULL, 0x5003);
	H(H_PARAMETER, H_PUT_TCE, LIOBN, 0, 1ULL << 41 | 1);
	H(H_PARAMETER, H_PUT_TCE, LIOBN, 0, bar | 3);
	H(H_SUCCESS, H_PUT_TCE, LIOBN, 0, bar);
	H(H_PARAMETER, H_GET_TCE, LIOBN, DMA32_SIZE);
	H(H_PARAMETER, H_GET_TCE, LIOBN + 1, 0);
	H(H_SUCCESS, H_STUFF_TCE, LIOBN, DMA32_SIZE - 512 * 4096, 0x7001, 512);
	H(H_SUCCESS, H_GET_TCE, LIOBN, last);
	check_eq(hret[0], 0x7001, "the last entry");
	H(H_PARAMETER, H_STUFF_TCE, LIOBN, 0, 0, 513);
	H(H_PARAMETER, H_STUFF_TCE, LIOBN, last, 0, 2);
	H(H_PARAMETER, H_STUFF_TCE, LIOBN, 0, 1ULL << 50 | 1, 2);
	H(H_PARAMETER, H_STUFF_TCE, 5, 0, 0, 1);
	H(H_SUCCESS, H_STUFF_TCE, LIOBN, last, 0, 1);
	H(H_SUCCESS, H_STUFF_TCE, LIOBN, last, 0, 0);
	for (u64 i = 0; i < 512; i++)
		list[i] = be64(i << 12 | 3);
	H(H_SUCCESS, H_PUT_TCE_INDIRECT, LIOBN, 0x10000, (u64)list, 512);
	H(H_SUCCESS, H_GET_TCE, LIOBN, 0x10000 + 0x1ff000);
	check_eq(hret[0], 0x1ff003, "the last one of the list");
	list[5] = be64(1ULL << 50 | 1);
	H(H_PARAMETER, H_PUT_TCE_INDIRECT, LIOBN, 0, (u64)list, 6);
	H(H_SUCCESS, H_GET_TCE, LIOBN, 0);
	check_eq(hret[0], bar, "nothing of a list with a bad entry");
	H(H_PARAMETER, H_PUT_TCE_INDIRECT, LIOBN, 0, (u64)list + 8, 1);
	H(H_PARAMETER, H_PUT_TCE_INDIRECT, LIOBN, 0, (u64)list, 513);
	H(H_PARAMETER, H_PUT_TCE_INDIRECT, LIOBN, 0, 1ULL << 50, 1);
	H(H_PARAMETER, H_PUT_TCE_INDIRECT, LIOBN, last, (u64)list, 2);
	H(H_PARAMETER, H_PUT_TCE_INDIRECT, 1, 0, (u64)list, 1);
}

static void windows(void)
{
	ST(SUCCESS, query_pe_dma_window, 3, 6, DEV0, HI, LO);
	check_eq(rret[0], 1, "one window is free");
	check_eq((u64)rret[1] << 32 | rret[2], 0x80000, "2 GiB of 4 KiB pages");
	check_eq(rret[3], 0x3, "pages of 4 KiB and 64 KiB");
	check_eq(rret[4], 0, "no migration");
	ST(SUCCESS, query_pe_dma_window, 3, 5, DEV0, HI, LO);
	check_eq(rret[1], 0x80000, "block size of one word");
	ST(PARAMETER, query_pe_dma_window, 3, 5, DEV0, HI, ~LO);
	ST(PARAMETER, create_pe_dma_window, 5, 4, DEV0, HI, LO, 13, 20);
	ST(PARAMETER, create_pe_dma_window, 5, 4, DEV0, HI, LO, 24, 31);
	ST(PARAMETER, create_pe_dma_window, 5, 4, DEV0, HI, LO, 16, 15);
	ST(PARAMETER, create_pe_dma_window, 5, 4, DEV0, HI, LO, 12, ~0u);
	ST(PARAMETER, create_pe_dma_window, 5, 4, DEV0, 0, LO, 16, 31);
	ST(HARDWARE, create_pe_dma_window, 5, 4, DEV0, HI, LO, 12, 40);
	ST(SUCCESS, create_pe_dma_window, 5, 4, DEV0, HI, LO, 16, 31);
	check_eq(rret[0], LIOBN + 1, "its number");
	check_eq((u64)rret[1] << 32 | rret[2], DDW, "its address");
	ST(HARDWARE, create_pe_dma_window, 5, 4, DEV0, HI, LO, 16, 31);
	ST(SUCCESS, query_pe_dma_window, 3, 6, DEV0, HI, LO);
	check_eq(rret[0], 0, "no window is free");
	H(H_SUCCESS, H_PUT_TCE, LIOBN + 1, DDW, 0x1000003);
	H(H_PARAMETER, H_PUT_TCE, LIOBN + 1, 0, 0x1000003);
	H(H_PARAMETER, H_PUT_TCE, LIOBN + 1, DDW + (1ULL << 31), 0x1000003);
	ST(SUCCESS, remove_pe_dma_window, 1, 1, LIOBN + 1);
	ST(PARAMETER, remove_pe_dma_window, 1, 1, LIOBN + 1);
	ST(PARAMETER, remove_pe_dma_window, 1, 1, 0);
	H(H_PARAMETER, H_GET_TCE, LIOBN + 1, DDW);
	ST(SUCCESS, remove_pe_dma_window, 1, 1, LIOBN);
	H(H_PARAMETER, H_GET_TCE, LIOBN, 0);
	ST(SUCCESS, reset_pe_dma_window, 3, 1, DEV0, HI, LO);
	ST(PARAMETER, reset_pe_dma_window, 3, 1, DEV0, HI, LO | 9);
	H(H_SUCCESS, H_GET_TCE, LIOBN, 0x1000);
	check_eq(hret[0], 0, "the first window is back, and empty");
}

/* ---- virtio by hand ---- */

#define NEEDS_RESET 64u
#define ISR 0x1000u
#define NOTIFY 0x3000u
#define TABLE 0x4000u
#define PBA 0x7000u
#define RING_DESC 0u
#define RING_AVAIL 0x400u
#define RING_USED 0x800u
#define N_RING 8u

static u8 *ring, *data; /* a page each */
static u16 sent;

static void put(u8 *at, u32 n, u64 v)
{
	for (u32 i = 0; i < n; i++)
		at[i] = (u8)(v >> (8 * i));
}

static u16 used(void)
{
	return (u16)(ring[RING_USED + 2] | ring[RING_USED + 3] << 8);
}

/* Status and features as [VIRTIO 1.2, 3.1.1] has it, then queue 0 at I/O address @at. */
static void start(u64 at, u16 vector)
{
	memset(ring, 0, 4096);
	sent = 0;
	wr(20, 1, 0);
	expect(rd(20, 1) == 0, "status after reset");
	wr(20, 1, 1);
	wr(20, 1, 3);
	wr(0, 4, 1);
	expect((rd(4, 4) & 3) == 3, "VERSION_1 and ACCESS_PLATFORM");
	wr(8, 4, 0);
	wr(12, 4, 0);
	wr(8, 4, 1);
	wr(12, 4, 3);
	wr(20, 1, 11);
	expect(rd(20, 1) == 11, "FEATURES_OK");
	wr(22, 2, 0);
	wr(24, 2, N_RING);
	wr(26, 2, vector);
	expect(rd(26, 2) == vector, "queue vector");
	wr(32, 4, at + RING_DESC);
	wr(36, 4, (at + RING_DESC) >> 32);
	wr(40, 8, at + RING_AVAIL);
	wr(48, 8, at + RING_USED);
	expect(rd(40, 4) == (u32)(at + RING_AVAIL), "address of the available ring");
	wr(28, 2, 1);
	wr(20, 1, 15);
	expect(rd(20, 1) == 15, "DRIVER_OK");
}

/* One buffer of @n bytes for the device to write. */
static void ask(u64 at, u32 n)
{
	u8 *d = ring + RING_DESC + 16 * (sent % N_RING);

	put(d, 8, at);
	put(d + 8, 4, n);
	put(d + 12, 2, 2);
	put(ring + RING_AVAIL + 4 + 2 * (sent % N_RING), 2, sent % N_RING);
	sent++;
	put(ring + RING_AVAIL + 2, 2, sent);
	asm volatile("sync" ::: "memory");
	wr(NOTIFY, 2, 0);
	for (u64 end = timebase() + 512000000; timebase() < end && used() != sent;)
		if (rd(20, 1) & NEEDS_RESET)
			break;
}

static bool is_zero(const u8 *p, u32 n)
{
	while (n && !*p) {
		p++;
		n--;
	}
	return !n;
}

/* XIRR without CPPR; EOI gives it back. */
static u32 accept(void)
{
	hcall(H_XIRR);
	return (u32)hret[0] & 0xffffff;
}

static void eoi(u32 source)
{
	hcall(H_EOI, 0xff000000 | source);
}

static void source_on(u32 source)
{
	rtas(T_rtas_set_xive, 3, 1, source, 0, 5);
	rtas(T_rtas_int_on, 1, 1, source);
}

static void by_level(void)
{
	u64 at = 0x100000;

	hcall(H_CPPR, 0xff);
	hcall(H_PUT_TCE, LIOBN, at, (u64)ring | 3);
	hcall(H_PUT_TCE, LIOBN, at + 0x1000, (u64)data | 2);
	source_on(LSI);
	start(at, 0xffff);
	memset(data, 0, 4096);
	ask(at + 0x1100, 64);
	check_eq(used(), 1, "the buffer came back");
	check(!is_zero(data + 0x100, 64), "with random bytes");
	check(is_zero(data, 0x100) && is_zero(data + 0x140, 0xec0), "and nothing beside them");
	check_eq(cfg_read(DEV0 | 6, 2) & 8, 8, "interrupt status");
	check_eq(accept(), LSI, "the level interrupt");
	eoi(LSI);
	check_eq(accept(), LSI, "and again, until the device is asked");
	check_eq(rd(ISR, 1), 1, "a queue wants something");
	eoi(LSI);
	check_eq(rd(ISR, 1), 0, "no more");
	check_eq(accept(), 0, "no interrupt any more");
	cfg_write(DEV0 | 4, 2, 0x406);
	ask(at + 0x1000, 16);
	check_eq(accept(), 0, "INTx is off");
	cfg_write(DEV0 | 4, 2, 6);
	check_eq(accept(), LSI, "INTx is on");
	(void)rd(ISR, 1);
	eoi(LSI);
}

static void by_message(void)
{
	u64 at = 0x100000;
	u32 cap = cfg_read(DEV0 | 0x34, 1);

	check_eq(cfg_read(DEV0 | cap, 1), 0x11, "MSI-X comes first");
	check_eq(cfg_read(DEV0 | (cap + 2), 2), 1, "two vectors");
	rtas(T_rtas_change_msi, 6, 4, DEV0, HI, LO, 4, 2, 1);
	source_on(MSI + 1);
	cfg_write(DEV0 | (cap + 2), 2, 0x8000);
	start(at, 1);
	check_eq(rd(TABLE + 16 + 8, 4), MSI + 1, "the table says where it goes");
	ask(at + 0x1000, 16);
	check_eq(accept(), 0, "masked");
	check_eq(rd(PBA, 4), 2, "pending");
	wr(TABLE + 16 + 12, 4, 0);
	check_eq(rd(PBA, 4), 0, "unmasked");
	check_eq(accept(), MSI + 1, "the message");
	eoi(MSI + 1);
	check_eq(accept(), 0, "once");
	check_eq(rd(ISR, 1), 0, "ISR is not used");
	ask(at + 0x1000, 16);
	check_eq(accept(), MSI + 1, "another message");
	eoi(MSI + 1);
	/* data of another function */
	wr(TABLE + 16 + 8, 4, MSI + 2);
	source_on(MSI + 2);
	ask(at + 0x1000, 16);
	check_eq(accept(), 0, "no message that is not one's own");
	wr(26, 2, 5);
	check_eq(rd(26, 2), 0xffff, "there is no vector 5");
	wr(TABLE + 16 + 8, 4, MSI + 1);
}

static void refused(void)
{
	u64 at = 0x100000;

	start(at, 1);
	memset(data, 0, 4096);
	ask(at + 0x1ff8, 16);
	check(rd(20, 1) & NEEDS_RESET, "a buffer that leaves its page: NEEDS_RESET");
	check(is_zero(data, 4096), "nothing was written");
	start(at, 1);
	ask(at + 0x1ff0, 16);
	check_eq(used(), 1, "after a reset it works again");
	H(H_SUCCESS, H_PUT_TCE, LIOBN, at + 0x1000, (u64)data | 1);
	memset(data, 0, 4096);
	ask(at + 0x1000, 16);
	check(rd(20, 1) & NEEDS_RESET, "a page that may only be read: NEEDS_RESET");
	check(is_zero(data, 4096), "nothing was written");
	H(H_SUCCESS, H_PUT_TCE, LIOBN, at + 0x1000, (u64)data | 3);
	start(at, 1);
	cfg_write(DEV0 | 4, 2, 2);
	ask(at + 0x1000, 16);
	check(rd(20, 1) & NEEDS_RESET, "no bus master: NEEDS_RESET");
	cfg_write(DEV0 | 4, 2, 6);
	start(0x200000, 1);
	ask(at + 0x1000, 16);
	check(rd(20, 1) & NEEDS_RESET, "rings that are not mapped: NEEDS_RESET");
}

static void by_window(void)
{
	u64 base = (u64)data & ~0xffffULL;

	ST(SUCCESS, create_pe_dma_window, 5, 4, DEV0, HI, LO, 16, 31);
	hcall(H_PUT_TCE, LIOBN + 1, DDW + base, base | 3);
	hcall(H_PUT_TCE, LIOBN + 1, DDW + ((u64)ring & ~0xffffULL), ((u64)ring & ~0xffffULL) | 3);
	start(DDW + (u64)ring, 1);
	memset(data, 0, 4096);
	ask(DDW + (u64)data + 4080, 16);
	check_eq(used(), 1, "through the dynamic window");
	check(!is_zero(data + 4080, 16), "random bytes");
	ST(SUCCESS, reset_pe_dma_window, 3, 1, DEV0, HI, LO);
	ask(DDW + (u64)data, 16);
	check(rd(20, 1) & NEEDS_RESET, "the window is gone: NEEDS_RESET");
	wr(20, 1, 0);
}

/* The capability that reaches the BAR through configuration space. */
static void by_config(void)
{
	u32 cap = cfg_read(DEV0 | 0x34, 1), data_at;

	for (u32 n = 0; n < 48 && cap; n++) {
		if (cfg_read(DEV0 | cap, 1) == 9 && cfg_read(DEV0 | (cap + 3), 1) == 5)
			break;
		cap = cfg_read(DEV0 | (cap + 1), 1);
	}
	check(cap, "VIRTIO_PCI_CAP_PCI_CFG");
	data_at = DEV0 | (cap + 16);
	cfg_write(DEV0 | (cap + 4), 1, 0);
	cfg_write(DEV0 | (cap + 8), 4, 18);
	cfg_write(DEV0 | (cap + 12), 4, 2);
	check_eq(cfg_read(data_at, 4), 1, "number of queues");
	cfg_write(DEV0 | (cap + 8), 4, 20);
	cfg_write(DEV0 | (cap + 12), 4, 1);
	cfg_write(data_at, 4, 0xabcdef01);
	check_eq(rd(20, 1), 1, "status");
	cfg_write(DEV0 | (cap + 8), 4, 0x7ffe);
	cfg_write(DEV0 | (cap + 12), 4, 4);
	cfg_write(data_at, 4, 0);
	cfg_write(DEV0 | (cap + 8), 4, 0xfffffffc);
	(void)cfg_read(data_at, 4);
	cfg_write(DEV0 | (cap + 4), 1, 3);
	(void)cfg_read(data_at, 4);
	cfg_write(data_at, 4, 0);
	check_eq(rd(20, 1), 1, "accesses outside of the BAR do nothing");
	wr(20, 1, 0);
}

int main(void)
{
	ring = alloc(65536, 65536);
	data = alloc(65536, 65536);
	config_space();
	bars();
	interrupts();
	error_handling();
	slot_power();
	entries();
	windows();
	by_level();
	by_message();
	refused();
	by_window();
	by_config();
	finish();
}
