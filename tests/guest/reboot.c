/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reboots by RTAS and by the client interface: memory is clear, vCPUs and
 * interrupt mode are as at the start; NVRAM stays. Powers off by
 * ibm,power-off-ups.
 * guest-args: --smp 2
 * guest-expect: ^boot 0$
 * guest-expect: ^boot 1$
 * guest-expect: ^boot 2$
 * guest-expect: ^boot 3$
 * guest-expect: ^last: \d+ ok, 0 not ok
 */
#include "guest.h"

#define RTAS(name, token, handler, ...) T_##handler = token,
enum rtas_tokens {
#include "papr/rtas/rtas.def"
};
#undef RTAS
#define NVRAM_AT 0xf000

static u8 boots;
static u32 in_bss = 0, in_data = 0x4711;
static volatile u32 spinning;

static void spin(unsigned int cpu)
{
	spinning = cpu;
	for (;;)
		continue;
}

int main(void)
{
	static u32 block[4];
	volatile u32 *high = (u32 *)(512ULL << 20);

	rtas(T_rtas_nvram_fetch, 3, 2, NVRAM_AT, (u32)(u64)&boots, 1);
	asm volatile("" ::: "memory");
	print("boot %u\n", boots);
	check(in_bss == 0 && in_data == 0x4711, "boot %u: the kernel is loaded anew", boots);
	check_eq(*high, 0, "memory is clear");
	check_eq((u64)hcall(H_INT_RESET, 0), (u64)H_FUNCTION, "XICS before negotiation");
	check_eq((u64)hcall(H_REGISTER_VPA, 6ULL << 45, 0, 0), 0, "no VPA");
	check_eq(mfspr(48), 0, "PIDR");
	rtas(T_rtas_query_cpu_stopped_state, 1, 2, 1);
	check_eq(rret[0], 0, "vCPU 1 is stopped");
	in_bss = in_data = *high = boots + 1;
	boots++;
	rtas(T_rtas_nvram_store, 3, 2, NVRAM_AT, (u32)(u64)&boots, 1);
	if (boots < 4) {
		mmu_init();
		mtspr(48, 7);
		check(start_cpu(1, spin), "start-cpu");
		while (!spinning)
			continue;
	}
	switch (boots) {
	case 1:
	case 3:
		rtas(T_rtas_system_reboot, 0, 1);
		check(false, "system-reboot returned");
		break;
	case 2:
		block[0] = be32((u32)(u64) "boot");
		block[1] = be32(1);
		block[3] = be32((u32)(u64) "");
		asm volatile("" ::: "memory");
		call32(boot_r5, (u64)block);
		for (;;)
			continue;
	default:
		boots = 0;
		rtas(T_rtas_nvram_store, 3, 2, NVRAM_AT, (u32)(u64)&boots, 1);
		print("last: 1 ok, 0 not ok\n");
		rtas(T_rtas_power_off_ups, 0, 1);
		check(false, "ibm,power-off-ups returned");
	}
	return 0;
}
