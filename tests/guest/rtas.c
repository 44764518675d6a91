/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every RTAS call of rtas.def with right and wrong arguments, on two vCPUs.
 * guest-args: --smp 2
 * guest-expect: ^xyz$
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
#define NOT_AUTHORIZED (-9002)
#define PARAM_ERROR (-9999)

#define ST(status, call, nargs, nret, ...)                                                      \
	check_eq((u64)(s64)rtas(T_rtas_##call, nargs, nret, ##__VA_ARGS__), (u64)(s64)(status), \
		 #call "(" #__VA_ARGS__ ") = " #status)

#define NOWHERE 0xfffff000u /* the guest has less than 4 GiB */
#define NVRAM_SIZE 65536u

static u8 buf[4096] __attribute__((aligned(4096)));
static bool is_xics;

static u32 ram_end(void)
{
	u64 end = 0;

	for (u64 step = 1ULL << 39; step >= 256ULL << 20; step >>= 1)
		if (!hcall(H_LOGICAL_DCBF, end + step - 1))
			end += step;
	return (u32)end;
}

/* Counts other than the row's answer PARAMETER. */
static void counts(void)
{
	static const struct {
		u32 token, nargs, nret;
	} rows[] = {
		{ T_rtas_display_character, 1, 1 },
		{ T_rtas_get_time_of_day, 0, 8 },
		{ T_rtas_set_time_of_day, 7, 1 },
		{ T_rtas_power_off, 2, 1 },
		{ T_rtas_system_reboot, 0, 1 },
		{ T_rtas_query_cpu_stopped_state, 1, 2 },
		{ T_rtas_start_cpu, 3, 1 },
		{ T_rtas_stop_self, 0, 1 },
		{ T_rtas_get_system_parameter, 3, 1 },
		{ T_rtas_set_system_parameter, 2, 1 },
		{ T_rtas_nvram_fetch, 3, 2 },
		{ T_rtas_nvram_store, 3, 2 },
		{ T_rtas_set_indicator, 3, 1 },
		{ T_rtas_set_power_level, 2, 2 },
		{ T_rtas_get_power_level, 1, 2 },
		{ T_rtas_get_sensor_state, 2, 2 },
		{ T_rtas_configure_connector, 2, 1 },
		{ T_rtas_get_indices, 5, 2 },
		{ T_rtas_set_dynamic_indicator, 3, 1 },
		{ T_rtas_get_dynamic_sensor_state, 2, 2 },
		{ T_rtas_os_term, 1, 1 },
		{ T_rtas_power_off_ups, 0, 1 },
		{ T_rtas_event_scan, 4, 1 },
		{ T_rtas_check_exception, 6, 1 },
		{ T_rtas_nmi_register, 2, 1 },
		{ T_rtas_nmi_interlock, 0, 1 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		expect(rtas(rows[i].token, rows[i].nargs, rows[i].nret + 1) == PARAMETER,
		       "token 0x%x, a result more", rows[i].token);
		expect(rtas(rows[i].token, rows[i].nargs + 2, rows[i].nret) == PARAMETER,
		       "token 0x%x, two arguments more", rows[i].token);
		if (rows[i].nargs)
			expect(rtas(rows[i].token, rows[i].nargs - 1, rows[i].nret) == PARAMETER,
			       "token 0x%x, an argument less", rows[i].token);
	}
	pass("wrong counts");
}

static void blocks(u32 end)
{
	u32 *b = (u32 *)buf, *last = (u32 *)(u64)(end - 48);

	b[0] = be32(0x1999);
	b[1] = 0;
	b[2] = be32(1);
	b[3] = 0;
	check_eq((u64)rtas_block((u64)b), (u64)H_PARAMETER, "unknown token");
	check_eq(be32(b[3]), (u32)PARAMETER, "unknown token: the status is PARAMETER");
	b[0] = be32(T_rtas_get_time_of_day);
	b[1] = be32(17);
	check_eq((u64)rtas_block((u64)b), (u64)H_PARAMETER, "17 arguments");
	b[1] = be32(0x80000000);
	check_eq((u64)rtas_block((u64)b), (u64)H_PARAMETER, "2^31 arguments");
	b[1] = 0;
	b[2] = be32(0xffffffff);
	check_eq((u64)rtas_block((u64)b), (u64)H_PARAMETER, "2^32 - 1 results");
	/* 3 + 8 words, the last ones of RAM */
	last++;
	last[0] = be32(T_rtas_get_time_of_day);
	last[1] = 0;
	last[2] = be32(8);
	last[3] = ~0u;
	check_eq((u64)rtas_block((u64)last), 0, "the block ends with RAM");
	check_eq(last[3], 0, "its status");
	last++;
	last[0] = be32(T_rtas_get_time_of_day);
	last[1] = 0;
	last[2] = be32(8);
	last[3] = ~0u;
	check_eq((u64)rtas_block((u64)last), (u64)H_PARAMETER, "the block ends behind RAM");
	check_eq(last[3], ~0u, "nothing was written");
	check_eq((u64)rtas_block(1ULL << 41), (u64)H_PARAMETER, "no RAM at all");
}

static void time_of_day(void)
{
	ST(SUCCESS, get_time_of_day, 0, 8);
	check(rret[0] >= 2024 && rret[0] < 2200 && rret[1] >= 1 && rret[1] <= 12 && rret[2] >= 1 &&
		      rret[2] <= 31 && rret[3] < 24 && rret[4] < 60 && rret[5] <= 60 &&
		      rret[6] < 1000000000,
	      "a date");
	ST(SUCCESS, set_time_of_day, 7, 1, 2031, 12, 31, 23, 59, 59, 0);
	ST(SUCCESS, get_time_of_day, 0, 8);
	check((rret[0] == 2031 && rret[1] == 12 && rret[2] == 31) ||
		      (rret[0] == 2032 && rret[1] == 1),
	      "the date that was set");
	ST(SUCCESS, set_time_of_day, 7, 1, 2028, 2, 29, 0, 0, 0, 0);
	ST(PARAMETER, set_time_of_day, 7, 1, 2027, 2, 29, 0, 0, 0, 0);
	ST(PARAMETER, set_time_of_day, 7, 1, 2027, 0, 1, 0, 0, 0, 0);
	ST(PARAMETER, set_time_of_day, 7, 1, 2027, 13, 1, 0, 0, 0, 0);
	ST(PARAMETER, set_time_of_day, 7, 1, 2027, 4, 31, 0, 0, 0, 0);
	ST(PARAMETER, set_time_of_day, 7, 1, 2027, 4, 0, 0, 0, 0, 0);
	ST(PARAMETER, set_time_of_day, 7, 1, 2027, 4, 1, 24, 0, 0, 0);
	ST(PARAMETER, set_time_of_day, 7, 1, 2027, 4, 1, 0, 60, 0, 0);
	ST(PARAMETER, set_time_of_day, 7, 1, 2027, 4, 1, 0, 0, 60, 0);
	ST(PARAMETER, set_time_of_day, 7, 1, 0xffffffff, 4, 1, 0, 0, 0, 0);
	ST(SUCCESS, get_time_of_day, 0, 8);
	check(rret[0] == 2028 && rret[1] == 2 && rret[2] == 29, "wrong dates changed nothing");
}

static void nvram(u32 end)
{
	u32 at = (u32)(u64)buf;

	memset(buf, 0x5a, sizeof(buf));
	ST(SUCCESS, nvram_store, 3, 2, 0x8000, at, 4096);
	check_eq(rret[0], 4096, "bytes stored");
	memset(buf, 0, sizeof(buf));
	ST(SUCCESS, nvram_fetch, 3, 2, 0x8001, at, 100);
	check_eq(rret[0], 100, "bytes fetched");
	check(buf[0] == 0x5a && buf[99] == 0x5a && buf[100] == 0, "what was stored, no more");
	ST(SUCCESS, nvram_fetch, 3, 2, NVRAM_SIZE - 1, at, 1);
	ST(SUCCESS, nvram_fetch, 3, 2, NVRAM_SIZE, at, 0);
	ST(PARAMETER, nvram_fetch, 3, 2, NVRAM_SIZE, at, 1);
	ST(PARAMETER, nvram_fetch, 3, 2, NVRAM_SIZE - 1, at, 2);
	ST(PARAMETER, nvram_fetch, 3, 2, 0xffffffff, at, 2);
	ST(PARAMETER, nvram_fetch, 3, 2, 1, at, 0xffffffff);
	ST(PARAMETER, nvram_fetch, 3, 2, 0, NOWHERE, 16);
	ST(PARAMETER, nvram_fetch, 3, 2, 0, end - 8, 16);
	ST(PARAMETER, nvram_store, 3, 2, NVRAM_SIZE - 1, at, 2);
	ST(PARAMETER, nvram_store, 3, 2, 0, NOWHERE, 16);
	ST(PARAMETER, nvram_store, 3, 2, 0xffffff00, at, 0x200);
}

static void parameters(u32 end)
{
	u32 at = (u32)(u64)buf;

	memset(buf, 0xee, sizeof(buf));
	ST(SUCCESS, get_system_parameter, 3, 1, 20, at, 1024);
	check(!memcmp(buf + 2, "MaxEntCap=", 10), "SPLPAR characteristics");
	check_eq(be16(*(u16 *)buf), strlen((char *)buf + 2) + 1, "its length");
	memset(buf, 0xee, sizeof(buf));
	ST(SUCCESS, get_system_parameter, 3, 1, 20, at, 6);
	check(!memcmp(buf + 2, "MaxE\xee", 5), "cut to the buffer");
	ST(SUCCESS, get_system_parameter, 3, 1, 42, at, 1024);
	ST(SUCCESS, get_system_parameter, 3, 1, 48, at, 1024);
	ST(PARAMETER, get_system_parameter, 3, 1, 0xffff, at, 1024);
	ST(PARAM_ERROR, get_system_parameter, 3, 1, 20, NOWHERE, 1024);
	ST(PARAM_ERROR, get_system_parameter, 3, 1, 20, end - 4, 1024);
	ST(PARAM_ERROR, get_system_parameter, 3, 1, 20, at, 1);
	ST(NOT_AUTHORIZED, set_system_parameter, 2, 1, 20, at);
	ST(PARAMETER, set_system_parameter, 2, 1, 0xffff, at);
	ST(PARAM_ERROR, set_system_parameter, 2, 1, 20, NOWHERE);
}

static volatile u32 cpu1_arrived, cpu1_leave;

static void cpu1(unsigned int cpu)
{
	cpu1_arrived = cpu;
	while (!cpu1_leave)
		continue;
	/* the runtime ends it by stop-self */
}

static void processors(void)
{
	ST(SUCCESS, query_cpu_stopped_state, 1, 2, 0);
	check_eq(rret[0], 2, "vCPU 0 runs");
	ST(SUCCESS, query_cpu_stopped_state, 1, 2, 1);
	check_eq(rret[0], 0, "vCPU 1 is stopped");
	ST(PARAMETER, query_cpu_stopped_state, 1, 2, 2);
	ST(PARAMETER, query_cpu_stopped_state, 1, 2, 0xffffffff);
	ST(PARAMETER, start_cpu, 3, 1, 2, 0x400000, 0);
	ST(HARDWARE, start_cpu, 3, 1, 0, 0x400000, 0);
	for (int round = 0; round < 20; round++) {
		cpu1_arrived = cpu1_leave = 0;
		expect(start_cpu(1, cpu1), "start-cpu, round %d", round);
		while (!cpu1_arrived)
			continue;
		rtas(T_rtas_query_cpu_stopped_state, 1, 2, 1);
		expect(rret[0] == 2, "it runs, round %d", round);
		expect(rtas(T_rtas_start_cpu, 3, 1, 1, 0x400000, 0) == HARDWARE, "it runs already");
		cpu1_leave = 1;
		do
			rtas(T_rtas_query_cpu_stopped_state, 1, 2, 1);
		while (rret[0]);
	}
	pass("a vCPU started and stopped 20 times");
}

static void events(void)
{
	u32 at = (u32)(u64)buf;

	ST(NO_EVENT, check_exception, 6, 1, 0x500, 0x1000, 0x40000000, 0, at, 1024);
	ST(NO_EVENT, check_exception, 7, 1, 0x500, 0x1000, 0x40000000, 0, at, 1024, 0);
	ST(NO_EVENT, check_exception, 6, 1, 0x200, 0, 0xffffffff, 0, at, 1024);
	ST(NO_EVENT, event_scan, 4, 1, 0xffffffff, 0, at, 1024);
	ST(NO_EVENT, event_scan, 4, 1, 0, 0, NOWHERE, 1024);
}

static void panel(void)
{
	ST(SUCCESS, display_character, 1, 1, 'x');
	ST(SUCCESS, display_character, 1, 1, 'y');
	print("\n");
	rtas(T_rtas_display_character, 1, 1, 'x');
	rtas(T_rtas_display_character, 1, 1, 'y');
	rtas(T_rtas_display_character, 1, 1, 'z');
	rtas(T_rtas_display_character, 1, 1, '\n');
	ST(PARAMETER, set_indicator, 3, 1, 1, 0, 0);
	ST(PARAMETER, set_indicator, 3, 1, 9003, 0x90000000, 1);
	ST(SUCCESS, get_sensor_state, 2, 2, 9, 0);
	check_eq(rret[0], 0, "no EPOW event");
	ST(PARAMETER, get_sensor_state, 2, 2, 9, 1);
	ST(PARAMETER, get_sensor_state, 2, 2, 9003, 0);
	ST(SUCCESS, set_power_level, 2, 2, 0xffffffff, 100);
	ST(PARAMETER, set_power_level, 2, 2, 0xffffffff, 101);
	ST(PARAMETER, set_power_level, 2, 2, 0, 100);
	ST(SUCCESS, get_power_level, 1, 2, 0xffffffff);
	check_eq(rret[0], 100, "full power");
	ST(PARAMETER, get_power_level, 1, 2, 0x7fffffff);
}

static void xics(void)
{
	if (!is_xics) {
		check_eq((u64)rtas(T_rtas_set_xive, 3, 1, 0x1000, 0, 5), (u64)PARAMETER,
			 "set-xive under XIVE");
		return;
	}
	ST(SUCCESS, set_xive, 3, 1, 0x1000, 1, 5);
	ST(SUCCESS, get_xive, 1, 3, 0x1000);
	check(rret[0] == 1 && rret[1] == 5, "as set");
	ST(SUCCESS, int_off, 1, 1, 0x1000);
	ST(SUCCESS, get_xive, 1, 3, 0x1000);
	check_eq(rret[1], 0xff, "off");
	ST(SUCCESS, int_on, 1, 1, 0x1000);
	ST(SUCCESS, get_xive, 1, 3, 0x1000);
	check_eq(rret[1], 5, "on again");
	ST(PARAMETER, set_xive, 3, 1, 0x1002, 0, 5);
	ST(PARAMETER, set_xive, 3, 1, 0x1000, 2, 5);
	ST(PARAMETER, set_xive, 3, 1, 0x1000, 0, 0x100);
	ST(PARAMETER, set_xive, 3, 1, 2, 0, 5);
	ST(PARAMETER, get_xive, 1, 3, 0xffffffff);
	ST(PARAMETER, int_off, 1, 1, 1);
	ST(PARAMETER, int_on, 1, 1, 0x2000);
}

int main(void)
{
	u32 end = ram_end();

	is_xics = hcall(H_IPOLL, 0) == H_SUCCESS;
	counts();
	blocks(end);
	time_of_day();
	nvram(end);
	parameters(end);
	processors();
	events();
	panel();
	xics();
	return 0;
}
