/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interrupt controller of PAPR's emulated mode [PAPR 6, 7.3.10, 14.5.4.5]
 * [KVM devices/xics]: sources (ICS), and one presentation controller (ICP) per
 * server. A server number is a vCPU index; a source number is what
 * ibm,set-xive and the device tree call it, 16 and up.
 *
 * A platform makes its sources by KVM_DEV_XICS_GRP_SOURCES (masked: priority
 * 0xff) and its servers by kdev_connect() on xics_kdev(); what does not exist
 * ignores its line.
 *
 * Threads: every function may be called on any thread, except new and free.
 * They call the sink with the controller's lock held.
 */
#ifndef HYPAR_IRQ_XICS_XICS_H
#define HYPAR_IRQ_XICS_XICS_H

#include "base/compiler.h"
#include "base/types.h"
#include "hypar/error.h"
#include "irq/kdev.h"
#include "irq/line.h"

struct xics;

#define XICS_IPI 2u	      /* XISR of an inter-processor interrupt */
#define XICS_SOURCE_FIRST 16u /* lowest source number */
#define XICS_SOURCES_MAX (1u << 20)
#define XICS_SERVERS_MAX (1u << 16)
#define XICS_PRIO_MASKED 0xff /* least favored: never delivered */

struct xics_config {
	struct irq_sink sink;
	u32 n_servers; /* server numbers 0..n_servers - 1, at most XICS_SERVERS_MAX */
	u32 n_sources; /* source numbers 16..n_sources - 1, at most XICS_SOURCES_MAX */
};

/* No source exists and no server is connected yet. NULL with *e set. */
struct xics *xics_new(const struct xics_config *cfg, struct hypar_err *e);
void xics_free(struct xics *x);

/* The controller as a KVM device of type KVM_DEV_TYPE_XICS. */
struct kdev *xics_kdev(struct xics *x);

/*
 * Masks all sources and forgets what is pending; the sources stay, and so does
 * the level of level-sensitive ones. ICPs as after power-on: CPPR 0.
 */
void xics_reset(struct xics *x);

/* The ICP of a server as after power-on. Its presented interrupt is rejected. */
void xics_reset_server(struct xics *x, u32 server);

/*
 * The server goes, as if it had never been connected (it may be again): its
 * line is lowered. Its sources become @heir's with what is pending; if there
 * is no such server they are masked.
 */
void xics_disconnect(struct xics *x, u32 server, u32 heir);

/* ---- sources ---- */

/*
 * The line of a source for a device. Level-sensitive sources (LSI) follow it,
 * others trigger at each level true. Nothing happens if there is no such source.
 */
struct irq_line xics_line(struct xics *x, u32 source);
void xics_source_set_level(struct xics *x, u32 source, bool level);

/* The RTAS calls ibm,set-xive, get-xive, int-off, int-on. -EINVAL: no such source or server. */
int xics_set_xive(struct xics *x, u32 source, u32 server, u32 prio);
int xics_get_xive(struct xics *x, u32 source, u32 *server, u32 *prio);
int xics_int_off(struct xics *x, u32 source);
int xics_int_on(struct xics *x, u32 source);

/* ---- presentation; -EINVAL: no such server (or, for EOI, source) ---- */

/* H_XIRR: accepts the presented interrupt. *xirr is CPPR << 24 | XISR; XISR 0: there was none. */
int xics_accept(struct xics *x, u32 server, u32 *xirr);
/* H_CPPR */
int xics_set_cppr(struct xics *x, u32 server, u8 cppr);
/* H_EOI: @xirr as accepted. -EINVAL: no such source; CPPR is set all the same. */
int xics_eoi(struct xics *x, u32 server, u32 xirr);
/* H_IPI: sets the MFRR of @server; 0xff takes the request back. */
int xics_set_mfrr(struct xics *x, u32 server, u8 mfrr);
/* H_IPOLL: *xirr and *mfrr of any server, without accepting. */
int xics_poll(struct xics *x, u32 server, u32 *xirr, u8 *mfrr);

#endif
