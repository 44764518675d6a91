/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HYPAR_LIB_DR_MEM_H
#define HYPAR_LIB_DR_MEM_H

#include "hypar/machine.h"

#pragma GCC visibility push(hidden)

/* memory, memory_max and numa of a configuration, whose cpus and threads are right. */
int machine_check_memory(const struct hypar_config *c, struct hypar_err *e);

#pragma GCC visibility pop

#endif
