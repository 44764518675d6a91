/* SPDX-License-Identifier: Apache-2.0 */
/*
 * debug.c, big-endian on POWER9.
 * guest-args: --cpu power9
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "debug.c"
