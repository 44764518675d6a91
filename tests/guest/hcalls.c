/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every hypercall of hcall.def with right and wrong arguments, and its
 * statuses. This run is with XICS; hcalls_xive.c is the same with XIVE.
 * guest-args: --smp 2 --interrupt-controller xics
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define ST(status, nr, ...)                                         \
	check_eq((u64)hcall(nr, ##__VA_ARGS__), (u64)(s64)(status), \
		 #nr "(" #__VA_ARGS__ ") = " #status)

#define NOWHERE (1ULL << 42)	    /* beyond the largest RAM and the PCI windows */
#define WRAPS 0xfffffffffffffff8ULL /* and more than the address space */
#define IRQ_EPOW 0x1000
#define IRQ_NONE 0x1002

static u8 page[8192] __attribute__((aligned(4096)));
static u8 page2[4096] __attribute__((aligned(4096)));
static volatile u32 cpu1_state;
static bool xive_mode;

/* The address after RAM: the highest of 2^n * 256 MiB that H_LOGICAL_DCBF takes. */
static u64 ram_end(void)
{
	u64 step = 1ULL << 39, end = 0;

	for (; step >= 256ULL << 20; step >>= 1)
		if (!hcall(H_LOGICAL_DCBF, end + step - 1))
			end += step;
	return end;
}

static void unknown(void)
{
	static const u64 numbers[] = { 0,      0x4,    0x8,    0x488,
				       0x48c,  0x3d4,  0x25,   0xef00,
				       0xef80, 0xf004, 0xf006, 0xf007,
				       0xf800, 0xf80c, ~0ULL,  1ULL << 32 | 0xe0,
				       0x10000 };
	u64 in[9] = { 11, 12, 13, 14, 15, 16, 17, 18, 19 };

	for (u32 i = 0; i < ARRAY_SIZE(numbers); i++) {
		expect(hcall9(numbers[i], in) == H_FUNCTION, "hcall 0x%llx",
		       (unsigned long long)numbers[i]);
		expect(!memcmp(in, hret, sizeof(in)), "registers after hcall 0x%llx",
		       (unsigned long long)numbers[i]);
	}
	pass("unknown hypercalls");
}

static void other_mode(void)
{
	static const u64 xics[] = { H_EOI, H_CPPR, H_IPI, H_IPOLL, H_XIRR, H_XIRR_X };
	static const u64 xive[] = { H_INT_GET_SOURCE_INFO,
				    H_INT_SET_SOURCE_CONFIG,
				    H_INT_GET_SOURCE_CONFIG,
				    H_INT_GET_QUEUE_INFO,
				    H_INT_SET_QUEUE_CONFIG,
				    H_INT_GET_QUEUE_CONFIG,
				    H_INT_SET_OS_REPORTING_LINE,
				    H_INT_GET_OS_REPORTING_LINE,
				    H_INT_ESB,
				    H_INT_SYNC,
				    H_INT_RESET };

	for (u32 i = 0; i < (xive_mode ? ARRAY_SIZE(xics) : ARRAY_SIZE(xive)); i++)
		expect(hcall(xive_mode ? xics[i] : xive[i], 0) == H_FUNCTION,
		       "call %u of the other mode", i);
	pass("calls of the other interrupt mode");
}

static void logical(u64 end)
{
	u64 at = (u64)page;

	memset(page, 0x11, 16);
	*(volatile u64 *)page = be64(0x0123456789abcdefULL);
	ST(H_SUCCESS, H_LOGICAL_CI_LOAD, 8, at);
	check_eq(hret[0], 0x0123456789abcdefULL, "8 bytes");
	ST(H_SUCCESS, H_LOGICAL_CI_LOAD, 4, at + 4);
	check_eq(hret[0], 0x89abcdef, "4 bytes");
	ST(H_SUCCESS, H_LOGICAL_CACHE_LOAD, 2, at + 2);
	check_eq(hret[0], 0x4567, "2 bytes");
	ST(H_SUCCESS, H_LOGICAL_CACHE_LOAD, 1, at + 7);
	check_eq(hret[0], 0xef, "1 byte");
	ST(H_SUCCESS, H_LOGICAL_CI_STORE, 2, at + 2, 0xffffaabb);
	check_eq(be64(*(volatile u64 *)page), 0x0123aabb89abcdefULL, "stored 2 bytes");
	ST(H_SUCCESS, H_LOGICAL_CACHE_STORE, 8, at, 7);
	check_eq(be64(*(volatile u64 *)page), 7, "stored 8 bytes");
	for (u64 size = 0; size < 20; size++)
		if (size != 1 && size != 2 && size != 4 && size != 8) {
			expect(hcall(H_LOGICAL_CI_LOAD, size, at) == H_PARAMETER, "size %u",
			       (u32)size);
			expect(hcall(H_LOGICAL_CI_STORE, size, at) == H_PARAMETER, "size %u",
			       (u32)size);
		}
	ST(H_PARAMETER, H_LOGICAL_CI_LOAD, 1ULL << 32 | 8, at);
	ST(H_PARAMETER, H_LOGICAL_CACHE_LOAD, 8, at + 4);
	ST(H_PARAMETER, H_LOGICAL_CACHE_STORE, 2, at + 1, 0);
	ST(H_PARAMETER, H_LOGICAL_CI_LOAD, 8, NOWHERE);
	ST(H_PARAMETER, H_LOGICAL_CI_STORE, 8, NOWHERE, 0);
	ST(H_PARAMETER, H_LOGICAL_CACHE_LOAD, 8, WRAPS);
	ST(H_PARAMETER, H_LOGICAL_CI_LOAD, 1, end);
	ST(H_SUCCESS, H_LOGICAL_CI_LOAD, 8, end - 8);
	ST(H_SUCCESS, H_LOGICAL_ICBI, at);
	ST(H_PARAMETER, H_LOGICAL_ICBI, NOWHERE);
	ST(H_SUCCESS, H_LOGICAL_DCBF, at);
	ST(H_PARAMETER, H_LOGICAL_DCBF, ~0ULL);
}

static void page_init(u64 end)
{
	u64 at = (u64)page, at2 = (u64)page2;

	memset(page, 0xaa, sizeof(page));
	memset(page2, 0x55, sizeof(page2));
	ST(H_SUCCESS, H_PAGE_INIT, 0, at, 0);
	check(page[0] == 0xaa, "no flags: nothing is done");
	ST(H_SUCCESS, H_PAGE_INIT, BIT(48), at, 0);
	check(page[0] == 0 && page[4095] == 0 && page[4096] == 0xaa, "zeroed, no more");
	ST(H_SUCCESS, H_PAGE_INIT, BIT(49) | BIT(50) | BIT(51), at, at2);
	check(page[0] == 0x55 && page[4095] == 0x55 && page[4096] == 0xaa, "copied, no more");
	ST(H_SUCCESS, H_PAGE_INIT, BIT(49), at, at);
	ST(H_PARAMETER, H_PAGE_INIT, BIT(48), at + 8, 0);
	ST(H_PARAMETER, H_PAGE_INIT, BIT(49), at, at2 + 2048);
	ST(H_PARAMETER, H_PAGE_INIT, BIT(49), at, NOWHERE);
	ST(H_PARAMETER, H_PAGE_INIT, BIT(48), end, 0);
	ST(H_PARAMETER, H_PAGE_INIT, BIT(47), at, 0);
	ST(H_PARAMETER, H_PAGE_INIT, 1, at, 0);
	check(page[0] == 0x55, "nothing was done by the wrong ones");
}

static void memop(u64 end)
{
	u64 at = (u64)page, at2 = (u64)page2;

	for (u32 i = 0; i < 64; i++)
		page[i] = (u8)i;
	ST(H_SUCCESS, H_LOGICAL_MEMOP, at + 8, at, 3, 4, 0);
	check(page[8] == 0 && page[39] == 31 && page[40] == 40, "copy up over itself");
	ST(H_SUCCESS, H_LOGICAL_MEMOP, at2, at, 0, 33, 1);
	check(page2[0] == 0xff && (page2[32] ^ page[32]) == 0xff && page2[33] == 0x55, "inverted");
	ST(H_SUCCESS, H_LOGICAL_MEMOP, at2, at, 3, 0, 0);
	ST(H_PARAMETER, H_LOGICAL_MEMOP, at2, at, 4, 1, 0);
	ST(H_PARAMETER, H_LOGICAL_MEMOP, at2, at, 3, 1, 2);
	ST(H_PARAMETER, H_LOGICAL_MEMOP, at2 + 1, at, 1, 1, 0);
	ST(H_PARAMETER, H_LOGICAL_MEMOP, at2, at, 3, 1ULL << 61, 0);
	ST(H_PARAMETER, H_LOGICAL_MEMOP, at2, at, 3, ~0ULL, 0);
	ST(H_PARAMETER, H_LOGICAL_MEMOP, NOWHERE, at, 3, 1, 0);
	ST(H_PARAMETER, H_LOGICAL_MEMOP, at, end - 8, 3, 2, 0);
	ST(H_PARAMETER, H_LOGICAL_MEMOP, at, WRAPS, 3, 2, 1);
}

static void terminal(void)
{
	ST(H_SUCCESS, H_PUT_TERM_CHAR, 0, 0);
	ST(H_SUCCESS, H_PUT_TERM_CHAR, 0x71000000, 16, 0x2f2f207465726d69ULL,
	   0x6e616c206f6b0a0aULL);
	ST(H_PARAMETER, H_PUT_TERM_CHAR, 0, 17);
	ST(H_PARAMETER, H_PUT_TERM_CHAR, 0x71000000, ~0ULL);
	ST(H_PARAMETER, H_PUT_TERM_CHAR, 1, 1);
	ST(H_PARAMETER, H_PUT_TERM_CHAR, 0x71000001, 1);
	ST(H_PARAMETER, H_PUT_TERM_CHAR, 0x171000000ULL, 1);
	ST(H_SUCCESS, H_GET_TERM_CHAR, 0x71000000);
	check_eq(hret[0], 0, "nothing typed");
	ST(H_PARAMETER, H_GET_TERM_CHAR, 5);
}

static void *vpa_of(u16 size)
{
	u8 *vpa = alloc(4096, 4096);

	memset(vpa, 0, 4096);
	*(volatile u16 *)(vpa + 4) = be16(size);
	return vpa;
}

static void *buffer_of(u32 size)
{
	u8 *b = alloc(8192, 4096);

	memset(b, 0, 8192);
	*(volatile u32 *)(b + 4) = be32(size);
	return b;
}

#define VPA(fn) ((u64)(fn) << 45)
static void vpa(u64 end)
{
	u64 good = (u64)vpa_of(640), small = (u64)vpa_of(639), large = (u64)vpa_of(4097);
	u64 dtl = (u64)buffer_of(4096), shadow = (u64)buffer_of(640);

	ST(H_RESOURCE, H_REGISTER_VPA, VPA(2), 0, dtl);
	ST(H_RESOURCE, H_REGISTER_VPA, VPA(3), 0, shadow);
	ST(H_SUCCESS, H_REGISTER_VPA, VPA(1), 0, good);
	check(((u8 *)good)[9] & 2, "the VPA tells of a shared processor");
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(1), 2, good);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(1), ~0ULL, good);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(1), 0, 0);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(1), 0, good + 32);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(1), 0, small);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(1), 0, large);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(1), 0, end);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(1), 0, NOWHERE);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(0), 0, good);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(4), 0, good);
	ST(H_SUCCESS, H_REGISTER_VPA, VPA(2), 0, dtl);
	*(volatile u32 *)(dtl + 4) = be32(47);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(2), 0, dtl);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(2), 0, dtl + 4);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(2), 0, NOWHERE);
	*(volatile u32 *)(dtl + 4) = ~0u;
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(2), 0, dtl);
	ST(H_SUCCESS, H_REGISTER_VPA, VPA(3), 0, shadow);
	*(volatile u32 *)(shadow + 4) = be32(4097);
	ST(H_PARAMETER, H_REGISTER_VPA, VPA(3), 0, shadow);
	ST(H_RESOURCE, H_REGISTER_VPA, VPA(5), 0, 0);
	ST(H_SUCCESS, H_REGISTER_VPA, VPA(6), 0, 0);
	ST(H_RESOURCE, H_REGISTER_VPA, VPA(5), 0, 0);
	ST(H_SUCCESS, H_REGISTER_VPA, VPA(7), 0, 0);
	ST(H_SUCCESS, H_REGISTER_VPA, VPA(5), 0, 0);
	ST(H_RESOURCE, H_REGISTER_VPA, VPA(3), 0, (u64)buffer_of(640));
	/* for another processor */
	ST(H_SUCCESS, H_REGISTER_VPA, VPA(1), 1, good);
	ST(H_SUCCESS, H_REGISTER_VPA, VPA(5), 1, 0);
}

