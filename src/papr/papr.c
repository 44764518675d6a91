// SPDX-License-Identifier: Apache-2.0
/*
 * The platform as a whole: creation, reset, the control thread's events.
 */
#include "papr/papr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/err.h"
#include "isa/disasm.h"
#include "isa/insn.h"
#include "papr/config.h"
#include "papr/devices.h"
#include "papr/dr/cpu.h"
#include "papr/dr/dr.h"
#include "papr/dr/mem.h"
#include "papr/dr/inject.h"
#include "papr/dr/request.h"
#include "papr/event/event.h"
#include "papr/firmware.h"
#include "papr/guest_tree.h"
#include "papr/hcall.h"
#include "papr/nvram.h"
#include "papr/rtas/rtas.h"
#include "papr/scm.h"
#include "papr/tpm.h"

#define PVR_POWER9 0x004e1202u	/* DD2.2 */
#define PVR_POWER10 0x00801200u /* DD2.0 */

static void PRINTF_LIKE(2, 0) trace_line(struct papr *p, const char *fmt, va_list ap)
{
	char line[640];

	if (vsnprintf(line, sizeof(line), fmt, ap) >= 0 && p->cfg.host->trace)
		p->cfg.host->trace(p->cfg.opaque, line);
}

void papr_trace(struct papr *p, u32 what, const char *fmt, ...)
{
	va_list ap;

	if (!papr_traces(p, what))
		return;
	va_start(ap, fmt);
	trace_line(p, fmt, ap);
	va_end(ap);
}

u32 papr_set_trace(struct papr *p, u32 mask)
{
	u32 old = __atomic_exchange_n(&p->cfg.trace, mask, __ATOMIC_RELAXED);

	FOR_EACH_VCPU(p->partition, v) {
		v->cpu.trace_insns = mask & HYPAR_TRACE_INSN;
		v->cpu.trace_excs = mask & HYPAR_TRACE_EXC;
	}
	if (p->ofw)
		ofw_set_trace(p->ofw, mask & HYPAR_TRACE_OF);
	return old;
}

static void tell(struct papr *p, enum hypar_event_kind kind, bool by_guest)
{
	struct hypar_event ev = { .kind = kind, .by_guest = by_guest, .reason = "" };

	if (p->cfg.host->event)
		p->cfg.host->event(p->cfg.opaque, &ev);
}

void papr_log(struct papr *p, const char *fmt, ...)
{
	char line[320];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(line, sizeof(line), fmt, ap) >= 0 && p->cfg.host->log)
		p->cfg.host->log(p->cfg.opaque, line);
	va_end(ap);
}

void papr_notice(struct papr *p, const char *line)
{
	if (p->cfg.host->notice)
		p->cfg.host->notice(p->cfg.opaque, line);
	else
		papr_log(p, "%s", line);
}

struct vcpu *papr_vcpu_by_number(const struct papr *p, u64 n)
{
	return partition_vcpu(p->partition, n);
}

void papr_options_init(struct papr *p)
{
	memset(&p->opt, 0, sizeof(p->opt));
	/* without negotiation the tree says what is final: the newest of both */
	if (p->cfg.flat_tree) {
		p->opt.irq_mode = p->cfg.irqchip == HYPAR_IRQCHIP_XICS ? PAPR_XICS : PAPR_XIVE;
		p->opt.ov5[0] = 0x19;
		p->opt.ov5[2] = 0x20;
		p->opt.ov5[5] = 0x80;
		p->opt.ov5[6] = 0x04;
		p->opt.ov5[22] = 0x80;
		p->opt.drconf = p->opt.drmem_v2 = p->opt.hp_evt = true;
		p->opt.ov5[23] = p->opt.irq_mode == PAPR_XIVE ? 0x40 : 0x00;
		p->opt.ov5[24] = 0x40;
		p->opt.ov5[26] = 0x40;
		p->opt.ov5_size = 0x1b;
		p->opt.gtse = true;
	} else {
		p->opt.irq_mode = p->cfg.irqchip == HYPAR_IRQCHIP_XIVE ? PAPR_XIVE : PAPR_XICS;
	}
	p->opt.radix = true;
}

void papr_cpus_reset(struct papr *p)
{
	FOR_EACH_VCPU(p->partition, v) {
		v->cpu.radix = false;
		v->cpu.prtbl = 0;
		memset(papr_vcpu_of(v), 0, sizeof(struct papr_vcpu));
	}
}

static int platform_reset(struct partition *part, struct hypar_err *e)
{
	struct papr *p = part->platform;

	if (part->is_restart)
		tell(p, HYPAR_EVENT_RESET, strcmp(part->restart_reason, PAPR_RESET_BY_HOST) != 0);
	papr_devices_quiesce(p);
	papr_tpm_reset(p);
	guest_tree_drop(p);
	papr_scm_reset(p);
	dr_requests_finish(p);
	dr_reset(p);
	dr_requests_reset(p);
	gmem_clear(part->mem);
	pthread_mutex_lock(&p->irq_lock);
	papr_options_init(p);
	pthread_mutex_unlock(&p->irq_lock);
	papr_cpus_reset(p);
	partition_set_level(part, part->decoder->level);
	papr_devices_reset(p);
	papr_irq_reset(p);
	event_reset(&p->events);
	p->rtas_base = gpa_of(0);
	p->nmi_sreset = p->nmi_mcheck = gpa_of(0);
	return papr_firmware_start(p, e);
}

