/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel images: any bytes. What the parser accepts must lie in the file and
 * not overlap, and must load or be refused without a byte outside of RAM.
 */
#include <stdint.h>
#include <stdlib.h>

#include "fw/image.h"

#define RAM (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		__builtin_trap();
}

static void check(const struct fw_image *im, u64 file_size)
{
	require(im->n_segments && im->n_segments <= FW_SEGMENTS_MAX);
	require(im->entry.v >= im->low.v && im->entry.v < im->high.v);
	for (unsigned int i = 0; i < im->n_segments; i++) {
		const struct fw_segment *s = &im->segment[i];

		require(s->filesz <= s->memsz && s->memsz);
		require(s->offset <= file_size && s->filesz <= file_size - s->offset);
		require(s->load.v >= im->low.v && s->load.v + s->memsz <= im->high.v);
		for (unsigned int j = 0; j < i; j++) {
			const struct fw_segment *o = &im->segment[j];

			require(s->load.v >= o->load.v + o->memsz ||
				o->load.v >= s->load.v + s->memsz);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hypar_err e = { 0 };
	struct fw_loaded out;
	struct fw_image im;
	struct gmem *m;
	int ret = fw_image_parse(data, size, size, &im, &e);

	require(!ret == !e.text[0]);
	if (ret)
		return 0;
	check(&im, size);
	/* Only the beginning was read: the rest of the file may be anything. */
	if (!fw_image_parse(data, size, size + (1ULL << 33), &im, NULL))
		check(&im, size + (1ULL << 33));
	m = gmem_new();
	require(m && !gmem_add_ram(m, gpa_of(0), RAM, NULL));
	if (!fw_load_kernel_mem(m, data, size, &out, NULL)) {
		require(out.base.v + out.size <= RAM && out.entry.v < RAM);
		if (!fw_load_initrd_mem(m, data, size, gpa_of(out.base.v + out.size), &out, NULL))
			require(out.base.v + out.size <= RAM);
	}
	gmem_free(m);
	return 0;
}
