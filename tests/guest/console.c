/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts of devices: console input and shutdown events, with XICS and XIVE.
 * run_console.py plays the other side: it types, asks for a flood of output
 * that it does not read, and sends SIGTERM.
 * guest-run: no
 */
#include "guest.h"

#define RTAS(name, token, handler, ...) T_##handler = token,
enum rtas_tokens {
#include "papr/rtas/rtas.def"
};
#undef RTAS

#define EPOW 0x1000u
#define VIO 0x1100u
#define NONE 0u
#define FLOOD (400u << 10)

static bool is_xive;
static volatile u32 *eq;
static u32 eq_at;
static u32 code[16];
static u8 log[1024] __attribute__((aligned(16)));

static void enable(u32 irq)
{
	if (is_xive) {
		expect(!hcall(H_INT_SET_SOURCE_CONFIG, 2, irq, 0, 5, irq), "source 0x%x", irq);
		hcall(H_INT_ESB, 0, irq, 0xc00, 0);
		return;
	}
	expect(!rtas(T_rtas_set_xive, 3, 1, irq, 0, 5), "ibm,set-xive 0x%x", irq);
	expect(!rtas(T_rtas_int_on, 1, 1, irq), "ibm,int-on 0x%x", irq);
}

static void init(void)
{
	is_xive = hcall(H_INT_RESET, 0) == H_SUCCESS;
	if (is_xive) {
		eq = alloc(65536, 65536);
		memset((void *)eq, 0, 65536);
		expect(!hcall(H_INT_SET_QUEUE_CONFIG, 1, 0, 5, (u64)eq, 16), "queue");
		hcall(H_LOGICAL_CI_STORE, 1, 0x0006030200020011ULL, 0xff);
	} else {
		hcall(H_CPPR, 0xff);
	}
	enable(VIO);
	enable(EPOW);
}

/* Cedes until an external interrupt; answers its source. */
static u32 wait(void)
{
	static const u32 body[] = { 0x44000022, I_SC };
	struct regs r = { .pc = (u64)code, .msr = MSR_REAL, .gpr[3] = H_CEDE };

	put_code(code, body, 2);
	mtspr(22, 0x7fffffffffffULL);
	if (run(&r) != 0x500)
		return NONE;
	if (is_xive) {
		u32 entry, want = eq_at / 16384 & 1 ? 0 : 0x80000000u;

		hcall(H_LOGICAL_CI_LOAD, 2, 0x0006030200020810ULL);
		entry = be32(eq[eq_at % 16384]);
		/* more() may have taken the entry already */
		if ((entry & 0x80000000u) != want) {
			hcall(H_LOGICAL_CI_STORE, 1, 0x0006030200020011ULL, 0xff);
			return NONE;
		}
		eq_at++;
		return entry & 0x7fffffff;
	}
	hcall(H_XIRR, 0xff);
	return (u32)hret[0] & 0xffffff;
}

static void end_of(u32 irq)
{
	if (is_xive) {
		hcall(H_INT_ESB, 0, irq, 0, 0);
		hcall(H_LOGICAL_CI_STORE, 1, 0x0006030200020011ULL, 0xff);
	} else {
		hcall(H_EOI, 0xff000000u | irq);
	}
}

/* Pending queue entries of an interrupt that was taken with others. */
static bool more(void)
{
	return is_xive &&
	       (be32(eq[eq_at % 16384]) & 0x80000000u) == (eq_at / 16384 & 1 ? 0 : 0x80000000u);
}

static u32 n_bytes, sum, n_calls;

static void flood(void)
{
	u64 in[9] = { 0x71000000, 16, 0x2e2e2e2e2e2e2e2eULL, 0x2e2e2e2e2e2e2e0aULL }, out[9],
	    busy = 0;

	for (u32 i = 0; i < FLOOD / 16; i++)
		while (hcall_raw(H_PUT_TERM_CHAR, in, out) == H_BUSY)
			busy++;
	print("busy %s\n", busy ? "some times" : "never");
}

static void typed(void)
{
	for (;;) {
		u8 b[16];
		u64 w[2];

		if (hcall(H_GET_TERM_CHAR, 0x71000000))
			check(false, "H_GET_TERM_CHAR");
		if (!hret[0])
			return;
		n_calls++;
		w[0] = be64(hret[1]);
		w[1] = be64(hret[2]);
		memcpy(b, w, 16);
		if (!expect(hret[0] <= 16, "at most 16 bytes"))
			return;
		for (u32 i = 0; i < hret[0]; i++) {
			n_bytes++;
			sum = sum * 31 + b[i];
			if (b[i] == 'q') {
				print("got %u bytes, sum %u\n", n_bytes, sum);
				n_bytes = sum = 0;
			} else if (b[i] == 'f') {
				u64 keep[9];

				memcpy(keep, hret, sizeof(keep));
				flood();
				memcpy(hret, keep, sizeof(keep));
				n_bytes = sum = 0;
			}
		}
	}
}

static void shutdown(void)
{
	u32 at = (u32)(u64)log;

	check_eq((u64)(s64)rtas(T_rtas_check_exception, 6, 1, 0x500, EPOW, 0x40000000, 0,
				0xfffff000, 1024),
		 (u64)-1, "check-exception to no memory: the event stays");
	check_eq((u64)(s64)rtas(T_rtas_check_exception, 6, 1, 0x500, EPOW, 0x40000000, 0, at, 1024),
		 0, "check-exception");
	asm volatile("" ::: "memory");
	check_eq(log[0], 6, "log version");
	check_eq(log[3], 0x40, "log type EPOW");
	check(!memcmp(log + 8 + 12, "IBM", 3), "platform event format");
	check_eq((u64)(s64)rtas(T_rtas_check_exception, 6, 1, 0x500, EPOW, 0x40000000, 0, at, 1024),
		 1, "no second event");
	check_eq((u64)(s64)rtas(T_rtas_get_sensor_state, 2, 2, 9, 0), 0, "get-sensor-state");
	print("EPOW sensor %u\n", rret[0]);
}

int main(void)
{
	init();
	print("ready\n");
	for (;;) {
		u32 irq = wait();

		do {
			if (irq == VIO) {
				typed();
				end_of(irq);
				/* what came between the last look and the EOI */
				typed();
			} else if (irq == EPOW) {
				shutdown();
				return 0;
			} else if (irq != NONE) {
				check(false, "interrupt 0x%x", irq);
				return 0;
			}
			irq = NONE;
			if (more()) {
				irq = be32(eq[eq_at % 16384]) & 0x7fffffff;
				eq_at++;
			}
		} while (irq != NONE);
	}
}
