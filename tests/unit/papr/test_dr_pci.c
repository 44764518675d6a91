// SPDX-License-Identifier: Apache-2.0
/*
 * Slots and host bridges that come and go: what the guest does by RTAS, what
 * the host does to devices, and error handling of slots.
 */
#include <unistd.h>

#include "dr_test.h"
#include "papr/devices.h"
#include "papr/dr/request.h"
#include "papr/pci.h"

#define SLOT(bridge, slot) DRC_INDEX(DRC_PCI, (bridge) << 16 | (slot) << 3)
#define BRIDGE(i) DRC_INDEX(DRC_PHB, i)
#define BUID_HI (u32)(PAPR_PHB_BUID(0) >> 32)
#define BUID_LO(i) (u32) PAPR_PHB_BUID(i)
#define ADDR(slot) ((u32)(slot) << 11)

struct state {
	struct rtas_fixture f;
	char path[2][DISK_PATH];
};

static int setup(void **state)
{
	static struct state s;
	struct hypar_disk disk = { .file = s.path[0], .id = "cold" };
	struct hypar_config cfg = { .irqchip = HYPAR_IRQCHIP_XICS, .disks = &disk, .n_disks = 1 };

	memset(&s, 0, sizeof(s));
	for (int i = 0; i < 2; i++)
		make_disk(s.path[i]);
	rtas_test_open(&s.f, &cfg);
	s.f.p->dr->with_parked = at_once;
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	struct state *s = *state;

	papr_free(s->f.p);
	for (int i = 0; i < 2; i++)
		unlink(s->path[i]);
	return 0;
}

static struct papr_device *add_disk(struct state *s, const char *id, u32 bridge, int *code)
{
	struct hypar_disk disk = { .file = s->path[1], .id = id, .phb = bridge };
	struct papr_device_spec spec = { .disk = &disk, .how = DRC_HOT };
	struct hypar_err e = { 0 };
	struct papr_device *d = papr_device_add(s->f.p, &spec, &e);

	*code = e.code;
	return d;
}

static struct papr_device *added(struct state *s, const char *id, u32 bridge)
{
	int code;
	struct papr_device *d = add_disk(s, id, bridge, &code);

	assert_int_equal(code, 0);
	assert_non_null(d);
	return d;
}

#define SET(index, what, value) set_indicator(&s->f, what, index, value)
#define SENSE(index) sense(&s->f, DR_ALLOCATION, index)

static u32 vendor(struct state *s, u32 bridge, u32 slot)
{
	if (RTAS_CALL(&s->f, "ibm,read-pci-config", 2, ADDR(slot), BUID_HI, BUID_LO(bridge), 4))
		return 0;
	return s->f.ret[1];
}

#define THERE 0x10421af4u
#define NOBODY 0xffffffffu

static void test_cold(void **state)
{
	struct state *s = *state;
	struct hypar_disk_info info;

	assert_int_equal(SENSE(BRIDGE(0)), DR_PRESENT);
	assert_int_equal(SENSE(BRIDGE(1)), DR_UNUSABLE);
	assert_int_equal(SENSE(SLOT(0, 0)), DR_PRESENT);
	assert_int_equal(SENSE(SLOT(0, 1)), DR_EMPTY);
	assert_null(dr_find(s->f.p, SLOT(1, 0)));
	assert_int_equal(dr_find(s->f.p, SLOT(0, 3))->parent, BRIDGE(0));
	assert_int_not_equal(dr_find(s->f.p, SLOT(0, 3))->power_domain,
			     dr_find(s->f.p, SLOT(0, 2))->power_domain);
	assert_int_equal(papr_disk_info(s->f.p, 0, &info), 0);
	assert_string_equal(info.id, "cold");
	assert_string_equal(info.file, s->path[0]);
	assert_int_equal(papr_disk_info(s->f.p, 1, &info), -ENOENT);
}

