// SPDX-License-Identifier: Apache-2.0
/*
 * Data buffer descriptors of SRP_CMD [SRP 6.3, 5.4]: none, direct (one piece)
 * or indirect (a table of pieces, in the IU itself or elsewhere).
 */
#include "dev/vio/srp.h"

#include <stdlib.h>
#include <string.h>

#define DESC_SIZE 16 /* address, key, length */
#define INDIRECT_HEAD 20
enum { NO_DATA, DIRECT, INDIRECT };

/* A cursor in the IU. */
struct part {
	const u8 *at;
	size_t n;
};

static const u8 *take(struct part *p, size_t n)
{
	const u8 *at = p->at;

	if (n > p->n)
		return NULL;
	p->at += n;
	p->n -= n;
	return at;
}

static bool add_table(struct srp_data *d, const u8 *table, u32 n)
{
	d->piece = calloc(n ? n : 1, sizeof(d->piece[0]));
	if (!d->piece)
		return false;
	for (u32 i = 0; i < n; i++) {
		const u8 *desc = table + DESC_SIZE * (size_t)i;

		d->piece[i] = (struct srp_piece){ ld_be64(desc), ld_be32(desc + 12) };
		d->length += d->piece[i].n;
	}
	d->n_pieces = n;
	return true;
}

/* @inline_n descriptors follow the head in the IU; the table may be longer. */
static bool indirect(struct dma *dma, struct part *p, u32 inline_n, struct srp_data *d)
{
	const u8 *head = take(p, INDIRECT_HEAD);
	const u8 *list = head ? take(p, DESC_SIZE * (size_t)inline_n) : NULL;
	u32 n, total;
	u8 *table;
	bool ok;

	if (!list)
		return false;
	n = ld_be32(head + 12) / DESC_SIZE;
	total = ld_be32(head + 16);
	if (n > SRP_PIECES_MAX)
		return false;
	if (n <= inline_n) {
		ok = add_table(d, list, n);
	} else {
		table = malloc(DESC_SIZE * (size_t)n);
		ok = table && dma_read(dma, ioba_of(ld_be64(head)), table, DESC_SIZE * (size_t)n) &&
		     add_table(d, table, n);
		free(table);
	}
	if (d->length > total)
		d->length = total;
	return ok;
}

static bool buffer(struct dma *dma, struct part *p, u8 format, u32 inline_n, struct srp_data *d)
{
	const u8 *desc;

	switch (format) {
	case NO_DATA:
		return true;
	case DIRECT:
		desc = take(p, DESC_SIZE);
		return desc && add_table(d, desc, 1);
	case INDIRECT:
		return indirect(dma, p, inline_n, d);
	default:
		return false;
	}
}

bool srp_buffers(struct dma *dma, const u8 *iu, size_t n, struct srp_data *out, struct srp_data *in)
{
	u8 format = iu[SRP_CMD_BUF_FORMAT];
	struct part p = { iu, n };

	memset(out, 0, sizeof(*out));
	memset(in, 0, sizeof(*in));
	/* additional CDB: the upper six bits count words */
	if (take(&p, SRP_CMD_SIZE) && take(&p, iu[SRP_CMD_ADD_CDB] & 0xfcu) &&
	    buffer(dma, &p, format >> 4, iu[SRP_CMD_OUT_COUNT], out) &&
	    buffer(dma, &p, format & 0xf, iu[SRP_CMD_IN_COUNT], in))
		return true;
	srp_data_free(out);
	srp_data_free(in);
	return false;
}

void srp_data_free(struct srp_data *d)
{
	free(d->piece);
	memset(d, 0, sizeof(*d));
}

static bool move(struct dma *dma, struct srp_data *d, u64 at, u8 *to, const u8 *from, size_t n)
{
	if (at > d->length || n > d->length - at)
		return false;
	if (at < d->cur_at)
		d->cur = 0, d->cur_at = 0;
	while (n && d->cur < d->n_pieces) {
		const struct srp_piece *p = &d->piece[d->cur];
		u64 off = at - d->cur_at, k = n;

		if (off >= p->n) {
			d->cur_at += p->n;
			d->cur++;
			continue;
		}
		if (k > p->n - off)
			k = p->n - off;
		if (p->at + off < p->at)
			return false;
		if (to ? !dma_read(dma, ioba_of(p->at + off), to, k) :
			 !dma_write(dma, ioba_of(p->at + off), from, k))
			return false;
		if (to)
			to += k;
		else
			from += k;
		at += k;
		n -= k;
	}
	return !n;
}

bool srp_write(struct dma *dma, struct srp_data *d, u64 at, const void *buf, size_t n)
{
	return move(dma, d, at, NULL, buf, n);
}

bool srp_read(struct dma *dma, struct srp_data *d, u64 at, void *buf, size_t n)
{
	return move(dma, d, at, buf, NULL, n);
}
