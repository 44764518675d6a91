/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry of guests, for both byte orders: the processor may come in the other
 * one (start-cpu and Open Firmware enter big-endian). run(), hypercalls, and
 * the common part of interrupts, which vectors_init() makes the vectors
 * branch to.
 *
 * SPRG2 points to the per-vCPU area (struct percpu in lib.c); SPRG0, SPRG1 and
 * SPRG3 are scratch.
 */
.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	.set	r\n, \n
.endr
.irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.set	r\n, \n
.endr

#define PC_R12 0
#define PC_SRR1 8
#define PC_REGS 16
#define PC_SP 24
#define PC_MSR 32
#define PC_NUMBER 40
#define PC_EMERGENCY 48
#define PC_SIZE 128
#define R(n) ((n) * 8)
#define R_PC R(32)
#define R_MSR R(33)
#define R_LR R(34)
#define R_CTR R(35)
#define R_CR R(36)
#define R_XER R(37)
#define R_VECTOR R(38)
#define R_DAR R(39)
#define R_DSISR R(40)
#define R_HMSR R(41)
#define R_SWAPPED R(42)
#define R_CFAR R(43)

/* A word that the processor reads in the other byte order than the file's. */
.macro swapped w
#ifdef __LITTLE_ENDIAN__
	.byte (\w >> 24) & 255, (\w >> 16) & 255, (\w >> 8) & 255, \w & 255
#else
	.byte \w & 255, (\w >> 8) & 255, (\w >> 16) & 255, (\w >> 24) & 255
#endif
.endm

/* Goes on behind it in the file's byte order. Changes r11, r12 and LR if that was not so. */
.macro fix_endian
	tdi	0, 0, 0x48	/* in the other order: b .+8 */
	b	1f
	swapped 0x429f0005	/* bcl 20,31,.+4 */
	swapped 0x7d8802a6	/* mflr r12 */
	swapped 0x398c001c	/* addi r12,r12,28 */
	swapped 0x7d6000a6	/* mfmsr r11 */
	swapped 0x696b0001	/* xori r11,r11,1 */
	swapped 0x7d9a03a6	/* mtsrr0 r12 */
	swapped 0x7d7b03a6	/* mtsrr1 r11 */
	swapped 0x4c000024	/* rfid */
1:
.endm

.macro li64 reg, sym
	lis	\reg, \sym@h
	ori	\reg, \reg, \sym@l
.endm

	.section .text.start, "ax"
	.globl	_start
_start:
	fix_endian
	li64	r2, .TOC.
	li64	r6, boot_r3
	std	r3, 0(r6)
	std	r4, 8(r6)
	std	r5, 16(r6)
	/* no .bss is zeroed: the loader did */
	li	r3, 0
	bl	cpu_area
	bl	vectors_init
	bl	main
	bl	finish
1:	b	1b

	.globl	secondary_start
secondary_start:
	fix_endian
	li64	r2, .TOC.
	clrldi	r3, r3, 32
	mr	r31, r3
	bl	cpu_area
	mr	r3, r31
	li64	r4, cpu_main
	sldi	r5, r3, 3
	ldx	r12, r4, r5
	mtctr	r12
	bctrl
	bl	stop_self
1:	b	1b

/* Stack and SPRG2 of vCPU r3. Uses r4 to r6. */
cpu_area:
	li64	r4, percpu
	mulli	r5, r3, PC_SIZE
	add	r4, r4, r5
	mtspr	274, r4
	std	r3, PC_NUMBER(r4)
	li	r6, 0
	std	r6, PC_REGS(r4)
	li64	r1, stacks
	addi	r5, r3, 1
	sldi	r5, r5, 14
	add	r1, r1, r5
	addi	r1, r1, -256
	li	r6, 0
	std	r6, 0(r1)
	blr

	.text
	.globl	cpu_number
cpu_number:
	mfspr	r3, 274
	ld	r3, PC_NUMBER(r3)
	blr

/* s64 hcall_raw(u64 nr, const u64 *in, u64 *out) */
	.globl	hcall_raw
