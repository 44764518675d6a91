/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcalls.c with XIVE.
 * guest-args: --smp 2 --interrupt-controller xive
 * guest-expect: ^mode xive
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "hcalls.c"
