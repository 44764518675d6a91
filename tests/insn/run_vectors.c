// SPDX-License-Identifier: Apache-2.0
/*
 * Instructions against another implementation: random words of every row, with
 * random and corner-case registers, run by the interpreter's functions and by
 * vectors_guest under qemu-ppc64le-static; all state afterwards is compared.
 *
 *   tests/insn/run_vectors.sh                       every family but float and dfp,
 *                                         which test_float.c and test_dfp.c run
 *   tests/insn/run_vectors.sh vmx float             families: the names of src/isa/<family>.def
 *   tests/insn/run_vectors.sh -i xvmaddadp          one instruction (mnemonic or id; repeatable)
 *   tests/insn/run_vectors.sh -n 100 -k 20          words per row, images per word
 *   tests/insn/run_vectors.sh -s 7                  another seed
 *   tests/insn/run_vectors.sh -v 10                 print so many differences per row
 *   tests/insn/run_vectors.sh -a                    without the allow-list
 *
 * The FPSCR of an image has random rounding modes, sticky bits and, in every
 * fourth image, enabled exceptions. Registers hold integers, floating-point
 * numbers of all formats, packed and densely packed decimals, or noise.
 *
 * What the ISA leaves undefined and both do differently is in undefined():
 * add to it for your family. FPSCR[FR] is not compared: qemu does not have it.
 * tests/insn/disagreements.txt lists "MNEMONIC PARTS REASON": parts of the
 * state (gpr vsr cr xer fpscr vscr ctr lr mem trap, comma-separated, or all;
 * fx xx fi fprf vxcvi vxsnan are parts of fpscr)
 * in which the other implementation is not the ISA's.
 *
 * Not run: branches, privileged instructions, those that change the context,
 * invalid forms, and words that name r1 or r13, which the guest stub needs.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bits.h"
#include "cpu/cpu.h"
#include "cpu/interp/interp.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "isa/encode.h"
#include "isa/operand.h"
#include "mem/gmem.h"

#include "vectors.h"
#include "vectors_mma.h"
#include "vectors_vmx.h"
#include "vectors_vsx.h"

/* ---- rows ---------------------------------------------------------------- */

#define INSN(id, ...) extern insn_fn i_##id __attribute__((weak));
#define PINSN(id, ...) extern insn_fn i_##id __attribute__((weak));
#include "isa/insn.def"
#undef INSN
#undef PINSN

/* A function that nobody has written yet is NULL in a program linked for that. */
static insn_fn *const functions[INSN_COUNT] = {
#define INSN(id, ...) [INSN_##id] = i_##id,
#define PINSN(id, ...) [INSN_##id] = i_##id,
#include "isa/insn.def"
#undef INSN
#undef PINSN
};

static const char *const ids[INSN_COUNT] = {
#define INSN(id, ...) [INSN_##id] = #id,
#define PINSN(id, ...) [INSN_##id] = #id,
#include "isa/insn.def"
#undef INSN
#undef PINSN
};

enum family {
	F_none,
	F_branch,
	F_fixed,
	F_ldst,
	F_system,
	F_float,
	F_dfp,
	F_vmx,
	F_vsx,
	F_prefix,
	F_mma,
	N_FAMILIES
};
static const char *const family_names[] = { "none", "branch", "fixed", "ldst",	 "system", "float",
					    "dfp",  "vmx",    "vsx",   "prefix", "mma" };

#define INSN(id, ...) [INSN_##id] = FAMILY,
#define PINSN(id, ...) [INSN_##id] = FAMILY,
static const u8 family_of[INSN_COUNT] = {
#define FAMILY F_branch
#include "isa/branch.def"
#undef FAMILY
#define FAMILY F_fixed
#include "isa/fixed.def"
#undef FAMILY
#define FAMILY F_ldst
#include "isa/ldst.def"
#undef FAMILY
#define FAMILY F_system
#include "isa/system.def"
#undef FAMILY
#define FAMILY F_float
#include "isa/float.def"
#undef FAMILY
#define FAMILY F_dfp
#include "isa/dfp.def"
#undef FAMILY
#define FAMILY F_vmx
#include "isa/vmx.def"
#undef FAMILY
#define FAMILY F_vsx
#include "isa/vsx.def"
#undef FAMILY
#define FAMILY F_prefix
#include "isa/prefix.def"
#undef FAMILY
#define FAMILY F_mma
#include "isa/mma.def"
#undef FAMILY
};
#undef INSN
#undef PINSN

static bool is(u32 id, const char *mnemonic)
{
	return !strcmp(isa_insns[id].mnemonic, mnemonic);
}

