// SPDX-License-Identifier: Apache-2.0
/*
 * Indicators that have a location code and no index [LoPAR 7.3.17 to 7.3.19]:
 * the identify light (9007) of each PCI slot, which can be read back as a
 * sensor. A slot's location code is its connector's name. Indicators and
 * sensors of connectors (9001 to 9003) have indexes and are not listed.
 *
 * UNIMPL: error lights (9006), environmental sensors (9004).
 */
#include <string.h>

#include "base/endian.h"
#include "papr/dr/core.h"

#define LIST_MAX 4096u	  /* bytes that one call gives */
#define LOCATION_SIZE 80u /* of a location code with its NUL [LoPAR 12.3.2.4] */
#define FIRST_START 1u
#define ENTRY_HEAD 8u /* index, length */
#define NAME_SIZE(n) (((u32)(n) + 4) & ~3u)

#define INDEX_NONE 0xffffffffu /* the location code is what names it */
#define IDENTIFY 9007u

static bool has_light(const struct drc *d)
{
	return !drc_is_logical(d);
}

/* Index, length of the location code, the code, zeroes to a multiple of four. */
static u32 put_entry(const struct drc *d, u8 *to)
{
	u32 n = NAME_SIZE(strlen(d->name));

	st_be32(to, INDEX_NONE);
	st_be32(to + 4, n);
	memset(to + ENTRY_HEAD, 0, n);
	memcpy(to + ENTRY_HEAD, d->name, strlen(d->name));
	return ENTRY_HEAD + n;
}

/*
 * (is a sensor, type, buffer, its size, start): how many there are in the
 * buffer, and they; where to go on. The first start is 1, as is what a last
 * call tells; the others are indexes, so that a list which changes meanwhile
 * needs no new start.
 */
rtas_status rtas_get_indices(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	u32 size = a->arg[3], used = 4, n = 0;
	u8 list[LIST_MAX];
	struct drc *d;

	if (a->arg[0] > 1 || a->arg[1] != IDENTIFY || !a->arg[4] || size < 4)
		return RTAS_PARAMETER;
	if (!gmem_ok(p->partition->mem, gpa_of(a->arg[2]), size))
		return RTAS_HARDWARE;
	size = size < LIST_MAX ? size : LIST_MAX;
	for (d = dr_next(p, a->arg[4]); d; d = dr_next(p, d->index + 1)) {
		if (!has_light(d))
			continue;
		if (size - used < ENTRY_HEAD + NAME_SIZE(strlen(d->name)))
			break;
		used += put_entry(d, list + used);
		n++;
	}
	/* none of that type, or no room for one */
	if (!n)
		return RTAS_PARAMETER;
	st_be32(list, n);
	if (!gmem_write(p->partition->mem, gpa_of(a->arg[2]), list, used))
		return RTAS_HARDWARE;
	a->ret[1] = d ? d->index : FIRST_START;
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
		if (has_light(d) && !strcmp(d->name, name))
			break;
	*out = d;
	return d ? RTAS_SUCCESS : RTAS_PARAMETER;
}

/* (indicator, value, location code) */
rtas_status rtas_set_dynamic_indicator(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	struct drc *d;
	rtas_status status;

	if (a->arg[0] != IDENTIFY)
		return RTAS_PARAMETER;
	status = find_location(p, a->arg[2], &d);
	if (status != RTAS_SUCCESS)
		return status;
	if (a->arg[1] > 1)
		status = RTAS_PARAMETER;
	dr_lock(p);
	if (status == RTAS_SUCCESS)
		d->is_identified = a->arg[1];
	drc_note(d, a, drc_note_of(IDENTIFY, a->arg[1]), status);
	dr_unlock(p);
	return status;
}

/* (sensor, location code) */
rtas_status rtas_get_dynamic_sensor_state(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	struct drc *d;
	rtas_status status;

	if (a->arg[0] != IDENTIFY)
		return RTAS_PARAMETER;
	status = find_location(p, a->arg[1], &d);
	if (status != RTAS_SUCCESS)
		return status;
	dr_lock(p);
	a->ret[1] = d->is_identified;
	drc_note(d, a, drc_note_of(IDENTIFY, DRC_NO_VALUE), status);
	dr_unlock(p);
	return status;
}
