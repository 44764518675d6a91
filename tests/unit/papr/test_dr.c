// SPDX-License-Identifier: Apache-2.0
/*
 * Connectors: what the guest asks of them and how it is answered, the walk of
 * ibm,configure-connector, power domains, location codes, and what a reset and
 * the host do to them.
 */
#include "dr_test.h"

#define LOGICAL_ID 0x700u
#define SLOT_ID 0x7f0000u
#define DOMAIN 0x1234u

struct dr_state {
	struct rtas_fixture f;
	struct fake k, slot_k;
	struct drc *d, *slot;
};

static int setup(void **state)
{
	static struct dr_state s;
	const struct hypar_config cfg = { .irqchip = HYPAR_IRQCHIP_XICS };
	struct hypar_err e = { 0 };
	struct drc_config c = { DRC_PCI, SLOT_ID, &fake_ops, &s.slot_k, DOMAIN, 0 };

	memset(&s, 0, sizeof(s));
	rtas_test_open(&s.f, &cfg);
	s.f.p->dr->with_parked = at_once;
	s.d = fake_drc(&s.f, DRC_PMEM, LOGICAL_ID, &s.k);
	s.slot = dr_add_connector(s.f.p, &c, &e);
	assert_non_null(s.slot);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct dr_state *s = *state;

	papr_free(s->f.p);
	return 0;
}

#define SET(what, value) set_indicator(&s->f, what, s->d->index, value)
#define SET_SLOT(what, value) set_indicator(&s->f, what, s->slot->index, value)
#define SENSE(what) sense(&s->f, what, s->d->index)
#define SENSE_SLOT(what) sense(&s->f, what, s->slot->index)

static void configure_all(struct dr_state *s, const struct drc *d)
{
	walk_to_end(&s->f, d->index);
	assert_int_equal(d->state, DRC_CONFIGURED);
}

/* What Linux does to add and to remove. */
static void test_logical_life(void **state)
{
	struct dr_state *s = *state;

	assert_int_equal(SET(9003, 1), RTAS_PARAMETER); /* nothing is there */
	assert_int_equal(SENSE(9003), 2);
	attach(&s->f, s->d, DRC_HOT);
	assert_int_equal(SENSE(9003), 2);
	assert_int_equal(SET(9001, 1), RTAS_PARAMETER); /* not taken yet */
	assert_int_equal(SET(9003, 1), RTAS_SUCCESS);
	assert_int_equal(SENSE(9003), 1);
	assert_int_equal(SENSE(9001), 0);
	assert_int_equal(s->k.n_enable, 0);
	assert_int_equal(SET(9001, 1), RTAS_SUCCESS);
	assert_int_equal(s->k.n_enable, 1);
	assert_int_equal(SENSE(9001), 1);
	assert_int_equal(SET(9001, 1), RTAS_SUCCESS);
	assert_int_equal(s->k.n_enable, 1);
	assert_false(drc_is_in_tree(s->d));
	configure_all(s, s->d);
	assert_true(drc_is_in_tree(s->d));
	assert_int_equal(SET(9003, 0), RTAS_PARAMETER); /* still unisolated */

	/* the guest gives it back on its own, and takes it again */
	assert_int_equal(SET(9001, 0), RTAS_SUCCESS);
	assert_int_equal(s->k.n_disable, 1);
	assert_int_equal(SET(9003, 0), RTAS_SUCCESS);
	assert_int_equal(s->k.n_detach, 0);
	assert_true(s->d->attached);
	assert_int_equal(SET(9003, 1), RTAS_SUCCESS);
	assert_int_equal(SET(9001, 1), RTAS_SUCCESS);
	configure_all(s, s->d);

	/* as the host wants */
	assert_false(dr_want_back(s->f.p, s->d));
	assert_int_equal(SET(9001, 0), RTAS_SUCCESS);
	assert_int_equal(s->k.n_detach, 0);
	assert_int_equal(SET(9003, 0), RTAS_SUCCESS);
	assert_int_equal(s->k.n_detach, 1);
	assert_false(s->d->attached);
	assert_int_equal(SET(9003, 1), RTAS_PARAMETER);
}