static void joined(unsigned int cpu)
{
	(void)cpu;
	cpu1_state = 1;
	cpu1_state = hcall(H_JOIN) == H_SUCCESS ? 2 : 3;
}

static u32 code[16];

static void splpar(void)
{
	static const u32 join[] = { 0x44000022, I_SC }; /* sc 1; sc */
	struct regs r = { 0 };
	u64 yield = (u64)vpa_of(640), tb;

	ST(H_SUCCESS, H_PROD, 0);
	ST(H_PARAMETER, H_PROD, 2);
	ST(H_PARAMETER, H_PROD, ~0ULL);
	ST(H_SUCCESS, H_REGISTER_VPA, VPA(1), 0, yield);
	tb = timebase();
	/* the prod above is not lost: this returns at once, with EE set, and DEC far away */
	put_code(code, join, 2);
	r.pc = (u64)code;
	r.msr = MSR_REAL;
	r.gpr[3] = H_CEDE;
	mtspr(22, 0x70000000);
	check_eq(run(&r), 0xc00, "H_CEDE comes back");
	check_eq(r.gpr[3], 0, "H_CEDE = H_SUCCESS");
	check(timebase() - tb < 512000000, "H_CEDE after H_PROD does not wait");
	check(r.msr & MSR_EE, "H_CEDE sets EE");
	check_eq(be32(*(volatile u32 *)(yield + 0x100)) & 1, 0, "yield count is even");
	check(be32(*(volatile u32 *)(yield + 0x100)) >= 2, "yield count has stepped twice");
	ST(H_SUCCESS, H_REGISTER_VPA, VPA(5), 0, 0);
	ST(H_SUCCESS, H_CONFER, ~0ULL, 0);
	ST(H_SUCCESS, H_CONFER, 1, 1);
	ST(H_PARAMETER, H_CONFER, 0, 0);
	ST(H_PARAMETER, H_CONFER, 2, 0);
	/* vCPU 1 is stopped: the last one goes on */
	ST(H_CONTINUE, H_JOIN);
	r.pc = (u64)code;
	r.msr = MSR_REAL | MSR_EE;
	r.gpr[3] = H_JOIN;
	mtspr(22, 0x70000000);
	run(&r);
	check_eq(r.gpr[3], (u64)H_BAD_MODE, "H_JOIN with EE = 1");
	check(start_cpu(1, joined), "start-cpu 1");
	while (cpu1_state != 1)
		continue;
	for (tb = timebase(); timebase() - tb < 5120000;)
		continue;
	check_eq(cpu1_state, 1, "H_JOIN waits");
	ST(H_SUCCESS, H_PROD, 1);
	while (cpu1_state == 1)
		continue;
	check_eq(cpu1_state, 2, "H_JOIN = H_SUCCESS after H_PROD");
}

