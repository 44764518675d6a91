/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "hypar --completion bash": what a shell needs to complete the command line.
 */
#ifndef HYPAR_VMM_COMPLETE_H
#define HYPAR_VMM_COMPLETE_H

#include <stdio.h>

void complete_bash(FILE *f);

#endif
