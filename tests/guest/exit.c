/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot program gives up by the client interface's exit.
 * guest-status: 5
 * guest-expect: gave up
 */
#include "guest.h"

int main(void)
{
	static u32 block[3];

	block[0] = be32((u32)(u64) "exit");
	asm volatile("" ::: "memory");
	call32(boot_r5, (u64)block);
	for (;;)
		continue;
}
