// SPDX-License-Identifier: Apache-2.0
/*
 * Virtual slots that come and go: what the guest does by RTAS and hypercalls,
 * what the host does to adapters and terminals.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dr_test.h"
#include "fw/fdt/walk.h"
#include "papr/devices.h"
#include "papr/hcall.h"
#include "papr/pci.h"
#include "papr/vio.h"

#define VTY(i) DRC_INDEX(DRC_VIO, i)
#define VSCSI(i) DRC_INDEX(DRC_VIO, 0x200 + (i))
#define LLAN(i) DRC_INDEX(DRC_VIO, 0x300 + (i))
#define UNIT(drc) (0x71000000u | ((drc)&0xffff))

#define CRQ 0x40000u /* real address, at 0 of the window */

enum { FIRST, SECOND, HOT, FILES };

struct state {
	struct rtas_fixture f;
	char path[FILES][DISK_PATH];
};

static int setup(void **state)
{
	static struct state s;
	struct hypar_disk disk[2] = {
		{ .file = s.path[FIRST], .id = "first", .interface = HYPAR_DISK_VSCSI },
		{ .file = s.path[SECOND], .id = "second", .interface = HYPAR_DISK_VSCSI },
	};
	struct hypar_net net = { .id = "cold", .interface = HYPAR_NET_VETH };
	struct hypar_config cfg = { .irqchip = HYPAR_IRQCHIP_XICS,
				    .disks = disk,
				    .n_disks = 2,
				    .nets = &net,
				    .n_nets = 1 };

	memset(&s, 0, sizeof(s));
	for (int i = 0; i < FILES; i++)
		make_disk(s.path[i]);
	rtas_test_open(&s.f, &cfg);
	s.f.p->dr->with_parked = at_once;
	papr_devices_reset(s.f.p);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct state *s = *state;

	papr_free(s->f.p);
	for (int i = 0; i < FILES; i++)
		unlink(s->path[i]);
	return 0;
}

/* ---- the host ---- */

static struct papr_device *add(struct state *s, struct papr_device_spec spec)
{
	struct hypar_err e = { 0 };
	struct papr_device *d;

	spec.how = DRC_HOT;
	d = papr_device_add(s->f.p, &spec, &e);
	assert_string_equal(e.text, "");
	assert_non_null(d);
	assert_null(d->slot);
	return d;
}

static struct papr_device *add_disk(struct state *s, const char *id)
{
	const struct hypar_disk d = { .file = s->path[HOT],
				      .id = id,
				      .interface = HYPAR_DISK_VSCSI };

	return add(s, (struct papr_device_spec){ .disk = &d });
}

static struct papr_device *add_net(struct state *s, const char *id)
{
	const struct hypar_net n = { .id = id, .interface = HYPAR_NET_VETH };

	return add(s, (struct papr_device_spec){ .net = &n });
}

static struct papr_device *add_vty(struct state *s, const char *id)
{
	const struct hypar_device v = { .type = "vty", .id = id, .chardev = "null" };

	return add(s, (struct papr_device_spec){ .device = &v });
}

/* ---- the guest ---- */

#define SET(index, what, value) set_indicator(&s->f, what, index, value)
#define SENSE(index) sense(&s->f, DR_ALLOCATION, index)

/* As drmgr does it; the number of nodes that it was given. */
static u32 take(struct state *s, u32 index)
{
	u32 n;

	assert_int_equal(SENSE(index), DR_UNUSABLE);
	assert_int_equal(SET(index, DR_ALLOCATION, 1), RTAS_SUCCESS);
	assert_int_equal(SET(index, DR_ISOLATION, 1), RTAS_SUCCESS);
	n = walk_to_end(&s->f, index);
	assert_int_equal(SENSE(index), DR_PRESENT);
	return n;
}

