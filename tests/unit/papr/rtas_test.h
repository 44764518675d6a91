/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of RTAS share: a platform with one block of RAM and four
 * vCPUs whose threads do not run, and calls as its guest makes them.
 */
#ifndef HYPAR_TESTS_UNIT_PAPR_RTAS_TEST_H
#define HYPAR_TESTS_UNIT_PAPR_RTAS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "papr/papr.h"
#include "papr/rtas/rtas.h"

#define TEST_RAM HYPAR_LMB_SIZE
#define TEST_BLOCK 0x1000u
#define TEST_BUF 0x2000u
#define TEST_CPUS 4u

#define TEST_TOKEN(name) rtas_test_token(name)

struct rtas_fixture {
	struct papr *p;
	struct gmem *m;
	struct vcpu *v;
	u64 block; /* where the argument block goes */
	u32 ret[RTAS_ARGS_MAX];
	bool ok; /* what rtas_call() said */
	char console[64];
	size_t n_console, console_room;
	char trace[700];
};

static inline size_t rtas_test_console(void *opaque, unsigned int vty, const void *buf, size_t n)
{
	struct rtas_fixture *f = opaque;

	assert_int_equal(vty, 0);
	if (n > f->console_room)
		n = f->console_room;
	memcpy(f->console + f->n_console, buf, n);
	f->n_console += n;
	f->console_room -= n;
	return n;
}

static inline void rtas_test_trace(void *opaque, const char *line)
{
	struct rtas_fixture *f = opaque;

	assert_true(strlen(line) < sizeof(f->trace));
	memcpy(f->trace, line, strlen(line) + 1);
}

static const struct hypar_host_ops rtas_test_host = {
	.console_write = rtas_test_console,
	.trace = rtas_test_trace,
};

static inline void rtas_test_open(struct rtas_fixture *f, const struct hypar_config *more)
{
	struct hypar_config cfg = *more;
	struct hypar_err e = { 0 };

	memset(f, 0, sizeof(*f));
	cfg.memory = TEST_RAM;
	cfg.cpus = TEST_CPUS;
	cfg.threads = 2;
	cfg.cpu = HYPAR_CPU_POWER10;
	cfg.host = &rtas_test_host;
	cfg.opaque = f;
	f->p = papr_new(&cfg, &e);
	assert_string_equal(e.text, "");
	assert_non_null(f->p);
	f->m = f->p->partition->mem;
	f->v = f->p->partition->vcpus[0];
	f->block = TEST_BLOCK;
	f->console_room = sizeof(f->console);
}

static inline int rtas_test_setup(void **state)
{
	static struct rtas_fixture f;
	const struct hypar_config cfg = { .irqchip = HYPAR_IRQCHIP_XICS,
					  .trace = HYPAR_TRACE_RTAS };

	rtas_test_open(&f, &cfg);
	*state = &f;
	return 0;
}

static inline int rtas_test_teardown(void **state)
{
	struct rtas_fixture *f = *state;

	papr_free(f->p);
	return 0;
}

static inline u32 rtas_test_token(const char *name)
{
	for (u32 t = RTAS_TOKEN_BASE; t < RTAS_TOKEN_BASE + 0x100; t++)
		if (rtas_name(t) && !strcmp(rtas_name(t), name))
			return t;
	fail_msg("no call %s", name);
	return 0;
}

/* A call with @nargs words from @arg; results to f->ret. Returns the status. */
static inline s32 rtas_test_call(struct rtas_fixture *f, u32 token, const u32 *arg, u32 nargs,
				 u32 nret)
{
	u64 at = f->block;

	assert_true(gmem_st_be32(f->m, gpa_of(at), token));
	assert_true(gmem_st_be32(f->m, gpa_of(at + 4), nargs));
	assert_true(gmem_st_be32(f->m, gpa_of(at + 8), nret));
	at += 12;
	for (u32 i = 0; i < nargs; i++, at += 4)
		assert_true(gmem_st_be32(f->m, gpa_of(at), arg[i]));
	for (u32 i = 0; i < nret; i++)
		assert_true(gmem_st_be32(f->m, gpa_of(at + 4 * i), 0xdeadbeef));
	f->ok = rtas_call(f->v, gpa_of(f->block));
	for (u32 i = 0; i < nret; i++)
		assert_true(gmem_ld_be32(f->m, gpa_of(at + 4 * i), &f->ret[i]));
	return (s32)f->ret[0];
}

/* RTAS_CALL(f, "start-cpu", 1, cpu, entry, r3): the second number is that of results. */
#define RTAS_CALL(f, name, nret, ...)                                            \
	rtas_test_call((f), rtas_test_token(name), (const u32[]){ __VA_ARGS__ }, \
		       sizeof((const u32[]){ __VA_ARGS__ }) / sizeof(u32), (nret))
#define RTAS_CALL0(f, name, nret) rtas_test_call((f), rtas_test_token(name), NULL, 0, (nret))

#endif