static void processor(void)
{
	u64 a[9], b[9];

	ST(H_SUCCESS, H_SET_SPRG0, 0x1234567890ULL);
	check_eq(mfspr(272), 0x1234567890ULL, "SPRG0");
	ST(H_SUCCESS, H_GET_CPU_CHARACTERISTICS);
	ST(H_SUCCESS, H_RANDOM);
	memcpy(a, hret, sizeof(a));
	ST(H_SUCCESS, H_RANDOM);
	memcpy(b, hret, sizeof(b));
	check(a[0] != b[0], "two random numbers differ");
	ST(H_SUCCESS, H_HOME_NODE_ASSOCIATIVITY, 1, 1);
	ST(H_SUCCESS, H_HOME_NODE_ASSOCIATIVITY, 2, 0);
	ST(H_PARAMETER, H_HOME_NODE_ASSOCIATIVITY, 0, 0);
	ST(H_PARAMETER, H_HOME_NODE_ASSOCIATIVITY, 3, 0);
	ST(H_P2, H_HOME_NODE_ASSOCIATIVITY, 1, 2);
	ST(H_PARAMETER, H_SIGNAL_SYS_RESET, 2);
	ST(H_PARAMETER, H_SIGNAL_SYS_RESET, (u64)-3);
	ST(H_SUCCESS, H_SIGNAL_SYS_RESET, (u64)-2);
}

