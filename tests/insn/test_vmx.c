/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every instruction of isa/vmx.def, run by the interpreter's functions and by
 * qemu-ppc64le over random and corner operands and both values of VSCR[NJ];
 * all registers and memory must agree. Results that the ISA leaves undefined
 * are not compared (vectors_vmx.h), nor are QEMU's known faults, which
 * disagreements.txt lists (known_fault()). Without the cross compiler or
 * qemu-user the test is skipped. VMX_VECTORS is the count for each row,
 * VMX_SEED the seed, VMX_CPU the processor.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cpu/interp/interp.h"
#include "vectors.h"
#include "vectors_vmx.h"

#define GUEST_SOURCES "tests/insn/vectors_guest.c tests/insn/vectors_stub.S"
#define PER_WORD 10 /* vectors with the same instruction word */

#define VSCR_BITS 0x10001u

struct subject {
	const char *name;
	enum insn_id id;
	insn_fn *fn;
};

static const struct subject subjects[] = {
#define INSN(id, mnemonic, form, ops, attr, level, spec) { mnemonic, INSN_##id, i_##id },
#include "isa/vmx.def"
#undef INSN
};

/* ---- random operands ---- */

static u64 seed = 0x9e3779b97f4a7c15ULL;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL;
}

static u32 below(u32 n)
{
	return (u32)((rnd() >> 33) % n);
}

static bool one_in(u32 n)
{
	return below(n) == 0;
}

static u128 rnd128(void)
{
	return (u128)rnd() << 64 | rnd();
}

static u32 rnd_float(void)
{
	static const u32 corners[] = {
		0,	    0x80000000, 1,	    0x80000001, 0x7fffff,   0x807fffff, 0x800000,
		0x3f800000, 0xbf800000, 0x3f000000, 0xbf000000, 0x3fc00000, 0x40200000, 0xc0200000,
		0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f812345,
		0xff800001, 0x4b000000, 0x4affffff, 0x4f000000, 0xcf000000, 0x4f800000, 0x4effffff,
		0xcf000001, 0x4f7fffff, 0x00ffffff, 0x34000000,
	};

	switch (below(4)) {
	case 0:
		return corners[below(ARRAY_SIZE(corners))];
	case 1:
		return (u32)rnd();
	case 2: /* near each other */
		return ((u32)rnd() & 0x807fffff) | (110 + below(40)) << 23;
	default:
		return ((u32)rnd() & 0x80000000) | (120 + below(12)) << 23 | below(8) << 20;
	}
}

static u128 rnd_digits(u32 n)
{
	u128 v = 0;

	while (n--)
		v = v << 4 | below(10);
	return v;
}

static u128 rnd_signed(void)
{
	static const u8 signs[] = { 10, 11, 12, 13, 14, 15, 12, 13, 12, 13 };
	u128 v = one_in(3) ? rnd_digits(below(32)) : rnd_digits(31);

	if (one_in(8))
		v = (~(u128)0 / 15 * 9) >> 4;
	else if (one_in(16))
		v = 0;
	v = v << 4 | signs[below(ARRAY_SIZE(signs))];
	return one_in(32) ? v ^ (u128)1 << below(128) : v;
}

static u128 rnd_unsigned(void)
{
	u128 v = rnd_digits(below(33));

	return one_in(32) ? v ^ (u128)1 << below(128) : v;
}

static u128 rnd_zoned(void)
{
	u8 zone = one_in(2) ? 0xf0 : 0x30;
	bool zero = one_in(4);
	union vsr r;

	for (u32 i = 0; i < 16; i++)
		r.b[i] = (u8)(zone | (zero ? 0 : below(10)));
	r.b[0] = (u8)((r.b[0] & 15) | below(16) << 4);
	return one_in(16) ? r.q ^ (u128)1 << below(128) : r.q;
}

static u128 rnd_national(void)
{
	bool zero = one_in(8);
	union vsr r;

	for (u32 i = 0; i < 8; i++)
		r.h[i] = (u16)(0x30 + (zero ? 0 : below(10)));
	r.h[0] = one_in(2) ? 0x2b : 0x2d;
	return one_in(16) ? r.q ^ (u128)1 << below(128) : r.q;
}

