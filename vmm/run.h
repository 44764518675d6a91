/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "hypar run": one machine from its options to the exit status.
 */
#ifndef HYPAR_VMM_RUN_H
#define HYPAR_VMM_RUN_H

#include "opt.h"
#include "status.h"

enum status run_machine(const struct options *o);

#endif
