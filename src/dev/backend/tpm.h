/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TPM of the host: a swtpm behind a socket, or a character device such as
 * /dev/tpmrm0. Commands go to it one by one, over a session that is opened by
 * the first command and stays until it is closed or fails.
 *
 * Threads: any for tpm_start and tpm_poll; the exchange itself runs on a thread
 * of the back end's. tpm_reset and tpm_close: when no command is started.
 */
#ifndef HYPAR_DEV_BACKEND_TPM_H
#define HYPAR_DEV_BACKEND_TPM_H

#include "base/types.h"
#include "dev/device.h"
#include "hypar/error.h"

#define TPM_MESSAGE_MAX 4096u /* of a command and of a response, bytes */
#define TPM_HEADER 10u	      /* tag, size, code: what every message begins with */

struct tpm;

struct tpm_config {
	const char *where;	/* "unix:PATH", or the path of a character device */
	unsigned int timeout_s; /* for one command */
	/* Called on the back end's thread when a job is over. */
	void (*done)(void *opaque);
	void *opaque;
	struct device_log log;
};

/* Looks whether it is a socket or a character device; opens nothing. NULL with *e set. */
struct tpm *tpm_new(const struct tpm_config *c, struct hypar_err *e);
/* Gives up what is under way. NULL: nothing. */
void tpm_free(struct tpm *t);

enum tpm_state {
	TPM_FREE,   /* no job of this owner */
	TPM_BUSY,   /* under way */
	TPM_DONE,   /* the response is there */
	TPM_FAILED, /* I/O failed, or the response was not one; the session is closed */
};

/*
 * Starts command @cmd (NULL: closes the session) for @owner. False: another
 * owner's is under way; tell it again after config.done.
 */
bool tpm_start(struct tpm *t, u32 owner, const u8 *cmd, u32 size);

/*
 * How @owner's job is. DONE and FAILED are told once, and free the back end for
 * the next; the response is then in @out (TPM_MESSAGE_MAX bytes) with its
 * *size, 0 after a close.
 */
enum tpm_state tpm_poll(struct tpm *t, u32 owner, u8 *out, u32 *size);

/* Gives up the job that is under way, and closes the session. */
void tpm_reset(struct tpm *t);

#endif
