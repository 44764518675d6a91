/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine state register bits and the SRR1 bits that interrupts set
 * [ISA 3.1B III 4.2.1, 7.5].
 */
#ifndef HYPAR_ISA_MSR_H
#define HYPAR_ISA_MSR_H

#include "base/bits.h"

#define MSR_SF PPC_BIT(0)
#define MSR_HV PPC_BIT(3)
#define MSR_S PPC_BIT(41)
#define MSR_VEC PPC_BIT(38)
#define MSR_VSX PPC_BIT(40)
#define MSR_EE PPC_BIT(48)
#define MSR_PR PPC_BIT(49)
#define MSR_FP PPC_BIT(50)
#define MSR_ME PPC_BIT(51)
#define MSR_FE0 PPC_BIT(52)
#define MSR_TE PPC_MASK(53, 54)
#define MSR_SE PPC_BIT(53)
#define MSR_BE PPC_BIT(54)
#define MSR_FE1 PPC_BIT(55)
#define MSR_IR PPC_BIT(58)
#define MSR_DR PPC_BIT(59)
#define MSR_PMM PPC_BIT(61)
#define MSR_RI PPC_BIT(62)
#define MSR_LE PPC_BIT(63)

/* What a guest without hypervisor state may set. */
#define MSR_GUEST                                                                            \
	(MSR_SF | MSR_VEC | MSR_VSX | MSR_EE | MSR_PR | MSR_FP | MSR_ME | MSR_FE0 | MSR_TE | \
	 MSR_FE1 | MSR_IR | MSR_DR | MSR_PMM | MSR_RI | MSR_LE)

/* Program interrupt causes in SRR1. */
#define SRR1_FP PPC_BIT(43)
#define SRR1_ILLEGAL PPC_BIT(44)
#define SRR1_PRIV PPC_BIT(45)
#define SRR1_TRAP PPC_BIT(46)
#define SRR1_PREFIXED \
	PPC_BIT(34) /* an alignment, trace, storage ... interrupt by a prefixed instruction */

/* Storage interrupt causes: DSISR, and SRR1 for instruction storage. */
#define DSISR_BAD_REAL PPC_BIT32(0) /* hash: bad copy/paste; machine check: none */
#define DSISR_NOT_FOUND PPC_BIT32(1)
#define DSISR_NOEXEC_OR_GUARD PPC_BIT32(3) /* SRR1 only */
#define DSISR_PROTECTION PPC_BIT32(4)
#define DSISR_BAD_ATTR PPC_BIT32(5) /* larx, stcx. or atomic to storage that forbids it */
#define DSISR_STORE PPC_BIT32(6)
#define DSISR_DAWR PPC_BIT32(9)
#define DSISR_KEY PPC_BIT32(10)
#define DSISR_PRTABLE \
	PPC_BIT32(12)	       /* radix tree unsupported or process table bad: bit 44 of SRR1 */
#define DSISR_RC PPC_BIT32(13) /* R or C could not be set: bit 45 */
#define DSISR_BAD_AMO PPC_BIT32(29) /* no such function code */
#define DSISR_BAD_COPY PPC_BIT32(11)

#endif
