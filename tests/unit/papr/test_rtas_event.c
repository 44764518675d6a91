// SPDX-License-Identifier: Apache-2.0
/*
 * Events: the queues, their interrupts, and every byte of the EPOW log, parsed
 * the way a guest does.
 */
#include "base/endian.h"
#include "rtas_test.h"

#define LOG_SIZE 116u
#define EVENT_ALL 0xffffffffu
#define BUF_SIZE EVENT_LOG_MAX

static s32 check(struct rtas_fixture *f, u32 mask, u32 buf, u32 size)
{
	return RTAS_CALL(f, "check-exception", 1, 0x500, PAPR_IRQ_EPOW, mask, 0, buf, size);
}

static s32 scan(struct rtas_fixture *f, u32 mask)
{
	return RTAS_CALL(f, "event-scan", 1, mask, 0, TEST_BUF, BUF_SIZE);
}

/* EPOW goes to vCPU 1 at priority 5. */
static void enable_epow(struct rtas_fixture *f)
{
	assert_int_equal(xics_set_cppr(f->p->xics, 1, 0xff), 0);
	assert_int_equal(RTAS_CALL(f, "ibm,set-xive", 1, PAPR_IRQ_EPOW, 1, 5), RTAS_SUCCESS);
}

/* Takes and ends the EPOW interrupt, if there is one. */
static bool take_epow(struct rtas_fixture *f)
{
	u32 xirr;

	assert_int_equal(xics_accept(f->p->xics, 1, &xirr), 0);
	if (!(xirr & 0xffffff))
		return false;
	assert_int_equal(xirr & 0xffffff, PAPR_IRQ_EPOW);
	assert_int_equal(xics_eoi(f->p->xics, 1, xirr), 0);
	return true;
}

/* The section @id of a version 6 log, or NULL; checks that sections fill the log. */
static const u8 *section(const u8 *log, const char *id, unsigned int *n)
{
	const u8 *at = log + 24, *end = log + 8 + ld_be32(log + 4), *found = NULL;

	assert_int_equal(log[0], 6);
	assert_true(log[1] & EVENT_EXTENDED);
	assert_int_equal(log[8] & 0x80, 0x80);	/* valid */
	assert_int_equal(log[10] & 0x0f, 0x0e); /* platform event format */
	assert_memory_equal(log + 20, "IBM\0", 4);
	for (*n = 0; at < end; ++*n) {
		u32 size = ld_be16(at + 2);

		assert_in_range(size, 8, (uintmax_t)(end - at));
		if (!memcmp(at, id, 2))
			found = at;
		at += size;
	}
	assert_ptr_equal(at, end);
	return found;
}

static void test_epow_log(void **state)
{
	struct rtas_fixture *f = *state;
	u8 log[BUF_SIZE];
	unsigned int n;
	const u8 *s;

	RTAS_CALL(f, "set-time-of-day", 1, 2031, 12, 9, 10, 20, 30, 0);
	event_epow_shutdown(f->p);
	assert_true(gmem_set(f->m, gpa_of(TEST_BUF), 0xee, BUF_SIZE));
	assert_int_equal(check(f, EVENT_MASK_EPOW, TEST_BUF, BUF_SIZE), RTAS_SUCCESS);
	assert_true(gmem_read(f->m, gpa_of(TEST_BUF), log, BUF_SIZE));
	/* event, not recovered, EPOW */
	assert_int_equal(ld_be32(log), 0x06340040);
	assert_int_equal(ld_be32(log + 4), LOG_SIZE - 8);
	assert_int_equal(log[LOG_SIZE], 0xee);

	s = section(log, "PH", &n);
	assert_int_equal(n, 3);
	assert_int_equal(ld_be16(s + 2), 48);
	assert_int_equal(ld_be32(s + 8), 0x20311209);
	assert_int_equal(ld_be16(s + 12), 0x1020);
	assert_int_equal(s[24], 'H');
	assert_int_equal(s[27], n);
	assert_int_equal(ld_be32(s + 40), 1);
	s = section(log, "UH", &n);
	assert_int_equal(ld_be16(s + 2), 24);
	assert_int_equal(s[8], 0xa0);
	assert_int_equal(s[11], 0xd0);
	s = section(log, "EP", &n);
	assert_int_equal(ld_be16(s + 2), 20);
	assert_int_equal(s[4], 2);
	assert_int_equal(s[8] & 0xf, EPOW_SYSTEM_SHUTDOWN);
	assert_int_equal(s[9] & 0xf, 1);

	assert_int_equal(RTAS_CALL(f, "get-sensor-state", 2, 9, 0), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], EPOW_SYSTEM_SHUTDOWN);
}

