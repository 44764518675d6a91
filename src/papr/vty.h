/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual terminal: /vdevice/vty, H_PUT_TERM_CHAR and H_GET_TERM_CHAR
 * [PAPR 16.6]. Input is a ring that the host fills. The first terminal belongs
 * to the embedder; the others have a byte stream of the host.
 */
#ifndef HYPAR_PAPR_VTY_H
#define HYPAR_PAPR_VTY_H

#include <pthread.h>

#include "base/types.h"
#include "dev/backend/chr.h"
#include "irq/line.h"

#define VTY_INPUT_SIZE 4096u
#define VTY_OUTPUT_SIZE 16u /* bytes of one H_PUT_TERM_CHAR */

struct papr_vty {
	pthread_mutex_t lock;
	u8 input[VTY_INPUT_SIZE];
	u32 head, n;
	bool full;	      /* the stream waits until the guest has read */
	struct irq_line line; /* raised while input is there */
	struct chr *chr;      /* NULL: the embedder's */
	pthread_mutex_t out_lock;
	u8 output[VTY_OUTPUT_SIZE]; /* what the stream did not take yet */
	u32 n_output;
};

void vty_init(struct papr_vty *t);
void vty_fini(struct papr_vty *t);

/* Gives it a stream, which it takes over; before the next vty_reset. */
void vty_connect(struct papr_vty *t, struct chr *c);

/* The stream is closed, and what was on its way is lost. vCPUs parked, or none runs. */
void vty_disconnect(struct papr_vty *t);

/* No input comes any more, until the reset. */
void vty_quiesce(struct papr_vty *t);
void vty_reset(struct papr_vty *t);

/* Takes up to @n bytes from the host; returns how many. Any thread. */
size_t vty_input(struct papr_vty *t, const void *buf, size_t n);

/* Gives up to @n bytes to the guest; returns how many. */
size_t vty_read(struct papr_vty *t, void *buf, size_t n);

/* To the stream, all or nothing: up to VTY_OUTPUT_SIZE bytes. False: later. */
bool vty_write(struct papr_vty *t, const void *buf, size_t n);

#endif
