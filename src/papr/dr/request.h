/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of the host: what it asked the guest to take or to give back, and
 * how far the guest has come. The last DR_REQUESTS_MAX are remembered.
 *
 * Threads: any, unless it says otherwise. dr_requests.lock, which comes after
 * dr->lock; host functions are called without it.
 */
#ifndef HYPAR_PAPR_DR_REQUEST_H
#define HYPAR_PAPR_DR_REQUEST_H

#include "hypar/dr.h"
#include "papr/dr/dr.h"

#define DR_REQUESTS_MAX 64u

struct dr_requests; /* papr->requests */

int dr_requests_new(struct papr *p, struct hypar_err *e);
void dr_requests_free(struct papr *p);

/* The guest has the event of this request. */
void dr_request_fetched(struct papr *p, u32 request);

/* The request with number r->request, or the next one. -ENOENT. */
int dr_request_next(struct papr *p, struct hypar_dr_request *r);

/*
 * Ends the wait for it. What the guest has not touched is as if it had not
 * been asked for. On the control thread with vCPUs parked. -ENOENT, -EINVAL: it is over.
 */
int dr_request_cancel(struct papr *p, u32 request, struct hypar_err *e);

/* The embedder hears that @device is gone, for which there was no request. */
void dr_tell_deleted(struct papr *p, const char *device);

/*
 * Takes back what refused requests left, which ends them. With vCPUs parked;
 * and as platform_ops.event, which parks them if there is something to do.
 */
void dr_requests_finish(struct papr *p);
void dr_requests_work(struct papr *p);

#endif
