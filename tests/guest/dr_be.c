/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dr.c, big-endian.
 * guest-args: --memory 1G,max=2G --smp 4,max=8,threads=2 --device virtio-rng --device virtio-rng
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "dr.c"
