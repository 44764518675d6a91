/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PAPR machine: create it from a configuration, run it, ask things of it.
 * Several machines may live in one process. No function here prints or exits.
 */
#ifndef HYPAR_MACHINE_H
#define HYPAR_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hypar/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hypar_machine hypar_machine;

#define HYPAR_LMB_SIZE (256ULL << 20) /* logical memory block, bytes */
#define HYPAR_MEMORY_MAX (1ULL << 40) /* bytes */
#define HYPAR_NODES_MAX 16	      /* of NUMA */
#define HYPAR_CPUS_MAX 256	      /* vCPU threads */
#define HYPAR_THREADS_MAX 8	      /* of a core; a power of two */
#define HYPAR_PHBS_MAX \
	8 /* PCI host bridges; each is made when something is behind it, the first always */
#define HYPAR_NVRAM_SIZE 65536 /* bytes */
#define HYPAR_TPM_TIMEOUT 120  /* seconds */
#define HYPAR_DEVICES_MAX 32   /* of each kind */
#define HYPAR_NVDIMMS_MAX 16
#define HYPAR_SCM_BLOCK_SIZE (256ULL << 20) /* what an NVDIMM's size is a multiple of */
#define HYPAR_SCM_MAX (1ULL << 40)	    /* bytes of all NVDIMMs that can be bound */
#define HYPAR_LABEL_SIZE (128u << 10)	    /* of an NVDIMM if not told otherwise */

enum hypar_cpu_model { HYPAR_CPU_POWER9, HYPAR_CPU_POWER10 };

enum hypar_irqchip {
	HYPAR_IRQCHIP_AUTO, /* what the guest negotiates */
	HYPAR_IRQCHIP_XICS,
	HYPAR_IRQCHIP_XIVE,
};

/* Trace points, or'd. */
#define HYPAR_TRACE_HCALL 1u
#define HYPAR_TRACE_RTAS 2u
#define HYPAR_TRACE_EXC 4u
#define HYPAR_TRACE_INSN 8u
#define HYPAR_TRACE_IRQ 16u
#define HYPAR_TRACE_OF 32u

/* What happened to a machine. */
enum hypar_event_kind {
	HYPAR_EVENT_STOP, /* paused */
	HYPAR_EVENT_RESUME,
	HYPAR_EVENT_RESET,	    /* it starts again */
	HYPAR_EVENT_POWERDOWN,	    /* the guest is asked to shut down */
	HYPAR_EVENT_GUEST_PANICKED, /* ibm,os-term, or a checkstop; HYPAR_EVENT_SHUTDOWN follows */
	HYPAR_EVENT_SHUTDOWN,	    /* the machine ended: the last event */
	/* dynamic reconfiguration (hypar/dr.h) */
	HYPAR_EVENT_DEVICE_DELETED,	       /* a removal was carried out */
	HYPAR_EVENT_DEVICE_UNPLUG_GUEST_ERROR, /* the guest refused it */
	HYPAR_EVENT_MEMORY_DEVICE_SIZE_CHANGE, /* memory was taken or given back */
	HYPAR_EVENT_DR_REQUEST,		       /* a request came further, or ended */
};

struct hypar_dr_request;

struct hypar_event {
	enum hypar_event_kind kind;
	bool by_guest;	    /* RESET, SHUTDOWN: the guest wanted it */
	const char *reason; /* of GUEST_PANICKED, one line; else empty */
	/* of DEVICE_*, MEMORY_* and DR_REQUEST */
	const struct hypar_dr_request *request; /* which; its members are those of now */
	const char *device;			/* its id; empty: it has none */
	uint64_t size;				/* MEMORY_*: bytes that the device has now */
};

/*
 * What the host does for the machine. Called on any thread; none may block for
 * long nor call back into the machine except hypar_console_input.
 */
struct hypar_host_ops {
	/* Bytes for console @vty (0: hvc0). Returns how many were taken, 0..n. */
	size_t (*console_write)(void *opaque, unsigned int vty, const void *buf, size_t n);
	/* A trace record, one line without newline. */
	void (*trace)(void *opaque, const char *line);
	/* A message for the user: life cycle, guest mistakes. */
	void (*log)(void *opaque, const char *line);
	/* Something happened, in this order; @ev is gone afterwards. */
	void (*event)(void *opaque, const struct hypar_event *ev);
	/*
	 * A message that the user should see at once: a disk of the host fails,
	 * a device was broken by its driver. A guest can cause many of the
	 * latter. NULL: it goes to log.
	 */
	void (*notice)(void *opaque, const char *line);
};

