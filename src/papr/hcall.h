/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls: statuses, argument structures and handlers, made from
 * hstatus.def and hcall.def. Handlers live in papr/hcall_<family>.c. A handler
 * runs on the thread of the vCPU that called, without locks; *out holds the
 * registers' present values, so that what is not set stays.
 */
#ifndef HYPAR_PAPR_HCALL_H
#define HYPAR_PAPR_HCALL_H

#include "base/types.h"
#include "hv/vcpu.h"

typedef enum hstatus {
#define HSTATUS(name, value) name = (value),
#include "papr/hstatus.def"
#undef HSTATUS
} hstatus;

enum hcall_gate { HCALL_ALL, HCALL_XICS, HCALL_XIVE };

#define IN(...) __VA_ARGS__
#define OUT(...) __VA_ARGS__
#define NOIN u64 unused[0];
#define NOOUT u64 unused[0];
#define HCALL(name, nr, handler, args, results, gate, statuses, spec) \
	struct name##_in {                                            \
		args                                                  \
	};                                                            \
	struct name##_out {                                           \
		results                                               \
	};                                                            \
	hstatus handler(struct vcpu *v, const struct name##_in *in, struct name##_out *out);
#include "papr/hcall.def"
#undef HCALL

/* The platform's entry: number in r3, arguments from r4; status in r3. */
void papr_hcall(struct vcpu *v);

/* Names for traces; NULL: unknown. */
const char *hcall_name(u64 nr);
bool hcall_by_name(const char *name, u64 *nr);
const char *hstatus_name(s64 status);

#endif
