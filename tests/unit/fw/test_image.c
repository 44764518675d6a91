/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel and initrd loading: the good cases byte by byte, and a corpus of
 * damaged ELF files made by changing one field of a good one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/endian.h"
#include "fw/image.h"

#define RAM (64u << 20)
#define LINUX 0xc000000000000000ULL
#define FILE_SIZE 0x400u
#define TEXT_AT 0x200u /* in the file */

struct seg {
	u64 offset, vaddr, paddr, filesz, memsz;
	u32 type, flags;
};

struct elf {
	bool le;
	u8 bytes[FILE_SIZE];
};

static void put16(struct elf *f, size_t at, u16 v)
{
	f->le ? st_le16(f->bytes + at, v) : st_be16(f->bytes + at, v);
}

static void put32(struct elf *f, size_t at, u32 v)
{
	f->le ? st_le32(f->bytes + at, v) : st_be32(f->bytes + at, v);
}

static void put64(struct elf *f, size_t at, u64 v)
{
	f->le ? st_le64(f->bytes + at, v) : st_be64(f->bytes + at, v);
}

static void put_seg(struct elf *f, unsigned int i, const struct seg *s)
{
	size_t at = sizeof(Elf64_Ehdr) + i * sizeof(Elf64_Phdr);

	put32(f, at + offsetof(Elf64_Phdr, p_type), s->type);
	put32(f, at + offsetof(Elf64_Phdr, p_flags), s->flags);
	put64(f, at + offsetof(Elf64_Phdr, p_offset), s->offset);
	put64(f, at + offsetof(Elf64_Phdr, p_vaddr), s->vaddr);
	put64(f, at + offsetof(Elf64_Phdr, p_paddr), s->paddr);
	put64(f, at + offsetof(Elf64_Phdr, p_filesz), s->filesz);
	put64(f, at + offsetof(Elf64_Phdr, p_memsz), s->memsz);
	put16(f, offsetof(Elf64_Ehdr, e_phnum), (u16)(i + 1));
}

/* A good ELF of one segment, the way Debian's vmlinux is one. */
static void make_elf(struct elf *f, bool le, u64 vaddr, u64 paddr)
{
	struct seg s = { TEXT_AT, vaddr, paddr, 0x100, 0x3000, PT_LOAD, PF_R | PF_W | PF_X };

	memset(f, 0, sizeof(*f));
	f->le = le;
	memcpy(f->bytes, ELFMAG, SELFMAG);
	f->bytes[EI_CLASS] = ELFCLASS64;
	f->bytes[EI_DATA] = le ? ELFDATA2LSB : ELFDATA2MSB;
	f->bytes[EI_VERSION] = EV_CURRENT;
	put16(f, offsetof(Elf64_Ehdr, e_type), ET_EXEC);
	put16(f, offsetof(Elf64_Ehdr, e_machine), EM_PPC64);
	put32(f, offsetof(Elf64_Ehdr, e_version), EV_CURRENT);
	put64(f, offsetof(Elf64_Ehdr, e_entry), vaddr + 8);
	put64(f, offsetof(Elf64_Ehdr, e_phoff), sizeof(Elf64_Ehdr));
	put32(f, offsetof(Elf64_Ehdr, e_flags), le ? 2 : 1);
	put16(f, offsetof(Elf64_Ehdr, e_phentsize), sizeof(Elf64_Phdr));
	put_seg(f, 0, &s);
	for (unsigned int i = 0; i < 0x100; i++)
		f->bytes[TEXT_AT + i] = (u8)(i ^ 0x5a);
}

static struct gmem *ram(void)
{
	struct gmem *m = gmem_new();

	assert_non_null(m);
	assert_int_equal(gmem_add_ram(m, gpa_of(0), RAM, NULL), 0);
	return m;
}

static int load(struct gmem *m, const struct elf *f, struct fw_loaded *out, struct hypar_err *e)
{
	*e = (struct hypar_err){ 0 };
	return fw_load_kernel_mem(m, f->bytes, FILE_SIZE, out, e);
}