static void test_refusal(void **state)
{
	struct dr_state *s = *state;

	attach(&s->f, s->d, DRC_COLD);
	assert_false(dr_want_back(s->f.p, s->d));
	assert_true(s->d->unplug_wanted);
	assert_int_equal(SET(9001, 1), RTAS_SUCCESS);
	assert_false(s->d->unplug_wanted);
	assert_int_equal(SET(9001, 0), RTAS_SUCCESS);
	assert_int_equal(SET(9003, 0), RTAS_SUCCESS);
	assert_int_equal(s->k.n_detach, 0);
	/* it does not have it: nobody to ask */
	assert_true(dr_want_back(s->f.p, s->d));
	assert_int_equal(s->k.n_detach, 1);
}

static void test_failures(void **state)
{
	struct dr_state *s = *state;

	attach(&s->f, s->d, DRC_HOT);
	assert_int_equal(SET(9003, 1), RTAS_SUCCESS);
	s->k.fail = -EIO;
	assert_int_equal(SET(9001, 1), RTAS_HARDWARE);
	assert_int_equal(s->d->state, DRC_AVAILABLE);
	assert_false(s->d->enabled);
	s->k.fail = 0;
	s->f.p->dr->with_parked = not_now;
	assert_int_equal(SET(9001, 1), RTAS_BUSY);
	assert_int_equal(s->d->state, DRC_AVAILABLE);
	s->f.p->dr->with_parked = at_once;
	assert_int_equal(SET(9001, 1), RTAS_SUCCESS);
	s->f.p->dr->with_parked = not_now;
	begin_walk(&s->f, AREA, s->d->index);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_BUSY);
	assert_int_equal(SET(9001, 0), RTAS_BUSY);
	s->f.p->dr->with_parked = at_once;
	configure_all(s, s->d);
	s->k.fail = -EBUSY; /* a thread still runs */
	assert_int_equal(SET(9001, 0), RTAS_HARDWARE);
	assert_int_equal(s->d->state, DRC_CONFIGURED);
	assert_true(s->d->enabled);
	s->k.fail = 0;
	assert_int_equal(SET(9001, 0), RTAS_SUCCESS);
}

static void test_exchange_and_recovery(void **state)
{
	struct dr_state *s = *state;

	assert_int_equal(SET(9003, 2), RTAS_PARAMETER);
	assert_int_equal(SET(9003, 3), RTAS_PARAMETER);
	attach(&s->f, s->d, DRC_SPARE);
	assert_int_equal(SET(9003, 1), RTAS_PARAMETER); /* not as its own */
	assert_int_equal(SET(9003, 3), RTAS_PARAMETER); /* never had it */
	assert_int_equal(SET(9003, 2), RTAS_SUCCESS);
	assert_int_equal(SENSE(9003), 3);
	assert_int_equal(SET(9001, 1), RTAS_SUCCESS);
	configure_all(s, s->d);
	assert_int_equal(SET(9003, 2), RTAS_PARAMETER);
	assert_int_equal(SENSE(9003), 1);
	assert_int_equal(SET(9001, 0), RTAS_SUCCESS);
	assert_int_equal(SET(9003, 0), RTAS_SUCCESS);
	assert_int_equal(SET(9003, 3), RTAS_SUCCESS);
	assert_int_equal(SENSE(9003), 4);
	assert_int_equal(SET(9001, 1), RTAS_PARAMETER);
	assert_int_equal(SET(9003, 0), RTAS_SUCCESS);
	assert_int_equal(SENSE(9003), 2);
	assert_int_equal(SET(9003, 3), RTAS_SUCCESS);
	assert_int_equal(SET(9003, 1), RTAS_SUCCESS);
	assert_int_equal(SENSE(9003), 1);
	/* a spare is one again after a reset */
	assert_int_equal(SET(9001, 1), RTAS_SUCCESS);
	dr_reset(s->f.p);
	assert_int_equal(s->d->state, DRC_UNUSABLE);
	assert_false(s->k.on);
	assert_true(s->d->is_spare);
}

