// SPDX-License-Identifier: Apache-2.0
/*
 * A model of connectors against the real ones: 100,000 random calls of guest
 * and host, each answer predicted. The model is written from the text, as
 * conditions over a few facts; it does not use drc_state.def.
 */
#include <stdio.h>

#include "dr_test.h"

#define CALLS 100000
#define N_LOGICAL 3
#define N_SLOTS 3
#define N (N_LOGICAL + N_SLOTS)
#define FIRST_DOMAIN 0x400u /* of the first two slots together, of the third */

/* What a connector is, in the terms of the specification. */
struct model {
	bool is_slot;
	u32 index, domain, indicator;
	/* the host's */
	bool is_there, is_spare, wanted_back;
	/* the guest's */
	u32 allocation; /* 9003 as last granted, 1 for slots; 0: not the guest's */
	bool had_it;	/* since it is there */
	bool connected; /* unisolated */
	u32 at;		/* of the walk, if there is one */
	bool walks, has_walked;
	/* what the kind of resource would answer */
	bool fails;
};

struct world {
	struct rtas_fixture f;
	struct model m[N];
	struct fake k[N];
	struct drc *d[N];
	u32 level[2];
	u64 random;
	bool not_now;
};

static u32 pick(struct world *w, u32 n)
{
	w->random = w->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(w->random >> 33) % n;
}

static u32 level_of(const struct world *w, const struct model *m)
{
	return m->domain == DRC_POWER_LIVE ? 100 : w->level[m->domain - FIRST_DOMAIN];
}

static void goes(struct model *m)
{
	m->is_there = m->is_spare = m->wanted_back = m->had_it = m->connected = m->walks = false;
	m->allocation = m->is_slot;
}

/* ---- what the guest is answered ---- */

static s32 isolate(struct world *w, struct model *m)
{
	if (!m->connected)
		return 0;
	if (w->not_now)
		return -2;
	if (m->fails)
		return -1;
	m->connected = m->walks = false;
	if (m->is_slot && m->wanted_back)
		goes(m);
	return 0;
}

static s32 unisolate(struct world *w, struct model *m)
{
	bool connects = !m->connected;

	if (connects && m->is_slot && !level_of(w, m))
		return -9000;
	if (connects && (!m->is_there || !m->allocation || m->allocation == 3))
		return -3;
	if (connects && w->not_now)
		return -2;
	if (connects && m->fails)
		return -1;
	m->connected = true;
	if (connects)
		m->has_walked = false;
	if (!m->is_slot) {
		m->allocation = 1;
		m->wanted_back = false;
	}
	return 0;
}

static s32 allocate(struct world *w, struct model *m, u32 value)
{
	if (m->is_slot || value > 3)
		return -3;
	if (m->connected)
		return value == 1 ? 0 : -3;
	switch (value) {
	case 0:
		if (m->allocation && m->wanted_back && w->not_now)
			return -2;
		if (m->allocation && m->wanted_back)
			goes(m);
		else if (m->allocation)
			m->had_it = true;
		m->allocation = 0;
		return 0;
	case 1:
		if (!m->allocation && (!m->is_there || m->is_spare))
			return -3;
		m->allocation = 1;
		return 0;
	case 2:
		if (m->allocation == 2)
			return 0;
		if (m->allocation || !m->is_spare)
			return -3;
		m->allocation = 2;
		return 0;
	default:
		if (m->allocation == 3)
			return 0;
		if (m->allocation || !m->had_it)
			return -3;
		m->allocation = 3;
		return 0;
	}
}

static s32 set(struct world *w, struct model *m, u32 what, u32 value)
{
	if (!m)
		return -3;
	switch (what) {
	case 9001:
		return value == 0 ? isolate(w, m) : value == 1 ? unisolate(w, m) : -3;
	case 9002:
		if (!m->is_slot || value > 3)
			return -3;
		m->indicator = value;
		return 0;
	case 9003:
		return allocate(w, m, value);
	default:
		return -3;
	}
}

static s32 get(const struct world *w, const struct model *m, u32 what, u32 *value)
{
	*value = 0;
	if (!m || what < 9001 || what > 9003 || (what == 9002 && !m->is_slot))
		return -3;
	if (what == 9001) {
		*value = m->connected;
	} else if (what == 9002) {
		*value = m->indicator;
	} else if (m->is_slot) {
		if (!level_of(w, m))
			return -9001;
		*value = m->is_there;
	} else {
		*value = m->connected  ? 1 :
			 m->allocation ? (const u32[]){ 0, 1, 3, 4 }[m->allocation] :
					 2;
	}
	return 0;
}

