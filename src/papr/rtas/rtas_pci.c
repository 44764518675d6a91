// SPDX-License-Identifier: Apache-2.0
/*
 * PCI: configuration space, message interrupts, DMA windows [PAPR 7.3.4,
 * 7.3.10.5, 7.3.30]. Error handling is in rtas_eeh.c.
 */
#include <errno.h>

#include "papr/papr.h"
#include "papr/pci.h"
#include "papr/rtas/rtas.h"

/* Fields of a configuration address: bus, device and function, register with its upper bits. */
#define CONFIG_BUS(addr) (((addr) >> 16) & 0xff)
#define CONFIG_DEVFN(addr) (((addr) >> 8) & 0xff)
#define CONFIG_REG(addr) (((addr)&0xff) | (((addr) >> 20) & 0xf00))

static struct pci_phb *bridge_of(struct rtas_args *a, u32 first)
{
	return papr_pci_find(papr_of(a->vcpu), (u64)a->arg[first] << 32 | a->arg[first + 1]);
}

/* The older calls do not say which: the first one. */
static struct pci_phb *first_bridge(struct rtas_args *a)
{
	const struct papr *p = papr_of(a->vcpu);

	for (u32 i = 0; i < PAPR_N_PHBS; i++)
		if (p->phb[i])
			return p->phb[i];
	return NULL;
}

/* Is it a function that exists? */
static struct pci_phb *function_of(struct rtas_args *a)
{
	struct pci_phb *phb = bridge_of(a, 1);

	return phb && !CONFIG_BUS(a->arg[0]) && phb_dev(phb, CONFIG_DEVFN(a->arg[0])) ? phb : NULL;
}

/* ---- configuration space ---- */

static bool access_ok(u32 addr, u32 n)
{
	return (n == 1 || n == 2 || n == 4) && !(addr & (n - 1));
}

static rtas_status config_read(struct rtas_args *a, struct pci_phb *phb, u32 n)
{
	u32 addr = a->arg[0];

	if (!phb || !access_ok(addr, n))
		return RTAS_PARAMETER;
	a->ret[1] = CONFIG_BUS(addr) ?
			    ~0u >> (32 - 8 * n) :
			    phb_config_read(phb, CONFIG_DEVFN(addr), CONFIG_REG(addr), n);
	return RTAS_SUCCESS;
}

static rtas_status config_write(struct rtas_args *a, struct pci_phb *phb, u32 n, u32 val)
{
	u32 addr = a->arg[0];

	if (!phb || !access_ok(addr, n))
		return RTAS_PARAMETER;
	if (!CONFIG_BUS(addr))
		phb_config_write(phb, CONFIG_DEVFN(addr), CONFIG_REG(addr), n, val);
	return RTAS_SUCCESS;
}

/* (config_addr, size) */
rtas_status rtas_read_pci_config(struct rtas_args *a)
{
	return config_read(a, first_bridge(a), a->arg[1]);
}

/* (config_addr, size, value) */
rtas_status rtas_write_pci_config(struct rtas_args *a)
{
	return config_write(a, first_bridge(a), a->arg[1], a->arg[2]);
}

/* (config_addr, unit address: high, low, size) */
rtas_status rtas_ibm_read_pci_config(struct rtas_args *a)
{
	return config_read(a, bridge_of(a, 1), a->arg[3]);
}

/* (config_addr, unit address: high, low, size, value) */
rtas_status rtas_ibm_write_pci_config(struct rtas_args *a)
{
	return config_write(a, bridge_of(a, 1), a->arg[3], a->arg[4]);
}

/* ---- interrupts ---- */

enum change_msi { MSI_QUERY, MSI_ANY, MSI_RESET, MSI_ONLY, MSIX_ONLY, MSI32_ONLY, MSIX32_ONLY };

/*
 * The function's state after the call, and a sequence number: one call does
 * all, so it is the one that the caller gave.
 */
static rtas_status change_msi_results(struct rtas_args *a, struct pci_phb *phb)
{
	struct pci_sources s = { 0 };

	(void)phb_get_vectors(phb, CONFIG_DEVFN(a->arg[0]), &s);
	a->ret[1] = s.n;
	a->ret[2] = a->arg[5];
	if (a->nret > 3)
		a->ret[3] = !s.n ? 0 : s.is_msix ? 2 : 1;
	return RTAS_SUCCESS;
}