/* Counts for the decimal shifts (byte element 7) and truncations (halfword element 3). */
static u128 rnd_count(void)
{
	union vsr r = { .q = rnd() };

	VSR_H(r, 3) = (u16)below(36);
	if (one_in(2))
		VSR_B(r, 7) = (u8)(below(80) - 40);
	if (one_in(16))
		VSR_H(r, 3) = (u16)rnd();
	return r.q;
}

/* Elements of one width, some of them at the limits. */
static u128 rnd_any(void)
{
	static const u64 corners[] = { 0, ~0ULL, 1, 1ULL << 63, ~(1ULL << 63), 2, ~1ULL, 0x80 };
	u32 width = 8u << below(4), often = below(4);
	u128 v = 0;

	if (one_in(5)) {
		v = rnd128() >> below(128);
		return one_in(2) ? -v : v;
	}
	for (u32 at = 0; at < 128; at += width) {
		u64 e = rnd();

		if (below(4) > often) {
			/* the same limit at each width: both ends of the doubleword */
			e = corners[below(ARRAY_SIZE(corners))];
			e = e >> (64 - width) | (e & 0x7f);
		}
		v |= (u128)(width < 64 ? e & ((1ULL << width) - 1) : e) << at;
	}
	return v;
}

static u128 rnd_floats(void)
{
	union vsr r;

	for (u32 i = 0; i < 4; i++)
		r.w[i] = rnd_float();
	return r.q;
}

static bool has(const struct subject *s, const char *part)
{
	return strstr(s->name, part);
}

static bool is(const struct subject *s, const char *name)
{
	return !strcmp(s->name, name);
}

static bool is_float(const struct subject *s)
{
	return has(s, "fp") || has(s, "vrfi") || is(s, "vctuxs") || is(s, "vctsxs");
}

static u128 rnd_a(const struct subject *s)
{
	if (is_float(s) && !one_in(8))
		return rnd_floats();
	if (is(s, "bcds.") || is(s, "bcdsr.") || is(s, "bcdus.") || has(s, "trunc."))
		return rnd_count();
	return has(s, "bcd") && !one_in(16) ? rnd_signed() : rnd_any();
}

static u128 rnd_b(const struct subject *s, u128 a)
{
	if (one_in(16))
		return rnd_any();
	if (is_float(s))
		return rnd_floats();
	if (is(s, "bcdcfz."))
		return rnd_zoned();
	if (is(s, "bcdcfn."))
		return rnd_national();
	if (has(s, "bcdu"))
		return rnd_unsigned();
	if (has(s, "bcd") && !is(s, "bcdcfsq."))
		return rnd_signed();
	if ((has(s, "vcmp") || has(s, "vsub")) && one_in(3))
		return one_in(2) ? a : a ^ (u128)1 << below(128);
	if (has(s, "vstri") && one_in(2))
		return rnd_any() & ~((u128)0xffff << 8 * below(15));
	/* All bytes of the count must be the same. */
	if (is(s, "vsl") || is(s, "vsr"))
		return (rnd128() & ~(~(u128)0 / 255 * 7)) | ~(u128)0 / 255 * below(8);
	return rnd_any();
}

/* ---- vectors ---- */

/* The number in the register field at @shift as a bit; 0 if the opcode is there. */
static u32 field(const struct insn_info *row, u32 insn, u32 shift)
{
	return (~row->mask >> shift & 31) ? 1u << (insn >> shift & 31) : 0;
}

/* r1 and r13 are not the test's. Operands are distinct, mostly. */
static bool usable(const struct insn_info *row, u32 insn)
{
	u32 a = field(row, insn, 16), b = field(row, insn, 11);

	if ((field(row, insn, 21) | a | b | field(row, insn, 6)) & (1u << 1 | 1u << 13))
		return false;
	if (row->attr & (A_LOAD | A_STORE))
		return a != b && !(b & 1); /* both are parts of an address */
	/* QEMU's decimal instructions read VRA and VRB after they wrote VRT. */
	if (row->attr & A_RCALWAYS)
		return !(field(row, insn, 21) & (a | b));
	return a != b || one_in(8);
}

static u32 rnd_insn(const struct subject *s)
{
	const struct insn_info *row = &isa_insns[s->id];
	u32 insn;

	for (int i = 0; i < 1000; i++) {
		insn = row->match | (~row->mask & (u32)rnd());
		if (usable(row, insn))
			return insn;
	}
	return insn;
}

