/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A logical LAN adapter [PAPR 16.4]. The guest registers a receive queue and
 * receive buffers of several sizes; a frame goes into the smallest free buffer
 * that holds it, and an entry for it into the queue. Frames to send come in the
 * arguments of a hypercall. TCP checksums and the
 * cutting of TCP data into segments can be left to us.
 *
 * When a frame has to wait for a buffer, it waits in the back end; frames that
 * no buffer of the guest could ever hold are dropped and counted.
 *
 * Missing: large receive, VLANs, trunk adapters.
 */
#ifndef HYPAR_DEV_VIO_LLAN_H
#define HYPAR_DEV_VIO_LLAN_H

#include "dev/backend/net.h"
#include "dev/vio/vio.h"

#define LLAN_BUFFERS 6u /* of a frame to send */
#define LLAN_MAC_FILTERS 255u

/* Attributes [PAPR 16.4.3.9]. */
#define LLAN_LARGE_ENABLED 0x10000u
#define LLAN_LARGE_SEND 0x8000u
#define LLAN_PADDED_CHECKSUM 0x2000u
#define LLAN_IPV6_CHECKSUM 0x4u
#define LLAN_IPV4_CHECKSUM 0x2u

struct llan;

/* Takes @net over, unless it fails. NULL: no memory. */
struct llan *llan_new(const struct vio_config *c, struct net *net, const u8 mac[6]);
struct device *llan_device(struct llan *l);

struct llan_register {
	u64 buffer_list, queue, filter_list, mac;
};

enum vio_status llan_register(struct llan *l, const struct llan_register *r);
enum vio_status llan_free(struct llan *l);
enum vio_status llan_add_buffer(struct llan *l, u64 desc);
enum vio_status llan_free_buffer(struct llan *l, u64 size);
/* @mss: 0, or the bytes of data of each TCP segment that the frame is cut into. */
enum vio_status llan_send(struct llan *l, const u64 desc[LLAN_BUFFERS], u64 mss);
enum vio_status llan_multicast(struct llan *l, u64 flags, u64 mac, u64 *state);
enum vio_status llan_change_mac(struct llan *l, u64 mac);
enum vio_status llan_attributes(struct llan *l, u64 reset, u64 set, u64 *now);
enum vio_status llan_signal(struct llan *l, u64 mode);

#endif
