/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of a finished device tree against the rules that a kernel relies on:
 * unique names and phandles, `reg` in whole entries of the parent's cells that
 * agrees with the unit address, interrupt parents that exist.
 */
#ifndef HYPAR_FW_FDT_CHECK_H
#define HYPAR_FW_FDT_CHECK_H

#include <stddef.h>

#include "hypar/error.h"

#define FDT_DEPTH_MAX 16

/* Is the blob well-formed, no deeper than FDT_DEPTH_MAX? Safe for any bytes. -EINVAL. */
int fdt_check_blob(const void *blob, size_t size, struct hypar_err *e);

/* The same and the rules above. */
int fdt_check_tree(const void *blob, size_t size, struct hypar_err *e);

#endif