static void rnd_vector(const struct subject *s, u32 insn, struct vector *v)
{
	struct image *im = &v->in;
	u128 a = rnd_a(s);

	memset(v, 0, sizeof(*v));
	v->insn = insn;
	v->id = s->id;
	for (u32 i = 0; i < 32; i++) {
		im->gpr[i] = rnd();
		vmx_put(im, i, rnd128());
	}
	vmx_put(im, f_rc(insn), is_float(s) ? rnd_floats() : rnd_any());
	vmx_put(im, f_ra(insn), a);
	vmx_put(im, f_rb(insn), rnd_b(s, a));
	/* Indexes and counts. */
	if (!one_in(3)) {
		im->gpr[f_ra(insn)] = below(20);
		im->gpr[f_rc(insn)] = below(32);
	}
	if (has(s, "vclr") && !one_in(4))
		im->gpr[f_rb(insn)] = below(20);
	if (isa_insns[s->id].attr & (A_LOAD | A_STORE)) {
		im->gpr[f_ra(insn)] = f_ra(insn) ? below(32) : rnd();
		im->gpr[f_rb(insn)] = MEM_AT + below(MEM_SIZE - 64);
	}
	im->cr = (u32)rnd();
	im->vscr[0] = (u32)rnd() & VSCR_BITS;
	for (u32 i = 0; i < MEM_SIZE; i++)
		im->mem[i] = (u8)rnd();
}

static u8 *memory;

static void run_here(const struct subject *s, const struct vector *v, struct image *out)
{
	static struct tlb_entry entries[TLB_L1_SIZE];
	static struct cpu c;

	for (u32 i = 0; i < TLB_L1_SIZE; i++)
		entries[i] = (struct tlb_entry){ .tag = MEM_AT, .addend = 0 };
	c.rd = c.wr = entries;
	c.ea_mask = ~0ULL;
	c.msr = MSR_LE;
	*out = v->in;
	memcpy(memory, v->in.mem, MEM_SIZE);
	memcpy(c.gpr, v->in.gpr, sizeof(c.gpr));
	memcpy(c.vsr, v->in.vsr, sizeof(c.vsr));
	cr_set(&c, (u32)v->in.cr);
	c.vscr = (u32)v->in.vscr[0];
	s->fn(&c, v->insn, 0x1000);
	memcpy(out->gpr, c.gpr, sizeof(c.gpr));
	memcpy(out->vsr, c.vsr, sizeof(c.vsr));
	memcpy(out->mem, memory, MEM_SIZE);
	out->cr = cr_get(&c);
	out->vscr[0] = c.vscr;
}

/* ---- what is not compared ---- */

/* See disagreements.txt. */
static void known_fault(const struct subject *s, const struct vector *v, struct image *mine,
			struct image *qemu)
{
	qemu->vscr[0] &= VSCR_BITS;
	if (is(s, "vrldmi") || is(s, "vrsqrtefp") || is(s, "vexptefp"))
		vmx_accept_target(v->insn, mine, qemu);
	if (is(s, "bcdus."))
		mine->cr = qemu->cr;
	/* A wrong digit is not always seen. */
	if ((is(s, "bcdadd.") || is(s, "bcdsub.") || is(s, "bcdctz.") || is(s, "bcdctn.")) &&
	    vmx_cr6(mine) == 1)
		mine->cr = qemu->cr;
	/* 0 + 0 with equal signs has that sign, and is greater or less than 0 too. */
	if ((is(s, "bcdadd.") || is(s, "bcdsub.")) && vmx_cr6(mine) == 2 && vmx_cr6(qemu) & 2) {
		mine->cr = qemu->cr;
		vmx_accept_target(v->insn, mine, qemu);
	}
}

/* ---- the other side ---- */

static char dir[] = "/tmp/hypar-vmx-XXXXXX";
static int to_guest = -1, from_guest = -1;
static pid_t guest;

