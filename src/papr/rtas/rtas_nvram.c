// SPDX-License-Identifier: Apache-2.0
/*
 * Non-volatile memory [PAPR 7.3.1, 8]: copies between guest memory and the
 * machine's NVRAM, which a store also writes to the machine's file.
 */
#include <errno.h>
#include <unistd.h>

#include "papr/papr.h"
#include "papr/rtas/rtas.h"

/* (index, buffer, length): is it all in NVRAM? */
static bool in_nvram(const struct rtas_args *a)
{
	return a->arg[2] <= HYPAR_NVRAM_SIZE && a->arg[0] <= HYPAR_NVRAM_SIZE - a->arg[2];
}

rtas_status rtas_nvram_fetch(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	bool ok;

	if (!in_nvram(a))
		return RTAS_PARAMETER;
	pthread_mutex_lock(&p->lock);
	ok = gmem_write(p->partition->mem, gpa_of(a->arg[1]), p->nvram + a->arg[0], a->arg[2]);
	pthread_mutex_unlock(&p->lock);
	if (!ok)
		return RTAS_PARAMETER;
	a->ret[1] = a->arg[2];
	return RTAS_SUCCESS;
}

/* False: the host cannot. */
static bool write_through(const struct papr *p, u32 at, u32 n)
{
	while (p->nvram_fd >= 0 && n) {
		ssize_t done = pwrite(p->nvram_fd, p->nvram + at, n, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += (u32)done;
		n -= (u32)done;
	}
	return true;
}

rtas_status rtas_nvram_store(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	bool ok, written = false;

	if (!in_nvram(a))
		return RTAS_PARAMETER;
	pthread_mutex_lock(&p->lock);
	ok = gmem_read(p->partition->mem, gpa_of(a->arg[1]), p->nvram + a->arg[0], a->arg[2]);
	if (ok)
		written = write_through(p, a->arg[0], a->arg[2]);
	pthread_mutex_unlock(&p->lock);
	if (!ok)
		return RTAS_PARAMETER;
	if (!written)
		return RTAS_HARDWARE;
	a->ret[1] = a->arg[2];
	return RTAS_SUCCESS;
}
