// SPDX-License-Identifier: Apache-2.0
/*
 * H_SCM_PERFORMANCE_STATS: the counters of scm_stat.def, all of them or those
 * that the guest names.
 */
#include <string.h>

#include "base/bits.h"
#include "base/compiler.h"
#include "base/endian.h"
#include "papr/hcall.h"
#include "papr/scm.h"

#define STATS_VERSION 1u
#define STATS_HEAD 16u
#define STATS_ENTRY 16u
#define STATS_VERSION_AT 8u
#define STATS_COUNT_AT 12u
#define LIFE_LEFT 100u	 /* percent: files do not wear out */
#define LIFE_CRITICAL 1u /* ... unless the host says so: health bit 4 */

static const char stats_eye[8] = { 'S', 'C', 'M', 'S', 'T', 'A', 'T', 'S' };

#define STAT(id, expression) id,
static const char *const stat_ids[] = {
#include "papr/scm_stat.def"
};
#undef STAT

/* In the order of stat_ids. */
static void stat_values(const struct scm_dimm *d, u64 value[ARRAY_SIZE(stat_ids)])
{
	u64 life = papr_nvdimm_health(d) & PPC_BIT(4) ? LIFE_CRITICAL : LIFE_LEFT;
	struct pmem_stats s;
	u32 n = 0;

	pmem_stats(d->medium, &s);
#define STAT(id, expression) value[n++] = (expression);
#include "papr/scm_stat.def"
#undef STAT
}

static u32 find_stat(const u8 id[8])
{
	u32 i = 0;

	while (i < ARRAY_SIZE(stat_ids) && memcmp(stat_ids[i], id, 8) != 0)
		i++;
	return i;
}

/* Fills the entries that the guest named; *bad: where one is that there is not. */
static hstatus fill_named(u8 *buf, u32 n, const u64 *value, u64 *bad)
{
	for (u32 i = 0; i < n; i++) {
		u8 *entry = buf + STATS_HEAD + i * STATS_ENTRY;
		u32 k = find_stat(entry);

		if (k == ARRAY_SIZE(stat_ids)) {
			*bad = STATS_HEAD + i * STATS_ENTRY;
			return H_PARTIAL;
		}
		st_be64(entry + 8, value[k]);
	}
	return H_SUCCESS;
}

static void fill_all(u8 *buf, const u64 *value)
{
	st_be32(buf + STATS_COUNT_AT, ARRAY_SIZE(stat_ids));
	for (u32 i = 0; i < ARRAY_SIZE(stat_ids); i++) {
		u8 *entry = buf + STATS_HEAD + i * STATS_ENTRY;

		memcpy(entry, stat_ids[i], 8);
		st_be64(entry + 8, value[i]);
	}
}

#define STATS_MAX (STATS_HEAD + 4 * ARRAY_SIZE(stat_ids) * STATS_ENTRY) /* names may be repeated */

/* The guest's buffer as a copy, checked; *n: entries it names, 0: all. */
static hstatus read_stats(const struct gmem *m, const struct H_SCM_PERFORMANCE_STATS_in *in,
			  u8 *buf, u32 *n)
{
	u32 version;

	if (in->size < STATS_HEAD || !gmem_read(m, gpa_of(in->buffer), buf, STATS_HEAD))
		return H_PARAMETER;
	version = ld_be32(buf + STATS_VERSION_AT);
	*n = ld_be32(buf + STATS_COUNT_AT);
	if (memcmp(buf, stats_eye, sizeof(stats_eye)) != 0)
		return H_PARAMETER;
	if (version != STATS_VERSION)
		return H_UNSUPPORTED;
	if (*n > (STATS_MAX - STATS_HEAD) / STATS_ENTRY ||
	    in->size < STATS_HEAD + (*n ? *n : ARRAY_SIZE(stat_ids)) * STATS_ENTRY)
		return H_PARAMETER;
	return gmem_read(m, gpa_of(in->buffer), buf, STATS_HEAD + *n * STATS_ENTRY) ? H_SUCCESS :
										      H_PARAMETER;
}

hstatus h_scm_performance_stats(struct vcpu *v, const struct H_SCM_PERFORMANCE_STATS_in *in,
				struct H_SCM_PERFORMANCE_STATS_out *out)
{
	const struct scm_dimm *d = scm_find_dimm(papr_of(v), in->drc);
	struct gmem *m = v->partition->mem;
	u64 value[ARRAY_SIZE(stat_ids)], bad = 0;
	u8 buf[STATS_MAX];
	hstatus st;
	u32 n;

	if (!d)
		return H_PARAMETER;
	if (!in->buffer || !in->size) {
		out->value = STATS_HEAD + ARRAY_SIZE(stat_ids) * STATS_ENTRY;
		return H_SUCCESS;
	}
	st = read_stats(m, in, buf, &n);
	if (st != H_SUCCESS)
		return st;
	if (pmem_check(d->medium))
		return H_HARDWARE;
	stat_values(d, value);
	if (n)
		st = fill_named(buf, n, value, &bad);
	else
		fill_all(buf, value);
	if (!gmem_write(m, gpa_of(in->buffer), buf,
			st == H_PARTIAL ?
				bad :
				STATS_HEAD + (n ? n : ARRAY_SIZE(stat_ids)) * STATS_ENTRY))
		return H_PARAMETER;
	out->value = st == H_PARTIAL ? bad : 0;
	return st;
}
