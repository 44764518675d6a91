// SPDX-License-Identifier: Apache-2.0
/*
 * A guest that runs goes on after its interrupt controller was saved, thrown
 * away and restored into a fresh one, again and again while it boots.
 *
 *     renew_irqchip KERNEL INITRD|- xive|xics CPUS PERIOD_MS [COMMAND LINE]
 *
 * Uses the public library only. Prints the guest's console and at the end how
 * often the controller was renewed. Exit status: 0 if the guest powered off
 * and no call failed.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hypar/hypar.h"

struct test {
	hypar_machine *m;
	long period_ms;
	atomic_bool ended;
	long n_done, n_failed, n_early;
};

static size_t console_write(void *opaque, unsigned int vty, const void *buf, size_t n)
{
	(void)opaque;
	(void)vty;
	fwrite(buf, 1, n, stdout);
	return n;
}

static const struct hypar_host_ops host = { .console_write = console_write };

static void *renew(void *arg)
{
	struct test *t = arg;
	struct timespec pause = { .tv_sec = t->period_ms / 1000,
				  .tv_nsec = t->period_ms % 1000 * 1000000 };

	while (!atomic_load(&t->ended)) {
		struct hypar_err e = { 0 };
		int ret = hypar_machine_renew_irqchip(t->m, &e);

		if (!ret) {
			t->n_done++;
		} else if (ret == -ESRCH) {
			t->n_early++; /* not yet, or no longer */
		} else {
			fprintf(stderr, "renew: %d %s\n", ret, e.text);
			t->n_failed++;
		}
		nanosleep(&pause, NULL);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct hypar_config c = { .memory = 2 * HYPAR_LMB_SIZE,
				  .threads = 1,
				  .cpu = HYPAR_CPU_POWER10,
				  .host = &host };
	struct hypar_err e = { 0 };
	struct test t = { 0 };
	enum hypar_end end;
	pthread_t thread;

	if (argc < 6) {
		fprintf(stderr,
			"usage: renew_irqchip KERNEL INITRD|- xive|xics CPUS PERIOD_MS [ARGS]\n");
		return 2;
	}
	c.kernel = argv[1];
	c.initrd = strcmp(argv[2], "-") ? argv[2] : NULL;
	c.irqchip = strcmp(argv[3], "xics") ? HYPAR_IRQCHIP_XIVE : HYPAR_IRQCHIP_XICS;
	c.cpus = (unsigned int)strtoul(argv[4], NULL, 10);
	t.period_ms = strtol(argv[5], NULL, 10);
	c.append = argc > 6 ? argv[6] : NULL;
	t.m = hypar_machine_new(&c, &e);
	if (!t.m) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	if (hypar_machine_renew_irqchip(t.m, &e) != -ESRCH) {
		fprintf(stderr, "renewed before the machine ran\n");
		t.n_failed++;
	}
	if (pthread_create(&thread, NULL, renew, &t))
		return 2;
	end = hypar_machine_run(t.m, &e);
	if (hypar_machine_renew_irqchip(t.m, &e) != -ESRCH) {
		fprintf(stderr, "renewed after the machine ended\n");
		t.n_failed++;
	}
	atomic_store(&t.ended, true);
	pthread_join(thread, NULL);
	printf("\nend %d %s, renewed %ld times, %ld failed\n", (int)end, hypar_machine_reason(t.m),
	       t.n_done, t.n_failed);
	hypar_machine_free(t.m);
	return end == HYPAR_END_POWEROFF && !t.n_failed ? 0 : 1;
}
