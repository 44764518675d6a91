// SPDX-License-Identifier: Apache-2.0
#include "isa/insn.h"

#include "base/xmacro.h"
#include "isa/forms.h"

#define OPERAND_ENUM(name) OPERAND_##name,
#define OPS(...)                                   \
	{                                          \
		XM_EACH(OPERAND_ENUM, __VA_ARGS__) \
	}
#define NOOPS                \
	{                    \
		OPERAND_NONE \
	}

const struct insn_info isa_insns[] = {
#define INSN(id, mn, form, operands, a, lvl, clause) \
	[INSN_##id] = { .mnemonic = mn,              \
			form,                        \
			.ops = operands,             \
			.attr = a,                   \
			.level = lvl,                \
			.spec = clause },
#define PINSN(id, mn, pform, sform, operands, a, lvl, clause) \
	[INSN_##id] = { .mnemonic = mn,                       \
			pform,                                \
			sform,                                \
			.ops = operands,                      \
			.attr = a,                            \
			.level = lvl,                         \
			.spec = clause },
#include "isa/insn.def"
};
