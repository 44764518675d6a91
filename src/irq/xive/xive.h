/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The POWER9 interrupt controller as a guest in exploitation mode sees it
 * [PAPR 14.5.4.7 H_INT_*] [KVM devices/xive]: sources with ESB pages, event
 * queues in guest memory, and one OS ring of the thread interrupt management
 * area (TIMA) per server. A server number is a vCPU index.
 *
 * A platform makes its sources by KVM_DEV_XIVE_GRP_SOURCE and its servers by
 * kdev_connect() on xive_kdev(); what does not exist ignores its line.
 *
 * Threads: every function may be called on any thread, except new and free.
 * They call the sink with the controller's lock held.
 */
#ifndef HYPAR_IRQ_XIVE_XIVE_H
#define HYPAR_IRQ_XIVE_XIVE_H

#include "base/compiler.h"
#include "base/types.h"
#include "hypar/error.h"
#include "irq/kdev.h"
#include "irq/line.h"
#include "mem/gmem.h"
#include "mem/mmio.h"

struct xive;

#define XIVE_PAGE_SHIFT 16 /* of TIMA and ESB pages */
#define XIVE_TIMA_PAGES 4
#define XIVE_TIMA_OS_PAGE 2 /* the only page that answers */
#define XIVE_TIMA_SIZE ((u64)XIVE_TIMA_PAGES << XIVE_PAGE_SHIFT)
#define XIVE_ESB_SHIFT (XIVE_PAGE_SHIFT + 1)
#define XIVE_ESB_SIZE(n_sources) ((u64)(n_sources) << XIVE_ESB_SHIFT)
/* Of source @lisn, relative to the ESB region: even page triggers, odd page manages. */
#define XIVE_ESB_TRIGGER_PAGE(lisn) ((u64)(lisn) << XIVE_ESB_SHIFT)
#define XIVE_ESB_EOI_PAGE(lisn) (XIVE_ESB_TRIGGER_PAGE(lisn) + (1ULL << XIVE_PAGE_SHIFT))

#define XIVE_N_PRIO 8
#define XIVE_PRIO_MAX 6	      /* least favored for guests; 7 belongs to the hypervisor */
#define XIVE_PRIO_MASKED 0xff /* as a target priority: the source is masked */

#define XIVE_SOURCES_MAX (1u << 20)
#define XIVE_SERVERS_MAX (1u << 16)

/* Offsets in an ESB management page. Loads answer 0..3: P is 2, Q is 1. */
enum xive_esb_offset {
	XIVE_ESB_LOAD_EOI = 0x000,
	XIVE_ESB_STORE_TRIGGER = 0x000,
	XIVE_ESB_STORE_EOI = 0x400,
	XIVE_ESB_GET = 0x800,
	XIVE_ESB_SET_PQ_00 = 0xc00,
	XIVE_ESB_SET_PQ_01 = 0xd00,
	XIVE_ESB_SET_PQ_10 = 0xe00,
	XIVE_ESB_SET_PQ_11 = 0xf00,
};

/* What was wrong with a guest's request. The hypercalls turn it into H_P2.. */
enum xive_status {
	XIVE_OK,
	XIVE_BAD_LISN,	 /* no such source */
	XIVE_BAD_TARGET, /* no such server */
	XIVE_BAD_PRIO,	 /* not 0..XIVE_PRIO_MAX */
	XIVE_BAD_QUEUE,	 /* queue address not aligned to its size or not RAM */
	XIVE_BAD_SIZE,	 /* queue size not offered */
};

struct xive_config {
	struct gmem *mem;
	struct irq_sink sink;
	u32 n_servers; /* server numbers 0..n_servers - 1, at most XIVE_SERVERS_MAX */
	u32 n_sources; /* LISNs 0..n_sources - 1, at most XIVE_SOURCES_MAX */
	/*
	 * Queue sizes that hypercalls accept, or'd 1 << shift of 12, 16, 21, 24; 0
	 * means 1 << 16. KVM_DEV_XIVE_GRP_EQ_CONFIG restores 16 only, so a
	 * machine that is to be saved offers no other (ibm,xive-eq-sizes).
	 */
	u32 eq_shifts;
};

/* No source exists and no server is connected yet. NULL with *e set. */
struct xive *xive_new(const struct xive_config *cfg, struct hypar_err *e);
void xive_free(struct xive *x);

/* The controller as a KVM device of type KVM_DEV_TYPE_XIVE. */
struct kdev *xive_kdev(struct xive *x);

/*
 * KVM_DEV_XIVE_RESET, H_INT_RESET: masks all sources, drops all queues. The
 * sources stay, and so does the level of level-sensitive ones.
 */
