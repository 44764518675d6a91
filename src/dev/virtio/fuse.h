/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a FUSE request of a POWER guest means to a server on this host. The
 * protocol hands the flags of open(2) through as the guest's kernel has them,
 * and four of them are other bits on POWER than elsewhere. Everything else in
 * it has the same form on both.
 */
#ifndef HYPAR_DEV_VIRTIO_FUSE_H
#define HYPAR_DEV_VIRTIO_FUSE_H

#include "base/types.h"

#define FUSE_IN_HEADER 40u
#define FUSE_OUT_HEADER 16u

/* A request of @n bytes, FUSE_IN_HEADER or more, little-endian. */
void fuse_to_host(u8 *request, size_t n);

#endif
