// SPDX-License-Identifier: Apache-2.0
/*
 * Fetching events [PAPR 7.3.3]: check-exception for those that an interrupt
 * announced, event-scan for those that nothing announces.
 */
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

#define VECTOR_EXTERNAL 0x500u

/* @arg: critical, buffer, its length */
static rtas_status fetch(struct rtas_args *a, u32 classes, const u32 *arg)
{
	struct event_buffer to = { .at = gpa_of(arg[1]), .size = arg[2], .is_short = arg[0] };

	switch (event_fetch(papr_of(a->vcpu), classes, &to)) {
	case EVENT_FETCHED:
		return RTAS_SUCCESS;
	case EVENT_NONE:
		return RTAS_NO_EVENT;
	default:
		return RTAS_HARDWARE;
	}
}

/* (vector, additional information, mask, critical, buffer, its length [, more information]) */
rtas_status rtas_check_exception(struct rtas_args *a)
{
	/* machine checks and resets leave no log here */
	if (a->arg[0] != VECTOR_EXTERNAL)
		return RTAS_NO_EVENT;
	return fetch(a, a->arg[2] & EVENT_MASK_ANNOUNCED, &a->arg[3]);
}

/* (mask, critical, buffer, its length) */
rtas_status rtas_event_scan(struct rtas_args *a)
{
	/* the source may have been masked when its event came */
	event_announce(papr_of(a->vcpu));
	return fetch(a, a->arg[0] & ~EVENT_MASK_ANNOUNCED, &a->arg[1]);
}
