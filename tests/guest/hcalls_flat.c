/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hcalls.c entered with a flat tree: there is no client interface.
 * guest-args: --smp 2 --flat-tree
 * guest-expect: ^mode xive
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "hcalls.c"
