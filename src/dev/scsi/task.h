/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands share. A handler ends its task exactly once: by one of
 * task_good, task_fail, task_data, or by a block request whose done() does.
 */
#ifndef HYPAR_DEV_SCSI_TASK_H
#define HYPAR_DEV_SCSI_TASK_H

#include "dev/scsi/scsi.h"

/* What VPD page B0 tells, and what holds. */
#define UNMAP_BLOCKS_MAX (1u << 22)
#define UNMAP_DESCRIPTORS_MAX 64u
#define WRITE_SAME_MAX (1u << 22)

#define SCSI(opcode, name, handler, attrs, spec) void handler(struct scsi_task *t);
#include "dev/scsi/cmd.def"
#undef SCSI

void task_good(struct scsi_task *t);
void task_fail(struct scsi_task *t, enum scsi_sense sense);

/* INVALID FIELD IN CDB, pointing at @byte. */
void task_bad_field(struct scsi_task *t, unsigned int byte);

/* Gives the initiator the first of @n bytes that it asked for (@alloc) and ends. */
void task_data(struct scsi_task *t, const void *buf, size_t n, u64 alloc);

/* The sense data of a status of the block back end. */
enum scsi_sense task_sense_of(const struct block_request *r);

/* The pending unit attention, which is taken away. */
u32 scsi_take_attention(struct scsi_lu *lu);

/* Fixed-format sense data. */
void scsi_fixed_sense(u8 out[SCSI_SENSE_SIZE], u32 sense);

#endif
