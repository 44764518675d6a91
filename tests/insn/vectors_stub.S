/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vector_run(work): loads every register from the image at the start of the
 * work area, executes what is in vector_slot, and stores every register to the
 * second image. r1 is the address of the work area meanwhile; r13 stays.
 */
#include "vectors.h"

	.machine power10
	.text
	.abiversion 2
	.globl vector_run
	.type vector_run, @function
vector_run:
	mflr	0
	std	0, WORK_KEEP(3)
	std	1, WORK_KEEP+8(3)
	std	2, WORK_KEEP+16(3)
	mfcr	0
	std	0, WORK_KEEP+24(3)
	.set i, 14
	.rept 18
	std	i, WORK_KEEP+32+8*(i-14)(3)
	stfd	i, WORK_KEEP+192+8*(i-14)(3)
	.set i, i+1
	.endr
	.set i, 20
	.rept 12
	stxv	32+i, WORK_KEEP+352+16*(i-20)(3)
	.set i, i+1
	.endr
	mr	1, 3

	addi	4, 1, WORK_SIZE-64	/* no reservation */
	stdcx.	0, 0, 4
	lxv	32, IM_VSCR(1)
	mtvscr	0
	lfd	0, IM_FPSCR(1)
	mtfsf	255, 0, 1, 0
	.set i, 0
	.rept 64
	lxv	i, IM_VSR+16*i(1)
	.set i, i+1
	.endr
	ld	3, IM_CR(1)
	mtcr	3
	ld	3, IM_XER(1)
	mtxer	3
	ld	3, IM_CTR(1)
	mtctr	3
	ld	3, IM_LR(1)
	mtlr	3
	ld	0, IM_GPR(1)
	.set i, 2
	.rept 30
	.if	i != 13
	ld	i, IM_GPR+8*i(1)
	.endif
	.set i, i+1
	.endr
	b	vector_slot

	.globl vector_back
vector_back:
	.set i, 0
	.rept 32
	std	i, WORK_OUT+IM_GPR+8*i(1)
	.set i, i+1
	.endr
	mfcr	3
	std	3, WORK_OUT+IM_CR(1)
	mfxer	3
	std	3, WORK_OUT+IM_XER(1)
	mfctr	3
	std	3, WORK_OUT+IM_CTR(1)
	mflr	3
	std	3, WORK_OUT+IM_LR(1)
	.set i, 0
	.rept 64
	stxv	i, WORK_OUT+IM_VSR+16*i(1)
	.set i, i+1
	.endr
	mffs	0
	stfd	0, WORK_OUT+IM_FPSCR(1)
	mfvscr	0
	stxv	32, WORK_OUT+IM_VSCR(1)
	xxlxor	0, 0, 0
	mtfsf	255, 0, 1, 0
	xxlxor	32, 32, 32
	mtvscr	0

	mr	3, 1
	.set i, 14
	.rept 18
	ld	i, WORK_KEEP+32+8*(i-14)(3)
	lfd	i, WORK_KEEP+192+8*(i-14)(3)
	.set i, i+1
	.endr
	.set i, 20
	.rept 12
	lxv	32+i, WORK_KEEP+352+16*(i-20)(3)
	.set i, i+1
	.endr
	ld	0, WORK_KEEP+24(3)
	mtcr	0
	ld	2, WORK_KEEP+16(3)
	ld	1, WORK_KEEP+8(3)
	ld	0, WORK_KEEP(3)
	mtlr	0
	blr
	.size vector_run, .-vector_run

/* A page of its own: writing to it makes the emulator forget what it translated there. */
	.section .slot, "awx"
	.balign 4096
	.globl vector_slot
vector_slot:
	nop
	.globl vector_slot1
vector_slot1:
	nop
	b	vector_back
	.balign 4096
	.section .note.GNU-stack, "", @progbits
