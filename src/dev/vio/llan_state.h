/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the logical LAN adapter, for llan.c and llan_frame.c.
 *
 * Locks: lock guards everything but tx and segment, which have tx_lock. Neither is held
 * while the other is taken, nor while the back end is called.
 */
#ifndef HYPAR_DEV_VIO_LLAN_STATE_H
#define HYPAR_DEV_VIO_LLAN_STATE_H

#include <pthread.h>

#include "base/bits.h"
#include "dev/vio/llan.h"

#define LLAN_POOLS 8u		/* different sizes of buffers */
#define LLAN_POOL_BUFFERS 4096u /* of one size */

/* A buffer descriptor [PAPR 16.4.1.1]: control byte, length, address. */
#define DESC_VALID PPC_BIT(0)
#define DESC_TOGGLE PPC_BIT(1)
#define DESC_NO_CHECKSUM PPC_BIT(6)
#define DESC_CHECKSUM_GOOD PPC_BIT(7)
#define DESC_LENGTH_MAX 0xffffffu
#define DESC_LENGTH(d) ((u32)((d) >> 32) & DESC_LENGTH_MAX)
#define DESC_ADDRESS(d) ((u32)(d))

/* An entry of the receive queue: control and offset, length, handle. */
#define QUEUE_ENTRY 16u
#define ENTRY_TOGGLE PPC_BIT32(0)
#define ENTRY_VALID PPC_BIT32(1)
#define ENTRY_CHECKSUM_GOOD PPC_BIT32(7)
#define HANDLE_SIZE 8u /* first bytes of a buffer; the frame follows */

/* Free buffers of one size: a ring. */
struct llan_pool {
	u32 size, head, n;
	u32 *at;
};

struct llan {
	struct device dev;
	struct dma *dma;
	struct irq_line line;
	struct net *net;
	pthread_mutex_t lock, tx_lock;
	u8 *tx, *segment; /* NET_FRAME_MAX bytes each */
	bool registered, signal;
	u64 buffer_list;
	u64 queue;
	u32 queue_n, queue_next;
	bool toggle; /* what a valid entry has in this round */
	u64 dropped;
	bool waiting; /* a frame waits in the back end, for a buffer of "wanted" bytes */
	u32 wanted;
	struct llan_pool pool[LLAN_POOLS];
	u32 n_pools;
	u8 mac[6], first_mac[6];
	u64 attributes;
	bool multicast, filtering;
	u32 n_filters;
	u64 filter[LLAN_MAC_FILTERS];
	u32 n_messages;
};

/* Takes a buffer out of @p. False: there is none. */
bool llan_take(struct llan_pool *p, u32 *at);

/* Under lock: an entry for a frame of @n bytes; flags 0: a buffer goes back empty. */
void llan_enqueue(struct llan *l, u32 flags, u32 n, const u8 handle[HANDLE_SIZE]);

/* net_client.receive */
bool llan_receive(void *opaque, const struct net_frame *f);

#endif
