/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupt controllers of PAPR guests, XICS and XIVE, as devices with the
 * interface that KVM has for them: for VMMs on hosts without KVM for powerpc.
 * Groups, attributes, structures and one-reg words have KVM's numbers
 * (hypar/kvm.h), functions KVM's errno values, negative:
 *
 *   KVM_CREATE_DEVICE                       hypar_irqdev_new
 *   KVM_HAS/GET/SET_DEVICE_ATTR             hypar_irqdev_has/get/set_attr
 *   KVM_CAP_IRQ_XICS, KVM_CAP_PPC_IRQ_XIVE  hypar_irqdev_connect
 *   KVM_GET/SET_ONE_REG                     hypar_irqdev_get/set_reg
 *   KVM_IRQ_LINE, KVM_IRQFD                 hypar_irqdev_set_irq
 *   mmap of the XIVE device                 hypar_irqdev_load, _store
 *   hypercalls and RTAS calls of XICS       hypar_xics_*
 *
 * [KVM api 4.79..4.81, devices/xics, devices/xive] [PAPR 7.3.10, 14.5.4.5,
 * 14.5.4.7]. docs/howto/use-irqchips.md shows a device at work, saved and restored.
 *
 * Threads: every function may be called on any thread, several at once, except
 * hypar_irqdev_new and _free of the same device. None of them waits for a guest.
 */
#ifndef HYPAR_IRQCHIP_H
#define HYPAR_IRQCHIP_H

#include <stdbool.h>
#include <stdint.h>

#include "hypar/error.h"
#include "hypar/machine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hypar_irqdev hypar_irqdev;

/* Guest RAM that the caller owns. It has to stay, at this place, as long as the device. */
struct hypar_ram {
	uint64_t addr; /* guest real address, a multiple of 64 KiB */
	uint64_t size; /* bytes, a multiple of 64 KiB */
	void *host;    /* where it is in this process, aligned to 4 KiB */
};

struct hypar_irqdev_config {
	uint32_t type;	    /* KVM_DEV_TYPE_XICS or KVM_DEV_TYPE_XIVE */
	uint32_t n_servers; /* server numbers 0..n_servers - 1, at most 65536 */
	uint32_t n_sources; /* sources 0..n_sources - 1 (XICS: from 16), at most 1 << 20 */
	/* XIVE: where event queues may be; one queue lies in one range. May be NULL. */
	const struct hypar_ram *ram;
	uint32_t n_ram;
	/*
	 * The external-interrupt input of the vCPU with server number @server,
	 * which stays at @level until the next call; low at first. Called on the
	 * thread that caused it, with the device locked: it may not block nor
	 * call functions of this header. May be NULL.
	 */
	void (*set_external)(void *opaque, uint32_t server, bool level);
	void *opaque; /* for set_external */
};

/*
 * A device without sources and without servers; @cfg and its list of ranges are
 * copied. NULL with *e set: -ENODEV no such type, -EINVAL a number or a range
 * is not possible, -EEXIST ranges overlap, -ENOSPC too many ranges, -ENOMEM.
 */
hypar_irqdev *hypar_irqdev_new(const struct hypar_irqdev_config *cfg, struct hypar_err *e);

/* Frees what hypar_irqdev_new made. The caller's RAM is left alone. */
void hypar_irqdev_free(hypar_irqdev *d);

/* KVM_DEV_TYPE_XICS or KVM_DEV_TYPE_XIVE. */
uint32_t hypar_irqdev_type(hypar_irqdev *d);

/*
 * Attribute @attr of group @group; @addr is the value, in the size and byte
 * order (the host's) that KVM has for it, NULL for those without one.
 *
 * Any group: -ENXIO no such group or attribute, or it cannot be set (got);
 * -EFAULT @addr is NULL; -ENOMEM (SOURCE, SOURCES) a source number beyond n_sources.
 *
 * KVM_DEV_XICS_GRP_SOURCES: -ENOENT number not possible, or (get) no such
 *	source; -EINVAL no such server.
 * KVM_DEV_XICS_GRP_CTRL NR_SERVERS, KVM_DEV_XIVE_GRP_CTRL NR_SERVERS: -EINVAL 0 or
 *	more than n_servers; -EBUSY a server is connected.
 * KVM_DEV_XIVE_GRP_SOURCE: -E2BIG number not possible; (get) -ENOENT no such source.
 * KVM_DEV_XIVE_GRP_SOURCE_CONFIG: -ENOENT beyond all sources; -EINVAL no such
 *	source, no such server, priority 7; -ENXIO the server has no queue of that priority.
 * KVM_DEV_XIVE_GRP_EQ_CONFIG: -ENOENT no such server; -EINVAL priority 7, flags
 *	that are not KVM_XIVE_EQ_ALWAYS_NOTIFY, a size that is not 0 or 1 << 16, an
 *	address that is not aligned to that or not RAM.
 * KVM_DEV_XIVE_GRP_SOURCE_SYNC: -ENOENT beyond all sources; -EINVAL no such source.
 *
 * Unlike in KVM, SOURCE and SOURCE_CONFIG of XIVE can be read. Reading the
 * EQ_CONFIG of a queue that is not there is 0 and leaves *addr alone, as in KVM.
 */
