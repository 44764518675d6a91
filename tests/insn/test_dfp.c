/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every DFP instruction, run by the interpreter's functions and by
 * qemu-ppc64le over random and corner operands, rounding modes and FPSCR
 * contents; targets, CR and FPSCR must agree. Where the ISA's text and QEMU
 * differ (docs/decisions), expected_difference() says so and by what rule.
 * Without the cross compiler or qemu-user the test is skipped. The seed is
 * fixed; DFP_SEED and DFP_VECTORS change it and the count per instruction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cpu/interp/interp.h"
#include "cpu/softdfp/softdfp.h"

#define GUEST_SOURCE "tests/insn/dfp_guest.c"
#define GUEST_CFLAGS "-O2 -static -mcpu=power9"
#define QEMU "qemu-ppc64le-static -cpu power10"

struct request {
	u64 fpscr;
	u64 f[6];
	u64 v[2];
	u32 insn, pad;
};

struct reply {
	u64 f[2];
	u64 v[2];
	u64 fpscr, cr;
};

/* What the operand in a register is. */
enum source { S_NONE, S_SHORT, S_LONG, S_EXT, S_INT, S_INT128, S_BCD, S_BCDQ, S_EXP, S_SIGNIF };

struct subject {
	const char *name;
	insn_fn *fn;
	u32 word;
	u32 imm; /* the bits that vary */
	enum source a, b;
};

#define RMC_BITS 0x600u
#define Z22_BITS 0xfc00u
#define RA_BITS 0x1f0000u

#define X(name, word, imm, a, b)                         \
	{                                                \
#name, i_##name, (word), (imm), (a), (b) \
	}
