/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debugging a guest from outside: stopping its vCPUs, single steps,
 * breakpoints, watchpoints, registers, memory. The guest sees nothing of it,
 * and its clock stands still while all vCPUs do.
 *
 * Unless it says otherwise, a function may be called on any thread but those
 * that run functions of struct hypar_host_ops or hypar_debug_fn, lets the vCPUs
 * stand still for as long as it takes, and returns 0 or a negative errno with
 * *e set: -ESRCH, the machine does not run (yet, or any more); -ENOENT, no such
 * vCPU, register or breakpoint; -EPERM, it needs hypar_debug_attach() first.
 */
#ifndef HYPAR_DEBUG_H
#define HYPAR_DEBUG_H

#include "hypar/machine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One of the vCPUs stopped by itself, so all do. On that vCPU's thread: must not call back. */
typedef void hypar_debug_fn(void *opaque);

/*
 * Makes the caller the debugger of @m; there can be one (-EBUSY). Before
 * hypar_machine_run(), @halt leaves all vCPUs before their first instruction.
 */
int hypar_debug_attach(hypar_machine *m, bool halt, hypar_debug_fn *stopped, void *opaque,
		       struct hypar_err *e);

/* Takes back all breakpoints and watchpoints and lets everything go on. */
int hypar_debug_detach(hypar_machine *m, struct hypar_err *e);

/* Stops all vCPUs. */
int hypar_debug_stop(hypar_machine *m, struct hypar_err *e);

enum hypar_debug_run {
	HYPAR_DEBUG_STAY,
	HYPAR_DEBUG_CONTINUE,
	HYPAR_DEBUG_STEP, /* one instruction, and no interrupt before it */
};

/*
 * Lets vCPUs go; @how has an element for each. A breakpoint or watchpoint that
 * hypar_debug_reason() told of is passed over by its vCPU.
 */
int hypar_debug_resume(hypar_machine *m, const enum hypar_debug_run *how, struct hypar_err *e);

enum hypar_debug_why {
	HYPAR_DEBUG_NONE,  /* none of what follows: hypar_debug_stop(), or it runs */
	HYPAR_DEBUG_BREAK, /* before the instruction at @ea */
	HYPAR_DEBUG_WATCH, /* before an access to @ea */
	HYPAR_DEBUG_STEPPED,
};

#define HYPAR_DEBUG_READ 1u
#define HYPAR_DEBUG_WRITE 2u

struct hypar_debug_stop {
	enum hypar_debug_why why;
	unsigned int cpu;
	uint64_t ea;
	unsigned int kinds; /* of accesses that the watchpoint is for */
};

/*
 * Why the machine stopped; several reasons at once come one by one, the next
 * after hypar_debug_resume(). When there is a reason, all vCPUs stand still.
 */
int hypar_debug_reason(hypar_machine *m, struct hypar_debug_stop *stop, struct hypar_err *e);

/* By effective address, whatever address space it is of. -EEXIST, -ENOSPC. */
int hypar_debug_set_break(hypar_machine *m, uint64_t ea, struct hypar_err *e);
int hypar_debug_clear_break(hypar_machine *m, uint64_t ea, struct hypar_err *e);

struct hypar_debug_watch {
	uint64_t ea, size; /* bytes, not 0 */
	unsigned int kinds;
};

int hypar_debug_set_watch(hypar_machine *m, const struct hypar_debug_watch *w, struct hypar_err *e);
int hypar_debug_clear_watch(hypar_machine *m, const struct hypar_debug_watch *w,
			    struct hypar_err *e);

/* ---- what needs no hypar_debug_attach() ---- */

enum hypar_debug_group {
	HYPAR_DEBUG_CORE,
	HYPAR_DEBUG_FPU,
	HYPAR_DEBUG_ALTIVEC,
	HYPAR_DEBUG_VSX, /* the halves that are not FPRs */
	HYPAR_DEBUG_PPR,
	HYPAR_DEBUG_DSCR,
	HYPAR_DEBUG_TAR,
	HYPAR_DEBUG_EBB,
	HYPAR_DEBUG_PMU,
	HYPAR_DEBUG_SPR, /* all others */
};

struct hypar_debug_reg {
	char name[16]; /* lower case */
	unsigned int bits;
	enum hypar_debug_group group;
};

/* The registers by number, from 0; the first 71 have the numbers of GDB. -ENOENT alone. */
int hypar_debug_reg_at(unsigned int reg, struct hypar_debug_reg *out);

/* A register's number by name; -ENOENT alone. */
int hypar_debug_find_reg(const char *name);

/* A value as a number: the low 64 bits, the high ones. */
struct hypar_debug_value {
	uint64_t lo, hi;
};

/* @n registers from @reg on. */
int hypar_debug_read_regs(hypar_machine *m, unsigned int cpu, unsigned int reg, unsigned int n,
			  struct hypar_debug_value *v, struct hypar_err *e);

/* Bits that the guest could not set either are left alone. */
int hypar_debug_write_reg(hypar_machine *m, unsigned int cpu, unsigned int reg,
			  const struct hypar_debug_value *v, struct hypar_err *e);

struct hypar_debug_place {
	unsigned int cpu; /* whose translation; of effective addresses */
	bool is_real;	  /* a guest real address, not an effective one */
	uint64_t address;
};

/*
 * Moves bytes of RAM, whatever the guest's protection says; memory-mapped I/O is
 * left alone. Returns how many there were before the first that is not there;
 * -EFAULT: none.
 */
long hypar_debug_read(hypar_machine *m, const struct hypar_debug_place *at, void *buf, size_t n,
		      struct hypar_err *e);
long hypar_debug_write(hypar_machine *m, const struct hypar_debug_place *at, const void *buf,
		       size_t n, struct hypar_err *e);

/* The real address; -EFAULT. */
int hypar_debug_translate(hypar_machine *m, const struct hypar_debug_place *at, uint64_t *real,
			  struct hypar_err *e);

/* The numbers of vCPUs are below this; some may be absent (-ENOENT), and come and go. */
unsigned int hypar_debug_cpus(hypar_machine *m);

/* Does the kernel's file say little-endian? */
bool hypar_debug_is_le(hypar_machine *m);

/* hypar_machine_report() while the vCPUs stand still. */
int hypar_debug_report(hypar_machine *m, const char *what,
		       void (*out)(void *opaque, const char *line), void *opaque,
		       struct hypar_err *e);

#ifdef __cplusplus
}
#endif

#endif
