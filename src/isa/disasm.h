/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disassembler for traces and tests: GNU syntax without extended mnemonics, as
 * objdump -M power10,raw prints it.
 */
#ifndef HYPAR_ISA_DISASM_H
#define HYPAR_ISA_DISASM_H

#include "isa/decode.h"

/*
 * Writes the text of @insn at address @pc, which branches need. A word with
 * primary opcode 1 is a prefix and @suffix the word after it. Unknown words
 * give ".long 0x...". Like snprintf: cut at @size, the whole length returned.
 */
size_t isa_disasm(const struct decoder *d, u64 pc, u32 insn, u32 suffix, char *buf, size_t size);

#endif