static void test_bad_values(void **state)
{
	struct dr_state *s = *state;

	attach(&s->f, s->d, DRC_COLD);
	attach(&s->f, s->slot, DRC_COLD);
	assert_int_equal(SET(9001, 2), RTAS_PARAMETER);
	assert_int_equal(SET(9001, 0xffffffff), RTAS_PARAMETER);
	assert_int_equal(SET(9003, 4), RTAS_PARAMETER);
	assert_int_equal(SET(9002, 0), RTAS_PARAMETER);
	assert_int_equal(SET(9000, 0), RTAS_PARAMETER);
	assert_int_equal(SET(9004, 0), RTAS_PARAMETER);
	assert_int_equal(SET(9005, 1), RTAS_PARAMETER);
	for (u32 v = 0; v < 5; v++)
		assert_int_equal(SET_SLOT(9003, v), RTAS_PARAMETER);
	for (u32 v = 0; v < 4; v++) {
		assert_int_equal(SET_SLOT(9002, v), RTAS_SUCCESS);
		assert_int_equal(SENSE_SLOT(9002), v);
	}
	assert_int_equal(SET_SLOT(9002, 4), RTAS_PARAMETER);
	assert_int_equal(get_sensor(&s->f, 9002, s->d->index), RTAS_PARAMETER);
	assert_int_equal(get_sensor(&s->f, 9004, s->d->index), RTAS_PARAMETER);
	assert_int_equal(get_sensor(&s->f, 9003, 0), RTAS_PARAMETER);
	assert_int_equal(get_sensor(&s->f, 9003, s->d->index + 1), RTAS_PARAMETER);
	assert_int_equal(set_indicator(&s->f, 9001, 0, 0), RTAS_PARAMETER);
	assert_int_equal(get_sensor(&s->f, 9, 0), RTAS_SUCCESS);
	assert_int_equal(get_sensor(&s->f, 9, 1), RTAS_PARAMETER);
	assert_int_equal(s->d->state, DRC_CONFIGURED);
	assert_int_equal(s->slot->state, DRC_CONFIGURED);
}

static void test_slot_life(void **state)
{
	struct dr_state *s = *state;

	assert_int_equal(SENSE_SLOT(9003), 0);
	assert_int_equal(SET_SLOT(9001, 1), RTAS_PARAMETER);
	attach(&s->f, s->slot, DRC_HOT);
	assert_int_equal(SENSE_SLOT(9003), 1);
	assert_int_equal(SET_SLOT(9001, 1), RTAS_SUCCESS);
	configure_all(s, s->slot);
	assert_int_equal(SET_SLOT(9001, 0), RTAS_SUCCESS);
	assert_true(s->slot->attached);
	assert_int_equal(SET_SLOT(9001, 1), RTAS_SUCCESS);
	assert_false(dr_want_back(s->f.p, s->slot));
	assert_int_equal(SET_SLOT(9001, 1), RTAS_SUCCESS);
	assert_true(s->slot->unplug_wanted); /* a slot's driver may say so at any time */
	assert_int_equal(SET_SLOT(9001, 0), RTAS_SUCCESS);
	assert_false(s->slot->attached);
	assert_int_equal(s->slot_k.n_detach, 1);
	assert_int_equal(SENSE_SLOT(9003), 0);
}

