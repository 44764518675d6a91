// SPDX-License-Identifier: Apache-2.0
/*
 * XIVE exploitation mode by hypercall [PAPR 14.5.4.7]. Flags that are not
 * named for a call make it fail with H_PARAMETER.
 */
#include "papr/hcall.h"

#include "base/bits.h"
#include "papr/papr.h"

/* H_INT_GET_SOURCE_INFO results. */
#define SRC_LSI PPC_BIT(61)
#define SRC_TRIGGER PPC_BIT(62)
#define SRC_STORE_EOI PPC_BIT(63)

hstatus h_int_get_source_info(struct vcpu *v, const struct H_INT_GET_SOURCE_INFO_in *in,
			      struct H_INT_GET_SOURCE_INFO_out *out)
{
	struct xive_source_info info;

	if (in->flags)
		return H_PARAMETER;
	if (xive_get_source_info(papr_of(v)->xive, in->lisn, &info) != XIVE_OK)
		return H_P2;
	out->flags = info.is_lsi ? SRC_LSI : SRC_TRIGGER | SRC_STORE_EOI;
	out->eoi_page = PAPR_ESB_BASE + XIVE_ESB_EOI_PAGE(in->lisn);
	/* of level interrupts as well: Linux gives up a source that has none */
	out->trigger_page = PAPR_ESB_BASE + XIVE_ESB_TRIGGER_PAGE(in->lisn);
	out->esb_shift = XIVE_PAGE_SHIFT;
	return H_SUCCESS;
}

#define CONFIG_SET_EISN PPC_BIT(62)
#define CONFIG_MASK PPC_BIT(63)

hstatus h_int_set_source_config(struct vcpu *v, const struct H_INT_SET_SOURCE_CONFIG_in *in,
				struct H_INT_SET_SOURCE_CONFIG_out *out)
{
	struct xive *x = papr_of(v)->xive;
	struct xive_source_config c;

	(void)out;
	if (in->flags & ~(CONFIG_SET_EISN | CONFIG_MASK))
		return H_PARAMETER;
	if (xive_get_source_config(x, in->lisn, &c) != XIVE_OK)
		return H_P2;
	if (in->priority == XIVE_PRIO_MASKED || in->flags & CONFIG_MASK) {
		c.is_masked = true;
	} else {
		if (in->target >> 32)
			return H_P3;
		if (in->priority > XIVE_PRIO_MAX)
			return H_P4;
		c.is_masked = false;
		c.target = (u32)in->target;
		c.prio = (u8)in->priority;
		if (in->flags & CONFIG_SET_EISN) {
			if (in->eisn >> 31)
				return H_P5;
			c.eisn = (u32)in->eisn;
		}
	}
	switch (xive_set_source_config(x, in->lisn, &c)) {
	case XIVE_OK:
		return H_SUCCESS;
	case XIVE_BAD_TARGET:
		return H_P3;
	case XIVE_BAD_PRIO:
		return H_P4;
	default:
		return H_P2;
	}
}

hstatus h_int_get_source_config(struct vcpu *v, const struct H_INT_GET_SOURCE_CONFIG_in *in,
				struct H_INT_GET_SOURCE_CONFIG_out *out)
{
	struct xive_source_config c;

	if (in->flags)
		return H_PARAMETER;
	if (xive_get_source_config(papr_of(v)->xive, in->lisn, &c) != XIVE_OK)
		return H_P2;
	out->target = c.target;
	out->priority = c.is_masked ? XIVE_PRIO_MASKED : c.prio;
	out->eisn = c.eisn;
	return H_SUCCESS;
}

static hstatus queue_status(enum xive_status st)
{
	switch (st) {
	case XIVE_OK:
		return H_SUCCESS;
	case XIVE_BAD_PRIO:
		return H_P3;
	case XIVE_BAD_QUEUE:
		return H_P4;
	case XIVE_BAD_SIZE:
		return H_P5;
	default:
		return H_P2;
	}
}

hstatus h_int_get_queue_info(struct vcpu *v, const struct H_INT_GET_QUEUE_INFO_in *in,
			     struct H_INT_GET_QUEUE_INFO_out *out)
{
	hstatus st;