static bool move_all(int fd, void *buf, size_t n, bool out)
{
	char *p = buf;

	while (n) {
		ssize_t k = out ? write(fd, p, n) : read(fd, p, n);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static bool build_guest(void)
{
	char cmd[512];

	if (access("tests/insn/vectors_guest.c", R_OK) || !mkdtemp(dir) ||
	    system("qemu-ppc64le-static --version > /dev/null 2>&1"))
		return false;
	snprintf(cmd, sizeof(cmd),
		 "powerpc64le-linux-gnu-gcc -O2 -static -Itests/insn -o %s/guest " GUEST_SOURCES
		 " 2> /dev/null",
		 dir);
	return !system(cmd);
}

static bool start_guest(void)
{
	const char *model = getenv("VMX_CPU");
	int in[2], out[2];
	struct hello hello;
	char path[64];

	snprintf(path, sizeof(path), "%s/guest", dir);
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return false;
	guest = fork();
	if (guest == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execlp("qemu-ppc64le-static", "qemu-ppc64le-static", "-cpu",
		       model ? model : "power10", path, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	to_guest = in[1];
	from_guest = out[0];
	return guest > 0 && move_all(from_guest, &hello, sizeof(hello), false);
}

static int set_up(void **state)
{
	const char *s = getenv("VMX_SEED");

	(void)state;
	if (s)
		seed = strtoull(s, NULL, 0) | 1;
	memory = mmap((void *)MEM_AT, 65536, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	return memory == (void *)MEM_AT ? 0 : -1;
}

static int tear_down(void **state)
{
	char cmd[128];

	(void)state;
	close(to_guest);
	close(from_guest);
	if (guest > 0)
		waitpid(guest, NULL, 0);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

/* ---- comparison ---- */

static void print_vr(const char *what, const struct image *im, u32 n)
{
	printf("  %s v%-2u %016llx %016llx r%-2u %016llx\n", what, n,
	       (unsigned long long)im->vsr[32 + n][1], (unsigned long long)im->vsr[32 + n][0], n,
	       (unsigned long long)im->gpr[n]);
}

static bool agree(const struct subject *s, const struct vector *v, struct image *qemu)
{
	struct image mine;

	run_here(s, v, &mine);
	undefined_vmx(s->name, v, &mine, qemu);
	known_fault(s, v, &mine, qemu);
	mine.gpr[1] = qemu->gpr[1];
	mine.gpr[13] = qemu->gpr[13];
	mine.ctr = qemu->ctr;
	mine.lr = qemu->lr;
	if (!memcmp(&mine, qemu, sizeof(mine)))
		return true;
	printf("%s %08x vscr %llx trap %llu\n", s->name, v->insn, (unsigned long long)v->in.vscr[0],
	       (unsigned long long)qemu->trap);
	print_vr("A   ", &v->in, f_ra(v->insn));
	print_vr("B   ", &v->in, f_rb(v->insn));
	print_vr("C   ", &v->in, f_rc(v->insn));
	print_vr("T   ", &v->in, f_rt(v->insn));
	print_vr("here", &mine, f_rt(v->insn));
	print_vr("qemu", qemu, f_rt(v->insn));
	printf("  cr %08llx %08llx vscr %llx %llx\n", (unsigned long long)mine.cr,
	       (unsigned long long)qemu->cr, (unsigned long long)mine.vscr[0],
	       (unsigned long long)qemu->vscr[0]);
	return false;
}

static void test_against_qemu(void **state)
{
	const char *count = getenv("VMX_VECTORS"), *model = getenv("VMX_CPU");
	bool power9 = model && !strcmp(model, "power9");
	u32 n = count ? (u32)strtoul(count, NULL, 0) : 200;
	struct vector *v = calloc(n, sizeof(*v));
	struct image *qemu = calloc(n, sizeof(*qemu));
	u32 bad = 0;

	(void)state;
	assert_true(v && qemu);
	if (!build_guest()) {
		free(v);
		free(qemu);
		skip(); /* no cross compiler, no qemu-user, or not the top folder */
	}
	assert_true(start_guest());
	for (size_t k = 0; k < ARRAY_SIZE(subjects); k++) {
		const struct subject *s = &subjects[k];
		u32 insn = 0, here = 0;

		if (power9 && isa_insns[s->id].level == V31)
			continue;
		for (u32 i = 0; i < n; i++) {
			if (i % PER_WORD == 0)
				insn = rnd_insn(s);
			rnd_vector(s, insn, &v[i]);
		}
		assert_true(move_all(to_guest, &n, sizeof(n), true));
		assert_true(move_all(to_guest, v, n * sizeof(*v), true));
		assert_true(move_all(from_guest, qemu, n * sizeof(*qemu), false));
		for (u32 i = 0; i < n && here < 3; i++)
			here += !agree(s, &v[i], &qemu[i]);
		bad += here;
	}
	free(v);
	free(qemu);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_qemu),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
