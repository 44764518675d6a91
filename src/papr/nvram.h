/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Non-volatile memory: HYPAR_NVRAM_SIZE bytes in p->nvram, kept in a file when
 * the configuration names one.
 */
#ifndef HYPAR_PAPR_NVRAM_H
#define HYPAR_PAPR_NVRAM_H

#include "hypar/error.h"

struct papr;

/* Reads the file, or makes it (zeroes). Errors name the file. */
int nvram_open(struct papr *p, struct hypar_err *e);
void nvram_close(struct papr *p);

#endif
