/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers and structures of Linux's KVM device control, as far as hypar's
 * interrupt controllers have them. A powerpc host has all of it in
 * <linux/kvm.h>; on other hosts the powerpc part is missing there. This header
 * and <linux/kvm.h> may be included in any order.
 */
#ifndef HYPAR_KVM_H
#define HYPAR_KVM_H

#include <stdint.h>

#ifdef __linux__
#include <linux/kvm.h>
#endif

/* Device types. */
#ifndef KVM_DEV_TYPE_XICS
#define KVM_DEV_TYPE_XICS 3
#endif
#ifndef KVM_DEV_TYPE_XIVE
#define KVM_DEV_TYPE_XIVE 9
#endif

/* One-reg identifiers: architecture, size, number. */
#ifndef KVM_REG_PPC
#define KVM_REG_PPC 0x1000000000000000ULL
#endif
#ifndef KVM_REG_SIZE_U64
#define KVM_REG_SIZE_U64 0x0030000000000000ULL
#endif
#ifndef KVM_REG_SIZE_U128
#define KVM_REG_SIZE_U128 0x0040000000000000ULL
#endif

/* ---- XICS ---- */

#ifndef KVM_DEV_XICS_GRP_SOURCES
#define KVM_DEV_XICS_GRP_SOURCES 1 /* attribute: source number; u64 */
#define KVM_XICS_DESTINATION_SHIFT 0
#define KVM_XICS_DESTINATION_MASK 0xffffffffULL
#define KVM_XICS_PRIORITY_SHIFT 32
#define KVM_XICS_PRIORITY_MASK 0xff
#define KVM_XICS_LEVEL_SENSITIVE (1ULL << 40)
#define KVM_XICS_MASKED (1ULL << 41)
#define KVM_XICS_PENDING (1ULL << 42)
#endif
#ifndef KVM_XICS_PRESENTED
#define KVM_XICS_PRESENTED (1ULL << 43)
#define KVM_XICS_QUEUED (1ULL << 44)
#endif
#ifndef KVM_DEV_XICS_GRP_CTRL
#define KVM_DEV_XICS_GRP_CTRL 2
#define KVM_DEV_XICS_NR_SERVERS 1 /* u32 */
#endif

/* The word of an ICP, u64. */
#ifndef KVM_REG_PPC_ICP_STATE
#define KVM_REG_PPC_ICP_STATE (KVM_REG_PPC | KVM_REG_SIZE_U64 | 0x8c)
#define KVM_REG_PPC_ICP_CPPR_SHIFT 56
#define KVM_REG_PPC_ICP_CPPR_MASK 0xff
#define KVM_REG_PPC_ICP_XISR_SHIFT 32
#define KVM_REG_PPC_ICP_XISR_MASK 0xffffff
#define KVM_REG_PPC_ICP_MFRR_SHIFT 24
#define KVM_REG_PPC_ICP_MFRR_MASK 0xff
#define KVM_REG_PPC_ICP_PPRI_SHIFT 16
#define KVM_REG_PPC_ICP_PPRI_MASK 0xff
#endif

/* ---- XIVE ---- */

#ifndef KVM_DEV_XIVE_GRP_CTRL
#define KVM_DEV_XIVE_GRP_CTRL 1
#define KVM_DEV_XIVE_RESET 1
#define KVM_DEV_XIVE_EQ_SYNC 2
#define KVM_DEV_XIVE_NR_SERVERS 3	 /* u32 */
#define KVM_DEV_XIVE_GRP_SOURCE 2	 /* attribute: source number; u64 */
#define KVM_DEV_XIVE_GRP_SOURCE_CONFIG 3 /* attribute: source number; u64 */
#define KVM_DEV_XIVE_GRP_EQ_CONFIG 4	 /* attribute: queue; struct kvm_ppc_xive_eq */
#define KVM_DEV_XIVE_GRP_SOURCE_SYNC 5	 /* attribute: source number */

#define KVM_XIVE_LEVEL_SENSITIVE (1ULL << 0)
#define KVM_XIVE_LEVEL_ASSERTED (1ULL << 1)

#define KVM_XIVE_SOURCE_PRIORITY_SHIFT 0
#define KVM_XIVE_SOURCE_PRIORITY_MASK 0x7
#define KVM_XIVE_SOURCE_SERVER_SHIFT 3
#define KVM_XIVE_SOURCE_SERVER_MASK 0xfffffff8ULL
#define KVM_XIVE_SOURCE_MASKED_SHIFT 32
#define KVM_XIVE_SOURCE_MASKED_MASK 0x100000000ULL
#define KVM_XIVE_SOURCE_EISN_SHIFT 33
#define KVM_XIVE_SOURCE_EISN_MASK 0xfffffffe00000000ULL

#define KVM_XIVE_EQ_PRIORITY_SHIFT 0
#define KVM_XIVE_EQ_PRIORITY_MASK 0x7
#define KVM_XIVE_EQ_SERVER_SHIFT 3
#define KVM_XIVE_EQ_SERVER_MASK 0xfffffff8ULL

#define KVM_XIVE_EQ_ALWAYS_NOTIFY 0x00000001

#define KVM_XIVE_TIMA_PAGE_OFFSET 0
#define KVM_XIVE_ESB_PAGE_OFFSET 4

struct kvm_ppc_xive_eq {
	uint32_t flags;
	uint32_t qshift;
	uint64_t qaddr;
	uint32_t qtoggle;
	uint32_t qindex;
	uint8_t pad[40];
};
#endif

/* TIMA words 0 and 1 of the OS ring as bytes in memory order, and 64 unused bits. */
#ifndef KVM_REG_PPC_VP_STATE
#define KVM_REG_PPC_VP_STATE (KVM_REG_PPC | KVM_REG_SIZE_U128 | 0x8d)
#endif

#endif
