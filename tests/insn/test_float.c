/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalar binary floating point, run by the interpreter's functions and by
 * qemu-ppc64le over random and corner operands, rounding modes and contents of
 * FPSCR; targets, CR and FPSCR must agree. Where QEMU is not exact,
 * expected_difference() says how. FR, which QEMU does not have, is covered by
 * tests/unit/cpu/test_softfp*. Without the cross compiler or qemu-user the test
 * is skipped. FLOAT_SEED and FLOAT_VECTORS change the seed and the count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../unit/cpu/softfp_gen.h"
#include "base/compiler.h"
#include "cpu/interp/fpscr.h"
#include "cpu/interp/interp.h"
#include "isa/operand.h"

/* Loads f2..f7 and v4, runs one word, stores f6, f7, v6, FPSCR and CR. */
#define GUEST_SOURCE "tests/insn/dfp_guest.c"
#define GUEST_CFLAGS "-O2 -static -mcpu=power9"
#define QEMU "qemu-ppc64le-static -cpu power10"

struct request {
	u64 fpscr;
	u64 f[6]; /* f2 = FRA, f3 = FRC, f4 = FRB */
	u64 v[2];
	u32 insn, pad;
};

struct reply {
	u64 f[2];
	u64 v[2];
	u64 fpscr, cr;
};

/* What the operands are. */
enum source { S_DOUBLE, S_SINGLE, S_INT };

static const struct subject {
	enum insn_id id;
	insn_fn *fn;
	enum source source;
} subjects[] = {
#define X(name, source)                           \
	{                                         \
		INSN_##name, i_##name, S_##source \
	}
#define XS(name) X(name, DOUBLE), X(name##s, SINGLE)
	XS(fadd),
	XS(fsub),
	XS(fmul),
	XS(fdiv),
	XS(fsqrt),
	XS(fmadd),
	XS(fmsub),
	XS(fnmadd),
	XS(fnmsub),
	XS(fre),
	XS(frsqrte),
	X(ftdiv, DOUBLE),
	X(ftsqrt, DOUBLE),
	/* every double, and one that is near a single */
	X(frsp, DOUBLE),
	X(frsp, SINGLE),
	X(frin, DOUBLE),
	X(friz, DOUBLE),
	X(frip, DOUBLE),
	X(frim, DOUBLE),
	X(fctid, DOUBLE),
	X(fctidz, DOUBLE),
	X(fctidu, DOUBLE),
	X(fctiduz, DOUBLE),
	X(fctiw, DOUBLE),
	X(fctiwz, DOUBLE),
	X(fctiwu, DOUBLE),
	X(fctiwuz, DOUBLE),
	X(fcfid, INT),
	X(fcfidu, INT),
	X(fcfids, INT),
	X(fcfidus, INT),
	X(fcmpu, DOUBLE),
	X(fcmpo, DOUBLE),
	X(fsel, DOUBLE),
	X(fmr, DOUBLE),
	X(fneg, DOUBLE),
	X(fabs, DOUBLE),
	X(fnabs, DOUBLE),
	X(fcpsgn, DOUBLE),
	X(fmrgew, DOUBLE),
	X(fmrgow, DOUBLE),
	X(mffs, DOUBLE),
	X(mffsce, DOUBLE),
	X(mffscdrn, INT),
	X(mffscdrni, INT),
	X(mffscrn, INT),
	X(mffscrni, INT),
	X(mffsl, INT),
	X(mcrfs, INT),
	X(mtfsf, INT),
	X(mtfsfi, INT),
	X(mtfsb0, INT),
	X(mtfsb1, INT),
};

/* ---- requests ---- */

