// SPDX-License-Identifier: Apache-2.0
/*
 * A guest that executes anything: the input is a program of words, rows of
 * insn.def with random operands or plain words, run by the interpreter in a
 * machine of one megabyte with radix tables (which the program may change), in
 * either byte order, in problem and supervisor state, translation on and off.
 * Every interrupt goes on with another word of the program. Nothing may hang, and
 * no host memory but the guest's be touched: guest memory lies between
 * inaccessible pages.
 */
#include <fenv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/compiler.h"
#include "cpu/cpu.h"
#include "isa/forms.h"
#include "isa/insn.h"
#include "isa/msr.h"
#include "mem/gmem.h"
#include "mem/mmio.h"

#define RAM 0x100000u
#define GUARD 0x10000u
#define PROC_TABLE 0x20000u
#define ROOT 0x30000u /* 2^13 entries */
#define LEVEL2 0x40000u
#define LEVEL3 0x41000u
#define LEVEL4 0x42000u /* 512 pages: twice the RAM */
#define CODE 0x50000u
#define DATA 0x60000u
#define IO 0x80000000u
#define WORDS_MAX 500
#define SLICES_MAX 6
#define CHECKSTOPS_MAX 500

#define PTE_VALID (1ULL << 63)
#define PTE_LEAF (1ULL << 62)
#define LPCR_ILE (1ULL << 25)
#define RTS_52 (2ULL << 61 | 5ULL << 5)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct form {
	u32 mask, match, pmask, pmatch;
};

static const struct form forms[] = {
#define INSN(id, mn, form, operands, a, lvl, clause) { form },
#define PINSN(id, mn, pform, sform, operands, a, lvl, clause) { pform, sform },
#include "isa/insn.def"
#undef INSN
#undef PINSN
};

struct input {
	const uint8_t *p;
	size_t n;
};

struct guest {
	struct cpu cpu;
	struct input in;
	bool le;
	int n_slices;
};

