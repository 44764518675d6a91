/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xive.c, big-endian.
 * guest-args: --interrupt-controller xive --cpu power9
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "xive.c"
