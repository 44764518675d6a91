// SPDX-License-Identifier: Apache-2.0
/*
 * Life cycle of a virtual processor.
 */
#include "cpu/cpu.h"

#include <string.h>

#include "base/bits.h"
#include "cpu/interp/decoded.h"
#include "isa/msr.h"

#define LPCR_LD PPC_BIT(46)
#define FSCR_RESET (PPC_BIT(55) | PPC_BIT(56) | PPC_BIT(61))

bool cpu_init(struct cpu *c)
{
	if (!tlb_init(&c->tlb))
		return false;
	if (!decode_cache_init(c)) {
		tlb_fini(&c->tlb);
		return false;
	}
	return true;
}

void cpu_fini(struct cpu *c)
{
	decode_cache_fini(c);
	tlb_fini(&c->tlb);
}

void cpu_reset(struct cpu *c, u64 pvr)
{
	u64 pir = c->spr.pir;

	memset(c->gpr, 0, sizeof(c->gpr));
	memset(c->crb, 0, sizeof(c->crb));
	memset(c->vsr, 0, sizeof(c->vsr));
	memset(&c->spr, 0, sizeof(c->spr));
	cpu_xer_set(c, 0);
	c->lr = c->ctr = c->cfar = c->fpscr = 0;
	c->vscr = 0;
	c->resv.ra = ~0ULL;
	c->spr.pvr = pvr;
	c->spr.pir = pir;
	c->spr.lpcr = LPCR_LD;
	c->spr.fscr = FSCR_RESET;
	c->spr.amor = c->spr.uamor = 0;
	c->spr.ctrl = 1;
	c->spr.ppr = PPC_BIT(11) | PPC_BIT(12); /* medium priority */
	c->prefix = 0;
	c->exc_run = 0;
	c->checkstop = NULL;
	c->dec_expiry = c->ops->timebase(c) + 0x7fffffff;
	/* the external interrupt is a level, which its controller lowers */
	__atomic_and_fetch(&c->pending, PEND_EXT, __ATOMIC_SEQ_CST);
	/* every bit but ME differs from the new MSR, so that all derived state is set up */
	c->msr = ~(MSR_SF | MSR_HV);
	cpu_set_msr(c, MSR_SF);
	cpu_debug_changed(c);
	tlb_flush_all(c);
}
