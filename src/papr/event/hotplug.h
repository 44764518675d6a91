/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hotplug events [PAPR 10.3.2.2, section 'HP']: one log tells the guest of
 * one action on one resource or on a run of them.
 */
#ifndef HYPAR_PAPR_EVENT_HOTPLUG_H
#define HYPAR_PAPR_EVENT_HOTPLUG_H

#include "base/types.h"

struct papr;
struct event;

enum hp_type { HP_CPU = 1, HP_MEMORY, HP_SLOT, HP_PHB, HP_PCI, HP_PMEM, HP_DT };
enum hp_action { HP_ADD = 1, HP_REMOVE = 2 };
enum hp_id { HP_BY_NAME = 1, HP_BY_INDEX, HP_BY_COUNT, HP_BY_COUNT_INDEXED };

struct hp_event {
	enum hp_type type;
	enum hp_action action;
	enum hp_id by;
	u32 index, count;
	const char *name;
	u32 request; /* told when the guest fetches it: dr_request_fetched() */
};

/*
 * Queues it: on the hotplug source once the guest negotiated modern events, on
 * the EPOW source before. False: the queue is full, or the guest knows no such
 * identifier (count-indexed before negotiation).
 */
bool event_hotplug(struct papr *p, const struct hp_event *h);

/* How many event_hotplug() takes now. */
u32 event_hotplug_room(struct papr *p);

/* Makes the count-indexed event @ev one of the single connector @index. */
void hotplug_narrow(struct event *ev, u32 index);

#endif
