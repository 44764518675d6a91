// SPDX-License-Identifier: Apache-2.0
/*
 * Indicators and sensors of connectors by location code [LoPAR 7.3.17 to
 * 7.3.19]: the list of those of a type, and the calls that name one. A
 * connector's location code is its name.
 *
 * UNIMPL: indicators that are not of connectors (9005 to 9007).
 */
#include <string.h>

#include "base/endian.h"
#include "papr/dr/core.h"

#define LIST_MAX 4096u	  /* bytes that one call gives */
#define LOCATION_SIZE 80u /* of a location code with its NUL [LoPAR 12.3.2.4] */
#define ENTRY_HEAD 8u	  /* index, length */
#define NAME_SIZE(n) (((u32)(n) + 4) & ~3u)

/* Does @d have indicator or sensor @type? Slots have no allocation state, but its sensor. */
static bool has(const struct drc *d, u32 type, bool is_sensor)
{
	return type == DR_ISOLATION || (type == DR_INDICATOR && !drc_is_logical(d)) ||
	       (type == DR_ALLOCATION && (is_sensor || drc_is_logical(d)));
}

/* Index, length of the location code, the code, zeroes to a multiple of four. */
static u32 put_entry(const struct drc *d, u8 *to)
{
	u32 n = NAME_SIZE(strlen(d->name));

	st_be32(to, d->index);
	st_be32(to + 4, n);
	memset(to + ENTRY_HEAD, 0, n);
	memcpy(to + ENTRY_HEAD, d->name, strlen(d->name));
	return ENTRY_HEAD + n;
}

/*
 * (is a sensor, type, buffer, its size, start): how many there are in the
 * buffer, and they; where to go on. The first start is 1, the next ones are
 * indexes, so that a list which changes meanwhile needs no new start.
 */
rtas_status rtas_get_indices(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	u32 type = a->arg[1], size = a->arg[3], used = 4, n = 0;
	u8 list[LIST_MAX];
	struct drc *d;

	if (a->arg[0] > 1 || type < DR_ISOLATION || type > DR_ALLOCATION || !a->arg[4] || size < 4)
		return RTAS_PARAMETER;
	if (!gmem_ok(p->partition->mem, gpa_of(a->arg[2]), size))
		return RTAS_HARDWARE;
	size = size < LIST_MAX ? size : LIST_MAX;
	for (d = dr_next(p, a->arg[4]); d; d = dr_next(p, d->index + 1)) {
		if (!has(d, type, a->arg[0]))
			continue;
		if (size - used < ENTRY_HEAD + NAME_SIZE(strlen(d->name)))
			break;
		used += put_entry(d, list + used);
		n++;
	}
	if (d && !n)
		return RTAS_PARAMETER;
	st_be32(list, n);
	if (!gmem_write(p->partition->mem, gpa_of(a->arg[2]), list, used))
		return RTAS_HARDWARE;
	a->ret[1] = d ? d->index : 0;
	return d ? RTAS_MORE_DATA : RTAS_SUCCESS;
}

/* The connector that the work area at @at names: length with the NUL, location code. */
static rtas_status find_location(struct papr *p, u32 at, struct drc **out)
{
	const struct gmem *m = p->partition->mem;
	char name[LOCATION_SIZE];
	struct drc *d;
	u32 n;

	if (!gmem_ld_be32(m, gpa_of(at), &n))
		return RTAS_HARDWARE;
	if (!n || n > sizeof(name))
		return RTAS_PARAMETER;
	if (!gmem_read(m, gpa_of((u64)at + 4), name, n))
		return RTAS_HARDWARE;
	if (memchr(name, 0, n) != name + n - 1)
		return RTAS_PARAMETER;
	for (d = dr_next(p, 0); d; d = dr_next(p, d->index + 1))
		if (!strcmp(d->name, name))
			break;
	*out = d;
	return d ? RTAS_SUCCESS : RTAS_PARAMETER;
}

/* (indicator, value, location code) */
rtas_status rtas_set_dynamic_indicator(struct rtas_args *a)
{
	struct drc *d;
	rtas_status status = find_location(papr_of(a->vcpu), a->arg[2], &d);

	return status == RTAS_SUCCESS ? drc_set(a, d, a->arg[1]) : status;
}

/* (sensor, location code) */
rtas_status rtas_get_dynamic_sensor_state(struct rtas_args *a)
{
	struct drc *d;
	rtas_status status = find_location(papr_of(a->vcpu), a->arg[1], &d);

	return status == RTAS_SUCCESS ? drc_get(a, d) : status;
}
