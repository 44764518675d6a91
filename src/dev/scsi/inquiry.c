// SPDX-License-Identifier: Apache-2.0
/*
 * What a disk tells of itself: INQUIRY with its vital product data [SPC-4 7.8,
 * SBC-3 6.6] and MODE SENSE [SPC-4 7.5, SBC-3 6.5].
 */
#include <string.h>

#include "base/compiler.h"
#include "base/endian.h"
#include "dev/scsi/task.h"

#define VENDOR "HYPAR   "
#define PRODUCT "VDISK           "
#define REVISION "0001"
#define NO_DEVICE 0x7f /* no peripheral device here, type unknown */

/* A page that is being written: bytes from 4 on, the length at 2. */
struct page {
	u8 data[256];
	size_t n;
};

static void page_bytes(struct page *p, const void *from, size_t n)
{
	if (n > sizeof(p->data) - p->n)
		n = sizeof(p->data) - p->n;
	memcpy(p->data + p->n, from, n);
	p->n += n;
}

static void vpd_supported(struct scsi_task *t, struct page *p);

static void vpd_serial(struct scsi_task *t, struct page *p)
{
	page_bytes(p, t->lu->serial, strlen(t->lu->serial));
}

/* One designator: T10 vendor ID, of the logical unit [SPC-4 7.8.5.4]. */
static void vpd_identification(struct scsi_task *t, struct page *p)
{
	size_t n = strlen(t->lu->serial);
	const u8 head[4] = { 0x02, 0x01, 0, (u8)(8 + n) }; /* ASCII; T10 vendor ID */

	page_bytes(p, head, sizeof(head));
	page_bytes(p, VENDOR, 8);
	page_bytes(p, t->lu->serial, n);
}

static void vpd_block_limits(struct scsi_task *t, struct page *p)
{
	u8 b[60] = { 0 };
	u32 granularity = block_physical_size(t->lu->block) / SCSI_BLOCK;

	b[0] = 1; /* WSNZ: WRITE SAME of 0 blocks is refused */
	st_be16(b + 2, (u16)granularity);
	if (block_can_discard(t->lu->block)) {
		st_be32(b + 16, UNMAP_BLOCKS_MAX);
		st_be32(b + 20, UNMAP_DESCRIPTORS_MAX);
		st_be32(b + 24, granularity);
	}
	st_be64(b + 32, WRITE_SAME_MAX);
	page_bytes(p, b, sizeof(b));
}

static void vpd_characteristics(struct scsi_task *t UNUSED, struct page *p)
{
	u8 b[60] = { 0 };

	st_be16(b, 1); /* does not rotate */
	page_bytes(p, b, sizeof(b));
}

static void vpd_provisioning(struct scsi_task *t, struct page *p)
{
	bool can = block_can_discard(t->lu->block);
	/* LBPU, LBPWS, LBPWS10; thin provisioned */
	const u8 b[4] = { 0, can ? 0xe0 : 0, can ? 2 : 0, 0 };

	page_bytes(p, b, sizeof(b));
}

static const struct {
	u8 code;
	void (*fill)(struct scsi_task *t, struct page *p);
} vpd[] = {
	{ 0x00, vpd_supported },    { 0x80, vpd_serial },	   { 0x83, vpd_identification },
	{ 0xb0, vpd_block_limits }, { 0xb1, vpd_characteristics }, { 0xb2, vpd_provisioning },
};

static void vpd_supported(struct scsi_task *t UNUSED, struct page *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(vpd); i++)
		page_bytes(p, &vpd[i].code, 1);
}

static void vital_data(struct scsi_task *t)
{
	struct page p = { .n = 4 };

	for (size_t i = 0; i < ARRAY_SIZE(vpd); i++) {
		if (vpd[i].code != t->cdb[2])
			continue;
		p.data[1] = t->cdb[2];
		vpd[i].fill(t, &p);
		st_be16(p.data + 2, (u16)(p.n - 4));
		task_data(t, p.data, p.n, ld_be16(&t->cdb[3]));
		return;
	}
	task_bad_field(t, 2);
}

