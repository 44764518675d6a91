/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF64 for the 64-bit PowerPC, both byte orders, ABI v1 and v2, ET_EXEC and
 * ET_DYN [ELF-64 object file format 1.5; 64-bit ELF V2 ABI for Power]. Looks at
 * the file header and the program headers only, and believes nothing in them.
 * Pure: no state, no file, no guest memory.
 *
 * Missing: relocations are not applied. An ET_DYN image relocates itself or
 * runs where it is linked.
 */
#include "fw/elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/endian.h"
#include "base/err.h"

#define TOP_NIBBLE 0xf000000000000000ULL
#define LINUX_NIBBLE 0xc000000000000000ULL

/* Reads the fields of a file in its own byte order. */
struct reader {
	const u8 *p;
	bool is_le;
};

static u16 rd16(const struct reader *r, size_t at)
{
	return r->is_le ? ld_le16(r->p + at) : ld_be16(r->p + at);
}

static u32 rd32(const struct reader *r, size_t at)
{
	return r->is_le ? ld_le32(r->p + at) : ld_be32(r->p + at);
}

static u64 rd64(const struct reader *r, size_t at)
{
	return r->is_le ? ld_le64(r->p + at) : ld_be64(r->p + at);
}

struct phdr {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz;
};

static struct phdr read_phdr(const struct reader *r, size_t at)
{
	return (struct phdr){
		.type = rd32(r, at + offsetof(Elf64_Phdr, p_type)),
		.flags = rd32(r, at + offsetof(Elf64_Phdr, p_flags)),
		.offset = rd64(r, at + offsetof(Elf64_Phdr, p_offset)),
		.vaddr = rd64(r, at + offsetof(Elf64_Phdr, p_vaddr)),
		.paddr = rd64(r, at + offsetof(Elf64_Phdr, p_paddr)),
		.filesz = rd64(r, at + offsetof(Elf64_Phdr, p_filesz)),
		.memsz = rd64(r, at + offsetof(Elf64_Phdr, p_memsz)),
	};
}

bool elf_is(const void *head, size_t n)
{
	return n >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG);
}

static int check_ident(const u8 *id, size_t n, struct hypar_err *e)
{
	if (n < EI_NIDENT || (n < sizeof(Elf64_Ehdr) && id[EI_CLASS] == ELFCLASS64))
		return err_set(e, -EINVAL, "truncated within the ELF header");
	if (id[EI_CLASS] == ELFCLASS32)
		return err_set(e, -ENOEXEC, "a 32-bit ELF; it takes a 64-bit PowerPC one");
	if (id[EI_CLASS] != ELFCLASS64)
		return err_set(e, -EINVAL, "ELF of unknown class %u", id[EI_CLASS]);
	if (id[EI_DATA] != ELFDATA2LSB && id[EI_DATA] != ELFDATA2MSB)
		return err_set(e, -EINVAL, "ELF of unknown byte order %u", id[EI_DATA]);
	if (id[EI_VERSION] != EV_CURRENT)
		return err_set(e, -EINVAL, "ELF of unknown version %u", id[EI_VERSION]);
	return 0;
}

static int check_type(const struct reader *r, struct hypar_err *e)
{
	u16 machine = rd16(r, offsetof(Elf64_Ehdr, e_machine));
	u16 type = rd16(r, offsetof(Elf64_Ehdr, e_type));
	u32 abi = rd32(r, offsetof(Elf64_Ehdr, e_flags)) & EF_PPC64_ABI;

	if (machine != EM_PPC64)
		return err_set(e, -ENOEXEC, "an ELF for machine %u; it takes PowerPC 64 (%u)",
			       machine, EM_PPC64);
	if (type != ET_EXEC && type != ET_DYN)
		return err_set(e, -ENOEXEC, "an ELF of type %u; it takes an executable", type);
	if (abi == 3)
		return err_set(e, -ENOEXEC, "an ELF of unknown ABI %u", abi);
	return 0;
}

/* Where the program headers lie. */
static int find_phdrs(const struct reader *r, size_t n, u64 *phoff, unsigned int *phnum,
		      struct hypar_err *e)
{
	u16 entsize = rd16(r, offsetof(Elf64_Ehdr, e_phentsize));

	*phoff = rd64(r, offsetof(Elf64_Ehdr, e_phoff));
	*phnum = rd16(r, offsetof(Elf64_Ehdr, e_phnum));
	if (!*phnum)
		return err_set(e, -EINVAL, "ELF without program headers");
	if (entsize != sizeof(Elf64_Phdr))
		return err_set(e, -EINVAL, "ELF with program headers of %u bytes; %zu are right",
			       entsize, sizeof(Elf64_Phdr));
	if (*phoff > n || *phnum > (n - *phoff) / sizeof(Elf64_Phdr))
		return err_set(e, -EINVAL,
			       n < FW_HEAD_MAX ? "truncated within the program headers" :
						 "program headers beyond the first 64 KiB");
	return 0;
}