#define LQ_AT(at, name, xo, imm, a, b)                                      \
	X(name, 0xec000000u | (at) | (xo) << 1, imm, S_##a##_L, S_##b##_L), \
		X(name##q, 0xfc000000u | (at) | (xo) << 1, imm, S_##a##_Q, S_##b##_Q)
#define LQ(...) LQ_AT(0x00c00000u, __VA_ARGS__)	   /* FRT = 6 */
#define LQ_BF(...) LQ_AT(0x01800000u, __VA_ARGS__) /* BF = 3 */
#define S_D_L S_LONG
#define S_D_Q S_EXT
#define S_N_L S_NONE
#define S_N_Q S_NONE
#define S_I_L S_INT
#define S_I_Q S_INT
#define S_B_L S_BCD
#define S_B_Q S_BCDQ
#define S_E_L S_EXP
#define S_E_Q S_EXP
#define S_K_L S_SIGNIF
#define S_K_Q S_SIGNIF

static const struct subject subjects[] = {
	LQ(dadd, 2u, 1, D, D),
	LQ(dsub, 514u, 1, D, D),
	LQ(dmul, 34u, 1, D, D),
	LQ(ddiv, 546u, 1, D, D),
	LQ_BF(dcmpo, 130u, 0, D, D),
	LQ_BF(dcmpu, 642u, 0, D, D),
	LQ_BF(dtstex, 162u, 0, D, D),
	LQ_BF(dtstdc, 194u, Z22_BITS, D, N),
	LQ_BF(dtstdg, 226u, Z22_BITS, D, N),
	LQ_BF(dtstsf, 674u, 0, K, D),
	LQ_BF(dtstsfi, 675u, 0x3f0000u, N, D),
	LQ(dqua, 3u, RMC_BITS | 1, D, D),
	LQ(dquai, 67u, RMC_BITS | RA_BITS | 1, N, D),
	LQ(drrnd, 35u, RMC_BITS | 1, K, D),
	LQ(drintx, 99u, RMC_BITS | 0x10001u, N, D),
	LQ(drintn, 227u, RMC_BITS | 0x10001u, N, D),
	X(dctdp, 0xecc00204u, 1, S_NONE, S_SHORT),
	X(dctqpq, 0xfcc00204u, 1, S_NONE, S_LONG),
	X(drsp, 0xecc00604u, 1, S_NONE, S_LONG),
	X(drdpq, 0xfcc00604u, 1, S_NONE, S_EXT),
	LQ(dcffix, 802u, 1, N, I),
	LQ(dctfix, 290u, 1, N, D),
	X(dcffixqq, 0xfcc007c4u, 0, S_NONE, S_INT128),
	X(dctfixqq, 0xfcc107c4u, 0, S_NONE, S_EXT),
	LQ(ddedpd, 322u, 0x180001u, N, D),
	LQ(denbcd, 834u, 0x100001u, N, B),
	LQ(dxex, 354u, 1, N, D),
	LQ(diex, 866u, 1, E, D),
	LQ(dscli, 66u, Z22_BITS | 1, D, N),
	LQ(dscri, 98u, Z22_BITS | 1, D, N),
};

/* ---- operands ---- */

static u64 seed;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x9e3779b97f4a7c15ULL;
}

static u32 below(u32 n)
{
	return (u32)((rnd() >> 33) % n);
}

static u128 p10(int n)
{
	u128 v = 1;

	while (n--)
		v *= 10;
	return v;
}

/* Random digits, often with runs of 0, 9 or one 5 where rounding looks. */
static u128 rnd_coef(int prec)
{
	int n = (int)below((u32)prec + 1), keep;
	u128 v = 0;

	if (below(3) == 0)
		n = prec;
	for (int i = 0; i < n; i++)
		v = v * 10 + below(10);
	keep = n ? (int)below((u32)n) : 0;
	switch (below(6)) {
	case 0:
		return v - v % p10(keep);
	case 1:
		return v - v % p10(keep) + p10(keep) - 1;
	case 2:
		return keep ? v - v % p10(keep) + 5 * p10(keep - 1) : v;
	default:
		return v;
	}
}

static s32 rnd_exp(const struct dfp_fmt *f)
{
	s32 max = f->max_bexp - f->bias;

	switch (below(6)) {
	case 0:
		return max - (s32)below(2 * (u32)f->prec);
	case 1:
		return -f->bias + (s32)below(2 * (u32)f->prec);
	case 2:
		return (s32)below((u32)f->max_bexp + 1) - f->bias;
	case 3:
		return max / 2 - (s32)below(3 * (u32)f->prec);
	default:
		return 8 - (s32)below((u32)f->prec + 8);
	}
}

static u128 rnd_dfp(const struct dfp_fmt *f)
{
	struct dfp_num n = { .cls = DFP_FINITE, .sign = rnd() & 1 };
	u128 raw = (u128)rnd() << 64 | rnd();

	if (f->width < 128)
		raw &= ((u128)1 << f->width) - 1;
	switch (below(16)) {
	case 0:
		return raw;
	case 1: /* a special symbol, its low bits anything or nothing */
		if (below(2))
			raw = 0;
		return raw | (u128)(0x3c + below(4)) << (f->width - 7);
	case 2:
		n.coef = p10(f->prec) - 1;
		break;
	case 3:
		n.coef = p10((int)below((u32)f->prec));
		break;
	case 4:
		n.coef = 0;
		break;
	default:
		n.coef = rnd_coef(f->prec);
		break;
	}
	n.exp = rnd_exp(f);
	return dfp_pack(f, &n);
}

/* @a's neighbour: an exponent not far off, perhaps the same digits. */
static u128 rnd_near(const struct dfp_fmt *f, u128 a)
{
	struct dfp_num n = dfp_unpack(f, a);
	s32 max = f->max_bexp - f->bias;

	if (n.cls != DFP_FINITE || below(3) == 0)
		return rnd_dfp(f);
	n.exp += (s32)below(2 * (u32)f->prec + 6) - f->prec - 3;
	if (below(4) == 0)
		n.exp += f->prec;
	n.exp = n.exp > max ? max : n.exp < -f->bias ? -f->bias : n.exp;
	n.sign = rnd() & 1;
	if (below(3))
		n.coef = rnd_coef(f->prec);
	return dfp_pack(f, &n);
}

static u128 rnd_bcd(int digits)
{
	u128 v = 0;

	for (int i = 1; i < digits; i++)
		v = v << 4 | below(10);
	v = v << 4 | below(16);
	if (below(8) == 0)
		v ^= (u128)(8 + below(8)) << below(4 * (u32)digits - 4);
	return v;
}

static u128 rnd_operand(enum source s, u128 other)
{
	static const s16 exps[] = { -4, -3, -2, -1, 0, 1, 767, 768, 12287, 12288 };

	switch (s) {
	case S_SHORT:
		return rnd() << 32 | (u64)rnd_dfp(&dfp_short);
	case S_LONG:
		return other ? rnd_near(&dfp_long, other) : rnd_dfp(&dfp_long);
	case S_EXT:
		return other ? rnd_near(&dfp_ext, other) : rnd_dfp(&dfp_ext);
	case S_INT:
		return (u64)((s64)rnd() >> below(64));
	case S_INT128:
		return (u128)((s128)((u128)rnd() << 64 | rnd()) >> below(128));
	case S_BCD:
		return rnd_bcd(16);
	case S_BCDQ:
		return rnd_bcd(32);
	case S_EXP:
		if (below(8) == 0)
			return rnd();
		return (u64)(below(2) ? exps[below(ARRAY_SIZE(exps))] : (s64)below(12400));
	case S_SIGNIF:
		return below(4) ? below(40) : rnd();
	case S_NONE:
		break;
	}
	return 0;
}

#define ENABLES 0xf8ULL
#define VX_DETAIL 0x01f80700ULL
#define VX_SUM 0x20000000ULL
#define FEX 0x40000000ULL
#define FX 0x80000000ULL
#define FR 0x00040000ULL
#define FI 0x00020000ULL
#define FPRF 0x0001f000ULL

/* A content of FPSCR that mtfsf can make. */
static u64 rnd_fpscr(void)
{
	u64 v = (u64)below(8) << 32 | below(4);

	if (below(2))
		v |= rnd() & (0x9e000000 | VX_DETAIL | 0x7f000);
	if (below(8) == 0)
		v |= rnd() & ENABLES;
	return v;
}

static bool is_wide(enum source s)
{
	return s == S_EXT || s == S_BCDQ;
}

static void put_operand(u64 *f, enum source s, u128 v)
{
	f[0] = is_wide(s) ? (u64)(v >> 64) : (u64)v;
	f[1] = is_wide(s) ? (u64)v : rnd();
}

static struct request rnd_request(const struct subject *s, u32 insn)
{
	struct request q = { .insn = insn, .fpscr = rnd_fpscr() };
	u128 a = rnd_operand(s->a, 0);
	u128 b = rnd_operand(s->b, s->a == s->b ? a : 0);

	if (s->a == s->b && below(2)) {
		u128 t = a;

		a = b;
		b = t;
	}
	put_operand(&q.f[0], s->a, a);
	put_operand(&q.f[2], s->b, b);
	q.f[4] = rnd();
	q.f[5] = rnd();
	if (s->b == S_INT128) {
		q.v[0] = (u64)(b >> 64);
		q.v[1] = (u64)b;
	}
	return q;
}

/* ---- the two executions ---- */

static struct reply run_here(const struct subject *s, const struct request *q)
{
	static struct cpu c;
	struct reply r;

	c.msr = 0;
	c.ea_mask = ~0ULL;
	c.fpscr = q->fpscr;
	c.fpscr |= q->fpscr & VX_DETAIL ? VX_SUM : 0;
	/* OX UX ZX XX are followed by nothing between them, as are their enables. */
	if (((q->fpscr >> 22) & q->fpscr & 0x78) || ((q->fpscr & VX_DETAIL) && (q->fpscr & 0x80)))
		c.fpscr |= FEX;
	memset(c.crb, 0, sizeof(c.crb));
	for (int i = 0; i < 6; i++)
		c.vsr[2 + i].d[1] = q->f[i];
	c.vsr[36].d[1] = q->v[0];
	c.vsr[36].d[0] = q->v[1];
	c.vsr[38].q = 0;
	s->fn(&c, q->insn, 0);
	r = (struct reply){ { c.vsr[6].d[1], c.vsr[7].d[1] },
			    { c.vsr[38].d[1], c.vsr[38].d[0] },
			    c.fpscr,
			    cr_get(&c) };
	return r;
}

static char dir[] = "/tmp/hypar-dfp-XXXXXX";

static bool run_qemu(const struct request *q, struct reply *r, size_t n)
{
	char cmd[512], path[64];
	FILE *f;
	size_t got = 0;

	snprintf(path, sizeof(path), "%s/in", dir);
	f = fopen(path, "wb");
	if (!f)
		return false;
	got = fwrite(q, sizeof(*q), n, f);
	if (fclose(f) || got != n)
		return false;
	snprintf(cmd, sizeof(cmd), QEMU " %s/guest < %s/in > %s/out", dir, dir, dir);
	if (system(cmd))
		return false;
	snprintf(path, sizeof(path), "%s/out", dir);
	f = fopen(path, "rb");
	if (!f)
		return false;
	got = fread(r, sizeof(*r), n, f);
	fclose(f);
	return got == n;
}

static void clean_up(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd))
		fprintf(stderr, "could not remove %s\n", dir);
}