static void check_load(bool le, u64 vaddr, u64 paddr, u64 want)
{
	struct gmem *m = ram();
	struct fw_loaded out;
	struct hypar_err e;
	struct elf f;
	u8 got[0x101];

	make_elf(&f, le, vaddr, paddr);
	assert_int_equal(load(m, &f, &out, &e), 0);
	assert_int_equal(out.base.v, want);
	assert_int_equal(out.size, 0x3000);
	assert_int_equal(out.entry.v, want + 8);
	assert_int_equal(out.is_le, le);
	assert_true(gmem_read(m, gpa_of(want), got, sizeof(got)));
	assert_memory_equal(got, f.bytes + TEXT_AT, 0x100);
	assert_int_equal(got[0x100], 0);
	gmem_free(m);
}

static void linux_addresses(void **state UNUSED)
{
	check_load(true, LINUX, 0, FW_KERNEL_BASE);
	check_load(true, LINUX, LINUX, FW_KERNEL_BASE);
	check_load(false, LINUX, LINUX, FW_KERNEL_BASE);
	check_load(false, LINUX + 0x10000, 0x10000, FW_KERNEL_BASE + 0x10000);
}

static void other_addresses(void **state UNUSED)
{
	check_load(true, 0x400000, 0x400000, 0x400000);
	check_load(false, 0x100, 0x100, 0x100);
	check_load(true, 0x12345000, 0x8000, 0x8000);
	check_load(true, RAM - 0x3000, RAM - 0x3000, RAM - 0x3000);
}

/* One changed field each, and a part of the message. */
static const struct bad {
	const char *what;
	size_t at;
	unsigned int width;
	u64 v;
	int ret;
	const char *text;
} bads[] = {
#define EH(f) offsetof(Elf64_Ehdr, f)
#define PH(f) (sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, f))
	{ "class 32", EI_CLASS, 1, ELFCLASS32, -ENOEXEC, "32-bit" },
	{ "class 9", EI_CLASS, 1, 9, -EINVAL, "class 9" },
	{ "order", EI_DATA, 1, 7, -EINVAL, "byte order 7" },
	{ "version", EI_VERSION, 1, 0, -EINVAL, "version 0" },
	{ "x86", EH(e_machine), 2, EM_X86_64, -ENOEXEC, "machine 62" },
	{ "ppc32", EH(e_machine), 2, EM_PPC, -ENOEXEC, "machine 20" },
	{ "object", EH(e_type), 2, ET_REL, -ENOEXEC, "type 1" },
	{ "core", EH(e_type), 2, ET_CORE, -ENOEXEC, "type 4" },
	{ "abi", EH(e_flags), 4, 3, -ENOEXEC, "ABI 3" },
	{ "no phdr", EH(e_phnum), 2, 0, -EINVAL, "without program headers" },
	{ "many phdr", EH(e_phnum), 2, 0xffff, -EINVAL, "truncated" },
	{ "phdr size", EH(e_phentsize), 2, 55, -EINVAL, "55 bytes" },
	{ "phoff end", EH(e_phoff), 8, FILE_SIZE - 1, -EINVAL, "truncated" },
	{ "phoff wraps", EH(e_phoff), 8, ~0ULL - 8, -EINVAL, "truncated" },
	{ "entry before", EH(e_entry), 8, 0x3ffffc, -EINVAL, "outside" },
	{ "entry in bss", EH(e_entry), 8, 0x400100, -EINVAL, "outside" },
	{ "entry far", EH(e_entry), 8, ~0ULL - 3, -EINVAL, "outside" },
	{ "entry odd", EH(e_entry), 8, 0x400002, -EINVAL, "multiple of 4" },
	{ "nothing", PH(p_type), 4, PT_NOTE, -EINVAL, "nothing to load" },
	{ "empty seg", PH(p_memsz), 8, 0, -EINVAL, "nothing to load" },
	{ "file > mem", PH(p_memsz), 8, 0xff, -EINVAL, "more bytes" },
	{ "seg truncated", PH(p_offset), 8, FILE_SIZE - 0xff, -EINVAL, "truncated" },
	{ "offset wraps", PH(p_offset), 8, ~0ULL - 0x10, -EINVAL, "truncated" },
	{ "memsz wraps", PH(p_memsz), 8, ~0ULL, -EINVAL, "too large" },
	{ "memsz huge", PH(p_memsz), 8, 1ULL << 50, -ENOSPC, "more than there is" },
	{ "memsz > RAM", PH(p_memsz), 8, RAM - 0x400000 + 1, -ENOSPC, "more than there is" },
	{ "paddr out", PH(p_paddr), 8, RAM, -ENOSPC, "more than there is" },
	{ "paddr top", PH(p_paddr), 8, 0xfffffffffffff000ULL, -EINVAL, "too large" },
	{ "paddr 8..", PH(p_paddr), 8, 0x8000000000000000ULL, -EINVAL, "too large" },
#undef EH
#undef PH
};

