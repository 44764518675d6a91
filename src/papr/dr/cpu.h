/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processors as dynamic resources [LoPAR 13.7.2]: a connector for each core
 * that there can be.
 */
#ifndef HYPAR_PAPR_DR_CPU_H
#define HYPAR_PAPR_DR_CPU_H

#include "papr/dr/dr.h"

/* The connectors; what the machine starts with is attached. Before papr_irq_new(). */
int papr_cpus_new(struct papr *p, struct hypar_err *e);

/*
 * On the control thread with vCPUs parked: gives the guest @n cores that it does
 * not have, or asks for @n of its cores. @first: that one (n is 1); else any.
 * The number of the request, 0 with *e set.
 */
#define PAPR_CORE_ANY 0xffffffffu

u32 papr_cores_add(struct papr *p, u32 first, u32 n, struct hypar_err *e);
u32 papr_cores_remove(struct papr *p, u32 first, u32 n, struct hypar_err *e);

#endif
