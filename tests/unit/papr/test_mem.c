// SPDX-License-Identifier: Apache-2.0
/*
 * Memory and NUMA nodes in the device tree, in both forms of associativity, and
 * LMBs as resources.
 */
#include <errno.h>
#include <libfdt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/endian.h"
#include "papr/dr/mem.h"
#include "papr/hcall.h"
#include "papr/numa.h"

#define LMB HYPAR_LMB_SIZE
#define DRMEM "/ibm,dynamic-reconfiguration-memory"

static const struct hypar_host_ops host;

/* Three nodes of 1, 0 and 3 LMBs; 0 and 2 are near, 1 is far from both. */
static const struct hypar_numa numa = {
	.n_nodes = 3,
	.memory = { LMB, 0, 3 * LMB },
	.cpu_node = { 0, 0, 2, 2, 1, 1 },
	.phb_node = { 0, 1 },
	.distance = { { 0, 80, 0 }, { 80, 0, 60 }, { 15, 60, 0 } },
};

static struct papr *open_machine(const struct hypar_numa *nodes)
{
	struct hypar_config cfg = { .memory = 4 * LMB,
				    .memory_max = 8 * LMB,
				    .numa = nodes,
				    .cpus = 6,
				    .threads = 2,
				    .cpu = HYPAR_CPU_POWER10,
				    .host = &host };
	struct hypar_err e = { 0 };
	struct papr *p = papr_new(&cfg, &e);

	assert_string_equal(e.text, "");
	return p;
}

static void *tree_of(struct papr *p)
{
	struct hypar_err e = { 0 };
	void *tree;
	size_t size;

	assert_int_equal(papr_fdt_build(p, &tree, &size, &e), 0);
	return tree;
}

/* Is property @name of @path these cells? */
static void has_cells(const void *tree, const char *path, const char *name, const u32 *cell, u32 n)
{
	int len, node = fdt_path_offset(tree, path);
	const u8 *at;

	if (node < 0)
		fail_msg("no node %s", path);
	at = fdt_getprop(tree, node, name, &len);
	if (!at)
		fail_msg("no %s in %s", name, path);
	if (len != (int)(4 * n))
		fail_msg("%s in %s: %d bytes, not %u", name, path, len, 4 * n);
	for (u32 i = 0; i < n; i++)
		if (ld_be32(at + 4 * i) != cell[i])
			fail_msg("%s in %s: cell %u is 0x%x, not 0x%x", name, path, i,
				 ld_be32(at + 4 * i), cell[i]);
}

#define HAS(tree, path, name, ...)                                      \
	has_cells((tree), (path), (name), (const u32[]){ __VA_ARGS__ }, \
		  sizeof((const u32[]){ __VA_ARGS__ }) / sizeof(u32))

static void has_no(const void *tree, const char *path)
{
	assert_true(fdt_path_offset(tree, path) < 0);
}

static void test_nodes(void **state)
{
	struct papr *p = open_machine(NULL);
	void *tree = tree_of(p);

	(void)state;
	HAS(tree, "/memory@0", "reg", 0, 0, 0, 0x10000000);
	HAS(tree, "/memory@0", "ibm,associativity", 4, 0, 0, 0, 0);
	HAS(tree, "/memory@30000000", "reg", 0, 0x30000000, 0, 0x10000000);
	HAS(tree, "/memory@30000000", "ibm,my-drc-index", 0x80000003);
	has_no(tree, "/memory@40000000");
	has_no(tree, DRMEM);
	HAS(tree, "/rtas", "ibm,lrdr-capacity", 0, 0x80000000, 0, 0x10000000, 3);
	free(tree);
	papr_free(p);
}

#define BOOT 0x08
#define HOT 0x108
#define RMA 0xa0
#define NONE ~0u
#define ROW(i, node, flags) 0, (i) << 28, 0x80000000 + (i), 0, (node), (flags)
#define SET(n, i, node, flags) (n), 0, (i) << 28, 0x80000000 + (i), (node), (flags)