static void test_add_and_remove(void **state)
{
	struct state *s = *state;
	struct papr_device *d = added(s, "hot", 0);
	struct drc *drc = d->drc;
	struct hypar_disk_info info;
	int code;

	assert_int_equal(drc->index, SLOT(0, 1));
	assert_int_equal(papr_disk_info(s->f.p, 1, &info), 0);
	assert_string_equal(info.id, "hot");
	/* it does not answer before the guest connects it */
	assert_int_equal(vendor(s, 0, 1), NOBODY);
	assert_int_equal(SENSE(SLOT(0, 1)), DR_PRESENT);
	begin_walk(&s->f, AREA, drc->index);
	assert_int_equal(configure(&s->f, AREA, 0), RTAS_CANNOT_CONFIGURE);
	assert_int_equal(SET(drc->index, DR_ISOLATION, 1), RTAS_SUCCESS);
	assert_int_equal(vendor(s, 0, 1), THERE);
	/* an address was chosen for its BAR */
	assert_int_equal(RTAS_CALL(&s->f, "ibm,read-pci-config", 2, ADDR(1) | 0x14, BUID_HI,
				   BUID_LO(0), 4),
			 RTAS_SUCCESS);
	assert_int_equal(s->f.ret[1], d->slot->dev->home[0] >> 32);
	assert_int_not_equal(d->slot->dev->home[0], 0);
	assert_int_equal(walk_to_end(&s->f, drc->index), 1);
	assert_int_equal(drc->state, DRC_CONFIGURED);
	/* ids are unique, and the file is in use */
	assert_null(add_disk(s, "hot", 0, &code));
	assert_int_equal(code, -EEXIST);
	assert_null(add_disk(s, "other", 0, &code));
	assert_int_not_equal(code, 0);
	assert_int_equal(SENSE(SLOT(0, 2)), DR_EMPTY);

	/* the guest lets it go and takes it again, as nobody asked for it */
	assert_int_equal(SET(drc->index, DR_ISOLATION, 0), RTAS_SUCCESS);
	assert_int_equal(vendor(s, 0, 1), NOBODY);
	assert_int_equal(SENSE(SLOT(0, 1)), DR_PRESENT);
	assert_int_equal(SET(drc->index, DR_ISOLATION, 1), RTAS_SUCCESS);
	assert_int_equal(vendor(s, 0, 1), THERE);
	assert_int_equal(walk_to_end(&s->f, drc->index), 1);

	assert_false(dr_want_back(s->f.p, drc));
	assert_int_equal(vendor(s, 0, 1), THERE);
	assert_int_equal(SET(drc->index, DR_ISOLATION, 0), RTAS_SUCCESS);
	assert_int_equal(SENSE(SLOT(0, 1)), DR_EMPTY);
	assert_null(papr_device_find(s->f.p, "hot"));
	assert_int_equal(papr_disk_info(s->f.p, 1, &info), -ENOENT);
	/* id, file and slot are free again */
	assert_int_equal(added(s, "hot", 0)->drc->index, SLOT(0, 1));
	dr_detach_now(s->f.p, drc);
	assert_null(papr_device_find(s->f.p, "hot"));
	/* names that are made up do not come back */
	assert_string_equal(added(s, NULL, 0)->id, "disk5");
}

static void test_refused(void **state)
{
	struct state *s = *state;
	struct hypar_device odd = { .type = "toaster" };
	struct papr_device_spec spec = { .device = &odd, .how = DRC_HOT };
	struct hypar_err e = { 0 };
	int code;

	assert_null(papr_device_add(s->f.p, &spec, &e));
	assert_int_equal(e.code, -EINVAL);
	assert_null(add_disk(s, "hot", 1, &code));
	assert_int_equal(code, -ENODEV);
	assert_null(add_disk(s, "hot", 99, &code));
	assert_int_not_equal(code, 0);
	assert_null(add_disk(s, "no id", 0, &code));
	assert_int_equal(code, -EINVAL);
	assert_int_equal(papr_pci_attach_bridge(s->f.p, 0, DRC_HOT, NULL), -EEXIST);
	assert_int_equal(papr_pci_attach_bridge(s->f.p, PAPR_N_PHBS, DRC_HOT, NULL), -EINVAL);
}