/* ---- comparison ---- */

static bool is(const struct subject *s, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(s->name, name, n) && (!s->name[n] || s->name[n] == 'q');
}

static u128 pair(const u64 *f)
{
	return (u128)f[0] << 64 | f[1];
}

/*
 * QEMU sets FX again for a bit that was already set, FEX for some exceptions
 * that are not enabled, and never clears FR or FI.
 */
static void differ_status(const struct request *q, bool rc, struct reply *mine,
			  const struct reply *qemu)
{
	u64 accept = 0;

	if (mine->fpscr & (0x1e000000 | VX_DETAIL))
		accept |= FX;
	if (!(q->fpscr & 0x80) && (mine->fpscr & VX_DETAIL))
		accept |= FEX;
	accept &= qemu->fpscr;
	mine->fpscr |= accept;
	if (rc)
		mine->cr |= accept >> 4;
	mine->fpscr = (mine->fpscr & ~FR) | (qemu->fpscr & FR);
	if (!(mine->fpscr & FI))
		mine->fpscr |= qemu->fpscr & FI;
}

/* The special symbol in @f with canonical declets and reserved bits. */
static void canonicalize(bool is_quad, u64 *f)
{
	const struct dfp_fmt *fmt = is_quad ? &dfp_ext : &dfp_long;
	struct dfp_num n = dfp_unpack(fmt, is_quad ? pair(f) : f[0]);
	u128 r = dfp_pack(fmt, &n);

	if (is_quad)
		f[1] = (u64)r;
	f[0] = (u64)(is_quad ? r >> 64 : r);
}

