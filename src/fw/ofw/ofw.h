/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the client interface share. Private to src/fw/ofw.
 */
#ifndef HYPAR_FW_OFW_OFW_H
#define HYPAR_FW_OFW_OFW_H

#include "fw/ofw/claim.h"
#include "fw/ofw/client.h"
#include "fw/ofw/tree.h"

#define OFW_CELLS_MAX 16     /* arguments, and results, of one call */
#define OFW_INSTANCES_MAX 32 /* open at the same time */
#define OFW_IHANDLE_BASE 0x70000000u
#define OFW_IHANDLE_LAST 0x7fffffffu
#define OFW_TRUE 0xffffffffu /* and -1, the result of a service that failed */
#define OFW_FAIL 0xffffffffu

/* One open instance of a node. */
struct ofw_instance {
	u32 ih;	     /* 0: unused */
	u32 phandle; /* 0: the node went with ofw_replace_tree() */
	bool is_console;
	char path[OFW_PATH_MAX]; /* as opened, the node's part in full */
	size_t node_len;	 /* of the path without arguments */
};

struct ofw {
	struct ofw_config cfg;
	struct ofw_tree *tree;
	struct claim_map claims;
	struct ofw_instance instance[OFW_INSTANCES_MAX];
	u32 next_ih;
	u32 console;					    /* phandle, or 0 */
	u32 ih_stdin, ih_stdout, ih_memory, ih_mmu, ih_cpu; /* that we opened for /chosen */
	bool is_quiet;					    /* quiesce was called */
};

/* A client call: its arguments, and results that begin as zeros. */
struct call {
	u32 nargs, nret;
	u32 args[OFW_CELLS_MAX];
	u32 rets[OFW_CELLS_MAX];
};

/* instance.c */

/* Opens the node of @path; 0: no such node, or too many instances. */
u32 ofw_open(struct ofw *o, const char *path);
void ofw_close(struct ofw *o, u32 ih);
struct ofw_instance *ofw_instance(struct ofw *o, u32 ih);
/* The nodes of all instances and the console, after the tree changed. */
void ofw_rebind(struct ofw *o);
/* Opens what /chosen refers to. */
void ofw_open_chosen(struct ofw *o);
/* Sets stdout, stdin, memory, mmu and cpu of /chosen, and `available` of /memory. */
MUST_CHECK bool ofw_put_chosen(struct ofw *o);
MUST_CHECK bool ofw_put_available(struct ofw *o);

/* method.c */

/* The service call-method: the catch result. */
u32 ofw_method_call(struct ofw *o, const char *name, u32 ih, struct call *c);
bool ofw_method_exists(struct ofw *o, const char *name, u32 phandle);

#endif
