// SPDX-License-Identifier: Apache-2.0
/*
 * Connectors in the device tree, read back as a guest does: the four arrays,
 * and the runs of ibm,drc-info, which have to say the same.
 */
#include <stdio.h>
#include <stdlib.h>

#include <libfdt.h>

#include "dr_test.h"

#define MAX 512u

/* A connector as a property tells it. */
struct told {
	u32 index, domain;
	char name[64], type[16];
};

struct list {
	u32 n;
	struct told drc[MAX];
};

static const u8 *string(const u8 *at, const u8 *end, char *out, size_t size)
{
	const u8 *nul = memchr(at, 0, (size_t)(end - at));

	assert_non_null(nul);
	assert_in_range(nul - at, 0, size - 1);
	memcpy(out, at, (size_t)(nul - at) + 1);
	return nul + 1;
}

static const u8 *number(const u8 *at, const u8 *end, u32 *out)
{
	assert_in_range(end - at, 4, 1 << 20);
	*out = ld_be32(at);
	return at + 4;
}

/* The property @name with its count taken off. NULL: there is none. */
static const u8 *property(const void *tree, const char *name, const u8 **end, u32 *n)
{
	int len;
	const u8 *at = fdt_getprop(tree, 0, name, &len);

	if (!at)
		return NULL;
	*end = at + len;
	at = number(at, *end, n);
	assert_in_range(*n, 1, MAX);
	return at;
}

static void read_arrays(const void *tree, struct list *l)
{
	const u8 *at, *end;
	u32 n;

	memset(l, 0, sizeof(*l));
	at = property(tree, "ibm,drc-indexes", &end, &l->n);
	assert_non_null(at);
	for (u32 i = 0; i < l->n; i++)
		at = number(at, end, &l->drc[i].index);
	assert_ptr_equal(at, end);
	at = property(tree, "ibm,drc-power-domains", &end, &n);
	assert_int_equal(n, l->n);
	for (u32 i = 0; i < n; i++)
		at = number(at, end, &l->drc[i].domain);
	assert_ptr_equal(at, end);
	at = property(tree, "ibm,drc-names", &end, &n);
	assert_int_equal(n, l->n);
	for (u32 i = 0; i < n; i++)
		at = string(at, end, l->drc[i].name, sizeof(l->drc[i].name));
	assert_ptr_equal(at, end);
	at = property(tree, "ibm,drc-types", &end, &n);
	assert_int_equal(n, l->n);
	for (u32 i = 0; i < n; i++)
		at = string(at, end, l->drc[i].type, sizeof(l->drc[i].type));
	assert_ptr_equal(at, end);
}

/* Returns how many runs there are. */
static u32 read_info(const void *tree, struct list *l)
{
	char type[16], prefix[16];
	u32 runs, index, suffix, n, step, domain;
	const u8 *end, *at = property(tree, "ibm,drc-info", &end, &runs);

	memset(l, 0, sizeof(*l));
	assert_non_null(at);
	for (u32 i = 0; i < runs; i++) {
		at = string(at, end, type, sizeof(type));
		at = string(at, end, prefix, sizeof(prefix));
		at = number(at, end, &index);
		at = number(at, end, &suffix);
		at = number(at, end, &n);
		at = number(at, end, &step);
		at = number(at, end, &domain);
		assert_true(n && step);
		for (u32 k = 0; k < n; k++) {
			struct told *t = &l->drc[l->n++];

			assert_in_range(l->n, 1, MAX);
			t->index = index + k * step;
			t->domain = domain;
			(void)snprintf(t->name, sizeof(t->name), "%s%u", prefix, suffix + k * step);
			memcpy(t->type, type, sizeof(t->type));
		}
	}
	assert_ptr_equal(at, end);
	return runs;
}

/* A tree of a root alone, with what dr_fdt puts there. */
static void *build(struct rtas_fixture *f, u32 parent, u32 mask)
{
	struct hypar_err e = { 0 };
	struct fdt_build b;
	size_t size;
	void *tree;

	fdt_build_init(&b);
	fdt_begin(&b, "");
	dr_fdt(f->p, &b, parent, mask);
	fdt_end(&b);
	assert_int_equal(fdt_build_finish(&b, &tree, &size, &e), 0);
	return tree;
}

