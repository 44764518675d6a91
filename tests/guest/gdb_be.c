/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gdb.c, big-endian.
 * guest-run: no
 */
#include "gdb.c"
