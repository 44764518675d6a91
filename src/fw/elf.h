/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ELF64 part of fw_image_parse(): see fw/image.h.
 */
#ifndef HYPAR_FW_ELF_H
#define HYPAR_FW_ELF_H

#include "fw/image.h"

/* Does @head begin like an ELF file? */
bool elf_is(const void *head, size_t n);

/* As fw_image_parse(), for a file of which elf_is() is true. */
int elf_parse(const void *head, size_t n, u64 file_size, struct fw_image *out, struct hypar_err *e);

#endif
