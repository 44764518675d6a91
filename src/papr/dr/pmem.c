// SPDX-License-Identifier: Apache-2.0
/*
 * NVDIMMs as resources of connectors: HYPAR_NVDIMMS_MAX of them, each with room
 * for one. What the guest isolates is bound no more. Nodes as the papr_scm
 * driver of Linux expects them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "papr/numa.h"
#include "papr/scm.h"

_Static_assert(PAPR_SCM_BASE >= HYPAR_MEMORY_MAX, "memory and NVDIMMs");

static struct scm_dimm *dimm_of(const struct drc *d)
{
	return d->opaque;
}

static int disable(struct papr *p, struct drc *d, struct hypar_err *e)
{
	(void)e;
	scm_unbind_dimm(p, dimm_of(d));
	return 0;
}

static void close_dimm(struct scm_dimm *d)
{
	pmem_close(d->medium);
	free(d->place);
	*d = (struct scm_dimm){ .drc = d->drc };
}

static void detach(struct papr *p, struct drc *d)
{
	scm_unbind_dimm(p, dimm_of(d));
	close_dimm(dimm_of(d));
}

static void node_of(struct papr *p, const struct drc *drc, struct fdt_build *b)
{
	const struct scm_dimm *d = dimm_of(drc);
	char uuid[PMEM_UUID_TEXT];

	pmem_uuid_text(pmem_uuid(d->medium), uuid);
	fdt_beginf(b, "ibm,pmemory@%x", drc->index);
	fdt_str(b, "compatible", "ibm,pmemory");
	fdt_str(b, "device_type", "ibm,pmemory");
	fdt_u32(b, "reg", drc->index);
	fdt_u32(b, "ibm,my-drc-index", drc->index);
	fdt_u64(b, "ibm,block-size", HYPAR_SCM_BLOCK_SIZE);
	fdt_u64(b, "ibm,number-of-blocks", d->n_blocks);
	fdt_str(b, "ibm,unit-guid", uuid);
	fdt_u32(b, "ibm,metadata-size", d->label_size);
	fdt_str(b, "ibm,pmem-application", "operating-system");
	fdt_u32(b, "ibm,latency-attribute", 0);
	numa_fdt(p, b, 0);
	fdt_empty(b, "ibm,cache-flush-required");
	if (d->is_flushed)
		fdt_empty(b, "ibm,hcall-flush-required");
	fdt_u64(b, "ibm,persistence-failed-count", pmem_failures(d->medium));
	fdt_end(b);
}

static const struct drc_ops pmem_ops = {
	.disable = disable,
	.detach = detach,
	.fdt = node_of,
};

/* The parent of all: also of those that are added later. */
void papr_scm_fdt(struct papr *p, struct fdt_build *b)
{
	fdt_begin(b, "ibm,persistent-memory");
	fdt_str(b, "device_type", "ibm,persistent-memory");
	fdt_u32(b, "#address-cells", 1);
	fdt_u32(b, "#size-cells", 0);
	for (u32 i = 0; i < HYPAR_NVDIMMS_MAX; i++)
		if (drc_is_in_tree(p->scm->dimm[i].drc))
			node_of(p, p->scm->dimm[i].drc, b);
	fdt_end(b);
}

/* ---- attaching ---- */

struct scm_dimm *papr_nvdimm_find(const struct papr *p, const char *id)
{
	for (u32 i = 0; i < HYPAR_NVDIMMS_MAX; i++) {
		struct scm_dimm *d = &p->scm->dimm[i];

		if (d->medium && !strcmp(d->drc->resource, id))
			return d;
	}
	return NULL;
}

static struct scm_dimm *free_dimm(struct papr_scm *s, struct hypar_err *e)
{
	for (u32 i = 0; i < HYPAR_NVDIMMS_MAX; i++)
		if (!s->dimm[i].medium)
			return &s->dimm[i];
	err_set(e, -ENOSPC, "more than %d NVDIMMs", HYPAR_NVDIMMS_MAX);
	return NULL;
}

static int check(struct papr *p, const struct hypar_nvdimm *n, struct hypar_err *e)
{
	u64 sum = n->size / HYPAR_SCM_BLOCK_SIZE;
	u8 uuid[16];

	if (!n->file)
		return err_set(e, -EINVAL, "file= is missing");
	if (!n->size || n->size % HYPAR_SCM_BLOCK_SIZE)
		return err_set(e, -EINVAL, "%s: size must be a multiple of %llu MiB, not 0",
			       n->file, HYPAR_SCM_BLOCK_SIZE >> 20);
	for (u32 i = 0; i < HYPAR_NVDIMMS_MAX; i++)
		sum += p->scm->dimm[i].n_blocks;
	if (n->size > HYPAR_SCM_MAX || sum > SCM_PLACES)
		return err_set(e, -ENOSPC, "%s: NVDIMMs have more than %llu GiB", n->file,
			       HYPAR_SCM_MAX >> 30);
	if (!p->scm->has_window)
		return err_set(e, -ENOMEM, "the host has no addresses for NVDIMMs");
	if (n->uuid && !pmem_uuid_parse(n->uuid, uuid))
		return err_set(e, -EINVAL, "uuid=%.40s: not a UUID", n->uuid);
	return 0;
}

