/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Large tables of what comes and goes while a machine runs. They are pages of
 * their own: given back to the host when they go, whatever else the heap has
 * in the meantime, and taken from it as they are touched.
 */
#ifndef HYPAR_BASE_PAGES_H
#define HYPAR_BASE_PAGES_H

#include <stddef.h>

/* Zeroed; NULL: the host has no memory. */
void *pages_alloc(size_t size);
/* @size as it was allocated. NULL: nothing. */
void pages_free(void *p, size_t size);

#endif