hcall_raw:
	mflr	r0
	std	r0, 16(r1)
	stdu	r1, -64(r1)
	std	r31, 56(r1)
	std	r5, 48(r1)
	mr	r31, r4
	ld	r4, 0(r31)
	ld	r5, 8(r31)
	ld	r6, 16(r31)
	ld	r7, 24(r31)
	ld	r8, 32(r31)
	ld	r9, 40(r31)
	ld	r10, 48(r31)
	ld	r11, 56(r31)
	ld	r12, 64(r31)
	sc	1
	ld	r31, 48(r1)
	std	r4, 0(r31)
	std	r5, 8(r31)
	std	r6, 16(r31)
	std	r7, 24(r31)
	std	r8, 32(r31)
	std	r9, 40(r31)
	std	r10, 48(r31)
	std	r11, 56(r31)
	std	r12, 64(r31)
	ld	r31, 56(r1)
	addi	r1, r1, 64
	ld	r0, 16(r1)
	mtlr	r0
	blr

#define FRAME 320
/* u64 run(struct regs *r) */
	.globl	run
run:
	mflr	r0
	std	r0, 16(r1)
	mfcr	r0
	stw	r0, 8(r1)
	stdu	r1, -FRAME(r1)
	.set	i, 13
	.rept	19
	std	i, (i * 8)(r1)
	.set	i, i + 1
	.endr
	std	r2, 24(r1)
	mfspr	r4, 274
	std	r1, PC_SP(r4)
	mfmsr	r5
	std	r5, PC_MSR(r4)
	std	r3, PC_REGS(r4)
	/* rfid needs SRR0 and SRR1: nothing may interrupt from here */
	ld	r5, R_PC(r3)
	mtspr	26, r5
	ld	r5, R_MSR(r3)
	mtspr	27, r5
	ld	r5, R_LR(r3)
	mtlr	r5
	ld	r5, R_CTR(r3)
	mtctr	r5
	ld	r5, R_CR(r3)
	mtcr	r5
	ld	r5, R_XER(r3)
	mtxer	r5
	.set	i, 0
	.rept	32
	.if	i != 3
	ld	i, (i * 8)(r3)
	.endif
	.set	i, i + 1
	.endr
	ld	r3, R(3)(r3)
	rfid

/*
 * The rest of an interrupt: r13 is in SPRG0, r13 holds the vector. Saves
 * everything to the regs of run(), and returns from there.
 */
	.globl	exc_common
exc_common:
	mtspr	273, r13
	mfspr	r13, 274
	std	r12, PC_R12(r13)
	li	r12, 0
	mtspr	275, r12
exc_save:
	ld	r12, PC_REGS(r13)
	/* none: not in run() */
	std	r11, PC_EMERGENCY(r13)
	mfcr	r11
	std	r11, (PC_EMERGENCY + 8)(r13)
	cmpdi	r12, 0
	beq	unexpected_entry
	std	r11, R_CR(r12)
	ld	r11, PC_EMERGENCY(r13)
	.set	i, 0
	.rept	32
	.if	i != 12 && i != 13
	std	i, (i * 8)(r12)
	.endif
	.set	i, i + 1
	.endr
	ld	r3, PC_R12(r13)
	std	r3, R(12)(r12)
	mfspr	r3, 272
	std	r3, R(13)(r12)
	mfspr	r3, 273
	std	r3, R_VECTOR(r12)
	mfspr	r3, 275
	std	r3, R_SWAPPED(r12)
	mfspr	r3, 26
	std	r3, R_PC(r12)
	mfspr	r3, 27
	std	r3, R_MSR(r12)
	mflr	r3
	std	r3, R_LR(r12)
	mfctr	r3
	std	r3, R_CTR(r12)
	mfxer	r3
	std	r3, R_XER(r12)
	mfspr	r3, 19
	std	r3, R_DAR(r12)
	mfspr	r3, 18
	std	r3, R_DSISR(r12)
	mfspr	r3, 28
	std	r3, R_CFAR(r12)
	mfmsr	r3
	std	r3, R_HMSR(r12)
	li	r3, 0
	ld	r4, PC_REGS(r13)
	std	r3, PC_REGS(r13)
	ld	r3, PC_MSR(r13)
	mtmsrd	r3
	ld	r3, R_VECTOR(r4)
	ld	r1, PC_SP(r13)
	ld	r2, 24(r1)
	.set	i, 13
	.rept	19
	ld	i, (i * 8)(r1)
	.set	i, i + 1
	.endr
	addi	r1, r1, FRAME
	lwz	r0, 8(r1)
	mtcr	r0
	ld	r0, 16(r1)
	mtlr	r0
	blr

