/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Something to debug: two vCPUs that count until a debugger sets "leave". Each
 * round calls inner(), reads one variable and writes another.
 * guest-run: no
 */
#include "guest.h"

#define KEEP __attribute__((noinline, noclone))

volatile u64 counter[2] __attribute__((aligned(8)));
volatile u64 leave;
volatile u64 written __attribute__((aligned(64)));
volatile u64 read_here __attribute__((aligned(64)));
volatile u64 scratch[32];
u64 unused;

void inner(unsigned int cpu);
void outer(unsigned int cpu);
void straight(void);

KEEP void inner(unsigned int cpu)
{
	counter[cpu]++;
	asm volatile("" ::: "memory");
}

/* Eight instructions in a row, for steps. */
KEEP void straight(void)
{
	asm volatile("nop; nop; nop; nop; nop; nop; nop; nop");
}

KEEP void outer(unsigned int cpu)
{
	inner(cpu);
	asm volatile("" ::: "memory");
	if (!cpu) {
		straight();
		unused = read_here;
		written = counter[0];
	}
}

static void second(unsigned int cpu)
{
	while (!leave)
		outer(cpu);
	for (;;)
		hcall(H_CEDE);
}

int main(void)
{
	print("here\n");
	start_cpu(1, second);
	while (!leave)
		outer(0);
	print("left\n");
	finish();
}