/*
 * dscli, dscri, diex, ddedpd: QEMU passes noncanonical declets and reserved
 * bits of special symbols through and takes the digits of infinities for zeros.
 */
static void differ_digits(u64 source, bool is_quad, struct reply *mine, const struct reply *qemu)
{
	u64 f[2];

	memcpy(f, qemu->f, sizeof(f));
	canonicalize(is_quad, f);
	if ((source & 0x7c00000000000000) == 0x7800000000000000 ||
	    !memcmp(f, mine->f, is_quad ? 16 : 8))
		memcpy(mine->f, qemu->f, sizeof(f));
}

static void differ_convert(const struct subject *s, const struct request *q, struct reply *mine,
			   const struct reply *qemu)
{
	bool is_short = s->fn == i_drsp;
	const struct dfp_fmt *from = is_short ? &dfp_long : &dfp_ext;
	struct dfp_num n = dfp_unpack(from, is_short ? q->f[2] : pair(&q->f[2]));

	/* A NaN with more digits than fit: all lost in QEMU, and an SNaN is not noticed. */
	if ((n.cls == DFP_QNAN || n.cls == DFP_SNAN) &&
	    dfp_n_digits(n.coef) > (is_short ? 6 : 15)) {
		*mine = *qemu;
		return;
	}
	/* The even register of the pair has the result. */
	if (!is_short) {
		mine->f[1] = mine->f[0];
		mine->f[0] = 0;
	}
}

