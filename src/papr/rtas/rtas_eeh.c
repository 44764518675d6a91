// SPDX-License-Identifier: Apache-2.0
/*
 * PCI: enhanced error handling [PAPR 7.3.11]. Each slot is a partitionable
 * endpoint (PE), named by the configuration address of its function 0 with bit
 * 0 set, as 0 would be none. A slot whose function was pulled out is unavailable
 * for good, until another one is there.
 */
#include "papr/papr.h"
#include "papr/pci.h"
#include "papr/rtas/rtas.h"

#define PE_MARK 1u

struct pe {
	struct pci_phb *phb;
	u32 slot;
	enum phb_pe_state state;
};

/* The endpoint of arguments 0 to 2: configuration address, unit address (high, low). */
static bool pe_of(struct rtas_args *a, struct pe *pe)
{
	u32 addr = a->arg[0], devfn = (addr >> 8) & 0xff;

	pe->phb = papr_pci_find(papr_of(a->vcpu), (u64)a->arg[1] << 32 | a->arg[2]);
	if (!pe->phb || addr & ~(0xff00u | PE_MARK))
		return false;
	pe->slot = devfn >> 3;
	pe->state = phb_pe_state(pe->phb, pe->slot);
	return phb_dev(pe->phb, devfn) || pe->state == PHB_PE_GONE;
}

enum eeh_option { EEH_DISABLE, EEH_ENABLE, EEH_RELEASE_MMIO, EEH_RELEASE_DMA };

/*
 * (config_addr, unit address: high, low, option). Errors always stop a slot:
 * what is switched off is that the guest is told, which only it does itself.
 */
rtas_status rtas_set_eeh_option(struct rtas_args *a)
{
	struct pe pe;

	if (!pe_of(a, &pe) || a->arg[3] > EEH_RELEASE_DMA)
		return RTAS_PARAMETER;
	if (pe.state == PHB_PE_GONE)
		return RTAS_HARDWARE;
	switch ((enum eeh_option)a->arg[3]) {
	case EEH_DISABLE:
	case EEH_ENABLE:
		return RTAS_SUCCESS;
	case EEH_RELEASE_MMIO:
		if (pe.state == PHB_PE_RESET)
			return RTAS_PARAMETER;
		if (pe.state == PHB_PE_STOPPED)
			phb_pe_set(pe.phb, pe.slot, PHB_PE_DMA_STOPPED);
		return RTAS_SUCCESS;
	case EEH_RELEASE_DMA:
		if (pe.state == PHB_PE_RESET || pe.state == PHB_PE_STOPPED)
			return RTAS_PARAMETER;
		phb_pe_set(pe.phb, pe.slot, PHB_PE_NORMAL);
		return RTAS_SUCCESS;
	}
	return RTAS_PARAMETER;
}

enum pe_info { PE_ADDRESS, PE_MODE };

/* (config_addr, unit address: high, low, function) */
rtas_status rtas_get_config_addr_info2(struct rtas_args *a)
{
	struct pe pe;

	if (!pe_of(a, &pe))
		return RTAS_PARAMETER;
	switch (a->arg[3]) {
	case PE_ADDRESS:
		a->ret[1] = PCI_DEVFN(pe.slot, 0) << 8 | PE_MARK;
		return RTAS_SUCCESS;
	case PE_MODE:
		a->ret[1] = 1; /* not shared with another bus */
		return RTAS_SUCCESS;
	default:
		return RTAS_PARAMETER;
	}
}

/* (config_addr, unit address: high, low) */
rtas_status rtas_read_slot_reset_state2(struct rtas_args *a)
{
	struct pe pe;

	if (!pe_of(a, &pe))
		return RTAS_PARAMETER;
	a->ret[1] = pe.state;
	a->ret[2] = 1; /* it can */
	a->ret[3] = 0; /* ms until it is available: never */
	return RTAS_SUCCESS;
}

enum pe_reset { RESET_OFF, RESET_HOT, RESET_FUNDAMENTAL = 3 };

/* (config_addr, unit address: high, low, function) */
rtas_status rtas_set_slot_reset(struct rtas_args *a)
{
	struct pe pe;

	if (!pe_of(a, &pe))
		return RTAS_PARAMETER;
	switch (a->arg[3]) {
	case RESET_OFF:
		if (pe.state == PHB_PE_GONE)
			return RTAS_HARDWARE;
		if (pe.state == PHB_PE_RESET)
			phb_pe_set(pe.phb, pe.slot, PHB_PE_NORMAL);
		return RTAS_SUCCESS;
	case RESET_HOT:
	case RESET_FUNDAMENTAL:
		return phb_pe_reset(pe.phb, pe.slot) ? RTAS_HARDWARE : RTAS_SUCCESS;
	default:
		return RTAS_PARAMETER;
	}
}

/* (config_addr, unit address: high, low): there are no bridges below it to set up. */
rtas_status rtas_configure_pe(struct rtas_args *a)
{
	struct pe pe;

	if (!pe_of(a, &pe) || pe.state == PHB_PE_RESET)
		return RTAS_PARAMETER;
	return pe.state == PHB_PE_GONE ? RTAS_HARDWARE : RTAS_SUCCESS;
}

/* (config_addr, unit address: high, low, two buffers and lengths, function): no log. */
rtas_status rtas_slot_error_detail(struct rtas_args *a)
{
	bool known = a->arg[7] == 1 || a->arg[7] == 2; /* temporary, permanent error */
	struct pe pe;

	return pe_of(a, &pe) && known ? RTAS_NO_EVENT : RTAS_PARAMETER;
}
