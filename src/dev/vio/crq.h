/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's end of a command/response queue [PAPR 16.2.3.1]: a ring of
 * 16-byte entries in the guest's memory, behind its TCE table. An entry is
 * valid when the high bit of its first byte is on; the guest clears the byte
 * when it has taken the entry.
 *
 * Threads: under the lock of the device that owns it.
 */
#ifndef HYPAR_DEV_VIO_CRQ_H
#define HYPAR_DEV_VIO_CRQ_H

#include "dev/vio/vio.h"

#define CRQ_PAGE 4096u
#define CRQ_ENTRY 16u
#define CRQ_SIZE_MAX (1u << 20) /* bytes */

/* First byte of an entry. */
#define CRQ_VALID 0x80u
#define CRQ_INIT 0xc0u
#define CRQ_TRANSPORT_EVENT 0xffu

/* Second byte: what a CRQ_INIT entry is. */
#define CRQ_INIT_REQUEST 0x01u
#define CRQ_INIT_COMPLETE 0x02u

/* Second byte of a transport event. */
#define CRQ_PARTNER_FAILED 0x01u
#define CRQ_PARTNER_FREED 0x02u

struct crq {
	struct dma *dma;
	struct irq_line line;
	ioba base;
	u32 n;	  /* entries; 0: not registered */
	u32 next; /* where the next one goes */
	bool signal;
};

void crq_init(struct crq *c, struct dma *dma, struct irq_line line);

/* Forgets the queue; no more interrupts. */
void crq_free(struct crq *c);

/* VIO_PARAMETER: alignment, length, or some of it is not mapped for writing. */
enum vio_status crq_register(struct crq *c, u64 queue, u64 len);

/*
 * Puts an entry into the queue and signals the guest, if it wants that. False:
 * no queue, no room, or its memory is not mapped any more.
 */
MUST_CHECK bool crq_put(struct crq *c, u64 high, u64 low);

/* H_VIO_SIGNAL: 0 or 1. */
enum vio_status crq_signal(struct crq *c, u64 mode);

#endif
