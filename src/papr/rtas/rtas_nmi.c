// SPDX-License-Identifier: Apache-2.0
/*
 * Firmware-assisted non-maskable interrupts [PAPR 7.3.14]. After
 * ibm,nmi-register, system resets and machine checks enter at the addresses
 * that the guest gave, with r3 pointing to the old r3, behind it the error log
 * of a machine check. Each vCPU has an area of its own in the memory of RTAS,
 * so that no vCPU waits for another one's ibm,nmi-interlock.
 */
#include <string.h>

#include "base/endian.h"
#include "isa/msr.h"
#include "papr/papr.h"
#include "papr/rtas/rtas.h"

#define AREAS 0x30u /* from the base of RTAS */
#define AREA_SIZE 0x80u

/* The log, behind the doubleword of r3; formats as in event/epow.c. */
#define LOG_VERSION_6 6
#define LOG_ERROR_SYNC (3u << 5)
#define LOG_NOT_RECOVERED (2u << 3)
#define LOG_INITIATOR_CPU (1u << 4)
#define LOG_TYPE_ECC_UNCORRECTED 9

#define R3_SIZE 8u
#define EXT_SIZE 16u
#define MC_SIZE 40u
#define LOG_SIZE (EVENT_FIXED_SIZE + EXT_SIZE + MC_SIZE)
_Static_assert(R3_SIZE + LOG_SIZE <= AREA_SIZE, "a machine check log fits");

#define MC_UNCORRECTABLE 0
#define UE_HAS_EFFECTIVE 0x40
#define UE_HAS_REAL 0x20
#define UE_LOAD_STORE 3

#define HANDLER_ALIGN 4u

u32 rtas_size(const struct papr *p)
{
	return AREAS + p->partition->max_vcpus * AREA_SIZE;
}

/* A load or store met an address that nothing answers. */
static void build_log(struct vcpu *v, u8 *log)
{
	u8 *ext = log + EVENT_FIXED_SIZE, *mc = ext + EXT_SIZE;
	u64 real;

	log[0] = LOG_VERSION_6;
	log[1] = LOG_ERROR_SYNC | LOG_NOT_RECOVERED | EVENT_EXTENDED;
	log[2] = LOG_INITIATOR_CPU;
	log[3] = LOG_TYPE_ECC_UNCORRECTED;
	st_be32(log + 4, EXT_SIZE + MC_SIZE);
	ext[0] = 0x80 | 0x04 | 0x02; /* valid, new, big-endian */
	ext[2] = 0x80 | 0x0e;	     /* platform event format */
	memcpy(ext + 12, "IBM", 4);
	memcpy(mc, "MC", 2);
	st_be16(mc + 2, MC_SIZE);
	mc[4] = 1;
	st_be32(mc + 12, v->index);
	mc[16] = MC_UNCORRECTABLE;
	mc[17] = UE_HAS_EFFECTIVE | UE_LOAD_STORE;
	st_be64(mc + 24, v->cpu.spr.dar);
	/* without it Linux takes the page at 0 for the broken one */
	if (cpu_translate_debug(&v->cpu, v->cpu.spr.dar, &real)) {
		mc[17] |= UE_HAS_REAL;
		st_be64(mc + 32, real);
	}
}

u64 rtas_nmi(struct vcpu *v, u32 exc)
{
	struct papr *p = papr_of(v);
	bool is_mcheck = exc == EXC_MCHECK;
	u8 area[R3_SIZE + LOG_SIZE] = { 0 };
	gpa at, entry;

	pthread_mutex_lock(&p->lock);
	entry = is_mcheck ? p->nmi_mcheck : p->nmi_sreset;
	at = gpa_of(p->rtas_base.v + AREAS + v->index * AREA_SIZE);
	pthread_mutex_unlock(&p->lock);
	if (!entry.v)
		return 0;
	st_be64(area, v->cpu.gpr[3]);
	if (is_mcheck)
		build_log(v, area + R3_SIZE);
	if (!gmem_write(p->partition->mem, at, area, is_mcheck ? sizeof(area) : R3_SIZE))
		return 0;
	if (is_mcheck)
		papr_vcpu_of(v)->in_mcheck = true;
	v->cpu.gpr[3] = at.v;
	return entry.v;
}

/* (system reset handler, machine check handler) */
rtas_status rtas_nmi_register(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);

	/* without instantiated RTAS there is no memory for r3 */
	if (!p->rtas_base.v)
		return RTAS_PARAMETER;
	for (unsigned int i = 0; i < 2; i++)
		if (!a->arg[i] || a->arg[i] % HANDLER_ALIGN ||
		    !gmem_ok(p->partition->mem, gpa_of(a->arg[i]), HANDLER_ALIGN))
			return RTAS_PARAMETER;
	pthread_mutex_lock(&p->lock);
	p->nmi_sreset = gpa_of(a->arg[0]);
	p->nmi_mcheck = gpa_of(a->arg[1]);
	pthread_mutex_unlock(&p->lock);
	return RTAS_SUCCESS;
}

/* The caller has copied its log. */
rtas_status rtas_nmi_interlock(struct rtas_args *a)
{
	struct papr_vcpu *pv = papr_vcpu_of(a->vcpu);

	if (!pv->in_mcheck)
		return RTAS_PARAMETER;
	pv->in_mcheck = false;
	a->vcpu->cpu.msr |= MSR_ME;
	return RTAS_SUCCESS;
}
