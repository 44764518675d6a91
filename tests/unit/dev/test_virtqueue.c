/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues against drivers that keep to the rules and drivers that do not: each
 * broken rule must break the device, say so once, and be healed by a reset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "virtio_test.h"

struct world {
	struct virtio_dev v; /* first: freed by destroy */
	struct ram ram;
	int n_interrupts, n_config, n_lines, n_started, n_stopped, n_notified;
	char line[256];
	u8 config[8];
};

static struct world *world_of(struct virtio_dev *d)
{
	return CONTAINER_OF(d, struct world, v);
}

static void t_interrupt(void *opaque, unsigned int q)
{
	struct world *w = opaque;

	assert_int_equal(q, 0);
	w->n_interrupts++;
}

static void t_config(void *opaque)
{
	((struct world *)opaque)->n_config++;
}

static void t_say(void *opaque, const char *line)
{
	struct world *w = opaque;

	w->n_lines++;
	snprintf(w->line, sizeof(w->line), "%s", line);
}

static void o_read_config(struct virtio_dev *d, u8 *c)
{
	memcpy(c, world_of(d)->config, 8);
}

static void o_write_config(struct virtio_dev *d, u8 *c, u32 a, u32 n)
{
	assert_true(a + n <= 16);
	memcpy(world_of(d)->config, c, 8);
}

static void o_start(struct virtio_dev *d)
{
	world_of(d)->n_started++;
}

static void o_stop(struct virtio_dev *d)
{
	world_of(d)->n_stopped++;
}

static void o_notify(struct virtio_dev *d, unsigned int q)
{
	assert_int_equal(q, 0);
	world_of(d)->n_notified++;
}

static void o_destroy(struct virtio_dev *d)
{
	virtio_fini(d);
	free(world_of(d));
}

static const struct virtio_ops ops = { .name = "virtio-test",
				       .read_config = o_read_config,
				       .write_config = o_write_config,
				       .start = o_start,
				       .stop = o_stop,
				       .notify = o_notify,
				       .destroy = o_destroy };

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct virtio_init i = { .ops = &ops,
				 .id = "dut",
				 .type = 42,
				 .n_queues = 1,
				 .queue_size = 16,
				 .config_size = 8,
				 .features = 1,
				 .log = { t_say, w } };
	struct virtio_transport t = { t_interrupt, t_config, NULL, w };

	assert_non_null(w);
	w->ram.dma.ops = &ram_ops;
	assert_int_equal(virtio_init(&w->v, &i, NULL), 0);
	virtio_attach(&w->v, &w->ram.dma, &t);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	device_quiesce(&w->v.dev);
	device_destroy(&w->v.dev);
	return 0;
}

static struct virtq *q0(struct world *w)
{
	return &w->v.vq[0];
}

/* ---- drivers that keep to the rules ---- */

static void moves_data(void **state)
{
	struct world *w = *state;
	struct virtq_chain c;
	char buf[16];

	drive(&w->v, 0);
	assert_int_equal(w->n_started, 1);
	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_EMPTY);
	put_desc(&w->ram, DESC, 3, DATA, 4, F_NEXT, 5);
	put_desc(&w->ram, DESC, 5, DATA + 100, 3, F_NEXT, 0);
	put_desc(&w->ram, DESC, 0, DATA + 200, 2, F_WRITE | F_NEXT, 7);
	put_desc(&w->ram, DESC, 7, DATA + 300, 6, F_WRITE, 0);
	memcpy(at(&w->ram, DATA), "abcd", 4);
	memcpy(at(&w->ram, DATA + 100), "efg", 3);
	make_avail(&w->ram, 3);
	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_GOT);
	assert_int_equal(c.head, 3);
	assert_int_equal(c.n_out, 2);
	assert_int_equal(c.n_in, 2);
	assert_int_equal(c.out_len, 7);
	assert_int_equal(c.in_len, 8);
	assert_true(virtq_chain_read(&c, 0, buf, 7));
	assert_memory_equal(buf, "abcdefg", 7);
	assert_true(virtq_chain_read(&c, 3, buf, 2));
	assert_memory_equal(buf, "de", 2);
	assert_false(virtq_chain_read(&c, 3, buf, 5));
	assert_false(virtq_chain_read(&c, ~0ULL - 2, buf, 5));
	assert_true(virtq_chain_write(&c, 1, "12345", 5));
	assert_int_equal(at(&w->ram, DATA + 201)[0], '1');
	assert_memory_equal(at(&w->ram, DATA + 300), "2345", 4);
	assert_false(virtq_chain_write(&c, 4, "12345", 5));
	assert_int_equal(virtq_inflight(q0(w)), 1);
	virtq_push(q0(w), 3, 6);
	virtq_interrupt(q0(w));
	assert_int_equal(used_idx(&w->ram), 1);
	assert_int_equal(used_id(&w->ram, 0), 3);
	assert_int_equal(used_len(&w->ram, 0), 6);
	assert_int_equal(w->n_interrupts, 1);
	assert_int_equal(virtq_inflight(q0(w)), 0);
	/* no such head is out: nothing happens */
	virtq_push(q0(w), 3, 6);
	assert_int_equal(used_idx(&w->ram), 1);
	assert_int_equal(w->n_lines, 0);
}

