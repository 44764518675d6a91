/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pci.c, big-endian.
 * guest-args: --interrupt-controller xics --device virtio-rng --device virtio-rng
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "pci.c"
