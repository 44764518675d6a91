// SPDX-License-Identifier: Apache-2.0
/*
 * Dispatch of RTAS calls by the rows of rtas.def: one case per row, so a token
 * given twice does not compile. The argument block is fetched once, and the
 * whole of it must be RAM before anything happens [PAPR 7.2.7, 7.2.8].
 */
#include "papr/rtas/rtas.h"

#include <stdio.h>
#include <string.h>

#include "base/endian.h"
#include "papr/dr/inject.h"
#include "papr/papr.h"

#define BLOCK_HEAD 12u
#define BLOCK_MAX (BLOCK_HEAD + 4 * 2 * RTAS_ARGS_MAX)

enum rtas_gate { GATE_ALL, GATE_XICS };

/* Row @token's counts against the caller's. */
#define RTAS(name, number, handler, nargs_, nret_, gate, statuses, spec) \
	_Static_assert((number) >= RTAS_TOKEN_BASE, name);               \
	static bool counts_fit_##handler(const struct rtas_args *a)      \
	{                                                                \
		switch (a->nargs) {                                      \
		case nargs_:                                             \
			break;                                           \
		default:                                                 \
			return false;                                    \
		}                                                        \
		switch (a->nret) {                                       \
		case nret_:                                              \
			return true;                                     \
		default:                                                 \
			return false;                                    \
		}                                                        \
	}
#include "papr/rtas/rtas.def"
#undef RTAS

static bool gate_open(const struct papr *p, enum rtas_gate gate)
{
	return gate == GATE_ALL || p->opt.irq_mode == PAPR_XICS;
}

/* False: no such call. */
static bool dispatch(struct rtas_args *a, rtas_status *status)
{
	const struct papr *p = papr_of(a->vcpu);

	*status = RTAS_PARAMETER;
	switch (a->token) {
#define RTAS(name, number, handler, nargs, nret, gate, statuses, spec) \
	case number:                                                   \
		if (!gate_open(p, GATE_##gate))                        \
			return false;                                  \
		if (counts_fit_##handler(a))                           \
			*status = handler(a);                          \
		return true;
#include "papr/rtas/rtas.def"
#undef RTAS
	default:
		return false;
	}
}

const char *rtas_name(u32 token)
{
	switch (token) {
#define RTAS(name, number, handler, nargs, nret, gate, statuses, spec) \
	case number:                                                   \
		return name;
#include "papr/rtas/rtas.def"
#undef RTAS
	default:
		return NULL;
	}
}

bool rtas_by_name(const char *is, u32 *token)
{
#define RTAS(name, number, handler, nargs, nret, gate, statuses, spec) \
	if (!strcmp(is, name)) {                                       \
		*token = number;                                       \
		return true;                                           \
	}
#include "papr/rtas/rtas.def"
#undef RTAS
	return false;
}

/* Does @name occur in the list of a row, "S(SUCCESS, BUSY)"? */
static bool row_has(const char *row, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = strstr(row, name); at; at = strstr(at + 1, name))
		if (strchr("( ", at[-1]) && strchr(",)", at[n]))
			return true;
	return false;
}

static const char *row_statuses(u32 token)
{
	switch (token) {
#define RTAS(name, number, handler, nargs, nret, gate, statuses, spec) \
	case number:                                                   \
		return #statuses;
#include "papr/rtas/rtas.def"
#undef RTAS
	default:
		return "S()";
	}
}

const char *rtas_answer_name(u32 token, rtas_status status)
{
	static const struct {
		const char *name;
		rtas_status status;
	} all[] = {
#define RTAS_STATUS(name, value) { #name, RTAS_##name },
#include "papr/rtas/status.def"
#undef RTAS_STATUS
	};
	const char *row = row_statuses(token), *found = NULL;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].status == status && (!found || row_has(row, all[i].name)))
			found = all[i].name;
	return found;
}

const char *rtas_status_name(rtas_status status)
{
	return rtas_answer_name(0, status);
}

