/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of the device tree that is about processors.
 */
#ifndef HYPAR_PAPR_FDT_CPU_H
#define HYPAR_PAPR_FDT_CPU_H

#include "fw/fdt/build.h"
#include "papr/papr.h"

/* /cpus with the cores that a guest which starts now has. */
void papr_fdt_cpus(struct papr *p, struct fdt_build *b);

/* The node of the core whose first thread is vCPU @first. */
void papr_fdt_core(const struct papr *p, struct fdt_build *b, u32 first);

#endif