static void take_bridge(struct state *s, u32 nodes)
{
	assert_int_equal(SET(BRIDGE(1), DR_ALLOCATION, 1), RTAS_SUCCESS);
	assert_int_equal(SET(BRIDGE(1), DR_ISOLATION, 1), RTAS_SUCCESS);
	assert_int_equal(walk_to_end(&s->f, BRIDGE(1)), nodes);
}

static void leave_bridge(struct state *s)
{
	assert_int_equal(SET(BRIDGE(1), DR_ISOLATION, 0), RTAS_SUCCESS);
	assert_int_equal(SET(BRIDGE(1), DR_ALLOCATION, 0), RTAS_SUCCESS);
}

static void test_bridge(void **state)
{
	struct state *s = *state;
	struct papr *p = s->f.p;
	u64 v;

	assert_int_equal(SET(BRIDGE(1), DR_ALLOCATION, 1), RTAS_PARAMETER);
	assert_int_equal(papr_pci_attach_bridge(p, 1, DRC_HOT, NULL), 0);
	/* what is behind it comes with it */
	added(s, "behind", 1);
	assert_null(p->phb[1]);
	assert_int_equal(vendor(s, 1, 0), 0);
	assert_int_equal(mmio_read(p->partition->mmio, 0, gpa_of(PAPR_PCI_MEM32(1)), 4, &v),
			 MMIO_UNHANDLED);
	assert_null(papr_tce_find(p, PAPR_PHB_LIOBN(1)));
	take_bridge(s, 2);
	assert_int_equal(vendor(s, 1, 0), THERE);
	assert_int_equal(dr_find(p, SLOT(1, 0))->state, DRC_CONFIGURED);
	assert_non_null(papr_tce_find(p, PAPR_PHB_LIOBN(1)));
	assert_int_equal(mmio_read(p->partition->mmio, 0, gpa_of(PAPR_PCI_MEM32(1)), 4, &v),
			 MMIO_OK);

	/* given back and taken again by the guest alone */
	leave_bridge(s);
	assert_null(p->phb[1]);
	assert_int_equal(vendor(s, 1, 0), 0);
	assert_null(papr_tce_find(p, PAPR_PHB_LIOBN(1)));
	assert_int_equal(dr_find(p, SLOT(1, 0))->state, DRC_ISOLATED);
	assert_int_equal(SENSE(BRIDGE(1)), DR_UNUSABLE);
	take_bridge(s, 2);
	assert_int_equal(vendor(s, 1, 0), THERE);

	/* for good, with the disk behind it */
	assert_false(dr_want_back(p, dr_find(p, BRIDGE(1))));
	leave_bridge(s);
	assert_null(papr_device_find(p, "behind"));
	assert_null(dr_find(p, SLOT(1, 0)));
	assert_null(papr_pci_bridge(p, 1)->phb);
	assert_int_equal(SET(BRIDGE(1), DR_ALLOCATION, 1), RTAS_PARAMETER);
	/* and once more */
	assert_int_equal(papr_pci_attach_bridge(p, 1, DRC_HOT, NULL), 0);
	take_bridge(s, 1);
	assert_int_equal(vendor(s, 1, 0), NOBODY);
}

/* A guest that starts anew has all that is there, and not what was wanted back. */
static void test_reset(void **state)
{
	struct state *s = *state;
	struct papr *p = s->f.p;
	struct drc *d = added(s, "hot", 0)->drc;

	assert_int_equal(papr_pci_attach_bridge(p, 1, DRC_HOT, NULL), 0);
	assert_int_equal(papr_pci_attach_bridge(p, 2, DRC_HOT, NULL), 0);
	restart(p);
	assert_int_equal(vendor(s, 0, 1), THERE);
	assert_int_equal(d->state, DRC_CONFIGURED);
	assert_non_null(p->phb[1]);
	assert_false(dr_want_back(p, d));
	assert_false(dr_want_back(p, dr_find(p, BRIDGE(1))));
	assert_false(dr_want_back(p, dr_find(p, SLOT(0, 0))));
	restart(p);
	assert_int_equal(vendor(s, 0, 1), NOBODY);
	assert_int_equal(vendor(s, 0, 0), NOBODY);
	assert_null(p->phb[1]);
	assert_null(dr_find(p, SLOT(1, 0)));
	assert_non_null(p->phb[2]);
	assert_null(p->devices ? papr_device_find(p, "cold") : NULL);
}

