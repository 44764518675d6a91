// SPDX-License-Identifier: Apache-2.0
/*
 * The RTAS dispatcher over every row, and the calls about processors, time,
 * console, power and system parameters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <libfdt.h>

#include "base/endian.h"
#include "papr/hcall.h"
#include "rtas_test.h"

/* ---- the table ---- */

struct row {
	const char *name;
	u32 token, min, max, nret, nret_max;
	bool xics;
};

/* "3", or "3 ... 4" */
static void range_of(const char *text, u32 *min, u32 *max)
{
	*max = *min = (u32)strtoul(text, NULL, 0);
	if (strstr(text, "..."))
		*max = (u32)strtoul(strstr(text, "...") + 3, NULL, 0);
}

static struct row row_of(const char *name, u32 token, const char *nargs, const char *nret,
			 bool xics)
{
	struct row r = { .name = name, .token = token, .xics = xics };

	range_of(nargs, &r.min, &r.max);
	range_of(nret, &r.nret, &r.nret_max);
	return r;
}

#define IS_ALL false
#define IS_XICS true
#define RTAS(name, token, handler, nargs, nret, gate, statuses, spec) \
	row_of(name, token, #nargs, #nret, IS_##gate),
static size_t rows(struct row *out)
{
	const struct row all[] = {
#include "papr/rtas/rtas.def"
	};

	memcpy(out, all, sizeof(all));
	return ARRAY_SIZE(all);
}
#undef RTAS

#define ROWS_MAX 128

/* Every combination of counts that is not the row's: -3, and nothing happens. */
static void test_wrong_counts(void **state)
{
	struct rtas_fixture *f = *state;
	const u32 arg[RTAS_ARGS_MAX] = { 0 };
	struct row row[ROWS_MAX];
	size_t n = rows(row);

	assert_in_range(n, 20, ROWS_MAX);
	for (size_t i = 0; i < n; i++)
		for (u32 nargs = 0; nargs <= RTAS_ARGS_MAX; nargs++)
			for (u32 nret = 0; nret <= RTAS_ARGS_MAX; nret++) {
				if (nargs >= row[i].min && nargs <= row[i].max &&
				    nret >= row[i].nret && nret <= row[i].nret_max)
					continue;
				rtas_test_call(f, row[i].token, arg, nargs, nret);
				assert_int_equal(f->ok, nret > 0);
				if (nret)
					assert_int_equal((s32)f->ret[0], RTAS_PARAMETER);
				for (u32 k = 1; k < nret; k++)
					assert_int_equal(f->ret[k], 0);
			}
	assert_false(vcpu_is_stopping(f->v));
	assert_int_equal(f->p->partition->request, PARTITION_RUN);
	assert_int_equal(f->n_console, 0);
}

static void test_unknown(void **state)
{
	struct rtas_fixture *f = *state;
	const u32 tokens[] = { 0,      RTAS_TOKEN_BASE - 1, RTAS_TOKEN_BASE + 0x2d,
			       0x20ff, 0x80002000,	    0xffffffff };
	const u32 arg[2] = { 1, 2 };

	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		assert_null(rtas_name(tokens[i]));
		assert_int_equal(rtas_test_call(f, tokens[i], arg, 2, 3), RTAS_PARAMETER);
		assert_false(f->ok);
		rtas_test_call(f, tokens[i], arg, 2, 0);
		assert_false(f->ok);
	}
}

/* The calls of the XICS are not there under XIVE. */
static void test_gate(void **state)
{
	struct rtas_fixture *f = *state;
	const u32 arg[RTAS_ARGS_MAX] = { 0 };
	struct row row[ROWS_MAX];
	size_t n = rows(row), n_xics = 0;

	f->p->opt.irq_mode = PAPR_XIVE;
	for (size_t i = 0; i < n; i++) {
		if (!row[i].xics)
			continue;
		n_xics++;
		assert_int_equal(rtas_test_call(f, row[i].token, arg, row[i].min, row[i].nret),
				 RTAS_PARAMETER);
		assert_false(f->ok);
	}
	assert_int_equal(n_xics, 4);
}

