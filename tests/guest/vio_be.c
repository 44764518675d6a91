/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VIO devices from a big-endian guest.
 * guest-run: no
 */
#include "vio.c"
