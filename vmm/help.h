/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the --help options and --man print, made from opt.def and ctl.def.
 */
#ifndef HYPAR_VMM_HELP_H
#define HYPAR_VMM_HELP_H

#include <stdio.h>

void help_program(FILE *f);
void help_run(FILE *f);
void help_ctl(FILE *f);
void help_man(FILE *f);

#endif