static void set_mode(void)
{
	ST(H_P2, H_SET_MODE, 0, 0);
	ST(H_P2, H_SET_MODE, 0, 6);
	ST(H_P2, H_SET_MODE, 0, ~0ULL);
	ST(H_SUCCESS, H_SET_MODE, 0, 1, 0);
	ST(H_UNSUPPORTED_FLAG, H_SET_MODE, 1, 1, 0);
	ST(H_P3, H_SET_MODE, 0, 1, 3);
	ST(H_P4, H_SET_MODE, 0, 1, 0, 1);
	ST(H_SUCCESS, H_SET_MODE, 0, 2, 0, 0);
	ST(H_UNSUPPORTED_FLAG, H_SET_MODE, 1, 2, 0, 0);
	ST(H_P4, H_SET_MODE, 0, 2, 0, 4);
	ST(H_SUCCESS, H_SET_MODE, 3, 3);
	ST(H_SUCCESS, H_SET_MODE, 0, 3);
	ST(H_UNSUPPORTED_FLAG, H_SET_MODE, 1, 3);
	ST(H_UNSUPPORTED_FLAG, H_SET_MODE, 4, 3);
	ST(H_P3, H_SET_MODE, 3, 3, 1);
	ST(H_P4, H_SET_MODE, 3, 3, 0, 1);
	ST(H_UNSUPPORTED_FLAG, H_SET_MODE, 2, 4);
	ST(H_P3, H_SET_MODE, 0, 4, 1);
	ST(H_P4, H_SET_MODE, 0, 4, 0, 1);
	ST(H_SUCCESS, H_SET_MODE, IS_LE, 4);
	if (mfspr(287) >> 16 >= 0x80) {
		ST(H_SUCCESS, H_SET_MODE, 0, 5, 0, 0);
		ST(H_UNSUPPORTED_FLAG, H_SET_MODE, 1, 5, 0, 0);
		ST(H_UNSUPPORTED_FLAG, H_SET_MODE, 2, 3);
	}
}