static void test_power(void **state)
{
	struct dr_state *s = *state;
	struct rtas_fixture *f = &s->f;

	assert_int_equal(RTAS_CALL(f, "get-power-level", 2, 0xffffffff), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 100);
	assert_int_equal(RTAS_CALL(f, "set-power-level", 2, 0xffffffff, 0), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 100);
	assert_int_equal(RTAS_CALL(f, "set-power-level", 2, 0xffffffff, 101), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "get-power-level", 2, DOMAIN + 1), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "set-power-level", 2, DOMAIN + 1, 0), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(f, "set-power-level", 2, DOMAIN, 101), RTAS_PARAMETER);
	attach(f, s->slot, DRC_COLD);
	assert_int_equal(RTAS_CALL(f, "set-power-level", 2, DOMAIN, 0), RTAS_MULTI_LEVEL);
	assert_int_equal(f->ret[1], 100);
	assert_int_equal(SET_SLOT(9001, 0), RTAS_SUCCESS);
	assert_int_equal(RTAS_CALL(f, "set-power-level", 2, DOMAIN, 0), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 0);
	assert_int_equal(RTAS_CALL(f, "get-power-level", 2, DOMAIN), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 0);
	assert_int_equal(get_sensor(f, 9003, s->slot->index), RTAS_NOT_POWERED);
	assert_int_equal(f->ret[1], 0);
	assert_int_equal(SET_SLOT(9001, 1), RTAS_MULTI_LEVEL);
	assert_int_equal(RTAS_CALL(f, "set-power-level", 2, DOMAIN, 1), RTAS_SUCCESS);
	assert_int_equal(f->ret[1], 100);
	assert_int_equal(SENSE_SLOT(9003), 1);
	assert_int_equal(SET_SLOT(9001, 1), RTAS_SUCCESS);
	/* the domain goes with its last connector */
	dr_remove_connector(f->p, s->slot);
	assert_int_equal(RTAS_CALL(f, "get-power-level", 2, DOMAIN), RTAS_PARAMETER);
	assert_int_equal(s->slot_k.n_detach, 1);
}

/* ---- ibm,configure-connector ---- */

static void take(struct dr_state *s, struct drc *d)
{
	attach(&s->f, d, DRC_HOT);
	assert_int_equal(set_indicator(&s->f, 9003, d->index, 1), RTAS_SUCCESS);
	assert_int_equal(set_indicator(&s->f, 9001, d->index, 1), RTAS_SUCCESS);
}

static void check_name(struct dr_state *s, const char *name)
{
	char text[64];

	assert_true(
		gmem_read_str(s->f.m, gpa_of(AREA + word(&s->f, AREA + 8)), text, sizeof(text)));
	assert_string_equal(text, name);
}

static void test_walk(void **state)
{
	static const char *const names[FAKE_WALK] = {
		"top@700", "ibm,my-drc-index", "empty", "a", "b", "deep", "c", NULL, "d", NULL, NULL
	};
	struct dr_state *s = *state;
	char text[8];

	begin_walk(&s->f, AREA, s->d->index);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_CANNOT_CONFIGURE);
	take(s, s->d);
	for (size_t i = 0; i < FAKE_WALK; i++) {
		assert_int_equal(configure(&s->f, AREA, 0), fake_walk[i]);
		assert_int_equal(word(&s->f, AREA), s->d->index);
		if (names[i])
			check_name(s, names[i]);
		if (i == 1) {
			assert_int_equal(word(&s->f, AREA + 12), 4);
			assert_int_equal(word(&s->f, AREA + word(&s->f, AREA + 16)), s->d->index);
		}
		if (i == 2)
			assert_int_equal(word(&s->f, AREA + 12), 0);
		if (i == 5) {
			assert_true(gmem_read_str(s->f.m, gpa_of(AREA + word(&s->f, AREA + 16)),
						  text, sizeof(text)));
			assert_string_equal(text, "down");
		}
	}
	assert_int_equal(s->d->state, DRC_CONFIGURED);
	/* it is over: that number means nothing any more; but it may be read anew */
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_PARAMETER);
	configure_all(s, s->d);
}