/* A digit a is none; QEMU takes it for ten, and leaves FPRF for others. */
static void differ_encode(struct reply *mine, const struct reply *qemu)
{
	if ((mine->f[0] & 0x7c00000000000000) != 0x7c00000000000000)
		return;
	if ((qemu->f[0] & 0x7c00000000000000) != 0x7c00000000000000)
		*mine = *qemu;
	else
		mine->fpscr = (mine->fpscr & ~FPRF) | (qemu->fpscr & FPRF);
}

/* A number of 39 digits, too large for the target, may wrap round in QEMU. */
static void differ_to_int128(const struct request *q, struct reply *mine, const struct reply *qemu)
{
	struct dfp_num n = dfp_unpack(&dfp_ext, pair(&q->f[2]));

	if (n.cls == DFP_FINITE && n.exp + dfp_n_digits(n.coef) == 39 && (mine->fpscr & DFP_VXCVI))
		*mine = *qemu;
}

/* What of @mine is not as QEMU has it; the reasons are in docs/decisions. */
static void expected_difference(const struct subject *s, const struct request *q,
				struct reply *mine, const struct reply *qemu)
{
	bool is_quad = s->word >> 26 == 63;

	differ_status(q, (s->imm & 1) && (q->insn & 1), mine, qemu);
	if (s->fn == i_drsp || s->fn == i_drdpq)
		differ_convert(s, q, mine, qemu);
	else if (is(s, "dscli") || is(s, "dscri"))
		differ_digits(q->f[0], is_quad, mine, qemu);
	else if (is(s, "diex") || is(s, "ddedpd"))
		differ_digits(q->f[2], is_quad, mine, qemu);
	else if (is(s, "denbcd"))
		differ_encode(mine, qemu);
	else if (is(s, "drrnd") && (mine->fpscr & DFP_VXCVI) && mine->f[0] == 0x7c00000000000000)
		mine->f[0] |= qemu->f[0] & 0x8000000000000000; /* a default NaN with FRB's sign */
	else if (s->fn == i_dctfixqq)
		differ_to_int128(q, mine, qemu);
}

static int compare(const struct subject *s, const struct request *q, const struct reply *qemu)
{
	struct reply mine = run_here(s, q), want = mine;

	/* An enabled exception is a signal there, which does not keep FPSCR. */
	if (mine.fpscr & FEX)
		return 0;
	expected_difference(s, q, &want, qemu);
	if (!memcmp(&want, qemu, sizeof(want)))
		return 0;
	if (getenv("DFP_QUIET"))
		return 1;
	printf("%-8s %08x fpscr %010llx a %016llx %016llx b %016llx %016llx\n", s->name, q->insn,
	       (unsigned long long)q->fpscr, (unsigned long long)q->f[0],
	       (unsigned long long)q->f[1], (unsigned long long)q->f[2],
	       (unsigned long long)q->f[3]);
	for (int i = 0; i < 2; i++) {
		const struct reply *r = i ? qemu : &mine;

		printf("   %s f %016llx %016llx v %016llx %016llx fpscr %010llx cr %08llx\n",
		       i ? "qemu" : "here", (unsigned long long)r->f[0],
		       (unsigned long long)r->f[1], (unsigned long long)r->v[0],
		       (unsigned long long)r->v[1], (unsigned long long)r->fpscr,
		       (unsigned long long)r->cr);
	}
	return 1;
}