static void require(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static u64 take(struct input *in, unsigned int bytes)
{
	u64 v = 0;

	while (bytes-- && in->n) {
		v = v << 8 | *in->p++;
		in->n--;
	}
	return v;
}

/* ---- the machine around the processor ---- */

/* Asked once per slice, and by the program: time, and the end of the run. */
static u64 timebase(struct cpu *c)
{
	struct guest *g = c->owner;

	if (++g->n_slices > SLICES_MAX)
		cpu_kick(c);
	return (u64)g->n_slices * 1000;
}

static void invalidate(struct cpu *c, const struct tlb_inval *inv)
{
	tlb_invalidate(c, inv);
}

static void sync_nothing(struct cpu *c)
{
	(void)c;
}

static void doorbell(struct cpu *c, u32 thread)
{
	if (!thread)
		cpu_pend(c, PEND_DOORBELL);
}

static bool random_number(struct cpu *c, u64 *out)
{
	*out = c->gpr[0] * 0x9e3779b97f4a7c15ULL;
	return *out & 1;
}

static void trace_insn(struct cpu *c, u64 pc, u32 insn, u32 suffix)
{
	(void)c;
	(void)pc;
	(void)insn;
	(void)suffix;
}

static void trace_exc(struct cpu *c, u32 vector, u64 pc)
{
	(void)c;
	(void)vector;
	(void)pc;
}

static const struct cpu_ops ops = {
	.timebase = timebase,
	.tlb_invalidate = invalidate,
	.tlb_sync = sync_nothing,
	.doorbell = doorbell,
	.random = random_number,
	.trace_insn = trace_insn,
	.trace_exc = trace_exc,
};

static enum mmio_result io_read(void *opaque, int cpu, u64 offset, unsigned int size, u64 *val)
{
	(void)opaque;
	(void)cpu;
	*val = offset * size;
	return offset & 0x800 ? MMIO_FAULT : MMIO_OK;
}

static enum mmio_result io_write(void *opaque, int cpu, u64 offset, unsigned int size, u64 val)
{
	(void)opaque;
	(void)cpu;
	(void)size;
	(void)val;
	return offset & 0x400 ? MMIO_FAULT : MMIO_OK;
}

static const struct mmio_ops io_ops = { io_read, io_write };

/* Inaccessible pages around guest memory, unless something else is there already. */
static void guard(const struct cpu *c, bool on)
{
	u8 *ram = gmem_host_page(c->mem, gpa_of(0));
	u8 *const at[] = { ram - GUARD, ram + RAM };
	static _Thread_local bool is_ours[2];

	for (int i = 0; i < 2; i++) {
		if (on)
			is_ours[i] = mmap(at[i], GUARD, PROT_NONE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
					  0) == at[i];
		else if (is_ours[i])
			munmap(at[i], GUARD);
	}
}

/* ---- the program ---- */

static void store64(struct guest *g, u64 at, u64 v)
{
	require(gmem_st_be64(g->cpu.mem, gpa_of(at), v));
}

static void put_insn(struct guest *g, u64 at, u32 insn)
{
	require(gmem_st_be32(g->cpu.mem, gpa_of(at), g->le ? __builtin_bswap32(insn) : insn));
}

/*
 * Handlers that go on with the program, a word further than the one before, so
 * that it is run through wherever its branches lead. SPRG2 counts.
 */
static void put_vectors(struct guest *g)
{
	static const u32 handler[] = {
		0x7c3242a6, /* mfsprg2 r1 */
		0x38210004, /* addi r1,r1,4 */
		0x7c3243a6, /* mtsprg2 r1 */
		0x702107fc, /* andi. r1,r1,0x7fc */
		0x64210005, /* oris r1,r1,CODE >> 16 */
		0x7c3a03a6, /* mtsrr0 r1 */
		0x4c000024, /* rfid */
	};

	for (u64 v = 0x100; v < 0x18000; v += 0x20)
		for (u32 i = 0; i < ARRAY_SIZE(handler); i++)
			put_insn(g, v + 4 * i, handler[i]);
}

/* Pages of every kind: no access, for the kernel, read only, no code, devices, beyond RAM. */
static u64 page_bits(u32 page)
{
	u64 in_ram = (u64)page << 12;

	if (page < 0x60)
		return in_ram | (page & 1 ? 0x8f : 0x187);
	switch (page & 7) {
	case 0:
		return in_ram | 0x10f; /* privileged, R not set */
	case 1:
		return in_ram | 0x4; /* read only */
	case 2:
		return in_ram | 0x1; /* code only */
	case 3:
		return (u64)IO | 0x186;
	default:
		return in_ram | 0x187;
	}
}

static void put_tables(struct guest *g)
{
	for (u32 pid = 0; pid < 4; pid++)
		store64(g, PROC_TABLE + pid * 16, RTS_52 | ROOT | 13);
	store64(g, ROOT, PTE_VALID | LEVEL2 | 9);
	store64(g, LEVEL2, PTE_VALID | LEVEL3 | 9);
	store64(g, LEVEL3, PTE_VALID | LEVEL4 | 9);
	store64(g, LEVEL3 + 8, PTE_VALID | PTE_LEAF | 0x187); /* 2 MiB, half of it RAM */
	for (u32 page = 0; page < 512; page++)
		store64(g, LEVEL4 + page * 8, PTE_VALID | PTE_LEAF | page_bits(page));
}

static u64 address(struct input *in)
{
	static const u64 edges[] = {
		RAM - 1,
		RAM - 8,
		DATA,
		DATA + 0xff9,
		DATA + 0x3ff8,
		IO,
		RAM,
		~0ULL,
		1ULL << 63,
		0,
		LEVEL4 + 0x300,
		PROC_TABLE,
		0xc000000000050000,
		0xc000000000060ffc,
		0x200000,
		0x300000 - 4,
		0x1fffff,
		~0ULL << 12,
		0x7fffffffffffffff,
		DATA + 0x4ff1,
	};
	u32 kind = (u32)take(in, 1);

	switch (kind >> 6) {
	case 0:
		return edges[kind % ARRAY_SIZE(edges)];
	case 1:
		return kind & 63;
	case 2:
		return DATA + take(in, 2);
	default:
		return take(in, 8);
	}
}

static void put_code(struct guest *g)
{
	u32 n = 0;

	while (g->in.n && n < WORDS_MAX) {
		u32 row = (u32)take(&g->in, 2), random = (u32)take(&g->in, 4);
		const struct form *f = &forms[row % ARRAY_SIZE(forms)];

		if (row >= 0xf000) {
			put_insn(g, CODE + 4 * n++, random);
			continue;
		}
		if (f->pmask)
			put_insn(g, CODE + 4 * n++,
				 f->pmatch | (u32)(random * 0x9e3779b1u & ~f->pmask));
		put_insn(g, CODE + 4 * n++, f->match | (random & ~f->mask));
	}
	/* and again */
	put_insn(g, CODE + 4 * n, 0x48000000u | ((u32)(-4 * (s32)n) & 0x3fffffcu));
}

static void set_up(struct guest *g, u64 options)
{
	struct cpu *c = &g->cpu;
	u64 msr = MSR_SF;

	c->radix = true;
	c->prtbl = PROC_TABLE | 12;
	c->spr.pidr = options >> 8 & 3;
	c->spr.fscr = ~0ULL;
	if (g->le)
		c->spr.lpcr |= LPCR_ILE;
	if (options & 2)
		c->spr.lpcr |= 3ULL << 23; /* handlers with translation on */
	for (int i = 0; i < 32; i++)
		c->gpr[i] = address(&g->in);
	for (int i = 0; i < 64; i += 4)
		c->vsr[i].q = (u128)take(&g->in, 8) << 64 | take(&g->in, 2);
	put_vectors(g);
	put_tables(g);
	put_code(g);
	msr |= (options & 4 ? MSR_IR | MSR_DR : 0) | (options & 8 ? MSR_PR | MSR_IR | MSR_DR : 0);
	msr |= (options & 0x10 ? 0 : MSR_FP | MSR_VEC | MSR_VSX) | (g->le ? MSR_LE : 0);
	cpu_set_msr(c, options & 0x40 ? msr & ~MSR_SF : msr);
	c->pc = CODE;
}

/* Until the time is over or the processor gives up; then it is brought back to life. */
static void run(struct guest *g, int n)
{
	struct cpu *c = &g->cpu;
	enum cpu_exit why;

	do {
		why = cpu_run(c);
	} while (why != CPU_EXIT_KICK && why != CPU_EXIT_CHECKSTOP && g->n_slices <= SLICES_MAX);
	c->exc_run = 0;
	c->msr |= MSR_ME;
	c->pc = CODE + 4 * (n % WORDS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guest *g = calloc(1, sizeof(*g));
	struct cpu *c = &g->cpu;
	u64 options;

	require(g);
	g->in = (struct input){ data, size };
	options = take(&g->in, 2);
	g->le = options & 1;
	c->mem = gmem_new();
	c->mmio = mmio_new();
	c->ops = &ops;
	c->owner = g;
	c->decoder = decoder_new(options & 0x20 ? V30 : V31);
	require(!gmem_add_ram(c->mem, gpa_of(0), RAM, NULL) && c->decoder && cpu_init(c));
	require(!mmio_add(c->mmio, gpa_of(IO), 0x10000, &io_ops, NULL, NULL));
	cpu_reset(c, options & 0x20 ? 0x004e1202 : 0x00801200);
	c->trace_insns = options & 0x80;
	guard(c, true);
	set_up(g, options);
	for (int n = 0; n < CHECKSTOPS_MAX && g->n_slices <= SLICES_MAX; n++)
		run(g, n);
	require(fegetround() == FE_TONEAREST);
	guard(c, false);
	cpu_fini(c);
	decoder_free((struct decoder *)(uintptr_t)c->decoder);
	mmio_free(c->mmio);
	gmem_free(c->mem);
	free(g);
	return 0;
}