static void wraps_around(void **state)
{
	struct world *w = *state;
	struct virtq_chain c;

	drive(&w->v, 0);
	for (u32 i = 0; i < 70000; i++) {
		put_desc(&w->ram, DESC, i % N, DATA, 1, F_WRITE, 0);
		make_avail(&w->ram, (u16)(i % N));
		assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_GOT);
		assert_int_equal(c.head, i % N);
		virtq_push(q0(w), c.head, 1);
		assert_int_equal(used_idx(&w->ram), (i + 1) & 0xffff);
		assert_int_equal(used_id(&w->ram, (u16)i), i % N);
	}
}

static void takes_indirect(void **state)
{
	struct world *w = *state;
	struct virtq_chain c;

	drive(&w->v, VIRTIO_F_INDIRECT_DESC);
	put_desc(&w->ram, DESC, 1, DATA, 3 * 16, F_INDIRECT, 0);
	put_desc(&w->ram, DATA, 0, DATA + 256, 10, F_NEXT, 2);
	put_desc(&w->ram, DATA, 2, DATA + 512, 20, F_WRITE, 0);
	make_avail(&w->ram, 1);
	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_GOT);
	assert_int_equal(c.head, 1);
	assert_int_equal(c.out_len, 10);
	assert_int_equal(c.in_len, 20);
}

static void unpops(void **state)
{
	struct world *w = *state;
	struct virtq_chain c;

	drive(&w->v, 0);
	put_desc(&w->ram, DESC, 2, DATA, 1, 0, 0);
	make_avail(&w->ram, 2);
	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_GOT);
	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_EMPTY);
	virtq_unpop(q0(w), 2);
	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_GOT);
	assert_int_equal(c.head, 2);
}

static void pop_push(struct world *w, u16 head)
{
	struct virtq_chain c;

	put_desc(&w->ram, DESC, head, DATA, 1, 0, 0);
	make_avail(&w->ram, head);
	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_GOT);
	virtq_push(q0(w), head, 0);
}

static void flag_stops_interrupts(void **state)
{
	struct world *w = *state;

	drive(&w->v, 0);
	st_le16(at(&w->ram, AVAIL), 1);
	pop_push(w, 0);
	virtq_interrupt(q0(w));
	assert_int_equal(w->n_interrupts, 0);
	st_le16(at(&w->ram, AVAIL), 0);
	virtq_interrupt(q0(w));
	assert_int_equal(w->n_interrupts, 1);
	/* and notifications */
	assert_false(virtq_want_notify(q0(w), false));
	assert_int_equal(ld_le16(at(&w->ram, USED)), 1);
	assert_false(virtq_want_notify(q0(w), true));
	assert_int_equal(ld_le16(at(&w->ram, USED)), 0);
	make_avail(&w->ram, 1);
	assert_true(virtq_want_notify(q0(w), true));
}

static void event_index(void **state)
{
	struct world *w = *state;
	u8 *used_event = at(&w->ram, AVAIL) + 4 + 2 * N;
	u8 *avail_event = at(&w->ram, USED) + 4 + 8 * N;

	drive(&w->v, VIRTIO_F_EVENT_IDX);
	st_le16(used_event, 0);
	pop_push(w, 0);
	virtq_interrupt(q0(w));
	assert_int_equal(w->n_interrupts, 1);
	/* wants to hear of the fourth */
	st_le16(used_event, 3);
	for (u16 i = 1; i < 4; i++) {
		pop_push(w, i);
		virtq_interrupt(q0(w));
		assert_int_equal(w->n_interrupts, i < 3 ? 1 : 2);
	}
	/* two at once, over the index asked for */
	st_le16(used_event, 4);
	pop_push(w, 4);
	pop_push(w, 5);
	virtq_interrupt(q0(w));
	assert_int_equal(w->n_interrupts, 3);
	/* nothing new: nothing */
	virtq_interrupt(q0(w));
	assert_int_equal(w->n_interrupts, 3);
	assert_false(virtq_want_notify(q0(w), true));
	assert_int_equal(ld_le16(avail_event), 6);
}