/* (config_addr, unit address: high, low, function, number of interrupts, sequence number) */
rtas_status rtas_change_msi(struct rtas_args *a)
{
	struct pci_phb *phb = function_of(a);
	enum phb_vectors kind = PHB_ANY;
	u32 n = a->arg[4];
	int ret;

	if (!phb || a->arg[3] > MSIX32_ONLY)
		return RTAS_PARAMETER;
	switch ((enum change_msi)a->arg[3]) {
	case MSI_QUERY:
		return change_msi_results(a, phb);
	case MSI_RESET: /* the default is none */
		n = 0;
		break;
	case MSI_ONLY:
	case MSI32_ONLY:
		kind = PHB_MSI;
		break;
	case MSIX_ONLY:
	case MSIX32_ONLY:
		kind = PHB_MSIX;
		break;
	default:
		break;
	}
	ret = phb_set_vectors(phb, CONFIG_DEVFN(a->arg[0]), kind, n);
	if (ret >= 0)
		return change_msi_results(a, phb);
	return ret == -ENOSPC ? RTAS_HARDWARE : RTAS_PARAMETER;
}

/* (config_addr, unit address: high, low, number of the function's interrupt) */
rtas_status rtas_query_interrupt_source_number(struct rtas_args *a)
{
	struct pci_phb *phb = function_of(a);
	u32 devfn = CONFIG_DEVFN(a->arg[0]), i = a->arg[3];
	struct pci_sources s;

	if (!phb || !phb_get_vectors(phb, devfn, &s))
		return RTAS_PARAMETER;
	if (s.n) {
		if (i >= s.n)
			return RTAS_PARAMETER;
		a->ret[1] = s.first + i;
		a->ret[2] = 1; /* edge */
		return RTAS_SUCCESS;
	}
	if (i || !phb_config_read(phb, devfn, PCI_INTERRUPT_PIN, 1))
		return RTAS_PARAMETER;
	a->ret[1] = phb_lsi(phb, devfn >> 3);
	a->ret[2] = 0; /* level */
	return RTAS_SUCCESS;
}

/* ---- DMA windows; any function of the bridge stands for it ---- */

#define PAGES_4K 0x1u
#define PAGES_64K 0x2u

/* (config_addr, unit address: high, low) */
rtas_status rtas_query_pe_dma_window(struct rtas_args *a)
{
	struct pci_phb *phb = bridge_of(a, 1);
	u64 largest;
	u32 n = 1;

	if (!phb)
		return RTAS_PARAMETER;
	largest = phb_dma_largest(phb);
	a->ret[n++] = phb_dma_free(phb);
	/* one word more: ibm,ddw-extensions says that the block size may have two */
	if (a->nret == 6)
		a->ret[n++] = (u32)(largest >> 32);
	a->ret[n++] = a->nret == 6 || largest <= ~0u ? (u32)largest : ~0u;
	a->ret[n++] = PAGES_4K | PAGES_64K; /* what phb_dma_create() takes */
	a->ret[n++] = 0;		    /* nothing migrates without the guest's doing */
	return RTAS_SUCCESS;
}

/* (config_addr, unit address: high, low, page shift, window shift) */
rtas_status rtas_create_pe_dma_window(struct rtas_args *a)
{
	struct pci_phb *phb = bridge_of(a, 1);
	struct tce_window w;
	int ret = phb ? phb_dma_create(phb, a->arg[3], a->arg[4], &w) : -EINVAL;

	if (ret)
		return ret == -EINVAL ? RTAS_PARAMETER : RTAS_HARDWARE;
	a->ret[1] = w.liobn;
	a->ret[2] = (u32)(w.base >> 32);
	a->ret[3] = (u32)w.base;
	return RTAS_SUCCESS;
}

/* (LIOBN) */
rtas_status rtas_remove_pe_dma_window(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);

	for (u32 i = 0; i < PAPR_N_PHBS; i++)
		if (p->phb[i] && !phb_dma_remove(p->phb[i], a->arg[0]))
			return RTAS_SUCCESS;
	return RTAS_PARAMETER;
}

/* (config_addr, unit address: high, low) */
rtas_status rtas_reset_pe_dma_window(struct rtas_args *a)
{
	struct pci_phb *phb = bridge_of(a, 1);

	if (!phb)
		return RTAS_PARAMETER;
	phb_dma_reset(phb);
	return RTAS_SUCCESS;
}