static bool build_guest(void)
{
	char cmd[512];

	if (access(GUEST_SOURCE, R_OK) ||
	    system("qemu-ppc64le-static --version > /dev/null 2>&1") ||
	    system("powerpc64le-linux-gnu-gcc --version > /dev/null 2>&1"))
		return false;
	snprintf(cmd, sizeof(cmd),
		 "powerpc64le-linux-gnu-gcc " GUEST_CFLAGS " -o %s/guest " GUEST_SOURCE, dir);
	return !system(cmd);
}

#define PER_WORD 50

static void test_against_qemu(void **state)
{
	const char *count = getenv("DFP_VECTORS");
	size_t per = (count ? strtoul(count, NULL, 0) : 2000) / PER_WORD * PER_WORD;
	size_t n = per * ARRAY_SIZE(subjects);
	struct request *q = calloc(n, sizeof(*q));
	struct reply *r = calloc(n, sizeof(*r));
	int bad = 0;

	(void)state;
	assert_true(q && r);
	if (!build_guest()) {
		free(q);
		free(r);
		skip(); /* no cross compiler, no qemu-user, or not the top folder */
	}
	for (size_t i = 0; i < n; i++) {
		const struct subject *s = &subjects[i / per];
		u32 vary = (u32)(rnd() >> 16) & s->imm;

		if (i % PER_WORD)
			vary = q[i - 1].insn & s->imm;
		q[i] = rnd_request(s,
				   s->word | vary | (s->a ? 2u << 16 : 0) | (s->b ? 4u << 11 : 0));
	}
	assert_true(run_qemu(q, r, n));
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		int here = 0;

		for (size_t j = i * per; j < (i + 1) * per; j++)
			here += compare(&subjects[i], &q[j], &r[j]);
		if (here)
			printf("%s: %d of %zu differ\n", subjects[i].name, here, per);
		bad += here;
	}
	free(q);
	free(r);
	assert_int_equal(bad, 0);
}

/* ---- what QEMU's user mode does not show ---- */

#define FRT6 0x00c00000u
#define INSN_DADD 0xec022000u  /* dadd 0,2,4 */
#define INSN_DADDQ 0xfc022004u /* daddq 0,2,4 */

static struct cpu *scratch(u64 msr, u64 fpscr)
{
	static struct tlb_l1 l1[TLB_N_CTX];
	static struct cpu c;

	memset(&c, 0, sizeof(c));
	c.tlb.l1 = l1;
	c.msr = msr;
	c.ea_mask = ~0ULL;
	c.fpscr = fpscr;
	c.fetch_page = ~0ULL;
	return &c;
}

/* Odd numbers do not name a pair; nothing happens but the interrupt. */
static void test_odd_pairs(void **state)
{
	static const struct {
		insn_fn *fn;
		u32 insn;
	} cases[] = {
		{ i_daddq, INSN_DADDQ | FRT6 | 1u << 21 },
		{ i_daddq, INSN_DADDQ | FRT6 | 1u << 16 },
		{ i_daddq, INSN_DADDQ | FRT6 | 1u << 11 },
		{ i_dctqpq, 0xfce02204u },
		{ i_drdpq, 0xfce02604u },
		{ i_drdpq, 0xfcc02e04u },
		{ i_dctfixq, 0xfcc02a44u },
		{ i_dxexq, 0xfcc02ac4u },
		{ i_dtstdcq, 0xfd830184u },
		{ i_dtstsfq, 0xfd822d44u },
		{ i_dcffixqq, 0xfce027c4u },
		{ i_dctfixqq, 0xfcc12fc4u },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cpu *c = scratch(0, 0);

		cases[i].fn(c, cases[i].insn, 0x1000);
		assert_int_equal(c->n_illegal, 1);
		assert_int_equal(c->illegal[0].insn, cases[i].insn);
		assert_int_equal(c->spr.srr0, 0x1000);
		assert_int_equal(c->fpscr, 0);
	}
	/* Of these operands one is a single register and may be odd. */
	assert_int_equal(i_dctqpq(scratch(0, 0), 0xfcc02a04u, 0x1000), 0x1004);
	assert_int_equal(i_drrndq(scratch(0, 0), 0xfcc32046u, 0x1000), 0x1004);
	assert_int_equal(i_diexq(scratch(0, 0), 0xfcc326c4u, 0x1000), 0x1004);
}