static void list(char *text, size_t size, const u32 *word, u32 n)
{
	size_t at = 0;

	text[0] = 0;
	for (u32 i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s0x%x", i ? ", " : "", word[i]);
}

/* "rtas nvram-fetch(0x0, 0x1000, 0x10) = SUCCESS (0x10)" */
static void trace(const struct rtas_args *a, rtas_status status)
{
	char args[200], rets[200], token[16];
	const char *name = rtas_name(a->token), *answer = rtas_answer_name(a->token, status);

	if (!name)
		(void)snprintf(token, sizeof(token), "0x%x", a->token);
	list(args, sizeof(args), a->arg, a->nargs);
	list(rets, sizeof(rets), a->ret + 1, a->nret ? a->nret - 1 : 0);
	papr_trace(papr_of(a->vcpu), HYPAR_TRACE_RTAS, "cpu%u rtas %s(%s) = %s (%s)",
		   a->vcpu->index, name ? name : token, args, answer ? answer : "?", rets);
}

/* False: not RAM, or counts that no call has. */
static bool fetch(struct rtas_args *a, gpa at)
{
	const struct gmem *m = a->vcpu->partition->mem;
	u8 b[BLOCK_MAX];
	gpa args;

	if (!gmem_read(m, at, b, BLOCK_HEAD))
		return false;
	a->token = ld_be32(b);
	a->nargs = ld_be32(b + 4);
	a->nret = ld_be32(b + 8);
	if (a->nargs > RTAS_ARGS_MAX || a->nret > RTAS_ARGS_MAX)
		return false;
	if (!gmem_ok(m, at, BLOCK_HEAD + 4 * (a->nargs + a->nret)) ||
	    !gpa_add(at, BLOCK_HEAD, &args) || !gmem_read(m, args, b, 4 * a->nargs))
		return false;
	for (u32 i = 0; i < a->nargs; i++)
		a->arg[i] = ld_be32(b + 4 * i);
	return true;
}

static bool give_results(const struct rtas_args *a, gpa at)
{
	u8 b[4 * RTAS_ARGS_MAX];
	gpa rets;

	for (u32 i = 0; i < a->nret; i++)
		st_be32(b + 4 * i, a->ret[i]);
	return gpa_add(at, BLOCK_HEAD + 4 * a->nargs, &rets) &&
	       gmem_write(a->vcpu->partition->mem, rets, b, 4 * a->nret);
}

/* As dispatch(), unless the host wants something else; *again: later, nothing happened. */
static NOINLINE bool injected(struct rtas_args *a, rtas_status *status, bool *again)
{
	s64 answer = RTAS_SUCCESS;

	switch (inject_rtas(a, &answer)) {
	case INJECT_ANSWER:
		*status = (rtas_status)answer;
		return true;
	case INJECT_AGAIN:
		*again = true;
		return true;
	default:
		return dispatch(a, status);
	}
}

bool rtas_call(struct vcpu *v, gpa at)
{
	struct rtas_args a = { .vcpu = v };
	bool found, again = false;
	rtas_status status;

	if (!fetch(&a, at))
		return false;
	found = !inject_is_armed(papr_of(v)) ? dispatch(&a, &status) :
					       injected(&a, &status, &again);
	if (UNLIKELY(again))
		return true;
	a.ret[0] = (u32)status;
	if (UNLIKELY(papr_traces(papr_of(v), HYPAR_TRACE_RTAS)))
		trace(&a, status);
	/* nobody is there to read them */
	if (vcpu_is_stopping(v))
		return true;
	return give_results(&a, at) && found && a.nret > 0;
}

void rtas_fdt(struct fdt_build *b)
{
#define RTAS(name, number, handler, nargs, nret, gate, statuses, spec) fdt_u32(b, name, number);
#include "papr/rtas/rtas.def"
#undef RTAS
	/* or Linux does not call ibm,os-term [PAPR 7.3.9.1] */
	fdt_empty(b, "ibm,extended-os-term");
	/* pairs: sensor, highest index; not those of connectors [LoPAR 13.5.3.3] */
	FDT_CELLS(b, "rtas-sensors", 9, 0);
}