/* ---- drivers that do not ---- */

/* The device is broken, says so once, gives nothing, and works after a reset. */
static void is_broken(struct world *w, const char *text)
{
	struct virtq_chain c;

	assert_true(virtio_get_status(&w->v) & VIRTIO_NEEDS_RESET);
	assert_int_equal(w->n_lines, 1);
	if (!strstr(w->line, text))
		fail_msg("\"%s\" is not in \"%s\"", text, w->line);
	assert_int_equal(w->n_config, 1);
	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_BROKEN);
	assert_int_equal(w->n_lines, 1);
	virtio_notify(&w->v, 0);
	assert_int_equal(w->n_notified, 0);
	virtq_interrupt(q0(w));
	assert_int_equal(w->n_interrupts, 0);
	memset(w->ram.bytes, 0, sizeof(w->ram.bytes));
	w->ram.readonly_from = 0;
	drive(&w->v, 0);
	assert_int_equal(virtio_get_status(&w->v), 15);
	pop_push(w, 1);
	assert_int_equal(used_idx(&w->ram), 1);
	virtio_notify(&w->v, 0);
	assert_int_equal(w->n_notified, 1);
}

static void breaks_with(struct world *w, const char *text)
{
	struct virtq_chain c;

	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_BROKEN);
	is_broken(w, text);
}

static void loop(void **state)
{
	struct world *w = *state;

	drive(&w->v, 0);
	put_desc(&w->ram, DESC, 0, DATA, 1, F_NEXT, 1);
	put_desc(&w->ram, DESC, 1, DATA, 1, F_NEXT, 0);
	make_avail(&w->ram, 0);
	breaks_with(w, "more descriptors than the queue");
}

static void next_outside(void **state)
{
	struct world *w = *state;

	drive(&w->v, 0);
	put_desc(&w->ram, DESC, 0, DATA, 1, F_NEXT, N);
	make_avail(&w->ram, 0);
	breaks_with(w, "outside the table");
}

static void head_outside(void **state)
{
	struct world *w = *state;

	drive(&w->v, 0);
	make_avail(&w->ram, N);
	breaks_with(w, "outside the table");
}

static void index_jumps(void **state)
{
	struct world *w = *state;

	drive(&w->v, 0);
	st_le16(at(&w->ram, AVAIL) + 2, N + 1);
	breaks_with(w, "jumps");
}

static void head_twice(void **state)
{
	struct world *w = *state;
	struct virtq_chain c;

	drive(&w->v, 0);
	put_desc(&w->ram, DESC, 4, DATA, 1, 0, 0);
	make_avail(&w->ram, 4);
	make_avail(&w->ram, 4);
	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_GOT);
	breaks_with(w, "twice");
}

static void out_after_in(void **state)
{
	struct world *w = *state;

	drive(&w->v, 0);
	put_desc(&w->ram, DESC, 0, DATA, 1, F_WRITE | F_NEXT, 1);
	put_desc(&w->ram, DESC, 1, DATA, 1, 0, 0);
	make_avail(&w->ram, 0);
	breaks_with(w, "readable descriptor follows");
}

static void length_wraps(void **state)
{
	struct world *w = *state;

	drive(&w->v, 0);
	put_desc(&w->ram, DESC, 0, ~0ULL - 10, 100, 0, 0);
	make_avail(&w->ram, 0);
	breaks_with(w, "wraps");
}

static void indirect_not_negotiated(void **state)
{
	struct world *w = *state;

	drive(&w->v, 0);
	put_desc(&w->ram, DESC, 0, DATA, 16, F_INDIRECT, 0);
	make_avail(&w->ram, 0);
	breaks_with(w, "not negotiated");
}

/* @table_len and flags of a direct descriptor; the table at DATA is the caller's. */
static void indirect(struct world *w, u64 addr, u32 len, u16 flags, const char *text)
{
	drive(&w->v, VIRTIO_F_INDIRECT_DESC);
	put_desc(&w->ram, DESC, 0, addr, len, F_INDIRECT | flags, 1);
	make_avail(&w->ram, 0);
	breaks_with(w, text);
}

