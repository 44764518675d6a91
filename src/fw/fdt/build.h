/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds a flat device tree. A thin layer over libfdt's sequential writer: the
 * buffer grows, and an error sticks and is asked for once, at the end.
 *
 *	struct fdt_build b;
 *	fdt_build_init(&b);
 *	fdt_begin(&b, "");
 *	fdt_u32(&b, "#address-cells", 2);
 *	FDT_CELLS(&b, "ibm,plat-res-int-priorities", 7, 0xf8);
 *	fdt_beginf(&b, "memory@%x", 0);
 *	fdt_end(&b);
 *	fdt_end(&b);
 *	ret = fdt_build_finish(&b, &blob, &size, e);
 */
#ifndef HYPAR_FW_FDT_BUILD_H
#define HYPAR_FW_FDT_BUILD_H

#include "base/compiler.h"
#include "base/types.h"
#include "hypar/error.h"

#define FDT_BUILD_MAX (16u << 20) /* bytes of a tree */

struct fdt_build {
	void *buf;
	size_t size;
	unsigned int depth; /* of open nodes */
	int err;	    /* first negative errno */
	bool has_nodes;
	bool is_closed;	   /* the open node had a child: it takes no more properties */
	bool is_unchecked; /* fdt_build_finish leaves out fdt_check_tree */
	char what[64];	   /* the node or property it was at */
};

void fdt_build_init(struct fdt_build *b);

/* Frees an unfinished tree; after fdt_build_finish() it does nothing. */
void fdt_build_fini(struct fdt_build *b);

/* Adds a memory reservation. Only before the first node. */
void fdt_reserve(struct fdt_build *b, u64 at, u64 size);

/* Opens the root (name "") or a child of the open node; closes the open node. */
void fdt_begin(struct fdt_build *b, const char *name);
void fdt_beginf(struct fdt_build *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void fdt_end(struct fdt_build *b);

/* Properties of the open node; all before its first child. */
void fdt_empty(struct fdt_build *b, const char *name);
void fdt_u32(struct fdt_build *b, const char *name, u32 v);
void fdt_u64(struct fdt_build *b, const char *name, u64 v);
void fdt_cells(struct fdt_build *b, const char *name, const u32 *v, size_t n);
void fdt_bytes(struct fdt_build *b, const char *name, const void *v, size_t n);
void fdt_str(struct fdt_build *b, const char *name, const char *v);
void fdt_strf(struct fdt_build *b, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
void fdt_strs(struct fdt_build *b, const char *name, const char *const *v, size_t n);

/* FDT_CELLS(b, "reg", 0, 1, 2) and FDT_STRS(b, "compatible", "a", "b"). */
#define FDT_CELLS(b, name, ...)                              \
	fdt_cells((b), (name), (const u32[]){ __VA_ARGS__ }, \
		  sizeof((const u32[]){ __VA_ARGS__ }) / sizeof(u32))
#define FDT_STRS(b, name, ...)                                      \
	fdt_strs((b), (name), (const char *const[]){ __VA_ARGS__ }, \
		 sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

/* The two cells of a doubleword, for FDT_CELLS. */
#define FDT_HI_LO(v) (u32)((u64)(v) >> 32), (u32)(v)

/*
 * Ends the tree and checks it (fdt_check_tree). *blob is the caller's to
 * free(). The builder is empty afterwards, whatever happened.
 */
int fdt_build_finish(struct fdt_build *b, void **blob, size_t *size, struct hypar_err *e);

#endif
