/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handler whose stores fault: storage interrupts without end, with
 * relocation on so that each one walks the tree.
 * guest-status: 4
 * guest-expect: interrupts without end
 */
#include "guest.h"

int main(void)
{
	static const u32 store[] = { 0xf8010000 }; /* std r0,0(r1) */

	mmu_init();
	hcall(H_SET_MODE, 3, 3);
	put_code((void *)0x4300, store, 1);
	asm volatile("mtmsrd %0; li 1,1; sldi 1,1,41; std 0,0(1)" ::"r"(MSR_VIRT | MSR_ME));
	return 0;
}
