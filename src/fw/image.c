/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel and initrd files: what they are, where they go, the copy into guest
 * memory. A source is a file or bytes in memory; it is read in pieces, straight
 * to where it belongs, so that the host keeps nothing of it.
 *
 * Threads: any; no state. The machine loads while no vCPU runs.
 */
#include "fw/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "base/err.h"
#include "fw/elf.h"

#define PIECE 262144u

/* ---- what an image is ---- */

static const struct magic {
	const char *bytes;
	unsigned int n;
	const char *what;
} magics[] = {
	{ "\x1f\x8b", 2, "compressed with gzip" },
	{ "\xfd"
	  "7zXZ",
	  5, "compressed with xz" },
	{ "BZh", 3, "compressed with bzip2" },
	{ "\x28\xb5\x2f\xfd", 4, "compressed with zstd" },
	{ "\x89LZO", 4, "compressed with lzop" },
	{ "\x02!L\x18", 4, "compressed with lz4" },
	{ "\x04\"M\x18", 4, "compressed with lz4" },
	{ "PK\x03\x04", 4, "a zip archive" },
	{ "MZ", 2, "an EFI or DOS program" },
	{ "\xd0\x0d\xfe\xed", 4, "a flat device tree" },
	{ "070701", 6, "a cpio archive" },
	{ "\x27\x05\x19\x56", 4, "a U-Boot image" },
};

/* A raw image has no mark of its own: refuse what surely is something else. */
static int check_raw(const u8 *p, size_t n, struct hypar_err *e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(magics); i++)
		if (n >= magics[i].n && !memcmp(p, magics[i].bytes, magics[i].n))
			return err_set(e, -ENOEXEC, "not a kernel: %s", magics[i].what);
	if (n < 4)
		return err_set(e, -ENOEXEC, "not a kernel: shorter than one instruction");
	for (i = 0; i < n && i < 4096; i++)
		if (p[i] >= 0x7f || (p[i] < ' ' && (p[i] < '\t' || p[i] > '\r')))
			return 0;
	return err_set(e, -ENOEXEC, "not a kernel: a text file");
}

int fw_image_parse(const void *head, size_t n, u64 file_size, struct fw_image *out,
		   struct hypar_err *e)
{
	int ret;

	if (!file_size || !n)
		return err_set(e, -EINVAL, "the file is empty");
	if (elf_is(head, n))
		return elf_parse(head, n, file_size, out, e);
	ret = check_raw(head, n, e);
	if (ret)
		return ret;
	if (file_size > 1ULL << 40)
		return err_set(e, -EFBIG, "raw image of 0x%llx bytes: too large",
			       (unsigned long long)file_size);
	memset(out, 0, sizeof(*out));
	out->entry = out->low = gpa_of(FW_KERNEL_BASE);
	out->high = gpa_of(FW_KERNEL_BASE + file_size);
	out->n_segments = 1;
	out->segment[0] = (struct fw_segment){
		.filesz = file_size,
		.memsz = file_size,
		.load = out->low,
		.is_exec = true,
	};
	return 0;
}

/* ---- where bytes come from ---- */

struct source {
	const char *name;
	int fd; /* or -1, and: */
	const u8 *bytes;
	u64 size;
};

/* A regular file, so that its size is known and reading does not block. */
static int open_source(struct source *s, const char *path, struct hypar_err *e)
{
	struct stat st;

	*s = (struct source){ .name = path };
	s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (s->fd < 0)
		return err_set_errno(e, -errno, "%s", path);
	if (fstat(s->fd, &st) < 0) {
		int code = -errno;

		close(s->fd);
		return err_set_errno(e, code, "%s", path);
	}
	if (!S_ISREG(st.st_mode)) {
		close(s->fd);
		return err_set(e, -EINVAL, "%s: not a regular file", path);
	}
	s->size = (u64)st.st_size;
	return 0;
}

static void close_source(const struct source *s)
{
	if (s->fd >= 0)
		close(s->fd);
}

