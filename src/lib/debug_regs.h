/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registers of include/hypar/debug.h, of a processor that stands still.
 */
#ifndef HYPAR_LIB_DEBUG_REGS_H
#define HYPAR_LIB_DEBUG_REGS_H

#include "cpu/cpu.h"
#include "hypar/debug.h"

#pragma GCC visibility push(hidden)

/* The number of registers. */
unsigned int debug_regs_count(void);

/* @reg is below the count. */
struct hypar_debug_value debug_reg_get(struct cpu *c, unsigned int reg);
void debug_reg_set(struct cpu *c, unsigned int reg, const struct hypar_debug_value *v);

#pragma GCC visibility pop

#endif
