// SPDX-License-Identifier: Apache-2.0
/*
 * H_TPM_COMM: a command to the host's TPM, and its response. The call is
 * synchronous; while the TPM thinks, the vCPU waits as an idle one does, and
 * when the machine is paused meanwhile it makes the call again afterwards and
 * finds its job. Sessions are opened by the first command.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/endian.h"
#include "base/err.h"
#include "dev/backend/tpm.h"
#include "papr/hcall.h"
#include "papr/tpm.h"

#define OP_EXECUTE 1u
#define OP_CLOSE_SESSION 2u

/* ---- the back end ---- */

/* The one whose job it was, and those that wait for their turn. */
static void tpm_done(void *opaque)
{
	struct papr *p = opaque;

	partition_notify(p->partition);
}

static void say(void *opaque, const char *line)
{
	papr_notice(opaque, line);
}

int papr_tpm_new(struct papr *p, struct hypar_err *e)
{
	struct hypar_err why = { 0 };
	struct tpm_config c = {
		.where = p->cfg.tpm_comm,
		.timeout_s = p->cfg.tpm_timeout ? p->cfg.tpm_timeout : HYPAR_TPM_TIMEOUT,
		.done = tpm_done,
		.opaque = p,
		.log = { say, p },
	};

	if (!c.where)
		return 0;
	p->tpm = tpm_new(&c, &why);
	return p->tpm ? 0 : err_set(e, why.code, "--tpm-comm %s", why.text);
}

void papr_tpm_reset(struct papr *p)
{
	if (p->tpm)
		tpm_reset(p->tpm);
}

void papr_tpm_free(struct papr *p)
{
	tpm_free(p->tpm);
	p->tpm = NULL;
}

/* ---- the call ---- */

struct job {
	struct tpm *tpm;
	u32 owner;
	const u8 *cmd; /* to be started; NULL: close the session */
	u32 size;
	u8 *out;
	u32 out_size;
	bool is_started;
	enum tpm_state state;
};

/* Starts the job when it is its turn. True: it is over. */
static bool go_on(void *arg)
{
	struct job *j = arg;

	if (!j->is_started)
		j->is_started = tpm_start(j->tpm, j->owner, j->cmd, j->size);
	j->state = j->is_started ? tpm_poll(j->tpm, j->owner, j->out, &j->out_size) : TPM_BUSY;
	return j->state != TPM_BUSY;
}

/*
 * A call that is made again goes on with the job it started; the guest's
 * arguments were checked then, and the vCPU has not run since.
 */
static hstatus carry_out(struct vcpu *v, struct job *j)
{
	struct papr_vcpu *pv = papr_vcpu_of(v);

	j->owner = v->index;
	j->is_started = pv->tpm_started;
	pv->tpm_started = false;
	if (!vcpu_wait(v, go_on, j)) {
		pv->tpm_started = j->is_started;
		vcpu_retry_hcall(v);
		return H_SUCCESS; /* nobody sees it */
	}
	return j->state == TPM_DONE ? H_SUCCESS : H_RESOURCE;
}

/* Everything, before the TPM hears of it. Reads the command. */
static hstatus check(struct vcpu *v, const struct H_TPM_COMM_in *in, u8 *cmd)
{
	struct gmem *m = v->partition->mem;

	if (!gmem_ok(m, gpa_of(in->in_buffer), 1))
		return H_P2;
	if (in->in_size < TPM_HEADER || in->in_size > TPM_MESSAGE_MAX)
		return H_P3;
	if (!gmem_read(m, gpa_of(in->in_buffer), cmd, in->in_size))
		return H_P2;
	/* a command of another size would be completed by the next one's bytes */
	if (ld_be32(cmd + 2) != in->in_size)
		return H_P3;
	if (!gmem_ok(m, gpa_of(in->out_buffer), TPM_MESSAGE_MAX))
		return H_P4;
	return in->out_size < TPM_MESSAGE_MAX ? H_P5 : H_SUCCESS;
}

static hstatus execute(struct vcpu *v, struct tpm *t, const struct H_TPM_COMM_in *in,
		       struct H_TPM_COMM_out *out)
{
	u8 cmd[TPM_MESSAGE_MAX], response[TPM_MESSAGE_MAX];
	struct job j = { .tpm = t, .cmd = cmd, .size = (u32)in->in_size, .out = response };
	hstatus st = papr_vcpu_of(v)->tpm_started ? H_SUCCESS : check(v, in, cmd);

	if (st == H_SUCCESS)
		st = carry_out(v, &j);
	if (st != H_SUCCESS || v->retrying)
		return st;
	if (!gmem_write(v->partition->mem, gpa_of(in->out_buffer), response, j.out_size))
		return H_P4; /* the guest gave the memory away meanwhile */
	out->size = j.out_size;
	return H_SUCCESS;
}

hstatus h_tpm_comm(struct vcpu *v, const struct H_TPM_COMM_in *in, struct H_TPM_COMM_out *out)
{
	struct tpm *t = papr_of(v)->tpm;
	u8 nothing[TPM_MESSAGE_MAX];
	struct job close = { .tpm = t, .out = nothing };

	if (!t)
		return H_FUNCTION;
	switch (in->op) {
	case OP_EXECUTE:
		return execute(v, t, in, out);
	case OP_CLOSE_SESSION:
		return carry_out(v, &close);
	default:
		return H_PARAMETER;
	}
}
