/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With a fixed interrupt controller, negotiation of the other one is refused.
 * guest-args: --interrupt-controller xics
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#define main cas_main
#include "cas.c"
#undef main

int main(void)
{
	struct ask a = good;

	(void)cas_main;
	a.irq = XIVE;
	check_eq((u64)hcall(H_CAS, build(&a), 0, 0), (u64)H_HARDWARE, "XIVE is refused");
	check(!mode_is_xive() && !tree_has_xive(), "nothing changed");
	right(EITHER, false, true);
	right(XICS, false, true);
	return 0;
}
