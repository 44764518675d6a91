/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a machine at rest to a kernel's first instruction.
 */
#ifndef HYPAR_PAPR_FIRMWARE_H
#define HYPAR_PAPR_FIRMWARE_H

#include "hypar/error.h"

struct papr;

/*
 * Loads kernel and initrd into the (zeroed) RAM, builds the tree and starts
 * vCPU 0. All vCPUs are stopped and parked.
 */
int papr_firmware_start(struct papr *p, struct hypar_err *e);

#endif
