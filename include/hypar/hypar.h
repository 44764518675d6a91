/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libhypar: a PAPR hypervisor in user space. Includes all of its interfaces.
 */
#ifndef HYPAR_HYPAR_H
#define HYPAR_HYPAR_H

#include "hypar/control.h"
#include "hypar/debug.h"
#include "hypar/dr.h"
#include "hypar/error.h"
#include "hypar/irqchip.h"
#include "hypar/machine.h"

#define HYPAR_VERSION "0.1.0"

#endif