static void leave(struct state *s, u32 index)
{
	assert_int_equal(SET(index, DR_ISOLATION, 0), RTAS_SUCCESS);
	assert_int_equal(SET(index, DR_ALLOCATION, 0), RTAS_SUCCESS);
	assert_int_equal(SENSE(index), DR_UNUSABLE);
}

static hstatus put_tce(struct state *s, u32 drc, u64 tce)
{
	const struct H_PUT_TCE_in in = { .liobn = UNIT(drc), .tce = tce };
	struct H_PUT_TCE_out out;

	return h_put_tce(s->f.v, &in, &out);
}

static u64 tce(struct state *s, u32 drc)
{
	const struct H_GET_TCE_in in = { .liobn = UNIT(drc) };
	struct H_GET_TCE_out out = { 0 };

	assert_int_equal(h_get_tce(s->f.v, &in, &out), H_SUCCESS);
	return out.tce;
}

/* A driver registers its queue, which lies at 0 of the window. */
static hstatus reg_crq(struct state *s, u32 drc)
{
	const struct H_REG_CRQ_in in = { .unit = UNIT(drc), .len = 4096 };
	struct H_REG_CRQ_out out;

	return h_reg_crq(s->f.v, &in, &out);
}

static hstatus send_crq(struct state *s, u32 drc, u64 high)
{
	const struct H_SEND_CRQ_in in = { .unit = UNIT(drc), .high = high };
	struct H_SEND_CRQ_out out;

	return h_send_crq(s->f.v, &in, &out);
}

static hstatus change_mac(struct state *s, u32 drc)
{
	const struct H_CHANGE_LOGICAL_LAN_MAC_in in = { .unit = UNIT(drc), .mac = 1 };
	struct H_CHANGE_LOGICAL_LAN_MAC_out out;

	return h_change_logical_lan_mac(s->f.v, &in, &out);
}

static hstatus get_char(struct state *s, u32 unit)
{
	const struct H_GET_TERM_CHAR_in in = { .vty = unit };
	struct H_GET_TERM_CHAR_out out;

	return h_get_term_char(s->f.v, &in, &out);
}

/* ---- the tree ---- */

/* What is below /vdevice now: names with a space behind each. */
static void nodes(struct papr *p, char *text, size_t size)
{
	struct hypar_err e = { 0 };
	struct fdt_item it;
	u32 depth = 0;
	size_t n;
	void *tree;

	text[0] = 0;
	assert_int_equal(papr_fdt_build(p, &tree, &n, &e), 0);
	it = fdt_item_at(tree, 0);
	for (bool in = false; it.kind != FDT_ITEM_TREE_END; it = fdt_item_at(tree, it.next)) {
		size_t at = strlen(text);

		if (it.kind == FDT_ITEM_NODE && ++depth == 2)
			in = !strcmp(it.name, "vdevice");
		else if (it.kind == FDT_ITEM_NODE && depth == 3 && in)
			(void)snprintf(text + at, size - at, "%s ", it.name);
		if (it.kind == FDT_ITEM_NODE_END)
			depth--;
	}
	free(tree);
}

#define NODES(want)                                                \
	do {                                                       \
		char text[256];                                    \
		nodes(s->f.p, text, sizeof(text));                 \
		assert_string_equal(text, want "nvram@71000100 "); \
	} while (0)

/* ---- tests ---- */