/* Random numbers, time, and what depends on storage that a program has not. */
static bool cannot_run(u32 id)
{
	static const char *const names[] = { "darn", "wait", "copy", "paste.", "cp_abort", "sync",
					     /* an alignment interrupt, on which qemu gives up */
					     "lmw", "stmw", "lswi", "lswx", "stswi", "stswx" };
	const struct insn_info *row = &isa_insns[id];
	bool trap = is(id, "tw") || is(id, "twi") || is(id, "td") || is(id, "tdi") ||
		    is(id, "hashchk");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (is(id, names[i]))
			return true;
	return family_of[id] == F_system || row->attr & (A_PRIV | A_HV | A_CTX) ||
	       (row->attr & A_BRANCH && !trap);
}

/* ---- options, results ----------------------------------------------------- */

struct options {
	u32 words, images, verbose;
	u64 seed;
	bool all; /* no allow-list */
	bool family[N_FAMILIES];
	const char *only[32];
	u32 n_only;
};

enum part { P_GPR, P_VSR, P_CR, P_XER, P_FPSCR, P_VSCR, P_CTR, P_LR, P_MEM, P_TRAP, N_PARTS };
static const char *const part_names[] = { "gpr",  "vsr", "cr", "xer", "fpscr",
					  "vscr", "ctr", "lr", "mem", "trap" };

/* Fields of the FPSCR that the allow-list may name. */
static const struct {
	const char *name;
	u32 bits;
} fpscr_parts[] = { { "fx", 0x80000000u },   { "xx", 0x02000000u },    { "fi", 0x00020000u },
		    { "fprf", 0x0001f000u }, { "vxcvi", 0x00000100u }, { "vxsnan", 0x01000000u } };

struct run {
	struct options opt;
	struct cpu *c;
	struct gmem *mem;
	struct decoder *decoder[2];
	u32 allowed[INSN_COUNT];       /* by part */
	u32 fpscr_allowed[INSN_COUNT]; /* bits */
	struct hello hello;
	pid_t pid;
	int to, from;
	u64 rng;
	u64 n_vectors[N_FAMILIES];
	u32 n_pass, n_fail, n_missing;
};