static void test_walk_bad(void **state)
{
	struct dr_state *s = *state;

	take(s, s->d);
	begin_walk(&s->f, AREA, 0x12345678);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_PARAMETER);
	begin_walk(&s->f, AREA, s->d->index);
	assert_true(gmem_st_be32(s->f.m, gpa_of(AREA + 4), 77));
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_PARAMETER);
	assert_int_equal(configure(&s->f, TEST_RAM, 0), RTAS_HARDWARE);
	assert_int_equal(configure(&s->f, 0xfffffffc, 0), RTAS_HARDWARE);
	/* the last area of RAM, and one word too high */
	begin_walk(&s->f, TEST_RAM - 4096, s->d->index);
	assert_int_equal(configure(&s->f, TEST_RAM - 4092, 0), RTAS_HARDWARE);
	assert_int_equal(configure(&s->f, TEST_RAM - 4096, 0), RTAS_NEXT_CHILD);
	/* where it lies may change from call to call */
	begin_walk(&s->f, AREA, s->d->index);
	assert_true(gmem_copy(s->f.m, gpa_of(AREA), gpa_of(TEST_RAM - 4096), 8));
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_NEXT_PROPERTY);
}

static void test_walks_interleaved(void **state)
{
	struct dr_state *s = *state;
	struct fake k2 = { 0 };
	struct drc *d2 = fake_drc(&s->f, DRC_PMEM, LOGICAL_ID + 1, &k2);

	take(s, s->d);
	take(s, d2);
	begin_walk(&s->f, AREA, s->d->index);
	begin_walk(&s->f, AREA + 4096, d2->index);
	for (size_t i = 0; i < FAKE_WALK; i++) {
		assert_int_equal(configure(&s->f, AREA, 0), fake_walk[i]);
		assert_int_equal(configure(&s->f, AREA + 4096, 0), fake_walk[i]);
		if (i == 1)
			assert_int_equal(word(&s->f, AREA + 4096 + word(&s->f, AREA + 4096 + 16)),
					 d2->index);
	}
	assert_int_equal(d2->state, DRC_CONFIGURED);
	dr_remove_connector(s->f.p, d2);
}

static void test_walk_restarted(void **state)
{
	struct dr_state *s = *state;

	take(s, s->d);
	begin_walk(&s->f, AREA, s->d->index);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(configure(&s->f, AREA, 0), fake_walk[i]);
	/* isolated in the middle */
	assert_int_equal(SET(9001, 0), RTAS_SUCCESS);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_CANNOT_CONFIGURE);
	assert_int_equal(SET(9001, 1), RTAS_SUCCESS);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_PARAMETER);
	begin_walk(&s->f, AREA, s->d->index);
	assert_int_equal(configure(&s->f, AREA, 0), fake_walk[0]);
	/* begun again, e.g. by another kernel */
	begin_walk(&s->f, AREA + 4096, s->d->index);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(configure(&s->f, AREA + 4096, 0), fake_walk[i]);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_PARAMETER);
	for (size_t i = 4; i < FAKE_WALK; i++)
		assert_int_equal(configure(&s->f, AREA + 4096, 0), fake_walk[i]);
}

/* Goes to the property "big". */
static void walk_to_big(struct dr_state *s, u32 size)
{
	s->k.big = size;
	take(s, s->d);
	begin_walk(&s->f, AREA, s->d->index);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(configure(&s->f, AREA, 0), fake_walk[i]);
}

static void check_big(struct dr_state *s, u32 size)
{
	u32 at = AREA + word(&s->f, AREA + 16);
	u8 v;

	check_name(s, "big");
	assert_int_equal(word(&s->f, AREA + 12), size);
	for (u32 i = 0; i < size; i++) {
		assert_true(gmem_ld_u8(s->f.m, gpa_of(at + i), &v));
		assert_int_equal(v, (u8)(i * 7));
	}
}

static void finish_big(struct dr_state *s)
{
	for (size_t i = 3; i < FAKE_WALK; i++)
		assert_int_equal(configure(&s->f, AREA, 0), fake_walk[i]);
}

/* 20 bytes of words, "big" and its NUL: what just fits, and what just does not. */
static void test_property_fits(void **state)
{
	struct dr_state *s = *state;

	walk_to_big(s, 4096 - 24);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_NEXT_PROPERTY);
	assert_int_equal(word(&s->f, AREA + 16), 24);
	check_big(s, 4096 - 24);
	finish_big(s);
}

