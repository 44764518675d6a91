/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints a word by its row: the mnemonic with the suffixes that its attribute
 * bits ask for, then the operands in the row's order. No extended mnemonics.
 * No state; may run on any thread.
 */
#include "isa/disasm.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/compiler.h"
#include "isa/operand.h"

struct text {
	char *buf;
	size_t size;
	size_t len; /* may exceed size */
};

static void PRINTF_LIKE(2, 3) put(struct text *t, const char *fmt, ...)
{
	size_t room = t->len < t->size ? t->size - t->len : 0;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room ? t->buf + t->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n;
}

static void put_mnemonic(struct text *t, const struct insn_info *row, u32 insn)
{
	const char *oe = row->attr & A_OE && insn & 0x400 ? "o" : "";
	const char *lk = row->attr & A_LK && insn & 1 ? "l" : "";
	const char *aa = row->attr & A_AA && insn & 2 ? "a" : "";
	bool rc = (row->attr & A_RC && insn & 1) || (row->attr & A_RC10 && insn & 0x400);

	put(t, "%s%s%s%s%s", row->mnemonic, oe, lk, aa, rc ? "." : "");
}

static void put_crb(struct text *t, u32 bit)
{
	static const char *const names[] = { "lt", "gt", "eq", "so" };

	if (bit >= 4)
		put(t, "4*cr%u+", bit >> 2);
	put(t, "%s", names[bit & 3]);
}

static void put_operand(struct text *t, u8 kind, s64 value)
{
	u32 n = (u32)value;

	switch (kind) {
	case OK_GPR0:
		if (!n) {
			put(t, "0");
			break;
		}
		__attribute__((fallthrough));
	case OK_GPR:
		put(t, "r%u", n);
		break;
	case OK_FPR:
		put(t, "f%u", n);
		break;
	case OK_VR:
		put(t, "v%u", n);
		break;
	case OK_VSR:
		put(t, "vs%u", n);
		break;
	case OK_ACC:
		put(t, "a%u", n);
		break;
	case OK_CRF:
		put(t, "cr%u", n);
		break;
	case OK_CRB:
		put_crb(t, n);
		break;
	case OK_TARGET:
		put(t, "0x%" PRIx64, (u64)value);
		break;
	default:
		put(t, "%" PRId64, value);
		break;
	}
}

static void put_operands(struct text *t, const struct insn_info *row, u64 pc, u32 prefix, u32 insn)
{
	bool base = false;

	for (int i = 0; i < INSN_OPERANDS_MAX && row->ops[i] != OPERAND_NONE; i++) {
		u8 kind = isa_operands[row->ops[i]].kind;
		s64 value = isa_operand(row->ops[i], prefix, insn);

		if (kind == OK_TARGET && !(row->attr & A_AA && insn & 2))
			value = (s64)(pc + (u64)value);
		put(t, "%s", base ? "(" : i ? "," : " ");
		put_operand(t, kind, value);
		if (base)
			put(t, ")");
		base = kind == OK_DISP;
	}
}

size_t isa_disasm(const struct decoder *d, u64 pc, u32 insn, u32 suffix, char *buf, size_t size)
{
	struct text t = { .buf = buf, .size = size };
	bool prefixed = insn >> 26 == 1;
	u32 word = prefixed ? suffix : insn;
	u16 id = prefixed ? decode_prefixed(d, insn, suffix) : decode(d, insn);

	if (id == INSN_ILLEGAL) {
		put(&t, ".long 0x%x", insn);
		return t.len;
	}
	put_mnemonic(&t, &isa_insns[id], word);
	put_operands(&t, &isa_insns[id], pc, prefixed ? insn : 0, word);
	return t.len;
}