/* ---- the argument block ---- */

static void test_block_counts(void **state)
{
	struct rtas_fixture *f = *state;
	const u32 head[][2] = { { 17, 1 },
				{ 0, 17 },
				{ 0xffffffff, 1 },
				{ 0, 0xffffffff },
				{ 0x40000000, 0x40000000 } };

	for (size_t i = 0; i < ARRAY_SIZE(head); i++) {
		u32 word;

		assert_true(gmem_st_be32(f->m, gpa_of(TEST_BLOCK), TEST_TOKEN("get-time-of-day")));
		assert_true(gmem_st_be32(f->m, gpa_of(TEST_BLOCK + 4), head[i][0]));
		assert_true(gmem_st_be32(f->m, gpa_of(TEST_BLOCK + 8), head[i][1]));
		assert_true(gmem_st_be32(f->m, gpa_of(TEST_BLOCK + 12), 0x1234));
		assert_false(rtas_call(f->v, gpa_of(TEST_BLOCK)));
		assert_true(gmem_ld_be32(f->m, gpa_of(TEST_BLOCK + 12), &word));
		assert_int_equal(word, 0x1234);
	}
}

/* A block that ends with RAM works; one whose last word is beyond it does nothing. */
static void test_block_at_end_of_ram(void **state)
{
	struct rtas_fixture *f = *state;
	const u64 size = 12 + 4 * 2;

	f->block = TEST_RAM - size;
	assert_int_equal(RTAS_CALL(f, "display-character", 1, 'x'), RTAS_SUCCESS);
	assert_true(f->ok);
	assert_int_equal(f->n_console, 1);
	/* moved up by a word: token, counts and argument there, result not */
	assert_true(gmem_st_be32(f->m, gpa_of(TEST_RAM - 16), TEST_TOKEN("display-character")));
	assert_true(gmem_st_be32(f->m, gpa_of(TEST_RAM - 12), 1));
	assert_true(gmem_st_be32(f->m, gpa_of(TEST_RAM - 8), 1));
	assert_true(gmem_st_be32(f->m, gpa_of(TEST_RAM - 4), 'y'));
	assert_false(rtas_call(f->v, gpa_of(TEST_RAM - 16)));
	assert_int_equal(f->n_console, 1);
}

static void test_block_not_ram(void **state)
{
	struct rtas_fixture *f = *state;
	const u64 at[] = { TEST_RAM,   TEST_RAM - 11, 1ULL << 40, 0xc000000000001000ULL,
			   ~0ULL - 11, ~0ULL - 3,     ~0ULL };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++)
		assert_false(rtas_call(f->v, gpa_of(at[i])));
}

static void test_block_unaligned(void **state)
{
	struct rtas_fixture *f = *state;

	f->block = TEST_BLOCK + 3;
	assert_int_equal(RTAS_CALL(f, "get-power-level", 2, 0xffffffff), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 100);
}

static void test_hypercall(void **state)
{
	struct rtas_fixture *f = *state;
	struct H_RTAS_in in = { .args = TEST_BLOCK };
	struct H_RTAS_out out;
	u8 blob[sizeof(fw_rtas_blob)];

	RTAS_CALL(f, "get-power-level", 2, 0xffffffff);
	assert_int_equal(h_rtas(f->v, &in, &out), H_SUCCESS);
	in.args = TEST_RAM;
	assert_int_equal(h_rtas(f->v, &in, &out), H_PARAMETER);

	assert_false(papr_rtas_instantiate(f->p, gpa_of(TEST_RAM - 16)));
	assert_int_equal(f->p->rtas_base.v, 0);
	assert_true(papr_rtas_instantiate(f->p, gpa_of(0x10000)));
	assert_int_equal(f->p->rtas_base.v, 0x10000);
	assert_true(gmem_read(f->m, gpa_of(0x10000), blob, sizeof(blob)));
	assert_memory_equal(blob, fw_rtas_blob, sizeof(blob));
}

