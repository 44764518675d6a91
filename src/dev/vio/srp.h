/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats of SRP information units [SRP 16a] and of the management datagrams
 * that go with them [LoPAR, A Protocol for VSCSI Communications], by offset:
 * all are big-endian bytes in the guest's memory. Tags are the guest's own and
 * travel as they are.
 */
#ifndef HYPAR_DEV_VIO_SRP_H
#define HYPAR_DEV_VIO_SRP_H

#include "base/types.h"
#include "dev/dma.h"

#define SRP_IU_MAX 1024u /* longest IU that is taken */

/* Formats of a CRQ entry with CRQ_VALID. */
#define SRP_FORMAT 0x01u
#define MAD_FORMAT 0x02u
#define CRQ_FORMAT 0x06u /* all in the entry */
#define CRQ_PING 0xf5u
#define CRQ_PING_RESPONSE 0xf6u

/* Operation codes: byte 0. The tag is at 8 in each. */
enum {
	SRP_LOGIN_REQ = 0x00,
	SRP_TSK_MGMT = 0x01,
	SRP_CMD = 0x02,
	SRP_I_LOGOUT = 0x03,
	SRP_T_LOGOUT = 0x80,
	SRP_LOGIN_RSP = 0xc0,
	SRP_RSP = 0xc1,
	SRP_LOGIN_REJ = 0xc2,
};

#define SRP_TAG 8

/* SRP_LOGIN_REQ, and what it answers. */
#define SRP_LOGIN_REQ_SIZE 64
#define SRP_LOGIN_IU_LEN 16
#define SRP_LOGIN_FORMATS 24
#define SRP_FORMAT_DIRECT 2u
#define SRP_FORMAT_INDIRECT 4u
#define SRP_LOGIN_RSP_SIZE 52
#define SRP_LOGIN_REJ_SIZE 32
#define SRP_REJ_IU_TOO_LARGE 0x00010002u
#define SRP_REJ_FORMAT 0x00010004u

/* SRP_CMD. */
#define SRP_CMD_SIZE 48 /* with the CDB; more CDB and descriptors follow */
#define SRP_CMD_BUF_FORMAT 5
#define SRP_CMD_OUT_COUNT 6
#define SRP_CMD_IN_COUNT 7
#define SRP_CMD_LUN 20
#define SRP_CMD_ADD_CDB 31
#define SRP_CMD_CDB 32

/* SRP_TSK_MGMT. */
#define SRP_TSK_SIZE 48
#define SRP_TSK_LUN 20
#define SRP_TSK_FUNCTION 30
#define SRP_TSK_TAG 32
#define SRP_TSK_ABORT_TASK 0x01
#define SRP_TSK_ABORT_TASK_SET 0x02
#define SRP_TSK_CLEAR_TASK_SET 0x04
#define SRP_TSK_LUN_RESET 0x08
#define SRP_TSK_COMPLETE 0
#define SRP_TSK_FIELDS_INVALID 2
#define SRP_TSK_NOT_SUPPORTED 4

/* SRP_RSP. */
#define SRP_RSP_SIZE 36 /* then response data, then sense data */
#define SRP_RSP_DELTA 4
#define SRP_RSP_FLAGS 18
#define SRP_RSP_STATUS 19
#define SRP_RSP_OUT_RESIDUAL 20
#define SRP_RSP_IN_RESIDUAL 24
#define SRP_RSP_SENSE_LEN 28
#define SRP_RSP_DATA_LEN 32
#define SRP_FLAG_RSP 0x01
#define SRP_FLAG_SENSE 0x02
#define SRP_FLAG_OUT_UNDER 0x08
#define SRP_FLAG_IN_UNDER 0x20

/* Management datagrams: type, status, length, tag, then by type. */
#define MAD_SIZE 16
#define MAD_STATUS 4
#define MAD_LENGTH 6
#define MAD_TAG 8
#define MAD_BUFFER 16
#define MAD_BUFFER_SIZE 24 /* of a datagram with a buffer */
enum {
	MAD_EMPTY_IU = 1,
	MAD_ERROR_LOG = 2,
	MAD_ADAPTER_INFO = 3,
	MAD_CAPABILITIES = 5,
	MAD_FAST_FAIL = 8,
};
#define MAD_SUCCESS 0x00
#define MAD_NOT_SUPPORTED 0xf1
#define MAD_FAILED 0xf7

/* Adapter information. */
#define MAD_INFO_SIZE 144
#define MAD_INFO_NAME 8
#define MAD_INFO_NAME_SIZE 96
#define MAD_INFO_NUMBER 104
#define MAD_INFO_VERSION 108
#define MAD_INFO_OS 112
#define MAD_INFO_MAX_TXU 116
#define MAD_OS_LINUX 2

/* Capabilities: flags, name, location, then entries of type, length, support. */
#define MAD_CAP_HEAD 68
#define MAD_CAP_MAX 512
#define MAD_CAP_LIST_SUPPORTED 0x04u

/* A list of pieces of guest memory, as an SRP_CMD describes it. */
struct srp_piece {
	u64 at;
	u32 n;
};

struct srp_data {
	struct srp_piece *piece;
	u32 n_pieces;
	u64 length;
	/* where the last access was */
	u32 cur;
	u64 cur_at;
};

#define SRP_PIECES_MAX 1024u

/*
 * The data buffers of the SRP_CMD @iu of @n bytes. Tables outside of it are
 * read through @dma. False: malformed, too long, or not mapped; nothing is
 * left to free.
 */
MUST_CHECK bool srp_buffers(struct dma *dma, const u8 *iu, size_t n, struct srp_data *out,
			    struct srp_data *in);
void srp_data_free(struct srp_data *d);

/* Moves bytes @at .. @at + n of the buffer. False: outside of it, or not mapped. */
MUST_CHECK bool srp_write(struct dma *dma, struct srp_data *d, u64 at, const void *buf, size_t n);
MUST_CHECK bool srp_read(struct dma *dma, struct srp_data *d, u64 at, void *buf, size_t n);

#endif