	if (in->flags)
		return H_PARAMETER;
	st = queue_status(xive_check_queue(papr_of(v)->xive, in->target, in->priority));
	if (st != H_SUCCESS)
		return st;
	/* no notification page: queues always notify */
	out->notify_page = ~0ULL;
	out->size_shift = 0;
	return H_SUCCESS;
}

#define QUEUE_ALWAYS_NOTIFY PPC_BIT(63)

hstatus h_int_set_queue_config(struct vcpu *v, const struct H_INT_SET_QUEUE_CONFIG_in *in,
			       struct H_INT_SET_QUEUE_CONFIG_out *out)
{
	struct xive_queue q = {
		.qaddr = gpa_of(in->at),
		.always_notify = in->flags & QUEUE_ALWAYS_NOTIFY,
	};

	(void)out;
	if (in->flags & ~QUEUE_ALWAYS_NOTIFY)
		return H_PARAMETER;
	if (in->size_shift > 63)
		return H_P5;
	q.qshift = (u32)in->size_shift;
	return queue_status(xive_set_queue_config(papr_of(v)->xive, in->target, in->priority, &q));
}

#define QUEUE_DEBUG PPC_BIT(63)

hstatus h_int_get_queue_config(struct vcpu *v, const struct H_INT_GET_QUEUE_CONFIG_in *in,
			       struct H_INT_GET_QUEUE_CONFIG_out *out)
{
	struct xive_queue q;
	hstatus st;

	if (in->flags & ~QUEUE_DEBUG)
		return H_PARAMETER;
	st = queue_status(xive_get_queue_config(papr_of(v)->xive, in->target, in->priority, &q));
	if (st != H_SUCCESS)
		return st;
	out->flags = q.always_notify ? QUEUE_ALWAYS_NOTIFY : 0;
	out->at = q.qshift ? q.qaddr.v : 0;
	out->size_shift = q.qshift;
	if (in->flags & QUEUE_DEBUG) {
		out->state = q.generation;
		out->index = q.index;
	} else {
		out->state = out->index = 0;
	}
	return H_SUCCESS;
}

hstatus h_int_set_os_reporting_line(struct vcpu *v, const struct H_INT_SET_OS_REPORTING_LINE_in *in,
				    struct H_INT_SET_OS_REPORTING_LINE_out *out)
{
	(void)out;
	if (in->flags)
		return H_PARAMETER;
	return xive_set_reporting_line(papr_of(v)->xive, v->index, in->at) == XIVE_OK ? H_SUCCESS :
											H_P2;
}

hstatus h_int_get_os_reporting_line(struct vcpu *v, const struct H_INT_GET_OS_REPORTING_LINE_in *in,
				    struct H_INT_GET_OS_REPORTING_LINE_out *out)
{
	if (in->flags)
		return H_PARAMETER;
	return xive_get_reporting_line(papr_of(v)->xive, in->target, &out->at) == XIVE_OK ?
		       H_SUCCESS :
		       H_P2;
}

#define ESB_STORE PPC_BIT(63)

hstatus h_int_esb(struct vcpu *v, const struct H_INT_ESB_in *in, struct H_INT_ESB_out *out)
{
	struct xive *x = papr_of(v)->xive;
	struct xive_source_info info;

	if (in->flags & ~ESB_STORE)
		return H_PARAMETER;
	if (xive_get_source_info(x, in->lisn, &info) != XIVE_OK)
		return H_P2;
	if (in->offset >> XIVE_PAGE_SHIFT)
		return H_P3;
	if (in->flags & ESB_STORE) {
		xive_esb_store(x, in->lisn, in->offset);
		out->data = ~0ULL;
	} else {
		out->data = xive_esb_load(x, in->lisn, in->offset);
	}
	return H_SUCCESS;
}

hstatus h_int_sync(struct vcpu *v, const struct H_INT_SYNC_in *in, struct H_INT_SYNC_out *out)
{
	(void)out;
	if (in->flags)
		return H_PARAMETER;
	return xive_source_sync(papr_of(v)->xive, in->lisn) == XIVE_OK ? H_SUCCESS : H_P2;
}

hstatus h_int_reset(struct vcpu *v, const struct H_INT_RESET_in *in, struct H_INT_RESET_out *out)
{
	(void)out;
	if (in->flags)
		return H_PARAMETER;
	xive_reset(papr_of(v)->xive);
	return H_SUCCESS;
}
