/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a row to words, and from a word to its register sets. The sets come
 * from the operands' roles; what no operand says is in implied(). No state.
 */
#include "isa/encode.h"

#include <string.h>

#include "base/compiler.h"
#include "isa/fields.h"
#include "isa/operand.h"

struct encoding isa_encode(enum insn_id id, u64 random)
{
	const struct insn_info *row = &isa_insns[id];

	return (struct encoding){
		.prefix = row->pmask ? row->pmatch | (~row->pmask & (u32)(random >> 32)) : 0,
		.insn = row->match | (~row->mask & (u32)random),
	};
}

/* Adds registers @n to @n + @count - 1 of a kind; GPRs wrap from 31 to 0. */
static void add(struct reg_set *set, u8 kind, u32 n, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		u32 r = n + i;

		switch (kind) {
		case OK_GPR0:
		case OK_GPR:
			set->gpr |= 1u << (r & 31);
			break;
		case OK_FPR:
			set->vsr |= 1ull << (r & 31);
			break;
		case OK_VR:
			set->vsr |= 1ull << (32 + (r & 31));
			break;
		case OK_VSR:
			set->vsr |= 1ull << (r & 63);
			break;
		case OK_ACC:
			set->vsr |= 0xfull << (4 * (r & 7));
			break;
		case OK_CRF:
			set->cr |= (u8)(1u << (r & 7));
			break;
		case OK_CRB:
			set->cr |= (u8)(1u << (r >> 2 & 7));
			break;
		default:
			break;
		}
	}
}

static void add_operand(struct reg_use *use, enum operand op, u32 prefix, u32 insn)
{
	const struct operand_info *o = &isa_operands[op];
	u32 n = (u32)isa_operand(op, prefix, insn);
	u32 count = isa_operand_registers(op);

	if (o->kind == OK_GPR0 && n == 0)
		return;
	if (o->role & OR_R)
		add(&use->read, o->kind, n, count);
	if (o->role & OR_W)
		add(&use->write, o->kind, n, count);
	/* The other bits of the field stay: a written bit also needs the old field. */
	if (o->kind == OK_CRB && o->role & OR_W)
		add(&use->read, o->kind, n, count);
}

/* The CR field that Rc = 1 records into: 0 for integers, 1 for floating point, 6 for vectors. */
static u8 record_field(const struct insn_info *row)
{
	switch (isa_operands[row->ops[0]].kind) {
	case OK_VR:
	case OK_VSR:
		return 6;
	default:
		return row->attr & A_FP ? 1 : 0;
	}
}

/* Fields of mtcrf and the like: FXM's most significant bit is field 0. */
static u8 fxm_fields(u32 insn)
{
	u8 fields = 0;

	for (u32 i = 0; i < 8; i++)
		if (insn >> 12 & 0x80u >> i)
			fields |= (u8)(1u << i);
	return fields;
}

static bool is(const struct insn_info *row, const char *mnemonic)
{
	return strcmp(row->mnemonic, mnemonic) == 0;
}

/* How many registers lswi and stswi with this word fill or take. */
static u32 string_registers(u32 insn)
{
	return (f_rb(insn) ? f_rb(insn) + 3 : 32 + 3) / 4;
}

/* Registers that the operands do not name. */
static void implied(struct reg_use *use, const struct insn_info *row, u32 insn)
{
	if (is(row, "mtcrf") || is(row, "mtocrf"))
		use->write.cr |= fxm_fields(insn);
	else if (is(row, "mfocrf"))
		use->read.cr |= fxm_fields(insn);
	else if (is(row, "mfcr"))
		use->read.cr = 0xff;
	else if (is(row, "lmw"))
		add(&use->write, OK_GPR, f_rt(insn), 32 - f_rt(insn));
	else if (is(row, "stmw"))
		add(&use->read, OK_GPR, f_rt(insn), 32 - f_rt(insn));
	else if (is(row, "lswi"))
		add(&use->write, OK_GPR, f_rt(insn), string_registers(insn));
	else if (is(row, "stswi"))
		add(&use->read, OK_GPR, f_rt(insn), string_registers(insn));
	else if (is(row, "lswx"))
		use->write.gpr = ~0u;
	else if (is(row, "stswx"))
		use->read.gpr = ~0u;
}

/* The BO values that are not reserved; z bits are zero, at is not 01 [ISA 3.1B I 2.4]. */
static bool valid_bo(u32 bo)
{
	switch (bo & 0x14) {
	case 0x00:
		return (bo & 1) == 0;
	case 0x04:
		return (bo & 3) != 1;
	case 0x10:
		return (bo & 9) != 1;
	default:
		return bo == 0x14;
	}
}

