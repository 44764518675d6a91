/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops with interrupts off: --timeout ends it.
 * guest-args: --timeout 1
 * guest-status: 124
 * guest-expect: ^loops$
 */
#include "guest.h"

int main(void)
{
	print("loops\n");
	for (;;)
		asm volatile("");
}
