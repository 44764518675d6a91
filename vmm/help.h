/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What --help, hypar run --help and --man print, made from opt.def.
 */
#ifndef HYPAR_VMM_HELP_H
#define HYPAR_VMM_HELP_H

#include <stdio.h>

void help_program(FILE *f);
void help_run(FILE *f);
void help_man(FILE *f);

#endif