static int place_segment(const struct phdr *h, u64 file_size, struct fw_segment *s,
			 struct hypar_err *e)
{
	bool is_linux = (h->vaddr & TOP_NIBBLE) == LINUX_NIBBLE ||
			(h->paddr & TOP_NIBBLE) == LINUX_NIBBLE;
	u64 end;

	if (h->filesz > h->memsz)
		return err_set(e, -EINVAL, "segment with more bytes in the file than in memory");
	if (h->offset > file_size || h->filesz > file_size - h->offset)
		return err_set(e, -EINVAL,
			       "truncated: a segment ends at byte 0x%llx, the file at 0x%llx",
			       (unsigned long long)(h->offset + h->filesz),
			       (unsigned long long)file_size);
	s->load = gpa_of(is_linux ? (h->paddr & ~TOP_NIBBLE) + FW_KERNEL_BASE : h->paddr);
	if (__builtin_add_overflow(s->load.v, h->memsz, &end) || end > ~TOP_NIBBLE ||
	    __builtin_add_overflow(h->vaddr, h->memsz - 1, &end))
		return err_set(e, -EINVAL, "segment of 0x%llx bytes at 0x%llx: too large",
			       (unsigned long long)h->memsz, (unsigned long long)h->paddr);
	s->offset = h->offset;
	s->filesz = h->filesz;
	s->memsz = h->memsz;
	s->is_exec = h->flags & PF_X;
	return 0;
}

static bool overlaps(const struct fw_image *im, const struct fw_segment *s)
{
	for (unsigned int i = 0; i < im->n_segments; i++) {
		const struct fw_segment *o = &im->segment[i];

		if (s->load.v < o->load.v + o->memsz && o->load.v < s->load.v + s->memsz)
			return true;
	}
	return false;
}

static void grow(struct fw_image *im, const struct fw_segment *s)
{
	u64 end = s->load.v + s->memsz;

	if (!im->n_segments || s->load.v < im->low.v)
		im->low = s->load;
	if (!im->n_segments || end > im->high.v)
		im->high.v = end;
	im->segment[im->n_segments++] = *s;
}

/* If @entry lies in the segment just added, that decides where code begins. */
static bool find_entry(struct fw_image *im, const struct phdr *h, u64 entry)
{
	const struct fw_segment *s = &im->segment[im->n_segments - 1];
	u64 at = entry - h->vaddr;

	if (at >= h->filesz)
		return false;
	im->entry.v = s->load.v + at;
	/* ABI v1: an entry in data is a function descriptor. */
	im->is_descriptor = !s->is_exec;
	return true;
}

static int check_entry(const struct fw_image *im, bool found, u64 entry, struct hypar_err *e)
{
	if (!found)
		return err_set(e, -EINVAL, "entry 0x%llx lies outside of the segments",
			       (unsigned long long)entry);
	if (im->entry.v & 3)
		return err_set(e, -EINVAL, "entry 0x%llx is not a multiple of 4",
			       (unsigned long long)entry);
	return 0;
}

int elf_parse(const void *head, size_t n, u64 file_size, struct fw_image *out, struct hypar_err *e)
{
	struct reader r = { .p = head };
	unsigned int phnum;
	bool found = false;
	u64 phoff, entry;
	int ret;

	memset(out, 0, sizeof(*out));
	ret = check_ident(r.p, n, e);
	if (ret)
		return ret;
	r.is_le = r.p[EI_DATA] == ELFDATA2LSB;
	ret = check_type(&r, e);
	if (!ret)
		ret = find_phdrs(&r, n, &phoff, &phnum, e);
	if (ret)
		return ret;
	out->is_elf = true;
	out->is_le = r.is_le;
	entry = rd64(&r, offsetof(Elf64_Ehdr, e_entry));
	for (unsigned int i = 0; i < phnum; i++) {
		struct phdr h = read_phdr(&r, phoff + i * sizeof(Elf64_Phdr));
		struct fw_segment s;

		if (h.type != PT_LOAD || !h.memsz)
			continue;
		if (out->n_segments == FW_SEGMENTS_MAX)
			return err_set(e, -EINVAL, "more than %d segments", FW_SEGMENTS_MAX);
		ret = place_segment(&h, file_size, &s, e);
		if (ret)
			return ret;
		if (overlaps(out, &s))
			return err_set(e, -EINVAL, "segments overlap at 0x%llx",
				       (unsigned long long)s.load.v);
		grow(out, &s);
		found = found || find_entry(out, &h, entry);
	}
	if (!out->n_segments)
		return err_set(e, -EINVAL, "ELF with nothing to load");
	return check_entry(out, found, entry, e);
}
