/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run-time abstraction services [PAPR 7]. The guest's RTAS is a blob of five
 * instructions that makes H_RTAS; everything else is here. A call's argument
 * block is big-endian words: token, nargs, nret, arguments, results. The calls
 * are the rows of rtas.def; handlers live in rtas_<family>.c and run on the
 * thread of the vCPU that called, several at once.
 */
#ifndef HYPAR_PAPR_RTAS_RTAS_H
#define HYPAR_PAPR_RTAS_RTAS_H

#include <time.h>

#include "base/types.h"
#include "fw/fdt/build.h"
#include "hv/vcpu.h"
#include "mem/addr.h"

struct papr;

#define RTAS_TOKEN_BASE 0x2000u
#define RTAS_ARGS_MAX 16u

typedef enum rtas_status {
#define RTAS_STATUS(name, value) RTAS_##name = (value),
#include "papr/rtas/status.def"
#undef RTAS_STATUS
} rtas_status;

/* One call: arguments are read, results written once, around the handler. */
struct rtas_args {
	struct vcpu *vcpu;
	u32 token, nargs, nret;
	u32 arg[RTAS_ARGS_MAX];
	u32 ret[RTAS_ARGS_MAX]; /* ret[0] is the status; the rest starts as 0 */
};

#define RTAS(name, token, handler, nargs, nret, gate, statuses, spec) \
	rtas_status handler(struct rtas_args *a);
#include "papr/rtas/rtas.def"
#undef RTAS

/* Adds what RTAS is to the open /rtas node: a property per call, and their companions. */
void rtas_fdt(struct fdt_build *b);

/*
 * Carries out the call whose block is at @at. False: the block is not RAM or
 * malformed, or there is no such call. A call that does not return has marked
 * the vCPU by vcpu_stop_after_hcall().
 */
bool rtas_call(struct vcpu *v, gpa at);

/* Bytes of guest memory that RTAS takes: the blob, and an area for each vCPU's interrupts. */
u32 rtas_size(const struct papr *p);

/*
 * platform_ops.nmi: where system resets and machine checks enter once
 * ibm,nmi-register was called; r3 then points to what it replaced.
 */
u64 rtas_nmi(struct vcpu *v, u32 exc);

/* Names for traces; NULL: unknown. Some numbers have a name of each call's own. */
const char *rtas_name(u32 token);
const char *rtas_status_name(rtas_status status);
const char *rtas_answer_name(u32 token, rtas_status status);
bool rtas_by_name(const char *name, u32 *token);

/* The guest's clock, UTC. */
void rtas_time_now(struct papr *p, struct tm *tm, u32 *ns);

#endif
