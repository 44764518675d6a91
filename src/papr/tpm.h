/* SPDX-License-Identifier: Apache-2.0 */
/*
 * H_TPM_COMM [ultravisor hypercalls, H_TPM_COMM]: the TPM of the host that the
 * configuration names, for the guest.
 */
#ifndef HYPAR_PAPR_TPM_H
#define HYPAR_PAPR_TPM_H

#include "papr/papr.h"

/* 0 and nothing made without cfg.tpm_comm; or a negative errno with *e set. */
int papr_tpm_new(struct papr *p, struct hypar_err *e);
/* The session is closed. All vCPUs parked. */
void papr_tpm_reset(struct papr *p);
void papr_tpm_free(struct papr *p);

#endif