static void test_cold(void **state)
{
	struct state *s = *state;
	struct papr *p = s->f.p;

	NODES("vty@71000000 v-scsi@71000200 l-lan@71000300 ");
	assert_null(dr_find(p, VTY(0)));
	assert_int_equal(SENSE(VTY(1)), DR_UNUSABLE);
	assert_int_equal(SENSE(VSCSI(0)), DR_PRESENT);
	assert_int_equal(SENSE(VSCSI(15)), DR_UNUSABLE);
	assert_null(dr_find(p, VSCSI(16)));
	assert_int_equal(SENSE(LLAN(0)), DR_PRESENT);
	assert_int_equal(SENSE(LLAN(31)), DR_UNUSABLE);
	assert_string_equal(dr_find(p, LLAN(0))->name, "V1-C768");
	/* an adapter of several has a name of its own, and goes by that */
	assert_ptr_equal(papr_device_find(p, "first")->drc, dr_find(p, VSCSI(0)));
	assert_ptr_equal(papr_device_find(p, "second")->drc, dr_find(p, VSCSI(0)));
	assert_ptr_equal(papr_vio_find(p, "vscsi0"), dr_find(p, VSCSI(0)));
	assert_null(papr_vio_find(p, "first"));
	assert_int_equal(papr_vio_disks(dr_find(p, VSCSI(0))), 2);
	assert_int_equal(papr_vio_disks(dr_find(p, LLAN(0))), 0);
	assert_ptr_equal(papr_vio_find(p, "cold"), dr_find(p, LLAN(0)));
	assert_null(papr_vio_vscsi(p, UNIT(VSCSI(1))));
	assert_null(papr_vio_vscsi(p, UNIT(LLAN(0))));
	assert_null(papr_vio_llan(p, UNIT(VSCSI(0))));
}

static void test_disk(void **state)
{
	struct state *s = *state;
	struct papr *p = s->f.p;
	struct papr_device *d = add_disk(s, "hot");
	struct drc *drc = d->drc;
	struct hypar_disk_info info;

	assert_int_equal(drc->index, VSCSI(1));
	assert_string_equal(drc->resource, "hot");
	assert_ptr_equal(papr_vio_find(p, "hot"), drc);
	/* not before the guest takes it */
	assert_int_equal(reg_crq(s, VSCSI(1)), H_PARAMETER);
	assert_int_equal(put_tce(s, VSCSI(1), CRQ | 3), H_PARAMETER);
	NODES("vty@71000000 v-scsi@71000200 l-lan@71000300 ");
	assert_int_equal(take(s, VSCSI(1)), 1);
	NODES("vty@71000000 v-scsi@71000200 v-scsi@71000201 l-lan@71000300 ");
	assert_int_equal(put_tce(s, VSCSI(1), CRQ | 3), H_SUCCESS);
	assert_int_equal(reg_crq(s, VSCSI(1)), H_SUCCESS);
	assert_int_equal(send_crq(s, VSCSI(1), 0xc001ULL << 48), H_SUCCESS);
	assert_int_equal(word(&s->f, CRQ), 0xc0020000);

	/* let go with the queue open: the driver is told, and its window is empty afterwards */
	leave(s, VSCSI(1));
	assert_int_equal(word(&s->f, CRQ + 16), 0xff020000);
	assert_int_equal(send_crq(s, VSCSI(1), 0xc001ULL << 48), H_PARAMETER);
	assert_int_equal(put_tce(s, VSCSI(1), 0), H_PARAMETER);
	assert_null(papr_tce_find(p, UNIT(VSCSI(1))));
	NODES("vty@71000000 v-scsi@71000200 l-lan@71000300 ");
	/* and taken again, as nobody asked for it */
	assert_int_equal(take(s, VSCSI(1)), 1);
	assert_int_equal(tce(s, VSCSI(1)), 0);
	assert_int_equal(reg_crq(s, VSCSI(1)), H_PARAMETER);
	assert_int_equal(put_tce(s, VSCSI(1), CRQ | 3), H_SUCCESS);
	assert_int_equal(reg_crq(s, VSCSI(1)), H_SUCCESS);

	assert_false(dr_want_back(p, drc));
	assert_int_equal(papr_disk_info(p, 2, &info), 0);
	leave(s, VSCSI(1));
	assert_int_equal(papr_disk_info(p, 2, &info), -ENOENT);
	assert_null(papr_device_find(p, "hot"));
	assert_null(papr_vio_find(p, "hot"));
	assert_int_equal(SET(VSCSI(1), DR_ALLOCATION, 1), RTAS_PARAMETER);
	/* id, file and slot are free again */
	assert_int_equal(add_disk(s, "hot")->drc->index, VSCSI(1));
	/* back before the guest has it */
	assert_true(dr_want_back(p, drc));
	assert_null(papr_device_find(p, "hot"));
}

