/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four vCPUs take, configure and give back memory at the same time: an LMB of
 * their own each, and one about which they quarrel.
 * guest-args: --memory 2G --smp 4
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define RTAS(name, token, handler, ...) T_##handler = token,
enum rtas_tokens {
#include "papr/rtas/rtas.def"
};
#undef RTAS

#define LMB(n) (0x80000000u | (n))
#define LMB_SIZE (256ULL << 20)
#define SHARED 7
#define N 4
#define ROUNDS 60

static u32 areas[N][1024] __attribute__((aligned(4096)));
static volatile unsigned int n_ready, n_done, n_bad[N];

static s32 set(u32 what, u32 lmb, u32 value)
{
	s32 status;

	/* busy: the machine is doing something else */
	do
		status = rtas(T_rtas_set_indicator, 3, 1, what, LMB(lmb), value);
	while (status == -2);
	return status;
}

static s32 walk(u32 *area, u32 lmb)
{
	s32 status;

	area[0] = be32(LMB(lmb));
	area[1] = 0;
	do
		status = rtas(T_rtas_configure_connector, 2, 1, (u32)(u64)area, 0);
	while (status > 0 || status == -2);
	return status;
}

static void want(unsigned int cpu, bool ok)
{
	if (!ok)
		n_bad[cpu]++;
}

/* Nobody else touches this one: every answer is known. */
static void own(unsigned int cpu)
{
	u32 lmb = 2 + cpu;
	volatile u64 *at = (u64 *)(lmb * LMB_SIZE);

	want(cpu, !set(9001, lmb, 0));
	want(cpu, !set(9003, lmb, 0));
	want(cpu, set(9001, lmb, 1) == -3);
	want(cpu, !set(9003, lmb, 1));
	want(cpu, !set(9001, lmb, 1));
	want(cpu, !*at);
	*at = cpu + 1;
	want(cpu, !walk(areas[cpu], lmb));
	want(cpu, *at == cpu + 1);
}

/* The others do the same: any answer that a state allows, and no other. */
static void shared(unsigned int cpu)
{
	s32 status;

	want(cpu, !set(9001, SHARED, 0));
	status = set(9003, SHARED, 0);
	want(cpu, !status || status == -3);
	status = set(9003, SHARED, 1);
	want(cpu, !status);
	status = set(9001, SHARED, 1);
	want(cpu, !status || status == -3);
	status = walk(areas[cpu], SHARED);
	want(cpu, !status || status == -3 || status == -9003);
}

static void work(unsigned int cpu)
{
	__atomic_add_fetch(&n_ready, 1, __ATOMIC_SEQ_CST);
	while (n_ready < N)
		;
	for (u32 i = 0; i < ROUNDS; i++) {
		own(cpu);
		shared(cpu);
	}
	__atomic_add_fetch(&n_done, 1, __ATOMIC_SEQ_CST);
}

static void secondary(unsigned int cpu)
{
	work(cpu);
	for (;;)
		rtas(RTAS_STOP_SELF, 0, 1);
}

int main(void)
{
	for (unsigned int cpu = 1; cpu < N; cpu++)
		check(start_cpu(cpu, secondary), "vCPU %u", cpu);
	work(0);
	while (n_done < N)
		;
	for (unsigned int cpu = 0; cpu < N; cpu++)
		check_eq(n_bad[cpu], 0, "answers of vCPU %u", cpu);
	/* whatever came last, it can be taken */
	check_eq((u64)(s64)set(9003, SHARED, 1), 0, "the shared one is taken");
	check_eq((u64)(s64)set(9001, SHARED, 1), 0, "... unisolated");
	check_eq((u64)(s64)walk(areas[0], SHARED), 0, "... and configured");
	finish();
}
