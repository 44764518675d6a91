// SPDX-License-Identifier: Apache-2.0
#include "papr/nvram.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "papr/papr.h"

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
	return 0;
}

int nvram_open(struct papr *p, struct hypar_err *e)
{
	p->nvram = calloc(1, HYPAR_NVRAM_SIZE);
	if (!p->nvram)
		return err_set(e, -ENOMEM, "no memory for NVRAM");
	if (!p->cfg.nvram)
		return 0;
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