static void translation(u64 end)
{
	u64 table = (u64)alloc(65536, 65536);

	memset((void *)table, 0, 65536);
	ST(H_SUCCESS, H_REGISTER_PROC_TBL, 0x1d, table, 0, 4);
	ST(H_SUCCESS, H_REGISTER_PROC_TBL, 0x10);
	ST(H_PARAMETER, H_REGISTER_PROC_TBL, 0x3d, table, 0, 4);
	ST(H_PARAMETER, H_REGISTER_PROC_TBL, 0x0d, table, 0, 4);
	ST(H_NOT_AVAILABLE, H_REGISTER_PROC_TBL, 0x18, table, 0, 4);
	ST(H_P2, H_REGISTER_PROC_TBL, 0x1d, table + 4096, 0, 4);
	ST(H_P2, H_REGISTER_PROC_TBL, 0x1d, end, 0, 0);
	ST(H_P2, H_REGISTER_PROC_TBL, 0x1d, 1ULL << 60, 0, 0);
	ST(H_P3, H_REGISTER_PROC_TBL, 0x1d, table, 1, 4);
	ST(H_P4, H_REGISTER_PROC_TBL, 0x1d, table, 0, 25);
	ST(H_SUCCESS, H_RPT_INVALIDATE, 1, 1, 2, 1, 0, ~0ULL);
	ST(H_SUCCESS, H_RPT_INVALIDATE, 1, 1, 2, 1, 0x10000, 0x20000);
	ST(H_SUCCESS, H_RPT_INVALIDATE, 1, 2, 6, 0xf, 0x10000, 0x20000);
	ST(H_SUCCESS, H_RPT_INVALIDATE, 1, 1, 0xe, 1, 0, ~0ULL);
	ST(H_PARAMETER, H_RPT_INVALIDATE, 1ULL << 32, 1, 2, 1, 0, ~0ULL);
	ST(H_P2, H_RPT_INVALIDATE, 1, 0, 2, 1, 0, ~0ULL);
	ST(H_P2, H_RPT_INVALIDATE, 1, 8, 2, 1, 0, ~0ULL);
	ST(H_P3, H_RPT_INVALIDATE, 1, 1, 0, 1, 0, ~0ULL);
	ST(H_P3, H_RPT_INVALIDATE, 1, 1, 1, 1, 0, ~0ULL);
	ST(H_P3, H_RPT_INVALIDATE, 1, 1, 0x10, 1, 0, ~0ULL);
	ST(H_P4, H_RPT_INVALIDATE, 1, 1, 2, 0, 0, ~0ULL);
	ST(H_P4, H_RPT_INVALIDATE, 1, 1, 2, 0x10, 0, ~0ULL);
	ST(H_P6, H_RPT_INVALIDATE, 1, 1, 2, 1, 0x20000, 0x10000);
}