static void test_names(void **state)
{
	struct state *s = *state;
	const struct hypar_disk d = { .file = s->path[HOT],
				      .id = "vscsi0",
				      .interface = HYPAR_DISK_VSCSI };
	const struct hypar_net n = { .id = "first", .interface = HYPAR_NET_VETH };
	struct papr_device_spec spec = { .disk = &d, .how = DRC_HOT };
	struct hypar_err e = { 0 };

	assert_null(papr_device_add(s->f.p, &spec, &e));
	assert_int_equal(e.code, -EEXIST);
	e = (struct hypar_err){ 0 };
	spec = (struct papr_device_spec){ .net = &n, .how = DRC_HOT };
	assert_null(papr_device_add(s->f.p, &spec, &e));
	assert_int_equal(e.code, -EEXIST);
	/* nothing was left half-way */
	assert_int_equal(add_disk(s, "hot")->drc->index, VSCSI(1));
	assert_int_equal(add_net(s, "card")->drc->index, LLAN(1));
}

static void test_cold_adapter(void **state)
{
	struct state *s = *state;
	struct papr *p = s->f.p;
	struct hypar_disk_info info;

	/* a guest may give back and take what it was started with */
	leave(s, VSCSI(0));
	assert_int_equal(reg_crq(s, VSCSI(0)), H_PARAMETER);
	assert_int_equal(take(s, VSCSI(0)), 1);
	assert_false(dr_want_back(p, dr_find(p, VSCSI(0))));
	leave(s, VSCSI(0));
	assert_null(papr_device_find(p, "first"));
	assert_null(papr_device_find(p, "second"));
	assert_int_equal(papr_disk_info(p, 0, &info), -ENOENT);
	assert_null(papr_vio_find(p, "vscsi0"));
	/* its slot is free, for one disk */
	assert_int_equal(add_disk(s, "hot")->drc->index, VSCSI(0));
	assert_int_equal(papr_vio_disks(dr_find(p, VSCSI(0))), 1);
}

static void test_net(void **state)
{
	struct state *s = *state;
	struct papr *p = s->f.p;
	struct drc *d = add_net(s, "card")->drc;

	assert_int_equal(d->index, LLAN(1));
	assert_int_equal(change_mac(s, LLAN(1)), H_PARAMETER);
	assert_int_equal(take(s, LLAN(1)), 1);
	assert_int_equal(change_mac(s, LLAN(1)), H_SUCCESS);
	assert_int_equal(put_tce(s, LLAN(1), CRQ | 3), H_SUCCESS);
	assert_int_equal(change_mac(s, LLAN(0)), H_SUCCESS);
	/* the host pulls it out */
	dr_detach_now(p, d);
	assert_int_equal(change_mac(s, LLAN(1)), H_PARAMETER);
	assert_int_equal(put_tce(s, LLAN(1), 0), H_PARAMETER);
	assert_int_equal(change_mac(s, LLAN(0)), H_SUCCESS);
	assert_int_equal(SENSE(LLAN(1)), DR_UNUSABLE);
	assert_null(papr_device_find(p, "card"));
	/* the guest gives back what it does not have any more */
	leave(s, LLAN(1));
}

