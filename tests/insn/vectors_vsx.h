/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For run_vectors.c: what the ISA leaves undefined of VSX results, and what
 * qemu still does as Power ISA 2.07 had it.
 */
#ifndef TESTS_INSN_VECTORS_VSX_H
#define TESTS_INSN_VECTORS_VSX_H

#include <string.h>

#include "isa/fields.h"
#include "isa/insn.h"
#include "vectors.h"

static inline bool vsx_named(const char *m, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(m, *names))
			return true;
	return false;
}

static inline void undefined_vsx(const struct vector *v, const struct image *want, struct image *got)
{
	/* Doubleword 1 was undefined before ISA 3.1, which clears it. */
	static const char *const clears[] = { "lxsdx",	 "lxsspx",  "lxsiwax", "lxsiwzx", "lxsibzx",
					      "lxsihzx", "mtvsrd",  "mtvsrwa", "mtvsrwz", NULL };
	const char *m = isa_insns[v->id].mnemonic;
	u32 xt = f_xt(v->insn);

	if (vsx_named(m, clears) && got->vsr[xt][0] == 0)
		got->vsr[xt][0] = want->vsr[xt][0];
	/* A word that would not end within the register. */
	if ((!strcmp(m, "xxextractuw") || !strcmp(m, "xxinsertw")) && (v->insn >> 16 & 15) > 12)
		memcpy(got->vsr[xt], want->vsr[xt], 16);
}

#endif