int hypar_irqdev_has_attr(hypar_irqdev *d, uint32_t group, uint64_t attr);
int hypar_irqdev_get_attr(hypar_irqdev *d, uint32_t group, uint64_t attr, void *addr);
int hypar_irqdev_set_attr(hypar_irqdev *d, uint32_t group, uint64_t attr, const void *addr);

/* Makes the vCPU with number @server known. -EINVAL: number too high; -EEXIST: already there. */
int hypar_irqdev_connect(hypar_irqdev *d, uint32_t server);

/*
 * The word @id of server @server: KVM_REG_PPC_ICP_STATE (XICS, 8 bytes) or
 * KVM_REG_PPC_VP_STATE (XIVE, 16 bytes). -EINVAL: unknown id, or a state that
 * is not possible; -EFAULT: @addr is NULL; -ENXIO: the server is not connected.
 */
int hypar_irqdev_get_reg(hypar_irqdev *d, uint32_t server, uint64_t id, void *addr);
int hypar_irqdev_set_reg(hypar_irqdev *d, uint32_t server, uint64_t id, const void *addr);

/*
 * The line of a source: level-sensitive sources follow @level, others trigger
 * at each call with true (irqfd). -EINVAL: no such source.
 */
int hypar_irqdev_set_irq(hypar_irqdev *d, uint32_t source, bool level);

/* ---- XIVE: its pages ---- */

#define HYPAR_XIVE_PAGE_SIZE 0x10000ULL

/*
 * Places of pages, in bytes, as KVM's mmap has them: four TIMA pages, of which
 * the third, the OS's, answers; then two pages for each source.
 */
#define HYPAR_XIVE_TIMA_OS (2 * HYPAR_XIVE_PAGE_SIZE)
#define HYPAR_XIVE_ESB_TRIGGER(source) ((4 + 2 * (uint64_t)(source)) * HYPAR_XIVE_PAGE_SIZE)
#define HYPAR_XIVE_ESB_MANAGE(source) ((5 + 2 * (uint64_t)(source)) * HYPAR_XIVE_PAGE_SIZE)

/* An access of @size bytes, 1, 2, 4 or 8, to the device's pages. */
struct hypar_irqdev_access {
	uint32_t server; /* the vCPU that does it; ESB pages are the same for all */
	uint32_t size;
	uint64_t at; /* a place of above plus an offset into the page */
};

/*
 * A guest's load or store. Values are numbers: the byte at the lowest address is
 * the most significant one, so a little-endian guest's bytes are reversed.
 * 0, or -ENODEV: not a XIVE; -EINVAL: size or alignment; -EFAULT: nothing
 * answers there (KVM: SIGBUS). ESB loads of sources that are not there, and of
 * trigger pages, are all ones.
 */
int hypar_irqdev_load(hypar_irqdev *d, const struct hypar_irqdev_access *a, uint64_t *val);
int hypar_irqdev_store(hypar_irqdev *d, const struct hypar_irqdev_access *a, uint64_t val);

/* ---- XICS: what the guest asks for by hypercalls and RTAS ---- */

/*
 * All: 0, or -ENODEV: not a XICS; -EINVAL: no such server or source. An XIRR is
 * CPPR << 24 | XISR; XISR 0: there is no interrupt, 2: an IPI.
 */
int hypar_xics_accept(hypar_irqdev *d, uint32_t server, uint32_t *xirr); /* H_XIRR */
int hypar_xics_set_cppr(hypar_irqdev *d, uint32_t server, uint8_t cppr); /* H_CPPR */
/* H_EOI of @xirr as accepted; CPPR is set also when there is no such source. */
int hypar_xics_eoi(hypar_irqdev *d, uint32_t server, uint32_t xirr);
/* H_IPI: 0xff takes the request back. */
int hypar_xics_ipi(hypar_irqdev *d, uint32_t server, uint8_t mfrr);
/* H_IPOLL: nothing is accepted. */
int hypar_xics_poll(hypar_irqdev *d, uint32_t server, uint32_t *xirr, uint8_t *mfrr);

/* Server and priority (0xff: masked) of a source: ibm,set-xive, ibm,get-xive. */
struct hypar_xics_route {
	uint32_t server;
	uint32_t priority;
};

int hypar_xics_set_xive(hypar_irqdev *d, uint32_t source, const struct hypar_xics_route *r);
int hypar_xics_get_xive(hypar_irqdev *d, uint32_t source, struct hypar_xics_route *r);
int hypar_xics_int_off(hypar_irqdev *d, uint32_t source); /* ibm,int-off */
int hypar_xics_int_on(hypar_irqdev *d,
		      uint32_t source); /* ibm,int-on: back to the priority before */

/* ---- the controller of a machine ---- */

#define HYPAR_MACHINE_SOURCES 0x2000u /* source numbers of a machine are below this */

/*
 * The controller that the guest of @m uses, as a device: hypar_irqdev_type says
 * which it is, all its servers are connected. It belongs to the machine and must
 * not be freed. Any time until hypar_machine_free; it never changes, but what it
 * stands for does when the guest negotiates another controller, and a reset of
 * the machine makes all as new.
 *
 * Each function is complete in itself while the guest runs. To save or restore
 * as a whole, and to be sure of the type, let the machine stand still meanwhile
 * (hypar_machine_pause) and type nothing at its consoles, whose interrupts go on.
 * Not to be called from functions of struct hypar_host_ops.
 */
hypar_irqdev *hypar_machine_irqdev(hypar_machine *m);

#ifdef __cplusplus
}
#endif

#endif
