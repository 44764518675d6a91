// SPDX-License-Identifier: Apache-2.0
/*
 * Hotplug events: a log with the section 'HP', which names a kind of resource,
 * what is to be done, and the connectors by name, index, count, or count from
 * an index on.
 */
#include <string.h>

#include "base/endian.h"
#include "papr/event/log.h"
#include "papr/papr.h"

#define HP_SECTION_VERSION 1
#define HP_ID_AT 4u	  /* behind type, action, identifier and capabilities */
#define HP_FIXED_SIZE 12u /* of that, with two words */
#define HP_NAME_MAX 64u

static enum event_class class_of(const struct papr *p)
{
	return p->opt.hp_evt ? EVENT_HOTPLUG : EVENT_EPOW;
}

static u32 section_size(const struct hp_event *h)
{
	size_t n = h->by == HP_BY_NAME ? strlen(h->name) + 1 : 0;

	if (n > HP_FIXED_SIZE - HP_ID_AT)
		return LOG_SECTION_HEAD + HP_ID_AT + (u32)(n + 3) / 4 * 4;
	return LOG_SECTION_HEAD + HP_FIXED_SIZE;
}

static void put_id(u8 *at, const struct hp_event *h)
{
	switch (h->by) {
	case HP_BY_NAME:
		memcpy(at, h->name, strlen(h->name));
		break;
	case HP_BY_INDEX:
		st_be32(at, h->index);
		break;
	case HP_BY_COUNT:
		st_be32(at, h->count);
		break;
	case HP_BY_COUNT_INDEXED:
		st_be32(at, h->count);
		st_be32(at + 4, h->index);
		break;
	}
}

static u8 *put_section(struct event *ev, const struct hp_event *h)
{
	u8 *hp = log_section(ev, "HP", section_size(h), HP_SECTION_VERSION);

	if (!hp)
		return NULL;
	hp[0] = (u8)h->type;
	hp[1] = (u8)h->action;
	hp[2] = (u8)h->by;
	put_id(hp + HP_ID_AT, h);
	return hp;
}

bool event_hotplug(struct papr *p, const struct hp_event *h)
{
	static const struct log_head head = { .type = LOG_TYPE_HOTPLUG,
					      .initiator = LOG_INITIATOR_HOTPLUG,
					      .subsystem = LOG_SUBSYSTEM_HOTPLUG };
	struct event ev;

	if ((h->by == HP_BY_COUNT_INDEXED && !p->opt.hp_evt) ||
	    (h->by == HP_BY_NAME && (!h->name || strlen(h->name) >= HP_NAME_MAX)))
		return false;
	log_begin(p, &ev, &head);
	if (!put_section(&ev, h))
		return false;
	ev.is_hotplug = true;
	ev.hp = *h;
	ev.hp.name = NULL;
	return event_push(p, class_of(p), &ev);
}

u32 event_hotplug_room(struct papr *p)
{
	return event_room(p, class_of(p));
}

void hotplug_narrow(struct event *ev, u32 index)
{
	/* the last section, whose size is the same */
	u8 *hp = ev->log + ev->size - HP_FIXED_SIZE;

	ev->hp.by = HP_BY_INDEX;
	ev->hp.index = index;
	hp[2] = HP_BY_INDEX;
	st_be32(hp + HP_ID_AT, index);
	st_be32(hp + HP_ID_AT + 4, 0);
}
