// SPDX-License-Identifier: Apache-2.0
/*
 * The thread interrupt management area: per server the OS ring, seen through
 * the OS page, and its special operations [PAPR 14.5.4.7] [KVM devices/xive].
 *
 * IPB holds a bit per pending priority (0x80: priority 0) and CPPR the priority
 * the processor works at; PIPR is the most favored of IPB, NSR tells whether
 * it is more favored than CPPR, and the line of the processor follows NSR. The
 * last three are recomputed at every change.
 *
 * Only the OS page answers; the hypervisor's pages and the user page refuse.
 * Words 2 and 3 of the ring are the hypervisor's and read as zero.
 *
 * Threads: under the mutex of the controller.
 */
#include "irq/xive/state.h"

#define PAGE_SIZE (1ULL << XIVE_PAGE_SHIFT)
#define QW1_OS 0x10 /* the OS ring in a page */
#define QW_SIZE 0x10
#define SPC_ACK_OS_REG 0x810	 /* halfword load */
#define SPC_SET_OS_PENDING 0x812 /* byte store */

void xive_vp_init(struct xive_vp *vp)
{
	memset(vp->ring, 0, sizeof(vp->ring));
	vp->ring[RING_LSMFB] = 0xff;
	vp->ring[RING_ACK] = 0xff;
	vp->ring[RING_AGE] = 0xff;
	vp->ring[RING_PIPR] = 0xff;
}

void xive_vp_update(struct xive_locked l, u32 server)
{
	u8 *ring = l.x->vp[server].ring;
	u8 ipb = ring[RING_IPB];
	u8 pipr = ipb ? (u8)__builtin_clz((u32)ipb << 24) : 0xff;
	u8 nsr = pipr < ring[RING_CPPR] ? NSR_EO : 0;

	ring[RING_PIPR] = pipr;
	if (nsr != ring[RING_NSR]) {
		ring[RING_NSR] = nsr;
		l.x->sink.set_external(l.x->sink.opaque, server, nsr != 0);
	}
}

/* Eight priorities, so everything above 7 is 0xff: all are accepted. */
void xive_vp_set_cppr(struct xive_locked l, u32 server, u8 cppr)
{
	l.x->vp[server].ring[RING_CPPR] = cppr < XIVE_N_PRIO ? cppr : 0xff;
	xive_vp_update(l, server);
}

void xive_vp_notify(struct xive_locked l, u32 server, u8 prio)
{
	if (prio < XIVE_N_PRIO)
		l.x->vp[server].ring[RING_IPB] |= (u8)(0x80 >> prio);
	xive_vp_update(l, server);
}

/*
 * Acknowledge: the pending priority becomes the processor's and is pending no
 * longer. Answers NSR as it was and the CPPR as it is now.
 */
static u16 vp_accept(struct xive_locked l, u32 server)
{
	u8 *ring = l.x->vp[server].ring;
	u8 nsr = ring[RING_NSR];

	if (nsr & NSR_EO) {
		ring[RING_CPPR] = ring[RING_PIPR];
		ring[RING_IPB] &= (u8) ~(0x80 >> ring[RING_PIPR]);
		xive_vp_update(l, server);
	}
	return (u16)(nsr << 8 | ring[RING_CPPR]);
}

void xive_reset_server(struct xive *x, u32 server)
{
	struct xive_locked l = xive_lock(x);
	struct xive_vp *vp = xive_vp_get(l, server);

	if (vp) {
		u8 nsr = vp->ring[RING_NSR];

		xive_vp_init(vp);
		vp->ring[RING_NSR] = nsr; /* so that update sees the change of the line */
		xive_vp_update(l, server);
	}
	xive_unlock(l);
}

/* A load of @size bytes, wholly in the user and OS rings. */
static u64 ring_read(const struct xive_vp *vp, u64 offset, unsigned int size)
{
	u64 val = 0;

	for (unsigned int i = 0; i < size; i++) {
		u64 at = offset + i - QW1_OS;

		val = val << 8 | (at < RING_SIZE ? vp->ring[at] : 0);
	}
	return val;
}

bool xive_tima_read(struct xive *x, u32 server, u64 at, unsigned int size, u64 *val)
{
	u64 offset = at & (PAGE_SIZE - 1);
	struct xive_locked l;
	struct xive_vp *vp;
	bool done = true;

	if (at / PAGE_SIZE != XIVE_TIMA_OS_PAGE || offset & (size - 1))
		return false;
	l = xive_lock(x);
	vp = xive_vp_get(l, server);
	if (vp && offset == SPC_ACK_OS_REG && size == 2)
		*val = vp_accept(l, server);
	else if (vp && offset < QW1_OS + QW_SIZE)
		*val = ring_read(vp, offset, size);
	else
		done = false;
	xive_unlock(l);
	return done;
}

/*
 * CPPR is the one byte that the OS may store, alone or as part of word 0 or
 * of words 0 and 1, whose other bytes are then ignored.
 */
bool xive_tima_write(struct xive *x, u32 server, u64 at, unsigned int size, u64 val)
{
	u64 offset = at & (PAGE_SIZE - 1);
	struct xive_locked l;
	bool done = true;

	if (at / PAGE_SIZE != XIVE_TIMA_OS_PAGE || offset & (size - 1))
		return false;
	l = xive_lock(x);
	if (!xive_vp_get(l, server))
		done = false;
	else if (offset == QW1_OS + RING_CPPR && size == 1)
		xive_vp_set_cppr(l, server, (u8)val);
	else if (offset == QW1_OS && size >= 4)
		xive_vp_set_cppr(l, server, (u8)(val >> (8 * size - 16)));
	else if (offset == SPC_SET_OS_PENDING && size == 1)
		xive_vp_notify(l, server, (u8)val);
	else
		done = offset < QW1_OS + QW_SIZE;
	xive_unlock(l);
	return done;
}

static enum mmio_result tima_read(void *opaque, int cpu, u64 offset, unsigned int size, u64 *val)
{
	*val = ~0ULL;
	if (cpu < 0 || !xive_tima_read(opaque, (u32)cpu, offset, size, val))
		return MMIO_FAULT;
	return MMIO_OK;
}

static enum mmio_result tima_write(void *opaque, int cpu, u64 offset, unsigned int size, u64 val)
{
	if (cpu < 0 || !xive_tima_write(opaque, (u32)cpu, offset, size, val))
		return MMIO_FAULT;
	return MMIO_OK;
}

const struct mmio_ops xive_tima_ops = { .read = tima_read, .write = tima_write };
