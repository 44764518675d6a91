// SPDX-License-Identifier: Apache-2.0
/*
 * Hotplug events: every byte of their logs, the queue they go to before and
 * after the negotiation, and that no interrupt ever comes without an event.
 */
#include "base/endian.h"
#include "papr/dr/request.h"
#include "rtas_test.h"

#define LOG_SIZE 116u
#define N_STEPS 200000u

static s32 check(struct rtas_fixture *f, u32 mask)
{
	return RTAS_CALL(f, "check-exception", 1, 0x500, PAPR_IRQ_HOTPLUG, mask, 0, TEST_BUF,
			 EVENT_LOG_MAX);
}

static bool push(struct rtas_fixture *f, enum hp_id by, u32 index, u32 count)
{
	const struct hp_event h = { .type = HP_MEMORY,
				    .action = HP_ADD,
				    .by = by,
				    .index = index,
				    .count = count,
				    .name = "LMB 17" };

	return event_hotplug(f->p, &h);
}

/* Parses the log at TEST_BUF as Linux does; the section 'HP' behind its head. */
static const u8 *section(struct rtas_fixture *f, u8 *log, u32 *size)
{
	u32 at = 24, end, n = 0, found = 0, len;

	assert_true(gmem_read(f->m, gpa_of(TEST_BUF), log, EVENT_LOG_MAX));
	/* version 6, event, not recovered, extended; initiator and type hotplug */
	assert_int_equal(ld_be32(log), 0x063460e5);
	assert_int_equal(log[8], 0x86);
	assert_int_equal(log[10], 0x8e);
	assert_memory_equal(log + 20, "IBM\0", 4);
	end = 8 + ld_be32(log + 4);
	for (; at < end; at += len, n++) {
		len = ld_be16(log + at + 2);
		assert_in_range(len, 8, end - at);
		if (!memcmp(log + at, "HP", 2)) {
			found = at;
			*size = len;
		}
		if (!memcmp(log + at, "UH", 2))
			assert_int_equal(log[at + 8], 0x80);
	}
	assert_int_equal(at, end);
	assert_true(found);
	assert_int_equal(log[24 + 27], n); /* of 'PH' */
	assert_int_equal(n, 3);
	assert_int_equal(log[found + 4], 1);
	assert_int_equal(log[found + 11], 0); /* capabilities */
	return log + found + 8;
}

static void test_log(void **state)
{
	struct rtas_fixture *f = *state;
	u8 log[EVENT_LOG_MAX];
	const u8 *hp;
	u32 size;

	f->p->opt.hp_evt = true;
	assert_true(push(f, HP_BY_INDEX, 0x80000011, 9));
	assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_SUCCESS);
	hp = section(f, log, &size);
	assert_int_equal(size, 20);
	assert_memory_equal(hp, "\2\1\2\0\x80\0\0\x11\0\0\0\0", 12);

	assert_true(push(f, HP_BY_COUNT, 0x80000011, 9));
	assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_SUCCESS);
	assert_memory_equal(section(f, log, &size), "\2\1\3\0\0\0\0\x9\0\0\0\0", 12);

	/* the count comes first */
	assert_true(push(f, HP_BY_COUNT_INDEXED, 0x80000011, 9));
	assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_SUCCESS);
	assert_memory_equal(section(f, log, &size), "\2\1\4\0\0\0\0\x9\x80\0\0\x11", 12);

	assert_true(push(f, HP_BY_NAME, 0, 0));
	assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_SUCCESS);
	assert_memory_equal(section(f, log, &size), "\2\1\1\0LMB 17\0\0", 12);
	assert_int_equal(size, 20);
}

static void test_long_name(void **state)
{
	struct rtas_fixture *f = *state;
	struct hp_event h = { .type = HP_PCI, .action = HP_REMOVE, .by = HP_BY_NAME };
	char name[80];
	u8 log[EVENT_LOG_MAX];
	u32 size;

	for (u32 n = 1; n < sizeof(name); n++) {
		memset(name, 'x', n);
		name[n] = 0;
		h.name = name;
		assert_int_equal(event_hotplug(f->p, &h), n < 64);
		if (n >= 64)
			continue;
		assert_int_equal(check(f, EVENT_MASK_EPOW), RTAS_SUCCESS);
		assert_string_equal((const char *)section(f, log, &size) + 4, name);
		assert_int_equal(size % 4, 0);
	}
	h.name = NULL;
	assert_false(event_hotplug(f->p, &h));
}

/* Before the guest negotiated it, events come with EPOW's mask and no runs. */
static void test_legacy(void **state)
{
	struct rtas_fixture *f = *state;
	u8 log[EVENT_LOG_MAX];
	u32 size;

	assert_false(push(f, HP_BY_COUNT_INDEXED, 0x80000008, 3));
	assert_true(push(f, HP_BY_INDEX, 0x80000008, 0));
	assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_NO_EVENT);
	assert_int_equal(check(f, EVENT_MASK_EPOW), RTAS_SUCCESS);
	section(f, log, &size);
	assert_int_equal(check(f, EVENT_MASK_EPOW), RTAS_NO_EVENT);
}

