/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Open Firmware client interface [IEEE 1275 6.3], as Linux's early boot
 * code and boot loaders use it. The services are the rows of ofw.def. A client
 * reaches them through ofw_entry_code, which the platform puts into guest
 * memory: a hypercall with the argument block's address in r4.
 *
 * Threads: one call at a time; the machine serialises.
 */
#ifndef HYPAR_FW_OFW_CLIENT_H
#define HYPAR_FW_OFW_CLIENT_H

#include "base/compiler.h"
#include "base/types.h"
#include "hypar/error.h"
#include "mem/addr.h"
#include "mem/gmem.h"

/* Private hypercalls that the code below makes: the argument block is in r4. */
#define H_RTAS_CALL 0xf000
#define H_VOF_CLIENT 0xf005

/* Position-independent, 32-bit big-endian. */
extern const u8 ofw_entry_code[20];
extern const u8 fw_rtas_blob[20];

/*
 * What the platform does for the firmware. Any function may be NULL; then the
 * service that needs it fails (output goes nowhere, input never comes).
 */
struct ofw_ops {
	/* Console output; returns how many bytes were taken. */
	size_t (*write)(void *opaque, const void *buf, size_t n);
	/* Console input that is there; returns how many bytes, without waiting. */
	size_t (*read)(void *opaque, void *buf, size_t n);
	/*
	 * ibm,client-architecture-support with the vectors at @vec; returns the
	 * status for the client, 0: done. May call ofw_replace_tree().
	 */
	int (*cas)(void *opaque, gpa vec);
	/* Puts the RTAS blob to @base. False: cannot. */
	bool (*instantiate_rtas)(void *opaque, gpa base, u32 *entry);
	/* The client is done with the firmware. */
	void (*quiesce)(void *opaque);
	/* The client gave up (service exit). */
	void (*exit)(void *opaque);
	/* The client asks to boot @spec (service boot): a restart. */
	void (*boot)(void *opaque, const char *spec);
	/* Milliseconds since some time. */
	u64 (*milliseconds)(void *opaque);
	/* A line about each call, when ofw_config.trace. */
	void (*trace)(void *opaque, const char *line);
};

struct ofw_range {
	gpa base;
	u64 size;
};

struct ofw_config {
	struct gmem *mem;
	const struct ofw_ops *ops;
	void *opaque;
	const void *fdt; /* copied; must have /chosen */
	size_t fdt_size;
	u64 ram_size;			  /* of RAM from 0 that clients may claim */
	const struct ofw_range *reserved; /* kernel, initrd, firmware */
	size_t n_reserved;
	bool trace;
};

struct ofw;

/*
 * Firmware over the tree of @cfg. It opens the console (/chosen stdout-path)
 * and sets stdout, stdin, memory, mmu and cpu of /chosen. NULL with *e set.
 * A restart of the machine takes a new one.
 */
struct ofw *ofw_new(const struct ofw_config *cfg, struct hypar_err *e);
void ofw_free(struct ofw *o);

/* A client call with its argument block at @args. Returns r3: 0, or -1. */
int ofw_call(struct ofw *o, gpa args);

/*
 * Another tree in the place of the present one; handles of paths that both
 * have stay valid, and so does what the client set. On failure nothing changed.
 */
int ofw_replace_tree(struct ofw *o, const void *fdt, size_t size, struct hypar_err *e);

/* While no call runs: ofw_config.trace from now on. */
void ofw_set_trace(struct ofw *o, bool on);

/* The present tree, for reports; the caller frees it. */
int ofw_flatten(const struct ofw *o, void **fdt, size_t *size, struct hypar_err *e);

#endif
