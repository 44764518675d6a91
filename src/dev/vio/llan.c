// SPDX-License-Identifier: Apache-2.0
/*
 * Registration, receive buffers, attributes and filters of a logical LAN
 * adapter; frames are in llan_frame.c.
 *
 * The page of the buffer list holds only what the guest may look at: the
 * descriptor of the receive queue and the count of dropped frames. The buffers
 * are kept here, out of the guest's reach.
 */
#include "dev/vio/llan.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "dev/vio/llan_state.h"

#define LIST_SIZE 4096u
#define QUEUE_SIZE_MAX (1u << 20)
#define FIXED (LLAN_PADDED_CHECKSUM | LLAN_LARGE_SEND)
#define SETTABLE (LLAN_IPV4_CHECKSUM | LLAN_IPV6_CHECKSUM | LLAN_LARGE_ENABLED)

static void lock(struct llan *l)
{
	pthread_mutex_lock(&l->lock);
}

static void unlock(struct llan *l)
{
	pthread_mutex_unlock(&l->lock);
}

static void set_mac(struct llan *l, u64 mac)
{
	u8 b[8];

	st_be64(b, mac);
	memcpy(l->mac, b + 2, sizeof(l->mac));
}

/* ---- registration ---- */

/* Is it all mapped for writing? It is zero afterwards. */
static bool clear(struct llan *l, u64 at, u64 n)
{
	static const u8 zero[LIST_SIZE];

	for (u64 i = 0, k; i < n; i += k) {
		k = n - i < sizeof(zero) ? n - i : sizeof(zero);
		if (!dma_write(l->dma, ioba_of(at + i), zero, k))
			return false;
	}
	return true;
}

static enum vio_status do_register(struct llan *l, const struct llan_register *r)
{
	u32 n = DESC_LENGTH(r->queue), at = DESC_ADDRESS(r->queue);
	u8 probe;

	if (l->registered)
		return VIO_RESOURCE;
	if (r->buffer_list % LIST_SIZE || r->filter_list % LIST_SIZE ||
	    !clear(l, r->buffer_list, LIST_SIZE) ||
	    !dma_read(l->dma, ioba_of(r->filter_list), &probe, 1))
		return VIO_PARAMETER;
	if (!(r->queue & DESC_VALID) || !n || n % QUEUE_ENTRY || at % QUEUE_ENTRY ||
	    n > QUEUE_SIZE_MAX || !clear(l, at, n) ||
	    !dma_st_be64(l->dma, ioba_of(r->buffer_list), r->queue & ~DESC_TOGGLE))
		return VIO_PARAMETER;
	l->buffer_list = r->buffer_list;
	l->queue = at;
	l->queue_n = n / QUEUE_ENTRY;
	l->queue_next = 0;
	l->toggle = true;
	l->dropped = 0;
	l->n_pools = 0;
	l->signal = false;
	set_mac(l, r->mac);
	l->registered = true;
	return VIO_SUCCESS;
}

enum vio_status llan_register(struct llan *l, const struct llan_register *r)
{
	enum vio_status st;

	lock(l);
	st = do_register(l, r);
	unlock(l);
	if (st == VIO_SUCCESS)
		net_receive_again(l->net);
	return st;
}

/* Under lock. */
static void deregister(struct llan *l)
{
	l->registered = false;
	l->signal = false;
	l->n_pools = 0;
	l->waiting = false;
}

enum vio_status llan_free(struct llan *l)
{
	lock(l);
	deregister(l);
	unlock(l);
	/* what waits in the back end is dropped by receive() */
	net_receive_again(l->net);
	return VIO_SUCCESS;
}

/* ---- receive buffers ---- */

static struct llan_pool *find_pool(struct llan *l, u32 size)
{
	for (u32 i = 0; i < l->n_pools; i++)
		if (l->pool[i].size == size)
			return &l->pool[i];
	return NULL;
}

/* Pools are in order of size. NULL: there are too many. */
static struct llan_pool *new_pool(struct llan *l, u32 size)
{
	u32 *at = NULL;
	u32 i;

