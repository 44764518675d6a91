/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handler that itself traps, for ever.
 * guest-status: 4
 * guest-expect: interrupts without end
 */
#include "guest.h"

int main(void)
{
	static const u32 trap[] = { 0x7fe00008 };

	put_code((void *)0x700, trap, 1);
	asm volatile("trap");
	return 0;
}