static void test_property_needs_extent(void **state)
{
	struct dr_state *s = *state;

	walk_to_big(s, 4096 - 23);
	assert_int_equal(configure(&s->f, AREA, EXTENT), RTAS_MORE_MEMORY); /* not asked for yet */
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_MORE_MEMORY);
	assert_int_equal(configure(&s->f, AREA, TEST_RAM - 4095), RTAS_HARDWARE);
	assert_int_equal(configure(&s->f, AREA, EXTENT), RTAS_NEXT_PROPERTY);
	assert_int_equal(word(&s->f, AREA + 16), EXTENT - AREA);
	check_big(s, 4096 - 23);
	finish_big(s);
	assert_int_equal(s->d->state, DRC_CONFIGURED);
}

/* More than an extent, which lies below the area. */
static void test_property_needs_extents(void **state)
{
	struct dr_state *s = *state;
	u32 extent = AREA - 5 * 4096, n;

	walk_to_big(s, 20000);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_MORE_MEMORY);
	for (n = 0; n < 4; n++)
		assert_int_equal(configure(&s->f, AREA, extent + n * 4096), RTAS_MORE_MEMORY);
	assert_int_equal(configure(&s->f, AREA, extent), RTAS_PARAMETER); /* not the next */
	assert_int_equal(configure(&s->f, AREA, extent + n * 4096), RTAS_NEXT_PROPERTY);
	assert_int_equal(word(&s->f, AREA + 16), extent - AREA);
	check_big(s, 20000);
	finish_big(s);
}

/* ---- location codes ---- */

static u32 put_location(struct dr_state *s, const char *code)
{
	u32 n = (u32)strlen(code) + 1;

	assert_true(gmem_st_be32(s->f.m, gpa_of(TEST_BUF), n));
	assert_true(gmem_write(s->f.m, gpa_of(TEST_BUF + 4), code, n));
	return TEST_BUF;
}

#define LIGHT(nret, what, at) RTAS_CALL(f, "ibm,get-dynamic-sensor-state", nret, what, at)

static void test_location_codes(void **state)
{
	struct dr_state *s = *state;
	struct rtas_fixture *f = &s->f;
	u32 at = put_location(s, s->slot->name);

	for (u32 v = 2; v--;) {
		assert_int_equal(RTAS_CALL(f, "ibm,set-dynamic-indicator", 1, 9007, v, at),
				 RTAS_SUCCESS);
		assert_int_equal(LIGHT(2, 9007, at), RTAS_SUCCESS);
		assert_int_equal(f->ret[1], v);
	}
	assert_int_equal(RTAS_CALL(f, "ibm,set-dynamic-indicator", 1, 9007, 2, at), RTAS_PARAMETER);
	for (u32 what = 8999; what < 9010; what++) {
		if (what == 9007)
			continue;
		assert_int_equal(RTAS_CALL(f, "ibm,set-dynamic-indicator", 1, what, 1, at),
				 RTAS_PARAMETER);
		assert_int_equal(LIGHT(2, what, at), RTAS_PARAMETER);
	}
	assert_int_equal(RTAS_CALL(f, "ibm,set-dynamic-indicator", 1, 9007, 1, TEST_RAM - 2),
			 RTAS_HARDWARE);
	put_location(s, "nowhere");
	assert_int_equal(LIGHT(2, 9007, at), RTAS_PARAMETER);
	put_location(s, s->d->name); /* which has no light */
	assert_int_equal(LIGHT(2, 9007, at), RTAS_PARAMETER);
	for (u32 n = 0; n < 90; n++) {
		put_location(s, s->slot->name);
		assert_true(gmem_st_be32(f->m, gpa_of(at), n));
		assert_int_equal(LIGHT(2, 9007, at),
				 n == strlen(s->slot->name) + 1 ? RTAS_SUCCESS : RTAS_PARAMETER);
	}
}

static u32 count_slots(struct papr *p)
{
	u32 n = 0;

	for (struct drc *d = dr_next(p, 0); d; d = dr_next(p, d->index + 1))
		n += d->type == DRC_PCI;
	return n;
}

