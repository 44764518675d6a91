/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets and bits of configuration space [PCI Local Bus 3.0, 6.1 to 6.8]. */
#ifndef HYPAR_DEV_PCI_REGS_H
#define HYPAR_DEV_PCI_REGS_H

#define PCI_VENDOR_ID 0x00u
#define PCI_DEVICE_ID 0x02u
#define PCI_COMMAND 0x04u
#define PCI_COMMAND_IO 0x0001u
#define PCI_COMMAND_MEMORY 0x0002u
#define PCI_COMMAND_MASTER 0x0004u
#define PCI_COMMAND_PARITY 0x0040u
#define PCI_COMMAND_SERR 0x0100u
#define PCI_COMMAND_INTX_OFF 0x0400u
#define PCI_STATUS 0x06u
#define PCI_STATUS_INTX 0x0008u
#define PCI_STATUS_CAPS 0x0010u
#define PCI_REVISION 0x08u
#define PCI_CLASS 0x09u
#define PCI_CACHE_LINE 0x0cu
#define PCI_LATENCY 0x0du
#define PCI_HEADER_TYPE 0x0eu
#define PCI_HEADER_MULTI 0x80u
#define PCI_BAR0 0x10u
#define PCI_BAR_IS_IO 0x1u
#define PCI_BAR_IS_64 0x4u
#define PCI_BAR_IS_PREFETCH 0x8u
#define PCI_SUBSYSTEM_VENDOR 0x2cu
#define PCI_SUBSYSTEM 0x2eu
#define PCI_CAP_POINTER 0x34u
#define PCI_INTERRUPT_LINE 0x3cu
#define PCI_INTERRUPT_PIN 0x3du
#define PCI_MIN_GRANT 0x3eu
#define PCI_MAX_LATENCY 0x3fu
#define PCI_CAPS_FIRST 0x40u

#define PCI_CAP_MSI 0x05u
#define PCI_CAP_VENDOR 0x09u
#define PCI_CAP_MSIX 0x11u

/* From the start of the MSI capability, with 64-bit address and masks. */
#define PCI_MSI_CONTROL 2u
#define PCI_MSI_ON 0x0001u
#define PCI_MSI_CAPABLE_SHIFT 1 /* log2 of the count */
#define PCI_MSI_COUNT_SHIFT 4
#define PCI_MSI_64 0x0080u
#define PCI_MSI_MASKS 0x0100u
#define PCI_MSI_ADDRESS 4u
#define PCI_MSI_DATA 12u
#define PCI_MSI_MASK 16u
#define PCI_MSI_PENDING 20u
#define PCI_MSI_SIZE 24u

#define PCI_MSIX_CONTROL 2u
#define PCI_MSIX_ON 0x8000u
#define PCI_MSIX_ALL_MASKED 0x4000u
#define PCI_MSIX_TABLE 4u
#define PCI_MSIX_PBA 8u
#define PCI_MSIX_SIZE 12u
#define PCI_MSIX_ENTRY 16u

#endif