enum hypar_disk_if { HYPAR_DISK_VIRTIO, HYPAR_DISK_VSCSI };
enum hypar_net_if { HYPAR_NET_VIRTIO, HYPAR_NET_VETH };

/* A disk. Strings are copied. */
struct hypar_disk {
	const char *file; /* raw image or block device */
	const char *id;	  /* unique in the machine; NULL: disk0, disk1 ... */
	enum hypar_disk_if interface;
	bool readonly;
	unsigned int phb; /* virtio: PCI host bridge, 0 to HYPAR_PHBS_MAX - 1 */
};

/* A network card. Either a user-mode network (@tap NULL) or a tap device of the host. */
struct hypar_net {
	const char *tap;	    /* name of the interface, or NULL */
	const char *const *hostfwd; /* user-mode: "tcp:HOSTADDR:HOSTPORT-GUESTADDR:GUESTPORT" */
	unsigned int n_hostfwd;
	const char *mac; /* "52:54:00:12:34:56"; NULL: made from the card's number */
	const char *id;	 /* unique in the machine; NULL: net0, net1 ... */
	enum hypar_net_if interface;
	unsigned int phb; /* as of disks */
};

/* Any other device. */
struct hypar_device {
	const char *type;    /* "virtio-rng", "virtio-console", "virtio-fs", "vty" */
	const char *id;	     /* unique in the machine; NULL: dev0, dev1 ... */
	const char *chardev; /* of consoles: "null", "pty", "unix:PATH", "file:PATH"; or NULL */
	const char *socket;  /* of virtio-fs: where a vhost-user server (virtiofsd) listens */
	const char *tag;     /* of virtio-fs: what the guest mounts, 1 to 36 bytes */
	unsigned int phb;    /* as of disks */
};

/*
 * Persistent memory. The file is the medium: it has @size + @label_size bytes and
 * 4 KiB of hypar's own, or none, when it is laid out. As long as there are any, the process has
 * a handler for SIGBUS: see hypar_handle_sigbus().
 */
struct hypar_nvdimm {
	const char *file;
	const char *id;	     /* unique among NVDIMMs; NULL: nvdimm0, nvdimm1 ... */
	const char *uuid;    /* NULL: the one that the file has, or a new one */
	uint64_t size;	     /* a multiple of HYPAR_SCM_BLOCK_SIZE */
	uint32_t label_size; /* 0: none; see HYPAR_LABEL_SIZE */
	bool unarmed;	     /* what is written is lost at the end; the file is only read */
	bool no_flush;	     /* the guest is not told that it has to ask for flushes */
};

/* Nodes of memory and processors, numbers 0 to n_nodes - 1. */
struct hypar_numa {
	unsigned int n_nodes;
	/* at the start, in whole LMBs: hypar_config.memory together; all 0: even shares */
	uint64_t memory[HYPAR_NODES_MAX];
	uint8_t cpu_node[HYPAR_CPUS_MAX]; /* by vCPU; the threads of a core are in one node */
	uint8_t phb_node[HYPAR_PHBS_MAX];
	/* [from][to], 10 to itself and 11 to 254 to others; 0: 20 */
	uint8_t distance[HYPAR_NODES_MAX][HYPAR_NODES_MAX];
};

struct hypar_config {
	uint64_t memory;	       /* at the start: bytes, a multiple of HYPAR_LMB_SIZE */
	uint64_t memory_max;	       /* that it can grow to (hypar/dr.h), as above; 0: memory */
	const struct hypar_numa *numa; /* NULL: one node */
	unsigned int cpus;	       /* vCPU threads */
	unsigned int threads;	       /* per core */
	unsigned int cpus_max;	       /* that there can be, by hypar/dr.h; 0: cpus */
	enum hypar_cpu_model cpu;
	const struct hypar_disk *disks;		 /* of n_disks */
	const struct hypar_net *nets;		 /* of n_nets */
	const struct hypar_device *devices;	 /* of n_devices */
	unsigned int n_disks, n_nets, n_devices; /* each up to HYPAR_DEVICES_MAX */
	const struct hypar_nvdimm *nvdimms;	 /* of n_nvdimms */
	unsigned int n_nvdimms;			 /* up to HYPAR_NVDIMMS_MAX */
	enum hypar_irqchip irqchip;
	const char *firmware; /* raw image, entered at 0x100: SLOF; NULL: hypar's own */
	const char *kernel;   /* file: ELF64 LE or BE for ppc64, or a raw image */
	const char *initrd;   /* file, or NULL */
	const char *append;   /* kernel command line, or NULL */
	const char *nvram;    /* file of HYPAR_NVRAM_SIZE bytes, made if absent; NULL: not kept */
	const char *tpm_comm; /* the TPM of H_TPM_COMM: "unix:PATH", or a device; or NULL */
	unsigned int tpm_timeout; /* seconds for one command; 0: HYPAR_TPM_TIMEOUT */
	bool flat_tree;	    /* enter the kernel with a flat tree (r5 = 0), without Open Firmware */
	uint64_t seed;	    /* of the guest's random numbers; 0: from the host */
	int64_t rtc_offset; /* seconds added to the host's UTC clock */
	uint32_t trace;	    /* HYPAR_TRACE_* */
	const struct hypar_host_ops *host;
	void *opaque; /* for host's functions */
};

