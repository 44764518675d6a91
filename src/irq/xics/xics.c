// SPDX-License-Identifier: Apache-2.0
/*
 * Making, freeing and resetting the XICS. See xics.h for what is modelled;
 * missing are the memory-mapped registers, which PAPR guests do not see.
 *
 * Threads: new and free on one thread; the rest under the mutex.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "irq/xics/state.h"

struct xics *xics_new(const struct xics_config *cfg, struct hypar_err *e)
{
	struct xics *x;

	if (!cfg->n_servers || cfg->n_servers > XICS_SERVERS_MAX ||
	    cfg->n_sources <= XICS_SOURCE_FIRST || cfg->n_sources > XICS_SOURCES_MAX) {
		err_set(e, -EINVAL, "XICS with %u servers and %u sources", cfg->n_servers,
			cfg->n_sources);
		return NULL;
	}
	x = calloc(1, sizeof(*x));
	if (!x)
		goto out;
	x->src = calloc(cfg->n_sources, sizeof(*x->src));
	x->icp = calloc(cfg->n_servers, sizeof(*x->icp));
	x->resend = calloc((cfg->n_sources + 63) / 64, sizeof(*x->resend));
	if (!x->src || !x->icp || !x->resend || pthread_mutex_init(&x->mutex, NULL))
		goto out_free;
	x->kdev.type = &xics_kdev_type;
	x->sink = cfg->sink;
	x->n_sources = cfg->n_sources;
	x->max_servers = cfg->n_servers;
	x->n_servers = cfg->n_servers;
	return x;
out_free:
	free(x->src);
	free(x->icp);
	free(x->resend);
	free(x);
out:
	err_set(e, -ENOMEM, "no memory for the XICS");
	return NULL;
}

void xics_free(struct xics *x)
{
	if (!x)
		return;
	pthread_mutex_destroy(&x->mutex);
	free(x->src);
	free(x->icp);
	free(x->resend);
	free(x);
}

struct kdev *xics_kdev(struct xics *x)
{
	return &x->kdev;
}

/* An asserted level source keeps its event until the guest unmasks it. */
static void src_reset(struct xics_locked l, u32 number)
{
	struct xics_src *s = &l.x->src[number];

	s->is_shown = false;
	if (!s->exists)
		return;
	xics_set_resend(l, number, false);
	*s = (struct xics_src){ .prio = XICS_PRIO_MASKED,
				.saved_prio = XICS_PRIO_MASKED,
				.exists = true,
				.is_lsi = s->is_lsi,
				.is_asserted = s->is_asserted,
				.masked_pending = s->is_asserted };
}

void xics_reset(struct xics *x)
{
	struct xics_locked l = xics_lock(x);

	for (u32 i = 0; i < x->max_servers; i++) {
		if (!x->icp[i].is_connected)
			continue;
		xics_icp_init(&x->icp[i]);
		xics_icp_update(l, &x->icp[i]);
	}
	for (u32 i = 0; i < x->n_sources; i++)
		src_reset(l, i);
	xics_unlock(l);
}
