// SPDX-License-Identifier: Apache-2.0
/*
 * The blob is the guest's: its size is bounded before memory is taken, it is
 * copied once, and the copy is checked in full before libfdt reads it.
 */
#include "papr/guest_tree.h"

#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"
#include "base/err.h"
#include "fw/fdt/check.h"
#include "papr/hcall.h"
#include "papr/rtas/rtas.h"

/* One cell of a property, or false. */
static bool cell(const void *blob, int node, const char *name, u32 *v)
{
	int len;
	const void *at = fdt_getprop(blob, node, name, &len);

	if (!at || len != sizeof(*v))
		return false;
	*v = ld_be32(at);
	return true;
}

static u32 pic_of(const void *blob)
{
	static const char *const types[] = { "power-ivpe",
					     "PowerPC-External-Interrupt-Presentation" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		int node = fdt_node_offset_by_prop_value(blob, -1, "device_type", types[i],
							 (int)strlen(types[i]) + 1);
		u32 phandle;

		if (node >= 0 && (cell(blob, node, "phandle", &phandle) ||
				  cell(blob, node, "linux,phandle", &phandle)))
			return phandle;
	}
	return PAPR_PHANDLE_PIC;
}

/* RTAS is where the kernel put it; firmware in the guest does not tell otherwise. */
static void note_rtas(struct papr *p, const void *blob)
{
	int node = fdt_path_offset(blob, "/rtas");
	u32 base;

	if (node >= 0 && cell(blob, node, "linux,rtas-base", &base) && base &&
	    gmem_ok(p->partition->mem, gpa_of(base), rtas_size(p)))
		p->rtas_base = gpa_of(base);
}

/* @blob was checked. */
static void keep(struct papr *p, void *blob, size_t size)
{
	free(p->guest_tree);
	p->guest_tree = blob;
	p->guest_tree_size = size;
	__atomic_store_n(&p->guest_pic, pic_of(blob), __ATOMIC_RELAXED);
	note_rtas(p, blob);
}

int guest_tree_set_locked(struct papr *p, void *blob, size_t size, struct hypar_err *e)
{
	int ret = fdt_check_blob(blob, size, e);

	if (ret)
		free(blob);
	else
		keep(p, blob, size);
	return ret;
}

int guest_tree_set(struct papr *p, void *blob, size_t size, struct hypar_err *e)
{
	int ret = fdt_check_blob(blob, size, e);

	if (ret) {
		free(blob);
		return ret;
	}
	pthread_mutex_lock(&p->lock);
	keep(p, blob, size);
	pthread_mutex_unlock(&p->lock);
	return 0;
}

void guest_tree_drop(struct papr *p)
{
	pthread_mutex_lock(&p->lock);
	free(p->guest_tree);
	p->guest_tree = NULL;
	p->guest_tree_size = 0;
	__atomic_store_n(&p->guest_pic, 0, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&p->lock);
}

int guest_tree_copy(struct papr *p, void **blob, size_t *size, struct hypar_err *e)
{
	int ret = 0;

	pthread_mutex_lock(&p->lock);
	*size = p->guest_tree_size;
	*blob = p->guest_tree ? malloc(p->guest_tree_size) : NULL;
	if (*blob)
		memcpy(*blob, p->guest_tree, p->guest_tree_size);
	else
		ret = p->guest_tree ? -ENOMEM : -ENOENT;
	pthread_mutex_unlock(&p->lock);
	return ret ? err_set_errno(e, ret, "the guest's device tree") : 0;
}

u32 guest_tree_pic(const struct papr *p)
{
	u32 phandle = __atomic_load_n(&p->guest_pic, __ATOMIC_RELAXED);

	return phandle ? phandle : PAPR_PHANDLE_PIC;
}

/* Reads the blob at @at. NULL: not RAM, not a tree, or too large. */
static void *read_blob(const struct gmem *m, gpa at, u32 *size)
{
	struct fdt_header h;
	void *blob;

	if (!gmem_read(m, at, &h, sizeof(h)) || fdt_magic(&h) != FDT_MAGIC)
		return NULL;
	*size = fdt_totalsize(&h);
	if (*size < sizeof(h) || *size > GUEST_TREE_MAX || !gmem_ok(m, at, *size))
		return NULL;
	blob = malloc(*size);
	if (blob && !gmem_read(m, at, blob, *size)) {
		free(blob);
		blob = NULL;
	}
	/* the header may have changed in between */
	if (blob && fdt_totalsize(blob) != *size)
		st_be32((u8 *)blob + 4, *size);
	return blob;
}

hstatus h_update_dt(struct vcpu *v, const struct H_UPDATE_DT_in *in, struct H_UPDATE_DT_out *out)
{
	struct papr *p = papr_of(v);
	struct hypar_err e = { 0 };
	u32 size;
	void *blob = read_blob(p->partition->mem, gpa_of(in->fdt), &size);

	(void)out;
	if (!blob)
		return H_PARAMETER;
	if (guest_tree_set(p, blob, size, &e)) {
		papr_log(p, "H_UPDATE_DT: %s", e.text);
		return H_PARAMETER;
	}
	return H_SUCCESS;
}
