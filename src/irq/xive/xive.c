// SPDX-License-Identifier: Apache-2.0
/*
 * Making, freeing and resetting the XIVE. See xive.h for what is modelled;
 * missing are END ESB pages, escalation, and the hypervisor's view.
 *
 * Threads: new and free on one thread; see state.h for the rest.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "irq/xive/state.h"

#define EQ_SHIFTS_KNOWN (1u << 12 | 1u << 16 | 1u << 21 | 1u << 24)

struct xive *xive_new(const struct xive_config *cfg, struct hypar_err *e)
{
	struct xive *x;

	if (!cfg->n_servers || cfg->n_servers > XIVE_SERVERS_MAX || !cfg->n_sources ||
	    cfg->n_sources > XIVE_SOURCES_MAX || cfg->eq_shifts & ~EQ_SHIFTS_KNOWN) {
		err_set(e, -EINVAL, "XIVE with %u servers and %u sources", cfg->n_servers,
			cfg->n_sources);
		return NULL;
	}
	x = calloc(1, sizeof(*x));
	if (!x)
		goto out;
	x->src = calloc(cfg->n_sources, sizeof(*x->src));
	x->vp = calloc(cfg->n_servers, sizeof(*x->vp));
	if (!x->src || !x->vp || pthread_mutex_init(&x->mutex, NULL))
		goto out_free;
	x->kdev.type = &xive_kdev_type;
	x->mem = cfg->mem;
	x->sink = cfg->sink;
	x->eq_shifts = cfg->eq_shifts ? cfg->eq_shifts : 1u << 16;
	x->n_sources = cfg->n_sources;
	x->max_servers = cfg->n_servers;
	x->n_servers = cfg->n_servers;
	return x;
out_free:
	free(x->src);
	free(x->vp);
	free(x);
out:
	err_set(e, -ENOMEM, "no memory for the XIVE");
	return NULL;
}

void xive_free(struct xive *x)
{
	if (!x)
		return;
	pthread_mutex_destroy(&x->mutex);
	free(x->src);
	free(x->vp);
	free(x);
}

struct kdev *xive_kdev(struct xive *x)
{
	return &x->kdev;
}

void xive_disconnect(struct xive *x, u32 server)
{
	struct xive_locked l = xive_lock(x);
	struct xive_vp *vp = xive_vp_get(l, server);

	if (vp) {
		xive_vp_set_cppr(l, server, 0); /* admits nothing: the line is low */
		*vp = (struct xive_vp){ 0 };
		x->n_connected--;
	}
	xive_unlock(l);
}

void xive_reset(struct xive *x)
{
	struct xive_locked l = xive_lock(x);

	for (u32 i = 0; i < x->n_sources; i++)
		xive_src_reset(l, i);
	for (u32 i = 0; i < x->max_servers; i++) {
		memset(x->vp[i].eq, 0, sizeof(x->vp[i].eq));
		x->vp[i].reporting_line = ~0ULL;
	}
	xive_unlock(l);
}
