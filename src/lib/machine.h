/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this folder know of a machine besides its public interface.
 */
#ifndef HYPAR_LIB_MACHINE_H
#define HYPAR_LIB_MACHINE_H

#include "hypar/machine.h"
#include "papr/papr.h"

#pragma GCC visibility push(hidden)

struct papr *machine_papr(hypar_machine *m);

/* A vCPU that is there, or NULL with *e set (-ENOENT). On the control thread, vCPUs parked. */
struct vcpu *machine_vcpu(const struct partition *p, unsigned int cpu, struct hypar_err *e);

/* How long it has run, or ran; has hypar_machine_run() been called, has it returned? Any thread. */
u64 machine_run_ns(const hypar_machine *m);
bool machine_was_started(const hypar_machine *m);
bool machine_has_ended(const hypar_machine *m);

#pragma GCC visibility pop

#endif
