// SPDX-License-Identifier: Apache-2.0
/*
 * The one piece of state of the process: its SIGBUS handler and the ranges it
 * looks through. A range is changed under a mutex and looked through without;
 * its end is written last and erased first, and nobody touches memory of a
 * range that is being removed.
 */
#define _GNU_SOURCE /* SIGBUS codes */
#include "mem/guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

#define RANGES_MAX 64u

static struct range {
	uintptr_t start, end; /* end 0: free; atomic */
	bool (*lose)(void *opaque, u8 *address);
	void *opaque;
} ranges[RANGES_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int n_ranges;
static struct sigaction before; /* us; written while no range is there */

bool guard_handle(void *address)
{
	uintptr_t at = (uintptr_t)address;

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct range *r = &ranges[i];

		if (at < __atomic_load_n(&r->end, __ATOMIC_ACQUIRE) && at >= r->start)
			return r->lose(r->opaque, address);
	}
	return false;
}

/* Not ours: whoever was there before, or the end that the signal means. */
static void pass_on(int sig, siginfo_t *info, void *context)
{
	if (before.sa_flags & SA_SIGINFO) {
		before.sa_sigaction(sig, info, context);
	} else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
		before.sa_handler(sig);
	} else {
		signal(SIGBUS, SIG_DFL);
		if (info->si_code <= 0) /* sent; else the access is made again */
			raise(SIGBUS);
	}
}

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	if (info->si_code <= 0 || !guard_handle(info->si_addr))
		pass_on(sig, info, context);
	errno = saved;
}

static void install(void)
{
	struct sigaction ours = { .sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_RESTART };

	sigemptyset(&ours.sa_mask);
	sigaction(SIGBUS, &ours, &before);
}

/* Unless somebody else has come since, who passes on to us. */
static void uninstall(void)
{
	struct sigaction now;

	if (!sigaction(SIGBUS, NULL, &now) && now.sa_flags & SA_SIGINFO &&
	    now.sa_sigaction == on_sigbus)
		sigaction(SIGBUS, &before, NULL);
}

bool guard_add(const struct guard *g)
{
	struct range *r = NULL;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < ARRAY_SIZE(ranges) && !r; i++)
		if (!ranges[i].end)
			r = &ranges[i];
	if (r) {
		r->start = (uintptr_t)g->start;
		r->lose = g->lose;
		r->opaque = g->opaque;
		__atomic_store_n(&r->end, r->start + g->size, __ATOMIC_RELEASE);
		if (!n_ranges++)
			install();
	}
	pthread_mutex_unlock(&lock);
	return r;
}

void guard_remove(const void *opaque)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		struct range *r = &ranges[i];

		if (!r->end || r->opaque != opaque)
			continue;
		__atomic_store_n(&r->end, 0, __ATOMIC_RELEASE);
		if (!--n_ranges)
			uninstall();
	}
	pthread_mutex_unlock(&lock);
}
