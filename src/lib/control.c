// SPDX-License-Identifier: Apache-2.0
/*
 * include/hypar/control.h. What needs the state of processors or of the
 * platform is done by the control thread while all vCPUs are parked
 * (partition_call); the rest reads single words.
 */
#include "hypar/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/err.h"
#include "cpu/cr.h"
#include "isa/disasm.h"
#include "isa/msr.h"
#include "lib/machine.h"
#include "papr/guest_tree.h"
#include "papr/devices.h"

static struct partition *partition_of(hypar_machine *m)
{
	return machine_papr(m)->partition;
}

/* ---- devices ---- */

int hypar_machine_disk_info(hypar_machine *m, unsigned int i, struct hypar_disk_info *info)
{
	return papr_disk_info(machine_papr(m), i, info);
}

/* ---- state ---- */

enum hypar_status hypar_machine_status(hypar_machine *m)
{
	const struct partition *p = partition_of(m);

	if (machine_has_ended(m))
		return HYPAR_STATUS_ENDED;
	if (!machine_was_started(m))
		return HYPAR_STATUS_NEW;
	if (!partition_is_held(p))
		return HYPAR_STATUS_RUNNING;
	return partition_is_fresh(p) ? HYPAR_STATUS_FRESH : HYPAR_STATUS_PAUSED;
}

void hypar_machine_reset(hypar_machine *m)
{
	partition_request(partition_of(m), PARTITION_RESET, PAPR_RESET_BY_HOST);
}

/* Parked, so that none is started or stopped in between [PAPR 14.5.4.6]. */
static int nmi(void *arg, struct hypar_err *e)
{
	struct partition *p = arg;

	(void)e;
	FOR_EACH_VCPU(p, v)
		if (!vcpu_is_stopped(v))
			vcpu_pend(v, PEND_RESET);
	return 0;
}

int hypar_machine_nmi(hypar_machine *m, struct hypar_err *e)
{
	return partition_call(partition_of(m), nmi, partition_of(m), e);
}

int hypar_machine_cpu_info(hypar_machine *m, unsigned int cpu, struct hypar_cpu_info *info)
{
	unsigned int at = cpu;

	return hypar_machine_cpu_next(m, &at, info) || at != cpu ? -ENOENT : 0;
}

