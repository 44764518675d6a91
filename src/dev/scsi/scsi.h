/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A SCSI disk [SPC-4, SBC-3] over a block back end, without a transport. A
 * transport hands in a task: a command, how much data it can take or has, and
 * functions that move them. Autosense: a task that ends in CHECK CONDITION
 * brings its sense data along.
 *
 * The commands are the rows of cmd.def. No reservations, no MODE SELECT, no
 * protection information.
 *
 * Threads: scsi_execute on any, several tasks at once. done() may be called
 * before scsi_execute() returns, or later on a thread of the back end.
 */
#ifndef HYPAR_DEV_SCSI_SCSI_H
#define HYPAR_DEV_SCSI_SCSI_H

#include "base/types.h"
#include "dev/backend/block.h"

#define SCSI_CDB_MAX 16u
#define SCSI_SENSE_SIZE 18u
#define SCSI_SERIAL_MAX 36u
#define SCSI_BLOCK 512u /* a logical block */

enum scsi_status {
	SCSI_GOOD = 0x00,
	SCSI_CHECK_CONDITION = 0x02,
};

/* Sense key << 16 | additional sense code << 8 | qualifier. */
enum scsi_sense {
	SENSE_NONE = 0x000000,
	SENSE_NOT_READY_STOPPED = 0x020402,
	SENSE_WRITE_ERROR = 0x030c00,
	SENSE_READ_ERROR = 0x031100,
	SENSE_INTERNAL_FAILURE = 0x044400,
	SENSE_PARAMETER_LIST_LENGTH = 0x051a00,
	SENSE_INVALID_OPCODE = 0x052000,
	SENSE_LBA_OUT_OF_RANGE = 0x052100,
	SENSE_INVALID_FIELD_IN_CDB = 0x052400,
	SENSE_LUN_NOT_SUPPORTED = 0x052500,
	SENSE_INVALID_FIELD_IN_PARAMETERS = 0x052600,
	SENSE_SAVING_NOT_SUPPORTED = 0x053900,
	SENSE_POWER_ON = 0x062900,
	SENSE_DEVICE_RESET = 0x062903,
	SENSE_WRITE_PROTECTED = 0x072700,
	SENSE_SPACE_ALLOCATION_FAILED = 0x072707,
	SENSE_DATA_PHASE_ERROR = 0x0b4b00,
	SENSE_MISCOMPARE = 0x0e1d00,
};

/* A logical unit. */
struct scsi_lu {
	struct block *block;
	char serial[SCSI_SERIAL_MAX + 1];
	u32 attention; /* pending unit attention, SENSE_*; atomic */
	bool stopped;  /* by START STOP UNIT; atomic */
};

struct scsi_task {
	/* by the transport */
	u8 cdb[SCSI_CDB_MAX];
	u64 in_len, out_len; /* bytes the initiator takes, has */
	/*
	 * What REPORT LUNS answers: a list of 8-byte LUNs; constant until done().
	 */
	const u8 *luns;
	u32 n_luns;
	/* Moves bytes to or from the initiator. False: its memory refused. */
	bool (*put)(struct scsi_task *t, u64 at, const void *buf, size_t n);
	bool (*get)(struct scsi_task *t, u64 at, void *buf, size_t n);
	void (*done)(struct scsi_task *t);
	/* at done */
	u8 status; /* enum scsi_status */
	u8 sense[SCSI_SENSE_SIZE];
	u8 sense_len;
	u64 in_done, out_done; /* bytes moved */
	/* private */
	struct scsi_lu *lu;
	struct block_request req;
	u64 bytes;	 /* of a transfer */
	bool miscompare; /* VERIFY */
	u8 *param;	 /* UNMAP: descriptors; WRITE SAME: the block */
	u32 n_param, next_param;
};

void scsi_lu_init(struct scsi_lu *lu, struct block *b, const char *serial);

/* Power on, or a reset of the logical unit: @why is what the initiator is told. */
void scsi_lu_reset(struct scsi_lu *lu, enum scsi_sense why);

/* Carries out @t on @lu, NULL: where there is no logical unit. */
void scsi_execute(struct scsi_lu *lu, struct scsi_task *t);

/* Name of a command; NULL: not implemented. */
const char *scsi_name(u8 opcode);

#endif
