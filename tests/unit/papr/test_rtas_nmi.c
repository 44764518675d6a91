// SPDX-License-Identifier: Apache-2.0
/*
 * Firmware-assisted interrupts: registration, where a system reset and a
 * machine check enter, and what r3 points to.
 */
#include "base/endian.h"
#include "cpu/exception.h"
#include "isa/msr.h"
#include "rtas_test.h"

#define RTAS_BASE 0x100000u
#define SRESET 0x7100u
#define MCHECK 0x7200u
#define OLD_R3 0x1122334455667788ULL
#define DAR 0xc000003000000010ULL
#define REAL 0x0000003000000010ULL /* of DAR in real mode */

static void instantiate(struct rtas_fixture *f)
{
	assert_true(papr_rtas_instantiate(f->p, gpa_of(RTAS_BASE)));
}

/* Interrupt @exc of @v; its r3 and what it points to are in RTAS. */
static u64 raise(struct rtas_fixture *f, struct vcpu *v, enum cpu_exc exc, u64 *area)
{
	u64 entry, r3;

	v->cpu.gpr[3] = OLD_R3;
	v->cpu.spr.dar = DAR;
	entry = cpu_raise(&v->cpu, exc, 0x4000, 0);
	*area = v->cpu.gpr[3];
	if (*area != OLD_R3) {
		assert_in_range(*area, RTAS_BASE + 0x30, RTAS_BASE + rtas_size(f->p) - 0x80);
		assert_true(gmem_ld_be64(f->m, gpa_of(*area), &r3));
		assert_true(r3 == OLD_R3);
	}
	return entry;
}

static void test_unregistered(void **state)
{
	struct rtas_fixture *f = *state;
	u64 area;

	/* no RTAS, no place for r3 */
	assert_int_equal(RTAS_CALL(f, "ibm,nmi-register", 1, SRESET, MCHECK), RTAS_PARAMETER);
	instantiate(f);
	assert_int_equal(raise(f, f->v, EXC_RESET, &area), 0x100);
	assert_true(area == OLD_R3);
	assert_int_equal(raise(f, f->v, EXC_MCHECK, &area), 0x200);
	assert_true(area == OLD_R3);
	assert_int_equal(RTAS_CALL0(f, "ibm,nmi-interlock", 1), RTAS_PARAMETER);
}

static void test_register_wrong(void **state)
{
	struct rtas_fixture *f = *state;
	const u32 wrong[] = { 0, 1, SRESET + 2, TEST_RAM, 0xfffffffc };
	u64 area;

	instantiate(f);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(RTAS_CALL(f, "ibm,nmi-register", 1, wrong[i], MCHECK),
				 RTAS_PARAMETER);
		assert_int_equal(RTAS_CALL(f, "ibm,nmi-register", 1, SRESET, wrong[i]),
				 RTAS_PARAMETER);
	}
	assert_int_equal(raise(f, f->v, EXC_RESET, &area), 0x100);
	assert_int_equal(RTAS_CALL(f, "ibm,nmi-register", 1, TEST_RAM - 4, 4), RTAS_SUCCESS);
	assert_int_equal(raise(f, f->v, EXC_RESET, &area), TEST_RAM - 4);
}

static void test_entries(void **state)
{
	struct rtas_fixture *f = *state;
	u64 area, seen[TEST_CPUS];

	instantiate(f);
	assert_int_equal(RTAS_CALL(f, "ibm,nmi-register", 1, SRESET, MCHECK), RTAS_SUCCESS);
	for (unsigned int i = 0; i < TEST_CPUS; i++) {
		struct vcpu *v = f->p->partition->vcpus[i];

		assert_int_equal(raise(f, v, EXC_RESET, &seen[i]), SRESET);
		assert_int_equal(raise(f, v, EXC_MCHECK, &area), MCHECK);
		assert_true(area == seen[i]);
		assert_int_equal(v->cpu.spr.srr0, 0x4000);
		/* areas of two vCPUs do not overlap */
		for (unsigned int k = 0; k < i; k++)
			assert_true(seen[i] >= seen[k] + 0x80 || seen[k] >= seen[i] + 0x80);
	}
	/* other interrupts are not concerned */
	assert_int_equal(raise(f, f->v, EXC_PROGRAM, &area), 0x700);
	assert_true(area == OLD_R3);
}

static void test_log(void **state)
{
	struct rtas_fixture *f = *state;
	u8 log[64];
	u64 area;

	instantiate(f);
	RTAS_CALL(f, "ibm,nmi-register", 1, SRESET, MCHECK);
	raise(f, f->p->partition->vcpus[2], EXC_MCHECK, &area);
	assert_true(gmem_read(f->m, gpa_of(area + 8), log, sizeof(log)));
	assert_int_equal(ld_be32(log), 0x06741009);
	assert_int_equal(ld_be32(log + 4), 56);
	assert_int_equal(log[8], 0x86);
	assert_int_equal(log[10], 0x8e);
	assert_memory_equal(log + 20, "IBM\0MC\0\x28", 8);
	assert_int_equal(ld_be32(log + 24 + 12), 2); /* processor */
	assert_int_equal(log[24 + 16], 0);	     /* uncorrectable error */
	assert_int_equal(log[24 + 17], 0x63);	     /* of a load or store, with addresses */
	assert_true(ld_be64(log + 24 + 24) == DAR);
	assert_true(ld_be64(log + 24 + 32) == REAL);
}

static void test_interlock(void **state)
{
	struct rtas_fixture *f = *state;
	u64 area;

	instantiate(f);
	RTAS_CALL(f, "ibm,nmi-register", 1, SRESET, MCHECK);
	raise(f, f->v, EXC_RESET, &area);
	assert_int_equal(RTAS_CALL0(f, "ibm,nmi-interlock", 1), RTAS_PARAMETER);
	raise(f, f->v, EXC_MCHECK, &area);
	assert_int_equal(RTAS_CALL0(f, "ibm,nmi-interlock", 1), RTAS_SUCCESS);
	assert_int_equal(RTAS_CALL0(f, "ibm,nmi-interlock", 1), RTAS_PARAMETER);
	/* a second one before the interlock is the end */
	assert_true(f->v->cpu.msr & MSR_ME);
	f->v->cpu.checkstop = NULL;
	cpu_raise(&f->v->cpu, EXC_MCHECK, 0x4000, 0);
	assert_null(f->v->cpu.checkstop);
	cpu_raise(&f->v->cpu, EXC_MCHECK, 0x4000, 0);
	assert_non_null(f->v->cpu.checkstop);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, rtas_test_setup, rtas_test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unregistered), TEST(test_register_wrong), TEST(test_entries),
		TEST(test_log),		 TEST(test_interlock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
