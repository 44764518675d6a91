// SPDX-License-Identifier: Apache-2.0
#include "papr/nvram.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/endian.h"
#include "base/err.h"
#include "papr/papr.h"

/* Partitions [PAPR 8.3]: signature, checksum, length in blocks of 16 bytes, name. */
#define HEADER_SIZE 16u
#define SIGNATURE_SYSTEM 0x70
#define SIGNATURE_FREE 0x7f
#define SYSTEM_SIZE 0x1000u

static void put_header(u8 *h, u8 signature, u32 size, const char *name)
{
	unsigned int sum;

	h[0] = signature;
	st_be16(h + 2, (u16)(size / HEADER_SIZE));
	memcpy(h + 4, name, 12);
	/* bytes are added with the carry that falls off the top */
	sum = h[0];
	for (unsigned int i = 2; i < HEADER_SIZE; i++)
		sum = (sum + h[i] > 0xff) + ((sum + h[i]) & 0xff);
	h[1] = (u8)sum;
}

/* An empty system partition, and the rest free for the guest to divide. */
static void format(u8 *nvram)
{
	put_header(nvram, SIGNATURE_SYSTEM, SYSTEM_SIZE, "common\0\0\0\0\0");
	put_header(nvram + SYSTEM_SIZE, SIGNATURE_FREE, HYPAR_NVRAM_SIZE - SYSTEM_SIZE,
		   "wwwwwwwwwwww");
}

static bool is_blank(const u8 *nvram)
{
	for (unsigned int i = 0; i < HEADER_SIZE; i++)
		if (nvram[i])
			return false;
	return true;
}

/* A file of another size is not ours to write to. */
static int load(struct papr *p, struct hypar_err *e)
{
	struct stat st;

	if (fstat(p->nvram_fd, &st))
		return err_set_errno(e, -errno, "--nvram %s", p->cfg.nvram);
	if (!S_ISREG(st.st_mode) || (st.st_size && st.st_size != HYPAR_NVRAM_SIZE))
		return err_set(e, -EINVAL, "--nvram %s: not a file of %d bytes", p->cfg.nvram,
			       HYPAR_NVRAM_SIZE);
	if (!st.st_size && ftruncate(p->nvram_fd, HYPAR_NVRAM_SIZE))
		return err_set_errno(e, -errno, "--nvram %s", p->cfg.nvram);
	if (pread(p->nvram_fd, p->nvram, HYPAR_NVRAM_SIZE, 0) != HYPAR_NVRAM_SIZE)
		return err_set(e, -EIO, "--nvram %s: cannot be read", p->cfg.nvram);
	if (!is_blank(p->nvram))
		return 0;
	format(p->nvram);
	if (pwrite(p->nvram_fd, p->nvram, HYPAR_NVRAM_SIZE, 0) != HYPAR_NVRAM_SIZE)
		return err_set(e, -EIO, "--nvram %s: cannot be written", p->cfg.nvram);
	return 0;
}

int nvram_open(struct papr *p, struct hypar_err *e)
{
	p->nvram = calloc(1, HYPAR_NVRAM_SIZE);
	if (!p->nvram)
		return err_set(e, -ENOMEM, "no memory for NVRAM");
	if (!p->cfg.nvram) {
		format(p->nvram);
		return 0;
	}
	p->nvram_fd = open(p->cfg.nvram, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (p->nvram_fd < 0)
		return err_set_errno(e, -errno, "--nvram %s", p->cfg.nvram);
	return load(p, e);
}

void nvram_close(struct papr *p)
{
	if (p->nvram_fd >= 0)
		close(p->nvram_fd);
	p->nvram_fd = -1;
	free(p->nvram);
	p->nvram = NULL;
}