static void test_table(void **state)
{
	struct papr *p = open_machine(NULL);
	struct hypar_err e = { 0 };
	struct papr_lmb *hot = &p->mem->lmb[6];
	void *tree;

	(void)state;
	p->opt.drconf = p->opt.form2 = true;
	tree = tree_of(p);
	HAS(tree, "/memory@0", "reg", 0, 0, 0, 0x10000000);
	has_no(tree, "/memory@10000000");
	HAS(tree, DRMEM, "ibm,lmb-size", 0, 0x10000000);
	HAS(tree, DRMEM, "ibm,memory-flags-mask", 0xff);
	HAS(tree, DRMEM, "ibm,memory-preservation-time", 0);
	HAS(tree, DRMEM, "ibm,associativity-lookup-arrays", 1, 1, 0);
	HAS(tree, DRMEM, "ibm,dynamic-memory", 8, ROW(0u, 0, RMA), ROW(1u, 0, BOOT),
	    ROW(2u, 0, BOOT), ROW(3u, 0, BOOT), ROW(4u, NONE, 0), ROW(5u, NONE, 0),
	    ROW(6u, NONE, 0), ROW(7u, NONE, 0));
	free(tree);
	/* attached is not yet there; after a reset it is */
	assert_int_equal(dr_attach(p, hot->drc, DRC_HOT, "m", &e), 0);
	hot->is_hot = true;
	p->opt.drmem_v2 = true;
	tree = tree_of(p);
	HAS(tree, DRMEM, "ibm,dynamic-memory-v2", 3, SET(1, 0u, 0, RMA), SET(3, 1u, 0, BOOT),
	    SET(4, 4u, NONE, 0));
	free(tree);
	dr_reset(p);
	tree = tree_of(p);
	HAS(tree, DRMEM, "ibm,dynamic-memory-v2", 5, SET(1, 0u, 0, RMA), SET(3, 1u, 0, BOOT),
	    SET(2, 4u, NONE, 0), SET(1, 6u, 0, HOT), SET(1, 7u, NONE, 0));
	free(tree);
	assert_true(gmem_ok(p->partition->mem, gpa_of(6 * LMB), LMB));
	dr_detach_now(p, hot->drc);
	assert_false(hot->is_hot);
	assert_false(gmem_ok(p->partition->mem, gpa_of(6 * LMB), 1));
	papr_free(p);
}

/* What a guest makes of FORM1 [LoPAR 15.3.1]. */
static u32 form1_distance(const u32 a[NUMA_DOMAINS_MAX], const u32 b[NUMA_DOMAINS_MAX])
{
	u32 d = 10;

	for (u32 i = NUMA_DOMAINS_MAX; i-- && a[i] != b[i];)
		d *= 2;
	return d;
}

static void test_form1(void **state)
{
	struct papr *p = open_machine(&numa);
	u32 domain[3][NUMA_DOMAINS_MAX];
	void *tree = tree_of(p);

	(void)state;
	for (u32 i = 0; i < 3; i++)
		assert_int_equal(numa_domains(p, i, domain[i]), NUMA_DOMAINS_MAX);
	/* nodes 1 and 0 have node 2 in common, so they are no farther than that */
	assert_int_equal(form1_distance(domain[0], domain[2]), 20);
	assert_int_equal(form1_distance(domain[1], domain[2]), 40);
	assert_int_equal(form1_distance(domain[0], domain[1]), 40);
	for (u32 i = 0; i < NUMA_DOMAINS_MAX; i++)
		assert_int_equal(domain[0][i], 0);
	HAS(tree, "/rtas", "ibm,associativity-reference-points", 4, 3, 2, 1);
	HAS(tree, "/rtas", "ibm,max-associativity-domains", 4, 3, 3, 3, 3);
	HAS(tree, "/memory@0", "ibm,associativity", 4, 0, 0, 0, 0);
	HAS(tree, "/memory@10000000", "ibm,associativity", 4, 0, 0, 0, 2);
	HAS(tree, "/cpus/PowerPC,POWER10@4", "ibm,associativity", 5, 0, 0, 1, 1, 4);
	free(tree);
	papr_free(p);
}

