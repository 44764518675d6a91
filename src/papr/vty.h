/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual terminal: /vdevice/vty, H_PUT_TERM_CHAR and H_GET_TERM_CHAR
 * [PAPR 16.6]. Input is a ring that the host fills.
 */
#ifndef HYPAR_PAPR_VTY_H
#define HYPAR_PAPR_VTY_H

#include <pthread.h>

#include "base/types.h"
#include "irq/line.h"

#define VTY_INPUT_SIZE 4096u

struct papr_vty {
	pthread_mutex_t lock;
	u8 input[VTY_INPUT_SIZE];
	u32 head, n;
	struct irq_line line; /* raised while input is there */
};

void vty_init(struct papr_vty *t);
void vty_fini(struct papr_vty *t);
void vty_reset(struct papr_vty *t);

/* Takes up to @n bytes from the host; returns how many. Any thread. */
size_t vty_input(struct papr_vty *t, const void *buf, size_t n);

/* Gives up to @n bytes to the guest; returns how many. */
size_t vty_read(struct papr_vty *t, void *buf, size_t n);

#endif
