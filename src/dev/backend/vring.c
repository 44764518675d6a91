// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE /* MADV_REMOVE */
#include "dev/backend/vring.h"

#include <string.h>
#include <sys/mman.h>

#include "base/endian.h"

/* Descriptor: le64 addr, le32 len, le16 flags, le16 next. */
#define DESC_SIZE 16u
#define F_NEXT 1u
#define F_WRITE 2u

/* Rings: le16 flags, idx, then entries. */
#define IDX 2u
#define ENTRIES 4u
#define USED_ENTRY 8u

#define IN_ALIGN 64u
/* Rooms that held more than this give their pages back. */
#define KEEP_BYTES (2u << 20)

void vring_reset(struct vring *r)
{
	memset(r->mem, 0, VRING_PARTS);
	r->next_avail = r->next_used = 0;
	r->taken = r->with_server = 0;
}

int vring_take(struct vring *r)
{
	if (r->taken == ~0u)
		return -1;
	int i = __builtin_ctz(~r->taken);

	r->taken |= 1u << i;
	r->out_len[i] = r->in_len[i] = 0;
	return i;
}

/* The start of what comes in. */
static u64 in_at(const struct vring *r, unsigned int i)
{
	return ((u64)r->out_len[i] + IN_ALIGN - 1) & ~(u64)(IN_ALIGN - 1);
}

void vring_give(struct vring *r, unsigned int i)
{
	u64 n = in_at(r, i) + r->in_len[i];

	/* a host that cannot do that keeps them */
	if (n > KEEP_BYTES && madvise(vring_out(r, i), VRING_ROOM, MADV_REMOVE))
		n = 0;
	r->taken &= ~(1u << i);
}

static u64 room_at(unsigned int i)
{
	return VRING_PARTS + i * VRING_ROOM;
}

u8 *vring_out(const struct vring *r, unsigned int i)
{
	return r->mem + room_at(i);
}

const u8 *vring_in(const struct vring *r, unsigned int i)
{
	return r->mem + room_at(i) + in_at(r, i);
}

struct desc {
	u64 at;
	u32 len;
	u16 flags;
};

/* The pieces of @s as descriptors; answers how many. */
static unsigned int pieces(const struct vring *r, unsigned int i, const struct vring_shape *s,
			   struct desc *d)
{
	u64 at = r->at + room_at(i);
	unsigned int n = 0;

	for (unsigned int k = 0; k < VRING_OUTS; at += s->out[k++])
		if (s->out[k])
			d[n++] = (struct desc){ at, s->out[k], 0 };
	at = r->at + room_at(i) + in_at(r, i);
	for (unsigned int k = 0; k < VRING_INS; at += s->in[k++])
		if (s->in[k])
			d[n++] = (struct desc){ at, s->in[k], F_WRITE };
	return n;
}

void vring_put(struct vring *r, unsigned int i, const struct vring_shape *s)
{
	struct desc d[VRING_OUTS + VRING_INS];
	unsigned int n;
	u16 head = (u16)(i * VRING_DESCS);

	r->out_len[i] = r->in_len[i] = 0;
	for (unsigned int k = 0; k < VRING_OUTS; k++)
		r->out_len[i] += s->out[k];
	for (unsigned int k = 0; k < VRING_INS; k++)
		r->in_len[i] += s->in[k];
	n = pieces(r, i, s, d);
	for (unsigned int k = 0; k < n; k++) {
		u8 *p = r->mem + VRING_DESC + (head + k) * DESC_SIZE;

		st_le64(p, d[k].at);
		st_le32(p + 8, d[k].len);
		st_le16(p + 12, d[k].flags | (k + 1 < n ? F_NEXT : 0));
		st_le16(p + 14, (u16)(k + 1 < n ? head + k + 1 : 0));
	}
	r->with_server |= 1u << i;
	st_le16(r->mem + VRING_AVAIL + ENTRIES + 2 * (r->next_avail % VRING_SIZE), head);
	r->next_avail++;
	/* the entry before the index, the index before the kick */
	__atomic_store_n((u16 *)(void *)(r->mem + VRING_AVAIL + IDX), ENDIAN_LE(16, r->next_avail),
			 __ATOMIC_SEQ_CST);
}

enum vring_done vring_next(struct vring *r, unsigned int *i, u32 *n)
{
	const u8 *used = r->mem + VRING_USED;
	u16 idx = ENDIAN_LE(16, __atomic_load_n((const u16 *)(const void *)(used + IDX),
						__ATOMIC_ACQUIRE));
	u32 id;

	if (idx == r->next_used)
		return VRING_NONE;
	used += ENTRIES + USED_ENTRY * (r->next_used % VRING_SIZE);
	id = ld_le32(used);
	*n = ld_le32(used + 4);
	*i = id / VRING_DESCS;
	if ((u16)(idx - r->next_used) > VRING_REQUESTS || id % VRING_DESCS || id >= VRING_SIZE ||
	    !(r->with_server >> *i & 1) || *n > r->in_len[*i])
		return VRING_BROKEN;
	r->with_server &= ~(1u << *i);
	r->next_used++;
	return VRING_DONE;
}

bool vring_base_ok(const struct vring *r, u32 base)
{
	return base <= 0xffff && (u16)(r->next_avail - base) <= VRING_REQUESTS;
}