void scsi_inquiry(struct scsi_task *t)
{
	u8 d[66] = { 0 };

	if (t->cdb[1] & 1) { /* EVPD */
		if (t->lu)
			vital_data(t);
		else
			task_bad_field(t, 2);
		return;
	}
	if (t->cdb[2]) {
		task_bad_field(t, 2);
		return;
	}
	d[0] = t->lu ? 0 : NO_DEVICE;
	d[2] = 6; /* SPC-4 */
	d[3] = 2; /* response data format */
	d[4] = sizeof(d) - 5;
	d[7] = 0x02; /* CMDQUE */
	memcpy(d + 8, VENDOR, 8);
	memcpy(d + 16, PRODUCT, 16);
	memcpy(d + 32, REVISION, 4);
	st_be16(d + 58, 0x00a0); /* SAM-5 */
	st_be16(d + 60, 0x0940); /* SRP */
	st_be16(d + 62, 0x0460); /* SPC-4 */
	st_be16(d + 64, 0x04c0); /* SBC-3 */
	task_data(t, d, sizeof(d), ld_be16(&t->cdb[3]));
}

/* ---- mode pages ---- */

static const struct {
	u8 code;
	u8 n;
	u8 data[18]; /* current values = default values; nothing can be changed */
} mode_pages[] = {
	{ 0x01, 10, { 0xc0 } },	      /* read-write error recovery: AWRE, ARRE */
	{ 0x08, 18, { 0x04 } },	      /* caching: WCE */
	{ 0x0a, 10, { 0x02, 0x10 } }, /* control: GLTSD; unrestricted reordering */
	{ 0x1c, 10, { 0x00 } },	      /* informational exceptions control */
};

static void add_mode_pages(struct page *p, u8 code, bool changeable)
{
	static const u8 zero[18];

	for (size_t i = 0; i < ARRAY_SIZE(mode_pages); i++) {
		const u8 head[2] = { mode_pages[i].code, mode_pages[i].n };

		if (code != 0x3f && code != mode_pages[i].code)
			continue;
		page_bytes(p, head, sizeof(head));
		page_bytes(p, changeable ? zero : mode_pages[i].data, mode_pages[i].n);
	}
}

/* The short block descriptor, or the long one [SBC-3 6.5.2]. */
static size_t add_block_descriptor(struct scsi_task *t, struct page *p, bool is_long)
{
	u64 n = block_sectors(t->lu->block);
	u8 b[16] = { 0 };

	if (is_long) {
		st_be64(b, n);
		st_be32(b + 12, SCSI_BLOCK);
		page_bytes(p, b, 16);
		return 16;
	}
	st_be32(b, n > 0xffffffff ? 0xffffffff : (u32)n);
	st_be32(b + 4, SCSI_BLOCK);
	page_bytes(p, b, 8);
	return 8;
}

void scsi_mode_sense(struct scsi_task *t)
{
	bool is_10 = t->cdb[0] == 0x5a, dbd = t->cdb[1] & 0x08;
	u8 code = t->cdb[2] & 0x3f, control = t->cdb[2] >> 6;
	u8 specific = (u8)(0x10 | (block_readonly(t->lu->block) ? 0x80 : 0)); /* DPOFUA, WP */
	struct page p = { .n = is_10 ? 8 : 4 };
	size_t before, descriptor = 0;

	if (control == 3) {
		task_fail(t, SENSE_SAVING_NOT_SUPPORTED);
		return;
	}
	if (t->cdb[3] && !(t->cdb[3] == 0xff && code == 0x3f)) {
		task_bad_field(t, 3);
		return;
	}
	if (!dbd)
		descriptor = add_block_descriptor(t, &p, is_10 && t->cdb[1] & 0x10);
	before = p.n;
	add_mode_pages(&p, code, control == 1);
	if (p.n == before) {
		task_bad_field(t, 2);
		return;
	}
	if (is_10) {
		st_be16(p.data, (u16)(p.n - 2));
		p.data[3] = specific;
		p.data[4] = descriptor == 16;
		st_be16(p.data + 6, (u16)descriptor);
		task_data(t, p.data, p.n, ld_be16(&t->cdb[7]));
	} else {
		p.data[0] = (u8)(p.n - 1);
		p.data[2] = specific;
		p.data[3] = (u8)descriptor;
		task_data(t, p.data, p.n, t->cdb[4]);
	}
}