/* Each event goes to one of the two calls, and only to those that ask for its class. */
static void test_masks(void **state)
{
	struct rtas_fixture *f = *state;
	struct event io = { .size = EVENT_FIXED_SIZE, .log = { 6 } };

	assert_int_equal(check(f, EVENT_ALL, TEST_BUF, BUF_SIZE), RTAS_NO_EVENT);
	assert_int_equal(scan(f, EVENT_ALL), RTAS_NO_EVENT);
	event_epow_shutdown(f->p);
	assert_true(event_push(f->p, EVENT_IO, &io));
	assert_int_equal(check(f, EVENT_ALL & ~EVENT_MASK_EPOW, TEST_BUF, BUF_SIZE), RTAS_NO_EVENT);
	assert_int_equal(scan(f, EVENT_ALL & ~EVENT_MASK_IO), RTAS_NO_EVENT);
	assert_int_equal(scan(f, EVENT_ALL), RTAS_SUCCESS);
	assert_int_equal(scan(f, EVENT_ALL), RTAS_NO_EVENT);
	/* machine checks have no log */
	assert_int_equal(RTAS_CALL(f, "check-exception", 1, 0x200, 0, EVENT_ALL, 0, TEST_BUF,
				   BUF_SIZE),
			 RTAS_NO_EVENT);
	/* with the seventh argument */
	assert_int_equal(RTAS_CALL(f, "check-exception", 1, 0x500, 0, EVENT_ALL, 0, TEST_BUF,
				   BUF_SIZE, 0),
			 RTAS_SUCCESS);
	assert_int_equal(check(f, EVENT_ALL, TEST_BUF, BUF_SIZE), RTAS_NO_EVENT);
}

static void test_buffer(void **state)
{
	struct rtas_fixture *f = *state;
	u8 log[BUF_SIZE];

	for (u32 size = 0; size < LOG_SIZE + 4; size++) {
		u32 full = size < LOG_SIZE ? size : LOG_SIZE;

		event_epow_shutdown(f->p);
		assert_true(gmem_set(f->m, gpa_of(TEST_BUF), 0xee, BUF_SIZE));
		assert_int_equal(check(f, EVENT_ALL, TEST_BUF, size), RTAS_SUCCESS);
		assert_true(gmem_read(f->m, gpa_of(TEST_BUF), log, BUF_SIZE));
		if (full)
			assert_int_equal(log[0], 6);
		for (u32 i = full; i < BUF_SIZE; i++)
			assert_int_equal(log[i], 0xee);
		assert_int_equal(check(f, EVENT_ALL, TEST_BUF, BUF_SIZE), RTAS_NO_EVENT);
	}
	/* not RAM: the event stays */
	event_epow_shutdown(f->p);
	assert_int_equal(check(f, EVENT_ALL, TEST_RAM - LOG_SIZE + 1, BUF_SIZE), RTAS_HARDWARE);
	assert_int_equal(check(f, EVENT_ALL, 0xfffffff0, 0xffffffff), RTAS_HARDWARE);
	assert_int_equal(check(f, EVENT_ALL, TEST_RAM - LOG_SIZE, BUF_SIZE), RTAS_SUCCESS);
}