static void test_trace(void **state)
{
	struct rtas_fixture *f = *state;
	const u32 many[RTAS_ARGS_MAX] = { [0 ... 15] = 0xffffffff };

	RTAS_CALL(f, "get-power-level", 2, 0xffffffff);
	assert_string_equal(f->trace, "cpu0 rtas get-power-level(0xffffffff) = SUCCESS (0x64)");
	rtas_test_call(f, 0x1234, many, RTAS_ARGS_MAX, RTAS_ARGS_MAX);
	assert_non_null(strstr(f->trace, "cpu0 rtas 0x1234(0xffffffff, "));
	assert_non_null(strstr(f->trace, "= PARAMETER (0x0, "));
}

static void test_fdt(void **state)
{
	struct fdt_build b;
	struct row row[ROWS_MAX];
	size_t size, n = rows(row);
	void *fdt;
	int node;

	(void)state;
	fdt_build_init(&b);
	b.is_unchecked = true;
	fdt_begin(&b, "");
	fdt_begin(&b, "rtas");
	rtas_fdt(&b);
	fdt_end(&b);
	fdt_end(&b);
	assert_int_equal(fdt_build_finish(&b, &fdt, &size, NULL), 0);
	node = fdt_path_offset(fdt, "/rtas");
	for (size_t i = 0; i < n; i++) {
		int len;
		const void *value = fdt_getprop(fdt, node, row[i].name, &len);

		assert_non_null(value);
		assert_int_equal(len, 4);
		assert_int_equal(ld_be32(value), row[i].token);
	}
	assert_non_null(fdt_getprop(fdt, node, "ibm,extended-os-term", NULL));
	free(fdt);
}

/* ---- processors ---- */

static void test_cpus(void **state)
{
	struct rtas_fixture *f = *state;
	struct vcpu *two = f->p->partition->vcpus[2];

	assert_int_equal(RTAS_CALL(f, "query-cpu-stopped-state", 2, 2), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 0);
	assert_int_equal(RTAS_CALL(f, "start-cpu", 1, 2, 0xde5c, 0x80000002), RTAS_SUCCESS);
	assert_int_equal(two->cpu.pc, 0xde5c);
	assert_int_equal(two->cpu.gpr[3], 0x80000002);
	assert_int_equal(RTAS_CALL(f, "query-cpu-stopped-state", 2, 2), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 2);
	assert_int_equal(RTAS_CALL(f, "start-cpu", 1, 2, 0, 0), RTAS_HARDWARE);
	assert_int_equal(two->cpu.pc, 0xde5c);

	vcpu_stop_after_hcall(two);
	assert_int_equal(RTAS_CALL(f, "query-cpu-stopped-state", 2, 2), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 1);
	assert_int_equal(RTAS_CALL(f, "start-cpu", 1, 2, 0, 0), RTAS_HARDWARE);
	vcpu_stop_self(two);
	RTAS_CALL(f, "query-cpu-stopped-state", 2, 2);
	assert_int_equal(f->ret[1], 0);

	for (u32 bad = TEST_CPUS; bad; bad <<= 1) {
		assert_int_equal(RTAS_CALL(f, "query-cpu-stopped-state", 2, bad), RTAS_PARAMETER);
		assert_int_equal(RTAS_CALL(f, "start-cpu", 1, bad, 0x100, 0), RTAS_PARAMETER);
	}
}

/* Calls that do not return leave no results and mark the vCPU. */
static void expect_end(struct rtas_fixture *f, const char *name, u32 n, int request)
{
	const u32 none[2] = { 0xffffffff, 0xffffffff };

	f->v->stopping = false;
	f->p->partition->request = PARTITION_RUN;
	rtas_test_call(f, rtas_test_token(name), none, n, 1);
	assert_true(f->ok);
	assert_true(vcpu_is_stopping(f->v));
	assert_int_equal(f->ret[0], 0xdeadbeef);
	assert_int_equal(f->p->partition->request, request);
}

