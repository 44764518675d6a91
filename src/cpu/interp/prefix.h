/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the prefix*.c files share: displacements of 34 bits, of which the
 * prefix in c->prefix has the upper 18, relative to a register or to the
 * instruction's own address.
 */
#ifndef HYPAR_CPU_INTERP_PREFIX_H
#define HYPAR_CPU_INTERP_PREFIX_H

#include "base/compiler.h"
#include "cpu/interp/interp.h"

/* d0 || d1, si0 || si1 */
static inline u64 f_d34(u32 prefix, u32 insn)
{
	return (u64)((s64)((u64)(prefix & 0x3ffff) << 46 | (u64)(insn & 0xffff) << 30) >> 30);
}

/* Base plus displacement. False: R = 1 with a base register, an invalid form. */
static inline bool prefixed_sum(const struct cpu *c, u32 insn, u64 pc, u64 *out)
{
	bool relative = c->prefix >> 20 & 1;

	if (UNLIKELY(relative && f_ra(insn)))
		return false;
	*out = (relative ? pc : ra0(c, insn)) + f_d34(c->prefix, insn);
	return true;
}

static inline bool prefixed_ea(const struct cpu *c, u32 insn, u64 pc, u64 *ea)
{
	u64 sum;

	if (!prefixed_sum(c, insn, pc, &sum))
		return false;
	*ea = ea_of(c, sum);
	return true;
}

#endif
