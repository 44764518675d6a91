// SPDX-License-Identifier: Apache-2.0
/*
 * System parameters [PAPR 7.3.16]: the rows of sysparm.def. A value in guest
 * memory is its length, two bytes, and as much of it as the buffer holds.
 */
#include <stdio.h>

#include "base/endian.h"
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

#define VALUE_MAX 512u /* bytes */
#define LENGTH_SIZE 2u

static size_t get_splpar(const struct papr *p, u8 *value)
{
	const struct partition *part = p->partition;
	unsigned int processors = part->n_vcpus / part->threads;
	/* hundredths of a processor; the zero at the end belongs to the value */
	int n = snprintf((char *)value, VALUE_MAX,
			 "MaxEntCap=%u,DesEntCap=%u,DesMem=%llu,DesProcs=%u,MaxPlatProcs=%u",
			 processors * 100, processors * 100,
			 (unsigned long long)(gmem_ram_size(part->mem) >> 20), processors,
			 part->max_vcpus / part->threads);

	return (size_t)n + 1;
}

/* Disabled: there are no run-time diagnostics of the platform. */
static size_t get_run_mode(const struct papr *p, u8 *value)
{
	(void)p;
	value[0] = 0;
	return 1;
}

/* UNIMPL: no way to give a machine a UUID; the guest reads one of no length. */
static size_t get_uuid(const struct papr *p, u8 *value)
{
	(void)p;
	(void)value;
	return 0;
}

/* False: no such parameter. */
static bool get_value(const struct papr *p, u32 number, u8 *value, size_t *n)
{
	switch (number) {
#define SYSPARM(name, number_, getter, spec) \
	case number_:                        \
		*n = getter(p, value);       \
		return true;
#include "papr/rtas/sysparm.def"
#undef SYSPARM
	default:
		return false;
	}
}

/* (parameter, buffer, its length) */
rtas_status rtas_get_system_parameter(struct rtas_args *a)
{
	u8 b[LENGTH_SIZE + VALUE_MAX];
	size_t n;

	if (!get_value(papr_of(a->vcpu), a->arg[0], b + LENGTH_SIZE, &n))
		return RTAS_PARAMETER;
	if (a->arg[2] < LENGTH_SIZE)
		return RTAS_PARAM_ERROR;
	st_be16(b, (u16)n);
	n += LENGTH_SIZE;
	if (n > a->arg[2])
		n = a->arg[2];
	return gmem_write(a->vcpu->partition->mem, gpa_of(a->arg[1]), b, n) ? RTAS_SUCCESS :
									      RTAS_PARAM_ERROR;
}

/* (parameter, buffer) */
rtas_status rtas_set_system_parameter(struct rtas_args *a)
{
	u8 value[VALUE_MAX], length[LENGTH_SIZE];
	size_t n;

	if (!get_value(papr_of(a->vcpu), a->arg[0], value, &n))
		return RTAS_PARAMETER;
	if (!gmem_read(a->vcpu->partition->mem, gpa_of(a->arg[1]), length, sizeof(length)))
		return RTAS_PARAM_ERROR;
	return RTAS_NOT_AUTHORIZED;
}
