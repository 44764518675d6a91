// SPDX-License-Identifier: Apache-2.0
/*
 * Management datagrams. The answer is the datagram with its status filled in.
 */
#include <string.h>

#include "dev/vio/vscsi_state.h"

/* Where the datagram's buffer is and how much of it counts, at most @max. */
static bool mad_buffer(const struct vscsi_msg *m, u64 *at, size_t *n, size_t max)
{
	if (m->n < MAD_BUFFER_SIZE)
		return false;
	*at = ld_be64(m->iu + MAD_BUFFER);
	*n = ld_be16(m->iu + MAD_LENGTH);
	if (*n > max)
		*n = max;
	return true;
}

static u16 empty_iu(struct vscsi *v, const struct vscsi_msg *m)
{
	if (m->n < MAD_BUFFER_SIZE)
		return MAD_FAILED;
	v->has_empty_iu = true;
	v->empty_at = ld_be64(m->iu + MAD_BUFFER);
	v->empty_tag = m->tag;
	return MAD_SUCCESS;
}

/* Who we are, in place of who the guest is. */
static u16 adapter_info(struct vscsi *v, const struct vscsi_msg *m)
{
	u8 info[MAD_INFO_SIZE] = "16.a";
	size_t n;
	u64 at;

	if (!mad_buffer(m, &at, &n, sizeof(info)))
		return MAD_FAILED;
	memcpy(info + MAD_INFO_NAME, "hypar", sizeof("hypar"));
	/* partition number 0: the hypervisor */
	st_be32(info + MAD_INFO_VERSION, 1);
	st_be32(info + MAD_INFO_OS, MAD_OS_LINUX);
	st_be32(info + MAD_INFO_MAX_TXU, VSCSI_TRANSFER_MAX);
	return dma_write(v->dma, ioba_of(at), info, n) ? MAD_SUCCESS : MAD_FAILED;
}

/* Neither migration nor reservations: each capability is cleared, and the flag. */
static u16 capabilities(struct vscsi *v, const struct vscsi_msg *m)
{
	u8 caps[MAD_CAP_MAX];
	size_t n, len;
	u64 at;

	if (!mad_buffer(m, &at, &n, sizeof(caps)) || n < MAD_CAP_HEAD ||
	    !dma_read(v->dma, ioba_of(at), caps, n))
		return MAD_FAILED;
	st_be32(caps, ld_be32(caps) & ~MAD_CAP_LIST_SUPPORTED);
	for (size_t i = MAD_CAP_HEAD; i + 8 <= n; i += len) {
		len = ld_be16(caps + i + 4);
		if (len < 8)
			break;
		st_be16(caps + i + 6, 0);
	}
	return dma_write(v->dma, ioba_of(at), caps, n) ? MAD_SUCCESS : MAD_FAILED;
}

void vscsi_mad(struct vscsi *v, struct vscsi_msg *m)
{
	u16 status;

	switch (ld_be32(m->iu)) {
	case MAD_EMPTY_IU:
		/* answered by the logout that it waits for, if one comes */
		if (empty_iu(v, m) == MAD_SUCCESS)
			return;
		status = MAD_FAILED;
		break;
	case MAD_ERROR_LOG:
		status = MAD_SUCCESS; /* for the log of a server that has one */
		break;
	case MAD_ADAPTER_INFO:
		status = adapter_info(v, m);
		break;
	case MAD_CAPABILITIES:
		status = capabilities(v, m);
		break;
	case MAD_FAST_FAIL:
		/* there is no other path that a client could fail over to */
		status = MAD_SUCCESS;
		break;
	default:
		status = MAD_NOT_SUPPORTED;
	}
	st_be16(m->iu + MAD_STATUS, status);
	vscsi_answer(v, MAD_FORMAT, m, m->iu, m->n);
}