static s32 walk(struct world *w, struct model *m, bool is_first)
{
	s32 status;

	if (!m)
		return -3;
	if (!m->connected)
		return -9003;
	if (is_first && w->not_now)
		return -2;
	if (is_first) {
		m->walks = true;
		m->at = 0;
	}
	if (!m->walks)
		return -3;
	status = fake_walk[m->at++];
	if (!status) {
		m->walks = false;
		m->has_walked = true;
	}
	return status;
}

static s32 power(struct world *w, u32 domain, u32 *level)
{
	u32 asked = *level;

	*level = 0;
	if (asked > 100)
		return -3;
	if (domain == DRC_POWER_LIVE) {
		*level = 100;
		return 0;
	}
	if (domain < FIRST_DOMAIN || domain > FIRST_DOMAIN + 1)
		return -3;
	*level = w->level[domain - FIRST_DOMAIN];
	for (u32 i = 0; i < N; i++)
		if (!asked && w->m[i].domain == domain && w->m[i].connected)
			return -9000;
	w->level[domain - FIRST_DOMAIN] = *level = asked ? 100 : 0;
	return 0;
}

/* ---- the same calls to the machine ---- */

static u32 area_of(u32 i)
{
	return AREA + i * 4096;
}

/* An indicator or sensor: mostly those of connectors. */
static u32 pick_what(struct world *w)
{
	return pick(w, 50) ? 9001 + pick(w, 3) : 8998 + pick(w, 10);
}

static u32 pick_domain(struct world *w)
{
	return pick(w, 8) ? FIRST_DOMAIN + pick(w, 2) :
	       pick(w, 2) ? DRC_POWER_LIVE :
			    FIRST_DOMAIN + 2;
}

static void guest_calls(struct world *w, u32 i)
{
	struct rtas_fixture *f = &w->f;
	bool is_known = i < N && pick(w, 100);
	struct model *m = is_known ? &w->m[i] : NULL;
	u32 index = is_known ? m->index : 0x9fffff00, value, want, what = pick_what(w);
	s32 status;

	switch (pick(w, 8)) {
	case 0:
	case 1:
		status = get(w, m, what, &want);
		assert_int_equal(get_sensor(f, what, index), status);
		assert_int_equal(f->ret[1], want);
		break;
	case 2:
		begin_walk(f, area_of(i), index);
		assert_int_equal(configure(f, area_of(i), 0), walk(w, m, true));
		break;
	case 3:
		for (u32 n = pick(w, 16); n; n--) {
			u32 number = word(f, area_of(i) + 4);

			assert_true(gmem_st_be32(f->m, gpa_of(area_of(i)), index));
			status = walk(w, m, !number);
			assert_int_equal(configure(f, area_of(i), 0), status);
		}
		break;
	case 4:
		value = pick(w, 3) ? 100 * pick(w, 2) : pick(w, 130);
		what = pick_domain(w);
		want = value;
		status = power(w, what, &want);
		assert_int_equal(RTAS_CALL(f, "set-power-level", 2, what, value), status);
		assert_int_equal(f->ret[1], want);
		break;
	default:
		value = pick(w, 50) ? pick(w, what == 9001 ? 2 : 4) :
			pick(w, 2)  ? 2 + pick(w, 5) :
				      ~0u;
		status = set(w, m, what, value);
		assert_int_equal(set_indicator(f, what, index, value), status);
		break;
	}
}

/* Takes what is there away at once, or asks for it. */
static void host_removes(struct world *w, u32 i)
{
	struct model *m = &w->m[i];
	bool has_it = m->is_slot ? m->connected : m->allocation;

	if (pick(w, 3)) {
		bool gone = dr_want_back(w->f.p, w->d[i]);

		m->wanted_back = m->is_there;
		if (!has_it)
			goes(m);
		assert_int_equal(gone, !m->is_there);
	} else {
		dr_detach_now(w->f.p, w->d[i]);
		goes(m);
	}
}

