/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smp.c with XIVE.
 * guest-args: --smp 4 --interrupt-controller xive
 * guest-expect: ^mode xive
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "smp.c"
