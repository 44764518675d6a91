/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that does what hotplug events ask of it, for memory and cores, and
 * gives back at once what fails half-way. run_dr_event.py is the host, which
 * lets steps fail. It polls: "q" on the console ends it.
 * guest-run: no
 */
#include "guest.h"

#define RTAS(name, token, handler, ...) T_##handler = token,
enum rtas_tokens {
#include "papr/rtas/rtas.def"
};
#undef RTAS

#define EPOW 0x40000000u
#define HOTPLUG 0x10000000u
#define HP_AT 96u /* the section, behind the headers */
#define ISOLATION 9001
#define ALLOCATION 9003
#define LMB_SHIFT 28

static u8 log[512] __attribute__((aligned(16)));
static u32 area[1024] __attribute__((aligned(4096)));
static u32 n_events;

static u32 word(u32 at)
{
	u32 v;

	memcpy(&v, log + at, 4);
	return be32(v);
}

static s32 set(u32 what, u32 drc, u32 value)
{
	s32 status = rtas(T_rtas_set_indicator, 3, 1, what, drc, value);

	/* later, or again */
	while (status == -2 || (status >= 9900 && status <= 9905))
		status = rtas(T_rtas_set_indicator, 3, 1, what, drc, value);
	return status;
}

static s32 configure(u32 drc)
{
	s32 status;

	area[0] = be32(drc);
	area[1] = 0;
	do
		status = rtas(T_rtas_configure_connector, 2, 1, (u32)(u64)area, 0);
	while (status > 0 || status == -2);
	return status;
}

/* Memory is there and keeps what is written. */
static bool works(u32 drc)
{
	volatile u64 *p = (volatile u64 *)((u64)(drc & 0xfffffff) << LMB_SHIFT);

	if (drc >> 28 != 8)
		return true;
	for (u32 i = 0; i < 1u << LMB_SHIFT; i += 1u << 22) {
		if (p[i / 8])
			return false; /* fresh memory is zero */
		p[i / 8] = drc ^ i;
	}
	for (u32 i = 0; i < 1u << LMB_SHIFT; i += 1u << 22)
		if (p[i / 8] != (drc ^ i))
			return false;
	return true;
}

static bool take(u32 drc)
{
	s32 status = rtas(T_rtas_get_sensor_state, 2, 2, ALLOCATION, drc);

	if (status || rret[0] != 2)
		return false;
	if (set(ALLOCATION, drc, 1))
		return false;
	if (set(ISOLATION, drc, 1)) {
		expect(!set(ALLOCATION, drc, 0), "give 0x%x back", drc);
		return false;
	}
	if (configure(drc)) {
		expect(!set(ISOLATION, drc, 0), "isolate 0x%x", drc);
		expect(!set(ALLOCATION, drc, 0), "give 0x%x back", drc);
		return false;
	}
	expect(works(drc), "memory of 0x%x", drc);
	return true;
}

static bool give(u32 drc)
{
	if (!set(ISOLATION, drc, 0) && !set(ALLOCATION, drc, 0))
		return true;
	/* keeps it: the host is to know */
	(void)set(ALLOCATION, drc, 1);
	expect(!set(ISOLATION, drc, 1), "keep 0x%x", drc);
	return false;
}

static void do_event(void)
{
	u32 by = log[HP_AT + 10], add = log[HP_AT + 9] == 1, first = word(HP_AT + 12), n = 1, i;

	expect(!memcmp(log + HP_AT, "HP", 2), "the section");
	if (by == 4) {
		n = first;
		first = word(HP_AT + 16);
	}
	expect(by == 2 || by == 4, "an identifier that this guest knows: %u", by);
	for (i = 0; i < n; i++)
		if (!(add ? take(first + i) : give(first + i)))
			break;
	if (add && i < n)
		while (i--)
			expect(give(first + i), "give back 0x%x", first + i);
	n_events++;
}

static bool fetch(u32 mask)
{
	s32 status;

	memset(log, 0, sizeof(log));
	status = rtas(T_rtas_check_exception, 6, 1, 0x500, 0, mask, 0, (u32)(u64)log, sizeof(log));
	return expect(status == 0 || status == 1, "check-exception: %d", (int)status) && !status;
}

int main(void)
{
	bool ends = false;

	print("ready\n");
	while (!ends) {
		if (fetch(HOTPLUG) || fetch(EPOW))
			do_event();
		hcall(H_GET_TERM_CHAR, 0x71000000);
		ends = hret[0] && (u8)(be64(be64(hret[1])) >> 56) == 'q';
	}
	pass("events");
	print("%u events\n", n_events);
	return 0;
}
