/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program behind objdump_check.py.
 *
 *   disasm_words LEVEL            reads "ADDRESS WORD SUFFIX" lines (hexadecimal), prints our text,
 *                               after "! " for an invalid form
 *   disasm_words LEVEL gen N SEED prints N random encodings of every row, and its
 *                               fixed bits wrong one at a time: "ID PREFIX WORD"
 *   disasm_words LEVEL rows       prints the rows: "ID MNEMONIC LEVEL SUFFIXES"
 *   disasm_words LEVEL docs       prints the rows with their encodings, for tools/docs_insn.py
 *
 * LEVEL is 30 or 31.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/disasm.h"
#include "isa/encode.h"
#include "isa/operand.h"

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

static u64 next_random(u64 *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static void print_encoding(u32 id, struct encoding e)
{
	printf("%" PRIu32 " %08" PRIx32 " %08" PRIx32 "\n", id, e.prefix, e.insn);
}

/* @n encodings of row @id, and one for each fixed bit below the primary opcode, with it wrong. */
static void generate_row(u32 id, u32 n, u64 seed)
{
	const struct insn_info *row = &isa_insns[id];
	/* From the row, so that other rows do not change its words. */
	u64 s = (seed << 32 ^ (u64)row->match << 16 ^ row->mask ^ row->pmatch) | 1;

	for (u32 i = 0; i < 8; i++)
		next_random(&s);
	for (u32 i = 0; i < n; i++)
		print_encoding(id, isa_encode(id, next_random(&s)));
	for (u32 bit = 0; bit < 26; bit++) {
		struct encoding e = isa_encode(id, next_random(&s));

		e.insn ^= row->mask & 1u << bit;
		print_encoding(id, e);
		if (row->pmask & 1u << bit) {
			e = isa_encode(id, next_random(&s));
			e.prefix ^= 1u << bit;
			print_encoding(id, e);
		}
	}
}

static void generate(const struct decoder *d, u32 n, u64 seed)
{
	for (u32 id = 0; id < INSN_COUNT; id++)
		if (isa_insns[id].level <= d->level)
			generate_row(id, n, seed);
}

/* Those that attributes may add to the mnemonic. */
static void print_suffixes(const struct insn_info *row)
{
	printf("-%s%s%s%s", row->attr & A_OE ? "o" : "", row->attr & A_LK ? "l" : "",
	       row->attr & A_AA ? "a" : "", row->attr & (A_RC | A_RC10) ? "." : "");
}

static void print_row(u32 id)
{
	const struct insn_info *row = &isa_insns[id];

	printf("%" PRIu32 " %s %d ", id, row->mnemonic, row->level);
	print_suffixes(row);
	putchar('\n');
}

static void print_docs(const struct insn_info *row)
{
	printf("%s\t", row->mnemonic);
	print_suffixes(row);
	printf("\t%d\t%" PRIx32 "\t%" PRIx32 "\t%" PRIx32 "\t%" PRIx32 "\t%s\t", row->level,
	       row->pmask, row->pmatch, row->mask, row->match, row->spec);
	for (int i = 0; i < INSN_OPERANDS_MAX && row->ops[i] != OPERAND_NONE; i++)
		printf("%s%s", i ? ", " : "", isa_operands[row->ops[i]].name);
	putchar('\n');
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
	else if (argc == 3 && strcmp(argv[2], "docs") == 0)
		for (u32 id = 0; id < INSN_COUNT; id++)
			print_docs(&isa_insns[id]);
	else
		disassemble(d);
	decoder_free(d);
	return 0;
}