static void test_ends(void **state)
{
	struct rtas_fixture *f = *state;

	expect_end(f, "stop-self", 0, PARTITION_RUN);
	expect_end(f, "power-off", 2, PARTITION_POWEROFF);
	expect_end(f, "ibm,power-off-ups", 0, PARTITION_POWEROFF);
	expect_end(f, "system-reboot", 0, PARTITION_RESET);
}

static void os_term(struct rtas_fixture *f, u64 at, const char *reason)
{
	f->v->stopping = false;
	f->p->partition->request = PARTITION_RUN;
	RTAS_CALL(f, "ibm,os-term", 1, (u32)at);
	assert_true(vcpu_is_stopping(f->v));
	assert_int_equal(f->p->partition->request, PARTITION_OS_TERM);
	assert_string_equal(f->p->partition->reason, reason);
}

static void test_os_term(void **state)
{
	struct rtas_fixture *f = *state;
	static const char words[] = "OS panic:\n100%s \x1b\xff gone\n\n";
	char longest[sizeof(f->p->partition->reason)];

	assert_true(gmem_write(f->m, gpa_of(TEST_BUF), words, sizeof(words)));
	os_term(f, TEST_BUF, "OS panic: 100%s    gone");
	os_term(f, TEST_RAM, "");
	os_term(f, 0xffffffff, "");
	/* no end, up to the end of RAM */
	assert_true(gmem_write(f->m, gpa_of(TEST_RAM - 3), "end", 3));
	os_term(f, TEST_RAM - 3, "end");
	assert_true(gmem_set(f->m, gpa_of(TEST_BUF), 'x', 4096));
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = 0;
	os_term(f, TEST_BUF, longest);
}

/* ---- time ---- */

static void test_time(void **state)
{
	struct rtas_fixture *f = *state;

	assert_int_equal(RTAS_CALL(f, "set-time-of-day", 1, 2028, 2, 29, 23, 59, 30, 0),
			 RTAS_SUCCESS);
	assert_int_equal(RTAS_CALL0(f, "get-time-of-day", 8), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 2028);
	assert_int_equal(f->ret[2], 2);
	assert_int_equal(f->ret[3], 29);
	assert_int_equal(f->ret[4], 23);
	assert_int_equal(f->ret[5], 59);
	assert_in_range(f->ret[6], 30, 59);
	assert_in_range(f->ret[7], 0, 999999999);
	f->p->rtc_offset = INT64_MAX;
	assert_int_equal(RTAS_CALL0(f, "get-time-of-day", 8), RTAS_SUCCESS);
	assert_in_range(f->ret[2], 1, 12);
	f->p->rtc_offset = 0;
	RTAS_CALL0(f, "get-time-of-day", 8);
	assert_in_range(f->ret[1], 2024, 2100);
}

static void test_time_wrong(void **state)
{
	struct rtas_fixture *f = *state;
	static const u32 wrong[][7] = {
		{ 1969, 12, 31, 0, 0, 0, 0 },	     { 10000, 1, 1, 0, 0, 0, 0 },
		{ 2026, 0, 1, 0, 0, 0, 0 },	     { 2026, 13, 1, 0, 0, 0, 0 },
		{ 2026, 1, 0, 0, 0, 0, 0 },	     { 2026, 1, 32, 0, 0, 0, 0 },
		{ 2026, 2, 29, 0, 0, 0, 0 },	     { 2100, 2, 29, 0, 0, 0, 0 },
		{ 2026, 4, 31, 0, 0, 0, 0 },	     { 2026, 1, 1, 24, 0, 0, 0 },
		{ 2026, 1, 1, 0, 60, 0, 0 },	     { 2026, 1, 1, 0, 0, 60, 0 },
		{ 2026, 1, 1, 0, 0, 0, 1000000000 }, { 2026, 0xffffffff, 1, 0, 0, 0, 0 },
	};

	f->p->rtc_offset = 77;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(rtas_test_call(f, TEST_TOKEN("set-time-of-day"), wrong[i], 7, 1),
				 RTAS_PARAMETER);
	assert_int_equal(f->p->rtc_offset, 77);
	assert_int_equal(RTAS_CALL(f, "set-time-of-day", 1, 2000, 2, 29, 0, 0, 0, 999999999),
			 RTAS_SUCCESS);
	assert_int_equal(RTAS_CALL(f, "set-time-of-day", 1, 9999, 12, 31, 23, 59, 59, 0),
			 RTAS_SUCCESS);
}

