/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of vector instructions that the ISA leaves undefined: made equal
 * before images are compared, by run_vectors.c and test_vmx.c.
 */
#ifndef TESTS_INSN_VECTORS_VMX_H
#define TESTS_INSN_VECTORS_VMX_H

#include <string.h>

#include "cpu/state.h"
#include "isa/fields.h"
#include "isa/insn.h"

#include "vectors.h"

static inline union vsr vmx_get(const struct image *im, u32 n)
{
	return (union vsr){ .d = { im->vsr[32 + n][0], im->vsr[32 + n][1] } };
}

static inline void vmx_put(struct image *im, u32 n, u128 v)
{
	im->vsr[32 + n][0] = (u64)v;
	im->vsr[32 + n][1] = (u64)(v >> 64);
}

/* CR6, LT to SO. */
static inline u32 vmx_cr6(const struct image *im)
{
	return im->cr >> 4 & 15;
}

static inline void vmx_accept_target(u32 insn, struct image *mine, const struct image *qemu)
{
	memcpy(mine->vsr[32 + f_rt(insn)], qemu->vsr[32 + f_rt(insn)], 16);
	mine->gpr[f_rt(insn)] = qemu->gpr[f_rt(insn)];
}

static inline bool vmx_no_quotient(s128 x, s128 y, u32 bits, bool is_signed)
{
	s128 q;

	if (y == 0 || (is_signed && y == -1 && x == (s128)((u128)1 << 127)))
		return true;
	if (!is_signed)
		return (u128)x / (u128)y >> bits;
	q = x / y;
	return q != (s128)((u128)q << (128 - bits)) >> (128 - bits);
}

/* Division: by zero, or a quotient that does not fit. Element-wise. */
static inline void vmx_undefined_quotient(const char *name, const struct vector *v,
					  struct image *mine, const struct image *qemu)
{
	union vsr a = vmx_get(&v->in, f_ra(v->insn)), b = vmx_get(&v->in, f_rb(v->insn));
	union vsr r = vmx_get(mine, f_rt(v->insn)), q = vmx_get(qemu, f_rt(v->insn));
	bool extended = strstr(name, "vdive"), is_signed = name[extended ? 5 : 4] == 's';

	for (u32 i = 0; i < 4 && strstr(name, "w"); i++) {
		s128 x = is_signed ? a.sw[i] : (s128)a.w[i], y = is_signed ? b.sw[i] : (s128)b.w[i];

		if (vmx_no_quotient(extended ? x * ((s128)1 << 32) : x, y, 32, is_signed))
			r.w[i] = q.w[i];
	}
	for (u32 i = 0; i < 2 && name[strlen(name) - 1] == 'd'; i++) {
		s128 x = is_signed ? a.sd[i] : (s128)a.d[i], y = is_signed ? b.sd[i] : (s128)b.d[i];

		if (extended && !is_signed ?
			    a.d[i] >= b.d[i] :
			    vmx_no_quotient(extended ? (s128)((u128)x << 64) : x, y, 64, is_signed))
			r.d[i] = q.d[i];
	}
	if (strstr(name, "q")) {
		u128 x = is_signed && (s128)a.q < 0 ? -a.q : a.q;
		u128 y = is_signed && (s128)b.q < 0 ? -b.q : b.q;

		if (y == 0 || (extended ? x >= y >> is_signed : is_signed && x >> 127 && y == 1))
			r.q = q.q;
	}
	vmx_put(mine, f_rt(v->insn), r.q);
}

/* An index from which the element goes beyond the end. */
static inline bool vmx_bad_index(const char *name, const struct vector *v)
{
	u32 pair = strstr(name, "vextd") ? 32 : 16, size, at;
	const char *p = name + 4;

	if (strncmp(name, "vext", 4) && strncmp(name, "vins", 4))
		return false;
	if (strstr(name, "vexts") || name[strlen(name) - 1] == 'm')
		return false;
	p = strstr(name, "vextract") ? name + 8 :
	    strstr(name, "vinsert")  ? name + 7 :
	    pair == 32		     ? name + 5 :
				       p;
	p += *p == 'u';
	size = *p == 'b' ? 1 : *p == 'h' ? 2 : *p == 'w' ? 4 : 8;
	if (strstr(name, "vextract") || strstr(name, "vinsert") || !strcmp(name, "vinsw") ||
	    !strcmp(name, "vinsd"))
		at = f_ra(v->insn) & 15;
	else
		at = pair == 32 ? v->in.gpr[f_rc(v->insn)] & 31 : v->in.gpr[f_ra(v->insn)] & 15;
	return at + size > pair;
}

/* What the row's mnemonic is, of any family; @qemu is the other side's image. */
static inline void undefined_vmx(const char *name, const struct vector *v, struct image *mine,
				 const struct image *qemu)
{
	bool bcd = !strncmp(name, "bcd", 3);
	bool overflow = !strcmp(name, "bcdcfsq.") && vmx_cr6(mine) & 1;

	if (!strncmp(name, "vdiv", 4) || !strncmp(name, "vmod", 4))
		vmx_undefined_quotient(name, v, mine, qemu);
	if (vmx_bad_index(name, v) || (bcd && vmx_cr6(mine) == 1) || overflow)
		vmx_accept_target(v->insn, mine, qemu);
	if (!strcmp(name, "vgnb") && (f_ra(v->insn) & 7) < 2)
		vmx_accept_target(v->insn, mine, qemu);
}

#endif
