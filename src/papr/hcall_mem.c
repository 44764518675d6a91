// SPDX-License-Identifier: Apache-2.0
/*
 * Hypercalls that touch memory for the guest: cache-inhibited and cacheable
 * logical accesses, H_PAGE_INIT, H_LOGICAL_MEMOP.
 */
#include "papr/hcall.h"

#include "base/endian.h"
#include "mem/mmio.h"
#include "base/bits.h"
#include "papr/papr.h"

static bool is_access_size(u64 size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* A naturally aligned load of RAM or of a device. */
static hstatus logical_load(struct vcpu *v, u64 size, u64 at, u64 *value)
{
	struct partition *p = v->partition;
	u8 b[8] = { 0 };

	if (!is_access_size(size) || at % size)
		return H_PARAMETER;
	if (gmem_read(p->mem, gpa_of(at), b + 8 - size, size)) {
		*value = ld_be64(b);
		return H_SUCCESS;
	}
	if (mmio_read(p->mmio, (int)v->index, gpa_of(at), (unsigned int)size, value) != MMIO_OK)
		return H_PARAMETER;
	return H_SUCCESS;
}

static hstatus logical_store(struct vcpu *v, u64 size, u64 at, u64 value)
{
	struct partition *p = v->partition;
	u8 b[8];

	if (!is_access_size(size) || at % size)
		return H_PARAMETER;
	st_be64(b, value);
	if (gmem_write(p->mem, gpa_of(at), b + 8 - size, size))
		return H_SUCCESS;
	if (mmio_write(p->mmio, (int)v->index, gpa_of(at), (unsigned int)size, value) != MMIO_OK)
		return H_PARAMETER;
	return H_SUCCESS;
}

hstatus h_logical_ci_load(struct vcpu *v, const struct H_LOGICAL_CI_LOAD_in *in,
			  struct H_LOGICAL_CI_LOAD_out *out)
{
	return logical_load(v, in->size, in->at, &out->value);
}

hstatus h_logical_ci_store(struct vcpu *v, const struct H_LOGICAL_CI_STORE_in *in,
			   struct H_LOGICAL_CI_STORE_out *out)
{
	(void)out;
	return logical_store(v, in->size, in->at, in->value);
}

hstatus h_logical_cache_load(struct vcpu *v, const struct H_LOGICAL_CACHE_LOAD_in *in,
			     struct H_LOGICAL_CACHE_LOAD_out *out)
{
	return logical_load(v, in->size, in->at, &out->value);
}

hstatus h_logical_cache_store(struct vcpu *v, const struct H_LOGICAL_CACHE_STORE_in *in,
			      struct H_LOGICAL_CACHE_STORE_out *out)
{
	(void)out;
	return logical_store(v, in->size, in->at, in->value);
}

/* Caches are coherent here: nothing to do for memory that exists. */
static hstatus cache_op(struct vcpu *v, u64 at)
{
	return gmem_ok(v->partition->mem, gpa_of(at), 1) ? H_SUCCESS : H_PARAMETER;
}

hstatus h_logical_icbi(struct vcpu *v, const struct H_LOGICAL_ICBI_in *in,
		       struct H_LOGICAL_ICBI_out *out)
{
	(void)out;
	return cache_op(v, in->at);
}

hstatus h_logical_dcbf(struct vcpu *v, const struct H_LOGICAL_DCBF_in *in,
		       struct H_LOGICAL_DCBF_out *out)
{
	(void)out;
	return cache_op(v, in->at);
}

#define PAGE_INIT_ZERO PPC_BIT(48)
#define PAGE_INIT_COPY PPC_BIT(49)
#define PAGE_INIT_ICACHE_INVALIDATE PPC_BIT(50)
#define PAGE_INIT_ICACHE_SYNC PPC_BIT(51)

hstatus h_page_init(struct vcpu *v, const struct H_PAGE_INIT_in *in, struct H_PAGE_INIT_out *out)
{
	struct gmem *m = v->partition->mem;
	u64 known = PAGE_INIT_ZERO | PAGE_INIT_COPY | PAGE_INIT_ICACHE_INVALIDATE |
		    PAGE_INIT_ICACHE_SYNC;

	(void)out;
	if (in->flags & ~known || (in->dest & 0xfff) || !gmem_ok(m, gpa_of(in->dest), 4096))
		return H_PARAMETER;
	if (in->flags & PAGE_INIT_COPY) {
		if (in->source & 0xfff || !gmem_copy(m, gpa_of(in->dest), gpa_of(in->source), 4096))
			return H_PARAMETER;
	} else if (in->flags & PAGE_INIT_ZERO) {
		if (!gmem_set(m, gpa_of(in->dest), 0, 4096))
			return H_PARAMETER;
	}
	return H_SUCCESS;
}

/* At most this many bytes, or elements one by one, per call, so that no guest keeps us busy. */
#define MEMOP_BYTES_MAX (16ULL << 20)
#define MEMOP_ELEMENTS_MAX (1ULL << 20)

/* Copies (op 0) or copies inverted (op 1) @n elements of 2^shift bytes. */
hstatus h_logical_memop(struct vcpu *v, const struct H_LOGICAL_MEMOP_in *in,
			struct H_LOGICAL_MEMOP_out *out)
{
	struct gmem *m = v->partition->mem;
	u64 size = 1ULL << (in->shift & 3);
	u64 bytes, mask = size - 1;
	bool down = in->source < in->dest;

	(void)out;
	if (in->shift > 3 || in->op > 1 || __builtin_mul_overflow(in->n, size, &bytes) ||
	    bytes > MEMOP_BYTES_MAX || (in->dest | in->source) & mask)
		return H_PARAMETER;
	if (in->op == 0 && gmem_copy(m, gpa_of(in->dest), gpa_of(in->source), bytes))
		return H_SUCCESS;
	if (in->n > MEMOP_ELEMENTS_MAX)
		return H_PARAMETER;
	/* element by element: devices, and the inverting form */
	for (u64 i = 0; i < in->n; i++) {
		u64 at = (down ? in->n - 1 - i : i) * size, value;
		hstatus st = logical_load(v, size, in->source + at, &value);

		if (st != H_SUCCESS)
			return st;
		st = logical_store(v, size, in->dest + at, in->op ? ~value : value);
		if (st != H_SUCCESS)
			return st;
	}
	return H_SUCCESS;
}