/* In a hurry: the fixed part alone, which says so. */
static void test_critical(void **state)
{
	struct rtas_fixture *f = *state;
	u8 log[16];

	event_epow_shutdown(f->p);
	assert_true(gmem_set(f->m, gpa_of(TEST_BUF), 0xee, 64));
	assert_int_equal(RTAS_CALL(f, "check-exception", 1, 0x500, 0, EVENT_ALL, 1, TEST_BUF,
				   BUF_SIZE),
			 RTAS_SUCCESS);
	assert_true(gmem_read(f->m, gpa_of(TEST_BUF), log, sizeof(log)));
	assert_int_equal(ld_be32(log), 0x06300040);
	assert_int_equal(ld_be32(log + 4), 0);
	assert_int_equal(log[8], 0xee);
}

static void test_interrupt(void **state)
{
	struct rtas_fixture *f = *state;

	enable_epow(f);
	assert_false(take_epow(f));
	event_epow_shutdown(f->p);
	event_epow_shutdown(f->p);
	event_epow_shutdown(f->p);
	/* one fetch per interrupt gets all of them */
	for (int i = 0; i < 3; i++) {
		assert_true(take_epow(f));
		assert_int_equal(check(f, EVENT_MASK_EPOW, TEST_BUF, BUF_SIZE), RTAS_SUCCESS);
	}
	while (take_epow(f))
		assert_int_equal(check(f, EVENT_MASK_EPOW, TEST_BUF, BUF_SIZE), RTAS_NO_EVENT);
}

/* An edge that met nobody is repeated by the next event-scan. */
static void test_lost_interrupt(void **state)
{
	struct rtas_fixture *f = *state;

	enable_epow(f);
	event_epow_shutdown(f->p);
	assert_true(take_epow(f)); /* ignored by the guest */
	assert_false(take_epow(f));
	assert_int_equal(scan(f, EVENT_ALL), RTAS_NO_EVENT);
	assert_true(take_epow(f));
	assert_int_equal(check(f, EVENT_MASK_EPOW, TEST_BUF, BUF_SIZE), RTAS_SUCCESS);
	assert_int_equal(scan(f, EVENT_ALL), RTAS_NO_EVENT);
	assert_false(take_epow(f));
}

static void test_queue(void **state)
{
	struct rtas_fixture *f = *state;
	struct event ev = { .size = EVENT_FIXED_SIZE };
	u32 next_in = 0, next_out = 0, word;

	/* around the ring, and in order */
	for (int round = 0; round < 3; round++) {
		for (u32 i = 0; i < EVENT_QUEUE_MAX; i++) {
			st_be32(ev.log, next_in++);
			assert_true(event_push(f->p, EVENT_INTERNAL, &ev));
		}
		assert_false(event_push(f->p, EVENT_INTERNAL, &ev));
		for (u32 i = 0; i < EVENT_QUEUE_MAX; i++) {
			assert_int_equal(scan(f, EVENT_ALL), RTAS_SUCCESS);
			assert_true(gmem_ld_be32(f->m, gpa_of(TEST_BUF), &word));
			assert_int_equal(word, next_out++);
		}
		/* the next round begins elsewhere in the ring */
		st_be32(ev.log, next_in++);
		assert_true(event_push(f->p, EVENT_INTERNAL, &ev));
		assert_int_equal(scan(f, EVENT_ALL), RTAS_SUCCESS);
		next_out++;
	}
	assert_int_equal(scan(f, EVENT_ALL), RTAS_NO_EVENT);
}

static void test_reset(void **state)
{
	struct rtas_fixture *f = *state;

	event_epow_shutdown(f->p);
	event_reset(&f->p->events);
	assert_int_equal(check(f, EVENT_ALL, TEST_BUF, BUF_SIZE), RTAS_NO_EVENT);
	RTAS_CALL(f, "get-sensor-state", 2, 9, 0);
	assert_int_equal(f->ret[1], EPOW_RESET);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, rtas_test_setup, rtas_test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_epow_log), TEST(test_masks),	   TEST(test_buffer),
		TEST(test_critical), TEST(test_interrupt), TEST(test_lost_interrupt),
		TEST(test_queue),    TEST(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
