/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What run_vectors.c and vectors_guest.c say to each other, through pipes:
 *
 *   guest   struct hello
 *   host    u32 n, then n struct vector; n = 0 ends the guest
 *   guest   n struct image
 *
 * Everything is little-endian on both sides. The guest stub uses the offsets.
 */
#ifndef TESTS_INSN_VECTORS_H
#define TESTS_INSN_VECTORS_H

#define IM_GPR 0
#define IM_VSR 256
#define IM_CR 1280
#define IM_XER 1288
#define IM_FPSCR 1296
#define IM_CTR 1304
#define IM_LR 1312
#define IM_TRAP 1320
#define IM_VSCR 1328
#define IM_MEM 1344
#define IM_SIZE 1600

/* Of the stub's work area: the image in, the image out, what the stub keeps. */
#define WORK_OUT 1600
#define WORK_KEEP 3200
#define WORK_SIZE 4096

/* The 256 bytes of memory; the page around them exists. */
#define MEM_AT 0x40000000
#define MEM_SIZE 256

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct image {
	uint64_t gpr[32];
	uint64_t vsr[64][2]; /* low doubleword first */
	uint64_t cr, xer, fpscr, ctr, lr;
	uint64_t trap; /* out: the signal, or 0 */
	uint64_t vscr[2];
	uint8_t mem[MEM_SIZE];
};
_Static_assert(offsetof(struct image, vsr) == IM_VSR, "");
_Static_assert(offsetof(struct image, cr) == IM_CR, "");
_Static_assert(offsetof(struct image, vscr) == IM_VSCR, "");
_Static_assert(offsetof(struct image, mem) == IM_MEM, "");
_Static_assert(sizeof(struct image) == IM_SIZE, "");

struct vector {
	uint32_t prefix, insn; /* prefix 0: none */
	uint64_t id;
	struct image in;
};

/* r1 and r13 belong to the stub; the instruction runs at pc. */
struct hello {
	uint64_t r1, r13, pc;
};
#endif
#endif