static void xics(void)
{
	ST(H_SUCCESS, H_CPPR, 0xff);
	ST(H_SUCCESS, H_IPI, 0, 4);
	ST(H_SUCCESS, H_IPOLL, 0);
	check_eq(hret[0], 0xff000002, "XIRR of an IPI");
	check_eq(hret[1], 4, "MFRR");
	ST(H_SUCCESS, H_XIRR, 0xff);
	check_eq(hret[0], 0xff000002, "XIRR accepts");
	ST(H_SUCCESS, H_XIRR_X, 0xff);
	check_eq(hret[0], 0x04000000, "nothing more, CPPR is the IPI's");
	check(hret[1] - timebase() + 512000000 <= 512000000, "a time stamp");
	ST(H_SUCCESS, H_IPI, 0, 0xff);
	ST(H_SUCCESS, H_EOI, 0xff000002);
	ST(H_SUCCESS, H_EOI, 0xff000000 | IRQ_EPOW);
	ST(H_PARAMETER, H_EOI, 0xff000000 | IRQ_NONE);
	ST(H_PARAMETER, H_IPI, 2, 0);
	ST(H_PARAMETER, H_IPI, 1ULL << 32, 0);
	ST(H_PARAMETER, H_IPOLL, 2);
	ST(H_PARAMETER, H_IPOLL, ~0ULL);
	ST(H_SUCCESS, H_CPPR, 0);
}