/* Register numbers as the guest has them, anything elsewhere. */
static u32 rnd_word(struct gen *g, enum insn_id id)
{
	const struct insn_info *row = &isa_insns[id];
	u32 w = row->match | ((u32)gen_u64(g) & ~row->mask);

	for (int i = 0; i < INSN_OPERANDS_MAX && row->ops[i]; i++) {
		u32 n, at = isa_operands[row->ops[i]].shift;

		switch (row->ops[i]) {
		case OPERAND_FRT:
			n = 6;
			break;
		case OPERAND_FRA:
			n = 2;
			break;
		case OPERAND_FRB:
			n = 4;
			break;
		case OPERAND_FRC:
			n = 3;
			break;
		default:
			continue;
		}
		w = (w & ~(31u << at)) | n << at;
	}
	return w;
}

static u64 rnd_operand(struct gen *g, enum source s)
{
	switch (s) {
	case S_INT:
		return (u64)((s64)gen_u64(g) >> gen_below(g, 64));
	case S_SINGLE:
		return fp32_load_as_fp64(gen32(g));
	case S_DOUBLE:
		/* now and then a double near 2^31, 2^63, or a multiple of 1/2 */
		if (gen_below(g, 4) == 0)
			return (gen64(g) & ~(0x7ffULL << 52)) | (1020 + gen_below(g, 70)) << 52;
		return gen64(g);
	}
	return 0;
}

/* What mtfsf can make. Sets most combinations of flags, few enables. */
static u64 rnd_fpscr(struct gen *g)
{
	u64 v = gen_below(g, 8) << 32 | gen_below(g, 4);

	if (gen_below(g, 2))
		v |= gen_u64(g) & 0x9ffff700ULL;
	if (gen_below(g, 8) == 0)
		v |= gen_u64(g) & FPSCR_ENABLES;
	return v;
}

static struct request rnd_request(struct gen *g, const struct subject *s, u32 insn)
{
	struct request q = { .insn = insn, .fpscr = rnd_fpscr(g) };

	for (int i = 0; i < 6; i++)
		q.f[i] = rnd_operand(g, s->source);
	if (gen_below(g, 4) == 0)
		q.f[2] = q.f[0] + gen_below(g, 3) - 1;
	return q;
}

/* ---- the two executions ---- */

static struct reply run_here(const struct subject *s, const struct request *q)
{
	static struct cpu c;

	memset(&c, 0, sizeof(c));
	c.ea_mask = ~0ULL;
	c.fpscr = fpscr_summary(q->fpscr & FPSCR_WRITABLE);
	for (int i = 0; i < 6; i++)
		c.vsr[2 + i].d[1] = q->f[i];
	s->fn(&c, q->insn, 0);
	return (struct reply){ { c.vsr[6].d[1], c.vsr[7].d[1] },
			       { c.vsr[38].d[1], c.vsr[38].d[0] },
			       c.fpscr,
			       cr_get(&c) };
}

static char dir[] = "/tmp/hypar-float-XXXXXX";