static s32 list(struct rtas_fixture *f, u32 is_sensor, u32 type, u32 at, u32 size, u32 start)
{
	const u32 arg[] = { is_sensor, type, at, size, start };

	return rtas_test_call(f, rtas_test_token("ibm,get-indices"), arg, 5, 2);
}

/* The list by buffers of every size. */
static void test_indices(void **state)
{
	struct dr_state *s = *state;
	struct rtas_fixture *f = &s->f;

	for (u32 size = 0; size < 400; size++) {
		u32 start = 1, seen = 0, expect = 0;
		s32 status;

		do {
			u32 at = TEST_BUF + 4, n;

			assert_true(gmem_set(f->m, gpa_of(TEST_BUF), 0xee, 512));
			status = list(f, size & 1, 9007, TEST_BUF, size, start);
			assert_int_equal(word(f, TEST_BUF + ((size + 3) & ~3u)), 0xeeeeeeee);
			if (status == RTAS_PARAMETER)
				break;
			assert_in_range(status, 0, 1);
			n = word(f, TEST_BUF);
			assert_true(n);
			for (u32 i = 0; i < n; i++) {
				struct drc *d = dr_next(f->p, expect);
				char name[DRC_NAME_MAX];

				while (d->type != DRC_PCI)
					d = dr_next(f->p, d->index + 1);
				assert_int_equal(word(f, at), 0xffffffff);
				assert_true(
					gmem_read_str(f->m, gpa_of(at + 8), name, sizeof(name)));
				assert_string_equal(name, d->name);
				at += 8 + word(f, at + 4);
				expect = d->index + 1;
				seen++;
			}
			assert_in_range(at, TEST_BUF, TEST_BUF + size);
			start = f->ret[1];
			assert_true(status == RTAS_MORE_DATA || start == 1);
		} while (status == RTAS_MORE_DATA);
		assert_true(size < 32 || !status);
		assert_true(status || seen == count_slots(f->p));
	}
	assert_int_equal(list(f, 2, 9007, TEST_BUF, 4096, 1), RTAS_PARAMETER);
	for (u32 type = 9000; type < 9007; type++)
		assert_int_equal(list(f, 0, type, TEST_BUF, 4096, 1), RTAS_PARAMETER);
	assert_int_equal(list(f, 0, 9007, TEST_BUF, 4096, 0), RTAS_PARAMETER);
	assert_int_equal(list(f, 0, 9007, TEST_RAM - 4, 4096, 1), RTAS_HARDWARE);
}

/* ---- the host ---- */

static void test_reset(void **state)
{
	struct dr_state *s = *state;
	struct hypar_err e = { 0 };

	attach(&s->f, s->d, DRC_HOT);
	assert_int_equal(dr_attach(s->f.p, s->d, DRC_HOT, "two", &e), -EEXIST);
	attach(&s->f, s->slot, DRC_COLD);
	assert_false(dr_want_back(s->f.p, s->slot));
	dr_reset(s->f.p);
	assert_int_equal(s->d->state, DRC_CONFIGURED);
	assert_true(s->k.on);
	assert_int_equal(s->slot->state, DRC_ISOLATED);
	assert_false(s->slot->attached);
	assert_int_equal(s->slot_k.n_detach, 1);
	/* the guest gave it back, but it is the machine's */
	assert_int_equal(SET(9001, 0), RTAS_SUCCESS);
	assert_int_equal(SET(9003, 0), RTAS_SUCCESS);
	dr_reset(s->f.p);
	assert_int_equal(s->d->state, DRC_CONFIGURED);
	/* what cannot be enabled is not in the tree */
	assert_int_equal(SET(9001, 0), RTAS_SUCCESS);
	s->k.fail = -EIO;
	dr_reset(s->f.p);
	assert_false(drc_is_in_tree(s->d));
	assert_int_equal(s->d->state, DRC_UNUSABLE);
	s->k.fail = 0;
	dr_detach_now(s->f.p, s->d);
	assert_false(s->d->attached);
	dr_detach_now(s->f.p, s->d);
	assert_int_equal(s->k.n_detach, 1);
}