static void xive(u64 end)
{
	u64 eq = (u64)alloc(65536, 65536);

	ST(H_SUCCESS, H_INT_RESET, 0);
	ST(H_PARAMETER, H_INT_RESET, 1);
	ST(H_SUCCESS, H_INT_GET_SOURCE_INFO, 0, 0);
	check_eq(hret[0], BIT(62) | BIT(63), "IPI: trigger, store EOI");
	check_eq(hret[3], 16, "ESB shift");
	ST(H_SUCCESS, H_INT_GET_SOURCE_INFO, 0, IRQ_EPOW);
	ST(H_PARAMETER, H_INT_GET_SOURCE_INFO, 1, 0);
	ST(H_P2, H_INT_GET_SOURCE_INFO, 0, 2);
	ST(H_P2, H_INT_GET_SOURCE_INFO, 0, 1ULL << 32);
	ST(H_SUCCESS, H_INT_SET_SOURCE_CONFIG, BIT(62), 0, 1, 5, 0x4711);
	ST(H_SUCCESS, H_INT_GET_SOURCE_CONFIG, 0, 0);
	check(hret[0] == 1 && hret[1] == 5 && hret[2] == 0x4711, "source config as set");
	ST(H_SUCCESS, H_INT_SET_SOURCE_CONFIG, BIT(63), 0, 0, 0, 0);
	ST(H_SUCCESS, H_INT_GET_SOURCE_CONFIG, 0, 0);
	check_eq(hret[1], 0xff, "masked");
	ST(H_PARAMETER, H_INT_SET_SOURCE_CONFIG, 4, 0, 0, 5, 0);
	ST(H_P2, H_INT_SET_SOURCE_CONFIG, 0, IRQ_NONE, 0, 5, 0);
	ST(H_P3, H_INT_SET_SOURCE_CONFIG, 0, 0, 2, 5, 0);
	ST(H_P3, H_INT_SET_SOURCE_CONFIG, 0, 0, 1ULL << 32, 5, 0);
	ST(H_P4, H_INT_SET_SOURCE_CONFIG, 0, 0, 0, 7, 0);
	ST(H_P4, H_INT_SET_SOURCE_CONFIG, 0, 0, 0, 0x105, 0);
	ST(H_P5, H_INT_SET_SOURCE_CONFIG, BIT(62), 0, 0, 5, 1ULL << 31);
	ST(H_PARAMETER, H_INT_GET_SOURCE_CONFIG, 1, 0);
	ST(H_P2, H_INT_GET_SOURCE_CONFIG, 0, 0x2000);
	ST(H_SUCCESS, H_INT_GET_QUEUE_INFO, 0, 0, 5);
	ST(H_PARAMETER, H_INT_GET_QUEUE_INFO, 1, 0, 5);
	ST(H_P2, H_INT_GET_QUEUE_INFO, 0, 2, 5);
	ST(H_P3, H_INT_GET_QUEUE_INFO, 0, 0, 7);
	ST(H_SUCCESS, H_INT_SET_QUEUE_CONFIG, BIT(63), 0, 5, eq, 16);
	ST(H_SUCCESS, H_INT_GET_QUEUE_CONFIG, BIT(63), 0, 5);
	check(hret[1] == eq && hret[2] == 16 && hret[3] == 1 && hret[4] == 0, "queue as set");
	ST(H_SUCCESS, H_INT_GET_QUEUE_CONFIG, 0, 0, 4);
	check(hret[1] == 0 && hret[2] == 0, "no queue");
	ST(H_PARAMETER, H_INT_SET_QUEUE_CONFIG, 2, 0, 5, eq, 16);
	ST(H_P2, H_INT_SET_QUEUE_CONFIG, 0, 2, 5, eq, 16);
	ST(H_P3, H_INT_SET_QUEUE_CONFIG, 0, 0, 7, eq, 16);
	ST(H_P4, H_INT_SET_QUEUE_CONFIG, 0, 0, 5, eq + 4096, 16);
	ST(H_P4, H_INT_SET_QUEUE_CONFIG, 0, 0, 5, end, 16);
	ST(H_P4, H_INT_SET_QUEUE_CONFIG, 0, 0, 5, NOWHERE, 16);
	ST(H_P5, H_INT_SET_QUEUE_CONFIG, 0, 0, 5, eq, 17);
	ST(H_P5, H_INT_SET_QUEUE_CONFIG, 0, 0, 5, eq, 64);
	ST(H_P5, H_INT_SET_QUEUE_CONFIG, 0, 0, 5, eq, ~0ULL);
	ST(H_SUCCESS, H_INT_SET_QUEUE_CONFIG, 0, 0, 5, 0, 0);
	ST(H_PARAMETER, H_INT_GET_QUEUE_CONFIG, 2, 0, 5);
	ST(H_P2, H_INT_GET_QUEUE_CONFIG, 0, 99, 5);
	ST(H_P3, H_INT_GET_QUEUE_CONFIG, 0, 0, 8);
	ST(H_SUCCESS, H_INT_SET_OS_REPORTING_LINE, 0, eq);
	ST(H_SUCCESS, H_INT_GET_OS_REPORTING_LINE, 0, 0);
	check_eq(hret[0], eq, "reporting line");
	ST(H_SUCCESS, H_INT_SET_OS_REPORTING_LINE, 0, ~0ULL);
	ST(H_PARAMETER, H_INT_SET_OS_REPORTING_LINE, 1, eq);
	ST(H_P2, H_INT_SET_OS_REPORTING_LINE, 0, eq + 64);
	ST(H_P2, H_INT_SET_OS_REPORTING_LINE, 0, end);
	ST(H_PARAMETER, H_INT_GET_OS_REPORTING_LINE, 1, 0);
	ST(H_P2, H_INT_GET_OS_REPORTING_LINE, 0, 2);
	ST(H_SUCCESS, H_INT_ESB, 0, 0, 0x800, 0);
	check_eq(hret[0], 1, "PQ after reset: off");
	ST(H_SUCCESS, H_INT_ESB, 1, 0, 0xc00, 0);
	check_eq(hret[0], ~0ULL, "a store answers all ones");
	ST(H_SUCCESS, H_INT_ESB, 0, 0, 0xd00, 0);
	check_eq(hret[0], 0, "PQ as stored");
	ST(H_PARAMETER, H_INT_ESB, 2, 0, 0x800, 0);
	ST(H_P2, H_INT_ESB, 0, IRQ_NONE, 0x800, 0);
	ST(H_P3, H_INT_ESB, 0, 0, 0x10000, 0);
	ST(H_SUCCESS, H_INT_SYNC, 0, 0);
	ST(H_PARAMETER, H_INT_SYNC, 1, 0);
	ST(H_P2, H_INT_SYNC, 0, IRQ_NONE);
	ST(H_SUCCESS, H_INT_RESET, 0);
}

