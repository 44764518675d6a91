/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest gives up by ibm,os-term.
 * guest-status: 5
 * guest-expect: nothing works
 */
#include "guest.h"

int main(void)
{
	rtas(0x201f, 1, 1, (u32)(u64) "nothing works");
	check(false, "ibm,os-term returned");
	return 0;
}
