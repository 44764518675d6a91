/* SPDX-License-Identifier: Apache-2.0 */
/*
 * of.c, big-endian.
 * guest-args: --smp 2 --append "one two" --cpu power9
 * guest-expect: ^written by the firmware$
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "of.c"
