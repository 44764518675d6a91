/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel and initrd files on their way into guest memory: ELF64 PowerPC of
 * either byte order, and raw images. The parser (fw_image_parse) is pure; the
 * loaders read a file piece by piece, so that no copy of it stays behind. They
 * are called again for every restart of the machine.
 *
 * A segment whose virtual or physical address has 0xc as the top nibble is one
 * of a Linux vmlinux: the nibble goes and FW_KERNEL_BASE is added (the kernel
 * copies itself to 0). Other physical addresses are used as they are. A raw
 * image goes to FW_KERNEL_BASE.
 */
#ifndef HYPAR_FW_IMAGE_H
#define HYPAR_FW_IMAGE_H

#include "base/compiler.h"
#include "base/types.h"
#include "hypar/error.h"
#include "mem/addr.h"
#include "mem/gmem.h"

#define FW_KERNEL_BASE 0x400000ULL
#define FW_FIRMWARE_ENTRY 0x100ULL
#define FW_IMAGE_ALIGN 0x10000ULL /* of an initrd */
#define FW_HEAD_MAX 65536	  /* ELF and program headers lie within these bytes */
#define FW_SEGMENTS_MAX 64

struct fw_segment {
	u64 offset; /* in the file */
	u64 filesz;
	u64 memsz; /* the rest stays zero */
	gpa load;
	bool is_exec;
};

struct fw_image {
	bool is_elf;
	bool is_le;	    /* of the ELF; a raw image: false */
	bool is_descriptor; /* @entry holds the address of the code, in the file's byte order */
	gpa entry;
	gpa low;  /* first byte */
	gpa high; /* byte after the last one, including bss */
	unsigned int n_segments;
	struct fw_segment segment[FW_SEGMENTS_MAX];
};

/*
 * Describes the image that begins with the @n bytes of @head and is @file_size
 * bytes long (n < file_size: only the start was read, at least FW_HEAD_MAX).
 * -ENOEXEC: not a kernel for this machine; -EINVAL: damaged. Texts do not name
 * the file.
 */
int fw_image_parse(const void *head, size_t n, u64 file_size, struct fw_image *out,
		   struct hypar_err *e);

/* Where a loaded thing lies and, for a kernel, begins to run. */
struct fw_loaded {
	gpa base;
	u64 size;
	gpa entry;
	bool is_le; /* ELF of little-endian code; PAPR still enters it big-endian */
};

/*
 * Loads the kernel file @path into @m, whose RAM must be zero (new, or after
 * gmem_clear). Errors name the file and the reason.
 */
int fw_load_kernel(struct gmem *m, const char *path, struct fw_loaded *out, struct hypar_err *e);

/* Loads the file @path to the first 64 KiB boundary a gap of 64 KiB after @after. */
int fw_load_initrd(struct gmem *m, const char *path, gpa after, struct fw_loaded *out,
		   struct hypar_err *e);

/* Loads the raw file @path, of at most @max bytes, to 0. It is entered at FW_FIRMWARE_ENTRY. */
int fw_load_firmware(struct gmem *m, const char *path, u64 max, struct hypar_err *e);

/* The same two for bytes in memory; errors say "kernel" and "initrd". */
int fw_load_kernel_mem(struct gmem *m, const void *buf, size_t n, struct fw_loaded *out,
		       struct hypar_err *e);
int fw_load_initrd_mem(struct gmem *m, const void *buf, size_t n, gpa after, struct fw_loaded *out,
		       struct hypar_err *e);

#endif