int hypar_machine_cpu_next(hypar_machine *m, unsigned int *cpu, struct hypar_cpu_info *info)
{
	struct partition *p = partition_of(m);
	struct vcpu *v;

	pthread_mutex_lock(&p->lock);
	v = partition_next_vcpu(p, *cpu);
	if (v) {
		*cpu = info->index = v->index;
		info->thread_id = __atomic_load_n(&v->tid, __ATOMIC_RELAXED);
		info->is_started = !vcpu_is_stopped(v);
		info->is_waiting = info->is_started &&
				   __atomic_load_n(&v->waiting, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&p->lock);
	return v ? 0 : -ENOENT;
}

/* ---- registers ---- */

/* The special-purpose registers shown [ISA 3.1B III 5.4.4]. */
static const struct {
	u16 number;
	u8 size;
	const char *name;
} shown[] = {
	{ 1, 4, "xer" },      { 8, 8, "lr" },	   { 9, 8, "ctr" },	 { 28, 8, "cfar" },
	{ 815, 8, "tar" },    { 17, 8, "dscr" },   { 256, 4, "vrsave" }, { 896, 8, "ppr" },
	{ 26, 8, "srr0" },    { 27, 8, "srr1" },   { 19, 8, "dar" },	 { 18, 4, "dsisr" },
	{ 272, 8, "sprg0" },  { 273, 8, "sprg1" }, { 274, 8, "sprg2" },	 { 275, 8, "sprg3" },
	{ 22, 8, "dec" },     { 268, 8, "tb" },	   { 309, 8, "purr" },	 { 308, 8, "spurr" },
	{ 48, 4, "pidr" },    { 29, 8, "amr" },	   { 61, 8, "iamr" },	 { 157, 8, "uamor" },
	{ 153, 8, "fscr" },   { 828, 8, "dexcr" }, { 186, 8, "ciabr" },	 { 180, 8, "dawr0" },
	{ 188, 8, "dawrx0" }, { 181, 8, "dawr1" }, { 189, 8, "dawrx1" }, { 287, 4, "pvr" },
	{ 1023, 4, "pir" },
};

_Static_assert(32 + 5 + ARRAY_SIZE(shown) <= HYPAR_REGISTERS_MAX, "room for all");

struct registers_call {
	struct partition *p;
	unsigned int cpu;
	struct hypar_register *r;
};

static const char *const gpr_name[32] = {
	"r0",  "r1",  "r2",  "r3",  "r4",  "r5",  "r6",	 "r7",	"r8",  "r9",  "r10",
	"r11", "r12", "r13", "r14", "r15", "r16", "r17", "r18", "r19", "r20", "r21",
	"r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30", "r31",
};

static int read_registers(void *arg, struct hypar_err *e)
{
	struct registers_call *call = arg;
	struct hypar_register *r = call->r;
	struct vcpu *v = machine_vcpu(call->p, call->cpu, e);
	struct cpu *c;

	if (!v)
		return -ENOENT;
	c = &v->cpu;
	*r++ = (struct hypar_register){ "nia", 8, c->pc };
	*r++ = (struct hypar_register){ "msr", 8, c->msr };
	*r++ = (struct hypar_register){ "cr", 4, cr_get(c) };
	*r++ = (struct hypar_register){ "fpscr", 8, c->fpscr };
	*r++ = (struct hypar_register){ "lpcr", 8, cpu_lpcr(c) };
	for (unsigned int i = 0; i < 32; i++)
		*r++ = (struct hypar_register){ gpr_name[i], 8, c->gpr[i] };
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		u64 value;

		if (cpu_spr_get(c, shown[i].number, &value))
			*r++ = (struct hypar_register){ shown[i].name, shown[i].size, value };
	}
	return (int)(r - call->r);
}

int hypar_machine_registers(hypar_machine *m, unsigned int cpu, struct hypar_register *r,
			    struct hypar_err *e)
{
	struct partition *p = partition_of(m);
	struct registers_call call = { p, cpu, r };

	return partition_call(p, read_registers, &call, e);
}

/* ---- instructions ---- */

struct disasm_call {
	struct partition *p;
	const struct hypar_disassembly *what;
	struct hypar_insn *insns;
};

static bool fetch(struct cpu *c, u64 ea, u32 *word)
{
	u64 ra;

	if (!cpu_translate_debug(c, ea, &ra) || !gmem_ld_be32(c->mem, gpa_of(ra), word))
		return false;
	if (c->msr & MSR_LE)
		*word = __builtin_bswap32(*word);
	return true;
}

#define PREFIX_OPCODE 1u

static bool disasm_one(struct cpu *c, u64 ea, struct hypar_insn *x)
{
	*x = (struct hypar_insn){ .address = ea, .size = 4 };
	if (!fetch(c, ea, &x->word))
		return false;
	if (x->word >> 26 == PREFIX_OPCODE && c->decoder->level > V30 &&
	    fetch(c, ea + 4, &x->suffix))
		x->size = 8;
	isa_disasm(c->decoder, ea, x->word, x->suffix, x->text, sizeof(x->text));
	return true;
}

static int disasm(void *arg, struct hypar_err *e)
{
	struct disasm_call *call = arg;
	struct vcpu *v = machine_vcpu(call->p, call->what->cpu, e);
	struct cpu *c;
	unsigned int n;
	u64 ea;

	if (!v)
		return -ENOENT;
	c = &v->cpu;
	ea = (call->what->from_here ? c->pc : call->what->address) & ~3ULL;
	for (n = 0; n < call->what->n && disasm_one(c, ea, &call->insns[n]); n++)
		ea += call->insns[n].size;
	return n ? (int)n :
		   err_set(e, -EFAULT, "vCPU %u has no memory mapped at 0x%llx", v->index,
			   (unsigned long long)ea);
}

