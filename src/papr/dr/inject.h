/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Injections: hypercalls and RTAS calls of the guest that answer what the host
 * wants, or later than usual. Both dispatchers ask before they carry out a call;
 * while nothing is injected that is one load of papr.n_injections.
 *
 * Threads: any. dr_injector.lock, after which nothing is taken.
 */
#ifndef HYPAR_PAPR_DR_INJECT_H
#define HYPAR_PAPR_DR_INJECT_H

#include "base/compiler.h"
#include "hypar/dr.h"
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

#define INJECTIONS_MAX 32u

int injector_new(struct papr *p, struct hypar_err *e);
void injector_free(struct papr *p);

/* As hypar_machine_inject() and its companions. */
int inject_add(struct papr *p, const struct hypar_injection *i, u32 *id, struct hypar_err *e);
int inject_status(const char *call, const char *text, s64 *status, struct hypar_err *e);
int inject_clear(struct papr *p, u32 id, struct hypar_err *e);
int inject_next(struct papr *p, u32 *id, struct hypar_injection *i, u64 *hits);

enum inject_result {
	INJECT_NOTHING, /* carry it out */
	INJECT_ANSWER,	/* answer *status */
	INJECT_AGAIN,	/* the vCPU is wanted: vcpu_retry_hcall() was called */
};

/* The call that @v makes: a hypercall, its arguments from r4 on; an RTAS call. */
enum inject_result inject_hcall(struct vcpu *v, u64 nr, s64 *status);
enum inject_result inject_rtas(const struct rtas_args *a, s64 *status);

static inline bool inject_is_armed(const struct papr *p)
{
	return UNLIKELY(__atomic_load_n(&p->n_injections, __ATOMIC_RELAXED));
}

#endif
