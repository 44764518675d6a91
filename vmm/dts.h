/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flat device tree as the text of a source file that dtc reads.
 */
#ifndef HYPAR_VMM_DTS_H
#define HYPAR_VMM_DTS_H

#include <stddef.h>

/* To be freed. NULL: no memory, or not a tree. */
char *dts_of(const void *dtb, size_t size);

#endif