static void test_vty(void **state)
{
	struct state *s = *state;
	struct papr *p = s->f.p;
	struct drc *d = add_vty(s, "term")->drc;

	assert_int_equal(d->index, VTY(1));
	assert_int_equal(get_char(s, 0), H_SUCCESS);
	assert_int_equal(get_char(s, UNIT(VTY(1))), H_PARAMETER);
	assert_int_equal(take(s, VTY(1)), 1);
	NODES("vty@71000000 vty@71000001 v-scsi@71000200 l-lan@71000300 ");
	assert_int_equal(get_char(s, UNIT(VTY(1))), H_SUCCESS);
	assert_int_equal(get_char(s, UNIT(VTY(2))), H_PARAMETER);
	assert_false(dr_want_back(p, d));
	leave(s, VTY(1));
	assert_int_equal(get_char(s, UNIT(VTY(1))), H_PARAMETER);
	assert_int_equal(get_char(s, UNIT(VTY(0))), H_SUCCESS);
	assert_null(p->vty[1].chr);
	/* all that there can be */
	for (u32 i = 1; i < PAPR_VTYS_MAX; i++)
		assert_int_equal(add_vty(s, NULL)->drc->index, VTY(i));
	{
		const struct hypar_device v = { .type = "vty", .chardev = "null" };
		struct papr_device_spec spec = { .device = &v, .how = DRC_HOT };
		struct hypar_err e = { 0 };

		assert_null(papr_device_add(p, &spec, &e));
		assert_int_equal(e.code, -ENOSPC);
	}
}

/* A guest that starts anew has all that is there, and not what was wanted back. */
static void test_reset(void **state)
{
	struct state *s = *state;
	struct papr *p = s->f.p;

	add_disk(s, "hot");
	add_net(s, "card");
	add_vty(s, "term");
	restart(p);
	NODES("vty@71000000 vty@71000001 v-scsi@71000200 v-scsi@71000201 l-lan@71000300 "
	      "l-lan@71000301 ");
	assert_int_equal(put_tce(s, VSCSI(1), CRQ | 3), H_SUCCESS);
	assert_int_equal(reg_crq(s, VSCSI(1)), H_SUCCESS);
	assert_false(dr_want_back(p, dr_find(p, LLAN(0))));
	assert_false(dr_want_back(p, dr_find(p, VSCSI(0))));
	restart(p);
	NODES("vty@71000000 vty@71000001 v-scsi@71000201 l-lan@71000301 ");
	assert_int_equal(tce(s, VSCSI(1)), 0);
	assert_int_equal(send_crq(s, VSCSI(1), 0xc001ULL << 48), H_CLOSED);
	assert_int_equal(change_mac(s, LLAN(0)), H_PARAMETER);
	assert_int_equal(change_mac(s, LLAN(1)), H_SUCCESS);
	/* what the guest had let go is there again, too */
	leave(s, VSCSI(1));
	restart(p);
	assert_int_equal(SENSE(VSCSI(1)), DR_PRESENT);
}

/* Firmware of the guest says that it is done: nothing comes to life by that. */
static void test_forget(void **state)
{
	struct state *s = *state;
	struct papr *p = s->f.p;

	add_disk(s, "hot");
	assert_int_equal(put_tce(s, VSCSI(0), CRQ | 3), H_SUCCESS);
	assert_int_equal(reg_crq(s, VSCSI(0)), H_SUCCESS);
	papr_vio_forget(p);
	assert_int_equal(tce(s, VSCSI(0)), 0);
	assert_int_equal(send_crq(s, VSCSI(0), 0xc001ULL << 48), H_CLOSED);
	assert_int_equal(send_crq(s, VSCSI(1), 0xc001ULL << 48), H_PARAMETER);
	assert_int_equal(RTAS_CALL(&s->f, "ibm,set-tce-bypass", 1, UNIT(VSCSI(0)), 1),
			 RTAS_SUCCESS);
	assert_int_equal(RTAS_CALL(&s->f, "ibm,set-tce-bypass", 1, UNIT(VSCSI(1)), 1),
			 RTAS_PARAMETER);
	/* the bypass goes with the driver */
	leave(s, VSCSI(0));
	assert_int_equal(take(s, VSCSI(0)), 1);
	assert_int_equal(reg_crq(s, VSCSI(0)), H_PARAMETER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_cold), TEST(test_disk), TEST(test_names), TEST(test_cold_adapter),
		TEST(test_net),	 TEST(test_vty),  TEST(test_reset), TEST(test_forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