static void damaged(void **state UNUSED)
{
	struct gmem *m = ram();

	for (size_t i = 0; i < ARRAY_SIZE(bads); i++) {
		const struct bad *b = &bads[i];

		for (int le = 0; le < 2; le++) {
			struct fw_loaded out;
			struct hypar_err e;
			struct elf f;

			make_elf(&f, le, 0x400000, 0x400000);
			switch (b->width) {
			case 1:
				f.bytes[b->at] = (u8)b->v;
				break;
			case 2:
				put16(&f, b->at, (u16)b->v);
				break;
			case 4:
				put32(&f, b->at, (u32)b->v);
				break;
			default:
				put64(&f, b->at, b->v);
			}
			if (load(m, &f, &out, &e) != b->ret || !strstr(e.text, b->text) ||
			    strncmp(e.text, "kernel: ", 8))
				fail_msg("%s (le=%d): %d %s", b->what, le, e.code, e.text);
		}
	}
	gmem_free(m);
}

static void every_truncation(void **state UNUSED)
{
	struct gmem *m = ram();
	struct fw_loaded out;
	struct hypar_err e;
	struct elf f;

	make_elf(&f, true, LINUX, 0);
	for (size_t n = 0; n < TEXT_AT + 0x100; n++) {
		e = (struct hypar_err){ 0 };
		assert_true(fw_load_kernel_mem(m, f.bytes, n, &out, &e) < 0);
		assert_true(e.text[0]);
	}
	assert_int_equal(fw_load_kernel_mem(m, f.bytes, TEXT_AT + 0x100, &out, NULL), 0);
	gmem_free(m);
}

static void two_segments(void **state UNUSED)
{
	struct seg s = { TEXT_AT, LINUX + 0x10000, 0x10000, 0x10, 0x20, PT_LOAD, PF_R | PF_W };
	struct gmem *m = ram();
	struct fw_loaded out;
	struct hypar_err e;
	struct elf f;
	u8 got;

	make_elf(&f, true, LINUX, 0);
	put_seg(&f, 1, &s);
	assert_int_equal(load(m, &f, &out, &e), 0);
	assert_int_equal(out.size, 0x10020);
	assert_true(gmem_ld_u8(m, gpa_of(0x410001), &got));
	assert_int_equal(got, 0x5b);

	s.paddr = s.vaddr = 0x2fff;
	s.vaddr |= LINUX;
	put_seg(&f, 1, &s);
	assert_int_equal(load(m, &f, &out, &e), -EINVAL);
	assert_non_null(strstr(e.text, "overlap"));
	s.paddr = 0x3000;
	put_seg(&f, 1, &s);
	assert_int_equal(load(m, &f, &out, &e), 0);
	gmem_free(m);
}

/* ABI v1: the entry is a descriptor in a segment of data. */
static void descriptor(void **state UNUSED)
{
	struct seg s = { 0x380, 0x410000, 0x410000, 0x18, 0x18, PT_LOAD, PF_R | PF_W };
	struct gmem *m = ram();
	struct fw_loaded out;
	struct hypar_err e;
	struct elf f;

	make_elf(&f, false, 0x400000, 0x400000);
	put_seg(&f, 1, &s);
	put64(&f, offsetof(Elf64_Ehdr, e_entry), 0x410000);
	put64(&f, 0x380, 0x400040);
	assert_int_equal(load(m, &f, &out, &e), 0);
	assert_int_equal(out.entry.v, 0x400040);
	put64(&f, 0x380, 0x900000);
	assert_int_equal(load(m, &f, &out, &e), -EINVAL);
	assert_non_null(strstr(e.text, "descriptor"));
	gmem_free(m);
}