/* infinity - infinity with and without VE; MSR[FE0] turns it into an interrupt. */
static void test_enabled_invalid(void **state)
{
	const u32 insn = INSN_DADD | FRT6 | 5;
	struct cpu *c;

	(void)state;
	for (u64 ve = 0; ve <= 0x80; ve += 0x80) {
		c = scratch(0, ve | DFP_FR | DFP_FI | 0x4000);
		c->vsr[2].d[1] = 0x7800000000000000;
		c->vsr[4].d[1] = 0xf800000000000000;
		c->vsr[6].d[1] = 42;
		assert_int_equal(i_dadd(c, insn, 0x1000), 0x1004);
		assert_int_equal(c->vsr[6].d[1], ve ? 42 : 0x7c00000000000000);
		assert_int_equal(c->fpscr, ve ? 0xe0804080 : 0xa0811000);
		assert_int_equal(cr_field(c, 1), ve ? 0xe : 0xa);
	}
	c = scratch(MSR_FE0, 0x80);
	c->vsr[2].d[1] = 0x7800000000000000;
	c->vsr[4].d[1] = 0xf800000000000000;
	assert_int_not_equal(i_dadd(c, insn, 0x1000), 0x1004);
	assert_int_equal(c->spr.srr0, 0x1000);
	assert_true(c->spr.srr1 & SRR1_FP);
}

/* FX only follows a bit that was not set yet. */
static void test_fx(void **state)
{
	struct cpu *c = scratch(0, DFP_XX);

	(void)state;
	c->vsr[2].d[1] = 0x2238000000000001;
	c->vsr[4].d[1] = 0x2230000000000003;
	i_ddiv(c, 0xecc22444u, 0);
	assert_int_equal(c->fpscr, DFP_XX | DFP_FI | 0x4000);
	c = scratch(0, 0);
	c->vsr[2].d[1] = 0x2238000000000001;
	c->vsr[4].d[1] = 0x2230000000000003;
	i_ddiv(c, 0xecc22444u, 0);
	assert_int_equal(c->fpscr, FX | DFP_XX | DFP_FI | 0x4000);
}

/* Ordered comparison with NaNs: VXVC joins VXSNAN only when VE is off. */
static void test_ordered(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		u64 ve = i & 1 ? 0x80 : 0;
		struct cpu *c = scratch(0, ve);
		u64 vx = i < 2 ? (ve ? DFP_VXSNAN : DFP_VXSNAN | DFP_VXVC) : DFP_VXVC;

		c->vsr[2].d[1] = i < 2 ? 0x7e00000000000000 : 0x7c00000000000000;
		i_dcmpo(c, 0xed822104u, 0);
		assert_int_equal(c->fpscr, FX | VX_SUM | vx | ve | (ve ? FEX : 0) | 0x1000);
		assert_int_equal(cr_field(c, 3), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_odd_pairs),    cmocka_unit_test(test_enabled_invalid),
		cmocka_unit_test(test_fx),	     cmocka_unit_test(test_ordered),
		cmocka_unit_test(test_against_qemu),
	};
	const char *s = getenv("DFP_SEED");
	int failed;

	seed = s ? strtoull(s, NULL, 0) : 0x2545f4914f6cdd1dULL;
	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	clean_up();
	return failed;
}