static void firmware(u64 end)
{
	u32 *block = alloc(4096, 4096);

	ST(H_PARAMETER, H_RTAS, NOWHERE);
	ST(H_PARAMETER, H_RTAS, end - 8);
	ST(H_PARAMETER, H_RTAS, WRAPS);
	block[0] = be32(0x2001);
	block[1] = be32(0);
	block[2] = be32(8);
	ST(H_SUCCESS, H_RTAS, (u64)block);
	block[0] = be32(0x7777);
	ST(H_PARAMETER, H_RTAS, (u64)block);
	ST(H_HARDWARE, H_CAS, NOWHERE, 0, 0);
	ST(H_HARDWARE, H_CAS, end - 4, 0, 0);
	/* one PVR pair for all, ending the list; vectors 1 to 5 */
	static const u8 vec[] = { 0, 0, 0, 0, 0, 0, 0, 1,
				  /* ends the list, matches nothing */ };
	static const u8 good[] = { 0, 0, 0, 0, 0, 0, 0, 0, /* matches all */
				   0, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 26 };

	memcpy(block, vec, sizeof(vec));
	ST(H_HARDWARE, H_CAS, (u64)block, 0, 0);
	memset(block, 0, 128);
	memcpy(block, good, sizeof(good));
	((u8 *)block)[25 + 23] = xive_mode ? 0x40 : 0;
	((u8 *)block)[25 + 24] = 0x40;
	((u8 *)block)[25 + 26] = 0x40;
	ST(H_SUCCESS, H_CAS, (u64)block, 0, 0);
	/* a service of the client interface: milliseconds */
	memcpy(block + 32, "milliseconds", 13);
	block[0] = be32((u32)(u64)(block + 32));
	block[1] = 0;
	block[2] = be32(1);
	if (boot_r5) {
		ST(H_SUCCESS, H_VOF_CLIENT, (u64)block);
		memcpy(block + 32, "nonsense", 9);
		ST(H_HARDWARE, H_VOF_CLIENT, (u64)block);
		ST(H_HARDWARE, H_VOF_CLIENT, end - 4);
	} else {
		ST(H_FUNCTION, H_VOF_CLIENT, (u64)block);
	}
}

static void problem_state(void)
{
	static const u32 words[] = { 0x44000022, I_SC }; /* sc 1; sc */
	u8 *user = alloc(65536, 65536);
	struct regs r = { 0 };

	mmu_init();
	map(0, 0x10000000000ULL, (u64)user, 16, PTE_R | PTE_X | PTE_REF);
	put_code(user, words, 2);
	for (u32 i = 0; i < ARRAY_SIZE(words); i++)
		r.gpr[4 + i] = 1;
	r.pc = 0x10000000000ULL;
	r.msr = MSR_USER;
	r.gpr[3] = H_RANDOM;
	mtspr(22, 0x70000000);
	check_eq(run(&r), 0xc00, "hypercall in problem state");
	check_eq(r.gpr[3], (u64)H_PRIVILEGE, "H_PRIVILEGE");
	check_eq(r.gpr[4], 1, "r4 is as it was");
}

int main(void)
{
	u64 end = ram_end();

	print("RAM ends at 0x%llx\n", (unsigned long long)end);
	xive_mode = hcall(H_INT_RESET, 0) == H_SUCCESS;
	print("mode %s\n", xive_mode ? "xive" : "xics");
	unknown();
	other_mode();
	logical(end);
	page_init(end);
	memop(end);
	terminal();
	vpa(end);
	splpar();
	processor();
	set_mode();
	translation(end);
	if (xive_mode)
		xive(end);
	else
		xics();
	firmware(end);
	problem_state();
	return 0;
}