static bool has_operand(const struct insn_info *row, enum operand op)
{
	for (int i = 0; i < INSN_OPERANDS_MAX; i++)
		if (row->ops[i] == op)
			return true;
	return false;
}

/* Loads of several registers may not load their base (or index) register. */
static bool loads_over_base(const struct insn_info *row, u32 insn)
{
	struct reg_set loaded = { 0 };

	if (is(row, "lmw"))
		add(&loaded, OK_GPR, f_rt(insn), 32 - f_rt(insn));
	else if (is(row, "lswi"))
		add(&loaded, OK_GPR, f_rt(insn), string_registers(insn));
	else if (is(row, "lswx")) /* as far as the word tells */
		return f_rt(insn) == f_ra(insn) || f_rt(insn) == f_rb(insn);
	return loaded.gpr >> f_ra(insn) & 1;
}

/* The sources of an outer product may not be of its accumulator. */
static bool is_within_accumulator(const struct insn_info *row, u32 prefix, u32 insn)
{
	struct reg_set acc = { 0 }, sources = { 0 };

	if (isa_operands[row->ops[0]].kind != OK_ACC || row->ops[1] == OPERAND_NONE)
		return false;
	add(&acc, OK_ACC, f_bf(insn), 1);
	for (int i = 1; i <= 2; i++)
		add(&sources, OK_VSR, (u32)isa_operand(row->ops[i], prefix, insn),
		    isa_operand_registers(row->ops[i]));
	return acc.vsr & sources.vsr;
}

/* Not allowed behind the prefix of pnop: branches, sc, attn, what synchronises but isync. */
static bool bad_pnop_suffix(u32 insn)
{
	static const u16 xl[] = { 16, 18, 50, 82, 146, 274, 306, 370, 528, 560 };
	u32 xo = insn >> 1 & 0x3ff;

	switch (insn >> 26) {
	case 0:
	case 16:
	case 17:
	case 18:
		return true;
	case 19:
		for (u32 i = 0; i < ARRAY_SIZE(xl); i++)
			if (xo == xl[i])
				return true;
		return false;
	case 31: /* mtmsr, mtmsrd */
		return xo == 146 || xo == 178;
	default:
		return false;
	}
}

bool isa_valid_form(enum insn_id id, u32 prefix, u32 insn)
{
	const struct insn_info *row = &isa_insns[id];

	for (int i = 0; i < INSN_OPERANDS_MAX && row->ops[i] != OPERAND_NONE; i++) {
		enum operand op = row->ops[i];
		s64 value = isa_operand(op, prefix, insn);

		if (isa_operand_registers(op) == 2 && value & 1)
			return false;
		if (op == OPERAND_BO && !valid_bo((u32)value))
			return false;
	}
	if (has_operand(row, OPERAND_RAU) &&
	    (f_ra(insn) == 0 || (has_operand(row, OPERAND_RT) && f_ra(insn) == f_rt(insn))))
		return false;
	if (has_operand(row, OPERAND_P_R) && prefix >> 20 & 1 && f_ra(insn))
		return false;
	if (is(row, "bcctr") && !(f_rt(insn) & 4))
		return false;
	/* Quadword loads may not load their base or index. */
	if (has_operand(row, OPERAND_RTp) &&
	    (f_ra(insn) == f_rt(insn) ||
	     (has_operand(row, OPERAND_RB) && f_rb(insn) == f_rt(insn))))
		return false;
	/* One CR field each. */
	if ((is(row, "mfocrf") || is(row, "mtocrf")) && __builtin_popcount(insn >> 12 & 0xff) != 1)
		return false;
	if (is(row, "pnop") && insn && bad_pnop_suffix(insn))
		return false;
	return !loads_over_base(row, insn) && !is_within_accumulator(row, prefix, insn);
}

struct reg_use isa_reg_use(enum insn_id id, u32 prefix, u32 insn)
{
	const struct insn_info *row = &isa_insns[id];
	struct reg_use use = { 0 };

	for (int i = 0; i < INSN_OPERANDS_MAX && row->ops[i] != OPERAND_NONE; i++)
		add_operand(&use, row->ops[i], prefix, insn);
	if (row->attr & A_RCALWAYS || (row->attr & A_RC && insn & 1) ||
	    (row->attr & A_RC10 && insn & 0x400))
		use.write.cr |= (u8)(1u << record_field(row));
	/* BO says whether the branch looks at CR at all. */
	if (has_operand(row, OPERAND_BO) && f_rt(insn) & 16)
		use.read.cr = 0;
	implied(&use, row, insn);
	return use;
}