/* What waits when the guest negotiates comes in words that it knows, in order. */
static void test_renegotiate(void **state)
{
	struct rtas_fixture *f = *state;
	u8 log[EVENT_LOG_MAX];
	u32 size;

	assert_true(push(f, HP_BY_INDEX, 0x80000001, 0));
	event_epow_shutdown(f->p);
	assert_true(push(f, HP_BY_INDEX, 0x80000002, 0));
	f->p->opt.hp_evt = true;
	event_renegotiate(f->p);
	assert_true(push(f, HP_BY_COUNT_INDEXED, 0x80000003, 2));
	for (u32 i = 1; i <= 2; i++) {
		assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_SUCCESS);
		assert_int_equal(ld_be32(section(f, log, &size) + 4), 0x80000000 + i);
	}
	/* the EPOW event stayed where it was */
	assert_int_equal(check(f, EVENT_MASK_EPOW), RTAS_SUCCESS);
	assert_int_equal(check(f, EVENT_MASK_EPOW), RTAS_NO_EVENT);
	/* and back */
	f->p->opt.hp_evt = false;
	event_renegotiate(f->p);
	assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_NO_EVENT);
	for (u32 i = 3; i <= 4; i++) {
		assert_int_equal(check(f, EVENT_MASK_EPOW), RTAS_SUCCESS);
		assert_memory_equal(section(f, log, &size), "\2\1\2\0\x80\0\0", 7);
		assert_int_equal(ld_be32(log + LOG_SIZE - 8), 0x80000000 + i);
		assert_int_equal(ld_be32(log + LOG_SIZE - 4), 0);
	}
	assert_int_equal(check(f, EVENT_MASK_EPOW), RTAS_NO_EVENT);
}

static void test_full(void **state)
{
	struct rtas_fixture *f = *state;

	f->p->opt.hp_evt = true;
	for (u32 i = 0; i < EVENT_QUEUE_MAX; i++) {
		assert_int_equal(event_hotplug_room(f->p), EVENT_QUEUE_MAX - i);
		assert_true(push(f, HP_BY_INDEX, i, 0));
	}
	assert_false(push(f, HP_BY_INDEX, 0, 0));
	for (u32 i = 0; i < EVENT_QUEUE_MAX; i++)
		assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_SUCCESS);
	assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_NO_EVENT);
}

/* ---- a guest that dies of an interrupt without an event ---- */

/* 0: none, else what to end it with. */
static u32 take_irq(struct rtas_fixture *f)
{
	u32 xirr;

	assert_int_equal(xics_accept(f->p->xics, 1, &xirr), 0);
	return xirr & 0xffffff ? xirr : 0;
}

static u32 next_random(u32 *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

/*
 * Any order of events, interrupts, scans and masking: the handler always finds
 * an event, and in the end all have come.
 */
static void test_never_alone(void **state)
{
	struct rtas_fixture *f = *state;
	u32 seed = 1, xirr = 0, pushed = 0, fetched = 0;
	bool masked = false, has_fetched = false;

	f->p->opt.hp_evt = true;
	assert_int_equal(xics_set_cppr(f->p->xics, 1, 0xff), 0);
	assert_int_equal(xics_set_xive(f->p->xics, PAPR_IRQ_HOTPLUG, 1, 5), 0);
	for (u32 i = 0; i < N_STEPS; i++) {
		switch (next_random(&seed) % 7) {
		case 0:
		case 1: /* many for a while, then few */
			if (i / 256 % 2 || !(next_random(&seed) % 32))
				pushed += push(f, HP_BY_INDEX, i, 0);
			break;
		case 2: /* the interrupt, if there is one */
			if (!xirr) {
				xirr = take_irq(f);
				has_fetched = false;
			}
			break;
		case 3: /* its handler fetches once */
			if (!xirr || has_fetched)
				break;
			assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_SUCCESS);
			has_fetched = true;
			fetched++;
			break;
		case 4:
			if (xirr && has_fetched) {
				assert_int_equal(xics_eoi(f->p->xics, 1, xirr), 0);
				xirr = 0;
			}
			break;
		case 5:
			event_announce(f->p);
			break;
		default:
			masked = !masked;
			assert_int_equal(xics_set_xive(f->p->xics, PAPR_IRQ_HOTPLUG, 1,
						       masked ? 0xff : 5),
					 0);
			break;
		}
	}
	assert_int_equal(xics_set_xive(f->p->xics, PAPR_IRQ_HOTPLUG, 1, 5), 0);
	if (xirr && !has_fetched) {
		assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_SUCCESS);
		fetched++;
	}
	if (xirr)
		assert_int_equal(xics_eoi(f->p->xics, 1, xirr), 0);
	while ((xirr = take_irq(f))) {
		assert_int_equal(check(f, EVENT_MASK_HOTPLUG), RTAS_SUCCESS);
		fetched++;
		assert_int_equal(xics_eoi(f->p->xics, 1, xirr), 0);
	}
	assert_int_equal(fetched, pushed);
	assert_true(pushed > 1000);
}

/* Logs are cut to the buffer, and nothing is written behind it. */
static void test_buffer(void **state)
{
	struct rtas_fixture *f = *state;
	u8 b;

	f->p->opt.hp_evt = true;
	for (u32 size = 0; size < LOG_SIZE + 8; size++) {
		assert_true(push(f, HP_BY_INDEX, size, 0));
		assert_true(gmem_set(f->m, gpa_of(TEST_BUF), 0xee, 256));
		assert_int_equal(RTAS_CALL(f, "check-exception", 1, 0x500, 0, EVENT_MASK_HOTPLUG, 0,
					   TEST_BUF, size),
				 RTAS_SUCCESS);
		for (u32 i = size < LOG_SIZE ? size : LOG_SIZE; i < 256; i++) {
			assert_true(gmem_ld_u8(f->m, gpa_of(TEST_BUF + i), &b));
			assert_int_equal(b, 0xee);
		}
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, rtas_test_setup, rtas_test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_log),	 TEST(test_long_name),	 TEST(test_legacy), TEST(test_renegotiate),
		TEST(test_full), TEST(test_never_alone), TEST(test_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
