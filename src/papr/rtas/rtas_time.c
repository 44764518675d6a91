// SPDX-License-Identifier: Apache-2.0
/*
 * Time of day [PAPR 7.3.2]: the host's UTC clock plus an offset that the guest
 * sets. Leap seconds do not exist.
 */
#include <stdlib.h>
#include <time.h>

#include "papr/papr.h"
#include "papr/rtas/rtas.h"

#define YEAR_MIN 1970u
#define YEAR_MAX 9999u

static s64 get_offset(struct papr *p)
{
	s64 offset;

	pthread_mutex_lock(&p->lock);
	offset = p->rtc_offset;
	pthread_mutex_unlock(&p->lock);
	return offset;
}

void rtas_time_now(struct papr *p, struct tm *tm, u32 *ns)
{
	struct timespec now;
	time_t t;

	clock_gettime(CLOCK_REALTIME, &now);
	/* an offset from the command line may be anything */
	if (__builtin_add_overflow(now.tv_sec, get_offset(p), &t) || !gmtime_r(&t, tm))
		gmtime_r(&now.tv_sec, tm);
	*ns = (u32)now.tv_nsec;
}

rtas_status rtas_get_time_of_day(struct rtas_args *a)
{
	struct tm tm;
	u32 ns;

	rtas_time_now(papr_of(a->vcpu), &tm, &ns);
	a->ret[1] = (u32)(tm.tm_year + 1900);
	a->ret[2] = (u32)(tm.tm_mon + 1);
	a->ret[3] = (u32)tm.tm_mday;
	a->ret[4] = (u32)tm.tm_hour;
	a->ret[5] = (u32)tm.tm_min;
	a->ret[6] = (u32)tm.tm_sec;
	a->ret[7] = ns;
	return RTAS_SUCCESS;
}

static u32 days_of_month(u32 year, u32 month)
{
	static const u8 days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

rtas_status rtas_set_time_of_day(struct rtas_args *a)
{
	struct papr *p = papr_of(a->vcpu);
	const u32 *t = a->arg;
	struct tm tm = { 0 };
	time_t then;

	if (t[0] < YEAR_MIN || t[0] > YEAR_MAX || t[1] < 1 || t[1] > 12 || t[2] < 1 ||
	    t[2] > days_of_month(t[0], t[1]) || t[3] > 23 || t[4] > 59 || t[5] > 59 ||
	    t[6] > 999999999)
		return RTAS_PARAMETER;
	tm.tm_year = (int)t[0] - 1900;
	tm.tm_mon = (int)t[1] - 1;
	tm.tm_mday = (int)t[2];
	tm.tm_hour = (int)t[3];
	tm.tm_min = (int)t[4];
	tm.tm_sec = (int)t[5];
	then = timegm(&tm);
	pthread_mutex_lock(&p->lock);
	p->rtc_offset = (s64)then - (s64)time(NULL);
	pthread_mutex_unlock(&p->lock);
	return RTAS_SUCCESS;
}