static void platform_event(struct partition *part)
{
	struct papr *p = part->platform;

	dr_requests_work(p);
	if (!__atomic_exchange_n(&p->shutdown_asked, false, __ATOMIC_SEQ_CST))
		return;
	tell(p, HYPAR_EVENT_POWERDOWN, false);
	event_epow_shutdown(p);
}

static void trace_insn(struct vcpu *v, u64 pc, u32 insn, u32 suffix)
{
	char text[96];

	isa_disasm(v->partition->decoder, pc, insn, suffix, text, sizeof(text));
	papr_trace(papr_of(v), HYPAR_TRACE_INSN, "cpu%u %016llx %08x %s", v->index,
		   (unsigned long long)pc, insn, text);
}

static void trace_exc(struct vcpu *v, u32 vector, u64 pc)
{
	papr_trace(papr_of(v), HYPAR_TRACE_EXC,
		   "cpu%u interrupt 0x%x at %016llx msr %016llx dar %016llx dsisr %08llx", v->index,
		   vector, (unsigned long long)pc, (unsigned long long)v->cpu.msr,
		   (unsigned long long)v->cpu.fault.dar, (unsigned long long)v->cpu.spr.dsisr);
}

static const struct platform_ops platform_ops = {
	.hcall = papr_hcall,
	.reset = platform_reset,
	.event = platform_event,
	.trace_insn = trace_insn,
	.trace_exc = trace_exc,
	.nmi = rtas_nmi,
};

static int new_partition(struct papr *p, struct hypar_err *e)
{
	bool p10 = p->cfg.cpu == HYPAR_CPU_POWER10;
	struct partition_config cfg = {
		.n_vcpus = p->cfg.cpus,
		.max_vcpus = p->cfg.cpus_max,
		.threads = p->cfg.threads,
		.level = p10 ? V31 : V30,
		.pvr = p10 ? PVR_POWER10 : PVR_POWER9,
		.seed = p->cfg.seed,
		.ops = &platform_ops,
		.platform = p,
	};

	p->partition = partition_new(&cfg, e);
	p->vcpus = p->partition ? calloc(p->partition->max_vcpus, sizeof(p->vcpus[0])) : NULL;
	if (!p->vcpus)
		return err_set(e, -ENOMEM, "no memory for the machine");
	FOR_EACH_VCPU(p->partition, v) {
		v->platform = &p->vcpus[v->index];
		v->cpu.trace_insns = papr_traces(p, HYPAR_TRACE_INSN);
		v->cpu.trace_excs = papr_traces(p, HYPAR_TRACE_EXC);
	}
	return papr_mem_new(p, e);
}

static void vty_line(void *opaque, u32 irq, bool level)
{
	papr_irq_set(opaque, irq, level);
}

struct papr *papr_new(const struct hypar_config *cfg, struct hypar_err *e)
{
	struct papr *p = calloc(1, sizeof(*p));

	if (!p) {
		err_set(e, -ENOMEM, "no memory for the machine");
		return NULL;
	}
	p->nvram_fd = -1;
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->irq_lock, NULL);
	event_init(&p->events);
	for (u32 i = 0; i < PAPR_VTYS_MAX; i++) {
		vty_init(&p->vty[i]);
		p->vty[i].line = (struct irq_line){ vty_line, p, PAPR_IRQ_VIO + i };
	}
	p->rtc_offset = cfg->rtc_offset;
	if (!papr_config_copy(&p->cfg, cfg)) {
		err_set(e, -ENOMEM, "no memory for the machine");
		goto fail;
	}
	papr_options_init(p);
	if (dr_new(p, e) || dr_requests_new(p, e) || injector_new(p, e) || new_partition(p, e) ||
	    papr_cpus_new(p, e) || papr_irq_new(p, e) || papr_devices_new(p, e) ||
	    papr_scm_new(p, e) || papr_tpm_new(p, e) || nvram_open(p, e))
		goto fail;
	return p;
fail:
	papr_free(p);
	return NULL;
}

void papr_free(struct papr *p)
{
	if (!p)
		return;
	papr_tpm_free(p);
	free(p->guest_tree);
	papr_devices_free(p);
	papr_scm_unbind(p);
	papr_scm_free(p);
	injector_free(p);
	dr_requests_free(p);
	dr_free(p);
	papr_mem_free(p);
	ofw_free(p->ofw);
	nvram_close(p);
	papr_irq_free(p);
	partition_free(p->partition);
	free(p->vcpus);
	for (u32 i = 0; i < PAPR_VTYS_MAX; i++)
		vty_fini(&p->vty[i]);
	event_fini(&p->events);
	pthread_mutex_destroy(&p->irq_lock);
	pthread_mutex_destroy(&p->lock);
	papr_config_free(&p->cfg);
	free(p);
}