static void test_power(void **state)
{
	struct state *s = *state;
	struct drc *d = added(s, "hot", 0)->drc;
	u32 domain = d->power_domain;

	assert_int_equal(RTAS_CALL(&s->f, "set-power-level", 2, domain, 0), RTAS_SUCCESS);
	assert_int_equal(s->f.ret[1], 0);
	assert_int_equal(get_sensor(&s->f, DR_ALLOCATION, d->index), RTAS_NOT_POWERED);
	assert_int_not_equal(SET(d->index, DR_ISOLATION, 1), RTAS_SUCCESS);
	assert_int_equal(vendor(s, 0, 1), NOBODY);
	assert_int_equal(RTAS_CALL(&s->f, "set-power-level", 2, domain, 100), RTAS_SUCCESS);
	assert_int_equal(SET(d->index, DR_ISOLATION, 1), RTAS_SUCCESS);
	assert_int_equal(vendor(s, 0, 1), THERE);
	/* not under a function that is in use */
	assert_int_not_equal(RTAS_CALL(&s->f, "set-power-level", 2, domain, 0), RTAS_SUCCESS);
	assert_int_equal(vendor(s, 0, 1), THERE);
}

#define EEH(name, nret, slot, ...) \
	RTAS_CALL(&s->f, name, nret, ADDR(slot), BUID_HI, BUID_LO(0), ##__VA_ARGS__)

static u32 pe_state(struct state *s, u32 slot)
{
	assert_int_equal(EEH("ibm,read-slot-reset-state2", 4, slot), RTAS_SUCCESS);
	assert_int_equal(s->f.ret[2], 1);
	return s->f.ret[1];
}

static void test_eeh(void **state)
{
	struct state *s = *state;
	struct pci_phb *phb = s->f.p->phb[0];

	/* an endpoint for each slot, that is never number 0 */
	assert_int_equal(EEH("ibm,get-config-addr-info2", 2, 0, 1), RTAS_SUCCESS);
	assert_int_equal(s->f.ret[1], 1);
	assert_int_equal(EEH("ibm,get-config-addr-info2", 2, 0, 0), RTAS_SUCCESS);
	assert_int_equal(s->f.ret[1], 1);
	assert_int_equal(EEH("ibm,get-config-addr-info2", 2, 0, 2), RTAS_PARAMETER);
	assert_int_equal(EEH("ibm,get-config-addr-info2", 2, 1, 0), RTAS_PARAMETER);
	assert_int_equal(EEH("ibm,read-slot-reset-state2", 4, 1), RTAS_PARAMETER);
	assert_int_equal(EEH("ibm,set-eeh-option", 1, 0, 1), RTAS_SUCCESS);
	assert_int_equal(EEH("ibm,set-eeh-option", 1, 0, 4), RTAS_PARAMETER);
	assert_int_equal(EEH("ibm,set-eeh-option", 1, 1, 1), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(&s->f, "ibm,set-eeh-option", 1, 0, 1, 2, 1), RTAS_PARAMETER);
	assert_int_equal(RTAS_CALL(&s->f, "ibm,set-eeh-option", 1, 0x10000, BUID_HI, BUID_LO(0), 1),
			 RTAS_PARAMETER);
	assert_int_equal(pe_state(s, 0), PHB_PE_NORMAL);
	assert_int_equal(EEH("ibm,configure-pe", 1, 0), RTAS_SUCCESS);

	phb_pe_set(phb, 0, PHB_PE_STOPPED);
	assert_int_equal(vendor(s, 0, 0), NOBODY);
	assert_int_equal(pe_state(s, 0), PHB_PE_STOPPED);
	/* DMA not before the processor's accesses */
	assert_int_equal(EEH("ibm,set-eeh-option", 1, 0, 3), RTAS_PARAMETER);
	assert_int_equal(EEH("ibm,set-eeh-option", 1, 0, 2), RTAS_SUCCESS);
	assert_int_equal(pe_state(s, 0), PHB_PE_DMA_STOPPED);
	assert_int_equal(vendor(s, 0, 0), THERE);
	assert_int_equal(EEH("ibm,set-eeh-option", 1, 0, 3), RTAS_SUCCESS);
	assert_int_equal(pe_state(s, 0), PHB_PE_NORMAL);

	for (u32 how = 1; how <= 3; how += 2) {
		phb_pe_set(phb, 0, PHB_PE_STOPPED);
		assert_int_equal(EEH("ibm,set-slot-reset", 1, 0, how), RTAS_SUCCESS);
		assert_int_equal(pe_state(s, 0), PHB_PE_RESET);
		assert_int_equal(vendor(s, 0, 0), NOBODY);
		assert_int_equal(EEH("ibm,set-eeh-option", 1, 0, 2), RTAS_PARAMETER);
		assert_int_equal(EEH("ibm,configure-pe", 1, 0), RTAS_PARAMETER);
		assert_int_equal(EEH("ibm,set-slot-reset", 1, 0, 0), RTAS_SUCCESS);
		assert_int_equal(pe_state(s, 0), PHB_PE_NORMAL);
	}
	assert_int_equal(EEH("ibm,set-slot-reset", 1, 0, 2), RTAS_PARAMETER);
	assert_int_equal(vendor(s, 0, 0), THERE);
	assert_int_equal(EEH("ibm,slot-error-detail", 1, 0, 0, 0, 0, 0, 1), RTAS_NO_EVENT);
	assert_int_equal(EEH("ibm,slot-error-detail", 1, 0, 0, 0, 0, 0, 3), RTAS_PARAMETER);
}

static void test_surprise(void **state)
{
	struct state *s = *state;
	struct papr_device *d = papr_device_find(s->f.p, "cold");

	papr_pci_surprise(s->f.p, d->slot);
	assert_null(papr_device_find(s->f.p, "cold"));
	assert_int_equal(vendor(s, 0, 0), NOBODY);
	assert_int_equal(SENSE(SLOT(0, 0)), DR_EMPTY);
	assert_int_equal(pe_state(s, 0), PHB_PE_GONE);
	assert_int_equal(s->f.ret[3], 0);
	assert_int_equal(EEH("ibm,set-eeh-option", 1, 0, 2), RTAS_HARDWARE);
	assert_int_equal(EEH("ibm,set-slot-reset", 1, 0, 1), RTAS_HARDWARE);
	assert_int_equal(EEH("ibm,set-slot-reset", 1, 0, 0), RTAS_HARDWARE);
	assert_int_equal(EEH("ibm,configure-pe", 1, 0), RTAS_HARDWARE);
	assert_int_equal(pe_state(s, 0), PHB_PE_GONE);
	/* isolating what is not there is no harm; the next one is fine */
	assert_int_equal(SET(SLOT(0, 0), DR_ISOLATION, 0), RTAS_SUCCESS);
	assert_int_equal(added(s, "next", 0)->drc->index, SLOT(0, 0));
	assert_int_equal(SET(SLOT(0, 0), DR_ISOLATION, 1), RTAS_SUCCESS);
	assert_int_equal(pe_state(s, 0), PHB_PE_NORMAL);
	assert_int_equal(vendor(s, 0, 0), THERE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cold, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add_and_remove, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bridge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_power, setup, teardown),
		cmocka_unit_test_setup_teardown(test_eeh, setup, teardown),
		cmocka_unit_test_setup_teardown(test_surprise, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