static void indirect_odd_size(void **state)
{
	indirect(*state, DATA, 17, 0, "size of an indirect table");
}

static void indirect_empty(void **state)
{
	indirect(*state, DATA, 0, 0, "size of an indirect table");
}

static void indirect_wraps(void **state)
{
	indirect(*state, ~0ULL - 15, 32, 0, "size of an indirect table");
}

static void indirect_and_next(void **state)
{
	indirect(*state, DATA, 16, F_NEXT, "has a next one");
}

static void indirect_unmapped(void **state)
{
	indirect(*state, 0, 16, 0, "not in DMA memory");
}

static void indirect_nested(void **state)
{
	struct world *w = *state;

	put_desc(&w->ram, DATA, 0, DATA + 64, 16, F_INDIRECT, 0);
	indirect(w, DATA, 16, 0, "has an indirect descriptor");
}

static void indirect_loop(void **state)
{
	struct world *w = *state;

	put_desc(&w->ram, DATA, 0, DATA, 16, F_NEXT, 0);
	indirect(w, DATA, 16, 0, "more descriptors");
}

static void indirect_late(void **state)
{
	struct world *w = *state;

	drive(&w->v, VIRTIO_F_INDIRECT_DESC);
	put_desc(&w->ram, DESC, 0, DATA, 16, F_NEXT, 1);
	put_desc(&w->ram, DESC, 1, DATA, 16, F_INDIRECT, 0);
	make_avail(&w->ram, 0);
	breaks_with(w, "not alone");
}

static void used_unmapped(void **state)
{
	struct world *w = *state;
	struct virtq_chain c;

	drive(&w->v, 0);
	put_desc(&w->ram, DESC, 0, DATA, 1, 0, 0);
	make_avail(&w->ram, 0);
	assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_GOT);
	w->ram.readonly_from = USED;
	virtq_push(q0(w), 0, 0);
	is_broken(w, "used ring");
}

static void rings_unmapped(void **state)
{
	struct world *w = *state;
	struct virtio_queue_regs q = { .size = N, .desc = 0x10, .driver = 0x20, .device = 0x40 };

	virtio_set_driver_features(&w->v, 1, 3);
	virtio_set_status(&w->v, 11);
	virtio_set_queue(&w->v, 0, &q);
	virtio_enable_queue(&w->v, 0);
	virtio_set_status(&w->v, 15);
	breaks_with(w, "available ring is not in DMA memory");
}

static void bad_registers(void **state)
{
	static const struct virtio_queue_regs bad[] = {
		{ .size = 0, .desc = DESC, .driver = AVAIL, .device = USED },
		{ .size = 3, .desc = DESC, .driver = AVAIL, .device = USED },
		{ .size = 32, .desc = DESC, .driver = AVAIL, .device = USED },
		{ .size = N, .desc = DESC + 8, .driver = AVAIL, .device = USED },
		{ .size = N, .desc = DESC, .driver = AVAIL + 1, .device = USED },
		{ .size = N, .desc = DESC, .driver = AVAIL, .device = USED + 2 },
		{ .size = N, .desc = ~0ULL & ~15ULL, .driver = AVAIL, .device = USED },
		{ .size = N, .desc = DESC, .driver = ~0ULL - 1, .device = USED },
		{ .size = N, .desc = DESC, .driver = AVAIL, .device = ~0ULL - 3 },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct virtio_queue_regs back;
		struct virtq_chain c;

		virtio_set_status(&w->v, 0);
		w->n_lines = 0;
		w->v.dev.said_ms = 0; /* it may speak again */
		virtio_set_queue(&w->v, 0, &bad[i]);
		virtio_enable_queue(&w->v, 0);
		assert_true(virtio_get_status(&w->v) & VIRTIO_NEEDS_RESET);
		assert_int_equal(w->n_lines, 1);
		virtio_get_queue(&w->v, 0, &back);
		assert_false(back.enabled);
		assert_int_equal(virtq_pop(q0(w), &c), VIRTQ_BROKEN);
	}
	/* no such queue */
	virtio_set_status(&w->v, 0);
	virtio_set_queue(&w->v, 1, &bad[0]);
	virtio_enable_queue(&w->v, 1);
	virtio_notify(&w->v, 1);
	assert_int_equal(virtio_get_status(&w->v), 0);
}