static void raw(void **state UNUSED)
{
	static const u8 code[] = { 0x48, 0, 0, 0, 1, 2, 3, 4 };
	static const struct {
		const char *bytes;
		const char *text;
	} not [] = {
		{ "\x1f\x8b\x08\x01\x02", "gzip" },
		{ "MZ\x90\x01\x02", "EFI" },
		{ "#!/bin/sh\necho\n", "text" },
		{ "\xd0\x0d\xfe\xed\x01", "device tree" },
		{ "\x7f"
		  "EL",
		  "shorter" },
	};
	struct gmem *m = ram();
	struct fw_loaded out;
	u8 got[8];

	assert_int_equal(fw_load_kernel_mem(m, code, sizeof(code), &out, NULL), 0);
	assert_int_equal(out.entry.v, FW_KERNEL_BASE);
	assert_int_equal(out.size, sizeof(code));
	assert_true(gmem_read(m, out.base, got, sizeof(got)));
	assert_memory_equal(got, code, sizeof(code));
	for (size_t i = 0; i < ARRAY_SIZE(not ); i++) {
		struct hypar_err e = { 0 };

		assert_int_equal(fw_load_kernel_mem(m, not [i].bytes, strlen(not [i].bytes), &out,
						    &e),
				 -ENOEXEC);
		assert_non_null(strstr(e.text, not [i].text));
	}
	gmem_free(m);
}

static void initrd(void **state UNUSED)
{
	struct gmem *m = ram();
	struct hypar_err e = { 0 };
	struct fw_loaded out;
	u8 *big = calloc(1, RAM);

	assert_non_null(big);
	assert_int_equal(fw_load_initrd_mem(m, "abc", 3, gpa_of(0x400001), &out, NULL), 0);
	assert_int_equal(out.base.v, 0x420000);
	assert_int_equal(out.size, 3);
	assert_int_equal(fw_load_initrd_mem(m, "abc", 3, gpa_of(0x400000), &out, NULL), 0);
	assert_int_equal(out.base.v, 0x410000);
	assert_int_equal(fw_load_initrd_mem(m, "", 0, gpa_of(0), &out, &e), -EINVAL);
	assert_string_equal(e.text, "initrd: the file is empty");
	e = (struct hypar_err){ 0 };
	assert_int_equal(fw_load_initrd_mem(m, big, RAM, gpa_of(0x400000), &out, &e), -ENOSPC);
	assert_non_null(strstr(e.text, "do not fit"));
	assert_int_equal(fw_load_initrd_mem(m, big, RAM - 0x10000, gpa_of(0), &out, NULL), 0);
	assert_int_equal(fw_load_initrd_mem(m, big, 1, gpa_of(~0ULL), &out, NULL), -EINVAL);
	assert_int_equal(fw_load_initrd_mem(m, big, 1, gpa_of(RAM - 0x10000), &out, NULL), -ENOSPC);
	free(big);
	gmem_free(m);
}

static void files(void **state UNUSED)
{
	char path[] = "/tmp/test_image.XXXXXX";
	struct gmem *m = ram();
	struct hypar_err e = { 0 };
	struct fw_loaded out;
	struct elf f;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(fw_load_kernel(m, path, &out, &e), -EINVAL);
	assert_non_null(strstr(e.text, path));
	assert_non_null(strstr(e.text, "empty"));
	make_elf(&f, true, LINUX, 0);
	assert_int_equal(write(fd, f.bytes, FILE_SIZE), FILE_SIZE);
	assert_int_equal(fw_load_kernel(m, path, &out, NULL), 0);
	assert_int_equal(out.entry.v, FW_KERNEL_BASE + 8);
	assert_int_equal(fw_load_initrd(m, path, gpa_of(out.base.v + out.size), &out, NULL), 0);
	assert_int_equal(out.size, FILE_SIZE);
	/* A sparse file with a hole in place of a large kernel. */
	assert_int_equal(ftruncate(fd, 1LL << 42), 0);
	e = (struct hypar_err){ 0 };
	assert_int_equal(fw_load_initrd(m, path, gpa_of(0), &out, &e), -ENOSPC);
	close(fd);
	unlink(path);
	e = (struct hypar_err){ 0 };
	assert_int_equal(fw_load_kernel(m, path, &out, &e), -ENOENT);
	assert_non_null(strstr(e.text, "No such file"));
	assert_int_equal(fw_load_kernel(m, "/", &out, NULL), -EINVAL);
	assert_int_equal(fw_load_kernel(m, "/dev/null", &out, NULL), -EINVAL);
	gmem_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linux_addresses),
		cmocka_unit_test(other_addresses),
		cmocka_unit_test(damaged),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(two_segments),
		cmocka_unit_test(descriptor),
		cmocka_unit_test(raw),
		cmocka_unit_test(initrd),
		cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