static void host_attaches(struct world *w, u32 i)
{
	struct model *m = &w->m[i];
	struct hypar_err e = { 0 };
	enum drc_attach how = m->is_slot ? DRC_HOT : pick(w, 2) ? DRC_HOT : DRC_SPARE;

	assert_int_equal(dr_attach(w->f.p, w->d[i], how, "it", &e), m->is_there ? -EEXIST : 0);
	if (m->is_there)
		return;
	m->is_there = true;
	m->is_spare = how == DRC_SPARE;
	m->had_it = false;
	m->allocation = m->is_slot;
}

static void starts_anew(struct world *w)
{
	/* a spare that cannot be disabled is beyond the model */
	for (u32 i = 0; i < N; i++)
		if (w->m[i].is_spare) {
			w->m[i].fails = false;
			w->k[i].fail = 0;
		}
	dr_reset(w->f.p);
	w->level[0] = w->level[1] = 100;
	for (u32 i = 0; i < N; i++) {
		struct model *m = &w->m[i];
		bool stays = m->is_there && !m->wanted_back;

		/* what could not be enabled waits for the guest */
		bool on = stays && !m->is_spare && (m->connected || !m->fails);
		bool spare = m->is_spare && stays;

		if (!stays)
			goes(m);
		m->had_it = m->walks = false;
		m->indicator = 0;
		m->connected = on;
		m->has_walked = on;
		m->allocation = m->is_slot || on;
		m->is_spare = spare;
	}
}

static void host_acts(struct world *w)
{
	u32 i = pick(w, N);

	switch (pick(w, 40)) {
	case 0:
		starts_anew(w);
		break;
	case 1 ... 9:
		host_removes(w, i);
		break;
	case 10 ... 12:
		w->m[i].fails = !w->m[i].fails;
		w->k[i].fail = w->m[i].fails ? -EIO : 0;
		break;
	case 13:
		w->not_now = !w->not_now;
		w->f.p->dr->with_parked = w->not_now ? not_now : at_once;
		break;
	default:
		host_attaches(w, i);
		break;
	}
}

/* What cannot be asked by calls has to agree as well. */
static void compare(const struct world *w)
{
	for (u32 i = 0; i < N; i++) {
		const struct model *m = &w->m[i];
		const struct drc *d = w->d[i];

		assert_int_equal(d->attached, m->is_there);
		assert_int_equal(d->enabled, m->connected);
		assert_int_equal(w->k[i].on, m->connected);
		assert_int_equal(d->unplug_wanted, m->wanted_back);
		assert_int_equal(drc_is_in_tree(d), m->connected && m->has_walked);
		assert_int_equal(d->walk != NULL, m->walks);
	}
}

static void setup_world(struct world *w)
{
	const struct hypar_config cfg = { .irqchip = HYPAR_IRQCHIP_XICS };
	struct hypar_err e = { 0 };

	rtas_test_open(&w->f, &cfg);
	w->f.p->dr->with_parked = at_once;
	w->level[0] = w->level[1] = 100;
	for (u32 i = 0; i < N; i++) {
		struct model *m = &w->m[i];
		struct drc_config c = {
			DRC_PMEM, 0x700 + i, &fake_ops, &w->k[i], DRC_POWER_LIVE, 0
		};

		m->is_slot = i >= N_LOGICAL;
		m->allocation = m->is_slot;
		if (m->is_slot) {
			c.type = DRC_PCI;
			c.id = 0x7f0000 + 8 * i;
			c.power_domain = FIRST_DOMAIN + (i == N - 1);
		}
		m->domain = c.power_domain;
		m->index = DRC_INDEX(c.type, c.id);
		w->d[i] = dr_add_connector(w->f.p, &c, &e);
		assert_non_null(w->d[i]);
		begin_walk(&w->f, area_of(i), m->index);
	}
	begin_walk(&w->f, area_of(N), 0x9fffff00);
}

static void run_model(u64 seed, u32 calls)
{
	static struct world w;

	memset(&w, 0, sizeof(w));
	w.random = seed;
	setup_world(&w);
	for (u32 n = 0; n < calls; n++) {
		if (pick(&w, 8))
			guest_calls(&w, pick(&w, N + 1));
		else
			host_acts(&w);
		compare(&w);
	}
	papr_free(w.f.p);
}

static void test_model(void **state)
{
	(void)state;
	for (u64 seed = 1; seed <= 4; seed++)
		run_model(seed, CALLS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