	if (l->n_pools == LLAN_POOLS)
		return NULL;
	at = l->pool[l->n_pools].at; /* its memory stays */
	for (i = l->n_pools; i && l->pool[i - 1].size > size; i--)
		l->pool[i] = l->pool[i - 1];
	l->pool[i] = (struct llan_pool){ .size = size, .at = at };
	l->n_pools++;
	return &l->pool[i];
}

static enum vio_status add_buffer(struct llan *l, u64 desc)
{
	u32 n = DESC_LENGTH(desc), at = DESC_ADDRESS(desc);
	struct llan_pool *p;
	u8 probe;

	if (!l->registered)
		return VIO_RESOURCE;
	if (!(desc & DESC_VALID) || n < 16 || at % 8 || !dma_read(l->dma, ioba_of(at), &probe, 1) ||
	    !dma_read(l->dma, ioba_of((u64)at + n - 1), &probe, 1))
		return VIO_PARAMETER;
	p = find_pool(l, n);
	if (!p)
		p = new_pool(l, n);
	if (!p || p->n == LLAN_POOL_BUFFERS)
		return VIO_RESOURCE;
	p->at[(p->head + p->n++) % LLAN_POOL_BUFFERS] = at;
	return VIO_SUCCESS;
}

enum vio_status llan_add_buffer(struct llan *l, u64 desc)
{
	enum vio_status st;
	bool again;

	lock(l);
	st = add_buffer(l, desc);
	again = st == VIO_SUCCESS && l->waiting && DESC_LENGTH(desc) >= l->wanted;
	if (again)
		l->waiting = false;
	unlock(l);
	if (again)
		net_receive_again(l->net);
	return st;
}

enum vio_status llan_free_buffer(struct llan *l, u64 size)
{
	struct llan_pool *p;
	enum vio_status st = VIO_NOT_FOUND;
	u8 handle[8];
	u32 at;

	lock(l);
	p = l->registered && size <= DESC_LENGTH_MAX ? find_pool(l, (u32)size) : NULL;
	if (p && llan_take(p, &at)) {
		st = VIO_SUCCESS;
		if (dma_read(l->dma, ioba_of(at), handle, sizeof(handle)))
			llan_enqueue(l, 0, 0, handle);
	}
	unlock(l);
	return st;
}

/* ---- filters and attributes ---- */

#define MULTICAST_MODIFY PPC_BIT(44)
#define FILTERING_MODIFY PPC_BIT(45)
#define MULTICAST_ENABLE PPC_BIT(46)
#define FILTERING_ENABLE PPC_BIT(47)
#define MULTICAST_FLAGS (PPC_MASK(44, 47) | 3)
enum { FILTER_KEEP, FILTER_ADD, FILTER_REMOVE, FILTER_CLEAR };

static enum vio_status change_filter(struct llan *l, unsigned int how, u64 mac)
{
	u32 i = 0;

	while (i < l->n_filters && l->filter[i] != mac)
		i++;
	switch (how) {
	case FILTER_ADD:
		if (i < l->n_filters)
			return VIO_SUCCESS;
		if (l->n_filters == LLAN_MAC_FILTERS)
			return VIO_CONSTRAINED;
		l->filter[l->n_filters++] = mac;
		return VIO_SUCCESS;
	case FILTER_REMOVE:
		if (i == l->n_filters)
			return VIO_NOT_FOUND;
		l->filter[i] = l->filter[--l->n_filters];
		return VIO_SUCCESS;
	case FILTER_CLEAR:
		l->n_filters = 0;
		return VIO_SUCCESS;
	default:
		return VIO_SUCCESS;
	}
}

enum vio_status llan_multicast(struct llan *l, u64 flags, u64 mac, u64 *state)
{
	enum vio_status st;

