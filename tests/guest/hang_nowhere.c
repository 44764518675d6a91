/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jumps to memory that is not there, with handlers that are not there either.
 * guest-status: 4
 * guest-expect: interrupts without end
 */
#include "guest.h"

int main(void)
{
	/* the vectors are illegal instructions */
	memset((void *)0x100, 0, 0x3f00);
	asm volatile("mtctr %0; bctr" ::"r"(1ULL << 50));
	return 0;
}