/* ---- console, sensors, power ---- */

static void test_display_character(void **state)
{
	struct rtas_fixture *f = *state;

	f->console_room = 2;
	assert_int_equal(RTAS_CALL(f, "display-character", 1, 'o'), RTAS_SUCCESS);
	assert_int_equal(RTAS_CALL(f, "display-character", 1, 0xffffff6b), RTAS_SUCCESS);
	assert_int_equal(RTAS_CALL(f, "display-character", 1, '!'), RTAS_BUSY);
	assert_string_equal(f->console, "ok");
}

static void test_panel(void **state)
{
	struct rtas_fixture *f = *state;

	assert_int_equal(RTAS_CALL(f, "get-sensor-state", 2, 9, 0), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 0);
	assert_int_equal(RTAS_CALL(f, "get-sensor-state", 2, 9, 1), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "get-sensor-state", 2, 9003, 0x9fffffff), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "set-indicator", 1, 9001, 0x9fffffff, 1), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "set-power-level", 2, 0xffffffff, 0), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 100);
	assert_int_equal(RTAS_CALL(f, "set-power-level", 2, 0xffffffff, 101), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "set-power-level", 2, 0, 100), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "get-power-level", 2, 0xffffffff), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 100);
	assert_int_equal(RTAS_CALL(f, "get-power-level", 2, 0), RTAS_PARAMETER);
}

/* ---- XICS sources ---- */

static void test_xics(void **state)
{
	struct rtas_fixture *f = *state;

	assert_int_equal(RTAS_CALL(f, "ibm,get-xive", 3, PAPR_IRQ_EPOW), RTAS_SUCCESS);
	assert_int_equal(f->ret[2], XICS_PRIO_MASKED);
	assert_int_equal(RTAS_CALL(f, "ibm,set-xive", 1, PAPR_IRQ_EPOW, 3, 5), RTAS_SUCCESS);
	assert_int_equal(RTAS_CALL(f, "ibm,get-xive", 3, PAPR_IRQ_EPOW), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 3);
	assert_int_equal(f->ret[2], 5);
	assert_int_equal(RTAS_CALL(f, "ibm,int-off", 1, PAPR_IRQ_EPOW), RTAS_SUCCESS);
	RTAS_CALL(f, "ibm,get-xive", 3, PAPR_IRQ_EPOW);
	assert_int_equal(f->ret[2], XICS_PRIO_MASKED);
	assert_int_equal(RTAS_CALL(f, "ibm,int-on", 1, PAPR_IRQ_EPOW), RTAS_SUCCESS);
	RTAS_CALL(f, "ibm,get-xive", 3, PAPR_IRQ_EPOW);
	assert_int_equal(f->ret[2], 5);

	assert_int_equal(RTAS_CALL(f, "ibm,set-xive", 1, PAPR_IRQ_EPOW, TEST_CPUS, 5),
			 RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "ibm,set-xive", 1, 0x12ff, 0, 5), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "ibm,get-xive", 3, 0xffffffff), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "ibm,int-off", 1, 2), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "ibm,int-on", 1, PAPR_N_IRQS), RTAS_PARAMETER);
}

/* ---- system parameters ---- */

static void get_sysparm(struct rtas_fixture *f, u32 number, u8 *buf, u32 size)
{
	assert_true(gmem_set(f->m, gpa_of(TEST_BUF), 0xee, 1024));
	assert_int_equal(RTAS_CALL(f, "ibm,get-system-parameter", 1, number, TEST_BUF, size),
			 RTAS_SUCCESS);
	assert_true(gmem_read(f->m, gpa_of(TEST_BUF), buf, 1024));
	for (u32 i = size; i < 1024; i++)
		assert_int_equal(buf[i], 0xee);
}

