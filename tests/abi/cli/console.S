/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest for tests of the console, big-endian. Says "ready", then echoes what
 * it is sent, but for these bytes:
 *   f  flood: 65,536 times 16 bytes, a counter and its complement; then "done"
 *   q  power off       r  reboot      o  ibm,os-term with the text "gone"
 *   k  an interrupt loop (the vectors hold zeros)      h  hang
 */
	.macro rtas args
	li	%r3, -0x1000
	clrldi	%r3, %r3, 48		/* H_RTAS */
	addi	%r4, %r31, \args - base
	sc	1
	.endm

	.globl _start
_start:
	bcl	20, 31, base
base:
	mflr	%r31
	addi	%r20, %r31, ready - base
	bl	say
get:
	li	%r3, 0x54		/* H_GET_TERM_CHAR */
	li	%r4, 0
	sc	1
	mr.	%r14, %r4
	beq	get
	mr	%r15, %r5
	mr	%r16, %r6
next:
	rldicl	%r17, %r15, 8, 56
	sldi	%r15, %r15, 8
	rldicl	%r5, %r16, 8, 56
	or	%r15, %r15, %r5
	sldi	%r16, %r16, 8
	cmpwi	%r17, 'f'
	beq	flood
	cmpwi	%r17, 'q'
	beq	off
	cmpwi	%r17, 'r'
	beq	reboot
	cmpwi	%r17, 'o'
	beq	term
	cmpwi	%r17, 'h'
	beq	.
	cmpwi	%r17, 'k'
	beq	illegal
	sldi	%r6, %r17, 56
	bl	put
more:
	addi	%r14, %r14, -1
	cmpdi	%r14, 0
	bne	next
	b	get

illegal:
	.long	0

/* One byte, the first of r6; again while H_BUSY. */
put:
	mr	%r18, %r6
1:	li	%r3, 0x58		/* H_PUT_TERM_CHAR */
	li	%r4, 0
	li	%r5, 1
	mr	%r6, %r18
	li	%r7, 0
	sc	1
	cmpdi	%r3, 1
	beq	1b
	blr

/* The text at r20, which ends with 0. */
say:
	mflr	%r21
1:	lbz	%r6, 0(%r20)
	addi	%r20, %r20, 1
	cmpwi	%r6, 0
	mtlr	%r21
	beqlr
	sldi	%r6, %r6, 56
	bl	put
	b	1b

flood:
	li	%r22, 0
	lis	%r23, 1
1:	li	%r3, 0x58
	li	%r4, 0
	li	%r5, 16
	mr	%r6, %r22
	not	%r7, %r22
	sc	1
	cmpdi	%r3, 1
	beq	1b
	addi	%r22, %r22, 1
	cmpd	%r22, %r23
	bne	1b
	addi	%r20, %r31, done - base
	bl	say
	b	more

off:
	rtas	off_args
	b	.
reboot:
	rtas	reboot_args
	b	.
term:
	addi	%r5, %r31, gone - base
	stw	%r5, term_args + 12 - base(%r31)
	rtas	term_args
	b	get

	.balign	8
off_args:
	.long	RTAS_POWER_OFF, 2, 1, 0, 0, 0
reboot_args:
	.long	RTAS_SYSTEM_REBOOT, 0, 1, 0
term_args:
	.long	RTAS_OS_TERM, 1, 1, 0, 0
ready:
	.asciz	"ready\r\n"
done:
	.asciz	"done\r\n"
gone:
	.asciz	"gone"
