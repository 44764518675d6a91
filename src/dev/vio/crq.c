// SPDX-License-Identifier: Apache-2.0
#include "dev/vio/crq.h"

#include <string.h>

void crq_init(struct crq *c, struct dma *dma, struct irq_line line)
{
	memset(c, 0, sizeof(*c));
	c->dma = dma;
	c->line = line;
}

void crq_free(struct crq *c)
{
	c->n = c->next = 0;
	c->signal = false;
}

enum vio_status crq_register(struct crq *c, u64 queue, u64 len)
{
	static const u8 zero[CRQ_PAGE];

	if (queue % CRQ_PAGE || !len || len % CRQ_PAGE || len > CRQ_SIZE_MAX || queue + len < queue)
		return VIO_PARAMETER;
	/* also the proof that all of it can be written and the header bytes read */
	for (u64 at = 0; at < len; at += CRQ_PAGE) {
		u8 header;

		if (!dma_write(c->dma, ioba_of(queue + at), zero, sizeof(zero)) ||
		    !dma_read(c->dma, ioba_of(queue + at), &header, 1))
			return VIO_PARAMETER;
	}
	c->base = ioba_of(queue);
	c->n = (u32)(len / CRQ_ENTRY);
	c->next = 0;
	c->signal = false;
	return VIO_SUCCESS;
}

bool crq_put(struct crq *c, u64 high, u64 low)
{
	ioba at = ioba_of(c->base.v + (u64)c->next * CRQ_ENTRY);
	u8 header;

	if (!c->n || !dma_read(c->dma, at, &header, 1) || header & CRQ_VALID)
		return false;
	/* the second half first: the valid bit in the first one publishes both */
	if (!dma_st_be64(c->dma, ioba_of(at.v + 8), low))
		return false;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (!dma_st_be64(c->dma, at, high))
		return false;
	c->next = c->next + 1 == c->n ? 0 : c->next + 1;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (c->signal)
		irq_set(&c->line, true);
	return true;
}

enum vio_status crq_signal(struct crq *c, u64 mode)
{
	if (mode > 1)
		return VIO_PARAMETER;
	c->signal = mode;
	return VIO_SUCCESS;
}