static void test_get_sysparm(void **state)
{
	static const char splpar[] = "MaxEntCap=200,DesEntCap=200,DesMem=256,DesProcs=2,"
				     "MaxPlatProcs=2";
	struct rtas_fixture *f = *state;
	u8 b[1024];

	get_sysparm(f, 20, b, 1024);
	assert_int_equal(ld_be16(b), sizeof(splpar));
	assert_string_equal((char *)b + 2, splpar);
	assert_int_equal(b[2 + sizeof(splpar)], 0xee);
	/* cut short, but the length is that of the whole */
	get_sysparm(f, 20, b, 6);
	assert_int_equal(ld_be16(b), sizeof(splpar));
	assert_memory_equal(b + 2, "MaxE", 4);
	get_sysparm(f, 20, b, 2);
	assert_int_equal(ld_be16(b), sizeof(splpar));
	get_sysparm(f, 42, b, 3);
	assert_memory_equal(b, "\0\1\0", 3);
	get_sysparm(f, 48, b, 1024);
	assert_int_equal(ld_be16(b), 0);
	assert_int_equal(b[2], 0xee);
}

static void test_get_sysparm_wrong(void **state)
{
	struct rtas_fixture *f = *state;
	u8 last[2];

	for (u32 size = 0; size < 2; size++)
		assert_int_equal(RTAS_CALL(f, "ibm,get-system-parameter", 1, 42, TEST_BUF, size),
				 RTAS_PARAM_ERROR);
	assert_int_equal(RTAS_CALL(f, "ibm,get-system-parameter", 1, 43, TEST_BUF, 4096),
			 RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "ibm,get-system-parameter", 1, 42, TEST_RAM, 64),
			 RTAS_PARAM_ERROR);
	/* only what is written must be RAM */
	assert_int_equal(RTAS_CALL(f, "ibm,get-system-parameter", 1, 42, TEST_RAM - 3, 4096),
			 RTAS_SUCCESS);
	assert_int_equal(RTAS_CALL(f, "ibm,get-system-parameter", 1, 42, TEST_RAM - 2, 4096),
			 RTAS_PARAM_ERROR);
	assert_int_equal(RTAS_CALL(f, "ibm,get-system-parameter", 1, 20, TEST_RAM - 2, 2),
			 RTAS_SUCCESS);
	assert_true(gmem_read(f->m, gpa_of(TEST_RAM - 2), last, 2));
	assert_in_range(ld_be16(last), 20, 500);
	assert_int_equal(RTAS_CALL(f, "ibm,get-system-parameter", 1, 20, 0xfffffffe, 0xffffffff),
			 RTAS_PARAM_ERROR);
}

static void test_set_sysparm(void **state)
{
	struct rtas_fixture *f = *state;

	assert_int_equal(RTAS_CALL(f, "ibm,set-system-parameter", 1, 42, TEST_BUF),
			 RTAS_NOT_AUTHORIZED);
	assert_int_equal(RTAS_CALL(f, "ibm,set-system-parameter", 1, 42, TEST_RAM),
			 RTAS_PARAM_ERROR);
	assert_int_equal(RTAS_CALL(f, "ibm,set-system-parameter", 1, 9999, TEST_BUF),
			 RTAS_PARAMETER);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, rtas_test_setup, rtas_test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_wrong_counts),
		TEST(test_unknown),
		TEST(test_gate),
		TEST(test_block_counts),
		TEST(test_block_at_end_of_ram),
		TEST(test_block_not_ram),
		TEST(test_block_unaligned),
		TEST(test_hypercall),
		TEST(test_trace),
		TEST(test_fdt),
		TEST(test_cpus),
		TEST(test_ends),
		TEST(test_os_term),
		TEST(test_time),
		TEST(test_time_wrong),
		TEST(test_display_character),
		TEST(test_panel),
		TEST(test_xics),
		TEST(test_get_sysparm),
		TEST(test_get_sysparm_wrong),
		TEST(test_set_sysparm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