static u64 rnd(struct run *r)
{
	u64 z = (r->rng += 0x9e3779b97f4a7c15ULL);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static u64 below(struct run *r, u64 n)
{
	return rnd(r) % n;
}

/* ---- register contents ---------------------------------------------------- */

static u64 some_integer(struct run *r, u32 bits)
{
	u64 top = 1ULL << (bits - 1), v = rnd(r);

	switch (below(r, 10)) {
	case 0:
		v = 0;
		break;
	case 1:
		v = ~0ULL;
		break;
	case 2:
		v = top;
		break;
	case 3:
		v = top - 1;
		break;
	case 4:
		v = below(r, 130);
		break;
	case 5:
		v = -below(r, 130);
		break;
	case 6:
		v = rnd(r) >> below(r, 64);
		break;
	case 7:
		v = (top << 1) - 1 - below(r, 3);
		break;
	default:
		break;
	}
	return bits == 64 ? v : v & ((top << 1) - 1);
}

static u64 some_gpr(struct run *r)
{
	u64 v;

	switch (below(r, 4)) {
	case 0:
		v = some_integer(r, 32);
		return below(r, 2) ? (u64)(s64)(s32)v : v;
	case 1:
		return some_integer(r, 32) << 32 | some_integer(r, 32);
	case 2:
		return some_integer(r, 8) * 0x0101010101010101ULL ^
		       (below(r, 2) ? 0xffULL << 8 * below(r, 8) : 0);
	default:
		return some_integer(r, 64);
	}
}

/* A number of @e exponent and @m fraction bits, up to 64 bits in all. */
static u64 some_float(struct run *r, u32 e, u32 m)
{
	u64 max = (1ULL << e) - 1, bias = max >> 1, one = 1;
	u64 sign = below(r, 2) << (e + m), frac = rnd(r) & ((one << m) - 1), exp;

	switch (below(r, 16)) {
	case 0:
		return sign;
	case 1:
		return sign | max << m;
	case 2:
		return sign | max << m | one << (m - 1) | frac >> 1;
	case 3:
		return sign | max << m | (frac & ((one << (m - 1)) - 1)) | 1;
	case 4:
		return sign | frac >> below(r, m);
	case 5:
		return sign | (max - 1) << m | frac | ((one << m) - 1 - below(r, 2));
	case 6:
		return sign | bias << m;
	case 7:
		return sign | 1ULL << m | below(r, 4);
	case 8: /* integers and halves */
		return sign | (bias + below(r, 66)) << m | (frac & ~((one << below(r, m)) - 1));
	case 9:
		exp = below(r, max);
		return sign | exp << m | ((one << m) - 1);
	case 10:
		exp = below(r, max);
		return sign | exp << m | frac;
	case 11: /* around the limits of the next smaller format */
		exp = bias + (below(r, 2) ? 120 + below(r, 12) : -(u64)(120 + below(r, 40)));
		return sign | (exp & max) << m | frac;
	default:
		return sign | ((bias - 4 + below(r, 9)) & max) << m |
		       (below(r, 2) ? frac : frac & ~0ULL << (m / 2));
	}
}

static u64 decimal_digits(struct run *r, u32 n)
{
	u64 v = 0;
	u64 kind = below(r, 5);

	for (u32 i = 0; i < n; i++)
		v = v << 4 | (kind == 0		     ? 9 :
			      kind == 1		     ? 0 :
			      kind == 2 && i < n / 2 ? 0 :
						       below(r, 10));
	return v;
}

enum flavour {
	FL_BYTES,
	FL_HALVES,
	FL_WORDS,
	FL_DWORDS,
	FL_QUAD,
	FL_SINGLE,
	FL_DOUBLE,
	FL_SCALAR_SINGLE,
	FL_HALF,
	FL_F128,
	FL_PACKED,
	FL_ZONED,
	FL_DFP,
	FL_NOISE,
	N_FLAVOURS
};

static void lanes(struct run *r, u64 v[2], u32 bits, enum flavour f)
{
	for (u32 at = 0; at < 128; at += bits) {
		u64 x;

		if (f == FL_SINGLE)
			x = some_float(r, 8, 23);
		else if (f == FL_HALF)
			x = some_float(r, 5, 10);
		else if (f == FL_DOUBLE)
			x = some_float(r, 11, 52);
		else
			x = some_integer(r, bits);
		v[at / 64] |= x << at % 64;
	}
}

/* A double that is a single's value, sometimes not quite. */
static u64 single_in_double(struct run *r)
{
	u64 d = some_float(r, 11, 52) & ~0x1fffffffULL;

	d = (d & ~(0x7ffULL << 52)) | ((1023 - 126 + below(r, 253)) & 0x7ff) << 52;
	return below(r, 8) ? d : d | 1ULL << below(r, 29);
}

static void some_vsr(struct run *r, u64 v[2], enum flavour f)
{
	v[0] = v[1] = 0;
	switch (f) {
	case FL_BYTES:
		lanes(r, v, 8, f);
		break;
	case FL_HALVES:
	case FL_HALF:
		lanes(r, v, 16, f);
		break;
	case FL_WORDS:
	case FL_SINGLE:
		lanes(r, v, 32, f);
		break;
	case FL_DWORDS:
	case FL_DOUBLE:
		lanes(r, v, 64, f);
		break;
	case FL_SCALAR_SINGLE:
		v[0] = single_in_double(r);
		v[1] = single_in_double(r);
		break;
	case FL_QUAD:
		v[0] = below(r, 2) ? some_integer(r, 64) : 0;
		v[1] = some_integer(r, 64);
		break;
	case FL_F128:
		v[1] = some_float(r, 15, 48);
		v[0] = below(r, 2) ? rnd(r) : below(r, 2) ? 0 : ~0ULL << below(r, 64);
		break;
	case FL_PACKED:
		v[1] = decimal_digits(r, 16) >> 4 * below(r, 16);
		v[0] = decimal_digits(r, 15) << 4 |
		       (below(r, 16) ? 10 + below(r, 6) : below(r, 16));
		if (!below(r, 3))
			v[1] = 0;
		break;
	case FL_ZONED:
		v[1] = decimal_digits(r, 8);
		for (u32 i = 0; i < 16; i++)
			((u8 *)v)[i] = (u8)(0x30 + below(r, 10));
		((u8 *)v)[0] ^= (u8)(below(r, 2) << 6 | (below(r, 4) ? 0 : below(r, 16) << 4));
		break;
	case FL_DFP: /* small coefficients and near exponents, or specials */
		v[1] = (below(r, 2) << 63) | (u64)(0x22 << 2 | below(r, 3)) << 56 >> (below(r, 3)) |
		       rnd(r) >> (14 + below(r, 50));
		v[0] = below(r, 2) ? rnd(r) : below(r, 1000);
		if (!below(r, 4))
			v[1] = 0x7800000000000000ULL | below(r, 8) << 56 | below(r, 2) << 63 |
			       (rnd(r) >> 20);
		if (!below(r, 4))
			v[1] = rnd(r);
		break;
	default:
		v[0] = rnd(r);
		v[1] = rnd(r);
	}
}

#define FPSCR_VX_ALL 0x01f80700u
#define FPSCR_FR 0x00040000u
#define FPSCR_FPRF 0x0001f000u

/* Consistent: the summary bits fit, and no enabled exception is on already. */
static u64 some_fpscr(struct run *r)
{
	u32 v = (u32)rnd(r) & 0x9ffff700u; /* no FEX, VX, enables, NI */
	u32 enables = below(r, 4) ? 0 : (u32)rnd(r) & 0xf8;

	if (below(r, 2))
		v &= 0x0001f000;
	if (enables & 0x80)
		v &= ~FPSCR_VX_ALL;
	v &= ~((enables & 0x78) << 22);
	v &= ~0x800u;
	if (v & FPSCR_VX_ALL)
		v |= 0x20000000;
	/* qemu sets FX for exceptions that were on already, the ISA does not. */
	if (v & 0x7e000000)
		v |= 0x80000000;
	return (below(r, 4) ? 0 : below(r, 8)) << 32 | v | enables | (u32)below(r, 4);
}

static void some_image(struct run *r, struct image *im)
{
	enum flavour main_flavour = (enum flavour)below(r, N_FLAVOURS);

	for (u32 i = 0; i < 32; i++)
		im->gpr[i] = some_gpr(r);
	for (u32 i = 0; i < 64; i++)
		some_vsr(r, im->vsr[i],
			 below(r, 4) ? main_flavour : (enum flavour)below(r, N_FLAVOURS));
	for (u32 i = 0; i < MEM_SIZE; i += 16) {
		u64 v[2];

		some_vsr(r, v, below(r, 2) ? main_flavour : (enum flavour)below(r, N_FLAVOURS));
		memcpy(im->mem + i, v, 16);
	}
	im->gpr[1] = r->hello.r1;
	im->gpr[13] = r->hello.r13;
	im->cr = (u32)rnd(r);
	im->xer = rnd(r) & 0xe00c007f;
	im->fpscr = some_fpscr(r);
	im->ctr = some_gpr(r);
	im->lr = some_gpr(r);
	im->trap = 0;
	im->vscr[0] = below(r, 2) | (below(r, 8) ? 0 : 0x10000);
	im->vscr[1] = 0;
}

/* ---- words ---------------------------------------------------------------- */

static int operand_at(const struct insn_info *row, enum operand op)
{
	for (int i = 0; i < INSN_OPERANDS_MAX; i++)
		if (row->ops[i] == op)
			return i;
	return -1;
}

/* Makes base and index registers point into the memory; false: not possible with this word. */
static bool aim(struct run *r, struct vector *v, const struct insn_info *row)
{
	u64 ea = MEM_AT + 64 + below(r, 97), *gpr = v->in.gpr, disp = 0, base;
	u32 ra = f_ra(v->insn), rb = f_rb(v->insn);
	bool zero = (operand_at(row, OPERAND_RA0) >= 0) && ra == 0;
	bool index = false, found = false;

	if (!(row->attr & (A_LOAD | A_STORE)))
		return true;
	if (below(r, 2))
		ea &= ~15ULL;
	for (int i = 0; i < INSN_OPERANDS_MAX && row->ops[i] != OPERAND_NONE; i++) {
		enum operand op = (enum operand)row->ops[i];

		if (isa_operands[op].kind == OK_DISP)
			disp = (u64)isa_operand(op, v->prefix, v->insn);
		else if (op == OPERAND_RB)
			index = true;
		if (op == OPERAND_RA0 || op == OPERAND_RAU || op == OPERAND_RA)
			found = true;
	}
	if (operand_at(row, OPERAND_P_R) >= 0 && v->prefix >> 20 & 1)
		return false;
	if (operand_at(row, OPERAND_DHASH) >= 0) {
		index = false;
		ea &= ~7ULL;
	}
	/* POWER9 takes an alignment interrupt, qemu does not. */
	if (!strcmp(row->mnemonic, "lq") || !strcmp(row->mnemonic, "stq") ||
	    strstr(row->mnemonic, "cx."))
		ea &= ~15ULL;
	/* Both operands of the bounded ones in a block of 32 bytes. */
	if (operand_at(row, OPERAND_FC) >= 0 && f_rb(v->insn) >= 24)
		ea = (ea & ~31ULL) + 8;
	if (strstr(row->mnemonic, "vl") && index && strchr("ls", row->mnemonic[0]) &&
	    (strstr(row->mnemonic, "xvl") || strstr(row->mnemonic, "xvrl"))) {
		index = false; /* RB is a length */
		gpr[rb] = (u64)below(r, 20) << 56 | (rnd(r) >> 8);
		if (rb == ra)
			return false;
	}
	if (!found)
		return false;
	base = ea - disp;
	if (!index) {
		if (zero)
			return false;
		gpr[ra] = base;
		return true;
	}
	if (zero) {
		gpr[rb] = base;
	} else if (ra == rb) {
		if (base & 1)
			return false;
		gpr[ra] = base / 2;
	} else {
		gpr[rb] = below(r, 2) ? below(r, 64) : rnd(r);
		gpr[ra] = base - gpr[rb];
	}
	return true;
}

static bool make_word(struct run *r, u32 id, struct vector *v)
{
	for (u32 tries = 0; tries < 1000; tries++) {
		struct encoding e = isa_encode((enum insn_id)id, rnd(r));
		struct reg_use use;

		if (!isa_valid_form((enum insn_id)id, e.prefix, e.insn))
			continue;
		use = isa_reg_use((enum insn_id)id, e.prefix, e.insn);
		if ((use.read.gpr | use.write.gpr) & (1u << 1 | 1u << 13) && !is(id, "lswx") &&
		    !is(id, "stswx"))
			continue;
		/* atomic memory operations use RT + 1 and RT + 2 */
		if (operand_at(&isa_insns[id], OPERAND_FC) >= 0 &&
		    (f_rt(e.insn) == 31 || f_rt(e.insn) == 30 || f_rt(e.insn) == 0 ||
		     f_rt(e.insn) == 12 || f_rt(e.insn) == 11))
			continue;
		v->prefix = e.prefix;
		v->insn = e.insn;
		v->id = id;
		return true;
	}
	return false;
}

/* ---- our side ------------------------------------------------------------- */

/* Every facility is on; exceptions that FPSCR enables are precise, as in a program. */
#define TEST_MSR \
	(MSR_SF | MSR_ME | MSR_FP | MSR_VEC | MSR_VSX | MSR_FE0 | MSR_FE1 | MSR_RI | MSR_LE)

static void load_image(struct cpu *c, const struct image *im)
{
	memcpy(c->gpr, im->gpr, sizeof(im->gpr));
	memcpy(c->vsr, im->vsr, sizeof(im->vsr));
	cr_set(c, (u32)im->cr);
	cpu_xer_set(c, im->xer);
	c->fpscr = im->fpscr;
	c->ctr = im->ctr;
	c->lr = im->lr;
	c->vscr = (u32)im->vscr[0];
	c->resv.ra = ~0ULL;
	if (c->msr != TEST_MSR)
		cpu_set_msr(c, TEST_MSR);
}

static void store_image(struct cpu *c, struct image *im)
{
	memset(im, 0, sizeof(*im));
	memcpy(im->gpr, c->gpr, sizeof(im->gpr));
	memcpy(im->vsr, c->vsr, sizeof(im->vsr));
	im->cr = cr_get(c);
	im->xer = cpu_xer_get(c);
	im->fpscr = c->fpscr;
	im->ctr = c->ctr;
	im->lr = c->lr;
	im->vscr[0] = c->vscr;
}

/* The signal a program gets for the interrupt at @vector. */
static int signal_of(const struct cpu *c, u64 vector)
{
	switch (vector) {
	case 0x300:
	case 0x380:
		return SIGSEGV;
	case 0x600:
		return SIGBUS;
	case 0x700:
		return c->spr.srr1 & SRR1_TRAP ? SIGTRAP : c->spr.srr1 & SRR1_FP ? SIGFPE : SIGILL;
	default:
		return 99;
	}
}

static void execute(struct run *r, const struct vector *v, struct image *out)
{
	struct cpu *c = r->c;
	u64 pc = r->hello.pc, next;
	bool ok;

	load_image(c, &v->in);
	ok = gmem_write(r->mem, gpa_of(MEM_AT), v->in.mem, MEM_SIZE);
	c->prefix = v->prefix;
	c->exc_run = 0; /* many interrupts at one address are no loop here */
	next = functions[v->id](c, v->insn, pc);
	c->prefix = 0;
	store_image(c, out);
	ok = ok && gmem_read(r->mem, gpa_of(MEM_AT), out->mem, MEM_SIZE);
	out->trap = !ok ? 98 : next == pc + (v->prefix ? 8 : 4) ? 0 : (u64)signal_of(c, next);
}

/* ---- comparison ------------------------------------------------------------ */

/* Makes equal in @got what the ISA leaves undefined for this vector. */
static void undefined(const struct vector *v, const struct image *want, struct image *got)
{
	u64 a = v->in.gpr[f_ra(v->insn)], b = v->in.gpr[f_rb(v->insn)];
	u32 rt = f_rt(v->insn);
	const char *m = isa_insns[v->id].mnemonic;
	bool no_quotient = false;

	undefined_vmx(m, v, got, want);
	undefined_vsx(v, want, got);
	undefined_mma(v, want, got);
	/* A signal frame has the low word of the FPSCR alone. */
	if (want->trap)
		got->fpscr = (want->fpscr & ~0xffffffffULL) | (u32)got->fpscr;
	/* The mark of a failed bounded operation, which qemu computes in an int. */
	if (operand_at(&isa_insns[v->id], OPERAND_FC) >= 0 && want->gpr[rt] == ~0x7fffffffULL &&
	    (got->gpr[rt] == 1ULL << 31 || got->gpr[rt] == 1ULL << 63))
		got->gpr[rt] = want->gpr[rt];
	if (!strncmp(m, "div", 3)) /* overflow: XER says so only if OE = 1 */
		no_quotient = got->gpr[rt] == 0 && want->gpr[rt] != 0;
	if (!strcmp(m, "modsw") || !strcmp(m, "moduw"))
		no_quotient = (u32)b == 0 || ((s32)a == INT32_MIN && (s32)b == -1 && m[3] == 's');
	if (!strcmp(m, "modsd") || !strcmp(m, "modud"))
		no_quotient = b == 0 || ((s64)a == INT64_MIN && (s64)b == -1 && m[3] == 's');
	/* qemu ends before it records when an enabled exception is on. */
	if (want->trap == SIGFPE && isa_insns[v->id].attr & A_RC && v->insn & 1)
		got->cr = (want->cr & 0x0f000000) | (got->cr & 0xf0ffffff);
	/* A conversion to an integer leaves FPRF undefined. */
	if (!strncmp(m, "fcti", 4))
		got->fpscr = (got->fpscr & ~(u64)FPSCR_FPRF) | (want->fpscr & FPSCR_FPRF);
	got->fpscr = (got->fpscr & ~(u64)FPSCR_FR) | (want->fpscr & FPSCR_FR);
	if (no_quotient) {
		got->gpr[rt] = want->gpr[rt];
		if (v->insn & 1)
			got->cr = (want->cr & 0xe0000000) | (got->cr & 0x1fffffff);
	}
}

static u32 differing(const struct image *a, const struct image *b)
{
	u32 parts = 0;

	parts |= (u32)(memcmp(a->gpr, b->gpr, sizeof(a->gpr)) != 0) << P_GPR;
	parts |= (u32)(memcmp(a->vsr, b->vsr, sizeof(a->vsr)) != 0) << P_VSR;
	parts |= (u32)(a->cr != b->cr) << P_CR;
	parts |= (u32)(a->xer != b->xer) << P_XER;
	parts |= (u32)(a->fpscr != b->fpscr) << P_FPSCR;
	parts |= (u32)(a->vscr[0] != b->vscr[0]) << P_VSCR;
	parts |= (u32)(a->ctr != b->ctr) << P_CTR;
	parts |= (u32)(a->lr != b->lr) << P_LR;
	parts |= (u32)(memcmp(a->mem, b->mem, MEM_SIZE) != 0) << P_MEM;
	parts |= (u32)(a->trap != b->trap) << P_TRAP;
	return parts;
}

static void print_inputs(const struct vector *v)
{
	struct reg_use use = isa_reg_use((enum insn_id)v->id, v->prefix, v->insn);

	for (u32 i = 0; i < 32; i++)
		if (use.read.gpr >> i & 1)
			printf("      in  r%-4u %016" PRIx64 "\n", i, v->in.gpr[i]);
	for (u32 i = 0; i < 64; i++)
		if (use.read.vsr >> i & 1)
			printf("      in  vs%-3u %016" PRIx64 " %016" PRIx64 "\n", i,
			       v->in.vsr[i][1], v->in.vsr[i][0]);
	printf("      in  cr %08" PRIx64 " xer %08" PRIx64 " fpscr %09" PRIx64 " vscr %" PRIx64
	       "\n",
	       v->in.cr, v->in.xer, v->in.fpscr, v->in.vscr[0]);
}

static void print_pair(const char *name, u64 ours, u64 theirs)
{
	if (ours != theirs)
		printf("      %-6s ours %016" PRIx64 " theirs %016" PRIx64 "\n", name, ours,
		       theirs);
}

static void print_difference(struct run *r, const struct vector *v, const struct image *ours,
			     const struct image *theirs)
{
	u32 parts = differing(ours, theirs);
	char text[128], name[16];

	printf("   ");
	for (u32 i = 0; i < N_PARTS; i++)
		if (parts >> i & 1)
			printf(" %s", part_names[i]);
	printf(" differ\n");
	isa_disasm(r->decoder[1], r->hello.pc, v->prefix ? v->prefix : v->insn, v->insn, text,
		   sizeof(text));
	printf("    %08x %08x %s\n", v->prefix, v->insn, text);
	print_inputs(v);
	for (u32 i = 0; i < 32; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		print_pair(name, ours->gpr[i], theirs->gpr[i]);
	}
	for (u32 i = 0; i < 64; i++)
		if (memcmp(ours->vsr[i], theirs->vsr[i], 16) != 0)
			printf("      vs%-4u ours %016" PRIx64 " %016" PRIx64 " theirs %016" PRIx64
			       " %016" PRIx64 "\n",
			       i, ours->vsr[i][1], ours->vsr[i][0], theirs->vsr[i][1],
			       theirs->vsr[i][0]);
	print_pair("cr", ours->cr, theirs->cr);
	print_pair("xer", ours->xer, theirs->xer);
	print_pair("fpscr", ours->fpscr, theirs->fpscr);
	print_pair("vscr", ours->vscr[0], theirs->vscr[0]);
	print_pair("ctr", ours->ctr, theirs->ctr);
	print_pair("lr", ours->lr, theirs->lr);
	print_pair("trap", ours->trap, theirs->trap);
	for (u32 i = 0; i < MEM_SIZE; i++)
		if (ours->mem[i] != theirs->mem[i])
			printf("      mem[%u] ours %02x theirs %02x was %02x\n", i, ours->mem[i],
			       theirs->mem[i], v->in.mem[i]);
}

/* ---- the other side -------------------------------------------------------- */

static bool move_all(int fd, void *buf, size_t n, bool out)
{
	u8 *p = buf;

	while (n) {
		ssize_t k = out ? write(fd, p, n) : read(fd, p, n);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static bool start_guest(struct run *r, const char *program, const char *model)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return false;
	r->pid = fork();
	if (r->pid == 0) {
		const char *emulator = getenv("QEMU_PPC64LE");

		dup2(in[0], 0);
		dup2(out[1], 1);
		execlp(emulator ? emulator : "qemu-ppc64le-static", "qemu-ppc64le", "-cpu", model,
		       program, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	r->to = in[1];
	r->from = out[0];
	return r->pid > 0 && move_all(r->from, &r->hello, sizeof(r->hello), false);
}

static bool stop_guest(struct run *r)
{
	u32 none = 0;
	int status;

	if (!move_all(r->to, &none, sizeof(none), true))
		return false;
	close(r->to);
	close(r->from);
	return waitpid(r->pid, &status, 0) == r->pid && status == 0;
}

/* ---- running ---------------------------------------------------------------- */

static void check_row(struct run *r, u32 id, struct vector *v, const struct image *theirs, u32 n)
{
	u32 bad = 0;

	for (u32 i = 0; i < n; i++) {
		struct image ours;
		u32 parts;

		execute(r, &v[i], &ours);
		undefined(&v[i], &theirs[i], &ours);
		ours.fpscr ^= (ours.fpscr ^ theirs[i].fpscr) & r->fpscr_allowed[id];
		parts = differing(&ours, &theirs[i]) & ~r->allowed[id];
		if (!parts)
			continue;
		if (!bad++)
			printf("FAIL %s\n", ids[id]);
		if (bad <= r->opt.verbose)
			print_difference(r, &v[i], &ours, &theirs[i]);
	}
	if (bad)
		printf("  %s: %u of %u vectors differ\n", ids[id], bad, n);
	if (bad)
		r->n_fail++;
	else
		r->n_pass++;
	r->n_vectors[family_of[id]] += n;
}

static bool run_row(struct run *r, u32 id)
{
	const struct options *o = &r->opt;
	u32 n = 0, max = o->words * o->images;
	struct vector *v = calloc(max, sizeof(*v)), word = { 0 };
	struct image *theirs = calloc(max, sizeof(*theirs));
	bool ok;

	/* by its name, so that a new row does not change the others' vectors */
	r->rng = o->seed << 32;
	for (const char *p = ids[id]; *p; p++)
		r->rng = r->rng * 31 + (u8)*p;
	for (u32 w = 0; w < o->words && make_word(r, id, &word); w++)
		for (u32 k = 0; k < o->images; k++) {
			v[n] = word;
			some_image(r, &v[n].in);
			if (aim(r, &v[n], &isa_insns[id]))
				n++;
		}
	ok = n == 0 ||
	     (move_all(r->to, &n, sizeof(n), true) && move_all(r->to, v, n * sizeof(*v), true) &&
	      move_all(r->from, theirs, n * sizeof(*theirs), false));
	if (ok && n)
		check_row(r, id, v, theirs, n);
	else
		printf("FAIL %s: %s\n", ids[id],
		       ok ? "no vector could be made" : "the guest ended");
	r->n_fail += !ok || !n;
	free(v);
	free(theirs);
	return ok;
}

static bool chosen(const struct run *r, u32 id)
{
	if (!r->opt.n_only)
		return r->opt.family[family_of[id]] && !cannot_run(id);
	for (u32 i = 0; i < r->opt.n_only; i++)
		if (!strcmp(r->opt.only[i], ids[id]) || is(id, r->opt.only[i]))
			return true;
	return false;
}

static bool run_level(struct run *r, const char *program, enum isa_level level)
{
	bool ok = start_guest(r, program, level == V30 ? "power9" : "power10");

	for (u32 id = 0; ok && id < INSN_COUNT; id++) {
		if (isa_insns[id].level != level || !chosen(r, id))
			continue;
		if (functions[id])
			ok = run_row(r, id);
		else
			r->n_missing++;
	}
	if (ok && stop_guest(r))
		return true;
	printf("FAIL guest: it did not start or ended\n");
	r->n_fail++;
	return false;
}

static void allow_part(struct run *r, u32 id, const char *part)
{
	for (u32 i = 0; i < N_PARTS; i++)
		if (!strcmp(part, part_names[i]) || !strcmp(part, "all"))
			r->allowed[id] |= 1u << i;
	for (size_t i = 0; i < ARRAY_SIZE(fpscr_parts); i++)
		if (!strcmp(part, fpscr_parts[i].name))
			r->fpscr_allowed[id] |= fpscr_parts[i].bits;
}

static void read_allowed(struct run *r, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[512], name[64], parts[128];

	while (f && fgets(line, sizeof(line), f)) {
		if (line[0] == '#' || sscanf(line, "%63s %127s", name, parts) != 2)
			continue;
		for (u32 id = 0; id < INSN_COUNT; id++) {
			if (strcmp(name, ids[id]) && !is(id, name))
				continue;
			for (char *save, *p = strtok_r(parts, ",", &save); p;
			     p = strtok_r(NULL, ",", &save))
				allow_part(r, id, p);
			break;
		}
	}
	if (f)
		fclose(f);
}

static void parse(struct options *o, int argc, char **argv)
{
	bool any = false;
	int ch;

	*o = (struct options){ .words = 40, .images = 6, .verbose = 2, .seed = 1 };
	while ((ch = getopt(argc, argv, "n:k:v:s:i:a")) != -1) {
		if (ch == 'n')
			o->words = (u32)atoi(optarg);
		else if (ch == 'k')
			o->images = (u32)atoi(optarg);
		else if (ch == 'v')
			o->verbose = (u32)atoi(optarg);
		else if (ch == 's')
			o->seed = strtoull(optarg, NULL, 0);
		else if (ch == 'i' && o->n_only < ARRAY_SIZE(o->only))
			o->only[o->n_only++] = optarg;
		else if (ch == 'a')
			o->all = true;
		else
			exit(2);
	}
	for (int i = optind; i < argc; i++)
		for (u32 f = 0; f < N_FAMILIES; f++)
			if (!strcmp(argv[i], family_names[f]))
				o->family[f] = any = true;
	/* test_float.c and test_dfp.c run these two: they know what is undefined there */
	for (u32 f = 0; f < N_FAMILIES && !any; f++)
		o->family[f] = f != F_float && f != F_dfp;
}

static u64 no_time(struct cpu *c)
{
	(void)c;
	return 0;
}

static bool setup(struct run *r)
{
	static const struct cpu_ops ops = { .timebase = no_time };
	struct hypar_err e;

	r->c = calloc(1, sizeof(*r->c));
	r->mem = gmem_new();
	r->decoder[0] = decoder_new(V30);
	r->decoder[1] = decoder_new(V31);
	if (!r->c || !r->mem || !r->decoder[0] || !r->decoder[1] ||
	    gmem_add_ram(r->mem, gpa_of(MEM_AT), 65536, &e))
		return false;
	r->c->mem = r->mem;
	r->c->decoder = r->decoder[1];
	r->c->ops = &ops;
	r->c->radix = true;
	if (!cpu_init(r->c))
		return false;
	cpu_reset(r->c, 0x00800200);
	r->c->spr.dexcr = ~0ULL;
	r->c->spr.fscr = ~0ULL;
	return true;
}

static void teardown(struct run *r)
{
	cpu_fini(r->c);
	free(r->c);
	gmem_free(r->mem);
	decoder_free(r->decoder[0]);
	decoder_free(r->decoder[1]);
	free(r);
}

int main(int argc, char **argv)
{
	const char *program = getenv("VECTORS_GUEST"), *allow = getenv("VECTORS_ALLOW");
	struct run *r = calloc(1, sizeof(*r));
	int failed;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!r || !program)
		return 2;
	parse(&r->opt, argc, argv);
	if (allow && !r->opt.all)
		read_allowed(r, allow);
	if (!setup(r))
		return 2;
	if (run_level(r, program, V30))
		run_level(r, program, V31);
	for (u32 f = 0; f < N_FAMILIES; f++)
		if (r->n_vectors[f])
			printf("%s: %" PRIu64 " vectors\n", family_names[f], r->n_vectors[f]);
	if (r->n_missing)
		printf("%u rows have no function yet\n", r->n_missing);
	printf("%u passed, %u failed\n", r->n_pass, r->n_fail);
	failed = r->n_fail != 0;
	teardown(r);
	return failed;
}
