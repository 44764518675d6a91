/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For run_vectors.c: where qemu 7.2 does otherwise than the ISA says for the
 * outer products of the matrix-multiply assist [ISA 3.1B I 7.6.3]. Ours is made
 * equal to theirs there; tests/unit/cpu/test_mma.c has those cases.
 */
#ifndef TESTS_INSN_VECTORS_MMA_H
#define TESTS_INSN_VECTORS_MMA_H

#include "vectors_vsx.h"

#define VF_VX 0x20000000u
#define VF_VXISI 0x00800000u

static inline void undefined_mma(const struct vector *v, const struct image *want,
				 struct image *got)
{
	const char *m = isa_insns[v->id].mnemonic;
	u32 rounded = ((u32)got->fpscr | (u32)want->fpscr) & VF_OX_UX_XX, mask = VF_FI;
	bool negated;

	if (m[0] == 'p')
		m += 2;
	if (!strstr(m, "ger") || !(isa_insns[v->id].attr & A_FPSCR))
		return;
	negated = !strcmp(m + strlen(m) - 2, "np") || !strcmp(m + strlen(m) - 2, "nn");
	/* It sets FI, and leaves a result of enabled overflow or underflow. */
	if (v->in.fpscr & 0x60 && rounded & 0x18000000) {
		take_targets(v, want, got);
		mask |= VF_OX_UX_XX;
	}
	/* It rounds what is negated already; the ISA negates what was rounded. */
	if (negated && v->in.fpscr & 2 && rounded & VF_XX) {
		take_targets(v, want, got);
		mask |= VF_OX_UX_XX;
	}
	/* It rounds the sum of two products to single, with the limits of its exponent. */
	if (!strncmp(m, "xvbf16", 6) && rounded & 0x18000000) {
		take_targets(v, want, got);
		mask |= VF_OX_UX_XX | VF_VX | VF_VXISI;
	}
	/* It records no underflow when another element overflowed. */
	if (want->fpscr & VF_OX)
		mask |= VF_UX;
	if (rounded && mask & VF_OX_UX_XX) {
		mask |= VF_FEX | VF_FX;
		got->trap = want->trap;
	}
	got->fpscr = (got->fpscr & ~(u64)mask) | (want->fpscr & mask);
}

#endif
