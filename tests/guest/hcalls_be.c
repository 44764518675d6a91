/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcalls.c, big-endian on POWER9.
 * guest-args: --smp 2 --cpu power9
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "hcalls.c"