/* The id that it is to have. */
static int name(struct papr *p, const struct hypar_nvdimm *n, char id[DEVICE_ID_MAX],
		struct hypar_err *e)
{
	if (n->id && (!*n->id || strlen(n->id) >= DEVICE_ID_MAX))
		return err_set(e, -EINVAL, "an id has 1 to %d characters", DEVICE_ID_MAX - 1);
	for (u32 i = 0; i <= HYPAR_NVDIMMS_MAX; i++) {
		if (n->id)
			(void)snprintf(id, DEVICE_ID_MAX, "%s", n->id);
		else
			(void)snprintf(id, DEVICE_ID_MAX, "nvdimm%u", i);
		if (!papr_nvdimm_find(p, id))
			return 0;
		if (n->id)
			break;
	}
	return err_set(e, -EEXIST, "id=%s: another NVDIMM has that id", id);
}

static void say(void *opaque, const char *line)
{
	papr_notice(opaque, line);
}

static int open_dimm(struct papr *p, struct scm_dimm *d, const struct hypar_nvdimm *n,
		     const char *id, struct hypar_err *e)
{
	const struct pmem_config c = { .path = n->file,
				       .id = id,
				       .size = n->size,
				       .label_size = n->label_size,
				       .uuid = n->uuid,
				       .is_unarmed = n->unarmed,
				       .is_unflushed = n->no_flush,
				       .log = { say, p } };

	d->n_blocks = (u32)(n->size / HYPAR_SCM_BLOCK_SIZE);
	d->label_size = n->label_size;
	d->place = malloc(d->n_blocks * sizeof(d->place[0]));
	if (!d->place)
		return err_set(e, -ENOMEM, "no memory for an NVDIMM");
	for (u32 i = 0; i < d->n_blocks; i++)
		d->place[i] = SCM_UNBOUND;
	d->medium = pmem_open(&c, e);
	if (!d->medium)
		return -EIO;
	d->is_flushed = !n->no_flush;
	return 0;
}

struct scm_dimm *papr_nvdimm_add(struct papr *p, const struct hypar_nvdimm *n, enum drc_attach how,
				 struct hypar_err *e)
{
	struct scm_dimm *d = free_dimm(p->scm, e);
	char id[DEVICE_ID_MAX];

	if (!d || check(p, n, e) || name(p, n, id, e))
		return NULL;
	if (!open_dimm(p, d, n, id, e) && !dr_attach(p, d->drc, how, id, e))
		return d;
	close_dimm(d);
	return NULL;
}

int papr_scm_new(struct papr *p, struct hypar_err *e)
{
	p->scm = calloc(1, sizeof(*p->scm));
	if (!p->scm)
		return err_set(e, -ENOMEM, "no memory for the machine");
	p->scm->has_window = !gmem_add_window(p->partition->mem, gpa_of(PAPR_SCM_BASE),
					      HYPAR_SCM_MAX, HYPAR_SCM_BLOCK_SIZE, NULL);
	for (u32 i = 0; i < HYPAR_NVDIMMS_MAX; i++) {
		struct scm_dimm *d = &p->scm->dimm[i];
		const struct drc_config c = { .type = DRC_PMEM,
					      .id = i,
					      .ops = &pmem_ops,
					      .opaque = d,
					      .power_domain = DRC_POWER_LIVE };

		d->drc = dr_add_connector(p, &c, e);
		if (!d->drc)
			return -ENOMEM;
	}
	for (u32 i = 0; i < p->cfg.n_nvdimms; i++) {
		struct hypar_err why = { 0 };

		if (!papr_nvdimm_add(p, &p->cfg.nvdimms[i], DRC_COLD, &why))
			return err_set(e, why.code ? why.code : -EIO, "--nvdimm: %s", why.text);
	}
	return 0;
}

void papr_scm_free(struct papr *p)
{
	for (u32 i = 0; p->scm && i < HYPAR_NVDIMMS_MAX; i++)
		if (p->scm->dimm[i].medium)
			close_dimm(&p->scm->dimm[i]);
	free(p->scm);
	p->scm = NULL;
}

void papr_scm_reset(struct papr *p)
{
	papr_scm_unbind(p);
	memset(p->scm->op, 0, sizeof(p->scm->op));
	for (u32 i = 0; p->partition->is_restart && i < HYPAR_NVDIMMS_MAX; i++)
		if (p->scm->dimm[i].medium) {
			pmem_drain(p->scm->dimm[i].medium);
			pmem_reset(p->scm->dimm[i].medium);
		}
}

u64 papr_nvdimm_health(const struct scm_dimm *d)
{
	return ((pmem_health(d->medium) | d->health_set) & ~d->health_clear) & SCM_HEALTH_VALID;
}
