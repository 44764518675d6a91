/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of one virtual processor, as the engine uses it. Owned by the
 * thread that runs it; the members under "from other threads" alone may be
 * touched by others, and only through cpu/cpu.h.
 */
#ifndef HYPAR_CPU_STATE_H
#define HYPAR_CPU_STATE_H

#include "base/types.h"
#include "cpu/mmu/tlb.h"
#include "cpu/record.h"
#include "isa/decode.h"

/*
 * A vector-scalar register, as the 128-bit little-endian number of its image:
 * doubleword element 0 of the ISA (the left one) is d[1], byte element i is
 * b[15 - i]. FPR n is vsr[n].d[1]; VR n is vsr[32 + n].
 */
union vsr {
	u8 b[16];
	u16 h[8];
	u32 w[4];
	u64 d[2];
	u128 q;
	s8 sb[16];
	s16 sh[8];
	s32 sw[4];
	s64 sd[2];
};

/* The ISA's element @i of each width. */
#define VSR_B(v, i) ((v).b[15 - (i)])
#define VSR_H(v, i) ((v).h[7 - (i)])
#define VSR_W(v, i) ((v).w[3 - (i)])
#define VSR_D(v, i) ((v).d[1 - (i)])

/* Why cpu_run() came back. */
enum cpu_exit {
	CPU_EXIT_NONE,
	CPU_EXIT_HCALL,	    /* sc 1: pc is after it */
	CPU_EXIT_KICK,	    /* cpu_kick(): somebody wants the thread's attention */
	CPU_EXIT_CHECKSTOP, /* the guest cannot go on: c->checkstop says why */
	CPU_EXIT_DEBUG,	    /* a debugger wanted it: c->stop says why */
};

/* Bits of c->pending: interrupts that wait for MSR[EE]. */
#define PEND_EXT 1u
#define PEND_DEC 2u
#define PEND_DOORBELL 4u
#define PEND_RESET 8u /* not masked by EE */

/* Bits of c->attn: leave the fast loop. */
#define ATTN_CHECK 1u /* look at pending */
#define ATTN_EXIT 2u  /* c->exit is set by the engine itself */
#define ATTN_KICK 4u  /* from another thread */
#define ATTN_STEP 8u  /* MSR changed and the trace facilities may be on */

struct cpu_fault {
	u32 vector; /* enum cpu_exc */
	u32 dsisr;  /* or SRR1 bits for instruction faults */
	u64 dar;
};

/* A reservation made by l*arx. The value is compared by st*cx. */
struct cpu_resv {
	u64 ra;	  /* real address, ~0: none */
	u128 val; /* bytes as loaded from memory */
	u32 size;
};

struct cpu_spr {
	u64 srr0, srr1, dar, dsisr;
	u64 sprg[4];
	u64 tar, dscr, ppr, ctrl, fscr, hfscr, vrsave;
	u64 amr, iamr, amor, uamor;
	u64 pidr, lpidr, lpcr, pcr, pvr, pir;
	u64 bescr, ebbhr, ebbrr;
	u64 mmcr0, mmcr1, mmcr2, mmcr3, mmcra, mmcrs, sier, sier2, sier3, sdar, siar, pmc[6];
	u64 dawr0, dawrx0, dawr1, dawrx1, ciabr;
	u64 dexcr, hdexcr, hashkeyr, hashpkeyr;
	u64 wort, pspb, tidr, psscr, vtb_offset, ic;
	u64 spurr_base, purr_base;
};

enum cpu_stop_kind { CPU_STOP_NONE, CPU_STOP_BREAK, CPU_STOP_WATCH, CPU_STOP_STEP };

/* Why a debugger's breakpoint, watchpoint or step stopped the processor. */
struct cpu_stop {
	enum cpu_stop_kind kind;
	u64 ea;		 /* of the instruction; of the data */
	bool is_store;	 /* watchpoint: what the access was */
	u32 watch_kinds; /* and what was watched for */
};

#define CPU_ILLEGAL_MAX 16u

/* An instruction word that took the illegal-instruction interrupt @n times. */
struct cpu_illegal {
	u32 insn;
	u64 n;
};

struct cpu;
struct debugger;
struct decoded;
struct gmem;
struct mmio_bus;