	if (flags & ~MULTICAST_FLAGS || mac >> 48)
		return VIO_PARAMETER;
	lock(l);
	if (flags & MULTICAST_MODIFY)
		l->multicast = flags & MULTICAST_ENABLE;
	if (flags & FILTERING_MODIFY)
		l->filtering = flags & FILTERING_ENABLE;
	st = change_filter(l, flags & 3, mac);
	*state = (l->multicast ? MULTICAST_ENABLE : 0) | (l->filtering ? FILTERING_ENABLE : 0) |
		 l->n_filters;
	unlock(l);
	return st;
}

enum vio_status llan_change_mac(struct llan *l, u64 mac)
{
	lock(l);
	set_mac(l, mac);
	unlock(l);
	return VIO_SUCCESS;
}

/* Bits that do not exist are ignored; those that cannot change now are an exception. */
enum vio_status llan_attributes(struct llan *l, u64 reset, u64 set, u64 *now)
{
	enum vio_status st = VIO_SUCCESS;
	u64 want;

	lock(l);
	want = ((l->attributes & ~reset) | set) & SETTABLE;
	if (want != (l->attributes & SETTABLE) && l->registered)
		st = VIO_CONSTRAINED;
	else
		l->attributes = (l->attributes & ~(u64)SETTABLE) | want;
	if ((reset & ~set) & FIXED)
		st = VIO_CONSTRAINED;
	*now = l->attributes;
	unlock(l);
	return st;
}

enum vio_status llan_signal(struct llan *l, u64 mode)
{
	if (mode > 1)
		return VIO_PARAMETER;
	lock(l);
	l->signal = mode;
	unlock(l);
	return VIO_SUCCESS;
}

/* ---- life ---- */

static struct llan *of(struct device *d)
{
	return CONTAINER_OF(d, struct llan, dev);
}

static void quiesce(struct device *d)
{
	net_stop(of(d)->net);
}

static void resume(struct device *d)
{
	net_start(of(d)->net);
}

static void reset(struct device *d)
{
	struct llan *l = of(d);

	lock(l);
	deregister(l);
	memcpy(l->mac, l->first_mac, sizeof(l->mac));
	l->attributes = FIXED;
	l->multicast = l->filtering = false;
	l->n_filters = 0;
	l->n_messages = 0;
	unlock(l);
	net_start(l->net);
}

static void free_memory(struct llan *l)
{
	for (u32 i = 0; i < LLAN_POOLS; i++)
		free(l->pool[i].at);
	free(l->tx);
	free(l->segment);
	free(l);
}

static void destroy(struct device *d)
{
	struct llan *l = of(d);

	net_close(l->net);
	pthread_mutex_destroy(&l->tx_lock);
	pthread_mutex_destroy(&l->lock);
	free_memory(l);
}

static const struct device_ops ops = {
	.type = "llan",
	.reset = reset,
	.quiesce = quiesce,
	.resume = resume,
	.destroy = destroy,
};

struct llan *llan_new(const struct vio_config *c, struct net *net, const u8 mac[6])
{
	struct llan *l = calloc(1, sizeof(*l));
	bool ok = l;

	if (ok)
		ok = (l->tx = malloc(NET_FRAME_MAX)) && (l->segment = malloc(NET_FRAME_MAX));
	for (u32 i = 0; i < LLAN_POOLS && ok; i++)
		ok = (l->pool[i].at = malloc(LLAN_POOL_BUFFERS * sizeof(u32))) != NULL;
	if (!ok) {
		if (l)
			free_memory(l);
		return NULL;
	}
	l->dev.ops = &ops;
	l->dev.log = c->log;
	strncpy(l->dev.id, c->id, sizeof(l->dev.id) - 1);
	l->dma = c->dma;
	l->line = c->line;
	l->net = net;
	memcpy(l->first_mac, mac, sizeof(l->first_mac));
	memcpy(l->mac, mac, sizeof(l->mac));
	l->attributes = FIXED;
	pthread_mutex_init(&l->lock, NULL);
	pthread_mutex_init(&l->tx_lock, NULL);
	net_set_client(net, &(struct net_client){ .receive = llan_receive, .opaque = l });
	return l;
}

struct device *llan_device(struct llan *l)
{
	return &l->dev;
}