static void compare(struct rtas_fixture *f, const struct list *l, u32 parent, u32 mask)
{
	u32 n = 0;

	for (struct drc *d = dr_next(f->p, 0); d; d = dr_next(f->p, d->index + 1)) {
		const struct told *t = &l->drc[n];

		if (d->parent != parent || !(mask & 1u << d->type))
			continue;
		assert_int_equal(t->index, d->index);
		assert_int_equal(t->domain, d->power_domain);
		assert_string_equal(t->name, d->name);
		assert_string_equal(t->type, d->type == DRC_CPU ? "CPU" :
					     d->type == DRC_PHB ? "PHB" :
					     d->type == DRC_VIO ? "SLOT" :
					     d->type == DRC_PCI ? "28" :
					     d->type == DRC_LMB ? "MEM" :
								  "PMEM");
		n++;
	}
	assert_int_equal(n, l->n);
}

static u32 check_both(struct rtas_fixture *f, u32 mask)
{
	struct list l;
	void *tree;
	u32 runs;

	f->p->opt.drc_info = false;
	tree = build(f, 0, mask);
	read_arrays(tree, &l);
	assert_null(fdt_getprop(tree, 0, "ibm,drc-info", NULL));
	compare(f, &l, 0, mask);
	free(tree);
	f->p->opt.drc_info = true;
	tree = build(f, 0, mask);
	runs = read_info(tree, &l);
	assert_null(fdt_getprop(tree, 0, "ibm,drc-indexes", NULL));
	assert_null(fdt_getprop(tree, 0, "ibm,drc-names", NULL));
	compare(f, &l, 0, mask);
	free(tree);
	return runs;
}

static struct drc *add(struct rtas_fixture *f, enum drc_type type, u32 id, u32 domain, u32 parent)
{
	const struct drc_config c = { type, id, NULL, NULL, domain, parent };
	struct hypar_err e = { 0 };
	struct drc *d = dr_add_connector(f->p, &c, &e);

	assert_non_null(d);
	return d;
}

/* What a machine has at its root, at /cpus and at /vdevice. */
static void test_of_the_machine(void **state)
{
	struct rtas_fixture *f = *state;
	const u32 root = 1u << DRC_PHB | 1u << DRC_LMB | 1u << DRC_PMEM;

	check_both(f, root);
	check_both(f, 1u << DRC_CPU);
	/* terminals, adapters, cards; and two with a step between them */
	assert_int_equal(check_both(f, 1u << DRC_VIO), 3);
	add(f, DRC_VIO, 0x1000, DRC_POWER_LIVE, 0);
	add(f, DRC_VIO, 0x2000, DRC_POWER_LIVE, 0);
	assert_int_equal(check_both(f, 1u << DRC_VIO), 4);
}

/* Runs end where the step, the domain or the type changes. */
static void test_runs(void **state)
{
	static const u32 ids[] = { 100, 101, 102, 103, 200, 210, 220, 500 };
	struct rtas_fixture *f = *state;
	const u32 mask = 1u << DRC_PMEM;

	for (u32 i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		add(f, DRC_PMEM, ids[i], DRC_POWER_LIVE, 0);
	/* and the machine's own */
	assert_int_equal(check_both(f, mask), 4);
	add(f, DRC_PMEM, 104, 7, 0);
	add(f, DRC_PMEM, 105, 7, 0);
	assert_int_equal(check_both(f, mask), 5);
	for (u32 i = 0; i < 100; i++)
		add(f, DRC_PMEM, 10000 + i * i, DRC_POWER_LIVE, 0);
	check_both(f, mask);
}

static void test_slots_and_none(void **state)
{
	struct rtas_fixture *f = *state;
	const u32 parent = DRC_INDEX(DRC_PHB, 0x777);
	struct list l;
	void *tree;

	tree = build(f, parent, 1u << DRC_PCI);
	assert_true(fdt_next_tag(tree, 0, &(int){ 0 }) == FDT_BEGIN_NODE);
	assert_null(fdt_getprop(tree, 0, "ibm,drc-indexes", NULL));
	free(tree);
	for (u32 i = 0; i < 32; i++)
		add(f, DRC_PCI, 0x7770000 + 8 * i, 0x100 + i, parent);
	for (u32 info = 0; info < 2; info++) {
		f->p->opt.drc_info = info;
		tree = build(f, parent, 1u << DRC_PCI);
		if (info)
			read_info(tree, &l);
		else
			read_arrays(tree, &l);
		compare(f, &l, parent, 1u << DRC_PCI);
		free(tree);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, rtas_test_setup, rtas_test_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_of_the_machine),
		TEST(test_runs),
		TEST(test_slots_and_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