/*
 * For a process whose own SIGBUS handler is installed after a machine with
 * NVDIMMs was made: to be called by it with si_addr. True: the address was one
 * of a file that was cut or cannot be read; it has been repaired, and the
 * handler returns. Async-signal-safe.
 */
bool hypar_handle_sigbus(void *address);

/* Why hypar_machine_run() returned. */
enum hypar_end {
	HYPAR_END_POWEROFF,  /* the guest powered off */
	HYPAR_END_STOPPED,   /* hypar_machine_stop() */
	HYPAR_END_OS_TERM,   /* ibm,os-term: the guest's operating system gave up */
	HYPAR_END_CHECKSTOP, /* the guest cannot go on: see hypar_machine_reason */
	HYPAR_END_ERROR,     /* the host failed: see the error */
};

/*
 * Makes a machine; the strings of @cfg are copied, the kernel and initrd are
 * read and checked. NULL with *e set: the text names the option or file.
 */
hypar_machine *hypar_machine_new(const struct hypar_config *cfg, struct hypar_err *e);
void hypar_machine_free(hypar_machine *m);

/*
 * Runs the machine until it ends; a reboot of the guest restarts it inside.
 * Call once, on one thread.
 */
enum hypar_end hypar_machine_run(hypar_machine *m, struct hypar_err *e);

/* Asks the guest to shut down (EPOW event). Any thread, and signal handlers. */
void hypar_machine_shutdown(hypar_machine *m);

/* Stops the machine at once. Any thread, and signal handlers. */
void hypar_machine_stop(hypar_machine *m);

/*
 * The vCPUs stand still from the return of hypar_machine_pause until as many
 * calls of hypar_machine_resume: no guest instruction, no hypercall, and a
 * power-off or shutdown that was asked for waits. A reset happens, and
 * hypar_machine_stop ends the machine. The guest's time base stands still as well.
 *
 * Any thread but those that run host functions of the machine; waits until it
 * is done. 0, or -ESRCH: the machine does not run (yet, or any more); resume
 * also -EINVAL: it is not paused; with *e set.
 */
int hypar_machine_pause(hypar_machine *m, struct hypar_err *e);
int hypar_machine_resume(hypar_machine *m, struct hypar_err *e);

/*
 * Saves the interrupt controller of the running guest (all sources, queues and
 * per-vCPU words, by the attributes of hypar/kvm.h), makes a fresh one,
 * restores it and lets the guest go on with it: what a migration does to an
 * interrupt controller, on one machine. The vCPUs stand still meanwhile; the
 * guest notices nothing but the time. src/papr/irq_state.c shows each step.
 *
 * Any thread but those that run host functions of the machine; waits until it
 * is done. 0, or -ESRCH: the machine does not run (yet, or any more), or what
 * failed, with *e set; the guest then goes on with its old controller.
 */
int hypar_machine_renew_irqchip(hypar_machine *m, struct hypar_err *e);

/* One line about the end (os-term's text, why a checkstop). Empty: nothing to say. */
const char *hypar_machine_reason(const hypar_machine *m);

/* Bytes typed at console @vty. Returns how many were taken: later the rest. Any thread. */
size_t hypar_console_input(hypar_machine *m, unsigned int vty, const void *buf, size_t n);

/*
 * Reports as text: "registers", "trace" (the last records), "stats". Lines go
 * to @out one by one, without newline. While the machine is not running, or paused.
 * -ENOENT: no such report.
 */
int hypar_machine_report(hypar_machine *m, const char *what,
			 void (*out)(void *opaque, const char *line), void *opaque);

#ifdef __cplusplus
}
#endif

#endif