/* ---- status, features, configuration ---- */

static void features(void **state)
{
	struct world *w = *state;

	assert_true(virtio_get_features(&w->v) & VIRTIO_F_VERSION_1);
	/* not VERSION_1 */
	virtio_set_driver_features(&w->v, 0, 1);
	virtio_set_status(&w->v, 11);
	assert_int_equal(virtio_get_status(&w->v), 3);
	/* no DRIVER_OK without FEATURES_OK */
	virtio_set_status(&w->v, 15 & ~8);
	assert_int_equal(virtio_get_status(&w->v), 3);
	assert_int_equal(w->n_started, 0);
	/* what was not offered */
	virtio_set_driver_features(&w->v, 1, 3);
	virtio_set_driver_features(&w->v, 0, 2);
	virtio_set_status(&w->v, 11);
	assert_int_equal(virtio_get_status(&w->v), 3);
	virtio_set_driver_features(&w->v, 0, 1);
	virtio_set_driver_features(&w->v, 7, ~0u);
	virtio_set_status(&w->v, 11);
	assert_int_equal(virtio_get_status(&w->v), 11);
	/* final */
	virtio_set_driver_features(&w->v, 0, 0);
	assert_int_equal(virtio_get_driver_features(&w->v, 0), 1);
	virtio_set_status(&w->v, 15);
	assert_int_equal(w->n_started, 1);
	/* bits do not go but by reset */
	virtio_set_status(&w->v, 1);
	assert_int_equal(virtio_get_status(&w->v), 15);
	assert_int_equal(w->n_started, 1);
	virtio_set_status(&w->v, 0);
	assert_int_equal(virtio_get_status(&w->v), 0);
	assert_int_equal(virtio_get_driver_features(&w->v, 0), 0);
	assert_true(w->n_stopped > 0);
}

static void config(void **state)
{
	struct world *w = *state;

	memcpy(w->config, "\x01\x02\x03\x04\x05\x06\x07\x08", 8);
	assert_int_equal(virtio_read_config(&w->v, 0, 1), 1);
	assert_int_equal(virtio_read_config(&w->v, 2, 2), 0x0403);
	assert_int_equal(virtio_read_config(&w->v, 0, 8), 0x0807060504030201);
	assert_int_equal(virtio_read_config(&w->v, 7, 4), 8);
	assert_int_equal(virtio_read_config(&w->v, 8, 4), 0);
	assert_int_equal(virtio_read_config(&w->v, ~0u, 4), 0);
	virtio_write_config(&w->v, 4, 4, 0xaabbccdd);
	assert_memory_equal(w->config, "\x01\x02\x03\x04\xdd\xcc\xbb\xaa", 8);
	virtio_write_config(&w->v, 9, 4, 0);
	virtio_write_config(&w->v, ~0u, 1, 0);
	drive(&w->v, 0);
	virtio_config_changed(&w->v);
	assert_int_equal(w->n_config, 1);
	assert_int_equal(virtio_get_generation(&w->v), 1);
}

static void quiesce_and_resume(void **state)
{
	struct world *w = *state;

	drive(&w->v, 0);
	device_quiesce(&w->v.dev);
	virtio_notify(&w->v, 0);
	assert_int_equal(w->n_notified, 0);
	device_resume(&w->v.dev);
	/* what may have come meanwhile is looked for */
	assert_int_equal(w->n_notified, 1);
	assert_int_equal(virtio_get_status(&w->v), 15);
	device_reset(&w->v.dev);
	assert_int_equal(virtio_get_status(&w->v), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(moves_data),
		TEST(wraps_around),
		TEST(takes_indirect),
		TEST(unpops),
		TEST(flag_stops_interrupts),
		TEST(event_index),
		TEST(loop),
		TEST(next_outside),
		TEST(head_outside),
		TEST(index_jumps),
		TEST(head_twice),
		TEST(out_after_in),
		TEST(length_wraps),
		TEST(indirect_not_negotiated),
		TEST(indirect_odd_size),
		TEST(indirect_empty),
		TEST(indirect_wraps),
		TEST(indirect_and_next),
		TEST(indirect_unmapped),
		TEST(indirect_nested),
		TEST(indirect_loop),
		TEST(indirect_late),
		TEST(used_unmapped),
		TEST(rings_unmapped),
		TEST(bad_registers),
		TEST(features),
		TEST(config),
		TEST(quiesce_and_resume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
