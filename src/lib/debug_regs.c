// SPDX-License-Identifier: Apache-2.0
/*
 * A processor's registers by number and name. The numbers are blocks: those
 * that GDB gives the registers of a 64-bit processor, then the vector ones,
 * then special-purpose registers by the table of the engine.
 */
#include "lib/debug_regs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/bits.h"
#include "cpu/cr.h"
#include "isa/msr.h"

/* Where the blocks begin. */
enum {
	REG_R = 0,
	REG_F = 32,
	REG_PC = 64,
	REG_MSR,
	REG_CR,
	REG_LR,
	REG_CTR,
	REG_XER,
	REG_FPSCR,
	REG_VR = 71,
	REG_VSCR = 103,
	REG_VRSAVE,
	REG_VSH = 105,
	REG_SPR = 137,
};

#define SPR_DSCR 17
#define SPR_VRSAVE 256

static const struct {
	u16 num;
	const char *name;
} sprs[] = {
#define SPR(number, nm, rights, g, s, m) { .num = (number), .name = #nm },
#include "cpu/spr.def"
#undef SPR
};

/* Those that GDB knows, in the order of its features. */
static const struct {
	const char *name;
	enum hypar_debug_group group;
	u16 num;
} known[] = {
	{ "ppr", HYPAR_DEBUG_PPR, 896 },   { "dscr", HYPAR_DEBUG_DSCR, SPR_DSCR },
	{ "tar", HYPAR_DEBUG_TAR, 815 },   { "bescr", HYPAR_DEBUG_EBB, 806 },
	{ "ebbhr", HYPAR_DEBUG_EBB, 804 }, { "ebbrr", HYPAR_DEBUG_EBB, 805 },
	{ "mmcr0", HYPAR_DEBUG_PMU, 795 }, { "mmcr2", HYPAR_DEBUG_PMU, 785 },
	{ "siar", HYPAR_DEBUG_PMU, 796 },  { "sdar", HYPAR_DEBUG_PMU, 797 },
	{ "sier", HYPAR_DEBUG_PMU, 784 },
};

/* Registers of the first blocks, other names for one register, and reserved ones. */
static bool is_left_out(u32 i)
{
	static const char *const before[] = { "XER", "LR", "CTR", "VRSAVE", "PPR32" };
	const char *name = sprs[i].name;
	size_t n = strlen(name);

	if ((n > 2 && name[n - 2] == '_') || !strncmp(name, "RES", 3))
		return true;
	for (u32 k = 0; k < ARRAY_SIZE(before); k++)
		if (!strcmp(name, before[k]))
			return true;
	for (u32 k = 0; k < ARRAY_SIZE(known); k++)
		if (sprs[i].num == known[k].num)
			return true;
	return false;
}

/* The row of the engine's table for register REG_SPR + ARRAY_SIZE(known) + @no, or its end. */
static u32 spr_row(unsigned int no)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sprs); i++)
		if (!is_left_out(i) && !no--)
			break;
	return i;
}

unsigned int debug_regs_count(void)
{
	unsigned int n = REG_SPR + (unsigned int)ARRAY_SIZE(known);

	for (u32 i = 0; i < ARRAY_SIZE(sprs); i++)
		n += !is_left_out(i);
	return n;
}

/* ---- names ---- */

static void describe(struct hypar_debug_reg *r, const char *name, unsigned int bits,
		     enum hypar_debug_group group)
{
	r->bits = bits;
	r->group = group;
	snprintf(r->name, sizeof(r->name), "%s", name);
	for (char *p = r->name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p | 0x20);
}

static void describe_one_of(struct hypar_debug_reg *r, const char *fmt, unsigned int no)
{
	char name[16];

	snprintf(name, sizeof(name), "%s%u%s", fmt, no, !strcmp(fmt, "vs") ? "h" : "");
	describe(r, name, r->bits, r->group);
}

static void describe_special(unsigned int reg, struct hypar_debug_reg *r)
{
	static const struct {
		const char *name;
		u8 bits;
	} rows[] = { { "pc", 64 },  { "msr", 64 }, { "cr", 32 },   { "lr", 64 },
		     { "ctr", 64 }, { "xer", 32 }, { "fpscr", 64 } };

	describe(r, rows[reg - REG_PC].name, rows[reg - REG_PC].bits,
		 reg == REG_FPSCR ? HYPAR_DEBUG_FPU : HYPAR_DEBUG_CORE);
}

