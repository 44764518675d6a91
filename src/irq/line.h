/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How interrupts travel: a device holds an irq_line and sets its level; an
 * interrupt controller holds an irq_sink and sets the lines of processors.
 */
#ifndef HYPAR_IRQ_LINE_H
#define HYPAR_IRQ_LINE_H

#include "base/types.h"

/*
 * A device's interrupt: level-sensitive sources follow @level, edge (MSI)
 * sources trigger at each call with level true. Any thread.
 */
struct irq_line {
	void (*set)(void *opaque, u32 source, bool level);
	void *opaque;
	u32 source;
};

static inline void irq_set(const struct irq_line *line, bool level)
{
	if (line->set)
		line->set(line->opaque, line->source, level);
}

/*
 * Where a controller delivers: the external-interrupt input of processor
 * @cpu (server number), kept until lowered. Any thread; does not call back.
 */
struct irq_sink {
	void (*set_external)(void *opaque, u32 cpu, bool level);
	void *opaque;
};

#endif