static int read_source(const struct source *s, u64 at, void *dst, size_t n, struct hypar_err *e)
{
	u8 *p = dst;

	if (s->fd < 0) {
		memcpy(dst, s->bytes + at, n);
		return 0;
	}
	while (n) {
		ssize_t got = pread(s->fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set_errno(e, -errno, "%s", s->name);
		if (!got)
			return err_set(e, -EIO, "%s: became shorter while it was read", s->name);
		p += got;
		at += (u64)got;
		n -= (size_t)got;
	}
	return 0;
}

static int copy_in(struct gmem *m, const struct source *s, const struct fw_segment *seg,
		   struct hypar_err *e)
{
	u8 *piece = malloc(PIECE);
	int ret = 0;

	if (!piece)
		return err_set(e, -ENOMEM, "%s: no memory", s->name);
	for (u64 done = 0; done < seg->filesz && !ret;) {
		u64 left = seg->filesz - done;
		size_t n = left < PIECE ? (size_t)left : PIECE;

		ret = read_source(s, seg->offset + done, piece, n, e);
		if (!ret && !gmem_write(m, gpa_of(seg->load.v + done), piece, n))
			ret = err_set(e, -EFAULT, "%s: 0x%llx is not RAM", s->name,
				      (unsigned long long)(seg->load.v + done));
		done += n;
	}
	free(piece);
	return ret;
}

/* ---- kernel ---- */

static int parse_source(const struct source *s, struct fw_image *im, struct hypar_err *e)
{
	size_t n = s->size < FW_HEAD_MAX ? (size_t)s->size : FW_HEAD_MAX;
	struct hypar_err why = { 0 };
	u8 *head = malloc(FW_HEAD_MAX);
	int ret;

	if (!head)
		return err_set(e, -ENOMEM, "%s: no memory", s->name);
	ret = read_source(s, 0, head, n, e);
	if (!ret) {
		ret = fw_image_parse(head, n, s->size, im, &why);
		if (ret)
			err_set(e, ret, "%s: %s", s->name, why.text);
	}
	free(head);
	return ret;
}

/* ABI v1: the code's address is the first doubleword of the descriptor, a link address. */
static int follow_descriptor(const struct gmem *m, const char *name, struct fw_image *im,
			     struct hypar_err *e)
{
	u64 to;

	if (!im->is_descriptor)
		return 0;
	if (!gmem_ld_be64(m, im->entry, &to))
		return err_set(e, -EINVAL, "%s: entry outside of RAM", name);
	if (im->is_le)
		to = __builtin_bswap64(to);
	if (to >> 60 == 0xc)
		to = (to & ~(0xfULL << 60)) + FW_KERNEL_BASE;
	if (to < im->low.v || to >= im->high.v || (to & 3))
		return err_set(e, -EINVAL, "%s: the entry's descriptor names 0x%llx, not code",
			       name, (unsigned long long)to);
	im->entry = gpa_of(to);
	return 0;
}

static int load_kernel(struct gmem *m, const struct source *s, struct fw_loaded *out,
		       struct hypar_err *e)
{
	struct fw_image im;
	int ret = parse_source(s, &im, e);

	if (ret)
		return ret;
	for (unsigned int i = 0; i < im.n_segments; i++) {
		const struct fw_segment *seg = &im.segment[i];

		if (!gmem_ok(m, seg->load, seg->memsz))
			return err_set(e, -ENOSPC,
				       "%s: needs RAM from 0x%llx to 0x%llx, more than there is",
				       s->name, (unsigned long long)seg->load.v,
				       (unsigned long long)(seg->load.v + seg->memsz));
	}
	for (unsigned int i = 0; i < im.n_segments && !ret; i++)
		ret = copy_in(m, s, &im.segment[i], e);
	if (!ret)
		ret = follow_descriptor(m, s->name, &im, e);
	if (!ret)
		*out = (struct fw_loaded){ .base = im.low,
					   .size = im.high.v - im.low.v,
					   .entry = im.entry,
					   .is_le = im.is_le };
	return ret;
}

/* ---- initrd ---- */

static int load_initrd(struct gmem *m, const struct source *s, gpa after, struct fw_loaded *out,
		       struct hypar_err *e)
{
	struct fw_segment seg = { .filesz = s->size, .memsz = s->size };
	gpa end;
	int ret;

	if (!s->size)
		return err_set(e, -EINVAL, "%s: the file is empty", s->name);
	if (!gpa_add(after, 2 * FW_IMAGE_ALIGN - 1, &end))
		return err_set(e, -EINVAL, "%s: no place for it", s->name);
	seg.load = gpa_of(end.v & ~(FW_IMAGE_ALIGN - 1));
	if (!gmem_ok(m, seg.load, s->size))
		return err_set(e, -ENOSPC, "%s: %llu bytes from 0x%llx on do not fit into memory",
			       s->name, (unsigned long long)s->size,
			       (unsigned long long)seg.load.v);
	ret = copy_in(m, s, &seg, e);
	if (!ret)
		*out = (struct fw_loaded){ .base = seg.load, .size = s->size, .entry = seg.load };
	return ret;
}

/* ---- entry points ---- */

int fw_load_kernel(struct gmem *m, const char *path, struct fw_loaded *out, struct hypar_err *e)
{
	struct source s;
	int ret = open_source(&s, path, e);

	if (ret)
		return ret;
	ret = load_kernel(m, &s, out, e);
	close_source(&s);
	return ret;
}

int fw_load_initrd(struct gmem *m, const char *path, gpa after, struct fw_loaded *out,
		   struct hypar_err *e)
{
	struct source s;
	int ret = open_source(&s, path, e);

	if (ret)
		return ret;
	ret = load_initrd(m, &s, after, out, e);
	close_source(&s);
	return ret;
}

int fw_load_firmware(struct gmem *m, const char *path, u64 max, struct hypar_err *e)
{
	struct fw_segment seg = { 0 };
	struct source s;
	int ret = open_source(&s, path, e);

	if (ret)
		return ret;
	seg.filesz = seg.memsz = s.size;
	if (s.size <= FW_FIRMWARE_ENTRY || s.size > max)
		ret = err_set(e, -EINVAL, "%s: firmware has %llu to %llu bytes", s.name,
			      FW_FIRMWARE_ENTRY + 1, (unsigned long long)max);
	else
		ret = copy_in(m, &s, &seg, e);
	close_source(&s);
	return ret;
}

int fw_load_kernel_mem(struct gmem *m, const void *buf, size_t n, struct fw_loaded *out,
		       struct hypar_err *e)
{
	struct source s = { .name = "kernel", .fd = -1, .bytes = buf, .size = n };

	return load_kernel(m, &s, out, e);
}

int fw_load_initrd_mem(struct gmem *m, const void *buf, size_t n, gpa after, struct fw_loaded *out,
		       struct hypar_err *e)
{
	struct source s = { .name = "initrd", .fd = -1, .bytes = buf, .size = n };

	return load_initrd(m, &s, after, out, e);
}
