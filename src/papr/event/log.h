/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs of events in the platform event format of version 6 [PAPR 10.3]: a fixed
 * part, an extended part, the private and the user header, and sections.
 * Everything in it is big-endian, dates are BCD.
 */
#ifndef HYPAR_PAPR_EVENT_LOG_H
#define HYPAR_PAPR_EVENT_LOG_H

#include "papr/event/event.h"

#define LOG_TYPE_EPOW 0x40
#define LOG_TYPE_HOTPLUG 0xe5
#define LOG_INITIATOR_HOTPLUG 6

#define LOG_SUBSYSTEM_HOTPLUG 0x80
#define LOG_SUBSYSTEM_ENVIRONMENT 0xa0

#define LOG_SECTION_HEAD 8u /* what every section begins with */

struct log_head {
	u8 type;
	u8 initiator;
	u8 subsystem, subtype; /* of the user header */
};

/* Everything up to and with the user header. */
void log_begin(struct papr *p, struct event *ev, const struct log_head *h);

/*
 * Appends a section of @size bytes, a multiple of 4, and counts it. Answers
 * what follows its head, zeroes; NULL: no room.
 */
u8 *log_section(struct event *ev, const char *id, u32 size, u8 version);

#endif
