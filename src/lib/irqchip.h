/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handle of include/hypar/irqchip.h: a controller of its own, or the one in
 * use of a machine.
 */
#ifndef HYPAR_LIB_IRQCHIP_H
#define HYPAR_LIB_IRQCHIP_H

#include "hypar/irqchip.h"
#include "papr/papr.h"

struct hypar_irqdev {
	struct papr *papr; /* the machine's; NULL: what follows is the device's own */
	struct gmem *mem;
	struct xive *xive; /* or xics */
	struct xics *xics;
	void (*set_external)(void *opaque, uint32_t server, bool level);
	void *opaque;
};

#endif