/* An interrupt nobody waits for: report it on a stack of its own, in real mode. */
unexpected_entry:
	mfspr	r3, 273
	mfspr	r4, 26
	mfspr	r5, 27
	mfspr	r6, 19
	mfspr	r7, 18
	mr	r8, r1
	mflr	r9
	li64	r1, panic_stack
	addi	r1, r1, 8192 - 256
	li64	r2, .TOC.
	bl	unexpected
1:	b	1b

/*
 * Entered from a vector in the other byte order. These words are copied
 * swapped to low memory: r13 is in SPRG0 and holds the vector; stores go by
 * stdbrx so that the common part can read them.
 */
	.globl	exc_swapped, exc_swapped_end
exc_swapped:
	mtspr	273, r13
	mfspr	r13, 274
	stdbrx	r12, 0, r13
	mfspr	r12, 26
	mtspr	275, r12
	addi	r13, r13, 8
	mfspr	r12, 27
	stdbrx	r12, 0, r13
	li64	r12, exc_turned
	mtspr	26, r12
	mfmsr	r12
	xori	r12, r12, 1
	mtspr	27, r12
	rfid
exc_swapped_end:
exc_turned:
	mfspr	r13, 274
	mfspr	r12, 275
	mtspr	26, r12
	ld	r12, PC_SRR1(r13)
	mtspr	27, r12
	li	r12, 1
	mtspr	275, r12
	b	exc_save

/*
 * s64 call32(u64 entry, u64 arg): the entry is called in 32-bit big-endian
 * real mode with the return address in big-endian code.
 */
	.globl	call32
call32:
	mflr	r0
	std	r0, 16(r1)
	stdu	r1, -FRAME(r1)
	.set	i, 13
	.rept	19
	std	i, (i * 8)(r1)
	.set	i, i + 1
	.endr
	std	r2, 24(r1)
	li64	r5, call32_sp
	std	r1, 0(r5)
	mfmsr	r6
	std	r6, 8(r5)
	mtspr	26, r3
	li	r7, 0
	mtspr	27, r7
	li64	r7, call32_return
	mtlr	r7
	mr	r3, r4
	rfid
	.balign	4
call32_return:
#ifdef __LITTLE_ENDIAN__
	swapped 0x7c6b1b78	/* mr r11,r3 */
	swapped 0x3d400000	/* lis r10,0 */
	swapped 0x614ac0c0	/* ori r10,r10,0xc0c0 */
	/* a fixed address below 64 KiB has the way back (vectors_init) */
	swapped 0x7d4903a6	/* mtctr r10 */
	swapped 0x4e800420	/* bctr */
#else
	mr	r11, r3
	lis	r10, 0
	ori	r10, r10, 0xc0c0
	mtctr	r10
	bctr
#endif
	.globl	call32_back, call32_back_end
/* Copied to 0xc0c0 as big-endian: back to 64 bits and our order. */
call32_back:
	li64	r10, call32_done
	mtspr	26, r10
	li	r10, 1
	sldi	r10, r10, 63
#ifdef __LITTLE_ENDIAN__
	ori	r10, r10, 1
#endif
	ori	r10, r10, 2
	mtspr	27, r10
	rfid
call32_back_end:
call32_done:
	li64	r5, call32_sp
	ld	r1, 0(r5)
	extsw	r3, r11
	ld	r2, 24(r1)
	.set	i, 13
	.rept	19
	ld	i, (i * 8)(r1)
	.set	i, i + 1
	.endr
	addi	r1, r1, FRAME
	ld	r0, 16(r1)
	mtlr	r0
	blr

	.bss
	.balign	16
	.globl	boot_r3, boot_r4, boot_r5, percpu, stacks, call32_sp
boot_r3: .space 8
boot_r4: .space 8
boot_r5: .space 8
call32_sp: .space 16
	.balign	128
percpu:	.space	8 * PC_SIZE
	.balign	4096
stacks:	.space	8 * 16384
panic_stack: .space 8192