static bool run_qemu(const struct request *q, struct reply *r, size_t n)
{
	char cmd[512], path[64];
	size_t got = 0;
	FILE *f;

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

/* ---- comparison ---- */

static bool is_one_of(const struct subject *s, const char *list)
{
	const char *name = isa_insns[s->id].mnemonic, *at = strstr(list, name);

	return at && (at == list || at[-1] == ' ') &&
	       (at[strlen(name)] == ' ' || !at[strlen(name)]);
}

#define SINGLES                                                 \
	"fadds fsubs fmuls fdivs fsqrts fmadds fmsubs fnmadds " \
	"fnmsubs fres frsqrtes frsp"
#define NEGATED_FMAS "fnmadd fnmadds fnmsub fnmsubs"
#define FMAS "fmadd fmadds fmsub fmsubs " NEGATED_FMAS

/*
 * Bits of FPSCR that may differ: what the ISA leaves undefined, and what QEMU
 * 7.2 does not do as the ISA says.
 */
static u64 unclear_bits(const struct subject *s, const struct request *q, const struct reply *mine)
{
	u64 r = mine->f[0];

	/* QEMU has no FR. */
	u64 bits = FPSCR_FR;

	/* undefined: FPRF of a conversion; FI and XX of an estimate */
	if (is_one_of(s, "fctid fctidz fctidu fctiduz fctiw fctiwz fctiwu fctiwuz"))
		bits |= FPSCR_FPRF;
	if (is_one_of(s, "fre fres frsqrte frsqrtes"))
		bits |= FPSCR_FI | FP_XX | FPSCR_FX;
	if (is_one_of(s, "fre fres") && !(q->f[2] << 1))
		bits |= FPSCR_FPRF;
	/* QEMU leaves FPRF as it is. */
	if (is_one_of(s, "fcfidu fcfids fcfidus"))
		bits |= FPSCR_FPRF;
	/* QEMU sets C with VXVC; only FPCC is set [ISA 3.1B I 4.6.8]. */
	if (is_one_of(s, "fcmpo") && mine->fpscr & FP_VXVC)
		bits |= 0x10000;
	/* QEMU's comparisons clear FI. */
	if (is_one_of(s, "fcmpu fcmpo"))
		bits |= FPSCR_FI;
	/* QEMU classifies a denormal single as a normal double [ISA 3.1B I A.1]. */
	if (is_one_of(s, SINGLES) && (r << 1) && (r >> 52 & 0x7ff) < 897)
		bits |= FPSCR_FPRF;
	/* QEMU's mtfsb1 does not set NI, nor FX with VXSOFT and VXSQRT [ISA 3.1B I 4.2.2]. */
	if (is_one_of(s, "mtfsb1"))
		bits |= FPSCR_FX | FPSCR_NI;
	/* QEMU sets only one of VXIMZ and VXSNAN [ISA 3.1B I 4.4.1]. */
	if (is_one_of(s, FMAS) && mine->fpscr & FP_VXSNAN && mine->fpscr & FP_VXIMZ)
		bits |= FP_VXIMZ | FP_VXSNAN;
	/* A sum of zeros: see swap_rn(). */
	if (is_one_of(s, NEGATED_FMAS) && !(r << 1))
		bits |= FPSCR_FPRF;
	/* QEMU sets FX for an exception that was already recorded. */
	if (mine->fpscr & (FP_OX | FP_UX | FP_ZX | FP_XX | FPSCR_VX_ALL))
		bits |= FPSCR_FX;
	return bits;
}

/* Whether the targets may differ as they do. */
static bool is_result_unclear(const struct subject *s, const struct request *q, u64 mine, u64 qemu)
{
	/* undefined: the left word */
	if (is_one_of(s, "fctiw fctiwz fctiwu fctiwuz"))
		return (u32)mine == (u32)qemu;
	/* QEMU rounds twice. */
	if (is_one_of(s, "frsqrte"))
		return mine - qemu + 2 <= 4;
	if (is_one_of(s, "frsqrtes"))
		return mine - qemu + (1ULL << 29) <= 1ULL << 30;
	/* QEMU's estimate of 1 / 0 is 1/2 [ISA 3.1B I 4.6.6.1]. */
	if (is_one_of(s, "fre fres"))
		return !(q->f[2] << 1);
	return is_one_of(s, NEGATED_FMAS) && !(mine << 1) && !(qemu << 1);
}

static void expected_difference(const struct subject *s, const struct request *q,
				struct reply *mine, const struct reply *qemu)
{
	u64 differ;

	if (is_result_unclear(s, q, mine->f[0], qemu->f[0]))
		mine->f[0] = qemu->f[0];
	if (!(isa_insns[s->id].attr & A_FPSCR))
		return;
	differ = (mine->fpscr ^ qemu->fpscr) & unclear_bits(s, q, mine);
	mine->fpscr ^= differ;
	if (isa_insns[s->id].attr & A_RC && q->insn & 1)
		mine->cr ^= (differ & 0xf0000000) >> 4;
}

/*
 * QEMU rounds the negated sum, where the ISA negates the rounded one: in the
 * modes towards an infinity that is the result of the other one of them.
 */
static u64 swap_rn(const struct subject *s, u64 fpscr)
{
	if (is_one_of(s, NEGATED_FMAS) && fpscr & 2)
		fpscr ^= 1;
	return fpscr;
}

static int compare(const struct subject *s, const struct request *q, const struct reply *qemu)
{
	struct reply mine = run_here(s, q), want = mine;

	/* An enabled exception is a signal there, which does not keep FPSCR. */
	if ((mine.fpscr | qemu->fpscr | fpscr_summary(q->fpscr)) & FPSCR_FEX)
		return 0;
	expected_difference(s, q, &want, qemu);
	if (!memcmp(&want, qemu, sizeof(want)))
		return 0;
	if (getenv("FLOAT_QUIET"))
		return 1;
	printf("%-8s %08x fpscr %010llx a %016llx b %016llx c %016llx\n", isa_insns[s->id].mnemonic,
	       q->insn, (unsigned long long)q->fpscr, (unsigned long long)q->f[0],
	       (unsigned long long)q->f[2], (unsigned long long)q->f[1]);
	for (int i = 0; i < 2; i++) {
		const struct reply *r = i ? qemu : &mine;

		printf("   %s f %016llx fpscr %010llx cr %08llx\n", i ? "qemu" : "here",
		       (unsigned long long)r->f[0], (unsigned long long)r->fpscr,
		       (unsigned long long)r->cr);
	}
	return 1;
}

#define PER_WORD 50

static void test_against_qemu(void **state)
{
	const char *count = getenv("FLOAT_VECTORS"), *seed = getenv("FLOAT_SEED");
	size_t per = (count ? strtoul(count, NULL, 0) : 2000) / PER_WORD * PER_WORD;
	size_t n = per * ARRAY_SIZE(subjects);
	struct gen g = { seed ? strtoull(seed, NULL, 0) : 31 };
	struct request *q = calloc(n, sizeof(*q));
	struct reply *r = calloc(n, sizeof(*r));
	int bad = 0;

	(void)state;
	assert_true(q && r);
	for (size_t i = 0; i < n; i++) {
		const struct subject *s = &subjects[i / per];
		u32 word = i % PER_WORD ? q[i - 1].insn : rnd_word(&g, s->id);

		q[i] = rnd_request(&g, s, word);
	}
	for (size_t i = 0; i < n; i++)
		q[i].fpscr = swap_rn(&subjects[i / per], q[i].fpscr);
	assert_true(run_qemu(q, r, n));
	for (size_t i = 0; i < n; i++) {
		q[i].fpscr = swap_rn(&subjects[i / per], q[i].fpscr);
		r[i].fpscr = swap_rn(&subjects[i / per], r[i].fpscr);
	}
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		int here = 0;

		for (size_t j = i * per; j < (i + 1) * per; j++)
			here += compare(&subjects[i], &q[j], &r[j]);
		if (here)
			printf("%s: %d of %zu differ\n", isa_insns[subjects[i].id].mnemonic, here,
			       per);
		bad += here;
	}
	free(q);
	free(r);
	assert_int_equal(bad, 0);
}

static bool build_guest(void)
{
	char cmd[512];

	if (system("qemu-ppc64le-static --version > /dev/null 2>&1") ||
	    system("powerpc64le-linux-gnu-gcc --version > /dev/null 2>&1"))
		return false;
	snprintf(cmd, sizeof(cmd),
		 "powerpc64le-linux-gnu-gcc " GUEST_CFLAGS " -o %s/guest " GUEST_SOURCE, dir);
	return !system(cmd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_qemu),
	};
	char cmd[128];
	int failed;

	if (access(GUEST_SOURCE, R_OK) || !mkdtemp(dir)) {
		printf("skipped: run from the top of the tree\n");
		return 0;
	}
	failed = 0;
	if (build_guest())
		failed = cmocka_run_group_tests(tests, NULL, NULL);
	else
		printf("skipped: no powerpc64le-linux-gnu-gcc or qemu-ppc64le-static\n");
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	if (system(cmd))
		fprintf(stderr, "could not remove %s\n", dir);
	return failed;
}