static void test_connectors(void **state)
{
	struct dr_state *s = *state;
	const struct drc_config again = { DRC_PMEM, LOGICAL_ID, &fake_ops, &s->k, DOMAIN, 0 };
	struct hypar_err e = { 0 };
	u32 before = 0, n = 0;
	struct fake k[64];
	struct drc *d[64];

	assert_null(dr_add_connector(s->f.p, &again, &e));
	assert_int_equal(e.code, -EEXIST);
	for (u32 i = 0; i < 64; i++)
		d[i] = fake_drc(&s->f, DRC_PMEM, 0x1000 + i * 37 % 64, &k[i]);
	for (struct drc *at = dr_next(s->f.p, 0); at; at = dr_next(s->f.p, at->index + 1)) {
		assert_true(!n || at->index > before);
		assert_ptr_equal(dr_find(s->f.p, at->index), at);
		before = at->index;
		n++;
	}
	assert_int_equal(n, s->f.p->dr->n_drcs);
	assert_null(dr_find(s->f.p, 0));
	assert_null(dr_find(s->f.p, 0xffffffff));
	for (u32 i = 0; i < 64; i++)
		dr_remove_connector(s->f.p, d[i]);
	assert_int_equal(s->f.p->dr->n_drcs, n - 64);
}

/* What the control thread did first took the connector away. */
static int after_removal(struct vcpu *v, int (*fn)(void *arg, struct hypar_err *e), void *arg,
			 struct hypar_err *e)
{
	struct papr *p = papr_of(v);
	struct drc *d = dr_find(p, DRC_INDEX(DRC_PMEM, LOGICAL_ID));

	dr_remove_connector(p, d);
	return fn(arg, e);
}

static void test_gone_meanwhile(void **state)
{
	struct dr_state *s = *state;
	u32 index = s->d->index;

	take(s, s->d);
	s->f.p->dr->with_parked = after_removal;
	assert_int_equal(set_indicator(&s->f, 9001, index, 0), RTAS_PARAMETER);
	assert_null(dr_find(s->f.p, index));
	s->f.p->dr->with_parked = at_once;
	s->d = fake_drc(&s->f, DRC_PMEM, LOGICAL_ID, &s->k);
	take(s, s->d);
	s->f.p->dr->with_parked = after_removal;
	begin_walk(&s->f, AREA, index);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_CANNOT_CONFIGURE);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_PARAMETER);
}

static void test_last_call(void **state)
{
	struct dr_state *s = *state;
	char text[64];

	drc_last_call(s->d, text, sizeof(text));
	assert_string_equal(text, "");
	SET(9003, 1);
	drc_last_call(s->d, text, sizeof(text));
	assert_string_equal(text, "set-indicator 9003 = 1");
	assert_int_equal(s->d->last_status, RTAS_PARAMETER);
	get_sensor(&s->f, 9003, s->d->index);
	drc_last_call(s->d, text, sizeof(text));
	assert_string_equal(text, "get-sensor-state 9003");
	begin_walk(&s->f, AREA, s->d->index);
	configure(&s->f, AREA, 0);
	drc_last_call(s->d, text, sizeof(text));
	assert_string_equal(text, "ibm,configure-connector");
	assert_int_equal(s->d->last_status, RTAS_CANNOT_CONFIGURE);
	assert_int_equal(s->d->n_calls, 3);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_logical_life),
		TEST(test_refusal),
		TEST(test_failures),
		TEST(test_exchange_and_recovery),
		TEST(test_bad_values),
		TEST(test_slot_life),
		TEST(test_power),
		TEST(test_walk),
		TEST(test_walk_bad),
		TEST(test_walks_interleaved),
		TEST(test_walk_restarted),
		TEST(test_property_fits),
		TEST(test_property_needs_extent),
		TEST(test_property_needs_extents),
		TEST(test_location_codes),
		TEST(test_indices),
		TEST(test_reset),
		TEST(test_connectors),
		TEST(test_gone_meanwhile),
		TEST(test_last_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
