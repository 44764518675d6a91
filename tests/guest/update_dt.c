/* SPDX-License-Identifier: Apache-2.0 */
/*
 * H_UPDATE_DT with the tree of the flat-tree entry, whole and damaged, and the
 * two RTAS calls of firmware in the guest.
 * guest-args: --flat-tree
 * guest-expect: ^end: \d+ ok, 0 not ok
 */
#include "guest.h"

#define RTAS(name, token, handler, ...) T_##handler = token,
enum rtas_tokens {
#include "papr/rtas/rtas.def"
};
#undef RTAS

#define END_OF_RAM (2ULL << 30)
#define COPY_MAX 0x80000u

#define H(status, nr, ...)                                          \
	check_eq((u64)hcall(nr, ##__VA_ARGS__), (u64)(s64)(status), \
		 #nr "(" #__VA_ARGS__ ") = " #status)

/* The header's words [Devicetree Specification 5.2]. */
enum {
	MAGIC,
	TOTAL,
	STRUCT_AT,
	STRINGS_AT,
	RESERVED_AT,
	VERSION,
	COMPATIBLE,
	BOOT_CPU,
	STRINGS_SIZE,
	STRUCT_SIZE,
	WORDS
};

static u8 *copy;
static u32 size;

static void fresh(void)
{
	memcpy(copy, (const void *)boot_r3, size);
}

/* The tree with one word of the header replaced. */
static void with(u32 word, u32 value)
{
	fresh();
	((u32 *)copy)[word] = be32(value);
	check_eq((u64)hcall(H_UPDATE_DT, (u64)copy), (u64)(s64)H_PARAMETER, "word %u is 0x%x", word,
		 value);
}

static void damaged_headers(void)
{
	static const u32 values[] = { 0, 1, 39, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff };

	for (u32 w = MAGIC; w < WORDS; w++)
		for (u32 i = 0; i < ARRAY_SIZE(values); i++)
			if (w != COMPATIBLE && w != BOOT_CPU)
				with(w, values[i]);
	with(TOTAL, (4u << 20) + 1);
	with(TOTAL, size - 8);
	with(VERSION, 16);
	with(STRUCT_AT, be32(((u32 *)boot_r3)[STRUCT_AT]) + 2);
}

/* Each word of the structure block, one after another, becomes junk: any answer but a hang. */
static void damaged_structure(void)
{
	u32 at = be32(((u32 *)boot_r3)[STRUCT_AT]), n = be32(((u32 *)boot_r3)[STRUCT_SIZE]);
	u32 refused = 0, taken = 0;

	for (u32 i = 0; i + 4 <= n; i += 4 * 37) {
		fresh();
		*(u32 *)(copy + at + i) = be32(0xfffffff3);
		if (hcall(H_UPDATE_DT, (u64)copy) == H_PARAMETER)
			refused++;
		else
			taken++;
	}
	check(refused > 0 && taken > 0, "damaged structures: %u refused, %u taken", refused, taken);
}

static void places(void)
{
	fresh();
	H(H_SUCCESS, H_UPDATE_DT, (u64)copy);
	H(H_SUCCESS, H_UPDATE_DT, (u64)copy); /* another one */
	H(H_PARAMETER, H_UPDATE_DT, 0);
	H(H_PARAMETER, H_UPDATE_DT, END_OF_RAM);
	H(H_PARAMETER, H_UPDATE_DT, ~0ULL);
	H(H_PARAMETER, H_UPDATE_DT, END_OF_RAM - 20);
	memcpy((void *)(END_OF_RAM - size), copy, size);
	H(H_SUCCESS, H_UPDATE_DT, END_OF_RAM - size);
	memcpy((void *)(END_OF_RAM - size + 8), copy, size - 8);
	H(H_PARAMETER, H_UPDATE_DT, END_OF_RAM - size + 8);
	memcpy(copy + 1, (const void *)boot_r3, size);
	H(H_SUCCESS, H_UPDATE_DT, (u64)copy + 1); /* alignment is the copy's */
}

static void firmware_calls(void)
{
	s32 on = rtas(T_rtas_set_tce_bypass, 2, 1, 0x71000200, 1);

	/* is there an adapter? run_status.py brings one */
	check(on == 0 || on == -3, "ibm,set-tce-bypass: %d", on);
	check_eq((u64)rtas(T_rtas_set_tce_bypass, 2, 1, 0x71000200, 0), (u64)(s64)on,
		 "... and off");
	check_eq((u64)rtas(T_rtas_set_tce_bypass, 2, 1, 0x71000000, 1), (u64)(s64)-3,
		 "... of what has no DMA");
	check_eq((u64)rtas(T_rtas_set_tce_bypass, 2, 1, 0, 0), (u64)(s64)-3, "... and of nothing");
	check_eq((u64)rtas(T_rtas_quiesce, 0, 1), 0, "quiesce");
}

int main(void)
{
	size = be32(((u32 *)boot_r3)[TOTAL]);
	copy = alloc(COPY_MAX, 65536);
	if (!check(size < COPY_MAX - 8, "a tree of %u bytes", size))
		finish();
	places();
	damaged_headers();
	damaged_structure();
	firmware_calls();
	finish();
}