void xive_reset(struct xive *x);

/* The OS ring of a server as after power-on: CPPR 0, nothing pending. */
void xive_reset_server(struct xive *x, u32 server);

/*
 * The server goes, as if it had never been connected (it may be again): its
 * line is lowered, its queues are dropped. Events routed to it are lost.
 */
void xive_disconnect(struct xive *x, u32 server);

/* ---- sources ---- */

/*
 * The line of a source for a device. Level-sensitive sources (LSI) follow
 * it, others trigger at each level true. Nothing happens if there is no such
 * source.
 */
struct irq_line xive_line(struct xive *x, u32 lisn);
void xive_source_set_level(struct xive *x, u32 lisn, bool level);
void xive_source_trigger(struct xive *x, u32 lisn);

struct xive_source_info {
	bool is_lsi;
};

/* XIVE_BAD_LISN: no such source. */
enum xive_status xive_get_source_info(struct xive *x, u64 lisn, struct xive_source_info *out);

/*
 * Where a source's events go. H_INT_SET_SOURCE_CONFIG with priority 0xff and
 * without: is_masked keeps the other fields. @eisn is 31 bits wide.
 */
struct xive_source_config {
	u32 target;
	u8 prio;
	bool is_masked;
	u32 eisn;
};

/*
 * Masked: only the mask is set, the other fields of *c are ignored. BAD_LISN,
 * BAD_PRIO, BAD_TARGET otherwise. A target without a queue of that priority is
 * accepted; its events are lost, as in the hardware.
 */
enum xive_status xive_set_source_config(struct xive *x, u64 lisn,
					const struct xive_source_config *c);
enum xive_status xive_get_source_config(struct xive *x, u64 lisn, struct xive_source_config *c);

/* H_INT_SYNC: on return no event of an earlier trigger is on its way. */
enum xive_status xive_source_sync(struct xive *x, u64 lisn);

/*
 * Load from and store to the management page of a source, @offset below 64 KiB (H_INT_ESB, and
 * the MMIO handler). A load at an offset without meaning, or of no source, is all ones.
 */
u64 xive_esb_load(struct xive *x, u64 lisn, u64 offset);
void xive_esb_store(struct xive *x, u64 lisn, u64 offset);

/* ---- event queues ---- */

/* A queue of a server and priority. qshift 0: none. */
struct xive_queue {
	gpa qaddr;
	u32 qshift;
	bool always_notify; /* UNIMPL: kept, but queues always notify; no END ESB pages */
	u32 generation;	    /* bit 31 of the next entry */
	u32 index;	    /* of the next entry */
};

/*
 * H_INT_GET_QUEUE_INFO: may there be such a queue? BAD_TARGET, BAD_PRIO. The
 * page that the hypercall answers is not there: Linux never touches it.
 */
enum xive_status xive_check_queue(struct xive *x, u64 target, u64 prio);

/*
 * H_INT_SET_QUEUE_CONFIG: qshift 0 removes the queue; otherwise it starts
 * empty, at index 0 and generation 1 (the fields of *q are ignored).
 * BAD_TARGET, BAD_PRIO, BAD_SIZE, BAD_QUEUE.
 */
enum xive_status xive_set_queue_config(struct xive *x, u64 target, u64 prio,
				       const struct xive_queue *q);
enum xive_status xive_get_queue_config(struct xive *x, u64 target, u64 prio, struct xive_queue *q);

/*
 * H_INT_SET/GET_OS_REPORTING_LINE: the address of the line, or ~0: none. It is
 * only remembered: nothing here writes it. BAD_TARGET, BAD_QUEUE (not aligned
 * to 128 or not RAM).
 */
enum xive_status xive_set_reporting_line(struct xive *x, u64 target, u64 addr);
enum xive_status xive_get_reporting_line(struct xive *x, u64 target, u64 *addr);

/* ---- thread interrupt management area ---- */

/*
 * Accesses of server @server to TIMA page @page (XIVE_TIMA_OS_PAGE) at
 * @offset of the page. False: not an access the page answers.
 */
bool xive_tima_read(struct xive *x, u32 server, u64 at, unsigned int size, u64 *val);
bool xive_tima_write(struct xive *x, u32 server, u64 at, unsigned int size, u64 val);

/* ---- bus ---- */

/* Regions of XIVE_TIMA_SIZE and XIVE_ESB_SIZE(n_sources) bytes; opaque is the struct xive. */
extern const struct mmio_ops xive_tima_ops;
extern const struct mmio_ops xive_esb_ops;

#endif