/* What the engine asks of the hypervisor around it. All are set before the first cpu_run(). */
struct cpu_ops {
	/* The time base, 512 MHz. */
	u64 (*timebase)(struct cpu *c);
	/* tlbie: invalidates on all processors of the partition (this one included). */
	void (*tlb_invalidate)(struct cpu *c, const struct tlb_inval *inv);
	/* tlbsync, ptesync: waits until the invalidations sent have been carried out. */
	void (*tlb_sync)(struct cpu *c);
	/* msgsndp and DPDES: sets the doorbell of another thread of this core. */
	void (*doorbell)(struct cpu *c, u32 thread);
	/* A random doubleword for darn; false: none now. */
	bool (*random)(struct cpu *c, u64 *out);
	/* One instruction, when tracing of instructions is on. */
	void (*trace_insn)(struct cpu *c, u64 pc, u32 insn, u32 suffix);
	/* Every interrupt taken, when tracing of interrupts is on: @vector, at @pc. */
	void (*trace_exc)(struct cpu *c, u32 vector, u64 pc);
	/*
	 * A system reset or machine check (enum cpu_exc) is about to be taken:
	 * SRR0 and SRR1 are set, MSR is still the old one. The address at which it
	 * enters, or 0 for its vector. NULL: always its vector.
	 */
	u64 (*nmi)(struct cpu *c, u32 exc);
};

struct cpu {
	u64 gpr[32];
	u64 lr, ctr;
	u8 crb[32];		   /* a byte per CR bit, bit i at crb[i ^ 3]: see cpu/cr.h */
	u8 so, ov, ca, ov32, ca32; /* XER, 0 or 1 each */
	u8 xer_count;		   /* XER 57:63, for lswx */
	u16 xer_rest;		   /* XER 48:56, no meaning but kept */
	u32 attn;		   /* ATTN_* (atomic); set by cpu_attn() alone */
	u64 msr;
	u64 ea_mask; /* ~0, or 2^32 - 1 when MSR[SF] = 0 */
	u32 have;    /* A_* facilities that MSR enables now */
	u32 prefix;  /* of the prefixed instruction being executed */
	/* fetch window: one page of code */
	u64 fetch_page;		 /* EA of the page; ~0: none (atomic: cpu_attn() takes it away) */
	u64 fetch_addend;	 /* + EA = host address */
	bool fetch_swap;	 /* instructions are big-endian */
	bool is_plain;		 /* MSR[SF] = MSR[LE] = 1 */
	struct decoded *decoded; /* the table for c->have: see cpu/interp/decoded.h */
	/* data translation of the current context */
	struct tlb_entry *rd, *wr;

	u64 pc, cfar;
	u64 fpscr;
	u32 vscr;
	struct cpu_resv resv;
	union vsr vsr[64];
	struct cpu_spr spr;
	struct cpu_fault fault; /* of the access that just failed */
	struct tlb tlb;

	u64 dec_expiry; /* time base at which DEC reaches -1 */
	u64 n_insns;	/* executed so far */
	s64 left;	/* instructions left in this slice, when a thread of functions ends */
	u32 pending;	/* PEND_* (atomic) */
	enum cpu_exit exit;
	const char *checkstop;

	struct decoded *decoded_all;
	const struct decoder *decoder;
	struct gmem *mem;
	struct mmio_bus *mmio;
	const struct cpu_ops *ops;
	void *owner; /* of the hypervisor: its vcpu */
	int index;   /* for mmio_read(): the vCPU's number */
	u32 thread;  /* of its core: TIR */
	bool trace_insns, trace_excs;
	bool watch;	   /* DAWR0, DAWR1 or a debugger watch something: cpu_debug_changed() */
	bool one_by_one;   /* in the loop that executes one instruction at a time */
	bool single, pass; /* of a debugger: see cpu/debugger.h */
	const struct debugger *debugger; /* NULL: it has set nothing */
	struct cpu_stop stop;
	bool radix;    /* the partition's MMU mode, set by the hypervisor */
	u64 prtbl;     /* process table: real address | log2 of its size in bytes; atomic */
	u64 n_illegal; /* illegal-instruction interrupts taken */
	struct cpu_illegal illegal[CPU_ILLEGAL_MAX]; /* the first different words; n = 0: free */
	u32 exc_run; /* interrupts since the last return from one, see cpu/exception.c */
	struct cpu_records records;
};

static inline u64 cpu_fetch_page(const struct cpu *c)
{
	return __atomic_load_n(&c->fetch_page, __ATOMIC_RELAXED);
}

static inline void cpu_set_fetch_page(struct cpu *c, u64 page)
{
	__atomic_store_n(&c->fetch_page, page, __ATOMIC_RELAXED);
}

/*
 * Any thread: sets ATTN_* @bits. The fast loop looks at them when it has no
 * fetch window, so the window goes too. Should the processor set up a new one
 * at the same moment, it sees them at the end of its slice.
 */
static inline void cpu_attn(struct cpu *c, u32 bits)
{
	__atomic_or_fetch(&c->attn, bits, __ATOMIC_SEQ_CST);
	cpu_set_fetch_page(c, TLB_NONE);
}

#endif
