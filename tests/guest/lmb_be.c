/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lmb.c, big-endian on POWER9.
 * guest-args: --smp 2 --memory 1G,max=2G --cpu power9
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "lmb.c"