static void test_form2(void **state)
{
	static const u8 table[] = { 0, 0, 0, 9, 10, 80, 20, 80, 10, 60, 15, 60, 10 };
	struct papr *p = open_machine(&numa);
	const void *at;
	void *tree;
	int len;

	(void)state;
	p->opt.form2 = p->opt.drconf = p->opt.drmem_v2 = true;
	tree = tree_of(p);
	HAS(tree, "/rtas", "ibm,associativity-reference-points", 1);
	HAS(tree, "/rtas", "ibm,max-associativity-domains", 1, 3);
	HAS(tree, "/rtas", "ibm,numa-lookup-index-table", 3, 0, 1, 2);
	at = fdt_getprop(tree, fdt_path_offset(tree, "/rtas"), "ibm,numa-distance-table", &len);
	assert_non_null(at);
	assert_int_equal(len, sizeof(table));
	assert_memory_equal(at, table, sizeof(table));
	HAS(tree, "/memory@0", "ibm,associativity", 1, 0);
	HAS(tree, "/cpus/PowerPC,POWER10@2", "ibm,associativity", 2, 2, 2);
	HAS(tree, DRMEM, "ibm,associativity-lookup-arrays", 3, 1, 0, 1, 2);
	HAS(tree, DRMEM, "ibm,dynamic-memory-v2", 3, SET(1, 0u, 0, RMA), SET(3, 1u, 2, BOOT),
	    SET(4, 4u, NONE, 0));
	free(tree);
	papr_free(p);
}

/* H_HOME_NODE_ASSOCIATIVITY says what the tree says. */
static void test_home_node(void **state)
{
	struct papr *p = open_machine(&numa);
	const struct H_HOME_NODE_ASSOCIATIVITY_in in = { .flags = 1, .cpu = 5 };
	struct H_HOME_NODE_ASSOCIATIVITY_out out;
	struct vcpu *v = p->partition->vcpus[0];

	(void)state;
	assert_int_equal(h_home_node_associativity(v, &in, &out), H_SUCCESS);
	assert_true(out.a0 == 0x8000800080018001ULL);
	assert_true(out.a1 == 0x8005ffffffffffffULL);
	p->opt.form2 = true;
	assert_int_equal(h_home_node_associativity(v, &in, &out), H_SUCCESS);
	assert_true(out.a0 == 0x80018005ffffffffULL);
	assert_true(out.a1 == ~0ULL);
	papr_free(p);
}

/* The nodes' shares where the configuration does not say. */
static void test_shares(void **state)
{
	static const struct hypar_numa even = { .n_nodes = 3 };
	struct papr *p = open_machine(&even);
	static const u32 want[] = { 0, 0, 1, 2, 2 };

	(void)state;
	for (u32 i = 0; i < 5; i++)
		assert_int_equal(numa_node_of_boot_memory(p, gpa_of(i * LMB)), want[i]);
	papr_free(p);
}

static void test_rma(void **state)
{
	struct papr *p = open_machine(NULL);
	struct papr_lmb *l = p->mem->lmb;
	struct hypar_err e = { 0 };

	(void)state;
	p->kernel = (struct fw_loaded){ .base = gpa_of(0x400000), .size = 1 << 20 };
	papr_mem_set_rma(p);
	assert_int_equal(p->mem->n_rma, 1);
	p->initrd = (struct fw_loaded){ .base = gpa_of(LMB - 0x100000), .size = 1 };
	papr_mem_set_rma(p);
	assert_int_equal(p->mem->n_rma, 2);
	assert_int_equal(papr_mem_may_remove(p, l[1].drc, &e), -EBUSY);
	assert_int_equal(l[1].drc->ops->disable(p, l[1].drc, &e), -EBUSY);
	assert_true(strstr(e.text, "512 MiB"));
	assert_int_equal(papr_mem_may_remove(p, l[2].drc, NULL), 0);
	/* a hole in the middle */
	assert_true(papr_mem_contiguous(p) == 4 * LMB);
	dr_detach_now(p, l[2].drc);
	assert_true(papr_mem_contiguous(p) == 2 * LMB);
	assert_false(gmem_ok(p->partition->mem, gpa_of(2 * LMB - 1), 2));
	assert_true(gmem_ok(p->partition->mem, gpa_of(3 * LMB), LMB));
	/* never more than there is */
	p->initrd = (struct fw_loaded){ .base = gpa_of(2 * LMB - 0x100000), .size = 1 };
	papr_mem_set_rma(p);
	assert_int_equal(p->mem->n_rma, 2);
	p->cfg.flat_tree = true;
	p->initrd.size = 0;
	papr_mem_set_rma(p);
	assert_int_equal(p->mem->n_rma, 2);
	papr_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),	  cmocka_unit_test(test_table),
		cmocka_unit_test(test_form1),	  cmocka_unit_test(test_form2),
		cmocka_unit_test(test_home_node), cmocka_unit_test(test_shares),
		cmocka_unit_test(test_rma),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
