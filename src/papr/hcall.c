// SPDX-License-Identifier: Apache-2.0
/*
 * Dispatch of hypercalls by the rows of hcall.def: one case per row, so a
 * number given twice does not compile. Arguments are copied from the registers
 * once, results go back once [PAPR 14.5.1].
 */
#include "papr/hcall.h"

#include <stdio.h>
#include <string.h>

#include "isa/msr.h"
#include "papr/dr/inject.h"
#include "papr/papr.h"

#define GATE_ALL HCALL_ALL
#define GATE_XICS HCALL_XICS
#define GATE_XIVE HCALL_XIVE

static bool gate_open(const struct papr *p, enum hcall_gate gate)
{
	switch (gate) {
	case HCALL_XICS:
		return p->opt.irq_mode == PAPR_XICS;
	case HCALL_XIVE:
		return p->opt.irq_mode == PAPR_XIVE;
	default:
		return true;
	}
}

/* A thunk per row: typed structures around the handler. */
#define HCALL(name, nr, handler, in_, out_, gate, statuses, spec) \
	_Static_assert((nr) % 4 == 0 || (nr) >= 0xf000, #name);   \
	_Static_assert(sizeof(struct name##_in) <= 9 * 8, #name); \
	static hstatus call_##name(struct vcpu *v)                \
	{                                                         \
		struct name##_in in;                              \
		struct name##_out out;                            \
		hstatus st;                                       \
                                                                  \
		memcpy(&in, &v->cpu.gpr[4], sizeof(in));          \
		memcpy(&out, &v->cpu.gpr[4], sizeof(out));        \
		st = handler(v, &in, &out);                       \
		memcpy(&v->cpu.gpr[4], &out, sizeof(out));        \
		return st;                                        \
	}
#include "papr/hcall.def"
#undef HCALL

static hstatus dispatch(struct vcpu *v, u64 nr)
{
	const struct papr *p = papr_of(v);

	switch (nr) {
#define HCALL(name, number, handler, in_, out_, gate, statuses, spec) \
	case number:                                                  \
		return gate_open(p, GATE_##gate) ? call_##name(v) : H_FUNCTION;
#include "papr/hcall.def"
#undef HCALL
	default:
		return H_FUNCTION;
	}
}

static const struct {
	u32 nr;
	u8 n_in, n_out;
	const char *name;
} names[] = {
#define HCALL(id, number, handler, in_, out_, gate, statuses, spec) \
	{ number, sizeof(struct id##_in) / 8, sizeof(struct id##_out) / 8, #id },
#include "papr/hcall.def"
#undef HCALL
};

const char *hcall_name(u64 nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].nr == nr)
			return names[i].name;
	return NULL;
}

bool hcall_by_name(const char *name, u64 *nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, name)) {
			*nr = names[i].nr;
			return true;
		}
	return false;
}

const char *hstatus_name(s64 status)
{
	switch (status) {
#define HSTATUS(name, value) \
	case value:          \
		return #name;
#include "papr/hstatus.def"
#undef HSTATUS
	default:
		return NULL;
	}
}

/* "H_X(a, b) = H_SUCCESS (r4, r5)"; the arguments were saved before the call. */
static void trace(struct vcpu *v, u64 nr, const u64 *args, hstatus st)
{
	unsigned int n_in = 9, n_out = 0;
	char text[320];
	const char *status = hstatus_name(st);
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].nr == nr) {
			n_in = names[i].n_in;
			n_out = names[i].n_out;
		}
	for (unsigned int i = 0; i < n_in && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s0x%llx", i ? ", " : "",
				      (unsigned long long)args[i]);
	text[sizeof(text) - 1] = 0;
	if (n_in == 0)
		text[0] = 0;
	char outs[200] = "";

	n = 0;
	for (unsigned int i = 0; i < n_out && n < sizeof(outs); i++)
		n += (size_t)snprintf(outs + n, sizeof(outs) - n, " 0x%llx",
				      (unsigned long long)v->cpu.gpr[4 + i]);
	if (hcall_name(nr))
		papr_trace(papr_of(v), HYPAR_TRACE_HCALL, "cpu%u hcall %s(%s) = %s%s", v->index,
			   hcall_name(nr), text, status ? status : "flag", outs);
	else
		papr_trace(papr_of(v), HYPAR_TRACE_HCALL, "cpu%u hcall 0x%llx(%s) = H_FUNCTION",
			   v->index, (unsigned long long)nr, text);
}

/* As dispatch(), unless the host wants something else. */
static NOINLINE hstatus injected(struct vcpu *v, u64 nr)
{
	s64 status = H_SUCCESS;

	switch (inject_hcall(v, nr, &status)) {
	case INJECT_ANSWER:
		return (hstatus)status;
	case INJECT_AGAIN:
		return H_SUCCESS;
	default:
		return dispatch(v, nr);
	}
}

void papr_hcall(struct vcpu *v)
{
	struct cpu *c = &v->cpu;
	u64 nr = c->gpr[3], args[9];
	hstatus st;

	if (c->msr & MSR_PR) {
		c->gpr[3] = (u64)(s64)H_PRIVILEGE;
		return;
	}
	memcpy(args, &c->gpr[4], sizeof(args));
	st = inject_is_armed(papr_of(v)) ? injected(v, nr) : dispatch(v, nr);
	*cpu_record_next(&c->records) = (struct cpu_record){
		.kind = CPU_RECORD_HCALL,
		.what = (u32)nr,
		.pc = c->pc,
		.a = args[0],
		.b = args[1],
		.result = st,
	};
	if (UNLIKELY(papr_traces(papr_of(v), HYPAR_TRACE_HCALL)))
		trace(v, nr, args, st);
	c->gpr[3] = (u64)(s64)st;
}
