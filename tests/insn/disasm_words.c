/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program behind objdump_check.py.
 *
 *   disasm_words LEVEL            reads "ADDRESS WORD SUFFIX" lines (hexadecimal), prints our text,
 *                               after "! " for an invalid form
 *   disasm_words LEVEL gen N SEED prints N random encodings of every row: "ID PREFIX WORD"
 *   disasm_words LEVEL rows       prints the rows: "ID MNEMONIC LEVEL SUFFIXES"
 *
 * LEVEL is 30 or 31.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/disasm.h"
#include "isa/encode.h"

static bool invalid_form(const struct decoder *d, u32 insn, u32 suffix)
{
	bool prefixed = insn >> 26 == 1;
	u16 id = prefixed ? decode_prefixed(d, insn, suffix) : decode(d, insn);

	if (id == INSN_ILLEGAL)
		return false;
	return !isa_valid_form(id, prefixed ? insn : 0, prefixed ? suffix : insn);
}

static void disassemble(const struct decoder *d)
{
	char line[128], text[128];
	u64 pc;
	u32 insn, suffix;

	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%" SCNx64 " %" SCNx32 " %" SCNx32, &pc, &insn, &suffix) != 3)
			continue;
		isa_disasm(d, pc, insn, suffix, text, sizeof(text));
		printf("%s%s\n", invalid_form(d, insn, suffix) ? "! " : "", text);
	}
}

static void generate(const struct decoder *d, u32 n, u64 seed)
{
	for (u32 id = 0; id < INSN_COUNT; id++) {
		if (isa_insns[id].level > d->level)
			continue;
		for (u32 i = 0; i < n; i++) {
			struct encoding e;

			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			e = isa_encode(id, seed);
			printf("%" PRIu32 " %08" PRIx32 " %08" PRIx32 "\n", id, e.prefix, e.insn);
		}
	}
}

/* The suffixes are those that attributes may add to the mnemonic. */
static void print_row(u32 id)
{
	const struct insn_info *row = &isa_insns[id];

	printf("%" PRIu32 " %s %d -%s%s%s%s\n", id, row->mnemonic, row->level,
	       row->attr & (A_RC | A_RC10) ? "." : "", row->attr & A_OE ? "o" : "",
	       row->attr & A_LK ? "l" : "", row->attr & A_AA ? "a" : "");
}

int main(int argc, char **argv)
{
	struct decoder *d;

	if (argc < 2)
		return 2;
	d = decoder_new(atoi(argv[1]) == 30 ? V30 : V31);
	if (!d)
		return 2;
	if (argc == 5 && strcmp(argv[2], "gen") == 0)
		generate(d, (u32)strtoul(argv[3], NULL, 0), strtoull(argv[4], NULL, 0) | 1);
	else if (argc == 3 && strcmp(argv[2], "rows") == 0)
		for (u32 id = 0; id < INSN_COUNT; id++)
			print_row(id);
	else
		disassemble(d);
	decoder_free(d);
	return 0;
}