int hypar_machine_disassemble(hypar_machine *m, const struct hypar_disassembly *what,
			      struct hypar_insn *insns, struct hypar_err *e)
{
	struct partition *p = partition_of(m);
	struct disasm_call call = { p, what, insns };

	return partition_call(p, disasm, &call, e);
}

/* ---- device tree ---- */

struct tree_call {
	struct papr *papr;
	void **dtb;
	size_t *size;
};

/* What firmware handed over at quiesce; before, its present one; without it, that of the entry. */
static int device_tree(void *arg, struct hypar_err *e)
{
	struct tree_call *call = arg;
	struct papr *p = call->papr;

	if (p->guest_tree)
		return guest_tree_copy(p, call->dtb, call->size, e);
	return p->ofw ? ofw_flatten(p->ofw, call->dtb, call->size, e) :
			papr_fdt_build(p, call->dtb, call->size, e);
}

int hypar_machine_device_tree(hypar_machine *m, void **dtb, size_t *size, struct hypar_err *e)
{
	struct tree_call call = { machine_papr(m), dtb, size };

	*dtb = NULL;
	return partition_call(partition_of(m), device_tree, &call, e);
}

/* ---- trace and counters ---- */

struct trace_call {
	struct papr *papr;
	u32 mask, *old;
};

static int set_trace(void *arg, struct hypar_err *e)
{
	struct trace_call *call = arg;
	u32 old = papr_set_trace(call->papr, call->mask);

	(void)e;
	if (call->old)
		*call->old = old;
	return 0;
}

int hypar_machine_set_trace(hypar_machine *m, uint32_t mask, uint32_t *old, struct hypar_err *e)
{
	struct trace_call call = { machine_papr(m), mask, old };

	return partition_call(partition_of(m), set_trace, &call, e);
}

enum {
	STAT_INSNS,
	STAT_RUN_NS,
	STAT_HCALLS,
	STAT_CEDES,
	STAT_MISSES,
	STAT_WALKS,
	STAT_INVALIDATIONS,
	STAT_ILLEGAL,
	STAT_COUNT
};

_Static_assert(STAT_COUNT <= HYPAR_STATS_MAX, "room for all");

struct stats_call {
	hypar_machine *machine;
	struct hypar_stat *s;
};

static int read_stats(void *arg, struct hypar_err *e)
{
	static const char *const names[STAT_COUNT] = {
		[STAT_INSNS] = "instructions",
		[STAT_RUN_NS] = "run-time-ns",
		[STAT_HCALLS] = "hypercalls",
		[STAT_CEDES] = "cedes",
		[STAT_MISSES] = "tlb-l1-misses",
		[STAT_WALKS] = "tlb-walks",
		[STAT_INVALIDATIONS] = "tlb-invalidations",
		[STAT_ILLEGAL] = "illegal-instructions",
	};
	struct stats_call *call = arg;
	struct hypar_stat *s = call->s;
	struct vcpu_counts sum;

	(void)e;
	partition_counts(partition_of(call->machine), &sum);
	for (int i = 0; i < STAT_COUNT; i++)
		s[i] = (struct hypar_stat){ names[i], 0 };
	s[STAT_RUN_NS].value = machine_run_ns(call->machine);
	s[STAT_INSNS].value = sum.insns;
	s[STAT_HCALLS].value = sum.hcalls;
	s[STAT_CEDES].value = sum.cedes;
	s[STAT_MISSES].value = sum.misses;
	s[STAT_WALKS].value = sum.walks;
	s[STAT_INVALIDATIONS].value = sum.invalidations;
	s[STAT_ILLEGAL].value = sum.illegal;
	return STAT_COUNT;
}

int hypar_machine_stats(hypar_machine *m, struct hypar_stat *s, struct hypar_err *e)
{
	struct stats_call call = { m, s };

	return partition_call(partition_of(m), read_stats, &call, e);
}
