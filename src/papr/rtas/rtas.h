/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run-time abstraction services [PAPR 7]. The guest's RTAS is a blob of five
 * instructions that makes H_RTAS; everything else is here. A call's argument
 * block is big-endian words: token, nargs, nret, arguments, results.
 */
#ifndef HYPAR_PAPR_RTAS_RTAS_H
#define HYPAR_PAPR_RTAS_RTAS_H

#include "base/types.h"
#include "fw/fdt/build.h"
#include "hv/vcpu.h"
#include "mem/addr.h"

#define RTAS_TOKEN_BASE 0x2000u
#define RTAS_ARGS_MAX 16u

/* Status words [PAPR 7.2.8]. */
typedef enum rtas_status {
	RTAS_SUCCESS = 0,
	RTAS_HARDWARE = -1,
	RTAS_BUSY = -2,
	RTAS_PARAMETER = -3,
	RTAS_NOT_AUTHORIZED = -9002,
	RTAS_SYSPARM_NOT_SUPPORTED = -3,
	RTAS_SYSPARM_PARAM_ERROR = -9999,
} rtas_status;

/* One call: arguments are read, results written once, around the handler. */
struct rtas_call {
	struct vcpu *vcpu;
	u32 nargs, nret;
	u32 arg[RTAS_ARGS_MAX];
	u32 ret[RTAS_ARGS_MAX]; /* ret[0] is the status; the rest starts as 0 */
};

/* Adds a property "<call>" = token for each call to the open /rtas node. */
void rtas_fdt(struct fdt_build *b);

/* Carries out the call whose block is at @args. False: the block is not RAM or malformed. */
bool rtas_call(struct vcpu *v, gpa args);

#endif
