/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The instruction table as a whole: no row hides another, and the decoder
 * agrees with a search through all rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "isa/decode.h"
#include "isa/operand.h"

/* Prefix and suffix as one number; words have no prefix bits. */
static u64 mask_of(const struct insn_info *row)
{
	return (u64)row->pmask << 32 | row->mask;
}

static u64 match_of(const struct insn_info *row)
{
	return (u64)row->pmatch << 32 | row->match;
}

static void test_rows_are_sane(void **state)
{
	(void)state;
	for (u32 id = 0; id < INSN_COUNT; id++) {
		const struct insn_info *row = &isa_insns[id];

		if (!row->mnemonic || (!row->pmask && row->mask >> 26 != 63) ||
		    (row->match & ~row->mask) || (row->pmatch & ~row->pmask) ||
		    (row->pmask && ((row->pmask & 0xfc000000u) != 0xfc000000u ||
				    row->pmatch >> 26 != 1 || row->level < V31)))
			fail_msg("row %u (%s): mask %08x match %08x pmask %08x pmatch %08x", id,
				 row->mnemonic ? row->mnemonic : "?", row->mask, row->match,
				 row->pmask, row->pmatch);
	}
}

/* The bits that the operands and attributes of a row depend on. */
static u64 operand_bits(const struct insn_info *row)
{
	u64 bits = 0;

	for (int i = 0; i < INSN_OPERANDS_MAX && row->ops[i] != OPERAND_NONE; i++)
		for (u32 b = 0; b < 64; b++) {
			u64 w = 1ull << b;

			if (isa_operand(row->ops[i], (u32)(w >> 32), (u32)w) !=
			    isa_operand(row->ops[i], 0, 0))
				bits |= w;
		}
	if (row->attr & (A_RC | A_LK))
		bits |= 1;
	if (row->attr & A_AA)
		bits |= 2;
	if (row->attr & (A_OE | A_RC10))
		bits |= 0x400;
	return bits;
}

/* Mask and operands share the word without gap or overlap. */
static void test_every_bit_has_a_use(void **state)
{
	u32 bad = 0;

	(void)state;
	for (u32 id = 0; id < INSN_COUNT; id++) {
		const struct insn_info *row = &isa_insns[id];
		u64 used = operand_bits(row);
		u64 open = ~mask_of(row) & (row->pmask ? ~0ull : 0xffffffffu);

		/* Its operation is the same with any of these bits. */
		if (id == INSN_eieio || id == INSN_pnop || id == INSN_resnop)
			continue;
		if (used == open)
			continue;
		fprintf(stderr, "%s: open without operand %llx, operand in the mask %llx\n",
			row->mnemonic, (unsigned long long)(open & ~used),
			(unsigned long long)(used & ~open));
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* Two rows may match one word only when one is a special case of the other. */
static void test_no_overlap(void **state)
{
	u32 bad = 0;

	(void)state;
	for (u32 a = 0; a < INSN_COUNT; a++) {
		const struct insn_info *ra = &isa_insns[a];
		u64 ma = mask_of(ra);

		for (u32 b = 0; b < a; b++) {
			const struct insn_info *rb = &isa_insns[b];
			u64 mb = mask_of(rb);

			if (!ra->pmask != !rb->pmask || ((match_of(ra) ^ match_of(rb)) & ma & mb))
				continue;
			if (ma != mb && ((ma & mb) == ma || (ma & mb) == mb))
				continue;
			fprintf(stderr, "%s and %s match the same words\n", rb->mnemonic,
				ra->mnemonic);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
}

static void check_match_words(enum isa_level level)
{
	struct decoder *d = decoder_new(level);

	assert_non_null(d);
	for (u32 id = 0; id < INSN_COUNT; id++) {
		const struct insn_info *row = &isa_insns[id];
		u16 want = row->level <= level ? id : INSN_ILLEGAL;
		u16 got = row->pmask ? decode_prefixed(d, row->pmatch, row->match) :
				       decode(d, row->match);

		/* A row's match word may be the special case of another row. */
		if (got != want && got != INSN_ILLEGAL &&
		    (mask_of(&isa_insns[got]) & mask_of(row)) == mask_of(row))
			continue;
		/* Before a row's level its words may belong to a more general row. */
		if (want == INSN_ILLEGAL && got != INSN_ILLEGAL &&
		    (mask_of(&isa_insns[got]) & mask_of(row)) == mask_of(&isa_insns[got]))
			continue;
		if (got != want)
			fail_msg("%s at level %d: got row %u, want %u", row->mnemonic, level, got,
				 want);
	}
	decoder_free(d);
}

static void test_match_words(void **state)
{
	(void)state;
	check_match_words(V30);
	check_match_words(V31);
}

/* The best row by looking at all of them. */
static u16 search(enum isa_level level, u32 prefix, u32 insn)
{
	u16 best = INSN_ILLEGAL;
	int best_bits = -1;

	for (u32 id = 0; id < INSN_COUNT; id++) {
		const struct insn_info *row = &isa_insns[id];
		int bits = __builtin_popcountll(mask_of(row));

		if (row->level > level || !row->pmask != !prefix ||
		    (insn & row->mask) != row->match || (prefix & row->pmask) != row->pmatch)
			continue;
		if (bits > best_bits) {
			best_bits = bits;
			best = id;
		}
	}
	return best;
}

static u64 next_random(u64 *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* Random words, and rows with random bits where their masks are open, or one bit wrong. */
static void test_against_search(void **state)
{
	u64 s = 88172645463325252u;

	(void)state;
	for (int level = V30; level <= V31; level++) {
		struct decoder *d = decoder_new(level);

		assert_non_null(d);
		for (u32 i = 0; i < 100000; i++) {
			const struct insn_info *row = &isa_insns[next_random(&s) % INSN_COUNT];
			u64 r = next_random(&s);
			u64 w = i & 1 ? r : (r & ~mask_of(row)) | match_of(row);
			u32 prefix, got, want;

			if (i & 2)
				w ^= 1ull << (next_random(&s) & 63);
			prefix = row->pmask ? (u32)(w >> 32) | 1u << 26 : 0;
			want = search(level, prefix, (u32)w);
			got = prefix ? decode_prefixed(d, prefix, (u32)w) : decode(d, (u32)w);
			if (got != want)
				fail_msg("%08x %08x: row %u, want %u", prefix, (u32)w, got, want);
		}
		decoder_free(d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_sane),  cmocka_unit_test(test_every_bit_has_a_use),
		cmocka_unit_test(test_no_overlap),     cmocka_unit_test(test_match_words),
		cmocka_unit_test(test_against_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