int hypar_debug_reg_at(unsigned int reg, struct hypar_debug_reg *out)
{
	u32 row;

	out->bits = 64;
	if (reg < REG_F) {
		out->group = HYPAR_DEBUG_CORE;
		describe_one_of(out, "r", reg);
	} else if (reg < REG_PC) {
		out->group = HYPAR_DEBUG_FPU;
		describe_one_of(out, "f", reg - REG_F);
	} else if (reg < REG_VR) {
		describe_special(reg, out);
	} else if (reg < REG_VSCR) {
		out->group = HYPAR_DEBUG_ALTIVEC;
		out->bits = 128;
		describe_one_of(out, "vr", reg - REG_VR);
	} else if (reg < REG_VSH) {
		describe(out, reg == REG_VSCR ? "vscr" : "vrsave", 32, HYPAR_DEBUG_ALTIVEC);
	} else if (reg < REG_SPR) {
		out->group = HYPAR_DEBUG_VSX;
		describe_one_of(out, "vs", reg - REG_VSH);
	} else if (reg < REG_SPR + ARRAY_SIZE(known)) {
		describe(out, known[reg - REG_SPR].name, 64, known[reg - REG_SPR].group);
	} else {
		row = spr_row(reg - REG_SPR - (unsigned int)ARRAY_SIZE(known));
		if (row == ARRAY_SIZE(sprs))
			return -ENOENT;
		describe(out, sprs[row].name, 64, HYPAR_DEBUG_SPR);
	}
	return 0;
}

int hypar_debug_find_reg(const char *name)
{
	struct hypar_debug_reg r;

	for (unsigned int i = 0; !hypar_debug_reg_at(i, &r); i++)
		if (!strcasecmp(name, r.name))
			return (int)i;
	return -ENOENT;
}

/* ---- values ---- */

static u32 spr_of(unsigned int reg)
{
	u32 no = reg - REG_SPR;

	return no < ARRAY_SIZE(known) ? known[no].num :
					sprs[spr_row(no - (u32)ARRAY_SIZE(known))].num;
}

static u64 special_get(struct cpu *c, unsigned int reg)
{
	switch (reg) {
	case REG_PC:
		return c->pc;
	case REG_MSR:
		return c->msr;
	case REG_CR:
		return cr_get(c);
	case REG_LR:
		return c->lr;
	case REG_CTR:
		return c->ctr;
	case REG_XER:
		return cpu_xer_get(c);
	default:
		return c->fpscr;
	}
}

static void special_set(struct cpu *c, unsigned int reg, u64 v)
{
	switch (reg) {
	case REG_PC:
		c->pc = v & ~3ULL & c->ea_mask;
		c->pass = false; /* was meant for another instruction */
		break;
	case REG_MSR:
		cpu_set_msr(c, v);
		break;
	case REG_CR:
		cr_set(c, (u32)v);
		break;
	case REG_LR:
		c->lr = v;
		break;
	case REG_CTR:
		c->ctr = v;
		break;
	case REG_XER:
		cpu_xer_set(c, v);
		break;
	default:
		c->fpscr = v;
		break;
	}
}

struct hypar_debug_value debug_reg_get(struct cpu *c, unsigned int reg)
{
	struct hypar_debug_value v = { 0 };

	if (reg < REG_F)
		v.lo = c->gpr[reg];
	else if (reg < REG_PC)
		v.lo = VSR_D(c->vsr[reg - REG_F], 0);
	else if (reg < REG_VR)
		v.lo = special_get(c, reg);
	else if (reg < REG_VSCR)
		v = (struct hypar_debug_value){ VSR_D(c->vsr[32 + reg - REG_VR], 1),
						VSR_D(c->vsr[32 + reg - REG_VR], 0) };
	else if (reg == REG_VSCR)
		v.lo = c->vscr;
	else if (reg == REG_VRSAVE)
		v.lo = (u32)c->spr.vrsave;
	else if (reg < REG_SPR)
		v.lo = VSR_D(c->vsr[reg - REG_VSH], 1);
	else if (!cpu_spr_get(c, spr_of(reg), &v.lo))
		v.lo = 0;
	return v;
}

void debug_reg_set(struct cpu *c, unsigned int reg, const struct hypar_debug_value *v)
{
	if (reg < REG_F) {
		c->gpr[reg] = v->lo;
	} else if (reg < REG_PC) {
		VSR_D(c->vsr[reg - REG_F], 0) = v->lo;
	} else if (reg < REG_VR) {
		special_set(c, reg, v->lo);
	} else if (reg < REG_VSCR) {
		VSR_D(c->vsr[32 + reg - REG_VR], 1) = v->lo;
		VSR_D(c->vsr[32 + reg - REG_VR], 0) = v->hi;
	} else if (reg == REG_VSCR) {
		c->vscr = (u32)v->lo;
	} else if (reg == REG_VRSAVE) {
		c->spr.vrsave = (u32)v->lo;
	} else if (reg < REG_SPR) {
		VSR_D(c->vsr[reg - REG_VSH], 1) = v->lo;
	} else {
		cpu_spr_set(c, spr_of(reg), v->lo);
	}
}
