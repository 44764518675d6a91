/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking at and steering a machine that runs: what monitors and debuggers use.
 *
 * Unless it says otherwise, a function may be called on any thread but those
 * that run functions of struct hypar_host_ops, lets the vCPUs stand still for
 * as long as it takes, and returns a negative errno with *e set when it fails:
 * -ESRCH, the machine does not run (yet, or any more); -ENOENT, no such vCPU.
 */
#ifndef HYPAR_CONTROL_H
#define HYPAR_CONTROL_H

#include "hypar/machine.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hypar_status {
	HYPAR_STATUS_NEW, /* hypar_machine_run() was not called yet */
	HYPAR_STATUS_RUNNING,
	HYPAR_STATUS_PAUSED, /* by hypar_machine_pause() */
	HYPAR_STATUS_ENDED,
	HYPAR_STATUS_FRESH, /* paused, and nothing ran since the last reset */
};

/* Disturbs nobody; any thread. */
enum hypar_status hypar_machine_status(hypar_machine *m);

/*
 * Restarts the machine, as a reboot by the guest does. Returns at once; the
 * event HYPAR_EVENT_RESET tells when it happened. A machine that is paused is
 * reset as well and stays paused. Any thread.
 */
void hypar_machine_reset(hypar_machine *m);

/* A system reset interrupt (0x100) on all vCPUs that are started. Any thread. */
int hypar_machine_nmi(hypar_machine *m, struct hypar_err *e);

struct hypar_cpu_info {
	unsigned int index;
	int thread_id;	 /* of the host; 0: not running */
	bool is_started; /* by the guest */
	bool is_waiting; /* started, and idle until an interrupt comes */
};

/* The vCPU with this number. Disturbs nobody; any thread. -ENOENT alone. */
int hypar_machine_cpu_info(hypar_machine *m, unsigned int cpu, struct hypar_cpu_info *info);

/* The same for the next one at or behind number *cpu, which becomes its number. */
int hypar_machine_cpu_next(hypar_machine *m, unsigned int *cpu, struct hypar_cpu_info *info);

struct hypar_disk_info {
	char id[64], file[4096];
	enum hypar_disk_if interface;
	bool readonly;
	uint64_t size;	    /* bytes */
	uint64_t allocated; /* bytes that the host keeps for it */
	/* requests since the start, those that failed among them, and bytes moved */
	uint64_t reads, writes, flushes, discards, errors, read_bytes, write_bytes;
};

/* The @i-th disk that there is now, oldest first. Disturbs nobody; any thread. -ENOENT alone. */
int hypar_machine_disk_info(hypar_machine *m, unsigned int i, struct hypar_disk_info *info);

#define HYPAR_PCI_REGIONS 6

/* A base address register that there is; size 0: none. */
struct hypar_pci_region {
	uint64_t address, size; /* on the bus; bytes */
	bool is_io, is_64bit, is_prefetchable;
};

struct hypar_pci_info {
	unsigned int bridge, slot, function;
	char id[64]; /* of the device */
	uint16_t vendor, device, subsystem_vendor, subsystem, class_code;
	uint8_t pin;  /* 1: INTA; 0: none */
	uint32_t irq; /* the source that the pin is wired to; 0: none */
	struct hypar_pci_region regions[HYPAR_PCI_REGIONS];
};

/*
 * The next PCI function at or behind @info's bridge, slot and function (zeroes:
 * the first). -ENOENT: there is none.
 */
int hypar_machine_pci_next(hypar_machine *m, struct hypar_pci_info *info, struct hypar_err *e);

struct hypar_register {
	const char *name;  /* as the ISA has it, in lower case */
	unsigned int size; /* bytes: 4 or 8 */
	uint64_t value;
};

#define HYPAR_REGISTERS_MAX 96

/* Fills @r, of HYPAR_REGISTERS_MAX elements. Returns how many there are. */
int hypar_machine_registers(hypar_machine *m, unsigned int cpu, struct hypar_register *r,
			    struct hypar_err *e);

struct hypar_disassembly {
	unsigned int cpu; /* whose translation and byte order */
	bool from_here;	  /* from its next instruction on, not from @address */
	uint64_t address; /* effective */
	unsigned int n;	  /* elements of the array */
};

struct hypar_insn {
	uint64_t address;
	uint32_t word, suffix;
	unsigned int size; /* bytes: 4, or 8 with a suffix */
	char text[96];
};

/*
 * Fills what->n elements of @insns, less when what follows is not mapped.
 * Returns how many; -EFAULT: not even the first.
 */
int hypar_machine_disassemble(hypar_machine *m, const struct hypar_disassembly *what,
			      struct hypar_insn *insns, struct hypar_err *e);

/* The device tree as the guest got it, flat; the caller calls free(*dtb). */
int hypar_machine_device_tree(hypar_machine *m, void **dtb, size_t *size, struct hypar_err *e);

/* HYPAR_TRACE_*; the old mask is in *old, which may be NULL. */
int hypar_machine_set_trace(hypar_machine *m, uint32_t mask, uint32_t *old, struct hypar_err *e);

struct hypar_stat {
	const char *name;
	uint64_t value;
};

#define HYPAR_STATS_MAX 32

/* Fills @s, of HYPAR_STATS_MAX elements. Returns how many there are. */
int hypar_machine_stats(hypar_machine *m, struct hypar_stat *s, struct hypar_err *e);

#ifdef __cplusplus
}
#endif

#endif
