/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of code that tests run in a state of their choice. CODE(name, "text")
 * declares one; it ends with sc unless an interrupt comes before. go() copies it
 * to a page that privileged state sees at code_page and problem state at USER,
 * and runs it with the registers in R.
 */
#ifndef CODE_H
#define CODE_H

#include "guest.h"

#define USER 0x10000000000ULL

#define CODE(name, text)                                                                   \
	asm(".pushsection .rodata\n.machine \"any\"\n.balign 64\n.globl " #name "\n" #name \
	    ":\n" text "\n\tsc\n.globl " #name "_end\n" #name "_end:\n.popsection");       \
	extern const u32 name[], name##_end[]

static struct regs R;
static u8 *code_page;

/* After mmu_init(): problem state may do everything with the page. */
static inline void code_init(void)
{
	code_page = alloc(65536, 65536);
	memset(code_page, 0, 65536);
	map(0, USER, (u64)code_page, 16, PTE_R | PTE_W | PTE_X | PTE_REF | PTE_CHG);
}

static inline u64 go_at(const u32 *code, const u32 *end, u64 msr, u64 offset)
{
	put_code(code_page + offset, code, (unsigned int)(end - code));
	R.pc = (msr & MSR_PR ? USER : (u64)code_page) + offset;
	R.msr = msr;
	return run(&R);
}

#define GO(name, msr) go_at(name, name##_end, msr, 0)
/* Where the piece was when the interrupt came, in bytes. */
#define AT (R.pc & 0xffff)

#endif
