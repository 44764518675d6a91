/* SPDX-License-Identifier: Apache-2.0 */
/*
 * selftest.c, big-endian.
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "selftest.c"
