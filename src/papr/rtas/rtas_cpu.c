// SPDX-License-Identifier: Apache-2.0
/*
 * Starting and stopping processors, and the whole machine [PAPR 7.3.6 to
 * 7.3.9]. Calls that do not return stop their vCPU once the hypercall is over;
 * until then it counts as stopping, so that nobody starts it under our feet.
 */
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

enum cpu_stopped_state { CPU_STOPPED = 0, CPU_STOPPING = 1, CPU_NOT_STOPPED = 2 };

rtas_status rtas_query_cpu_stopped_state(struct rtas_args *a)
{
	struct vcpu *target = papr_vcpu_by_number(papr_of(a->vcpu), a->arg[0]);

	if (!target)
		return RTAS_PARAMETER;
	if (vcpu_is_stopped(target))
		a->ret[1] = CPU_STOPPED;
	else
		a->ret[1] = vcpu_is_stopping(target) ? CPU_STOPPING : CPU_NOT_STOPPED;
	return RTAS_SUCCESS;
}

/* The new processor begins in 64-bit big-endian real mode; kernels turn themselves round. */
rtas_status rtas_start_cpu(struct rtas_args *a)
{
	struct vcpu *target = papr_vcpu_by_number(papr_of(a->vcpu), a->arg[0]);

	if (!target)
		return RTAS_PARAMETER;
	return vcpu_start(target, a->arg[1], a->arg[2], false) ? RTAS_SUCCESS : RTAS_HARDWARE;
}

rtas_status rtas_stop_self(struct rtas_args *a)
{
	vcpu_stop_after_hcall(a->vcpu);
	return RTAS_SUCCESS;
}

static rtas_status end(struct rtas_args *a, enum partition_request what)
{
	partition_request(a->vcpu->partition, what, NULL);
	vcpu_stop_after_hcall(a->vcpu);
	return RTAS_SUCCESS;
}

/* The arguments, events that power the machine on again, have no meaning here. */
rtas_status rtas_power_off(struct rtas_args *a)
{
	return end(a, PARTITION_POWEROFF);
}

rtas_status rtas_power_off_ups(struct rtas_args *a)
{
	return end(a, PARTITION_POWEROFF);
}

rtas_status rtas_system_reboot(struct rtas_args *a)
{
	return end(a, PARTITION_RESET);
}

/* The guest's last words, at most as long as the reason of an end, on one line. */
static void read_words(const struct gmem *m, u64 at, char *text, size_t size)
{
	size_t n = 0;
	u8 c;

	while (n < size - 1 && gmem_ld_u8(m, gpa_of(at + n), &c) && c)
		text[n++] = (char)(c >= ' ' && c < 0x7f ? c : ' ');
	while (n && text[n - 1] == ' ')
		n--;
	text[n] = 0;
}

/*
 * DEVIATION: with ibm,extended-os-term the call is to return. It does not,
 * since the machine ends; without that property Linux would not make it.
 */
rtas_status rtas_os_term(struct rtas_args *a)
{
	struct partition *part = a->vcpu->partition;
	char text[sizeof(part->reason)];

	read_words(part->mem, a->arg[0], text, sizeof(text));
	partition_request(part, PARTITION_OS_TERM, "%s", text);
	vcpu_stop_after_hcall(a->vcpu);
	return RTAS_SUCCESS;
}
