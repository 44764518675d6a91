/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every indicator, sensor, value and status of connectors, legal and illegal,
 * on real resources: memory, cores, host bridges and slots.
 * guest-args: --memory 1G,max=2G --smp 4,max=8,threads=2 --device virtio-rng --device virtio-rng
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define RTAS(name, token, handler, ...) T_##handler = token,
enum rtas_tokens {
#include "papr/rtas/rtas.def"
};
#undef RTAS

#define RTAS_STATUS(name, value) name = (value),
enum rtas_statuses {
#include "papr/rtas/status.def"
};
#undef RTAS_STATUS

#define ST(status, call, nargs, nret, ...)                                                      \
	check_eq((u64)(s64)rtas(T_rtas_##call, nargs, nret, ##__VA_ARGS__), (u64)(s64)(status), \
		 #call "(" #__VA_ARGS__ ") = " #status)

#define LMB(n) (0x80000000u | (n))
#define CORE(n) (0x10000000u | (n))
#define PHB(n) (0x20000000u | (n))
#define SLOT(n) (0x40000000u | (n) << 3) /* of host bridge 0, bus 0 */
#define DOMAIN(n) ((n) + 1)		 /* of that slot's power */
#define NOTHING 0x9fffffffu
#define LIVE 0xffffffffu
#define NOWHERE 0xfffff000u

#define ISOLATION 9001
#define INDICATOR 9002
#define ALLOCATION 9003

static u32 area[1024] __attribute__((aligned(4096)));
static u32 other[1024] __attribute__((aligned(4096)));

static s32 set(u32 what, u32 drc, u32 value)
{
	return rtas(T_rtas_set_indicator, 3, 1, what, drc, value);
}

/* What the sensor says, or its status if that is not SUCCESS. */
static s32 get(u32 what, u32 drc)
{
	s32 status = rtas(T_rtas_get_sensor_state, 2, 2, what, drc);

	return status ? status : (s32)rret[0];
}

#define SET(status, what, drc, value)                                 \
	check_eq((u64)(s64)set(what, drc, value), (u64)(s64)(status), \
		 #what " of " #drc " = " #value ": " #status)
#define GET(value, what, drc) \
	check_eq((u64)(s64)get(what, drc), (u64)(s64)(value), #what " of " #drc " is " #value)

static s32 configure(u32 *at, u32 extent)
{
	return rtas(T_rtas_configure_connector, 2, 1, (u32)(u64)at, extent);
}

static void begin(u32 *at, u32 drc)
{
	at[0] = be32(drc);
	at[1] = 0;
}

static const char *name_in(const u32 *at)
{
	return (const char *)at + be32(at[2]);
}

/* Walks to the end. Answers how many nodes there are, or 0. */
static u32 walk(u32 drc)
{
	s32 status = 1, depth = 0;
	u32 nodes = 0, own_index = 0;

	begin(area, drc);
	for (u32 calls = 0; status > 0 && calls < 4000; calls++) {
		status = configure(area, 0);
		depth += status == NEXT_CHILD ? 1 : status == PREV_PARENT ? -1 : 0;
		nodes += status == NEXT_CHILD || status == NEXT_SIBLING;
		if (status == NEXT_PROPERTY && depth == 1 &&
		    !strcmp(name_in(area), "ibm,my-drc-index"))
			own_index = *(const u32 *)((const char *)area + be32(area[4]));
	}
	check(!status && depth == 1 && be32(own_index) == drc, "connector 0x%x: %u nodes", drc,
	      nodes);
	return status ? 0 : nodes;
}

/* Indicators and sensors that are none, and connectors that are none. */
static void nonsense(void)
{
	static const u32 connectors[] = { 0,	      1,	  NOTHING,    LIVE,    LMB(8),
					  LMB(1000),  CORE(1),	  CORE(8),    PHB(31), 0x30000000,
					  0x50000000, 0x0fffffff, SLOT(0) + 1 };
	static const u32 whats[] = { 0, 1, 8, 10, 9000, 9004, 9005, 9006, 9007, 0xffffffff };

	for (u32 i = 0; i < ARRAY_SIZE(connectors); i++) {
		for (u32 what = ISOLATION; what <= ALLOCATION; what++) {
			expect(get(what, connectors[i]) == PARAMETER, "sensor %u of 0x%x", what,
			       connectors[i]);
			for (u32 value = 0; value < 5; value++)
				expect(set(what, connectors[i], value) == PARAMETER,
				       "indicator %u of 0x%x", what, connectors[i]);
		}
		begin(area, connectors[i]);
		expect(configure(area, 0) == PARAMETER, "configure 0x%x", connectors[i]);
	}
	pass("no such connector");
	for (u32 i = 0; i < ARRAY_SIZE(whats); i++) {
		expect(set(whats[i], LMB(3), 0) == PARAMETER, "indicator %u", whats[i]);
		expect(get(whats[i], LMB(3)) == PARAMETER, "sensor %u", whats[i]);
	}
	pass("no such indicator or sensor");
}

/* Values that are none, of what has an indicator. */
static void values(void)
{
	static const u32 connectors[] = {
		LMB(3), LMB(4), CORE(2), CORE(4), PHB(0), SLOT(0), SLOT(1)
	};
	static const u32 wrong[] = { 4, 5, 100, 0x80000000, 0xffffffff };

	for (u32 i = 0; i < ARRAY_SIZE(connectors); i++) {
		s32 was = get(ISOLATION, connectors[i]);

		for (u32 k = 0; k < ARRAY_SIZE(wrong); k++)
			for (u32 what = ISOLATION; what <= ALLOCATION; what++)
				expect(set(what, connectors[i], wrong[k]) == PARAMETER,
				       "%u of 0x%x = 0x%x", what, connectors[i], wrong[k]);
		expect(set(ISOLATION, connectors[i], 2) == PARAMETER, "isolation 2");
		expect(set(ISOLATION, connectors[i], 3) == PARAMETER, "isolation 3");
		expect(get(ISOLATION, connectors[i]) == was, "nothing changed");
	}
	pass("no such value");
}

/* What the guest has from the start goes and comes again. */
static void memory(void)
{
	volatile u64 *at = (u64 *)(3ULL * 256 << 20);

	GET(1, ALLOCATION, LMB(3));
	GET(1, ISOLATION, LMB(3));
	GET(PARAMETER, INDICATOR, LMB(3));
	SET(PARAMETER, INDICATOR, LMB(3), 0);
	SET(PARAMETER, ALLOCATION, LMB(3), 0);
	SET(SUCCESS, ALLOCATION, LMB(3), 1);
	SET(PARAMETER, ALLOCATION, LMB(3), 2);
	SET(PARAMETER, ALLOCATION, LMB(3), 3);
	SET(SUCCESS, ISOLATION, LMB(3), 1);
	*at = 0x1234;
	SET(SUCCESS, ISOLATION, LMB(3), 0);
	GET(1, ALLOCATION, LMB(3));
	GET(0, ISOLATION, LMB(3));
	SET(SUCCESS, ISOLATION, LMB(3), 0);
	check(hcall(H_LOGICAL_DCBF, (u64)at), "the memory is not there");
	begin(area, LMB(3));
	check_eq((u64)(s64)configure(area, 0), (u64)(s64)CANNOT_CONFIGURE,
		 "configure what is isolated");
	SET(SUCCESS, ALLOCATION, LMB(3), 0);
	GET(2, ALLOCATION, LMB(3));
	SET(SUCCESS, ALLOCATION, LMB(3), 0);
	SET(PARAMETER, ISOLATION, LMB(3), 1);
	SET(SUCCESS, ISOLATION, LMB(3), 0);
	SET(PARAMETER, ALLOCATION, LMB(3), 2); /* no spare */
	SET(SUCCESS, ALLOCATION, LMB(3), 3);
	GET(4, ALLOCATION, LMB(3));
	SET(PARAMETER, ISOLATION, LMB(3), 1);
	SET(PARAMETER, ALLOCATION, LMB(3), 2);
	SET(SUCCESS, ALLOCATION, LMB(3), 3);
	SET(SUCCESS, ALLOCATION, LMB(3), 0);
	SET(SUCCESS, ALLOCATION, LMB(3), 3);
	SET(SUCCESS, ALLOCATION, LMB(3), 1);
	GET(1, ALLOCATION, LMB(3));
	SET(SUCCESS, ISOLATION, LMB(3), 1);
	check_eq(*at, 0, "it comes back empty");
	check_eq(walk(LMB(3)), 1, "a memory node");
	SET(PARAMETER, ALLOCATION, LMB(3), 0);
	/* what the host has not assigned */
	GET(2, ALLOCATION, LMB(4));
	for (u32 value = 1; value < 4; value++)
		expect(set(ALLOCATION, LMB(4), value) == PARAMETER, "allocation %u", value);
	pass("nothing to take");
	SET(SUCCESS, ALLOCATION, LMB(4), 0);
	SET(PARAMETER, ISOLATION, LMB(4), 1);
	SET(SUCCESS, ISOLATION, LMB(4), 0);
	/* where the guest is */
	SET(HARDWARE, ISOLATION, LMB(0), 0);
	GET(1, ISOLATION, LMB(0));
}

static void cores(void)
{
	SET(HARDWARE, ISOLATION, CORE(0), 0); /* this one runs */
	GET(1, ISOLATION, CORE(0));
	SET(SUCCESS, ISOLATION, CORE(2), 0);
	ST(PARAMETER, query_cpu_stopped_state, 1, 2, 2);
	SET(SUCCESS, ALLOCATION, CORE(2), 0);
	SET(SUCCESS, ALLOCATION, CORE(2), 1);
	SET(SUCCESS, ISOLATION, CORE(2), 1);
	ST(SUCCESS, query_cpu_stopped_state, 1, 2, 2);
	check_eq(walk(CORE(2)), 1, "a cpu node");
	SET(PARAMETER, ALLOCATION, CORE(4), 1);
}

/* Every order of nodes and properties that there is, two walks at once. */
static void walks(void)
{
	s32 a, b;

	SET(SUCCESS, ISOLATION, CORE(2), 0);
	SET(SUCCESS, ISOLATION, CORE(2), 1);
	SET(SUCCESS, ISOLATION, LMB(3), 0);
	SET(SUCCESS, ISOLATION, LMB(3), 1);
	begin(area, CORE(2));
	begin(other, LMB(3));
	do {
		a = configure(area, 0);
		b = configure(other, 0);
		expect(be32(area[0]) == CORE(2) && be32(other[0]) == LMB(3), "indexes stay");
	} while (a > 0 && b > 0);
	check(!b && a > 0, "the shorter one is at its end");
	while (a > 0)
		a = configure(area, 0);
	check(!a, "and the longer one");
	check_eq((u64)(s64)configure(area, 0), (u64)(s64)PARAMETER, "behind the end");
	/* abandoned */
	begin(area, LMB(3));
	check_eq((u64)(s64)configure(area, 0), NEXT_CHILD, "the first node");
	check_eq((u64)(s64)configure(area, 0), NEXT_PROPERTY, "a property");
	begin(area, LMB(3));
	check_eq((u64)(s64)configure(area, 0), NEXT_CHILD, "the first node again");
	SET(SUCCESS, ISOLATION, LMB(3), 0);
	check_eq((u64)(s64)configure(area, 0), (u64)(s64)CANNOT_CONFIGURE, "isolated");
	SET(SUCCESS, ISOLATION, LMB(3), 1);
	check_eq((u64)(s64)configure(area, 0), (u64)(s64)PARAMETER, "a walk that is over");
	walk(LMB(3));
	ST(HARDWARE, configure_connector, 2, 1, NOWHERE, 0);
	ST(HARDWARE, configure_connector, 2, 1, 0xfffffffc, 0);
}

static void bridges(void)
{
	GET(1, ALLOCATION, PHB(0));
	SET(SUCCESS, ISOLATION, PHB(0), 0);
	GET(PARAMETER, INDICATOR, PHB(0));
	SET(SUCCESS, ISOLATION, PHB(0), 1);
	check(walk(PHB(0)) > 1, "a bridge with its functions");
}

static void slots(void)
{
	const u32 domain = DOMAIN(1);

	GET(1, ALLOCATION, SLOT(0));
	GET(1, ISOLATION, SLOT(0));
	for (u32 value = 0; value < 4; value++) {
		expect(set(INDICATOR, SLOT(0), value) == SUCCESS, "indicator %u", value);
		expect(get(INDICATOR, SLOT(0)) == (s32)value, "indicator %u is read", value);
		expect(set(ALLOCATION, SLOT(0), value) == PARAMETER, "allocation %u", value);
	}
	pass("indicators of a slot");
	SET(SUCCESS, ISOLATION, SLOT(0), 1);
	SET(SUCCESS, ISOLATION, SLOT(0), 0);
	GET(1, ALLOCATION, SLOT(0));
	GET(0, ISOLATION, SLOT(0));
	begin(area, SLOT(0));
	check_eq((u64)(s64)configure(area, 0), (u64)(s64)CANNOT_CONFIGURE,
		 "configure what is isolated");
	SET(SUCCESS, ISOLATION, SLOT(0), 0);
	SET(SUCCESS, ISOLATION, SLOT(0), 1);
	check_eq(walk(SLOT(0)), 1, "a function");
	/* empty */
	GET(0, ALLOCATION, SLOT(9));
	SET(SUCCESS, INDICATOR, SLOT(9), 2);
	SET(PARAMETER, ISOLATION, SLOT(9), 1);
	SET(SUCCESS, ISOLATION, SLOT(9), 0);
	ST(MULTI_LEVEL, set_power_level, 2, 2, domain, 0);
	SET(SUCCESS, ISOLATION, SLOT(1), 0);
	ST(SUCCESS, set_power_level, 2, 2, domain, 0);
	check_eq(rret[0], 0, "off");
	ST(SUCCESS, get_power_level, 1, 2, domain);
	check_eq(rret[0], 0, "it is off");
	GET(NOT_POWERED, ALLOCATION, SLOT(1));
	GET(0, ISOLATION, SLOT(1));
	SET(MULTI_LEVEL, ISOLATION, SLOT(1), 1);
	ST(SUCCESS, set_power_level, 2, 2, domain, 50);
	check_eq(rret[0], 100, "on or off");
	GET(1, ALLOCATION, SLOT(1));
	SET(SUCCESS, ISOLATION, SLOT(1), 1);
	walk(SLOT(1));
	ST(SUCCESS, set_power_level, 2, 2, LIVE, 0);
	check_eq(rret[0], 100, "live insertion");
	ST(PARAMETER, set_power_level, 2, 2, domain, 101);
	ST(PARAMETER, set_power_level, 2, 2, NOTHING, 0);
	ST(PARAMETER, get_power_level, 1, 2, NOTHING);
}

/* Writes length and @code as a location code. */
static u32 location(const char *code)
{
	other[0] = be32((u32)strlen(code) + 1);
	memcpy(&other[1], code, strlen(code) + 1);
	return (u32)(u64)other;
}

/* The lights of slots. */
static void location_codes(void)
{
	u32 start = 1, seen = 0;
	bool are_nameless = true;
	s32 status;

	do {
		status = rtas(T_rtas_get_indices, 5, 2, 0, 9007, (u32)(u64)area, 64, start);
		for (u32 n = be32(area[0]), at = 1; n && status >= 0; n--, seen++) {
			are_nameless &= be32(area[at]) == 0xffffffff;
			at += 2 + be32(area[at + 1]) / 4;
		}
		start = rret[0];
	} while (status == MORE_DATA);
	check(!status && are_nameless && seen >= 32 && start == 1, "%u lights in a list", seen);
	ST(SUCCESS, get_indices, 5, 2, 1, 9007, (u32)(u64)area, 4096, 1);
	memcpy(other, &area[2], 64); /* length and code, as the calls want them */
	other[0] = be32((u32)strlen((const char *)&other[1]) + 1);
	ST(SUCCESS, set_dynamic_indicator, 3, 1, 9007, 1, (u32)(u64)other);
	ST(SUCCESS, get_dynamic_sensor_state, 2, 2, 9007, (u32)(u64)other);
	check_eq(rret[0], 1, "it is on");
	ST(SUCCESS, set_dynamic_indicator, 3, 1, 9007, 0, (u32)(u64)other);
	ST(PARAMETER, set_dynamic_indicator, 3, 1, 9007, 2, (u32)(u64)other);
	ST(SUCCESS, get_dynamic_sensor_state, 2, 2, 9007, (u32)(u64)other);
	check_eq(rret[0], 0, "it is off");
	for (u32 what = 9000; what < 9010; what++)
		expect(what == 9007 || (rtas(T_rtas_set_dynamic_indicator, 3, 1, what, 1,
					     (u32)(u64)other) == PARAMETER &&
					rtas(T_rtas_get_dynamic_sensor_state, 2, 2, what,
					     (u32)(u64)other) == PARAMETER &&
					rtas(T_rtas_get_indices, 5, 2, 1, what, (u32)(u64)area,
					     4096, 1) == PARAMETER),
		       "no location codes of %u", what);
	pass("9007 alone has location codes");
	ST(PARAMETER, set_dynamic_indicator, 3, 1, 9007, 1, location("nowhere"));
	ST(PARAMETER, get_dynamic_sensor_state, 2, 2, 9007, location(""));
	ST(PARAMETER, get_dynamic_sensor_state, 2, 2, 9007, location("LMB 4"));
	ST(HARDWARE, set_dynamic_indicator, 3, 1, 9007, 1, NOWHERE);
	ST(HARDWARE, get_dynamic_sensor_state, 2, 2, 9007, NOWHERE);
	ST(PARAMETER, get_indices, 5, 2, 2, 9007, (u32)(u64)area, 4096, 1);
	ST(PARAMETER, get_indices, 5, 2, 1, 9007, (u32)(u64)area, 4, 1);
	ST(HARDWARE, get_indices, 5, 2, 1, 9007, NOWHERE, 4096, 1);
}

int main(void)
{
	nonsense();
	values();
	memory();
	cores();
	walks();
	bridges();
	slots();
	location_codes();
	finish();
}
