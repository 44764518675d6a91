/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connectors of virtual slots, logical ones.
 *
 * Threads: before any vCPU exists.
 */
#ifndef HYPAR_PAPR_DR_VIO_H
#define HYPAR_PAPR_DR_VIO_H

#include "papr/vio.h"

/* The connector of @s, for the life of the machine. */
int dr_vio_add_slot(struct papr *p, struct papr_vio_slot *s, struct hypar_err *e);

#endif
